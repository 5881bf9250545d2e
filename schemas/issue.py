"""One reason, in words, why a cell, row or file was not taken as it stood."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandera.polars as pa
import polars as pl

from schemas.refused import FileRefused

__all__ = ["FATES", "SHAPE", "FileRefused", "Issue", "Kind", "in_words", "kinds", "of_rows", "one"]

FATES = ("file_refused", "row_refused", "cell_refused", "row_skipped", "noted")


class Issue(pa.DataFrameModel):
    """One reason, in words, why one cell, row or file was not taken as it stood, and what to do."""

    source: str = pa.Field(nullable=True, description="Source, where it was recognised.")
    snapshot: str = pa.Field(description="SHA-256 of the file.")
    file_name: str = pa.Field(description="Name of the file as it was handed in.")
    kind: str = pa.Field(description="Kind of issue, a key of issue_kinds.toml.")
    fate: str = pa.Field(isin=FATES, description="What was not taken: the file, the row, the cell; or only noted.")
    source_row: pl.UInt32 = pa.Field(
        nullable=True, description="Row as a spreadsheet counts; empty for the whole file."
    )
    source_column: str = pa.Field(nullable=True, description="Column header.")
    value: str = pa.Field(nullable=True, description="The text that stood there, at most 80 characters.")
    known: str = pa.Field(nullable=True, description="What was expected or is suggested.")
    n_rows: pl.UInt32 = pa.Field(ge=1, description="How many rows it concerns.")
    sentence: str = pa.Field(description="What is the matter, in words.")
    repair: str = pa.Field(description="What to do.")

    class Config:
        strict = True
        ordered = True


class Kind(NamedTuple):
    """Words for one kind of issue; braces are filled with the issue's own fields."""

    sentence: str
    repair: str


@cache
def kinds() -> dict[str, Kind]:
    """Kind → its words, from `issue_kinds.toml`."""
    text = Path(__file__).with_name("issue_kinds.toml").read_text(encoding="utf-8")
    return {name: Kind(**words) for name, words in tomllib.loads(text).items()}


SHAPE = {
    "kind": pl.String,
    "fate": pl.String,
    "source_row": pl.UInt32,
    "source_column": pl.String,
    "value": pl.String,
    "known": pl.String,
    "n_rows": pl.UInt32,
}
"""What an ingest step records of an issue; `in_words` adds the file and the sentences."""


def one(
    kind: str,
    fate: str,
    *,
    row: int | None = None,
    column: str | None = None,
    value: str | None = None,
    known: str | None = None,
    n_rows: int = 1,
) -> pl.DataFrame:
    """A frame of one issue in SHAPE."""
    return pl.DataFrame([(kind, fate, row, column, value, known, n_rows)], schema=SHAPE, orient="row")


def of_rows(
    frame: pl.DataFrame,
    kind: str,
    fate: str,
    *,
    column: pl.Expr | str | None,
    value: pl.Expr | None,
    known: pl.Expr | str | None = None,
) -> pl.DataFrame:
    """One issue per row of `frame` (needs `source_row`), in SHAPE. Text arguments are constants."""

    def text(given: pl.Expr | str | None) -> pl.Expr:
        return given.cast(pl.String) if isinstance(given, pl.Expr) else pl.lit(given, pl.String)

    return frame.select(
        pl.lit(kind).alias("kind"),
        pl.lit(fate).alias("fate"),
        pl.col("source_row").cast(pl.UInt32),
        text(column).alias("source_column"),
        text(value).str.slice(0, 80).alias("value"),
        text(known).alias("known"),
        pl.lit(1, pl.UInt32).alias("n_rows"),
    )


def in_words(issues: pl.DataFrame, *, source: str | None, snapshot: str, file_name: str) -> pl.DataFrame:
    """Issues in SHAPE → rows of the table Issue, with sentences. Pure; braces in data stay as they are."""

    def filled(pick: int) -> pl.Expr:
        fields = {
            "{file}": pl.lit(file_name),
            "{row}": pl.col("source_row").cast(pl.String).fill_null("?"),
            "{column}": pl.col("source_column").fill_null("?"),
            "{value}": pl.col("value").fill_null(""),
            "{known}": pl.col("known").fill_null(""),
            "{n}": pl.col("n_rows").cast(pl.String),
        }
        return pl.coalesce(
            *(
                pl.when(pl.col("kind") == name).then(_template(kind[pick], fields))
                for name, kind in kinds().items()
                if name in present
            ),
            pl.lit(""),
        )

    present = set(issues["kind"].unique()) if issues.height else set()
    return issues.select(
        pl.lit(source, pl.String).alias("source"),
        pl.lit(snapshot).alias("snapshot"),
        pl.lit(file_name).alias("file_name"),
        *SHAPE,
        filled(0).alias("sentence"),
        filled(1).alias("repair"),
    )


def _template(words: str, fields: dict[str, pl.Expr]) -> pl.Expr:
    """A sentence as one concatenation, so that text from data is never read as a template."""
    pieces: list[pl.Expr] = []
    rest = words
    while rest:
        start = min((rest.find(name) for name in fields if name in rest), default=-1)
        if start < 0:
            pieces.append(pl.lit(rest))
            break
        if start:
            pieces.append(pl.lit(rest[:start]))
        name = next(name for name in fields if rest.startswith(name, start))
        pieces.append(fields[name])
        rest = rest[start + len(name) :]
    return pl.concat_str(pieces)
