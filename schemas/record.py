"""The base of every table: a row that knows the file, row and column it came from."""

from typing import Annotated

import pandera.polars as pa
import polars as pl

from schemas.vocabulary import codes

VALUE = pl.Decimal(18, 6)
"""Every published number: exact, up to twelve digits before the point and six after."""

Number = Annotated[pl.Decimal, 18, 6]
"""The same, as a field of a table."""


class Record(pa.DataFrameModel):
    """A row that knows its file, row and (for wide files) column."""

    source: str = pa.Field(description="Name of the source: the file name of its declaration.")
    snapshot: str = pa.Field(
        str_length={"min_value": 64, "max_value": 64},
        description="SHA-256 of the kept file this row was read from.",
    )
    source_row: pl.UInt32 = pa.Field(
        ge=1,
        description="Row in that file as a spreadsheet counts, header included; the record's number in a JSON file.",
    )
    source_column: str = pa.Field(
        nullable=True,
        description="Header of the column the number stood in; empty where each row is counted as one.",
    )
    acquisition: str = pa.Field(isin=codes("acquisition"), description="How the producer came by the record.")
    sensitivity: str = pa.Field(
        isin=codes("sensitivity"), description="Harm that disclosure could do: low, moderate, high or severe."
    )

    class Config:
        strict = True
        ordered = True
