"""aiohttp: middleware that asks what was found for the path of a request, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import filled
from tests.survey.running import loaded

pytest.importorskip("aiohttp")

_SOURCE = """
from aiohttp import web


class Api:
    def __init__(self):
        self.rows = []

    def endpoint(self, method, path, *, access="user"):
        def add(handler):
            handler.access = access
            self.rows.append((method, path, handler))
            return handler

        return add

    def install(self, app):
        for method, path, handler in self.rows:
            app.router.add_route(method, path, handler)


api = Api()


@web.middleware
async def asks(request, handler):
    if request.match_info.http_exception is not None:
        return await handler(request)
    found = request.match_info.handler
    if getattr(found, "access", "user") == "anyone" or request.match_info.route.name in ("ping", "item-ping"):
        return await handler(request)
    if request.headers.get("X-Key") != "secret":
        return web.json_response({}, status=401)
    return await handler(request)


@api.endpoint("GET", "/open", access="anyone")
async def open_to_all(request):
    return web.Response(text="x")


@api.endpoint("GET", "/items/{item}")
async def item(request):
    return web.Response(text=request.match_info["item"])


@api.endpoint("GET", "/items/{item}/name", access="anyone")
async def name_of_item(request):
    return web.Response(text=request.match_info.get("item"))


async def ping(request):
    return web.Response(text="x")


class Shown(web.View):
    access = "anyone"

    async def get(self):
        return web.Response(text="x")


class Hidden(web.View):
    async def get(self):
        return web.Response(text="x")


async def set_later(request):
    return web.Response(text="x")


set_later.access = "anyone"
app = web.Application(middlewares=[asks])
api.install(app)
app.router.add_get("/ping", ping, name="ping")
app.router.add_get("/items/{item}/ping", ping, name="item-ping")
app.router.add_get("/pong", ping, name="pong")
app.router.add_get("/unnamed", ping)
app.router.add_view("/shown", Shown)
app.router.add_view("/hidden", Hidden)
app.router.add_get("/later", set_later)
"""


def test_middleware_asks_which_handler_and_route_were_found(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE)
    from tests.survey.running_aiohttp import is_refused

    found = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        told = {key: "guarded" if is_refused(app, key[0], filled(key[1])) else "unguarded" for key in found}
    assert told == found
    assert {path for (method, path), verdict in found.items() if method == "GET" and verdict == "guarded"} == {
        "/items/{item}", "/pong", "/unnamed", "/hidden",
    }  # fmt: skip


_KEPT = """
from aiohttp import web


@web.middleware
async def load_user(request, handler):
    request["user"] = request.app["sessions"].get(request.cookies.get("sid"))
    return await handler(request)


async def by_user(request):
    if request["user"] is None:
        return web.Response(status=401)
    return web.Response()


async def by_key(request):
    if request.app["keys"].get(request.headers.get("X-Key")) is None:
        raise web.HTTPUnauthorized()
    return web.Response()


async def or_guest(request):
    if request.app["keys"].get(request.headers.get("X-Key"), "guest") is None:
        raise web.HTTPUnauthorized()
    return web.Response()


async def guests(request):
    if request.app["guests"].get(request.headers.get("X-Key")) is None:
        raise web.HTTPUnauthorized()
    return web.Response()


async def unless_switched(request):
    if request.app["is_closed"] and request["user"] is None:
        raise web.HTTPUnauthorized()
    return web.Response()


def make():
    app = web.Application(middlewares=[load_user])
    app["sessions"] = {}
    app["keys"] = {"k": "admin"}
    app["guests"] = {None: "guest", "k": "admin"}
    app["is_closed"] = False
    app.router.add_get("/by-user", by_user)
    app.router.add_get("/by-key", by_key)
    app.router.add_get("/or-guest", or_guest)
    app.router.add_get("/guests", guests)
    app.router.add_get("/unless", unless_switched)
    return app
"""


@pytest.mark.filterwarnings("ignore")
def test_tables_of_an_application_have_nothing_for_who_brings_nothing(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_KEPT)
    from tests.survey.running_aiohttp import is_refused

    found = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes}

    with loaded(tmp_path, "main:make()") as app:
        told = {key: "guarded" if is_refused(app, *key) else "unguarded" for key in found}
    assert {key: verdict for key, verdict in found.items() if verdict not in ("unknown", told[key])} == {}
    assert {path for (method, path), verdict in found.items() if method == "GET" and verdict == "guarded"} == {
        "/by-user", "/by-key",
    }  # fmt: skip


_EITHER = """
from aiohttp import web


def signed_in(handler):
    async def wrapped(view_or_request, *args):
        request = getattr(view_or_request, "request", view_or_request)
        if not request.headers.get("X-Key"):
            return web.json_response({}, status=401)
        return await handler(view_or_request, *args)

    return wrapped


@signed_in
async def mine(request):
    return web.Response()


async def open_to_all(request):
    return web.Response()


class Shown(web.View):
    @signed_in
    async def get(self):
        return web.Response()

    async def post(self):
        return web.Response()


app = web.Application()
app.router.add_get("/mine", mine)
app.router.add_get("/open", open_to_all)
app.router.add_view("/shown", Shown)
"""


def test_a_decorator_for_views_and_functions_finds_the_request(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_EITHER)
    from tests.survey.running_aiohttp import is_refused

    found = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        told = {key: "guarded" if is_refused(app, *key) else "unguarded" for key in found}
    assert told == found
    assert found["GET", "/mine"] == found["GET", "/shown"] == "guarded"
    assert found["GET", "/open"] == found["POST", "/shown"] == "unguarded"


_OF_HANDLER = """
from aiohttp import web

def anyone(handler):
    handler.is_open = True
    return handler

@web.middleware
async def asks(request, handler):
    if not {test} and request.headers.get("X-Key") != "secret":
        raise web.HTTPUnauthorized()
    return await handler(request)

@anyone
async def public(request):
    return web.Response(text="x")

async def private(request):
    return web.Response(text="x")

class Both(web.View):
    is_open = True
    async def get(self):
        return web.Response(text="x")

app = web.Application(middlewares=[asks])
app.router.add_get("/items/{{number}}", public)
app.router.add_post("/items/{{number}}", private)
app.router.add_get("/private", private)
app.router.add_view("/both", Both)
"""


@pytest.mark.parametrize("test", ['getattr(handler, "is_open", False)', 'hasattr(handler, "is_open")'])
def test_what_comes_next_has_what_is_set_on_the_handler(test: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_OF_HANDLER.format(test=test))
    from tests.survey.running_aiohttp import is_refused

    routes = [one for one in draw(tmp_path).map.routes if one.method in ("GET", "POST")]

    with loaded(tmp_path) as app:
        told = {
            (one.method, one.path): "guarded" if is_refused(app, one.method, filled(one.path)) else "unguarded"
            for one in routes
        }
    assert told == {(one.method, one.path): one.verdict for one in routes}
    assert sorted(told.values()) == ["guarded", "guarded", "unguarded", "unguarded"]


_SEVERAL = """
from functools import wraps

from aiohttp import web

@web.middleware
async def first(request, handler):
    return await handler(request)

@web.middleware
async def asks(request, handler):
    if request.match_info.route.name == "open" or request.headers.get("X-Key") == "secret":
        return await handler(request)
    raise web.HTTPUnauthorized()

def signed_in(handler):
    @wraps(handler)
    async def inner(*args, **kwargs):
        if not args[-1].headers.get("X-User"):
            raise web.HTTPForbidden()
        return await handler(*args, **kwargs)
    return inner

async def page(request):
    return web.Response(text="x")

app = web.Application(middlewares=[first, asks])
app.router.add_get("/closed", page)
app.router.add_get("/open", page, name="open")
app.router.add_get("/other", page, name="other")
inner = web.Application()
inner.router.add_get("/page", page)
inner.router.add_get("/wrapped", signed_in(page))
app.add_subapp("/inner/", inner)
bare = web.Application()
bare.router.add_get("/wrapped", signed_in(page))
bare.router.add_get("/page", page)
"""


@pytest.mark.parametrize("name", ["app", "bare"])
def test_each_request_has_its_own_match_behind_several_middlewares(name: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SEVERAL)
    from tests.survey.running_aiohttp import is_refused

    with loaded(tmp_path, f"main:{name}") as app:
        served = {one.resource.canonical for one in app.router.routes() if one.method == "GET"}
        found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}
        told = {path: "guarded" if is_refused(app, "GET", filled(path)) else "unguarded" for path in served}
    assert told == {path: found[path] for path in served}
