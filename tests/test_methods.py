"""docs/methods.md: a section for every view, headings that can be linked to, and figures that the real files give."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dashboard.prose import anchor
from ingest.folder import Folder
from warehouse.build import DERIVED
from warehouse.publish import build
from warehouse.release import open_release

TEXT = (Path(__file__).parents[1] / "docs" / "methods.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
OF_VIEW = {
    "figure": "Figures and sums",
    "lineage": "Where a number comes from",
    "comparison": "Comparisons",
    "trend": "Trends",
    "place_set": "Trends",
    "shown_place": "Figures and sums",
    "yearly_total": "Trends",
    "share": "Shares",
    "coverage": "Coverage",
    "mark": "Breaks and outliers",
    "revision": "Revisions",
    "flow": "Flows and mirrors",
    "mirror": "Flows and mirrors",
    "agreement": "Agreement over a set of places",
    "recomputation": "Re-computation of SDG indicator 16.4.2",
    "disclosure": "Disclosure control",
    "source_card": "Quality of a source, and statements",
    "statement": "Quality of a source, and statements",
    "caveat_of": "Caveats",
}
UNNAMED = ("figure", "lineage", "place_set", "shown_place", "yearly_total")
"""Explained, but not by the name of the view: a reader asks for the sums and sets, not for these."""
ANCHORS = {
    *("figures-and-sums", "where-a-number-comes-from", "comparisons", "trends", "shares", "coverage"),
    *("breaks-and-outliers", "revisions", "flows-and-mirrors", "agreement-over-a-set-of-places", "caveats"),
    *("disclosure-control", "re-computation-of-sdg-indicator-1642", "quality-of-a-source-and-statements"),
}
"""What links from elsewhere hold on to."""


def test_every_view_has_its_section() -> None:
    assert set(DERIVED) <= OF_VIEW.keys()
    assert set(OF_VIEW.values()) == set(SECTIONS)
    for view, heading in OF_VIEW.items():
        assert view in UNNAMED or re.search(rf"`{view}`", SECTIONS[heading]), view


def test_headings_are_plain_and_their_anchors_stay() -> None:
    assert {anchor(heading) for heading in SECTIONS} == ANCHORS
    assert len(SECTIONS) == len(ANCHORS)
    assert not any(sign in heading for heading in SECTIONS for sign in "`{}#")


def test_every_section_says_what_it_says_and_what_it_refuses() -> None:
    for heading, text in SECTIONS.items():
        assert "**What it says.**" in text, heading
        if heading not in ("Figures and sums", "Caveats"):
            assert re.search(r"\*\*When (it|a share) is (refused|not computed)\.\*\*", text), heading


# The figures quoted, from the real files


def add(folder: Folder, *paths: Path) -> None:
    from commons import _add

    for path in paths:
        assert _add(folder, path, None, None, None) in (0, 1), path.name


@pytest.fixture(scope="module")
def newest(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A commons of the sources whose figures the examples quote."""
    folder = Folder(tmp_path_factory.mktemp("methods"))
    for place in ("unodc-iafq", "un-sdg-16-4-2", "atf-trace-matrix", "sinesp-vde", "isp-rj", "soudapaz", "gva"):
        add(folder, *sorted(path for path in (real_data / place).glob("*") if path.suffix != ".md"))
    build(folder)
    with open_release(folder) as con:
        yield con


@pytest.fixture(scope="module")
def release_of_2022(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The questionnaire's release of 2022 alone."""
    folder = Folder(tmp_path_factory.mktemp("methods-2022"))
    add(folder, real_data / "unodc-iafq" / "data_iafq_firearms_trafficking_2022-09.csv")
    build(folder)
    with open_release(folder) as con:
        yield con


def one(con: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    (row,) = con.execute(query).fetchall()
    return row


def says(heading: str, *sentences: str) -> None:
    for sentence in sentences:
        assert sentence in SECTIONS[heading], sentence


@pytest.mark.real
def test_figures_of_the_comparison(newest: duckdb.DuckDBPyConnection) -> None:
    rows = newest.execute(
        "select value_a::integer, value_b::integer, reasons from comparison where source_a = 'sinesp_vde'"
        " and source_b = 'unodc_iafq' and place = 'BRA' and dimension = 'total' and concept_b = 'arms_seized'"
        " and period in ('2016', '2018') order by period"
    ).fetchall()
    (a, b, reasons), (c, d, _) = rows
    says("Comparisons", f"has at least {a:,}, the questionnaire {b:,}; 2018: at least {c:,} and {d:,}.")
    assert any("is partial" in reason for reason in reasons)
    assert any("does not state which national services" in reason for reason in reasons)


@pytest.mark.real
def test_figures_of_trends_shares_and_marks(release_of_2022: duckdb.DuckDBPyConnection) -> None:
    all_, first, last, panel, places = one(
        release_of_2022,
        "select change_all, n_first, n_last, change_panel, n_panel"
        " from trend_in('M49:001', 'unodc_iafq', 'arms_seized', 2016, 2020)",
    )
    says("Trends", f"−{abs(100 * all_):.1f} % over all reporters ({first} places, then {last})",
         f"−{abs(100 * panel):.1f} % over the constant panel ({places})")  # fmt: skip
    share = "select pooled, n_places, pooled_without_largest, mean_of_places from share_in('M49:001', 'unodc_iafq',"
    types = "'arms_seized', 'firearm_type', 'PISTOL', 2016, 2017"
    pooled, n, without, mean = one(release_of_2022, f"{share} {types}, as_it_stands := true)")
    says("Shares", f"pooled {100 * pooled:.1f} % ({n} places), without the largest contributor"
         f" {100 * without:.1f} % ({n - 1}), mean of places {100 * mean:.1f} % ({n})")  # fmt: skip
    pooled, n, _, _ = one(release_of_2022, f"{share} {types})")
    says("Shares", f"{100 * pooled:.1f} % pooled over {n} places")
    jumps, ratios, pairs = one(
        release_of_2022,
        "select n_jumps, n_with_ratio, n_pairs from mark_basis where concept = 'arms_seized'",
    )
    says("Breaks and outliers", f"{jumps} of {ratios} pairs ({pairs} with the five in which a number is zero)")
    assert pairs - ratios == 5


@pytest.mark.real
def test_figures_of_coverage_and_revisions(newest: duckdb.DuckDBPyConnection) -> None:
    members = dict(
        newest.execute(
            "select year, max(n_places) from coverage_of_set where place_set = 'ORG:ECOWAS' group by year"
        ).fetchall()
    )
    assert {n for year, n in members.items() if year <= 2024} == {15}
    assert {n for year, n in members.items() if year >= 2025} <= {12}
    says("Coverage", "ECOWAS has 15 until 2024 and 12 from 2025.")
    seen = dict(
        newest.execute("select change, count(*) from revision where source = 'unodc_iafq' group by change").fetchall()
    )
    says("Revisions", f"{seen['unchanged']:,} unchanged, {seen['changed']:,} changed, {seen['added']:,} added,"
         f" {seen['gone']:,} gone")  # fmt: skip
    same, added = one(
        newest,
        "select count(*) filter (where change = 'unchanged'), count(*) filter (where change = 'added') from revision"
        " where source = 'unodc_iafq' and concept = 'arms_seized' and dimension = 'total' and category = 'TOTAL'",
    )
    says("Revisions", f"{same} numbers are unchanged and {added} were added")


@pytest.mark.real
def test_figures_of_flows_and_of_the_re_computation(newest: duckdb.DuckDBPyConnection) -> None:
    (traces,) = one(newest, "select sum(value)::integer from flow where period = '2020' and not derived")
    says("Flows and mirrors", f"{traces:,} traces in 2020 over all corridors")
    for name, code in (("California", "US-CA"), ("Alabama", "US-AL")):
        own, all_, share = one(
            newest,
            "select own::integer, total_in::integer, own_source_share from flow_place"
            f" where period = '2020' and place = '{code}'",
        )
        says("Flows and mirrors", f"{name} {own:,} of {all_:,} ({share} %)")
    (corridors, sides) = one(newest, "select count(*), count(distinct recorded_by) from mirror")
    says("Flows and mirrors", f"The mirror holds {corridors:,} corridors, all recorded at the destination only")
    assert sides == 1
    published, candidates, shares, of, seized, equal = one(
        newest,
        "select count(distinct published_figure), count(*), count(share), count(distinct published_figure) filter"
        " (where share is not null), count(share) filter (where scope = 'seized'), count(*) filter"
        " (where share = round(published_value, 2)) from recomputation",
    )
    says(
        "Re-computation of SDG indicator 16.4.2",
        f"{published} published values, {candidates} candidates; {shares} candidates of {of} published values give a"
        f" share ({seized} for arms seized alone, {shares - seized} in the indicator's own scope), and {equal} of"
        " these equal the published value to two decimals.",
    )


@pytest.mark.real
def test_figures_of_agreement(newest: duckdb.DuckDBPyConnection) -> None:
    ratio, low, high, places = one(
        newest,
        "select value, low, high, n from agreement where place_set = 'BR-RJ' and place_level = 'admin2'"
        " and source_a = 'isp_rj' and source_b = 'soudapaz_rj' and statistic = 'geometric_mean_ratio'",
    )
    says("Agreement over a set of places", f"the ratio is {ratio:.2f}, and for 95 % of {places} municipalities it lies"
         f" between {low:.2f} and {high:.2f}")  # fmt: skip
