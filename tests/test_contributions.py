"""A contribution from its file to a release: what is kept, who may do what, what flows, what waits, what goes again."""

import csv
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from dashboard import language
from dashboard.portal import describe, form, work
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
    with file.open("rb") as stream:
        begun = work.receive(folder, actor, stream, file.name, replaces)
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


def seizures(path: Path) -> Path:
    """One seizure a row, with the kind and model of what was taken."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["Date", "Country", "State", "Type of weapon", "Number of firearms seized", "Model"])
        for n, state in enumerate(("Acre", "Bahia", "Paraná", "Acre")):
            rows.writerow([f"2021-03-{14 + n}", "Brazil", state, ("pistol", "rifle")[n % 2], 3 + n, f"Zastava {n}"])
    return path


def test_a_column_can_be_more_sensitive_than_its_dataset(folder: Folder, tmp_path: Path) -> None:
    one = received(folder, seizures(tmp_path / "a.csv"))
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
    later = received(folder, seizures(tmp_path / "b.csv"), replaces=source)
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
    first = accepted(folder, handed_in(folder, described(folder, received(folder, seizures(tmp_path / "a.csv")))))
    anew = received(folder, seizures(tmp_path / "b.csv"), replaces=str(first.source))
    anew = work.draft(folder, AIDA, anew, {work.AS_NEW: "yes"})
    anew = described(folder, anew, columns={"Model": "severe"})
    (layout,) = contributions.parsed(folder, anew).layout
    assert layout.sensitivity == {"Model": "severe"}


def test_what_a_word_was_taken_to_be_can_be_changed_and_taken_back(folder: Folder, tmp_path: Path) -> None:
    one = received(folder, seizures(tmp_path / "a.csv"))

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


@pytest.mark.parametrize("code", ["fr", "ar"])
def test_a_filled_form_is_read_without_a_question(folder: Folder, tmp_path: Path, code: str) -> None:
    language.use(code)
    headers, words = form.headers(), {column: [*listed] for column, listed in form.lists().items()}
    kinds = {kind: word for word, kind in form.lists()["type"].items()}
    rows = [
        ["2021", "Brazil", "Acre", "", words["counted"][0], kinds["PISTOL"], 12, "", "", words["acquisition"][0], ""],
        ["2021-05", "Brazil", "", "", words["counted"][0], "", 40, 30, 50, words["acquisition"][1], "a note"],
        ["2021", "Brazil", "Nowhere", "", words["counted"][0], "", 1, "", "", words["acquisition"][0], ""],
    ]
    filled = tmp_path / "filled.xlsx"
    with xlsxwriter.Workbook(filled) as book:
        sheet = book.add_worksheet("data")
        for at, row in enumerate([[*headers.values()], *rows]):
            sheet.write_row(at, 0, row)
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
