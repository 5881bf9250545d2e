"""A file nobody declared is proposed a declaration; what is ambiguous is asked, nothing wrong is taken in silence."""

import csv
import io
import json
import tomllib
import zipfile
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from commons import app
from ingest.draft import Draft, draft
from ingest.draft.cells import every_way
from ingest.draft.column import profile
from ingest.draft.counted import words_of
from ingest.draft.periods import calendar_quarter, fiscal_quarter, label_of, labels, over_two_years
from ingest.draft.sniff import sniff
from ingest.draft.values import dated, numbered
from ingest.draft.words import is_one_of, lexicon, lists, meaning, plain, says
from ingest.draft.written import toml
from ingest.ingest import Batch, Snapshot, carry, collect
from ingest.items import parts
from ingest.parse import dates, limits
from ingest.read import batches, grouped
from ingest.register.gazetteer import load as gazetteer
from schemas.declaration import (
    OPEN,
    DeclarationRefused,
    Items,
    Layout,
    Read,
    Recognise,
    demand_contributed,
    open_keys,
    parse,
)
from schemas.issue import FileRefused, in_words

UNSEEN = Path(__file__).parent / "unseen"
TRUTHS = sorted(UNSEEN.glob("*.truth.toml"))
SLOW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def of(truth: Path) -> Path:
    """The file a truth is about."""
    name = truth.name.removesuffix(".truth.toml")
    return next(path for path in truth.parent.iterdir() if path.stem == name)


def taken(path: Path, proposed: Draft) -> Batch | None:
    """What a draft's declaration takes of its file; None where no row can be taken."""
    source = parse(proposed.toml(), "drafted")
    snapshot = Snapshot(sha256(path.read_bytes()).hexdigest(), path, path.name)
    try:
        return collect(source, source.layout[0], snapshot, gazetteer())
    except FileRefused as refused:
        if refused.kind != "no_rows":
            raise
        return None


def sums(batch: Batch) -> dict[str, int]:
    table, number = ("item", "quantity") if "item" in batch.rows else ("observation", "value")
    added = batch.rows[table].group_by("concept").agg(pl.col(number).sum())
    return {concept: int(total) for concept, total in added.iter_rows()}


def written(folder: Path, text: str, name: str = "handed_in.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


# Files never seen ------------------------------------------------------------------------------------------------


def test_at_least_four_columns_in_five_are_found_without_help() -> None:
    right = total = 0
    for truth in TRUTHS:
        columns = tomllib.loads(truth.read_text(encoding="utf-8"))["columns"]
        found = draft(of(truth)).columns
        right += sum(found.get(name) == role for name, role in columns.items())
        total += len(columns)
    assert right >= 0.8 * total


def test_four_columns_of_five_are_right_in_files_of_other_hands() -> None:
    """Of those of `blind`, and no column of states is left out where it alone says where a row lies."""
    right = total = 0
    for truth in sorted((UNSEEN / "blind").glob("*.truth.toml")):
        columns = tomllib.loads(truth.read_text(encoding="utf-8"))["columns"]
        proposed = draft(of(truth))
        found = proposed.columns
        for name, role in columns.items():
            # What repeats over the rows of an event is its key too, for the truths know one word for both.
            roles = {role} if isinstance(role, str) else {*role}
            right += found.get(name) in roles | ({"incident"} if "event_key" in roles else set())
            total += 1
        states = [name for name, role in columns.items() if role == "admin1"]
        if not any("level" in way for way in proposed.declaration["layout"][0].get("place", [])):
            assert [name for name in states if found.get(name) == "ignore"] == [], truth
    assert total == 1119
    assert right >= 0.8 * total


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name.removesuffix(".truth.toml"))
def test_nothing_is_guessed_wrong_in_silence(truth: Path) -> None:
    known = tomllib.loads(truth.read_text(encoding="utf-8"))
    proposed = draft(of(truth))
    found = proposed.columns
    assert {name: found[name] for name, role in known["columns"].items() if found.get(name, role) != role} == {}
    asked = {question.key for question in proposed.questions}
    assert set(known.get("must_ask", [])) <= asked
    layout = proposed.declaration["layout"][0]
    entries = {word: entry for words in layout.get("lookup", {}).values() for word, entry in words.items()}
    assert {
        w: entries[w] for w, code in known.get("words", {}).items() if code not in entries.get(w, {0: code}).values()
    } == {}
    batch = taken(of(truth), proposed)
    if batch is not None:
        assert all(total <= known["sums"].get(concept, -1) for concept, total in sums(batch).items())
        if not proposed.questions:
            assert sums(batch) == known["sums"]


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name.removesuffix(".truth.toml"))
def test_answered_questions_give_every_row_and_the_right_sums(truth: Path) -> None:
    known = tomllib.loads(truth.read_text(encoding="utf-8"))
    proposed = draft(of(truth), answers=known["answers"])
    batch = taken(of(truth), proposed)
    assert batch is not None
    assert (batch.counts.accepted, sums(batch)) == (known["rows"], known["sums"])
    assert proposed.questions == []
    assert draft(of(truth), answers=known["answers"]).toml() == proposed.toml()


def test_no_personal_value_is_quoted() -> None:
    for truth in TRUTHS:
        proposed = draft(of(truth))
        said = f"{proposed.toml()} {proposed.guesses} {proposed.questions}"
        assert [name for name in ("Name One", "Имя Первое", "АБ 0001") if name in said] == []


# How bytes are read ----------------------------------------------------------------------------------------------

TABLES = {
    "en": [
        ["Date", "State", "Type of weapon", "Quantity", "Remarks"],
        ["2021-03-14", "Lagos", "Pistol", "3", "two men, café"],
        ["2021-03-15", "Kano", "Rifle", "2", "said so"],
    ],
    "es": [
        ["Fecha", "Departamento", "Municipio", "Tipo de arma", "Cantidad"],
        ["14/03/2021", "Antioquia", "Medellín", "Pistola", "3"],
        ["20/03/2021", "Nariño", "Ipiales", "Revólver", "1"],
    ],
    "pt": [
        ["Ano", "Município", "Tipo de arma", "Quantidade", "Observações"],
        ["2020", "São Paulo", "Pistola", "3", "não"],
        ["2021", "Goiânia", "Revólver", "2", "sim, três"],
    ],
    "fr": [
        ["Année", "Région", "Catégorie d’arme", "Quantité", "Observations"],
        ["2020", "Île-de-France", "Pistolet", "3", "déjà vu"],
        ["2021", "Normandie", "Fusil à pompe", "2", "sœur"],
    ],
    "ar": [
        ["السنة", "المحافظة", "نوع السلاح", "الكمية"],
        ["2020", "القاهرة", "مسدس", "3"],
        ["2021", "أسيوط", "ذخيرة", "250"],
    ],
    "ru": [
        ["Год", "Регион", "Вид оружия", "Количество"],
        ["2020", "Московская область", "Пистолет", "3"],
        ["2021", "Республика Дагестан", "Патроны", "250"],
    ],
    "zh": [
        ["年份", "省份", "枪支类型", "数量"],
        ["2020", "广东省", "手枪", "3"],
        ["2021", "云南省", "步枪", "2"],
    ],
}
ENCODINGS = {
    "en": ["cp1252", "iso-8859-1", "mac_roman"],
    "es": ["cp1252", "iso-8859-1", "cp850"],
    "pt": ["cp1252", "iso-8859-1", "cp850"],
    "fr": ["cp1252", "iso-8859-15"],
    "ar": ["cp1256", "iso-8859-6"],
    "ru": ["cp1251", "koi8-r", "cp866", "iso-8859-5"],
    "zh": ["gb18030", "gbk"],
}
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]


def dialect(rows: list[list[str]], delimiter: str, quote: str, quoting: Any, end: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quotechar=quote, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue()


def test_encodings_and_dialects_are_read_right_or_asked(tmp_path) -> None:
    right = asked = total = 0
    quotes = product(",;\t|", "\"'", (csv.QUOTE_ALL, csv.QUOTE_MINIMAL), ("\n", "\r\n", "\r"))
    for (language, rows), signs in product(TABLES.items(), list(quotes)):
        text = dialect(rows, *signs)
        for encoding in [*UNICODE, *ENCODINGS[language]]:
            try:
                path = written(tmp_path, text, encoding=encoding)
            except UnicodeEncodeError:
                continue
            found = sniff(path, {})
            frame = pl.concat(batches(path, found.read, careful=True))
            same = [frame.columns[1:-1], *map(list, frame.drop("source_row", "_cells").rows())] == rows
            right += same and not found.questions
            asked += bool(found.questions)
            total += 1
    assert total > 2000
    assert right + asked >= 0.99 * total
    assert right >= 0.9 * total


def test_titles_above_blank_rows_and_notes_below_are_told_apart(tmp_path) -> None:
    lines = ["Armas incautadas en 2020", "", "Departamento;Tipo de arma;Cantidad", "Antioquia;Pistola;3", ""]
    lines += ["Nariño;Revólver;2", "Boyacá;Escopeta;4", "Total;;9", "Fuente: registro nacional de la policía", ""]
    path = written(tmp_path, "\n".join(lines))
    batch = taken(path, draft(path, answers={"country": "COL"}))
    assert batch is not None
    assert batch.rows["observation"]["source_row"].to_list() == [4, 6, 7]
    assert sums(batch) == {"arms_seized": 9}
    assert "total_agrees" in batch.issues["kind"].to_list()


def ods(path: Path, rows: list[list[str]]) -> Path:
    """A small open-document spreadsheet with these texts in one sheet."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    names = "".join(f' xmlns:{name}="{office}:{name}:1.0"' for name in ("office", "table", "text"))
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    body = "".join(f"<table:table-row>{''.join(cell.format(c) for c in row)}</table:table-row>" for row in rows)
    sheet = f'<office:body><office:spreadsheet><table:table table:name="One">{body}</table:table>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        end = "</office:spreadsheet></office:body></office:document-content>"
        archive.writestr("content.xml", f"<office:document-content{names}>{sheet}{end}")
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        entry = '<m:file-entry m:full-path="{}" m:media-type="{}"/>'
        entries = entry.format("/", "application/vnd.oasis.opendocument.spreadsheet") + entry.format(
            "content.xml", "text/xml"
        )
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}">{entries}</m:manifest>')
    return path


def test_ods_is_drafted_and_taken(tmp_path) -> None:
    rows = [
        ["Year", "State", "Type of weapon", "Number seized"],
        ["2021", "Lagos", "Pistol", "3"],
        ["2022", "Kano", "Rifle", "2"],
    ]
    path = ods(tmp_path / "rows.ods", rows)
    batch = taken(path, draft(path, answers={"country": "NGA"}))
    assert batch is not None
    assert sums(batch) == {"arms_seized": 5}


def test_parquet_is_read_as_text(tmp_path) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"Year": [2020, 2021], "State": ["Lagos", None]}).write_parquet(path)
    frame = next(batches(path, Read(format="parquet")))
    assert frame.rows() == [(1, "2020", "Lagos", None), (2, "2021", "", None)]


# Dates and numbers -----------------------------------------------------------------------------------------------


def column(*texts: str) -> Any:
    rows = pl.DataFrame(
        {"source_row": range(2, len(texts) + 2), "x": texts}, schema_overrides={"source_row": pl.UInt32}
    )
    return profile(rows, "x")


@SLOW
@given(st.lists(st.dates(date(1990, 1, 1), date(2030, 1, 1)), min_size=1))
def test_the_order_of_a_date_is_never_guessed(days: list[Any]) -> None:
    for pattern, other in (("%d/%m/%Y", "%m/%d/%Y"), ("%m/%d/%Y", "%d/%m/%Y")):
        texts = [day.strftime(pattern) for day in days]
        found = dated(column(*texts))
        assert found is not None
        if not found.orders:
            read = dates(pl.Series(texts), found.patterns, found.months)["period_start"].to_list()
            assert read == days
        elif any(day.day > 12 for day in days):
            raise AssertionError(f"{pattern} was decided by a day after the twelfth, and {other} excluded")


@SLOW
@given(st.lists(st.integers(1000, 9_999_999), min_size=1, max_size=8), st.sampled_from(".,"))
def test_grouped_numbers_are_read_or_asked(numbers: list[int], sign: str) -> None:
    texts = [f"{number:,}".replace(",", sign) for number in numbers]
    found = numbered(column(*texts))
    assert found.share == 1
    assert found.thousands == sign or found.unclear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about 20", ("20", None, None, "E")),
        ("environ 1200", ("1200", None, None, "E")),
        ("10-15", (None, 10, 15, "L")),
        ("≥ 50", (None, 50, None, "L")),
        ("20+", (None, 20, None, "L")),
        ("more than 20", (None, 21, None, "L")),
        ("до 20", (None, None, 20, "L")),
        ("a few", (None, None, None, None)),
        ("15-10", (None, None, None, None)),
    ],
)
def test_a_number_that_is_not_exact_is_stated_or_has_limits(text: str, expected: tuple[Any, ...]) -> None:
    words = {"about": "about", "environ": "about", "-": "between", "≥": "at_least", "+": "at_least", "до": "at_most"}
    words["more than"] = "more_than"
    value, low, high, status = limits(pl.Series([text]), words, "", ".")
    assert (value[0], low[0], high[0], status[0]) == expected


def test_things_in_one_cell_come_apart() -> None:
    items = Items(column="x", joiners=["+", ",", " and "], numerals={"two": 2})
    found = parts("3 AK-47 + 200 cartouches", items, [])
    assert [part[:2] for part in found] == [["3", "AK-47"], ["200", "cartouches"]]
    assert [part[:2] for part in parts("two pistols and 300+ rounds", items, ["+"])] == [
        ["2", "pistols"],
        ["300+", "rounds"],
    ]
    assert [part[:2] for part in parts("1,200 rounds", items, [])] == [["1,200", "rounds"]]
    assert [part[:2] for part in parts("3支手枪", items, [])] == [["3", "支手枪"]]


@pytest.mark.parametrize(
    "text",
    [
        *("rifle grenades", "funda de pistola", "pistola de agua", "crossbow pistol", "taser pistol", "rifle stock"),
        *("cartuchos de dinamita", "empty cartridges", "cartridge belt", "bullet proof vest", "gilet pare-balles"),
        *(
            "magazine pouch",
            "fusil à canon tronçonné",
            "بندقية مضخة",
            "кобура пистолета",
            "手枪零件",
            "仿真手枪",
            "ствол",
        ),
    ],
)
def test_a_phrase_that_may_be_another_thing_is_asked(text: str) -> None:
    assert meaning(text, "firearm_type") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Beretta 9mm pistol", "PISTOL"),
        ("pistola 9 mm marca Glock", "PISTOL"),
        ("escopeta calibre 16", "SHOTGUN"),
        ("пистолет Макарова", "PISTOL"),
        ("بندقية كلاشنكوف", "RIFLE"),
        ("54式手枪1支", "PISTOL"),
        ("cartouches de 12", "ammunition"),
    ],
)
def test_a_make_or_a_calibre_makes_no_other_thing(text: str, code: str) -> None:
    assert code in (meaning(text, "firearm_type") or {}).values()


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("5 mil cartuchos", ["5000", "cartuchos"]),
        ("5 тысяч патронов", ["5000", "патронов"]),
        ("пять тысяч патронов", ["5000", "патронов"]),
        ("2万发子弹", ["20000", "发子弹"]),
        ("5 آلاف طلقة", ["5000", "طلقة"]),
        ("3 hundred rounds", ["300", "rounds"]),
        ("30余支手枪", ["30余", "支手枪"]),
        ("about 2 thousand rounds", ["about 2000", "rounds"]),
        # A number with a fraction is not multiplied here: its words are asked.
        ("1,5 mil cartuchos", ["1,5", "mil cartuchos"]),
    ],
)
def test_what_multiplies_a_number_is_not_lost(cell: str, part: list[str]) -> None:
    assert [found[:2] for found in parts(cell, every_way("x"), ["about", "余"])] == [part]


def test_a_fraction_of_thousands_is_asked(tmp_path) -> None:
    lines = ["Fecha;Departamento;Incautado", "2021-03-14;Cauca;3 pistolas, 1.5 mil cartuchos"]
    lines += ["2021-03-15;Nariño;2 pistolas, 5 mil cartuchos", "2021-03-16;Meta;1 pistola, 20 cartuchos"]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path, answers={"country": "COL", "done": "seized"})
    assert "word:Incautado:mil cartuchos" in {question.key for question in proposed.questions}
    batch = taken(path, proposed)
    assert batch is not None
    assert sums(batch) == {"arms_seized": 6, "ammunition_seized": 5020}


@pytest.mark.parametrize("table", ["roles", "actions", "objects", "against"])
def test_the_words_a_text_says_are_found_as_word_by_word(table: str) -> None:
    texts = [
        "armas de fuego incautadas por provincia",
        "изъято оружия ед",
        "缴获枪支数量",
        "عدد الأسلحة المضبوطة",
        "gun",
    ]
    for name, words in lists("headers.toml", table).items():
        for text in map(plain, [*texts, *words[:20]]):
            fast = lexicon("headers.toml", table, name)
            assert set(fast.said_by(text)) == {word for word in words if word and says(text, word)}
            assert fast.is_one(text) == is_one_of(text, words)


@SLOW
@given(st.text(max_size=60))
def test_no_part_of_a_cell_is_lost(cell: str) -> None:
    items = Items(column="x", joiners=["+", ",", ";", " and "])
    found = parts(cell, items, ["about"])
    kept = "".join(part for *_, part in found)
    assert found
    assert all(sign in kept for sign in cell if sign.isalnum())


# Periods in words, groups above, blocks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("2021", "2021"),
        ("2021-03", "2021-03"),
        ("marzo 2021", "2021-03"),
        ("3T2021", "2021-Q3"),
        ("2022Q1", "2022-Q1"),
        ("T1-2022", "2022-Q1"),
        ("1er trim. 2022", "2022-Q1"),
        ("Jul–Sep 2021", "2021-Q3"),
        ("enero a marzo de 2022", "2022-Q1"),
        ("Q4 (Oct-Dec) 2022", "2022-Q4"),
        ("2022年7-9月", "2022-Q3"),
        ("II квартал 2022 г.", "2022-Q2"),
        ("الربع الأول 2021", "2021-Q1"),
        # No quarter of the calendar, a year over two, an average, a year alone with a day.
        ("Feb-Apr 2022", None),
        ("2021/22", None),
        ("2019/2020", None),
        ("Q1 2021/22", None),
        ("Q1 (Oct-Dec) 2022", None),
        ("FY2021", None),
        ("14 March 2021", None),
        ("marzo", None),
    ],
)
def test_a_text_names_a_period_or_none(text: str, label: str | None) -> None:
    assert label_of(text) == label


@pytest.mark.parametrize("texts", [["2010-11", "2011-12"], ["2021/22"], ["FY 2009-10"], ["2019/2020", "2020/2021"]])
def test_years_over_two_calendar_years_are_no_months(texts: list[str]) -> None:
    assert over_two_years(texts)
    assert labels(column(*texts)) == (0, {})
    assert dated(column(*texts)) is None


def test_months_beside_such_as_could_be_years_are_months() -> None:
    assert labels(column("2010-11", "2010-12", "2011-01")) == (1, {})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Q1 2021/22", (2021, 1, None)),
        ("2021-22 Q4", (2021, 4, None)),
        ("FY2021/22 – Q2", (2021, 2, None)),
        ("Q2 (Oct-Dec) 2021/22", (2021, 2, "07")),
        ("Q1 (Jan-Mar) 2021/22", None),
        ("Q1 2021/23", None),
        ("2021/22", None),
    ],
)
def test_a_quarter_of_a_fiscal_year_is_known_for_one(text: str, found: tuple[int, int, str | None] | None) -> None:
    assert fiscal_quarter(text) == found


@pytest.mark.parametrize("start", ["04", "07", "10"])
def test_quarters_of_a_fiscal_year_follow_each_other_through_the_calendar(start: str) -> None:
    """By counting months from the first on."""
    for number in range(1, 5):
        month = int(start) - 1 + 3 * (number - 1)
        year, quarter = 2021 + (month >= 12), month % 12 // 3 + 1
        assert calendar_quarter(2021, number, start) == f"{year}-Q{quarter}"


def test_with_which_month_a_fiscal_year_begins_is_asked_once(tmp_path) -> None:
    lines = ["County,Quarter,Rifles surrendered", "Turkana,Q1 2021/22,3", "Turkana,Q2 2021/22,4", "Wajir,Q1 2022/23,5"]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path, answers={"country": "KEN"})
    assert {question.key for question in proposed.questions} == {"fiscal_start"}
    assert taken(path, proposed) is None
    for start, first in (("07", date(2021, 7, 1)), ("10", date(2021, 10, 1))):
        batch = taken(path, draft(path, answers={"country": "KEN", "fiscal_start": start}))
        assert batch is not None
        assert batch.rows["observation"]["period_start"].min() == first
        assert sums(batch) == {"arms_surrendered": 12}


def test_columns_of_fiscal_quarters_with_their_months_are_read_without_a_question(tmp_path) -> None:
    lines = [
        "Province,Q1 (Jul-Sep) 2021/22,Q2 (Oct-Dec) 2021/22,Q3 (Jan-Mar) 2021/22",
        "Punjab,3,5,6",
        "Sindh,4,6,4",
        "Balochistan,9,8,4",
    ]
    path = written(tmp_path, "\n".join(lines), name="pistols_seized.csv")
    proposed = draft(path, answers={"country": "PAK", "counts:": "arms_seized/weapon"})
    assert proposed.questions == []
    batch = taken(path, proposed)
    assert batch is not None
    starts = [date(2021, 7, 1), date(2021, 10, 1), date(2022, 1, 1)]
    assert batch.rows["observation"]["period_start"].unique().sort().to_list() == starts


def test_headers_of_two_rows_are_read_together(tmp_path) -> None:
    lines = [
        "Armas incautadas por provincia;;;;",
        "Provincia;2021;;2022;",
        ";Pistolas;Revólveres;Pistolas;Revólveres",
        "Pichincha;3;4;5;6",
        "Guayas;1;2;3;4",
        "Manabí;7;8;9;2",
    ]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path, answers={"country": "ECU"})
    assert proposed.questions == []
    batch = taken(path, proposed)
    assert batch is not None
    rows = batch.rows["observation"]
    found = rows.group_by("period_start", "category").agg(pl.col("value").sum()).sort("period_start", "category").rows()
    of = {2021: {"PISTOL": 11, "REVOLVER": 14}, 2022: {"PISTOL": 17, "REVOLVER": 12}}
    assert found == [(date(year, 1, 1), kind, n) for year, kinds in of.items() for kind, n in kinds.items()]


@pytest.mark.parametrize(
    ("above", "names", "whole"),
    [
        (
            ["", "2021", "", "2022", ""],
            ["State", "A", "B", "A", "B"],
            ["State", "2021 A", "2021 B", "2022 A", "2022 B"],
        ),
        (["State", "2021", "", "Notes"], ["", "A", "B", ""], ["State", "2021 A", "2021 B", "Notes"]),
        (["State"], ["", "A"], ["State", "A"]),
        ([], ["State", "A"], ["State", "A"]),
    ],
)
def test_a_group_goes_on_over_empty_cells(above: list[str], names: list[str], whole: list[str]) -> None:
    assert grouped(above, names) == whole


def test_the_head_of_a_form_is_no_group_of_columns(tmp_path) -> None:
    lines = [
        "Unit: provincial police,,,As of: 6 December 2021,",
        "Date,State,Weapon,Number seized,Calibre",
        "2021-03-14,Lagos,Pistol,3,9 mm",
        "2021-03-15,Kano,Rifle,2,7.62",
    ]
    read = sniff(written(tmp_path, "\n".join(lines)), {}).read
    assert (read.header_row, read.groups_above) == (2, False)


def test_a_block_says_its_state_in_its_first_row(tmp_path) -> None:
    lines = ["State,Weapon,2020,2021", "Lagos,Pistol,1,2", ",Rifle,3,4", ",Shotgun,1,1", "Kano,Pistol,5,6"]
    path = written(tmp_path, "\n".join([*lines, ",Rifle,7,8", ",Shotgun,2,2"]))
    proposed = draft(path, answers={"country": "NGA", "done": "seized"})
    assert proposed.questions == []
    assert proposed.declaration["layout"][0]["carried"] == ["State"]
    batch = taken(path, proposed)
    assert batch is not None
    rows = batch.rows["observation"]
    assert dict(rows.group_by("place").agg(pl.col("value").sum()).iter_rows()) == {"NG-LA": 12, "NG-KN": 30}


def test_an_empty_cell_in_a_list_of_events_is_asked(tmp_path) -> None:
    lines = ["State,Date,Weapon,Number seized", "Lagos,2021-03-14,Pistol,3", "Kano,2021-03-15,Rifle,2"]
    lines += [",2021-03-16,Pistol,4", "Lagos,2021-03-17,Rifle,5", ",2021-03-18,Rifle,1"]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path, answers={"country": "NGA"})
    assert {question.key for question in proposed.questions} == {"carried"}
    for answer, accepted in (("above", 5), ("nothing", 3)):
        batch = taken(path, draft(path, answers={"country": "NGA", "carried": answer}))
        assert batch is not None
        assert batch.counts.accepted == accepted


@SLOW
@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.sampled_from(["", "x", "y"])), min_size=1), st.data())
def test_what_is_carried_down_is_the_same_whole_or_in_pieces(cells: list[tuple[str, str]], data: st.DataObject) -> None:
    rows = pl.DataFrame(cells, schema=["outer", "inner"], orient="row")
    names = ["outer", "inner"]
    whole, end = carry(rows, names)
    at = data.draw(st.integers(0, len(cells)))
    first, between = carry(rows[:at], names)
    second, last = carry(rows[at:], names, between)
    assert pl.concat([first, second]).equals(whole)
    assert last == end
    # By hand: an inner text ends where a new outer one begins.
    outer = inner = ""
    for (own_outer, own_inner), row in zip(cells, whole.rows(), strict=True):
        if own_outer:
            outer, inner = own_outer, ""
        inner = own_inner or inner
        assert row == (outer, inner)


def test_a_total_among_the_columns_is_left_out_where_it_is_their_sum(tmp_path) -> None:
    lines = ["Year,State,Pistols seized,Rifles seized,Total arms seized,Persons arrested", "2021,Lagos,3,1,4,2"]
    lines += ["2021,Kano,2,-,2,1", "2021,Rivers,5,4,9,7", "2021,Oyo,1,1,2,0"]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path, answers={"country": "NGA", "dash": "zero"})
    assert proposed.columns["Total arms seized"] == "ignore"
    batch = taken(path, proposed)
    assert batch is not None
    assert sums(batch) == {"arms_seized": 17, "persons_arrested": 10}


def test_a_file_of_one_state_does_not_stand_for_its_country(tmp_path) -> None:
    lines = ["Police of Kano State: weapons seized,,", "Date,Area command,Pistols seized"]
    lines += ["2021-03-14,Bichi,3", "2021-03-15,Wudil,2", "2021-03-16,Gwarzo,1"]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path)
    assert "state" in {question.key for question in proposed.questions}
    assert taken(path, proposed) is None
    left = {"column:Area command": "ignore"}
    batch = taken(path, draft(path, answers={"state": "NG-KN", **left}))
    assert batch is not None
    assert set(batch.rows["event"]["place"]) == {"NG-KN"}
    elsewhere = draft(path, answers={"state": "no", **left})
    assert "country" in {question.key for question in elsewhere.questions}


def test_a_number_of_a_district_is_not_taken_for_that_of_its_state(tmp_path) -> None:
    lines = ["Region,District,Year,Pistols seized", "Ashanti,Obuasi,2021,3", "Volta,Hohoe,2021,2", "Oti,Nkwanta,2021,1"]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path, answers={"country": "GHA"})
    assert [question.key for question in proposed.questions] == ["table"]
    assert set(proposed.questions[0].options) == {"event", "observation"}


def test_a_decimal_comma_is_no_rival_of_the_delimiter(tmp_path) -> None:
    lines = ["Date;State;Pistols seized;Cannabis (kg)", "2021-03-14;Lagos;3;1044,5", "2021-03-15;Kano;2;41,9"]
    sniffed = sniff(written(tmp_path, "\n".join(lines)), {})
    assert (sniffed.read.delimiter, sniffed.questions) == (";", [])


# Declarations ----------------------------------------------------------------------------------------------------


def test_what_only_the_contributor_knows_is_marked() -> None:
    proposed = draft(of(TRUTHS[0]))
    assert proposed.declaration["producer"].startswith(OPEN)
    assert "producer" in open_keys(proposed.declaration)
    assert set(open_keys(proposed.declaration)) <= set(proposed.open)


def test_a_contributed_declaration_is_data_alone() -> None:
    source = parse(draft(of(TRUTHS[0])).toml(), "drafted")
    demand_contributed(source)
    for key in ("tidy", "starter"):
        changed = source.layout[0].model_copy(update={key: True})
        with pytest.raises(DeclarationRefused, match=key):
            demand_contributed(source.model_copy(update={"layout": [changed]}))


def test_periods_of_columns_exclude_a_period_of_rows() -> None:
    wide = {"column": "2019", "period": "2019"}
    base = {"name": "rows", "table": "observation", "read": {"format": "csv"}, "recognise": Recognise()}
    Layout.model_validate({**base, "measure": [wide]})
    for more in ({"period": {"given": "2019"}}, {"measure": [wide, {"column": "2020"}]}, {"table": "event"}):
        with pytest.raises(ValueError, match="a measure's period"):
            Layout.model_validate({**base, "measure": [wide], **more})


def test_a_row_that_does_not_say_its_origin_takes_the_strictest(tmp_path) -> None:
    lines = [
        "Date,State,Weapon,Number seized,Source",
        "2021-03-14,Lagos,Pistol,3,Press",
        "2021-03-15,Kano,Rifle,2,Partner",
    ]
    lines += ["2021-03-16,Kano,Shotgun,2,", "2021-03-17,Rivers,Revolver,1,Press"]
    path = written(tmp_path, "\n".join(lines))
    batch = taken(path, draft(path, answers={"country": "NGA"}))
    assert batch is not None
    said = ["media_monitoring", "field_documentation", "field_documentation", "media_monitoring"]
    assert batch.rows["event"]["acquisition"].to_list() == said


def test_a_dash_is_asked_and_zero_only_where_somebody_says_so(tmp_path) -> None:
    lines = [
        "Year,State,Type of weapon,Number seized",
        "2021,Lagos,Pistol,3",
        "2021,Kano,Pistol,-",
        "2021,Rivers,Pistol,4",
    ]
    path = written(tmp_path, "\n".join(lines))
    for answers, value in (({}, None), ({"dash": "unknown"}, None), ({"dash": "zero"}, Decimal(0))):
        proposed = draft(path, answers={"country": "NGA", **answers})
        batch = taken(path, proposed)
        assert batch is not None
        assert batch.rows["observation"]["value"].to_list() == [3, value, 4]
        assert ("dash" in {question.key for question in proposed.questions}) == (answers == {})


def test_the_same_things_counted_twice_are_asked(tmp_path) -> None:
    lines = [
        "Date,State,Weapons seized,Firearms seized",
        "2021-03-14,Lagos,3,2",
        "2021-03-15,Kano,2,2",
        "2021-03-16,Rivers,5,4",
    ]
    path = written(tmp_path, "\n".join(lines))
    proposed = draft(path, answers={"country": "NGA"})
    assert {"counts:Weapons seized", "counts:Firearms seized"} <= {question.key for question in proposed.questions}
    assert taken(path, proposed) is None


def test_a_word_of_a_header_that_nothing_explains_leaves_open_what_it_counts(tmp_path) -> None:
    lines = ["date,state,guns involved in seizures", "2021-03-14,Lagos,3", "2021-03-15,Kano,2", "2021-03-16,Rivers,5"]
    proposed = draft(written(tmp_path, "\n".join(lines)), answers={"country": "NGA"})
    assert [question.key for question in proposed.questions] == ["counts:guns involved in seizures"]


def test_what_was_done_with_the_things_is_asked_once(tmp_path) -> None:
    lines = ["Year,State,Pistols,Rifles", "2021,Lagos,3,1", "2021,Kano,2,0", "2021,Rivers,5,4"]
    path = written(tmp_path, "\n".join(lines))
    assert [question.key for question in draft(path, answers={"country": "NGA"}).questions] == ["done"]
    batch = taken(path, draft(path, answers={"country": "NGA", "done": "found"}))
    assert batch is not None
    assert sums(batch) == {"arms_found": 15}


@pytest.mark.parametrize("header", ["State: where", "State {a}", "", "State!"])
def test_a_header_that_no_template_can_hold_is_asked(tmp_path, header: str) -> None:
    lines = [f"{header},Year,Pistols seized", "Lagos,2021,3", "Kano,2021,2", "Rivers,2021,4"]
    proposed = draft(written(tmp_path, "\n".join(lines)))
    parse(proposed.toml(), "drafted")
    assert f"column:{header}" in {question.key for question in proposed.questions}


def test_a_part_of_a_cell_that_is_refused_takes_no_other_number_with_it(tmp_path) -> None:
    lines = ["Date,State,Seized items,Persons arrested", '2021-03-14,Lagos,"3 pistols, 2 grapnels",2']
    lines += ['2021-03-15,Kano,"1 rifle, 20 rounds",1', '2021-03-16,Rivers,"2 shotguns, 9 cartridges",4']
    path = written(tmp_path, "\n".join(lines))
    batch = taken(path, draft(path, answers={"country": "NGA"}))
    assert batch is not None
    assert sums(batch) == {"arms_seized": 6, "ammunition_seized": 29, "persons_arrested": 7}
    # Six parts, of which one is refused, and three numbers of persons.
    assert (batch.counts.cells, batch.counts.numbers, batch.counts.cells_refused) == (9, 8, 1)


KENYA = {"country": "KEN", "done": "seized"}
COUNTS = "County,Pistols,Rifles\nNairobi,3,4\nKisumu,1,2\nMeru,2,2\n"


@pytest.mark.parametrize(
    "title",
    [
        *("Firearms Act 2015", "Arms seized (published 2024)", "Kenya 1 January 2022", "Annual crime report 2022"),
        *("Seized since 2019", "January - March 2023", "Financial year 2023/24", "Year to June 2023", "2019-22"),
    ],
)
def test_a_year_of_a_title_is_the_period_only_beyond_doubt(tmp_path, title: str) -> None:
    proposed = draft(written(tmp_path, f"{title},,\n{COUNTS}"), answers=KENYA)
    assert [question.key for question in proposed.questions] == ["period"]


@pytest.mark.parametrize("title", ["Arms seized in 2022", "Arms seized 2022"])
def test_a_year_that_a_title_is_about_is_the_period(tmp_path, title: str) -> None:
    path = written(tmp_path, f"{title},,\n{COUNTS}")
    batch = taken(path, draft(path, answers=KENYA))
    assert batch is not None
    assert set(batch.rows["observation"]["period_start"]) == {date(2022, 1, 1)}


SILENT = {
    "thousands": ("Arms seized (thousands) in 2022,,\n" + COUNTS, {"counts:Pistols", "counts:Rifles"}),
    "a kind and its sub-kinds": (
        "Date,County,Handguns seized,Pistols seized\n2023-01-01,Nairobi,7,3\n2023-01-02,Kisumu,2,1\n"
        "2023-01-03,Meru,1,1\n",
        {"counts:Handguns seized"},
    ),
    "people in two rows of one seizure": (
        "Date,County,Type,Number seized,Persons arrested\n2023-01-01,Nairobi,Pistol,3,2\n"
        "2023-01-01,Nairobi,Rifle,1,2\n2023-01-03,Meru,Pistol,1,1\n",
        {"column:Persons arrested"},
    ),
    "days that are unknown": (
        "Date,County,Type,Number\n2023-01-04,Nairobi,Pistol,3\n,Kisumu,Rifle,1\n,Meru,Pistol,1\n"
        "2023-02-04,Kwale,Pistol,1\n,Kilifi,Rifle,2\n",
        {"carried"},
    ),
    "ends of weeks": (
        "Week ending,County,Type,Number\n2023-01-07,Nairobi,Pistol,3\n2023-01-14,Kisumu,Rifle,1\n"
        "2023-01-21,Meru,Pistol,1\n",
        {"period"},
    ),
    "rows that are void": (
        "Date,County,Type,Number,Status\n2023-01-01,Nairobi,Pistol,3,Confirmed\n2023-01-02,Kisumu,Rifle,1,Cancelled\n"
        "2023-01-03,Meru,Pistol,1,Duplicate\n",
        {"column:Status"},
    ),
    "tables below each other": (
        "Pistols seized Kenya 2021,\nCounty,Number\nNairobi,3\nKisumu,4\n,\nAmmunition seized Kenya 2021,\n"
        "County,Number\nKwale,300\nKilifi,200\n",
        {"stacked", "place:County:Ammunition seized Kenya 2021"},
    ),
    "quarters of another year": (
        "County,Year,Quarter,Pistols\nNairobi,2021,Q4 (Jan-Mar),3\nKisumu,2021,Q1 (Apr-Jun),2\n"
        "Meru,2021,Q2 (Jul-Sep),4\n",
        {"column:Quarter"},
    ),
    "years over two": (
        "County,Year,Pistols\nNairobi,2009-10,3\nKisumu,2010-11,2\nMeru,2013,4\nKwale,2011-12,9\n",
        {"column:Year", "period"},
    ),
    "a group that is not above its columns": (
        "County,Total,2021,,2022,\n,,Pistols,Rifles,Pistols,Rifles\nNairobi,10,1,2,3,4\nKisumu,11,1,2,3,4\nMeru,8,1,2,2,3\n",
        {"column:Total"},
    ),
}


@pytest.mark.parametrize("case", SILENT)
def test_what_would_mislead_is_asked(tmp_path, case: str) -> None:
    text, keys = SILENT[case]
    assert {question.key for question in draft(written(tmp_path, text), answers=KENYA).questions} == keys


@pytest.mark.parametrize("title", ["Niger State arms seized", "Congo arms", "Georgia arms"])
def test_a_country_of_a_title_that_may_be_another_place_is_asked(tmp_path, title: str) -> None:
    path = written(tmp_path, f"{title},,\nYear,Pistols seized,Rifles seized\n2020,3,4\n2021,1,2\n2022,2,2\n")
    assert {"country", "state"} & {question.key for question in draft(path).questions}
    assert taken(path, draft(path)) is None


def test_rows_below_the_head_of_a_block_of_totals_are_of_that_block(tmp_path) -> None:
    lines = [
        "County,Date,Type,Number",
        "Nairobi,2023-03-01,Pistol,3",
        ",2023-03-02,Rifle,2",
        "Mombasa,2023-03-08,Pistol,7",
    ]
    path = written(tmp_path, "\n".join([*lines, "Total,,Pistol,10", ",,Rifle,2"]))
    batch = taken(path, draft(path, answers={**KENYA, "carried": "above"}))
    assert batch is not None
    assert (sums(batch), batch.counts.skipped) == ({"arms_seized": 12}, 2)


def test_a_place_that_begins_as_a_total_is_no_total(tmp_path) -> None:
    lines = ["Date,County,Location,Type,Number", "2023-01-01,Nairobi,Total petrol station,Pistol,3"]
    path = written(tmp_path, "\n".join([*lines, "2023-01-02,Kisumu,Market,Rifle,1", "2023-01-03,Meru,Road,Pistol,1"]))
    batch = taken(path, draft(path, answers=KENYA))
    assert batch is not None
    assert sums(batch) == {"arms_seized": 5}


@pytest.mark.parametrize(
    ("cell", "part"),
    [
        ("9 mm pistol", ["", "9 mm pistol"]),
        ("9mm pistol", ["", "9mm pistol"]),
        ("12 gauge shotgun", ["", "12 gauge shotgun"]),
        (".38 revolver", ["", ".38 revolver"]),
        ("45 ACP pistol", ["", "45 ACP pistol"]),
        ("3 9mm pistols", ["3", "9mm pistols"]),
        ("2 pistols cal 9 mm", ["2", "pistols cal 9 mm"]),
    ],
)
def test_a_calibre_counts_nothing(cell: str, part: list[str]) -> None:
    assert [found[:2] for found in parts(cell, every_way("x"), [])] == [part]


def test_a_thing_whose_number_is_not_told_from_its_calibre_is_asked(tmp_path) -> None:
    lines = ["Date,County,Seized", '2023-01-01,Nairobi,"2 rifles, 9 mm pistol"', "2023-01-02,Kisumu,3 pistols"]
    path = written(tmp_path, "\n".join([*lines, "2023-01-03,Meru,1 rifle", "2023-01-04,Kwale,2 shotguns"]))
    proposed = draft(path, answers=KENYA)
    assert [question.key for question in proposed.questions] == ["word:Seized:9 mm pistol"]
    batch = taken(path, proposed)
    assert batch is not None
    assert sums(batch) == {"arms_seized": 8}


def test_people_counted_in_a_row_about_ammunition_are_no_ammunition(tmp_path) -> None:
    lines = ["Date,State,Weapon,Number seized,Persons arrested", "2021-03-14,Lagos,Pistol,3,2"]
    lines += ["2021-03-15,Kano,Cartridges,200,7", "2021-03-16,Rivers,Rifle,2,1"]
    path = written(tmp_path, "\n".join(lines))
    batch = taken(path, draft(path, answers={"country": "NGA"}))
    assert batch is not None
    assert sums(batch) == {"arms_seized": 5, "ammunition_seized": 200, "persons_arrested": 10}
    people = batch.rows["item"].filter(concept="persons_arrested")
    assert people["firearm_type"].to_list() == [None, None, None]


def test_people_counted_in_a_published_row_about_ammunition_are_refused(tmp_path) -> None:
    """They would be taken for those of all kinds together."""
    lines = ["Year,State,Weapon,Number seized,Persons arrested", "2021,Lagos,Pistol,3,2", "2021,Lagos,Cartridges,200,7"]
    path = written(tmp_path, "\n".join([*lines, "2021,Kano,Pistol,2,1", "2021,Kano,Cartridges,50,4"]))
    proposed = draft(path, answers={"country": "NGA"})
    batch = taken(path, proposed)
    assert batch is not None
    assert sums(batch) == {"arms_seized": 5, "ammunition_seized": 250, "persons_arrested": 3}
    said = in_words(batch.issues, source=None, snapshot="0" * 64, file_name="x")["sentence"].to_list()
    assert any("Row 3, column Persons arrested: “7” counts people or cases" in sentence for sentence in said)


def test_which_of_two_days_is_the_seizures_is_asked(tmp_path) -> None:
    """Not decided by one of the two headers alone."""
    lines = ["Fecha decomisado,Fecha entrega,Departamento,Pistolas", "2021-03-14,2021-04-01,Cauca,3"]
    lines += ["2021-03-15,2021-04-02,Nariño,2", "2021-03-16,2021-04-03,Meta,4"]
    path = written(tmp_path, "\n".join(lines))
    asked = {question.key for question in draft(path, answers={"country": "COL"}).questions}
    assert "date" in asked
    chosen = draft(path, answers={"country": "COL", "date": "Fecha decomisado", "done": "seized"})
    assert chosen.questions == []


@pytest.mark.parametrize("header", ["*", "^.*$", "^a$"])
def test_a_header_that_is_a_pattern_to_polars_is_a_header(tmp_path, header: str) -> None:
    lines = [f"{header},State,Year,Pistols seized", "x,Lagos,2021,3", "y,Kano,2021,2", ",Rivers,2021,4"]
    records = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    for name, text in (("a.csv", "\n".join(lines)), ("a.json", json.dumps(records))):
        path = written(tmp_path, text, name)
        batch = taken(path, draft(path, answers={"country": "NGA"}))
        assert batch is not None
        assert sums(batch) == {"arms_seized": 9}


def test_weights_and_prices_are_no_counts(tmp_path) -> None:
    lines = ["Date,State,Ammunition seized (kg),Value", "2021-03-14,Lagos,3,200", "2021-03-15,Kano,2,100"]
    path = written(tmp_path, "\n".join(lines))
    assert not {"Ammunition seized (kg)", "Value"} & set(draft(path).columns)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n", exclude_categories=["Cs", "Cc"]), max_size=12)
likely = st.one_of(
    cells, st.sampled_from(["Total", "2020", "3", "1.234", "Pistol", "Lagos", "03/04/2021", "", "-", "enero"])
)


@SLOW
@given(st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(likely, min_size=n, max_size=n), min_size=2, max_size=8)))
def test_any_table_is_drafted_or_refused_and_its_rows_are_conserved(tmp_path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path = written(tmp_path, text.getvalue())
    try:
        proposed = draft(path)
    except FileRefused:
        return
    demand_contributed(parse(proposed.toml(), "drafted"))
    batch = taken(path, proposed)
    if batch is not None:
        counts = batch.counts
        assert counts.rows_in == counts.accepted + counts.refused + counts.skipped


@SLOW
@given(st.dictionaries(cells, st.one_of(cells, st.integers(), st.booleans(), st.lists(cells)), max_size=6))
def test_what_is_written_is_what_is_read(values: dict[str, Any]) -> None:
    whole = {**values, "table": values, "tables": [{"x": "a", "place": [{"lookup": values}]}]}
    assert tomllib.loads(toml(whole)) == whole


def test_command_line_asks_and_then_checks(tmp_path) -> None:
    run = CliRunner().invoke
    path, to = of(next(truth for truth in TRUTHS if "ghana" in truth.name)), tmp_path / "ghana.toml"
    first = run(app, ["draft", str(path), "-o", str(to)])
    assert first.exit_code == 1
    assert "In which order are the days in “Date” written?" in first.output
    answers = ["country=GHA", "date_order=day", "decimal=thousands", "column:District=ignore"]
    second = run(app, ["draft", str(path), "-o", str(to), *(part for text in answers for part in ("--answer", text))])
    assert second.exit_code == 0
    checked = run(app, ["check", str(path), "--declaration", str(to)])
    assert "4 rows: 4 accepted, 0 refused, 0 skipped" in checked.output


def test_unanswered_words_are_refused_with_their_row(tmp_path) -> None:
    path = written(
        tmp_path, "Date,State,Weapon,Number seized\n2021-03-14,Lagos,Pistol,3\n2021-03-15,Kano,Blunderbuss,2\n"
    )
    proposed = draft(path, answers={"country": "NGA"})
    assert [question.key for question in proposed.questions] == ["word:Weapon:Blunderbuss"]
    batch = taken(path, proposed)
    assert batch is not None
    said = in_words(batch.issues, source=None, snapshot="0" * 64, file_name="x")["sentence"].to_list()
    assert any("Row 3, column Weapon: “Blunderbuss”" in sentence for sentence in said)
    left = draft(path, answers={"country": "NGA", "word:Weapon:Blunderbuss": "leave_out"})
    batch = taken(path, left)
    assert batch is not None
    assert (batch.counts.accepted, batch.counts.skipped) == (1, 1)


def test_what_a_word_is_taken_to_be_is_the_answer_that_gives_it() -> None:
    """Whoever chooses what was guessed changes nothing."""
    compared = 0
    for truth in TRUTHS:
        answers = tomllib.loads(truth.read_text(encoding="utf-8"))["answers"]
        proposed = draft(of(truth), answers=answers)
        layout = proposed.declaration["layout"][0]
        for column, words in layout.get("lookup", {}).items():
            known = words_of(column, proposed.columns[column], words, {})
            same = {word.key: word.taken for word in known if word.taken}
            again = draft(of(truth), answers=same | answers).declaration["layout"][0]["lookup"][column]
            for text, entry in words.items():
                # How near our code comes to the word is known of words in the lists only.
                told = [{k: v for k, v in one.items() if k != "relation"} for one in (entry, again[text])]
                assert told[0] == told[1], (truth.name, column, text)
                compared += 1
    assert compared > 50
