"""What is called for nothing but that it may refuse, and is of a package that is not here: `check_access(request)`.

Nobody takes what it gives, so it is called for what it does; what it does to a caller is not known. So it is of what
cannot be told and is handed what answers: `await authenticator.authenticate_and_handle(request, handler)`. And so it
is of a rule that verifies tokens: `Dict({Key("token"): JsonWebToken(secret=secret)}).check(request.query)`.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.asked import parts
from nomoat.survey.trial.naming import guards_by_name
from nomoat.survey.trial.values import INPUT, Env, Function, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.python.resolved import Resolved
    from nomoat.survey.trial.machine import Machine
    from nomoat.survey.trial.statements import Trial

#: Names of what refuses by itself, where its answer is thrown away.
_REFUSES = re.compile(
    r"^_*(require|requires|ensure|verify|enforce|check|assert|validate)_(\w+_)?(auth\w*|perms?|permissions?|access|login"
    r"|logged_in|signed_in|token|jwt|role|roles|admin|credentials?|user|api_?key|scopes?|identity|session)(_\w+)?$"
    r"|^_*\w+_required$|^_*(authorize|enforce)$"
)
#: Names of methods that are given a request and refuse it; by `authenticate` one finds out who calls.
_REFUSES_REQUEST = re.compile(
    r"^_*(verify|authori[sz]e|enforce)(_(request|webhook|signature|access|caller|user|token|auth))?$"
)
#: Names of what is made of a secret to verify tokens with.
_TOKENS = re.compile(
    r"(?i)jwt|web_?token|(signed|auth|access|bearer|session)_?token|token_?(verifier|validator|checker)"
)
_SECRETS = re.compile(r"(?i)secret|(^|_)keys?($|_)|password")
#: Methods of a rule that take what was sent.
_CHECKS = re.compile(r"^_*(check|validate|verify|load|parse|convert|deserialize|clean)(_\w+)?$")
_MAX_PARTS = 200


def note(run: Trial, env: Env, node: Node) -> None:
    """Takes note of a call whose answer nobody takes, of something elsewhere that is called like a guard."""
    call = node[3] if node[0] == form.AWAIT else node
    callee = form.dotted(call[3]) if call[0] == form.CALL else None
    last = callee.rpartition(".")[2] if callee is not None else ""
    if not _REFUSES.match(last):
        return
    found = run.program.resolve(env.scope, call[3])
    package = found.name.partition(".")[0]
    is_elsewhere = found.kind == "external" and found.scope is None and package not in sys.stdlib_module_names
    known = run.models.answers.keys() | run.models.asks.keys() | run.models.verifiers | run.models.transparent
    if is_elsewhere and _is_of_tree(run, found, last):
        return
    if is_elsewhere and found.name not in known and found.name not in run.models.limiters:
        run.record.unknown.append((f"asks {last} of a package that is not here", run.at(env, node)))


def _is_of_tree(run: Trial, found: Resolved, name: str) -> bool:
    """Whether what is asked is a row of the tree's own that a function elsewhere gave, and refuses nobody.

    `authenticate(request, key=key).ensure_login_key()`: only classes of the tree have a method of this name, of which
    none turns anybody away. What is made of a class elsewhere (`Checker().ensure_login_key()`) has its own.
    """
    given = found.receiver
    if given is None or given.kind != "instance" or given.scope is not None or not _gives(given.name):
        return False
    files = [path for path in run.program.words.files(name.encode()) if not TEST_FILE.search(path)]
    methods = [
        scope
        for path in files
        for scope in run.program.functions(within=run.program.modules[path])
        if scope.name == name and scope.is_method
    ]
    return bool(methods) and not any(run.around.may_turn_away(one) for one in methods)


def _gives(name: str) -> bool:
    """Whether it is a function by its name, of which nobody knows what it gives."""
    return name.rpartition(".")[2][:1].islower()


def note_handed(run: Machine, callee: Thing, args: tuple[Value, ...], at: str) -> None:
    """Takes note of a function that is handed to what is called like a guard, of something that cannot be told.

    And of what somebody sent, that is handed to a rule which verifies tokens.
    """
    last = callee.trail[-1] if callee.trail else ""
    is_own = any(
        isinstance(one, Function) and one.scope is not None and not one.scope.module.is_library for one in args
    )
    if run.anonymous and is_own and last not in run.models.transparent and guards_by_name(last):
        run.record.unknown.append((f"hands what answers to {last}() of something that cannot be told", at))
    is_request = any(isinstance(one, Thing) and one.name in run.models.requests and not one.is_call for one in args)
    is_untold = not callee.name and not callee.marks - INPUT
    is_untold = is_untold and bool(run.path) and not run.path[-1].module.is_library
    if run.anonymous and is_request and is_untold and _REFUSES_REQUEST.match(last):
        run.record.unknown.append((f"hands the request to {last}() of something that cannot be told", at))
    if run.anonymous and args and (rule := verifies_tokens(callee, last)):
        run.record.unknown.append((f"checks what was sent by a {rule} of a package that is not here", at))


def verifies_tokens(checking: Thing, method: str) -> str:
    """The name of what is called for verifying tokens, and given a secret, among what a rule is made of."""
    left: list[Value] = [*checking.args, *checking.named.values()] if _CHECKS.match(method) else []
    seen = 0
    while left and seen < _MAX_PARTS:
        value, seen = left.pop(), seen + 1
        if isinstance(value, Thing) and value.is_call and not value.trail:
            last = value.name.rpartition(".")[2]
            if _TOKENS.search(last) and any(_SECRETS.search(name) for name in value.named):
                return last
        left += parts(value)
    return ""


__all__ = ["note", "note_handed"]
