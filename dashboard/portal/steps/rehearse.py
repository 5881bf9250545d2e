"""The rehearsal: exactly what a build would do with the file, and what each audience would see."""

from contextvars import copy_context
from typing import Any

import streamlit as st

from dashboard import address, blocks, frame, language
from dashboard.data import folder
from dashboard.language import _, listed, ngettext, number, period, place_name, sentence
from dashboard.markup import cell, table, text
from dashboard.portal import stage, work
from dashboard.portal.steps.file import refusal
from dashboard.words import say
from ingest.contributions import Contribution
from ingest.roles import Actor
from schemas.declaration import DeclarationRefused
from schemas.issue import FileRefused


def step(actor: Actor, contribution: Contribution) -> None:
    """Accepted, refused, skipped; the issues by kind; the figures there would be."""
    told = rehearsed(actor, contribution)
    if told is None:
        return
    language.name_sources(work.titles(folder(), contribution))
    spoken = copy_context()
    st.html(outcome(told))
    st.html(issues(work.kinds_of(told)))
    st.download_button(
        _("Download my file with what became of each row"),
        # It is made when somebody asks for it, outside of this run, and yet in its language.
        lambda: spoken.copy().run(work.annotated, folder(), contribution),
        "annotated.csv",
        key="annotated",
        on_click="ignore",
    )
    st.html(changes(told["changes"]))
    st.html(beside(work.pairs_of(folder(), contribution, told)))
    st.html(audiences(told))
    if st.button(_("Continue: describe the dataset"), key="on", type="primary"):
        stage.go("prepare", draft=contribution.id, step="describe")


def rehearsed(actor: Actor, contribution: Contribution) -> dict[str, Any] | None:
    """What the rehearsal says; None where there is none, with the reason on the page."""
    try:
        with st.spinner(_("Rehearsing …")):
            told = work.rehearse(folder(), contribution)
    except FileRefused as refused:
        refusal(refused)
        return None
    except DeclarationRefused as refused:
        frame.note(
            _("The mapping is not complete: {words}").format(words=str(refused)),
            (_("To the columns"), address.to("prepare", {"draft": contribution.id, "step": "columns"})),
        )
        return None
    return told


def outcome(told: dict[str, Any]) -> str:
    """Where every row went; the three numbers add up to the rows of the file."""
    counts = told["counts"]
    words = _("Of {rows} rows: {accepted} accepted, {refused} refused, {skipped} skipped.").format(
        **{name: number(count, None) for name, count in counts.items()}
    )
    figures = ngettext("They make {n} figure.", "They make {n} figures.", told["figures"])
    return f"<h2>{text(_('What would become of your rows'))}</h2><p>{text(words)} " + (
        f"{text(figures.format(n=number(told['figures'], None)))}</p>"
    )


def issues(kinds: list[dict[str, Any]]) -> str:
    """The issues by kind, each with the first rows it concerns and what to do."""
    if not kinds:
        return f"<p>{text(_('Nothing stands against any row.'))}</p>"
    rows = [
        f"<tr><th scope=row>{text(say('fate', kind['fate']))}</th>"
        + cell(_("What"), f"{text(sentence(kind['sentence']))} {text(sentence(kind['repair']))}")
        + cell(_("Rows"), text(listed([number(row, None) for row in kind["rows"]]) + (" …" if kind["more"] else "")))
        + cell(_("How many"), text(number(kind["n"], None)), number=True)
        + "</tr>"
        for kind in kinds
    ]
    heads = (_("Fate"), _("What is the matter, and what to do"), _("Rows"), _("How many"))
    return table(tuple(map(text, heads)), rows, caption=_("Issues, by kind"), kind="stack", numbers=(3,))


def changes(counts: dict[str, int]) -> str:
    """How many figures would be new, changed or gone."""
    said = listed([f"{say('change', kind)}: {number(count, None)}" for kind, count in counts.items()])
    return f"<p>{text(_('Figures against the current release: {changes}.').format(changes=said))}</p>"


def changed(rows: list[dict[str, Any]]) -> str:
    """The figures that are new, changed or gone, before and after."""
    if not rows:
        return ""
    body = [
        f'<tr><th scope="row">{text(say("change", row["change"]))}</th>'
        + cell(_("Figure"), text(_figure(row)))
        + cell(_("Before"), text(number(row["value_before"], row["unit"])), number=True)
        + cell(_("Now"), text(number(row["value_now"], row["unit"])), number=True)
        + "</tr>"
        for row in rows
    ]
    heads = (_("Change"), _("Figure"), _("Before"), _("Now"))
    return table(tuple(map(text, heads)), body, caption=_("What changes"), kind="stack", numbers=(2, 3))


def _figure(row: dict[str, Any]) -> str:
    what = say("concept", row["concept"])
    kind = "" if row["category"] == "TOTAL" else say("category", row["category"])
    return " · ".join(filter(None, (what, kind, place_name(row["place"], row["place_name"]), period(row["period"]))))


def beside(pairs: list[dict[str, Any]]) -> str:
    """The first figures beside those of other sources, with what can be said of each pair."""
    if not pairs:
        return f"<p>{text(_('No other source held here has a figure for the same place and year.'))}</p>"
    rows = [
        f'<tr><th scope="row">{text(_figure(row))}</th>'
        + cell(_("Your figure"), text(number(row["mine"], row["unit"])), number=True)
        + cell(_("Another source"), f"{text(_(row['title']))}: {text(number(row['theirs'], row['unit']))}")
        + cell(_("What can be said"), blocks.verdict(row) + _reasons(row))
        + "</tr>"
        for row in pairs
    ]
    heads = (_("Figure"), _("Your figure"), _("Another source"), _("What can be said"))
    return table(tuple(map(text, heads)), rows, caption=_("Beside the other sources"), kind="stack", numbers=(1,))


def _reasons(row: dict[str, Any]) -> str:
    return "".join(f'<p class="why">{text(sentence(reason))}</p>' for reason in row["reasons"])


def audiences(told: dict[str, Any]) -> str:
    """What each audience would see, and what wider places or periods would show."""
    rows = [
        f'<tr><th scope="row">{text(say("audience", one["audience"]))}</th>'
        + cell(_("Figures shown"), text(number(one["shown"], None)), number=True)
        + cell(_("Only in coarser form"), text(number(one["coarsened"], None)), number=True)
        + cell(_("Hidden, because"), text(_why(one["withheld"])))
        + "</tr>"
        for one in told["audiences"]
    ]
    heads = (_("Audience"), _("Figures shown"), _("Only in coarser form"), _("Hidden, because"))
    seen = table(tuple(map(text, heads)), rows, caption=_("What each audience would see"), kind="stack", numbers=(1, 2))
    return seen + (_wider(told["wider"]) if told["wider"] else "")


def _why(withheld: dict[str, int]) -> str:
    return listed([f"{say('withheld', why)}: {number(count, None)}" for why, count in withheld.items() if count])


def _wider(ways: list[dict[str, Any]]) -> str:
    """Coarser places or periods, each with how many figures everybody would see."""
    rows = [
        f'<tr><th scope="row">{text(say("level", one["place_level"]))}</th>'
        + cell(_("Years in a period"), text(number(one["years"], None)), number=True)
        + cell(_("Figures shown"), text(number(one["shown"], None)), number=True)
        + cell(_("Hidden, because"), text(_why(one["withheld"])))
        + "</tr>"
        for one in ways
    ]
    heads = (_("Smallest place"), _("Years in a period"), _("Figures shown"), _("Hidden, because"))
    caption = _("With coarser places or periods the public would see")
    return table(tuple(map(text, heads)), rows, caption=caption, kind="stack", numbers=(1, 2))
