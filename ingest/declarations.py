"""The built-in declarations of `ingest/sources`, and the layout of the starter tables they all share."""

import tomllib
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

import polars as pl

from schemas.declaration import DeclarationRefused, Source, parse

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


def tidy_of(name: str) -> Tidy:
    """The `tidy` function beside a built-in declaration. Raises DeclarationRefused when there is none."""
    module = f"ingest.sources.{name}"
    if find_spec(module) is None:
        raise DeclarationRefused(f"{name}.toml asks for a tidy function, which only a built-in source may have")
    return cast(Tidy, import_module(module).tidy)


@cache
def fingerprint(name: str) -> str:
    """What a source's accepted rows depend on beside the file: its declaration and the code of the ingest."""
    root = Path(__file__).parents[1]
    code = sorted([*root.glob("ingest/*.py"), *root.glob("schemas/*.py"), *root.glob("schemas/*.yaml")])
    own = [FOLDER / f"{name}.toml", FOLDER / f"{name}.py", STARTER_LAYOUT]
    register = [*sorted(root.glob("ingest/register/*.csv")), root / "ingest/register/gazetteer.py"]
    digest = sha256()
    for path in [*code, *own, *register]:
        if path.exists():
            digest.update(path.name.encode() + b"\0" + sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
