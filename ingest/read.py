"""Bytes → batches of text rows. Every batch has `source_row` (UInt32, as a spreadsheet counts), the file's own
columns as text ('' for an empty cell) and `_cells` (how many cells a ragged row has, else null).

The fast path is Polars' reader. Where it reports a defect (undecodable bytes, ragged rows, stray quotation marks,
old line ends) the careful path reads the file again with Python's csv module; both give the same rows.
"""

import csv
import io
import json
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import polars as pl

from ingest.workbook import grid
from schemas.declaration import Read
from schemas.issue import FileRefused

BATCH_ROWS = 500_000
CELL_LIMIT = 1_000_000
HEAD_BYTES = 1 << 16


class Defect(Exception):
    """The fast reader met something that only the careful one can describe."""


def batches(path: Path, read: Read, *, careful: bool = False, rows: int = BATCH_ROWS) -> Iterator[pl.DataFrame]:
    """Batches of text rows of one file.

    Raises FileRefused for a file that cannot be read at all, Defect when the fast path must give way
    (call again with `careful`).
    """
    if path.stat().st_size == 0:
        raise FileRefused("empty_file")
    if read.format in ("xlsx", "ods"):
        return _table(grid(path, read.sheet), read)
    if read.format == "parquet":
        return _parquet(path)
    if read.format == "json":
        return _records(path, read)
    return _careful_csv(path, read, rows) if careful else _fast_csv(path, read, rows)


def header(path: Path, read: Read) -> list[str]:
    """The column names of a file, as written. Raises FileRefused."""
    if read.format == "csv":
        return _named(_csv_header(path, read))
    first = next(batches(path, read), None)
    return [] if first is None else [name for name in first.columns if name not in ("source_row", "_cells")]


def no_pattern(name: str) -> str:
    """A column's name; one that Polars would take for a pattern ('*', '^x$') with broad signs in place of these."""
    pattern = name == "*" or (name.startswith("^") and name.endswith("$"))
    return name.translate({ord("*"): "＊", ord("^"): "＾"}) if pattern else name


def _unique(names: list[str]) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise FileRefused("duplicate_columns", column=name or "(empty)")
    return names


def _csv_header(path: Path, read: Read) -> list[str]:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text = head.decode(read.encoding, errors="replace").removeprefix("\ufeff")
    try:
        first = [*islice(_rows(text, read), max(read.header_row, 1))]
    except csv.Error as error:
        raise FileRefused("unreadable", value=str(error), known="CSV") from error
    names = _of_groups(first, read)
    if not any(names):
        raise FileRefused("empty_file")
    return names


def _of_groups(first: list[list[str]], read: Read) -> list[str]:
    """The names of the columns, from the rows down to the header."""
    at = max(read.header_row, 1)
    names = [name.strip() for name in first[at - 1]] if len(first) >= at else []
    above = [name.strip() for name in first[at - 2]] if read.groups_above and at > 1 and names else []
    return grouped(above, names)


def grouped(above: list[str], names: list[str]) -> list[str]:
    """Names of columns with those of the groups in the row above: ['2021', ''] and ['Pistols', 'Rifles'] give
    ['2021 Pistols', '2021 Rifles'].

    A group goes on over empty cells to its right, if it begins over a name; over none it is itself a column's name.
    """
    found, group = [], ""
    for i, own in enumerate(names + [""] * max(0, len(above) - len(names))):
        upper = above[i] if i < len(above) else ""
        if upper:
            group = upper if own else ""
        found.append(no_pattern(f"{group} {own}" if group and own and group != own else own or upper))
    return found


def _named(names: list[str]) -> list[str]:
    """The names of the columns, without those to the right of the last that has one."""
    width = max((i + 1 for i, name in enumerate(names) if name), default=0)
    return _unique(names[:width])


def _rows(text: str, read: Read) -> "Iterator[list[str]]":
    """Rows of cells as Python's csv module reads them."""
    lines = io.StringIO(text, newline="")
    if not read.quote:
        return csv.reader(lines, delimiter=read.delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=read.delimiter, quotechar=read.quote)


def _fast_csv(path: Path, read: Read, rows: int) -> Iterator[pl.DataFrame]:
    if read.header_row != 1 or read.quote != '"' or b"\r" in _line_ends(path):
        raise Defect
    names = _unique(_csv_header(path, read))
    if any("\ufffd" in name for name in names) or not names[-1]:
        raise Defect
    source: Path | bytes = path
    if read.encoding != "utf-8":
        source = _decoded(path, read).encode("utf-8")
    delimiter = read.delimiter.encode()
    with _bytes_of(source) as data:
        delimiters, quoted = _count(data, delimiter), data.find(b'"') >= 0
        last = data[data.rfind(b"\n") + 1 :]
        stray = quoted and _has_stray_quotes(data, delimiter)
    # Polars drops what is too much on a last line without an end.
    if stray or last.count(delimiter) >= len(names) or b'"' in last:
        raise Defect
    scan = pl.scan_csv(
        source,
        schema=dict.fromkeys(names, pl.String),
        separator=read.delimiter,
        empty_string_is_null=False,
        glob=False,
    )
    seen, inside, offset = 0, 0, 0
    try:
        for batch in scan.collect_batches(chunk_size=rows, maintain_order=True, engine="streaming"):
            seen += batch.height
            if quoted:
                counts = batch.select(pl.all().str.count_matches(read.delimiter, literal=True).sum())
                inside += int(sum(counts.row(0)))
            yield batch.select(
                (pl.int_range(offset + 2, offset + 2 + batch.height, dtype=pl.UInt32)).alias("source_row"),
                pl.all(),
                pl.lit(None, pl.UInt32).alias("_cells"),
            )
            offset += batch.height
    except pl.exceptions.PolarsError as error:
        raise Defect from error
    header_inside = sum(name.count(read.delimiter) for name in names)
    if delimiters != (len(names) - 1) * (seen + 1) + inside + header_inside:
        raise Defect


def _line_ends(path: Path) -> bytes:
    """The control characters of the head that are not plain line feeds or CRLF pairs."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES).removesuffix(b"\r").replace(b"\r\n", b"")


@contextmanager
def _bytes_of(source: Path | bytes) -> Iterator["mmap.mmap | bytes"]:
    """A file mapped into memory, or bytes as they are; both have `find`, `rfind` and slicing."""
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        yield mapped


def _count(data: "mmap.mmap | bytes", what: bytes) -> int:
    step = 1 << 24
    return sum(data[start : start + step].count(what) for start in range(0, len(data), step))


def _has_stray_quotes(data: "mmap.mmap | bytes", delimiter: bytes) -> bool:
    """Whether a cell begins with an empty quotation and goes on (`,""a`), which no two readers take alike."""
    for before in (delimiter, b"\n"):
        at = data.find(before + b'""')
        while at >= 0:
            if data[at + 3 : at + 4] not in (b'"', b"\r", b"\n", b"", delimiter):
                return True
            at = data.find(before + b'""', at + 3)
    return False


def _decoded(path: Path, read: Read) -> str:
    raw = path.read_bytes()
    try:
        return raw.decode(read.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        near = raw[max(0, error.start - 20) : error.start + 20].decode("ascii", errors="replace")
        raise FileRefused("wrong_encoding", value=near, known=read.encoding) from error


def _careful_csv(path: Path, read: Read, rows: int) -> Iterator[pl.DataFrame]:
    width = len(_csv_header(path, read))
    names = _named(_csv_header(path, read))
    csv.field_size_limit(CELL_LIMIT)
    records = _rows(_decoded(path, read), read)
    try:
        row = len(list(islice(records, read.header_row)))
        while block := list(islice(records, rows)):
            yield _frame(names, block, row + 1, width)
            row += len(block)
    except csv.Error as error:
        raise FileRefused("unreadable", value=str(error), known="CSV") from error


def _frame(names: list[str], block: list[list[str]], first_row: int, cells_in_header: int) -> pl.DataFrame:
    width = len(names)
    cells = [
        None if len(record) in (0, cells_in_header) and not any(record[width:]) else len(record) for record in block
    ]
    padded = [(record + [""] * width)[:width] for record in block]
    return pl.DataFrame(
        {
            "source_row": pl.Series(range(first_row, first_row + len(block)), dtype=pl.UInt32),
            **{name: pl.Series([record[i] for record in padded], dtype=pl.String) for i, name in enumerate(names)},
            "_cells": pl.Series(cells, dtype=pl.UInt32),
        }
    )


def _table(sheet: pl.DataFrame, read: Read) -> Iterator[pl.DataFrame]:
    if read.header_row:
        if sheet.height < read.header_row:
            raise FileRefused("no_rows")
        first = [[str(text) for text in row] for row in sheet.head(read.header_row).rows()]
        names = _named(_of_groups(first, read))
        sheet = sheet[:, : len(names)]
        sheet.columns = names
    yield sheet[read.header_row :].select(
        pl.int_range(read.header_row + 1, sheet.height + 1, dtype=pl.UInt32).alias("source_row"),
        pl.all(),
        pl.lit(None, pl.UInt32).alias("_cells"),
    )


def _records(path: Path, read: Read) -> Iterator[pl.DataFrame]:
    try:
        loaded = json.loads(_decoded(path, read))
        records = loaded[read.records] if read.records else loaded
        names = list(dict.fromkeys(name for record in records for name in record))
    except (json.JSONDecodeError, KeyError, TypeError, RecursionError) as error:
        raise FileRefused("unreadable", value=str(error)[:80], known="JSON") from error
    if not names:
        raise FileRefused("no_rows")
    yield pl.DataFrame(
        {
            "source_row": pl.Series(range(1, len(records) + 1), dtype=pl.UInt32),
            **{
                no_pattern(name): pl.Series([_text(record.get(name)) for record in records], dtype=pl.String)
                for name in names
            },
            "_cells": pl.Series([None] * len(records), dtype=pl.UInt32),
        }
    )


def _parquet(path: Path) -> Iterator[pl.DataFrame]:
    """A Parquet file's columns as text; `source_row` is the record's number."""
    try:
        table = pl.read_parquet(path)
        if any(kind.is_nested() or kind == pl.Binary for kind in table.dtypes):
            raise FileRefused("unreadable", value="nested columns", known="Parquet")
        texts = table.select(pl.all().cast(pl.String).fill_null("")).rename(no_pattern)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileRefused("unreadable", value=str(error)[:80], known="Parquet") from error
    yield texts.select(
        pl.int_range(1, texts.height + 1, dtype=pl.UInt32).alias("source_row"),
        pl.all(),
        pl.lit(None, pl.UInt32).alias("_cells"),
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " | ".join(_text(part) for part in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
