"""Small maps for tests."""

from __future__ import annotations

from typing import Literal

from nomoat.appmap import ids
from nomoat.appmap.model import Guard, Map, Route, Service, Store, ordered


def route(
    method: str = "GET",
    path: str = "/orders",
    *,
    verdict: Literal["guarded", "unguarded", "unknown"] = "guarded",
    binding: tuple[str, ...] | Literal["signed-in"] | None = "signed-in",
    guards: tuple[Guard, ...] = (),
    at: str = "shop/orders.py:3",
    reads: tuple[str, ...] = (),
    writes: tuple[str, ...] = (),
    requires: tuple[str, ...] | None = (),
    because: str | None = None,
) -> Route:
    return Route(
        id=ids.route_id("shop", method, path),
        key=ids.route_key("shop", method, path),
        service="shop",
        method=method,
        path=ids.template(path),
        handler="shop.orders:handler",
        at=at,
        verdict=verdict,
        because=because,
        guards=guards,
        binding=binding if verdict == "guarded" else None,
        reads=reads,
        writes=writes,
        requires=requires,
    )


def drawn(*routes: Route, protected: Literal["audit", "enforce"] | None = None) -> Map:
    names = sorted({store for one in routes for store in (*one.reads, *one.writes)})
    stores = tuple(Store(name, "shop", name.partition("/")[2]) for name in names)
    return ordered(Map(services=(Service("shop", "FastAPI", protected=protected),), routes=routes, stores=stores))
