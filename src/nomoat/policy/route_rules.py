"""Reads `routes:` of nomoat.yaml: what a person decided that a route demands."""

from __future__ import annotations

import re
from collections.abc import Callable

from nomoat.appmap import ids
from nomoat.datafile import Mapping, Node, Place, Reader, Sequence, Value, did_you_mean
from nomoat.policy.model import Demand, RouteRule
from nomoat.policy.names import CONTROL, Names, place_of


class RouteRules:
    """Reads the section with the reader and the names of the whole document."""

    def __init__(self, reader: Reader, names: Names) -> None:
        self._reader = reader
        self._names = names

    def read(self, node: Node | None) -> list[RouteRule]:
        """Every rule that has no mistake."""
        rules: list[RouteRule] = []
        seen: dict[tuple[str, str, str], Place] = {}

        def one(key: str, value: Node, place: Place) -> None:
            name = self._route_name(key, place)
            demand = self._demand(value, key, place)
            if name is None or demand is None:
                return
            service, method, path = name
            same = (service, method, ids.path_key(path))
            if same in seen:
                self._reader.mistake(
                    f"'{key}' is decided twice (first in line {seen[same].line}): names of parameters do not count",
                    place,
                    "keep one",
                )
            seen.setdefault(same, place)
            rules.append(demand(service, method, path, place_of(place)))

        self._reader.each(node, "routes", one)
        return rules

    def _route_name(self, key: str, place: Place) -> tuple[str, str, str] | None:
        front, _, path = key.partition(" ")
        service, slash, method = front.rpartition("/")
        before = len(self._reader.problems)
        if not path.startswith("/") or re.search(r"[\s?#]", path) or CONTROL.search(path):
            self._reader.mistake(f"'{key}' is no route", place, 'write "GET /orders/{id}"')
        elif method not in ids.METHODS:
            near = method.upper() if method.upper() in ids.METHODS else ""
            fix = f"write {near}" if near else did_you_mean(method, ids.METHODS)
            self._reader.mistake(f"unknown method '{method}' in '{key}'", place, fix)
        if slash:
            self._names.known_service(service, place)
        if len(self._reader.problems) > before:
            return None
        return service or (self._names.services[0] if len(self._names.services) == 1 else ""), method, path

    def _demand(self, node: Node, key: str, place: Place) -> Callable[[str, str, str, str], RouteRule] | None:
        if isinstance(node, Mapping):
            return self._written_out(node, key)
        if isinstance(node, Value) and node.data == "public":
            self._reader.mistake(
                f"'{key}' is public and does not say why", node, 'write {public: true, because: "..."}'
            )
            return None
        if isinstance(node, Value) and node.data == "signed-in":
            return lambda service, method, path, at: RouteRule(service, method, path, "signed-in", at=at)
        permissions = self._permissions(node, key)
        if not permissions:
            return None
        return lambda service, method, path, at: RouteRule(service, method, path, permissions, at=at)

    def _permissions(self, node: Node, key: str) -> tuple[str, ...]:
        items = self._names.items(node, f"what '{key}' demands")
        if isinstance(node, Sequence) and not items:
            self._reader.mistake(f"'{key}' demands nothing", node, "name a permission, signed-in or public")
        found = [self._names.permission(item, f"each permission of '{key}'") for item in items]
        return tuple(dict.fromkeys(name for name in found if name is not None)) if None not in found else ()

    def _written_out(self, node: Mapping, key: str) -> Callable[[str, str, str, str], RouteRule] | None:
        before = len(self._reader.problems)
        known = ("permission", "public", "login", "because", "decided_in", "unmapped", "when")
        self._reader.mapping(node, f"'{key}'", known=known)
        if "when" in node:
            self._reader.mistake(
                f"'{key}' has a condition",
                node.key_places["when"],
                "conditions stand with the grant: in roles: or deny:",
            )
        because = self._reader.text(node.get("because"), "because") or ""
        login = self._reader.boolean(node.get("login"), "login") or False
        decided = self._reader.choice(node.get("decided_in"), "decided_in", ("handler",))
        unmapped = self._reader.boolean(node.get("unmapped"), "unmapped") or False
        demand = self._demand_of(node, key)
        for part, loosens in (("public", demand == "public"), ("decided_in", bool(decided)), ("unmapped", unmapped)):
            if loosens and not because:
                self._reader.mistake(f"'{key}' is loosened by {part} and does not say why", node, 'add because: "..."')
        if decided and demand == "public":
            self._reader.mistake(
                f"'{key}' is public: its handler decides nothing", node, "name the permission it decides"
            )
        if demand is None or len(self._reader.problems) > before:
            return None
        found = demand
        return lambda service, method, path, at: RouteRule(
            service, method, path, found, because, login, "handler" if decided else "", at, unmapped
        )

    def _demand_of(self, node: Mapping, key: str) -> Demand | None:
        public = self._reader.boolean(node.get("public"), "public")
        permission = node.get("permission")
        if public is False:
            self._reader.mistake(
                "public: false says nothing", node.key_places["public"], "name a permission, or leave it out"
            )
            return None
        if (public is None) == (permission is None):
            if public is not None or "public" not in node:
                self._reader.mistake(
                    f"'{key}' needs either permission or public", node, 'write {permission: NAME, because: "..."}'
                )
            return None
        if permission is None:
            return "public"
        if isinstance(permission, Value) and permission.data == "signed-in":
            return "signed-in"
        return self._permissions(permission, key) or None
