"""Writes the text of `nomoat.yaml` from a map: what source shows, and what a person decided about open routes.

Pure: a map and choices go in, text comes out. Every route that is not named in the text keeps the binding that source
surely demands; what source leaves open or unknown stays denied unless a choice says otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nomoat.appmap.model import Map, Route, TokenCheck

Choice: TypeAlias = Literal["public", "signed-in", "denied"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


@dataclass(frozen=True, slots=True)
class Draft:
    """The text, and what a person has to know that no file can hold."""

    text: str
    notes: tuple[str, ...]
    #: The roles that no token carries, where source does not show who calls or who has them; None: tokens say both.
    roles_elsewhere: tuple[str, ...] | None = None
    #: Whose callers `identity=` names: the issuer's whose tokens guard verifies, else the service's own.
    alias: str = "local"


def undecided(drawn: Map) -> list[Route]:
    """The routes on which source gives no sure binding: open ones first, then unknown ones."""
    found = [route for route in drawn.routes if route.binding is None]
    return sorted(found, key=lambda route: (route.verdict != "unguarded", route.service, route.path, route.method))


def questions(routes: list[Route]) -> list[tuple[Route, ...]]:
    """The routes that one answer decides: GET and HEAD of a path, and all that the framework adds to a service."""
    groups: dict[tuple[str, ...], list[Route]] = {}
    for route in routes:
        if route.origin == "framework":
            groups.setdefault((route.service, route.verdict), []).append(route)
        else:
            method = "GET" if route.method == "HEAD" else route.method
            groups.setdefault((route.service, route.verdict, method, route.path), []).append(route)
    return [tuple(group) for group in groups.values()]


def granted_roles(drawn: Map) -> dict[str, list[str]]:
    """Each role with its permissions: those that source lists, and `role:<name>` for roles that source asks for."""
    asked = {name for route in drawn.routes for name in permissions_of(route) if name.startswith("role:")}
    roles: dict[str, list[str]] = {role.name: list(role.permissions) for role in drawn.roles}
    for name in sorted(asked):
        roles.setdefault(name.removeprefix("role:"), []).append(name)
    return {name: list(dict.fromkeys(permissions)) for name, permissions in sorted(roles.items()) if permissions}


def permissions_of(route: Route) -> tuple[str, ...]:
    """The permissions that a route's binding and its handler ask for."""
    bound = route.binding if isinstance(route.binding, tuple) else ()
    return (*bound, *(route.requires or ()))


def draft(drawn: Map, choices: Mapping[str, Choice], *, because: str) -> Draft:
    """The whole file. `choices` is by route id; `because` is the reason written beside each public route."""
    roles = granted_roles(drawn)
    notes: list[str] = []
    sections = ["# Settings and policy of this application; nomoat policy check reads it against the map.\nformat: 1\n"]
    sections.append(_services(drawn))
    sections.append(_identity(drawn.tokens))
    elsewhere = _elsewhere(drawn, roles, notes)
    sections.append(_roles(roles))
    ungranted = sorted({name for route in drawn.routes for name in permissions_of(route)} - _all(roles))
    if ungranted:
        sections.append("# Asked for in source and granted to nobody yet:\n" + "".join(f"#   {n}\n" for n in ungranted))
        notes.append(f"nobody may {', '.join(ungranted)} yet: grant them to a role in nomoat.yaml")
    routes = route_lines(drawn, choices, because=because)
    sections.append("routes:\n" + "".join(routes) if routes else "")
    alias = "main" if _shown(drawn.tokens) else "local"
    return Draft("\n".join(section for section in sections if section), tuple(notes), elsewhere, alias)


def route_lines(drawn: Map, choices: Mapping[str, Choice], *, because: str) -> list[str]:
    """One line for each route that somebody decided; a route that stays denied has none."""
    several = len(drawn.services) > 1
    lines = []
    for route in drawn.routes:
        choice = choices.get(route.id, "denied")
        if choice == "denied":
            continue
        name = f"{route.service}/{route.method} {route.path}" if several else f"{route.method} {route.path}"
        login = "login: true, " if route.login else ""
        value = (
            "signed-in" if choice == "signed-in" else "{public: true, " + login + f"because: {json.dumps(because)}}}"
        )
        lines.append(f"  {json.dumps(name)}: {value}\n")
    return lines


def quoted(text: str) -> str:
    """Text as YAML 1.2 reads it back: bare where that is safe."""
    return text if _PLAIN.match(text) and text.lower() not in _WORDS else json.dumps(text)


def _services(drawn: Map) -> str:
    lines = ["services:\n"]
    for service in drawn.services:
        fields = [f"app: {json.dumps(service.app)}"] if service.app else []
        if service.root not in ("", "."):
            fields.append(f"root: {quoted(service.root)}")
        lines.append(f"  {quoted(service.name)}: {{{', '.join(fields)}}}\n")
    return "".join(lines) if len(lines) > 1 else ""


def _identity(tokens: Iterable[TokenCheck]) -> str:
    checks = _shown(tokens)
    lines = ["identity:\n"] if checks else []
    for number, token in enumerate(_distinct(checks)):
        alias = "main" if number == 0 else f"main{number + 1}"
        lines.append(f"  {alias}: {{{', '.join(_issuer_fields(token))}}}\n")
    return "".join(lines)


def _shown(tokens: Iterable[TokenCheck]) -> list[TokenCheck]:
    """The checks of tokens that source shows whole: guard can do them itself."""
    return [token for token in tokens if token.algorithms and token.key_setting]


def _elsewhere(drawn: Map, roles: Iterable[str], notes: list[str]) -> tuple[str, ...] | None:
    """The roles that only `identity=` can tell, and a note that says why; None where the tokens tell."""
    checks, names = _shown(drawn.tokens), tuple(roles)
    if not checks and drawn.services and all("Django" in service.framework for service in drawn.services):
        notes.append("callers are Django's users: their groups, is_staff and is_superuser are their roles")
        return names
    if not checks:
        notes.append("source does not show how callers are known, so guard asks a function of yours: identity=, below")
        return names
    if names and not any(token.roles_claim for token in checks):
        notes.append(
            f"roles ({', '.join(names)}) are not in the token: source looks them up after the token was verified."
            " So guard asks a function of yours who has them: identity=, below"
        )
        return names
    return None


def _issuer_fields(token: TokenCheck) -> list[str]:
    fields = []
    if token.issuer:
        fields.append(f"issuer: {json.dumps(token.issuer)}")
    fields.append(f"algorithms: [{', '.join(token.algorithms)}]")
    name = "key" if all(algorithm.startswith("HS") for algorithm in token.algorithms) else "keys"
    fields.append(f"{name}: {json.dumps('env:' + token.key_setting)}")
    if token.audience:
        fields.append(f"audience: {json.dumps(token.audience)}")
    if token.roles_claim:
        fields.append(f"roles: claims.{token.roles_claim}")
    if not token.issuer:
        fields.append('no_issuer: {because: "the tokens of this application carry no iss"}')
    return fields


def _distinct(checks: list[TokenCheck]) -> list[TokenCheck]:
    seen: dict[tuple[tuple[str, ...], str, str], TokenCheck] = {}
    for token in checks:
        seen.setdefault((token.algorithms, token.key_setting, token.issuer), token)
    return list(seen.values())


def _roles(roles: Mapping[str, list[str]]) -> str:
    if not roles:
        return ""
    rows = [f"  {quoted(name)}: [{', '.join(quoted(item) for item in items)}]\n" for name, items in roles.items()]
    return "roles:\n" + "".join(rows)


def _all(roles: Mapping[str, list[str]]) -> set[str]:
    return {name for permissions in roles.values() for name in permissions}
