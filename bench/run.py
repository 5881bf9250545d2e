"""Speed, as ratios within one run: `python bench/run.py [--only add strict views big] [--rows 5000000]`.

Every step is a process of its own, so that its time (wall; user and system together) and its peak memory are its own.
Writes `bench/out/run.json` and its rows of `bench/RESULTS.md`. Nothing here is a test: what a shared machine does to a
clock is no defect of the code. Ratios of processor time are steadier than those of wall time.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.generate import BLOCK, write, write_state_counts
from ingest.folder import Folder
from warehouse.release import current_id, manifest

HERE = Path(__file__).parent
COMMONS = [sys.executable, str(HERE / "command.py")]
SAMPLE = 50_000
MEASURES = ("add", "strict", "views", "big")
HEAD = """# Measured speed

`python bench/run.py` on {machine}. The best of a few turns for `add`, one for the rest; each row is of one run.
Other work ran on the same machine: processor time (of all threads together) is steadier than wall time.

| what | rows | measured | ratio (wall / processor) | aim | peak memory |
|---|---|---|---|---|---|
"""
HEAD_OF_VIEWS = """## All views

`python bench/run.py --only views` on {machine}; wall / processor, other work beside it. *All views*: from accepted
rows in their cache to every view of a release, its parts hashed and its tiers written. *Whole build*: the process from
its start to the release published, with its checks and quality page (aim at 10 million rows: ≤ 60 s). *DuckDB alone*
joins the same rows and writes sums of municipalities to one file: by one plain group-by of the finest kind, and by all
the sets of them that are figures. It knows no states, broader types, completeness, comparison or check. The ratio is
that of the whole build.

| accepted rows | figures | all views | whole build | rows a second | peak memory | DuckDB alone, finest | all sets |
|---|---|---|---|---|---|---|---|
"""
BARE = """
import duckdb, sys
with duckdb.connect(sys.argv[2]) as con:
    con.execute("create table register as from read_csv(?)", [sys.argv[1]])
"""
STRICT = """
import sys
from frictionless import Schema, system, validate
schema = Schema.from_descriptor({"fields": [
    {"name": "registro", "type": "string", "constraints": {"required": True, "unique": True}},
    {"name": "data", "type": "date", "constraints": {"required": True, "minimum": "1900-01-01"}},
    {"name": "uf", "type": "string", "constraints": {"required": True, "enum": sys.argv[2].split("|")}},
    {"name": "municipio", "type": "string", "constraints": {"required": True, "enum": sys.argv[3].split("|")}},
    {"name": "arma", "type": "string", "constraints": {"required": True, "enum": sys.argv[4].split("|")}},
    {"name": "motivo", "type": "string", "constraints": {"required": True, "enum": sys.argv[5].split("|")}},
    {"name": "quantidade", "type": "integer", "constraints": {"minimum": 0}},
    {"name": "lat", "type": "number", "constraints": {"minimum": -90, "maximum": 90}},
    {"name": "lon", "type": "number", "constraints": {"minimum": -180, "maximum": 180}},
]})
with system.use_context(trusted=True):
    report = validate(sys.argv[1], schema=schema)
assert report.valid, report.flatten(["rowNumber", "message"])[:3]
"""

BUILD = """
import json, os, sys, time
import bench.command
from pathlib import Path
from ingest.folder import Folder
from warehouse.publish import build

reached = {}
def say(words):
    used = os.times()
    reached[words] = {"wall": time.perf_counter() - began, "cpu": used.user + used.system}
began = time.perf_counter()
build(Folder(Path(sys.argv[1])), say)
Path(sys.argv[2]).write_text(json.dumps(reached["checking"]))
"""
ALONE = """
import duckdb, sys
with duckdb.connect(config={"memory_limit": "4GB", "temp_directory": sys.argv[2] + ".tmp"}) as con:
    con.execute(f'''
        copy (
            with row as (
                select item.firearm_type, item.variant, event.legal_justification, event.place, item.quantity,
                    date_trunc('month', event.date_start) as month, date_trunc('year', event.date_start) as year
                from read_parquet('{sys.argv[1]}/*/item/*.parquet') as item
                inner join read_parquet('{sys.argv[1]}/*/event/*.parquet') as event using (snapshot, event_key)
            )
            select {sys.argv[3]}, sum(quantity) as value, count(*) as n_rows from row group by {sys.argv[4]}
        ) to '{sys.argv[2]}' (format parquet, compression zstd)
    ''')
"""
FINEST = ("place, month, firearm_type, variant, legal_justification",) * 2
"""One plain group-by: the sums everything else could be added up from."""
SETS = (
    "place, month, year, firearm_type, variant, legal_justification",
    "grouping sets ((place, month), (place, month, firearm_type), (place, month, firearm_type, variant),"
    " (place, month, legal_justification), (place, year), (place, year, firearm_type),"
    " (place, year, firearm_type, variant), (place, year, legal_justification))",
)
"""The sums of municipalities, which are nearly all figures; no state, no country, no broader type, nothing beside."""


def measured(command: list[str]) -> dict[str, float]:
    """Runs a command to its end: wall seconds, processor seconds, peak memory in GB. Raises if it fails."""
    root = str(HERE.parent)
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=root, env={**os.environ, "PYTHONPATH": root})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command[:3])
    scale = 1 if sys.platform == "darwin" else 1024
    return {
        "wall": round(time.perf_counter() - start, 2),
        "cpu": round(used.ru_utime + used.ru_stime, 2),
        "gb": round(used.ru_maxrss * scale / 1e9, 2),
    }


def best(runs: list[dict[str, float]]) -> dict[str, float]:
    """The least wall and processor time of several runs, and the most memory."""
    return {"wall": min(r["wall"] for r in runs), "cpu": min(r["cpu"] for r in runs), "gb": max(r["gb"] for r in runs)}


def taking_in(rows: int, away: Path, repeats: int) -> dict[str, Any]:
    """DuckDB's bare table from the CSV, and `commons add` of the same file, turn by turn."""
    register = away / "register.csv"
    write(rows, register)
    bare, add = [], []
    for _ in range(repeats):
        (away / "bare.duckdb").unlink(missing_ok=True)
        bare.append(measured([sys.executable, "-c", BARE, str(register), str(away / "bare.duckdb")]))
        shutil.rmtree(away / "data", ignore_errors=True)
        add.append(measured([*COMMONS, "add", str(register), "--data", str(away / "data")]))
    (away / "bare.duckdb").unlink()
    return {"rows": rows, "mb": register.stat().st_size // 10**6, "bare": best(bare), "add": best(add),
            "runs": {"bare": bare, "add": add}}  # fmt: skip


def strictly(away: Path, python: str) -> dict[str, Any]:
    """`frictionless validate` of the first rows with the same constraints; the start of Python is not counted."""
    import polars as pl

    sample = away / "sample.csv"
    with (away / "register.csv").open("rb") as register:
        sample.write_bytes(b"".join(register.readline() for _ in range(SAMPLE + 1)))
    rows = pl.read_csv(sample, infer_schema=False)
    lists = ["|".join(rows[name].unique().sort()) for name in ("uf", "municipio", "arma", "motivo")]
    start = measured([python, "-c", "import frictionless"])
    whole = measured([python, "-c", STRICT, str(sample), *lists])
    return {
        "rows": SAMPLE,
        "cpu": round(whole["cpu"] - start["cpu"], 2),
        "wall": round(whole["wall"] - start["wall"], 2),
    }


def viewing(rows: int, away: Path, beside: Path | None = None) -> dict[str, Any]:
    """A first build of that many accepted rows in two files, and DuckDB alone on the same rows.

    `views` is how far the build was when its checks began, from its accepted rows on. With a folder `beside`, its files
    are taken in first, so that the register is compared with other sources; DuckDB alone is not asked then.
    """
    away.mkdir()
    if beside:
        files = sorted(str(path) for path in beside.rglob("*") if path.is_file() and path.suffix != ".md")
        # Some rows and files are refused, which they should be.
        subprocess.run([*COMMONS, "add", *files, "--data", str(away)], capture_output=True, check=False)
    for number, first in enumerate((0, -(-rows // (2 * BLOCK)))):
        register = away / f"register-{number}.csv"
        write(rows // 2, register, first=first)
        measured([*COMMONS, "add", str(register), "--data", str(away)])
        register.unlink()
    reached, out = away / "reached.json", away / "alone.parquet"
    build = measured([sys.executable, "-c", BUILD, str(away), str(reached)])
    found = {"rows": rows, "build": build, "views": json.loads(reached.read_text(encoding="utf-8"))}
    for name, asked in () if beside else (("finest", FINEST), ("sets", SETS)):
        alone = measured([sys.executable, "-c", ALONE, str(away / "accepted"), str(out), *asked])
        found[name] = {"groups": _rows(out), **alone}
    folder = Folder(away)
    parts = manifest(folder, current_id(folder))["parts"]
    count = {view: sum(part["rows"] for part in parts if part["view"] == view) for view in ("figure", "comparison")}
    sources = len({part["name"] for part in parts if part["view"] == "figure"})
    return {**found, "figures": count["figure"], "comparisons": count["comparison"], "sources": sources}


def _rows(path: Path) -> int:
    import polars as pl

    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def again(away: Path) -> dict[str, float]:
    """A build after a file of 1,000 rows of another source."""
    write_state_counts(1000, away / "small.csv")
    measured([*COMMONS, "add", str(away / "small.csv"), "--data", str(away)])
    return measured([*COMMONS, "build", "--data", str(away)])


def rows_of(found: dict[str, Any]) -> list[str]:
    """What was measured beside all views, as rows of Markdown."""
    rows = []
    for name, what, limit in (("add", "", "≤ 1.5 GB"), ("big", ", once", "≤ 2 GB")):
        if name in found:
            one = found[name]
            bare, add = one["bare"], one["add"]
            rows.append(
                f"| `commons add` against DuckDB's bare table{what} | {one['rows']:,} ({one['mb']} MB) |"
                f" {add['wall']} s against {bare['wall']} s; processor {add['cpu']} s against {bare['cpu']} s |"
                f" {add['wall'] / bare['wall']:.2f} / {add['cpu'] / bare['cpu']:.2f} | ≤ 2 |"
                f" {add['gb']} GB ({limit}); DuckDB {bare['gb']} GB |"
            )
    if "strict" in found:
        strict, add, count = found["strict"], found["add"]["add"], found["add"]["rows"]
        theirs = {clock: strict["rows"] / strict[clock] for clock in ("wall", "cpu")}
        ours = {clock: count / add[clock] for clock in ("wall", "cpu")}
        rows.append(
            f"| rows a second against `frictionless validate` | {strict['rows']:,} |"
            f" {ours['wall']:,.0f} against {theirs['wall']:,.0f} |"
            f" {ours['wall'] / theirs['wall']:.0f} / {ours['cpu'] / theirs['cpu']:.0f} | ≥ 10 | |"
        )
    if "again" in found:
        first, second = found["views"][-1]["build"], found["again"]
        rows.append(
            f"| second `commons build`, after a file of 1,000 rows | {found['views'][-1]['rows']:,} |"
            f" {second['wall']} s after {first['wall']} s; processor {second['cpu']} s after {first['cpu']} s |"
            f" {second['wall'] / first['wall']:.3f} / {second['cpu'] / first['cpu']:.3f} | ≤ 0.1 |"
            f" {first['gb']} GB, then {second['gb']} GB |"
        )
    return rows


def rows_of_views(views: list[dict[str, Any]]) -> list[str]:
    """All views at growing numbers of rows, as rows of Markdown, with how much more the most take than the fewest."""
    rows = []
    for one in views:
        build, seen = one["build"], one["views"]
        alone = " | ".join(
            f"{one[name]['wall']} s / {one[name]['cpu']} s for {one[name]['groups']:,} sums;"
            f" ratio {build['wall'] / one[name]['wall']:.2f} / {build['cpu'] / one[name]['cpu']:.2f}"
            for name in ("finest", "sets")
            if name in one
        )
        what = f" beside {one['sources'] - 1} sources, {one['comparisons']:,} comparisons" if one["comparisons"] else ""
        rows.append(
            f"| {one['rows']:,}{what} | {one['figures']:,} | {seen['wall']:.1f} s / {seen['cpu']:.1f} s |"
            f" {build['wall']} s / {build['cpu']} s |"
            f" {one['rows'] / build['wall']:,.0f} / {one['rows'] / build['cpu']:,.0f} | {build['gb']} GB |"
            f" {alone or '|'} |"
        )
    alike = [one for one in views if "finest" in one]
    if len(alike) > 1:
        few, many = alike[0], alike[-1]
        grown = {
            name: " / ".join(f"× {many[name][clock] / few[name][clock]:.1f}" for clock in ("wall", "cpu"))
            for name in ("views", "build", "finest", "sets")
        }
        rows.append(
            f"| × {many['rows'] / few['rows']:.0f} | × {many['figures'] / few['figures']:.1f} | {grown['views']} |"
            f" {grown['build']} | | × {many['build']['gb'] / few['build']['gb']:.1f} |"
            f" {grown['finest']} | {grown['sets']} |"
        )
    return rows


def write_down(head: str, rows: list[str]) -> None:
    """Puts rows under a head of the results, in place of older ones that begin alike; other heads stay as they are.

    A head that is not there as it stands (of another machine, say) takes the place of the one with the same title.
    """
    results = HERE / "RESULTS.md"
    title = head.partition("\n")[0]
    sections = [f"#{text}".rstrip() for text in results.read_text(encoding="utf-8").removeprefix("#").split("\n#")]
    number = next((n for n, text in enumerate(sections) if text.startswith(f"{title}\n")), len(sections))
    held = sections[number].removeprefix(head).splitlines() if sections[number:] and head in sections[number] else []
    kept = {row.split("|")[1]: row for row in [*held, *rows] if row.startswith("| ")}
    sections[number : number + 1] = [head + "\n".join(kept.values())]
    results.write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def main() -> None:
    """Measures, prints and writes down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=[*MEASURES[:-1]], help="by default all but big")
    parser.add_argument("--rows", type=_number, default=5_000_000, help="taken in")
    parser.add_argument("--sizes", type=_number, nargs="+", default=[1_000_000, 3_000_000, 10_000_000], help="viewed")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--frictionless", default=sys.executable, help="the Python that has frictionless")
    parser.add_argument("--beside", type=Path, help="a folder of other sources' files, to view the most rows beside")
    parser.add_argument("--away", type=Path, help="where to put the files; they are removed afterwards")
    asked = parser.parse_args()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    machine = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}"
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=asked.away) as name:
        away = Path(name)
        if {"add", "strict"} & {*asked.only}:
            found["add"] = taking_in(asked.rows, away, asked.repeats)
        if "strict" in asked.only:
            found["strict"] = strictly(away, asked.frictionless)
        if "views" in asked.only:
            found["views"] = [viewing(rows, away / f"{rows}") for rows in sorted(asked.sizes)]
            if asked.beside:
                found["beside"] = [viewing(max(asked.sizes), away / "beside", asked.beside)]
            found["again"] = again(away / f"{max(asked.sizes)}")
        if "big" in asked.only:
            found["big"] = taking_in(20_000_000, away, 1)
    (HERE / "out").mkdir(exist_ok=True)
    (HERE / "out" / "run.json").write_text(json.dumps({"machine": machine} | found, indent=1) + "\n", encoding="utf-8")
    for head, rows in (
        (HEAD, rows_of(found)),
        (HEAD_OF_VIEWS, rows_of_views([*found.get("views", []), *found.get("beside", [])])),
    ):
        if rows:
            print("\n".join(rows))
            write_down(head.format(machine=machine), rows)


def _number(text: str) -> int:
    return int(text.replace("_", ""))


if __name__ == "__main__":
    main()
