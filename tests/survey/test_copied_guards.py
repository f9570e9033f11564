"""Dependencies that are copies of others, replaced for developers, or limited by one of two limiters."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import os
from functools import update_wrapper
from types import FunctionType

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from slowapi import Limiter

ENV = os.getenv("ENV", "prod")


def signed_in(authorization: str | None = Header(None)):
    if authorization is None:
        raise HTTPException(status_code=401)


def greeted(authorization: str | None = Header(None)):
    return authorization


def copied(source):
    made = FunctionType(source.__code__, source.__globals__, name=source.__name__, argdefs=source.__defaults__)
    made = update_wrapper(made, source)
    made.__kwdefaults__ = source.__kwdefaults__
    return made


"""
_OF_COPIES = """
signed_in_here = copied(signed_in)
greeted_here = copied(greeted)
app = FastAPI(openapi_url=None)


@app.get("/own", dependencies=[Depends(signed_in)])
def own(): ...


@app.get("/copied", dependencies=[Depends(signed_in_here)])
def of_copy(): ...


@app.get("/greeted", dependencies=[Depends(greeted_here)])
def of_greeting(): ...
"""


def test_a_copy_of_a_guard_guards(tmp_path: Path) -> None:
    assert {"/own": "guarded", "/copied": "guarded", "/greeted": "unguarded"} == drawn(tmp_path, _HEAD + _OF_COPIES)


def test_what_is_made_of_a_guard_elsewhere_is_not_told(tmp_path: Path) -> None:
    source = "from elsewhere import relaxed\n" + _HEAD + _OF_COPIES.replace("copied(signed_in)", "relaxed(signed_in)")

    assert {"/own": "guarded", "/copied": "unknown", "/greeted": "unguarded"} == drawn(tmp_path, source)


@pytest.mark.parametrize(
    ("condition", "copy", "own"),
    [
        ("if ENV == 'dev':", "guarded", "guarded"),
        ("if ENV == 'prod':", "unknown", "guarded"),
        ("if True:", "unknown", "guarded"),
    ],
)
def test_a_copy_is_replaced_alone_and_by_default_where_its_setting_says_so(
    tmp_path: Path, condition: str, copy: str, own: str
) -> None:
    source = f"{_HEAD}{_OF_COPIES}\n\n{condition}\n    app.dependency_overrides[signed_in_here] = greeted\n"

    assert {"/own": own, "/copied": copy, "/greeted": "unguarded"} == drawn(tmp_path, source)


_LIMITED = """
try:
    limiter = Limiter(key_func=len) if ENV == "prod" else Limiter(key_func=len, enabled=False)
except Exception:
    limiter = Limiter(key_func=max)
app = FastAPI(openapi_url=None)


@app.get("/login")
@limiter.limit("5/minute")
def login(request: Request): ...


@app.get("/me", dependencies=[Depends(signed_in)])
@limiter.limit("5/minute")
def me(request: Request): ...
"""


def test_whichever_limiter_limits_a_route_its_handler_answers(tmp_path: Path) -> None:
    assert {"/login": "unguarded", "/me": "guarded"} == drawn(tmp_path, _HEAD + _LIMITED)


_AROUND = """
class Base:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.handle(scope, receive, send)

    @staticmethod
    async def answer(send, status, body):
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})


class Around(Base):
    async def handle(self, scope, receive, send):
        HANDLE


app = FastAPI(openapi_url=None)
app.add_middleware(Around)


@app.get("/me", dependencies=[Depends(signed_in)])
def me(request: Request): ...
"""
_HANDLES = {
    "measured, and answered in its place": (
        "guarded",
        """if not dict(scope["headers"]).get(b"x-profile"):
            await self.app(scope, receive, send)
            return

        async def nowhere(message):
            pass

        await self.app(scope, receive, nowhere)
        await self.answer(send, 200, b"measured")""",
    ),
    "refused for what it asks": (
        "guarded",
        """if dict(scope["headers"]).get(b"x-address") == b"nowhere":
            await self.answer(send, 422, b"no address")
            return
        await self.app(scope, receive, send)""",
    ),
    "answered in its place": (
        "unknown",
        """if b"hello" in scope["query_string"]:
            await self.answer(send, 200, b"hello")
            return
        await self.app(scope, receive, send)""",
    ),
}


@pytest.mark.parametrize(("verdict", "handle"), _HANDLES.values(), ids=list(_HANDLES))
def test_middleware_answers_by_itself_where_it_has_not_gone_on_before(
    tmp_path: Path, verdict: str, handle: str
) -> None:
    assert {"/me": verdict} == drawn(tmp_path, _HEAD + _AROUND.replace("HANDLE", handle))


_OF_ONE_PATH = """
from starlette.routing import get_route_path


class Around:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        path = get_route_path(scope)
        if scope["type"] == "http" and (path == "/metrics" or path.startswith("/metrics/")):
            if Request(scope, receive).headers.get("authorization") is None:
                await send({"type": "http.response.start", "status": 401, "headers": []})
                return
        await self.app(scope, receive, send)


app = FastAPI(openapi_url=None)
app.add_middleware(Around)


@app.get("/orders")
def orders(): ...


@app.get("/metrics")
def metrics(): ...


@app.get("/metrics/{name}")
def metric(name: str): ...
"""


def test_middleware_asks_for_the_path_of_a_request_as_starlette_tells_it(tmp_path: Path) -> None:
    expected = {"/orders": "unguarded", "/metrics": "guarded", "/metrics/{name}": "guarded"}

    assert expected == drawn(tmp_path, _HEAD + _OF_ONE_PATH)


def drawn(folder: Path, source: str) -> dict[str, str]:
    """The path of each route, with its verdict."""
    (folder / "app.py").write_text(source, encoding="utf-8")
    return {one.path: one.verdict for one in draw(folder).map.routes}
