"""The code lists of `vocabularies.yaml`, read once."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("vocabularies.yaml")


@cache
def vocabularies() -> dict[str, Any]:
    """The whole file as it stands: list name → list of codes, or code → published spelling."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@cache
def codes(name: str) -> tuple[str, ...]:
    """The codes of one list, in the file's order.

    Raises KeyError when no list has that name.
    """
    entries = vocabularies()[name]
    if isinstance(entries, dict) and all(isinstance(value, list) for value in entries.values()):
        return tuple(code for group in entries.values() for code in group)
    return tuple(entries)


@cache
def category_codes() -> tuple[str, ...]:
    """Every code a `category` may carry: TOTAL and the codes of all dimensions."""
    found = {"TOTAL": None}
    for dimension in codes("dimension"):
        if dimension != "total":
            found |= dict.fromkeys(codes(dimension))
    return tuple(found)


@cache
def broader() -> tuple[tuple[str, str], ...]:
    """Pairs (broader code, narrower code) of firearm types, such as (x_LONG_GUN, RIFLE)."""
    return tuple(
        (code, narrower)
        for code, entry in vocabularies()["firearm_type"].items()
        if isinstance(entry, dict)
        for narrower in entry["broader_than"]
    )
