"""Puts guard into a Flask application: it decides when Flask has matched the route, before anything else runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.errors import UsageError
from nomoat.guard.answering import is_not_served
from nomoat.guard.answers import status_of
from nomoat.guard.asked import Denied
from nomoat.guard.loading import Mode
from nomoat.guard.routers import flask as router
from nomoat.guard.starting import Starting
from nomoat.guard.wsgi import CALL_KEY, Call, Headers, WSGIGuard, dispatched_inside

if TYPE_CHECKING:
    from flask import Flask, Request

    from nomoat.journal.facts import Reason


def protect(app: Flask, mode: Mode, *, service: str | None, config: str | Path | None, identity: Any) -> None:
    """Guards every route of a Flask application; what `nomoat.guard.protect` does with one.

    Raises UsageError: it is protected already, or something stands around it that would then be inside of guard.
    """
    if isinstance(app.wsgi_app, WSGIGuard):
        raise UsageError("the application is protected already", where="protect(app)", fix="call protect once")
    if "wsgi_app" in vars(app):
        outer = type(app.wsgi_app).__name__
        raise UsageError(
            f"{outer} stands around the application already: guard would not see where it sends a request",
            where="protect(app)",
            fix="call protect before app.wsgi_app = ...: what is put around it later runs before guard",
        )
    routes = router.Routes(app)
    starting = Starting(lambda: routes, mode, service=service, config=config, identity=identity, ends_at_exit=True)
    app.wsgi_app = WSGIGuard(app.wsgi_app, starting)  # type: ignore[method-assign]  # Flask's own way to wrap it.
    app.register_error_handler(Denied, lambda denied: ("", status_of(denied.reason)))
    _decide_first(app, routes, starting)
    _look_again(app, routes)


def _decide_first(app: Flask, routes: router.Routes, starting: Starting) -> None:
    """In front of `before_request` and of what takes path parameters: Flask has matched, and nothing has run."""
    inner = app.preprocess_request

    def preprocess_request(*context: Any) -> Any:
        from flask import request

        found: Request = request._get_current_object()  # type: ignore[attr-defined]
        call = found.environ.get(CALL_KEY)
        if isinstance(call, Call):
            reason = _decided(call, found, routes)
        else:
            reason = dispatched_inside(starting)
        if reason is not None:
            # The guard around the application writes the refusal; this only ends the request.
            return app.response_class(status=status_of(reason))
        return inner(*context)

    app.preprocess_request = preprocess_request  # type: ignore[method-assign]


def _decided(call: Call, request: Request, routes: router.Routes) -> Reason | None:
    if call.answering is not None:
        return None
    # As Flask dispatches it: whoever writes `post` means POST.
    call.scope["method"] = request.method
    if router.is_socket(request.url_rule):
        call.scope |= {"type": "websocket", "method": "WS"}
    call.is_own = _own_answers(request)

    def connect(verified: Any) -> Request:
        request.environ["nomoat.verified"] = verified
        return request

    return call.decide(lambda: routes.found(request), connect, request.environ)


def _look_again(app: Flask, routes: router.Routes) -> None:
    """In front of the handler: what guard decided about is what runs, whatever ran in between."""
    inner = app.dispatch_request

    def dispatch_request(*context: Any) -> Any:
        from flask import request

        call = request.environ.get(CALL_KEY)
        if isinstance(call, Call) and call.answering is not None:
            asked = call.answering.asked
            now = routes.found(request._get_current_object())  # type: ignore[attr-defined]
            # A function that takes a language or tenant out of the parameters leaves fewer of them, never others.
            if asked.found is None or not now.is_part_of(asked.found):
                asked.deny_meanwhile("rerouted")
                if asked.refused is not None:
                    raise Denied("another route", asked.refused)
        return inner(*context)

    app.dispatch_request = dispatch_request  # type: ignore[method-assign]


def _own_answers(request: Request) -> Any:
    """What Flask answers by itself to this request, where no route serves it."""
    from werkzeug.routing import RequestRedirect

    path, error = request.path, request.routing_exception
    to = error.new_url if isinstance(error, RequestRedirect) else None
    has_options = request.url_rule is not None and router.answers_options(request.url_rule, request.method)

    def is_own(status: int, headers: Headers) -> bool:
        if has_options and status in (200, 204):
            return True
        locations = [value for name, value in headers if name.lower() == "location"]
        return is_not_served(status, locations, path) or (to is not None and status in (301, 308) and locations == [to])

    return is_own
