"""Every page in every language in a real browser: it stands, says its language, and keeps out nobody."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chrome import go
from playwright.sync_api import Page, expect

from dashboard.language import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "overview": "",
    "local": "local?place=BR-RJ&concept=arms_seized",
    "region": "region?set=BRA&concept=arms_seized",
    "sources": "sources",
    "source": "sources?source=sinesp_vde",
    "methods": "methods",
    "about": "about",
}
ALLOWED: dict[str, str] = {}
"""Rules of axe-core that are not held, each with its reason: none."""


def with_language(view: str, code: str) -> str:
    return f"{view}{'&' if '?' in view else '?'}lang={code}"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("view", PAGES.values(), ids=PAGES)
def test_a_page_stands_in_its_language_and_for_everyone(page: Page, server: str, view: str, code: str) -> None:
    """The fixture fails on a console error and on any request to another host."""
    go(page, f"{server}/{with_language(view, code)}")
    expect(page.locator("[data-testid=stMain] h1").first).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == code
    assert page.evaluate("document.documentElement.dir") == LANGUAGES[code].direction
    head = page.locator("[data-testid=stMain] header.head")
    assert head.get_attribute("lang") == code
    page.wait_for_timeout(700)
    found = [
        f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}"
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical") and one["id"] not in ALLOWED
    ]
    assert found == []


def test_a_keyboard_alone_leads_from_overview_to_the_origin_of_a_number(page: Page, server: str) -> None:
    go(page, server)
    _press_until(page, "document.activeElement.matches('input[type=text]')")
    page.keyboard.type("Rio de Janeiro")
    page.keyboard.press("Enter")
    page.wait_for_selector(".found a")
    _press_until(page, "document.activeElement.matches('.found a')")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/local\?.*place=BR-"))
    page.wait_for_selector("[data-testid=stMain] table.matrix a")
    _press_until(page, "document.activeElement.matches('table.matrix a')", most=120)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/origin\?.*figure=[0-9a-f]{16}"))
    expect(page.locator("[data-testid=stMain] table.cells code").first).to_be_visible()


def _press_until(page: Page, holds: str, most: int = 60) -> None:
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(holds):
            return
    raise AssertionError(f"the keyboard does not reach: {holds}")


def test_numbers_on_the_page_are_those_of_the_release(page: Page, server: str, small: object) -> None:
    from viewer import ask

    from dashboard import language, words

    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized&lang=en")
    language.use("en")
    rows = ask(
        small,  # type: ignore[arg-type]
        "select figure_id, value, unit, completeness from figure where place = 'BR-RJ' and period_kind = 'year'"
        " and dimension = 'total' and variant = '' and concept = 'arms_seized'",
    )
    assert rows
    for figure, value, unit, completeness in rows:
        link = page.locator(f"[data-testid=stMain] table.matrix a[href*='figure={figure}']")
        expect(link).to_have_text(words.stated(value, unit, completeness))
