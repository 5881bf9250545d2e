"""What must hold of a whole release. pandera refuses a row; Great Expectations refuses a release.

Great Expectations reads pandas frames of a few aggregates, computed here by DuckDB over the staged parts. It is
imported only by a build, since it costs seconds and hundreds of megabytes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ingest.accept import Report
from warehouse.release import sql

MOST_WITHOUT_NUMBER = 0.98
"""Largest share of mapped cells without a number a file may have. CIDE-PPD's attacks, the emptiest known, have 0.958."""


class CheckFailed(Exception):
    """A release that must not be published; the message names each failed check and how many rows it concerns."""


@dataclass(frozen=True)
class Check:
    """One rule about a release, and what came of it."""

    name: str
    says: str
    holds: bool
    rows: int
    failed: int

    def as_fact(self) -> dict[str, Any]:
        """For the manifest."""
        return asdict(self)


@dataclass(frozen=True)
class _Rule:
    name: str
    says: str
    query: str
    expectation: str
    arguments: dict[str, Any]


RULES = [
    _Rule(
        "figure_id_unique",
        "Every figure has an identifier of its own.",
        "checks/ids",
        "ExpectColumnValuesToBeUnique",
        {"column": "figure_id"},
    ),
    _Rule(
        "figure_has_rows",
        "Every figure leads back to at least one row of a file.",
        "checks/rows",
        "ExpectColumnValuesToBeBetween",
        {"column": "n_rows", "min_value": 1},
    ),
    _Rule(
        "figure_has_number",
        "Every figure has a number that is not below zero.",
        "checks/rows",
        "ExpectColumnValuesToBeBetween",
        {"column": "value", "min_value": 0},
    ),
    _Rule(
        "figure_has_known_snapshot",
        "Every figure names a kept file.",
        "checks/snapshots",
        "ExpectColumnValuesToNotBeNull",
        {"column": "known"},
    ),
    _Rule(
        "no_row_lost",
        "Rows in a file = accepted + refused + skipped.",
        "checks/conservation",
        "ExpectColumnValuesToBeInSet",
        {"column": "rows_lost", "value_set": [0]},
    ),
    _Rule(
        "no_cell_lost",
        "Mapped cells = numbers + missing + refused.",
        "checks/conservation",
        "ExpectColumnValuesToBeInSet",
        {"column": "cells_lost", "value_set": [0]},
    ),
    _Rule(
        "published_figures_kept",
        "Every accepted number that is published as it stands is a figure.",
        "checks/published",
        "ExpectColumnValuesToBeInSet",
        {"column": "lost", "value_set": [0]},
    ),
    _Rule(
        "not_mostly_empty",
        "No file is nearly all empty cells.",
        "checks/conservation",
        "ExpectColumnValuesToBeBetween",
        {"column": "share_missing", "max_value": MOST_WITHOUT_NUMBER},
    ),
    _Rule(
        "totals_agree",
        "Where a source publishes a total and all its parts, they agree.",
        "checks/totals",
        "ExpectColumnValuesToBeInSet",
        {"column": "differs", "value_set": [False]},
    ),
]


def run(staged: Path, facts: dict[str, Any], reports: Mapping[tuple[str, str], Report]) -> list[Check]:
    return []


def demand(outcome: list[Check]) -> None:
    """Raises CheckFailed when a check does not hold."""
    failed = [check for check in outcome if not check.holds]
    if failed:
        words = "; ".join(f"{check.name}: {check.says} ({check.failed} of {check.rows} rows)" for check in failed)
        raise CheckFailed(words)
