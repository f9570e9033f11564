"""The map as a graph that fits on a page: who may call, which parts they reach, what those read, write and call.

A part is everything of a service below one first segment of the path; what would not fit is counted, never dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nomoat.appmap.model import Map, Route
from nomoat.appmap.query import told

#: `open`: anyone; `unknown`: it cannot be told who; `signed-in`; `permission`: who holds it; `part` of a service;
#: `store`; `host` that is called; `more`: how many others there are.
Kind: TypeAlias = Literal["open", "unknown", "signed-in", "permission", "part", "store", "host", "more"]
Column: TypeAlias = Literal["callers", "parts", "reached"]

#: More of a column than this is no picture any more.
MOST = {"callers": 14, "parts": 24, "reached": 24}


@dataclass(frozen=True, slots=True)
class Node:
    """One box: its column, what it stands for, its text, and how many routes it has."""

    id: str
    column: Column
    kind: Kind
    text: str
    routes: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """One arrow, with what happens along it: a number of routes, or `reads`, `writes`, `reads, writes`, `calls`."""

    source: str
    target: str
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes in their order, and arrows between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def of(self, column: Column) -> tuple[Node, ...]:
        """The boxes of one column, from above."""
        return tuple(node for node in self.nodes if node.column == column)


def graph(drawn: Map) -> Graph:
    """The graph of a map; the same map gives the same graph."""
    routes = told(drawn.routes)
    callers = _Column("callers", Counter(caller for route in routes for caller in _callers(route)))
    parts = _Column("parts", Counter(("part", _part(route)) for route in routes))
    reached = _Column("reached", Counter(one for route in routes for one in _reached(route)))
    asked: Counter[tuple[str, str]] = Counter()
    does: dict[tuple[str, str], set[str]] = {}
    for route in routes:
        part = parts.node(("part", _part(route))).id
        for caller in {callers.node(one).id for one in _callers(route)}:
            asked[(caller, part)] += 1
        for one, verb in _verbs(route):
            does.setdefault((part, reached.node(one).id), set()).add(verb)
    nodes = (*callers.nodes, *parts.nodes, *reached.nodes)
    kinds = {node.id: node.kind for node in nodes}
    edges = [
        Edge(source, target, f"{count} route{'s' if count != 1 else ''}", kinds[source])
        for (source, target), count in sorted(asked.items())
    ]
    edges += [
        Edge(source, target, ", ".join(sorted(verbs)), kinds[target])
        for (source, target), verbs in sorted(does.items())
    ]
    return Graph(nodes, tuple(edges))


_Key: TypeAlias = "tuple[Kind, str]"
_ORDER: dict[str, int] = {"open": 0, "unknown": 1, "signed-in": 2, "permission": 3, "part": 4, "store": 5, "host": 6}


class _Column:
    """The boxes of one column: the largest by name, the rest as one that counts them."""

    def __init__(self, name: Column, counted: Counter[_Key]) -> None:
        by_size = sorted(counted, key=lambda key: (-counted[key], key))
        # Who is not asked for anything comes first and is never among the rest.
        fixed = [key for key in by_size if key[0] in ("open", "unknown", "signed-in")]
        free = [key for key in by_size if key not in fixed]
        room = MOST[name] - len(fixed)
        shown = {*fixed, *(free if len(free) <= room else free[: room - 1])}
        ordered = sorted(shown, key=lambda key: (_ORDER[key[0]], key[1]))
        nodes = [Node(f"{name[0]}{place}", name, key[0], _text(key), counted[key]) for place, key in enumerate(ordered)]
        self._known = dict(zip(ordered, nodes, strict=True))
        rest = [key for key in counted if key not in shown]
        if rest:
            more = Node(f"{name[0]}x", name, "more", f"{len(rest)} more", sum(counted[key] for key in rest))
            self._known.update(dict.fromkeys(rest, more))
            nodes.append(more)
        self.nodes = tuple(nodes)

    def node(self, key: _Key) -> Node:
        """The box that stands for it."""
        return self._known[key]


def _text(key: _Key) -> str:
    fixed = {"open": "anyone", "unknown": "not known who", "signed-in": "who is signed in"}
    return fixed.get(key[0], key[1])


def _callers(route: Route) -> tuple[_Key, ...]:
    if route.verdict == "unguarded":
        return (("open", ""),)
    if route.verdict == "unknown":
        return (("unknown", ""),)
    needed = route.binding if isinstance(route.binding, tuple) else ()
    return tuple(("permission", name) for name in needed) or (("signed-in", ""),)


def _part(route: Route) -> str:
    first = route.path.lstrip("/").partition("/")[0]
    return f"{route.service} /{first}" if not first.startswith("{") else f"{route.service} /{{}}"


def _reached(route: Route) -> Iterable[_Key]:
    return dict.fromkeys(one for one, _ in _verbs(route))


def _verbs(route: Route) -> Iterable[tuple[_Key, str]]:
    for store in route.reads:
        yield ("store", store.removeprefix("store:")), "reads"
    for store in route.writes:
        yield ("store", store.removeprefix("store:")), "writes"
    for call in route.calls:
        yield ("host", call.host or (f"host from {call.setting}" if call.setting else "a host not read")), "calls"
