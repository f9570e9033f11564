"""Variables of the context that middleware or a dependency sets, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

_SOURCE = """
from contextvars import ContextVar

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.middleware.base import BaseHTTPMiddleware

USERS = {{"t": "ana"}}
current_user: ContextVar[str | None] = ContextVar("current_user", default=None)
number: ContextVar[str] = ContextVar("number", default="")


def find(request):
    return USERS.get(request.headers.get("x-token")){guest}


class Sets(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        number.set("1")
        token = current_user.set(find(request))
        try:
            return await call_next(request)
        finally:
            current_user.reset(token)


async def sets(request: Request):
    current_user.set(find(request))


async def asks():
    if {refused}:
        raise HTTPException(401)


app = FastAPI(openapi_url=None)
{by}


@app.get("/d", dependencies=[{also}Depends(asks)])
async def d():
    return "x"
"""
_MIDDLEWARE, _DEPENDS = ("app.add_middleware(Sets)", ""), ("", "Depends(sets), ")


@pytest.mark.parametrize(("by", "also"), [_MIDDLEWARE, _DEPENDS])
@pytest.mark.parametrize(
    ("guest", "refused", "verdict"),
    [
        ("", "current_user.get() is None", "guarded"),
        ("", "not current_user.get()", "guarded"),
        (' or "guest"', "current_user.get() is None", "unguarded"),
        ("", "current_user.get() is not None", "unguarded"),
    ],
)
def test_what_was_set_for_nobody_is_what_is_found(
    guest: str, refused: str, verdict: str, by: str, also: str, tmp_path: Path
) -> None:
    source = _SOURCE.format(guest=guest, refused=refused, by=by, also=also)

    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, source)


def test_what_tells_of_nobody_refuses_nobody(tmp_path: Path) -> None:
    source = _SOURCE.format(guest="", refused='number.get() == "2"', by=_MIDDLEWARE[0], also="")

    assert ("unguarded", False) == told_and_done(tmp_path, source)
