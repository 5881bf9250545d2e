"""Keeps the bytes of a file under their sha256, from a download, a folder or an upload alike."""

import os
from hashlib import sha256
from pathlib import Path

from ingest.folder import Folder, replace, staging, sync

BLOCK = 1 << 22


def digest(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as file:
        seen = sha256()
        while block := file.read(BLOCK):
            seen.update(block)
    return seen.hexdigest()


def keep(folder: Folder, path: Path, name: str | None = None) -> tuple[str, bool]:
    """Copies the bytes of `path` into the data folder; returns their sha256 and whether they are new there.

    They lie under their sha256, or under a random `name` of 64 digits where their content must not be recognised.

    Safe under several processes and kills: the file appears under its name only when it is whole and on the disk.
    Raises OSError when the disk is full; nothing kept before is touched.
    """
    folder.make()
    with staging(folder.files) as away:
        staged = away / "bytes"
        seen = sha256()
        with staged.open("wb") as copy, path.open("rb") as file:
            while block := file.read(BLOCK):
                seen.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        snapshot = seen.hexdigest()
        final = folder.file(name or snapshot)
        if final.exists() and digest(final) == snapshot:
            return snapshot, False
        final.parent.mkdir(exist_ok=True)
        # Until a build says who else may read it.
        staged.chmod(0o400)
        replace(staged, final)
        sync(folder.files)
        return snapshot, True
