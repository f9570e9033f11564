"""Litestar: what stands before handlers, imported from where it is documented, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.survey.running import told_and_done

pytest.importorskip("litestar")

_HEAD = """
from dataclasses import dataclass, field

from litestar import Controller, Litestar, Request, Router, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult, DefineMiddleware


@dataclass
class Kept:
    people: dict[int, str] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)

    def join(self, name):
        self.people[len(self.people)] = name
        self.sessions[name] = len(self.people)


kept = Kept()


def signed_in(connection, handler):
    if connection.user is None:
        raise NotAuthorizedException()


class Sessions(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        token = connection.headers.get("Authorization", "").removeprefix("Session ")
        return AuthenticationResult(user={user}, auth=token or None)


@get("/d"{guarded})
async def d() -> str:
    return "x"


app = Litestar([d], middleware=[DefineMiddleware(Sessions)], openapi_config=None)
"""
_FOUND = "kept.people.get(kept.sessions.get(token, -1))"


@pytest.mark.parametrize(
    ("user", "guarded", "verdict"),
    [
        (_FOUND, ", guards=[signed_in]", "guarded"),
        (_FOUND, "", "unguarded"),
        ("'guest'", ", guards=[signed_in]", "unguarded"),
    ],
)
def test_what_authenticates_finds_nobody_for_nobody(user: str, guarded: str, verdict: str, tmp_path: Path) -> None:
    source = _HEAD.format(user=user, guarded=guarded)
    said, is_refused = told_and_done(tmp_path, source)

    assert is_refused == (verdict == "guarded")
    assert said == verdict or (user == "'guest'" and said == "unknown")


_STANDING = """
from litestar import Litestar, Request, Response, Router, get
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractMiddleware, ASGIMiddleware, DefineMiddleware, MiddlewareProtocol


def ask(scope):
    if not Request(scope).headers.get("Authorization"):
        raise NotAuthorizedException()


class Handles(ASGIMiddleware):
    async def handle(self, scope, receive, send, next_app):
        ask(scope)
        await next_app(scope, receive, send)


class LeavesOut(Handles):
    exclude_path_pattern = "^/d"


class Abstract(AbstractMiddleware):
    async def __call__(self, scope, receive, send):
        ask(scope)
        await self.app(scope, receive, send)


class Without(Abstract):
    exclude = ["/d$"]


class Plain(MiddlewareProtocol):
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        ask(scope)
        await self.app(scope, receive, send)


class Counts(Plain):
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


def made(app):
    async def asks(scope, receive, send):
        ask(scope)
        await app(scope, receive, send)
    return asks


async def before(request: Request) -> None:
    if not request.headers.get("Authorization"):
        raise NotAuthorizedException()


async def answers(request: Request) -> Response | None:
    if not request.headers.get("Authorization"):
        return Response(None, status_code=401)


async def counts(request: Request) -> None:
    return None


@get("/d"{handler})
async def d() -> str:
    return "x"


router = Router("/", route_handlers=[d]{router})
app = Litestar([router], openapi_config=None{app})
"""
_GIVEN = [
    ("middleware=[Handles()]", "guarded"),
    ("middleware=[LeavesOut()]", "unguarded"),
    ("middleware=[Abstract]", "guarded"),
    ("middleware=[Without]", "unguarded"),
    ("middleware=[DefineMiddleware(Abstract, exclude='/d')]", "unguarded"),
    ("middleware=[DefineMiddleware(Abstract, exclude='/e')]", "guarded"),
    ("middleware=[Plain]", "guarded"),
    ("middleware=[Counts]", "unguarded"),
    ("middleware=[Counts, made]", "guarded"),
    ("before_request=before", "guarded"),
    ("before_request=answers", "guarded"),
    ("before_request=counts", "unguarded"),
]


@pytest.mark.parametrize("layer", ["handler", "router", "app"])
@pytest.mark.parametrize(("given", "verdict"), _GIVEN)
def test_what_stands_around_a_layer_stands_around_its_handlers(
    layer: str, given: str, verdict: str, tmp_path: Path
) -> None:
    layers = {"handler": "", "router": "", "app": ""} | {layer: f", {given}"}

    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, _STANDING.format(**layers))


@pytest.mark.parametrize(
    ("outer", "inner", "verdict"), [("before", "counts", "unguarded"), ("counts", "before", "guarded")]
)
def test_of_what_runs_before_the_nearest_alone_does(outer: str, inner: str, verdict: str, tmp_path: Path) -> None:
    source = _STANDING.format(handler=f", before_request={inner}", router="", app=f", before_request={outer}")

    assert (verdict, verdict == "guarded") == told_and_done(tmp_path, source)


_GIVEN_BY = """
from typing import Annotated

from litestar import Controller, Litestar, Request, Response, Router, get
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.params import Parameter


class Nobody(Exception):
    pass


def refused(request: Request, error: Exception) -> Response:
    return Response(None, status_code=401)


def told(request: Request, error: Exception) -> Response:
    return Response({{"guest": True}}, status_code=200)


async def who(given: Annotated[str | None, Parameter({parameter})] = None) -> str:
    if not given:
        raise Nobody()
    return given


class Pages(Controller):
    path = "/d"
    {controller}

    @get(dependencies={{"name": Provide(who)}}{handler})
    async def d(self, name: str) -> str:
        return "x"


app = Litestar([Router("/", route_handlers=[Pages]{router})], exception_handlers={{Nobody: {app}}}, openapi_config=None)
"""
_HANDLERS = "exception_handlers={Nobody: told}"


@pytest.mark.parametrize("parameter", ['header="X-Token"', 'cookie="session"'])
@pytest.mark.parametrize("layer", ["", "handler", "controller", "router", "app"])
def test_the_nearest_layer_answers_what_is_raised_for_want_of_a_header(
    layer: str, parameter: str, tmp_path: Path
) -> None:
    given = {"handler": "", "router": "", "controller": "", "app": "refused", "parameter": parameter}
    given |= {"": {}, "app": {"app": "told"}, "controller": {"controller": _HANDLERS}}.get(
        layer, {layer: f", {_HANDLERS}"}
    )
    said, is_refused = told_and_done(tmp_path, _GIVEN_BY.format(**given))

    assert ("unknown" if layer else "guarded", not layer) == (said, is_refused)
