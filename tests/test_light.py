"""The light pages: the same words and numbers as the pages, as plain HTML whose links lead to light pages."""

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from viewer import HOSTILE, ask, html

from dashboard import data, frame, language, light, shell
from ingest.folder import Folder
from warehouse.release import current_id

VIEW = {"place": "BR-RJ", "concept": "arms_seized"}
Shown = Callable[..., light.Light]
PAGES = [name if name != "overview" else "" for name in frame.PAGES]


@pytest.fixture
def shown(small: Path, monkeypatch: pytest.MonkeyPatch) -> Shown:
    """A light page at an address."""
    monkeypatch.setenv("COMMONS_DATA", str(small))

    def show(name: str = "local", preferred: str | None = None, **asked: str) -> light.Light:
        return light.page(name, {word.rstrip("_"): value for word, value in asked.items()}, preferred)

    return show


class Tags(HTMLParser):
    """Every tag with its attributes; fails where one closes that did not open."""

    VOID = ("input", "meta", "link", "br", "img", "path", "rect", "col")

    def __init__(self, document: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))


def alone(page: light.Light) -> str:
    return shell.alone(page.html, page.title, page.lang, page.direction)


def cells(body: str) -> list[str]:
    """The cells of the tables of figures, in order."""
    matrices = re.findall(r'<table class="matrix[^"]*">(.*?)</table>', body, re.DOTALL)
    return re.findall(r"<td[^>]*>(.*?)</td>", "".join(matrices), re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_every_page_in_every_language_is_plain_html(shown: Shown, name: str, lang: str) -> None:
    page = shown(name, lang=lang)
    tags = Tags(alone(page))
    assert tags.open == []
    names = [tag for tag, _ in tags.all]
    assert not {"script", "iframe", "object", "embed", "img"} & {*names}
    assert tags.all[0] == ("html", {"lang": lang, "dir": language.LANGUAGES[lang].direction})
    assert names.count("h1") <= 1
    ids = [attributes["id"] for _, attributes in tags.all if attributes.get("id")]
    assert len(ids) == len({*ids})
    for tag, attributes in tags.all:
        assert not [name for name in attributes if name.startswith("on")]
        to = attributes.get("href") or attributes.get("action") or attributes.get("src") or ""
        ours = to.startswith(("./", "#"))
        assert ours or (tag == "a" and attributes.get("rel") == "noopener noreferrer") or not to


def test_the_figures_are_those_of_the_page(shown: Shown, page: Any) -> None:
    """Same cells, same definitions, same caveats, same pairs: both are made of the same blocks."""
    # The page's links know the release, for the page has written it into its own address.
    full, plain = (re.sub(r"release=\w+&", "", unescape(body)) for body in (html(page(**VIEW)), shown(**VIEW).html))
    of_page = cells(full)
    assert cells(plain)[: len(of_page)] == of_page
    for block in ('<section aria-label="What each source counts">', '<section class="caveats">'):
        assert plain.split(block)[1].split("</section>")[0] == full.split(block)[1].split("</section>")[0]
    assert plain.count('data-label="Difference"') == full.count('data-label="Difference"') > 0


def test_definitions_come_first(shown: Shown) -> None:
    body = unescape(shown(**VIEW).html)
    first = [body.index(words) for words in ("What each source counts", "Reported figures", "Read with care")]
    assert first == sorted(first)
    assert body.index("Read with care") < body.index("Two sources, the same period")


def test_numbers_lead_to_a_light_origin(shown: Shown, small: Path) -> None:
    body = shown(**VIEW).html
    (to, *_others) = re.findall(r'<a class="to" href="([^"]*)"', body)
    path, _, query = unescape(to).partition("?")
    assert path == "./origin"
    asked = dict(pair.split("=", 1) for pair in query.split("&"))
    ((value, unit, completeness),) = ask(
        small, "select value, unit, completeness from figure where figure_id = ?", asked["figure"]
    )
    from dashboard.words import stated

    origin = shown("origin", **asked).html
    assert f'<p class="value">{stated(value, unit, completeness)}</p>' in unescape(origin)
    assert "sha256" in origin


def test_places_are_chosen_with_forms(shown: Shown, small: Path) -> None:
    tags = Tags(shown(place="BR-RJ", concept="arms_seized", lang="fr").html).all
    forms = [attributes for tag, attributes in tags if tag == "form"]
    assert {form["action"] for form in forms} == {"./local"}
    kept = [attributes["value"] for tag, attributes in tags if tag == "input" and attributes["name"] == "lang"]
    assert kept == ["fr"] * len(forms)
    chosen = [attributes["value"] for tag, attributes in tags if tag == "option" and "selected" in attributes]
    assert chosen == ["BRA", "BR-RJ", "BR-RJ", "2019", "2021"]
    # Every form but the first belongs to a place; each select has a label around it, and each form a button.
    assert [tag for tag, _ in tags].count("button") == len(forms)
    assert [tag for tag, _ in tags].count("label") == [tag for tag, _ in tags].count("select")


@pytest.mark.parametrize(
    "asked",
    [
        {"place": HOSTILE},
        {"place": "BR-RJ", "concept": HOSTILE},
        {"place": "BR-RJ", "from_": "9999", "to": "x'; drop table"},
        {"release": "../../etc"},
        {"release": "0123456789ab"},
        {"lang": HOSTILE},
        {"place": "BR-IBGE:3550308"},
        {"place": "BR-RJ", "concept": "arms_traced"},
    ],
)
def test_any_address_gives_a_page(shown: Shown, asked: dict[str, str]) -> None:
    body = alone(shown(**asked))
    assert Tags(body).open == []
    assert "<script" not in body
    assert "<img" not in body
    assert "![x]" not in body


def test_hostile_words_of_data_stay_words(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = data.Opened.rows
    told = {"name", "definition", "text", "producer", "publisher", "obtained_from", "title", "name_a", "name_b"}

    def hostile(self: data.Opened, question: str, **parameters: object) -> list[data.Row]:
        rows = honest(self, question, **parameters)
        return [{**row, **dict.fromkeys(told & row.keys(), HOSTILE)} for row in rows]

    monkeypatch.setattr(data.Opened, "rows", hostile)
    for name in PAGES:
        body = shown(name, **VIEW).html
        assert "<script" not in body
        assert "<img" not in body
        assert "](http" not in body


def test_the_language_is_the_readers_where_the_address_names_none(shown: Shown) -> None:
    assert shown(preferred="pt-BR, en;q=0.5").lang == "pt"
    assert shown(preferred="de, sw").lang == "en"
    assert shown(preferred="pt-BR", lang="ar").lang == "ar"
    assert shown(preferred="pt-BR", lang="ar").direction == "rtl"


def test_a_language_does_not_stay_for_the_next_reader(shown: Shown) -> None:
    assert shown(lang="ar").lang == "ar"
    assert shown().lang == "en"


def test_an_older_release_is_shown_as_asked(shown: Shown, small: Path) -> None:
    release = current_id(Folder(small))
    body = shown(**VIEW, release=release).html
    assert {*re.findall(r"[?&]release=([0-9a-f]+)", unescape(body))} == {release}


def test_the_first_screen_brings_the_app_and_only_its_own_script(shown: Shown) -> None:
    page = shown(**VIEW)
    document = shell.before_app(page.html, page.title, page.lang, page.direction)
    assert page.html in document
    assert document.index(page.html) < document.index('<div id="root"></div>')
    inline = re.findall(r"<script>(.*?)</script>", document, re.DOTALL)
    assert inline == [shell.HANDING_OVER]
    # A style sheet before the first screen would hold it back.
    assert 'rel="stylesheet"' not in document.split('<div id="first"')[0]
    assert "agent" not in document


def test_there_is_no_page_without_a_light_one() -> None:
    assert {*light.PAGES} == {*PAGES}
