"""Places that arrive in files, beside the shipped register."""

import pandera.polars as pa

from schemas.observation import PLACE_LEVELS
from schemas.record import Record


class PlaceRow(Record):
    """One place named in a source's own crosswalk, such as a police area and the municipality it lies in."""

    code: str = pa.Field(description="Register-qualified code of the place.")
    name: str = pa.Field(description="Its name, as published.")
    level: str = pa.Field(isin=PLACE_LEVELS, description="Its level.")
    parent: str = pa.Field(description="Code of one place it lies in; a place in several has several rows.")
