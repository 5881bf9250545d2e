"""A rehearsal: what a build would do with a file and its declaration, exactly, with nothing published.

The rows go the way of every file; the figures are made by the views of a build, and laid beside those of the current
release. Made to run in a child process: plain texts in, one folder of files and one small answer out.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from dataclasses import replace as altered
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest.accept import Report, write
from ingest.declarations import declared, of_text
from ingest.folder import Folder
from ingest.ingest import Snapshot
from ingest.read import batches
from ingest.recognise import recognise
from ingest.register.gazetteer import load as load_gazetteer
from schemas.declaration import Source
from schemas.issue import FileRefused
from schemas.reading import read_for
from warehouse.build import YEARLY, patterns_before
from warehouse.disclosure import report as report_of
from warehouse.inputs import Inputs, read_inputs
from warehouse.inputs import released as in_release
from warehouse.release import NoRelease, current_id, manifest, sql
from warehouse.small_tables import use_lookups
from warehouse.stage import use_places, use_source
from warehouse.succession import Held, current

FIGURES, PAIRS, CHANGES = "figure.parquet", "comparison", "change.parquet"
ROWS, OPENED = "rows", "opened"
REHEARSED = "f" * 64
"""The name of the file in a rehearsal: it has none yet."""
EXAMPLES, SHOWN = 10, 30
"""Rows named of each kind of issue, and pairs shown."""


def rehearse(root: str, text: str, name: str, copy: str, released: str | None, into: str) -> dict[str, Any]:
    """What would become of the file `copy`, `released` on a day, under the declaration `text` of the source `name`.

    Writes into the folder `into`: accepted rows and issues (`rows/`), `figure.parquet`, `comparison/` (this
    source beside each other one of the current release) and `change.parquet` (figures that are new, changed or gone).
    Returns counts, the issues by kind, and how many figures there would be. Raises FileRefused, DeclarationRefused.
    """
    folder, out, path = Folder(Path(root)), Path(into), Path(copy)
    whole = of_text(text, name)
    source = in_release(whole)
    layout = recognise(path, [source]).layout
    (out / ROWS).mkdir()
    snapshot = Snapshot(REHEARSED, path, f"{name}{path.suffix}")
    report = write(out / ROWS, source, layout, snapshot, load_gazetteer(), lambda rows: None)
    held = Held(
        REHEARSED,
        source,
        layout,
        snapshot.file_name,
        path.stat().st_size,
        _now(),
        date.fromisoformat(released) if released else None,
        source.obtained_from,
    )
    inputs = _with(folder, whole, held, report)
    inputs.opened = _opened(inputs, whole, held, path, out)
    figures = _figures(folder, source, inputs, out)
    issues = report.issue_rows()
    return {
        "counts": {
            "rows": report.counts.rows_in,
            "accepted": report.counts.accepted,
            "refused": report.counts.refused,
            "skipped": report.counts.skipped,
        },
        "kinds": issues["kind"].unique().sort().to_list(),
        "layout": layout.name,
        **figures,
    }


def _figures(folder: Folder, source: Source, inputs: Inputs, out: Path) -> dict[str, Any]:
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": str(out / ".tmp"), "threads": 1}) as con:
        con.execute(sql("macros/said"))
        use_places(con, inputs)
        use_lookups(con, inputs)
        use_source(con, inputs, source.name)
        con.execute(sql("views/figure"))
        made = _write(con, "select * from figure", out / FIGURES)
        # Made once: all that follows reads what was written.
        con.execute(f"create or replace temp view figure as select * from read_parquet('{_quoted(out / FIGURES)}')")
        con.execute("create temp table own_figure as select * from figure")
        parts = _parts(folder)
        pairs = _pairs(con, inputs, source.name, parts, out)
        changes = _changes(con, parts.get(source.name), out)
        seen = report_of(con, inputs, source.name, patterns_before(folder, [source.name]).get(source.name))
    return {
        "figures": made,
        "pairs": pairs,
        "changes": changes,
        "audiences": [asdict(one) for one in seen.seen],
        "wider": [asdict(one) for one in seen.wider],
    }


def _with(folder: Folder, source: Source, held: Held, report: Report) -> Inputs:
    """What a build would start from if this file were accepted: its declaration is that of the older files too."""
    inputs = read_inputs(folder, needed=False, known=declared(folder) | {source.name: source})
    files = [*inputs.held.get(source.name, []), held]
    inputs.declared[source.name] = held.source
    inputs.held[source.name] = files
    inputs.current[source.name] = current(files)
    inputs.reports[source.name, held.snapshot] = report
    inputs.list_accepted()
    return inputs


def _opened(inputs: Inputs, whole: Source, held: Held, path: Path, out: Path) -> Inputs | None:
    """The source once more without its stricter columns, this file too, where more people may see it so."""
    source = read_for(whole, whole.tlp)
    if source is None or held.source.tlp == whole.tlp:
        return inputs.opened
    layout = next(layout for layout in source.layout if layout.name == held.layout.name)
    (out / OPENED).mkdir()
    snapshot = Snapshot(held.snapshot, path, held.file_name)
    try:
        report = write(out / OPENED, source, layout, snapshot, inputs.gazetteer, lambda rows: None)
    except FileRefused:  # without these columns nothing is left of it
        return inputs.opened
    before = inputs.opened or Inputs({}, {}, {}, inputs.gazetteer, {})
    files = [*before.held.get(source.name, []), altered(held, source=source, layout=layout)]
    found = Inputs(
        before.held | {source.name: files},
        before.current | {source.name: current(files)},
        before.reports | {(source.name, held.snapshot): report},
        inputs.gazetteer,
        before.declared | {source.name: source},
    )
    found.list_accepted()
    return found


def _parts(folder: Folder) -> dict[str, Path]:
    """Source → the part with its figures in the current release, of those everybody may see."""
    try:
        release = current_id(folder)
    except NoRelease:
        return {}
    facts = manifest(folder, release)
    seen = set(facts["tiers"]["clear"])
    root = folder.releases / release
    return {
        part["name"].split(".")[0]: root / part["file"]
        for part in facts["parts"]
        if part["view"] in ("figure", "opened") and part["file"] in seen
    }


def _pairs(con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str, parts: dict[str, Path], out: Path) -> int:
    """Comparisons of the rehearsed source with each other one, as a build would make them."""
    con.execute(sql("views/comparison").replace("or replace macro", "or replace temp macro"))
    con.execute(f"create temp table mine as select * from figure where {YEARLY}")
    (out / PAIRS).mkdir()
    made = 0
    _write(con, "select * from comparison_of('mine', 'mine') limit 0", out / PAIRS / f"{name}.parquet")
    for other, part in sorted(parts.items()):
        if other != name and other in inputs.declared:
            con.execute(
                f"create or replace temp table other as select * from read_parquet(?) where {YEARLY}"
                " and place in (select place from mine)",
                [str(part)],
            )
            first, second = ("mine", "other") if name < other else ("other", "mine")
            query = f"select * from comparison_of('{first}', '{second}') order by all"
            made += _write(con, query, out / PAIRS / f"{other}.parquet")
    return made


def _changes(con: duckdb.DuckDBPyConnection, before: Path | None, out: Path) -> dict[str, int]:
    """How many figures are new, changed, gone and the same, against the current release; each stands in the file."""
    if before is None:
        con.execute("create temp table earlier as select * from figure limit 0")
    else:
        con.execute("create temp table earlier as select * from read_parquet(?)", [str(before)])
    con.execute(sql("views/change"))
    _write(con, "select * from change where change <> 'same'", out / CHANGES)
    found = dict(con.execute("select change, count(*) from change group by change").fetchall())
    return {kind: found.get(kind, 0) for kind in ("new", "changed", "gone", "same")}


def annotated(
    copy: Path,
    folder: Path,
    source: Source,
    layout_name: str,
    heads: tuple[str, str, str],
    fate: Callable[[str], str],
    sentence: Callable[[str], str],
) -> pl.DataFrame:
    """The rows of a file as they stand, each with what became of it and why: for its contributor to mend.

    `heads` are the headers of what is added: the number of the row, its fate, and why. `fate` and `sentence` say a
    fate and a sentence of an issue in the contributor's language.
    """
    layout = next(one for one in source.layout if one.name == layout_name)
    rows = pl.concat([*batches(copy, layout.read, careful=layout.read.format == "csv")]).drop("_cells")
    row, what, why = (_unlike(head, rows.columns) for head in heads)
    issues = pl.read_parquet(folder / ROWS / "issue" / "*.parquet").filter(pl.col("source_row").is_not_null())
    became = (
        issues.with_columns(
            _said(issues["fate"], fate), _said(issues["sentence"], sentence), _said(issues["repair"], sentence)
        )
        .group_by("source_row", maintain_order=True)
        .agg(
            pl.col("fate").first().alias(what),
            pl.concat_str("sentence", "repair", separator=" ").str.join(" ").alias(why),
        )
    )
    return rows.join(became, on="source_row", how="left", maintain_order="left").rename({"source_row": row})


def _said(words: pl.Series, say: Callable[[str], str]) -> pl.Series:
    """Each text as `say` says it; here and not in a thread of Polars, which would not know the language in use."""
    return pl.Series(words.name, [say(one) for one in words], pl.String)


def _unlike(head: str, columns: list[str]) -> str:
    """A header that none of these columns has: the file may have one of the same words."""
    return _unlike(f"{head} *", columns) if head in columns else head


def _write(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> int:
    """Writes the rows of a query to a Parquet file; returns how many there are."""
    written = con.execute(f"copy ({query}) to '{_quoted(path)}' (format parquet)").fetchone()
    return int(written[0]) if written else 0


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _now() -> str:
    return datetime.now(UTC).isoformat()


def kinds(folder: Path) -> list[dict[str, Any]]:
    """Issues by kind and fate: an example in words, the first rows concerned, whether there are more, how many rows."""
    issues = pl.read_parquet(folder / ROWS / "issue" / "*.parquet")
    row = pl.col("source_row").drop_nulls()
    grouped = (
        issues.sort("kind", "fate", "source_row")
        .group_by("kind", "fate", maintain_order=True)
        .agg(
            pl.col("sentence").first(),
            pl.col("repair").first(),
            row.head(EXAMPLES).alias("rows"),
            (row.len() > EXAMPLES).alias("more"),
            pl.col("n_rows").sum().alias("n"),
        )
    )
    return grouped.to_dicts()


def pairs(folder: Path, name: str, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The first figures of a source beside those of another, in the order of place, period and category."""
    first = pl.col("source_a") == name
    places = pl.read_parquet(folder / FIGURES).select("place", "place_name").unique("place")
    listed = (
        pl.read_parquet(folder / PAIRS / "*.parquet")
        .with_columns(
            pl.when(first).then("value_a").otherwise("value_b").alias("mine"),
            pl.when(first).then("value_b").otherwise("value_a").alias("theirs"),
            pl.when(first).then("source_b").otherwise("source_a").replace(dict(titles)).alias("title"),
            pl.when(first).then("concept_a").otherwise("concept_b").alias("concept"),
            pl.when(first).then("unit_a").otherwise("unit_b").alias("unit"),
        )
        .join(places, on="place")
        .sort("place", "period_start", "category", "title")
    )
    return listed.head(SHOWN).to_dicts()
