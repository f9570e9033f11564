"""An object that one part of a program sets on another that cannot be followed is found there by the rest of it."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SERVER = """
from aiohttp import web


class View:
    url = ""
    asks = True

    def register(self, app):
        for method in ("get", "post"):
            handler = getattr(self, method, None)
            if handler:
                app.router.add_route(method, self.url, wrapped(self, handler))


def wrapped(view, handler):
    async def handle(request):
        if view.asks and request.headers.get("Authorization") is None:
            raise web.HTTPUnauthorized()
        return await handler(request)

    return handle


class Server:
    def __init__(self, core):
        self.app = web.Application()
        self.core = core

    def add_view(self, view):
        if isinstance(view, type):
            view = view()
        view.register(self.app)


async def setup(core):
    server = Server(core)
    core.http = server
    return True
"""
_PARTS = """
from typing import Generic, TypeVar

from server import View

T = TypeVar("T")


class Orders(View, Generic[T]):
    url = "/orders"

    async def get(self, request):
        return None


class Health(View):
    asks = False

    def __init__(self, name):
        self.url = f"/health/{name}"

    async def post(self, request):
        return None


class Device:
    def __init__(self, core):
        self.core = core

    def start(self):
        self.core.http.add_view(Health("device"))


async def setup(core):
    core.http.add_view(Orders)
    Device(core).start()
"""


def _drawn(folder: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return [f"{route.method} {route.path} {route.verdict}" for route in draw(folder).map.routes]


def test_what_others_register_there_is_on_the_map(tmp_path: Path) -> None:
    found = _drawn(tmp_path, server=_SERVER, parts=_PARTS)

    assert ["GET /orders guarded", "POST /health/device unguarded"] == sorted(found)


def test_a_name_that_is_given_two_objects_is_neither(tmp_path: Path) -> None:
    other = "class Client:\n    def add_view(self, view):\n        return view\n"
    setup = f"{_SERVER}\n\n{other}\n\nasync def other(core):\n    Server(core)\n    core.http = Client()\n"

    assert [] == _drawn(tmp_path, server=setup, parts=_PARTS)


def test_what_nothing_runs_may_set_it_as_well(tmp_path: Path) -> None:
    other = "class Client:\n    pass\n\n\ndef other(core):\n    core.http = Client()\n"
    own = "class Part:\n    def __init__(self):\n        self.http = None\n"

    assert [] == _drawn(tmp_path, server=_SERVER, parts=_PARTS, other=other)
    assert 2 == len(_drawn(tmp_path, server=_SERVER, parts=_PARTS, other=own))


def test_what_holds_no_application_registers_nothing(tmp_path: Path) -> None:
    without = _SERVER.replace("self.app = web.Application()", "self.app = core.app")

    assert [] == _drawn(tmp_path, server=without, parts=_PARTS)
