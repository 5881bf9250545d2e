"""The samples of `tests/samples`: one small file per layout, written for the tests, and beside it what it must give.

`<layout>.expected.toml` holds `[counts]`, `[issues]` (kind → rows concerned) and some `[[accepted]]` rows. A workbook
is kept as the CSV of its cells, `<name>.xlsx.csv`, to be read in a review, and written when a test needs it.
"""

import csv
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from ingest import ledger
from ingest.accept import Report, accept
from ingest.declarations import sources
from ingest.folder import Folder
from ingest.ingest import Batch, Snapshot, collect
from ingest.keep import keep
from ingest.register.gazetteer import load as gazetteer
from schemas.declaration import Expect, Layout, Source

SAMPLES = Path(__file__).with_name("samples")
NO_SNAPSHOT = "0" * 64


@dataclass(frozen=True)
class Sample:
    """One layout of a built-in source, with its sample and what that must give."""

    source: Source
    layout: Layout

    def __str__(self) -> str:
        return f"{self.source.name}-{self.layout.name}"

    @property
    def expected(self) -> dict[str, Any]:
        path = SAMPLES / self.source.name / f"{self.layout.name}.expected.toml"
        return tomllib.loads(path.read_text(encoding="utf-8"))

    def file(self, folder: Path) -> Path:
        """The sample under the name its publisher would give it; a workbook is written into `folder`."""
        name = self.expected.get("file", f"{self.layout.name}.{self.layout.read.format}")
        path = SAMPLES / self.source.name / name
        return path if self.layout.read.format != "xlsx" else workbook(path.with_name(f"{name}.csv"), folder / name)

    def read(self, folder: Path) -> Batch:
        """The sample ingested; how many rows a whole file should have does not matter here."""
        return collected(self.source, self.layout, self.file(folder))


def samples() -> list[Sample]:
    """Every layout of every built-in source but the one of the starter tables, which they all share."""
    return [
        Sample(source, layout) for source in sources().values() for layout in source.layout if layout.name != "starter"
    ]


def layout_of(source: str, name: str) -> tuple[Source, Layout]:
    """A built-in source and one of its layouts."""
    return sources()[source], next(layout for layout in sources()[source].layout if layout.name == name)


def collected(source: Source, layout: Layout, path: Path) -> Batch:
    """A file ingested without the expectation on its number of rows."""
    small = layout.model_copy(update={"expect": Expect(years=layout.expect.years)})
    return collect(source, small, Snapshot(NO_SNAPSHOT, path, path.name), gazetteer())


def workbook(cells: Path, to: Path) -> Path:
    """Writes a workbook from the CSV of its cells; whole numbers become numbers."""
    with xlsxwriter.Workbook(to) as book, cells.open(encoding="utf-8", newline="") as text:
        sheet = book.add_worksheet()
        for row, record in enumerate(csv.reader(text)):
            for column, cell in enumerate(record):
                if cell:
                    sheet.write(row, column, int(cell) if cell.isdecimal() else cell)
    return to


def rows_like(rows: pl.DataFrame, wanted: dict[str, Any]) -> pl.DataFrame:
    """The rows that have every wanted cell; '' stands for an empty one."""
    for name, cell in wanted.items():
        column = pl.col(name)
        if cell == "":
            empty = column.is_null() | (column == "") if rows.schema[name] == pl.String else column.is_null()
            rows = rows.filter(empty)
        elif isinstance(rows.schema[name], pl.Decimal):
            rows = rows.filter(column == Decimal(cell))
        else:
            rows = rows.filter(column == (pl.lit(cell) if isinstance(cell, date) else cell))
    return rows


def accept_small(folder: Folder, source: Source, layout: Layout, *rest: Any) -> Report:
    """Samples are shorter than the files they stand for. A build is given it in place of `warehouse.inputs.accept`."""
    return accept(folder, source, layout.model_copy(update={"expect": Expect()}), *rest)


def keep_samples(folder: Folder, names: tuple[str, ...], away: Path) -> None:
    """Receives the samples of these sources; workbooks are written into `away`."""
    for sample in samples():
        if sample.source.name in names:
            path = sample.file(away)
            sha, _ = keep(folder, path)
            ledger.append(
                folder,
                "received",
                source=sample.source.name,
                layout=sample.layout.name,
                snapshot=sha,
                file_name=path.name,
                bytes=path.stat().st_size,
                released=None,
            )
            ledger.append(folder, "accepted", source=sample.source.name, snapshot=sha)
