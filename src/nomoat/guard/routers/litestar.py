"""The routes of a running Litestar application: what its own router matched, under the keys of the map.

Litestar matches before any middleware runs; guard reads what it found, so there is no matcher of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from nomoat.appmap import ids
from nomoat.guard.routers.table import NOTHING, Found, Served, handler_name


class Routes:
    """The routes of an application."""

    def __init__(self, app: Any) -> None:
        self._app = app
        #: Paths as they were written, by handler and by what Litestar says of the path (without types).
        self._paths: dict[tuple[int, str], str] = {}

    def match(self, scope: Mapping[str, Any]) -> Found | None:
        """Where Litestar has dispatched a request. NOTHING: to what it answers by itself (OPTIONS)."""
        handler, template = scope.get("route_handler"), scope.get("path_template")
        if handler is None or template is None:
            return None
        if _answers_options(handler):
            return NOTHING
        path = self._path(handler, template)
        if path is None:
            return None
        params = {name: str(value) for name, value in scope.get("path_params", {}).items()}
        return Found(f"{_method(handler, scope)} {ids.path_key(path)}", path, params)

    def connection(self, scope: MutableMapping[str, Any]) -> Any:
        """Litestar's own."""
        from litestar.connection import ASGIConnection

        return ASGIConnection(scope)  # type: ignore[arg-type]  # ASGI's own dictionary

    def served(self) -> Iterator[Served]:
        """Every route that the application serves now."""
        for route in self._app.routes:
            for handler in _handlers(route):
                for method in _methods(handler):
                    yield Served(method, route.path, handler_name(_function(handler)))

    def before(self) -> list[str]:
        """The application's middleware in front of guard."""
        from nomoat.guard.on_litestar import LitestarGuard

        found: list[str] = []
        for one in self._app.middleware:
            if isinstance(getattr(one, "__self__", None), LitestarGuard):
                break
            made = getattr(one, "middleware", one)
            found.append(getattr(made, "__name__", type(made).__name__))
        return found

    def _path(self, handler: Any, template: str) -> str | None:
        path = self._paths.get((id(handler), template))
        if path is None:
            # Routes can be registered while the application runs.
            self._paths = {
                (id(one), said): route.path
                for route in self._app.routes
                for one in _handlers(route)
                for said in ((route.path_format, "") if _is_mount(one) else (route.path_format,))
            }
            path = self._paths.get((id(handler), template))
        return path


def _handlers(route: Any) -> tuple[Any, ...]:
    """The handlers of a route of any kind, but what Litestar made for OPTIONS by itself."""
    handlers = getattr(route, "route_handlers", None) or (route.route_handler,)
    return tuple(one for one in handlers if not _answers_options(one))


def _function(handler: Any) -> Any:
    function = handler.fn
    return getattr(function, "value", function)


def _answers_options(handler: Any) -> bool:
    """True for the handler that lists the methods of a route, which Litestar makes by itself."""
    function = _function(handler)
    return str(getattr(function, "__module__", "")).startswith("litestar.routes.") and bool(
        getattr(handler, "http_methods", ()) and set(handler.http_methods) == {"OPTIONS"}
    )


def _is_mount(handler: Any) -> bool:
    return bool(getattr(handler, "is_mount", False) or getattr(handler, "is_static", False))


def _methods(handler: Any) -> list[str]:
    methods = getattr(handler, "http_methods", None)
    if methods:
        return sorted(str(getattr(one, "value", one)) for one in methods)
    return ["WS"] if hasattr(handler, "websocket_class") or "Websocket" in type(handler).__name__ else ["ANY"]


def _method(handler: Any, scope: Mapping[str, Any]) -> str:
    """The method that a request is served as: ANY where one handler takes them all."""
    methods = _methods(handler)
    return str(scope["method"]) if methods not in (["WS"], ["ANY"]) else methods[0]
