"""The language of a page: which one, its numbers and days, and sentences of the warehouse said in it."""

import ast
import re
import string
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from babel.messages.catalog import Catalog
from hypothesis import given
from hypothesis import strategies as st

from dashboard import language, messages, templates, words
from dashboard.language import LANGUAGES
from dashboard.templates import Template, filled, fitting
from ingest.folder import Folder
from schemas.said import said
from warehouse.lineage import lineage
from warehouse.release import open_release

ROOT = Path(__file__).parents[1]
NARROW, FIXED = "\u202f", "\u00a0"
OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    language.use("en")
    yield
    language.use("en")


# Which language


@pytest.mark.parametrize(
    ("asked", "preferred", "chosen"),
    [
        ("fr", "ru", "fr"),
        ("pt-BR", None, "pt"),
        (None, "fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        (None, "de, ru;q=0.3, es;q=0.7", "es"),
        (None, "en;q=0, ar;q=0.1", "ar"),
        (None, "zh_Hans_CN", "zh"),
        ("xx", "es", "es"),
        (None, None, "en"),
        ("", "", "en"),
        ("<script>alert(1)</script>", "'; drop table figure", "en"),
        (None, "fr;q=2, ru;q=x", "fr"),
    ],
)
def test_the_address_chooses_then_the_browser_then_english(
    asked: str | None, preferred: str | None, chosen: str
) -> None:
    assert language.chosen(asked, preferred) == chosen


@given(st.text(), st.text())
def test_any_wish_ends_in_a_language(asked: str, preferred: str) -> None:
    assert language.chosen(asked, preferred) in LANGUAGES


def test_languages_stand_in_order_and_know_their_direction() -> None:
    assert [*LANGUAGES] == ["ar", "en", "es", "fr", "pt", "ru", "zh"]
    assert [code for code, one in LANGUAGES.items() if one.direction == "rtl"] == ["ar"]
    language.use("no such language", "arab")
    assert (language.current(), language.direction()) == ("en", "ltr")


# Numbers, days and lists, as people who write these languages do

WRITTEN = {
    "en": ("1,234,567", "1,234", "−78", "12.5", "12.5%", "26 August 2024", "a, b and c"),
    "ar": ("1,234,567", "1,234", "−78", "12.5", "12.5%", "26 أغسطس 2024", "a وb وc"),
    "es": ("1.234.567", "1234", "−78", "12,5", f"12,5{FIXED}%", "26 de agosto de 2024", "a, b y c"),
    "fr": (f"1{NARROW}234{NARROW}567", f"1{NARROW}234", "−78", "12,5", f"12,5{NARROW}%", "26 août 2024", "a, b et c"),
    "pt": ("1.234.567", "1.234", "−78", "12,5", "12,5%", "26 de agosto de 2024", "a, b e c"),
    "ru": (f"1{FIXED}234{FIXED}567", f"1{FIXED}234", "−78", "12,5", f"12,5{FIXED}%", "26 августа 2024 г.", "a, b и c"),
    "zh": ("1,234,567", "1,234", "−78", "12.5", "12.5%", "2024年8月26日", "a、b和c"),
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_numbers_days_and_lists_have_the_languages_own_form(code: str) -> None:
    language.use(code)
    many, four, below, part, share, day, listed = WRITTEN[code]
    assert language.number(Decimal("1234567"), "weapon") == many
    assert language.number(Decimal("1234"), "weapon") == four
    assert language.number(Decimal("-78"), "weapon") == below
    assert language.number(Decimal("12.5"), "weapon") == part
    # CLDR has had either space before the sign in French.
    assert re.sub(r"\s", " ", language.percent(Decimal("0.125"), 1)) == re.sub(r"\s", " ", share)
    assert re.sub(r"\s", " ", language.day(date(2024, 8, 26))) == day
    assert language.listed(["a", "b", "c"]) == listed


def test_arabic_may_have_its_own_digits() -> None:
    language.use("ar", "arab")
    assert language.number(Decimal("1234567.5")) == "١٬٢٣٤٬٥٦٧٫٥"
    assert language.percent(Decimal("0.125"), 1) == "١٢٫٥٪"
    assert language.day(date(2024, 8, 26)) == "٢٦ أغسطس ٢٠٢٤"
    assert language.period("2016/2017") == "٢٠١٦–٢٠١٧"
    language.use("ar")
    assert language.number(Decimal(12)) == "12"
    language.use("fr", "arab")
    assert language.number(Decimal(12)) == "12"


@pytest.mark.parametrize("code", LANGUAGES)
@given(value=st.decimals("0.000001", "1000000", allow_nan=False, places=6))
def test_a_small_number_never_becomes_zero(code: str, value: Decimal) -> None:
    language.use(code)
    for written in (language.number(value, "weapon"), language.number(-value), words.ratio(float(value))):
        assert re.search(r"[1-9]", written), (code, value, written)
    if value >= Decimal("0.0001"):
        assert re.search(r"[1-9]", language.percent(value))


@pytest.mark.parametrize("code", LANGUAGES)
@given(value=st.integers(-(10**12), 10**12))
def test_a_number_keeps_its_digits(code: str, value: int) -> None:
    language.use(code)
    written = language.number(Decimal(value), "weapon")
    assert "".join(sign for sign in written if sign.isdigit()) == str(abs(value))
    assert ("−" in written) == (value < 0)
    assert "-" not in written


def test_a_period_is_said_and_what_is_none_stays() -> None:
    assert language.period("2019-Q3") == "Q3 2019"
    assert language.period("2019-03") == "March 2019"
    assert language.period("2019-03-31") == "31 March 2019"
    assert language.period("2019") == "2019"
    assert language.period("<b>") == "<b>"
    language.use("es")
    assert language.period("2019-03") == "marzo de 2019"
    language.use("zh")
    assert language.period("2019-Q3") == "2019年第3季度"


def test_places_have_their_names_in_the_language() -> None:
    names = {"ar": "البرازيل", "es": "Brasil", "fr": "Brésil", "pt": "Brasil", "ru": "Бразилия", "zh": "巴西"}
    for code, name in names.items():
        language.use(code)
        assert language.place_name("BRA", "Brazil") == name
        assert language.place_name("XX-NOWHERE", "Own <name>") == "Own <name>"
        assert language.place_name("XX-NOWHERE") == "XX-NOWHERE"


# Catalogues


@pytest.fixture
def speaking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Makes catalogues of given texts: what stands there in French, the language that is then in use."""

    def write(found: dict[messages.Text, str | tuple[str, ...]], code: str = "fr") -> None:
        asked = messages.collected(found)
        language.TEMPLATE.write_text(messages.written(asked), encoding="utf-8")
        made = messages.followed(asked, Catalog(), LANGUAGES[code])
        for text, translation in found.items():
            made.get(text.words, text.context).string = translation
        file = language.catalogue_file(code)
        file.parent.mkdir(parents=True)
        file.write_text(messages.written(made, LANGUAGES[code]), encoding="utf-8")
        forget()
        language.use(code)

    monkeypatch.setattr(language, "FOLDER", tmp_path)
    monkeypatch.setattr(language, "TEMPLATE", tmp_path / "commons.pot")
    yield write
    monkeypatch.undo()
    forget()


def forget() -> None:
    for kept in (language._catalogue, language._texts, language._sentence, language.reviewed):
        kept.cache_clear()  # type: ignore[attr-defined]


def text(words_: str, context: str | None = None, plural: str | None = None) -> messages.Text:
    return messages.Text(words_, "here", context=context, plural=plural)


def template(words_: str) -> messages.Text:
    return messages.sentence(words_, "here")


def test_a_text_is_translated_in_its_context_and_a_missing_one_is_english(speaking: Any) -> None:
    speaking({text("state"): "état", text("state", "level"): "État ou province", text("Nothing."): ""})
    assert language._("state") == "état"
    assert language.pgettext("level", "state") == "État ou province"
    assert language.pgettext("unit", "state") == "state"
    assert language._("Nothing.") == "Nothing."
    assert language._("never seen") == "never seen"
    assert language._("") == ""


@pytest.mark.parametrize(
    ("code", "numbers"),
    [
        ("ar", {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 103: 3, 11: 4, 99: 4, 111: 4, 100: 5, 102: 5, 1000: 5}),
        ("ru", {1: 0, 21: 0, 101: 0, 2: 1, 24: 1, 0: 2, 5: 2, 11: 2, 12: 2, 14: 2, 111: 2, 112: 2}),
        ("fr", {0: 0, 1: 0, 2: 1, 11: 1}),
        ("pt", {0: 0, 1: 0, 2: 1}),
        ("es", {0: 1, 1: 0, 2: 1}),
        ("zh", {0: 0, 1: 0, 2: 0}),
    ],
)
def test_the_form_goes_with_the_number(speaking: Any, code: str, numbers: dict[int, int]) -> None:
    forms = tuple(f"form {at}" for at in range(max(numbers.values()) + 1))
    speaking({text("{n} row", plural="{n} rows"): forms}, code)
    assert {n: language.ngettext("{n} row", "{n} rows", n) for n in numbers} == {
        n: forms[at] for n, at in numbers.items()
    }


def test_reviews_are_counted(speaking: Any) -> None:
    speaking({text("one"): "un", text("two"): "deux", text("three"): ""})
    assert language.reviewed("fr") == (0, 2)
    file = language.catalogue_file("fr")
    file.write_text(file.read_text(encoding="utf-8").replace("# unreviewed\n", "", 1), encoding="utf-8")
    forget()
    assert language.reviewed("fr") in ((1, 2), (0, 2))
    file.write_text(file.read_text(encoding="utf-8").replace("# unreviewed\n", ""), encoding="utf-8")
    forget()
    assert language.reviewed("fr") == (2, 2)


# Sentences of the warehouse


def test_a_sentence_is_found_by_its_form_and_its_parts_are_said(speaking: Any) -> None:
    speaking(
        {
            template("{} is partial: at least this number."): "{} est partiel : au moins ce nombre.",
            template("The two count in different units: {} and {}."): "Les unités diffèrent : {1} et {0}.",
            template("{} covers only {}."): "{} ne couvre que {}.",
            template("Left out: {}. {}"): "Omis : {}. {}",
            template("{:d} of {:d} cells, {} in all"): "{1:d} cellules, dont {0:d} ; {2} en tout",
            template("The source says: {}"): "La source dit : {}",
            text("firearms", "unit"): "armes à feu",
            text("incidents", "unit"): "incidents",
            text("SINESP"): "SINESP",
            text("guns of armed events"): "les armes d'affrontements",
            text("One. Two: three."): "Un. Deux : trois.",
            text("Four."): "Quatre.",
        }
    )
    for english_, french in (
        ("sinesp_vde is partial: at least this number.", "SINESP est partiel : au moins ce nombre."),
        ("The two count in different units: weapon and incident.", "Les unités diffèrent : incidents et armes à feu."),
        ("cide_ppd covers only guns of armed events.", "CIDE-PPD database ne couvre que les armes d'affrontements."),
        ("Left out: BRA, BR-SP. Four. One. Two: three.", "Omis : Brésil, São Paulo. Quatre. Un. Deux : trois."),
        (
            "12 of 12345 cells, 1234567.5 in all",
            f"12{NARROW}345 cellules, dont 12 ; 1{NARROW}234{NARROW}567,5 en tout",
        ),
        ("The source says: One. Two: three.", "La source dit : Un. Deux : trois."),
        ("The source says: something of its own, 2019.", "La source dit : something of its own, 2019."),
        ("One. Two: three.", "Un. Deux : trois."),
        ("No sentence of ours.", "No sentence of ours."),
        ("", ""),
    ):
        assert language.sentence(english_) == french
        assert language.knows(english_) == (english_ != french)


def test_parts_that_are_quoted_stay_as_published(speaking: Any) -> None:
    speaking(
        {
            template("Row {row}, column {column}: “{value}” is not a number."): "Ligne {row}, {column} : « {value} » ?",
            template("changes from “{}” ({:d}) to “{}”"): "passe de « {} » ({:d}) à « {} »",
            text("none stated"): "aucune",
        }
    )
    said_ = language.sentence("Row 12345, column weapon: “1,234.5” is not a number.")
    assert said_ == f"Ligne 12{NARROW}345, weapon : « 1,234.5 » ?"
    assert language.sentence("changes from “BRA” (2019) to “none stated”") == "passe de « BRA » (2019) à « aucune »"


HOSTILE = [
    "{0}",
    "{value}",
    "{}",
    "{{}}",
    "{0.__class__}",
    "%s",
    "\\g<1>",
    "\x00",
    "<b>",
    "” is not a number.",
    "\n",
    "a" * 9000,
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_parts_are_text(speaking: Any, hostile: str) -> None:
    speaking({template("Row {row}: “{value}” is unknown."): "{row} : « {value} »"})
    made = language.sentence(f"Row 7: “{hostile}” is unknown.")
    assert made in (f"7 : « {hostile} »", f"Row 7: “{hostile}” is unknown.")
    assert (made[0] == "7") == (len(hostile) < templates.LONGEST - 50)


@given(st.text(max_size=300))
def test_any_text_has_a_sentence(anything: str) -> None:
    language.use("ru")
    assert isinstance(language.sentence(anything), str)
    ours = anything in language._constants() or fitting(language._templates(), anything)
    assert ours or language.sentence(anything) == anything


def test_english_names_what_codes_mean() -> None:
    told = language.sentence("sinesp_vde is partial: at least this number.")
    assert told == "SINESP is partial: at least this number."
    told = language.sentence("soudapaz_rj covers only firearms of ISP-RJ.")
    assert told == "Sou da Paz: firearms seized in Rio de Janeiro covers only firearms of ISP-RJ."


PLAIN = st.text(string.ascii_letters + " .,:;{}()“”%é漢", max_size=30)
WORDED = [Template(one.words) for one in messages.texts() if one.context == language.SENTENCE]


@given(st.sampled_from(WORDED), st.data())
def test_what_a_template_makes_it_finds_again(one: Template, data: st.DataObject) -> None:
    gaps = [*templates.GAP.finditer(one.words)]
    whole = {"d": st.integers(0, 10**6), ",": st.integers(0, 10**6)}
    drawn = [data.draw(whole["d"] if gap[1] in templates.WHOLE else whole.get(gap[2] or "", PLAIN)) for gap in gaps]
    named = {gap[1]: part for gap, part in zip(gaps, drawn, strict=True) if gap[1]}
    unnamed = [part for gap, part in zip(gaps, drawn, strict=True) if not gap[1]]
    made = one.words.format(*unnamed, **named)
    parts = one.parts(made)
    if gaps[0].start() == 0 and re.search("[.:] ", f"{drawn[0]}{one.words[gaps[0].end() :][:1]}"):
        return  # a sentence, not a name
    assert parts is not None
    assert filled(one.words, {part.name: part.text for part in parts}) == made


def test_a_sentence_begins_with_a_name_and_not_with_another_sentence() -> None:
    told = "Left out: USA. unodc_iafq takes this row from the ATF: it counts firearms traced, not firearms seized."
    assert forms_of(told) == ["Left out: {}. {}"]
    assert forms_of(told.replace("Left out: USA.", "Included as published:")) == ["Included as published: {}"]
    assert language.sentence(told).startswith(
        "Left out: United States of America. Illicit Arms Flows Questionnaire takes"
    )


def test_python_fills_sentences_as_sql_does() -> None:
    assert said("Read from {}.", "{x}") == "Read from {x}."
    assert said("100 % {as it stands}") == "100 % {as it stands}"
    made = duckdb.sql("select format('{} of {:d}, {:,}', 'a{}', 2019, 1234567)").fetchall()[0][0]
    assert said("{} of {:d}, {:,}", "a{}", 2019, 1234567) == made == "a{} of 2019, 1,234,567"


# What a release says is known, each sentence by one form

SAID = {
    "agreement": ("withheld", "reasons"),
    "caveat": ("text",),
    "comparison": ("reasons",),
    "concept_pair": ("reason",),
    "counts_as": ("reason",),
    "coverage": ("note",),
    "declared_change": ("text",),
    "definition": ("text", "subset_of", "unstated"),
    "flow_place": ("no_share",),
    "issue": ("sentence", "repair"),
    "mark": ("sentence",),
    "mirror": ("reasons",),
    "quality_rule": ("words", "measure"),
    "recomputation": ("reasons",),
    "revision": ("reason",),
    "share": ("reasons",),
    "source": ("title", "producer", "publisher", "obtained_from", "description"),
    "source_card": ("computed_words", "measure", "basis", "words", "self_words"),
    "statement": ("no_statement",),
    "trend": ("reasons",),
}
"""Tables and views of a release → their columns with sentences for people."""


def forms_of(sentence: str) -> list[str]:
    """The texts a sentence of a release can have been made from: a constant, or its templates."""
    if sentence in language._constants():
        return [sentence]
    return [one.words for one, _parts in fitting(language._templates(), sentence)]


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A commons of the starter set: eleven sources, every view."""
    held = tmp_path_factory.mktemp("starter")
    command = [sys.executable, "-m", "commons", "starter", "--data", str(held)]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return held


@pytest.mark.parametrize("commons", ["small", pytest.param("starter", marks=pytest.mark.slow)])
def test_every_sentence_of_a_release_has_one_form(commons: str, request: pytest.FixtureRequest) -> None:
    held: Path = request.getfixturevalue(commons)
    unclear, seen = {}, 0
    with open_release(Folder(held)) as con:
        kinds = dict(
            con.execute("select table_name || '.' || column_name, data_type from information_schema.columns").fetchall()
        )
        for table, columns in SAID.items():
            for column in columns:
                every = f"unnest({column})" if kinds[f"{table}.{column}"].endswith("[]") else column
                for (told,) in con.execute(f"select distinct {every} as told from {table}").fetchall():
                    seen += bool(told)
                    if told and len(forms_of(told)) != 1:
                        unclear[told] = forms_of(told)
        figures = con.execute(
            "select min(figure_id) from figure group by source, derived, completeness, mapping_relation"
        ).fetchall()
    for (figure,) in figures:
        found = lineage(Folder(held), figure)
        for step in found["steps"]:
            if step != found["figure"]["footnote"] and len(forms_of(step)) != 1:
                unclear[step] = forms_of(step)
    assert seen > 100
    assert unclear == {}


def test_every_sentence_in_sql_can_be_collected() -> None:
    """Words for people stand in format or said, whole; comments on columns go into the dictionary only."""
    for path in sorted((ROOT / "warehouse").rglob("*.sql")):
        code = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
        code = re.sub(r"comment on \w+ [\w.]+ is\s+'(?:[^']|'')*';", "", code)
        for literal in re.findall(messages.LITERAL, messages.IN_SQL.sub("", code)):
            begins_a_text = any(one.startswith(literal[1:-1]) for one in language._constants())
            assert begins_a_text or not re.search(r"[A-Za-z]{2,} [A-Za-z]{2,} ", literal), f"{path.name}: {literal}"


# Collecting


def test_texts_of_code_are_its_constants() -> None:
    code = (
        "x = _('One ' 'text.') if a else _(b)\n"
        "y = f\"{text(_('Within.'))} {ngettext('{n} row', '{n} rows', 3)}\"\n"
        "z = language.pgettext('unit', 'weapon'), said('Read from {}.', name), said('whole'), print('never')\n"
    )
    found = {(one.words, one.context, one.plural) for one in messages.of_code(code, "here")}
    assert found == {
        ("One text.", None, None),
        ("Within.", None, None),
        ("{n} row", None, "{n} rows"),
        ("weapon", "unit", None),
        ("Read from {}.", "sentence", None),
        ("whole", None, None),
    }


def test_texts_of_sql_are_whole() -> None:
    query = (
        "-- said('not this')\nselect format('It''s {} '\n || 'and {:d}.', a, 2), said('Plain.'), 'code',"
        " format(x, 'nor this'), said(\n 'Two '\n || 'parts.'\n)"
    )
    assert [(one.words, one.context) for one in messages.of_sql(query, "here")] == [
        ("It's {} and {:d}.", "sentence"),
        ("Plain.", None),
        ("Two parts.", None),
    ]


def test_texts_of_curators_are_told_from_codes() -> None:
    held = tomllib.loads(
        'place = "BR-SP"\nyears = ["2019", "2020"]\n[[example]]\nexplains = "Why it differs."\ntitle = "Brazil"\n'
        'sources = ["sinesp_vde"]\n'
    )
    assert [one.words for one in messages.of_curator(held, "here")] == ["Why it differs.", "Brazil"]


def test_catalogues_follow_the_texts_and_nothing_is_guessed() -> None:
    french = LANGUAGES["fr"]
    before = messages.followed(messages.collected([text("kept"), text("gone")]), Catalog(), french)
    assert all("unreviewed" in one.user_comments for one in before if one.id)
    before.get("kept").string = "gardé"
    before.get("kept").user_comments = []
    before.get("gone").string = "parti"
    after = messages.followed(messages.collected([text("kept"), text("kept."), text("new")]), before, french)
    assert {one.id: (one.string, one.user_comments) for one in after if one.id} == {
        "kept": ("gardé", []),
        "kept.": ("", ["unreviewed"]),
        "new": ("", ["unreviewed"]),
    }
    written = messages.written(after, french)
    assert "fuzzy" not in written
    assert "gone" not in written
    assert not re.search(r"\d{4}-\d\d-\d\d", written)


def test_one_text_in_two_places_is_one_message() -> None:
    both = messages.collected(
        [messages.Text("x", "a.py"), messages.Text("x", "b.sql"), messages.Text("x", "c", "", "unit")]
    )
    found = [one for one in both if one.id]
    assert [(one.context, [where for where, _line in one.locations]) for one in found] == [
        (None, ["a.py", "b.sql"]),
        ("unit", ["c"]),
    ]


def test_every_kind_of_word_that_pages_say_is_in_the_vocabulary() -> None:
    asked = set()
    for path in (ROOT / "dashboard").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and node.args:
                kind = node.args[0]
                if isinstance(kind, ast.Constant):
                    asked.add(kind.value)
    assert asked
    assert asked - language.vocabulary().keys() == set()
