"""What becomes allowed or denied from one policy to another, for every class of callers that either of them knows.

A class is a role, a subject that `assign` names, a service that calls another one, whoever is signed in, and anybody.
Order, spelling and names of files change nothing; what the texts of conditions do not prove is tried out (`witness`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from nomoat.appmap.model import Map
from nomoat.policy import witness, zones
from nomoat.policy.access import Access, Reach, Verdict, When, access, when_of
from nomoat.policy.backend import NATIVE
from nomoat.policy.bindings import Bindings, bind
from nomoat.policy.cel.canonical import canonical
from nomoat.policy.decide import GLASS_PREFIX, SERVICE_PREFIX, Decider, compile_policy
from nomoat.policy.limits import LimitRule
from nomoat.policy.loosened import Loosened
from nomoat.policy.model import Policy
from nomoat.policy.wildcards import covers, is_wildcard

#: As many changes are tried out for an example; of the others it is said that nothing was tried.
MOST_SEARCHED = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in words. `target` is a permission, a route's id, or the path of a loosened setting.

    `via` is who holds what is granted (`role customer`), and `service` the one that is called: what many changes that
    come of one line have in common.
    """

    verdict: Verdict
    kind: str
    target: str
    what: str
    who: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    at: str = ""
    routes: tuple[str, ...] = ()
    example: str = ""
    tried: int = 0
    via: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """A class of callers: how it is named, its subject (empty for a role), and its roles in both policies.

    `service` is who is asked, where that matters: only services are granted something at one service.
    """

    name: str
    subject: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    service: str = ""


class Side:
    """One policy with its map and what its file loosens."""

    def __init__(
        self,
        policy: Policy,
        drawn: Map | None,
        loosened: tuple[Loosened, ...] = (),
        *,
        limits: tuple[LimitRule, ...] = (),
        backend: str = NATIVE,
    ) -> None:
        self.policy = policy
        self.drawn = drawn
        self.loosened = loosened
        self.limits = limits
        #: Who is asked instead of the policy, in words.
        self.backend = backend
        self._deciders: dict[str, Decider] = {}

    def decider(self, service: str = "") -> Decider:
        """The decider of a service; empty: what is the same for all."""
        if service not in self._deciders:
            self._deciders[service] = compile_policy(self.policy, service=service)
        return self._deciders[service]

    @cached_property
    def bindings(self) -> Bindings:
        """What the routes of its map demand."""
        return bind(self.drawn or Map(), self.policy)

    def permissions(self, subject: str, roles: tuple[str, ...], service: str) -> set[str]:
        """Every permission that these roles, or this service, are granted under whatever condition."""
        found = {
            grant.permission
            for name in self.decider(service).with_included(roles)
            if (role := self.policy.role(name) or self.policy.glass(name.removeprefix(GLASS_PREFIX))) is not None
            for grant in role.grants
        }
        called = (call for call in self.policy.calls if SERVICE_PREFIX + call.caller == subject and call.to == service)
        return found.union(grant.permission for call in called for grant in call.grants)


class Comparison:
    """Compares two sides; every answer is in one order."""

    def __init__(self, before: Side, after: Side) -> None:
        self.before = before
        self.after = after
        self._searched = 0

    @cached_property
    def callers(self) -> tuple[Caller, ...]:
        """Every role, assigned subject and calling service that either side knows."""
        names = sorted({role.name for side in (self.before, self.after) for role in side.policy.roles})
        found = [
            Caller(
                name,
                before=(name,) if self.before.policy.role(name) else (),
                after=(name,) if self.after.policy.role(name) else (),
            )
            for name in names
        ]
        glass = sorted({rule.name for side in (self.before, self.after) for rule in side.policy.break_glass})
        for name in glass:
            roles = [(GLASS_PREFIX + name,) if side.policy.glass(name) else () for side in (self.before, self.after)]
            found.append(Caller(f"break-glass {name}", before=roles[0], after=roles[1]))
        old, new = self.before.decider(), self.after.decider()
        assigned = {one for side in (self.before, self.after) for _, subjects in side.policy.assign for one in subjects}
        calls = sorted({(call.caller, call.to) for side in (self.before, self.after) for call in side.policy.calls})
        for subject in sorted(assigned):
            if subject not in {SERVICE_PREFIX + caller for caller, _ in calls}:
                found.append(Caller(subject, subject, old.assigned(subject), new.assigned(subject)))
        for caller, to in calls:
            subject = SERVICE_PREFIX + caller
            found.append(Caller(caller, subject, old.assigned(subject), new.assigned(subject), to))
        return tuple(found)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every permission that either policy names or a route of either map demands."""
        sides = (self.before, self.after)
        demanded = {name for side in sides for _, binding in side.bindings for name in binding.permissions}
        denied = {rule.permission for side in sides for rule in side.policy.denies}
        return frozenset(demanded.union(denied, *(side.policy.permissions for side in sides)))

    @cached_property
    def touched(self) -> frozenset[str]:
        """Every permission of which some grant or deny rule differs: for the same roles only these may differ."""
        old, new = (_clauses(side.policy) for side in (self.before, self.after))
        changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        stars = [name for name in changed if is_wildcard(name)]
        return frozenset(changed | {name for name in self.names for star in stars if covers(star, name)})

    def has_same_roles(self, caller: Caller) -> bool:
        """Whether a class of callers has the same roles on both sides, with all that they include."""
        old, new = self.before.decider(caller.service), self.after.decider(caller.service)
        return set(old.with_included(caller.before)) == set(new.with_included(caller.after))

    def reaches(self, caller: Caller, permissions: Iterable[str]) -> tuple[Reach, Reach]:
        """What it takes for a class of callers to be allowed these permissions, on both sides."""
        both = []
        for side, roles in ((self.before, caller.before), (self.after, caller.after)):
            decider = side.decider(caller.service)
            both.append(Reach(tuple((one, access(decider, caller.subject, roles, one)) for one in permissions)))
        return both[0], both[1]

    def example(
        self, caller: Caller, old: tuple[str, ...], new: tuple[str, ...], texts: Iterable[str]
    ) -> witness.Found | None:
        """Requests that come out differently, where such can be found; None where none was tried any more."""
        self._searched += 1
        if self._searched > MOST_SEARCHED:
            return None
        before = witness.Asked(self.before.decider(caller.service), caller.subject, caller.before, old)
        after = witness.Asked(self.after.decider(caller.service), caller.subject, caller.after, new)
        return witness.search(before, after, tuple(sorted({text for text in texts if text})))

    def denied(self, side: Side, permission: str) -> frozenset[When]:
        """The deny rules of a permission, those of a star that covers it among them."""
        return frozenset(map(when_of, side.decider().denying(permission)))

    def granted(self, side: Side, caller: Caller, permission: str) -> frozenset[When]:
        """The grants alone, whatever a deny rule says."""
        roles = caller.before if side is self.before else caller.after
        return frozenset(map(when_of, side.decider(caller.service).granted(caller.subject, roles, permission)))


def _clauses(policy: Policy) -> dict[str, set[tuple[str, str]]]:
    """By permission: who is granted it, or that it is denied, and under which condition."""
    held = [(f"role {role.name}", role.grants) for role in policy.roles]
    held += [(f"break-glass {rule.name}", rule.grants) for rule in policy.break_glass]
    held += [(f"call {call.caller} {call.to}", call.grants) for call in policy.calls]
    found: dict[str, set[tuple[str, str]]] = {}
    for holder, grants in held:
        for grant in grants:
            found.setdefault(grant.permission, set()).add((holder, canonical(grant.when)))
    for rule in policy.denies:
        found.setdefault(rule.permission, set()).add(("deny", canonical(rule.when)))
    return found


def compare(before: Side, after: Side) -> tuple[Change, ...]:
    """Every change: what got weaker first, then what cannot be told, then what got stricter."""
    from nomoat.policy import diff_beside, diff_grants, diff_routes

    comparison = Comparison(before, after)
    found = [
        *diff_grants.granted(comparison),
        *diff_grants.deny_rules(comparison),
        *diff_routes.demands(comparison),
        *_separations(before, after),
        *diff_beside.openers(comparison),
        *diff_beside.limits(before, after),
        *diff_beside.backends(before, after),
        *_crossings(before, after),
        *_loosenings(before, after),
    ]
    rank = {"weaker": 0, "untold": 1, "stricter": 2, "same": 3}
    return tuple(sorted(found, key=lambda one: (rank[one.verdict], one.kind, one.target, one.what)))


def _separations(before: Side, after: Side) -> Iterator[Change]:
    """Duties that are kept apart no more, or newly."""
    old, new = ({rule.permissions: rule for rule in side.policy.separate} for side in (before, after))
    for permissions in sorted(old.keys() | new.keys()):
        if permissions not in new:
            what = f"{listed(permissions)} are kept apart no more; before: {old[permissions].because}"
            yield Change("weaker", "separation", permissions[0], what, before=old[permissions].because)
        elif permissions not in old:
            rule = new[permissions]
            what = f"{listed(permissions)} are kept apart now: {rule.because} ({rule.at})"
            yield Change("stricter", "separation", permissions[0], what, after=rule.because, at=rule.at)


def _crossings(before: Side, after: Side) -> Iterator[Change]:
    """Pairs of services that zones kept from calling one another and do no more, or newly."""
    services = sorted({*before.policy.services, *after.policy.services})
    for caller, to in ((one, other) for one in services for other in services if one != other):
        was, now = (zones.forbidden(side.policy.zones, caller, to) for side in (before, after))
        if bool(was) != bool(now):
            what = (
                f"zones keep {caller} from calling {to} {'now' if now else 'no more'}; before: {was or 'nothing did'}"
            )
            yield Change("stricter" if now else "weaker", "zone", caller, what, (caller,), was, now)


def _loosenings(before: Side, after: Side) -> Iterator[Change]:
    """Secure defaults that are loosened anew, for longer, or no more; those of routes are told as demands."""
    old, new = (
        {one.what: one for one in side.loosened if not one.what.startswith("routes:")} for side in (before, after)
    )
    for what in sorted(old.keys() | new.keys()):
        was, now = old.get(what), new.get(what)
        if was is None and now is not None:
            yield Change(
                "weaker", "loosening", what, f"{what} is loosened now, {_end(now)}: '{now.because}' ({_at(now)})",
                after=_end(now), at=_at(now),
            )  # fmt: skip
        elif now is None and was is not None:
            yield Change("stricter", "loosening", what, f"{what} is loosened no more", before=_end(was))
        elif was is not None and now is not None and was.until != now.until:
            longer = not now.until or (bool(was.until) and now.until > was.until)
            yield Change(
                "weaker" if longer else "stricter", "loosening", what,
                f"{what} is loosened {_end(now)}; before: {_end(was)} ({_at(now)})", (), _end(was), _end(now), _at(now),
            )  # fmt: skip


def _end(one: Loosened) -> str:
    return f"until {one.until}" if one.until else "without an end"


def _at(one: Loosened) -> str:
    """`nomoat.yaml:13`: as grants have it, whatever folder the file is in."""
    return ":".join(PurePath(one.at).name.split(":")[:2])


def listed(names: Iterable[str], *, most: int = 6) -> str:
    """`a, b and c`; of many, the first and how many more."""
    found = list(dict.fromkeys(names))
    if len(found) > most:
        found = [*found[: most - 1], f"{len(found) - most + 1} more"]
    return f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found)


def words(one: Access) -> str:
    """An access as a reviewer reads it: `always`, `only when A or when B`, `always, unless C`, `never`."""
    if one.is_denied:
        return "never"
    grants = sorted(one.grants)
    said = "always" if not grants[0].canonical else "only " + " or ".join(f"when {grant.text}" for grant in grants)
    unless = " or ".join(rule.text for rule in sorted(one.denies))
    return f"{said}{', unless ' if unless else ''}{unless}"


def told(found: witness.Found | None, verdict: Verdict) -> tuple[Verdict, str, int]:
    """The verdict after trying, the example in words, and how many were tried."""
    if found is None:
        return verdict, "not tried: there are too many changes", 0
    said = [
        f"{change} for example where {_request(request)}"
        for change, request in (("newly allowed", found.newly_allowed), ("newly denied", found.newly_denied))
        if request is not None
    ]
    if found.newly_allowed is not None:
        verdict = "weaker"
    return verdict, "; ".join(said) or f"no difference found among {found.tried:,} requests tried", found.tried


def _request(request: object) -> str:
    assert isinstance(request, dict)
    shown = {name: value for name, value in request.items() if name != "subject.sub" or "subject.id" not in request}
    return ", ".join(f"{name} is {_shown(value)}" for name, value in sorted(shown.items())) or "nothing is given"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
