"""This view on other phones: its address, as a QR code and as text to copy."""

import io
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

import segno

from dashboard import address
from dashboard.language import _
from dashboard.markup import text


def block(page: str, url: str | None) -> str:
    """A closed box with the address of this view; empty where the viewer's own address is not known."""
    if not url:
        return ""
    whole = absolute(page, url)
    return (
        f'<details class="share"><summary>{text(_("Share this view"))}</summary><div>{qr(whole)}'
        f"<p>{text(_('Point a phone at the code, or copy the address:'))}</p>"
        f"<p><code>{text(whole)}</code></p></div></details>"
    )


def absolute(page: str, url: str) -> str:
    """The whole address of this view, on the host and path the browser came by."""
    parts = urlsplit(url)
    folder = parts.path.rsplit("/", 1)[0]
    return urlunsplit((parts.scheme, parts.netloc, f"{folder}/", "", "")) + address.plain(page, address.here())[2:]


def qr(words: str) -> str:
    """A QR code as SVG, dark on light whatever the page's colours."""
    label = text(_("QR code of the address below"))
    return f'<span class="qr" role="img" aria-label="{label}">{_svg(words)}</span>'


# Drawing one takes longer than the rest of a small page.
@lru_cache(maxsize=1000)
def _svg(words: str) -> str:
    out = io.BytesIO()
    how = {"xmldecl": False, "svgns": True, "omitsize": True, "border": 3, "scale": 4}
    segno.make(words, error="m", micro=False).save(out, kind="svg", dark="#22252b", light="#fff", **how)
    return out.getvalue().decode()
