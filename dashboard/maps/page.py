"""A map on a page: the map itself, and what must stand under it."""

import streamlit as st

from dashboard import address, charts, frame
from dashboard.language import _, listed, ngettext, number
from dashboard.maps.draw import Key, Map
from dashboard.markup import text

FEW = 4
"""So many reasons and notes under a map are listed openly; more behind a summary."""
MANY = 12
"""So many names are said with a reason."""


def show(drawn: Map, *, key: str, caption: str) -> None:
    """Writes a map and all that belongs under it; `key` names it within the page, `caption` is what it shows."""
    name = f"map-{key}"
    with st.container(key=name, gap="small"):
        st.html(f"<style>.st-key-{name}-drawn {{ --aspect: {min(max(drawn.aspect, 0.75), 2.4):.3f}; }}</style>")
        with st.container(key=f"{name}-drawn"):
            spec = charts.sized(drawn.spec, frame.LARGER if address.meeting() else 1)
            st.vega_lite_chart(spec, height="stretch", theme=None, alt=caption)
        st.html(under(drawn))


def under(drawn: Map) -> str:
    """The key, what is not on the map and why, notes on names and borders, and the disclaimer."""
    key = "".join(f"<li>{swatch(one)}<span>{text(one.words)}</span></li>" for one in drawn.key)
    reasons: dict[str, list[str]] = {}
    for row, reason in drawn.left_out:
        reasons.setdefault(reason, []).append(_label(row))
    missing = [f"{text(_named(names))}: {text(reason)}" for reason, names in reasons.items()]
    return (
        f'<div class="map-under"><ul class="map-key">{key}</ul>'
        f"{_listed(_('Not on the map'), missing)}"
        f"{_listed(_('Notes on names and borders'), [text(note) for note in drawn.notes])}"
        f'<p class="map-said">{text(frame.designations())} {text(_("Borders: Natural Earth, simplified."))}</p></div>'
    )


def _label(row: dict[str, object]) -> str:
    return f"{row['origin_name']} → {row['destination_name']}" if "origin" in row else str(row["name"])


def _named(names: list[str]) -> str:
    """Names, or where they are many only how many: the table beside the map has them all."""
    if len(names) <= MANY:
        return listed(names)
    return ngettext("{n} row of the table", "{n} rows of the table", len(names)).format(n=number(len(names)))


def _listed(heading: str, lines: list[str]) -> str:
    if not lines:
        return ""
    body = f'<ul class="map-list">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'
    if len(lines) <= FEW:
        return f'<p class="map-said"><b>{text(heading)}</b></p>{body}'
    summary = f"{text(heading)} ({text(number(len(lines)))})"
    return f'<details class="map-said"><summary>{summary}</summary>{body}</details>'


def swatch(key: Key) -> str:
    """What stands beside the words of a legend."""
    style = f"--fill:{key.fill};--lines:{key.lines or 'transparent'};--size:{key.size:g}px"
    kind = f"{key.kind}{' hatched' if key.lines else ''}{' light' if key.light else ''}"
    return f'<span class="swatch {kind}" style="{style}" aria-hidden="true">{text(key.sign)}</span>'
