"""The public viewer as a web server: the app between layers that only let people read, and each page's first screen.

`commons serve` runs it. A page's HTML carries the view its address names (`dashboard/light.py`) before any script of
the app has come, in the right language and direction; below /light/ the same pages stand alone, without a script.
"""

import gc
import logging
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import uvicorn
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.routing import Route
from streamlit import config
from streamlit.starlette import App

from dashboard import guard, shell
from dashboard.portal import account

HERE = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")
"""This machine's own names, as an address to listen on and as a request writes them."""
LARGEST_MESSAGE = 2**20
"""Bytes a browser may send at once: what it says of a page's widgets is a few thousand."""
AT_ONCE = 1000
"""Connections of one process; more are refused rather than all made slow."""
SHUT = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "server.enableAgentApi": False,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 0,
}
"""Settings without which nothing is served: Streamlit goes on with its own open ones when it cannot read a file."""


class _Page(Convertor[str]):
    """A page's name in an address: whatever is neither a file nor one of Streamlit's own addresses."""

    regex = r"(?!static/|media/|component/|_stcore/|light/|light$|auth/|oauth2callback$)[^.]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page", _Page())


def serve(address: str, port: int, hosts: Sequence[str]) -> None:
    """Serves the release of COMMONS_DATA until stopped; `hosts` are the names people reach it by, beside loopback's."""
    listen(application(address, hosts), address, port)


def listen(app: App, address: str, port: int) -> None:
    """Runs an app of ours until it is stopped."""
    uvicorn.run(
        app,
        host=address,
        port=port,
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=True,
        limit_concurrency=AT_ONCE,
        # What a proxy says of the reader (address, scheme) is needed nowhere, so nobody is believed.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        timeout_graceful_shutdown=5,
        log_level="warning",
    )


def application(address: str, hosts: Sequence[str]) -> App:
    """The app with its layers, the outermost first."""
    near = address in LOOPBACK
    # Beyond loopback nobody could tell the operator's monitor from a reader.
    hidden = guard.HIDDEN if near else (*guard.HIDDEN, guard.METRICS)
    app = App(
        HERE / "public" / "app.py",
        lifespan=life,
        routes=[
            Route("/favicon.png", icon),
            Route("/light", _to_light),
            Route("/light/{name:page}", _light),
            Route("/{name:page}", _first_screen),
        ],
        middleware=[
            Middleware(guard.Guarded),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*(LOOPBACK if near else ()), *hosts], www_redirect=False),
            Middleware(guard.OnlyReading, hidden=hidden),
            Middleware(guard.Compressed),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
        ],
    )
    # Read only now, from beside the app's script.
    open_ones = [name for name, wanted in SHUT.items() if config.get_option(name) != wanted]
    if open_ones:
        raise RuntimeError(f"Settings of the public viewer are not what they must be: {', '.join(open_ones)}")
    use_accounts(address, hosts)
    return app


def use_accounts(address: str, hosts: Sequence[str]) -> None:
    """Says whether one has to log in: not where nobody but this machine reaches the app, under its own names.

    A proxy on this machine reaches it too, so one that is to be reached under another name has accounts. To be called
    once the settings beside the app's script have been read.
    """
    if address in LOOPBACK and not hosts:
        os.environ[account.MODE] = "1"
    else:
        os.environ.pop(account.MODE, None)
    if secrets := os.environ.get("COMMONS_SECRETS"):
        config.set_option("secrets.files", [secrets])


async def icon(request: Request) -> FileResponse:
    return FileResponse(HERE / "assets" / "icon.png", headers={"cache-control": "public, max-age=86400"})


async def _to_light(request: Request) -> RedirectResponse:
    """To the folder, for the links of light pages are relative to it."""
    return RedirectResponse(f"./light/?{request.url.query}".removesuffix("?"), 301)


def _light(request: Request) -> HTMLResponse:
    """A page that stands alone."""
    return _answer(request, shell.alone)


def _first_screen(request: Request) -> HTMLResponse:
    """A page that the app takes over from."""
    return _answer(request, shell.before_app)


def _answer(request: Request, document: Callable[[str, str, str, str], str]) -> HTMLResponse:
    # Not before: the pages' caches want the app to be there.
    from dashboard import light

    name = request.path_params["name"]
    shown = light.page(name, dict(request.query_params), request.headers.get("accept-language"))
    known = name in light.PAGES
    html = (document if known else shell.alone)(shown.html, shown.title, shown.lang, shown.direction)
    headers = {"cache-control": "no-cache", "vary": "Accept-Language", "content-language": shown.lang}
    return HTMLResponse(html, 200 if known else 404, headers)


@asynccontextmanager
async def life(_app: App) -> AsyncIterator[None]:
    # Streamlit has just turned these logs on again. Who reads what, and from where, is written nowhere.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    import_module("dashboard.light")
    # What is there from the start stays: it need not be looked through at every collection.
    gc.collect()
    gc.freeze()
    yield
