"""Builds a release: parts per source and view, one small database per tier, a manifest; published in one step.

Only parts whose inputs or code changed are computed; the others are hard-linked from the release before. A build
that fails or is killed leaves the current release as it was.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as altered
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from filelock import FileLock

from ingest import ledger
from ingest.accept import Report, accept
from ingest.declarations import sources
from ingest.folder import Folder, replace, sweep, sync
from ingest.ingest import Snapshot
from ingest.keep import digest
from ingest.register.gazetteer import Gazetteer
from ingest.register.gazetteer import load as load_gazetteer
from schemas.declaration import Source
from schemas.tables import empty
from schemas.vocabulary import broader
from warehouse.release import TIERS, NoRelease, current_id, manifest, point_to, sql
from warehouse.revisions import releases
from warehouse.succession import Held, current, in_order

Say = Callable[[str], None]

LENGTHS = [("day", 0), ("month", 1), ("quarter", 3), ("year", 12), ("average", 24)]
OF_ITS_SOURCES = "source in (select source from visible)"
STATED = ("stated", "quality_declared")
"""What people said of a source: statements, and scores of the rubric."""
SMALL = {
    **dict.fromkeys(("source", "snapshot", "issue", "caveat", "definition", *STATED), OF_ITS_SOURCES),
    "same_origin": "source_a in (select source from visible) and source_b in (select source from visible)",
    **dict.fromkeys(("place", "place_member", "place_up", "concept_pair", "counts_as", "quality_rule"), "true"),
}
"""Small tables of a release → which of their rows a tier holds."""
DERIVED: tuple[str, ...] = (
    "flow",
    "mirror",
    "recomputation",
    "source_card",
    "statement",
    "place_set",
    "trend",
    "share",
    "coverage",
    "mark",
)
"""Views over figure that a tier's database holds as tables and macros, in the order in which they build on others."""
PARTED = ("observation", "event", "item", "place")
MEMORY = "4GB"
BUILDING = ".building-"


class NothingToBuild(Exception):
    """No kept file has figures to build a release from."""


@dataclass(frozen=True)
class Part:
    """One Parquet file of a release: a view of one source, or of a pair of sources."""

    view: str
    name: str
    key: str
    file: str
    rows: int
    content: str
    bytes: str
    tlp: tuple[str, ...]


@dataclass
class Inputs:
    """What a build starts from."""

    held: dict[str, list[Held]]
    current: dict[str, list[Held]]
    reports: dict[tuple[str, str], Report]
    gazetteer: Gazetteer
    accepted: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def published(self) -> list[str]:
        """Sources with figures that some tier may hold; what is stricter enters no release at all."""
        return [name for name, files in self.current.items() if files and sources()[name].tlp in TIERS["amber"]]

    def list_accepted(self) -> None:
        """Fills `accepted`: source → table → the Parquet files its figures are drawn from."""
        self.accepted = {
            name: {
                table: [
                    str(path)
                    for file in files
                    for path in sorted((self.reports[name, file.snapshot].rows / table).glob("*.parquet"))
                ]
                for table in PARTED
            }
            for name, files in self.current.items()
        }


def held_files(folder: Folder) -> dict[str, list[Held]]:
    """Source → its kept files, from the ledger; what was withdrawn is left out."""
    known = sources()
    found: dict[tuple[str, str], Held] = {}
    for act in ledger.entries(folder):
        if act["act"] == "received" and act["source"] in known:
            source = known[act["source"]]
            layout = next((layout for layout in source.layout if layout.name == act["layout"]), None)
            if layout is None:
                continue
            held = Held(
                snapshot=act["snapshot"],
                source=source,
                layout=layout,
                file_name=act["file_name"],
                bytes=act["bytes"],
                received_at=act["at"],
                released=date.fromisoformat(act["released"]) if act.get("released") else None,
                obtained_from=act.get("obtained_from") or source.obtained_from,
            )
            found.setdefault((held.source.name, held.snapshot), held)
        elif act["act"] == "withdrawn":
            found.pop((act["source"], act["snapshot"]), None)
    by_source: dict[str, list[Held]] = {}
    for file in found.values():
        by_source.setdefault(file.source.name, []).append(file)
    return {name: in_order(files) for name, files in sorted(by_source.items())}


def build(folder: Folder, say: Say = lambda words: None) -> str:
    """Builds, checks and publishes a release from all kept files; returns its id.

    Raises checks.CheckFailed, with the current release untouched.
    """
    with _alone(folder):
        inputs = read_inputs(folder, say)
        staged = Path(tempfile.mkdtemp(prefix=BUILDING, dir=folder.releases))
        try:
            release = _build(folder, inputs, staged, say, reuse=True)
            if (folder.releases / release).exists():
                shutil.rmtree(staged)
            else:
                staged.chmod(0o755)  # a dashboard may run as another user
                replace(staged, folder.releases / release)
            # First the act, then the pointer: a kill between them must not leave a current release without its act.
            said = {"release": release, "manifest": digest(folder.releases / release / "manifest.json")}
            if not said.items() <= _last_released(folder).items():
                ledger.append(folder, "released", **said)
            if not _is_current(folder, release):
                point_to(folder, release)
            return release
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise


def rebuild(folder: Folder, say: Say = lambda words: None) -> dict[str, Any]:
    """The manifest of the release that the kept files, read anew, give. Nothing is published or left behind."""
    with _alone(folder), tempfile.TemporaryDirectory(prefix=BUILDING, dir=folder.releases) as away:
        staged = Path(away) / "release"
        staged.mkdir()
        _build(folder, read_inputs(folder, say, Folder(Path(away) / "rows")), staged, say, reuse=False)
        loaded: dict[str, Any] = json.loads((staged / "manifest.json").read_text(encoding="utf-8"))
        return loaded


@contextmanager
def _alone(folder: Folder) -> Iterator[None]:
    """Waits for a build that runs, and removes what a killed one left behind."""
    folder.make()
    with FileLock(folder.build_lock):
        for left in folder.releases.glob(f"{BUILDING}*"):
            shutil.rmtree(left, ignore_errors=True)
        for parent in (folder.files, folder.accepted):
            sweep(parent)
        try:
            yield
        except duckdb.Error as error:
            # DuckDB has no error of its own for a full disk.
            if os.strerror(errno.ENOSPC) in str(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise


def _last_released(folder: Folder) -> dict[str, Any]:
    return next((act for act in reversed([*ledger.entries(folder)]) if act["act"] == "released"), {})


def _is_current(folder: Folder, release: str) -> bool:
    try:
        return current_id(folder) == release
    except NoRelease:
        return False


def read_inputs(folder: Folder, say: Say = lambda words: None, cache: Folder | None = None) -> Inputs:
    """All kept files with their accepted rows, ingested where the cache lacks them (by default the folder's own).

    Raises NothingToBuild.
    """
    held = held_files(folder)
    inputs = Inputs(held, {name: current(files) for name, files in held.items()}, {}, load_gazetteer())
    for name, files in held.items():
        for file in files:
            say(f"accepting {name}: {file.file_name}")
            snapshot = Snapshot(file.snapshot, folder.file(file.snapshot), file.file_name)
            inputs.reports[name, file.snapshot] = accept(
                cache or folder, file.source, file.layout, snapshot, inputs.gazetteer
            )
    if not inputs.published():
        raise NothingToBuild("No file has been kept yet. Run: commons add FILE, or commons starter")
    inputs.list_accepted()
    return inputs


def _build(folder: Folder, inputs: Inputs, staged: Path, say: Say, *, reuse: bool) -> str:
    from warehouse import checks, quality

    before = _parts_before(folder) if reuse else {}
    # DuckDB's temporary data stay inside the staged folder, so that a kill leaves nothing elsewhere.
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(staged / ".tmp")}) as con:
        con.execute("set preserve_insertion_order = true")
        use_places(con, inputs)
        _lookups(con, inputs)
        _statements(con, folder)
        parts = [_figure(con, inputs, name, staged, before, say) for name in inputs.published()]
        parts += _comparisons(con, staged, parts, before, say) + _revisions(con, inputs, staged, before)
        small = _small_tables(con, inputs)
        tiers = {tier: _tier(con, tier, staged, parts, inputs) for tier in TIERS}
    shutil.rmtree(staged / ".tmp", ignore_errors=True)
    release = _release_id(parts, small)
    facts = _manifest(staged, release, inputs, parts, small, tiers)
    say("checking")
    outcome = checks.run(staged, facts, inputs.reports)
    (staged / "quality.html").write_text(quality.page(staged, facts, outcome), encoding="utf-8")
    facts["checks"] = [check.as_fact() for check in outcome]
    (staged / "manifest.json").write_text(json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    checks.demand(outcome)
    for path in sorted(staged.rglob("*")):
        if path.is_file():
            path.chmod(0o444)
        sync(path)
    sync(staged)
    return release


def _parts_before(folder: Folder) -> dict[tuple[str, str], tuple[dict[str, Any], Path]]:
    try:
        release = current_id(folder)
    except NoRelease:
        return {}
    root = folder.releases / release
    return {(part["view"], part["name"]): (part, root / part["file"]) for part in manifest(folder, release)["parts"]}


def use_places(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Makes the places of the register and of the sources' own registers known to a connection, and the code lists."""
    register_codes(con)
    con.register("register_place", inputs.gazetteer.places.to_arrow())
    con.register("register_member", inputs.gazetteer.members.to_arrow())
    paths = [path for name in inputs.published() for path in inputs.accepted[name]["place"]]
    _load(con, "accepted_place", "place", paths)
    con.execute(sql("tables/place"))


def _load(con: duckdb.DuckDBPyConnection, name: str, table: str, paths: list[str]) -> None:
    """A temporary view over accepted rows, or an empty one."""
    if paths:
        listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
        con.execute(f"create or replace temp view {name} as select * from read_parquet([{listed}])")
    else:
        con.register(f"empty_{name}", empty(table).to_arrow())
        con.execute(f"create or replace temp view {name} as select * from empty_{name}")


def _lookups(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """Small tables the views read: from the vocabularies, the declarations and the two CSV files beside this one."""
    here = Path(__file__).parent
    for name in ("concept_pair", "counts_as", "quality_rule", "quality_declared"):
        con.register("rows", pl.read_csv(here / f"{name}.csv", infer_schema=False).to_arrow())
        con.execute(f"create or replace temp table {name} as select * from rows order by all")
    declared = [sources()[name] for name in inputs.held]
    for name, frame in (
        ("source", _source_frame(declared)),
        ("caveat", _caveat_frame(declared)),
        ("definition", _definition_frame(declared)),
        ("same_origin", _same_origin_frame(declared)),
        ("snapshot", _snapshot_frame(inputs)),
    ):
        con.register("rows", frame.to_arrow())
        con.execute(f"create or replace temp table {name} as select * from rows order by all")


def _statements(con: duckdb.DuckDBPyConnection, folder: Folder) -> None:
    """What publishers and governments said, and were invited to say, of a source or figure: from the ledger."""
    columns = ("source", "figure_id", "party", "dated", "text", "status")
    acts = [
        (act["n"], *(act.get(column) for column in columns)) for act in ledger.entries(folder) if act["act"] == "stated"
    ]
    shape = {"act": pl.Int64, **dict.fromkeys(columns, pl.String)}
    con.register("rows", pl.DataFrame(acts, schema=shape, orient="row").to_arrow())
    con.execute(
        "create or replace temp table stated as"
        " select * replace (try_cast(dated as date) as dated) from rows order by act"
    )


def register_codes(con: duckdb.DuckDBPyConnection) -> None:
    """Makes the code lists that the views read known to a connection: narrower, period_length."""
    con.register("narrower", _frame(broader(), ["broader", "code"]))
    con.register("period_length", pl.DataFrame(LENGTHS, schema=["period_kind", "months"], orient="row").to_arrow())


def _frame(rows: Iterable[tuple[Any, ...]], names: list[str]) -> Any:
    return pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row").to_arrow()


def _rule(con: duckdb.DuckDBPyConnection, source: Source, version: str) -> None:
    coverage, rollup = source.coverage, source.rollup
    frame = pl.DataFrame(
        {
            "source": [source.name],
            "producer": [source.producer],
            "publisher": [source.publisher],
            "provenance": [source.provenance],
            "provenance_subclass": [source.provenance_subclass],
            "tier": [source.tlp],
            "succession": [source.succession],
            "absent": [coverage.absent],
            "first_day": pl.Series([coverage.first_day], dtype=pl.Date),
            "last_day": pl.Series([coverage.last_day], dtype=pl.Date),
            "place_levels": pl.Series([list(rollup.places)], dtype=pl.List(pl.String)),
            "period_kinds": pl.Series([list(rollup.periods)], dtype=pl.List(pl.String)),
            "total_from": pl.Series([rollup.total_from], dtype=pl.List(pl.String)),
            "variants": [rollup.variants],
            "counterparts": [rollup.counterparts],
            "boundary_version": [version],
        }
    )
    con.register("rule_row", frame.to_arrow())
    con.execute("create or replace temp table rule as select * from rule_row")


def _universe(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """How many places a source that lists everything should hold, where it declares so."""
    coverage = source.coverage
    con.execute(
        "create or replace temp table universe as select ancestor as place, count(*)::integer as places from place_up"
        " where ancestor = ? and place in (select code from place where level = ? and kind <> 'statistical_area')"
        " group by all",
        [coverage.places_of, coverage.level],
    )


def use_source(con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str) -> None:
    """Everything views/figure.sql reads for one source."""
    load_source(con, inputs, name)
    _universe(con, inputs.current[name][0].source)


def load_source(con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str) -> None:
    """Makes one source's accepted rows, rule and cells the ones the views read."""
    source = inputs.current[name][0].source
    _rule(con, source, inputs.gazetteer.version)
    for table in ("observation", "event", "item"):
        _load(con, table, table, inputs.accepted[name][table])
    order = [(file.snapshot, position) for position, file in enumerate(inputs.current[name])]
    con.register("snapshot_order", pl.DataFrame(order, schema=["snapshot", "position"], orient="row").to_arrow())
    con.execute(sql("views/cell"))


def _figure(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str, staged: Path, before: dict[Any, Any], say: Say
) -> Part:
    source = inputs.current[name][0].source
    places = con.execute(
        "select coalesce(sum(md5_number_lower(concat_ws('|', code, parent, name))), 0)::varchar from place"
        " where kind = 'own_register'"
    ).fetchall()
    key = _key(
        sql("views/cell"),
        sql("views/figure"),
        source.model_dump_json(exclude={"layout"}),
        inputs.gazetteer.version,
        str(places),
        *(f"{file.snapshot}/{inputs.reports[name, file.snapshot].rows.name}" for file in inputs.current[name]),
    )

    def compute() -> None:
        say(f"figures of {name}")
        use_source(con, inputs, name)
        con.execute(sql("views/figure"))

    return _part(con, "figure", name, key, staged, before, compute, "select * from figure", (source.tlp,))


def _comparisons(
    con: duckdb.DuckDBPyConnection, staged: Path, figures: list[Part], before: dict[Any, Any], say: Say
) -> list[Part]:
    """One part per pair of sources that have a figure for the same place and period."""
    parts = []
    yearly: dict[str, str] = {}
    con.execute(sql("views/comparison").replace("or replace macro", "or replace temp macro"))
    ordered = sorted(figures, key=lambda part: part.name)
    # A single source is paired with itself, which gives no row but the view's shape.
    for a, b in list(combinations(ordered, 2)) or [(ordered[0], ordered[0])]:
        key = _key(
            sql("views/comparison"),
            a.content,
            b.content,
            *_texts("concept_pair.csv", "counts_as.csv"),
            *(sources()[part.name].model_dump_json(include={"definition", "derived_from"}) for part in (a, b)),
        )

        def compute(a: Part = a, b: Part = b) -> None:
            for part in (a, b):
                if part.name not in yearly:
                    yearly[part.name] = _comparable(con, part, staged)
            con.execute(
                "create or replace temp table comparison as select *"
                f" from comparison_of('{yearly[a.name]}', '{yearly[b.name]}')"
            )

        parts.append(
            _part(
                con,
                "comparison",
                f"{a.name}~{b.name}",
                key,
                staged,
                before,
                compute,
                "select * from comparison",
                (*a.tlp, *b.tlp),
            )
        )
    say(f"{len(parts)} pairs of sources")
    return parts


def _comparable(con: duckdb.DuckDBPyConnection, part: Part, staged: Path) -> str:
    """A temporary table with the figures of one source that comparisons are materialised for."""
    table = f"comparable_{part.name}"
    con.execute(
        f"create or replace temp table {table} as select * from read_parquet(?)"
        " where period_kind in ('year', 'average') and place_level in ('world', 'region', 'country', 'admin1')",
        [str(staged / part.file)],
    )
    return table


def _revisions(con: duckdb.DuckDBPyConnection, inputs: Inputs, staged: Path, before: dict[Any, Any]) -> list[Part]:
    """One part per source of which a newer release of the same thing is held."""
    parts = []
    pairs = {name: releases(inputs.held[name]) for name in inputs.published()}
    # Where there is none, a source without files gives no row but the view's shape.
    for name in [name for name in pairs if pairs[name]] or [*pairs][:1]:
        source = inputs.held[name][0].source
        files = list(dict.fromkeys(file.snapshot for pair in pairs[name] for file in pair))
        key = _key(
            sql("views/cell"),
            sql("views/revision"),
            source.model_dump_json(exclude={"layout"}),
            inputs.gazetteer.version,
            *(f"{old.snapshot}/{new.snapshot}" for old, new in pairs[name]),
            *(inputs.reports[name, snapshot].rows.name for snapshot in files),
        )

        def compute(name: str = name) -> None:
            listed = [(old.snapshot, new.snapshot) for old, new in pairs[name]]
            con.register("revision_pair", _frame(listed, ["snapshot_old", "snapshot_new"]))
            con.execute("drop table if exists cell_of_file")
            held = {file.snapshot: file for pair in pairs[name] for file in pair}
            for file in held.values() or inputs.held[name][:1]:
                alone = altered(inputs, current={name: [file]}, accepted={name: {table: [] for table in PARTED}})
                if held:
                    alone.list_accepted()
                load_source(con, alone, name)
                con.execute("create temp table if not exists cell_of_file as select * from cell limit 0")
                con.execute("insert into cell_of_file select * from cell")
            con.execute(sql("views/revision"))

        parts.append(
            _part(con, "revision", name, key, staged, before, compute, "select * from revision", (source.tlp,))
        )
    return parts


def _texts(*names: str) -> list[str]:
    return [(Path(__file__).parent / name).read_text(encoding="utf-8") for name in names]


def _origins(name: str) -> set[str]:
    """A source and all it builds on, directly or through another source."""
    found, open_ = {name}, [name]
    while open_:
        source = sources().get(open_.pop())
        for origin in source.derived_from if source else []:
            if origin not in found:
                found.add(origin)
                open_.append(origin)
    return found


def _key(*texts: str) -> str:
    return sha256("\x1f".join(texts).encode()).hexdigest()[:32]


def _part(
    con: duckdb.DuckDBPyConnection,
    view: str,
    name: str,
    key: str,
    staged: Path,
    before: dict[Any, Any],
    compute: Callable[[], None],
    query: str,
    tlp: tuple[str, ...],
) -> Part:
    """Links the part of the release before when its key is the same, else computes and writes it."""
    known, path = before.get((view, name), ({}, None))
    file = f"parts/{view}/{name}-{key[:16]}.parquet"
    target = staged / file
    target.parent.mkdir(parents=True, exist_ok=True)
    # A part that changed on the disk is not handed on.
    if known.get("key") == key and path is not None and _digest_fits(path, known["bytes"]):
        _link(path, target)
        return Part(view, name, key, file, known["rows"], known["content"], known["bytes"], tlp)
    compute()
    con.execute(f"copy ({query}) to '{target}' (format parquet, compression zstd, row_group_size 100000)")
    rows, content = content_hash(con, target)
    return Part(view, name, key, file, rows, content, digest(target), tlp)


def _digest_fits(path: Path, wanted: str) -> bool:
    return path.exists() and digest(path) == wanted


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def content_hash(con: duckdb.DuckDBPyConnection, path: Path) -> tuple[int, str]:
    """Rows of a part, and a hash of what they say that does not depend on their order or on the file's encoding."""
    return _content(con, "select * from read_parquet(?)", [str(path)])


def _content(con: duckdb.DuckDBPyConnection, query: str, values: list[Any] | None = None) -> tuple[int, str]:
    count, lower, upper = con.execute(
        "select count(*), coalesce(sum(md5_number_lower(t::varchar)), 0),"
        f" coalesce(sum(md5_number_upper(t::varchar)), 0) from ({query}) as t",
        values or [],
    ).fetchall()[0]
    return int(count), sha256(f"{count}:{lower}:{upper}".encode()).hexdigest()


def _small_tables(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> dict[str, tuple[int, str]]:
    """Makes the temporary table issue; returns rows and content of each small table, apart from when files arrived."""
    paths = [str(path) for r in inputs.reports.values() for path in sorted((r.rows / "issue").glob("*.parquet"))]
    _load(con, "accepted_issue", "issue", paths)
    con.execute("create or replace temp table issue as select * from accepted_issue order by all")
    said = dict.fromkeys(SMALL, "*") | {"snapshot": "* exclude (received_at)"}
    return {name: _content(con, f"select {columns} from temp.{name}") for name, columns in said.items()}


def _source_frame(declared: list[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "source": s.name,
                "title": s.title,
                "producer": s.producer,
                "publisher": s.publisher,
                "obtained_from": s.obtained_from,
                "copy_kind": s.copy_kind,
                "derived_from": s.derived_from,
                "provenance": s.provenance,
                "provenance_subclass": s.provenance_subclass,
                "acquisition": s.acquisition,
                "processing_level": s.processing_level,
                "licence": s.licence,
                "address": s.address,
                "citation": s.citation,
                "description": s.description.strip(),
                "sensitivity": s.sensitivity,
                "tlp": s.tlp,
                "absent": s.coverage.absent,
            }
            for s in declared
        ],
        schema_overrides={"derived_from": pl.List(pl.String)},
    )


def _caveat_frame(declared: list[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (s.name, number, c.text, c.concepts, c.places, c.first_year, c.last_year)
            for s in declared
            for number, c in enumerate(s.caveat, 1)
        ],
        schema={
            "source": pl.String,
            "number": pl.Int32,
            "text": pl.String,
            "concepts": pl.List(pl.String),
            "places": pl.List(pl.String),
            "first_year": pl.Int32,
            "last_year": pl.Int32,
        },
        orient="row",
    )


def _definition_frame(declared: list[Source]) -> pl.DataFrame:
    return pl.DataFrame(
        [(d.id, s.name, d.concept, d.text, d.subset_of) for s in declared for d in s.definition],
        schema=dict.fromkeys(("definition_id", "source", "concept", "text", "subset_of"), pl.String),
        orient="row",
    )


def _same_origin_frame(declared: list[Source]) -> pl.DataFrame:
    origins = {s.name: _origins(s.name) for s in declared}
    return pl.DataFrame(
        [(a, b, bool(origins[a] & origins[b])) for a, b in combinations(sorted(origins), 2)],
        schema={"source_a": pl.String, "source_b": pl.String, "same_origin": pl.Boolean},
        orient="row",
    )


def _snapshot_frame(inputs: Inputs) -> pl.DataFrame:
    used = {(name, file.snapshot) for name, files in inputs.current.items() for file in files}
    rows = []
    for name, files in inputs.held.items():
        for file in files:
            counts = inputs.reports[name, file.snapshot].counts
            rows.append(
                {
                    "snapshot": file.snapshot,
                    "source": name,
                    "file_name": file.file_name,
                    "layout": file.layout.name,
                    "component": file.layout.component,
                    "bytes": file.bytes,
                    "received_at": datetime.fromisoformat(file.received_at).astimezone(UTC).replace(tzinfo=None),
                    "released": file.released,
                    "obtained_from": file.obtained_from,
                    "rows_in": counts.rows_in,
                    "rows_accepted": counts.accepted,
                    "rows_refused": counts.refused,
                    "rows_skipped": counts.skipped,
                    "cells": counts.cells,
                    "cells_with_number": counts.numbers,
                    "cells_missing": counts.missing,
                    "cells_refused": counts.cells_refused,
                    "current": (name, file.snapshot) in used,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"released": pl.Date})


def _tier(con: duckdb.DuckDBPyConnection, tier: str, staged: Path, parts: list[Part], inputs: Inputs) -> list[str]:
    """Writes one tier's database; returns the parts its views read."""
    allowed = set(TIERS[tier])
    visible = [part for part in parts if set(part.tlp) <= allowed]
    con.register("visible", _frame([(n,) for n in inputs.held if sources()[n].tlp in allowed], ["source"]))
    path = staged / f"{tier}.duckdb"
    con.execute(f"attach '{path}' as release (storage_version 'v1.5.0')")
    for table, seen_by in SMALL.items():
        con.execute(f"create table release.{table} as select * from temp.{table} where {seen_by}")
    con.execute("detach release")
    # A connection of its own, so that no temporary table of the build is taken for one of the release.
    with duckdb.connect() as fresh:
        fresh.execute(f"attach '{path}' as release (storage_version 'v1.5.0')")
        fresh.execute("use release")
        fresh.execute(f"set file_search_path = '{staged}'")
        for view in ("figure", "comparison", "revision"):
            _view(fresh, view, [part.file for part in visible if part.view == view], parts)
        for name in ("views/comparison", "macros/compare", *(f"views/{name}" for name in DERIVED), "macros/comments"):
            fresh.execute(sql(name))
    return [part.file for part in visible]


def _view(con: duckdb.DuckDBPyConnection, view: str, files: list[str], parts: list[Part]) -> None:
    if files:
        listed = ", ".join(f"'{file}'" for file in files)
        con.execute(f"create view {view} as select * from read_parquet([{listed}])")
    else:  # the shape alone, without a row of what this tier may not hold
        shape = next(part.file for part in parts if part.view == view)
        con.execute(f"create table no_{view} as select * from read_parquet('{shape}') limit 0")
        con.execute(f"create view {view} as select * from no_{view}")


def _release_id(parts: list[Part], small: dict[str, tuple[int, str]]) -> str:
    texts = [f"{part.view}/{part.name}/{part.content}" for part in parts]
    return _key(*texts, *(f"{name}/{content}" for name, (_, content) in small.items()))[:12]


def _manifest(
    staged: Path,
    release: str,
    inputs: Inputs,
    parts: list[Part],
    small: dict[str, tuple[int, str]],
    tiers: dict[str, list[str]],
) -> dict[str, Any]:
    return {
        "release": release,
        "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "register": inputs.gazetteer.version,
        "inputs": [
            {"source": name, "snapshot": file.snapshot, "rows": inputs.reports[name, file.snapshot].rows.name}
            for name, files in inputs.held.items()
            for file in files
        ],
        "parts": [part.__dict__ | {"tlp": list(part.tlp)} for part in parts],
        "tables": {name: rows for name, (rows, _) in small.items()},
        "contents": {name: content for name, (_, content) in small.items()},
        "tiers": tiers,
        "databases": {tier: digest(staged / f"{tier}.duckdb") for tier in tiers},
    }
