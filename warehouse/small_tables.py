"""The small tables every release carries beside its parts, and which of their rows a tier may hold."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest import ledger
from ingest.declarations import once_declared
from ingest.folder import Folder
from schemas.declaration import Source
from warehouse.inputs import Inputs, released
from warehouse.stage import load_rows
from warehouse.withdraw import withdrawn_files

OF_ITS_SOURCES = "source in (select source from visible)"


OF_ITS_FILES = "source in (select source from visible where not protected)"
"""What speaks of files and rows is not for those who see only protected figures of a source."""


OPENED = "source in (select source from visible where opened)"


READ_TWICE = ("source", "snapshot", "issue")
"""Tables that say other things of a source to those who see only its opened figures."""


READINGS = ("", "opened_")
"""How their names begin: what is said of all of a source, and without its stricter columns."""


def _of_its_places(*columns: str) -> str:
    """Areas of a source's own register are seen by those who see its rows."""
    hidden = (
        "(select code from temp.place where kind = 'own_register'"
        f" except select code from accepted_place where {OF_ITS_FILES})"
    )
    return " and ".join(f"coalesce({column}, '') not in {hidden}" for column in columns)


STATED = ("stated", "quality_declared")
"""What people said of a source: statements, and scores of the rubric."""


WHOLLY = "source in (select source from visible where not protected and not opened)"


SMALL = {
    **dict.fromkeys(("caveat", "definition", "withdrawn", *STATED), OF_ITS_SOURCES),
    # What was said of one figure may be of one that only a stricter tier holds.
    "stated": f"{OF_ITS_SOURCES} and (figure_id is null or {WHOLLY})",
    "source": f"{OF_ITS_SOURCES} and not {OPENED}",
    **dict.fromkeys(("snapshot", "issue"), f"{OF_ITS_FILES} and not {OPENED}"),
    "disclosure": "source in (select source from visible where protected)",
    "place": _of_its_places("code"),
    "place_member": _of_its_places("parent", "child"),
    "place_up": _of_its_places("place", "ancestor"),
    "same_origin": "source_a in (select source from visible) and source_b in (select source from visible)",
    **dict.fromkeys(("concept_pair", "counts_as", "quality_rule"), "true"),
}
"""Small tables of a release → which of their rows a tier holds."""


def make_small_tables(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> dict[str, tuple[int, str]]:
    """Makes the temporary table issue; returns rows and content of each small table, apart from when files arrived."""
    said = [*SMALL]
    for before, read in zip(READINGS, inputs.readings(), strict=False):
        paths = [str(path) for r in read.reports.values() for path in sorted((r.rows / "issue").glob("*.parquet"))]
        load_rows(con, "accepted_issue", "issue", paths)
        con.execute(f"create or replace temp table {before}issue as select * from accepted_issue order by all")
        said += [f"{before}{name}" for name in READ_TWICE if before]
    columns = {name: "* exclude (received_at)" if name.endswith("snapshot") else "*" for name in said}
    return {name: content_of(con, f"select {wanted} from temp.{name}") for name, wanted in columns.items()}


def content_of(con: duckdb.DuckDBPyConnection, query: str, values: list[Any] | None = None) -> tuple[int, str]:
    """Rows of a query, and a hash of what they and their columns say that does not depend on the rows' order.

    A row is said as its values between unit separators, with a record separator for none; sums of halves of the rows'
    md5 are the same in any order.
    """
    names = [name for name, *_ in con.execute(f"describe {query}", values or []).fetchall()]
    count, lower, upper = con.execute(
        "select count(*), coalesce(sum((said & 18446744073709551615)::ubigint), 0),"
        " coalesce(sum((said >> 64)::ubigint), 0)"
        " from (select md5_number(concat_ws(chr(31), *columns(*))) as said"
        f" from (select coalesce(columns(*)::varchar, chr(30)) from ({query})))",
        values or [],
    ).fetchall()[0]
    return int(count), sha256(f"{names}:{count}:{lower}:{upper}".encode()).hexdigest()


def use_lookups(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Small tables the views read: from the vocabularies, the declarations and the two CSV files beside this one."""
    here = Path(__file__).parent
    for name in ("concept_pair", "counts_as", "quality_rule", "quality_declared"):
        con.register("rows", pl.read_csv(here / f"{name}.csv", infer_schema=False).to_arrow())
        con.execute(f"create or replace temp table {name} as select * from rows order by all")
    declared = [inputs.declared[name] for name in inputs.held]
    con.register("rows", _quality_frame(declared).to_arrow())
    con.execute("insert into quality_declared select * from rows order by all")
    for before, read in zip(READINGS, inputs.readings(), strict=False):
        for name, frame in (
            ("source", _source_frame([read.declared[name] for name in read.held])),
            ("snapshot", _snapshot_frame(read)),
        ):
            con.register("rows", frame.to_arrow())
            con.execute(f"create or replace temp table {before}{name} as select * from rows order by all")
    for name, frame in (
        ("caveat", _caveat_frame(declared)),
        ("definition", _definition_frame(declared)),
        ("same_origin", _same_origin_frame(inputs.held, inputs.declared)),
        ("disclosure", _disclosure_frame(declared)),
    ):
        con.register("rows", frame.to_arrow())
        con.execute(f"create or replace temp table {name} as select * from rows order by all")


def use_statements(con: duckdb.DuckDBPyConnection, folder: Folder) -> None:
    """What publishers and governments said, and were invited to say, of a source or figure: from the ledger."""
    columns = ("source", "figure_id", "party", "dated", "text", "status")
    acts = [
        (act["n"], *(act.get(column) for column in columns)) for act in ledger.entries(folder) if act["act"] == "stated"
    ]
    shape = {"act": pl.Int64, **dict.fromkeys(columns, pl.String)}
    con.register("rows", pl.DataFrame(acts, schema=shape, orient="row").to_arrow())
    con.execute(
        "create or replace temp table stated as"
        " select * replace (try_cast(dated as date) as dated) from rows order by act"
    )


def use_withdrawn(con: duckdb.DuckDBPyConnection, folder: Folder) -> dict[str, str]:
    """Makes the table withdrawn: of which source files were withdrawn, when, for what class of reason, and how many.

    Never which files. Returns the terms (TLP) of the sources in it, where they are known: of another nobody can say who
    may know of it, so no tier does.
    """
    rows = [
        {"source": source, "day": datetime.fromisoformat(act["at"]).astimezone(UTC).date(), "reason": act["reason"]}
        for (source, _), act in withdrawn_files(folder).items()
    ]
    shape = {"source": pl.String, "day": pl.Date, "reason": pl.String}
    con.register("rows", pl.DataFrame(rows, schema=shape).to_arrow())
    con.execute(
        "create or replace temp table withdrawn as"
        " select source, day, reason, count(*) as files from rows group by all order by all"
    )
    terms: dict[str, str] = {}
    for (name, _), act in sorted(withdrawn_files(folder).items()):
        source = once_declared(folder, name)
        if tlp := released(source).tlp if source else act.get("tlp"):
            terms[name] = tlp
    return terms


def texts_of(*names: str) -> list[str]:
    """The texts of data files beside this module, for the keys of parts that read them."""
    return [(Path(__file__).parent / name).read_text(encoding="utf-8") for name in names]


def origins_of(name: str, declared: Mapping[str, Source]) -> set[str]:
    """A source and all it builds on, directly or through another declared source."""
    found, open_ = {name}, [name]
    while open_:
        source = declared.get(open_.pop())
        for origin in source.derived_from if source else []:
            if origin not in found:
                found.add(origin)
                open_.append(origin)
    return found


def _source_frame(declared: list[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "source": s.name,
                "title": s.title,
                "producer": s.producer,
                "publisher": s.publisher,
                "obtained_from": s.obtained_from,
                "copy_kind": s.copy_kind,
                "derived_from": s.derived_from,
                "provenance": s.provenance,
                "provenance_subclass": s.provenance_subclass,
                "acquisition": s.acquisition,
                "processing_level": s.processing_level,
                "licence": s.licence,
                "address": s.address,
                "citation": s.citation,
                "description": s.description.strip(),
                "sensitivity": s.sensitivity,
                "tlp": s.tlp,
                "absent": s.coverage.absent,
            }
            for s in declared
        ],
        schema_overrides={"derived_from": pl.List(pl.String)},
    )


def _caveat_frame(declared: list[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (s.name, number, c.text, c.concepts, c.places, c.first_year, c.last_year)
            for s in declared
            for number, c in enumerate(s.caveat, 1)
        ],
        schema={
            "source": pl.String,
            "number": pl.Int32,
            "text": pl.String,
            "concepts": pl.List(pl.String),
            "places": pl.List(pl.String),
            "first_year": pl.Int32,
            "last_year": pl.Int32,
        },
        orient="row",
    )


def _definition_frame(declared: list[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [(d.id, s.name, d.concept, d.text, d.subset_of, d.unstated) for s in declared for d in s.definition],
        schema=dict.fromkeys(("definition_id", "source", "concept", "text", "subset_of", "unstated"), pl.String),
        orient="row",
    )


def _disclosure_frame(declared: list[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [(s.name, s.disclosure.threshold, s.disclosure.informants) for s in declared if s.disclosure],
        schema={"source": pl.String, "threshold": pl.Int32, "informants": pl.String},
        orient="row",
    )


def _same_origin_frame(held: Iterable[str], known: Mapping[str, Source]) -> pl.DataFrame:
    origins = {name: origins_of(name, known) for name in held}
    return pl.DataFrame(
        [(a, b, bool(origins[a] & origins[b])) for a, b in combinations(sorted(origins), 2)],
        schema={"source_a": pl.String, "source_b": pl.String, "same_origin": pl.Boolean},
        orient="row",
    )


def _quality_frame(declared: list[Source]) -> pl.DataFrame:
    scores = [
        (source.name, item, "self", said.score, said.evidence)
        for source in declared
        for item, said in source.quality.items()
    ]
    names = ("source", "item", "scorer", "score", "evidence")
    return pl.DataFrame(scores, schema=dict.fromkeys(names, pl.String), orient="row")


def _snapshot_frame(inputs: Inputs) -> pl.DataFrame:
    used = {(name, file.snapshot) for name, files in inputs.current.items() for file in files}
    rows = []
    for name, files in inputs.held.items():
        for file in files:
            counts = inputs.reports[name, file.snapshot].counts
            rows.append(
                {
                    "snapshot": file.snapshot,
                    "source": name,
                    "file_name": file.file_name,
                    "layout": file.layout.name,
                    "component": file.layout.component,
                    "bytes": file.bytes,
                    "received_at": datetime.fromisoformat(file.received_at).astimezone(UTC).replace(tzinfo=None),
                    "released": file.released,
                    "obtained_from": file.obtained_from,
                    "rows_in": counts.rows_in,
                    "rows_accepted": counts.accepted,
                    "rows_refused": counts.refused,
                    "rows_skipped": counts.skipped,
                    "cells": counts.cells,
                    "cells_with_number": counts.numbers,
                    "cells_missing": counts.missing,
                    "cells_refused": counts.cells_refused,
                    "current": (name, file.snapshot) in used,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"released": pl.Date})
