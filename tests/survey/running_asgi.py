"""Starlette and FastAPI, asked through ASGI."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import httpx
from fastapi.routing import iter_route_contexts
from starlette.routing import Host, Mount
from starlette.websockets import WebSocketDisconnect

from tests.survey.running import is_refusal


def served(app: Any, prefix: str = "") -> set[tuple[str, str]]:
    """Method and path of everything that the framework itself knows."""
    found: set[tuple[str, str]] = set()
    for route in iter_route_contexts(app.routes):
        original = route.original_route
        if isinstance(original, Host):
            found |= served(original.app, prefix)
        elif isinstance(original, Mount):
            path = prefix + (route.path or "")
            if getattr(original.app, "routes", None):
                found |= served(original.app, path)
            else:
                found.add(("ANY", path))
        elif "WebSocket" in type(original).__name__:
            found.add(("WS", prefix + (route.path or "")))
        else:
            found |= {(method, prefix + (route.path or "")) for method in route.methods or _own_methods(original)}
    return found


def _own_methods(route: Any) -> set[str]:
    names = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    own = {name for name in names if hasattr(route.endpoint, name.lower())}
    return own | ({"HEAD"} if "GET" in own else set())


def is_refused(app: Any, method: str, url: str) -> bool:
    """Whether a caller without any credential is refused here."""
    return asyncio.run(_refused_websocket(app, url) if method == "WS" else _refused(app, method, url))


async def _refused(app: Any, method: str, url: str) -> bool:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        body: dict[str, str] | None = {} if method in ("POST", "PUT", "PATCH") else None
        answer = await client.request(method, url, json=body)
    return is_refusal(answer.status_code, answer.headers.get("location", ""))


async def _refused_websocket(app: Any, url: str) -> bool:
    """Refused: closed with a code of refusal before anything but the handshake was answered."""
    sent: list[dict[str, Any]] = []
    inbox = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}]

    async def receive() -> dict[str, Any]:
        return inbox.pop(0) if inbox else {"type": "websocket.disconnect", "code": 1001}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "websocket", "path": url, "raw_path": url.encode(), "query_string": b"",
        "headers": [(b"host", b"test")], "subprotocols": [], "scheme": "ws", "server": ("test", 80),
        "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"}, "root_path": "", "extensions": {}, "state": {},
    }  # fmt: skip
    with suppress(WebSocketDisconnect):
        await app(scope, receive, send)
    kinds = [message["type"] for message in sent]
    closed = [message for message in sent if message["type"] == "websocket.close" and message.get("code", 1000) != 1000]
    return "websocket.send" not in kinds and bool(closed)
