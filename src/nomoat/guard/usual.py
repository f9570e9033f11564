"""What is alike in every request of one caller at one route: worked out once, while nothing else has a say in it.

Conditions, blocks, roles for an emergency, extra logging and a policy server each have a say: then nothing here counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from nomoat.guard.asked import Asked
    from nomoat.guard.identity.model import Identity
    from nomoat.guard.loading import Demand, Loaded
    from nomoat.guard.routers.table import Found
    from nomoat.guard.runtime import Runtime
    from nomoat.journal.facts import Outcome, Reason
    from nomoat.journal.forms import DecisionForm
    from nomoat.policy.decide import Answer

#: So many are kept; beyond, they begin anew.
MOST = 4096

#: Of where a request goes, all counts but the path and its parameters, which stand after the key.
_AFTER_PARAMS = 3

Key: TypeAlias = tuple[object, ...]


class Usual(NamedTuple):
    """A decision without what differs from request to request."""

    demand: Demand
    target: str
    method: str
    roles: tuple[str, ...]
    outcome: Outcome
    reason: Reason
    answer: Answer | None
    form: DecisionForm


def key_of(runtime: Runtime, loaded: Loaded, found: Found | None, identity: Identity | None, method: str) -> Key | None:
    """What a decision depends on where it depends on nothing else; None where it may.

    All of it is compared by value: an `identity=` makes each caller anew. Claims are left out, because conditions alone
    read them, and `jti` and `issued_at`, because revocations alone do.
    """
    standing = runtime.standing
    if found is None or found.key is None or loaded.asking is not None or not standing.is_quiet:
        return None
    if identity is None:
        return found.key, found[_AFTER_PARAMS:], method
    # Somebody's own function may give roles in a list, which is no part of a key.
    if type(identity.roles) is not tuple:
        return None
    rest = found[_AFTER_PARAMS:]
    return found.key, rest, method, identity.subject, identity.credential, identity.roles, identity.only


def keep(asked: Asked, key: Key) -> None:
    """Keeps what was decided about a request for the next one alike: what is allowed, by no condition."""
    demand, known = asked.demand, asked.known
    if asked.outcome != "allow" or demand is None or demand.reads:
        return
    usual = asked.loaded.usual
    if len(usual) >= MOST:
        usual.clear()
    usual[key] = Usual(
        demand, known.target, known.method, known.roles, asked.outcome, asked.reason, asked.answer, asked.form()
    )
