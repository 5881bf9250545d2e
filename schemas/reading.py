"""A declaration as it is read for those who may see no more than some terms allow: without its stricter columns.

A layout may say that a column is more sensitive than the rest of its file. For whoever may not see that much the
file is read as if the column were not used at all, so nothing that is made of such a reading can depend on it. Where
the rows cannot be told without the column, there is no such reading. Where in doubt there is none.
"""

from collections.abc import Iterator

from schemas.declaration import Layout, Measure, Source, fields
from schemas.vocabulary import codes, vocabularies

WITHHELD = "more sensitive than the rest of the file"
_TOLD = {"acquisition", "footnote"}
BESIDE = {
    "observation": _TOLD | {"low", "high"},
    "event": _TOLD
    | {"firearm_type", "condition", "variant", "legal_justification", "quantity_low", "quantity_high", "informant_key"}
    | {"agency", "departure", "transit", "destination", "transport_mode", "holder", "tracing_outcome", "description"}
    | {"evidence_ref", "lat", "lon", "place_precision", "make", "model", "calibre", "manufacture_country", "marking"},
}
"""Table → its columns that stand beside a number and do not say what it counts, where or when."""


def read_for(source: Source, tlp: str) -> Source | None:
    """The declaration for readers of what is shared as `tlp`; its own `tlp` is that of the strictest column it reads.

    None where a stricter column decides what a row is, where or when. A number goes with all that count the same
    thing: they add up with it, and without it would be too small or give it away.
    """
    hidden = {layout.name: _stricter(layout, tlp) for layout in source.layout}
    if any(_decides(layout, column) for layout in source.layout for column in hidden[layout.name]):
        return None
    gone = [
        (_pair(layout, measure))
        for layout in source.layout
        for measure in layout.measure
        if measure.column in hidden[layout.name]
    ]
    layouts = [_without(layout, hidden[layout.name], gone) for layout in source.layout]
    if any(old.measure and not new.measure for old, new in zip(source.layout, layouts, strict=True)):
        return None
    withheld = {column for columns in hidden.values() for column in columns}
    changes = {"layout": layouts, "correction": [one for one in source.correction if one.column not in withheld]}
    return closed(source.model_copy(update=changes) if withheld else source)


def closed(source: Source) -> Source:
    """The declaration under the terms of the strictest column it reads; of what is made stricter no sums are public."""
    read = (code for layout in source.layout for column, code in layout.sensitivity.items() if _reads(layout, column))
    tlp = strictest(source.tlp, *map(_terms, read))
    if tlp == source.tlp:
        return source
    protected = source.disclosure.model_copy(update={"publish": False}) if source.disclosure else None
    return source.model_copy(update={"tlp": tlp, "disclosure": protected})


def terms_of_files(source: Source) -> str:
    """The terms of its files as they lie, with every column in them."""
    return strictest(source.tlp, *(_terms(code) for layout in source.layout for code in layout.sensitivity.values()))


def strictest(*tlps: str) -> str:
    """The strictest of these terms."""
    return max(tlps, key=codes("tlp").index)


def _terms(sensitivity: str) -> str:
    tlp: str = vocabularies()["default_tlp"][sensitivity]
    return tlp


def _stricter(layout: Layout, tlp: str) -> set[str]:
    """Columns a layout reads that may not be shared as widely."""
    listed = layout.sensitivity.items()
    return {column for column, code in listed if strictest(_terms(code), tlp) != tlp and _reads(layout, column)}


def _reads(layout: Layout, column: str) -> bool:
    """Whether anything is made of a column."""
    return column in layout.model_copy(update={"ignore": {}}).used_columns() | {*layout.recognise.where}


def _decides(layout: Layout, column: str) -> bool:
    """Whether a column says what a row is, where or when; what a tidy function makes of it nobody can say."""
    plain: dict[str, object] = {"columns": {}, "lookup": {}, "ignore": {}, "measure": []}
    used = layout.model_copy(update=plain).used_columns() | {*layout.recognise.where}
    used |= {name for measure in layout.measure for name in fields(measure.period)}
    return layout.tidy or column in used or not _sets(layout, column) <= BESIDE.get(layout.table, set())


def _sets(layout: Layout, column: str) -> set[str]:
    """Our columns that are read from one of theirs, as it stands or word by word."""
    stands = {layout.columns[column]} if column in layout.columns else set()
    entries = layout.lookup.get(column, {}).values()
    return stands.union(*(entry.model_dump(exclude_none=True, exclude={"relation"}) for entry in entries))


def _pair(layout: Layout, measure: Measure) -> tuple[str | None, str | None]:
    """Concept and unit of a measure; None where the rows say it."""
    return measure.concept or layout.constants.get("concept"), measure.unit or layout.constants.get("unit")


def _without(layout: Layout, hidden: set[str], gone: list[tuple[str | None, str | None]]) -> Layout:
    """A layout that makes nothing of the hidden columns, nor of numbers that count what a hidden one counts."""
    kept = [measure for measure in layout.measure if not any(_alike(_pair(layout, measure), pair) for pair in gone)]
    left = hidden | {one.column for one in layout.measure if one not in kept and one.column}
    changes = {
        "columns": {theirs: ours for theirs, ours in layout.columns.items() if theirs not in hidden},
        "lookup": {theirs: words for theirs, words in layout.lookup.items() if theirs not in hidden},
        "measure": kept,
        "ignore": layout.ignore | dict.fromkeys(sorted(left), WITHHELD),
        "skip": [skip.model_copy(update={"total_of": None}) if skip.total_of in left else skip for skip in layout.skip],
    }
    return layout.model_copy(update=changes) if left else layout


def _alike(one: tuple[str | None, str | None], other: tuple[str | None, str | None]) -> bool:
    return all(mine == theirs or None in (mine, theirs) for mine, theirs in zip(one, other, strict=True))


def columns_of(source: Source) -> Iterator[tuple[str, str]]:
    """Each column that is declared more sensitive than the rest of its file, with its code."""
    for layout in source.layout:
        yield from layout.sensitivity.items()
