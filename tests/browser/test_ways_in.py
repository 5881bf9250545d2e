"""Overview in a real browser: finding a place, a code that opens a view, and a QR code that is there to be seen."""

import base64
import re

import pytest
from chrome import DESK, PHONE, go
from playwright.sync_api import Page, expect

from dashboard import share

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_place_is_found_with_the_keyboard(page: Page, server: str) -> None:
    go(page, server)
    page.get_by_label("A place: its name in any language").fill("Сан-Паулу")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("No place is known here as")
    page.get_by_label("A place: its name in any language").fill("巴西")
    page.keyboard.press("Enter")
    link = page.locator(".found").get_by_role("link", name="Brazil")
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/local\?.*place=BRA"))
    expect(page.locator("h1").first).to_contain_text("Brazil")


def test_a_short_code_opens_its_view(page: Page, server: str) -> None:
    code = share.code("local", {"place": "BR-RJ", "concept": "arms_seized", "from": "2019", "to": "2020"})
    assert code is not None
    go(page, server)
    page.get_by_label("Have a code?").fill(f"{code[:4]} {code[4:]}".lower())
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/local\?.*place=BR-RJ"))
    expect(page.locator("h1").first).to_contain_text("2019–2020")


def test_the_qr_code_survives_and_shows_the_address(page: Page, server: str) -> None:
    go(page, f"{server}/local?place=BR-RJ&concept=arms_seized&lang=en&meeting=1")
    page.locator("details.share summary").click()
    picture = page.locator("img.qr")
    expect(picture).to_be_visible()
    assert picture.evaluate("img => img.complete && img.naturalWidth > 0")
    words = page.locator(".share code").inner_text()
    assert re.fullmatch(rf"{server}/local\?place=BR-RJ&concept=arms_seized&release=[0-9a-f]+", words)
    assert share.qr(words).split('src="')[1] == f'{picture.get_attribute("src")}">'
    assert b"<svg" in base64.b64decode((picture.get_attribute("src") or "").split(",")[1])
    assert share.read(page.locator(".share .short").inner_text()) == (
        "local",
        {"place": "BR-RJ", "concept": "arms_seized"},
    )


@pytest.mark.parametrize("asked", ["", "?meeting=1", "?lang=ar", "?find=santa"])
@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_wider_than_the_screen(page: Page, server: str, asked: str, screen: dict[str, int]) -> None:
    page.set_viewport_size(screen)  # type: ignore[arg-type]
    go(page, f"{server}/{asked}")
    assert page.evaluate("document.documentElement.scrollWidth") <= screen["width"]


def test_a_meeting_is_written_in_large_letters(page: Page, server: str) -> None:
    go(page, server)
    usual = page.locator("h1").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    go(page, f"{server}/?meeting=1")
    large = page.locator("h1").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert large >= 1.4 * usual
