"""The viewer in a real browser: Debian's Chromium, the app as it is served, and a page that remembers its errors."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from bench.serving import serving

FLAGS = (
    "--no-sandbox --headless --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run"
)
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found and os.environ.get("CI"):
        pytest.fail("Chromium is not installed, though CI is set")
    if not found:
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def server(chromium: str, small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as it is served, on a free port of this machine."""
    with serving(small, tmp_path_factory.mktemp("served") / "log") as viewer:
        yield viewer.address


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A page that remembers its errors and fails when anything was asked of another host."""
    context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    opened = context.new_page()
    errors: list[str] = []
    outside: list[str] = []
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", lambda request: outside.append(request.url) if not ours(request.url, server) else None)
    yield opened
    context.close()
    assert outside == []
    assert errors == []


def ours(url: str, server: str) -> bool:
    return url.startswith((f"{server}/", "data:", "blob:"))


def go(page: Page, address: str) -> None:
    """Goes to an address and waits until the app has taken over from the first screen."""
    page.goto(address)
    page.wait_for_selector("#root footer.foot")
    page.wait_for_selector("#first", state="detached")


def cdp(page: Page) -> Any:
    """The browser's own instruments for a page."""
    return page.context.new_cdp_session(page)
