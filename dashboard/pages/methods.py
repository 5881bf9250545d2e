"""Methods: each statistic in plain words, and how far the translations have been reviewed."""

import streamlit as st

from dashboard import blocks, frame, language, prose
from dashboard.data import Opened
from dashboard.language import _, number
from dashboard.markup import text


def page() -> None:
    """The whole page."""
    frame.page("methods", body)


def body(_opened: Opened) -> None:
    """The text of docs/methods.md, with its contents before it."""
    ways = "".join(f'<li><a href="#{anchor}">{text(words)}</a></li>' for anchor, words in prose.headings("methods"))
    contents = f'<nav class="contents" aria-label="{text(_("On this page"))}"><ul>{ways}</ul></nav>'
    st.html(f'<div class="prose">{contents}{prose.html("methods")}</div>')
    st.html(translations())


def translations() -> str:
    """For each language how many texts a native speaker has reviewed."""
    rows = []
    for one in language.LANGUAGES.values():
        if one.code == "en":
            continue
        reviewed, known = language.reviewed(one.code)
        rows.append((one.name, number(reviewed), number(known)))
    words = _(
        "The commons is written in English. Its translations were made with the help of machines; a text that no native"
        " speaker has reviewed may be wrong, and then the English text holds. Texts from data files stay as published."
    )
    return (
        f'<section class="prose"><h2 id="translations">{text(_("Translations"))}</h2><p>{text(words)}</p>'
        + blocks.plain_table(
            (_("Language"), _("Texts reviewed by a native speaker"), _("Texts")),
            rows,
            caption=_("Review of the translations"),
            numbers=(1, 2),
        )
        + "</section>"
    )


if __name__ == "__main__":
    page()
