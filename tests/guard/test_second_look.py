"""Middleware behind guard, of a mounted application or of a router: what it sends elsewhere never runs undecided."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route, Router, WebSocketRoute

from nomoat.errors import UsageError
from nomoat.guard import protect
from nomoat.guard.loading import Mode
from nomoat.guard.routers.starlette import Routes
from tests.guard.calling import scope_of, serve
from tests.guard.guarded import ANA, Guarded, last
from tests.policy.maps import route

DRAWN = (
    route("GET /sub/open/{name}", binding="signed-in"),
    route("POST /sub/open/{name}", binding=("admin:write",)),
    route("GET /sub/closed", binding=("admin:read",)),
    route("WS /sub/feed", binding="signed-in"),
    route("WS /sub/inside", binding=("admin:read",)),
)


class Rewriting:
    """Sends a request elsewhere, as a method override, a prefix or a tenant from a header does it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        for name, value in scope.get("headers", ()):
            if name == b"x-method":
                scope["method"] = value.decode()
            elif name == b"x-path":
                # As a middleware that copies does it: guard's own scope never shows the change.
                scope = {**scope, "path": value.decode(), "raw_path": value}
        await self.app(scope, receive, send)


def _routes(ran: list[str]) -> list[Any]:
    async def opened(request: Request) -> PlainTextResponse:
        ran.append(f"{request.method} open {request.path_params['name']}")
        return PlainTextResponse("open")

    async def closed(_: Request) -> PlainTextResponse:
        ran.append("closed")
        return PlainTextResponse("closed")

    async def feed(socket: WebSocket) -> None:
        ran.append(socket.url.path)
        await socket.accept()
        await socket.close()

    return [
        Route("/open/{name}", opened, methods=["GET", "POST"]), Route("/closed", closed),
        WebSocketRoute("/feed", feed), WebSocketRoute("/inside", feed),
    ]  # fmt: skip


def _of_the_application(ran: list[str]) -> Any:
    inner = Starlette(routes=_routes(ran), middleware=[Middleware(Rewriting), Middleware(GZipMiddleware)])
    return Starlette(routes=[Mount("/sub", app=inner)])


def _of_the_mount(ran: list[str]) -> Any:
    return Starlette(routes=[Mount("/sub", routes=_routes(ran), middleware=[Middleware(Rewriting)])])


def _around_the_application(ran: list[str]) -> Any:
    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    inner.add_middleware(Rewriting)
    inner.router.routes += _routes(ran)
    outer = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    outer.mount("/sub", inner)
    return outer


def _of_a_host(ran: list[str]) -> Any:
    inner = Starlette(routes=[Mount("/sub", routes=_routes(ran))], middleware=[Middleware(Rewriting)])
    return Starlette(routes=[Host("testserver", app=inner)])


BETWEEN = pytest.mark.parametrize("make", [_of_the_application, _of_the_mount, _around_the_application, _of_a_host])
ELSEWHERE = [
    ("GET", "/sub/open/ana", ("x-method", "POST")),
    ("GET", "/sub/open/ana", ("x-path", "/sub/closed")),
    ("GET", "/sub/open/ana", ("x-path", "/sub/open/ben")),
    ("GET", "/sub/nothing", ("x-path", "/sub/closed")),
    ("DELETE", "/sub/open/ana", ("x-method", "GET")),
]


@BETWEEN
@pytest.mark.parametrize("protects", [False, True])
@pytest.mark.parametrize(("method", "target", "header"), ELSEWHERE)
def test_what_is_sent_elsewhere_behind_guard_is_denied_before_it_runs(
    method: str, target: str, header: tuple[str, str], protects: bool, make: Callable[..., Any], tmp_path: Path
) -> None:
    ran: list[str] = []
    guarded = Guarded(tmp_path, make(ran), DRAWN, protects=protects)
    answer, facts = guarded.ask(method, target, headers=[header])

    assert (403, [], ("deny", "rerouted")) == (answer.status, ran, last(facts))
    assert b"open" not in answer.body and b"closed" not in answer.body


@BETWEEN
@pytest.mark.parametrize("protects", [False, True])
def test_what_goes_where_guard_decided_passes_through_it(
    protects: bool, make: Callable[..., Any], tmp_path: Path
) -> None:
    ran: list[str] = []
    answer, facts = Guarded(tmp_path, make(ran), DRAWN, protects=protects).ask("GET", "/sub/open/ana")

    assert (200, ["GET open ana"], ("allow", "signed-in")) == (answer.status, ran, last(facts))


@BETWEEN
@pytest.mark.parametrize(("target", "status"), [("/sub/nothing", 404), ("/sub/closed/", 307)])
def test_what_matches_nothing_is_answered_by_the_inner_router(
    target: str, status: int, make: Callable[..., Any], tmp_path: Path
) -> None:
    ran: list[str] = []
    answer, _ = Guarded(tmp_path, make(ran), DRAWN, protects=True).ask("GET", target)

    assert (status, []) == (answer.status, ran)


def test_audit_changes_nothing_and_says_what_would_have_been(tmp_path: Path) -> None:
    ran: list[str] = []
    mode: Mode = "audit"
    answer, facts = Guarded(tmp_path, _of_the_application(ran), DRAWN, mode=mode, protects=True).ask(
        "GET", "/sub/open/ana", headers=[("x-path", "/sub/closed")]
    )

    assert (200, ["closed"], ("deny", "rerouted")) == (answer.status, ran, last(facts))
    assert not any(fact.enforced for fact in facts)


@pytest.mark.parametrize(("target", "opened"), [("/sub/feed", True), ("/sub/feed?elsewhere", False)])
def test_a_websocket_that_is_sent_elsewhere_is_closed(target: str, opened: bool, tmp_path: Path) -> None:
    class Socket:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope.get("query_string"):
                scope["path"] = "/sub/inside"
            await self.app(scope, receive, send)

    ran: list[str] = []
    app = Starlette(routes=[Mount("/sub", routes=_routes(ran), middleware=[Middleware(Socket)])])
    sent, facts = Guarded(tmp_path, app, DRAWN).connect(target)

    assert opened == ("websocket.accept" in {message["type"] for message in sent}) == bool(ran)
    assert last(facts) == (("allow", "signed-in") if opened else ("deny", "rerouted"))


def test_one_application_mounted_at_two_places_is_looked_up_in_both(tmp_path: Path) -> None:
    ran: list[str] = []
    inner = Starlette(routes=_routes(ran))
    app = Starlette(routes=[Mount("/v1", app=inner), Mount("/v2", app=inner)])
    drawn = tuple(route(f"GET /{version}/open/{{name}}", binding="signed-in") for version in ("v1", "v2"))
    statuses = []
    for version in ("v1", "v2"):
        (folder := tmp_path / version).mkdir()
        answer, _ = Guarded(folder, app, drawn).ask("GET", f"/{version}/open/ana")
        statuses.append(answer.status)

    assert ([200, 200], ["GET open ana"] * 2) == (statuses, ran)


def test_a_router_that_cannot_be_looked_behind_is_never_guessed() -> None:
    router = Router(_routes([]), middleware=[Middleware(Rewriting)])
    routes = Routes(Starlette(routes=[Mount("/sub", app=router)]))

    found = routes.match(scope_of("GET", "/sub/closed"))
    assert found is not None
    assert "ANY /sub" == found.key
    with pytest.raises(UsageError, match="middleware of its own"):
        Routes(router)


def test_what_a_router_of_the_users_own_answers_is_never_taken_for_the_frameworks() -> None:
    async def everything(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("served")(scope, receive, send)

    inner = Router(_routes([]), default=everything)
    routes = Routes(Starlette(routes=[Mount("/sub", app=inner)]))

    assert routes.match(scope_of("GET", "/sub/nothing")) is None


def test_what_only_looks_like_a_router_is_not_read_as_one() -> None:
    class Wrapped:
        """Answers by itself, whatever its list of routes says."""

        def __init__(self) -> None:
            self.routes = _routes([])

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("served")(scope, receive, send)

    found = Routes(Starlette(routes=[Mount("/sub", app=Wrapped())])).match(scope_of("GET", "/sub/closed"))

    assert found is not None
    assert "ANY /sub" == found.key


def test_a_mounted_application_with_a_guard_of_its_own_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    guarded = Guarded(tmp_path, _mounting(tmp_path, ran), DRAWN, protects=True)
    both, _ = guarded.ask("GET", "/sub/open/ana")
    capsys.readouterr()
    alone = asyncio.run(serve(_mounting(tmp_path, ran), scope_of("GET", "/sub/open/ana")))

    assert ([403, 403], []) == ([both.status, alone.status], ran)
    assert _is_recorded(guarded, "unknown-route")
    assert "protect() the outer application alone" in capsys.readouterr().err


def _is_recorded(guarded: Guarded, reason: str) -> bool:
    """Whether the journal comes to hold it: nobody ends the guard inside, whose writer writes when it gets its turn."""
    for _ in range(100):
        if reason in {fact.reason for fact in guarded.decisions()}:
            return True
        time.sleep(0.1)
    return False


def _mounting(root: Path, ran: list[str]) -> Starlette:
    inner, outer = Starlette(routes=_routes(ran)), Starlette()
    outer.mount("/sub", inner)
    protect(inner, "enforce", config=root / "nomoat.yaml", identity=lambda _: ANA)
    return outer
