"""Publishes releases: the next one from all kept files, and, anew, those that were withdrawn for safety.

A release is published in one step. A build that fails or is killed leaves the current release as it was.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock

from ingest import ledger
from ingest.folder import Folder, replace, sweep
from ingest.keep import digest
from warehouse import access, withdraw
from warehouse.build import make
from warehouse.checks import CheckFailed
from warehouse.inputs import Inputs, NothingToBuild, Say, read_inputs
from warehouse.release import NoRelease, current_id, manifest, point_to
from warehouse.sign import sign

BUILDING = ".building-"


def build(folder: Folder, say: Say = lambda words: None) -> str:
    """Builds, checks and publishes a release from all kept files; returns its id.

    Then makes anew what was withdrawn for safety, without the rows it was withdrawn for.
    Raises checks.CheckFailed, with the current release untouched.
    """
    with _alone(folder):
        # What a withdrawal that was killed has left.
        withdraw.erase(folder)
        head = ledger.head(folder)
        try:
            inputs = read_inputs(folder, say, until=head["n"])
        except NothingToBuild:
            if withdraw.withdrawn_files(folder):
                # All there was is withdrawn, so what was built from it is not shown either.
                folder.current.unlink(missing_ok=True)
            raise
        release = _publish(folder, inputs, head, say)
        if not _is_current(folder, release):
            point_to(folder, release)
        access.close_inputs(folder, inputs)
        _make_anew(folder, say)
        return release


def rebuild(folder: Folder, say: Say = lambda words: None) -> dict[str, Any]:
    """The manifest of the release that the kept files, read anew, give on the day the current one was built.

    Nothing is published or left behind.
    """
    built = datetime.fromisoformat(manifest(folder, current_id(folder))["built_at"]).date()
    with _alone(folder), tempfile.TemporaryDirectory(prefix=BUILDING, dir=folder.releases) as away:
        staged = Path(away) / "release"
        staged.mkdir()
        inputs = read_inputs(folder, say, Folder(Path(away) / "rows"), on=built)
        make(folder, inputs, staged, say, head=ledger.head(folder), reuse=False)
        loaded: dict[str, Any] = json.loads((staged / "manifest.json").read_text(encoding="utf-8"))
        return loaded


def _make_anew(folder: Folder, say: Say) -> None:
    """Makes each release that was withdrawn for safety once more, from what is left of its files.

    By the code, the register and the declarations of today, for those of its day may say what was withdrawn. Its
    tombstone then names the release that stands for it, or none where none comes out.
    """
    waiting = withdraw.to_make_anew(folder)
    acts = [*ledger.entries(folder)] if waiting else []
    of = {act["release"]: act for act in acts if act["act"] == "released"}
    first_of = {act["release"]: act for act in reversed(acts) if act["act"] == "released"}
    for release in waiting:
        anew, act = None, of.get(release, {})
        if head := act.get("ledger"):
            say(f"making {release} anew")
            # On the day of the first of that name: what was under an embargo then stays left out.
            first = first_of.get(act.get("instead_of", release), act)
            day = datetime.fromisoformat(first["at"]).date()
            try:
                inputs = read_inputs(folder, say, on=day, until=head["n"])
                anew = _publish(folder, inputs, head, say, instead_of=act.get("instead_of", release))
            except (NothingToBuild, CheckFailed) as error:
                say(f"{release} cannot be made anew: {error}")
        withdraw.made_anew(folder, release, anew)


def _publish(folder: Folder, inputs: Inputs, head: Mapping[str, Any], say: Say, instead_of: str = "") -> str:
    """Makes a release, puts it among the others, signs it, and says so in the ledger."""
    staged = Path(tempfile.mkdtemp(prefix=BUILDING, dir=folder.releases))
    try:
        release = make(folder, inputs, staged, say, head=head, reuse=True, instead_of=instead_of)
        if (folder.releases / release / "manifest.json").exists():
            shutil.rmtree(staged)
        else:
            # A tombstone of the same release, whose files have been received again.
            shutil.rmtree(folder.releases / release, ignore_errors=True)
            staged.chmod(0o755)  # a dashboard may run as another user
            replace(staged, folder.releases / release)
        sign(folder, release)
        # First the act, then the pointer: a kill between them must not leave a current release without its act.
        said = {"release": release, "manifest": digest(folder.releases / release / "manifest.json")}
        stands_for = {"instead_of": instead_of} if instead_of else {}
        if not any(said.items() <= act.items() for act in _released(folder, of_all=bool(instead_of))):
            ledger.append(folder, "released", **said, ledger=dict(head), **stands_for)
        return release
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _released(folder: Folder, *, of_all: bool) -> list[dict[str, Any]]:
    """The acts of releases; or only the last one of a release that was made current."""
    acts = [act for act in ledger.entries(folder) if act["act"] == "released"]
    return acts if of_all else [act for act in acts if "instead_of" not in act][-1:]


def _is_current(folder: Folder, release: str) -> bool:
    try:
        return current_id(folder) == release
    except NoRelease:
        return False


@contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """Waits for a build that runs, and removes what a killed one left behind."""
    folder.make()
    with FileLock(folder.build_lock):
        for left in folder.releases.glob(f"{BUILDING}*"):
            shutil.rmtree(left, ignore_errors=True)
        for parent in (folder.files, folder.accepted):
            sweep(parent)
        try:
            yield
        except duckdb.Error as error:
            # DuckDB has no error of its own for a full disk.
            if os.strerror(errno.ENOSPC) in str(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
