"""Which year and part of it a text names: 'marzo', '3T2021', 'Jul–Sep 2021', 'Q1 2021/22'."""

import re

import polars as pl

from ingest.draft.column import Column
from ingest.draft.words import lists, plain
from ingest.parse import span

FEW_QUARTERS = 20
MANY = 2000
"""Different texts of a column of periods that are looked at; more are no periods."""
RANGES = {("01", "03"): "Q1", ("04", "06"): "Q2", ("07", "09"): "Q3", ("10", "12"): "Q4"}
TWO_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*[-/–—]\s*((?:19|20)?\d\d)(?!\d)")
STARTS = ("04", "07", "10")
"""Months a fiscal year of four calendar quarters can begin with, beside January."""

Part = tuple[str | None, str | None]
"""A year and '01' to '12' or 'Q1' to 'Q4', either of which a text may lack."""


def month_of(text: str) -> str | None:
    """'03' for 'marzo', 'mar.' or '3月'; None for what names no month."""
    compared = plain(text)
    for number, names in lists("words.toml", "months").items():
        if compared in names:
            return f"{int(number):02}"
    return None


def month_share(column: Column) -> tuple[float, dict[str, str]]:
    """Share of cells that are months, and the names among them → '01' to '12'."""
    if len(column.texts) > 60:
        return 0, {}
    number = column.latin.str.strip_suffix(".0").cast(pl.Int32, strict=False)
    digits = number.is_between(1, 12).fill_null(False)
    names = {text: month for text in column.texts if (month := month_of(text))}
    return column.share(digits | column.texts.is_in(list(names))), names


def part_of_year(text: str) -> str | None:
    """'03' for a month and 'Q1' for a quarter, in words or by its months; None for what names neither.

    'Q1 (Oct-Dec)' is of a year that begins in October, and names none of the calendar's years.
    """
    compared = plain(text)
    quarter = _quarter_alone(compared)
    return f"Q{quarter}" if quarter else month_of(text) or _range(compared)


def _range(compared: str, *, fiscal: bool = False) -> str | None:
    """'Q3' for 'jul sep', 'january to march' or '7 9月', also behind the name of a quarter: of the same one, unless it
    may be one of a fiscal year."""
    joining = lists("words.toml", "joining")["to"]
    ends = [part for part in compared.split() if part not in joining]
    number = _quarter_alone(" ".join(ends[:-2])) if len(ends) > 2 else None
    if number:
        ends = ends[-2:]
    if len(ends) != 2:
        return None
    first = month_of(ends[0]) or (month_of(f"{ends[0]}月") if ends[1].endswith("月") else None)
    found = RANGES.get((first or "", month_of(ends[1]) or ""))
    return None if number and not fiscal and found != f"Q{number}" else found


def _quarter_alone(compared: str) -> str | None:
    return next((n for n, names in lists("words.toml", "quarters").items() if compared in names), None)


def quarter_of(text: str) -> str | None:
    """'Q1' for '1', 'first', 'T1' or a quarter in words; None for anything else."""
    compared = plain(text)
    for number, names in lists("words.toml", "ordinals").items():
        if compared in names:
            return f"Q{number}"
    part = part_of_year(text)
    return part if part and part.startswith("Q") else None


def whole_quarters(column: Column) -> bool:
    """Whether every cell of a column is a quarter."""
    return 0 < len(column.texts) <= FEW_QUARTERS and all(map(quarter_of, column.texts.to_list()))


def year_and_part(text: str) -> Part | None:
    """('2019', None), (None, '03'), (None, 'Q1') or ('2019', '03') for a text that is a year or a part of it."""
    if part := part_of_year(text):
        return None, part
    apart = re.sub(r"(?<=\d{4})(?=[^\W\d])|(?<=[^\W\d])(?=\d{4}(?!\d))", " ", plain(text)).replace("年", " ")
    parts = apart.split()
    if len(parts) == 2 and (month := month_of(parts[0])) and len(parts[1]) == 2 and parts[1].isdigit():
        # 'Jan 23': that it is no day is seen beside the others.
        return f"20{parts[1]}", month
    years = [part for part in parts if len(part) == 4 and part.isdigit() and 1900 <= int(part) <= 2100]
    rest = " ".join(part for part in parts if part not in years)
    if len(years) != 1:
        return None
    if rest in ("", *lists("words.toml", "joining")["year"]):
        return years[0], None
    part = part_of_year(rest)
    if part is None:
        of = [word for word in rest.split() if word not in lists("words.toml", "joining")["year"]]
        part = part_of_year(" ".join(of))
    if part is None and len(rest) == 2 and rest.isdigit() and 1 <= int(rest) <= 12:
        part = rest
    return (years[0], part) if part else None


def over_two_years(texts: list[str]) -> bool:
    """Whether texts such as '2010-11' may all be a year that begins in one and ends in the next, and no months."""
    given = [text.strip() for text in texts if text.strip()]
    found = [TWO_YEARS.search(text) for text in given if not (text.isdigit() and len(text) == 4)]
    return bool(found) and all(one and int(one[2][-2:]) == (int(one[1]) + 1) % 100 for one in found)


def fiscal_quarter(text: str) -> tuple[int, int, str | None] | None:
    """The first year and the number of a quarter of a year over two years, and the month that year begins with, where
    the text says that too: 'Q2 (Oct-Dec) 2021/22' → (2021, 2, '07'). None for anything else."""
    years = TWO_YEARS.search(text)
    if years is None or int(years[2][-2:]) != (int(years[1]) + 1) % 100:
        return None
    words = (*lists("words.toml", "joining")["year"], *lists("headers.toml", "against")["years"])
    rest = [word for word in plain(text.replace(years[0], " ")).split() if word not in words]
    months = _range(" ".join(rest), fiscal=True)
    number = _quarter_alone(" ".join(rest)) or (_quarter_alone(" ".join(rest[:-2])) if months else None)
    if number is None:
        return None
    if months is None:
        return int(years[1]), int(number), None
    start = (int(months[1]) - int(number)) % 4 * 3 + 1
    return (int(years[1]), int(number), f"{start:02}") if f"{start:02}" in STARTS else None


def calendar_quarter(first: int, number: int, start: str) -> str:
    """'2021-Q4' for the second quarter of the year 2021/22 that begins in July ('07')."""
    month = int(start) - 1 + 3 * (number - 1)
    return f"{first + month // 12}-Q{month % 12 // 3 + 1}"


def label_of(text: str) -> str | None:
    """'2021-Q3' for a text that names one year, quarter or month; None for anything else."""
    known = span(text)
    if known:
        return text.strip() if known.kind in ("year", "quarter", "month") else None
    year, part = year_and_part(text) or (None, None)
    return (f"{year}-{part}" if part else year) if year else None


def labels(column: Column) -> tuple[float, dict[str, str]]:
    """Share of cells that name a year, quarter or month, and those written otherwise than ours → '2021-Q3'.

    '2019/2020' may be the average of two years, or a year over both, and '2010-11' a month or a year: neither is taken
    to be either.
    """
    latin = column.latin.to_list()
    if len(latin) > MANY or over_two_years(latin):
        return 0, {}
    found = {text: label_of(one) for text, one in zip(column.texts.to_list(), latin, strict=True)}
    words = {text: label for text, label in found.items() if label and label != text}
    return column.share(column.texts.is_in([text for text, label in found.items() if label])), words
