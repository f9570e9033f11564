"""Reads the policy's sections of nomoat.yaml: services' names, roles, assign, deny, calls and routes.

Takes `Settings` and gives a `Policy`, or one `PolicyError` with every mistake, each with line and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from nomoat.appmap import ids
from nomoat.datafile import Mapping, Node, Place, Reader, Sequence, Value, did_you_mean
from nomoat.errors import PolicyError, UsageError
from nomoat.policy import conditions, subjects
from nomoat.policy.model import (
    RESERVED,
    CallRule,
    Demand,
    Deny,
    Grant,
    Policy,
    Reviewed,
    Role,
    RouteRule,
    policy_of,
)
from nomoat.settings import Settings, calendar_date

MAX_NAME = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read(settings: Settings) -> Policy:
    """The policy of a file; of an empty one, the policy that grants nothing. Raises PolicyError with every mistake."""
    return _Document(settings).policy()


class _Document:
    """Reads one file; roles are known before anything that names them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader = Reader(PolicyError)
        self._services = tuple(service.name for service in settings.services)
        self._role_names: list[str] = []

    def policy(self) -> Policy:
        roles = self._roles(self._settings.section("roles"))
        policy = policy_of(
            services=self._services,
            roles=roles,
            assign=self._assign(self._settings.section("assign")),
            denies=self._denies(self._settings.section("deny")),
            calls=self._calls(self._settings.section("calls")),
            routes=self._routes(self._settings.section("routes")),
        )
        self._reader.finish()
        return policy

    # -- roles ---------------------------------------------------------------------------------------------------

    def _roles(self, node: Node | None) -> list[Role]:
        section = self._reader.mapping(node, "roles")
        if section is None:
            return []
        self._role_names = list(section.entries)
        roles: list[Role] = []
        for name, value in section.items():
            place = section.key_places[name]
            self._checked_name(name, place, "a role")
            roles.append(self._role(name, value, place))
        self._no_circles(roles, section)
        return roles

    def _role(self, name: str, node: Node, place: Place) -> Role:
        if isinstance(node, Sequence):
            return Role(name, (), self._grants(node, f"role {name}"), None, _at(place))
        if not isinstance(node, Mapping):
            self._reader.mistake(f"role {name} must be a list of permissions", node, f"write {name}: [read, write]")
            return Role(name, at=_at(place))
        self._reader.mapping(node, f"role {name}", known=("includes", "may", "reviewed"))
        includes: list[str] = []
        for item in self._items(node.get("includes"), f"includes of {name}"):
            included = self._reader.text(item, f"each role that {name} includes")
            if included is not None and self._known_role(included, item):
                includes.append(included)
        grants = self._grants(node.get("may"), f"role {name}")
        return Role(name, tuple(includes), grants, self._reviewed(node.get("reviewed"), name), _at(place))

    def _items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list; one text alone counts as a list of one."""
        if isinstance(node, Value) and isinstance(node.data, str):
            return (node,)
        return self._reader.sequence(node, what)

    def _known_role(self, name: str, node: Node) -> bool:
        if name in self._role_names:
            return True
        self._reader.mistake(
            f"unknown role '{name}'", node, did_you_mean(name, self._role_names) or "define it in roles:"
        )
        return False

    def _reviewed(self, node: Node | None, role: str) -> Reviewed | None:
        fields = self._reader.mapping(node, f"reviewed of {role}", known=("by", "on", "every"))
        if fields is None:
            return None
        for needed in ("by", "on"):
            if needed not in fields:
                self._reader.mistake(f"reviewed of {role} has no '{needed}'", fields, "write {by: ana, on: 2026-11-01}")
        by = self._reader.text(fields.get("by"), "by")
        day = calendar_date(fields.get("on"), "on", self._reader)
        every_s = self._reader.duration_s(fields.get("every"), "every")
        return Reviewed(by, day.isoformat(), int(every_s or 0)) if by and day else None

    def _no_circles(self, roles: list[Role], section: Mapping) -> None:
        includes = {role.name: role.includes for role in roles}
        done: set[str] = set()
        for start in includes:
            path: list[str] = []
            waiting: list[tuple[str, int]] = [(start, 0)]
            while waiting:
                name, depth = waiting.pop()
                del path[depth:]
                if name in path:
                    circle = " -> ".join([*path[path.index(name) :], name])
                    self._reader.mistake(
                        f"roles include one another: {circle}", section.key_places[name], "break the circle"
                    )
                    continue
                if name in done:
                    continue
                path.append(name)
                done.add(name)
                waiting.extend((included, depth + 1) for included in includes[name])

    # -- grants and names ----------------------------------------------------------------------------------------

    def _grants(self, node: Node | None, what: str) -> tuple[Grant, ...]:
        grants: dict[Grant, Place] = {}
        for item in self._items(node, f"what {what} may"):
            grant = self._grant(item, what)
            if grant is None:
                continue
            if grant in grants:
                self._reader.mistake(
                    f"{what} may '{grant.permission}' twice (first in line {grants[grant].line})", item, "keep one"
                )
            grants.setdefault(grant, item.place)
        return tuple(grants)

    def _grant(self, node: Node, what: str) -> Grant | None:
        if not isinstance(node, Mapping):
            permission = self._permission(node, f"each permission of {what}")
            return Grant(permission, at=_at(node.place)) if permission else None
        self._reader.mapping(node, f"a grant of {what}", known=("permission", "when"))
        if "permission" not in node:
            self._reader.mistake(f"a grant of {what} names no permission", node, "write {permission: NAME, when: ...}")
        permission = self._permission(node.get("permission"), "permission")
        when = self._condition(node.get("when"))
        return Grant(permission, when, _at(node.place)) if permission and when is not None else None

    def _permission(self, node: Node | None, what: str) -> str | None:
        name = self._reader.text(node, what)
        if name is None or node is None:
            return None
        if name in RESERVED:
            self._reader.mistake(f"'{name}' is no permission", node, "it is what a route demands: write it in routes:")
            return None
        return name if self._checked_name(name, node.place, "a permission") else None

    def _checked_name(self, name: str, place: Place, what: str) -> bool:
        if "*" in name:
            self._reader.mistake(
                f"'{name}': wildcards are not known in this version", place, "names are matched exactly: write each one"
            )
            return False
        if not name.strip() or name != name.strip() or _CONTROL.search(name) or len(name) > MAX_NAME:
            self._reader.mistake(
                f"'{name}' is no name of {what}",
                place,
                f"no spaces at its ends, no control characters, at most {MAX_NAME} characters",
            )
            return False
        return True

    def _condition(self, node: Node | None) -> str | None:
        """The condition's text, empty without one; None after a mistake, so that no grant loses its condition."""
        if node is None:
            return ""
        text = self._reader.text(node, "when")
        if text is None:
            return None
        quoted = isinstance(node, Value) and node.quoted
        place = Place(node.place.file, node.place.line, node.place.column + quoted)
        try:
            return conditions.compile(text, place=place).text
        except PolicyError as error:
            self._reader.problems.extend(error.problems)
            return None

    # -- assign, deny, calls -------------------------------------------------------------------------------------

    def _assign(self, node: Node | None) -> dict[str, tuple[str, ...]]:
        assigned: dict[str, tuple[str, ...]] = {}
        known = subjects.aliases(self._settings)
        section = self._reader.mapping(node, "assign")
        for role, value in section.items() if section is not None else ():
            if role not in self._role_names:
                assert section is not None
                fix = did_you_mean(role, self._role_names) or "define it in roles:"
                self._reader.mistake(f"unknown role '{role}'", section.key_places[role], fix)
            found = (self._subject(item, role, known) for item in self._items(value, f"subjects of {role}"))
            assigned[role] = tuple(subject for subject in found if subject is not None)
        return assigned

    def _subject(self, node: Node, role: str, known: tuple[str, ...]) -> str | None:
        text = self._reader.text(node, f"each subject of {role}")
        if text is None:
            return None
        if text == "anonymous":
            self._reader.mistake("anonymous callers have no roles", node, "say it of the route: public, with because")
            return None
        try:
            return subjects.whole(text, known)
        except UsageError as error:
            self._reader.mistake(error.what, node, error.fix)
            return None

    def _denies(self, node: Node | None) -> list[Deny]:
        rules: list[Deny] = []
        for item in self._reader.sequence(node, "deny"):
            fields = self._reader.mapping(item, "a deny rule", known=("permission", "when", "because"))
            if fields is None:
                continue
            if "permission" not in fields:
                self._reader.mistake("a deny rule names no permission", item, "add permission: NAME")
            when = self._condition(fields.get("when"))
            because = self._reader.text(fields.get("because"), "because") or ""
            for one in self._items(fields.get("permission"), "permission"):
                permission = self._permission(one, "permission")
                if permission is not None and when is not None:
                    rules.append(Deny(permission, when, because, _at(item.place)))
        return rules

    def _calls(self, node: Node | None) -> list[CallRule]:
        rules: list[CallRule] = []
        for item in self._reader.sequence(node, "calls"):
            fields = self._reader.mapping(item, "a call", known=("from", "to", "may"))
            if fields is None:
                continue
            for needed in ("from", "to", "may"):
                if needed not in fields:
                    self._reader.mistake(
                        f"a call has no '{needed}'", item, "write {from: billing, to: shop, may: [...]}"
                    )
            caller = self._service(fields.get("from"), "from")
            to = self._service(fields.get("to"), "to")
            grants = self._grants(fields.get("may"), f"{caller or 'a service'} at {to or 'a service'}")
            if caller and to:
                rules.append(CallRule(caller, to, grants, _at(item.place)))
        return rules

    def _service(self, node: Node | None, what: str) -> str | None:
        name = self._reader.text(node, what)
        if name is None or node is None or self._known_service(name, node.place):
            return name
        return None

    def _known_service(self, name: str, place: Place) -> bool:
        if name in self._services:
            return True
        fix = did_you_mean(name, self._services) or "name it in services:"
        self._reader.mistake(f"unknown service '{name}'", place, fix)
        return False

    # -- routes --------------------------------------------------------------------------------------------------

    def _routes(self, node: Node | None) -> list[RouteRule]:
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
            rules.append(demand(service, method, path, _at(place)))

        self._reader.each(node, "routes", one)
        return rules

    def _route_name(self, key: str, place: Place) -> tuple[str, str, str] | None:
        front, _, path = key.partition(" ")
        service, slash, method = front.rpartition("/")
        before = len(self._reader.problems)
        if not path.startswith("/") or re.search(r"[\s?#]", path) or _CONTROL.search(path):
            self._reader.mistake(f"'{key}' is no route", place, 'write "GET /orders/{id}"')
        elif method not in ids.METHODS:
            near = method.upper() if method.upper() in ids.METHODS else ""
            fix = f"write {near}" if near else did_you_mean(method, ids.METHODS)
            self._reader.mistake(f"unknown method '{method}' in '{key}'", place, fix)
        if slash:
            self._known_service(service, place)
        if len(self._reader.problems) > before:
            return None
        return service or (self._services[0] if len(self._services) == 1 else ""), method, path

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
        items = self._items(node, f"what '{key}' demands")
        if isinstance(node, Sequence) and not items:
            self._reader.mistake(f"'{key}' demands nothing", node, "name a permission, signed-in or public")
        found = [self._permission(item, f"each permission of '{key}'") for item in items]
        return tuple(dict.fromkeys(name for name in found if name is not None)) if None not in found else ()

    def _written_out(self, node: Mapping, key: str) -> Callable[[str, str, str, str], RouteRule] | None:
        before = len(self._reader.problems)
        known = ("permission", "public", "login", "because", "decided_in", "when")
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
        demand = self._demand_of(node, key)
        for part, loosens in (("public", demand == "public"), ("decided_in", bool(decided))):
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
            service, method, path, found, because, login, "handler" if decided else "", at
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


def _at(place: Place) -> str:
    return f"{PurePath(place.file).name}:{place.line}"
