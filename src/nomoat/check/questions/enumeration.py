"""Whether an account exists: answers of a sign-in that tell a name that is not known from a password that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.words import last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import How, Scope

_SIGNS_IN = re.compile(r"(^|[/_\-.])(log[_-]?in|sign[_-]?in|auth|authenticate|token|session)(s|\d)?($|[/_\-.])", re.I)
_FORGOT = re.compile(r"forgot|recover|lost|reset|password", re.I)
_CHECKS = re.compile(r"check_?p|verify|checkpw|compare|hash|digest|md5|sha\d|crypt", re.I)
_PASSWORD = re.compile(r"passw|\bpwd\b|^pw$", re.I)
_LOOKS_UP = frozenset((
    "first", "one_or_none", "scalar_one_or_none", "scalar", "get", "find_one", "fetchone", "fetchrow", "get_or_none",
    "one", "filter_by", "get_user", "get_by_email", "get_user_by_email", "get_by_username",
))  # fmt: skip
_OF_ACCOUNTS = re.compile(r"user|account|member", re.I)
_NOT_FOUND = re.compile(r"DoesNotExist|NoResultFound|NotFound", re.I)
_SAYS = frozenset(("flash", "abort", "add_error"))
#: Texts that say of an account that there is none.
_UNKNOWN = re.compile(
    r"(no|not|un|doesn'?t|does not|isn'?t|never)\W*(such|found|known|exist|registered|regist|account|user|any)"
    r"|unknown (user|e-?mail|address|account|name)|no .{0,20}(account|user)|not .{0,20}(exist|found|registered)", re.I
)  # fmt: skip


def account_enumeration(asked: Asked) -> Iterator[Answer]:
    """Routes that say of a name whether there is an account of it."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or route.method in SAFE_METHODS or route.verdict == "guarded":
            continue
        missing = _where_nobody_is(handler)
        if missing is None:
            continue
        node, said = missing
        if route.login or _SIGNS_IN.search(route.path):
            yield from _signing_in(route, handler, node, said)
        elif (_FORGOT.search(route.path) or _FORGOT.search(handler.name)) and _UNKNOWN.search(" / ".join(said)):
            yield _answer(route, handler, node, "it says of an address that nobody has it")


def _signing_in(route: Route, handler: Scope, node: Node, said: tuple[str, ...]) -> Iterator[Answer]:
    wrong = _where_the_password_is_wrong(handler)
    if wrong is not None and wrong != said and said and wrong:
        yield _answer(route, handler, node, "it says something else where the password is wrong")


def _answer(route: Route, handler: Scope, node: Node, label: str) -> Answer:
    return Answer(
        route, f"{name_of(route)} tells whether an account exists", label, "", "", "sure", Place(handler.module, node)
    )  # fmt: skip


def _where_nobody_is(handler: Scope) -> tuple[Node, tuple[str, ...]] | None:
    """The branch for a name that nobody has, and what it says: `if user is None: abort(404)`."""
    for node in form.walk_scope(handler.body):
        for test, body in node[3] if node[0] == form.IF else ():
            name = _is_nothing(test)
            if (name and _is_looked_up(handler, name)) or _is_absent(test):
                at, said = _said(body)
                if at is not None:
                    return at, said
        for kind, body in _caught(node):
            if _NOT_FOUND.search(kind):
                at, said = _said(body)
                if at is not None:
                    return at, said
    return None


def _caught(node: Node) -> Iterator[tuple[str, Body]]:
    """What a look-up of an account ends with: `try: User.objects.get(...)`, `except User.DoesNotExist:`."""
    if node[0] != form.TRY:
        return
    asked = (one for one in form.walk_scope(node[3]) if one[0] == form.CALL)
    if any(last_word(one) in _LOOKS_UP and _OF_ACCOUNTS.search(_spoken(one)) for one in asked):
        for handler in node[4]:
            kinds = form.walk(handler[3]) if handler[3] is not None else ()
            yield " ".join(str(one[4] if one[0] == form.ATTRIBUTE else one[3]) for one in kinds), handler[5]


def _spoken(call: Node) -> str:
    """The names and texts of what is called: `request.app["users"].by_name`."""
    return " ".join(
        str(one[4] if one[0] == form.ATTRIBUTE else one[3])
        for one in form.walk(call[3])
        if one[0] in (form.NAME, form.ATTRIBUTE, form.CONSTANT)
    )


def _is_nothing(test: Node) -> str:
    if test[0] == form.UNARY and test[3] == "not" and test[4][0] == form.NAME:
        return str(test[4][3])
    if test[0] == form.COMPARE and test[4] in (("is",), ("==",)) and test[3][0][0] == form.NAME:
        return str(test[3][0][3]) if test[3][1][0] == form.CONSTANT and test[3][1][3] is None else ""
    return ""


def _is_absent(test: Node) -> bool:
    """`not User.objects.filter(username=name).exists()`"""
    call = test[4] if test[0] == form.UNARY and test[3] == "not" else None
    if call is not None and call[0] == form.AWAIT:
        call = call[3]
    if call is None or call[0] != form.CALL or last_word(call) not in ("exists", "aexists") or call[4]:
        return False
    return any(_OF_ACCOUNTS.search(_spoken(one)) for one in form.walk(call) if one[0] == form.CALL)


def _is_looked_up(handler: Scope, name: str) -> bool:
    """Whether a name stands for a row of somebody that a query gave."""
    for binding in handler.bindings.get(name, ()):
        value = binding.value if binding.how is How.VALUE else None
        while value is not None and value[0] == form.AWAIT:
            value = value[3]
        if value is not None and value[0] == form.CALL:
            called = last_word(value)
            is_asked = called in _LOOKS_UP or _OF_ACCOUNTS.search(_spoken(value)) or _asks_for_accounts(value)
            if is_asked:
                return bool(re.search(r"user|account|member|person|found|row|customer|staff", name, re.I))
    return False


def _asks_for_accounts(call: Node) -> bool:
    text = form.text_of(call[4][0]) if call[4] else None
    return bool(text and re.search(r"\bfrom\s+\"?(users?|accounts?|members?)\b", text, re.I))


def _where_the_password_is_wrong(handler: Scope) -> tuple[str, ...] | None:
    for node in form.walk_scope(handler.body):
        for test, body in node[3] if node[0] == form.IF else ():
            parts = list(form.walk(test))
            # `user is None or not check(...)` answers both alike.
            is_joined = test[0] == form.BOOLEAN and test[3] == "or"
            checks = any(part[0] == form.CALL and _CHECKS.search(last_word(part)) for part in parts)
            if (checks or _is_of_passwords(test)) and not is_joined and _is_negative(test):
                return _said(body)[1]
            if (name := _is_nothing(test)) and _is_authenticated(handler, name):
                return _said(body)[1]
    return None


def _is_of_passwords(test: Node) -> bool:
    """`user["password"] != body.password`"""
    sides = test[3] if test[0] == form.COMPARE and test[4] == ("!=",) else ()
    return len(sides) == 2 and all(_PASSWORD.search(_called_so(one)) for one in sides)


def _called_so(node: Node) -> str:
    if node[0] == form.SUBSCRIPT:
        return form.text_of(node[4]) or ""
    return str(node[4] if node[0] == form.ATTRIBUTE else node[3] if node[0] == form.NAME else "")


def _is_authenticated(handler: Scope, name: str) -> bool:
    """Whether a name stands for what `authenticate(username=..., password=...)` gave."""
    values = [one.value for one in handler.bindings.get(name, ()) if one.how is How.VALUE and one.value is not None]
    values = [one[3] if one[0] == form.AWAIT else one for one in values]
    return bool(values) and all(
        one[0] == form.CALL and last_word(one) in ("authenticate", "aauthenticate") and bool(one[5] or len(one[4]) > 1)
        for one in values
    )


def _is_negative(test: Node) -> bool:
    if test[0] == form.UNARY and test[3] == "not":
        return True
    return bool(test[0] == form.COMPARE and "!=" in test[4])


def _said(body: Body) -> tuple[Node | None, tuple[str, ...]]:
    """What a branch says before it ends, with the status: constants in what is flashed, raised or returned."""
    found: list[str] = []
    at: Node | None = None
    for node in form.walk_scope(body):
        is_said = node[0] == form.CALL and last_word(node) in _SAYS
        if node[0] in (form.RETURN, form.RAISE) or is_said:
            at = node if at is None or (is_said and at[0] != form.CALL) else at
            for inner in form.walk(node):
                if inner[0] == form.CONSTANT and type(inner[3]) in (str, int):
                    found.append(str(inner[3]))
                elif inner[0] == form.ATTRIBUTE and inner[4].startswith("HTTP_"):
                    found.append(inner[4])
    return (at, tuple(dict.fromkeys(found))) if any(map(_ends, body)) else (None, ())


def _ends(node: Node) -> bool:
    if node[0] == form.EXPRESSION:
        return bool(node[3][0] == form.CALL and last_word(node[3]) == "abort")
    return bool(node[0] in (form.RETURN, form.RAISE))
