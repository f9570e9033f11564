"""Refusals that a handler of exceptions lets pass, or tells as another fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
from aiohttp import web
from aiohttp_session import get_session as session_of
from ours.errors import OurError
from ours.sessions import get_session


async def signed_in(request, get):
    session = await get(request)
    if not session.get("user"):
        raise web.HTTPUnauthorized()
    return session


async def hello(request):
    try:
        return web.Response(text="hello")
    {handlers}


async def known(request):
    try:
        await signed_in(request, session_of)
        return web.Response(text="known")
    {handlers}


async def untold(request):
    try:
        await signed_in(request, get_session)
        return web.Response(text="untold")
    {handlers}


app = web.Application()
app.router.add_post("/hello", hello)
app.router.add_post("/known", known)
app.router.add_post("/untold", untold)
"""
_HANDLERS = {
    "of the class above": "except web.HTTPException:\n        raise",
    "of a narrower class above": "except web.HTTPClientError:\n        raise",
    "that tell another fault": "except Exception as error:\n        raise web.HTTPBadGateway() from error",
    "that raise what is not here": "except Exception as error:\n        raise OurError() from error",
    "of the class above, and of all else": (
        "except web.HTTPException:\n        raise\n    except Exception as error:\n        raise OurError() from error"
    ),
}


@pytest.mark.parametrize("handlers", _HANDLERS)
def test_a_refusal_that_is_caught_is_told_all_the_same(tmp_path: Path, handlers: str) -> None:
    (tmp_path / "main.py").write_text(_MAIN.replace("{handlers}", _HANDLERS[handlers]))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert found == {"/hello": "unguarded", "/known": "guarded", "/untold": "unknown"}


def test_who_is_refused_and_let_in_by_a_handler_of_the_class_above_is_let_in(tmp_path: Path) -> None:
    handlers = "except web.HTTPException:\n        return web.Response(text='guest')"
    (tmp_path / "main.py").write_text(_MAIN.replace("{handlers}", handlers))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert "guarded" not in found.values()


def test_a_handler_of_another_class_above_catches_nothing(tmp_path: Path) -> None:
    handlers = "except web.HTTPServerError:\n        return web.Response(text='guest')"
    (tmp_path / "main.py").write_text(_MAIN.replace("{handlers}", handlers))

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert found == {"/hello": "unguarded", "/known": "guarded", "/untold": "unknown"}
