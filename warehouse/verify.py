"""Proves a commons: the ledger's chain, every kept byte, and that the kept files still give the current release."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ingest import keys, ledger
from ingest.folder import Folder
from ingest.keep import digest
from warehouse import sign, withdraw
from warehouse.checks import CheckFailed
from warehouse.inputs import NothingToBuild, held_files
from warehouse.publish import rebuild
from warehouse.release import TOMBSTONE, NoRelease, WithdrawnRelease, current_id, demand_not_withdrawn, manifest


@dataclass
class Verified:
    """What was looked at, in plain lines, and whether all of it holds."""

    lines: list[str] = field(default_factory=list)
    holds: bool = True

    def fails(self, line: str) -> None:
        """Notes a difference."""
        self.lines.append(line)
        self.holds = False


def verify(folder: Folder, key: Path | None = None) -> Verified:
    """Checks the ledger, the kept files, the releases' signatures and the current release; names the first difference.

    With a file of public keys (`key`), only a signature by one of them counts, and every release must have one. A copy
    of releases alone, without a ledger, is checked by these. Raises ValueError where `key` holds no such key.
    """
    trusted = sign.trusted(folder, key)
    found = Verified()
    if key is not None and not folder.ledger.exists():
        found.lines.append(
            "Ledger: none is held here, so this is a copy: its releases are checked by their signatures."
        )
        _signatures(folder, trusted, found, wanted=True)
        for release in _releases(folder):
            if found.holds:
                _parts(folder, release, found)
        return found
    try:
        heads = [facts["ledger"] for facts in _manifests(folder).values() if "ledger" in facts]
        found.lines.append(f"Ledger: {ledger.verify(folder, heads):,} acts, every link fits.")
    except ledger.BrokenLedger as error:
        found.fails(f"Ledger: {error}.")
        return found
    _files(folder, found)
    _withdrawn(folder, found)
    _signatures(folder, trusted, found, wanted=key is not None)
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


def _releases(folder: Folder) -> list[str]:
    """The releases that are there, but for what remains of those that were withdrawn."""
    return sorted(path.parent.name for path in folder.releases.glob("[!.]*/manifest.json"))


def _manifests(folder: Folder) -> dict[str, dict[str, Any]]:
    """Release → its manifest, where it can be read; what is wrong with the others is said by the checks of releases."""
    found = {}
    for release in _releases(folder):
        with suppress(ValueError):
            found[release] = manifest(folder, release)
    return found


def _withdrawn(folder: Folder, found: Verified) -> None:
    """What was withdrawn is no longer there: neither the bytes of its files, nor a release withdrawn for safety."""
    gone = withdraw.withdrawn_files(folder)
    kept = {file.snapshot for files in held_files(folder).values() for file in files}
    if left := [snapshot for _, snapshot in gone if snapshot not in kept and folder.file(snapshot).exists()]:
        found.fails(f"Withdrawn: {len(left)} files are still here. To end it, run the same once more: commons withdraw")
    elif gone:
        found.lines.append(f"Withdrawn: {len(gone)} files (their bytes are gone on purpose).")
    for release in sorted(path.parent.name for path in folder.releases.glob(f"*/{TOMBSTONE}")):
        try:
            demand_not_withdrawn(folder, release)
        except WithdrawnRelease as withdrawn:
            stands = f"; {withdrawn.anew} stands for it" if withdrawn.anew else ""
            found.lines.append(f"Release {release}: withdrawn for safety{stands}.")


def _signatures(folder: Folder, trusted: list[Ed25519PublicKey], found: Verified, *, wanted: bool) -> None:
    """Whether every release that is signed is signed by a trusted key as it lies there; `wanted`: and is signed."""
    by: dict[str, int] = {}
    unsigned = 0
    for release in _releases(folder):
        try:
            fingerprint = sign.check(folder, release, trusted)
            by[fingerprint] = by.get(fingerprint, 0) + 1
        except sign.NotSigned as error:
            if wanted or sign.is_signed(folder, release):
                found.fails(f"Release {release}: {error}.")
                return
            unsigned += 1
    for fingerprint, count in by.items():
        found.lines.append(f"Signatures: {count} of the key {fingerprint}…, they fit.")
    if unsigned:
        found.lines.append(f"Signatures: none on {unsigned} of the releases (unsigned).")


def _files(folder: Folder, found: Verified) -> None:
    kept = [file for files in held_files(folder).values() for file in files]
    for file in kept:
        path = folder.file(file.snapshot)
        if not path.exists():
            found.fails(f"Kept files: {file.file_name} ({file.snapshot[:12]}…) is missing. Add it again.")
            return
        held = digest(path)
        if (keys.blinded(held) if file.digest else held) != (file.digest or file.snapshot):
            found.fails(f"Kept files: {file.file_name} ({file.snapshot[:12]}…) has changed. Add it again.")
            return
    found.lines.append(f"Kept files: {len(kept)}, every hash fits.")


def _release(folder: Folder, release: str, found: Verified) -> None:
    """Whether a release is the one the ledger speaks of and every one of its files is as it was built."""
    root = folder.releases / release
    acts = [act for act in ledger.entries(folder) if act["act"] == "released" and act["release"] == release]
    if not acts:
        found.fails(f"Release {release}: the ledger holds no act of its release.")
        return
    if digest(root / "manifest.json") != acts[-1]["manifest"]:
        found.fails(f"Release {release}: its manifest has changed. {_again(root)}")
        return
    _parts(folder, release, found)


def _parts(folder: Folder, release: str, found: Verified) -> None:
    """Whether every file of a release is the one its manifest names."""
    root = folder.releases / release
    facts = manifest(folder, release)
    files = {f"the tables of tier {tier}": (f"{tier}.duckdb", wanted) for tier, wanted in facts["databases"].items()}
    files |= {f"part {p['view']} of {p['name']}": (p["file"], p["bytes"]) for p in facts["parts"]}
    for what, (name, wanted) in files.items():
        path = root / name
        if not path.exists() or digest(path) != wanted:
            found.fails(f"Release {release}: {what} has changed or is missing. {_again(root)}")
            return
    found.lines.append(f"Release {release}: every part's hash fits.")


def _again(root: Path) -> str:
    return f"To mend it, remove {root} and run: commons build"


def _rebuilt(folder: Folder, release: str, found: Verified) -> None:
    gone = set(withdraw.withdrawn_files(folder))
    if still := [file for file in manifest(folder, release)["inputs"] if (file["source"], file["snapshot"]) in gone]:
        found.lines.append(f"Release {release}: still has {len(still)} files withdrawn since. Run: commons build")
        return
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
