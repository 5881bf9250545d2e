"""One function turns a kept file into rows or reasons. Pure: no database, no network, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from ingest import check, personal, places
from ingest.declarations import tidy_of
from ingest.items import COUNT, WHOLE, itemised
from ingest.parse import WHOLE_UNITS, dates, grouped, latin, limits, numbers, spans
from ingest.read import Defect, batches
from ingest.register.gazetteer import Gazetteer
from ingest.translate import folded, look_up, template
from schemas.declaration import Layout, Measure, Skip, Source
from schemas.issue import FileRefused, of_rows, one
from schemas.record import VALUE
from schemas.said import said
from schemas.tables import columns as table_columns
from schemas.vocabulary import codes

MOST_SHOWN = 1000
"""Issues that a file refused as a whole still shows of its rows."""


@dataclass(frozen=True)
class Snapshot:
    """A kept file: its bytes' sha256, where they lie, and the name under which they were handed in."""

    sha256: str
    path: Path
    file_name: str

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return Path(self.file_name).stem


@dataclass
class Counts:
    """Where every row and every mapped cell of a file went."""

    rows_in: int = 0
    accepted: int = 0
    refused: int = 0
    skipped: int = 0
    cells: int = 0
    numbers: int = 0
    missing: int = 0
    cells_refused: int = 0

    def add(self, other: "Counts") -> None:
        """Adds another batch's counts."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def verify(self) -> None:
        """Raises AssertionError when a row or a cell was lost: a defect of the commons, never of the data."""
        if self.rows_in != self.accepted + self.refused + self.skipped:
            raise AssertionError(f"rows lost: {self}")
        if self.cells != self.numbers + self.missing + self.cells_refused:
            raise AssertionError(f"cells lost: {self}")


@dataclass
class Batch:
    """Accepted rows by table, issues (in issue.SHAPE) and counts of a part of a file."""

    rows: dict[str, pl.DataFrame]
    issues: pl.DataFrame
    counts: Counts


@dataclass
class _Seen:
    """What is remembered from batch to batch for the checks on a whole file."""

    sums: dict[str, pl.Series] = field(default_factory=dict)
    totals: list[tuple[Skip, int, str]] = field(default_factory=list)
    years: set[int] = field(default_factory=set)
    areas: set[str] = field(default_factory=set)
    keys: list[pl.DataFrame] = field(default_factory=list)
    incidents: list[pl.DataFrame] = field(default_factory=list)
    places: dict[str, pl.DataFrame] = field(default_factory=dict)
    carried: tuple[str, ...] = ()


def ingest(source: Source, layout: Layout, snapshot: Snapshot, gazetteer: Gazetteer) -> Iterator[Batch]:
    """Batches of accepted rows and issues of one file; the last batch holds the checks on the whole file.

    A row that is not accepted has at least one issue, and rows in = accepted + refused + skipped.
    Raises FileRefused for a file that cannot be taken at all, and ingest.read.Defect when the file has to be
    read again with care, which `collect` and `accept` do.
    """
    return _ingest(source, layout, snapshot, gazetteer, careful=False)


def ingest_carefully(source: Source, layout: Layout, snapshot: Snapshot, gazetteer: Gazetteer) -> Iterator[Batch]:
    """The same with the careful reader, for a file in which the fast one met a defect."""
    return _ingest(source, layout, snapshot, gazetteer, careful=True)


def collect(source: Source, layout: Layout, snapshot: Snapshot, gazetteer: Gazetteer) -> Batch:
    """The whole file as one batch."""
    try:
        parts = list(ingest(source, layout, snapshot, gazetteer))
    except Defect:
        parts = list(ingest_carefully(source, layout, snapshot, gazetteer))
    whole = Batch({}, pl.concat([part.issues for part in parts]), Counts())
    for part in parts:
        whole.counts.add(part.counts)
    for table in dict.fromkeys(name for part in parts for name in part.rows):
        whole.rows[table] = pl.concat([part.rows[table] for part in parts if table in part.rows])
    whole.counts.verify()
    return whole


def _ingest(
    source: Source, layout: Layout, snapshot: Snapshot, gazetteer: Gazetteer, *, careful: bool
) -> Iterator[Batch]:
    seen, counts = _Seen(), Counts()
    in_vain: list[pl.DataFrame] = []
    raw = batches(snapshot.path, layout.read, careful=careful)
    whole = layout.tidy or layout.table == "observation"
    if whole:
        parts = list(raw)
        raw = iter([pl.concat(parts)] if parts else [])
    for text in raw:
        _has_its_columns(text, layout)
        batch = _batch(source, layout, snapshot, gazetteer, text, seen)
        counts.add(batch.counts)
        if counts.accepted == 0 and len(in_vain) < MOST_SHOWN:
            in_vain.append(batch.issues.head(MOST_SHOWN))
        yield batch
    last = _whole_file(layout, seen, counts)
    if counts.accepted == 0:
        raise FileRefused("no_rows", issues=pl.concat([last, *in_vain]).head(MOST_SHOWN))
    yield Batch({}, last, Counts())


def _has_its_columns(text: pl.DataFrame, layout: Layout) -> None:
    wanted = layout.recognise.columns
    absent = [name for name in wanted if name not in text.columns]
    extra = [name for name in text.columns if wanted and name not in (*wanted, "source_row", "_cells")]
    if absent or extra:
        raise FileRefused("missing_columns" if absent else "unknown_columns", known=", ".join(absent or extra))


def _batch(
    source: Source, layout: Layout, snapshot: Snapshot, gazetteer: Gazetteer, text: pl.DataFrame, seen: _Seen
) -> Batch:
    rows_in = text.height
    text, issues = _corrected(source, snapshot, text)
    if layout.tidy:
        text, found = tidy_of(source)(text, snapshot.stem)
        issues += found
    if "source_column" not in text.columns:
        text = text.with_columns(pl.lit(None, pl.String).alias("source_column"))
    text, found = _without_blank_rows(text, layout)
    issues += found
    if layout.carried:
        # Before rows are skipped: those below the head of a block of totals are of that block.
        text, seen.carried = carry(text, layout.carried, seen.carried)
    text, found = _skip(text, layout, seen)
    issues += found
    rows, found = itemised(text, layout)
    issues += found
    for step in (_ragged, _required):
        rows, found = step(rows, layout)
        issues += found
    rows, found = look_up(rows, layout)
    issues += found
    rows, found = _placed(rows, layout, gazetteer, seen)
    if source.contributed and layout.table == "observation":
        rows, found = _no_coarser(rows, found)
    issues += found
    rows, found = _dated(rows, layout, snapshot)
    issues += found
    rows, found = _plain_columns(rows, layout)
    issues += found
    if source.contributed:
        rows, found = _nothing_personal(rows, source, layout)
        issues += found
    tables, found, cells = _measured(rows, source, layout, snapshot, seen)
    kept = tables[layout.table]["source_row"].unique().implode()
    issues = _rows_or_cells([*issues, *found], kept)
    skipped = sum(int(part.filter(pl.col("fate") == "row_skipped")["n_rows"].sum()) for part in issues)
    taken = tables[layout.table]["source_row"].n_unique()
    # A part of a cell that is refused takes no other number of its row with it.
    numbers = [m for m in layout.measure if layout.items is None or m.column == layout.items.column]
    lost = rows.filter(pl.col("_refused") & pl.col("source_row").is_in(kept)).height * len(numbers)
    cells = (cells[0] + lost, *cells[1:3], cells[3] + lost)
    counts = Counts(rows_in, taken, rows_in - skipped - taken, skipped, *cells)
    refused = _refused_rows(issues).n_unique()
    if counts.refused != refused:
        raise AssertionError(f"{counts.refused} rows without a reason, {refused} with one")
    return Batch(tables, pl.concat([check.no_issues(), *issues]), counts)


def _refused_rows(issues: list[pl.DataFrame]) -> pl.Series:
    """The rows that some issue refuses, as often as it does."""
    refused = [part.filter(pl.col("fate") == "row_refused")["source_row"].cast(pl.UInt32) for part in issues]
    return pl.concat(refused) if refused else pl.Series([], dtype=pl.UInt32)


def _corrected(source: Source, snapshot: Snapshot, text: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    issues = []
    for mend in source.correction:
        if mend.snapshot != snapshot.sha256 or mend.column not in text.columns:
            continue
        here = text["source_row"] == mend.row
        if not here.any():
            continue
        found = text.filter(here)[mend.column][0]
        agrees = found == mend.old
        kind, known = ("corrected", mend.new) if agrees else ("correction_stale", mend.old)
        issues.append(one(kind, "noted", row=mend.row, column=mend.column, value=found, known=known))
        if agrees:
            text = text.with_columns(text[mend.column].set(here, mend.new))
    return text, issues


def _without_blank_rows(text: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    issues = []
    # A column that is left out because its cells are more sensitive does not show by which rows count as blank.
    hidden = layout.sensitivity.keys() & layout.ignore.keys()
    data = [name for name in text.columns if name not in ("source_row", "_cells", "source_column", *hidden)]
    if data and (text[data[0]] == "").any():
        blank = text.select(pl.all_horizontal(pl.col(data) == ""))[data[0]]
        if blank.any():
            issues.append(_skipped(text.filter(blank), "blank"))
            text = text.filter(~blank)
    return text, issues


def _skip(text: pl.DataFrame, layout: Layout, seen: _Seen) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Without declared titles, footers and totals; a total is remembered as a check."""
    issues = []
    for skip in layout.skip:
        matches = [pl.col(name).str.strip_chars() == value for name, value in skip.where.items()]
        hit = text.select(pl.all_horizontal(matches).alias("hit"))["hit"]
        if hit.any():
            part = text.filter(hit)
            issues.append(_skipped(part, skip.reason))
            if skip.total_of:
                seen.totals += [
                    (skip, row, value) for row, value in part.select("source_row", skip.total_of).iter_rows()
                ]
            text = text.filter(~hit)
    return text, issues


def _skipped(part: pl.DataFrame, reason: str) -> pl.DataFrame:
    return one(f"skipped_{reason}", "row_skipped", row=int(part["source_row"][0]), n_rows=part.height)


def carry(text: pl.DataFrame, columns: list[str], before: tuple[str, ...] = ()) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows whose empty cells in these columns hold what stands above; `before` is what the rows above ended with.

    The columns go from the outermost group to the innermost: below a new province no district is carried over.
    """
    filled: list[pl.Series] = []
    begins = pl.repeat(False, text.height + 1, dtype=pl.Boolean, eager=True)
    for i, name in enumerate(columns):
        own = pl.concat([pl.Series([before[i] if before else ""], dtype=pl.String), text[name].str.strip_chars()])
        held = pl.DataFrame([own.replace("", None).alias("own"), begins.cum_sum().alias("block")])
        filled.append(held.select(pl.col("own").forward_fill().over("block").fill_null(""))["own"].alias(name))
        # What begins here ends all that is carried in the columns within.
        begins = begins | pl.concat([pl.Series([False]), own[1:] != ""])
    last = tuple(str(column[-1]) for column in filled)
    return text.with_columns(column[1:] for column in filled), last


def _ragged(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    if "_cells" not in rows.columns or rows["_cells"].null_count() == rows.height:
        return rows, []
    ragged = rows["_cells"].is_not_null()
    width = str(len(layout.recognise.columns))
    issue = of_rows(rows.filter(ragged), "ragged_row", "row_refused", column=None, value=pl.col("_cells"), known=width)
    return rows.with_columns((pl.col("_refused") | ragged).alias("_refused")), [issue]


def _required(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    issues = []
    for name, allowed in layout.require.items():
        bad = ~rows[name].str.strip_chars().is_in(allowed) & ~rows["_refused"]
        if bad.any():
            words = " or ".join(f"“{text}”" for text in allowed)
            issues.append(
                of_rows(rows.filter(bad), "not_allowed", "row_refused", column=name, value=pl.col(name), known=words)
            )
            rows = rows.with_columns((pl.col("_refused") | bad).alias("_refused"))
    return rows, issues


def _placed(
    rows: pl.DataFrame, layout: Layout, gazetteer: Gazetteer, seen: _Seen
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    rows, issues = places.resolve(rows, layout.place, layout, gazetteer, into="place", seen=seen.places)
    if layout.counterpart:
        rows, found = places.resolve(rows, layout.counterpart, layout, gazetteer, into="counterpart", seen=seen.places)
        issues += found
    return rows, issues


def _dated(rows: pl.DataFrame, layout: Layout, snapshot: Snapshot) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Adds period_start, period_end, period_kind and period_basis."""
    period = layout.period
    if period is None:
        return _undated(rows, layout)
    column = period.date or period.label or period.year or period.month or ""
    kind, known = "impossible_period", None
    if period.date:
        asked = latin(rows[period.date], layout.digits)
        found_dates = dates(asked, period.date_format, period.months)
        patterns = period.date_format
        kind, known = "impossible_date", patterns if isinstance(patterns, str) else " or ".join(patterns)
    elif period.file_name:
        label = year_in_name(snapshot.stem, period.file_name)
        found_dates = spans(pl.Series([label]).new_from_index(0, rows.height))
    elif period.given and period.month is None:
        found_dates = spans(pl.Series([period.given]).new_from_index(0, rows.height))
    else:
        found_dates = spans(latin(rows.select(_label(layout))["label"], layout.digits))
    basis = pl.col(period.basis) if period.basis in rows.columns else pl.lit(period.basis)
    found = found_dates.rename(lambda name: f"our:{name}").get_columns()
    rows = rows.with_columns(*found, basis.alias("our:period_basis"))
    bad = rows["our:period_start"].is_null() & ~rows["_refused"]
    if not bad.any():
        return rows, []
    issue = of_rows(rows.filter(bad), kind, "row_refused", column=column, value=pl.col(column), known=known)
    return rows.with_columns((pl.col("_refused") | bad).alias("_refused")), [issue]


def _undated(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows of a layout that declares no period: refused, unless its measures have their own or it is of places."""
    if layout.table == "place" or any(measure.period for measure in layout.measure):
        return rows, []
    open_ = rows.filter(~pl.col("_refused"))
    nothing = {"our:period_start": pl.Date, "our:period_end": pl.Date, "our:period_kind": pl.String}
    rows = rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in nothing.items())
    rows = rows.with_columns(pl.lit(True).alias("_refused"), pl.lit("calendar").alias("our:period_basis"))
    return rows, [of_rows(open_, "no_period", "row_refused", column=None, value=None)]


def _label(layout: Layout) -> pl.Expr:
    period = layout.period
    assert period is not None
    if period.label:
        text = pl.col(period.label).str.strip_chars()
        return (text.replace(period.words) if period.words else text).alias("label")
    year = pl.lit(period.given) if period.given else pl.col(period.year or "").str.strip_chars().str.strip_suffix(".0")
    if period.month is None:
        return year.alias("label")
    parts = [name for name in (period.month, period.day) if name]
    numbered = [pl.col(name).str.strip_chars().str.strip_suffix(".0") for name in parts]
    if period.months:
        names = {folded(name): number for name, number in period.months.items()}
        month = numbered[0].str.to_lowercase().replace(names)
        numbered[0] = month
    padded = [part.str.pad_start(2, "0") for part in numbered]
    return pl.concat_str([year, *padded], separator="-").alias("label")


def year_in_name(stem: str, pattern: str) -> str:
    """The year a file's name carries, by a pattern such as 'trace_%Y'. Raises FileRefused when it has none."""
    try:
        return str(datetime.strptime(stem, pattern).year)
    except ValueError as error:
        raise FileRefused("no_period_in_name", known=pattern.replace("%Y", "2020")) from error


def _plain_columns(rows: pl.DataFrame, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Columns that are taken as they stand, in our types; a coordinate that is none is dropped and noted."""
    kinds = table_columns("item") | table_columns(layout.table)
    issues = []
    for theirs, ours in layout.columns.items():
        kind, raw = kinds[ours], rows[theirs].str.strip_chars()
        text = raw.set(raw.is_in(list(layout.missing)) | (raw == ""), None)
        if kind == pl.String:
            parsed = text
        elif kind == pl.Boolean:
            parsed = text.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
        elif isinstance(kind, pl.Decimal):
            parsed, _ = numbers(text, layout.thousands, layout.decimal)
        else:
            parsed = text.cast(kind, strict=False)
            if ours in ("lat", "lon"):
                reach = 90 if ours == "lat" else 180
                parsed = parsed.set(~parsed.is_between(-reach, reach).fill_null(True), None)
        lost = parsed.is_null() & text.is_not_null() & ~rows["_refused"]
        if lost.any():
            point = ours in ("lat", "lon")
            kind_, fate = ("impossible_point", "noted") if point else ("not_a_number", "row_refused")
            issues.append(
                of_rows(rows.filter(lost), kind_, fate, column=theirs, value=pl.col(theirs), known=layout.decimal)
            )
            if not point:
                rows = rows.with_columns((pl.col("_refused") | lost).alias("_refused"))
        said = parsed.alias(f"our:{ours}")
        if said.name in rows.columns:
            said = said.zip_with(said.is_not_null(), rows[said.name])
        rows = rows.with_columns(said)
    return rows, issues


def _no_coarser(rows: pl.DataFrame, issues: list[pl.DataFrame]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Refuses rows of which only a wider place was found: a number of a town would stand as that of its country.

    Built-in sources say what such rows are; of a contributed table nobody has.
    """
    coarser = pl.col("kind") == "coarser_place"
    wider = [part.filter(coarser)["source_row"] for part in issues if part.filter(coarser).height]
    if not wider:
        return rows, issues
    held = pl.col("source_row").is_in(pl.concat(wider).unique().implode())
    refused = {"kind": "unknown_place", "fate": "row_refused", "known": ""}
    changed = [pl.when(coarser).then(pl.lit(said)).otherwise(name).alias(name) for name, said in refused.items()]
    rows = rows.with_columns((pl.col("_refused") | held).alias("_refused"))
    return rows, [part.with_columns(changed) for part in issues]


def _nothing_personal(rows: pl.DataFrame, source: Source, layout: Layout) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Refuses rows whose texts, of the columns that are taken as they stand, still hold something personal."""
    kinds = table_columns("item") | table_columns(layout.table)
    texts = [theirs for theirs, ours in layout.columns.items() if kinds[ours] == pl.String]
    allowed = {"exact_coordinates"} if source.sensitivity == "low" else set[str]()
    found = personal.remains(rows.filter(~pl.col("_refused")), texts, allowed=allowed)
    if found.is_empty():
        return rows, []
    held = pl.col("source_row").is_in(found["source_row"].unique().implode())
    return rows.with_columns((pl.col("_refused") | held).alias("_refused")), [found]


def _measured(
    rows: pl.DataFrame, source: Source, layout: Layout, snapshot: Snapshot, seen: _Seen
) -> tuple[dict[str, pl.DataFrame], list[pl.DataFrame], tuple[int, int, int, int]]:
    """Accepted rows per table, issues, and the cells mapped, with a number, missing and refused."""
    good = rows.filter(~pl.col("_refused")) if rows["_refused"].any() else rows
    if "our:period_start" in good.columns:
        seen.years |= set(good["our:period_start"].dt.year().unique().to_list())
    if layout.table == "place":
        taken = good.with_columns(
            template(layout.code or "", layout.no_place).alias("our:code"),
            pl.lit(layout.level).alias("our:level"),
            pl.col("our:place").alias("our:parent"),
        )
        taken, found = check.validate(_finished(taken, source, layout, snapshot, "place", None), "place")
        return {"place": taken}, found, (0, 0, 0, 0)
    target: str = "item" if layout.table == "event" else layout.table
    parts, issues = [], []
    cells = missing = cells_refused = 0
    for measure in layout.measure:
        own, elsewhere = _of_all_kinds(_once_a_row(good, layout, measure), measure, target)
        part, undated = _in_its_period(own, measure)
        part, found, refused = _numbered(part, layout, measure, seen, target)
        issues += [*undated, *elsewhere]
        refused += sum(u.height for u in (*undated, *elsewhere))
        finished = _finished(part, source, layout, snapshot, target, measure)
        finished, broken = check.validate(finished, target)
        issues += found + broken
        cells += own.height + sum(e.height for e in elsewhere)
        cells_refused += refused + sum(b.height for b in broken)
        parts.append(finished)
    taken = pl.concat(parts)
    number = "quantity" if target == "item" else "value"
    if target == "observation":
        taken, found = check.settle_repeats(taken)
        issues += found
        cells_refused += sum(f.height for f in found)
    tables = {target: taken}
    if layout.table == "event":
        tables["event"], tables["item"], found, lost = _events(good, taken, source, layout, snapshot, seen)
        issues += found
        cells_refused += lost
    missing = int(tables[target][number].null_count())
    issues += _missing_cells(tables[target], number)
    own = places.of_own_register(good, layout.place, layout).with_columns(
        pl.lit(None, pl.String).alias("source_column")
    )
    own = own.filter(~pl.col("our:code").is_in(list(seen.areas)))
    if own.height:
        seen.areas |= set(own["our:code"])
        tables["place"] = _finished(own, source, layout, snapshot, "place", None)
    return tables, issues, (cells, cells - missing - cells_refused, missing, cells_refused)


def _once_a_row(rows: pl.DataFrame, layout: Layout, measure: Measure) -> pl.DataFrame:
    """Where a row of the file has become several, one for each thing a cell names: another number of that row counts
    once, and is of no kind of thing."""
    if layout.items is None or measure.column == layout.items.column:
        return rows
    entries = layout.lookup.get(layout.items.column, {}).values()
    said = ["our:mapping_relation", *(f"our:{name}" for entry in entries for name in entry.model_fields_set)]
    return rows.unique("source_row", keep="first", maintain_order=True).drop(
        *dict.fromkeys(name for name in said if name in rows.columns)
    )


PEOPLE = ("person_", "victim_", "x_person")
"""How units of people begin."""
OF_THINGS = ("concept", "unit", "firearm_type", "condition", "mapping_relation")
"""What the word for a thing says of an item; of a published number its kinds are breakdowns, which stay."""


def _of_all_kinds(rows: pl.DataFrame, measure: Measure, target: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """What a word for a thing says is not said of people and cases counted in the same row.

    Of an event they are counted once, of no kind. A published number of a row about something that has no category of
    its own, such as ammunition, would be taken for that of all rows: it is refused.
    """
    if measure.of_things:
        return rows, []
    held = [f"our:{name}" for name in OF_THINGS if f"our:{name}" in rows.columns]
    if target == "item":
        # Cases may be told apart by the kind of weapon they were about; the people in them are of no kind.
        kept = () if str(measure.unit).startswith(PEOPLE) else ("our:firearm_type", "our:condition")
        return rows.drop([name for name in held if name not in kept]), []
    said_of = [name for name in ("our:concept", "our:unit") if name in held]
    if "our:concept" not in said_of:
        return rows, []
    other = pl.col("our:concept").is_not_null() & (pl.col("our:concept") != measure.concept)
    if "our:category" in rows.columns:
        other &= pl.col("our:category").is_null()
    apart = rows.filter(other)
    issue = of_rows(
        apart,
        "number_of_other_things",
        "row_refused",
        column=measure.column,
        value=pl.col(measure.column) if measure.column else None,
        known=pl.col("our:concept"),
    )
    return rows.filter(~other.fill_null(False)).drop(said_of), [issue] if apart.height else []


def _in_its_period(rows: pl.DataFrame, measure: Measure) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows with the period a measure's column is about, where its header says so, without those that name none."""
    if measure.period is None:
        return rows, []
    label = rows.with_columns(template(measure.period, []).alias("label"))["label"]
    found = spans(label).rename(lambda name: f"our:{name}").get_columns()
    rows = rows.with_columns(*found, pl.lit("calendar").alias("our:period_basis"), label.alias("_label"))
    bad = rows["our:period_start"].is_null()
    if not bad.any():
        return rows, []
    issue = of_rows(rows.filter(bad), "impossible_period", "row_refused", column=measure.column, value=pl.col("_label"))
    return rows.filter(~bad), [issue]


def _rows_or_cells(issues: list[pl.DataFrame], kept: pl.Series) -> list[pl.DataFrame]:
    """Where a row of the file is many numbers, one bad cell does not refuse it: its issue is one of a cell.

    Of a row of which nothing is kept some numbers may contradict and others repeat those of another row: it is refused.
    One of which all repeat is skipped, and once.
    """
    refused = _refused_rows(issues)
    twice = (pl.col("kind") == "same_row_twice") & (
        pl.col("source_row").is_in(refused.implode()) | ~pl.struct("source_row", "kind").is_first_distinct()
    )
    of_cell = pl.col("fate").is_in(["row_refused", "row_skipped"]) & (pl.col("source_row").is_in(kept) | twice)
    return [
        part.with_columns(pl.when(of_cell).then(pl.lit("cell_refused")).otherwise("fate").alias("fate"))
        for part in issues
    ]


def _numbered(
    rows: pl.DataFrame, layout: Layout, measure: Measure, seen: _Seen, target: str
) -> tuple[pl.DataFrame, list[pl.DataFrame], int]:
    """Rows with `_number`, `_raw` and `_status`, without those whose number is none; issues; how many were lost."""
    if measure.column is None:
        counted = rows.with_columns(
            pl.lit(1).alias("_number"), pl.lit(None, pl.String).alias("_raw"), pl.lit("A").alias("_status")
        )
        return counted, [], 0
    several = layout.items is not None and layout.items.column == measure.column
    raw = rows[WHOLE if several else measure.column]
    clean = latin((rows[COUNT] if several else raw).str.strip_chars(), layout.digits)
    if layout.zero:
        clean = clean.set(clean.is_in(layout.zero), "0")
    status = clean.replace_strict(
        list(layout.missing), list(layout.missing.values()), default=None, return_dtype=pl.String
    )
    is_missing = status.is_not_null()
    if measure.blank == "zero":
        is_missing = is_missing & (clean != "")
        clean = clean.set(clean == "", "0")
        status = status.set(~is_missing, None)
    if is_missing.any():
        clean = clean.set(is_missing, None)
    low = high = pl.Series([None], dtype=VALUE).new_from_index(0, rows.height)
    if layout.approximate:
        stated, low, high, how = limits(clean, layout.approximate, layout.thousands, layout.decimal)
        clean = stated.zip_with(how.is_not_null(), clean)
        status = how.zip_with(how.is_not_null(), status)
        is_missing = is_missing | (how == "L").fill_null(False)
    value, kind = numbers(clean, layout.thousands, layout.decimal)
    kind = kind.set(is_missing, None) if is_missing.any() else kind
    if value.len() and (value < 0).any():
        kind = kind.set((value < 0).fill_null(False) & kind.is_null(), "negative")
    units = rows["our:unit"] if "our:unit" in rows.columns else pl.Series([measure.unit], dtype=pl.String)
    periods = rows["our:period_kind"] if "our:period_kind" in rows.columns else None
    written = grouped(clean, layout.decimal)
    fraction = (value != value.floor()).fill_null(False)
    if written.any() or fraction.any():
        whole = units.fill_null(measure.unit or "").is_in(list(WHOLE_UNITS))
        whole = whole if whole.len() == rows.height else whole.new_from_index(0, rows.height)
        single = (periods != "average") if periods is not None else whole
        kind = kind.set(written & whole & single & kind.is_null(), "grouped")
        kind = kind.set(fraction & whole & single & kind.is_null(), "fraction")
    _remember_sum(seen, measure.column, value)
    rows = rows.with_columns(
        value.alias("_number"), raw.alias("_raw"), status.fill_null("A").alias("_status"), kind.alias("_kind")
    )
    rows = rows.with_columns(low.alias("_low"), high.alias("_high"))
    issues = []
    lost = kind.is_not_null()
    if lost.any():
        bad = rows.filter(lost)
        for (name,), part in bad.group_by("_kind", maintain_order=True):
            known = layout.decimal if name == "not_a_number" else (measure.unit or said("whole things"))
            issues.append(
                of_rows(part, str(name), "row_refused", column=measure.column, value=pl.col("_raw"), known=known)
            )
        rows = rows.filter(~lost)
    return rows, issues, int(lost.sum())


def _remember_sum(seen: _Seen, column: str, value: pl.Series) -> None:
    total = pl.Series([value.sum()], dtype=pl.Decimal(38, 6))
    seen.sums[column] = seen.sums[column] + total if column in seen.sums else total


def _finished(
    rows: pl.DataFrame, source: Source, layout: Layout, snapshot: Snapshot, target: str, measure: Measure | None
) -> pl.DataFrame:
    """All columns of the target table: constants < measure < lookups < what the columns say."""
    kinds = table_columns(target)
    base: dict[str, str | int | bool | None] = {
        "source": source.name,
        "snapshot": snapshot.sha256,
        "acquisition": _acquisition(source, layout),
        "sensitivity": source.sensitivity,
        "variant": "",
        "mapping_relation": "exactMatch",
        "obs_status": "A",
        "dimension": "total",
        "category": "TOTAL",
        "derived": False,
        "n_expected": 1,
        "covered": True,
        "counterpart_role": layout.counterpart_role,
        **layout.constants,
    }
    if measure:
        base |= {
            k: v for k, v in measure.model_dump().items() if v is not None and k not in ("column", "blank", "relation")
        }
        base["mapping_relation"] = measure.relation
    made: dict[str, pl.Expr] = {}
    for name, kind in kinds.items():
        default = pl.lit(base.get(name), kind)
        made[name] = pl.coalesce(f"our:{name}", default) if f"our:{name}" in rows.columns else default
    made["source_row"], made["source_column"] = pl.col("source_row"), pl.col("source_column")
    if measure:
        number = "quantity" if target == "item" else "value"
        made[number] = pl.col("_number")
        if "_low" in rows.columns:
            low, high = ("quantity_low", "quantity_high") if target == "item" else ("low", "high")
            made[low] = pl.coalesce("_low", made[low])
            made[high] = pl.coalesce("_high", made[high])
        made["value_raw"] = pl.col("_raw")
        made["obs_status"] = pl.when(pl.col("_status") == "A").then(made["obs_status"]).otherwise("_status")
        made["source_column"] = pl.coalesce(pl.col("source_column"), pl.lit(measure.column, pl.String))
        if target == "observation" and "our:n_parts" not in rows.columns:
            made["n_parts"] = pl.col("_number").is_not_null().cast(pl.Int32)
        if target == "item":
            made["event_key"] = _event_key(layout)
    if "definition_id" in kinds:
        made["definition_id"] = _definition(source, made["concept"])
    return check.conform(rows.select(**made), target)


def _acquisition(source: Source, layout: Layout) -> str:
    """How a row was come by that does not say so: the one that asks for most care of those its layout uses."""
    said_by_rows = {entry.acquisition for words in layout.lookup.values() for entry in words.values()}
    used = {source.acquisition, *said_by_rows}
    return (
        next(code for code in codes("acquisition_by_care") if code in used)
        if said_by_rows - {None}
        else source.acquisition
    )


def _definition(source: Source, concept: pl.Expr) -> pl.Expr:
    known = {definition.concept: definition.id for definition in source.definition}
    return concept.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def _event_key(layout: Layout) -> pl.Expr:
    return template(layout.event_key, []) if layout.event_key else pl.col("source_row").cast(pl.String)


def _of_incidents(rows: pl.DataFrame, layout: Layout, seen: _Seen) -> pl.DataFrame:
    """Adds our:incident_key, the number of the first row of the same incident in the file; one that names none is its
    own."""
    if layout.incident is None:
        return rows
    said = template(layout.incident, []).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    named = rows.with_columns(said.hash(seed=7).alias("_incident"))
    known = pl.concat([*seen.incidents, named.select("_incident", pl.col("source_row").alias("_first"))])
    known = known.unique("_incident", keep="first", maintain_order=True)
    seen.incidents = [known]
    joined = named.join(known, on="_incident", how="left", maintain_order="left")
    blank = rows.select(template(layout.incident, []).is_null().alias("blank"))["blank"]
    first = pl.when(blank).then("source_row").otherwise("_first")
    return joined.with_columns(first.cast(pl.String).alias("our:incident_key"))


def _events(
    rows: pl.DataFrame, items: pl.DataFrame, source: Source, layout: Layout, snapshot: Snapshot, seen: _Seen
) -> tuple[pl.DataFrame, pl.DataFrame, list[pl.DataFrame], int]:
    """Events that have an item, their items, issues of repeated identifiers, and how many items those cost."""
    if layout.items:
        rows = rows.unique("source_row", keep="first", maintain_order=True)
    events = _of_incidents(rows, layout, seen).with_columns(
        _event_key(layout).alias("our:event_key"),
        pl.col("our:period_start").alias("our:date_start"),
        pl.col("our:period_end").alias("our:date_end"),
        pl.col("our:period_kind").alias("our:date_precision"),
    )
    events = _finished(events, source, layout, snapshot, "event", None)
    no_point = pl.col("lat").is_null() | pl.col("lon").is_null()
    events = events.with_columns(pl.when(~no_point).then("place_precision").alias("place_precision"))
    events, issues = check.validate(events, "event")
    lost = 0
    if layout.event_key:
        # Identifiers of the whole file are compared by hash, so that millions of events fit into memory.
        hashed = events.select(pl.col("event_key").hash(seed=7))
        before = pl.concat([hashed.clear(), *seen.keys], rechunk=False)
        seen.keys.append(hashed)
        if hashed["event_key"].n_unique() < hashed.height or before.join(hashed, on="event_key", how="semi").height:
            key = hashed["event_key"]
            again = ~key.is_first_distinct() | key.is_in(before["event_key"].implode())
            repeated = events.filter(again)
            issues.append(
                of_rows(
                    repeated,
                    "same_event_twice",
                    "row_refused",
                    column=None,
                    value=None if layout.hide_event_key else pl.col("event_key"),
                    known=said("above"),
                )
            )
            events = events.filter(~again)
    kept = items["source_row"].is_in(events["source_row"].implode())
    if not kept.all():
        lost = int((~kept).sum())
        items = items.filter(kept)
    if layout.hide_event_key:
        row = pl.col("source_row").cast(pl.String).alias("event_key")
        events, items = events.with_columns(row), items.with_columns(row)
    has_item = events["source_row"].is_in(items["source_row"].unique().implode())
    return events.filter(has_item) if not has_item.all() else events, items, issues, lost


def _missing_cells(rows: pl.DataFrame, number: str) -> list[pl.DataFrame]:
    """One note per column and marker on how many cells hold no number."""
    if rows[number].null_count() == 0:
        return []
    low, high = ("quantity_low", "quantity_high") if number == "quantity" else ("low", "high")
    limited = pl.col(low).is_not_null() | pl.col(high).is_not_null()
    approximate = [
        one("approximate", "noted", row=int(part["source_row"][0]), column=str(column), n_rows=part.height)
        for (column,), part in rows.filter(limited).group_by("source_column", maintain_order=True)
    ]
    empty = rows.filter(pl.col(number).is_null(), ~limited)
    groups = empty.group_by("source_column", "value_raw", maintain_order=True)
    return approximate + [
        one(
            "cells_unknown" if raw and str(raw).strip() else "cells_missing",
            "noted",
            row=int(part["source_row"][0]),
            column=str(column),
            value=str(raw or ""),
            n_rows=part.height,
        )
        for (column, raw), part in groups
    ]


def _whole_file(layout: Layout, seen: _Seen, counts: Counts) -> pl.DataFrame:
    """Expectations and control totals. Raises FileRefused when the file holds too little."""
    issues = [check.no_issues()]
    data_rows = counts.rows_in - counts.skipped
    if layout.expect.rows:
        least, most = layout.expect.rows
        if data_rows < least:
            raise FileRefused("too_few_rows", value=str(data_rows), known=str(least))
        if data_rows > most:
            issues.append(one("too_many_rows", "noted", value=str(data_rows), known=str(most)))
    if layout.expect.years:
        first, last = layout.expect.years
        issues += [
            one("unexpected_year", "noted", value=str(year), known=said("{:d} to {:d}", first, last))
            for year in sorted(seen.years)
            if not first <= year <= last
        ]
    for skip, row, text in seen.totals:
        stated, kind = numbers(pl.Series([text]), layout.thousands, layout.decimal)
        summed = seen.sums.get(skip.total_of or "")
        if kind[0] is not None or summed is None:
            continue
        agrees = abs(float(stated[0]) - float(summed[0])) <= skip.tolerance
        issues.append(
            one(
                "total_agrees" if agrees else "total_differs",
                "noted",
                row=row,
                column=skip.total_of,
                value=text,
                known=f"{float(summed[0]):g}" if float(summed[0]) % 1 else f"{int(summed[0])}",
            )
        )
    return pl.concat(issues)
