"""Classes that get their application from the constructor of a class above, and write what registers routes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_ENDPOINTS = """
from aiohttp import web


@web.middleware
class NeedsKey:
    async def __call__(self, request, handler):
        if request.path.startswith("/docs"):
            return await handler(request)
        if "X-Key" not in request.headers:
            return web.Response(status=401)
        return await handler(request)


class Endpoint:
    path = ""

    def __init__(self, middlewares=()):
        self.app = web.Application(middlewares=middlewares)
        self.endpoints = {}
        self.setup_routes()

    def setup_routes(self):
        pass

    def add_endpoint(self, prefix, endpoint):
        self.endpoints[prefix] = endpoint
        self.app.add_subapp(prefix, endpoint.app)


class Orders(Endpoint):
    path = "/orders"

    def __init__(self, store=None):
        super().__init__()
        self.store = store

    def setup_routes(self):
        self.app.add_routes([web.get("", self.every), web.post("/{id}", self.make)])

    async def every(self, request):
        return web.json_response([])

    async def make(self, request):
        return web.json_response([])


class Docs(Endpoint):
    path = "/docs"

    def setup_routes(self):
        self.app.add_routes([web.get("/all", self.every)])

    async def every(self, request):
        return web.json_response([])
"""
_ROOT = """

class Root(Endpoint):
    def setup_routes(self):
        for path, cls in {"/orders": Orders, "/docs": Docs}.items():
            self.add_endpoint(path, cls())
"""
_HELD = """

class Manager:
    def __init__(self, root_class=None):
        self.root_class = root_class or Root

    async def start(self, port):
        self.root = self.root_class(middlewares=[%s])
        await web.AppRunner(self.root.app).setup()
"""
_COMPONENT = """

class Root(Endpoint):
    pass


class Component:
    root = None

    def add(self, cls, *args):
        if any(isinstance(one, Missing) for one in args):
            return
        self.root.add_endpoint(cls.path, cls(*args))

    async def run(self):
        self.root = Root(middlewares=[NeedsKey()])
        self.add(Orders, self.session.store)
        self.add(Docs)
"""
_GUARDED = {"GET /orders": "guarded", "POST /orders/{id}": "guarded", "GET /docs/all": "unguarded"}


def _map(folder: Path, text: str) -> dict[str, str]:
    (folder / "app.py").write_text(text)
    routes = draw(folder).map.routes
    return {f"{one.method} {one.path}": one.verdict for one in routes if one.method != "HEAD"}


@pytest.mark.parametrize(
    "whole", [_ROOT + _HELD % "NeedsKey()", "class Missing:\n    pass\n" + _COMPONENT], ids=["held", "by name"]
)
def test_the_parts_are_on_the_map_behind_what_stands_around_the_whole(tmp_path: Path, whole: str) -> None:
    assert _map(tmp_path, _ENDPOINTS + whole) == _GUARDED


def test_what_is_given_no_middleware_stands_open(tmp_path: Path) -> None:
    """A class that would refuse is beside it, and nothing gives it to the application."""
    assert set(_map(tmp_path, _ENDPOINTS + _ROOT + _HELD % "").values()) == {"unguarded"}


def test_a_whole_that_nobody_makes_is_laid_out_as_it_is(tmp_path: Path) -> None:
    assert _map(tmp_path, _ENDPOINTS + _ROOT) == dict.fromkeys(_GUARDED, "unguarded")


def test_parts_without_a_whole_are_named_as_not_read(tmp_path: Path) -> None:
    """Where they are served nobody says: by themselves they would be at a wrong path."""
    (tmp_path / "app.py").write_text(_ENDPOINTS)
    drawn = draw(tmp_path).map

    assert drawn.routes == ()
    assert len([one for one in drawn.not_read if "makes an object of this class" in one.why]) == 2


def test_a_class_that_leaves_the_constructor_above_alone_has_no_application(tmp_path: Path) -> None:
    alone = """

class Silent(Endpoint):
    def __init__(self):
        pass

    def setup_routes(self):
        self.app.add_routes([web.get("/never", self.never)])

    async def never(self, request):
        return web.json_response([])
"""
    drawn = _map(tmp_path, _ENDPOINTS + alone + _ROOT.replace('"/docs": Docs', '"/docs": Docs, "/silent": Silent'))

    assert "GET /silent/never" not in drawn


def test_a_whole_with_one_part_is_not_taken_for_another_one_of_it(tmp_path: Path) -> None:
    """One line of the class above makes both of them."""
    whole = """

class Root(Endpoint):
    def setup_routes(self):
        self.app.add_subapp("/docs", Docs().app)


def main():
    web.run_app(Root().app)
"""
    assert _map(tmp_path, _ENDPOINTS + whole) == {"GET /docs/all": "unguarded"}
