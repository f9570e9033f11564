"""The ASGI middleware: who calls, where to, may they; then the handler, then its answer. `protect` puts it in.

Nothing is read before the server starts up: guard loads at lifespan start-up and refuses to start where it cannot;
where no lifespan arrives it loads at the first request and answers 503 while it cannot.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.errors import JournalError, NomoatError, UsageError, printable
from nomoat.guard import asking, deciding
from nomoat.guard.answers import Message, Receive, Scope, Send, refuse, refuse_socket
from nomoat.guard.exchange import serve_http, serve_socket
from nomoat.guard.loading import Mode, described

if TYPE_CHECKING:
    from nomoat.guard.asked import Asked
    from nomoat.guard.routers.starlette import Routes
    from nomoat.guard.runtime import Runtime
    from nomoat.journal.facts import Reason

_MODES = ("audit", "enforce")
#: How long guard waits before it tries again to load what it could not load.
RETRY_S = 1.0
_MOUNTED = (
    "this application is mounted inside another, whose prefix its own routes lack: it denies what the map has with the "
    "prefix. protect() the outer application alone; it decides about everything that is mounted"
)


def protect(
    app: Any,
    mode: Mode = "audit",
    *,
    service: str | None = None,
    config: str | Path | None = None,
    identity: Any = None,
) -> None:
    """Puts guard in front of every route of a Starlette or FastAPI application, behind its other middleware.

    Args:
        app: the application, not started yet.
        mode: `audit` records what would be denied and changes no answer; `enforce` denies.
        service: the service's name, where `nomoat.yaml` has several.
        config: the nomoat.yaml; else NOMOAT_CONFIG, else the one in the working directory.
        identity: `(connection) -> Identity | None`, sync or async, for callers that no bearer token names, or for
            roles that are looked up after the token was verified (`connection.scope["nomoat.verified"]`).

    Raises:
        UsageError: the application has started, is protected already, or is none that guard can protect.
    """
    from starlette.middleware import Middleware

    _check_mode(mode)
    if not hasattr(app, "user_middleware"):
        raise UsageError("this is no Starlette or FastAPI application", where="protect(app)", fix="use Guard(app, ...)")
    if getattr(app, "middleware_stack", None) is not None:
        raise UsageError("the application has started", where="protect(app)", fix="call protect where the app is made")
    if any(getattr(one, "cls", None) is Guard for one in app.user_middleware):
        raise UsageError("the application is protected already", where="protect(app)", fix="call protect once")
    # The last one is the innermost: CORS, sessions and host checks run before it, whenever they are added.
    options = {"application": app, "mode": mode, "service": service, "config": config, "identity": identity}
    app.user_middleware.append(Middleware(Guard, **options))


def _check_mode(mode: str) -> None:
    if mode not in _MODES:
        raise UsageError(f"unknown mode '{mode}'", where="protect(mode=...)", fix="use audit or enforce")


class Guard:
    """ASGI middleware, for what `protect` cannot reach: `Guard(app, application=...)`, which must have `routes`."""

    def __init__(
        self,
        app: Any,
        mode: Mode = "audit",
        *,
        service: str | None = None,
        config: str | Path | None = None,
        identity: Any = None,
        application: Any = None,
    ) -> None:
        _check_mode(mode)
        self._app = app
        self._application = application if application is not None else app
        self._mode: Mode = mode
        self._options = {"service": service, "config": config, "identity": identity}
        self._forget()
        _guards.add(self)

    def _forget(self) -> None:
        """As if never loaded: also in the child of a fork, which has none of the threads."""
        self._runtime: Runtime | None = None
        self._failed = ""
        self._retry_at = 0.0
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        kind = scope["type"]
        if kind == "http" or kind == "websocket":
            await self._request(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            raise UsageError(f"guard does not know connections of type '{kind}'", where="nomoat.guard")

    # -- start and end -----------------------------------------------------------------------------------------------

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        first: list[Message] = [await receive()]
        runtime = self._load()
        if runtime is None and self._mode == "enforce":
            await send({"type": "lifespan.startup.failed", "message": f"nomoat: {self._failed}"})
            return

        async def received() -> Message:
            return first.pop() if first else await receive()

        async def sent(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete" and runtime is not None:
                # The application's own start-up may have added routes.
                runtime.say_differences()
            elif message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                self.close()
            await send(message)

        await self._app(scope, received, sent)

    def _load(self) -> Runtime | None:
        """The runtime, loaded by whoever comes first; None where it cannot be, and why in `_failed`."""
        with self._lock:
            if self._runtime is not None:
                return self._runtime
            if time.monotonic() < self._retry_at:
                return None
            try:
                from nomoat.guard.runtime import Runtime

                self._runtime = Runtime.start(self._read_routes, mode=self._mode, **self._options)
                self._failed = ""
            except Exception as error:
                # Whatever keeps guard from deciding, enforce denies, and audit changes no answer.
                failed = described(error) if isinstance(error, NomoatError) else f"{type(error).__name__}: {error}"
                if failed != self._failed:
                    print(f"nomoat: guard cannot decide: {printable(failed)}", file=sys.stderr, flush=True)
                self._failed = failed
                self._retry_at = time.monotonic() + RETRY_S
            return self._runtime

    def _read_routes(self) -> Routes:
        from nomoat.guard.routers.starlette import Routes

        return Routes(self._application)

    async def _loaded(self, scope: Scope) -> Runtime | None:
        """The runtime where no lifespan has loaded it. The event loop goes on meanwhile."""
        import asyncio

        if time.monotonic() < self._retry_at:
            return None
        runtime = await asyncio.to_thread(self._load)
        if runtime is not None:
            if asking.SCOPE_KEY in scope or "app_root_path" in scope:
                # A mounted application gets no start-up event, and its router has no prefix: nothing fits the map.
                runtime.say_once(_MOUNTED)
            runtime.say_differences()
        return runtime

    def close(self) -> None:
        """Ends guard: commits what waits."""
        with self._lock:
            runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.close()

    # -- a request ---------------------------------------------------------------------------------------------------

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        runtime = self._runtime or await self._loaded(scope)
        asked: Asked | None = None
        against: Reason | None = None
        if runtime is not None:
            if runtime.writer.is_behind:
                await runtime.writer.keep_pace()
            try:
                asked = await deciding.first(runtime, scope)
            except (Exception, JournalError) as error:
                runtime.count_unwritten()
                runtime.say_once(f"a request could not be decided: {type(error).__name__}: {error}")
                against = await deciding.against(runtime, scope)
        if asked is None:
            await self._undecided(scope, receive, send, against)
            return
        token = asking.enter(asked, scope)
        try:
            if scope["type"] == "http":
                await serve_http(asked, self._app, scope, receive, send)
            else:
                await serve_socket(asked, self._app, scope, receive, send)
        finally:
            asking.leave(token)

    async def _undecided(self, scope: Scope, receive: Receive, send: Send, against: Reason | None) -> None:
        """guard cannot decide: enforce denies, audit changes nothing; a block that is known refuses in both."""
        if self._mode == "audit" and against is None:
            token = asking.enter(asking.PASSING, scope)
            try:
                await self._app(scope, receive, send)
            finally:
                asking.leave(token)
        elif scope["type"] == "http":
            await refuse(send, against or "not-loaded")
        else:
            await refuse_socket(receive, send)


_guards: weakref.WeakSet[Guard] = weakref.WeakSet()


def _after_in_child() -> None:
    for guard in list(_guards):
        guard._forget()


os.register_at_fork(after_in_child=_after_in_child)
