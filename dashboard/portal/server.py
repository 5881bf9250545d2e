"""The portal as a web server: the app between layers that answer before it. It takes files in; no viewer does."""

from collections.abc import Sequence

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
from dashboard.portal import stage
from dashboard.portal.account import OnlyContributors
from dashboard.server import HERE, LOOPBACK, SHUT, icon, life, listen, use_accounts

TAKING = ("file_urls_request",)
"""What a browser says, besides reading, before it sends a file."""
LARGEST_FILE = 200
"""Megabytes of a file dropped in the browser."""


def serve(address: str, port: int, hosts: Sequence[str]) -> None:
    """Serves the portal of COMMONS_DATA until stopped; `hosts` are the names people reach it by, beside loopback's."""
    listen(application(address, hosts), address, port)


def application(address: str, hosts: Sequence[str]) -> App:
    """The app with its layers, the outermost first."""
    near = address in LOOPBACK
    hidden = [one for one in guard.HIDDEN if one != guard.UPLOAD] + ([] if near else [guard.METRICS])
    app = App(
        HERE / "portal" / "entrance" / "app.py",
        lifespan=life,
        routes=[Route("/favicon.png", icon), *(Route(f"/{name}", _document) for name in ("", *stage.PAGES[1:]))],
        middleware=[
            Middleware(guard.Guarded),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*(LOOPBACK if near else ()), *hosts], www_redirect=False),
            Middleware(guard.OnlyReading, hidden=hidden, taking=(guard.UPLOAD,), messages=TAKING),
            Middleware(OnlyContributors, folder=folder),
            Middleware(guard.Compressed),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
        ],
    )
    wanted = SHUT | {"server.maxUploadSize": LARGEST_FILE}
    open_ones = [name for name, value in wanted.items() if config.get_option(name) != value]
    if open_ones:
        raise RuntimeError(f"Settings of the portal are not what they must be: {', '.join(open_ones)}")
    use_accounts(address, hosts)
    return app


def _document(request: Request) -> HTMLResponse:
    """The document a page of the portal is drawn in: in its language and direction, with the one script it may have."""
    language.use(language.chosen(request.query_params.get("lang"), request.headers.get("accept-language")))
    spoken = language.current()
    html = shell.before_app("", language._("Firearms Data Commons"), spoken, language.direction())
    return HTMLResponse(html, headers={"cache-control": "no-cache", "content-language": spoken})
