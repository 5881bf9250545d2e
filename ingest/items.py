"""Several things in one cell ('3 AK + 200 cartouches') → one row for each, with its number and its word apart."""

import re

import polars as pl

from ingest.parse import latin
from ingest.translate import folded
from schemas.declaration import Items, Layout
from schemas.issue import of_rows

CALIBRES = frozenset(
    [
        *("mm", "мм", "ملم", "مم", "gauge", "ga", "bore", "cal", "calibre", "caliber", "calibro", "калибр", "калибра"),
        *("кал", "عيار", "口径", "毫米", "special", "spl", "acp", "lr", "magnum", "mag", "parabellum", "auto", "win"),
    ]
)
"""What stands behind a number that is a calibre and counts nothing."""
COUNT, WHOLE = "_item_count", "_item_whole"
"""Columns added to a row: the number of one thing as text ('' where none is stated), and the cell it stood in."""


def itemised(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows with `_refused`; those of a layout with `items` once per thing their cell names, its word in the column.

    A part without any word is refused as not understood. An empty cell stays one row, whose word is empty.
    """
    items = layout.items
    if items is None:
        return rows.with_columns(pl.lit(False).alias("_refused")), []
    cells = latin(rows[items.column], layout.digits)
    known = {cell: parts(cell, items, [*layout.approximate]) for cell in cells.unique()}
    split = rows.with_columns(
        rows[items.column].alias(WHOLE), pl.Series("_parts", [known[cell] for cell in cells])
    ).explode("_parts")
    split = split.with_columns(
        pl.col("_parts").list.get(0).alias(COUNT),
        pl.col("_parts").list.get(1).alias(items.column),
        pl.col("_parts").list.get(2).alias("_part"),
    )
    bad = (pl.col(items.column) == "") & (pl.col("_part") != "")
    split = split.with_columns(bad.alias("_refused"))
    refused = split.filter("_refused")
    issues = []
    if refused.height:
        signs = " ".join(sign.strip() for sign in items.joiners)
        found = of_rows(
            refused, "item_not_understood", "row_refused", column=items.column, value=pl.col("_part"), known=signs
        )
        issues.append(found)
    return split.drop("_parts", "_part"), issues


def parts(cell: str, items: Items, approximate: list[str]) -> list[list[str]]:
    """'3 AK + 200 cartouches' → [['3', 'AK', '3 AK'], ['200', 'cartouches', '200 cartouches']]: number, word, part.

    The number keeps what makes it approximate ('environ 20'). A thing without a number has ''.
    """
    pieces = [cell]
    for joiner in sorted(items.joiners, key=len, reverse=True):
        pieces = [part for piece in pieces for part in _split(piece, joiner)]
    # '.38' begins with its point.
    pieces = [piece.strip().rstrip(" .") for piece in pieces if piece.strip(" .")]
    return [[*_number(piece, items, approximate), piece] for piece in pieces] or [["", "", ""]]


def _split(piece: str, joiner: str) -> list[str]:
    """Parts between joiners; a sign alone between two digits joins nothing, since it may group thousands."""
    # Not by folded text, in which places differ: 'ß' folds to two letters.
    found, rest, start, sign = [], piece, 0, re.compile(re.escape(joiner), re.IGNORECASE)
    while hit := sign.search(rest, start):
        at = hit.start()
        before, after = rest[:at], rest[hit.end() :]
        if joiner.strip() == joiner and before[-1:].isdigit() and after[:1].isdigit():
            start = at + 1
            continue
        if joiner.strip() == "+" and before[-1:].isdigit():
            # '300+' is at least 300.
            start = at + 1
            continue
        found.append(before)
        rest, start = after, 0
    return [*found, rest]


def _number(piece: str, items: Items, approximate: list[str]) -> tuple[str, str]:
    words = piece.split()
    numerals = {folded(word): str(number) for word, number in items.numerals.items()}
    signs = {folded(word) for word in approximate}
    at = 0
    taken: list[str] = []
    while at < len(words):
        longest = next((n for n in (3, 2, 1) if folded(" ".join(words[at : at + n])) in signs), 0)
        if longest:
            taken += words[at : at + longest]
            at += longest
        elif folded(words[at]) in numerals and not any(part[:1].isdigit() for part in taken):
            taken.append(numerals[folded(words[at])])
            at += 1
        elif any(sign.isdigit() for sign in words[at]) and not any(sign.isalpha() for sign in words[at]):
            if words[at][0] in ".," or (at + 1 < len(words) and _of_calibre(words[at + 1])):
                break
            taken.append(words[at])
            at += 1
        else:
            break
    rest = words[at:]
    if not taken and piece[:1].isdigit():
        return _number_ahead(piece, items, signs)
    times = {folded(word): number for word, number in items.multipliers.items()}
    if rest[:1] and taken and taken[-1].isdigit() and folded(rest[0]) in times:
        taken[-1] = str(int(taken[-1]) * times[folded(rest[0])])
        rest = rest[1:]
    while rest[:1] and rest[0].casefold() in ("x", "×", "-", ":"):
        rest = rest[1:]
    return " ".join(taken), " ".join(rest)


def _of_calibre(word: str) -> bool:
    return folded(word).strip(".,;:()") in CALIBRES


def _number_ahead(piece: str, items: Items, signs: set[str]) -> tuple[str, str]:
    """A number with no space behind it, as in Chinese: 3支手枪, 2万发子弹, 30余支."""
    end = next((i for i, sign in enumerate(piece) if not sign.isdigit()), len(piece))
    number, rest = piece[:end], piece[end:].strip()
    if rest and (_of_calibre(rest.split()[0]) or any(rest.startswith(word) for word in CALIBRES if not word.isascii())):
        return "", piece
    if word := max((word for word in items.multipliers if rest.startswith(word)), key=len, default=""):
        number, rest = str(int(number) * items.multipliers[word]), rest[len(word) :].strip()
    if sign := max((sign for sign in signs if rest.startswith(sign)), key=len, default=""):
        number, rest = number + sign, rest[len(sign) :].strip()
    return number, rest
