"""The questions between map and policy: routes that nobody may use, grants that nothing needs, routes nothing binds.

Takes both and the day, gives observations with stable ids; `check` shows the same under the same ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from nomoat.appmap import ids
from nomoat.appmap.model import Map, Route
from nomoat.policy import clauses, duties, zones
from nomoat.policy import devices as devices_section
from nomoat.policy.bindings import Binding, Bindings, bind
from nomoat.policy.decide import ROLE_PREFIX, Decider, compile_policy
from nomoat.policy.model import Policy
from nomoat.policy.observation import Level, Observation
from nomoat.policy.wildcards import covers, is_wildcard

#: Every id, with what it asks.
QUESTIONS: Mapping[str, str] = {
    "ungranted-permission": "does a route demand a permission that nobody has?",
    "unneeded-grant": "is something granted that no route needs?",
    "unbound-route": "is there a route that nothing binds, so that it is denied?",
    "signed-in-only": "may everybody who is signed in use a route?",
    "binding-disagreement": "do routes: and source demand different things?",
    "duplicate-route": "do two routes share one key?",
    "unmatched-route-rule": "does a rule of routes: bind no route?",
    "undecided-deferral": "does a permission depend on a resource that no handler tells?",
    "overdue-review": "is the review of a role or a grant overdue?",
    "shadowed-grant": "does a grant add nothing to a wider one of the same role?",
    "denied-grant": "does a deny rule refuse all that a grant allows?",
    "impossible-condition": "is there a condition that never holds?",
    "unknown-input": "does a condition read of devices what nothing says?",
    "unheld-role": "is there a role that nobody is given?",
    "joined-duties": "does somebody hold two permissions that `separate` keeps apart?",
    "wildcard-grant": "what does a grant with a star grant?",
    "crossing-call": "does a service call another one across zones that may not?",
    "undeclared-call": "does a service call another one that `calls` lets it do nothing at?",
    "unneeded-call": "is there a rule of `calls` between services that do not call one another?",
    "self-granting": "may somebody who is no administrator change who may what?",
}


def ask(
    drawn: Map, policy: Policy, *, today: date, roles_claimed: bool = True, devices: frozenset[str] = frozenset()
) -> tuple[Observation, ...]:
    """Every answer that somebody should look at: errors first, each in the order of the map.

    `roles_claimed`: some token may bring a role (`subjects.may_claim_roles`), so that nobody knows who holds which.
    `devices`: what the file says of devices (`devices.names`).
    """
    asked = _Asked(drawn, policy, bind(drawn, policy))
    decider = compile_policy(policy)
    found = [
        *asked.ungranted(),
        *asked.unmatched(),
        *asked.disagreeing(),
        *asked.undecided(),
        *asked.unbound(),
        *asked.signed_in(),
        *asked.duplicates(),
        *asked.unneeded(),
        *duties.together(policy, decider),
        *clauses.unreachable(policy, decider),
        *devices_section.unknown(policy, devices),
        *asked.wildcards(),
        *zones.calls(drawn, policy),
        *duties.escalations(policy, decider, asked.bound()),
        *duties.unheld(policy, claimed=roles_claimed),
        *overdue(policy, today=today),
    ]
    return tuple(sorted(found, key=lambda one: one.level != "error"))


def overdue(policy: Policy, *, today: date) -> Iterator[Observation]:
    """Roles and grants whose review is due, by `reviewed: {on, every}`."""
    for role in policy.roles:
        since = role.reviewed
        late = clauses.days_late(since.on, since.every_s, today) if since is not None else ""
        if since is not None and late:
            yield Observation(
                "overdue-review", "warning", ROLE_PREFIX + role.name,
                f"role {role.name} was last reviewed on {since.on} by {since.by}: {late} overdue",
                role.at, "look at what it may, then set reviewed.on to today",
            )  # fmt: skip
    yield from clauses.overdue_grants(policy, today=today)


def _beside_map(key: str) -> Route:
    """What stands for the routes that a rule with `unmapped` is of."""
    route = ids.parse_route(key)
    assert route is not None, key
    return Route(key, key, route.service, route.method, route.path, "", "", "unknown", because="no map has it")


class _Asked:
    def __init__(self, drawn: Map, policy: Policy, bindings: Bindings) -> None:
        self._drawn = drawn
        self._policy = policy
        self._bindings = bindings
        self._routes = {route.id: route for route in drawn.routes}
        self._deciders: dict[str, Decider] = {}

    def _decider(self, service: str) -> Decider:
        if service not in self._deciders:
            self._deciders[service] = compile_policy(self._policy, service=service)
        return self._deciders[service]

    def bound(self) -> Iterator[tuple[Route, Binding]]:
        """The first route of each key, with what all of them demand."""
        for key, binding in self._bindings:
            yield self._routes[binding.routes[0]] if binding.routes else _beside_map(key), binding

    def _needed(self) -> tuple[set[str], int]:
        """Every permission that some route or task demands or asks guard for, and how many hide what they ask."""
        needed: set[str] = set()
        hidden = 0
        for route, binding in self.bound():
            needed.update(binding.permissions)
            needed.update(
                name for asked in self._drawn.routes if asked.key == route.key for name in asked.requires or ()
            )
            hidden += binding.requires is None
        for entry in self._drawn.entries:
            needed.update(entry.requires or ())
            hidden += entry.requires is None
        return needed, hidden

    def _asking(self) -> Iterator[tuple[str, str, str, Iterable[str], str]]:
        """What routes and tasks ask for: the id, how it is shown, where it stands, the permissions, and the service."""
        for route, binding in self.bound():
            asked = dict.fromkeys((*binding.permissions, *(binding.requires or ())))
            yield route.id, _shown(route), binding.at or route.at, asked, route.service
        for entry in self._drawn.entries:
            yield entry.id, f"{entry.kind} {entry.name}", entry.at, entry.requires or (), entry.service

    def ungranted(self) -> Iterator[Observation]:
        for target, shown, at, asked, service in self._asking():
            decider = self._decider(service)
            for permission in asked:
                refusing = next((rule.deny for rule in decider.denying(permission) if rule.condition is None), None)
                if not decider.is_granted(permission):
                    yield Observation(
                        "ungranted-permission", "error", target,
                        f"{shown} needs {permission}, and nobody has it: every caller is denied",
                        at, f"grant {permission} to a role, or correct its name",
                    )  # fmt: skip
                elif refusing is not None:
                    yield Observation(
                        "ungranted-permission", "error", target,
                        f"{shown} needs {permission}, and a deny rule refuses it always ({refusing.at}): every "
                        "caller is denied",
                        at, "say when the deny rule holds, or demand another permission",
                    )  # fmt: skip

    def unmatched(self) -> Iterator[Observation]:
        for unmatched in self._bindings.unmatched:
            near = f": {', '.join(unmatched.near)}" if unmatched.near else ""
            rule = unmatched.rule
            yield Observation(
                "unmatched-route-rule", "error", f"route:{rule.name}" if rule.service else rule.name,
                f"routes: decides '{rule.name}', and {unmatched.why}{near}", rule.at,
                "correct method or path, draw the map again, or remove the rule",
            )  # fmt: skip

    def disagreeing(self) -> Iterator[Observation]:
        for found in self._bindings.disagreements:
            level: Level = "error" if found.looser else "warning"
            yield Observation(
                "binding-disagreement", level, found.route.id,
                f"routes: demands {_demand(found.binding)} of {_shown(found.route)}, "
                f"source demands {_demand(found.source)} ({found.route.at})",
                found.rule.at, "make them say the same: source refuses whom it refuses, whatever the policy says",
            )  # fmt: skip

    def undecided(self) -> Iterator[Observation]:
        for route, binding in self.bound():
            decider = self._decider(route.service)
            for permission in binding.permissions:
                if binding.decided_in == "handler" or not decider.may_defer(permission):
                    continue
                if binding.requires is None or permission in binding.requires:
                    if binding.requires is None:
                        yield self._deferral(route, permission, "warning", "whether its handler does cannot be told")
                    continue
                unsafe = route.method not in ids.SAFE_METHODS
                end = "it is refused before the handler runs" if unsafe else "its answer is replaced by a denial"
                yield self._deferral(route, permission, "error", f"its handler never does: {end}")

    def _deferral(self, route: Route, permission: str, level: Level, end: str) -> Observation:
        return Observation(
            "undecided-deferral", level, route.id,
            f"{permission} depends on the resource, so {_shown(route)} must ask for it; {end}",
            route.at, f'guard.require("{permission}", ...) in the handler, with what the condition reads',
        )  # fmt: skip

    def unbound(self) -> Iterator[Observation]:
        open_now = [(route, binding) for route, binding in self.bound() if binding.kind in ("unbound", "unknown")]
        read = {(route.service, route.path) for route, _ in open_now if route.method == "GET"}
        for route, binding in open_now:
            if route.method == "HEAD" and (route.service, route.path) in read:
                continue  # Said once, with GET; a HEAD that is left alone is said by itself.
            why = (
                "nothing refuses an anonymous caller in source" if binding.kind == "unbound" else "source is not clear"
            )
            if binding.kind == "unknown" and route.because:
                why += f" ({route.because})"
            yield Observation(
                "unbound-route", "warning", route.id,
                f"nothing says what is demanded by {_shown(route)}, so guard denies it: {why}",
                route.at, f'decide it in routes:, "{route.method} {route.path}": a permission, signed-in, or public',
            )  # fmt: skip

    def signed_in(self) -> Iterator[Observation]:
        for route, binding in self.bound():
            if binding.kind == "signed-in" and binding.origin == "source":
                own = next((guard for guard in route.guards if guard.kind == "ownership"), None)
                asks = f"; what is the caller's own the handler decides ({own.name}, {own.at})" if own else ""
                yield Observation(
                    "signed-in-only", "warning", route.id,
                    f"everybody who is signed in may use {_shown(route)}: source names no permission{asks}",
                    route.at, f'name a permission, or accept it in routes:, "{route.method} {route.path}": signed-in',
                )  # fmt: skip

    def duplicates(self) -> Iterator[Observation]:
        # Of a registration that could not be read only what is left of the path is known: that may be alike by chance.
        unread = {one.at for one in self._drawn.not_read if not one.analysed}
        for same in self._bindings.duplicates:
            routes = [route for route in same if (route.registered_at or route.at) not in unread]
            if len(routes) < 2:
                continue
            first, *others = routes
            places = ", ".join(dict.fromkeys(route.at for route in routes))
            binding = self._bindings.of(first.key)
            assert binding is not None
            yield Observation(
                "duplicate-route", "warning", first.id,
                f"{len(others) + 1} routes share {_shown(first)} ({places}); all get the strictest: {_demand(binding)}",
                first.at, "remove one: only the first registered ever answers",
            )  # fmt: skip

    def unneeded(self) -> Iterator[Observation]:
        needed, hidden = self._needed()
        askers = "routes and tasks" if any(entry.requires is None for entry in self._drawn.entries) else "routes"
        though = f", though what {hidden} of its {askers} ask for cannot be told" if hidden else ""
        seen: set[tuple[str, str]] = set()
        for one in clauses.held(self._policy):
            permission = one.grant.permission
            is_needed = permission in needed or (
                is_wildcard(permission) and any(covers(permission, name) for name in needed)
            )
            if is_needed or (one.holder, permission) in seen:
                continue
            seen.add((one.holder, permission))
            yield Observation(
                "unneeded-grant", "warning", one.target,
                f"{one.holder} may {permission}, and no route on the map needs it{though}",
                one.grant.at, "remove the grant, or correct its name",
            )  # fmt: skip

    def wildcards(self) -> Iterator[Observation]:
        """What each grant with a star comes down to on this map."""
        demanded = {f"{route.method} {route.path}": binding.permissions for route, binding in self.bound()}
        needed, _ = self._needed()
        names = {name for name in (*self._policy.permissions, *needed) if not is_wildcard(name)}
        for one in clauses.held(self._policy):
            star = one.grant.permission
            if not is_wildcard(star):
                continue
            found = sorted(name for name in names if covers(star, name))
            routes = sorted(shown for shown, asks in demanded.items() if any(covers(star, name) for name in asks))
            when = f" when {one.grant.when}" if one.grant.when else ""
            yield Observation(
                "wildcard-grant", "warning", one.target,
                f"{one.holder} may {star}{when}: that is {', '.join(found) or 'nothing'} now, on {len(routes)} "
                f"{'route' if len(routes) == 1 else 'routes'}{_of(routes)}, and whatever is named so later",
                one.grant.at, "name the permissions that are meant; learn tells which are used",
            )  # fmt: skip


def _of(routes: list[str], *, most: int = 10) -> str:
    if not routes:
        return ""
    more = f" and {len(routes) - most} more" if len(routes) > most else ""
    return f" ({', '.join(routes[:most])}{more})"


def _shown(route: Route) -> str:
    return f"{route.method} {route.path}"


def _demand(binding: Binding) -> str:
    match binding.kind:
        case "permissions":
            return " and ".join(binding.permissions)
        case "unbound":
            return "nothing"
        case "unknown":
            return "something that cannot be read"
        case kind:
            return kind
