"""Who calls while a test says so (`nomoat.guard.testing`); otherwise nobody stands in and nothing here is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nomoat.guard.identity.model import Identity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nomoat.guard.issuers import IssuerSettings


class StandIn(NamedTuple):
    """A caller as a test names it. No name: nobody."""

    name: str
    roles: tuple[str, ...]
    claims: tuple[tuple[str, object], ...] = ()
    issued_at: float = 0
    only: frozenset[str] | None = None


#: Those that stand in now, the innermost last. Only `nomoat.guard.testing` puts somebody here, and takes them away.
standing: list[StandIn] = []


def identity(issuers: Iterable[IssuerSettings]) -> Identity | None:
    """The caller whom the innermost test names, under the alias of the service's own users."""
    name, roles, claims, issued_at, only = standing[-1]
    if not name:
        return None
    if ":" not in name:
        alias = next((one.alias for one in issuers if one.kind == "user"), "local")
        name = f"user:{alias}/{name}"
    return Identity(name, roles, claims=dict(claims), issued_at=issued_at, only=only)
