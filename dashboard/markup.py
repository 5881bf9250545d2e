"""HTML of the pages. Whatever comes from data passes through `text`, which leaves nothing that could act as markup."""

import unicodedata
from collections.abc import Iterable
from typing import Any

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
COLOURS = {
    "official": ("#1F4B82", "#5E8CC4", "#0F2A4D", "#8FB1DA"),
    "non_official": ("#B86E00", "#DFA24A", "#7A4900", "#EBC58C"),
    "combined": ("#1E7B74", "#62B3AB", "#0F4A46", "#9BD0CA"),
}
"""Provenance → colours of its first, second … source in a chart, as in style.css; told apart without red and green."""
DASHES = ((1, 0), (7, 4), (2, 3), (9, 3, 2, 3))
"""Dashes of the first, second … source of a chart: lines that lie on each other stay visible."""


def text(value: object) -> str:
    """Text from data, for HTML or Markdown: every sign that could mean something in either becomes an entity.

    Control characters are left out, those that turn the direction of writing too: they could show another text.
    """
    return "" if value is None else str(value).translate(_SIGNS)


class _Signs(dict[int, str]):
    """What each sign becomes, found out when it is met first: pages are made of many, and mostly of the same ones."""

    def __missing__(self, code: int) -> str:
        self[code] = _sign(chr(code))
        return self[code]


_SIGNS = _Signs()


def _sign(c: str) -> str:
    if c in " \n" or c.isalnum():
        return c
    if c in TURNING or unicodedata.category(c) == "Cc":
        return ""
    return c if ord(c) > 0x7F else f"&#{ord(c)};"


def link(address_: str | None, words: str | None = None) -> str:
    """A link out of the app; what is not a web address stays text."""
    said = text(words or address_)
    if not address_ or not address_.startswith(("https://", "http://")):
        return said
    return f'<a href="{text(address_)}" target="_blank" rel="noopener noreferrer">{said}</a>'


def nth(values: tuple[Any, ...], number: int) -> Any:
    """The value for the first, second … of something; after the last one they begin again."""
    return values[(number - 1) % len(values)]


def mark(provenance: str, number_of_kind: int = 1, line: int = 0) -> str:
    """A source's mark, as charts draw it: the shape and colour of its class, on its line where it has one."""
    place = (number_of_kind - 1) % len(COLOURS["official"]) + 1
    on = f" line d{(line - 1) % len(DASHES) + 1}" if line else ""
    return f'<span class="mark {text(provenance)} k{place}{on}" aria-hidden="true"></span>'


def cell(label: str, html: str, *, number: bool = False) -> str:
    """A cell of a table of kind 'stack', which says on a phone what it is of: there it stands below its row's head."""
    return f'<td{" class=n" if number else ""} data-label="{text(label)}">{html}</td>'


def table(
    head: Iterable[str], rows: Iterable[str], *, caption: str, kind: str = "", numbers: Iterable[int] = ()
) -> str:
    """An HTML table from finished cells; `numbers` are the columns aligned as numbers."""
    right = set(numbers)
    heads = "".join(
        f'<th scope="col"{" class=n" if place in right else ""}>{cell}</th>' for place, cell in enumerate(head)
    )
    return (
        f'<div class="scroll" role="region" aria-label="{text(caption)}" tabindex="0"><table class="{kind}">'
        f"<caption>{text(caption)}</caption><thead><tr>{heads}</tr></thead>{''.join(rows)}</table></div>"
    )
