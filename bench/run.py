"""Speed, as ratios within one run: `python bench/run.py [--rows 5000000] [--big] [--frictionless PYTHON]`.

Every step is a process of its own, so that its time (wall; user and system together) and its peak memory are its own.
Writes `bench/out/<rows>.json` and `bench/RESULTS.md`. Nothing here is a test: what a shared machine does to a clock is
no defect of the code. Ratios of processor time are steadier than those of wall time.
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

from bench.generate import write, write_state_counts

HERE = Path(__file__).parent
COMMONS = [sys.executable, str(HERE / "command.py")]
SAMPLE = 50_000
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


def building(rows: int, away: Path) -> dict[str, Any]:
    """A first build, then one after a file of 1,000 rows of another source."""
    register = away / "register.csv"
    data = ["--data", str(away / "data")]
    write(rows, register, first=rows // 1_000_000)
    measured([*COMMONS, "add", str(register), *data])
    register.unlink()
    first = measured([*COMMONS, "build", *data])
    write_state_counts(1000, away / "small.csv")
    measured([*COMMONS, "add", str(away / "small.csv"), *data])
    return {"rows": 2 * rows, "first": first, "second": measured([*COMMONS, "build", *data])}


def table(found: dict[str, Any]) -> str:
    """What was measured, as Markdown."""
    lines = ["| what | rows | measured | ratio (wall / processor) | aim | peak memory |", "|---|---|---|---|---|---|"]
    for name in ("add", "big"):
        if name in found:
            one = found[name]
            bare, add = one["bare"], one["add"]
            limit = "1.5 GB" if name == "add" else "2 GB"
            lines.append(
                f"| `commons add` against DuckDB's bare table | {one['rows']:,} ({one['mb']} MB) |"
                f" {add['wall']} s against {bare['wall']} s; processor {add['cpu']} s against {bare['cpu']} s |"
                f" {add['wall'] / bare['wall']:.2f} / {add['cpu'] / bare['cpu']:.2f} | ≤ 2 |"
                f" {add['gb']} GB (≤ {limit}); DuckDB {bare['gb']} GB |"
            )
    if "strict" in found:
        strict, add, rows = found["strict"], found["add"]["add"], found["add"]["rows"]
        theirs = {clock: strict["rows"] / strict[clock] for clock in ("wall", "cpu")}
        ours = {clock: rows / add[clock] for clock in ("wall", "cpu")}
        lines.append(
            f"| rows a second against `frictionless validate` | {strict['rows']:,} |"
            f" {ours['wall']:,.0f} against {theirs['wall']:,.0f} |"
            f" {ours['wall'] / theirs['wall']:.0f} / {ours['cpu'] / theirs['cpu']:.0f} | ≥ 10 | |"
        )
    if "build" in found:
        first, second = found["build"]["first"], found["build"]["second"]
        lines.append(
            f"| second `commons build`, after a file of 1,000 rows | {found['build']['rows']:,} |"
            f" {second['wall']} s after {first['wall']} s; processor {second['cpu']} s after {first['cpu']} s |"
            f" {second['wall'] / first['wall']:.3f} / {second['cpu'] / first['cpu']:.3f} | ≤ 0.1 |"
            f" {first['gb']} GB, then {second['gb']} GB |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measures, prints and writes down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=lambda text: int(text.replace("_", "")), default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--big", action="store_true", help="also 20 million rows")
    parser.add_argument("--no-build", action="store_true", help="leave out the two builds")
    parser.add_argument("--frictionless", default=sys.executable, help="the Python that has frictionless; '' for none")
    parser.add_argument("--away", type=Path, help="where to put the files; they are removed afterwards")
    asked = parser.parse_args()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    found: dict[str, Any] = {"machine": f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}"}
    with tempfile.TemporaryDirectory(dir=asked.away) as name:
        away = Path(name)
        found["add"] = taking_in(asked.rows, away, asked.repeats)
        if asked.frictionless:
            found["strict"] = strictly(away, asked.frictionless)
        if not asked.no_build:
            found["build"] = building(asked.rows, away)
        if asked.big:
            found["big"] = taking_in(20_000_000, away, 1)
    text = table(found)
    print(text)
    (HERE / "out").mkdir(exist_ok=True)
    (HERE / "out" / f"{asked.rows}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (HERE / "RESULTS.md").write_text(
        f"# Measured speed\n\n`python bench/run.py`, one run, on {found['machine']}. The best of {asked.repeats} turns"
        f" for `add`, one for the rest; other work ran on the same machine.\n\n{text}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
