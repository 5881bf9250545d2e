"""Laws that hold whatever the numbers are: invented sources, declared and filed like any other, through whole builds.

Every expected number is counted here again from the invented rows, without the product.
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import declarations
from ingest.folder import Folder
from warehouse import checks
from warehouse.publish import build
from warehouse.release import open_release

pytestmark = pytest.mark.slow

DECLARATION = """
title = "{name}: invented"
producer = "this test"
publisher = "this test"
obtained_from = "this test"
copy_kind = "copied"
derived_from = [{derived_from}]
provenance = "official"
provenance_subclass = "national"
acquisition = "administrative_record"
licence = "LicenseRef-none"
address = "https://example.org"
citation = "Invented."
description = "Invented."
sensitivity = "low"
tlp = "TLP:CLEAR"
succession = "whole"

[coverage]
absent = "listed"
{boundaries}

[rollup]
places = ["admin1", "country"]
periods = ["year"]
total_from = ["firearm_type"]

[[definition]]
id = "{name}:counted"
concept = "{concept}"
text = "Invented."
{subset}

[[layout]]
name = "only"
table = "observation"
constants = {{ concept = "{concept}", unit = "{unit}" }}

[layout.read]
format = "csv"

[layout.recognise]
columns = ["{name}", "month", "type", "number"]

[layout.period]
label = "month"
basis = "{basis}"

[[layout.place]]
code = "{{{name}}}"

[[layout.measure]]
column = "number"
dimension = "firearm_type"

[layout.lookup.type]
"pistol" = {{ category = "PISTOL", relation = "{relation}" }}
"rifle" = {{ category = "RIFLE" }}
"""
USUAL = {
    "concept": "arms_seized",
    "unit": "weapon",
    "basis": "calendar",
    "relation": "exactMatch",
    "derived_from": "",
    "boundaries": "",
    "subset": "",
}
STATE = {"BR-IBGE:3304557": "BR-RJ", "BR-IBGE:3300100": "BR-RJ", "BR-IBGE:3550308": "BR-SP", "BR-IBGE:3509502": "BR-SP"}
MONTHS = [f"{year}-{month:02}" for year in (2020, 2021) for month in range(1, 13)]
CODES = {"pistol": "PISTOL", "rifle": "RIFLE"}

Cells = dict[tuple[str, str, str], int | None]
"""(municipality, month, type) → the number, or None for an empty cell."""

CELLS = st.dictionaries(
    st.tuples(st.sampled_from(sorted(STATE)), st.sampled_from(MONTHS), st.sampled_from(sorted(CODES))),
    st.one_of(st.none(), st.just(0), st.integers(0, 5000)),
    min_size=20,
    max_size=120,
).filter(lambda cells: any(number is not None for number in cells.values()))
FEW_BUILDS = settings(max_examples=3, deadline=None, suppress_health_check=[*HealthCheck])


class Made:
    """A commons of invented sources."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = Folder(root / "data")

    def add(self, name: str, cells: Cells, **change: str) -> None:
        """Declares a source and hands its file in."""
        from commons import _add

        (self.root / f"{name}.toml").write_text(DECLARATION.format(name=name, **USUAL | change), encoding="utf-8")
        _known(self.root)
        rows = (
            f"{place},{month},{kind},{'' if number is None else number}\n"
            for (place, month, kind), number in cells.items()
        )
        file = self.root / f"{name}.csv"
        file.write_text(f"{name},month,type,number\n{''.join(rows)}", encoding="utf-8")
        assert _add(self.folder, file, None, None, None) == 0

    def ask(self, query: str) -> list[dict[str, Any]]:
        """An answer of the release."""
        with open_release(self.folder) as con:
            found = con.execute(query)
            names = [column[0] for column in found.description or []]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def pairs(self) -> dict[tuple[str, ...], dict[str, Any]]:
        """Both sources, place, period and category → the comparison."""
        rows = self.ask("select * from comparison")
        names = ("source_a", "source_b", "place", "period", "category")
        return {tuple(row[name] for name in names): row for row in rows}


def _known(folder: Path) -> None:
    """Makes the declarations of a folder the ones that are known."""
    declarations.FOLDER = folder
    declarations.sources.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def _only_invented_sources() -> Iterator[None]:
    before = declarations.FOLDER
    yield
    _known(before)


def build_alone(folder: Folder) -> str:
    """A build without the release gate, which has tests of its own and stands in the first law here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "run", lambda *_: [])
        return build(folder)


def made() -> tuple[TemporaryDirectory[str], Made]:
    away = TemporaryDirectory()
    return away, Made(Path(away.name))


def counted(cells: Cells) -> dict[tuple[str, str, str], list[int | None]]:
    """(place, period, category) → the cells it is made of, at every place, period and total they belong to."""
    found: dict[tuple[str, str, str], list[int | None]] = {}
    for (place, month, kind), number in cells.items():
        for where in (place, STATE[place], "BRA"):
            for period in (month, month[:4]):
                for category in (CODES[kind], "TOTAL"):
                    found.setdefault((where, period, category), []).append(number)
    return found


@FEW_BUILDS
@given(CELLS)
def test_a_roll_up_is_the_sum_of_its_parts_and_zero_and_missing_never_mix(cells: Cells) -> None:
    away, commons = made()
    with away:
        commons.add("made_a", cells)
        build(commons.folder)  # with the release gate
        figures = {(row["place"], row["period"], row["category"]): row for row in commons.ask("select * from figure")}
        parts = counted(cells)
        reported = {key: [n for n in numbers if n is not None] for key, numbers in parts.items()}
        assert figures.keys() == {key for key, numbers in reported.items() if numbers}
        for key, row in figures.items():
            assert row["value"] == sum(reported[key])
            assert row["n_rows"] == len(parts[key])
            # Zero is said only where zero was reported; an empty cell never makes a number complete.
            assert (row["value"] == 0) == (set(reported[key]) == {0})
            if None in parts[key]:
                assert row["completeness"] == "partial"
            assert row["n_parts"] <= row["n_expected"]
            assert (row["completeness"] == "partial") == (row["n_parts"] < row["n_expected"] or not row["whole_period"])
        held = commons.ask("select place, year, status from coverage where concept = 'arms_seized'")
        assert {row["place"] for row in held} >= {"BRA", *(STATE[place] for place, _, _ in cells)}
        for row in held:
            numbers = reported.get((row["place"], str(row["year"]), "TOTAL"), [])
            wanted = "reported_number" if any(numbers) else "reported_zero" if numbers else None
            assert row["status"] == wanted or (wanted is None and not row["status"].startswith("reported"))


@FEW_BUILDS
@given(CELLS, CELLS, CELLS)
def test_another_source_changes_nothing_of_what_two_sources_say(one: Cells, two: Cells, three: Cells) -> None:
    away, commons = made()
    with away:
        commons.add("made_a", one)
        commons.add("made_c", three)

        def said() -> dict[str, list[Any]]:
            of_both = "source in ('made_a', 'made_c')"
            queries = {
                "figure": f"select * from figure where {of_both}",
                "comparison": "select * from comparison where source_a = 'made_a' and source_b = 'made_c'",
                **{view: f"select * from {view} where {of_both}" for view in ("trend", "share", "mark", "source_card")},
            }
            return {view: commons.ask(f"{query} order by all") for view, query in queries.items()}

        build_alone(commons.folder)
        before = said()
        assert before["figure"]
        commons.add("made_b", two)
        build_alone(commons.folder)
        assert commons.ask("select count(*) as n from figure where source = 'made_b'")[0]["n"] > 0
        assert said() == before


@FEW_BUILDS
@given(CELLS, CELLS, st.sampled_from(["exactMatch", "closeMatch", "broadMatch", "relatedMatch"]))
def test_a_comparison_is_symmetric(one: Cells, two: Cells, relation: str) -> None:
    found = []
    for first, second, relations in ((one, two, ("exactMatch", relation)), (two, one, (relation, "exactMatch"))):
        away, commons = made()
        with away:
            commons.add("made_a", first, relation=relations[0])
            commons.add("made_b", second, relation=relations[1])
            build_alone(commons.folder)
            found.append(commons.pairs())
    there, back = found
    assert there.keys() == back.keys()
    for key, row in there.items():
        other = back[key]
        assert (row["value_a"], row["value_b"]) == (other["value_b"], other["value_a"])
        assert row["verdict"] == other["verdict"]
        swapped = {"made_a": "made_b", "made_b": "made_a"}
        words = sorted(" ".join(swapped.get(word, word) for word in reason.split()) for reason in row["reasons"])
        assert words == sorted(other["reasons"])
        if row["difference"] is None:
            assert other["difference"] is None
        else:
            assert row["difference"] == -other["difference"]
        assert (row["ratio"] is None) == (other["ratio"] is None)
        if row["ratio"] is not None:
            assert row["ratio"] == pytest.approx(1 / other["ratio"])


RELATIONS = ["exactMatch", "closeMatch", "broadMatch", "relatedMatch"]
VERDICTS = ["comparable", "with_caveat", "not_comparable"]


@settings(FEW_BUILDS, max_examples=2)
@given(CELLS, CELLS)
def test_a_coarser_mapping_never_makes_a_comparison_better(one: Cells, two: Cells) -> None:
    found = []
    for relation in RELATIONS:
        away, commons = made()
        with away:
            commons.add("made_a", one)
            commons.add("made_b", two, relation=relation)
            build_alone(commons.folder)
            found.append(commons.pairs())
    for tight, loose in pairwise(found):
        assert tight.keys() == loose.keys()
        for key, row in loose.items():
            assert VERDICTS.index(row["verdict"]) >= VERDICTS.index(tight[key]["verdict"])
    # A total is the same whatever its parts are called; one type under another name is refused in the end.
    types = [row for row in found[-1].values() if row["category"] == "PISTOL"]
    assert {row["verdict"] for row in types} <= {"not_comparable"}
    assert all(row["verdict"] == found[0][key]["verdict"] for key, row in found[-1].items() if key[-1] == "TOTAL")


WHOLE: Cells = {
    (place, month, kind): 100 + number
    for number, place in enumerate(sorted(STATE))
    for month in MONTHS[:12]
    for kind in CODES
}


def test_what_declarations_say_decides_what_may_be_compared() -> None:
    """One build; each source differs from the first in one thing it declares. All numbers are equal."""
    differing = {
        "made_b": {"concept": "firearm_offences", "unit": "offence"},
        "made_c": {"boundaries": 'boundaries = "municipalities of 2010"'},
        "made_d": {"derived_from": '"made_a"'},
        "made_e": {"basis": "fiscal"},
        "made_f": {"concept": "arms_found"},
        "made_g": {"subset": 'subset_of = "guns seized at roadblocks"'},
        "made_h": {},
        "made_i": {"unit": "seizure_case"},
        "made_j": {"concept": "shootings", "unit": "incident"},
    }
    expected = {
        "made_b": ("not_comparable", "An offence is not a firearm."),
        "made_c": ("with_caveat", "municipalities of 2010"),
        "made_d": ("with_caveat", "agreement proves nothing"),
        "made_e": ("with_caveat", "calendar and fiscal"),
        "made_f": ("not_comparable", "Arms seized and arms found are different things."),
        "made_g": ("not_comparable", "made_g covers only guns seized at roadblocks."),
        "made_h": ("comparable", None),
        "made_i": ("not_comparable", "weapon and seizure_case"),
        "made_j": ("not_comparable", "A shooting is not a firearm."),
    }
    away, commons = made()
    with away:
        commons.add("made_a", WHOLE)
        for name, change in differing.items():
            commons.add(name, WHOLE, **change)
        build_alone(commons.folder)
        for name, (verdict, words) in expected.items():
            rows = commons.ask(f"select * from comparison where source_a = 'made_a' and source_b = '{name}'")
            assert {(row["place"], row["category"]) for row in rows} == {
                (place, category) for place in ("BRA", "BR-RJ", "BR-SP") for category in ("TOTAL", *CODES.values())
            }
            for row in rows:
                assert row["verdict"] == verdict, (name, row)
                assert row["value_a"] == row["value_b"] > 0
                assert row["same_origin"] == (name == "made_d")
                if words is None:
                    assert row["reasons"] == []
                else:
                    assert any(words in reason for reason in row["reasons"]), row["reasons"]
                given = (Decimal(0), 1.0) if verdict != "not_comparable" else (None, None)
                assert (row["difference"], row["ratio"]) == given
