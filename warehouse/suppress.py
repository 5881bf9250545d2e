"""Cell suppression: which figures of one table may be shown so that no small one can be worked out from the rest.

A table is a list of cells and of relations between them (a whole and its parts). Cells that may not be shown for
their own sake are *primary*; *complementary* ones are withheld so that no relation gives a primary one away. What is
withheld is then attacked: with a linear programme the least and the most that each protected cell could be, given all
that is shown, and where the two are too close more is withheld. Pure: no database, clock or chance. Scipy is
loaded by the attack alone.

Rules: minimum frequency and (n, k)-dominance with n = 1, k = 50 (Hundepool et al., *Statistical Disclosure Control*,
2012, chapter 4); the attack and sliding protection: Fischetti and Salazar-González, *Management Science* 47 (2001).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Key = tuple[str, str, str]
"""Place, dimension and category of a cell; a place that ends in '/' or a category '' is a rest nobody publishes."""

INFORMANTS = 3
"""Fewer independent informants than this could recognise each other's share."""
DOMINANT = 0.5
"""An informant with more than this part of a figure is all but the figure: (1, 50)-dominance."""
WIDTH = 0.2
"""How wide, as a part of its value, what can be worked out of a protected cell must be at least."""
ROUNDS = 200
STEPS = 20_000
"""Most steps of one linear programme (seconds would differ from machine to machine); then it counts as worked out."""
NEAR = 1e-6

PRIMARY = ("few", "informants", "dominated", "change")
CLOSED = "not_reproduced"
"""All of a table is withheld where its cells cannot be added up again, or its attack cannot be finished."""


@dataclass(frozen=True)
class Cell:
    """One sum. `incidents`: distinct events behind it; `informants`: independent ones; `largest`: what the largest of
    them contributes to `value`. `listed` is False for a remainder, which is never published but can be worked out."""

    key: Key
    value: float
    incidents: float
    informants: float
    largest: float
    listed: bool = True


@dataclass(frozen=True)
class Earlier:
    """What earlier releases say of one cell: its value and incidents then, and whether it was shown."""

    value: float
    incidents: float
    shown: bool


@dataclass(frozen=True)
class Relation:
    """The whole is the sum of its parts, and of a difference that everyone is taken to know."""

    whole: Key
    parts: tuple[Key, ...]


@dataclass(frozen=True)
class Rule:
    """`threshold`: fewest incidents of a shown figure; `counted`: whether a value is itself a number of incidents."""

    threshold: int
    counted: bool


def primary(cell: Cell, rule: Rule) -> str | None:
    """Why a cell may not be shown for its own sake: few, informants or dominated; None where it may."""
    if cell.incidents < rule.threshold:
        return "few"
    if cell.informants < INFORMANTS:
        return "informants"
    return "dominated" if cell.largest > DOMINANT * cell.value + NEAR else None


def protect(
    cells: Collection[Cell],
    relations: Iterable[Relation],
    rule: Rule,
    earlier: Mapping[Key, Collection[Earlier]] | None = None,
) -> dict[Key, str]:
    """Key → why it is withheld, for every listed cell that may not be shown: one of PRIMARY, or 'complement'.

    Earlier releases: a value that was shown and still holds is known to everyone, so it is shown again and hides
    nothing; one that was withheld and still holds stays withheld; and one that differs from a value once shown by
    fewer than `threshold` incidents is withheld ('change'), since the difference would be such a small figure.
    """
    return _Table(cells, relations, rule, earlier or {}).withheld()


def interval(
    cells: Collection[Cell], relations: Iterable[Relation], shown: Collection[Key], key: Key
) -> tuple[float, float]:
    """The least and the most a cell can be for one who knows all that is shown: the attacker's linear programme."""
    table = _Table(cells, relations, Rule(1, False), {})
    hidden = np.array([cell.key not in shown for cell in table.cells])
    at = table.index[key]
    if not hidden[at]:
        return table.value[at], table.value[at]
    variables = np.flatnonzero(hidden)
    matrix = table.matrix(variables)
    column = int(np.flatnonzero(variables == at)[0])
    ends = []
    for sign in (1.0, -1.0):
        goal = np.zeros(len(variables))
        goal[column] = sign
        found = _solved(goal, matrix, [(-value, None) for value in table.value[variables]])
        ends.append(table.value[at] + found[column] if found is not None else (0.0 if sign > 0 else np.inf))
    return float(ends[0]), float(ends[1])


@dataclass
class _Table:
    given: Collection[Cell]
    told: Iterable[Relation]
    rule: Rule
    earlier: Mapping[Key, Collection[Earlier]]
    why: dict[int, str] = field(default_factory=dict)
    judged: dict[tuple[int, ...], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cells = sorted(self.given, key=lambda cell: cell.key)
        self.index = {cell.key: at for at, cell in enumerate(self.cells)}
        self.value = np.array([cell.value for cell in self.cells], dtype=float)
        self.relations = [
            (self.index[one.whole], tuple(self.index[part] for part in one.parts if part in self.index))
            for one in sorted(self.told, key=lambda one: (one.whole, one.parts))
            if one.whole in self.index
        ]
        self.of_cell: list[list[int]] = [[] for _ in self.cells]
        for number, (whole, parts) in enumerate(self.relations):
            for at in (whole, *parts):
                self.of_cell[at].append(number)
        self.known = {at for at, cell in enumerate(self.cells) if self._is_known(cell)}
        self.protected = {}
        for at, cell in enumerate(self.cells):
            reason = primary(cell, self.rule) or self._changed(cell)
            if at in self.known:
                continue
            if reason:
                self.why[at] = reason
                if cell.value > 0:
                    self.protected[at] = reason
            elif not cell.listed:
                self.why[at] = "remainder"
            elif any(not one.shown and one.value == cell.value for one in self.earlier.get(cell.key, ())):
                self.why[at] = "complement"

    def _is_known(self, cell: Cell) -> bool:
        return any(one.shown and one.value == cell.value for one in self.earlier.get(cell.key, ()))

    def _changed(self, cell: Cell) -> str | None:
        changed = any(
            one.shown and one.value != cell.value and abs(one.incidents - cell.incidents) < self.rule.threshold
            for one in self.earlier.get(cell.key, ())
        )
        return "change" if changed else None

    def withheld(self) -> dict[Key, str]:
        for _ in range(ROUNDS):
            self._pair_up()
            exposed = self._exposed()
            if not exposed or not self._hide_more(exposed):
                break
        else:
            exposed = self._exposed()
        if exposed:  # nothing is left that would help, or there was no end: all of it
            for at in range(len(self.cells)):
                if at not in self.known:
                    self.why.setdefault(at, "complement")
        return {self.cells[at].key: why for at, why in sorted(self.why.items()) if self.cells[at].listed}

    def need(self, at: int) -> float:
        return max(float(self.rule.threshold), WIDTH * float(self.value[at]))

    def _free(self, at: int) -> bool:
        """Whether a withheld cell is an unknown to an attacker: one of nothing is taken to be known."""
        return at in self.why and self.value[at] > 0

    def _pair_up(self) -> None:
        """Never exactly one unknown in a relation, where that one must be protected or protects another."""
        waiting = list(range(len(self.relations)))
        while waiting:
            number = waiting.pop(0)
            whole, parts = self.relations[number]
            unknown = [at for at in (whole, *parts) if self._free(at)]
            if len(unknown) != 1 or self.why[unknown[0]] == "remainder":
                continue
            chosen = self._candidate([number], self.need(unknown[0]), set())
            if chosen is not None:
                self.why[chosen] = "complement"
                waiting += [again for again in self.of_cell[chosen] if again not in waiting]

    def _candidate(self, numbers: Iterable[int], need: float, besides: set[int]) -> int | None:
        """The cell to withhold next of these relations: a part rather than a whole, large enough, in few relations
        that would then need a second one, and the least of those."""
        wholes: set[int] = set()
        parts: set[int] = set()
        for number in numbers:
            whole, of = self.relations[number]
            wholes.add(whole)
            parts.update(of)
        for group in (parts, wholes - parts):
            fit = [
                at
                for at in group
                if at not in self.why and at not in self.known and at not in besides and self.value[at] > 0
            ]
            if fit:
                large = [at for at in fit if self.value[at] >= need]
                if large:
                    return min(large, key=lambda at: (self._opens(at), self.value[at], at))
                return max(fit, key=lambda at: (self.value[at], -at))
        return None

    def _opens(self, at: int) -> int:
        """In how many relations a cell would be the only one withheld."""
        return sum(not any(self._free(one) for one in self._all_of(number)) for number in self.of_cell[at])

    def _hide_more(self, exposed: list[int]) -> bool:
        """Withholds one more cell near each exposed one, outward through the relations; False where none is left."""
        chosen: set[int] = set()
        busy: set[int] = set()
        for at in exposed:
            seen, ring = set(self.of_cell[at]), list(self.of_cell[at])
            while ring:
                if busy & set(ring):
                    break
                found = self._candidate(ring, self.need(at), chosen)
                if found is not None:
                    chosen.add(found)
                    busy.update(ring)
                    break
                near = {n for number in ring for one in self._all_of(number) for n in self.of_cell[one]}
                ring = sorted(near - seen)
                seen |= near
        for at in chosen:
            self.why[at] = "complement"
        return bool(chosen)

    def _all_of(self, number: int) -> tuple[int, ...]:
        whole, parts = self.relations[number]
        return (whole, *parts)

    def matrix(self, variables: Any) -> Any:
        """One row per relation with an unknown: the whole less its parts, over the unknowns in `variables`."""
        from scipy.sparse import csr_matrix

        column = {int(at): place for place, at in enumerate(variables)}
        rows, columns, signs, row = [], [], [], 0
        for number in sorted({number for at in column for number in self.of_cell[at]}):
            whole, parts = self.relations[number]
            for at, sign in ((whole, 1.0), *((part, -1.0) for part in parts)):
                if at in column:
                    rows.append(row)
                    columns.append(column[at])
                    signs.append(sign)
            row += 1

        return csr_matrix((signs, (rows, columns)), shape=(row, len(variables)))

    def _exposed(self) -> list[int]:
        """Protected cells of which too much can be worked out, block by block of unknowns that hang together."""
        from scipy.sparse.csgraph import connected_components

        unknown = [at for at in range(len(self.cells)) if self._free(at)]
        if not unknown:
            return []
        matrix = self.matrix(np.array(unknown))
        _, block_of = connected_components(abs(matrix).T @ abs(matrix), directed=False)
        blocks: dict[int, list[int]] = {}
        for at, block in zip(unknown, block_of, strict=True):
            blocks.setdefault(int(block), []).append(at)
        found = []
        for block in blocks.values():
            within = [at for at in block if at in self.protected]
            if within:
                if tuple(block) not in self.judged:
                    self.judged[tuple(block)] = self._attacked(block, within)
                found += self.judged[tuple(block)]
        return sorted(found)

    def _attacked(self, block: list[int], within: list[int]) -> list[int]:
        value = self.value[block]
        matrix = self.matrix(np.array(block))
        threshold = float(self.rule.threshold)
        place = {at: column for column, at in enumerate(block)}
        least = {}
        for at in within:
            small = self.rule.counted and self.protected[at] == "few"
            low, high = (1.0, threshold - 1) if small else (np.inf, -np.inf)
            least[place[at]] = (self.need(at), low, high)
        most = 4 * float(max(self.need(at) for at in block)) + float(value.max())
        exposed = _too_narrow(matrix, value, np.full(len(block), most), least)
        if self.rule.counted and not exposed:
            # One who knows which cells are withheld for their size, and that each is below the threshold.
            few = {place[at]: ((threshold - 1) / 2, np.inf, -np.inf) for at in within if self.protected[at] == "few"}
            bound = np.array([threshold - 1 - v if c in few else most for c, v in enumerate(value)])
            exposed = _too_narrow(matrix, value, bound, few)
        return [block[column] for column in exposed]


def _too_narrow(matrix: Any, value: Any, most: Any, least: Mapping[int, tuple[float, float, float]]) -> list[int]:
    """Columns whose least and greatest possible values are closer than asked for.

    `least`: column → width, and what the range must reach down and up to. Every solution of one programme says
    something of every column, so a few programmes that move all of them at once settle most.
    """
    low, high = value.copy(), value.copy()
    bounds = list(zip(-value, most, strict=True))

    def lacking(column: int) -> bool:
        width, down, up = least[column]
        return bool(high[column] - low[column] < width - NEAR or low[column] > down + NEAR or high[column] < up - NEAR)

    def learn(solution: Any) -> None:
        np.minimum(low, value + solution, out=low)
        np.maximum(high, value + solution, out=high)

    signs = np.random.default_rng(0)
    open_ = [column for column in least if lacking(column)]
    for _ in range(8):
        if len(open_) < 3:
            break
        goal, near = np.zeros(len(value)), list(bounds)
        for column, sign in zip(open_, signs.choice((-1.0, 1.0), len(open_)), strict=True):
            width, _, up = least[column]
            goal[column] = sign
            near[column] = (bounds[column][0], min(bounds[column][1], max(width, up - value[column])))
        found = _solved(goal, matrix, near)
        if found is not None:
            learn(found)
            if np.all(found <= value) and np.all(-found <= most):  # the opposite change is as possible
                learn(-found)
        open_ = [column for column in open_ if lacking(column)]
    exposed = []
    for column in open_:
        for sign in (1.0, -1.0):
            if lacking(column):
                goal = np.zeros(len(value))
                goal[column] = sign
                found = _solved(goal, matrix, bounds)
                if found is not None:
                    learn(found)
        if lacking(column):
            exposed.append(column)
    return exposed


def _solved(goal: Any, matrix: Any, bounds: list[tuple[float, float | None]]) -> Any:
    """Changes that leave every relation as it is and make `goal` least; None where there is no such end in time."""
    from scipy.optimize import linprog

    rows = matrix.shape[0]
    equal: dict[str, Any] = {"A_eq": matrix, "b_eq": np.zeros(rows)} if rows else {}
    found = linprog(goal, bounds=bounds, method="highs", options={"maxiter": STEPS}, **equal)
    return found.x if found.status == 0 else None
