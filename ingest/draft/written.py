"""A declaration's dict → the TOML a maintainer would write: keys in the order of the schema, short tables on a line."""

import json
from typing import Any

WIDTH = 116
SHORT = ("place", "counterpart")


def toml(declaration: dict[str, Any]) -> str:
    """The text of a declaration file; `tomllib` reads the same dict from it."""
    lines: list[str] = []
    top = {key: value for key, value in declaration.items() if not _table(value)}
    lines += [f"{_key(key)} = {_value(value, len(key) + 3)}" for key, value in top.items()]
    for key, value in declaration.items():
        if _table(value):
            lines += _section([key], value)
    return "\n".join(lines) + "\n"


def _table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _section(path: list[str], value: Any) -> list[str]:
    lines: list[str] = []
    for table in value if isinstance(value, list) else [value]:
        name = ".".join(_key(part) for part in path)
        plain = {key: part for key, part in table.items() if not _table(part) or _inline(path, key, part)}
        nested = {key: part for key, part in table.items() if key not in plain}
        header = f"[[{name}]]" if isinstance(value, list) else f"[{name}]"
        if plain or isinstance(value, list) or not nested:
            lines += ["", header]
            lines += [f"{_key(key)} = {_value(part, len(key) + 3)}" for key, part in plain.items()]
        for key, part in nested.items():
            lines += _section([*path, key], part)
    return lines


def _inline(path: list[str], key: str, part: Any) -> bool:
    """Small tables that read better on the line of their key: where a place lies, what a word stands for."""
    if len(path) >= 3 and path[1] == "lookup":
        return True
    return key in ("within", "where", "missing", "approximate", "numerals", "months") or (
        path[-1] in SHORT and key == "lookup"
    )


def _value(value: Any, indent: int = 0) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{_key(key)} = {_value(part)}" for key, part in value.items()) + " }" if value else "{}"
        )
    if isinstance(value, list):
        line = "[" + ", ".join(_value(part) for part in value) + "]"
        return line if len(line) + indent <= WIDTH else _wrapped([_value(part) for part in value])
    return _text(str(value))


def _wrapped(parts: list[str]) -> str:
    lines, line = [], " "
    for part in parts:
        if len(line) + len(part) + 2 > WIDTH and line.strip():
            lines.append(line)
            line = " "
        line += f" {part},"
    return "[\n" + "\n".join([*lines, line]) + "\n]"


def _text(text: str) -> str:
    """A basic TOML string; JSON's escapes are TOML's, but for the delete sign and half pairs."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    return key if key and all(sign.isascii() and (sign.isalnum() or sign in "_-") for sign in key) else _text(key)
