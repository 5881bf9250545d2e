"""The three maps as Vega-Lite dictionaries, each with its key, its rows and what is not on it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.charts import FONT, INK, PAPER, Spec
from dashboard.data import Row
from dashboard.language import _, current, nothing
from dashboard.language import number as written
from dashboard.maps import classes
from dashboard.maps.planes import WORLD, Ground, country_of, ground
from dashboard.markup import COLOURS
from ingest.register.naming import name_and_note, policy

LAND = "#E8E1D3"
"""A country nobody holds a figure of, on the world map; and the ground under corridors."""
APART = "#F6F2EA"
"""An area that takes no colour."""
COAST, DASHED = "#B3AA98", "#4A4740"
UNKNOWN = ("#F6F2EA", "#A79E8C")
"""No figure: colour and hatching lines. It must look like neither zero nor a low number."""
WITHHELD = ("#D3CABA", "#6B675E")
ZERO = "#FFFFFF"
STEPS = {
    "official": ("#D9E4F1", "#A9C2DF", "#769CCB", "#4373AE", "#1B427A"),
    "non_official": ("#F7E8CD", "#EBCB95", "#D9A24C", "#B0700F", "#6E4200"),
    "combined": ("#D6ECE8", "#A0D2CB", "#65B2A9", "#2B857C", "#0F4F49"),
}
"""Provenance → colours of classes from low to high: one hue each, told apart by lightness alone."""
DIVERGING = ("#4F2D73", "#8A68AE", "#C3B0D8", "#E8E1D3", "#A9CB98", "#6E9E5B", "#3B6D2E")
"""From the first source's being much higher over about the same to the second's."""
DARK = frozenset((0, 1, 5, 6))
"""Which of them need light signs."""
AROUND_ONE = (4.0, 2.0, 1.25, 0.8, 0.5, 0.25)
HELD = {
    "both": ("#2B5690", ""),
    "official": ("#7BA0CC", ""),
    "non_official": ("#F4E4C8", "#B5771A"),
    "combined": ("#A9D6CF", ""),
}
"""What classes of source hold figures → colour and hatching lines: apart by lightness and pattern alone as well."""
SHAPES = {"both": "diamond", "official": "circle", "non_official": "triangle-up", "combined": "square"}
SIGNS = {"both": "◆", "official": "●", "non_official": "▲", "combined": "■"}
"""The same shapes in a legend: small countries are drawn as points only."""
WIDTHS = (1.2, 2.6, 4.6, 7.2)
BUBBLE = 800
"""Square pixels of the largest bubble."""
NARROW = 560
"""Pixels of width below which every other hatching line is left out."""
ROOM = 17
"""Pixels a place must be wide and high to bear a sign."""
ESTIMATED, WITHOUT, PLAIN = frozenset("EI"), frozenset("LMOQ"), frozenset(("A", "", None))
"""Codes of `obs_status`: estimates, what the source says it has no number for, and what is nothing special."""

Number = Callable[[float], str]


@dataclass(frozen=True)
class Key:
    """One line of a legend: its words, and what is drawn beside them."""

    words: str
    kind: str
    """area, circle, triangle-up, triangle-down, square, diamond, cross, arrow, dashed or sign."""
    fill: str = "none"
    lines: str = ""
    """The colour of hatching lines."""
    sign: str = ""
    light: bool = False
    """Whether the sign must be light on its ground."""
    size: float = 13
    """The width in pixels, or of an arrow its thickness."""


@dataclass(frozen=True)
class Map:
    """A map and all that goes with it; see the package."""

    spec: Spec
    aspect: float
    key: tuple[Key, ...]
    drawn: tuple[Row, ...]
    left_out: tuple[tuple[Row, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Look:
    """How one place is drawn."""

    fill: str
    lines: str = ""
    sign: str = ""
    light: bool = False
    """Whether a sign on it must be light."""
    shape: str = "circle"
    size: float = 60
    edge: str = PAPER


def world(rows: Iterable[Row]) -> Map:
    """Where which classes of source hold figures."""
    base = _known(WORLD)
    held = list(rows)
    drawn, left_out = _placed(held, base, _("It is not on the world map."))
    looks = {row["code"]: _holding(row["classes"]) for row, _at in drawn}
    texts = {row["code"]: row["text"] for row, _at in drawn}
    nobody = _Look(LAND, size=10, edge=DASHED)
    points = [_point(base.places[code], looks.get(code, nobody), texts.get(code)) for code in sorted(base.small)]
    said = {
        "both": _("An official source and one of another class"),
        "official": _("Official sources only"),
        "non_official": _("Non-official sources; no official one"),
        "combined": _("Combined sources only"),
    }
    kinds = {_kind(row["classes"]) for row, _at in drawn}
    key = [
        Key(words, "area", *HELD[kind], sign=SIGNS[kind], light=kind == "both")
        for kind, words in said.items()
        if kind in kinds
    ]
    return Map(
        spec=_spec(
            base,
            [_area(code, look, texts[code]) for code, look in looks.items()],
            [*_areas(LAND), *_lines(), _points(points)],
        ),
        aspect=base.plane.width / base.plane.height,
        key=(*key, Key(_("No figure held here"), "area", LAND), *_key_of(base)),
        drawn=tuple(row for row, _at in drawn),
        left_out=left_out,
        notes=_notes(base, held),
    )


def _holding(held: Iterable[str]) -> _Look:
    kind = _kind(held)
    return _Look(*HELD[kind], shape=SHAPES[kind], size=42, edge=DASHED) if kind else _Look(LAND, size=10, edge=DASHED)


def _kind(held: Iterable[str]) -> str:
    found = set(held)
    if "official" in found:
        return "both" if len(found) > 1 else "official"
    return "non_official" if "non_official" in found else "combined" if found else ""


def below(
    place: str,
    rows: Iterable[Row],
    *,
    provenance: str = "official",
    ratio_of: tuple[str, str] | None = None,
    number: Number = written,
) -> Map:
    """What one source says of the places one level below a place, or the ratio of two sources."""
    base = _known(country_of(place) or "")
    held = list(rows)
    drawn, left_out = _placed(held, base, _("Neither its boundary nor a point for it is at hand."))
    scale = _Ratio(ratio_of, number) if ratio_of else _Steps([row["value"] for row in held], provenance, number)
    # A state without a polygon is shown by its country's.
    whole = place not in base.drawn
    polygons = [*base.drawn] if place == base.name else []
    filled = [(row, scale.area(row)) for row, _at in drawn if row["code"] in polygons]
    # The largest first: smaller ones stay visible on them.
    bubbles = sorted(
        ((row, at, scale.bubble(row)) for row, at in drawn if row["code"] not in polygons), key=lambda one: -one[2].size
    )
    areas = {code: _area(code, _Look(*UNKNOWN), f"{_name(code)}: {nothing()}") for code in polygons}
    areas |= {row["code"]: _area(row["code"], look, row["text"]) for row, look in filled}
    layers = [
        *(_areas(UNKNOWN[0] if polygons else LAND) if whole else _outline(place)),
        *(_lines() if whole else []),
        _points(
            [_point(base.places[row["code"]], look, row["text"]) for row, look in filled if row["code"] in base.small]
        ),
        _points([_point(at, look, row["text"]) for row, at, look in bubbles], opacity=0.85),
        _signs(
            [
                *(_sign(base.places[row["code"]], look, base.room(row["code"])) for row, look in filled),
                *(_sign(at, look, 1) for _row, at, look in bubbles),
            ]
        ),
    ]
    silent = len(filled) < len(polygons)
    key = [*scale.key([row for row, _look in filled], [row for row, _at, _look in bubbles], silent=silent)]
    box = base.drawn.get(place, (0, 0, base.plane.width, base.plane.height))
    return Map(
        spec=_spec(base, [*areas.values()], layers),
        aspect=(box[2] - box[0]) / max(box[3] - box[1], 1),
        key=(*key, *(_key_of(base) if whole else ())),
        drawn=tuple(row for row, _at in drawn),
        left_out=left_out,
        notes=_notes(base if whole else None, held),
    )


class _Steps:
    """Classes of values, from low to high."""

    def __init__(self, values: Iterable[Any], provenance: str, number: Number) -> None:
        self._values = [float(value) for value in values if value]
        self._highest = max(self._values, default=1.0)
        # Few figures need few classes.
        self._bounds = classes.bounds(self._values, min(5, max(2, 1 + len(self._values) // 3)))
        ramp = STEPS[provenance]
        self._edge = ramp[-1]
        self._fills = {
            1: ramp[2:3],
            2: (ramp[1], ramp[3]),
            3: ramp[::2],
            4: (*ramp[:2], *ramp[3:]),
            5: ramp,
        }[len(self._bounds) + 1]
        self._number = number

    def area(self, row: Row) -> _Look:
        """How a polygon is filled."""
        if row["value"] is None:
            return _Look(*(WITHHELD if row.get("status") in WITHOUT else UNKNOWN))
        if not row["value"]:
            return _Look(ZERO, sign=self._number(0))
        step = classes.of(float(row["value"]), self._bounds)
        return _Look(self._fills[step], sign=_caveat(row), light=step > len(self._fills) / 2)

    def bubble(self, row: Row) -> _Look:
        """How a point is drawn: its area goes with the value."""
        look = self.area(row)
        if row["value"] is None:
            return _Look(UNKNOWN[1] if look.fill == UNKNOWN[0] else WITHHELD[1], shape="cross", size=34)
        if not row["value"]:
            return _Look(ZERO, size=26, edge=DASHED)
        size = max(26.0, BUBBLE * float(row["value"]) / self._highest)
        return _Look(look.fill, sign=look.sign if size > 150 else "", light=look.light, size=size, edge=self._edge)

    def key(self, areas: list[Row], points: list[Row], *, silent: bool) -> list[Key]:
        """The legend: classes that occur, then what is no number."""
        rows = [*areas, *points]
        words = classes.words(self._bounds, self._values, self._number) if self._values else []
        shape = "area" if areas or silent else "circle"
        key = [Key(said, shape, fill) for said, fill in zip(words, self._fills, strict=False)]
        if any(row["value"] is not None and not row["value"] for row in rows):
            key.append(
                Key(_("none: the source says zero"), shape, ZERO, sign=self._number(0) if shape == "area" else "")
            )
        return [*key, *_without(areas, points, silent=silent), *_caveats(rows)]


class _Ratio:
    """Classes of a ratio around one."""

    def __init__(self, of: tuple[str, str], number: Number) -> None:
        self._first, self._second = of
        self._number = number

    def _step(self, value: Any) -> int:
        return sum(float(value) < bound for bound in AROUND_ONE)

    def area(self, row: Row) -> _Look:
        """How a polygon is filled, with the sign of the higher one."""
        if row["value"] is None:
            return _Look(*(WITHHELD if row.get("status") in WITHOUT else UNKNOWN))
        step = self._step(row["value"])
        return _Look(DIVERGING[step], sign=_UP_DOWN[_side(step)], light=step in DARK)

    def bubble(self, row: Row) -> _Look:
        """How a point is drawn: a triangle towards the higher one."""
        if row["value"] is None:
            return _Look(WITHHELD[1] if row.get("status") in WITHOUT else UNKNOWN[1], shape="cross", size=34)
        step = self._step(row["value"])
        return _Look(DIVERGING[step], shape=_POINTED[_side(step)], size=95, edge=DASHED)

    def key(self, areas: list[Row], points: list[Row], *, silent: bool) -> list[Key]:
        """The legend: every class, for it must be seen what the middle is."""
        n = self._number
        high, mid, low = AROUND_ONE[0], AROUND_ONE[1], AROUND_ONE[2]
        of = {"first": self._first, "second": self._second}
        said = [
            _("{first} more than {n} times {second}").format(**of, n=n(high)),
            _("{low} to {high} times").format(low=n(mid), high=n(high)),
            _("{low} to {high} times").format(low=n(low), high=n(mid)),
            _("about the same (up to {n} times)").format(n=n(low)),
            _("{low} to {high} times").format(low=n(low), high=n(mid)),
            _("{low} to {high} times").format(low=n(mid), high=n(high)),
            _("{second} more than {n} times {first}").format(**of, n=n(high)),
        ]
        shape = "area" if areas or silent else ""
        key = [
            Key(
                words,
                shape or _POINTED[_side(step)],
                fill,
                sign=_UP_DOWN[_side(step)] if shape else "",
                light=step in DARK,
            )
            for step, (words, fill) in enumerate(zip(said, DIVERGING, strict=True))
        ]
        return [*key, *_without(areas, points, silent=silent)]


_UP_DOWN = {"first": "▲", "same": "", "second": "▼"}
_POINTED = {"first": "triangle-up", "same": "circle", "second": "triangle-down"}


def _side(step: int) -> str:
    return "first" if step < 3 else "second" if step > 3 else "same"


def _caveat(row: Row) -> str:
    """The sign of a figure that may not be read as it stands."""
    if row.get("completeness") == "partial":
        return "≥"
    status = row.get("status")
    return "" if status in PLAIN else "≈" if status in ESTIMATED else "*"


def _caveats(rows: list[Row]) -> list[Key]:
    said = {
        "≥": _("at least: only part of what there is to count"),
        "≈": _("estimated"),
        "*": _("with a caveat, said in the table"),
    }
    found = {_caveat(row) for row in rows if row["value"]}
    return [Key(words, "sign", sign=sign) for sign, words in said.items() if sign in found]


def _without(areas: list[Row], points: list[Row], *, silent: bool) -> list[Key]:
    """The lines of the legend for what has no number."""
    key = []
    for withheld, look, words in (
        (True, WITHHELD, _("the source states no number (suppressed or not collected)")),
        (False, UNKNOWN, _("no figure held here")),
    ):
        here = [
            [row["value"] is None and (row.get("status") in WITHOUT) == withheld for row in rows]
            for rows in (areas, points)
        ]
        if any(here[0]) or (silent and not withheld):
            key.append(Key(words, "area", *look))
        elif any(here[1]):
            key.append(Key(words, "cross", look[1]))
    return key


def flows(
    rows: Iterable[Row],
    *,
    within: str | None = None,
    provenance: str = "official",
    most: int = 60,
    number: Number = written,
) -> Map:
    """Corridors as arrows: their width goes with the value, in few classes."""
    base = _known(within or WORLD)
    held = list(rows)
    left_out: list[tuple[Row, str]] = []
    placed: list[Row] = []
    for row in held:
        reason = _no_arrow(row, base)
        if reason:
            left_out.append((row, reason))
        else:
            placed.append(row)
    start = classes.least([float(row["value"]) for row in placed], most)
    shown = [row for row in placed if float(row["value"]) >= start]
    if len(shown) < len(placed):
        fewer = _("Fewer than {n}: only the wider corridors are drawn, so that they can be told apart.")
        left_out += [(row, fewer.format(n=number(start))) for row in placed if float(row["value"]) < start]
    values = [float(row["value"]) for row in shown]
    parted = classes.bounds(values, len(WIDTHS))
    words = classes.words(parted, values, number, start) if values else []
    widths = WIDTHS[len(WIDTHS) - len(words) :]
    colour = COLOURS[provenance][0]
    # Wide ones first, so that narrow ones stay visible on them.
    arrows = [
        _arrow(base, row, widths[classes.of(float(row["value"]), parted)])
        for row in sorted(shown, key=lambda row: -float(row["value"]))
    ]
    ends = {code for row in shown for code in (row["origin"], row["destination"])}
    dots = [_point(base.places[code], _Look(INK, size=20), _name(code)) for code in sorted(ends)]
    layers = [*_areas(LAND), *_lines(), *_arrows(arrows, colour), _points(dots, edge=PAPER)]
    key = [Key(said, "arrow", colour, size=width) for said, width in zip(words, widths, strict=True)]
    return Map(
        spec=_spec(base, [], layers),
        aspect=base.plane.width / base.plane.height,
        key=(*key, *_key_of(base)),
        drawn=tuple(shown),
        left_out=tuple(left_out),
        notes=_notes(base, [{"code": code} for row in held for code in (row["origin"], row["destination"])]),
    )


def _no_arrow(row: Row, base: Ground) -> str:
    """Why a corridor is not drawn, or ''."""
    if row["origin"] == row["destination"]:
        return _("It stays in its place: no arrow can show it.")
    if not row["value"]:
        return _("There is no number to draw.")
    for code in (row["origin"], row["destination"]):
        area = policy().uncoloured.get(code)
        if area:
            return _uncoloured(area.note)
        if code not in base.places or not base.plane.holds(*base.places[code]):
            return _("{place} is not on this map.").format(place=_name(code))
    return ""


# --- where rows stand ----------------------------------------------------------------------------------------------


def _known(name: str) -> Ground:
    base = ground(name)
    if base is None:
        raise KeyError(f"There is no map of {name!r}.")
    return base


def _placed(
    rows: list[Row], base: Ground, nowhere: str
) -> tuple[list[tuple[Row, tuple[float, float]]], tuple[tuple[Row, str], ...]]:
    """Rows with where they stand, and those that stand nowhere, with the reason."""
    placed, left_out = [], []
    for row in rows:
        area = policy().uncoloured.get(row["code"])
        at = base.places.get(row["code"])
        if at is None and row.get("lat") is not None and row.get("lon") is not None:
            at = base.plane.at(float(row["lon"]), float(row["lat"]))
        if area:
            left_out.append((row, _uncoloured(area.note)))
        elif row["code"] in policy().unmapped:
            left_out.append((row, _(policy().unmapped[row["code"]])))
        elif at is None:
            left_out.append((row, nowhere))
        elif not base.plane.holds(*at):
            left_out.append((row, _("It lies outside this map.")))
        else:
            placed.append((row, at))
    return placed, tuple(left_out)


def _uncoloured(note: str) -> str:
    return f"{_('It takes no colour and no entry of its own on a map.')} {_(note)}"


def _name(code: str) -> str:
    return name_and_note(code, current())[0]


def _notes(base: Ground | None, rows: Iterable[Row]) -> tuple[str, ...]:
    """What must be said under a map: of its borders, and of the names of places with figures."""
    held = [_(note) for note in (base.notes if base else ())]
    for code in dict.fromkeys(row["code"] for row in rows):
        name, note = name_and_note(code, current())
        # What an area's own note says already, the places in it need not say again.
        if note and _(note) not in held and code not in policy().uncoloured:
            held.append(f"{name}: {_(note)}")
    return tuple(held)


# --- layers --------------------------------------------------------------------------------------------------------


def _area(code: str, look: _Look, text: str) -> Row:
    return {"code": code, "fill": look.fill, "text": text, **({"lines": look.lines} if look.lines else {})}


def _point(at: tuple[float, float], look: _Look, text: str | None) -> Row:
    x, y = at
    return {
        "x": round(x, 1),
        "y": round(y, 1),
        "fill": look.fill,
        "shape": look.shape,
        "size": round(look.size),
        "edge": look.edge,
        "text": text,
    }


def _sign(at: tuple[float, float], look: _Look, room: float) -> Row:
    fill = PAPER if look.light else INK
    return {"x": round(at[0], 1), "y": round(at[1], 1), "sign": look.sign, "fill": fill, "room": round(room, 4)}


_TOOLTIP = {"condition": {"test": "isValid(datum.text)", "field": "text", "type": "nominal"}, "value": None}


def _of_kind(*kinds: str) -> Spec:
    return {"filter": " || ".join(f"datum.properties.k === '{kind}'" for kind in kinds)}


def _colour(field: str, default: str) -> Spec:
    return {
        "condition": {"test": f"isValid(datum.{field})", "field": field, "type": "nominal", "scale": None},
        "value": default,
    }


def _areas(default: str) -> list[Spec]:
    """Polygons in their colours, those without one in `default`, and the hatching lines over them."""
    hatch = f"datum.properties.k === 'hatch0' || (datum.properties.k === 'hatch1' && width >= {NARROW})"
    return [
        {
            "transform": [_of_kind("land", "apart")],
            "mark": {"type": "geoshape", "strokeWidth": 0},
            "encoding": {
                "fill": {"condition": {"test": "datum.properties.k === 'apart'", "value": APART}, "value": LAND}
            },
        },
        {
            "transform": [_of_kind("place")],
            "mark": {"type": "geoshape", "strokeWidth": 0},
            "encoding": {"fill": _colour("fill", default), "tooltip": _TOOLTIP},
        },
        {
            "transform": [{"filter": f"isValid(datum.lines) && ({hatch})"}],
            "mark": {"type": "geoshape", "filled": False, "strokeWidth": 1.1},
            "encoding": {"stroke": _colour("lines", COAST), "tooltip": _TOOLTIP},
        },
    ]


def _lines() -> list[Spec]:
    """Borders in the colour of the page, coasts and outlines thin, disputed lines dashed."""
    return [
        {
            "transform": [_of_kind("border", "outline", "frame")],
            "mark": {"type": "geoshape", "filled": False},
            "encoding": {
                "stroke": {"condition": {"test": "datum.properties.k === 'border'", "value": PAPER}, "value": COAST},
                "strokeWidth": {"condition": {"test": "datum.properties.k === 'border'", "value": 1}, "value": 0.7},
            },
        },
        # Dashes need a light ground to be seen on dark colours.
        {
            "transform": [_of_kind("dashed")],
            "mark": {"type": "geoshape", "filled": False, "stroke": PAPER, "strokeWidth": 2},
        },
        {
            "transform": [_of_kind("dashed")],
            "mark": {"type": "geoshape", "filled": False, "stroke": DASHED, "strokeWidth": 1.1, "strokeDash": [3, 2.5]},
        },
    ]


def _outline(place: str) -> list[Spec]:
    """One polygon as the ground for points."""
    return [
        {
            "transform": [{"filter": f"datum.id === '{place}' && datum.properties.k === 'place'"}],
            "mark": {"type": "geoshape", "fill": LAND, "stroke": COAST, "strokeWidth": 1},
        }
    ]


_AT: Spec = {
    "longitude": {"field": "x", "type": "quantitative"},
    "latitude": {"field": "y", "type": "quantitative"},
}


def _points(points: Sequence[Row], *, opacity: float = 1, edge: str | None = None) -> Spec:
    return {
        "data": {"values": [*points]},
        # On a small screen points of a fixed size would hide one another.
        "transform": [{"calculate": "datum.size * clamp(width / 900, 0.4, 1)", "as": "area"}],
        "mark": {"type": "point", "filled": True, "opacity": opacity, "strokeWidth": 1},
        "encoding": {
            **_AT,
            "fill": {"field": "fill", "type": "nominal", "scale": None},
            "stroke": {"value": edge} if edge else {"field": "edge", "type": "nominal", "scale": None},
            "shape": {"field": "shape", "type": "nominal", "scale": None},
            "size": {"field": "area", "type": "quantitative", "scale": None},
            "tooltip": _TOOLTIP,
        },
    }


def _signs(signs: Sequence[Row]) -> Spec:
    return {
        "data": {"values": [sign for sign in signs if sign["sign"]]},
        # A sign that its place has no room for would be read as another's.
        "transform": [{"filter": f"datum.room * min(width, height) > {ROOM}"}],
        "mark": {"type": "text", "font": FONT, "fontSize": 13, "fontWeight": 600, "baseline": "middle"},
        "encoding": {
            **_AT,
            "text": {"field": "sign", "type": "nominal"},
            "fill": {"field": "fill", "type": "nominal", "scale": None},
        },
    }


def _arrow(base: Ground, row: Row, width: float) -> Row:
    """A curve to the left of the straight way, which leaves room for the one back, and where its head is."""
    (x0, y0), (x2, y2) = base.places[row["origin"]], base.places[row["destination"]]
    way = math.hypot(x2 - x0, y2 - y0) or 1
    unit = max(base.plane.width, base.plane.height) / 1000
    bend = min(0.2, 60 * unit / way + 0.1)
    x1, y1 = (x0 + x2) / 2 + (y2 - y0) * bend, (y0 + y2) / 2 - (x2 - x0) * bend
    # Both ends keep clear of the dots.
    from_, to = min(0.15, 8 * unit / way), 1 - min(0.2, (9 + 2 * width) * unit / way)
    steps = [from_ + (to - from_) * count / 14 for count in range(15)]
    line = [
        [
            round((1 - t) ** 2 * x0 + 2 * t * (1 - t) * x1 + t**2 * x2, 1),
            round((1 - t) ** 2 * y0 + 2 * t * (1 - t) * y1 + t**2 * y2, 1),
        ]
        for t in steps
    ]
    dx, dy = 2 * (1 - to) * (x1 - x0) + 2 * to * (x2 - x1), 2 * (1 - to) * (y1 - y0) + 2 * to * (y2 - y1)
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": line},
        "width": width,
        "text": row["text"],
        "x": line[-1][0],
        "y": line[-1][1],
        "angle": round(math.degrees(math.atan2(dx, -dy))),
        "size": round(45 + 26 * width),
    }


def _arrows(arrows: list[Row], colour: str) -> list[Spec]:
    heads = [{key: arrow[key] for key in ("x", "y", "angle", "size", "text")} for arrow in arrows]
    shafts = [{key: arrow[key] for key in ("type", "geometry", "width", "text")} for arrow in arrows]
    return [
        {
            "data": {"values": shafts},
            "mark": {"type": "geoshape", "filled": False, "stroke": colour, "opacity": 0.62, "strokeCap": "butt"},
            "encoding": {"strokeWidth": {"field": "width", "type": "quantitative", "scale": None}, "tooltip": _TOOLTIP},
        },
        {
            "data": {"values": heads},
            "mark": {
                "type": "point",
                "filled": True,
                "shape": "triangle",
                "fill": colour,
                "strokeWidth": 0,
                "opacity": 0.9,
            },
            "encoding": {
                **_AT,
                "angle": {"field": "angle", "type": "quantitative", "scale": None},
                "size": {"field": "size", "type": "quantitative", "scale": None},
                "tooltip": _TOOLTIP,
            },
        },
    ]


def _key_of(base: Ground) -> list[Key]:
    """What every map with disputed lines must explain."""
    if not base.notes:
        return []
    return [Key(_("disputed or undetermined border, or area without a UN code"), "dashed", APART)]


def _spec(base: Ground, areas: list[Row], layers: list[Spec]) -> Spec:
    """The whole: the geometry is fetched from this app, and only what rows say of it is sent along."""
    spec: Spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"url": base.url, "format": {"type": "topojson", "feature": "map"}},
        "projection": {"type": "identity"},
        "width": "container",
        "height": "container",
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 2, "right": 2, "top": 2, "bottom": 2},
        "layer": [layer for layer in layers if "data" not in layer or layer["data"]["values"]],
        "config": {
            "background": "transparent",
            "font": FONT,
            "view": {"stroke": None},
            "mark": {"aria": False},
            "geoshape": {"aria": False},
        },
        "usermeta": {"embedOptions": {"renderer": "svg"}},
    }
    if areas:
        fields = ["fill", "lines", "text"]
        spec["transform"] = [{"lookup": "id", "from": {"data": {"values": areas}, "key": "code", "fields": fields}}]
    return spec
