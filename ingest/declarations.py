"""Declarations: the built-in ones of `ingest/sources`, with the layout of the starter tables they all share, and those
that were contributed and accepted, in the data folder."""

import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from ingest import ledger
from ingest.folder import Folder, replace, staging, sync
from schemas.declaration import DeclarationRefused, Layout, Source, parse

FOLDER = Path(__file__).with_name("sources")
STARTER_LAYOUT = Path(__file__).parent / "starter" / "layout.toml"


class Tidy(Protocol):
    """Puts an odd shape into one row per number: text rows in, text rows and issues (in issue.SHAPE) out."""

    def __call__(self, rows: pl.DataFrame, file_stem: str) -> tuple[pl.DataFrame, list[pl.DataFrame]]: ...


@cache
def sources() -> dict[str, Source]:
    """Name → built-in declaration, in alphabetical order. Raises DeclarationRefused."""
    return {path.stem: load(path) for path in sorted(FOLDER.glob("*.toml"))}


def load(path: Path) -> Source:
    """One declaration file. Raises DeclarationRefused with file, line and reason."""
    return parse(path.read_text(encoding="utf-8"), path.stem, shared=[_starter(path.stem)])


def _starter(name: str) -> dict[str, Any]:
    layout = tomllib.loads(STARTER_LAYOUT.read_text(encoding="utf-8"))
    return {**layout, "recognise": {**layout["recognise"], "where": {"source": name}}}


def declared(folder: Folder) -> dict[str, Source]:
    """Name → every declaration this commons builds from: the built-in ones, then the contributed ones in force.

    Raises DeclarationRefused for a contributed one whose text is not there or is not the one that was accepted.
    """
    return sources() | contributed(folder)


def contributed(folder: Folder) -> dict[str, Source]:
    """Name → contributed declaration in force: the last one the ledger says was declared, while a file of it stands."""
    in_force = declarations_in_force(folder)
    return {name: of_text(text_of(folder, sha), name) for name, sha in sorted(in_force.items())}


def declarations_in_force(folder: Folder) -> dict[str, str]:
    """Contributed source of which not every file was withdrawn → the sha256 of its declaration."""
    texts: dict[str, str] = {}
    files: dict[str, set[str]] = {}
    for act in ledger.entries(folder):
        if act["act"] == "declared":
            texts[act["source"]] = act["declaration"]
        elif act["act"] == "accepted":
            files.setdefault(act["source"], set()).add(act["snapshot"])
        elif act["act"] == "withdrawn":
            files.get(act["source"], set()).discard(act["snapshot"])
    return {name: sha for name, sha in texts.items() if files.get(name)}


def once_declared(folder: Folder, name: str) -> Source | None:
    """A source's declaration, in force or not since all of it was withdrawn; None where there is none to be read."""
    if name in sources():
        return sources()[name]
    acts = [act for act in ledger.entries(folder) if act["act"] == "declared" and act["source"] == name]
    try:
        return of_text(text_of(folder, acts[-1]["declaration"]), name) if acts else None
    except DeclarationRefused:
        return None


def keep_declaration(folder: Folder, text: str) -> str:
    """Keeps the text of a declaration under its sha256, which it returns."""
    folder.make()
    sha = sha256(text.encode()).hexdigest()
    with staging(folder.declarations) as away:
        staged = away / "text"
        staged.write_bytes(text.encode())
        # It names columns and words of files: a build opens it to those who may see its source.
        staged.chmod(0o400)
        sync(staged)
        replace(staged, folder.declarations / f"{sha}.toml")
    return sha


def in_force(folder: Folder, name: str) -> Source:
    """The declaration of one source. Raises DeclarationRefused where its text is not there or not to be read here."""
    if name in sources():
        return sources()[name]
    return of_text(text_of(folder, declarations_in_force(folder).get(name, "")), name)


def forget(folder: Folder, texts: Iterable[str]) -> None:
    """Removes kept declarations (by their sha256) that no source is read by any more."""
    used = {*declarations_in_force(folder).values()}
    for sha in {*texts} - used:
        (folder.declarations / f"{sha}.toml").unlink(missing_ok=True)
    sync(folder.declarations)


def text_of(folder: Folder, sha: str) -> str:
    """The text of a kept declaration. Raises DeclarationRefused where it is not there, has changed, or is not to be
    read by this user of the machine."""
    path = folder.declarations / f"{sha}.toml"
    try:
        raw = path.read_bytes() if path.is_file() else b""
    except PermissionError:
        raise DeclarationRefused("The declaration of this source is not open here.") from None
    if sha256(raw).hexdigest() != sha:
        raise DeclarationRefused(f"The declaration {sha[:12]}… is missing or has changed. Put it back from a copy.")
    return raw.decode()


@lru_cache(maxsize=256)
def of_text(text: str, name: str) -> Source:
    """A contributed declaration. `layouts_of` lends it the layouts of a built-in source. Raises DeclarationRefused."""
    lent = tomllib.loads(text).get("layouts_of") if "layouts_of" in text else None
    if lent is not None and lent not in sources():
        raise DeclarationRefused(f"{name}.toml takes the layouts of “{lent}”, which is no built-in source")
    shared: list[Layout] = [layout for layout in sources()[lent].layout if not layout.starter] if lent else []
    return parse(text, name, shared=shared, contributed=True)


def tidy_of(source: Source) -> Tidy:
    """The `tidy` function beside a built-in declaration. Raises DeclarationRefused when there is none."""
    module = f"ingest.sources.{source.layouts_of or source.name}"
    if find_spec(module) is None:
        raise DeclarationRefused(f"{source.name}.toml asks for a tidy function, which only a built-in source may have")
    return cast(Tidy, import_module(module).tidy)


def fingerprint(source: Source) -> str:
    """What a source's accepted rows depend on beside the file: its declaration and the code of the ingest."""
    own = FOLDER / f"{source.layouts_of or source.name}.py"
    tidy = sha256(own.read_bytes()).digest() if own.exists() else b""
    return sha256(_code() + tidy + source.model_dump_json().encode()).hexdigest()[:16]


@cache
def _code() -> bytes:
    root = Path(__file__).parents[1]
    code = sorted([*root.glob("ingest/*.py"), *root.glob("schemas/*.py"), *root.glob("schemas/*.yaml")])
    register = [*sorted(root.glob("ingest/register/*.csv")), root / "ingest/register/gazetteer.py"]
    digest = sha256()
    for path in [*code, *register]:
        digest.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    return digest.digest()
