"""Functions that only say that somebody else writes them."""

from __future__ import annotations

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope


def is_stub(scope: Scope) -> bool:
    """Whether the body only says that somebody else writes it."""
    for node in scope.body:
        is_text = node[0] == form.EXPRESSION and node[3][0] == form.CONSTANT
        if not is_text and node[0] != form.PASS and not _is_not_implemented(node):
            return False
    return True


def _is_not_implemented(node: Node) -> bool:
    if node[0] != form.RAISE or node[3] is None:
        return False
    raised = node[3][3] if node[3][0] == form.CALL else node[3]
    return form.dotted(raised) == "NotImplementedError"
