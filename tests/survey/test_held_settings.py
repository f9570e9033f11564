"""Settings that an object holds of which nobody saw how it came to be: what is not set there is None."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw

_PARTS = """
import functools

from aiohttp import web


class Profile:
    def __init__(self, context):
        self._held = context

    @property
    def settings(self):
        return self._held.settings


class Context:
    def __init__(self, profile):
        self._of = profile

    @property
    def profile(self):
        return self._of


def same(one, other):
    if one is None or other is None:
        return False
    return one == other


def authentication(handler):
    @functools.wraps(handler)
    async def inner(request):
        profile = request["context"].profile
        given = request.headers.get("x-api-key")
        if {test}:
            return await handler(request)
        raise web.HTTPUnauthorized()

    return inner


@authentication
async def orders(request):
    return web.json_response({{}})


class Server:
    def __init__(self, root):
        self.root = root

    async def make(self):
        @web.middleware
        async def setup(request, handler):
            request["context"] = Context(self.root)
            return await handler(request)

        app = web.Application(middlewares=[setup])
        app.add_routes([web.get("/orders", orders, allow_head=False)])
        return app
"""
_KEY = 'same(profile.settings.get("key"), given)'


def route(folder: Path, test: str) -> Route:
    (folder / "app.py").write_text(_PARTS.format(test=test))
    (found,) = draw(folder).map.routes
    return found


@pytest.mark.parametrize(
    "test",
    [
        f'profile.settings.get("insecure") or {_KEY}',
        f'bool(profile.settings.get_bool("insecure", default=False)) or {_KEY}',
        f'"insecure" in profile.settings or {_KEY}',
    ],
)
def test_what_a_setting_may_open_is_closed_where_nobody_sets_it(tmp_path: Path, test: str) -> None:
    found = route(tmp_path, test)

    assert found.verdict == "guarded"
    assert (found.because or "").startswith("by default")


@pytest.mark.parametrize(
    "test",
    [
        'profile.settings.get("insecure", True) or given',
        f'not profile.settings.get("asks") or {_KEY}',
        f'profile.settings.get_bool("insecure", default=True) or {_KEY}',
    ],
)
def test_what_a_setting_has_to_close_is_not_guarded(tmp_path: Path, test: str) -> None:
    assert route(tmp_path, test).verdict != "guarded"


def test_of_several_applications_a_part_that_is_found_later_belongs_to_the_one_with_most_around_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "inbound.py").write_text(
        "from aiohttp import web\n\n\nclass Inbound:\n    def make(self):\n        app = web.Application()\n"
        '        app.add_routes([web.post("/in", self.take), web.post("/more", self.take)])\n        return app\n\n'
        "    async def take(self, request):\n        return web.Response()\n"
    )
    (tmp_path / "served.py").write_text("""
from aiohttp import web


@web.middleware
async def closed(request, handler):
    if request.headers.get("x-api-key") != "k3y":
        raise web.HTTPUnauthorized()
    return await handler(request)


class Served:
    def make(self):
        app = web.Application(middlewares=[closed])
        app.router.add_get("/", self.home, allow_head=False)
        self.registry.add_all(app)
        return app

    async def home(self, request):
        return web.Response()
""")
    (tmp_path / "orders.py").write_text(
        "from aiohttp import web\n\n\nasync def orders(request):\n    return web.Response()\n\n\n"
        'async def register(app: web.Application):\n    app.add_routes([web.put("/orders", orders)])\n'
    )

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert found["/in"] == "unguarded"
    assert found["/"] == found["/orders"] == "guarded"
