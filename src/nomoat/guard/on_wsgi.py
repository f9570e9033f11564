"""Puts guard around any WSGI application, whose router it cannot ask: it decides by the routes of the map alone.

application = WSGIGuard(application, mode="audit")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

from nomoat.errors import UsageError
from nomoat.guard import wsgi
from nomoat.guard.answering import is_not_served
from nomoat.guard.answers import status_of
from nomoat.guard.loading import Mode
from nomoat.guard.routers.by_map import ByMap
from nomoat.guard.starting import Starting
from nomoat.guard.wsgi import CALL_KEY, Call, Environ, Headers, StartResponse
from nomoat.journal.facts import Reason


class WSGIGuard(wsgi.WSGIGuard):
    """Any WSGI application behind guard. What is put around it runs before guard, what it wraps runs behind.

    Args:
        app: the application. Its own router is never asked: each route of the map that a request may mean must allow
            it. Flask, Django and Pyramid have a guard of their own, which decides on what they have matched.
        mode: `audit` records what would be denied and changes no answer; `enforce` denies.
        service: the service's name, where `nomoat.yaml` has several.
        config: the nomoat.yaml; else NOMOAT_CONFIG, else the one in the working directory.
        identity: `(environ) -> Identity | None`, for callers that no bearer token names, or for roles that are looked
            up after the token was verified (`environ["nomoat.verified"]` holds what it names).

    Raises UsageError: it is no application, or guarded already.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        mode: Mode = "audit",
        *,
        service: str | None = None,
        config: str | Path | None = None,
        identity: Any = None,
    ) -> None:
        if not callable(app):
            raise UsageError(f"{type(app).__name__} is no WSGI application", where="WSGIGuard(app)")
        if isinstance(app, wsgi.WSGIGuard):
            raise UsageError("the application is guarded already", where="WSGIGuard(app)", fix="put guard around once")
        self._app = app
        starting = Starting(ByMap, mode, service=service, config=config, identity=identity, ends_at_exit=True)
        super().__init__(self._decided, starting)

    def close(self) -> None:
        """Ends guard: commits what waits."""
        self.starting.close()

    def _decided(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """The application, where it may run; else an answer that the guard around it replaces by the refusal."""
        call = environ.get(CALL_KEY)
        if isinstance(call, Call):
            reason = _decide(call, environ)
            if reason is not None:
                start_response(f"{status_of(reason)} Refused", [])
                return []
        return self._app(environ, start_response)


def _decide(call: Call, environ: Environ) -> Reason | None:
    routes, path = cast("ByMap", call.runtime.routes), call.scope["path"]

    def connect(verified: Any) -> Environ:
        environ["nomoat.verified"] = verified
        return environ

    def is_own(status: int, headers: Headers) -> bool:
        return is_not_served(status, [value for name, value in headers if name.lower() == "location"], path)

    call.is_own = is_own
    return call.decide(lambda: routes.match(call.scope), connect, environ)
