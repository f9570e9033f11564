"""The routes of a running Pyramid application: what its own router matched, under the keys of the map.

Pyramid matches before anything of the application runs but the predicates of its routes; guard reads what it found, so
there is no matcher of our own. Which view a route has is read through the registry's introspector.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from typing import Any

from nomoat.appmap import ids
from nomoat.appmap.spelling import braced
from nomoat.guard.routers.table import NOTHING, Found, Served, handler_name

#: What a path is called that no route matches, where views without a route are found by traversal.
_TRAVERSED = "/{traverse:path}"


class Routes:
    """The routes and views of a registry."""

    def __init__(self, registry: Any) -> None:
        # The threads of guard hold the routes: an application that nobody has any more must be able to go.
        self._made = weakref.ref(registry)
        self._paths: dict[str, str] = {}
        #: By route name (None: views without a route): the methods that its views answer; None: any.
        self._answered: dict[str | None, set[str] | None] | None = None
        self._files: set[str] = set()
        #: Names of views, by route name: by traversal alone they are found.
        self._names: dict[str | None, set[str]] = {}

    def found(self, request: Any) -> Found | None:
        """Where Pyramid will dispatch a request. NOTHING: its 404. None: who knows."""
        route, method = request.matched_route, request.method
        views = self._views()
        if views is None:
            return None
        if route is not None and _traverses(request) and any(self._names.get(name) for name in (route.name, None)):
            # Which of its views runs is known when the resource is found, after the application's own code has run.
            return None
        if route is None:
            if None not in views:
                return NOTHING
            return Found(f"{method} {ids.path_key(_TRAVERSED)}", _TRAVERSED, {}, f"ANY {ids.path_key(_TRAVERSED)}")
        if not self._is_answered(views, route, method):
            return NOTHING
        path = self._path(route.pattern)
        key = ids.path_key(path)
        whole = key.partition("/{")[0] if route.name in self._files else key
        return Found(f"{method} {key}", path, params_of(request.matchdict), f"ANY {whole}")

    def served(self) -> Iterator[Served]:
        """Every route that the application serves now; of a view that restricts nothing, the methods cannot be told."""
        for route, view in self._pairs():
            path = self._path(route["pattern"])
            if route["name"] in self._files:
                yield Served("ANY", path.partition("/{")[0], "pyramid:static")
                continue
            methods = _methods(route["request_methods"])
            of_view = _methods(view["request_methods"])
            both = of_view if methods is None else methods if of_view is None else methods & of_view
            for method in sorted(both) if both is not None else ("ANY",):
                yield Served(method, path, _name(view))
        if None in (self._views() or {}):
            yield Served("ANY", _TRAVERSED, "")

    def before(self) -> list[str]:
        """Nothing: what a tween answers by itself is held back, and what is put around it cannot be seen."""
        return []

    def _introspected(self, category: str) -> list[Any]:
        registry = self._made()
        found = registry.introspector.get_category(category) if registry is not None else None
        return [one["introspectable"] for one in found or ()]

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        self._views()
        views = [one for one in self._introspected("views") if not one["exception_only"]]
        for route in self._introspected("routes"):
            if not route["static"]:
                for view in views:
                    if view["route_name"] == route["name"]:
                        yield route, view

    def _views(self) -> dict[str | None, set[str] | None] | None:
        """The methods by route; None where the application keeps no introspection, so that nobody knows."""
        registry = self._made()
        if registry is None or not _is_introspected(registry):
            return None
        if self._answered is None:
            answered: dict[str | None, set[str] | None] = {}
            for view in self._introspected("views"):
                if view["exception_only"] or _is_of_errors(view["context"]):
                    continue
                name, methods = view["route_name"], _methods(view["request_methods"])
                known = answered.get(name, set())
                if view["name"]:
                    self._names.setdefault(name, set()).add(view["name"])
                answered[name] = None if methods is None or known is None else known | methods
                if type(view["callable"]).__module__ == "pyramid.static":
                    self._files.add(name)
            self._answered = answered
        return self._answered

    def _is_answered(self, views: Mapping[str | None, set[str] | None], route: Any, method: str) -> bool:
        """False where no view of a route takes a method: Pyramid answers 404."""
        names: tuple[str | None, ...] = (route.name, None)
        known = [views[name] for name in names if name in views]
        return any(methods is None or method in methods for methods in known)

    def _path(self, pattern: str) -> str:
        path = self._paths.get(pattern)
        if path is None:
            path = self._paths[pattern] = "/" + braced(pattern, "pattern").removeprefix("/")
        return path


def params_of(matched: Mapping[str, Any] | None) -> dict[str, str]:
    """Path parameters as the view gets them, as text; of `*rest` its segments."""
    return {
        name: "/".join(value) if isinstance(value, tuple) else str(value) for name, value in (matched or {}).items()
    }


def _traverses(request: Any) -> bool:
    """True where resources are gone through after the match (also by a header), so that a view is found by its name."""
    return "traverse" in (request.matchdict or {}) or "HTTP_X_VHM_ROOT" in request.environ


def _is_introspected(registry: Any) -> bool:
    """True where routes or views were recorded, as `Configurator(introspection=True)` does, which is its default."""
    return bool(registry.introspector.categories())


def _methods(given: Any) -> set[str] | None:
    """The methods of `request_method=`; GET answers HEAD, too. None: any."""
    if given is None:
        return None
    methods = {given} if isinstance(given, str) else set(given)
    return methods | {"HEAD"} if "GET" in methods else methods


def _is_of_errors(context: Any) -> bool:
    from pyramid.interfaces import IExceptionResponse

    if isinstance(context, type):
        return issubclass(context, Exception)
    return bool(context is not None and hasattr(context, "isOrExtends") and context.isOrExtends(IExceptionResponse))


def _name(view: Any) -> str:
    name = handler_name(view["callable"])
    return f"{name}.{view['attr']}" if view["attr"] else name
