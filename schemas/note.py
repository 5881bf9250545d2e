"""One piece of qualitative evidence."""

from datetime import date

import pandera.polars as pa

from schemas.observation import PLACE_LEVELS
from schemas.record import Record
from schemas.vocabulary import codes


class Note(Record):
    """One piece of qualitative evidence: testimony or a described practice, with consent."""

    period_start: date = pa.Field(nullable=True, description="First day it speaks of.")
    period_end: date = pa.Field(nullable=True, description="Last day it speaks of.")
    place: str = pa.Field(nullable=True, description="Place it speaks of.")
    place_level: str = pa.Field(nullable=True, isin=PLACE_LEVELS, description="Level of that place.")
    article: int = pa.Field(nullable=True, ge=1, le=15, description="Article of the Firearms Protocol it bears on.")
    theme: str = pa.Field(isin=codes("note_theme"), description="Theme.")
    kind: str = pa.Field(description="Kind of text: testimony, practice, context.")
    text: str = pa.Field(description="The words, as given.")
    language: str = pa.Field(description="Language of the text (BCP 47).")
    attribution: str = pa.Field(nullable=True, description="How the author wishes to be named; empty for not at all.")
    consent: bool = pa.Field(description="True where the author agreed to this publication.")
