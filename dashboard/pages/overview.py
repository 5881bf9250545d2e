"""Overview: choose your place; what is here, where, a few explained examples, and what changed.

In a meeting it shows what evidence is held by article and theme, and names no country.
"""

import streamlit as st

from dashboard import address, blocks, changes, data, frame, maps, share, topics
from dashboard.data import Opened, Row
from dashboard.language import _, in_order, listed, ngettext, number, period, place_name, sentence, years
from dashboard.markup import cell, mark, table, text
from dashboard.words import CLASSES, say


def page() -> None:
    """The whole page."""
    frame.page(address.OVERVIEW, body)


def body(opened: Opened) -> None:
    """The ways in first, then what there is to find."""
    st.html(f'<h1 class="title">{text(_("Choose your place"))}</h1>')
    with st.container(key="ask", horizontal=True, gap="large"):
        with st.container(key="find-place", gap="small"):
            frame.find(opened)
        with st.container(key="have-code", gap="small"):
            have_code()
    with st.spinner(_("Reading the release …")):
        st.html(here(opened.rows("held")))
        if address.meeting():
            st.html(topics.said(opened))
            return
        where(opened)
        st.html(examples(opened) + changes.said(opened))


def said(opened: Opened) -> str:
    """What there is to find, without a map."""
    first = here(opened.rows("held"))
    if address.meeting():
        return first + topics.said(opened)
    rows = opened.rows("where")
    listed_ = where_in_words(rows) + by_country(rows) if rows else ""
    return first + listed_ + examples(opened) + changes.said(opened)


def have_code() -> None:
    """Takes a short code and goes to the view it stands for."""
    typed = st.text_input(
        share.label(),
        address.here().get("code", ""),
        key="code",
        max_chars=24,
        placeholder=share.example(),
        autocomplete="off",
    )
    if not typed:
        return
    view = share.read(typed)
    if view:
        frame.enter(*view)
    else:
        frame.note(share.mistyped())


def here(rows: list[Row]) -> str:
    """What is held, by class of source, in words and as a table (query held)."""
    head = f"<h2>{text(_('What is here'))}</h2>"
    by_class = {row["provenance"]: row for row in rows}
    whole = by_class.pop(None, None)
    if not whole or not whole["sources"]:
        words = _("This release holds no figures yet. The next one may: it is built when a source is added.")
        return f"<section>{head}<p>{text(words)}</p></section>"
    lines = [_("All classes together: {held}; {years}.").format(**_in_words(whole))]
    lines += [
        _("{kind}: {held}; {years}.").format(kind=say("provenance", kind), **_in_words(by_class[kind]))
        for kind in CLASSES
        if kind in by_class
    ]
    columns = (
        *(_("Class of source"), _("Sources"), _("Countries and areas"), _("States or provinces")),
        *(_("Smaller places"), _("Years")),
    )
    listed_ = [(mark(kind), say("provenance", kind), by_class[kind]) for kind in CLASSES if kind in by_class]
    body_ = "".join(
        f'<tr><th scope="row">{sign} {text(words)}</th>'
        + "".join(cell(*one, number=True) for one in zip(columns[1:], _numbers(row), strict=True))
        + "</tr>"
        for sign, words, row in (*listed_, ("", _("All together, each place once"), whole))
    )
    caption = _("What is here")
    shown = table(
        map(text, columns), ["<tbody>", body_, "</tbody>"], caption=caption, kind="held stack", numbers=range(1, 6)
    )
    in_words = "".join(f"<p>{text(line)}</p>" for line in lines)
    return f'<section class="here">{head}<div class="two"><div>{in_words}</div><div>{shown}</div></div></section>'


def _numbers(row: Row) -> list[str]:
    counts = [text(number(row[name])) for name in ("sources", "countries", "states", "smaller")]
    return [*counts, text(years(row["first_year"], row["last_year"]))]


def _in_words(row: Row) -> dict[str, str]:
    counted = (
        (ngettext("{n} source", "{n} sources", row["sources"]), row["sources"]),
        (ngettext("{n} country or area", "{n} countries and areas", row["countries"]), row["countries"]),
        (ngettext("{n} state or province", "{n} states or provinces", row["states"]), row["states"]),
        (ngettext("{n} smaller place", "{n} smaller places", row["smaller"]), row["smaller"]),
    )
    bits = [words.format(n=number(n)) for words, n in counted if n]
    return {"held": listed(bits), "years": years(row["first_year"], row["last_year"])}


def where(opened: Opened) -> None:
    """Of which countries which classes of source hold figures: in words, on a map, and every country in a list."""
    rows = opened.rows("where")
    if not rows:
        return
    st.html(where_in_words(rows))
    shown = [
        {"code": one["code"], "name": name, "classes": row["classes"], "text": f"{name}: {_kinds(row['classes'])}"}
        for row in rows
        for one in row["places"]
        if (name := place_name(one["code"], one["name"]))
    ]
    caption = _("World map: of which countries and areas which classes of source hold figures. The list says the same.")
    maps.show(maps.world(shown), key="where", caption=caption)
    st.html(by_country(rows))


def where_in_words(rows: list[Row]) -> str:
    """The map in words (query where)."""
    every, both = rows[0]["all_countries"], rows[0]["both_kinds"] or 0
    words = ngettext(
        "For {n} country or area a source holds figures of it or of a place in it.",
        "For {n} countries and areas a source holds figures of them or of places in them.",
        every,
    ).format(n=number(every))
    both_said = ngettext(
        "For {n} of them an official source and one of another class do.",
        "For {n} of them an official source and one of another class do.",
        both,
    ).format(n=number(both))
    return f"<h2>{text(_('Where both kinds of source hold figures'))}</h2><p>{text(words)} {text(both_said)}</p>"


def by_country(rows: list[Row]) -> str:
    """Behind a summary every country by the classes of source that hold figures (query where)."""
    body_ = "".join(
        f'<tr><th scope="row">{_classes(row["classes"])}</th><td class="n">{text(number(row["countries"]))}</td>'
        f"<td>{_countries(row['places'])}</td></tr>"
        for row in rows
    )
    columns = (_("Classes of source with figures"), _("How many"), _("Countries and areas, in alphabetical order"))
    caption = _("Countries by classes of source")
    shown = table(map(text, columns), ["<tbody>", body_, "</tbody>"], caption=caption, kind="where", numbers=(1,))
    return (
        f'<details class="where-list"><summary>{text(_("The list of countries and areas"))}</summary>{shown}</details>'
    )


def _kinds(kinds: list[str]) -> str:
    return listed([say("provenance", kind) for kind in CLASSES if kind in kinds])


def _classes(kinds: list[str]) -> str:
    return "<br>".join(f"{mark(kind)}{text(say('provenance', kind))}" for kind in CLASSES if kind in kinds)


def _countries(places: list[Row]) -> str:
    named = sorted(
        ((place_name(one["code"], one["name"]), one["code"]) for one in places), key=lambda one: in_order(one[0])
    )
    return "; ".join(f'<a href="{address.to("local", {"place": code})}">{text(name)}</a>' for name, code in named)


def examples(opened: Opened) -> str:
    """The curator's pairs of figures that this release holds, by name of place: first what may explain what is seen."""
    shown = []
    for example in data.examples():
        rows, place = pairs_of(opened, example)
        if rows and place:
            shown.append((place_name(place["code"], place["name"]), _example(example, place, rows)))
    if not shown:
        return ""
    words = _(
        "A few pairs of figures, chosen because they can be explained, in alphabetical order of the place. Each begins"
        " with what may explain what is seen."
    )
    cards = "".join(card for _name, card in sorted(shown, key=lambda one: in_order(one[0])))
    return (
        f'<section><h2>{text(_("Agreement and difference, explained"))}</h2><p class="unit">{text(words)}</p>'
        f'<div class="examples">{cards}</div></section>'
    )


def pairs_of(opened: Opened, example: Row) -> tuple[list[Row], Row | None]:
    """The pairs of a curated example that this release holds (query pairs), and its place."""
    place = opened.row("place", place=example["place"])
    if place is None:
        return [], None
    asked = {"place": example["place"], "concept": example["concept"], "first": 0, "last": 9999}
    held = opened.rows("pairs", **asked)
    sources = {*example["sources"]}
    chosen = [
        row
        for row in held
        if {row["source_a"], row["source_b"]} == sources
        and row["counted_a"] == row["counted_b"]
        and row["period"] in example["periods"]
    ]
    return chosen, place


def _example(example: Row, place: Row, rows: list[Row]) -> str:
    first = rows[0]
    to = address.to("local", {"place": place["code"], "concept": example["concept"]})
    where_ = place_name(place["code"], place["name"])
    names = f"{where_}: {listed([_(first[f'name_{side}']) for side in 'ab'])}"
    reasons = "".join(
        f"<li>{text(sentence(reason))}</li>" for reason in dict.fromkeys(r for row in rows for r in row["reasons"])
    )
    say_ = _("What can be said")
    columns = [text(_("Period")), *(blocks.named(first, side) for side in "ab"), text(say_)]
    body_ = "".join(
        f'<tr><th scope="row">{text(period(row["period"]))}</th>'
        + "".join(cell(_(row[f"name_{side}"]), blocks.one_of(row, side), number=True) for side in "ab")
        + f"{cell(say_, blocks.verdict(row))}</tr>"
        for row in rows
    )
    return (
        f'<article class="example"><h3><a href="{to}">{text(where_)}</a></h3>'
        f'<p class="meant">{text(_(example["explains"]))}</p>'
        f"{f'<ul>{reasons}</ul>' if reasons else ''}"
        + table(columns, [f"<tbody>{body_}</tbody>"], caption=names, kind="pair stack", numbers=(1, 2))
        + "</article>"
    )


if __name__ == "__main__":
    page()
