"""A guarded service whose issuer is a real provider on loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from nomoat.appmap import codec
from nomoat.guard import Guard
from nomoat.guard.identity.cache import Bearers
from nomoat.guard.identity.keyring import Keyring
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from tests.guard.calling import Answer, scope_of, serve
from tests.guard.identity.provider import Provider
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
identity:
  main: {issuer: "%s", audience: shop, roles: claims.roles, %s}
roles: {customer: [orders:read]}
journal: {store: "sqlite:journal.db"}
"""
DISCOVERED = "algorithms: [ES256], keys: discover"
WITHIN_S = 15.0


@dataclass
class Service:
    """One behind guard; its files can be written anew while it runs."""

    root: Path
    provider: Provider

    def write(self, keys: str = DISCOVERED, more: str = "") -> None:
        text = POLICY % (self.provider.issuer, keys)
        (self.root / "nomoat.yaml").write_text(text.replace("\nroles:", f"\n{more}roles:", 1))
        (self.root / ".nomoat").mkdir(exist_ok=True)
        drawn = map_of(route("GET /orders", binding=("orders:read",)))
        (self.root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))

    def guard(self, identity: Any = None) -> Guard:
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        app.add_api_route("/orders", lambda: "ok", methods=["GET"])
        return Guard(app, "enforce", config=self.root / "nomoat.yaml", identity=identity)

    def lives(self, lives: Callable[[Guard], Awaitable[Any]], identity: Any = None) -> Any:
        """What a started service gives while it lives."""

        async def lived() -> Any:
            await status(app, "")
            return await lives(app)

        app = self.guard(identity)
        try:
            return asyncio.run(lived())
        finally:
            app.close()

    def decisions(self) -> list[Decision]:
        store = open_store(f"sqlite:{self.root}/journal.db")
        found = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
        store.close()
        return found


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


async def ask(app: Any, token: str) -> Answer:
    return await serve(app, scope_of("GET", "/orders", bearer(token)))


async def status(app: Any, token: str) -> int:
    return (await ask(app, token)).status


def bearers(app: Guard) -> Bearers:
    runtime = app._starting.runtime
    assert runtime is not None and runtime.bearers is not None
    return runtime.bearers


def ring(app: Guard, provider: Provider) -> Keyring:
    return bearers(app).keyrings[provider.issuer]


async def becomes(expected: int, asks: Callable[[], Awaitable[int]]) -> None:
    ends = time.monotonic() + WITHIN_S
    while (found := await asks()) != expected:
        assert time.monotonic() < ends, f"it stayed {found}"
        await asyncio.sleep(0.05)
