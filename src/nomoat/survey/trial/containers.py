"""Methods of lists, sets and tables in a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial import adding, kinds, overlaid
from nomoat.survey.trial.judging import granted_by, may_be_unset, negated
from nomoat.survey.trial.keys import is_among_none, is_hashable, key_of
from nomoat.survey.trial.values import (
    INPUT,
    MADE,
    UNREAD,
    Class,
    Const,
    Env,
    Function,
    Items,
    Table,
    Thing,
    Value,
    absent,
    copied,
    joined,
    subset,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

#: Methods that leave less in a list than is known to be in it.
TAKES_OUT = frozenset(("clear", "pop", "remove"))


def first_of(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`next(found, None)` without a credential: the default, where nothing is found because of that."""
    found = args[0] if args else None
    if isinstance(found, Items) and found.values and not found.is_tuple and not run.wires:
        return _first(found, args[1:])
    if not run.anonymous or len(args) < 2 or not isinstance(found, Items) or not found.is_whole or found.is_tuple:
        return None
    return absent(args[1], Thing(marks=found.of)) if not found.values and "caller" in found.of else None


def _first(found: Items, default: tuple[Value, ...]) -> Value:
    """The first of what a generator gives; where it may have left any of it out, any of it, or the default."""
    if found.begins or (found.is_whole and not found.may_be_empty):
        return found.values[0]
    return joined([*found.values, *default])


def chosen(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`filter(is_request, args)`, `filter(None, paths)`: what is left of a list; in a trial, of a known one."""
    if len(args) != 2 or not isinstance(args[1], Items):
        return None
    is_of_itself = isinstance(args[0], Const) and args[0].value is None
    if not is_of_itself and (not isinstance(args[0], Function) or run.wires):
        return None
    tests = [
        (one, run.truth(one if is_of_itself else run.call(args[0], (one,), {}, at, env))) for one in args[1].values
    ]
    if run.wires:
        # A route is there, though its own truth is never asked; of texts it may hang on a setting whether there is one.
        is_told = args[1].is_whole and not args[1].may_be_empty and not any(test.marks for _, test in tests)
        return Items([one for one, test in tests if test.anonymous is not False]) if is_told else None
    left = [one for one, test in tests if test.anonymous is not False or test.marks]
    is_known = args[1].is_whole and all(test.anonymous is not None and not test.marks for _, test in tests)
    return Items(left, is_known, may_be_empty=not is_known)


def method_of(run: Calls, me: Items | Table, name: str, args: tuple[Value, ...]) -> Value | None:
    """What a method of a list, set or table gives; no value where that is not told."""
    if isinstance(me, Table):
        return _of_table(run, me, name, args)
    if name in ("append", "add", "extend", "insert") and args:
        adding.add(run, me, name, args[-1])
        return Const(None)
    if name == "update":
        for one in args:
            adding.add(run, me, name, one)
        return Const(None)
    if name in TAKES_OUT and run.wires:
        run.taken_out(me)
    if name == "copy":
        return Items(list(me.values), me.is_whole, may_be_empty=me.may_be_empty)
    if name == "issubset" and len(args) == 1 and not args[0].tags:
        return subset(me, args[0])
    if name in ("issubset", "difference") and args and "caller" in args[0].tags:
        test = run.set_operation("-", me, args[0])
        return negated(run.truth(test)) if name == "issubset" else test
    if name in ("intersection", "isdisjoint") and args and "caller" in args[0].tags:
        test = run.set_operation("&", me, args[0])
        return test if name == "intersection" else negated(run.truth(test))
    return None


def _of_table(run: Calls, me: Table, name: str, args: tuple[Value, ...]) -> Value | None:
    if name in ("get", "pop", "setdefault") and args:
        return _taken(run, me, name, args)
    if name == "copy":
        return copied(me)
    if name == "values":
        rows, is_whole = kinds.rows_of(me)
        values = [*(value for _, value in rows), *(value for _, value in me.kept)]
        return Items(values, is_whole, may_be_empty=me.may_be_empty)
    if name == "keys":
        rows, is_whole = kinds.rows_of(me)
        return Items([key for key, _ in rows], is_whole, may_be_empty=me.may_be_empty)
    if name == "items":
        rows, is_whole = kinds.rows_of(me)
        return Items([Items([key, value]) for key, value in rows], is_whole, may_be_empty=me.may_be_empty)
    if name == "update" and args:
        overlaid.update(run, me, args[0])
        return Const(None)
    return None


def _taken(run: Calls, me: Table, name: str, args: tuple[Value, ...]) -> Value:
    """`table.get(key, default)` and its like."""
    if isinstance(me, overlaid.Globals):
        return overlaid.named(run, me, args[0], args[1] if len(args) > 1 else Const(None))
    key = key_of(args[0])
    if isinstance(key, Const) and is_hashable(key.value) and key.value in me.entries:
        return run.item(me, key)
    default = args[1] if len(args) > 1 else Const(None)
    if me.is_whole and is_among_none(key, me.entries):
        return default
    if not run.wires and (asked := kinds.is_in(key, me)) is not None:
        return (kinds.under(me, key) if asked.anonymous else None) or default
    if run.wires and isinstance(key, Class):
        kept = run.kept_under(me, key)
        if kept is not None or (me.is_whole and me.other is None):
            return kept or default
    if name == "setdefault" and run.wires and isinstance(key, Const) and isinstance(key.value, str):
        me.entries[key.value] = default
    if run.anonymous and any(may_be_unset(key, one) for one, _ in me.pairs):
        return Thing(marks=key.tags | me.tags | UNREAD)
    if isinstance(key, Const) and me.is_whole:
        who = key if "caller" in key.tags else me
        return absent(default, who) if run.anonymous and "caller" in who.tags else default
    if "caller" in key.tags:
        is_absent = run.anonymous and not key.tags & (UNREAD | MADE | INPUT)
        return absent(default, key) if is_absent else Thing(marks=((key.tags | me.tags) - MADE) | granted_by(key))
    return overlaid.of_table(me, default)
