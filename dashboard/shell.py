"""The HTML document around a light page, alone or as the first screen of the app."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path

from streamlit import file_util

HERE = Path(__file__).parent
# The app asks for its data beside the page's address (it would try below it first), and fetches its font of signs
# (370 kB) only where one is shown. The first screen goes when the app has shown its whole page, unless the reader is
# just using it.
HANDING_OVER = """
window.__streamlit = {BACKEND_BASE_URL: new URL("./", location.href).href};
const load = document.fonts.load.bind(document.fonts);
document.fonts.load = (font, ...more) => font.includes("Material Symbols") ? Promise.resolve([]) : load(font, ...more);
const first = document.getElementById("first"), root = document.getElementById("root");
function handOver() {
  if (!root.querySelector(".foot") || first.contains(document.activeElement)) return;
  watch.disconnect();
  first.remove();
}
const watch = new MutationObserver(handOver);
watch.observe(root, {childList: true, subtree: true});
first.addEventListener("focusout", () => setTimeout(handOver));
"""
HANDING_OVER_HASH = b64encode(sha256(HANDING_OVER.encode()).digest()).decode()
"""What lets this one script stand in the document under a policy that allows none."""


def alone(html: str, title: str, lang: str, direction: str) -> str:
    """A document without a script."""
    return _document(html, title, lang, direction)


def before_app(html: str, title: str, lang: str, direction: str, script: str | None = None) -> str:
    """A document whose HTML is shown until the app has shown its own; `script` is the address of one beside it."""
    more = f'<script src="{script}" defer></script>' if script else ""
    return _document(html, title, lang, direction, f"{_app()}<script>{HANDING_OVER}</script>{more}")


def _document(html: str, title: str, lang: str, direction: str, after: str = "") -> str:
    # The test id is that of the app's own HTML, for which the style sheet is written.
    return (
        f'<!DOCTYPE html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f'<link rel="icon" href="./favicon.png"><style>{_style()}</style></head>'
        f'<body><div id="first" data-testid="stHtml">{html}</div>{after}</body></html>'
    )


@cache
def _style() -> str:
    return "".join((HERE / name).read_text(encoding="utf-8") for name in ("style.css", "light.css"))


@cache
def _app() -> str:
    """Where the app draws itself, and what Streamlit's own index.html loads to start it."""
    index = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    wanted = r'<script type="module"[^>]*></script>|<link rel="(?:modulepreload|stylesheet)"[^>]*>'
    tags = re.findall(wanted, index)
    assert any(tag.startswith("<script") for tag in tags), "Streamlit's index.html is not what it was"
    return f'<div id="root"></div>{"".join(tags)}'
