"""Websockets and streams that are open: a block, a revocation or a denied `require` ends them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard.loading import Mode
from nomoat.journal import blocks
from nomoat.journal.facts import Decision, Response
from nomoat.journal.journal import open_store
from tests.guard.calling import scope_of
from tests.guard.guarded import ANA, POLICY
from tests.policy.maps import map_of, route

DRAWN = map_of(
    route("WS /echo", binding="signed-in"),
    route("WS /push", binding="signed-in"),
    route("WS /asks", binding="signed-in"),
    route("GET /rows", binding="signed-in"),
)
WITHIN_S = 10.0


def _app(heard: list[str]) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                heard.append(await socket.receive_text())
                await socket.send_text(heard[-1])
        heard.append("left")

    @app.websocket("/push")
    async def push(socket: WebSocket) -> None:
        await socket.accept()
        for number in range(1000):
            await socket.send_text(str(number))
            await asyncio.sleep(0.01)

    @app.websocket("/asks")
    async def asks(socket: WebSocket) -> None:
        await socket.accept()
        while True:
            owner = await socket.receive_text()
            with contextlib.suppress(guard.Denied):
                guard.require("orders:read", owner=owner)
            await socket.send_text(f"of {owner}")

    @app.get("/rows")
    async def rows() -> StreamingResponse:
        async def many() -> AsyncIterator[str]:
            for number in range(1000):
                yield str(number)
                await asyncio.sleep(0.01)

        return StreamingResponse(many())

    return app


class _Client:
    """The other end of one connection."""

    def __init__(self, app: Any, scope: dict[str, Any]) -> None:
        self.sent: list[dict[str, Any]] = []
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.task = asyncio.create_task(app(scope, self._heard.get, self._take))
        if scope["type"] == "websocket":
            self._heard.put_nowait({"type": "websocket.connect"})

    async def _take(self, message: Any) -> None:
        self.sent.append(dict(message))

    def say(self, text: str) -> None:
        self._heard.put_nowait({"type": "websocket.receive", "text": text})

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]

    async def until(self, holds: Callable[[], bool]) -> None:
        ends = time.monotonic() + WITHIN_S
        while not holds():
            assert time.monotonic() < ends, f"what was waited for never came: {self.sent[-3:]}"
            await asyncio.sleep(0.01)


def _connected(
    root: Path, mode: Mode, target: str, story: Callable[[_Client, Any], Any], heard: list[str]
) -> list[Any]:
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    (root / ".nomoat" / "map.json").write_text(codec.file_text(DRAWN))
    app = guard.Guard(_app(heard), mode, config=root / "nomoat.yaml", identity=lambda _: ANA)
    kind = "http" if target == "/rows" else "websocket"
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:

        async def whole() -> None:
            client = _Client(app, scope_of("GET", target, kind=kind))
            try:
                await story(client, store)
            finally:
                client.task.cancel()
                await asyncio.gather(client.task, return_exceptions=True)

        asyncio.run(whole())
        app.close()
        return [entry.fact for entry in store.read(kinds=(Decision, Response))]


def _block(store: Any) -> None:
    blocks.place(store, "user:local/ana", for_s=600, because="INC-7", by="ben")


MODES = pytest.mark.parametrize("mode", ["audit", "enforce"])


@MODES
def test_a_block_ends_a_socket_before_its_handler_hears_the_next_word(mode: Mode, tmp_path: Path) -> None:
    heard: list[str] = []

    async def story(client: _Client, store: Any) -> None:
        client.say("one")
        await client.until(lambda: client.texts == ["one"])
        _block(store)
        await asyncio.sleep(1.0)
        client.say("two")
        await client.until(lambda: client.task.done())
        assert {"type": "websocket.close", "code": 1008} == client.sent[-1]

    decision, response = _connected(tmp_path, mode, "/echo", story, heard)

    assert ["one", "left"] == heard
    assert ("allow", "signed-in", 101) == (decision.outcome, decision.reason, response.status)


@MODES
def test_a_block_ends_a_socket_that_only_talks(mode: Mode, tmp_path: Path) -> None:
    async def story(client: _Client, store: Any) -> None:
        await client.until(lambda: len(client.texts) > 3)
        _block(store)
        await client.until(lambda: client.sent[-1]["type"] == "websocket.close")
        told = len(client.texts)
        await asyncio.sleep(0.1)
        assert told == len(client.texts)

    _connected(tmp_path, mode, "/push", story, [])


@MODES
def test_a_block_breaks_a_stream_off(mode: Mode, tmp_path: Path) -> None:
    async def story(client: _Client, store: Any) -> None:
        await client.until(lambda: len(client.sent) > 3)
        _block(store)
        await client.until(lambda: client.task.done())
        # The server sees an answer that was never finished, and aborts the connection.
        assert client.task.exception() is not None
        assert client.sent[-1].get("more_body")

    _connected(tmp_path, mode, "/rows", story, [])


def test_a_denied_require_ends_a_socket_though_the_handler_swallows_it(tmp_path: Path) -> None:
    async def story(client: _Client, store: Any) -> None:
        client.say("ana")
        await client.until(lambda: client.texts == ["of ana"])
        client.say("ben")
        client.say("ana")
        await client.until(lambda: client.sent[-1]["type"] == "websocket.close")
        assert ["of ana"] == client.texts

    facts = _connected(tmp_path, "enforce", "/asks", story, [])

    decisions = [fact for fact in facts if isinstance(fact, Decision)]
    assert ("deny", "condition-false") == (decisions[-1].outcome, decisions[-1].reason)


def test_audit_ends_nothing_that_is_denied(tmp_path: Path) -> None:
    async def story(client: _Client, store: Any) -> None:
        client.say("ben")
        client.say("ana")
        await client.until(lambda: client.texts == ["of ben", "of ana"])

    facts = _connected(tmp_path, "audit", "/asks", story, [])

    assert ["allow", "deny", "allow"] == [fact.outcome for fact in facts if isinstance(fact, Decision)]
