"""What every page has: the head with its ways, the foot, the release it shows, and notes that explain themselves."""

import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from dashboard import address, charts, data, finder, language, share
from dashboard.data import Opened, Row
from dashboard.language import _, day, place_name
from dashboard.markup import text
from dashboard.portal import account
from ingest.roles import NotAllowed
from warehouse.release import NoRelease, WithdrawnRelease

HERE = Path(__file__).parent
PAGES = ("overview", "local", "region", "sources", "origin", "methods", "about")
"""Every page; the first is the one without a name in its address."""


def names() -> dict[str, str]:
    """Pages → what they are called. The way of a number is reached from a number, so it is not among them."""
    return {
        address.OVERVIEW: _("Overview"),
        "local": _("Local"),
        "region": _("Region"),
        "sources": _("Sources"),
        "methods": _("Methods"),
        "about": _("About"),
    }


def page(name: str, body: Callable[[Opened], None]) -> None:
    """A whole page: the head, what `body` shows of the release the address names, and the foot."""
    # One after the other: a hundred at once would each take as long as all together, and the memory of all.
    with TURN:
        _page(name, body)


def _page(name: str, body: Callable[[Opened], None]) -> None:
    st.html(HERE / "style.css")
    st.html(head(name))
    opened = release(name)
    if opened is not None:
        if waits(name, opened):
            chooser(opened, name)
        else:
            body(opened)
        shared = share.block(name, st.context.url)
        if shared:
            st.html(shared)
    st.html(foot(opened))


TURN = threading.BoundedSemaphore(4)
"""How many pages are made at the same time; the others wait, first come first served."""
LARGER = 1.6
"""How much larger charts and maps are drawn in a meeting."""
OF_PLACES = ("local", "region", "sources")
"""Pages that speak of countries, and so wait in a meeting until the presenter chooses one."""
CHOSEN = ("set", "places", "source", "figure", "show")
"""Names in an address, besides a place, that somebody chose."""


def waits(name: str, opened: Opened) -> bool:
    """Whether a page would name a country that nobody in the meeting has chosen."""
    asked = address.here()
    if not address.meeting() or name not in OF_PLACES or any(one in asked for one in CHOSEN):
        return False
    return "place" not in asked or opened.row("place", place=asked["place"]) is None


def chooser(opened: Opened, name: str) -> None:
    """In place of such a page: the way to choose."""
    st.html(why_choose(name))
    find(opened)


def why_choose(name: str) -> str:
    """The title and the reason of a page that waits for a choice."""
    words = _("In a meeting no country is shown before someone chooses one.")
    head_ = f'<h1 class="title">{text(_("Choose a place"))}</h1><p class="unit">{text(words)}</p>'
    if name != "sources":
        return head_
    listed = _("The list of sources names the countries they speak of.")
    return head_ + note_html(listed, (_("Show the list of sources"), address.to("sources", {"show": "all"})))


def find(opened: Opened) -> None:
    """The box that finds places, and what it found."""
    typed = st.text_input(
        finder.label(),
        address.here().get("find", ""),
        key="find",
        max_chars=finder.LONGEST,
        placeholder=finder.example(),
        autocomplete="off",
    )
    remember({"find": typed}, ("find",))
    with st.spinner(_("Reading the release …")):
        found = finder.find(typed or "", finder.of(opened))
    st.html(finder.answer(found))


def chart(spec: dict[str, Any], *, key: str, alt: str) -> None:
    """A chart as wide as its place, larger in a meeting; `alt` is what those hear who do not see it."""
    made = charts.sized(spec, LARGER if address.meeting() else 1)
    st.vega_lite_chart(spec=made, width="stretch", theme=None, key=key, alt=alt)


def head(name: str) -> str:
    """The name, the purpose, the ways to the other pages, the languages and the size for a meeting."""
    meeting = address.meeting()
    ways = "".join(
        f'<a href="{address.to(to)}"{current(to == name)}>{text(words)}</a>' for to, words in names().items()
    )
    size = address.same(name, meeting=None if meeting else "1")
    said = _("Leave meeting mode") if meeting else _("Meeting mode")
    purpose = _("Official and civil-society figures side by side, each with where it comes from")
    return (
        f'<header class="head{" meeting" if meeting else ""}" dir="{language.direction()}" lang="{language.current()}">'
        f'<a class="skip" href="#content">{text(_("Skip to the content"))}</a>'
        f'<a class="name" href="{address.to(address.OVERVIEW)}">{text(_("Firearms Data Commons"))}</a>'
        f'<p class="purpose">{text(purpose)}</p>'
        f'<nav class="ways" aria-label="{text(_("Pages"))}">{ways}</nav>'
        f'<div class="tools"><a href="{size}">{text(said)}</a>{languages(name)}</div></header>'
        '<span id="content" tabindex="-1"></span>'
    )


def current(here: bool) -> str:
    """The attribute of a link that leads to where one is."""
    return ' aria-current="page"' if here else ""


def languages(name: str) -> str:
    """The same view in each language, by its own name; and in Arabic the choice of digits."""
    spoken = language.LANGUAGES[language.current()]
    links = [
        f'<li><a href="{address.same(name, lang=one.code, digits=None)}" lang="{one.code}" hreflang="{one.code}"'
        f"{current(one.code == spoken.code)}><bdi>{text(one.name)}</bdi></a></li>"
        for one in language.LANGUAGES.values()
    ]
    if spoken.code == "ar":
        links += [
            f'<li><a href="{address.same(name, lang="ar", digits=digits)}">{text(example)}</a></li>'
            for digits, example in (("latn", "123"), ("arab", "١٢٣"))
        ]
    return (
        f'<details class="languages"><summary><span class="unseen">{text(_("Language"))}: </span>'
        f"<bdi>{text(spoken.name)}</bdi></summary><ul>{''.join(links)}</ul></details>"
    )


def foot(release: Opened | None) -> str:
    """The rules of the room, and which release this is."""
    rules = _(
        "Sources and places stand in alphabetical order; nothing here is ranked or scored. A difference between two"
        " sources is a question to talk about, not a finding about either. Where no figure is held, nothing follows"
        " about the place."
    )
    of = ""
    if release:
        said = _("Release {release} of {day}.").format(release=release.release, day=day(release.built))
        of = f"<p>{text(said)}</p>"
    return f'<footer class="foot"><p>{text(rules)}</p><p>{text(designations())}</p>{of}</footer>'


def designations() -> str:
    """What stands under every map and in every export."""
    return _(
        "The designations used do not imply any opinion on the legal status of any country, territory, city or area, or"
        " of its authorities, or on the delimitation of its frontiers or boundaries."
    )


def release(name: str) -> Opened | None:
    """The release the address names, or the current one; says so where there is none or a newer one."""
    opened, said = held(name)
    if said:
        st.html(said)
    if opened is None and not account.is_local() and data.tier() != "clear":
        actor = account.here(data.folder())
        account.log_in() if actor is None else account.about(actor)
    return opened


def held(name: str) -> tuple[Opened | None, str]:
    """The release the address of a page names, or the current one, and a note where there is none or a newer one."""
    wanted = address.here().get("release")
    try:
        opened = data.opened(wanted)
    except account.NotLoggedIn:
        return None, note_html(_("These figures are for participants only, so one has to log in to see them."))
    except NotAllowed as refused:
        return None, note_html(_(str(refused)))
    except NoRelease as error:
        if isinstance(error, WithdrawnRelease):
            said = _("This release was withdrawn: something in it could have put people at risk.")
            ways = [(_("See the current release"), address.same(name, release=None))]
            if error.anew and error.anew != data.newest():
                said += " " + _("It was made anew without that, from what was held on its day.")
                ways.insert(0, (_("See it without what was withdrawn"), address.same(name, release=error.anew)))
            return None, note_html(said, *ways)
        if wanted:
            said = _("No release of that name is held here. Its numbers may stand in the current release.")
            return None, note_html(said, (_("See the current release"), address.same(name, release=None)))
        return None, note_html(_("There is no release yet. Nothing can be shown before that."))
    language.name_sources({row["source"]: row["title"] for row in opened.rows("titles")})
    if not opened.newer:
        return opened, ""
    said = _("You see release {release} of {day}, as the address asks. There is a newer one.")
    if opened.instead_of:
        said = _(
            "You see release {release}, made on {day} in place of {withdrawn}, which was withdrawn for safety: what was"
            " held on its day, without what was withdrawn. There is a newer one."
        )
    return opened, note_html(
        said.format(release=opened.release, day=day(opened.built), withdrawn=opened.instead_of),
        (_("See the same in the newer release"), address.same(name, release=opened.newer)),
    )


def note(words: str, *ways: tuple[str, str]) -> None:
    """A box that explains itself and offers next steps: pairs of words and an escaped address."""
    st.html(note_html(words, *ways))


def note_html(words: str, *ways: tuple[str, str]) -> str:
    """The same as HTML."""
    links = "".join(f'<a class="way" href="{to}">{text(said)}</a>' for said, to in ways)
    return f'<div class="note" role="status"><p>{text(words)}</p>{links}</div>'


def remember(state: Mapping[str, object], names: Iterable[str] = ()) -> None:
    """Writes a state into the address; `names` that the state lacks are taken out, everything else stays."""
    other = {name: value for name, value in address.here().items() if name not in {*names, *state}}
    wanted = other | {name: str(value) for name, value in state.items() if value not in (None, "")}
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)
    address.use(wanted)


def enter(page: str, state: Mapping[str, str]) -> None:
    """Goes to a page in a state, with what every link keeps."""
    st.switch_page(page_of(page or PAGES[0]), query_params={**address.kept(), **state})


def go(to: str, **changes: str) -> None:
    """Goes to another page with the state of this one and some changes."""
    st.switch_page(page_of(to), query_params={**address.here(), **changes})


def page_of(name: str) -> StreamlitPage:
    """A page as Streamlit knows it."""
    script = HERE / "pages" / f"{name}.py"
    return st.Page(script, title="Firearms Data Commons", url_path=name, default=name == PAGES[0])


def place_labels(places: list[Row]) -> dict[str, str]:
    """Code → name of places (code, name), in the order of their names in the page's language.

    A select knows its options by their words, so two places of one name are told apart by their code.
    """
    named = {row["code"]: place_name(row["code"], row["name"]) for row in places}
    said = [*named.values()]
    return {
        code: f"{name} ({code})" if said.count(name) > 1 else name
        for code, name in sorted(named.items(), key=lambda one: (language.in_order(one[1]), one[0]))
    }
