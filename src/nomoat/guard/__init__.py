"""guard: decides on every request of a running service, by the policy, and records each decision.

    from nomoat.guard import protect
    protect(app, mode="audit")      # later: mode="enforce"

Django: `"nomoat.guard.DjangoGuard"` as the last of MIDDLEWARE.
Where guard does not know the framework: `WSGIGuard(app)`, for ASGI `Guard(app)`; they go by the map alone.
Above a handler, instead of a line in nomoat.yaml: `@guard.requires("orders:read")`.
In a handler whose permission depends on the object: `guard.require("orders:read", owner=order.owner)`, and
for a list `select(Order).where(guard.filter("orders:read", Order))`.
Work that a handler leaves to others runs as its caller: `background.add_task(guard.carry(send), order)`.
Names are loaded when they are first used: importing this module costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nomoat.guard.asgi import Guard
    from nomoat.guard.asked import Denied
    from nomoat.guard.asking import filter, may, only, require
    from nomoat.guard.identity.model import Identity
    from nomoat.guard.on_django import DjangoGuard
    from nomoat.guard.on_litestar import LitestarGuard
    from nomoat.guard.on_wsgi import WSGIGuard
    from nomoat.guard.outbound import OutboundError, outbound
    from nomoat.guard.protecting import protect
    from nomoat.guard.requiring import requires
    from nomoat.guard.service_token import ServiceToken, ServiceTokenError
    from nomoat.guard.tasks.carrying import as_service, carry

__all__ = [
    "Denied", "DjangoGuard", "Guard", "Identity", "LitestarGuard", "OutboundError", "ServiceToken", "ServiceTokenError",
    "WSGIGuard", "as_service", "carry", "filter", "may", "only", "outbound", "protect", "require", "requires",
]  # fmt: skip

_HOMES = {
    "Denied": "nomoat.guard.asked",
    "DjangoGuard": "nomoat.guard.on_django",
    "Guard": "nomoat.guard.asgi",
    "as_service": "nomoat.guard.tasks.carrying",
    "carry": "nomoat.guard.tasks.carrying",
    "Identity": "nomoat.guard.identity.model",
    "filter": "nomoat.guard.asking",
    "may": "nomoat.guard.asking",
    "only": "nomoat.guard.asking",
    "LitestarGuard": "nomoat.guard.on_litestar",
    "OutboundError": "nomoat.guard.outbound",
    "outbound": "nomoat.guard.outbound",
    "protect": "nomoat.guard.protecting",
    "require": "nomoat.guard.asking",
    "requires": "nomoat.guard.requiring",
    "ServiceToken": "nomoat.guard.service_token",
    "ServiceTokenError": "nomoat.guard.service_token",
    "WSGIGuard": "nomoat.guard.on_wsgi",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nomoat.guard' has no attribute '{name}'")
    import importlib

    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
