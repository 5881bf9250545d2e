"""A file that is sent in pieces: it goes on where it broke off, for its sender alone, and nothing of it is lost."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
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
from dashboard.portal import account, server, upload, work
from ingest import contributions, quarantine, roles
from ingest.contributions import SENDING, Contribution, ContributionRefused
from ingest.folder import Folder
from ingest.ledger import BrokenLedger
from ingest.roles import Actor

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


def alone(work: Coroutine[Any, Any, object]) -> None:
    """Runs it to its end in a thread of its own: a browser's test of the same worker leaves its loop running here."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


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
    """Sends a request through the layers that stand before the portal.

    `cut`: the line breaks after the body; `silent`: no body ever comes.
    """
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
        silent: bool = False,
        **headers: object,
    ) -> Answer:
        given = {"host": HOST} | {name.replace("_", "-"): str(value) for name, value in headers.items()}
        given |= {"origin": origin} if origin else {}
        given |= {"cookie": cookie(who, time.time() + ends)} if who else {}
        arriving = [{"type": "http.request", "body": body, "more_body": cut}, {"type": "http.disconnect"}]
        said: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            assert not silent, "a body was waited for that never comes"
            return arriving.pop(0)

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        where, _mark, query = path.partition("?")
        scope = {
            **{"type": "http", "method": method, "path": where, "raw_path": where.encode(), "scheme": "http"},
            **{"query_string": query.encode(), "http_version": "1.1", "server": (HOST, 80), "root_path": ""},
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        }
        alone(app(scope, receive, send))  # type: ignore[arg-type]
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
        {"origin": f"http://{HOST}"},
        {"origin": "https://[", "host": "["},
        {"origin": "https://", "host": ""},
        {"origin": None, "host": ""},
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


def test_on_loopback_a_page_need_not_be_encrypted(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(account.MODE, "1")
    assert begun(ask, who=None, origin=f"http://{HOST}").status == 200
    assert begun(ask, who=None, origin=f"ftp://{HOST}").status == 403


def test_no_body_is_waited_for_where_none_is_wanted(ask: Ask) -> None:
    own = started(ask)
    assert ask("HEAD", own, silent=True).status == 204
    assert ask("POST", own, silent=True, upload_length=7).status == 409
    assert ask("DELETE", own, silent=True).status == 204


def test_what_was_not_announced_is_not_taken(ask: Ask) -> None:
    own = started(ask, size=10)
    assert ask("PATCH", own, b"x" * 11, upload_offset=0).status == 422
    assert ask("PATCH", own, b"x" * 10, upload_offset=0).offset == 10
    assert ask("PATCH", own, b"x", upload_offset=10).status == 422
    assert ask("HEAD", own).offset == 10


def test_an_empty_piece_renews_no_term(ask: Ask, folder: Folder) -> None:
    own = started(ask)
    ask("PATCH", own, WHOLE[:1000], upload_offset=0)
    (file,) = folder.quarantine.iterdir()
    os.utime(file, (1e9, 1e9))
    answer = ask("PATCH", own, b"", upload_offset=1000)
    assert (answer.status, answer.offset) == (204, 1000)
    assert file.stat().st_mtime == 1e9


def test_a_file_in_too_many_pieces_is_destroyed(ask: Ask, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "MOST_CHUNKS", 3)
    own = started(ask)
    assert [ask("PATCH", own, b"x", upload_offset=at).status for at in range(4)] == [204, 204, 204, 422]
    assert lies(folder) == []


def sent(ask: Ask, content: bytes = b"", who: str = "amina") -> str:
    """The id of a file that is wholly here."""
    own = started(ask, mark="", size=len(content), who=who)
    ask("PATCH", own, content, upload_offset=0, who=who)
    return str(ask("POST", own, upload_length=len(content), who=who).told["id"])


def test_what_waits_to_be_confirmed_has_a_number_and_a_term(ask: Ask, folder: Folder) -> None:
    """An empty file too: each is looked through whenever another one is begun."""
    for _file in range(upload.WAITING):
        sent(ask)
    answer = begun(ask)
    assert answer.status == 422
    assert answer.told["words"].startswith("You have begun to send other files.")
    other = sent(ask, b"whole", who="bruno")
    term = upload.UNCONFIRMED.total_seconds()
    (waiting,) = [one.upload for one in contributions.every(folder) if one.id == other]
    for path in folder.quarantine.iterdir():
        old = time.time() - term + (60 if path.name == waiting else -60)
        os.utime(path, (old, old))
    upload.sweep(folder)
    assert lies(folder) == [waiting]
    assert [path.name for path in folder.drafts.iterdir()] == [other]
    assert begun(ask).status == 200


def actor(folder: Folder, subject: str) -> Actor:
    return roles.actor(folder, roles.person(ISSUER, subject), date.today())


def state(folder: Folder, id_: str) -> Contribution:
    (one,) = [one for one in contributions.every(folder) if one.id == id_]
    return one


def test_what_was_thrown_away_does_not_come_back(ask: Ask, folder: Folder, tmp_path: Path) -> None:
    amina, copy = actor(folder, "amina"), tmp_path / "a.csv"
    copy.write_bytes(b"cleaned")
    for one in (state(folder, started(ask).rpartition("/")[2]), state(folder, sent(ask))):
        work.drop(folder, amina, one)
        for act in (
            lambda one=one: contributions.save(folder, amina, one, answers={}),
            lambda one=one: contributions.arrived(folder, amina, one),
            lambda one=one: contributions.confirmed(folder, amina, one, copy),
            lambda one=one: contributions.drop(folder, amina, one),
            lambda one=one: work.clean(folder, one, "Sheet1", {}),
        ):
            with pytest.raises(ContributionRefused, match="no contribution"):
                act()
    assert [*folder.drafts.iterdir()] == []


def test_one_change_waits_for_another(ask: Ask, folder: Folder) -> None:
    amina, one = actor(folder, "amina"), state(folder, sent(ask))
    with ThreadPoolExecutor(1) as other:
        with contributions.held(folder, one.id) as now:
            saved = other.submit(contributions.save, folder, amina, one, answers={})
            time.sleep(0.3)
            assert not saved.done()
            contributions.remove(folder, now)
        with pytest.raises(ContributionRefused):
            saved.result(timeout=20)
    assert [*folder.drafts.iterdir()] == []


def test_a_late_end_takes_nothing_back(
    ask: Ask, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is closed in one tab and, before that is kept, confirmed in another."""
    amina, copy, finish = actor(folder, "amina"), tmp_path / "a.csv", quarantine.finish
    copy.write_bytes(b"cleaned")
    own = started(ask, size=0)
    before = state(folder, own.rpartition("/")[2])

    def slow(*given: Any) -> None:
        finish(*given)
        contributions.arrived(folder, amina, before)
        contributions.confirmed(folder, amina, before, copy)

    monkeypatch.setattr(quarantine, "finish", slow)
    assert ask("POST", own, upload_length=0).status == 404
    one = state(folder, before.id)
    assert (one.stage, one.copy, one.upload) == ("confirmed", "copy.csv", None)
    with pytest.raises(ContributionRefused):
        contributions.drop(folder, amina, before, (SENDING,))
    with pytest.raises(ContributionRefused):
        contributions.confirmed(folder, amina, before, copy)
    # What is said of it from a page that was opened earlier is kept beside that, and not after it was handed in.
    contributions.save(folder, amina, before, answers={"a": "b"})
    assert contributions.save(folder, amina, before, stage="submitted").copy == "copy.csv"
    with pytest.raises(ContributionRefused, match="already"):
        contributions.save(folder, amina, before, answers={})
    assert state(folder, before.id).answers == {"a": "b"}


def test_to_end_it_many_times_at_once_is_to_end_it_once(ask: Ask, folder: Folder) -> None:
    own = started(ask, size=5)
    ask("PATCH", own, b"whole", upload_offset=0)
    with ThreadPoolExecutor(8) as many:
        answers = [*many.map(lambda _nth: ask("POST", own, upload_length=5), range(8))]
    assert {(answer.status, answer.told["id"]) for answer in answers} == {(200, own.rpartition("/")[2])}
    assert kept(folder, own.rpartition("/")[2]) == b"whole"


def test_what_cannot_be_read_stops_nobody(ask: Ask, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, broken in enumerate(("", "[]", '{"id": 1}', "\x00")):
        place = folder.drafts / f"{number:016x}"
        place.mkdir(parents=True)
        (place / contributions.STATE).write_text(broken)
        with pytest.raises(ContributionRefused, match="no contribution"):
            contributions.load(folder, roles.LOCAL, place.name)
    own, find = started(ask), Path.glob
    # And one that goes between being found and being read.
    gone = folder.drafts / ("f" * 16) / contributions.STATE
    monkeypatch.setattr(Path, "glob", lambda self, what: [*find(self, what), *([gone] if "*/" in what else [])])
    assert [one.id for one in contributions.every(folder)] == [own.rpartition("/")[2]]
    assert [one.id for one in contributions.seen_by(folder, actor(folder, "amina"))] == [own.rpartition("/")[2]]
    upload.sweep(folder)
    assert ask("HEAD", own).offset == 0


def test_the_sweep_goes_on_whatever_goes_wrong(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    swept: list[Folder] = []

    def broken(folder: Folder) -> None:
        swept.append(folder)
        raise ValueError("secret name")

    monkeypatch.setattr(server, "folder", lambda: folder)
    monkeypatch.setattr(server, "SWEEPING", 0.01)
    monkeypatch.setattr(upload, "sweep", broken)
    with pytest.raises(TimeoutError):
        alone(asyncio.wait_for(server._sweep(), 0.5))
    assert len(swept) > 1
    assert "ValueError" in caplog.text
    assert "secret" not in caplog.text


def test_what_is_sent_is_for_its_sender_and_a_steward_sees_what_was_handed_in(ask: Ask, folder: Folder) -> None:
    roles.grant(folder, roles.LOCAL, roles.person(ISSUER, "chen"), "steward", today=date.today())
    amina, bruno, chen = (actor(folder, subject) for subject in ("amina", "bruno", "chen"))
    one = state(folder, started(ask, size=0).rpartition("/")[2])

    def seen() -> list[bool]:
        return [contributions.seen_by(folder, who) != [] for who in (amina, bruno, chen)]

    assert seen() == [True, False, False]
    for act in (contributions.drop, lambda *given: contributions.load(*given[:2], one.id)):
        with pytest.raises(ContributionRefused, match="no contribution"):
            act(folder, bruno, one)
    one = contributions.arrived(folder, amina, one)
    for stage, steward in (("received", False), ("confirmed", False), ("returned", False), ("submitted", True)):
        contributions.save(folder, amina, one, stage=stage)
        assert seen() == [True, True, steward], stage


def test_another_role_leaves_a_person_their_file(ask: Ask, folder: Folder) -> None:
    own = started(ask)
    before = actor(folder, "amina").role_id
    roles.grant(folder, roles.LOCAL, roles.person(ISSUER, "amina"), "steward", today=date.today())
    assert actor(folder, "amina").role_id != before
    assert ask("PATCH", own, WHOLE[:1000], upload_offset=0).offset == 1000
    assert started(ask) == own


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
