"""The command line: what a person may get wrong is answered in a plain sentence with exit code 2, never a traceback."""

import csv
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from durability.commands import REFUSED, STARTER, Done, add, build, current, received, run

from ingest import ledger
from ingest.folder import Folder

NOBODY = 65534
ROWS_REFUSED = 1


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commons with two files and a release; these tests only read it."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    add(folder, "gva", "soudapaz_sp")
    build(folder, unchecked=True)
    return folder


def _said(done: Done, *words: str) -> None:
    """Refused, in these words, and without a traceback."""
    assert done.code == REFUSED, done
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a folder with its length and when it was changed."""
    stats = {str(path): path.stat() for path in folder.rglob("*")}
    return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


# ---- add


def _files(folder: Path) -> dict[str, Path]:
    """Files that cannot be taken."""
    gva = (STARTER / "gva.csv").read_text(encoding="utf-8")
    head, _, _ = gva.partition("\n")
    contents = {
        "unknown.csv": "colour,shape\nred,round\n",
        "empty.csv": "",
        "half.csv": head.rpartition(",")[0] + "\n",
        "more.csv": f"{head},colour\n",
        "letter.txt": "Dear all,\nplease find attached the figures.\n",
        "page.html": "<!doctype html><html><body>moved</body></html>\n",
        "workbook.xlsx": "PK\x03\x04 no workbook",
        "data.json": '{"data": [{"colour": "red"}]}',
        "broken.json": '{"data": [',
    }
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "folder").mkdir()
    return {path.name: path for path in folder.iterdir()}


REFUSALS: list[tuple[str, list[str], str]] = [
    ("unknown.csv", [], "unknown.csv: refused. unknown.csv has a shape that no declared source has."),
    ("empty.csv", [], "empty.csv: refused."),
    ("half.csv", [], "half.csv: refused."),
    ("more.csv", [], "more.csv: refused."),
    ("letter.txt", [], "letter.txt: refused."),
    ("page.html", [], "page.html: refused."),
    ("workbook.xlsx", [], "workbook.xlsx: refused."),
    ("data.json", [], "data.json: refused."),
    ("broken.json", [], "broken.json: refused."),
    ("folder", [], "is a folder. Give the files in it."),
    ("missing.csv", [], "There is no file"),
    ("unknown.csv", ["--source", "nowhere"], "There is no source “nowhere”. There are: "),
    ("unknown.csv", ["--source", "gva"], "unknown.csv: refused."),
    ("unknown.csv", ["--released", "last week"], "--released is a day such as 2024-08-26, not “last week”."),
    ("unknown.csv", ["--colour", "red"], "No such option"),
]


@pytest.mark.parametrize(("name", "options", "words"), REFUSALS)
def test_a_file_that_cannot_be_taken_is_refused_in_a_sentence_and_not_kept(
    tmp_path: Path, name: str, options: list[str], words: str
) -> None:
    """With the file's name and what to do; what was kept before stays."""
    folder = tmp_path / "data"
    add(folder, "gva")
    files = _files(tmp_path)
    done = run(folder, "add", files.get(name, tmp_path / name), *options)
    _said(done, words)
    kept = [path for path in Folder(folder).files.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert received(folder) == ["gva.csv"]
    assert list(folder.rglob(".*")) == []
    ledger.verify(Folder(folder))


@pytest.mark.parametrize(("name", "options", "words"), REFUSALS[:13])
def test_check_refuses_the_same_files_in_the_same_words(
    tmp_path: Path, name: str, options: list[str], words: str
) -> None:
    """A rehearsal says what `add` would say."""
    files = _files(tmp_path)
    _said(run(tmp_path / "data", "check", files.get(name, tmp_path / name), *options), words)


def test_a_file_with_a_bad_neighbour_is_not_half_done(tmp_path: Path) -> None:
    """A path that is not there is found before anything is kept."""
    done = run(tmp_path / "data", "add", STARTER / "gva.csv", tmp_path / "missing.csv")
    _said(done, "There is no file")
    assert not (tmp_path / "data").exists()


def test_a_path_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    """Also where the folder's owner runs the command: it then runs as another user."""
    tmp_path.chmod(0o755)
    for parent in (tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(0o755)
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    secret.chmod(0)
    other = {"user": NOBODY} if os.getuid() == 0 else {}
    done = run(tmp_path / "data", "check", secret, **other)
    _said(done, "secret.csv")
    words = " ".join(done.err.replace("│", " ").split())  # whose lines a long path breaks anywhere
    assert "is not readable" in words or "Permission denied" in words


def test_a_file_that_is_kept_already_is_said_and_not_counted_twice(tmp_path: Path) -> None:
    """Under any name; the first receipt stands."""
    folder = tmp_path / "data"
    add(folder, "gva")
    state = Folder(folder).ledger.read_bytes()
    same = tmp_path / "the same.csv"
    same.write_bytes((STARTER / "gva.csv").read_bytes())
    for path in (STARTER / "gva.csv", same):
        done = run(folder, "add", path)
        assert done.code == 0, done
        assert "already kept (sha256 " in done.out
        assert "not counted twice." in done.out
        assert "  kept. Next" not in done.out
    assert Folder(folder).ledger.read_bytes() == state


def test_a_refused_file_leaves_a_kept_one_and_the_release_as_they_are(tmp_path: Path, data: Path) -> None:
    """Only the ledger grows, by the refusal."""
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    before = {path: state for path, state in _state(folder).items() if "/files/" in path or "/releases/" in path}
    (tmp_path / "empty.csv").touch()
    _said(run(folder, "add", tmp_path / "empty.csv"))
    after = {path: state for path, state in _state(folder).items() if "/files/" in path or "/releases/" in path}
    assert after == before
    assert [act["act"] for act in ledger.entries(Folder(folder))][-2:] == ["released", "refused"]


def test_check_stores_nothing(data: Path, tmp_path: Path) -> None:
    """The data folder is as it was, and none is made."""
    before = _state(data)
    done = run(data, "check", STARTER / "soudapaz_rj.csv")
    assert done.code == 0, done
    assert "6 rows: 6 accepted, 0 refused, 0 skipped" in done.out
    assert "kept." not in done.out
    assert _state(data) == before


def test_rows_that_are_refused_end_with_code_1_and_a_sentence(tmp_path: Path) -> None:
    """The others are taken."""
    lines = (STARTER / "gva.csv").read_text(encoding="utf-8").splitlines()
    head = lines[0].split(",")
    cells = next(csv.reader([lines[1]]))
    cells[head.index("place")] = "Atlantis"
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    (tmp_path / "gva.csv").write_text("\n".join([lines[0], text.getvalue().strip(), *lines[2:], ""]), encoding="utf-8")
    done = run(tmp_path / "data", "add", tmp_path / "gva.csv")
    assert done.code == ROWS_REFUSED, done
    assert "Atlantis" in done.out
    assert "1 refused" in done.out


# ---- sql


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select 1; select 2", "Give one select statement: a release is read-only."),
        ("", "Give one select statement"),
        ("copy (select 1) to '/tmp/never.csv'", "Give one select statement"),
        ("attach ':memory:' as other", "Give one select statement"),
        ("create table other (a int)", "Give one select statement"),
        ("create temp table other (a int)", "Give one select statement"),
        ("insert into source select * from source", "Give one select statement"),
        ("set threads = 1", "Give one select statement"),
        ("explain analyze copy (select 1) to '{part}' (format parquet, use_tmp_file false)", "Give one select"),
        ("selec 1", "The query was refused:"),
        ("select * from nowhere", "The query was refused:"),
        ("select * from read_text('{data}/ledger.jsonl')", "The query was refused:"),
        ("select * from read_csv('/etc/passwd')", "The query was refused:"),
        ("select error('x')", "The query was refused:"),
    ],
)
def test_sql_takes_one_select_of_the_release_and_nothing_else(data: Path, query: str, words: str) -> None:
    """Anything else is refused, and not a byte of the commons changes."""
    before = _state(data)
    part = next((Folder(data).releases / (current(data) or "")).rglob("*.parquet"))
    _said(run(data, "sql", query.format(data=data, part=part)), words)
    assert _state(data) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--format", "xml"], "The format is table, csv or json."),
        (["--tier", "red"], "has no tier “red”"),
        (["--release", "0123456789ab"], "The release 0123456789ab has no tier “clear”."),
    ],
)
def test_sql_says_what_is_wrong_with_its_options(data: Path, options: list[str], words: str) -> None:
    """In a sentence."""
    _said(run(data, "sql", "select 1", *options), words)


QUESTION = (
    "select source, place, period, value, period_start, ['a', 'b'] as letters, null as nothing from figure"
    " where source = 'soudapaz_sp' order by all limit 2"
)


def test_sql_answers_as_csv(data: Path) -> None:
    """With a header, exact numbers, lists joined, empty for null."""
    done = run(data, "sql", QUESTION, "--format", "csv")
    assert done.code == 0, done
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [row["source"] for row in rows] == ["soudapaz_sp"] * 2
    assert rows[0]["letters"] == "a | b"
    assert rows[0]["nothing"] == ""
    assert float(rows[0]["value"]) > 0


def test_sql_answers_as_json(data: Path) -> None:
    """Numbers as numbers, dates as text, lists as lists, null as null."""
    done = run(data, "sql", QUESTION, "--format", "json")
    assert done.code == 0, done
    rows: list[dict[str, Any]] = json.loads(done.out)
    assert isinstance(rows[0]["value"], int | float)
    assert rows[0]["period_start"].count("-") == 2
    assert rows[0]["letters"] == ["a", "b"]
    assert rows[0]["nothing"] is None


def test_sql_answers_as_a_table_and_to_a_question_without_an_answer(data: Path) -> None:
    """Also where there is no row."""
    done = run(data, "sql", QUESTION)
    assert done.code == 0, done
    assert "soudapaz_sp" in done.out
    for form, said in (("csv", "source"), ("json", "[]"), ("table", "0 rows")):
        done = run(data, "sql", "select source from figure where false", "--format", form)
        assert done.code == 0, done
        assert said in done.out


# ---- lineage, sources, verify


def _figure(data: Path) -> dict[str, Any]:
    done = run(data, "sql", "select * from figure where source = 'gva' order by all limit 1", "--format", "json")
    found: dict[str, Any] = json.loads(done.out)[0]
    return found


def test_lineage_leads_from_a_figure_to_the_text_in_its_file(data: Path) -> None:
    """As text and as JSON, the same."""
    figure = _figure(data)
    text = run(data, "lineage", figure["figure_id"])
    assert text.code == 0, text
    assert f"gva.csv (sha256 {figure['snapshot']}), row " in text.out
    assert "  Cite: " in text.out
    found = json.loads(run(data, "lineage", figure["figure_id"], "--format", "json").out)
    assert found["figure"]["value"] == figure["value"]
    cell = found["cells"][0]
    assert cell["snapshot"] == figure["snapshot"]
    lines = (STARTER / "gva.csv").read_text(encoding="utf-8").splitlines()
    assert cell["text"] in lines[cell["source_row"] - 1]


def test_lineage_of_no_figure_is_said(data: Path) -> None:
    """In a sentence."""
    _said(run(data, "lineage", "0" * 16))


def test_sources_are_listed_with_what_is_held(data: Path, tmp_path: Path) -> None:
    """In alphabetical order; on an empty folder too, which stays empty."""
    done = run(data, "sources")
    assert done.code == 0, done
    assert "held: gva.csv" in done.out
    names = [line.split(" · ")[0] for line in done.out.splitlines() if " · " in line]
    assert names == sorted(names)
    empty = run(tmp_path / "data", "sources")
    assert empty.code == 0
    assert "held: gva.csv" not in empty.out
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [["sql", "select 1"], ["lineage", "0" * 16]], ids=["sql", "lineage"])
def test_without_a_release_the_way_to_one_is_said(tmp_path: Path, command: list[str]) -> None:
    """And nothing is made."""
    _said(run(tmp_path / "data", *command), "No release has been built yet. Run: commons build")
    assert not (tmp_path / "data").exists()


def test_a_build_without_a_file_says_what_to_do(tmp_path: Path) -> None:
    """Not an empty release."""
    _said(run(tmp_path / "data", "build"), "No file has been kept yet. Run: commons add FILE")
    assert current(tmp_path / "data") is None


@pytest.mark.parametrize("command", [["add", STARTER / "soudapaz_rj.csv"], ["build"], ["sources"]])
def test_a_damaged_ledger_is_said_by_every_command(tmp_path: Path, command: list[object]) -> None:
    """None goes on from it, and none makes it worse."""
    folder = tmp_path / "data"
    add(folder, "gva")
    path = Folder(folder).ledger
    path.write_bytes(path.read_bytes().replace(b"{", b"(", 2))
    before = path.read_bytes()
    _said(run(folder, *command), "The data folder is damaged: line 1 of the ledger cannot be read.")
    assert path.read_bytes() == before
    done = run(folder, "verify")
    assert done.code == REFUSED
    assert "Ledger: line 1 of the ledger cannot be read." in done.out


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """Such as below a file."""
    (tmp_path / "file").touch()
    _said(run(tmp_path / "file" / "data", "add", STARTER / "gva.csv"))


# ---- export


def test_export_writes_figures_with_what_must_travel(data: Path, tmp_path: Path) -> None:
    """Into one file of the form its name says; nothing else is left beside it."""
    for name in ("sp.csv", "sp.csv.gz", "sp.parquet"):
        done = run(data, "export", "figure", "--to", str(tmp_path / name), "--source", "soudapaz_sp")
        assert done.code == 0, done
        assert "4 rows, each with its caveats." in done.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sp.csv", "sp.csv.gz", "sp.parquet"]
    rows = list(csv.DictReader((tmp_path / "sp.csv").open(encoding="utf-8", newline="")))
    assert {row["source"] for row in rows} == {"soudapaz_sp"}
    for row in rows:
        assert row["caveats"].startswith("Items are counted from incident reports")
        assert row["designations"]
        assert row["licence"]


EXPORTS_REFUSED: list[tuple[list[str], str]] = [
    (["figure", "--to", "figures.xlsx"], "A file to write ends in .csv, .csv.gz, .parquet, unlike “figures.xlsx”."),
    (["caveat", "--to", "x.csv"], "“caveat” is no view that is exported. There are: agreement, comparison, "),
    (["trend", "--to", "x.csv", "--level", "country"], "trend cannot be narrowed by level"),
    (["figure", "--to", "x.csv", "--release", "0123456789ab"], "0123456789ab"),
]


@pytest.mark.parametrize(("words", "said"), EXPORTS_REFUSED)
def test_export_says_what_it_cannot_write(data: Path, tmp_path: Path, words: list[str], said: str) -> None:
    """In a sentence, and without a file."""
    there = [str(tmp_path / word) if "." in word else word for word in words]
    _said(run(data, "export", *there), said)
    assert [*tmp_path.iterdir()] == []


# ---- statement


def test_statements_and_invitations_are_recorded_and_shown(tmp_path: Path) -> None:
    """An invitation that nothing followed says so; a statement stands with its figure in lineage and exports."""
    folder = tmp_path / "data"
    add(folder, "soudapaz_sp")
    build(folder, unchecked=True)
    rows = json.loads(run(folder, "sql", "select figure_id from figure limit 1", "--format", "json").out)
    figure = rows[0]["figure_id"]
    about = ["soudapaz_sp", "--party", "State police of São Paulo"]
    done = run(folder, "statement", *about, "--invited", "--dated", "2026-03-01")
    assert done.out.startswith("An invitation is recorded as act ")
    build(folder, unchecked=True)
    said = "  Statement: State police of São Paulo was invited on 2026-03-01: no statement has been received."
    assert said in run(folder, "lineage", figure).out
    words = ["--text", "The list counts items.", "--status", "explained", "--figure", figure, "--dated", "2026-04-01"]
    assert run(folder, "statement", *about, *words).out.startswith("A statement is recorded as act ")
    build(folder, unchecked=True)
    shown = run(folder, "lineage", figure).out
    assert "  Statement: State police of São Paulo (2026-04-01): The list counts items." in shown
    acts = [act for act in ledger.entries(Folder(folder)) if act["act"] == "stated"]
    assert [(act["status"], act["figure_id"], act["text"]) for act in acts] == [
        ("invited", None, None),
        ("explained", figure, "The list counts items."),
    ]


STATEMENTS_REFUSED: list[tuple[list[str], str]] = [
    (["soudapaz_sp", "--party", "Police"], "Give either --text, for a statement, or --invited"),
    (["soudapaz_sp", "--party", "Police", "--text", "x", "--invited"], "Give either --text"),
    (["nowhere", "--party", "Police", "--invited"], "There is no source “nowhere”."),
    (["soudapaz_sp", "--party", "Mrs B.", "--invited"], "an institution, not a person"),
    (["soudapaz_sp", "--party", "Police", "--invited", "--dated", "soon"], "--dated is a day such as"),
    (["soudapaz_sp", "--party", "Police", "--text", "x", "--status", "open"], "A statement is one of replied"),
    (["soudapaz_sp", "--party", "Police", "--invited", "--figure", "0" * 16], "holds no figure 0000000000000000"),
]


@pytest.mark.parametrize(("words", "said"), STATEMENTS_REFUSED)
def test_what_is_no_statement_leaves_the_ledger_as_it_was(data: Path, words: list[str], said: str) -> None:
    """In a sentence."""
    before = (data / "ledger.jsonl").read_bytes()
    _said(run(data, "statement", *words), said)
    assert (data / "ledger.jsonl").read_bytes() == before
