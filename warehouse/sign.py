"""Signatures of releases: Ed25519 over the digest of the manifest, which itself carries the hash of everything else.

The secret key is the operator's, outside the data folder. Its public half lies in the data folder and beside each
release, as text that openssl reads; whoever copies a release gets it from the operator by another way, and gives it to
`commons verify --key`. A release's id does not depend on any of it.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from ingest import keys
from ingest.folder import Folder, replace, sync
from ingest.keep import digest

KEY = "signing"
SIGNATURE, PUBLIC = "signature.json", "signing.pub"
END = "-----END PUBLIC KEY-----\n"


class NotSigned(Exception):
    """A release whose signature is not there or does not fit; the message says which, in words."""


def make_key(folder: Folder) -> Path:
    """Makes the operator's key where there is none, and writes its public half into the data folder; returns that.

    A key from before stays good: the file of public keys keeps it. Raises FileExistsError where there is a key.
    """
    if keys.path(KEY).exists():
        raise FileExistsError(f"There is a key already: {keys.path(KEY)}. To use another, put it elsewhere first.")
    keys.key(KEY)
    return _publish(folder)


def sign(folder: Folder, release: str) -> bool:
    """Signs a release, if there is a key to sign with and it is not signed with that; returns whether it is signed."""
    if not keys.path(KEY).exists():
        return False
    _publish(folder)
    root = folder.releases / release
    manifest = digest(root / "manifest.json")
    secret = _secret()
    try:
        check(folder, release, [secret.public_key()])
    except NotSigned:
        signed = {
            "algorithm": "Ed25519",
            "manifest": manifest,
            "signature": secret.sign(_message(release, manifest)).hex(),
        }
        _write(root / PUBLIC, _pem(secret.public_key()))
        _write(root / SIGNATURE, json.dumps(signed, indent=1) + "\n")
    return True


def check(folder: Folder, release: str, trusted: Sequence[Ed25519PublicKey]) -> str:
    """The fingerprint of the trusted key that signed a release as it lies there. Raises NotSigned."""
    root = folder.releases / release
    if not (root / SIGNATURE).exists():
        raise NotSigned("it carries no signature")
    try:
        said = json.loads((root / SIGNATURE).read_text(encoding="utf-8"))
        signature = bytes.fromhex(said["signature"])
    except (ValueError, KeyError, TypeError):
        raise NotSigned("its signature cannot be read") from None
    message = _message(release, digest(root / "manifest.json"))
    for key in trusted:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            continue
        return fingerprint(key)
    raise NotSigned("its signature is not by a key that is trusted here, or its manifest has changed")


def is_signed(folder: Folder, release: str) -> bool:
    """Whether a release carries a signature, be it right or wrong."""
    return (folder.releases / release / SIGNATURE).exists()


def trusted(folder: Folder, given: Path | None = None) -> list[Ed25519PublicKey]:
    """Keys whose signature counts: those of the file given, else the operator's own and those of the data folder.

    Raises ValueError for a file that holds no such key.
    """
    if given is not None:
        return _keys(given)
    held = _keys(folder.root / PUBLIC) if (folder.root / PUBLIC).exists() else []
    return [_secret().public_key(), *held] if keys.path(KEY).exists() else held


def fingerprint(key: Ed25519PublicKey) -> str:
    """The first 16 digits of a public key, to compare over the telephone."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()[:16]


def _secret() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keys.key(KEY))


def _message(release: str, manifest: str) -> bytes:
    """What is signed. `printf 'RELEASE MANIFEST\\n'` writes it too, so that openssl can check a signature."""
    return f"{release} {manifest}\n".encode()


def _pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _keys(file: Path) -> list[Ed25519PublicKey]:
    found: list[Any] = []
    for one in file.read_text(encoding="utf-8").split(END)[:-1]:
        found.append(load_pem_public_key(f"{one.strip()}\n{END}".encode()))
    if not found or not all(isinstance(key, Ed25519PublicKey) for key in found):
        raise ValueError(f"{file} holds no public key of this kind. It begins with: -----BEGIN PUBLIC KEY-----")
    return found


def _publish(folder: Folder) -> Path:
    """Adds the operator's public key to those of the data folder."""
    file = folder.root / PUBLIC
    held = file.read_text(encoding="utf-8") if file.exists() else ""
    mine = _pem(_secret().public_key())
    if mine not in held:
        folder.make()
        _write(file, held + mine)
    return file


def _write(file: Path, text: str) -> None:
    staged = file.with_name(f".{file.name}.new")
    staged.write_text(text, encoding="utf-8")
    staged.chmod(0o444)
    sync(staged)
    replace(staged, file)
