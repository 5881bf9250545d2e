"""Disclosure control: no figure of few incidents, few informants or one of them can be worked out from what is public.

The attack is written here anew, from what is published alone: it shares no line with what it attacks.
"""

import html
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import field_notes
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import accept_small, keep_samples
from scipy.optimize import linprog

from dashboard import language
from dashboard.pages import origin
from ingest import ledger
from ingest.declarations import keep_declaration
from ingest.folder import Folder
from ingest.keep import keep
from schemas.declaration import DeclarationRefused, parse
from warehouse import checks, disclosure, inputs, withdraw
from warehouse.build import patterns_before
from warehouse.lineage import lineage
from warehouse.publish import build
from warehouse.release import TIERS, current_id, manifest, open_release, sql
from warehouse.stage import use_places, use_source
from warehouse.suppress import Cell, Earlier, Relation, Rule, interval, primary, protect
from warehouse.verify import verify

K = 5
NAME = field_notes.NAME
Cube = dict[tuple[str, str, str], float]


# --- the rules, on tables from the literature -------------------------------------------------------------------------


def investment() -> tuple[list[Cell], list[Relation]]:
    """Investment of enterprises by activity and region: the example of Fischetti and Salazar-González, "Models and
    Algorithms for Optimizing Cell Suppression in Tabular Data with Linear Constraints", JASA 95 (2000), 916-928."""
    rows = {"I": (20, 50, 10, 80), "II": (8, 19, 22, 49), "III": (17, 32, 12, 61), "all": (45, 101, 44, 190)}
    cells = [
        Cell((row, "region", column), value, 2 if (row, column) == ("II", "C") else 50, 50, 0)
        for row, values in rows.items()
        for column, value in zip("ABCT", values, strict=True)
    ]
    relations = [Relation((row, "region", "T"), tuple((row, "region", one) for one in "ABC")) for row in rows]
    columns = [
        Relation(("all", "region", one), tuple((row, "region", one) for row in ("I", "II", "III"))) for one in "ABCT"
    ]
    return cells, relations + columns


def test_the_published_interval_of_a_published_table() -> None:
    """Activity II in region C is 22; with the other three corners of a square withheld, 5 to 30 can be worked out."""
    cells, relations = investment()
    withheld = {("II", "region", "C"), ("II", "region", "A"), ("III", "region", "C"), ("III", "region", "A")}
    shown = [cell.key for cell in cells if cell.key not in withheld]
    assert interval(cells, relations, shown, ("II", "region", "C")) == pytest.approx((5, 30))
    alone = [cell.key for cell in cells if cell.key != ("II", "region", "C")]
    assert interval(cells, relations, alone, ("II", "region", "C")) == pytest.approx((22, 22))


def test_a_published_table_is_protected() -> None:
    cells, relations = investment()
    withheld = protect(cells, relations, Rule(K, counted=False))
    assert withheld[("II", "region", "C")] == "few"
    shown = [cell.key for cell in cells if cell.key not in withheld]
    low, high = interval(cells, relations, shown, ("II", "region", "C"))
    assert high - low >= K


@pytest.mark.parametrize(
    ("incidents", "informants", "largest", "why"),
    [
        (4, 4, 1, "few"),
        (5, 5, 1, None),
        (9, 2, 5, "informants"),
        (9, 3, 5, None),
        (9, 3, 5.1, "dominated"),
        (0, 0, 0, "few"),
    ],
)
def test_why_a_figure_is_withheld(incidents: int, informants: int, largest: float, why: str | None) -> None:
    assert primary(Cell(("a", "total", "TOTAL"), 10, incidents, informants, largest), Rule(K, True)) == why


def test_a_dominance_example_of_the_handbook() -> None:
    """(n, k) with n = 1: contributions of 600, 300 and 100 of 1,000 give the largest away, 450, 350 and 200 do not."""
    assert primary(Cell(("a", "total", "TOTAL"), 1000, 9, 3, 600), Rule(K, False)) == "dominated"
    assert primary(Cell(("a", "total", "TOTAL"), 1000, 9, 3, 450), Rule(K, False)) is None


def one_level(*values: int) -> tuple[list[Cell], list[Relation]]:
    cells = [Cell((f"p{n}", "total", "TOTAL"), value, value, value, 1) for n, value in enumerate(values)]
    whole = Cell(("all", "total", "TOTAL"), sum(values), sum(values), sum(values), 1)
    return [*cells, whole], [Relation(whole.key, tuple(cell.key for cell in cells))]


def test_small_cells_that_could_only_all_be_at_their_limit_are_not_enough() -> None:
    """4 + 4 + 4 = 12: one who knows that each is below 5 knows them all. A larger one is withheld with them."""
    cells, relations = one_level(4, 4, 4, 40)
    assert protect(cells, relations, Rule(K, counted=True))[("p3", "total", "TOTAL")] == "complement"
    cells, relations = one_level(4, 1, 3, 40)
    assert ("p3", "total", "TOTAL") not in protect(cells, relations, Rule(K, counted=False))


def test_a_rest_that_nobody_publishes_is_protected_like_any_cell() -> None:
    cells = [
        Cell(("town", "total", "TOTAL"), 40, 40, 40, 1),
        Cell(("village", "total", "TOTAL"), 9, 9, 9, 1),
        Cell(("state/", "total", "TOTAL"), 2, 2, 2, 1, listed=False),
        Cell(("state", "total", "TOTAL"), 51, 51, 51, 1),
    ]
    parts = tuple(cell.key for cell in cells[:3])
    assert protect(cells, [Relation(("state", "total", "TOTAL"), parts)], Rule(K, True)) == {
        ("village", "total", "TOTAL"): "complement"
    }


def test_what_earlier_releases_showed_hides_nothing() -> None:
    """p1 would be withheld to protect p0; where it was shown before and still holds, another must be."""
    cells, relations = one_level(2, 9, 30)
    assert set(protect(cells, relations, Rule(K, True))) == {("p0", "total", "TOTAL"), ("p1", "total", "TOTAL")}
    seen = {("p1", "total", "TOTAL"): [Earlier(9, 9, True)]}
    assert set(protect(cells, relations, Rule(K, True), seen)) == {("p0", "total", "TOTAL"), ("p2", "total", "TOTAL")}
    again = {("p2", "total", "TOTAL"): [Earlier(30, 30, False)]}
    assert ("p2", "total", "TOTAL") in protect(cells, relations, Rule(K, True), again)


def test_a_difference_of_few_incidents_is_withheld_until_it_is_larger() -> None:
    key = ("p1", "total", "TOTAL")
    cells, relations = one_level(20, 11)
    assert protect(cells, relations, Rule(K, True), {key: [Earlier(10, 10, True)]})[key] == "change"
    cells, relations = one_level(20, 15)
    assert protect(cells, relations, Rule(K, True), {key: [Earlier(10, 10, True), Earlier(11, 11, False)]}) == {}


# --- random hierarchies -----------------------------------------------------------------------------------------------


def random_cube(chance: random.Random) -> tuple[list[Cell], list[Relation], dict[str, str]]:
    """Places in up to three levels, two breakdowns; incidents of one firearm each, so that a value is its incidents."""
    parent = {}
    for state in range(chance.randint(1, 3)):
        parent[f"s{state}"] = "c"
        for town in range(chance.randint(0, 4)):
            parent[f"s{state}t{town}"] = f"s{state}"
    leaves = [place for place in ("c", *parent) if place not in parent.values()]
    value: Cube = defaultdict(float)
    for home in (*leaves, *(f"{place}/" for place in sorted(set(parent.values())))):
        for one in ("P", "R", "S", ""):
            many = chance.choice((0, 0, 1, 2, 4, 5, 9, 30)) if home in leaves else chance.choice((0, 0, 0, 3, 12))
            way = [home]
            while (above := parent.get(way[-1]) or way[-1].removesuffix("/")) != way[-1]:
                way.append(above)
            for place in way:
                value[place, "type", one] += many
                value[place, "total", "TOTAL"] += many
    cells = [
        Cell(key, found, found, found, min(found, 1), bool(key[2]) and not key[0].endswith("/"))
        for key, found in value.items()
    ]
    return cells, disclosure.relations(cells, ways(parent)), parent


def ways(parent: dict[str, str]) -> dict[str, list[str]]:
    found = {"c": ["c"]}
    for place in parent:
        found[place] = [*found[parent[place]], place]
    return found


def attack(
    shown: Cube, unknown: set[tuple[str, str, str]], parent: dict[str, str], target: tuple[str, str, str]
) -> tuple[float, float]:
    """The least and most of one figure for whoever has all that is shown: written from the finest cells up."""
    places = {key[0] for key in shown} | {key[0] for key in unknown}
    codes = {key[2] for key in (*shown, *unknown) if key[1] != "total"}
    homes = [*sorted(places), *(f"{place}/" for place in sorted(places) if place in parent.values())]
    homes = list(dict.fromkeys(homes))
    atoms = [(home, code) for home in homes for code in (*sorted(codes), "") if not _is_whole(home, parent)]
    column = {atom: n for n, atom in enumerate(atoms)}

    def sums(key: tuple[str, str, str]) -> Any:
        row = np.zeros(len(atoms))
        for (home, code), at in column.items():
            if _lies_in(home, key[0], parent) and (key[1] == "total" or key[2] == code):
                row[at] = 1
        return row

    facts = [(sums(key), value) for key, value in shown.items()]
    equal = {"A_eq": np.array([row for row, _ in facts]), "b_eq": [value for _, value in facts]} if facts else {}
    low = linprog(sums(target), bounds=(0, None), **equal)
    high = linprog(-sums(target), bounds=(0, None), **equal)
    assert low.status == 0
    return low.fun, (-high.fun if high.status == 0 else np.inf)


def _is_whole(home: str, parent: dict[str, str]) -> bool:
    return not home.endswith("/") and home in parent.values()


def _lies_in(home: str, place: str, parent: dict[str, str]) -> bool:
    if place.endswith("/"):
        return home == place
    at: str | None = home.removesuffix("/")
    while at is not None:
        if at == place:
            return True
        at = parent.get(at)
    return False


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_no_protected_cell_of_a_random_hierarchy_can_be_worked_out(seed: int) -> None:
    cells, relations, parent = random_cube(random.Random(seed))
    withheld = protect(cells, relations, Rule(K, counted=True))
    listed = {cell.key: cell.value for cell in cells if cell.listed}
    # This attacker knows more than what is shown: also which of the withheld cells and of the rests are empty.
    shown = {key: value for key, value in listed.items() if key not in withheld or value == 0}
    shown |= {cell.key: 0.0 for cell in cells if cell.value == 0}
    for key, why in withheld.items():
        if why == "few" and listed[key]:
            low, high = attack(shown, set(withheld), parent, key)
            assert high - low >= K - 1e-6, (key, listed[key], low, high)
            assert low <= 1 + 1e-6, (key, listed[key], low, high)
            assert high >= K - 1 - 1e-6, (key, listed[key], low, high)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_the_same_again_after_it_was_published(seed: int) -> None:
    """Building anew from what was shown and withheld changes nothing: a pattern is its own successor."""
    cells, relations, _ = random_cube(random.Random(seed))
    first = protect(cells, relations, Rule(K, counted=True))
    earlier = {c.key: [Earlier(c.value, c.incidents, c.key not in first)] for c in cells if c.listed}
    assert set(protect(cells, relations, Rule(K, counted=True), earlier)) == set(first)


# --- a release --------------------------------------------------------------------------------------------------------


@dataclass
class Released:
    """A commons with two releases: the second of a revised file."""

    folder: Folder
    releases: list[str]
    away: Path
    hashes: list[str]


def revised(rows: list[field_notes.Row], seed: int) -> list[field_notes.Row]:
    """The same file later: a few incidents gone, a few added, and one town much fuller."""
    chance = random.Random(seed)
    kept = [row for row in rows if chance.random() > 0.01]
    more = [{**row, "id": f"m{n}"} for n, row in enumerate(chance.sample(rows, 6))]
    town = chance.choice([row for row in rows if row["municipality"]])
    return kept + more + [{**town, "id": f"t{n}", "told_by": f"{n % 7}f0e1d2c3"} for n in range(12)]


@pytest.fixture(scope="module", params=[1, 2])
def released(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    away = tmp_path_factory.mktemp("protected")
    folder = Folder(away / "data")
    folder.make()
    keep_samples(folder, ("isp_rj", "soudapaz_rj"), away)
    field_notes.declare(folder)
    first = field_notes.rows(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "accept", accept_small)
        hashes = [field_notes.receive(folder, first, away / "notes-2022.csv", "2022-01-01")]
        releases = [build(folder)]
        later = revised(first, request.param)
        hashes.append(field_notes.receive(folder, later, away / "notes-2023.csv", "2023-01-01"))
        releases.append(build(folder))
        yield Released(folder, releases, away, hashes)


Year = tuple[str, str, str]


def figures(folder: Folder, release: str, tier: str) -> dict[Year, dict[tuple[str, str, str], float | None]]:
    """(concept, unit, period) → (place, dimension, category) → value, None where withheld."""
    found: dict[Year, dict[tuple[str, str, str], float | None]] = defaultdict(dict)
    with open_release(folder, release, tier) as con:
        for *year, place, dimension, category, value in con.execute(
            "select concept, unit, period, place, dimension, category, value::double from figure"
            " where source = $1 and period_kind = 'year' and variant = '' and category not like 'x_%'",
            [NAME],
        ).fetchall():
            found[year[0], year[1], year[2]][place, dimension, category] = value
    return found


def parents(folder: Folder, release: str) -> dict[str, str]:
    with open_release(folder, release, "clear") as con:
        return dict(
            con.execute(
                "select distinct place, parent from figure inner join place on place = code"
                " where source = ? and parent not like 'M49%'",
                [NAME],
            ).fetchall()
        )


def test_each_tier_reads_one_of_the_two(released: Released) -> None:
    facts = manifest(released.folder, released.releases[1])
    of = {part["file"]: (part["view"], part["name"]) for part in facts["parts"]}
    for tier in TIERS:
        read = [of[file] for file in facts["tiers"][tier]]
        assert (("protected", NAME) in read) == (tier == "clear")
        assert (("figure", NAME) in read) == (tier != "clear")
        assert ("pattern", NAME) not in read
        pairs = {name for view, name in read if view in ("comparison", "agreement")}
        assert {name for name in pairs if NAME in name} == {
            name for name in pairs if (f"{NAME}.protected~" in name if tier == "clear" else f"{NAME}~" in name)
        }
    assert [one["source"] for one in facts["published_before"]] == [NAME]
    assert manifest(released.folder, released.releases[0])["published_before"] == []


def test_what_is_withheld_says_q_and_nothing_else(released: Released) -> None:
    with open_release(released.folder, released.releases[1], "clear") as con:
        shown, withheld = con.execute(
            "select count(*) filter (where value is not null), count(*) filter (where obs_status = 'Q') from figure"
            " where source = ?",
            [NAME],
        ).fetchall()[0]
        assert shown > 50
        assert withheld > 50
        odd = con.execute(
            "select count(*) from figure where source = ? and ((value is null) <> (obs_status = 'Q')"
            " or n_rows is not null or n_parts is not null or n_expected is not null or low is not null"
            " or high is not null or snapshot is not null or footnote is not null or period_kind <> 'year')",
            [NAME],
        ).fetchall()
        assert odd == [(0,)]
        # What is derived: nothing is set beside, added to or counted with a withheld figure.
        for query in (
            "select count(*) from comparison where value_a is null or value_b is null",
            f"select count(*) from revision where source = '{NAME}'",
            f"select count(*) from snapshot where source = '{NAME}'",
            f"select count(*) from issue where source = '{NAME}'",
            "select count(*) from yearly_total where value is null",
            f"select count(*) from coverage where source = '{NAME}' and place_level <> 'country'",
        ):
            assert con.execute(query).fetchall() == [(0,)], query
        assert con.execute("select * from disclosure").fetchall() == [(NAME, K, "column")]


def test_what_is_shown_is_the_source_s_own_figure(released: Released) -> None:
    for release in released.releases:
        public, own = (figures(released.folder, release, tier) for tier in ("clear", "green"))
        for year, cells in public.items():
            for key, value in cells.items():
                assert value is None or value == own[year][key]


def true_incidents(folder: Folder, release: str) -> dict[tuple[str, str], dict[tuple[str, str, str], float]]:
    """(period, '') → cells in seizure cases: of this source each case is one incident."""
    own = figures(folder, release, "green")
    return {
        (period, ""): {key: value or 0 for key, value in cells.items()}
        for (concept, _, period), cells in own.items()
        if concept == "seizure_cases"
    }


def test_no_small_figure_is_shown(released: Released) -> None:
    for release in released.releases:
        incidents = true_incidents(released.folder, release)
        for (_, _, period), cells in figures(released.folder, release, "clear").items():
            for key, value in cells.items():
                assert value is None or incidents[period, ""][key] >= K


def test_the_attack_on_both_releases(released: Released) -> None:
    """From the clear tier of both releases, by one who even knows which cells are empty and which did not change."""
    public = [figures(released.folder, release, "clear") for release in released.releases]
    own = [figures(released.folder, release, "green") for release in released.releases]
    incidents = [true_incidents(released.folder, release) for release in released.releases]
    parent = parents(released.folder, released.releases[0])
    attacked = 0
    for now, other in ((0, 1), (1, 0)):
        for year, cells in public[now].items():
            true = own[now][year]
            shown = {key: value for key, value in cells.items() if value is not None}
            shown |= {key: 0 for key in cells if not true.get(key)}
            for key, value in public[other].get(year, {}).items():
                if value is not None and value == true.get(key):
                    shown[key] = value
            for key in cells:
                if key not in shown and incidents[now][year[2], ""][key] < K:
                    low, high = attack(shown, set(cells), parent, key)
                    assert high - low >= max(K, 0.2 * (true[key] or 0)) - 1e-6, (year, key, true[key], low, high)
                    attacked += 1
    assert attacked > 20


def test_no_small_difference_between_two_releases(released: Released) -> None:
    public = [figures(released.folder, release, "clear") for release in released.releases]
    incidents = [true_incidents(released.folder, release) for release in released.releases]
    changed = 0
    for year, cells in public[0].items():
        for key, old in cells.items():
            new = public[1].get(year, {}).get(key)
            if old is not None and new is not None and old != new:
                before, after = (one[year[2], ""][key] for one in incidents)
                assert abs(before - after) >= K, (year, key, old, new)
                changed += 1
    assert changed > 0


def test_ten_thousand_random_filters_determine_no_protected_figure(released: Released) -> None:
    """Sums, counts, least and most over random choices of published figures, and what a whole leaves of its parts."""
    release = released.releases[1]
    own = figures(released.folder, release, "green")
    incidents = true_incidents(released.folder, release)
    chance = random.Random(7)
    with open_release(released.folder, release, "clear") as con:
        con.execute(f"create temp table f as select * from figure where source = '{NAME}'")
        rows = con.execute("select concept, unit, period, place, dimension, category, value::double from f").fetchall()
        choices = {name: sorted({row[n] for row in rows}) for n, name in enumerate(
            ("concept", "unit", "period", "place", "dimension", "category"))}  # fmt: skip
        parent = parents(released.folder, release)
        values = {value for *_, value in rows}
        for _ in range(10_000):
            picked = {n: chance.sample(choices[n], chance.randint(1, len(choices[n]))) for n in
                      chance.sample(sorted(choices), chance.randint(1, 4))}  # fmt: skip
            where = " and ".join(f"{name} in ({', '.join(repr(one) for one in of)})" for name, of in picked.items())
            least, most, n_rows, parts, withheld = con.execute(
                "select min(value)::double, max(value)::double, sum(n_rows), sum(n_parts),"
                f" sum(value) filter (where obs_status = 'Q') from f where {where}"
            ).fetchall()[0]
            assert (n_rows, parts, withheld) == (None, None, None)
            assert {least, most} <= values | {None}
            # A published whole less any published parts of it: what is left may not be one protected figure alone.
            concept, unit, period, place, dimension, category, whole = chance.choice(rows)
            within = [one for one in choices["place"] if parent.get(one) == place]
            cell = own[concept, unit, period]
            if whole is None or not within:
                continue
            left = [one for one in within if (cell.get((one, dimension, category)) or 0) > 0]
            left = [one for one in left if not _published(rows, concept, unit, period, one, dimension, category)]
            rest = whole - sum(cell.get((one, dimension, category)) or 0 for one in within)
            if len(left) == 1 and not rest:
                assert incidents[period, ""][left[0], dimension, category] >= K
    assert own


def _published(rows: list[Any], *key: str) -> bool:
    return any(row[:6] == key and row[6] is not None for row in rows)


def test_nothing_restricted_is_in_any_table_of_the_clear_tier(released: Released) -> None:
    for release in released.releases:
        root = released.folder.releases / release
        secret = [*released.hashes, *(one[:16] for one in released.hashes), "notes-202", "f0e1d2c3", "22.123456"]
        secret += ["43.654321", "informant_key"]
        files = [root / file for file in manifest(released.folder, release)["tiers"]["clear"]]
        raw = [root / "clear.duckdb", root / "quality.html", *files]
        with open_release(released.folder, release, "clear") as con:
            tables = [name for (name,) in con.execute("select table_name from information_schema.tables").fetchall()]
            texts = [str(con.execute(f'select * from "{name}"').fetchall()) for name in tables]
            months = con.execute(
                "select count(*) from figure where source = ? and (month(period_start), day(period_start)) <> (1, 1)",
                [NAME],
            ).fetchall()
        assert months == [(0,)]
        assert len(tables) > 20
        for word in secret:
            assert not any(word in text for text in texts), word
            assert not any(word.encode() in path.read_bytes() for path in raw), word


def test_the_same_release_again_and_verified(released: Released) -> None:
    acts = len([*ledger.entries(released.folder)])
    assert build(released.folder) == released.releases[1] == current_id(released.folder)
    assert len([*ledger.entries(released.folder)]) == acts
    found = verify(released.folder)
    assert found.holds, found.lines


def test_where_a_protected_number_comes_from_is_said_without_its_file(released: Released) -> None:
    with open_release(released.folder, released.releases[1], "clear") as con:
        for query, words in (
            ("value is null", "Withheld"),
            ("value is not null", "files that are not public"),
        ):
            figure_id = con.execute(
                f"select min(figure_id) from figure where source = ? and {query}", [NAME]
            ).fetchall()[0][0]
            told = lineage(released.folder, figure_id, released.releases[1], "clear")
            assert told["cells"] == []
            assert told["n_rows"] == 0
            assert any(words in step for step in told["steps"])
            language.use("en")
            page = html.unescape(origin.cells(told))
            assert "The rows of this source are not shown, to protect people." in page
            assert not any(words in page for words in ("0", "rows behind this number", "sha256", "<table"))
            assert not any(name in str(told) for name in ("notes-202", *released.hashes))


def test_what_a_withdrawn_release_showed_of_other_sources_stays_known(released: Released, tmp_path: Path) -> None:
    """Somebody may have a copy of it: what is withheld next must not follow from what it showed."""
    folder = Folder(shutil.copytree(released.folder.root, tmp_path / "data"))
    before = patterns_before(folder, [NAME])[NAME]
    assert before.height > 0
    for release in released.releases:
        withdraw._keep_patterns(folder, release, {"another"})
        shutil.rmtree(folder.releases / release)
    assert patterns_before(folder, [NAME])[NAME].equals(before)
    for file in folder.patterns.iterdir():
        assert file.stat().st_mode & 0o077 == 0
        file.chmod(0o600)
        file.write_bytes(b"changed")
    with pytest.raises(OSError, match="has changed"):
        patterns_before(folder, [NAME])


def test_a_report_counts_what_a_build_would_show(released: Released) -> None:
    read = inputs.read_inputs(released.folder)
    pattern = next(
        part for part in manifest(released.folder, released.releases[0])["parts"] if part["view"] == "pattern"
    )
    path = released.folder.releases / released.releases[0] / pattern["file"]
    with duckdb.connect() as con:
        use_places(con, read)
        use_source(con, read, NAME)
        con.execute(sql("views/figure"))
        con.execute("create temp table own_figure as select * from figure")
        told = disclosure.report(con, read, NAME, pl.read_parquet(path, schema=disclosure.PATTERN))
    seen = {one.audience: one for one in told.seen}
    with open_release(released.folder, released.releases[1], "clear") as con:
        shown = con.execute("select count(value) from figure where source = ?", [NAME]).fetchall()[0][0]
    assert seen["public"].shown == shown
    assert seen["public"].withheld["few"] > 0
    with open_release(released.folder, released.releases[1], "green") as con:
        every = con.execute("select count(*) from figure where source = ? and value > 0", [NAME]).fetchall()[0][0]
    assert seen["participants"].shown == seen["organisation"].shown == every
    assert seen["public"].shown + seen["public"].coarsened + sum(seen["public"].withheld.values()) == every
    country = next(one for one in told.wider if one.place_level == "country")
    assert country.shown > 0
    assert sum(country.withheld.values()) < sum(seen["public"].withheld.values())
    assert {one.years for one in told.wider} == {1, 2, 5}


BROKEN = [
    ("* replace (0 as value)", {"withheld_wholly", "protected_as_its_own"}),
    ("* replace ('A' as obs_status)", {"withheld_wholly"}),
    ("* replace (1 as n_rows)", {"withheld_without_traces"}),
    ("* replace ('x' as snapshot)", {"withheld_without_traces"}),
    ("* replace (value + 1 as value)", {"protected_as_its_own"}),
    ("* replace ('month' as period_kind)", {"protected_coarse_enough"}),
    ("* replace ('site' as place_level)", {"protected_coarse_enough"}),
]


@pytest.mark.parametrize(("columns", "rules"), BROKEN)
def test_a_broken_protected_part_is_not_published(
    released: Released, tmp_path: Path, columns: str, rules: set[str]
) -> None:
    shutil.copytree(released.folder.releases / released.releases[1], tmp_path / "staged")
    facts = manifest(released.folder, released.releases[1])
    part = next(part for part in facts["parts"] if part["view"] == "protected")
    path = tmp_path / "staged" / part["file"]
    with duckdb.connect() as con:
        con.execute(f"create table part as select * from read_parquet('{path}')")
        con.execute(f"copy (select {columns} from part) to '{path}' (format parquet)")
    read = inputs.read_inputs(released.folder)
    outcome = checks.run(tmp_path / "staged", facts, read.reports, read.declared)
    assert {check.name for check in outcome if not check.holds} == rules


def test_a_tier_that_reads_both_is_not_published(released: Released, tmp_path: Path) -> None:
    shutil.copytree(released.folder.releases / released.releases[1], tmp_path / "staged")
    facts = manifest(released.folder, released.releases[1])
    read = inputs.read_inputs(released.folder)
    assert all(check.holds for check in checks.run(tmp_path / "staged", facts, read.reports, read.declared))
    of = {part["view"]: part["file"] for part in facts["parts"] if part["name"] == NAME}
    for tier, view in (("green", "protected"), ("amber", "pattern"), ("clear", "pattern")):
        wrong = {**facts, "tiers": {**facts["tiers"], tier: [*facts["tiers"][tier], of[view]]}}
        outcome = checks.run(tmp_path / "staged", wrong, read.reports, read.declared)
        assert [check.name for check in outcome if not check.holds] == ["protected_or_own"]


COUNTS = field_notes.text(informants="independent")
COUNTS = (
    COUNTS[: COUNTS.index("[coverage]")]
    + """
[coverage]
absent = "unknown"

[rollup]
places = ["country", "admin1"]
total_from = ["firearm_type"]

[[definition]]
id = "field_notes:cases"
concept = "seizure_cases"
text = "Seizures."

[[layout]]
name = "counts"
table = "observation"

[layout.read]
format = "csv"

[layout.recognise]
columns = ["state", "year", "type", "cases"]

[layout.period]
label = "year"

[[layout.place]]
code = "{state}"

[layout.lookup.type]
pistol = { dimension = "firearm_type", category = "PISTOL" }
rifle = { dimension = "firearm_type", category = "RIFLE" }

[[layout.measure]]
column = "cases"
concept = "seizure_cases"
unit = "seizure_case"
"""
)


def received(folder: Folder, path: Path, layout: str) -> None:
    """Keeps a file of the source and enters it into the ledger as accepted."""
    sha, _ = keep(folder, path)
    facts = {"source": NAME, "layout": layout, "snapshot": sha, "file_name": path.name}
    ledger.append(folder, "received", **facts, bytes=path.stat().st_size, released=None)
    ledger.append(folder, "accepted", source=NAME, snapshot=sha)


def test_a_table_of_counts_is_protected_by_what_it_counts(tmp_path: Path) -> None:
    """Each case is an incident and its own informant: 3 rifles in one state hide another state's, stated zeros too."""
    folder = Folder(tmp_path / "data")
    folder.make()
    ledger.append(folder, "declared", source=NAME, declaration=keep_declaration(folder, COUNTS))
    given = {"BR-RJ": (40, 3), "BR-SP": (50, 20), "BR-ES": (30, 25), "BR-MG": (60, 0)}
    path = tmp_path / "counts.csv"
    lines = [
        f"{state},2020,{kind},{n}"
        for state, of in given.items()
        for kind, n in zip(("pistol", "rifle"), of, strict=True)
    ]
    path.write_text("\n".join(["state,year,type,cases", *lines, ""]))
    received(folder, path, "counts")
    with open_release(folder, build(folder), "clear") as con:
        found = {
            (place, category): value
            for place, category, value in con.execute(
                "select place, category, value::integer from figure where dimension <> 'total'"
            ).fetchall()
        }
    assert found == {
        ("BRA", "PISTOL"): 180,
        ("BRA", "RIFLE"): 48,
        ("BR-RJ", "RIFLE"): None,
        ("BR-RJ", "PISTOL"): None,
        ("BR-ES", "RIFLE"): None,
        ("BR-ES", "PISTOL"): None,
        ("BR-SP", "RIFLE"): 20,
        ("BR-SP", "PISTOL"): 50,
        ("BR-MG", "RIFLE"): None,
        ("BR-MG", "PISTOL"): 60,
    }


REGISTER = (
    COUNTS[: COUNTS.index("[rollup]")]
    + """
[rollup]
places = ["country", "admin1"]
periods = ["year"]

[[definition]]
id = "field_notes:seized"
concept = "arms_seized"
text = "Firearms taken, each in a row of its own."

[[layout]]
name = "register"
table = "event"
{incident}

[layout.read]
format = "csv"

[layout.recognise]
columns = ["act", "state", "day", "type"]

[layout.period]
date = "day"

[[layout.place]]
code = "{{state}}"

[layout.lookup.type]
pistol = {{ firearm_type = "PISTOL" }}

[[layout.measure]]
concept = "arms_seized"
unit = "weapon"
{ignored}
"""
)


def of_register(tmp_path: Path, incident: str, rows: list[tuple[str, str]]) -> dict[str, int]:
    """Places whose number of weapons everyone sees, of a register with rows of act and state."""
    folder = Folder(tmp_path / "data")
    folder.make()
    ignored = "" if incident else '[layout.ignore]\nact = "not asked"'
    text = REGISTER.format(incident=incident, ignored=ignored)
    ledger.append(folder, "declared", source=NAME, declaration=keep_declaration(folder, text))
    path = tmp_path / "register.csv"
    path.write_text("act,state,day,type\n" + "".join(f"{act},{state},2020-05-01,pistol\n" for act, state in rows))
    received(folder, path, "register")
    with open_release(folder, build(folder), "clear") as con:
        question = (
            "select place, value::integer from figure where dimension = 'total' and period = '2020' and value > 0"
        )
        return dict(con.execute(question).fetchall())


@pytest.mark.parametrize(
    ("incident", "shown"),
    [('incident = "{act}"', {"BRA", "BR-SP", "BR-MG"}), ("", {"BRA", "BR-SP", "BR-MG", "BR-RJ", "BR-ES"})],
)
def test_an_incident_of_several_rows_counts_once(tmp_path: Path, incident: str, shown: set[str]) -> None:
    """A dozen weapons of two acts are two incidents: too few, and the next smallest state hides how many they are.

    The second act is split: other rows lie between its own. Rows without an act are incidents of their own.
    """
    acts = {
        "BR-RJ": ["a"] * 6 + ["b"] * 2,
        "BR-SP": [""] * 40,
        "BR-ES": [f"e{n}" for n in range(30)],
        "BR-MG": [""] * 60,
    }
    rows = [(act, state) for state, own in acts.items() for act in own] + [("b", "BR-RJ")] * 4
    found = of_register(tmp_path, incident, rows)
    assert found.keys() == shown
    assert found["BRA"] == len(rows) == 142


@pytest.mark.parametrize(("incident", "shown"), [('incident = "{act}"', {}), ("", {"BRA": 12})])
def test_an_incident_in_several_places_is_one_for_the_country(
    tmp_path: Path, incident: str, shown: dict[str, int]
) -> None:
    """One act with a weapon in each of a dozen states."""
    states = ["RJ", "SP", "MG", "ES", "BA", "PE", "PA", "AC", "AL", "AM", "CE", "DF"]
    assert of_register(tmp_path, incident, [("a", f"BR-{state}") for state in states]) == shown


@pytest.mark.parametrize(
    ("how", "read"),
    [({"publish": False}, {"own": 0}), ({"informants": "one"}, {"own": 0}), ({"tlp": "AMBER"}, {"green": True})],
)
def test_where_in_doubt_nothing_is_shown(tmp_path: Path, how: dict[str, Any], read: dict[str, Any]) -> None:
    folder = Folder(tmp_path / "data")
    folder.make()
    keep_samples(folder, ("soudapaz_rj",), tmp_path)
    field_notes.declare(folder, **how)
    field_notes.receive(folder, field_notes.rows(3, (2020,)), tmp_path / "notes.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "accept", accept_small)
        release = build(folder)
    seen = {}
    for tier in TIERS:
        with open_release(folder, release, tier) as con:
            seen[tier] = con.execute(
                "select count(value), count(*) filter (where obs_status = 'Q') from figure where source = ?", [NAME]
            ).fetchall()[0]
    if how.get("tlp") == "AMBER":
        assert seen["clear"] == seen["green"] != seen["amber"]
        assert seen["amber"][1] == 0 < seen["green"][0]
    else:
        assert seen["clear"][0] == 0 < seen["green"][0]
        assert (seen["clear"][1] == 0) == ("publish" in how)


def test_what_a_declaration_must_say() -> None:
    text = field_notes.text()
    assert parse(text, NAME).disclosure is not None
    for old, new, words in (
        ('tlp = "TLP:GREEN"', 'tlp = "TLP:CLEAR"', "no wider than TLP:GREEN"),
        ('sensitivity = "moderate"', 'sensitivity = "high"', "no wider than TLP:AMBER"),
        ("threshold = 5", "threshold = 2", "greater than or equal to 3"),
        ("threshold = 5", "threshold = 11", "less than or equal to 10"),
        ('told_by = "informant_key"', 'told_by = "agency"', "informant_key"),
        (text[text.index("[disclosure]") : text.index("[coverage]")], "", "section disclosure"),
    ):
        assert old in text
        with pytest.raises(DeclarationRefused, match=words):
            parse(text.replace(old, new), NAME)


def test_a_year_that_does_not_add_up_is_closed() -> None:
    """Where the sums are not the source's own figures, nothing of that year is shown."""
    with duckdb.connect() as con:
        con.execute(
            "create table cells_of (concept varchar, unit varchar, period_start date, period_basis varchar,"
            " place varchar, dimension varchar, category varchar, value decimal(38, 6), incidents double,"
            " informants double, largest double)"
        )
        con.execute(
            "insert into cells_of values"
            " ('a', 'weapon', '2020-01-01', 'calendar', 'BRA', 'total', 'TOTAL', 40, 40, 9, 1)"
        )
        con.execute("create macro disclosure_cell(levels, years) as table select * from cells_of")
        con.execute("create macro published_place(levels) as table select 'BRA' as place, ['BRA'] as way")
        con.execute(
            "create table own_figure as select *, '' as variant, null as counterpart, 'year' as period_kind"
            " from cells_of"
        )
        how = parse(field_notes.text(), NAME).disclosure
        assert how is not None
        assert disclosure.judge(con, how, ["country"]).counts() == {"shown": 1}
        con.execute("update own_figure set value = 41")
        assert disclosure.judge(con, how, ["country"]).counts() == {"not_reproduced": 1}
