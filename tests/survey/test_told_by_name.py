"""What is called like a guard and cannot be read: nothing is sure, and a setting that opens it decides by default."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_ELSEWHERE = """
from company.security import NAME
from fastapi import Depends, FastAPI

asked = NAME("shop")
app = FastAPI(openapi_url=None)


@app.get("/orders", dependencies=[Depends(asked)])
def orders(): ...
"""


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("JWTAuthenticator", "unknown"),
        ("Authorizer", "unknown"),
        ("TokenVerifier", "unknown"),
        ("RequireAuthentication", "unknown"),
        ("require_session_scope", "unknown"),
        ("TokenScope", "unknown"),
        ("async_session_scope", "unguarded"),
        ("Pagination", "unguarded"),
        ("AuthorFinder", "unguarded"),
    ],
)
def test_a_dependency_elsewhere_that_is_called_like_a_guard_may_be_one(tmp_path: Path, name: str, verdict: str) -> None:
    assert {"/orders": verdict} == drawn(tmp_path, _ELSEWHERE.replace("NAME", name))


_BY_SETTING = """
from tornado import web


def decorator_of(check):
    def decorator(method):
        def decorated(self, *args, **kwargs):
            check(self)
            return method(self, *args, **kwargs)

        return decorated

    return decorator


@decorator_of
def CHECK(self):
    if not self.asks:
        return
    if "metrics" not in self.scopes:
        raise web.HTTPError(403)


class Metrics(web.RequestHandler):
    scopes = {}

    @property
    def asks(self):
        return ASKS

    @CHECK
    async def get(self):
        self.write("metrics")


app = web.Application([("/metrics", Metrics)])
"""


@pytest.mark.parametrize(
    ("asks", "verdict"),
    [
        ("self.settings.get('asks', True)", "guarded"),
        ("self.settings.get('asks', False)", "unguarded"),
    ],
)
def test_a_guard_that_refuses_everybody_unless_a_setting_opens_it_is_one_by_default(
    tmp_path: Path, asks: str, verdict: str
) -> None:
    source = _BY_SETTING.replace("CHECK", "metrics_authentication").replace("ASKS", asks)

    assert {"/metrics": verdict} == drawn(tmp_path, source)


def test_what_is_switched_off_by_a_setting_is_no_guard(tmp_path: Path) -> None:
    source = _BY_SETTING.replace("CHECK", "when_there_are_any").replace("ASKS", "self.settings.get('asks', False)")

    assert {"/metrics": "unguarded"} == drawn(tmp_path, source)


def drawn(folder: Path, source: str) -> dict[str, str]:
    """The path of each route, with its verdict."""
    (folder / "app.py").write_text(source, encoding="utf-8")
    return {one.path: one.verdict for one in draw(folder).map.routes}


_TYPED = """
from typing import Annotated

from company.security import authenticate_user, require_login
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials, OAuth2PasswordRequestForm
from pydantic import BaseModel

app = FastAPI(openapi_url=None)
basic = HTTPBasic(auto_error=False)


class Login(BaseModel):
    username: str
    password: str


@app.post("/login")
async def login(request: Request, form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    if not await authenticate_user(form.username, form.password, request):
        raise HTTPException(401)


@app.post("/sign-in")
async def sign_in(request: Request, body: Login):
    if not await authenticate_user(request, username=body.username, password=body.password):
        raise HTTPException(401)


@app.post("/orders")
async def orders(request: Request, body: Login):
    if not await authenticate_user(request, body.username):
        raise HTTPException(401)


@app.post("/basic")
async def by_header(request: Request, given: Annotated[HTTPBasicCredentials | None, Depends(basic)]):
    if not await authenticate_user(request, given.username, given.password):
        raise HTTPException(401)


@app.post("/things")
async def things(request: Request, body: Login):
    require_login(request)
    await authenticate_user(body.username, body.password, request)
"""


def test_who_signs_in_with_a_password_is_anybody(tmp_path: Path) -> None:
    found = drawn(tmp_path, _TYPED)

    assert ("unguarded", "unguarded") == (found["/login"], found["/sign-in"])
    assert "unguarded" not in (found["/orders"], found["/basic"], found["/things"])
