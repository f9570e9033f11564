"""The address of whoever calls: the peer, or what a trusted proxy says of it."""

from __future__ import annotations

import ipaddress
from typing import Any, TypeAlias

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(scope: Any, trusted: tuple[_Network, ...]) -> str:
    """The caller's address; empty where there is none (a Unix socket).

    `X-Forwarded-For` counts only where the peer is a trusted proxy, read from the right: the first address that is no
    trusted proxy. What stands further left is whatever the caller claimed.
    """
    peer = scope.get("client")
    address = str(peer[0]) if peer else ""
    if not trusted or not _is_trusted(address, trusted):
        return address
    for claimed in reversed(_forwarded(scope)):
        if not _is_address(claimed):
            # A trusted proxy forwards addresses; anything else cannot be followed further.
            return address
        address = claimed
        if not _is_trusted(claimed, trusted):
            return claimed
    return address


def _forwarded(scope: Any) -> list[str]:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [part.strip() for part in ",".join(values)[:4096].split(",") if part.strip()]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(text: str, trusted: tuple[_Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in trusted)
