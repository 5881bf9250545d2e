"""What codes and numbers are called on screen."""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

NOTHING = "no figure held"


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def say(kind: str, code: str | None) -> str:
    """The words for a code of one kind ('concept', 'unit', …); the code itself where there are none."""
    return str(_words()[kind].get(code or "", code or ""))


def number(value: Decimal | None, unit: str | None = None) -> str:
    """A value with thousands separators, and with decimals where its unit has them or the value needs them."""
    if value is None:
        return NOTHING
    decimals = _words()["decimals"].get(unit or "", 0)
    if value != value.to_integral_value():
        decimals = max(decimals, min(2, -int(value.normalize().as_tuple().exponent)))
    # A small value is never rounded away to zero, which would be another statement.
    while value and decimals < 6 and not round(value, decimals):
        decimals += 1
    return f"{value:,.{decimals}f}".replace("-", "−")


def stated(value: Decimal | None, unit: str | None, completeness: str | None) -> str:
    """A value as it may be said: what is partial is “at least”."""
    return f"at least {number(value, unit)}" if completeness == "partial" and value is not None else number(value, unit)


def ratio(value: float | None) -> str:
    """A ratio with two decimals, more where it is small."""
    return number(Decimal(repr(value)), "ratio") if value is not None and value < 0.01 else _two(value)


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:,.2f}"


def listed(words: list[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
