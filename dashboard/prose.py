"""Longer texts (docs/methods.md, docs/about.md) as HTML in the language in use.

Each heading, paragraph, list item and table cell is one message of the catalogues, in Markdown; `messages` lists them.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dashboard import language
from dashboard.language import _

DOCS = Path(__file__).parents[1] / "docs"
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def messages(name: str) -> Iterator[tuple[str, int]]:
    """The texts of `docs/<name>.md` to be translated, each with its line (from 1)."""
    for token in _markdown.parse(_read(name)):
        if token.type == "inline" and token.content.strip():
            yield token.content, (token.map or [0])[0] + 1


def html(name: str) -> str:
    """`docs/<name>.md` in the language in use; headings keep the anchors of their English words."""
    return _html(name, language.current())


@cache
def _html(name: str, _language: str) -> str:
    tokens = _markdown.parse(_read(name))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline":
            if before is not None and before.type == "heading_open":
                before.attrSet("id", anchor(token.content))
            said = _(token.content)
            token.children = _markdown.parseInline(said)[0].children
            token.content = said
    return str(_markdown.renderer.render(_shielded(tokens), _markdown.options, {}))


def headings(name: str) -> list[tuple[str, str]]:
    """Second-level headings of a text: their anchors and their words in the language in use."""
    tokens = _markdown.parse(_read(name))
    pairs = pairwise(tokens)
    return [(anchor(inline.content), _(inline.content)) for opened, inline in pairs if _is_section(opened)]


def _is_section(token: Token) -> bool:
    return token.type == "heading_open" and token.tag == "h2"


def anchor(heading: str) -> str:
    """The anchor of a heading, as code forges write it: 'Trends (`trend`)' → 'trends-trend'."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip())


def _shielded(tokens: list[Token]) -> list[Token]:
    """Links out of the app open apart and tell nothing of where they were followed."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and str(child.attrGet("href")).startswith("http"):
                child.attrSet("rel", "noopener noreferrer")
                child.attrSet("target", "_blank")
    return tokens


@cache
def _read(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")
