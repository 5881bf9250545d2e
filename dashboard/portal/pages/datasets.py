"""My datasets: each submission's state, its figures, and what can be done with it: go on, replace, withdraw."""

from datetime import datetime

import streamlit as st

from dashboard import address, frame
from dashboard.data import folder
from dashboard.language import _, day, listed, number
from dashboard.markup import table, text
from dashboard.portal import stage, work
from dashboard.words import say
from ingest import contributions
from ingest.contributions import Contribution
from ingest.roles import Actor, allowed
from warehouse.withdraw import REASONS


def page() -> None:
    """The whole page."""
    stage.page("datasets", body)


def body(actor: Actor) -> None:
    """What the organisation has in hand, and the sources it owns."""
    st.html(f'<h1 class="title">{text(_("My datasets"))}</h1>')
    mine = [one for one in contributions.seen_by(folder(), actor) if allowed(actor, "draft", one.organisation)]
    if not mine:
        frame.note(_("Nothing has been contributed yet."), (_("Contribute a dataset"), address.to("prepare")))
    else:
        st.html(_listed(mine))
    owned = work.owned(folder(), actor)
    for name, title in owned.items():
        _source(actor, name, title)


def _listed(mine: list[Contribution]) -> str:
    rows = []
    for one in mine:
        title = one.described.get("title") or one.shown_name or _("Your dataset")
        way = address.to("prepare", {"draft": one.id})
        comment = f'<p class="why">{text(one.comment)}</p>' if one.comment else ""
        rows.append(
            f'<tr><th scope="row"><a href="{way}">{text(title)}</a></th>'
            f'<td data-label="{text(_("Status"))}">{text(say("stage", one.stage))}{comment}</td>'
            f'<td data-label="{text(_("Last change"))}">{text(day(datetime.fromisoformat(one.changed)))}</td></tr>'
        )
    heads = (_("Dataset"), _("Status"), _("Last change"))
    return table(tuple(map(text, heads)), rows, caption=_("Contributions of your organisation"), kind="stack")


def _source(actor: Actor, name: str, title: str) -> None:
    """A source in force: how much of it is published, a newer file, and withdrawing it."""
    held = work.published(folder(), name)
    st.html(
        f"<h2>{text(title)}</h2><p>"
        + text(
            _("{figures} figures in the current release; adopted by {organisations} organisations.").format(
                figures=number(held["figures"], None), organisations=number(held["adoptions"], None)
            )
        )
        + "</p>"
        + "".join(f"<p>{text(listed(held['files']))}</p>" if held["files"] else "")
    )
    if st.button(_("Replace with a new file"), key=f"replace-{name}"):
        stage.go("prepare", source=name)
    if allowed(actor, "withdraw", actor.organisation):
        with st.container(key=f"leave-{name}"):
            reasons = REASONS
            said = st.selectbox(
                _("Withdraw because"),
                ["", *reasons],
                format_func=lambda code: say("withdrawal_reason", code) if code else "",
                key=f"why-{name}",
            )
            words = _(
                "It goes from the next release, and its file is deleted. For reasons of safety it also goes from every"
                " earlier release. Copies that others have already taken cannot be recalled."
            )
            st.html(f'<p class="unit">{text(words)}</p>')
            if said and st.button(_("Withdraw this dataset"), key=f"withdraw-{name}"):
                with st.spinner(_("Withdrawing …")):
                    work.withdraw(folder(), actor, name, said)
                st.rerun()


if __name__ == "__main__":
    page()
