"""The routes of a running Starlette or FastAPI application, and which of them a request will be dispatched to.

`Routes(app)` reads the framework's own route objects; `match` uses their own compiled patterns in their own order:
what guard decides on is what the framework dispatches. A route object that is not known here is `opaque`: denied.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from nomoat.appmap import ids
from nomoat.errors import UsageError

Kind: TypeAlias = Literal["http", "websocket", "mount", "host", "opaque"]
Scope: TypeAlias = Mapping[str, Any]

_get_route_path: Callable[[Mapping[str, Any]], str] | None
try:
    from starlette._utils import get_route_path as _get_route_path  # type: ignore[assignment]  # Theirs is typed closer.
except ImportError:
    _get_route_path = None

#: Methods of a class-based endpoint, in the framework's spelling.
_ENDPOINT_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
#: Where so few routes are left they are tried one by one.
_FEW = 3
_MAX_DEPTH = 12


class Served(NamedTuple):
    """A route of the running application: method and path (with converters), and its handler's qualified name."""

    method: str
    path: str
    handler: str


class Found(NamedTuple):
    """What a request will be dispatched to. `key` is a route key without its service; None where nothing is known."""

    key: str | None
    path: str
    params: dict[str, str]


#: Nothing matches: the framework itself answers, with 404, 405 or a redirect to the other slash.
NOTHING = Found(None, "", {})


@dataclass(slots=True)
class Node:
    """One route object, as far as matching needs it. `own` is its path below its own router."""

    kind: Kind
    path: str
    own: str
    route: Any
    pattern: re.Pattern[str] | None = None
    methods: frozenset[str] | None = None
    handler: str = ""
    child: Table | None = None
    endpoint: Any = None
    keys: dict[str, str] = field(default_factory=dict)


class _Branch:
    """The routes that a path may match once its first segments are known; deeper branches by the next segment."""

    __slots__ = ("deeper", "nodes")

    def __init__(self, nodes: Sequence[Node], depth: int) -> None:
        self.nodes = [node for node in nodes if _may_have(node, depth, None)]
        self.deeper: dict[str, _Branch] = {}
        if len(nodes) <= _FEW or depth >= _MAX_DEPTH:
            self.nodes = list(nodes)
            return
        for segment in {_fixed(node, depth) for node in nodes} - {None}:
            assert segment is not None
            self.deeper[segment] = _Branch([node for node in nodes if _may_have(node, depth, segment)], depth + 1)


class Table:
    """The routes of one router, in the order in which it tries them."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = list(nodes)
        self._root = _Branch(self.nodes, 0)

    def match(self, scope: Scope, path: str, root: str) -> Found | None:
        """Where a request goes; `root` is what outer routers took from `path`. NOTHING: nowhere. None: who knows."""
        route_path = below(path, root)
        kind, method = scope["type"], scope.get("method", "WS")
        for node in self._candidates(route_path):
            if node.kind == kind:
                assert node.pattern is not None
                matched = node.pattern.match(route_path)
                if matched is None or (node.methods is not None and method not in node.methods):
                    continue
                return _found(node, method, matched.groupdict())
            if node.kind == "mount":
                assert node.pattern is not None
                matched = node.pattern.match(route_path)
                if matched is not None:
                    return _inside(node, matched.groupdict(), scope, path, root, route_path)
            elif node.kind in ("opaque", "host") and _says_it_matches(node.route, scope, path, root):
                return node.child.match(scope, path, root) if node.child is not None else None
        return NOTHING

    def _candidates(self, route_path: str) -> list[Node]:
        branch = self._root
        if branch.deeper:
            # A fixed path also matches with one line break behind it: `$` of the framework's patterns allows that.
            text = route_path[:-1] if route_path.endswith("\n") else route_path
            for segment in text[1:].split("/"):
                deeper = branch.deeper.get(segment)
                if deeper is None:
                    break
                branch = deeper
                if not branch.deeper:
                    break
        return branch.nodes

    def served(self) -> Iterator[Served]:
        """Every route, with the path from the root of the application."""
        for node in self.nodes:
            if node.child is not None:
                yield from node.child.served()
            elif node.kind == "websocket":
                yield Served("WS", node.path, node.handler)
            elif node.kind == "http":
                for method in sorted(node.keys):
                    yield Served(method, node.path, node.handler)
            else:
                yield Served("ANY", node.path, node.handler)


class Routes:
    """The routes of an application, read again when they change."""

    def __init__(self, app: Any) -> None:
        """Raises UsageError where the application has no list of routes."""
        self._app = app
        self._router = getattr(app, "router", app)
        if not isinstance(getattr(self._router, "routes", None), list):
            raise UsageError(
                f"{type(app).__name__} has no list of routes, so guard cannot know where a request goes",
                where="Guard(application=...)",
                fix="hand in the Starlette or FastAPI application",
            )
        self._lock = threading.Lock()
        self._read()

    def _read(self) -> None:
        reading = _Reading()
        self.table = Table(reading.nodes(self._router.routes, ""))
        low: list[Any] = getattr(self._router, "_low_priority_routes", [])
        if low:
            # FastAPI serves front ends where no route matches; what they answer with is on no map.
            self.table = Table([*self.table.nodes, *reading.nodes(low, "")])
        self._lists = reading.lists
        self._sizes = [len(routes) for routes in self._lists]
        self._ids = [list(map(id, routes)) for routes in self._lists]

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

    def _root(self, scope: Scope) -> str:
        """The root path that the router will see: an application that guard stands before may yet set its own."""
        own = getattr(self._app, "root_path", "")
        if own and scope.get("app") is not self._app:
            return str(own)
        return str(scope.get("root_path", ""))

    def _read_again(self) -> None:
        with self._lock:
            self._read()

    def served(self) -> Iterator[Served]:
        """Every route that the application serves now."""
        return self.table.served()


def below(path: str, root: str) -> str:
    """A path below what outer routers took from it, as the framework that is installed computes it.

    Versions differ (before Starlette 0.39 the root was a regular expression), and what guard decides on must be what is
    dispatched: so it is the framework's own function, where it has one.
    """
    if not root:
        return path
    if _get_route_path is not None:
        return str(_get_route_path({"path": path, "root_path": root}))
    if not path.startswith(root):
        return path
    if path == root:
        return ""
    return path[len(root) :] if path[len(root)] == "/" else path


def _found(node: Node, method: str, params: dict[str, str]) -> Found | None:
    key = node.keys.get(method) or node.keys.get("ANY")
    if key is not None:
        return Found(key, node.path, params)
    if isinstance(node.endpoint, type) and not hasattr(node.endpoint, method.lower()):
        # A class-based endpoint without such a method answers 405 by itself.
        return NOTHING
    return Found(f"{method} {ids.path_key(node.path)}", node.path, params)


def _inside(node: Node, params: dict[str, str], scope: Scope, path: str, root: str, route_path: str) -> Found | None:
    rest = "/" + params.pop("path", "")
    if node.child is None:
        return Found(node.keys["ANY"], node.path, params)
    # The framework counts back from the end: exactly so, because that is what its inner router will see.
    found = node.child.match(scope, path, root + route_path[: -len(rest)])
    return found if found is None or found is NOTHING else found._replace(params={**params, **found.params})


class _Reading:
    """One walk over the framework's route objects; remembers every list that it read."""

    def __init__(self) -> None:
        self.lists: list[list[Any]] = []

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
            inner = getattr(route.app, "routes", None)
            yield Node("host", prefix, "", route, handler=_name(route.app), child=self._table(inner, prefix))
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
        if getattr(route.app, "root_path", ""):
            # Such an application strips another prefix than the one it is mounted at: what it dispatches is unknown.
            return Node("opaque", path, "", route, handler=_name(route.app))
        child = self._table(route.routes, path) if route.routes else None
        node = Node("mount", path, str(route.path), route, route.path_regex, handler=_name(route.app), child=child)
        node.keys = {"ANY": f"ANY {ids.path_key(path)}"}
        return node

    def _table(self, routes: Any, prefix: str) -> Table | None:
        return Table(self.nodes(routes, prefix)) if isinstance(routes, list) else None


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
    node = Node("http", path, str(route.path), route, route.path_regex, methods, _name(endpoint), endpoint=endpoint)
    own = _class_methods(endpoint)
    names = methods or (frozenset(("ANY",)) if own is None else own)
    node.keys = {method: f"{method} {ids.path_key(path)}" for method in names}
    return node


def _socket(route: Any, prefix: str) -> Node:
    path = prefix + str(route.path)
    node = Node("websocket", path, str(route.path), route, route.path_regex, None, _name(route.endpoint))
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


def _name(endpoint: Any) -> str:
    """`module:qualified.name` of a handler, unwrapped from its decorators."""
    seen: set[int] = set()
    while id(endpoint) not in seen:
        seen.add(id(endpoint))
        endpoint = getattr(endpoint, "__wrapped__", None) or getattr(endpoint, "func", endpoint)
    module = getattr(endpoint, "__module__", "") or type(endpoint).__module__
    return f"{module}:{getattr(endpoint, '__qualname__', type(endpoint).__qualname__)}"


def _fixed(node: Node, depth: int) -> str | None:
    """The segment of a route at a depth where it is fixed; None where anything, or nothing, may stand."""
    if node.kind in ("host", "opaque"):
        return None
    segments = node.own[1:].split("/") if node.own.startswith("/") else []
    if depth >= len(segments) or any("{" in segment for segment in segments[: depth + 1]):
        return None
    return segments[depth]


def _may_have(node: Node, depth: int, segment: str | None) -> bool:
    """True where a route may match a path with such a segment at a depth; None is one that no route has fixed."""
    own = _fixed(node, depth)
    if own is not None:
        return own == segment
    return segment is None or node.kind in ("host", "opaque", "mount") or "{" in node.own


def _says_it_matches(route: Any, scope: Scope, path: str, root: str) -> bool:
    """Asks a route object itself; one that cannot even be asked counts as matching, which denies."""
    try:
        match, _ = route.matches({**scope, "path": path, "root_path": root})
    except Exception:
        return True
    return bool(getattr(match, "value", 1))
