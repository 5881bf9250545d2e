"""A process that has imported the commons and forks a child for each command: imports are paid once, kills are real.

Reads one JSON line a request on its standard input. `{"argv": […], "out": FILE, …}` starts a command and is answered
with its pid, `{"wait": PID}` with its status. A child may be told to come to grief (`when` counts its calls to the
operating system that change the data folder, from 1):

* `kill`: SIGKILL itself before call number `when`; with `since`, counted from the first call of that name;
* `full`: from call number `when` on, every fsync and every new folder finds the disk full;
* `torn`: SIGKILL itself in the middle of line number `when` that it writes to the ledger.
"""

import errno
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = ("fsync", "replace", "rename", "link", "mkdir", "chmod", "unlink", "rmdir")
MODULES = ("commons", "great_expectations", "duckdb", "warehouse.verify", "warehouse.lineage", "ingest.declarations")
FULL = ("fsync", "mkdir", "link")


def main() -> None:
    """Serves requests until its input ends."""
    for module in MODULES:
        importlib.import_module(module)
    importlib.import_module("great_expectations.core.batch_definition")
    _answer({"ready": os.getpid()})
    while line := sys.stdin.readline():
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            _answer({"status": os.waitstatus_to_exitcode(status)})
        else:
            pid = os.fork()
            if pid == 0:
                _child(request)
            _answer({"pid": pid})


def _answer(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201


def _child(request: dict[str, Any]) -> None:
    os.setsid()
    with Path("/dev/null").open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    for stream, ending in ((1, "out"), (2, "err")):
        with Path(f"{request['out']}.{ending}").open("wb") as file:
            os.dup2(file.fileno(), stream)
    if request.get("user"):
        os.setgroups(request.get("groups", []))
        os.setgid(request["user"])
        os.setuid(request["user"])
    code = 0
    try:
        _grief(request)
        import commons

        sys.argv = ["commons", *request["argv"]]
        commons.main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except BaseException:
        traceback.print_exc()
        code = 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _grief(request: dict[str, Any]) -> None:
    if request.get("unchecked"):
        # The checks only read; without them every kill point of a build can be tried.
        from warehouse import checks

        checks.run = lambda *arguments: []
    if "torn" in request:
        _tear(request["torn"])
    if "kill" in request or "full" in request:
        seen = Path(f"{request['out']}.calls")
        count = [0]
        for name in CALLS:
            setattr(os, name, _counted(getattr(os, name), name, request, count, seen))


def _counted(
    call: Callable[..., Any], name: str, request: dict[str, Any], count: list[int], seen: Path
) -> Callable[..., Any]:
    data = request["data"]

    def counted(*arguments: Any, **named: Any) -> Any:
        where = arguments[-1] if name in ("replace", "rename", "link") else arguments[0]
        if name == "fsync" or str(where).startswith(data) or "dir_fd" in named:
            if count[0] or request.get("since", name) == name:
                count[0] += 1
            if count[0] == request.get("kill"):
                seen.write_text(f"{name} {where}")
                os.kill(os.getpid(), signal.SIGKILL)
            if "full" in request and count[0] >= request["full"] and name in FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return call(*arguments, **named)

    return counted


def _tear(when: int) -> None:
    from ingest import ledger

    write, count = ledger._write, [0]

    def torn(file: Any, line: bytes) -> None:
        count[0] += 1
        if count[0] == when:
            file.write(line[: len(line) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        write(file, line)

    ledger._write = torn


if __name__ == "__main__":
    main()
