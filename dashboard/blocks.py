"""The HTML of what pages show of figures: what sources count, their numbers, pairs and caveats.

Pure: data in, HTML out, no widget; the pages and the light pages are made of the same blocks.
"""

from collections.abc import Iterable

from dashboard import address
from dashboard.choice import Choice
from dashboard.data import Opened, Row
from dashboard.language import (
    _,
    day,
    in_line,
    listed,
    ngettext,
    nothing,
    number,
    period,
    place_name,
    sentence,
    year,
    years,
)
from dashboard.markup import mark, table, text
from dashboard.words import ratio, say, stated


def title(choice: Choice, *, held: bool) -> str:
    """What is counted, where and when."""
    where = text(in_line([choice.place_name, *([years(choice.first, choice.last)] if held else [])]))
    return f'<h1 class="title">{text(say("concept", choice.concept))}<span class="where">{where}</span></h1>'


def nothing_held(opened: Opened, choice: Choice) -> tuple[str, list[tuple[str, str]]]:
    """Words that say that no figure is held, and the ways on from there: pairs of words and an escaped address."""
    held = [row for row in opened.rows("concepts", place=choice.place["code"]) if row["concept"] != choice.concept]
    ways = [
        (
            f"{say('concept', row['concept'])}, {years(row['first_year'], row['last_year'])}",
            address.to("local", {"place": choice.place["code"], "concept": row["concept"]}),
        )
        for row in held
    ]
    words = _("No figure held here for “{concept}” in {place}. Nothing follows from that about the place.").format(
        concept=say("concept", choice.concept), place=choice.place_name
    )
    if ways:
        then = _("What is held:")
    elif choice.place["state"] is not None:
        then = _("What is held for the places it lies in:")
    else:
        then = _("Choose one of the smaller places in it above.")
    for code, name in ((choice.place["state"], "state_name"), (choice.place["country"], "country_name")):
        if code and code != choice.place["code"]:
            said = _("{place}, the whole of it").format(place=place_name(code, choice.place[name]))
            ways.append((said, address.to("local", {"place": code, "concept": choice.concept})))
    return f"{words} {then}", ways


def definitions(rows: list[Row]) -> str:
    """What each source means by the number, who counted and who released it: before any number."""
    heading = text(_("What each source counts"))
    cards = "".join(map(_card, rows))
    return f'<section aria-label="{heading}"><h2>{heading}</h2><div class="cards">{cards}</div></section>'


def _card(row: Row) -> str:
    lead = f'<p class="lead">{text(_(row["lead"]))}</p>' if row["lead"] else ""
    meant = _(row["definition"]) if row["definition"] else _("The source states no definition of what it counts.")
    only = f'<p class="only">{text(only_part(row["subset_of"]))}</p>' if row["subset_of"] else ""
    obtained = _(row["obtained_from"])
    if row["released"]:
        obtained = _("{place}, of {day}").format(place=obtained, day=day(row["released"]))
    said = (
        (_("Counted by"), _(row["producer"])),
        (_("Released by"), _(row["publisher"])),
        (_("Obtained from"), obtained),
    )
    return (
        f'<article class="card {text(row["provenance"])}"><h3>{source(row)}</h3>{provenance(row)}{lead}'
        f'<p class="meant">{text(meant)}</p>{only}<dl>{pairs_of(said)}</dl></article>'
    )


def pairs_of(said: tuple[tuple[str, str], ...]) -> str:
    """Terms and what is said of them, inside a `dl`; what is empty is left out."""
    return "".join(f"<dt>{text(term)}</dt><dd>{text(words)}</dd>" for term, words in said if words)


def plain_table(
    head: Iterable[str], rows: Iterable[Iterable[str]], *, caption: str, numbers: Iterable[int] = ()
) -> str:
    """A table of texts, the first of each row its heading; `numbers` are the columns aligned as numbers."""
    right = set(numbers)
    body = ""
    for first, *others in rows:
        cells = "".join(
            f"<td{' class=n' if at in right else ''}>{text(cell)}</td>" for at, cell in enumerate(others, 1)
        )
        body += f'<tr><th scope="row">{text(first)}</th>{cells}</tr>'
    return table(map(text, head), [f"<tbody>{body}</tbody>"], caption=caption, kind="plain", numbers=right)


def only_part(subset_of: str) -> str:
    """That a source covers only a part of what is counted."""
    return _("Covers only {part}.").format(part=_(subset_of))


def source(row: Row) -> str:
    """A source's short name, linked to its card."""
    to = address.to("sources", {"source": row["source"]})
    return f'<a class="source" href="{to}">{text(_(row["name"]))}</a>'


def provenance(row: Row) -> str:
    """A source's class by shape, colour and word."""
    return (
        f'<p class="class {text(row["provenance"])}">{mark(row["provenance"])}'
        f"{text(say('provenance', row['provenance']))}"
        f"<span>{text(say('provenance_subclass', row['provenance_subclass']))}</span></p>"
    )


def panel_head(wanted: Row, marks: list[Row]) -> str:
    """What one chart shows and how to read it."""
    return (
        f'<h2>{text(_("Reported figures"))}</h2><p class="unit">{text(unit(wanted))}. '
        f"{text(_('A hollow point means “at least”; a gap is a period without a figure.'))}</p>{legend(marks)}"
    )


def unit(wanted: Row) -> str:
    """The unit and the length of the periods of a panel."""
    return _("{unit}, {kind}").format(unit=capital(say("unit", wanted["unit"])), kind=say("kind", wanted["kind"]))


def capital(words: str) -> str:
    """With a capital letter at the beginning."""
    return words[:1].upper() + words[1:]


def legend(marks: list[Row]) -> str:
    """The sources of a chart with their marks."""
    sources = "".join(
        f"<li>{mark(row['provenance'], row['number_of_kind'], row['number'])}{text(_(row['name']))}</li>"
        for row in marks
    )
    return f'<ul class="legend">{sources}</ul>'


def beside(wanted: Row, definitions: list[Row], marks: list[Row]) -> str:
    """What a panel shows that is not the same thing as what was asked for, and what its sources mean by it."""
    only = f'<p class="only">{text(only_part(wanted["subset_of"]))}</p>' if wanted["subset_of"] else ""
    meant = "".join(
        f"<p>{text(_(row['name']))}: {text(_(row['definition']))}</p>" for row in definitions if row["definition"]
    )
    return (
        f"<h3>{text(say('concept', wanted['counted']))}</h3>{only}"
        f'<p class="unit">{text(capital(say("unit", wanted["unit"])))}</p>{legend(marks)}'
        f'<div class="meant">{meant}</div>'
    )


def alternative(wanted: Row, marks: list[Row], choice: Choice) -> str:
    """A chart's name for those who do not see it."""
    words = _("{concept}, {place}: {sources}. The same numbers stand in the table.")
    sources = listed([_(row["name"]) for row in marks])
    return words.format(concept=say("concept", wanted["counted"]), place=choice.place_name, sources=sources)


def summary(rows: list[Row]) -> str:
    """A chart in words, one paragraph for each source (query summary)."""
    return "".join(f"<p>{_in_words(row)}</p>" for row in rows)


def _in_words(row: Row) -> str:
    first = stated(row["first_value"], row["unit"], row["first_completeness"])
    last = stated(row["last_value"], row["unit"], row["last_completeness"])
    if row["figures"] == 1:
        said = [_("one figure, {value} in {period}.").format(value=first, period=period(row["first_period"]))]
    else:
        words = ngettext(
            "{n} figure, from {first} in {first_period} to {last} in {last_period}.",
            "{n} figures, from {first} in {first_period} to {last} in {last_period}.",
            row["figures"],
        )
        said = [
            words.format(
                n=number(row["figures"]),
                first=first,
                first_period=period(row["first_period"]),
                last=last,
                last_period=period(row["last_period"]),
            )
        ]
    if row["without"]:
        said.append(_("No figure held for {years}.").format(years=listed([year(one) for one in row["without"]])))
    if row["partial"] and row["figures"] > 1:
        words = ngettext("{n} of them is partial.", "{n} of them are partial.", row["partial"])
        said.append(words.format(n=number(row["partial"])))
    if row["unknown"]:
        said.append(_("Whether the source recorded everything is not known."))
    return f"<strong>{text(_(row['name']))}</strong>: {text(' '.join(said))}"


def breaks(rows: list[Row]) -> str:
    """What to know before years are read as a change, numbered as in the chart (query breaks)."""
    if not rows:
        return ""
    said = "".join(
        f"<li><strong>{text(_(row['name']))}</strong> {text(sentence(row['sentence']))}</li>" for row in rows
    )
    heading = text(_("Before two years are compared"))
    return f'<section class="breaks"><h3>{heading}</h3><ol>{said}</ol></section>'


def matrix(rows: list[Row], marks: list[Row], wanted: Row) -> str:
    """The numbers of one panel: a row for each period, a column for each source, each a link to where it comes from."""
    head = [text(_("Year") if wanted["kind"] == "year" else _("Period"))]
    head += [f"{mark(m['provenance'], m['number_of_kind'])} {text(_(m['name']))}" for m in marks]
    body, at = "", None
    for row in rows:
        if row["period"] != at:
            body += f'{"</tr>" if body else ""}<tr><th scope="row">{text(period(row["period"]))}</th>'
            at = row["period"]
        body += f'<td class="n">{origin(row)}</td>'
    caption = _("Reported figures: each number leads to where it comes from")
    return table(head, [f"<tbody>{body}</tr></tbody>"], caption=caption, kind="matrix", numbers=range(1, len(head)))


def origin(row: Row) -> str:
    """A figure (figure_id, value, unit, completeness, name, period) as a link to where it comes from."""
    if row["figure_id"] is None:
        return f'<span class="none">{text(nothing())}</span>'
    said = stated(row["value"], row["unit"], row["completeness"], row["obs_status"])
    return to_origin(row["figure_id"], said, f"{_(row['name'])}, {period(row['period'])}") + status(row)


def status(row: Row) -> str:
    """The status of a number (SDMX), where it is not a normal one: its letter, with what it means."""
    if row["obs_status"] in (None, "A"):
        return ""
    return (
        f' <abbr class="status" title="{text(say("obs_status", row["obs_status"]))}">{text(row["obs_status"])}</abbr>'
    )


def to_origin(figure_id: str, said: str, of: str) -> str:
    """A number as a link to where it comes from; `of` says whose it is to those who only hear the link."""
    back = {name: value for name, value in address.here().items() if name != "figure"}
    label = text(_("{value}, {source}: where this number comes from").format(value=said, source=of))
    to = address.to("origin", {**back, "figure": figure_id})
    return f'<a class="to" href="{to}" aria-label="{label}">{text(said)}</a>'


def caveats(rows: list[Row]) -> str:
    """What must be said beside each source's numbers (name and text of each)."""
    if not rows:
        return ""
    said = "".join(f"<li><strong>{text(_(row['name']))}</strong> {text(_(row['text']))}</li>" for row in rows)
    return f'<section class="caveats"><h2>{text(_("Read with care"))}</h2><ul>{said}</ul></section>'


def listing(head: Iterable[str], rows: Iterable[tuple[Row, Iterable[str]]], *, caption: str) -> str:
    """Every figure, one a row: its number as a link to where it comes from, after the words of its other columns.

    `rows` are figures (figure_id, value, unit, completeness, and what says whose it is: name, period), each with words.
    """
    body = ""
    for row, (first, *others) in rows:
        said = "".join(f"<td>{text(one)}</td>" for one in others)
        body += f'<tr><th scope="row">{text(first)}</th>{said}<td class="n">{origin(row)}</td></tr>'
    columns = [*head, _("Reported figure")]
    made = table(
        map(text, columns), [f"<tbody>{body}</tbody>"], caption=caption, kind="listing", numbers=(len(columns) - 1,)
    )
    return f'<div class="listing">{made}</div>'


def statements(rows: list[Row]) -> str:
    """What a publisher or a government says of a source or a figure, word for word; and of whom nothing has come.

    Rows have name ('' where the page is about one source), party, dated, text, status and no_statement.
    """
    if not rows:
        return ""
    said = "".join(
        f"<blockquote><p>{text(row['text'] or _(row['no_statement']))}</p><footer>"
        + text(", ".join([row["party"], day(row["dated"]), say("reply_status", row["status"])]))
        + (f" ({text(_(row['name']))})" if row["name"] else "")
        + "</footer></blockquote>"
        for row in rows
    )
    return f'<section class="statements"><h2>{text(_("Statements"))}</h2>{said}</section>'


def pairs(rows: list[Row]) -> str:
    """Two sources' figures for the same period, with what can and cannot be said of them together (query pairs)."""
    head = f"<h2>{text(_('Two sources, the same period'))}</h2>"
    if not rows:
        words = _(
            "No two sources state a figure for the same place and period here. A wider period, or the state or country"
            " this place lies in, may have some."
        )
        return f'{head}<p class="unit">{text(words)}</p>'
    words = _(
        "In alphabetical order. The difference is the first figure less the second, the ratio the first divided by the"
        " second."
    )
    columns = (_("Period"), _("First source"), _("Second source"), _("Difference"), _("Ratio"), _("What can be said"))
    body = "".join((_pair_head(row) if row["new_pair"] else "") + _pair(row) for row in rows)
    return f'{head}<p class="unit">{text(words)}</p>' + table(
        map(text, columns),
        [f"{body.removeprefix('</tbody>')}</tbody>"],
        caption=_("Pairs of figures for the same period"),
        kind="pairs",
        numbers=range(1, 5),
    )


def _pair_head(row: Row) -> str:
    first, second = (named(row, side) for side in "ab")
    return (
        f'</tbody><tbody><tr class="pair"><th colspan="6" scope="rowgroup"><span>{first}</span>'
        f'<span class="and">{text(_("and"))}</span><span>{second}</span></th></tr>'
    )


def named(row: Row, side: str) -> str:
    """The first ('a') or second ('b') source of a pair with its mark and what it counts."""
    unit = f", {say('unit', row[f'unit_{side}'])}" if row["other_units"] else ""
    return (
        f"{mark(row[f'provenance_{side}'])} {text(_(row[f'name_{side}']))}"
        f'<span class="of">{text(say("concept", row[f"counted_{side}"]) + unit)}</span>'
    )


def one_of(row: Row, side: str) -> str:
    """The first ('a') or second ('b') figure of a pair as a link to where it comes from."""
    said = stated(row[f"value_{side}"], row[f"unit_{side}"], row[f"completeness_{side}"])
    return to_origin(row[f"figure_{side}"], said, f"{_(row[f'name_{side}'])}, {period(row['period'])}")


def verdict(row: Row) -> str:
    """What can be said of a pair, in a word or two."""
    return f'<strong class="v {text(row["verdict"])}">{text(say("verdict", row["verdict"]))}</strong>'


def _pair(row: Row) -> str:
    refused = row["difference"] is None
    blank = f'<span class="none">{text(_("not calculated"))}</span>'
    none = f'<span class="none">{text(_("none"))}</span>'
    if row["as_above"]:
        reasons = f'<p class="why">{text(_("For the same reasons."))}</p>' if row["reasons"] else ""
    else:
        reasons = "".join(f'<p class="why">{text(sentence(reason))}</p>' for reason in row["reasons"])
    cells = (
        (_(row["name_a"]), one_of(row, "a")),
        (_(row["name_b"]), one_of(row, "b")),
        (_("Difference"), blank if refused else text(number(row["difference"], row["unit_a"]))),
        (_("Ratio"), blank if refused else _ratio(row) or none),
    )
    return (
        f'<tr><th scope="row">{text(period(row["period"]))}</th>'
        + "".join(f'<td class="n" data-label="{text(label)}">{cell}</td>' for label, cell in cells)
        + f'<td class="say" data-label="{text(_("What can be said"))}">{verdict(row)}{reasons}</td></tr>'
    )


def _ratio(row: Row) -> str:
    """A ratio with its 95 % interval, where one is given."""
    if row["ratio_low"] is None:
        return text(ratio(row["ratio"]))
    ends = _("{low} to {high}").format(low=ratio(row["ratio_low"]), high=ratio(row["ratio_high"]))
    return f'{text(ratio(row["ratio"]))}<br><span class="ends">{text(ends)}</span>'
