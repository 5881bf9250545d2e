"""Runs one of our functions in a fresh child process with limits. Whatever reads an upload runs here: a hostile file
can end the child, never the portal.

The child's answer is JSON of bounded size. What it says on its error stream could quote data: it is read only to tell
a lack of memory from another death, and thrown away.
"""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from threading import BoundedSemaphore, Thread
from typing import IO, Any

import polars as pl
from pydantic import BaseModel

from schemas.refused import FileRefused
from schemas.said import said

if sys.platform != "win32":
    import resource

    OUT_OF_TIME: tuple[int, ...] = (-signal.SIGXCPU,)
    # Nobody but the system kills a child that ended before we did.
    NO_MEMORY_LEFT: tuple[int, ...] = (-signal.SIGKILL,)
else:
    OUT_OF_TIME = NO_MEMORY_LEFT = ()

ROOT = Path(__file__).parents[1]
START = "import sys; sys.path.insert(0, sys.argv[1]); from ingest.contained import child; child()"
PACKAGES = ("ingest", "schemas", "warehouse")
CODE = (".py", ".sql", ".toml", ".yaml", ".csv")
"""How the names of files end on which an answer depends."""

LONGEST_ANSWER = 64 << 20
LONGEST_COMPLAINT = 1 << 16
LARGEST_FILE = 2 << 30
RESERVED = 1 << 30
"""Address space that Python and Polars reserve and never fill: 0.7 GB was measured, on two cores."""
LIBRARIES = 100_000_000
"""Memory that the code itself takes, which the limit on data does not count."""
WAITS = 120
"""Seconds that a file waits for its turn."""
THREADS_BESIDE = 1024
"""Threads the child may have beside those of its user's other processes, which the limit counts too."""
LOOK_EVERY = 0.05
OUT_OF_MEMORY = (b"memory allocation of", b"MemoryError", b"bad_alloc", b"out of memory", b"Cannot allocate memory")


def _turns() -> int:
    """How many children may run at once: as many as three quarters of the memory hold, at least two."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 2
    return max(2, min(memory * 3 // 4 // 1_500_000_000, 4 * (os.cpu_count() or 1)))


TURNS = BoundedSemaphore(_turns())


def run(function: str, arguments: dict[str, Any], *, seconds: float = 30, memory: int = 1_500_000_000) -> Any:
    """Calls `module:function` of ours with `arguments` (JSON) in a child process; returns its answer as JSON has it.

    Raises FileRefused with the child's own reason, or because it took more than `seconds` or `memory` bytes, or died,
    or had to wait too long for the children that run already.
    """
    if not TURNS.acquire(timeout=WAITS):
        raise FileRefused("busy")
    try:
        return _run(function, arguments, seconds, memory)
    finally:
        TURNS.release()


@cache
def code() -> str:
    """A hash of all that a child may run and reads of our own: with other code an answer may be another."""
    found = sha256()
    for path in sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in CODE):
        found.update(str(path.relative_to(ROOT)).encode() + b"\0" + sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _run(function: str, arguments: dict[str, Any], seconds: float, memory: int) -> Any:
    task = {"function": function, "arguments": arguments, "seconds": seconds, "memory": memory}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own words
        [sys.executable, "-I", "-c", START, str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_surroundings(),
        start_new_session=True,
    )
    answer, complaint = _Ear(process.stdout, LONGEST_ANSWER), _Ear(process.stderr, LONGEST_COMPLAINT)
    Thread(target=_tell, args=(process.stdin, json.dumps(task).encode()), daemon=True).start()
    try:
        _watch(process, answer, seconds, memory)
    finally:
        _end(process)
    answer.join()
    complaint.join()
    return _understood(process.returncode, answer.heard, complaint.heard, seconds, memory)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a child, and whatever it started, which would hold its pipes open."""
    process.kill()
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _surroundings() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("COMMONS_KEYS", "HOME", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    one = dict.fromkeys(("POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS", "ARROW_IO_THREADS"), "1")
    return {**kept, **one, "LC_ALL": "C.UTF-8", "POLARS_VERBOSE": "0", "MALLOC_ARENA_MAX": "2"}


class _Ear(Thread):
    """Reads a stream to its end and keeps at most `most` bytes of it."""

    def __init__(self, stream: IO[bytes] | None, most: int):
        super().__init__(daemon=True)
        assert stream is not None
        self.stream, self.most, self.heard, self.overheard = stream, most, b"", False
        self.start()

    def run(self) -> None:
        pieces: list[bytes] = []
        size = 0
        with self.stream:
            while piece := self.stream.read1(1 << 16):  # type: ignore[attr-defined]
                self.overheard = self.overheard or size + len(piece) > self.most
                if not self.overheard:
                    pieces.append(piece)
                    size += len(piece)
        self.heard = b"" if self.overheard else b"".join(pieces)


def _tell(stream: IO[bytes] | None, words: bytes) -> None:
    assert stream is not None
    try:
        with stream:
            stream.write(words)
    except OSError:
        return  # The child died first; its death is told by its end.


def _watch(process: subprocess.Popen[bytes], answer: _Ear, seconds: float, memory: int) -> None:
    end = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > end:
            raise FileRefused("took_too_long", known=said("{:d} seconds", round(seconds)))
        if _resident(process.pid) > memory:
            raise _too_much(memory)
        if answer.overheard:
            raise FileRefused("broke_the_reader")
        try:
            process.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            continue


def _resident(pid: int) -> int:
    """Bytes of memory a process holds; 0 where the system does not say it in /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _too_much(memory: int) -> FileRefused:
    return FileRefused("took_too_much_memory", known=said("{:,} MB of memory", memory // 1_000_000))


def _understood(code: int, heard: bytes, complaint: bytes, seconds: float, memory: int) -> Any:
    try:
        told = json.loads(heard) if code == 0 else {}
    except ValueError:
        told = {}
    if "refused" in told:
        issues = told["refused"].pop("issues")
        raise FileRefused(**told["refused"], issues=pl.DataFrame(issues) if issues else None)
    if "answer" in told:
        return told["answer"]
    if told.get("memory") or code in NO_MEMORY_LEFT or any(words in complaint for words in OUT_OF_MEMORY):
        raise _too_much(memory)
    if code in OUT_OF_TIME:
        raise FileRefused("took_too_long", known=said("{:d} seconds", round(seconds)))
    raise FileRefused("broke_the_reader")


def child() -> None:
    """What the child process does: reads its task, limits itself, answers once."""
    task = json.load(sys.stdin.buffer)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # Nothing that a library prints may pass for the answer.
    _limit(task["seconds"], task["memory"])
    with out:
        out.write(json.dumps(_answer(task), default=_plain).encode())


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    module, _, name = task["function"].partition(":")
    if module.split(".")[0] not in PACKAGES:
        raise ValueError(module)
    try:
        return {"answer": getattr(import_module(module), name)(**task["arguments"])}
    except FileRefused as refused:
        issues = refused.issues.to_dicts() if refused.issues is not None else None
        words = {"kind": refused.kind, "column": refused.column, "value": refused.value, "known": refused.known}
        return {"refused": {**words, "issues": issues}}
    except MemoryError:
        return {"memory": True}


def _plain(thing: Any) -> Any:
    if isinstance(thing, BaseModel):
        return thing.model_dump(mode="json")
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return dataclasses.asdict(thing)
    if isinstance(thing, Path):
        return str(thing)
    raise TypeError(type(thing).__name__)


def _limit(seconds: float, memory: int) -> None:
    if sys.platform == "win32":
        return
    os.nice(5)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, LARGEST_FILE)
    _lower(resource.RLIMIT_CPU, int(seconds) + 2)
    if sys.platform == "linux":
        # Where memory ends after all, the system shall end a child and not the portal.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
        _lower(resource.RLIMIT_DATA, memory - LIBRARIES)
        _lower(resource.RLIMIT_AS, memory + RESERVED)
        _lower(resource.RLIMIT_NPROC, _threads_of_user() + THREADS_BESIDE)


def _lower(limit: int, to: int) -> None:
    _, most = resource.getrlimit(limit)
    to = to if most == resource.RLIM_INFINITY else min(to, most)
    resource.setrlimit(limit, (to, to))


def _threads_of_user() -> int:
    mine, threads = os.geteuid(), 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            threads += sum(1 for _ in (process / "task").iterdir()) if process.stat().st_uid == mine else 0
        except OSError:
            continue  # It ended meanwhile, or is none of ours.
    return threads
