"""Whether two policies demand different things of one route, as a recorded decision names it.

With a map, both are bound to it; without one, only what `routes:` says of the route is compared.
"""

from __future__ import annotations

from typing import TypeAlias

from nomoat.appmap import ids
from nomoat.appmap.model import Map
from nomoat.policy.bindings import Bindings, bind
from nomoat.policy.model import Demand, Policy

#: A demand, or `denied` where nothing binds the route.
Known: TypeAlias = Demand | str


class Demands:
    """Compares what policies demand of routes; each policy is bound once."""

    def __init__(self, drawn: Map | None) -> None:
        self._drawn = drawn
        self._bound: dict[str, Bindings] = {}
        self._rules: dict[str, dict[str, Demand]] = {}
        self._compared: dict[tuple[str, str, str], tuple[bool, Known | None]] = {}

    def changed(self, old: Policy | None, new: Policy, target: str) -> tuple[bool, Known | None]:
        """Whether `new` demands something else of a route than `old`, and what; None where only source could say."""
        if old is None:
            rule = self._rule(new, target)
            return rule is not None, rule
        key = (old.hash, new.hash, target)
        if key not in self._compared:
            before, after = self._of(old, target), self._of(new, target)
            self._compared[key] = (before != after, after)
        return self._compared[key]

    def _of(self, policy: Policy, target: str) -> Known | None:
        if self._drawn is None:
            return self._rule(policy, target)
        if policy.hash not in self._bound:
            self._bound[policy.hash] = bind(self._drawn, policy)
        binding = self._bound[policy.hash].of_route(target)
        if binding is None:
            return self._rule(policy, target)
        if binding.kind == "permissions":
            return binding.permissions
        return "denied" if binding.kind in ("unbound", "unknown") else binding.kind

    def _rule(self, policy: Policy, target: str) -> Demand | None:
        rules = self._rules.get(policy.hash)
        if rules is None:
            rules = {_loose(rule.service, rule.method, rule.path): rule.demand for rule in policy.routes}
            self._rules[policy.hash] = rules
        route = ids.parse_route(target)
        if route is None:
            return None
        exact = rules.get(_loose(route.service, route.method, route.path))
        return exact if exact is not None else rules.get(_loose("", route.method, route.path))


def _loose(service: str, method: str, path: str) -> str:
    return ids.route_key(service, method, ids.template(path))
