"""Views about where numbers come from: revisions, flows and mirrors, re-computation, source cards, statements.

The real files' numbers are counted here again with nothing but the csv module and the workbooks themselves.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import fastexcel
import polars as pl
import pytest

from ingest import ledger
from ingest.declarations import sources
from ingest.folder import Folder
from schemas.vocabulary import codes, vocabularies
from warehouse.publish import build
from warehouse.release import open_release, sql
from warehouse.revisions import releases
from warehouse.starter import files as starter_files

WAREHOUSE = Path(__file__).parents[1] / "warehouse"
NUMBER = "decimal(38, 6)"
FIGURE = {
    **dict.fromkeys(
        (
            *("figure_id", "source", "concept", "unit", "place", "place_name", "place_level", "counterpart"),
            *("counterpart_role", "period", "period_kind", "period_basis", "dimension", "category", "variant"),
            *("origin_label", "definition_id", "completeness", "footnote"),
        ),
        "varchar",
    ),
    **dict.fromkeys(("period_start", "period_end"), "date"),
    **dict.fromkeys(("value", "low", "high"), NUMBER),
    **dict.fromkeys(("derived", "whole_period"), "boolean"),
}
USUAL = {
    "concept": "arms_seized",
    "unit": "weapon",
    "place_level": "country",
    "period": "2020",
    "period_start": date(2020, 1, 1),
    "period_end": date(2020, 12, 31),
    "period_kind": "year",
    "period_basis": "calendar",
    "dimension": "total",
    "category": "TOTAL",
    "variant": "",
    "completeness": "complete",
    "derived": False,
    "whole_period": True,
}
PLACES = {"AAA": "Aland", "BBB": "Bland", "CCC": "Cland", "AA-1": "One of Aland", "AA-2": "Two of Aland"}
"""Invented countries, and two parts of the first."""


def figures(*rows: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """The tables of a tier with these figures; each says only what differs from the usual."""
    con = duckdb.connect()
    con.execute(sql("macros/said"))
    con.execute(f"create table figure ({', '.join(f'{name} {kind}' for name, kind in FIGURE.items())})")
    for number, row in enumerate(rows):
        said = USUAL | {"figure_id": f"{number:016x}"} | row
        con.execute(f"insert into figure ({', '.join(said)}) values ({', '.join('?' * len(said))})", [*said.values()])
    con.execute("create table place (code varchar, name varchar)")
    con.executemany("insert into place values (?, ?)", [*PLACES.items()])
    con.execute("create table place_up (place varchar, ancestor varchar)")
    con.executemany("insert into place_up values (?, ?)", [(code, code) for code in PLACES])
    con.execute("insert into place_up values ('AA-1', 'AAA'), ('AA-2', 'AAA')")
    con.execute(f"create table concept_pair as from read_csv('{WAREHOUSE / 'concept_pair.csv'}', all_varchar = true)")
    con.execute("create table definition (definition_id varchar, source varchar, concept varchar, text varchar)")
    con.execute("insert into definition values ('in', 'a_report', 'arms_seized', 'What A means.'),"
                " ('out', 'b_report', 'arms_seized', 'What B means.')")  # fmt: skip
    con.execute("create table same_origin (source_a varchar, source_b varchar, same_origin boolean)")
    con.execute("insert into same_origin values ('a_report', 'b_report', false)")
    return con


def told(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    answer = con.execute(query)
    names = [column[0] for column in answer.description or []]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


# Revisions


def held(name: str, day: date | None, **layout: Any) -> Any:
    source = SimpleNamespace(succession=layout.pop("succession", "whole"))
    shape = SimpleNamespace(**{"component": "", "starter": False, "table": "observation"} | layout)
    return SimpleNamespace(snapshot=name, source=source, layout=shape, released=day, received_at="2026-01-01")


def test_releases_follow_one_another_by_the_publishers_date_within_one_component() -> None:
    kept = [
        held("c", date(2024, 1, 1)),
        held("a", date(2020, 1, 1)),
        held("other", date(2021, 1, 1), component="persons"),
        held("starter", None, starter=True),
        held("register", date(2022, 1, 1), table="place"),
        held("b", date(2022, 1, 1)),
    ]
    assert [(old.snapshot, new.snapshot) for old, new in releases(kept)] == [("a", "b"), ("b", "c")]


def test_parts_that_add_up_are_no_releases_of_one_another() -> None:
    assert releases([held("a", date(2020, 1, 1), succession="part"), held("b", None, succession="part")]) == []
    assert releases([]) == []


CELL = ("snapshot", "concept", "unit", "place", "counterpart", "counterpart_role", "period_kind", "period_start",
        "period_end", "period_basis", "dimension", "category", "variant", "value", "obs_status")  # fmt: skip


def revised(*cells: tuple[str, str, str, int | None, str]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(file, place, basis, value, status) → (place, basis) → change, old, new, reason."""
    con = duckdb.connect()
    con.execute(sql("macros/said"))
    kinds = dict.fromkeys(CELL, "varchar") | {"period_start": "date", "period_end": "date", "value": NUMBER}
    con.execute(f"create table cell_of_file ({', '.join(f'{name} {kind}' for name, kind in kinds.items())})")
    for file, place, basis, value, status in cells:
        row = (file, "arms_seized", "weapon", place, None, None, "year", date(2020, 1, 1), date(2020, 12, 31), basis)
        con.execute(
            f"insert into cell_of_file values ({', '.join('?' * len(CELL))})",
            [*row, "total", "TOTAL", "", value, status],
        )
    con.execute("create table revision_pair as select 'old' as snapshot_old, 'new' as snapshot_new")
    con.execute("create table rule as select 'some' as source")
    con.execute("create table place (code varchar, name varchar)")
    con.execute(sql("views/revision"))
    rows = told(con, "select * from revision")
    return {
        (row["place"], row["period_basis"]): (row["change"], row["value_old"], row["value_new"], row["reason"])
        for row in rows
    }


def test_the_four_changes_and_that_missing_is_not_zero() -> None:
    seen = revised(
        *[("old", "AAA", "calendar", 5, "A"), ("new", "AAA", "calendar", 5, "A")],
        *[("old", "BBB", "calendar", 5, "A"), ("new", "BBB", "calendar", 6, "A")],
        ("new", "CCC", "calendar", 0, "A"),
        ("old", "DDD", "calendar", 0, "A"),
        *[("old", "EEE", "calendar", None, "O"), ("new", "EEE", "calendar", 0, "A")],
        *[("old", "FFF", "calendar", 3, "A"), ("new", "FFF", "calendar", None, "O")],
        *[("old", "GGG", "calendar", None, "O"), ("new", "GGG", "calendar", None, "O")],
    )
    assert {place: said[0] for (place, _), said in seen.items()} == {
        "AAA": "unchanged",
        "BBB": "changed",
        "CCC": "added",
        "DDD": "gone",
        "EEE": "added",
        "FFF": "gone",
    }
    assert seen["EEE", "calendar"] == ("added", None, Decimal(0), "Listed without a number before.")
    assert seen["FFF", "calendar"][3] == "Still listed, but without a number."


def test_files_that_label_periods_differently_are_not_matched_on_the_year() -> None:
    seen = revised(("old", "AAA", "reporting", 5, "A"), ("new", "AAA", "calendar", 5, "A"))
    assert {said[0] for said in seen.values()} == {"not_matched"}
    assert seen["AAA", "calendar"][1:3] == (None, Decimal(5))
    assert "labels its periods as reporting, the newer as calendar" in seen["AAA", "reporting"][3]


# Flows and mirrors


def flows(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    con.execute(sql("views/flow"))
    return {row["place"]: row for row in told(con, "select * from flow_place")}


def corridor(place: str, other: str, value: int, role: str = "departure", **more: Any) -> dict[str, Any]:
    return {"source": "a_report", "place": place, "counterpart": other, "counterpart_role": role, "value": value} | more


def test_inflow_outflow_and_own_share_with_both_totals() -> None:
    con = figures(corridor("AAA", "AAA", 6), corridor("AAA", "BBB", 2), corridor("BBB", "AAA", 1))
    seen = flows(con)
    a, b = seen["AAA"], seen["BBB"]
    assert (a["own"], a["inflow"], a["total_in"], a["outflow"], a["total_out"]) == (6, 2, 8, 1, 7)
    assert (a["own_source_share"], a["no_share"]) == (Decimal("75.00"), None)
    assert (b["own"], b["total_in"], b["own_source_share"]) == (None, 1, None)
    assert b["no_share"] == "No share: no figure held here for what came from this place itself."


def test_a_stated_zero_is_a_number_and_no_division_by_it() -> None:
    seen = flows(figures(corridor("AAA", "AAA", 0), corridor("AAA", "BBB", 0)))
    assert (seen["AAA"]["own"], seen["AAA"]["inflow"], seen["AAA"]["own_source_share"]) == (0, 0, None)
    assert seen["AAA"]["no_share"] == "No share: the source states that nothing was recorded."
    assert seen["BBB"]["own"] is None


def test_parts_of_a_listed_place_are_not_added_to_it_again() -> None:
    con = figures(
        *[corridor("BBB", "AAA", 5), corridor("BBB", "AA-1", 3), corridor("BBB", "AA-2", 2)],
        *[corridor("AAA", "AA-1", 4), corridor("AAA", "CCC", 1)],
        corridor("AA-1", "AAA", 2),
    )
    seen = flows(con)
    assert (seen["BBB"]["inflow"], seen["BBB"]["corridors_in"]) == (5, 1)
    assert (seen["AAA"]["own"], seen["AAA"]["inflow"], seen["AAA"]["own_source_share"]) == (4, 1, Decimal("80.00"))
    assert (seen["AA-1"]["inflow_or_own"], seen["AA-1"]["own_source_share"]) == (2, None)
    assert "only a wider place of origin" in seen["AA-1"]["no_share"]
    kinds = {(row["origin"], row["destination"]): row["kind"] for row in told(con, "select * from flow")}
    assert (kinds["AA-1", "AAA"], kinds["AAA", "AA-1"], kinds["CCC", "AAA"]) == ("from_within", "from_wider", "across")


def test_partial_corridors_make_a_partial_sum() -> None:
    seen = flows(figures(corridor("AAA", "AAA", 6, completeness="partial"), corridor("AAA", "BBB", 2)))
    assert seen["AAA"]["completeness"] == "partial"


def mirrored(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    con = figures(*rows)
    con.execute(sql("views/flow"))
    con.execute(sql("views/mirror"))
    return told(con, "select * from mirror")


def test_mirror_shows_both_sides_with_their_definitions_and_those_of_one_side_only() -> None:
    seen = mirrored(
        corridor("AAA", "BBB", 9, definition_id="in"),
        corridor("BBB", "AAA", 4, "destination", source="b_report", definition_id="out"),
        corridor("AAA", "CCC", 2),
        corridor("CCC", "BBB", 0, "destination", source="b_report"),
        corridor("AAA", "AAA", 50),
        corridor("CCC", "BBB", 3, "transit"),
    )
    by_corridor = {(row["origin"], row["destination"]): row for row in seen}
    both = by_corridor["BBB", "AAA"]
    assert len(seen) == 3
    assert (both["recorded_by"], both["value_in"], both["value_out"]) == ("both", 9, 4)
    assert (both["definition_in"], both["definition_out"]) == ("What A means.", "What B means.")
    assert both["reasons"] == []
    alone = by_corridor["CCC", "AAA"]
    assert (alone["recorded_by"], alone["value_in"], alone["value_out"]) == ("destination_only", 2, None)
    assert alone["reasons"] == ["Recorded at the destination only; no figure held here from the origin."]
    zero = by_corridor["CCC", "BBB"]
    assert (zero["recorded_by"], zero["value_out"], zero["value_in"]) == ("origin_only", 0, None)


def test_mirror_says_what_differs_before_the_numbers_are_read() -> None:
    [row] = mirrored(
        corridor("AAA", "BBB", 9, "sold_in", concept="arms_traced", unit="traced_weapon", completeness="partial"),
        corridor("BBB", "AAA", 4, "destination", source="b_report", period_basis="fiscal"),
    )
    assert row["recorded_by"] == "both"
    assert row["reasons"] == [
        "Arms seized and arms traced are different things: not every seized firearm is traced.",
        "The two count in different units: traced_weapon and weapon.",
        "The two use different kinds of year.",
        "One side names the place of first sale, which need not be where the last journey began.",
        "a_report is partial: at least this number.",
    ]


def test_no_column_of_the_mirror_is_a_gap_or_a_ratio() -> None:
    con = figures(corridor("AAA", "BBB", 9))
    con.execute(sql("views/flow"))
    con.execute(sql("views/mirror"))
    names = {row[0] for row in con.execute("describe mirror").fetchall()}
    assert not {name for name in names if any(word in name for word in ("gap", "ratio", "difference", "asymmetry"))}


# Re-computation

IDENTIFIED = ("UID_LEGIT_NATIONAL", "UID_ILLEGIT_NATIONAL", "UID_ILLEGIT_FOREIGN", "UID_DIVERSION_OTHER")


def recomputed(*inputs: dict[str, Any], **published: Any) -> dict[tuple[str, str], dict[str, Any]]:
    share = {"source": "shares", "concept": "arms_traced_share", "unit": "percent", "place": "AAA", "value": 40}
    con = figures(share | published, *({"source": "counts", "place": "AAA"} | row for row in inputs))
    con.execute("create table source (source varchar, derived_from varchar[])")
    con.execute("insert into source values ('shares', ['counts', 'national reports']), ('counts', [])")
    con.execute(sql("views/recomputation"))
    return {(row["scope"], row["denominator_of"]): row for row in told(con, "select * from recomputation")}


def outcome(category: str, value: int) -> dict[str, Any]:
    return {"dimension": "tracing_outcome", "category": category, "value": value}


def test_candidates_stand_beside_the_published_value_and_never_for_it() -> None:
    seen = recomputed(
        *[outcome(category, 2) for category in IDENTIFIED], outcome("UID_TOTAL", 16), {"value": 32, "category": "TOTAL"}
    )
    assert len(seen) == 6
    marked, everything = seen["seized", "uniquely_marked_arms"], seen["seized", "all_arms"]
    assert (marked["numerator"], marked["denominator"], marked["share"]) == (8, 16, Decimal("50.00"))
    assert (everything["share"], everything["published_value"]) == (Decimal("25.00"), 40)
    for row in seen.values():
        assert "not the official value of indicator 16.4.2" in row["reasons"][0]
        assert "cannot be rebuilt from published counts" in row["reasons"][1]


def test_a_missing_input_is_named_and_is_not_zero() -> None:
    seen = recomputed(*[outcome(category, 2) for category in IDENTIFIED[1:]], outcome("UID_TOTAL", 16))
    row = seen["seized", "uniquely_marked_arms"]
    assert (row["share"], row["inputs_missing"]) == (None, ["2020 arms_seized UID_LEGIT_NATIONAL"])
    assert "No share: 1 of 5 inputs are not held here; a missing count is not zero." in row["reasons"]
    whole = seen["seized_found_surrendered", "uniquely_marked_arms"]
    assert (whole["inputs_held"], whole["inputs_needed"], whole["share"]) == (4, 15, None)


def test_an_average_needs_the_inputs_of_all_its_years() -> None:
    seen = recomputed(
        *[outcome(category, 2) for category in IDENTIFIED],
        outcome("UID_TOTAL", 16),
        period="2020/2021",
        period_end=date(2021, 12, 31),
        period_kind="average",
        period_basis="average",
    )
    row = seen["seized", "uniquely_marked_arms"]
    assert (row["inputs_needed"], row["inputs_held"], row["share"]) == (10, 5, None)
    assert "2021 arms_seized UID_TOTAL" in row["inputs_missing"]


def test_no_share_of_nothing_and_none_above_the_whole() -> None:
    for total, words in ((0, "the total is zero"), (3, "more outcomes than arms")):
        seen = recomputed(
            *[outcome(category, 2 if total else 0) for category in IDENTIFIED], outcome("UID_TOTAL", total)
        )
        row = seen["seized", "uniquely_marked_arms"]
        assert row["share"] is None
        assert any(words in reason for reason in row["reasons"])


# Source cards


def test_the_rubric_is_the_one_of_the_code_lists_and_has_words_for_every_score() -> None:
    with (WAREHOUSE / "quality_rule.csv").open(encoding="utf-8") as file:
        rules = [*csv.DictReader(file)]
    items = list(dict.fromkeys((rule["kind"], rule["item"]) for rule in rules))
    assert items == [
        *(("gate", gate) for gate in vocabularies()["quality_gate"]),
        *(("dimension", dimension) for dimension in vocabularies()["quality_dimension"]),
    ]
    scores = defaultdict(set)
    for rule in rules:
        assert rule["words"]
        scores[rule["kind"], rule["item"]].add(rule["score"])
    for (kind, _), given in scores.items():
        assert given == ({"pass", "fail"} if kind == "gate" else {"0", "1", "2", "3"})


def test_declared_scores_name_what_is_known_and_carry_their_evidence() -> None:
    """An empty file is an honest one: not scored."""
    with (WAREHOUSE / "quality_rule.csv").open(encoding="utf-8") as file:
        known = {(rule["item"], rule["score"]) for rule in csv.DictReader(file)}
    with (WAREHOUSE / "quality_declared.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert row["source"] in sources()
            assert (row["item"], row["score"]) in known
            assert row["scorer"]
            assert row["evidence"].startswith("https://")


def cards(
    *declared: tuple[str, str, str, str, str],
    released: date | None = None,
    absent: str = "unknown",
    licence: str = "CC-BY-4.0",
    stub: int | None = None,
) -> Any:
    """(source, item) → rows of the card of two sources with the same figures: a ministry and an organisation.

    `stub` is a year of which their files hold a part.
    """
    years = [
        {"place": place, "value": 1, "period_start": date(year, 1, 1), "period_end": date(year, 12, 31)}
        for place, year in [("AAA", 2018), ("AAA", 2019), ("AAA", 2020), ("BBB", 2020), ("BBB", 2014)]
    ]
    if stub:
        years.append({"place": "AAA", "value": 1, "period_start": date(stub, 1, 1), "period_end": date(stub, 12, 31),
                      "whole_period": False})  # fmt: skip
    con = figures(*(row | {"source": name} for name in ("ministry", "organisation") for row in years))
    con.execute("drop table definition")
    con.execute("create table definition as select 'ministry:arms' as definition_id, 'ministry' as source,"
                " 'arms_seized' as concept")  # fmt: skip
    con.execute("create table caveat as select 'ministry' as source, 'A caveat.' as text")
    con.execute(
        "create table source as select unnest(['ministry', 'organisation']) as source, 'P' as producer, 'Q' as"
        " publisher, 'https://example.org' as address, 'C' as citation, 'D' as description,"
        f" '{licence}' as licence, '{absent}' as absent"
    )
    con.execute("create table snapshot as select source, ?::date as released, true as current from source", [released])
    con.execute(f"create table quality_rule as from read_csv('{WAREHOUSE / 'quality_rule.csv'}', all_varchar = true)")
    con.execute(
        "create table quality_declared (source varchar, item varchar, scorer varchar, score varchar, evidence varchar)"
    )
    for row in declared:
        con.execute("insert into quality_declared values (?, ?, ?, ?, ?)", [*row])
    con.execute(sql("views/source_card"))
    rows = defaultdict(list)
    for row in told(con, "select * from source_card"):
        rows[row["source"], row["item"]].append(row)
    return rows


def test_scores_come_about_the_same_way_for_a_ministry_and_an_organisation() -> None:
    seen = cards(released=date(2021, 6, 1))
    for name in ("ministry", "organisation"):
        for item, measured, score in (("coverage", 62, "1"), ("timeliness", 152, "3"), ("continuity", 3, "1")):
            [row] = seen[name, item]
            assert (row["measured"], row["computed_score"]) == (measured, score), item
    assert [seen[name, "documentation"][0]["measured"] for name in ("ministry", "organisation")] == [100, 75]
    assert seen["ministry", "coverage"][0]["basis"] == "5 of 8 cells: 2 places × 4 years of which anything is held"


def test_a_year_cut_short_is_neither_a_year_held_nor_a_gap() -> None:
    without, with_one = cards(released=date(2021, 6, 1)), cards(released=date(2021, 6, 1), stub=2021)
    for item in ("coverage", "timeliness", "continuity"):
        assert with_one["ministry", item] == without["ministry", item]


@pytest.mark.parametrize("licence", ["LicenseRef-none-stated", "LicenseRef-none-stated-open-data", ""])
def test_a_licence_that_is_not_stated_is_not_held(licence: str) -> None:
    [row] = cards(licence=licence)["ministry", "documentation"]
    assert (row["measured"], "licence" in row["basis"]) == (87, False)


def test_what_cannot_be_computed_or_was_not_declared_is_not_scored() -> None:
    seen = cards(absent="zero")
    for item in ("coverage", "timeliness", "relevance", "need"):
        [row] = seen["ministry", item]
        assert (row["computed_score"], row["score"], row["self_score"]) == (None, None, None)
        assert (row["computed_words"], row["words"], row["self_words"]) == ("not scored",) * 3


def test_a_publishers_date_before_the_end_of_the_period_is_no_timeliness() -> None:
    assert cards(released=date(2020, 1, 1))["ministry", "timeliness"][0]["computed_score"] is None


def test_scorer_and_self_score_stand_side_by_side_and_only_with_evidence() -> None:
    seen = cards(
        ("organisation", "relevance", "self", "3", "https://example.org/self"),
        ("organisation", "relevance", "Reviewer", "2", "https://example.org/review"),
        ("ministry", "relevance", "Reviewer", "3", ""),
        ("ministry", "need", "Reviewer", "pass", "https://example.org/need"),
    )
    [row] = seen["organisation", "relevance"]
    assert (row["scorer"], row["score"], row["self_score"]) == ("Reviewer", "2", "3")
    assert row["words"] == "It counts something close to it."
    assert seen["ministry", "relevance"][0]["words"] == "not scored"
    assert seen["ministry", "need"][0]["score"] == "pass"


def test_a_card_has_no_total_and_no_order_by_score() -> None:
    text = " ".join(sql("views/source_card").split())
    assert text.split("order by")[-1].split(";")[0].strip() == "source.source, item.position, by_other.scorer"
    assert {row["item"] for rows in cards().values() for row in rows} == {
        *vocabularies()["quality_gate"],
        *vocabularies()["quality_dimension"],
    }


# Statements, through a build of the starter tables


@pytest.fixture(scope="module")
def stated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    from commons import _add

    folder = Folder(tmp_path_factory.mktemp("stated"))
    assert _add(folder, next(file for file in starter_files() if file.stem == "soudapaz_rj"), None, None, None) == 0
    usual = {"source": "soudapaz_rj", "figure_id": None, "dated": "2026-03-01", "text": None}
    ledger.append(folder, "stated", **usual | {"party": "Institute A", "status": "invited"})
    ledger.append(folder, "stated", **usual | {"party": "Ministry B", "status": "invited", "figure_id": "0123"})
    ledger.append(folder, "stated", **usual | {"party": "Ministry B", "status": "explained", "text": "Why it differs."})
    ledger.append(folder, "stated", **usual | {"party": "Police C", "status": "open"})
    ledger.append(folder, "stated", **usual | {"party": "Other", "status": "invited", "source": "no_such_source"})
    build(folder)
    with open_release(folder) as con:
        yield con


def test_that_nothing_was_received_is_said_only_after_an_invitation(stated: duckdb.DuckDBPyConnection) -> None:
    rows = told(stated, "select party, status, text, no_statement from statement order by act")
    assert rows == [
        {"party": "Institute A", "status": "invited", "text": None, "no_statement": "no statement has been received"},
        {"party": "Ministry B", "status": "invited", "text": None, "no_statement": None},
        {"party": "Ministry B", "status": "explained", "text": "Why it differs.", "no_statement": None},
        {"party": "Police C", "status": "open", "text": None, "no_statement": None},
    ]
    assert {row["status"] for row in rows} <= set(codes("reply_status"))


def test_a_release_without_a_second_file_has_the_shape_of_revisions(stated: duckdb.DuckDBPyConnection) -> None:
    assert stated.execute("select count(*) from revision").fetchone() == (0,)
    assert "change" in {row[0] for row in stated.execute("describe revision").fetchall()}
    assert stated.execute("select count(*) from mirror").fetchone() == (0,)


# The real files


@pytest.fixture(scope="module")
def real(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    from commons import _add

    folder = Folder(tmp_path_factory.mktemp("origin"))
    for place in ("unodc-iafq", "un-sdg-16-4-2", "atf-trace-matrix"):
        for path in sorted((real_data / place).glob("*")):
            assert _add(folder, path, None, None, None) == 0, path.name
    build(folder)
    with open_release(folder) as con:
        yield con


def iafq(real_data: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    folder = real_data / "unodc-iafq"
    with (folder / "data_iafq_firearms_trafficking_2022-09.csv").open(encoding="utf-8-sig") as file:
        older = [*csv.DictReader(file)]
    sheet = fastexcel.read_excel(folder / "data_iafq_firearms_trafficking_2024-08-26.xlsx")
    newer = sheet.load_sheet(0, header_row=2, dtypes="string").to_polars()
    return older, [*newer.iter_rows(named=True)]


def totals(rows: list[dict[str, str]]) -> dict[tuple[str, str], Decimal]:
    wanted = ("Arms seized", "Total", "Total")
    kept = [row for row in rows if (row["Indicator"], row["Dimension"], row["Category"]) == wanted]
    found = {(row["Iso3_code"], row["Year"]): Decimal(row["VALUE"]) for row in kept}
    assert len(found) == len(kept)
    return found


@pytest.mark.real
def test_iafq_totals_404_unchanged_and_82_added(real: duckdb.DuckDBPyConnection, real_data: Path) -> None:
    older, newer = (totals(rows) for rows in iafq(real_data))
    common = older.keys() & newer.keys()
    assert (len(common), len(newer.keys() - older.keys()), len(older.keys() - newer.keys())) == (404, 82, 0)
    assert all(older[cell] == newer[cell] for cell in common)
    rows = told(
        real,
        "select place, period, value_old, value_new, change from revision where source = 'unodc_iafq'"
        " and concept = 'arms_seized' and dimension = 'total' and category = 'TOTAL'",
    )
    seen = {(row["place"], row["period"]): row for row in rows}
    assert {cell for cell, row in seen.items() if row["change"] == "unchanged"} == common
    assert {cell for cell, row in seen.items() if row["change"] == "added"} == newer.keys() - older.keys()
    assert len(seen) == len(rows) == 486
    assert {cell: row["value_new"] for cell, row in seen.items()} == newer


@pytest.mark.real
def test_iafq_rows_that_are_gone_are_so_in_the_files(real: duckdb.DuckDBPyConnection, real_data: Path) -> None:
    """84 counts of shotguns found or surrendered in 2016 and 2017 stand in the older file alone."""
    older, newer = iafq(real_data)
    names = ("Iso3_code", "Indicator", "Dimension", "Category", "Year")
    gone = {tuple(row[name] for name in names) for row in older if "shotgun" in row["Category"]}
    gone -= {tuple(row[name] for name in names) for row in newer}
    change = "select change, count(*) as n from revision where source = 'unodc_iafq' group by change"
    seen = {row["change"]: row["n"] for row in told(real, change)}
    assert seen["gone"] == len(gone) == 84
    assert (
        seen["unchanged"] + seen["changed"] + seen["gone"],
        seen["unchanged"] + seen["changed"] + seen["added"],
    ) == (
        len(older),
        len(newer),
    )


@pytest.mark.real
def test_sdg_releases_are_not_joined_on_the_year(real: duckdb.DuckDBPyConnection) -> None:
    rows = told(real, "select * from revision where source = 'un_sdg_16_4_2'")
    assert {row["change"] for row in rows} == {"not_matched"}
    assert all(row["value_old"] is None or row["value_new"] is None for row in rows)
    assert sum(row["value_old"] is not None for row in rows) == 27
    assert all("The same year in both need not mean the same period." in row["reason"] for row in rows)


@pytest.mark.real
def test_every_newest_number_of_a_revision_is_a_figure(real: duckdb.DuckDBPyConnection) -> None:
    """The same identity and the same number: a page can go from one to the other."""
    [row] = told(
        real,
        "select count(*) as n, count(figure.figure_id) as met from revision left join figure on"
        " revision.figure_id = figure.figure_id and revision.value_new = figure.value"
        " and revision.period = figure.period where revision.value_new is not null",
    )
    assert row["n"] == row["met"] == 15468 + 104


def matrix(real_data: Path, year: int) -> dict[tuple[str, str], int]:
    """(sold in, recovered in) → traced, from the workbook's own grid; without its totals."""
    book = fastexcel.read_excel(real_data / "atf-trace-matrix" / f"trace_{year}.xlsx")
    grid = book.load_sheet(0, header_row=None, dtypes="string").to_polars().rows()
    columns = {at: name.strip() for at, name in enumerate(grid[1]) if at > 1 and name and "TOTAL" not in name.upper()}
    last = next(at for at, row in enumerate(grid) if row[1] and row[1].strip().upper() in ("TOTAL", "TOTALS"))
    return {(row[1].strip(), name): int(row[at]) for row in grid[2:last] for at, name in columns.items()}


@pytest.mark.real
def test_atf_2020_corridors_and_the_own_share_of_two_states(real: duckdb.DuckDBPyConnection, real_data: Path) -> None:
    cells = matrix(real_data, 2020)
    assert sum(cells.values()) == 306686
    where = "source = 'atf_trace_flows' and period = '2020'"
    assert told(real, f"select sum(value) as s from flow where {where} and not derived") == [{"s": 306686}]
    rows = {row["place"]: row for row in told(real, f"select * from flow_place where {where}")}
    for name, code in (("CALIFORNIA", "US-CA"), ("ALABAMA", "US-AL")):
        row = rows[code]
        own = cells[name, name]
        recovered = sum(value for (_, to), value in cells.items() if to == name)
        sold = sum(value for (sold_in, _), value in cells.items() if sold_in == name)
        assert (row["own"], row["inflow"], row["total_in"]) == (own, recovered - own, recovered)
        assert (row["outflow"], row["total_out"]) == (sold - own, sold)
        assert row["own_source_share"] == round(Decimal(100 * own) / recovered, 2)
    assert (rows["US-CA"]["own"], rows["US-CA"]["total_in"]) == (15184, 27536)
    assert rows["US-CA"]["own_source_share"] == Decimal("55.14")
    assert (rows["US-AL"]["own"], rows["US-AL"]["total_in"]) == (5419, 6574)
    assert rows["US-AL"]["own_source_share"] == Decimal("82.43")


@pytest.mark.real
def test_atf_inflow_and_own_make_the_recovered_total_everywhere(real: duckdb.DuckDBPyConnection) -> None:
    rows = told(real, "select * from flow_place where total_in is not null and place <> 'USA'")
    assert len(rows) == 216
    assert all(row["own"] + row["inflow"] == row["total_in"] == row["stated_total"] for row in rows)
    country = told(real, "select total_in, own, stated_total from flow_place where place = 'USA' and period = '2020'")
    assert country == [{"total_in": 306686, "own": 306686, "stated_total": 306686}]


@pytest.mark.real
def test_the_mirror_finds_one_side_only_today(real: duckdb.DuckDBPyConnection) -> None:
    assert told(real, "select recorded_by, count(*) as n from mirror group by all") == [
        {"recorded_by": "destination_only", "n": 11503}
    ]


@pytest.mark.real
def test_spain_2021_recomputed_by_hand(real: duckdb.DuckDBPyConnection, real_data: Path) -> None:
    _, newer = iafq(real_data)
    spain = {
        (row["Dimension"], row["Category"]): Decimal(row["VALUE"])
        for row in newer
        if (row["Iso3_code"], row["Year"], row["Indicator"]) == ("ESP", "2021", "Arms seized")
    }
    names = vocabularies()["tracing_outcome"]
    numerator = sum(spain["by location", names[code]] for code in IDENTIFIED)
    row = told(
        real,
        "select * from recomputation where place = 'ESP' and period = '2021' and scope = 'seized'"
        " and denominator_of = 'all_arms'",
    )[0]
    assert (row["numerator"], row["denominator"]) == (numerator, spain["Total", "Total"]) == (5639, 8061)
    assert (row["share"], row["published_value"]) == (Decimal("69.95"), Decimal("44.63"))


@pytest.mark.real
def test_every_published_share_has_six_candidates_and_its_reasons(real: duckdb.DuckDBPyConnection) -> None:
    rows = told(real, "select * from recomputation")
    assert len(rows) == 6 * 104
    for row in rows:
        assert row["inputs_held"] + len(row["inputs_missing"]) == row["inputs_needed"]
        assert (row["share"] is None) or not row["inputs_missing"]
        assert "not the official value" in row["reasons"][0]


@pytest.mark.real
def test_cards_of_the_real_sources(real: duckdb.DuckDBPyConnection) -> None:
    rows = told(real, "select source, item, measured, computed_score from source_card where item = 'timeliness'")
    seen = {row["source"]: (row["measured"], row["computed_score"]) for row in rows}
    assert seen["unodc_iafq"] == ((date(2024, 8, 26) - date(2023, 12, 31)).days, "2") == (239, "2")
    assert seen["atf_trace_flows"] == (None, None)  # its files carry the year of the traces only
    frame = pl.DataFrame(told(real, "select source, item from source_card"))
    assert frame.group_by("source").len()["len"].to_list() == [11, 11, 11]
