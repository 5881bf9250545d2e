"""Columns and words: what the draft took each to be and what shows it, its questions, and the live result."""

from functools import partial
from typing import Any

import streamlit as st

from dashboard import frame
from dashboard.data import folder
from dashboard.language import _, listed, ngettext, number, percent, sentence, vocabulary
from dashboard.markup import cell, table, text
from dashboard.portal import stage, work
from dashboard.portal.steps import rehearse
from dashboard.portal.steps.file import refusal
from dashboard.words import say
from ingest import contributions
from ingest.contributions import Contribution
from ingest.draft.counted import Word
from ingest.roles import Actor
from schemas.issue import FileRefused

ASKED_AT_ONCE = 12
WORDS_AT_ONCE = 20
CODES = ("category", "concept", "unit", "acquisition", "dimension")
"""Code lists whose codes can be an answer."""


def step(actor: Actor, contribution: Contribution) -> None:
    """The questions first, then what was found, how to change it, and what would become of the rows."""
    if not contribution.drafted:
        drafted = _drafted(actor, contribution, {})
        if drafted is None:
            return
        contribution = drafted
    if contribution.recognised:
        _known(actor, contribution)
    questions = contribution.asked.get("questions", [])
    if questions:
        _ask(actor, contribution, questions)
    if contribution.asked.get("guesses"):
        st.html(found(contribution.asked["guesses"]))
        _change(actor, contribution)
    st.html(_first(contribution))
    if questions:
        return
    told = rehearse.rehearsed(actor, contribution)
    if told is not None:
        st.html(rehearse.outcome(told))
        if st.button(_("Continue: the whole rehearsal"), key="on", type="primary"):
            stage.go("prepare", draft=contribution.id, step="rehearse")


def _drafted(actor: Actor, contribution: Contribution, answers: dict[str, str]) -> Contribution | None:
    """The contribution drafted anew; None where its file cannot be read, with the reason on the page."""
    try:
        with st.spinner(_("Reading the table …")):
            return work.draft(folder(), actor, contribution, answers)
    except FileRefused as refused:
        refusal(refused)
        return None


def _known(actor: Actor, contribution: Contribution) -> None:
    """A file whose shape is known: its layout is used, and nothing is asked."""
    words = _("This file has the shape of “{source}”. It is read in the same way; it stays a source of its own.")
    frame.note(words.format(source=work.title(folder(), contribution.recognised or "")))
    if st.button(_("Read it as a new table instead"), key="anew"):
        _drafted(actor, contribution, {work.AS_NEW: "yes"})
        st.rerun()


def _ask(actor: Actor, contribution: Contribution, questions: list[dict[str, Any]]) -> None:
    """The questions, each with what can be answered; an answer is kept at once."""
    words = ngettext("{n} question is open", "{n} questions are open", len(questions))
    st.html(f"<h2>{text(words.format(n=number(len(questions), None)))}</h2>")
    for question in questions[:ASKED_AT_ONCE]:
        key = f"{contribution.id}-{question['key']}"
        said = text(sentence(question["words"]))
        if question["rows"]:
            rows = listed([number(row, None) for row in question["rows"][:5]])
            said += " " + text(_("(rows {rows})").format(rows=rows))
        options = question["options"]
        answer: str | None = None
        if options:
            answer = st.selectbox(
                said,
                [*options],
                None,
                format_func=partial(_option, options),
                key=key,
                placeholder=_("Choose an answer"),
                accept_new_options=bool(question["free"]),
            )
        elif question["free"]:
            answer = st.text_input(said, key=key)
        if answer:
            _drafted(actor, contribution, {question["key"]: str(answer)})
            st.rerun()


def _option(options: dict[str, str], code: str) -> str:
    """The words of an answer; where the draft has none but its code, those of the code lists."""
    words = options.get(code, code)
    kind = next((kind for kind in CODES if words == code and code in vocabulary()[kind]), None)
    return say(kind, code) if kind else sentence(words)


def found(guesses: list[dict[str, Any]]) -> str:
    """What the draft took each thing to be, and what shows it."""
    rows = [
        f'<tr><th scope="row">{text(_name(guess["key"]))}</th>'
        + cell(_("Taken to be"), text(_value(guess)))
        + cell(_("Because"), text(sentence(guess["evidence"])))
        + cell(_("Agrees"), text(percent(guess["share"])), number=True)
        + "</tr>"
        for guess in guesses
    ]
    heads = (_("What"), _("Taken to be"), _("Because"), _("Share of rows that agree"))
    return table(tuple(map(text, heads)), rows, caption=_("What was found in the file"), kind="stack", numbers=(3,))


def _name(key: str) -> str:
    """A column or word of the file in quotation marks; anything else in words."""
    kind, _colon, rest = key.partition(":")
    return f"“{rest}”" if rest else say("drafted", kind)


def _value(guess: dict[str, Any]) -> str:
    if guess["key"].startswith("column:"):
        return say("column_role", guess["value"])
    return say("row", guess["value"]) if guess["key"] == "table" else sentence(guess["value"])


def _change(actor: Actor, contribution: Contribution) -> None:
    """Another meaning for a column, and taking all answers back."""
    columns = [*work.columns(contribution)]
    st.html(f"<h2>{text(_('Something is wrong?'))}</h2>")
    left, right = st.columns(2)
    column = left.selectbox(
        _("Column"), columns, None, format_func=text, key=f"column-{contribution.id}", placeholder=_("Choose a column")
    )
    kept = contribution.answers.get(f"column:{column}")
    role = right.selectbox(
        _("It is"),
        work.ROLES,
        work.ROLES.index(kept) if kept in work.ROLES else None,
        format_func=lambda code: say("column_role", code),
        # With what is kept in its key, so that an answer that was taken back does not come back with the widget.
        key=f"role-{contribution.id}-{column}-{kept}",
        placeholder=_("Choose a meaning"),
    )
    if column and role and role != kept:
        _drafted(actor, contribution, {f"column:{column}": role})
        st.rerun()
    if column:
        _words(actor, contribution, column)
    if contribution.answers and st.button(_("Take all my answers back"), key="back"):
        work.forget_answers(folder(), actor, contribution)
        st.rerun()


def _words(actor: Actor, contribution: Contribution, column: str) -> None:
    """What each word of a category column was taken to be, with a choice; a choice is kept at once."""
    words, options = work.words(contribution, column)
    if not words:
        return
    st.html(f"<h3>{text(say('drafted', 'words'))}</h3>")
    wanted = ""
    if len(words) > WORDS_AT_ONCE:
        wanted = st.text_input(_("Find a word"), key=f"find-{contribution.id}-{column}")
        shown = _("{n} of {all} words are shown; type a part of another one to find it.")
        st.html(f"<p>{text(shown.format(n=number(WORDS_AT_ONCE, None), all=number(len(words), None)))}</p>")
    for word in [word for word in words if wanted.casefold() in word.text.casefold()][:WORDS_AT_ONCE]:
        _word(actor, contribution, word, options)


def _word(actor: Actor, contribution: Contribution, word: Word, options: dict[str, str]) -> None:
    """One word with what it was taken to be, another choice, and the way back to the guess."""
    offered = [*dict.fromkeys([*filter(None, [word.taken]), *options])]
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.selectbox(
        f"“{text(word.text)}”" if word.text else _("An empty cell"),
        offered,
        0 if word.taken else None,
        format_func=partial(_meaning, options),
        key=f"{contribution.id}-{word.key}-{word.answered}-{word.taken}",
        placeholder=_("Choose an answer"),
    )
    if chosen and chosen != word.taken:
        _drafted(actor, contribution, {word.key: chosen})
        st.rerun()
    if word.answered and right.button(_("Take back"), key=f"back-{contribution.id}-{word.key}"):
        work.forget_answers(folder(), actor, contribution, word.key)
        st.rerun()


def _meaning(options: dict[str, str], answer: str) -> str:
    """The words of an answer that may say two things of a word, such as SHOTGUN+x_CRAFT."""
    return " + ".join(_option(options, part) for part in answer.split("+"))


def _first(contribution: Contribution) -> str:
    rows = work.first_rows(contributions.copy_of(folder(), contribution))
    body = ["<tr>" + "".join(f"<td>{text(one)}</td>" for one in row) + "</tr>" for row in rows]
    return table((), body, caption=_("The file begins with these rows"))
