"""Outcomes that are kept beside what they are of, so that whatever removes that removes them too.

Each lies in a folder of its own, named by a key of all it depends on: it is there whole or not at all, and never
changes. Several tabs may make, read and forget them at once.
"""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.folder import replace, staging, sync

TOLD = "told.json"
KEPT = 3
"""Outcomes in a place: another tab may still read the one before."""


def once(place: Path, key: str, make: Callable[[Path], dict[str, Any]]) -> tuple[dict[str, Any], Path]:
    """The answer that is kept under a key, or the one of `make`, which may leave files in the folder it is given; and
    the folder where they lie. What `make` raises is raised, and nothing is kept then.
    """
    kept = place / key
    told = _kept(kept)
    if told is None:
        with staging(place) as away:
            made = away / key
            made.mkdir(mode=0o700)
            told = make(made)
            (made / TOLD).write_text(json.dumps(told), encoding="utf-8")
            for path in (*made.rglob("*"), made):
                sync(path)
            _put(made, kept)
        _forget(place)
    return told, kept


def _kept(kept: Path) -> dict[str, Any] | None:
    """The answer of an outcome that is kept, which is the last one asked for now; None where there is none."""
    try:
        os.utime(kept)
        told: dict[str, Any] = json.loads((kept / TOLD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return told


def _put(made: Path, kept: Path) -> None:
    """Moves an outcome to its place, unless another tab was faster with the same."""
    try:
        replace(made, kept)
    except OSError:
        if not (kept / TOLD).is_file():
            raise


def _forget(place: Path) -> None:
    """Removes the outcomes that nobody has asked for the longest."""
    for old in sorted(place.glob(f"*/{TOLD}"), key=_asked, reverse=True)[KEPT:]:
        shutil.rmtree(old.parent, ignore_errors=True)


def _asked(told: Path) -> float:
    try:
        return told.parent.stat().st_mtime
    except FileNotFoundError:
        return 0  # another tab was faster
