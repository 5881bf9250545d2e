"""One recorded event, and what it concerned."""

from datetime import date

import pandera.polars as pa

from schemas.observation import PLACE_LEVELS
from schemas.record import Number, Record
from schemas.vocabulary import codes


class Event(Record):
    """One recorded event: a seizure, an incident, a shooting."""

    event_key: str = pa.Field(description="The source's own identifier, or the row's number; unique within a snapshot.")
    date_start: date = pa.Field(description="Day it began.")
    date_end: date = pa.Field(description="Day it ended.")
    date_precision: str = pa.Field(isin=codes("date_precision"), description="How exactly the date is known.")
    place: str = pa.Field(description="Finest place that is certain.")
    place_level: str = pa.Field(isin=PLACE_LEVELS, description="Level of that place.")
    lat: float = pa.Field(nullable=True, ge=-90, le=90, description="Latitude in degrees, as published.")
    lon: float = pa.Field(nullable=True, ge=-180, le=180, description="Longitude in degrees, as published.")
    place_precision: str = pa.Field(
        nullable=True, isin=codes("place_precision"), description="How exactly the point is meant."
    )
    legal_justification: str = pa.Field(
        nullable=True, isin=codes("legal_justification"), description="Ground of the seizure, as recorded."
    )
    agency: str = pa.Field(nullable=True, description="Service that recorded it, as published.")
    departure: str = pa.Field(nullable=True, description="Place of departure.")
    transit: str = pa.Field(nullable=True, description="Place of transit.")
    destination: str = pa.Field(nullable=True, description="Intended destination.")
    transport_mode: str = pa.Field(nullable=True, isin=codes("transport_mode"), description="Means of transport.")
    holder: str = pa.Field(
        nullable=True, isin=codes("holder"), description="Kind of holder as recorded, never inferred."
    )
    tracing_outcome: str = pa.Field(nullable=True, isin=codes("tracing_outcome"), description="What tracing found.")
    description: str = pa.Field(nullable=True, description="Public description, without personal data.")
    evidence_ref: str = pa.Field(nullable=True, description="Public link to the evidence.")
    incident_key: str = pa.Field(
        nullable=True,
        description="Number of the first row of its incident, where one may take several rows. It enters no release.",
    )
    informant_key: str = pa.Field(
        nullable=True, description="Keyed hash that tells informants apart. Restricted: it enters no release."
    )


class Item(Record):
    """What an event concerned: weapons of one type, rounds, victims, or the event itself counted as one."""

    event_key: str = pa.Field(description="The event it belongs to.")
    concept: str = pa.Field(isin=codes("concept"), description="What was counted.")
    unit: str = pa.Field(isin=codes("unit"), description="What one unit of the quantity is.")
    firearm_type: str = pa.Field(nullable=True, isin=codes("firearm_type"), description="Type of firearm.")
    variant: str = pa.Field(description="The published type where several fall under one code; else empty.")
    quantity: Number = pa.Field(
        nullable=True,
        ge=0,
        description="How many. Unknown is empty with a status, never 0.",
    )
    quantity_low: Number = pa.Field(nullable=True, ge=0, description="At least, where approximate.")
    quantity_high: Number = pa.Field(nullable=True, ge=0, description="At most, where approximate.")
    make: str = pa.Field(nullable=True, description="Make, as published.")
    model: str = pa.Field(nullable=True, description="Model, as published.")
    calibre: str = pa.Field(nullable=True, description="Calibre, as published.")
    manufacture_country: str = pa.Field(nullable=True, description="Country of manufacture (ISO 3166-1 alpha-3).")
    marking: str = pa.Field(nullable=True, isin=codes("marking"), description="State of the marking.")
    condition: str = pa.Field(
        nullable=True, isin=codes("condition"), description="Condition, such as home-made (x_CRAFT)."
    )
    obs_status: str = pa.Field(isin=codes("obs_status"), description="Status of the quantity (SDMX CL_OBS_STATUS).")
    definition_id: str = pa.Field(nullable=True, description="The definition that applies, from the declaration.")
    mapping_relation: str = pa.Field(
        isin=codes("mapping_relation"), description="How the published type relates to ours (SKOS)."
    )
    value_raw: str = pa.Field(nullable=True, description="The text that stood in the cell.")
