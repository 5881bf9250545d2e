"""This view on other phones: its address as a QR code and as text, and a short code that a phone can type.

The short code is the view itself, written small: nothing is stored, and nobody keeps a record of who looks at what.
Eight signs of Crockford's base 32 (https://www.crockford.com/base32.html: no I, L, O or U, so that none is misread)
hold 40 bits: the page, the place or set as its row in the shipped register, what is counted, first and last year, and
what is left for a check sum that also covers the register: a code of another edition is not misread either.
"""

import base64
import io
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha256
from urllib.parse import urlsplit, urlunsplit

import segno

from dashboard import address
from dashboard.language import _
from dashboard.markup import text
from ingest.register import gazetteer
from schemas.vocabulary import codes

SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"} | dict.fromkeys(" -·\u200e\u200f"))
LENGTH = 8
OF_ROOM = ("lang", "digits", "meeting")
"""What the phones in the room choose for themselves: language, digits and size."""
PAGES = {"overview": "", "local": "place", "region": "set", "sources": "", "methods": "", "about": ""}
"""Pages a code can open → the name in the address of the place or set it holds."""
YEARS = range(1980, 2044)
PERIODS = (None, *((first, last) for first in YEARS for last in YEARS if first <= last))


def block(page: str, url: str | None) -> str:
    """A closed box with the ways to this view; empty where the viewer's own address is not known."""
    if not url:
        return ""
    whole = absolute(page, url)
    short = code(page, address.here())
    if short:
        words = _("Or type this code on the first page, where it says “Have a code?”:")
        typed = f'<p>{text(words)}</p><p class="short" dir="ltr">{short[:4]} {short[4:]}</p>'
    else:
        words = _("There is no short code for this view: it holds more than a code can say. The QR code still works.")
        typed = f"<p>{text(words)}</p>"
    opens = _("Point a phone at the picture. It opens in the phone's own language.")
    return (
        f'<details class="share"><summary>{text(_("Share this view"))}</summary><div>{qr(whole)}<div>'
        f"<p>{text(opens)}</p>{typed}<p>{text(_('Or copy the address:'))}</p>"
        f'<p><code dir="ltr">{text(whole)}</code></p></div></div></details>'
    )


def absolute(page: str, url: str) -> str:
    """The whole address of this view, on the host and path the browser came by, without what a phone chooses itself."""
    parts = urlsplit(url)
    folder = parts.path.rsplit("/", 1)[0]
    state = {name: value for name, value in address.here().items() if name not in OF_ROOM}
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/", "", "")) + address.plain(page, state)[2:]


def qr(words: str) -> str:
    """A QR code as a picture, dark on light whatever the page's colours.

    The SVG stands in the address of an image: Streamlit takes it out where it stands as such.
    """
    said = text(_("QR code of the address beside it"))
    return f'<img class="qr" alt="{said}" src="data:image/svg+xml;base64,{_drawn(words)}">'


# Drawing one takes longer than the rest of a small page.
@lru_cache(maxsize=1000)
def _drawn(words: str) -> str:
    out = io.BytesIO()
    made = segno.make(words, error="m", micro=False)
    made.save(out, kind="svg", xmldecl=False, border=4, dark="#22252b", light="#fff", omitsize=True)
    return base64.b64encode(out.getvalue()).decode()


def code(page: str, state: Mapping[str, str]) -> str | None:
    """A view as eight letters and digits; None where it holds more than fits: other settings, other places, own sets.

    Language, size and release are not in it: the phone has its own language and sees the current release.
    """
    said = {name: value for name, value in state.items() if name not in address.KEPT}
    of = PAGES.get(page or "overview")
    period = (said.pop("from", None), said.pop("to", None))
    try:
        numbers = (
            [*PAGES].index(page or "overview"),
            _places().index(said.pop(of, "")) if of else 0,
            _concepts().index(said.pop("concept", "")),
            PERIODS.index((int(period[0] or ""), int(period[1] or "")) if any(period) else None),
        )
    except ValueError:
        return None
    if said:
        return None
    view = 0
    for number, many in zip(numbers, _many(), strict=True):
        view = view * many + number
    whole = view * _checks() + _check(view)
    return "".join(SIGNS[whole >> 5 * place & 31] for place in reversed(range(LENGTH)))


def read(typed: str) -> tuple[str, dict[str, str]] | None:
    """The page and state a code stands for; None where it is mistyped or of another edition of the register."""
    signs = unicodedata.normalize("NFKC", typed).upper().translate(MISREAD)
    signs = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in signs)
    if len(signs) != LENGTH or not set(signs) <= set(SIGNS):
        return None
    whole = 0
    for sign in signs:
        whole = whole << 5 | SIGNS.index(sign)
    view, check = divmod(whole, _checks())
    if check != _check(view):
        return None
    numbers: list[int] = []
    for many in reversed(_many()):
        view, number = divmod(view, many)
        numbers.insert(0, number)
    if view:
        return None
    page = [*PAGES][numbers[0]]
    period = PERIODS[numbers[3]]
    state = {PAGES[page]: _places()[numbers[1]], "concept": _concepts()[numbers[2]]}
    if period:
        state |= {"from": str(period[0]), "to": str(period[1])}
    return page, {name: value for name, value in state.items() if name and value}


def _many() -> tuple[int, int, int, int]:
    """How many pages, places, things counted and periods there are to tell apart."""
    return len(PAGES), len(_places()), len(_concepts()), len(PERIODS)


@cache
def _checks() -> int:
    """How many check sums there is room for."""
    views = 1
    for many in _many():
        views *= many
    return int(32**LENGTH // views)


def _check(view: int) -> int:
    return int.from_bytes(sha256(f"{_edition()}/{view}".encode()).digest()[:8]) % _checks()


@cache
def _places() -> list[str]:
    """Codes of the shipped register in its order, after none."""
    return ["", *gazetteer.load().places["code"]]


@cache
def _concepts() -> list[str]:
    return ["", *codes("concept")]


@cache
def _edition() -> str:
    """What the numbers in a code count: it changes with the rows of the register, not with a name or alias in it."""
    return sha256("\n".join([*PAGES, *_places(), *_concepts()]).encode()).hexdigest()
