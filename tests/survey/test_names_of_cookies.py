"""Cookies whose name a setting chooses: what all of its names tell is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import os
import secrets

from fastapi import FastAPI, Form, HTTPException, Request

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
SECURE, LOCAL = {names}


def cookie_name(request: Request) -> str:
    return SECURE if request.app.state.settings.cookie_secure else LOCAL


@app.post("/sign-in")
def sign_in(request: Request, name: str = Form(""), sent: str = Form(...)):
    cookie = request.cookies.get({key})
    if not cookie or not secrets.compare_digest(cookie, sent):
        raise HTTPException(403)
    return {"token": "..."}


@app.get("/orders")
def orders(request: Request):
    if not request.cookies.get({key}):
        raise HTTPException(401)
    return []
"""


@pytest.mark.parametrize(
    ("names", "key", "is_csrf"),
    [
        ('"__Host-shop_csrf", "shop_csrf"', "cookie_name(request)", True),
        ('"__Host-shop_session", "shop_session"', "cookie_name(request)", False),
        # One of the two is the session.
        ('"__Host-shop_csrf", "shop_session"', "cookie_name(request)", False),
        ('"", ""', "request.app.state.settings.csrf_cookie_name", True),
        ('"", ""', "request.app.state.settings.session_cookie_name", False),
    ],
)
def test_a_token_that_a_form_sends_again_is_no_credential(names: str, key: str, is_csrf: bool, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.replace("{names}", names).replace("{key}", key))

    verdicts = {route.path: route.verdict for route in draw(tmp_path).map.routes}

    assert (verdicts["/sign-in"] == "guarded") is not is_csrf
    assert (verdicts["/orders"] == "guarded") is not is_csrf
