"""Accounts: who may change a password, whether a sign-in can be tried without end, who says which role somebody has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.model import Confidence
from nomoat.check.questions.asking import Answer, Asked
from nomoat.check.questions.fields import flags
from nomoat.check.questions.requested import Requested
from nomoat.check.questions.words import (
    PRIVILEGE,
    asks_for_more,
    is_guarded_for_administrators,
    is_identifier,
    is_of_administrators,
    last_word,
    name_of,
)
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope
from nomoat.survey.sqltext import columns_set, text_of

_PASSWORD = re.compile(
    r"\A(hashed_|encrypted_|new_|user_)?(password|passwd|pwd|pass)(_?(hash|hashed|digest|encrypted))?\Z", re.I
)
_UPDATES_PASSWORD = re.compile(
    r"\bupdate\s+\S+\s+set\b[^;]*\b(password|passwd|pwd|pass|password_hash)\s*=", re.I | re.S
)
_ACCOUNT = frozenset(("email", "mail", "e_mail", "user", "login", "account", "phone"))
#: Names of what shows that the caller may do it: a token that was mailed, the password as it was.
_PROOF = re.compile(
    r"token|code|otp|\bold|old_|current|existing|previous|secret|signature|nonce|uidb64|answer|proof|challenge"
    r"|\bkey\b", re.I
)  # fmt: skip
_PROVES = re.compile(
    r"check_?p|verify|compare_digest|validate|decode|loads|authenticate|check_token|unsign|checkpw|correct|confirm"
    r"|is_valid|challenge|assert_|require|permission|authoriz|ensure_", re.I
)  # fmt: skip
#: What reads a request, or makes a digest of what is given.
_ONLY_READS = re.compile(r"\A(loads|get_json|json|load|hash\w*|\w*hash|digest|hexdigest)\Z", re.I)
#: Calls that decide what the caller may do.
_AUTHORIZES = re.compile(
    r"assert_|require|check_|permission|authoriz|ensure_|is_allowed|has_perm|has_role|\Acan_|may_", re.I
)


# -- passwords ---------------------------------------------------------------------------------------------------------


def account_change(asked: Asked) -> Iterator[Answer]:
    """Routes that set the password of an account which the request names, without a proof that it is the caller's."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or route.verdict == "unknown" or is_of_administrators(route) or route.requires:
            continue
        kinds = {guard.kind for guard in route.guards if guard.runs != "never"}
        if kinds & {"permission", "ownership", "signature"}:
            continue
        chosen = _chosen_account(asked, route, handler)
        where = _sets_password(asked, route) if chosen and not is_proven(asked, route, handler) else None
        if where is None:
            continue
        is_open = route.verdict == "unguarded"
        confidence: Confidence = "sure"
        if not is_open and asked.registrations.uses_identity(route):
            confidence = "low"
        who = "anyone" if is_open else "whoever is signed in"
        yield Answer(
            route,
            f"{who} can set the password of any account by {name_of(route)}",
            f"the account is the one that {chosen} names; the password is set in {where}",
            "nothing shows that the account is the caller's: no password as it was, no token that was sent to it",
            "ask for the current password of the signed-in account, or for a token that was mailed and expires;"
            " never take the account from the request",
            confidence,
        )


def _chosen_account(asked: Asked, route: Route, handler: Scope) -> str:
    """What of the request picks the account: a parameter of the path, or `username` in the body."""
    for parameter in route.parameters:
        if is_identifier(parameter.name) or parameter.name.lower() in _ACCOUNT:
            return f"{{{parameter.name}}}" if parameter.location == "path" else parameter.name
    requested = Requested(asked.registrations.program, handler, route)
    for node in form.walk_scope(handler.body):
        if node[0] in (form.CALL, form.SUBSCRIPT, form.ATTRIBUTE):
            for item in requested.items(node):
                if is_identifier(item.name) or item.name.lower() in _ACCOUNT:
                    return f"{item.name} of the request"
    return ""


def _sets_password(asked: Asked, route: Route) -> str | None:
    """Where a password of a row that was there before is set; None where none is."""
    program = asked.registrations.program
    for scope in asked.reached(route):
        for node in form.walk_scope(scope.body):
            if node[0] == form.ASSIGN:
                for target in node[3]:
                    if (
                        target[0] == form.ATTRIBUTE
                        and _PASSWORD.match(target[4])
                        and _was_there(asked, scope, target[3])
                    ):
                        return scope.module.at(node)
                    name = form.text_of(target[4]) if target[0] == form.SUBSCRIPT else None
                    if name is not None and _PASSWORD.match(name) and target[3][0] == form.SUBSCRIPT:
                        return scope.module.at(node)
            elif node[0] == form.CALL and node[3][0] == form.NAME:
                # A helper that is given the statement.
                if node[4] and _UPDATES_PASSWORD.search(text_of(program, scope, node[4][0])):
                    return scope.module.at(node)
            elif node[0] == form.CALL and node[3][0] == form.ATTRIBUTE:
                if node[3][4] == "set_password" and _was_there(asked, scope, node[3][3]):
                    return scope.module.at(node)
                if node[3][4] in ("update", "values", "update_one") and _names_password(node):
                    return scope.module.at(node)
                is_statement = node[3][4] in ("execute", "run", "query") and bool(node[4])
                if is_statement and _UPDATES_PASSWORD.search(text_of(program, scope, node[4][0])):
                    return scope.module.at(node)
    return None


def _names_password(call: Node) -> bool:
    keys = [name for name, _ in call[5] if name is not None]
    for given in call[4]:
        for node in form.walk(given):
            if node[0] == form.DICT:
                keys += [text for key, _ in node[3] if key is not None and (text := form.text_of(key))]
    return any(_PASSWORD.match(key) for key in keys) and not (call[3][4] == "values" and _inserts(call[3][3]))


def _inserts(node: Node) -> bool:
    return any(last_word(inner) == "insert" for inner in form.walk(node) if inner[0] == form.CALL)


def _was_there(asked: Asked, scope: Scope, node: Node) -> bool:
    """Whether an object was looked up: one that was made here, or that is the caller's own, was not."""
    if node[0] != form.NAME:
        return False
    values = [one for one in scope.bindings.get(node[3], ()) if one.how is How.VALUE and one.value is not None]
    if not values:
        return False
    for binding in values:
        value = binding.value
        while value is not None and value[0] == form.AWAIT:
            value = value[3]
        if value is None or value[0] not in (form.CALL, form.SUBSCRIPT):
            return False
        if value[0] == form.CALL and _makes(asked, scope, value):
            return False
        if any(is_caller(inner) for inner in form.walk(value)):
            return False
    return True


def _makes(asked: Asked, scope: Scope, call: Node) -> bool:
    """Whether a call makes an object: of a class of the tree, or of what is written like one (`get_user_model()`)."""
    if asked.registrations.program.resolve(scope, call[3]).kind == "class":
        return True
    named = call[3][3] if call[3][0] == form.NAME else call[3][4] if call[3][0] == form.ATTRIBUTE else ""
    return named[:1].isupper()


def is_caller(node: Node) -> bool:
    """Whether an expression is who is calling, or what holds that: `request.user`, `current_user`, `session`, `g`."""
    name = node[3] if node[0] == form.NAME else node[4] if node[0] == form.ATTRIBUTE else ""
    return name in ("current_user", "session", "g", "identity", "principal") or (
        node[0] == form.ATTRIBUTE and name == "user" and node[3][0] == form.NAME and node[3][3] == "request"
    )


def is_proven(asked: Asked, route: Route, handler: Scope) -> bool:
    """Whether something shows that the account is the caller's: the old password, a token that was sent to it."""
    if any(_PROOF.search(parameter.name) for parameter in route.parameters):
        return True
    requested = Requested(asked.registrations.program, handler, route)
    for scope in asked.reached(route):
        for node in form.walk_scope(scope.body):
            if node[0] == form.CALL and _PROVES.search(last_word(node)) and not _ONLY_READS.search(last_word(node)):
                return True
            is_read = scope is handler and node[0] in (form.CALL, form.SUBSCRIPT, form.ATTRIBUTE)
            if is_read and any(_PROOF.search(item.name) for item in requested.items(node)):
                return True
    return False


# -- roles -------------------------------------------------------------------------------------------------------------


def self_chosen_role(asked: Asked) -> Iterator[Answer]:
    """Routes where the request says which role, or whether it is an administrator's, an account gets."""
    asked_for = flags(asked)
    for route in asked.routes:
        handler = asked.handler(route)
        kept = _kept_in_session(asked, route, handler) if handler is not None else None
        if kept is not None:
            yield kept
            continue
        if handler is None or route.method in SAFE_METHODS or is_guarded_for_administrators(route):
            continue
        if route.verdict == "unknown" or any(asks_for_more(guard) for guard in route.guards):
            continue
        if route.requires is None or route.requires:
            continue
        granted = next(_granted(asked, route, handler, asked_for), None)
        if granted is not None:
            name, at = granted
            who = "anyone" if route.verdict == "unguarded" else "whoever is signed in"
            yield Answer(
                route,
                f"{who} can give {name} by {name_of(route)}",
                f"{name} of the account that the path names is set ({at})",
                f"{name} decides what an account may do, and nothing asks whether who gives it has it",
                f"demand the permission of those who may give {name}",
                "sure",
            )
            continue
        found = next(_privileges(asked, route, handler), None)
        if found is None:
            continue
        name, at, item = found
        confidence: Confidence = "sure"
        if _is_tested(handler, item) or any(_AUTHORIZES.search(last_word(c)) for c in _calls(handler)):
            confidence = "low"
        if route.verdict == "guarded" and asked.registrations.tests_caller(route):
            confidence = "likely" if confidence == "sure" else "low"
        who = "anyone" if route.verdict == "unguarded" else "whoever is signed in"
        yield Answer(
            route,
            f"{who} can choose {name} by {name_of(route)}",
            f"{item} of the request becomes {name} ({at})",
            f"{name} decides what an account may do, and the request that makes or changes it says what it is",
            f"leave {name} at its default here; change it by a route that demands a permission",
            confidence,
        )


def _kept_in_session(asked: Asked, route: Route, handler: Scope) -> Answer | None:
    """A session that holds as the caller's role what the request says: `session["role"] = request.args["role"]`."""
    requested = Requested(asked.registrations.program, handler, route)
    for node in form.walk_scope(handler.body):
        for target in node[3] if node[0] == form.ASSIGN else ():
            name = form.text_of(target[4]) if target[0] == form.SUBSCRIPT else None
            is_session = name is not None and (form.dotted(target[3]) or "").rpartition(".")[2] == "session"
            item = requested.item(_compared(node[4])) if is_session and name and PRIVILEGE.match(name) else None
            if item is not None and PRIVILEGE.match(item.name) and not _is_tested(handler, item.name):
                return Answer(
                    route,
                    f"whoever calls {name_of(route)} chooses {name} for the rest of the session",
                    f"{item.name} of the request becomes {name} of the session ({handler.module.at(node)})",
                    f"{name} decides what the caller may do, and nothing asks whether they have it",
                    f"put into the session the {name} that the row of the account has",
                    "sure",
                )
    return None


def _granted(asked: Asked, route: Route, handler: Scope, asked_for: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Privileges that are set to what source fixes, for an account that the path names: `member.is_admin = True`."""
    if not any(one.location == "path" for one in route.parameters) or asked.registrations.decides_by_caller(route):
        return
    for node in form.walk_scope(handler.body):
        if node[0] == form.ASSIGN and node[4][0] == form.CONSTANT and node[4][3] is True:
            for target in node[3]:
                if target[0] == form.ATTRIBUTE and (PRIVILEGE.match(target[4]) or target[4] in asked_for):
                    yield target[4], handler.module.at(node)
        elif node[0] == form.CALL and last_word(node) in ("update", "values"):
            for name, value in node[5]:
                is_privilege = name is not None and (PRIVILEGE.match(name) or name in asked_for)
                if name is not None and is_privilege and value[0] == form.CONSTANT and value[3] is True:
                    yield name, handler.module.at(node)


def _calls(scope: Scope) -> list[Node]:
    return [node for node in form.walk_scope(scope.body) if node[0] == form.CALL]


def _privileges(asked: Asked, route: Route, handler: Scope) -> Iterator[tuple[str, str, str]]:
    """Columns that say what somebody may do, and what of the request is put there: column, place, item."""
    requested = Requested(asked.registrations.program, handler, route)
    for node in form.walk_scope(handler.body):
        pairs: list[tuple[str, Node]] = []
        if (
            node[0] == form.CALL
            and node[4]
            and (columns := columns_set(text_of(requested.program, handler, node[4][0])))
        ):
            given = node[4][1:]
            given = given[0][3] if len(given) == 1 and given[0][0] in (form.TUPLE, form.LIST) else given
            pairs = [(name, value) for name, value in zip(columns, given, strict=False) if name]
        elif node[0] == form.CALL and not _is_reading(node):
            pairs = [(name, value) for name, value in node[5] if name is not None]
        elif node[0] == form.ASSIGN:
            pairs = [(target[4], node[4]) for target in node[3] if target[0] == form.ATTRIBUTE]
        elif node[0] == form.DICT:
            pairs = [(text, value) for key, value in node[3] if key is not None and (text := form.text_of(key))]
        for name, value in pairs:
            if PRIVILEGE.match(name):
                item = requested.item(_compared(value))
                if item is not None and item.place != "path" and PRIVILEGE.match(item.name):
                    yield name, handler.module.at(node), item.name


def _compared(value: Node) -> Node:
    """`request.form.get("admin") == "1"` is as good as what is compared."""
    if value[0] == form.COMPARE and len(value[3]) == 2:
        return value[3][0] if value[3][1][0] == form.CONSTANT else value
    return value


def _is_reading(call: Node) -> bool:
    return last_word(call) in (
        "filter", "filter_by", "get", "where", "exclude", "order_by", "find", "find_one", "first", "count", "render",
        "render_template", "redirect", "url_for", "info", "debug", "warning", "jsonify",
    )  # fmt: skip


def _is_tested(handler: Scope, item: str) -> bool:
    """Whether the handler compares what is called so with anything: an allow list may be in there."""
    for node in form.walk_scope(handler.body):
        if node[0] == form.COMPARE and any("in" in operator or operator in ("==", "!=") for operator in node[4]):
            if "in" in node[4] and form.text_of(node[3][0]) == item:
                continue  # `if "role" in data:` asks whether it was sent, and nothing of it.
            for inner in form.walk(node):
                name = inner[3] if inner[0] == form.NAME else inner[4] if inner[0] == form.ATTRIBUTE else None
                if name == item or form.text_of(inner) == item:
                    return "in" in node[4] or "not in" in node[4]
    return False
