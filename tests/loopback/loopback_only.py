"""Refuses every connection that leaves this machine: the suite must pass with the network removed."""

from __future__ import annotations

import ipaddress
import sys

_NAMES = frozenset(("localhost", "", "0.0.0.0", "::"))


class LeftTheMachineError(RuntimeError):
    """A test, or what it started, tried to reach another machine."""


def _is_local(host: object) -> bool:
    if host is None:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if text in _NAMES:
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise LeftTheMachineError(f"connect to {address}")
    elif event == "socket.getaddrinfo" and not _is_local(arguments[0]):
        raise LeftTheMachineError(f"look up {arguments[0]!r}")


def install() -> None:
    """Installs the guard in this process, for as long as it lives."""
    sys.addaudithook(_audit)
