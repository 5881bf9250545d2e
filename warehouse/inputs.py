"""What a build starts from: the kept files, in their succession, with their accepted rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as altered
from datetime import UTC, date, datetime

from ingest import ledger
from ingest.accept import Report, accept
from ingest.declarations import declared
from ingest.folder import Folder
from ingest.ingest import Snapshot
from ingest.register.gazetteer import Gazetteer
from ingest.register.gazetteer import load as load_gazetteer
from schemas.declaration import Source
from schemas.issue import FileRefused
from schemas.reading import closed, read_for
from warehouse.release import TIERS
from warehouse.succession import Held, current, in_order

Say = Callable[[str], None]


PARTED = ("observation", "event", "item", "place")


class NothingToBuild(Exception):
    """No kept file has figures to build a release from."""


@dataclass
class Inputs:
    """What a build starts from."""

    held: dict[str, list[Held]]
    current: dict[str, list[Held]]
    reports: dict[tuple[str, str], Report]
    gazetteer: Gazetteer
    declared: dict[str, Source]
    """Every declaration that is known, also of sources without a file."""
    accepted: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    opened: "Inputs | None" = None
    """Sources with stricter columns once more, read without them, for those who may see the source but not these."""

    def published(self) -> list[str]:
        """Sources with figures that some tier may hold; what is stricter enters no release at all."""
        return [name for name, files in self.current.items() if files and self.declared[name].tlp in TIERS["amber"]]

    def readings(self) -> "list[Inputs]":
        """All of the sources, and, where there are any with stricter columns, these once more without them."""
        return [self, self.opened] if self.opened and self.opened.held else [self]

    def open_to_more(self, name: str) -> "Inputs":
        """Where the reading of a source lies that most readers may see."""
        return self.opened if self.opened and name in self.opened.held else self

    def list_accepted(self) -> None:
        """Fills `accepted`: source → table → the Parquet files its figures are drawn from."""
        self.accepted = {
            name: {
                table: [
                    str(path)
                    for file in files
                    for path in sorted((self.reports[name, file.snapshot].rows / table).glob("*.parquet"))
                ]
                for table in PARTED
            }
            for name, files in self.current.items()
        }


def released(source: Source) -> Source:
    """A declaration as the strictest tier of a release reads it: without what no tier may hold."""
    return read_for(source, TIERS["amber"][-1]) or closed(source)


def held_files(
    folder: Folder, declarations: Mapping[str, Source] | None = None, until: int | None = None
) -> dict[str, list[Held]]:
    """Source → its kept files that were accepted, from the ledger; what was withdrawn is left out.

    `declarations` are those they are read by: by default those in force. With `until`, what had come in up to that
    act of the ledger; also of that, what was withdrawn later and is not held again is left out.
    """
    in_force = declared(folder) if declarations is None else declarations
    known = {name: released(source) for name, source in in_force.items()}
    found: dict[tuple[str, str], Held] = {}
    accepted: set[tuple[str, str]] = set()
    then: set[tuple[str, str]] | None = None
    for act in ledger.entries(folder):
        if then is None and until is not None and act["n"] > until:
            then = {*found} & accepted
        if act["act"] == "received" and act["source"] in known:
            source = known[act["source"]]
            layout = next((layout for layout in source.layout if layout.name == act["layout"]), None)
            if layout is None:
                continue
            held = Held(
                snapshot=act["snapshot"],
                source=source,
                layout=layout,
                file_name=act["file_name"],
                bytes=act["bytes"],
                received_at=act["at"],
                released=date.fromisoformat(act["released"]) if act.get("released") else None,
                obtained_from=act.get("obtained_from") or source.obtained_from,
                digest=act.get("digest", ""),
            )
            found.setdefault((held.source.name, held.snapshot), held)
        elif act["act"] == "accepted":
            accepted.add((act["source"], act["snapshot"]))
        elif act["act"] == "withdrawn":
            found.pop((act["source"], act["snapshot"]), None)
            accepted.discard((act["source"], act["snapshot"]))
    by_source: dict[str, list[Held]] = {}
    for key, file in found.items():
        if key not in accepted or (then is not None and key not in then):
            continue
        by_source.setdefault(file.source.name, []).append(file)
    return {name: in_order(files) for name, files in sorted(by_source.items())}


def read_inputs(
    folder: Folder,
    say: Say = lambda words: None,
    cache: Folder | None = None,
    *,
    needed: bool = True,
    on: date | None = None,
    until: int | None = None,
    known: Mapping[str, Source] | None = None,
) -> Inputs:
    """All kept files with their accepted rows, ingested where the cache lacks them (by default the folder's own).

    Sources under an embargo on the day `on` (by default today) are left out as if nothing of them were held. With
    `until`, only what had come in up to that act of the ledger. `known` are the declarations: by default those in
    force.
    Raises NothingToBuild where nothing has figures, unless none are `needed`.
    """
    day = on or datetime.now(UTC).date()
    known = {**(declared(folder) if known is None else known)}
    came = held_files(folder, known, until)
    held = {name: files for name, files in came.items() if not files[0].source.embargoed(day)}
    in_release = {name: released(source) for name, source in known.items()}
    inputs = Inputs(held, {name: current(files) for name, files in held.items()}, {}, load_gazetteer(), in_release)
    for name, files in held.items():
        for file in files:
            say(f"accepting {name}: {file.file_name}")
            snapshot = Snapshot(file.snapshot, folder.file(file.snapshot), file.file_name)
            inputs.reports[name, file.snapshot] = accept(
                cache or folder, file.source, file.layout, snapshot, inputs.gazetteer
            )
    if needed and not inputs.published():
        raise NothingToBuild("No file has been kept yet. Run: commons add FILE, or commons starter")
    inputs.list_accepted()
    inputs.opened = _opened(cache or folder, folder, inputs, known)
    return inputs


def _opened(cache: Folder, folder: Folder, inputs: Inputs, known: dict[str, Source]) -> Inputs:
    """Sources of which more people may see a part, read without their stricter columns."""
    found = Inputs({}, {}, {}, inputs.gazetteer, {})
    for name in inputs.published():
        source = read_for(known[name], known[name].tlp) if known[name].tlp != inputs.declared[name].tlp else None
        if source is None:
            continue
        layouts = {layout.name: layout for layout in source.layout}
        files = []
        for file in inputs.held[name]:
            read = altered(file, source=source, layout=layouts[file.layout.name])
            snapshot = Snapshot(file.snapshot, folder.file(file.snapshot), file.file_name)
            try:
                found.reports[name, file.snapshot] = accept(cache, source, read.layout, snapshot, inputs.gazetteer)
            except FileRefused:  # without these columns nothing is left of it
                continue
            files.append(read)
        used = {file.snapshot for file in inputs.current[name]}
        if now := [file for file in in_order(files) if file.snapshot in used]:
            found.held[name], found.current[name], found.declared[name] = files, now, source
    found.list_accepted()
    return found
