"""Accepted rows of one snapshot as Parquet, cached by (snapshot, declaration, code)."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from ingest.check import constant
from ingest.declarations import fingerprint
from ingest.folder import Folder, replace, staging, sync
from ingest.ingest import Batch, Counts, Snapshot, ingest, ingest_carefully
from ingest.read import Defect
from ingest.register.gazetteer import Gazetteer
from schemas.declaration import Layout, Source
from schemas.issue import FileRefused, in_words, one

Progress = Callable[[int], None]
UNSAID = "…"
"""What stands in an issue in place of a text that is not to be quoted."""
ALMOST_FULL = 1 << 24
"""Bytes: less is free on a disk on which writing a batch failed for want of space."""


@dataclass(frozen=True)
class Report:
    """What became of one file: its counts, and the folder with its accepted rows and issues."""

    counts: Counts
    issues: int
    rows: Path

    def issue_rows(self) -> pl.DataFrame:
        """The table Issue of this file."""
        return pl.read_parquet(self.rows / "issue" / "*.parquet")


def cached(folder: Folder, source: Source, layout: Layout, snapshot: str) -> Path:
    """Where the accepted rows of a snapshot lie, or would lie."""
    return folder.accepted / f"{snapshot[:32]}-{fingerprint(source)}-{layout.name}"


def accept(
    folder: Folder,
    source: Source,
    layout: Layout,
    snapshot: Snapshot,
    gazetteer: Gazetteer,
    progress: Progress = lambda rows: None,
) -> Report:
    """Ingests a kept file unless its rows are cached already. Raises FileRefused."""
    final = cached(folder, source, layout, snapshot.sha256)
    if not (final / "report.json").exists():
        folder.make()
        with staging(folder.accepted) as staged:
            write(staged, source, layout, snapshot, gazetteer, progress, quoting=not source.contributed)
            for path in (*staged.iterdir(), staged):
                sync(path)
            _put(staged, final)
    return report(final)


def _put(staged: Path, final: Path) -> None:
    """Moves accepted rows to their place, unless another process has put the same ones there meanwhile."""
    try:
        replace(staged, final)
    except OSError:
        if not (final / "report.json").exists():
            # Not whole, so not put there by us.
            shutil.rmtree(final, ignore_errors=True)
            replace(staged, final)


def report(rows: Path) -> Report:
    """The report beside accepted rows."""
    loaded = json.loads((rows / "report.json").read_text(encoding="utf-8"))
    return Report(Counts(**loaded["counts"]), loaded["issues"], rows)


def write(
    into: Path,
    source: Source,
    layout: Layout,
    snapshot: Snapshot,
    gazetteer: Gazetteer,
    progress: Progress,
    *,
    quoting: bool = True,
) -> Report:
    """Ingests a file into a folder of Parquet files, batch by batch. Raises FileRefused.

    Without `quoting` no issue carries a text of the file: what a contributed file says only its contributor sees.
    """
    try:
        _write(into, ingest(source, layout, snapshot, gazetteer), source, snapshot, progress, quoting)
    except Defect:
        for part in into.iterdir():
            shutil.rmtree(part)
        _write(into, ingest_carefully(source, layout, snapshot, gazetteer), source, snapshot, progress, quoting)
    return report(into)


def _write(
    into: Path, parts: Iterator[Batch], source: Source, snapshot: Snapshot, progress: Progress, quoting: bool
) -> None:
    counts, issues = Counts(), 0
    with ThreadPoolExecutor(1) as aside:
        # One batch is written while the next is read; no more, so that they do not pile up in memory.
        written = aside.submit(lambda: None)
        for number, batch in enumerate(parts):
            counts.add(batch.counts)
            issues += batch.issues.height
            said = (
                batch.issues
                if quoting
                else batch.issues.with_columns(value=pl.when(pl.col("value") != "").then(pl.lit(UNSAID)))
            )
            words = in_words(said, source=source.name, snapshot=snapshot.sha256, file_name=snapshot.file_name)
            written.result()
            written = aside.submit(_write_batch, into, number, {**batch.rows, "issue": words})
            progress(counts.rows_in)
        written.result()
    counts.verify()
    text = json.dumps({"counts": asdict(counts), "issues": issues})
    (into / "report.json").write_text(text, encoding="utf-8")
    sync(into / "report.json")


def _write_batch(into: Path, number: int, tables: dict[str, pl.DataFrame]) -> None:
    for table, rows in tables.items():
        path = into / table / f"{number:05}.parquet"
        path.parent.mkdir(exist_ok=True)
        if rows.height or number == 0:
            packed = rows if table == "issue" else _packed(rows)
            try:
                packed.write_parquet(path, compression="lz4", statistics=False)
            except pl.exceptions.PolarsError as error:
                # Polars does not say so when the disk is full.
                if shutil.disk_usage(into).free < ALMOST_FULL:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
                raise
            sync(path)


def _packed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose constant texts are one word and a reference to it: a third of the time, and plain text to DuckDB."""
    return rows.with_columns(
        pl.lit(text, pl.Enum([] if text is None else [text])).alias(name) for name, text in constant(rows).items()
    )


def refusal(refused: FileRefused, *, source: str | None, snapshot: str, file_name: str) -> pl.DataFrame:
    """A refused file as a row of the table Issue, followed by those of its rows where none could be taken."""
    issue = one(refused.kind, "file_refused", column=refused.column, value=refused.value, known=refused.known)
    issues = issue if refused.issues is None else pl.concat([issue, refused.issues])
    return in_words(issues, source=source, snapshot=snapshot, file_name=file_name)
