"""What a class of fields has where nobody gives a field another value: `closed: bool = Field(default=False)`.

Takes what the body of the class has under the name; gives the default that it tells. Fields of settings, those of
objects within settings too, are settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.models import Spot, spot
from nomoat.survey.trial.registry import argument
from nomoat.survey.trial.unpacking import granted_to_nobody
from nomoat.survey.trial.values import (
    SETTING,
    UNREAD,
    Choice,
    Class,
    Const,
    Function,
    Items,
    Object,
    Outside,
    Table,
    Thing,
    Value,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Machine

#: What stands for a field in the body of a class, with where its default is told.
_FIELDS: dict[str, Spot] = {
    **dict.fromkeys(("pydantic.Field", "pydantic.fields.Field", "sqlmodel.Field"), spot("default@0")),
    **dict.fromkeys(("dataclasses.field", "attr.ib", "attrs.field", "attr.field"), spot("default")),
}
_FACTORIES = spot("default_factory|factory")
#: Factories of what has nothing in it at first.
_EMPTY = frozenset(("builtins.dict", "builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple"))


def default_of(run: Machine, found: Value) -> Value:
    """The default of a field; of one without, something unknown; anything else is itself."""
    if not isinstance(found, Thing) or found.name not in _FIELDS or found.trail:
        return found
    factory = argument(_FACTORIES, found.args, found.named)
    if isinstance(factory, (Class, Function)):
        return run.call(factory, (), {}, found.at, factory.env)
    if isinstance(factory, Outside) and factory.name in _EMPTY:
        # Each object has its own; what was put into that of the object at hand, nobody has followed.
        return Table({}, is_whole=False) if factory.name == "builtins.dict" else Items([], is_whole=False)
    given = argument(_FIELDS[found.name], found.args, found.named)
    is_told = given is not None and not (isinstance(given, Const) and given.value is ...)
    return given if is_told and given is not None else Thing(at=found.at)


def own_of(me: Object, name: str, held: Value) -> Value:
    """What an object that was made for one request has of a field: its own, in which is only what code puts there."""
    if isinstance(held, (Items, Table)) and not held.is_whole and not _is_filled(held):
        if me.is_handed:
            return replace(held, of=UNREAD)
        held = Items([]) if isinstance(held, Items) else Table({})
        me.attributes[name] = granted_to_nobody(name, held) if me.is_for_nobody else held
    return held


def handed(values: Iterable[Value]) -> None:
    """Objects are given to code that is not here: it may put something into what is empty in them."""
    for one in values:
        if isinstance(one, Object) and one.is_fresh and not one.is_handed:
            one.is_handed = True
            for held in one.attributes.values():
                if isinstance(held, (Items, Table)) and not _is_filled(held):
                    held.is_whole, held.of = False, UNREAD


def _is_filled(held: Items | Table) -> bool:
    """Whether something is known to be in a list or table."""
    return bool(held.values if isinstance(held, Items) else held.entries or held.other or held.pairs)


def as_setting(found: Value, name: str) -> Value:
    """What a class of settings has under a name, which whoever runs the program may set."""
    if isinstance(found, Const):
        return Const(found.value, found.marks | SETTING, found.label)
    if isinstance(found, Object):
        return replace(found, marks=found.marks | SETTING)
    return Thing(marks=SETTING, trail=(name,))


def given_or(default: Value, name: str) -> Value:
    """What is configured under a name: the default, or what somebody gave in its place; of None, that is anything."""
    found = as_setting(default, name)
    if isinstance(default, Const) and default.value is None:
        return Choice((Thing(trail=(name,)), found), usual=found)
    return found
