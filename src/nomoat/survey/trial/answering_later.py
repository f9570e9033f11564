"""Answers that are sent a little later: `self.set_status(403)`, then `loop.add_callback(self._send, {"error": why})`.

What is handed on is a method of what answers that does nothing but answer: it belongs to the refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.calls import Calls

#: Methods that send something themselves.
_SENDS = frozenset(("write", "finish", "render", "flush", "send_error"))
#: What a function may wait for, and the methods by which loggers are known.
_HARMLESS = frozenset(
    ("maybe_future", "ensure_future", "convert_yielded", "debug", "info", "warning", "warn", "error", "exception",
     "dumps", "json_encode", "encode", "decode", "format", "join", "str", "dict", "list", "len", "isoformat")
)  # fmt: skip


def is_handed_on(run: Calls, call: Node) -> bool:
    """Whether a call is given a method of the same object that only answers."""
    scope = next((one for one in reversed(run.path) if one.is_method and one.parent is not None), None)
    if scope is None or scope is not run.path[-1]:
        return False
    return any(_only_answers(run, one, set()) for one in _own_methods(scope, call[4]))


def _own_methods(scope: Scope, given: list[Node]) -> Iterator[Scope]:
    """The methods of its own object that are among what a method hands to a call."""
    me = scope.parameters[0][form.P_NAME] if scope.parameters else ""
    for node in given:
        if node[0] == form.ATTRIBUTE and node[3][0] == form.NAME and node[3][3] == me and scope.parent is not None:
            yield from (one for one in scope.parent.children.values() if one.is_function and one.name == node[4])


def _only_answers(run: Calls, method: Scope, seen: set[Scope]) -> bool:
    calls = [node for node in form.walk(method.body) if node[0] == form.CALL]
    names = {_last(node) for node in calls}
    sends = not _SENDS.isdisjoint(names & run.models.answering)
    return sends and _does_nothing_else(run, method, seen)


def _does_nothing_else(run: Calls, method: Scope, seen: set[Scope]) -> bool:
    """Whether all that it calls answers, or makes what is answered."""
    seen.add(method)
    for node in form.walk(method.body):
        if node[0] in (form.DELETE, form.AUGMENTED):
            return False
        if node[0] != form.CALL or _last(node) in run.models.answering or _last(node) in _HARMLESS:
            continue
        called = next(_own_methods(method, [node[3]]), None)
        if called is None or (called not in seen and not _does_nothing_else(run, called, seen)):
            return False
    return True


def _last(call: Node) -> str:
    callee: Node = call[3]
    return str(callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else "")


__all__ = ["is_handed_on"]
