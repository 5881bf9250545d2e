"""Which of the machine's users may open which files: what is stricter than clear, only the group of its own tier.

COMMONS_GROUP_GREEN and COMMONS_GROUP_AMBER name those groups; where none is named nobody but the owner opens it. A part
has one mode in all the releases that share it.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.declarations import declarations_in_force
from ingest.folder import Folder
from schemas.reading import terms_of_files
from warehouse.inputs import Inputs
from warehouse.release import TIERS

if sys.platform != "win32":
    import grp

CLEAR = "clear"


def close_release(root: Path, facts: Mapping[str, Any]) -> None:
    """Gives every file of a release that is being built to the readers of the loosest tier that reads it.

    Raises OSError where a group does not exist or its files cannot be given to it.
    """
    reads = {file: tier for tier in reversed(TIERS) for file in (*facts["tiers"][tier], f"{tier}.duckdb")}
    reads |= {f"{tier}.{ending}": tier for tier in TIERS for ending in ("duckdb", "json")}
    strictest = [tier for tier in TIERS if any(reads.get(part["file"]) == tier for part in facts["parts"])]
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_dir():
            # What is restricted can be reached by its readers, and is not listed to others.
            path.chmod(0o711)
        elif name == "manifest.json":
            _open(path, CLEAR if facts["for_all"] else None)
        elif name == "quality.html":
            # It counts the rows of all sources.
            _open(path, strictest[-1] if strictest else None)
        else:
            _open(path, reads.get(name))


def close_inputs(folder: Folder, inputs: Inputs) -> None:
    """The same for the kept files and accepted rows a figure is led back to; new ones are their owner's alone."""
    used = {report.rows for read in inputs.readings() for report in read.reports.values()}
    for old in folder.accepted.glob("*"):
        # Rows read by a declaration that is no longer in force may be more open than they should be by now.
        if old not in used:
            for path in (*old.rglob("*"), old):
                _open(path, None)
    of_file: dict[str, list[str | None]] = {}
    for read in inputs.readings():
        for name, files in read.held.items():
            source = read.declared[name]
            for file in files:
                of_file.setdefault(file.snapshot, []).append(_tier(terms_of_files(source)))
                rows = read.reports[name, file.snapshot].rows
                for path in (*rows.rglob("*"), rows):
                    _open(path, _tier(source.tlp))
    texts = declarations_in_force(folder)
    for name, sha in texts.items():
        path = folder.declarations / f"{sha}.toml"
        if name in inputs.declared and path.exists():
            # It names the stricter columns too, so it is as strict as all of the source.
            _open(path, _tier(inputs.declared[name].tlp))
    for path in folder.declarations.glob("*.toml"):
        if path.stem not in texts.values():
            _open(path, None)
    for snapshot, tiers in of_file.items():
        # The same bytes from two sources are as open as the more open one.
        _open(folder.file(snapshot), next((tier for tier in TIERS if tier in tiers), None))


def _tier(tlp: str) -> str | None:
    """The loosest tier that may hold what is shared so; None where none may."""
    return next((tier for tier, allowed in TIERS.items() if tlp in allowed), None)


def _open(path: Path, tier: str | None) -> None:
    """Lets the readers of a tier open a file or folder, and nobody else but its owner; None: nobody else at all."""
    group = os.environ.get(f"COMMONS_GROUP_{tier.upper()}") if tier and tier != CLEAR else None
    for_all, for_group, for_owner = (0o755, 0o750, 0o700) if path.is_dir() else (0o444, 0o440, 0o400)
    wanted = for_all if tier == CLEAR else for_group if group else for_owner
    if group is not None and sys.platform != "win32":
        number = _number(group, path)
        if path.stat().st_gid != number:
            # Closed first: it is not to be open to the group it had.
            path.chmod(for_owner)
            os.chown(path, -1, number)
    if path.stat().st_mode & 0o777 != wanted:
        path.chmod(wanted)


def _number(group: str, path: Path) -> int:
    try:
        return grp.getgrnam(group).gr_gid
    except KeyError:
        raise OSError(f"there is no group “{group}” to give {path.name} to") from None
