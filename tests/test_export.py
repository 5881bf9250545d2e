"""Nothing leaves the commons without its caveats: every view that publishes a number has an export, and its rows carry
what the declarations say of them, found here again from the declarations themselves."""

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sampled import accept_small, keep_samples

from ingest.declarations import sources
from ingest.folder import Folder
from ingest.statement import StatementRefused, record
from warehouse import inputs
from warehouse.export import DESIGNATIONS, FORMS, VIEWS, as_csv, batches, write
from warehouse.publish import build
from warehouse.release import open_release
from warehouse.starter import files as starter_files

SAMPLES = ("atf_trace_flows", "gitoc_oci", "isp_rj", "soudapaz_rj")
STARTER = ("sinesp_vde", "un_sdg_16_4_2", "unodc_iafq")
SOURCES = tuple(sorted((*SAMPLES, *STARTER)))
WITHOUT_EXPORT = {
    "caveat": "what travels",
    "caveat_of": "what travels",
    "concept_pair": "a rule",
    "counts_as": "a rule",
    "coverage_by_class": "coverage, counted by class of source",
    "coverage_of_set": "coverage, counted by set",
    "coverage_of_set_by_class": "coverage, counted by set and class of source",
    "declared_change": "what travels",
    "definition": "what travels",
    "disclosure": "which sources are protected",
    "issue": "what was not taken: no number of a source",
    "mark_basis": "how many pairs mark looked at",
    "place": "the register",
    "place_member": "the register",
    "place_up": "the register",
    "quality_declared": "scores of sources, each with its evidence",
    "quality_rule": "a rule",
    "withdrawn": "what was taken back: no number of a source",
    "same_origin": "a rule",
    "series_pair": "figures, two years side by side for mark",
    "series_year": "figures, chosen for mark",
    "set_member": "the register",
    "shown_place": "places that figures are held for",
    "snapshot": "the files",
    "source": "what travels",
    "source_card": "scores of sources, each with its basis or evidence",
    "stated": "what travels",
    "statement": "what travels",
    "yearly_total": "figures, chosen for trend",
}
"""Relations of a release that publish no number of a source by themselves, and what they are."""
PARTY = "Institute of Public Security"


@pytest.fixture(scope="module")
def commons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """Samples and starter tables of some sources with a statement and an invitation, as a release and its id."""
    from commons import _add

    root = tmp_path_factory.mktemp("export")
    folder = Folder(root / "data")
    keep_samples(folder, SAMPLES, root)
    assert [_add(folder, path, None, None, None) for path in starter_files() if path.stem in STARTER] == [0, 0, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "accept", accept_small)
        build(folder)
        with open_release(folder) as con:
            figure = con.execute("select min(figure_id) from figure where source = 'isp_rj'").fetchall()[0][0]
        record(folder, "isp_rj", PARTY, text='=Why it "differs".', status="explained", figure=figure)
        record(folder, "sinesp_vde", "Ministry of Justice")
        release = build(folder)
    with open_release(folder) as con:
        yield con, release


def exported(commons: tuple[duckdb.DuckDBPyConnection, str], view: str, **only: str | None) -> list[dict[str, Any]]:
    return [row for part in batches(*commons, view, **only) for row in part.to_pylist()]


def written(commons: tuple[duckdb.DuckDBPyConnection, str], form: str, view: str, **only: str | None) -> bytes:
    to = io.BytesIO()
    rows = write(batches(*commons, view, **only), to, form)
    assert rows == len(exported(commons, view, **only))
    return to.getvalue()


def test_every_view_that_publishes_a_number_is_exported(commons: tuple[duckdb.DuckDBPyConnection, str]) -> None:
    con, _ = commons
    held = con.execute(
        "select table_name from duckdb_tables() where database_name = 'release' union select view_name from"
        " duckdb_views() where database_name = 'release' and not internal"
    ).fetchall()
    names = {name for (name,) in held if not name.startswith("no_")}
    assert names - set(VIEWS) - WITHOUT_EXPORT.keys() == set()
    assert (set(VIEWS) | WITHOUT_EXPORT.keys()) - names == set()


@pytest.mark.parametrize("view", VIEWS)
def test_an_export_without_caveats_licence_citation_and_disclaimer_is_none(
    commons: tuple[duckdb.DuckDBPyConnection, str], view: str
) -> None:
    columns = next(batches(*commons, view, source="no_such_source")).column_names
    sides = [name.removeprefix("caveats") for name in columns if name.startswith("caveats")]
    assert sides
    for side in sides:
        assert {f"{name}{side}" for name in ("caveats", "statements")} <= set(columns)
    for name in ("licence", "citation"):
        assert len([column for column in columns if column.startswith(name)]) in (1, 2)
    assert len(set(columns)) == len(columns)
    assert columns[-2:] == ["release", "designations"]
    described = [name for name, *_ in commons[0].execute(f"describe {view}").fetchall()]
    assert columns[: len(described)] == described


def expected(source: str, concept: str, place: str, first: int, last: int, within: set[str]) -> list[str]:
    """The caveats that concern a number, by the declaration; `within` holds the place and all places around it."""
    return [
        caveat.text
        for caveat in sources()[source].caveat
        if (not caveat.concepts or concept in caveat.concepts)
        and (not caveat.places or within & set(caveat.places))
        and (caveat.first_year or first) <= last
        and (caveat.last_year or last) >= first
    ]


def around(commons: tuple[duckdb.DuckDBPyConnection, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for place, ancestor in commons[0].execute("select place, ancestor from place_up").fetchall():
        found.setdefault(place, set()).add(ancestor)
    return found


def test_figures_carry_the_caveats_their_declarations_name(commons: tuple[duckdb.DuckDBPyConnection, str]) -> None:
    rows, up = exported(commons, "figure"), around(commons)
    assert {row["source"] for row in rows} == set(SOURCES)
    seen = set()
    for row in rows:
        years = row["period_start"].year, row["period_end"].year
        wanted = expected(row["source"], row["concept"], row["place"], *years, up[row["place"]])
        assert row["caveats"] == wanted, row
        seen |= {(row["source"], text) for text in wanted}
        declared = sources()[row["source"]]
        assert (row["licence"], row["citation"]) == (declared.licence, declared.citation)
        assert row["definition"] in [*(one.text for one in declared.definition if one.concept == row["concept"]), None]
        assert (row["release"], row["designations"]) == (commons[1], DESIGNATIONS)
    missed = {(name, one.text) for name in SOURCES for one in sources()[name].caveat} - seen
    assert {text for _, text in missed} <= {"In 2018 nearly all rows name no municipality."}


def test_pairs_carry_both_sides_and_sets_the_caveats_of_their_members(
    commons: tuple[duckdb.DuckDBPyConnection, str],
) -> None:
    up = around(commons)
    rows = exported(commons, "comparison")
    assert len(rows) > 100
    for row in rows:
        for side in "ab":
            years = row["period_start"].year, row["period_end"].year
            source, concept = row[f"source_{side}"], row[f"concept_{side}"]
            assert row[f"caveats_{side}"] == expected(source, concept, row["place"], *years, up[row["place"]])
    traces = "Rows whose own source is “ATF”"
    con, _ = commons
    for place, carries in (("USA", True), ("M49:021", True), ("M49:001", True), ("M49:005", False), ("BRA", False)):
        asked = con.execute("select caveats_of('unodc_iafq', 'arms_seized', ?, 2016, 2020)", [place]).fetchall()[0][0]
        assert any(text.startswith(traces) for text in asked) == carries, place
    asked = con.execute("select caveats_of('unodc_iafq', 'arms_found', 'USA', 2016, 2020)").fetchall()[0][0]
    assert not any(text.startswith(traces) for text in asked)
    everything = con.execute("select caveats_of('unodc_iafq', null, null, 0, 9999)").fetchall()[0][0]
    assert everything == [caveat.text for caveat in sources()["unodc_iafq"].caveat]


def test_statements_travel_at_equal_size(commons: tuple[duckdb.DuckDBPyConnection, str]) -> None:
    today = datetime.now(UTC).date()
    for row in exported(commons, "figure", source="isp_rj"):
        said = row["statements"]
        assert said in ([], [f'{PARTY} ({today}): =Why it "differs".'])
    with_one = [row for row in exported(commons, "figure", source="isp_rj") if row["statements"]]
    assert len(with_one) == 1
    invited = [f"Ministry of Justice was invited on {today}: no statement has been received."]
    assert {tuple(row["statements"]) for row in exported(commons, "figure", source="sinesp_vde")} == {tuple(invited)}
    assert {tuple(row["statements"]) for row in exported(commons, "figure", source="gitoc_oci")} == {()}
    pair = exported(commons, "comparison", source="sinesp_vde", level="admin1")
    assert pair
    assert all(row[f"statements_{'a' if row['source_a'] == 'sinesp_vde' else 'b'}"] == invited for row in pair)


def test_csv_says_what_the_view_says(commons: tuple[duckdb.DuckDBPyConnection, str]) -> None:
    text = written(commons, "csv", "figure", source="isp_rj").decode()
    read, rows = [*csv.DictReader(io.StringIO(text))], exported(commons, "figure", source="isp_rj")
    assert len(read) == len(rows) > 100
    for cells, row in zip(read, rows, strict=True):
        assert Decimal(cells["value"]) == row["value"]
        assert "." not in cells["value"]
        assert cells["caveats"] == " | ".join(row["caveats"])
        assert cells["statements"] == " | ".join(row["statements"])
        assert cells["derived"] == str(row["derived"]).lower()
    assert gzip.decompress(written(commons, "csv.gz", "figure", source="isp_rj")).decode() == text


@pytest.mark.parametrize("view", VIEWS)
def test_parquet_and_csv_hold_the_same_rows(commons: tuple[duckdb.DuckDBPyConnection, str], view: str) -> None:
    one = {"place": {"figure": "BR-RJ", "coverage": "BRA", "trend": "M49:001", "share": "M49:001"}.get(view)}
    parquet = pl.read_parquet(io.BytesIO(written(commons, "parquet", view, **one)))
    text = written(commons, "csv", view, **one).decode()
    assert text == as_csv(parquet)
    assert text.splitlines()[0].split(",") == parquet.columns
    assert parquet.to_dicts() == exported(commons, view, **one)
    assert parquet.height > 0 or view == "revision"


def test_an_export_of_nothing_still_names_its_columns(commons: tuple[duckdb.DuckDBPyConnection, str]) -> None:
    text = written(commons, "csv", "figure", source="no_such_source").decode()
    assert text.count("\n") == 1
    assert text.startswith("figure_id,")
    assert pl.read_parquet(io.BytesIO(written(commons, "parquet", "figure", source="no_such_source"))).height == 0


def test_what_cannot_be_exported_is_said(commons: tuple[duckdb.DuckDBPyConnection, str]) -> None:
    with pytest.raises(ValueError, match="“caveat” is no view that is exported"):
        next(batches(*commons, "caveat"))
    with pytest.raises(ValueError, match="trend cannot be narrowed by level, only by source, place, concept"):
        next(batches(*commons, "trend", level="country"))


def test_one_disclaimer_in_every_place() -> None:
    from dashboard.frame import designations

    assert designations() == DESIGNATIONS


# Texts that a spreadsheet would run


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), min_size=1))
def test_no_text_is_run_and_none_is_lost(texts: list[str]) -> None:
    read = [*csv.reader(io.StringIO(as_csv(pl.DataFrame({"text": texts})), newline=""))]
    cells = [row[0] if row else "" for row in read[1:]]
    assert len(cells) == len(texts)
    for cell, text in zip(cells, texts, strict=True):
        assert cell in (text, f"'{text}")
        if cell == text and text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n"):
            Decimal(text.replace(",", ""))


@given(st.decimals(-(10**12), 10**12, places=6))
def test_numbers_stay_numbers(value: Decimal) -> None:
    text = as_csv(pl.DataFrame({"value": [value], "said": [str(value)]}, schema_overrides={"value": pl.Decimal(38, 6)}))
    number, said = text.splitlines()[1].split(",")
    assert Decimal(number) == Decimal(said) == value


# What may be recorded as a statement


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "nowhere"}, "There is no source “nowhere”. There are: atf_trace_flows"),
        ({"figure": "12"}, "“12” is no identifier of a figure"),
        ({"status": "invited"}, "A statement is one of replied, explained, corrected, disputed"),
        ({"status": "no_reply"}, "A statement is one of"),
        ({"party": " "}, "The party is empty."),
        ({"party": "Mr A. Example"}, "an institution, not a person"),
        ({"party": "Ministry\nof Justice"}, "on one line"),
        ({"party": "desk@example.org"}, "an e-mail address or a telephone number"),
        ({"party": "x" * 201}, "has 201 characters; at most 200 are kept"),
        ({"text": ""}, "The text is empty."),
        ({"text": "Call +43 1 26060 0 for more."}, "an e-mail address or a telephone number"),
        ({"text": "a\x00b"}, "cannot be shown"),
        ({"text": "x" * 4001}, "has 4,001 characters"),
        ({"dated": datetime(2999, 1, 1, tzinfo=UTC).date()}, "2999-01-01 is still to come."),
    ],
)
def test_what_is_no_statement_is_refused_in_words(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    usual = {"source": "isp_rj", "party": PARTY, "text": "In 2,022 of 12,525 cases (2019–2022), +3 %."}
    with pytest.raises(StatementRefused, match=words.replace("(", "\\(")):
        record(Folder(tmp_path), **usual | change)
    assert not (tmp_path / "ledger.jsonl").exists()
    assert record(Folder(tmp_path), **usual)["text"] == usual["text"]  # type: ignore[arg-type]


def test_forms_are_told_by_the_end_of_a_name() -> None:
    assert FORMS == ("csv", "csv.gz", "parquet")
