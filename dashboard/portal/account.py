"""Temporary."""

from ingest.folder import Folder
from ingest.roles import LOCAL, Actor


def here(folder: Folder) -> Actor | None:
    return LOCAL


def log_in() -> None:
    pass
