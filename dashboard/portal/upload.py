"""Files on their way in: sent in pieces, each kept when it has come, so that one that breaks off goes on where it was.

    POST    /upload/        begins, or goes on with a file of the same mark    its id and `upload-offset`
    HEAD    /upload/{id}    how many bytes of it are here                      `upload-offset`
    PATCH   /upload/{id}    the bytes that begin at `upload-offset`            the new `upload-offset`
    POST    /upload/{id}    all of it was sent: `upload-length` bytes          the same id, of its contribution
    DELETE  /upload/{id}    it is thrown away

A wrong offset is answered 409 with the right one; what else is refused, with a sentence. Who asks, and what they may
do, is read anew each time. The page keeps nothing in the browser: what was begun stands here, for its sender alone.
"""

import io
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from dashboard import language
from dashboard.data import folder
from dashboard.language import _
from dashboard.portal import account, work
from ingest import contributions, quarantine
from ingest.contributions import SENDING, Contribution, ContributionRefused
from ingest.folder import Folder
from ingest.roles import Actor, NotAllowed, allowed
from schemas.issue import FileRefused
from schemas.said import said

HERE = "/upload/"
"""Where files are sent to."""
PIECE = 2**20
"""Bytes of the largest piece: as many as the proxy lets through at once."""
WORDS = 2**12
"""Bytes that may be said of a file before it comes."""
AT_ONCE = 3
"""Files that one person may have begun and not sent whole."""
WAITING = 10
"""Files that one person may have here without having confirmed a cleaned copy, sent whole or not."""
UNFINISHED = timedelta(days=3)
"""How long a file waits for the rest of it; the page says so in words."""
UNCONFIRMED = timedelta(days=30)
"""How long a file that is wholly here waits to be confirmed."""
SCRIPT = Path(__file__).with_name("upload.js")
_beginning = threading.Lock()


class NotHere(Exception):
    """No file of this id is being sent by whoever asks."""


class Announced(BaseModel, frozen=True):
    """A file that is to be sent. `mark` says which it is, by all its bytes; empty where the browser cannot tell."""

    name: str = Field(max_length=1_000)
    size: int = Field(ge=0)
    mark: str = Field(pattern=r"^([0-9a-f]{64})?$")
    replaces: str = Field(default="", max_length=100)


def begin(folder: Folder, actor: Actor, file: Announced) -> tuple[Contribution, int]:
    """Makes room for a file, or finds the part of it that was sent before; how many bytes of it are here.

    Raises FileRefused, NotAllowed and ContributionRefused.
    """
    if file.size > quarantine.MOST_BYTES:
        raise quarantine.too_large()
    sweep(folder)
    # One after the other, or somebody who begins many at the same moment has them all.
    with _beginning:
        waiting = [one for one in contributions.every(folder) if one.upload and _is_own(actor, one)]
        begun = [one for one in waiting if one.stage == SENDING]
        for one in begun:
            if file.mark and one.mark == file.mark and (one.source or "") == file.replaces:
                return one, quarantine.held(folder, one.upload or "")
        if len(begun) >= AT_ONCE or len(waiting) >= WAITING:
            words = said("You have begun to send other files. Go on with one of them, or throw one away, first.")
            raise ContributionRefused(words)
        upload = quarantine.begin(folder)
        try:
            one = contributions.begin(
                *(folder, actor),
                upload=upload,
                shown_name=quarantine.clean_name(file.name),
                mark=file.mark,
                size=file.size,
                replaces=file.replaces or None,
            )
        except BaseException:
            quarantine.destroy(folder, upload)
            raise
        return one, 0


def held(folder: Folder, actor: Actor, id_: str) -> int:
    """How many bytes of a file are here. Raises NotHere and FileRefused."""
    return quarantine.held(folder, _own(folder, actor, id_, SENDING).upload or "")


def add(folder: Folder, actor: Actor, id_: str, offset: int, piece: bytes) -> int:
    """Keeps a piece that begins at `offset`; how many bytes are here then.

    Raises quarantine.WrongOffset, NotHere, and FileRefused: also for what the file has more than was said beforehand.
    """
    one = _own(folder, actor, id_, SENDING)
    if not piece:
        # Nothing is gone on with: its term is not renewed.
        return quarantine.held(folder, one.upload or "")
    if one.size is not None and offset + len(piece) > one.size:
        raise FileRefused("not_whole")
    return quarantine.append(folder, one.upload or "", offset, io.BytesIO(piece))


def arrive(folder: Folder, actor: Actor, id_: str, size: int) -> Contribution:
    """Closes a file of which all was sent. To say so twice is to say it once: the first answer may have been lost.

    Raises quarantine.WrongOffset where `size` is not what is here, NotHere and FileRefused.
    """
    one = _own(folder, actor, id_, SENDING, "received")
    if one.stage == SENDING:
        quarantine.finish(folder, one.upload or "", size)
        # Where it is said twice at the same moment, one of the two comes second.
        with suppress(ContributionRefused):
            contributions.arrived(folder, actor, one)
        one = _own(folder, actor, id_, "received")
    return one


def throw_away(folder: Folder, actor: Actor, id_: str) -> None:
    """Destroys what was sent of a file. Raises NotHere, and ContributionRefused where it is wholly here meanwhile."""
    one = _own(folder, actor, id_, SENDING)
    contributions.drop(folder, actor, one, (SENDING,))
    quarantine.destroy(folder, one.upload or "")


def _own(folder: Folder, actor: Actor, id_: str, *stages: str) -> Contribution:
    """A file that this very person sends. Another's is one that is not there."""
    with suppress(NotAllowed, ContributionRefused):
        one = contributions.load(folder, actor, id_)
        if one.stage in stages and _is_own(actor, one):
            return one
    raise NotHere(id_)


def _is_own(actor: Actor, one: Contribution) -> bool:
    """Whether this person began it, for the organisation they are of now."""
    return contributions.is_by(one, actor) and allowed(actor, "draft", one.organisation)


def sweep(folder: Folder) -> None:
    """Destroys what nobody went on with or confirmed in its term, and what no contribution knows of."""
    known = [one for one in contributions.every(folder) if one.upload]
    for one in known:
        # What somebody throws away meanwhile is gone.
        with suppress(ContributionRefused), contributions.held(folder, one.id) as now:
            if _is_over(folder, now):
                contributions.remove(folder, now)
    quarantine.sweep(folder, UNFINISHED, {one.upload or "" for one in known})


def _is_over(folder: Folder, one: Contribution) -> bool:
    """Whether the file of one is gone, or goes now because its term has ended."""
    term = {SENDING: UNFINISHED, "received": UNCONFIRMED}.get(one.stage)
    return term is not None and quarantine.expire(folder, one.upload or "", term)


Answer = Callable[[Folder, Actor, Request, bytes], Response]


def _begin(folder: Folder, actor: Actor, request: Request, body: bytes) -> Response:
    one, here = begin(folder, actor, Announced.model_validate_json(body))
    return JSONResponse({"id": one.id}, headers=_offset(here))


def _held(folder: Folder, actor: Actor, request: Request, body: bytes) -> Response:
    return Response(status_code=204, headers=_offset(held(folder, actor, request.path_params["id"])))


def _add(folder: Folder, actor: Actor, request: Request, body: bytes) -> Response:
    at = int(request.headers["upload-offset"])
    return Response(status_code=204, headers=_offset(add(folder, actor, request.path_params["id"], at, body)))


def _arrive(folder: Folder, actor: Actor, request: Request, body: bytes) -> Response:
    size = int(request.headers["upload-length"])
    return JSONResponse({"id": arrive(folder, actor, request.path_params["id"], size).id})


def _throw_away(folder: Folder, actor: Actor, request: Request, body: bytes) -> Response:
    throw_away(folder, actor, request.path_params["id"])
    return Response(status_code=204)


def routes() -> list[Route]:
    """The addresses, and the script of the page that uses them."""
    own = f"{HERE}{{id}}"
    return [
        Route(f"{HERE}script.js", _script),
        Route(HERE, _asked(_begin, WORDS), methods=["POST"]),
        Route(own, _asked(_held, 0), methods=["HEAD"]),
        Route(own, _asked(_add, PIECE), methods=["PATCH"]),
        Route(own, _asked(_arrive, 0), methods=["POST"]),
        Route(own, _asked(_throw_away, 0), methods=["DELETE"]),
    ]


async def _script(request: Request) -> FileResponse:
    return FileResponse(SCRIPT, media_type="text/javascript", headers={"cache-control": "no-cache"})


def _asked(answer: Answer, most: int) -> Callable[[Request], Awaitable[Response]]:
    """A route whose request has a body of up to `most` bytes; where it has none, none is waited for."""

    async def route(request: Request) -> Response:
        body = await _body(request, most) if most else b""
        if body is None:
            return Response(status_code=413, headers={"connection": "close"})
        return await run_in_threadpool(_answered, answer, request, body)

    return route


async def _body(request: Request, most: int) -> bytes | None:
    """The body of a request; None where it is larger than `most` bytes."""
    body = bytearray()
    # What came before the line broke is kept: the browser asks how much that was.
    with suppress(ClientDisconnect):
        async for part in request.stream():
            body += part
            if len(body) > most:
                return None
    return bytes(body)


def _answered(answer: Answer, request: Request, body: bytes) -> Response:
    """Asks who is there, once the body has come, and says what is refused in the language of the page."""
    language.use(language.chosen(request.query_params.get("lang"), request.headers.get("accept-language")))
    try:
        actor = account.sender(folder(), request)
        if actor is None:
            return Response(status_code=403)
        return answer(folder(), actor, request, body)
    except quarantine.WrongOffset as wrong:
        return Response(status_code=409, headers=_offset(wrong.held))
    except (NotAllowed, ContributionRefused) as refused:
        return _refused(_(str(refused)))
    except FileRefused as refused:
        return _refused(" ".join(work.refusal(refused)))
    except NotHere:
        return Response(status_code=404)
    except (KeyError, ValueError):
        return Response(status_code=400)


def _offset(here: int) -> dict[str, str]:
    return {"upload-offset": str(here), "cache-control": "no-store"}


def _refused(words: str) -> Response:
    return JSONResponse({"words": words}, 422, {"cache-control": "no-store"})
