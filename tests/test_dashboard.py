"""The pages Local and Where this number comes from, without a browser: what is said, in which order, and how."""

import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest
from viewer import APP, HOSTILE, ROOT, STATES, ask, html, said

from dashboard import charts, data, language, markup, words
from ingest.folder import Folder
from warehouse.release import current_id

STATES_OF_THE_PAGE = {
    "nothing chosen": {},
    "a state": {"place": "BR-RJ", "concept": "arms_seized"},
    "one year": {"place": "BR-RJ", "concept": "arms_seized", "from_": "2019", "to": "2019"},
    "a country": {"place": "BRA", "concept": "arms_seized"},
    "a municipality": {"place": "BR-IBGE:3304557", "concept": "arms_seized"},
    "zeros": {"place": "BR-AC", "concept": "arms_seized"},
    "a score": {"place": "BRA", "concept": "arms_trafficking_score"},
    "a concept not held": {"place": "BR-RJ", "concept": "arms_traced"},
    "a concept unknown": {"place": "BR-RJ", "concept": HOSTILE},
    "a place without figures": {"place": "BR-IBGE:3550308", "concept": "arms_seized"},
    "a place unknown": {"place": HOSTILE},
    "years the wrong way round": {"place": "BR-RJ", "from_": "2021", "to": "2019"},
    "years that are none": {"place": "BR-RJ", "from_": "9999", "to": "x'; drop table"},
    "a release unknown": {"release": "0123456789ab"},
    "a release that is a path": {"release": "../../etc"},
    "a figure unknown": {"page_": "origin", "figure": "0123456789abcdef"},
    "a figure that is none": {"page_": "origin", "figure": "' or 1=1"},
    "no figure": {"page_": "origin"},
}


@pytest.mark.parametrize("address", STATES_OF_THE_PAGE.values(), ids=STATES_OF_THE_PAGE)
def test_every_state_of_the_page_renders(page: Any, address: dict[str, str]) -> None:
    body = html(page(**address))
    assert "Firearms Data Commons" in body
    assert "<script" not in body
    assert "<img" not in body


def test_without_a_release_the_page_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMONS_DATA", str(tmp_path))
    app = AppTest.from_file(APP).run()
    assert not app.exception
    assert "There is no release yet." in said(app)


def test_the_opening_is_the_curated_one(page: Any) -> None:
    app = page()
    assert app.query_params["place"] == "BR-SP"
    assert app.query_params["concept"] == "arms_seized"
    assert "São Paulo, Brazil, 2019–2021" in said(app)


def test_the_address_is_complete_and_restores_the_view(page: Any, small: Path) -> None:
    asked = {"place": "BR-RJ", "concept": "arms_seized", "from": "2019", "to": "2020"}
    app = page(place="BR-RJ", concept="arms_seized", from_="2019", to="2020")
    release = current_id(Folder(small))
    got = {name: app.query_params[name] for name in (*asked, "release")}
    assert got == asked | {"release": release}
    assert [box.value for box in app.selectbox][:6] == ["BRA", "BR-RJ", "", "arms_seized", 2019, 2020]


def test_choosing_a_country_clears_the_state(page: Any) -> None:
    app = page(place="BR-RJ", concept="arms_seized")
    app.selectbox[1].set_value("BR-SP").run()
    assert not app.exception
    assert app.query_params["place"] == "BR-SP"
    app.selectbox[1].set_value("").run()
    assert app.query_params["place"] == "BRA"


def test_places_stand_in_alphabetical_order_and_have_figures(page: Any, small: Path) -> None:
    app = page(place="BR-RJ", concept="arms_seized")
    for box, first in zip(app.selectbox[:3], (0, 1, 1), strict=True):
        names = [name.lower() for name in box.options[first:]]
        assert names == sorted(names, key=plain_letters)
        assert names
    assert len(app.selectbox[1].options) == 1 + len(STATES)
    held = ask(small, "select count(distinct place) from figure where starts_with(place, 'BR-IBGE:33')")
    assert len(app.selectbox[2].options) == 1 + held[0][0]


def plain_letters(name: str) -> str:
    import unicodedata

    return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))


def test_numbers_are_those_of_the_view_figure(page: Any, small: Path) -> None:
    body = html(page(place="BR-RJ", concept="arms_seized"))
    rows = ask(
        small,
        "select figure_id, value, unit, completeness from figure where place = 'BR-RJ' and period_kind = 'year'"
        " and dimension = 'total' and variant = '' and concept = 'arms_seized'",
    )
    assert len(rows) == 5
    for figure, value, unit, completeness in rows:
        number = markup.text(words.stated(value, unit, completeness))
        assert re.search(rf'<a class="to" href="[^"]*figure&#61;{figure}[^"]*" aria-label="[^"]*">{number}</a>', body)


def test_a_year_without_a_figure_is_a_gap_and_zero_is_zero(page: Any, small: Path) -> None:
    text = said(page(place="BR-RJ", concept="arms_seized"))
    assert "No figure held for 2020." in text
    opened = data.Opened(str(small), current_id(Folder(small)), "clear", None)
    asked = {"place": "BR-RJ", "concept": "arms_seized", "first": 2019, "last": 2021}
    panel = opened.rows("panels", **asked)[0]["panel"]
    rows = opened.rows("series", panel=panel, **asked)
    marks = opened.rows("marks", panel=panel, **asked)
    points = charts.series(rows, marks, [], height=100)["data"]["values"]
    gap = [point for point in points if point["series"] == "SINESP" and point["period"] == "2020"]
    assert [point["value"] for point in gap] == [None]
    zeros = opened.rows("series", panel=panel, **(asked | {"place": "BR-AC"}))
    assert [row["value"] for row in zeros] == [Decimal(0), None, Decimal(0)]


def test_a_partial_figure_is_at_least(page: Any) -> None:
    text = said(page(place="BR-SP", concept="arms_seized"))
    assert re.search(r"at least [\d,]+ in 2021", text)


def test_definitions_come_before_numbers(page: Any) -> None:
    body = html(page(place="BR-RJ", concept="arms_seized"))
    assert body.index("What each source counts") < body.index("Reported figures") < body.index("Two sources")
    assert "State records, released through an NGO" in said(page(place="BR-RJ", concept="arms_seized"))


def test_caveats_are_always_there(page: Any, small: Path) -> None:
    text = " ".join(said(page(place="BR-RJ", concept="arms_seized")).split())
    for (caveat,) in ask(
        small, "select text from caveat where source in ('sinesp_vde', 'soudapaz_rj') and first_year is null"
    ):
        assert caveat in text


def test_comparable_pairs_show_the_difference(page: Any, small: Path) -> None:
    body = html(page(place="BR-RJ", concept="arms_seized"))
    pairs = ask(
        small,
        "select period, difference from comparison where place = 'BR-RJ' and dimension = 'total' order by period",
    )
    assert [period for period, _ in pairs] == ["2019", "2021"]
    shown = re.findall(r'<th scope="row">(\d+)</th><td class="n" data-label', body)
    assert shown == ["2019", "2021"]
    for _, difference in pairs:
        assert f'data-label="Difference">{markup.text(language.number(difference, "weapon"))}<' in body


def test_a_refused_pair_shows_both_numbers_and_no_difference(page: Any, small: Path) -> None:
    app = page(place="BRA", concept="arms_trafficking_score")
    (refused,) = ask(small, "select value_a, value_b, difference, ratio from comparison where verdict = 'rank_only'")
    assert refused[2:] == (None, None)
    row = html(app).split('data-label="Difference">')[1]
    assert row.startswith('<span class="none">not calculated</span>')
    assert 'data-label="Ratio"><span class="none">not calculated</span>' in row
    text = said(app)
    assert "Not compared" in text
    assert "An expert score is not a count." in text
    assert language.number(refused[0], "score_1_10") in text


def test_what_differs_in_unit_shares_no_axis(small: Path) -> None:
    opened = data.Opened(str(small), current_id(Folder(small)), "clear", None)
    panels = opened.rows("panels", place="BRA", concept="arms_trafficking_score", first=2000, last=2030)
    assert [(panel["counted"], panel["unit"]) for panel in panels] == [
        ("arms_trafficking_score", "score_1_10"),
        ("arms_seized", "weapon"),
    ]


def test_an_expert_score_stands_beside_counts_only_where_it_was_asked_for(page: Any, small: Path) -> None:
    opened = data.Opened(str(small), current_id(Folder(small)), "clear", None)
    panels = opened.rows("panels", place="BRA", concept="arms_seized", first=2000, last=2030)
    assert [panel["counted"] for panel in panels] == ["arms_seized"]
    assert "score" not in said(page(place="BRA", concept="arms_seized")).lower().replace("scored", "")


def test_an_empty_state_offers_a_next_step(page: Any) -> None:
    app = page(place="BR-RJ", concept="arms_traced")
    assert "No figure held here for “Firearms traced” in Rio de Janeiro, Brazil." in said(app)
    assert 'class="way" href="&#46;&#47;local&#63;' in html(app)


def test_a_difference_is_called_a_difference(page: Any) -> None:
    text = said(page(place="BR-RJ", concept="arms_seized")).lower()
    for word in ("under-report", "underreport", "worst", "best", "highest", "lowest", "top "):
        assert word not in text


def test_the_way_of_a_number(page: Any, small: Path) -> None:
    ((figure, value),) = ask(
        small,
        "select figure_id, value from figure where place = 'BR-RJ' and period = '2019' and source = 'sinesp_vde'"
        " and dimension = 'total'",
    )
    app = page("origin", figure=figure)
    text = " ".join(said(app).split())
    assert language.number(value, "weapon") in text
    assert "The first 50 of 108 rows behind this number." in text
    assert "![x](http:evil)<script>.csv" in text
    assert re.search(r"sha256 [0-9a-f]{64}", text)
    assert "Ministry of Justice and Public Security of Brazil" in text
    assert "<script" not in html(app)


def test_every_figure_on_the_page_is_listed_and_leads_to_its_origin(page: Any, small: Path) -> None:
    body = html(page(place="BR-RJ", concept="arms_seized"))
    (listed,) = re.findall(r'<table class="listing">.*?</table>', body, re.DOTALL)
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th>.*?figure&#61;([0-9a-f]{16})", listed, re.DOTALL)
    names = [name for name, _figure in rows]
    assert names == sorted(names)
    held = ask(
        small,
        "select figure_id from figure where place = 'BR-RJ' and period_kind = 'year'"
        " and dimension = 'total' and variant = '' and concept = 'arms_seized'",
    )
    assert sorted(figure for _name, figure in rows) == sorted(figure for (figure,) in held)


def test_hostile_words_stay_words(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, definitions and caveats come from strangers too."""
    honest = data.Opened.rows

    def hostile(self: data.Opened, question: str, **parameters: object) -> list[data.Row]:
        told = {"name", "definition", "text", "producer", "publisher", "obtained_from", "title", "lead", "subset_of"}
        told |= {"name_a", "name_b", "country_name", "state_name", "place_name"}
        rows = honest(self, question, **parameters)
        return [
            {
                **row,
                **dict.fromkeys(told & row.keys(), HOSTILE),
                **({"reasons": [HOSTILE]} if "reasons" in row else {}),
            }
            for row in rows
        ]

    monkeypatch.setattr(data.Opened, "rows", hostile)
    app = page(place="BR-RJ", concept="arms_seized")
    body = html(app)
    assert HOSTILE in said(app)
    for sign in ("<script", "<img", "![x]", "](http", "**c**", ":red["):
        assert sign not in body
    assert app.markdown.len == 0


@pytest.mark.parametrize("word", [HOSTILE, '"onclick="x', "a\u202eb", "\x00", "é ñ 漢字 عربي", "</td><td>", "&lt;"])
def test_text_leaves_no_markup(word: str) -> None:
    made = markup.text(word)
    assert not set(made) & set("<>\"'![]()*_`$:{}\\\u202e\x00")


def test_an_address_of_data_is_no_script() -> None:
    assert "href" not in markup.link("javascript:alert(1)")
    assert 'rel="noopener noreferrer"' in markup.link("https://example.org")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("1234567", "weapon", "1,234,567"),
        ("0", "weapon", "0"),
        ("4.500000", "score_1_10", "4.5"),
        ("4", "score_1_10", "4.0"),
        ("12.5", "weapon", "12.5"),
        ("-78", "weapon", "−78"),
        ("0.004", "percent", "0.004"),
    ],
)
def test_numbers_are_written_plainly(value: str, unit: str, shown: str) -> None:
    assert language.number(Decimal(value), unit) == shown


def test_an_export_carries_its_caveats_and_runs_nothing() -> None:
    rows = [{"name": "=cmd()", "value": Decimal("-3"), "caveats": "Read with care."}]
    head, row = data.as_csv(rows).splitlines()
    assert head == "name,value,caveats,designations"
    assert row.startswith("'=cmd(),-3,Read with care.,\"The designations used do not imply any opinion")


@pytest.mark.parametrize(
    ("question", "more"),
    [
        ("export", {"place": "BR-RJ"}),
        ("set_export", {"set": "BRA", "places": None, "source": "sinesp_vde", "period": "2019"}),
    ],
)
def test_rows_to_take_along_carry_what_must_travel(small: Path, question: str, more: dict[str, Any]) -> None:
    opened = data.Opened(str(small), current_id(Folder(small)), "clear", None)
    rows = opened.rows(question, release=opened.release, concept="arms_seized", first=2019, last=2021, **more)
    assert rows
    for row in rows:
        assert row["of_release"] == opened.release
        assert row["caveats"]
        assert row["citation"]
        assert row["licence"]
        assert row["definition"]
        assert "statements" in row


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_source_is_taken_along_whole(small: Path, form: str) -> None:
    opened = data.Opened(str(small), current_id(Folder(small)), "clear", None)
    (held,) = ask(small, "select count(*) from figure where source = 'sinesp_vde'")
    read = pl.read_csv if form == "csv" else pl.read_parquet
    frame = read(io.BytesIO(data.export(opened, "sinesp_vde", form)))
    assert frame.height == held[0]
    assert frame["caveats"].null_count() == frame["designations"].null_count() == 0


def test_no_query_orders_by_a_value() -> None:
    files = sorted((ROOT / "dashboard" / "queries").glob("*.sql"))
    assert files
    for path in files:
        text = re.sub(r"--.*", "", path.read_text(encoding="utf-8").lower())
        for clause in re.findall(r"order by([^)]*)", text):
            assert not re.search(r"\b(value|low|high|difference|ratio|verdict|completeness)(_[ab])?\b", clause), (
                path.name
            )


def test_queries_bind_their_parameters() -> None:
    for path in (ROOT / "dashboard").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\.execute\(f[\"']", text), path.name
        if path.name != "data.py":
            assert "duckdb" not in text, path.name
            assert "group_by" not in text, path.name


def test_every_word_of_the_vocabulary_is_said() -> None:
    from schemas.vocabulary import category_codes, codes

    listed = ("concept", "unit", "acquisition", "period_basis", "dimension", "mapping_relation", "obs_status")
    said = {kind: codes(kind) for kind in (*listed, "processing_level", "reply_status")}
    said |= {"category": category_codes(), "provenance_subclass": codes("provenance")}
    said |= {"status": ("reported_number", *codes("no_figure"))}
    for kind, known in said.items():
        assert [code for code in known if code not in language.vocabulary()[kind]] == [], kind


def test_a_suppressed_figure_is_neither_zero_nor_missing() -> None:
    from dashboard.words import stated

    said = [stated(None, "weapon", "unknown", status) for status in ("Q", "O", None)]
    assert said == ["suppressed", "no figure held", "no figure held"]
