"""Region: a set of places, what is counted there and by whom; how the sums change, what is held, shares and flows."""

import re
from functools import partial
from typing import Any

import streamlit as st

from dashboard import address, blocks, charts, choice, data, frame, maps, set_blocks, sets
from dashboard.data import Opened, Row
from dashboard.language import _, in_order, number, period, place_name, year
from dashboard.maps import planes
from dashboard.markup import text
from dashboard.sets import PlaceSet, SetChoice
from dashboard.words import say, stated

# What the address of this page may hold.
NAMES = ("set", "places", "name", "members", "concept", "source", "from", "to", "show", "year", "code")
# Figures that are listed one a row; the file to download has all.
MOST = 500


def page() -> None:
    """The whole page."""
    frame.page("region", body)


def body(opened: Opened) -> None:
    """What was chosen, below the selects it is chosen with."""
    with st.spinner(_("Adding up over the places of the set …"), show_time=False):
        chosen = choose(opened)
        if chosen is not None:
            show(opened, chosen)


def choose(opened: Opened) -> SetChoice | None:
    """The selects, set from the address, and the address set from them."""
    asked = address.here()
    begun = sets.set_asked(opened, asked)
    if begun is None:
        frame.note(_("This release holds no figures yet. The next one may: it is built when a source is added."))
        return None
    if not begun.own and asked.get("set", begun.code) != begun.code:
        frame.note(_("No figure held here for the set the address names. Choose another below."))
    with st.container(key="choose-set", horizontal=True, gap="small"):
        of = _set(opened, begun)
    if of.own:
        of = _own(opened, of)
        if not of.places:
            frame.remember({**of.state, "release": opened.release}, NAMES)
            _how_to_begin()
            return None
    rows = opened.rows("set_held", **of.asked)
    if not rows:
        frame.remember({**of.state, "release": opened.release}, NAMES)
        _nothing_held(of)
        return None
    with st.container(key="choose-what", horizontal=True, gap="small"):
        chosen = _what(of, rows)
    frame.remember({**_kept(asked), **chosen.state, "release": opened.release}, NAMES)
    return chosen


def _kept(asked: Any) -> dict[str, str]:
    """What the sections further down add to the address."""
    return {name: asked[name] for name in ("year", "code") if name in asked}


def _set(opened: Opened, begun: PlaceSet) -> PlaceSet:
    """The kind of set, then the set, then whose members are meant."""
    named = sets.named(opened)
    kinds = [kind for kind in sets.KINDS if kind == sets.OWN or any(one.kind == kind for one in named.values())]
    kind = st.selectbox(
        _("Kind of set"),
        kinds,
        kinds.index(begun.kind),
        format_func=lambda code: say("set_kind", code),
        key="set kind",
        filter_mode="contains",
    )
    if kind == sets.OWN:
        return begun if begun.own else sets.own(opened, _members_now(opened, begun), "")
    of_kind = {code: one for code, one in named.items() if one.kind == kind}
    usual = sets.WORLD if sets.WORLD in of_kind else next(iter(of_kind))
    code = st.selectbox(
        _("Set of places"),
        [*of_kind],
        [*of_kind].index(begun.code if begun.code in of_kind else usual),
        format_func=lambda code: of_kind[code].name,
        key=f"set {kind}",
        filter_mode="contains",
    )
    of = of_kind[code]
    runs = opened.rows("set_runs", set=code) if kind == "community" else []
    if len(runs) < 2:
        return sets.within(opened, of)
    years: list[int | None] = [None, *(run["last_year"] for run in runs)]
    wanted = begun.members if begun.code == code else None
    run = next((run for run in runs if wanted and run["first_year"] <= wanted <= run["last_year"]), None)
    members = st.selectbox(
        _("Members"),
        years,
        years.index(run["last_year"]) if run else 0,
        format_func=lambda one: _("of each year") if one is None else _("of {year}").format(year=year(one)),
        key=f"members {code}",
    )
    return sets.as_of(opened, of, members)


def _members_now(opened: Opened, of: PlaceSet) -> list[str]:
    """The places of a named set, where few enough to change them one by one."""
    rows = opened.rows("set_members", first=9998, last=9998, **of.asked)
    return [row["code"] for row in rows] if len(rows) <= sets.MOST else []


def _own(opened: Opened, of: PlaceSet) -> PlaceSet:
    """Places of any level, chosen one by one: countries, or what lies in one of them, or in one of its states."""
    with st.container(key="choose-own", horizontal=True, gap="small"):
        countries = {"": _("Countries and areas"), **frame.place_labels(opened.rows("countries"))}
        country = st.selectbox(
            _("Look for places among"),
            [*countries],
            format_func=lambda code: countries[code],
            key="look country",
            filter_mode="contains",
        )
        states = frame.place_labels(opened.rows("states", country=country)) if country else {}
        state = ""
        if states:
            inside = {"": _("States and provinces"), **states}
            state = st.selectbox(
                _("Level"),
                [*inside],
                format_func=lambda code: inside[code],
                key=f"look state {country}",
                filter_mode="contains",
            )
        if state:
            among = opened.rows("municipalities", state=state)
        else:
            among = opened.rows("states", country=country) if country else opened.rows("countries")
        given = opened.rows("places_known", places=of.places)
        labels = {**frame.place_labels(among), **_labels(given)}
        picked = st.multiselect(
            _("Places of the set"),
            [*labels],
            [code for code in of.places if code in labels],
            format_func=lambda code: labels.get(code, code),
            key="own places",
            max_selections=sets.MOST,
            placeholder=_("Choose places"),
            filter_mode="contains",
        )
        name = st.text_input(_("Name of the set"), of.name, max_chars=sets.LONGEST, key="own name")
    return sets.own(opened, picked, name)


def _labels(rows: list[Row]) -> dict[str, str]:
    """Names of places, with their country where they lie in one."""
    words = _("{place} ({country})")
    return {
        row["code"]: place_name(row["code"], row["name"])
        if row["country"] in (None, row["code"])
        else words.format(
            place=place_name(row["code"], row["name"]), country=place_name(row["country"], row["country_name"])
        )
        for row in rows
    }


def _what(of: PlaceSet, rows: list[Row]) -> SetChoice:
    """What is counted, by which source, and the years."""
    asked = address.here()
    held = sets.concepts(rows)
    wanted = choice.concept_asked({code: found[0] for code, found in held.items()}, asked.get("concept"))
    wanted = wanted if wanted in held else choice.concept_asked({code: found[0] for code, found in held.items()}, None)
    key = f"{of.kind} {of.code} {of.members}"
    concept = st.selectbox(
        _("What is counted"),
        [*held],
        [*held].index(wanted),
        format_func=lambda code: say("concept", code),
        key=f"concept {key}",
        filter_mode="contains",
    )
    found = held[concept]
    adding = sets.sources(found)
    source = sets.source_asked(adding, asked.get("source"))
    if source is not None:
        source = st.selectbox(
            _("Source of the sums"),
            [*adding],
            [*adding].index(source),
            format_func=lambda code: _(adding[code]["name"]),
            key=f"source {key} {concept}",
            filter_mode="contains",
        )
    span = sets.span_held(found, source)
    first, last = sets.period_asked(span, asked, sets.span_held(found, source, "years_summed"))
    between = range(span[0], span[-1] + 1)
    ends = [
        st.selectbox(
            label,
            between,
            between.index(at),
            format_func=year,
            key=f"{name} {key} {concept} {source}",
            filter_mode="prefix",
        )
        for label, name, at in ((_("From"), "from", first), (_("To"), "to", last))
    ]
    return SetChoice(of, concept, source, min(ends), max(ends), asked.get("show") == "published")


def _how_to_begin() -> None:
    words = _("Choose the places of your set above: countries, states or municipalities, of one country or of several.")
    border = "US-CA,US-AZ,US-NM,US-TX,MX-BCN,MX-SON,MX-CHH,MX-COA,MX-NLE,MX-TAM"
    named = {"places": border, "name": _("States along the border of Mexico and the United States")}
    frame.note(words, (_("For example: {name}").format(name=named["name"]), address.to("region", named)))


def _nothing_held(of: PlaceSet) -> None:
    words = _("No figure held here for any place of “{set}”. Nothing follows from that about them.").format(
        set=of.title
    )
    frame.note(words, (_("See the world"), address.to("region", {"set": sets.WORLD})))


def show(opened: Opened, chosen: SetChoice) -> None:
    """What was chosen: who is in the set, what the source counts, then numbers and what must be said beside them."""
    of = chosen.of
    members = opened.rows("set_members", **of.asked, first=chosen.first, last=chosen.last)
    names = {row["code"]: place_name(row["code"], row["name"]) for row in members}
    runs = opened.rows("set_runs", set=of.code) if of.kind == "community" else []
    changes = opened.rows("set_changes", set=of.code) if of.kind == "community" else []
    st.html(set_blocks.title(chosen) + set_blocks.members(chosen, members, runs, changes, names))
    if chosen.source is None:
        words = _(
            "“{concept}” does not add up over places, so there is no sum, trend or share to show, only what is held."
        )
        frame.note(words.format(concept=say("concept", chosen.concept)))
    else:
        st.html(blocks.definitions(opened.rows("set_definitions", source=chosen.source, concept=chosen.concept)))
        trend(opened, chosen, names)
    coverage(opened, chosen, names)
    if chosen.source is not None:
        shares(opened, chosen, names)
    agreement(opened, chosen)
    flows(opened, chosen, names)
    said = blocks.caveats(opened.rows("set_caveats", **chosen.held))
    said += blocks.statements(opened.rows("set_statements", **chosen.held))
    if said:
        st.html(said)
    figures(opened, chosen, names)


def trend(opened: Opened, chosen: SetChoice, names: dict[str, str]) -> None:
    """How the sums change between the two years, in three ways, and why these differ."""
    source = opened.rows("set_source", source=chosen.source)[0]
    for at, row in enumerate(opened.rows("set_trend", **chosen.summed)):
        st.html(set_blocks.trend(row, names))
        if row["unit"] is None:
            continue
        asked = {**chosen.summed, "unit": row["unit"], "basis": row["period_basis"], "panel": tuple(row["panel"])}
        rows = opened.rows("set_years", **asked)
        if not any(one["n_all"] for one in rows):
            continue
        with st.container(key=f"sums-{at}", horizontal=True, gap="large"):
            with st.container(key=f"sums-chart-{at}", gap="small"):
                st.html(set_blocks.sums_head(rows, row, source["name"], source["provenance"]))
                frame.chart(
                    charts.sums(
                        rows,
                        row["unit"],
                        source["provenance"],
                        alike=set_blocks.alike(rows),
                        joined=_("The same places"),
                        single=_("All places with a figure"),
                    ),
                    key=f"sums {at} {chosen.state}",
                    alt=set_blocks.sums_alternative(chosen, source["name"]),
                )
            with st.container(key=f"sums-numbers-{at}"):
                st.html(set_blocks.sums_table(rows, row["unit"], names) + set_blocks.chain(row))
    behind = opened.rows("set_figures", **chosen.summed)
    places = {row["code"] for row in behind}
    if any(row["otherwise"] for row in behind):
        st.html(_published(chosen))
    if behind and len(places) * (chosen.last - chosen.first + 1) <= 600:
        st.html(set_blocks.figures(behind, chosen.first, chosen.last, _(source["name"]), names))


def _published(chosen: SetChoice) -> str:
    """The way to the sums with figures that count something else, and back."""
    words = _("Add up all figures as published, those that count something else too")
    if chosen.published:
        words = _("Leave out figures that count something else")
    to = address.same("region", show=None if chosen.published else "published")
    return f'<p><a class="way" href="{to}">{text(words)}</a></p>'


def coverage(opened: Opened, chosen: SetChoice, names: dict[str, str]) -> None:
    """What is held of which place, year by year and class by class."""
    counts = opened.rows("set_coverage_years", **chosen.held)
    st.html(set_blocks.coverage_key())
    if not counts:
        words = _("Coverage is kept for countries and their states; none of these places is one of them.")
        frame.note(words)
        return
    made = set_blocks.coverage_summary(counts)
    if len(names) <= set_blocks.MOST_PLACES:
        rows = opened.rows("set_coverage", **chosen.held)
        made += set_blocks.coverage(rows, chosen.first, chosen.last, names)
    else:
        words = _(
            "These are too many places to show one by one; they are counted below. A smaller set shows each of them."
        )
        made += f'<p class="unit">{text(words)}</p>'
    st.html(made)
    st.html(set_blocks.coverage_years(counts))


def shares(opened: Opened, chosen: SetChoice, names: dict[str, str]) -> None:
    """Types of firearm as parts of the whole, under several weightings."""
    source = opened.rows("set_source", source=chosen.source)[0]
    rows = [row for row in opened.rows("set_share", **chosen.summed) if row["n_places"]]
    if not rows:
        words = _("“{source}” states no types of firearm for these places and years, so there are no shares to show.")
        heading = text(_("Types of firearm under several weightings"))
        st.html(f"<h2>{heading}</h2>{frame.note_html(words.format(source=_(source['name'])))}")
        return
    rows.sort(key=lambda row: sets.in_fixed_order("category", row["category"]))
    with st.container(key="shares", horizontal=True, gap="large"):
        with st.container(key="shares-chart", gap="small"):
            st.html(set_blocks.share_head(rows, chosen, source["provenance"]))
            frame.chart(
                charts.weightings(
                    rows,
                    source["provenance"],
                    names=(_("All pooled"), _("Without the largest contributor"), _("Mean of the places")),
                ),
                key=f"shares {chosen.state}",
                alt=set_blocks.share_alternative(rows, chosen, source["name"]),
            )
        with st.container(key="shares-numbers"):
            st.html(set_blocks.shares(rows, names))


def agreement(opened: Opened, chosen: SetChoice) -> None:
    """How far two sources agree over the set, or why nothing can be said of it."""
    if chosen.of.code and chosen.of.members is None:
        rows = opened.rows("set_agreement", set=chosen.of.code, concept=chosen.concept)
    else:
        held = sets.concepts(opened.rows("set_held", **chosen.of.asked)).get(chosen.concept, [])
        others = [code for code in sets.sources(held) if code != chosen.source]
        asked = {**chosen.held, "source": chosen.source}
        del asked["set"]
        rows = [row for other in others for row in opened.rows("set_agreement_of", other=other, **asked)]
    if rows:
        st.html(set_blocks.agreement(rows))
        return
    words = _(
        "No two sources hold figures for the same of these places and years that could be set against each other, so"
        " nothing can be said of how far they agree."
    )
    st.html(f"<h2>{text(_('Two sources over the same places'))}</h2>{frame.note_html(words)}")


def flows(opened: Opened, chosen: SetChoice, names: dict[str, str]) -> None:
    """Flows between the places of the set, and what each end of a corridor records."""
    st.html(f"<h2>{text(_('Flows between places'))}</h2>")
    held = opened.rows("set_flows", **chosen.of.asked)
    if not held:
        _no_flows(opened)
        return
    of = _flow(held)
    asked = {
        **chosen.of.asked,
        "source": of["source"],
        "concept": of["concept"],
        "unit": of["unit"],
        "role": of["counterpart_role"],
        "period": of["period"],
        "basis": of["period_basis"],
    }
    definition = opened.row("definition", source=of["source"], definition=of["definition_id"])
    st.html(set_blocks.flows_head(of, definition["text"] if definition else None))
    corridors = opened.rows("set_corridors", **asked)
    ends = {
        row[end]: place_name(row[end], row[f"{end}_name"]) for row in corridors for end in ("origin", "destination")
    }
    if not corridors:
        words = _("No corridor with both ends in the set is recorded; what each place records in all stands below.")
        frame.note(words)
    elif len(ends) <= set_blocks.MOST_CELLS:
        st.html(set_blocks.flow_matrix(corridors, of, ends))
    else:
        frame.chart(
            charts.corridors(corridors, ends, of["provenance"]),
            key=f"corridors {of['source']} {of['period']} {chosen.of.state}",
            alt=set_blocks.flow_alternative(of, chosen),
        )
    _arrows(corridors, of, ends, chosen)
    rows = opened.rows("set_flow_places", **asked)
    st.html(
        set_blocks.flow_places(
            rows, {**ends, **{row["code"]: place_name(row["code"], row["place_name"]) for row in rows}}
        )
    )
    _corridors_of_one(opened, rows, asked, of)
    st.html(set_blocks.mirror(opened.rows("set_mirror", **chosen.of.asked, period=of["period"]), {**names, **ends}))


def _arrows(corridors: list[Row], of: Row, names: dict[str, str], chosen: SetChoice) -> None:
    """The corridors on a map: of one country's states, or between countries."""
    countries = {row["within"] for row in corridors}
    within = next(iter(countries)) if len(countries) == 1 else None
    across = [row for row in corridors if row["kind"] == "across"]
    if not across or (within and planes.ground(within) is None):
        return
    words = _("{origin} to {destination}: {value}")
    rows = []
    for row in across:
        origin, destination = names[row["origin"]], names[row["destination"]]
        said = words.format(
            origin=origin, destination=destination, value=stated(row["value"], row["unit"], row["completeness"])
        )
        rows.append({**row, "origin_name": origin, "destination_name": destination, "text": said})
    caption = _("Flows between the places of {set}, {period}, {source}: an arrow for each corridor, wider where more")
    maps.show(
        maps.flows(rows, within=within, provenance=of["provenance"]),
        key="flows",
        caption=caption.format(set=chosen.of.title, period=period(of["period"]), source=_(of["name"])),
    )


def _no_flows(opened: Opened) -> None:
    words = _(
        "No source held here names both ends of a flow that begins or ends in these places, so there is no matrix, map"
        " or mirror check. Nothing follows from that about the places."
    )
    named = sets.named(opened)
    ways = [
        (named[row["code"]].name, address.to("region", {"set": row["code"]}))
        for row in opened.rows("flow_sets")
        if row["code"] in named
    ]
    frame.note(f"{words} {_('Flows are held for:')}" if ways else words, *ways)


def _flow(held: list[Row]) -> Row:
    """Which flows are shown: of which source, and which period."""
    series = {"|".join((row["source"], row["concept"], row["unit"], row["counterpart_role"])): row for row in held}
    with st.container(key="choose-flow", horizontal=True, gap="small"):
        wanted = next(iter(series))
        if len(series) > 1:
            wanted = st.selectbox(
                _("Source of the flows"),
                [*series],
                format_func=lambda key: ", ".join(
                    (
                        _(series[key]["name"]),
                        say("concept", series[key]["concept"]),
                        say("counterpart_role", series[key]["counterpart_role"]),
                    )
                ),
                key="flow source",
                filter_mode="contains",
            )
        of = series[wanted]
        same = ("source", "concept", "unit", "counterpart_role")
        periods = {row["period"]: row for row in held if all(row[name] == of[name] for name in same)}
        asked = address.here().get("year")
        at = st.selectbox(
            _("Period of the flows"),
            [*periods],
            [*periods].index(asked) if asked in periods else len(periods) - 1,
            format_func=period,
            key=f"flow period {wanted}",
            filter_mode="prefix",
        )
    frame.remember({"year": at})
    return periods[at]


def _corridors_of_one(opened: Opened, rows: list[Row], asked: dict[str, Any], of: Row) -> None:
    """One place, and every corridor that leads to it or from it."""
    names = {row["code"]: place_name(row["code"], row["place_name"]) for row in rows}
    codes = sorted(names, key=lambda code: (in_order(names[code]), code))
    wanted = address.here().get("code")
    code = st.selectbox(
        _("The corridors of one place"),
        ["", *codes],
        ["", *codes].index(wanted) if wanted in names else 0,
        format_func=lambda code: names.get(code) or _("Choose a place"),
        key="corridors of",
        filter_mode="contains",
    )
    frame.remember({"code": code}, ("code",))
    if code:
        one = {name: value for name, value in asked.items() if name not in ("set", "places")}
        found = opened.rows("set_corridors_of", **one, place=code)
        st.html(set_blocks.corridors_of(found, code, of, names))


def figures(opened: Opened, chosen: SetChoice, names: dict[str, str]) -> None:
    """Every figure behind the sums and shares, one a row: choose one to see where it comes from, or take them all."""
    of_source = {**chosen.held, "source": chosen.source}
    rows = opened.rows("set_listed", **of_source)
    flow = address.here().get("year")
    if not rows and not flow:
        return
    words = _("Each number leads to the file, the row and the text behind it. The file to download holds all of them.")
    listed = _listing(rows, names) if rows else ""
    st.html(f'<h2>{text(_("Where a number comes from"))}</h2><p class="unit">{text(words)}</p>{listed}')
    of = re.sub("[^A-Za-z0-9]+", "-", chosen.of.code or "places")
    st.download_button(
        _("Download these figures with their caveats (CSV)"),
        partial(export, opened, {**of_source, "period": flow}),
        file_name=f"commons-{of}-{chosen.concept}-{chosen.first}-{chosen.last}-{opened.release}.csv",
        mime="text/csv",
        on_click="ignore",
    )


def _listing(rows: list[Row], names: dict[str, str]) -> str:
    head = (_("Place"), _("Period"), _("Type"), _("Unit"), _("Completeness"))
    shown = (
        (
            {**row, "name": place},
            (
                place,
                period(row["period"]),
                blocks.capital(say("category", row["category"])),
                say("unit", row["unit"]),
                say("completeness", row["completeness"]),
            ),
        )
        for row in rows[:MOST]
        for place in (names.get(row["place"]) or str(row["place_name"]),)
    )
    said = blocks.listing(head, shown, caption=_("Every figure behind the sums and shares, one a row"))
    if len(rows) > MOST:
        words = _("The first {n} of {total} figures.").format(n=number(MOST), total=number(len(rows)))
        said = f'<p class="unit">{text(words)}</p>{said}'
    return said


def export(opened: Opened, asked: dict[str, Any]) -> str:
    """The file to download, made when it is asked for."""
    return data.as_csv(opened.rows("set_export", release=opened.release, **asked))


if __name__ == "__main__":
    page()
