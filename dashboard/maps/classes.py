"""Round numbers between the classes of a map, and the words for each class."""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise

from dashboard.language import _

Number = Callable[[float], str]


def bounds(values: Iterable[float], most: int) -> tuple[float, ...]:
    """Where up to `most` classes of positive values part: round numbers (1, 2 or 5 times a power of ten).

    Values that lie within one order of magnitude are parted evenly; others so that each class holds some of them.
    """
    held = sorted(value for value in values if value > 0)
    if not held or held[0] == held[-1]:
        return ()
    low, high = held[0], held[-1]
    if high / low < 10:
        step = _round_up((high - low) / most)
        inside = [step * count for count in range(math.floor(low / step) + 1, math.ceil(high / step))]
        return tuple(round(value, 10) for value in inside)[: most - 1]
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    round_ = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    inside = [value for value in round_ if low < value <= high]
    if len(inside) < most:
        return tuple(inside)
    wanted = [held[len(held) * count // most] for count in range(1, most)]
    return tuple(sorted({min(inside, key=lambda value: abs(math.log(value / want))) for want in wanted}))


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= value * 0.999)


def of(value: float, parted: tuple[float, ...]) -> int:
    """The class a value is in."""
    return sum(value >= bound for bound in parted)


def least(values: Iterable[float], most: int) -> float:
    """The round number from which on there are at most `most` values; 0 where there are no more than that."""
    held = sorted(values, reverse=True)
    if len(held) <= most:
        return 0.0
    beyond = held[most]
    power = math.floor(math.log10(beyond))
    round_ = (digit * 10.0**place for place in (power, power + 1) for digit in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8))
    return next(value for value in round_ if value > beyond)


def words(parted: tuple[float, ...], values: Iterable[float], number: Number, start: float = 0) -> list[str]:
    """What each class is called, from the lowest; `start` is where that begins, if not above zero."""
    held = [value for value in values if value > 0]
    whole = all(value == int(value) for value in held)

    def between(low: float, high: float) -> str:
        if not whole:
            return _("{low} to under {high}").format(low=number(low), high=number(high))
        if high - low <= 1:
            return number(low)
        return _("{low} to {high}").format(low=number(low), high=number(high - 1))

    if not parted:
        return [number(held[0]) if held and min(held) == max(held) else _("any number above zero")]
    first = between(start, parted[0]) if start else _("under {high}").format(high=number(parted[0]))
    return [first, *(between(*pair) for pair in pairwise(parted)), _("{low} and more").format(low=number(parted[-1]))]
