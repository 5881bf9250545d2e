"""The page Compare in a real browser: nothing from outside, nothing taken in, and a keyboard is enough."""

import re

import pytest
from chrome import DESK, PHONE, go
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_first_screen(page: Page, server: str) -> None:
    go(page, f"{server}/local")
    expect(page.locator("h1").first).to_contain_text("Firearms seized")
    expect(page.locator("article.card").first).to_be_visible()
    expect(page.locator('[data-testid="stVegaLiteChart"]').locator("canvas, svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page, server: str) -> None:
    page.set_viewport_size(PHONE)
    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized")
    expect(page.locator("table.pairs")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_address_restores_the_view(page: Page, server: str) -> None:
    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized&from=2019&to=2020")
    page.wait_for_url(re.compile("release="))
    first = page.locator("h1").inner_text()
    numbers = page.locator("table.matrix").inner_text()
    assert "2019–2020" in first
    go(page, page.url)
    assert page.locator("h1").inner_text() == first
    assert page.locator("table.matrix").inner_text() == numbers


def test_choosing_changes_the_address(page: Page, server: str) -> None:
    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized")
    box = page.get_by_role("combobox", name=re.compile("State or province"))
    box.click()
    box.fill("Acre")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("place=BR-AC"))
    expect(page.locator("h1").first).to_contain_text("Acre")


def test_a_keyboard_reaches_the_origin_of_a_number(page: Page, server: str) -> None:
    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized")
    page.locator("table.matrix a").first.wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table.matrix a')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("figure=[0-9a-f]{16}"))
    expect(page.locator("h1").first).to_contain_text("Where this number comes from")
    expect(page.locator("table.cells code").first).to_be_visible()
    page.get_by_role("link", name="Back to the comparison").click()
    expect(page.locator("h1").first).to_contain_text("Firearms seized")


def test_a_listed_figure_leads_to_its_origin(page: Page, server: str) -> None:
    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized")
    page.locator("table.listing a.to").last.click()
    page.wait_for_url(re.compile("figure=[0-9a-f]{16}"))
    expect(page.locator("h1").first).to_contain_text("Where this number comes from")


def test_names_of_files_stay_text(page: Page, server: str) -> None:
    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized")
    page.locator("table.matrix a").first.click()
    expect(page.locator("table.cells")).to_contain_text("![x](http:evil)<script>.csv")
    assert page.locator("[data-testid=stHtml] img:not(.qr), [data-testid=stHtml] script").count() == 0
