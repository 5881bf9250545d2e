"""Makes a release in a folder: parts per source and view, one small database per tier, a manifest.

Only parts whose inputs or code changed are computed; the others are hard-linked from the current release.
"""

import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from dataclasses import replace as altered
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest import keys
from ingest.folder import Folder, sync
from ingest.keep import digest
from schemas.declaration import Disclosure, Source
from warehouse import access, disclosure, suppress
from warehouse.inputs import Inputs, Say
from warehouse.release import TIERS, NoRelease, current_id, manifest, sql, told
from warehouse.revisions import releases
from warehouse.small_tables import (
    OPENED,
    READ_TWICE,
    SMALL,
    content_of,
    make_small_tables,
    texts_of,
    use_lookups,
    use_statements,
    use_withdrawn,
)
from warehouse.stage import frame_of, use_kept, use_places, use_source
from warehouse.succession import Held
from warehouse.views import agreement

DERIVED: tuple[str, ...] = (
    "flow",
    "mirror",
    "recomputation",
    "source_card",
    "statement",
    "shown_place",
    "place_set",
    "yearly_total",
    "trend",
    "share",
    "coverage",
    "mark",
    "caveat_of",
)
"""Views over figure that a tier's database holds as tables and macros, in the order in which they build on others."""


AGREEING = ("macros/statistics", "views/agreement_series", "views/agreement")
"""What agreement is worked out with, after comparison and named sets of places."""


OF_A_TIER = (
    "macros/said",
    "views/comparison",
    "macros/compare",
    *(f"views/{name}" for name in DERIVED),
    *AGREEING,
    "macros/agree",
    "macros/comments",
)
"""What makes a tier's database, in this order, over the parts and the small tables."""


YEARLY = "period_kind in ('year', 'average') and place_level in ('world', 'region', 'country', 'admin1')"
"""The figures that comparisons are materialised for; finer ones are compared when somebody asks."""
MEMORY = "4GB"


RESULT = {
    "series": pl.String,
    "statistic": pl.String,
    "n": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "failed": pl.String,
}
"""What agreement.py gives back, as agreement.sql reads it."""


CLEAR, NOBODY = "TLP:CLEAR", "TLP:RED"
RESTRICTED = ("opened", "protected", "pattern")
"""Parts that are made of more than what they show; a part of two sources with such a side has a dot in its name."""


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
    instead: tuple[str, ...] = ()
    """Terms of the sources whose protected or opened figures it holds, for those who may not see their own."""

    def seen_by(self, allowed: tuple[str, ...]) -> bool:
        """Whether a tier with these terms reads it: of each source its own figures, or the opened, or the protected."""
        return set(self.tlp) <= set(allowed) and not set(self.instead) & set(allowed)


def make(
    folder: Folder,
    inputs: Inputs,
    staged: Path,
    say: Say,
    *,
    head: Mapping[str, Any],
    reuse: bool,
    instead_of: str = "",
) -> str:
    """Makes a release in a folder and checks it; returns its id. Whoever calls it holds the lock of builds.

    `head` is the act of the ledger up to which the inputs were read; with `reuse`, parts of the current release are
    linked where they are the same; `instead_of` is the withdrawn release it stands for.
    Raises checks.CheckFailed.
    """
    from warehouse import checks, quality

    before = _parts_before(folder) if reuse else {}
    # DuckDB's temporary data stay inside the staged folder, so that a kill leaves nothing elsewhere.
    with duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(staged / ".tmp")}) as con:
        con.execute("set preserve_insertion_order = true")
        con.execute(sql("macros/said"))
        use_places(con, inputs)
        use_lookups(con, inputs)
        use_statements(con, folder)
        withdrawn = use_withdrawn(con, folder)
        parts = [_figure(con, inputs, name, staged, before, say) for name in inputs.published()]
        opened = _opened(con, inputs, staged, before, say)
        parts += opened
        known = patterns_before(folder, inputs.published())
        widest = {part.name: part for part in parts}
        protected = _protected(con, inputs, [*widest.values()], staged, before, known, say)
        figures = [*parts, *(part for part in protected if part.view == "protected")]
        parts += protected
        parts += _comparisons(con, inputs, staged, figures, before, say)
        parts += _agreements(con, inputs, staged, figures, before, say)
        parts += _revisions(con, inputs, staged, before)
        small = make_small_tables(con, inputs)
        held = {name: inputs.declared[name].tlp for name in inputs.held}
        tiers = _tiers(con, staged, parts, held | withdrawn)
    shutil.rmtree(staged / ".tmp", ignore_errors=True)
    for_all = all(part.seen_by(TIERS["clear"]) for part in parts) and all(
        inputs.declared[name].tlp == CLEAR for name in inputs.held
    )
    release = _release_id(parts, small, for_all)
    facts = _manifest(staged, release, inputs, parts, small, tiers) | {"ledger": head, "for_all": for_all}
    if instead_of:
        facts["instead_of"] = instead_of
    facts["published_before"] = [{"source": name, "content": _told(pattern)} for name, pattern in known.items()]
    say("checking")
    outcome = checks.run(staged, facts, inputs.reports, inputs.declared)
    (staged / "quality.html").write_text(quality.page(staged, facts, outcome), encoding="utf-8")
    facts["checks"] = [check.as_fact() for check in outcome]
    # So that not even its own hash, which the ledger and signatures hold, tells of what it says.
    facts["blind"] = secrets.token_hex(16)
    _write(staged / "manifest.json", facts)
    for tier in TIERS:
        _write(staged / f"{tier}.json", told(facts, tier))
    checks.demand(outcome)
    access.close_release(staged, facts)
    for path in sorted(staged.rglob("*")):
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


def _opened(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, staged: Path, before: dict[Any, Any], say: Say
) -> list[Part]:
    """Per source with stricter columns its figures as they are without these, for those who may not see them."""
    return [
        altered(_figure(con, opened, name, staged, before, say, view="opened"), instead=(inputs.declared[name].tlp,))
        for opened in inputs.readings()[1:]
        for name in opened.held
    ]


def _figure(
    con: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    name: str,
    staged: Path,
    before: dict[Any, Any],
    say: Say,
    view: str = "figure",
) -> Part:
    source = inputs.current[name][0].source
    key = _key(
        *(sql(f"views/{view}") for view in ("kept", "word", "cell", "figure")),
        source.model_dump_json(exclude={"layout"}),
        *_places(con, inputs),
        *(f"{file.snapshot}/{inputs.reports[name, file.snapshot].rows.name}" for file in inputs.current[name]),
    )

    def compute() -> None:
        say(f"figures of {name}")
        use_source(con, inputs, name)
        con.execute(sql("views/figure"))

    return _part(con, view, name, key, staged, before, compute, "select * from figure", (source.tlp,))


def patterns_before(folder: Folder, names: list[str]) -> dict[str, pl.DataFrame]:
    """Source → what releases showed and withheld of it, also withdrawn ones; in one order, so that it can be a key.

    Raises OSError where one of these files has changed: without it a withheld figure might be shown.
    """
    found: dict[str, list[pl.DataFrame]] = {}
    for path in sorted(folder.releases.glob("[!.]*/manifest.json")):
        for part in json.loads(path.read_bytes())["parts"]:
            file = path.parent / part["file"]
            if part["view"] == "pattern" and part["name"] in names and file.exists():
                if digest(file) != part["bytes"]:
                    raise OSError(f"{file} has changed. Run: commons verify")
                found.setdefault(part["name"], []).append(pl.read_parquet(file))
    for file in sorted(folder.patterns.glob("*.parquet")):
        name, _, hashed = file.stem.rpartition("-")
        if digest(file) != hashed:
            raise OSError(f"{file} has changed. Run: commons verify")
        if name in names:
            found.setdefault(name, []).append(pl.read_parquet(file))
    return {name: pl.concat(frames).unique().sort(pl.all()) for name, frames in found.items()}


def _protected(
    con: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    figures: list[Part],
    staged: Path,
    before: dict[Any, Any],
    known: dict[str, pl.DataFrame],
    say: Say,
) -> list[Part]:
    """Per protected source the figures that everyone may see, and the pattern of them that the next build must know."""
    parts, made = [], set[str]()
    for own in figures:
        read = inputs.open_to_more(own.name)
        source = read.declared[own.name]
        rule = disclosure.of(source)
        if not rule and own.name not in known:
            continue
        pattern = known.get(own.name, pl.DataFrame(schema=disclosure.PATTERN))
        key = _key(
            *(Path(module.__file__ or "").read_text(encoding="utf-8") for module in (disclosure, suppress)),
            *(sql(f"disclosure/{name}") for name in ("contribution", "cell", "stated", "protected")),
            sql("views/kept"),
            version("scipy"),
            source.model_dump_json(exclude={"layout"}),
            own.content,
            *_places(con, inputs),
            *(f"{f.snapshot}/{read.reports[own.name, f.snapshot].rows.name}" for f in read.current[own.name]),
            _told(pattern),
        )

        def compute(
            own: Part = own,
            read: Inputs = read,
            source: Source = source,
            rule: Disclosure | None = rule,
            pattern: pl.DataFrame = pattern,
        ) -> None:
            if own.name in made:
                return
            made.add(own.name)
            if rule:
                say(f"protecting {own.name}")
                path = str(staged / own.file)
                con.execute(f"create or replace temp view own_figure as select * from read_parquet('{path}')")
                disclosure.make_protected(con, read, source, rule, pattern)
            else:  # nothing of it is published any more; what once was stays known
                con.register("known", pattern.filter("shown").to_arrow())
                con.execute("create or replace temp table pattern as select * from known order by all")

        if rule:
            query = "select * from protected"
            part = _part(con, "protected", own.name, key, staged, before, compute, query, (CLEAR,))
            parts.append(altered(part, instead=(source.tlp,)))
        query = "select * from pattern"
        parts.append(_part(con, "pattern", own.name, key, staged, before, compute, query, (NOBODY,)))
    return parts


def _told(pattern: pl.DataFrame) -> str:
    return sha256(pattern.write_csv().encode()).hexdigest()


def _places(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> tuple[str, str]:
    """What tells the places of this build: the edition of the register, and the places sources brought."""
    own = con.execute(
        "select coalesce(sum(md5_number_lower(concat_ws('|', code, parent, name))), 0)::varchar from place"
        " where kind = 'own_register'"
    ).fetchall()
    return inputs.gazetteer.version, str(own)


def _comparisons(
    con: duckdb.DuckDBPyConnection, inputs: Inputs, staged: Path, figures: list[Part], before: dict[Any, Any], say: Say
) -> list[Part]:
    """One part per pair of sources that have a figure for the same place and period."""
    parts = []
    declared = inputs.declared
    yearly: dict[str, str] = {}
    con.execute(sql("views/comparison").replace("or replace macro", "or replace temp macro"))
    ordered = sorted(figures, key=lambda part: part.name)
    # A single source is paired with itself, which gives no row but the view's shape.
    pairs = [(a, b) for a, b in combinations(ordered, 2) if _ever_together(a, b)]
    for a, b in pairs or [(ordered[0], ordered[0])]:
        key = _key(
            sql("views/comparison"),
            a.content,
            b.content,
            *texts_of("concept_pair.csv", "counts_as.csv"),
            *(declared[part.name].model_dump_json(include={"definition", "derived_from"}) for part in (a, b)),
        )

        def compute(a: Part = a, b: Part = b) -> None:
            for part in (a, b):
                if part.file not in yearly:
                    yearly[part.file] = _comparable(con, part, staged)
            con.execute(
                "create or replace temp table comparison as select *"
                f" from comparison_of('{yearly[a.file]}', '{yearly[b.file]}')"
            )

        query = "select * from comparison"
        part = _part(con, "comparison", _pair(a, b), key, staged, before, compute, query, (*a.tlp, *b.tlp))
        parts.append(altered(part, instead=(*a.instead, *b.instead)))
    say(f"{len(parts)} pairs of sources")
    return parts


def _ever_together(a: Part, b: Part) -> bool:
    """Whether some tier reads both; of a source's own figures and the protected ones each tier reads one."""
    if a.name == b.name:
        return False
    return not (a.instead or b.instead) or any(a.seen_by(allowed) and b.seen_by(allowed) for allowed in TIERS.values())


def _pair(a: Part, b: Part) -> str:
    """The name of a part that holds a pair of sources; a side that is not its own figures is marked, as no source's
    name can be."""
    return "~".join(f"{part.name}.{part.view}" if part.instead else part.name for part in (a, b))


def _comparable(con: duckdb.DuckDBPyConnection, part: Part, staged: Path) -> str:
    """A temporary table with the figures of one source that comparisons are materialised for."""
    table = f"comparable_{part.view}_{part.name}"
    con.execute(
        f"create or replace temp table {table} as select * from read_parquet(?) where {YEARLY}",
        [str(staged / part.file)],
    )
    return table


def _agreements(
    con: duckdb.DuckDBPyConnection,
    inputs: Inputs,
    staged: Path,
    figures: list[Part],
    before: dict[Any, Any],
    say: Say,
) -> list[Part]:
    """One part per pair of sources with figures for one place and year that may stand side by side."""
    parts: list[Part] = []
    for name in ("views/place_set", *AGREEING):
        con.execute(sql(name).replace("create or replace", "create or replace temp"))
    con.execute("create or replace temp table agreement_members as select * from agreement_member()")
    for together in _together(figures):
        of_source = {part.name: part for part in together}
        con.execute("drop view if exists every_figure")
        _view(con, "every_figure", [str(staged / part.file) for part in together], together)
        con.execute("create or replace temp table yearly as select * from yearly_figure('every_figure')")
        first = together[0].name
        pairs = con.execute("select source_a, source_b from agreement_pair('yearly')").fetchall()
        # Where there is none, a source beside itself gives no row but the view's shape.
        for a, b in pairs or ([] if parts else [(first, first)]):
            sides = of_source[a], of_source[b]
            if _pair(*sides) in {part.name for part in parts}:
                continue
            key = _key(
                *map(sql, ("macros/said", "views/comparison", "views/place_set", *AGREEING)),
                Path(agreement.__file__).read_text(encoding="utf-8"),
                *map(version, agreement.LIBRARIES),
                *_places(con, inputs),
                of_source[a].content,
                of_source[b].content,
                *texts_of("concept_pair.csv", "counts_as.csv"),
                *(
                    inputs.declared[name].model_dump_json(include={"definition", "derived_from", "caveat"})
                    for name in (a, b)
                ),
            )

            def compute(a: str = a, b: str = b) -> None:
                agree(con, a, b)

            tlp = (*of_source[a].tlp, *of_source[b].tlp)
            query = "select * from agreement"
            part = _part(con, "agreement", _pair(*sides), key, staged, before, compute, query, tlp)
            parts.append(altered(part, instead=(*sides[0].instead, *sides[1].instead)))
    say(f"agreement of {len(parts)} pairs of sources")
    return parts


def _together(figures: list[Part]) -> list[list[Part]]:
    """Figures that are read together: each source's own, and for each tier that reads protected ones, what it reads."""
    found = [[part for part in figures if not part.instead]]
    for allowed in TIERS.values():
        read = [part for part in figures if part.seen_by(allowed)]
        if any(part.instead for part in read) and read not in found:
            found.append(read)
    return found


def agree(con: duckdb.DuckDBPyConnection, a: str, b: str) -> None:
    """Makes the temporary table agreement of two sources: what SQL gives, and what agreement.py adds to it."""
    con.execute(f"create or replace temp view sides as select * from yearly where source in ('{a}', '{b}')")
    con.execute(
        "create or replace temp table compared as select * from comparison_of('sides', 'sides', every_pair := true)"
    )
    con.execute(
        "create or replace temp table series as select *"
        " from agreement_series('sides', 'compared', 'agreement_members', null, null) where n_both > 0"
    )
    wanted = con.sql("select * from series where withheld_tau is null or withheld_trend is null order by series").pl()
    found = [asdict(result) for result in agreement.computed(wanted.iter_rows(named=True))]
    con.register("computed", pl.DataFrame(found, schema=RESULT).to_arrow())
    con.execute("create or replace temp table agreement as select * from agreement_over('series', 'computed')")


def _revisions(con: duckdb.DuckDBPyConnection, inputs: Inputs, staged: Path, before: dict[Any, Any]) -> list[Part]:
    """One part per source of which a newer release of the same thing is held.

    Of a source with stricter columns only those are told who may see them.
    """
    parts = []
    pairs = {name: releases(inputs.held[name]) for name in inputs.published()}
    # Where there is none, a source without files gives no row but the view's shape.
    for name in [name for name in pairs if pairs[name]] or [*pairs][:1]:
        source = inputs.held[name][0].source
        files = list(dict.fromkeys(file.snapshot for pair in pairs[name] for file in pair))
        key = _key(
            *(sql(f"views/{view}") for view in ("kept", "word", "cell", "revision")),
            source.model_dump_json(exclude={"layout"}),
            inputs.gazetteer.version,
            *(f"{old.snapshot}/{new.snapshot}" for old, new in pairs[name]),
            *(inputs.reports[name, snapshot].rows.name for snapshot in files),
        )

        def compute(name: str = name) -> None:
            listed = [(old.snapshot, new.snapshot) for old, new in pairs[name]]
            con.register("revision_pair", frame_of(listed, ["snapshot_old", "snapshot_new"]))
            con.execute("drop table if exists cell_of_file")
            held = {file.snapshot: file for pair in pairs[name] for file in pair}
            _use_files(con, inputs, name, [*held.values()])
            con.execute(sql("views/word"))
            for files in ([], *([file] for file in held.values())):
                _use_files(con, inputs, name, files)
                con.execute(sql("views/cell"))
                query = "select cell.*, kept_file.snapshot from cell cross join kept_file"
                con.execute(f"create temp table if not exists cell_of_file as {query} limit 0")
                con.execute(f"insert into cell_of_file {query}")
            con.execute(sql("views/revision"))

        parts.append(
            _part(con, "revision", name, key, staged, before, compute, "select * from revision", (source.tlp,))
        )
    return parts


def _use_files(con: duckdb.DuckDBPyConnection, inputs: Inputs, name: str, files: list[Held]) -> None:
    """Makes the accepted rows of these files of a source the ones the views read."""
    only = altered(inputs, current={name: files})
    only.list_accepted()
    use_kept(con, only, name)


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
    for_all = set(tlp) <= {CLEAR} and view not in RESTRICTED and "." not in name
    # A name can be seen by whoever lists the folder: by a plain hash of what went into a part guesses could be tested.
    file = f"parts/{view}/{name}-{(key if for_all else keys.blinded(key))[:16]}.parquet"
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
    return content_of(con, "select * from read_parquet(?)", [str(path)])


def _tiers(
    con: duckdb.DuckDBPyConnection, staged: Path, parts: list[Part], known: Mapping[str, str]
) -> dict[str, list[str]]:
    """Writes each tier's database; returns the parts its views read. Tiers that see the same sources hold the same.

    `known` gives the terms (TLP) of the sources that are held or were withdrawn.
    """
    files, made = {}, dict[tuple[tuple[str, bool, bool], ...], Path]()
    for tier, allowed in TIERS.items():
        visible = [part for part in parts if part.seen_by(allowed)]
        protected, opened = ({part.name for part in visible if part.view == view} for view in ("protected", "opened"))
        names = tuple(
            (name, name in protected, name in opened)
            for name, tlp in known.items()
            if name in protected | opened or tlp in allowed
        )
        path = staged / f"{tier}.duckdb"
        if names in made:
            shutil.copyfile(made[names], path)
        else:
            _tier(con, path, names, visible, parts)
            made[names] = path
        files[tier] = [part.file for part in visible]
    return files


def _tier(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    names: tuple[tuple[str, bool, bool], ...],
    visible: list[Part],
    parts: list[Part],
) -> None:
    """Writes the database of a tier that sees these parts and sources, of some only protected or opened figures."""
    shape = ["source", "protected", "opened"]
    con.register("visible", pl.DataFrame(list(names), schema=shape, orient="row").to_arrow())
    con.execute(f"attach '{path}' as release (storage_version 'v1.5.0')")
    for table, seen_by in SMALL.items():
        con.execute(f"create table release.{table} as select * from temp.{table} where {seen_by}")
    for table in READ_TWICE if any(opened for *_, opened in names) else ():
        con.execute(f"insert into release.{table} select * from temp.opened_{table} where {OPENED}")
    con.execute("detach release")
    # A connection of its own, so that no temporary table of the build is taken for one of the release.
    with duckdb.connect() as fresh:
        fresh.execute(f"attach '{path}' as release (storage_version 'v1.5.0')")
        fresh.execute("use release")
        fresh.execute(f"set file_search_path = '{path.parent}'")
        for view in ("figure", "comparison", "agreement", "revision"):
            of = ("figure", "opened", "protected") if view == "figure" else (view,)
            _view(fresh, view, [part.file for part in visible if part.view in of], parts)
        for name in OF_A_TIER:
            fresh.execute(sql(name))


def _view(con: duckdb.DuckDBPyConnection, view: str, files: list[str], parts: list[Part]) -> None:
    if files:
        listed = ", ".join(f"'{file}'" for file in files)
        con.execute(f"create view {view} as select * from read_parquet([{listed}])")
    else:  # the shape alone, without a row of what this tier may not hold
        shape = next(part.file for part in parts if part.view == view)
        con.execute(f"create table no_{view} as select * from read_parquet('{shape}') limit 0")
        con.execute(f"create view {view} as select * from no_{view}")


def _write(file: Path, facts: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _release_id(parts: list[Part], small: dict[str, tuple[int, str]], for_all: bool) -> str:
    """Covers all that a release says: its parts and small tables, and the SQL that derives the rest from them.

    Where it holds what is not for everyone it is a keyed hash, by which nobody can test a guess.
    """
    said = [f"{part.view}/{part.name}/{part.content}" for part in parts]
    said += [f"{name}/{content}" for name, (_, content) in small.items()]
    key = _key(*said, *map(sql, OF_A_TIER))
    return (key if for_all else keys.blinded(key))[:12]


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
