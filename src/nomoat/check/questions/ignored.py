"""Checks of which nobody looks at the answer: `owns(order)` on a line of its own refuses nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.words import last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

#: Functions of packages that say yes or no and do nothing else.
_OF_PACKAGES = frozenset((
    "werkzeug.security.check_password_hash", "hmac.compare_digest", "secrets.compare_digest", "bcrypt.checkpw",
    "django.contrib.auth.hashers.check_password", "django.utils.crypto.constant_time_compare",
    "django.utils.http.url_has_allowed_host_and_scheme",
))  # fmt: skip
#: What such a function asks, by its name.
_ASKS = re.compile(
    r"\A_*(is|has|can|may|owns?|belongs?|allow(s|ed)?|permit(s|ted)?|check|verify|verified|valid(ate)?|authoriz|authoris"
    r"|ensure|require|matches|\w+_(allowed|permitted|owner|admin|access|role|valid|ok|matches)\Z)", re.I
)  # fmt: skip
#: Passwords that are compared so that it takes as long as with those of somebody.
_DUMMY = re.compile(r"dummy|fake|decoy|timing|constant_time|burn", re.I)
#: What it asks about, in its body: who calls, or what they may do.
_ABOUT = re.compile(
    rb"user|owner|session|role|admin|permission|scope|account|member|tenant|token|password|secret|signature|digest|hmac"
    rb"|\bme\b|caller|claims|identity|principal", re.I
)  # fmt: skip


def ignored_check(asked: Asked) -> Iterator[Answer]:
    """Routes that ask whether somebody may, and go on whatever the answer is."""
    program = asked.registrations.program
    said: set[str] = set()
    for route in asked.routes:
        for scope in asked.reached(route):
            for call in _alone(scope.body):
                at = scope.module.at(call)
                is_for_time = _DUMMY.search(scope.name) or _DUMMY.search(scope.module.text(call))
                if at in said or is_for_time or not _only_answers(program, scope, call):
                    continue
                said.add(at)
                name = last_word(call)
                yield Answer(
                    route,
                    f"nobody looks at what {name}() answers, and {name_of(route)} goes on whatever it is",
                    f"{name}() says yes or no, and refuses nobody by itself",
                    "the check runs and changes nothing",
                    f"if not {scope.module.text(call)}: refuse with 403 (or 401), or let {name} raise",
                    "sure",
                    Place(scope.module, call),
                )


def _alone(body: Body) -> Iterator[Node]:
    """Calls that stand on a line of their own."""
    for node in form.walk_scope(body):
        if node[0] == form.EXPRESSION:
            given = node[3][3] if node[3][0] == form.AWAIT else node[3]
            if given[0] == form.CALL:
                yield given


def _only_answers(program: Program, scope: Scope, call: Node) -> bool:
    found = program.resolve(scope, call[3])
    if found.name in _OF_PACKAGES:
        return True
    every = [one.scope for one in found.all]
    return bool(every) and all(one is not None and _is_predicate(one) for one in every)


def _is_predicate(scope: Scope) -> bool:
    """Whether a function of the tree asks something about who calls, says yes or no, and does nothing else."""
    if scope.node is None or not scope.is_function or scope.module.is_library or scope.decorators:
        return False
    if not _ASKS.search(scope.name) or not _ABOUT.search(scope.module.source[scope.node[1] : scope.node[2]]):
        return False
    answers = []
    for node in form.walk_scope(scope.body):
        if node[0] == form.RETURN:
            answers.append(node[3])
        elif (
            node[0] in _DOES
            or (node[0] == form.EXPRESSION and node[3][0] != form.CONSTANT)
            or (node[0] == form.ASSIGN and any(target[0] not in (form.NAME, form.TUPLE) for target in node[3]))
        ):
            return False
    # What always says yes is there for whoever asks more of it: a method that others override.
    is_asked = any(one is not None and one[0] != form.CONSTANT for one in answers)
    return is_asked and all(map(_is_yes_or_no, answers))


#: Statements by which a function does more than to answer.
_DOES = frozenset((form.RAISE, form.AUGMENTED, form.DELETE, form.YIELD, form.YIELD_FROM, form.GLOBAL, form.ASSERT))


def _is_yes_or_no(node: Node | None) -> bool:
    if node is None:
        return False
    if node[0] == form.CONSTANT:
        return isinstance(node[3], bool)
    if node[0] == form.BOOLEAN:
        # `user and user.is_staff` is asked for its truth alone.
        return any(_is_yes_or_no(one) for one in node[4])
    if node[0] == form.CALL:
        return last_word(node) in _TRUTHS
    return bool(node[0] == form.COMPARE or (node[0] == form.UNARY and node[3] == "not"))


_TRUTHS = frozenset((
    "any", "all", "bool", "isinstance", "compare_digest", "check_password_hash", "checkpw", "check_password", "exists",
    "startswith", "endswith", "issubset", "issuperset", "isdisjoint", "has_perm", "has_perms", "has_permission",
))  # fmt: skip
