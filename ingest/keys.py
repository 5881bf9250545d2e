"""Secret keys of one installation. They lie outside the data folder, so that a copy of the data opens nothing."""

import hmac
import os
import secrets
import sys
from pathlib import Path

from schemas.said import said

LENGTH = 32
OTHERS = 0o077


def folder() -> Path:
    """Where the keys lie: `COMMONS_KEYS`, else the user's configuration folder."""
    given = os.environ.get("COMMONS_KEYS")
    return Path(given) if given else Path.home() / ".config" / "firearms-data-commons" / "keys"


def path(name: str) -> Path:
    """The file of a key, whether or not it is there."""
    return folder() / f"{name}.key"


def key(name: str) -> bytes:
    """The 32 random bytes called `name` (quarantine, linking, signing, hashes), made on first use.

    Two processes that ask at once get the same key. Raises PermissionError where others can read it, ValueError where
    the file is not a key: a wrong key would lock up what another one had closed.
    """
    if not name.isidentifier():
        raise ValueError(said("{} is not the name of a key", name))
    file = path(name)
    if not file.exists():
        _make(file)
    _demand_private(file)
    found = file.read_bytes()
    if len(found) != LENGTH:
        raise ValueError(said("{} is not a key: it must hold {:d} bytes", file, LENGTH))
    return found


def blinded(text: str) -> str:
    """A keyed SHA-256 of a text: it tells whether something is still the same, and nobody can test a guess by it."""
    return hmac.new(key("hashes"), text.encode(), "sha256").hexdigest()


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(LENGTH))
            out.flush()
            os.fsync(out.fileno())
        # A link, unlike a rename, never takes the place of a key that another process made meanwhile.
        os.link(staged, file)
    except FileExistsError:
        pass
    finally:
        staged.unlink()


def _demand_private(file: Path) -> None:
    if sys.platform == "win32":
        return
    about = file.stat()
    if about.st_mode & OTHERS or about.st_uid != os.geteuid():
        raise PermissionError(said("{} can be read by others: give it to its user alone (chmod 600)", file))
