"""The application's own error handling around guard: it may catch what it likes, and its answer is not let through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, RedirectResponse, Response

from nomoat import guard
from tests.guard.guarded import Guarded, last
from tests.policy.maps import route

READ = route("GET /orders", binding=("orders:read",), requires=("orders:read",))


def _app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/orders")
    def orders() -> str:
        guard.require("orders:read", owner="ben")
        return "of ben"

    return app


def _catching(error: type[Exception]) -> Callable[[], FastAPI]:
    def make() -> FastAPI:
        app = _app()

        @app.exception_handler(error)
        async def caught(_: Request, __: Exception) -> JSONResponse:
            return JSONResponse("of ben", headers={"x-secret": "ben"})

        return app

    return make


def _in_a_middleware() -> FastAPI:
    class Catching(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: Any) -> Response:
            try:
                answer: Response = await call_next(request)
            except Exception:
                return JSONResponse("of ben")
            return answer

    app = _app()
    app.add_middleware(Catching)
    return app


def _in_a_dependency() -> FastAPI:
    async def caught() -> Any:
        try:
            yield
        except guard.Denied as error:
            raise HTTPException(200, "of ben") from error

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/orders", dependencies=[Depends(caught)])
    def orders() -> str:
        guard.require("orders:read", owner="ben")
        return "of ben"

    return app


@pytest.mark.parametrize("protects", [False, True])
@pytest.mark.parametrize(
    "make", [_catching(Exception), _catching(guard.Denied), _in_a_middleware, _in_a_dependency],
    ids=["a handler of everything", "a handler of Denied", "a middleware", "a dependency"],
)  # fmt: skip
def test_whoever_catches_a_denial_its_answer_is_replaced(
    make: Callable[[], FastAPI], protects: bool, tmp_path: Path
) -> None:
    answer, facts = Guarded(tmp_path, make(), (READ,), protects=protects).ask("GET", "/orders")

    assert (403, ("deny", "condition-false")) == (answer.status, last(facts))
    assert b"ben" not in answer.body and not answer.header("x-secret")


def _not_found(answer: Response) -> FastAPI:
    app = _app()

    @app.exception_handler(404)
    async def caught(_: Request, __: Exception) -> Response:
        return answer

    return app


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("given", "status"),
    [
        (JSONResponse("a page of one's own", 404), 404),
        (JSONResponse("the front end"), 403),
        (RedirectResponse("/elsewhere", 307), 403),
        (RedirectResponse("/nowhere/?x=1", 307), 307),
        (JSONResponse("broken", 500), 403),
    ],
    ids=lambda one: str(getattr(one, "body", one))[:24],
)
def test_where_nothing_is_served_only_the_frameworks_kind_of_answer_passes(
    given: Response, status: int, method: str, tmp_path: Path
) -> None:
    answer, facts = Guarded(tmp_path, _not_found(given), (READ,), protects=True).ask(method, "/nowhere")

    assert (status, ("deny", "unknown-route")) == (answer.status, last(facts))


def test_audit_lets_every_answer_pass(tmp_path: Path) -> None:
    app = _not_found(JSONResponse("the front end"))
    answer, facts = Guarded(tmp_path, app, (READ,), protects=True, mode="audit").ask("GET", "/nowhere")

    assert (200, ("deny", "unknown-route")) == (answer.status, last(facts))
