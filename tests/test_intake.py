"""An upload is kept encrypted, looked at by its content, and rebuilt without what must not be kept."""

import csv
import fcntl
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sampled import SAMPLES, workbook

from ingest import clean, contained, intake, keys, personal, quarantine
from ingest.folder import Folder
from ingest.sheets import contents
from ingest.workbook import grid
from schemas.issue import FileRefused, in_words, kinds

ROOT = Path(__file__).parents[1]
ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><office:automatic-styles><style:style style:name="unseen" '
    'style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    "<office:body><office:spreadsheet>"
)
ODS_FOOT = "</office:spreadsheet></office:body></office:document-content>"


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))


def ods(path: Path, tables: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        book.writestr("content.xml", ODS_HEAD + tables + ODS_FOOT)
        book.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
    return path


def ods_row(*texts: str, more: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts
    )
    return f"<table:table-row {more}>{cells}</table:table-row>"


def taken_in(folder: Folder, stream: io.BytesIO, **limits: int) -> str:
    """A whole upload at once."""
    name = quarantine.begin(folder)
    quarantine.finish(folder, name, quarantine.append(folder, name, 0, stream, **limits))
    return name


def refusal(path: Path) -> str:
    with pytest.raises(FileRefused) as refused:
        intake.look(path)
    return refused.value.kind


def cleaned(path: Path, into: Path, **asked) -> tuple[clean.Cleaned, Path]:
    done = clean.clean(path, into, **asked)
    return done, into / done.name


def every_byte(path: Path) -> bytes:
    """The bytes of a file, and of each of its parts where it is an archive."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) + name.encode() for name in archive.namelist())


@pytest.fixture
def crowded(tmp_path) -> Path:
    """A workbook with everything that cleaning takes away."""
    path = tmp_path / "crowded.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"author": "SECRETauthor", "company": "SECRETcompany", "title": "SECRETtitle"})
        page = book.add_worksheet("Cases")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        rows = [
            ["Date", "Serial number", "Secret column", "Place", "Suspect name", "Number"],
            [date(2021, 3, 4), "AB-12 345", "SECRETcolumn", "Bamako", "SECRETperson", "3"],
            ["SECRETrow", "SECRETserial", "SECRETcolumn", "SECRETrow", "SECRETperson", "1"],
            ["2021-03-06", "ab12345", "SECRETcolumn", "Gao", "SECRETperson", "=1+1"],
            ["2021-03-07", "S/N", "", "@Kidal", "", ""],
        ]
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                page.write_string(i, j, value) if isinstance(value, str) else page.write(i, j, value, day)
        page.set_row(2, None, None, {"hidden": True})
        page.set_column(2, 2, None, None, {"hidden": True})
        page.write_comment("A2", "SECRETcomment", {"author": "SECRETauthor"})
        page.data_validation("F2:F9", {"validate": "list", "source": ["SECRETlist"]})
        page.write_url("D9", "https://SECRETlink.example", string="here")
        page.insert_image("H1", "p.png", {"image_data": io.BytesIO(PIXEL)})
        page.set_header("SECRETheader")
        book.define_name("SECRETname", "=Cases!$A$1")
        book.add_worksheet("Hidden").hide()
        deep = book.add_worksheet("Deep")
        deep.write(0, 0, "SECRETdeep")
        deep.very_hidden()
    return path


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63000100000005"
    "0001a5f645400000000049454e44ae426082"
)


def test_key_is_made_once_by_many_processes_and_refused_where_others_can_read_it(tmp_path) -> None:
    ask = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from ingest.keys import key; print(key('linking').hex())"
    asking = [subprocess.Popen([sys.executable, "-c", ask], stdout=subprocess.PIPE) for _ in range(4)]
    told = {process.communicate(timeout=60)[0] for process in asking}
    assert len(told) == 1
    assert told == {f"{keys.key('linking').hex()}\n".encode()}
    path = tmp_path / "keys" / "linking.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["linking.key"]
    path.chmod(0o640)
    with pytest.raises(PermissionError, match="can be read by others"):
        keys.key("linking")
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="is not a key"):
        keys.key("linking")


def test_quarantine_goes_on_where_it_stopped_and_gives_back_the_same_bytes(tmp_path) -> None:
    folder, content = Folder(tmp_path / "data"), os.urandom(2_500_000)
    name = quarantine.begin(folder)
    assert quarantine.append(folder, name, 0, io.BytesIO(content[:1_100_000])) == 1_100_000
    with pytest.raises(quarantine.WrongOffset) as wrong:
        quarantine.append(folder, name, 7, io.BytesIO(b"x"))
    assert wrong.value.held == 1_100_000
    with (folder.quarantine / name).open("ab") as file:
        file.write(b"\0\0\1 a chunk that a power cut broke off")
    assert quarantine.held(folder, name) == 1_100_000
    with pytest.raises(FileRefused, match="not_whole"), quarantine.opened(folder, name):
        pass
    quarantine.append(folder, name, 1_100_000, io.BytesIO(content[1_100_000:]))
    with pytest.raises(quarantine.WrongOffset) as wrong:
        quarantine.finish(folder, name, len(content) + 1)
    assert wrong.value.held == len(content)
    quarantine.finish(folder, name, len(content))
    sealed = (folder.quarantine / name).read_bytes()
    assert all(content[at : at + 16] not in sealed for at in range(0, len(content) - 16, 100_000))
    with suppress(KeyError), quarantine.opened(folder, name) as plain:
        assert plain.read_bytes() == content
        assert plain.parent.stat().st_mode & 0o777 == 0o700
        raise KeyError
    assert not plain.parent.exists()
    quarantine.destroy(folder, name)
    assert list(folder.quarantine.iterdir()) == []


@pytest.mark.parametrize("change", ["flipped", "cut", "swapped", "renamed", "added"])
def test_quarantine_notices_every_change(tmp_path, change) -> None:
    folder = Folder(tmp_path / "data")
    name = taken_in(folder, io.BytesIO(os.urandom(quarantine.CHUNK) + os.urandom(quarantine.CHUNK)))
    path = folder.quarantine / name
    sealed, step = path.read_bytes(), quarantine.HEAD.size + quarantine.NONCE + quarantine.CHUNK + quarantine.TAG
    parts = {
        "flipped": sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:],
        "cut": sealed[:step],
        "swapped": sealed[step : 2 * step] + sealed[:step] + sealed[2 * step :],
        "added": sealed + b"x",
        "renamed": sealed,
    }
    path.write_bytes(parts[change])
    if change == "renamed":
        name = name[::-1]
        path.rename(folder.quarantine / name)
    with pytest.raises(FileRefused, match="not_whole"), quarantine.opened(folder, name):
        pass


def test_quarantine_has_a_limit_and_forgets_what_was_left(tmp_path) -> None:
    folder = Folder(tmp_path / "data")
    with pytest.raises(FileRefused) as refused:
        taken_in(folder, io.BytesIO(b"x" * 3_000_000), most=2_000_000)
    assert (refused.value.kind, refused.value.known) == ("too_large", "2 MB")
    assert list(folder.quarantine.iterdir()) == []
    old, new = taken_in(folder, io.BytesIO(b"a")), taken_in(folder, io.BytesIO(b"b"))
    os.utime(folder.quarantine / old, (time.time() - 9_000,) * 2)
    assert quarantine.sweep(folder, timedelta(hours=2)) == 1
    assert [path.name for path in folder.quarantine.iterdir()] == [new]
    os.utime(folder.quarantine / new, (time.time() - 9_000,) * 2)
    assert quarantine.sweep(folder, timedelta(hours=2), {new}) == 0
    assert [path.name for path in folder.quarantine.iterdir()] == [new]
    with pytest.raises(FileRefused):
        quarantine.held(folder, "../../etc/passwd")


@pytest.fixture
def waited_for(tmp_path) -> Iterator[tuple[Folder, str, BinaryIO]]:
    """An old upload that somebody else holds, until they close it."""
    folder = Folder(tmp_path / "data")
    name = quarantine.begin(folder)
    os.utime(folder.quarantine / name, (time.time() - 9_000,) * 2)
    with (folder.quarantine / name).open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder, name, file


def test_what_is_destroyed_while_a_piece_waits_takes_nothing(waited_for) -> None:
    folder, name, file = waited_for
    with ThreadPoolExecutor(1) as other:
        added = other.submit(quarantine.append, folder, name, 0, io.BytesIO(b"lost"))
        time.sleep(0.3)
        quarantine.destroy(folder, name)
        file.close()
        with pytest.raises(FileRefused, match="not_whole"):
            added.result(timeout=20)


def test_what_is_gone_on_with_while_it_is_looked_at_stays(waited_for) -> None:
    folder, name, file = waited_for
    with ThreadPoolExecutor(1) as other:
        swept = other.submit(quarantine.sweep, folder, timedelta(hours=2))
        time.sleep(0.3)
        os.utime(folder.quarantine / name)
        file.close()
        assert swept.result(timeout=20) == 0
    assert [path.name for path in folder.quarantine.iterdir()] == [name]


def test_keys_do_not_lie_with_the_data(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "data" / "keys"))
    with pytest.raises(PermissionError, match="lies in the data folder"):
        taken_in(Folder(tmp_path / "data"), io.BytesIO(b"a"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ana\\armas 2021.xlsx", "armas 2021.xlsx"),
        ("report\u202excod.exe\x00\n.csv", "reportxcod.exe .csv"),
        ("أسلحة ٢٠٢١.csv", "أسلحة ٢٠٢١.csv"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".xlsx", "x" * 74 + "…" + ".xlsx"),
    ],
)
def test_names_are_cleaned(name, shown) -> None:
    assert quarantine.clean_name(name) == shown
    assert len(shown) <= 80


def test_kinds_are_told_by_content_not_by_name(tmp_path, crowded) -> None:
    contents_of = {
        "csv": b"a,b\n1,2\n",
        "json": b'[{"a": 1}]',
        "xlsx": crowded.read_bytes(),
        "ods": ods(tmp_path / "o", f'<table:table table:name="S">{ods_row("a")}</table:table>').read_bytes(),
    }
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "p")
    contents_of["parquet"] = (tmp_path / "p").read_bytes()
    for kind, content in contents_of.items():
        (tmp_path / "upload.exe").write_bytes(content)
        assert intake.look(tmp_path / "upload.exe").kind == kind


@pytest.mark.parametrize(
    ("content", "kind", "seems"),
    [
        (b"%PDF-1.7 ...", "not_a_table", "a PDF"),
        (b"MZ\x90\x00", "not_a_table", "a program"),
        (b"\x7fELF\x02", "not_a_table", "a program"),
        (b"SQLite format 3\x00", "not_a_table", "a database"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "not_a_table", "a file of an old Office program (XLS, DOC)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "password",
            None,
        ),
        (b"\n <!DOCTYPE html><table>", "not_a_table", "a web page, whatever its name says"),
        (b"<?xml version='1.0'?><a/>", "not_a_table", "an XML file"),
        (b"\x1f\x8b\x08", "not_a_table", "a compressed file"),
        (b"a,b\n1,\x002\n", "null_bytes", "7"),
        (bytes(range(1, 32)) * 40, "not_a_table", "something else than text"),
        (b"", "empty_file", None),
        (b'[{"a": 1}', "unreadable", "it is damaged"),
        (b'{"a": 1, "a": 2}', "unreadable", "one of its keys stands twice in one record"),
    ],
)
def test_anything_else_is_refused_saying_what_it_seems_to_be(tmp_path, content, kind, seems) -> None:
    path = tmp_path / "upload.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as refused:
        intake.look(path)
    assert (refused.value.kind, refused.value.value) == (kind, seems)
    assert kind in kinds()


@pytest.mark.parametrize(("part", "seems"), [("word/document.xml", "a text document"), ("a.txt", "a compressed file")])
def test_other_packages_are_refused(tmp_path, part, seems) -> None:
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(part, "<x/>")
    with pytest.raises(FileRefused) as refused:
        intake.look(path)
    assert (refused.value.kind, refused.value.value) == ("not_a_table", seems)


def test_what_cleaning_takes_away_is_counted(crowded) -> None:
    looked = intake.look(crowded)
    expected = {
        "comments": 1,
        "hidden_sheets": 1,
        "very_hidden_sheets": 1,
        "hidden_rows": 1,
        "hidden_columns": 1,
        "images": 1,
        "defined_names": 1,
        "data_validations": 1,
        "hyperlinks": 1,
        "properties": 1,
    }
    assert {kind: looked.taken.get(kind) for kind in expected} == expected
    assert looked.taken["authors"] >= 2
    assert [(sheet.name, sheet.header_row) for sheet in looked.sheets] == [("Cases", 1)]
    assert [column.key for column in looked.sheets[0].columns] == ["A", "B", "D", "E", "F"]
    found = {(seen.column, seen.kind) for seen in looked.sheets[0].personal}
    assert found == {("B", "serial_number"), ("E", "person_name")}


def test_cleaned_workbook_holds_none_of_what_was_taken(tmp_path, crowded) -> None:
    done, copy = cleaned(crowded, tmp_path, remove=["E"], hash_=["B"])
    everything = every_byte(copy)
    assert b"SECRET" not in everything
    assert b"AB-12" not in everything
    rows = grid(copy)
    assert rows["A"].to_list()[:5] == ["Date", "2021-03-04 00:00:00", "", "2021-03-06", "2021-03-07"]
    assert rows["C"].to_list()[:5] == ["Place", "Bamako", "", "Gao", "@Kidal"]
    assert rows["D"].to_list()[:4] == ["Number", "3", "", "=1+1"]
    marks = rows["B"].to_list()[:5]
    assert marks[0] == "Serial number"
    assert marks[1] == marks[3] == clean.linked("ab 12345", keys.key("linking"))
    assert len(marks[1]) == 16
    assert marks[2] == marks[4] == ""
    assert done.headers == ["Date", "Serial number", "Place", "Number"]
    assert contents(copy).beside.total() == 0
    again, same = cleaned(crowded, tmp_path, remove=["E"], hash_=["B"])
    assert same.read_bytes() == copy.read_bytes()
    assert again.name != done.name
    with pytest.raises(FileRefused, match="no_such_sheet"):
        clean.clean(crowded, tmp_path, sheet="Deep")
    with pytest.raises(FileRefused, match="no_such_column"):
        clean.clean(crowded, tmp_path, remove=["C"])


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("unodc_iafq", "data_iafq_firearms_trafficking_2024-08-26.xlsx"),
        ("atf_trace_flows", "trace_2020.xlsx"),
        ("cide_ppd", "attacks.xlsx"),
    ],
)
def test_cleaned_workbook_reads_like_the_upload(tmp_path, sample, name) -> None:
    path = workbook(SAMPLES / sample / f"{name}.csv", tmp_path / name)
    _, copy = cleaned(path, tmp_path)
    assert_frame_equal(grid(copy), grid(path))


@pytest.mark.real
def test_real_workbooks_read_the_same_when_cleaned(tmp_path, real_data) -> None:
    for path in sorted(real_data.rglob("trace_*.xlsx")):
        assert_frame_equal(grid(cleaned(path, tmp_path)[1]), grid(path))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=12), min_size=3, max_size=3), min_size=1, max_size=6))
def test_any_text_survives_a_workbook(tmp_path, rows) -> None:
    texts = [[text.replace("\ufffe", "").replace("\uffff", "") for text in row] for row in rows]
    texts[-1][-1] = "end"
    frame = pl.DataFrame(texts, schema=["A", "B", "C"], orient="row")
    clean._write(frame, tmp_path / "any.xlsx", "x")
    assert_frame_equal(grid(tmp_path / "any.xlsx"), frame)


def test_rows_and_columns_of_no_size_are_hidden(tmp_path) -> None:
    path = tmp_path / "u.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        for i in range(3):
            page.write_row(i, 0, ["a", "b"])
    raw = {name: zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()}
    sheet = raw["xl/worksheets/sheet1.xml"].replace(b'<row r="2"', b'<row ht="0" customHeight="1" r="2"')
    columns = b'<cols><col min="2" max="2" width="0"/></cols><sheetData>'
    raw["xl/worksheets/sheet1.xml"] = sheet.replace(b"<sheetData>", columns)
    with zipfile.ZipFile(path, "w") as book:
        for name, content in raw.items():
            book.writestr(name, content)
    assert intake.look(path).taken["hidden_rows"] == intake.look(path).taken["hidden_columns"] == 1
    assert grid(cleaned(path, tmp_path)[1]).rows() == [("a",), ("",), ("a",)]


def test_first_columns_and_rows_that_are_empty_keep_their_place(tmp_path) -> None:
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write(2, 2, "x")
    assert grid(path).rows() == [("", "", ""), ("", "", ""), ("", "", "x")]


def test_ods_is_read_like_a_workbook_and_becomes_one(tmp_path) -> None:
    note = "<office:annotation><dc:creator>SECRETauthor</dc:creator><text:p>SECRETnote</text:p></office:annotation>"
    empty = (
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="9"/>'
    )
    path = ods(
        tmp_path / "upload",
        '<table:table table:name="Open"><table:table-column/><table:table-column table:visibility="collapse"/>'
        '<table:table-column table:number-columns-repeated="2"/>'
        + ods_row("Place", "SECRETcolumn", "Weapons", "Note")
        + ods_row("Gao", "SECRETcolumn", "3", f"text</text:p>{note}<text:p>more")
        + ods_row("SECRETrow", "x", "9", "", more='table:visibility="filter" table:number-rows-repeated="2"')
        + ods_row("Kidal", "SECRETcolumn", "4", "")
        + f'{empty}</table:table-row></table:table><table:table table:name="Closed" table:style-name="unseen">'
        + ods_row("SECRETsheet")
        + "</table:table>",
    )
    looked = intake.look(path)
    assert looked.kind == "ods"
    assert looked.taken == {"comments": 1, "hidden_columns": 1, "hidden_rows": 2, "hidden_sheets": 1}
    assert [(sheet.name, sheet.rows) for sheet in looked.sheets] == [("Open", 5)]
    done, copy = cleaned(path, tmp_path)
    assert done.kind == "xlsx"
    assert b"SECRET" not in every_byte(copy)
    rows = grid(copy).rows()
    assert [row[:2] for row in rows] == [("Place", "Weapons"), ("Gao", "3"), ("", ""), ("", ""), ("Kidal", "4")]
    assert rows[1][2].split() == ["text", "more"]


def test_csv_without_anything_to_remove_stays_as_it_is(tmp_path) -> None:
    path = tmp_path / "u"
    path.write_bytes("\ufeffPlace;N\r\nSão Paulo;3\r\n\r\nfoot".encode())
    done, copy = cleaned(path, tmp_path)
    assert copy.read_bytes() == path.read_bytes()
    assert (done.unchanged, done.rows, done.headers) == (True, 4, ["Place", "N"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_csv_loses_its_columns_in_its_own_dialect(tmp_path, encoding, delimiter, end) -> None:
    rows = [
        ["Município", "Nome do preso", "Nº de série", "Obs"],
        ["São Paulo", "SECRETO", "AB 1234", f'a "b"{delimiter} c'],
        ["", "SECRETO", "", "two\nlines" if end == "\n" else "x"],
        ["Açu", "SECRETO", "ab1234", "=1+1"],
    ]
    path = tmp_path / "u"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=end).writerows(rows)
    assert {(seen.column, seen.kind) for seen in intake.look(path).sheets[0].personal} >= {
        ("B", "person_name"),
        ("C", "serial_number"),
    }
    done, copy = cleaned(path, tmp_path, remove=["B"], hash_=["C"])
    with copy.open(encoding=encoding, newline="") as file:
        kept = list(csv.reader(file, delimiter=delimiter))
    assert [[row[0], row[2]] for row in kept] == [[row[0], row[3]] for row in rows]
    assert kept[1][1] == kept[3][1] != ""
    assert kept[2][1] == ""
    assert "SECRETO" not in copy.read_bytes().decode(encoding)
    assert done.headers == ["Município", "Nº de série", "Obs"]


def test_row_of_another_width_gives_nothing_away(tmp_path) -> None:
    path = tmp_path / "u"
    path.write_text("place,name,n\nGao,SECRET,1\nKidal, north,SECRET,1\nSECRET,2\nSource: police\n")
    done, copy = cleaned(path, tmp_path, remove=["B"])
    assert copy.read_text() == 'place,n\nGao,1\n,,\n""\nSource: police\n'
    assert (done.rows, done.emptied_rows) == (5, 2)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_personal_titles_go_unasked_and_texts_where_asked(tmp_path, kind) -> None:
    table = [
        ["Seizures 2021. Prepared by the office, tel. 555-123-4567", "", ""],
        ["Seizures of the year 2021", "", ""],
        ["Place", "Note", "Number"],
        ["Gao", "handed to mary@example.org", "1"],
        ["Ber", "three rifles", "2"],
    ]
    path = tmp_path / "u"
    if kind == "csv":
        path.write_text("".join(",".join(f'"{text}"' for text in row) + "\n" for row in table))
    else:
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet()
            for i, row in enumerate(table):
                page.write_row(i, 0, row)
    looked = intake.look(path)
    assert looked.taken.get("titles") == 1
    assert [(seen.column, seen.kind, seen.rows) for seen in looked.sheets[0].personal] == [("B", "email", 1)]
    done, copy = cleaned(path, tmp_path, empty=["B"])
    assert done.emptied_cells == 2
    kept = list(csv.reader(copy.open())) if kind == "csv" else [list(row) for row in grid(copy).rows()]
    assert kept == [["", "", ""], *table[1:3], ["Gao", "", "1"], table[4]]
    done, copy = cleaned(path, tmp_path)
    assert done.emptied_cells == 1
    assert b"4567" not in every_byte(copy)


def test_json_and_parquet_lose_columns_and_metadata(tmp_path) -> None:
    path = tmp_path / "u"
    records = [{"place": "Gao", "victim": {"full_name": "SECRET"}, "serial_no": "A 1234", "n": 1.50, "t": [1, None]}]
    path.write_text(json.dumps({"rows": records, "mail": "secret@example.org"}))
    found = {(seen.column, seen.kind) for seen in intake.look(path).sheets[0].personal}
    assert found == {("rows.victim.full_name", "person_name"), ("rows.serial_no", "serial_number"), ("mail", "email")}
    done, copy = cleaned(path, tmp_path, remove=["rows.victim.full_name", "mail"], hash_=["rows.serial_no"])
    mark = clean.linked("a1234", keys.key("linking"))
    kept = {"place": "Gao", "victim": {}, "serial_no": mark, "n": 1.5, "t": [1, None]}
    assert json.loads(copy.read_text()) == {"rows": [kept]}
    assert (done.kind, done.rows) == ("json", 1)
    frame = pl.DataFrame({"place": ["Gao", "Ber"], "serial": ["A-1234", None], "raw": [b"SECRET", b""], "n": [1, 2]})
    frame.write_parquet(path, metadata={"author": "SECRET"})
    looked = intake.look(path)
    assert looked.taken == {"binary_columns": 1, "properties": 1}
    _, copy = cleaned(path, tmp_path, hash_=["serial"])
    assert pl.read_parquet(copy).rows() == [("Gao", mark, 1), ("Ber", "", 2)]
    assert b"SECRET" not in copy.read_bytes()
    assert pl.read_parquet_metadata(copy).keys() <= {"ARROW:schema"}


SEEN = {
    "phone": [
        "call +52 55 1234 5678 now",
        "(11) 91234-5678",
        "555-123-4567",
        "06 12 34 56 78",
        "手机 13812345678",
        "tel. 5512345678",
        "https://wa.me/5215512345678",
        "هاتف ٠١٢٣٤٥٦٧٨٩",
    ],
    "email": ["escribir a juan.perez@example.org"],
    "id_number": [
        "529.982.247-25",
        "12345678Z",
        "X1234567L",
        "GB82 WEST 1234 5698 7654 32",
        "11010519491231002X",
        "паспорт 4510 123456",
        "passport no AB123456",
        "DNI: 12.345.678",
        "536-90-4399",
    ],
    "serial_number": [
        "Serial no: AB-12345",
        "pistola nº de série KX9912",
        "серийный номер АБ1234",
        "枪号：A12345",
        "الرقم التسلسلي ١٢٣٤٥٦",
        "numéro de série 123456",
    ],
    "person_name": ["detenido identificado como Juan Pérez", "the suspect, John Smith", "المدعو محمد علي"],
    "street_address": ["Calle 12 # 34-56", "seized at 123 Main Street", "Rua das Flores, 123", "ул. Ленина, д. 5"],
    "informant": ["our informant said so", "según un colaborador eficaz", "据线人称"],
    "operation_in_progress": ["operación en curso en Gao", "Операция продолжается"],
    "exact_coordinates": ["at 14.69370, -17.44406"],
}
NOT_SEEN = [
    "3304557",
    "1,234,567",
    "5,002,000",
    "2013-2018",
    "2019-03-04",
    "03/04/2021 12:00",
    "1 234 567 890",
    "BR-IBGE:3304557",
    "529.982.247-26",
    "12345678A",
    "GB82 WEST 1234 5698 7654 33",
    "AK-47 7.62x39",
    "3 AK + 200 cartouches",
    "894",
    "US-FIPS:48141",
    "https://example.org/2019/03/04/story-1234567890",
    "-23.55,-46.63",
    "resolution 1244 (1999)",
    "Glock 17 Gen4 9x19",
    "N° 12 de 2019",
    "Serie histórica 2010",
    "Rio de Janeiro",
    "South Sudan",
    "Ministério da Justiça",
    "N. SRA. DAS GRACAS",
    "2021-W03",
    "12.5%",
    "0.0001",
    "40 S&W",
    "5.56x45 mm NATO",
    "FAL 7,62",
    "2024-08-26 00:00:00",
    "Fiscal year 2019/2020",
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in SEEN.items() for text in texts])
def test_personal_values_in_texts_are_seen(kind, text) -> None:
    assert kind in personal.inside(text)


@pytest.mark.parametrize("text", NOT_SEEN)
def test_years_quantities_codes_and_places_are_not_taken_for_personal(text) -> None:
    assert personal.inside(text) == {}


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("VictimName", "person_name"),
        ("Nombre y apellidos", "person_name"),
        ("ФИО задержанного", "person_name"),
        ("姓名", "person_name"),
        ("اسم المتهم", "person_name"),
        ("Nom et prénom", "person_name"),
        ("Nº de Série", "serial_number"),
        ("枪支编号", "serial_number"),
        ("Серийный номер", "serial_number"),
        ("Phone1", "phone"),
        ("رقم الهاتف", "phone"),
        ("Téléphone", "phone"),
        ("身份证号", "id_number"),
        ("CPF", "id_number"),
        ("رقم الهوية", "id_number"),
        ("N° passeport", "id_number"),
        ("E-mail", "email"),
        ("Correo electrónico", "email"),
        ("Dirección del hecho", "street_address"),
        ("Адрес", "street_address"),
        ("地址", "street_address"),
        ("Denunciante", "informant"),
        ("线人", "informant"),
        ("Operação em andamento", "operation_in_progress"),
    ],
)
def test_headers_are_known_in_seven_languages(header, kind) -> None:
    assert personal.of_header(header) == [kind]


@pytest.mark.parametrize(
    "header",
    ["Country name", "nombre de armes", "IP address", "nome_municipio", "Motivo", "Series", "make", "Número de armas",
     "Дата", "السنة", "数量", "Agency", "Código DANE", "tipo de arma", "Legal basis"],
)  # fmt: skip
def test_other_headers_are_left_alone(header) -> None:
    assert personal.of_header(header) == []


def test_counts_and_row_numbers_are_no_names_and_no_serial_numbers() -> None:
    rows = pl.DataFrame({"Victims": ["3", "0"], "S/N": ["1", "2"], "Mobile phones": ["2", "14"], "lat": ["14.7", "15"]})
    assert personal.found(rows) == []


def test_columns_of_bare_numbers_and_names_are_known_by_most_of_their_values() -> None:
    rows = pl.DataFrame(
        {
            "a": ["52998224725", "11144477735", "12345678909", "52998224725"],
            "b": ["Juan Carlos Ruiz", "Maria da Silva", "Ahmed Hassan", "X"],
            "c": ["10000000001", "20000000002", "30000000003", "40000000004"],
            "d": ["San José", "Santa Maria", "Gao", "Rio Branco"],
        }
    )
    assert [(seen.column, seen.kind, seen.how) for seen in personal.found(rows)] == [
        ("a", "id_number", "shape"),
        ("b", "person_name", "shape"),
    ]


def test_last_gate_refuses_rows_and_quotes_nothing() -> None:
    rows = pl.DataFrame(
        {
            "source_row": [2, 3, 4],
            "description": ["three rifles", "owner's phone +52 55 1234 5678", None],
            "footnote": ["", "write to a@example.org", "see serial no AB1234"],
            "n": ["1", "2", "3"],
        }
    )
    issues = personal.remains(rows, ["description", "footnote"])
    assert issues.select("kind", "fate", "source_row", "source_column", "value", "known").rows() == [
        ("personal_value", "row_refused", 3, "description", None, "a telephone number"),
        ("personal_value", "row_refused", 3, "footnote", None, "an e-mail address"),
        ("personal_value", "row_refused", 4, "footnote", None, "a serial number"),
    ]
    told = str(in_words(issues, source=None, snapshot="s", file_name="f").to_dicts())
    assert "Row 3, column description: the text holds a telephone number" in told
    assert "5678" not in told
    assert "example.org" not in told


@pytest.mark.parametrize(
    ("encoding", "headers", "kind"),
    [
        ("gb18030", ["省份", "持枪人姓名", "数量"], "person_name"),
        ("cp1251", ["Область", "Телефон", "Количество"], "phone"),
        ("cp1256", ["المحافظة", "اسم المتهم", "الكمية"], "person_name"),
    ],
)
def test_words_are_known_in_older_encodings(tmp_path, encoding, headers, kind) -> None:
    text = ",".join(headers) + "\n" + f"{headers[0]},{headers[2]} +7 495 123-45-67,3\n" * 3
    (tmp_path / "u").write_bytes(text.encode(encoding))
    sheet = intake.look(tmp_path / "u").sheets[0]
    assert [column.header for column in sheet.columns] == headers
    assert kind in {seen.kind for seen in sheet.personal if seen.column == "B"}
    _, copy = cleaned(tmp_path / "u", tmp_path, remove=["B"])
    assert copy.read_bytes().decode(encoding).startswith(f"{headers[0]},{headers[2]}\n{headers[0]},3\n")


def test_first_rows_of_a_cleaned_copy(tmp_path, crowded) -> None:
    assert intake.first_rows(crowded, 2)[0] == ["Date", "Serial number", "Place", "Suspect name", "Number"]
    for name, content in (("c", b"a,b\n1,2\n3,4\n"), ("j", b'{"rows": [{"a": 1, "b": 2}, {"a": 3}]}')):
        (tmp_path / name).write_bytes(content)
        assert intake.first_rows(tmp_path / name, 2) == [["a", "b"], ["1", "2"]]
    pl.DataFrame({"a": [1, 3], "b": ["2", None]}).write_parquet(tmp_path / "p")
    assert intake.first_rows(tmp_path / "p", 2) == [["a", "b"], ["1", "2"]]


@pytest.mark.real
def test_real_files_raise_no_false_alarm(real_data) -> None:
    """The only personal columns of the published files are points finer than two decimals."""
    found = {}
    for path in sorted(real_data.rglob("*")):
        if path.suffix.lower() in (".csv", ".xlsx", ".json"):
            seen = [(s.column, s.kind, s.how) for sheet in intake.look(path).sheets for s in sheet.personal]
            found.update({path.name: seen} if seen else {})
    assert found == {
        "ocorrencias_2024.csv": [("D", "exact_coordinates", "header"), ("E", "exact_coordinates", "header")]
    }


def test_child_answers_like_the_function_itself(tmp_path, crowded) -> None:
    looked = intake.Looked.model_validate(contained.run("ingest.intake:look", {"path": str(crowded)}))
    assert looked == intake.look(crowded)
    asked = {"path": str(crowded), "into": str(tmp_path), "hash_": ["B"]}
    done = clean.Cleaned.model_validate(contained.run("ingest.clean:clean", asked))
    _, copy = cleaned(crowded, tmp_path, hash_=["B"])
    assert (tmp_path / done.name).read_bytes() == copy.read_bytes()


def test_child_refuses_with_its_reason(tmp_path) -> None:
    (tmp_path / "u").write_bytes(b"%PDF")
    with pytest.raises(FileRefused) as refused:
        contained.run("ingest.intake:look", {"path": str(tmp_path / "u")})
    assert (refused.value.kind, refused.value.value) == ("not_a_table", "a PDF")
    with pytest.raises(FileRefused, match="broke_the_reader"):
        contained.run("subprocess:run", {"args": ["true"]})
