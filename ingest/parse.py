"""Text → numbers, dates and periods. What does not parse is marked and becomes an issue."""

from calendar import monthrange
from datetime import date
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


def days(texts: pl.Series, pattern: str) -> pl.Series:
    """Text → dates by a pattern; null where it does not fit or the year is impossible."""
    clean = texts.str.strip_chars()
    if "%H" in pattern or "%I" in pattern:
        parsed = clean.str.to_datetime(pattern, strict=False).dt.date()
    else:
        parsed = clean.str.to_date(pattern, strict=False)
    return parsed.set(~parsed.dt.year().is_between(EARLIEST, LATEST).fill_null(True), None)


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
        grouped = rf"^-?\d{{1,3}}(?:\{thousands}\d{{3}})+(?:\{decimal}\d+)?$"
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
