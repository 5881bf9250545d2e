"""Finds personal and operational data: by the words of headers, by shapes with their check digits, by words in texts.

What is found is told by column, kind and count. A value is never quoted.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

MOST_DECIMALS = 2
"""Of a coordinate that says no more than a neighbourhood (1.1 km)."""
SHARE = 0.6
"""How much of a column must look like bare identity numbers or names of people before it is taken for one."""
FEWEST = 3
FEWEST_DIGITS = 7
"""Of a telephone number, an identity number or a point, where no word says what it is."""

URL = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})*\.[^\W\d_]{2,24}")
PHONES = [
    re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)"),
    re.compile(r"(?<!\w)00[1-9]\d{0,2}[ .-]\d(?:[ ().-]{0,2}\d){6,11}(?!\d)"),
    re.compile(r"(?<!\w)\(\d{2,4}\) ?\d{3,5}[ .-]\d{3,4}(?![\w-])"),
    re.compile(r"(?<![\w.-])\d{3}([ .-])\d{3}\1\d{4}(?![\w-])"),
    re.compile(r"(?<![\w.-])0\d(?:([ .-])\d\d)(?:\1\d\d){3}(?![\w-])"),
    re.compile(r"(?<![\w.-])(?:\d\d )?9\d{4}-\d{4}(?![\w-])"),
]
PHONE_LINK = re.compile(r"(?:wa\.me/|tel:|whatsapp\.com/send\?phone=)\+?\d{7,15}")
PHONE_AFTER = r"\+?\(?\d(?:[ ().-]{0,2}\d){5,14}(?!\d)"
IDS: list[tuple[re.Pattern[str], Callable[[str], bool]]] = []
ID_AFTER = r"(?:[a-zа-я]{1,3}[ -]?\d{4,10}|\d(?:[ .-]?\d){5,13}[a-z]?)"
SERIAL_AFTER = r"(?=[a-zа-я0-9/\-]{0,11}\d)[a-zа-я0-9][a-zа-я0-9/\-]{3,23}"
NAME_AFTER = (
    r"[^\W\d_a-zа-я][^\W\d_]+(?: (?:de|da|do|dos|del|la|van|von|bin|al|el|ben))?(?: [^\W\d_a-zа-я][^\W\d_]+){1,3}"
)
POINT = re.compile(r"-?\d{1,3}\.(\d{3,})\D{1,6}-?\d{1,3}\.(\d{3,})")
DIGIT = re.compile(r"\d")
PLAIN = re.compile(r"([A-Za-z]{0,4})[-_/ ]?\d{1,7}|[\d.,:/ -]{1,9}|\d{4}-\d\d-\d\d(?:[ T]00:00:00)?")
"""Codes, numbers and dates, too short for anything personal; most cells are such."""
TOKEN = re.compile(r"\w+")
TOGETHER = re.compile("[\u0600-\u06ff\u2e80-\uffff]")
"""Arabic joins its article and prepositions to a word, Chinese writes no blanks."""
NO_WORD = re.compile(r"[\W\d_]*")
NUMBER = re.compile(r"-?\d{1,3}[.,]\d{3,}")


@dataclass(frozen=True)
class Personal:
    """What one column seems to hold, and in how many rows.

    `kind` is one of `never_stored` or exact_coordinates; `how` it was seen is header (by the words of its header),
    shape (by the form of its values) or words (by words in its texts).
    """

    column: str
    kind: str
    how: str
    rows: int


@cache
def words() -> dict[str, dict[str, Any]]:
    """Kind → its word lists, from `personal.toml`."""
    return tomllib.loads(Path(__file__).with_name("personal.toml").read_text(encoding="utf-8"))


def kinds() -> list[str]:
    """The kinds that are looked for."""
    return [kind for kind in words() if kind != "unknown"]


def found(rows: pl.DataFrame, headers: Mapping[str, str] | None = None) -> list[Personal]:
    """What the columns of `rows` (text) seem to hold. `headers` gives a column's header where it is not its name."""
    seen: list[Personal] = []
    for column in rows.columns:
        counted = rows.select(pl.col(column).cast(pl.String, strict=False).fill_null("").alias("text"))
        values = counted.group_by("text", maintain_order=True).len()
        seen += of_values(column, (headers or {}).get(column, column), dict(values.iter_rows()))
    return seen


def merged(parts: Iterable[Personal]) -> list[Personal]:
    """The same file's findings in several batches as one."""
    rows: Counter[tuple[str, str, str]] = Counter()
    for part in parts:
        rows[part.column, part.kind, part.how] += part.rows
    return [Personal(*key, count) for key, count in rows.items()]


def remains(rows: pl.DataFrame, columns: Iterable[str], *, allowed: Collection[str] = ()) -> pl.DataFrame:
    """The last gate before a contributed row is accepted: an issue (in SHAPE of `schemas.issue`) for each cell of the
    text `columns` that still holds a personal value; `known` says what, `value` is empty. Needs `source_row`.

    `allowed` kinds may stay: exact_coordinates, where the sensitivity of the source lets them.
    """
    from schemas.issue import SHAPE, of_rows  # It takes a second to load, and looking at a file needs none of it.

    issues = [pl.DataFrame(schema=SHAPE)]
    for column in columns:
        texts = rows[column].cast(pl.String).fill_null("").unique().to_list()
        held = {text: next((kind for kind in inside(text) if kind not in allowed), None) for text in texts}
        known = {text: str(words()[kind]["said"]) for text, kind in held.items() if kind}
        marked = rows.filter(pl.col(column).cast(pl.String).is_in(list(known)))
        said = pl.col(column).cast(pl.String).replace_strict(known, default=None, return_dtype=pl.String)
        issues.append(of_rows(marked, "personal_value", "row_refused", column=column, value=None, known=said))
    return pl.concat(issues)


def inside(text: str) -> dict[str, str]:
    """Kind → how it was seen, for the personal values and words inside one cell."""
    plain = PLAIN.fullmatch(text)
    if len(text) < 2 or (plain and (not plain[1] or plain[1].casefold() not in _short_words())):
        return {}
    text = _western(text)
    bare = URL.sub(" ", text)
    flat = _flat(bare)
    tokens = frozenset(TOKEN.findall(flat)) | ({""} if TOGETHER.search(flat) else set())
    seen = _numbers_inside(text, bare, flat, tokens) if DIGIT.search(text) else {}
    if "@" in text and EMAIL.search(text):
        seen["email"] = "shape"
    if tokens & _marks("person_name", "before") and _named().search(_unaccented(bare)):
        seen["person_name"] = "words"
    for kind in ("informant", "operation_in_progress"):
        if tokens & _marks(kind, "text") and _phrases(kind, "text").search(flat):
            seen[kind] = "words"
    return seen


def _numbers_inside(text: str, bare: str, flat: str, tokens: frozenset[str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    if len(DIGIT.findall(text)) >= FEWEST_DIGITS:
        if PHONE_LINK.search(text) or any(shape.search(bare) for shape in PHONES):
            seen["phone"] = "shape"
        if any(right(match[0]) for shape, right in IDS for match in shape.finditer(bare)):
            seen["id_number"] = "shape"
        if _is_point(bare):
            seen["exact_coordinates"] = "shape"
    for kind, after in (("phone", PHONE_AFTER), ("id_number", ID_AFTER), ("serial_number", SERIAL_AFTER)):
        if kind not in seen and tokens & _marks(kind, "before") and _after(kind, after).search(flat):
            seen[kind] = "words"
    marks = _marks("street_address", "streets_before") | _marks("street_address", "streets_after")
    if tokens & marks and _streets().search(flat):
        seen["street_address"] = "shape"
    return seen


def of_header(header: str) -> list[str]:
    """The kinds that a column's header speaks of."""
    name = _header(header)
    return [
        kind
        for kind in kinds()
        if (name in _only(kind) or _phrases(kind, "header").search(name)) and not _phrases(kind, "not").search(name)
    ]


def is_unknown(text: str) -> bool:
    """Whether a text only says that nothing is known ('S/N', 'erased'), or says nothing."""
    name = _header(text)
    return not name or name in _only("unknown")


def of_values(column: str, header: str, values: Mapping[str, int]) -> list[Personal]:
    """What one column seems to hold; `values` says in how many rows each text stands."""
    filled_values = {text: count for text, count in values.items() if text.strip()}
    texts, counts = list(filled_values), list(filled_values.values())
    filled = sum(counts)
    seen = {
        kind: Personal(
            column, kind, "header", _count(texts, counts, _is_exact) if kind == "exact_coordinates" else filled
        )
        for kind in [*of_header(header), *inside(header)]
        if _may_be(kind, texts)
    }
    within: dict[tuple[str, str], int] = {}
    for text, count in zip(texts, counts, strict=True):
        for kind, how in inside(text).items():
            within[kind, how] = within.get((kind, how), 0) + count
    for (kind, how), count in within.items():
        seen.setdefault(kind, Personal(column, kind, how, count))
    if "id_number" not in seen and (many := _mostly(texts, counts, _is_bare_id)):
        seen["id_number"] = Personal(column, "id_number", "shape", many)
    if "person_name" not in seen and (many := _mostly(texts, counts, _is_name)):
        seen["person_name"] = Personal(column, "person_name", "shape", many)
    return list(seen.values())


def _may_be(kind: str, texts: list[str]) -> bool:
    """Whether the values leave it open that a header means this: 'Victims' may be a count, 'S/N' a row number."""
    if kind in ("person_name", "informant"):
        return not texts or any(not NO_WORD.fullmatch(text) for text in texts)
    if kind == "phone":
        return not texts or any(sum(map(str.isdigit, text)) >= 6 for text in texts)
    if kind == "serial_number":
        longer = [text.strip() for i, text in enumerate(texts, 1) if len(text.strip()) > 3 and text.strip() != str(i)]
        return not texts or 2 * len(longer) >= len(texts)
    return kind != "exact_coordinates" or any(map(_is_exact, texts))


def _count(texts: list[str], counts: list[int], holds: Callable[[str], bool]) -> int:
    return sum(count for text, count in zip(texts, counts, strict=True) if holds(text))


def _mostly(texts: list[str], counts: list[int], holds: Callable[[str], bool]) -> int:
    """In how many rows it holds, where it does so for most different values; else 0."""
    if len(texts) < FEWEST or sum(map(holds, texts)) < SHARE * len(texts):
        return 0
    return _count(texts, counts, holds)


def _western(text: str) -> str:
    """Digits of any script as 0–9, full-width signs as plain ones."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.digit(char)) if char.isdigit() and char > "9" else char for char in text)


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _flat(text: str) -> str:
    return " ".join(_unaccented(text).casefold().split())


def _header(text: str) -> str:
    """'VictimName_2' → 'victim name 2'."""
    parted = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", text[:200])
    return " ".join(re.sub(r"[\W_]+", " ", _flat(_western(parted))).split())


@cache
def _only(kind: str) -> frozenset[str]:
    return frozenset(_flat(word) for word in words()[kind].get("only", []))


@cache
def _phrases(kind: str, which: str) -> re.Pattern[str]:
    return re.compile(_either(words()[kind].get(which, [])))


@cache
def _short_words() -> frozenset[str]:
    """Words after which a short number may be personal: 'RG 1234567'."""
    return frozenset(_flat(word) for kind in kinds() for word in words()[kind].get("before", []))


@cache
def _marks(kind: str, which: str) -> frozenset[str]:
    """The longest word of each phrase: a text without any of them need not be searched. Texts in a script that writes
    words together carry the mark ''."""
    marks = {""}
    for phrase in words()[kind][which]:
        tokens = TOKEN.findall(_flat(phrase))
        marks.add(max(reversed(tokens), key=len))
    return frozenset(marks)


def _either(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases as whole words; scripts that write words together match anywhere."""
    patterns = []
    for phrase in sorted(map(_flat, phrases), key=len, reverse=True):
        word = re.escape(phrase.rstrip("*"))
        together = bool(TOGETHER.search(phrase))
        end = "" if phrase.endswith("*") or together else r"(?!\w)"
        patterns.append(word + end if together else rf"(?<!\w){word}{end}")
    return "(?:" + "|".join(patterns) + ")" if patterns else r"(?!)"


@cache
def _after(kind: str, value: str) -> re.Pattern[str]:
    before = _either(words()[kind]["before"])
    number = r"(?:number|no|nr|num|n|numero|номер|№)?[.°º]?"
    return re.compile(rf"{before}[ :.#№=-]{{0,3}}{number}[ :.#№=-]{{0,3}}(?<![a-zа-я0-9]){value}(?![a-zа-я0-9])")


@cache
def _named() -> re.Pattern[str]:
    before = _either(words()["person_name"]["before"])
    return re.compile(rf"(?<!(?i:n)[.] )(?i:{before})[ :,“\"]{{1,3}}{NAME_AFTER}")


@cache
def _streets() -> re.Pattern[str]:
    before, after = words()["street_address"]["streets_before"], words()["street_address"]["streets_after"]
    return re.compile(
        rf"{_either(before)} (?:[\w.'-]+ ){{0,4}}?[\w.'-]*,? ?(?:n[o°º.]* ?|# ?|д\. ?)?\d{{1,5}}(?!\d)"
        rf"|(?<!\d)\d{{1,5}} (?:[a-z.'-]+ ){{1,3}}?{_either(after)}"
    )


@cache
def _names() -> frozenset[str]:
    return frozenset(_flat(name) for name in words()["person_name"]["given"])


def _is_name(text: str) -> bool:
    """Two to five words without a digit, one of the first two a common given name."""
    parts = _flat(text).replace(",", " ").split()
    return 2 <= len(parts) <= 5 and text.replace(" ", "").isalpha() and any(part in _names() for part in parts[:2])


def _is_exact(text: str) -> bool:
    return bool(NUMBER.fullmatch(text.strip())) or _is_point(text)


def _is_point(text: str) -> bool:
    """Two numbers with three or more decimals beside each other that can be degrees."""
    return any(len(match[1]) >= 3 and len(match[2]) >= 3 for match in POINT.finditer(text))


def _is_bare_id(text: str) -> bool:
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit():
        return False
    return len(digits) == 11 and _cpf(digits)


def _digits(text: str) -> list[int]:
    return [int(char) for char in text if char.isdigit()]


def _cpf(text: str) -> bool:
    """Brazil, natural person: two check digits modulo 11."""
    d = _digits(text)
    if len(d) != 11 or len(set(d)) == 1:
        return False
    checks = [sum(x * w for x, w in zip(d, range(n, 1, -1), strict=False)) * 10 % 11 % 10 for n in (10, 11)]
    return checks == d[9:]


def _dni(text: str) -> bool:
    """Spain: the letter is the number modulo 23; X, Y, Z of a foreigner's number stand for 0, 1, 2."""
    plain = re.sub(r"[ .-]", "", text.upper())
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(plain[:-1].translate(str.maketrans("XYZ", "012"))) % 23] == plain[-1]


def _iban(text: str) -> bool:
    """ISO 13616: the rearranged number modulo 97 is 1."""
    plain = text.replace(" ", "")
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _curp(text: str) -> bool:
    """Mexico: the last digit is a weighted sum modulo 10 over the alphabet with Ñ."""
    alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(alphabet.index(char) * (18 - i) for i, char in enumerate(text[:17]))
    return text[17] == str(-total % 10)


def _rut(text: str) -> bool:
    """Chile: modulo 11 with weights 2 to 7."""
    number, check = re.sub(r"[.]", "", text[:-2]), text[-1].upper()
    rest = -sum(int(char) * (2 + i % 6) for i, char in enumerate(reversed(number))) % 11
    return check == ("K" if rest == 10 else str(rest))


def _cuil(text: str) -> bool:
    """Argentina: modulo 11."""
    d = _digits(text)
    rest = -sum(x * w for x, w in zip(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=False)) % 11
    return d[-1] == (9 if rest == 10 else rest)


def _snils(text: str) -> bool:
    """Russia: the weighted sum of nine digits modulo 101."""
    d = _digits(text)
    return sum(x * w for x, w in zip(d, range(9, 0, -1), strict=False)) % 101 % 100 == d[9] * 10 + d[10]


def _resident(text: str) -> bool:
    """China, GB 11643: modulo 11."""
    total = sum(int(char) * pow(2, 17 - i, 11) for i, char in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def _ssn(text: str) -> bool:
    """United States: ranges that were never given out do not count."""
    area, group, serial = text.split("-")
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


IDS += [
    (re.compile(r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])"), _cpf),
    (re.compile(r"(?<![\w.-])(?:\d{2}\.?\d{3}\.?\d{3}|[XYZ]\d{7})[ -]?[A-HJ-NP-TV-Z](?![\w-])"), _dni),
    (re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)"), _iban),
    (re.compile(r"(?<!\w)[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d(?!\w)"), _curp),
    (re.compile(r"(?<![\w.-])\d{1,2}\.\d{3}\.\d{3}-[\dkK](?![\w-])"), _rut),
    (re.compile(r"(?<![\w.-])(?:20|23|24|25|26|27)-\d{8}-\d(?![\w-])"), _cuil),
    (re.compile(r"(?<![\w.-])\d{3}-\d{3}-\d{3}[ -]\d{2}(?![\w-])"), _snils),
    (re.compile(r"(?<!\w)[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dX](?!\w)"), _resident),
    (re.compile(r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])"), _ssn),
    (re.compile(r"P<[A-Z]{3}[A-Z<]{20,}"), lambda _: True),
]
