"""A store that another process keeps locked: who is refused for it is told as refused, whatever is committed late."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, WebSocket

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard import Guard
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from tests.guard.calling import handshake, scope_of, serve
from tests.guard.guarded import ANA, POLICY
from tests.policy.maps import map_of, route

DRAWN = map_of(
    route("GET /orders", binding=("orders:read",), requires=("orders:read",)),
    route("POST /exports", binding=("export:read",)),
    route("GET /exports", binding=("export:read",)),
    route("WS /feed", binding="signed-in"),
)
OUT = ("deny", "journal-unavailable")


def _app(ran: list[str]) -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/orders")
    async def orders() -> str:
        # As documented for a handler whose loop must not wait.
        await asyncio.to_thread(guard.require, "orders:read", owner="ana")
        ran.append("orders")
        return "ok"

    @app.get("/exports")
    @app.post("/exports")
    def exports() -> str:
        ran.append("exports")
        return "ok"

    @app.websocket("/feed")
    async def feed(socket: WebSocket) -> None:
        ran.append("feed")
        await socket.accept()

    return app


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def _ask(app: Any, what: str) -> int:
    kind, _, path = what.partition(" ")
    if kind == "WS":
        sent = await handshake(app, scope_of("GET", path, kind="websocket"))
        return 200 if sent[0]["type"] == "websocket.accept" else 503
    return (await serve(app, scope_of(kind, path))).status


def _story(root: Path, mode: Mode, what: str) -> tuple[int, list[str], list[Decision]]:
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    (root / ".nomoat" / "map.json").write_text(codec.file_text(DRAWN))
    ran: list[str] = []
    app = Guard(_app(ran), mode, config=root / "nomoat.yaml", identity=lambda _: ANA)

    async def story() -> int:
        assert await _ask(app, "GET /exports") == 200
        ran.clear()
        with _locked(root / "journal.db"):
            return await _ask(app, what)

    status = asyncio.run(story())
    app.close()
    with closing(open_store(f"sqlite:{root}/journal.db")) as store:
        facts = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
        assert () == store.verify().problems
    return status, ran, [fact for fact in facts if fact.target.endswith(what)]


@pytest.mark.parametrize("what", ["POST /exports", "GET /orders", "WS /feed"])
def test_what_could_not_be_committed_is_refused_and_told_so(what: str, tmp_path: Path) -> None:
    status, ran, facts = _story(tmp_path, "enforce", what)

    last = max(facts, key=lambda fact: fact.sequence)
    assert (503, [], OUT) == (status, ran, (last.outcome, last.reason))
    assert 1 == len({fact.request for fact in facts})


@pytest.mark.parametrize("what", ["POST /exports", "GET /orders", "WS /feed"])
def test_audit_passes_what_could_not_be_committed(what: str, tmp_path: Path) -> None:
    status, ran, facts = _story(tmp_path, "audit", what)

    assert (200, 1) == (status, len(ran))
    assert "deny" not in {fact.outcome for fact in facts}
