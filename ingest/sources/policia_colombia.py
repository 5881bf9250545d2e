"""The publisher read dd/mm/yyyy as mm/dd/yyyy: days after the twelfth of a month were lost, the others misread.

The file is in the order of days and names each row's weekday, which brings every date back: between two rows whose date
stands, the day moves on to the next one of that weekday.
"""

from datetime import date, datetime, timedelta

import polars as pl

from schemas.issue import one
from schemas.said import said

WEEKDAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
WRITTEN = "%d/%m/%Y %I:%M:%S %p"
WEEK = timedelta(days=7)
LAST_WRITTEN_DAY = 12


def tidy(rows: pl.DataFrame, file_stem: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """FECHA as yyyy-mm-dd wherever it is certain, else as it stood; `dane`, the municipality's five digits."""
    data = rows["CLASE DE ARMA"].str.strip_chars() != ""
    dated = rows.filter(data)
    read = [_read(text, weekday) for text, weekday in dated.select("FECHA", "DÍA").iter_rows()]
    lost = (dated["FECHA"].str.strip_chars() == "").to_list()
    open_ = [_weekday(text) if empty else None for text, empty in zip(dated["DÍA"], lost, strict=True)]
    found = recovered(read, open_)
    certain = pl.DataFrame(
        {"source_row": dated["source_row"], "_day": [day.isoformat() if day else None for day in found]},
        schema_overrides={"_day": pl.String},
    )
    rows = (
        rows.join(certain, on="source_row", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("_day", "FECHA").alias("FECHA"),
            pl.col("CÓDIGO DANE").str.replace_all(",", "").str.pad_start(8, "0").str.slice(0, 5).alias("dane"),
        )
        .drop("_day")
    )
    return rows, _notes(dated, read, found)


def recovered(days: list[date | None], weekdays: list[int | None]) -> list[date | None]:
    """Days with gaps, in order, and the weekdays of the gaps → days; a run the next known day contradicts stays open.

    >>> recovered([date(2019, 1, 12), None, None], [None, 6, 0])
    [datetime.date(2019, 1, 12), datetime.date(2019, 1, 13), datetime.date(2019, 1, 14)]
    """
    found: list[date | None] = []
    run: list[date] = []
    before: date | None = None
    for day, weekday in [*zip(days, weekdays, strict=True), (None, None)]:
        if day is None and before is not None and weekday is not None:
            before = _next(before, weekday)
            run.append(before)
            continue
        found += [*(run if _fits(run, day) else [None] * len(run)), day]
        run, before = [], day or before
    return found[:-1]


def _fits(run: list[date], then: date | None) -> bool:
    """Whether a run of recovered days can end before a known one, with no week between them left to chance."""
    lost = all(day.day > LAST_WRITTEN_DAY for day in run)
    return lost and (then is None or not run or timedelta(0) <= then - run[-1] < WEEK)


def _next(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _weekday(text: str) -> int | None:
    word = text.strip().lower()
    return WEEKDAYS.index(word) if word in WEEKDAYS else None


def _read(text: str, weekday: str) -> date | None:
    """The date of a row read as day first, where its weekday agrees."""
    try:
        day = datetime.strptime(text.strip(), WRITTEN).date()
    except ValueError:
        return None
    return day if day.weekday() == _weekday(weekday) else None


def _notes(rows: pl.DataFrame, read: list[date | None], found: list[date | None]) -> list[pl.DataFrame]:
    first = next(
        ((row, text) for row, text, day in zip(rows["source_row"], rows["FECHA"], read, strict=True) if day), None
    )
    back = [row for row, old, new in zip(rows["source_row"], read, found, strict=True) if new and not old]
    issues = []
    if first:
        known = said("“{}” is read so because the weekday beside each of them agrees.", first[1])
        n_read = sum(day is not None for day in read)
        issues.append(one("date_order", "noted", row=first[0], column="FECHA", known=known, n_rows=n_read))
    if back:
        known = said("the file has {:d} distinct days.", len(set(filter(None, found))))
        issues.append(one("date_recovered", "noted", row=back[0], column="DÍA", known=known, n_rows=len(back)))
    return issues
