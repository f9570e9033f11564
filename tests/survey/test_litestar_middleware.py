"""Middleware of Litestar that is made once, and called with what comes after it when the application is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import status_by_asgi
from tests.survey.running import loaded

pytest.importorskip("litestar")

_SOURCE = """
from litestar import Litestar, get, post
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware


async def refuse(send):
    await send({{"type": "http.response.start", "status": 401, "headers": []}})
    await send({{"type": "http.response.body", "body": b""}})


class SignedIn(ASGIMiddleware):
    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)
    exclude_path_pattern = (r"^/health$", r"^/schema(/|$)")
    exclude_opt_key = "public"

    def __init__(self, key):
        self._key = key

    async def handle(self, scope, receive, send, next_app):
        headers = {{name.decode().lower(): value.decode() for name, value in scope["headers"]}}
        if headers.get("authorization", "") != f"Bearer {{self._key}}":
            await refuse(send)
            return
        await next_app(scope, receive, send)


class ForSockets(SignedIn):
    scopes = (ScopeType.WEBSOCKET,)


def signed_in(app):
    async def asks(scope, receive, send):
        if not dict(scope["headers"]).get(b"authorization"):
            await refuse(send)
            return
        await app(scope, receive, send)

    return asks


@get("/health")
async def health() -> str:
    return "well"


@get("/things")
async def things() -> str:
    return "things"


@post("/public", public=True)
async def public() -> str:
    return "public"


app = Litestar(route_handlers=[health, things, public], middleware=[{middleware}], openapi_config=None)
"""
_SHAPES = {
    "SignedIn('key')": {"GET /things"},
    "signed_in": {"GET /health", "GET /things", "POST /public"},
    "ForSockets('key')": set(),
}


@pytest.mark.parametrize("middleware", _SHAPES)
def test_who_is_not_signed_in_is_refused_where_nothing_is_left_out(tmp_path: Path, middleware: str) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(middleware=middleware))

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    guarded = _SHAPES[middleware]
    assert rows == {
        row: "guarded" if row in guarded else "unguarded" for row in ("GET /health", "GET /things", "POST /public")
    }
    with loaded(tmp_path, "main:app") as app:
        for row in rows:
            assert (status_by_asgi(app, *row.split()) == 401) == (row in guarded), row


def test_middleware_that_a_setting_may_leave_away_says_nothing_of_what_it_leaves_out(tmp_path: Path) -> None:
    source = _SOURCE.format(middleware="SignedIn('key')").partition("\napp = ")[0]
    (tmp_path / "main.py").write_text(f"""{source}

def create(config):
    around = []
    if config.key is not None:
        around.append(SignedIn(config.key))
    return Litestar(route_handlers=[health, things, public], middleware=around, openapi_config=None)
""")

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {"GET /health": "unguarded", "GET /things": "unknown", "POST /public": "unguarded"}


def test_who_asks_something_that_is_not_here_may_guard(tmp_path: Path) -> None:
    source = _SOURCE.format(middleware="SignedIn(provider)").replace(
        """        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        if headers.get("authorization", "") != f"Bearer {self._key}":
""",
        """        somebody = await self._key.authenticate(Asked(scope["path"]))
        if somebody is None:
""",
    )
    (tmp_path / "main.py").write_text(f"from elsewhere import Asked, provider\n{source}")

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {"GET /health": "unguarded", "GET /things": "unknown", "POST /public": "unguarded"}
