"""The ATF matrix: states of recovery across, states of sale down, totals in the last row and column."""

import polars as pl

from schemas.issue import FileRefused, of_rows, one
from schemas.said import said

TOTALS = ("TOTAL", "TOTALS")
TOLERANCE = 0


def tidy(rows: pl.DataFrame, file_stem: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """One row per cell: source_row, source_column (the state of recovery), sold in, recovered in, traced."""
    labels = rows.row(1, named=True)
    states = {
        name: str(labels[name]).strip() for name in rows.columns if name not in ("source_row", "A", "B", "_cells")
    }
    states = {name: label for name, label in states.items() if label}
    total_column = next((name for name, label in states.items() if label.upper() in TOTALS), None)
    sold_in = rows["B"].str.strip_chars()
    total_rows = rows.filter(sold_in.str.to_uppercase().is_in(TOTALS))
    if total_column is None or total_rows.height != 1:
        raise FileRefused("unreadable", value=said("no TOTAL row and column"), known=said("an ATF matrix of states"))
    first_total = int(total_rows["source_row"][0])
    body = rows[2:].filter(pl.col("source_row") < first_total)
    after = rows.filter(pl.col("source_row") > first_total)
    _same_year(after, file_stem)
    recovered = {name: label for name, label in states.items() if name != total_column}
    long = body.unpivot(
        list(recovered), index=["source_row", "B"], variable_name="_letter", value_name="traced"
    ).select(
        "source_row",
        pl.col("_letter").replace_strict(recovered).alias("source_column"),
        pl.col("B").alias("sold in"),
        pl.col("_letter").replace_strict(recovered).alias("recovered in"),
        "traced",
        pl.lit(None, pl.UInt32).alias("_cells"),
    )
    issues = [
        one("skipped_title", "row_skipped", row=1, n_rows=2),
        one("skipped_total", "row_skipped", row=first_total),
        *_totals(body, total_rows, total_column, recovered),
    ]
    if after.height:
        issues.append(one("skipped_footer", "row_skipped", row=int(after["source_row"][0]), n_rows=after.height))
    return long.sort("source_row", maintain_order=True), issues


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64, strict=False).fill_null(0)


def _same_year(footnotes: pl.DataFrame, file_stem: str) -> None:
    """The footnotes of later files name the year; a file under another year's name is refused."""
    text = " ".join(footnotes["B"].to_list() + footnotes["A"].to_list())
    stated = {f"20{year:02}" for year in range(100) if f"1/1/20{year:02}" in text}
    if stated and not any(year in file_stem for year in stated):
        raise FileRefused("period_disagrees", value=file_stem, known=" or ".join(sorted(stated)))


def _totals(
    body: pl.DataFrame, total_row: pl.DataFrame, total_column: str, recovered: dict[str, str]
) -> list[pl.DataFrame]:
    """The file's own totals against its cells: an issue for each that differs, one for the whole where all agree."""
    across = body.select(
        "source_row", "B", stated=_number(total_column), summed=pl.sum_horizontal(map(_number, recovered))
    )
    wrong = across.filter((pl.col("stated") - pl.col("summed")).abs() > TOLERANCE)
    issues = [
        of_rows(
            wrong,
            "total_differs",
            "noted",
            column=pl.col("B"),
            value=pl.col("stated"),
            known=pl.col("summed").cast(pl.String),
        )
    ]
    row = int(total_row["source_row"][0])
    for name, label in recovered.items():
        stated, summed = total_row.select(_number(name)).item(), body.select(_number(name).sum()).item()
        if stated != summed:
            issues.append(one("total_differs", "noted", row=row, column=label, value=str(stated), known=str(summed)))
    stated, summed = total_row.select(_number(total_column)).item(), int(across["summed"].sum())
    kind = "total_agrees" if stated == summed else "total_differs"
    issues.append(one(kind, "noted", row=row, column="TOTAL", value=str(stated), known=str(summed)))
    stated_down = int(across["stated"].sum())
    if stated_down != summed:
        issues.append(one("total_differs", "noted", column="TOTAL column", value=str(stated_down), known=str(summed)))
    return [part for part in issues if part.height]
