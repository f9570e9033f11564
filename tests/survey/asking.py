"""Asks a running application what an anonymous caller gets: one request, without a credential, by WSGI or ASGI."""

from __future__ import annotations

import asyncio
import io
import re
from typing import Any

import httpx

REFUSED = frozenset((401, 403))


def filled(path: str) -> str:
    """A path of a route with something in the place of each parameter."""
    return re.sub(r"\{[^}]*\}", "1", path)


def is_sent_away(status: int, location: str) -> bool:
    """Whether an answer sends the caller to sign in."""
    return status in (302, 303, 307) and "login" in location


def refused_by_wsgi(app: Any, method: str, path: str) -> bool:
    """Whether a WSGI application refuses an anonymous caller here; an error of its own is passed on."""
    return status_by_wsgi(app, method, path) in REFUSED


def status_by_wsgi(app: Any, method: str, path: str) -> int:
    """The status that a WSGI application answers an anonymous caller here; being sent to sign in counts as 401."""
    told: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": filled(path), "SCRIPT_NAME": "", "QUERY_STRING": "",
        "SERVER_NAME": "test", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "test",
        "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(b""), "wsgi.errors": io.StringIO(), "wsgi.version": (1, 0),
        "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": True, "CONTENT_LENGTH": "0",
    }  # fmt: skip

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        told.append((status, headers))

    list(app(environ, start))
    status, headers = told[-1]
    return 401 if is_sent_away(int(status[:3]), dict(headers).get("Location", "")) else int(status[:3])


def status_by_asgi(app: Any, method: str, path: str) -> int:
    """The status that an ASGI application answers an anonymous caller here; being sent to sign in counts as 401."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, filled(path), json={} if method in ("POST", "PUT", "PATCH") else None)

    answer = asyncio.run(ask())
    return 401 if is_sent_away(answer.status_code, answer.headers.get("location", "")) else answer.status_code
