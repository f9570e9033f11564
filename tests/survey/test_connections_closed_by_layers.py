"""Layers around an application that close connections of who may not have them, beside what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_SOURCE = """
from fastapi import FastAPI, WebSocket

app = FastAPI(openapi_url=None)
TOKENS = {{"t": "ana"}}


class Layer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        if {refused}:
            if scope["type"] == "websocket":
                await send({{"type": "websocket.close"{code}}})
                return
            await send({{"type": "http.response.start", "status": 401, "headers": []}})
            await send({{"type": "http.response.body", "body": b""}})
            return
        await self.app(scope, receive, send)


app.add_middleware(Layer)


@app.websocket("/d")
async def d(socket: WebSocket):
    await socket.accept()
    await socket.send_text("x")
    await socket.close()
"""


@pytest.mark.parametrize("code", [', "code": 4401', ', "code": 1008', ', "code": 4403'])
@pytest.mark.parametrize(
    ("refused", "verdict"),
    [
        ('headers.get(b"x-token", b"").decode() not in TOKENS', "guarded"),
        ('headers.get(b"x-token", b"").decode() in TOKENS', "unguarded"),
    ],
)
def test_who_may_not_have_a_connection_is_refused_it(refused: str, verdict: str, code: str, tmp_path: Path) -> None:
    source = _SOURCE.format(refused=refused, code=code)

    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, source)
