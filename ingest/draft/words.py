"""The words of headers and cells, from `headers.toml` and `words.toml`, as they are compared."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from ingest.register.gazetteer import normalise_text

LONGEST_PHRASE = 80
"""Letters of a cell that may be a phrase for one thing; longer ones are descriptions."""
HAN = range(0x3400, 0xA000)
NUMBER_WORDS = {
    "no",
    "nr",
    "n",
    "of",
    "de",
    "del",
    "la",
    "el",
    "da",
    "do",
    "des",
    "du",
    "d",
    "l",
    "the",
    "les",
    "le",
    "las",
    "los",
    "支",
    "件",
    "把",
    "个",
}


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def plain(text: str) -> str:
    """A header or a cell as it is compared: without case, accents and punctuation."""
    spaced = text.replace("_", " ").replace("°", " ").replace("º", " ")
    return normalise_text(spaced.replace("%", " % "))


def han(text: str) -> bool:
    """Whether a text is written in Chinese characters, between whose words no space stands."""
    return any(ord(sign) in HAN for sign in text)


@cache
def lists(file: str, table: str) -> dict[str, tuple[str, ...]]:
    """Name → words of one table of one of the two files, in the form in which they are compared."""
    found = {}
    for name, words in _file(file)[table].items():
        found[name] = tuple(dict.fromkeys(_compared(word) for word in words))
    return found


def _compared(word: str) -> str:
    return plain(word.rstrip("*")) + ("*" if word.endswith("*") and len(word) > 2 else "")


@cache
def entries(table: str) -> dict[str, dict[str, str]]:
    """Compared word → what it gives, of one table of `words.toml`."""
    return {plain(word): entry["gives"] for entry in _file("words.toml")[table] for word in entry["words"]}


@cache
def meaning(text: str, table: str) -> dict[str, str] | None:
    """What a cell gives: as a whole word of `words.toml`, or as a phrase with exactly one such word ('Beretta 9mm
    pistol') and none that makes it another thing ('alarm pistol'); None where that is not plain.

    A phrase is as its word or narrower. Where information comes from may be a person: there only whole words count.
    """
    compared, known = plain(text), entries(table)
    if compared in known:
        return known[compared]
    rules = _file("words.toml")["phrases"].get(table)
    if rules is None or len(compared) > LONGEST_PHRASE or any(says(compared, plain(word)) for word in rules["not"]):
        return None
    hits = [word for word in known if says(compared, word) and (len(word) > 3 or han(word))]
    hits = [word for word in hits if not any(word != other and word in other for other in hits)]
    nouns = [known[word] for word in hits if not set(known[word].values()) & {*rules["vague"]}]
    found = {tuple(sorted((k, v) for k, v in gives.items() if k != "relation")) for gives in nouns}
    if len(found) != 1:
        return None
    (gives,) = (dict(pairs) for pairs in found)
    if gives.get(table) in rules.get("of_weapons", []) and not any(
        says(compared, word)
        for name in ("weapon", "round", "magazine", "part")
        for word in lists("headers.toml", "objects")[name]
    ):
        return None
    return gives if "concept" in gives else gives | {"relation": "broadMatch"}


def signs(table: str) -> dict[str, list[str]]:
    """Name → signs and words as they stand in `words.toml`, not simplified."""
    loaded: dict[str, list[str]] = _file("words.toml")[table]
    return loaded


def says(text: str, word: str) -> bool:
    """Whether a compared word stands in a compared text, as whole words (in Chinese: anywhere)."""
    if han(word):
        return word in text
    if word.endswith("*"):
        return any(part.startswith(word[:-1]) for part in _starts(text, word))
    return f" {word} " in f" {text} "


def _starts(text: str, word: str) -> list[str]:
    parts = text.split()
    n = word.count(" ") + 1
    return [" ".join(parts[i : i + n]) for i in range(len(parts))]


def is_one_of(text: str, words: tuple[str, ...]) -> bool:
    """Whether a compared text is one of the words as a whole."""
    return any(
        text == word or (word.endswith("*") and text.startswith(word[:-1]) and " " not in text) for word in words
    )


def mentions(text: str, table: str) -> dict[str, str]:
    """Names of a table of `headers.toml` one of whose words a text says → that word, longest first."""
    compared = plain(text)
    found: dict[str, str] = {}
    for name, words in lists("headers.toml", table).items():
        hits = [word for word in words if word and says(compared, word)]
        if hits:
            found[name] = max(hits, key=len)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def left_over(header: str) -> list[str]:
    """Words of a header that no list explains: 'involved' in 'guns involved', which is no count of guns seized."""
    text = plain(header)
    known = [
        word for table in ("actions", "objects") for words in lists("headers.toml", table).values() for word in words
    ]
    known += [word for role in ("count", "total", "row_number") for word in lists("headers.toml", "roles")[role]]
    for word in sorted((w for w in known if not w.endswith("*")), key=len, reverse=True):
        text = text.replace(word, " ") if han(word) else f" {text} ".replace(f" {word} ", "  ").strip()
    starts = tuple(word[:-1] for word in known if word.endswith("*"))
    return [part for part in text.split() if part not in NUMBER_WORDS and not part.startswith(starts)]


@cache
def known_words() -> frozenset[str]:
    """Every single word of both files, by which a text shows in which encoding it makes sense."""
    found: set[str] = set()
    for table in ("roles", "personal", "actions", "objects", "row_words"):
        found |= {part for words in lists("headers.toml", table).values() for word in words for part in word.split()}
    for table in ("firearm_type", "condition", "legal_justification", "acquisition"):
        found |= {part for word in entries(table) for part in word.split()}
    found |= {part for words in lists("words.toml", "months").values() for word in words for part in word.split()}
    return frozenset(word.rstrip("*") for word in found)
