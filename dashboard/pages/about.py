"""About: what the commons is, and what the operator of this copy says of itself."""

import streamlit as st

from dashboard import blocks, data, frame, prose
from dashboard.data import Opened
from dashboard.language import _, current
from dashboard.markup import text


def page() -> None:
    """The whole page."""
    frame.page("about", body)


def body(_opened: Opened) -> None:
    """The text of docs/about.md, and below it this copy's operator."""
    st.html(f'<div class="prose">{prose.html("about")}</div>')
    st.html(operator(data.operator()))


def operator(stated: dict[str, str | dict[str, str]]) -> str:
    """Who runs this copy, who pays for it, where it stands, who reviews and how to complain, as the operator says."""
    asked = (
        ("operator", _("Operator")),
        ("funding", _("Funding")),
        ("hosting_country", _("Country of hosting")),
        ("review", _("Who reviews contributions")),
        ("complaints", _("How to complain or ask for a correction")),
    )
    silent = _("The operator of this copy has not stated it.")
    said = tuple((name, in_language(stated.get(key, "")) or silent) for key, name in asked)
    return (
        f'<section class="prose"><h2 id="this-copy">{text(_("This copy"))}</h2>'
        f'<dl class="card-like">{blocks.pairs_of(said)}</dl></section>'
    )


def in_language(words: str | dict[str, str]) -> str:
    """A text of the operator in the page's language where there is one, else in English or as it stands."""
    if isinstance(words, str):
        return words
    return words.get(current()) or words.get("en") or next(iter(words.values()), "")


if __name__ == "__main__":
    page()
