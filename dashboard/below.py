"""The places one level below a place: one source on a map, or the ratio of two, and the same numbers in a table."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import streamlit as st

from dashboard import address, blocks, frame, maps
from dashboard.choice import Choice
from dashboard.data import Opened, Row
from dashboard.language import _, decimal, number, place_name, sentence, year
from dashboard.markup import table, text
from dashboard.words import ratio, say, stated

COMPARED = ("world", "region", "country")
"""Levels of places the ones below which are in the view comparison; further below pairs are worked out."""
MOST = 700
"""Places a map and its table can show and still be read."""


@dataclass(frozen=True)
class Shown:
    """What the map shows: one source, or two of which the ratio is taken."""

    sources: tuple[Row, ...]
    year: int

    @property
    def names(self) -> tuple[str, ...]:
        """The sources' names in the page's language."""
        return tuple(_(row["name"]) for row in self.sources)


def section(opened: Opened, chosen: Choice) -> None:
    """The whole section; nothing where no source speaks of the places below."""
    if not chosen.place["has_places"]:
        return
    held = chosen.shown(opened.rows("below_choices", place=chosen.place["code"], concept=chosen.concept))
    if not held:
        return
    st.html(f"<h2>{text(_('The places below'))}</h2>")
    shown = choose(held, chosen)
    with st.spinner(_("Reading the release …")):
        rows = rows_of(opened, chosen, shown)
    if len(rows) > MOST:
        frame.note(_("These are too many places to show on one map. Choose one of them above."))
        return
    words = said(rows, shown)
    st.html(f'<p class="unit">{text(words)}</p>{parts(shown)}')
    with st.container(key="below", horizontal=True, gap="large"):
        if maps.country_of(chosen.place["code"]) is not None:
            with st.container(key="below-map"):
                drawn = maps.below(chosen.place["code"], rows, **how(shown))
                maps.show(drawn, key="below", caption=f"{caption(shown, chosen)}. {words}")
        with st.container(key="below-table"):
            st.html(listed(rows, shown))


def parts(shown: Shown) -> str:
    """That a source covers only a part of what is counted, where it does."""
    return "".join(
        f'<p class="only">{text(name)}: {text(blocks.only_part(row["subset_of"]))}</p>'
        for row, name in zip(shown.sources, shown.names, strict=True)
        if row["subset_of"]
    )


def choose(held: list[Row], chosen: Choice) -> Shown:
    """The source or pair, and the year: set from the address, and the address set from them."""
    options: dict[str, tuple[Row, ...]] = {row["source"]: (row,) for row in held}
    options |= {f"{a['source']}~{b['source']}": (a, b) for a, b in _pairs(held)}
    asked = address.here()
    # Where nothing was chosen, the source that speaks of most places.
    most = max(row["places"] for row in held)
    usual = next(row["source"] for row in held if row["places"] == most)
    where = f"{chosen.place['code']} {chosen.concept} {sorted(chosen.sources or ())}"
    with st.container(key="choose-below", horizontal=True, gap="small"):
        picked = st.selectbox(
            _("On the map"),
            [*options],
            [*options].index(asked["map"] if asked.get("map") in options else usual),
            format_func=lambda code: _label(options[code]),
            key=f"map {where}",
        )
        sources = options[picked]
        years = sorted(set.intersection(*(set(row["years"]) for row in sources)), reverse=True)
        wanted = asked.get("year", "")
        at = years.index(int(wanted)) if wanted.isascii() and wanted.isdecimal() and int(wanted) in years else 0
        of = st.selectbox(_("Year"), years, at, format_func=year, key=f"year {where} {picked}")
    frame.remember({"map": picked if picked != usual else "", "year": of if of != years[0] else ""})
    return Shown(sources, of)


def _pairs(held: list[Row]) -> list[tuple[Row, Row]]:
    """Pairs in one unit with a year in common; a ratio is the alphabetically first source divided by the other."""
    ordered = sorted(held, key=lambda row: str(row["source"]))
    return [
        (a, b)
        for a, b in combinations(ordered, 2)
        if a["unit"] == b["unit"] and a["source"] != b["source"] and set(a["years"]) & set(b["years"])
    ]


def _label(sources: tuple[Row, ...]) -> str:
    if len(sources) == 1:
        return _(sources[0]["name"])
    return _("Ratio: {first} divided by {second}").format(first=_(sources[0]["name"]), second=_(sources[1]["name"]))


def rows_of(opened: Opened, chosen: Choice, shown: Shown) -> list[Row]:
    """The rows a map takes: code, name, value and the words that say it, one for each place below."""
    asked = {"place": chosen.place["code"], "concept": chosen.concept, "year": shown.year}
    if len(shown.sources) == 1:
        (one,) = shown.sources
        found = opened.rows("below_rows", source=one["source"], unit=one["unit"], **asked)
        return [_row(row, row["value"], _value(row)) for row in found]
    a, b = shown.sources
    kept = chosen.place["level"] in COMPARED
    found = opened.rows("below_ratio", source=a["source"], other=b["source"], kept=kept, **asked)
    return [_row(row, row["ratio"], _ratio(row)) for row in found]


def _row(row: Row, value: Any, words: str) -> Row:
    name = place_name(row["code"], row["name"])
    return {
        **row,
        "name": name,
        "value": value,
        "status": row.get("obs_status"),
        "said": words,
        "text": f"{name}: {words}",
    }


def _value(row: Row) -> str:
    return stated(row["value"], row["unit"], row["completeness"], row.get("obs_status"))


def _ratio(row: Row) -> str:
    if row["verdict"] is None:
        return _("no figure held of both")
    return ratio(row["ratio"]) if row["ratio"] is not None else say("verdict", row["verdict"])


def how(shown: Shown) -> dict[str, Any]:
    """How the map is drawn."""
    write: Callable[[Any], str] = number
    if len(shown.sources) == 2:
        return {"ratio_of": shown.names, "number": lambda value: decimal(value, 2)}
    return {"provenance": shown.sources[0]["provenance"], "number": write}


def caption(shown: Shown, chosen: Choice) -> str:
    """What the map shows, in one line."""
    words = _("{concept}, places in {place}, {year}: {source}")
    return words.format(
        concept=say("concept", chosen.concept),
        place=chosen.place_name,
        year=year(shown.year),
        source=_label(shown.sources),
    )


def said(rows: list[Row], shown: Shown) -> str:
    """The map in words: of how many places there is something to show."""
    some = sum(1 for row in rows if row["value"] is not None)
    if len(shown.sources) == 2:
        words = _("For {n} of {all} places both sources hold a figure of {year} and a ratio is given.")
    else:
        words = _("For {n} of {all} places the source holds a figure of {year}; no figure is hatched, never zero.")
    return words.format(n=number(some), all=number(len(rows)), year=year(shown.year))


def listed(rows: list[Row], shown: Shown) -> str:
    """The same numbers in a table, in the order of names; each leads to where it comes from."""
    if len(shown.sources) == 1:
        head = [_("Place"), shown.names[0]]
        body = "".join(
            f'<tr><th scope="row">{_to(row)}</th><td class="n">{_origin(row, shown)}</td></tr>' for row in rows
        )
        numbers: tuple[int, ...] = (1,)
    else:
        head = [_("Place"), *shown.names, _("Ratio")]
        body = "".join(f'<tr><th scope="row">{_to(row)}</th>{_both(row, shown)}</tr>' for row in rows)
        numbers = (1, 2, 3)
    return table(
        map(text, head),
        [f"<tbody>{body}</tbody>"],
        caption=_("The places below, in alphabetical order"),
        kind="below",
        numbers=numbers,
    )


def _to(row: Row) -> str:
    to = address.to("local", {"place": row["code"], "concept": address.here().get("concept")})
    return f'<a class="source" href="{to}">{text(row["name"])}</a>'


def _origin(row: Row, shown: Shown) -> str:
    if row["value"] is None:
        return f'<span class="none">{text(row["said"])}</span>'
    said_ = f"{shown.names[0]}, {row['name']}, {year(shown.year)}"
    return blocks.to_origin(row["figure_id"], row["said"], said_) + blocks.status(row)


def _both(row: Row, shown: Shown) -> str:
    if row["verdict"] is None:
        return f'<td class="n" colspan="3"><span class="none">{text(row["said"])}</span></td>'
    sides = "".join(
        '<td class="n">'
        + blocks.to_origin(
            row[f"figure_{side}"], number(row[f"value_{side}"], row[f"unit_{side}"]), f"{name}, {row['name']}"
        )
        + "</td>"
        for side, name in zip("ab", shown.names, strict=True)
    )
    why = " ".join(sentence(reason) for reason in row["reasons"])
    return f'{sides}<td class="n"><span title="{text(why)}">{text(row["said"])}</span></td>'
