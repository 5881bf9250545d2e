"""A file that is sent in pieces: it goes on where it broke off, for its sender alone, and nothing of it is lost."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit.auth_util import set_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from viewer import ROOT

from bench.proxy import free_port
from dashboard import guard
from dashboard.portal import account, upload
from ingest import contributions, quarantine, roles
from ingest.folder import Folder
from ingest.ledger import BrokenLedger

HOST = "portal.example.org"
ISSUER, SECRET = "https://login.example", "s" * 64
WHOLE = bytes(range(256)) * 9_000
MARK = sha256(WHOLE).hexdigest()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])

    @property
    def told(self) -> Any:
        return json.loads(self.body)


Ask = Callable[..., Answer]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """A data folder, and a portal with accounts before it."""
    monkeypatch.setenv("COMMONS_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv(account.MODE, raising=False)
    monkeypatch.setattr(account, "get_cookie_secret", lambda: SECRET)
    data = Folder(tmp_path / "data")
    data.make()
    monkeypatch.setattr(upload, "folder", lambda: data)
    for subject in ("amina", "bruno"):
        grant(data, subject)
    return data


def grant(folder: Folder, subject: str) -> None:
    roles.grant(
        *(folder, roles.LOCAL, roles.person(ISSUER, subject), "contributor"),
        organisation="viva_rio",
        today=date.today(),
    )


def cookie(subject: str, ends: float) -> str:
    """What Streamlit sets when a provider has said who somebody is."""
    made: list[str] = []

    def signed(name: str, value: str) -> bytes:
        return create_signed_value(SECRET, name, value)

    def keep(name: str, value: str) -> None:
        made.append(f"{name}={signed(name, value).decode()}")

    claims = {"iss": ISSUER, "sub": subject, "exp": int(ends), "is_logged_in": True}
    set_cookie_with_chunks(keep, signed, "_streamlit_user", claims, cookie_attr_size=60)
    return "; ".join(made)


@pytest.fixture
def ask(folder: Folder) -> Ask:
    """Sends a request through the layers that stand before the portal; `cut`: the line breaks after the body."""
    layers = [
        Middleware(guard.OnlyReading, hidden=guard.HIDDEN, taking=(upload.HERE,)),
        Middleware(account.OnlyContributors, folder=lambda: folder),
    ]
    app = Starlette(routes=upload.routes(), middleware=layers)

    def ask(
        method: str,
        path: str,
        body: bytes = b"",
        *,
        who: str | None = "amina",
        ends: float = 600,
        origin: str | None = f"https://{HOST}",
        cut: bool = False,
        **headers: object,
    ) -> Answer:
        given = {"host": HOST} | {name.replace("_", "-"): str(value) for name, value in headers.items()}
        given |= {"origin": origin} if origin else {}
        given |= {"cookie": cookie(who, time.time() + ends)} if who else {}
        arriving = [{"type": "http.request", "body": body, "more_body": cut}, {"type": "http.disconnect"}]
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return arriving.pop(0)

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        where, _mark, query = path.partition("?")
        scope = {
            **{"type": "http", "method": method, "path": where, "raw_path": where.encode(), "scheme": "http"},
            **{"query_string": query.encode(), "http_version": "1.1", "server": (HOST, 80), "root_path": ""},
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
        head = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Answer(said[0]["status"], head, b"".join(one.get("body", b"") for one in said[1:]))

    return ask


def begun(ask: Ask, mark: str = MARK, size: int = len(WHOLE), **more: Any) -> Answer:
    told = {"name": "../../secret\u202e name.csv", "size": size, "mark": mark}
    return ask("POST", "/upload/", json.dumps(told).encode(), **more)


def started(ask: Ask, **more: Any) -> str:
    return f"/upload/{begun(ask, **more).told['id']}"


def kept(folder: Folder, id_: str) -> bytes:
    (one,) = [one for one in contributions.every(folder) if one.id == id_]
    with quarantine.opened(folder, one.upload or "") as plain:
        return plain.read_bytes()


def lies(folder: Folder) -> list[str]:
    return [path.name for path in folder.quarantine.glob("*")]


def test_a_file_in_pieces_is_the_file(ask: Ask, folder: Folder) -> None:
    answer = begun(ask)
    assert (answer.status, answer.offset) == (200, 0)
    own, at = f"/upload/{answer.told['id']}", 0
    for size in (70_000, upload.PIECE, 1, len(WHOLE)):
        at = ask("PATCH", own, WHOLE[at : at + size][: upload.PIECE], upload_offset=at).offset
        assert ask("HEAD", own).offset == at
    assert ask("POST", own, upload_length=len(WHOLE)).status == 409
    at = ask("PATCH", own, WHOLE[at:], upload_offset=at).offset
    assert at == len(WHOLE)
    assert WHOLE[:1000] not in b"".join(path.read_bytes() for path in folder.quarantine.glob("*"))
    done = ask("POST", own, upload_length=len(WHOLE))
    assert (done.status, done.told) == (200, answer.told)
    assert kept(folder, done.told["id"]) == WHOLE
    (one,) = contributions.every(folder)
    assert (one.stage, one.shown_name, one.mark) == ("received", "secret name.csv", None)
    # The answer may have been lost on its way; what was closed takes no more.
    assert ask("POST", own, upload_length=len(WHOLE)).told == done.told
    assert ask("PATCH", own, b"x", upload_offset=len(WHOLE)).status == 404
    assert ask("DELETE", own).status == 404


def test_the_same_file_goes_on_and_another_begins(ask: Ask, folder: Folder) -> None:
    own = started(ask)
    ask("PATCH", own, WHOLE[:1000], upload_offset=0)
    again = begun(ask)
    assert (f"/upload/{again.told['id']}", again.offset) == (own, 1000)
    assert started(ask, mark=sha256(b"other").hexdigest()) != own
    assert started(ask, mark="", who="bruno") != started(ask, mark="", who="bruno")
    assert begun(ask, who="bruno").told != again.told


def test_a_wrong_offset_is_answered_with_the_right_one_and_changes_nothing(ask: Ask) -> None:
    own = started(ask)
    ask("PATCH", own, WHOLE[:1000], upload_offset=0)
    for wrong in (0, 999, 1001, -1):
        answer = ask("PATCH", own, b"x" * 50, upload_offset=wrong)
        assert (answer.status, answer.offset) == (409, 1000)
    for bad in ({}, {"upload_offset": "one"}):
        assert ask("PATCH", own, b"x", **bad).status == 400
    assert ask("HEAD", own).offset == 1000


def test_what_came_before_the_line_broke_is_kept(ask: Ask, folder: Folder) -> None:
    own = started(ask)
    ask("PATCH", own, WHOLE[:5000], upload_offset=0, cut=True)
    assert ask("HEAD", own).offset == 5000
    ask("PATCH", own, WHOLE[5000 : 5000 + upload.PIECE], upload_offset=5000)
    ask("PATCH", own, WHOLE[5000 + upload.PIECE :][: upload.PIECE], upload_offset=5000 + upload.PIECE)
    ask("PATCH", own, WHOLE[5000 + 2 * upload.PIECE :], upload_offset=5000 + 2 * upload.PIECE)
    assert kept(folder, ask("POST", own, upload_length=len(WHOLE)).told["id"]) == WHOLE


def test_of_pieces_that_come_at_once_one_counts(ask: Ask, folder: Folder) -> None:
    own, pieces = started(ask), [bytes([number]) * 3000 for number in range(8)]
    with ThreadPoolExecutor(8) as many:
        answers = [*many.map(lambda piece: ask("PATCH", own, piece, upload_offset=0), pieces)]
    assert sorted(answer.status for answer in answers) == [204] + [409] * 7
    assert {answer.offset for answer in answers} == {3000}
    taken = next(piece for piece, answer in zip(pieces, answers, strict=True) if answer.status == 204)
    assert kept(folder, ask("POST", own, upload_length=3000).told["id"]) == taken


@pytest.mark.parametrize(("method", "header"), [("HEAD", {}), ("PATCH", {"upload_offset": 0}), ("DELETE", {})])
def test_another_person_finds_nothing(ask: Ask, folder: Folder, method: str, header: dict[str, int]) -> None:
    """Not even of one's own organisation, nor a steward, who may see what was handed in."""
    steward = roles.person(ISSUER, "chen")
    roles.grant(folder, roles.LOCAL, steward, "steward", today=date.today())
    grant(folder, "chen")
    own = started(ask)
    body = b"x" if method == "PATCH" else b""
    for who in ("bruno", "chen"):
        assert ask(method, own, body, who=who, **header).status == 404
    assert ask("POST", own, who="bruno", upload_length=0).status == 404
    for odd in ("/upload/0123456789abcdef", "/upload/..", "/upload/%2e%2e"):
        assert ask(method, odd, body, **header).status in (404, 405)
    assert ask("HEAD", own).offset == 0


def test_without_an_account_a_role_or_a_page_of_ours_nothing_is_taken(ask: Ask, folder: Folder) -> None:
    own = started(ask)
    before = lies(folder)
    for asking in (
        {"who": None},
        {"who": "nobody"},
        {"ends": -1},
        {"origin": None},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": f"https://{HOST}.evil.example"},
    ):
        assert begun(ask, **asking).status == 403
        assert ask("PATCH", own, b"x", upload_offset=0, **asking).status == 403
        assert ask("POST", own, upload_length=0, **asking).status == 403
        assert ask("DELETE", own, **asking).status == 403
    assert ask("HEAD", own, who=None).status == 403
    assert ask("HEAD", own, who="nobody").status == 404
    assert lies(folder) == before
    assert ask("HEAD", own).offset == 0


def test_a_role_that_is_taken_in_between_ends_it(ask: Ask, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    own = started(ask)
    ask("PATCH", own, WHOLE[:1000], upload_offset=0)
    roles.revoke(folder, roles.LOCAL, roles.person(ISSUER, "amina"), "contributor")
    assert ask("PATCH", own, b"x", upload_offset=1000).status == 403
    assert ask("HEAD", own).status == 404
    # The layer before the body was passed: the role went while the piece was on its way.
    monkeypatch.setattr(account.OnlyContributors, "_may_send", lambda self, request: True)
    assert ask("PATCH", own, b"x", upload_offset=1000).status == 404
    assert ask("POST", own, upload_length=1000).status == 404
    assert begun(ask).status == 422
    (one,) = contributions.every(folder)
    assert quarantine.held(folder, one.upload or "") == 1000


def test_a_broken_ledger_lets_nobody_in(ask: Ask, folder: Folder) -> None:
    own = started(ask)
    lines = folder.ledger.read_text(encoding="utf-8").splitlines()
    folder.ledger.write_text("\n".join(lines[1:]) + "\n", encoding="utf-8")
    with pytest.raises(BrokenLedger):
        ask("PATCH", own, b"x", upload_offset=0)
    with pytest.raises(BrokenLedger):
        ask("HEAD", own)


def test_what_is_too_large_is_refused_in_words(ask: Ask, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = begun(ask, size=quarantine.MOST_BYTES + 1)
    assert answer.status == 422
    assert "200 MB" in answer.told["words"]
    assert "200" in begun(ask, size=quarantine.MOST_BYTES + 1, accept_language="fr").told["words"]
    assert lies(folder) == []
    own = started(ask)
    assert ask("PATCH", own, b"x" * (upload.PIECE + 1), upload_offset=0).status == 413
    assert ask("HEAD", own).offset == 0
    for bad in (b"", b"[]", b'{"name": 1}', b"x" * (upload.WORDS + 1), b'{"name": "a", "size": -1, "mark": ""}'):
        assert ask("POST", "/upload/", bad).status in (400, 413)
    # Whoever sends more than they said, and than is taken: nothing of it stays.
    monkeypatch.setattr(quarantine.append, "__kwdefaults__", {"most": 1500})
    ask("PATCH", own, b"x" * 1000, upload_offset=0)
    assert ask("PATCH", own, b"x" * 1000, upload_offset=1000).status == 422
    assert lies(folder) == []
    upload.sweep(folder)
    assert contributions.every(folder) == []


def test_nobody_begins_more_than_a_few(ask: Ask, folder: Folder) -> None:
    marks = [sha256(bytes([number])).hexdigest() for number in range(8)]
    with ThreadPoolExecutor(8) as many:
        answers = [*many.map(lambda mark: begun(ask, mark=mark), marks)]
    first = [answer for answer in answers if answer.status == 200]
    assert len(first) == upload.AT_ONCE == len(lies(folder))
    assert {answer.told["words"] for answer in answers if answer.status == 422} == {
        "You have begun to send other files. Go on with one of them, or throw one away, first."
    }
    assert begun(ask, who="bruno").status == 200
    assert ask("DELETE", f"/upload/{first[0].told['id']}").status == 204
    assert begun(ask).status == 200


def test_what_nobody_goes_on_with_is_destroyed_and_what_waits_stays(ask: Ask, folder: Folder) -> None:
    own, other = started(ask), started(ask, mark="")
    ask("PATCH", own, WHOLE[:1000], upload_offset=0)
    done = started(ask, who="bruno")
    ask("PATCH", done, b"whole", upload_offset=0, who="bruno")
    id_ = ask("POST", done, who="bruno", upload_length=5).told["id"]
    quarantine.begin(folder)  # of which no contribution knows
    old = time.time() - (upload.UNFINISHED + timedelta(minutes=1)).total_seconds()
    for path in folder.quarantine.iterdir():
        os.utime(path, (old, old))
    ask("PATCH", own, WHOLE[1000:2000], upload_offset=1000)
    upload.sweep(folder)
    assert ask("HEAD", own).offset == 2000
    assert ask("HEAD", other).status == 404
    assert kept(folder, id_) == b"whole"
    assert len(lies(folder)) == 2 == len(contributions.every(folder))
    os.utime(folder.quarantine / next(one.upload or "" for one in contributions.every(folder) if one.mark), (old, old))
    upload.sweep(folder)
    assert [one.id for one in contributions.every(folder)] == [id_]


def test_a_file_replaces_only_what_its_organisation_owns(ask: Ask, folder: Folder) -> None:
    told = {"name": "a.csv", "size": 3, "mark": "", "replaces": "sinesp_vde"}
    answer = ask("POST", "/upload/", json.dumps(told).encode())
    assert answer.status == 422
    assert "owners" in answer.told["words"]
    assert lies(folder) == []


@contextmanager
def served(folder: Folder, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = [sys.executable, "-m", "commons", "portal", "--port", str(port), "--data", str(folder.root)]
    with log.open("ab") as out:
        process = subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=out)
    try:
        for _attempt in range(300):
            assert process.poll() is None, log.read_text()
            try:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                line.request("GET", "/_stcore/health")
                line.getresponse().read()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)


@pytest.mark.slow
def test_it_goes_on_after_the_process_was_killed(folder: Folder, tmp_path: Path) -> None:
    port = free_port()

    def ask(method: str, path: str, body: bytes = b"", **headers: object) -> Answer:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        given = {"Origin": f"http://127.0.0.1:{port}"}
        line.request(method, path, body, given | {name.replace("_", "-"): str(one) for name, one in headers.items()})
        answer = line.getresponse()
        return Answer(answer.status, {name.lower(): one for name, one in answer.getheaders()}, answer.read())

    with served(folder, port, tmp_path / "log") as process:
        own = started(ask)
        assert ask("PATCH", own, WHOLE[: upload.PIECE], upload_offset=0).offset == upload.PIECE
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        line.putrequest("PATCH", own)
        for name, value in (("Origin", f"http://127.0.0.1:{port}"), ("Upload-Offset", upload.PIECE)):
            line.putheader(name, str(value))
        line.putheader("Content-Length", str(upload.PIECE))
        line.endheaders(WHOLE[upload.PIECE :][:1000])
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    with served(folder, port, tmp_path / "log"):
        again = begun(ask)
        assert (f"/upload/{again.told['id']}", again.offset) == (own, upload.PIECE)
        at = again.offset
        while at < len(WHOLE):
            at = ask("PATCH", own, WHOLE[at:][: upload.PIECE], upload_offset=at).offset
        assert ask("POST", own, upload_length=at).told == again.told
        # Streamlit's own way in is shut, and its messages ask for none.
        assert ask("PUT", "/_stcore/upload_file/a/b", b"x").status == 405
        script = ask("GET", "/upload/script.js")
        assert script.headers["content-type"].startswith("text/javascript")
    assert kept(folder, again.told["id"]) == WHOLE
