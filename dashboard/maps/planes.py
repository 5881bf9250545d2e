"""What the rebuild says of each map: its plane, where places stand on it, which it draws, and what must be said."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.maps.projection import Inset, Plane

WORLD = "WORLD"


@dataclass(frozen=True)
class Ground:
    """One map without data."""

    name: str
    """The file's name: `WORLD` or a country's code."""
    plane: Plane
    places: dict[str, tuple[float, float]]
    """Code → where a place stands; those without a polygon too."""
    drawn: dict[str, tuple[float, float, float, float]]
    """Code → left, top, right and bottom of its polygon."""
    small: frozenset[str]
    """Places drawn as a point as well, or on the world map only: their polygon would not be seen."""
    notes: tuple[str, ...]
    """What must be said under it."""
    version: str

    @property
    def url(self) -> str:
        """Where the app serves its geometry, from any of its pages; a new version has a new address."""
        return f"app/static/maps/{self.name}.json?v={self.version}"

    def room(self, code: str) -> float:
        """How much of the map's longer side a place takes where it is narrower."""
        left, top, right, bottom = self.drawn[code]
        return min(right - left, bottom - top) / max(self.plane.width, self.plane.height)


@cache
def _held() -> dict[str, dict[str, Any]]:
    held: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("planes.json").read_text(encoding="utf-8"))
    return held


@cache
def ground(name: str) -> Ground | None:
    """The map of a country or of the world, or None where there is none."""
    held = _held().get(name)
    if held is None:
        return None
    return Ground(
        name=name,
        plane=_plane(held["plane"]),
        places={code: (x, y) for code, (x, y) in held["places"].items()},
        drawn={code: (left, top, right, bottom) for code, (left, top, right, bottom) in held["drawn"].items()},
        small=frozenset(held["small"]),
        notes=tuple(dict.fromkeys(held["notes"])),
        version=held["version"],
    )


def _plane(held: dict[str, Any]) -> Plane:
    west_south_east_north = [tuple(inset["box"]) for inset in held["insets"]]
    return Plane(
        centre=tuple(held["centre"]) if held["centre"] else None,
        scale=held["scale"],
        left=held["left"],
        top=held["top"],
        width=held["width"],
        height=held["height"],
        insets=tuple(
            Inset(box, _plane(inset["plane"])) for box, inset in zip(west_south_east_north, held["insets"], strict=True)
        ),
    )


@cache
def country_of(place: str) -> str | None:
    """The country on whose map a place is: itself, or the one whose states it is among."""
    if place in _held():
        return place
    return next((name for name, held in _held().items() if name != WORLD and place in held["places"]), None)
