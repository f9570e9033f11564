from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Mount, Route

from nomoat.appmap import ids
from nomoat.errors import UsageError
from nomoat.guard.routers.starlette import Routes
from nomoat.guard.routers.table import NOTHING, Served, below
from tests.guard.calling import handshake, scope_of, serve
from tests.guard.routers.generated import METHODS, Branch, Leaf, application, odd_paths, trees


def _expected(text: str) -> str:
    method, _, path = text.partition(" ")
    return f"{method} {ids.path_key(path)}"


async def _dispatched(app: Any, scope: dict[str, Any]) -> str | None:
    """What really ran, in its own words; None where the framework answered by itself."""
    if scope["type"] == "websocket":
        sent = await handshake(app, scope)
        texts = [message["text"] for message in sent if message["type"] == "websocket.send"]
        return texts[0] if texts else None
    answer = await serve(app, scope)
    if scope["method"] == "HEAD" and answer.status == 200:
        return "HEAD"
    return answer.body.decode() if answer.status == 200 else None


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    tree=trees(),
    targets=st.lists(st.tuples(st.sampled_from((*METHODS, "WS", "TRACE", "get")), odd_paths()), min_size=1, max_size=6),
    host=st.sampled_from(("testserver", "api.example.test", "API.example.test:80", "")),
    root=st.sampled_from(("", "/v1", "/a")),
)
@example(tree=[Leaf("/a", ("HEAD",), "class")], targets=[("GET", "/a")], host="testserver", root="")
@example(tree=[Leaf("/a", ("POST",), "plain")], targets=[("POST", "/a%0A")], host="testserver", root="")
@example(tree=[Branch("mount", "/a", (Leaf("/b", ("GET",), "plain"),))], targets=[("GET", "/a/b%0A")], host="", root="")
def test_what_the_framework_dispatches_is_what_guard_decides_on(
    tree: list[Any], targets: list[tuple[str, str]], host: str, root: str
) -> None:
    app = application(tree)
    routes = Routes(app)

    for method, target in targets:
        kind = "websocket" if method == "WS" else "http"
        scope = scope_of(method, target, [("host", host)], kind=kind, root=root)
        found = routes.match(dict(scope))
        ran = asyncio.run(_dispatched(app, scope))
        assert found is not None
        if ran is None:
            assert found is NOTHING or found.key is None or found.key not in _keys(routes), (method, target, found)
        elif ran == "HEAD":
            assert found.key is not None and found.key.startswith(("HEAD ", "ANY ")), (method, target, found)
        else:
            assert _expected(ran) == found.key, (method, target, found)


def _keys(routes: Routes) -> set[str]:
    return {f"{one.method} {ids.path_key(one.path)}" for one in routes.served()}


@given(path=st.text("/a1{}%.\n é", max_size=12), root=st.sampled_from(("", "/", "/a", "/a1", "//", "/é")))
def test_the_path_below_a_root_is_the_frameworks(path: str, root: str) -> None:
    from starlette._utils import get_route_path

    assert get_route_path({"path": path, "root_path": root}) == below(path, root)


def test_an_included_router_is_listed_with_its_prefixes() -> None:
    app, outer, inner = _empty(), APIRouter(prefix="/v1"), APIRouter()
    inner.add_api_route("/items/{item_id:int}", _handler, methods=["GET", "POST"])
    outer.include_router(inner, prefix="/shop")
    app.include_router(outer)

    name = f"{__name__}:_handler"
    path = "/v1/shop/items/{item_id:int}"
    assert [Served("GET", path, name), Served("POST", path, name)] == list(Routes(app).served())


def test_a_route_that_is_added_later_is_seen() -> None:
    app, later = _empty(), APIRouter()
    app.include_router(later, prefix="/later")
    routes = Routes(app)
    before = routes.match(scope_of("GET", "/later/x"))
    later.add_api_route("/x", _handler)
    app.add_api_route("/y", _handler)

    # Older versions of the framework copy the routes of a router when it is included, and serve no later one.
    is_served = asyncio.run(serve(app, scope_of("GET", "/later/x"))).status == 200
    assert before is NOTHING
    assert ("GET /later/x" if is_served else None) == _key(routes, "/later/x")
    assert "GET /y" == _key(routes, "/y")


def test_a_route_that_takes_the_place_of_another_is_seen() -> None:
    app = Starlette(routes=[Route("/a", _answer)])
    routes = Routes(app)
    app.router.routes[0] = Route("/b", _answer)

    assert "GET /b" == _key(routes, "/b")
    assert routes.match(scope_of("GET", "/a")) is NOTHING


class OwnMatching(Route):
    def matches(self, scope: Any) -> Any:
        return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}


class Unasked(BaseRoute):
    def matches(self, scope: Any) -> Any:
        raise RuntimeError("not today")


@pytest.mark.parametrize("route", [OwnMatching("/x", lambda request: None), Unasked()])
def test_a_route_object_that_is_not_known_is_never_guessed(route: BaseRoute) -> None:
    app = Starlette(routes=[Route("/before", _answer), route, Route("/behind", _answer)])
    routes = Routes(app)

    assert "GET /before" == _key(routes, "/before")
    assert routes.match(scope_of("GET", "/behind")) is None
    assert "ANY" in {one.method for one in routes.served()}


def test_an_included_route_with_its_own_matching_is_never_guessed() -> None:
    from fastapi.routing import APIRoute

    class Own(APIRoute):
        def matches(self, scope: Any) -> Any:
            return Match.FULL, {"endpoint": self.endpoint, "path_params": {}}

    app, router = _empty(), APIRouter(route_class=Own)
    router.add_api_route("/x", _handler)
    app.include_router(router)

    assert Routes(app).match(scope_of("GET", "/anything")) is None


def test_an_application_that_strips_another_prefix_is_never_guessed() -> None:
    inner = _empty()
    inner.root_path = "/elsewhere"
    inner.add_api_route("/x", _handler)
    app = Starlette(routes=[Mount("/inner", app=inner)])

    assert Routes(app).match(scope_of("GET", "/inner/x")) is None


def test_a_front_end_that_is_served_behind_all_routes_is_never_guessed(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<p>")
    app = _empty()
    if not hasattr(app, "frontend"):
        pytest.skip("this FastAPI has no front ends")
    app.frontend("/", directory=tmp_path)

    assert Routes(app).match(scope_of("GET", "/index.html")) is None


def test_an_application_without_routes_is_refused() -> None:
    with pytest.raises(UsageError, match="no list of routes"):
        Routes(lambda scope, receive, send: None)


def test_three_hundred_routes_are_not_tried_one_by_one() -> None:
    app = Starlette(routes=[Route(f"/api/kind{number}/{{x}}/part", _answer) for number in range(300)])
    table = Routes(app).table

    assert 1 == len(table._candidates("/api/kind177/4711/part"))


def _key(routes: Routes, target: str) -> str | None:
    found = routes.match(scope_of("GET", target))
    assert found is not None
    return found.key


def _empty() -> FastAPI:
    return FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def _handler() -> str:
    return "here"


async def _answer(request: Request) -> PlainTextResponse:
    return PlainTextResponse("here")
