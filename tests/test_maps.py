"""The maps: what is shipped, what the naming policy does to it, and what the three drawings say."""

import ast
import csv
import json
import math
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from hashlib import sha256
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import frame, maps
from dashboard.maps import classes, draw
from dashboard.maps.planes import WORLD, Ground, ground
from dashboard.maps.projection import azimuthal, equal_earth
from ingest.register import gazetteer, naming

ROOT = Path(__file__).parents[1]
GEOMETRY = ROOT / "dashboard" / "public" / "static" / "maps"
NAMES = sorted(path.stem for path in GEOMETRY.glob("*.json"))
REGISTER = {row["code"]: row for row in gazetteer.load().places.iter_rows(named=True)}
UNCOLOURED = set(naming.policy().uncoloured)
INSETS = {"US-AK", "US-HI", "US-PR", "PT-20", "PT-30", "ES-CN"}
Rings = list[np.ndarray]


@cache
def topology(name: str) -> dict[str, Any]:
    held: dict[str, Any] = json.loads((GEOMETRY / f"{name}.json").read_text(encoding="utf-8"))
    return held


@cache
def arcs(name: str) -> list[np.ndarray]:
    return [np.cumsum(np.array(arc), axis=0) for arc in topology(name)["arcs"]]


def features(name: str, *kinds: str) -> list[dict[str, Any]]:
    return [one for one in topology(name)["objects"]["map"]["geometries"] if one["properties"]["k"] in kinds]


def line(name: str, numbers: list[int]) -> np.ndarray:
    parts = [arcs(name)[number] if number >= 0 else arcs(name)[~number][::-1] for number in numbers]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


@cache
def polygons(name: str) -> list[tuple[str | None, Rings]]:
    """Each polygon's code (None: no colour) and rings."""
    found = features(name, "place", "apart", "land")
    return [(one.get("id"), [line(name, ring) for part in one["arcs"] for ring in part]) for one in found]


def inside(points: np.ndarray, rings: Rings) -> np.ndarray:
    """Which points lie in a polygon: a ray to the right crosses its rings an odd number of times."""
    odd = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for ring in rings:
        (x1, y1), (x2, y2) = ring[:-1].T[:, :, None], ring[1:].T[:, :, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            crosses = ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
        odd ^= crosses.sum(axis=0) % 2 == 1
    return odd


def at(name: str, lon: float, lat: float) -> list[str | None]:
    """What is drawn at a place of the earth: codes of polygons, None for one without colour."""
    base = known(name)
    point = np.array([base.plane.at(lon, lat)])
    return [code for code, rings in polygons(name) if inside(point, rings)[0]]


def known(name: str) -> Ground:
    base = ground(name)
    assert base is not None
    return base


# --- what is shipped -----------------------------------------------------------------------------------------------


def test_every_country_of_m49_has_a_polygon_or_a_point() -> None:
    base = known(WORLD)
    countries = {code for code, row in REGISTER.items() if row["level"] == "country" and row["m49"]}
    assert len(countries) > 240
    assert countries - set(base.drawn) - base.small - set(naming.policy().unmapped) - UNCOLOURED == set()
    assert all(base.plane.holds(*base.places[code]) for code in set(base.drawn) | base.small)


def test_only_codes_of_the_register_take_a_colour() -> None:
    for one in features(WORLD, "place"):
        assert REGISTER[one["id"]]["level"] == "country"
        assert REGISTER[one["id"]]["m49"]
    for name in set(NAMES) - {WORLD}:
        for one in features(name, "place"):
            assert (REGISTER[one["id"]]["level"], REGISTER[one["id"]]["country"]) == ("admin1", name)


def test_what_has_no_un_code_takes_no_colour_and_no_entry() -> None:
    for name in NAMES:
        kinds = {one["properties"]["k"] for one in topology(name)["objects"]["map"]["geometries"]}
        assert kinds <= {"place", "land", "apart", "hatch0", "hatch1", "border", "outline", "dashed", "frame"}
        assert [one for one in features(name, "apart", "land") if "id" in one] == []
        assert {one["id"] for one in features(name, "place", "hatch0", "hatch1")} & UNCOLOURED == set()
        assert {*known(name).drawn, *known(name).small} & UNCOLOURED == set()


def test_what_is_said_of_a_file_is_what_is_in_it() -> None:
    assert len(NAMES) > 190
    for name in NAMES:
        base = known(name)
        assert {one["id"] for one in features(name, "place")} == set(base.drawn)
        content = sha256((GEOMETRY / f"{name}.json").read_bytes()).hexdigest()[:8]
        assert base.url == f"app/static/maps/{name}.json?v={content}"


def test_files_are_small_and_fit_their_plane() -> None:
    sizes = {path.stem: path.stat().st_size for path in GEOMETRY.glob("*.json")}
    # Slovenia has 212 municipalities.
    assert {name for name, size in sizes.items() if size > 60_000} == {WORLD, "SVN"}
    assert sizes[WORLD] <= 120_000
    assert sizes["SVN"] <= 70_000
    for name in NAMES:
        base = known(name)
        assert all(base.plane.holds(x, y) for arc in arcs(name) for x, y in arc.tolist())


def test_codes_that_are_not_the_same_territory_are_not_drawn() -> None:
    """Kenya's old provinces, Morocco's old regions, Burkina Faso's provinces as regions, Mali's old Gao."""
    assert known("KEN").drawn == {}
    assert known("MAR").drawn == {}
    assert set(known("BFA").drawn) == {f"BF-{number:02}" for number in range(1, 14)}
    assert {"ML-6", "ML-7", "ML-9", "ML-10"} & set(known("MLI").drawn) == set()
    assert {"ZA-GP", "ZA-KZN"} <= set(known("ZAF").drawn)
    assert "MX-CMX" in known("MEX").drawn
    assert len(known("BRA").drawn) == 27
    assert len(known("MEX").drawn) == 32
    assert len(known("NGA").drawn) == 37


@pytest.mark.parametrize(
    ("place", "code", "lon", "lat"),
    [
        ("BRA", "BR-RJ", -42.9, -22.4),
        ("ZAF", "ZA-GP", 28.1, -26.1),
        ("IRN", "IR-23", 51.4, 35.7),
        ("GUY", "GY-UT", -59.6, 3.2),
        ("AFG", "AF-PKA", 68.8, 32.6),
        ("RUS", "RU-MOS", 38.9, 55.6),
        ("SDN", "SD-DE", 26.2, 11.5),
        ("USA", "US-AK", -152.0, 65.0),
        ("PRT", "PT-30", -17.0, 32.75),
        ("NOR", "NO-42", 7.5, 58.6),
        ("GTM", "GT-17", -90.0, 17.0),
        ("POL", "PL-14", 21.0, 52.2),
        ("FRA", "FR-20R", 9.1, 42.2),
        ("GBR", "GB-ENG", -1.5, 52.5),
        ("PHL", "PH-14", 124.4, 7.9),
        ("PAK", "PK-KP", 70.1, 33.0),
    ],
)
def test_a_code_stands_on_its_own_territory(place: str, code: str, lon: float, lat: float) -> None:
    assert at(place, lon, lat) == [code]


def test_a_country_is_whole_where_its_states_are_not_drawn() -> None:
    """The south of Algeria, Papua, northern Karelia: ground without a colour."""
    for country, lon, lat in (("DZA", 6.0, 24.0), ("DZA", 8.0, 27.5), ("IDN", 138.0, -4.0), ("RUS", 32.0, 65.0)):
        assert at(country, lon, lat) == [None]


# --- disputed areas ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "lon", "lat", "worldwide", "of_states"),
    [
        ("Crimea", 34.2, 45.2, "UKR", {"UKR": "UA-43", "RUS": ""}),
        ("the Golan", 35.78, 32.98, "SYR", {"SYR": "SY-QU", "ISR": None}),
        ("Western Sahara, west of the wall", -13.0, 25.5, "ESH", {"MAR": None}),
        ("Western Sahara, east of the wall", -10.0, 26.6, "ESH", {"MAR": None}),
        ("the valley of Kashmir", 75.0, 33.9, None, {"IND": None, "PAK": None, "CHN": None}),
        ("Gilgit", 74.3, 35.9, None, {"IND": None, "PAK": None}),
        ("Aksai Chin", 79.3, 35.2, None, {"IND": None, "CHN": None}),
        ("Arunachal Pradesh", 94.5, 28.2, None, {"IND": None, "CHN": ""}),
        ("Kosovo", 20.9, 42.6, None, {"SRB": None, "ALB": "", "MKD": ""}),
        ("the north of Cyprus", 33.5, 35.28, None, {"CYP": None}),
        ("the north-west of Somalia", 45.0, 9.6, None, {"SOM": None, "ETH": ""}),
        ("Taiwan", 121.0, 23.8, None, {"CHN": None, "TWN": None}),
        ("Abyei", 28.4, 9.9, None, {"SDN": None, "SSD": None}),
        ("Iturup", 147.9, 45.05, None, {"RUS": None}),
    ],
)
def test_areas_of_disputed_status_are_drawn_as_the_policy_says(
    what: str, lon: float, lat: float, worldwide: str | None, of_states: dict[str, str | None]
) -> None:
    """On both layers alike; '' means that a country's own map does not draw them at all."""
    assert at(WORLD, lon, lat) == [worldwide], what
    for country, code in of_states.items():
        assert at(country, lon, lat) == ([] if code == "" else [code]), (what, country)


def test_disputed_lines_are_dashed_on_both_layers() -> None:
    decided = naming.policy()
    assert features(WORLD, "dashed")
    countries = {code for area in decided.areas for code in area.countries if code in NAMES}
    countries |= {code for border in decided.borders for code in border.between if code in NAMES}
    # Islands have a coast only.
    assert {name for name in countries if not features(name, "dashed")} == {"RUS", "TWN"}
    # The neighbours of such an area see its border too; wherever there is a dashed line, it is explained.
    assert {"ALB", "MKD", "MNE"} <= {name for name in NAMES if features(name, "dashed")}
    for name in {*countries, *(name for name in NAMES if features(name, "dashed"))}:
        assert known(name).notes, name


def test_no_place_is_claimed_by_two_countries() -> None:
    """Points within every state (the middles of its hatching lines) lie in no state of another country's map."""
    states = [name for name in NAMES if name != WORLD and features(name, "hatch0")]
    points = {name: _within(name) for name in states}
    boxes = {name: _bounds(degrees) for name, (_codes, degrees) in points.items()}
    claimed = defaultdict(list)
    for name, (codes, degrees) in points.items():
        for other, (west, south, east, north) in boxes.items():
            lon, lat = degrees.T
            near = (lon > west) & (lon < east) & (lat > south) & (lat < north)
            if other == name or not near.any():
                continue
            flat = np.array([known(other).plane.at(*point) for point in degrees[near]])
            owners = codes[near]
            for code, rings in polygons(other):
                for owner in owners[inside(flat, rings)] if code and code not in INSETS else ():
                    claimed[owner, code].append(name)
    many = {codes: len(found) for codes, found in claimed.items()}
    whole = {code: int((codes == code).sum()) for codes, _degrees in points.values() for code in set(codes)}
    # The two sides of a border are drawn from two files: a line may end a little beyond it.
    assert {pair: n for pair, n in many.items() if n > 5 and n > 0.2 * whole[pair[0]]} == {}


def _within(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Codes, and longitudes and latitudes, of points within a map's places; insets have planes of their own."""
    plane = known(name).plane
    assert plane.centre is not None
    codes, found = [], []
    for one in features(name, "hatch0", "hatch1"):
        if one["id"] in INSETS:
            continue
        for part in one["arcs"]:
            x, y = line(name, part).mean(axis=0)
            codes.append(one["id"])
            found.append(_degrees(x / plane.scale + plane.left, plane.top - y / plane.scale, *plane.centre))
    return np.array(codes), np.array(found)


def _degrees(x: float, y: float, lon0: float, lat0: float) -> tuple[float, float]:
    """Lambert's azimuthal equal-area projection backwards (Snyder 1987, 20-14, 20-15, 24-16)."""
    rho = math.hypot(x, y) or 1e-12
    c, phi0 = 2 * math.asin(rho / 2), math.radians(lat0)
    phi = math.asin(math.cos(c) * math.sin(phi0) + y * math.sin(c) * math.cos(phi0) / rho)
    lam = math.atan2(x * math.sin(c), rho * math.cos(phi0) * math.cos(c) - y * math.sin(phi0) * math.sin(c))
    return lon0 + math.degrees(lam), math.degrees(phi)


def _bounds(degrees: np.ndarray) -> tuple[float, float, float, float]:
    (west, south), (east, north) = degrees.min(axis=0), degrees.max(axis=0)
    return float(west), float(south), float(east), float(north)


# --- names ---------------------------------------------------------------------------------------------------------


def test_the_register_has_the_policys_names_and_notes() -> None:
    """The register is rebuilt from the policy: what pages and exports say is the same."""
    with (ROOT / "ingest" / "register" / "names.csv").open(encoding="utf-8") as file:
        written = {(row["code"], row["lang"]): row["name"] for row in csv.DictReader(file)}
    for code, by_language in naming.policy().names.items():
        assert REGISTER[code]["name"] == by_language.get("en", REGISTER[code]["name"])
        if REGISTER[code]["level"] == "country":
            assert {language: written.get((code, language)) for language in by_language} == by_language
        for language, name in by_language.items():
            assert naming.name_and_note(code, language)[0] == name
    for code, note in naming.policy().notes.items():
        assert REGISTER[code]["note"] == note


def test_a_name_and_its_footnote() -> None:
    name, note = naming.name_and_note("XKX", "fr")
    assert name == "Kosovo (résolution 1244 du Conseil de sécurité)"
    assert "resolution 1244 (1999)" in note
    assert naming.name_and_note("BRA", "ar") == ("البرازيل", "")
    assert naming.name_and_note("BR-RJ", "zh") == ("Rio de Janeiro", "")
    assert naming.name_and_note("nowhere") == ("nowhere", "")


def test_every_code_of_the_policy_is_one() -> None:
    decided = naming.policy()
    codes = {*decided.names, *decided.notes, *decided.unmapped, *UNCOLOURED}
    codes |= {code for area in decided.areas for code in (*area.countries, area.colour) if code}
    codes |= {code for border in decided.borders for code in border.between}
    assert codes - set(REGISTER) == set()


# --- projections and classes ---------------------------------------------------------------------------------------

LON, LAT = st.floats(-160, 160), st.floats(-80, 80)


@given(LON, LAT)
def test_projections_keep_areas(lon: float, lat: float) -> None:
    for project in (equal_earth, partial(azimuthal, lon0=lon / 2, lat0=lat / 2)):
        assert _area(project, lon, lat) == pytest.approx(math.cos(math.radians(lat)), rel=1e-4)


def _area(project: Callable[[float, float], tuple[float, float]], lon: float, lat: float) -> float:
    """How much a small square grows, by the differences around a point."""
    step = 1e-4
    (x1, y1), (x2, y2) = project(lon - step, lat), project(lon + step, lat)
    (x3, y3), (x4, y4) = project(lon, lat - step), project(lon, lat + step)
    return abs((x2 - x1) * (y4 - y3) - (y2 - y1) * (x4 - x3)) / (2 * math.radians(step)) ** 2


def test_equal_earth_as_published() -> None:
    """Šavrič, Patterson and Jenny (2019): the pole's line is 0.59247 times as long as the equator."""
    assert equal_earth(-169 + 180, 0) == pytest.approx((0, 0))
    equator, pole = equal_earth(-169 + 360, 0)[0], equal_earth(-169 + 360, 90)
    assert equator == pytest.approx(2.70663, abs=1e-4)
    assert pole[0] / equator == pytest.approx(0.59247, abs=1e-4)
    assert pole[1] == pytest.approx(1.31737, abs=1e-4)


VALUES = st.lists(st.integers(0, 10**7), min_size=1, max_size=80)


@given(VALUES, st.integers(2, 5))
def test_classes_part_at_round_numbers(values: list[int], most: int) -> None:
    parted = classes.bounds(values, most)
    assert len(parted) < most
    assert list(parted) == sorted(set(parted))
    held = [value for value in values if value > 0]
    for bound in parted:
        assert min(held) < bound <= max(held)
    words = classes.words(parted, values, str)
    assert len(words) == len(parted) + 1
    assert all(0 <= classes.of(value, parted) < len(words) for value in held)
    for value in held:
        step = classes.of(value, parted)
        assert step == 0 or parted[step - 1] <= value
        assert step == len(parted) or value < parted[step]


@given(VALUES, st.integers(1, 60))
def test_the_least_that_is_drawn(values: list[int], most: int) -> None:
    held = [value for value in values if value > 0]
    if held:
        start = classes.least(held, most)
        assert len([value for value in held if value >= start]) <= most
        assert (start == 0) == (len(held) <= most)


def test_words_of_classes() -> None:
    assert classes.words((10, 100), [3, 50, 400], lambda n: f"{n:,.0f}") == ["under 10", "10 to 99", "100 and more"]
    assert classes.words((10, 100), [12, 400], lambda n: f"{n:,.0f}", 5)[0] == "5 to 9"
    assert classes.words((0.5,), [0.2, 0.7], str) == ["under 0.5", "0.5 and more"]
    assert classes.words((), [7, 7], lambda n: f"{n:g}") == ["7"]


# --- the three drawings --------------------------------------------------------------------------------------------


def looks(drawn: maps.Map) -> dict[str, dict[str, Any]]:
    """What the specification says of each polygon."""
    (lookup,) = drawn.spec["transform"]
    return {row["code"]: row for row in lookup["from"]["data"]["values"]}


def points(drawn: maps.Map) -> list[dict[str, Any]]:
    return [
        value
        for layer in drawn.spec["layer"]
        for value in layer.get("data", {}).get("values", ())
        if layer["mark"]["type"] == "point"
    ]


def signs(drawn: maps.Map) -> list[str]:
    values = [layer["data"]["values"] for layer in drawn.spec["layer"] if layer["mark"]["type"] == "text"]
    return [row["sign"] for row in (values[0] if values else [])]


def held(code: str, *of: str) -> dict[str, Any]:
    return {"code": code, "name": code, "classes": of, "text": f"{code}: {', '.join(of)}"}


def figure(code: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "value": value, "text": f"{code}: {value}", **more}


def corridor(origin: str, destination: str, value: Any) -> dict[str, Any]:
    names = {"origin_name": origin, "destination_name": destination}
    return {"origin": origin, "destination": destination, **names, "value": value, "text": f"{value}"}


def test_where_which_classes_hold_figures() -> None:
    rows = [
        held("BRA", "official", "non_official"),
        held("ARG", "official"),
        held("CHN", "non_official", "combined"),
        held("GRL", "combined"),
        held("MLT", "non_official"),
        held("XKX", "official"),
        held("TWN", "combined"),
        held("ATA", "official"),
    ]
    drawn = maps.world(rows)
    shown = looks(drawn)
    assert [row["code"] for row in drawn.drawn] == ["BRA", "ARG", "CHN", "GRL", "MLT"]
    assert (shown["BRA"]["fill"], shown["BRA"].get("lines")) == (draw.HELD["both"][0], None)
    assert shown["ARG"]["fill"] == draw.HELD["official"][0]
    assert (shown["CHN"]["fill"], shown["CHN"]["lines"]) == draw.HELD["non_official"]
    assert len({shown[code]["fill"] for code in ("BRA", "ARG", "CHN", "GRL")} | {draw.LAND}) == 5
    assert {row["code"]: why for row, why in drawn.left_out}.keys() == {"XKX", "TWN", "ATA"}
    assert not {"XKX", "TWN", "ATA"} & set(shown)
    (malta,) = [point for point in points(drawn) if point["text"] == "MLT: non_official"]
    assert malta["shape"] == "triangle-up"
    # Islands without a figure are there too.
    assert len(points(drawn)) == len(known(WORLD).small) > 40


def test_zero_is_not_nothing_and_nothing_is_not_zero() -> None:
    rows = [
        figure("BR-RJ", Decimal(1200)),
        figure("BR-SP", Decimal(30)),
        figure("BR-MG", Decimal(7), completeness="partial"),
        figure("BR-AC", Decimal(0)),
        figure("BR-AM", None),
        figure("BR-PA", None, status="Q"),
        figure("BR-BA", Decimal(2), status="E"),
        figure("BR-CE", Decimal(900)),
    ]
    drawn = maps.below("BRA", rows)
    shown = looks(drawn)
    assert set(shown) == set(known("BRA").drawn)
    assert (shown["BR-AC"]["fill"], shown["BR-AC"].get("lines")) == (draw.ZERO, None)
    assert (shown["BR-AM"]["fill"], shown["BR-AM"]["lines"]) == draw.UNKNOWN
    assert (shown["BR-PA"]["fill"], shown["BR-PA"]["lines"]) == draw.WITHHELD
    # A state no row speaks of is hatched as well, and says so.
    assert (shown["BR-TO"]["fill"], shown["BR-TO"]["lines"]) == draw.UNKNOWN
    assert "no figure held" in shown["BR-TO"]["text"]
    fills = {code: shown[code]["fill"] for code in ("BR-RJ", "BR-BA", "BR-AC", "BR-AM", "BR-PA")}
    assert len(set(fills.values())) == 5
    assert draw.ZERO not in draw.STEPS["official"]
    assert sorted(signs(drawn)) == ["0", "≈", "≥"]
    words = [key.words for key in drawn.key]
    assert any("zero" in said for said in words)
    assert sum("no figure held" in said for said in words) == 1
    assert any("suppressed" in said for said in words)


def test_places_without_a_polygon_are_bubbles() -> None:
    rows = [figure("KE-30", 400), figure("KE-47", 100), figure("KE-01", None), figure("KE-02", 0), figure("KE-99", 5)]
    drawn = maps.below("KEN", rows)
    by_text = {point["text"]: point for point in points(drawn)}
    assert by_text["KE-30: 400"]["size"] == pytest.approx(4 * by_text["KE-47: 100"]["size"], abs=1)
    assert by_text["KE-01: None"]["shape"] == "cross"
    assert by_text["KE-02: 0"]["fill"] == draw.ZERO
    assert [row["code"] for row, _why in drawn.left_out] == ["KE-99"]
    assert "transform" not in drawn.spec


def test_below_a_state_places_stand_where_they_lie() -> None:
    code = "BR-IBGE:3304557"
    drawn = maps.below("BR-RJ", [figure(code, 7, lat=-22.9, lon=-43.2), figure("BR-IBGE:1", 2)])
    (point,) = points(drawn)
    assert (point["x"], point["y"]) == pytest.approx(known("BRA").plane.at(-43.2, -22.9), abs=0.06)
    assert [row["code"] for row, _why in drawn.left_out] == ["BR-IBGE:1"]
    assert any("BR-RJ" in str(layer.get("transform")) for layer in drawn.spec["layer"])
    assert drawn.aspect == pytest.approx(1.6, abs=0.4)


def test_the_ratio_of_two_sources_parts_around_one() -> None:
    rows = [
        figure("MX-JAL", 5.0),
        figure("MX-CHP", 1.0),
        figure("MX-OAX", 0.1),
        figure("MX-SON", 1.5),
        figure("MX-YUC", 1 / 1.5),
        figure("MX-COL", None),
    ]
    drawn = maps.below("MEX", rows, ratio_of=("First", "Second"))
    shown = looks(drawn)
    order = [shown[f"MX-{code}"]["fill"] for code in ("JAL", "SON", "CHP", "YUC", "OAX")]
    assert order == [draw.DIVERGING[at_] for at_ in (0, 2, 3, 4, 6)]
    assert shown["MX-COL"]["lines"]
    assert sorted(signs(drawn)) == sorted("▲▲▼▼")
    words = [key.words for key in drawn.key]
    assert words[0].startswith("First more than 4 times")
    assert words[6].startswith("Second more than 4 times")


def test_corridors_are_arrows_in_few_widths() -> None:
    rows = [
        corridor("US-AZ", "US-CA", 2500),
        corridor("US-TX", "US-CA", 400),
        corridor("US-CA", "US-TX", 40),
        corridor("US-CA", "US-CA", 9000),
        corridor("US-NV", "US-CA", 0),
        corridor("US-GU", "US-CA", 12),
    ]
    drawn = maps.flows(rows, within="USA")
    shafts = [layer for layer in drawn.spec["layer"] if "strokeWidth" in layer.get("encoding", {}) and "data" in layer]
    widths = {value["text"]: value["width"] for value in shafts[0]["data"]["values"]}
    assert widths["2500"] > widths["400"] > widths["40"]
    assert [row["value"] for row in drawn.drawn] == [2500, 400, 40]
    why = {(row["origin"], row["value"]): reason for row, reason in drawn.left_out}
    assert "stays in its place" in why["US-CA", 9000]
    assert "no number" in why["US-NV", 0]
    assert "not on this map" in why["US-GU", 12]
    assert all(key.size in draw.WIDTHS for key in drawn.key)


def test_of_too_many_corridors_only_the_wide_ones_are_drawn() -> None:
    states = sorted(known("USA").drawn)
    rows = [corridor(one, other, at_ + 1) for at_, (one, other) in enumerate(pairwise(states * 3)) if one != other]
    drawn = maps.flows(rows, within="USA", most=20)
    assert 0 < len(drawn.drawn) <= 20
    assert len(drawn.drawn) + len(drawn.left_out) == len(rows)
    least = min(row["value"] for row in drawn.drawn)
    assert all(row["value"] < least for row, _why in drawn.left_out)
    assert {why.split(":")[0] for _row, why in drawn.left_out} == {drawn.left_out[0][1].split(":")[0]}


def test_flows_between_countries_leave_out_what_has_no_un_code() -> None:
    drawn = maps.flows([corridor("ALB", "XKX", 9), corridor("TUR", "SOM", 70)])
    assert [row["origin"] for row in drawn.drawn] == ["TUR"]
    assert "no colour" in drawn.left_out[0][1]


def test_no_geometry_is_sent_along() -> None:
    """Only what rows say of it; a page of every country is a few thousand bytes."""
    rows = [held(code, "official", "combined") for code, row in REGISTER.items() if row["level"] == "country"]
    spec = json.dumps(maps.world(rows).spec)
    assert len(rows) > 240
    assert len(spec) < 35_000
    assert "coordinates" not in spec


def test_every_map_can_be_drawn_without_rows() -> None:
    for name in set(NAMES) - {WORLD}:
        drawn = maps.below(name, [])
        assert drawn.spec["data"]["url"].startswith(f"app/static/maps/{name}.json")
        assert drawn.key or not known(name).drawn


def test_the_order_of_rows_is_kept_and_values_order_nothing() -> None:
    rows = [figure(code, value) for code, value in (("BR-SP", 3), ("BR-AC", 900), ("BR-RJ", 20))]
    assert [row["code"] for row in maps.below("BRA", rows).drawn] == ["BR-SP", "BR-AC", "BR-RJ"]
    assert list(looks(maps.below("BRA", rows))) == list(known("BRA").drawn)


# --- what is seen without colour -----------------------------------------------------------------------------------


def lightness(colour: str) -> float:
    """CIE L* of an sRGB colour."""
    parts = [int(colour[at_ : at_ + 2], 16) / 255 for at_ in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_classes_are_told_apart_in_grey() -> None:
    for ramp in draw.STEPS.values():
        assert all(lightness(one) - lightness(other) > 9 for one, other in pairwise(ramp))
    plain = sorted(lightness(fill) for fill, lines in (*draw.HELD.values(), (draw.LAND, "")) if not lines)
    assert all(other - one > 7 for one, other in pairwise(plain))
    middle = len(draw.DIVERGING) // 2
    for side in (draw.DIVERGING[: middle + 1], draw.DIVERGING[middle:][::-1]):
        assert all(lightness(other) - lightness(one) > 9 for one, other in pairwise(side))


# --- under a map ---------------------------------------------------------------------------------------------------

HOSTILE = "![x](http://evil) <script>alert(1)</script> <img src=http://evil/x>"


def test_the_disclaimer_stands_under_every_map() -> None:
    for drawn in (
        maps.world([]),
        maps.below("BRA", []),
        maps.below("BR-RJ", []),
        maps.flows([]),
        maps.flows([], within="USA"),
    ):
        assert frame.designations() in unescape(maps.under(drawn))


def test_what_is_not_on_a_map_is_said_under_it_as_text() -> None:
    rows = [{**figure("BR-XX", 3), "name": HOSTILE}]
    under = maps.under(maps.below("BRA", rows))
    assert HOSTILE in unescape(under)
    assert "<script" not in under
    assert "<img" not in under


def test_notes_on_names_go_with_a_map() -> None:
    drawn = maps.world([held("FLK", "combined")])
    assert any(note.startswith("Falkland Islands (Malvinas): A dispute exists") for note in drawn.notes)
    assert any("Western Sahara" in note for note in drawn.notes)
    assert maps.below("BRA", []).notes == ()


def test_the_generator_of_the_geometry_stands_alone() -> None:
    """shapely is not installed with the commons."""
    users = []
    for path in (ROOT / "dashboard").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        named += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        users += [path.name] if any(name.startswith("shapely") for name in named) else []
    assert users == ["rebuild.py"]
