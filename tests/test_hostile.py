"""Hostile files end in a table or in a reason, within 30 seconds and 1.5 GB; whoever asked lives and goes on.

Only Linux limits a child's memory.
"""

import io
import json
import os
import random
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_intake import ods, ods_row

from ingest import contained
from ingest.clean import Cleaned
from ingest.intake import Looked
from schemas.issue import FileRefused, kinds

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are those of Linux")

SECONDS = 30
MEMORY = 1_500_000_000
SLACK = 100_000_000
"""What a child can take between two looks at its memory."""
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
BOMB = "<!DOCTYPE x [" + "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9)) + "]>"


def fate(path: Path) -> str:
    """The kind of refusal, or '' where a file was looked at and cleaned with all of its rows."""
    begun = time.monotonic()
    try:
        looked = Looked.model_validate(contained.run("ingest.intake:look", {"path": str(path)}, seconds=SECONDS))
        into = path.parent / "cleaned"
        into.mkdir(exist_ok=True)
        asked = {"path": str(path), "into": str(into)}
        cleaned = Cleaned.model_validate(contained.run("ingest.clean:clean", asked, seconds=SECONDS))
        assert cleaned.rows == looked.sheets[0].rows
        told = ""
    except FileRefused as refused:
        told = refused.kind
    assert told in {"", *kinds()}
    assert time.monotonic() - begun < 2 * SECONDS + 5
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < MEMORY + SLACK
    return told


def book(path: Path, sheet: str, **parts: str) -> Path:
    """A workbook of one sheet with this XML; `parts` replace others by their name without folder and ending."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as plain:
        plain.add_worksheet("S").write(0, 0, "a")
    with zipfile.ZipFile(made) as given_, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in given_.namelist():
            text = given_.read(name).decode()
            text = SHEET.format(sheet) if name.endswith("sheet1.xml") and sheet else text
            changed.writestr(name, parts.get(Path(name).stem, text))
    return path


def cell(where: str, text: str = "x") -> str:
    return f'<c r="{where}" t="inlineStr"><is><t>{text}</t></is></c>'


def rows(*given_: tuple[int, str]) -> str:
    return "<sheetData>" + "".join(f'<row r="{number}">{cells}</row>' for number, cells in given_) + "</sheetData>"


def patched(path: Path, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(path.read_bytes()))
    return path


def archive(path: Path, parts: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts:
            made.writestr(name, content)
    return path


def with_part(path: Path, name: str, content: bytes = b"<x/>") -> Path:
    book(path, rows((1, cell("A1"))))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, content)
    return path


def lying_size(path: Path) -> Path:
    """A sheet of 60 MB that says it has 100 bytes."""
    book(path, rows((1, cell("A1", "<!-- " + " " * 60_000_000 + "-->"))))
    with zipfile.ZipFile(path) as made:
        size = max(entry.file_size for entry in made.infolist())
    return patched(path, lambda raw: raw.replace(struct.pack("<I", size), struct.pack("<I", 100)))


def parquet(path: Path, change: Callable[[bytes], bytes]) -> Path:
    pl.DataFrame({"a": range(1000), "b": ["x"] * 1000}).write_parquet(path)
    return patched(path, change)


def noise(raw: bytes, seed: int, share: float = 0.02) -> bytes:
    chance = random.Random(seed)
    return bytes(byte if chance.random() > share else chance.randrange(256) for byte in raw)


def written(path: Path, *blocks: bytes) -> Path:
    with path.open("wb") as file:
        file.writelines(blocks)
    return path


def deep_ods(path: Path, row: str, cells: str) -> Path:
    filled = f'<table:table-cell office:value-type="string" {cells}><text:p>x</text:p></table:table-cell>'
    return ods(path, f'<table:table table:name="S"><table:table-row {row}>{filled}</table:table-row></table:table>')


XML_BOMB = f"<?xml version='1.0'?>{BOMB}<x>&a9;</x>"
XXE = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"
FAR = rows((1, cell("A1")), (1_048_576, cell("XFD1048576")))
WIDE_THEN_FAR = (
    "<sheetData><row>" + "<c><v>1</v></c>" * 16_000 + '</row><row r="1048576"><c><v>1</v></c></row></sheetData>'
)
LONG_HEADERS = rows((1, cell("A1", "h" * 5000) + cell("B1", "g" * 5000)), (2, cell("A2")))
LYING = '<dimension ref="A1:XFD1048576"/>' + rows((1, cell("A1")), (3, cell("B3")))
UNSEEN = f'<table:table table:name="S" table:style-name="unseen">{ods_row("a")}</table:table>'
WIDE_CHARACTERS = f"<?xml version='1.0'?>{BOMB}<x/>".encode("utf-16")
HOSTILE: dict[str, tuple[str | set[str], Callable[[Path], Path]]] = {
    "entities in the book": ("unsafe_workbook", lambda p: book(p, "", workbook=XML_BOMB)),
    "entities in the texts": ("unsafe_workbook", lambda p: book(p, "", sharedStrings=XML_BOMB)),
    "entities after a long comment": (
        "unsafe_workbook",
        lambda p: book(p, "", workbook=f"<?xml version='1.0'?><!--{'x' * 900_000}-->{BOMB}<x/>"),
    ),
    "entities after an endless comment": (
        "unsafe_workbook",
        lambda p: book(p, "", workbook=f"<!--{random.Random(1).randbytes(3_000_000).hex()}-->{BOMB}<x/>"),
    ),
    "outer entity": ("unsafe_workbook", lambda p: book(p, "", workbook=XXE)),
    "entities in ODS": (
        "unsafe_workbook",
        lambda p: archive(
            p, [("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", XML_BOMB.encode())]
        ),
    ),
    "flat bomb": ("unsafe_workbook", lambda p: book(p, rows((1, cell("A1", "a" * 60_000_000))))),
    "nested bomb": (
        "not_a_table",
        lambda p: archive(p, [("a.zip", archive(p, [("b", bytes(50_000_000))]).read_bytes())]),
    ),
    "bomb beside the sheet": ("unsafe_workbook", lambda p: with_part(p, "xl/media/image1.png", bytes(90_000_000))),
    "two cells far apart": ("unsafe_workbook", lambda p: book(p, FAR)),
    "two cells far apart, other quotes": ("unsafe_workbook", lambda p: book(p, FAR.replace('"', "'"))),
    "rows far apart without addresses": (
        {"unsafe_workbook", "took_too_much_memory"},
        lambda p: book(p, WIDE_THEN_FAR),
    ),
    "repeated to the end in ODS": (
        "unsafe_workbook",
        lambda p: deep_ods(p, 'table:number-rows-repeated="1048576"', 'table:number-columns-repeated="16384"'),
    ),
    "repeated a billion times in ODS": (
        "unsafe_workbook",
        lambda p: deep_ods(p, 'table:number-rows-repeated="999999999999"', ""),
    ),
    "repeated a negative number of times": (
        {"unreadable", ""},
        lambda p: deep_ods(p, 'table:number-rows-repeated="-5"', ""),
    ),
    "repeated x times": ("unreadable", lambda p: deep_ods(p, 'table:number-rows-repeated="x"', "")),
    "one huge cell in a workbook": (
        {"cell_too_long", "unsafe_workbook"},
        lambda p: book(p, rows((1, cell("A1", random.Random(1).randbytes(15_000_000).hex())))),
    ),
    "one long cell in ODS": (
        "cell_too_long",
        lambda p: ods(p, f'<table:table table:name="S">{ods_row("x" * 40_000)}</table:table>'),
    ),
    "lying dimension": ("", lambda p: book(p, LYING)),
    "lying size": ({"unreadable", "unsafe_workbook"}, lying_size),
    "path out of the archive": ("unsafe_workbook", lambda p: with_part(p, "../../evil.xml")),
    "absolute path": ("unsafe_workbook", lambda p: with_part(p, "/etc/evil.xml")),
    "Windows path": ("unsafe_workbook", lambda p: with_part(p, "C:\\evil.xml")),
    "three thousand parts": (
        "unsafe_workbook",
        lambda p: archive(p, [("[Content_Types].xml", b"<x/>"), *((f"xl/{i}.xml", b"<x/>") for i in range(3000))]),
    ),
    "sheet that is not there": (
        "unreadable",
        lambda p: archive(p, [("[Content_Types].xml", b"<x/>"), ("xl/a.xml", b"<x/>")]),
    ),
    "no sheet seen": ("no_rows", lambda p: ods(p, UNSEEN)),
    "UTF-16 XML": (
        "unsafe_workbook",
        lambda p: archive(p, [("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", WIDE_CHARACTERS)]),
    ),
    "long headers in a workbook": ("", lambda p: book(p, LONG_HEADERS)),
    "long headers": ("", lambda p: written(p, b"h" * 5000 + b"," + b"g" * 5000 + b"\n1,2\n")),
    "null bytes": ("null_bytes", lambda p: written(p, b"a,b\n1,2\n", b"\x00" * 1000)),
    "null bytes late": ("null_bytes", lambda p: written(p, b"a,b\n1,2\n" * 400_000, b"1,\x00\n")),
    "null bytes in UTF-16": ("null_bytes", lambda p: written(p, "a,b\n1,\x002\n".encode("utf-16"))),
    "half of UTF-16": ("unreadable", lambda p: written(p, "a,b\n1,2\n".encode("utf-16")[:-1])),
    "mixed encodings": ("", lambda p: written(p, "a,é\n".encode(), "1,é\n".encode("cp1252"), "2,я\n".encode("cp1251"))),
    "ragged rows": ("", lambda p: written(p, b"a,b,c\n1\n1,2,3,4,5\n\n,,\n" * 1000)),
    "one long row": ("too_wide", lambda p: written(p, b"a,b\n", b"," * 50_000, b"\n")),
    "one huge cell": ("cell_too_long", lambda p: written(p, b'a,b\n1,"', b"x" * 3_000_000, b'"\n')),
    "a quotation never closed": ("cell_too_long", lambda p: written(p, b'a,b\n1,"x\n', b"1,2\n" * 400_000)),
    "a line of 100 MB": ("cell_too_long", lambda p: written(p, b"a,b\n", *[b"x" * 1_000_000] * 100)),
    "a line of 100 MB of delimiters": ("cell_too_long", lambda p: written(p, b"a,b\n", *[b"," * 1_000_000] * 100)),
    "quotation marks only": ({"cell_too_long", ""}, lambda p: written(p, b'"' * 3_000_001)),
    "carriage returns": ("", lambda p: written(p, b"a,b\r1,2\r" * 50_000)),
    "deep JSON": ("unreadable", lambda p: written(p, b"[" * 200_000 + b"]" * 200_000)),
    "deep objects": ("unreadable", lambda p: written(p, b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
    "deep but allowed JSON": ({"", "unreadable"}, lambda p: written(p, b'{"a":' * 900 + b"1" + b"}" * 900)),
    "huge number": ("unreadable", lambda p: written(p, b'[{"a": ' + b"9" * 1_000_000 + b"}]")),
    "huge exponent": ("", lambda p: written(p, b'[{"a": 1e999999999}, {"a": NaN}, {"a": -0.0}]')),
    "many keys": ("too_wide", lambda p: written(p, json.dumps([{str(i): i for i in range(40_000)}]).encode())),
    "JSON of one number": ("no_rows", lambda p: written(p, b"[]")),
    "half a surrogate": ({"", "unreadable"}, lambda p: written(p, b'[{"a": "\\ud800"}]')),
    "Parquet cut off": ("unreadable", lambda p: parquet(p, lambda raw: raw[: len(raw) // 2])),
    "Parquet without an end": ("unreadable", lambda p: parquet(p, lambda raw: raw[:4])),
    "Parquet that lies about its footer": (
        "unreadable",
        lambda p: parquet(p, lambda raw: raw[:-8] + struct.pack("<I", 2**31) + b"PAR1"),
    ),
    "Parquet that lies about its rows": (
        {"unreadable", "too_wide", "broke_the_reader", "took_too_much_memory"},
        # 1000 as a zigzag varint, made a billion in the same place.
        lambda p: parquet(p, lambda raw: raw.replace(b"\xd0\x0f", b"\xd0\x7f")),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_ends_in_a_table_or_a_reason(tmp_path, name) -> None:
    expected, make = HOSTILE[name]
    told = fate(make(tmp_path / "upload"))
    assert told in ({expected} if isinstance(expected, str) else expected)


def test_part_that_stands_twice_is_refused(tmp_path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = with_part(tmp_path / "u", "xl/worksheets/sheet1.xml", SHEET.format(FAR).encode())
    assert fate(path) == "unsafe_workbook"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["xlsx", "ods", "parquet"])
def test_corrupted_and_truncated_files(tmp_path, kind, seed) -> None:
    path = tmp_path / "u"
    if kind == "parquet":
        parquet(path, bytes)
    elif kind == "ods":
        ods(path, f'<table:table table:name="S">{ods_row("a", "b") * 20}</table:table>')
    else:
        book(path, rows(*((i, cell(f"A{i}") + cell(f"B{i}")) for i in range(1, 20))))
    raw = path.read_bytes()
    patched(path, lambda raw: raw[: len(raw) * (seed + 1) // 6] if seed < 2 else noise(raw, seed))
    assert path.read_bytes() != raw
    assert fate(path) in {
        "unreadable",
        "unsafe_workbook",
        "broke_the_reader",
        "password",
        "not_a_table",
        "",
        "too_wide",
    }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"PAR1", b"[", b"a,b\n", b"\xff\xfe", b"{"]))
@example(b"", b"")
def test_byte_soup(tmp_path, soup, start) -> None:
    fate(written(tmp_path / "u", start, soup))


def test_a_child_that_takes_too_much_memory_is_ended(tmp_path) -> None:
    """Thirty-five million empty lists are 100 MB of text, and far more in memory."""
    written(tmp_path / "u", b"[[]", *[b",[]" * 1_000_000] * 35, b"]")
    assert fate(tmp_path / "u") == "took_too_much_memory"


def test_a_child_that_takes_too_long_is_ended() -> None:
    begun = time.monotonic()
    with pytest.raises(FileRefused, match="took_too_long"):
        contained.run("ingest.contained:_told_to_wait", {}, seconds=0.2)
    assert time.monotonic() - begun < 5


def test_twenty_hostile_files_at_once_do_not_stop_an_ordinary_one(tmp_path) -> None:
    names = ["two cells far apart", "rows far apart without addresses", "a quotation never closed", "deep JSON"]
    for i in range(20):
        (tmp_path / str(i)).mkdir()
    hostile = [HOSTILE[names[i % 4]][1](tmp_path / str(i) / "u") for i in range(20)]
    (tmp_path / "ordinary").mkdir()
    ordinary = written(tmp_path / "ordinary" / "u", b"place,n\nGao,3\n")
    with ThreadPoolExecutor(21) as at_once:
        asked = [at_once.submit(fate, path) for path in hostile]
        begun = time.monotonic()
        assert at_once.submit(fate, ordinary).result() == ""
        took = time.monotonic() - begun
        assert all(end.result() for end in asked)
    assert took < SECONDS


def test_many_rows_are_all_there(tmp_path) -> None:
    line = b"2019-03-04,Gao,3\n"
    assert fate(written(tmp_path / "u", b"date,place,n\n", *[line * 1000] * 300)) == ""


@pytest.mark.slow
def test_a_million_rows(tmp_path) -> None:
    assert fate(written(tmp_path / "u", b"date,place,n\n", *[b"2019-03-04,Gao,3\n" * 1000] * 1000)) == ""
    with xlsxwriter.Workbook(tmp_path / "w", {"constant_memory": True, "tmpdir": str(tmp_path)}) as made:
        page = made.add_worksheet()
        for row in range(1_000_000):
            page.write_number(row, 0, row)
            page.write_string(row, 1, "Gao")
    assert fate(tmp_path / "w") in {"", "took_too_long", "took_too_much_memory", "unsafe_workbook"}


@pytest.mark.slow
@pytest.mark.parametrize("byte", [b"\x00", b"x"])
def test_a_cell_of_a_gigabyte_and_a_half(tmp_path, byte) -> None:
    path = tmp_path / "u"
    with path.open("wb") as file:
        file.write(b'a,b\n1,"')
        if byte == b"\x00":
            file.truncate(1_500_000_000)
        else:
            file.writelines([byte * 1_000_000] * 1_500)
    assert fate(path) == ("null_bytes" if byte == b"\x00" else "cell_too_long")
    os.truncate(path, 0)
