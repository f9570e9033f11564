"""The policy as frozen records: roles, grants, assignments, deny rules, calls between services, and routes.

`Policy.text` is its canonical JSON, `Policy.hash` covers it, and `loads` reads it back: a decision names the hash, the
journal keeps the text. `at` (`file:line`) is for people and no part of either, nor of equality.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from nomoat.appmap import ids
from nomoat.errors import PolicyError
from nomoat.policy.step_up import NOTHING, StepUp
from nomoat.policy.wildcards import is_wildcard

FORMAT = 3
#: The demands of a route that are no permissions; neither can be the name of one.
SIGNED_IN, PUBLIC = "signed-in", "public"
RESERVED = (SIGNED_IN, PUBLIC)

#: What a route demands: permissions (all needed), a signed-in caller, or nothing.
Demand: TypeAlias = tuple[str, ...] | Literal["signed-in", "public"]


@dataclass(frozen=True, slots=True, order=True)
class Reviewed:
    """Who last looked at a role or a grant, on which day (2026-11-01), and how often that is due; 0: no date is set."""

    by: str
    on: str
    every_s: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A permission, with the text of its condition (empty: always).

    `reviewed` decides nothing: it is no part of the canonical text, which older versions read.
    """

    permission: str
    when: str = ""
    at: str = field(default="", compare=False)
    reviewed: Reviewed | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Role:
    """A role: what it may, and the roles whose grants it has too."""

    name: str
    includes: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()
    reviewed: Reviewed | None = None
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Deny:
    """A rule that wins over every grant of its permission while its condition (empty: always) holds or fails.

    With `step_up` it refuses whoever would be allowed after another sign-in, and `when` is that one's condition.
    """

    permission: str
    when: str = ""
    because: str = ""
    at: str = field(default="", compare=False)
    step_up: StepUp = NOTHING


@dataclass(frozen=True, slots=True)
class CallRule:
    """What the service `caller` may do at the service `to`."""

    caller: str
    to: str
    grants: tuple[Grant, ...] = ()
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, order=True)
class BreakGlass:
    """A role for an emergency: what it may, the roles that may open it, and for how many seconds at most."""

    name: str
    grants: tuple[Grant, ...]
    roles: tuple[str, ...]
    for_s: int
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Zone:
    """Services that stand together, and the other zones that they may call."""

    name: str
    services: tuple[str, ...]
    may_call: tuple[str, ...] = ()
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Separate:
    """Permissions of which nobody may hold two, and why: duties that are kept apart."""

    permissions: tuple[str, ...]
    because: str
    at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class RouteRule:
    """What a person decided for a route. `service` is empty where the file names one service or none."""

    service: str
    method: str
    path: str
    demand: Demand
    because: str = ""
    login: bool = False
    decided_in: Literal["", "handler"] = ""
    at: str = field(default="", compare=False)
    #: It is of routes that no map has: made at run time, or by a package.
    unmapped: bool = False

    @property
    def name(self) -> str:
        """The rule's key as a file writes it: `shop/GET /orders/{id}`."""
        return f"{self.service}/{self.method} {self.path}" if self.service else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Policy:
    """Everything that may be. Build it with `policy_of`, which puts every part in its one order."""

    services: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    #: Role to the subjects that have it, whatever their token says.
    assign: tuple[tuple[str, tuple[str, ...]], ...] = ()
    denies: tuple[Deny, ...] = ()
    calls: tuple[CallRule, ...] = ()
    routes: tuple[RouteRule, ...] = ()
    #: What is asked of the rest, and decides nothing: no part of the canonical text.
    separate: tuple[Separate, ...] = field(default=(), compare=False)
    zones: tuple[Zone, ...] = field(default=(), compare=False)
    break_glass: tuple[BreakGlass, ...] = ()

    @cached_property
    def text(self) -> str:
        """Canonical JSON of the policy's own sections; equal policies have equal texts."""
        import json

        return json.dumps(_as_json(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """`sha256:` and the hash of `text`."""
        import hashlib

        return "sha256:" + hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def role(self, name: str) -> Role | None:
        """The role of this name."""
        return self._roles.get(name)

    def glass(self, name: str) -> BreakGlass | None:
        """The role for an emergency of this name, without its prefix."""
        return next((rule for rule in self.break_glass if rule.name == name), None)

    @cached_property
    def _roles(self) -> dict[str, Role]:
        return {role.name: role for role in self.roles}

    @cached_property
    def permissions(self) -> frozenset[str]:
        """Every permission that some role or service is granted."""
        holders: Iterable[Role | CallRule | BreakGlass] = (*self.roles, *self.calls, *self.break_glass)
        return frozenset(grant.permission for holder in holders for grant in holder.grants)


def policy_of(
    *,
    services: Iterable[str] = (),
    roles: Iterable[Role] = (),
    assign: Mapping[str, Iterable[str]] | None = None,
    denies: Iterable[Deny] = (),
    calls: Iterable[CallRule] = (),
    routes: Iterable[RouteRule] = (),
    separate: Iterable[Separate] = (),
    zones: Iterable[Zone] = (),
    break_glass: Iterable[BreakGlass] = (),
) -> Policy:
    """A policy in its one order: the order of the file changes neither text nor hash."""
    given = {role: tuple(sorted(set(subjects))) for role, subjects in (assign or {}).items()}
    return Policy(
        services=tuple(sorted(set(services))),
        roles=tuple(sorted((_ordered_role(role) for role in roles), key=lambda role: role.name)),
        assign=tuple(sorted((role, subjects) for role, subjects in given.items() if subjects)),
        denies=tuple(sorted(denies)),
        calls=tuple(
            sorted(
                (CallRule(c.caller, c.to, tuple(sorted(set(c.grants))), c.at) for c in calls),
                key=lambda call: (call.caller, call.to, call.grants),
            )
        ),
        routes=tuple(sorted(routes, key=lambda rule: (rule.service, rule.path, rule.method))),
        separate=tuple(sorted(separate)),
        zones=tuple(sorted(zones)),
        break_glass=tuple(
            sorted(
                BreakGlass(
                    rule.name, tuple(sorted(set(rule.grants))), tuple(sorted(set(rule.roles))), rule.for_s, rule.at
                )
                for rule in break_glass
            )
        ),
    )


def _ordered_role(role: Role) -> Role:
    return Role(role.name, tuple(sorted(set(role.includes))), tuple(sorted(set(role.grants))), role.reviewed, role.at)


def _as_json(policy: Policy) -> dict[str, Any]:
    # Where there is none, the text is that of versions that know none; where there is one, these pass it by and deny.
    glass = {
        rule.name: {"may": _grants_json(rule.grants), "roles": list(rule.roles), "for_s": rule.for_s}
        for rule in policy.break_glass
    }
    return ({"break_glass": glass} if glass else {}) | {
        "format": _format(policy),
        "services": list(policy.services),
        "roles": {
            role.name: {
                "includes": list(role.includes),
                "may": _grants_json(role.grants),
                "reviewed": [role.reviewed.by, role.reviewed.on, role.reviewed.every_s] if role.reviewed else None,
            }
            for role in policy.roles
        },
        "assign": {role: list(subjects) for role, subjects in policy.assign},
        "deny": [_deny_json(rule) for rule in policy.denies],
        "calls": [[rule.caller, rule.to, _grants_json(rule.grants)] for rule in policy.calls],
        "routes": [
            {
                "service": rule.service,
                "method": rule.method,
                "path": rule.path,
                "demand": rule.demand if isinstance(rule.demand, str) else list(rule.demand),
                "because": rule.because,
                "login": rule.login,
                "decided_in": rule.decided_in,
                # Where it says nothing it is not there, so that the hash of older files stays.
                **({"unmapped": True} if rule.unmapped else {}),
            }
            for rule in policy.routes
        ],
    }


def _format(policy: Policy) -> int:
    """The lowest format that says it, so that older versions read what they understand.

    A version before stars takes `orders:*` for a name that no route demands: as a grant it allows nothing there. As a
    deny rule it would refuse nothing, so such a policy has format 2, which these versions refuse to replay. One before
    step-up would take it for a plain denial, and an answer for another than it was: format 3.
    """
    if any(rule.step_up for rule in policy.denies):
        return 3
    return 2 if any(is_wildcard(rule.permission) for rule in policy.denies) else 1


def _deny_json(rule: Deny) -> list[Any]:
    said: list[Any] = [rule.permission, rule.when, rule.because]
    return [*said, [rule.step_up.within_s, list(rule.step_up.acr)]] if rule.step_up else said


def _grants_json(grants: tuple[Grant, ...]) -> list[list[str]]:
    return [[grant.permission, grant.when] for grant in grants]


def loads(text: str, *, name: str = "policy") -> Policy:
    """The policy behind a canonical text. Raises PolicyError: garbage, or of a newer format."""
    import json

    try:
        document = json.loads(text)
        version = document["format"]
        if type(version) is int and version > FORMAT:
            raise PolicyError(f"the policy has format {version}", where=name, fix="upgrade nomoat")
        if type(version) is not int or version < 1:
            raise ValueError("no format number")
        return _from_json(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise PolicyError("the stored policy is damaged", where=name, fix="it cannot be replayed") from error


def _from_json(document: Any) -> Policy:
    return policy_of(
        services=_texts(document["services"]),
        roles=[
            Role(_text(name), _texts(role["includes"]), _grants(role["may"]), _reviewed(role["reviewed"]))
            for name, role in document["roles"].items()
        ],
        assign={_text(role): _texts(subjects) for role, subjects in document["assign"].items()},
        denies=[_deny(rule) for rule in document["deny"]],
        calls=[CallRule(_text(caller), _text(to), _grants(may)) for caller, to, may in document["calls"]],
        routes=[_route(rule) for rule in document["routes"]],
        break_glass=[
            BreakGlass(_text(name), _grants(rule["may"]), _texts(rule["roles"]), _seconds(rule["for_s"]))
            for name, rule in document.get("break_glass", {}).items()
        ],
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _seconds(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("no number")
    return value


def _texts(value: Any, length: int | None = None) -> tuple[str, ...]:
    if not isinstance(value, list) or (length is not None and len(value) != length):
        raise TypeError("no list")
    return tuple(_text(item) for item in value)


def _deny(value: Any) -> Deny:
    permission, when, because = _texts(value[:3], 3)
    if len(value) == 3:
        return Deny(permission, when, because)
    ((within_s, acr),) = value[3:]
    if type(within_s) is not int:
        raise TypeError("no number")
    return Deny(permission, when, because, step_up=StepUp(within_s, _texts(acr)))


def _grants(value: Any) -> tuple[Grant, ...]:
    pairs = (_texts(item, 2) for item in value)
    return tuple(Grant(permission, when) for permission, when in pairs)


def _reviewed(value: Any) -> Reviewed | None:
    if value is None:
        return None
    by, on, every_s = value
    if type(every_s) is not int:
        raise TypeError("no number")
    return Reviewed(_text(by), _text(on), every_s)


def _route(rule: Any) -> RouteRule:
    service, method, path = _text(rule["service"]), _text(rule["method"]), _text(rule["path"])
    if method not in ids.METHODS:
        raise ValueError("no method")
    demand: Demand
    if rule["demand"] == SIGNED_IN:
        demand = "signed-in"
    elif rule["demand"] == PUBLIC:
        demand = "public"
    else:
        demand = _texts(rule["demand"])
    if type(rule["login"]) is not bool:
        raise TypeError("no boolean")
    decided_in: Literal["", "handler"] = "handler" if rule["decided_in"] == "handler" else ""
    unmapped = rule.get("unmapped", False)
    if type(unmapped) is not bool:
        raise TypeError("no boolean")
    return RouteRule(
        service, method, path, demand, _text(rule["because"]), rule["login"], decided_in, unmapped=unmapped
    )
