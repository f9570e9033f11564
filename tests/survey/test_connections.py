"""Connections: who is refused is never accepted, and what each message is asked counts, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOCKETS = """
import secrets

from fastapi import Depends, FastAPI, Query, WebSocket

app = FastAPI(openapi_url=None)
KEY = "key"
listeners = []


async def token_of(socket: WebSocket, token: str | None = Query(default=None)):
    if token and secrets.compare_digest(token, KEY):
        return token
    await socket.close(code=1008)


async def greeted(socket: WebSocket, token: str | None = Query(default=None)):
    await socket.accept()
    return token


def is_known(token):
    return token == KEY


"""
_CONNECTED = {
    "a test around everything": ("token: str = Depends(token_of)", """
    if token:
        await socket.accept()
""", "guarded"),
    "a return before": ("token: str = Query(...)", """
    if not is_known(token):
        return
    await socket.accept()
""", "guarded"),
    "accepted before": ("token: str = Query(...)", """
    await socket.accept()
    if not is_known(token):
        return
    await socket.send_text("secret")
""", "unguarded"),
    "accepted by a dependency": ("token: str = Depends(greeted)", """
    if not is_known(token):
        return
    await socket.send_text("secret")
""", "unguarded"),
    "kept by somebody before": ("token: str = Query(...)", """
    listeners.append(socket)
    if not is_known(token):
        return
    await socket.accept()
""", "unguarded"),
    "accepted for nobody": ("", """
    return
""", "unguarded"),
    "accepted by what is asked for": ("room: str", """
    if room != "lobby":
        return
    await socket.accept()
""", "unguarded"),
}  # fmt: skip


@pytest.mark.parametrize(("takes", "body", "verdict"), _CONNECTED.values(), ids=list(_CONNECTED))
def test_a_connection_that_is_never_accepted_is_refused(tmp_path: Path, takes: str, body: str, verdict: str) -> None:
    source = f'{_SOCKETS}@app.websocket("/data")\nasync def data(socket: WebSocket, {takes}):{body}'

    assert {"WS /data": verdict} == drawn(tmp_path, source)


_TORNADO = """
from tornado import web, websocket


class Base(websocket.WebSocketHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")

    def open(self):
        self.set_nodelay(True)


class Asked(Base):
    def on_message(self, message):
        if not self.current_user:
            self.close(4401)
            return
        self.write_message("secret")


class Echo(Base):
    def on_message(self, message):
        self.write_message(message)


class AskedAtOnce(Base):
    def open(self):
        if not self.current_user:
            self.close(4401)

    def on_message(self, message):
        self.write_message(message)


app = web.Application([("/asked", Asked), ("/echo", Echo), ("/at-once", AskedAtOnce)])
"""
_STARLETTE = """
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute


class Asked(WebSocketEndpoint):
    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        if websocket.headers.get("x-api-key") != "key":
            await websocket.close(1008)
            return
        await websocket.send_text("secret")


class Echo(WebSocketEndpoint):
    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        await websocket.send_text(data)


class AskedAtOnce(Asked):
    async def on_connect(self, websocket):
        if websocket.headers.get("x-api-key") != "key":
            await websocket.close(1008)
            return
        await websocket.accept()


app = Starlette(
    routes=[
        WebSocketRoute("/asked", Asked),
        WebSocketRoute("/echo", Echo),
        WebSocketRoute("/at-once", AskedAtOnce),
    ]
)
"""


@pytest.mark.parametrize("source", [_TORNADO, _STARLETTE], ids=["tornado", "starlette"])
def test_where_only_messages_are_asked_nothing_is_sure(tmp_path: Path, source: str) -> None:
    assert {"WS /asked": "unknown", "WS /echo": "unguarded", "WS /at-once": "guarded"} == drawn(tmp_path, source)


def drawn(folder: Path, source: str) -> dict[str, str]:
    """Method and path of each route, with its verdict."""
    (folder / "app.py").write_text(source, encoding="utf-8")
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes}


@pytest.mark.parametrize(("code", "verdict"), [("1008", "unknown"), ("4401", "unknown"), ("1011", "unguarded")])
def test_a_connection_that_is_closed_by_what_others_say_may_be_guarded(tmp_path: Path, code: str, verdict: str) -> None:
    (tmp_path / "app.py").write_text(f"""
from elsewhere import backend
from fastapi import Depends, FastAPI, WebSocket

app = FastAPI(openapi_url=None)


async def caller_of(socket: WebSocket):
    token = await backend.scheme(socket)
    return await backend.read(token) if token else None


@app.websocket("/feed")
async def feed(socket: WebSocket, caller=Depends(caller_of)):
    await socket.accept()
    if caller is None:
        await socket.close(code={code}, reason="who are you")
        return
    await socket.send_json({{"orders": []}})
""")
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "WS")

    assert route.verdict == verdict
