"""The only place that asks a release for something: one SQL file per question, its parameters bound, its answer kept.

Answers are kept by release, tier, question and parameters, which never change what they mean: a release is immutable.
"""

import io
import os
import pickle
import re
import threading
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st
from cachetools import LRUCache

from dashboard.portal import account
from ingest.folder import Folder
from warehouse.release import NoRelease, WithdrawnRelease, current_id, demand_not_withdrawn, manifest, open_release

QUERIES = Path(__file__).with_name("queries")
MACROS = ("here", "shown", "in_set")
"""Queries of queries: macros and small tables made on each connection, read by the others."""
VIEWS = 200
"""Places with a concept of which a connection keeps what is shown."""
ANSWERS = 40_000_000
"""Bytes of answers that are kept, of whatever releases readers look at; those nobody has asked for the longest go."""
RELEASES = 3
"""Releases that are kept open: the current one, and some that readers still look at."""
MEMORY = "120MB"
"""What the questions to one release may take at once; answers are small."""
RELEASE_ID = re.compile(r"[0-9a-f]{6,64}")
FIGURE_ID = re.compile(r"[0-9a-f]{16}")

Row = dict[str, Any]

_answers: LRUCache[tuple[str, ...], bytes] = LRUCache(ANSWERS, getsizeof=len)
"""Folder, release, tier and what was asked → its rows, pickled, so that no page can change what another one reads."""
_KEEPING = threading.Lock()


@dataclass(frozen=True)
class Opened:
    """One release as one tier sees it."""

    root: str
    release: str
    tier: str
    newer: str | None
    """The current release, where this is not it."""

    @property
    def built(self) -> datetime:
        """When the release was built."""
        return datetime.fromisoformat(self.manifest["built_at"])

    @property
    def instead_of(self) -> str | None:
        """The release that was withdrawn for safety and that this one stands for, if it does."""
        return self.manifest.get("instead_of")

    @property
    def manifest(self) -> dict[str, Any]:
        """What the release was built from and what it holds."""
        return _manifest(self.root, self.release, self.tier)

    def rows(self, question: str, **parameters: object) -> list[Row]:
        """The answer of `queries/<question>.sql`."""
        asked = self.root, self.release, self.tier, question, repr(sorted(parameters.items()))
        with _KEEPING:
            known = _answers.get(asked)
        if known is None:
            known = pickle.dumps(_line(*asked[:3]).answer(question, parameters))
            with _KEEPING, suppress(ValueError):  # one larger than all that is kept
                _answers[asked] = known
        rows: list[Row] = pickle.loads(known)  # noqa: S301 – our own
        return rows

    def row(self, question: str, **parameters: object) -> Row | None:
        """The first row of an answer, or None."""
        return next(iter(self.rows(question, **parameters)), None)

    def lineage(self, figure_id: str) -> dict[str, Any] | None:
        """Where a figure comes from, or None where the release holds no such figure."""
        if not FIGURE_ID.fullmatch(figure_id):
            return None
        return _lineage(self.root, self.release, self.tier, figure_id)


def folder() -> Folder:
    """The data folder the app was started with."""
    return Folder(Path(os.environ.get("COMMONS_DATA", "data")))


def tier() -> str:
    """The tier the app was started for."""
    return os.environ.get("COMMONS_TIER", "clear")


def opened(release: str | None) -> Opened:
    """The release an address names, or the current one. Raises NoRelease, WithdrawnRelease where there was one.

    Also NotLoggedIn and NotAllowed: what is stricter than clear is for those the ledger lets read it, at this moment.
    """
    held = folder()
    account.demand_tier(held, tier())
    newest = current_id(held)
    wanted = release or newest
    if RELEASE_ID.fullmatch(wanted):
        try:
            demand_not_withdrawn(held, wanted)
        except WithdrawnRelease:
            _forget(wanted)
            raise
    if not RELEASE_ID.fullmatch(wanted) or not (held.releases / wanted / "manifest.json").is_file():
        raise NoRelease("No release of that name is held here.")
    return Opened(str(held.root), wanted, tier(), newest if newest != wanted else None)


def _forget(release: str) -> None:
    with _KEEPING:
        for asked in [asked for asked in _answers if asked[1] == release]:
            del _answers[asked]
    _lineage.clear()


def newest() -> str | None:
    """The id of the current release, where there is one."""
    try:
        return current_id(folder())
    except NoRelease:
        return None


def before(opened: Opened) -> Opened | None:
    """The release of what was held before this one, of those that are kept; None where this is the first."""
    kept = (place.parent.name for place in Path(opened.root, "releases").glob("*/manifest.json"))
    tier = opened.tier
    built = ((_held_then(opened.root, release, tier), release) for release in kept if RELEASE_ID.fullmatch(release))
    older = [one for one in built if one < (_held_then(opened.root, opened.release, tier), opened.release)]
    return Opened(opened.root, max(older)[1], opened.tier, opened.release) if older else None


@cache
def _held_then(root: str, release: str, tier: str) -> tuple[int, str]:
    """Sorts releases by what was held; one that was made anew stands where the withdrawn one stood."""
    # A release never changes, and is put in its place whole; times are all UTC and written alike.
    facts = manifest(Folder(Path(root)), release, tier)
    return int(facts["ledger"]["n"]), str(facts["built_at"])


@cache
def _curated() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(Path(__file__).with_name("curated.toml").read_text(encoding="utf-8"))


def openings() -> list[dict[str, str]]:
    """Places and concepts to show to someone who has chosen nothing, best first."""
    return _curated()["view"]


def examples() -> list[dict[str, Any]]:
    """Pairs of figures a curator chose to explain: place, concept, two sources, periods, and what may explain them."""
    return _curated()["example"]


def operator() -> dict[str, str | dict[str, str]]:
    """What the operator of this copy says of itself: the file `operator.toml` of the data folder, where there is one.

    Keys operator, funding, hosting_country, review, complaints; each a text, or a table of texts by language.
    """
    file = folder().root / "operator.toml"
    if not file.is_file():
        return {}
    said: dict[str, str | dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return said


def export(opened: Opened, source: str, form: str) -> bytes:
    """All figures of a source with what must travel with them, as 'csv' or 'parquet'."""
    from warehouse.export import batches, write

    to = io.BytesIO()
    # A connection of its own: a large source takes half a minute, and nobody else should wait for it.
    with open_release(Folder(Path(opened.root)), opened.release, opened.tier) as con:
        write(batches(con, opened.release, "figure", source=source), to, form)
    return to.getvalue()


def as_csv(rows: list[Row]) -> str:
    """Rows with the designations disclaimer as CSV; no text in it that a spreadsheet would run as a formula."""
    import polars as pl

    from warehouse.export import DESIGNATIONS
    from warehouse.export import as_csv as written

    return written(pl.DataFrame([row | {"designations": DESIGNATIONS} for row in rows], infer_schema_length=None))


@cache
def _text(question: str) -> str:
    return (QUERIES / f"{question}.sql").read_text(encoding="utf-8")


@cache
def _manifest(root: str, release: str, tier: str) -> dict[str, Any]:
    return manifest(Folder(Path(root)), release, tier)


@dataclass(frozen=True)
class _Line:
    """A connection to one release, for one at a time, the places it has read, and the views of them worked out."""

    connection: duckdb.DuckDBPyConnection
    lock: threading.Lock = field(default_factory=threading.Lock)
    here: set[object] = field(default_factory=set)
    shown: set[tuple[object, object]] = field(default_factory=set)

    def answer(self, question: str, asked: dict[str, object]) -> list[Row]:
        """The rows of a question; what several questions about a place and a concept read is worked out once."""
        place, concept = asked.get("place"), asked.get("concept")
        with self.lock:
            if len(self.shown) >= VIEWS or len(self.here) >= VIEWS:
                # Answers are kept elsewhere; this is only for the questions of one view, which come together.
                for name in ("here", "shown"):
                    self.connection.execute(_text(name))
                self.here.clear()
                self.shown.clear()
            if place is not None and place not in self.here:
                self.connection.execute(_text("keep_here"), {"place": place})
                self.here.add(place)
            if None not in (place, concept) and (place, concept) not in self.shown:
                self.connection.execute(_text("keep_shown"), {"place": place, "concept": concept})
                self.shown.add((place, concept))
            answer = self.connection.execute(_text(question), asked or None)
            names = [column[0] for column in answer.description or []]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@st.cache_resource(max_entries=RELEASES, show_spinner=False)
def _line(root: str, release: str, tier: str) -> _Line:
    connection = open_release(Folder(Path(root)), release, tier, MEMORY)
    for name in MACROS:
        connection.execute(_text(name))
    return _Line(connection)


@st.cache_data(max_entries=500, show_spinner=False)
def _lineage(root: str, release: str, tier: str, figure_id: str) -> dict[str, Any] | None:
    # Loaded here, for it brings all that reading a file needs, and most pages ask for no lineage.
    from warehouse.lineage import NoFigure, lineage

    try:
        return lineage(Folder(Path(root)), figure_id, release, tier)
    except NoFigure:
        return None
