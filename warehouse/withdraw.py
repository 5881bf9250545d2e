"""Takes what was received back: its bytes, its accepted rows and, for safety, every release and export that held it.

First the ledger says so, in one act a file; all that follows is worked out from the ledger and can be done again. A
kill between any two steps leaves less than before, and the same command, or the next build, goes on from there.

For safety an affected release is emptied at once, and a small file says that it was withdrawn. The next build makes the
current release from what is left, then each emptied one anew (warehouse/publish.py): under a name of its own, since a
name stands for what a release says, and the small file says which.
"""

import json
import os
import shutil
from collections.abc import Container, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from ingest import contributions, ledger
from ingest.declarations import forget, once_declared
from ingest.folder import Folder, replace, staging, sweep, sync
from ingest.roles import Actor, allowed, demand
from warehouse.inputs import released
from warehouse.release import TOMBSTONE

REASONS = ("error", "consent", "licence", "safety", "other")
SAFETY = "safety"

File = tuple[str, str]
"""A source and a snapshot."""


class NothingToWithdraw(Exception):
    """Nothing of that name was ever received."""


def withdraw(folder: Folder, actor: Actor, source: str, *, reason: str, snapshot: str | None = None) -> list[str]:
    """Withdraws a source, or one file of it; returns the releases withdrawn with it. Build afterwards.

    Its owners may, a steward and the data-protection officer. Once more for a source that is withdrawn already ends
    what was begun, and for safety goes on to its releases. Raises NotAllowed and NothingToWithdraw.
    """
    known = once_declared(folder, source)
    if not any(allowed(actor, "withdraw", owner) for owner in (known.owners if known else ())):
        demand(actor, "withdraw")
    if reason not in REASONS:
        raise ValueError(f"'{reason}' is no reason to withdraw")
    with ledger.lock(folder):
        received, gone = _received(folder), withdrawn_files(folder)
        chosen = [file for file in received if file[0] == source and snapshot in (None, file[1])]
        if not chosen:
            raise NothingToWithdraw(f"No such file of the source “{source}” was received. See: commons sources")
        # So that it stays known who may be told, once the declaration itself is gone.
        terms = {"tlp": released(known).tlp} if known else {}
        for file in chosen:
            if file not in gone or (reason == SAFETY and gone[file]["reason"] != SAFETY):
                facts = {"source": file[0], "snapshot": file[1], "reason": reason, **terms}
                ledger.append(folder, "withdrawn", **facts, actor=actor.role_id)
    with FileLock(folder.build_lock):
        return erase(folder)


def erase(folder: Folder) -> list[str]:
    """Removes whatever the ledger says is withdrawn and is still there; returns the releases withdrawn with it.

    Whoever calls it holds the lock of builds.
    """
    for parent in (folder.files, folder.accepted, folder.releases):
        sweep(parent)
    gone = withdrawn_files(folder)
    risky = {file: act["at"] for file, act in gone.items() if act["reason"] == SAFETY}
    affected = [*_affected(folder, {*risky})]
    elsewhere = {
        _inode(path)
        for path in folder.releases.rglob("*")
        if path.relative_to(folder.releases).parts[0] not in affected
    }
    for path in folder.patterns.glob("*.parquet"):
        if path.stem.rpartition("-")[0] in {source for source, _ in risky}:
            _empty(path)
    for release in affected:
        _keep_patterns(folder, release, {source for source, _ in risky})
        _purge(folder, release, elsewhere)
    if risky:
        _erase_exports(folder, max(risky.values()))
    with ledger.lock(folder):
        standing = [file for file in _received(folder) if file not in gone]
        kept = {snapshot for _, snapshot in standing}
        for snapshot in {snapshot for _, snapshot in gone}:
            # Rows that another source accepted from the same bytes are a cache: they come back with the next build.
            for rows in folder.accepted.glob(f"{snapshot[:32]}-*"):
                # Without it no other process takes them for whole.
                (rows / "report.json").unlink(missing_ok=True)
                _empty(rows)
            if snapshot not in kept:
                _empty(folder.file(snapshot))
        over = {source for source, _ in gone} - {source for source, _ in standing}
        for source in sorted(over):
            contributions.withdrawn(folder, source)
        # A declaration says words of its file's cells.
        unsafe = over & {source for source, _ in risky}
        acts = [act for act in ledger.entries(folder) if act.get("source") in unsafe]
        forget(folder, {act["declaration"] for act in acts if act.get("declaration")})
    return affected


def withdrawn_files(folder: Folder) -> dict[File, dict[str, Any]]:
    """Files received, withdrawn and not received again → the act that withdrew them last."""
    gone: dict[File, dict[str, Any]] = {}
    for act in ledger.entries(folder):
        if act["act"] == "withdrawn":
            gone[act["source"], act["snapshot"]] = act
        elif act["act"] == "received":
            gone.pop((act["source"], act["snapshot"]), None)
    return gone


def _received(folder: Folder) -> list[File]:
    acts = (act for act in ledger.entries(folder) if act["act"] == "received")
    return [*dict.fromkeys((act["source"], act["snapshot"]) for act in acts)]


def _affected(folder: Folder, risky: set[File]) -> Iterator[str]:
    """Releases that were built from one of these files; also those of which nobody can say what from."""
    for place in sorted(folder.releases.glob("[!.]*/")):
        manifest = place / "manifest.json"
        try:
            inputs = json.loads(manifest.read_text(encoding="utf-8"))["inputs"]
            held = {(file["source"], file["snapshot"]) for file in inputs}
        except FileNotFoundError:
            # A purge that was killed on its way: its tombstone was there first.
            held = risky if len([*place.iterdir()]) > 1 else set()
        except (ValueError, KeyError, TypeError):
            held = risky
        if held & risky:
            yield place.name


def _keep_patterns(folder: Folder, release: str, risky: set[str]) -> None:
    """Keeps what a release showed and withheld of its other protected sources: somebody may have a copy of it."""
    place = folder.releases / release
    try:
        parts = json.loads((place / "manifest.json").read_text(encoding="utf-8"))["parts"]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return
    for part in parts:
        file = place / part["file"]
        if part["view"] == "pattern" and part["name"] not in risky and file.exists():
            folder.patterns.mkdir(exist_ok=True, mode=0o700)
            with staging(folder.patterns) as away:
                staged = away / file.name
                shutil.copyfile(file, staged)
                staged.chmod(0o400)
                sync(staged)
                replace(staged, folder.patterns / f"{part['name']}-{part['bytes']}.parquet")


def to_make_anew(folder: Folder) -> list[str]:
    """Releases that were withdrawn and of which nobody has yet said what stands for them, oldest first."""
    stones = (json.loads(path.read_text(encoding="utf-8")) for path in folder.releases.glob(f"[!.]*/{TOMBSTONE}"))
    waiting = {stone["release"] for stone in stones if "anew" not in stone}
    acts = (act["release"] for act in ledger.entries(folder) if act["act"] == "released") if waiting else ()
    return [release for release in dict.fromkeys([*acts, *sorted(waiting)]) if release in waiting]


def made_anew(folder: Folder, release: str, anew: str | None) -> None:
    """Says which release stands for one that was withdrawn; None: no figures were left of it."""
    place = folder.releases / release
    if (place / TOMBSTONE).exists():
        said = json.loads((place / TOMBSTONE).read_text(encoding="utf-8"))
        _set_stone(folder, place, said | {"anew": anew})


def _purge(folder: Folder, release: str, elsewhere: set[tuple[int, int]]) -> None:
    """Leaves a tombstone of a release and nothing else; from the first step on nobody is shown it.

    Files that releases which stay have too (`elsewhere`) say nothing of what was withdrawn: here they lose a name.
    """
    place = folder.releases / release
    if not (place / TOMBSTONE).exists():
        said = {"release": release, "withdrawn": datetime.now(UTC).date().isoformat(), "reason": SAFETY}
        _set_stone(folder, place, said)
    for path in sorted(place.iterdir()):
        if path.name != TOMBSTONE:
            _empty(path, elsewhere)
    sync(place)


def _set_stone(folder: Folder, place: Path, said: Mapping[str, str | None]) -> None:
    with staging(folder.releases) as away:
        staged = away / TOMBSTONE
        staged.write_text(json.dumps(said) + "\n", encoding="utf-8")
        staged.chmod(0o444)
        sync(staged)
        replace(staged, place / TOMBSTONE)


def _erase_exports(folder: Folder, last: str) -> None:
    """Removes exports that may hold what was withdrawn: those older than the last withdrawal for safety."""
    for path in [*folder.exports.rglob("*")]:
        if path.is_file() and path.stat().st_mtime <= datetime.fromisoformat(last).timestamp():
            _empty(path)


def _inode(path: Path) -> tuple[int, int]:
    there = path.lstat()
    return there.st_dev, there.st_ino


def _empty(path: Path, elsewhere: Container[tuple[int, int]] = ()) -> None:
    """Removes a file, or a folder with all in it. Bytes with another name are gone there too, unless kept elsewhere."""
    for one in [*sorted(path.rglob("*"), reverse=True), path]:
        if one.is_symlink() or not one.is_dir():
            if one.is_file() and not one.is_symlink() and one.stat().st_nlink > 1 and _inode(one) not in elsewhere:
                one.chmod(0o600)
                os.truncate(one, 0)
                sync(one)
            one.unlink(missing_ok=True)
        else:
            one.rmdir()
    if path.parent.exists():
        sync(path.parent)
