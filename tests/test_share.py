"""A view on other phones: the short code comes back as the view, notices typing errors, and stores nothing."""

import base64
import random
import re
from html import unescape

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from dashboard import address, language, share
from ingest.register import gazetteer
from schemas.vocabulary import codes

PLACES = gazetteer.load().places["code"].to_list()
SETS = [code for code in PLACES if code.startswith(("M49:", "ORG:")) or len(code) == 3]
YEARS = st.tuples(st.integers(1980, 2043), st.integers(1980, 2043)).map(sorted)


@pytest.fixture(autouse=True)
def _nothing_chosen() -> None:
    address.use({})
    language.use("en")


@st.composite
def views(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """A page and a state that a code can say."""
    page = draw(st.sampled_from(["", "methods", "about", "sources", "local", "region"]))
    state: dict[str, str] = {}
    if page in ("local", "region"):
        of, held = ("place", PLACES) if page == "local" else ("set", SETS)
        if draw(st.booleans()):
            state[of] = draw(st.sampled_from(held))
        if draw(st.booleans()):
            state["concept"] = draw(st.sampled_from(codes("concept")))
        if draw(st.booleans()):
            first, last = draw(YEARS)
            state |= {"from": str(first), "to": str(last)}
    if page in ("sources", "region") and draw(st.booleans()):
        state["source"] = draw(st.sampled_from(["unodc_iafq", "sinesp_vde", "gva"]))
    if page == "region" and draw(st.booleans()):
        state["show"] = "published"
    return page, state


def random_codes(many: int) -> list[str]:
    """Codes of views of a place, chosen anew in the same way each time."""
    chance = random.Random(7)
    made = []
    for _ in range(many):
        first, last = sorted(chance.sample(range(1990, 2030), 2))
        period = {"from": str(first), "to": str(last)} if chance.random() < 0.5 else {}
        state = {"place": chance.choice(PLACES), "concept": chance.choice(codes("concept")), **period}
        code = share.code("local", state)
        assert code is not None
        made.append(code)
    return made


@given(views())
def test_a_code_comes_back_as_the_view(view: tuple[str, dict[str, str]]) -> None:
    page, state = view
    code = share.code(page, state)
    assert code is not None
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{8}", code)
    assert share.read(code) == (page, state)


@given(views(), st.fixed_dictionaries({"lang": st.just("ar"), "meeting": st.just("1"), "release": st.just("0a1b2c")}))
def test_language_size_and_release_are_the_phones_own(view: tuple[str, dict[str, str]], kept: dict[str, str]) -> None:
    page, state = view
    assert share.code(page, {**state, **kept}) == share.code(page, state)


@given(views(), views())
def test_two_views_have_two_codes(one: tuple[str, dict[str, str]], other: tuple[str, dict[str, str]]) -> None:
    assert (share.code(*one) == share.code(*other)) == (one == other)


def noticed(typed: list[tuple[str, str]]) -> float:
    """The share of mistyped codes that are not read as another view."""
    wrong = [(code, mistyped) for code, mistyped in typed if share.read(mistyped) != share.read(code)]
    return sum(share.read(mistyped) is None for _code, mistyped in wrong) / len(wrong)


def test_a_wrong_sign_is_noticed() -> None:
    typed = [
        (code, code[:at] + sign + code[at + 1 :])
        for code in random_codes(60)
        for at in range(8)
        for sign in share.SIGNS
        if sign != code[at]
    ]
    assert len(typed) > 10_000
    assert noticed(typed) >= 0.96


def test_two_signs_the_wrong_way_round_are_noticed() -> None:
    typed = [
        (code, code[:at] + code[at + 1] + code[at] + code[at + 2 :])
        for code in random_codes(500)
        for at in range(7)
        if code[at] != code[at + 1]
    ]
    assert noticed(typed) >= 0.96


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "ABCDUFGH", "😀" * 8, "a" * 100_000, "' or 1=1"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert share.read(typed) is None


@given(st.text(max_size=20))
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    found = share.read(typed)
    assert found is None or share.code(*found) is not None


def test_a_guessed_code_is_hardly_ever_one() -> None:
    chance = random.Random(3)
    guessed = ["".join(chance.choices(share.SIGNS, k=8)) for _ in range(20_000)]
    assert sum(share.read(one) is not None for one in guessed) / len(guessed) < 0.04


def test_a_code_of_another_register_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = random_codes(1000)
    monkeypatch.setattr(share, "_edition", lambda: "another")
    assert sum(share.read(code) is None for code in made) / len(made) >= 0.96


def test_a_code_may_be_typed_as_people_type() -> None:
    code = share.code("local", {"place": "BR-RJ", "concept": "arms_seized"})
    assert code is not None
    view = share.read(code)
    assert view == ("local", {"place": "BR-RJ", "concept": "arms_seized"})
    ways = (
        code.lower(),
        f" {code[:4]} {code[4:]} ",
        f"{code[:4]}-{code[4:]}",
        code.replace("0", "O").replace("1", "l"),
        code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
        "".join(chr(ord(sign) + 0xFEE0) for sign in code),
    )
    assert [share.read(way) for way in ways] == [view] * len(ways)


@pytest.mark.parametrize(
    ("page", "state"),
    [
        ("local", {"place": "BR-RJ-CISP:105"}),
        ("local", {"place": "BR-RJ", "sources": "gva"}),
        ("local", {"place": "BR-RJ", "from": "2019"}),
        ("local", {"place": "BR-RJ", "from": "2020", "to": "2019"}),
        ("local", {"place": "BR-RJ", "from": "1900", "to": "2019"}),
        ("local", {"place": "BR-RJ", "concept": "anything"}),
        ("region", {"places": "KEN,UGA", "name": "Two"}),
        ("region", {"set": "ORG:ECOWAS", "members": "2024"}),
        ("sources", {"source": "not_a_declared_one"}),
        ("origin", {"figure": "0123456789abcdef"}),
        ("", {"find": "rio"}),
    ],
)
def test_what_cannot_be_said_in_a_code_has_none(page: str, state: dict[str, str]) -> None:
    assert share.code(page, state) is None
    address.use(state)
    assert "The QR code still works." in unescape(share.block(page, "http://localhost/commons/"))


def test_the_box_shows_picture_code_and_address() -> None:
    address.use(
        {
            "place": "BR-RJ",
            "concept": "arms_seized",
            "lang": "ar",
            "digits": "arab",
            "meeting": "1",
            "release": "0a1b2c",
        }
    )
    said = share.block("local", "https://example.org/commons/local?lang=ar")
    whole = "https://example.org/commons/local?place=BR-RJ&concept=arms_seized&release=0a1b2c"
    code = share.code("local", address.here())
    assert code is not None
    assert f">{code[:4]} {code[4:]}<" in said
    assert f">{whole}<" in unescape(said)
    assert share.qr(whole) in said


def test_an_address_stays_text() -> None:
    address.use({"place": '"><script>alert(1)</script>'})
    said = share.block("local", "https://example.org/")
    assert "<script" not in said
    assert {*re.findall(r"<([a-z]+)", said)} <= {"details", "summary", "div", "img", "p", "code"}


def test_without_an_address_there_is_no_box() -> None:
    assert share.block("local", None) == ""


@given(st.text(min_size=1, max_size=300))
def test_the_picture_is_the_qr_code_of_its_words(words: str) -> None:
    drawn = re.fullmatch(
        r'<img class="qr" alt="[^"]*" src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)">', share.qr(words)
    )
    assert drawn
    svg = base64.b64decode(drawn[1]).decode()
    wanted = segno.make(words, error="m", micro=False, mask=4)
    same = modules(svg, len(wanted.matrix)) == [[bool(dark) for dark in row] for row in wanted.matrix]
    assert same, words
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg


def modules(svg: str, size: int, border: int = 4) -> list[list[bool]]:
    """Which squares of a QR code an SVG fills: its one line is drawn in steps along the middle of each row."""
    assert f'viewBox="0 0 {size + 2 * border} {size + 2 * border}"' in svg
    (line,) = re.findall(r' d="(M[^"]*[^z])"', svg)
    filled = [[False] * size for _ in range(size)]
    x = y = 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", line):
        to = [float(number) for number in numbers.split()]
        if step == "h":
            for at in range(int(x), int(x + to[0])):
                filled[int(y) - border][at - border] = True
            x += to[0]
        elif step == "M":
            x, y = to
        else:
            x, y = x + to[0], y + to[1]
    return filled
