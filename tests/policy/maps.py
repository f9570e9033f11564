"""Small maps for tests."""

from __future__ import annotations

from nomoat.appmap import ids
from nomoat.appmap.model import Map, Route, Service, Verdict


def route(
    name: str,
    *,
    binding: tuple[str, ...] | str | None = None,
    verdict: Verdict = "guarded",
    requires: tuple[str, ...] | None = (),
    service: str = "shop",
    at: str = "shop/main.py:10",
    because: str | None = None,
) -> Route:
    """`GET /orders/{id:int}` as a route of the shop."""
    method, _, path = name.partition(" ")
    return Route(
        id=ids.route_id(service, method, path),
        key=ids.route_key(service, method, path),
        service=service,
        method=method,
        path=ids.template(path),
        handler="shop.main:handler",
        at=at,
        verdict=verdict,
        because=because,
        binding="signed-in" if isinstance(binding, str) else binding,
        requires=requires,
    )


def map_of(*routes: Route) -> Map:
    """A map of these routes and their services."""
    return Map(services=tuple(Service(name) for name in sorted({one.service for one in routes})), routes=routes)
