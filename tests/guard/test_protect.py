"""`protect` where it cannot: wrong use is said where the application is made, before anybody asks for anything."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from nomoat import guard
from nomoat.errors import UsageError
from nomoat.guard import Guard, protect
from tests.guard.calling import scope_of, serve
from tests.guard.guarded import ANA, Guarded
from tests.policy.maps import route


def _started() -> Any:
    app = FastAPI()
    app.middleware_stack = app.build_middleware_stack()
    return app


def _protected() -> Any:
    app = FastAPI()
    protect(app)
    return app


def _bare(scope: Any, receive: Any, send: Any) -> None:
    """No application that has middleware."""


@pytest.mark.parametrize(
    ("make", "said"),
    [(_started, "has started"), (_protected, "protected already"), (lambda: _bare, "no Starlette or FastAPI")],
)
def test_what_cannot_be_protected_is_said_with_what_to_do(make: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        protect(make())

    assert "protect(app)" == caught.value.where
    assert caught.value.fix


@pytest.mark.parametrize("mode", ["off", "", "ENFORCE", None])
def test_a_mode_that_nobody_knows_is_never_taken_for_another(mode: Any) -> None:
    for use in (protect, Guard):
        with pytest.raises(UsageError, match="unknown mode"):
            use(FastAPI(), mode)


def test_a_connection_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="connections of type 'mqtt'"):
        asyncio.run(serve(Guard(FastAPI()), {**scope_of("GET", "/"), "type": "mqtt"}))


@pytest.mark.parametrize("before", [True, False])
def test_guard_stays_the_innermost_whenever_middleware_is_added(before: bool, tmp_path: Path) -> None:
    app = FastAPI(middleware=[Middleware(GZipMiddleware)] if before else [])
    protect(app, "enforce", config=tmp_path / "nomoat.yaml")
    if not before:
        app.add_middleware(GZipMiddleware)

    assert ["GZipMiddleware", "Guard"] == [one.cls.__name__ for one in app.user_middleware]  # type: ignore[attr-defined]


def test_two_services_of_one_file_must_say_which(tmp_path: Path) -> None:
    (tmp_path / "nomoat.yaml").write_text('services: {shop: {app: "a:app"}, billing: {app: "b:app"}}\n')
    drawn = (route("GET /x", binding="signed-in"), route("GET /y", binding="signed-in", service="billing"))
    guarded = Guarded(tmp_path, app := FastAPI(docs_url=None, redoc_url=None, openapi_url=None), drawn, who=ANA)
    app.add_api_route("/x", lambda: "ok")
    answer, facts = guarded.ask("GET", "/x")

    assert (503, []) == (answer.status, facts)
    named: Any = guard.Guard(app, "enforce", config=tmp_path / "nomoat.yaml", service="shop", identity=lambda _: ANA)
    assert 200 == asyncio.run(serve(named, scope_of("GET", "/x"))).status
    named.close()
    wrong: Any = guard.Guard(app, "enforce", config=tmp_path / "nomoat.yaml", service="shpo", identity=lambda _: ANA)
    assert 503 == asyncio.run(serve(wrong, scope_of("GET", "/x"))).status
