"""Finished releases: where they lie, which is current, and how one is opened for reading only."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from ingest.folder import Folder, replace, sync

TIERS = {
    "clear": ("TLP:CLEAR",),
    "green": ("TLP:CLEAR", "TLP:GREEN"),
    "amber": ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER"),
}
"""Which rows each tier's file may hold. What is stricter than amber enters no release."""


TOMBSTONE = "withdrawn.json"
"""All that is left of a release that was withdrawn: when, why in one word, and which release was made in its place."""


class NoRelease(Exception):
    """No release has been built yet, or none has that id."""


class WithdrawnRelease(NoRelease):
    """There was a release of that id; it was withdrawn for safety. `anew` is the one that stands for it, or None."""

    def __init__(self, words: str, anew: str | None) -> None:
        super().__init__(words)
        self.anew = anew


def current_id(folder: Folder) -> str:
    """The id of the current release. Raises NoRelease, and WithdrawnRelease until there is another."""
    try:
        release = folder.current.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise NoRelease("No release has been built yet. Run: commons build") from None
    demand_not_withdrawn(folder, release)
    if not (folder.releases / release / "manifest.json").exists():
        raise NoRelease(f"The release {release} is not there.")
    return release


def demand_not_withdrawn(folder: Folder, release: str) -> None:
    """Raises WithdrawnRelease where all that is left of a release says that it was withdrawn."""
    if (stone := _stone(folder, release)) is None:
        return
    anew = stone.get("anew")
    while anew and (next_stone := _stone(folder, anew)) is not None:
        anew = next_stone.get("anew")
    raise WithdrawnRelease(f"The release {release} was withdrawn for safety.", anew)


def _stone(folder: Folder, release: str) -> dict[str, str | None] | None:
    """What the tombstone of a release says; None where it has none."""
    try:
        loaded: dict[str, str | None] = json.loads((folder.releases / release / TOMBSTONE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return loaded


def point_to(folder: Folder, release: str) -> None:
    """Makes a finished release the current one, in one step."""
    staged = folder.current.with_suffix(".new")
    staged.write_text(release + "\n", encoding="utf-8")
    sync(staged)
    replace(staged, folder.current)


def manifest(folder: Folder, release: str, tier: str | None = None) -> dict[str, Any]:
    """What a release was built from and what it holds: all of it, or what one tier is told (see `told`)."""
    name = f"{tier}.json" if tier else "manifest.json"
    loaded: dict[str, Any] = json.loads((folder.releases / release / name).read_text(encoding="utf-8"))
    return loaded


def told(facts: Mapping[str, Any], tier: str) -> dict[str, Any]:
    """The manifest of one tier: the parts it reads, and the files of the sources of which it reads all.

    The whole manifest of a release that holds more than what everyone may see is its owner's alone: by a hash of what
    is withheld a guess at it can be tested.
    """
    seen = {*facts["tiers"][tier]}
    parts = [part for part in facts["parts"] if part["file"] in seen]
    sources = {part["name"] for part in parts if part["view"] in ("figure", "opened")}
    of_it = {name: facts[name] for name in ("release", "built_at", "register", "ledger", "instead_of") if name in facts}
    of_part = ("view", "name", "file", "rows", "content", "bytes")
    return of_it | {
        "inputs": [file for file in facts["inputs"] if file["source"] in sources],
        "parts": [{name: part[name] for name in of_part} for part in parts],
        "tiers": {tier: facts["tiers"][tier]},
        "databases": {tier: facts["databases"][tier]},
    }


def open_release(
    folder: Folder, release: str | None = None, tier: str = "clear", memory: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A read-only connection to one release, locked: it can read that release's parts and nothing else.

    With `memory` ('300MB') it takes no more than that, one thread, and no disk. Raises NoRelease.
    """
    release = release or current_id(folder)
    if not release.isalnum():
        raise NoRelease("That is no identifier of a release.")
    demand_not_withdrawn(folder, release)
    place = (folder.releases / release).absolute()
    database = place / f"{tier}.duckdb"
    if not database.exists():
        raise NoRelease(f"The release {release} has no tier “{tier}”.")
    parts = manifest(folder, release, tier)["tiers"][tier]
    allowed = [path for part in parts for path in (part, str(place / part))]
    # In memory with the file attached: connections to one file by its path would share their settings.
    connection = duckdb.connect()
    connection.execute(f"attach {_literal(str(database))} as release (read_only)")
    connection.execute("use release")
    connection.execute(f"set file_search_path = {_literal(str(place))}")
    connection.execute(f"set allowed_paths = [{', '.join(map(_literal, allowed))}]")
    if memory is not None:
        connection.execute(f"set memory_limit = {_literal(memory)}")
        connection.execute("set threads = 1")
        connection.execute("set temp_directory = ''")
    connection.execute("set parquet_metadata_cache = true")  # parts never change
    connection.execute("set enable_external_access = false")
    connection.execute("set python_enable_replacements = false")
    connection.execute("set lock_configuration = true")
    return connection


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def sql(name: str) -> str:
    """The text of a SQL file of the warehouse, such as 'views/figure'."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
