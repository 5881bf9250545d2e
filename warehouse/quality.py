"""The quality page of a release: what was checked and what came of it, escaped, with counts only.

It names files of the tier that everyone may read; no value of the data and no name of a file stands on it.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any

import duckdb

from warehouse.checks import Check
from warehouse.release import sql

STYLE = """
:root { color-scheme: light dark; --line: #d0d0d0; --soft: #f5f5f2; --note: #8a4b00; }
@media (prefers-color-scheme: dark) { :root { --line: #4a4a4a; --soft: #242424; --note: #f0b060; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: start; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { background: var(--soft); }
th[scope=row] { font-weight: normal; }
.n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.not { color: var(--note); font-weight: bold; }
"""
FATES = {
    "file_refused": "file not taken",
    "row_refused": "row not taken",
    "row_skipped": "row skipped",
    "cell_refused": "cell not taken",
    "noted": "noted",
}
CHECKS = ("Rule", "Result", "Rows looked at", "Rows that break it")
FILES = (
    "Source",
    "Layout",
    "Rows in",
    "Accepted",
    "Refused",
    "Skipped",
    "Cells",
    "Cells missing",
    "Cells refused",
    "In the figures",
)
ISSUES = ("Source", "Kind", "What became of it", "Issues", "Rows or cells")


def page(staged: Path, facts: dict[str, Any], outcome: list[Check]) -> str:
    """A self-contained HTML page without scripts or outside addresses, from a staged release and its checks."""
    with duckdb.connect(str(staged / "clear.duckdb"), read_only=True) as con:
        files = con.execute(sql("gate/of_files")).fetchall()
        issues = con.execute(sql("gate/of_issues")).fetchall()
    failed = sum(not check.holds for check in outcome)
    verdict = f"All {len(outcome)} rules hold." if not failed else f"{failed} of {len(outcome)} rules do not hold."
    everyone = set(facts["tiers"]["clear"])
    figures, comparisons = (
        sum(part["rows"] for part in facts["parts"] if part["view"] in of and part["file"] in everyone)
        for of in (("figure", "opened", "protected"), ("comparison",))
    )
    # Where some files are for some only, what was counted over all of them would tell how many rows those have.
    counts_for_all = all(part["file"] in everyone for part in facts["parts"])
    title = f"Quality of release {escape(facts['release'])}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p>Built {escape(facts["built_at"])} from {_number(len(files))} files: {_number(figures)} figures,
{_number(comparisons)} comparisons. {verdict} A release in which one does not hold is not published.</p>
<h2 id="rules">What was checked</h2>
{_table("rules", CHECKS, [_rule(check, counts_for_all) for check in outcome])}
<h2 id="files">What became of the files</h2>
<p>Every row has one fate: rows in = accepted + refused + skipped (titles, footers, totals, blank rows). Sources are in
alphabetical order. Files shared under narrower terms are checked too, but not listed here.</p>
{
        _table(
            "files",
            FILES,
            [[f"{title} ({source})", *rest[:-1], "yes" if rest[-1] else "no"] for title, source, *rest in files],
        )
    }
<h2 id="issues">What was not taken as it stood</h2>
<p>Each of these has its reason in words beside its row in the table <code>issue</code> of the release.</p>
{
        _table(
            "issues",
            ISSUES,
            [
                [source, kind.replace("_", " "), FATES.get(fate, fate), *counts]
                for source, kind, fate, *counts in issues
            ],
        )
    }
</body>
</html>
"""


def _rule(check: Check, counted: bool) -> list[Any]:
    return [check.says, check.holds, check.rows if counted else "–", check.failed if counted else "–"]


def _table(label: str, heads: Iterable[str], rows: Iterable[list[Any]]) -> str:
    """A table that scrolls by itself on a narrow screen; the first cell of each row is its header."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "\n".join(
        f'<tr><th scope="row">{escape(str(first))}</th>{"".join(map(_cell, rest))}</tr>' for first, *rest in rows
    )
    return f"""<div class="wide" role="region" aria-labelledby="{label}" tabindex="0"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody></table></div>"""


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "<td>holds</td>" if value else '<td class="not">does not hold</td>'
    if isinstance(value, int):
        return f'<td class="n">{_number(value)}</td>'
    return f"<td>{escape(str(value))}</td>"


def _number(value: int) -> str:
    return f"{value:,}"
