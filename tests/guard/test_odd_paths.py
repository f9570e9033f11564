"""Odd paths against the real routing: what guard decided about is what the framework ran."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from nomoat import guard
from nomoat.appmap import codec
from tests.guard.calling import Answer, scope_of, serve
from tests.guard.guarded import ANA, POLICY, running
from tests.policy.maps import map_of, route

#: Each is its own permission, so a decision about another route would also be another answer.
PUBLIC = ("GET /open/{rest:path}", "GET /{name}", "GET /api/{name}")
CLOSED = ("GET /admin", "POST /admin", "GET /admin/users/{name}", "GET /team/", "GET /sub/admin", "HEAD /sub/admin")


def _endpoint(name: str, ran: list[str]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> JSONResponse:
        ran.append(name)
        return JSONResponse(name)

    endpoint.__annotations__["request"] = Request
    return endpoint


def _app(ran: list[str], root: str = "") -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # As `FastAPI(root_path=...)` has it, whose argument newer versions warn of.
    app.root_path = root
    router = APIRouter(prefix="/admin")
    router.add_api_route("/users/{name}", _endpoint("GET /admin/users/{name}", ran), response_model=None)
    for name in ("GET /admin", "POST /admin", "GET /team/", "GET /open/{rest:path}", "GET /api/{name}"):
        method, path = name.split(" ")
        app.add_api_route(path, _endpoint(name, ran), methods=[method], response_model=None)
    app.include_router(router)
    app.router.routes.append(Mount("/sub", routes=[Route("/admin", _endpoint("GET /sub/admin", ran))]))
    app.add_api_route("/{name}", _endpoint("GET /{name}", ran), response_model=None)
    return app


def _files(folder: Path) -> Path:
    public = "".join(f'  "{name}": {{public: true, because: for everybody}}\n' for name in PUBLIC)
    (folder / "nomoat.yaml").write_text(POLICY + "routes:\n" + public)
    (folder / ".nomoat").mkdir()
    drawn = map_of(
        *(route(name, binding="public") for name in PUBLIC), *(route(name, binding="signed-in") for name in CLOSED)
    )
    (folder / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    return folder / "nomoat.yaml"


PATHS = (
    "/admin", "//admin", "/admin/", "/admin//", "/./admin", "/open/../admin", "/open/%2e%2e/admin", "/%61dmin",
    "/admin%2Fusers%2Fben", "/admin/users/ben", "/admin/users/a%2Fb", "/admin/users/", "/admin/users//ben", "/ADMIN",
    "/admin;x=1", "/admin%3Fx", "/admin?x=/open/", "/admin%00", "/admin%0A", "/admin%20", "/admin%252F", "/team",
    "/team/", "/team//", "/sub", "/sub/", "/sub/admin", "/sub//admin", "/sub%2Fadmin", "/sub/admin/", "/sub/../admin",
    "/api/admin", "/api/api/admin", "/api", "/api//admin", "/api/sub/admin", "/api%2Fadmin", "/open/", "/open", "/",
    "//", "/%FF", "/open/%C3%A9", "/%EF%BC%8Fadmin", "/admin/users/..%2f..%2fopen%2fx", "/apiadmin", "*", "",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", "get", "BREW")


def _asked(app: Any, ran: list[str], *, root: str = "") -> list[tuple[str, str, int, list[str], str]]:
    """Method, path, status, which handlers ran, and the target that guard decided on."""

    async def ask() -> list[tuple[str, str, int, list[str], str]]:
        found = []
        for path in PATHS:
            for method in METHODS:
                ran.clear()
                scope = scope_of(method, path, [("x-http-method-override", "GET")], root=root)
                try:
                    answer = await serve(app, scope)
                except AssertionError:
                    # A path without its slash is refused by the router's own assertion.
                    answer = Answer(status=500)
                target = scope["nomoat.asked"].known.target if "nomoat.asked" in scope else ""
                found.append((method, path, answer.status, list(ran), target))
        return found

    return asyncio.run(ask())


SERVED_AT = ("", "/api", "/sub", "/admin")


@pytest.mark.parametrize("root", SERVED_AT)
@pytest.mark.parametrize("given", ["by the application", "by the server"])
@pytest.mark.parametrize("who", [None, ANA])
def test_guard_decides_about_what_the_framework_runs(given: str, root: str, who: Any, tmp_path: Path) -> None:
    ran: list[str] = []
    app = _app(ran, root if given == "by the application" else "")
    outside = guard.Guard(app, "enforce", application=app, config=_files(tmp_path), identity=lambda _: who)

    served = _asked(outside, ran, root=root if given == "by the server" else "")
    outside.close()

    for method, path, status, handlers, target in served:
        if handlers:
            paths = [name.partition(" ")[2].replace(":path", "") for name in handlers]
            assert [target.partition(" ")[2]] == paths, (method, path, status, target)
        if who is None:
            assert not set(handlers) & set(CLOSED), (method, path, handlers, target)
        if not handlers:
            assert not 200 <= status < 300, (method, path, status)


def test_behind_the_applications_own_middleware_it_decides_alike(tmp_path: Path) -> None:
    ran: list[str] = []
    app = _app(ran, "/api")
    guard.protect(app, "enforce", config=_files(tmp_path), identity=lambda _: None)

    async def ask() -> list[int]:
        async with running(app):
            return [(await serve(app, scope_of("GET", path))).status for path in ("/api/admin", "/admin", "/api/api/x")]

    assert ([401, 401, 200], ["GET /api/{name}"]) == (asyncio.run(ask()), ran)


def test_a_method_that_a_header_names_is_never_the_method(tmp_path: Path) -> None:
    ran: list[str] = []
    app = _app(ran)
    outside = guard.Guard(app, "enforce", application=app, config=_files(tmp_path), identity=lambda _: None)

    answer = asyncio.run(serve(outside, scope_of("POST", "/admin", [("x-http-method-override", "GET")])))
    outside.close()

    assert (401, []) == (answer.status, ran)


@pytest.mark.parametrize("root", ["", "/v1"])
@pytest.mark.parametrize("path", ["/sub/admin/", "/admin/users/b%C3%A9n/"])
def test_the_frameworks_redirect_to_the_other_slash_passes(path: str, root: str, tmp_path: Path) -> None:
    ran: list[str] = []
    app = _app(ran)
    outside = guard.Guard(app, "enforce", application=app, config=_files(tmp_path), identity=lambda _: None)
    answer = asyncio.run(serve(outside, scope_of("GET", path, root=root)))
    outside.close()

    other = path.removesuffix("/") if path.endswith("/") else path + "/"
    expected = (307, f"http://testserver{root}{other}")
    assert (expected, []) == ((answer.status, answer.header("location")), ran)
