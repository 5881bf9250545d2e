"""The operator's secret keys, one file each, in a folder of their own: never in the data folder, never in a release."""

import os
import secrets
import tempfile
from pathlib import Path

DEFAULT = Path("~/.config/firearms-data-commons/keys")
LENGTH = 32


def folder() -> Path:
    """Where keys lie: COMMONS_KEYS, or a folder of this operating-system user."""
    return Path(os.environ.get("COMMONS_KEYS") or DEFAULT).expanduser()


def path(name: str) -> Path:
    """The file of a key, whether or not it is there."""
    return folder() / f"{name}.key"


def key(name: str) -> bytes:
    """The key of that name, 32 random bytes; made at its first use, readable by its owner alone.

    Safe under several processes: they all get the one that was there first. Raises OSError where it cannot be read or
    made, and ValueError where the file is no key.
    """
    file = path(name)
    if not file.exists():
        _make(file)
    held = file.read_bytes()
    if len(held) != LENGTH:
        raise ValueError(f"the key “{name}” is damaged: put it back from a copy")
    return held


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, staged = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(LENGTH))
            out.flush()
            os.fsync(out.fileno())
        # Under its name only when it is whole, and never in the place of one that is there.
        os.link(staged, file)
    except FileExistsError:
        pass
    finally:
        Path(staged).unlink()
