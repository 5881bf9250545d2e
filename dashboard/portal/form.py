"""The offline form: a workbook with drop-down lists in the page's language, and the layout in which it is read."""

import io
from typing import Any

import xlsxwriter

from dashboard import language
from dashboard.language import LANGUAGES, _
from dashboard.words import say
from ingest.draft.counted import CONCEPTS
from schemas.vocabulary import codes

ROWS = 2000
"""Rows of the form that have drop-down lists."""
TYPES = ("PISTOL", "REVOLVER", "RIFLE", "SHOTGUN", "SMG", "MG", "OTHER", "UNKNOWN")
COUNTED = tuple(code for code in CONCEPTS if code != "ignore")


def headers() -> dict[str, str]:
    """Columns of the form → their names, in the language in use."""
    return {
        "period": _("Period (2023 or 2023-05)"),
        "country": _("Country"),
        "state": _("State or province"),
        "municipality": _("Municipality or district"),
        "counted": _("What is counted"),
        "type": _("Type of firearm"),
        "number": _("Number"),
        "low": _("At least"),
        "high": _("At most"),
        "acquisition": _("How it is known"),
        "note": _("Note (without names)"),
    }


def lists() -> dict[str, dict[str, str]]:
    """Column → word in the language in use → code, of the columns that have a drop-down list."""
    return {
        "counted": {language.sentence(words): code for code, words in CONCEPTS.items() if code in COUNTED},
        "type": {say("category", code): code for code in TYPES},
        "acquisition": {say("acquisition", code): code for code in codes("acquisition")},
    }


def workbook() -> bytes:
    """The form as XLSX: one sheet to fill in, one with the lists."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet, words = book.add_worksheet("data"), book.add_worksheet("lists")
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        text = book.add_format({"num_format": "@"})
        if language.direction() == "rtl":
            sheet.right_to_left()
        for at, (column, name) in enumerate(headers().items()):
            sheet.write_string(0, at, name, bold)
            sheet.set_column(at, at, 22, text if column == "period" else None)
            if column in lists():
                letter = chr(ord("A") + [*lists()].index(column))
                listed = [*lists()[column]]
                words.write_column(0, [*lists()].index(column), listed)
                source = f"=lists!${letter}$1:${letter}${len(listed)}"
                sheet.data_validation(1, at, ROWS, at, {"validate": "list", "source": source})
        number = {"validate": "decimal", "criteria": ">=", "value": 0}
        for column in ("number", "low", "high"):
            at = [*headers()].index(column)
            sheet.data_validation(1, at, ROWS, at, number)
        sheet.freeze_panes(1, 0)
    return made.getvalue()


def drafted(columns: list[str], read: dict[str, Any]) -> dict[str, Any] | None:
    """The declaration of a filled form with these columns, in whatever language; None where it is none."""
    spoken = language.current()
    try:
        for code in LANGUAGES:
            language.use(code)
            if [*headers().values()] == columns:
                return _declaration(read)
    finally:
        language.use(spoken)
    return None


def _declaration(read: dict[str, Any]) -> dict[str, Any]:
    of, words = headers(), lists()
    country = {"name": f"{{{of['country']}}}", "level": "country"}
    state = {"name": f"{{{of['state']}}}", "level": "admin1", "within": country}
    municipality = {"name": f"{{{of['municipality']}}}", "level": "admin2", "within": state}
    types = {word: {"dimension": "firearm_type", "category": code} for word, code in words["type"].items()}
    counted = {
        word: dict(zip(("concept", "unit"), code.split("/"), strict=True)) for word, code in words["counted"].items()
    }
    layout = {
        "name": "form",
        "table": "observation",
        "read": read,
        "recognise": {"columns": [*of.values()]},
        "period": {"label": of["period"]},
        "place": [municipality, state, country],
        "measure": [{"column": of["number"]}],
        "columns": {of["low"]: "low", of["high"]: "high"},
        "lookup": {
            of["counted"]: counted,
            of["type"]: {**types, "": {"dimension": "total", "category": "TOTAL"}},
            of["acquisition"]: {word: {"acquisition": code} for word, code in words["acquisition"].items()},
        },
        "ignore": {of["note"]: "notes are read by the steward and not published"},
    }
    return {"coverage": {"absent": "unknown"}, "layout": [layout]}
