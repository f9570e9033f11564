"""Who somebody is, or what they may do, read from what anyone can write: a cookie, a header, a field of the body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from nomoat.appmap.model import Route
from nomoat.check.flow.sources import dependency
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.requested import Item, Requested
from nomoat.check.questions.words import PRIVILEGE, last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_PRIVILEGE_HEADER = re.compile(
    r"\A(x-)?(user-?)?(is-?)?(admin|role|roles|staff|superuser|permissions?|groups?)\Z", re.I
)
_WHO = re.compile(
    r"\A(x-)?(auth(enticated)?-?|current-?|logged-?in-?)?(user|username|uid|user-?id|account|email|login)(-?name|-?id)?\Z",
    re.I,
)
#: Where a proxy writes who is calling, and anyone else as well.
_ADDRESS = re.compile(
    r"\A(x-)?(forwarded(-for)?|real-ip|client-ip|originating-ip|remote-addr|cluster-client-ip)\Z", re.I
)
#: What says no more than yes, so that everybody guesses it.
_YES = frozenset(("true", "yes", "on", "1", "y", "ok", "allow", "enabled"))
#: Roles of few.
_OF_FEW = re.compile(r"admin|super|\broot\b|staff|manager|owner|moderator|\A(true|yes|1)\Z", re.I)
_REFUSING = frozenset(
    (
        "HTTPForbidden",
        "HTTPUnauthorized",
        "NotAuthorized",
        "AuthenticationFailed",
        "NotAuthenticated",
        "abort",
        "HTTPException",
        "HttpResponseForbidden",
        "PermissionDenied",
        "Forbidden",
        "Unauthorized",
    )
)
_STATUSES = frozenset((401, 403))
#: Calls that turn something the caller writes into something that only the service can have written.
_VERIFYING = re.compile(
    r"verify|decode|loads|unsign|validate|compare_digest|check|authenticate|signed|load|decrypt|lookup_session|get_session"
    r"|introspect", re.I
)  # fmt: skip
_LOOKING_UP = frozenset(
    (
        "get",
        "filter_by",
        "filter",
        "get_or_404",
        "first_or_404",
        "find_one",
        "execute",
        "scalar",
        "where",
        "get_object_or_404",
    )
)


_PERMITS = re.compile(rb"def has_(?:object_)?permission\b")
_WHO_CALLS = re.compile(rb"def get_current_user\b")
_PERMISSION = frozenset(("rest_framework.permissions.BasePermission",))


class _Claim(NamedTuple):
    """What is believed, where, and how sure it is that it decides."""

    item: Item
    at: str
    confidence: Confidence
    decides: str


def forgeable_identity(asked: Asked) -> Iterator[Answer]:
    """Routes that believe what a cookie, a header or the body says of who is calling, or of their role."""
    seen: set[tuple[str, str]] = set()
    yield from _in_permissions(asked, seen)
    yield from _said_to_be(asked)
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None:
            continue
        for scope in dict.fromkeys((*asked.guarding(route), *_dependencies(asked, handler), handler)):
            claim = _believed(asked, route, scope, is_handler=scope is handler)
            if claim is None or (claim.at, claim.item.name) in seen:
                continue
            seen.add((claim.at, claim.item.name))
            yield Answer(
                route,
                f"{name_of(route)} believes the {claim.item.place} {claim.item.name} of the caller",
                f"{claim.item.name} decides {claim.decides} ({claim.at})",
                f"anyone can write any {claim.item.place}: nothing signs {claim.item.name}",
                f"keep {claim.item.name} where only the service writes it: in the session, in a signed token, or in the"
                " row of the account that is signed in",
                claim.confidence,
            )


def _in_permissions(asked: Asked, seen: set[tuple[str, str]]) -> Iterator[Answer]:
    """Permissions of REST framework that grant by what the caller wrote: `request.data.get("role") == "admin"`."""
    program = asked.registrations.program
    for path in program.words.matching(_PERMITS, (b"has_permission", b"has_object_permission")):
        if TEST_FILE.search(path):
            continue
        for scope in program.functions(within=program.modules[path]):
            owner = scope.parent
            if (
                not scope.name.startswith("has_")
                or owner is None
                or not program.resolver.classes.is_a(owner, _PERMISSION)
            ):
                continue
            requested = Requested(program, scope, None)
            for node in form.walk_scope(scope.body):
                given = node[3] if node[0] == form.RETURN else None
                item = _privilege(asked, scope, requested, given, is_guard=True) if given is not None else None
                if item is None or _also_asks(given):
                    continue
                seen.add((scope.module.at(node), item.name))
                yield Answer(
                    None,
                    f"{owner.name} grants by the {item.place} {item.name} of the caller",
                    f"{item.name} is what the caller writes",
                    f"anyone can write any {item.place}: nothing signs {item.name}",
                    f"ask the row of the account that is signed in: request.user.{item.name.lower().replace('-', '_')}",
                    "sure", Place(scope.module, node),
                )  # fmt: skip


def _also_asks(node: Node | None) -> bool:
    """Whether who is signed in is asked for beside it: `request.user.is_staff and request.data[...]`."""
    return node is not None and any(one[0] == form.ATTRIBUTE and one[4] == "user" for one in form.walk(node))


def _said_to_be(asked: Asked) -> Iterator[Answer]:
    """Who is calling, as an unsigned cookie or a header says: Tornado's `get_current_user`."""
    program = asked.registrations.program
    for path in program.words.matching(_WHO_CALLS, (b"get_current_user",)):
        if TEST_FILE.search(path):
            continue
        for scope in program.functions(within=program.modules[path]):
            owner = scope.parent
            if scope.name != "get_current_user" or owner is None or not scope.is_method:
                continue
            requested = Requested(program, scope, None)
            for node in form.walk_scope(scope.body):
                item = requested.item(node[3]) if node[0] == form.RETURN and node[3] is not None else None
                if item is not None and item.place in ("cookie", "header") and not _is_signed_in(asked, scope):
                    yield Answer(
                        None,
                        f"{owner.name} believes the {item.place} {item.name} to say who is calling",
                        f"{item.name} is what the caller writes",
                        f"anyone can write any {item.place}: nothing signs {item.name}",
                        "read a cookie that the service signed (get_secure_cookie), or verify a token",
                        "sure" if item.place == "cookie" else "likely", Place(scope.module, node),
                    )  # fmt: skip


def _believed(asked: Asked, route: Route, scope: Scope, *, is_handler: bool) -> _Claim | None:
    requested = Requested(asked.registrations.program, scope, route if is_handler else None)
    for node in form.walk_scope(scope.body):
        if node[0] == form.IF:
            for test, body in node[3]:
                item = _privilege(asked, scope, requested, test, is_guard=not is_handler)
                if item is None:
                    continue
                decides = "what the caller may do"
                is_sure = _is_privilege(item) or _refuses(body)
                # A decorator that refuses by it is a guard, wherever it stands in the request.
                is_guard = not is_handler and _refuses(body)
                # `role == "admin"` may refuse whoever asks for too much; `role != "admin"` lets in who says so.
                grants = _is_privilege(item) and _refuses(body) and _lets_in(test)
                if (item.place in ("cookie", "header") and is_sure) or is_guard or grants:
                    return _Claim(item, scope.module.at(node), "sure", decides)
                if _refuses(body) or _refuses(node[4]):
                    return _Claim(item, scope.module.at(node), "likely", decides)
        elif node[0] == form.CALL and node[4] and last_word(node) in _LOOKING_UP:
            item = _who(requested, node)
            if item is not None and not _is_signed_in(asked, scope):
                is_cookie = item.place == "cookie"
                is_given = is_cookie and not is_handler and _gives(scope, node)
                confidence: Confidence = "sure" if is_given else "likely" if is_cookie else "low"
                return _Claim(item, scope.module.at(node), confidence, "who is calling")
    return None


def _dependencies(asked: Asked, handler: Scope) -> Iterator[Scope]:
    """The functions that give a handler its parameters: `user: User = Depends(of_cookie)`."""
    program = asked.registrations.program
    for parameter in handler.parameters:
        annotation = parameter[form.P_ANNOTATION]
        for node in (parameter[form.P_DEFAULT], annotation):
            found = dependency(program, handler, node, annotation)
            if found is not None and found.scope is not None and found.scope.is_function:
                yield found.scope


def _gives(scope: Scope, call: Node) -> bool:
    """Whether a function gives what a call looked up: `return rows.get(User, user_id)`, by way of a name at most."""
    returned = [node[3] for node in form.walk_scope(scope.body) if node[0] == form.RETURN and node[3] is not None]
    names = {one[3] for one in returned if one[0] == form.NAME}
    if any(call is inner for one in returned for inner in form.walk(one)):
        return True
    values = (one.value for name in names for one in scope.bindings.get(name, ()) if one.value is not None)
    return any(call is inner for value in values for inner in form.walk(value))


def _privilege(asked: Asked, scope: Scope, requested: Requested, test: Node, *, is_guard: bool) -> Item | None:
    """`request.cookies.get("role") != "admin"`, `not request.cookies.get("is_admin")`, and either in `and` or `or`."""
    if test[0] == form.BOOLEAN:
        found = (_privilege(asked, scope, requested, operand, is_guard=is_guard) for operand in test[4])
        return next((item for item in found if item is not None), None)
    if test[0] == form.UNARY and test[3] == "not":
        return _privilege(asked, scope, requested, test[4], is_guard=is_guard)
    if test[0] == form.COMPARE and len(test[3]) == 2:
        left, right = test[3]
        item = requested.item(left) or requested.item(right)
        other = right if item is not None and requested.item(left) is not None else left
        if item is None or not _is_fixed(asked, scope, other):
            return None
        return item if _is_privilege(item) or (is_guard and _is_guessed(asked, scope, item, other)) else None
    item = requested.item(test)
    return item if item is not None and _is_privilege(item) else None


def _lets_in(test: Node) -> bool:
    """`not given.get("is_admin")`, `given["role"] != "admin"`; `role != "member"` may refuse who asks for more."""
    if test[0] == form.UNARY and test[3] == "not":
        return True
    if test[0] != form.COMPARE or test[4] not in (("!=",), ("is not",)):
        return False
    values = [one[3] for one in test[3] if one[0] == form.CONSTANT]
    return any(one is True or (isinstance(one, str) and _OF_FEW.search(one)) for one in values)


def _is_fixed(asked: Asked, scope: Scope, node: Node) -> bool:
    """Whether source fixes a value, so that everybody who reads it knows it. That nothing is there is no value."""
    if node[0] in (form.LIST, form.TUPLE, form.SET):
        return bool(node[3]) and all(_is_fixed(asked, scope, one) for one in node[3])
    known = asked.registrations.program.constant(scope, node)
    return known is not None and not known.settings and known.value not in (None, "")


def _is_privilege(item: Item) -> bool:
    name = item.name.replace("_", "-") if item.place == "header" else item.name
    return bool(PRIVILEGE.match(item.name) or (item.place == "header" and _PRIVILEGE_HEADER.match(name)))


def _is_guessed(asked: Asked, scope: Scope, item: Item, other: Node) -> bool:
    """An address in a header that a proxy writes, or a header or cookie that need only say yes."""
    if item.place == "header" and _ADDRESS.match(item.name.replace("_", "-")):
        return True
    known = asked.registrations.program.constant(scope, other)
    return item.place in ("header", "cookie") and known is not None and str(known.value).lower() in _YES


def _who(requested: Requested, call: Node) -> Item | None:
    for given in (*call[4], *(value for _, value in call[5])):
        item = requested.item(given)
        if item is not None and item.place in ("cookie", "header") and _WHO.match(item.name.replace("_", "-")):
            return item
    return None


def _is_signed_in(asked: Asked, scope: Scope) -> bool:
    """Whether anything here verifies what the caller sent."""
    return any(_VERIFYING.search(last_word(site.node)) for site in asked.registrations.program.calls(scope))


def _refuses(body: Body | None) -> bool:
    for node in form.walk_scope(body or ()):
        if node[0] == form.CALL and last_word(node) in _REFUSING:
            return True
        if node[0] == form.CONSTANT and node[3] in _STATUSES and type(node[3]) is int:
            return True
    return False
