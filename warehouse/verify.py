"""Proves a commons: the ledger's chain, every kept byte, and that the kept files still give the current release."""

from dataclasses import dataclass, field

from ingest import ledger
from ingest.folder import Folder
from ingest.keep import digest
from warehouse.build import rebuild
from warehouse.checks import CheckFailed
from warehouse.inputs import NothingToBuild, held_files
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
        if folder.current.exists():
            found.fails(f"{error} Run: commons build")
        else:
            found.lines.append(str(error))
        return found
    _release(folder, release, found)
    if found.holds:
        _rebuilt(folder, release, found)
    return found


def _files(folder: Folder, found: Verified) -> None:
    kept = [file for files in held_files(folder).values() for file in files]
    for file in kept:
        path = folder.file(file.snapshot)
        if not path.exists():
            found.fails(f"Kept files: {file.file_name} ({file.snapshot[:12]}…) is missing. Add it again.")
            return
        if digest(path) != (file.digest or file.snapshot):
            found.fails(f"Kept files: {file.file_name} ({file.snapshot[:12]}…) has changed. Add it again.")
            return
    found.lines.append(f"Kept files: {len(kept)}, every hash fits.")
    withdrawn = sum(1 for act in ledger.entries(folder) if act["act"] == "withdrawn")
    if withdrawn:
        found.lines.append(f"Withdrawn: {withdrawn} (their bytes are gone on purpose).")


def _release(folder: Folder, release: str, found: Verified) -> None:
    """Whether a release is the one the ledger speaks of and every one of its files is as it was built."""
    root = folder.releases / release
    again = f"To mend it, remove {root} and run: commons build"
    acts = [act for act in ledger.entries(folder) if act["act"] == "released" and act["release"] == release]
    if not acts:
        found.fails(f"Release {release}: the ledger holds no act of its release.")
        return
    if digest(root / "manifest.json") != acts[-1]["manifest"]:
        found.fails(f"Release {release}: its manifest has changed. {again}")
        return
    facts = manifest(folder, release)
    files = {f"the tables of tier {tier}": (f"{tier}.duckdb", wanted) for tier, wanted in facts["databases"].items()}
    files |= {f"part {p['view']} of {p['name']}": (p["file"], p["bytes"]) for p in facts["parts"]}
    for what, (name, wanted) in files.items():
        path = root / name
        if not path.exists() or digest(path) != wanted:
            found.fails(f"Release {release}: {what} has changed or is missing. {again}")
            return
    found.lines.append(f"Release {release}: every part's hash fits.")


def _rebuilt(folder: Folder, release: str, found: Verified) -> None:
    try:
        again = rebuild(folder)
    except (CheckFailed, NothingToBuild) as error:
        found.fails(f"Rebuilt: no release comes out. {error}")
        return
    if again["release"] == release:
        found.lines.append(f"Rebuilt from the kept files: the same release {release}.")
        return
    new = {(part["view"], part["name"]): part for part in again["parts"]}
    for part in manifest(folder, release)["parts"]:
        other = new.get((part["view"], part["name"]))
        if other is None or other["content"] != part["content"]:
            found.fails(f"Rebuilt: {part['view']} of {part['name']} differs from release {release}.")
            return
    found.fails(f"Rebuilt: the release would be {again['release']}, not {release} (a table or code list changed).")
