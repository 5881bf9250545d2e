"""Review: a steward sees what a submission changes, its issues and who would see what, and decides."""

import streamlit as st

from dashboard import address, frame, language
from dashboard.data import folder
from dashboard.language import _, vocabulary
from dashboard.markup import table, text
from dashboard.portal import stage, work
from dashboard.portal.steps import rehearse
from dashboard.words import say
from ingest import contributions
from ingest.contributions import Contribution
from ingest.roles import Actor, allowed, demand


def page() -> None:
    """The whole page."""
    stage.page("review", body)


def body(actor: Actor) -> None:
    """What waits, or the one submission the address names."""
    waiting = [
        one
        for one in contributions.seen_by(folder(), actor)
        if one.stage == "submitted" and allowed(actor, "review", one.organisation)
    ]
    asked = next((one for one in waiting if one.id == address.here().get("draft")), None)
    st.html(f'<h1 class="title">{text(_("Review"))}</h1>')
    if asked is not None:
        _submission(actor, asked)
    elif waiting:
        st.html(_listed(waiting))
    else:
        demand(actor, "review")
        frame.note(_("Nothing waits for a review."))


def _listed(waiting: list[Contribution]) -> str:
    rows = [
        f'<tr><th scope="row"><a href="{address.to("review", {"draft": one.id})}">'
        f"{text(one.described.get('title') or one.source)}</a></th>"
        f'<td data-label="{text(_("Organisation"))}">{text(one.organisation)}</td></tr>'
        for one in waiting
    ]
    heads = (text(_("Dataset")), text(_("Organisation")))
    return table(heads, rows, caption=_("Submissions that wait"), kind="stack")


def _submission(actor: Actor, one: Contribution) -> None:
    """What was said of it, what it changes, and the decision."""
    st.html(f"<h2>{text(one.described.get('title'))}</h2>{_described(one)}")
    told = rehearse.rehearsed(actor, one)
    if told is None:
        return
    language.name_sources(work.titles(folder(), one))
    st.html(rehearse.outcome(told) + rehearse.issues(work.kinds_of(told)))
    st.html(rehearse.changes(told["changes"]) + rehearse.changed(work.changes_of(told)))
    st.html(rehearse.beside(work.pairs_of(folder(), one, told)) + rehearse.audiences(told))
    classes = contributions.classes()
    kind = st.selectbox(
        _("Kind of source"),
        [*classes],
        [*classes].index(one.described.get("provenance", "non_official")),
        format_func=lambda code: say("provenance", code),
        key="class",
    )
    within = classes[kind]
    before = one.described.get("provenance_subclass")
    finer = st.selectbox(
        _("More exactly"),
        within,
        within.index(before) if before in within else 0,
        format_func=lambda code: say("provenance_subclass", code),
        key="subclass",
    )
    comment = st.text_area(_("Comment for the contributor"), key="comment")
    ways = {"accepted": _("Accept"), "returned": _("Return with the comment"), "refused": _("Refuse for this reason")}
    for decision, words in ways.items():
        if st.button(words, key=decision, type="primary" if decision == "accepted" else "secondary"):
            contributions.review(
                folder(), actor, one, decision, comment=comment, provenance=(kind, finer), counts=told["counts"]
            )
            stage.go("review")


def _described(one: Contribution) -> str:
    from dashboard.portal.describe import fields

    said = [
        (_(field.words), say(field.list, one.said[field.key]) if field.list in vocabulary() else one.said[field.key])
        for field in fields()
        if one.said.get(field.key)
    ]
    of_columns = contributions.stricter(one).items()
    said += [(_("Column “{column}”").format(column=column), say("sensitivity", code)) for column, code in of_columns]
    rows = [f'<tr><th scope="row">{text(words)}</th><td>{text(value)}</td></tr>' for words, value in said]
    return table((), rows, caption=_("What the contributor says of it"))


if __name__ == "__main__":
    page()
