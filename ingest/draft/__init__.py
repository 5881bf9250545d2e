"""A file nobody has declared → a whole declaration, with what shows each guess, and what has to be asked."""

from ingest.draft.draft import Draft, draft
from ingest.draft.said import Guess, Question

__all__ = ["Draft", "Guess", "Question", "draft"]
