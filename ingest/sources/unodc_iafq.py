"""IAFQ publishes two different rows under one label in three places; the sums of their parts tell most apart.

Adds the column `part`, which the declaration looks up.
"""

from typing import NamedTuple

import polars as pl

from schemas.issue import of_rows, one
from schemas.said import said

LOCATIONS = ("land borders", "vessels and harbours", "planes and airports", "national territory", "other", "unknown")
TRACED_WHOLE = (
    "Uniquely identifiable - total uniquely identifiable through marking",
    "Total not uniquely identifiable through marking",
    "Unknown status regarding marking",
)
TRACED = ("Uniquely identifiable - ", "Not uniquely identifiable - ", *TRACED_WHOLE)
NO_TOTAL_OF_THEIR_OWN = ("Arms found", "Arms surrendered")
SECOND_PART = "otherwise illicitly manufactured"
CELL = ("Iso3_code", "Indicator", "Dimension", "Category", "Sex", "Year")


def tidy(rows: pl.DataFrame, file_stem: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Same rows with `part`: '' or which of the declared special rows each is."""
    rows = rows.with_columns(
        pl.when(
            pl.col("Indicator").is_in(NO_TOTAL_OF_THEIR_OWN),
            pl.col("Dimension") == "by type",
            pl.col("Category") == "Total",
        )
        .then(pl.lit("headline"))
        .otherwise(pl.lit(""))
        .alias("part"),
        pl.int_range(pl.len()).over(CELL).alias("_nth"),
        pl.len().over(CELL).alias("_rows"),
    )
    shared = pl.col("_rows") > 1
    second = shared & (pl.col("Category") == SECOND_PART)
    total = (pl.col("Dimension") == "by location") & (pl.col("Category") == "Total")
    undecided = pl.concat_str(
        pl.lit("undecided, "), pl.when(pl.col("_nth") == 0).then(pl.lit("first")).otherwise(pl.lit("second"))
    )
    rows = rows.with_columns(
        pl.when(second & (pl.col("_nth") == 1))
        .then(pl.lit("second part"))
        .when(second)
        .then(pl.lit("first part"))
        .when(shared & ~total & ~second)
        .then(undecided)
        .otherwise("part")
        .alias("part")
    )
    rows = rows.join(_totals(rows, total), on="source_row", how="left", maintain_order="left").with_columns(
        pl.coalesce("_part", "part").alias("part")
    )
    return rows.drop("_nth", "_rows", "_part"), _issues(rows)


class _Sums(NamedTuple):
    locations: int | None
    traced: int | None


def _totals(rows: pl.DataFrame, total: pl.Expr) -> pl.DataFrame:
    """source_row and `_part` of every “Total” under “by location”: of the places, or of the tracing outcomes."""
    group = ["Iso3_code", "Indicator", "Year"]
    number = pl.col("VALUE").cast(pl.Int64, strict=False)
    traced = pl.any_horizontal(pl.col("Category").str.starts_with(word) for word in TRACED)
    located = rows.filter(pl.col("Dimension") == "by location")
    sums = located.group_by(group).agg(
        number.filter(pl.col("Category").is_in(LOCATIONS)).sum().alias("of_places"),
        pl.col("Category").is_in(LOCATIONS).any().alias("has_places"),
        number.filter(pl.col("Category").is_in(TRACED_WHOLE)).sum().alias("of_traced"),
        traced.any().alias("has_traced"),
    )
    totals = located.filter(total).join(sums, on=group, how="left").sort("source_row")
    found: list[tuple[int, str]] = []
    for _, part in totals.group_by(group, maintain_order=True):
        sums_of = _Sums(
            part["of_places"][0] if part["has_places"][0] else None,
            part["of_traced"][0] if part["has_traced"][0] else None,
        )
        values = part["VALUE"].cast(pl.Int64, strict=False).to_list()
        found += zip(part["source_row"].to_list(), _which(values, sums_of), strict=True)
    return pl.DataFrame(found, schema={"source_row": pl.UInt32, "_part": pl.String}, orient="row")


def _which(values: list[int], sums: _Sums) -> list[str]:
    """For one or two “Total”s: '' (of the places), 'tracing total', or 'undecided, …'."""
    if len(values) == 1:
        if sums.traced is None:
            return [""]
        if sums.locations is None:
            return ["tracing total"]
        return ["tracing total" if values[0] == sums.traced != sums.locations else ""]
    first, second = values
    as_listed = (first == sums.locations) + (second == sums.traced)
    turned = (second == sums.locations) + (first == sums.traced)
    if as_listed == turned and first != second:
        return ["undecided, first", "undecided, second"]
    return ["", "tracing total"] if as_listed >= turned else ["tracing total", ""]


def _issues(rows: pl.DataFrame) -> list[pl.DataFrame]:
    def noted(which: pl.Expr, kind: str, known: str | None = None) -> pl.DataFrame:
        return of_rows(rows.filter(which), kind, "noted", column="Category", value=pl.col("Category"), known=known)

    part, shared = pl.col("part"), pl.col("_rows") > 1
    located = pl.col("Dimension") == "by location"
    is_total = located & (pl.col("Category") == "Total")
    decided = shared & is_total & ~part.str.starts_with("undecided")
    traced = pl.any_horizontal(pl.col("Category").str.starts_with(word) for word in TRACED)
    found = [
        noted(shared & (pl.col("Category") == SECOND_PART), "label_shared_additive"),
        noted(decided & (part == ""), "label_shared_decided", said("the total of the places")),
        noted(decided & (part == "tracing total"), "label_shared_decided", said("the total of the tracing outcomes")),
        noted(part.str.starts_with("undecided"), "label_shared_undecided"),
        _rehomed(
            rows.filter(located & (traced | (part == "tracing total"))), "by location", said("the tracing outcomes")
        ),
        _rehomed(rows.filter(part == "headline"), "by type: Total", said("the total, since these arms have no other")),
    ]
    return [issues for issues in found if issues.height]


def _rehomed(rows: pl.DataFrame, published: str, kept: str) -> pl.DataFrame:
    """One note for all rows that are kept under another dimension than the one they were published under."""
    first = rows["source_row"].to_list()[0] if rows.height else None
    note = one(
        "rehomed", "noted", row=first, column="Dimension", value=published, known=kept, n_rows=max(rows.height, 1)
    )
    return note.clear() if rows.height == 0 else note
