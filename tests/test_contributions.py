"""A contribution from its file to a release: what is kept, who may do what, what flows, what waits, what goes again."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
import xlsxwriter

from dashboard import language
from dashboard.language import LANGUAGES
from dashboard.portal import describe, form, upload, work
from ingest import contributions, ledger
from ingest.contributions import Contribution, ContributionRefused
from ingest.declarations import declared
from ingest.folder import Folder
from ingest.roles import Actor, NotAllowed
from warehouse.build import build
from warehouse.inputs import held_files
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
    (issue,) = [kind for kind in work.kinds_of(folder, one) if kind["fate"] == "row_refused"]
    assert (issue["kind"], issue["rows"]) == ("unknown_place", [4])
    assert "Nowhere" in issue["sentence"]
    found = pl.read_parquet(contributions.path(folder, one.id) / work.REHEARSAL / "rows" / "observation" / "*.parquet")
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
