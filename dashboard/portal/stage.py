"""What every page of the portal has: the head with its ways, who is here, the foot, and sentences of refusals."""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page as StreamlitPage

from dashboard import address, frame, language
from dashboard.data import folder
from dashboard.language import _
from dashboard.markup import text
from dashboard.portal import account
from ingest.contributions import ContributionRefused
from ingest.roles import Actor, NotAllowed, allowed

HERE = Path(__file__).parent
_here: ContextVar[str] = ContextVar("here", default="")
PAGES = ("datasets", "prepare", "review", "practice")
"""Every page; the first is the one without a name in its address."""


def names(actor: Actor) -> dict[str, str]:
    """Pages an actor has something to do on → what they are called."""
    listed = {address.OVERVIEW: _("My datasets"), "prepare": _("Contribute a dataset")}
    if allowed(actor, "review"):
        listed["review"] = _("Review")
    return listed | {"practice": _("Practice registry")}


def page(name: str, body: Callable[[Actor], None]) -> None:
    """A whole page: the head, what `body` shows to whoever is here, and the foot.

    Who is here, and what they may do, is read again each time.
    """
    _here.set(address.OVERVIEW if name == PAGES[0] else name)
    st.html(frame.HERE / "style.css")
    actor = account.here(folder())
    st.html(_head(name, actor))
    if actor is None:
        account.log_in()
    else:
        try:
            body(actor)
        except NotAllowed as refused:
            frame.note(_(str(refused)))
        except ContributionRefused as refused:
            frame.note(_(str(refused)), (_("To my datasets"), address.to(address.OVERVIEW)))
    if actor is not None:
        account.about(actor)
    st.html(_foot())


def _head(name: str, actor: Actor | None) -> str:
    here = address.OVERVIEW if name == PAGES[0] else name
    ways = (
        ""
        if actor is None
        else "".join(
            f'<a href="{address.to(to)}"{frame.current(to == here)}>{text(words)}</a>'
            for to, words in names(actor).items()
        )
    )
    return (
        f'<header class="head" dir="{language.direction()}" lang="{language.current()}">'
        f'<a class="skip" href="#content">{text(_("Skip to the content"))}</a>'
        f'<a class="name" href="{address.to(address.OVERVIEW)}">{text(_("Firearms Data Commons"))}</a>'
        f'<p class="purpose">{text(_("For those who contribute data"))}</p>'
        f'<nav class="ways" aria-label="{text(_("Pages"))}">{ways}</nav>'
        f'<div class="tools">{frame.languages(here)}</div></header><span id="content" tabindex="-1"></span>'
    )


def _foot() -> str:
    words = _(
        "Nothing here is public before a steward has accepted it and a release has been built. Copies that others have"
        " already taken of a release cannot be recalled."
    )
    return f'<footer class="foot"><p>{text(words)}</p></footer>'


def page_of(name: str) -> StreamlitPage:
    """A page as Streamlit knows it."""
    script = HERE / "pages" / f"{name}.py"
    return st.Page(script, title="Firearms Data Commons", url_path=name, default=name == PAGES[0])


def go(to: str, **state: str) -> None:
    """Goes to a page in a state, with what every link keeps."""
    wanted = {**address.kept(), **state}
    if to == _here.get():
        # A switch to the page one is on keeps its address.
        st.query_params.from_dict(wanted)
        st.rerun()
    st.switch_page(page_of(to or PAGES[0]), query_params=wanted)
