"""The quality page of a release: what was checked and what came of it, escaped, with counts only."""

from html import escape
from typing import Any

from warehouse.checks import Check


def page(facts: dict[str, Any], outcome: list[Check]) -> str:
    """A self-contained HTML page without scripts or outside addresses."""
    rows = "\n".join(
        f"<tr><td>{'holds' if check.holds else 'FAILS'}</td><td>{escape(check.says)}</td>"
        f"<td class=n>{check.rows:,}</td><td class=n>{check.failed:,}</td></tr>"
        for check in outcome
    )
    return f"<!doctype html><title>{escape(facts['release'])}</title><table>{rows}</table>"
