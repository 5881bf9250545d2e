"""One published statistic."""

from datetime import date

import pandera.polars as pa
import polars as pl

from schemas.record import Number, Record
from schemas.vocabulary import category_codes, codes

PLACE_LEVELS = ("world", "region", "country", "admin1", "admin2", "city", "area", "site")
PERIOD_KINDS = ("day", "month", "quarter", "year", "average")


class Observation(Record):
    """One published statistic: a number a source states for a place, a period and a category."""

    concept: str = pa.Field(isin=codes("concept"), description="What was counted, such as arms_seized.")
    unit: str = pa.Field(isin=codes("unit"), description="What one unit of the number is, such as weapon.")
    place: str = pa.Field(description="Code of the place: ISO 3166-1, ISO 3166-2 or a register-qualified code.")
    place_level: str = pa.Field(isin=PLACE_LEVELS, description="Level of that place.")
    counterpart: str = pa.Field(nullable=True, description="The other place of a flow, such as the state of sale.")
    counterpart_role: str = pa.Field(
        nullable=True, isin=codes("counterpart_role"), description="What the counterpart is to the place."
    )
    period_start: date = pa.Field(description="First day of the period.")
    period_end: date = pa.Field(description="Last day of the period.")
    period_kind: str = pa.Field(
        isin=PERIOD_KINDS, description="Length of the period: day, month, quarter, year or average."
    )
    period_basis: str = pa.Field(
        isin=codes("period_basis"),
        description="Calendar, fiscal or reporting year, or an average over years.",
    )
    dimension: str = pa.Field(
        isin=codes("dimension"), description="How the total is broken down; `total` for the headline."
    )
    category: str = pa.Field(isin=category_codes(), description="The part of that dimension; TOTAL for all of it.")
    variant: str = pa.Field(
        description="Keeps apart two published rows that fall under one code, such as carbines and rifles; else empty."
    )
    value: Number = pa.Field(
        nullable=True,
        ge=0,
        description="The number. Missing is empty with a status, never 0.",
    )
    low: Number = pa.Field(nullable=True, ge=0, description="Lower end, where the source gives one.")
    high: Number = pa.Field(nullable=True, ge=0, description="Upper end, where the source gives one.")
    obs_status: str = pa.Field(isin=codes("obs_status"), description="Status of the number (SDMX CL_OBS_STATUS).")
    origin_label: str = pa.Field(
        nullable=True,
        description="The row's own stated source, such as ATF in UNODC's table (traces, not seizures).",
    )
    definition_id: str = pa.Field(nullable=True, description="The definition that applies, from the declaration.")
    mapping_relation: str = pa.Field(
        isin=codes("mapping_relation"),
        description="How the published category relates to ours (SKOS): broadMatch where ours is the broader one.",
    )
    footnote: str = pa.Field(nullable=True, description="The row's own footnote, or what the commons did to it.")
    value_raw: str = pa.Field(nullable=True, description="The text that stood in the cell.")
    derived: bool = pa.Field(description="True where the commons calculated the number from the source's own rows.")
    n_parts: pl.Int32 = pa.Field(ge=0, description="Reported cells behind the number (1 for a published one).")
    n_expected: pl.Int32 = pa.Field(ge=1, description="Cells that should stand behind it.")
    covered: bool = pa.Field(description="False where the source's file does not reach over the whole period.")
