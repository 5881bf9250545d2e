"""Rebuild the geometry of the maps: `python -m dashboard.maps.rebuild ../shared/maps`.

For maintainers only, offline and deterministic. It needs the dependency group `maps` (shapely), which is not installed
with the commons. It reads Natural Earth's polygons (public domain) as `countries_50m.topo.json` (world-atlas, 1:50m)
and `admin1.topo.json` (1:10m, simplified), the naming policy, `polygons.toml` beside this file and the register, and
writes one TopoJSON file for the world and one for each country whose states the register knows, in the plane of an
equal-area projection so that a browser only scales them, and `planes.json`: for each map its plane, where each place
stands on it, and what of the register it does not draw.

A file's one object, `map`, holds features told apart by `k`:

    place     a polygon with a code of the register: the only kind that takes a colour
    land      the country where no polygon of today's states is at hand
    apart     an area without a UN code, or of undetermined status: no colour, whatever the rows say
    hatch0, hatch1   lines over one place, for what is hatched; small screens draw only the first
    border, outline, dashed, frame: lines between places, around them, of disputed areas, around insets
"""

from __future__ import annotations

import csv
import json
import math
import sys
import tomllib
from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from dashboard.maps.projection import WEST, Inset, Plane
from ingest.register.naming import Area, policy

HERE = Path(__file__).parent
OUT = HERE.parent / "public" / "static" / "maps"
REGISTER = HERE.parents[1] / "ingest" / "register"
WORLD, STATES = "countries_50m.topo.json", "admin1.topo.json"

SIDE = {"WORLD": 2000}
"""Units of a map's longer side; a country's is 3000, for its states are drawn alone too. Coordinates are whole."""
BYTES = {"WORLD": 120_000}
"""How large a file may be; a country's 60,000. Lines become coarser until it fits."""
FINENESS = (1.0, 1.6, 2.2, 3.2, 4.5, 6.5, 9.0, 13.0)
"""How coarse lines are, in units, as far as needed."""
SMALLEST = {"WORLD": 5.0}
"""Square units below which a part of a place that has larger ones is left out; in a country 18."""
VISIBLE = {"WORLD": 60.0}
"""Square units below which a place is drawn as a point as well; in a country 1,080."""
HATCH = {"WORLD": 14}
"""Units between two hatching lines, along x; in a country 36."""
GAP = 24
"""Units up to which a gap between two places is the source's imprecision; on the world map it has none."""
DENSE = 1.0
"""Degrees between two points of a line before it is projected: a parallel is no straight line on the map."""
NEAR = 0.07
"""Degrees within which a country's outline counts as the world map's disputed line."""
FAR = 3.0
"""Degrees from its largest part at which a tiny part of a place is left out."""
OVERLAP = 0.1
"""Degrees by which a polygon must reach into another country's to count as claimed by both."""

Point2 = tuple[int, int]
Shape = list[list[list[Point2]]]
"""Polygons, their rings, the rings' points."""


@dataclass
class Feature:
    """One polygon of a map: what kind it is, and for a place its code."""

    k: str
    geometry: BaseGeometry
    code: str | None = None
    area: Area | None = None


@dataclass
class Source:
    """One polygon of a source file, in degrees."""

    code: str
    name: str
    geometry: BaseGeometry


@dataclass
class Line:
    """A disputed line of the world in degrees: on whose maps it is, and what must be said of it."""

    countries: frozenset[str]
    geometry: BaseGeometry
    notes: tuple[str, ...]


@dataclass
class Report:
    """What is said about one map besides its drawing."""

    plane: Plane
    places: dict[str, list[int]] = field(default_factory=dict)
    drawn: dict[str, list[int]] = field(default_factory=dict)
    small: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    version: str = ""


def main(folder: Path) -> None:
    """Write every file, and print what was left out and why."""
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("*.json"):
        old.unlink()
    register = _register()
    codes = tomllib.loads((HERE / "polygons.toml").read_text(encoding="utf-8"))
    sources = _read(folder / STATES)
    world = _world(_read(folder / WORLD), sources, register, codes)
    lines = _disputed(world)
    reports = {"WORLD": _of_world(world, register)}
    states = _states(sources, register, codes)
    _settled(states, register, {inset["code"] for insets in codes["inset"].values() for inset in insets})
    for country in sorted({row["country"] for row in register.values() if row["level"] == "admin1"}):
        report = _country(country, states, world, lines, register, codes)
        if report:
            reports[country] = report
    held = {name: _written(report) for name, report in reports.items()}
    text = json.dumps(held, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    (HERE / "planes.json").write_text(text.replace('},"', '},\n"') + "\n", encoding="utf-8")
    sizes = {path.stem: path.stat().st_size for path in OUT.glob("*.json")}
    print(f"{len(sizes)} maps, {sum(sizes.values()):,} bytes; the largest:")  # noqa: T201
    print(sorted(sizes.items(), key=lambda one: -one[1])[:8])  # noqa: T201


def _written(report: Report) -> dict[str, Any]:
    held = asdict(report)
    held["plane"] = _plane_written(report.plane)
    return held


def _plane_written(plane: Plane) -> dict[str, Any]:
    return {
        "centre": plane.centre,
        **{name: round(getattr(plane, name), 6) for name in ("scale", "left", "top", "width", "height")},
        "insets": [{"box": inset.box, "plane": _plane_written(inset.plane)} for inset in plane.insets],
    }


# --- reading -------------------------------------------------------------------------------------------------------


def _register() -> dict[str, dict[str, str]]:
    with (REGISTER / "places.csv").open(encoding="utf-8") as file:
        return {row["code"]: row for row in csv.DictReader(file)}


def _read(path: Path) -> list[Source]:
    """The polygons of a TopoJSON file; longitudes run on across the antimeridian."""
    held = json.loads(path.read_text(encoding="utf-8"))
    (sx, sy), (tx, ty) = held["transform"]["scale"], held["transform"]["translate"]
    arcs = []
    for arc in held["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round(x * sx + tx, 6), round(y * sy + ty, 6)))
        arcs.append(points)
    name = next(key for key in held["objects"] if key != "land")
    return [_source(geometry, arcs) for geometry in held["objects"][name]["geometries"]]


def _source(geometry: dict[str, Any], arcs: list[list[tuple[float, float]]]) -> Source:
    parts = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    polygons = []
    for part in parts:
        rings = [ring for ring in (_ring(numbers, arcs) for numbers in part) if len(ring) > 3]
        if rings:
            polygons.append(shapely.make_valid(Polygon(rings[0], rings[1:])))
    properties = geometry["properties"]
    return Source(
        code=geometry.get("id") or properties.get("ISO") or "",
        name=properties.get("name") or properties.get("NAME_1") or "",
        geometry=_polygons(shapely.union_all(polygons)),
    )


def _ring(numbers: list[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    turns = 0
    ring = []
    for before, (lon, lat) in zip([points[0], *points], points, strict=False):
        turns += (lon - before[0] < -180) - (lon - before[0] > 180)
        ring.append((lon + 360 * turns, lat))
    middle = sum(lon for lon, _ in ring) / len(ring)
    shift = 360 if middle < WEST else -360 if middle > WEST + 360 else 0
    return [(lon + shift, lat) for lon, lat in ring]


def _polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Only the polygons of a geometry."""
    nested = [part for piece in shapely.get_parts(geometry) for part in shapely.get_parts(piece)]
    parts = [part for part in nested if isinstance(part, Polygon) and part.area > 0]
    return MultiPolygon(parts) if len(parts) != 1 else parts[0]


# --- the world -----------------------------------------------------------------------------------------------------


def _countries(world: list[Source], register: dict[str, dict[str, str]], codes: dict[str, Any]) -> list[Source]:
    """The world file's polygons under our codes; what has no UN code keeps its name and no code."""
    numbers = {row["m49"]: code for code, row in register.items() if row["level"] == "country" and row["m49"]}
    held: dict[str, BaseGeometry] = {}
    for one in world:
        code = numbers.get(one.code, f"?{one.name}")
        held[code] = _polygons(shapely.union_all([held[code], one.geometry])) if code in held else one.geometry
    for country, parts in codes["apart"].items():
        for code, bounds in parts.items():
            inside = box(*bounds)
            own = _parts(held[country])
            apart = [part for part in own if inside.contains(part.centroid)]
            held[country] = MultiPolygon([part for part in own if part not in apart])
            if code.strip():
                held[code.strip()] = _polygons(shapely.union_all([*_parts(held.get(code.strip())), *apart]))
    return [Source(code if code[0] != "?" else "", code.lstrip("?"), shape) for code, shape in sorted(held.items())]


def _parts(geometry: BaseGeometry | None) -> list[BaseGeometry]:
    return [] if geometry is None or geometry.is_empty else list(getattr(geometry, "geoms", [geometry]))


def _world(
    sources: list[Source], states: list[Source], register: dict[str, dict[str, str]], codes: dict[str, Any]
) -> list[Feature]:
    """The world's polygons in degrees, with the policy's areas cut out of them."""
    countries = _countries(sources, register, codes)
    named = {one.code or one.name: one.geometry for one in countries}
    wholes = {area.id: _shape(area, named, states) for area in policy().areas}
    features: list[Feature] = []
    joining: list[tuple[str, BaseGeometry]] = []
    for one in countries:
        if one.code in policy().unmapped:
            continue
        left = one.geometry
        for area in policy().areas:
            cut = _polygons(left.intersection(wholes[area.id])) if one.code in area.shape["of"] else MultiPolygon()
            if cut.is_empty:
                continue
            left = _polygons(left.difference(wholes[area.id]))
            if area.join:
                joining.append((area.colour, cut))
            else:
                features.append(_of_area(area, cut, register))
        own = next((area for area in policy().areas if (one.code or one.name) in area.shape.get("world", ())), None)
        if own:
            features.append(_of_area(own, left, register))
        elif one.code:
            features.append(Feature("place", left, one.code))
    for code, cut in joining:
        whole = next(one for one in features if one.code == code and not one.area)
        whole.geometry = _polygons(shapely.union_all([whole.geometry, cut]))
    return [one for one in _without_slivers(features) if not one.geometry.is_empty]


def _of_world(features: list[Feature], register: dict[str, dict[str, str]]) -> Report:
    """Writes the world's file."""
    plane = _plane([one.geometry for one in features], None, SIDE["WORLD"])
    report = Report(plane, notes=[*(area.note for area in policy().areas), *(one.note for one in policy().borders)])
    for code, row in register.items():
        if row["level"] == "country" and row["lat"] and code not in policy().unmapped:
            report.places[code] = [round(value) for value in plane.at(float(row["lon"]), float(row["lat"]))]
    _write("WORLD", features, [], report)
    aside = {*report.drawn, *_uncoloured()}
    report.small += [code for code in report.places if code not in aside]
    return report


def _of_area(area: Area, shape: BaseGeometry, register: dict[str, dict[str, str]]) -> Feature:
    """An area on the world map: part of the country the policy names, or of none."""
    country = register[area.colour]["country"] if area.colour else ""
    return Feature("place" if country else "apart", shape, country or None, area)


def _shape(area: Area, named: dict[str, BaseGeometry], states: list[Source]) -> BaseGeometry:
    """The whole of an area, in degrees."""
    shape = area.shape
    found = [named[name] for name in shape.get("world", ())]
    found += [one.geometry for one in states if one.code in shape.get("admin1", ())]
    if "ring" in shape:
        found.append(Polygon(shape["ring"]))
    whole = shapely.union_all(found)
    # The two files' borders run a few kilometres apart: what is cut by one must not leave strips of the other.
    return whole.buffer(0.05).buffer(-0.02) if "admin1" in shape else whole


def _without_slivers(features: list[Feature]) -> list[Feature]:
    """Small pieces that cutting left between an area and its surroundings join the area."""
    apart = [one for one in features if one.area and "admin1" in one.area.shape]
    for one in features:
        if one.area or not apart:
            continue
        kept = []
        for part in _parts(one.geometry):
            near = [other for other in apart if other.geometry.distance(part) < 1e-9]
            if near and part.area < 0.15 and part.area < one.geometry.area / 4:
                near[0].geometry = _polygons(shapely.union_all([near[0].geometry, part]))
            else:
                kept.append(part)
        one.geometry = MultiPolygon(kept)
    return features


def _disputed(features: list[Feature]) -> list[Line]:
    """Every disputed line of the world."""
    found = []
    tree = STRtree([one.geometry for one in features])
    for number, one in enumerate(features):
        for other in (features[k] for k in tree.query(one.geometry) if k > number):
            if not _is_disputed({_owner(one), _owner(other)}):
                continue
            line = one.geometry.boundary.intersection(other.geometry.boundary)
            areas = [each.area for each in (one, other) if each.area]
            countries = {code for each in (one, other) if (code := each.code)}
            countries |= {code for area in areas for code in area.countries}
            borders = [border.note for border in policy().borders if set(border.between) == {one.code, other.code}]
            if line.length:
                found.append(Line(frozenset(countries), line, tuple(area.note for area in areas) or tuple(borders)))
    return found


Owner = tuple[str, str | None, str | None]


def _owner(feature: Feature) -> Owner:
    return feature.k, feature.code, feature.area.id if feature.area else None


def _is_disputed(owners: set[Owner]) -> bool:
    """Whether a line between these is dashed: around an area of the policy, or a border the policy names."""
    codes, areas = {code for _, code, _ in owners}, {area for *_, area in owners}
    if len(areas) == 1 and all(codes):
        # Two states of one area, or no area at all.
        return any(codes == set(border.between) for border in policy().borders)
    return any(areas)


# --- states --------------------------------------------------------------------------------------------------------


def _states(
    sources: list[Source], register: dict[str, dict[str, str]], codes: dict[str, Any]
) -> dict[str, list[Source]]:
    """Country → its polygons: under a code of the register where it is that place's, else under none.

    Joins what has become one place, and takes the code of every polygon that is another territory than the register's.
    """
    alpha2 = _alpha2()
    table = {
        f"{prefix}-{old}": f"{prefix}-{new}"
        for prefix, pairs in codes["codes"].items()
        for old, new in (pair.split("=") for pair in pairs.split())
    }
    countries: dict[str, list[Source]] = defaultdict(list)
    for one in sources:
        country = alpha2.get(one.code[:2], "")
        wanted = codes["named"].get(f"{one.code}/{one.name}") or table.get(one.code, one.code)
        level = register.get(wanted, {}).get("level")
        if level == "admin2":
            parent = register[wanted]["parent"]
            wanted = parent if register[parent]["level"] == "admin1" else ""
        elif level != "admin1":
            wanted = ""
        countries[country].append(Source(wanted, one.name, one.geometry))
    held = {}
    for country, polygons in countries.items():
        if country:
            own = _sole_level(country, polygons, sources)
            held[country] = _unchanged(_joined(own), register, codes)
    return held


def _alpha2() -> dict[str, str]:
    with (REGISTER / "aliases.csv").open(encoding="utf-8") as file:
        return {row["alias"]: row["code"] for row in csv.DictReader(file) if row["scheme"] == "ISO2"}


def _sole_level(country: str, polygons: list[Source], sources: list[Source]) -> list[Source]:
    """Where the source has both regions and their provinces, only the regions; overseas parts it has moved, none."""
    if country == "FRA":
        regions = {one.name for one in sources if one.code.startswith("FR-") and len(one.code) == 6}
        mainland = box(-5.5, 41.2, 9.8, 51.3)
        return [
            one for one in polygons if one.name in regions and mainland.contains(one.geometry.centroid) and one.code
        ]
    if country == "ITA":
        regions = {one.name for one in sources if one.code.startswith("IT-") and one.code[3:].isdigit()}
        return [one for one in polygons if one.name in regions]
    return polygons


def _joined(polygons: list[Source]) -> list[Source]:
    """One polygon for each code; what lies inside another is cut out of it."""
    held: dict[str, list[BaseGeometry]] = defaultdict(list)
    for one in polygons:
        held[one.code].append(one.geometry)
    joined = [Source(code, "", _polygons(shapely.union_all(shapes))) for code, shapes in sorted(held.items())]
    joined.sort(key=lambda one: one.geometry.area)
    tree = STRtree([one.geometry for one in joined])
    for number, one in enumerate(joined):
        for k in tree.query(one.geometry):
            other = joined[k]
            if k > number and one.geometry.intersection(other.geometry).area > 0.3 * one.geometry.area:
                other.geometry = _polygons(other.geometry.difference(one.geometry))
    return joined


def _unchanged(polygons: list[Source], register: dict[str, dict[str, str]], codes: dict[str, Any]) -> list[Source]:
    """Takes the code of polygons that are another territory than the register's place: listed, or holding others."""
    drawn = {one.code for one in polygons}
    points = defaultdict(list)
    for code, row in register.items():
        if row["level"] == "admin1" and row["lat"] and code not in drawn and code not in _uncoloured():
            points[row["country"], row["kind"]].append(Point(float(row["lon"]), float(row["lat"])))
    kept = []
    for one in polygons:
        listed = codes["changed"].get(one.code[:2], "").split()
        held = register.get(one.code)
        if held and ("*" in listed or one.code[3:] in listed):
            one.code = ""
        elif held and any(one.geometry.contains(point) for point in points[held["country"], held["kind"]]):
            print(f"{one.code} ({held['name']}) holds another {held['kind']}: drawn as a point")  # noqa: T201
            one.code = ""
        kept.append(one)
    return kept


def _uncoloured() -> set[str]:
    return {*policy().uncoloured}


def _settled(states: dict[str, list[Source]], register: dict[str, dict[str, str]], moved: set[str]) -> None:
    """Cuts countries that lie within another's state out of it; stops where two countries claim one place and no area
    of the policy decides it."""
    aside = moved | _uncoloured()
    held = [one for polygons in states.values() for one in polygons if one.code and one.code not in aside]
    held = [one for one in held if register[one.code]["country"] not in _uncoloured()]
    held.sort(key=lambda one: one.geometry.area)
    tree = STRtree([one.geometry for one in held])
    for number, one in enumerate(held):
        for other in (held[k] for k in tree.query(one.geometry) if k > number):
            if register[one.code]["country"] == register[other.code]["country"]:
                continue
            both = one.geometry.intersection(other.geometry)
            if both.area > 0.8 * one.geometry.area:
                other.geometry = _polygons(other.geometry.difference(one.geometry))
            elif not both.buffer(-OVERLAP).is_empty:
                where = both.centroid.wkt
                raise SystemExit(f"{one.code} and {other.code} overlap near {where}: say in naming.toml whose it is")


def _country(
    country: str,
    states: dict[str, list[Source]],
    world: list[Feature],
    lines: list[Line],
    register: dict[str, dict[str, str]],
    codes: dict[str, Any],
) -> Report | None:
    """Writes one country's file, with the polygons that are its states' and, where they are not, only its outline."""
    polygons = states.get(country, [])
    insets = codes["inset"].get(country, ())
    aside = {inset["code"] for inset in insets} | _uncoloured()
    places = [one for one in polygons if one.code and one.code not in aside] if country not in _uncoloured() else []
    features = [Feature("place", one.geometry, one.code) for one in places]
    whole = [one.geometry for one in world if one.code == country and not one.area]
    if features:
        drawn = shapely.union_all([one.geometry for one in features])
        others = shapely.union_all([one.geometry for one in polygons if not one.code])
        # Far islets without a code would only make the rest small.
        rest = [part for part in _parts(others) if part.distance(drawn) < 0.5 or part.area > 0.005 * drawn.area]
        features += [Feature("land", _polygons(shapely.union_all(rest)))] if rest else []
    elif whole:
        features = [Feature("land", _polygons(shapely.union_all(whole)))]
    features = _with_areas(country, features, states, world, register)
    if not features:
        return None
    features += _enclosed(country, features, states, world)
    for one in features:
        one.geometry = _without_far(one.geometry)
    west, south, east, north = shapely.total_bounds([one.geometry for one in features])
    centre = ((west + east) / 2, (south + north) / 2)
    plane = _padded(_plane([one.geometry for one in features], centre, 3000), codes["room"].get(country, (0, 0)))
    moved = []
    for inset in insets:
        outer = [one.geometry for one in world if one.code == inset.get("of", country) and not one.area]
        shape = _polygons(shapely.union_all(outer).intersection(box(*inset["box"])))
        own = _inset_plane(shape, inset, plane)
        plane = replace(plane, insets=(*plane.insets, Inset(tuple(inset["box"]), own)))
        moved.append((Feature("place", shape, inset["code"]), own))
    near = [line for line in lines if country in line.countries]
    areas = [area.note for area in policy().areas if country in area.countries]
    report = Report(plane, notes=[*areas, *(note for line in near for note in line.notes)])
    for code, row in register.items():
        if row["country"] == country and row["level"] == "admin1" and row["lat"]:
            report.places[code] = [round(value) for value in plane.at(float(row["lon"]), float(row["lat"]))]
    dashed = shapely.union_all([line.geometry for line in near]) if near else None
    _write(country, features, moved, report, dashed)
    return report


def _enclosed(
    country: str, features: list[Feature], states: dict[str, list[Source]], world: list[Feature]
) -> list[Feature]:
    """Other countries that lie wholly within this one: they keep their room and are not drawn."""
    whole = shapely.union_all([one.geometry for one in features])
    filled = shapely.union_all([Polygon(part.exterior) for part in _parts(_polygons(whole))])
    found = []
    for one in world:
        if one.code and one.code != country and filled.contains(one.geometry.representative_point()):
            own = [state.geometry for state in states.get(one.code, ())]
            room = _polygons(shapely.union_all(own or [one.geometry]).difference(whole))
            found += [] if room.is_empty else [Feature("void", room)]
    return found


def _without_far(shape: BaseGeometry) -> BaseGeometry:
    """A place without islands so small and far away that the rest would shrink for them."""
    parts = _parts(shape)
    largest = max(parts, key=lambda part: part.area)
    return MultiPolygon(
        [part for part in parts if part.area > 0.02 * largest.area or part.distance(largest) < FAR or part is largest]
    )


def _padded(plane: Plane, room: tuple[float, float]) -> Plane:
    """The plane with room to the left and below, for insets."""
    left, below = room
    return replace(plane, left=plane.left - left / plane.scale, width=plane.width + left, height=plane.height + below)


def _with_areas(
    country: str,
    features: list[Feature],
    states: dict[str, list[Source]],
    world: list[Feature],
    register: dict[str, dict[str, str]],
) -> list[Feature]:
    """The features with the policy's areas cut out of them and drawn on their own."""
    for area in policy().areas:
        if country not in area.countries:
            continue
        pieces = _pieces(area, states, world)
        if not pieces:
            continue
        whole = shapely.union_all(pieces)
        inside = [
            one for one in features if one.code and whole.intersection(one.geometry).area > 0.9 * one.geometry.area
        ]
        if inside and area.colour == country:
            # Its states are drawn under their own codes; only the line around them is dashed.
            for one in inside:
                one.area = area
            continue
        for one in features:
            one.geometry = _polygons(one.geometry.difference(whole))
        own = register.get(area.colour, {})
        code = area.colour if own.get("level") == "admin1" and own["country"] == country else None
        features += [Feature("place" if code else "apart", piece, code, area) for piece in pieces]
        if area.shape.get("world"):
            _close(features, area)
    return [one for one in features if not one.geometry.is_empty]


def _pieces(area: Area, states: dict[str, list[Source]], world: list[Feature]) -> list[BaseGeometry]:
    """An area's polygons in degrees, one for each side of the lines within it."""
    wanted = set(area.shape.get("admin1", ()))
    if wanted:
        whole = shapely.union_all([one.geometry for held in states.values() for one in held if one.code in wanted])
        sides = [shapely.union_all([one.geometry for one in states.get(of, ())]) for of in area.shape["of"]]
        sides = sorted((whole.intersection(side) for side in sides), key=lambda side: side.area)
        pieces: list[BaseGeometry] = []
        for side in sides:
            pieces.append(_polygons(side.difference(shapely.union_all(pieces)) if pieces else side))
        return [piece for piece in pieces if piece.area > 0.02]
    if area.join:
        return [one.geometry for one in world if one.code == area.colour]
    if "ring" in area.shape:
        ring = Polygon(area.shape["ring"])
        found = [one.geometry for of in area.shape["of"] for one in states.get(of, ())]
        inside = _polygons(shapely.union_all(found).intersection(ring)) if found else None
        if inside is not None and not inside.is_empty:
            return [inside]
    return [one.geometry for one in world if one.area == area]


def _close(features: list[Feature], area: Area) -> None:
    """Fills the gap between an area of the world file and the finer polygons around it."""
    own = next(one for one in features if one.area == area)
    others = shapely.union_all([one.geometry for one in features if one is not own])
    closed = shapely.union_all([own.geometry, others]).buffer(0.06).buffer(-0.06).difference(others)
    own.geometry = _polygons(shapely.union_all([part for part in _parts(closed) if part.intersects(own.geometry)]))


# --- the plane -----------------------------------------------------------------------------------------------------


def _plane(shapes: list[BaseGeometry], centre: tuple[float, float] | None, side: int) -> Plane:
    """The plane on which shapes given in degrees have `side` units on their longer side."""
    raw = Plane(centre, 1.0, 0.0, 0.0, 0, 0)
    left, top, right, bottom = shapely.total_bounds([_flat(shape, raw) for shape in shapes])
    scale = side / max(right - left, bottom - top)
    return Plane(centre, scale, left, -top, (right - left) * scale, (bottom - top) * scale)


def _inset_plane(shape: BaseGeometry, inset: dict[str, Any], main: Plane) -> Plane:
    """A plane in which a shape lies at the corner it is given, at its own scale."""
    west, south, east, north = inset["box"]
    centre = ((west + east) / 2, (south + north) / 2)
    left, top, right, bottom = _flat(shape, Plane(centre, 1.0, 0.0, 0.0, 0, 0)).bounds
    scale = main.scale * inset["scale"]
    x, y = inset["at"]
    return Plane(
        centre, scale, left - x / scale, -top + y / scale, x + (right - left) * scale, y + (bottom - top) * scale
    )


def _flat(shape: BaseGeometry, plane: Plane) -> BaseGeometry:
    """A shape in degrees, on a plane; long lines get points between."""
    dense = shapely.segmentize(shape, DENSE)
    return shapely.transform(dense, lambda points: np.array([plane.at(lon, lat) for lon, lat in points]))


# --- writing -------------------------------------------------------------------------------------------------------


def _write(
    name: str,
    features: list[Feature],
    moved: list[tuple[Feature, Plane]],
    report: Report,
    disputed: BaseGeometry | None = None,
) -> None:
    """Projects, simplifies and writes one map; says in its report where its places stand."""
    plane = replace(report.plane, insets=())
    gap = 2 if name == "WORLD" else GAP
    flat = shapely.coverage_clean([_sound(_flat(one.geometry, plane)) for one in features], gap_width=gap)
    beside = [_flat(one.geometry, own) for one, own in moved]
    near = None if disputed is None else _flat(disputed, plane).buffer(math.radians(NEAR) * plane.scale)
    for fineness in FINENESS:
        simple = [
            *shapely.coverage_simplify(flat, fineness),
            *(shapely.simplify(shape, fineness / 2) for shape in beside),
        ]
        rings = [_rounded(shape, SMALLEST.get(name, 18.0)) for shape in simple]
        kept = [
            (one, shape) for one, shape in zip([*features, *(one for one, _ in moved)], rings, strict=True) if shape
        ]
        kept = [(one, shape) for one, shape in kept if one.k != "void"]
        # So many small places that lines do not have to be close.
        step = HATCH.get(name, 36) * (1 if fineness < 5 else 2)
        text = json.dumps(_topology(kept, len(moved), near, step), separators=(",", ":")) + "\n"
        if len(text) <= BYTES.get(name, 60_000):
            break
    else:
        print(f"{name}: {len(text):,} bytes, more than it may have")  # noqa: T201
    _stand(name, kept, report)
    (OUT / f"{name}.json").write_text(text, encoding="utf-8")
    report.version = sha256(text.encode()).hexdigest()[:8]


def _topology(kept: list[tuple[Feature, Shape]], moved: int, near: BaseGeometry | None, step: int) -> dict[str, Any]:
    """One map as TopoJSON; its last `moved` places are insets."""
    arcs = Arcs([shape for _, shape in kept], [_owner(one) for one, _ in kept], near)
    geometries: list[dict[str, Any]] = [
        {
            "type": "MultiPolygon",
            "arcs": arcs.of(shape),
            "properties": {"k": one.k},
            **({"id": one.code} if one.code else {}),
        }
        for one, shape in kept
    ]
    for one, shape in kept:
        if one.k == "place" and one.code:
            geometries += _hatched(one.code, shape, step, arcs)
    geometries += [
        {"type": "MultiLineString", "arcs": [[number] for number in numbers], "properties": {"k": kind}}
        for kind, numbers in sorted(arcs.lines().items())
    ]
    geometries += [_frame(shape, arcs) for _, shape in kept[len(kept) - moved :]]
    return {
        "type": "Topology",
        # Coordinates are whole already; without a transform they could not be written as differences.
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "objects": {"map": {"type": "GeometryCollection", "geometries": geometries}},
        "arcs": arcs.written(),
    }


def _sound(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_valid and not shape.is_empty else _polygons(shapely.make_valid(shape))


def _rounded(shape: BaseGeometry, smallest: float) -> Shape:
    """The rings of a shape on whole units, without parts too small to be seen beside larger ones."""
    parts = sorted(_parts(_polygons(shape)), key=lambda part: -part.area)
    held = []
    for number, part in enumerate(parts):
        if number and part.area < smallest:
            break
        rings = [_whole(ring) for ring in (part.exterior, *part.interiors)]
        if rings[0]:
            held.append([ring for ring in rings if ring])
    return held


def _whole(ring: BaseGeometry) -> list[Point2]:
    points = [(round(x), round(y)) for x, y in ring.coords]
    ring_ = [points[0], *(point for before, point in pairwise(points) if point != before)]
    return ring_ if len(ring_) > 3 and _twice_area(ring_) else []


def _twice_area(ring: list[Point2]) -> int:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


class Arcs:
    """The lines that polygons share, each held once."""

    def __init__(self, shapes: list[Shape], owners: list[Owner], near: BaseGeometry | None) -> None:
        self.held: list[list[Point2]] = []
        self.owners: dict[int, frozenset[Owner]] = {}
        self._numbers: dict[tuple[Point2, ...], int] = {}
        self._sides: dict[frozenset[Point2], set[Any]] = defaultdict(set)
        self._next: dict[Point2, set[Point2]] = defaultdict(set)
        if near is not None:
            shapely.prepare(near)
        for number, (shape, owner) in enumerate(zip(shapes, owners, strict=True)):
            for ring in (ring for part in shape for ring in part):
                for one, other in pairwise(ring):
                    side = frozenset((one, other))
                    self._sides[side] |= {(number, owner)}
                    self._next[one].add(other)
                    self._next[other].add(one)
        self._dashed = set()
        for side, found in self._sides.items():
            one, other = side
            middle = Point((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
            if len(found) == 1 and near is not None and near.contains(middle):
                self._dashed.add(side)

    def of(self, shape: Shape) -> list[list[list[int]]]:
        """A shape as the numbers of its arcs."""
        return [[self._ring(ring) for ring in part] for part in shape]

    def _ring(self, ring: list[Point2]) -> list[int]:
        points = ring[:-1]
        start = next((k for k, point in enumerate(points) if self._is_node(point)), None)
        if start is None:
            start = points.index(min(points))
        turned = [*points[start:], *points[:start], points[start]]
        numbers, arc = [], [turned[0]]
        for point in turned[1:]:
            arc.append(point)
            if self._is_node(point) or point is turned[-1]:
                numbers.append(self._number(arc))
                arc = [point]
        return [number for number in numbers if number is not None]

    def _is_node(self, point: Point2) -> bool:
        """Whether an arc ends here: more than two lines meet, or the line changes its sides or its kind."""
        ends = self._next[point]
        if len(ends) != 2:
            return True
        one, other = (frozenset((point, end)) for end in ends)
        return self._sides[one] != self._sides[other] or (one in self._dashed) != (other in self._dashed)

    def _number(self, arc: list[Point2]) -> int | None:
        if len(arc) < 2:
            return None
        key, back = tuple(arc), tuple(reversed(arc))
        if key in self._numbers:
            return self._numbers[key]
        if back in self._numbers:
            return ~self._numbers[back]
        self._numbers[key] = len(self.held)
        self.held.append(arc)
        return len(self.held) - 1

    def add(self, line: list[Point2]) -> int:
        """The number of a line of its own."""
        self.held.append(line)
        return len(self.held) - 1

    def lines(self) -> dict[str, list[int]]:
        """Kind → the arcs drawn as lines of that kind."""
        found: dict[str, list[int]] = defaultdict(list)
        for arc, number in self._numbers.items():
            side = frozenset(arc[:2])
            owners = {owner for _, owner in self._sides[side]}
            if len(self._sides[side]) == 1:
                found["dashed" if side in self._dashed else "outline"].append(number)
            elif _is_disputed(owners):
                found["dashed"].append(number)
            elif len(owners) > 1:
                found["border"].append(number)
        return found

    def written(self) -> list[list[Point2]]:
        """Every arc as its first point and the steps from there."""
        return [[arc[0], *((x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(arc))] for arc in self.held]


def _hatched(code: str, shape: Shape, step: int, arcs: Arcs) -> list[dict[str, Any]]:
    """Parallel lines within a place, from lower left to upper right; in a large one every other line apart."""
    solid = MultiPolygon([Polygon(part[0], part[1:]) for part in shape]).buffer(0)
    # Half the lines would leave a small place without any.
    every = 2 if solid.area > 12 * step * step else 1
    left, top, right, bottom = solid.bounds
    numbers: dict[int, list[list[int]]] = {0: [], 1: []}
    for count in range(math.floor((left + top) / step), math.ceil((right + bottom) / step) + 1):
        total = count * step + step // 2
        line = LineString([(total - bottom - 1, bottom + 1), (total - top + 1, top - 1)])
        for piece in getattr(solid.intersection(line), "geoms", [solid.intersection(line)]):
            ends = [round(x) for x, _ in piece.coords]
            if len(ends) == 2 and abs(ends[0] - ends[1]) > 1:
                numbers[count % every].append([arcs.add([(x, total - x) for x in ends])])
    return [
        {"type": "MultiLineString", "arcs": lines, "id": code, "properties": {"k": f"hatch{n}"}}
        for n, lines in numbers.items()
        if lines
    ]


def _frame(shape: Shape, arcs: Arcs) -> dict[str, Any]:
    """The corner that parts an inset from the rest."""
    points = [point for part in shape for point in part[0]]
    right, top = max(x for x, _ in points) + 36, min(y for _, y in points) - 36
    corner = [(min(x for x, _ in points), top), (right, top), (right, max(y for _, y in points))]
    return {"type": "MultiLineString", "arcs": [[arcs.add(corner)]], "properties": {"k": "frame"}}


def _stand(name: str, kept: list[tuple[Feature, Shape]], report: Report) -> None:
    """Where each place stands on its map: the middle of the widest circle in its largest part."""
    held: dict[str, list[Polygon]] = defaultdict(list)
    for one, shape in kept:
        if one.k == "place" and one.code:
            held[one.code] += [Polygon(part[0], part[1:]).buffer(0) for part in shape]
    for code, parts in sorted(held.items()):
        largest = max(parts, key=lambda part: part.area)
        x, y = shapely.maximum_inscribed_circle(largest, tolerance=1).coords[0]
        report.places[code] = [round(x), round(y)]
        report.drawn[code] = [round(edge) for edge in shapely.total_bounds(parts)]
        if sum(part.area for part in parts) < VISIBLE.get(name, 1080.0):
            report.small.append(code)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[2] / "shared" / "maps")
