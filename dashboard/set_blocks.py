"""The HTML of what the page Region shows of a set of places: its members, trend, coverage, shares and flows.

Pure: data in, HTML out, no widget. Names of places are handed in as code → name in the page's language.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from dashboard import address, sets
from dashboard.blocks import capital, to_origin
from dashboard.data import Row
from dashboard.language import (
    _,
    current,
    day,
    decimal,
    in_order,
    listed,
    ngettext,
    nothing,
    number,
    percent,
    period,
    place_name,
    sentence,
    year,
)
from dashboard.markup import cell, mark, table, text
from dashboard.sets import SetChoice, names_of
from dashboard.words import say, stated

CLASSES = ("official", "combined", "non_official")
STATUSES = (
    "reported_number",
    "reported_zero",
    "suppressed",
    "breakdown_only",
    "not_yet_published",
    "file_held_no_figure_for_place",
    "no_file_held",
)
MOST_PLACES = 60
"""Places up to which each is shown with its years; of more, they are counted."""
MOST_CELLS = 14
"""Places up to which a matrix has a link in each cell."""
FEW = 12
"""Names up to which a list stands open."""


def title(chosen: SetChoice) -> str:
    """What is counted, in which places and when."""
    where = f"<bdi>{text(chosen.of.title)}</bdi>, {text(chosen.years)}"
    return f'<h1 class="title">{text(say("concept", chosen.concept))}<span class="where">{where}</span></h1>'


def members(chosen: SetChoice, rows: list[Row], runs: list[Row], changes: list[Row], names: Mapping[str, str]) -> str:
    """Which places these are (query set_members), and how the membership of a community changed."""
    of = chosen.of
    said = []
    if of.own:
        said.append(_("A set of your own; its places are those the address names."))
    elif of.members is not None:
        words = _("Its members on 31 December {year}, for every year shown.")
        said.append(words.format(year=year(of.members)))
    elif of.kind == "community":
        said.append(_("Its members on 31 December of each year."))
    elif of.kind == "region":
        said.append(_("As the United Nations group countries and areas for statistics (M49)."))
    if len(runs) > 1:
        said.append(_("{members}.").format(members=capital(sets.membership(runs))))
    said += [_change(row, names) for row in changes]
    nested = [row["code"] for row in rows if row["nested"]]
    if nested:
        words = _("{places}: in another place of the set, and so not added to it again.")
        said.append(words.format(places=listed(names_of(nested, names))))
    return f'<p class="unit">{text(" ".join(said))}</p>{_member_list(chosen, rows, names)}'


def _change(row: Row, names: Mapping[str, str]) -> str:
    words = _("Members from {day}: {places}.") if row["change"] == "joined" else _("Members until {day}: {places}.")
    named = {
        code: names.get(code) or place_name(code, name) for code, name in zip(row["codes"], row["names"], strict=True)
    }
    return words.format(places=listed(names_of(row["codes"], named)), day=day(row["day"]))


def _member_list(chosen: SetChoice, rows: list[Row], names: Mapping[str, str]) -> str:
    ordered = sorted(rows, key=lambda row: in_order(names[row["code"]]))
    items = "".join(
        f'<li><a href="{address.to("local", {"place": row["code"], "concept": chosen.concept})}">'
        f"{text(names[row['code']])}</a>{_until(row)}</li>"
        for row in ordered
    )
    words = ngettext("The {n} place of this set", "The {n} places of this set", len(rows)).format(n=number(len(rows)))
    return f'<details class="members"><summary>{text(words)}</summary><ul class="names">{items}</ul></details>'


def _until(row: Row) -> str:
    if row["valid_to"] is None:
        return ""
    return f' <span class="of">{text(_("until {day}").format(day=day(row["valid_to"])))}</span>'


def trend(row: Row, names: Mapping[str, str]) -> str:
    """The three outcomes, the headline or why there is none, and why they differ (query set_trend)."""
    first, last = year(row["first_year"]), year(row["last_year"])
    heading = _("Change between {first} and {last}").format(first=first, last=last)
    if row["headline"] is None:
        verdict = f'<p class="headline">{text(sentence(row["reasons"][0]))}</p>'
    else:
        words = _(
            "Headline: the change over the places with a figure for every year. The three outcomes point in one"
            " direction and lie close to each other."
        )
        verdict = f'<p class="headline"><strong>{_signed(row["headline"])}</strong> {text(words)}</p>'
    rest = _besides(row)
    outcomes = f'<div class="outcomes">{_outcomes(row)}</div>' if row["n_first"] or row["n_last"] else ""
    return f"<h2>{text(heading)}</h2>{verdict}{outcomes}{reasons(rest)}{_reporters(row, names)}"


def reasons(said: list[str]) -> str:
    """Sentences of a view as a list."""
    items = "".join(f"<li>{text(sentence(reason))}</li>" for reason in said)
    return f'<ul class="reasons">{items}</ul>' if items else ""


def change(value: Decimal | None) -> str:
    """A relative change in words: '+3.1%'."""
    if value is None:
        return _("not calculable")
    return f"+{percent(value, 1)}" if value > 0 else percent(value, 1)


def _signed(value: Decimal | None) -> str:
    """A change whose sign stands before it in every direction of writing."""
    return text(change(value)) if value is None else f'<bdi dir="ltr">{text(change(value))}</bdi>'


def _outcomes(row: Row) -> str:
    unit = row["unit"]

    def sums(first: Decimal | None, last: Decimal | None) -> str:
        words = _("{first} in {first_year}, {last} in {last_year}")
        return words.format(
            first=number(first, unit),
            first_year=year(row["first_year"]),
            last=number(last, unit),
            last_year=year(row["last_year"]),
        )

    reporters = _("{first} places in {first_year}, {last} in {last_year}: not the same ones.")
    if not row["only_first"] and not row["only_last"]:
        reporters = _("{first} places in {first_year}, {last} in {last_year}: the same ones.")
    panel = ngettext(
        "{n} place with a figure for every year between.",
        "{n} places with a figure for every year between.",
        row["n_panel"],
    )
    return "".join(
        f'<div class="outcome"><h3>{text(name)}</h3><p class="value{" words" if value is None else ""}">'
        f"{_signed(value)}</p>"
        f"<p>{text(of)}</p><p>{text(who)}</p></div>"
        for name, value, of, who in (
            (
                _("All places with a figure"),
                row["change_all"],
                sums(row["first_all"], row["last_all"]),
                reporters.format(
                    first=number(row["n_first"]),
                    first_year=year(row["first_year"]),
                    last=number(row["n_last"]),
                    last_year=year(row["last_year"]),
                ),
            ),
            (
                _("The same places in every year"),
                row["change_panel"],
                sums(row["first_panel"], row["last_panel"]) if row["n_panel"] else nothing(),
                panel.format(n=number(row["n_panel"])),
            ),
            (
                _("Chained, year by year"),
                row["change_chained"],
                _("Each pair of successive years over the places with a figure in both, multiplied."),
                _("The pairs stand below."),
            ),
        )
    )


def _reporters(row: Row, names: Mapping[str, str]) -> str:
    """Who is in which of the sums, by name."""
    first, last, unit = year(row["first_year"]), year(row["last_year"]), row["unit"]
    together = _("together {number}")
    lists = (
        (
            _("With a figure for {year}, and none that adds up for {other}").format(year=first, other=last),
            row["only_first"],
            together.format(number=number(row["only_first_sum"], unit)),
        ),
        (
            _("With a figure for {year}, and none that adds up for {other}").format(year=last, other=first),
            row["only_last"],
            together.format(number=number(row["only_last_sum"], unit)),
        ),
        (
            _("With a figure for both years, but not for every year between"),
            row["with_gaps"],
            _("together {first} in {first_year}, {last} in {last_year}").format(
                first=number(row["with_gaps_first"], unit),
                first_year=first,
                last=number(row["with_gaps_last"], unit),
                last_year=last,
            ),
        ),
        (_("With a figure for every year"), row["panel"], ""),
        (_("Left out, since the figure counts something else"), row["counted_otherwise"], ""),
    )
    return "".join(_names(label, codes, names, sums) for label, codes, sums in lists if codes)


def _names(label: str, codes: list[str], names: Mapping[str, str], sums: str = "") -> str:
    count = ngettext("{n} place", "{n} places", len(codes)).format(n=number(len(codes)))
    about = ", ".join(filter(None, [count, sums]))
    return (
        f'<details class="who"{" open" if len(codes) <= FEW else ""}><summary>{text(label)} '
        f'<span class="of">({text(about)})</span></summary><p>{text(listed(names_of(codes, names)))}</p></details>'
    )


def alike(rows: list[Row]) -> bool:
    """Whether the sums of every year are over the same places (query set_years)."""
    return all(row["n_all"] in (None, row["n_same"]) for row in rows)


def sums_head(rows: list[Row], trend_: Row, name: str, provenance: str) -> str:
    """What the chart of yearly sums shows and how to read it."""
    joined = _("Places with a figure for every year ({n}): the same in each year, so joined").format(
        n=number(trend_["n_panel"])
    )
    single = _(
        "All places with a figure for the year (their number beside the point): not the same ones, so not joined"
    )
    unit = _("{unit}, sums of what “{source}” states").format(unit=capital(say("unit", trend_["unit"])), source=_(name))
    keys = [] if alike(rows) else [("all", single)]
    keys += [("same", joined)] if trend_["n_panel"] else []
    said = "".join(
        f'<li><span class="key {kind} {text(provenance)}" aria-hidden="true"></span>{text(words)}</li>'
        for kind, words in keys
    )
    return f'<h3>{text(_("Sums year by year"))}</h3><p class="unit">{text(unit)}</p><ul class="legend keys">{said}</ul>'


def sums_alternative(chosen: SetChoice, name: str) -> str:
    """The chart's name for those who do not see it."""
    words = _(
        "{concept}, {set}, {years}: sums of {source} over all places with a figure, as single points, and over the"
        " places with a figure for every year, as a line. The same numbers stand in the table."
    )
    return words.format(concept=say("concept", chosen.concept), set=chosen.of.title, years=chosen.years, source=_(name))


def sums_table(rows: list[Row], unit: str, names: Mapping[str, str]) -> str:
    """Sums year by year, and who came and went since the year before (query set_years)."""
    all_places, places, same = _("All places with a figure"), _("Places"), _("The same places")
    entered, gone = _("New since the year before"), _("No longer there")
    body = ""
    for row in rows:
        cells = (
            cell(
                all_places,
                _none(nothing()) if row["n_all"] is None else text(number(row["all_places"], unit)),
                number=True,
            )
            + cell(places, text(number(row["n_all"])) if row["n_all"] else "", number=True)
            + cell(same, text(number(row["same_places"], unit)) if row["n_same"] else _none(_("none")), number=True)
            + cell(entered, _came(row["entered"], names))
            + cell(gone, _came(row["gone"], names))
        )
        body += f'<tr><th scope="row">{text(year(row["year"]))}</th>{cells}</tr>'
    head = (_("Year"), all_places, places, same, entered, gone)
    caption = _("Sums year by year; a year is compared with the one before it that has figures")
    return table(map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="sums stack", numbers=range(1, 4))


def _none(words: str) -> str:
    return f'<span class="none">{text(words)}</span>'


def _came(codes: list[str], names: Mapping[str, str]) -> str:
    if not codes:
        return _none(_("none"))
    said = text(listed(names_of(codes, names)))
    if len(codes) <= 3:
        return said
    count = ngettext("{n} place", "{n} places", len(codes)).format(n=number(len(codes)))
    return f"<details><summary>{text(count)}</summary>{said}</details>"


def chain(row: Row) -> str:
    """The pairs of years the chained outcome is made of."""
    if not row["links"]:
        return ""
    head = (_("Years"), _("Places in both"), _("First year"), _("Second year"), _("Change"))
    body = ""
    for link in row["links"]:
        values = (
            text(number(link["n"])),
            text(number(link["first_value"], row["unit"])),
            text(number(link["last_value"], row["unit"])),
            _signed(link["change"]),
        )
        cells = "".join(cell(label, value, number=True) for label, value in zip(head[1:], values, strict=True))
        years = f"{year(link['first_year'])}–{year(link['last_year'])}"
        body += f'<tr><th scope="row">{text(years)}</th>{cells}</tr>'
    caption = _("Pairs of successive years, over the places with a figure in both")
    return table(map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="chain stack", numbers=range(1, 5))


def figures(rows: list[Row], first: int, last: int, source: str, names: Mapping[str, str]) -> str:
    """The figures behind the sums, a row for each place, each figure a link to its origin (query set_figures)."""
    years = [*range(first, last + 1)]
    head = [_("Place"), *map(year, years)]
    places = sorted({row["code"] for row in rows}, key=lambda code: (in_order(names[code]), code))
    held: dict[tuple[str, int], list[str]] = {}
    for row in rows:
        held.setdefault((row["code"], row["year"]), []).append(_figure(row, source, names))
    body = "".join(
        f'<tr><th scope="row">{text(names[code])}</th>'
        + "".join(f'<td class="n">{"<br>".join(held.get((code, one), [])) or _no_figure()}</td>' for one in years)
        + "</tr>"
        for code in places
    )
    caption = _("The figures behind the sums: each leads to where it comes from. In brackets: not added up")
    made = table(
        map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="behind", numbers=range(1, len(head))
    )
    words = ngettext("The {n} figure behind these sums", "The {n} figures behind these sums", len(rows))
    return f'<details class="behind"><summary>{text(words.format(n=number(len(rows))))}</summary>{made}</details>'


def _no_figure() -> str:
    said = text(nothing())
    return (
        f'<span class="none" title="{said}"><span aria-hidden="true">·</span><span class="unseen">{said}</span></span>'
    )


def _figure(row: Row, source: str, names: Mapping[str, str]) -> str:
    said = stated(row["value"], row["unit"], row["completeness"])
    link = to_origin(row["figure_id"], said, f"{source}, {names[row['code']]}, {year(row['year'])}")
    return link if row["is_taken"] else f"({link})"


def coverage_key() -> str:
    """What the marks of the coverage chart mean."""
    classes = "".join(f"<li>{mark(kind)}{text(say('provenance', kind))}</li>" for kind in CLASSES)
    statuses = "".join(
        f'<li><i class="cov official {status}" aria-hidden="true"></i>{text(say("status", status))}</li>'
        for status in STATUSES
    )
    words = _(
        "Three marks for each place and year: the shape says which class of source, its filling what is held. Where no"
        " figure is held, nothing follows about the place."
    )
    return (
        f'<h2>{text(_("What is held here"))}</h2><p class="unit">{text(words)}</p>'
        f'<ul class="legend cov-classes">{classes}</ul><ul class="legend cov-statuses">{statuses}</ul>'
    )


def coverage(rows: list[Row], first: int, last: int, names: Mapping[str, str]) -> str:
    """A mark for each place, year and class of source: shape, filling and words (query set_coverage)."""
    years = [*range(first, last + 1)]
    held = {(row["code"], row["year"]): _marks(*(row[kind] for kind in CLASSES)) for row in rows}
    places = sorted({row["code"] for row in rows}, key=lambda code: (in_order(names[code]), code))
    outside = f'<td class="outside"><span class="unseen">{text(_("no member in this year"))}</span></td>'
    body = "".join(
        f'<tr><th scope="row"><a href="{address.to("local", {"place": code})}">{text(names[code])}</a></th>'
        + "".join(held.get((code, one), outside) for one in years)
        + "</tr>"
        for code in places
    )
    head = [text(_("Place")), *(text(year(one)) for one in years)]
    caption = _("What is held of each place, year by year and class by class")
    return table(head, [f"<tbody>{body}</tbody>"], caption=caption, kind="coverage")


def _marks(official: str, combined: str, non_official: str) -> str:
    return _cell_of((official, combined, non_official), current())


@cache
def _cell_of(statuses: tuple[str, ...], _language: str) -> str:
    """A cell of the coverage chart: few combinations make up all of them."""
    of = [*zip(CLASSES, statuses, strict=True)]
    words = _("{provenance}: {status}")
    said = "; ".join(
        words.format(provenance=say("provenance", kind), status=say("status", status)) for kind, status in of
    )
    drawn = "".join(f'<i class="cov {kind} {status}"></i>' for kind, status in of)
    return f'<td><span role="img" aria-label="{text(said)}" title="{text(said)}">{drawn}</span></td>'


def coverage_years(rows: list[Row]) -> str:
    """How many places are in which status, class by class and year by year (query set_coverage_years)."""
    years = sorted({row["year"] for row in rows})
    head = [_("Places"), *map(year, years)]
    groups = []
    for kind in CLASSES:
        of = {row["year"]: row for row in rows if row["provenance"] == kind}
        lines = "".join(
            f'<tr><th scope="row">{text(capital(say("status", status)))}</th>'
            + "".join(f'<td class="n">{text(number(of[one][status])) if one in of else ""}</td>' for one in years)
            + "</tr>"
            for status in STATUSES
            if any(row[status] for row in of.values())
        )
        name = f'<th colspan="{len(head)}" scope="rowgroup">{mark(kind)}{text(say("provenance", kind))}</th>'
        groups.append(f'<tbody><tr class="group">{name}</tr>{lines}</tbody>' if of else "")
    caption = _("How many places of the set are held in which way, by class of source")
    return table(map(text, head), groups, caption=caption, kind="counts", numbers=range(1, len(head)))


def coverage_summary(rows: list[Row]) -> str:
    """The coverage in words: for each class, in how many of the years how many places have a number or a zero."""
    said = []
    for kind in CLASSES:
        of = [row for row in rows if row["provenance"] == kind]
        with_any = [row for row in of if row["with_figure"]]
        if not of:
            continue
        if not with_any:
            words = _("{provenance}: no figure held for any of these places.")
            said.append(words.format(provenance=say("provenance", kind)))
        else:
            words = _(
                "{provenance}: figures for {first} of {places} places in {first_year}, for {last} of {of} in"
                " {last_year}."
            )
            first, last = with_any[0], with_any[-1]
            if first is last:
                words = _("{provenance}: figures for {first} of {places} places in {first_year}.")
            said.append(
                words.format(
                    provenance=say("provenance", kind),
                    first=number(first["with_figure"]),
                    places=number(first["places"]),
                    first_year=year(first["year"]),
                    last=number(last["with_figure"]),
                    of=number(last["places"]),
                    last_year=year(last["year"]),
                )
            )
    return f'<div class="said"><p>{text(" ".join(said))}</p></div>' if said else ""


def share_head(rows: list[Row], chosen: SetChoice, provenance: str) -> str:
    """What the three weightings are, before any number."""
    words = _(
        "What part of all firearms each type is, {years} together, in three ways. They lie apart where places differ,"
        " or where one of them holds most of the firearms; a headline is given only where they lie close to each other."
    )
    said = (
        ("pooled", _("All pooled: every firearm counts alike")),
        ("without", _("Pooled without the place that contributes most")),
        ("mean", _("Mean of the places: every place counts alike")),
    )
    keys = "".join(
        f'<li><span class="key {kind} {text(provenance)}" aria-hidden="true"></span>{text(name)}</li>'
        for kind, name in said
    )
    return (
        f"<h2>{text(_('Types of firearm under several weightings'))}</h2>"
        f'<p class="unit">{text(words.format(years=chosen.years))}</p><ul class="legend keys">{keys}</ul>'
    )


def share_alternative(rows: list[Row], chosen: SetChoice, name: str) -> str:
    """The chart's name for those who do not see it."""
    words = _("{types} as parts of {concept}, {set}, {years}: {source}. The same numbers stand in the table.")
    return words.format(
        types=listed([say("category", row["category"]) for row in rows]),
        concept=say("concept", chosen.concept),
        set=chosen.of.title,
        years=chosen.years,
        source=_(name),
    )


def shares(rows: list[Row], names: Mapping[str, str]) -> str:
    """Each type under three weightings, with the headline or why there is none (query set_share)."""
    head = (
        _("Type"),
        _("All pooled"),
        _("Without the largest contributor"),
        _("Mean of the places"),
        _("Places"),
        _("What can be said"),
    )
    shared = [reason for reason in _besides(rows[0]) if all(reason in _besides(row) for row in rows)]
    body = "".join(_share(row, shared, head, names) for row in rows)
    caption = _("Types of firearm as part of all firearms, in three ways")
    made = table(map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="shares stack", numbers=range(1, 5))
    return made + reasons(shared)


def _besides(row: Row) -> list[str]:
    """What is to be known besides why there is no headline."""
    said: list[str] = row["reasons"]
    return said[1:] if row["headline"] is None else said


def _share(row: Row, shared: list[str], head: tuple[str, ...], names: Mapping[str, str]) -> str:
    values = [
        text(percent(value, 1)) if value is not None else _none(_("none"))
        for value in (row["pooled"], row["pooled_without_largest"], row["mean_of_places"])
    ]
    if row["pooled_without_largest"] is not None:
        largest = names.get(row["largest_contributor"], row["largest_contributor"])
        values[1] = (
            f'<span>{values[1]}<br><span class="ends">{text(_("without {place}").format(place=largest))}</span></span>'
        )
    if row["headline"] is None:
        said = f'<strong class="v refused">{text(sentence(row["reasons"][0]))}</strong>'
    else:
        words = _("Headline {share}").format(share=percent(row["headline"], 1))
        said = f'<strong class="v">{text(words)}</strong>'
    rest = [reason for reason in _besides(row) if reason not in shared]
    more = f"<details><summary>{text(_('What to know'))}</summary>{reasons(rest)}</details>" if rest else ""
    return (
        f'<tr><th scope="row">{text(capital(say("category", row["category"])))}</th>'
        + "".join(cell(label, value, number=True) for label, value in zip(head[1:4], values, strict=True))
        + cell(head[4], text(number(row["n_places"])), number=True)
        + f'<td class="say">{said}{more}</td></tr>'
    )


def flows_head(of: Row, definition: str | None) -> str:
    """Whose flows these are, and what the source means by them."""
    role = say("counterpart_role", of["counterpart_role"])
    words = _("A row is where a firearm came from ({role}), a column where it was recorded.").format(role=role)
    if of["counterpart_role"] == "destination":
        words = _("A row is where a firearm was recorded, a column where it was bound for.")
    meant = f'<p class="meant">{text(_(definition))}</p>' if definition else ""
    return (
        f'<p class="unit">{mark(of["provenance"])}{text(_(of["name"]))}, {text(say("unit", of["unit"]))}, '
        f"{text(year_of(of))}. {text(words)}</p>{meant}"
    )


def year_of(of: Row) -> str:
    """The period of flows in words."""
    return period(of["period"])


def flow_matrix(rows: list[Row], of: Row, names: Mapping[str, str]) -> str:
    """Corridors between few places, each number a link to where it comes from (query set_corridors)."""
    cells = {(row["origin"], row["destination"]): row for row in rows}
    ends = {row[end] for row in rows for end in ("origin", "destination")}
    places = sorted(ends, key=lambda code: (in_order(names[code]), code))
    head = [_("From, below; to, beside"), *(names[code] for code in places)]
    body = "".join(
        f'<tr><th scope="row">{text(names[one])}</th>'
        + "".join(
            f'<td class="n{" own" if one == other else ""}">{_corridor(cells.get((one, other)), of, names)}</td>'
            for other in places
        )
        + "</tr>"
        for one in places
    )
    caption = _("Flows: a row for each origin, a column for each destination")
    return table(
        map(text, head),
        [f"<tbody>{body}</tbody>"],
        caption=caption,
        kind=f"flows{' many' if len(places) > 6 else ''}",
        numbers=range(1, len(head)),
    )


def _corridor(row: Row | None, of: Row, names: Mapping[str, str]) -> str:
    if row is None:
        return _no_figure()
    words = _("{source}, from {origin} to {destination}").format(
        source=_(of["name"]), origin=_end(row, "origin", names), destination=_end(row, "destination", names)
    )
    return to_origin(row["figure_id"], stated(row["value"], row["unit"], row["completeness"]), words)


def flow_alternative(of: Row, chosen: SetChoice) -> str:
    """The name of the matrix for those who do not see it."""
    words = _(
        "Flows between the places of {set}, {period}, {source}: a row for each origin, a column for each destination,"
        " darker where more was recorded. The numbers of each place stand in the tables."
    )
    return words.format(set=chosen.of.title, period=year_of(of), source=_(of["name"]))


def flow_places(rows: list[Row], names: Mapping[str, str]) -> str:
    """What was recorded in each place and where it came from (query set_flow_places)."""
    head = (
        _("Place"),
        _("Recorded here in all"),
        _("From the place itself"),
        _("Share from the place itself"),
        _("From elsewhere"),
        _("Recorded elsewhere, from here"),
    )
    ordered = sorted(rows, key=lambda row: (in_order(names[row["code"]]), row["code"]))
    body = "".join(_flow_place(row, head, names[row["code"]]) for row in ordered)
    caption = _("Inflow, outflow and what came from the place itself, over all places the source names")
    return table(
        map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="flow-places stack", numbers=range(1, 6)
    )


def _flow_place(row: Row, head: tuple[str, ...], name: str) -> str:
    def said(value: Decimal | None) -> str:
        return _no_figure() if value is None else text(stated(value, row["unit"], row["completeness"]))

    total = said(row["total_in"])
    if row["stated_figure"] is not None and row["stated_total"] == row["total_in"]:
        total = to_origin(row["stated_figure"], stated(row["total_in"], row["unit"], row["completeness"]), name)
    share = _none(sentence(row["no_share"] or "")) if row["own_part"] is None else text(percent(row["own_part"], 1))
    cells = (total, said(row["own"]), share, said(row["inflow"]), said(row["outflow"]))
    return (
        f'<tr><th scope="row">{text(name)}</th>'
        + "".join(cell(label, value, number=True) for label, value in zip(head[1:], cells, strict=True))
        + "</tr>"
    )


def corridors_of(rows: list[Row], code: str, of: Row, names: Mapping[str, str]) -> str:
    """Every corridor of one place in two lists, each number a link to where it comes from (query set_corridors_of)."""
    lists = (
        (_("To {place}, from"), [row for row in rows if row["arrives"]], "origin"),
        (_("From {place}, to"), [row for row in rows if not row["arrives"]], "destination"),
    )
    made = ""
    for words, found, end in lists:
        items = "".join(
            f"<li><span>{text(_end(row, end, names))}</span> {_corridor(row, of, names)}</li>" for row in found
        )
        listed_ = f'<ul class="corridors">{items}</ul>' if items else f"<p>{_none(nothing())}</p>"
        made += f"<div><h3>{text(words.format(place=names[code]))}</h3>{listed_}</div>"
    return f'<div class="both-ways">{made}</div>'


def _end(row: Row, end: str, names: Mapping[str, str]) -> str:
    """The place at one end of a corridor; it may lie outside the set."""
    return names.get(row[end]) or place_name(row[end], row[f"{end}_name"])


def mirror(rows: list[Row], names: Mapping[str, str]) -> str:
    """What is recorded at the destination of a corridor beside what is recorded at its origin (query set_mirror)."""
    words = _(
        "What a place says comes from another, beside what the other says goes there. Each end has its own definition;"
        " a corridor that one end records has no figure held here from the other, and nothing follows from that."
    )
    counts = "".join(
        f"<li>{text(say('recorded_by', kind))}: {text(number(_corridors(rows, kind)))}</li>"
        for kind in ("both", "destination_only", "origin_only")
    )
    both = [row for row in rows if row["recorded_by"] == "both"]
    met = ""
    if both:
        head = (_("Corridor"), _("Recorded at the destination"), _("Recorded at the origin"), _("What to know"))
        body = "".join(_mirrored(row, names) for row in both)
        caption = _("Corridors recorded at both ends, in alphabetical order")
        met = table(map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="mirror", numbers=(1, 2))
    one_side = "".join(
        _one_side([row for row in rows if row["recorded_by"] == kind], kind, names)
        for kind in ("destination_only", "origin_only")
    )
    return (
        f'<h3>{text(_("The two ends of a corridor"))}</h3><p class="unit">{text(words)}</p>{_both_definitions(rows)}'
        f'<ul class="reasons">{counts}</ul>{met}{one_side}'
    )


def _corridors(rows: list[Row], kind: str) -> int:
    return next((row["corridors"] for row in rows if row["recorded_by"] == kind), 0)


def _both_definitions(rows: list[Row]) -> str:
    cards = ""
    for side, label in (("in", _("Recorded at the destination")), ("out", _("Recorded at the origin"))):
        said = {
            (row[f"name_{side}"], row[f"provenance_{side}"], row[f"concept_{side}"], row[f"definition_{side}"]): None
            for row in rows
            if row[f"figure_{side}"] is not None
        }
        meant = "".join(
            f"<p>{mark(provenance)}<strong>{text(_(name))}</strong>: {text(say('concept', concept))}. "
            f"{text(_(definition) if definition else _('The source states no definition of what it counts.'))}</p>"
            for name, provenance, concept, definition in sorted(said, key=lambda one: in_order(_(one[0])))
        )
        none = f"<p>{_none(_('No source held here records this end of these corridors.'))}</p>"
        cards += f"<div><h4>{text(label)}</h4>{meant or none}</div>"
    return f'<div class="both-ways">{cards}</div>'


def _way(row: Row, names: Mapping[str, str]) -> str:
    words = _("{origin} to {destination}")
    return words.format(origin=_end(row, "origin", names), destination=_end(row, "destination", names))


def _recorded(row: Row, side: str, names: Mapping[str, str]) -> str:
    if row[f"figure_{side}"] is None:
        return _no_figure()
    said = stated(row[f"value_{side}"], row[f"unit_{side}"], None)
    return to_origin(row[f"figure_{side}"], said, f"{_(row[f'name_{side}'])}, {_way(row, names)}")


def _mirrored(row: Row, names: Mapping[str, str]) -> str:
    return (
        f'<tr><th scope="row">{text(_way(row, names))}</th><td class="n">{_recorded(row, "in", names)}</td>'
        f'<td class="n">{_recorded(row, "out", names)}</td><td class="say">{reasons(row["reasons"])}</td></tr>'
    )


def _one_side(rows: list[Row], kind: str, names: Mapping[str, str]) -> str:
    side = "in" if kind == "destination_only" else "out"
    if not rows:
        return ""
    if len(rows) > MOST_PLACES:
        words = _("{side}: {n} corridors. Choose a place above to see its own.")
        said = words.format(side=say("recorded_by", kind), n=number(len(rows)))
        return f'<p class="unit">{text(said)}</p>'
    items = "".join(f"<li><span>{text(_way(row, names))}</span> {_recorded(row, side, names)}</li>" for row in rows)
    summary = f"<summary>{text(say('recorded_by', kind))}</summary>"
    return f'<details class="one-end">{summary}<ul class="corridors">{items}</ul></details>'


def agreement(rows: list[Row]) -> str:
    """How far two sources agree over a set, pair by pair, or why nothing is said of it (query set_agreement)."""
    words = _(
        "Only figures that may be set against each other enter; the others are counted, with the reasons. Neither"
        " source is taken for the true one."
    )
    head = f'<h2>{text(_("Two sources over the same places"))}</h2><p class="unit">{text(words)}</p>'
    pairs: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        pairs.setdefault(tuple(row[name] for name in _PAIR), []).append(row)
    return head + "".join(_agreeing(found) for found in pairs.values())


_PAIR = ("source_a", "source_b", "concept_a", "concept_b", "unit_a", "unit_b", "period_basis")


def _agreeing(rows: list[Row]) -> str:
    """One pair of sources: open where something can be said, else closed behind the reason."""
    one = rows[0]
    if one["statistic"] is None:
        return f'<div class="agreeing"><p>{_both_names(one)}</p><p>{text(sentence(one["withheld"]))}</p></div>'
    given = any(row["withheld"] is None for row in rows)
    years = {year(one["first_year"]): None, year(one["last_year"]): None}
    concepts = {say("concept", one["concept_a"]): None, say("concept", one["concept_b"]): None}
    units = [] if one["unit_a"] == one["unit_b"] else [listed(say("unit", one[f"unit_{side}"]) for side in "ab")]
    about = ", ".join((listed(concepts), *units, "–".join(years)))
    why = "" if given else f'<span class="of">{text(sentence(rows[0]["withheld"]))}</span>'
    order = sorted(rows, key=lambda row: sets.in_fixed_order("statistic", row["statistic"]))
    said = dict.fromkeys(reason for row in rows for reason in row["reasons"])
    return (
        f'<details class="agreeing"{" open" if given else ""}><summary>{_both_names(one)} '
        f'<span class="of">{text(about)}</span> {why}</summary>{_statistics(order)}{_both_held(one)}'
        f"{reasons([*said])}</details>"
    )


def _both_names(row: Row) -> str:
    first, second = (f"{mark(row[f'provenance_{s}'])}{text(_(row[f'name_{s}']))}" for s in "ab")
    return f"<strong>{first}</strong> {text(_('and'))} <strong>{second}</strong>"


def _statistics(rows: list[Row]) -> str:
    head = (_("What is asked"), _("Result"), _("Rests on"))
    body = ""
    for at, row in enumerate(rows):
        asked = (
            f"{text(say('statistic', row['statistic']))}"
            f'<span class="of">{text(say("statistic_name", row["statistic"]))}</span>'
        )
        if row["withheld"] is not None and at and rows[at - 1]["withheld"] == row["withheld"]:
            result = _none(_("Not given, for the same reason."))
        elif row["withheld"] is not None:
            result = _none(sentence(row["withheld"]))
        else:
            result = f"<strong>{text(_result(row))}</strong>"
        body += (
            f'<tr><th scope="row">{asked}</th>{cell(head[1], result)}'
            f"{cell(head[2], text(_rests_on(row)) if row['withheld'] is None else '')}</tr>"
        )
    caption = _("What can be said of the two sources together")
    return table(map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="statistics stack")


def _result(row: Row) -> str:
    """A result with its limits, where it has them."""
    if row["statistic"] == "direction":
        words = _("{share}: {n} of {of} changes")
        return words.format(share=percent(row["value"], 0), n=number(row["n_agreeing"]), of=number(row["n"]))
    said = decimal(row["value"], 2)
    if row["low"] is None or row["high"] is None:
        return said
    return _("{value} ({low} to {high})").format(value=said, low=decimal(row["low"], 2), high=decimal(row["high"], 2))


def _rests_on(row: Row) -> str:
    if row["statistic"] == "direction":
        return ngettext("{n} change", "{n} changes", row["n"]).format(n=number(row["n"]))
    if row["statistic"] == "trend_ratio":
        return ngettext("{n} number", "{n} numbers", row["n"]).format(n=number(row["n"]))
    return ngettext("{n} place", "{n} places", row["n"]).format(n=number(row["n"]))


def _both_held(row: Row) -> str:
    """What each of two sources holds, year by year, and which pairs enter."""
    words = _(
        "Of {all} places and years, both hold a number in {both}; of these pairs {entered} enter, {partial} are left"
        " out as partial, and {refused} because their comparison is refused."
    )
    said = words.format(
        all=number(row["n_place_years"]),
        both=number(row["n_both"]),
        entered=number(row["n_entered"]),
        partial=number(row["n_partial"]),
        refused=number(row["n_refused"]),
    )
    only = _("Only {source}")
    head = (
        *(_("Year"), _("Places"), _("Both hold a number")),
        *(only.format(source=_(row[f"name_{side}"])) for side in "ab"),
        _("Neither"),
    )
    body = "".join(
        f'<tr><th scope="row">{text(year(one["year"]))}</th>'
        + "".join(
            f'<td class="n">{text(number(one[name]))}</td>' for name in ("places", "both", "only_a", "only_b", "none")
        )
        + "</tr>"
        for one in row["coverage"]
    )
    caption = _("For how many places which of the two sources holds a number")
    made = table(map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="both-held", numbers=range(1, 6))
    return f"<p>{text(said)}</p>{made}"
