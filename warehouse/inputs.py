"""What a build starts from: the kept files, in their succession, with their accepted rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from ingest import ledger
from ingest.accept import Report, accept
from ingest.declarations import declared
from ingest.folder import Folder
from ingest.ingest import Snapshot
from ingest.register.gazetteer import Gazetteer
from ingest.register.gazetteer import load as load_gazetteer
from schemas.declaration import Source
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

    def published(self) -> list[str]:
        """Sources with figures that some tier may hold; what is stricter enters no release at all."""
        return [name for name, files in self.current.items() if files and self.declared[name].tlp in TIERS["amber"]]

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


def held_files(folder: Folder, known: Mapping[str, Source] | None = None) -> dict[str, list[Held]]:
    """Source → its kept files that were accepted, from the ledger; what was withdrawn is left out.

    `known` are the declarations they are read by: by default those in force.
    """
    known = declared(folder) if known is None else known
    found: dict[tuple[str, str], Held] = {}
    accepted: set[tuple[str, str]] = set()
    for act in ledger.entries(folder):
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
        if key not in accepted:
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
    known: Mapping[str, Source] | None = None,
) -> Inputs:
    """All kept files with their accepted rows, ingested where the cache lacks them (by default the folder's own).

    Sources under an embargo on the day `on` (by default today) are left out as if nothing of them were held. `known`
    are the declarations: by default those in force.
    Raises NothingToBuild where nothing has figures, unless none are `needed`.
    """
    day = on or datetime.now(UTC).date()
    known = declared(folder) if known is None else known
    held = {name: files for name, files in held_files(folder, known).items() if not files[0].source.embargoed(day)}
    inputs = Inputs(held, {name: current(files) for name, files in held.items()}, {}, load_gazetteer(), {**known})
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
    return inputs
