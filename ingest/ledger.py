"""The ledger: an append-only, hash-chained record of what people and jobs did.

One JSON object a line; each carries the hash of the line before it, so that a changed or missing line shows.
A line without its line feed was cut off by a crash before the act was acknowledged: it is dropped at the next act.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from filelock import FileLock

from ingest.folder import Folder

ACTS = ("received", "declared", "accepted", "refused", "released", "stated", "withdrawn")
FIRST = "0" * 64


class BrokenLedger(Exception):
    """A link of the chain does not fit; the message names the first such line."""


def append(folder: Folder, act: str, **facts: Any) -> dict[str, Any]:
    """Adds one act and waits until it is on the disk; safe under many processes. Returns the entry."""
    if act not in ACTS:
        raise ValueError(f"'{act}' is not an act the ledger knows")
    folder.make()
    with FileLock(folder.ledger.with_suffix(".lock")):
        whole, last = _end(folder)
        entry = {
            "n": last["n"] + 1 if last else 1,
            "at": datetime.now(UTC).isoformat(timespec="microseconds"),
            "act": act,
            **facts,
            "previous": last["hash"] if last else FIRST,
        }
        entry["hash"] = _hash(entry)
        with folder.ledger.open("r+b" if folder.ledger.exists() else "wb") as file:
            file.truncate(whole)
            file.seek(whole)
            file.write(json.dumps(entry, ensure_ascii=False, sort_keys=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    return entry


def entries(folder: Folder) -> Iterator[dict[str, Any]]:
    """All acknowledged acts, oldest first. Raises BrokenLedger for a line that is no JSON."""
    if not folder.ledger.exists():
        return
    with folder.ledger.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError as error:
                raise BrokenLedger(f"line {number} of the ledger cannot be read") from error


def verify(folder: Folder) -> int:
    """How many acts the chain holds. Raises BrokenLedger naming the first line that does not fit."""
    previous, count = FIRST, 0
    for number, entry in enumerate(entries(folder), 1):
        fits = entry.get("n") == number and entry.get("previous") == previous and entry.get("hash") == _hash(entry)
        if not fits:
            raise BrokenLedger(f"line {number} of the ledger does not fit the chain")
        previous, count = entry["hash"], number
    return count


def _hash(entry: dict[str, Any]) -> str:
    facts = {name: value for name, value in entry.items() if name != "hash"}
    return sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _end(folder: Folder) -> tuple[int, dict[str, Any] | None]:
    """Length of the acknowledged part in bytes, and its last entry."""
    if not folder.ledger.exists():
        return 0, None
    raw = folder.ledger.read_bytes()
    whole = raw.rfind(b"\n") + 1
    last = raw[:whole].rstrip(b"\n").rsplit(b"\n", 1)[-1]
    return whole, json.loads(last) if last else None
