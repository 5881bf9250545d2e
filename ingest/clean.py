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
from typing import Any

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]
from pydantic import BaseModel

from ingest import intake, keys, personal
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
    emptied: int = 0


def clean(
    path: Path | str, into: Path | str, *, sheet: str = "", remove: Collection[str] = (), hash_: Collection[str] = ()
) -> Cleaned:
    """Writes the cleaned copy of `path` into the folder `into`.

    `remove` and `hash_` are keys of columns as `intake.look` gives them; a hashed column carries what links equal
    values and says nothing else. A workbook becomes an XLSX of its `sheet` (else the first visible), every cell as text
    at the row where it stood. Raises FileRefused.
    """
    path, into = Path(path), Path(into)
    kind = intake.kind_of(path)
    ending = "xlsx" if kind == "ods" else kind
    copy = into / f"{secrets.token_hex(16)}.{ending}"
    write = {"csv": _csv, "json": _json, "parquet": _parquet}.get(ending)
    try:
        if write:
            return write(path, copy, set(remove), set(hash_))
        return _workbook(path, copy, sheet, set(remove), set(hash_))
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


def _demand(known: Collection[str], *asked: set[str]) -> None:
    for key in sorted(set.union(*asked) - set(known)):
        raise FileRefused("no_such_column", value=key)


def _workbook(path: Path, copy: Path, sheet: str, remove: set[str], hash_: set[str]) -> Cleaned:
    found = contents(path)
    visible = [part.name for part in found.sheets if part.state == "visible"]
    if not visible:
        raise FileRefused("no_rows")
    sheet = sheet or visible[0]
    grid = intake.seen(path, found, sheet)
    _demand(grid.columns, remove, hash_)
    at = intake.header_row([list(row) for row in grid.head(intake.HEADER_WITHIN).iter_rows()])
    grid = grid.drop(remove)
    key = keys.key("linking") if hash_ else b""
    for column in hash_ - remove:
        texts = [text if _stays(text, row <= at) else linked(text, key) for row, text in enumerate(grid[column], 1)]
        grid = grid.with_columns(pl.Series(column, texts, pl.String))
    longest = max((int(grid[column].str.len_chars().max() or 0) for column in grid.columns), default=0)  # type: ignore[arg-type]
    if longest > LONGEST_IN_WORKBOOK:
        raise FileRefused("cell_too_long", known=said("{:,} characters", LONGEST_IN_WORKBOOK))
    if grid.height > MOST_ROWS or grid.width > intake.MOST_COLUMNS:
        raise FileRefused("too_wide", value=f"{grid.height:,} × {grid.width:,}", known=f"{MOST_ROWS:,}")
    _write(grid, copy, SHEET_NAME.sub(" ", sheet)[:31].strip("'") or "data")
    headers = [text.strip() for text in grid.row(at - 1)] if at else []
    return Cleaned(name=copy.name, kind="xlsx", rows=grid.height, headers=headers)


def _stays(text: str, is_header: bool) -> bool:
    """Whether a text of a hashed column is its header, which stays, unless it looks like a value itself."""
    return is_header and not DIGITS.search(text)


def _write(grid: pl.DataFrame, copy: Path, sheet: str) -> None:
    with xlsxwriter.Workbook(copy, {"constant_memory": True, "tmpdir": str(copy.parent)}) as book:
        book.set_properties({"created": WRITTEN, "author": ""})
        page = book.add_worksheet(sheet)
        for row, texts in enumerate(grid.iter_rows()):
            for column, text in enumerate(texts):
                if text:
                    page.write_string(row, column, text)


def _csv(path: Path, copy: Path, remove: set[str], hash_: set[str]) -> Cleaned:
    as_written = intake.dialect(path)
    encoding = _back_and_forth(as_written)

    def told(text: str) -> str:
        return text.encode("latin-1").decode(as_written.encoding, "replace") if encoding == "latin-1" else text

    known = [letters(i) for i in range(as_written.width)]
    _demand(known, remove, hash_)
    gone = {i for i, name in enumerate(known) if name in remove}
    marked = {i for i, name in enumerate(known) if name in hash_} - gone
    key = keys.key("linking") if marked else b""
    rows = emptied = 0
    headers: list[str] = []
    with copy.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=as_written.delimiter, lineterminator=as_written.line_end)
        for rows, row in enumerate(intake.records(path, as_written, encoding), 1):
            if gone | marked and _is_shifted(row, rows, as_written):
                emptied += 1
                writer.writerow([""] * max(len(row) - len(gone), 0))
                continue
            for i in marked & set(range(len(row))):
                text = told(row[i])
                row[i] = row[i] if _stays(text, rows <= as_written.header_row) else linked(text, key)
            kept = [text for i, text in enumerate(row) if i not in gone]
            headers = [told(text).strip() for text in kept] if rows == as_written.header_row else headers
            writer.writerow(kept)
    unchanged = not gone | marked
    if unchanged:
        shutil.copyfile(path, copy)
    return Cleaned(name=copy.name, kind="csv", rows=rows, headers=headers, unchanged=unchanged, emptied=emptied)


def _back_and_forth(as_written: intake.Dialect) -> str:
    """An encoding in which what stays is written back as it stood: one character a byte, except where halves of a
    character can look like something else."""
    halves = as_written.encoding == "gb18030" and as_written.delimiter == "|"
    return as_written.encoding if halves or as_written.encoding in ("utf-16", "utf-8-sig") else "latin-1"


def _is_shifted(row: list[str], number: int, as_written: intake.Dialect) -> bool:
    """Whether a row below the header has cells too many or too few, so that a value may stand in another column."""
    short = sum(1 for text in row if text.strip()) <= 1 and len(row) < as_written.width and not any(row[1:])
    return number > as_written.header_row and len(row) not in (0, as_written.width) and not short


def _json(path: Path, copy: Path, remove: set[str], hash_: set[str]) -> Cleaned:
    document = intake.loaded(path)
    known = list(dict.fromkeys(key for key, _ in intake.leaves(document)))
    _demand(known, remove, hash_)
    if remove | hash_:
        key = keys.key("linking") if hash_ else b""
        kept = _without(document, "", remove, hash_, key)
        copy.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    else:
        shutil.copyfile(path, copy)
    lists = [document] if isinstance(document, list) else [part for part in document.values() if isinstance(part, list)]
    left = [name for name in known if name not in remove]
    rows = max(map(len, lists), default=1)
    return Cleaned(name=copy.name, kind="json", rows=rows, headers=left, unchanged=not remove | hash_)


def _without(thing: Any, at: str, remove: set[str], hash_: set[str], key: bytes) -> Any:
    if isinstance(thing, dict):
        paths = {name: f"{at}.{name}" if at else name for name in thing}
        return {
            name: _without(part, paths[name], remove, hash_, key)
            for name, part in thing.items()
            if paths[name] not in remove or isinstance(part, dict)
        }
    if isinstance(thing, list):
        return [_without(part, at, remove, hash_, key) for part in thing]
    return linked(str(thing), key) if at in hash_ and thing is not None else thing


def _parquet(path: Path, copy: Path, remove: set[str], hash_: set[str]) -> Cleaned:
    rows = intake.table(path)
    _demand(rows.columns, remove, hash_)
    rows = rows.drop(remove)
    key = keys.key("linking") if hash_ else b""
    for name in hash_ - remove:
        texts = intake.text_of(rows[name])
        rows = rows.with_columns(pl.Series(name, [linked(text, key) for text in texts], pl.String))
    rows.write_parquet(copy)
    return Cleaned(name=copy.name, kind="parquet", rows=rows.height, headers=rows.columns)
