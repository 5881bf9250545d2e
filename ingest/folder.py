"""The data folder: kept files, accepted rows, releases and the ledger. Nothing else knows its layout."""

import os
from dataclasses import dataclass
from pathlib import Path


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
    def current(self) -> Path:
        """The pointer: a small file that holds the id of the current release."""
        return self.root / "CURRENT"

    @property
    def ledger(self) -> Path:
        """What people and jobs did, one JSON line each."""
        return self.root / "ledger.jsonl"

    @property
    def build_lock(self) -> Path:
        """Held by the one build that runs."""
        return self.root / "build.lock"

    def file(self, sha256: str) -> Path:
        """Where the bytes of a snapshot lie."""
        return self.files / sha256[:2] / sha256

    def make(self) -> None:
        """Creates the folder where it is missing."""
        for path in (self.files, self.accepted, self.releases):
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
