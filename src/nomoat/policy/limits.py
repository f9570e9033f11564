"""The section `limits:` of nomoat.yaml: how often a caller may come, by route, permission, address and subject.

limits:
  shared: env:REDIS_URL           # without it each worker counts for itself
  rules:
    - {route: "POST /login", by: client, at_most: 5, within: 1m}
    - {permission: export:read, by: subject, at_most: 3, within: 1h}
    - {by: subject, at_most: 600, within: 1m}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from nomoat.appmap import ids
from nomoat.appmap.model import Map
from nomoat.datafile import Node, Reader
from nomoat.errors import SettingsError
from nomoat.policy.bindings import Binding, keys_named

By: TypeAlias = Literal["client", "subject", "route"]

_BY: tuple[By, ...] = ("client", "subject", "route")
_MOST = 1_000_000
_LONGEST_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class LimitRule:
    """At most `at_most` requests within `within_s` seconds for each of `by`, at one route, one permission, or all."""

    by: By
    at_most: int
    within_s: float
    #: The route as the file names it (`POST /login`), or empty.
    route: str = ""
    permission: str = ""
    at: str = ""

    @property
    def name(self) -> str:
        """The rule in one line, as decisions name it; also what its counts are kept under."""
        what = self.route or self.permission or "every route"
        return f"{what}: {self.at_most} within {self.within_s:g}s by {self.by}"


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """The rules, and a reference to what is counted in together by several workers; empty: each counts for itself."""

    rules: tuple[LimitRule, ...] = ()
    shared: str = ""


def read(node: Node | None, reader: Reader) -> LimitSettings:
    """The section; mistakes go to the reader."""
    fields = reader.mapping(node, "limits", known=("shared", "rules"))
    if fields is None:
        return LimitSettings()
    shared = reader.text(fields.get("shared"), "shared") or ""
    if shared and shared.partition(":")[0] not in ("env", "file"):
        reader.mistake(
            "shared must be a reference: the address may hold a password", fields.get("shared") or "", "env:REDIS_URL"
        )
    found = [_rule(one, reader) for one in reader.sequence(fields.get("rules"), "rules")]
    return LimitSettings(tuple(rule for rule in found if rule is not None), shared)


def _rule(node: Node, reader: Reader) -> LimitRule | None:
    before = len(reader.problems)
    fields = reader.mapping(node, "a limit", known=("route", "permission", "by", "at_most", "within"))
    if fields is None:
        return None
    route = reader.text(fields.get("route"), "route") or ""
    permission = reader.text(fields.get("permission"), "permission") or ""
    by = reader.choice(fields.get("by"), "by", _BY)
    at_most = reader.integer(fields.get("at_most"), "at_most", least=1, most=_MOST)
    within_s = reader.duration_s(fields.get("within"), "within")
    if route and permission:
        reader.mistake("a limit is of a route or of a permission", node, "write two limits")
    if route and parts(route) is None:
        reader.mistake(f"'{route}' is no route", fields.get("route") or node, 'write "POST /login"')
    for name in ("by", "at_most", "within"):
        if name not in fields:
            reader.mistake(f"a limit has no {name}", node, "write {by: client, at_most: 5, within: 1m}")
    if within_s is not None and not 0 < within_s <= _LONGEST_S:
        reader.mistake("within must be between a moment and a week", fields.get("within") or node, "write 1m")
    if len(reader.problems) > before or by is None or at_most is None or within_s is None:
        return None
    return LimitRule(cast(By, by), at_most, within_s, route, permission, str(node.place))


def parts(route: str) -> tuple[str, str, str] | None:
    """Service (or empty), method and path of a route as the file names it; None where it is none."""
    front, _, path = route.partition(" ")
    service, _, method = front.rpartition("/")
    return (service, method, path) if method in ids.METHODS and path.startswith("/") else None


def by_route(
    settings: LimitSettings, drawn: Map, service: str, bound: Iterable[tuple[str, Binding]]
) -> Mapping[str, tuple[LimitRule, ...]]:
    """The rules of each route key of a service; under the empty key those of every route, also of one that is none.

    Raises SettingsError: a rule names a route that is not on the map.
    """
    everywhere = tuple(rule for rule in settings.rules if not rule.route and not rule.permission)
    named: dict[str, list[LimitRule]] = {}
    reader = Reader(SettingsError)
    for rule in settings.rules:
        if rule.route:
            of, method, path = parts(rule.route) or ("", "", "")
            keys = keys_named(drawn, of, method, path)
            if not keys:
                reader.mistake(f"no route on the map is called {rule.route}", rule.at, "nomoat map tells their names")
            for key in keys:
                named.setdefault(key, []).append(rule)
    reader.finish()
    found: dict[str, tuple[LimitRule, ...]] = {"": everywhere}
    prefix = f"route:{service}/"
    for key, binding in bound:
        asked = {*binding.permissions, *(binding.requires or ())}
        own = [*named.get(key, ()), *(rule for rule in settings.rules if rule.permission in asked)]
        if key.startswith(prefix):
            found[key[len(prefix) :]] = (*own, *everywhere)
    return found
