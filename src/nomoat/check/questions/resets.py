"""Codes that set a forgotten password anew: handed to whoever asks, good for ever, or sent to a host of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.requested import Item, Requested
from nomoat.check.questions.words import asks_for_more, last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope
from nomoat.survey.sqltext import text_of

_FORGOT = re.compile(r"forgot|recover|lost|reset|remind", re.I)
#: What a code is called, and what an answer calls it.
_CODE = re.compile(
    r"\A((reset|recovery|verification|verify|confirm(ation)?|forgot|otp|sms|password_?reset)_?)?"
    r"(token|code|otp|pin|secret|link|url|key)\Z", re.I
)  # fmt: skip
#: A password that was made for whoever forgot theirs.
_NEW_PASSWORD = re.compile(r"\A((new|temp|temporary|generated|random)_?)?(password|passwd|pwd)\Z", re.I)
#: Columns in which a code waits for who was sent it.
_KEPT = re.compile(r"\A(password_?)?(reset|recovery|forgot)_?(password_?)?(token|code|otp|pin|key|secret)\Z", re.I)
_MAKES = re.compile(
    r"token_(urlsafe|hex|bytes)|\brand(int|range|om|bits)\b|\b(choices?|sample)\b|uuid4|make_token|generate|\bdumps\b|\bsign\b|_code\b"
    r"|_token\b|_otp\b|urandom|hexdigest", re.I
)  # fmt: skip
_ANSWERS = frozenset((
    "jsonify", "json_response", "JSONResponse", "JsonResponse", "Response", "HttpResponse", "write", "dict", "finish",
    "ORJSONResponse", "make_response",
))  # fmt: skip
_SETS_PASSWORD = re.compile(r"\A(hashed_|encrypted_)?(password|passwd|pwd)(_?(hash|hashed|digest))?\Z", re.I)
_HOST = re.compile(r"\A(x-forwarded-)?host\Z|\Aorigin\Z|\Areferer\Z", re.I)
_LINKS = re.compile(r"(reset|token|confirm|verify|activate|invite|recover|code)\w*\s*[=/]", re.I)
_LOOKS_UP = frozenset(("filter", "filter_by", "get", "find_one", "get_object_or_404", "get_or_none"))
#: Statements that look a code up, that set a password, and that take a code away.
_OF_CODE = r"(?:password_?)?(?:reset|recovery|forgot)_?(?:password_?)?(?:token|code|otp|pin|key|secret)"
_ASKED_BY = re.compile(rf"\bwhere\b.*\b({_OF_CODE})\s*=\s*(?:\?|%s|%\(|\$\d|:\w)", re.I | re.S)
_UPDATES = re.compile(r"\bupdate\b.*\bset\b.*\b(password|passwd|pwd)(_?(hash|digest))?\s*=", re.I | re.S)
_EMPTIED = re.compile(rf"\bset\b(?:(?!\bwhere\b).)*\b{_OF_CODE}\s*=|\bdelete\s+from\b", re.I | re.S)
#: What tells how old a code is, or has it checked by what does.
_TIMES = re.compile(
    r"expir|_at\b|valid_|created|timedelta|max_age|\bnow\b|utcnow|time\(|ttl|deadline|\bage\b|minutes|hours|loads|decode"
    r"|check_token|verify|consume|unsign", re.I
)  # fmt: skip


def reset_code_answered(asked: Asked) -> Iterator[Answer]:
    """Routes that answer with the code which they should only send to the owner of the account."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or route.verdict == "guarded" or any(asks_for_more(guard) for guard in route.guards):
            continue
        if not (_FORGOT.search(route.path) or _FORGOT.search(handler.name)):
            continue
        requested = Requested(asked.registrations.program, handler, route)
        told = {item.name for node in form.walk_scope(handler.body) for item in _items(requested, node)}
        if any(_CODE.match(name) for name in told):
            continue  # Whoever has a code already gets something for it.
        for node, name in _shown(handler):
            yield Answer(
                route,
                f"{name_of(route)} answers with the code that sets the password anew",
                f"{name} stands in the answer",
                "whoever names an account gets the code for it, and with it the account",
                "send the code to the address of the account, and answer alike for every name",
                "sure", Place(handler.module, node),
            )  # fmt: skip
            break


def _items(requested: Requested, node: Node) -> Iterator[Item]:
    if node[0] in (form.SUBSCRIPT, form.CALL, form.ATTRIBUTE) and (item := requested.item(node)) is not None:
        yield item


def _shown(handler: Scope) -> Iterator[tuple[Node, str]]:
    """What answers show under a name of codes, where the handler made it or a row holds it."""
    for node in form.walk_scope(handler.body):
        is_answer = node[0] == form.CALL and last_word(node) in _ANSWERS
        if node[0] != form.RETURN and not is_answer:
            continue
        given = [node[3]] if node[0] == form.RETURN else [*node[4], *(value for _, value in node[5])]
        for one in given:
            for key, value in one[3] if one is not None and one[0] == form.DICT else ():
                name = form.text_of(key) if key is not None else None
                if name and _tells_code(handler, name, value):
                    yield node, name
        for name, value in node[5] if is_answer else ():
            if name and _tells_code(handler, name, value):
                yield node, name


def _tells_code(handler: Scope, name: str, value: Node) -> bool:
    is_made_here = value[0] in (form.NAME, form.CALL)
    return bool(_CODE.match(name) or (is_made_here and _NEW_PASSWORD.match(name))) and _is_code(handler, value)


def _is_code(handler: Scope, value: Node) -> bool:
    if value[0] == form.ATTRIBUTE:
        return bool(_KEPT.match(value[4]))
    if value[0] == form.SUBSCRIPT:
        return bool(_KEPT.match(form.text_of(value[4]) or ""))
    if value[0] == form.CALL:
        return bool(_MAKES.search(handler.module.text(value)))
    if value[0] != form.NAME:
        return False
    made = [one.value for one in handler.bindings.get(value[3], ()) if one.how is How.VALUE and one.value is not None]
    return any(_MAKES.search(handler.module.text(one)) for one in made)


def endless_reset_code(asked: Asked) -> Iterator[Answer]:
    """Routes that take a code for a new password, whatever its age, and leave it good for the next time."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or handler.node is None or route.verdict == "guarded":
            continue
        statements = [(node, text) for node in handler.nodes if (text := _statement(asked, handler, node))]
        compared = next(_compared(handler, statements), None)
        text = handler.module.text(handler.node)
        if compared is None or not _sets_password(handler, statements) or _TIMES.search(text) or _is_cleared(handler):
            continue
        if any(_EMPTIED.search(one) for _, one in statements):
            continue
        if any(_TIMES.search(one.name) for one in asked.reached(route)[1:]):
            continue
        node, name = compared
        yield Answer(
            route,
            f"{name_of(route)} takes a code of any age, and takes it again",
            f"{name} is compared, and neither its age is looked at nor is it taken away",
            "a code that was seen once, in a mailbox or a log, sets the password for ever",
            f"keep when it was made, refuse it after some minutes, and set {name} to None once it was used",
            "sure", Place(handler.module, node),
        )  # fmt: skip


def _statement(asked: Asked, handler: Scope, node: Node) -> str:
    """The statement that a call is given; empty where it is given none."""
    if node[0] != form.CALL or not node[4]:
        return ""
    return text_of(asked.registrations.program, handler, node[4][0])


def _compared(handler: Scope, statements: list[tuple[Node, str]]) -> Iterator[tuple[Node, str]]:
    """Where a column that holds a code is compared, or looked up by."""
    for node in form.walk_scope(handler.body):
        if node[0] == form.COMPARE:
            for side in node[3]:
                name = side[4] if side[0] == form.ATTRIBUTE else ""
                name = form.text_of(side[4]) or "" if side[0] == form.SUBSCRIPT else name
                if _KEPT.match(name):
                    yield node, name
        elif node[0] == form.CALL and last_word(node) in _LOOKS_UP:
            for name, _ in node[5]:
                if name is not None and _KEPT.match(name):
                    yield node, name
    for node, text in statements:
        if found := _ASKED_BY.search(text):
            yield node, found[1]


def _sets_password(handler: Scope, statements: list[tuple[Node, str]]) -> bool:
    if any(_UPDATES.search(text) for _, text in statements):
        return True
    for node in form.walk_scope(handler.body):
        if node[0] == form.CALL and last_word(node) == "set_password":
            return True
        if node[0] == form.ASSIGN and any(t[0] == form.ATTRIBUTE and _SETS_PASSWORD.match(t[4]) for t in node[3]):
            return True
    return False


def _is_cleared(handler: Scope) -> bool:
    """Whether the code is set to something else, or handed to what may do that."""
    for node in form.walk_scope(handler.body):
        targets = node[3] if node[0] == form.ASSIGN else ()
        if any(target[0] == form.ATTRIBUTE and _KEPT.match(target[4]) for target in targets):
            return True
        names = [name for name, _ in node[5] if name is not None] if node[0] == form.CALL else []
        if any(map(_KEPT.match, names)) and last_word(node) in ("update", "values", "create"):
            return True
        if node[0] == form.CALL and re.search(r"clear|revoke|invalidate|remove|delete|used", last_word(node), re.I):
            return True
    return False


def link_of_host(asked: Asked) -> Iterator[Answer]:
    """Links with a code in them that lead to the host which the request names."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or asks_of_staff(route):
            continue
        requested = Requested(asked.registrations.program, handler, route)
        for node in form.walk_scope(handler.body):
            host = _host_in(requested, handler, node)
            if host:
                yield Answer(
                    route,
                    f"{name_of(route)} sends a link to whatever host the request names",
                    f"{host} of the request becomes the host of the link",
                    "who asks for the link of somebody else names a host of their own, and is sent the code in it",
                    "put the address of the service into a setting, and make links of that",
                    "sure" if host.lower() != "host_url" else "likely", Place(handler.module, node),
                )  # fmt: skip
                break


def asks_of_staff(route: Route) -> bool:
    """Whether a route is for those who have more than a sign-in: they are sent no links of others."""
    return any(asks_for_more(guard) for guard in route.guards)


def _host_in(requested: Requested, handler: Scope, node: Node) -> str:
    """The part of a request that a text with a code in it begins with; empty where source or a setting says it."""
    if node[0] not in (form.FSTRING, form.BINARY) and not (node[0] == form.CALL and last_word(node) == "format"):
        return ""
    text = handler.module.text(node)
    if not _LINKS.search(text) or not re.match(
        r"[rbuf]*[\"'(]*\s*(https?://)?[{%]|[rbuf]*[\"'(]*https?://|request", text, re.I
    ):
        return ""
    for inner in form.walk(node):
        item = requested.item(inner) if inner[0] in (form.SUBSCRIPT, form.CALL, form.NAME) else None
        if item is not None and item.place == "header" and _HOST.match(item.name):
            return item.name
        is_host = inner[0] == form.ATTRIBUTE and inner[4] in ("host_url", "url_root", "host")
        if is_host and inner[3][0] == form.NAME and inner[3][3] == "request":
            return "host_url"
    return ""
