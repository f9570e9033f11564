"""Which route of a router a request will be dispatched to: the framework's own patterns, in its own order.

`Table` holds what was read of one router; a route object that is not known is `opaque`: denied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias

from nomoat.appmap import ids

Kind: TypeAlias = Literal["http", "websocket", "mount", "host", "opaque"]
Scope: TypeAlias = Mapping[str, Any]

_get_route_path: Callable[[Mapping[str, Any]], str] | None
try:
    from starlette._utils import get_route_path as _get_route_path  # type: ignore[assignment]  # Theirs is typed closer.
except ImportError:
    _get_route_path = None

#: Where so few routes are left they are tried one by one.
_FEW = 3
_MAX_DEPTH = 12


class Served(NamedTuple):
    """A route of the running application: method and path (with converters), and its handler's qualified name.

    `within` is the key of what the framework serves as a whole, where the route is a part of that (Django's admin).
    """

    method: str
    path: str
    handler: str
    within: str = ""


class Serving(Protocol):
    """The routes of a running application, whichever framework serves them."""

    def served(self) -> Iterator[Served]:
        """Every route that the application serves now."""

    def before(self) -> list[str]:
        """What runs before guard and may answer without it, by name."""


class Matching(Serving, Protocol):
    """The routes of an application that guard stands before, or within, as ASGI serves it."""

    def match(self, scope: Scope) -> Found | None:
        """Where a request will go. NOTHING: nowhere, the framework answers. None: who knows, which is denied."""
        ...

    def connection(self, scope: MutableMapping[str, Any]) -> Any:
        """What `identity=` is asked with: the framework's own connection."""
        ...


class Found(NamedTuple):
    """What a request will be dispatched to. `key` is a route key without its service; None where nothing is known.

    `within` is the key of what the framework serves as a whole: it counts where the map lacks the route by itself.
    Where no router could be asked, `among` are the other routes that it may be dispatched to (all must allow it),
    `ambiguous` says why it is dispatched to none, and `is_other_slash` that only a redirect to the key may pass.
    """

    key: str | None
    path: str
    params: dict[str, str]
    within: str | None = None
    among: tuple[str, ...] = ()
    ambiguous: str = ""
    is_other_slash: bool = False

    def is_part_of(self, whole: Found) -> bool:
        """True where both are one route, and what an inner router takes from the path is what was taken before."""
        return self.key == whole.key and self.params.items() <= whole.params.items()


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

    def __init__(self, nodes: Iterable[Node], *, end: Found | None = NOTHING) -> None:
        self.nodes = list(nodes)
        #: What it means that none matches. None: something of the application's own answers then.
        self._end = end
        self._root = _Branch(self.nodes, 0)

    def extend(self, nodes: Iterable[Node]) -> None:
        """Adds routes that are tried after all others."""
        self.nodes.extend(nodes)
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
        return self._end

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


def handler_name(endpoint: Any) -> str:
    """`module:qualified.name` of a handler, unwrapped from its decorators."""
    seen: set[int] = set()
    while id(endpoint) not in seen:
        seen.add(id(endpoint))
        endpoint = getattr(endpoint, "__wrapped__", None) or getattr(endpoint, "func", endpoint)
    module = getattr(endpoint, "__module__", "") or type(endpoint).__module__
    return f"{module}:{getattr(endpoint, '__qualname__', type(endpoint).__qualname__)}"
