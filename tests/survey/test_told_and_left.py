"""Connections whose caller is sent why nothing comes, and that are left then: a refusal, if it is about who calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_FASTAPI = """
import json

from fastapi import FastAPI, WebSocket

app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


@app.websocket("/feed")
async def feed(ws: WebSocket, room: str = ""):
    await ws.accept()
    {body}
    await ws.send_json({{"orders": []}})
"""
_LITESTAR = """
import json

from litestar import Litestar, WebSocket, websocket


@websocket("/feed")
async def feed(socket: WebSocket, room: str = "") -> None:
    ws = socket
    await ws.accept()
    {body}
    await ws.send_json({{"orders": []}})


app = Litestar([feed], openapi_config=None)
"""
_AIOHTTP = """
import json

from aiohttp import web


async def feed(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    room = request.query.get("room")
    {body}
    await ws.send_json({{"orders": []}})
    return ws


app = web.Application()
app.router.add_get("/feed", feed, allow_head=False)
"""


def _verdict(tmp_path: Path, source: str, test: str, *then: str) -> str:
    owner = "request" if source is _AIOHTTP else "ws"
    given = [*then] if source is not _AIOHTTP else [one.replace("return", "return ws") for one in then]
    lines = "\n".join(f"        {one}" for one in given)
    (tmp_path / "app.py").write_text(source.format(body=f"if {test.format(owner)}:\n{lines}"))
    (route,) = draw(tmp_path).map.routes
    return str(route.verdict)


_NOBODY = 'not {0}.headers.get("Authorization")'
_EACH = pytest.mark.parametrize(
    "source",
    [
        pytest.param(_FASTAPI, id="FastAPI"),
        pytest.param(_LITESTAR, id="Litestar"),
        pytest.param(_AIOHTTP, id="aiohttp"),
    ],
)


@_EACH
@pytest.mark.parametrize(
    "message",
    [
        'json({"error": "unauthorized"})',
        'json({"type": "error", "message": "who are you?"})',
        'json({"status": "forbidden"})',
        'json({"type": "hello", "message": "invalid token"})',
    ],
)
def test_who_is_sent_an_error_and_left_is_refused(tmp_path: Path, source: str, message: str) -> None:
    assert "guarded" == _verdict(tmp_path, source, _NOBODY, f"await ws.send_{message}", "return")


@pytest.mark.parametrize(
    "text", ['"Not authorized"', '"error: bad token"', 'json.dumps({"error": 1})', '"access denied"']
)
def test_a_text_may_say_so_too(tmp_path: Path, text: str) -> None:
    assert "guarded" == _verdict(tmp_path, _FASTAPI, _NOBODY, f"await ws.send_text({text})", "return")
    assert "guarded" == _verdict(tmp_path, _AIOHTTP, _NOBODY, f"await ws.send_str({text})", "return")


@_EACH
@pytest.mark.parametrize(
    ("test", "then"),
    [
        pytest.param(_NOBODY, ['await ws.send_json({"error": "unauthorized"})'], id="goes on"),
        pytest.param(_NOBODY, ['await ws.send_json({"orders": ["public"]})', "return"], id="something else"),
        pytest.param(_NOBODY, ['await ws.send_json({"error": None, "orders": [1]})', "return"], id="no error"),
        pytest.param('room != "lobby"', ['await ws.send_json({"error": "no such room"})', "return"], id="of the room"),
        pytest.param(_NOBODY, ['await ws.send_text("welcome, guest")', "return"], id="a text"),
    ],
)
def test_who_is_sent_anything_else_or_goes_on_is_not(tmp_path: Path, source: str, test: str, then: list[str]) -> None:
    assert "guarded" != _verdict(tmp_path, source, test, *then)


def test_aiohttp_closes_a_connection_for_want_of_a_credential(tmp_path: Path) -> None:
    assert "guarded" == _verdict(tmp_path, _AIOHTTP, _NOBODY, "await ws.close(code=4401)", "return")
    assert "guarded" != _verdict(tmp_path, _AIOHTTP, 'room != "lobby"', "await ws.close()", "return")
