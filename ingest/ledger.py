"""The ledger: an append-only, hash-chained record of what people and jobs did.

One JSON object a line; each carries the hash of the line before it, so that a changed or missing line shows.
A line without its line feed was cut off by a crash before the act was acknowledged: it is dropped at the next act.
People appear by role id alone (`ingest/roles.py`).
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from io import FileIO
from typing import Any

from filelock import FileLock

from ingest.folder import Folder

ACTS = (
    *("received", "declared", "accepted", "refused", "returned", "adopted"),
    *("released", "stated", "withdrawn", "granted", "revoked"),
)
FIRST = "0" * 64
WHO = re.compile(r"local|[a-z_]+-[0-9a-f]{6,32}")
"""How the fact `actor` says who did something: a role id, or the machine's own user."""
PERSON = re.compile(r"[0-9a-f]{32}")
"""How the fact `person` says whose role it is: a keyed hash."""


class BrokenLedger(Exception):
    """A link of the chain does not fit; the message names the first such line."""


def lock(folder: Folder) -> FileLock:
    """Holds the ledger still, so that nobody adds an act between reading it and adding one."""
    folder.make()
    return FileLock(folder.ledger.with_suffix(".lock"), is_singleton=True)


def append(folder: Folder, act: str, **facts: Any) -> dict[str, Any]:
    """Adds one act and waits until it is on the disk; safe under many processes. Returns the entry.

    Raises OSError when the disk is full, with the ledger as it was, BrokenLedger when its last line is no act, and
    ValueError for an act it does not know or a person who is not named by a role id.
    """
    if act not in ACTS:
        raise ValueError(f"'{act}' is not an act the ledger knows")
    for name, form in (("actor", WHO), ("person", PERSON)):
        if name in facts and not form.fullmatch(str(facts[name])):
            raise ValueError(f"the fact “{name}” of an act is not of the form the ledger takes")
    with lock(folder):
        whole, last = _end(folder)
        entry = {
            "n": last["n"] + 1 if last else 1,
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "act": act,
            **facts,
            "previous": last["hash"] if last else FIRST,
        }
        entry["hash"] = _hash(entry)
        # Unbuffered: a write that failed must not be tried again when the file is closed.
        with folder.ledger.open("r+b" if folder.ledger.exists() else "wb", buffering=0) as file:
            file.truncate(whole)
            file.seek(whole)
            try:
                _write(file, _line(entry))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(whole)
                raise
    return entry


def _write(file: FileIO, line: bytes) -> None:
    """Writes all of a line; a disk that fills up may take only the beginning at first."""
    while line:
        line = line[file.write(line) :]


def entries(folder: Folder) -> Iterator[dict[str, Any]]:
    """All acknowledged acts, oldest first. Raises BrokenLedger for a line that is no act."""
    for number, line in enumerate(_lines(folder), 1):
        if not line.endswith(b"\n"):
            return
        yield _entry(number, line)


def head(folder: Folder) -> dict[str, Any]:
    """Number and hash of the last act; 0 and zeros where there is none. Raises BrokenLedger when it is no act."""
    _, last = _end(folder)
    return {"n": last["n"], "hash": last["hash"]} if last else {"n": 0, "hash": FIRST}


def verify(folder: Folder, heads: Iterable[Mapping[str, Any]] = ()) -> int:
    """How many acts the chain holds. Raises BrokenLedger naming the first line that does not fit.

    Lines taken away at the very end cannot be seen in the chain itself: `heads`, as releases carry them, tell of it.
    """
    known = {head["n"]: head["hash"] for head in heads if head["n"]}
    count = _verify(folder, known)
    if missing := [n for n in sorted(known) if n > count]:
        raise BrokenLedger(f"line {count + 1} of the ledger is missing: a release was built when it had {missing[-1]}")
    return count


def _verify(folder: Folder, known: Mapping[int, str]) -> int:
    previous, count = FIRST, 0
    for number, line in enumerate(_lines(folder), 1):
        if not line.endswith(b"\n"):
            _demand_torn(number, line)
            return count
        entry = _entry(number, line)
        fits = entry.get("n") == number and entry.get("previous") == previous and entry.get("hash") == _hash(entry)
        if not fits or line != _line(entry):
            raise BrokenLedger(f"line {number} of the ledger does not fit the chain")
        if known.get(number, entry["hash"]) != entry["hash"]:
            raise BrokenLedger(f"line {number} of the ledger is not the one a release was built on")
        previous, count = entry["hash"], number
    return count


def _lines(folder: Folder) -> Iterator[bytes]:
    if folder.ledger.exists():
        with folder.ledger.open("rb") as file:
            yield from file


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _entry(number: int, line: bytes) -> dict[str, Any]:
    try:
        loaded = json.loads(line)
    except ValueError:
        loaded = None
    if not isinstance(loaded, dict):
        raise BrokenLedger(f"line {number} of the ledger cannot be read")
    return loaded


def _demand_torn(number: int, line: bytes) -> None:
    """Raises BrokenLedger for a last line that is whole but for a changed line feed: no crash leaves such a one."""
    try:
        json.loads(line[:-1])
    except ValueError:
        return
    raise BrokenLedger(f"line {number} of the ledger has lost its line feed")


def _hash(entry: dict[str, Any]) -> str:
    facts = {name: value for name, value in entry.items() if name != "hash"}
    return sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _end(folder: Folder) -> tuple[int, dict[str, Any] | None]:
    """Length of the acknowledged part in bytes, and its last entry."""
    if not folder.ledger.exists():
        return 0, None
    raw = folder.ledger.read_bytes()
    whole = raw.rfind(b"\n") + 1
    number = raw.count(b"\n")
    if raw[whole:]:
        _demand_torn(number + 1, raw[whole:])
    if not whole:
        return 0, None
    last = _entry(number, raw[:whole].rstrip(b"\n").rsplit(b"\n", 1)[-1])
    if last.get("hash") != _hash(last):
        raise BrokenLedger(f"line {number} of the ledger does not fit the chain")
    return whole, last
