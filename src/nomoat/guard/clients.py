"""The address of whoever calls: the peer, or what a trusted proxy says of it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

#: So much of `X-Forwarded-For` is read, from its end.
_MAX_FORWARDED = 4096


def client_address(scope: Any, trusted: tuple[Network, ...]) -> str:
    """The caller's address; empty where there is none (a Unix socket).

    `X-Forwarded-For` counts only where the peer is a trusted proxy, read from the right: the first address that is no
    trusted proxy. What stands further left is whatever the caller claimed.
    """
    peer = scope.get("client")
    address = _spelled(str(peer[0])) if peer else ""
    if not trusted or not is_trusted(address, trusted):
        return address
    for claimed in reversed(_forwarded(scope)):
        if parsed(claimed) is None:
            # A trusted proxy forwards addresses; anything else cannot be followed further.
            return address
        address = _spelled(claimed)
        if not is_trusted(address, trusted):
            return address
    return address


def _forwarded(scope: Any) -> list[str]:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    # The proxy's own entry stands at the end: whatever a caller puts in front must not push it out.
    text = ",".join(values)
    parts = text[-_MAX_FORWARDED:].split(",")
    return [part.strip() for part in (parts[1:] if len(text) > _MAX_FORWARDED else parts) if part.strip()]


@lru_cache(maxsize=4096)
def parsed(text: str) -> _Address | None:
    """An address in its one form: IPv4 inside IPv6 (RFC 4291, 2.5.5.2) is IPv4, without a zone (RFC 4007, 11)."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=4096)
def _spelled(text: str) -> str:
    found = parsed(text)
    return text if found is None else str(found)


def is_trusted(text: str, trusted: tuple[Network, ...]) -> bool:
    """True for the address of a trusted proxy; what is no address is none."""
    address = parsed(text)
    return address is not None and any(address in network for network in trusted)
