"""Pictures of every page, at the width of a desk and of a phone: `make screenshots`. Needs Chromium.

They show the starter set in a data folder made for them; a full page each, into docs/screenshots.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
OUT = Path(__file__).with_name("screenshots")
FLAGS = (
    "--no-sandbox --headless --disable-gpu --disable-background-networking --disable-component-update"
    " --disable-sync --no-first-run"
)
WIDTHS = {"desk": 1280, "phone": 390}
LONGEST = 5000
"""Pixels of the longest picture; what lies below is cut."""
VIEWS = {
    "overview": "",
    "overview-meeting": "?meeting=1",
    "local": "local?place=BR-SP&concept=arms_seized",
    "local-ar": "local?place=BR-RJ&concept=arms_seized&lang=ar",
    "region": "region?set=M49:005",
    "region-flows": "region?set=USA&concept=arms_traced",
    "sources": "sources",
    "source": "sources?source=unodc_iafq",
    "methods": "methods",
    "about": "about",
}


@contextmanager
def served() -> Iterator[str]:
    """The starter set on a free port of this machine; ended by its process id."""
    with tempfile.TemporaryDirectory() as folder:
        commons = [sys.executable, "-m", "commons"]
        subprocess.run([*commons, "starter", "--data", folder], cwd=ROOT, check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen([*commons, "serve", "--port", str(port), "--data", folder], cwd=ROOT, env=os.environ)
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(address: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the app did not start")


def take(page: Page, address: str, file: Path, width: int) -> None:
    """One page in full."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    page.wait_for_selector("[data-testid=stMain] footer.foot", timeout=60_000)
    page.wait_for_timeout(2500)
    page.set_viewport_size({"width": width, "height": min(_height(page), LONGEST)})
    page.wait_for_timeout(1500)
    page.screenshot(path=file)


def _height(page: Page) -> int:
    return int(page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight"))


def main() -> None:
    """Takes them all."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS.split())
        page = browser.new_page()
        for name, view in VIEWS.items():
            for width, pixels in WIDTHS.items():
                take(page, f"{address}/{view}", OUT / f"{name}-{width}.png", pixels)
        take(page, f"{address}/local?place=BR-RJ&concept=arms_seized", OUT / "origin-desk.png", 1280)
        for width, pixels in WIDTHS.items():
            page.locator("table.matrix a").first.click()
            page.wait_for_url("**/origin?**")
            take(page, page.url, OUT / f"origin-{width}.png", pixels)
            page.go_back()
        browser.close()


if __name__ == "__main__":
    main()
