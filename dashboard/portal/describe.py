"""What is said of a dataset: the fields of the form, and what they make in a declaration."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ingest.contributions import classes
from schemas.declaration import Layout
from schemas.vocabulary import codes, vocabularies

THRESHOLDS = tuple(map(str, range(3, 11)))
INFORMANTS = ("independent", "column", "one")
SENSITIVE = ("moderate", "high", "severe")


@dataclass(frozen=True)
class Field:
    """One thing to say: where it stands, what kind of answer it takes, its words, an example."""

    key: str
    kind: str
    words: str
    example: str
    list: str = ""
    needed: bool = False


@cache
def fields() -> tuple[Field, ...]:
    """The fields of the form, in its order."""
    loaded = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return tuple(Field(**field) for field in loaded["field"])


def options(field: Field, said: Mapping[str, Any]) -> tuple[str, ...]:
    """The codes a field offers, with what is said so far."""
    if field.list == "provenance":
        return tuple(classes())
    if field.list == "provenance_subclass":
        return tuple(classes().get(str(said.get("provenance")), ()))
    listed = {
        "threshold": THRESHOLDS,
        "informants": INFORMANTS,
        "succession": ("whole", "part"),
        "absent": ("unknown", "listed", "zero"),
    }
    return listed.get(field.list) or tuple(codes(field.list))


def asked(field: Field, said: Mapping[str, Any]) -> bool:
    """Whether a field matters with what is said so far: how records are protected only where they are sensitive."""
    if field.key in ("informants", "threshold", "publish"):
        return said.get("sensitivity") in SENSITIVE
    return field.key != "derived_from" or said.get("provenance") == "combined" or bool(said.get("derived_from"))


def unsaid(said: Mapping[str, Any]) -> list[Field]:
    """Fields that have to be filled and are not."""
    wanted = [field for field in fields() if field.needed and not str(said.get(field.key) or "").strip()]
    if said.get("sensitivity") in SENSITIVE and not said.get("informants"):
        wanted += [field for field in fields() if field.key == "informants"]
    return wanted


def declared(said: Mapping[str, Any], drafted: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, in the shape of a declaration; `drafted` is what the draft found out."""
    plain = ("title", "producer", "publisher", "obtained_from", "provenance", "provenance_subclass", "acquisition")
    more = ("description", "licence", "citation", "address", "succession", "sensitivity", "embargo")
    made = {key: said[key] for key in (*plain, *more) if said.get(key)}
    licence = str(made.get("licence", "")).strip()
    if licence and not re.fullmatch(r"[A-Za-z0-9.+-]+", licence):
        made["licence"] = "LicenseRef-" + (re.sub(r"[^A-Za-z0-9.]+", "-", licence).strip("-") or "stated")
    concepts = sorted(_concepts(drafted))
    coverage = dict(drafted.get("coverage", {})) | {
        key: said[key] for key in ("absent", "first_day", "last_day") if said.get(key)
    }
    made |= {
        "copy_kind": "copied",
        "processing_level": "minor",
        "address": made.get("address", ""),
        "derived_from": _lines(said.get("derived_from"), ","),
        "adoptable": bool(said.get("adoptable")),
        "coverage": coverage,
        "definition": [
            {"id": f"stated:{concept}", "concept": concept, "text": said["definition"]}
            for concept in concepts
            if said.get("definition")
        ],
        "caveat": [{"text": line} for line in _lines(said.get("limits"), "\n")],
        "quality": {
            item: score for item, score in said.get("quality", {}).items() if score.get("score") not in (None, "")
        },
    }
    if said.get("released"):
        made["released"] = said["released"]
    if said.get("columns"):
        made["stricter"] = said["columns"]
    if said.get("sensitivity"):
        made["tlp"] = vocabularies()["default_tlp"][said["sensitivity"]]
    if said.get("sensitivity") in SENSITIVE:
        made["disclosure"] = {
            "threshold": int(said.get("threshold") or 5),
            "informants": said.get("informants") or "one",
            "publish": bool(said.get("publish")),
        }
    return made


def columns(drafted: Mapping[str, Any]) -> list[str]:
    """The columns of a file that something is made of, in its order."""
    found = []
    for layout in drafted.get("layout", []):
        used = Layout.model_validate(layout | {"ignore": {}, "recognise": {}}).used_columns()
        found += [column for column in layout["recognise"].get("columns", ()) if column in used]
    return [*dict.fromkeys(found)]


def stricter_than(said: Mapping[str, Any]) -> tuple[str, ...]:
    """How sensitive a column can be beyond the dataset."""
    listed = codes("sensitivity")
    return listed[listed.index(said.get("sensitivity") or listed[0]) + 1 :]


def _lines(said: object, by: str) -> list[str]:
    return [part.strip() for part in str(said or "").split(by) if part.strip()]


def _concepts(thing: object) -> set[str]:
    """Every concept a drafted layout counts, wherever in it."""
    if isinstance(thing, Mapping):
        own = {str(thing["concept"])} if thing.get("concept") else set()
        return own.union(*map(_concepts, thing.values())) if thing else own
    return set().union(*map(_concepts, thing)) if isinstance(thing, list) else set()
