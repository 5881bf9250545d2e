"""The data dictionary, made of the pandera models, the code lists and the comments of the published views.

`python -m warehouse.dictionary > docs/data-dictionary.md`
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from schemas.tables import TABLES, columns
from schemas.vocabulary import vocabularies
from warehouse.build import DERIVED
from warehouse.release import sql

COMMENT = re.compile(r"^comment on (view|table|column) ([a-z_.]+) is '(.*)';$", re.MULTILINE)


def dictionary() -> str:
    """The whole page as Markdown."""
    return "\n".join([*_intro(), *_views(), *_tables(), *_codes()]) + "\n"


def comments() -> dict[str, str]:
    """Name of a view, table or column (view.column) → what it means."""
    files = ["macros/comments", *(f"views/{name}" for name in DERIVED)]
    found = [said for file in files for said in COMMENT.findall(sql(file))]
    return {name: text.replace("''", "'") for _, name, text in found}


def _intro() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Made by `make dictionary` from the models, the code lists and the comments of the views; do not edit it."
    yield 'Ask a release with `commons sql "select …"`.'
    yield ""


def _views() -> Iterator[str]:
    yield "## Published views and tables"
    yield ""
    said = comments()
    for name in [name for name in said if "." not in name]:
        yield f"### {name}"
        yield ""
        yield said[name]
        yield ""
        held = {column.split(".")[1]: text for column, text in said.items() if column.startswith(f"{name}.")}
        if held:
            yield from _table(["column", "meaning"], [[f"`{column}`", text] for column, text in held.items()])


def _tables() -> Iterator[str]:
    yield "## Accepted rows"
    yield ""
    for name, model in TABLES.items():
        yield f"### {name}"
        yield ""
        yield inspect.getdoc(model) or ""
        yield ""
        described = model.to_schema().columns
        yield from _table(
            ["column", "type", "may be empty", "meaning"],
            [
                [f"`{column}`", str(kind), "yes" if described[column].nullable else "no", described[column].description]
                for column, kind in columns(name).items()
            ],
        )


def _codes() -> Iterator[str]:
    yield "## Code lists"
    yield ""
    yield "Published spellings stand beside the codes; codes that begin with `x_` are this project's."
    yield ""
    for name, entries in vocabularies().items():
        yield f"### {name}"
        yield ""
        if isinstance(entries, dict):
            yield from _table(["code", "published as"], [[f"`{code}`", _words(said)] for code, said in entries.items()])
        elif isinstance(entries, list):
            yield ", ".join(f"`{code}`" for code in entries)
            yield ""
        else:
            yield f"`{entries}`"
            yield ""


def _words(said: Any) -> str:
    if said is None:
        return ""
    if isinstance(said, list):
        return ", ".join(map(str, said))
    if isinstance(said, dict):
        return "; ".join(f"{key}: {_words(value)}" for key, value in said.items())
    return str(said)


def _table(header: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "| " + " | ".join("---" for _ in header) + " |"
    for row in rows:
        yield "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
    yield ""


if __name__ == "__main__":
    print(dictionary(), end="")  # noqa: T201
