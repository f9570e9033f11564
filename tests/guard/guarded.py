"""A real application behind guard with a real SQLite journal: its answers, and the decisions it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nomoat import guard
from nomoat.appmap import codec
from nomoat.appmap.model import Route
from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from tests.guard.calling import Answer, handshake, scope_of, serve
from tests.policy.maps import map_of

POLICY = """\
services: {shop: {app: "main:app"}}
roles:
  customer:
    - {permission: orders:read, when: resource.owner == subject.sub}
    - {permission: orders:write, when: resource.owner == subject.sub}
    - {permission: export:read}
journal: {store: "sqlite:journal.db"}
"""
ANA = Identity("user:local/ana", ("customer",))


@dataclass
class Guarded:
    """What a service's folder holds; each call starts guard, asks once and ends it, as a process would."""

    root: Path
    inner: Any
    routes: tuple[Route, ...]
    policy: str = POLICY
    mode: Mode = "enforce"
    who: Identity | None = ANA
    prepare: Callable[[Any], None] = lambda _: None
    #: As `protect` places it: behind the application's own error page.
    protects: bool = False

    def ask(self, method: str, target: str, body: bytes = b"", **also: Any) -> tuple[Answer, list[Decision]]:
        """One request; what the application raises after its answer began is raised here."""

        async def asked(app: Any) -> Answer:
            return await serve(app, scope_of(method, target, **also), body)

        answer: Answer = self._run(asked)
        return answer, self.decisions()

    def connect(self, target: str) -> tuple[list[dict[str, Any]], list[Decision]]:
        """One websocket."""

        async def asked(app: Any) -> list[dict[str, Any]]:
            return await handshake(app, scope_of("GET", target, kind="websocket"))

        sent: list[dict[str, Any]] = self._run(asked)
        return sent, self.decisions()

    def decisions(self) -> list[Decision]:
        """All that the journal holds, oldest first."""
        store = open_store(f"sqlite:{self.root}/journal.db")
        facts = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
        store.close()
        return facts

    async def _served(self, asked: Callable[[Any], Any]) -> Any:
        config = self.root / "nomoat.yaml"
        if self.protects:
            guard.protect(self.inner, self.mode, config=config, identity=lambda _: self.who)
            async with running(self.inner):
                return await asked(self.inner)
        app = guard.Guard(self.inner, self.mode, application=self.inner, config=config, identity=lambda _: self.who)
        try:
            return await asked(app)
        finally:
            app.close()

    def _run(self, asked: Callable[[Any], Any]) -> Any:
        (self.root / "nomoat.yaml").write_text(self.policy)
        (self.root / ".nomoat").mkdir(exist_ok=True)
        (self.root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*self.routes)))
        store = open_store(f"sqlite:{self.root}/journal.db")
        self.prepare(store)
        store.close()
        return asyncio.run(self._served(asked))


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[None]:
    """Starts an application as a server does, and ends it so."""
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    task = asyncio.create_task(app({"type": "lifespan", "state": {}}, heard.get, said.put))
    heard.put_nowait({"type": "lifespan.startup"})
    first = asyncio.create_task(said.get())
    await asyncio.wait({first, task}, return_when=asyncio.FIRST_COMPLETED)
    if not first.done():
        # It ended without a word: what it raised says why.
        first.cancel()
        await task
    started = await first
    assert started["type"] == "lifespan.startup.complete", started
    try:
        yield
    finally:
        heard.put_nowait({"type": "lifespan.shutdown"})
        await task


def last(facts: list[Decision]) -> tuple[str, str]:
    """Outcome and reason of the decision that readers count."""
    fact = max(facts, key=lambda one: one.sequence)
    return fact.outcome, fact.reason
