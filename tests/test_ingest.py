"""Bad input gives sentences with file, row, column and value, never a traceback; the two readers agree."""

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sampled import SAMPLES, collected, layout_of, workbook

from ingest.accept import refusal as refusal_in_words
from ingest.ingest import Batch, Snapshot, _rows_or_cells, ingest, year_in_name
from ingest.parse import numbers, span
from ingest.read import Defect, batches
from ingest.register.gazetteer import load as gazetteer
from ingest.sources.policia_colombia import recovered
from schemas.declaration import Correction, Read
from schemas.issue import FileRefused, in_words

HEADER = "cod_ibge,municipio,ano,tipo,quantidade"
GOOD = "3300100.0,Angra dos Reis,2019,pistola,21"


class Taken(NamedTuple):
    """A file of Sou da Paz's shape, ingested."""

    batch: Batch
    sentences: list[str]


def take(folder: Path, *lines: str, data: bytes | None = None) -> Taken:
    """The lines below the good header and one good row, or bytes as they are."""
    path = folder / "counts.csv"
    path.write_bytes("\n".join([HEADER, GOOD, *lines, ""]).encode() if data is None else data)
    source, layout = layout_of("soudapaz_rj", "counts")
    batch = collected(source, layout, path)
    said = in_words(batch.issues, source=source.name, snapshot="0" * 64, file_name=path.name)
    return Taken(batch, said["sentence"].to_list())


def refusal(source: str, layout: str, path: Path) -> str:
    """The sentence with which a whole file is refused."""
    with pytest.raises(FileRefused) as refused:
        collected(*layout_of(source, layout), path)
    said = refusal_in_words(refused.value, source=source, snapshot="0" * 64, file_name=path.name)
    return str(said["sentence"][0])


def test_good_row_needs_no_sentence(tmp_path) -> None:
    taken = take(tmp_path)
    assert taken.sentences == []
    assert taken.batch.rows["observation"]["value"].to_list() == [Decimal("21.000000")]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("3300100.0,Angra dos Reis,2020,canhão,1", "Row 3, column tipo: “canhão” is not among the words"),
        ("3300100.0,Angra dos Reis,20x0,fuzil,1", "Row 3, column ano: “20x0” is not a year, month or period"),
        ("3300100.0,Angra dos Reis,2919,fuzil,1", "Row 3, column ano: “2919” is not a year"),
        ("3300100.0,Angra dos Reis,2020,fuzil,-1", "Row 3, column quantidade: “-1” is below zero"),
        ("3300100.0,Angra dos Reis,2020,fuzil,many", "Row 3, column quantidade: “many” is not a number"),
        ("3300100.0,Angra dos Reis,2020,fuzil,1e3", "Row 3, column quantidade: “1e3” is not a number"),
        ("3300100.0,Angra dos Reis,2020,fuzil,٣", "Row 3, column quantidade: “٣” is not a number"),
        ("3300100.0,Angra dos Reis,2020,fuzil,NaN", "Row 3, column quantidade: “NaN” is not a number"),
        ("3300100.0,Angra dos Reis,2020,fuzil,1.5", "Row 3, column quantidade: “1.5” is not a whole number"),
        ('3300100.0,Angra dos Reis,2020,fuzil,"1,200"', "Row 3, column quantidade: “1,200” is not a number"),
        ("3300100.0,Angra dos Reis,2020,fuzil,1.000", "Row 3, column quantidade: “1.000” may mean thousands"),
        ("3300100.0,Angra dos Reis,2020,fuzil,1.2345678", "“1.2345678” has more than six decimals"),
        ("3300100.0,Angra dos Reis,2020,fuzil,1234567890123", "“1234567890123” has more than six decimals"),
        ("3300100.0,Angra dos Reis,2020,fuzil", "Row 3 has 4 cells where the header has 5."),
        ("3300100.0,Angra dos Reis,2020,fuzil,1,2", "Row 3 has 6 cells where the header has 5."),
    ],
)
def test_bad_row_is_refused_with_row_column_and_value(tmp_path, row: str, sentence: str) -> None:
    taken = take(tmp_path, row)
    assert len(taken.sentences) == 1
    assert sentence in taken.sentences[0]
    counts = taken.batch.counts
    assert (counts.rows_in, counts.accepted, counts.refused, counts.skipped) == (2, 1, 1, 0)
    assert taken.batch.rows["observation"]["source_row"].to_list() == [2]


def test_row_numbers_are_those_of_a_spreadsheet_after_blank_lines(tmp_path) -> None:
    taken = take(tmp_path, "", "", "3304557.0,Rio de Janeiro,2019,fuzil,3", "", "x,Nowhere,2019,bazuca,1")
    assert taken.batch.rows["observation"]["source_row"].to_list() == [2, 5]
    assert "3 row(s) from row 3 are empty." in taken.sentences
    assert any(sentence.startswith("Row 7, column tipo: “bazuca”") for sentence in taken.sentences)
    assert (taken.batch.counts.rows_in, taken.batch.counts.skipped) == (6, 3)


def test_row_numbers_hold_after_a_cell_with_line_breaks(tmp_path) -> None:
    taken = take(tmp_path, '3300100.0,"Angra\ndos Reis",2020,fuzil,2', "3300100.0,Angra dos Reis,2021,fuzil,?")
    assert taken.batch.rows["observation"]["source_row"].to_list() == [2, 3]
    assert taken.sentences[0].startswith("Row 4, column quantidade: “?”")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path, end: str) -> None:
    text = end.join([HEADER, GOOD, GOOD.replace("2019", "2020"), ""])
    assert take(tmp_path, data=text.encode()).batch.counts.accepted == 2


def test_byte_order_mark_is_no_part_of_the_first_header(tmp_path) -> None:
    assert take(tmp_path, data=b"\xef\xbb\xbf" + f"{HEADER}\n{GOOD}\n".encode()).batch.counts.accepted == 1


def test_a_row_of_which_some_numbers_repeat_and_others_contradict_is_refused_once() -> None:
    """Rows are conserved where a row is many numbers and none of them is kept."""
    of = {"kind": ["same_row_twice"] * 3 + ["two_numbers_for_one_cell"], "fate": ["row_skipped"] * 3 + ["row_refused"]}
    rows = pl.DataFrame({**of, "source_row": pl.Series([3, 4, 4, 3], dtype=pl.UInt32)})
    kept = pl.Series("source_row", [5], dtype=pl.UInt32).implode()
    (found,) = _rows_or_cells([rows], kept)
    assert found["fate"].to_list() == ["cell_refused", "row_skipped", "cell_refused", "row_refused"]


def test_the_same_number_twice_counts_once_and_two_numbers_count_not_at_all(tmp_path) -> None:
    revolver = "3300100.0,Angra dos Reis,2019,revólver,"
    taken = take(tmp_path, GOOD, f"{revolver}4", f"{revolver}5")
    counts = taken.batch.counts
    assert (counts.accepted, counts.refused, counts.skipped) == (1, 2, 1)
    assert "Row 3 repeats row 2: same place, period, category and number." in taken.sentences
    assert sum("Rows 4 and 5 give different numbers" in sentence for sentence in taken.sentences) == 2


def test_long_text_is_shortened_and_braces_in_data_stay(tmp_path) -> None:
    taken = take(tmp_path, f"3300100.0,Angra dos Reis,2020,{{row}} {'x' * 200},1")
    assert "“{row} xxx" in taken.sentences[0]
    assert len(taken.batch.issues["value"][0]) == 80


def _csv(folder: Path, data: bytes) -> Path:
    path = folder / "counts.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "counts.csv is empty."),
        (b"\xef\xbb\xbf", "counts.csv is empty."),
        (b"\n\n", "counts.csv is empty."),
        (f"{HEADER}\n".encode(), "No row of counts.csv could be taken."),
        (f"{HEADER}\n,,,,\n".encode(), "No row of counts.csv could be taken."),
        (b"cod_ibge,municipio,ano\n1,A,2019\n", "counts.csv lacks columns of its layout: tipo, quantidade."),
        (f"{HEADER},telefone\n{GOOD},1\n".encode(), "counts.csv has columns its layout does not know: telefone."),
        (f"{HEADER},ano\n{GOOD},1\n".encode(), "counts.csv has the header “ano” more than once"),
        (f"{HEADER}\n{GOOD}\n,Niterói,2019,fuzil,1\n".encode("latin-1"), "counts.csv is not written in utf-8"),
        (f"{HEADER}\n{GOOD}\n".encode("utf-16"), "counts.csv is not written in utf-8"),
        (f"{HEADER}\n{GOOD},{'x' * 1_000_001}\n".encode(), "counts.csv cannot be read as CSV: field larger than"),
    ],
)
def test_bad_file_is_refused_in_one_sentence(tmp_path, data: bytes, sentence: str) -> None:
    assert sentence in refusal("soudapaz_rj", "counts", _csv(tmp_path, data))


def test_file_none_of_whose_rows_can_be_taken_still_shows_them(tmp_path) -> None:
    path = _csv(tmp_path, f"{HEADER}\n3300100.0,Angra dos Reis,2020,fuzil,1.000\n".encode())
    with pytest.raises(FileRefused) as refused:
        collected(*layout_of("soudapaz_rj", "counts"), path)
    said = refusal_in_words(refused.value, source="soudapaz_rj", snapshot="0" * 64, file_name=path.name)
    assert said["fate"].to_list() == ["file_refused", "row_refused"]
    assert said["sentence"][0] == "No row of counts.csv could be taken."
    assert said["sentence"][1].startswith("Row 2, column quantidade: “1.000” may mean thousands")


def test_too_few_rows_are_a_truncated_file(tmp_path) -> None:
    source, layout = layout_of("soudapaz_rj", "counts")
    path = _csv(tmp_path, f"{HEADER}\n{GOOD}\n".encode())
    with pytest.raises(FileRefused) as refused:
        list(ingest(source, layout, Snapshot("0" * 64, path, path.name), gazetteer()))
    assert (refused.value.kind, refused.value.value, refused.value.known) == ("too_few_rows", "1", "500")


def _iafq_workbook(folder: Path) -> Path:
    name = "data_iafq_firearms_trafficking_2024-08-26.xlsx"
    return workbook(SAMPLES / "unodc_iafq" / f"{name}.csv", folder / name)


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.7, 0.99])
def test_truncated_workbook_is_refused(tmp_path, kept: float) -> None:
    path = _iafq_workbook(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: max(int(len(whole) * kept), 10)])
    assert "cannot be read as an XLSX workbook" in refusal("unodc_iafq", "workbook", path)


def test_workbook_whose_cells_lie_far_apart_is_not_opened(tmp_path) -> None:
    path = _iafq_workbook(tmp_path)
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(far, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                data = data.replace(b"</sheetData>", cell)
            target.writestr(entry.filename, data)
    assert "was not opened: its cells reach to column 16384, row 1048576" in refusal("unodc_iafq", "workbook", far)


def test_workbook_that_declares_entities_is_not_opened(tmp_path) -> None:
    far = tmp_path / "entities.xlsx"
    with zipfile.ZipFile(far, "w") as target:
        target.writestr("xl/workbook.xml", '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>')
    assert "its XML declares entities" in refusal("unodc_iafq", "workbook", far)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"meta": {}, "records": [{"iso3": "A', "cannot be read as JSON"),
        ('{"meta": {}}', "cannot be read as JSON"),
        ("[]", "cannot be read as JSON"),
        ('{"records": [1, 2]}', "cannot be read as JSON"),
        ('{"records": []}', "No row of f.json could be taken."),
        ('{"records": [{"iso3": "ALB"}]}', "lacks columns of its layout: country, m49"),
        ("[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_bad_json_is_refused(tmp_path, text: str, sentence: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(text, encoding="utf-8")
    assert sentence in refusal("un_sdg_16_4_2", "json", path)


def test_file_whose_name_must_carry_the_year(tmp_path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes((SAMPLES / "gitoc_oci" / "arms_trafficking_2023.csv").read_bytes())
    assert "The year of scores.csv stands only in its name" in refusal("gitoc_oci", "scores", path)
    assert year_in_name("trace_2020", "trace_%Y") == "2020"


def test_file_whose_name_and_footnote_disagree(tmp_path) -> None:
    cells = SAMPLES / "atf_trace_flows" / "trace_2020.xlsx.csv"
    path = workbook(cells, tmp_path / "trace_2018.xlsx")
    assert "says trace_2018, but its footnote says 2020" in refusal("atf_trace_flows", "matrix", path)


@pytest.mark.parametrize(("old", "kind", "value"), [("21", "corrected", 12), ("20", "correction_stale", 21)])
def test_correction_is_applied_only_where_the_old_text_stands(tmp_path, old: str, kind: str, value: int) -> None:
    source, layout = layout_of("soudapaz_rj", "counts")
    mend = Correction(snapshot="0" * 64, row=2, column="quantidade", old=old, new="12", reason="digits swapped")
    path = _csv(tmp_path, f"{HEADER}\n{GOOD}\n".encode())
    batch = collected(source.model_copy(update={"correction": [mend]}), layout, path)
    assert batch.issues["kind"].to_list() == [kind]
    assert batch.rows["observation"]["value"].to_list() == [value]


def test_unknown_state_of_a_matrix_costs_its_cells_not_its_rows(tmp_path) -> None:
    cells = tmp_path / "cells.csv"
    cells.write_text("Recovery State,,,\nSource State,,ALABAMA,NARNIA,TOTAL\n,ALABAMA,1,2,3\n,TOTAL,1,2,3\n")
    cells.write_text(cells.read_text().replace("State,,,\n", "State,,,,\n"))
    batch = collected(*layout_of("atf_trace_flows", "matrix"), workbook(cells, tmp_path / "trace_2014.xlsx"))
    assert (batch.counts.accepted, batch.counts.refused) == (1, 0)
    assert (batch.counts.cells, batch.counts.numbers, batch.counts.cells_refused) == (2, 1, 1)
    assert batch.issues.filter(pl.col("kind") == "unknown_place")["fate"].to_list() == ["cell_refused"]


def test_place_within_an_unknown_state_is_not_looked_for_elsewhere(tmp_path) -> None:
    path = tmp_path / "occurrences.csv"
    text = (SAMPLES / "fogo_cruzado" / "occurrences.csv").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*text[:2], text[1].replace("Rio de Janeiro,", ",")]), encoding="utf-8")
    batch = collected(*layout_of("fogo_cruzado", "occurrences"), path)
    assert (batch.counts.accepted, batch.counts.refused) == (1, 1)


SATURDAY = date(2019, 1, 12)


@pytest.mark.parametrize(
    ("days", "weekdays", "found"),
    [
        ([SATURDAY, None, None], [None, 6, 0], [SATURDAY, date(2019, 1, 13), date(2019, 1, 14)]),
        ([None, SATURDAY], [4, None], [None, SATURDAY]),
        (
            [date(2019, 1, 28), None, date(2019, 2, 1)],
            [None, 3, None],
            [date(2019, 1, 28), date(2019, 1, 31), date(2019, 2, 1)],
        ),
        # A week without rows: which week the Monday lies in cannot be known.
        ([SATURDAY, None, date(2019, 2, 1)], [None, 0, None], [SATURDAY, None, date(2019, 2, 1)]),
        # Days up to the twelfth were never lost, so a gap there is a contradiction.
        ([date(2019, 1, 5), None], [None, 6], [date(2019, 1, 5), None]),
        ([SATURDAY, None, None], [None, 5, 6], [SATURDAY, None, None]),
        ([date(2019, 1, 30), None, date(2019, 1, 1)], [None, 3, None], [date(2019, 1, 30), None, date(2019, 1, 1)]),
    ],
)
def test_lost_dates_come_back_only_where_they_are_certain(days, weekdays, found) -> None:
    assert recovered(days, weekdays) == found


@pytest.mark.parametrize(
    ("label", "start", "end", "kind"),
    [
        ("2019", date(2019, 1, 1), date(2019, 12, 31), "year"),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29), "month"),
        ("2019-Q1", date(2019, 1, 1), date(2019, 3, 31), "quarter"),
        ("2016/2017", date(2016, 1, 1), date(2017, 12, 31), "average"),
        ("2019-03-31", date(2019, 3, 31), date(2019, 3, 31), "day"),
    ],
)
def test_period_labels(label: str, start: date, end: date, kind: str) -> None:
    assert span(label) == (start, end, kind)


@pytest.mark.parametrize(
    "label", ["", "19", "2019-13", "2019-Q5", "2017/2016", "2016/2016", "0999", "2019-02-30", "²019"]
)
def test_what_is_no_period(label: str) -> None:
    assert span(label) is None


@given(st.integers(0, 10**12 - 1), st.sampled_from(["", ",", ".", " ", "'"]))
def test_grouped_numbers_are_read_where_their_sign_is_declared(number: int, sign: str) -> None:
    text = f"{number:,}".replace(",", sign) if sign else str(number)
    value, kind = numbers(pl.Series([text]), sign, "," if sign == "." else ".")
    assert (value[0], kind[0]) == (number, None)


@given(st.text(max_size=12))
def test_a_number_is_what_its_digits_say_or_nothing(text: str) -> None:
    value, kind = numbers(pl.Series([text]), "", ".")
    assert (value[0] is None) == (kind[0] is not None)
    if value[0] is not None:
        assert Decimal(text.strip()) == value[0]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
NAME = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
TABLE = st.lists(NAME, min_size=2, max_size=4, unique=True).flatmap(
    lambda names: st.tuples(
        st.just(names), st.lists(st.lists(CELL, min_size=len(names), max_size=len(names)), min_size=1, max_size=6)
    )
)


def outcome(path: Path, read: Read, *, careful: bool) -> pl.DataFrame | str:
    """The rows of a file, 'defect' where the fast reader gives way, or the kind of refusal."""
    try:
        return pl.concat(list(batches(path, read, careful=careful)) or [pl.DataFrame()])
    except Defect:
        return "defect"
    except FileRefused as refused:
        return refused.kind


def assert_readers_agree(path: Path, read: Read) -> None:
    fast, careful = outcome(path, read, careful=False), outcome(path, read, careful=True)
    if isinstance(fast, str):
        assert fast in ("defect", careful)
    else:
        assert isinstance(careful, pl.DataFrame), careful
        assert_frame_equal(fast, careful)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(
    table=TABLE,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    last_end=st.booleans(),
    mark=st.booleans(),
)
def test_fast_and_careful_reader_give_the_same_rows(tmp_path, table, delimiter, end, quoting, last_end, mark) -> None:
    names, rows = table
    text = io.StringIO(newline="")
    if any("\r" in cell or "\n" in cell for row in rows for cell in row):
        quoting = csv.QUOTE_ALL  # Python quotes only the line end it was told to write.
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([names, *rows])
    written = text.getvalue() if last_end else text.getvalue().removesuffix(end)
    path = tmp_path / "table.csv"
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + written.encode())
    read = Read(format="csv", delimiter=delimiter)
    assert_readers_agree(path, read)
    careful = outcome(path, read, careful=True)
    assert isinstance(careful, pl.DataFrame)
    assert careful.select(names).rows() == [tuple(row) for row in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=500)
@given(soup=st.lists(st.sampled_from([b"a", b"1", b",", b'"', b"\n", b"\r", b"\xe9", b"\xc3\xa9", b" ", b"\x00"])))
def test_readers_agree_on_anything(tmp_path, soup) -> None:
    path = tmp_path / "soup.csv"
    path.write_bytes(b"a,b\n" + b"".join(soup))
    assert_readers_agree(path, Read(format="csv"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(soup=st.binary(max_size=60))
def test_readers_agree_on_bytes(tmp_path, soup) -> None:
    path = tmp_path / "soup.csv"
    path.write_bytes(soup)
    assert_readers_agree(path, Read(format="csv"))


def test_plain_tables_take_the_fast_path(tmp_path) -> None:
    path = _csv(tmp_path, f'{HEADER}\n{GOOD}\n1,"a,b",2019,"c ""d""",2\n'.encode())
    rows = outcome(path, Read(format="csv"), careful=False)
    assert isinstance(rows, pl.DataFrame)
    assert rows["municipio"].to_list() == ["Angra dos Reis", "a,b"]
    assert rows["tipo"].to_list() == ["pistola", 'c "d"']
