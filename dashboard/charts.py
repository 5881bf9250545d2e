"""Vega-Lite charts as plain dictionaries. A chart draws what a query gave it and calculates nothing."""

from typing import Any

from dashboard.data import Row
from dashboard.markup import COLOURS, DASHES, nth
from dashboard.words import say, stated

PAPER = "#FAF7F1"
INK = "#22252B"
MUTED = "#6B675E"
GRID = "#E4DDCF"
VEGA_SHAPES = {"official": "circle", "non_official": "triangle-up", "combined": "square"}
SIZES = (120, 80, 52, 36)
"""Points of the first, second … source: points that lie on each other stay visible, as do dashes on a line."""
FONT = '"Source Sans", "Source Sans 3", system-ui, sans-serif'

Spec = dict[str, Any]


def series(rows: list[Row], marks: list[Row], *, height: int) -> Spec:
    """Each source's figures over time: a line, a gap where it has none, hollow points where a figure is partial.

    `rows` are one panel's (query series), `marks` its sources (query marks). The axis begins at zero.
    """
    years = sorted({row["x"] for row in rows})
    names = [mark["name"] for mark in marks]
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
            "format": "d",
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
        "axis": {"format": ",~f", "tickCount": 5, "domain": False, "ticks": False},
    }
    tooltip = [
        {"field": "series", "title": "Source"},
        {"field": "period", "title": "Period"},
        {"field": "said", "title": "Reported figure"},
        {"field": "completeness", "title": "Completeness"},
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


def _point(row: Row) -> dict[str, Any]:
    return {
        "series": row["name"],
        "provenance": row["provenance"],
        "period": row["period"],
        "x": row["x"],
        "value": _float(row["value"]),
        "whole": None if row["completeness"] == "partial" else _float(row["value"]),
        "low": _float(row["low"]),
        "high": _float(row["high"]),
        "size": nth(SIZES, row["number"]),
        "partial": row["completeness"] == "partial",
        "said": stated(row["value"], row["unit"], row["completeness"]),
        "completeness": say("completeness", row["completeness"]),
    }


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _by_source(names: list[str], values: list[Any]) -> Spec:
    return {"field": "series", "type": "nominal", "legend": None, "scale": {"domain": names, "range": values}}


_CONFIG: Spec = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
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
