"""The language of a page: which one it is, what sentences are in it, and how it writes numbers, dates and lists.

English texts are the keys of gettext catalogues, `locale/<code>/LC_MESSAGES/commons.po`; English needs none, and what
a catalogue lacks is said in English. The language is set once per run of a page with `use`. Answers that are kept for
everyone (cached queries) must not contain texts of a language.
"""

import gettext
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, dates, lists, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import ingest.sources
from dashboard.templates import Part, Template, filled, fitting
from ingest.register import gazetteer, naming

FOLDER = Path(__file__).with_name("locale")
DOMAIN = "commons"
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
"""Every English text there is: what the catalogues follow (`make messages`)."""
SENTENCE = "sentence"
"""The context of sentences with gaps that the warehouse fills."""
UNREVIEWED = "unreviewed"
"""The comment of a translation that no native speaker has reviewed."""
KINDS = ("unit", "concept", "period_basis", "obs_status", "mapping_relation")
"""Code lists whose codes stand in sentences of the warehouse."""
AMOUNT = re.compile(r"([+−-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?( ?%)?")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
PERIOD = re.compile(r"\d{4}(-(Q[1-4]|\d\d)|/\d{4})")
NAMED = re.compile(r"(.+) \(([\w:-]+)\)")
SENTENCES = re.compile(r"(?<=[.!?”]) ")
MINUS = "−"
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True)
class Language:
    """A language pages are offered in."""

    code: str
    name: str
    """Its own name for itself."""
    direction: str
    """ltr or rtl."""
    locale: str
    """The CLDR locale whose numbers, dates and lists it uses."""
    plural: str
    """gettext's rule which of its plural forms a number takes."""
    ungrouped: int = 1000
    """Numbers below this one are written without separators of thousands."""


_ARABIC = (
    "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5;"
)
_RUSSIAN = "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2;"
LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        Language("ar", "العربية", "rtl", "ar", _ARABIC),
        Language("en", "English", "ltr", "en_GB", "nplurals=2; plural=n!=1;"),
        Language("es", "Español", "ltr", "es", "nplurals=2; plural=n!=1;", ungrouped=10_000),
        Language("fr", "Français", "ltr", "fr", "nplurals=2; plural=n>1;"),
        Language("pt", "Português", "ltr", "pt_BR", "nplurals=2; plural=n>1;"),
        Language("ru", "Русский", "ltr", "ru", _RUSSIAN),
        Language("zh", "中文", "ltr", "zh_Hans_CN", "nplurals=1; plural=0;"),
    )
}
"""Code → language, in alphabetical order of code. Plural rules and separators as CLDR has them, for whole numbers."""
DIGITS = ("latn", "arab")
"""The digits Arabic can be written with; other languages have the first only."""


@dataclass(frozen=True)
class _Spoken:
    code: str = "en"
    digits: str = "latn"


ENGLISH = _Spoken()
_spoken: ContextVar[_Spoken] = ContextVar("spoken", default=ENGLISH)


def use(code: str, digits: str | None = None) -> None:
    """Sets the language (a code of LANGUAGES) of what follows in this run, and Arabic's digits ('latn', 'arab')."""
    known = code if code in LANGUAGES else "en"
    _spoken.set(_Spoken(known, digits if known == "ar" and digits in DIGITS else "latn"))


def current() -> str:
    """The code of the language in use."""
    return _spoken.get().code


def direction() -> str:
    """'rtl' or 'ltr'."""
    return LANGUAGES[current()].direction


def digits() -> str:
    """The digits in use: 'latn' or 'arab'."""
    return _spoken.get().digits


def chosen(asked: str | None, preferred: str | None) -> str:
    """The language an address asks for, else the first a browser prefers that there is, else English.

    `preferred` is an Accept-Language header or a locale: 'fr-CH, fr;q=0.9, en;q=0.8' or 'pt-BR'.
    """
    ranked = [(0.0, asked or "")]
    for number, wanted in enumerate((preferred or "").split(",")[:20], 1):
        tag, _sep, weight = wanted.partition(";q=")
        quality = float(weight) if re.fullmatch(r"[01](\.\d{1,3})?", weight.strip()) else 1.0
        if quality:
            ranked.append((number + 100 * (1 - quality), tag))
    codes = (re.split("[-_]", tag.strip().lower())[0] for _rank, tag in sorted(ranked, key=lambda one: one[0]))
    return next((code for code in codes if code in LANGUAGES), "en")


def _(msgid: str) -> str:
    """The text in the language in use."""
    return _catalogue(current()).gettext(msgid) if msgid else ""


def ngettext(one: str, many: str, n: int) -> str:
    """The form of a text that goes with a number."""
    return _catalogue(current()).ngettext(one, many, n)


def pgettext(context: str, msgid: str) -> str:
    """The text as it is said in one context."""
    return _catalogue(current()).pgettext(context, msgid) if msgid else ""


def catalogue_file(code: str) -> Path:
    """Where a language's catalogue lies."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def read_catalogue(code: str) -> Catalog:
    """A language's catalogue as it was written; an empty one where there is none."""
    file = catalogue_file(code)
    if not file.is_file():
        return Catalog(locale=code)
    with file.open("rb") as opened:
        return read_po(opened, locale=code)


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    """A catalogue, compiled in memory; without a file, one that says everything in English."""
    if not catalogue_file(code).is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@cache
def reviewed(code: str) -> tuple[int, int]:
    """How many translations of a language a native speaker has reviewed, and how many there are."""
    translated = [one for one in read_catalogue(code) if one.id and all(forms(one.string))]
    return sum(UNREVIEWED not in one.user_comments for one in translated), len(translated)


def forms(string: str | Iterable[str] | None) -> list[str]:
    """A translation's forms: one for each of the language's plurals, or the only one."""
    return [string or ""] if isinstance(string, str | None) else [*string]


@cache
def vocabulary() -> dict[str, dict[str, Any]]:
    """Kind → code → English words, and the decimals of units: the file words.toml."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def number(value: Decimal | float | None, unit: str | None = None) -> str:
    """A value with separators of thousands, and with decimals where its unit has them or the value needs them."""
    if value is None:
        return nothing()
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    decimals = int(vocabulary()["decimals"].get(unit or "", 0))
    if exact != exact.to_integral_value():
        decimals = max(decimals, min(2, -int(exact.normalize().as_tuple().exponent)))
    return decimal(exact, decimals)


def _enough(value: Decimal, decimals: int) -> int:
    """Decimals that do not round a small value away to zero, which would be another statement."""
    while value and decimals < 6 and not round(value, decimals):
        decimals += 1
    return decimals


def decimal(value: Decimal, decimals: int = 0) -> str:
    """A number with so many decimals (more where it is small), in the digits and separators of the language."""
    return _in_digits(_decimal(value, _enough(value, decimals), current()))


@lru_cache(maxsize=50_000)  # a page writes the same numbers each time it is made
def _decimal(value: Decimal, decimals: int, code: str) -> str:
    language = LANGUAGES[code]
    written: str = numbers.format_decimal(
        value,
        format="#,##0" + ("." + "0" * decimals if decimals else ""),
        locale=language.locale,
        group_separator=abs(value) >= language.ungrouped,
        numbering_system="latn",
    )
    return written.replace("-", MINUS)


def percent(share: Decimal | float, decimals: int = 0) -> str:
    """A share of 1 as per cent: 0.125 with one decimal is '12.5%'."""
    exact = share if isinstance(share, Decimal) else Decimal(repr(share))
    locale = LANGUAGES[current()].locale
    written = numbers.format_percent(
        exact,
        format=_percent_pattern(locale, _enough(exact * 100, decimals)),
        locale=locale,
        numbering_system="latn",
    )
    return _in_digits(written.replace("-", MINUS))


@cache
def _percent_pattern(locale: str, decimals: int) -> str:
    pattern = str(Locale.parse(locale).percent_formats[None].pattern)
    return pattern.replace("0", "0." + "0" * decimals, 1) if decimals else pattern


def nothing() -> str:
    """What stands where a number would, if there were one."""
    return _("no figure held")


def day(value: date | None) -> str:
    """A day, as '26 August 2024'."""
    if value is None:
        return ""
    return _in_digits(dates.format_date(value, "long", locale=LANGUAGES[current()].locale))


def period(code: str | None) -> str:
    """A period's code as it is said: '2019', '2019-03', '2019-Q1', '2016/2017' (an average), '2019-03-31'."""
    locale = LANGUAGES[current()].locale
    said = code or ""
    if match := re.fullmatch(r"(\d{4})-Q([1-4])", said):
        said = dates.format_skeleton("yQQQ", date(int(match[1]), 3 * int(match[2]), 1), locale=locale)
    elif match := re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", said):
        said = dates.format_skeleton("yMMMM", date(int(match[1]), int(match[2]), 1), locale=locale)
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", said):
        return day(date.fromisoformat(said))
    elif match := re.fullmatch(r"(\d{4})/(\d{4})", said):
        said = f"{match[1]}–{match[2]}"
    return _in_digits(said)


def year(value: int) -> str:
    """A year, which has no separator."""
    return _in_digits(str(value))


def years(first: int | None, last: int | None) -> str:
    """First and last year, as one text; '' of none."""
    if first is None or last is None:
        return ""
    return year(first) if first == last else f"{year(first)}–{year(last)}"


def listed(words: Iterable[str]) -> str:
    """'a', 'a and b', 'a, b and c'."""
    return lists.format_list([*words], locale=LANGUAGES[current()].locale)


def separators() -> list[tuple[str, str]]:
    """How to write a number as the language does: signs of the English form, each with what it is to be replaced by.

    To be replaced one after the other; the separator of thousands is kept apart until the point is done.
    """
    locale = LANGUAGES[current()].locale
    group = numbers.get_group_symbol(locale, numbering_system="latn")
    point = numbers.get_decimal_symbol(locale, numbering_system="latn")
    signs = [(",", "_"), (".", _in_digits(point)), ("_", _in_digits(group)), ("-", MINUS)]
    digits = [(str(at), _in_digits(str(at))) for at in range(10)]
    return signs + [(sign, own) for sign, own in digits if sign != own]


def _in_digits(written: str) -> str:
    if _spoken.get().digits == "latn":
        return written
    return written.replace(".", "٫").replace(",", "٬").replace("%", "٪").translate(EASTERN)


def place_name(code: str | None, english: str | None = None) -> str:
    """A place's name in the language where the register has one, else the name given, else its code."""
    return naming.names().get((code or "", current())) or english or code or ""


def in_order(name: str) -> str:
    """What names are put in alphabetical order by: small letters without their accents."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def sentence(english: str) -> str:
    """A sentence of a release in the language in use: of a view, an issue, a step of a number, a declaration.

    Its parts are said in the language too: sources, places, units, numbers, days. What is no sentence of ours stays as
    it is (`knows` tells).
    """
    return _sentence(english, _spoken.get())


def knows(english: str) -> bool:
    """Whether the language in use has words for a sentence of a release; else it stays in English."""
    if current() == "en" or _(english) != english:
        return True
    found = fitting(_templates(), english)
    return bool(found) and pgettext(SENTENCE, found[0][0].words) != found[0][0].words


@lru_cache(maxsize=20_000)
def _sentence(english: str, _spoken: _Spoken) -> str:
    if english in _constants():
        return _(english)
    found = fitting(_templates(), english)
    if not found:
        return english
    template, parts = found[0]
    return filled(pgettext(SENTENCE, template.words), {part.name: _part(part) for part in parts})


@cache
def _texts() -> tuple[frozenset[str], tuple[Template, ...]]:
    """The English texts without a context, and the templates of sentences: from the file all catalogues follow."""
    if not TEMPLATE.is_file():
        return frozenset(), ()
    with TEMPLATE.open("rb") as opened:
        read = [one for one in read_po(opened) if one.id]
    constants = (one.id for one in read if one.context is None and isinstance(one.id, str))
    return frozenset(constants), tuple(Template(str(one.id)) for one in read if one.context == SENTENCE)


def _constants() -> frozenset[str]:
    return _texts()[0]


def _templates() -> tuple[Template, ...]:
    return _texts()[1]


def _part(part: Part) -> str:
    if part.quoted:
        return _(part.text) if part.text in _constants() else part.text
    within = part.text.strip()
    before, _within, after = part.text.partition(within) if within else (part.text, "", "")
    return before + _put(within) + after


def _put(english: str) -> str:
    said = _one(english)
    said = _several(english) if said is None else said
    return english if said is None else said


def _one(english: str) -> str | None:
    """One thing in the language in use: a text, code, name, number or day; None where it is none of them."""
    if english in _constants():
        return _(english)
    if english in _codes():
        kind, words = _codes()[english]
        return pgettext(kind, words)
    if english in _sources():
        return _(_sources()[english])
    if english in _contributed:
        return _contributed[english]
    if english in _places():
        return place_name(english, _places()[english])
    if english in _codes_by_name():
        return place_name(_codes_by_name()[english], english)
    if (named := NAMED.fullmatch(english)) and named[2] in _places():
        return f"{place_name(named[2], named[1])} ({named[2]})"
    return _amount(english)


def _amount(english: str) -> str | None:
    """A number, a share in per cent, a day or a period, as a sentence has it, in the language in use."""
    if found := AMOUNT.fullmatch(english):
        sign, whole, fraction, per_cent = found[1], found[2], found[3] or "", found[4]
        value = Decimal(whole.replace(",", "") + fraction)
        decimals = max(len(fraction) - 1, 0)
        if per_cent:
            said = percent(value / 100, decimals)
        elif fraction or len(whole) > len("2019"):
            said = decimal(value, decimals)
        else:  # a year has no separator, and no smaller number needs one
            said = _in_digits(whole)
        return sign.replace("-", MINUS) + said
    if DAY.fullmatch(english):
        try:
            return day(date.fromisoformat(english))
        except ValueError:
            return None
    return period(english) if PERIOD.fullmatch(english) else None


def _several(english: str) -> str | None:
    """A list of such things, or sentences that follow each other; None where one of them is unknown."""
    if fitting(_templates(), english):
        return sentence(english)
    for sign, put in ((", ", in_line), (" or ", _or), (" and ", listed)):
        said = [_one(item) for item in english.split(sign)]
        if len(said) > 1 and None not in said:
            return put([item for item in said if item is not None])
    for end in SENTENCES.finditer(english):
        first, rest = english[: end.start()], english[end.end() :]
        if first in _constants() or fitting(_templates(), first):
            return f"{sentence(first)} {_put(rest)}"
    return None


def in_line(words: list[str]) -> str:
    """Words with commas between them, as the language writes them."""
    return {"ar": "، ", "zh": "、"}.get(current(), ", ").join(words)


def _or(words: list[str]) -> str:
    return lists.format_list(words, style="or", locale=LANGUAGES[current()].locale)


@cache
def _codes() -> dict[str, tuple[str, str]]:
    """Codes that sentences name, with their kind and English words."""
    return {code: (kind, words) for kind in reversed(KINDS) for code, words in vocabulary().get(kind, {}).items()}


_contributed: dict[str, str] = {}


def name_sources(titles: Mapping[str, str]) -> None:
    """Makes known what contributed sources are called: name → title. Sentences that name them say the title."""
    _contributed.update({name: title for name, title in titles.items() if name not in _sources()})


@cache
def _sources() -> dict[str, str]:
    """Name of each declared source → what it is called: its title up to the colon, unless another has that too."""
    files = sorted(Path(ingest.sources.__path__[0]).glob("*.toml"))
    titles = {file.stem: str(tomllib.loads(file.read_text(encoding="utf-8"))["title"]) for file in files}
    short = Counter(title.split(":")[0] for title in titles.values())
    return {name: one if short[one := title.split(":")[0]] == 1 else title for name, title in titles.items()}


@cache
def _places() -> dict[str, str]:
    return dict(gazetteer.load().places.select("code", "name").iter_rows())


@cache
def _codes_by_name() -> dict[str, str]:
    """English names of the places that have names in other languages → their codes."""
    return {name: code for (code, language), name in naming.names().items() if language == "en"}
