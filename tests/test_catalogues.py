"""The catalogues hold a whole translation of every text, with its gaps, forms and marks."""

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message

from dashboard import language, messages
from dashboard.language import LANGUAGES, forms
from dashboard.markup import TURNING
from dashboard.templates import gaps_of

TRANSLATED = [code for code in LANGUAGES if code != "en"]
KEPT = re.compile(r"`[^`]+`|https?://\S+|\]\([^)]+\)")
"""What stays as it is in a longer text: code, addresses, where links lead."""


@cache
def asked() -> Catalog:
    return messages.collected(messages.texts())


def wordings(code: str) -> list[Message]:
    return [one for one in language.read_catalogue(code) if one.id]


def english(one: Message) -> list[str]:
    return [one.id] if isinstance(one.id, str) else [*one.id]


def test_the_template_has_every_text() -> None:
    assert language.TEMPLATE.read_text(encoding="utf-8") == messages.written(asked()), "run: make messages"


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_catalogue_follows_the_texts(code: str) -> None:
    file = language.catalogue_file(code)
    followed = messages.followed(asked(), language.read_catalogue(code), LANGUAGES[code])
    assert file.read_text(encoding="utf-8") == messages.written(followed, LANGUAGES[code]), "run: make messages"


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_is_translated(code: str) -> None:
    missing = [english(one)[0] for one in wordings(code) if not all(forms(one.string))]
    assert not missing, f"{len(missing)} of {len(wordings(code))} texts are not translated, such as {missing[:3]}"


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_keep_gaps_and_what_is_no_words(code: str) -> None:
    wrong = {}
    for one in wordings(code):
        for said in filter(None, forms(one.string)):
            # A form for one or for none may say its number in words.
            needed = [gaps_of(words) for words in english(one)]
            fits = gaps_of(said) in needed or (
                one.pluralizable and gaps_of(said) == [g for g in needed[-1] if g != "n"]
            )
            kept = sorted(KEPT.findall(said)) == sorted(KEPT.findall(english(one)[0])) or one.pluralizable
            if not fits or not kept or set(said) & (TURNING - {"\u200e", "\u200f"}):
                wrong[english(one)[0]] = said
    assert wrong == {}


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_number_has_its_form(code: str) -> None:
    held = language.read_catalogue(code)
    wanted = int(re.findall(r"nplurals=(\d)", LANGUAGES[code].plural)[0])
    assert held.num_plurals == wanted
    assert {len(forms(one.string)) for one in wordings(code) if one.pluralizable} == {wanted}
    assert {len(forms(one.string)) for one in wordings(code) if not one.pluralizable} == {1}


@pytest.mark.parametrize("code", TRANSLATED)
def test_the_plural_rule_is_that_of_the_language(code: str) -> None:
    """Whole numbers that CLDR tells apart take different forms, and those it does not take the same."""
    from gettext import c2py

    from babel import Locale

    rule, own = (
        Locale.parse(LANGUAGES[code].locale).plural_form,
        c2py(LANGUAGES[code].plural.split("plural=")[1].rstrip(";")),
    )
    pairs = {(rule(n), own(n)) for n in range(1000)}
    assert len(pairs) == len({form for _category, form in pairs}) == len({category for category, _form in pairs})


@pytest.mark.parametrize("code", TRANSLATED)
def test_only_a_reviewer_takes_the_mark_away(code: str) -> None:
    marks = {comment for one in wordings(code) for comment in one.user_comments}
    assert marks <= {language.UNREVIEWED}
    reviewed, known = language.reviewed(code)
    assert 0 <= reviewed <= known <= len(wordings(code))
