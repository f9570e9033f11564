"""Messages that are signed: what stands for a signature that is not there, and checks that are looked up by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import hashlib
import hmac
from flask import Flask, abort, request

app = Flask(__name__, static_folder=None)


def made():
    return "sha256=" + hmac.new(b"secret", request.get_data(), hashlib.sha256).hexdigest()


@app.post("/hook")
def hook():
"""
_SENT = 'request.headers.get("X-Hub-Signature-256")'


def _verdict(tmp_path: Path, source: str) -> str:
    (tmp_path / "app.py").write_text(source)
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "POST")
    return route.verdict


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (f'sent = {_SENT} or ""\n    if not hmac.compare_digest(made(), sent):\n        abort(401)', "guarded"),
        (f'if not hmac.compare_digest(made(), {_SENT} or "none"):\n        abort(401)', "guarded"),
        (f'sent = {_SENT} or ""\n    if made() != sent:\n        abort(403)', "guarded"),
        (f'sent = {_SENT} or ""\n    if not sent:\n        abort(401)', "guarded"),
        (f"sent = {_SENT}\n    if not (made() == sent if sent else False):\n        abort(401)", "guarded"),
        (f"sent = {_SENT}\n    if not (made() == sent if sent else True):\n        abort(401)", "unguarded"),
        (f'print({_SENT} or "")', "unguarded"),
    ],
)
def test_what_stands_for_a_signature_is_none(tmp_path: Path, body: str, verdict: str) -> None:
    assert _verdict(tmp_path, f'{_HEAD}    {body}\n    return "taken"\n') == verdict


_LOOKED_UP = """
from abc import ABC, abstractmethod
from fastapi import FastAPI, HTTPException, Request
import plugins

app = FastAPI(openapi_url=None)
TABLE = plugins.table()


class Check(ABC):
    {mark}
    async def verify(self, request: Request) -> bytes: ...


class Hub(Check):
    async def verify(self, request: Request) -> bytes:
        raw = await request.body()
        if request.headers.get("x-hub-signature") != raw.hex():
            raise HTTPException(401)
        return raw


def check_of(name: str){gives}:
    return TABLE[name]


@app.post("/hooks/{{name}}")
async def hook(name: str, request: Request):
    await check_of(name).{asks}(request)
    return {{"ok": True}}
"""


@pytest.mark.parametrize(
    ("mark", "gives", "asks", "verdict"),
    [
        ("@abstractmethod", " -> Check", "verify", "guarded"),
        ("@abstractmethod", "", "verify", "unknown"),
        ("@abstractmethod", "", "verify_signature", "unknown"),
        ("", " -> Check", "verify", "unknown"),
        ("@abstractmethod", "", "describe", "unguarded"),
    ],
)
def test_a_check_that_is_looked_up_may_refuse(tmp_path: Path, mark: str, gives: str, asks: str, verdict: str) -> None:
    assert _verdict(tmp_path, _LOOKED_UP.format(mark=mark or "# -", gives=gives, asks=asks)) == verdict
