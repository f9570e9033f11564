"""What is registered, put into lists or given names where a setting decides: which of it is there as source has it.

Registering takes both ways, since whoever runs a program may set it; the second judgement asks for the usual one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.trial.values import SETTING, Choice, Const, Object, Test, Thing, Value, joined, options

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Condition, Machine


def happens(conditions: Iterable[Condition]) -> bool | None:
    """Whether what stands under conditions happens as source has every setting; None where that is not told."""
    undecided = [one for one in conditions if not one.is_implied and one.test.anonymous is None]
    told = [one.test.usual is one.answer for one in undecided if one.test.usual is not None]
    if not all(told):
        return False
    return True if undecided and len(told) == len(undecided) else None


def perhaps(value: Value, conditions: Iterable[Condition]) -> Choice:
    """What is added to a list under conditions, or nothing."""
    comes = happens(conditions)
    usual = None if comes is None else value if comes else Const(None)
    return Choice((*options(value), Const(None)), usual=usual)


def may_lack(value: Value) -> bool:
    """Whether it is something of a list that may not be there: `if settings.debug: names.append("debug")`."""
    return isinstance(value, Choice) and any(map(_is_none, value.options)) and not all(map(_is_none, value.options))


def there(value: Value) -> Value:
    """What is there, if anything is."""
    return joined([one for one in options(value) if not _is_none(one)])


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None


def is_one_of_ways(conditions: Iterable[Condition], before: Value, value: Value) -> Value:
    """What stands where something was, and something else was put under conditions: one of both."""
    comes = happens(conditions)
    found = joined([before, value])
    if not isinstance(found, Choice) or comes is None:
        return found
    return replace(found, usual=as_usual(value if comes else before, by_default=True))


def is_one_of(test: Test, value: Value, if_true: Value, if_false: Value) -> Value:
    """One of two values by a test: which one it is as source has every setting is noted where that is told."""
    if not isinstance(value, Choice) or test.usual is None:
        return value
    return replace(value, usual=if_true if test.usual else if_false)


def is_unset(value: Value) -> bool:
    """Whether it is what nobody has set, a setting for which source names no default: `os.environ.get("KEY")`."""
    return isinstance(value, Thing) and "unset" in value.tags and len(value.trail) <= 1


def or_default(found: Value, ways: list[Value]) -> Value:
    """What stands in the place of settings that nobody has set: `os.environ.get("KEY") or "of the tests"`.

    None is no more of a default than there was without it.
    """
    last = ways[-1] if len(ways) > 1 and all(map(is_unset, ways[:-1])) else None
    if not isinstance(found, Choice) or not isinstance(last, Const) or last.value is None:
        return found
    return replace(found, usual=Const(last.value, last.marks | SETTING, last.label))


def left_as_default(names: dict[str, Value], rest: dict[str, Value]) -> dict[str, Value]:
    """What names mean by default after `if os.environ.get("KEY"): key = os.environ.get("KEY")`, where they differ."""
    return {
        name: Const(before.value, before.marks | SETTING, before.label)
        for name, before in rest.items()
        if isinstance(before, Const) and before.value is not None and is_unset(names.get(name, before))
    }


#: What a function may give, each with whether it does as source has every setting; None where that is not told.
Ways = list[tuple[Value, bool | None]]


def is_left_by(conditions: Iterable[Condition]) -> bool | None:
    """Whether a function is left under these conditions as source has every setting; None where that is not told."""
    undecided = [one for one in conditions if one.test.anonymous is None]
    if any(one.test.usual is None for one in undecided):
        return None
    return all(one.test.usual is one.answer for one in undecided)


def given_back(value: Value, ways: Ways, *, falls: bool) -> Value:
    """What a function gives: the first of its ways that is gone as source has every setting is the usual one.

    `falls`: it may also come to its end without one, which gives None.
    """
    told = [answer for _, answer in ways]
    if not isinstance(value, Choice) or value.usual is not None or None in told:
        return value
    usual = next((one for one, answer in ways if answer), Const(None) if falls else None)
    return value if usual is None else replace(value, usual=as_usual(usual, by_default=True))


def as_usual(value: Value, *, by_default: bool) -> Value:
    """The one of several that is there as source has every setting, where that is asked for and told."""
    while by_default and isinstance(value, Choice) and value.usual is not None:
        value = value.usual
    return value


def default_given(values: list[Value], rare: list[Value]) -> Value | None:
    """What a function gives as source has every setting, where anything else that it may give cannot be read.

    `if name in os.environ: return os.environ[name]`, then `return default`: None where it is no such function.
    """
    usual = [one for one in values if not any(one is other for other in rare)]
    if not rare or len(usual) != 1 or not all(isinstance(one, Thing) for other in rare for one in options(other)):
        return None
    one = usual[0]
    return Const(one.value, one.marks | SETTING, one.label) if isinstance(one, Const) else one


def told_later(run: Machine, owner: Object, name: str, value: Value) -> Value:
    """What an attribute is once a command, or a file of settings, was read: what that says, or what stood there before.

    `self.closed = args.closed`: where a program is started with nothing, it stays what the constructor gave.
    """
    before = owner.attributes.get(name)
    before = before.usual if isinstance(before, Choice) and before.usual is not None else before
    if not isinstance(before, Const) or before.value is None or isinstance(value, Const):
        return value
    if not run.around.changes.is_setting(name, owner.cls.scope):
        return value
    default = Const(before.value, before.marks | SETTING)
    return Choice((*options(value), default), usual=default)
