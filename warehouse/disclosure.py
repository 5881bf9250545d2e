"""Disclosure control: what is published, outside its own audience, of a source whose figures could harm people.

Each source that declares `disclosure` has, beside its own figures, a part that everyone may see: sums by year, by place
of the levels it rolls up to, in total and by one breakdown at a time, of which those that are small, told by few or
told by one are withheld together with what would give them away (suppress.py). Where in doubt nothing is shown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

import duckdb
import polars as pl

from schemas.declaration import Disclosure, Source
from schemas.reading import closed
from schemas.vocabulary import codes
from warehouse.inputs import Inputs
from warehouse.release import TIERS, sql
from warehouse.stage import use_kept, use_source
from warehouse.suppress import CLOSED, Cell, Earlier, Key, Relation, Rule, protect

COUNTED = ("incident", "seizure_case", "offence")
"""Units of which the value itself is a number of incidents."""
LEVELS = ("country", "admin1", "admin2", "city")
"""Levels of place that may be published at all: areas and sites are too small, and points never are."""

Year = tuple[str, str, date, str]
"""What is counted, its unit, the first day of the period and the kind of year: sums add up within one of them only."""

PATTERN = {
    "concept": pl.String,
    "unit": pl.String,
    "period_start": pl.Date,
    "period_basis": pl.String,
    "place": pl.String,
    "dimension": pl.String,
    "category": pl.String,
    "value": pl.Float64,
    "incidents": pl.Float64,
    "shown": pl.Boolean,
}
"""What a release keeps of what it showed and withheld, for the next one. It holds withheld values: no tier reads it."""


@dataclass
class Judged:
    """The cells of one source by year, and why each of them that is listed is withheld ('' where it is shown)."""

    cells: dict[Year, list[Cell]]
    why: dict[Year, dict[Key, str]] = field(default_factory=dict)

    def pattern(self) -> pl.DataFrame:
        """One row per listed cell, in the columns of PATTERN and in their order."""
        rows = [
            (*year, *cell.key, cell.value, cell.incidents, cell.key not in self.why[year])
            for year, cells in self.cells.items()
            for cell in cells
            if cell.listed
        ]
        return pl.DataFrame(rows, schema=PATTERN, orient="row").sort(pl.all())

    def counts(self) -> dict[str, int]:
        """Why → how many figures of at least one incident; 'shown' for the others."""
        found = Counter(
            self.why[year].get(cell.key, "shown")
            for year, cells in self.cells.items()
            for cell in cells
            if cell.listed and cell.value > 0
        )
        return dict(sorted(found.items()))


def of(source: Source) -> Disclosure | None:
    """How a source's figures are protected for those who may not see them; None where nothing of it is published."""
    declared = source.disclosure
    return declared if declared and declared.publish and source.tlp != codes("tlp")[0] else None


def levels_of(source: Source) -> list[str]:
    """Levels of place of which a protected source's sums are published."""
    return [level for level in LEVELS if level in source.rollup.places]


def use_contributions(con: duckdb.DuckDBPyConnection, inputs: Inputs, source: Source, disclosure: Disclosure) -> None:
    """Makes the temporary table contribution of a source, and its rule, event and places, known to a connection."""
    con.execute("set variable informants = $1", [disclosure.informants])
    use_kept(con, inputs, source.name)
    con.execute(sql("disclosure/contribution"))
    con.execute(sql("disclosure/cell"))


def judge(
    con: duckdb.DuckDBPyConnection,
    disclosure: Disclosure,
    levels: Sequence[str],
    before: pl.DataFrame | None = None,
    years: int = 1,
) -> Judged:
    """Which sums may be shown. Reads contribution and, for years by themselves, own_figure.

    `before` (PATTERN) is what earlier releases showed and withheld; `years` the length of a period. A year of which
    any sum is not the source's own figure is closed: all of it is withheld.
    """
    con.execute(
        "create or replace temp table cells as select * from disclosure_cell($levels, $years)",
        {"levels": list(levels), "years": years},
    )
    way = dict(con.execute("select place, way from published_place(?)", [list(levels)]).fetchall())
    rows = con.execute(
        sql("disclosure/stated") if years == 1 else "select *, value as stated from cells order by all"
    ).fetchall()
    earlier: dict[Year, dict[Key, list[Earlier]]] = defaultdict(lambda: defaultdict(list))
    for *key, value, incidents, shown in before.iter_rows() if before is not None else ():
        year: Any = tuple(key[:4])
        earlier[year][key[4], key[5], key[6]].append(Earlier(value, incidents, shown))
    judged = Judged({})
    for found, group in groupby(rows, key=lambda row: (row[0], row[1], row[2], row[3])):
        whole = [(_cell(row), row) for row in group]
        stated = {row[5] for cell, row in whole if row[6]} | {"total"}
        cells = [cell for cell, _ in whole if cell.key[1] in stated]
        judged.cells[found] = cells
        if any(cell.listed and row[7] != row[11] for cell, row in whole):
            judged.why[found] = {cell.key: CLOSED for cell in cells if cell.listed}
            continue
        rule = Rule(disclosure.threshold, counted=found[1] in COUNTED)
        judged.why[found] = protect(cells, relations(cells, way), rule, earlier.get(found, {}))
    return judged


def _cell(row: tuple[Any, ...]) -> Cell:
    place, dimension, category, value, incidents, informants, largest = row[4:11]
    listed = bool(category) and not place.endswith("/")
    return Cell((place, dimension, category), float(value), incidents, informants, largest, listed)


def relations(cells: Iterable[Cell], way: dict[str, list[str]]) -> list[Relation]:
    """Every sum that can be worked out: a place and those in it, a total and its categories. `way`: place → the
    published places it lies in, widest first."""
    parts: dict[Key, list[Key]] = defaultdict(list)
    for cell in cells:
        place, dimension, category = cell.key
        if place.endswith("/"):
            parts[place[:-1], dimension, category].append(cell.key)
        elif len(above := way.get(place, [])) > 1:
            parts[above[-2], dimension, category].append(cell.key)
    found = [Relation(whole, tuple(sorted(of))) for whole, of in parts.items()]
    breakdown: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for cell in cells:
        if cell.key[1] != "total":
            breakdown[cell.key[0], cell.key[1]].append(cell.key)
    found += [Relation((place, "total", "TOTAL"), tuple(sorted(of))) for (place, _), of in breakdown.items()]
    return found


def make_protected(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, source: Source, disclosure: Disclosure, before: pl.DataFrame
) -> None:
    """Makes the temporary tables protected (the figures everyone may see) and pattern (what the next build must know).

    Reads own_figure, the source's own figures.
    """
    use_contributions(con, inputs, source, disclosure)
    pattern = judge(con, disclosure, levels_of(source), before).pattern()
    con.register("judged", pattern.to_arrow())
    con.execute(sql("disclosure/protected"))
    con.register("known", pl.concat([before, pattern]).unique().sort(pl.all()).to_arrow())
    con.execute("create or replace temp table pattern as select * from known order by all")


@dataclass(frozen=True)
class Seen:
    """What one audience would see of a source: figures shown, known only coarser, and withheld by reason."""

    audience: str
    shown: int
    coarsened: int
    withheld: dict[str, int]


@dataclass(frozen=True)
class Wider:
    """What everyone would see if the smallest place were of this level, or a period so many years long."""

    place_level: str
    years: int
    shown: int
    withheld: dict[str, int]


@dataclass(frozen=True)
class Report:
    """For a rehearsal: what each audience would see, and what wider places or periods would show to everyone."""

    seen: tuple[Seen, ...]
    wider: tuple[Wider, ...]


AUDIENCES = {"public": "clear", "participants": "green", "organisation": None}
"""Audience → the tier it reads; the organisation itself sees its own figures."""
PERIODS = (2, 5)
"""Lengths in years of the periods a report tries."""


def report(con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str, before: pl.DataFrame | None = None) -> Report:
    """What each audience would see of a source, counted by the very rules of the build. Figures are counted where
    they stand for at least one incident; a withheld figure's reason is one of suppress.PRIMARY, 'complement' or
    suppress.CLOSED. Reads the table own_figure and the places; `before` as in `judge`.
    """
    # Whoever may not see its stricter columns sees what it is without them, protected or not.
    widest = inputs.open_to_more(name)
    own, source = (closed(read.current[name][0].source) for read in (inputs, widest))
    disclosure = of(source)
    levels = levels_of(source)
    figures = opened = _above_zero(con)
    if widest is not inputs:
        use_source(con, widest, name)
        con.execute(sql("views/figure"))
        con.execute("create or replace temp table own_figure as select * from figure")
        opened = _above_zero(con)
    judged: dict[tuple[str, int], dict[str, int]] = {}
    if disclosure:
        use_contributions(con, widest, source, disclosure)
        judged = {
            (upto[-1], years): judge(con, disclosure, upto, before if years == 1 else None, years).counts()
            for upto, years in [
                *((levels[: n + 1], 1) for n in range(len(levels))),
                *((levels, years) for years in PERIODS if levels),
            ]
        }
    counts = judged.get((levels[-1], 1), {}) if levels else {}
    seen = []
    for audience, tier in AUDIENCES.items():
        if tier is None or own.tlp in TIERS[tier]:
            seen.append(Seen(audience, figures, 0, {}))
        elif source.tlp in TIERS[tier]:
            seen.append(Seen(audience, opened, 0, {"not_published": max(figures - opened, 0)}))
        elif disclosure:
            seen.append(Seen(audience, counts.get("shown", 0), figures - sum(counts.values()), _withheld(counts)))
        else:
            seen.append(Seen(audience, 0, 0, {"not_published": figures}))
    wider = [
        Wider(level, years, found.get("shown", 0), _withheld(found))
        for (level, years), found in judged.items()
        if (level, years) != (levels[-1], 1)
    ]
    return Report(tuple(seen), tuple(wider))


def _above_zero(con: duckdb.DuckDBPyConnection) -> int:
    return int(con.execute("select count(*) from own_figure where value > 0").fetchall()[0][0])


def _withheld(counts: dict[str, int]) -> dict[str, int]:
    return {why: n for why, n in counts.items() if why != "shown"}
