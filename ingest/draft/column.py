"""A column of a file as the draft looks at it: its distinct texts, and how often each stands there."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ingest.parse import latin

ARABIC_DIGITS, PERSIAN_DIGITS = "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"
LATIN_DIGITS = "0123456789"


def latin_digits(text: str) -> str:
    """A text with digits of our form."""
    return text.translate(str.maketrans(ARABIC_DIGITS + PERSIAN_DIGITS, 2 * LATIN_DIGITS))


@dataclass(frozen=True)
class Column:
    """A column's distinct texts (stripped, not empty), how often each stands there, and the row it first stands in."""

    name: str
    texts: pl.Series
    counts: pl.Series
    rows: pl.Series
    n_rows: int

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return int(self.counts.sum())

    @cached_property
    def latin(self) -> pl.Series:
        """The texts with digits of our form."""
        return latin(latin(self.texts, ARABIC_DIGITS), PERSIAN_DIGITS)

    def share(self, good: pl.Series) -> float:
        """Share of the filled cells whose text is good."""
        return float((self.counts * good.cast(pl.UInt32)).sum()) / max(self.filled, 1)

    @property
    def digits(self) -> str:
        """The digits it is written with."""
        for own in (ARABIC_DIGITS, PERSIAN_DIGITS):
            if self.texts.str.contains(f"[{own}]").any():
                return own
        return LATIN_DIGITS


def profile(rows: pl.DataFrame, name: str) -> Column:
    """One column of text rows, summed up."""
    counted = (
        rows.lazy()
        .select(pl.col(name).str.strip_chars().alias("text"), "source_row")
        .filter(pl.col("text") != "")
        .group_by("text")
        .agg(pl.len().alias("n"), pl.col("source_row").min().alias("row"))
        .sort("row", "text")
        .collect()
    )
    return Column(name, counted["text"], counted["n"], counted["row"], rows.height)
