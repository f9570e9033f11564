"""What an expression gives that evaluates one of its parts or another: `a if b else c`, `a or b`, `a and b`.

A part that raises ends there only where it is surely come to: `find(key) or abort(404)` goes on with what was found.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.machine import Condition, End, RaisedError
from nomoat.survey.trial.unpacking import marked
from nomoat.survey.trial.usually import is_one_of, or_default
from nomoat.survey.trial.values import (
    CALLER,
    INPUT,
    NOTHING,
    Const,
    Env,
    Items,
    Member,
    Object,
    Table,
    Test,
    Thing,
    Value,
    joined,
    options,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.expressions import Expressions

_FLAG = re.compile(r"(is|has|can|may)_")
#: What somebody sends who may do something, and everybody else does not.
_SENT = frozenset(("caller", "signature"))


def one_of_two(run: Expressions, env: Env, node: Node) -> Value:
    """`a if b else c`."""
    test = run.test(env, node[3])
    if test.anonymous is not None:
        with run.deciding(test):
            return _stands_in(run, run.evaluate(env, node[4] if test.anonymous else node[5]), test.marks)
    ends: list[End] = []
    first = _perhaps(run, env, node[4], Condition(test, True, run.at(env, node)), ends)
    second = _perhaps(run, env, node[5], None if run.wires else Condition(test, False, run.at(env, node)), ends)
    if first is None or second is None:
        if first is second:
            raise RaisedError(ends)
        run.pending.extend(ends)
        return first if first is not None else second  # type: ignore[return-value]  # One of them is there.
    found = is_one_of(test, joined([first, second]), first, second)
    # `key if key else ""` is `key or ""`.
    is_same = form.dotted(node[3]) is not None and form.dotted(node[3]) == form.dotted(node[4])
    return or_default(found, [first, second]) if is_same else found


def one_of_operands(run: Expressions, env: Env, node: Node) -> Value:
    """`a or b`, `a and b`: the first that decides, else the last."""
    values: list[Value] = []
    evaluated: list[Value] = []
    marks: frozenset[str] = NOTHING
    test: Test | None = None
    is_or = node[3] == "or"
    for operand in node[4]:
        value = _operand(run, env, operand, test, is_or=is_or, is_over=bool(values))
        if value is None:
            break
        evaluated.append(value)
        test = run.truth(value)
        answer, marks = test.anonymous, marks | test.marks
        if answer is is_or:
            values.append(value)
            break
        if operand is node[4][-1]:
            values.append(value)
        elif answer is None:
            # What surely goes on to the next operand is not what the whole gives.
            kept = [one for one in options(value) if run.truth(one).anonymous is not (not is_or)]
            # What `and` gives for want of going on is nothing, whatever it is: `parent and may(parent)`.
            is_judging = not is_or and not run.wires
            values += [Const(False, one.tags) if is_judging and _is_untold(one) else one for one in kept]
    if (
        len(evaluated) > 1
        and all(_is_answer(value) for value in evaluated[1:])
        and (isinstance(evaluated[0], Test) or "caller" in evaluated[0].tags)
    ):
        # One that is decided says no more what the whole is, but still what the whole is about: who calls.
        return run.combined([run.truth(value) for value in evaluated], is_or=is_or)
    found = joined(values)
    return _stands_in(run, or_default(found, values) if is_or else found, marks)


def _operand(
    run: Expressions, env: Env, operand: Node, test: Test | None, *, is_or: bool, is_over: bool
) -> Value | None:
    """What an operand gives; None where it raises, but the one before it may be all there is."""
    if test is None or test.anonymous is not None or not is_over or run.wires:
        with run.deciding(test):
            return run.evaluate(env, operand)
    ends: list[End] = []
    found = _perhaps(run, env, operand, Condition(test, not is_or, run.at(env, operand)), ends)
    run.pending.extend(ends)
    return found


def _perhaps(run: Expressions, env: Env, part: Node, condition: Condition | None, ends: list[End]) -> Value | None:
    """What a part gives under a condition; None where it raises, with what in `ends`."""
    try:
        if condition is None:
            return run.evaluate(env, part)
        with run.under(condition):
            return run.evaluate(env, part)
    except RaisedError as raised:
        ends.extend(raised.ends)
        return None


def _stands_in(run: Expressions, value: Value, marks: frozenset[str]) -> Value:
    """A literal or an object that stands here because there is no credential: `key or ""`."""
    if not run.anonymous or not marks & _SENT:
        return value
    if "caller" not in marks:
        # Nobody has signed it, and what stands for the signature that is not there is none: `signature or ""`.
        return replace(value, marks=value.marks | (marks & _SENT)) if type(value) is Const else value
    if (isinstance(value, Object) and value.is_fresh) or isinstance(value, (Items, Table)):
        return marked(value)  # `Editor(key) if key else Reader()`, `roles_of(key) if key else []`
    if isinstance(value, Member):
        return replace(value, marks=value.marks | CALLER)
    return Const(value.value, value.marks | CALLER, value.label) if isinstance(value, Const) else value


def _is_untold(value: Value) -> bool:
    """Whether it is something of which nothing is known but that it is not about who calls."""
    return isinstance(value, Thing) and value.tags <= INPUT


def _is_answer(value: Value) -> bool:
    """Whether it is only asked for its truth: `user and user.is_staff`."""
    return isinstance(value, Test) or (
        isinstance(value, Thing)
        and "caller" in value.marks
        and bool(value.trail)
        and bool(_FLAG.match(value.trail[-1]))
    )
