"""The ASGI middleware: who calls, where to, may they; then the handler, then its answer. `protect` puts it in.

Nothing is read before the server starts up: guard loads at lifespan start-up and refuses to start where it cannot;
where no lifespan arrives it loads at the first request and answers 503 while it cannot.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.errors import JournalError, UsageError
from nomoat.guard import asking, deciding
from nomoat.guard.answers import Message, Receive, Scope, Send, refuse, refuse_socket
from nomoat.guard.exchange import serve_http, serve_socket
from nomoat.guard.loading import Mode
from nomoat.guard.starting import Starting, check_mode

if TYPE_CHECKING:
    from nomoat.guard.asked import Asked
    from nomoat.guard.routers.table import Matching
    from nomoat.guard.runtime import Runtime
    from nomoat.journal.facts import Reason

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
    """Guards a Starlette or FastAPI application behind its other middleware; what `nomoat.guard.protect` does with one.

    Raises UsageError: it has started, is protected already, or is none that guard can protect.
    """
    check_mode(mode)
    if not hasattr(app, "user_middleware"):
        raise UsageError(
            "this is no Starlette or FastAPI application, nor one of Flask",
            where="protect(app)",
            fix="Django: nomoat.guard.DjangoGuard, last of MIDDLEWARE; Litestar: LitestarGuard; any other: "
            "app = nomoat.guard.WSGIGuard(app), or Guard(app) where it speaks ASGI",
        )
    if getattr(app, "middleware_stack", None) is not None:
        raise UsageError("the application has started", where="protect(app)", fix="call protect where the app is made")
    if any(getattr(one, "cls", None) is Guard for one in app.user_middleware):
        raise UsageError("the application is protected already", where="protect(app)", fix="call protect once")
    from starlette.middleware import Middleware

    # The last one is the innermost: CORS, sessions and host checks run before it, whenever they are added.
    options = {"application": app, "mode": mode, "service": service, "config": config, "identity": identity}
    app.user_middleware.append(Middleware(Guard, **options))


class Guarding:
    """ASGI middleware around what serves requests: decides about each, and holds its answer to that."""

    def __init__(self, app: Any, starting: Starting) -> None:
        self._app = app
        self._mode: Mode = starting.mode
        self._starting = starting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self._other(scope, receive, send)
            return
        runtime = self._starting.runtime or await self._loaded(scope)
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
            if kind == "http":
                await serve_http(asked, self._app, scope, receive, send)
            else:
                await serve_socket(asked, self._app, scope, receive, send)
        finally:
            asking.leave(token)

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise UsageError(f"guard does not know connections of type '{scope['type']}'", where="nomoat.guard")

    async def _loaded(self, scope: Scope) -> Runtime | None:
        """The runtime where no lifespan has loaded it. The event loop goes on meanwhile."""
        import asyncio

        if self._starting.rests:
            return None
        runtime = await asyncio.to_thread(self._starting.load)
        if runtime is not None:
            if asking.SCOPE_KEY in scope or "app_root_path" in scope:
                # A mounted application gets no start-up event, and its router has no prefix: nothing fits the map.
                runtime.say_once(_MOUNTED)
            runtime.say_differences()
        return runtime

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


class Guard(Guarding):
    """The same with a start and an end of its own, around any ASGI application.

    Args:
        app: the application, or what was put around it.
        application: the Starlette or FastAPI application inside of that, which has `routes`. Where there is none, guard
            goes by the map alone: each route of the map that a request may mean must allow it.

    `identity=` is asked with Starlette's connection, or where guard goes by the map with ASGI's scope.
    """

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
        super().__init__(app, Starting(self._read_routes, mode, service=service, config=config, identity=identity))
        self._application = application if application is not None else app
        self._goes_by_map = application is None and not hasattr(getattr(app, "router", app), "routes")

    def close(self) -> None:
        """Ends guard: commits what waits."""
        self._starting.close()

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await super()._other(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        first: list[Message] = [await receive()]
        runtime = self._starting.load()
        if runtime is None and self._mode == "enforce":
            await send({"type": "lifespan.startup.failed", "message": f"nomoat: {self._starting.failed}"})
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

    def _read_routes(self) -> Matching:
        if self._goes_by_map:
            from nomoat.guard.routers.by_map import ByMap

            return ByMap()
        from nomoat.guard.routers.starlette import Routes

        return Routes(self._application)
