"""Uploads that nobody has confirmed yet: encrypted, under random names, and destroyed once a cleaned copy is confirmed.

A file is a chain of sealed chunks (AES-256-GCM). Each chunk is bound to its file, its place in the chain and whether it
is the last one, so a chunk that was changed, moved or cut off is noticed. A broken upload goes on where it stopped.
"""

import os
import secrets
import shutil
import stat
import struct
import sys
import tempfile
import time
import unicodedata
from collections.abc import Container, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingest import keys
from ingest.folder import Folder, staging
from schemas.refused import FileRefused
from schemas.said import said

if sys.platform != "win32":
    import fcntl

MOST_BYTES = 200_000_000
CHUNK = 1 << 20
NONCE = 12
TAG = 16
HEAD = struct.Struct(">IB")
"""Before each chunk: the length of its plain text, and whether it is the last."""
SPARE = 200_000_000
"""Bytes that stay free on the disk."""
MOST_CHUNKS = 20_000
"""Chunks of one upload. Each piece begins one, and all are gone through for the next: tiny ones would make it slow."""
LONGEST_NAME = 80
MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


class WrongOffset(Exception):
    """A piece does not begin where the upload stopped; `held` says how many bytes are there."""

    def __init__(self, held: int):
        super().__init__(held)
        self.held = held


def begin(folder: Folder) -> str:
    """Makes room for an upload and returns its random name."""
    folder.quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(16)
    os.close(os.open(_path(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return name


def append(folder: Folder, name: str, offset: int, stream: IO[bytes], *, most: int = MOST_BYTES) -> int:
    """Adds what `stream` holds to an upload of which `offset` bytes are here; returns how many are here now.

    Raises WrongOffset where another number of bytes is here, FileRefused where the file grows above `most` bytes or
    `MOST_CHUNKS` (it is destroyed then), the disk is full, or the upload was finished or destroyed.
    """
    seal = _seal(folder)
    with _held(folder, name) as file:
        count, held, whole, end = _chunks(file)
        if whole:
            raise FileRefused("not_whole")
        if held != offset:
            raise WrongOffset(held)
        file.truncate(end)
        file.seek(end)
        while block := stream.read(CHUNK):
            if held + len(block) > most or count >= MOST_CHUNKS:
                file.truncate(0)
                _path(folder, name).unlink()
                raise too_large(most) if held + len(block) > most else FileRefused("not_whole")
            if shutil.disk_usage(folder.quarantine).free < SPARE + len(block):
                raise FileRefused("no_room")
            file.write(_sealed(seal, name, count, block, last=False))
            count, held = count + 1, held + len(block)
        file.flush()
        os.fsync(file.fileno())
    return held


def finish(folder: Folder, name: str, size: int) -> None:
    """Closes an upload of so many bytes: nothing can be added, and it can be opened.

    Raises WrongOffset where another number of bytes is here, and FileRefused for one that is gone.
    """
    seal = _seal(folder)
    with _held(folder, name) as file:
        count, held, whole, end = _chunks(file)
        if held != size:
            raise WrongOffset(held)
        if not whole:
            file.truncate(end)
            file.seek(end)
            file.write(_sealed(seal, name, count, b"", last=True))
            file.flush()
            os.fsync(file.fileno())


def too_large(most: int = MOST_BYTES) -> FileRefused:
    """The refusal of a file of more than `most` bytes."""
    return FileRefused("too_large", known=said("{:,} MB", most // 1_000_000))


def held(folder: Folder, name: str) -> int:
    """How many bytes of an upload are here: where it goes on. Raises FileRefused for one that is gone."""
    with _held(folder, name) as file:
        return _chunks(file)[1]


@contextmanager
def opened(folder: Folder, name: str) -> Iterator[Path]:
    """The plain file, in a folder that only we can enter and that is gone afterwards, in memory where that is possible.

    Raises FileRefused where the file is not whole or was changed.
    """
    size = _path(folder, name).stat().st_size if _path(folder, name).exists() else 0
    with staging(_private(size)) as away:
        plain = away / secrets.token_hex(8)
        handle = os.open(plain, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as copy, _held(folder, name) as file:
            _unseal(_seal(folder), name, file, copy)
        yield plain


def destroy(folder: Folder, name: str) -> None:
    """Removes an upload for good; one that is gone already is gone."""
    _path(folder, name).unlink(missing_ok=True)


def sweep(folder: Folder, older_than: timedelta, kept: Container[str] = ()) -> int:
    """Destroys uploads that nobody touched for so long, but for those whose names are `kept`; returns how many."""
    names = [path.name for path in folder.quarantine.glob("[0-9a-f]*") if path.name not in kept]
    return sum(expire(folder, name, older_than) for name in names)


def expire(folder: Folder, name: str, older_than: timedelta) -> bool:
    """Destroys an upload that nobody touched for so long; whether it is gone."""
    before = time.time() - older_than.total_seconds()
    try:
        if _path(folder, name).stat().st_mtime >= before:
            return False
        with _held(folder, name) as file:
            # Somebody may have gone on with it while we waited.
            old = os.fstat(file.fileno()).st_mtime < before
            if old:
                _path(folder, name).unlink()
            return old
    except (FileNotFoundError, FileRefused):
        return True


def clean_name(name: str) -> str:
    """A file's name to show to its contributor: without folders, control and direction characters, at most 80 long."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", last))
    plain = " ".join("".join(char for char in kept if char == " " or unicodedata.category(char)[0] != "C").split())
    plain = plain.replace(":", "_").strip(". ")
    if len(plain) > LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".")
        ending = dot + ending if stem and len(ending) < 10 else ""
        plain = plain[: LONGEST_NAME - len(ending) - 1] + "…" + ending
    return plain or "file"


def _path(folder: Folder, name: str) -> Path:
    if len(name) != 32 or not set(name) <= set("0123456789abcdef"):
        raise FileRefused("not_whole")
    return folder.quarantine / name


def _seal(folder: Folder) -> AESGCM:
    if keys.folder().resolve().is_relative_to(folder.root.resolve()):
        raise PermissionError(said("{} lies in the data folder: keys must not (set COMMONS_KEYS)", keys.folder()))
    return AESGCM(keys.key("quarantine"))


@contextmanager
def _held(folder: Folder, name: str) -> Iterator[BinaryIO]:
    """The sealed file, for us alone as long as we hold it. Raises FileRefused for one that is gone."""
    try:
        file = _path(folder, name).open("r+b")
    except FileNotFoundError as error:
        raise FileRefused("not_whole") from error
    with file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
            if not os.fstat(file.fileno()).st_nlink:
                # Destroyed while we waited: what is written now would be nowhere.
                raise FileRefused("not_whole")
        yield file


def _chunks(file: BinaryIO) -> tuple[int, int, bool, int]:
    """How many chunks are here, their plain bytes, whether the last of all is among them, and where the last one ends.

    A chunk that was cut off by a broken write counts for nothing.
    """
    size = file.seek(0, os.SEEK_END)
    count = held = end = 0
    while end + HEAD.size <= size:
        file.seek(end)
        length, last = HEAD.unpack(file.read(HEAD.size))
        after = end + HEAD.size + NONCE + length + TAG
        if after > size:
            break
        count, held, end = count + 1, held + length, after
        if last:
            return count, held, True, end
    return count, held, False, end


def _bound(name: str, index: int, head: bytes) -> bytes:
    return name.encode() + index.to_bytes(8, "big") + head


def _sealed(seal: AESGCM, name: str, index: int, block: bytes, *, last: bool) -> bytes:
    head, nonce = HEAD.pack(len(block), last), secrets.token_bytes(NONCE)
    return head + nonce + seal.encrypt(nonce, block, _bound(name, index, head))


def _unseal(seal: AESGCM, name: str, file: BinaryIO, copy: IO[bytes]) -> None:
    file.seek(0)
    for index in range(1 << 32):
        head = file.read(HEAD.size)
        if len(head) < HEAD.size:
            raise FileRefused("not_whole")
        length, last = HEAD.unpack(head)
        if length > CHUNK:
            raise FileRefused("not_whole")
        nonce, closed = file.read(NONCE), file.read(length + TAG)
        try:
            copy.write(seal.decrypt(nonce, closed, _bound(name, index, head)))
        except (InvalidTag, ValueError) as error:
            raise FileRefused("not_whole") from error
        if last:
            if file.read(1):
                raise FileRefused("not_whole")
            return


def _private(size: int) -> Path:
    """A folder of our own for plain files: in memory where there is room, else where temporary files lie."""
    fits = MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free > 2 * size + SPARE
    user = os.geteuid() if sys.platform != "win32" else "me"
    own = (MEMORY_DISK if fits else Path(tempfile.gettempdir())) / f"firearms-data-commons-{user}"
    own.mkdir(mode=0o700, exist_ok=True)
    about = own.lstat()
    if sys.platform != "win32" and (not stat.S_ISDIR(about.st_mode) or about.st_uid != user or about.st_mode & 0o077):
        raise PermissionError(said("{} can be entered by others: remove it", own))
    return own
