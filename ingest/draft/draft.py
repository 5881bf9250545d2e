"""`draft`: bytes are sniffed, columns found, places and words looked up, and a declaration put together. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from ingest.draft import cells, counted, roles, where
from ingest.draft.column import ARABIC_DIGITS, LATIN_DIGITS, PERSIAN_DIGITS, latin_digits, profile
from ingest.draft.periods import STARTS, calendar_quarter, fiscal_quarter, month_of, over_two_years
from ingest.draft.roles import Found
from ingest.draft.said import LEFT_BY_ANSWER, YOUR_ANSWER, Guess, Question
from ingest.draft.sniff import Sniffed, sniff
from ingest.draft.values import dated, exact, numbered
from ingest.draft.words import han, is_one_of, lexicon, lists, mentions, plain, signs
from ingest.draft.written import toml
from ingest.ingest import carry
from ingest.parse import span
from ingest.read import Defect, batches
from ingest.register.gazetteer import load
from schemas.declaration import OPEN, Layout, Read, open_keys
from schemas.issue import FileRefused
from schemas.said import said

LAST_ROWS = 40
MOST_BLOCKS = 4
"""Columns on the left that may be groups of rows within groups."""
MOST_FILLED, SURELY_FILLED = 0.7, 0.5
"""Share of filled cells of a column that may say what stands above, and of one that does so beyond doubt."""
SHORT_TITLE = 300
BROADER = {"x_HANDGUN": {"PISTOL", "REVOLVER"}, "x_LONG_GUN": {"RIFLE", "SHOTGUN", "SMG"}}
"""Kinds that hold others: a column of one beside a column of another may count the same things."""
MOSTLY, MOST_TOTALS = 0.8, 0.5
KEYS_TO_CHOOSE = (
    "provenance",
    "provenance_subclass",
    "acquisition",
    "sensitivity",
    "tlp",
    "licence",
    "coverage.absent",
)
DETAILS = ("make", "model", "calibre")
EACH_ROW = {"observation": said("a published number"), "event": said("one event, such as a seizure")}
NO_SUCH_COLUMN = said("a table of published numbers has no such column")
ONLY_YEAR = said("it is the only year in the title")


@dataclass
class Draft:
    """A proposed declaration. `open` are its keys that only the contributor can say."""

    declaration: dict[str, Any]
    guesses: list[Guess]
    questions: list[Question]
    open: list[str]

    def toml(self) -> str:
        """The declaration as the file a maintainer would write."""
        return toml(self.declaration)

    @property
    def columns(self) -> dict[str, str]:
        """What each column was taken to be; one that is asked is not there."""
        return {g.key.removeprefix("column:"): g.value for g in self.guesses if g.key.startswith("column:")}


@dataclass
class _Sheet:
    """What is known while a declaration is put together."""

    sniffed: Sniffed
    rows: pl.DataFrame
    columns: list[Found]
    answers: dict[str, str]
    title: str
    guesses: list[Guess]
    questions: list[Question]
    layout: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)
    skips: list[dict[str, Any]] = field(default_factory=list)
    whole: pl.DataFrame = field(default_factory=pl.DataFrame)
    """All rows but blank ones, also those that are skipped."""

    def of(self, *names: str) -> list[Found]:
        """Columns of these roles."""
        return [one for one in self.columns if one.role in names]

    def leave(self, one: Found, why: str) -> None:
        """Lists a column under `ignore`."""
        self.reasons[one.column.name] = why

    def ask(self, question: Question) -> None:
        """Asks, unless it was answered."""
        if question.key not in self.answers:
            self.questions.append(question)


def draft(path: Path, *, answers: Mapping[str, str] | None = None, file_name: str | None = None) -> Draft:
    """A declaration for a file, from its bytes and the answers to earlier questions (key → answer).

    The same file and answers give the same draft. What is not settled is a question, and its column, word or place is
    taken by no row until it is answered. Raises FileRefused for what is no table.
    """
    given = dict(answers or {})
    name = file_name or path.name
    sniffed = sniff(path, given)
    rows = _read(path, sniffed.read)
    title = " · ".join(text for text in (sniffed.title, Path(name).stem.replace("_", " ").replace("-", " ")) if text)
    sheet = _Sheet(sniffed, rows, [], given, title, [*sniffed.guesses], [*sniffed.questions], {})
    _skips(sheet)
    _carried(sheet)
    order = given.get("date_order")
    names = [column for column in rows.columns if column not in ("source_row", "_cells")]
    sheet.columns = [roles.find(profile(sheet.rows, column), given.get(f"column:{column}"), order) for column in names]
    _no_days(sheet)
    _assemble(sheet, names, path)
    return _finished(sheet, name)


def _no_days(sheet: _Sheet) -> None:
    """Headers such as 'Jan 23' are months of a year only where several months share it; else they may be days.

    Nor are headers such as '2010-11' months where all may be a year that ends in the next.
    """
    wide = sheet.of("period_column")
    if over_two_years([one.column.name for one in wide]):
        for one in wide:
            one.role = ""
    short = [one for one in sheet.of("period_column") if re.search(r"(?<!\d)\d{2}$", one.column.name.strip())]
    months, years = {one.period[1] for one in short if one.period}, {one.period[0] for one in short if one.period}
    if len(months) < 2 * len(years):
        for one in short:
            one.role = ""


def _read(path: Path, read: Read) -> pl.DataFrame:
    try:
        parts = list(batches(path, read))
    except Defect:
        parts = list(batches(path, read, careful=True))
    if not parts or not sum(part.height for part in parts):
        raise FileRefused("no_rows")
    return pl.concat(parts)


# Rows that are no data -------------------------------------------------------------------------------------------


def _skips(sheet: _Sheet) -> None:
    """Total rows, footnotes and repeated headers are declared, and taken out before the columns are looked at."""
    rows = sheet.rows
    names = [column for column in rows.columns if column not in ("source_row", "_cells")]
    rows = rows.filter(~pl.all_horizontal(pl.col(names).str.strip_chars() == ""))
    sheet.whole = rows
    rows = _numbered_header(sheet, rows, names)
    again = pl.all_horizontal(pl.col(name).str.strip_chars() == name for name in names)
    if len(names) > 1 and rows.filter(again).height:
        sheet.skips.append({"where": {name: name for name in names[:2]}, "reason": "title"})
        filled = rows.select(pl.sum_horizontal(pl.col(names).str.strip_chars() != "").alias("n"))["n"]
        titled = rows["source_row"].filter(rows.select(again.alias("again"))["again"] & (filled.shift(1) == 1))
        if not titled.is_empty():
            words = said("Several tables stand one below the other. Do all their rows count the same in the same time?")
            options = {"same": said("yes: they are one table")}
            sheet.ask(Question("stacked", words, options, tuple(titled[:5].to_list())))
        rows = rows.filter(~again)
    rows = _footnotes(sheet, rows, names)
    sheet.rows = _totals(sheet, rows, names)


def _numbered_header(sheet: _Sheet, rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """A row below the header that only numbers the columns: [1] [2] [3] …"""
    if rows.is_empty() or len(names) < 3:
        return rows
    first = [text.strip() for text in rows.select(names).row(0)]
    if [text.strip("[]()") for text in first] != [str(n) for n in range(1, len(names) + 1)]:
        return rows
    sheet.skips.append({"where": dict(zip(names[:2], first[:2], strict=True)), "reason": "title"})
    return rows.slice(1)


def _footnotes(sheet: _Sheet, rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    words = lists("headers.toml", "row_words")["footnote"]
    texts: list[str] = []
    for row in reversed(rows.tail(LAST_ROWS).select(names).rows()):
        filled = [cell.strip() for cell in row if cell.strip()]
        first = row[0].strip()
        lead = plain(first).split()[:1]
        note = len(filled) == 1 and first and len(names) > 2 and not exact(first)
        begins = bool(lead) and (
            is_one_of(lead[0], words)
            or first.startswith("*")
            or any(first.startswith(w) for w in ("注", "资料来源", "数据来源"))
        )
        if not (note and (begins or len(first) > 25 or first[:1] in "(*¹²³")):
            break
        texts.append(first)
    for text in reversed(texts):
        sheet.skips.append({"where": {names[0]: text}, "reason": "footer"})
    if texts:
        sheet.guesses.append(Guess("footnotes", str(len(texts)), said("single texts below the table")))
    return rows.filter(~pl.col(names[0]).str.strip_chars().is_in(texts)) if texts else rows


def _carried(sheet: _Sheet) -> None:
    """Columns on the left in which only the first row of a block has a text, as below merged cells."""
    rows = _without(sheet.whole, [skip for skip in sheet.skips if skip["reason"] != "total"])
    names = [name for name in rows.columns if name not in ("source_row", "_cells")]
    if rows.is_empty():
        return
    found: list[str] = []
    own = {name: rows[name].str.strip_chars() != "" for name in names[: MOST_BLOCKS + 1]}
    for name, filled in own.items():
        if filled.all() and not found:
            # Such as a number of the row, or what the inner blocks lie in.
            continue
        lost = any((own[outer] & ~filled).any() for outer in found)
        if float(filled.mean() or 0) > MOST_FILLED or not filled[0] or lost:  # type: ignore[arg-type]
            break
        found.append(name)
    if not found:
        return
    sure = _in_like_blocks(rows, found, own[found[-1]])
    answer = sheet.answers.get("carried")
    if not sure and answer is None:
        options = {
            "above": said("the same as the cell above"),
            "nothing": said("nothing: it was not known or not said"),
        }
        some = rows.filter(~own[found[-1]])["source_row"][:3].to_list()
        words = said("What does an empty cell in the column “{}” mean?", found[0])
        sheet.ask(Question("carried", words, options, tuple(some)))
        return
    if answer == "nothing":
        return
    shown = YOUR_ANSWER if answer else said("only the first row of each block has a text there")
    sheet.guesses.append(Guess("carried", ", ".join(found), shown))
    sheet.layout["carried"] = found
    sheet.rows = _without(carry(sheet.whole, found)[0], sheet.skips)


def _without(rows: pl.DataFrame, skips: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows that none of these takes out."""
    for skip in skips:
        hit = pl.Series([True], dtype=pl.Boolean).new_from_index(0, rows.height)
        for name, text in skip["where"].items():
            hit = hit & (rows[name].str.strip_chars() == text)
        rows = rows.filter(~hit)
    return rows


def _in_like_blocks(rows: pl.DataFrame, found: list[str], begins: pl.Series) -> bool:
    """Whether rows lie in blocks beyond doubt: each begins with texts of its own, no row has a day, and another column
    goes through the same few texts in each."""
    blocks = carry(rows, found)[0]
    heads = blocks.filter(begins).select(found)
    if not heads.is_unique().all() or float(begins.mean() or 0) > SURELY_FILLED:  # type: ignore[arg-type]
        return False
    others = [name for name in rows.columns if name not in (*found, "source_row", "_cells")]
    columns = {name: profile(rows, name) for name in others}
    if any((day := dated(column)) and day.precision == "day" for column in columns.values()):
        return False
    few = [name for name, column in columns.items() if 1 < len(column.texts) <= 0.5 * rows.height and column.filled]
    return any(blocks.select(*found, name).is_unique().all() for name in few if not exact(columns[name].texts[0]))


def _is_total(text: str) -> bool:
    """Whether a cell is a word for a total, or begins with one: 'Sous-total Centre', 'TOTAL (ALL INDIA)'."""
    words = lists("headers.toml", "row_words")
    compared = plain(text)
    first = [word for word in words["sum_of"] if compared.startswith(word if han(word) else f"{word} ")]
    return compared in words["total"] or bool(first)


def _totals(sheet: _Sheet, rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    found = 0
    for name in names:
        if rows.height == 0:
            break
        unique = rows[name].str.strip_chars().unique()
        near = [text for text in unique.to_list() if 0 < len(text) < 60 and _is_total(text)]
        if float(rows[name].str.strip_chars().is_in(near).mean() or 0) > MOST_TOTALS:  # type: ignore[arg-type]
            continue
        for text in sorted(near):
            hit = rows[name].str.strip_chars() == text
            if plain(text) not in lists("headers.toml", "row_words")["total"] and not _says_nothing_else(
                rows, name, hit
            ):
                continue
            part = rows.filter(hit)
            skip: dict[str, Any] = {"where": {name: text}, "reason": "total"}
            if part.height == 1 and len(near) == 1:
                skip["_alone"] = True
            sheet.skips.append(skip)
            found += part.height
            rows = rows.filter(~hit)
    if found:
        sheet.guesses.append(Guess("totals", str(found), said("rows that call themselves total")))
    return rows


def _says_nothing_else(rows: pl.DataFrame, name: str, hit: pl.Series) -> bool:
    """Whether rows that begin as totals have no other texts: 'Total petrol station' is where something was seized."""
    texts = [
        other
        for other in rows.columns
        if other not in (name, "source_row", "_cells") and numbered(profile(rows, other)).share < roles.MOST
    ]
    part = rows.filter(hit)
    cells_ = [text for other in texts for text in part[other].str.strip_chars().to_list()]
    return all(not text or _is_total(text) or exact(text) for text in cells_)


# The parts of a layout -------------------------------------------------------------------------------------------


def _assemble(sheet: _Sheet, names: list[str], path: Path) -> None:
    layout = sheet.layout
    layout["name"] = "rows"
    layout["table"] = "event"
    layout["read"] = {
        k: v for k, v in sheet.sniffed.read.model_dump().items() if v is not None and v != Read.model_fields[k].default
    }
    layout["read"] = {"format": sheet.sniffed.read.format, **layout["read"]}
    layout["recognise"] = {"columns": names}
    digits = next((one.column.digits for one in sheet.columns if one.column.digits != LATIN_DIGITS), None)
    if digits in (ARABIC_DIGITS, PERSIAN_DIGITS):
        layout["digits"] = digits
    _places(sheet)
    _fiscal(sheet)
    if mentions(sheet.sniffed.title, "against").get("years"):
        # Years of the file may begin in another month than January.
        for one in sheet.of("year", "quarter", "label"):
            one.role = ""
    _sum_columns(sheet)
    _table(sheet)
    _periods(sheet)
    _columns(sheet)
    _counts(sheet)
    _signs(sheet)
    _unsettled(sheet)


def _places(sheet: _Sheet) -> None:
    placed = where.placed(sheet.rows, sheet.columns, sheet.title, sheet.answers, load())
    sheet.layout["place"] = placed.tries
    sheet.guesses += placed.guesses
    for question in placed.questions:
        sheet.ask(question)
    for one in sheet.columns:
        if one.column.name in placed.used:
            one.role = "placed"
        elif one.column.name in placed.pending:
            one.role, one.why = "pending", f"{OPEN} which country its places lie in"
        elif one.role == "site":
            one.why = roles.LEFT_OUT["site"]
        elif one.role == "place":
            one.why = said("the place is taken from another column") if placed.tries and placed.used else ""
            one.role = "site" if one.why and any(level != "country" for level in placed.used.values()) else ""
        elif one.role == "place_code":
            one.role, one.why = ("ignore", said("the place is taken from its name")) if placed.used else ("", "")
        elif one.role in roles.PLACES:
            one.role = ""


def _sum_columns(sheet: _Sheet) -> None:
    """A column of totals is left out where it is the sum of others, and is the count where it stands alone."""
    wide = sheet.of("period_column", "count")
    open_ = [one for one in sheet.of("") if one.numbers and one.numbers.share >= roles.SURE]
    for one in [*sheet.of("total"), *(one for one in sheet.of("count") if roles.says_total(one.column.name))]:
        others = [other for other in sheet.columns if other in wide and other is not one]
        if found := _summed(sheet, one, others):
            one.role = "total"
            one.why = said("the sum of the other columns")
            one.evidence = said("it is the sum of “{}” in {} of the rows", ", ".join(found[1]), f"{found[0]:.0%}")
            one.share = found[0]
        elif one.role == "total":
            one.role = "" if open_ or wide else "count"


def _summed(sheet: _Sheet, total: Found, others: list[Found]) -> tuple[float, list[str]] | None:
    """The neighbours of a column that it is the sum of, and in which share of the rows."""
    at = sheet.columns.index(total)
    before = [one for one in others if sheet.columns.index(one) < at]
    after = [one for one in others if sheet.columns.index(one) > at]
    runs = [before[i:] for i in range(len(before) - 1)] + [after[:i] for i in range(len(after), 1, -1)]
    own = _as_number(sheet, total)
    numbers = pl.DataFrame([_as_number(sheet, one) for one in others])
    for run in [others, *runs] if len(others) > 1 else []:
        # A cell without a number adds nothing.
        added = numbers[[one.column.name for one in run]].sum_horizontal()
        same = float((added.fill_null(0) == own.fill_null(0)).mean() or 0)  # type: ignore[arg-type]
        if same >= MOSTLY and own.n_unique() > 2:
            return same, [one.column.name for one in run]
    return None


def _as_number(sheet: _Sheet, one: Found) -> pl.Series:
    assert one.numbers is not None
    text = sheet.rows[one.column.name].str.strip_chars().str.replace_all(r"[ \u00a0\u202f]", "")
    grouping = one.numbers.thousands or ("," if one.numbers.decimal != "," else "")
    text = text.str.replace_all(grouping, "", literal=True) if grouping else text
    return text.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)


def _table(sheet: _Sheet) -> None:
    """Whether each row is an event or a published number."""
    layout = sheet.layout
    if answer := sheet.answers.get("table"):
        layout["table"] = answer
        return
    layout["table"], shown, question = _decided_table(sheet)
    finer = [one for one in sheet.of("site") if len(one.column.texts) > 1]
    if finer and layout["table"] == "observation":
        # A number of a district would be taken for that of its state.
        name = finer[0].column.name
        words = said("Each row is about one “{}”, which no register of places holds. What are its numbers?", name)
        options = {"observation": said("numbers of the whole state or country")}
        if not sheet.of("period_column", "fiscal_column"):
            options = {"event": said("parts: added up they make the number of the state or country"), **options}
        question = Question("table", words, options)
    if question:
        sheet.ask(question)
    else:
        sheet.guesses.append(Guess("table", layout["table"], shown))


def _decided_table(sheet: _Sheet) -> tuple[str, str, Question | None]:
    """Table and what shows it, or the question where nothing does."""
    days = [one for one in sheet.of("date") if one.dates and (one.dates.precision == "day" or one.dates.orders)]
    singles = sheet.of("event_key", "evidence_ref", "items", *DETAILS)
    numeric = sheet.of("count")
    if sheet.of("period_column", "fiscal_column"):
        return "observation", said("its headers are periods"), None
    if days:
        return "event", said("each row has a day in “{}”", days[0].column.name), None
    if singles and not numeric:
        return "event", said("each row has its own “{}” and no number", singles[0].column.name), None
    if not numeric:
        options = dict(reversed(EACH_ROW.items()))
        return "event", "", Question("table", said("What is each row?"), options)
    keys = _keys(sheet)
    unique = float(sheet.rows.select(keys).is_unique().sum()) / sheet.rows.height if keys else 0
    if unique < 0.95:
        words = said("Several rows have the same place, time and kind. What is each row?")
        return "observation", "", Question("table", words, EACH_ROW)
    return "observation", said("each row is a number for a place, a time and a kind of its own"), None


def _keys(sheet: _Sheet) -> list[str]:
    """The columns that say where and when a row is, and of what kind its things are."""
    known = ("placed", "pending", "fiscal", "year", "month", "quarter", "date", "label", *roles.LOOKUPS)
    return [one.column.name for one in sheet.columns if one.role in known]


def _told_apart_by(sheet: _Sheet, one: Found) -> bool:
    """Whether rows of one place, time and kind differ in a column: left out, their numbers would contradict."""
    name, keys = one.column.name, _keys(sheet)
    alone = sheet.rows.select(keys).n_unique() if keys else 1
    return len(one.column.texts) > 1 and sheet.rows.select([*keys, name]).n_unique() > alone


def _periods(sheet: _Sheet) -> None:
    layout = sheet.layout
    if sheet.of("fiscal", "fiscal_column"):
        return
    dates, years, months = sheet.of("date"), sheet.of("year"), sheet.of("month", "quarter")
    if sheet.of("period_column"):
        _wide(sheet, years)
        return
    if len(dates) > 1:
        dates = _one_date(sheet, dates)
    if dates:
        _date(sheet, dates[0])
        _said_elsewhere(dates[0], (*years, *months, *sheet.of("day")))
        return
    if labels := sheet.of("label"):
        layout["period"] = {"label": labels[0].column.name}
        if labels[0].months:
            layout["period"]["words"] = labels[0].months
        _said_elsewhere(labels[0], (*years, *months, *sheet.of("day")))
        return
    if len(years) > 1 or len(months) > 1:
        for one in (*years, *months):
            one.role = ""
        return
    if years:
        layout["period"] = _year(sheet, years[0], months)
        return
    if months and _months_of_one_year(sheet, months[0]):
        return
    for one in months:
        one.role = ""
    _given(sheet)


def _fiscal(sheet: _Sheet) -> None:
    """Quarters of years that begin in one year and end in the next become quarters of the calendar, once it is known
    with which month such a year begins: that is asked, unless the file says so."""
    found = sheet.of("fiscal", "fiscal_column")
    texts = [[one.column.name] if one.role == "fiscal_column" else one.column.texts.to_list() for one in found]
    quarters = {text: fiscal_quarter(latin_digits(text)) for some in texts for text in some}
    said_ = {quarter[2] for quarter in quarters.values() if quarter} - {None}
    start = sheet.answers.get("fiscal_start") or (said_.pop() if len(said_) == 1 else None)
    if found and start not in STARTS:
        options = {
            "04": said("in April: the first quarter is April to June"),
            "07": said("in July: the first quarter is July to September"),
            "10": said("in October: the first quarter is October to December"),
        }
        sheet.ask(Question("fiscal_start", said("With which month does the year of this file begin?"), options))
    for one, own in zip(found, texts, strict=True):
        if start not in STARTS:
            one.why = f"{OPEN} with which month its year begins"
            continue
        periods = {text: calendar_quarter(quarter[0], quarter[1], start) for text in own if (quarter := quarters[text])}
        if one.role == "fiscal":
            one.role, one.months = "label", periods
        else:
            year, part = periods[one.column.name].split("-")
            one.role, one.period = "period_column", (year, part)


def _said_elsewhere(where_: Found, others: tuple[Found, ...]) -> None:
    for one in others:
        one.why = _time_in(where_.column.name)


def _time_in(name: str) -> str:
    return said("the time stands in “{}”", name)


def _year(sheet: _Sheet, year: Found, months: list[Found]) -> dict[str, Any]:
    period: dict[str, Any] = {"year": year.column.name}
    if months:
        period["month"] = months[0].column.name
        days = sheet.of("day")
        if days and sheet.layout["table"] == "event" and len(days) == 1:
            period["day"] = days[0].column.name
            days[0].why = ""
            days[0].role = "dated"
        if months[0].months:
            period["months"] = months[0].months
    return period


def _one_date(sheet: _Sheet, dates: list[Found]) -> list[Found]:
    chosen = sheet.answers.get("date")
    if chosen is None:
        done, _ = _setting(sheet).action("")
        of_it = [one for one in dates if done and done in mentions(one.column.name, "actions")]
        named = of_it or [one for one in dates if _says_day(one.column.name)]
        if len(named) == 1:
            chosen = named[0].column.name
        else:
            options = {
                one.column.name: said("the column “{}”, such as “{}”", one.column.name, one.column.texts[0])
                for one in dates
            }
            words = said("Several columns hold a day. Which one says when it happened?")
            sheet.ask(Question("date", words, options))
    for one in dates:
        if one.column.name != chosen:
            one.role, one.why = ("ignore", _time_in(chosen)) if chosen else ("", "")
            one.evidence = said("another column holds the day")
    return [one for one in dates if one.column.name == chosen]


def _says_day(header: str) -> bool:
    """Whether a header says that a day stands below it, or what was done on one."""
    return bool(lexicon("headers.toml", "roles", "date").said_by(plain(header)) or mentions(header, "actions"))


def _date(sheet: _Sheet, one: Found) -> None:
    found = one.dates
    name = one.column.name
    if found is None or found.orders:
        options = {
            "day": said("day first: 03/04 is the 3rd of April"),
            "month": said("month first: 03/04 is the 4th of March"),
        }
        rows = found.rows if found else ()
        words = said("In which order are the days in “{}” written?", name)
        sheet.ask(Question("date_order", words, options, rows))
        one.role = ""
        return
    patterns = found.patterns[0] if len(found.patterns) == 1 else found.patterns
    sheet.layout["period"] = {"date": name, "date_format": patterns}
    if found.months and any("%m" in p for p in found.patterns):
        sheet.layout["period"]["months"] = found.months


def _title_years(sheet: _Sheet) -> list[str]:
    text = "".join(sign if sign.isdigit() else " " for sign in sheet.sniffed.title)
    return sorted({part for part in text.split() if len(part) == 4 and 1990 <= int(part) <= 2100})


def _year_of_title(sheet: _Sheet) -> str | None:
    """The year the whole file is about, where its title says so and no other."""
    years = _title_years(sheet)
    return years[0] if len(years) == 1 and _is_period(sheet.sniffed.title) else None


def _is_period(title: str) -> bool:
    """Whether the only year of a title is what its numbers are about, beyond doubt: no law's, no day's, no beginning or
    end of a longer time, no fiscal year's."""
    apart = re.sub(r"[-–—/]", " - ", title)
    around = re.search(r"(\S+\s+)?(\S+\s+)?(?<!\d)(?:19|20)\d\d(?!\d)(\s*\S+)?", apart)
    if around is None or re.search(r"\d\s*[-–—/]\s*\d|[-–—/]\s*$", around[0]):
        return False
    near, whole = plain(around[0]), plain(title)
    joining = {*lists("words.toml", "joining")["since"]}
    months = [part for part in near.split() if month_of(part)]
    ranges = [part for part in whole.split() if month_of(part) and not part.isdigit()]
    against = mentions(title, "against")
    return not (joining & {*near.split()} or months or ranges or against.get("years"))


def _in_title(years: list[str]) -> dict[str, str]:
    return {year: said("{}, which stands in the title", year) for year in years}


def _given(sheet: _Sheet) -> None:
    given = sheet.answers.get("period")
    if given and span(given):
        sheet.layout["period"] = {"given": given}
        sheet.guesses.append(Guess("period", given, YOUR_ANSWER))
    elif (year := _year_of_title(sheet)) and sheet.layout["table"] == "observation":
        sheet.layout["period"] = {"given": year}
        sheet.guesses.append(Guess("period", year, ONLY_YEAR))
    else:
        words = said("Which period is the file about? Write 2019, 2019-03 or 2019-Q1.")
        sheet.ask(Question("period", words, _in_title(_title_years(sheet)), free=True))


def _months_of_one_year(sheet: _Sheet, months: Found) -> bool:
    """Months in a column, and their year in the title or in an answer."""
    given = sheet.answers.get("period")
    year = given if given and len(given) == 4 and span(given) else _year_of_title(sheet)
    if year is None:
        return False
    sheet.layout["period"] = {"given": year, "month": months.column.name}
    if months.months:
        sheet.layout["period"]["months"] = months.months
    sheet.guesses.append(Guess("period", year, YOUR_ANSWER if given else ONLY_YEAR))
    return True


def _wide(sheet: _Sheet, years: list[Found]) -> None:
    """Each column of numbers gets its own period: the year of its header, or its month with the row's year."""
    wide = sheet.of("period_column")
    needs_year = any(one.period and one.period[0] is None for one in wide)
    year: str | None = None
    if needs_year and len(years) == 1:
        year = f"{{{years[0].column.name}:04}}"
    elif needs_year:
        if sheet.answers.get("year"):
            year = sheet.answers["year"]
            sheet.guesses.append(Guess("period", year, YOUR_ANSWER))
        elif year := _year_of_title(sheet):
            sheet.guesses.append(Guess("period", year, ONLY_YEAR))
        else:
            options = _in_title(_title_years(sheet))
            sheet.ask(Question("year", said("Which year are the columns of months about?"), options, free=True))
            for one in wide:
                one.why = f"{OPEN} which year its month belongs to"
            return
    for one in wide:
        assert one.period is not None
        own, month = one.period
        one.code["period"] = f"{own or year}-{month}" if month else str(own)
    for one in sheet.of("date", "month"):
        one.role = ""


def _columns(sheet: _Sheet) -> None:
    """Lookups, columns taken as they stand, and the identifier."""
    layout = sheet.layout
    table = layout["table"]
    setting = _setting(sheet)
    looked = counted.lookups(sheet.columns)
    if table == "observation":
        looked = _one_dimension(sheet, looked)
    for one in looked:
        words = counted.translated(one, table, setting, sheet.answers)
        sheet.guesses += words.guesses
        for question in words.questions:
            sheet.ask(question)
        layout.setdefault("lookup", {})[one.column.name] = words.entries
        sheet.skips += [
            {"where": {one.column.name: text}, "reason": "left_out", "because": LEFT_BY_ANSWER}
            for text in words.left_out
        ]
    _kept(sheet)
    if items := sheet.of("items"):
        parts, about = cells.used(items[0].column)
        layout["items"] = {"column": items[0].column.name, **parts}
        layout.setdefault("approximate", {}).update(about)


def _kept(sheet: _Sheet) -> None:
    """Columns kept as they stand, and those that tell events apart: a published number has none of them."""
    layout = sheet.layout
    for one in sheet.of(*roles.KEPT, "evidence_ref", "event_key", "incident"):
        if layout["table"] != "event" and one.role == "agency" and _told_apart_by(sheet, one):
            one.role = ""
        elif layout["table"] != "event":
            one.why = NO_SUCH_COLUMN
        elif one.role == "incident":
            layout["incident"] = f"{{{one.column.name}}}"
        elif one.role == "event_key":
            layout |= {"event_key": f"{{{one.column.name}}}", "hide_event_key": True}
        else:
            layout.setdefault("columns", {})[one.column.name] = one.role


def _one_dimension(sheet: _Sheet, looked: list[Found]) -> list[Found]:
    """A published number is broken down one way; a second breakdown is asked."""
    kept: list[Found] = []
    for one in looked:
        if one.role == "acquisition" or not [other for other in kept if other.role != "acquisition"]:
            kept.append(one)
        else:
            one.role = ""
    for one in [one for one in kept if one.role == "items"]:
        kept.remove(one)
        one.role = ""
    return kept


def _setting(sheet: _Sheet) -> counted.Setting:
    # Of several days each may be that of another act: the seizure, the handing over, the destruction.
    days = [one for one in sheet.columns if one.dates]
    headers = [one.column.name for one in sheet.columns if len(days) < 2 or not one.dates]
    kinds = bool(sheet.of("firearm_type", "items")) or any(one.code.get("firearm_type") for one in sheet.of("count"))
    above = sheet.sniffed.title
    answered = {answer for key, answer in sheet.answers.items() if key.startswith("counts:")}
    return counted.Setting(above, sheet.title.removeprefix(above), headers, kinds, answered, sheet.answers.get("done"))


def _counts(sheet: _Sheet) -> None:
    layout = sheet.layout
    setting = _setting(sheet)
    measures: list[dict[str, Any]] = []
    columns = sheet.of("count", "period_column", "items")
    if sheet.of("items"):
        # Numbers of persons stand beside the things; a number of things would count them twice.
        for one in sheet.of("count"):
            one.role = "count" if counted.of_persons(one.column.name) else ""
        columns = sheet.of("items", "count", "period_column")
    for one in columns:
        if counted.of_persons(one.column.name) and (sheet.of("incident") or _said_again(sheet, one)):
            # It may be said again in each row of its event.
            one.role = ""
            continue
        if one.why:
            continue
        measures += _measure(sheet, one, setting)
    if not columns or (sheet.of("incident") and all(counted.of_persons(one.column.name) for one in columns)):
        measures += _rows_counted(sheet, setting)
    _counted_twice(sheet, measures)
    measures = _settled_beside_words(sheet, measures)
    if any("period" in measure for measure in measures):
        # A number whose header names no period has no place beside those whose headers do: it is asked.
        lone = {measure.get("column") for measure in measures if "period" not in measure}
        for one in [one for one in columns if one.column.name in lone]:
            one.role = ""
        measures = [measure for measure in measures if "period" in measure]
    # Without any number settled the rows are refused, since nothing says what they count.
    layout["measure"] = measures or [{}]


def _said_again(sheet: _Sheet, one: Found) -> bool:
    """Whether rows of one place and day hold the same number of people: two rows may be of one event."""
    keys = [other.column.name for other in sheet.columns if other.role in ("placed", "date")]
    name = one.column.name
    if sheet.layout["table"] != "event" or not keys or f"column:{name}" in sheet.answers:
        return False
    people = [text.strip() not in ("", "0") and exact(text.strip()) for text in sheet.rows[name]]
    some = sheet.rows.filter(pl.Series(people, dtype=pl.Boolean))
    return bool(some.select(*keys, name).is_duplicated().any())


def _settled_beside_words(sheet: _Sheet, measures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without numbers of which it is not known what they count, where the words of a row would say so for all its
    numbers alike: of several such numbers the first is what the words speak of."""
    entries = (entry for words in sheet.layout.get("lookup", {}).values() for entry in words.values())
    open_ = [measure for measure in measures if "concept" not in measure]
    if not any("concept" in entry for entry in entries) or len(measures) < 2 or not open_:
        return measures
    settled = [measure for measure in measures if "concept" in measure]
    periods = {measure.get("period") for measure in open_}
    return settled or [next(m for m in open_ if m.get("period") == period) for period in sorted(periods, key=str)]


def _counted_twice(sheet: _Sheet, measures: list[dict[str, Any]]) -> None:
    """Columns that would count the same things twice are asked: one may be a part of the other."""
    event = sheet.layout["table"] == "event"
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for measure in measures:
        if "concept" in measure:
            groups.setdefault((measure["concept"], measure["unit"], measure.get("period")), []).append(measure)
    unit = any("measure_unit" in one.likely for one in sheet.columns)
    for group in groups.values():
        kinds = [(m.get("firearm_type") or m.get("category"), m.get("condition")) for m in group]
        whole = event and len(kinds) > 1
        for measure, kind in zip(group, kinds, strict=True):
            broader = BROADER.get(str(kind[0]), set()) & {other for other, _ in kinds}
            if not (unit or kinds.count(kind) > 1 or (whole and kind == (None, None)) or broader):
                continue
            header = _counted_by(sheet, measure.get("column", ""))
            key = f"counts:{header}"
            if key not in sheet.answers:
                sheet.guesses = [guess for guess in sheet.guesses if guess.key != key]
                if key not in {question.key for question in sheet.questions}:
                    sheet.ask(counted.asked(header))
                del measure["concept"], measure["unit"]


def _counted_by(sheet: _Sheet, column: str) -> str:
    """What the header of a column says of what it counts: where it is a period, what it says beside it."""
    return next((one.rest for one in sheet.of("period_column") if one.column.name == column), column)


def _measure(sheet: _Sheet, one: Found, setting: counted.Setting) -> list[dict[str, Any]]:
    name = one.column.name
    header = _counted_by(sheet, name)
    key = f"counts:{header}"
    answer = sheet.answers.get(key)
    if answer == "ignore":
        one.why = LEFT_BY_ANSWER
        return []
    thing = counted.UNIT_OF.get(one.code.get("concept", "")) or ("weapon" if one.code.get("firearm_type") else None)
    if one.role == "items":
        thing = "weapon"
    found = counted.counts(header, setting, answer, thing)
    if found is None:
        once = counted.needs_action(header, setting, thing)
        question = counted.asked_action() if once else counted.asked(header, tuple(one.column.rows[:3].to_list()))
        if question.key not in {asked.key for asked in sheet.questions}:
            sheet.ask(question)
    measure: dict[str, Any] = {"column": name}
    if "period" in one.code:
        measure["period"] = one.code["period"]
    if found:
        measure |= {"concept": found[0], "unit": found[1]}
        if not any(g.key == key for g in sheet.guesses):
            sheet.guesses.append(Guess(key, _counted_in(found[0], found[1]), found[2]))
    if code := one.code.get("firearm_type"):
        if sheet.layout["table"] == "event":
            measure |= {"firearm_type": code}
        else:
            measure |= {"dimension": "firearm_type", "category": code}
        if "condition" in one.code and sheet.layout["table"] == "event":
            measure["condition"] = one.code["condition"]
        if "relation" in one.code:
            measure["relation"] = one.code["relation"]
    return [measure]


def _counted_in(concept: str, unit: str) -> str:
    return said("{}, counted in {}", concept, unit)


def _rows_counted(sheet: _Sheet, setting: counted.Setting) -> list[dict[str, Any]]:
    """Without a column of numbers each row counts as one: one weapon where it has a make, model or calibre."""
    details = sheet.of("make", "model", "calibre")
    serial = [one for one in sheet.of("personal") if "serial_number" in one.likely]
    answer = sheet.answers.get("counts:")
    found = None
    if answer and answer != "ignore":
        concept, unit = answer.split("/")
        found = concept, unit, YOUR_ANSWER
    elif (details or serial) and sheet.of("firearm_type"):
        action, shown = setting.action("")
        pair = counted.COUNTED.get(("weapon", action or "?"))
        found = (*pair, said("each row describes one weapon; {}", shown)) if pair else None
    if found is None:
        sheet.ask(counted.asked(""))
        return [{}]
    sheet.guesses.append(Guess("counts:", _counted_in(found[0], found[1]), found[2]))
    return [{"concept": found[0], "unit": found[1]}]


def _signs(sheet: _Sheet) -> None:
    """The signs that group and divide numbers, what is not exact, and what says that there is no number."""
    layout = sheet.layout
    used = {measure.get("column") for measure in layout["measure"]}
    numbers = [one for one in sheet.columns if one.column.name in used and one.numbers]
    thousands = {one.numbers.thousands for one in numbers if one.numbers} - {""}
    decimals = {one.numbers.decimal for one in numbers if one.numbers} - {""}
    unclear = [(one, one.numbers) for one in numbers if one.numbers and one.numbers.unclear]
    open_ = [(one, n) for one, n in unclear if not _settled(n.sample, thousands, decimals)]
    answer = sheet.answers.get("decimal")
    if open_ and answer is None:
        one, n = open_[0]
        options = {
            "thousands": said("“{}” is the whole number {}", n.sample, n.sample.replace(".", "").replace(",", "")),
            "decimal": said("“{}” is a number with a fraction", n.sample),
        }
        words = said("In the column “{}”, what does the sign in “{}” mean?", one.column.name, n.sample)
        sheet.ask(Question("decimal", words, options, n.unclear))
    elif open_ and answer:
        sign = next(s for s in open_[0][1].sample if s in ".,")
        (thousands if answer == "thousands" else decimals).add(sign)
    if len(thousands) > 1 or len(decimals) > 1 or thousands & decimals:
        words = said("The numbers are written in several ways.")
        sheet.ask(Question("decimal", words, {"decimal": said("the file is to be mended")}))
    elif thousands:
        layout["thousands"] = thousands.pop()
    if len(decimals) == 1 and not set(layout.get("thousands", "")) & decimals:
        decimal = decimals.pop()
        if decimal != ".":
            layout["decimal"] = decimal
    elif layout.get("thousands") == ".":
        layout["decimal"] = ","
    _words_for_none(sheet, numbers)


def _settled(sample: str, thousands: set[str], decimals: set[str]) -> bool:
    return any(sign in sample for sign in thousands | decimals)


def _words_for_none(sheet: _Sheet, numbers: list[Found]) -> None:
    layout = sheet.layout
    approximate: dict[str, str] = {**layout.get("approximate", {})}
    missing: dict[str, str] = {}
    for one in numbers:
        assert one.numbers is not None
        approximate |= one.numbers.approximate
        for text in one.numbers.missing:
            missing[text] = "O"
    none = {word.casefold() for word in signs("missing")["none"]}
    dashes = [text for text in missing if text.casefold() in none]
    if dashes:
        options = {"unknown": said("no number was reported"), "zero": said("none: zero")}
        sheet.ask(Question("dash", said("What does “{}” in place of a number mean?", dashes[0]), options))
    if dashes and sheet.answers.get("dash") == "zero":
        layout["zero"] = dashes
        missing = {text: status for text, status in missing.items() if text not in dashes}
    if missing:
        layout["missing"] = {"": "O", **missing}
        sheet.guesses.append(Guess("missing", " ".join(missing), said("texts that stand in place of a number")))
    layout.pop("approximate", None)
    if approximate:
        layout["approximate"] = approximate
        sheet.guesses.append(Guess("approximate", " ".join(approximate), said("words and signs beside numbers")))


def _unsettled(sheet: _Sheet) -> None:
    """Every column has a fate: one that is not settled is left out and asked."""
    measured = {measure.get("column") for measure in sheet.layout["measure"]}
    for one in sheet.columns:
        name = one.column.name
        if one.role == "" and not one.why and f"column:{name}" not in sheet.answers:
            roles.no_role(one, placed=_below_country(sheet))
        if one.role == "" or (one.role in ("count", "period_column") and name not in measured and not one.why):
            if f"column:{name}" in sheet.answers:
                sheet.leave(one, f"{OPEN} what it is")
                continue
            if not any(q.key in (f"column:{name}", f"level:{name}", f"counts:{name}") for q in sheet.questions):
                dated = any(q.key == "date_order" for q in sheet.questions) and one.dates is not None
                if not dated:
                    sheet.ask(roles.question(one))
            sheet.leave(one, f"{OPEN} what it is; not recognised")
        elif one.why:
            sheet.leave(one, one.why)
            if not one.why.startswith(OPEN):
                shown = said("left out ({}), because {}", one.why, one.evidence) if one.evidence else one.why
                sheet.guesses.append(Guess(f"column:{name}", "ignore", shown, one.share))
        elif one.role != "placed":
            sheet.guesses.append(roles.guess(one))
    for skip in sheet.skips:
        if skip.pop("_alone", False) and len(measured) == 1 and None not in measured:
            skip["total_of"] = next(iter(measured))
    sheet.layout["ignore"] = sheet.reasons
    sheet.layout["skip"] = sheet.skips
    _every_column(sheet)


def _below_country(sheet: _Sheet) -> bool:
    """Whether some column says in which state or town of the country a row lies."""
    return any("level" in attempt and attempt["level"] != "country" for attempt in sheet.layout["place"]) or any(
        "{" in attempt.get("code", "") for attempt in sheet.layout["place"]
    )


def _every_column(sheet: _Sheet) -> None:
    """A column that was found but has no use in a layout of this shape is left out, and asked."""
    parts = {key: value for key, value in sheet.layout.items() if key not in ("recognise", "carried")}
    used = Layout.model_validate({**parts, "recognise": {}}).used_columns()
    for one in sheet.columns:
        name = one.column.name
        if name not in used:
            sheet.guesses = [guess for guess in sheet.guesses if guess.key != f"column:{name}"]
            sheet.ask(roles.question(one))
            sheet.leave(one, f"{OPEN} what it is; it has no place in a table of this shape")


# The whole declaration -------------------------------------------------------------------------------------------

ORDER = (
    *(
        "name",
        "table",
        "event_key",
        "hide_event_key",
        "incident",
        "missing",
        "zero",
        "thousands",
        "decimal",
        "digits",
        "approximate",
    ),
    *("carried", "read", "recognise", "period", "place", "measure", "items", "columns", "lookup", "ignore", "skip"),
)


def _added_up(sheet: _Sheet) -> dict[str, list[str]]:
    """The places and periods that events are added up to: from the country to the finest place their rows name, and
    from the year to the finest period that each row has."""
    tries = sheet.layout["place"]
    levels = {attempt.get("level", "country") for attempt in tries if "name" in attempt}
    levels |= {"admin2"} if any("code" in attempt and "{" in attempt["code"] for attempt in tries) else set()
    finest = next((level for level in ("admin2", "admin1") if level in levels), "country")
    places = ["country", "admin1", "admin2"][: ["country", "admin1", "admin2"].index(finest) + 1]
    period = sheet.layout.get("period", {})
    days = [one.dates.precision for one in sheet.columns if one.dates and one.column.name == period.get("date")]
    kinds = {span(text).kind for text in _labels(sheet, period) if span(text)}  # type: ignore[union-attr]
    months = bool(period.get("month")) or days in (["day"], ["month"]) or kinds in ({"month"}, {"day"})
    quarters = kinds == {"quarter"} or any(part.startswith("Q") for part in period.get("months", {}).values())
    return {"places": places, "periods": ["quarter", "year"] if quarters else ["month", "year"] if months else ["year"]}


def _labels(sheet: _Sheet, period: dict[str, Any]) -> list[str]:
    """The texts that name periods, where a column or the declaration itself has them."""
    if name := period.get("label"):
        texts = next(one.column.texts.to_list() for one in sheet.columns if one.column.name == name)
        return [period.get("words", {}).get(text, latin_digits(text)) for text in texts]
    return [period["given"]] if "given" in period and "month" not in period else []


def _finished(sheet: _Sheet, file_name: str) -> Draft:
    layout = {key: sheet.layout[key] for key in ORDER if sheet.layout.get(key)}
    title = sheet.sniffed.title[:SHORT_TITLE]
    concepts = [m["concept"] for m in sheet.layout["measure"] if "concept" in m]
    concepts += [
        e["concept"] for words in sheet.layout.get("lookup", {}).values() for e in words.values() if "concept" in e
    ]
    declaration: dict[str, Any] = {
        "title": title or f"{OPEN} what the file is about",
        "producer": f"{OPEN} who counted",
        "publisher": f"{OPEN} who released the numbers",
        "obtained_from": f"{OPEN} where this copy comes from",
        "copy_kind": "copied",
        "provenance": "non_official",
        "provenance_subclass": "cso_compiled",
        "acquisition": "field_documentation",
        "licence": "LicenseRef-none-stated",
        "address": f"{OPEN} a web address",
        "citation": f"{OPEN} how to cite it",
        "description": f"{OPEN} what the file holds",
        "sensitivity": "high",
        "tlp": "TLP:AMBER",
        "succession": "whole",
        "coverage": {"absent": "unknown"},
        # Until its contributor has said how it is to be protected, nothing of it is shown.
        "disclosure": {"threshold": 10, "informants": "one", "publish": False},
        "definition": [
            {"id": f"{concept}-definition", "concept": concept, "text": f"{OPEN} what the producer counts as {concept}"}
            for concept in dict.fromkeys(concepts)
        ],
        "layout": [layout],
    }
    if layout["table"] == "event":
        declaration["rollup"] = _added_up(sheet)
    if not declaration["definition"]:
        del declaration["definition"]
    return Draft(declaration, sheet.guesses, sheet.questions, [*open_keys(declaration), *KEYS_TO_CHOOSE])
