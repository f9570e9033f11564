"""Flags that are set on some ways: after `if may_read(user): allowed = True` the flag is what the test was.

Takes the names as each way leaves them, gives what a name is that is true or false on all of them; else a later
`if not allowed: raise` would not be known to ask the caller for anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.judging import negated
from nomoat.survey.trial.values import Const, Test, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.judging import Judging

#: What tells of who calls, or may.
_OF_WHO = frozenset(("caller", "signature", "unread"))

#: A way: the test that leads to it, and the names as they are at its end.
Way = tuple[Test, dict[str, Value]]


def flags(run: Judging, ways: list[Way], rest: dict[str, Value]) -> Iterator[tuple[str, Test]]:
    """The names that are flags, with what each is after all ways; `rest` are those where no test held."""
    if not any(test.marks & _OF_WHO for test, _ in ways):
        return
    for name, otherwise in rest.items():
        values = [names.get(name) for _, names in ways]
        if not all(map(_is_flag, (otherwise, *values))) or all(_is_same(value, otherwise) for value in values):
            continue
        tests = [test for test, _ in ways]
        parts = [_both(run, test, value) for test, value in zip(tests, values, strict=True)]
        none_held = (
            run.combined([negated(test) for test in tests], is_or=False) if len(tests) > 1 else negated(tests[0])
        )
        every = [one for one in (*parts, _both(run, none_held, otherwise)) if one is not None]
        if every:
            found = run.combined(every, is_or=True) if len(every) > 1 else every[0]
            # It is taken back because of who calls, whatever sets it again.
            yield name, replace(found, marks=found.marks | (otherwise.tags & _OF_WHO))
        else:
            yield name, Test(False, OTHER, OTHER)


def _is_flag(value: Value | None) -> bool:
    return isinstance(value, Test) or (type(value) is Const and isinstance(value.value, bool))


def _is_same(value: Value | None, other: Value) -> bool:
    return value is other or (isinstance(value, Const) and isinstance(other, Const) and value.value is other.value)


def _both(run: Judging, test: Test, value: Value | None) -> Test | None:
    """That a way is gone and the flag is set at its end; None where it never is."""
    if isinstance(value, Const):
        return test if value.value else None
    assert isinstance(value, Test), "flags are constants or tests"
    return run.combined([test, value], is_or=False)
