"""The naming policy: what places are called and which areas take no colour, as `naming.toml` decides it."""

import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ingest.register import gazetteer

FILE = Path(__file__).with_name("naming.toml")


@dataclass(frozen=True)
class Area:
    """An area of disputed or undetermined status."""

    id: str
    countries: tuple[str, ...]
    """On whose maps of states it is drawn."""
    note: str
    shape: dict[str, Any]
    """Where its polygons are in the source files; see the policy's own words."""
    colour: str = ""
    """The place of whose territory it is a part for the United Nations; empty: none."""
    join: bool = False
    """Whether it is one polygon with the place whose colour it takes."""
    places: tuple[str, ...] = ()
    """Places that take no colour and no entry of their own on a map."""


@dataclass(frozen=True)
class Border:
    """A border of two countries that is disputed or not yet determined."""

    between: tuple[str, str]
    note: str


@dataclass(frozen=True)
class Policy:
    """The whole of the file. `names` are by code, then by language."""

    names: dict[str, dict[str, str]]
    notes: dict[str, str]
    areas: tuple[Area, ...]
    borders: tuple[Border, ...]
    unmapped: dict[str, str]

    @cached_property
    def uncoloured(self) -> dict[str, Area]:
        """Places that take no colour on a map → the area they lie in."""
        return {code: area for area in self.areas for code in area.places}


@cache
def policy() -> Policy:
    """The policy as it stands in the file."""
    held = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Policy(
        names=held["names"],
        notes=held["notes"],
        areas=tuple(Area(**{key: _tuple(value) for key, value in area.items()}) for area in held["area"]),
        borders=tuple(Border(tuple(border["between"]), border["note"]) for border in held["border"]),
        unmapped=held["unmapped"],
    )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def name_and_note(code: str, language: str = "en") -> tuple[str, str]:
    """A place's name in a language, else in English, else its code; and its footnote in English, or ''."""
    held = names()
    name = held.get((code, language)) or held.get((code, "en")) or _english().get(code) or code
    return name, policy().notes.get(code, "")


@cache
def names() -> dict[tuple[str, str], str]:
    """Code and language → name: the policy's, else the register's, which are those of UN M49 and, where M49 has no
    language, of CLDR."""
    held = {(code, language): name for code, language, name in gazetteer.load().names.iter_rows()}
    return held | {(code, language): name for code, by in policy().names.items() for language, name in by.items()}


@cache
def _english() -> dict[str, str]:
    places = gazetteer.load().places
    return dict(zip(places["code"], places["name"], strict=True))
