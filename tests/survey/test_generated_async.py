"""Applications of aiohttp, Tornado and Litestar made up: the map has what is served, and who is refused there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import DrawFn, booleans, composite, integers, sampled_from

from nomoat.survey.draw import draw as draw_map
from tests.survey.running import is_refused, loaded, served

_AIOHTTP = """
import functools

from aiohttp import web

OPEN = ("/r0", "/n1/r2")


@web.middleware
async def strict(request, handler):
    if not request.headers.get("Authorization"):
        raise web.HTTPUnauthorized()
    return await handler(request)


@web.middleware
async def by_path(request, handler):
    if request.path.rstrip("/") not in OPEN and "Authorization" not in request.headers:
        return web.json_response({}, status=401)
    return await handler(request)


@web.middleware
async def writing(request, handler):
    if request.method == "POST" and request.headers.get("X-Api-Key") is None:
        raise web.HTTPForbidden()
    return await handler(request)


@web.middleware
async def lenient(request, handler):
    request["user"] = request.headers.get("Authorization")
    return await handler(request)


async def old(app, handler):
    async def middleware(request):
        answer = await handler(request)
        answer.headers["X-Seen"] = "yes"
        return answer

    return middleware


def signed_in(handler):
    @functools.wraps(handler)
    async def wrapper(request):
        if not request.headers.get("Authorization"):
            return web.Response(status=403)
        return await handler(request)

    return wrapper


def plain(handler):
    return handler


def optional(handler):
    async def wrapper(request):
        request["name"] = request.headers.get("Authorization")
        return await handler(request)

    return wrapper
"""
_MIDDLEWARE = ("strict", "by_path", "writing", "lenient", "old")
_TORNADO = """
import functools

from tornado.web import Application, HTTPError, RequestHandler, authenticated


class Base(RequestHandler):
    def get_current_user(self):
        return self.get_signed_cookie("user")


class Preparing(Base):
    def prepare(self):
        super().prepare()
        if not self.request.headers.get("Authorization"):
            raise HTTPError(401)


class Piecewise(Base):
    async def prepare(self):
        if not self.current_user and self.request.method != "GET":
            self.set_status(403)
            self.finish("no")


class Reading:
    def get(self, *parts):
        self.write("hello")


def plain(method):
    return method


def keyed(method):
    @functools.wraps(method)
    def wrapper(self, *parts):
        if self.request.headers.get("X-Api-Key") is None:
            self.send_error(403)
            return None
        return method(self, *parts)

    return wrapper


def optional(method):
    @functools.wraps(method)
    def wrapper(self, *parts):
        if self.request.headers.get("X-Api-Key") is None:
            self.set_header("X-Guest", "yes")
        return method(self, *parts)

    return wrapper
"""

_LITESTAR = """
from litestar import Controller, Litestar, Request, Router, delete, get, post, route, websocket
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException, WebSocketException
from litestar.middleware import DefineMiddleware
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult


class Who(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        return AuthenticationResult(user=connection.headers.get("Authorization"), auth=None)


class Strict(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        if not connection.headers.get("Authorization"):
            raise NotAuthorizedException()
        return AuthenticationResult(user="ana", auth=None)


def signed_in(connection, handler):
    if not connection.user:
        raise NotAuthorizedException()


async def writing(connection, handler):
    if connection.scope.get("method") != "GET" and "X-Api-Key" not in connection.headers:
        raise PermissionDeniedException()


def noted(connection, handler):
    if not handler.opt.get("public") and not connection.headers.get("Authorization"):
        raise PermissionDeniedException()


async def user(request: Request) -> str:
    if request.user is None:
        raise NotAuthorizedException()
    return request.user


async def guest(request: Request) -> str:
    return request.user or "nobody"


async def named(user: str) -> str:
    return user
"""
_GUARDS = ("", "", "signed_in", "writing", "noted")
#: Says who calls, whatever a route says: where nobody says it, asking for it is an error.
_WHO = (
    'DefineMiddleware(Who, exclude_from_auth_key="never")',
    "DefineMiddleware(Who, exclude_http_methods=[], exclude_from_auth_key='nowhere')",
)
_ASKED = ("", "user: str", "guest: str", "named: str")


@dataclass
class Written:
    """A program that grows."""

    lines: list[str] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)


@composite
def aiohttp_applications(draw: DrawFn) -> str:
    """The source of one application of aiohttp."""
    written = Written()
    _application(draw, written, "app", depth=0)
    return _AIOHTTP + "\n".join(written.lines) + "\n"


def _application(draw: DrawFn, written: Written, name: str, *, depth: int) -> None:
    # Middleware of the old kind works where the outermost application has some.
    kinds = _MIDDLEWARE if depth == 0 else _MIDDLEWARE[:-1]
    middleware = [draw(sampled_from(kinds)) for _ in range(draw(integers(0, 2)))]
    late = draw(booleans())
    given = "" if late or not middleware else f"middlewares=[{', '.join(middleware)}]"
    written.lines.append(f"{name} = web.Application({given})")
    if late:
        written.lines += [f"{name}.middlewares.append({one})" for one in middleware]
    for _ in range(draw(integers(1, 2))):
        _handler(draw, written, name)
    for _ in range(draw(integers(0, 2)) if depth < 2 else 0):
        child = f"n{next(written.numbers)}"
        _application(draw, written, child, depth=depth + 1)
        written.lines.append(f'{name}.add_subapp("/{child}", {child})')


def _handler(draw: DrawFn, written: Written, app: str) -> None:
    number = next(written.numbers)
    path = draw(sampled_from([f"/r{number}", f"/r{number}/{{item}}", rf"/r{number}/{{item:\\w+}}/end"]))
    guard = draw(sampled_from(["plain", "signed_in", "optional"]))
    shape = draw(sampled_from(["table", "list", "call", "resource", "view"]))
    if shape == "view":
        own = f"signed_in = self.request.headers.get('Authorization')\n        {draw(sampled_from(_CHECKS))}"
        written.lines += [f"class V{number}(web.View):", "    async def post(self):", f"        {own}"]
        written.lines += ["        return web.Response()", f'{app}.router.add_view("{path}", V{number})']
        return
    if shape == "table":
        written.lines += [f"t{number} = web.RouteTableDef()", f'@t{number}.put("{path}")']
    written.lines += [f"@{guard}", f"async def r{number}(request):", "    return web.Response()"]
    added = {
        "table": f"{app}.add_routes(t{number})",
        "list": f'{app}.add_routes([web.get("{path}", r{number}), web.route("POST", "{path}", r{number})])',
        "call": f'{app}.router.add_route("DELETE", "{path}", r{number})',
        "resource": f'{app}.router.add_resource("{path}").add_route("PATCH", r{number})',
    }
    written.lines.append(added[shape])


_CHECKS = ("if not signed_in:\n            raise web.HTTPForbidden()", "print(signed_in)")


@composite
def tornado_applications(draw: DrawFn) -> str:
    """The source of one application of Tornado."""
    lines, lists = [], []
    for number in range(draw(integers(1, 4))):
        base = draw(sampled_from(["Base", "Preparing", "Piecewise"]))
        mixed = draw(sampled_from(["", "Reading, "]))
        lines += [f"class H{number}({mixed}{base}):"]
        for method in ("get", "post", "delete"):
            if method == "get" and mixed:
                continue
            if method == "delete" or draw(booleans()):
                guard = draw(sampled_from(["plain", "authenticated", "keyed", "optional"]))
                kind = draw(sampled_from(["def", "async def"]))
                lines += [f"    @{guard}", f"    {kind} {method}(self, *parts):", "        self.write('hello')", ""]
        path = draw(sampled_from([rf"/h{number}", rf"/h{number}/(\w+)", rf"/h{number}/(?P<name>\w+)/end/?"]))
        lists.append(f'(r"{path.replace("?P<name>", "")}", H{number})')
    cut = draw(integers(0, len(lists)))
    lines += [f"first = [{', '.join(lists[:cut])}]", "settings = {'cookie_secret': 'k3y', 'login_url': '/login'}"]
    lines += ["app = Application(first, **settings)", f"app.add_handlers('.*', [{', '.join(lists[cut:])}])"]
    return _TORNADO + "\n".join(lines) + "\n"


@composite
def litestar_applications(draw: DrawFn) -> str:
    """The source of one application of Litestar."""
    written = Written()
    held = [_layer(draw, written, depth=0) for _ in range(draw(integers(1, 3)))]
    first = draw(sampled_from(_WHO))
    written.lines += [
        f"app = Litestar(route_handlers=[{', '.join(held)}], middleware=[{first}], openapi_config=None,",
        "    dependencies={'user': Provide(user), 'guest': guest, 'named': Provide(named)})",
    ]
    return _LITESTAR + "\n".join(written.lines) + "\n"


def _options(draw: DrawFn) -> str:
    guard = draw(sampled_from(_GUARDS))
    note = draw(sampled_from(["", "", ", public=True", ", exclude_from_auth=True"]))
    return (f", guards=[{guard}]" if guard else "") + note


def _layer(draw: DrawFn, written: Written, *, depth: int) -> str:
    """A handler, a controller or a router with more of them; its name."""
    number = next(written.numbers)
    shape = draw(sampled_from(["handler", "controller", "router", "router"][: 4 if depth < 3 else 2]))
    if shape == "handler":
        _function(draw, written, number, "", "")
        return f"h{number}"
    if shape == "controller":
        guard = draw(sampled_from(_GUARDS))
        written.lines += [f"class C{number}(Controller):", f'    path = "/c{number}/"', f"    guards = [{guard}]"]
        for _ in range(draw(integers(1, 2))):
            _function(draw, written, next(written.numbers), "    ", "self")
        return f"C{number}"
    held = [_layer(draw, written, depth=depth + 1) for _ in range(draw(integers(1, 2)))]
    guard = draw(sampled_from(_GUARDS))
    around = draw(sampled_from(["", "", "Strict", 'DefineMiddleware(Strict, exclude=["/h1", "c0/.*"])']))
    given = f"route_handlers=[{', '.join(held)}], guards=[{guard}], middleware=[{around}]"
    written.lines.append(f'R{number} = Router(path="/r{number}", {given})')
    return f"R{number}"


def _function(draw: DrawFn, written: Written, number: int, indent: str, first: str) -> None:
    path = draw(sampled_from([f'"/h{number}"', f'["/h{number}", "/g{number}/"]', f'"/h{number}/{{item:int}}"']))
    verb = draw(sampled_from(["get", "post", "delete", "route"]))
    more = ', http_method=["GET", "DELETE"], status_code=200' if verb == "route" else ""
    asked = [one for one in (first, draw(sampled_from(_ASKED)), "item: int" if "item" in path else "") if one]
    written.lines += [f"{indent}@{verb}({path}{more}{_options(draw)})"]
    written.lines += [f"{indent}async def h{number}({', '.join(asked)}) -> None:", f"{indent}    return None", ""]


def _compared(source: str) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "main.py").write_text(source)

        routes = draw_map(Path(folder)).map.routes

        drawn = {(route.method, route.path): route.verdict for route in routes}
        with loaded(Path(folder)) as app:
            assert served(app) == drawn.keys()
            refused = {key: "guarded" if is_refused(app, *key) else "unguarded" for key in drawn}
            assert refused == drawn


@pytest.mark.filterwarnings("ignore:old-style middleware")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(aiohttp_applications())
def test_map_of_any_nesting_of_aiohttp_is_what_is_served(source: str) -> None:
    _compared(source)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tornado_applications())
def test_map_of_any_classes_of_tornado_is_what_is_served(source: str) -> None:
    _compared(source)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(litestar_applications())
def test_map_of_any_layers_of_litestar_is_what_is_served(source: str) -> None:
    _compared(source)
