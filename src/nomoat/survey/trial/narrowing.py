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
from nomoat.survey.trial.values import Choice, Class, Const, Env, Function, Object, Thing, Value, options

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
        _by_number(env, test, holds=holds)
    else:
        _keep(env, test, lambda value: _may_be(value, answers, truth=holds))


def _by_none(env: Env, test: Node, answers: Container[str], *, holds: bool) -> None:
    operands, operators = test[3], test[4]
    if len(operands) != 2 or operands[1][0] != form.CONSTANT or operands[1][3] is not None:
        return
    if operators[0] in _IS + _IS_NOT:
        is_none = (operators[0] in _IS) is holds
        _keep(env, operands[0], lambda value: _may_be_none(value, answers) if is_none else not _is_none(value))


#: What is asked about who calls is decided by that.
_OF_WHO = frozenset(("caller", "signature"))
#: What says of a count that there is nothing: how it is compared with which number, and whether that holds.
_NOTHING = {(">", 0): False, (">=", 1): False, ("!=", 0): False, ("==", 0): True, ("<", 1): True, ("<=", 0): True}


def _by_number(env: Env, test: Node, *, holds: bool) -> None:
    """Where there is none, there is none behind that, too: `if count > 0: return ...`, and then `if count == 0:`."""
    operands, operators = test[3], test[4]
    if len(operands) != 2 or operands[0][0] != form.NAME or operands[1][0] != form.CONSTANT:
        return
    name, number = operands[0][3], operands[1][3]
    value = env.names.get(name)
    if type(number) is not int or _NOTHING.get((operators[0], number)) is not holds or value is None:
        return
    if all(_is_count(one) for one in options(value)):
        env.names[name] = Const(0)


def _is_count(value: Value) -> bool:
    """Whether it may be a number of something that is no question about the caller."""
    is_zero = isinstance(value, Const) and type(value.value) is int and value.value == 0
    return not value.tags & _OF_WHO and (is_zero or isinstance(value, Thing))


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
