"""This view on other phones: its address as a QR code and as text, and a short code that a phone can type.

The short code is the view itself, written small: nothing is stored, and nobody keeps a record of who looks at what.
Eight signs of Crockford's base 32 (https://www.crockford.com/base32.html: no I, L, O or U, so that none is misread)
hold 40 bits: the page, the place or set as its row in the shipped register, what is counted, the years, and in the rest
a check sum that also covers the register: a code of another edition is not misread either.
"""

import base64
import io
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from hashlib import sha256
from itertools import accumulate
from math import prod
from pathlib import Path
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
SOURCES = Path(gazetteer.__file__).parents[1] / "sources"
"""Where the declared sources lie, whose names a code can say."""
SETS = ("world", "region", "country")
"""Levels of the register whose rows are the names of sets: a country is the set of its states."""
OF_ROOM = ("lang", "digits", "meeting")
"""What the phones in the room choose for themselves: language, digits and size."""
YEARS = range(1980, 2044)
PERIOD = "period"
"""From and to in one: only both make a period."""


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


def label() -> str:
    """What may be typed where a code is taken."""
    return _("Have a code? Type it here")


def example() -> str:
    """What stands in the empty box."""
    return _("8 letters and digits")


def mistyped() -> str:
    """What to say of a code that cannot be read."""
    return _(
        "This is no code of this site: a letter or digit may be mistyped, or it was made with another edition of the"
        " list of places. The QR code and the address beside it still work."
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
    # One mask for all: to try the eight takes most of the time, and cameras read each.
    made = segno.make(words, error="m", micro=False, mask=4)
    made.save(out, kind="svg", xmldecl=False, border=4, dark="#22252b", light="#fff", omitsize=True)
    return base64.b64encode(out.getvalue()).decode()


def code(page: str, state: Mapping[str, str]) -> str | None:
    """A view as eight letters and digits; None where it holds what no code can say, such as a set of one's own.

    Language, size and release are not in it: the phone has its own language and sees the current release.
    """
    said = {name: value for name, value in state.items() if name not in address.KEPT}
    if "from" in said or "to" in said:
        said[PERIOD] = f"{said.pop('from', '')}-{said.pop('to', '')}"
    fields = _pages().get(page)
    if fields is None or not said.keys() <= fields.keys():
        return None
    view = 0
    for field, values in fields.items():
        wanted = said.get(field, "")
        if wanted not in values:
            return None
        view = view * len(values) + values[wanted]
    view += _begins()[page]
    whole = view * _checks() + _check(view)
    return "".join(SIGNS[whole >> 5 * place & 31] for place in reversed(range(LENGTH)))


def read(typed: str) -> tuple[str, dict[str, str]] | None:
    """The page and state a code stands for; None where it is mistyped or of another edition of the register."""
    signs = unicodedata.normalize("NFKC", typed[:100]).upper().translate(MISREAD)
    signs = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in signs)
    if len(signs) != LENGTH or not set(signs) <= set(SIGNS):
        return None
    whole = 0
    for sign in signs:
        whole = whole << 5 | SIGNS.index(sign)
    view, check = divmod(whole, _checks())
    if check != _check(view) or view >= _views():
        return None
    page = next(name for name, begin in reversed(_begins().items()) if begin <= view)
    rest, state = view - _begins()[page], dict[str, str]()
    for field, values in reversed(_pages()[page].items()):
        rest, at = divmod(rest, len(values))
        state[field] = [*values][at]
    if period := state.pop(PERIOD, ""):
        state["from"], state["to"] = period.split("-")
    return page, {field: value for field, value in state.items() if value}


Values = dict[str, int]
"""Value → its number; the first is none at all."""


@cache
def _pages() -> dict[str, dict[str, Values]]:
    """Pages a code can open → names in their addresses → what these may be."""
    register = gazetteer.load().places
    sets = register.filter(register["level"].is_in(SETS))
    counted = _numbered(codes("concept"))
    source = _numbered(path.stem for path in sorted(SOURCES.glob("*.toml")))
    period = _numbered(f"{first}-{last}" for first in YEARS for last in YEARS if first <= last)
    return {
        address.OVERVIEW: {},
        "methods": {},
        "about": {},
        "sources": {"source": source},
        "local": {"place": _numbered(register["code"]), "concept": counted, PERIOD: period},
        "region": {
            "set": _numbered(sets["code"]),
            "concept": counted,
            "source": source,
            "show": _numbered(["published"]),
            PERIOD: period,
        },
    }


def _numbered(values: Iterable[str]) -> Values:
    return {value: number for number, value in enumerate(["", *values])}


@cache
def _begins() -> dict[str, int]:
    """Page → the number of its first view; they follow one another."""
    sizes = [prod(map(len, fields.values())) for fields in _pages().values()]
    return dict(zip(_pages(), accumulate([0, *sizes]), strict=False))


@cache
def _views() -> int:
    """How many views there are to tell apart."""
    return sum(prod(map(len, fields.values())) for fields in _pages().values())


@cache
def _checks() -> int:
    """How many check sums there is room for."""
    return int(32**LENGTH) // _views()


def _check(view: int) -> int:
    return int.from_bytes(sha256(f"{_edition()}/{view}".encode()).digest()[:8], "big") % _checks()


@cache
def _edition() -> str:
    """What the numbers in a code count: it changes with the rows of the register, not with a name or alias in it."""
    listed = (name for fields in _pages().values() for field, values in fields.items() for name in (field, *values))
    return sha256("\n".join([*_pages(), *listed]).encode()).hexdigest()
