"""The public viewer as a process: it says nothing of itself, takes nothing in, and shows one release at a time."""

import asyncio
import http.client
import re
import shutil
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from viewer import ROOT, apart
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench.generate import write_state_counts
from bench.reader import Reader
from bench.serving import COMMONS, Viewer, serving
from ingest.folder import Folder
from warehouse.release import current_id

VIEW = {"place": "BR-RJ", "concept": "arms_seized"}
BIG = 50_000_000
FLAT = 15
"""MB that memory may differ by without anything having been kept."""


@pytest.fixture(scope="module")
def viewer(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    with serving(small, tmp_path_factory.mktemp("viewer") / "log") as started:
        # Once round, so that what is loaded at the first reading is there.
        apart(_round(started))
        yield started


async def _round(viewer: Viewer) -> Reader:
    reader = Reader(viewer.address, "local", VIEW)
    assert (await reader.open()).error == ""
    return reader


async def rest(line: ClientConnection | None) -> bytes:
    """What still comes over a connection until the viewer ends it, which it must within 20 seconds."""
    said = b""
    async with asyncio.timeout(20):
        with suppress(ConnectionClosed):
            while line is not None:
                message = await line.recv()
                said += message if isinstance(message, bytes) else b""
    return said


def status(viewer: Viewer, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{viewer.address}{path}", method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


class Watched:
    """The most memory of a viewer while something is done to it, in MB above what it was before."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.more = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Watched":
        self._before = self.viewer.memory()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.01):
            self.more = max(self.more, self.viewer.memory() - self._before)


def pour(viewer: Viewer, head: bytes, piece: bytes) -> tuple[bytes, int]:
    """Sends a request's head and then up to 50 MB, however soon it is refused; the answer, and what could be sent."""
    sent = 0
    with socket.create_connection(("127.0.0.1", viewer.port), timeout=20) as line:
        line.sendall(head)
        try:
            while sent < BIG:
                line.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        try:
            return line.recv(4096), sent
        except OSError:
            return b"", sent


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/_stcore/upload_file/{session}/f", "/local", "/_stcore/stream", "/nowhere"])
def test_nothing_is_taken_in(viewer: Viewer, method: str, path: str) -> None:
    """Not even for a living session."""

    async def send() -> tuple[int, str]:
        reader = await _round(viewer)
        return await asyncio.to_thread(status, viewer, path.format(session=reader.session), method)

    assert apart(send()) == (405, "Nothing is taken in here.")


@pytest.mark.parametrize("length", [f"Content-Length: {BIG}", "Transfer-Encoding: chunked"])
def test_what_is_sent_all_the_same_goes_nowhere(viewer: Viewer, length: str) -> None:
    """An upload in a living session with a token, which is all that Streamlit asks for."""
    with urllib.request.urlopen(f"{viewer.address}/_stcore/health", timeout=10) as health:
        token = health.headers["set-cookie"].split("=", 1)[1].split(";")[0]
    piece = b"a" * 65536
    if "chunked" in length:
        piece = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"

    async def send() -> tuple[bytes, int]:
        reader = await _round(viewer)
        head = (
            f"PUT /_stcore/upload_file/{reader.session}/f HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n"
            f"Cookie: _streamlit_xsrf={token}\r\nX-Xsrftoken: {token}\r\n"
            "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        )
        return await asyncio.to_thread(pour, viewer, head.encode(), piece)

    with Watched(viewer) as watched:
        answer, sent = apart(send())
    assert answer == b"" or answer.startswith(b"HTTP/1.1 405")
    assert sent < BIG
    assert watched.more < FLAT


def test_a_page_that_is_sent_a_body_does_not_read_it(viewer: Viewer) -> None:
    head = f"GET /local HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {BIG}\r\n\r\n".encode()
    status(viewer, "/local")  # so that what a page is made with is there
    with Watched(viewer) as watched:
        pour(viewer, head, b"a" * 65536)
    assert watched.more < FLAT


@pytest.mark.parametrize(
    "asked",
    [
        BackMsg(clear_cache=True),
        BackMsg(set_run_on_save=True),
        BackMsg(load_git_info=True),
        BackMsg(debug_shutdown_runtime=True),
        BackMsg(file_urls_request={"request_id": "r", "file_names": ["f"]}),
        BackMsg(backend_operation_request={"request_id": "r", "install_skills": {}}),
        BackMsg(backend_operation_request={"request_id": "r", "dismiss_skills_nudge": {}}),
        BackMsg(),
    ],
    ids=lambda message: re.sub(r"\W+", "_", str(message)) or "nothing",
)
def test_a_browser_can_only_ask_for_pages(viewer: Viewer, asked: BackMsg) -> None:
    """Whatever else it says ends its connection: no answer, and nobody else's page is the worse for it."""

    async def say() -> None:
        reader, other = await _round(viewer), await _round(viewer)
        await reader.send(asked)
        assert b"upload_file" not in await rest(reader.connection)
        assert (await other.again()).error == ""

    apart(say())


@pytest.mark.parametrize("compressed", [False, True])
def test_a_message_too_large_ends_the_connection(viewer: Viewer, compressed: bool) -> None:
    """Compressed too: 50 MB of one letter are 50 kB on the way."""

    async def say() -> None:
        compression = "deflate" if compressed else None
        address = f"ws://127.0.0.1:{viewer.port}/_stcore/stream"
        async with connect(address, compression=compression, max_size=None) as line:
            with suppress(ConnectionClosed):
                await line.send(b"a" * BIG)
            await rest(line)

    with Watched(viewer) as watched:
        apart(say())
    assert watched.more < FLAT


def test_nobody_is_answered_under_another_name(viewer: Viewer) -> None:
    """A page elsewhere cannot have its own name lead here and then read along."""
    assert status(viewer, "/local", Host="evil.example")[0] == 400
    assert status(viewer, "/local", Host=f"localhost:{viewer.port}")[0] == 200

    async def listen(**headers: str) -> None:
        await connect(f"ws://127.0.0.1:{viewer.port}/_stcore/stream", additional_headers=headers)

    # Another page's script, which says so; and one whose host's name leads here.
    with pytest.raises(InvalidStatus):
        apart(listen(Origin="https://evil.example"))


def test_what_nobody_needs_is_not_there(viewer: Viewer) -> None:
    for path in ("agent/openapi.json", "agent/mcp", "agent/interact", "script-health-check"):
        assert status(viewer, f"/_stcore/{path}") == (404, "Not found."), path
    assert status(viewer, "/app/static/x")[0] == 404
    assert status(viewer, "/_stcore/metrics")[0] == 200


def test_pages_carry_what_guards_them(viewer: Viewer) -> None:
    for path in ("/", "/local", "/light/local", "/nowhere", "/static/js/none.js", "/_stcore/health"):
        line = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=30)
        line.request("GET", path)
        headers = line.getresponse().headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert "http" not in headers["content-security-policy"], "no outside host"
        assert "unsafe-inline" not in policy["script-src"]
        assert policy["frame-ancestors"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "camera=()" in headers["permissions-policy"]
        assert "server" not in headers
        line.close()


def test_scripts_are_compressed_and_kept(viewer: Viewer) -> None:
    page = status(viewer, "/")[1]
    for path in re.findall(r'(?:src|href)="\./(static/[^"]+)"', page)[:12]:
        line = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=30)
        line.request("GET", f"/{path}", headers={"Accept-Encoding": "gzip"})
        answer = line.getresponse()
        assert answer.headers["content-encoding"] == "gzip"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers.get_content_type() in ("text/javascript", "application/javascript", "text/css")
        answer.read()
        line.close()


@pytest.mark.parametrize("name", ["../../app.py", "..%2f..%2findex.html", "js/../../index.html", "js", "js/none.js"])
def test_only_files_of_the_app_are_compressed(viewer: Viewer, name: str) -> None:
    request = urllib.request.Request(f"{viewer.address}/static/{name}", headers={"Accept-Encoding": "gzip"})
    try:
        answer = urllib.request.urlopen(request, timeout=20)
    except urllib.error.HTTPError as refused:
        answer = refused
    assert answer.headers["content-encoding"] is None or b"import" not in answer.read()
    assert answer.headers["cache-control"] != "public, max-age=31536000, immutable"


def test_who_reads_what_is_written_nowhere(viewer: Viewer) -> None:
    status(viewer, "/local?place=BR-RJ&concept=arms_seized")
    apart(_round(viewer))
    log = viewer.log.read_text(encoding="utf-8")
    for word in ("BR-RJ", "GET", "[accepted]", "connection open"):
        assert word not in log


def test_the_app_reports_to_nobody(viewer: Viewer) -> None:
    """What a browser is told when it comes: no statistics of use, no error details, nothing about tools."""

    begun = apart(_round(viewer)).begun.new_session
    assert not begun.config.gather_usage_stats
    assert not begun.initialize.recommend_skills_install
    assert begun.config.disable_data_export


def releases(words: str) -> set[str]:
    """The releases that the links of a page lead to."""
    return set(re.findall(r"[?&]release=([0-9a-f]+)", unescape(words)))


def test_a_new_release_is_offered_at_the_next_run_and_no_page_mixes_two(small: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(small, data, symlinks=True)
    first = current_id(Folder(data))

    async def publish() -> None:
        for number in range(3):
            file = tmp_path / f"rj_{number}.csv"
            write_state_counts(600 + 40 * number, file)
            for step in (["add", str(file)], ["build"]):
                done = await asyncio.create_subprocess_exec(*COMMONS, *step, "--data", str(data), cwd=ROOT)
                assert await done.wait() == 0

    async def read(viewer: Viewer) -> None:
        reader = await _round(viewer)
        publishing = asyncio.create_task(publish())
        seen = set()
        while not publishing.done():
            before = current_id(Folder(data))
            assert (await reader.again()).error == ""
            offered = [block for block in reader.html if 'role="status"' in block]
            # What is shown is of one release, to the last link and the foot; only the offer names another.
            shown = [block for block in reader.html if block not in offered]
            assert releases(" ".join(shown)) == {first}
            assert f"Release {first} of " in reader.html[-1]
            seen |= releases(" ".join(offered))
            assert releases(" ".join(offered)) <= {before, current_id(Folder(data))}
            # Another who comes now sees all of the newest.
            other = Reader(viewer.address, "local", VIEW)
            assert (await other.open()).error == ""
            assert len(releases(" ".join(other.html))) == 1
            await other.close()
        await publishing
        await reader.again()
        assert "There is a newer one." in unescape(" ".join(reader.html))
        assert len(seen) >= 2
        newest = Reader(viewer.address, "local", VIEW)
        await newest.open()
        assert releases(" ".join(newest.html)) == {current_id(Folder(data))} != {first}

    with serving(data, tmp_path / "log") as viewer:
        apart(asyncio.wait_for(read(viewer), 300))


def test_an_error_says_nothing_of_the_machine(small: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(small, data, symlinks=True)
    release = current_id(Folder(data))
    for part in (data / "releases" / release).rglob("*.parquet"):
        part.parent.chmod(0o755)
        part.unlink()
    with serving(data, tmp_path / "log") as viewer:

        async def see() -> str:
            return (await Reader(viewer.address, "local", VIEW).open()).error

        said = apart(see())
        assert said
        code, page = status(viewer, "/light/local?place=BR-RJ")
        assert code == 500
    for words in (said, page):
        for secret in (str(tmp_path), "parquet", "duckdb", "Traceback", ".py"):
            assert secret not in words


def test_beyond_this_machine_it_must_know_its_name(small: Path) -> None:
    command = [*COMMONS, "serve", "--address", "0.0.0.0", "--data", str(small)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 2
    assert "--host" in done.stderr


START = "from dashboard import server; server.application('127.0.0.1', []); print('would serve')"


@pytest.mark.parametrize(
    ("before", "says"),
    [("", "would serve"), ("from streamlit import config; config._main_script_path = '/nowhere/app.py'; ", "must be")],
    ids=["as it is", "its settings not found"],
)
def test_nothing_is_served_half_open(before: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit would go on with settings of its own, or those of whoever starts it: uploads, statistics, details."""
    monkeypatch.setenv("STREAMLIT_SERVER_MAX_UPLOAD_SIZE", "5")
    monkeypatch.setenv("STREAMLIT_BROWSER_GATHER_USAGE_STATS", "true")
    command = [sys.executable, "-c", before + START]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert says in done.stdout + done.stderr
    assert done.returncode == (0 if says == "would serve" else 1)
