"""`nomoat.guard.testing` in a user's own tests: who calls, without tokens; nothing is left in the real journal."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard.testing import as_nobody, as_user, journal_in_memory
from tests.guard.calling import scope_of, serve
from tests.guard.guarded import running
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {admin: [data:export], customer: [orders:read]}
journal: {store: "sqlite:journal.db"}
"""


def _app(root: Path) -> FastAPI:
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(route("GET /export", binding=("data:export",)))))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/export")
    def export() -> str:
        return "all"

    def identity(_: Any) -> None:
        return None

    guard.protect(app, "enforce", config=root / "nomoat.yaml", identity=identity)
    return app


async def _story(app: FastAPI) -> list[int]:
    async def status() -> int:
        return (await serve(app, scope_of("GET", "/export"))).status

    async with running(app):
        seen = [await status()]
        with as_user("ana", roles=["admin"]):
            seen.append(await status())
            with as_user("ben", roles=["customer"]):
                seen.append(await status())
            with as_nobody():
                seen.append(await status())
            seen.append(await status())
        return [*seen, await status()]


def test_each_request_is_of_whoever_the_innermost_block_names(tmp_path: Path) -> None:
    with journal_in_memory():
        seen = asyncio.run(_story(_app(tmp_path)))

    assert [401, 200, 403, 401, 200, 401] == seen
    assert not (tmp_path / "journal.db").exists()
