"""Reads the policy's sections of nomoat.yaml: services' names, roles, assign, deny, step_up, calls, zones,
separate, break_glass and routes.

Takes `Settings` and gives a `Policy`, or one `PolicyError` with every mistake, each with line and column.
"""

from __future__ import annotations

import re

from nomoat.datafile import Mapping, Node, Place, Reader, Sequence, Value, did_you_mean
from nomoat.errors import PolicyError, UsageError
from nomoat.policy import conditions, subjects, zones
from nomoat.policy.decide import GLASS_PREFIX
from nomoat.policy.model import (
    BreakGlass,
    CallRule,
    Deny,
    Grant,
    Policy,
    Reviewed,
    Role,
    Separate,
    policy_of,
)
from nomoat.policy.names import Names, place_of
from nomoat.policy.route_rules import RouteRules
from nomoat.policy.step_up import StepUp, is_acr
from nomoat.settings import Settings, calendar_date

MAX_NAME = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

#: An emergency that lasts longer is the usual state: then it is a role.
MAX_GLASS_S = 24 * 3600


def read(settings: Settings) -> Policy:
    """The policy of a file; of an empty one, the policy that grants nothing. Raises PolicyError with every mistake."""
    return _Document(settings).policy()


class _Document:
    """Reads one file; roles are known before anything that names them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader = Reader(PolicyError)
        self._services = tuple(service.name for service in settings.services)
        self._names = Names(self._reader, self._services)
        self._role_names: list[str] = []
        self._called: list[tuple[CallRule, Node]] = []

    def policy(self) -> Policy:
        roles = self._roles(self._settings.section("roles"))
        policy = policy_of(
            services=self._services,
            roles=roles,
            assign=self._assign(self._settings.section("assign")),
            denies=[
                *self._denies(self._settings.section("deny")),
                *self._step_ups(self._settings.section("step_up")),
            ],
            calls=self._calls(self._settings.section("calls")),
            routes=RouteRules(self._reader, self._names).read(self._settings.section("routes")),
            zones=zones.read(self._settings.section("zones"), self._reader, self._names),
            separate=self._separate(self._settings.section("separate")),
            break_glass=self._break_glass(self._settings.section("break_glass")),
        )
        zones.check_calls(policy.zones, self._called, self._reader)
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
            if self._names.checked(name, place, "a role") and name.startswith(GLASS_PREFIX):
                self._reader.mistake(f"'{name}' is no name of a role", place, "write it in break_glass:")
            roles.append(self._role(name, value, place))
        self._no_circles(roles, section)
        return roles

    def _role(self, name: str, node: Node, place: Place) -> Role:
        if isinstance(node, Sequence):
            return Role(name, (), self._grants(node, f"role {name}"), None, place_of(place))
        if not isinstance(node, Mapping):
            self._reader.mistake(f"role {name} must be a list of permissions", node, f"write {name}: [read, write]")
            return Role(name, at=place_of(place))
        self._reader.mapping(node, f"role {name}", known=("includes", "may", "reviewed"))
        includes: list[str] = []
        for item in self._names.items(node.get("includes"), f"includes of {name}"):
            included = self._reader.text(item, f"each role that {name} includes")
            if included is not None and self._known_role(included, item):
                includes.append(included)
        grants = self._grants(node.get("may"), f"role {name}")
        return Role(name, tuple(includes), grants, self._reviewed(node.get("reviewed"), name), place_of(place))

    def _known_role(self, name: str, node: Node) -> bool:
        if name in self._role_names:
            return True
        self._reader.mistake(
            f"unknown role '{name}'", node, did_you_mean(name, self._role_names) or "define it in roles:"
        )
        return False

    def _reviewed(self, node: Node | None, what: str) -> Reviewed | None:
        fields = self._reader.mapping(node, f"reviewed of {what}", known=("by", "on", "every"))
        if fields is None:
            return None
        for needed in ("by", "on"):
            if needed not in fields:
                self._reader.mistake(f"reviewed of {what} has no '{needed}'", fields, "write {by: ana, on: 2026-11-01}")
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
        for item in self._names.items(node, f"what {what} may"):
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
            permission = self._names.permission(node, f"each permission of {what}", star=True)
            return Grant(permission, at=place_of(node.place)) if permission else None
        self._reader.mapping(node, f"a grant of {what}", known=("permission", "when", "reviewed"))
        if "permission" not in node:
            self._reader.mistake(f"a grant of {what} names no permission", node, "write {permission: NAME, when: ...}")
        permission = self._names.permission(node.get("permission"), "permission", star=True)
        when = self._condition(node.get("when"))
        reviewed = self._reviewed(node.get("reviewed"), f"'{permission}' of {what}")
        return Grant(permission, when, place_of(node.place), reviewed) if permission and when is not None else None

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
            found = (self._subject(item, role, known) for item in self._names.items(value, f"subjects of {role}"))
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
            for one in self._names.items(fields.get("permission"), "permission"):
                permission = self._names.permission(one, "permission", star=True)
                if permission is not None and when is not None:
                    rules.append(Deny(permission, when, because, place_of(item.place)))
        return rules

    def _step_ups(self, node: Node | None) -> list[Deny]:
        rules: list[Deny] = []
        for item in self._reader.sequence(node, "step_up"):
            fields = self._reader.mapping(item, "a step-up", known=("permission", "within", "acr", "because"))
            if fields is None:
                continue
            asked = self._step_up(fields)
            because = self._reader.text(fields.get("because"), "because") or ""
            if "permission" not in fields:
                self._reader.mistake("a step-up names no permission", item, "add permission: NAME")
            for one in self._names.items(fields.get("permission"), "permission"):
                permission = self._names.permission(one, "permission", star=True)
                if permission is not None and asked:
                    rules.append(Deny(permission, asked.condition, because, place_of(item.place), asked))
        return rules

    def _step_up(self, fields: Mapping) -> StepUp:
        within_s = self._reader.duration_s(fields.get("within"), "within")
        if within_s is not None and (within_s < 1 or within_s != int(within_s)):
            self._reader.mistake("within is no whole number of seconds", fields.get("within") or fields, "within: 15m")
        acr = self._reader.texts(fields.get("acr"), "acr")
        for name in acr:
            if not is_acr(name):
                self._reader.mistake(f"'{name}' is no means to sign in by", fields.get("acr") or fields, "acr: [gold]")
        if "within" not in fields and "acr" not in fields:
            self._reader.mistake("a step-up asks for nothing", fields, "add within: 15m, or acr: [gold]")
        return StepUp(int(within_s or 0), acr)

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
            caller = self._names.service(fields.get("from"), "from")
            to = self._names.service(fields.get("to"), "to")
            grants = self._grants(fields.get("may"), f"{caller or 'a service'} at {to or 'a service'}")
            if caller and to:
                rules.append(CallRule(caller, to, grants, place_of(item.place)))
                self._called.append((rules[-1], item))
        return rules

    def _break_glass(self, node: Node | None) -> list[BreakGlass]:
        rules: list[BreakGlass] = []

        def one(name: str, value: Node, place: Place) -> None:
            fields = self._reader.mapping(value, f"break_glass {name}", known=("may", "roles", "for"))
            if fields is None or not self._names.checked(name, place, "a role"):
                return
            grants = self._grants(fields.get("may"), f"break_glass {name}")
            items = self._names.items(fields.get("roles"), f"roles of {name}")
            roles = [self._reader.text(item, f"each role that may open {name}") for item in items]
            known = tuple(
                role
                for role, item in zip(roles, items, strict=True)
                if role is not None and self._known_role(role, item)
            )
            for_s = self._reader.duration_s(fields.get("for"), "for") if "for" in fields else 3600.0
            for missing, what in (
                (not grants, "says nothing of what it may"),
                (not items, "names no role that may open it"),
            ):
                if missing:
                    fix = f"write {name}: {{may: [orders:refund], roles: [support], for: 1h}}"
                    self._reader.mistake(f"break_glass {name} {what}", fields, fix)
            if for_s is not None and not 0 < for_s <= MAX_GLASS_S:
                self._reader.mistake(f"break_glass {name} lasts too long", fields, "for: 1h; at most 24h")
            elif for_s is not None and grants and known:
                rules.append(BreakGlass(name, grants, known, int(for_s), place_of(place)))

        self._reader.each(node, "break_glass", one)
        return rules

    def _separate(self, node: Node | None) -> list[Separate]:
        rules: list[Separate] = []
        for item in self._reader.sequence(node, "separate"):
            fields = self._reader.mapping(item, "what is kept apart", known=("permissions", "because"))
            if fields is None:
                continue
            because = self._reader.text(fields.get("because"), "because")
            if because is None and "because" not in fields:
                self._reader.mistake("what is kept apart does not say why", item, 'add because: "..."')
            items = self._names.items(fields.get("permissions"), "permissions")
            named = [self._names.permission(one, "each permission") for one in items]
            permissions = tuple(dict.fromkeys(name for name in named if name is not None))
            if None not in named and len(permissions) < 2:
                fix = "write permissions: [payments:create, payments:approve]"
                self._reader.mistake("what is kept apart are two permissions or more", item, fix)
            if because and len(permissions) > 1:
                rules.append(Separate(tuple(sorted(permissions)), because, place_of(item.place)))
        return rules
