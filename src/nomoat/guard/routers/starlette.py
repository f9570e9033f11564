"""The routes of a running Starlette or FastAPI application, and which of them a request will be dispatched to.

`Routes(app)` reads the framework's own route objects; `match` uses their own compiled patterns in their own order:
what guard decides on is what the framework dispatches. A route object that is not known here is `opaque`: denied.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from nomoat.appmap import ids
from nomoat.errors import UsageError
from nomoat.guard.routers.table import NOTHING, Found, Node, Scope, Served, Table, handler_name

if TYPE_CHECKING:
    pass

#: Methods of a class-based endpoint, in the framework's spelling.
_ENDPOINT_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")


class Routes:
    """The routes of an application, read again when they change."""

    def __init__(self, app: Any) -> None:
        """Raises UsageError where the application has no list of routes, or something stands in front of it."""
        from starlette.routing import Router

        from nomoat.guard import second_look

        self._app = app
        self._router = getattr(app, "router", app)
        if not isinstance(getattr(self._router, "routes", None), list):
            raise UsageError(
                f"{type(app).__name__} has no list of routes, so guard cannot know where a request goes",
                where="Guard(application=...)",
                fix="hand in the Starlette or FastAPI application",
            )
        if isinstance(self._router, Router) and second_look.router_of(self._router) is None:
            raise UsageError(
                "the application's router has middleware of its own, which may send a request elsewhere behind guard",
                where="Router(middleware=...)",
                fix="give the middleware to the application: it runs before guard then",
            )
        self._lock = threading.Lock()
        self._read()

    def _read(self) -> None:
        from nomoat.guard import second_look

        reading = _Reading()
        self.table = table = reading.table(self._router, "")
        low: list[Any] = getattr(self._router, "_low_priority_routes", [])
        if low:
            # FastAPI serves front ends where no route matches; what they answer with is on no map.
            table.extend(reading.nodes(low, ""))
        self._inside = reading.inside
        self._lists = reading.lists
        self._sizes = [len(routes) for routes in self._lists]
        self._ids = [list(map(id, routes)) for routes in self._lists]
        inner = (router for router, _ in reading.inside.values() if router is not self._router)
        # Only where guard stands behind the application's own middleware is what reaches its router what guard saw.
        second_look.place(inner if second_look.stands_innermost(self._app) else [self._router, *inner])

    def match(self, scope: Scope) -> Found | None:
        """Where a request will go. NOTHING: nowhere, the framework answers. None: who knows, which is denied."""
        if list(map(len, self._lists)) != self._sizes or self._router.routes is not self._lists[0]:
            self._read_again()
        root = self._root(scope)
        found = self.table.match(scope, scope["path"], root)
        if found is NOTHING and self._ids != [list(map(id, routes)) for routes in self._lists]:
            self._read_again()
            found = self.table.match(scope, scope["path"], root)
        return found

    def connection(self, scope: MutableMapping[str, Any]) -> Any:
        """Starlette's own."""
        from starlette.requests import HTTPConnection

        return HTTPConnection(scope)

    def _root(self, scope: Scope) -> str:
        """The root path that the router will see: an application that guard stands before may yet set its own."""
        own = getattr(self._app, "root_path", "")
        if own and scope.get("app") is not self._app:
            return str(own)
        return str(scope.get("root_path", ""))

    def agrees(self, router: Any, scope: Scope, found: Found | None) -> bool:
        """True where a router that was read will dispatch a request as `match` said, or not at all.

        One that was not read, or a request about which nothing is known, is decided about as that.
        """
        if id(router) not in self._inside or found is None:
            return True
        root = str(scope.get("root_path", ""))
        again = [table.match(scope, scope["path"], root) for table in self._inside[id(router)][1]]
        return any(one is NOTHING or (one is not None and one.is_part_of(found)) for one in again)

    def _read_again(self) -> None:
        with self._lock:
            self._read()

    def served(self) -> Iterator[Served]:
        """Every route that the application serves now."""
        return self.table.served()

    def before(self) -> list[str]:
        """The application's middleware in front of guard."""
        from nomoat.guard.asgi import Guard

        classes = [getattr(one, "cls", None) for one in getattr(self._app, "user_middleware", [])]
        outer = classes[: classes.index(Guard)] if Guard in classes else classes
        return [getattr(cls, "__name__", str(cls)) for cls in outer]


class _Reading:
    """One walk over the framework's route objects; remembers every list that it read."""

    def __init__(self) -> None:
        self.lists: list[list[Any]] = []
        #: Each router with the tables that its requests are looked up in: it may be mounted at several places.
        self.inside: dict[int, tuple[Any, list[Table]]] = {}

    def table(self, router: Any, prefix: str) -> Table:
        """The routes of a router, and what it does where none of them matches."""
        default = getattr(router, "default", None)
        is_own = default is None or getattr(default, "__self__", None) is router
        found = Table(self.nodes(router.routes, prefix), end=NOTHING if is_own else None)
        self.inside.setdefault(id(router), (router, []))[1].append(found)
        return found

    def nodes(self, routes: list[Any], prefix: str) -> Iterator[Node]:
        self.lists.append(routes)
        for route in list(routes):
            yield from self._node(route, prefix)

    def _node(self, route: Any, prefix: str) -> Iterator[Node]:
        from starlette import routing

        if _is_included(route):
            yield from self._included(route, prefix)
        elif isinstance(route, routing.Mount) and _is_plain(route, routing.Mount):
            yield self._mount(route, prefix)
        elif isinstance(route, routing.Host) and _is_plain(route, routing.Host):
            yield Node("host", prefix, "", route, handler=handler_name(route.app), child=self._child(route.app, prefix))
        elif isinstance(route, routing.Route) and _is_plain(route, routing.Route):
            yield _http(route, prefix)
        elif isinstance(route, routing.WebSocketRoute) and _is_plain(route, routing.WebSocketRoute):
            yield _socket(route, prefix)
        else:
            yield _opaque(route, prefix)

    def _included(self, route: Any, prefix: str) -> Iterator[Node]:
        """FastAPI keeps an included router as one object; its effective routes have prefix and dependencies applied."""
        from starlette import routing

        self._included_lists(route.original_router)
        for context in route.effective_route_contexts():
            effective = context.starlette_route
            if effective is not None:
                yield from self._node(effective, prefix)
            elif getattr(context, "path_regex", None) is not None and _is_plain(context.original_route, routing.Route):
                yield _http(context, prefix)
            else:
                yield _opaque(context.original_route, prefix)

    def _included_lists(self, router: Any) -> None:
        self.lists.append(router.routes)
        for route in router.routes:
            if _is_included(route):
                self._included_lists(route.original_router)

    def _mount(self, route: Any, prefix: str) -> Node:
        path = prefix + str(route.path)
        app = getattr(route, "_base_app", route.app)
        if getattr(app, "root_path", ""):
            # Such an application strips another prefix than the one it is mounted at: what it dispatches is unknown.
            return Node("opaque", path, "", route, handler=handler_name(route.app))
        child = self._child(app, path) if route.routes else None
        node = Node(
            "mount", path, str(route.path), route, route.path_regex, handler=handler_name(route.app), child=child
        )
        node.keys = {"ANY": f"ANY {ids.path_key(path)}"}
        return node

    def _child(self, app: Any, prefix: str) -> Table | None:
        from nomoat.guard.second_look import router_of

        router = router_of(app)
        return self.table(router, prefix) if router is not None else None


def _is_included(route: Any) -> bool:
    return hasattr(route, "effective_route_contexts") and hasattr(route, "original_router")


def _is_plain(route: Any, base: type[Any]) -> bool:
    """True where the class matches as the framework's own does; a subclass with its own `matches` may do anything."""
    owner = next(cls for cls in type(route).__mro__ if "matches" in cls.__dict__)
    return owner is base or owner.__module__ in ("fastapi.routing", "starlette.routing")


def _opaque(route: Any, prefix: str) -> Node:
    path = getattr(route, "path", "")
    return Node("opaque", prefix + (path if isinstance(path, str) else ""), "", route, handler=type(route).__qualname__)


def _http(route: Any, prefix: str) -> Node:
    endpoint, path = route.endpoint, prefix + str(route.path)
    methods = frozenset(route.methods) if route.methods else None
    node = Node(
        "http", path, str(route.path), route, route.path_regex, methods, handler_name(endpoint), endpoint=endpoint
    )
    own = _class_methods(endpoint)
    names = methods or (frozenset(("ANY",)) if own is None else own)
    node.keys = {method: f"{method} {ids.path_key(path)}" for method in names}
    return node


def _socket(route: Any, prefix: str) -> Node:
    path = prefix + str(route.path)
    node = Node("websocket", path, str(route.path), route, route.path_regex, None, handler_name(route.endpoint))
    node.keys = {"WS": f"WS {ids.path_key(path)}"}
    return node


def _class_methods(endpoint: Any) -> frozenset[str] | None:
    """The methods that a class-based endpoint answers; None for any other application, which answers all."""
    from starlette.endpoints import HTTPEndpoint

    if not isinstance(endpoint, type) or not issubclass(endpoint, HTTPEndpoint):
        return None
    found = {name.upper() for name in _ENDPOINT_METHODS if hasattr(endpoint, name)}
    # Starlette's HTTPEndpoint answers HEAD with its GET.
    return frozenset(found | ({"HEAD"} if "GET" in found else set()))
