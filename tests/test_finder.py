"""Finding a place: by name in every language, by alias and by code; with figures first; nothing typed does harm."""

import re
import time
import unicodedata
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from viewer import HOSTILE

from dashboard import finder, language
from dashboard.finder import Found, Index
from ingest.register import gazetteer

HELD = {"BRA": "itself", "BR-SP": "itself", "CO-DANE:05001": "itself", "MEX": "inside", "BR-RJ-CISP:105": "itself"}


@pytest.fixture(scope="module")
def index() -> Index:
    """The whole shipped register with one area of a source's own; five places hold figures."""
    places = gazetteer.load().places.select("code", "name", "level", "parent").to_dicts()
    own = {"code": "BR-RJ-CISP:105", "name": "Petrópolis e Cascatinha", "level": "area", "parent": "BR-IBGE:3303906"}
    return Index(finder.names([*places, own], gazetteer.load()), HELD)


@pytest.fixture(autouse=True)
def _english() -> None:
    language.use("en")


def codes(found: Found) -> list[str]:
    return [match.place["code"] for match in (*found.held, *found.bare)]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("البرازيل", "BRA"),
        ("برازيل", "BRA"),
        ("巴西", "BRA"),
        ("Бразилия", "BRA"),
        ("brésil", "BRA"),
        ("BRESIL", "BRA"),
        ("  Brasil ", "BRA"),
        ("Brazil", "BRA"),
        ("كولومبيا", "COL"),
        ("哥伦比亚", "COL"),
        ("Мексика", "MEX"),
        ("cote d'ivoire", "CIV"),
        ("CÔTE D’IVOIRE", "CIV"),
        ("rio janeiro", "BR-RJ"),
        ("janeiro rio de", "BR-RJ"),
        ("medellin", "CO-DANE:05001"),
        ("ECOWAS", "ORG:ECOWAS"),
    ],
)
def test_names_in_every_language_find_their_place(index: Index, typed: str, code: str) -> None:
    assert code in codes(finder.find(typed, index))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("BRA", "BRA"),
        ("br", "BRA"),
        ("076", "BRA"),
        ("76", "BRA"),
        ("BR-RJ", "BR-RJ"),
        ("br rj", "BR-RJ"),
        ("RJ", "BR-RJ"),
        ("BR-IBGE:3304557", "BR-IBGE:3304557"),
        ("IBGE 3304557", "BR-IBGE:3304557"),
        ("3304557", "BR-IBGE:3304557"),
        ("DANE:05001", "CO-DANE:05001"),
        ("INEGI 05001", "MX-INEGI:05001"),
        ("us-fips:48141", "US-FIPS:48141"),
        ("48141", "US-FIPS:48141"),
        ("٠٥٠٠١", "CO-DANE:05001"),
        ("M49:005", "M49:005"),
        ("CISP 105", "BR-RJ-CISP:105"),
    ],
)
def test_codes_of_every_register_find_their_place_exactly(index: Index, typed: str, code: str) -> None:
    found = finder.find(typed, index)
    assert code in [match.place["code"] for match in (*found.held, *found.bare) if match.exact]


def test_one_name_may_be_a_state_and_a_municipality(index: Index) -> None:
    found = finder.find("Sao Paulo", index)
    assert {"BR-SP", "BR-IBGE:3550308"} <= {*codes(found)}
    state = next(match for match in found.held if match.place["code"] == "BR-SP")
    assert state.within == ("Brazil",)
    town = next(match for match in found.bare if match.place["code"] == "BR-IBGE:3550308")
    assert town.within == ("São Paulo", "Brazil")


def test_one_code_may_be_of_several_registers(index: Index) -> None:
    found = finder.find("05001", index)
    assert [match.name for match in found.held] == ["Medellín"]
    assert {"Abasolo", "Arkansas County"} == {match.name for match in found.bare}


def test_the_spelling_that_matched_is_said(index: Index) -> None:
    (match,) = [one for one in finder.find("巴西", index).held if one.place["code"] == "BRA"]
    assert (match.name, match.spelling) == ("Brazil", "巴西")
    (match,) = [one for one in finder.find("brazil", index).held if one.place["code"] == "BRA"]
    assert match.spelling == ""


def test_names_are_said_in_the_language_of_the_page(index: Index) -> None:
    language.use("ar")
    assert "البرازيل" in [match.name for match in finder.find("Brazil", index).held]


def test_places_with_figures_come_first_then_exact_ones_then_the_alphabet(index: Index) -> None:
    for typed in ("san", "santa", "santiago", "rio", "berlin"):
        found = finder.find(typed, index)
        assert all(match.place["code"] in HELD for match in found.held)
        assert not any(match.place["code"] in HELD for match in found.bare)
        for matches in (found.held, found.bare):
            order = [(not match.exact, language.in_order(match.name), match.place["code"]) for match in matches]
            assert order == sorted(order)


def _spellings() -> dict[str, set[str]]:
    """Every place's names, worked out from the files without the finder."""
    register = gazetteer.load()
    held: dict[str, set[str]] = {}
    for code, name in register.places.select("code", "name").iter_rows():
        held.setdefault(code, set()).add(name)
    for code, name in register.names.select("code", "name").iter_rows():
        held.setdefault(code, set()).add(name)
    for code, name, scheme in register.aliases.select("code", "alias", "scheme").iter_rows():
        if scheme == "name":
            held.setdefault(code, set()).add(name)
    return held


@pytest.mark.parametrize("typed", ["sao", "san juan", "rio grande", "paulo s", "guinea", "saint"])
def test_a_search_finds_every_place_of_that_name_and_no_other(index: Index, typed: str) -> None:
    def plain(name: str) -> list[str]:
        apart = unicodedata.normalize("NFKD", name.lower())
        return re.split(r"[^0-9a-z]+", "".join(sign for sign in apart if not unicodedata.combining(sign)))

    wanted = {
        code
        for code, names in _spellings().items()
        if any(all(any(part.startswith(word) for part in plain(name)) for word in typed.split()) for name in names)
    }
    found = finder.find(typed, index)
    assert len(found.held) + found.more_held + len(found.bare) + found.more_bare == len(wanted)
    assert {*codes(found)} <= wanted


def test_more_places_than_can_be_listed_are_counted(index: Index) -> None:
    found = finder.find("san", index)
    assert len(found.bare) == finder.WITHOUT
    assert f"{found.more_bare:,} more: type" in unescape(finder.answer(found))


def test_a_place_without_figures_is_said_to_be_one_and_no_more(index: Index) -> None:
    said = finder.answer(finder.find("Abasolo", index))
    assert "No figure held here" in said
    assert "nothing follows from that about the place" in said
    assert "With figures here" not in said


def test_a_country_of_which_only_parts_have_figures_says_so(index: Index) -> None:
    assert "figures for places in it" in finder.answer(finder.find("mex", index))


def test_a_region_leads_to_its_page(index: Index) -> None:
    assert 'href="&#46;&#47;region&#63;set&#61;ORG&#37;3AECOWAS"' in finder.answer(finder.find("ECOWAS", index))


def test_what_is_not_known_is_explained_and_likely_names_are_offered(index: Index) -> None:
    found = finder.find("sao palo", index)
    assert not codes(found)
    assert "São Paulo" in [match.name for match in found.alike]
    said = finder.answer(found)
    assert "No place is known here as" in said
    assert "Did you mean" in said
    names = [match.name for match in found.alike]
    assert names == sorted(names, key=language.in_order)


def test_one_letter_is_too_few_but_one_sign_of_chinese_is_not(index: Index) -> None:
    assert finder.find("s", index).too_short
    assert "at least two letters" in finder.answer(finder.find("s", index))
    assert "BRA" in codes(finder.find("巴", index))


@pytest.mark.parametrize("typed", ["", "   ", "'’.-", "\x00", "\u202e"])
def test_nothing_typed_finds_nothing(index: Index, typed: str) -> None:
    assert not codes(finder.find(typed, index))


@given(st.one_of(st.text(max_size=200), st.text(alphabet="<>&\"'()[]{}*_`$:!/\\ abc\n\r\t\u202e\u200f", max_size=60)))
def test_whatever_is_typed_stays_text(index: Index, typed: str) -> None:
    said = finder.answer(finder.find(typed, index))
    assert {*re.findall(r"</?([a-z0-9]+)", said)} <= {"div", "h2", "ul", "li", "a", "span", "bdi", "p"}
    assert not {*re.sub(r"<[^<>]*>", "", said)} & set("<>\"'[]`\u202e\x00")


def test_hostile_words_and_names_stay_text() -> None:
    row: dict[str, Any] = {
        "code": HOSTILE,
        "name": f"Aaa {HOSTILE}",
        "level": "area",
        "parent": None,
    }
    index = Index(finder.names([row], gazetteer.load()), {HOSTILE: "itself"})
    for typed in ("aaa", HOSTILE):
        said = finder.answer(finder.find(typed, index))
        assert "&#60;script" in said
        for sign in ("<script", "<img", "![x]", "](http", "**c**"):
            assert sign not in said


def test_a_very_long_search_is_cut(index: Index) -> None:
    found = finder.find("a" * 100_000, index)
    assert len(finder.answer(found)) < 5_000


@pytest.mark.parametrize(
    "typed", ["sao paulo", "sa", "san", "santa", "05001", "البرازيل", "xyzzy", "sao palo", "de la"]
)
def test_a_search_takes_at_most_twenty_milliseconds(index: Index, typed: str) -> None:
    finder.find(typed, index)
    took = []
    for _ in range(5):
        began = time.process_time()
        finder.answer(finder.find(typed, index))
        took.append(time.process_time() - began)
    assert min(took) <= 0.02
