"""XLSX or ODS → a grid of text. A workbook is looked over (ingest.sheets) before it is opened."""

from pathlib import Path

import fastexcel
import polars as pl

from ingest.sheets import Contents, contents, letters
from schemas.refused import FileRefused
from schemas.said import said


def grid(path: Path | str, sheet: str | None = None) -> pl.DataFrame:
    """One sheet (else the first) as text, from cell A1 on, columns named A, B, C …; an empty cell is ''.

    Raises FileRefused for anything that is not a readable, ordinary workbook.
    """
    path = Path(path)
    contents(path)
    return opened(path, sheet)


def opened(path: Path, sheet: str | None) -> pl.DataFrame:
    """The grid of a workbook that was looked over before."""
    try:
        book = fastexcel.read_excel(path)
        loaded = book.load_sheet(sheet or 0, header_row=None, skip_rows=0, dtypes="string")
        # Empty columns on the left are left out by the reader, and would shift every letter.
        first = min((column.absolute_index for column in loaded.available_columns()), default=0)
        cells = loaded.to_polars()
    except Exception as error:
        raise FileRefused("unreadable", value=said("it is damaged"), known=said("an XLSX workbook")) from error
    cells.columns = [letters(first + i) for i in range(cells.width)]
    before = [pl.lit("", pl.String).alias(letters(i)) for i in range(first if cells.height else 0)]
    return cells.select(*before, pl.all().cast(pl.String).fill_null(""))


def visible(found: Contents) -> list[str]:
    """The names of the sheets that can be seen."""
    return [sheet.name for sheet in found.sheets if sheet.state == "visible"]
