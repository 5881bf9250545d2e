"""The description: who counted, how, under what licence, how sensitive it is; each field with an example."""

from datetime import date
from typing import Any

import streamlit as st

from dashboard.data import folder
from dashboard.language import _
from dashboard.markup import text
from dashboard.portal import describe, stage
from dashboard.portal.describe import Field
from dashboard.words import say
from ingest import contributions
from ingest.contributions import Contribution
from ingest.roles import Actor
from schemas.vocabulary import codes

SCORES = ("", "0", "1", "2", "3")
GATES = ("", "pass", "fail")


def step(actor: Actor, contribution: Contribution) -> None:
    """The form. What is typed is kept at once."""
    said = dict(contribution.said)
    given = {field.key: _ask(contribution, field, said) for field in describe.fields() if describe.asked(field, said)}
    given["columns"] = _columns(contribution, said)
    given["quality"] = _rubric(contribution, said.get("quality", {}))
    if given != said:
        described = describe.declared(given, contribution.drafted)
        contributions.save(folder(), actor, contribution, said=given, described=described)
        st.rerun()
    if st.button(_("Continue: submit"), key="on", type="primary"):
        stage.go("prepare", draft=contribution.id, step="submit")


def _ask(contribution: Contribution, field: Field, said: dict[str, Any]) -> Any:
    label = _(field.words) + (" *" if field.needed else "")
    key = f"{contribution.id}-{field.key}"
    before = said.get(field.key)
    if field.kind == "choice":
        offered = ["", *describe.options(field, said)]
        words = (
            (lambda code: code) if field.list == "threshold" else (lambda code: say(field.list, code) if code else "")
        )
        at = offered.index(str(before)) if before and str(before) in offered else 0
        given: Any = st.selectbox(label, offered, at, format_func=words, key=key, help=None)
    elif field.kind == "text":
        given = st.text_area(label, before or "", key=key)
    elif field.kind == "day":
        day = st.date_input(label, date.fromisoformat(before) if before else None, key=key, format="YYYY-MM-DD")
        given = day.isoformat() if isinstance(day, date) else ""
    elif field.kind == "yes":
        given = st.checkbox(label, bool(before), key=key)
    else:
        given = st.text_input(label, before or "", key=key)
    st.html(f'<p class="hint">{text(_("For example: {example}").format(example=_(field.example)))}</p>')
    return given


def _columns(contribution: Contribution, said: dict[str, Any]) -> dict[str, str]:
    """Columns that are more sensitive than the dataset; what is not said stays as it was, by default as the dataset."""
    offered = ["", *describe.stricter_than(said)]
    columns = describe.columns(contribution.drafted)
    before = contributions.stricter(contribution)
    given = dict(said.get("columns", {}))
    if not columns:
        return given
    words = _(
        "For example: the numbers can be public, but not the column that says which unit made a seizure. Figures by"
        " such a column, and its texts, are only for those who may see it. A column that says where or when something"
        " happened, or what a number counts, makes the whole dataset as strict."
    )
    with st.expander(_("Columns that are more sensitive than the dataset"), expanded=bool(before)):
        st.html(f'<p class="hint">{text(words)}</p>')
        for column in columns:
            kept = before.get(column, "")
            chosen = st.selectbox(
                text(column),
                offered,
                offered.index(kept) if kept in offered else 0,
                format_func=lambda code: say("sensitivity", code) if code else _("as the dataset"),
                key=f"{contribution.id}-column-{column}",
            )
            if chosen != (kept if kept in offered else ""):
                given[column] = chosen
    return given


def _rubric(contribution: Contribution, said: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The quality rubric as the contributor scores it; a score counts with a link that shows it."""
    words = _("Score your own dataset, if you like. A score is shown only with a public link that lets others see why.")
    st.html(f"<h2>{text(_('Quality, as you see it'))}</h2><p>{text(words)}</p>")
    given = {}
    for item in (*codes("quality_gate"), *codes("quality_dimension")):
        before = said.get(item, {})
        offered = GATES if item in codes("quality_gate") else SCORES
        left, right = st.columns([1, 2])
        at = offered.index(before.get("score", "")) if before.get("score", "") in offered else 0
        score = left.selectbox(say("quality", item), offered, at, key=f"{contribution.id}-score-{item}")
        link = right.text_input(_("Link"), before.get("evidence", ""), key=f"{contribution.id}-link-{item}")
        if score or link:
            given[item] = {"score": score, "evidence": link}
    return given
