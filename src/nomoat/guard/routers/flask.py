"""The routes of a running Flask application: what its own router matched, under the keys of the map.

Flask matches before anything of the application runs; guard reads what it found, so there is no matcher of our own.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any

from nomoat.appmap import ids
from nomoat.appmap.spelling import braced
from nomoat.guard.routers.table import NOTHING, Found, Served, handler_name


class Routes:
    """The rules of an application."""

    def __init__(self, app: Any) -> None:
        # The threads of guard hold the routes: an application that nobody has any more must be able to go.
        self._made = weakref.ref(app)
        self._paths: dict[str, tuple[str, str]] = {}

    @property
    def _app(self) -> Any:
        return self._made()

    def found(self, request: Any) -> Found:
        """Where Flask will dispatch a request. NOTHING: it answers by itself (404, 405, OPTIONS, a redirect)."""
        rule = request.url_rule
        if request.routing_exception is not None or rule is None or answers_options(rule, request.method):
            return NOTHING
        path, key = self._spelled(rule)
        method = "WS" if is_socket(rule) else request.method
        return Found(f"{method} {key}", path, params_of(request.view_args))

    def served(self) -> Iterator[Served]:
        """Every route that the application serves now."""
        for rule in self._app.url_map.iter_rules():
            view = self._app.view_functions.get(rule.endpoint)
            path, _ = self._spelled(rule)
            if is_socket(rule):
                yield Served("WS", path, handler_name(view))
                continue
            for method in sorted(rule.methods or ("ANY",)):
                if not answers_options(rule, method):
                    yield Served(method, path, _name(self._app, rule, view))

    def before(self) -> list[str]:
        """What was put around the application after guard."""
        from nomoat.guard.wsgi import WSGIGuard

        found: list[str] = []
        outer = self._app.wsgi_app
        while not isinstance(outer, WSGIGuard) and len(found) < 20:
            found.append(type(outer).__name__)
            inner = [getattr(outer, name, None) for name in ("app", "wsgi_app", "application")]
            outer = next((one for one in inner if callable(one)), None)
            if outer is None:
                break
        return found

    def _spelled(self, rule: Any) -> tuple[str, str]:
        """A rule's path in braces, and its key."""
        known = self._paths.get(rule.rule)
        if known is None:
            path = braced(rule.rule, "angle")
            self._paths[rule.rule] = known = (path, ids.path_key(path))
        return known


def is_socket(rule: Any) -> bool:
    """True for a rule that websockets alone match."""
    return bool(getattr(rule, "websocket", False))


def answers_options(rule: Any, method: str) -> bool:
    """True where Flask answers OPTIONS by itself, with the methods that are allowed and nothing else."""
    return method == "OPTIONS" and bool(getattr(rule, "provide_automatic_options", False))


def params_of(arguments: Mapping[str, Any] | None) -> dict[str, str]:
    """Path parameters as the handler gets them, as text."""
    return {name: value if isinstance(value, str) else str(value) for name, value in (arguments or {}).items()}


def _name(app: Any, rule: Any, view: Any) -> str:
    if rule.endpoint == "static" and rule.endpoint in app.view_functions and "view_class" not in vars(view):
        # The framework serves files with a function of no name.
        return "flask:static"
    return handler_name(getattr(view, "view_class", view))
