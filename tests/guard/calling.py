"""Calls ASGI applications in this process as a server would, without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

Headers = Iterable[tuple[str, str]]


@dataclass(slots=True)
class Answer:
    """What an application answered; `complete` is False where it stopped in the middle."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False

    def header(self, name: str) -> str:
        return next((value.decode("latin-1") for key, value in self.headers if key == name.encode()), "")

    def json(self) -> Any:
        return json.loads(self.body)


def scope_of(
    method: str, target: str, headers: Headers = (), *, kind: str = "http", client: str = "192.0.2.1", root: str = ""
) -> dict[str, Any]:
    """A scope as uvicorn makes it: the path without its escapes, the raw path with them."""
    raw, _, query = target.partition("?")
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    if not any(name == b"host" for name, _ in encoded):
        encoded.append((b"host", b"testserver"))
    scope: dict[str, Any] = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": root + unquote_to_bytes(raw).decode("utf-8", "replace"),
        "raw_path": raw.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
        "root_path": root,
        "headers": encoded,
        "client": (client, 50000),
        "server": ("testserver", 80),
        "state": {},
    }
    if kind == "http":
        scope["method"] = method
    else:
        scope["subprotocols"] = []
    return scope


async def serve(app: Any, scope: MutableMapping[str, Any], body: bytes = b"") -> Answer:
    """One request. What the application raises is raised here, as a server would see it."""
    answer = Answer()
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop()
        # A client that waits for its answer says nothing more.
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert answer.status == 0, "two answers to one request"
            answer.status, answer.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            assert answer.status, "a body before its start"
            answer.body += message.get("body", b"")
            answer.complete = not message.get("more_body", False)

    await app(scope, receive, send)
    return answer


async def handshake(app: Any, scope: MutableMapping[str, Any], texts: Iterable[str] = ()) -> list[dict[str, Any]]:
    """A websocket: what the application sends while the client connects, says `texts` and leaves."""
    waiting: list[dict[str, Any]] = [{"type": "websocket.disconnect", "code": 1000}]
    waiting += [{"type": "websocket.receive", "text": text} for text in reversed(list(texts))]
    waiting.append({"type": "websocket.connect"})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop() if len(waiting) > 1 else waiting[0]

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))

    await app(scope, receive, send)
    return sent
