"""Makes known to a connection what the views of one source read: its rows, its rule, places and code lists."""

from collections.abc import Iterable
from typing import Any

import duckdb
import polars as pl

from schemas.declaration import Source
from schemas.tables import empty
from schemas.vocabulary import broader
from warehouse.inputs import Inputs
from warehouse.release import sql

LENGTHS = [("day", 0), ("month", 1), ("quarter", 3), ("year", 12), ("average", 24)]


def frame_of(rows: Iterable[tuple[Any, ...]], names: list[str]) -> Any:
    """Rows of text as an Arrow table, which a connection can register."""
    return pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row").to_arrow()


def load_rows(con: duckdb.DuckDBPyConnection, name: str, table: str, paths: list[str]) -> None:
    """A temporary view over accepted rows, or an empty one."""
    if paths:
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        con.execute(f"create or replace temp view {name} as select * from read_parquet([{listed}])")
    else:
        con.register(f"empty_{name}", empty(table).to_arrow())
        con.execute(f"create or replace temp view {name} as select * from empty_{name}")


def use_places(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Makes the places of the register and of the sources' own registers known to a connection, and the code lists."""
    register_codes(con)
    con.register("register_place", inputs.gazetteer.places.to_arrow())
    con.register("register_member", inputs.gazetteer.members.to_arrow())
    paths = [path for read in inputs.readings() for name in read.published() for path in read.accepted[name]["place"]]
    load_rows(con, "accepted_place", "place", paths)
    con.execute(sql("tables/place"))


def register_codes(con: duckdb.DuckDBPyConnection) -> None:
    """Makes the code lists that the views read known to a connection: narrower, period_length."""
    con.register("narrower", frame_of(broader(), ["broader", "code"]))
    con.register("period_length", pl.DataFrame(LENGTHS, schema=["period_kind", "months"], orient="row").to_arrow())


def _rule(con: duckdb.DuckDBPyConnection, source: Source, version: str) -> None:
    coverage, rollup = source.coverage, source.rollup
    frame = pl.DataFrame(
        {
            "source": [source.name],
            "producer": [source.producer],
            "publisher": [source.publisher],
            "provenance": [source.provenance],
            "provenance_subclass": [source.provenance_subclass],
            "tier": [source.tlp],
            "succession": [source.succession],
            "absent": [coverage.absent],
            "first_day": pl.Series([coverage.first_day], dtype=pl.Date),
            "last_day": pl.Series([coverage.last_day], dtype=pl.Date),
            "place_levels": pl.Series([list(rollup.places)], dtype=pl.List(pl.String)),
            "period_kinds": pl.Series([list(rollup.periods)], dtype=pl.List(pl.String)),
            "total_from": pl.Series([rollup.total_from], dtype=pl.List(pl.String)),
            "variants": [rollup.variants],
            "counterparts": [rollup.counterparts],
            "boundary_version": [coverage.boundaries or version],
        }
    )
    con.register("rule_row", frame.to_arrow())
    con.execute("create or replace temp table rule as select * from rule_row")


def _universe(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """How many places a source that lists everything should hold, where it declares so."""
    coverage = source.coverage
    con.execute(
        "create or replace temp table universe as select ancestor as place, count(*)::integer as places from place_up"
        " where ancestor = ? and place in (select code from place where level = ? and kind <> 'statistical_area')"
        " group by all",
        [coverage.places_of, coverage.level],
    )


def use_source(con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str) -> None:
    """Everything views/figure.sql reads for one source."""
    use_kept(con, inputs, name)
    con.execute(sql("views/word"))
    con.execute(sql("views/cell"))
    _universe(con, inputs.current[name][0].source)


def use_kept(con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str) -> None:
    """Makes one source's accepted rows that count, and its rule, the ones the views read; nothing is read yet."""
    source = inputs.held[name][0].source
    _rule(con, source, inputs.gazetteer.version)
    for table in ("observation", "event", "item"):
        load_rows(con, table, table, inputs.accepted[name][table])
    files = pl.DataFrame({"snapshot": [file.snapshot for file in inputs.current[name]]}, schema={"snapshot": pl.String})
    kept = files.with_row_index("position").sort("snapshot").with_row_index("file")
    con.register("kept_file", kept.to_arrow())
    con.execute(sql("views/kept"))
