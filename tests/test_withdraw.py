"""Withdrawing: bytes, rows and, for safety, releases and exports are gone for good, whenever a kill comes."""

import json
import os
import shutil
import time
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from durability.commands import KILLED, add, build, current, leftovers, received, run

from ingest import declarations, ledger, roles
from ingest.folder import Folder
from warehouse import publish
from warehouse.release import TOMBSTONE, WithdrawnRelease, manifest, open_release
from warehouse.withdraw import NothingToWithdraw, withdraw, withdrawn_files

GONE, STAYS, LATER = "soudapaz_sp", "gva", "soudapaz_rj"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A commons, and two releases: of one source, and with a second beside it."""
    data = tmp_path_factory.mktemp("made") / "data"
    add(data, STAYS)
    first = build(data, unchecked=True)
    add(data, GONE)
    return data, first, build(data, unchecked=True)


@pytest.fixture
def commons(made: tuple[Path, str, str], tmp_path: Path) -> Path:
    return _copy(made[0], tmp_path / "data")


def _copy(of: Path, to: Path) -> Path:
    """With the links between releases."""
    shutil.copytree(of, to)
    for release in sorted((to / "releases").iterdir()):
        for path in release.glob("parts/*/*"):
            source = of / path.relative_to(to)
            twins = [other for other in of.glob(f"releases/*/parts/*/{path.name}") if other.samefile(source)]
            first = to / sorted(twins)[0].relative_to(of)
            if first != path:
                path.unlink()
                path.hardlink_to(first)
    return to


def snapshot(data: Path, source: str) -> str:
    acts = [*ledger.entries(Folder(data))]
    return str(next(act["snapshot"] for act in acts if act["act"] == "received" and act["source"] == source))


def everything(data: Path) -> list[Path]:
    return [path for path in data.rglob("*") if path.is_file()]


def assert_gone(data: Path, *, releases: tuple[str, ...] = ()) -> None:
    """No byte of the source is left, but in releases that stay; the current one is without it."""
    folder = Folder(data)
    sha = snapshot(data, GONE)
    assert not folder.file(sha).exists()
    assert not [*folder.accepted.glob(f"{sha[:32]}-*")]
    for release in releases:
        assert [path.name for path in (folder.releases / release).iterdir()] == [TOMBSTONE]
    release = current(data)
    assert release
    facts = manifest(folder, release)
    assert {file["source"] for file in facts["inputs"]} == {STAYS}
    for tier in ("clear", "green", "amber"):
        with open_release(folder, tier=tier) as con:
            assert con.execute("select distinct source from figure").fetchall() == [(STAYS,)]
            assert con.execute("select distinct source from snapshot").fetchall() == [(STAYS,)]
    assert_part_names(facts)


def assert_part_names(facts: dict[str, object]) -> None:
    assert GONE not in json.dumps(facts["parts"])


def verified(data: Path) -> str:
    done = run(data, "verify")
    assert done.code == 0, done.out + done.err
    return done.out


def test_what_is_withdrawn_is_gone_from_the_next_release_and_the_rest_stays(
    commons: Path, made: tuple[Path, str, str]
) -> None:
    _, first, second = made
    done = run(commons, "withdraw", GONE, "--reason", "consent")
    assert done.code == 0, done
    assert "cannot be recalled" in done.out
    assert_gone(commons)
    for release in (first, second):
        assert (Folder(commons).releases / release / "manifest.json").exists()
    said = verified(commons)
    assert "Withdrawn: 1 files (their bytes are gone on purpose)." in said
    assert leftovers(commons) == []


def test_what_stays_is_a_line_without_the_file(commons: Path) -> None:
    done = run(commons, "withdraw", GONE, "--reason", "licence")
    assert done.code == 0, done
    for tier in ("clear", "green", "amber"):
        with open_release(Folder(commons), tier=tier) as con:
            rows = con.execute("select * from withdrawn").fetchall()
            assert [name[0] for name in con.description or []] == ["source", "day", "reason", "files"]
            assert rows == [(GONE, date.today(), "licence", 1)]
    release = Folder(commons).releases / (current(commons) or "")
    sha = snapshot(commons, GONE).encode()
    assert not [path for path in everything(release) if sha in path.read_bytes() or sha[:32] in path.read_bytes()]
    act = [*ledger.entries(Folder(commons))][-2]
    assert (act["act"], act["actor"], act["reason"]) == ("withdrawn", "local", "licence")
    assert "file_name" not in act


def test_one_file_of_a_source_can_be_withdrawn(commons: Path) -> None:
    for wrong in ("0" * 64, snapshot(commons, STAYS)):
        done = run(commons, "withdraw", GONE, "--reason", "error", "--file", wrong)
        assert (done.code, "No such file" in done.err) == (2, True)
    done = run(commons, "withdraw", GONE, "--reason", "error", "--file", snapshot(commons, GONE))
    assert done.code == 0, done
    assert_gone(commons)


def test_for_safety_every_release_that_held_it_goes_too(commons: Path, made: tuple[Path, str, str]) -> None:
    _, first, second = made
    folder = Folder(commons)
    outside = commons.parent / "backup"
    outside.mkdir()
    parts = [path for path in (folder.releases / second).rglob("*.parquet") if GONE in path.name]
    assert parts
    for number, path in enumerate([*parts, folder.file(snapshot(commons, GONE))]):
        (outside / str(number)).hardlink_to(path)
    shared = [path for path in (folder.releases / first).rglob("*.parquet") if path.stat().st_nlink > 1]
    assert shared, "the releases share no part"
    folder.exports.mkdir()
    (folder.exports / "old.csv").write_text("a row", encoding="utf-8")
    (folder.exports / "new.csv").write_text("made after", encoding="utf-8")
    os.utime(folder.exports / "new.csv", (time.time() + 60,) * 2)
    (folder.releases / ".building-left").mkdir()
    (folder.releases / ".building-left" / "part").write_text("half", encoding="utf-8")
    done = run(commons, "withdraw", GONE, "--reason", "safety")
    assert done.code == 0, done
    assert f"Release {second} was withdrawn with it." in done.out
    assert_gone(commons, releases=(second,))
    # Under other names too; and what the other release shares is whole.
    assert {path.stat().st_size for path in outside.iterdir()} == {0}
    assert all(path.stat().st_size for path in shared)
    with open_release(folder, first) as con:
        assert con.execute("select count(*) > 0 from figure").fetchall() == [(True,)]
    assert [path.name for path in folder.exports.iterdir()] == ["new.csv"]
    tombstone = json.loads((folder.releases / second / TOMBSTONE).read_text(encoding="utf-8"))
    # What is left of it is what the current one is made of, so that one stands for it.
    day = tombstone["withdrawn"]
    assert tombstone == {"release": second, "withdrawn": day, "reason": "safety", "anew": current(commons)}
    assert GONE not in str(tombstone)
    said = verified(commons)
    assert f"Release {second}: withdrawn for safety; {current(commons)} stands for it." in said
    assert leftovers(commons) == []
    with pytest.raises(WithdrawnRelease):
        open_release(folder, second)


def sources_of(folder: Folder, release: str) -> set[str]:
    with open_release(folder, release) as con:
        return {source for (source,) in con.execute("select distinct source from figure").fetchall()}


def anew(folder: Folder, release: str) -> str | None:
    with pytest.raises(WithdrawnRelease) as withdrawn:
        open_release(folder, release)
    return withdrawn.value.anew


def test_each_release_that_went_for_safety_is_made_anew_of_what_was_held_on_its_day(
    commons: Path, made: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard import light

    _, first, second = made
    folder = Folder(commons)
    add(commons, LATER)
    third = build(commons, unchecked=True)
    said = {release: figures(folder, release, STAYS) for release in (second, third)}
    assert run(commons, "withdraw", GONE, "--reason", "safety", unchecked=True).code == 0
    now = current(commons)
    for_second, for_third = anew(folder, second), anew(folder, third)
    assert for_second is not None
    assert for_third == now
    assert for_second not in (first, now)
    assert (sources_of(folder, for_second), sources_of(folder, for_third)) == ({STAYS}, {STAYS, LATER})
    # Not a figure of the rest has changed.
    assert figures(folder, for_second, STAYS) == said[second]
    assert figures(folder, for_third, STAYS) == said[third]
    assert manifest(folder, for_second)["instead_of"] == second
    assert "Rebuilt from the kept files" in verified(commons)
    acts = [act for act in ledger.entries(folder) if act["act"] == "released"]
    assert [(act["release"], act.get("instead_of")) for act in acts[3:]] == [(now, None), (for_second, second)]
    assert build(commons, unchecked=True) == now
    assert [act for act in ledger.entries(folder) if act["act"] == "released"] == acts

    monkeypatch.setenv("COMMONS_DATA", str(commons))
    shown = unescape(light.page("sources", {"release": second}, "en").html)
    assert f"release={for_second}" in shown
    assert "See it without what was withdrawn" in shown
    assert f"in place of {second}" in light.page("sources", {"release": for_second}, "en").html
    # What nobody would look for behind the current one is one way, not two.
    assert "See it without what was withdrawn" not in light.page("sources", {"release": third}, "en").html


def test_what_was_made_anew_can_be_withdrawn_too(commons: Path, made: tuple[Path, str, str]) -> None:
    _, first, second = made
    folder = Folder(commons)
    add(commons, LATER)
    third = build(commons, unchecked=True)
    assert run(commons, "withdraw", GONE, "--reason", "safety", unchecked=True).code == 0
    once = anew(folder, second)
    assert run(commons, "withdraw", STAYS, "--reason", "safety", unchecked=True).code == 0
    assert (anew(folder, second), anew(folder, once or "")) == (None, None)
    assert anew(folder, first) is None
    assert sources_of(folder, anew(folder, third) or "") == {LATER}
    assert verified(commons)


@pytest.mark.parametrize("step", ["_publish", "withdraw.made_anew"])
def test_a_build_that_ends_before_all_is_made_anew_goes_on_the_next_time(
    commons: Path, made: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    _, _, second = made
    folder = Folder(commons)
    add(commons, LATER)
    third = build(commons, unchecked=True)
    withdraw(folder, roles.LOCAL, GONE, reason="safety")
    whole = publish._publish

    def ends(*given: object, **named: object) -> str:
        if step != "_publish" or "instead_of" in named:
            raise RuntimeError("ended")
        return whole(*given, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as here:
        here.setattr(f"warehouse.publish.{step}", ends)
        with pytest.raises(RuntimeError, match="ended"):
            publish.build(folder)
    now = current(commons)
    assert sources_of(folder, now or "") == {STAYS, LATER}
    assert (anew(folder, second), anew(folder, third)) == (None, None)
    assert publish.build(folder) == now
    assert anew(folder, third) == now
    assert sources_of(folder, anew(folder, second) or "") == {STAYS}
    assert [path.name for path in folder.releases.glob(".*")] == []
    assert len([act for act in ledger.entries(folder) if act.get("instead_of") == second]) == 1
    assert verified(commons)


def figures(folder: Folder, release: str, source: str) -> list[tuple[object, ...]]:
    with open_release(folder, release) as con:
        query = "select * from figure where source = ? order by all"
        return con.execute(query, [source]).fetchall()


def test_an_address_that_names_a_withdrawn_release_leads_to_the_current_one(
    commons: Path, made: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard import light

    _, _, second = made
    monkeypatch.setenv("COMMONS_DATA", str(commons))
    withdraw(Folder(commons), roles.LOCAL, GONE, reason="safety")
    between = light.page("sources", {}, "en").html
    assert "This release was withdrawn" in between
    build(commons, unchecked=True)
    shown = light.page("sources", {"release": second}, "en").html
    assert "This release was withdrawn" in shown
    assert "See the current release" in shown
    assert GONE not in shown
    assert "This release was withdrawn" not in light.page("sources", {}, "en").html


def test_what_was_withdrawn_by_mistake_can_be_found_to_be_unsafe_later(
    commons: Path, made: tuple[Path, str, str]
) -> None:
    _, _, second = made
    assert run(commons, "withdraw", GONE, "--reason", "error", unchecked=True).code == 0
    assert run(commons, "withdraw", GONE, "--reason", "safety", unchecked=True).code == 0
    assert_gone(commons, releases=(second,))
    acts = [act["reason"] for act in ledger.entries(Folder(commons)) if act["act"] == "withdrawn"]
    assert acts == ["error", "safety"]
    again = run(commons, "withdraw", GONE, "--reason", "safety", unchecked=True)
    assert again.code == 0
    assert len([act for act in ledger.entries(Folder(commons)) if act["act"] == "withdrawn"]) == 2


def test_bytes_that_another_source_keeps_stay(commons: Path) -> None:
    folder, sha = Folder(commons), snapshot(commons, GONE)
    ledger.append(folder, "received", source="other", layout="x", snapshot=sha, file_name="x.csv", bytes=1)
    withdraw(folder, roles.LOCAL, GONE, reason="error")
    assert folder.file(sha).exists()
    assert not [*folder.accepted.glob(f"{sha[:32]}-*")]
    withdraw(folder, roles.LOCAL, "other", reason="error")
    assert not folder.file(sha).exists()


def test_what_was_withdrawn_can_be_added_again(commons: Path) -> None:
    assert run(commons, "withdraw", GONE, "--reason", "error", unchecked=True).code == 0
    add(commons, GONE)
    assert withdrawn_files(Folder(commons)) == {}
    build(commons, unchecked=True)
    assert verified(commons)
    with open_release(Folder(commons)) as con:
        assert con.execute("select count(*) from withdrawn").fetchall() == [(0,)]
        assert con.execute("select count(distinct source) from figure").fetchall() == [(2,)]
    assert received(commons).count(f"{GONE}.csv") == 2


def test_a_release_comes_back_only_with_its_files(commons: Path, made: tuple[Path, str, str]) -> None:
    """A tombstone stands until what it was for has been received again, by somebody's decision."""
    _, _, second = made
    assert run(commons, "withdraw", GONE, "--reason", "safety", unchecked=True).code == 0
    add(commons, GONE)
    assert build(commons, unchecked=True) == second
    assert not (Folder(commons).releases / second / TOMBSTONE).exists()


def test_where_nothing_is_left_no_release_is_shown(commons: Path) -> None:
    for source in (GONE, STAYS):
        done = run(commons, "withdraw", source, "--reason", "other", unchecked=True)
        assert done.code == 0, done
    assert "no release is shown" in done.out
    assert current(commons) is None
    assert "No release has been built yet" in verified(commons)


def test_only_who_may_withdraws(commons: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A steward, the officer, and the source's owners; a built-in source belongs to nobody."""
    folder = Folder(commons)
    before = folder.ledger.read_bytes()
    for held in ("viewer", "participant", "contributor", "administrator"):
        with pytest.raises(roles.NotAllowed):
            withdraw(folder, roles.Actor(f"{held}-abcdef", frozenset({held}), "viva_rio"), GONE, reason="error")
    assert folder.ledger.read_bytes() == before
    with pytest.raises(NothingToWithdraw):
        withdraw(folder, roles.LOCAL, "gone", reason="error")
    withdraw(folder, roles.Actor("steward-abcdef", frozenset({"steward"})), GONE, reason="error")
    assert [*ledger.entries(folder)][-1]["actor"] == "steward-abcdef"
    owned = declarations.sources()[STAYS].model_copy(update={"owners": ["viva_rio"]})
    monkeypatch.setattr("warehouse.withdraw.once_declared", lambda folder, name: owned)
    for of in (None, "another"):
        with pytest.raises(roles.NotAllowed):
            withdraw(folder, roles.Actor("contributor-abcdef", frozenset({"contributor"}), of), STAYS, reason="error")
    withdraw(folder, roles.Actor("contributor-abcdef", frozenset({"contributor"}), "viva_rio"), STAYS, reason="error")
    assert [*ledger.entries(folder)][-1]["actor"] == "contributor-abcdef"


def test_a_release_built_before_a_withdrawal_is_not_called_broken(commons: Path) -> None:
    withdraw(Folder(commons), roles.LOCAL, GONE, reason="consent")
    assert "still has 1 files withdrawn since. Run: commons build" in verified(commons)


def test_bytes_that_are_still_there_are_found(commons: Path) -> None:
    folder = Folder(commons)
    text = folder.file(snapshot(commons, GONE)).read_bytes()
    withdraw(folder, roles.LOCAL, GONE, reason="consent")
    folder.file(snapshot(commons, GONE)).write_bytes(text)
    done = run(commons, "verify")
    assert (done.code, "still here" in done.out) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("reason", ["consent", "safety"])
def test_a_kill_at_any_call_is_mended_by_the_next_build_or_the_same_again(
    made: tuple[Path, str, str], tmp_path: Path, reason: str
) -> None:
    """Every call until the new release is being built, for each way of going on in turn."""
    _, first, second = made
    purged = (second,) if reason == "safety" else ()
    reached = []
    for number in range(1, 100):
        data = _copy(made[0], tmp_path / str(number))
        done = run(data, "withdraw", GONE, "--reason", reason, kill=number, unchecked=True)
        assert done.code in (KILLED, 0)
        ledger.verify(Folder(data))
        named = bool(withdrawn_files(Folder(data)))
        reached.append(number)
        if named and number % 2:
            again = run(data, "build", unchecked=True)
        else:
            again = run(data, "withdraw", GONE, "--reason", reason, unchecked=True)
        assert again.code == 0, again
        assert_gone(data, releases=purged)
        assert leftovers(data) == []
        assert (Folder(data).releases / first / "manifest.json").exists()
        begun = [path for path in Folder(data).releases.iterdir() if path.name not in (first, second)]
        shutil.rmtree(data)
        if done.code == 0 or number > {"consent": 14, "safety": 40}[reason]:
            break
    assert len(reached) > 10
    assert begun
