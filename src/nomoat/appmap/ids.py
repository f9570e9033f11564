"""Names on the map: `route:<service>/<METHOD> <path>`, `store:<service>/<name>`, `permission:<name>`, `service:<name>`.

Paths come as a framework writes them and leave as templates (`/orders/{order_id}`) and as keys (`/orders/{:int}`).
Joins, bindings and indexes use keys: a parameter's name is no part of equality; a converter that changes matches is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: Methods a route may have on the map; WS is a websocket, ANY a mount whose routes are not known.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "WS", "ANY")
#: Methods that must change nothing (RFC 9110, section 9.2.1).
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))

# Starlette's form: a name, and a converter behind a colon.
_PARAMETER = re.compile(r"\{([^{}:/]*)(?::([^{}]*))?\}")
#: Converters that match what a bare parameter matches.
_PLAIN_CONVERTERS = frozenset(("", "str", "string", "default"))


class RouteID(NamedTuple):
    """The parts of a route's id."""

    service: str
    method: str
    path: str

    def __str__(self) -> str:
        return f"route:{self.service}/{self.method} {self.path}"


def template(path: str) -> str:
    """The path with bare `{name}` parameters: `/orders/{order_id:int}` gives `/orders/{order_id}`."""
    return _PARAMETER.sub(lambda found: "{" + found.group(1) + "}", path)


def path_parameters(path: str) -> tuple[tuple[str, str], ...]:
    """Names and converters of a path, in its order: `/orders/{order_id:int}` gives `(("order_id", "int"),)`."""
    return tuple((found.group(1), (found.group(2) or "").strip()) for found in _PARAMETER.finditer(path))


def path_key(path: str) -> str:
    """What joins: `/orders/{order_id:int}` gives `/orders/{:int}`, `/users/{name}` gives `/users/{}`."""

    def anonymous(found: re.Match[str]) -> str:
        converter = (found.group(2) or "").strip()
        return "{}" if converter in _PLAIN_CONVERTERS else "{:" + converter + "}"

    return _PARAMETER.sub(anonymous, path)


def parameters(path: str) -> tuple[tuple[str, str], ...]:
    """Name and converter of each parameter, in order; the converter is `str` where none is written."""
    return tuple((found.group(1), (found.group(2) or "str").strip()) for found in _PARAMETER.finditer(path))


def route_id(service: str, method: str, path: str) -> str:
    """The id of a route; `path` may carry converters."""
    return f"route:{service}/{method} {template(path)}"


def entry_id(kind: str, service: str, name: str) -> str:
    """The id of a task, a command or a remote procedure: `task:shop/mail.send`."""
    return f"{kind}:{service}/{name}"


def route_key(service: str, method: str, path: str) -> str:
    """The key of a route; `path` must carry its converters, as the framework has them."""
    return f"route:{service}/{method} {path_key(path)}"


def parse_route(text: str) -> RouteID | None:
    """The parts of `route:shop/GET /orders`, or None when the text is no id (or key) of a route."""
    if not text.startswith("route:"):
        return None
    service, slash, rest = text[len("route:") :].partition("/")
    method, space, path = rest.partition(" ")
    if not (service and slash and space and method in METHODS) or (path and not path.startswith(("/", "*"))):
        return None
    return RouteID(service, method, path)


def store_id(service: str, name: str) -> str:
    """The id of a table, bucket or cache of a service."""
    return f"store:{service}/{name}"


def service_id(name: str) -> str:
    """The id of a service."""
    return f"service:{name}"
