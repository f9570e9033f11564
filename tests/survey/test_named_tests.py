"""A test that is given a name first says the same as one that stands in its `if`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket
from pydantic_settings import BaseSettings

app = FastAPI(openapi_url=None)

class Settings(BaseSettings):
    is_open: bool = False
    is_told: bool

settings = Settings()

def key_of(request: Request):
    return request.headers.get("x-api-key")

def key_of_socket(websocket: WebSocket):
    return websocket.headers.get("x-api-key")

"""
_HTTP = """
@app.get("/data")
def data(request: Request, key: str | None = Depends(key_of)):
    {before}
    if {test}:
        raise HTTPException(status_code=401)
    return ["secret"]
"""
_SOCKET = """
@app.websocket("/data")
async def data(websocket: WebSocket, key: str | None = Depends(key_of_socket)):
    {before}
    if {test}:
        await websocket.close(code=4003)
        return
    await websocket.accept()
    await websocket.send_text("secret")
"""
_TESTS = {
    "key is None": "guarded",
    "key is None and not settings.is_open": "guarded",
    "not settings.is_open and key is None": "guarded",
    "key is None and not settings.is_told": "unknown",
    "key is None or not settings.is_open": "guarded",
    "not (key is not None or settings.is_open)": "guarded",
    "key is not None and settings.is_open": "unguarded",
    "key is not None": "unguarded",
}


@pytest.mark.parametrize("handler", [_HTTP, _SOCKET], ids=["http", "websocket"])
@pytest.mark.parametrize(("test", "verdict"), _TESTS.items(), ids=list(_TESTS))
def test_a_named_test_says_what_it_says_in_its_if(tmp_path: Path, handler: str, test: str, verdict: str) -> None:
    inline = _verdict(tmp_path / "inline", handler.format(before="pass", test=test))
    named = _verdict(tmp_path / "named", handler.format(before=f"refused = {test}", test="refused"))

    assert (verdict, verdict) == (inline, named)


def _verdict(root: Path, handler: str) -> str:
    root.mkdir()
    (root / "app.py").write_text(_HEAD + handler, encoding="utf-8")
    (route,) = [one for one in draw(root).map.routes if one.path == "/data"]
    return route.verdict
