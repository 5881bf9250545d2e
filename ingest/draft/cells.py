"""Cells that name several things with their numbers, and how their parts are found."""

import re
from typing import Any

from ingest.draft.column import Column
from ingest.draft.words import han, meaning, signs
from ingest.items import parts
from schemas.declaration import Items

MOST_CELLS = 3000


def numerals() -> dict[str, int]:
    """Small numbers in words → number."""
    return {word: int(number) for number, words in signs("numerals").items() for word in words}


def approximate() -> dict[str, str]:
    """Words and signs of numbers that are not exact → their kind."""
    return {word: kind for kind, words in signs("approximate").items() for word in words}


def multipliers() -> dict[str, int]:
    """Words behind a number → what they multiply it by."""
    return {word: int(number) for number, words in signs("multipliers").items() for word in words}


def every_way(column: str) -> Items:
    """All joiners and numerals we know, to see which ones a column uses."""
    return Items(column=column, joiners=signs("joiners")["words"], numerals=numerals(), multipliers=multipliers())


def split(column: Column) -> dict[str, list[list[str]]]:
    """Each distinct cell → its parts (number, word, part)."""
    items, about = every_way(column.name), [*approximate()]
    return {cell: parts(cell, items, about) for cell in column.latin[:MOST_CELLS].to_list()}


def understood(column: Column) -> float:
    """Share of distinct cells of which some part is a number and a known word, and no more than that word."""
    cells = split(column)
    good = [any(number and meaning(word, "firearm_type") for number, word, _ in found) for found in cells.values()]
    return sum(good) / max(len(good), 1)


def used(column: Column) -> tuple[dict[str, Any], dict[str, str]]:
    """The joiners, numerals and multipliers a column uses, and its words of inexact numbers, so that its declaration
    lists only these."""
    cells = list(split(column))
    text = "\n".join(f" {cell.casefold()} " for cell in cells)
    joiners = [joiner for joiner in signs("joiners")["words"] if joiner.casefold() in text]
    words = {part for cell in cells for part in cell.casefold().split()}
    small = {word: number for word, number in numerals().items() if word in words}
    numbers = [number for found in split(column).values() for number, _, _ in found if number and not number.isdigit()]
    about = {
        word: kind for word, kind in approximate().items() if any(word.casefold() in n.casefold() for n in numbers)
    }
    said = re.findall(r"[^\W\d]+", text)
    times = {word: n for word, n in multipliers().items() if any(_begins(one, word) for one in said)}
    found: dict[str, Any] = {"joiners": joiners or ["+"]}
    return found | ({"numerals": small} if small else {}) | ({"multipliers": times} if times else {}), about


def _begins(text: str, word: str) -> bool:
    """Whether a text is a word, or begins with one in Chinese."""
    return text.startswith(word) if han(word) else text == word.casefold()
