"""A file nobody has declared → a whole declaration, with what shows each guess, and what has to be asked."""

from pathlib import Path
from typing import Any

from ingest.draft.draft import Draft, draft
from ingest.draft.said import Guess, Question

__all__ = ["Draft", "Guess", "Question", "draft", "drafted"]


def drafted(path: str, answers: dict[str, str]) -> dict[str, Any]:
    """The draft of a file as plain lists and texts. Made for a child process. Raises FileRefused."""
    made = draft(Path(path), answers=answers)
    return {
        "declaration": made.declaration,
        "guesses": [guess._asdict() for guess in made.guesses],
        "questions": [question._asdict() for question in made.questions],
    }
