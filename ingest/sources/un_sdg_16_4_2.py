"""The SDG database labels an average over two years with its first year; only the footnote says so.

Adds `period`, `period basis` and `period certainty`, which the declaration reads.
"""

import polars as pl

from schemas.issue import of_rows

AVERAGE = r"^(\d{4})-(\d{4}) average"


def tidy(rows: pl.DataFrame, file_stem: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Same rows; period '2016/2017' with basis average, or a single year with basis calendar."""
    first, last = (pl.col("footnotes").str.extract(AVERAGE, part) for part in (1, 2))
    averaged = first != last
    rows = rows.with_columns(
        pl.when(averaged)
        .then(pl.concat_str(first, last, separator="/"))
        .otherwise(pl.coalesce(first, "year"))
        .alias("period"),
        pl.when(averaged).then(pl.lit("average")).otherwise(pl.lit("calendar")).alias("period basis"),
        pl.when(first != pl.col("year")).then(pl.lit("unclear")).otherwise(pl.lit("")).alias("period certainty"),
    )
    unclear = rows.filter(pl.col("period certainty") == "unclear")
    issue = of_rows(unclear, "period_unclear", "noted", column="year", value=pl.col("year"), known=pl.col("footnotes"))
    return rows, [issue] if issue.height else []
