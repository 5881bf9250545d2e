"""Region: sets of places. Numbers on the page are counted again here, from the invented table, in plain Python."""

import csv
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sampled import workbook
from streamlit.testing.v1 import AppTest
from viewer import APP, HOSTILE, ROOT, ask, html, said

from dashboard import address, charts, data, language, set_blocks, sets
from dashboard.language import number, percent, place_name
from dashboard.markup import text
from ingest.folder import Folder
from ingest.register.gazetteer import load as gazetteer
from warehouse.release import current_id

YEARS = range(2016, 2021)
TYPES = {
    "pistol": "PISTOL",
    "revolver": "REVOLVER",
    "rifle (Inlcuding Carbine)": "RIFLE",
    "shotgun (Including Short Carbine)": "SHOTGUN",
    "submachine gun": "SMG",
    "machine gun": "MG",
    "other weapons": "OTHER",
    "Unknown status on type": "UNKNOWN",
}
WEST = (*("BEN", "BFA", "CIV", "CPV", "GHA", "GIN", "GMB", "GNB", "LBR", "MLI", "NER", "NGA", "SEN", "SLE", "TGO"),)
STATES = (
    *("AK", "AL", "AR", "AZ", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "IA", "ID", "IL", "IN", "KS", "KY"),
    *("LA", "MA", "MD", "ME", "MI", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NH", "NJ", "NM", "NV", "NY"),
    *("OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY"),
)
Run = Callable[..., AppTest]


def countries() -> list[str]:
    """Seventy countries, those of West Africa and the United States among them."""
    of = gazetteer().places.filter(gazetteer().places["level"] == "country").sort("code")["code"].to_list()
    return sorted({*WEST, "USA", "MEX", *of[::4]})


def stated(at: int, year: int) -> dict[str, int] | None:
    """What a country states of one year, by type: some begin late, some end early, some leave a year out."""
    if (at % 5 == 0 and year == 2020) or (at % 5 == 1 and year == 2016) or (at % 7 == 3 and year == 2018):
        return None
    return {name: (at * 13 + k * 7 + (year - 2016) * (at % 4)) % 40 for k, name in enumerate(TYPES)}


def invented() -> dict[str, dict[int, dict[str, int]]]:
    """Country → year → type → number."""
    return {
        code: {year: said_ for year in YEARS if (said_ := stated(at, year)) is not None}
        for at, code in enumerate(countries())
    }


PARTS_ONLY = next((code, year) for code in WEST for year in YEARS if year not in invented()[code])
"""A country and year of which four pistols are stated, and no total."""


def total(table: dict[str, dict[int, dict[str, int]]], code: str, year: int) -> int | None:
    return sum(table[code][year].values()) if year in table.get(code, {}) else None


def traced(origin: int, destination: int) -> int:
    """Firearms sold in one state and recovered in another."""
    return (origin * 31 + destination * 17) % 90 if origin != destination else 500 + origin


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commons of two sources in invented numbers: answers of States, of which one counts traces, and flows."""
    root = tmp_path_factory.mktemp("sets")
    head = (
        "Iso3_code,Country,Region,Subregion,Indicator,Dimension,Category,Sex,Age,Year,Unit of measurement,VALUE,Source"
    )
    rows = [head.split(",")]
    names = dict(gazetteer().places.select("code", "name").iter_rows())
    for code, years in invented().items():
        for year, of in years.items():
            for what in ("Arms seized", "Arms found"):
                start = [code, names[code], "", "", what]
                end = ["na", "na", str(year), "Counts"]
                source = "ATF" if code == "USA" else "IAFQ"
                if what == "Arms seized":
                    rows.append([*start, "Total", "Total", *end, str(sum(of.values())), source])
                rows += [[*start, "by type", kind, *end, str(value), source] for kind, value in of.items()]
    code, year = PARTS_ONLY
    rows.append(
        [code, names[code], "", "", "Arms seized", "by type", "pistol", "na", "na", str(year), "Counts", "4", "IAFQ"]
    )
    file = root / "data_iafq_firearms_trafficking_2022-09.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    labels = [names[f"US-{state}"].upper() for state in STATES]
    body = [[traced(i, j) for j in range(len(STATES))] for i in range(len(STATES))]
    matrix = [["Recovery State"], ["Source State", "", *labels, "TOTAL"]]
    matrix += [["", label, *map(str, line), str(sum(line))] for label, line in zip(labels, body, strict=True)]
    sums = [sum(column) for column in zip(*body, strict=True)]
    matrix += [["", "TOTAL", *map(str, sums), str(sum(sums))]]
    matrix += [["", "- Traces of firearms recovered 1/1/2020 - 12/31/2020."]]
    cells = root / "cells.csv"
    with cells.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(matrix)
    flows = workbook(cells, root / "trace_2020.xlsx")
    for command in (["add", str(file), str(flows)], ["build"]):
        done = subprocess.run(
            [sys.executable, "-m", "commons", *command, "--data", str(root / "data")],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
    return root / "data"


@pytest.fixture
def region(held: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The page at an address; nothing may raise."""
    monkeypatch.setenv("COMMONS_DATA", str(held))

    def run(**asked: str) -> AppTest:
        app = AppTest.from_file(APP, default_timeout=120)
        app.switch_page("../pages/region.py")
        for name, value in asked.items():
            app.query_params[name.rstrip("_")] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return run


@pytest.fixture(autouse=True)
def _nothing_chosen() -> Iterator[None]:
    address.use({})
    language.use("en")
    yield
    address.use({})
    language.use("en")


def opened(root: Path) -> data.Opened:
    return data.Opened(str(root), current_id(Folder(root)), "clear", None)


def words(app: AppTest) -> str:
    return " ".join(said(app).split())


WORLD = {"set": "M49:001", "concept": "arms_seized", "source": "unodc_iafq", "from_": "2016", "to": "2020"}
VIEWS = {
    "nothing chosen": {},
    "the world": WORLD,
    "as published": {**WORLD, "show": "published"},
    "a community": {"set": "ORG:ECOWAS"},
    "a community as of a year": {"set": "ORG:ECOWAS", "members": "2025"},
    "states": {"set": "USA"},
    "one year": {**WORLD, "from_": "2018", "to": "2018"},
    "years the wrong way round": {**WORLD, "from_": "2020", "to": "2016"},
    "years that are none": {**WORLD, "from_": "x'; drop table", "to": "99999"},
    "places of one's own": {"places": "KEN,US-TX,MEX", "name": "Mine"},
    "a place within another": {"places": "USA,US-TX"},
    "places nobody knows": {"places": "ZZZ,',;", "name": HOSTILE},
    "no places": {"set": "own"},
    "hostile words": {"places": "MEX,BEN", "name": HOSTILE},
    "a set unknown": {"set": HOSTILE},
    "a concept unknown": {"set": "M49:002", "concept": HOSTILE},
    "a source unknown": {"set": "M49:002", "source": HOSTILE},
    "a member year unknown": {"set": "ORG:ECOWAS", "members": "abcd"},
    "nothing held": {"places": "ATA"},
    "Arabic": {"set": "ORG:ECOWAS", "lang": "ar", "digits": "arab"},
    "a meeting": {**WORLD, "meeting": "1"},
}


@pytest.mark.parametrize("asked", VIEWS.values(), ids=VIEWS)
def test_every_state_of_the_page_renders_and_names_nobody_last(region: Run, asked: dict[str, str]) -> None:
    app = region(**asked)
    body = html(app)
    assert "Firearms Data Commons" in unescape(body) or asked.get("lang") == "ar"
    for sign in ("<script", "<img", "![x]", "](http", "**c**", ":red["):
        assert sign not in body
    assert app.markdown.len == 0
    for word in ("under-report", "underreport", "silence", "silent", "worst", "best", "highest", "lowest", "top "):
        assert word not in words(app).lower()


def test_the_three_outcomes_are_those_of_the_table(region: Run) -> None:
    table = {code: years for code, years in invented().items() if code != "USA"}
    app = words(region(**WORLD))
    first, last = (
        [total(table, code, year) for code in table if total(table, code, year) is not None] for year in (2016, 2020)
    )
    panel = [code for code in table if all(total(table, code, year) is not None for year in YEARS)]
    ends = [sum(total(table, code, year) or 0 for code in panel) for year in (2016, 2020)]
    chained = 1.0
    for a, b in pairwise(YEARS):
        both = [code for code in table if total(table, code, a) is not None and total(table, code, b) is not None]
        chained *= sum(total(table, c, b) or 0 for c in both) / sum(total(table, c, a) or 0 for c in both)
    changes = (sum(last) / sum(first) - 1, ends[1] / ends[0] - 1, chained - 1)  # type: ignore[arg-type]
    for name, change in zip(
        ("All places with a figure", "The same places in every year", "Chained, year by year"), changes, strict=True
    ):
        assert f"{name} {set_blocks.change(Decimal(str(change)))} " in app
    assert f"{number(sum(first))} in 2016, {number(sum(last))} in 2020" in app  # type: ignore[arg-type]
    assert f"{number(ends[0])} in 2016, {number(ends[1])} in 2020" in app
    assert f"{len(first)} places in 2016, {len(last)} in 2020: not the same ones." in app
    assert f"{len(panel)} places with a figure for every year between." in app


def test_who_entered_and_who_left_stands_by_name(region: Run) -> None:
    table = {code: years for code, years in invented().items() if code != "USA"}
    body = html(region(**WORLD))
    lists = {
        unescape(label): unescape(names)
        for label, names in re.findall(
            r'<details class="who"[^>]*><summary>([^<]*) <span.*?</summary><p>(.*?)</p>', body
        )
    }
    gone = [c for c in table if 2016 in table[c] and 2020 not in table[c]]
    entered = [c for c in table if 2020 in table[c] and 2016 not in table[c]]
    gaps = [c for c in table if {2016, 2020} <= {*table[c]} and len(table[c]) < len(YEARS)]
    panel = [c for c in table if len(table[c]) == len(YEARS)]
    assert all((gone, entered, gaps, panel))
    for label, codes in (
        ("With a figure for 2016, and none that adds up for 2020", gone),
        ("With a figure for 2020, and none that adds up for 2016", entered),
        ("With a figure for both years, but not for every year between", gaps),
        ("With a figure for every year", panel),
        ("Left out, since the figure counts something else", ["USA"]),
    ):
        assert lists[label] == language.listed(sets.names_of(codes, {c: name_of(c) for c in codes})), label


def name_of(code: str) -> str:
    english = gazetteer().places.filter(gazetteer().places["code"] == code)["name"][0]
    return place_name(code, english)


def test_a_withheld_headline_says_why_and_one_that_stands_is_shown(region: Run, held: Path) -> None:
    ((reason,),) = ask(held, "select reasons[1] from trend_in('M49:001', 'unodc_iafq', 'arms_seized', 2016, 2020)")
    assert reason.startswith("No headline")
    assert language.sentence(reason) in words(region(**WORLD))
    table = invented()
    steady = [c for c in table if len(table[c]) == len(YEARS) and c != "USA"][:6]
    app = region(places=",".join(steady), from_="2016", to="2020", concept="arms_seized")
    first, last = (sum(sum(table[c][year].values()) for c in steady) for year in (2016, 2020))
    assert f"{set_blocks.change(Decimal(last) / first - 1)} Headline: the change over the places" in words(app)
    assert f"{len(steady)} places in 2016, {len(steady)} in 2020: the same ones." in words(app)
    assert "not the same ones" not in words(app)


def test_no_line_joins_sums_over_different_places(held: Path) -> None:
    rows = opened(held).rows("set_years", **asked_of("M49:001"))
    assert not set_blocks.alike(rows)
    spec = charts.sums(rows, "weapon", "official", alike=False, joined="same", single="all")
    lines = [layer for layer in spec["layer"] if layer["mark"]["type"] == "line"]
    assert [layer["encoding"]["y"]["field"] for layer in lines] == ["same"]
    assert [point["all"] for point in spec["data"]["values"]] == [float(row["all_places"]) for row in rows]
    head = unescape(set_blocks.sums_head(rows, {"n_panel": 9, "unit": "weapon"}, "A source", "official"))
    assert "not the same ones, so not joined" in head


def asked_of(code: str, **change: Any) -> dict[str, Any]:
    """The parameters of set_years for a named set."""
    asked: dict[str, Any] = {
        "set": code,
        "places": (),
        "source": "unodc_iafq",
        "concept": "arms_seized",
        "first": 2016,
        "last": 2020,
        "published": False,
    }
    (row,) = [one for one in (change.pop("trend", None),) if one] or [
        {"panel": (), "unit": "weapon", "basis": "calendar"}
    ]
    return {**asked, **change, **row}


@given(
    st.lists(st.sampled_from(countries()), min_size=1, max_size=12, unique=True),
    st.tuples(*[st.sampled_from(YEARS)] * 2),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sums_of_any_set_meet_its_trend_and_its_figures(held: Path, codes: list[str], years: tuple[int, int]) -> None:
    first, last = min(years), max(years)
    asked = asked_of("", set=None, places=tuple(codes), first=first, last=last)
    summed = {name: value for name, value in asked.items() if name not in ("panel", "unit", "basis")}
    (outcome,) = opened(held).rows("set_trend", **summed)
    rows = opened(held).rows("set_years", **{**asked, "panel": tuple(outcome["panel"])})
    assert [row["year"] for row in rows] == [*range(first, last + 1)]
    if rows[0]["n_all"] and rows[-1]["n_all"]:
        assert (rows[0]["all_places"], rows[-1]["all_places"]) == (outcome["first_all"], outcome["last_all"])
        assert (rows[0]["same_places"], rows[-1]["same_places"]) == (outcome["first_panel"], outcome["last_panel"])
        assert {row["n_same"] for row in rows if row["n_all"]} == {outcome["n_panel"]}
    figures = [row for row in opened(held).rows("set_figures", **summed) if row["is_taken"]]
    at: set[str] = set()
    for row in rows:
        of = {figure["code"]: figure["value"] for figure in figures if figure["year"] == row["year"]}
        assert (row["all_places"], row["n_all"]) == ((sum(of.values()), len(of)) if of else (None, None))
        if of:
            if at:
                assert ({*row["entered"]}, {*row["gone"]}) == ({*of} - at, at - {*of})
            at = {*of}


def test_coverage_says_of_every_place_what_is_held(region: Run, held: Path) -> None:
    body = html(region(set="ORG:ECOWAS", concept="arms_seized", from_="2016", to="2020"))
    table = body.split('<table class="coverage">')[1].split("</table>")[0]
    rows = re.findall(r'<th scope="row"><a [^>]*>([^<]*)</a></th>(.*?)</tr>', table)
    names = [unescape(name) for name, _cells in rows]
    assert names == sorted(names, key=language.in_order)
    assert len(names) == len(WEST)
    for name, cells in rows:
        code = next(code for code in WEST if name_of(code) == unescape(name))
        marks = re.findall(r'<span role="img" aria-label="([^"]*)"', cells)
        wanted = ask(
            held,
            "select any_value(status) filter (where provenance = 'official') from coverage_by_class"
            " where place = ? and concept = 'arms_seized' and year between 2016 and 2020 group by year order by year",
            code,
        )
        statuses = [status for (status,) in wanted]
        assert len(marks) == len(statuses) == len(YEARS)
        for mark, status in zip(marks, statuses, strict=True):
            said_ = unescape(mark)
            assert said_.startswith(f"Official: {language.vocabulary()['status'][status]}")
            assert "Non-official: no file held" in said_
    assert "parts only, no total" in unescape(dict(rows)[text(name_of(PARTS_ONLY[0]))])


def test_of_too_many_places_there_are_counts_and_every_place_is_in_one(held: Path, region: Run) -> None:
    rows = opened(held).rows(
        "set_coverage_years", set="M49:001", places=(), concept="arms_seized", first=2016, last=2020
    )
    statuses = [name for name in rows[0] if name in set_blocks.STATUSES]
    ((members,),) = ask(held, "select count(*) from set_member where place_set = 'M49:001'")
    assert {*statuses} == {*set_blocks.STATUSES}
    for row in rows:
        assert sum(row[status] for status in statuses) == row["places"] == members
    app = words(region(**WORLD))
    assert "too many places to show one by one" in app
    number_of = sum(
        1 for code, years in invented().items() if 2018 in years and code != "USA"
    )  # traces are no seizures
    official = next(row for row in rows if row["provenance"] == "official" and row["year"] == 2018)
    assert official["with_figure"] == number_of


def test_types_under_three_weightings(region: Run, held: Path) -> None:
    table = {code: years for code, years in invented().items() if code != "USA"}
    table[PARTS_ONLY[0]][PARTS_ONLY[1]] = dict.fromkeys(TYPES, 0) | {"pistol": 4}
    app = region(**WORLD)
    rows = html(app).split('<table class="shares stack">')[1].split("</table>")[0]
    cells = {
        unescape(kind): [
            unescape(re.sub(r"<br>.*|<[^>]*>", "", value))
            for value in re.findall(r"<td class=n[^>]*>(.*?)</td>", values)
        ]
        for kind, values in re.findall(r'<tr><th scope="row">([^<]*)</th>(.*?)<td class="say">', rows)
    }
    for name, shown in (("pistol", "Pistol"), ("machine gun", "Machine gun")):
        part = {c: sum(of[name] for of in years.values()) for c, years in table.items()}
        whole = {c: sum(sum(of.values()) for of in years.values()) for c, years in table.items()}
        largest = max(sorted(whole), key=lambda c: whole[c])
        others = [c for c in whole if c != largest]
        wanted = (
            sum(part.values()) / sum(whole.values()),
            sum(part[c] for c in others) / sum(whole[c] for c in others),
            sum(part[c] / whole[c] for c in whole) / len(whole),
        )
        assert cells[shown][:3] == [percent(value, 1) for value in wanted]
        assert cells[shown][3] == number(len(whole))
        assert f"without {name_of(largest)}" in words(app)
    order = [*cells]
    codes = [TYPES[name] for name in TYPES]
    assert order[:8] == [set_blocks.capital(language.vocabulary()["category"][code]) for code in codes]
    ((reason,),) = ask(
        held,
        "select reasons[1] from share_in('M49:001', 'unodc_iafq', 'arms_seized', 'firearm_type', 'PISTOL', 2016, 2020)",
    )
    assert reason.startswith("All pooled") or language.sentence(reason) in words(app)


def test_every_type_at_once_is_each_type_alone(held: Path) -> None:
    together = ask(
        held, "select * from share_in('M49:002', 'unodc_iafq', 'arms_seized', 'firearm_type', null, 2016, 2018)"
    )
    assert len(together) >= len(TYPES)
    for code in TYPES.values():
        alone = ask(
            held, "select * from share_in('M49:002', 'unodc_iafq', 'arms_seized', 'firearm_type', ?, 2016, 2018)", code
        )
        assert len(alone) == 1
        assert alone[0] in together


def test_flows_of_states(region: Run, held: Path) -> None:
    app = region(set="USA", concept="arms_traced", code="US-TX")
    body = html(app)
    at = {state: STATES.index(state) for state in STATES}
    places = body.split('<table class="flow-places stack">')[1].split("</table>")[0]
    rows = dict(re.findall(r'<tr><th scope="row">([^<]*)</th>(.*?)</tr>', places))
    names = [unescape(name) for name in rows]
    assert names == sorted(names, key=language.in_order)
    for state in STATES:
        own = traced(at[state], at[state])
        into = sum(traced(i, at[state]) for i in range(len(STATES)))
        out = sum(traced(at[state], j) for j in range(len(STATES)) if j != at[state])
        cells = re.findall(r"<td.*?</td>", rows[text(name_of(f"US-{state}"))])
        values = [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in cells]
        wanted = [number(into), number(own), percent(Decimal(own) / into, 1), number(into - own), number(out)]
        assert values == wanted
        assert "figure&#61;" in cells[0]
    assert "To Texas, from" in words(app)
    links = re.findall(r"<li><span>([^<]*)</span> <a class=\"to\"[^>]*>([^<]*)</a></li>", body)
    assert (text(name_of("US-CA")), text(number(traced(at["CA"], at["TX"])))) in links
    assert (text(name_of("US-CA")), text(number(traced(at["TX"], at["CA"])))) in links


def test_a_matrix_of_few_places_leads_to_the_origin_of_each_number(region: Run) -> None:
    body = html(region(places="US-TX,US-CA,US-NY"))
    table = body.split('<table class="flows">')[1].split("</table>")[0]
    heads = [unescape(name) for name in re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', table)][1:]
    assert heads == ["California", "New York", "Texas"]
    rows = re.findall(r'<th scope="row">([^<]*)</th>(.*?)</tr>', table)
    at = {name_of(f"US-{state}"): position for position, state in enumerate(STATES)}
    for name, cells in rows:
        values = re.findall(r'<a class="to" href="[^"]*figure&#61;[0-9a-f]{16}[^"]*"[^>]*>([^<]*)</a>', cells)
        assert [unescape(value) for value in values] == [number(traced(at[unescape(name)], at[head])) for head in heads]


def test_without_flows_the_section_explains_itself_and_leads_on(region: Run) -> None:
    body = html(region(set="ORG:ECOWAS"))
    assert "No source held here names both ends of a flow" in unescape(body)
    assert "&#46;&#47;region&#63;" in body
    assert "set&#61;USA" in body


def mirrored(kind: str, **change: Any) -> dict[str, Any]:
    """A row of the query set_mirror."""
    side = {
        "source": "s",
        "name": "Source",
        "provenance": "official",
        "concept": "arms_seized",
        "unit": "weapon",
        "definition": "Guns.",
    }
    row: dict[str, Any] = {"origin": "MEX", "origin_name": "Mexico", "destination": "USA", "destination_name": "USA"}
    for end, value in (("in", 30), ("out", 50)):
        there = kind == "both" or kind == f"{'destination' if end == 'in' else 'origin'}_only"
        row |= {f"{name}_{end}": value_ if there else None for name, value_ in side.items()}
        row |= {f"value_{end}": Decimal(value) if there else None, f"figure_{end}": f"{end:0>16}" if there else None}
    return {**row, "recorded_by": kind, "corridors": 1, "reasons": ["The two use different kinds of year."], **change}


def test_the_mirror_shows_both_ends_with_their_definitions_and_no_gap() -> None:
    rows = [
        mirrored("both", name_out="Another", definition_out="Guns sent."),
        mirrored("destination_only", origin="GTM", origin_name="Guatemala"),
        mirrored("origin_only", destination="BLZ", destination_name="Belize"),
    ]
    body = set_blocks.mirror(rows, {})
    plain = " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())
    for words_ in (
        "Recorded at both ends: 1",
        "Recorded at the destination only: 1",
        "Recorded at the origin only: 1",
        "Mexico to United States of America 30 50 The two use different kinds of year.",
        "Guatemala to United States of America 30",
        "Mexico to Belize 50",
        "Guns sent.",
        "Guns.",
    ):
        assert words_ in plain
    assert plain.index("Guns sent.") < plain.index("Mexico to United States")
    for number_ in ("20", "−20", "0.6", "1.67", "40%", "67%"):
        assert f" {number_} " not in plain


def agreeing(kind: str, **change: Any) -> dict[str, Any]:
    """A row of the query set_agreement."""
    return {
        **{"source_a": "a", "source_b": "b", "concept_a": "arms_seized", "concept_b": "arms_seized"},
        **{"unit_a": "weapon", "unit_b": "weapon", "period_basis": "calendar", "first_year": 2018, "last_year": 2020},
        **{"name_a": "Ministry", "name_b": "NGO", "provenance_a": "official", "provenance_b": "non_official"},
        **{"statistic": kind, "n": 12, "value": Decimal("1.6915"), "low": Decimal("0.5638"), "withheld": None},
        **{"high": Decimal("5.0751"), "n_agreeing": None, "n_place_years": 36, "n_both": 20, "n_entered": 18},
        **{"n_partial": 1, "n_refused": 1, "reasons": ["In 3 of the places a number is below 10."]},
        **{"coverage": [{"year": 2018, "places": 12, "both": 7, "only_a": 2, "only_b": 1, "none": 2}]},
        **change,
    }


def test_agreement_gives_each_result_with_what_it_rests_on_or_the_reason() -> None:
    reason = "Both go back to the same records, so agreement proves nothing about either."
    rows = [
        agreeing("concordance", value=None, withheld=reason),
        agreeing("direction", value=Decimal("0.75"), n=16, n_agreeing=12, low=None, high=None),
        agreeing("geometric_mean_ratio"),
        agreeing("kendall_tau_b", value=Decimal("0.4"), low=Decimal("-0.1"), high=Decimal("0.8")),
        agreeing("trend_ratio", value=None, withheld=reason),
    ]
    body = set_blocks.agreement(rows)
    plain = " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())
    assert '<details class="agreeing" open>' in body
    for words_ in (
        "1.69 (0.56 to 5.08) 12 places",
        "0.40 (−0.10 to 0.80) 12 places",
        "75%: 12 of 16 changes 16 changes",
        reason,
        "Of 36 places and years, both hold a number in 20; of these pairs 18 enter, 1 are left out as partial, and 1",
        "2018 12 7 2 1 2",
        "In 3 of the places a number is below 10.",
    ):
        assert words_ in plain
    assert plain.count(reason) == 2  # the two refused results do not stand next to each other
    closed = set_blocks.agreement([agreeing("concordance", withheld=reason), agreeing("direction", withheld=reason)])
    assert '<details class="agreeing"><summary>' in closed
    assert unescape(closed).count(reason) == 2  # once in the summary, once in the table


def test_agreement_that_could_not_be_asked_for_says_so() -> None:
    said_ = set_blocks.agreement([agreeing("x", statistic=None, withheld="No figures of both sources.")])
    assert "No figures of both sources." in unescape(said_)


def test_agreement_over_the_set_is_that_of_the_release(region: Run, held: Path) -> None:
    app = region(set="USA", concept="arms_traced")
    assert "Two sources over the same places" in words(app)
    assert "No two sources hold figures for the same of these places and years" in words(app)
    rows = ask(
        held,
        "select distinct source_a, source_b, concept_a, concept_b from agreement"
        " where place_set = 'M49:001' and 'arms_seized' in (concept_a, concept_b)",
    )
    body = html(region(**WORLD))
    assert body.count('<details class="agreeing') == len(rows)
    for (reason,) in ask(
        held, "select distinct withheld from agreement where place_set = 'M49:001' and concept_b = 'arms_seized'"
    ):
        assert language.sentence(reason) in " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_membership_of_each_year_and_as_of_one(region: Run) -> None:
    each = words(region(set="ORG:ECOWAS"))
    assert "Members until 29 January 2025: Burkina Faso, Mali and Niger." in each
    assert "15 members until 2024 and 12 members from 2025." in each
    assert "The 15 places of this set" in each
    app = region(set="ORG:ECOWAS", members="2025")
    later = words(app)
    assert "The 12 places of this set" in later
    assert "Its members on 31 December 2025, for every year shown." in later
    assert app.query_params["members"] == "2025"
    body = html(app)
    assert text("Mali") not in body.split('<table class="coverage">')[1].split("</table>")[0]
    table = invented()
    of = [c for c in WEST if c not in ("BFA", "MLI", "NER") and 2018 in table[c]]
    assert f"2018 {number(sum(total(table, c, 2018) or 0 for c in of))} {len(of)} " in later


def test_the_address_is_complete_and_restores_the_view(region: Run, held: Path) -> None:
    app = region(**WORLD)
    wanted = {name.rstrip("_"): value for name, value in WORLD.items()} | {"release": current_id(Folder(held))}
    assert {name: app.query_params[name] for name in wanted} == wanted
    again = region(**{f"{name}_": str(value) for name, value in wanted.items()})
    assert words(again) == words(app)


def test_selects_lead_from_set_to_set(region: Run) -> None:
    app = region(**WORLD)
    kinds = app.selectbox(key="set kind")
    assert kinds.value == "region"
    kinds.set_value("community").run()
    assert not app.exception
    assert app.query_params["set"].startswith("ORG:")
    for box in app.selectbox:
        assert box.options
    app.selectbox(key="set community").set_value("ORG:ECOWAS").run()
    assert app.query_params["set"] == "ORG:ECOWAS"
    app.selectbox(key="set kind").set_value("own").run()
    assert not app.exception
    assert {*app.query_params["places"].split(",")} == {*WEST} - {"BFA", "MLI", "NER"}
    app.multiselect(key="own places").set_value(["BEN", "TGO"]).run()
    assert not app.exception
    assert app.query_params["places"] == "BEN,TGO"
    assert "set" not in app.query_params
    assert "2 places , " in words(app)
    app.text_input(key="own name").set_value("Neighbours").run()
    assert app.query_params["name"] == "Neighbours"
    assert "Neighbours , " in words(app)


def test_sets_stand_in_alphabetical_order(region: Run) -> None:
    for code in ("M49:001", "ORG:ECOWAS"):
        app = region(set=code)
        kind = app.selectbox(key="set kind").value
        names = app.selectbox(key=f"set {kind}").options
        assert len(names) > 3
        assert names == sorted(names, key=language.in_order)


def test_places_nobody_knows_are_left_out_and_a_set_has_an_end(held: Path) -> None:
    release = opened(held)
    of = sets.own(release, ["ZZZ", "KEN", "M49:002", "KEN", "BEN"], "  a name  ")
    assert (of.places, of.name) == (("KEN", "BEN"), "a name")
    many = gazetteer().places.filter(gazetteer().places["level"] == "country")["code"].to_list()
    assert len(sets.own(release, many, "n" * 500).places) == sets.MOST
    assert len(sets.own(release, many, "n" * 500).name) == sets.LONGEST


def test_a_place_within_another_is_shown_and_not_added(region: Run, held: Path) -> None:
    app = region(places="USA,US-TX", concept="arms_traced", source="atf_trace_flows")
    assert "Texas: in another place of the set, and so not added to it again." in words(app)
    everything = sum(traced(i, j) for i in range(len(STATES)) for j in range(len(STATES)))
    assert f"2020 {number(everything)} 1 " in words(app)


def test_what_counts_something_else_is_added_only_where_asked(region: Run) -> None:
    table = invented()
    plain, published = (words(region(**WORLD, **more)) for more in ({}, {"show": "published"}))
    both = sum(total(table, code, 2016) or 0 for code in table)
    seized = both - (total(table, "USA", 2016) or 0)
    assert f"{number(seized)} in 2016" in plain
    assert f"{number(both)} in 2016" in published
    assert "Add up all figures as published" in plain
    assert "Leave out figures that count something else" in published


def test_figures_behind_the_sums_lead_to_their_origin(region: Run, held: Path) -> None:
    body = html(region(set="ORG:ECOWAS", concept="arms_seized", from_="2016", to="2020"))
    rows = ask(
        held,
        "select figure_id, value from figure where list_contains(?, place) and concept = 'arms_seized' and dimension ="
        " 'total' and year(period_start) between 2016 and 2020",
        list(WEST),
    )
    assert len(rows) > 50
    for figure, value in rows:
        assert re.search(rf'href="[^"]*figure&#61;{figure}[^"]*" aria-label="[^"]*">{text(number(value))}</a>', body)


def test_the_export_carries_its_caveats_and_names_every_figure(held: Path) -> None:
    release = opened(held)
    rows = release.rows(
        "set_export",
        **{"set": "USA", "places": (), "concept": "arms_traced", "source": "atf_trace_flows"},
        **{"first": 2020, "last": 2020, "period": "2020", "release": release.release},
    )
    assert len(rows) == len(STATES) + len(STATES) ** 2
    read = [*csv.DictReader(io.StringIO(data.as_csv(rows)))]
    assert {row["of_release"] for row in read} == {release.release}
    assert all("Traces are not seizures" in row["caveats"] for row in read)
    assert all(row["definition"] and row["citation"] and row["licence"] for row in read)
    assert len({row["figure_id"] for row in read}) == len(read)


def test_definitions_come_before_numbers_and_caveats_are_there(region: Run, held: Path) -> None:
    app = region(**WORLD)
    body = unescape(html(app))
    assert body.index("Firearms taken into custody") < body.index("Change between 2016 and 2020")
    for (caveat,) in ask(held, "select text from caveat where source = 'unodc_iafq' and len(concepts) = 0"):
        assert caveat in words(app)
    assert "The designations used do not imply any opinion" in words(app)


def test_hostile_words_stay_words(region: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = data.Opened.rows
    told = {"name", "place_name", "definition", "text", "producer", "publisher", "obtained_from", "title", "subset_of"}
    told |= {"origin_name", "destination_name", "definition_in", "name_in", "otherwise", "no_share"}

    def hostile(self: data.Opened, question: str, **parameters: object) -> list[data.Row]:
        rows = honest(self, question, **parameters)
        return [
            {
                **row,
                **dict.fromkeys(told & row.keys(), HOSTILE),
                **({"reasons": [HOSTILE] * 3} if "reasons" in row else {}),
            }
            for row in rows
        ]

    monkeypatch.setattr(data.Opened, "rows", hostile)
    monkeypatch.setattr(language.naming, "names", dict)
    for asked in (WORLD, {"places": "US-TX,US-CA,MEX", "concept": "arms_traced"}):
        app = region(**asked)
        body = html(app)
        assert HOSTILE in said(app)
        for sign in ("<script", "<img", "![x]", "](http", "**c**", ":red["):
            assert sign not in body


def test_arabic_says_names_and_numbers_in_its_own_way(region: Run) -> None:
    app = region(set="ORG:ECOWAS", lang="ar", digits="arab")
    assert 'dir="rtl"' in html(app)
    assert "بوركينا فاسو" in words(app)
    assert "٢٠٢٠" in words(app)


def test_in_a_meeting_nobody_is_named_before_someone_chose(region: Run) -> None:
    waiting = words(region(meeting="1"))
    assert "In a meeting no country is shown before someone chooses one." in waiting
    assert name_of("MEX") not in waiting
    assert "Change between" in words(region(meeting="1", places="MEX,BEN", from_="2016", to="2020"))


def test_with_a_score_alone_there_is_no_sum(held: Path) -> None:
    rows = [{"source": "s", "name": "S", "adds_up": False, "places": 3, "years": [2021], "years_summed": []}]
    assert sets.source_asked(sets.sources(rows), "s") is None
    assert sets.span_held(rows, None) == [2021]


@pytest.mark.parametrize(
    ("span", "asked", "shown"),
    [
        ([2016, 2017, 2018, 2019, 2020, 2021], {}, (2017, 2021)),
        ([2016, 2018], {}, (2016, 2018)),
        ([2016, 2018], {"from": "1999", "to": "2030"}, (2016, 2018)),
        ([2016, 2020], {"from": "2019", "to": "2017"}, (2017, 2019)),
        ([2016, 2020], {"from": "20١9", "to": "x"}, (2016, 2020)),
        ([], {}, (2000, 2000)),
    ],
)
def test_the_period_stays_within_what_is_held(span: list[int], asked: dict[str, str], shown: tuple[int, int]) -> None:
    assert sets.period_asked(span, asked, []) == shown
    assert sets.period_asked(span, asked, span) == shown


def test_without_years_asked_for_the_period_ends_where_sums_do() -> None:
    assert sets.period_asked([2016, 2018, 2020, 2025], {}, [2016, 2018, 2020]) == (2016, 2020)


@pytest.mark.real
def test_the_known_answers_of_the_questionnaire(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release of 2022, loaded alone: −65 % over all reporters, −21 % over the 16 that report all five years."""
    root = tmp_path_factory.mktemp("iafq")
    file = real_data / "unodc-iafq" / "data_iafq_firearms_trafficking_2022-09.csv"
    for command in (["add", str(file)], ["build"]):
        done = subprocess.run(
            [sys.executable, "-m", "commons", *command, "--data", str(root)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
    monkeypatch.setenv("COMMONS_DATA", str(root))

    def shown(**asked: str) -> str:
        app = AppTest.from_file(APP, default_timeout=120)
        app.switch_page("../pages/region.py")
        for name, value in {**WORLD, **asked}.items():
            app.query_params[name.rstrip("_")] = value
        app.run()
        assert not app.exception, app.exception
        return words(app)

    app = shown()
    assert "All places with a figure −65.1% 265,647 in 2016, 92,775 in 2020" in app
    assert "The same places in every year −21.4% 69,935 in 2016, 54,974 in 2020 16 places" in app
    assert "No headline" in app
    assert "They differ because they speak of different places" in app
    pistols = shown(show="published", to="2017")
    assert "Pistol 45.1% 20.5% without United States of America 32.1% 71 No headline" in pistols
