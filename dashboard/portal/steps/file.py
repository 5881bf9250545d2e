"""The file: it is looked at, what would be taken out of it is shown, and its contributor confirms the cleaned copy."""

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import frame, language
from dashboard.data import folder
from dashboard.language import _, ngettext, number
from dashboard.markup import cell, table, text
from dashboard.portal import form, stage, work
from dashboard.words import say
from ingest.contributions import SENDING, Contribution
from ingest.roles import Actor, demand
from schemas.issue import FileRefused

STRICTEST = ("remove", "hash_", "empty", "keep")
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".ods", ".json", ".parquet")


def begin(actor: Actor, unfinished: Contribution | None = None) -> None:
    """Where a file is dropped; `unfinished` is one that is not wholly here yet. Raises NotAllowed."""
    demand(actor, "draft", actor.organisation)
    words = _(
        "Choose the table as you have it: CSV, TSV, XLSX, ODS, JSON or Parquet. It waits encrypted on this machine"
        " until you have seen and confirmed a cleaned copy; then the original is destroyed."
    )
    st.html(f'<p class="unit">{text(words)}</p>')
    if unfinished is not None:
        frame.note(_("This file is not wholly here yet. Choose the same file again: only the rest of it is sent."))
    st.html(_chooser())
    if unfinished is not None:
        away(actor, unfinished)
    st.html(f"<h2>{text(_('No table yet?'))}</h2>")
    st.html(f'<p class="unit">{text(_("Fill in this form without a connection and drop it here later."))}</p>')
    for words, made, ending in (
        (_("Download the form (XLSX)"), form.workbook, "xlsx"),
        (_("Download the form (ODS)"), form.open_document, "ods"),
    ):
        st.download_button(words, made, f"firearms-data-form.{ending}", key=f"form-{ending}", on_click="ignore")


def _chooser() -> str:
    """The field for a file, with all the words that its script (upload.js) says."""
    kept = _(
        "If the connection breaks, sending goes on by itself where it stopped. If this page was closed, choose the same"
        " file again: only the rest of it is sent. What nobody goes on with is destroyed after three days."
    )
    said = {
        "locale": f"{language.current()}-u-nu-{language.digits()}",
        "amount": _("{sent} of {whole} MB"),
        "sending": _("Receiving the file …"),
        "waiting": _("The connection broke. It is tried again by itself; what was sent is kept."),
        "broken": " ".join(work.refusal(FileRefused("not_whole"))),
    }
    data = " ".join(f'data-{name}="{text(words)}"' for name, words in said.items())
    label = text(_("Your file"))
    return (
        f'<div id="upload" class="upload" {data}>'
        f'<label for="upload-file">{label}</label>'
        f'<input type="file" id="upload-file" accept="{",".join(ENDINGS)}" aria-describedby="upload-kept">'
        f'<p class="unit" id="upload-kept">{text(kept)}</p>'
        f'<div class="going" hidden><progress class="bar" aria-label="{label}"></progress>'
        f'<span class="amount"></span><button type="button">{text(_("Throw this file away"))}</button></div>'
        '<p class="said" role="status"></p></div>'
    )


def step(actor: Actor, contribution: Contribution) -> None:
    """What the file holds, what is taken out, and the copy to confirm; before it is wholly here, the way to go on."""
    if contribution.stage == SENDING:
        begin(actor, contribution)
        return
    try:
        with st.spinner(_("Looking at the file …")):
            seen = _looked(contribution)
    except FileRefused as refused:
        refusal(refused)
        away(actor, contribution)
        return
    sheets = {one["name"]: one for one in seen["sheets"]}
    first = next(iter(sheets))
    sheet = (
        st.selectbox(_("Sheet"), [*sheets], format_func=text, key=f"sheet-{contribution.id}")
        if len(sheets) > 1
        else first
    )
    st.html(_taken(seen["taken"]))
    ways = _personal(contribution, sheets[sheet or first])
    made = work.candidate(folder(), contribution)
    if st.button(_("Show me the cleaned copy"), key="clean", type="primary" if made is None else "secondary"):
        try:
            with st.spinner(_("Cleaning …")):
                work.clean(folder(), contribution, sheet or first, ways)
        except FileRefused as refused:
            refusal(refused)
            return
        st.rerun()
    if made is not None:
        _candidate(actor, contribution, made)
    away(actor, contribution)


def _looked(contribution: Contribution) -> dict[str, Any]:
    key = f"looked-{contribution.upload}"
    if key not in st.session_state:
        st.session_state[key] = work.look(folder(), contribution)
    seen: dict[str, Any] = st.session_state[key]
    return seen


def _taken(taken: dict[str, int]) -> str:
    """What cleaning takes away unasked, counted."""
    found = [(say("taken", kind), count) for kind, count in taken.items() if count]
    if not found:
        return f"<p>{text(_('Nothing hidden was found in the file.'))}</p>"
    rows = [
        f'<tr><th scope="row">{text(words)}</th>{cell(_("How many"), text(number(count, None)), number=True)}</tr>'
        for words, count in found
    ]
    heads = (text(_("Not copied")), text(_("How many")))
    return table(heads, rows, caption=_("What the cleaned copy leaves out"), numbers=(1,))


def _personal(contribution: Contribution, sheet: dict[str, Any]) -> dict[str, str]:
    """What is to become of the columns that seem to hold personal data, as the contributor chooses."""
    if not sheet["personal"]:
        return {}
    said = _("These columns seem to hold personal data or serial numbers. They are never published.")
    st.html(f"<h2>{text(_('Personal data'))}</h2><p>{text(said)}</p>")
    names = {column["key"]: column["header"] or column["key"] for column in sheet["columns"]}
    ways: dict[str, str] = {}
    for key, kind, how, rows in sheet["personal"]:
        offered = {
            "remove": _("leave the column out"),
            "empty": _("empty the cells that hold it"),
            "keep": _("it is not personal: keep it"),
        }
        if kind == "serial_number":
            offered = {"hash_": _("keep a code in place of the number"), "remove": offered["remove"]}
        elif how == "header":
            offered.pop("empty")
        count = ngettext("{n} row", "{n} rows", rows).format(n=number(rows, None))
        label = _("“{column}”: {kind}, {rows}").format(
            column=names.get(key, key), kind=say("personal", kind), rows=count
        )
        way = st.radio(
            text(label),
            [*offered],
            format_func=offered.__getitem__,
            key=f"{contribution.id}-{key}-{kind}",
            horizontal=True,
        )
        # Of two findings in one column the stricter choice counts.
        ways[key] = min(ways.get(key, "keep"), way or "remove", key=STRICTEST.index)
    return ways


def _candidate(actor: Actor, contribution: Contribution, made: Path) -> None:
    """The first rows of the cleaned copy, and the way to confirm it."""
    rows = work.first_rows(made)
    body = ["<tr>" + "".join(f"<td>{text(one)}</td>" for one in row) + "</tr>" for row in rows]
    st.html(table((), body, caption=_("The cleaned copy begins with these rows")))
    words = _("Only this copy is kept. The original is destroyed when you confirm.")
    st.html(f"<p>{text(words)}</p>")
    if st.button(_("Keep this copy and destroy the original"), key="confirm", type="primary"):
        work.confirm(folder(), actor, contribution)
        stage.go("prepare", draft=contribution.id, step="columns")


def away(actor: Actor, contribution: Contribution) -> None:
    """The button that throws the contribution away, with all that is held of its file."""
    if st.button(_("Throw this file away"), key="away"):
        work.drop(folder(), actor, contribution)
        stage.go("prepare")


def refusal(refused: FileRefused) -> None:
    """Why a file is not taken, and what to do."""
    sentence, repair = work.refusal(refused)
    frame.note(f"{sentence} {repair}")
