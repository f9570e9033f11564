"""Routes by which whoever is signed in sets a new password, and nobody asks for the one that they have."""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.appmap.ids import SAFE_METHODS
from nomoat.appmap.model import Route
from nomoat.check.questions.accounts import is_caller, is_proven
from nomoat.check.questions.answered import PASSWORD
from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.requested import Requested
from nomoat.check.questions.words import last_word, name_of, segments_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import How, Scope

#: Where nobody has a password yet, or has shown in another way who they are.
_FIRST = frozenset((
    "reset", "forgot", "recover", "recovery", "invite", "invitation", "activate", "activation", "setup", "first",
    "register", "signup", "onboarding", "confirm", "accept", "join",
))  # fmt: skip
_SETS = frozenset(("set_password", "change_password", "update_password", "aset_password"))


def own_password(asked: Asked) -> Iterator[Answer]:
    """Routes that set the password of who is signed in to what they send, and compare nothing with the old one."""
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or route.method in SAFE_METHODS or route.verdict != "guarded" or route.login:
            continue
        words = {word for one in segments_of(route) for word in one.replace("-", "_").split("_")}
        if words & _FIRST or is_proven(asked, route, handler):
            continue
        node = next(_set(asked, route, handler), None)
        if node is not None:
            yield Answer(
                route,
                f"{name_of(route)} sets a new password, and asks nobody for the old one",
                "the password of who is signed in becomes what the request says",
                "whoever finds a session open, or has taken a token, shuts its owner out for good",
                "ask for the current password first, and compare it with the hash that is kept",
                "likely", Place(handler.module, node),
            )  # fmt: skip


def _set(asked: Asked, route: Route, handler: Scope) -> Iterator[Node]:
    requested = Requested(asked.registrations.program, handler, route)
    for node in form.walk_scope(handler.body):
        if node[0] == form.ASSIGN:
            targets = [one for one in node[3] if one[0] == form.ATTRIBUTE and _is_password(one[4])]
            if any(_is_who_calls(handler, one[3]) for one in targets) and any(requested.items(node[4])):
                yield node
        elif node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and last_word(node) in _SETS:
            given = (*node[4], *(value for _, value in node[5]))
            if _is_who_calls(handler, node[3][3]) and any(any(requested.items(one)) for one in given):
                yield node


def _is_password(name: str) -> bool:
    return bool(PASSWORD.match(name)) or name in ("digest", "pwhash")


def _is_who_calls(handler: Scope, node: Node) -> bool:
    """`request.user`, `g.user`, `current_user`, a parameter that a dependency gives, a name for one of them."""
    if is_caller(node) or (node[0] == form.ATTRIBUTE and is_caller(node[3])):
        return True
    bindings = handler.bindings.get(node[3], ()) if node[0] == form.NAME else ()
    if len(bindings) != 1:
        return False
    one = bindings[0]
    if one.how is How.VALUE and one.value is not None and one.value[0] == form.ATTRIBUTE:
        return is_caller(one.value) or is_caller(one.value[3])
    if one.how is not How.PARAMETER:
        return False
    declared = (one.node[form.P_DEFAULT], one.node[form.P_ANNOTATION])
    text = " ".join(handler.module.text(part) for part in declared if part is not None)
    return "Depends" in text and any(word in text.lower() for word in ("user", "account", "caller", "login"))
