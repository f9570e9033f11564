"""Questions about who holds what: roles nobody holds, duties that are kept apart, and who could give itself more.

Says what map and policy show, and no more: where roles may come from elsewhere, nobody is said to be without.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from nomoat.appmap import ids
from nomoat.appmap.model import Route
from nomoat.policy.bindings import Binding
from nomoat.policy.decide import ROLE_PREFIX, SERVICE_PREFIX, Decider
from nomoat.policy.model import Policy, Separate
from nomoat.policy.observation import Observation
from nomoat.policy.wildcards import meant

#: Stores of which the name says that they hold what somebody may do.
_GRANTS = re.compile(
    r"(?:\A|_)(roles?|permissions?|privileges?|grants?|groups?|memberships?|scopes?|acls?|rights?)\Z", re.I
)
#: Stores of accounts, and inputs that say what an account may do.
_ACCOUNTS = re.compile(r"(?:\A|_)(users?|accounts?|members?|employees?|staff|profiles?)\Z", re.I)
_PRIVILEGE = re.compile(
    r"\A(is_?|user_?|account_?)?(admin|administrator|staff|superuser|role|roles|role_?ids?|permissions?|privileges?"
    r"|access_?level|groups?|scopes?)\Z", re.I
)  # fmt: skip
#: Permissions of which the name says that whoever has it administrates who may what.
_ADMINISTRATES = re.compile(r"admin|super_?user|root|owner|role|permission|grant|privilege|\biam\b|access", re.I)


def unheld(policy: Policy, *, claimed: bool) -> Iterator[Observation]:
    """Roles that nobody is given; `claimed`: some token may bring any role, so that nothing can be known."""
    if claimed:
        return
    assigned = {role for role, _ in policy.assign}
    reached = set(assigned)
    waiting = list(assigned)
    while waiting:
        role = policy.role(waiting.pop())
        fresh = [name for name in role.includes if name not in reached] if role is not None else []
        reached.update(fresh)
        waiting += fresh
    for role in policy.roles:
        if role.name not in reached:
            yield Observation(
                "unheld-role", "warning", ROLE_PREFIX + role.name,
                f"nobody holds role {role.name}: assign: gives it to nobody and no issuer of identity: has roles, so "
                "only the service's own identity= could bring it",
                role.at, "assign it, say roles: claims.roles of the issuer, or remove the role",
            )  # fmt: skip


def together(policy: Policy, decider: Decider) -> Iterator[Observation]:
    """Whoever holds two permissions that `separate:` keeps apart."""
    for rule in policy.separate:
        wrong: set[str] = set()
        for role in policy.roles:
            pair = _pair(rule, _by_role(policy, decider, (role.name,)))
            if pair:
                wrong.add(role.name)
                yield _joined(rule, f"role {role.name}", ROLE_PREFIX + role.name, pair, role.at)
        for glass in policy.break_glass:
            pair = _pair(rule, {grant.permission: grant.at for grant in glass.grants})
            if pair:
                yield _joined(rule, f"break-glass {glass.name}", f"role:break-glass:{glass.name}", pair, glass.at)
        for subject, roles in _subjects(policy).items():
            held = _by_role(policy, decider, roles) | _by_call(policy, subject)
            pair = _pair(rule, held)
            included = set(decider.with_included(roles))
            if pair and not included & wrong:
                yield _joined(rule, subject, subject, pair, rule.at)


def _subjects(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Assigned subjects and calling services, each with its roles."""
    found: dict[str, tuple[str, ...]] = {SERVICE_PREFIX + call.caller: () for call in policy.calls}
    for role, subjects in policy.assign:
        for subject in subjects:
            found[subject] = (*found.get(subject, ()), role)
    return dict(sorted(found.items()))


def _by_role(policy: Policy, decider: Decider, roles: tuple[str, ...]) -> dict[str, str]:
    """Permission to the place of a grant, with the role that it came through."""
    found: dict[str, str] = {}
    for name in decider.with_included(roles):
        role = policy.role(name)
        for grant in role.grants if role is not None else ():
            through = "" if (name,) == roles else f"role {name}, "
            found.setdefault(grant.permission, f"{through}{grant.at}")
    return found


def _by_call(policy: Policy, subject: str) -> dict[str, str]:
    return {
        grant.permission: f"at {call.to}, {grant.at}"
        for call in policy.calls
        if SERVICE_PREFIX + call.caller == subject
        for grant in call.grants
    }


def _pair(rule: Separate, held: dict[str, str]) -> tuple[str, str] | None:
    """The first two permissions that one holder has, each with its place."""
    found = [(name, meant(name, held)) for name in rule.permissions]
    for (one, by), (other, through) in combinations([pair for pair in found if pair[1] in held], 2):
        return f"{one} ({held[by]})", f"{other} ({held[through]})"
    return None


def _joined(rule: Separate, holder: str, target: str, pair: tuple[str, str], at: str) -> Observation:
    return Observation(
        "joined-duties", "error", target,
        f"{holder} may both {pair[0]} and {pair[1]}, which are kept apart ({rule.at}): {rule.because}",
        at, "take one of them away, or give them to two roles",
    )  # fmt: skip


def escalations(policy: Policy, decider: Decider, bound: Iterator[tuple[Route, Binding]]) -> Iterator[Observation]:
    """Routes that write what somebody may do, and roles without anything of an administrator that may use them."""
    everything = policy.permissions
    for route, binding in bound:
        evidence = _evidence(route)
        if not evidence or route.method in ids.SAFE_METHODS or route.method == "WS":
            continue
        if binding.kind == "signed-in":
            yield _escalation(route, binding, "everybody who is signed in", sorted(everything), evidence)
        elif binding.kind == "permissions" and not any(map(_ADMINISTRATES.search, binding.permissions)):
            for role in policy.roles:
                held = set(_by_role(policy, decider, (role.name,)))
                gains = sorted(name for name in everything if meant(name, held) not in held)
                if (
                    all(meant(name, held) in held for name in binding.permissions)
                    and gains
                    and not _ADMINISTRATES.search(role.name)
                ):
                    yield _escalation(route, binding, f"role {role.name}", gains, evidence)


def _evidence(route: Route) -> str:
    """What shows that a route changes what somebody may do; empty where nothing does."""
    for store in route.writes:
        name = store.partition("/")[2]
        if _GRANTS.search(name):
            return f"it writes {name}"
        inputs = [one.name for one in route.parameters if one.location in ("body", "form", "query")]
        given = next((one for one in inputs if _PRIVILEGE.fullmatch(one)), "")
        if given and _ACCOUNTS.search(name):
            return f"it writes {name} and takes {given} from the request"
    return ""


def _escalation(route: Route, binding: Binding, who: str, gains: list[str], evidence: str) -> Observation:
    more = f" and {len(gains) - 3} more" if len(gains) > 3 else ""
    what = f"give itself {', '.join(gains[:3])}{more}" if gains else "change who may what"
    return Observation(
        "self-granting", "warning", route.id,
        f"{who} may {route.method} {route.path}, and {evidence}: where roles are read from there, it can {what}",
        binding.at or route.at,
        "demand a permission of administrators there, and keep it apart (separate:) from what it could give",
    )  # fmt: skip
