"""Vega-Lite charts as plain dictionaries. A chart draws what a query gave it and calculates nothing."""

import re
from collections.abc import Callable
from typing import Any

from dashboard.data import Row
from dashboard.language import _, in_order, number, percent, period, separators, year
from dashboard.markup import COLOURS, DASHES, nth
from dashboard.words import say, stated

PAPER = "#FAF7F1"
INK = "#22252B"
MUTED = "#6B675E"
GRID = "#E4DDCF"
VEGA_SHAPES = {"official": "circle", "non_official": "triangle-up", "combined": "square"}
SIZES = (120, 80, 52, 36)
"""Points of the first, second … source: points that lie on each other stay visible, as do dashes on a line."""
SIZED = frozenset(("height", "step", "strokeWidth", "labelPadding", "labelSeparation", "labelLimit"))
"""Besides sizes of letters, what is larger where letters are."""
FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'

Spec = dict[str, Any]


def series(rows: list[Row], marks: list[Row], breaks: list[Row], *, height: int) -> Spec:
    """Each source's figures over time: a line, a gap where it has none, hollow points where a figure is partial.

    `rows` are one panel's (query series), `marks` its sources (query marks), `breaks` what to know before years are
    read as a change (query breaks): a numbered dashed line between two, a shade over a span. The axis begins at zero.
    """
    years = sorted({row["x"] for row in rows})
    names = [_(mark["name"]) for mark in marks]
    points = [_point(row) for row in rows]
    highest = max((point["high"] or point["value"] or 0 for point in points), default=0)
    colour = {
        "field": "series",
        "type": "nominal",
        "legend": None,
        "scale": {
            "domain": names,
            "range": [nth(COLOURS.get(m["provenance"], COLOURS["combined"]), m["number_of_kind"]) for m in marks],
        },
    }
    x = {
        "field": "x",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False, "nice": False, "padding": 22},
        "axis": {
            "labelExpr": in_digits("format(datum.value, 'd')"),
            "tickMinStep": 1,
            "grid": False,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
            **({"values": sorted({int(year) for year in years})} if len(years) <= 16 else {}),
        },
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": True, "domainMin": 0, "nice": True, **({} if highest else {"domainMax": 1})},
        "axis": {
            "labelExpr": in_digits("format(datum.value, ',~f')"),
            "tickCount": 5,
            "domain": False,
            "ticks": False,
        },
    }
    tooltip = [
        {"field": "series", "title": _("Source")},
        {"field": "period", "title": _("Period")},
        {"field": "said", "title": _("Reported figure")},
        {"field": "completeness", "title": _("Completeness")},
        {"field": "status", "title": _("Status")},
    ]
    shape = {
        "field": "provenance",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(VEGA_SHAPES), "range": list(VEGA_SHAPES.values())},
    }
    size = {"field": "size", "type": "quantitative", "scale": None, "legend": None}
    dot = {"type": "point", "opacity": 1, "strokeWidth": 2.2}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": points},
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 0, "right": 4, "top": 8, "bottom": 2},
        "encoding": {"x": x, "y": y, "color": colour},
        "layer": [
            *_breaks(breaks),
            # What is partial is tied in by a faint line only: a fall to “at least” is no fall.
            {"mark": {"type": "line", "strokeWidth": 1, "opacity": 0.4}},
            {
                "mark": {"type": "line", "strokeCap": "butt", "strokeJoin": "round", "strokeWidth": 2.4},
                "encoding": {
                    "y": {**y, "field": "whole"},
                    "strokeDash": _by_source(names, [list(nth(DASHES, m["number"])) for m in marks]),
                },
            },
            {
                "transform": [{"filter": "isValid(datum.low) || isValid(datum.high)"}],
                "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.7},
                "encoding": {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}},
            },
            {
                "transform": [{"filter": "isValid(datum.value) && !datum.partial"}],
                "mark": {**dot, "filled": True},
                "encoding": {"shape": shape, "size": size, "tooltip": tooltip},
            },
            {
                "transform": [{"filter": "isValid(datum.value) && datum.partial"}],
                "mark": {**dot, "filled": False, "fill": PAPER},
                "encoding": {"shape": shape, "size": size, "tooltip": tooltip},
            },
        ],
        "config": _CONFIG,
    }


def _breaks(rows: list[Row]) -> list[Spec]:
    """Shades over spans of years, dashed lines between two, and the number of each in the list below the chart."""
    drawn = [{"x": r["x"], "x2": r["x2"], "number": number(r["number"]), "between": r["between_years"]} for r in rows]
    if not drawn:
        return []
    own: Spec = {"color": {"value": MUTED}}
    x: Spec = {"field": "x", "type": "quantitative"}
    y: Spec = {"y": {"value": 0}, "y2": {"value": "height"}}
    return [
        {
            "data": {"values": [one for one in drawn if not one["between"]]},
            "mark": {"type": "rect", "opacity": 0.08, "clip": True},
            "encoding": {**own, "x": x, "x2": {"field": "x2"}, **y},
        },
        {
            "data": {"values": [one for one in drawn if one["between"]]},
            "mark": {"type": "rule", "strokeDash": [3, 3], "strokeWidth": 1.2, "clip": True},
            "encoding": {**own, "x": x, **y},
        },
        {
            "data": {"values": drawn},
            "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 3, "fontSize": 12, "fontWeight": 600},
            "encoding": {**own, "x": x, "y": {"value": 0}, "text": {"field": "number"}},
        },
    ]


def sized(spec: Spec, scale: float) -> Spec:
    """A chart with its letters, lines and height so many times as large, as for a projector."""
    return {name: value if name == "data" else _sized(name, value, scale) for name, value in spec.items()}


def _sized(name: str, value: Any, scale: float) -> Any:
    if isinstance(value, dict):
        return sized(value, scale)
    if isinstance(value, list):
        return [_sized(name, one, scale) for one in value] if name in ("layer", "hconcat", "vconcat") else value
    measured = name.lower().endswith("fontsize") or name in SIZED
    return value * scale if measured and isinstance(value, int | float) and not isinstance(value, bool) else value


def _point(row: Row) -> dict[str, Any]:
    return {
        "series": _(row["name"]),
        "provenance": row["provenance"],
        "period": period(row["period"]),
        "x": row["x"],
        "value": _float(row["value"]),
        "whole": None if row["completeness"] == "partial" else _float(row["value"]),
        "low": _float(row["low"]),
        "high": _float(row["high"]),
        "size": nth(SIZES, row["number"]),
        "partial": row["completeness"] == "partial",
        "said": stated(row["value"], row["unit"], row["completeness"], row["obs_status"]),
        "completeness": say("completeness", row["completeness"]),
        "status": say("obs_status", row["obs_status"]),
    }


def in_digits(label: str) -> str:
    """A Vega expression that writes a number as the language does; `label` writes it as English does."""
    for sign, own in separators():
        label = f"replace({label}, /{re.escape(sign)}/g, '{own}')"
    return label


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _by_source(names: list[str], values: list[Any]) -> Spec:
    return {"field": "series", "type": "nominal", "legend": None, "scale": {"domain": names, "range": values}}


_CONFIG: Spec = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    # A chart has its own words and a table beside it; its parts would only be noise to those who hear it.
    "mark": {"aria": False},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 13,
        "labelPadding": 6,
        "gridColor": GRID,
        "domainColor": "#B8AF9D",
        "tickColor": "#B8AF9D",
    },
    "text": {"color": INK},
}


def sums(rows: list[Row], unit: str, provenance: str, *, alike: bool, joined: str, single: str) -> Spec:
    """Sums year by year (query set_years): the same places in each year as a line; all places as points, never joined.

    Beside each point stands the number of places it is a sum of. `alike` says that both are the same in every year:
    then the line is enough. `joined` and `single` name the two in the tooltip.
    """
    colour = nth(COLOURS.get(provenance, COLOURS["combined"]), 1)
    points = [
        {
            "x": row["year"],
            "all": _float(row["all_places"]),
            "same": _float(row["same_places"]),
            "n": row["n_all"] and number(row["n_all"]),
            "said_all": number(row["all_places"], unit),
            "said_same": number(row["same_places"], unit),
            "year": year(row["year"]),
        }
        for row in rows
    ]
    highest = max((point["all"] or 0 for point in points), default=0)
    x = {
        "field": "x",
        "type": "quantitative",
        "title": None,
        "scale": {"zero": False, "nice": False, "padding": 26},
        "axis": {
            "labelExpr": in_digits("format(datum.value, 'd')"),
            "tickMinStep": 1,
            "grid": False,
            "labelOverlap": "greedy",
            "labelSeparation": 8,
            **({"values": [point["x"] for point in points]} if len(points) <= 16 else {}),
        },
    }
    y = {
        "type": "quantitative",
        "title": None,
        "scale": {"zero": True, "domainMin": 0, "nice": True, **({} if highest else {"domainMax": 1})},
        "axis": {
            "labelExpr": in_digits("format(datum.value, ',~f')"),
            "tickCount": 5,
            "domain": False,
            "ticks": False,
        },
    }
    every = {**y, "field": "all"}
    same = {**y, "field": "same"}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": points},
        "height": 300,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": {"left": 0, "right": 4, "top": 12, "bottom": 2},
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "line", "color": colour, "strokeWidth": 2.4, "strokeJoin": "round"},
                "encoding": {"y": same},
            },
            {
                "transform": [{"filter": "isValid(datum.same)"}],
                "mark": {"type": "point", "color": colour, "filled": True, "size": 80, "opacity": 1},
                "encoding": {
                    "y": same,
                    "tooltip": [{"field": "year", "title": " "}, {"field": "said_same", "title": joined}],
                },
            },
            {
                "transform": [{"filter": "false" if alike else "isValid(datum.all)"}],
                "mark": {
                    "type": "point",
                    "shape": "diamond",
                    "color": colour,
                    "filled": False,
                    "opacity": 1,
                    "size": 190,
                    "strokeWidth": 2,
                },
                "encoding": {
                    "y": every,
                    "tooltip": [
                        {"field": "year", "title": " "},
                        {"field": "said_all", "title": single},
                        {"field": "n", "title": "n"},
                    ],
                },
            },
            {
                "transform": [{"filter": "isValid(datum.all)"}],
                "mark": {"type": "text", "color": MUTED, "dx": 10, "dy": -9, "align": "left", "fontSize": 12.5},
                "encoding": {"y": every, "text": {"field": "n", "type": "nominal"}},
            },
        ],
        "config": _CONFIG,
    }


def weightings(rows: list[Row], provenance: str, *, names: tuple[str, str, str]) -> Spec:
    """Shares under three weightings (query set_share): a row for each type, three marks told apart by shape.

    `names` are those of the three: all pooled, pooled without the largest contributor, mean of the places.
    """
    colour = nth(COLOURS.get(provenance, COLOURS["combined"]), 1)
    fields = ("pooled", "pooled_without_largest", "mean_of_places")
    types = [say("category", row["category"]) for row in rows]
    points = [
        {
            "type": of,
            "way": way,
            "share": float(row[field]),
            "said": percent(row[field], 1),
            "full": field == "pooled",
        }
        for row, of in zip(rows, types, strict=True)
        for field, way in zip(fields, names, strict=True)
        if row[field] is not None
    ]
    y = {
        "field": "type",
        "type": "nominal",
        "title": None,
        "sort": types,
        "axis": {
            "domain": False,
            "ticks": False,
            "labelLimit": 130,
            "labelPadding": 12,
            "grid": True,
            "gridDash": [1, 3],
        },
    }
    x = {
        "field": "share",
        "type": "quantitative",
        "title": None,
        "scale": {
            "domainMin": 0,
            "nice": True,
            **({} if any(point["share"] for point in points) else {"domainMax": 1}),
        },
        "axis": {"labelExpr": in_digits("format(datum.value, '~%')"), "tickCount": 5},
    }
    shape = {
        "field": "way",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(names), "range": ["circle", "circle", "triangle-up"]},
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": points},
        "height": {"step": 30},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 0, "right": 6, "top": 4, "bottom": 2},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "color": "#B8AF9D", "strokeWidth": 1.5},
                "encoding": {
                    "x": {**x, "aggregate": "min"},
                    "x2": {"field": "share", "aggregate": "max"},
                },
            },
            {
                "mark": {"type": "point", "opacity": 1, "strokeWidth": 2, "size": 95, "color": colour},
                "encoding": {
                    "x": x,
                    "shape": shape,
                    "fill": {"condition": {"test": "datum.full", "value": colour}, "value": PAPER},
                    "tooltip": [
                        {"field": "type", "title": " "},
                        {"field": "way", "title": " "},
                        {"field": "said", "title": " "},
                    ],
                },
            },
        ],
        "config": _CONFIG,
    }


def corridors(rows: list[Row], names: dict[str, str], provenance: str) -> Spec:
    """Flows between many places (query set_corridors): origins below each other, destinations beside each other.

    Darker is more, in steps of ten; a small ring is a zero, a blank no figure; the frame is what stayed in its place.
    """
    light, _second, dark, _fourth = COLOURS.get(provenance, COLOURS["combined"])
    order = sorted({*(row["origin"] for row in rows), *(row["destination"] for row in rows)}, key=_by_name(names))
    ends = [names[code] for code in order]
    cells = [
        {
            "from": names[row["origin"]],
            "to": names[row["destination"]],
            "value": float(row["value"]),
            "said": stated(row["value"], row["unit"], row["completeness"]),
        }
        for row in rows
    ]
    axis = {"title": None, "domain": False, "ticks": False, "labelFontSize": 10.5, "labelPadding": 3, "labelLimit": 120}
    tooltip = [{"field": "from", "title": "→"}, {"field": "to", "title": " "}, {"field": "said", "title": " "}]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "data": {"values": cells},
        "height": {"step": 14},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 0, "right": 4, "top": 2, "bottom": 2},
        "encoding": {
            "y": {"field": "from", "type": "nominal", "sort": ends, "axis": axis},
            "x": {
                "field": "to",
                "type": "nominal",
                "sort": ends,
                "axis": {**axis, "orient": "top", "labelAngle": -90},
            },
            "tooltip": tooltip,
        },
        "layer": [
            {
                "transform": [{"filter": "datum.value > 0"}],
                "mark": {"type": "rect"},
                "encoding": {
                    "color": {
                        "field": "value",
                        "type": "quantitative",
                        "scale": {"type": "log", "range": [MATRIX_LIGHT, light, dark], "interpolate": "rgb"},
                        "legend": {
                            "title": None,
                            "orient": "bottom",
                            "labelExpr": in_digits("format(datum.value, ',~f')"),
                            "gradientLength": 220,
                            "tickCount": 4,
                        },
                    }
                },
            },
            {
                "transform": [{"filter": "datum.value === 0"}],
                "mark": {"type": "point", "size": 9, "color": "#B8AF9D", "strokeWidth": 1},
            },
            {
                "transform": [{"filter": "datum.from === datum.to"}],
                "mark": {"type": "rect", "filled": False, "stroke": INK, "strokeWidth": 1},
            },
        ],
        "config": _CONFIG,
    }


MATRIX_LIGHT = "#E3E8EF"


def _by_name(names: dict[str, str]) -> Callable[[str], tuple[str, str]]:
    return lambda code: (in_order(names[code]), code)
