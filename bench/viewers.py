"""Readers at once: `python bench/viewers.py --data DIR [--readers 100] [--seconds 120] [--processes 1]`.

Viewer processes run on one core each (with two processes: behind the shipped proxy), the readers and the builds of new
releases beside them. A reader opens a view, thinks, changes a select or follows a link to another view, thinks again.
Time is what the reader waits, from the question to the end of the page's run. Only this machine is asked, by at most
500 readers for at most 20 minutes. They look at the same 40 views of places, and in long lists choose among the first
20: how often a view is asked for that nobody has asked for yet decides how many readers a core can serve. Writes
`bench/out/viewers-<processes>.json` and its part of `bench/RESULTS.md`.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.generate import write_state_counts
from bench.proxy import proxied
from bench.reader import Reader, Run
from bench.serving import Viewer, serving
from ingest.folder import Folder
from warehouse.release import current_id, open_release

HERE = Path(__file__).parent
COMMONS = [sys.executable, str(HERE / "command.py")]
MOST_READERS, LONGEST = 500, 1200
WARM = 8
"""How often each view is asked for again, once it is known."""
PAGES = ("", "local", "region", "sources", "methods", "about")
CHANGES = 0.6
"""How often a reader changes a select rather than following a link."""
NEW = 0.1
"""How often a reader comes anew, to the newest release, rather than by a link, which keeps the release."""


def views(data: Path, many: int) -> list[tuple[str, dict[str, str]]]:
    """Addresses with something to see: every page, and places of each level, the same each time."""
    question = """
        select distinct place, concept from figure
        where dimension = 'total' and category = 'TOTAL' and variant = '' and counterpart is null
        order by hash(place || concept), place, concept limit ?
    """
    with open_release(Folder(data.absolute())) as con:
        places = con.execute(question, [many]).fetchall()
        (figure,) = con.execute("select min(figure_id) from figure where place = ?", [places[0][0]]).fetchone() or ("",)
    local = [("local", {"place": place, "concept": concept}) for place, concept in places]
    return [*((page, {}) for page in PAGES), ("origin", {"figure": figure}), *local]


async def warm(viewer: Viewer, shown: Sequence[tuple[str, dict[str, str]]]) -> list[dict[str, Any]]:
    """Each view opened once, then asked for again some times by the same reader, one reader at a time."""
    found = []
    for page, state in shown:
        reader = Reader(viewer.address, page, state)
        start = viewer.processor()
        first = await reader.open()
        before = viewer.processor()
        runs = [await reader.again() for _ in range(WARM)]
        processor = (viewer.processor() - before) / WARM
        await reader.close()
        errors = [run.error for run in (first, *runs) if run.error]
        waits = statistics.median(run.seconds for run in runs)
        times = {"first": before - start, "wait": waits, "processor": processor}
        found.append({"page": page, **state, **times, "errors": errors})
    return found


async def read(
    address: str, shown: Sequence[Any], asked: argparse.Namespace, trust: ssl.SSLContext | None
) -> list[Run]:
    """All readers at once, each with its own drawing of what to do; their runs."""
    end = time.monotonic() + asked.seconds
    found = await asyncio.gather(
        *(_one(number, address, shown, end, asked.think, trust) for number in range(asked.readers))
    )
    return [run for runs in found for run in runs]


async def _one(
    number: int, address: str, shown: Sequence[Any], end: float, think: float, trust: ssl.SSLContext | None
) -> list[Run]:
    draw = random.Random(number)
    cookie = f"commons_viewer={draw.getrandbits(128):032x}"
    runs: list[Run] = []
    reader: Reader | None = None
    # Not all in the same second: they come over the time of one thought.
    await asyncio.sleep(draw.uniform(0, think))
    while time.monotonic() < end:
        if reader is None or draw.random() > CHANGES:
            page, state = draw.choice(shown)
            if reader is not None:
                await reader.close()
                state = state | (reader.kept if draw.random() > NEW else {})
            reader = Reader(address, page, state, trust, cookie)
            runs.append(await reader.open())
        else:
            runs.append(await reader.change(draw))
        if runs[-1].error:
            await reader.close()
            reader = None
        await asyncio.sleep(draw.uniform(0.5, 1.5) * think)
    if reader is not None:
        await reader.close()
    return runs


async def publish(data: Path, many: int, seconds: float) -> int:
    """Builds new releases of the commons, one after each small file, evenly over the time; how many became current."""
    published = 0
    start = time.monotonic()
    for number in range(many):
        await asyncio.sleep(max(0.0, start + seconds * number / many - time.monotonic()))
        before = current_id(Folder(data))
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / f"counts-{number}.csv"
            # Other numbers than any run before had: the same would make no release.
            write_state_counts(600 + 10 * number, file, more=int(time.time()))
            for step in (["add", str(file)], ["build"]):
                done = await asyncio.create_subprocess_exec(
                    *COMMONS, *step, "--data", str(data), stdout=subprocess.DEVNULL, env=_environment()
                )
                await done.wait()
        published += current_id(Folder(data)) != before
    return published


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(HERE.parent)}


async def measure(viewers: Sequence[Viewer], address: str, trust: ssl.SSLContext | None, asked: Any) -> dict[str, Any]:
    """Warm runs one by one, then everyone at once while releases are published."""
    shown = views(asked.data, asked.views)
    known = [one for viewer in viewers for one in await warm(viewer, shown)]
    publishing = asyncio.create_task(publish(asked.data, asked.releases, asked.seconds))
    runs = await read(address, shown, asked, trust)
    published = await publishing
    return {
        "warm": known,
        "runs": [asdict(run) for run in runs],
        "published": published,
        "memory": [round(viewer.memory("VmHWM")) for viewer in viewers],
    }


def summary(found: dict[str, Any]) -> dict[str, Any]:
    """The figures that are asked for."""
    waits = sorted(run["seconds"] for run in found["runs"])
    errors = [run["error"] for run in found["runs"] if run["error"]]
    errors += [error for one in found["warm"] for error in one["errors"]]
    return {
        "warm_worst": round(max(one["wait"] for one in found["warm"]), 3),
        "warm_processor": round(max(one["processor"] for one in found["warm"]), 3),
        "first_processor": round(statistics.median(one["first"] for one in found["warm"]), 3),
        "runs": len(waits),
        "p50": round(_share(waits, 0.5), 3),
        "p95": round(_share(waits, 0.95), 3),
        "most": round(waits[-1], 3),
        "errors": len(errors),
        "first_errors": errors[:3],
        "by_page": _by_page(found["runs"]),
        "published": found["published"],
        "memory": max(found["memory"]),
    }


def _by_page(runs: list[dict[str, Any]]) -> dict[str, list[float]]:
    """What was done on which page → how many runs, what half of them waited at most, and the longest."""
    kinds: dict[str, list[float]] = {}
    for run in runs:
        kinds.setdefault(f"{run['what']} /{run['page']}", []).append(run["seconds"])
    return {
        kind: [len(waits), round(statistics.median(waits), 3), round(max(waits), 3)]
        for kind, waits in sorted(kinds.items())
    }


def _share(waits: list[float], share: float) -> float:
    return waits[min(len(waits) - 1, int(share * len(waits)))]


def line(what: str, said: dict[str, Any], rows: int) -> str:
    """One row of the table of results."""
    return (
        f"| {what} | {rows:,} | {said['warm_worst'] * 1000:.0f} ms; processor {said['warm_processor'] * 1000:.0f} ms"
        f" (≤ 150), the first time {said['first_processor'] * 1000:.0f} ms |"
        f" {said['p50'] * 1000:.0f} ms, {said['p95'] * 1000:.0f} ms (≤ 1 s), {said['most']:.1f} s |"
        f" {said['errors']} of {said['runs']} (0) | {said['published']} | {said['memory']} MB (≤ 600) |"
    )


HEAD = """
## Readers at once

`python bench/viewers.py`: warm is the slowest view's median when one reader asks again, and the most processor time
for it; waits are what half, 95 of 100 and all readers waited at most. The rest of the machine was not idle.

| what | rows accepted | warm | waits | errors | releases meanwhile | peak memory of a process |
|---|---|---|---|---|---|---|
"""


def write_down(what: str, row: str) -> None:
    """Puts the row into the results, in place of an older one of the same kind."""
    results = HERE / "RESULTS.md"
    said = results.read_text(encoding="utf-8")
    if HEAD not in said:
        said = said.rstrip("\n") + "\n" + HEAD
    rows = [one for one in said.splitlines() if not one.startswith(f"| {what} |")]
    results.write_text("\n".join([*rows, row]) + "\n", encoding="utf-8")


def main() -> None:
    """Measures, prints and writes down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a data folder; releases are added to it")
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--think", type=float, default=10)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--releases", type=int, default=20)
    parser.add_argument("--views", type=int, default=40, help="how many views of places are read")
    asked = parser.parse_args()
    asked.data = asked.data.absolute()
    assert asked.readers <= MOST_READERS, f"at most {MOST_READERS} readers"
    assert asked.seconds <= LONGEST, f"at most {LONGEST} seconds"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        here = Path(name)
        options = ["--host", "localhost"] if asked.processes > 1 else []
        viewers = [
            stack.enter_context(serving(asked.data, here / f"{core}.log", *options, core=core, commons=COMMONS))
            for core in range(asked.processes)
        ]
        address, trust = viewers[0].address, None
        if asked.processes > 1:
            ports = [viewer.port for viewer in viewers]
            proxy = stack.enter_context(proxied(here / "proxy", ports))
            address, trust = proxy.address, ssl.create_default_context(cafile=str(proxy.certificate))
        if asked.processes == 1 and hasattr(os, "sched_setaffinity"):
            # The readers and the builds leave the viewer's core alone.
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 1)) or {0})
        found = asyncio.run(measure(viewers, address, trust, asked))
        logs = "".join(viewer.log.read_text(errors="replace") for viewer in viewers)
    with open_release(Folder(asked.data)) as con:
        (rows,) = con.execute("select sum(rows_accepted) from snapshot").fetchone() or (0,)
    said = summary(found)
    where = "one process on one core" if asked.processes == 1 else f"{asked.processes} processes behind the proxy"
    what = f"{asked.readers} readers, {asked.think:g} s to think, {asked.seconds} s, {where}"
    row = line(what, said, rows)
    print(json.dumps(said, indent=1))
    print(row)
    if said["errors"]:
        print(logs[-4000:])
    (HERE / "out").mkdir(exist_ok=True)
    machine = f"{os.cpu_count()} cores, {platform.system()}"
    out = HERE / "out" / f"viewers-{asked.readers}-{asked.processes}.json"
    out.write_text(json.dumps({"machine": machine, **said}, indent=1) + "\n", encoding="utf-8")
    write_down(what, row)


if __name__ == "__main__":
    main()
