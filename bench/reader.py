"""One person's browser, as far as the app can tell: a websocket that speaks Streamlit's protobuf."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from dashboard.address import KEPT

FEW = 20
PATIENCE = 60
"""Seconds after which no answer is an error."""


@dataclass
class Run:
    """One run of a page's script, as its reader saw it."""

    seconds: float
    bytes: int
    what: str
    page: str
    error: str = ""


@dataclass
class Reader:
    """One browser: its address, the selects it sees and the state it last chose."""

    address: str
    page: str
    state: Mapping[str, str]
    trust: SSLContext | None = None
    cookie: str = ""
    query: str = ""
    begun: ForwardMsg = field(default_factory=ForwardMsg)
    """What the app said when the last run began."""
    selects: dict[str, list[str]] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    html: list[str] = field(default_factory=list)
    connection: ClientConnection | None = None

    @property
    def session(self) -> str:
        """What the app calls this reader."""
        return str(self.begun.new_session.initialize.session_id)

    @property
    def kept(self) -> dict[str, str]:
        """What every link of the page keeps of its address."""
        return {name: value for name, value in parse_qsl(self.query) if name in KEPT}

    async def open(self) -> Run:
        """Connects and runs the page for the first time."""
        start = time.perf_counter()
        parts = urlsplit(self.address)
        scheme = "wss" if parts.scheme == "https" else "ws"
        headers = {"Cookie": self.cookie} if self.cookie else {}
        try:
            self.connection = await connect(
                f"{scheme}://{parts.netloc}/_stcore/stream",
                subprotocols=["streamlit"],  # type: ignore[list-item]
                origin=f"{parts.scheme}://{parts.netloc}",  # type: ignore[arg-type]
                additional_headers=headers,
                ssl=self.trust,
                max_size=2**26,
                open_timeout=PATIENCE,
            )
        except (OSError, WebSocketException, TimeoutError) as refused:
            return Run(time.perf_counter() - start, 0, "open", self.page, repr(refused))
        self.query = urlencode(self.state)
        return await self._run("open", start)

    async def again(self) -> Run:
        """Runs the page once more, with nothing changed."""
        return await self._run("again", time.perf_counter())

    async def change(self, draw: random.Random) -> Run:
        """Chooses something else in one of the selects; of long lists among the first, as people look at the same."""
        offered = {name: options[:FEW] for name, options in self.selects.items() if len(options) > 1}
        if not offered:
            return await self.again()
        name = draw.choice([*offered])
        self.chosen[name] = draw.choice([one for one in offered[name] if one != self.chosen.get(name)])
        return await self._run("change", time.perf_counter())

    async def close(self) -> None:
        """Leaves."""
        if self.connection is not None:
            await self.connection.close()
            self.connection = None

    async def send(self, message: BackMsg) -> None:
        """Says something to the app."""
        assert self.connection is not None
        await self.connection.send(message.SerializeToString())

    async def _run(self, what: str, start: float) -> Run:
        question = BackMsg()
        asked = question.rerun_script
        asked.query_string = self.query
        asked.page_name = self.page
        asked.context_info.locale = "en-GB"
        asked.context_info.timezone = "UTC"
        asked.context_info.url = f"{self.address}/{self.page}"
        for name, value in self.chosen.items():
            state = asked.widget_states.widgets.add()
            state.id, state.string_value = name, value
        try:
            await self.send(question)
            size, error = await asyncio.wait_for(self._answer(), PATIENCE)
        except (OSError, WebSocketException, TimeoutError) as broken:
            size, error = 0, repr(broken)
        return Run(time.perf_counter() - start, size, what, self.page, error)

    async def _answer(self) -> tuple[int, str]:
        """Reads until the script has finished: how many bytes came, and what went wrong."""
        assert self.connection is not None
        size, error = 0, ""
        while True:
            data = await self.connection.recv(decode=False)
            size += len(data)
            message = ForwardMsg()
            message.ParseFromString(data)
            match message.WhichOneof("type"):
                case "new_session":
                    self.begun, self.selects, self.html = message, {}, []
                case "page_info_changed":
                    self.query = message.page_info_changed.query_string
                case "page_not_found":
                    error = "no such page"
                case "delta":
                    error = self._element(message.delta.new_element) or error
                case "script_finished" if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return size, error or ("" if message.script_finished == 0 else "the script did not finish")

    def _element(self, element: Any) -> str:
        """Remembers a select and its value, or the words of a block; says what an exception says."""
        kind = element.WhichOneof("type")
        if kind == "selectbox":
            box = element.selectbox
            self.selects[box.id] = [] if box.disabled else list(box.options)
            self.chosen.setdefault(box.id, box.options[box.default] if box.options else "")
        elif kind == "html":
            self.html.append(element.html.body)
        elif kind == "exception":
            return f"{element.exception.type}: {element.exception.message}"
        return ""
