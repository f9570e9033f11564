"""Classes as values: what one is made of (`type(error).mro()`), and tables by class (`STATUS[type(error)]`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.values import Class, Const, Function, Items, Outside, Table, Test, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.attributes import Attributes


def order_of(run: Attributes, cls: Class, name: str) -> Value:
    """`__mro__` of a class, or what `mro` is to be called for."""
    return order(run, cls) if name == "__mro__" else Outside("builtins.type.mro", cls)


def order(run: Attributes, cls: Class) -> Items:
    """A class and all that it is made of, as Python asks them."""
    bases = run.program.bases(cls.scope)
    return Items([Outside(one) if isinstance(one, str) else run.class_of(one) for one in bases], is_tuple=True)


def under(table: Table, key: Value) -> Value | None:
    """What stands in a table under a class, be it one of a package."""
    if not isinstance(key, (Class, Outside)):
        return None
    return next((value for known, value in reversed(table.pairs) if _is_same(known, key)), None)


def is_in(key: Value, table: Value) -> Test | None:
    """Whether a class is a key of a table of which all keys are known; None where that cannot be told."""
    if not isinstance(key, (Class, Outside)) or not isinstance(table, Table) or not table.pairs:
        return None
    if under(table, key) is not None:
        return Test(True, OTHER, OTHER)
    return Test(False, OTHER, OTHER) if is_as_written(table) else None


def is_one_of(one: Function | Class, other: Value) -> bool | None:
    """Whether a function or class of the tree is another, or is in a list of some; None where it cannot be told."""
    if isinstance(other, Items):
        found = [_is_that(one, each) for each in other.values]
        is_all = other.is_whole and not other.grows
        return True if True in found else False if is_all and None not in found else None
    return _is_that(one, other) if isinstance(other, Outside) else None


def _is_that(one: Function | Class, other: Value) -> bool | None:
    if isinstance(one, Function) and isinstance(other, Function):
        # What one decorator has put around two functions is the same function around each.
        is_other = one.scope is not other.scope or one.innermost.scope is not other.innermost.scope
        return True if one is other else False if is_other else None
    if isinstance(one, Class) and isinstance(other, Class):
        return one.scope is other.scope
    if isinstance(other, Outside):
        # The tree itself may be imported by a name that is not found in it.
        name = one.scope.name if one.scope is not None else ""
        return None if other.me is not None or other.name.rpartition(".")[2] == name else False
    return False if isinstance(other, (Const, Function, Class)) else None


def is_as_written(table: Table) -> bool:
    """Whether a table by class has nothing in it but what was written there.

    What is put there later, under a key of which nothing is known, stands under any other key.
    """
    return table.by_class and not table.kept and table.other is table.pairs[-1][1]


def rows_of(table: Table) -> tuple[list[tuple[Value, Value]], bool]:
    """What a table has in it by key, and whether that is all; first what stands under constants."""
    constants: list[tuple[Value, Value]] = [(Const(key), value) for key, value in table.entries.items()]
    if is_as_written(table):
        return [*constants, *table.pairs], True
    return constants, table.is_whole


def are_classes(table: Table) -> bool:
    """Whether all keys of a table that are no constants are classes."""
    return bool(table.pairs) and all(isinstance(one, (Class, Outside)) for one, _ in table.pairs)


def _is_same(one: Value, other: Value) -> bool:
    if isinstance(one, Class) and isinstance(other, Class):
        return one.scope is other.scope
    return isinstance(one, Outside) and isinstance(other, Outside) and one.name == other.name
