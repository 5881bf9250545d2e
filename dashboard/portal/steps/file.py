"""The file: it is looked at, what would be taken out of it is shown, and its contributor confirms the cleaned copy."""

from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import address, frame
from dashboard.data import folder
from dashboard.language import _, ngettext, number
from dashboard.markup import cell, table, text
from dashboard.portal import form, stage, work
from dashboard.words import say
from ingest.contributions import Contribution
from ingest.roles import Actor
from schemas.issue import FileRefused

ENDINGS = ["csv", "tsv", "txt", "xlsx", "ods", "json", "parquet"]


def begin(actor: Actor) -> None:
    """Where a file is dropped."""
    words = _(
        "Choose the table as you have it: CSV, TSV, XLSX, ODS, JSON or Parquet. It waits encrypted on this machine"
        " until you have seen and confirmed a cleaned copy; then the original is destroyed."
    )
    st.html(f'<p class="unit">{text(words)}</p>')
    given = st.file_uploader(_("Your file"), type=ENDINGS, key="upload")
    if given is not None:
        # Kept at once: the widget can hand back an empty file on a later run.
        try:
            with st.spinner(_("Receiving the file …")):
                begun = work.receive(folder(), actor, given, given.name, address.here().get("source"))
        except FileRefused as refused:
            refusal(refused)
            return
        stage.go("prepare", draft=begun.id)
    st.html(f"<h2>{text(_('No table yet?'))}</h2>")
    st.html(f'<p class="unit">{text(_("Fill in this form without a connection and drop it here later."))}</p>')
    st.download_button(
        _("Download the form (XLSX)"), form.workbook, "firearms-data-form.xlsx", key="form", on_click="ignore"
    )


def step(actor: Actor, contribution: Contribution) -> None:
    """What the file holds, what is taken out, and the copy to confirm."""
    try:
        with st.spinner(_("Looking at the file …")):
            seen = _looked(contribution)
    except FileRefused as refused:
        refusal(refused)
        _away(actor, contribution)
        return
    sheets = [one["name"] for one in seen["sheets"]]
    sheet = (
        st.selectbox(_("Sheet"), sheets, key=f"sheet-{contribution.id}")
        if len(sheets) > 1
        else next(iter(sheets), None)
    )
    st.html(_taken(seen))
    remove, hashed = _personal(contribution, seen)
    made = work.candidate(folder(), contribution)
    if st.button(_("Show me the cleaned copy"), key="clean", type="primary" if made is None else "secondary"):
        try:
            with st.spinner(_("Cleaning …")):
                work.clean(folder(), contribution, sheet, remove, hashed)
        except FileRefused as refused:
            refusal(refused)
            return
        st.rerun()
    if made is not None:
        _candidate(actor, contribution, made)
    _away(actor, contribution)


def _looked(contribution: Contribution) -> dict[str, Any]:
    key = f"looked-{contribution.upload}"
    if key not in st.session_state:
        st.session_state[key] = work.look(folder(), contribution)
    seen: dict[str, Any] = st.session_state[key]
    return seen


def _taken(seen: dict[str, Any]) -> str:
    """What cleaning takes away, counted."""
    found = [(say("taken", kind), count) for kind, count in seen["taken"].items() if count]
    if not found:
        return f"<p>{text(_('Nothing hidden was found in the file.'))}</p>"
    rows = [
        f"<tr><td>{text(words)}</td>{cell('', text(number(count, None)), number=True)}</tr>" for words, count in found
    ]
    return table(
        (text(_("Not copied")), text(_("How many"))), rows, caption=_("What the cleaned copy leaves out"), numbers=(1,)
    )


def _personal(contribution: Contribution, seen: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Columns that are left out, and those of which a keyed code is kept, as the contributor chooses."""
    if not seen["personal"]:
        return [], []
    said = _("These columns seem to hold personal data or serial numbers. They are never published.")
    st.html(f"<h2>{text(_('Personal data'))}</h2><p>{text(said)}</p>")
    remove, hashed = [], []
    for one in seen["personal"]:
        column, kind = str(one["column"]), str(one["kind"])
        ways = {"remove": _("leave it out"), "keep": _("it is not personal: keep it")}
        if kind == "serial_number":
            ways = {"hash_": _("keep a code in its place, to find the same weapon again"), "remove": ways["remove"]}
        rows = ngettext("{n} row", "{n} rows", one["rows"]).format(n=number(one["rows"], None))
        label = _("“{column}” ({kind}, {rows})").format(column=text(column), kind=say("personal", kind), rows=rows)
        way = st.radio(
            label, [*ways], format_func=ways.__getitem__, key=f"way-{contribution.id}-{column}", horizontal=True
        )
        if way == "remove":
            remove.append(column)
        elif way == "hash_":
            hashed.append(column)
    return remove, hashed


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


def _away(actor: Actor, contribution: Contribution) -> None:
    if st.button(_("Throw this file away"), key="away"):
        work.drop(folder(), actor, contribution)
        stage.go("prepare")


def refusal(refused: FileRefused) -> None:
    """Why a file is not taken, and what to do."""
    sentence, repair = work.refusal(refused)
    frame.note(f"{sentence} {repair}")
