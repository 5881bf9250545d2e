"""The ledger: whatever changes in it is found and named, and nobody who writes to it loses an act."""

import json
import multiprocessing
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ingest import ledger
from ingest.folder import Folder

TEXT = st.text(max_size=12)
FACTS = st.dictionaries(
    st.sampled_from(["snapshot", "source", "file_name", "words"]),
    st.one_of(TEXT, st.none(), st.integers(-9, 9), st.lists(TEXT, max_size=2)),
)
ACTS = st.lists(st.tuples(st.sampled_from(ledger.ACTS), FACTS), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Eight acts, as their lines."""
    folder = Folder(tmp_path_factory.mktemp("ledger"))
    for number in range(8):
        ledger.append(folder, ledger.ACTS[number % len(ledger.ACTS)], snapshot=f"{number:064}", words="ação, “x”\n")
    return folder.ledger.read_bytes().splitlines(keepends=True)


def _broken(lines: list[bytes]) -> str:
    """What verify says of a ledger with these lines; '' where the chain is whole."""
    with tempfile.TemporaryDirectory() as away:
        folder = Folder(Path(away))
        folder.ledger.write_bytes(b"".join(lines))
        try:
            ledger.verify(folder)
        except ledger.BrokenLedger as error:
            return str(error)
        return ""


@settings(max_examples=40, deadline=None)
@given(acts=ACTS)
def test_what_was_appended_is_read_back_in_order_and_the_chain_is_whole(
    acts: list[tuple[str, dict[str, object]]],
) -> None:
    """Any text, of any script, in any fact."""
    with tempfile.TemporaryDirectory() as away:
        folder = Folder(Path(away))
        added = [ledger.append(folder, act, **facts) for act, facts in acts]
        assert list(ledger.entries(folder)) == added
        assert ledger.verify(folder) == len(acts)
        assert [entry["act"] for entry in added] == [act for act, _ in acts]
        assert all(
            entry[name] == value for entry, (_, facts) in zip(added, acts, strict=True) for name, value in facts.items()
        )


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_found_and_its_line_named(lines: list[bytes], data: st.DataObject) -> None:
    """A digit, a space, a quote or a line feed: the first line that does not fit is the one that was changed."""
    number = data.draw(st.integers(0, len(lines) - 1))
    position = data.draw(st.integers(0, len(lines[number]) - 1))
    byte = data.draw(st.integers(0, 255))
    assume(byte != lines[number][position])
    changed = bytearray(lines[number])
    changed[position] = byte
    assert f"line {number + 1} " in _broken([*lines[:number], bytes(changed), *lines[number + 1 :]])


@settings(max_examples=60, deadline=None)
@given(number=st.integers(0, 6))
def test_any_removed_line_is_found(lines: list[bytes], number: int) -> None:
    """But for the last: what is cut off at the end leaves a shorter whole chain."""
    assert f"line {number + 1} " in _broken([*lines[:number], *lines[number + 1 :]])


@settings(max_examples=60, deadline=None)
@given(number=st.integers(0, 7), to=st.integers(0, 8))
def test_any_duplicated_line_is_found(lines: list[bytes], number: int, to: int) -> None:
    """Wherever the second one stands."""
    assert "does not fit the chain" in _broken([*lines[:to], lines[number], *lines[to:]])


@settings(max_examples=60, deadline=None)
@given(at=st.integers(1, 8), act=st.sampled_from(ledger.ACTS))
def test_any_inserted_line_is_found(lines: list[bytes], at: int, act: str) -> None:
    """Also one whose own hash fits and that names the line before it: then the next one does not fit."""
    before = json.loads(lines[at - 1])
    entry = {"n": at + 1, "at": before["at"], "act": act, "previous": before["hash"]}
    entry["hash"] = ledger._hash(entry)
    forged = ledger._line(entry)
    broken = _broken([*lines[:at], forged, *lines[at:]])
    assert broken == (f"line {at + 2} of the ledger does not fit the chain" if at < len(lines) else "")


@pytest.mark.parametrize("left", range(8))
def test_lines_cut_off_are_found_by_the_head_a_release_carries(tmp_path: Path, lines: list[bytes], left: int) -> None:
    """Below it; what was added after the release may be cut without a trace."""
    folder = Folder(tmp_path)
    folder.ledger.write_bytes(b"".join(lines[:6]))
    head = ledger.head(folder)
    assert head == {"n": 6, "hash": json.loads(lines[5])["hash"]}
    folder.ledger.write_bytes(b"".join(lines[:left]))
    assert ledger.verify(folder) == left
    if left >= 6:
        assert ledger.verify(folder, [head]) == left
        return
    with pytest.raises(ledger.BrokenLedger, match=f"line {left + 1} of the ledger is missing: .* it had 6"):
        ledger.verify(folder, [head, {"n": 0, "hash": ledger.FIRST}])


def test_a_ledger_written_anew_is_found_by_the_head_a_release_carries(tmp_path: Path, lines: list[bytes]) -> None:
    """A whole chain, of other acts."""
    folder = Folder(tmp_path)
    folder.ledger.write_bytes(b"".join(lines))
    head = ledger.head(folder)
    folder.ledger.write_bytes(b"".join(lines[:3]))
    for number in range(7):
        ledger.append(folder, "stated", words=str(number))
    with pytest.raises(ledger.BrokenLedger, match="line 8 of the ledger is not the one a release was built on"):
        ledger.verify(folder, [head])


def test_a_ledger_without_acts_has_a_head_too(tmp_path: Path) -> None:
    assert ledger.head(Folder(tmp_path)) == {"n": 0, "hash": ledger.FIRST}


@settings(max_examples=60, deadline=None)
@given(one=st.integers(0, 7), other=st.integers(0, 7))
def test_any_swapped_lines_are_found(lines: list[bytes], one: int, other: int) -> None:
    """The first of the two is named."""
    assume(one < other)
    swapped = list(lines)
    swapped[one], swapped[other] = swapped[other], swapped[one]
    assert f"line {one + 1} of the ledger does not fit the chain" == _broken(swapped)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_line_cut_off_by_a_crash_is_dropped_and_the_next_act_takes_its_place(
    lines: list[bytes], data: st.DataObject
) -> None:
    """However much of it was written, short of its line feed."""
    length = data.draw(st.integers(1, len(lines[-1]) - 2))
    with tempfile.TemporaryDirectory() as away:
        folder = Folder(Path(away))
        folder.ledger.write_bytes(b"".join(lines[:-1]) + lines[-1][:length])
        assert ledger.verify(folder) == len(lines) - 1
        assert len(list(ledger.entries(folder))) == len(lines) - 1
        assert ledger.append(folder, "stated", words="next")["n"] == len(lines)
        assert ledger.verify(folder) == len(lines)


@pytest.mark.parametrize("harm", ["unreadable", "changed", "line feed"])
def test_no_act_is_added_behind_a_last_line_that_was_changed(tmp_path: Path, lines: list[bytes], harm: str) -> None:
    """It would drop or cover up an act that was acknowledged; the ledger stays as it was."""
    last = {
        "unreadable": b"{" + lines[-1],
        "changed": lines[-1].replace(b'"n": 8', b'"n": 9'),
        "line feed": lines[-1][:-1] + b" ",
    }[harm]
    folder = Folder(tmp_path)
    folder.ledger.write_bytes(b"".join(lines[:-1]) + last)
    before = folder.ledger.read_bytes()
    with pytest.raises(ledger.BrokenLedger, match="line 8 "):
        ledger.append(folder, "stated")
    assert folder.ledger.read_bytes() == before


def test_an_act_the_ledger_does_not_know_is_a_mistake(tmp_path: Path) -> None:
    """Nothing is written."""
    with pytest.raises(ValueError, match="not an act"):
        ledger.append(Folder(tmp_path), "improved")
    assert not Folder(tmp_path).ledger.exists()


def test_an_act_that_could_not_be_written_leaves_the_ledger_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk found only when the line goes to the disk."""
    folder = Folder(tmp_path)
    ledger.append(folder, "stated", words="first")
    before = folder.ledger.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ingest.ledger.os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            ledger.append(folder, "stated", words="second")
    assert folder.ledger.read_bytes() == before
    assert ledger.append(folder, "stated")["n"] == 2


def _append_many(root: str, who: int) -> None:
    for number in range(20):
        ledger.append(Folder(Path(root)), "stated", who=who, number=number)


@pytest.mark.slow
def test_many_processes_append_to_one_chain(tmp_path: Path) -> None:
    """Every act is there once, each process's in its order."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_append_many, args=(str(tmp_path), who)) for who in range(5)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 5
    assert ledger.verify(Folder(tmp_path)) == 100
    acts = list(ledger.entries(Folder(tmp_path)))
    for who in range(5):
        assert [act["number"] for act in acts if act["who"] == who] == list(range(20))


def test_a_copy_of_the_ledger_is_worth_as_much(tmp_path: Path) -> None:
    """The chain depends on nothing but its own bytes."""
    folder = Folder(tmp_path / "one")
    ledger.append(folder, "stated", words="x")
    shutil.copytree(folder.root, tmp_path / "other")
    assert ledger.verify(Folder(tmp_path / "other")) == 1
    assert json.loads(folder.ledger.read_text(encoding="utf-8"))["previous"] == ledger.FIRST
