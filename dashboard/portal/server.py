"""The portal as a web server: the app between layers that answer before it. It takes files in; no viewer does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit import config
from streamlit.starlette import App

from dashboard import guard, language, shell
from dashboard.data import folder
from dashboard.portal import stage, upload
from dashboard.portal.account import OnlyContributors
from dashboard.server import HERE, LOOPBACK, SHUT, icon, life, listen, use_accounts

SWEEPING = 3600
"""Seconds from one look for uploads that nobody goes on with to the next."""
_log = logging.getLogger(__name__)


def serve(address: str, port: int, hosts: Sequence[str]) -> None:
    """Serves the portal of COMMONS_DATA until stopped; `hosts` are the names people reach it by, beside loopback's."""
    listen(application(address, hosts), address, port)


def application(address: str, hosts: Sequence[str]) -> App:
    """The app with its layers, the outermost first."""
    near = address in LOOPBACK
    hidden = guard.HIDDEN if near else (*guard.HIDDEN, guard.METRICS)
    app = App(
        HERE / "portal" / "entrance" / "app.py",
        lifespan=_life,
        routes=[
            Route("/favicon.png", icon),
            *upload.routes(),
            *(Route(f"/{name}", _document) for name in ("", *stage.PAGES[1:])),
        ],
        middleware=[
            Middleware(guard.Guarded),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*(LOOPBACK if near else ()), *hosts], www_redirect=False),
            Middleware(guard.OnlyReading, hidden=hidden, taking=(upload.HERE,)),
            Middleware(OnlyContributors, folder=folder),
            Middleware(guard.Compressed),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
        ],
    )
    open_ones = [name for name, wanted in SHUT.items() if config.get_option(name) != wanted]
    if open_ones:
        raise RuntimeError(f"Settings of the portal are not what they must be: {', '.join(open_ones)}")
    use_accounts(address, hosts)
    return app


@asynccontextmanager
async def _life(app: App) -> AsyncIterator[None]:
    async with life(app):
        sweeping = asyncio.create_task(_sweep())
        yield
        sweeping.cancel()


async def _sweep() -> None:
    while True:
        try:
            await run_in_threadpool(upload.sweep, folder())
        except Exception as error:
            # What goes wrong now may be right the next time. Its words may name a file: they are written nowhere.
            _log.warning("Old uploads could not be looked for: %s", type(error).__name__)
        await asyncio.sleep(SWEEPING)


def _document(request: Request) -> HTMLResponse:
    """The document a page of the portal is drawn in: in its language and direction, with the one script it may have."""
    language.use(language.chosen(request.query_params.get("lang"), request.headers.get("accept-language")))
    spoken = language.current()
    html = shell.before_app(
        "", language._("Firearms Data Commons"), spoken, language.direction(), f".{upload.HERE}script.js"
    )
    return HTMLResponse(html, headers={"cache-control": "no-cache", "content-language": spoken})
