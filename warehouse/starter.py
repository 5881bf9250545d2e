"""The starter set: compact tables of published figures that the project ships, and the command that writes them.

What may be quoted of each source, and how finely, stands in `starter_levels.csv`; nothing else is written.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from ingest.declarations import STARTER_LAYOUT
from ingest.folder import Folder
from warehouse.inputs import read_inputs
from warehouse.release import sql
from warehouse.stage import use_places, use_source

FOLDER = STARTER_LAYOUT.parent


def files() -> list[Path]:
    """The shipped starter tables, in alphabetical order."""
    return sorted(FOLDER.glob("*.csv"))


def write(folder: Folder, into: Path = FOLDER) -> Iterator[tuple[str, int]]:
    """Writes one table per source from the kept files; yields its name and how many figures it holds."""
    inputs = read_inputs(folder)
    levels = pl.read_csv(Path(__file__).with_name("starter_levels.csv"), infer_schema=False)
    with duckdb.connect() as con:
        use_places(con, inputs)
        for level in levels.iter_rows(named=True):
            name = level["source"]
            if not inputs.current.get(name) or all(file.layout.starter for file in inputs.current[name]):
                continue
            use_source(con, inputs, name)
            con.execute(sql("views/figure"))
            con.register("level", pl.DataFrame([level]).to_arrow())
            released = [f"{file.file_name}" for file in inputs.current[name] if file.layout.table != "place"]
            source = inputs.declared[name]
            con.execute(
                "create or replace temp table said as select ? as source, ? as publisher, ? as title, ? as citation,"
                " ? as address, ? as files",
                [name, source.publisher, source.title, source.citation, source.address, ", ".join(released)],
            )
            con.execute(sql("views/starter"))
            table = con.sql("select * from starter").pl()
            table.write_csv(into / f"{name}.csv")
            yield name, table.height
