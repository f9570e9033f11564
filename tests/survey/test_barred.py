"""A handler that answers nobody without a credential, whatever else it refuses before it asks who calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import os

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
bearer = OAuth2PasswordBearer(tokenUrl="/login", auto_error=False)
USERS = {}


async def current(token: str = Depends(bearer)):
    if not os.environ.get("AUTH"):
        return None
    try:
        return jwt.decode(token, os.environ["SECRET"], algorithms=["HS256"])
    except Exception:
        raise HTTPException(401)


@app.get("/orders")
def orders(number: int, user=Depends(current)):
    {body}
    return []
"""
_BODIES = {
    "asked after the input": (
        "if number > 3:\n        raise HTTPException(400)\n    if not user:\n        raise HTTPException(401)",
        "guarded",
    ),
    "asked after what is there": (
        "if number not in range(9):\n        raise HTTPException(404)\n"
        "    if not user:\n        raise HTTPException(403)",
        "guarded",
    ),
    "asked of some": ("if number > 3 and not user:\n        raise HTTPException(401)", "unknown"),
    "answered before": (
        "if number > 3:\n        return [number]\n    if not user:\n        raise HTTPException(401)", "unknown"
    ),
    "not asked": ("if number > 3:\n        raise HTTPException(400)", "unknown"),
    "nobody gets anything": (
        "if number > 3:\n        raise HTTPException(400)\n    raise HTTPException(401)", "unknown"
    ),
    # A sign-in whose table is empty in source answers nobody there, with or without a credential.
    "a table that is filled later": (
        "if number > 3:\n        raise HTTPException(400)\n    if USERS.get(number) is None:\n"
        "        raise HTTPException(401)",
        "unknown",
    ),
    # What ends in a fault answers nobody.
    "a fault of its own": (
        "if number > 3:\n        raise HTTPException(500)\n    if not user:\n        raise HTTPException(401)",
        "guarded",
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", _BODIES)
def test_who_has_no_credential_gets_no_answer(body: str, tmp_path: Path) -> None:
    told, verdict = _BODIES[body]
    (tmp_path / "main.py").write_text(_SOURCE.replace("{body}", told))

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
