"""Lists of guards and middleware of which a setting says whether they are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_LITESTAR = """
import os

from litestar import Litestar, Request, get
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, ASGIMiddleware, AuthenticationResult, DefineMiddleware
from litestar.plugins import InitPluginProtocol


def signed_in(connection, handler):
    if "X-Key" not in connection.headers:
        raise NotAuthorizedException()


class Keys(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        if "X-Key" not in connection.headers:
            raise NotAuthorizedException()
        return AuthenticationResult(user=None, auth=None)


class Asks(ASGIMiddleware):
    async def handle(self, scope, receive, send, next_app):
        if "x-key" not in Request(scope).headers:
            raise NotAuthorizedException()
        await next_app(scope, receive, send)


class Core(InitPluginProtocol):
    def on_app_init(self, app_config):
        {sets}
        return app_config


@get("/orders", {route})
async def orders() -> list:
    return []


app = Litestar(route_handlers=[orders], plugins=[Core()], openapi_config=None, {app})
"""
_STARLETTE = """
import os

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route


class Keys(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if "X-Key" not in request.headers:
            return JSONResponse([], status_code=401)
        return await call_next(request)


async def orders(request):
    return JSONResponse([])


app = Starlette(routes=[Route("/orders", orders, {route})], {app})
"""
_CLOSED, _CHOSEN = "[{}]", '[{}] if os.environ["CLOSED"] else []'


def _verdict(folder: Path, text: str) -> str:
    (folder / "app.py").write_text(text)
    return next(one.verdict for one in draw(folder).map.routes)


@pytest.mark.parametrize(("listed", "expected"), [(_CLOSED, "guarded"), (_CHOSEN, "unknown"), ("[]", "unguarded")])
@pytest.mark.parametrize("where", ["route", "app"])
@pytest.mark.parametrize(
    "part", ["guards=signed_in", "middleware=Keys", "middleware=DefineMiddleware(Keys)", "middleware=Asks()"]
)
def test_what_a_setting_puts_into_a_list_of_litestar(
    tmp_path: Path, part: str, where: str, listed: str, expected: str
) -> None:
    name, _, value = part.partition("=")
    given = {"sets": "pass", "route": "", "app": "", where: f"{name}={listed.format(value)}"}

    assert _verdict(tmp_path, _LITESTAR.format(**given)) == expected


@pytest.mark.parametrize(("listed", "expected"), [(_CLOSED, "guarded"), (_CHOSEN, "unknown"), ("[]", "unguarded")])
@pytest.mark.parametrize("where", ["route", "app"])
def test_what_a_setting_puts_into_a_list_of_starlette(tmp_path: Path, where: str, listed: str, expected: str) -> None:
    given = {"route": "", "app": "", where: f"middleware={listed.format('Middleware(Keys)')}"}

    assert _verdict(tmp_path, _STARLETTE.format(**given)) == expected


@pytest.mark.parametrize("sets", ["app_config.guards = {}", "app_config.guards.append({})"])
def test_what_a_plugin_sets_where_a_setting_says_so(tmp_path: Path, sets: str) -> None:
    value = "[signed_in]" if "=" in sets else "signed_in"
    sets = f'if os.environ["CLOSED"]:\n            {sets.format(value)}'

    assert _verdict(tmp_path, _LITESTAR.format(sets=sets, route="", app="")) == "unknown"


def test_what_a_plugin_takes_away_where_a_setting_says_so(tmp_path: Path) -> None:
    sets = 'if os.environ["OPEN"]:\n            app_config.guards = []'

    assert _verdict(tmp_path, _LITESTAR.format(sets=sets, route="", app="guards=[signed_in]")) == "unknown"
