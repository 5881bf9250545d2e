"""Finds places by what people call them: a name in any of the languages, an alias, or a code of any register.

Accents, case and signs do not matter. A place matches when every word typed begins a word of one of its spellings, or
when a code of it is typed whole. Places with figures come first, then those that match exactly, then the alphabet.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import polars as pl
from rapidfuzz import fuzz, process

from dashboard import address
from dashboard.data import Opened, Row
from dashboard.language import _, in_order, ngettext, number, place_name
from dashboard.markup import text
from dashboard.words import say
from ingest.register.gazetteer import NAME_SCHEME, Gazetteer, load, normalise, normalise_text

LONGEST = 80
"""Letters of a search that are read; no name here is longer."""
WITH_FIGURES, WITHOUT = 20, 10
"""How many places are listed; more are counted only."""
ALIKE = 75
"""How alike (0 to 100) a spelling must be to be asked about where nothing matches."""
OF_NAMES = 2
"""How many lists of names are kept: that of the current release, and one that readers still look at."""
ANYWHERE = "\u0590"
"""From this sign on (Arabic, Chinese …) words are looked for inside others: articles are joined to them, or all is."""


@dataclass(frozen=True, eq=False)
class Names:
    """What is searched: places by code, every spelling in one text, and every code in small letters."""

    places: dict[str, Row]
    """code, name, level and parent of each place."""
    order: dict[str, str]
    """Code → what its English name is put in alphabetical order by."""
    spellings: list[tuple[str, str]]
    """Code and spelling, as written; in step with `starts`."""
    lines: str
    """The same spellings, one a line, normalised and with a space before each."""
    starts: list[int]
    """Where each line of `lines` begins."""
    codes: dict[str, list[str]]
    """A code of any register, normalised, with and without the name of its register → codes of places."""

    @cached_property
    def by_first_letter(self) -> dict[str, list[int]]:
        """First letter → the lines that begin with it."""
        rows: dict[str, list[int]] = {}
        for row, start in enumerate(self.starts):
            rows.setdefault(self.lines[start + 1], []).append(row)
        return rows


@dataclass(frozen=True, eq=False)
class Index:
    """The names, and of which places a release holds figures."""

    names: Names
    holds: Mapping[str, str]
    """Code of a place → 'itself', or 'inside' where only a place in it has figures."""


@dataclass(frozen=True)
class Match:
    """A place that was found."""

    place: Row
    name: str
    """Its name in the language of the page."""
    spelling: str
    """The spelling that matched, where it is another one; else ''."""
    exact: bool
    within: tuple[str, ...]
    """Names of what it lies in, the smallest first."""
    inside: bool
    """Whether figures are held for places in it only."""


@dataclass(frozen=True)
class Found:
    """The answer to a search: places with figures, places without, and how many more there are of each."""

    words: str
    held: tuple[Match, ...] = ()
    more_held: int = 0
    bare: tuple[Match, ...] = ()
    more_bare: int = 0
    alike: tuple[Match, ...] = ()
    """Where nothing matches: places whose names are written like what was typed."""
    too_short: bool = False


def names(places: Iterable[Row], register: Gazetteer) -> Names:
    """What is searched of a release: its places (query places), with the names and aliases of the shipped register."""
    held = {row["code"]: row for row in places}
    own = pl.DataFrame([(row["code"], row["name"]) for row in held.values()], ["code", "spelling"], orient="row")
    other = register.names.select("code", spelling="name")
    alias = register.aliases.filter(pl.col("scheme") == NAME_SCHEME).select("code", spelling="alias")
    spelt = (
        pl.concat([own.cast(pl.String), other, alias])
        .filter(pl.col("code").is_in([*held]))
        .with_columns(key=normalise(pl.col("spelling")))
        .unique(["code", "key"], keep="first", maintain_order=True)
    )
    keys = [f" {key}\n" for key in spelt["key"]]
    starts = [0]
    for key in keys[:-1]:
        starts.append(starts[-1] + len(key))
    codes: dict[str, list[str]] = {}
    own_codes = [(code, form) for code in held for form in forms(code)]
    numbers = register.aliases.filter(pl.col("scheme") != NAME_SCHEME).select("code", "alias").rows()
    for code, typed in own_codes + numbers:
        same = codes.setdefault(normalise_text(typed), [])
        if code in held and code not in same:
            same.append(code)
    order = {code: in_order(row["name"]) for code, row in held.items()}
    return Names(held, order, [*spelt.select("code", "spelling").iter_rows()], "".join(keys), starts, codes)


def forms(code: str) -> list[str]:
    """A code as people write it: 'BR-IBGE:3304557' is also 'IBGE:3304557' and '3304557'."""
    register, colon, own = code.partition(":")
    return [code, f"{register.rpartition('-')[2]} {own}", own] if colon else [code]


_held_names: dict[str, Names] = {}


def _names_of(opened: Opened) -> Names:
    """The names of a release: most releases have those of the one before, which take some tens of megabytes."""
    (digest,) = (row["digest"] for row in opened.rows("places_digest"))
    found = _held_names.get(digest)
    if found is None:
        found = names(opened.rows("places"), load())
        while len(_held_names) >= OF_NAMES:
            _held_names.pop(next(iter(_held_names)), None)
        _held_names[digest] = found
    return found


@lru_cache(maxsize=20)
def _holds(root: str, release: str, tier: str) -> Mapping[str, str]:
    return {row["code"]: row["holds"] for row in Opened(root, release, tier, None).rows("places_held")}


def of(opened: Opened) -> Index:
    """The index of a release."""
    return Index(_names_of(opened), _holds(opened.root, opened.release, opened.tier))


def find(words: str, held: Index) -> Found:
    """Places that bear a name or code."""
    typed = plain(words)
    if not typed:
        return Found(words)
    found = dict.fromkeys(held.names.codes.get(typed, ()), "")
    short = len(typed) < 2 and typed < ANYWHERE
    exact = set(found)
    if not short:
        for code, spelling, whole in _spelt(typed, held.names):
            if whole:
                exact.add(code)
            if code not in found or whole:
                found[code] = spelling
    if not found:
        return Found(words, alike=() if short else tuple(_alike(typed, held)), too_short=short)
    ordered = sorted(found, key=lambda code: (code not in exact, _in_order(code, held.names), code))
    with_figures = [code for code in ordered if code in held.holds]
    without = [code for code in ordered if code not in held.holds]
    return Found(
        words,
        tuple(_match(code, found[code], held, exact=code in exact) for code in with_figures[:WITH_FIGURES]),
        len(with_figures[WITH_FIGURES:]),
        tuple(_match(code, found[code], held, exact=code in exact) for code in without[:WITHOUT]),
        len(without[WITHOUT:]),
    )


def plain(words: str) -> str:
    """What is looked for: without accents, case and signs, and with digits of every script as 0 to 9."""
    digits = (str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in words[:LONGEST])
    return normalise_text("".join(digits))


def _spelt(typed: str, held: Names) -> Iterable[tuple[str, str, bool]]:
    """Code, spelling, and whether it is the whole of it, of every spelling with all the words."""
    wanted = [word if word >= ANYWHERE else f" {word}" for word in typed.split()]
    longest = max(wanted, key=len)
    whole = f" {typed}\n"
    at = held.lines.find(longest)
    while at >= 0:
        row = bisect_right(held.starts, at) - 1
        end = held.starts[row + 1] if row + 1 < len(held.starts) else len(held.lines)
        line = held.lines[held.starts[row] : end]
        if all(word in line for word in wanted):
            yield (*held.spellings[row], line == whole)
        at = held.lines.find(longest, end)


def _alike(typed: str, held: Index) -> Iterable[Match]:
    """Up to five places with a name written like this one, in alphabetical order."""
    known = held.names
    rows = known.by_first_letter.get(typed[0], [])
    keys = [known.lines[known.starts[row] + 1 : known.starts[row] + 1 + LONGEST].partition("\n")[0] for row in rows]
    near = process.extract(typed, keys, scorer=fuzz.ratio, limit=10, score_cutoff=ALIKE)
    codes = [*dict.fromkeys(known.spellings[rows[at]][0] for _key, _score, at in near)][:5]
    spelt = {known.spellings[rows[at]][0]: known.spellings[rows[at]][1] for _key, _score, at in reversed(near)}
    in_order_ = sorted(codes, key=lambda code: (_in_order(code, known), code))
    return [_match(code, spelt[code], held, exact=False) for code in in_order_]


def _in_order(code: str, held: Names) -> str:
    name = held.places[code]["name"]
    translated = place_name(code, name)
    return held.order[code] if translated == name else in_order(translated)


def _match(code: str, spelling: str, held: Index, *, exact: bool) -> Match:
    places = held.names.places
    place = places[code]
    name = place_name(code, place["name"])
    within, above = [], places.get(place["parent"] or "")
    while above is not None and above["level"] not in ("region", "world"):
        within.append(place_name(above["code"], above["name"]))
        above = places.get(above["parent"] or "")
    same = normalise_text(spelling) == normalise_text(name)
    inside = held.holds.get(code) == "inside"
    return Match(place, name, "" if same else spelling, exact, tuple(within), inside)


def label() -> str:
    """What may be typed."""
    return _("A place: its name in any language, or its code")


def example() -> str:
    """What stands in the empty box."""
    return _("A country, a state, a municipality …")


def answer(found: Found) -> str:
    """The answer as HTML: links to the places, those with figures first and said as such."""
    said = (
        _places(_("With figures here"), found.held, found.more_held)
        + _places(_("No figure held here; nothing follows from that about the place"), found.bare, found.more_bare)
    ) or (_nothing(found) if found.words.strip() else "")
    return f'<div class="found" role="status">{said}</div>'


def _places(heading: str, matches: tuple[Match, ...], more: int) -> str:
    if not matches:
        return ""
    listed = "".join(map(_place, matches))
    words = ngettext("{n} more: type more of its name.", "{n} more: type more of the name.", more)
    rest = f'<p class="unit">{text(words.format(n=number(more)))}</p>' if more else ""
    return f"<h2>{text(heading)}</h2><ul>{listed}</ul>{rest}"


def _place(match: Match) -> str:
    place = match.place
    about = [say("level", place["level"]), *([", ".join(match.within)] if match.within else []), place["code"]]
    if match.inside:
        about.append(_("figures for places in it"))
    other = f' <span class="of">“<bdi>{text(match.spelling)}</bdi>”</span>' if match.spelling else ""
    bits = " · ".join(f"<bdi>{text(bit)}</bdi>" for bit in about)
    return f'<li><a href="{way(place)}">{text(match.name)}</a>{other} <span class="of">{bits}</span></li>'


def way(place: Row) -> str:
    """The address of a place's figures, or of a region's, escaped for HTML."""
    if place["level"] in ("region", "world"):
        return address.to("region", {"set": place["code"]})
    return address.to("local", {"place": place["code"]})


def _nothing(found: Found) -> str:
    if found.too_short:
        return f"<p>{text(_('Type at least two letters, or a whole code.'))}</p>"
    words = _(
        "No place is known here as “{words}”. Countries, states and provinces are held everywhere; municipalities of"
        " Brazil, Colombia, Mexico and the United States of America. Try a shorter part of the name, another spelling,"
        " or a code (ISO, M49, IBGE, DANE, INEGI, FIPS)."
    )
    said = f"<p>{text(words.format(words=found.words.strip()[:LONGEST]))}</p>"
    if not found.alike:
        return said
    return f"{said}<h2>{text(_('Did you mean …?'))}</h2><ul>{''.join(map(_place, found.alike))}</ul>"
