"""Guards that run in a thread, and handlers that a method puts others in the place of: they ask what they ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_AIOHTTP = """
import asyncio
from functools import partial

import retrying
from aiohttp import web
from asgiref.sync import sync_to_async


def check(request):
    if request.headers.get("Authorization") is None:
        raise web.HTTPUnauthorized()


def counted(request):
    return 1


async def answer(request):
    await {call}
    return web.json_response({{}})


app = web.Application()
app.add_routes([web.get("/orders", answer)])
"""

_TORNADO = """
import functools
import types

from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler, authenticated


class Base(RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")

    def in_thread(self, method):
        @functools.wraps(method)
        async def wrapper(self, *args, **kwargs):
            found = await IOLoop.current().run_in_executor(self.executor, functools.partial(method, *args, **kwargs))
            self.finish(found)

        return types.MethodType(wrapper, self)

    def prepare(self):
        name = self.request.method.lower()
        setattr(self, name, self.in_thread(getattr(self, name)))


class Asks(Base):
    @authenticated
    def get(self, *args, **kwargs):
        return "orders"


class AsksNobody(Base):
    def get(self, *args, **kwargs):
        return "alive"


app = Application([("/asks", Asks), ("/asks-nobody", AsksNobody)])
"""


def _verdicts(tmp_path: Path, source: str) -> dict[str, str]:
    (tmp_path / "app.py").write_text(source)
    return {route.path: str(route.verdict) for route in draw(tmp_path).map.routes if route.method == "GET"}


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.to_thread({0}, request)",
        "asyncio.get_running_loop().run_in_executor(None, {0}, request)",
        "asyncio.get_running_loop().run_in_executor(None, partial({0}, request))",
        "sync_to_async({0})(request)",
        "retrying.retried({0})(request)",
    ],
)
def test_what_runs_in_a_thread_refuses_there_too(tmp_path: Path, call: str) -> None:
    assert _verdicts(tmp_path, _AIOHTTP.format(call=call.format("check"))) == {"/orders": "guarded"}
    assert _verdicts(tmp_path, _AIOHTTP.format(call=call.format("counted"))) == {"/orders": "unguarded"}


def test_a_method_that_stands_in_for_another_asks_what_that_asks(tmp_path: Path) -> None:
    assert _verdicts(tmp_path, _TORNADO) == {"/asks": "guarded", "/asks-nobody": "unguarded"}
