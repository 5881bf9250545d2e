"""Submit: what is still missing, and handing it in."""

import streamlit as st

from dashboard import address, frame
from dashboard.data import folder
from dashboard.language import _, listed
from dashboard.markup import text
from dashboard.portal import describe, stage
from dashboard.portal.steps import file, rehearse
from dashboard.words import say
from ingest import contributions
from ingest.contributions import Contribution
from ingest.roles import Actor


def step(actor: Actor, contribution: Contribution) -> None:
    """What is missing, what would be published, and the button."""
    if contribution.stage not in contributions.OPEN:
        st.html(f"<p>{text(_('Status: {status}').format(status=say('stage', contribution.stage)))}</p>")
        frame.note(_("It has been handed in."), (_("To my datasets"), address.to(address.OVERVIEW)))
        if contribution.stage == "refused":
            file.away(actor, contribution)
        return
    unsaid = describe.unsaid(contribution.said)
    if unsaid:
        frame.note(
            _("Still to be said: {fields}.").format(fields=listed([_(field.words) for field in unsaid])),
            (_("To the description"), address.to("prepare", {"draft": contribution.id, "step": "describe"})),
        )
        return
    if open_ := contribution.asked.get("questions"):
        frame.note(
            _("Questions about the columns are open: {n}.").format(n=len(open_)),
            (_("To the columns"), address.to("prepare", {"draft": contribution.id, "step": "columns"})),
        )
        return
    told = rehearse.rehearsed(actor, contribution)
    if told is None:
        return
    st.html(rehearse.outcome(told) + rehearse.changes(told["changes"]) + rehearse.audiences(told))
    words = _(
        "A steward looks at it before anything is published. You can withdraw it at any time; copies that others have"
        " already taken of a release cannot be recalled."
    )
    st.html(f"<p>{text(words)}</p>")
    if st.button(_("Submit"), key="submit", type="primary"):
        contributions.submit(folder(), actor, contribution, told["counts"], told["kinds"])
        stage.go("")
