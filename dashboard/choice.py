"""What an address asks for of one place, made whole from what a release holds. No widget here: pages bring those."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard import data
from dashboard.data import Opened, Row
from dashboard.language import in_line, place_name
from dashboard.words import say

USUAL = "arms_seized"
"""The concept shown where the address names none."""


@dataclass(frozen=True)
class Choice:
    """A place, what is counted there, and a period."""

    place: Row
    concept: str
    first: int
    last: int
    narrowed: bool
    """Whether the period is shorter than what is held: only then it stands in the address."""
    sources: frozenset[str] | None = None
    """The sources to be shown, where not all of them are."""

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters most questions take."""
        return {"place": self.place["code"], "concept": self.concept, "first": self.first, "last": self.last}

    @property
    def state(self) -> dict[str, Any]:
        """The same in the words of the address."""
        period = {"from": self.first, "to": self.last} if self.narrowed else {}
        sources = {"sources": ",".join(sorted(self.sources))} if self.sources is not None else {}
        return {"place": self.place["code"], "concept": self.concept, **period, **sources}

    def shown(self, rows: list[Row]) -> list[Row]:
        """Of rows about one source or two, those about sources to be shown."""
        if self.sources is None:
            return rows
        sides = ("source", "source_a", "source_b")
        return [row for row in rows if all(row[side] in self.sources for side in sides if side in row)]

    @property
    def place_name(self) -> str:
        """The place with the state and country it lies in."""
        codes = [self.place["code"], self.place["state"], self.place["country"]]
        names = [self.place["name"], self.place["state_name"], self.place["country_name"]]
        known = [place_name(code, name) if code and name else "" for code, name in zip(codes, names, strict=True)]
        return in_line([name for at, name in enumerate(known) if name and codes[at] not in codes[:at]])


def opening(opened: Opened) -> tuple[Row, str | None] | None:
    """A place and a concept for someone who has chosen nothing: the first curated view that this release holds."""
    for view in data.openings():
        place = opened.row("place", place=view["place"])
        if place and view["concept"] in concepts(opened, view["place"]):
            return place, view["concept"]
    for country in opened.rows("countries"):
        place = opened.row("place", place=country["code"])
        if place:
            return place, None
    return None


def place_asked(opened: Opened, asked: Mapping[str, str]) -> Row | None:
    """The place an address names, where this release knows it."""
    return opened.row("place", place=asked["place"]) if "place" in asked else None


def concepts(opened: Opened, place: str) -> dict[str, Row]:
    """What is counted for a place, by its words in the page's language."""
    held = {row["concept"]: row for row in opened.rows("concepts", place=place)}
    return {code: held[code] for code in sorted(held, key=lambda code: say("concept", code))}


def concept_asked(held: Mapping[str, Row], wanted: str | None) -> str:
    """The concept an address names, else the usual one, else the first that is held."""
    return wanted or (USUAL if USUAL in held or not held else next(iter(held)))


def span_held(opened: Opened, place: str, concept: str) -> range | None:
    """The years of which a place and concept have figures, without gaps; None where there is none."""
    years = opened.row("years", place=place, concept=concept) or {}
    low, high = years.get("first_year"), years.get("last_year")
    return None if low is None or high is None else range(low, high + 1)


def period_asked(span: range | None, asked: Mapping[str, str]) -> tuple[int, int, bool]:
    """First and last year an address asks for, kept within what is held, and whether they narrow it."""
    if span is None:
        return _year(asked, "from", 2000), _year(asked, "to", 2100), False
    first, last = (_within(span, _year(asked, name, end)) for name, end in (("from", span[0]), ("to", span[-1])))
    return min(first, last), max(first, last), {first, last} != {span[0], span[-1]}


def chosen(opened: Opened, asked: Mapping[str, str]) -> Choice | None:
    """What an address asks for, without any widget; None where the release holds nothing."""
    begun = opening(opened)
    if begun is None:
        return None
    place = place_asked(opened, asked)
    place, concept = (place, asked.get("concept")) if place else (begun[0], asked.get("concept") or begun[1])
    counted = concept_asked(concepts(opened, place["code"]), concept)
    period = period_asked(span_held(opened, place["code"], counted), asked)
    return Choice(place, counted, *period, sources_asked(asked))


def sources_asked(asked: Mapping[str, str]) -> frozenset[str] | None:
    """The sources an address names, or None for all of them."""
    named = frozenset(name for name in asked.get("sources", "").split(",") if name)
    return named or None


def _year(asked: Mapping[str, str], name: str, otherwise: int) -> int:
    year = asked.get(name, "")
    return int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else otherwise


def _within(span: range, year: int) -> int:
    return min(max(year, span[0]), span[-1])
