"""Passwords that a function before all handlers asks for with each request: what it is sent is compared with a row's.

There nobody signs in: who sends none that a row has is refused everywhere. In a handler it would be the sign-in itself,
and anybody may try.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.demands import AUTHENTICATION, OTHER
from nomoat.survey.trial.values import CALLER, Test, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.judging import Judging

#: How rows call what only their owner knows.
_SECRET = re.compile(
    r"^(\w+_)?(password|passwd|pwd|passphrase|secret|token|api_?key)(_?(hash|hashed|digest|crypt|encrypted))?$"
    r"|^(hashed|encrypted)_(password|passwd|pwd|secret|token)$",
    re.I,
)
#: What a function calls by which somebody is signed in.
_SIGNS_IN = re.compile(r"(^|\.)(login_user|login|set_cookie|set_signed_cookie|set_access_cookies|create_access_token)$")


def compared(run: Judging, left: Value, right: Value) -> Test | None:
    """`given == row.password`, for a function that asks for a password each time; None for any other two."""
    if not run.verifies:
        return None
    for sent, held in ((left, right), (right, left)):
        is_sent = "input" in sent.tags and "caller" not in sent.tags
        if is_sent and _is_of_row(run, held) and not _is_of_row(run, sent):
            return Test(False if run.anonymous else None, AUTHENTICATION, OTHER, CALLER)
    return None


def _is_of_row(run: Judging, value: Value) -> bool:
    """Whether it is a secret that a row of a table has."""
    is_of_data = isinstance(value, Thing) and value.name.partition(".")[0] in run.models.stores
    return is_of_data and isinstance(value, Thing) and bool(value.trail) and bool(_SECRET.search(value.trail[-1]))


def reads_secret(scope: Scope) -> bool:
    """Whether a function reads what only the owner of a row knows."""
    return any(node[0] == form.ATTRIBUTE and bool(_SECRET.search(node[4])) for node in scope.nodes)


def may_verify(scope: Scope | None) -> bool:
    """Whether a function signs nobody in, so that it may ask for a password each time."""
    if scope is None:
        return False
    for node in form.walk_scope(scope.body):
        if node[0] == form.CALL and _SIGNS_IN.search(form.dotted(node[3]) or ""):
            return False
        targets = node[3] if node[0] == form.ASSIGN else ()
        if any(one[0] == form.SUBSCRIPT and (form.dotted(one[3]) or "").endswith("session") for one in targets):
            return False
    return True
