"""Region in a real browser: its charts are drawn, a phone holds it, and a keyboard leads from a sum to its figures."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from chrome import DESK, PHONE, go
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STATES = "region?set=BRA&concept=arms_seized&source=sinesp_vde&from=2019&to=2021"


@pytest.mark.parametrize(("size", "lang"), [(DESK, "en"), (PHONE, "en"), (PHONE, "ar")])
def test_nothing_is_wider_than_the_screen_and_charts_are_drawn(
    page: Page, server: str, size: dict[str, int], lang: str
) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    go(page, f"{server}/{STATES}&lang={lang}")
    charts = page.locator('[data-testid="stVegaLiteChart"]').locator("canvas, svg")
    expect(charts.first).to_be_visible()
    expect(page.locator("table.coverage .cov").first).to_be_visible()
    expect(charts.nth(1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_a_keyboard_leads_from_the_sums_to_the_origin_of_a_figure(page: Page, server: str) -> None:
    go(page, f"{server}/{STATES}")
    page.locator("details.behind > summary").focus()
    page.keyboard.press("Enter")
    for _ in range(6):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table.behind a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("figure=[0-9a-f]{16}"))
    expect(page.locator("h1")).to_contain_text("Where this number comes from")


def test_choosing_a_set_of_ones_own_changes_the_address(page: Page, server: str) -> None:
    go(page, f"{server}/region?set=own")
    box = page.get_by_role("combobox", name=re.compile("Look for places among"))
    box.click()
    box.fill("Brazil")
    page.keyboard.press("Enter")
    places = page.get_by_role("combobox", name=re.compile("Places of the set"))
    for name in ("Acre", "Bahia"):
        places.click()
        places.fill(name)
        page.keyboard.press("Enter")
    page.wait_for_url(re.compile("places=BR-AC%2CBR-BA"))
    expect(page.locator("h1")).to_contain_text("2 places")


def test_axe_finds_nothing_serious(page: Page, server: str) -> None:
    go(page, f"{server}/{STATES}")
    page.locator("table.coverage").wait_for()
    found = Axe().run(page).response["violations"]
    serious = [
        (one["id"], node["html"][:160])
        for one in found
        for node in one["nodes"]
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
