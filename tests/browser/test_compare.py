"""The page Compare in a real browser: nothing from outside, nothing taken in, and a keyboard is enough."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from viewer import small_commons

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox --headless --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run"
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found and os.environ.get("CI"):
        pytest.fail("Chromium is not installed, though CI is set")
    if not found:
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture(scope="module")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app as it is served, on a free port of this machine; ended by its process id."""
    held = small_commons(tmp_path_factory.mktemp("served"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "public" / "app.py")]
    options = [f"--server.port={port}", "--server.address=127.0.0.1"]
    environment = {**os.environ, "COMMONS_DATA": str(held)}
    process = subprocess.Popen([*command, *options], env=environment, cwd=held.parent)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.2)
        else:
            pytest.fail("the app did not start")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS.split())
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, server: str) -> Iterator[Page]:
    """A page that remembers its errors and fails when anything was asked of another host."""
    context = browser.new_context(viewport=DESK)
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
    page.goto(address)
    page.wait_for_selector("footer.foot")


def test_the_first_screen(page: Page, server: str) -> None:
    go(page, server)
    expect(page.locator("h1")).to_contain_text("Firearms seized")
    expect(page.locator("article.card").first).to_be_visible()
    expect(page.locator('[data-testid="stVegaLiteChart"]').locator("canvas, svg").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page, server: str) -> None:
    page.set_viewport_size(PHONE)
    go(page, f"{server}/?place=BR-RJ&concept=arms_seized")
    expect(page.locator("table.pairs")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_address_restores_the_view(page: Page, server: str) -> None:
    go(page, f"{server}/?place=BR-RJ&concept=arms_seized&from=2019&to=2020")
    page.wait_for_url(re.compile("release="))
    first = page.locator("h1").inner_text()
    numbers = page.locator("table.matrix").inner_text()
    assert "2019–2020" in first
    go(page, page.url)
    assert page.locator("h1").inner_text() == first
    assert page.locator("table.matrix").inner_text() == numbers


def test_choosing_changes_the_address(page: Page, server: str) -> None:
    go(page, f"{server}/?place=BR-RJ&concept=arms_seized")
    box = page.get_by_role("combobox", name=re.compile("State or province"))
    box.click()
    box.fill("Acre")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("place=BR-AC"))
    expect(page.locator("h1")).to_contain_text("Acre")


def test_a_keyboard_reaches_the_origin_of_a_number(page: Page, server: str) -> None:
    go(page, f"{server}/?place=BR-RJ&concept=arms_seized")
    page.locator("table.matrix a").first.wait_for()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('table.matrix a')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("figure=[0-9a-f]{16}"))
    expect(page.locator("h1")).to_contain_text("Where this number comes from")
    expect(page.locator("table.cells code").first).to_be_visible()
    page.get_by_role("link", name="Back to the comparison").click()
    expect(page.locator("h1")).to_contain_text("Firearms seized")


def test_a_chosen_row_leads_to_its_origin(page: Page, server: str) -> None:
    go(page, f"{server}/?place=BR-RJ&concept=arms_seized")
    frame = page.locator('[data-testid="stDataFrame"]')
    frame.scroll_into_view_if_needed()
    frame.click(position={"x": 18, "y": 55})
    page.wait_for_url(re.compile("figure=[0-9a-f]{16}"))
    expect(page.locator("h1")).to_contain_text("Where this number comes from")


def test_names_of_files_stay_text(page: Page, server: str) -> None:
    go(page, f"{server}/?place=BR-RJ&concept=arms_seized")
    page.locator("table.matrix a").first.click()
    expect(page.locator("table.cells")).to_contain_text("![x](http:evil)<script>.csv")
    assert page.locator("[data-testid=stHtml] img:not(.qr), [data-testid=stHtml] script").count() == 0


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_nothing_can_be_uploaded(page: Page, server: str, method: str) -> None:
    """Not even with a living session and its token, which is all the endpoint asks for."""
    sessions: list[str] = []

    def listen(payload: str | bytes) -> None:
        sessions.extend(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(payload)))

    page.on("websocket", lambda opened: opened.on("framereceived", listen))
    go(page, server)
    tokens = [cookie["value"] for cookie in page.context.cookies() if "xsrf" in cookie["name"]]
    part = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.csv"\r\n\r\n'
    body = part + b"a" * 2000 + b"\r\n--x--\r\n"
    answers = set()
    for session in dict.fromkeys(sessions):
        request = urllib.request.Request(f"{server}/_stcore/upload_file/{session}/f", data=body, method=method)
        request.add_header("Content-Type", "multipart/form-data; boundary=x")
        for token in tokens:
            request.add_header("Cookie", f"_streamlit_xsrf={token}")
            request.add_header("X-Xsrftoken", token)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        answers.add(refused.value.code)
    # 413: the session is a living one, and its file is too large, as every file is.
    assert answers - {400, 403} == {413 if method == "PUT" else 405}
