"""A whole file that cannot be taken. Apart from the tables, so that a reader in a process of its own starts fast."""

import polars as pl


class FileRefused(Exception):
    """A whole file that cannot be taken, as an issue without a row; becomes an Issue, never a traceback.

    `issues` (in SHAPE of `schemas.issue`) are those of its rows, where it was refused because none could be taken.
    """

    def __init__(
        self,
        kind: str,
        *,
        column: str | None = None,
        value: str | None = None,
        known: str | None = None,
        issues: pl.DataFrame | None = None,
    ):
        super().__init__(kind)
        self.kind, self.column, self.value, self.known, self.issues = kind, column, value, known, issues
