"""Generated applications whose every endpoint answers with its own route, and odd paths to ask them for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.websockets import WebSocket

SEGMENTS = ("a", "b", "orders", "", "{x}", "{x:int}", "{x:path}", "a{x}", "{x}.b", "A", "%61")
PREFIXES = ("/a", "/b", "/orders", "/a/b", "/{p}", "/a{p}")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Leaf:
    path: str
    methods: tuple[str, ...]
    kind: str  # plain, class, any, websocket


@dataclass(frozen=True, slots=True)
class Branch:
    how: str  # mount, wrapped, include, application, host
    prefix: str
    children: tuple[Any, ...] = field(default=())


def leaves() -> st.SearchStrategy[Leaf]:
    paths = st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3).map(_path).filter(_once)
    methods = st.lists(st.sampled_from(METHODS), min_size=1, max_size=2, unique=True).map(tuple)
    return st.builds(Leaf, paths, methods, st.sampled_from(("plain", "plain", "plain", "class", "any", "websocket")))


def trees() -> st.SearchStrategy[list[Any]]:
    hows = st.sampled_from(("mount", "wrapped", "include", "include", "application", "host"))

    def branches(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(Branch, hows, st.sampled_from(PREFIXES), st.lists(inner, min_size=1, max_size=4).map(tuple))

    return st.lists(st.recursive(leaves(), branches, max_leaves=8), min_size=1, max_size=6)


def odd_paths() -> st.SearchStrategy[str]:
    pieces = st.sampled_from(
        ("a", "b", "orders", "A", "1", "-1", "01", "", ".", "..", "a1", "z.b", "%2F", "%2f", "%0A", "%00", "%61", "%25",
         "é".encode().hex(), "%C3%A9", "%FF", ";x", "a%2Fb", "a%0A", "%0Aa", "{x}", "*")
    )  # fmt: skip
    return st.lists(pieces, max_size=5).map(lambda found: "/" + "/".join(found))


def _path(segments: list[str]) -> str:
    return "/" + "/".join(segment.replace("{x", f"{{x{number}") for number, segment in enumerate(segments))


def _once(path: str) -> bool:
    # Behind a parameter that takes everything nothing more can be told apart.
    return path.count(":path}") <= 1


class Wrapping:
    """Middleware of a mount: passes everything through."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def application(tree: list[Any]) -> FastAPI:
    """The tree as a FastAPI application. Each endpoint answers `<METHOD or ANY> <whole path>`."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for number, one in enumerate(tree):
        _add_to_fastapi(app, one, "", f"{number}")
    return app


def _add_to_fastapi(router: Any, one: Any, prefix: str, name: str) -> None:
    if isinstance(one, Leaf):
        if one.kind == "plain":
            router.add_api_route(
                one.path, _function(prefix + one.path), methods=list(one.methods), response_class=PlainTextResponse
            )
        else:
            router.routes.append(_leaf(one, prefix))
    elif one.how == "include":
        inner = APIRouter()
        for number, child in enumerate(one.children):
            _add_to_fastapi(inner, child, prefix + one.prefix.replace("{p}", f"{{p{name}}}"), f"{name}_{number}")
        router.include_router(inner, prefix=one.prefix.replace("{p}", f"{{p{name}}}"))
    else:
        router.routes.append(_branch(one, prefix, name))


def _leaf(one: Leaf, prefix: str) -> BaseRoute:
    path = prefix + one.path
    if one.kind == "websocket":
        return WebSocketRoute(one.path, _socket(path))
    if one.kind == "class":
        methods = {method.lower(): _method(path) for method in one.methods if method != "HEAD"}
        return Route(one.path, type("Generated", (HTTPEndpoint,), methods))
    if one.kind == "any":
        return Route(one.path, Anything(path))
    return Route(one.path, _plain(path), methods=list(one.methods))


def _branch(one: Branch, prefix: str, name: str) -> BaseRoute:
    inner_prefix = one.prefix.replace("{p}", f"{{p{name}}}")
    if one.how == "host":
        routes = [_route(child, prefix, f"{name}_{number}") for number, child in enumerate(one.children)]
        return Host("api.example.test", app=Router(routes))
    routes = [_route(child, prefix + inner_prefix, f"{name}_{number}") for number, child in enumerate(one.children)]
    if one.how == "application":
        return Mount(inner_prefix, app=Starlette(routes=routes))
    if one.how == "wrapped":
        return Mount(inner_prefix, routes=routes, middleware=[Middleware(Wrapping)])
    return Mount(inner_prefix, routes=routes)


def _route(one: Any, prefix: str, name: str) -> BaseRoute:
    if isinstance(one, Leaf):
        return _leaf(one, prefix)
    # A router can only be included in FastAPI's own; below a mount it is one more mount.
    return _branch(Branch("mount" if one.how == "include" else one.how, one.prefix, one.children), prefix, name)


def _function(path: str) -> Callable[..., Any]:
    def generated(request: Request) -> str:
        return f"{request.method} {path}"

    return generated


def _plain(path: str) -> Callable[..., Any]:
    async def generated(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.method} {path}")

    return generated


def _method(path: str) -> Callable[..., Any]:
    async def generated(self: HTTPEndpoint, request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.method} {path}")

    return generated


def _socket(path: str) -> Callable[..., Any]:
    async def generated(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"WS {path}")
        await socket.close()

    return generated


class Anything:
    """An application behind a route: it answers every method."""

    def __init__(self, path: str) -> None:
        self.path = path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(f"ANY {self.path}")(scope, receive, send)
