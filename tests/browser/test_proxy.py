"""The viewers behind the shipped proxy: little is transferred, a figure stands soon, nothing else comes through."""

import asyncio
import json
import os
import re
import shutil
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import RemoteDisconnected
from pathlib import Path
from typing import Any

import pytest
from chrome import DESK, go
from playwright.sync_api import Browser, BrowserContext, Page, expect
from viewer import apart

from bench.proxy import Proxy, proxied
from bench.reader import Reader
from bench.serving import Viewer, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VIEW = "local?place=BR-RJ&concept=arms_seized"
FIRST_LOAD = 2_000_000
SOON = 20


@dataclass(frozen=True)
class Site:
    """Two viewers behind the proxy."""

    proxy: Proxy
    viewers: tuple[Viewer, ...]
    trust: ssl.SSLContext

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Any:
        """The answer, also where it is a refusal."""
        request = urllib.request.Request(f"{self.proxy.address}{path}", body, headers, method=method)
        try:
            return urllib.request.urlopen(request, timeout=30, context=self.trust)
        except urllib.error.HTTPError as refused:
            return refused


@pytest.fixture(scope="module")
def site(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if not shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed, though CI is set")
        pytest.skip("nginx is not installed")
    here = tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        viewers = tuple(stack.enter_context(serving(small, here / f"{n}.log", "--host", "localhost")) for n in "ab")
        ports = [viewer.port for viewer in viewers]
        proxy = stack.enter_context(proxied(here / "proxy", ports))
        yield Site(proxy, viewers, ssl.create_default_context(cafile=str(proxy.certificate)))


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESK, ignore_https_errors=True)  # type: ignore[arg-type]
    yield context
    context.close()


class Transferred:
    """Bytes that came over the line, as the browser counts them: compressed answers with heads, and messages."""

    def __init__(self, page: Page) -> None:
        self.line = page.context.new_cdp_session(page)
        self.requests: dict[str, float] = {}
        self.messages = 0
        self.line.on("Network.loadingFinished", self._loaded)
        self.line.on("Network.webSocketFrameReceived", self._message)
        self.line.send("Network.enable")

    def _loaded(self, event: dict[str, Any]) -> None:
        self.requests[event["requestId"]] = event["encodedDataLength"]

    def _message(self, event: dict[str, Any]) -> None:
        # Before compression: the browser does not say what it was after.
        self.messages += len(event["response"]["payloadData"]) * 3 // 4

    @property
    def all(self) -> int:
        return int(sum(self.requests.values())) + self.messages


@pytest.mark.parametrize("path", ["", VIEW, "region", "sources", "about"])
def test_the_first_load_is_small_and_clean(visit: BrowserContext, site: Site, path: str) -> None:
    page = visit.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(request.url))
    transferred = Transferred(page)
    go(page, f"{site.proxy.address}/{path}")
    if path == VIEW:
        # The first to come waits while its scripts are compressed, once.
        page.locator('[data-testid="stVegaLiteChart"] :is(canvas, svg)').first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    assert transferred.all <= FIRST_LOAD, transferred.all
    assert wrong == []


def test_a_second_page_brings_no_script_again(visit: BrowserContext, site: Site) -> None:
    page = visit.new_page()
    go(page, f"{site.proxy.address}/{VIEW}")
    page.wait_for_load_state("networkidle")
    transferred = Transferred(page)
    go(page, f"{site.proxy.address}/{VIEW.replace('RJ', 'SP')}")
    page.wait_for_load_state("networkidle")
    assert transferred.all <= 300_000, transferred.all


@pytest.mark.parametrize("path", [VIEW, f"light/{VIEW}", "light?place=BR-RJ", "local?place=BR-SP&lang=ar"])
def test_on_a_poor_connection_a_figure_stands_soon(visit: BrowserContext, site: Site, path: str) -> None:
    """150 kbit/s and 400 ms: long before the app's scripts have come."""
    page = visit.new_page()
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"latency": 400, "downloadThroughput": 150_000 / 8, "uploadThroughput": 150_000 / 8}
    line.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    start = time.monotonic()
    page.goto(f"{site.proxy.address}/{path}", wait_until="commit", timeout=SOON * 1000)
    number = page.locator("#first table.matrix a").first
    if path.startswith("light?"):
        page.goto(f"{site.proxy.address}/light/local?place=BR-RJ", wait_until="commit", timeout=SOON * 1000)
    expect(number).to_be_visible(timeout=SOON * 1000)
    taken = time.monotonic() - start
    assert re.search(r"[\d٠-٩]", number.inner_text())
    # Painted, and in its right place: not only in the document.
    assert page.evaluate("performance.getEntriesByName('first-contentful-paint').length") == 1
    assert taken <= SOON, taken
    assert page.locator("#root .foot").count() == 0, "the connection was not poor"


def test_without_scripts_one_gets_from_a_country_to_the_cell_of_a_file(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{site.proxy.address}/light")
    for label, place in (("Country or area", "BRA"), ("State or province", "BR-RJ")):
        page.get_by_label(label).select_option(place)
        page.locator("form", has=page.get_by_label(label)).get_by_role("button").click()
    expect(page.locator("h1")).to_contain_text("Rio de Janeiro")
    assert "/light/local?" in page.url
    page.locator("table.matrix a").first.click()
    expect(page.locator("h1")).to_contain_text("Where this number comes from")
    assert "/light/origin?" in page.url
    expect(page.locator("table.cells code").first).to_be_visible()
    page.get_by_role("link", name="Back to the comparison").click()
    expect(page.locator("h1")).to_contain_text("Rio de Janeiro")
    context.close()


def test_the_first_screen_stays_where_the_app_cannot_start(visit: BrowserContext, site: Site) -> None:
    """Some networks let pages through and no websocket: what can be read stays."""
    page = visit.new_page()
    page.route(re.compile("_stcore"), lambda route: route.abort())
    page.goto(f"{site.proxy.address}/{VIEW}")
    page.wait_for_timeout(3000)
    expect(page.locator("#first table.matrix a").first).to_be_visible()


def test_the_app_does_not_take_a_page_away_from_who_is_using_it(visit: BrowserContext, site: Site) -> None:
    page = visit.new_page()
    page.goto(f"{site.proxy.address}/{VIEW}", wait_until="commit")
    page.locator("#first select").first.focus()
    page.wait_for_selector("#root .foot", state="attached")
    page.wait_for_timeout(300)
    expect(page.locator("#first")).to_be_visible()
    page.locator("#first select").first.blur()
    page.wait_for_selector("#first", state="detached")
    expect(page.locator("#root h1")).to_be_visible()


def test_answers_carry_what_guards_them(site: Site) -> None:
    for path in ("/", f"/{VIEW}", f"/light/{VIEW}", "/nowhere"):
        headers = site.ask(path).headers
        assert headers["strict-transport-security"] == "max-age=63072000"
        assert headers.get_all("content-security-policy") == [headers["content-security-policy"]]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["permissions-policy"]
        assert headers["server"] == "nginx"
    assert site.ask("/_stcore/metrics").headers["strict-transport-security"]


def test_only_what_a_page_needs_comes_through(site: Site) -> None:
    for path in (
        "metrics",
        "script-health-check",
        "upload_file/a/b",
        "agent/mcp",
        "agent/openapi.json",
        "bidi-components/x",
    ):
        assert site.ask(f"/_stcore/{path}").status == 404, path
        assert site.ask(f"//_stcore/{path}").status in (400, 404), path
        assert site.ask(f"/local/../_stcore/{path}").status == 404, path
    assert site.ask("/_stcore/health").read() == b"ok"
    assert json.load(site.ask("/_stcore/host-config"))["allowedOrigins"] == []


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_is_taken_in(site: Site, method: str) -> None:
    async def send() -> int:
        reader = Reader(site.proxy.address, "local", {}, site.trust)
        assert (await reader.open()).error == ""
        path = f"/_stcore/upload_file/{reader.session}/f"
        return int((await asyncio.to_thread(site.ask, path, method, b"a" * 2000)).status)

    assert apart(send()) in (405, 413)


def test_static_files_are_kept_by_the_proxy_and_compressed(site: Site) -> None:
    page = site.ask("/").read().decode()
    path = "/" + re.findall(r'src="\./(static/js/[^"]+)"', page)[0]
    for taken, given in (("gzip", "gzip"), ("gzip, br", "br"), ("identity", None)):
        headers = site.ask(path, **{"Accept-Encoding": taken}).headers
        assert headers["content-encoding"] == given
        assert "immutable" in headers["cache-control"]


def served_by(site: Site) -> list[int]:
    """How many sessions each viewer has begun so far."""
    counts = []
    for viewer in site.viewers:
        with urllib.request.urlopen(f"{viewer.address}/_stcore/metrics", timeout=20) as answer:
            found = re.findall(r'^session_events_total\{type="connect"\} (\d+)', answer.read().decode(), re.MULTILINE)
        counts.append(int(found[0]) if found else 0)
    return counts


def test_whoever_comes_back_meets_the_same_process(site: Site) -> None:
    """By a cookie, for a whole room may share one address; and newcomers are spread over the processes."""

    async def come(cookie: str) -> None:
        reader = Reader(site.proxy.address, "about", {}, site.trust, cookie)
        assert (await reader.open()).error == ""
        await reader.close()

    new = [site.ask("/about").headers["set-cookie"].split(";")[0] for _ in range(12)]
    assert len({*new}) == len(new)
    homes = []
    for cookie in new:
        before = served_by(site)
        for _ in range(2):
            apart(come(cookie))
        more = [now - was for now, was in zip(served_by(site), before, strict=True)]
        assert sorted(more) == [0, 2], "one process served both times"
        homes.append(more.index(2))
    assert {*homes} == {0, 1}
    # Who has the cookie gets no other.
    assert site.ask("/about", Cookie=new[0]).headers["set-cookie"] is None


def test_nobody_is_answered_under_another_name(site: Site) -> None:
    with pytest.raises(RemoteDisconnected):
        site.ask("/", Host="evil.example")
    with pytest.raises(urllib.error.URLError, match=r"handshake|UNRECOGNIZED_NAME|alert"):
        urllib.request.urlopen(f"https://127.0.0.1:{site.proxy.port}/", timeout=20, context=site.trust)


def test_without_encryption_one_is_sent_to_it(site: Site) -> None:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    opener = urllib.request.build_opener(Stay)
    with pytest.raises(urllib.error.HTTPError) as sent:
        opener.open(f"http://localhost:{site.proxy.plain}/{VIEW}", timeout=20)
    assert sent.value.code == 301
    assert sent.value.headers["location"].startswith("https://localhost/local?place=BR-RJ")
