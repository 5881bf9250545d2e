"""What a workbook holds beside the text of its cells: sheets and whether they are seen, hidden rows and columns,
comments, authors, images, macros … XLSX and ODS alike.

Every part is looked over before a workbook is opened: two cells far apart, or an archive that unpacks to gigabytes,
would otherwise end the whole process.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from string import ascii_uppercase
from typing import IO, Any
from xml.etree import ElementTree
from xml.parsers import expat

from schemas.refused import FileRefused
from schemas.said import said

MOST_ENTRIES = 2_000
MOST_UNPACKED = 1 << 30
MOST_RATIO = 200
MOST_CELLS = 50_000_000
MOST_PARSED = 32 << 20
LONGEST_PIECE = 16 << 20
BLOCK = 1 << 20

TAG = re.compile(rb"<(?:\w+:)?(c|row|col|dataValidation|hyperlink|f)\b([^<>]*)>")
ATTRIBUTE = re.compile(rb"""\b([a-zA-Z]+)\s*=\s*["']([^"']*)["']""")
ADDRESS = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")
PARTS = {
    "xl/media/": "images",
    "xl/charts/chart": "charts",
    "xl/embeddings/": "embedded_files",
    "xl/externalLinks/externalLink": "external_links",
    "xl/pivotCache/pivotCacheDefinition": "pivot_caches",
    "xl/revisions/": "tracked_changes",
    "xl/printerSettings/": "printer_settings",
    "xl/queryTables/": "external_links",
    "xl/connections": "external_links",
    "Pictures/": "images",
    "Basic/": "macros",
    "Scripts/": "macros",
    "Object": "charts",
    "Thumbnails/": "images",
}
COUNTED = {
    "xl/comments": (b"comment", "comments"),
    "xl/threadedComments/": (b"threadedComment", "threaded_comments"),
    "xl/persons/": (b"person", "authors"),
}
ODS_COUNTED = {
    "annotation": "comments",
    "named-range": "defined_names",
    "content-validation": "data_validations",
    "tracked-changes": "tracked_changes",
    "a": "hyperlinks",
    "event-listener": "macros",
}
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"


@dataclass
class Sheet:
    """One sheet: how it is seen (visible, hidden, very_hidden), its extent, and what in it is hidden (from 0 on)."""

    name: str
    state: str = "visible"
    rows: int = 0
    columns: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


@dataclass
class Contents:
    """A workbook looked over: its kind (xlsx or ods), sheets in their order, and how much of what lies beside them."""

    kind: str
    sheets: list[Sheet] = field(default_factory=list)
    beside: Counter[str] = field(default_factory=Counter)


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


def contents(path: Path) -> Contents:
    """What a workbook holds, without opening it in a reader. Raises FileRefused where opening it would be unsafe."""
    with _opened(path) as archive:
        _look_over(archive, path.stat().st_size)
        names = set(archive.namelist())
        if "content.xml" in names:
            return _ods(archive)
        if "[Content_Types].xml" in names:
            return _xlsx(archive, names)
    raise FileRefused("unreadable", value=said("it holds no sheet"), known=said("an XLSX workbook"))


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    broken = (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
    wrong = (expat.ExpatError, ElementTree.ParseError, zipfile.zlib.error)  # type: ignore[attr-defined]
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (*broken, *wrong) as error:
        raise FileRefused("unreadable", value=_plain(error), known=said("an XLSX workbook")) from error


def _plain(error: Exception) -> str:
    """What went wrong, without quoting the file."""
    return str(error)[:80] if isinstance(error, zipfile.BadZipFile) else said("it is damaged")


def _look_over(archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES:
        raise FileRefused("unsafe_workbook", known=said("it holds {:d} parts", len(entries)))
    if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(size, 1 << 16):
        raise FileRefused("unsafe_workbook", known=said("it unpacks to {:,} bytes", unpacked))
    if len({entry.filename for entry in entries}) < len(entries):
        raise FileRefused("unsafe_workbook", known=said("it holds one part twice"))
    for entry in entries:
        if entry.flag_bits & 0x1:
            raise FileRefused("password")
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
            raise FileRefused("unsafe_workbook", known=said("one of its parts points outside of it"))
        _look_at_prolog(archive, entry)


def _look_at_prolog(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Entities can only be declared before the first element, so reading stops there."""

    def refuse(*_: object) -> None:
        raise FileRefused("unsafe_workbook", known=said("its XML declares entities"))

    begun: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: begun.append(name)
    with archive.open(entry) as part:
        head = part.read(3)
        first = head.removeprefix(b"\xef\xbb\xbf")[:1]
        if not entry.filename.endswith((".xml", ".rels")):
            if first != b"<":
                return
        elif first not in b"<\r\n \t":
            # Our own search for tags reads UTF-8 alone, as every spreadsheet program writes it.
            raise FileRefused("unsafe_workbook", known=said("its XML is not UTF-8"))
        parser.Parse(head)
        while not begun and (block := part.read(4096)):
            if part.tell() > BLOCK:
                raise FileRefused("unsafe_workbook", known=said("one of its parts begins with nothing but blanks"))
            parser.Parse(block)


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """A part of an archive in pieces that end with a tag."""
    rest = b""
    while block := part.read(BLOCK):
        text = rest + block
        cut = text.rfind(b">") + 1
        if cut:
            yield text[:cut]
        rest = text[cut:]
        if len(rest) > LONGEST_PIECE:
            raise FileRefused("cell_too_long", known=said("{:,} characters", LONGEST_PIECE))


def _far(columns: int, rows: int) -> None:
    if columns * rows > MOST_CELLS:
        raise FileRefused("unsafe_workbook", known=said("its cells reach to column {:d}, row {:d}", columns, rows))


def _tree(archive: zipfile.ZipFile, name: str) -> ElementTree.Element:
    if archive.getinfo(name).file_size > MOST_PARSED:
        raise FileRefused("unsafe_workbook", known=said("it unpacks to {:,} bytes", archive.getinfo(name).file_size))
    return ElementTree.fromstring(archive.read(name))  # noqa: S314 - a document type was refused before


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]


def _attributes(element: ElementTree.Element) -> dict[str, str]:
    return {_local(name): text for name, text in element.attrib.items()}


def _xlsx(archive: zipfile.ZipFile, names: set[str]) -> Contents:
    found = Contents("xlsx")
    book = next((_target("", a) for a in _relations(archive, "_rels/.rels") if _is(a, "officeDocument")), "")
    if book not in names:
        raise FileRefused("unreadable", value=said("it holds no sheet"), known=said("an XLSX workbook"))
    place = PurePosixPath(book)
    relations = {a["Id"]: a for a in _relations(archive, f"{place.parent}/_rels/{place.name}.rels") if "Id" in a}
    for element in _tree(archive, book).iter():
        kind = _local(element.tag)
        if kind == "sheet":
            about = _attributes(element)
            relation = relations.get(about.get("id", ""), {})
            if _is(relation, "worksheet"):
                state = {"veryHidden": "very_hidden"}.get(about.get("state", ""), about.get("state", "visible"))
                sheet = Sheet(about.get("name", ""), state)
                _read_sheet(archive, _target(str(place.parent), relation), sheet, found.beside)
                found.sheets.append(sheet)
        elif kind == "definedName":
            found.beside["defined_names"] += 1
    _count_parts(archive, found.beside)
    return found


def _relations(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return [_attributes(element) for element in _tree(archive, name)]


def _is(relation: dict[str, str], kind: str) -> bool:
    return relation.get("Type", "").endswith(f"/{kind}")


def _target(parent: str, relation: dict[str, str]) -> str:
    target = relation.get("Target", "")
    return target.lstrip("/") if target.startswith("/") or not parent else f"{parent}/{target}"


def _read_sheet(archive: zipfile.ZipFile, name: str, sheet: Sheet, beside: Counter[str]) -> None:
    row = -1
    with archive.open(name) as part:
        for piece in _pieces(part):
            for kind, inside in TAG.findall(piece):
                if kind == b"c":
                    where = ADDRESS.search(inside)
                    if where and (b" r=" in inside or b"r =" in inside):
                        sheet.columns = max(sheet.columns, number(where[1].decode()) + 1)
                        sheet.rows = max(sheet.rows, int(where[2]))
                elif kind == b"row":
                    about = dict(ATTRIBUTE.findall(inside))
                    row = int(about[b"r"]) - 1 if b"r" in about else row + 1
                    if _is_unseen(about, b"ht"):
                        sheet.hidden_rows.add(row)
                elif kind == b"col":
                    about = dict(ATTRIBUTE.findall(inside))
                    if _is_unseen(about, b"width"):
                        last = min(int(about.get(b"max", b"0")), 16_384)
                        sheet.hidden_columns.update(range(int(about.get(b"min", b"1")) - 1, last))
                else:
                    beside[{b"f": "formulas", b"hyperlink": "hyperlinks"}.get(kind, "data_validations")] += 1
            _far(sheet.columns, max(sheet.rows, row + 1 if sheet.columns else 0))


def _is_unseen(about: dict[bytes, bytes], size: bytes) -> bool:
    """Hidden, or of no height or width."""
    return about.get(b"hidden") in (b"1", b"true") or not about.get(size, b"1").strip(b"0.")


def _count_parts(archive: zipfile.ZipFile, beside: Counter[str]) -> None:
    for entry in archive.infolist():
        name = entry.filename
        if entry.is_dir():
            continue
        if name.endswith("vbaProject.bin"):
            beside["macros"] += 1
        elif name in ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "meta.xml"):
            _count_properties(_tree(archive, name), beside)
        beside.update([kind for start, kind in PARTS.items() if name.startswith(start)])
        for start, (tag, kind) in COUNTED.items():
            if name.startswith(start) and name.endswith(".xml"):
                with archive.open(entry) as part:
                    beside[kind] += sum(len(re.findall(rb"<(?:\w+:)?%s[ />]" % tag, piece)) for piece in _pieces(part))


def _count_properties(tree: ElementTree.Element, beside: Counter[str]) -> None:
    people = ("creator", "lastModifiedBy", "Manager", "Company", "initial-creator", "printed-by")
    beside["authors"] += sum(1 for e in tree.iter() if _local(e.tag) in people and (e.text or "").strip())
    other = ("title", "subject", "description", "keywords", "keyword", "category", "property", "user-defined")
    beside["properties"] += sum(1 for e in tree.iter() if _local(e.tag) in other and "".join(e.itertext()).strip())


def _ods(archive: zipfile.ZipFile) -> Contents:
    if "META-INF/manifest.xml" in archive.namelist():
        manifest = _tree(archive, "META-INF/manifest.xml")
        if any(_local(element.tag) == "encryption-data" for element in manifest.iter()):
            raise FileRefused("password")
    reading = _Ods()
    with archive.open("content.xml") as part:
        for piece in _pieces(part):
            reading.parser.Parse(piece)
            if len(reading.found.sheets) > MOST_ENTRIES:
                raise FileRefused("unsafe_workbook", known=said("it holds {:d} parts", len(reading.found.sheets)))
    _count_parts(archive, reading.found.beside)
    return reading.found


class _Ods:
    """Reads content.xml tag by tag; repeated rows and columns are added up, never laid out."""

    def __init__(self) -> None:
        self.found = Contents("ods")
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.row = self.column = self.width = self.cell_width = self.head = 0
        self.repeated = self.cell_repeated = 1
        self.closed_groups: list[bool] = []
        self.skipped = 0
        self.full = False
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: dict[str, Any]) -> None:
        namespace, _, name = tag.rpartition("}")
        if name in ODS_COUNTED:
            self.found.beside[ODS_COUNTED[name]] += 1
        if name in ("annotation", "tracked-changes", "shapes"):
            self.skipped += 1
        if self.skipped:
            return
        about = {key.rpartition("}")[2]: text for key, text in attributes.items()}
        if name == "style":
            self.style = about.get("name", "")
        elif name == "table-properties" and about.get("display") == "false":
            self.hidden_styles.add(self.style)
        elif namespace == TABLE:
            self._start_table(name, about)

    def _start_table(self, name: str, about: dict[str, str]) -> None:
        if name == "table":
            state = "hidden" if about.get("style-name") in self.hidden_styles else "visible"
            self.found.sheets.append(Sheet(about.get("name", ""), state))
            self.row = self.head = 0
        elif name in ("table-row-group", "table-column-group"):
            self.closed_groups.append(about.get("display") == "false")
        elif not self.found.sheets:
            return
        elif name == "table-column":
            count = min(int(about.get("number-columns-repeated", 1)), 16_384)
            if self._is_hidden(about):
                self._sheet.hidden_columns.update(range(self.head, min(self.head + count, 16_384)))
            self.head += count
        elif name == "table-row":
            self.repeated = int(about.get("number-rows-repeated", 1))
            if self._is_hidden(about):
                last = min(self.row + self.repeated, 1 << 20)
                self._sheet.hidden_rows.update(range(self.row, last))
            self.column = self.width = 0
        elif name in ("table-cell", "covered-table-cell"):
            self.cell_repeated = int(about.get("number-columns-repeated", 1))
            self.full = "value-type" in about or "formula" in about
            self.found.beside["formulas"] += "formula" in about

    @property
    def _sheet(self) -> Sheet:
        return self.found.sheets[-1]

    def _is_hidden(self, about: dict[str, str]) -> bool:
        return about.get("visibility", "visible") != "visible" or any(self.closed_groups)

    def _text(self, text: str) -> None:
        self.full = self.full or (not self.skipped and not text.isspace())

    def _end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        if name in ("annotation", "tracked-changes", "shapes"):
            self.skipped -= 1
        if self.skipped or not self.found.sheets:
            return
        if name in ("table-cell", "covered-table-cell"):
            self.column += self.cell_repeated
            self.width = self.column if self.full else self.width
            self.full = False
        elif name == "table-row":
            self.row += self.repeated
            if self.width:
                self._sheet.rows, self._sheet.columns = self.row, max(self._sheet.columns, self.width)
                _far(self._sheet.columns, self._sheet.rows)
        elif name in ("table-row-group", "table-column-group"):
            self.closed_groups.pop()
