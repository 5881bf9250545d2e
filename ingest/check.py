"""The last look at rows before they are accepted: pandera models, and one row per key."""

from functools import cache

import pandera.polars as pa
import polars as pl

from schemas.issue import SHAPE, of_rows
from schemas.tables import TABLES, columns

KEY = (
    "concept",
    "unit",
    "place",
    "counterpart",
    "counterpart_role",
    "period_start",
    "period_end",
    "period_basis",
    "dimension",
    "category",
    "variant",
)
"""What makes an observation the same cell: two rows with one key are one number, or a contradiction."""


def conform(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """`rows` with exactly the columns of a table, in its order and types; what is absent is null."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in columns(table).items()
    )


def validate(rows: pl.DataFrame, table: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows of a table that satisfy its model, and an issue for each that does not."""
    if _satisfies(rows, table):
        return rows, []
    try:
        _schema(table).validate(rows, lazy=True)
    except pa.errors.SchemaErrors as errors:
        failures = errors.failure_cases.filter(pl.col("index").is_not_null())
        if failures.height == 0:
            raise
        failures = failures.unique("index", keep="first", maintain_order=True)
        bad = rows[failures["index"].to_list()].select("source_row", pl.lit(failures["column"]).alias("_column"))
        bad = bad.with_columns(
            pl.lit(failures["failure_case"]).cast(pl.String).alias("_value"), pl.lit(failures["check"]).alias("_check")
        )
        issues = of_rows(
            bad,
            "breaks_the_table",
            "row_refused",
            column=pl.col("_column"),
            value=pl.col("_value"),
            known=pl.col("_check").str.slice(0, 60),
        )
        kept = rows.with_row_index("_i").filter(~pl.col("_i").is_in(failures["index"].to_list())).drop("_i")
        return kept, [issues]
    return rows, []


@cache
def _schema(table: str) -> pa.DataFrameSchema:
    return TABLES[table].to_schema()


def _satisfies(rows: pl.DataFrame, table: str) -> bool:
    """Whether all rows satisfy a model; what a column says in every row alike is asked of it once."""
    if rows.height == 0 or dict(rows.schema) != columns(table):
        return False
    same = constant(rows)
    varied = [name for name in rows.columns if name not in same]
    return _passes(rows.select(varied), table) and _one_row_passes(table, tuple(same.items()))


@cache
def _one_row_passes(table: str, row: tuple[tuple[str, str | None], ...]) -> bool:
    return _passes(pl.DataFrame([dict(row)], schema=dict.fromkeys(dict(row), pl.String)), table)


def _passes(rows: pl.DataFrame, table: str) -> bool:
    """Whether rows with some of a table's columns satisfy what its model says of these."""
    known = _schema(table).columns
    try:
        pa.DataFrameSchema({name: known[name] for name in rows.columns}).validate(rows)
    except pa.errors.SchemaError:
        return False
    return True


def constant(rows: pl.DataFrame) -> dict[str, str | None]:
    """Text columns that say the same in every row, and what they say."""
    texts = rows.select(pl.col(pl.String))
    if texts.is_empty():
        return {}
    first = texts.row(0, named=True)
    same = texts.select(pl.all().eq_missing(pl.all().first()).all()).row(0, named=True)
    return {name: first[name] for name, holds in same.items() if holds}


def settle_repeats(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Observations with one row per key: a repeated number is counted once, contradicting numbers are all refused."""
    repeated = rows.filter(pl.struct(KEY).is_duplicated())
    if repeated.height == 0:
        return rows, []
    groups = repeated.with_columns(
        pl.col("source_row").first().over(KEY).alias("_first"),
        pl.col("value").n_unique().over(KEY).alias("_numbers"),
        pl.col("source_row").sort().cast(pl.String).str.join(" and ").over(KEY).alias("_rows"),
    )
    again = groups.filter((pl.col("_numbers") == 1) & (pl.col("source_row") != pl.col("_first")))
    contrary = groups.filter(pl.col("_numbers") > 1)
    issues = [
        of_rows(
            again,
            "same_row_twice",
            "row_skipped",
            column=pl.col("source_column"),
            value=pl.col("value_raw"),
            known=pl.col("_first").cast(pl.String),
        ),
        of_rows(
            contrary,
            "two_numbers_for_one_cell",
            "row_refused",
            column=pl.col("source_column"),
            value=pl.col("value_raw"),
            known=pl.col("_rows"),
        ),
    ]
    dropped = pl.concat([again, contrary]).select("source_row", "source_column", *KEY)
    kept = rows.join(dropped, on=dropped.columns, how="anti", nulls_equal=True, maintain_order="left")
    return kept, [issue for issue in issues if issue.height]


def no_issues() -> pl.DataFrame:
    """An empty frame of issues, in issue.SHAPE."""
    return pl.DataFrame(schema=SHAPE)
