"""What each column is, by the words of its header and by its cells; where the two do not agree it is asked."""

from dataclasses import dataclass, field

from ingest.draft.column import Column
from ingest.draft.periods import Part, fiscal_quarter, labels, month_share, quarter_of, whole_quarters, year_and_part
from ingest.draft.said import LEFT_BY_ANSWER, YOUR_ANSWER, Guess, Question
from ingest.draft.values import (
    Dates,
    Numbers,
    counting,
    dated,
    in_blocks,
    link_share,
    numbered,
    words_share,
    year_share,
)
from ingest.draft.words import entries, han, left_over, lexicon, lists, mentions, plain
from ingest.personal import of_values
from ingest.personal import words as personal_words
from schemas.said import said

SURE = 0.9
MOST = 0.6
PLACES = ("country", "admin1", "admin2", "place")
LOOKUPS = ("firearm_type", "condition", "legal_justification", "acquisition")
BY_CELLS = LOOKUPS[:3]
"""Lists whose words alone show what a column is. Names of services may say who seized, or who told of it."""
KEPT = ("agency", "calibre", "make", "model")
LEFT_OUT = {
    "description": said("free text, which may name people"),
    "site": said("it is finer than the register of places"),
    "lat": said("points of single events are not needed for any figure"),
    "lon": said("points of single events are not needed for any figure"),
    "row_number": said("it numbers the rows"),
    "language": said("it says nothing that is counted"),
    "departure": said("not yet mapped: the route of what was seized"),
    "transit": said("not yet mapped: the route of what was seized"),
    "destination": said("not yet mapped: the route of what was seized"),
    "manufacture_country": said("not yet mapped: the country of manufacture"),
    "day": said("the day stands in another column"),
}
NO_ROLE = said("nothing in its header or its cells names what the commons counts, where, when or how it is known")
OTHER_DAY = said("a day that is not that of the event")
OTHER_NUMBER = said("a number of something the commons does not count")
KNOWN = 0.75
"""Share of known words that shows what a column is, whatever its header says."""
SAMPLE = 2000
"""Different cells of a column that are looked through for personal data; the whole file was when it was taken in."""
FEW = 60
"""Different texts a column of kinds may have; more are names or sentences."""
SHORT = 30
"""Letters of a usual cell of a column of kinds; longer ones are sentences."""
PERSONAL = said("may hold personal data")
SEVERAL = said("its cells name several things with their numbers")
CHOICES = {
    "year": said("the year"),
    "month": said("the month"),
    "quarter": said("the quarter"),
    "date": said("the day"),
    "period": said("the period, such as 2019-03 or 2019-Q1"),
    "country": said("the country"),
    "admin1": said("the state or province"),
    "admin2": said("the municipality or district"),
    "count": said("a number that is counted"),
    "firearm_type": said("the kind of weapon or thing"),
    "items": said("several things with their numbers in one cell"),
    "condition": said("how the weapon was made"),
    "legal_justification": said("the legal ground"),
    "acquisition": said("where the row's information comes from"),
    "evidence_ref": said("a public link"),
    "agency": said("the service"),
    "calibre": said("the calibre"),
    "make": said("the make"),
    "model": said("the model"),
    "event_key": said("the identifier of the event"),
    "incident": said("the identifier of an event that takes several rows"),
    "ignore": said("none of these: leave it out"),
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
    period: Part | None = None
    """Year and month in the header, where it is one of many such columns."""
    rest: str = ""
    """What else such a header says."""
    code: dict[str, str] = field(default_factory=dict)
    """What a column of numbers counts, where its header is a word of the lookup lists."""
    likely: tuple[str, ...] = ()
    """What its header says, whatever the cells hold."""
    whole: bool = False
    """Whether a word for its role is the whole header."""


def by_header(name: str) -> tuple[list[str], list[str]]:
    """Roles whose words are the whole header, and roles whose words it says."""
    text = plain(name)
    tables = ("roles", "personal")
    known = {role: lexicon("headers.toml", table, role) for table in tables for role in lists("headers.toml", table)}
    whole = [role for role, words in known.items() if words.is_one(text)]
    spoken: dict[str, str] = {}
    for role, words in known.items():
        # One letter or a number sign says nothing inside a longer header.
        hits = [word for word in words.said_by(text) if len(word) > 2 or word == text or han(word)]
        if hits:
            spoken[role] = max(hits, key=len)
    longest = max(map(len, spoken.values()), default=0)
    near = [role for role, word in sorted(spoken.items(), key=lambda pair: -len(pair[1])) if len(word) > 0.6 * longest]
    return whole, [role for role in near if role not in whole]


def personal_inside(column: Column) -> str:
    """What personal data most cells look like, in words; '' where they do not."""
    sample = dict(zip(column.texts[:SAMPLE].to_list(), column.counts[:SAMPLE].to_list(), strict=True))
    seen = [
        one
        for one in of_values(column.name, "", sample)
        if one.kind != "exact_coordinates" and one.rows > MOST * sum(sample.values())
    ]
    return str(personal_words()[seen[0].kind]["said"]) if seen else ""


def usable(name: str) -> bool:
    """Whether a header can be written into a template: it is not empty and has none of the signs templates have."""
    return bool(name) and not set(name) & set("{}:!")


def says_total(name: str) -> bool:
    """Whether a header says that it is a total: 'Total arms', 'Всего изъято'."""
    return any(lexicon("headers.toml", "row_words", words).said_by(plain(name)) for words in ("total", "sum_of"))


def header_code(name: str) -> dict[str, str]:
    """What a header that names a kind of weapon stands for: 'Pistolas' → PISTOL; {} for any other.

    Words before or behind it may say what was done and that a number stands there, and nothing else.
    """
    known = entries("firearm_type")
    parts = plain(name).split()
    spans = [(i, j) for i in range(len(parts)) for j in range(len(parts), i, -1)]
    for i, j in sorted(spans, key=lambda ends: ends[0] - ends[1]):
        if (code := known.get(" ".join(parts[i:j]))) and not left_over(" ".join([*parts[:i], *parts[j:]])):
            return code
    return {}


def header_in_period(name: str) -> tuple[str, Part] | None:
    """'Pistols' and ('2021', None) for '2021 Pistols' or 'Pistols 2021', where the rest says what is counted."""
    parts = name.split()
    for i in range(1, len(parts)):
        for text, rest in ((parts[:i], parts[i:]), (parts[i:], parts[:i])):
            period, other = year_and_part(" ".join(text)), " ".join(rest)
            if period and (header_code(other) or mentions(other, "objects") or mentions(other, "actions")):
                return other, period
    return None


def find(column: Column, answer: str | None, order: str | None) -> Found:
    """What a column is, from its header and its cells, or from a person's answer."""
    found = Found(column)
    whole, near = by_header(column.name)
    found.likely = tuple(dict.fromkeys([*whole, *near]))
    if not usable(column.name):
        return found
    if column.filled == 0:
        return _left(found, "empty", said("it has no cell with text"), said("every cell is empty"))
    found.numbers = numbered(column)
    if answer:
        return _answered(found, answer, order)
    numeric = found.numbers.share >= SURE
    personal = [role for role in found.likely if role in lists("headers.toml", "personal")]
    if personal and not numeric and (personal[0] in whole or not set(found.likely) & {*PLACES, "site", "date"}):
        return _left(found, "personal", said("“{}” is a word for personal data", column.name), PERSONAL)
    if personal and personal[0] in whole and "count" not in found.likely and not mentions(column.name, "objects"):
        return _left(found, "personal", said("“{}” is a word for personal data", column.name), PERSONAL)
    if not numeric and (kind := personal_inside(column)):
        return _left(found, "personal", said("many of its cells look like {}", kind), PERSONAL)
    if (share := link_share(column)) >= 0.8:
        return _is(found, "evidence_ref", said("{} of its cells are web addresses", f"{share:.0%}"), share)
    return _by_both(found, whole, near, numeric, order)


def _by_both(found: Found, whole: list[str], near: list[str], numeric: bool, order: str | None) -> Found:
    column = found.column
    assert found.numbers is not None
    if numeric:
        period = year_and_part(column.name)
        if period is None and fiscal_quarter(column.name):
            shown = said("its header is a quarter of a year over two years, and its cells are numbers")
            return _is(found, "fiscal_column", shown, found.numbers.share)
        if period:
            found.period = period
            shown = said("its header is a period, and its cells are numbers")
            return _is(found, "period_column", shown, found.numbers.share)
        if (inside := header_in_period(column.name)) and not mentions(column.name, "against").get("words"):
            found.rest, found.period = inside
            found.code = {**header_code(found.rest)}
            shown = said("its header names a period and what is counted, and its cells are numbers")
            return _is(found, "period_column", shown, found.numbers.share)
        if code := header_code(column.name):
            found.code = {**code}
            shown = said("its header is a kind of thing, and its cells are numbers")
            return _is(found, "count", shown, found.numbers.share)
    for role in [*whole, *near]:
        if (sure := _as(found, role, role in whole, numeric, order)) is not None:
            sure.whole = role in whole
            return sure
    if numeric and mentions(column.name, "objects") and not mentions(column.name, "against").get("words"):
        word = next(iter(mentions(column.name, "objects").values()))
        shown = said("its header says “{}”, and its cells are numbers", word)
        return _is(found, "count", shown, found.numbers.share)
    if numeric and mentions(column.name, "actions") and not mentions(column.name, "against").get("words"):
        shown = said("its header says what was done, and its cells are numbers")
        return _is(found, "count", shown, found.numbers.share)
    return _by_cells(found, numeric, order)


def _as(found: Found, role: str, whole: bool, numeric: bool, order: str | None) -> Found | None:
    """The column as what its header says, if its cells agree."""
    name = found.column.name
    header = said("its header is “{}”", name)
    if role in ("year", "month", "quarter", "day", "date", "period"):
        return _time(found, role, numeric, order)
    if role in LOOKUPS or role == "items":
        return None if numeric else _words(found, role, whole)
    if role in PLACES or role == "site":
        return None if numeric else _is(found, role, header)
    if role == "count" or (role == "total" and whole):
        number = numeric and not mentions(found.column.name, "against").get("words")
        shown = said("its header is “{}”, and its cells are numbers", name)
        return _is(found, role, shown, _share(found)) if number else None
    return _as_it_stands(found, role, header, whole, numeric)


def _share(found: Found) -> float:
    return found.numbers.share if found.numbers else 0


def _time(found: Found, role: str, numeric: bool, order: str | None) -> Found | None:
    column = found.column
    if role == "day":
        return _is(found, "day", said("its header is “{}”", column.name)) if numeric else None
    if role == "year" and mentions(column.name, "against").get("years"):
        # It may begin in another month than January.
        return None
    if role == "year" and (share := year_share(column)) >= SURE:
        shown = said("its header is “{}”, and {} of its cells are years", column.name, f"{share:.0%}")
        return _is(found, "year", shown, share)
    if role == "quarter" and whole_quarters(column):
        found.months = {text: part for text in column.texts if (part := quarter_of(text))}
        return _is(found, "quarter", said("its header is “{}”, and its cells are quarters", column.name))
    if role == "month":
        share, found.months = month_share(column)
        if share >= SURE:
            shown = said("its header is “{}”, and {} of its cells are months", column.name, f"{share:.0%}")
            return _is(found, "month", shown, share)
    if role == "period" and (label := _label(found)):
        return label
    dates = dated(column, order)
    if dates is None:
        return _label(found)
    if word := mentions(column.name, "against").get("dates"):
        return _left(found, "day", said("its header says “{}”", word), OTHER_DAY)
    found.dates = dates
    shown = said("its header is “{}”; {}", column.name, dates.evidence) if dates.evidence else ""
    shown = shown or said("its header is “{}”", column.name)
    return _is(found, "date", shown, dates.share)


def _label(found: Found) -> Found | None:
    """The column as one of periods, if its cells name them."""
    column = found.column
    share, words = labels(column)
    if share >= SURE:
        found.months = words
        return _is(found, "label", said("{} of its cells are periods", f"{share:.0%}"), share)
    if column.filled and len(column.texts) <= FEW and all(map(fiscal_quarter, column.latin.to_list())):
        return _is(found, "fiscal", said("its cells are quarters of years that begin in one year and end in the next"))
    return None


def no_role(found: Found, *, placed: bool) -> Found | None:
    """The column as one that is left out, if nothing speaks for any role; None where a person has to say.

    A header that is a word for a role, cells that say what was done, numbers that may be counts, and what several rows
    of one record may share are never set aside so; nor, until something else says where in a country a row lies
    (`placed`), cells that could be places: its numbers would be taken for the country's.
    """
    column, numbers = found.column, found.numbers
    if not usable(column.name) or numbers is None or mentions(column.name, "actions"):
        return None
    if numbers.share >= MOST:
        against = mentions(column.name, "against").get("words")
        if against and not mentions(column.name, "objects") and "count" not in found.likely:
            return _left(found, "number", said("its header says “{}”", against), OTHER_NUMBER)
        return None
    if set(map(plain, column.texts[: FEW + 1].to_list())) <= {
        word for words in lists("words.toml", "yes_or_no").values() for word in words
    }:
        return _left(found, "other", said("its cells only say yes or no"), NO_ROLE)
    if not placed and len(column.texts) > 1 and not _free_text(column):
        return None
    void = lexicon("headers.toml", "row_words", "void")
    if len(column.texts) <= FEW and any(void.said_by(plain(text)) for text in column.texts.to_list()):
        return None
    if in_blocks(column) and column.share(column.texts.str.contains(r"\d")) > MOST:
        return None
    whole, near = by_header(column.name)
    done = [text for text in column.texts[:2000].to_list() if len(text) < 2 * SHORT and mentions(text, "actions")]
    known = max(words_share(column, table) for table in BY_CELLS)
    if whole or mentions(column.name, "objects") or len(done) > 0.2 * len(column.texts) or known > 0.2:
        return None
    if set(near) & {*PLACES, "date", "year", "month", "period", "count", "total", "items", "evidence_ref"}:
        return None
    return _left(found, "other", said("no word of it is known"), NO_ROLE)


def _free_text(column: Column) -> bool:
    """Whether cells are sentences, or hardly any stands there twice."""
    letters = float(column.texts.str.len_chars().mean() or 0)  # type: ignore[arg-type]
    return letters > SHORT or (len(column.texts) > FEW and len(column.texts) > 0.8 * column.filled)


def _words(found: Found, role: str, whole: bool) -> Found | None:
    name = found.column.name
    if role == "items":
        share = _several(found.column)
        shown = said("its header is “{}”, and its cells name several things with their numbers", name)
        return _is(found, role, shown, share) if share >= 0.5 else None
    share = words_share(found.column, role)
    # Where a row's information comes from may be a person: most of its words have to be known ones.
    least = 0.75 if role == "acquisition" else 0.5
    # Under a header that says what the cells are, each unknown word of a few can be asked.
    if whole and role != "acquisition" and len(found.column.texts) <= FEW and not _free_text(found.column):
        least = 0.2
    if share >= least:
        shown = said("its header is “{}”, and {} of its words are known", name, f"{share:.0%}")
        return _is(found, role, shown, share)
    if role == "firearm_type" and (share := _several(found.column)) >= 0.3:
        return _is(found, "items", SEVERAL, share)
    return None


def _as_it_stands(found: Found, role: str, header: str, whole: bool, numeric: bool) -> Found | None:
    column = found.column
    once = len(column.texts) / column.filled
    if role == "description" and (share := words_share(column, "firearm_type")) >= KNOWN:
        return _is(found, "firearm_type", said("{} of its words are known", f"{share:.0%}"), share)
    if role == "description" and not (whole or _free_text(column)):
        return None
    if role == "description" or (role in LEFT_OUT and whole and role != "row_number"):
        return _left(found, role, header, LEFT_OUT[role])
    if role == "evidence_ref" and link_share(column) > 0.3:
        return _is(found, role, header, link_share(column))
    if not whole:
        return None
    if role == "row_number" and counting(column, named=True):
        return _left(found, role, said("its header is “{}”, and it counts the rows", column.name), LEFT_OUT[role])
    if role == "event_key" and once >= 0.95:
        shown = said("its header is “{}”, and hardly any text stands there twice", column.name)
        return _is(found, role, shown, once)
    if role == "event_key" and len(column.texts) >= 0.2 * column.filled and in_blocks(column):
        shown = said("its header is “{}”, and rows with the same text follow each other", column.name)
        return _is(found, "incident", shown)
    if role in KEPT and (not numeric or role in ("calibre", "model")):
        return _is(found, role, header)
    if role == "place_code" and not mentions(column.name, "objects"):
        return _is(found, role, header)
    return None


def _by_cells(found: Found, numeric: bool, order: str | None) -> Found:
    """What the cells alone show beyond doubt."""
    column = found.column
    if counting(column) and not found.likely:
        return _left(found, "row_number", said("it counts the rows from first to last"), LEFT_OUT["row_number"])
    if not numeric:
        dates = dated(column, order)
        other = mentions(column.name, "against").get("dates")
        if dates is not None and dates.share >= SURE and dates.precision == "day" and not other:
            found.dates = dates
            return _is(found, "date", dates.evidence, dates.share)
        if not other and (label := _label(found)):
            return label
        if len(column.texts) < 2000:
            shares = {table: words_share(column, table) for table in BY_CELLS}
            best = max(shares, key=lambda table: shares[table])
            rivals = [table for table in BY_CELLS if table != best and shares[table] >= shares[best]]
            if shares[best] >= KNOWN and not rivals:
                return _is(found, best, said("{} of its words are known", f"{shares[best]:.0%}"), shares[best])
            if (share := _several(column)) >= 0.6:
                return _is(found, "items", SEVERAL, share)
    return found


def _several(column: Column) -> float:
    """Share of the distinct cells that begin with a number or a numeral and go on with a known word."""
    from ingest.draft.cells import understood

    return understood(column)


def _answered(found: Found, answer: str, order: str | None) -> Found:
    if answer == "ignore":
        return _left(found, "ignore", YOUR_ANSWER, LEFT_BY_ANSWER)
    if answer == "date":
        found.dates = dated(found.column, order)
    if answer == "month":
        _, found.months = month_share(found.column)
    if answer == "quarter":
        found.months = {text: part for text in found.column.texts if (part := quarter_of(text))}
    if answer == "count":
        found.code = header_code(found.column.name)
    return _is(found, answer, YOUR_ANSWER)


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
    words = said("What is the column “{}”?", found.column.name)
    return Question(f"column:{found.column.name}", words, options, tuple(found.column.rows[:3].to_list()))
