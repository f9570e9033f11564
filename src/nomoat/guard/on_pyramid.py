"""Puts guard into a Pyramid application: it decides when Pyramid has matched the route, before any root factory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.errors import UsageError
from nomoat.guard.answering import is_not_served
from nomoat.guard.answers import status_of
from nomoat.guard.asked import Denied
from nomoat.guard.loading import Mode
from nomoat.guard.routers.pyramid import Routes
from nomoat.guard.routers.table import NOTHING
from nomoat.guard.starting import Starting
from nomoat.guard.wsgi import CALL_KEY, Call, Environ, Headers, StartResponse, WSGIGuard, dispatched_inside

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from nomoat.journal.facts import Reason

_DERIVER = "nomoat.guard"


def protect(app: Configurator, mode: Mode, *, service: str | None, config: str | Path | None, identity: Any) -> None:
    """Guards every view of the application that a Configurator makes; what `nomoat.guard.protect` does with one.

    Raises UsageError: it is protected already, or the application has been made.
    """
    from pyramid.events import ApplicationCreated
    from pyramid.viewderivers import INGRESS

    if not hasattr(app, "make_wsgi_app"):
        raise UsageError(
            "the application is made already: its views could not be looked at",
            where="protect(app)",
            fix="protect(config, mode=...) in front of config.make_wsgi_app()",
        )
    if getattr(app.registry, "_nomoat_is_protected", False):
        raise UsageError("the application is protected already", where="protect(config)", fix="call protect once")
    app.registry._nomoat_is_protected = True

    def made(event: Any) -> None:
        _put_around(event.app, mode, service=service, config=config, identity=identity)

    app.add_subscriber(made, ApplicationCreated)
    app.add_view_deriver(_look_again, name=_DERIVER, under=INGRESS, over="secured_view")


def _put_around(router: Any, mode: Mode, *, service: str | None, config: str | Path | None, identity: Any) -> None:
    routes = Routes(router.registry)
    starting = Starting(lambda: routes, mode, service=service, config=config, identity=identity, ends_at_exit=True)
    execute = router.execution_policy

    def inner(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer: Iterable[bytes] = execute(environ, router)(environ, start_response)
        return answer

    guard = WSGIGuard(inner, starting)
    # What this gives is called with environ and start_response: the guard answers in the place of a response.
    router.execution_policy = lambda environ, router: guard
    router.routes_mapper = _Mapper(router.routes_mapper, starting)


class _Mapper:
    """Stands where the router matches: what matched is decided about at once, before any root factory."""

    def __init__(self, mapper: Callable[[Any], dict[str, Any]] | None, starting: Starting) -> None:
        self._mapper = mapper
        self._starting = starting

    def __call__(self, request: Any) -> dict[str, Any]:
        """The match of a request. Raises an answer where its view must not run."""
        info = self._mapper(request) if self._mapper is not None else {"match": None, "route": None}
        request.matchdict, request.matched_route = info["match"], info["route"]
        call = request.environ.get(CALL_KEY)
        reason = _decided(call, request) if isinstance(call, Call) else dispatched_inside(self._starting)
        if reason is not None:
            raise _refused(reason)
        if info["route"] is None:
            # As Pyramid leaves a request that no route matches.
            del request.matchdict, request.matched_route
        return info


def _refused(reason: Reason) -> Exception:
    """What ends the request; the guard around the application writes the refusal."""
    from pyramid.httpexceptions import HTTPException

    answer: Exception = HTTPException()
    answer.code = answer.status_int = status_of(reason)  # type: ignore[attr-defined]
    return answer


def _decided(call: Call, request: Any) -> Reason | None:
    if call.refused is not None or call.is_passing:
        return call.refused
    if call.answering is not None:
        # Tried again, or a copy of it that the application dispatches inside.
        return _rerouted(call, request)
    call.scope["method"] = request.method
    path = request.path

    def connect(verified: Any) -> Any:
        request.environ["nomoat.verified"] = verified
        return request

    def is_own(status: int, headers: Headers) -> bool:
        return is_not_served(status, [value for name, value in headers if name.lower() == "location"], path)

    call.is_own = is_own
    routes: Any = call.runtime.routes
    return call.decide(lambda: routes.found(request), connect, request.environ)


def _rerouted(call: Call, request: Any) -> Reason | None:
    """Denies what goes elsewhere than what was decided about; the reason where it must not run."""
    routes = call.runtime.routes
    if call.answering is None or not isinstance(routes, Routes):
        return None
    asked = call.answering.asked
    now = routes.found(request)
    if asked.found is None or now is None or not now.is_part_of(asked.found):
        asked.deny_meanwhile("rerouted")
    return asked.refused


def _look_again(view: Any, info: Any) -> Any:
    """In front of each view: what guard decided about is what runs, whatever ran in between."""
    if info.exception_only:
        return view

    def looked(context: Any, request: Any) -> Any:
        call = request.environ.get(CALL_KEY)
        if isinstance(call, Call) and call.answering is not None:
            asked = call.answering.asked
            if asked.found is NOTHING:
                # It was to be answered by Pyramid itself, and a view runs all the same.
                asked.deny_meanwhile("rerouted")
            reason = _rerouted(call, request)
            if reason is not None:
                raise Denied("another route", reason)
        return view(context, request)

    return looked
