"""ISP-RJ fills the months of a year that are still to come with zeros, and its list of areas names some areas twice."""

import polars as pl

from schemas.issue import of_rows, one

PARTS = "quantidade_"


def tidy(rows: pl.DataFrame, file_stem: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The monthly table without months not yet published; the list of areas as it stands, with notes."""
    return _areas(rows) if "CISP" in rows.columns else _months(rows)


def _months(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    parts = [name for name in rows.columns if name.startswith(PARTS)]
    month = pl.col("ano").cast(pl.Int64, strict=False) * 12 + pl.col("mes").cast(pl.Int64, strict=False)
    zero = pl.all_horizontal(pl.col(*parts, "total").str.strip_chars() == "0")
    last = rows.filter(~zero).select(month.max()).item()
    waiting = (zero & (month > last)).fill_null(False) if last is not None else pl.lit(False)
    ahead, rows = rows.filter(waiting), rows.filter(~waiting)
    issues = _totals(rows, parts)
    if ahead.height:
        row = int(ahead["source_row"][0])
        issues.append(one("skipped_not_published_yet", "row_skipped", row=row, n_rows=ahead.height))
    return rows, issues


def _totals(rows: pl.DataFrame, parts: list[str]) -> list[pl.DataFrame]:
    """A note for each row whose total is not the sum of its types."""
    summed = pl.sum_horizontal(pl.col(name).cast(pl.Int64, strict=False) for name in parts)
    wrong = rows.with_columns(summed.alias("_summed")).filter(
        pl.col("total").cast(pl.Int64, strict=False) != pl.col("_summed")
    )
    issue = of_rows(wrong, "total_differs", "noted", column="total", value=pl.col("total"), known=pl.col("_summed"))
    return [issue] if issue.height else []


def _areas(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    several = (
        rows.group_by("CISP", maintain_order=True)
        .agg(pl.col("source_row").first(), pl.col("Município").unique(maintain_order=True).alias("_in"))
        .filter(pl.col("_in").list.len() > 1)
    )
    issue = of_rows(
        several, "area_in_several", "noted", column="CISP", value=pl.col("CISP"), known=pl.col("_in").list.join(", ")
    )
    return rows, [issue] if issue.height else []
