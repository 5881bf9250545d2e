"""A viewer process on this machine, started for a while and ended by its own process id."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.proxy import free_port

ROOT = Path(__file__).parents[1]
COMMONS = [sys.executable, "-m", "commons"]


@dataclass(frozen=True)
class Viewer:
    """A viewer that runs: its port, its process, and where it writes what goes wrong."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self, kind: str = "VmRSS") -> float:
        """Its memory in MB: VmRSS now, VmHWM the most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith(f"{kind}:"))
        return int(line.split()[1]) * 1024 / 1e6

    def processor(self) -> float:
        """Seconds of processor time it has used so far, its own and the system's for it."""
        # The name of the command, in brackets, may hold spaces; the two times are the 12th and 13th word after it.
        words = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    data: Path, log: Path, *options: str, core: int | None = None, commons: Sequence[str] = COMMONS
) -> Iterator[Viewer]:
    """`commons serve` on a free port of loopback; on one core where that is asked."""
    port = free_port()
    command = [*commons, "serve", "--port", str(port), "--data", str(data), *options]
    pinned = ["taskset", "-c", str(core), *command] if core is not None else command
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    # As deploy/commons-viewer@.service sets it.
    environment = {**os.environ, "PYTHONPATH": path, "MALLOC_ARENA_MAX": "2"}
    with log.open("wb") as out:
        process = subprocess.Popen(pinned, cwd=ROOT, stdout=out, stderr=out, env=environment)
    viewer = Viewer(port, process, log)
    try:
        _answers(viewer)
        yield viewer
    finally:
        process.terminate()
        process.wait(timeout=20)


def _answers(viewer: Viewer) -> None:
    for _ in range(300):
        if viewer.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{viewer.address}/_stcore/health", timeout=2):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"the viewer did not start: {viewer.log.read_text(errors='replace')[-2000:]}")
