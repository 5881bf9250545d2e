"""The maps in a real browser: they are painted, ask only this machine, and fetch their geometry once."""

import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from chrome import DESK, PHONE, go, ours
from playwright.sync_api import Browser, Page, expect

from bench.proxy import free_port
from dashboard.maps import draw
from dashboard.maps.planes import ground

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
CHART = '[data-testid="stVegaLiteChart"]'
HOSTILE = "![x](http://evil) <script>alert(1)</script> <img src=http://evil/x>"
APP = f"""
import streamlit as st
from dashboard import frame, maps
from dashboard.maps.planes import ground

st.set_page_config(layout="wide")
st.html(frame.HERE / "style.css")


def figures(name):
    codes = [*ground(name).drawn] or [*ground(name).places]
    values = (None, 0, 3, 40, 500, 6000)
    return [
        dict(code=code, name=code, value=values[at % 6], text=code + {HOSTILE!r}, status="Q" if at % 12 == 0 else "A")
        for at, code in enumerate(codes)
    ]


kind, name = st.query_params["map"].split("-", 1)
if kind == "world":
    classes = (("official", "combined"), ("official",), ("non_official",), ("combined",), ())
    codes = sorted(ground("WORLD").places)
    rows = [dict(code=c, name=c, classes=classes[at % 5], text=c) for at, c in enumerate(codes)]
    drawn = maps.world(rows)
elif kind == "below":
    drawn = maps.below(name, figures(name))
elif kind == "state":
    rows = [dict(code=str(n), name=str(n), value=n, text=str(n), lat=-22.5, lon=-43.5 + n / 10) for n in range(9)]
    drawn = maps.below(name, rows)
elif kind == "ratio":
    rows = [row | dict(value=row["value"] and row["value"] / 40) for row in figures(name)]
    drawn = maps.below(name, rows, ratio_of=("A", "B"))
else:
    codes = [*ground(name).drawn][:12]
    rows = [
        dict(origin=a, origin_name=a, destination=b, destination_name=b, value=10 ** (at % 4) + 1, text=a + b)
        for at, (a, b) in enumerate(zip(codes, codes[3:]))
    ]
    drawn = maps.flows(rows, within=None if name == "WORLD" else name)
if st.toggle("again"):
    drawn.spec["description"] = "drawn again"
maps.show(drawn, key="shown", caption="A map")
"""
MAPS = (
    *("world-WORLD", "below-BRA", "below-MEX", "below-NGA", "below-UKR", "below-MAR", "below-IND", "below-CHN"),
    *("below-ISR", "below-SRB", "below-KEN", "below-RUS", "ratio-MEX", "state-BR-RJ", "flows-USA", "flows-WORLD"),
)


@pytest.fixture(scope="module")
def shown(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app that draws the map its address asks for."""
    folder = tmp_path_factory.mktemp("maps")
    (folder / "app.py").write_text(APP, encoding="utf-8")
    (folder / "static").symlink_to(ROOT / "dashboard" / "public" / "static")
    port = free_port()
    options = [f"--server.port={port}", "--server.address=127.0.0.1", "--server.headless=true"]
    options += ["--server.enableStaticServing=true", "--browser.gatherUsageStats=false"]
    command = [sys.executable, "-c", "import sys; sys.path.insert(0, sys.argv.pop(1)); from streamlit.web import cli;"]
    command[-1] += " cli.main()"
    process = subprocess.Popen([*command, str(ROOT), "run", str(folder / "app.py"), *options], cwd=folder)
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def seen(browser: Browser, shown: str) -> Iterator[Page]:
    """A page that fails when the console says an error or anything was asked of another host."""
    context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda asked: None if ours(asked.url, shown) else wrong.append(asked.url))
    yield opened
    context.close()
    assert wrong == []


def paint(page: Page, address: str) -> Counter[str]:
    """How many shapes are painted in each colour, fills and lines apart."""
    page.goto(address)
    page.wait_for_selector(f"{CHART} svg path[aria-roledescription], {CHART} svg .mark-shape path", state="attached")
    page.wait_for_timeout(400)
    found: list[list[str]] = page.eval_on_selector_all(
        f"{CHART} svg path",
        "paths => paths.filter(p => p.getAttribute('d')?.length > 4)"
        ".map(p => [getComputedStyle(p).fill, getComputedStyle(p).stroke])",
    )
    return Counter([*(f"fill {_hex(fill)}" for fill, _ in found), *(f"line {_hex(line)}" for _, line in found)])


def _hex(colour: str) -> str:
    parts = re.findall(r"\d+", colour)[:3]
    return "#" + "".join(f"{int(part):02X}" for part in parts) if len(parts) == 3 else colour


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_map_is_painted(seen: Page, shown: str, name: str, size: dict[str, Any]) -> None:
    seen.set_viewport_size(size)  # type: ignore[arg-type]
    painted = paint(seen, f"{shown}/?map={name}")
    assert sum(painted.values()) > 10
    assert seen.evaluate("document.documentElement.scrollWidth") <= size["width"]
    box = seen.locator(f"{CHART} svg").bounding_box()
    assert box is not None
    assert box["height"] > 140
    assert "designations" in seen.locator(".map-under").inner_text()


def test_what_is_no_number_is_hatched_and_zero_is_not(seen: Page, shown: str) -> None:
    painted = paint(seen, f"{shown}/?map=below-BRA")
    # 27 states in turn: none held, zero and four values; every other one without a number is withheld.
    assert painted[f"fill {draw.WITHHELD[0]}"] == 3
    assert painted[f"fill {draw.UNKNOWN[0]}"] == 2
    assert painted[f"fill {draw.ZERO}"] == 5
    assert sum(painted[f"fill {fill}"] for fill in draw.STEPS["official"]) == 17
    assert painted[f"line {draw.UNKNOWN[1]}"] >= 2
    assert painted[f"line {draw.WITHHELD[1]}"] >= 3


def test_small_countries_are_on_the_world_map(seen: Page, shown: str) -> None:
    paint(seen, f"{shown}/?map=world-WORLD")
    base = ground("WORLD")
    assert base is not None
    assert seen.locator(f"{CHART} svg .mark-symbol path").count() == len(base.small)
    for fill, _lines in draw.HELD.values():
        assert seen.locator(f"{CHART} svg path[fill='{fill}']").count() > 20


def test_arrows_have_heads(seen: Page, shown: str) -> None:
    painted = paint(seen, f"{shown}/?map=flows-USA")
    assert painted["fill #1F4B82"] == painted["line #1F4B82"] == 9


def test_the_geometry_is_fetched_once(seen: Page, shown: str) -> None:
    """A rerun that changes the map sends what rows say of it, and the browser has the geometry."""
    sent: list[int] = []
    seen.on("websocket", lambda opened: opened.on("framereceived", lambda payload: sent.append(len(payload))))
    paint(seen, f"{shown}/?map=world-WORLD")
    before = sum(sent)
    seen.get_by_text("again").click()
    seen.wait_for_timeout(1500)
    fetched = seen.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.includes('/maps/WORLD')).map(e => e.transferSize)"
    )
    assert len([size for size in fetched if size > 2000]) == 1
    assert sum(sent) - before < 45_000


def test_texts_of_data_stay_text(seen: Page, shown: str) -> None:
    paint(seen, f"{shown}/?map=below-MEX")
    shape = seen.locator(f"{CHART} svg .mark-shape path[fill='{draw.STEPS['official'][-1]}']").first
    shape.hover(force=True)
    tip = seen.locator("#vg-tooltip-element")
    expect(tip).to_contain_text("<script>")
    assert tip.locator("img, script").count() == 0


def test_a_map_says_what_it_is(seen: Page, shown: str) -> None:
    paint(seen, f"{shown}/?map=below-IND")
    assert seen.locator(CHART).get_attribute("aria-label") == "A map"
    found = Axe().run(seen, context=".st-key-map-shown").response["violations"]
    assert [(one["id"], one["impact"]) for one in found if one["impact"] in ("serious", "critical")] == []


def test_the_map_on_overview(page: Page, server: str) -> None:
    go(page, server)
    page.wait_for_selector(f"{CHART} svg .mark-shape path", state="attached")
    assert page.locator(f"{CHART} svg .mark-shape path").count() > 200
