"""Trends, shares, coverage and marks: laws on figures made for the test, and the known answers from the real files.

What is expected is computed here again with nothing but the csv module and Decimal.
"""

import csv
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest.folder import Folder
from schemas.vocabulary import broader, vocabularies
from warehouse.build import DERIVED
from warehouse.publish import build
from warehouse.release import open_release, sql

VIEWS = ("place_set", "yearly_total", "trend", "share", "coverage", "mark")
STATUSES = {*vocabularies()["no_figure"], "reported_number"}
FIGURE = """
    create table figure (
        source varchar, concept varchar, unit varchar, period_basis varchar, place varchar, place_level varchar,
        period_start date, period_end date, period_kind varchar, dimension varchar, category varchar, variant varchar,
        counterpart varchar, value decimal(38, 6), obs_status varchar, origin_label varchar, derived boolean,
        completeness varchar, whole_period boolean
    );
    create table place (
        code varchar, name varchar, level varchar, parent varchar, country varchar, kind varchar
    );
    create table place_member (parent varchar, child varchar, valid_from date, valid_to date, kind varchar);
    create table place_up (place varchar, ancestor varchar, ancestor_level varchar);
    create table source (source varchar, provenance varchar, provenance_subclass varchar);
    create table counts_as (source varchar, origin_label varchar, concept varchar, counts_as varchar, reason varchar);
    create table issue (source varchar, kind varchar);
    create table disclosure (source varchar);
    create table caveat (
        source varchar, number integer, text varchar, concepts varchar[], places varchar[], first_year integer,
        last_year integer
    );
    insert into place values
        ('M49:001', 'World', 'world', null, null, 'm49_world'),
        ('M49:002', 'Region', 'region', 'M49:001', null, 'm49_region'),
        ('ORG:C', 'Community', 'region', 'M49:001', null, 'community'),
        ('A-1', 'North', 'admin1', 'AAA', 'AAA', 'state'),
        ('A-2', 'South', 'admin1', 'AAA', 'AAA', 'state');
    insert into place_member values ('ORG:C', 'AAA', null, null, 'community'),
        ('ORG:C', 'BBB', '2018-06-01', null, 'community'), ('ORG:C', 'CCC', null, '2019-03-01', 'community');
    insert into place_up values ('A-1', 'A-1', 'admin1'), ('A-1', 'AAA', 'country'), ('A-2', 'A-2', 'admin1'),
        ('A-2', 'AAA', 'country');
    insert into counts_as values ('un', 'ATF', 'arms_seized', 'arms_traced', 'Traced, not seized.');
"""
COUNTRIES = ("AAA", "BBB", "CCC", "DDD", "EEE")


def figure(place: str, year: int, value: Any, **change: Any) -> dict[str, Any]:
    return {
        "source": "un",
        "concept": "arms_seized",
        "unit": "weapon",
        "period_basis": "calendar",
        "place": place,
        "place_level": "admin1" if "-" in place else "country",
        "period_start": f"{year}-01-01",
        "period_end": f"{year}-12-31",
        "period_kind": "year",
        "dimension": "total",
        "category": "TOTAL",
        "variant": "",
        "counterpart": None,
        "value": str(value),
        "obs_status": "A",
        "origin_label": None,
        "derived": False,
        "completeness": "complete",
        "whole_period": True,
        **change,
    }


def release(figures: list[dict[str, Any]], more: str = "") -> duckdb.DuckDBPyConnection:
    """The five views over the given figures."""
    con = duckdb.connect()
    con.execute(FIGURE)
    for code in COUNTRIES:
        con.execute("insert into place values (?, ?, 'country', 'M49:002', ?, 'country_or_area')", [code, code, code])
        con.execute("insert into place_up values (?, ?, 'country')", [code, code])
    for name in sorted({row["source"] for row in figures}):
        subclass = "intergovernmental" if name == "un" else "national"
        con.execute("insert into source values (?, 'official', ?)", [name, subclass])
    con.execute(more)
    con.register("given", pl.DataFrame(figures, infer_schema_length=None).to_arrow())
    con.execute("insert into figure by name select * from given")
    con.execute(sql("macros/said"))
    for view in VIEWS:
        con.execute(sql(f"views/{view}"))
    return con


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = con.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def series(**of_place: list[int | None]) -> list[dict[str, Any]]:
    """Figures of places from 2018 on; None is no figure."""
    return [
        figure(place, 2018 + i, value)
        for place, values in of_place.items()
        for i, value in enumerate(values)
        if value is not None
    ]


WORLD = "select * from trend_in('M49:001', 'un', 'arms_seized', 2018, 2020)"


def test_the_views_are_part_of_a_release_in_this_order() -> None:
    assert [name for name in DERIVED if name in VIEWS] == list(VIEWS)


def test_a_fall_in_reporters_is_no_fall() -> None:
    con = release(
        series(AAA=[10, 11, 12], BBB=[10, 10, 11], CCC=[20, 20, 20], DDD=[900, None, None], EEE=[None, None, 5])
    )
    (row,) = rows(con, WORLD)
    assert (row["first_all"], row["last_all"], row["n_first"], row["n_last"]) == (940, 48, 4, 4)
    assert (row["first_panel"], row["last_panel"], row["panel"]) == (40, 43, ["AAA", "BBB", "CCC"])
    assert (row["change_panel"], row["change_chained"]) == (Decimal("0.075"), Decimal("0.075"))
    assert (row["only_first"], row["only_last"]) == (["DDD"], ["EEE"])
    assert row["headline"] is None
    assert "one direction" in row["reasons"][0]
    assert any("different places" in reason and "−94.9 %" in reason and "+7.5 %" in reason for reason in row["reasons"])


def test_a_headline_is_given_where_the_three_agree() -> None:
    (row,) = rows(release(series(AAA=[100, 90, 80], BBB=[50, 50, 40], CCC=[10, 10, 10], DDD=[5, None, 4])), WORLD)
    assert row["headline"] == row["change_panel"] == Decimal("-0.1875")
    assert row["with_gaps"] == ["DDD"]


def test_size_alone_can_withhold_the_headline() -> None:
    (row,) = rows(release(series(AAA=[100, 90, 80], BBB=[50, 50, 40], CCC=[10, 10, 10], DDD=[900, 1, None])), WORLD)
    assert row["headline"] is None
    assert "factor of 1.25" in row["reasons"][0]


def test_zero_and_missing_never_mix() -> None:
    con = release(series(AAA=[5, 5, 0], BBB=[5, 5, None], CCC=[0, 0, 5], DDD=[9, 9, 9]))
    (row,) = rows(con, WORLD)
    assert row["panel"] == ["AAA", "CCC", "DDD"]
    assert (row["only_first"], row["n_last"]) == (["BBB"], 3)
    status = dict(con.execute("select place, status from coverage where year = 2020").fetchall())
    assert status == {
        "AAA": "reported_zero",
        "BBB": "file_held_no_figure_for_place",
        "CCC": "reported_number",
        "DDD": "reported_number",
        "EEE": "file_held_no_figure_for_place",
    }
    assert con.execute("select n_with_ratio, n_pairs from mark_basis").fetchall() == [(4, 7)]


def test_a_sum_of_zero_is_no_base() -> None:
    (row,) = rows(release(series(AAA=[0, 1, 2], BBB=[0, 1, 2], CCC=[0, 1, 2])), WORLD)
    assert (row["change_all"], row["change_panel"], row["change_chained"], row["headline"]) == (None,) * 4


def test_partial_figures_are_counted_and_left_out() -> None:
    figures = [*series(AAA=[1, 1, 1], BBB=[2, 2, 2], CCC=[3, 3, 3]), figure("DDD", 2018, 9, completeness="partial")]
    (row,) = rows(release(figures), WORLD)
    assert (row["first_all"], row["n_first"], row["n_partial"]) == (6, 3, 1)
    assert any("at least" in reason for reason in row["reasons"])


def test_rows_that_count_something_else_are_left_out_but_can_be_asked_for() -> None:
    atf = [figure("DDD", year, 100, origin_label="ATF") for year in (2018, 2019, 2020)]
    con = release([*series(AAA=[1, 1, 1], BBB=[2, 2, 2], CCC=[3, 3, 3]), *atf])
    (row,) = rows(con, WORLD)
    assert (row["first_all"], row["counted_otherwise"]) == (6, ["DDD"])
    assert any("Traced, not seized." in reason for reason in row["reasons"])
    (row,) = rows(con, WORLD.replace("2020)", "2020, as_it_stands := true)"))
    assert (row["first_all"], row["counted_otherwise"], row["as_published"]) == (106, [], True)
    assert any("Included as published" in reason for reason in row["reasons"])
    assert con.execute("select distinct as_published from trend order by 1").fetchall() == [(False,), (True,)]
    covered = con.execute("select status, note from coverage where place = 'DDD' and year = 2018").fetchall()
    assert covered == [("file_held_no_figure_for_place", "Traced, not seized.")]


def test_membership_is_that_of_each_year() -> None:
    con = release(series(AAA=[1, 1, 1], BBB=[2, 2, 2], CCC=[4, 4, 4], DDD=[8, 8, 8]))
    found = rows(con, "select * from trend where place_set = 'ORG:C'")
    sums = {(row["first_year"], row["last_year"]): (row["first_all"], row["last_all"]) for row in found}
    assert sums == {(2018, 2019): (7, 3), (2019, 2020): (3, 3), (2018, 2020): (7, 3)}
    left = next(row for row in found if row["first_year"] == 2018 and row["span"] == "whole")
    assert "CCC left the set between 2018 and 2020." in left["reasons"]
    counted = con.execute(
        "select year, n_places from coverage_of_set where place_set = 'ORG:C' order by year"
    ).fetchall()
    assert counted == [(2018, 3), (2019, 2), (2020, 2)]


def test_a_place_within_another_is_not_counted_twice() -> None:
    con = release([figure(place, year, n) for place, n in (("AAA", 10), ("A-1", 4)) for year in (2018, 2019, 2020)])
    (row,) = rows(con, "select * from trend_of(['AAA', 'A-1'], 'un', 'arms_seized', 2018, 2020)")
    assert (row["first_all"], row["n_members"], row["headline"]) == (10, 1, 0)
    assert any("A-1 lies in" in reason for reason in row["reasons"])


def test_an_unanswerable_question_gets_a_reason() -> None:
    con = release([*series(AAA=[10, 10, 10]), figure("AAA", 2018, 50, concept="arms_traced_share", unit="percent")])
    for query in ("['XXX'], 'un', 'arms_seized', 2018, 2020", "['AAA'], 'un', 'arms_traced_share', 2018, 2018"):
        (row,) = rows(con, f"select * from trend_of({query})")
        assert row["headline"] is None
        assert row["reasons"][0].startswith("No figure that could be added up is held")


def test_a_declared_change_of_effort_withholds_the_headline() -> None:
    gva = [figure("AAA", year, 10 * (year - 2012), source="gva") for year in range(2013, 2018)]
    text = "Tagging of confiscations grew sevenfold from 2014 to 2017: a change of effort."
    con = release(gva, f"insert into caveat values ('gva', 1, '{text}', [], [], null, null)")
    (row,) = rows(con, "select * from trend_of(['AAA'], 'gva', 'arms_seized', 2014, 2017)")
    assert (row["change_panel"], row["headline"]) == (Decimal("1.5"), None)
    assert "effort changed" in row["reasons"][0]
    assert f"The source says: {text}" in row["reasons"]
    (row,) = rows(con, "select * from mark where kind = 'reporting_effort'")
    assert (row["period"], row["sentence"]) == ("2014–2017", f"The source says: {text}")


def made(seed: int, source: str) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        figure(place, year, chance.choice([0, 1, 7, 1000]), source=source)
        for place in COUNTRIES
        for year in range(2015, 2021)
        if chance.random() < 0.7
    ]


@pytest.mark.parametrize("seed", range(5))
def test_another_source_changes_no_trend_share_or_mark_of_a_source(seed: int) -> None:
    alone, both = release(made(seed, "un")), release([*made(seed, "un"), *made(seed + 100, "other")])
    for view in ("trend", "share", "mark", "mark_basis"):
        query = f"select t::varchar from {view} as t where source = 'un' order by 1"
        assert alone.execute(query).fetchall() == both.execute(query).fetchall(), view


@pytest.mark.parametrize("seed", range(5))
def test_a_trend_is_the_sum_of_the_parts_it_lists(seed: int) -> None:
    figures = made(seed, "un")
    value = {(row["place"], int(row["period_start"][:4])): Decimal(row["value"]) for row in figures}
    for row in rows(release(figures), "select * from trend where place_set = 'M49:001'"):
        first, last = row["first_year"], row["last_year"]

        def added(places: list[str], year: int) -> Decimal:
            return sum((value[place, year] for place in places), Decimal(0))

        assert row["first_all"] == added([*row["panel"], *row["with_gaps"], *row["only_first"]], first)
        assert row["last_all"] == added([*row["panel"], *row["with_gaps"], *row["only_last"]], last)
        assert row["n_first"] == len(row["panel"]) + len(row["with_gaps"]) + len(row["only_first"])
        assert (row["first_panel"] or 0) == added(row["panel"], first)
        assert row["n_panel"] == len(row["panel"])
        for pair in row["chain"]:
            both = [p for p in COUNTRIES if (p, pair["first_year"]) in value and (p, pair["last_year"]) in value]
            assert (pair["n"], pair["first_value"]) == (len(both), added(both, pair["first_year"]))


def types(place: str, year: int = 2018, **of_type: Any) -> list[dict[str, Any]]:
    return [
        figure(place, year, value, dimension="firearm_type", category=category, derived=category.startswith("x_"))
        for category, value in of_type.items()
    ]


PISTOLS = "select * from share_in('M49:001', 'un', 'arms_seized', 'firearm_type', 'PISTOL', 2018, 2019)"


def test_three_weightings_of_a_share() -> None:
    con = release(
        [
            *types("AAA", PISTOL=900, RIFLE=100),
            *types("BBB", PISTOL=1, REVOLVER=1, x_HANDGUN=2, RIFLE=8),
            *types("CCC", PISTOL=0, RIFLE=10),
            *types("DDD", PISTOL=0, RIFLE=0),
            *types("EEE", RIFLE=7),
        ]
    )
    (row,) = rows(con, PISTOLS)
    assert (row["n_places"], row["part"], row["whole"], row["largest_contributor"]) == (3, 901, 1020, "AAA")
    assert row["places"] == ["AAA", "BBB", "CCC"]
    assert row["pooled"] == round(Decimal(901) / 1020, 6)
    assert row["pooled_without_largest"] == Decimal("0.05")
    assert row["mean_of_places"] == round(Decimal(1) / 3, 6)
    assert (row["n_part_zero"], row["n_whole_zero"], row["headline"]) == (1, 1, None)
    assert "10 percentage points" in row["reasons"][0]


def test_alike_weightings_give_a_headline_and_a_tie_is_told_by_code() -> None:
    con = release([row for place in ("CCC", "BBB", "AAA") for row in types(place, PISTOL=5, RIFLE=5)])
    (row,) = rows(con, PISTOLS)
    assert (row["headline"], row["largest_contributor"]) == (Decimal("0.5"), "AAA")


def test_broader_types_of_the_sql_are_those_of_the_code_list() -> None:
    written = re.findall(r"\('(x_\w+)', '(\w+)'\)", sql("views/share"))
    assert sorted(written) == sorted(broader())


def test_every_status_of_coverage() -> None:
    con = release(
        [
            figure("AAA", 2018, 3),
            figure("BBB", 2018, 0),
            *types("CCC", PISTOL=4),
            figure("DDD", 2018, 0, obs_status="Q") | {"value": None},
            figure("AAA", 2018, 1, source="own"),
            figure("A-1", 2018, 1, source="own"),
            figure("AAA", 2019, 1, source="own"),
        ],
        "insert into issue values ('own', 'skipped_not_published_yet')",
    )
    found = {(row["source"], row["place"], row["year"]): row["status"] for row in rows(con, "select * from coverage")}
    assert found == {
        ("un", "AAA", 2018): "reported_number",
        ("un", "BBB", 2018): "reported_zero",
        ("un", "CCC", 2018): "breakdown_only",
        ("un", "DDD", 2018): "suppressed",
        ("un", "EEE", 2018): "file_held_no_figure_for_place",
        **{("un", place, 2019): "no_file_held" for place in COUNTRIES},
        ("own", "AAA", 2018): "reported_number",
        ("own", "A-1", 2018): "reported_number",
        ("own", "A-2", 2018): "file_held_no_figure_for_place",
        ("own", "AAA", 2019): "reported_number",
        ("own", "A-1", 2019): "not_yet_published",
        ("own", "A-2", 2019): "not_yet_published",
    }
    assert set(found.values()) == STATUSES
    by_class = rows(con, "select * from coverage_by_class where place = 'AAA' and year = 2018")
    assert [(row["provenance"], row["status"], row["n_sources"]) for row in by_class] == [
        ("combined", "no_file_held", 0),
        ("non_official", "no_file_held", 0),
        ("official", "reported_number", 2),
    ]
    for row in rows(con, "select * from coverage_of_set"):
        assert row["n_places"] == sum(row[status] for status in STATUSES)


def test_marks() -> None:
    con = release(
        [
            figure("AAA", 2018, 10),
            figure("AAA", 2019, 50),
            figure("AAA", 2020, 11, origin_label="PP"),
            figure("BBB", 2018, 10),
            figure("BBB", 2020, 100),
            figure("CCC", 2018, 0),
            figure("CCC", 2019, 100),
            figure("DDD", 2018, 1, completeness="partial"),
            figure("DDD", 2019, 100),
        ],
        "insert into caveat values ('un', 1, 'New form.', [], ['BBB'], 2020, null),"
        " ('un', 2, 'Always.', [], [], null, null)",
    )
    found = [(row["place"], row["period"], row["kind"]) for row in rows(con, "select * from mark")]
    assert found == [
        ("AAA", "2018–2019", "jump"),
        ("AAA", "2019–2020", "source_mix"),
        ("BBB", "2020", "declared_caveat"),
    ]
    assert con.execute("select n_pairs, n_with_ratio, n_jumps from mark_basis").fetchall() == [(3, 2, 1)]


def test_nothing_is_ordered_by_a_value_or_worded_as_a_verdict() -> None:
    for view in VIEWS:
        text = sql(f"views/{view}")
        assert not re.search(r"\bdesc\b", text), view
        assert not re.search(r"under-?report|silen|refus|failed to|worst|best|\brank", text, re.IGNORECASE), view
        for order in re.findall(r"order by ([^)\n;]+)", text):
            assert not re.search(r"value|change|pooled|mean|ratio|\bn_|part|whole", order), order


# The real files.


@pytest.fixture(scope="module")
def iafq(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, duckdb.DuckDBPyConnection]]:
    """Two commons, each with one release of the questionnaire's data alone."""
    from commons import _add

    opened = {}
    for year, file in (("2022", "data_iafq_firearms_trafficking_2022-09.csv"),
                       ("2024", "data_iafq_firearms_trafficking_2024-08-26.xlsx")):  # fmt: skip
        folder = Folder(tmp_path_factory.mktemp(year))
        assert _add(folder, real_data / "unodc-iafq" / file, None, None, None) == 0
        build(folder)
        opened[year] = open_release(folder)
    yield opened
    for con in opened.values():
        con.close()


Table = dict[str, dict[int, dict[str, Decimal]]]


@pytest.fixture(scope="module")
def published(real_data: Path) -> dict[str, Table]:
    """From the CSV of 2022: 'Total' or 'by type' → place → year → category → number."""
    found: dict[str, Table] = {"Total": {}, "by type": {}}
    with (real_data / "unodc-iafq" / "data_iafq_firearms_trafficking_2022-09.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            if row["Indicator"] == "Arms seized" and row["Dimension"] in found:
                years = found[row["Dimension"]].setdefault(row["Iso3_code"], defaultdict(dict))
                assert row["Category"] not in years[int(row["Year"])]
                years[int(row["Year"])][row["Category"]] = Decimal(row["VALUE"])
    return found


@pytest.mark.real
def test_the_fall_of_2016_to_2020(iafq: dict[str, duckdb.DuckDBPyConnection], published: dict[str, Table]) -> None:
    total = {
        place: {year: of["Total"] for year, of in years.items()}
        for place, years in published["Total"].items()
        if place != "USA"
    }
    first, last = (sum(years[year] for years in total.values() if year in years) for year in (2016, 2020))
    panel = sorted(place for place, years in total.items() if set(range(2016, 2021)) <= set(years))
    (row,) = rows(iafq["2022"], "select * from trend_in('M49:001', 'unodc_iafq', 'arms_seized', 2016, 2020)")
    assert (row["first_all"], row["last_all"]) == (first, last) == (265647, 92775)
    assert (row["n_first"], row["n_last"], row["n_panel"]) == (77, 31, 16)
    assert row["panel"] == panel
    assert row["first_panel"] == sum(total[place][2016] for place in panel) == 69935
    assert row["last_panel"] == sum(total[place][2020] for place in panel) == 54974
    assert (round(row["change_all"], 2), round(row["change_panel"], 2)) == (Decimal("-0.65"), Decimal("-0.21"))
    product = 1.0
    for a, b in pairwise(range(2016, 2021)):
        both = [years for years in total.values() if a in years and b in years]
        product *= float(sum(years[b] for years in both) / sum(years[a] for years in both))
    assert float(row["change_chained"]) == pytest.approx(product - 1, abs=1e-6)
    assert (row["headline"], row["counted_otherwise"]) == (None, ["USA"])
    assert any("−65.1 %" in reason and "−21.4 %" in reason for reason in row["reasons"])
    (same,) = rows(
        iafq["2022"],
        "select * from trend_of((select list(code) from place where level = 'country'), 'unodc_iafq', 'arms_seized',"
        " 2016, 2020)",
    )
    assert all(same[name] == row[name] for name in same if name != "reasons")
    (rows_too,) = rows(
        iafq["2022"],
        "select * from trend_in('M49:001', 'unodc_iafq', 'arms_seized', 2016, 2020, as_it_stands := true)",
    )
    assert rows_too["first_all"] == first + published["Total"]["USA"][2016]["Total"]


@pytest.mark.real
def test_pistols_of_2016_and_2017(iafq: dict[str, duckdb.DuckDBPyConnection], published: dict[str, Table]) -> None:
    pieces: dict[str, tuple[Decimal, Decimal]] = {}
    for place, years in published["by type"].items():
        taken = [years[year] for year in (2016, 2017) if year in years and "pistol" in years[year]]
        whole = sum((sum(n for name, n in of.items() if name != "Total") for of in taken), Decimal(0))
        if whole > 0:
            pieces[place] = (sum((of["pistol"] for of in taken), Decimal(0)), Decimal(whole))

    def pooled(places: set[str]) -> Decimal:
        return round(sum(pieces[p][0] for p in places) / sum(pieces[p][1] for p in places), 6)  # type: ignore[return-value]

    query = (
        "select * from share_in('M49:001', 'unodc_iafq', 'arms_seized', 'firearm_type', 'PISTOL', 2016, 2017,"
        " as_it_stands := true)"
    )
    (row,) = rows(iafq["2022"], query)
    assert (row["n_places"], row["largest_contributor"]) == (len(pieces), "USA") == (71, "USA")
    assert row["pooled"] == pooled(set(pieces)) == Decimal("0.450898")
    assert row["pooled_without_largest"] == pooled(set(pieces) - {"USA"}) == Decimal("0.204511")
    mean = sum(part / whole for part, whole in pieces.values()) / len(pieces)
    assert row["mean_of_places"] == round(mean, 6) == Decimal("0.321298")
    assert row["headline"] is None
    (without,) = rows(iafq["2022"], query.replace(", as_it_stands := true", ""))
    assert (without["pooled"], without["n_places"], without["counted_otherwise"]) == (Decimal("0.204511"), 70, ["USA"])


@pytest.mark.real
def test_eighteen_of_254_pairs_are_marked(
    iafq: dict[str, duckdb.DuckDBPyConnection], published: dict[str, Table]
) -> None:
    pairs = [
        (place, year, years[year]["Total"], years[year + 1]["Total"])
        for place, years in published["Total"].items()
        for year in list(years)
        if year + 1 in years and years[year]["Total"] > 0 and years[year + 1]["Total"] > 0
    ]
    jumps = sorted((place, year) for place, year, a, b in pairs if max(a, b) >= 5 * min(a, b))
    assert (len(jumps), len(pairs)) == (18, 254)
    con = iafq["2022"]
    basis = con.execute("select n_jumps, n_with_ratio from mark_basis where concept = 'arms_seized'").fetchall()
    assert basis == [(18, 254)]
    marked = con.execute(
        "select place, first_year from mark where concept = 'arms_seized' and kind = 'jump'"
    ).fetchall()
    assert sorted(marked) == jumps


@pytest.mark.real
def test_senegal_reports_a_breakdown_and_no_total(iafq: dict[str, duckdb.DuckDBPyConnection]) -> None:
    query = "select status from coverage where place = 'SEN' and concept = 'arms_seized' and year = 2022"
    assert iafq["2024"].execute(query).fetchall() == [("breakdown_only",)]
    found = {status for (status,) in iafq["2024"].execute("select distinct status from coverage").fetchall()}
    assert found <= STATUSES
    west = iafq["2024"].execute(
        "select n_places, breakdown_only from coverage_of_set where place_set = 'ORG:ECOWAS' and year = 2022"
        " and concept = 'arms_seized'"
    )
    assert west.fetchall() == [(15, 1)]
