"""Statements of publishers and governments: word for word wherever their source or figure is shown."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from viewer import APP, HOSTILE, ROOT, ask

from dashboard import address, language, light
from ingest.folder import Folder
from ingest.statement import record

OF_THE_SOURCE = "The list is closed on the tenth of each month."
OF_ONE_FIGURE = "December was entered twice."
NO_STATEMENT = "no statement has been received"
RJ = {"place": "BR-RJ", "concept": "arms_seized"}
Show = Callable[..., str]


@pytest.fixture(scope="module")
def stated(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small commons with a statement on a source, one on a figure, an invitation answered and one that was not."""
    data = tmp_path_factory.mktemp("stated") / "data"
    shutil.copytree(small, data, symlinks=True)
    folder = Folder(data)
    (figure,) = ask(
        small,
        "select figure_id from figure where source = 'sinesp_vde' and place = 'BR-RJ' and period = '2021'"
        " and concept = 'arms_seized' and dimension = 'total'",
    )[0]
    record(folder, "sinesp_vde", "Ministry of Justice", dated=date(2026, 1, 2))
    said = {"text": OF_THE_SOURCE, "status": "explained", "dated": date(2026, 2, 3)}
    record(folder, "sinesp_vde", "Ministry of Justice", **said)
    said = {"text": OF_ONE_FIGURE, "status": "corrected", "figure": figure, "dated": date(2026, 3, 4)}
    record(folder, "sinesp_vde", "State secretariat", **said)
    record(folder, "soudapaz_rj", "Instituto Sou da Paz", dated=date(2026, 4, 5))
    record(folder, "gitoc_oci", f"Board {HOSTILE}", text=f"We {HOSTILE} answer.", dated=date(2026, 5, 6))
    command = [sys.executable, "-m", "commons", "build", "--data", str(data)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return data


@pytest.fixture
def figure(stated: Path) -> str:
    """The figure a statement was made of."""
    return str(ask(stated, "select figure_id from statement where figure_id is not null")[0][0])


@pytest.fixture(params=["app", "light"])
def show(stated: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Show:
    """The statements of a page at an address, as the app writes them and as its light page does."""
    monkeypatch.setenv("COMMONS_DATA", str(stated))

    def page(name: str, **asked: str) -> str:
        return light.page(name, asked, None).html if request.param == "light" else _app(name, asked)

    return lambda name, **asked: " ".join(re.findall(r'<section class="statements">.*?</section>', page(name, **asked)))


def _app(name: str, asked: dict[str, str]) -> str:
    app = AppTest.from_file(APP, default_timeout=30)
    app.switch_page(f"../pages/{name}.py")
    for key, value in asked.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception, app.exception
    return "\n".join(element.proto.body for element in app.get("html"))


def _in_words(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


def test_a_place_shows_those_of_its_sources_and_figures(show: Show) -> None:
    said = _in_words(show("local", **RJ))
    for words in (OF_THE_SOURCE, OF_ONE_FIGURE, NO_STATEMENT, "Ministry of Justice", "State secretariat"):
        assert said.count(words) == 1, words
    assert "2 January 2026" not in said, "an invitation that was answered is no longer open"


def test_a_statement_on_a_figure_stands_where_the_figure_does(show: Show) -> None:
    assert OF_ONE_FIGURE not in show("local", **RJ, **{"from": "2019", "to": "2019"})
    other = show("local", place="BR-SP", concept="arms_seized")
    assert OF_ONE_FIGURE not in other
    assert OF_THE_SOURCE in _in_words(other)


def test_sources_not_shown_keep_theirs(show: Show) -> None:
    said = show("local", **RJ, sources="soudapaz_rj")
    assert OF_THE_SOURCE not in said
    assert NO_STATEMENT in said


def test_a_number_carries_its_own_and_its_sources(show: Show, stated: Path, figure: str) -> None:
    said = _in_words(show("origin", figure=figure))
    assert OF_ONE_FIGURE in said
    assert OF_THE_SOURCE in said
    others = "select figure_id from figure where source = 'sinesp_vde' and figure_id <> ? order by figure_id limit 1"
    (other,) = ask(stated, others, figure)[0]
    said = _in_words(show("origin", figure=other))
    assert OF_ONE_FIGURE not in said
    assert OF_THE_SOURCE in said


def test_a_card_shows_what_is_said_of_the_whole_source(show: Show) -> None:
    said = _in_words(show("sources", source="sinesp_vde"))
    assert OF_THE_SOURCE in said
    assert OF_ONE_FIGURE not in said


def test_a_set_shows_those_of_sources_that_speak_of_it(show: Show) -> None:
    said = _in_words(show("region", places="BR-RJ,BR-SP", concept="arms_seized"))
    assert OF_THE_SOURCE in said
    assert OF_ONE_FIGURE in said
    apart = _in_words(show("region", places="BR-AC,BR-SP", concept="arms_seized"))
    assert OF_THE_SOURCE in apart
    assert OF_ONE_FIGURE not in apart


def test_hostile_words_stay_words(show: Show) -> None:
    said = show("sources", source="gitoc_oci")
    assert "evil" in said
    for sign in ("<script", "<img", "![x]", "](http", "**c**", ":red["):
        assert sign not in said


@pytest.mark.parametrize("code", ["ar", "es", "fr", "pt", "ru", "zh"])
def test_what_is_said_of_an_invitation_is_in_the_readers_language(show: Show, code: str) -> None:
    said = _in_words(show("local", **RJ, lang=code))
    address.use({})
    language.use(code)
    assert NO_STATEMENT not in said
    assert language._(NO_STATEMENT) in said
    assert OF_THE_SOURCE in said, "a statement stays in its own words"
    language.use("en")


def test_without_statements_there_is_no_such_section(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_DATA", str(small))
    page: Any = light.page("local", RJ, None)
    assert 'class="statements"' not in page.html
