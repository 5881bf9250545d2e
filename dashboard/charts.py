"""Vega-Lite charts as plain dictionaries. A chart draws what a query gave it and calculates nothing."""

import re
from typing import Any

from dashboard.data import Row
from dashboard.language import _, number, period, separators
from dashboard.markup import COLOURS, DASHES, nth
from dashboard.words import say, stated

PAPER = "#FAF7F1"
INK = "#22252B"
MUTED = "#6B675E"
GRID = "#E4DDCF"
VEGA_SHAPES = {"official": "circle", "non_official": "triangle-up", "combined": "square"}
SIZES = (120, 80, 52, 36)
"""Points of the first, second … source: points that lie on each other stay visible, as do dashes on a line."""
SIZED = frozenset(("height", "strokeWidth", "labelPadding", "labelSeparation"))
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
        "said": stated(row["value"], row["unit"], row["completeness"]),
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
