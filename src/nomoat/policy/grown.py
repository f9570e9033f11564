"""Which roles only ever grew: each policy that a journal has seen, in the order of its first use.

Somebody needs something once, and nobody dares to take it away. Includes count, conditions do not: a grant that came
with a condition and lost it has grown in another way, which `policy diff` tells.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import NamedTuple

from nomoat.policy.decide import compile_policy
from nomoat.policy.model import Policy


class Grown(NamedTuple):
    """A role that lost nothing in all policies seen, and gained something: what, and since when (RFC 3339)."""

    role: str
    since: str
    before: int
    now: int
    added: tuple[str, ...]


def grown(versions: Iterable[tuple[str, Policy]]) -> tuple[Grown, ...]:
    """The roles of the newest policy that only ever grew, the most grown first.

    Args:
        versions: when each policy was first used, and the policy; the oldest first.
    """
    seen: dict[str, list[tuple[str, frozenset[str]]]] = {}
    newest: dict[str, frozenset[str]] = {}
    for at, policy in versions:
        newest = _permissions(policy)
        for role, names in newest.items():
            history = seen.setdefault(role, [])
            if not history or history[-1][1] != names:
                history.append((at, names))
    found = []
    for role, names in newest.items():
        sets = [each for _, each in seen[role]]
        if len(sets) > 1 and all(before < after for before, after in itertools.pairwise(sets)):
            since = seen[role][0][0]
            found.append(Grown(role, since, len(sets[0]), len(names), tuple(sorted(names - sets[0]))))
    return tuple(sorted(found, key=lambda one: (-len(one.added), one.role)))


def _permissions(policy: Policy) -> dict[str, frozenset[str]]:
    """What each role may, by itself and by what it includes."""
    decider = compile_policy(policy)
    own = {role.name: frozenset(grant.permission for grant in role.grants) for role in policy.roles}
    return {
        role: frozenset(name for one in decider.with_included((role,)) for name in own.get(one, ())) for role in own
    }
