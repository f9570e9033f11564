"""Questions about clauses that change nothing or never hold, and about reviews of single grants.

Grants behind a deny rule or behind a wider grant, conditions that rule themselves out: the policy alone answers them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from nomoat.appmap import ids
from nomoat.policy.cel.canonical import conjuncts
from nomoat.policy.cel.contradiction import why_never
from nomoat.policy.decide import GLASS_PREFIX, ROLE_PREFIX, Decider
from nomoat.policy.model import Deny, Grant, Policy, Role
from nomoat.policy.observation import Observation
from nomoat.policy.wildcards import covering, covers


class _Held(NamedTuple):
    """A grant and who holds it: `role support`, and the target that findings name; `beside` are its other grants."""

    grant: Grant
    holder: str
    target: str
    beside: tuple[Grant, ...]
    role: Role | None = None


def held(policy: Policy) -> Iterator[_Held]:
    """Every grant of every role, call and role for an emergency."""
    for role in policy.roles:
        for grant in role.grants:
            yield _Held(grant, f"role {role.name}", ROLE_PREFIX + role.name, role.grants, role)
    for call in policy.calls:
        for grant in call.grants:
            yield _Held(grant, f"{call.caller} at {call.to}", ids.service_id(call.caller), call.grants)
    for rule in policy.break_glass:
        for grant in rule.grants:
            yield _Held(grant, f"break-glass {rule.name}", ROLE_PREFIX + GLASS_PREFIX + rule.name, rule.grants)


def unreachable(policy: Policy, decider: Decider) -> Iterator[Observation]:
    """Grants and deny rules that never decide anything, each with what makes it so."""
    named = {role.name: _by_name(role.grants) for role in policy.roles}
    for one in held(policy):
        grant = one.grant
        never = why_never(grant.when) if grant.when else ""
        refused = None if never else _refused(policy, grant)
        if never:
            yield _impossible(one, never)
        elif refused is not None:
            yield _denied(one, refused)
        elif (wider := _wider(named, decider, one)) is not None:
            yield _shadowed(one, wider)
    for rule in policy.denies:
        if rule.when and (never := why_never(rule.when)):
            yield Observation(
                "impossible-condition", "error", f"permission:{rule.permission}",
                f"a deny rule of {rule.permission} never holds, so it refuses nobody: {never}",
                rule.at, "correct its condition, or remove the rule",
            )  # fmt: skip


def _refused(policy: Policy, grant: Grant) -> Deny | None:
    """The deny rule that holds wherever a grant does."""
    mine = conjuncts(grant.when)
    return next(
        (rule for rule in policy.denies if covers(rule.permission, grant.permission) and conjuncts(rule.when) <= mine),
        None,
    )


_Named = Mapping[str, tuple[Grant, ...]]


def _by_name(grants: tuple[Grant, ...]) -> _Named:
    found: dict[str, tuple[Grant, ...]] = {}
    for grant in grants:
        found[grant.permission] = (*found.get(grant.permission, ()), grant)
    return found


def _wider(named: Mapping[str, _Named], decider: Decider, one: _Held) -> tuple[Grant, str] | None:
    """A grant of the same holder, or of what its role includes, that holds wherever this one does, and whose it is."""
    mine = conjuncts(one.grant.when)
    if one.role is None:
        holders = [(one.holder, _by_name(one.beside))]
    else:
        included = decider.with_included((one.role.name,))
        holders = [(f"role {name}", named[name]) for name in included if name in named]
    wanted = (one.grant.permission, *covering(one.grant.permission))
    others = ((grant, holder) for holder, grants in holders for name in wanted for grant in grants.get(name, ()))
    for grant, holder in others:
        if grant is one.grant:
            continue
        theirs = conjuncts(grant.when)
        if grant.permission != one.grant.permission and theirs <= mine:
            return grant, holder
        # Of two that are the same in one role, the later one changes nothing.
        if theirs < mine or (theirs == mine and (holder != one.holder or grant < one.grant)):
            return grant, holder
    return None


def _said(one: _Held) -> str:
    return f"{one.holder} may {one.grant.permission}" + (f" when {one.grant.when}" if one.grant.when else "")


def _impossible(one: _Held, never: str) -> Observation:
    return Observation(
        "impossible-condition", "warning", one.target,
        f"{one.holder} may {one.grant.permission} under a condition that never holds: {never}",
        one.grant.at, "correct its condition, or remove the grant",
    )  # fmt: skip


def _denied(one: _Held, rule: Deny) -> Observation:
    when = f" when {rule.when}" if rule.when else " always"
    return Observation(
        "denied-grant", "warning", one.target,
        f"{_said(one)}, and a deny rule refuses it{when} ({rule.at}): the grant never allows anything",
        one.grant.at, "remove the grant, or narrow the deny rule",
    )  # fmt: skip


def _shadowed(one: _Held, wider: tuple[Grant, str]) -> Observation:
    grant, holder = wider
    how = f"when {grant.when}" if grant.when else "always"
    if grant.permission != one.grant.permission:
        how = f"by {grant.permission} {how}"
    whose = "it" if holder == one.holder else holder
    return Observation(
        "shadowed-grant", "warning", one.target,
        f"{_said(one)}, which adds nothing: {whose} may so {how} ({grant.at})",
        one.grant.at, "remove the grant that adds nothing, or the wider one if it was meant to be narrower",
    )  # fmt: skip


def overdue_grants(policy: Policy, *, today: date) -> Iterator[Observation]:
    """Single grants whose review is due."""
    for one in held(policy):
        if one.grant.reviewed is None:
            continue
        since = one.grant.reviewed
        late = days_late(since.on, since.every_s, today)
        if late:
            yield Observation(
                "overdue-review", "warning", one.target,
                f"that {one.holder} may {one.grant.permission} was last reviewed on {since.on} by {since.by}: {late} "
                "overdue",
                one.grant.at, "look at whether it is still needed, then set reviewed.on to today",
            )  # fmt: skip


def days_late(on: str, every_s: int, today: date) -> str:
    """By how much a review is overdue, in words; empty where it is not, or no date is set."""
    late = (today - date.fromisoformat(on)).days - every_s / 86_400 if every_s else 0
    return f"{int(late) or 1} {'day' if late < 2 else 'days'}" if late > 0 else ""
