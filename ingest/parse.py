"""Text → numbers, dates and periods. What does not parse is marked and becomes an issue."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from schemas.record import VALUE

EARLIEST, LATEST = 1900, 2100
WHOLE_UNITS = {
    "weapon",
    "part",
    "grenade_launcher",
    "round",
    "magazine",
    "seizure_case",
    "incident",
    "offence",
    "trace_request",
    "traced_weapon",
    "person_arrested",
    "person_prosecuted",
    "person_convicted",
    "victim_killed",
    "victim_injured",
    "x_item",
}
"""Units of which there are only whole ones, where a number is reported for a single period."""


class Span(NamedTuple):
    """First and last day of a period, and its kind."""

    start: date
    end: date
    kind: str


def span(label: str) -> Span | None:
    """'2019', '2019-03', '2019-Q1', '2016/2017' or a day '2019-03-31' → days and kind; None for anything else."""
    text = label.strip()
    try:
        if len(text) == 4:
            return _years(int(text), int(text), "year")
        if len(text) == 9 and text[4] == "/":
            return _years(int(text[:4]), int(text[5:]), "average")
        if len(text) == 7 and text[4:6] == "-Q" and text[6] in "1234":
            last = int(text[6]) * 3
            return _months(int(text[:4]), last - 2, last, "quarter")
        if len(text) == 7 and text[4] == "-":
            month = int(text[5:])
            return _months(int(text[:4]), month, month, "month")
        if len(text) == 10:
            day = date.fromisoformat(text)
            return Span(day, day, "day") if EARLIEST <= day.year <= LATEST else None
    except ValueError:
        return None
    return None


def _years(first: int, last: int, kind: str) -> Span | None:
    if EARLIEST <= first <= last <= LATEST and (kind == "year" or first < last):
        return Span(date(first, 1, 1), date(last, 12, 31), kind)
    return None


def _months(year: int, first: int, last: int, kind: str) -> Span | None:
    if EARLIEST <= year <= LATEST:
        return Span(date(year, first, 1), date(year, last, monthrange(year, last)[1]), kind)
    return None


def spans(labels: pl.Series) -> pl.DataFrame:
    """Period labels → frame of period_start, period_end, period_kind (null where a label is none), row by row."""
    unique = labels.unique()
    parsed = [span(text) if text is not None else None for text in unique]
    known = pl.DataFrame(
        {
            "label": unique,
            "period_start": pl.Series([p.start if p else None for p in parsed], dtype=pl.Date),
            "period_end": pl.Series([p.end if p else None for p in parsed], dtype=pl.Date),
            "period_kind": pl.Series([p.kind if p else None for p in parsed], dtype=pl.String),
        }
    )
    return (
        labels.to_frame("label")
        .join(known, on="label", how="left", maintain_order="left", nulls_equal=True)
        .drop("label")
    )


def latin(texts: pl.Series, digits: str) -> pl.Series:
    """Text with the signs `digits` (zero to nine) written as 0-9."""
    return texts if digits == "0123456789" else texts.str.replace_many(list(digits), list("0123456789"))


def days(texts: pl.Series, pattern: str) -> pl.Series:
    """Text → dates by a pattern; null where it does not fit or the year is impossible."""
    clean = texts.str.strip_chars()
    if "%H" in pattern or "%I" in pattern:
        parsed = clean.str.to_datetime(pattern, strict=False).dt.date()
    else:
        parsed = clean.str.to_date(pattern, strict=False)
    return parsed.set(~parsed.dt.year().is_between(EARLIEST, LATEST).fill_null(True), None)


def dates(texts: pl.Series, patterns: str | list[str], months: dict[str, str]) -> pl.DataFrame:
    """Text → period_start, period_end, period_kind by the first pattern that fits; '%m/%Y' gives a month, '%Y' a year.

    `months` are names of months → two digits, put in their place before.
    """
    clean = texts.str.strip_chars().str.to_lowercase() if months else texts.str.strip_chars()
    if months:
        longest = sorted(months, key=len, reverse=True)
        clean = clean.str.replace_many(
            [name.lower() for name in longest], [months[name] for name in longest], leftmost=True
        )
    found = pl.DataFrame(
        schema={"period_start": pl.Date, "period_end": pl.Date, "period_kind": pl.String},
        data=[[None] * len(texts)] * 3,
    )
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        one = _by_pattern(clean, pattern)
        new = found["period_start"].is_null() & one["period_start"].is_not_null()
        found = found.with_columns(one[name].zip_with(new, found[name]) for name in found.columns)
    return found


def _by_pattern(clean: pl.Series, pattern: str) -> pl.DataFrame:
    if "%d" in pattern or "%j" in pattern or "%F" in pattern:
        start, end, kind = days(clean, pattern), None, "day"
    elif "%m" in pattern:
        start, end, kind = days("01 " + clean, "%d " + pattern), "1mo", "month"
    else:
        start, end, kind = days("01 01 " + clean, "%d %m " + pattern), "1y", "year"
    # A year of fewer than four digits, or text after it, is not what the pattern says.
    ends = start if end is None else start.dt.offset_by(end).dt.offset_by("-1d")
    return pl.DataFrame({"period_start": start, "period_end": ends}).with_columns(
        pl.when(pl.col("period_start").is_not_null()).then(pl.lit(kind)).alias("period_kind")
    )


def limits(
    texts: pl.Series, words: Mapping[str, str], thousands: str, decimal: str
) -> tuple[pl.Series, pl.Series, pl.Series, pl.Series]:
    """Cells that are not exact → their number as plain text, low, high and status; null where a cell is no such thing.

    'about 20' is the stated 20, marked as estimated; '10-15' has two limits and '≥ 50' one, and neither has a value.
    """
    known = {text: _limit(text, words, thousands, decimal) for text in texts.unique() if text}
    none = (None, None, None, None)
    columns = zip(*(known.get(text) or none for text in texts), strict=True) if len(texts) else [[]] * 4
    value, low, high, status = (list(column) for column in columns)
    return (
        pl.Series(value, dtype=pl.String),
        pl.Series(low, dtype=VALUE),
        pl.Series(high, dtype=VALUE),
        pl.Series(status, dtype=pl.String),
    )


def _limit(
    text: str, words: Mapping[str, str], thousands: str, decimal: str
) -> tuple[str | None, Decimal | None, Decimal | None, str] | None:
    folded = " ".join(text.split()).casefold()
    for word in sorted(words, key=len, reverse=True):
        kind, sign = words[word], word.casefold()
        if kind == "between":
            ends = [_exact(part, thousands, decimal) for part in folded.split(sign)] if sign in folded else []
            if len(ends) == 2 and ends[0] is not None and ends[1] is not None and ends[0] < ends[1]:
                return None, ends[0], ends[1], "L"
            continue
        rest = (
            folded.removeprefix(sign.strip()) if folded.startswith(sign.strip()) else folded.removesuffix(sign.strip())
        )
        number = _exact(rest, thousands, decimal) if rest != folded else None
        if number is None:
            continue
        step = 1 if number == number.to_integral_value() else 0
        if kind == "about":
            return rest.strip(), None, None, "E"
        if kind in ("at_least", "more_than"):
            return None, number + (step if kind == "more_than" else 0), None, "L"
        return None, None, max(number - (step if kind == "less_than" else 0), Decimal(0)), "L"
    return None


def _exact(text: str, thousands: str, decimal: str) -> Decimal | None:
    value, kind = numbers(pl.Series([text.strip()], dtype=pl.String), thousands, decimal)
    return value[0] if kind[0] is None else None


def numbers(texts: pl.Series, thousands: str, decimal: str) -> tuple[pl.Series, pl.Series]:
    """Text → exact decimals, and a series of issue kinds (null where the number is good).

    Grouping signs are taken only where declared, and only between groups of three digits.
    """
    clean = texts.str.strip_chars()
    plain = clean.cast(VALUE, strict=False)
    if plain.null_count() == 0 and not _suspicious(clean):
        return plain, pl.Series([None], dtype=pl.String).new_from_index(0, len(texts)).alias("kind")
    if thousands:
        # Two passes, since neighbouring groups share a digit boundary: 1,234,567.
        grouped = rf"^-?\d{{1,3}}(?:[{thousands}]\d{{3}})+(?:[{decimal}]\d+)?$"
        without = clean.str.replace_all(thousands, "", literal=True)
        clean = without.zip_with(clean.str.contains(grouped).fill_null(False), clean)
    if decimal != ".":
        has_point = clean.str.contains(".", literal=True).fill_null(False)
        clean = clean.str.replace(decimal, ".", literal=True).set(has_point, "?")
    shape = clean.str.contains(r"^-?\d+(?:\.\d+)?$").fill_null(False)
    fits = clean.str.contains(r"^-?0*\d{1,12}(?:\.\d{1,6}0*)?$").fill_null(False)
    value = clean.set(~fits, None).cast(VALUE, strict=False)
    frame = pl.DataFrame({"shape": shape, "fits": fits, "value": value})
    kind = frame.select(
        pl.when(~pl.col("shape"))
        .then(pl.lit("not_a_number"))
        .when(~pl.col("fits"))
        .then(pl.lit("too_exact"))
        .when(pl.col("value").is_null())
        .then(pl.lit("not_a_number"))
        .otherwise(None)
        .alias("kind")
    )["kind"]
    return value, kind


def grouped(texts: pl.Series, decimal: str) -> pl.Series:
    """Where a count has a fraction of three digits, which may well be thousands: 1.200 in Brazil is 1,200."""
    if not texts.str.contains(decimal, literal=True).any():
        return pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(texts))
    return texts.str.contains(rf"^[0-9]{{1,3}}[{decimal}][0-9]{{3}}$").fill_null(False)


def _suspicious(clean: pl.Series) -> bool:
    """Text that a cast would take but the rules would not: exponents, signs, bare points, too many decimals."""
    return bool(clean.str.contains(r"[^0-9]").any()) or bool((clean.str.len_bytes() > 12).any())
