"""Looks at an upload before anything else does: what it is by its content, its sheets, what cleaning would take away,
and which columns seem to hold personal data. Meant to run in a child process (ingest.contained)."""

import codecs
import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl
from pydantic import BaseModel

from ingest import personal, workbook
from ingest.personal import Personal
from ingest.sheets import Contents, contents, letters, number
from ingest.sheets import Sheet as Part
from schemas.refused import FileRefused
from schemas.said import said

Kind = Literal["csv", "xlsx", "ods", "json", "parquet"]

LONGEST_LINE = 8 << 20
LONGEST_CELL = 1_000_000
MOST_COLUMNS = 16_384
MOST_CELLS = 50_000_000
BLOCK = 1 << 20
BATCH_CELLS = 2_000_000
HEADER_WITHIN = 30
HEADER_SHARE = 0.7
"""A header fills at least so much of the widest of a file's first rows."""
DELIMITERS = ",;\t|"
CONTROL = bytes(sorted(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b")))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

SHEET_OR_CSV = said("XLSX or CSV")
SEEMS = {
    b"%PDF": said("a PDF"),
    b"MZ": said("a program"),
    b"\x7fELF": said("a program"),
    b"SQLite format 3\x00": said("a database"),
    b"\x1f\x8b": said("a compressed file"),
    b"7z\xbc\xaf": said("a compressed file"),
    b"Rar!": said("a compressed file"),
    b"BZh": said("a compressed file"),
    b"\xfd7zXZ": said("a compressed file"),
    b"\x28\xb5\x2f\xfd": said("a compressed file"),
    b"\x89PNG": said("a picture"),
    b"\xff\xd8\xff": said("a picture"),
    b"GIF8": said("a picture"),
    b"{\\rtf": said("a text document"),
    b"\x89HDF": said("a file of a statistics program"),
    b"$FL2": said("a file of a statistics program"),
    b"<stata_dta": said("a file of a statistics program"),
    b"ARROW1": said("an Arrow file"),
}
PACKAGES = {
    "word/": said("a text document"),
    "ppt/": said("a presentation"),
    "xl/workbook.bin": said("a binary Excel workbook (XLSB)"),
    "AndroidManifest.xml": said("a program"),
}
OPEN_DOCUMENT = {
    b"application/vnd.oasis.opendocument.text": said("a text document"),
    b"application/vnd.oasis.opendocument.presentation": said("a presentation"),
    b"application/epub+zip": said("a text document"),
}


class Column(BaseModel, frozen=True):
    """One column: `key` names it for cleaning (its letter in a sheet or CSV, its name elsewhere)."""

    key: str
    header: str


class Sheet(BaseModel, frozen=True):
    """One visible sheet, or the one table of a file without sheets (name ''). Hidden rows and columns are not counted
    in `columns` and `personal`: cleaning takes them away. `header_row` is a guess, from 1 on; 0 where there is none."""

    name: str
    rows: int
    header_row: int
    columns: list[Column]
    personal: list[Personal]


class Looked(BaseModel, frozen=True):
    """What an upload is. `taken` counts what cleaning removes unasked: comments, threaded_comments, hidden_sheets,
    very_hidden_sheets, hidden_rows, hidden_columns, titles (cells above the header that hold something personal),
    authors, properties, formulas (their results stay), images, charts, macros, external_links …"""

    kind: Kind
    sheets: list[Sheet]
    taken: dict[str, int]


class Dialect(NamedTuple):
    """How a text file is written. `encoding` is a guess where it is not Unicode, good enough to look for words."""

    encoding: str
    delimiter: str
    line_end: str
    header_row: int
    width: int


def look(path: Path | str) -> Looked:
    """Says what a file is. Raises FileRefused for what is no table, is unsafe or cannot be read."""
    path = Path(path)
    kind = kind_of(path)
    if kind in ("xlsx", "ods"):
        return _look_at_workbook(path, kind)
    if kind == "json":
        return Looked(kind=kind, sheets=[_look_at_json(path)], taken={})
    if kind == "parquet":
        return _look_at_parquet(path)
    as_written = dialect(path)
    first = list(islice(records(path, as_written, as_written.encoding), HEADER_WITHIN))
    count = titles(first, as_written.header_row)
    return Looked(kind="csv", sheets=[_look_at_csv(path, as_written)], taken={"titles": count} if count else {})


def kind_of(path: Path) -> Kind:
    """What a file is by its content, whatever its name. Raises FileRefused for anything that is not a table."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise FileRefused("empty_file")
    if head.startswith(b"PK"):
        return _kind_of_package(path)
    if head.startswith(OLE):
        raise _old_office(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    seems = next((words for start, words in SEEMS.items() if head.startswith(start)), None)
    text = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta")):
        seems = said("a web page, whatever its name says")
    elif text.startswith((b"<?xml", b"<!doctype", b"<!--", b"<svg")):
        seems = said("an XML file")
    if seems:
        raise FileRefused("not_a_table", value=seems, known=SHEET_OR_CSV)
    return "json" if text[:1] in (b"{", b"[") else "csv"


def _kind_of_package(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            kind = archive.open("mimetype").read(100).strip() if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise FileRefused("unreadable", value=said("it is damaged"), known=said("an XLSX workbook")) from error
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    seems = OPEN_DOCUMENT.get(kind) or next(
        (words for start, words in PACKAGES.items() if any(name.startswith(start) for name in names)), None
    )
    if seems is None and any(name.startswith("xl/") for name in names) and "[Content_Types].xml" in names:
        return "xlsx"
    raise FileRefused("not_a_table", value=seems or said("a compressed file"), known=SHEET_OR_CSV)


def _old_office(path: Path) -> FileRefused:
    """XLS, DOC and workbooks locked with a password share one container."""
    with path.open("rb") as file:
        directory = file.read(8 << 20)
    if "EncryptedPackage".encode("utf-16-le") in directory:
        return FileRefused("password")
    return FileRefused("not_a_table", value=said("a file of an old Office program (XLS, DOC)"), known=SHEET_OR_CSV)


def header_row(rows: list[list[str]]) -> int:
    """Which of a table's first rows is its header, from 1 on: the first that is about as full as any. 0 for none."""
    filled = [sum(1 for text in row if text.strip()) for row in rows[:HEADER_WITHIN]]
    most = max(filled, default=0)
    return next((i for i, count in enumerate(filled, 1) if most and count >= HEADER_SHARE * most), 0)


def seen(path: Path, found: Contents, sheet: str) -> pl.DataFrame:
    """The grid of a sheet as its contributor sees it: hidden rows are blank, hidden columns gone, letters unchanged.

    Raises FileRefused where no visible sheet has this name.
    """
    part = next((part for part in found.sheets if part.name == sheet and part.state == "visible"), None)
    if part is None:
        raise FileRefused("no_such_sheet", value=sheet, known=", ".join(workbook.visible(found)))
    grid = workbook.opened(path, sheet)
    grid = grid.select(name for name in grid.columns if number(name) not in part.hidden_columns)
    hidden = pl.int_range(pl.len()).is_in(sorted(part.hidden_rows))
    return grid.with_columns(pl.when(hidden).then(pl.lit("")).otherwise(pl.all()).name.keep()) if grid.width else grid


def _look_at_workbook(path: Path, kind: Kind) -> Looked:
    found = contents(path)
    names = workbook.visible(found)
    if not names:
        raise FileRefused("no_rows")
    taken = Counter({kind: count for kind, count in found.beside.items() if count})
    for part in found.sheets:
        if part.state != "visible":
            taken[f"{part.state}_sheets"] += 1
        else:
            _count_hidden(part, taken)
    sheets = []
    for name in names:
        grid = seen(path, found, name)
        first = [list(row) for row in grid.head(HEADER_WITHIN).iter_rows()]
        taken.update({"titles": count} if (count := titles(first, header_row(first))) else {})
        sheets.append(_of_grid(name, grid))
    return Looked(kind=kind, sheets=sheets, taken=dict(sorted(taken.items())))


def _count_hidden(part: Part, taken: Counter[str]) -> None:
    rows = sum(1 for row in part.hidden_rows if row < part.rows)
    columns = sum(1 for column in part.hidden_columns if column < part.columns)
    taken.update({kind: count for kind, count in (("hidden_rows", rows), ("hidden_columns", columns)) if count})


def titles(rows: list[list[str]], header: int) -> int:
    """How many cells above the header hold something personal ("Prepared by …"): cleaning empties them unasked."""
    return sum(1 for row in rows[: max(header - 1, 0)] for text in row if personal.inside(text))


def _of_grid(name: str, grid: pl.DataFrame) -> Sheet:
    first = [list(row) for row in grid.head(HEADER_WITHIN).iter_rows()]
    at = header_row(first)
    headers = dict(zip(grid.columns, first[at - 1] if at else [""] * grid.width, strict=True))
    columns = [Column(key=key, header=header.strip()) for key, header in headers.items()]
    return Sheet(
        name=name, rows=grid.height, header_row=at, columns=columns, personal=personal.found(grid[at:], headers)
    )


def dialect(path: Path) -> Dialect:
    """How a text file is written. Raises FileRefused for what is no text, or has a line without an end."""
    encoding = _encoding(path)
    with path.open("rb") as file:
        head = file.read(BLOCK)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    line_end = "\r\n" if "\r\n" in text else "\r" if "\r" in text and "\n" not in text else "\n"
    whole = text if len(head) < BLOCK else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    best: tuple[tuple[int, int], Dialect] | None = None
    csv.field_size_limit(LONGEST_CELL)
    for delimiter in DELIMITERS:
        rows = _before_trouble(csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter))
        widths = Counter(len(row) for row in rows if row)
        # Most rows have the width of the table; a title or footnote has another.
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(0, 0))
        score = (count if width > 1 else 0, width)
        if best is None or score > best[0]:
            at = header_row(rows)
            best = score, Dialect(encoding, delimiter, line_end, at, len(rows[at - 1]) if at else width)
    assert best is not None
    return best[1]


def _before_trouble(rows: Iterator[list[str]]) -> list[list[str]]:
    """The first 200 rows, or those before a cell that is too long, which the whole reading refuses."""
    read: list[list[str]] = []
    with suppress(csv.Error):
        read.extend(islice(rows, 200))
    return read


def _encoding(path: Path) -> str:
    """One pass over a text file: no null bytes, no endless line, UTF-8 to its end or something older."""
    with path.open("rb") as file:
        start = file.read(4096)
        if wide := _wide(start):
            _check_utf16(path, wide)
            return wide
        file.seek(0)
        utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
        line = at = controls = 0
        while block := file.read(BLOCK):
            if (null := block.find(b"\x00")) >= 0:
                raise FileRefused("null_bytes", value=f"{at + null + 1:,}")
            line = _longest(block, line)
            controls += len(block) - len(block.translate(None, CONTROL))
            at += len(block)
            if controls > at // 50:
                raise FileRefused("not_a_table", value=said("something else than text"), known=SHEET_OR_CSV)
            if utf8:
                utf8 = _still(utf8, block)
    if utf8 and _still(utf8, b"", final=True):
        return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"
    return _older(path)


def _still(
    decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False
) -> codecs.IncrementalDecoder | None:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return None
    return decoder


def _longest(block: bytes, before: int) -> int:
    """The bytes of the line that goes on after `block`; refuses one without an end."""
    lines = re.split(rb"[\r\n]", block)
    if max(before + len(lines[0]), *map(len, lines)) > LONGEST_LINE:
        raise FileRefused("cell_too_long", known=said("{:,} characters", LONGEST_LINE))
    return len(lines[-1]) + (before if len(lines) == 1 else 0)


def _wide(start: bytes) -> str | None:
    """UTF-16, by its mark or because the same one of each two bytes is often empty, and the other never."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 6 < len(start) or min(even, odd):
        return None
    return "utf-16-le" if odd else "utf-16-be" if even else None


def _check_utf16(path: Path, encoding: str) -> None:
    line = 0
    try:
        with path.open(encoding=encoding, newline="") as text:
            while block := text.read(BLOCK):
                if "\x00" in block:
                    raise FileRefused("null_bytes", value="?")
                line = _longest(block.encode("utf-8", "surrogatepass"), line)
    except UnicodeError as error:
        raise FileRefused("unreadable", value=said("it is damaged"), known="CSV") from error


def _older(path: Path) -> str:
    """The encoding in which a text that is not Unicode makes most sense."""
    from ingest.draft.sniff import encodings  # It takes a second to load, and few files need it.

    with path.open("rb") as file:
        head = file.read(1 << 16)
    # Not through the middle of a character.
    found = encodings(head[: head.rfind(b"\n") + 1] or head)
    return found[0][0] if found else "cp1252"


def first_rows(path: Path | str, rows: int) -> list[list[str]]:
    """The first rows of a CSV or workbook as text, the first records of a JSON or Parquet file below their names.

    For a person to see a cleaned copy. Raises FileRefused.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "csv":
        as_written = dialect(path)
        return list(islice(records(path, as_written, as_written.encoding), rows))
    if kind == "json":
        document = loaded(path)
        lists = document.values() if isinstance(document, dict) else [document]
        some = next((part for part in lists if isinstance(part, list) and part), [document])[: rows - 1]
        names = list(dict.fromkeys(key for record in some for key, _ in leaves(record)))
        return [names, *([dict(leaves(record)).get(name, "") for name in names] for record in some)]
    if kind == "parquet":
        top = table(path).head(rows - 1)
        return [top.columns, *(list(row) for row in pl.DataFrame([text_of(one) for one in top]).iter_rows())]
    found = contents(path)
    names = workbook.visible(found)
    return [list(row) for row in seen(path, found, names[0]).head(rows).iter_rows()] if names else []


def records(path: Path, as_written: Dialect, encoding: str) -> Iterator[list[str]]:
    """The rows of a text file in its dialect, decoded as `encoding`. Raises FileRefused."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        rows = csv.reader(file, delimiter=as_written.delimiter)
        try:
            for row in rows:
                if len(row) > MOST_COLUMNS:
                    raise FileRefused("too_wide", value=f"{len(row):,}", known=f"{MOST_COLUMNS:,}")
                yield row
        except csv.Error as error:
            raise FileRefused("cell_too_long", known=said("{:,} characters", LONGEST_CELL)) from error


def _look_at_csv(path: Path, as_written: Dialect) -> Sheet:
    at, rows, cells = as_written.header_row, 0, 0
    headers: list[str] = []
    values: dict[int, Counter[str]] = {}
    found: list[Personal] = []
    for row in records(path, as_written, as_written.encoding):
        rows += 1
        if rows == at:
            headers = row
        elif rows > at:
            for i, text in enumerate(row):
                values.setdefault(i, Counter())[text] += 1
            cells += len(row)
            if cells > BATCH_CELLS:
                found += _of_columns(headers, values)
                values, cells = {}, 0
    found += _of_columns(headers, values)
    columns = [Column(key=letters(i), header=header.strip()) for i, header in enumerate(headers)]
    return Sheet(name="", rows=rows, header_row=at, columns=columns, personal=personal.merged(found))


def _of_columns(headers: list[str], values: dict[int, Counter[str]]) -> list[Personal]:
    found: list[Personal] = []
    for i, texts in values.items():
        found += personal.of_values(letters(i), headers[i] if i < len(headers) else "", texts)
    return found


def loaded(path: Path) -> Any:
    """A JSON document. Raises FileRefused for what is none, has one key twice, or is too deep."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(keys := dict(pairs)) < len(pairs):
            raise FileRefused("unreadable", value=said("one of its keys stands twice in one record"), known="JSON")
        return keys

    raw = path.read_bytes()
    try:
        return json.loads(raw.decode(json.detect_encoding(raw)), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise FileRefused("unreadable", value=said("it is damaged"), known="JSON") from error


def leaves(thing: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a JSON document as text, with the keys that lead to it; the items of a list share theirs."""
    if isinstance(thing, dict):
        for key, part in thing.items():
            yield from leaves(part, f"{path}.{key}" if path else key)
    elif isinstance(thing, list):
        for part in thing:
            yield from leaves(part, path)
    else:
        yield path, "" if thing is None else str(thing)


def _look_at_json(path: Path) -> Sheet:
    document = loaded(path)
    if not isinstance(document, dict | list) or not document:
        raise FileRefused("no_rows")
    values: dict[str, Counter[str]] = {}
    for key, text in leaves(document):
        values.setdefault(key, Counter())[text] += 1
        if len(values) > MOST_COLUMNS:
            raise FileRefused("too_wide", value=f"{len(values):,}", known=f"{MOST_COLUMNS:,}")
    lists = [document] if isinstance(document, list) else [part for part in document.values() if isinstance(part, list)]
    found = [seen for key, texts in values.items() for seen in personal.of_values(key, key, texts)]
    columns = [Column(key=key, header=key) for key in values]
    return Sheet(name="", rows=max(map(len, lists), default=1), header_row=0, columns=columns, personal=found)


def table(path: Path) -> pl.DataFrame:
    """A Parquet file, without columns of bytes. Raises FileRefused."""
    try:
        schema = pl.read_parquet_schema(path)
        height = int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())
        if height * max(len(schema), 1) > MOST_CELLS:
            raise FileRefused("too_wide", value=f"{height * len(schema):,}", known=f"{MOST_CELLS:,}")
        rows = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, OSError, ValueError, OverflowError) as error:
        raise FileRefused("unreadable", value=said("it is damaged"), known="Parquet") from error
    return rows.select(name for name, kind in rows.schema.items() if kind != pl.Binary)


def text_of(column: pl.Series) -> pl.Series:
    """A column of any kind as text; lists and records as JSON."""
    if column.dtype.is_nested():
        return pl.Series(
            column.name, [json.dumps(value, default=str, ensure_ascii=False) for value in column.to_list()], pl.String
        )
    return column.cast(pl.String, strict=False).fill_null("")


def _look_at_parquet(path: Path) -> Looked:
    rows = table(path)
    found = [seen for name in rows.columns for seen in personal.found(text_of(rows[name]).to_frame())]
    columns = [Column(key=name, header=name) for name in rows.columns]
    sheet = Sheet(name="", rows=rows.height, header_row=0, columns=columns, personal=found)
    binary = len(pl.read_parquet_schema(path)) - rows.width
    properties = len(set(pl.read_parquet_metadata(path)) - {"ARROW:schema"})
    taken = {"binary_columns": binary, "properties": properties}
    return Looked(kind="parquet", sheets=[sheet], taken={kind: count for kind, count in taken.items() if count})
