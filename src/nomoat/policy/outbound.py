"""Which hosts a service may call: those that its map declares, and those that a person added in `outbound:`.

outbound:
  - {host: api.stripe.com, because: "its name stands in a setting of the cluster"}
  - {host: "*.internal.example", because: "found by name at run time"}
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from nomoat.appmap.model import Map
from nomoat.datafile import Node, Reader

#: Why a host may be called: source does it, or a person said so.
Ground: TypeAlias = Literal["declared", "listed"]

_HOST = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?(:\d{1,5})?\Z|\[[0-9a-f:.]+\](:\d{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class Listed:
    """A host that a person added: `api.stripe.com`, `billing:8000`, or `*.example.org` for all below a domain."""

    host: str
    because: str
    at: str = ""


def read(node: Node | None, reader: Reader) -> tuple[Listed, ...]:
    """The section; mistakes go to the reader."""
    found: list[Listed] = []
    for one in reader.sequence(node, "outbound"):
        fields = reader.mapping(one, "a host", known=("host", "because"))
        if fields is None:
            continue
        host = (reader.text(fields.get("host"), "host") or "").lower().rstrip(".")
        because = reader.text(fields.get("because"), "because") or ""
        if not _HOST.match(host):
            reader.mistake(f"'{host}' is no host", fields.get("host") or one, "write api.example.org, or *.example.org")
        elif host.startswith("*.") and "." not in host[2:]:
            reader.mistake(f"{host} is a whole top-level domain", fields.get("host") or one, "name the domain below it")
        elif not because:
            reader.mistake(f"{host} does not say why", one, 'add because: "..."')
        else:
            found.append(Listed(host, because, str(one.place)))
    return tuple(found)


class Hosts:
    """The hosts that one service may call."""

    def __init__(
        self, drawn: Map, service: str, listed: tuple[Listed, ...] = (), *, environment: Mapping[str, str] = os.environ
    ) -> None:
        """`environment` resolves what the map knows by the name of a setting alone."""
        named = [
            (call.host, call.setting) for route in drawn.routes if route.service == service for call in route.calls
        ]
        named += [
            (call.host, call.setting) for entry in drawn.entries if entry.service == service for call in entry.calls
        ]
        edges = [edge for edge in drawn.edges if edge.caller == service]
        # What a manifest sets at one place, the process's own environment may set at another.
        settings = {setting for host, setting in named if not host} | {edge.setting for edge in edges}
        found = {_plain(host) for host in (*(host for host, _ in named), *(edge.host for edge in edges)) if host}
        found |= {_plain(environment[setting]) for setting in settings if environment.get(setting)}
        self._declared = frozenset(found - {""})
        led = {_plain(edge.host) for edge in edges if edge.host}
        led |= {_plain(environment[edge.setting]) for edge in edges if environment.get(edge.setting)}
        self._services = frozenset(led - {""})
        self._listed = frozenset(one.host for one in listed if not one.host.startswith("*."))
        self._below = tuple(one.host[1:] for one in listed if one.host.startswith("*."))

    def is_service(self, host: str, port: int) -> bool:
        """True where an edge of the map leads: another service of the same map, and nobody else's."""
        plain = host.lower().rstrip(".")
        return f"{plain}:{port}" in self._services or (port in (80, 443) and plain in self._services)

    def ground(self, host: str, port: int) -> Ground | None:
        """Why this host (ASCII; an IPv6 address in brackets) may be called at this port; None: nobody says it may."""
        plain = host.lower().rstrip(".")
        # A host without a port is meant at those of the web.
        both = (plain, f"{plain}:{port}") if port in (80, 443) else (f"{plain}:{port}",)
        if any(one in self._declared for one in both):
            return "declared"
        if any(one in self._listed for one in both) or (port in (80, 443) and plain.endswith(self._below)):
            return "listed"
        return None


def _plain(text: str) -> str:
    """`host` or `host:port` of an address or URL, in small letters."""
    text = text.strip()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return ""
    if ":" in host:
        host = f"[{host}]"
    # A URL's own default says nothing more than its host.
    return f"{host}:{port}" if port is not None and port not in (80, 443) else host
