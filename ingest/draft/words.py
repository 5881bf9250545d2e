"""The words of headers and cells, from `headers.toml` and `words.toml`, as they are compared."""

import tomllib
from collections.abc import Iterable
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
    if rules is None or len(compared) > LONGEST_PHRASE or _not(table).said_by(compared):
        return None
    hits = [word for word in _known(table).said_by(compared) if len(word) > 3 or han(word)]
    hits = [word for word in hits if word not in _rule(table, "alone").plain]
    hits = [word for word in hits if not any(word != other and word in other for other in hits)]
    nouns = [word for word in hits if not set(known[word].values()) & {*rules["vague"]}]
    found = {tuple(sorted((k, v) for k, v in known[word].items() if k != "relation")) for word in nouns}
    if len(found) != 1:
        return None
    (gives,) = (dict(pairs) for pairs in found)
    if "harmless" in rules and _unexplained(compared, nouns, table):
        return None
    if "concept" in gives and _rule(table, "weapons").said_by(compared):
        return None
    if gives.get(table) in rules.get("of_weapons", []) and not any(
        lexicon("headers.toml", "objects", name).said_by(compared) for name in ("weapon", "round", "magazine", "part")
    ):
        return None
    return gives if "concept" in gives else gives | {"relation": "broadMatch"}


class Lexicon:
    """Compared words, and which of them a text says: by the runs of words in the text, not word by word of the list."""

    def __init__(self, words: Iterable[str]) -> None:
        self.han: dict[int, set[str]] = {}
        self.starts: dict[tuple[int, int], set[str]] = {}
        self.plain: set[str] = set()
        for word in filter(None, words):
            if han(word):
                self.han.setdefault(len(word), set()).add(word)
            elif word.endswith("*"):
                self.starts.setdefault((word.count(" ") + 1, len(word) - 1), set()).add(word[:-1])
            else:
                self.plain.add(word)
        self.longest = max([1, *(word.count(" ") + 1 for word in self.plain), *(n for n, _ in self.starts)])

    def said_by(self, text: str) -> list[str]:
        """The words that a compared text says, as whole words (in Chinese: anywhere), as `says` does."""
        parts = text.split()
        found = []
        for n in range(1, min(self.longest, len(parts)) + 1):
            runs = {" ".join(parts[i : i + n]) for i in range(len(parts) - n + 1)}
            found += sorted(runs & self.plain)
            for (words, length), starts in self.starts.items():
                if words == n:
                    found += [f"{start}*" for start in sorted({run[:length] for run in runs} & starts)]
        if han(text):
            for length, words_ in self.han.items():
                found += sorted({text[i : i + length] for i in range(len(text) - length + 1)} & words_)
        return found

    def is_one(self, text: str) -> bool:
        """Whether a compared text is one of the words as a whole, as `is_one_of` says."""
        if text in self.plain or text in self.han.get(len(text), ()):
            return True
        alone = " " not in text
        return alone and any(text[:n] in starts and len(text) >= n for (_, n), starts in self.starts.items())


@cache
def lexicon(file: str, table: str, name: str) -> Lexicon:
    """The words of one list of one of the two files."""
    return Lexicon(lists(file, table)[name])


def _unexplained(compared: str, hits: list[str], table: str) -> bool:
    """Whether a phrase says something beside these words that may make it another thing ('funda de pistola')."""
    harmless = _rule(table, "harmless")
    rest = _taken_out(compared, hits)
    rest = _taken_out(rest, [word for word in harmless.said_by(rest) if han(word)])
    return any(part not in harmless.plain and not any(sign.isdigit() for sign in part) for part in rest.split())


def _taken_out(text: str, words: Iterable[str]) -> str:
    """A compared text without these words, the longest first."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, " ") if han(word) else f" {text} ".replace(f" {word} ", "  ").strip()
    return text


@cache
def _rule(table: str, name: str) -> Lexicon:
    """The words of one of the rules for phrases of a table; none where it has no such rule."""
    return Lexicon(map(plain, _file("words.toml")["phrases"][table].get(name, ())))


@cache
def _known(table: str) -> Lexicon:
    """The words of one table of cells."""
    return Lexicon(entries(table))


@cache
def _not(table: str) -> Lexicon:
    """What makes a phrase with a word of a table another thing, or its number another one ('1.5 mil cartuchos')."""
    times = [word for words in signs("multipliers").values() for word in words]
    return Lexicon(_compared(word) for word in [*_file("words.toml")["phrases"][table]["not"], *times])


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
    for name in lists("headers.toml", table):
        hits = lexicon("headers.toml", table, name).said_by(compared)
        if hits:
            found[name] = max(hits, key=len)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def left_over(header: str) -> list[str]:
    """Words of a header that no list explains: 'involved' in 'guns involved', which is no count of guns seized."""
    known = _explained()
    text = _taken_out(plain(header), [word for word in known.said_by(plain(header)) if not word.endswith("*")])
    starts = tuple(start for words in known.starts.values() for start in words)
    return [part for part in text.split() if part not in NUMBER_WORDS and not part.startswith(starts)]


@cache
def _explained() -> Lexicon:
    """Words of headers that say what was done, what is counted, or that a number stands there."""
    known = [w for table in ("actions", "objects") for words in lists("headers.toml", table).values() for w in words]
    return Lexicon(
        [*known, *(w for role in ("count", "total", "row_number") for w in lists("headers.toml", "roles")[role])]
    )


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
