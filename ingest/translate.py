"""Their words → our codes: lookups and templates, column by column."""

from string import Formatter

import polars as pl

from schemas.declaration import Layout, LookupEntry
from schemas.issue import of_rows

LOOKED_UP = (
    "concept",
    "unit",
    "dimension",
    "category",
    "variant",
    "firearm_type",
    "condition",
    "legal_justification",
    "acquisition",
    "obs_status",
    "footnote",
)
"""Columns a lookup can set, beside the SKOS relation of the mapping."""


def folded(text: str) -> str:
    """A published word without differences of case and white space, the form in which words are compared."""
    return " ".join(text.split()).casefold()


def template(text: str, empty: list[str], thousands: str = "") -> pl.Expr:
    """A declaration's template → text per row; null where one of its columns is empty or says 'none'."""
    parts: list[pl.Expr] = []
    for literal, name, spec, _ in Formatter().parse(text):
        if literal:
            parts.append(pl.lit(literal))
        if name:
            cell = pl.col(name).str.strip_chars()
            cell = pl.when(cell.is_in(["", *empty])).then(None).otherwise(cell)
            parts.append(_padded(cell, int(spec), thousands) if spec else cell)
    return pl.concat_str(parts)


def _padded(cell: pl.Expr, digits: int, thousands: str) -> pl.Expr:
    if thousands:
        cell = cell.str.replace_all(thousands, "", literal=True)
    return cell.str.strip_suffix(".0").str.pad_start(digits, "0")


def look_up(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Adds the columns that lookups set, as `our:<column>`, and `our:mapping_relation`; marks unknown words.

    A later lookup of the same layout wins over an earlier one where it sets a column.
    """
    issues: list[pl.DataFrame] = []
    for theirs, words in layout.lookup.items():
        keys = [folded(word) for word in words]
        entries = list(words.values())
        raw = rows[theirs]
        places = {key: i for i, key in enumerate(keys)}
        index = _index(raw, {word: places[folded(word)] for word in words})
        if index.null_count():
            unique = raw.unique()
            index = _index(raw, {text: places.get(folded(text)) for text in unique})
        unknown = index.is_null() & ~rows["_refused"] if index.null_count() else None
        if unknown is not None and unknown.any():
            issues.append(
                of_rows(rows.filter(unknown), "unknown_word", "row_refused", column=theirs, value=pl.col(theirs))
            )
            rows = rows.with_columns((pl.col("_refused") | unknown).alias("_refused"))
        rows = rows.with_columns(_set_by(rows, entries, index))
    return rows, issues


def _index(texts: pl.Series, known: dict[str, int | None]) -> pl.Series:
    """The position of each text, null where it is not known."""
    return texts.replace_strict(
        pl.Series(list(known), dtype=pl.String),
        pl.Series(list(known.values()), dtype=pl.UInt16),
        default=None,
        return_dtype=pl.UInt16,
    )


def _set_by(rows: pl.DataFrame, entries: list[LookupEntry], index: pl.Series) -> list[pl.Series]:
    found = []
    for ours in LOOKED_UP:
        values = [getattr(entry, ours) for entry in entries]
        if any(value is not None for value in values):
            column = pl.Series(values, dtype=pl.String).gather(index).alias(f"our:{ours}")
            if column.name in rows.columns:
                column = column.zip_with(column.is_not_null(), rows[column.name]).alias(column.name)
            found.append(column)
    relation = pl.Series([entry.relation for entry in entries], dtype=pl.String).gather(index)
    if "our:mapping_relation" in rows.columns:
        exact = relation.is_null() | (relation == "exactMatch")
        relation = relation.zip_with(~exact, rows["our:mapping_relation"])
    found.append(relation.alias("our:mapping_relation"))
    return found
