"""Exports of a release's views: every row carries its caveats, definitions, licence, citation and statements.

One SQL file of `exports/` per view chooses the rows and then says what travels with them; this module adds the release
and the designations disclaimer and writes CSV or Parquet. The command line and the pages share it.
"""

import gzip
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.release import sql

DESIGNATIONS = (
    "The designations used do not imply any opinion on the legal status of any country, territory, city or area, or of"
    " its authorities, or on the delimitation of its frontiers or boundaries."
)
"""Stands under every map and in every export."""

FORMS = ("csv", "csv.gz", "parquet")
VIEWS = tuple(path.stem for path in sorted((Path(__file__).parent / "exports").glob("*.sql")))
"""Views that can be exported."""

NARROWED_BY = ("source", "place", "level", "concept")

BATCH = 20_000
"""Rows in memory at a time: each carries about a thousand characters of text."""

A_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
"""How a text begins that a spreadsheet would run; the wide forms count too."""
A_NUMBER = r"^[+-]?[0-9]+(?:[.,][0-9]+)*$"


def batches(con: duckdb.DuckDBPyConnection, release: str, view: str, **only: str | None) -> Iterator[pa.Table]:
    """The rows of a view with what must travel with them, a part at a time; at least one part, of the right shape.

    `only` narrows them: source, place, level (of the place), concept; None asks for all. `release` is the id of the
    release `con` reads. Raises ValueError for a view that is not exported or cannot be narrowed so.
    """
    if view not in VIEWS:
        raise ValueError(f"“{view}” is no view that is exported. There are: {', '.join(VIEWS)}.")
    choose, travel = (statement.query for statement in duckdb.extract_statements(sql(f"exports/{view}")))
    known = {name: only.pop(name, None) for name in NARROWED_BY if f"${name}" in choose}
    if unknown := [name for name, value in only.items() if value is not None]:
        raise ValueError(f"{view} cannot be narrowed by {', '.join(unknown)}, only by {', '.join(known)}.")
    rows = con.execute(choose, known).to_arrow_table()
    # The texts are joined to a part at a time: sorted and held with all rows, they would fill the memory.
    for start in range(0, max(rows.num_rows, 1), BATCH):
        chosen = rows.slice(start, BATCH)
        con.register("chosen", chosen.append_column("nth", pa.array(range(chosen.num_rows), pa.int64())))
        yield _signed(con.execute(travel).to_arrow_table(), release)
    con.unregister("chosen")


def write(parts: Iterable[pa.Table], to: IO[bytes], form: str) -> int:
    """Writes the parts of an export in one of FORMS; returns the rows."""
    if form == "parquet":
        return _parquet(parts, to)
    rows = 0
    whole: AbstractContextManager[Any] = gzip.GzipFile(fileobj=to, mode="wb") if form == "csv.gz" else nullcontext(to)
    with whole as out:
        for part in parts:
            frame = pl.from_arrow(part)
            assert isinstance(frame, pl.DataFrame)
            out.write(as_csv(frame, header=rows == 0).encode("utf-8"))
            rows += part.num_rows
    return rows


def as_csv(frame: pl.DataFrame, *, header: bool = True) -> str:
    """A frame as CSV: exact numbers without idle zeros, lists joined, no text that a spreadsheet runs as a formula."""
    return pl.DataFrame({name: _plain(frame[name]) for name in frame.columns}).write_csv(include_header=header)


def _plain(column: pl.Series) -> pl.Series:
    """A column as a spreadsheet may read it."""
    if isinstance(column.dtype, pl.Decimal):
        return column.cast(pl.String).str.replace(r"\.?0*$", "") if column.dtype.scale else column.cast(pl.String)
    if isinstance(column.dtype, pl.List):
        inner = column.dtype.inner
        parts = pl.element().struct.json_encode() if isinstance(inner, pl.Struct) else pl.element().cast(pl.String)
        return _plain(column.list.eval(parts).list.join(" | "))
    if column.dtype != pl.String:
        return column
    runs = column.str.contains(A_FORMULA) & ~column.str.contains(A_NUMBER)
    return ("'" + column).zip_with(runs.fill_null(False), column)


def _signed(part: pa.Table, release: str) -> pa.Table:
    for name, text in (("release", release), ("designations", DESIGNATIONS)):
        part = part.append_column(name, pa.repeat(pa.scalar(text), part.num_rows))
    return part


def _parquet(parts: Iterable[pa.Table], to: IO[bytes]) -> int:
    rows = 0
    writer = None
    try:
        for part in parts:
            writer = writer or pq.ParquetWriter(to, part.schema, compression="zstd")
            writer.write_table(part)
            rows += part.num_rows
    finally:
        if writer:
            writer.close()
    return rows
