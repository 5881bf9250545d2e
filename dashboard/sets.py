"""What an address asks for of a set of places, made whole from what a release holds. No widget here: pages bring those.

A set is a named one (`set=M49:011`, `set=ORG:ECOWAS`, `set=BRA` for the states of Brazil, `set=BR-RJ` for the
municipalities of one) with its members as of each year, or as of one (`members=2025`); or places of any level across
borders (`places=KEN,UGA,BR-AC`, with `name=`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard import choice
from dashboard.data import Opened, Row
from dashboard.language import _, in_order, listed, ngettext, number, place_name, vocabulary, year
from dashboard.words import say

OWN = "own"
KINDS = ("region", "community", "states", "municipalities", OWN)
WORLD = "M49:001"
MOST = 60
"""Places a set of one's own may have."""
LONGEST = 80
"""Signs the name of such a set may have."""
YEARS = 5
"""Years shown where the address names none: the last for which something is held."""


@dataclass(frozen=True)
class PlaceSet:
    """A set of places."""

    kind: str
    code: str
    """Of a named set; empty for one of one's own."""
    name: str
    places: tuple[str, ...] = ()
    """The places of a set of one's own, the municipalities of a state, or the members on 31 December of `members`."""
    members: int | None = None
    """The year whose members are meant; None for those of each year."""

    @property
    def own(self) -> bool:
        """Whether somebody put it together."""
        return self.kind == OWN

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters every question about a set takes."""
        return {"set": None if self.own or self.places else self.code, "places": self.places}

    @property
    def state(self) -> dict[str, Any]:
        """The same in the words of the address."""
        if self.own:
            return {"places": ",".join(self.places), "name": self.name} if self.places else {"set": OWN}
        return {"set": self.code, "members": self.members}

    @property
    def title(self) -> str:
        """What it is called on screen."""
        if self.own:
            return self.name or ngettext("{n} place", "{n} places", len(self.places)).format(n=number(len(self.places)))
        if self.members is None:
            return self.name
        return _("{set}, members of {year}").format(set=self.name, year=year(self.members))


@dataclass(frozen=True)
class SetChoice:
    """A set of places, what is counted there, by whom, and a period."""

    of: PlaceSet
    concept: str
    source: str | None
    """None where no source states numbers that add up over places."""
    first: int
    last: int
    published: bool = False
    """Whether figures that count something else are added up as published."""

    @property
    def held(self) -> dict[str, Any]:
        """The parameters of questions about all sources."""
        return {**self.of.asked, "concept": self.concept, "first": self.first, "last": self.last}

    @property
    def summed(self) -> dict[str, Any]:
        """The parameters of questions about the sums of one source."""
        return {**self.held, "source": self.source, "published": self.published}

    @property
    def state(self) -> dict[str, Any]:
        """The same in the words of the address."""
        return {
            **self.of.state,
            "concept": self.concept,
            "source": self.source,
            "from": self.first,
            "to": self.last,
            "show": "published" if self.published else None,
        }

    @property
    def years(self) -> str:
        """The period in words."""
        return year(self.first) if self.first == self.last else f"{year(self.first)}–{year(self.last)}"


def named(opened: Opened) -> dict[str, PlaceSet]:
    """The named sets of which something is held, by code, in the order of their names."""
    sets = [PlaceSet(row["kind"], row["code"], _name(row)) for row in opened.rows("sets")]
    return {one.code: one for one in sorted(sets, key=lambda one: (in_order(one.name), one.code))}


def _name(row: Row) -> str:
    name = place_name(row["code"], row["name"])
    if row["kind"] == "states":
        return _("{country}: states and provinces").format(country=name)
    return _("{state}: municipalities").format(state=name) if row["kind"] == "municipalities" else name


def set_asked(opened: Opened, asked: Mapping[str, str]) -> PlaceSet | None:
    """The set an address names, else the world, else the first there is; None where nothing is held."""
    if "places" in asked or asked.get("set") == OWN:
        return own(opened, asked.get("places", "").split(","), asked.get("name", ""))
    sets = named(opened)
    found = sets.get(asked.get("set", "")) or sets.get(WORLD) or next(iter(sets.values()), None)
    if found is None or asked.get("set") != found.code:
        return found
    return as_of(opened, within(opened, found), _year(asked.get("members")))


def own(opened: Opened, codes: list[str], name: str) -> PlaceSet:
    """A set of places of one's own; what this release does not know is left out."""
    known = {row["code"] for row in opened.rows("places_known", places=tuple(codes))}
    return PlaceSet(
        OWN, "", name.strip()[:LONGEST], tuple(code for code in dict.fromkeys(codes) if code in known)[:MOST]
    )


def within(opened: Opened, of: PlaceSet) -> PlaceSet:
    """The municipalities of a state, with their codes; any other set as it is."""
    if of.kind != "municipalities":
        return of
    return replace(of, places=tuple(row["code"] for row in opened.rows("set_within", place=of.code)))


def as_of(opened: Opened, of: PlaceSet, wanted: int | None) -> PlaceSet:
    """A named set with the members it had at the end of one year; unchanged where it never had others."""
    runs = opened.rows("set_runs", set=of.code) if of.kind == "community" and wanted is not None else []
    run = next((run for run in runs if run["first_year"] <= (wanted or 0) <= run["last_year"]), None)
    return of if run is None or len(runs) < 2 else replace(of, places=tuple(run["places"]), members=wanted)


def concepts(rows: list[Row]) -> dict[str, list[Row]]:
    """What is counted in a set, by its words in the page's language: a row for each source (query set_held)."""
    codes = {row["concept"] for row in rows}
    return {
        code: [row for row in rows if row["concept"] == code]
        for code in sorted(codes, key=lambda code: in_order(say("concept", code)))
    }


def sources(rows: list[Row]) -> dict[str, Row]:
    """The sources whose numbers of one concept add up over places, by name."""
    adding = [row for row in rows if row["adds_up"]]
    return {row["source"]: row for row in sorted(adding, key=lambda row: (in_order(_(row["name"])), row["source"]))}


def source_asked(held: Mapping[str, Row], wanted: str | None) -> str | None:
    """The source an address names, else the one that speaks of most places of the set; None where there is none."""
    if wanted in held:
        return wanted
    return max(held, key=lambda code: held[code]["places"], default=None)


def span_held(rows: list[Row], source: str | None, kind: str = "years") -> list[int]:
    """The years of which the source, or without one any source, holds something, or something that adds up."""
    return sorted({one for row in rows if source in (None, row["source"]) for one in row[kind]})


def period_asked(span: list[int], asked: Mapping[str, str], summed: list[int]) -> tuple[int, int]:
    """First and last year an address asks for, kept within what is held; without any, the last that add up."""
    if not span:
        return 2000, 2000
    usual = (summed or span)[-YEARS:]
    first, last = (
        min(max(_year(asked.get(name)) or end, span[0]), span[-1])
        for name, end in (("from", usual[0]), ("to", usual[-1]))
    )
    return min(first, last), max(first, last)


def chosen(opened: Opened, asked: Mapping[str, str]) -> SetChoice | None:
    """What an address asks for, without any widget; None where the release holds nothing."""
    of = set_asked(opened, asked)
    if of is None:
        return None
    held = concepts(opened.rows("set_held", **of.asked))
    concept = choice.concept_asked({code: rows[0] for code, rows in held.items()}, asked.get("concept"))
    rows = held.get(concept, [])
    source = source_asked(sources(rows), asked.get("source"))
    period = period_asked(span_held(rows, source), asked, span_held(rows, source, "years_summed"))
    return SetChoice(of, concept, source, *period, asked.get("show") == "published")


def in_fixed_order(kind: str, code: str) -> tuple[int, str]:
    """Where a code stands in its list of words: an order that no number decides."""
    codes = [*vocabulary()[kind]]
    return (codes.index(code) if code in codes else len(codes), code)


def names_of(codes: list[str], names: Mapping[str, str]) -> list[str]:
    """Names of places in their alphabetical order."""
    return sorted((names.get(code, code) for code in codes), key=in_order)


def membership(runs: list[Row]) -> str:
    """How many members a set had, stretch by stretch (query set_runs)."""
    if len(runs) < 2:
        return ""
    said = []
    for at, run in enumerate(runs):
        if at == 0:
            words = ngettext("{n} member until {year}", "{n} members until {year}", run["members"])
            said.append(words.format(n=number(run["members"]), year=year(run["last_year"])))
        elif at == len(runs) - 1:
            words = ngettext("{n} member from {year}", "{n} members from {year}", run["members"])
            said.append(words.format(n=number(run["members"]), year=year(run["first_year"])))
        else:
            words = ngettext("{n} member in {years}", "{n} members in {years}", run["members"])
            years = {year(run["first_year"]): None, year(run["last_year"]): None}
            said.append(words.format(n=number(run["members"]), years="–".join(years)))
    return listed(said)


def _year(said: str | None) -> int | None:
    return int(said) if said and re.fullmatch(r"[12][0-9]{3}", said) else None
