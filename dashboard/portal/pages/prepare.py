"""Contribute a dataset: from a file to a submission, one step after the other; each is kept as soon as it is taken."""

from collections.abc import Callable

import streamlit as st

from dashboard import address, frame
from dashboard.data import folder
from dashboard.language import _
from dashboard.markup import text
from dashboard.portal import stage
from dashboard.portal.steps import columns, describe, file, rehearse, submit
from ingest import contributions
from ingest.contributions import Contribution
from ingest.roles import Actor


def page() -> None:
    """The whole page."""
    stage.page("prepare", body)


def body(actor: Actor) -> None:
    """The step the address names of the contribution it names; without one, the way to begin."""
    asked = address.here().get("draft")
    if not asked:
        st.html(f'<h1 class="title">{text(_("Contribute a dataset"))}</h1>{_steps("file", None)}')
        file.begin(actor)
        return
    contribution = contributions.load(folder(), actor, asked)
    step = address.here().get("step", "")
    if contribution.stage not in (contributions.SENDING, *contributions.OPEN):
        step = "submit"
    elif contribution.stage in (contributions.SENDING, "received"):
        step = "file"
    elif step not in STEPS:
        step = "columns"
    title = contribution.described.get("title") or contribution.shown_name or _("Your dataset")
    st.html(f'<h1 class="title">{text(title)}</h1>{_steps(step, contribution)}')
    if contribution.comment:
        frame.note(_("The steward writes: {words}").format(words=contribution.comment))
    STEPS[step](actor, contribution)


STEPS: dict[str, Callable[[Actor, Contribution], None]] = {
    "file": file.step,
    "columns": columns.step,
    "rehearse": rehearse.step,
    "describe": describe.step,
    "submit": submit.step,
}
"""Steps in their order."""


def names() -> dict[str, str]:
    """Steps → what they are called."""
    return {
        "file": _("1 File"),
        "columns": _("2 Columns and words"),
        "rehearse": _("3 Rehearsal"),
        "describe": _("4 Description"),
        "submit": _("5 Submit"),
    }


def _steps(now: str, contribution: Contribution | None) -> str:
    """Where one is among the steps; those that can be taken are links."""
    open_ = contribution is not None and contribution.copy is not None and contribution.stage in contributions.OPEN
    listed = []
    for step, words in names().items():
        here = ' aria-current="step"' if step == now else ""
        if contribution is not None and open_ and step != "file":
            to = address.to("prepare", {"draft": contribution.id, "step": step})
            listed.append(f'<li><a href="{to}"{here}>{text(words)}</a></li>')
        else:
            listed.append(f"<li><span{here}>{text(words)}</span></li>")
    return f'<nav aria-label="{text(_("Steps"))}"><ol class="steps">{"".join(listed)}</ol></nav>'


if __name__ == "__main__":
    page()
