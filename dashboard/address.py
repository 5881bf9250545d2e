"""The state of a page is its address: what is chosen stands in it, so that a view can be shared and opened again.

Addresses are relative ("./local?place=BR-RJ"), so that they hold behind any proxy and on the light pages alike.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType
from urllib.parse import urlencode

from dashboard.markup import text

OVERVIEW = ""
KEPT = ("lang", "digits", "meeting", "release")
"""What every link keeps: the language, its digits, the size for a meeting, and the release that is shown."""
KNOWN = (
    *KEPT,
    "place",
    "concept",
    "from",
    "to",
    "sources",
    "source",
    "set",
    "places",
    "name",
    "members",
    "figure",
    "show",
    "year",
    "category",
    "code",
    "find",
    "map",
    "draft",
    "step",
)
"""Every name an address may use."""

_here: ContextVar[Mapping[str, str]] = ContextVar("address", default=MappingProxyType({}))


def use(asked: Mapping[str, str]) -> None:
    """Takes the address of the page that is being made."""
    _here.set(MappingProxyType({name: value for name, value in asked.items() if name in KNOWN and value}))


def here() -> Mapping[str, str]:
    """What the address of the page asks for; names that are not known are left out."""
    return _here.get()


def meeting() -> bool:
    """Whether a meeting looks on: large letters, and no country before the presenter chooses one."""
    return "meeting" in here()


def to(page: str, state: Mapping[str, object] = MappingProxyType({}), **changes: object) -> str:
    """The address of a page in a state, escaped for HTML. `changes` go over what links keep; None takes it out."""
    return text(plain(page, {**kept(), **state, **changes}))


def same(page: str, **changes: object) -> str:
    """The address of this very view with something changed, escaped for HTML."""
    return text(plain(page, {**here(), **changes}))


def kept() -> dict[str, str]:
    """The part of the address that every link keeps."""
    return {name: value for name, value in here().items() if name in KEPT}


def plain(page: str, state: Mapping[str, object]) -> str:
    """The address of a page in a state, not escaped."""
    wanted = {name: str(value) for name, value in state.items() if value not in (None, "")}
    return f"./{page}?{urlencode(wanted)}" if wanted else f"./{page}"
