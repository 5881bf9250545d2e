"""Bytes → how they are to be read: format, encoding, delimiter, quote, sheet and header row."""

import csv
import io
import json
import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import fastexcel
import polars as pl

from ingest.draft.said import YOUR_ANSWER, Guess, Question
from ingest.draft.words import han, known_words, lexicon, lists, mentions, plain
from ingest.read import grouped, no_pattern
from ingest.register.gazetteer import load as gazetteer
from ingest.register.gazetteer import normalise_text
from ingest.workbook import grid
from schemas.declaration import Read
from schemas.issue import FileRefused
from schemas.said import said

HEAD = 1 << 18
FIRST_ROWS = 400
HIGHEST_HEADER = 30
TOKENS = 4000
TELLING = 1 << 20
MARGIN = 0.15
ONE_BYTE = (
    *("cp1252", "iso-8859-15", "cp850", "mac_roman"),
    *("cp1251", "koi8-r", "koi8-u", "iso-8859-5", "cp866"),
    *("cp1256", "iso-8859-6"),
)
TWO_BYTES = ("gb18030", "big5")
ALPHABETS = {
    "cyrillic": set("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ"),
    "arabic": set("ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيپچژگکی") | {chr(i) for i in range(0x64B, 0x653)} | set("ـ"),
    "latin": set("áàâãäåæçéèêëíìîïñóòôõöøœúùûüýÿßšž"),
}
COMMON = {"cyrillic": set("оеаинтсрвлкм"), "arabic": set("اليمونترهسةبد")}
PLAIN_SIGNS = set("“”‘’«»–—…°ºª№€£§·•±≥≤×¡¿،؛؟、，。（）：；《》「」％\u00a0\u200f\u200e\u2003\u3000")
DELIMITERS = (",", ";", "\t", "|")


class Sniffed(NamedTuple):
    """How a file is to be read, the rows of its head as text, what shows it and what has to be asked."""

    read: Read
    rows: list[list[str]]
    title: str
    guesses: list[Guess]
    questions: list[Question]


def sniff(path: Path, answers: dict[str, str]) -> Sniffed:
    """How to read a file. Raises FileRefused for what is no table at all."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise FileRefused("empty_file")
    if head.startswith(b"PK"):
        return _workbook(path, "ods" if b"mimetypeapplication/vnd.oasis" in head[:200] else "xlsx", answers)
    if head.startswith(b"PAR1"):
        first = pl.read_parquet(path, n_rows=FIRST_ROWS)
        rows = [first.columns, *([str(v if v is not None else "") for v in row] for row in first.iter_rows())]
        return Sniffed(
            Read(format="parquet"),
            rows,
            "",
            [Guess("format", "parquet", said("the first bytes of the file say so"))],
            [],
        )
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _json(path, answers)
    return _csv(path, answers)


# Encoding --------------------------------------------------------------------------------------------------------


def encodings(raw: bytes) -> list[tuple[str, float, str]]:
    """Encodings in which bytes make sense, best first: name, how much sense (0 to 2), and what shows it."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return [(name, 2.0, said("the mark at the beginning of the file"))]
    wide = [(name, share) for name in ("utf-16-le", "utf-16-be") if (share := _wide(raw, name))]
    if wide:
        name, share = max(wide, key=lambda pair: pair[1])
        return [(name, 2.0, said("every other byte of the file is empty"))]
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return [("utf-8", 2.0, said("all bytes of the file are valid UTF-8"))]
    some = _telling(raw)
    valid = [name for name in (*ONE_BYTE, *TWO_BYTES) if _decoded(raw, name) is not None]
    found = [(name, *_sense(_decoded(some, name) or "")) for name in valid]
    return sorted(found, key=lambda option: -option[1])


def _telling(raw: bytes) -> bytes:
    """The lines with bytes outside ASCII, up to a megabyte of them: the rest reads alike in every encoding."""
    if len(raw) <= TELLING:
        return raw
    found, size = [], 0
    for line in raw.replace(b"\r", b"\n").split(b"\n"):
        if not line.isascii():
            found.append(line)
            size += len(line)
            if size > TELLING:
                break
    return b"\n".join(found)


def _decoded(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "cp1252":
            return _decoded(raw, "iso-8859-1")
        return None


def _wide(raw: bytes, encoding: str) -> float:
    """Share of line ends and delimiters among the signs, if the bytes are UTF-16 without a mark; else 0."""
    sample = raw[: HEAD - HEAD % 2]
    if b"\0" not in sample:
        return 0
    text = _decoded(sample[: len(sample) // 2 * 2], encoding)
    if text is None or "\0" in text or not text:
        return 0
    return sum(text.count(sign) for sign in "\n\r,;\t|0123456789 ") / len(text)


def _sense(text: str) -> tuple[float, str]:
    tokens = list(dict.fromkeys(_tokens(text)))[:TOKENS]
    if not tokens:
        return 0, said("the file has no letters but those of English")
    plausible = sum(_plausible(token) for token in tokens) / len(tokens)
    known = [token for token in tokens if _known(token)]
    return plausible + min(1.0, 3 * len(known) / len(tokens)), said(
        "{:d} of {:d} words with such letters are known", len(known), len(tokens)
    )


def _tokens(text: str) -> list[str]:
    """Words with at least one sign outside ASCII."""
    cut = "".join(sign if (sign.isalpha() or ord(sign) > 127) and sign not in "\u00a0\u3000" else " " for sign in text)
    return [word for word in cut.split() if not word.isascii()]


def _known(token: str) -> bool:
    if han(token):
        return any(token[i : i + n] in _vocabulary() for n in (2, 3, 4) for i in range(len(token) - n + 1))
    return normalise_text(token) in _vocabulary()


@cache
def _vocabulary() -> frozenset[str]:
    register = gazetteer()
    names = [*register.places["name"], *register.aliases["alias"], *register.names["name"]]
    found = set(known_words())
    for name in names:
        found |= {part for part in normalise_text(name).split() if len(part) > 2 or han(part)}
    return frozenset(found)


def _plausible(token: str) -> float:
    letters = [sign for sign in token if sign not in PLAIN_SIGNS]
    if not letters:
        return 1
    if any(not unicodedata.category(sign).startswith(("L", "M")) for sign in letters):
        return 0
    if all(han(sign) for sign in letters):
        # The first level of GB 2312 and of Big5 are the characters in daily use.
        return sum(_daily(sign) for sign in letters) / len(letters)
    lower = [sign.lower() for sign in letters]
    for name, alphabet in ALPHABETS.items():
        foreign = [sign for sign in lower if not sign.isascii() and sign not in alphabet]
        ascii_letters = sum(sign.isascii() for sign in lower)
        if foreign or (name != "latin" and ascii_letters):
            continue
        if name == "latin":
            run = "".join("x" if sign.isascii() else "y" for sign in letters)
            alone = not ascii_letters and len(letters) > 1
            return 0 if "yyy" in run or alone or _odd_case(letters) else 1
        if _odd_case(letters):
            return 0
        return 0.6 + 0.4 * sum(sign in COMMON[name] for sign in lower) / len(lower)
    return 0


def _daily(sign: str) -> bool:
    try:
        return 0xB0 <= sign.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        try:
            return 0xA4 <= sign.encode("big5")[0] <= 0xC6
        except UnicodeEncodeError:
            return False


def _odd_case(letters: list[str]) -> bool:
    """A capital after a small letter inside a word."""
    return any(a.islower() and b.isupper() for a, b in pairwise(letters))


def _encoding(raw: bytes, answers: dict[str, str]) -> tuple[str, list[Guess], list[Question]]:
    if answers.get("encoding"):
        return answers["encoding"], [Guess("encoding", answers["encoding"], YOUR_ANSWER)], []
    options = encodings(raw)
    best, sense, shown = options[0]
    some = raw if best.startswith("utf") else _telling(raw)
    text = "" if len(options) == 1 else _decoded(some, best) or ""
    close = [(name, s) for name, s, _ in options[1:] if s > sense - MARGIN and _rival(text, _decoded(some, name) or "")]
    if sense >= 0.9 and not close:
        name = "iso-8859-1" if best == "cp1252" and _strict(raw, best) is None else best
        return name, [Guess("encoding", name, shown)], []
    asked = {name: _differing(_decoded(some, name) or "") for name in (best, *(name for name, _ in close[:4]))}
    words = said("The letters of the file can be read in several ways. In which of them are these words right?")
    return best, [], [Question("encoding", words, asked)]


def _rival(text: str, other: str) -> bool:
    """Whether another reading of the same bytes makes about as much sense where the two differ."""
    if text == other:
        return False
    mine, theirs = set(_tokens(text)), set(_tokens(other))
    better, worse = [[_plausible(token) for token in found] for found in (mine - theirs, theirs - mine)]
    known = sum(map(_known, mine - theirs)), sum(map(_known, theirs - mine))
    if better and worse and known[1] == 0 and min(better) >= 0.9:
        return sum(worse) / len(worse) > 0.5
    return True


def _strict(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _differing(text: str) -> str:
    return " · ".join(sorted(dict.fromkeys(_tokens(text)), key=lambda token: not _known(token))[:6])


# Delimited text --------------------------------------------------------------------------------------------------


def _csv(path: Path, answers: dict[str, str]) -> Sniffed:
    raw = path.read_bytes()
    encoding, guesses, questions = _encoding(raw, answers)
    text = raw[: HEAD * 4].decode(encoding, errors="replace").removeprefix("\ufeff")
    cut = text if len(raw) <= HEAD * 4 else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    if "\0" in cut:
        raise FileRefused("unreadable", value="empty bytes", known="CSV")
    delimiter, quote, rows, found, asked = _dialect(cut, answers)
    at, title, more, again = header_row(rows, answers)
    guesses += [*found, *more]
    questions += [*asked, *again]
    above = any(guess.key == "groups_above" for guess in more)
    read = Read(format="csv", encoding=encoding, delimiter=delimiter, quote=quote, header_row=at, groups_above=above)
    return Sniffed(read, rows, title, guesses, questions)


def _dialect(text: str, answers: dict[str, str]) -> tuple[str, str, list[list[str]], list[Guess], list[Question]]:
    """Delimiter, quote, rows, and what shows or asks for them."""
    given = {"tab": "\t"}.get(answers.get("delimiter", ""), answers.get("delimiter"))
    tried = []
    for delimiter in [given] if given else DELIMITERS:
        for quote in ('"', "'"):
            rows = _cut(text, delimiter, quote)
            tried.append((*_regular(rows, delimiter), quote == "'", delimiter, quote, rows))
    tried = [one for one in tried if one[4] == '"' or _wrapped(text, one[3], one[4])]
    best = max(tried, key=lambda one: one[:3])
    regular, width, _, delimiter, quote, rows = best
    if width < 2:
        return (
            delimiter if given else ",",
            '"',
            rows,
            [Guess("delimiter", ",", said("the file has a single column"))],
            [],
        )
    # What stands between the columns stands between their names too.
    names = "".join(next(row for row in rows if len(row) == width))
    rivals = [
        one
        for one in tried
        if one[3] != delimiter and one[1] > 1 and one[0] > regular - 0.1 and one[3] in names
        if not _in_numbers(text, one[3])
    ]
    if rivals and not given:
        options = {
            _word(one[3]): said("the sign “{}” makes {:d} columns", _word(one[3]), one[1]) for one in (best, *rivals)
        }
        asked = Question("delimiter", said("Which sign stands between the columns?"), options)
        return delimiter, quote, rows, [], [asked]
    shown = said("this sign cuts {} of the first rows into {:d} columns each", f"{regular:.0%}", width)
    guesses = [Guess("delimiter", _word(delimiter), shown, regular)]
    if quote == "'":
        guesses.append(Guess("quote", quote, said("cells stand between such signs")))
    return delimiter, quote, rows, guesses, []


def _in_numbers(text: str, sign: str) -> bool:
    """Whether a sign mostly stands between two digits, as in 1044,5: then it divides numbers, and no columns."""
    all_of_it = text.count(sign)
    return sign == "," and len(re.findall(r"(?<=\d),(?=\d)", text)) >= 0.8 * all_of_it


def _word(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else delimiter


def _wrapped(text: str, delimiter: str, quote: str) -> bool:
    """Whether cells stand between two quotes of this kind, and none between double ones."""
    lines = text.splitlines()[:FIRST_ROWS]
    around = sum(line.count(f"{delimiter}{quote}") + line.startswith(quote) for line in lines)
    ends = sum(line.count(f"{quote}{delimiter}") + line.endswith(quote) for line in lines)
    return around > 0 and around == ends and f'{delimiter}"' not in text and not text.startswith('"')


def _cut(text: str, delimiter: str, quote: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote):
            rows.append(row)
            if len(rows) == FIRST_ROWS:
                break
    except csv.Error:
        return rows
    return rows


def _regular(rows: list[list[str]], delimiter: str) -> tuple[float, int]:
    """Share of rows that are as wide as most, and that width."""
    widths = [len(row) for row in rows if any(cell.strip() for cell in row)]
    if not widths:
        return 0, 0
    wide = [width for width in widths if width > 1]
    if not wide:
        return 0, 1
    usual = max(set(wide), key=lambda width: (wide.count(width), width))
    # Titles above and footnotes below are narrower; they do not speak against a delimiter as other widths do.
    others = [width for width in widths if width not in (1, usual)]
    agreed = wide.count(usual) / (wide.count(usual) + 2 * len(others) + 0.25 * widths.count(1))
    return agreed, usual


# Header row ------------------------------------------------------------------------------------------------------


def header_row(rows: list[list[str]], answers: dict[str, str]) -> tuple[int, str, list[Guess], list[Question]]:
    """The header's row (1-based), the titles above it, and what shows or asks for it."""
    filled = [[cell.strip() for cell in row] for row in rows]
    counts = [sum(1 for cell in row if cell) for row in filled]
    usual = max((c for c in counts if c), key=lambda c: (counts.count(c), c), default=0)
    widest = max(counts, default=0)
    if widest == 0:
        raise FileRefused("empty_file")
    if answers.get("header_row"):
        at = int(answers["header_row"])
        return at, _title(filled[: at - 1]), [Guess("header_row", str(at), YOUR_ANSWER)], []
    scores = {i: _likeness(row) for i, row in enumerate(filled[:HIGHEST_HEADER]) if counts[i] >= max(1, 0.6 * usual)}
    scores = {i: score for i, score in scores.items() if counts[i] >= 2 or widest == 1}
    if not scores:
        raise FileRefused("no_rows")
    first = min(scores)
    best = max(scores, key=lambda i: (scores[i], -i))
    at = first if scores[first] >= scores[best] - 0.15 else best
    if two := next((i for i in (at, at + 1) if two_levels(filled, i)), None):
        shown = said("the row above it names groups of columns")
        guesses = [Guess("header_row", str(two + 1), said("its cells are names, and those below are not"))]
        return two + 1, _title(filled[: two - 1]), [*guesses, Guess("groups_above", str(two), shown)], []
    known = sum(bool(_known_header(cell)) for cell in filled[at] if cell)
    if scores[at] < 0.5 or (known == 0 and at + 1 < len(filled) and _alike(filled[at], filled[at + 1 :])):
        options = {str(i + 1): _shown(i, filled[i]) for i in list(scores)[:6]}
        asked = Question("header_row", said("Which row holds the names of the columns?"), options)
        return at + 1, _title(filled[:at]), [], [asked]
    below = at + 1
    if below in scores and counts[below] and all(not any(s.isdigit() for s in cell) for cell in filled[below]):
        also = sum(bool(_known_header(cell)) for cell in filled[below] if cell)
        if also >= 2 and also >= 0.5 * counts[below]:
            options = {str(i + 1): _shown(i, filled[i]) for i in (at, below)}
            words = said("Two rows may hold the names of the columns. Which one?")
            return at + 1, _title(filled[:at]), [], [Question("header_row", words, options)]
    shown = said("its cells are names, and those below are not")
    if known:
        shown = said("{:d} of its {:d} texts are words of headers", known, counts[at])
    return at + 1, _title(filled[:at]), [Guess("header_row", str(at + 1), shown)], []


def two_levels(rows: list[list[str]], at: int) -> bool:
    """Whether a row holds names of columns and the row above those of groups of them.

    Each column then has a name in one of the two, some group spans several, and no two columns share both names.
    """
    if at < 1 or at + 1 >= len(rows):
        return False
    width = max(len(rows[at - 1]), len(rows[at]))
    above, own = ([*row, *[""] * (width - len(row))] for row in (rows[at - 1], rows[at]))
    while width and not above[width - 1] and not own[width - 1]:
        width -= 1
    above, own = above[:width], own[:width]
    filled = [cell for cell in (*above, *own) if cell]
    if min(sum(map(bool, above)), sum(map(bool, own))) < 2 or any(
        _numeric(cell) and not _year(cell) for cell in filled
    ):
        return False
    # The first columns say which place or thing a row is about: those of a form's head span them too.
    if (above[0] and own[0]) or any(":" in cell or "：" in cell for cell in above):
        return False
    shape = [_numeric(cell) and not _year(cell) for cell in own]
    if _alike_shape(shape, rows[at + 1 :]):
        return False
    spans = any(above[i] and own[i] and not above[i + 1] and own[i + 1] for i in range(width - 1))
    names = grouped(above, own)
    return spans and all(names) and len(set(names)) == width


def _shown(at: int, row: list[str]) -> str:
    """The words of headers in a row: what else stands there may be about people."""
    known = [cell for cell in row if cell and _known_header(cell)]
    if known:
        return said("row {:d}: “{}”", at + 1, " | ".join(known[:6]))
    return said("row {:d}, with {:d} texts", at + 1, sum(map(bool, row)))


def _title(above: list[list[str]]) -> str:
    return " · ".join(cell for row in above for cell in row if cell)


def _likeness(row: list[str]) -> float:
    """How much a row looks like names of columns: texts, each once, some of them words of headers."""
    cells = [cell for cell in row if cell]
    texts = sum(not _numeric(cell) or _year(cell) for cell in cells) / len(cells)
    once = len(set(cells)) / len(cells)
    known = sum(bool(_known_header(cell)) for cell in cells) / len(cells)
    return 0.5 * texts * once + 0.5 * known * texts


def _numeric(cell: str) -> bool:
    return any(sign.isdigit() for sign in cell) and not any(sign.isalpha() for sign in cell)


def _year(cell: str) -> bool:
    return len(cell) == 4 and cell.isdigit() and 1900 <= int(cell) <= 2100


def _known_header(cell: str) -> bool:
    text = plain(cell)
    if _year(cell) or any(text in words for words in lists("words.toml", "months").values()):
        return True
    tables = ("roles", "personal")
    if any(
        lexicon("headers.toml", table, name).is_one(text) for table in tables for name in lists("headers.toml", table)
    ):
        return True
    return len(text) < 60 and bool(mentions(cell, "objects") or mentions(cell, "actions"))


def _alike(row: list[str], below: list[list[str]]) -> bool:
    """Whether a row has numbers and texts in the same columns as those below it: then it is no header."""
    return _alike_shape([_numeric(cell) for cell in row], below)


def _alike_shape(shape: list[bool], below: list[list[str]]) -> bool:
    others = [[_numeric(cell) for cell in other[: len(shape)]] for other in below[:20] if len(other) >= len(shape)]
    texts_only = not any(shape) and not any(any(other) for other in others)
    return texts_only or shape in others


# Workbooks and JSON ----------------------------------------------------------------------------------------------


def _workbook(path: Path, form: str, answers: dict[str, str]) -> Sniffed:
    grid(path)  # Looks the archive over before anything else opens it.
    names = fastexcel.read_excel(path).sheet_names
    sheets = {name: _cells(grid(path, name)) for name in names}
    tables = [name for name, rows in sheets.items() if sum(sum(map(bool, row)) > 1 for row in rows) > 2]
    guesses: list[Guess] = []
    questions: list[Question] = []
    chosen = answers.get("sheet") if answers.get("sheet") in sheets else None
    if chosen is None:
        chosen = tables[0] if tables else names[0]
        if len(tables) > 1:
            options = {name: said("the sheet “{}” with {:d} rows", name, len(sheets[name])) for name in tables}
            questions.append(Question("sheet", said("Which sheet holds the data?"), options))
        else:
            guesses.append(Guess("sheet", chosen, said("it is the only sheet with a table")))
    rows = sheets[chosen]
    at, title, found, asked = header_row(rows[:FIRST_ROWS], answers)
    above = any(guess.key == "groups_above" for guess in found)
    read = Read(format="ods" if form == "ods" else "xlsx", sheet=chosen, header_row=at, groups_above=above)
    named = f"{title} · {chosen}" if len(chosen) > 6 else title
    return Sniffed(read, rows[:FIRST_ROWS], named, [*guesses, *found], [*questions, *asked])


def _cells(sheet: pl.DataFrame) -> list[list[str]]:
    return [list(row) for row in sheet.head(FIRST_ROWS).iter_rows()]


def _json(path: Path, answers: dict[str, str]) -> Sniffed:
    encoding, guesses, questions = _encoding(path.read_bytes(), answers)
    try:
        loaded = json.loads(path.read_bytes().decode(encoding).removeprefix("\ufeff"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileRefused("unreadable", value=str(error)[:80], known="JSON") from error
    records: str | None = None
    if isinstance(loaded, dict):
        keys = [
            key for key, value in loaded.items() if isinstance(value, list) and value and isinstance(value[0], dict)
        ]
        if not keys:
            raise FileRefused("no_rows")
        records = answers.get("records") if answers.get("records") in keys else keys[0]
        if len(keys) > 1 and "records" not in answers:
            options = {key: said("the list “{}” with {:d} records", key, len(loaded[key])) for key in keys}
            questions.append(Question("records", said("Which list of the file holds the data?"), options))
        loaded = loaded[records]
    if not loaded or not all(isinstance(record, dict) for record in loaded):
        raise FileRefused("no_rows")
    names = list(dict.fromkeys(name for record in loaded for name in record))
    rows = [
        [*map(no_pattern, names)],
        *([str(record.get(name, "")) for name in names] for record in loaded[:FIRST_ROWS]),
    ]
    guesses.append(Guess("format", "json", said("the file is a list of {:d} records", len(loaded))))
    return Sniffed(Read(format="json", encoding=encoding, records=records), rows, "", guesses, questions)
