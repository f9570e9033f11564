"""What middleware puts into the state of a request for those alone who have sent a credential."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import jwt
from elsewhere import database
from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.middleware.base import BaseHTTPMiddleware

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


class DeniedError(Exception):
    pass


class Verifier:
    async def verify(self, headers, session):
        header = headers.get("Authorization")
        if header and header.lower().startswith("bearer "):
            return jwt.decode(header[7:], "secret", algorithms=["HS256"])
        raise DeniedError("nothing sent")


class SignedIn(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next):
        {middleware}
        return await call_next(request)


app.add_middleware(SignedIn)
{more}

def current(request: Request):
    {asks}


@app.get("/orders")
def orders(user=Depends(current)):
    return []


@app.get("/shown")
def shown():
    return []
"""
_PLAIN = """header = request.headers.get("Authorization")
        if header:
            request.state.user = jwt.decode(header, "secret", algorithms=["HS256"])"""
_CAUGHT = """verifier = Verifier()
        try:
            async with database() as session:
                user = await verifier.verify(request.headers, session)
            request.state.user = user
        except DeniedError as error:
            request.state.error = str(error)
        except Exception as error:
            print(error)"""
_HAS = """if not hasattr(request.state, "user"):
        raise HTTPException(401)
    return request.state.user"""
_GETS = """user = getattr(request.state, "user", None)
    if user is None:
        raise HTTPException(401)
    return user"""
_FOR_SOME = """if "draft" in request.query_params:
            request.state.user = "guest"
        elif request.headers.get("Authorization"):
            request.state.user = jwt.decode(request.headers["Authorization"], "secret", algorithms=["HS256"])"""
_CASES = {
    "asked whether it is there": (_PLAIN, "", _HAS, "guarded"),
    "asked for, with a default": (_PLAIN, "", _GETS, "guarded"),
    "behind what is caught": (_CAUGHT, "", _HAS, "guarded"),
    "behind what is caught, with a default": (_CAUGHT, "", _GETS, "guarded"),
    "there for some": (_FOR_SOME, "", _HAS, "unknown"),
    "another puts a guest there": (
        _PLAIN, 'def guest(request: Request):\n    request.state.user = "guest"\n', _HAS, "unknown"
    ),
    "another may under a name of its own": (
        _PLAIN, 'def guest(given):\n    given.user = "guest"\n', _HAS, "unknown"
    ),
    "another under a name that is made": (
        _PLAIN,
        "def fill(request, values):\n    for key in values:\n        setattr(request.state, key, values[key])\n",
        _HAS, "unknown",
    ),
    "another by a key": (_PLAIN, 'def guest(scope):\n    scope["state"]["user"] = "guest"\n', _HAS, "unknown"),
    "something else has one": (
        _PLAIN, "class Order:\n    def take(self, user):\n        self.user = user\n", _HAS, "guarded"
    ),
    "the other way round": (
        _PLAIN, "", 'if hasattr(request.state, "user"):\n        raise HTTPException(401)', "unguarded"
    ),
    "nobody puts it there": ("pass", "", _HAS, "unknown"),
}  # fmt: skip


@pytest.mark.parametrize("case", _CASES)
def test_who_has_no_credential_finds_nothing_there(case: str, tmp_path: Path) -> None:
    middleware, more, asks, verdict = _CASES[case]
    source = _SOURCE.replace("{middleware}", middleware).replace("{more}", more).replace("{asks}", asks)
    (tmp_path / "main.py").write_text(source)

    drawn = {route.path: route.verdict for route in draw(tmp_path).map.routes}

    assert verdict == drawn["/orders"]
    assert drawn["/shown"] == "unguarded"


_ROLES = """

SYSTEM = "0000"


def administrator(user=Depends(current)):
    if user.account_id != SYSTEM:
        raise HTTPException(403)
    return user


@app.get("/accounts", dependencies=[Depends(administrator)])
def accounts():
    return []
"""


@pytest.mark.parametrize("asks", [_HAS, _GETS])
def test_what_is_asked_of_who_has_signed_in_is_asked_of_what_middleware_put_there(tmp_path: Path, asks: str) -> None:
    """That nobody has it without a credential is not said of who has one."""
    (tmp_path / "app.py").write_text(_SOURCE.format(middleware=_PLAIN, more="", asks=asks) + _ROLES)
    routes = {one.path: one for one in draw(tmp_path).map.routes}
    assert routes["/accounts"].verdict == routes["/orders"].verdict == "guarded"
    assert "permission" in {one.kind for one in routes["/accounts"].guards}
    assert "permission" not in {one.kind for one in routes["/orders"].guards}
