"""Local: a place, what is counted there and a period; then what each source means by it, and their numbers."""

import re
from dataclasses import replace
from functools import partial

import streamlit as st

from dashboard import address, below, blocks, charts, choice, data, frame
from dashboard.choice import Choice
from dashboard.data import Opened, Row
from dashboard.language import _, nothing, period, year
from dashboard.markup import text
from dashboard.words import say


def page() -> None:
    """The whole page."""
    frame.page("local", body)


def body(opened: Opened) -> None:
    """What was chosen, below the selects it is chosen with."""
    chosen = choose(opened)
    if chosen is not None:
        show(opened, chosen)


def choose(opened: Opened) -> Choice | None:
    """The selects, set from the address, and the address set from them."""
    begun = choice.opening(opened)
    if begun is None:
        frame.note(_("This release holds no figures yet. The next one may: it is built when a source is added."))
        return None
    asked = address.here()
    place = choice.place_asked(opened, asked)
    if place is None and "place" in asked:
        frame.note(_("No figure held here for the place the address names. Choose another below."))
    place, concept = (place, asked.get("concept")) if place else begun
    frame.find(opened)
    with st.container(key="choose", horizontal=True, gap="small"):
        place = _place(opened, place)
        concept = _concept(choice.concepts(opened, place["code"]), asked.get("concept", concept), place)
        span = choice.span_held(opened, place["code"], concept)
        years = _period(span, f"{place['code']} {concept}")
    chosen = sources(opened, Choice(place, concept, *years))
    frame.remember({**chosen.state, "release": opened.release}, ("place", "concept", "from", "to", "sources"))
    return chosen


def sources(opened: Opened, chosen: Choice) -> Choice:
    """The same with the sources to be shown, where there is more than one to choose from."""
    names = {row["source"]: _(row["name"]) for row in opened.rows("sources_here", **chosen.asked)}
    if len(names) < 2:
        return chosen
    asked = choice.sources_asked(address.here()) or frozenset()
    wanted = st.pills(
        _("Sources shown"),
        list(names),
        selection_mode="multi",
        default=[name for name in names if name in asked] or list(names),
        format_func=lambda name: names[name],
        key=f"sources {chosen.place['code']} {chosen.concept}",
    )
    some = frozenset(wanted or names)
    return chosen if some == frozenset(names) else replace(chosen, sources=some)


def _place(opened: Opened, place: Row) -> Row:
    """Country, then state, then municipality; the last one chosen is the place."""
    country = _select(_("Country or area"), opened.rows("countries"), place["country"], "country")
    if country is None:
        return place
    inside = place["country"] == country
    states = opened.rows("states", country=country)
    state = _select(
        _("State or province"),
        states,
        place["state"] if inside else None,
        f"state {country}",
        _("The whole country"),
    )
    below = opened.rows("municipalities", state=state) if state else []
    current = place["code"] if inside and place["state"] == state else None
    smaller = _select(_("Municipality or area"), below, current, f"below {country} {state}", _("The whole of it"))
    found = opened.row("place", place=smaller or state or country)
    assert found is not None
    return found


def _select(label: str, options: list[Row], current: str | None, key: str, whole: str | None = None) -> str | None:
    """A searchable select of places by name; `whole` is the way to choose none of them."""
    names = {"": whole} if whole else {}
    names |= frame.place_labels(options)
    codes = list(names)
    chosen = st.selectbox(
        label,
        codes,
        codes.index(current) if current in names else 0,
        format_func=lambda code: names.get(code, ""),
        key=key,
        disabled=len(codes) < 2,
        filter_mode="contains",
    )
    return chosen or None


def _concept(held: dict[str, Row], current: str | None, place: Row) -> str:
    wanted = choice.concept_asked(held, current)
    ordered = sorted({*held, wanted}, key=lambda code: say("concept", code))
    chosen = st.selectbox(
        _("What is counted"),
        ordered,
        ordered.index(wanted),
        format_func=lambda code: say("concept", code) + ("" if code in held else f" ({nothing()})"),
        key=f"concept {place['code']}",
        filter_mode="contains",
    )
    return str(chosen)


def _period(span: range | None, key: str) -> tuple[int, int, bool]:
    first, last, narrowed = choice.period_asked(span, address.here())
    if span is None:
        return first, last, narrowed
    chosen = [
        st.selectbox(label, span, span.index(at), format_func=year, key=f"{name} {key}", filter_mode="prefix")
        for label, name, at in ((_("From"), "from", first), (_("To"), "to", last))
    ]
    return min(chosen), max(chosen), {*chosen} != {span[0], span[-1]}


def show(opened: Opened, chosen: Choice) -> None:
    """What was chosen: definitions first, then numbers, then what must be said beside them."""
    panels = opened.rows("panels", **chosen.asked)
    asked = [panel for panel in panels if panel["asked"]]
    st.html(blocks.title(chosen, held=bool(panels)))
    if asked:
        st.html(blocks.definitions(chosen.shown(opened.rows("definitions", panel=None, **chosen.asked))))
        panel(opened, chosen, asked[0])
    else:
        words, ways = blocks.nothing_held(opened, chosen)
        frame.note(words, *ways)
    beside = [panel for panel in panels if panel not in asked[:1]]
    if beside:
        others(opened, chosen, beside)
    if panels:
        care = blocks.caveats(chosen.shown(opened.rows("caveats", **chosen.asked)))
        answers = blocks.statements(chosen.shown(opened.rows("statements_here", **chosen.asked)))
        if care or answers:
            st.html(care + answers)
        below.section(opened, chosen)
        st.html(blocks.pairs(pairs(opened, chosen)))
        figures(opened, chosen)


def pairs(opened: Opened, chosen: Choice) -> list[Row]:
    """Two sources' figures side by side (query pairs); of one source there are none to ask for."""
    here = opened.rows("sources_here", **chosen.asked)
    return chosen.shown(opened.rows("pairs", **chosen.asked)) if len(here) > 1 else []


def panel(opened: Opened, chosen: Choice, wanted: Row) -> None:
    """The chart of what was asked for, its words, and its numbers in a table."""
    asked = {**chosen.asked, "panel": wanted["panel"]}
    rows, marks = (chosen.shown(opened.rows(question, **asked)) for question in ("series", "marks"))
    with st.container(key="main", horizontal=True, gap="large"):
        with st.container(key="chart", gap="small"):
            st.html(blocks.panel_head(wanted, marks))
            breaks = chosen.shown(opened.rows("breaks", **asked))
            _chart(rows, marks, breaks, wanted, chosen, height=340)
            words = blocks.summary(chosen.shown(opened.rows("summary", **asked)))
            st.html(f'<div class="said">{words}</div>{blocks.breaks(breaks)}')
        with st.container(key="numbers"):
            st.html(blocks.matrix(rows, marks, wanted))


def _chart(rows: list[Row], marks: list[Row], breaks: list[Row], wanted: Row, chosen: Choice, *, height: int) -> None:
    frame.chart(
        charts.series(rows, marks, breaks, height=height),
        key=f"chart {wanted['panel']} {chosen.state}",
        alt=blocks.alternative(wanted, marks, chosen),
    )


def others(opened: Opened, chosen: Choice, panels: list[Row]) -> None:
    """Small charts of what is held beside, which is not the same thing and so shares no axis."""
    heading = _("Also held here, and not the same thing")
    words = _("Each counts something else, or only a part; so each has its own axis.")
    st.html(f'<h2>{text(heading)}</h2><p class="unit">{text(words)}</p>')
    with st.container(key="others", horizontal=True, gap="medium"):
        for at, wanted in enumerate(panels):
            asked = {**chosen.asked, "panel": wanted["panel"]}
            rows, marks = (chosen.shown(opened.rows(question, **asked)) for question in ("series", "marks"))
            if not marks:
                continue
            with st.container(key=f"other-{at}", gap="small"):
                st.html(blocks.beside(wanted, opened.rows("definitions", **asked), marks))
                _chart(rows, marks, [], wanted, chosen, height=170)
                st.html(f'<div class="said">{blocks.summary(chosen.shown(opened.rows("summary", **asked)))}</div>')


def figures(opened: Opened, chosen: Choice) -> None:
    """Every figure on the page, one a row, each leading to where it comes from; and all of them to take along."""
    words = _("Each number leads to the file, the row and the text behind it. The file to download holds all of them.")
    head = (_("Source"), _("What is counted"), _("Period"), _("Unit"), _("Completeness"), _("Released by"))
    rows = (
        (
            row,
            (
                _(row["name"]),
                say("concept", row["concept"]),
                period(row["period"]),
                say("unit", row["unit"]),
                say("completeness", row["completeness"]),
                _(row["publisher"]),
            ),
        )
        for row in chosen.shown(opened.rows("figures", **chosen.asked))
    )
    listed = blocks.listing(head, rows, caption=_("Every figure on this page, one a row"))
    st.html(f'<h2>{text(_("Where a number comes from"))}</h2><p class="unit">{text(words)}</p>{listed}')
    st.download_button(
        _("Download these figures with their caveats (CSV)"),
        partial(export, opened, chosen),
        file_name=f"commons-{re.sub('[^A-Za-z0-9]+', '-', chosen.place['code'])}-{chosen.concept}-{opened.release}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def export(opened: Opened, chosen: Choice) -> str:
    """The file to download, made when it is asked for."""
    return data.as_csv(chosen.shown(opened.rows("export", release=opened.release, **chosen.asked)))


if __name__ == "__main__":
    page()
