"""XLSX → a grid of text. A workbook is looked over before it is opened: two cells far apart, or an archive that
unpacks to gigabytes, would otherwise end the whole process."""

import re
import zipfile
from pathlib import Path
from string import ascii_uppercase

import fastexcel
import polars as pl

from schemas.issue import FileRefused
from schemas.said import said

MOST_ENTRIES = 2_000
MOST_UNPACKED = 1 << 30
MOST_RATIO = 200
MOST_CELLS = 50_000_000
CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')


def letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = ascii_uppercase[rest] + name
    return name


def number(name: str) -> int:
    """A → 0, AA → 26."""
    index = 0
    for letter in name:
        index = index * 26 + ascii_uppercase.index(letter) + 1
    return index - 1


def grid(path: Path, sheet: str | None = None) -> pl.DataFrame:
    """One sheet as text, from cell A1 on, columns named A, B, C …; empty cells are ''.

    Raises FileRefused for anything that is not a readable, ordinary workbook.
    """
    _look_over(path)
    try:
        book = fastexcel.read_excel(path)
        loaded = book.load_sheet(sheet or 0, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except Exception as error:
        raise FileRefused("unreadable", value=str(error)[:80], known=said("an XLSX workbook")) from error
    loaded.columns = [letters(i) for i in range(loaded.width)]
    return loaded.with_columns(pl.all().cast(pl.String).fill_null(""))


def _look_over(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ENTRIES:
                raise FileRefused("unsafe_workbook", known=said("it holds {:d} parts", len(entries)))
            if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(path.stat().st_size, 1 << 16):
                raise FileRefused("unsafe_workbook", known=said("it unpacks to {:,} bytes", unpacked))
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _look_over_part(archive, entry)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileRefused("unreadable", value=str(error)[:80], known=said("an XLSX workbook")) from error


def _look_over_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    first_row, last_row, last_column = 1 << 20, 0, 0
    rest = b""
    with archive.open(entry) as part:
        head = part.read(1024)
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise FileRefused("unsafe_workbook", known=said("its XML declares entities"))
        if not entry.filename.startswith("xl/worksheets/"):
            return
        while head:
            text = rest + head
            for column, row in CELL.findall(text):
                first_row, last_row = min(first_row, int(row)), max(last_row, int(row))
                last_column = max(last_column, number(column.decode()) + 1)
            if last_row * last_column > MOST_CELLS:
                known = said("its cells reach to column {:d}, row {:d}", last_column, last_row)
                raise FileRefused("unsafe_workbook", known=known)
            rest, head = text[-200:], part.read(1 << 20)
