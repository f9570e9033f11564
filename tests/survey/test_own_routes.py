"""Routes of a class of the tree that is made of one of the framework, in a list of routes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.responses import JSONResponse
from starlette.routing import Route, compile_path, request_response


class Timed(Route):
{body}


@requires("admin")
async def orders(request):
    return JSONResponse([])


async def status(request):
    return JSONResponse([])


app = Starlette(routes=[Timed("/orders", orders, methods=["GET", "POST"]), Timed("/status", status)])
"""
_BARE = """
    def __init__(self, path, endpoint, *, methods=None):
        if not path.startswith("/"):
            raise ValueError("no path")
        self.path = path
        self.endpoint = endpoint
        self.app = request_response(endpoint)
        self.methods = {one.upper() for one in methods} if methods is not None else None
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
"""
_TOLD = """
    def __init__(self, path, endpoint, **kwargs):
        super().__init__(path, endpoint, **kwargs)
"""
_TIMES = """
    async def handle(self, scope, receive, send):
        scope["started"] = time.monotonic()
        await super().handle(scope, receive, send)
"""
_ASKS = """
    async def handle(self, scope, receive, send):
        if not scope.get("user"):
            await JSONResponse({}, status_code=401)(scope, receive, send)
            return
        await super().handle(scope, receive, send)
"""


def _map(folder: Path, body: str) -> dict[str, str]:
    (folder / "app.py").write_text(_APP.format(body=body))
    routes = draw(folder).map.routes
    return {f"{one.method} {one.path}": one.verdict for one in routes if one.method != "HEAD"}


@pytest.mark.parametrize("body", ["    pass\n", _TOLD, _BARE, _BARE + _TIMES], ids=["empty", "super", "own", "times"])
def test_it_is_a_route_like_that_of_the_framework(tmp_path: Path, body: str) -> None:
    """Whether its constructor makes that one, or keeps under the same names what it is given."""
    assert _map(tmp_path, body) == {"GET /orders": "guarded", "POST /orders": "guarded", "GET /status": "unguarded"}


@pytest.mark.parametrize("body", [_TOLD + _ASKS, _BARE + _ASKS])
def test_what_it_asks_itself_leaves_it_unknown(tmp_path: Path, body: str) -> None:
    assert _map(tmp_path, body)["GET /status"] == "unknown"


def test_what_makes_the_function_that_answers_may_ask(tmp_path: Path) -> None:
    wrapped = (
        _BARE.replace("request_response(endpoint)", "self.asking(endpoint)")
        + """
    def asking(self, endpoint):
        async def app(scope, receive, send):
            if "user" not in scope:
                raise PermissionError
            await endpoint(scope, receive, send)

        return app
"""
    )
    assert _map(tmp_path, wrapped)["GET /status"] == "unknown"


def test_a_class_that_keeps_no_path_is_named_as_not_read(tmp_path: Path) -> None:
    other = """
    def __init__(self, *given, **named):
        self.given = given
"""
    (tmp_path / "app.py").write_text(_APP.format(body=other))
    drawn = draw(tmp_path).map

    assert drawn.routes == ()
    assert any("cannot be read" in one.why for one in drawn.not_read)
