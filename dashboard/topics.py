"""What evidence is held by article of the Firearms Protocol and by theme of the dialogue, without naming any place.

Articles, clusters and themes are those of schemas/vocabularies.yaml; what of a figure shows which evidence is in
evidence.toml.
"""

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.data import Opened, Row
from dashboard.language import _, listed, number, pgettext, years
from dashboard.markup import cell, mark, table, text
from dashboard.words import CLASSES, say
from schemas.vocabulary import vocabularies


def said(opened: Opened) -> str:
    """Both lists as HTML."""
    held = {row["topic"]: row for row in opened.rows("evidence", **_asked())}
    head = text(_("What evidence is held, by article and by theme"))
    words = _(
        "How many sources of each class hold figures that speak to an article or a theme, and of which years. No place"
        " is named: choose one above to see its figures."
    )
    return (
        f'<section class="topics"><h2>{head}</h2><p class="unit">{text(words)}</p>'
        f"{_unverified()}{''.join(_cluster(cluster, held) for cluster in _clusters())}"
        f"<h3>{text(_('Themes of the dialogue'))}</h3>{_themes(held)}</section>"
    )


def _asked() -> dict[str, list[str]]:
    """Topics with the facets of figures that show them, as two lists in step (query evidence)."""
    shown = found()
    pairs = [
        (f"article {article}", facet)
        for evidence, articles in vocabularies()["evidence_to_article"].items()
        for article in articles
        for facet in shown["evidence"][evidence]
    ]
    pairs += [(f"theme {theme}", facet) for theme, facets in shown["theme"].items() for facet in facets]
    return {"topics": [topic for topic, _facet in pairs], "facets": [facet for _topic, facet in pairs]}


@cache
def found() -> dict[str, dict[str, list[str]]]:
    """'evidence' and 'theme' → code → facets of figures that show it: the file evidence.toml."""
    return tomllib.loads(Path(__file__).with_name("evidence.toml").read_text(encoding="utf-8"))


def _clusters() -> Iterable[dict[str, Any]]:
    return [*vocabularies()["review_cluster"].values()]


def _unverified() -> str:
    lists = [name for name in ("firearms_protocol_article", "review_cluster") if name in vocabularies()["unverified"]]
    if not lists:
        return ""
    words = _(
        "The titles of articles and clusters, and which article stands in which cluster, have not been checked against"
        " the text of the Protocol and of the review mechanism: they are marked “unverified”."
    )
    return f'<p class="unit">{text(words)}</p>'


def _mark(name: str) -> str:
    return f' <span class="of">({text(_("unverified"))})</span>' if name in vocabularies()["unverified"] else ""


def _cluster(cluster: dict[str, Any], held: dict[str, Row]) -> str:
    titles = vocabularies()["firearms_protocol_article"]
    rows = [
        (
            text(_("Article {n}: {title}").format(n=number(article), title=pgettext("article", titles[article])))
            + _mark("firearms_protocol_article"),
            [kind for kind, articles in vocabularies()["evidence_to_article"].items() if article in articles],
            held.get(f"article {article}"),
        )
        for article in cluster["articles"]
    ]
    name = pgettext("cluster", cluster["name"])
    return f"<h3>{text(name)}{_mark('review_cluster')}</h3>" + _table(name, _("Article"), rows)


def _themes(held: dict[str, Row]) -> str:
    named = sorted((say("theme", theme), theme) for theme in vocabularies()["note_theme"])
    rows = [(text(name), list[str](), held.get(f"theme {theme}")) for name, theme in named]
    return _table(_("Themes of the dialogue"), _("Theme"), rows)


def _table(caption: str, first: str, rows: list[tuple[str, list[str], Row | None]]) -> str:
    columns = [text(first), *(f"{mark(kind)} {text(say('provenance', kind))}" for kind in CLASSES), text(_("Years"))]
    body = "".join(
        f'<tr><th scope="row">{head}{_looked_for(evidence)}</th>{_cells(row)}</tr>' for head, evidence, row in rows
    )
    return table(columns, [f"<tbody>{body}</tbody>"], caption=caption, kind="topic stack", numbers=range(1, 5))


def _looked_for(evidence: list[str]) -> str:
    if not evidence:
        return ""
    return f'<span class="of">{text(listed([say("evidence", kind) for kind in evidence]))}</span>'


def _cells(row: Row | None) -> str:
    if row is None:
        return f'<td colspan="4"><span class="none">{text(_("no figure held here on this"))}</span></td>'
    none = f'<span class="none">{text(_("none"))}</span>'
    cells = [(say("provenance", kind), text(number(row[kind])) if row[kind] else none) for kind in CLASSES]
    cells.append((_("Years"), text(years(row["first_year"], row["last_year"]))))
    return "".join(cell(label, words, number=True) for label, words in cells)
