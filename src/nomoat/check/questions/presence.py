"""Guards that look whether something was sent, and never at what it is: whoever sends anything passes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from nomoat.appmap.model import Route
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.requested import Item, Requested
from nomoat.check.questions.words import last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope

_PLACES = ("header", "cookie")
#: What a proxy writes that has asked already.
_OF_PROXIES = re.compile(
    r"remote|forward|auth-?request|real-?ip|ssl|client-?(cert|verify|dn)|x-?goog|x-?amzn|iap|cf-|csrf|xsrf"
    r"|requested-?with|content|accept|origin|referer|agent|host\Z", re.I
)  # fmt: skip
#: What is called like something that would have to be right.
_SECRET = re.compile(r"auth|key|token|secret|session|passw|credential|signature|login", re.I)
_REFUSING = re.compile(
    r"HTTPForbidden|HTTPUnauthorized|NotAuthorized|AuthenticationFailed|NotAuthenticated|abort|HTTPException"
    r"|HttpResponseForbidden|PermissionDenied|Forbidden|Unauthorized"
)  # fmt: skip
_PERMITS = re.compile(rb"def has_permission\b")
_PERMISSION = frozenset(("rest_framework.permissions.BasePermission",))


class _Sent(NamedTuple):
    """What is only looked for, and where."""

    item: Item
    scope: Scope
    node: Node


def only_sent(asked: Asked) -> Iterator[Answer]:
    """Routes and permissions that let in whoever sends a header or a cookie, whatever is in it."""
    told: set[str] = set()
    for route in asked.routes:
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        handler = asked.handler(route)
        if handler is None or route.verdict != "guarded" or kinds - {"authentication", "rate-limit"}:
            continue
        sent = _of_route(asked, route, handler)
        if sent is None or sent.scope.module.at(sent.node) in told:
            continue
        told.add(sent.scope.module.at(sent.node))
        yield _answer(route, f"{name_of(route)} lets in", sent)
    yield from _of_permissions(asked)


def _answer(route: Route | None, who: str, sent: _Sent) -> Answer:
    confidence: Confidence = "sure" if _SECRET.search(sent.item.name) else "likely"
    return Answer(
        route,
        f"{who} whoever sends any {sent.item.place} {sent.item.name}",
        f"only whether {sent.item.name} was sent is asked",
        f"nothing looks at what {sent.item.name} is: any text will do",
        f"compare {sent.item.name} with what is right (hmac.compare_digest), or verify the token in it",
        confidence, Place(sent.scope.module, sent.node),
    )  # fmt: skip


def _of_route(asked: Asked, route: Route, handler: Scope) -> _Sent | None:
    guards = [one for one in route.guards if one.runs != "never" and one.kind == "authentication"]
    scopes = list(dict.fromkeys((*asked.guarding(route), handler)))
    found = [one for scope in scopes for one in _looked_for(asked, scope)]
    # Another guard may look at it, or at something else.
    if len(guards) != 1 or len({one.item for one in found}) != 1:
        return None
    sent = found[0]
    every = dict.fromkeys((*scopes, *asked.reached(route)))
    if any(_names_elsewhere(asked, scope, sent.item) for scope in every) or _is_at_another_place(
        asked, guards[0].at, sent
    ):
        return None
    return sent


def _is_at_another_place(asked: Asked, at: str, sent: _Sent) -> bool:
    """Whether the guard of the map is something else than what was found."""
    path, _, line = at.rpartition(":")
    scope, module = sent.scope, sent.scope.module
    while scope.parent is not None and scope.parent.is_function:
        scope = scope.parent
    around = scope.node or sent.node
    return path != module.path or not module.line(around[1]) - 1 <= int(line or 0) <= module.line(around[2])


def _looked_for(asked: Asked, scope: Scope) -> Iterator[_Sent]:
    """Refusals for want of a header or cookie: `if not request.headers.get("X-Key"): abort(401)`."""
    requested = Requested(asked.registrations.program, scope, None)
    for node in form.walk_scope(scope.body):
        for test, body in node[3] if node[0] == form.IF else ():
            item = _absent(requested, test)
            if item is not None and _refuses(body):
                yield _Sent(item, scope, node)


def _absent(requested: Requested, test: Node) -> Item | None:
    """What is not there where a test is true; and nothing else may make it so."""
    if test[0] == form.UNARY and test[3] == "not":
        return _present(requested, test[4])
    if test[0] == form.COMPARE and len(test[3]) == 2:
        left, right = test[3]
        if test[4] in (("is",), ("==",)) and right[0] == form.CONSTANT and right[3] in (None, ""):
            return _item(requested, left)
        if test[4] == ("not in",):
            return _in(requested, left, right)
    return None


def _present(requested: Requested, test: Node) -> Item | None:
    """What is there where a test is true."""
    if test[0] == form.CALL and last_word(test) == "bool" and len(test[4]) == 1:
        return _present(requested, test[4][0])
    if test[0] == form.COMPARE and len(test[3]) == 2:
        left, right = test[3]
        if test[4] in (("is not",), ("!=",)) and right[0] == form.CONSTANT and right[3] in (None, ""):
            return _item(requested, left)
        return _in(requested, left, right) if test[4] == ("in",) else None
    return _item(requested, test)


def _in(requested: Requested, name: Node, container: Node) -> Item | None:
    """`"X-Key" in request.headers`"""
    text = form.text_of(name)
    if text is None:
        return None
    # As if it were taken from there.
    for item in requested.items(container):
        return Item(item.place, text) if item.place in _PLACES and not item.name and _is_named(text) else None
    return None


def _item(requested: Requested, node: Node) -> Item | None:
    item = requested.item(node)
    return item if item is not None and item.place in _PLACES and _is_named(item.name) else None


def _is_named(name: str) -> bool:
    return not _OF_PROXIES.search(name)


def _names_elsewhere(asked: Asked, scope: Scope, item: Item) -> bool:
    """Whether a function does anything with what was sent but ask whether it is there."""
    requested = Requested(asked.registrations.program, scope, None)
    asks: set[int] = set()
    for node in form.walk_scope(scope.body):
        for test, _ in node[3] if node[0] == form.IF else ():
            if (_absent(requested, test) or _present(requested, test)) == item:
                asks |= {id(one) for one in form.walk(test)}
        if node[0] == form.RETURN and node[3] is not None and _present(requested, node[3]) == item:
            # What a permission grants; a function that gives what was sent leaves it to others to look at.
            asks |= {id(one) for one in form.walk(node[3])} if node[3][0] in (form.COMPARE, form.CALL) else set()
        if node[0] == form.ASSIGN and requested.item(node[4]) == item and node[4][0] != form.NAME:
            asks |= {id(one) for part in (node[4], *node[3]) for one in form.walk(part)}
    wanted = item.name.lower().replace("_", "-")
    for node in form.walk_scope(scope.body):
        if id(node) in asks:
            continue
        if node[0] == form.CONSTANT and str(node[3]).lower().replace("_", "-").removeprefix("http-") == wanted:
            return True
        if node[0] in (form.NAME, form.CALL, form.SUBSCRIPT) and requested.item(node) == item:
            return True
    # All headers, or cookies, are handed on: who gets them may look.
    whole = (inner for node in form.walk_scope(scope.body) if node[0] == form.CALL for inner in _given(node))
    return any(found.place == item.place and not found.name for one in whole for found in requested.items(one))


def _given(call: Node) -> Iterator[Node]:
    if last_word(call) not in ("get", "pop"):
        yield from call[4]
        yield from (value for _, value in call[5])


def _refuses(body: Body) -> bool:
    for node in form.walk_scope(body):
        if node[0] == form.CALL and _REFUSING.search(last_word(node)):
            return True
        if node[0] == form.CONSTANT and type(node[3]) is int and node[3] in (401, 403):
            return True
    return False


def _of_permissions(asked: Asked) -> Iterator[Answer]:
    """Permissions of REST framework: `return "X-Key" in request.headers`."""
    program = asked.registrations.program
    for path in program.words.matching(_PERMITS, (b"has_permission",)):
        if TEST_FILE.search(path):
            continue
        for scope in program.functions(within=program.modules[path]):
            owner = scope.parent
            is_permission = scope.name == "has_permission" and owner is not None
            if not is_permission or owner is None or not program.resolver.classes.is_a(owner, _PERMISSION):
                continue
            requested = Requested(program, scope, None)
            returned = [one for one in form.walk_scope(scope.body) if one[0] == form.RETURN and one[3] is not None]
            if len(returned) != 1:
                continue
            item = _present(requested, returned[0][3])
            if item is not None and not _names_elsewhere(asked, scope, item):
                yield _answer(None, f"{owner.name} grants to", _Sent(item, scope, returned[0]))
