"""A declaration as the TOML a maintainer would write: in the order it has, one table after the other."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

INLINE = ("within", "where", "lookup")
"""Keys whose tables stand on one line: small ones that belong to the line they are in."""


def written(thing: Mapping[str, Any]) -> str:
    """TOML of a mapping of texts, numbers, days, lists and mappings; what is None is left out."""
    return "\n".join(_table(thing, ())).strip() + "\n"


def _table(thing: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    held = {name: value for name, value in thing.items() if value is not None}
    later = {name: value for name, value in held.items() if _is_table(name, value, path) or _is_list_of_tables(value)}
    for name, value in held.items():
        if name not in later:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in later.items():
        inside = (*path, name)
        for one in value if isinstance(value, list) else [value]:
            yield ""
            where = ".".join(map(_key, inside))
            lines = [*_table(one, inside)]
            # The head of a table that only holds tables says nothing.
            if isinstance(value, list) or not lines or lines[0]:
                yield f"[[{where}]]" if isinstance(value, list) else f"[{where}]"
            yield from lines


def _is_table(name: str, value: Any, path: tuple[str, ...]) -> bool:
    return isinstance(value, Mapping) and (name not in INLINE or name == "lookup") and path[-2:-1] != ("lookup",)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(name))} = {_value(one)}" for name, one in value.items() if one is not None)
        return f"{{ {inside} }}" if inside else "{}"
    return _text(str(value))


def _text(text: str) -> str:
    """A basic string; control characters as escapes, so that no text can end it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
