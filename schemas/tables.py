"""The tables a layout can fill, by name."""

import pandera.polars as pa
import polars as pl

from schemas.event import Event, Item
from schemas.issue import Issue
from schemas.note import Note
from schemas.observation import Observation
from schemas.place import PlaceRow

TABLES: dict[str, type[pa.DataFrameModel]] = {
    "observation": Observation,
    "event": Event,
    "item": Item,
    "note": Note,
    "place": PlaceRow,
    "issue": Issue,
}


def columns(table: str) -> dict[str, pl.DataType]:
    """Column → type of a table, in its order."""
    schema = TABLES[table].to_schema()
    return {name: column.dtype.type for name, column in schema.columns.items()}


def empty(table: str) -> pl.DataFrame:
    """A frame of that table with no row."""
    return pl.DataFrame(schema=columns(table))
