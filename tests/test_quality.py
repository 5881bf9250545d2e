"""The quality page: its own markup only, counts only, sources in alphabetical order."""

from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from warehouse import quality
from warehouse.checks import Check

HOSTILE = ["<script>alert(1)</script>", "![x](http://out.example/x.png)", '" onload="alert(1)', "<img src=x>", "&lt;b>"]
ALLOWED = set(
    "html head meta title style body h1 h2 p div table thead tbody tr th td code".split()  # noqa: SIM905
)


class Read(HTMLParser):
    """The tags, attributes and texts a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """The tables the page reads, with hostile texts wherever a contributor could put one."""
    with duckdb.connect(str(tmp_path / "clear.duckdb")) as con:
        con.execute("create table source (source varchar, title varchar)")
        con.execute(
            "create table snapshot (source varchar, snapshot varchar, file_name varchar, layout varchar, released date,"
            " rows_in bigint, rows_accepted bigint, rows_refused bigint, rows_skipped bigint, cells bigint,"
            " cells_missing bigint, cells_refused bigint, current boolean)"
        )
        con.execute(
            "create table issue (source varchar, kind varchar, fate varchar, value varchar, sentence varchar,"
            " n_rows integer)"
        )
        for name, text in zip("edcba", HOSTILE, strict=True):
            con.execute("insert into source values (?, ?)", [name, text])
            con.execute(
                "insert into snapshot values (?, 'f', ?, ?, null, 12345, 12000, 300, 45, 9, 1, 0, ?)",
                [name, f"file {text}", text, name == "a"],
            )
            con.execute("insert into issue values (?, ?, 'row_refused', ?, ?, 7)", [name, text, "SECRET-VALUE", text])
    return tmp_path


def page(staged: Path, *checks: Check, for_all: tuple[str, ...] = ("f", "c")) -> str:
    parts = [{"view": "figure", "rows": 1234, "file": "f"}, {"view": "comparison", "rows": 5, "file": "c"}]
    facts = {"release": "0123<b>", "built_at": "2026-11-24T02:00:00+00:00", "parts": parts, "tiers": {"clear": for_all}}
    return quality.page(staged, facts, list(checks))


def test_what_is_for_some_only_is_not_counted_for_everyone(staged: Path) -> None:
    text = page(staged, Check("a", "One holds.", True, 4321, 0), for_all=("c",))
    assert '<th scope="row">One holds.</th><td>holds</td><td>–</td><td>–</td>' in text
    assert "4,321" not in text
    assert "1,234" not in text


def test_hostile_texts_are_texts(staged: Path) -> None:
    seen = Read(page(staged, Check("x", "Says <script>alert(2)</script>.", False, 10, 3)))
    assert seen.open == []
    assert set(seen.tags) <= ALLOWED
    assert {name for name, _ in seen.attributes} <= set(
        "lang charset name content id class scope role aria-labelledby tabindex".split()  # noqa: SIM905
    )
    words = "".join(seen.texts)
    assert "Says <script>alert(2)</script>." in words
    assert all(text in words for text in HOSTILE)


def test_nothing_is_fetched_and_no_value_of_the_data_is_shown(staged: Path) -> None:
    text = page(staged)
    for name in ("<script", "<link", "<img", "<iframe", "href=", "src=x>", "url(", "@import"):
        assert name not in text
    assert "SECRET-VALUE" not in text
    assert "file <" not in "".join(Read(text).texts)


def test_what_holds_and_what_does_not(staged: Path) -> None:
    text = page(staged, Check("a", "One holds.", True, 1000, 0), Check("b", "Two does not.", False, 2000, 1500))
    assert "1 of 2 rules do not hold." in text
    assert '<th scope="row">One holds.</th><td>holds</td><td class="n">1,000</td><td class="n">0</td>' in text
    assert '<td class="not">does not hold</td><td class="n">2,000</td><td class="n">1,500</td>' in text
    assert "All 1 rules hold." in page(staged, Check("a", "One holds.", True, 1, 0))


def test_sources_stand_in_alphabetical_order_with_their_counts(staged: Path) -> None:
    text = page(staged)
    files = text[text.index('id="files"') : text.index('id="issues"')]
    places = [files.index(f"({name})</th>") for name in "abcde"]
    assert places == sorted(places)
    assert '<td class="n">12,345</td><td class="n">12,000</td><td class="n">300</td><td class="n">45</td>' in files
    assert files.count("<td>yes</td>") == 1
    issues = text[text.index('id="issues"') :]
    assert issues.count("row not taken") == 5
    assert issues.index(">a</th>") < issues.index(">e</th>")


def test_the_page_is_readable_without_sight_or_on_a_phone(staged: Path) -> None:
    text = page(staged)
    seen = Read(text)
    assert ("lang", "en") in seen.attributes
    assert ("name", "viewport") in seen.attributes
    assert "color-scheme: light dark" in text
    heads = [value for name, value in seen.attributes if name == "scope"]
    assert heads.count("col") == len(quality.CHECKS) + len(quality.FILES) + len(quality.ISSUES)
    assert len(heads) == seen.tags.count("th")
