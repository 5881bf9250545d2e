"""What each column is, by the words of its header and by its cells; where the two do not agree it is asked."""

from dataclasses import dataclass, field

from ingest.draft.said import Guess, Question
from ingest.draft.values import (
    Column,
    Dates,
    Numbers,
    counting,
    dated,
    label_share,
    link_share,
    month_of,
    month_share,
    numbered,
    words_share,
    year_share,
)
from ingest.draft.words import entries, is_one_of, lists, mentions, plain, says

SURE = 0.9
MOST = 0.6
PLACES = ("country", "admin1", "admin2", "place")
LOOKUPS = ("firearm_type", "condition", "legal_justification", "acquisition")
KEPT = ("agency", "calibre", "make", "model")
LEFT_OUT = {
    "description": "free text, which may name people",
    "site": "finer than the place register",
    "lat": "points of single events are not needed for any figure",
    "lon": "points of single events are not needed for any figure",
    "row_number": "numbers the rows",
    "language": "says nothing that is counted",
    "departure": "not yet mapped: the route of what was seized",
    "transit": "not yet mapped: the route of what was seized",
    "destination": "not yet mapped: the route of what was seized",
    "manufacture_country": "not yet mapped: the country of manufacture",
    "day": "the day stands in another column",
}
CHOICES = {
    "year": "the year",
    "month": "the month",
    "date": "the day",
    "period": "the period, such as 2019-03 or 2019-Q1",
    "country": "the country",
    "admin1": "the state or province",
    "admin2": "the municipality or district",
    "count": "a number that is counted",
    "firearm_type": "the kind of weapon or thing",
    "items": "several things with their numbers in one cell",
    "condition": "how the weapon was made",
    "legal_justification": "the legal ground",
    "acquisition": "where the row's information comes from",
    "evidence_ref": "a public link",
    "agency": "the service",
    "calibre": "the calibre",
    "make": "the make",
    "model": "the model",
    "event_key": "the identifier of the event",
    "ignore": "none of these: leave it out",
}


@dataclass
class Found:
    """What one column was found to be. `role` is '' where it has to be asked."""

    column: Column
    role: str = ""
    evidence: str = ""
    share: float = 1.0
    why: str = ""
    """Why it is not used, where it is not."""
    numbers: Numbers | None = None
    dates: Dates | None = None
    months: dict[str, str] = field(default_factory=dict)
    period: tuple[str | None, str | None] | None = None
    """Year and month in the header, where it is one of many such columns."""
    code: dict[str, str] = field(default_factory=dict)
    """What a column of numbers counts, where its header is a word of the lookup lists."""
    likely: tuple[str, ...] = ()
    """What its header says, whatever the cells hold."""


def by_header(name: str) -> tuple[list[str], list[str]]:
    """Roles whose words are the whole header, and roles whose words it says."""
    text = plain(name)
    tables = ("roles", "personal")
    whole = [role for table in tables for role, words in lists("headers.toml", table).items() if is_one_of(text, words)]
    said: dict[str, str] = {}
    for table in tables:
        for role, words in lists("headers.toml", table).items():
            # One letter or a number sign says nothing inside a longer header.
            hits = [word for word in words if len(word) > 2 or word == text or any(ord(s) > 0x3000 for s in word)]
            hits = [word for word in hits if says(text, word)]
            if hits:
                said[role] = max(hits, key=len)
    longest = max(map(len, said.values()), default=0)
    near = [role for role, word in sorted(said.items(), key=lambda pair: -len(pair[1])) if len(word) > 0.6 * longest]
    return whole, [role for role in near if role not in whole]


def usable(name: str) -> bool:
    """Whether a header can be written into a template: it is not empty and has none of the signs templates have."""
    return bool(name) and not set(name) & set("{}:!")


def header_period(name: str) -> tuple[str | None, str | None] | None:
    """('2019', None), (None, '03') or ('2019', '03') for a header that is a year, a month or both."""
    text = plain(name)
    parts = text.split()
    years = [part for part in parts if len(part) == 4 and part.isdigit() and 1900 <= int(part) <= 2100]
    rest = [part for part in parts if part not in years]
    if month := month_of(name):
        return None, month
    if len(years) == 1 and (not rest or rest in (["ano"], ["year"], ["annee"], ["г"], ["год"])):
        return years[0], None
    if len(years) == 1 and len(rest) == 1:
        month = month_of(rest[0])
        if month is None and rest[0].isdigit() and len(rest[0]) == 2 and 1 <= int(rest[0]) <= 12:
            month = rest[0]
        return (years[0], month) if month else None
    if len(parts) == 1 and parts[0][:4].isdigit() and parts[0][4:] == "年" and 1900 <= int(parts[0][:4]) <= 2100:
        return parts[0][:4], None
    return None


def header_code(name: str) -> dict[str, str]:
    """What a header that names a kind of weapon stands for: 'Pistolas' → PISTOL; {} for any other."""
    known = entries("firearm_type")
    text = plain(name)
    if text in known:
        return known[text]
    done = {word for words in lists("headers.toml", "actions").values() for word in words}
    rest = [part for part in text.split() if not any(is_one_of(part, (word,)) for word in done)]
    rest = [
        part for part in rest if part not in ("de", "of", "no", "number", "total", "cantidad", "quantidade", "nombre")
    ]
    return known.get(" ".join(rest), {}) if rest else {}


def find(column: Column, answer: str | None, order: str | None) -> Found:
    """What a column is, from its header and its cells, or from a person's answer."""
    found = Found(column)
    whole, near = by_header(column.name)
    found.likely = tuple(dict.fromkeys([*whole, *near]))
    if not usable(column.name):
        return found
    if column.filled == 0:
        return _left(found, "empty", "has no cell with text", "every cell is empty")
    found.numbers = numbered(column)
    if answer:
        return _answered(found, answer, order)
    numeric = found.numbers.share >= SURE
    personal = [role for role in found.likely if role in lists("headers.toml", "personal")]
    if personal and not numeric and (personal[0] in whole or not set(found.likely) & {*PLACES, "site", "date"}):
        return _left(
            found, "personal", f"“{column.name}” is a word for personal data", f"personal data ({personal[0]})"
        )
    if personal and personal[0] in whole and "count" not in found.likely and not mentions(column.name, "objects"):
        return _left(
            found, "personal", f"“{column.name}” is a word for personal data", f"personal data ({personal[0]})"
        )
    if (share := link_share(column)) >= 0.8:
        return _is(found, "evidence_ref", f"{share:.0%} of its cells are web addresses", share)
    return _by_both(found, whole, near, numeric, order)


def _by_both(found: Found, whole: list[str], near: list[str], numeric: bool, order: str | None) -> Found:
    column = found.column
    assert found.numbers is not None
    if numeric:
        period = header_period(column.name)
        if period:
            found.period = period
            return _is(found, "period_column", "its header is a period and its cells are numbers", found.numbers.share)
        if code := header_code(column.name):
            found.code = code
            return _is(found, "count", "its header is a kind of thing and its cells are numbers", found.numbers.share)
    for role in [*whole, *near]:
        if (sure := _as(found, role, role in whole, numeric, order)) is not None:
            return sure
    if numeric and mentions(column.name, "objects") and not mentions(column.name, "against").get("words"):
        word = next(iter(mentions(column.name, "objects").values()))
        return _is(found, "count", f"its header says “{word}” and its cells are numbers", found.numbers.share)
    if numeric and mentions(column.name, "actions") and not mentions(column.name, "against").get("words"):
        return _is(found, "count", "its header says what was done and its cells are numbers", found.numbers.share)
    return _by_cells(found, numeric, order)


def _as(found: Found, role: str, whole: bool, numeric: bool, order: str | None) -> Found | None:
    """The column as what its header says, if its cells agree."""
    header = f"its header “{found.column.name}”"
    if role in ("year", "month", "day", "date", "period"):
        return _time(found, role, header, numeric, order)
    if role in LOOKUPS or role == "items":
        return None if numeric else _words(found, role, header)
    if role in PLACES or role == "site":
        return None if numeric else _is(found, role, header)
    if role == "count" or (role == "total" and whole):
        number = numeric and not mentions(found.column.name, "against").get("words")
        return _is(found, role, f"{header}, and its cells are numbers", _share(found)) if number else None
    return _as_it_stands(found, role, header, whole, numeric)


def _share(found: Found) -> float:
    return found.numbers.share if found.numbers else 0


def _time(found: Found, role: str, header: str, numeric: bool, order: str | None) -> Found | None:
    column = found.column
    if role == "day":
        return _is(found, "day", header) if numeric else None
    if role == "year" and (share := year_share(column)) >= SURE:
        return _is(found, "year", f"{header}, and {share:.0%} of its cells are years", share)
    if role == "month":
        share, found.months = month_share(column)
        if share >= SURE:
            return _is(found, "month", f"{header}, and {share:.0%} of its cells are months", share)
    if role == "period" and (share := label_share(column)) >= SURE:
        return _is(found, "label", f"{header}, and {share:.0%} of its cells are periods", share)
    dates = dated(column, order)
    if dates is None or mentions(column.name, "against").get("dates"):
        return None
    found.dates = dates
    return _is(found, "date", f"{header}; {dates.evidence}", dates.share)


def _words(found: Found, role: str, header: str) -> Found | None:
    if role == "items":
        share = _several(found.column)
        return (
            _is(found, role, f"{header}, and its cells name things with their numbers", share) if share >= 0.5 else None
        )
    share = words_share(found.column, role)
    # Where a row's information comes from may be a person: most of its words have to be known ones.
    if share >= (0.75 if role == "acquisition" else 0.5):
        return _is(found, role, f"{header}, and {share:.0%} of its words are known", share)
    if role == "firearm_type" and (share := _several(found.column)) >= 0.3:
        return _is(found, "items", "its cells name several things with their numbers", share)
    return None


def _as_it_stands(found: Found, role: str, header: str, whole: bool, numeric: bool) -> Found | None:
    column = found.column
    once = len(column.texts) / column.filled
    if role == "description" or (role in LEFT_OUT and whole and role != "row_number"):
        return _left(found, role, header, LEFT_OUT[role])
    if role == "evidence_ref" and link_share(column) > 0.3:
        return _is(found, role, header, link_share(column))
    if not whole:
        return None
    if role == "row_number" and counting(column):
        return _left(found, role, f"{header}, and it counts the rows", LEFT_OUT[role])
    if role == "event_key" and once >= 0.95:
        return _is(found, role, f"{header}, and hardly any text stands there twice", once)
    if role in KEPT and (not numeric or role == "calibre"):
        return _is(found, role, header)
    if role == "place_code" and not mentions(column.name, "objects"):
        return _is(found, role, header)
    return None


def _by_cells(found: Found, numeric: bool, order: str | None) -> Found:
    """What the cells alone show beyond doubt."""
    column = found.column
    if counting(column) and not found.likely:
        return _left(found, "row_number", "it counts the rows from first to last", LEFT_OUT["row_number"])
    if not numeric:
        dates = dated(column, order)
        if dates is not None and dates.share >= SURE and dates.precision == "day":
            found.dates = dates
            return _is(found, "date", dates.evidence, dates.share)
        if len(column.texts) < 2000:
            shares = {table: words_share(column, table) for table in LOOKUPS}
            best = max(shares, key=lambda table: shares[table])
            rivals = [table for table in LOOKUPS if table != best and shares[table] >= shares[best]]
            if shares[best] >= 0.75 and not rivals:
                return _is(found, best, f"{shares[best]:.0%} of its words are known", shares[best])
            if (share := _several(column)) >= 0.6:
                return _is(found, "items", "its cells name several things with their numbers", share)
    return found


def _several(column: Column) -> float:
    """Share of the distinct cells that begin with a number or a numeral and go on with a known word."""
    from ingest.draft.cells import understood

    return understood(column)


def _answered(found: Found, answer: str, order: str | None) -> Found:
    if answer == "ignore":
        return _left(found, "ignore", "your answer", "left out by the contributor")
    if answer == "date":
        found.dates = dated(found.column, order)
    if answer == "month":
        _, found.months = month_share(found.column)
    if answer == "count":
        found.code = header_code(found.column.name)
    return _is(found, answer, "your answer")


def _is(found: Found, role: str, evidence: str, share: float = 1.0) -> Found:
    found.role, found.evidence, found.share = role, evidence, share
    return found


def _left(found: Found, role: str, evidence: str, why: str) -> Found:
    found.why = why
    return _is(found, role, evidence)


def guess(found: Found) -> Guess:
    """A found column as a guess."""
    return Guess(f"column:{found.column.name}", found.role, found.evidence, found.share)


def question(found: Found) -> Question:
    """What a column is, asked with the likeliest answers first."""
    likely = [role for role in found.likely if role in CHOICES]
    options = {role: CHOICES[role] for role in dict.fromkeys([*likely, *CHOICES])}
    words = f"What is the column “{found.column.name}”?"
    return Question(f"column:{found.column.name}", words, options, tuple(found.column.rows[:3].to_list()))
