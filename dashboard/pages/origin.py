"""Where this number comes from: from one figure to the file, the row, the column and the text that stood there."""

from typing import Any

import streamlit as st

from dashboard import frame
from dashboard.data import Opened, Row
from dashboard.language import day
from dashboard.markup import address, link, mark, table, text
from dashboard.words import say, stated

BACK = ("place", "concept", "from", "to", "release")


def page() -> None:
    """The whole page."""
    frame.head()
    opened = frame.release()
    if opened is not None:
        back = {name: st.query_params[name] for name in BACK if name in st.query_params}
        asked = st.query_params.get("figure", "")
        found = opened.lineage(asked) if asked else None
        if found is None:
            words = (
                "No figure of this release has the identifier the address names. It may stand in another release."
                if asked
                else "Choose a number on the page Compare, and this page shows where it comes from."
            )
            frame.note(words, ("Go to Compare", address("./", back)))
        else:
            if "release" not in st.query_params:
                st.query_params["release"] = opened.release
            show(opened, found, back)
    frame.foot(opened)


def show(opened: Opened, found: dict[str, Any], back: dict[str, str]) -> None:
    """One figure and its way here."""
    figure, source = found["figure"], found["source"]
    back = back or {"place": figure["place"], "concept": figure["concept"], "release": opened.release}
    st.html(f'<nav class="back"><a href="{address("./", back)}">← Back to the comparison</a></nav>')
    said = stated(figure["value"], figure["unit"], figure["completeness"])
    st.html(
        f'<h1 class="title">Where this number comes from</h1><div class="figure {text(figure["provenance"])}">'
        f'<p class="value">{text(said)}</p><p class="what">{text(say("concept", figure["concept"]))} '
        f"({text(say('unit', figure['unit']))}), {text(figure['place_name'])}, {text(figure['period'])}</p>"
        f'<p class="class {text(figure["provenance"])}">{mark(figure["provenance"])}'
        f"{text(say('provenance', figure['provenance']))}"
        f"<span>{text(say('provenance_subclass', figure['provenance_subclass']))}</span></p>"
        f'<p class="id">Figure <code>{text(figure["figure_id"])}</code> in release '
        f"<code>{text(opened.release)}</code>; the address of this page can be shared.</p></div>"
    )
    with st.container(key="way", horizontal=True, gap="large"):
        with st.container(key="steps"):
            steps = "".join(f"<li>{text(step)}</li>" for step in found["steps"])
            st.html(f'<h2>Its way here</h2><ol class="steps">{steps}</ol>')
        with st.container(key="source"):
            st.html(_source(source))
    cells(found)
    if found["caveats"]:
        said = "".join(f"<li>{text(caveat)}</li>" for caveat in found["caveats"])
        st.html(f'<section class="caveats"><h2>Read with care</h2><ul>{said}</ul></section>')


def _source(source: Row) -> str:
    rows = (
        ("Counted by", text(source["producer"])),
        ("Released by", text(source["publisher"])),
        ("Obtained from", text(source["obtained_from"])),
        ("Address", link(source["address"])),
        ("To be cited as", text(source["citation"])),
        ("Licence", text(source["licence"])),
        ("How it was obtained", text(say("acquisition", source["acquisition"]))),
    )
    said = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows if value)
    return f"<h2>The source</h2><p><strong>{text(source['title'])}</strong></p><dl>{said}</dl>"


def cells(found: dict[str, Any]) -> None:
    """The cells of the kept files behind the figure, as they stood there."""
    shown, total = found["cells"], found["n_rows"]
    if len(shown) < total:
        words = f"The first {len(shown):,} of {total:,} rows behind this number."
    elif total == 1:
        words = "The one row behind this number."
    else:
        words = f"All {total:,} rows behind this number."
    unit = found["figure"]["unit"]
    head = ["File", "Row", "Column", "Text that stood there", "Read as", "Place", "Period", "Category"]
    own = any(cell.get("citation") or cell.get("address") or cell.get("calculation") for cell in shown)
    if own:
        head.append("What the row says of itself")
    rows = []
    for cell in shown:
        values = [
            f"<td>{text(cell['file_name'])}</td>",
            f'<td class="n">{cell["source_row"]:,}</td>',
            f"<td>{text(cell['source_column'])}</td>",
            f"<td><code>{text(cell['text'])}</code></td>",
            f'<td class="n">{text(stated(cell["value"], unit, None))}</td>',
            f"<td>{text(cell['place_name'])}</td>",
            f"<td>{text(_period(cell))}</td>",
            f"<td>{text(_category(cell))}</td>",
        ]
        if own:
            said = [cell.get("citation"), cell.get("address"), cell.get("calculation")]
            values.append(f"<td>{text('; '.join(filter(None, said)))}</td>")
        rows.append(f"<tr>{''.join(values)}</tr>")
    files = {cell["snapshot"]: cell["file_name"] for cell in shown}
    kept = "".join(f"<li>{text(name)}<br>sha256 <code>{text(sha)}</code></li>" for sha, name in files.items())
    st.html(
        f'<h2>What stood in the file</h2><p class="unit">{text(words)} Each is quoted as it was published.</p>'
        + table(head, ["<tbody>", *rows, "</tbody>"], caption="Cells of the kept files", kind="cells", numbers=(1, 4))
        + f'<ul class="files">{kept}</ul>'
    )


def _period(cell: Row) -> str:
    start, end = cell["period_start"], cell["period_end"]
    return day(start) if start == end else f"{day(start)} – {day(end)}"


def _category(cell: Row) -> str:
    return ", ".join(filter(None, [say("category", cell["category"]), cell["variant"]]))
