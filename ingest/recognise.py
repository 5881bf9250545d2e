"""Which layout of which source a file has. Recognising selects a layout, never authority."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from ingest.ingest import Snapshot
from ingest.read import batches, header
from ingest.workbook import grid
from schemas.declaration import Layout, Read, Source
from schemas.issue import FileRefused
from schemas.said import said

NEAR = 0.5


class Recognised(NamedTuple):
    """A source and the layout of it that a file has."""

    source: Source
    layout: Layout


def recognise(path: Path, sources: Iterable[Source], file_name: str | None = None) -> Recognised:
    """The one source and layout a file has. Raises FileRefused with what is missing or unknown when none fits."""
    if path.stat().st_size == 0:
        raise FileRefused("empty_file")
    form = _format(path)
    nearest: tuple[float, Recognised, list[str]] | None = None
    seen: dict[str, list[str]] = {}
    trouble: FileRefused | None = None
    for source in sources:
        for layout in source.layout:
            if layout.read.format != form:
                continue
            try:
                names = _names(path, layout.read, seen)
            except FileRefused as refused:
                trouble = refused
                continue
            if _fits(path, layout, names):
                return Recognised(source, layout)
            share = _share(layout.recognise.columns, names)
            if nearest is None or share > nearest[0]:
                nearest = share, Recognised(source, layout), names
    if trouble is not None and (nearest is None or nearest[0] == 0):
        raise trouble
    raise _difference(nearest)


def _format(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(b"PK"):
        return "ods" if b"mimetypeapplication/vnd.oasis" in head else "xlsx"
    if head.startswith(b"PAR1"):
        return "parquet"
    return "json" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else "csv"


def _names(path: Path, read: Read, seen: dict[str, list[str]]) -> list[str]:
    key = read.model_dump_json()
    if key not in seen:
        seen[key] = header(path, read)
    return seen[key]


def _fits(path: Path, layout: Layout, names: list[str]) -> bool:
    wanted = layout.recognise
    if wanted.columns and sorted(wanted.columns) != sorted(names):
        return False
    if wanted.cells:
        sheet = grid(path, layout.read.sheet)
        if any(_cell(sheet, where) != text for where, text in wanted.cells.items()):
            return False
    if wanted.where:
        first = next(batches(path, layout.read, careful=True, rows=1), pl.DataFrame())
        if first.height == 0 or any(first[name][0].strip() != text for name, text in wanted.where.items()):
            return False
    return bool(wanted.columns or wanted.cells)


def _cell(sheet: pl.DataFrame, where: str) -> str:
    column, row = where.rstrip("0123456789"), int(where.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return str(sheet[column][row - 1]).strip() if column in sheet.columns and row <= sheet.height else ""


def _share(columns: list[str], names: list[str]) -> float:
    both = len(set(columns) & set(names))
    return both / len(set(columns) | set(names)) if both else 0


def _difference(nearest: tuple[float, Recognised, list[str]] | None) -> FileRefused:
    if nearest is None or nearest[0] < NEAR:
        known = ""
        if nearest is not None:
            shown = ", ".join(islice(nearest[2], 6))
            known = said("Its columns begin: {}.", shown) if shown else ""
        return FileRefused("not_recognised", known=known)
    _, (source, layout), names = nearest
    absent = [name for name in layout.recognise.columns if name not in names]
    extra = [name for name in names if name not in layout.recognise.columns]
    if absent:
        return FileRefused("missing_columns", known=said("{} (nearest layout: {})", ", ".join(absent), source.name))
    if extra:
        return FileRefused("unknown_columns", known=said("{} (nearest layout: {})", ", ".join(extra), source.name))
    return FileRefused("not_recognised", known=said("It looks like the layout “{}” of {}.", layout.name, source.name))


def released(layout: Layout, snapshot: Snapshot) -> date | None:
    """The publisher's own date of a file, where its layout says where to find it; else None."""
    said = layout.released
    text: Any = None
    if said.given:
        return said.given
    if said.cell:
        text = _cell(grid(snapshot.path, layout.read.sheet), said.cell)
    elif said.file_name:
        return _date(snapshot.stem, said.file_name)
    elif said.json_key:
        import json

        loaded = json.loads(snapshot.path.read_text(encoding="utf-8"))
        text = reduce(lambda found, key: found.get(key, {}), said.json_key.split("."), loaded)
    return _date(str(text), said.format) if text else None


def _date(text: str, pattern: str) -> date | None:
    try:
        return datetime.strptime(text, pattern).replace(tzinfo=UTC).date()
    except ValueError:
        return None
