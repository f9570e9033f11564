"""For the tests of a guarded service: who calls, without tokens and keys.

from nomoat.guard.testing import as_user

def test_admins_may_export(client):
    with as_user("ana", roles=["admin"]):
        assert client.get("/admin/export").status_code == 200
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nomoat.guard import opening
from nomoat.guard.identity import stand_in
from nomoat.guard.identity.stand_in import StandIn


@contextmanager
def as_user(
    name: str, *, roles: Iterable[str] = (), only: Iterable[str] | None = None, **claims: object
) -> Iterator[None]:
    """Every request of this process comes from this user, whatever credential it shows, until the block ends.

    Args:
        name: `ana` (a user of the service's first issuer), or a whole subject: `user:main/ana`, `service:billing`.
        roles: the roles that the user's token would claim.
        only: the permissions that its credential is limited to; None: no limit.
        claims: what else it would claim, for conditions that read `subject.<name>`.
    """
    limit = None if only is None else frozenset(only)
    with _standing_in(StandIn(name, tuple(roles), tuple(claims.items()), time.time(), limit)):
        yield


@contextmanager
def as_nobody() -> Iterator[None]:
    """Every request is anonymous, whatever credential it shows."""
    with _standing_in(StandIn("", ())):
        yield


@contextmanager
def journal_in_memory() -> Iterator[None]:
    """Applications that start inside keep their journal in memory: tests leave no decisions in the real one."""
    opening.urls.append("memory:")
    try:
        yield
    finally:
        opening.urls.pop()


@contextmanager
def _standing_in(one: StandIn) -> Iterator[None]:
    stand_in.standing.append(one)
    try:
        yield
    finally:
        stand_in.standing.remove(one)
