"""From a published figure to file, row, column and the text that stands there.

Nothing is stored per figure: its own predicate is run again on the accepted rows of the release's files, and the text
is read again from the kept file.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest.accept import accept
from ingest.declarations import in_force
from ingest.folder import Folder
from ingest.ingest import Snapshot
from ingest.read import Defect, batches
from ingest.register.gazetteer import load as load_gazetteer
from schemas.declaration import DeclarationRefused, Layout
from schemas.reading import read_for, terms_of_files
from schemas.said import said
from warehouse.inputs import Inputs
from warehouse.release import NoRelease, open_release, sql
from warehouse.stage import register_codes, use_kept
from warehouse.succession import Held

STARTER_COLUMNS = ("citation", "address", "calculation")


class NoFigure(Exception):
    """No figure of the release has that identifier."""


def lineage(
    folder: Folder, figure_id: str, release: str | None = None, tier: str = "clear", limit: int = 50
) -> dict[str, Any]:
    """What a figure goes back to: figure, source, steps (plain sentences), n_rows, cells (at most `limit`), caveats,
    statements.

    Each cell has snapshot, file_name, source_row, source_column, text (as it stands in the kept file), value, place,
    place_name, counterpart, period_start, period_end, dimension, category, variant, obs_status, footnote; a cell of a
    starter table also citation, address and calculation. Raises NoRelease and NoFigure.
    """
    with open_release(folder, release, tier) as con:
        figure = _one(con, "select * from figure where figure_id = ?", [figure_id])
        if figure is None:
            raise NoFigure(f"No figure of this release has the identifier {figure_id}.")
        source = _one(con, "select * from source where source = ?", [figure["source"]])
        assert source is not None
        snapshots = con.execute(
            "select snapshot, layout, file_name, received_at, released, bytes from snapshot"
            " where source = ? and current",
            [figure["source"]],
        ).fetchall()
        caveats, statements = con.execute(
            "select caveats_of(source, concept, place, year(period_start), year(period_end)),"
            " statements_of(source, figure_id) from figure where figure_id = ? and source = ?",
            [figure_id, figure["source"]],
        ).fetchall()[0]
        place_up = con.sql("select * from place_up").to_arrow_table()
        names = dict(con.execute("select code, name from place").fetchall())
    held = None if figure["snapshot"] is None else _held(folder, figure["source"], figure["tier"], snapshots)
    if held is None:
        steps = _steps_of_protected(figure, source)
        return {
            "figure": figure,
            "source": source,
            "steps": steps,
            "n_rows": 0,
            "cells": [],
            "caveats": caveats,
            "statements": statements,
        }
    found, total = _rows(folder, figure, held, place_up, limit)
    cells = [_cell(cell, names, held) for cell in found]
    if terms_of_files(held[0].source) == held[0].source.tlp:
        cells = [cell | text for cell, text in zip(cells, _texts(folder, held, cells), strict=True)]
    else:  # the files hold more than may be seen: the text was kept with the accepted row
        cells = [cell | {"text": row["value_raw"]} for cell, row in zip(cells, found, strict=True)]
    return {
        "figure": figure,
        "source": source,
        "steps": _steps(figure, source, cells, total, names),
        "n_rows": total,
        "cells": cells,
        "caveats": caveats,
        "statements": statements,
    }


def _one(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> dict[str, Any] | None:
    rows = con.execute(query, values)
    names = [column[0] for column in rows.description or []]
    found = rows.fetchall()
    return dict(zip(names, found[0], strict=True)) if found else None


def _held(folder: Folder, name: str, tlp: str, snapshots: list[tuple[Any, ...]]) -> list[Held] | None:
    """The files a figure goes back to, as they are read for those who may see what is shared under its terms.

    None where its declaration has since made stricter what its rows cannot be told without, or is not open here.
    """
    try:
        source = read_for(in_force(folder, name), tlp)
    except DeclarationRefused:
        return None
    if source is None:
        return None
    layouts = {layout.name: layout for layout in source.layout}
    found = [
        Held(snapshot, source, layouts[layout], file_name, size, received.isoformat(), released, source.obtained_from)
        for snapshot, layout, file_name, received, released, size in snapshots
    ]
    return sorted(found, key=lambda file: (not file.layout.starter, file.released or date.min, file.received_at))


def _rows(
    folder: Folder, figure: dict[str, Any], held: list[Held], place_up: Any, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """The first accepted rows of a figure, and how many there are."""
    name = figure["source"]
    gazetteer = load_gazetteer()
    reports = {
        (name, file.snapshot): accept(
            folder,
            file.source,
            file.layout,
            Snapshot(file.snapshot, folder.file(file.snapshot), file.file_name),
            gazetteer,
        )
        for file in held
    }
    inputs = Inputs({name: held}, {name: held}, reports, gazetteer, {name: held[0].source})
    inputs.list_accepted()
    with duckdb.connect() as con:
        con.register("place_up", place_up)
        register_codes(con)
        # What is empty is an empty text: without a type it would be taken for a number.
        wanted = ", ".join(f"{'?::varchar' if value is None else '?'} as {name}" for name, value in figure.items())
        con.execute(f"create temp table wanted as select {wanted}", list(figure.values()))
        use_kept(con, inputs, name)
        con.execute("create temp table found as " + sql("views/lineage"))
        total = con.execute("select count(*) from found").fetchall()[0][0]
        rows = con.execute("select * from found limit ?", [limit])
        names = [column[0] for column in rows.description or []]
        return [dict(zip(names, row, strict=True)) for row in rows.fetchall()], int(total)


def _cell(row: dict[str, Any], names: dict[str, str], held: list[Held]) -> dict[str, Any]:
    files = {file.snapshot: file for file in held}
    return {
        **{name: value for name, value in row.items() if name != "value_raw"},
        "file_name": files[row["snapshot"]].file_name,
        "place_name": names.get(row["place"], row["place"]),
    }


def _texts(folder: Folder, held: list[Held], cells: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """For each cell the text that stands in the kept file, and what a starter table says of its row."""
    files = {file.snapshot: file for file in held}
    wanted: dict[str, set[int]] = {}
    for cell in cells:
        wanted.setdefault(cell["snapshot"], set()).add(cell["source_row"])
    read = {
        snapshot: _read_rows(folder.file(snapshot), files[snapshot].layout, rows) for snapshot, rows in wanted.items()
    }
    for cell in cells:
        row = read[cell["snapshot"]].get(cell["source_row"], {})
        text = row.get(cell["source_column"] or "")
        said = {name: row.get(name) for name in STARTER_COLUMNS} if files[cell["snapshot"]].layout.starter else {}
        yield {"text": text, **said}


def _read_rows(path: Path, layout: Layout, rows: set[int]) -> dict[int, dict[str, str]]:
    """Row → column → text, read again from the kept file."""
    try:
        return _scan(path, layout, rows, careful=False)
    except Defect:
        return _scan(path, layout, rows, careful=True)


def _scan(path: Path, layout: Layout, rows: set[int], *, careful: bool) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    labels: dict[str, str] = {}
    for batch in batches(path, layout.read, careful=careful):
        if layout.read.header_row == 0 and not labels:
            labels = _labels(batch)
        for row in batch.filter(pl.col("source_row").is_in(list(rows))).iter_rows(named=True):
            found[row["source_row"]] = row | {label: row[name] for label, name in labels.items()}
        if len(found) == len(rows):
            break
    return found


def _labels(grid: pl.DataFrame) -> dict[str, str]:
    """In a grid a column is known by its label, which stands in one of the first rows; the uppermost counts."""
    found: dict[str, str] = {}
    for row in grid.head(5).drop("source_row", "_cells").iter_rows(named=True):
        for name, text in row.items():
            found.setdefault(text.strip(), name)
    found.pop("", None)
    return found


def _steps_of_protected(figure: dict[str, Any], source: dict[str, Any]) -> list[str]:
    """What may be said of a figure of a source whose files and rows this tier may not see."""
    steps = [
        said("Counted by {}.", source["producer"]),
        said("Released by {}; this copy obtained from {}.", source["publisher"], source["obtained_from"]),
        said("Calculated by the commons from files that are not public, to protect people."),
    ]
    if figure["value"] is None:
        steps.append(said("Withheld: the number is too small to be shown, or would give away one that is."))
    elif figure["completeness"] == "partial":
        steps.append(said("At least this number: of this year something is missing."))
    elif figure["completeness"] == "unknown":
        steps.append(said("Whether the source recorded everything is not known."))
    return steps


def _steps(
    figure: dict[str, Any], source: dict[str, Any], cells: list[dict[str, Any]], total: int, names: dict[str, str]
) -> list[str]:
    """The way of the number in plain sentences, from the producer to the figure."""
    steps = [
        said("Counted by {}.", source["producer"]),
        said("Released by {}; this copy obtained from {}.", source["publisher"], source["obtained_from"]),
    ]
    files = sorted({cell["file_name"] for cell in cells})
    steps.append(said("Read from {}.", ", ".join(files)) if files else said("No row of a file stands behind it."))
    if figure["derived"] and total > 1:
        steps.append(said("Calculated by the commons: {:,} rows of this one source were added up.", total))
    elif figure["derived"]:
        steps.append(said("Calculated by the commons from one row of this source."))
    else:
        steps.append(said("Published as it stands; the commons changed nothing but the form."))
    if figure["mapping_relation"] != "exactMatch":
        steps.append(said("The published category is part of a broader one here ({}).", figure["mapping_relation"]))
    if not figure["whole_period"]:
        steps.append(said("At least this number: the source's file does not reach over the whole period."))
    elif figure["completeness"] == "partial":
        parts = figure["n_parts"], figure["n_expected"]
        steps.append(said("At least this number: {:,} of {:,} parts are complete.", *parts))
    elif figure["completeness"] == "unknown":
        steps.append(said("Whether the source recorded everything is not known."))
    if figure["footnote"]:
        steps.append(str(figure["footnote"]))
    return steps


__all__ = ["NoFigure", "NoRelease", "lineage"]
