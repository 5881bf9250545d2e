"""A column that is more sensitive than its file: whoever may not see it is told nothing that depends on it."""

import re
import stat
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import declarations
from ingest.folder import Folder
from ingest.ingest import Snapshot, collect
from ingest.register.gazetteer import load as gazetteer
from schemas.declaration import DeclarationRefused, Source, parse
from schemas.reading import closed, read_for, terms_of_files
from warehouse import export
from warehouse.lineage import lineage
from warehouse.publish import build
from warehouse.release import TIERS, current_id, manifest, open_release
from warehouse.verify import verify

NAME = "made_seizures"
DECLARATION = """
title = "Seizures, invented"
producer = "this test"
publisher = "this test"
obtained_from = "this test"
copy_kind = "copied"
provenance = "non_official"
provenance_subclass = "cso_compiled"
acquisition = "field_documentation"
licence = "LicenseRef-none"
address = "https://example.org"
citation = "Invented."
description = "Invented."
sensitivity = "low"
tlp = "TLP:CLEAR"
succession = "whole"

[coverage]
absent = "unknown"

[rollup]
places = ["country"]
periods = ["year"]

[[definition]]
id = "made_seizures:arms"
concept = "arms_seized"
text = "Firearms seized."

[[definition]]
id = "made_seizures:rounds"
concept = "ammunition_seized"
text = "Rounds seized."

[[layout]]
name = "only"
table = "event"
event_key = "{key}"

[layout.read]
format = "csv"

[layout.recognise]
columns = ["key", "day", "state", "type", "guns", "rounds", "model", "remarks"]

[layout.period]
date = "day"

[[layout.place]]
code = "{state}"

[[layout.measure]]
column = "guns"
concept = "arms_seized"
unit = "weapon"

[[layout.measure]]
column = "rounds"
concept = "ammunition_seized"
unit = "round"

[layout.columns]
model = "model"

[layout.ignore]
remarks = "not needed"

[layout.lookup.type]
"kind one" = { firearm_type = "PISTOL" }
"kind two" = { firearm_type = "RIFLE" }

[layout.sensitivity]
"""
COLUMNS = ("key", "day", "state", "type", "guns", "rounds", "model", "remarks")
DECIDING = ("key", "day", "state")
Row = dict[str, str]
Build = Callable[[str, list[Row]], Folder]
ROWS = [
    {
        "key": f"k{i}",
        "day": f"2021-0{1 + i % 6}-11",
        "state": ("BR-AC", "BR-BA")[i % 2],
        "type": ("kind one", "kind two")[i % 3 == 0],
        "guns": f"7346911{i}",
        "rounds": f"8829457{i}",
        "model": f"Zastava{i}",
        "remarks": f"overheard{i}",
    }
    for i in range(8)
]
TOTAL = ("BRA", "2021", "arms_seized", "TOTAL")
BY_TYPE = ("BRA", "2021", "arms_seized", "RIFLE")
ROUNDS = ("BRA", "2021", "ammunition_seized", "TOTAL")


def declared(**codes: str) -> str:
    return DECLARATION + "".join(f'{column} = "{code}"\n' for column, code in codes.items())


def source(**codes: str) -> Source:
    return parse(declared(**codes), NAME)


def written(path: Path, table: list[Row]) -> Path:
    lines = [",".join(COLUMNS), *(",".join(row[column] for column in COLUMNS) for row in table)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def commons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Build:
    """Builds a commons of one source and one file, declared like a built-in one and known until the test ends."""
    from commons import _add

    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
    # Without the layout of starter tables, of which nobody can say what their numbers count.
    monkeypatch.setattr(declarations, "load", lambda path: parse(path.read_text(encoding="utf-8"), path.stem))
    request.addfinalizer(declarations.sources.cache_clear)  # noqa: PT021

    def made(text: str, table: list[Row]) -> Folder:
        root = tmp_path / f"n{len([*tmp_path.iterdir()])}"
        root.mkdir()
        (root / f"{NAME}.toml").write_text(text, encoding="utf-8")
        monkeypatch.setattr(declarations, "FOLDER", root)
        declarations.sources.cache_clear()
        folder = Folder(root / "data")
        assert _add(folder, written(root / "seizures.csv", table), None, None, None) in (0, 1)
        build(folder)
        return folder

    return made


def ask(folder: Folder, tier: str, query: str) -> list[Any]:
    with open_release(folder, tier=tier) as con:
        return con.execute(query).fetchall()


def figures(folder: Folder, tier: str) -> dict[tuple[str, ...], int]:
    found = ask(folder, tier, "select place, period, concept, category, value from figure")
    assert len({row[:4] for row in found}) == len(found), "a tier reads a source in one way only"
    return {row[:4]: int(row[4]) for row in found}


def led_back(folder: Folder, tier: str) -> list[dict[str, Any]]:
    return [lineage(folder, one, tier=tier) for (one,) in ask(folder, tier, "select figure_id from figure order by 1")]


def told(folder: Folder, tier: str) -> str:
    """All that a tier can read: its tables, its parts, its exports, and the lineage of its figures."""
    release = current_id(folder)
    with open_release(folder, tier=tier) as con:
        names = [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]
        said = [str(con.execute(f'select * from "{name}"').fetchall()) for name in names if "place" not in name]
        said += [str(part.to_pylist()) for part in export.batches(con, release, "figure")]
        for file in manifest(folder, release)["tiers"][tier]:
            said.append(str(con.execute(f"select * from read_parquet('{file}')").fetchall()))
    raw = (folder.releases / release / f"{tier}.duckdb").read_bytes().decode("latin-1")
    return "\n".join([*said, str(led_back(folder, tier)), raw])


def test_a_breakdown_by_a_strict_column_is_for_those_who_may_see_it(commons: Build) -> None:
    folder = commons(declared(type="high", model="high"), ROWS)
    for tier in TIERS:
        strict = tier == "amber"
        held = figures(folder, tier)
        assert held[TOTAL] == sum(int(row["guns"]) for row in ROWS)
        assert (BY_TYPE in held) == strict, tier
        terms = ask(folder, tier, "select tier from figure union select tlp from source")
        assert terms == [("TLP:AMBER" if strict else "TLP:CLEAR",)]
        categories = ask(folder, tier, "select distinct category from figure order by all")
        assert categories == ([("PISTOL",), ("RIFLE",), ("TOTAL",)] if strict else [("TOTAL",)])
        # The text of each number is still there, and of nothing else.
        texts = {cell["text"] for one in led_back(folder, tier) for cell in one["cells"]}
        assert texts == {row[column] for row in ROWS for column in ("guns", "rounds")}
        assert not re.search(r"kind (one|two)|Zastava|overheard", told(folder, tier))
    assert "73469110" in told(folder, "clear")
    assert verify(folder).holds


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_rows_with_a_strict_column_are_opened_by_those_who_may_see_it(commons: Build) -> None:
    folder = commons(declared(model="high"), ROWS)
    rows = {path: _mode(path) & _mode(path.parents[1]) & 0o044 for path in folder.accepted.rglob("item/*.parquet")}
    assert {mode for path, mode in rows.items() if b"Zastava" in path.read_bytes()} == {0}
    assert {mode for path, mode in rows.items() if b"Zastava" not in path.read_bytes()} == {0o044}
    (file,) = [path for path in folder.files.rglob("*") if path.is_file()]
    assert _mode(file) == 0o400
    root = folder.releases / current_id(folder)
    of = {part["view"]: _mode(root / part["file"]) for part in manifest(folder, root.name)["parts"]}
    assert (of["figure"], of["opened"]) == (0o400, 0o444)


@pytest.mark.parametrize("code", ["high", "severe"])
def test_a_strict_number_goes_with_what_would_give_it_away(commons: Build, code: str) -> None:
    folder = commons(declared(guns=code), ROWS)
    for tier in TIERS:
        held = figures(folder, tier)
        assert held[ROUNDS] == sum(int(row["rounds"]) for row in ROWS)
        assert (TOTAL in held) == (tier == "amber" and code == "high")
        assert ("arms_seized" in {key[2] for key in held}) == (TOTAL in held)
    assert not re.search(r"7346911\d", told(folder, "clear"))


@pytest.mark.parametrize("column", DECIDING)
def test_a_column_that_decides_the_row_makes_all_as_strict(commons: Build, column: str) -> None:
    folder = commons(declared(**{column: "moderate"}), ROWS)
    assert figures(folder, "clear") == {}
    assert ask(folder, "clear", "select * from source") == ask(folder, "clear", "select * from snapshot") == []
    assert figures(folder, "green")[TOTAL] == sum(int(row["guns"]) for row in ROWS)


def test_a_bad_word_in_a_strict_column_is_told_to_nobody_else(commons: Build) -> None:
    folder = commons(declared(type="high"), [{**ROWS[0], "type": "secret kind"}, *ROWS[1:]])
    query = "select kind, fate, value from issue where source_column = 'type'"
    assert ask(folder, "amber", query) == [("unknown_word", "row_refused", "secret kind")]
    assert ask(folder, "clear", query) == []
    assert "secret kind" not in told(folder, "clear")
    counts = "select rows_accepted, rows_refused from snapshot"
    assert (ask(folder, "amber", counts), ask(folder, "clear", counts)) == ([(7, 1)], [(8, 0)])


def test_nothing_changes_where_no_column_is_stricter(commons: Build) -> None:
    folder = commons(declared(type="low"), ROWS)
    assert {tier: figures(folder, tier) for tier in TIERS} == dict.fromkeys(TIERS, figures(folder, "amber"))
    assert {part["view"] for part in manifest(folder, current_id(folder))["parts"]} & {"opened"} == set()


# Whatever stands in it -------------------------------------------------------------------------------------------

TEXTS = st.text("abk 012.-é", max_size=8)


def taken(path: Path, read: Source) -> list[Any]:
    """All that is made of a file in one reading: rows, issues and counts."""
    made = collect(read, read.layout[0], Snapshot(sha256(b"").hexdigest(), path, path.name), gazetteer())
    return [{table: rows.rows() for table, rows in made.rows.items()}, made.issues.rows(), made.counts]


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.sampled_from([column for column in COLUMNS if column not in DECIDING]), min_size=1),
    st.lists(st.tuples(*[TEXTS] * len(COLUMNS)), min_size=len(ROWS), max_size=len(ROWS)),
)
def test_what_others_are_told_does_not_depend_on_a_strict_column(
    tmp_path_factory: pytest.TempPathFactory, strict: set[str], texts: list[tuple[str, ...]]
) -> None:
    read = read_for(source(**dict.fromkeys(strict, "high")), "TLP:CLEAR")
    if read is None:
        assert {"guns", "rounds"} <= strict  # then no number is left
        return
    folder = tmp_path_factory.mktemp("read")
    other = [
        {name: (text if name in strict else row[name]) for name, text in zip(COLUMNS, said, strict=True)}
        for row, said in zip(ROWS, texts, strict=True)
    ]
    assert taken(written(folder / "one.csv", ROWS), read) == taken(written(folder / "two.csv", other), read)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from(["low", "moderate", "high", "severe"])))
def test_a_reading_is_never_stricter_than_it_was_asked_for_and_reads_no_stricter_column(codes: dict[str, str]) -> None:
    whole = source(**codes)
    order = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:RED"]
    terms = dict(zip(["low", "moderate", "high", "severe"], order, strict=True))
    assert terms_of_files(whole) == max([whole.tlp, *(terms[code] for code in codes.values())], key=order.index)
    for tlp in order:
        read = read_for(whole, tlp)
        strict = {column for column, code in codes.items() if order.index(terms[code]) > order.index(tlp)}
        if read is None:
            assert strict & {*DECIDING} or {"guns", "rounds"} <= strict
            continue
        assert order.index(read.tlp) <= order.index(tlp)
        used = read.layout[0].model_copy(update={"ignore": {}}).used_columns()
        assert not strict & used
        assert closed(read) == read
    assert closed(whole).tlp == (read_for(whole, "TLP:RED") or whole).tlp


# What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ({"colour": "high"}, "the file has no column 'colour'"),
        ({"type": "secret"}, "'secret' of 'type' is not in the code list sensitivity: low, moderate, high, severe"),
    ],
)
def test_an_unknown_column_or_code_is_refused_in_words(codes: dict[str, str], words: str) -> None:
    with pytest.raises(DeclarationRefused, match=words):
        source(**codes)


def test_a_word_that_says_what_a_published_number_counts_decides_the_row() -> None:
    """In a table of numbers each row is the number of its words, so that there is none without them."""
    text = declared(type="high").replace('table = "event"\nevent_key = "{key}"', 'table = "observation"')
    text = text.replace('firearm_type = "', 'dimension = "firearm_type", category = "').replace(
        '[layout.columns]\nmodel = "model"', '[layout.columns]\nmodel = "low"\nkey = "footnote"'
    )
    read = parse(text, NAME)
    assert read_for(read, "TLP:GREEN") is None
    assert closed(read).tlp == "TLP:AMBER"
    beside = parse(text.replace('type = "high"', 'model = "high"'), NAME)
    assert (read_for(beside, "TLP:CLEAR") or beside).layout[0].columns == {"key": "footnote"}


def test_of_what_is_made_stricter_no_sums_are_public() -> None:
    told_ = 'tlp = "TLP:GREEN"\ndisclosure = { threshold = 5, informants = "one", publish = true }'
    text = declared(day="high").replace('sensitivity = "low"\ntlp = "TLP:CLEAR"', f'sensitivity = "moderate"\n{told_}')
    read = parse(text, NAME)
    assert [one.disclosure.publish for one in (read, closed(read)) if one.disclosure] == [True, False]


def test_protected_sums_are_made_without_the_strict_column(commons: Build) -> None:
    protected = 'tlp = "TLP:GREEN"\ndisclosure = { threshold = 3, informants = "independent", publish = true }'
    plain = 'sensitivity = "low"\ntlp = "TLP:CLEAR"'
    folder = commons(declared(type="high").replace(plain, f'sensitivity = "moderate"\n{protected}'), ROWS)
    categories = {
        tier: {category for (category,) in ask(folder, tier, "select distinct category from figure")} for tier in TIERS
    }
    assert categories == {"clear": {"TOTAL"}, "green": {"TOTAL"}, "amber": {"TOTAL", "PISTOL", "RIFLE"}}
    terms = {tier: ask(folder, tier, "select distinct tier from figure") for tier in TIERS}
    assert terms == {tier: [(f"TLP:{tier.upper()}",)] for tier in TIERS}
    assert not re.search(r"kind (one|two)", told(folder, "clear") + told(folder, "green"))
