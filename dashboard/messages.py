"""Every English text that people may see, and the catalogues that follow them: `python -m dashboard.messages`.

Texts stand where they are said: in pages (`_`, `ngettext`, `pgettext`), in words.toml and what curators write, in the
SQL of views (`format`, `said`) and the code before them (`said`), in issue kinds, tables of reasons, declarations and
docs. They are written to locale/commons.pot, and each language's catalogue is brought to the same texts: what is
translated stays, what no text asks for any more goes, nothing is guessed. Running it twice changes nothing.
"""

import ast
import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from dashboard import prose
from dashboard.language import (
    LANGUAGES,
    SENTENCE,
    TEMPLATE,
    UNREVIEWED,
    Language,
    catalogue_file,
    forms,
    read_catalogue,
    vocabulary,
)
from dashboard.portal.describe import fields
from dashboard.templates import GAP
from ingest.declarations import sources
from ingest.register.naming import policy
from schemas.declaration import Source
from schemas.issue import kinds
from schemas.vocabulary import vocabularies

ROOT = Path(__file__).parents[1]
LITERAL = r"'(?:[^']|'')*'"
IN_SQL = re.compile(rf"\b(?:format|said)\(\s*({LITERAL}(?:\s*\|\|\s*{LITERAL})*)\s*[,)]")
REASONS = {
    "concept_pair.csv": ("reason",),
    "counts_as.csv": ("reason",),
    "quality_rule.csv": ("measure", "words"),
}
"""Tables of the warehouse → their columns with words."""
WORDED = ("title", "name", "text", "words", "note", "label", "footnote")
"""Keys of curators' TOML files whose value is words, though it may be a single one."""
DOCUMENTS = ("methods", "about")


class Text(NamedTuple):
    """One English text, and where it stands."""

    words: str
    origin: str
    note: str = ""
    """What it is, for who translates it."""
    context: str | None = None
    plural: str | None = None


def texts() -> Iterator[Text]:
    """Every English text, some more than once."""
    for path in [*ROOT.glob("dashboard/**/*.py"), *ROOT.glob("warehouse/**/*.py"), *ROOT.glob("ingest/**/*.py")]:
        yield from of_code(path.read_text(encoding="utf-8"), _origin(path))
    for path in [*ROOT.glob("warehouse/**/*.sql"), *ROOT.glob("dashboard/**/*.sql")]:
        yield from of_sql(path.read_text(encoding="utf-8"), _origin(path))
    yield from _of_vocabulary()
    for path in ROOT.glob("dashboard/*.toml"):
        if path.name != "words.toml":
            yield from of_curator(tomllib.loads(path.read_text(encoding="utf-8")), _origin(path))
    yield from _of_form()
    yield from _of_places()
    yield from _of_issues()
    yield from _of_reasons()
    for source in sources().values():
        yield from of_source(source)
    yield from _of_documents()


def of_code(code: str, origin: str) -> Iterator[Text]:
    """Constants in calls of `_`, `ngettext`, `pgettext` and `said`."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        constants = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
        match name, constants:
            case "_", [str(words)]:
                yield Text(words, origin)
            case "ngettext", [str(one), str(many), _]:
                yield Text(one, origin, plural=many)
            case "pgettext", [str(context), str(words)]:
                yield Text(words, origin, context=context)
            case "said", [str(words), *_]:
                yield sentence(words, origin)


def of_sql(query: str, origin: str) -> Iterator[Text]:
    """Constants in calls of `format` and `said`; literals joined by || are one text."""
    plain = re.sub(r"--[^\n]*", "", query)
    for found in IN_SQL.finditer(plain):
        parts = re.findall(LITERAL, found[1])
        yield sentence("".join(part[1:-1].replace("''", "'") for part in parts), origin)


def sentence(words: str, origin: str, note: str = "") -> Text:
    """A text of the warehouse: with gaps it has a context of its own, for then it is found by its form."""
    return Text(words, origin, note, SENTENCE if GAP.search(words) else None)


def _of_vocabulary() -> Iterator[Text]:
    for kind, words in vocabulary().items():
        if kind != "decimals":
            yield from (Text(str(said), "dashboard/words.toml", code, kind) for code, said in words.items())
    origin = "schemas/vocabularies.yaml"
    for number, title in vocabularies()["firearms_protocol_article"].items():
        yield Text(title, origin, f"title of article {number} of the Firearms Protocol", "article")
    for cluster in vocabularies()["review_cluster"].values():
        yield Text(cluster["name"], origin, "cluster of articles in the review of the Protocol", "cluster")


def _of_form() -> Iterator[Text]:
    for one in fields():
        yield Text(one.words, "dashboard/portal/describe.toml", f"{one.key}: what a field is")
        yield Text(one.example, "dashboard/portal/describe.toml", f"{one.key}: an example")


def _of_places() -> Iterator[Text]:
    decided = policy()
    drawn = [area.note for area in decided.areas] + [border.note for border in decided.borders]
    for words in (*decided.notes.values(), *drawn, *decided.unmapped.values()):
        yield Text(words, "ingest/register/naming.toml", "note on a place or its borders")


def of_curator(held: Any, origin: str, key: str = "") -> Iterator[Text]:
    """Texts of a TOML file: values of more than one word, and those whose key says that they are words."""
    if isinstance(held, dict):
        for name, value in held.items():
            yield from of_curator(value, origin, name)
    elif isinstance(held, list):
        for value in held:
            yield from of_curator(value, origin, key)
    elif isinstance(held, str) and held and (key in WORDED or " " in held.strip()):
        yield Text(held, origin, key)


def _of_issues() -> Iterator[Text]:
    for name, kind in kinds().items():
        yield sentence(kind.sentence, "schemas/issue_kinds.toml", f"{name}: what is the matter")
        yield sentence(kind.repair, "schemas/issue_kinds.toml", f"{name}: what to do")


def _of_reasons() -> Iterator[Text]:
    for name, columns in REASONS.items():
        with (ROOT / "warehouse" / name).open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                for column in filter(row.get, columns):
                    # A reason names its source by code: pages say what it is called.
                    words = row[column].replace(row["source"], "{}") if "source" in row else row[column]
                    yield sentence(words, f"warehouse/{name}", column)


def of_source(source: Source) -> Iterator[Text]:
    """What a declaration says in words. Citations and the names of published words stay as they are published."""
    origin = f"ingest/sources/{source.name}.toml"
    described = source.description.strip()
    said = [
        ("title", source.title),
        ("short name", source.title.split(":")[0]),
        ("counted by", source.producer),
        ("released by", source.publisher),
        ("obtained from", source.obtained_from),
        ("description", described),
        *(("builds on", one) for one in source.derived_from if one not in sources()),
        *(("caveat", one.text) for one in source.caveat),
    ]
    if described.startswith("State records"):
        said.append(("how the description begins", described.split(":")[0]))
    for one in source.definition:
        said += [(f"definition of {one.concept}", one.text)]
        said += [(f"which part of {one.concept} it covers", one.subset_of or "")]
        said += [(f"what it does not state of {one.concept}", one.unstated or "")]
    said += [("footnote", words) for words in _footnotes(source.model_dump())]
    return (Text(words, origin, note) for note, words in said if words)


def _footnotes(held: Any) -> Iterator[str]:
    if isinstance(held, dict):
        if isinstance(held.get("footnote"), str) and " " in held["footnote"]:
            yield held["footnote"]
        for value in held.values():
            yield from _footnotes(value)
    elif isinstance(held, list):
        for value in held:
            yield from _footnotes(value)


def _of_documents() -> Iterator[Text]:
    for name in DOCUMENTS:
        whole = (prose.DOCS / f"{name}.md").is_file()
        parts = [name] if whole else [f"{name}/{path.stem}" for path in sorted((prose.DOCS / name).glob("*.md"))]
        for part in parts:
            yield from (Text(words, f"docs/{part}.md") for words, _line in prose.messages(part))


def _origin(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def collected(found: Iterable[Text]) -> Catalog:
    """Each text once, with all places it stands in, in alphabetical order; no translations."""
    catalogue = Catalog()
    for text in sorted(found, key=lambda one: (one.context or "", one.words, one.origin, one.note)):
        known = catalogue.get(text.words, text.context)
        plural = text.plural or (known.id[1] if known is not None and known.pluralizable else None)
        catalogue.add(
            (text.words, plural) if plural else text.words,
            locations=[(text.origin, 1)],
            auto_comments=[text.note] if text.note else [],
            context=text.context,
        )
    return catalogue


def followed(asked: Catalog, held: Catalog, language: Language) -> Catalog:
    """A language's catalogue with the texts asked for, and of its translations those that still have their text."""
    catalogue = Catalog()
    catalogue.mime_headers = [("Plural-Forms", language.plural)]
    for text in asked:
        if not text.id:
            continue
        many = catalogue.num_plurals if text.pluralizable else 1
        known = held.get(text.id, text.context)
        said = forms(known.string) if known is not None else []
        kept = len(said) == many
        said = said if kept else [""] * many
        catalogue.add(
            text.id,
            tuple(said) if text.pluralizable else said[0],
            locations=text.locations,
            auto_comments=text.auto_comments,
            user_comments=known.user_comments if known is not None and kept else [UNREVIEWED],
            context=text.context,
        )
    return catalogue


def written(catalogue: Catalog, language: Language | None = None) -> str:
    """A catalogue as a file, the template where no language is given. It has no date: it changes with its texts."""
    header = ["Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: 8bit", "MIME-Version: 1.0"]
    if language:
        header += [f"Language: {language.code}", f"Plural-Forms: {language.plural}"]
    for text in catalogue:
        text.flags.clear()  # of formats that other tools guess
    out = BytesIO()
    write_po(out, catalogue, width=0, omit_header=True, include_lineno=False)
    head = "".join(f'"{line}\\n"\n' for line in header)
    return f'msgid ""\nmsgstr ""\n{head}\n{out.getvalue().decode("utf-8").strip()}\n'


def main() -> None:
    """Writes the template and brings each catalogue to it."""
    asked = collected(texts())
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_text(written(asked), encoding="utf-8")
    for language in LANGUAGES.values():
        if language.code != "en":
            file = catalogue_file(language.code)
            file.parent.mkdir(parents=True, exist_ok=True)
            catalogue = followed(asked, read_catalogue(language.code), language)
            file.write_text(written(catalogue, language), encoding="utf-8")


if __name__ == "__main__":
    main()
