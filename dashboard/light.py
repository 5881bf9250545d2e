"""The light pages: what a page shows, as plain HTML without a script, for poor connections and old devices.

They are made of the same blocks as the pages and stand in two places: alone, below /light/, and as the first screen
of every page, until the app's scripts have come and the app shows the same with its charts. Their links are relative,
so each kind leads to its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard import address, blocks, choice, frame, language
from dashboard.choice import Choice
from dashboard.data import Opened, Row
from dashboard.language import _, year
from dashboard.markup import text
from dashboard.pages import origin
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
    body = PAGES.get(name, _missing)(opened) if opened else ""
    main = f'<main dir="{language.direction()}">{body}</main>'
    html = f"{frame.head(name)}{said}{main}{frame.foot(opened)}"
    return Light(language.current(), language.direction(), _("Firearms Data Commons"), html)


def _overview(opened: Opened) -> str:
    """The way to a place: everything starts there."""
    countries = frame.place_labels(opened.rows("countries"))
    return _title(_("Choose your place")) + _form({}, ("place", _("Country or area"), countries, ""))


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
        parts.append(blocks.pairs(chosen.shown(opened.pairs(chosen.place["level"], **chosen.asked))))
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
    forms = [_form(concept, ("place", _("Country or area"), countries, place["country"]))]
    smaller = (
        ("states", "country", _("State or province"), _("The whole country"), place["state"]),
        ("municipalities", "state", _("Municipality or area"), _("The whole of it"), place["code"]),
    )
    for question, of, label, whole, current in smaller:
        inside = opened.rows(question, **{of: place[of]}) if place[of] else []
        if inside:
            places = {place[of]: whole, **frame.place_labels(inside)}
            forms.append(_form(concept, ("place", label, places, current)))
    counted = {code: say("concept", code) for code in choice.concepts(opened, place["code"])}
    if len(counted) > 1:
        forms.append(_form({"place": place["code"]}, ("concept", _("What is counted"), counted, chosen.concept)))
    span = choice.span_held(opened, place["code"], chosen.concept) or range(0)
    if len(span) > 1:
        years = {str(one): year(one) for one in span}
        ends = ("from", _("From"), years, str(chosen.first)), ("to", _("To"), years, str(chosen.last))
        forms.append(_form({"place": place["code"], **concept}, *ends))
    return f'<nav class="forms" aria-label="{text(_("Choose your place"))}">{"".join(forms)}</nav>'


def _form(state: Mapping[str, str], *selects: tuple[str, str, Mapping[str, str], str | None]) -> str:
    """Selects with a button to the page of a place; each is a name, a label, code → words, and the code now."""
    asked = {**address.kept(), **state}
    hidden = "".join(
        f'<input type="hidden" name="{text(name)}" value="{text(value)}">' for name, value in asked.items()
    )
    shown = ""
    for name, label, options, current in selects:
        said = "".join(
            f'<option value="{text(code)}"{" selected" if code == current else ""}>{text(words)}</option>'
            for code, words in options.items()
        )
        shown += f'<label>{text(label)} <select name="{name}">{said}</select></label>'
    return f'<form action="./local">{hidden}{shown}<button>{text(_("Show"))}</button></form>'


def _origin(opened: Opened) -> str:
    """Where a number comes from."""
    found = origin.found(opened)
    if found is None:
        return frame.note_html(*origin.missing())
    caveats = [{"name": found["source"]["title"], "text": caveat} for caveat in found["caveats"]]
    return (
        f"{origin.head(opened, found)}<section>{origin.steps(found)}</section>"
        f"<section>{origin.source(found['source'])}</section>{origin.cells(found)}{blocks.caveats(caveats)}"
        f"<h2>{text(_('Copy with source'))}</h2><p><bdi>{text(origin.cited(opened, found))}</bdi></p>"
    )


def _with_charts(opened: Opened) -> str:
    """In place of a page that is little without its charts."""
    words = _(
        "This page is made of charts and comes with the app's scripts. Figures of a place can be read without them."
    )
    return frame.note_html(words, (_("Choose a place"), address.to("local")))


def _missing(opened: Opened) -> str:
    """In place of a page that is none."""
    return frame.note_html(_("There is no such page."), (_("Choose a place"), address.to("local")))


def _title(words: str) -> str:
    return f'<h1 class="title">{text(words)}</h1>'


PAGES = {
    address.OVERVIEW: _overview,
    "local": _local,
    "region": _with_charts,
    "sources": _with_charts,
    "origin": _origin,
    "methods": _with_charts,
    "about": _with_charts,
}
"""Page → its body."""
