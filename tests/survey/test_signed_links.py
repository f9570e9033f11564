"""Links that are signed here, whose signature is a parameter of the handler."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import hashlib
import hmac
import os
import time

from fastapi import FastAPI, HTTPException

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def signed(path, expires):
    return hmac.new(os.environ["KEY"].encode(), f"{path}{expires}".encode(), hashlib.sha256).hexdigest()


def verify(path: str, expires: int, given: str) -> bool:
    if int(time.time()) > expires:
        return False
    return hmac.compare_digest(signed(path, expires), given)


@app.get("/files/{path:path}")
def file(path: str, expires: int = 0, {name}: str = ""):
    {body}
    return path
"""


@pytest.mark.parametrize(
    ("name", "body", "verdict"),
    [
        ("sig", "if not verify(path, expires, sig):\n        raise HTTPException(403)", "guarded"),
        ("signature", "if not verify(path, expires, signature):\n        raise HTTPException(403)", "guarded"),
        ("sig", "if len(sig) > 64:\n        raise HTTPException(400)", "unguarded"),
        ("sig", "if expires > 9 and not verify(path, expires, sig):\n        raise HTTPException(403)", "unknown"),
        ("size", 'if size == "0":\n        raise HTTPException(403)', "unguarded"),
    ],
)
def test_who_has_no_signed_link_is_refused(name: str, body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.replace("{name}", name).replace("{body}", body))

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict or (verdict == "unknown" and route.verdict != "guarded")
