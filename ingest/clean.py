"""Writes the cleaned copy of an upload: the text of one sheet and nothing else. The contributor confirms it, and only
it is kept. Meant to run in a child process (ingest.contained)."""

import csv
import hmac
import json
import re
import secrets
import shutil
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import xlsxwriter
from pydantic import BaseModel

from ingest import intake, keys, personal, workbook
from ingest.sheets import contents, letters
from schemas.refused import FileRefused
from schemas.said import said

HASH_LENGTH = 16
LONGEST_IN_WORKBOOK = 32_767
MOST_ROWS = 1 << 20
WRITTEN = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""The date in a cleaned workbook: always the same, so that the same content gives the same bytes."""
SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
DIGITS = re.compile(r"\d{3}")


class Cleaned(BaseModel, frozen=True):
    """A cleaned copy: its random file name in the folder given, its kind, rows (as the upload has them), the headers
    that are left, and whether its bytes are those of the upload. `emptied` rows had too many or too few cells to tell
    which ones to take away, so all of theirs were."""

    name: str
    kind: str
    rows: int
    headers: list[str]
    unchanged: bool = False
    emptied_rows: int = 0
    emptied_cells: int = 0


class Wish(NamedTuple):
    """What is to become of columns, by their keys: gone, hashed, or emptied where a text holds something personal."""

    remove: frozenset[str]
    hash_: frozenset[str]
    empty: frozenset[str]
    key: bytes

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.remove or self.hash_ or self.empty)

    def demand(self, known: Collection[str]) -> None:
        """Raises FileRefused where a key is none of the `known`."""
        for key in sorted((self.remove | self.hash_ | self.empty) - set(known)):
            raise FileRefused("no_such_column", value=key)

    def done(self, key: str, text: str) -> str:
        """What a text in the column `key`, which is not removed, becomes."""
        if key in self.hash_:
            return linked(text, self.key)
        return "" if key in self.empty and personal.inside(text) else text


def clean(
    path: Path | str,
    into: Path | str,
    *,
    sheet: str | None = None,
    remove: Collection[str] = (),
    hash_: Collection[str] = (),
    empty: Collection[str] = (),
) -> Cleaned:
    """Writes the cleaned copy of `path` into the folder `into`.

    `remove`, `hash_` and `empty` are keys of columns as `intake.look` gives them. A hashed column carries what links
    equal values and says nothing else; one to empty keeps its texts, but for those that hold something personal. Cells
    above the header that hold something personal are always emptied. A workbook becomes an XLSX of its `sheet`, else of
    the first visible one, every cell as text at the row where it stood. Raises FileRefused.
    """
    path, into = Path(path), Path(into)
    kind = intake.kind_of(path)
    ending = "xlsx" if kind == "ods" else kind
    copy = into / f"{secrets.token_hex(16)}.{ending}"
    wish = Wish(frozenset(remove), frozenset(hash_), frozenset(empty), keys.key("linking") if hash_ else b"")
    write = {"csv": _csv, "json": _json, "parquet": _parquet}.get(ending)
    try:
        return write(path, copy, wish) if write else _workbook(path, copy, sheet, wish)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise


def linked(text: str, key: bytes) -> str:
    """What stands for a value in a cleaned copy: 16 hex of a keyed hash, alike however it was spaced or capitalised.

    Empty where nothing is known: texts such as 'erased' would make one weapon of many.
    """
    if personal.is_unknown(text):
        return ""
    plain = "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
    return hmac.new(key, plain.encode(), sha256).hexdigest()[:HASH_LENGTH]


def _workbook(path: Path, copy: Path, sheet: str | None, wish: Wish) -> Cleaned:
    found = contents(path)
    visible = workbook.visible(found)
    if not visible:
        raise FileRefused("no_rows")
    sheet = sheet or visible[0]
    grid = intake.seen(path, found, sheet)
    wish.demand(grid.columns)
    at = intake.header_row([list(row) for row in grid.head(intake.HEADER_WITHIN).iter_rows()])
    grid = grid.drop(wish.remove)
    emptied = 0
    for key in grid.columns:
        texts = grid[key].to_list()
        first = [_at_top(text, row == at, key, wish) for row, text in enumerate(texts[:at], 1)]
        rest = [wish.done(key, text) for text in texts[at:]] if key in wish.hash_ | wish.empty else texts[at:]
        if key not in wish.hash_:
            emptied += sum(1 for text, now in zip(texts, first + rest, strict=True) if text and not now)
        grid = grid.with_columns(pl.Series(key, first + rest, pl.String))
    longest = max((max(map(len, grid[key].to_list()), default=0) for key in grid.columns), default=0)
    if longest > LONGEST_IN_WORKBOOK:
        raise FileRefused("cell_too_long", known=said("{:,} characters", LONGEST_IN_WORKBOOK))
    if grid.height > MOST_ROWS or grid.width > intake.MOST_COLUMNS:
        raise FileRefused("too_wide", value=f"{grid.height:,} × {grid.width:,}", known=f"{MOST_ROWS:,}")
    _write(grid, copy, SHEET_NAME.sub(" ", sheet)[:31].strip("'") or "data")
    headers = [text.strip() for text in grid.row(at - 1)] if at else []
    return Cleaned(name=copy.name, kind="xlsx", rows=grid.height, headers=headers, emptied_cells=emptied)


def _at_top(text: str, is_header: bool, key: str, wish: Wish) -> str:
    """A title that holds something personal goes; a header stays, even that of a hashed column, unless it looks like a
    value itself."""
    if is_header:
        return wish.done(key, text) if key in wish.hash_ and DIGITS.search(text) else text
    return "" if personal.inside(text) else wish.done(key, text) if DIGITS.search(text) else text


def _write(grid: pl.DataFrame, copy: Path, sheet: str) -> None:
    with xlsxwriter.Workbook(copy, {"constant_memory": True, "tmpdir": str(copy.parent)}) as book:
        book.set_properties({"created": WRITTEN, "author": ""})
        page = book.add_worksheet(sheet)
        for row, texts in enumerate(grid.iter_rows()):
            for column, text in enumerate(texts):
                if text:
                    page.write_string(row, column, text)


def _csv(path: Path, copy: Path, wish: Wish) -> Cleaned:
    as_written = intake.dialect(path)
    encoding = _back_and_forth(as_written)

    def told(text: str) -> str:
        return text.encode("latin-1").decode(as_written.encoding, "replace") if encoding == "latin-1" else text

    known = [letters(i) for i in range(as_written.width)]
    wish.demand(known)
    gone = {i for i, key in enumerate(known) if key in wish.remove}
    touched = {i: key for i, key in enumerate(known) if key in wish.hash_ | wish.empty and i not in gone}
    rows = emptied_rows = emptied_cells = 0
    headers: list[str] = []
    with copy.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=as_written.delimiter, lineterminator=as_written.line_end)
        for rows, row in enumerate(intake.records(path, as_written, encoding), 1):
            if wish.any and _is_shifted(row, rows, as_written):
                emptied_rows += 1
                writer.writerow([""] * max(len(row) - len(gone), 0))
                continue
            for i in range(len(row)) if rows <= as_written.header_row else touched.keys() & set(range(len(row))):
                text, key = told(row[i]), letters(i)
                is_top = rows <= as_written.header_row
                now = _at_top(text, rows == as_written.header_row, key, wish) if is_top else wish.done(key, text)
                emptied_cells += bool(text and not now and i not in gone and key not in wish.hash_)
                row[i] = row[i] if now == text else now
            kept = [text for i, text in enumerate(row) if i not in gone]
            headers = [told(text).strip() for text in kept] if rows == as_written.header_row else headers
            writer.writerow(kept)
    unchanged = not wish.any and not emptied_cells
    if unchanged:
        shutil.copyfile(path, copy)
    return Cleaned(
        name=copy.name,
        kind="csv",
        rows=rows,
        headers=headers,
        unchanged=unchanged,
        emptied_rows=emptied_rows,
        emptied_cells=emptied_cells,
    )


def _back_and_forth(as_written: intake.Dialect) -> str:
    """An encoding in which what stays is written back as it stood: one character a byte, except where halves of a
    character can look like something else."""
    halves = as_written.encoding == "gb18030" and as_written.delimiter == "|"
    return as_written.encoding if halves or as_written.encoding.startswith(("utf-16", "utf-8-sig")) else "latin-1"


def _is_shifted(row: list[str], number: int, as_written: intake.Dialect) -> bool:
    """Whether a row below the header has cells too many or too few, so that a value may stand in another column."""
    short = sum(1 for text in row if text.strip()) <= 1 and len(row) < as_written.width and not any(row[1:])
    return number > as_written.header_row and len(row) not in (0, as_written.width) and not short


def _json(path: Path, copy: Path, wish: Wish) -> Cleaned:
    document = intake.loaded(path)
    known = list(dict.fromkeys(key for key, _ in intake.leaves(document)))
    wish.demand(known)
    if wish.any:
        copy.write_text(json.dumps(_kept(document, "", wish), ensure_ascii=False), encoding="utf-8")
    else:
        shutil.copyfile(path, copy)
    lists = [document] if isinstance(document, list) else [part for part in document.values() if isinstance(part, list)]
    left = [name for name in known if name not in wish.remove]
    rows = max(map(len, lists), default=1)
    return Cleaned(name=copy.name, kind="json", rows=rows, headers=left, unchanged=not wish.any)


def _kept(thing: Any, at: str, wish: Wish) -> Any:
    if isinstance(thing, dict):
        paths = {name: f"{at}.{name}" if at else name for name in thing}
        return {
            name: _kept(part, paths[name], wish)
            for name, part in thing.items()
            if paths[name] not in wish.remove or isinstance(part, dict)
        }
    if isinstance(thing, list):
        return [_kept(part, at, wish) for part in thing]
    if thing is None or at not in wish.hash_ | wish.empty:
        return thing
    now = wish.done(at, str(thing))
    return thing if now == str(thing) else now


def _parquet(path: Path, copy: Path, wish: Wish) -> Cleaned:
    rows = intake.table(path)
    wish.demand(rows.columns)
    rows = rows.drop(wish.remove)
    for name in rows.columns:
        if name in wish.hash_ | wish.empty:
            texts = [wish.done(name, text) for text in intake.text_of(rows[name])]
            rows = rows.with_columns(pl.Series(name, texts, pl.String))
    rows.write_parquet(copy)
    return Cleaned(name=copy.name, kind="parquet", rows=rows.height, headers=rows.columns)
