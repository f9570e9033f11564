"""What source shows of identities: how tokens are verified, and the roles it knows with their permissions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nomoat.appmap.model import Role, Route, TokenCheck
from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_SUBJECTS = ("sub", "user_id", "uid", "username", "email", "id", "user", "preferred_username")
_ROLES = ("roles", "role", "scopes", "scope", "permissions", "groups", "realm_access", "authorities")
_ROLE_TABLE = re.compile(r"(role|permission|grant)", re.I)
_MAY_BE_TABLE = re.compile(rb"(?:role|permission|grant)\w*\s*(?::[^=\n]*)?=[\s(\\]*(?:#[^\n]*\s*)*\{", re.I)


def tokens(program: Program, models: Models, functions: Iterable[Scope]) -> tuple[TokenCheck, ...]:
    """What each place verifies of a token."""
    found: list[TokenCheck] = []
    for scope in functions:
        for site in program.calls(scope):
            if site.callee.name in models.verifiers and site.callee.name.endswith("decode"):
                found.append(_check(program, scope, site.node, site.at))
    return tuple(sorted(set(found)))


def _check(program: Program, scope: Scope, node: Node, at: str) -> TokenCheck:
    algorithms = form.argument(node, "algorithms", 2)
    key = form.argument(node, "key", 1)
    issuer, audience = form.keyword(node, "issuer"), form.keyword(node, "audience")
    options = form.argument(node, "options")
    claims = _claims(program, scope)
    registry = _registry(program, scope)
    return TokenCheck(
        at,
        algorithms=_texts(program, scope, algorithms),
        key_setting=_setting(program, scope, key, 0),
        issuer=_text(program, scope, issuer) or registry.get("iss", ""),
        audience=_text(program, scope, audience) or registry.get("aud", ""),
        subject_claim=next((name for name in _SUBJECTS if name in claims), ""),
        roles_claim=next((name for name in _ROLES if name in claims), ""),
    ) if options is None or not _is_off(options) else TokenCheck(at)  # fmt: skip


def _is_off(options: Node) -> bool:
    pairs = options[3] if options[0] == form.DICT else ()
    return any(form.text_of(key) == "verify_signature" and value[3:4] == (False,) for key, value in pairs)


def _texts(program: Program, scope: Scope, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    if node[0] in (form.LIST, form.TUPLE):
        return tuple(text for item in node[3] if (text := _text(program, scope, item)))
    text = _text(program, scope, node)
    if text:
        return (text,)
    found = program.resolve(scope, node)
    if found.value is not None and found.where is not None and found.value[0] in (form.LIST, form.TUPLE):
        return _texts(program, found.where, found.value)
    return ()


def _text(program: Program, scope: Scope, node: Node | None) -> str:
    known = program.constant(scope, node) if node is not None else None
    return known.value if known is not None and isinstance(known.value, str) else ""


def _setting(program: Program, scope: Scope, node: Node | None, depth: int) -> str:
    """The environment variable behind a key, through the call that makes a key of it."""
    if node is None or depth > 4:
        return ""
    known = program.constant(scope, node)
    if known is not None:
        return known.settings[0] if known.settings else ""
    found = program.resolve(scope, node)
    value, where = found.value, found.where
    if value is not None and where is not None and value is not node and value[0] == form.CALL:
        return next((name for given in value[4][:1] if (name := _setting(program, where, given, depth + 1))), "")
    if node[0] == form.CALL:
        return next((name for given in node[4][:1] if (name := _setting(program, scope, given, depth + 1))), "")
    return ""


def _claims(program: Program, scope: Scope) -> set[str]:
    """Names that the function takes out of dictionaries."""
    found: set[str] = set()
    for node in form.walk(scope.body):
        if node[0] == form.SUBSCRIPT and (text := form.text_of(node[4])):
            found.add(text)
        elif node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] == "get" and node[4]:
            found.add(form.text_of(node[4][0]) or "")
    return found


def _registry(program: Program, scope: Scope) -> dict[str, str]:
    """`JWTClaimsRegistry(iss={"value": "shop"})` in the function, else in its module."""
    top = scope
    while top.parent is not None:
        top = top.parent
    for place in (scope, top):
        for site in program.calls(place):
            if site.callee.name.endswith("JWTClaimsRegistry"):
                found: dict[str, str] = {}
                for name, value in site.node[5]:
                    pairs = value[3] if value[0] == form.DICT else ()
                    for key, inner in pairs:
                        if form.text_of(key) == "value" and name is not None:
                            found[name] = _text(program, place, inner)
                return found
    return {}


def roles(program: Program, routes: Iterable[Route]) -> tuple[Role, ...]:
    """Roles in tables of source with what they grant, and roles that checks ask for."""
    granted: dict[str, tuple[list[str], set[str]]] = {}
    index = program.words
    for path in index.matching(_MAY_BE_TABLE, parts=(b"role", b"permission", b"grant")):
        if not TEST_FILE.search(path):
            _tables_in(program, program.scope(path), granted)
    for route in routes:
        for guard in route.guards:
            if guard.kind == "permission" and guard.name.startswith("role:"):
                entry = granted.setdefault(guard.name.removeprefix("role:"), ([], set()))
                entry[1].add(guard.at)
    return tuple(
        Role(name, tuple(dict.fromkeys(permissions)), tuple(sorted(at)))
        for name, (permissions, at) in sorted(granted.items())
    )


def _tables_in(program: Program, scope: Scope, granted: dict[str, tuple[list[str], set[str]]]) -> None:
    for name, bindings in scope.bindings.items():
        for binding in bindings:
            value = binding.value
            if value is None or value[0] != form.DICT or not _ROLE_TABLE.search(name) or not value[3]:
                continue
            rows = [_row(program, scope, key, item) for key, item in value[3]]
            if all(row is not None for row in rows):
                for role, permissions in (row for row in rows if row is not None):
                    entry = granted.setdefault(role, ([], set()))
                    entry[0].extend(permissions)
                    entry[1].add(scope.module.at(value))


def _row(program: Program, scope: Scope, key: Node | None, item: Node) -> tuple[str, list[str]] | None:
    if key is None:
        return None
    role = _text(program, scope, key)
    if item[0] == form.CALL and item[4]:
        item = item[4][0]
    if not role or item[0] not in (form.LIST, form.SET, form.TUPLE):
        return None
    texts = [_text(program, scope, one) for one in item[3]]
    return (role, texts) if all(texts) else None
