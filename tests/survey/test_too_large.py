"""Middleware that refuses what is too large, whoever sends it, behind a test of a header that not everybody sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from fastapi import FastAPI
from starlette.responses import JSONResponse


class Limit:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        told = length(scope)
        if told is not None and told > 100:
            await JSONResponse({}, status_code=413)(scope, receive, send)
            return
        message = await receive()
        if len(message.get("body", b"")) > 100:
            await JSONResponse({}, status_code={status})(scope, receive, send)
            return
        await self.app(scope, receive, send)


def length(scope):
    for name, raw in scope.get("headers", []):
        if name.lower() != b"content-length":
            continue
        return int(raw)
    return None


app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.add_middleware(Limit)


@app.get("/health")
def health():
    return {}
"""


@pytest.mark.parametrize(("status", "verdict"), [("413", "unguarded"), ("401", "unknown"), ("403", "unknown")])
def test_what_is_refused_for_its_size_is_refused_to_everybody(status: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.replace("{status}", status))

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
