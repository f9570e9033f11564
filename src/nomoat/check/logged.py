"""Whether a value goes nowhere but into a log: then nobody relies on it, whatever it claims.

Takes a call and its function; follows the names that the result is given. Anything that is not understood is a use.
"""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.check import names
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

_LOGS = (
    "logging.debug", "logging.info", "logging.warning", "logging.warn", "logging.error", "logging.exception",
    "logging.critical", "logging.log", "logging.getLogger.*", "logging.Logger.*", "loguru.logger.*",
    "structlog.get_logger.*", "structlog.getLogger.*", "structlog.stdlib.get_logger.*",
)  # fmt: skip
_METHODS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")
#: What shows a value or a part of it as text, and does nothing else with it.
_SHOWS = ("str", "repr", "sorted", "list", "len", "json.dumps")
_PARTS = ("get", "keys", "values", "items")
#: What hands the values below it on, and nothing else.
_WHOLE = (form.FSTRING, form.FORMATTED, form.BINARY, form.TUPLE, form.LIST, form.DICT, form.CONDITIONAL, form.STARRED)


def only_logged(program: Program, scope: Scope, call: Node) -> bool:
    """Whether the result of a CALL of the scope is given to a log, and to nothing else."""
    logged = {id(node) for log in _logs(program, scope) for node in _handed(program, scope, _given(log))}
    if id(call) in logged:
        return True
    name = _only_name(scope, call)
    if name is None:
        return False
    # A nested function may use the name as well: the whole body is looked at, not the scope alone.
    uses = [node for node in form.walk(scope.body) if node[0] == form.NAME and node[3] == name]
    read = [node for node in uses if not _is_target(scope, node)]
    return bool(read) and all(id(node) in logged for node in read)


def _logs(program: Program, scope: Scope) -> Iterator[Node]:
    for node in scope.nodes:
        if node[0] != form.CALL or node[3][0] not in (form.ATTRIBUTE, form.NAME):
            continue
        word = node[3][4] if node[3][0] == form.ATTRIBUTE else ""
        if (word in _METHODS or node[3][0] == form.NAME) and names.called(program, scope, node, _LOGS):
            yield node


def _given(call: Node) -> list[Node]:
    return [*call[4], *(value for _, value in call[5])]


def _handed(program: Program, scope: Scope, given: list[Node]) -> Iterator[Node]:
    """The expressions whose values are shown when `given` is: what other calls make of a value is their use of it."""
    stack = list(given)
    while stack:
        node = stack.pop()
        yield node
        if node[0] in _WHOLE:
            stack.extend(form.children(node))
        elif node[0] in (form.ATTRIBUTE, form.SUBSCRIPT):
            stack.append(node[3])
        elif node[0] == form.CALL:
            is_part = node[3][0] == form.ATTRIBUTE and node[3][4] in _PARTS
            if is_part:
                stack.append(node[3][3])
            elif names.called(program, scope, node, _SHOWS):
                stack.extend(_given(node))


def _only_name(scope: Scope, call: Node) -> str | None:
    """The local name that the call's result is given, where it is given one alone, and this name nothing else."""
    if not scope.is_function:
        return None
    for name, bindings in scope.bindings.items():
        if len(bindings) == 1 and bindings[0].how is How.VALUE and bindings[0].value is call:
            statement = bindings[0].node
            is_plain = statement[0] == form.ASSIGN and len(statement[3]) == 1 and statement[3][0][0] == form.NAME
            return name if is_plain else None
    return None


def _is_target(scope: Scope, name: Node) -> bool:
    return any(node[0] == form.ASSIGN and any(target is name for target in node[3]) for node in scope.nodes)
