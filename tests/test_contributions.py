"""A contribution from its file to a release: what is kept, who may do what, what flows, what waits, what goes again."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
import xlsxwriter

from dashboard import language
from dashboard.language import LANGUAGES, _, sentence
from dashboard.portal import describe, form, outcome, upload, work
from dashboard.words import say
from ingest import contained, contributions, ledger
from ingest.contributions import Contribution, ContributionRefused
from ingest.declarations import declared
from ingest.folder import Folder
from ingest.roles import LOCAL, Actor, NotAllowed
from schemas.declaration import DeclarationRefused
from warehouse.inputs import held_files
from warehouse.publish import build
from warehouse.release import open_release
from warehouse.verify import verify

AIDA = Actor("contributor-aaaaaa", frozenset({"viewer", "contributor"}), "red_andina")
OTHER = Actor("contributor-bbbbbb", frozenset({"viewer", "contributor"}), "other_network")
STEWARD = Actor("steward-cccccc", frozenset({"viewer", "steward"}))
SAID: dict[str, Any] = {
    "title": "Firearms seized, counted by monitors",
    "producer": "Monitors of the network",
    "publisher": "Withheld, verified by a steward",
    "obtained_from": "Own records",
    "provenance": "non_official",
    "provenance_subclass": "cso_compiled",
    "acquisition": "field_documentation",
    "description": "Monitors write down each seizure they hear of.",
    "definition": "Firearms taken by police, as monitors heard of them.",
    "licence": "CC-BY-4.0",
    "citation": "The network, 2023.",
    "absent": "unknown",
    "succession": "whole",
    "sensitivity": "low",
    "adoptable": True,
}


def table(path: Path, more: int = 0) -> Path:
    """Pistols and revolvers seized in three states of Brazil in two years; `more` is added to each number."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Country", "State", "Year", "Type of firearm", "Number of firearms seized"])
        for place, state in enumerate(("Acre", "Bahia", "Paraná")):
            for year in (2019, 2021):
                for kind, number in (("pistol", 40 + place), ("revolver", 20 + place)):
                    rows.writerow(["Brazil", state, year, kind, number + more])
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
    return Folder(tmp_path / "data")


def received(folder: Folder, file: Path, actor: Actor = AIDA, replaces: str | None = None) -> Contribution:
    """A file taken in, cleaned, confirmed and drafted; every question must be answered by the file itself."""
    told = upload.Announced(name=file.name, size=file.stat().st_size, mark="", replaces=replaces or "")
    begun, _here = upload.begin(folder, actor, told)
    upload.add(folder, actor, begun.id, 0, file.read_bytes())
    begun = upload.arrive(folder, actor, begun.id, told.size)
    seen = work.look(folder, begun)
    work.clean(folder, begun, seen["sheets"][0]["name"], {})
    return work.draft(folder, actor, work.confirm(folder, actor, begun), {})


def described(folder: Folder, one: Contribution, actor: Actor = AIDA, **changes: Any) -> Contribution:
    said = {**SAID, **changes}
    return contributions.save(folder, actor, one, said=said, described=describe.declared(said, one.drafted))


def handed_in(folder: Folder, one: Contribution, actor: Actor = AIDA) -> Contribution:
    told = work.rehearse(folder, one)
    return contributions.submit(folder, actor, one, told["counts"], told["kinds"])


def accepted(folder: Folder, one: Contribution) -> Contribution:
    told = work.rehearse(folder, one)
    kind = ("combined", "cso_led") if one.described["derived_from"] else ("non_official", "cso_compiled")
    return contributions.review(folder, STEWARD, one, "accepted", provenance=kind, counts=told["counts"])


def figures(folder: Folder, source: str, tier: str = "clear") -> dict[tuple[str, str, str], int]:
    query = "select place, period, category, value from figure where source = ? and value is not null"
    with open_release(folder, tier=tier) as con:
        return {
            (place, period, kind): int(value) for place, period, kind, value in con.execute(query, [source]).fetchall()
        }


def test_a_file_goes_from_quarantine_to_a_release_and_back(folder: Folder, tmp_path: Path) -> None:
    one = received(folder, table(tmp_path / "secret name.csv"))
    assert not one.asked["questions"], one.asked["questions"]
    assert [*folder.quarantine.glob("[0-9a-f]*")] == []
    one = described(folder, one)
    told = work.rehearse(folder, one)
    assert told["counts"] == {"rows": 12, "accepted": 12, "refused": 0, "skipped": 0}
    one = handed_in(folder, one)
    assert one.stage == "submitted"
    assert held_files(folder) == {}
    one = accepted(folder, one)
    release = build(folder)
    held = figures(folder, str(one.source))
    assert held["BR-AC", "2019", "PISTOL"] == 40
    assert held["BR-PR", "2021", "REVOLVER"] == 22
    assert len(held) == told["figures"]
    assert verify(folder).holds
    for path in folder.root.rglob("*"):
        if path.is_file():
            assert b"secret name" not in path.read_bytes(), path
    work.withdraw(folder, AIDA, str(one.source), "consent")
    assert held_files(folder) == {}
    assert str(one.source) not in declared(folder)
    assert contributions.load(folder, AIDA, one.id).stage == "withdrawn"
    assert release


def test_the_name_and_hash_of_a_contributed_file_are_in_no_release(folder: Folder, tmp_path: Path) -> None:
    file = table(tmp_path / "list of the northern group.csv")
    one = accepted(folder, handed_in(folder, described(folder, received(folder, file))))
    build(folder)
    from ingest.keep import digest

    hidden = (digest(file), "northern group")
    with open_release(folder) as con:
        said = json.dumps(con.execute("select * from snapshot").fetchall(), default=str)
    assert one.snapshot is not None
    assert not any(text in said for text in hidden)


def test_owners_files_flow_and_others_do_not(folder: Folder, tmp_path: Path) -> None:
    first = accepted(folder, handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv")))))
    source = str(first.source)
    build(folder)
    later = received(folder, table(tmp_path / "b.csv", more=5), replaces=source)
    assert later.recognised == source
    later = handed_in(folder, later)
    assert later.stage == "accepted"
    build(folder)
    assert figures(folder, source)["BR-AC", "2019", "PISTOL"] == 45
    with pytest.raises(ContributionRefused):
        received(folder, table(tmp_path / "c.csv", more=9), OTHER, replaces=source)
    theirs = described(folder, received(folder, table(tmp_path / "d.csv", more=9), OTHER), OTHER)
    assert handed_in(folder, theirs, OTHER).stage == "submitted"
    build(folder)
    assert figures(folder, source)["BR-AC", "2019", "PISTOL"] == 45


def test_the_same_file_is_not_counted_twice(folder: Folder, tmp_path: Path) -> None:
    first = accepted(folder, handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv")))))
    again = received(folder, table(tmp_path / "again.csv"), replaces=str(first.source))
    with pytest.raises(ContributionRefused, match="before"):
        handed_in(folder, again)


@pytest.mark.parametrize(
    "act",
    [
        lambda folder, one: contributions.load(folder, OTHER, one.id),
        lambda folder, one: contributions.save(folder, OTHER, one),
        lambda folder, one: contributions.submit(folder, OTHER, one, {"refused": 0}, []),
        lambda folder, one: contributions.review(folder, AIDA, one, "accepted"),
        lambda folder, one: contributions.drop(folder, OTHER, one),
    ],
)
def test_others_may_not(folder: Folder, tmp_path: Path, act: Callable[[Folder, Contribution], object]) -> None:
    one = described(folder, received(folder, table(tmp_path / "a.csv")))
    before = [*ledger.entries(folder)]
    with pytest.raises(NotAllowed):
        act(folder, one)
    assert [*ledger.entries(folder)] == before


def test_what_is_returned_can_be_mended_and_handed_in_again(folder: Folder, tmp_path: Path) -> None:
    one = handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv"))))
    with pytest.raises(ContributionRefused):
        contributions.review(folder, STEWARD, one, "returned")
    one = contributions.review(folder, STEWARD, one, "returned", comment="Which police?")
    assert (one.stage, one.comment) == ("returned", "Which police?")
    assert "Which police" not in folder.ledger.read_text(encoding="utf-8")
    one = described(folder, one, producer="Monitors; state police only")
    assert accepted(folder, handed_in(folder, one)).stage == "accepted"
    build(folder)
    assert declared(folder)[str(one.source)].producer == "Monitors; state police only"


def test_of_two_stewards_who_decide_at_once_one_does(folder: Folder, tmp_path: Path) -> None:
    one = handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv"))))
    counts, kind = work.rehearse(folder, one)["counts"], ("non_official", "cso_compiled")

    def decide(decision: str) -> str:
        try:
            done = contributions.review(folder, STEWARD, one, decision, comment="Why", provenance=kind, counts=counts)
        except ContributionRefused:
            return ""
        return done.stage

    with ThreadPoolExecutor(3) as stewards:
        ended = [*stewards.map(decide, ("accepted", "refused", "returned"))]
    assert len([*filter(None, ended)]) == 1
    acts = [act["act"] for act in ledger.entries(folder) if act.get("snapshot") == one.snapshot]
    assert acts == ["received", *filter(None, ended)]
    assert contributions.load(folder, AIDA, one.id).stage in ended


@pytest.mark.parametrize("decision", ["accepted", "returned"])
def test_what_was_withdrawn_while_a_steward_looked_at_it_is_not_decided(
    folder: Folder, tmp_path: Path, decision: str
) -> None:
    one = handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv"))))
    counts, kind = work.rehearse(folder, one)["counts"], ("non_official", "cso_compiled")
    work.withdraw(folder, LOCAL, str(one.source), "safety")
    before = [*ledger.entries(folder)]
    with pytest.raises(ContributionRefused):
        contributions.review(folder, STEWARD, one, decision, comment="Why", provenance=kind, counts=counts)
    assert [*ledger.entries(folder)] == before
    assert not folder.file(str(one.snapshot)).exists()


def test_a_declaration_is_closed_and_goes_with_an_unsafe_file(folder: Folder, tmp_path: Path) -> None:
    """It says words that stood in cells."""
    one = accepted(folder, handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv")))))
    (kept,) = {path for path in folder.declarations.glob("*.toml") if "Number of firearms" in path.read_text("utf-8")}
    assert kept.stat().st_mode & 0o077 == 0
    build(folder)
    # Its source is for everyone, and so is how it is read.
    assert kept.stat().st_mode & 0o777 == 0o444
    work.withdraw(folder, LOCAL, str(one.source), "safety")
    left = [path for path in folder.root.rglob("*") if path.is_file() and b"Number of firearms" in path.read_bytes()]
    assert left == []
    assert verify(folder).holds


def test_what_another_tab_described_anew_is_not_handed_in_as_it_was(folder: Folder, tmp_path: Path) -> None:
    one = described(folder, received(folder, table(tmp_path / "a.csv")))
    told = work.rehearse(folder, one)
    described(folder, one, sensitivity="high")
    with pytest.raises(ContributionRefused):
        contributions.submit(folder, AIDA, one, told["counts"], told["kinds"])
    assert contributions.load(folder, AIDA, one.id).stage == one.stage


def test_a_decision_that_was_cut_off_is_ended_and_not_turned(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv"))))
    with monkeypatch.context() as here:
        here.setattr(contributions, "_forget", lambda folder, one: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            accepted(folder, one)
    waiting = contributions.load(folder, AIDA, one.id)
    assert waiting.stage == "submitted"
    with pytest.raises(ContributionRefused):
        contributions.review(folder, STEWARD, waiting, "refused", comment="No")
    assert contributions.load(folder, AIDA, one.id).stage == "accepted"
    build(folder)
    assert figures(folder, str(one.source))


def weapons(path: Path) -> Path:
    """One seizure a row, with the kind and model of what was taken."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Date", "Country", "State", "Type of weapon", "Number of firearms seized", "Model"])
        for n, state in enumerate(("Acre", "Bahia", "Paraná", "Acre")):
            rows.writerow([f"2021-03-{14 + n}", "Brazil", state, ("pistol", "rifle")[n % 2], 3 + n, f"Zastava {n}"])
    return path


def test_a_column_can_be_more_sensitive_than_its_dataset(folder: Folder, tmp_path: Path) -> None:
    one = received(folder, weapons(tmp_path / "a.csv"))
    assert one.asked["questions"] == []
    assert "Type of weapon" in describe.columns(one.drafted)
    rollup = {"places": ["country"], "periods": ["year"]}
    one = contributions.save(folder, AIDA, one, drafted=one.drafted | {"rollup": rollup})
    one = described(folder, one, columns={"Type of weapon": "high", "Model": "", "no such column": "high"})
    assert contributions.stricter(one) == {"Type of weapon": "high"}
    told = {seen["audience"]: seen["shown"] for seen in work.rehearse(folder, one)["audiences"]}
    assert told["public"] == told["participants"] < told["organisation"]
    one = accepted(folder, handed_in(folder, one))
    source = str(one.source)
    (layout,) = declared(folder)[source].layout
    assert layout.sensitivity == {"Type of weapon": "high"}
    build(folder)
    kinds = {tier: {kind for *_, kind in figures(folder, source, tier)} for tier in ("clear", "green", "amber")}
    assert kinds == {"clear": {"TOTAL"}, "green": {"TOTAL"}, "amber": {"TOTAL", "PISTOL", "RIFLE"}}
    assert len(figures(folder, source)) == told["public"]
    # A later file of its owner is as strict, without a word.
    later = received(folder, weapons(tmp_path / "b.csv"), replaces=source)
    assert contributions.stricter(later) == {"Type of weapon": "high"}


def test_a_dataset_with_a_column_that_decides_what_is_counted_is_as_strict_as_that(
    folder: Folder, tmp_path: Path
) -> None:
    plain = accepted(folder, handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv")))))
    strict = received(folder, table(tmp_path / "b.csv", more=1), OTHER)
    strict = described(folder, strict, OTHER, title="Strict", columns={"State": "moderate"})
    strict = accepted(folder, handed_in(folder, strict, OTHER))
    build(folder)
    assert figures(folder, str(plain.source))
    assert figures(folder, str(strict.source)) == {}
    assert figures(folder, str(strict.source), "green")["BR-AC", "2019", "PISTOL"] == 41


def test_files_of_one_shape_are_as_sensitive_as_was_said_last(folder: Folder, tmp_path: Path) -> None:
    first = accepted(folder, handed_in(folder, described(folder, received(folder, weapons(tmp_path / "a.csv")))))
    anew = received(folder, weapons(tmp_path / "b.csv"), replaces=str(first.source))
    anew = work.draft(folder, AIDA, anew, {work.AS_NEW: "yes"})
    anew = described(folder, anew, columns={"Model": "severe"})
    (layout,) = contributions.parsed(folder, anew).layout
    assert layout.sensitivity == {"Model": "severe"}


def test_what_a_word_was_taken_to_be_can_be_changed_and_taken_back(folder: Folder, tmp_path: Path) -> None:
    one = received(folder, weapons(tmp_path / "a.csv"))

    def taken(now: Contribution) -> dict[str, tuple[str, bool]]:
        words, _options = work.words(now, "Type of weapon")
        return {word.text: (word.taken, word.answered) for word in words}

    first = {"pistol": ("PISTOL", False), "rifle": ("RIFLE", False)}
    assert taken(one) == first
    assert work.words(one, "State") == ([], {})
    words, options = work.words(one, "Type of weapon")
    assert {"SHOTGUN", "ammunition", "leave_out"} <= set(options)
    changed = work.draft(folder, AIDA, one, {words[0].key: "SHOTGUN"})
    assert taken(changed) == {**first, "pistol": ("SHOTGUN", True)}
    (layout,) = changed.drafted["layout"]
    assert layout["lookup"]["Type of weapon"]["pistol"]["firearm_type"] == "SHOTGUN"
    left = work.draft(folder, AIDA, changed, {words[1].key: "leave_out"})
    assert taken(left) == {"pistol": ("SHOTGUN", True), "rifle": ("leave_out", True)}
    assert taken(contributions.load(folder, AIDA, one.id)) == taken(left), "kept at once"
    work.forget_answers(folder, AIDA, left, words[0].key)
    back = work.draft(folder, AIDA, contributions.load(folder, AIDA, one.id), {})
    assert taken(back) == {"pistol": ("PISTOL", False), "rifle": ("leave_out", True)}
    work.forget_answers(folder, AIDA, back)
    assert taken(work.draft(folder, AIDA, contributions.load(folder, AIDA, one.id), {})) == first


def test_a_mapping_is_adopted_and_its_files_are_recognised(folder: Folder, tmp_path: Path) -> None:
    first = accepted(folder, handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv")))))
    source = str(first.source)
    assert received(folder, table(tmp_path / "b.csv", more=3), OTHER).recognised is None
    contributions.adopt(folder, OTHER, source)
    contributions.adopt(folder, OTHER, source)
    assert contributions.adoptions(folder) == {source: {"other_network"}}
    one = described(folder, received(folder, table(tmp_path / "c.csv", more=3), OTHER), OTHER)
    assert one.recognised == source
    one = accepted(folder, handed_in(folder, one, OTHER))
    assert one.source != source
    build(folder)
    assert figures(folder, str(one.source))["BR-AC", "2019", "PISTOL"] == 43
    assert figures(folder, source)["BR-AC", "2019", "PISTOL"] == 40


def filled_workbook(path: Path, rows: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path.with_suffix(".xlsx")) as book:
        sheet = book.add_worksheet("data")
        for at, row in enumerate([[*form.headers().values()], *rows]):
            sheet.write_row(at, 0, row)
    return path.with_suffix(".xlsx")


def in_odf(name: str) -> str:
    return f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}"


def filled_open_document(path: Path, rows: list[list[Any]]) -> Path:
    """The form as it is offered, with rows before the empty ones, as a spreadsheet program writes them."""
    office, cells, text = (
        f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text")
    )
    with zipfile.ZipFile(io.BytesIO(form.open_document())) as offered:
        content = ElementTree.fromstring(offered.read("content.xml"))
        others = {part: offered.read(part) for part in offered.namelist() if part != "content.xml"}
    sheet = content.find(f".//{cells}table")
    assert sheet is not None
    (empty,) = sheet.findall(f"{cells}table-row")
    at = [*sheet].index(empty)
    for row in rows:
        line = ElementTree.Element(f"{cells}table-row")
        for blank, value in zip(empty, row, strict=True):
            cell = ElementTree.SubElement(line, f"{cells}table-cell", blank.attrib)
            if value != "":
                number = isinstance(value, int)
                cell.set(f"{office}value-type", "float" if number else "string")
                if number:
                    cell.set(f"{office}value", str(value))
                ElementTree.SubElement(cell, f"{text}p").text = str(value)
        sheet.insert(at, line)
        at += 1
    empty.set(f"{cells}number-rows-repeated", str(form.ROWS - len(rows)))
    for name in ("office", "table", "text", "style"):
        # The names every program writes.
        ElementTree.register_namespace(name, in_odf(name)[1:-1])
    with zipfile.ZipFile(path.with_suffix(".ods"), "w") as book:
        for part, held in {**others, "content.xml": ElementTree.tostring(content, "utf-8")}.items():
            book.writestr(part, held)
    return path.with_suffix(".ods")


def rows_of(sheet: ElementTree.Element) -> list[list[str]]:
    return [[" ".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{in_odf('table')}table-row")]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_form_is_a_whole_open_document_with_lists(code: str) -> None:
    """As ODF 1.3 has it: its kind first and uncompressed, every part in the manifest, every rule of a cell there."""
    language.use(code)
    made = form.open_document()
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    assert made[30 : 38 + len(kind)] == b"mimetype" + kind
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    manifest = ElementTree.fromstring(parts.pop("META-INF/manifest.xml"))
    listed = {value for entry in manifest for name, value in entry.attrib.items() if name.endswith("full-path")}
    assert listed == {"/", *parts} - {"mimetype"}
    content = ElementTree.fromstring(parts["content.xml"])
    table, style = in_odf("table"), in_odf("style")
    rules = {
        rule.get(f"{table}name"): str(rule.get(f"{table}condition"))
        for rule in content.iter(f"{table}content-validation")
    }
    used = {
        name for cell in content.iter(f"{table}table-cell") if (name := cell.get(f"{table}content-validation-name"))
    }
    assert used == {*rules} == {*form.lists(), "number", "low", "high"}
    known = {str(one.get(f"{style}name")) for one in content.iter(f"{style}style")}
    asked = {value for one in content.iter() for key, value in one.attrib.items() if key.endswith("style-name")}
    assert asked - {"letters"} <= known
    data, words = content.iter(f"{table}table")
    rows, columns = rows_of(data), [*zip(*rows_of(words), strict=True)]
    assert rows[0] == [*form.headers().values()]
    assert len(rows[1]) == len(rows[0])
    for column, listed_words in form.lists().items():
        found = re.fullmatch(r"of:cell-content-is-in-list\(\[\$lists\.\$([A-Z])\$1:\.\$\1\$(\d+)\]\)", rules[column])
        assert found
        assert [*columns[ord(found[1]) - ord("A")][: int(found[2])]] == [*listed_words]
    turned = [one.get(f"{style}writing-mode") for one in content.iter(f"{style}table-properties")]
    assert turned == ["rl-tb" if code == "ar" else "lr-tb"]


@pytest.mark.parametrize("fill", [filled_workbook, filled_open_document], ids=["xlsx", "ods"])
@pytest.mark.parametrize("code", ["fr", "ar"])
def test_a_filled_form_is_read_without_a_question(
    folder: Folder, tmp_path: Path, code: str, fill: Callable[[Path, list[list[Any]]], Path]
) -> None:
    language.use(code)
    words = {column: [*listed] for column, listed in form.lists().items()}
    kinds = {kind: word for word, kind in form.lists()["type"].items()}
    rows: list[list[Any]] = [
        ["2021", "Brazil", "Acre", "", words["counted"][0], kinds["PISTOL"], 12, "", "", words["acquisition"][0], ""],
        ["2021-05", "Brazil", "", "", words["counted"][0], "", 40, 30, 50, words["acquisition"][1], "a note"],
        ["2021", "Brazil", "Nowhere", "", words["counted"][0], "", 1, "", "", words["acquisition"][0], ""],
    ]
    filled = fill(tmp_path / "filled", rows)
    one = received(folder, filled)
    assert one.asked["questions"] == []
    told = work.rehearse(folder, one)
    assert told["counts"] == {"rows": 3, "accepted": 2, "refused": 1, "skipped": 0}
    (issue,) = [kind for kind in work.kinds_of(told) if kind["fate"] == "row_refused"]
    assert (issue["kind"], issue["rows"]) == ("unknown_place", [4])
    assert "Nowhere" in issue["sentence"]
    found = pl.read_parquet(Path(told["place"]) / "rows" / "observation" / "*.parquet")
    assert found.sort("value").select("place", "category", "value", "low", "high").rows() == [
        ("BR-AC", "PISTOL", Decimal(12), None, None),
        ("BRA", "TOTAL", Decimal(40), Decimal(30), Decimal(50)),
    ]


def test_an_embargo_holds_back_until_its_day(folder: Folder, tmp_path: Path) -> None:
    first = accepted(folder, handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv")))))
    held_back = described(
        folder, received(folder, table(tmp_path / "b.csv", more=1), OTHER), OTHER, title="Later", embargo="2999-01-01"
    )
    held_back = accepted(folder, handed_in(folder, held_back, OTHER))
    build(folder)
    assert figures(folder, str(first.source))
    for tier in ("clear", "green", "amber"):
        assert figures(folder, str(held_back.source), tier) == {}
        with open_release(folder, tier=tier) as con:
            assert con.execute("select * from source where source = ?", [str(held_back.source)]).fetchall() == []


def test_a_sensitive_source_shows_the_public_no_small_number(folder: Folder, tmp_path: Path) -> None:
    plain = accepted(folder, handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv")))))
    sensitive = described(
        folder,
        received(folder, table(tmp_path / "b.csv"), OTHER),
        OTHER,
        title="Sensitive",
        sensitivity="moderate",
        informants="independent",
        threshold="5",
        publish=True,
    )
    sensitive = accepted(folder, handed_in(folder, sensitive, OTHER))
    build(folder)
    assert figures(folder, str(plain.source))
    assert figures(folder, str(sensitive.source)) == {}
    assert figures(folder, str(sensitive.source), "green")


def seizures(path: Path, *numbers: int) -> Path:
    """Seizures counted in three states of Brazil in two years, four numbers a state."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Country", "State", "Year", "Type of firearm", "Number of seizures"])
        keys = ((s, y, k) for s in ("Acre", "Bahia", "Paraná") for y in (2019, 2021) for k in ("pistol", "revolver"))
        rows.writerows(["Brazil", *key, number] for key, number in zip(keys, numbers, strict=True))
    return path


def public(folder: Folder, source: str) -> tuple[int, int]:
    """How many figures of at least one incident everyone sees, and how many are withheld."""
    query = "select count(*) filter (where value > 0), count(*) filter (where obs_status = 'Q') from figure"
    with open_release(folder) as con:
        shown, withheld = con.execute(f"{query} where source = ?", [source]).fetchall()[0]
    return int(shown), int(withheld)


def test_a_rehearsal_knows_what_was_published_before(folder: Folder, tmp_path: Path) -> None:
    """A number that changed by less than the threshold is withheld by the build, and so by the rehearsal."""
    protected = {"sensitivity": "moderate", "informants": "independent", "threshold": "5", "publish": True}
    before = (40, 20, 41, 21, 42, 22, 43, 23, 44, 24, 45, 25)
    first = received(folder, seizures(tmp_path / "a.csv", *before))
    sums = {"rollup": {"places": ["country", "admin1"]}}
    first = described(folder, contributions.save(folder, AIDA, first, drafted=first.drafted | sums), **protected)
    told = work.rehearse(folder, first)
    first = accepted(folder, handed_in(folder, first))
    build(folder)
    source = str(first.source)
    seen = {one["audience"]: one for one in told["audiences"]}
    assert public(folder, source) == (seen["public"]["shown"], sum(seen["public"]["withheld"].values()))
    assert seen["public"]["shown"] > 0
    later = received(folder, seizures(tmp_path / "b.csv", 42, *before[1:]), replaces=source)
    told = work.rehearse(folder, later)
    seen = {one["audience"]: one for one in told["audiences"]}
    assert seen["public"]["withheld"]["change"] > 0
    assert handed_in(folder, later).stage == "accepted"
    build(folder)
    assert public(folder, source) == (seen["public"]["shown"], sum(seen["public"]["withheld"].values()))


def test_a_rehearsal_reads_older_files_by_the_declaration_it_rehearses(folder: Folder, tmp_path: Path) -> None:
    """Files that add up: what is said of the source now holds for all of them, as it will in the build."""
    first = described(folder, received(folder, table(tmp_path / "a.csv")), succession="part")
    first = accepted(folder, handed_in(folder, first))
    build(folder)
    later = received(folder, table(tmp_path / "b.csv", more=5), replaces=str(first.source))
    later = described(folder, later, succession="part", producer="Monitors and police")
    rehearsed = pl.read_parquet(Path(work.rehearse(folder, later)["place"]) / "figure.parquet")
    accepted(folder, handed_in(folder, later))
    build(folder)
    with open_release(folder) as con:
        rows = con.execute("select figure_id, producer, value from figure where source = ?", [first.source]).fetchall()
    assert {producer for _, producer, _ in rows} == {"Monitors and police"}
    assert sorted(rows) == sorted(rehearsed.select("figure_id", "producer", "value").rows())


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that were run in a child process, one entry each time."""
    found: list[str] = []

    def counted(function: str, *given: Any, **how: Any) -> Any:
        found.append(function)
        return contained.run(function, *given, **how)

    monkeypatch.setattr(work, "run", counted)
    return found


def test_a_rehearsal_runs_once_until_something_changes(folder: Folder, tmp_path: Path, started: list[str]) -> None:
    one = described(folder, received(folder, table(tmp_path / "a.csv")))
    started.clear()
    told = work.rehearse(folder, one)
    assert [work.rehearse(folder, one) for _again in range(3)] == [told] * 3
    assert len(started) == 1
    changed = described(folder, one, producer="Others")
    assert work.rehearse(folder, changed)["place"] != told["place"]
    assert len(started) == 2
    assert work.rehearse(folder, one) == told
    assert len(started) == 2
    ledger.append(folder, "adopted", source="gva", organisation="other_network", actor=OTHER.role_id)
    assert work.rehearse(folder, one)["place"] != told["place"]
    assert len(started) == 3
    table(contributions.copy_of(folder, one), more=1)
    work.rehearse(folder, one)
    assert len(started) == 4
    assert len([*Path(told["place"]).parent.iterdir()]) == outcome.KEPT
    assert work.kinds_of(work.rehearse(folder, one)) == []


def test_a_rehearsal_goes_with_its_contribution(folder: Folder, tmp_path: Path) -> None:
    one = described(folder, received(folder, table(tmp_path / "a.csv")))
    place = Path(work.rehearse(folder, one)["place"])
    assert place.is_dir()
    one = handed_in(folder, one)
    work.rehearse(folder, one)
    work.withdraw(folder, AIDA if one.stage == "accepted" else LOCAL, str(one.source), "consent")
    assert [path.name for path in contributions.path(folder, one.id).iterdir()] == [contributions.STATE]
    two = described(folder, received(folder, table(tmp_path / "b.csv")))
    work.rehearse(folder, two)
    work.drop(folder, AIDA, two)
    assert [path.name for path in folder.drafts.iterdir()] == [one.id]


def test_what_was_refused_can_be_thrown_away_with_its_copy(folder: Folder, tmp_path: Path) -> None:
    one = handed_in(folder, described(folder, received(folder, table(tmp_path / "a.csv"))))
    with pytest.raises(ContributionRefused):
        contributions.drop(folder, AIDA, one)
    one = contributions.review(folder, STEWARD, one, "refused", comment="Not of this field.")
    with pytest.raises(NotAllowed):
        contributions.drop(folder, OTHER, one)
    work.drop(folder, AIDA, one)
    assert [*folder.drafts.iterdir()] == []


@pytest.mark.parametrize("meanwhile", ["dropped", "submitted"])
def test_what_another_tab_ended_is_not_handed_in(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    one = described(folder, received(folder, table(tmp_path / "a.csv")))
    told = work.rehearse(folder, one)
    digest = contributions.digest

    def slow(path: Path) -> str:
        found = digest(path)
        monkeypatch.undo()
        monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
        work.drop(folder, AIDA, one) if meanwhile == "dropped" else handed_in(folder, one)
        return found

    monkeypatch.setattr(contributions, "digest", slow)
    with pytest.raises(ContributionRefused, match="no contribution" if meanwhile == "dropped" else "already"):
        contributions.submit(folder, AIDA, one, told["counts"], told["kinds"])
    acts = [act["act"] for act in ledger.entries(folder)]
    assert acts == ([] if meanwhile == "dropped" else ["received"])
    assert len([path for path in folder.files.rglob("*") if path.is_file()]) == len(acts)


def events(path: Path, *rows: str) -> Path:
    """A list of seizures as an organisation keeps it: one a row, with its day, state and weapon."""
    path.write_text("\n".join(["Date,Country,State,Weapon,Firearms seized", *rows, ""]), encoding="utf-8")
    return path


def test_a_list_of_events_is_added_up_and_published(folder: Folder, tmp_path: Path) -> None:
    rows = ("2021-03-14,Brazil,Acre,Pistol,2", "2021-03-20,Brazil,Acre,Rifle,3", "2021-05-01,Brazil,Bahia,Pistol,4")
    one = described(folder, received(folder, events(tmp_path / "a.csv", *rows)))
    assert one.asked["questions"] == []
    assert one.drafted["rollup"] == {"places": ["country", "admin1"], "periods": ["month", "year"]}
    told = work.rehearse(folder, one)
    one = accepted(folder, handed_in(folder, one))
    build(folder)
    with open_release(folder) as con:
        query = "select place, period, value::integer from figure where source = ? and dimension = 'total'"
        found = {(place, period): value for place, period, value in con.execute(query, [one.source]).fetchall()}
    assert (found["BR-AC", "2021-03"], found["BR-AC", "2021"], found["BRA", "2021"]) == (5, 5, 9)
    assert told["figures"] > 0


def test_a_declaration_of_events_says_along_what_they_are_added_up(folder: Folder, tmp_path: Path) -> None:
    """Without it the sums of a release could not be checked, and no release at all would be made."""
    one = described(folder, received(folder, events(tmp_path / "a.csv", "2021-03-14,Brazil,Acre,Pistol,2")))
    one = contributions.save(folder, AIDA, one, drafted={k: v for k, v in one.drafted.items() if k != "rollup"})
    with pytest.raises(DeclarationRefused, match="rollup"):
        contributions.parsed(folder, one)


@pytest.mark.parametrize("how", ["dropped", "accepted"])
def test_a_rehearsal_leaves_nothing_where_its_contribution_is_gone(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Another tab ends it while the rehearsal runs."""
    one = described(folder, received(folder, table(tmp_path / "a.csv")))
    one = one if how == "dropped" else handed_in(folder, one)

    def meanwhile(_function: str, asked: dict[str, Any], **_how: Any) -> dict[str, Any]:
        monkeypatch.undo()
        monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
        (Path(asked["into"]) / "figure.parquet").write_bytes(b"personal")
        work.drop(folder, AIDA, one) if how == "dropped" else accepted(folder, one)
        return {}

    monkeypatch.setattr(work, "run", meanwhile)
    with pytest.raises(ContributionRefused):
        work.rehearse(folder, one)
    left = [path.name for path in folder.drafts.rglob("*") if path.is_file()]
    assert left == ([] if how == "dropped" else [contributions.STATE])


def test_two_tabs_make_one_outcome(tmp_path: Path) -> None:
    both = Barrier(2)

    def made(into: Path) -> dict[str, Any]:
        (into / "rows").write_text("rows")
        both.wait(timeout=20)
        return {"n": 1}

    with ThreadPoolExecutor(2) as tabs:
        asked = [tabs.submit(outcome.once, tmp_path, "key", made) for _tab in range(2)]
        assert [one.result() for one in asked] == [({"n": 1}, tmp_path / "key")] * 2
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["key", "rows", outcome.TOLD]


@pytest.mark.parametrize("code", ["fr", "ar"])
def test_what_became_of_each_row_is_said_in_the_language(folder: Folder, tmp_path: Path, code: str) -> None:
    """The file has a column that is called as one of those that are added; no English words stand beside its rows."""
    language.use(code)
    file = tmp_path / "a.csv"
    head, *rows = table(tmp_path / "plain.csv").read_text(encoding="utf-8").splitlines()
    rows[3] = rows[3].replace("Acre", "Nowhere")
    file.write_text("\n".join([f"{head},{_('Fate')}", *(f"{row},x" for row in rows)]) + "\n", encoding="utf-8")
    one = received(folder, file)
    given = {"column:" + _("Fate"): "ignore"} if one.asked["questions"] else {}
    one = described(folder, work.draft(folder, AIDA, one, given))
    told = work.rehearse(folder, one)
    (kind,) = work.kinds_of(told)
    written = [*csv.reader(io.StringIO(work.annotated(folder, one).decode()))]
    assert written[0] == [
        *(_("Row"), *head.split(","), _("Fate"), f"{_('Fate')} *"),
        _("What is the matter, and what to do"),
    ]
    became = {int(row[0]): row[-2:] for row in written[1:]}
    why = f"{sentence(kind['sentence'])} {sentence(kind['repair'])}"
    assert became.pop(5) == [say("fate", kind["fate"]), why]
    assert "Nowhere" in why
    assert kind["repair"] not in why
    assert [*became.values()] == [["", ""]] * 11
