"""Compare: a place, what is counted there and a period; then what each source means by it, and their numbers."""

import re
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import charts, data, frame
from dashboard.data import Opened, Row
from dashboard.language import day, listed, nothing, number
from dashboard.markup import address, mark, table, text
from dashboard.words import ratio, say, stated


@dataclass(frozen=True)
class Choice:
    """What the address and the selects ask for."""

    place: Row
    concept: str
    first: int
    last: int
    narrowed: bool
    """Whether the period is shorter than what is held: only then it stands in the address."""

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters most questions take."""
        return {"place": self.place["code"], "concept": self.concept, "first": self.first, "last": self.last}

    @property
    def state(self) -> dict[str, Any]:
        """The same in the words of the address."""
        period = {"from": self.first, "to": self.last} if self.narrowed else {}
        return {"place": self.place["code"], "concept": self.concept, **period}

    @property
    def place_name(self) -> str:
        """The place with the state and country it lies in."""
        names = [self.place["name"], self.place["state_name"], self.place["country_name"]]
        codes = [self.place["code"], self.place["state"], self.place["country"]]
        return ", ".join(name for at, name in enumerate(names) if name and codes[at] not in codes[:at])


def page() -> None:
    """The whole page."""
    frame.head()
    opened = frame.release()
    if opened is not None:
        choice = choose(opened)
        if choice is not None:
            show(opened, choice)
    frame.foot(opened)


def choose(opened: Opened) -> Choice | None:
    """The selects, set from the address, and the address set from them."""
    countries = opened.rows("countries")
    if not countries:
        frame.note("This release holds no figures yet. The next one may: it is built when a source is added.")
        return None
    asked = st.query_params
    place = opened.row("place", place=asked["place"]) if "place" in asked else None
    if place is None and "place" in asked:
        frame.note("No figure held here for the place the address names. Choose another below.")
    place, concept = (place, asked.get("concept")) if place else _opening(opened, countries)
    with st.container(key="choose", horizontal=True, gap="small"):
        place = _place(opened, countries, place)
        held = {row["concept"]: row for row in opened.rows("concepts", place=place["code"])}
        concept = _concept(held, asked.get("concept", concept), place)
        period = _period(opened, place, concept)
    choice = Choice(place, concept, *period)
    wanted = {**{name: str(value) for name, value in choice.state.items()}, "release": opened.release}
    if asked.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    return choice


def _opening(opened: Opened, countries: list[Row]) -> tuple[Row, str | None]:
    for view in data.openings():
        place = opened.row("place", place=view["place"])
        held = [row["concept"] for row in opened.rows("concepts", place=view["place"])]
        if place and view["concept"] in held:
            return place, view["concept"]
    place = opened.row("place", place=countries[0]["code"])
    assert place is not None
    return place, None


def _place(opened: Opened, countries: list[Row], place: Row) -> Row:
    """Country, then state, then municipality; the last one chosen is the place."""
    country = _select("Country or area", countries, place["country"], "country")
    if country is None:
        return place
    inside = place["country"] == country
    states = opened.rows("states", country=country)
    whole = "The whole country"
    state = _select("State or province", states, place["state"] if inside else None, f"state {country}", whole)
    below = opened.rows("municipalities", state=state) if state else []
    current = place["code"] if inside and place["state"] == state else None
    smaller = _select("Municipality or area", below, current, f"below {country} {state}", "The whole of it")
    chosen = smaller or state or country
    found = opened.row("place", place=chosen)
    assert found is not None
    return found


def _select(label: str, options: list[Row], current: str | None, key: str, whole: str | None = None) -> str | None:
    """A searchable select of places by name; `whole` is the way to choose none of them."""
    names = {"": whole} if whole else {}
    names |= {row["code"]: row["label"] for row in options}
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
    known = [*held] if current is None or current in held else [*held, current]
    ordered = sorted(known, key=lambda code: say("concept", code))
    if not ordered:
        ordered = ["arms_seized"]
    wanted = current or ("arms_seized" if "arms_seized" in held else ordered[0])
    chosen = st.selectbox(
        "What is counted",
        ordered,
        ordered.index(wanted) if wanted in ordered else 0,
        format_func=lambda code: say("concept", code) + ("" if code in held else f" ({nothing()} here)"),
        key=f"concept {place['code']}",
        filter_mode="contains",
    )
    return str(chosen)


def _period(opened: Opened, place: Row, concept: str) -> tuple[int, int, bool]:
    years = opened.row("years", place=place["code"], concept=concept) or {}
    low, high = years.get("first_year"), years.get("last_year")
    if low is None or high is None:
        return _year("from", 2000), _year("to", 2100), False
    span = range(low, high + 1)
    key = f"{place['code']} {concept}"
    first = st.selectbox("From", span, _at(span, _year("from", low)), key=f"from {key}", filter_mode="prefix")
    last = st.selectbox("To", span, _at(span, _year("to", high)), key=f"to {key}", filter_mode="prefix")
    return min(first, last), max(first, last), {first, last} != {low, high}


def _year(name: str, otherwise: int) -> int:
    asked = st.query_params.get(name, "")
    return int(asked) if asked.isdecimal() and len(asked) == 4 else otherwise


def _at(span: range, year: int) -> int:
    return span.index(min(max(year, span[0]), span[-1]))


def show(opened: Opened, choice: Choice) -> None:
    """What was chosen: definitions first, then numbers, then what must be said beside them."""
    panels = opened.rows("panels", **choice.asked)
    years = str(choice.first) if choice.first == choice.last else f"{choice.first}–{choice.last}"
    st.html(
        f'<h1 class="title">{text(say("concept", choice.concept))}'
        f'<span class="where">{text(choice.place_name)}{f", {years}" if panels else ""}</span></h1>'
    )
    asked = [panel for panel in panels if panel["asked"]]
    if not asked:
        nothing_held(opened, choice, panels)
    if asked:
        definitions(opened, choice)
        panel(opened, choice, asked[0])
    beside = [panel for panel in panels if panel not in asked[:1]]
    if beside:
        others(opened, choice, beside)
    if panels:
        caveats(opened, choice)
        pairs(opened, choice)
        figures(opened, choice, panels)


def nothing_held(opened: Opened, choice: Choice, panels: list[Row]) -> None:
    """Says that no figure is held, and what is."""
    what = say("concept", choice.concept).lower()
    words = f"No figure held here for {what} in {choice.place_name}. Nothing follows from that about the place."
    ways = [
        (
            f"{say('concept', row['concept'])}, {row['first_year']}–{row['last_year']}",
            address("./", {"place": choice.place["code"], "concept": row["concept"], "release": opened.release}),
        )
        for row in opened.rows("concepts", place=choice.place["code"])
        if row["concept"] != choice.concept
    ]
    if ways:
        words += " What is held:"
    elif choice.place["state"] is not None:
        words += " What is held for the places it lies in:"
    else:
        words += " Choose one of the smaller places in it above."
    for code, name in ((choice.place["state"], "state_name"), (choice.place["country"], "country_name")):
        if code and code != choice.place["code"]:
            to = address("./", {"place": code, "concept": choice.concept, "release": opened.release})
            ways.append((f"{choice.place[name]}, the whole of it", to))
    frame.note(words, *ways)


def definitions(opened: Opened, choice: Choice) -> None:
    """What each source means by the number, who counted and who released it: before any number."""
    cards = "".join(_card(row) for row in opened.rows("definitions", panel=None, **choice.asked))
    st.html(
        '<section aria-label="What each source counts"><h2>What each source counts</h2>'
        f'<div class="cards">{cards}</div></section>'
    )


def _card(row: Row) -> str:
    lead = f'<p class="lead">{text(row["lead"])}</p>' if row["lead"] else ""
    meant = row["definition"] or "The source states no definition of what it counts."
    released = text(f", of {day(row['released'])}") if row["released"] else ""
    only = f'<p class="only">Covers only {text(row["subset_of"])}.</p>' if row["subset_of"] else ""
    return (
        f'<article class="card {text(row["provenance"])}"><h3>{text(row["name"])}</h3>{provenance(row)}{lead}'
        f'<p class="meant">{text(meant)}</p>{only}'
        f"<dl><dt>Counted by</dt><dd>{text(row['producer'])}</dd><dt>Released by</dt><dd>{text(row['publisher'])}</dd>"
        f"<dt>Obtained from</dt><dd>{text(row['obtained_from'])}{released}</dd></dl></article>"
    )


def provenance(row: Row) -> str:
    """A source's class by shape, colour and word."""
    return (
        f'<p class="class {text(row["provenance"])}">{mark(row["provenance"])}'
        f"{text(say('provenance', row['provenance']))}"
        f"<span>{text(say('provenance_subclass', row['provenance_subclass']))}</span></p>"
    )


def panel(opened: Opened, choice: Choice, wanted: Row) -> None:
    """The chart of what was asked for, its words, and its numbers in a table."""
    asked = {**choice.asked, "panel": wanted["panel"]}
    rows, marks = opened.rows("series", **asked), opened.rows("marks", **asked)
    with st.container(key="main", horizontal=True, gap="large"):
        with st.container(key="chart", gap="small"):
            _panel_head(wanted, marks)
            _chart(rows, marks, wanted, choice, height=340)
            st.html(f'<div class="said">{summary(opened, asked)}</div>')
        with st.container(key="numbers"):
            st.html(matrix(opened, choice, rows, marks, wanted))


def _panel_head(wanted: Row, marks: list[Row]) -> None:
    unit = say("unit", wanted["unit"]).capitalize()
    st.html(
        f'<h2>Reported figures</h2><p class="unit">{text(unit)}, {text(say("kind", wanted["kind"]))}. A hollow point '
        f"means “at least”; a gap is a {text(wanted['kind'])} without a figure.</p>{_legend(marks)}"
    )


def _legend(marks: list[Row]) -> str:
    sources = "".join(
        f"<li>{mark(row['provenance'], row['number_of_kind'], row['number'])}{text(row['name'])}</li>" for row in marks
    )
    return f'<ul class="legend">{sources}</ul>'


def _chart(rows: list[Row], marks: list[Row], wanted: Row, choice: Choice, *, height: int) -> None:
    what = f"{say('concept', wanted['counted'])}, {choice.place_name}: {listed([m['name'] for m in marks])}"
    st.vega_lite_chart(
        spec=charts.series(rows, marks, height=height),
        width="stretch",
        theme=None,
        key=f"chart {wanted['panel']} {choice.state}",
        alt=f"{what}. The same numbers stand in the table.",
    )


def summary(opened: Opened, asked: dict[str, Any]) -> str:
    """A chart in words, one paragraph for each source."""
    return "".join(f"<p>{_sentence(row)}</p>" for row in opened.rows("summary", **asked))


def _sentence(row: Row) -> str:
    first = stated(row["first_value"], row["unit"], row["first_completeness"])
    last = stated(row["last_value"], row["unit"], row["last_completeness"])
    if row["figures"] == 1:
        said = [f"one figure, {first} in {row['first_period']}."]
    else:
        said = [f"{row['figures']} figures, from {first} in {row['first_period']} to {last} in {row['last_period']}."]
    if row["without"]:
        said.append(f"No figure held for {listed([str(year) for year in row['without']])}.")
    if row["partial"] and row["figures"] > 1:
        said.append(f"{row['partial']} of them partial.")
    if row["unknown"]:
        said.append("Whether the source recorded everything is not known.")
    return f"<strong>{text(row['name'])}</strong>: {text(' '.join(said))}"


def matrix(opened: Opened, choice: Choice, rows: list[Row], marks: list[Row], wanted: Row) -> str:
    """The numbers of one panel: a row for each period, a column for each source, each a link to where it comes from."""
    head = ["Year" if wanted["kind"] == "year" else "Period"]
    head += [f"{mark(m['provenance'], m['number_of_kind'])} {text(m['name'])}" for m in marks]
    body, period = "", None
    for row in rows:
        if row["period"] != period:
            body += f'{"</tr>" if body else ""}<tr><th scope="row">{text(row["period"])}</th>'
            period = row["period"]
        body += f'<td class="n">{origin(opened, choice, row)}</td>'
    caption = "Reported figures: each number leads to where it comes from"
    return table(head, [f"<tbody>{body}</tr></tbody>"], caption=caption, kind="matrix", numbers=range(1, len(head)))


def origin(opened: Opened, choice: Choice, row: Row) -> str:
    """A number as a link to where it comes from."""
    if row["figure_id"] is None:
        return f'<span class="none">{nothing()}</span>'
    said = stated(row["value"], row["unit"], row["completeness"])
    return _to_origin(opened, choice, row["figure_id"], said, f"{row['name']}, {row['period']}")


def _to_origin(opened: Opened, choice: Choice, figure_id: str, said: str, of: str) -> str:
    to = address("./", {"figure": figure_id, "release": opened.release, **choice.state})
    label = text(f"{said}: {of}: where this number comes from")
    return f'<a class="to" href="{to}" aria-label="{label}">{text(said)}</a>'


def others(opened: Opened, choice: Choice, panels: list[Row]) -> None:
    """Small charts of what is held beside, which is not the same thing and so shares no axis."""
    st.html(
        '<h2>Also held here, and not the same thing</h2><p class="unit">Each counts something else, or only a part; '
        "so each has its own axis.</p>"
    )
    with st.container(key="others", horizontal=True, gap="medium"):
        for at, wanted in enumerate(panels):
            asked = {**choice.asked, "panel": wanted["panel"]}
            rows, marks = opened.rows("series", **asked), opened.rows("marks", **asked)
            with st.container(key=f"other-{at}", gap="small"):
                only = f" (only {wanted['subset_of']})" if wanted["subset_of"] else ""
                meant = "".join(
                    f"<p>{text(row['name'])}: {text(row['definition'])}</p>"
                    for row in opened.rows("definitions", **asked)
                    if row["definition"]
                )
                st.html(
                    f"<h3>{text(say('concept', wanted['counted']))}{text(only)}</h3>"
                    f'<p class="unit">{text(say("unit", wanted["unit"]).capitalize())}</p>{_legend(marks)}'
                    f'<div class="meant">{meant}</div>'
                )
                _chart(rows, marks, wanted, choice, height=170)
                st.html(f'<div class="said">{summary(opened, asked)}</div>')


def caveats(opened: Opened, choice: Choice) -> None:
    """What must be said beside each source's numbers."""
    rows = opened.rows("caveats", **choice.asked)
    if rows:
        said = "".join(f"<li><strong>{text(row['name'])}</strong> {text(row['text'])}</li>" for row in rows)
        st.html(f'<section class="caveats"><h2>Read with care</h2><ul>{said}</ul></section>')


def pairs(opened: Opened, choice: Choice) -> None:
    """Two sources' figures for the same period, with what can and cannot be said of them together."""
    rows = opened.pairs(choice.place["level"], **choice.asked)
    head = "<h2>Two sources, the same period</h2>"
    if not rows:
        st.html(
            f'{head}<p class="unit">No two sources state a figure for the same place and period here. A wider period, '
            "or the state or country this place lies in, may have some.</p>"
        )
        return
    body = ""
    for row in rows:
        if row["new_pair"]:
            body += _pair_head(row)
        body += _pair(opened, choice, row)
    st.html(
        f'{head}<p class="unit">In alphabetical order. The difference is the first figure less the second, the '
        "ratio the first divided by the second.</p>"
        + table(
            ["Period", "First source", "Second source", "Difference", "Ratio", "What can be said"],
            [f"{body}</tbody>"],
            caption="Pairs of figures for the same period",
            kind="pairs",
            numbers=range(1, 5),
        )
    )


def _pair_head(row: Row) -> str:
    units = [f", in {say('unit', row[f'unit_{s}'])}" if row["other_units"] else "" for s in "ab"]
    first, second = (
        f"{mark(row[f'provenance_{s}'])} {text(row[f'name_{s}'])}"
        f'<span class="of">{text(say("concept", row[f"counted_{s}"]) + unit)}</span>'
        for s, unit in zip("ab", units, strict=True)
    )
    return (
        f'</tbody><tbody><tr class="pair"><th colspan="6" scope="rowgroup"><span>{first}</span>'
        f'<span class="and">and</span><span>{second}</span></th></tr>'
    )


def _pair(opened: Opened, choice: Choice, row: Row) -> str:
    a, b = (
        _to_origin(
            opened,
            choice,
            row[f"figure_{s}"],
            stated(row[f"value_{s}"], row[f"unit_{s}"], row[f"completeness_{s}"]),
            f"{row[f'name_{s}']}, {row['period']}",
        )
        for s in "ab"
    )
    refused = row["difference"] is None
    blank = '<span class="none">not calculated</span>'
    if row["as_above"]:
        reasons = '<p class="why">For the same reasons.</p>' if row["said"] or row["other_units"] else ""
    else:
        said = list(row["said"])
        if row["other_units"]:
            said.insert(0, f"One is in {say('unit', row['unit_a'])}, the other in {say('unit', row['unit_b'])}.")
        reasons = "".join(f'<p class="why">{text(reason)}</p>' for reason in said)
    cells = (
        (text(row["name_a"]), a),
        (text(row["name_b"]), b),
        ("Difference", blank if refused else text(number(row["difference"], row["unit_a"]))),
        ("Ratio", blank if refused else text(ratio(row["ratio"])) or '<span class="none">none</span>'),
    )
    return (
        f'<tr><th scope="row">{text(row["period"])}</th>'
        + "".join(f'<td class="n" data-label="{label}">{cell}</td>' for label, cell in cells)
        + f'<td class="say" data-label="What can be said"><strong class="v {text(row["verdict"])}">'
        f"{text(say('verdict', row['verdict']))}</strong>{reasons}</td></tr>"
    )


def figures(opened: Opened, choice: Choice, panels: list[Row]) -> None:
    """Every figure on the page, one a row: choose one to see where it comes from, or take them all along."""
    rows = opened.rows("export", release=opened.release, **choice.asked)
    shown = {
        "Source": [row["name"] for row in rows],
        "What is counted": [say("concept", row["concept"]) for row in rows],
        "Period": [row["period"] for row in rows],
        "Reported figure": [stated(row["value"], row["unit"], row["completeness"]) for row in rows],
        "Unit": [say("unit", row["unit"]) for row in rows],
        "Completeness": [say("completeness", row["completeness"]) for row in rows],
        "Released by": [row["publisher"] for row in rows],
    }
    st.html(
        '<h2>Where a number comes from</h2><p class="unit">Choose a row to see the file, the row and the text behind '
        "it. Every number in the tables above leads there too.</p>"
    )
    picked: Any = st.dataframe(
        shown,
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"figures {opened.release} {choice.state}",
        height=min(38 * (len(rows) + 1), 330),
        alt="Every figure on this page, one a row",
    )
    if picked.selection.rows:
        row = rows[picked.selection.rows[0]]
        st.query_params["figure"] = row["figure_id"]
        st.rerun()
    st.download_button(
        "Download these figures with their caveats (CSV)",
        data.as_csv(rows),
        file_name=f"commons-{re.sub('[^A-Za-z0-9]+', '-', choice.place['code'])}-{choice.concept}-{opened.release}.csv",
        mime="text/csv",
        on_click="ignore",
    )


if __name__ == "__main__":
    page()
