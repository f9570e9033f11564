"""Checks that come too late: a row is saved, deleted or committed, and only then somebody is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.check.questions.asking import Answer, Asked, Place
from nomoat.check.questions.words import last_word, name_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import Scope

#: Methods after which a change is there for everybody to see, whatever is answered.
_LASTING = frozenset((
    "commit", "insert_one", "insert_many", "update_one", "update_many", "replace_one", "delete_one", "delete_many",
    "find_one_and_update", "find_one_and_delete", "find_one_and_replace", "delete_instance", "rmtree", "unlink",
))  # fmt: skip
#: Those of rows and managers that save by themselves, where no session has to be committed.
_SAVING = frozenset(("save", "delete", "create", "bulk_create", "bulk_update", "asave", "adelete", "acreate"))
_COMMITS = re.compile(rb"\.commit\(")
#: What is noted of every call, be it refused or not.
_NOTED = re.compile(
    r"log|audit|attempt|visit|histor|stat|metric|count|hit|trace|track|session|limit|throttl|cache|lock|event|seen|user"
    r"|account|profile|token|nonce|request|message|notif|access", re.I
)  # fmt: skip
#: What a test is about that asks who calls, or what they may do.
_WHO = re.compile(
    rb"user|owner|session|role|admin|permission|scope|account|member|tenant|token|auth|staff|identity|principal|\bme\b",
    re.I,
)
_REFUSES = re.compile(
    rb"\b40[13]\b|PermissionDenied|Forbidden|Unauthorized|NotAuthenticated|AuthenticationFailed|redirect\([^\n]*log_?in",
    re.I,
)
#: What takes a change back where an exception leaves it.
_TRANSACTION = re.compile(rb"\batomic\b|\.begin\(|\bbegin_nested\b|transaction|rollback|ATOMIC_REQUESTS", re.I)


def late_check(asked: Asked) -> Iterator[Answer]:
    """Routes whose handler changes something for good before it asks who calls, or what they may do."""
    is_rolled_back = bool(asked.registrations.program.words.files(b"ATOMIC_REQUESTS"))
    said: set[str] = set()
    for route in asked.routes:
        handler = asked.handler(route)
        if handler is None or handler.at in said or is_rolled_back or _is_in_transaction(handler):
            continue
        found = next(_late(handler), None)
        if found is None:
            continue
        said.add(handler.at)
        change, check = found
        done = handler.module.text(change[3])
        yield Answer(
            route,
            f"{name_of(route)} refuses only after {done}() has changed something",
            f"{done}() is called whoever calls, and line {handler.module.line(check[1])} refuses afterwards",
            "the answer is a refusal, and the change stays",
            f"move the check in line {handler.module.line(check[1])} above {done}()",
            "sure",
            Place(handler.module, change),
        )


def _is_in_transaction(handler: Scope) -> bool:
    marks = b" ".join(handler.module.text(one).encode() for one in handler.decorators)
    return handler.may_hold(_TRANSACTION) or bool(_TRANSACTION.search(marks))


def _late(handler: Scope) -> Iterator[tuple[Node, Node]]:
    """A change that always happens, and the first test after it that refuses by who calls; none was asked before."""
    is_committed = handler.may_hold(_COMMITS)
    change: Node | None = None
    for statement in _always(handler.body):
        if statement[0] == form.IF:
            if not _refuses(handler, statement):
                continue
            if change is not None:
                yield change, statement
            return
        for node in form.walk_scope((statement,)):
            if change is None and node[0] == form.CALL and _changes(node, is_committed=is_committed):
                change = node


def _always(body: Body) -> Iterator[Node]:
    """Statements that run one after another whenever the function does."""
    for node in body:
        if node[0] == form.WITH:
            yield from _always(node[4])
        elif node[0] == form.TRY:
            yield from _always(node[3])
        elif node[0] in (form.IF, form.EXPRESSION, form.ASSIGN, form.ANNOTATED, form.DELETE):
            yield node


def _changes(call: Node, *, is_committed: bool) -> bool:
    callee = call[3]
    if callee[0] != form.ATTRIBUTE or _NOTED.search(form.dotted(callee[3]) or ""):
        return False
    name = last_word(call)
    return name in _LASTING or (name in _SAVING and not is_committed and _is_row(callee[3], name))


def _is_row(owner: Node, name: str) -> bool:
    """Whether it is a row or a manager, not something made of a class or a session: `order`, `Order.objects`."""
    if name in ("save", "delete", "asave", "adelete"):
        return bool(owner[0] == form.NAME and owner[3] not in ("self", "db", "session", "client", "cache"))
    return bool(owner[0] == form.ATTRIBUTE and owner[4] == "objects")


def _refuses(handler: Scope, statement: Node) -> bool:
    """`if session.get("role") != "admin": abort(403)`: an only branch that does nothing else."""
    (test, body), *others = statement[3]
    if others or statement[4] or not _WHO.search(handler.module.text(test).encode()):
        return False
    ends = body[-1] if body else None
    return (
        ends is not None
        and ends[0] in (form.RETURN, form.RAISE, form.EXPRESSION)
        and any(bool(_REFUSES.search(handler.module.text(one).encode())) for one in body)
    )
