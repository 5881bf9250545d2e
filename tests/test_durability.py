"""What survives a kill, a full disk and several at once: the current release, every kept file, and the way on.

Commands run as processes of their own and are killed for good; `durability/warm.py` forks them.
"""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest
from durability.commands import (
    KILLED,
    REFUSED,
    STARTER,
    add,
    assert_sound,
    build,
    current,
    leftovers,
    received,
    run,
    run_for,
    start,
)

from ingest import ledger
from ingest.folder import Folder, staging, sweep
from ingest.keep import keep
from warehouse.release import manifest, open_release

NAMES = ("gva", "soudapaz_sp")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A commons with two files and a release, and the id of that release."""
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    add(data, *NAMES)
    release = build(data)
    assert_sound(data)
    return data, release


@pytest.fixture(scope="module")
def unbuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commons with two files and no release."""
    data = tmp_path_factory.mktemp("unbuilt") / "data"
    add(data, *NAMES)
    return data


def _copy(of: Path, to: Path) -> Path:
    shutil.copytree(of, to)
    return to


# ---- kills


AT_ONCE = 4
"""How many commands run at once where each has a folder of its own."""


@pytest.mark.slow
def test_a_kill_at_any_call_of_add_loses_no_received_file(tmp_path: Path) -> None:
    """Every call that changes the data folder is a kill point; the file is then added as if nothing had been."""
    reached: list[str] = []
    for first in range(1, 400, AT_ONCE):
        folders = [tmp_path / str(first + n) for n in range(AT_ONCE)]
        running = [start(data, "add", STARTER / "gva.csv", kill=first + n) for n, data in enumerate(folders)]
        done = [process.wait() for process in running]
        reached += [process.reached() for process in running]
        assert {one.code for one in done} <= {KILLED, 0}, done
        for data in folders:
            assert_sound(data)
        again = [start(data, "add", STARTER / "gva.csv") for data in folders]
        for data, process in zip(folders, again, strict=True):
            assert process.wait().code == 0
            assert_sound(data)
            assert leftovers(data) == []
            assert _acts(data) == ["received", "accepted"]
        if any(one.code == 0 for one in done):
            break
    assert len([call for call in reached if call]) > 30


@pytest.mark.slow
def test_a_kill_in_the_middle_of_an_act_leaves_it_undone(tmp_path: Path) -> None:
    """Half a line is no act; the next one takes its place."""
    for line in (1, 2):
        data = tmp_path / str(line)
        assert run(data, "add", STARTER / "gva.csv", torn=line).code == KILLED
        assert not Folder(data).ledger.read_bytes().endswith(b"\n")
        assert ledger.verify(Folder(data)) == line - 1
        add(data, "gva")
        assert [act["act"] for act in ledger.entries(Folder(data))] == ["received", "accepted"]
        assert_sound(data)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A commons with a release of one of its two files, and the id of that release."""
    data = tmp_path_factory.mktemp("behind") / "data"
    add(data, NAMES[0])
    before = build(data, unchecked=True)
    add(data, NAMES[1])
    return data, before


@pytest.mark.slow
def test_a_kill_while_a_release_is_built_leaves_the_one_before(
    tmp_path: Path, behind: tuple[Path, str], undisturbed: tuple[Path, str]
) -> None:
    """Every third call, on two folders at a time that bear all kills before; then a build is the undisturbed one."""
    folders = [_copy(behind[0], tmp_path / name) for name in ("one", "other")]
    reached: list[str] = []
    for first in range(1, 400, 6):
        running = [start(data, "build", kill=first + 3 * n, unchecked=True) for n, data in enumerate(folders)]
        done = [process.wait() for process in running]
        assert {one.code for one in done} <= {KILLED, 0}, done
        reached += [process.reached() for process in running]
        for data in folders:
            assert_sound(data)
            assert current(data) in (behind[1], undisturbed[1])
        if any(current(data) != behind[1] for data in folders):
            break
    assert len([call for call in reached if call]) > 10
    for data in folders:
        assert build(data) == undisturbed[1]
        assert_sound(data)
        assert leftovers(data) == []


@pytest.mark.slow
def test_a_kill_at_any_call_that_publishes_leaves_the_old_or_the_new_release(
    tmp_path: Path, behind: tuple[Path, str], undisturbed: tuple[Path, str]
) -> None:
    """Every call from the move of the finished release on; the next build ends what was begun."""
    seen: list[str | None] = []
    for first in range(1, 60, AT_ONCE):
        folders = [_copy(behind[0], tmp_path / str(first + n)) for n in range(AT_ONCE)]
        running = [
            start(data, "build", kill=first + n, since="replace", unchecked=True) for n, data in enumerate(folders)
        ]
        done = [process.wait() for process in running]
        assert {one.code for one in done} <= {KILLED, 0}, done
        for data in folders:
            assert_sound(data)
            seen.append(current(data))
        again = [start(data, "build", unchecked=True) for data in folders]
        for data, process in zip(folders, again, strict=True):
            assert process.wait().code == 0
            assert_sound(data)
            assert current(data) == undisturbed[1]
            assert leftovers(data) == []
            assert _acts(data).count("released") == 2
        if any(one.code == 0 for one in done):
            break
    # It changes once, in one step.
    assert set(seen) == {behind[1], undisturbed[1]}
    assert seen == sorted(seen, key=lambda release: release != behind[1])
    assert len(seen) > 5


@pytest.mark.slow
def test_kills_at_any_moment_of_add_and_build_leave_a_commons_that_goes_on(
    tmp_path: Path, undisturbed: tuple[Path, str]
) -> None:
    """At random moments, on one folder that bears them all; then a clean build is the undisturbed one."""
    _, release = undisturbed
    data = tmp_path / "data"
    moments = random.Random(20260101)
    for name in NAMES:
        for _ in range(6):
            done = run_for(moments.uniform(0.005, 0.3), data, "add", STARTER / f"{name}.csv")
            assert done.code in (KILLED, 0), done
            assert_sound(data)
        add(data, name)
    began = time.monotonic()
    build(_copy(data, tmp_path / "measured"))
    length = time.monotonic() - began
    for _ in range(12):
        done = run_for(moments.uniform(0.01, length), data, "build")
        assert done.code in (KILLED, 0), done
        assert_sound(data)
        assert current(data) in (None, release)
    assert build(data) == release
    assert_sound(data)
    assert leftovers(data) == []
    assert sorted(received(data)) == sorted(f"{name}.csv" for name in NAMES)


def test_what_a_living_process_prepares_is_not_swept(tmp_path: Path) -> None:
    """Only what nobody holds is a leftover."""
    left = tmp_path / ".incoming-left"
    left.mkdir()
    (left / "bytes").write_bytes(b"half")
    old = tmp_path / ".incoming-old"
    old.write_bytes(b"half")
    with staging(tmp_path) as mine:
        assert not left.exists()
        assert not old.exists()
        sweep(tmp_path)
        assert mine.exists()
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_changed_on_the_disk_are_put_right_by_adding_the_file_again(tmp_path: Path) -> None:
    """A kept file that does not fit its name is replaced, never believed."""
    folder = Folder(tmp_path)
    snapshot, new = keep(folder, STARTER / "gva.csv")
    assert new
    kept = folder.file(snapshot)
    kept.chmod(0o644)
    kept.write_bytes(b"changed")
    assert keep(folder, STARTER / "gva.csv") == (snapshot, True)
    assert kept.read_bytes() == (STARTER / "gva.csv").read_bytes()
    assert keep(folder, STARTER / "gva.csv") == (snapshot, False)


# ---- a full disk


@pytest.mark.slow
def test_a_disk_that_fills_up_at_any_call_of_add_is_said_and_loses_nothing(tmp_path: Path) -> None:
    """Every call that may find the disk full; with space again all goes on."""
    base = tmp_path / "base"
    add(base, NAMES[0])
    for first in range(1, 400, AT_ONCE):
        folders = [_copy(base, tmp_path / str(first + n)) for n in range(AT_ONCE)]
        running = [start(data, "add", STARTER / f"{NAMES[1]}.csv", full=first + n) for n, data in enumerate(folders)]
        done = [process.wait() for process in running]
        for data, one in zip(folders, done, strict=True):
            assert_sound(data)
            if one.code:
                _assert_said(one.code, one.err)
        again = [start(data, "add", STARTER / f"{NAMES[1]}.csv") for data in folders]
        for data, process in zip(folders, again, strict=True):
            assert process.wait().code == 0
            assert_sound(data)
            assert _acts(data) == ["received", "accepted"] * 2
            assert leftovers(data) == []
        if any(one.code == 0 for one in done):
            break
    assert first > 10


def _acts(data: Path) -> list[str]:
    return [act["act"] for act in ledger.entries(Folder(data))]


def _assert_said(code: int, err: str) -> None:
    assert code == REFUSED, err
    assert "Traceback" not in err
    assert "No space left on device" in err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB, unmounted afterwards."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("there is no mount command here")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=96m", "tmpfs", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run([unmount, place], check=True)


def _fill(disk: Path, spare: int) -> Path:
    """Fills a disk up to so many spare bytes."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    state = os.statvfs(disk)
    with filler.open("wb") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(1, state.f_bavail * state.f_frsize - spare))
    return filler


@pytest.mark.slow
def test_on_a_full_disk_add_and_build_say_so_and_change_nothing(
    small_disk: Path, undisturbed: tuple[Path, str]
) -> None:
    """A real file system with less and less room than the command needs."""
    _, release = undisturbed
    data = small_disk / "data"
    add(data, NAMES[0])
    before = build(data)
    failed = 0
    for spare in (0, 8 << 10, 20 << 10, 40 << 10):
        filler = _fill(small_disk, spare)
        done = run(data, "add", STARTER / f"{NAMES[1]}.csv")
        assert_sound(data)
        if done.code:
            failed += 1
            _assert_said(done.code, done.err)
            assert received(data) == [f"{NAMES[0]}.csv"]
    assert failed
    filler.unlink()
    add(data, NAMES[1])
    failed = 0
    for spare in (0, 16 << 10, 64 << 10, 300 << 10, 1 << 20, 2 << 20, 3 << 20):
        filler = _fill(small_disk, spare)
        done = run(data, "build")
        assert_sound(data)
        if done.code == 0:
            break
        failed += 1
        _assert_said(done.code, done.err)
        assert current(data) == before
    assert failed >= 2
    filler.unlink()
    assert build(data) == release
    assert leftovers(data) == []
    assert run(data, "verify").code == 0


# ---- several at once


@pytest.mark.slow
@pytest.mark.parametrize("several", [2, 5])
def test_the_same_file_added_by_several_at_once_is_received_once(tmp_path: Path, several: int) -> None:
    """One receives it, the others find it kept."""
    for turn in range(3):
        data = tmp_path / str(turn)
        done = [process.wait() for process in [start(data, "add", STARTER / "gva.csv") for _ in range(several)]]
        assert [one.code for one in done] == [0] * several, done
        assert sum("already kept" in one.out for one in done) == several - 1
        assert sum("  kept. Next" in one.out for one in done) == 1
        assert _acts(data) == ["received", "accepted"]
        assert_sound(data)
        assert leftovers(data) == []


@pytest.mark.slow
def test_different_files_added_by_several_at_once_are_all_received(tmp_path: Path) -> None:
    """The ledger's chain stays whole."""
    data = tmp_path / "data"
    names = ("gva", "soudapaz_rj", "soudapaz_sp", "un_sdg_16_4_2", "isp_rj")
    done = [process.wait() for process in [start(data, "add", STARTER / f"{name}.csv") for name in names]]
    assert [one.code for one in done] == [0] * len(names), done
    assert sorted(received(data)) == sorted(f"{name}.csv" for name in names)
    assert ledger.verify(Folder(data)) == 2 * len(names)
    assert_sound(data)
    assert leftovers(data) == []


@pytest.mark.slow
def test_a_file_added_during_a_build_is_in_that_release_or_in_the_next(
    tmp_path: Path, undisturbed: tuple[Path, str]
) -> None:
    """Two builds and an add at once end well; the next build holds all."""
    _, release = undisturbed
    data = tmp_path / "data"
    add(data, NAMES[0])
    running = [start(data, "build"), start(data, "build"), start(data, "add", STARTER / f"{NAMES[1]}.csv")]
    done = [process.wait() for process in running]
    assert [one.code for one in done] == [0, 0, 0], done
    assert_sound(data)
    assert build(data) == release
    assert leftovers(data) == []
    acts = [act["release"] for act in ledger.entries(Folder(data)) if act["act"] == "released"]
    assert len(acts) == len(set(acts))


@pytest.mark.slow
def test_a_refusal_does_not_take_a_file_from_one_who_is_adding_it(tmp_path: Path) -> None:
    """`--source` of another source is refused again and again, while the file itself is added."""
    data = tmp_path / "data"
    file = STARTER / "gva.csv"
    running = [start(data, "add", file, *extra) for extra in (["--source", "soudapaz_rj"], [], []) for _ in range(2)]
    done = [process.wait() for process in running]
    assert [one.code for one in done] == [REFUSED] * 2 + [0] * 4, done
    assert_sound(data)
    assert received(data) == ["gva.csv"]


# ---- verify


def _flip(path: Path, where: int | None = None) -> None:
    """Changes one byte."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 if where is None else where] ^= 1
    path.chmod(0o644)
    path.write_bytes(raw)


def _part(data: Path) -> Path:
    folder, release = Folder(data), current(data) or ""
    return folder.releases / release / str(manifest(folder, release)["parts"][0]["file"])


def _kept(data: Path) -> Path:
    return next(path for path in sorted(Folder(data).files.rglob("*")) if path.is_file())


def _release_file(name: str) -> Callable[[Path], Path]:
    return lambda data: Folder(data).releases / (current(data) or "") / name


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a byte of a kept file": (lambda data: _flip(_kept(data)), "has changed. Add it again"),
    "a missing kept file": (lambda data: _kept(data).unlink(), "is missing. Add it again"),
    "a byte of a part": (lambda data: _flip(_part(data)), "part figure of gva has changed or is missing"),
    "a missing part": (lambda data: _part(data).unlink(), "part figure of gva has changed or is missing"),
    "a byte of the ledger": (lambda data: _flip(Folder(data).ledger, 40), "Ledger: line 1 of the ledger"),
    "a byte of a tier": (lambda data: _flip(_release_file("clear.duckdb")(data)), "the tables of tier clear"),
    "a byte of a manifest": (lambda data: _flip(_release_file("manifest.json")(data)), "its manifest has changed"),
    "a release that is gone": (
        lambda data: shutil.rmtree(Folder(data).releases / (current(data) or "")),
        "is not there. Run: commons build",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_names_what_has_changed(tmp_path: Path, undisturbed: tuple[Path, str], damage: str) -> None:
    """One change anywhere ends with code 2 and a line that names it."""
    data = _copy(undisturbed[0], tmp_path / "data")
    harm, words = DAMAGES[damage]
    harm(data)
    done = run(data, "verify")
    assert done.code == REFUSED, done
    assert words in done.out
    assert "Traceback" not in done.err


@pytest.mark.slow
def test_verify_of_an_untouched_commons_rebuilds_the_same_release(undisturbed: tuple[Path, str]) -> None:
    """And leaves nothing behind; a build that runs at the same time does not disturb it."""
    data, release = undisturbed
    running = [start(data, "verify"), start(data, "build"), start(data, "verify")]
    done = [process.wait() for process in running]
    assert [one.code for one in done] == [0, 0, 0], done
    assert f"Rebuilt from the kept files: the same release {release}." in done[0].out
    assert leftovers(data) == []


@pytest.mark.slow
def test_a_damaged_release_is_mended_as_verify_says(tmp_path: Path, undisturbed: tuple[Path, str]) -> None:
    """Removed and built again, it is the same release."""
    data, release = _copy(undisturbed[0], tmp_path / "data"), undisturbed[1]
    _flip(_part(data))
    assert f"remove {Folder(data).releases / release} and run: commons build" in run(data, "verify").out
    shutil.rmtree(Folder(data).releases / release)
    assert build(data) == release
    assert run(data, "verify").code == 0


@pytest.mark.slow
def test_a_damaged_part_is_not_handed_on_to_the_next_release(tmp_path: Path, unbuilt: Path) -> None:
    """A part is linked only while its bytes are those that were written."""
    data = _copy(unbuilt, tmp_path / "data")
    build(data, unchecked=True)
    _flip(_part(data))
    add(data, "soudapaz_rj")
    build(data)
    assert_sound(data)


@pytest.mark.slow
def test_verify_rebuilds_from_the_kept_files_not_from_the_cache(tmp_path: Path, undisturbed: tuple[Path, str]) -> None:
    """Accepted rows are a cache: without it, or with a damaged one, the kept files still give the release."""
    data = _copy(undisturbed[0], tmp_path / "data")
    for path in Folder(data).accepted.rglob("*.parquet"):
        path.write_bytes(b"no rows")
    assert run(data, "verify").code == 0
    shutil.rmtree(Folder(data).accepted)
    assert run(data, "verify").code == 0


# ---- readers


def test_a_reader_keeps_its_release_while_a_newer_one_is_published(
    tmp_path: Path, undisturbed: tuple[Path, str]
) -> None:
    """An open connection goes on with what it opened; a new one finds the newer release."""
    data = _copy(undisturbed[0], tmp_path / "data")
    question = "select source, sum(value), count(*) from figure group by all order by all"
    add(data, "soudapaz_rj")
    with open_release(Folder(data)) as reader:
        before = reader.sql(question).fetchall()
        building = start(data, "build", unchecked=True)
        until = time.monotonic() + 60
        while current(data) == undisturbed[1] and time.monotonic() < until:
            assert reader.sql(question).fetchall() == before
        assert building.wait().code == 0
        assert current(data) != undisturbed[1]
        assert reader.sql(question).fetchall() == before
    with open_release(Folder(data)) as reader:
        assert reader.sql("select count(*) from figure where source = 'soudapaz_rj'").fetchall() != [(0,)]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into release.source select * from release.source",
        "update release.source set title = ''",
        "delete from release.source",
        "create table release.other (a int)",
        "drop view release.figure",
        "attach '{away}/other.duckdb' as other",
        "copy (select 1 as a) to '{away}/other.csv'",
        "copy figure to '{away}/other.parquet'",
        "export database '{away}/other'",
        "select * from read_csv('{away}/secret.csv')",
        "select * from read_text('{away}/secret.csv')",
        "select * from '{away}/secret.csv'",
        "select * from glob('{away}/*')",
        "select * from read_parquet('{data}/accepted/*/*/*.parquet')",
        "select * from read_text('{data}/ledger.jsonl')",
        "set threads = 1",
        "set file_search_path = '/'",
        "set enable_external_access = true",
        "set allowed_directories = ['/']",
        "set lock_configuration = false",
        "reset lock_configuration",
        "install httpfs",
        "select * from answers",
    ],
)
def test_a_reader_can_neither_write_nor_attach_nor_read_elsewhere_nor_change_settings(
    tmp_path: Path, undisturbed: tuple[Path, str], statement: str
) -> None:
    """A connection to a release reads that release, and nothing else."""
    (tmp_path / "secret.csv").write_text("a\n1\n")
    answers = [1]  # a variable of Python is no table
    data = undisturbed[0]
    with open_release(Folder(data)) as reader, pytest.raises(duckdb.Error):
        reader.execute(statement.format(away=tmp_path, data=data)).fetchall()
    assert answers == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert_sound(data)


def test_the_files_of_a_release_are_for_reading_only(undisturbed: tuple[Path, str]) -> None:
    """Whoever does not own the machine cannot write to a published part, whatever a connection is allowed."""
    data, release = undisturbed
    files = [path for path in (Folder(data).releases / release).rglob("*") if path.is_file()]
    assert len(files) > 5
    assert all(path.stat().st_mode & 0o222 == 0 for path in files)
