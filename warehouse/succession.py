"""Which snapshots of a source its figures are drawn from, and in which order."""

from dataclasses import dataclass
from datetime import date

from schemas.declaration import Layout, Source


@dataclass(frozen=True)
class Held:
    """A kept file of a source, as the ledger records it."""

    snapshot: str
    source: Source
    layout: Layout
    file_name: str
    bytes: int
    received_at: str
    released: date | None
    obtained_from: str
    digest: str = ""
    """The sha256 of the bytes, where the snapshot is known by a random name: contributed files give nothing away."""


def in_order(held: list[Held]) -> list[Held]:
    """Oldest first: starter tables, then by the publisher's date, then by arrival."""
    return sorted(held, key=lambda file: (not file.layout.starter, file.released or date.min, file.received_at))


def current(held: list[Held]) -> list[Held]:
    """Those snapshots of one source that `figure` uses, oldest first.

    Full files replace the starter table once every required component is held; until then they wait. Within a
    component a whole release replaces the older ones, while parts add up (rows of the same places and periods are
    settled later, row by row) and stand beside the starter table.
    """
    ordered = in_order(held)
    if not ordered:
        return []
    source = ordered[0].source
    starter = [file for file in ordered if file.layout.starter][-1:]
    full = [file for file in ordered if not file.layout.starter]
    if source.succession == "part":
        return [*starter, *full]
    newest = list({file.layout.component: file for file in full}.values())
    present = {file.layout.component for file in newest}
    if all(component in present for component in source.required_components):
        return newest
    optional = [file for file in newest if file.layout.component not in source.required_components]
    return [*starter, *optional]
