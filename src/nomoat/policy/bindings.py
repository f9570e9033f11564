"""What each route of a map demands: the policy's `routes:` first, then what source surely demands, else nothing binds.

Takes a map and a policy; gives `Bindings` by route key, with every disagreement, double key and rule without a route.
A route that nothing binds is denied by whoever asks: `kind` says `unknown` or `unbound`, never an empty demand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from nomoat.appmap import ids
from nomoat.appmap.model import Map, Route
from nomoat.policy.model import Policy, RouteRule

#: From the loosest to the strictest.
Kind: TypeAlias = Literal["public", "signed-in", "permissions", "unbound", "unknown"]
_STRICTNESS: tuple[Kind, ...] = ("public", "signed-in", "permissions", "unbound", "unknown")


@dataclass(frozen=True, slots=True)
class Binding:
    """What one route key demands, and who said so. `routes` are the ids of the map's routes that share the key.

    `requires` is what surely every handler of the key asks guard for; None where that cannot be told.
    """

    kind: Kind
    permissions: tuple[str, ...] = ()
    origin: Literal["policy", "source"] = "source"
    login: bool = False
    decided_in: Literal["", "handler"] = ""
    routes: tuple[str, ...] = ()
    requires: tuple[str, ...] | None = ()
    because: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """`routes:` says something else than source surely does. `looser`: it asks for less than source does."""

    route: Route
    rule: RouteRule
    binding: Binding
    source: Binding
    looser: bool


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A rule of `routes:` that binds nothing, and why."""

    rule: RouteRule
    why: str
    near: tuple[str, ...] = ()


class Bindings:
    """The demand of every route key of a map, and what is odd about them."""

    def __init__(
        self,
        by_key: dict[str, Binding],
        disagreements: tuple[Disagreement, ...],
        duplicates: tuple[tuple[Route, ...], ...],
        unmatched: tuple[Unmatched, ...],
    ) -> None:
        self._by_key = by_key
        self._by_route: dict[str, Binding] = {}
        for binding in by_key.values():
            for route in binding.routes:
                # Routes whose converters alone differ share an id: the strictest speaks for it.
                other = self._by_route.get(route, binding)
                self._by_route[route] = max(other, binding, key=lambda one: _STRICTNESS.index(one.kind))
        self.disagreements = disagreements
        self.duplicates = duplicates
        self.unmatched = unmatched
        self._patterns = [(_pattern(key), key) for key, binding in by_key.items() if not binding.routes]

    def beside_map(self, key: str) -> Binding | None:
        """What a rule with `unmapped` says of a route that is served and that the map lacks; the strictest of several.

        A parameter of the rule stands for any one segment: `POST /{name}/run` is of `/report/run`, made at run time.
        """
        found = [self._by_key[own] for pattern, own in self._patterns if pattern.fullmatch(key)]
        if not found or len({(one.kind, frozenset(one.permissions)) for one in found}) == 1:
            return found[0] if found else None
        exact = self._by_key.get(key)
        if exact is not None and not exact.routes:
            return exact
        return replace(strictest(found), origin="policy", requires=None)

    def of(self, key: str) -> Binding | None:
        """The binding of a route key (`route:shop/GET /orders/{}`); None for a route that the map lacks."""
        return self._by_key.get(key)

    def of_route(self, route_id: str) -> Binding | None:
        """The binding of a route by its id, as a decision names it."""
        return self._by_route.get(route_id)

    def __iter__(self) -> Iterator[tuple[str, Binding]]:
        return iter(self._by_key.items())

    def __len__(self) -> int:
        return len(self._by_key)


def keys_named(drawn: Map, service: str, method: str, path: str) -> list[str]:
    """The keys of the routes that a person may mean: of one service or (empty) of any, converters left out or not."""
    by_key: dict[str, list[Route]] = {}
    loose: dict[str, list[str]] = {}
    for route in drawn.routes:
        by_key.setdefault(route.key, []).append(route)
        loose.setdefault(_without_converters(route), []).append(route.key)
    services = sorted({route.service for route in drawn.routes})
    return _keys_of(RouteRule(service, method, path, "signed-in"), services, by_key, loose, {})


def bind(drawn: Map, policy: Policy) -> Bindings:
    """The bindings of a map under a policy."""
    by_key: dict[str, list[Route]] = {}
    for route in drawn.routes:
        by_key.setdefault(route.key, []).append(route)
    rules, unmatched = _matched(drawn, policy, by_key)
    bound: dict[str, Binding] = {}
    disagreements: list[Disagreement] = []
    for key, routes in by_key.items():
        source = strictest([_of_source(route) for route in routes])
        rule = rules.get(key)
        bound[key] = binding = _complete(source if rule is None else _of_rule(rule), routes)
        if rule is not None:
            disagreements += _disagreeing(rule, binding, routes)
    for key, rule in _beside(drawn, policy, by_key, unmatched):
        bound[key] = replace(_of_rule(rule), requires=None)
    unmatched = tuple(one for one in unmatched if not one.rule.unmapped or one.near)
    duplicates = tuple(tuple(routes) for routes in by_key.values() if len(routes) > 1)
    return Bindings(bound, tuple(disagreements), duplicates, unmatched)


def _beside(
    drawn: Map, policy: Policy, by_key: dict[str, list[Route]], unmatched: tuple[Unmatched, ...]
) -> Iterator[tuple[str, RouteRule]]:
    """The rules that are of routes which no map has, by their keys."""
    services = sorted({service.name for service in drawn.services} | {route.service for route in drawn.routes})
    for one in unmatched:
        rule = one.rule
        if rule.unmapped and not one.near:
            for service in [rule.service] if rule.service else services or policy.services:
                yield ids.route_key(service, rule.method, rule.path), rule


def _pattern(key: str) -> re.Pattern[str]:
    """What the keys of served routes look like that a rule's key stands for."""
    parts = re.split(r"(\{[^}]*\})", key)
    return re.compile("".join(_segment(part) if part.startswith("{") else re.escape(part) for part in parts))


def _segment(parameter: str) -> str:
    return ".+" if parameter == "{:path}" else "[^/]+"


def _of_source(route: Route) -> Binding:
    if route.binding == "signed-in":
        return Binding("signed-in", login=route.login)
    if route.binding:
        return Binding("permissions", route.binding, login=route.login)
    return Binding("unbound" if route.verdict == "unguarded" else "unknown", login=route.login)


def _of_rule(rule: RouteRule) -> Binding:
    kind: Kind = rule.demand if isinstance(rule.demand, str) else "permissions"
    permissions = () if isinstance(rule.demand, str) else rule.demand
    return Binding(kind, permissions, "policy", rule.login, rule.decided_in, because=rule.because, at=rule.at)


def strictest(found: list[Binding]) -> Binding:
    """What several routes demand together: the strictest kind, and every permission of that kind."""
    kind = max((binding.kind for binding in found), key=_STRICTNESS.index)
    permissions = dict.fromkeys(name for binding in found if binding.kind == kind for name in binding.permissions)
    return Binding(kind, tuple(permissions), login=any(binding.login for binding in found))


def _complete(binding: Binding, routes: list[Route]) -> Binding:
    asked = [route.requires for route in routes]
    requires: tuple[str, ...] | None = None
    if None not in asked:
        sets = [set(names or ()) for names in asked]
        requires = tuple(sorted(set.intersection(*sets)))
    return Binding(
        binding.kind, binding.permissions, binding.origin, binding.login, binding.decided_in,
        tuple(dict.fromkeys(route.id for route in routes)), requires, binding.because, binding.at,
    )  # fmt: skip


def _disagreeing(rule: RouteRule, binding: Binding, routes: list[Route]) -> list[Disagreement]:
    found = []
    for route in routes:
        source = _of_source(route)
        if source.kind == "unbound" or (source.kind == "unknown" and route.verdict != "guarded"):
            continue
        if source.kind == "unknown":
            # Somebody is refused there, though not by what can be read: only opening it to everybody contradicts that.
            if binding.kind == "public":
                found.append(Disagreement(route, rule, binding, source, looser=True))
            continue
        if (source.kind, set(source.permissions)) != (binding.kind, set(binding.permissions)):
            found.append(Disagreement(route, rule, binding, source, looser=not _covers(binding, source)))
    return found


def _covers(binding: Binding, source: Binding) -> bool:
    """True when the rule asks for all that source asks for, or more."""
    if source.kind == "permissions":
        return set(source.permissions) <= set(binding.permissions)
    return _STRICTNESS.index(binding.kind) >= _STRICTNESS.index(source.kind)


def _matched(
    drawn: Map, policy: Policy, by_key: dict[str, list[Route]]
) -> tuple[dict[str, RouteRule], tuple[Unmatched, ...]]:
    services = {route.service for route in drawn.routes} | {service.name for service in drawn.services}
    loose: dict[str, list[str]] = {}
    for key, routes in by_key.items():
        loose.setdefault(_without_converters(routes[0]), []).append(key)
    matched: dict[str, RouteRule] = {}
    unmatched: list[Unmatched] = []
    # A rule that names the key itself comes before one that leaves the converter out.
    for rule in sorted(policy.routes, key=lambda rule: not _has_converter(rule)):
        keys = _keys_of(rule, sorted(services), by_key, loose, matched)
        if len(keys) == 1:
            matched[keys[0]] = rule
        else:
            near = tuple(route.id for key in keys for route in by_key[key])
            unmatched.append(Unmatched(rule, _TOO_MANY if keys else _NONE, near))
    return matched, tuple(unmatched)


_NONE = "no route on the map is called so"
_TOO_MANY = "several routes are called so: the rule must name the service, or the converter"


def _keys_of(
    rule: RouteRule,
    services: list[str],
    by_key: dict[str, list[Route]],
    loose: dict[str, list[str]],
    matched: dict[str, RouteRule],
) -> list[str]:
    """The keys a rule may mean: the key itself in each service it may be of, else those that differ in converters."""
    of_service = [rule.service] if rule.service else services
    keys = [ids.route_key(service, rule.method, rule.path) for service in of_service]
    return [key for key in keys if key in by_key] or [
        other for key in keys for other in loose.get(key, ()) if other not in matched
    ]


def _has_converter(rule: RouteRule) -> bool:
    return any(converter != "str" for _, converter in ids.parameters(rule.path))


def _without_converters(route: Route) -> str:
    return ids.route_key(route.service, route.method, ids.template(route.path))
