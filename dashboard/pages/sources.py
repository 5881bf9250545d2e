"""Sources: the catalogue, and each source's card: who counted, what it means, its quality, its files, its figures."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard import address, blocks, data, frame
from dashboard.data import Opened, Row
from dashboard.language import _, day, in_order, listed, ngettext, number, place_name, sentence, year, years
from dashboard.markup import link, mark, table, text
from dashboard.words import CLASSES, say


def page() -> None:
    """The whole page."""
    frame.page("sources", body)


def body(opened: Opened) -> None:
    """One source's card where the address names one, else the catalogue."""
    asked = address.here().get("source")
    found = opened.row("source", source=asked) if asked else None
    if found is None:
        if asked:
            frame.note(_("This release holds no source of that name. All it holds stand below."))
        st.html(catalogue(opened.rows("catalogue")))
        return
    st.html(card(opened, found))
    downloads(opened, found)


def catalogue(rows: list[Row]) -> str:
    """Every source by class: who counted, who released, what and when."""
    words = _(
        "Every source held here, by class and in alphabetical order. Official and non-official sources are described"
        " in the same way and by the same rubric."
    )
    classes = "".join(
        _class(kind, sorted(held, key=lambda row: in_order(_(row["title"]))))
        for kind in CLASSES
        if (held := [row for row in rows if row["provenance"] == kind])
    )
    return f'<h1 class="title">{text(_("Sources"))}</h1><p class="unit">{text(words)}</p>{classes}'


def _class(kind: str, rows: list[Row]) -> str:
    cards = "".join(map(_entry, rows))
    return (
        f'<section><h2 class="class-of {kind}">{mark(kind)}{text(say("provenance", kind))}</h2>'
        f'<p class="unit">{text(say("provenance_meaning", kind))}</p><div class="cards">{cards}</div></section>'
    )


def _entry(row: Row) -> str:
    to = address.to("sources", {"source": row["source"]})
    said = (
        (_("Counted by"), _(row["producer"])),
        (_("Released by"), _(row["publisher"])),
        (_("What is counted"), listed([say("concept", concept) for concept in row["concepts"]])),
        (_("Finest places"), say("level", finest(row["levels"]))),
        (_("Years"), years(row["first_year"], row["last_year"])),
    )
    return (
        f'<article class="card {text(row["provenance"])}"><h3><a href="{to}">{text(_(row["title"]))}</a></h3>'
        f'<p class="unit">{text(say("provenance_subclass", row["provenance_subclass"]))}</p>'
        f"<dl>{blocks.pairs_of(said)}</dl></article>"
    )


LEVELS = ("world", "region", "country", "admin1", "admin2", "city", "area", "site")


def finest(levels: list[str]) -> str:
    """The smallest kind of place among some; '' of none."""
    return max(levels, key=LEVELS.index, default="")


def card(opened: Opened, of: Row) -> str:
    """Everything that is known of one source."""
    asked = {"source": of["source"]}
    parts = (
        head(of),
        definitions(opened.rows("source_definitions", **asked)),
        caveats(opened.rows("source_caveats", **asked)),
        blocks.statements(opened.rows("statements", figure="", **asked)),
        rubric(opened.rows("rubric", **asked)),
        snapshots(opened.rows("snapshots", **asked)),
        revisions(opened.rows("source_revisions", **asked)),
        issues(opened.rows("source_issues", **asked)),
    )
    return "".join(parts)


def head(of: Row) -> str:
    """Who counted, who released, where this copy comes from, and how it was made."""
    rows = (
        (_("Counted by"), text(_(of["producer"]))),
        (_("Released by"), text(_(of["publisher"]))),
        (_("Obtained from"), text(_(of["obtained_from"]))),
        (_("Builds on"), text(listed([sentence(one) for one in of["derived_from"] or []]))),
        (_("How it was obtained"), text(say("acquisition", of["acquisition"]))),
        (_("Processing"), text(say("processing_level", of["processing_level"]))),
        (_("A place or period without a row"), text(say("absent", of["absent"]))),
        (_("Licence"), text(say("licence", of["licence"]))),
        (_("To be cited as"), text(of["citation"])),
        (_("Address"), link(of["address"])),
        (_("Who may see it"), text(of["tlp"])),
    )
    said = "".join(f"<dt>{text(term)}</dt><dd>{words}</dd>" for term, words in rows if words)
    return (
        f'<nav class="back"><a href="{address.to("sources")}">{text(_("All sources"))}</a></nav>'
        f'<h1 class="title">{text(_(of["title"]))}</h1>{blocks.provenance(of)}'
        f'<div class="prose"><p>{text(_(of["description"]))}</p></div><dl class="wide">{said}</dl>'
    )


def definitions(rows: list[Row]) -> str:
    """What it means by each thing it counts."""
    said = "".join(
        f"<dt>{text(say('concept', row['concept']))}</dt><dd>{text(_(row['text']))}"
        + (f'<p class="only">{text(blocks.only_part(row["subset_of"]))}</p>' if row["subset_of"] else "")
        + (f'<p class="only">{text(not_stated(row["unstated"]))}</p>' if row["unstated"] else "")
        + "</dd>"
        for row in sorted(rows, key=lambda row: in_order(say("concept", row["concept"])))
    )
    return f'<section><h2>{text(_("What it counts"))}</h2><dl class="wide">{said}</dl></section>'


def not_stated(what: str) -> str:
    """What a source leaves open about its definition."""
    return _("Not stated: {what}.").format(what=_(what))


def caveats(rows: list[Row]) -> str:
    """The sentences that travel with its numbers, with what each is about."""
    if not rows:
        return ""
    said = "".join(f"<li>{text(_(row['text']))}{_about(row)}</li>" for row in rows)
    return f'<section class="caveats"><h2>{text(_("Read with care"))}</h2><ul>{said}</ul></section>'


def _about(row: Row) -> str:
    about = [say("concept", concept) for concept in row["concepts"]]
    about += [place_name(code) for code in row["places"]]
    if row["first_year"] or row["last_year"]:
        about.append("–".join(year(end) if end else "" for end in (row["first_year"], row["last_year"])))
    return f' <span class="of">({text(listed(about))})</span>' if about else ""


def rubric(rows: list[Row]) -> str:
    """The quality rubric: words for each gate and dimension, no total."""
    words = _(
        "One rubric for every source. Three gates, then eight dimensions in words; there is no total, and nothing is"
        " ordered by it. “Not scored” is no bad mark: it was neither computed nor declared with evidence."
    )
    columns = (_("What is looked at"), _("Computed from the data"), _("Scored by a reviewer"), _("Its own score"))
    body = "".join(
        f'<tr><th scope="row">{text(say("quality", row["item"]))}</th>'
        f"<td>{_score(row['computed_score'], row['computed_words'], _measured(row))}</td>"
        f"<td>{_score(row['score'], row['words'], row['scorer'] or '', row['evidence'])}</td>"
        f"<td>{_score(row['self_score'], row['self_words'], '', row['self_evidence'])}</td></tr>"
        for row in rows
    )
    return (
        f'<section><h2>{text(_("Quality, in words"))}</h2><p class="unit">{text(words)}</p>'
        + table(map(text, columns), [f"<tbody>{body}</tbody>"], caption=_("Quality rubric"), kind="rubric")
        + "</section>"
    )


def _score(score: str | None, words: str, more: str, evidence: str | None = None) -> str:
    if score is None:
        return f'<span class="none">{text(sentence(words))}</span>'
    said = f"{text(sentence(words))}"
    said += f'<span class="of">{text(more)}</span>' if more else ""
    return said + (f" {link(evidence, _('evidence'))}" if evidence else "")


def _measured(row: Row) -> str:
    return f"{number(row['measured'])} {_(row['measure'])}" if row["measured"] is not None and row["measure"] else ""


def snapshots(rows: list[Row]) -> str:
    """The kept files and where their rows went."""
    columns = (
        *(_("File"), _("Released"), _("Received"), _("Rows"), _("Taken"), _("Refused"), _("Skipped"), _("In use")),
    )
    body = [
        (
            row["file_name"],
            day(row["released"]),
            day(row["received_at"]),
            *(number(row[name]) for name in ("rows_in", "rows_accepted", "rows_refused", "rows_skipped")),
            _("yes") if row["current"] else _("replaced"),
        )
        for row in rows
    ]
    words = _("Each row of a file is taken, refused with a reason, or skipped with a reason; the three add up.")
    shown = blocks.plain_table(columns, body, caption=_("Kept files"), numbers=range(3, 7))
    return f'<section><h2>{text(_("Files"))}</h2><p class="unit">{text(words)}</p>{shown}</section>'


def revisions(rows: list[Row]) -> str:
    """What newer files say of the numbers in older ones."""
    if not rows:
        return ""
    columns = (_("From"), _("To"), _("Unchanged"), _("Changed"), _("Added"), _("Gone"), _("Not matched"))
    body = [
        (
            _file(row, "older"),
            _file(row, "newer"),
            *(number(row[name]) for name in ("unchanged", "changed", "added", "gone", "not_matched")),
        )
        for row in rows
    ]
    words = _("Publishers correct, complete and withdraw numbers for good reasons; no reason is guessed here.")
    shown = blocks.plain_table(columns, body, caption=_("Revisions"), numbers=range(2, 7))
    return f'<section><h2>{text(_("Revisions"))}</h2><p class="unit">{text(words)}</p>{shown}</section>'


def _file(row: Row, which: str) -> str:
    return day(row[f"{which}_released"]) or str(row[f"{which}_file"])


def issues(rows: list[Row]) -> str:
    """What was not taken as it stood, by kind, with one example of each."""
    if not rows:
        return f"<section><h2>{text(_('What was not taken as it stood'))}</h2><p>{text(_('Nothing.'))}</p></section>"
    items = "".join(
        f"<li><strong>{text(_of_kind(row))}</strong> {text(sentence(row['sentence']))}"
        f' <span class="of">{text(sentence(row["repair"]))}</span></li>'
        for row in rows
    )
    return (
        f"<section><h2>{text(_('What was not taken as it stood'))}</h2>"
        f'<p class="unit">{text(_("By kind, with one example of each."))}</p><ul class="issues">{items}</ul></section>'
    )


def _of_kind(row: Row) -> str:
    said = ngettext("{n} row or cell:", "{n} rows or cells:", row["concerned"])
    return f"{say('fate', row['fate'])}, {said.format(n=number(row['concerned']))}"


def downloads(opened: Opened, of: Row) -> None:
    """The source's figures with everything that must travel with them."""
    st.html(
        f'<h2>{text(_("Take it along"))}</h2><p class="unit">'
        + text(_("Every figure of this source, with definition, caveats, licence and how to cite it."))
        + "</p>"
    )
    with st.container(key="downloads", horizontal=True, gap="small"):
        for form, said in (("csv", _("Download as CSV")), ("parquet", _("Download as Parquet"))):
            made: Callable[[], bytes] = partial(data.export, opened, of["source"], form)
            st.download_button(
                said,
                made,
                file_name=f"commons-{of['source']}-{opened.release}.{form}",
                mime="text/csv" if form == "csv" else "application/vnd.apache.parquet",
                on_click="ignore",
            )


if __name__ == "__main__":
    page()
