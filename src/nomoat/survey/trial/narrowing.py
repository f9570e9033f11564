"""What a name stands for behind a test of it: `if answer is not None: return answer` returns no None.

Takes the names at hand, the test and how it came out; leaves in the names what fits. Only a value of several is
narrowed, and only by what surely does not fit: a default of a setting may be another one, a thing may be anything.
"""

from __future__ import annotations

from collections.abc import Container

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.asked import is_asked
from nomoat.survey.trial.unpacking import keep
from nomoat.survey.trial.values import Choice, Class, Const, Env, Function, Object, Thing, Value

_IS, _IS_NOT = ("is", "=="), ("is not", "!=")


def narrow(env: Env, test: Node, answers: Container[str], *, holds: bool) -> None:
    """Takes out of the names of `env` what cannot be, now that a test holds or does not; `answers` are always true."""
    kind = test[0]
    if kind == form.UNARY and test[3] == "not":
        narrow(env, test[4], answers, holds=not holds)
    elif kind == form.BOOLEAN and (test[3] == "and") is holds:
        for operand in test[4]:
            narrow(env, operand, answers, holds=holds)
    elif kind == form.COMPARE:
        _by_none(env, test, answers, holds=holds)
    else:
        _keep(env, test, lambda value: _may_be(value, answers, truth=holds))


def _by_none(env: Env, test: Node, answers: Container[str], *, holds: bool) -> None:
    operands, operators = test[3], test[4]
    if len(operands) != 2 or operands[1][0] != form.CONSTANT or operands[1][3] is not None:
        return
    if operators[0] in _IS + _IS_NOT:
        is_none = (operators[0] in _IS) is holds
        _keep(env, operands[0], lambda value: _may_be_none(value, answers) if is_none else not _is_none(value))


def _keep(env: Env, node: Node, fits: object) -> None:
    name = node[3] if node[0] == form.NAME else node[3][3] if node[0] == form.WALRUS else ""
    value = env.names.get(name) if name else None
    if not isinstance(value, Choice):
        return
    kept = [place for place, option in enumerate(value.options) if fits(option)]  # type: ignore[operator]  # As above.
    if kept and len(kept) < len(value.options):
        keep(env, name, value, kept)


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None and "setting" not in value.marks


def _is_there(value: Value, answers: Container[str]) -> bool:
    """Whether it is surely something: a function, an object, an answer."""
    if isinstance(value, Thing):
        return value.is_call and not value.trail and value.name in answers
    return isinstance(value, (Function, Class, Object))


def _may_be_none(value: Value, answers: Container[str]) -> bool:
    if is_asked(value):
        return False
    return not _is_there(value, answers) and (not isinstance(value, Const) or value.value is None or bool(value.marks))


def _may_be(value: Value, answers: Container[str], *, truth: bool) -> bool:
    if is_asked(value):
        return True
    if isinstance(value, Const) and "setting" not in value.marks:
        return bool(value.value) is truth
    # The truth of an object is what its class makes of it; of an answer, always true.
    return truth or not (_is_there(value, answers) and not isinstance(value, Object))
