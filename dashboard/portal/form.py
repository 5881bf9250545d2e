"""The offline form: a workbook with drop-down lists in the page's language, and the layout in which it is read."""

import io
import zipfile
from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

from dashboard import language
from dashboard.language import LANGUAGES, _
from dashboard.words import say
from ingest.draft.counted import CONCEPTS
from schemas.vocabulary import codes

ROWS = 2000
"""Rows of the form that have drop-down lists."""
TYPES = ("PISTOL", "REVOLVER", "RIFLE", "SHOTGUN", "SMG", "MG", "OTHER", "UNKNOWN")
NUMBERS = ("number", "low", "high")
"""Columns that take numbers only, none below zero."""
OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{schema}"'
    for name, schema in (
        ("office", "office:1.0"),
        ("table", "table:1.0"),
        ("text", "text:1.0"),
        ("style", "style:1.0"),
        ("number", "datastyle:1.0"),
        ("fo", "xsl-fo-compatible:1.0"),
        ("of", "of:1.2"),
    )
)
XML = '<?xml version="1.0" encoding="UTF-8"?>'
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
        for column in NUMBERS:
            at = [*headers()].index(column)
            sheet.data_validation(1, at, ROWS, at, number)
        sheet.freeze_panes(1, 0)
    return made.getvalue()


def open_document() -> bytes:
    """The same form as ODS (OpenDocument 1.3), for LibreOffice and others."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        # First and as it is, so that what a file is can be seen from its first bytes.
        book.writestr("mimetype", OPEN_DOCUMENT, zipfile.ZIP_STORED)
        book.writestr("META-INF/manifest.xml", _manifest())
        book.writestr("content.xml", _content())
    return made.getvalue()


def _manifest() -> str:
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (("/", OPEN_DOCUMENT), ("content.xml", "text/xml"))
    )
    namespace = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return f'{XML}<manifest:manifest xmlns:manifest="{namespace}" manifest:version="1.3">{entries}</manifest:manifest>'


def _content() -> str:
    names, listed = headers(), [*lists().values()]
    columns = "".join(
        f'<table:table-column table:style-name="wide" table:default-cell-style-name="{_style(column)}"/>'
        for column in names
    )
    empty = "".join(f'<table:table-cell table:style-name="{_style(column)}"{_validated(column)}/>' for column in names)
    longest = max(map(len, listed))
    words = [[[*one][at] if at < len(one) else "" for one in listed] for at in range(longest)]
    return (
        f'{XML}<office:document-content {NAMESPACES} office:version="1.3"><office:automatic-styles>{_styles()}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{_validations()}"
        f'<table:table table:name="data" table:style-name="sheet">{columns}'
        f"<table:table-header-rows>{_row(names.values(), 'head')}</table:table-header-rows>"
        f'<table:table-row table:number-rows-repeated="{ROWS}">{empty}</table:table-row></table:table>'
        f'<table:table table:name="lists" table:style-name="sheet">'
        f'<table:table-column table:number-columns-repeated="{len(listed)}"/>'
        f"{''.join(_row(row, 'plain') for row in words)}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )


def _style(column: str) -> str:
    """A period stays the text that was typed, whatever it looks like."""
    return "typed" if column == "period" else "plain"


def _styles() -> str:
    mode = "rl-tb" if language.direction() == "rtl" else "lr-tb"
    return (
        f'<style:style style:name="sheet" style:family="table"><style:table-properties style:writing-mode="{mode}"/>'
        '</style:style><style:style style:name="wide" style:family="table-column"><style:table-column-properties'
        ' style:column-width="4.5cm"/></style:style><number:text-style style:name="letters"><number:text-content/>'
        '</number:text-style><style:style style:name="plain" style:family="table-cell"/><style:style'
        ' style:name="typed" style:family="table-cell" style:data-style-name="letters"/><style:style style:name="head"'
        ' style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"'
        ' fo:border-bottom="0.05pt solid #000000"/><style:text-properties fo:font-weight="bold"/></style:style>'
    )


def _validations() -> str:
    """What each column takes; the words of a list stand on the second sheet."""
    takes = dict.fromkeys(NUMBERS, "of:cell-content-is-decimal-number() and cell-content()>=0")
    for at, (column, words) in enumerate(lists().items()):
        letter = chr(ord("A") + at)
        takes[column] = f"of:cell-content-is-in-list([$lists.${letter}$1:.${letter}${len(words)}])"
    made = "".join(
        f'<table:content-validation table:name="{column}" table:condition={quoteattr(condition)}'
        f' table:allow-empty-cell="true" table:display-list="unsorted"'
        f' table:base-cell-address="data.{chr(ord("A") + [*headers()].index(column))}2">'
        '<table:error-message table:display="true" table:message-type="stop"/></table:content-validation>'
        for column, condition in takes.items()
    )
    return f"<table:content-validations>{made}</table:content-validations>"


def _validated(column: str) -> str:
    return f' table:content-validation-name="{column}"' if column in lists() or column in NUMBERS else ""


def _row(words: Iterable[str], style: str) -> str:
    cells = "".join(
        f'<table:table-cell table:style-name="{style}" office:value-type="string"><text:p>{escape(one)}</text:p>'
        "</table:table-cell>"
        if one
        else "<table:table-cell/>"
        for one in words
    )
    return f"<table:table-row>{cells}</table:table-row>"


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
