"""Handlers that ask for a header that is no credential on the way to what everybody may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
from elsewhere import rules_of
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
bearer = OAuth2PasswordBearer(tokenUrl="sign-in", auto_error=False)


def account(request, user):
    if user is not None:
        return user
    sent = request.headers.get({header})
    if not sent:
        raise HTTPException({status})
    return sent


@app.get("/orders/{number}")
def orders(number: str, request: Request, user=Depends(bearer)):
    {before}
    if user is None:
        rules = rules_of(number)
        if rules is None:
            raise HTTPException(401)
    of = account(request, user)
    return [of]
"""
_CASES = [
    ('"X-Account-ID"', "400", "pass", False),
    ('"X-Tenant"', "400", "pass", False),
    ('"X-Account-ID"', "401", "pass", True),
    ('"X-Api-Key"', "400", "pass", True),
    ('"X-Api-Key"', "401", "if len(number) > 99:\n        raise HTTPException(413)", True),
]


@pytest.mark.parametrize(("header", "status", "before", "is_guarded"), _CASES)
def test_who_sends_what_is_asked_for_comes_farther(
    header: str, status: str, before: str, is_guarded: bool, tmp_path: Path
) -> None:
    source = _SOURCE.replace("{header}", header).replace("{status}", status).replace("{before}", before)
    (tmp_path / "main.py").write_text(source)

    (route,) = draw(tmp_path).map.routes

    assert (route.verdict == "guarded") is is_guarded
