"""What codes and figures are called on screen, in the language in use."""

from decimal import Decimal

from dashboard.language import _, decimal, number, pgettext, vocabulary

SUPPRESSED = "Q"
"""The status of a figure that is held and not shown (SDMX)."""
CLASSES = ("official", "combined", "non_official")
"""The order of the three classes of source on every page; inside each, sources stand in alphabetical order."""


def say(kind: str, code: str | None) -> str:
    """The words for a code of one kind ('concept', 'unit', …); the code itself where there are none."""
    return pgettext(kind, str(vocabulary()[kind].get(code or "", code or "")))


def stated(value: Decimal | None, unit: str | None, completeness: str | None, status: str | None = None) -> str:
    """A value as it may be said: what is partial is “at least”; what was suppressed is neither zero nor missing."""
    if value is None and status == SUPPRESSED:
        return say("obs_status", SUPPRESSED)
    said = number(value, unit)
    return _("at least {number}").format(number=said) if completeness == "partial" and value is not None else said


def ratio(value: float | None) -> str:
    """A ratio with two decimals, more where it is small."""
    return "" if value is None else decimal(Decimal(repr(value)), 2)
