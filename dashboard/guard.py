"""Layers around the app (ASGI) that let people read, and do nothing else.

Streamlit alone takes files in, lets any browser empty everyone's cache and sends its scripts uncompressed; these layers
answer before a request reaches it.
"""

import gzip
from collections.abc import Callable, Iterable
from functools import cache, partial
from mimetypes import guess_type
from pathlib import Path

import brotli
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util
from streamlit.proto.BackMsg_pb2 import BackMsg

from dashboard.shell import HANDING_OVER_HASH

HIDDEN = ("/_stcore/agent", "/_stcore/script-health-check", "/_stcore/upload_file")
"""Addresses of Streamlit that nobody needs here."""
SHRINKING = (".js", ".css", ".json", ".svg")
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "br": partial(brotli.compress, quality=11),
    "gzip": partial(gzip.compress, compresslevel=9, mtime=0),
}
"""How files can be compressed, the smallest way first."""
NAMED_BY_CONTENT = "/static/"
"""Where Streamlit's own files lie, whose names change with their content."""
PUBLIC = Path(__file__).parent / "public"
FOREVER, FOR_A_DAY = "public, max-age=31536000, immutable", "public, max-age=86400"
METRICS = "/_stcore/metrics"
"""What only the operator needs, on loopback."""
READING = ("rerun_script", "stop_script", "app_heartbeat", "deferred_file", "dataframe_chunk")
"""What a browser may say to the app. Others empty everyone's cache, watch or write files, or ask where to upload."""

# What is not said here is refused. `unsafe-inline` for styles: the app's components write their styles into the page.
# `unsafe-eval`: Vega compiles a chart's expressions. `data:` and `blob:`: icons inside styles, charts saved as images.
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' 'unsafe-eval' 'sha256-{HANDING_OVER_HASH}'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class OnlyReading:
    """Refuses what is more than reading: other methods than GET and HEAD, hidden addresses, and other messages.

    What a portal must take in besides is named: addresses that files are sent to.
    """

    def __init__(self, app: ASGIApp, hidden: Iterable[str], taking: Iterable[str] = ()) -> None:
        self.app = app
        self.hidden = tuple(hidden)
        self.taking = tuple(taking)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers before a body is read, and hangs up: a body that is sent all the same goes nowhere."""
        sent = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD")
        if sent and not scope["path"].startswith(self.taking):
            refusal = {"allow": "GET, HEAD", "connection": "close"}
            await PlainTextResponse("Nothing is taken in here.", 405, refusal)(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(self.hidden):
            await PlainTextResponse("Not found.", 404)(scope, receive, send)
        elif scope["type"] == "websocket":
            await self.app(scope, _only_reading(receive), send)
        else:
            await self.app(scope, receive, send)


def _only_reading(receive: Receive) -> Receive:
    """Messages of a browser; at the first that asks for more than these the connection is over."""

    async def checked() -> Message:
        message = await receive()
        if message["type"] == "websocket.receive" and not _reads(message.get("bytes") or b""):
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    return checked


def _reads(data: bytes) -> bool:
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception:
        # protobuf's own error; its class differs between its implementations.
        return False
    operation = message.backend_operation_request.WhichOneof("payload")
    return (operation or message.WhichOneof("type")) in READING


class Guarded:
    """Adds the headers that keep a page from doing what it need not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Headers of the answer itself come first."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                has = {name.lower() for name, _value in message["headers"]}
                more = [(name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in has]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)


class Compressed:
    """Serves the app's scripts, styles and maps compressed: each is compressed once, and kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers for files that shrink, where the browser takes them so; all else goes on."""
        if scope["type"] == "http" and scope["path"] in _files():
            taken = Headers(scope=scope).get("accept-encoding", "")
            encoding = next((one for one in ENCODINGS if one in taken), None)
            if encoding is not None:
                # Once a file, and not on the loop: the first time it takes up to a second.
                body = await run_in_threadpool(_compressed, scope["path"], encoding)
                kept = {
                    "cache-control": FOREVER if scope["path"].startswith(NAMED_BY_CONTENT) else FOR_A_DAY,
                    "content-encoding": encoding,
                    "vary": "Accept-Encoding",
                }
                await Response(body, headers=kept, media_type=guess_type(scope["path"])[0])(scope, receive, send)
                return
        await self.app(scope, receive, send)


@cache
def _files() -> dict[str, Path]:
    """Addresses of files that shrink when compressed, and where they lie: nothing else is ever opened."""
    roots = {NAMED_BY_CONTENT: Path(file_util.get_static_dir()) / "static", "/app/static/": PUBLIC / "static"}
    return {
        f"{address}{path.relative_to(root).as_posix()}": path
        for address, root in roots.items()
        for path in root.rglob("*")
        if path.suffix in SHRINKING
    }


@cache
def _compressed(address: str, encoding: str) -> bytes:
    return ENCODINGS[encoding](_files()[address].read_bytes())
