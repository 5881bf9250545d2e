"""The data folder: kept files, accepted rows, releases and the ledger. Nothing else knows its layout."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

if sys.platform != "win32":
    import fcntl

INCOMING = ".incoming-"


@dataclass(frozen=True)
class Folder:
    """Paths below one data folder (`--data`, `COMMONS_DATA`, default `./data`)."""

    root: Path

    @property
    def files(self) -> Path:
        """Kept bytes, named by their sha256."""
        return self.root / "files"

    @property
    def accepted(self) -> Path:
        """Accepted rows as Parquet: a cache that can always be made again from `files`."""
        return self.root / "accepted"

    @property
    def releases(self) -> Path:
        """Finished releases, one folder each."""
        return self.root / "releases"

    @property
    def exports(self) -> Path:
        """Exports the operator hands out, where there are any: they can always be made again from a release."""
        return self.root / "exports"

    @property
    def current(self) -> Path:
        """The pointer: a small file that holds the id of the current release."""
        return self.root / "CURRENT"

    @property
    def ledger(self) -> Path:
        """What people and jobs did, one JSON line each."""
        return self.root / "ledger.jsonl"

    @property
    def declarations(self) -> Path:
        """Contributed declarations, by the sha256 of their text."""
        return self.root / "declarations"

    @property
    def drafts(self) -> Path:
        """What contributors are working on: nothing in it is published."""
        return self.root / "drafts"

    @property
    def patterns(self) -> Path:
        """What withdrawn releases showed and withheld of the protected sources in them that were not withdrawn."""
        return self.root / "patterns"

    @property
    def build_lock(self) -> Path:
        """Held by the one build that runs."""
        return self.root / "build.lock"

    @property
    def quarantine(self) -> Path:
        """Uploads whose contributor has not confirmed a cleaned copy yet, encrypted under random names."""
        return self.root / "quarantine"

    def file(self, sha256: str) -> Path:
        """Where the bytes of a snapshot lie."""
        return self.files / sha256[:2] / sha256

    def make(self) -> None:
        """Creates the folder where it is missing."""
        for path in (self.files, self.accepted, self.releases, self.declarations):
            path.mkdir(parents=True, exist_ok=True)


def sync(path: Path) -> None:
    """Waits until a file or folder is on the disk."""
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(staged: Path, final: Path) -> None:
    """Puts a finished file or folder in its place in one step that survives a power cut."""
    staged.replace(final)
    sync(final.parent)


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A new folder to prepare something in; gone afterwards, unless it was moved to its place itself.

    Its owner holds a lock on it for as long as it lives, which is how `sweep` knows what a killed process left.
    """
    sweep(parent)
    held: int | None = None
    while held is None:
        staged = Path(tempfile.mkdtemp(prefix=INCOMING, dir=parent))
        # A sweep of another process may have come between the two.
        held = _locked(staged)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        if held != _UNLOCKED:
            os.close(held)


def sweep(parent: Path) -> None:
    """Removes what killed processes were preparing; what a living one prepares stays."""
    if sys.platform == "win32":
        return
    for left in parent.glob(f"{INCOMING}*"):
        held = _locked(left)
        if held is not None:
            left.unlink() if left.is_file() else shutil.rmtree(left, ignore_errors=True)
            os.close(held)


@contextmanager
def alone(place: Path) -> Iterator[bool]:
    """Waits until nobody else holds a folder, and holds it. Whether it is there: it may have gone while one waited."""
    if sys.platform == "win32":
        yield place.exists()
        return
    try:
        handle = os.open(place, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield place.exists()
    finally:
        os.close(handle)


_UNLOCKED = -1


def _locked(staged: Path) -> int | None:
    """A handle that locks a file or folder; None where another process holds it, or has moved or removed it."""
    if sys.platform == "win32":
        return _UNLOCKED
    try:
        handle = os.open(staged, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    if not staged.exists():
        os.close(handle)
        return None
    return handle
