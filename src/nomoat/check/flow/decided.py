"""Tests whose outcome source fixes: only the branch that runs counts, where the function alone decides.

A flag of the module is not taken for decided: somebody will change it.
"""

from __future__ import annotations

from typing import Any

from nomoat.check import evaluated
from nomoat.check.flow.origins import bound_once
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

_PLAIN = frozenset((form.NAME, form.CONSTANT, form.BINARY, form.COMPARE, form.BOOLEAN, form.UNARY, form.SUBSCRIPT))
_MAX_NODES = 24


def outcome(program: Program, scope: Scope, test: Node) -> bool | None:
    """Whether a test holds each time; None where that depends on anything."""
    known = value(program, scope, test)
    return bool(known[0]) if known is not None else None


def value(program: Program, scope: Scope, node: Node) -> tuple[Any] | None:
    """The value that an expression has each time, alone in a tuple."""
    if not _is_plain(scope, node):
        return None
    found = evaluated.evaluate(program, scope, node)
    if found is not None:
        return (found.value,) if not found.settings else None
    given = bound_once(scope, node[3]) if node[0] == form.NAME else node
    if given is None or given[0] != form.SUBSCRIPT:
        return None
    of, at = value(program, scope, given[3]), value(program, scope, given[4])
    try:
        return (of[0][at[0]],) if of is not None and at is not None else None
    except (LookupError, TypeError):
        return None


def _is_plain(scope: Scope, node: Node, depth: int = 0) -> bool:
    for count, inner in enumerate(form.walk(node)):
        if count > _MAX_NODES or inner[0] not in _PLAIN:
            return False
        if inner[0] == form.NAME:
            bindings = scope.bindings.get(inner[3], ()) if scope.is_function else ()
            if len(bindings) != 1 or bindings[0].how is not How.VALUE or bindings[0].value is None:
                return False
            if depth > 4 or not _is_plain(scope, bindings[0].value, depth + 1):
                return False
    return True
