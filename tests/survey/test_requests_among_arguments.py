"""Wrappers that look for the request among whatever they are called with: `*args`, `**kwargs`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import functools

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.websockets import WebSocket


def signed_in(function):
    @functools.wraps(function)
    async def endpoint(*args, **kwargs):
        {found}
        {test}
            return JSONResponse({{}}, status_code=401)
        return await function(*args, **kwargs)

    return endpoint


def provided(function):
    @functools.wraps(function)
    async def endpoint(*args, **kwargs):
        return await function(*args, session=Session(), **kwargs)

    return endpoint


@signed_in
async def orders(request):
    return JSONResponse([])


@provided
@signed_in
async def parts(request, session):
    return JSONResponse([])


app = Starlette(routes=[Route("/orders", orders), Route("/parts", parts)])
"""
_ASKS = "if not request.user.is_authenticated:"
_EVERY = "list(args) + list(kwargs.values())"


def _map(folder: Path, text: str) -> dict[str, str]:
    (folder / "app.py").write_text(text)
    routes = draw(folder).map.routes
    return {f"{one.method} {one.path}": one.verdict for one in routes if one.method != "HEAD"}


@pytest.mark.parametrize(
    "found",
    [
        f"request = next((one for one in {_EVERY} if isinstance(one, Request)), None)",
        f"request = next(one for one in {_EVERY} if isinstance(one, Request))",
        "request = next(filter(lambda one: isinstance(one, Request), args))",
        "request = [one for one in args if isinstance(one, Request)][0]",
        "request = args[0] if isinstance(args[0], Request) else args[1]",
    ],
)
def test_the_request_is_found_by_its_class(tmp_path: Path, found: str) -> None:
    assert _map(tmp_path, _APP.format(found=found, test=_ASKS)) == {"GET /orders": "guarded", "GET /parts": "guarded"}


def test_a_loop_finds_it_as_well(tmp_path: Path) -> None:
    found = """request = None
        for one in args:
            if isinstance(one, Request):
                request = one
                break"""
    assert _map(tmp_path, _APP.format(found=found, test=_ASKS))["GET /orders"] == "guarded"


@pytest.mark.parametrize(
    ("found", "test"),
    [
        # It is found, and who calls is asked of nobody.
        (f"request = next((one for one in {_EVERY} if isinstance(one, Request)), None)", "if request is None:"),
        # Only what is no request is asked.
        ("request = args[0]", "if not isinstance(request, Request) and not request.user.is_authenticated:"),
        ("rest = [one for one in args if isinstance(one, str)]", "if rest and not args[0].user.is_authenticated:"),
    ],
)
def test_who_is_asked_nothing_is_let_in(tmp_path: Path, found: str, test: str) -> None:
    assert _map(tmp_path, _APP.format(found=found, test=test))["GET /orders"] == "unguarded"


def test_whether_it_is_of_a_class_of_the_tree_that_is_made_of_requests_is_not_told(tmp_path: Path) -> None:
    own = "class Signed(Request):\n    pass\n\n\ndef signed_in(function)"
    text = _APP.replace("def signed_in(function)", own)
    found = "request = args[0]"
    test = "if isinstance(request, Signed) and not request.user.is_authenticated:"

    assert _map(tmp_path, text.format(found=found, test=test))["GET /orders"] != "guarded"


def test_a_class_that_answers_may_be_mounted(tmp_path: Path) -> None:
    classes = """
class Status(HTTPEndpoint):
    async def get(self, request):
        return JSONResponse([])


class Secret(HTTPEndpoint):
    @signed_in
    async def get(self, request):
        return JSONResponse([])

    async def post(self, request):
        return JSONResponse([])


app = Starlette(routes=[Mount("/status", Status), Mount("/secret", Secret)])
"""
    found = f"request = next(one for one in {_EVERY} if isinstance(one, Request))"

    assert _map(tmp_path, _APP.format(found=found, test=_ASKS).partition("\napp = ")[0] + classes) == {
        "GET /status": "unguarded",
        "GET /secret": "guarded",
        "POST /secret": "unguarded",
    }
