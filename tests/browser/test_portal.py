"""A contribution in a real browser, in two languages: from a dropped file to a number in a release, and withdrawn.

With COMMONS_PICTURES set to a folder the English journey leaves a picture of each step there, for the guide.
"""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from chrome import DESK, ours
from playwright.sync_api import Browser, Locator, Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from test_contributions import SAID, figures, table
from viewer import ROOT

from bench.proxy import free_port
from dashboard import language
from dashboard.language import _
from dashboard.portal import describe
from dashboard.words import say
from ingest import contributions, quarantine
from ingest.folder import Folder
from ingest.roles import LOCAL

LONG = 120_000
"""Milliseconds that a step may take on a busy machine: a build is among them."""

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def served(data: Path, keys: Path, log: Path, port: int | None = None) -> Iterator[str]:
    """The portal on a free port of this machine, without accounts; ended by its own process id."""
    port = port or free_port()
    argv = [sys.executable, "-m", "commons", "portal", "--port", str(port), "--data", str(data)]
    environment = {**os.environ, "COMMONS_KEYS": str(keys)}
    with log.open("wb") as out:
        process = subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=out, env=environment)
    try:
        for _attempt in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                import time

                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def data(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
    shutil.copytree(small, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def portal(data: Path, tmp_path: Path) -> Iterator[str]:
    with served(data, tmp_path / "keys", tmp_path / "log") as address:
        yield address


@pytest.fixture
def weak(browser: Browser, portal: str) -> Iterator[Callable[[], Page]]:
    """Opens pages whose line may break, which a browser reports as errors; other hosts are asked nothing."""
    contexts, outside = [], []

    def come() -> Page:
        context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
        contexts.append(context)
        opened = context.new_page()
        opened.set_default_timeout(60_000)
        opened.on("request", lambda request: outside.append(request.url) if not ours(request.url, portal) else None)
        return opened

    yield come
    for context in contexts:
        context.close()
    assert outside == []


@pytest.fixture
def page(browser: Browser, portal: str) -> Iterator[Page]:
    """A page that fails on errors of the browser and on any request to another host."""
    context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    errors: list[str] = []
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("request", lambda request: errors.append(request.url) if not ours(request.url, portal) else None)
    yield opened
    context.close()
    assert errors == []


Look = Callable[[str], None]


def looks(page: Page, pictures: Path | None) -> Look:
    """What is done at each step: nothing serious stands against its accessibility, and a picture is taken."""

    def look(name: str) -> None:
        page.wait_for_timeout(800)
        broken = [one for one in Axe().run(page).response["violations"] if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in broken] == [], name
        if pictures:
            page.screenshot(path=pictures / f"{name}.png")

    return look


def button(page: Page, words: str) -> Locator:
    return page.get_by_role("button", name=words, exact=True)


def quiet(page: Page) -> None:
    """Waits until no run of the page is under way."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.wait_for_timeout(300)


def handed_in(page: Page, portal: str, file: Path, look: Look) -> None:
    """Every step from the dropped file to the submission, in the language in use."""
    page.goto(f"{portal}/prepare?lang={language.current()}")
    page.wait_for_selector("#root footer.foot")
    look("1-file")
    page.set_input_files("input[type=file]", file)
    button(page, _("Show me the cleaned copy")).click()
    button(page, _("Keep this copy and destroy the original")).wait_for()
    look("2-copy")
    button(page, _("Keep this copy and destroy the original")).click()
    button(page, _("Continue: the whole rehearsal")).wait_for()
    look("3-columns")
    button(page, _("Continue: the whole rehearsal")).click()
    button(page, _("Continue: describe the dataset")).wait_for()
    look("4-rehearsal")
    button(page, _("Continue: describe the dataset")).click()
    button(page, _("Continue: submit")).wait_for()
    for field in describe.fields():
        if field.key in SAID and describe.asked(field, SAID):
            say_field(page, field)
    look("5-description")
    button(page, _("Continue: submit")).click()
    button(page, _("Submit")).wait_for()
    look("6-submit")
    button(page, _("Submit")).click()
    expect(page.get_by_text(say("stage", "submitted"), exact=True)).to_be_visible(timeout=LONG)
    look("7-datasets")


def choose(page: Page, label: str, words: str) -> None:
    """Chooses an option by typing it: a long list holds only the options that are seen. A run of the page closes it."""
    option = page.get_by_role("option", name=words, exact=True)
    for _attempt in range(5):
        box = page.get_by_role("combobox", name=label)
        box.click()
        box.press_sequentially(words[:6])
        try:
            option.wait_for(timeout=5_000)
        except PlaywrightTimeout:
            box.press("Escape")
            quiet(page)
            continue
        break
    option.click()
    quiet(page)


def say_field(page: Page, field: describe.Field) -> None:
    label = _(field.words) + (" *" if field.needed else "")
    value: Any = SAID[field.key]
    quiet(page)
    if field.kind == "choice":
        choose(page, label, say(field.list, value))
    elif field.kind == "yes":
        page.get_by_text(label, exact=True).click()
    else:
        box = page.get_by_label(label, exact=True)
        box.fill(value)
        box.press("Control+Enter" if field.kind == "text" else "Enter")
    quiet(page)


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_dataset_is_contributed_reviewed_published_and_withdrawn(
    page: Page, portal: str, data: Path, tmp_path: Path, code: str
) -> None:
    language.use(code)
    wanted = os.environ.get("COMMONS_PICTURES") if code == "en" else None
    look = looks(page, Path(wanted) if wanted else None)
    handed_in(page, portal, table(tmp_path / "seizures.csv"), look)
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        code,
        language.direction(),
    ]
    page.goto(f"{portal}/review?lang={code}")
    page.locator("[data-testid=stMain] table a").first.click()
    button(page, _("Accept")).wait_for()
    look("8-review")
    button(page, _("Accept")).click()
    expect(page.get_by_text(_("Nothing waits for a review."))).to_be_visible(timeout=LONG)
    folder = Folder(data)
    (one,) = contributions.seen_by(folder, LOCAL)
    assert one.stage == "accepted"
    done = subprocess.run(
        [sys.executable, "-m", "commons", "build", "--data", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert figures(folder, str(one.source))["BR-AC", "2019", "PISTOL"] == 40
    page.goto(f"{portal}/?lang={code}")
    choose(page, _("Withdraw because"), say("withdrawal_reason", "consent"))
    button(page, _("Withdraw this dataset")).wait_for()
    look("9-withdraw")
    button(page, _("Withdraw this dataset")).click()
    expect(page.get_by_text(say("stage", "withdrawn"), exact=True)).to_be_visible(timeout=LONG)
    assert figures(folder, str(one.source)) == {}


def test_a_refused_file_is_refused_in_words_and_nothing_of_it_stays(
    page: Page, portal: str, data: Path, tmp_path: Path
) -> None:
    language.use("en")
    bad = tmp_path / "report.csv"
    bad.write_bytes(b"%PDF-1.7 not a table")
    page.goto(f"{portal}/prepare")
    page.set_input_files("input[type=file]", bad)
    expect(page.locator(".note")).to_contain_text("Save", timeout=LONG)
    button(page, "Throw this file away").click()
    expect(page.locator("#upload input")).to_be_visible(timeout=LONG)
    quiet(page)
    assert [*(data / "drafts").glob("*")] == []
    assert [*(data / "quarantine").glob("[0-9a-f]*")] == []


class Line:
    """The line of a page over which files go: it lets so many pieces through and is broken then."""

    def __init__(self, page: Page, pieces: int) -> None:
        self.left: float = pieces
        self.sent: list[int] = []
        page.route(re.compile("/upload/[0-9a-f]{16}"), self._one)

    def _one(self, route: Route) -> None:
        if self.left <= 0 and route.request.method != "DELETE":
            route.abort("connectionreset")
            return
        if route.request.method == "PATCH":
            self.left -= 1
            self.sent.append(len(route.request.post_data_buffer or b""))
        route.continue_()

    def mend(self) -> None:
        self.left = float("inf")


def long_table(path: Path) -> Path:
    """A table of some two million bytes, each row unlike the others."""
    with path.open("w", encoding="utf-8") as file:
        file.write("Country,State,Year,Type of firearm,Number of firearms seized,Note\n")
        file.writelines(f"Brazil,Acre,{1990 + row % 30},pistol,{row},{row:040}\n" for row in range(26_000))
    return path


def choosing(page: Page, portal: str, file: Path) -> None:
    page.goto(f"{portal}/prepare?lang={language.current()}")
    page.wait_for_selector("#root footer.foot")
    page.set_input_files("#upload input", file)


def is_whole(data: Path, file: Path) -> None:
    """What waits to be looked at is the file, byte for byte, and nothing else is there."""
    folder = Folder(data)
    (one,) = contributions.seen_by(folder, LOCAL)
    assert (one.stage, one.mark, one.shown_name) == ("received", None, file.name)
    with quarantine.opened(folder, str(one.upload)) as plain:
        assert plain.read_bytes() == file.read_bytes()
    assert len([*folder.quarantine.glob("[0-9a-f]*")]) == 1


@pytest.mark.parametrize("code", ["en", "ar"])
def test_a_file_goes_on_by_itself_where_the_line_broke(
    weak: Callable[[], Page], portal: str, data: Path, tmp_path: Path, code: str
) -> None:
    language.use(code)
    page, file = weak(), long_table(tmp_path / "long.csv")
    line = Line(page, 3)
    choosing(page, portal, file)
    expect(page.locator("#upload [role=status]")).to_contain_text(
        _("The connection broke. It is tried again by itself; what was sent is kept."), timeout=LONG
    )
    bar = page.get_by_role("progressbar", name=_("Your file"))
    held = bar.evaluate("bar => bar.value")
    assert 0 < held == sum(line.sent) < file.stat().st_size
    expect(page.locator("#upload .amount")).to_have_text(
        _("{sent} of {whole} MB").format(sent=in_page(page, held), whole=in_page(page, file.stat().st_size))
    )
    looks(page, None)("a broken line")
    line.mend()
    button(page, _("Show me the cleaned copy")).wait_for(timeout=LONG)
    assert sum(line.sent) == file.stat().st_size
    is_whole(data, file)


def test_a_piece_that_was_lost_unnoticed_is_sent_again(
    weak: Callable[[], Page], portal: str, data: Path, tmp_path: Path
) -> None:
    """Something on the way takes the last piece for the portal, which has not all of the file when it is to end."""
    language.use("en")
    page, file = weak(), long_table(tmp_path / "long.csv")
    lost: list[int] = []

    def lying(route: Route) -> None:
        asked = route.request
        to = int(asked.headers.get("upload-offset", 0)) + len(asked.post_data_buffer or b"")
        if asked.method == "PATCH" and to == file.stat().st_size and not lost:
            lost.append(to)
            route.fulfill(status=204, headers={"upload-offset": str(to)})
        else:
            route.continue_()

    page.route(re.compile("/upload/[0-9a-f]{16}"), lying)
    choosing(page, portal, file)
    button(page, "Show me the cleaned copy").wait_for(timeout=LONG)
    assert lost
    is_whole(data, file)


def test_a_file_goes_on_after_the_portal_was_started_again(browser: Browser, data: Path, tmp_path: Path) -> None:
    """And the page, whose own line broke too, stays as it is meanwhile."""
    language.use("en")
    file, port = long_table(tmp_path / "long.csv"), free_port()
    context = browser.new_context(viewport=DESK)  # type: ignore[arg-type]
    page = context.new_page()
    with served(data, tmp_path / "keys", tmp_path / "log", port) as portal:
        line = Line(page, 3)
        choosing(page, portal, file)
        expect(page.locator("#upload [role=status]")).to_contain_text("The connection broke", timeout=LONG)
    line.mend()
    page.wait_for_timeout(8_000)
    expect(page.locator("#upload [role=status]")).to_contain_text("The connection broke")
    with served(data, tmp_path / "keys", tmp_path / "log", port):
        button(page, "Show me the cleaned copy").wait_for(timeout=LONG)
        is_whole(data, file)
    context.close()


def in_page(page: Page, size: float) -> str:
    """Millions of bytes, as the browser writes them in the page's language."""
    asked = "{maximumFractionDigits: 1, minimumFractionDigits: 1}"
    format_ = f"new Intl.NumberFormat(document.querySelector('#upload').dataset.locale, {asked})"
    return str(page.evaluate(f"size => {format_}.format(size / 1e6)", size))


def test_a_file_goes_on_after_the_page_was_closed_and_the_browser_remembers_nothing(
    weak: Callable[[], Page], portal: str, data: Path, tmp_path: Path
) -> None:
    language.use("en")
    page, file = weak(), long_table(tmp_path / "long.csv")
    line = Line(page, 3)
    choosing(page, portal, file)
    expect(page.locator("#upload [role=status]")).to_contain_text("The connection broke", timeout=LONG)
    remembered = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "long" not in remembered
    assert "upload" not in remembered
    page.close()
    before = sum(line.sent)
    # The list says that it is not whole; another browser, and a file that was changed in one place, begin anew.
    changed = tmp_path / "changed.csv"
    changed.write_bytes(file.read_bytes()[:-2] + b"X\n")
    page = weak()
    page.goto(f"{portal}/")
    expect(page.get_by_text(say("stage", "sending"), exact=True)).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="long.csv").click()
    expect(page.locator(".note")).to_contain_text("not wholly here yet", timeout=LONG)
    line = Line(page, 1)
    page.set_input_files("#upload input", changed)
    expect(page.locator("#upload [role=status]")).to_contain_text("The connection broke", timeout=LONG)
    assert len(contributions.seen_by(Folder(data), LOCAL)) == 2
    page.locator("#upload").get_by_role("button", name="Throw this file away").press("Enter")
    expect(page.locator("#upload input")).to_be_focused()
    expect(page.locator("#upload [role=status]")).to_be_empty()
    page.wait_for_function("() => !document.querySelector('#upload .going:not([hidden])')")
    line.sent.clear()
    line.mend()
    page.set_input_files("#upload input", file)
    button(page, "Show me the cleaned copy").wait_for(timeout=LONG)
    assert before + sum(line.sent) == file.stat().st_size
    is_whole(data, file)
