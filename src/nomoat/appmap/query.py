"""Questions to one map: who can reach a store, and by which routes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nomoat.appmap.model import Map, Route
from nomoat.errors import UsageError


@dataclass(frozen=True, slots=True)
class Way:
    """One route to a store: whether it reads or writes it, and what the caller needs (`None`: it cannot be told)."""

    route: Route
    reads: bool
    writes: bool
    needs: tuple[str, ...] | None


def who_can_reach(drawn: Map, store: str) -> tuple[Way, ...]:
    """Every route that reaches a store, named by id, by `service/name` or by its bare name; the most open first.

    Raises:
        UsageError: no store of the map has this name.
    """
    stores = stores_named(drawn, store)
    if not stores:
        raise UsageError(f"no store is called '{store}'", fix=_hint(store, [one.name for one in drawn.stores]))
    found = [
        Way(route, bool(stores & set(route.reads)), bool(stores & set(route.writes)), needs(route))
        for route in drawn.routes
        if stores & {*route.reads, *route.writes}
    ]
    order = {"unguarded": 0, "unknown": 1, "guarded": 2}
    return tuple(sorted(found, key=lambda way: (order[way.route.verdict], way.needs or (), way.route.id)))


def stores_named(drawn: Map, name: str) -> set[str]:
    """Ids of the stores with this id or name."""
    known = {one.id for one in drawn.stores} | {
        store for route in drawn.routes for store in (*route.reads, *route.writes)
    }
    return {one for one in known if name in (one, one.removeprefix("store:"), one.partition("/")[2])}


def needs(route: Route) -> tuple[str, ...] | None:
    """Permissions that the route surely needs, `signed-in`, or nothing; None when it cannot be told."""
    if route.verdict == "unguarded":
        return route.requires or ()
    if route.binding is None:
        return None
    bound = route.binding if isinstance(route.binding, tuple) else (route.binding,)
    return tuple(dict.fromkeys((*bound, *(route.requires or ()))))


def _hint(name: str, known: Iterable[str]) -> str:
    import difflib

    options = sorted(set(known))
    near = difflib.get_close_matches(name, options, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"the map has {', '.join(options[:12])}" if options else "the map has no stores"


def told(routes: Iterable[Route]) -> list[Route]:
    """The routes that are shown to people: HEAD beside its GET says nothing new."""
    every = list(routes)
    gets = {(route.service, route.path, route.at) for route in every if route.method == "GET"}
    return [one for one in every if one.method != "HEAD" or (one.service, one.path, one.at) not in gets]
