"""Runs commands of the commons as processes of their own, kills them, and says what must hold of what is left."""

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from ingest import ledger
from ingest.folder import Folder
from ingest.keep import digest

STARTER = Path(__file__).parents[2] / "ingest" / "starter"
KILLED = -signal.SIGKILL
REFUSED = 2


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Running:
    """A command that runs, in a process group of its own."""

    pid: int
    out: Path

    def kill(self) -> None:
        """Kills it and whatever it started."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            # It has not come so far as to have a group.
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> Done:
        """Waits for its end."""
        code = _ask({"wait": self.pid})["status"]
        return Done(code, self._said("out"), self._said("err"))

    def reached(self) -> str:
        """The call it was killed at; '' where it came to its end before."""
        return self._said("calls")

    def _said(self, ending: str) -> str:
        path = Path(f"{self.out}.{ending}")
        # A child killed at its first step has said nothing.
        return path.read_text(encoding="utf-8") if path.exists() else ""


def start(data: Path, *argv: object, **grief: Any) -> Running:
    """Starts a command on a data folder; see `warm` for the grief it may come to."""
    _, away, numbers = _warm()
    out = away / str(next(numbers))
    command = [str(argv[0]), "--data", str(data), *map(str, argv[1:])]
    if argv[0] == "check":
        command = [command[0], *command[3:]]
    return Running(_ask({"argv": command, "out": str(out), "data": str(data), **grief})["pid"], out)


def run(data: Path, *argv: object, **grief: Any) -> Done:
    """Runs a command to its end."""
    return start(data, *argv, **grief).wait()


def run_for(seconds: float, data: Path, *argv: object, **grief: Any) -> Done:
    """Runs a command and kills it after so long, unless it has come to its end."""
    running = start(data, *argv, **grief)
    time.sleep(seconds)
    running.kill()
    return running.wait()


def add(data: Path, *names: str) -> None:
    """Adds starter tables, which must succeed."""
    done = run(data, "add", *(STARTER / f"{name}.csv" for name in names))
    assert done.code == 0, done


def build(data: Path, **grief: Any) -> str:
    """Builds, which must succeed; returns the id of the current release."""
    done = run(data, "build", **grief)
    assert done.code == 0, done
    return current(data) or ""


def current(data: Path) -> str | None:
    """The id in CURRENT, if it is there."""
    pointer = Folder(data).current
    return pointer.read_text(encoding="utf-8").strip() if pointer.exists() else None


def assert_sound(data: Path) -> None:
    """What must hold at any moment: a whole current release or none, every received file, a whole ledger."""
    folder = Folder(data)
    ledger.verify(folder)
    acts = list(ledger.entries(folder))
    received = [(act["source"], act["snapshot"]) for act in acts if act["act"] == "received"]
    assert len(received) == len(set(received)), "received twice"
    for _, snapshot in received:
        assert digest(folder.file(snapshot)) == snapshot
    release = current(data)
    if release is not None:
        root = folder.releases / release
        facts = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
        assert facts["release"] == release
        assert digest(root / "manifest.json") in [act["manifest"] for act in acts if act["act"] == "released"]
        for part in facts["parts"]:
            assert digest(root / part["file"]) == part["bytes"]
        for tier, wanted in facts["databases"].items():
            assert digest(root / f"{tier}.duckdb") == wanted


def leftovers(data: Path) -> list[str]:
    """What lies in the data folder and should not once all is done."""
    return [str(path) for path in data.rglob(".*")]


def received(data: Path) -> list[str]:
    """The names of the files whose receipt is in the ledger."""
    return [act["file_name"] for act in ledger.entries(Folder(data)) if act["act"] == "received"]


@cache
def _warm() -> tuple[subprocess.Popen[str], Path, Any]:
    away = tempfile.TemporaryDirectory(prefix="commons-commands-")
    # Readable by the other user that some commands run as.
    Path(away.name).chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("warm.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    atexit.register(away.cleanup)
    atexit.register(process.wait)
    atexit.register(process.stdin.close)
    assert "ready" in json.loads(process.stdout.readline())
    return process, Path(away.name), count()


def _ask(request: dict[str, Any]) -> dict[str, Any]:
    process, _, _ = _warm()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer
