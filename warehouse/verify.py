"""Proves a commons: the ledger's chain, every kept byte, and that the kept files still give the current release."""

import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from ingest import ledger
from ingest.folder import Folder
from ingest.keep import digest
from warehouse.build import build, held_files
from warehouse.release import NoRelease, current_id, manifest


@dataclass
class Verified:
    """What was looked at, in plain lines, and whether all of it holds."""

    lines: list[str] = field(default_factory=list)
    holds: bool = True

    def fails(self, line: str) -> None:
        """Notes a difference."""
        self.lines.append(line)
        self.holds = False


def verify(folder: Folder) -> Verified:
    """Checks the ledger, the kept files and the current release; names the first difference of each."""
    found = Verified()
    try:
        found.lines.append(f"Ledger: {ledger.verify(folder):,} acts, every link fits.")
    except ledger.BrokenLedger as error:
        found.fails(f"Ledger: {error}.")
        return found
    _files(folder, found)
    try:
        release = current_id(folder)
    except NoRelease as error:
        found.lines.append(str(error))
        return found
    _parts(folder, release, found)
    if found.holds:
        _rebuilt(folder, release, found)
    return found


def _files(folder: Folder, found: Verified) -> None:
    kept = [file for files in held_files(folder).values() for file in files]
    for file in kept:
        path = folder.file(file.snapshot)
        if not path.exists():
            found.fails(f"Kept files: {file.file_name} ({file.snapshot[:12]}…) is missing.")
            return
        if digest(path) != file.snapshot:
            found.fails(f"Kept files: {file.file_name} ({file.snapshot[:12]}…) has changed.")
            return
    found.lines.append(f"Kept files: {len(kept)}, every hash fits.")
    withdrawn = sum(1 for act in ledger.entries(folder) if act["act"] == "withdrawn")
    if withdrawn:
        found.lines.append(f"Withdrawn: {withdrawn} (their bytes are gone on purpose).")


def _parts(folder: Folder, release: str, found: Verified) -> None:
    root = folder.releases / release
    for part in manifest(folder, release)["parts"]:
        path = root / part["file"]
        if not path.exists() or sha256(path.read_bytes()).hexdigest() != part["bytes"]:
            found.fails(f"Release {release}: part {part['view']} of {part['name']} has changed or is missing.")
            return
    found.lines.append(f"Release {release}: every part's hash fits.")


def _rebuilt(folder: Folder, release: str, found: Verified) -> None:
    with tempfile.TemporaryDirectory(dir=folder.releases, prefix=".building-") as away:
        again = build(folder, into=Path(away))
        if again == release:
            found.lines.append(f"Rebuilt from the kept files: the same release {release}.")
            return
        new = {
            (p["view"], p["name"]): p
            for p in manifest(Folder(Path(away).parent.parent), f"{Path(away).name}/{again}")["parts"]
        }
        for part in manifest(folder, release)["parts"]:
            other = new.get((part["view"], part["name"]))
            if other is None or other["content"] != part["content"]:
                found.fails(f"Rebuilt: {part['view']} of {part['name']} differs from release {release}.")
                return
        found.fails(f"Rebuilt: the release would be {again}, not {release} (a table or code list changed).")
