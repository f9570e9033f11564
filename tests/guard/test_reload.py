"""Files that change while a service runs: what is in force afterwards, and what is remembered of before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey

from nomoat.appmap import codec
from nomoat.guard import Guard
from tests.guard.calling import scope_of, serve
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
identity: {main: {issuer: shop, algorithms: [HS256], key: "file:key", roles: claims.roles}}
roles: {customer: [%s]}
journal: {store: "sqlite:journal.db"}
"""
OLD, NEW = "o" * 40, "n" * 40
WITHIN_S = 15.0


def _token(key: str) -> str:
    claims = {"iss": "shop", "sub": "ana", "roles": ["customer"], "exp": int(time.time()) + 3600}
    return str(jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(key)))


def _guard(root: Path) -> Guard:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/orders", lambda: "ok", methods=["GET"])
    app.add_api_route("/added", lambda: "ok", methods=["GET"])
    (root / "key").write_text(OLD)
    (root / "nomoat.yaml").write_text(POLICY % "orders:read")
    (root / ".nomoat").mkdir()
    _draw(root, "GET /orders")
    return Guard(app, "enforce", config=root / "nomoat.yaml")


def _draw(root: Path, *names: str) -> None:
    drawn = map_of(*(route(name, binding=("orders:read",)) for name in names))
    (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))


async def _status(app: Any, token: str, path: str = "/orders") -> int:
    return (await serve(app, scope_of("GET", path, [("authorization", f"Bearer {token}")]))).status


async def _becomes(expected: int, ask: Callable[[], Awaitable[int]]) -> None:
    ends = time.monotonic() + WITHIN_S
    while (found := await ask()) != expected:
        assert time.monotonic() < ends, f"it stayed {found}"
        await asyncio.sleep(0.05)


def _run(app: Guard, story: Callable[[Guard], Coroutine[Any, Any, None]]) -> None:
    try:
        asyncio.run(story(app))
    finally:
        app.close()


def test_a_token_of_a_key_that_was_replaced_is_refused_though_it_is_remembered(tmp_path: Path) -> None:
    async def story(app: Guard) -> None:
        old, new = _token(OLD), _token(NEW)
        assert (200, 401) == (await _status(app, old), await _status(app, new))
        (tmp_path / "key").write_text(NEW)
        await _becomes(200, lambda: _status(app, new))
        assert 401 == await _status(app, old)

    _run(_guard(tmp_path), story)


@pytest.mark.parametrize("broken", ["roles: [what", "", "roles: {customer: [orders:read]}\nnobody: knows\n"])
def test_what_is_broken_is_not_in_force_and_what_is_mended_is(broken: str, tmp_path: Path) -> None:
    async def story(app: Guard) -> None:
        token = _token(OLD)
        assert 200 == await _status(app, token)
        (tmp_path / "nomoat.yaml").write_text(broken)
        await asyncio.sleep(2.5)
        assert 200 == await _status(app, token)
        (tmp_path / "nomoat.yaml").write_text(POLICY % "other")
        await _becomes(403, lambda: _status(app, token))

    _run(_guard(tmp_path), story)


def test_a_route_that_a_newer_map_has_is_no_longer_unknown(tmp_path: Path) -> None:
    async def story(app: Guard) -> None:
        token = _token(OLD)
        assert 403 == await _status(app, token, "/added")
        _draw(tmp_path, "GET /orders", "GET /added")
        await _becomes(200, lambda: _status(app, token, "/added"))

    _run(_guard(tmp_path), story)
