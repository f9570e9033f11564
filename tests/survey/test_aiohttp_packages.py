"""Packages around aiohttp that keep callers out, and what applications ask it of a route."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from aiohttp import web


async def answer(request):
    return web.json_response([])

"""
_OPEN, _SHUT = "unguarded", "guarded"


def _map(folder: Path, text: str) -> dict[str, str]:
    (folder / "app.py").write_text(_HEAD + text)
    return {one.path: one.verdict for one in draw(folder).map.routes if one.method != "HEAD"}


def _app(middleware: str, paths: str = "/orders", more: str = "") -> str:
    lines = "".join(f'app.router.add_get("{path}", answer)\n' for path in paths.split())
    return f"app = web.Application(middlewares=[{middleware}])\n{more}{lines}"


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ('JWTMiddleware("secret")', (_SHUT, _SHUT)),
        ('JWTMiddleware("secret", whitelist=[r"/public.*"])', (_SHUT, _OPEN)),
        ('JWTMiddleware("secret", credentials_required=False)', (_OPEN, _OPEN)),
        ('JWTMiddleware("secret", token_getter=of_cookie)', (_SHUT, _SHUT)),
        ('BasicAuthMiddleware("name", "word")', (_SHUT, _SHUT)),
        ('BasicAuthMiddleware("name", "word", force=False)', (_OPEN, _OPEN)),
        ('basic_auth_middleware(("/orders",), {"name": "word"})', (_SHUT, _OPEN)),
    ],
)
def test_middleware_of_a_package_asks_as_it_is_told(tmp_path: Path, middleware: str, expected: tuple[str, str]) -> None:
    text = """
from aiohttp_basicauth import BasicAuthMiddleware
from aiohttp_basicauth_middleware import basic_auth_middleware
from aiohttp_jwt import JWTMiddleware


async def of_cookie(request):
    return request.cookies.get("token")


"""
    found = _map(tmp_path, text + _app(middleware, "/orders /public"))

    assert (found["/orders"], found["/public"]) == expected


def test_decorators_of_these_packages_ask(tmp_path: Path) -> None:
    text = """
from aiohttp_basicauth import BasicAuthMiddleware
from aiohttp_jwt import JWTMiddleware, check_permissions, login_required, match_any

basic = BasicAuthMiddleware("name", "word", force=False)


class Orders(web.View):
    @login_required
    async def get(self):
        return web.json_response([])

    async def post(self):
        return web.json_response([])


app = web.Application(middlewares=[JWTMiddleware("secret", credentials_required=False), basic])
app.router.add_get("/signed", login_required(answer))
app.router.add_get("/reads", check_permissions("orders:read")(answer))
app.router.add_get("/any", check_permissions(["a", "b"], comparison=match_any)(answer))
app.router.add_get("/basic", basic.required(answer))
app.router.add_get("/open", answer)
app.router.add_view("/view", Orders)
"""
    (tmp_path / "app.py").write_text(_HEAD + text)
    routes = {(one.method, one.path): one for one in draw(tmp_path).map.routes if one.method != "HEAD"}
    verdicts = {f"{method} {path}": one.verdict for (method, path), one in routes.items()}

    assert verdicts == {
        "GET /signed": _SHUT,
        "GET /reads": _SHUT,
        "GET /any": _SHUT,
        "GET /basic": _SHUT,
        "GET /open": _OPEN,
        "GET /view": _SHUT,
        "POST /view": _OPEN,
    }
    assert "orders:read" in {guard.name for guard in routes[("GET", "/reads")].guards}


def test_a_package_may_put_its_middleware_there_itself(tmp_path: Path) -> None:
    text = """
from aiohttp_remotes import BasicAuth, XForwardedStrict, setup


async def make(is_strict):
    app = web.Application()
    app.router.add_get("/orders", answer)
    app.router.add_get("/health", answer)
    await setup(app, XForwardedStrict([]), BasicAuth("name", "word", "realm", white_paths={"/health"}))
    return app
"""
    assert _map(tmp_path, text) == {"/orders": _SHUT, "/health": _OPEN}


@pytest.mark.parametrize(
    ("middleware", "expected"),
    [
        ("auth_middleware", "unknown"),
        ("Keys()", "unknown"),
        ("Counts()", _OPEN),
        ("Refuses()", "unknown"),
        ("count_middleware", _OPEN),
    ],
)
def test_a_class_of_which_only_a_package_says_how_it_is_called_may_ask(
    tmp_path: Path, middleware: str, expected: str
) -> None:
    text = """
from elsewhere import AuthMiddleware, Middleware, auth_middleware, count_middleware


class Keys(AuthMiddleware):
    pass


class Counts(Middleware):
    def count(self, request):
        return 1


class Refuses(Middleware):
    async def before(self, request):
        raise web.HTTPForbidden()


"""
    assert _map(tmp_path, text + _app(middleware)) == {"/orders": expected}


_ASKS_ROUTE = """
OPEN = ["/login", "/status/{name}"]


@web.middleware
async def signed_in(request, handler):
    resource = request.match_info.route.resource
    if %s:
        return await handler(request)
    if "X-Key" not in request.headers:
        raise web.HTTPUnauthorized()
    return await handler(request)


"""


@pytest.mark.parametrize(
    "test",
    [
        "resource is not None and resource.canonical in OPEN",
        "resource and resource.canonical in OPEN",
        'getattr(resource, "canonical", "") in OPEN',
    ],
)
def test_middleware_may_ask_for_the_path_as_it_is_written(tmp_path: Path, test: str) -> None:
    paths = r"/login /status/{name:\\w+} /orders"
    found = _map(tmp_path, _ASKS_ROUTE % test + _app("signed_in", paths))

    assert found == {"/login": _OPEN, "/status/{name}": _OPEN, "/orders": _SHUT}


def test_what_is_kept_under_a_key_of_the_application_is_found_there(tmp_path: Path) -> None:
    text = """
CONFIG = web.AppKey("config", dict)
OTHER = web.AppKey("other", dict)


@web.middleware
async def signed_in(request, handler):
    if request.path in request.config_dict[CONFIG]["open"]:
        return await handler(request)
    if "X-Key" not in request.headers:
        raise web.HTTPUnauthorized()
    return await handler(request)


def make():
    app = web.Application(middlewares=[signed_in])
    app[CONFIG] = {"open": ["/health"]}
    app[OTHER] = {"open": ["/orders"]}
    app.router.add_get("/orders", answer)
    app.router.add_get("/health", answer)
    return app
"""
    assert _map(tmp_path, text) == {"/orders": _SHUT, "/health": _OPEN}


_NEEDS_KEY = """
@web.middleware
async def needs_key(request, handler):
    if "X-Key" not in request.headers:
        raise web.HTTPUnauthorized()
    return await handler(request)


"""


def test_what_serves_an_application_has_it(tmp_path: Path) -> None:
    text = """
class Server:
    def __init__(self, runner):
        self.runner = runner

    @classmethod
    async def create(cls, routes):
        server = cls(runner=web.AppRunner(web.Application(middlewares=[needs_key])))
        server.runner.app.add_routes(routes)
        return server


class Api:
    def get_routes(self):
        return {"/state": self.state}

    async def state(self, request):
        return web.json_response([])


async def serve():
    await Server.create([web.post(path, function) for path, function in Api().get_routes().items()])
"""
    assert _map(tmp_path, _NEEDS_KEY + text) == {"/state": _SHUT}


def test_methods_of_an_object_tell_their_routes(tmp_path: Path) -> None:
    text = """
import inspect


def route(method, path):
    def mark(function):
        function.told = (method, path)
        return function

    return mark


class Api:
    def __init__(self, app):
        for _, method in inspect.getmembers(self, predicate=inspect.ismethod):
            told = getattr(method, "told", None)
            if told:
                app.router.add_route(*told, method)

    @property
    def broken(self):
        raise AttributeError("broken")

    @route("GET", "/orders")
    async def every(self, request):
        return web.json_response([])

    async def helper(self, request):
        return None


def main():
    app = web.Application(middlewares=[needs_key])
    Api(app)
    web.run_app(app)
"""
    assert _map(tmp_path, _NEEDS_KEY + text) == {"/orders": _SHUT}


def test_routes_may_be_added_through_what_documents_them(tmp_path: Path) -> None:
    text = """
from aiohttp_swagger3 import SwaggerDocs


def main():
    app = web.Application(middlewares=[needs_key])
    docs = SwaggerDocs(app)
    docs.add_routes([web.get("/orders", answer)])
    docs.add_post("/parts", answer)
    web.run_app(app)
"""
    assert _map(tmp_path, _NEEDS_KEY + text) == {"/orders": _SHUT, "/parts": _SHUT}
