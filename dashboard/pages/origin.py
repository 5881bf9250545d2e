"""Where this number comes from: from one figure to the file, the row, the column and the text that stood there."""

from typing import Any

import streamlit as st

from dashboard import address, blocks, frame
from dashboard.data import Opened, Row
from dashboard.language import _, day, ngettext, number, period, place_name, sentence
from dashboard.markup import link, table, text
from dashboard.words import say, stated


def page() -> None:
    """The whole page."""
    frame.page("origin", body)


def body(opened: Opened) -> None:
    """The figure the address names, or what to do without one."""
    asked = found(opened)
    if asked is None:
        frame.note(*missing())
        return
    frame.remember({"release": opened.release})
    show(opened, asked)


def found(opened: Opened) -> dict[str, Any] | None:
    """The figure the address names and its way here, where this release holds it."""
    return opened.lineage(address.here().get("figure", ""))


def missing() -> tuple[str, tuple[str, str]]:
    """What to say and where to go without a figure."""
    words = (
        _("No figure of this release has the identifier the address names. It may stand in another release.")
        if "figure" in address.here()
        else _("Choose a number on a page, and this page shows where it comes from.")
    )
    return words, (_("Choose a place"), address.to("local"))


def show(opened: Opened, found: dict[str, Any]) -> None:
    """One figure and its way here."""
    st.html(head(opened, found))
    with st.container(key="way", horizontal=True, gap="large"):
        with st.container(key="steps"):
            st.html(steps(found))
        with st.container(key="source"):
            st.html(source(found["source"]))
    st.html(cells(found))
    said = beside(opened, found)
    if said:
        st.html(said)
    st.html(f"<h2>{text(_('Copy with source'))}</h2>")
    st.code(cited(opened, found), language=None, wrap_lines=True)


def head(opened: Opened, found: dict[str, Any]) -> str:
    """The number, what it is of, and who states it."""
    figure = found["figure"]
    back = {name: value for name, value in address.here().items() if name != "figure"}
    back = back if "place" in back else {"place": figure["place"], "concept": figure["concept"]}
    said = stated(figure["value"], figure["unit"], figure["completeness"], figure["obs_status"])
    named = _("Figure {figure} in release {release}; the address of this page can be shared.")
    where = place_name(figure["place"], figure["place_name"])
    return (
        f'<nav class="back"><a href="{address.to("local", back)}">{text(_("Back to the comparison"))}</a></nav>'
        f'<h1 class="title">{text(_("Where this number comes from"))}</h1>'
        f'<div class="figure {text(figure["provenance"])}"><p class="value">{text(said)}</p>'
        f'<p class="what">{text(say("concept", figure["concept"]))} ({text(say("unit", figure["unit"]))}), '
        f"{text(where)}, {text(period(figure['period']))}</p>{blocks.provenance(figure)}"
        f'<p class="id">{text(named.format(figure=figure["figure_id"], release=opened.release))}</p></div>'
    )


def beside(opened: Opened, found: dict[str, Any]) -> str:
    """What must be said beside the number, and what its publisher or a government says of it."""
    asked = {"source": found["source"]["source"], "figure": found["figure"]["figure_id"]}
    caveats = [{"name": found["source"]["title"], "text": caveat} for caveat in found["caveats"]]
    return blocks.caveats(caveats) + blocks.statements(opened.rows("statements", **asked))


def cited(opened: Opened, found: dict[str, Any]) -> str:
    """One number with its source in at most 300 characters, for a message or a footnote."""
    figure, of = found["figure"], found["source"]
    number_ = stated(figure["value"], figure["unit"], figure["completeness"], figure["obs_status"])
    what = f"{say('concept', figure['concept'])}, {place_name(figure['place'], figure['place_name'])}"
    end = f"Firearms Data Commons {opened.release}, {figure['figure_id']}"
    start = f"{number_} ({what}, {period(figure['period'])}). "
    room = 300 - len(start) - len(end) - 2
    name = of["citation"] if len(of["citation"]) <= room else _(of["title"])
    return f"{start}{name[:room]}. {end}".replace("..", ".")


def steps(found: dict[str, Any]) -> str:
    """Each step between the file and the number."""
    said = "".join(f"<li>{text(sentence(step))}</li>" for step in found["steps"])
    return f'<h2>{text(_("Its way here"))}</h2><ol class="steps">{said}</ol>'


def source(of: Row) -> str:
    """Who counted, who released, and how to cite it."""
    to = address.to("sources", {"source": of["source"]})
    rows = (
        (_("Counted by"), text(_(of["producer"]))),
        (_("Released by"), text(_(of["publisher"]))),
        (_("Obtained from"), text(_(of["obtained_from"]))),
        (_("Address"), link(of["address"])),
        (_("To be cited as"), text(of["citation"])),
        (_("Licence"), text(say("licence", of["licence"]))),
        (_("How it was obtained"), text(say("acquisition", of["acquisition"]))),
    )
    said = "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in rows if value)
    return (
        f'<h2>{text(_("The source"))}</h2><p><strong><a href="{to}">{text(_(of["title"]))}</a></strong></p>'
        f"<dl>{said}</dl>"
    )


def cells(found: dict[str, Any]) -> str:
    """The cells of the kept files behind the figure, as they stood there; where they are not public, that it is so."""
    if found["figure"]["snapshot"] is None:
        said = _("The rows of this source are not shown, to protect people.")
        return f'<h2>{text(_("What stood in the file"))}</h2><p class="unit">{text(said)}</p>'
    shown, total = found["cells"], found["n_rows"]
    if len(shown) < total:
        said = _("The first {n} of {total} rows behind this number.")
        words = said.format(n=number(len(shown)), total=number(total))
    else:
        said = ngettext("The one row behind this number.", "All {n} rows behind this number.", total)
        words = said.format(n=number(total))
    own = any(cell.get("citation") or cell.get("address") or cell.get("calculation") for cell in shown)
    columns = (
        *(_("File"), _("Row"), _("Column"), _("Text that stood there"), _("Read as"), _("Place"), _("Period")),
        *(_("Category"), *([_("What the row says of itself")] if own else [])),
    )
    body = "".join(_cell(cell, found["figure"]["unit"], own=own) for cell in shown)
    files = {cell["snapshot"]: cell["file_name"] for cell in shown}
    kept = "".join(
        f"<li><bdi>{text(name)}</bdi><br>sha256 <code>{text(sha)}</code></li>" for sha, name in files.items()
    )
    return (
        f'<h2>{text(_("What stood in the file"))}</h2>'
        f'<p class="unit">{text(words)} {text(_("Each is quoted as it was published."))}</p>'
        + table(map(text, columns), ["<tbody>", body, "</tbody>"], caption=_("Cells of the kept files"), kind="cells",
                numbers=(1, 4))
        + f'<ul class="files">{kept}</ul>'
    )  # fmt: skip


def _cell(cell: Row, unit: str, *, own: bool) -> str:
    values = [
        f"<td><bdi>{text(cell['file_name'])}</bdi></td>",
        f'<td class="n">{text(number(cell["source_row"]))}</td>',
        f"<td><bdi>{text(cell['source_column'])}</bdi></td>",
        f"<td><code><bdi>{text(cell['text'])}</bdi></code></td>",
        f'<td class="n">{text(stated(cell["value"], unit, None))}</td>',
        f"<td>{text(place_name(cell.get('place'), cell['place_name']))}</td>",
        f"<td>{text(_days(cell))}</td>",
        f"<td>{text(_category(cell))}</td>",
    ]
    if own:
        said = [cell.get("citation"), cell.get("address"), cell.get("calculation")]
        values.append(f"<td><bdi>{text('; '.join(filter(None, said)))}</bdi></td>")
    return f"<tr>{''.join(values)}</tr>"


def _days(cell: Row) -> str:
    start, end = cell["period_start"], cell["period_end"]
    return day(start) if start == end else f"{day(start)} – {day(end)}"


def _category(cell: Row) -> str:
    return ", ".join(filter(None, [say("category", cell["category"]), cell["variant"]]))


if __name__ == "__main__":
    page()
