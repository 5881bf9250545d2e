"""Who is here, and what the ledger says they may do: asked again each time a page is made.

On one's own machine (`commons portal` or `commons serve` on loopback, under no other name) nobody logs in. Elsewhere
people log in with OpenID Connect through Streamlit, whose settings stand in the file COMMONS_SECRETS names. Streamlit
knows a browser for thirty days; here a log-in ends when its token does.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.language import _
from dashboard.markup import text
from ingest import roles
from ingest.folder import Folder
from ingest.roles import LOCAL, Actor

MODE = "COMMONS_LOCAL"
"""Set by the server alone, and only where nobody but this machine reaches it."""


class NotLoggedIn(Exception):
    """Something was asked that needs an account, by somebody who has not logged in."""


def is_local() -> bool:
    """Whether whoever is here owns the data folder."""
    return os.environ.get(MODE) == "1"


def here(folder: Folder) -> Actor | None:
    """Who is here, with the roles of this moment; None where nobody is logged in, or their log-in has ended.

    Raises ledger.BrokenLedger: from a ledger that does not hold nobody gets a role.
    """
    if is_local():
        return LOCAL
    if get_script_run_ctx(suppress_warning=True) is None:
        # A first screen or a light page: made without the app, so nobody can have logged in.
        return None
    person = _person(st.user.to_dict(), time.time())
    return None if person is None else roles.actor(folder, person, datetime.now(UTC).date())


def demand_tier(folder: Folder, tier: str) -> None:
    """Raises NotLoggedIn or NotAllowed unless whoever is here may see the figures of a tier. Clear is everybody's."""
    if tier == "clear":
        return
    actor = here(folder)
    if actor is None:
        raise NotLoggedIn
    roles.demand(actor, f"read_{tier}")


def _person(claims: Mapping[str, object], now: float) -> str | None:
    """The person a log-in is of; None where there is none, where it has ended, or does not say when it ends."""
    ends, issuer, subject = claims.get("exp"), claims.get("iss"), claims.get("sub")
    if claims.get("is_logged_in") is not True or isinstance(ends, bool) or not isinstance(ends, int | float):
        return None
    if ends <= now or not isinstance(issuer, str) or not isinstance(subject, str) or not issuer or not subject:
        return None
    return roles.person(issuer, subject)


def sender(folder: Folder, request: HTTPConnection) -> Actor | None:
    """Who sends a request of their browser's own, with the roles of this moment; None where nobody is logged in.

    Raises ledger.BrokenLedger.
    """
    if is_local():
        return LOCAL
    person = _person(_claims(request.cookies), time.time())
    return None if person is None else roles.actor(folder, person, datetime.now(UTC).date())


class OnlyContributors:
    """A layer around the portal (ASGI): nobody sends anything who could not make a contribution of it.

    Nor does another site through the browser of somebody who could: what is sent comes from a page of ours.
    """

    def __init__(self, app: ASGIApp, folder: Callable[[], Folder]) -> None:
        self.app = app
        self.folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers before a body is read, and hangs up."""
        sent = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD")
        if sent and not await run_in_threadpool(self._may_send, HTTPConnection(scope)):
            refusal = PlainTextResponse("Log in as a contributor first.", 403, {"connection": "close"})
            await refusal(scope, receive, send)
        elif sent and not _from_here(HTTPConnection(scope)):
            refusal = PlainTextResponse("This was not sent from a page of the portal.", 403, {"connection": "close"})
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _may_send(self, request: HTTPConnection) -> bool:
        actor = sender(self.folder(), request)
        return actor is not None and roles.allowed(actor, "draft", actor.organisation)


def _from_here(request: HTTPConnection) -> bool:
    """Whether a page of this very host sent a request. The browser writes its origin; no script can."""
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:
        return False
    # On loopback alone nothing is encrypted.
    scheme = origin.scheme == "https" or (is_local() and origin.scheme == "http")
    return scheme and bool(origin.netloc) and origin.netloc == request.headers.get("host")


def _claims(cookies: Mapping[str, str]) -> Mapping[str, object]:
    """What the cookie of a log-in says, if this site signed it."""

    def signed(name: str) -> bytes | None:
        value = cookies.get(name, "").encode("latin-1")
        return decode_signed_value(get_cookie_secret(), name, value) if value else None

    try:
        said = json.loads(get_cookie_with_chunks(signed, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def log_in() -> None:
    """In place of a page: says why one has to log in, and offers it."""
    if not hasattr(st.user, "is_logged_in"):
        st.html(_note(_("Here one has to log in, but no way to do so is set up. Ask the people who run this commons.")))
        return
    ended = bool(st.user.to_dict().get("is_logged_in"))
    st.html(
        _note(_("Your log-in has ended. Log in again to go on.") if ended else _("Log in to go on with this page."))
    )
    if st.button(_("Log in"), key="log-in", type="primary"):
        st.login()


def about(actor: Actor) -> None:
    """A line that says as whom one is here, with the way out; for who has no role yet, how to get one."""
    if actor == LOCAL:
        return
    person = _person(st.user.to_dict(), time.time())
    if actor.roles == {"viewer"} and person is not None:
        words = _("You have no role here yet. Send this code to the people who run this commons: {code}")
        st.html(_note(words.format(code=person)))
    else:
        st.html(f'<p class="unit">{text(_("You are here as {name}.").format(name=actor.role_id))}</p>')
    if st.button(_("Log out"), key="log-out"):
        st.logout()


def _note(words: str) -> str:
    return f'<div class="note" role="status"><p>{text(words)}</p></div>'
