"""Calls WSGI applications in this process as a server would, without one; and a Flask service behind guard."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask

from nomoat import guard
from nomoat.appmap import codec
from nomoat.appmap.model import Route
from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.guard.runtime import Runtime
from nomoat.guard.starting import Starting
from nomoat.guard.wsgi import WSGIGuard
from nomoat.journal.facts import Decision, Fact, Response
from nomoat.journal.journal import open_store
from tests.guard.calling import Answer
from tests.guard.guarded import ANA, POLICY
from tests.policy.maps import map_of


def environ_of(
    method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", script: str = ""
) -> dict[str, Any]:
    """An environ as a server makes it (PEP 3333)."""
    raw, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": script,
        "PATH_INFO": unquote_to_bytes(raw).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "testserver",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers:
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ


def call(app: Any, environ: dict[str, Any], *, between: Callable[[], None] = lambda: None) -> Answer:
    """One request; `between` runs after each part of the body. What the application raises is raised here."""
    answer = Answer()

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        answer.status = int(status[:3])
        answer.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return lambda _: None

    parts = app(environ, start_response)
    try:
        for part in parts:
            answer.body += part
            between()
        answer.complete = True
    finally:
        with suppress(AttributeError):
            parts.close()
    return answer


@dataclass
class Served:
    """A Flask application behind guard, started at the first request and ended by `close`."""

    root: Path
    app: Flask
    routes: tuple[Route, ...]
    policy: str = POLICY
    mode: Mode = "enforce"
    who: Identity | None = ANA
    identity: Any = None
    _is_protected: bool = field(default=False, init=False)

    def start(self) -> Flask:
        """Writes the service's files and protects the application."""
        if not self._is_protected:
            self._is_protected = True
            (self.root / "nomoat.yaml").write_text(self.policy)
            (self.root / ".nomoat").mkdir(exist_ok=True)
            (self.root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*self.routes)))
            identity = self.identity or (lambda _: self.who)
            guard.protect(self.app, self.mode, config=self.root / "nomoat.yaml", identity=identity)
        return self.app

    def ask(self, method: str, target: str, **also: Any) -> Answer:
        """One request."""
        return call(self.start(), environ_of(method, target, **also))

    @property
    def _starting(self) -> Starting:
        outer: Any = self.app.wsgi_app
        while not isinstance(outer, WSGIGuard):
            outer = outer.app
        return outer.starting

    @property
    def runtime(self) -> Runtime:
        """What guard has loaded."""
        assert self._starting.runtime is not None
        return self._starting.runtime

    def close(self) -> list[Fact]:
        """Ends guard; everything that the journal holds about requests, oldest first."""
        self._starting.close()
        store = open_store(f"sqlite:{self.root}/journal.db")
        facts = [entry.fact for entry in store.read(kinds=(Decision, Response)) if entry.fact is not None]
        store.close()
        return facts

    def decisions(self) -> list[Decision]:
        """Ends guard; the decisions."""
        return [fact for fact in self.close() if isinstance(fact, Decision)]
