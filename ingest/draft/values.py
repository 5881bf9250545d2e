"""What the cells of a column are, decided over all of them: years, months, dates, numbers, links, words."""

from dataclasses import dataclass

import polars as pl

from ingest.draft.column import Column
from ingest.draft.periods import month_of, over_two_years
from ingest.draft.said import YOUR_ANSWER
from ingest.draft.words import meaning, signs
from ingest.parse import dates, limits, numbers
from schemas.said import said

DAY_FIRST = (
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d.%m.%Y %H:%M",
)
MONTH_FIRST = (
    "%m/%d/%Y",
    "%m-%d-%Y",
    "%m.%d.%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m-%d-%Y %H:%M",
    "%m.%d.%Y %H:%M",
)
PLAIN_DATES = (
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%.f"),
    *("%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日"),
)
SHORT_IN_WORDS = ("%d-%m-%y", "%d %m %y", "%d/%m/%y", "%d.%m.%y")
IN_WORDS = ("%d %m %Y", "%d-%m-%Y", "%d de %m de %Y", "%m %d, %Y", "%m %d %Y", "%d/%m/%Y", "%d.%m.%Y")
MONTHS_ONLY = ("%Y-%m", "%m/%Y", "%m-%Y", "%Y年%m月", "%Y/%m", "%m.%Y", "%Y.%m")
MONTHS_IN_WORDS = ("%m %Y", "%m-%Y", "%m/%Y", "%m de %Y", "%Y %m")
SHORT_DAY_FIRST, SHORT_MONTH_FIRST = ("%d/%m/%y", "%d-%m-%y", "%d.%m.%y"), ("%m/%d/%y", "%m-%d-%y", "%m.%d.%y")
SHORT_YEAR = r"^\d{1,2}[-/.]\d{1,2}[-/.]\d{2}$"
MOST = 0.8
LOOKED_AT = 2000
"""Texts in which it is looked whether they are years over two calendar years."""


def missing_words(column: Column) -> list[str]:
    """Texts of a column that say 'no number'."""
    known = {word.casefold() for words in signs("missing").values() for word in words}
    short = column.texts.filter(column.texts.str.len_chars() < 20)
    return [text for text in short if text.casefold() in known]


def year_share(column: Column) -> float:
    """Share of cells that are years from 1900 to 2100."""
    text = column.latin.str.strip_suffix(".0")
    year = text.cast(pl.Int32, strict=False)
    return column.share((text.str.len_bytes() == 4) & year.is_between(1900, 2100).fill_null(False))


@dataclass(frozen=True)
class Dates:
    """How a column's dates are written: patterns in order, month names, the share they read; `orders` if undecided."""

    patterns: list[str]
    months: dict[str, str]
    share: float
    evidence: str
    orders: bool = False
    rows: tuple[int, ...] = ()
    precision: str = "day"


def dated(column: Column, order: str | None = None) -> Dates | None:
    """How the dates of a column are written; None where most of its cells are no dates.

    Day or month first is decided by the cells that allow one order only; where none does, or both do, `orders` says so.
    """
    texts = column.latin
    if not texts.str.contains(r"\d").any() or over_two_years(texts[:LOOKED_AT].to_list()):
        return None
    months = _month_names(texts.str.to_lowercase())
    evidence, first, open_rows = _order(column, order)
    short_years = SHORT_IN_WORDS if months and _years_stand_last(texts) else ()
    named = ((*IN_WORDS, *short_years), MONTHS_IN_WORDS) if months else ((), ())
    used: list[str] = []
    kinds: set[str] = set()
    left = pl.Series([True], dtype=pl.Boolean).new_from_index(0, len(texts))
    for pattern in (*PLAIN_DATES, *first, *named[0], *MONTHS_ONLY, *named[1], "%Y"):
        found = dates(texts, pattern, months)
        new = left & found["period_start"].is_not_null()
        if new.any():
            used.append(pattern)
            kinds |= set(found["period_kind"].filter(new).to_list())
            left = left & ~new
    share = column.share(~left)
    if open_rows:
        short = column.share(left & texts.str.contains(SHORT_YEAR))
        return Dates(used, months, share + short, "", True, open_rows) if share + short >= MOST else None
    if share < MOST:
        return None
    precision = "day" if "day" in kinds else "month" if "month" in kinds else "year"
    shown = evidence or said("{} of its cells read as “{}”", f"{share:.0%}", ", ".join(used))
    return Dates(used, months, share, shown, precision=precision)


def _years_stand_last(texts: pl.Series) -> bool:
    """Whether '04-Jan-22' begins with the day: the last numbers are few, and the first ones are not among the same."""
    found = texts.str.extract_groups(r"^(\d{1,2})[-/. ]\pL[\pL.]*[-/. ](\d{2})$").struct.unnest().drop_nulls()
    first, last = set(found["1"].cast(pl.Int32)), set(found["2"].cast(pl.Int32))
    return len(last) > 0 and len(first) > 2 * len(last) and not first <= last


def _order(column: Column, order: str | None) -> tuple[str, tuple[str, ...], tuple[int, ...]]:
    """What decides between day and month first, the patterns that follow, and rows of which nothing decides."""
    texts = column.latin
    dmy, mdy = _read(texts, (*DAY_FIRST, *SHORT_DAY_FIRST)), _read(texts, (*MONTH_FIRST, *SHORT_MONTH_FIRST))
    short = texts.str.contains(SHORT_YEAR)
    if order:
        first = (*DAY_FIRST, *SHORT_DAY_FIRST) if order == "day" else (*MONTH_FIRST, *SHORT_MONTH_FIRST)
        return YOUR_ANSWER, first, ()
    only_day, only_month = dmy.is_not_null() & mdy.is_null(), mdy.is_not_null() & dmy.is_null()
    unlike = dmy.is_not_null() & mdy.is_not_null() & (dmy != mdy)
    # Of two digits for the year nothing shows that they do not stand first: 21/03/04.
    if not (short & dmy.is_not_null() | short & mdy.is_not_null()).any():
        if only_day.any() and not only_month.any():
            n = int(column.counts.filter(only_day).sum())
            return said("{:d} dates can only begin with the day, none with the month", n), DAY_FIRST, ()
        if only_month.any() and not only_day.any():
            n = int(column.counts.filter(only_month).sum())
            return said("{:d} dates can only begin with the month, none with the day", n), MONTH_FIRST, ()
        if not (unlike | only_month).any():
            return "", DAY_FIRST, ()
    return "", DAY_FIRST, tuple(column.rows.filter(unlike | only_month | short)[:5].to_list())


def _month_names(lowered: pl.Series) -> dict[str, str]:
    """Names of months that stand in dates, as they stand there, → their number."""
    parts = lowered.str.extract_all(r"\pL[\pL.]*").explode().drop_nulls().unique().sort()
    found = {}
    for part in parts:
        month = month_of(part.rstrip("."))
        if month and len(part) > 1:
            found[part.rstrip(".")] = month
    return found


def _read(texts: pl.Series, patterns: tuple[str, ...]) -> pl.Series:
    return dates(texts, list(patterns), {})["period_start"]


@dataclass(frozen=True)
class Numbers:
    """How a column's numbers are written. `unclear`: 1.234 alone, which may be thousands or a fraction."""

    share: float
    approximate: dict[str, str]
    missing: list[str]
    thousands: str = ""
    decimal: str = ""
    unclear: tuple[int, ...] = ()
    sample: str = ""


def numbered(column: Column) -> Numbers:
    """How much of a column is numbers, and which signs group and divide them."""
    if column.filled == 0:
        return Numbers(0, {}, [])
    texts = column.latin
    missing = missing_words(column)
    grouped = {sign: texts.str.contains(rf"^-?\d{{1,3}}([{sign}]\d{{3}})+$") for sign in ".,' \u00a0\u202f"}
    plain_number = texts.str.contains(r"^-?\d+$")
    fraction = {sign: texts.str.contains(rf"^-?\d+[{sign}]\d+$") for sign in ".,"}
    mixed = {
        ",.": texts.str.contains(r"^-?\d{1,3}(,\d{3})+\.\d+$"),
        ".,": texts.str.contains(r"^-?\d{1,3}(\.\d{3})+,\d+$"),
    }
    good = plain_number | texts.is_in(missing)
    for part in (*grouped.values(), *fraction.values(), *mixed.values()):
        good = good | part
    found, limited = _approximate(texts.filter(~good)) if not good.all() and len(texts) < 20_000 else ({}, [])
    share = column.share((good & ~texts.is_in(missing)) | texts.is_in(limited) | texts.is_in(missing))
    if column.share(texts.is_in(missing)) > 0.95:
        share = 0
    thousands, decimal, unclear, sample = _signs(column, texts, grouped, fraction, mixed)
    return Numbers(share, found, missing, thousands, decimal, unclear, sample)


def _signs(
    column: Column,
    texts: pl.Series,
    grouped: dict[str, pl.Series],
    fraction: dict[str, pl.Series],
    mixed: dict[str, pl.Series],
) -> tuple[str, str, tuple[int, ...], str]:
    for signs_, part in mixed.items():
        if part.any():
            return signs_[0], signs_[1], (), ""
    spaced = next((sign for sign in "' \u00a0\u202f" if grouped[sign].any()), "")
    several = {sign: texts.str.contains(rf"^-?\d{{1,3}}([{sign}]\d{{3}}){{2,}}$").any() for sign in ".,"}
    sure = {
        sign: (fraction[sign] & ~grouped[sign]).any() or texts.str.contains(rf"^-?0[{sign}]\d+$").any() for sign in ".,"
    }
    for sign, other in ((".", ","), (",", ".")):
        if several[sign]:
            return sign, other, (), ""
        if sure[sign]:
            # '21.0' is how a spreadsheet writes a whole number: it says which sign is the decimal one, no more.
            return (other if grouped[other].any() else spaced), sign, (), ""
    for sign in ".,":
        # '1.200' beside nothing that decides, unless a zero fraction shows it: 2.000 and 3.500 stay open.
        if grouped[sign].any():
            rows = column.rows.filter(grouped[sign])
            return spaced, "", tuple(rows[:5].to_list()), str(column.texts.filter(grouped[sign])[0])
    return spaced, "", (), ""


def _approximate(texts: pl.Series) -> tuple[dict[str, str], list[str]]:
    """The words beside numbers that are not exact, and the texts they explain."""
    known = {word: kind for kind, words in signs("approximate").items() for word in words}
    short = texts.filter((texts.str.len_chars() < 40) & texts.str.contains(r"\d"))
    used: dict[str, str] = {}
    explained = []
    for text in short.to_list():
        folded = " ".join(text.split()).casefold()
        for word in sorted(known, key=len, reverse=True):
            if word.strip().casefold() in folded:
                _, _, _, status = limits(pl.Series([text]), {word: known[word]}, "", ".")
                if status[0] is not None:
                    used[word] = known[word]
                    explained.append(text)
                    break
    return used, explained


def link_share(column: Column) -> float:
    """Share of cells that begin as a web address."""
    return column.share(column.texts.str.contains(r"^(https?://|www\.)"))


def words_share(column: Column, table: str, texts: list[str] | None = None) -> float:
    """Share of the distinct texts that are words of a table."""
    given = column.texts[:2000].to_list() if texts is None else texts
    return sum(meaning(text, table) is not None for text in given) / max(len(given), 1)


def counting(column: Column, *, named: bool = False) -> bool:
    """Whether a column numbers the rows: 1, 2, 3 … each once.

    Under a header that says so (`named`), numbering may have gaps, begin anew, and stop at rows of totals.
    """
    number = column.latin.str.strip_suffix(".0").str.strip_chars("[]().").cast(pl.Int64, strict=False)
    known = number.drop_nulls()
    if len(known) < 3:
        return False
    steps = known.diff().drop_nulls() == 1
    if named:
        share = float(steps.mean() or 0)  # type: ignore[arg-type]
        return share >= 0.9 and len(known) >= 0.9 * len(number) and int(known.max() or 0) <= 2 * column.n_rows  # type: ignore[arg-type]
    return number.null_count() == 0 and len(number) == column.n_rows and bool(steps.all())


def in_blocks(column: Column) -> bool:
    """Whether a text that stands in several rows stands in rows that follow each other, as rows of one record do."""
    if len(column.texts) < 2 or len(column.texts) == column.filled:
        return False
    steps = column.rows.diff().drop_nulls()
    return float((steps == column.counts[:-1]).mean() or 0) >= 0.9  # type: ignore[arg-type]


def exact(text: str) -> bool:
    """Whether a text is a plain number."""
    _, kind = numbers(pl.Series([text]), "", ".")
    return kind[0] is None
