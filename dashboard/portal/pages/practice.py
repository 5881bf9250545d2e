"""Practice registry: mappings that organisations share: how columns and words are read, never data."""

import streamlit as st

from dashboard import frame
from dashboard.data import folder
from dashboard.language import _, listed, ngettext, number
from dashboard.markup import text
from dashboard.portal import stage, work
from ingest import contributions
from ingest.roles import Actor, allowed


def page() -> None:
    """The whole page."""
    stage.page("practice", body)


def body(actor: Actor) -> None:
    """Every mapping that is offered, in alphabetical order, with how many organisations use it."""
    words = _(
        "An organisation may let others use its mapping: which columns it has and what its words mean. Adopt one, and"
        " files of that shape are read in the same way. No data are shared."
    )
    st.html(f'<h1 class="title">{text(_("Practice registry"))}</h1><p class="unit">{text(words)}</p>')
    offered = work.offered(folder())
    if not offered:
        frame.note(_("No organisation has offered its mapping yet."))
    for one in offered:
        count = ngettext("Adopted by {n} organisation.", "Adopted by {n} organisations.", one["adoptions"])
        st.html(
            f"<h2>{text(one['title'])}</h2><p>{text(one['description'])}</p>"
            f"<p>{text(_('Columns: {columns}.').format(columns=listed(one['columns'])))}"
            f" {text(count.format(n=number(one['adoptions'], None)))}</p>"
        )
        own = actor.organisation or contributions.ALONE
        if own not in one["owners"] and own not in one["adopted_by"] and allowed(actor, "adopt", own):
            if st.button(_("Adopt this mapping"), key=f"adopt-{one['name']}"):
                contributions.adopt(folder(), actor, one["name"])
                st.rerun()
        elif own in one["adopted_by"]:
            st.html(f"<p>{text(_('Your organisation has adopted it.'))}</p>")


if __name__ == "__main__":
    page()
