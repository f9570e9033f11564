"""Litestar, asked through ASGI."""

from __future__ import annotations

from litestar import Litestar
from litestar.routes import HTTPRoute, WebSocketRoute

from tests.survey.running_asgi import is_refused

__all__ = ["is_refused", "served"]


def served(app: Litestar) -> set[tuple[str, str]]:
    """Method and path of each route; what it answers to OPTIONS by itself is no route of the application."""
    found: set[tuple[str, str]] = set()
    for route in app.routes:
        path = route.path_format
        if isinstance(route, HTTPRoute):
            found |= {(method, path) for method in route.methods if method != "OPTIONS"}
        else:
            found.add(("WS" if isinstance(route, WebSocketRoute) else "ANY", path))
    return found
