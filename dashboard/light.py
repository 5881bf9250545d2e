"""The light pages: what a page shows, as plain HTML without a script, for poor connections and old devices.

They are made of the same blocks as the pages and stand in two places: alone, below /light/, and as the first screen
of every page, until the app's scripts have come and the app shows the same with its charts. Their links are relative,
so each kind leads to its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard import address, blocks, choice, data, finder, frame, language, prose, set_blocks, sets, share
from dashboard.choice import Choice
from dashboard.data import Opened, Row
from dashboard.language import _, place_name, year
from dashboard.markup import text
from dashboard.pages import about, local, methods, origin, overview, sources
from dashboard.sets import SetChoice
from dashboard.words import say


@dataclass(frozen=True)
class Light:
    """One page: its language and direction of writing, its title in words, and its HTML."""

    lang: str
    direction: str
    title: str
    html: str


def page(name: str, asked: Mapping[str, str], preferred: str | None) -> Light:
    """The page of that name at an address, for a reader who prefers these languages (an Accept-Language header)."""
    address.use(asked)
    language.use(language.chosen(address.here().get("lang"), preferred), address.here().get("digits"))
    opened, said = frame.held(name)
    body = _body(name, opened) if opened else ""
    main = f'<main dir="{language.direction()}">{body}</main>'
    html = f"{frame.head(name)}{said}{main}{frame.foot(opened)}"
    return Light(language.current(), language.direction(), _("Firearms Data Commons"), html)


def _body(name: str, opened: Opened) -> str:
    if frame.waits(name, opened):
        form, found = _find(name, opened)
        return f'{frame.why_choose(name)}<div class="forms">{form}</div>{found}'
    return PAGES.get(name, _missing)(opened)


def _overview(opened: Opened) -> str:
    """The ways to a place: everything starts there; then what there is to find."""
    countries = frame.place_labels(opened.rows("countries"))
    find, found = _find(address.OVERVIEW, opened)
    code, view = _code()
    select = "" if address.meeting() else _form("local", {}, ("place", _("Country or area"), countries, ""))
    ways = f'<div class="forms">{find}{select}{code}</div>{found}{view}'
    return f"{_title(_('Choose your place'))}{ways}{overview.said(opened)}"


def _find(name: str, opened: Opened) -> tuple[str, str]:
    """The box that finds places, and what it found."""
    typed = address.here().get("find", "")
    found = finder.answer(finder.find(typed, finder.of(opened))) if typed else ""
    return _typed(name, "find", finder.label(), finder.example(), typed), found


def _code() -> tuple[str, str]:
    """The box that takes a short code, and the way to the view it stands for."""
    typed = address.here().get("code", "")
    box = _typed(address.OVERVIEW, "code", share.label(), share.example(), typed)
    if not typed:
        return box, ""
    view = share.read(typed)
    if view is None:
        return box, frame.note_html(share.mistyped())
    return box, frame.note_html(_("This code stands for a view."), (_("Open the view"), address.to(*view)))


def _hidden(state: Mapping[str, str]) -> str:
    """What a form takes along."""
    return "".join(f'<input type="hidden" name="{text(name)}" value="{text(value)}">' for name, value in state.items())


def _typed(page_: str, name: str, label: str, example: str, typed: str) -> str:
    """A form of one box to type in, which leads to the same page."""
    return (
        f'<form action="./{page_}">{_hidden(address.kept())}<label>{text(label)}'
        f' <input name="{name}" value="{text(typed)}" placeholder="{text(example)}" maxlength="{finder.LONGEST}"'
        f' autocomplete="off"></label>'
        f"<button>{text(_('Show'))}</button></form>"
    )


def _local(opened: Opened) -> str:
    """One place: the ways to others, what sources count, their numbers, and what must be said beside them."""
    chosen = choice.chosen(opened, address.here())
    if chosen is None:
        words = _("This release holds no figures yet. The next one may: it is built when a source is added.")
        return frame.note_html(words)
    panels = opened.rows("panels", **chosen.asked)
    asked = [panel for panel in panels if panel["asked"]][:1]
    parts = [_ways(opened, chosen), blocks.title(chosen, held=bool(panels))]
    if asked:
        parts.append(blocks.definitions(chosen.shown(opened.rows("definitions", panel=None, **chosen.asked))))
        parts.append(f'<h2>{text(_("Reported figures"))}</h2><p class="unit">{text(blocks.unit(asked[0]))}</p>')
        parts.append(_numbers(opened, chosen, asked[0]))
    else:
        words, ways = blocks.nothing_held(opened, chosen)
        parts.append(frame.note_html(words, *ways))
    beside = [panel for panel in panels if panel not in asked]
    if beside:
        parts.append(f"<h2>{text(_('Also held here, and not the same thing'))}</h2>")
        parts += [_beside(opened, chosen, panel) for panel in beside]
    if panels:
        parts.append(blocks.caveats(chosen.shown(opened.rows("caveats", **chosen.asked))))
        parts.append(blocks.statements(chosen.shown(opened.rows("statements_here", **chosen.asked))))
        parts.append(blocks.pairs(local.pairs(opened, chosen)))
    return "".join(parts)


def _numbers(opened: Opened, chosen: Choice, wanted: Row) -> str:
    rows, marks, said, breaks = (_of_panel(opened, chosen, wanted, q) for q in ("series", "marks", "summary", "breaks"))
    words = f'<div class="said">{blocks.summary(said)}</div>{blocks.breaks(breaks)}'
    return f"{blocks.matrix(rows, marks, wanted)}{words}"


def _beside(opened: Opened, chosen: Choice, wanted: Row) -> str:
    meant, marks = (_of_panel(opened, chosen, wanted, question) for question in ("definitions", "marks"))
    if not marks:
        return ""
    return f'<section class="beside">{blocks.beside(wanted, meant, marks)}{_numbers(opened, chosen, wanted)}</section>'


def _of_panel(opened: Opened, chosen: Choice, wanted: Row, question: str) -> list[Row]:
    return chosen.shown(opened.rows(question, panel=wanted["panel"], **chosen.asked))


def _ways(opened: Opened, chosen: Choice) -> str:
    """Forms instead of the page's selects: a country, a state of it, a place in that; what is counted; the years."""
    place = chosen.place
    concept = {"concept": chosen.concept}
    countries = frame.place_labels(opened.rows("countries"))
    forms = [_form("local", concept, ("place", _("Country or area"), countries, place["country"]))]
    smaller = (
        ("states", "country", _("State or province"), _("The whole country"), place["state"]),
        ("municipalities", "state", _("Municipality or area"), _("The whole of it"), place["code"]),
    )
    for question, of, label, whole, current in smaller:
        inside = opened.rows(question, **{of: place[of]}) if place[of] else []
        if inside:
            places = {place[of]: whole, **frame.place_labels(inside)}
            forms.append(_form("local", concept, ("place", label, places, current)))
    counted = {code: say("concept", code) for code in choice.concepts(opened, place["code"])}
    if len(counted) > 1:
        forms.append(
            _form("local", {"place": place["code"]}, ("concept", _("What is counted"), counted, chosen.concept))
        )
    span = choice.span_held(opened, place["code"], chosen.concept) or range(0)
    if len(span) > 1:
        years = {str(one): year(one) for one in span}
        ends = ("from", _("From"), years, str(chosen.first)), ("to", _("To"), years, str(chosen.last))
        forms.append(_form("local", {"place": place["code"], **concept}, *ends))
    return f'<nav class="forms" aria-label="{text(_("Choose your place"))}">{"".join(forms)}</nav>'


def _form(page_: str, state: Mapping[str, str], *selects: tuple[str, str, Mapping[str, str], str | None]) -> str:
    """Selects with a button to the page of a place; each is a name, a label, code → words, and the code now."""
    hidden = _hidden({**address.kept(), **state})
    shown = ""
    for name, label, options, current in selects:
        said = "".join(
            f'<option value="{text(code)}"{" selected" if code == current else ""}>{text(words)}</option>'
            for code, words in options.items()
        )
        shown += f'<label>{text(label)} <select name="{name}">{said}</select></label>'
    return f'<form action="./{page_}">{hidden}{shown}<button>{text(_("Show"))}</button></form>'


def _origin(opened: Opened) -> str:
    """Where a number comes from."""
    found = origin.found(opened)
    if found is None:
        return frame.note_html(*origin.missing())
    return (
        f"{origin.head(opened, found)}<section>{origin.steps(found)}</section>"
        f"<section>{origin.source(found['source'])}</section>{origin.cells(found)}{origin.beside(opened, found)}"
        f"<h2>{text(_('Copy with source'))}</h2><p><bdi>{text(origin.cited(opened, found))}</bdi></p>"
    )


def _region(opened: Opened) -> str:
    """A set of places: who is in it, what the source counts, how its sums change, and what is held of it."""
    chosen = sets.chosen(opened, address.here())
    if chosen is None:
        return _sets(opened, "") + frame.note_html(_("No figure held here for any place of this set."))
    asked, of = {"first": chosen.first, "last": chosen.last}, chosen.of
    members = opened.rows("set_members", **of.asked, **asked)
    names = {row["code"]: place_name(row["code"], row["name"]) for row in members}
    runs, changed = (
        opened.rows(question, set=of.code) if of.kind == "community" else [] for question in ("set_runs", "set_changes")
    )
    parts = [_sets(opened, of.code), set_blocks.title(chosen)]
    parts.append(set_blocks.members(chosen, members, runs, changed, names))
    if chosen.source is not None:
        parts.append(blocks.definitions(opened.rows("set_definitions", source=chosen.source, concept=chosen.concept)))
        parts += [_trend(opened, chosen, row, names) for row in opened.rows("set_trend", **chosen.summed)]
    counts = opened.rows("set_coverage_years", **chosen.held)
    if counts:
        parts += [set_blocks.coverage_key(), set_blocks.coverage_summary(counts), set_blocks.coverage_years(counts)]
    parts.append(blocks.caveats(opened.rows("set_caveats", **chosen.held)))
    parts.append(blocks.statements(opened.rows("set_statements", **chosen.held)))
    return "".join(parts)


def _sets(opened: Opened, code: str) -> str:
    named = {one.code: one.name for one in sets.named(opened).values()}
    return f'<nav class="forms">{_form("region", {}, ("set", _("Set of places"), named, code))}</nav>'


def _trend(opened: Opened, chosen: SetChoice, row: Row, names: Mapping[str, str]) -> str:
    said = set_blocks.trend(row, names)
    if row["unit"] is None:
        return said
    asked = {"unit": row["unit"], "basis": row["period_basis"], "panel": tuple(row["panel"])}
    rows = opened.rows("set_years", **chosen.summed, **asked)
    return f"{said}{set_blocks.sums_table(rows, row['unit'], names)}{set_blocks.chain(row)}"


def _sources(opened: Opened) -> str:
    """One source's card where the address names one, else the catalogue."""
    asked = address.here().get("source")
    found = opened.row("source", source=asked) if asked else None
    return sources.card(opened, found) if found else sources.catalogue(opened.rows("catalogue"))


def _methods(_opened: Opened) -> str:
    """How numbers are made, and how far translations have been reviewed."""
    return f'<div class="prose">{prose.html("methods")}</div>{methods.translations()}'


def _about(_opened: Opened) -> str:
    """What the commons is, and who runs this copy."""
    return f'<div class="prose">{prose.html("about")}</div>{about.operator(data.operator())}'


def _missing(opened: Opened) -> str:
    """In place of a page that is none."""
    return frame.note_html(_("There is no such page."), (_("Choose a place"), address.to("local")))


def _title(words: str) -> str:
    return f'<h1 class="title">{text(words)}</h1>'


PAGES = {
    address.OVERVIEW: _overview,
    "local": _local,
    "region": _region,
    "sources": _sources,
    "origin": _origin,
    "methods": _methods,
    "about": _about,
}
"""Page → its body."""
