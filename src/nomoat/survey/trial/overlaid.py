"""What is laid over what source has, under names that nobody can read: a file that is loaded, the environment.

`conf = {"login": True}`, then `conf.update(yaml.safe_load(file))`; or `setattr(self, key, value)` for each of it. From
then on, what source has there is a default. Where a request is followed, it may as well be what was laid over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.survey.trial.configuration import Configuration
from nomoat.survey.trial.values import (
    CALLER,
    NOTHING,
    OWN_MEMBER,
    SETTING,
    SPREAD,
    UNREAD,
    Class,
    Const,
    Env,
    Function,
    ModuleValue,
    Object,
    Table,
    Test,
    Thing,
    Value,
    copied,
    joined,
    options,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Machine


@dataclass(eq=False)
class Members(Table):
    """`vars(me)`, `me.__dict__`: what is put into it is put on the object itself."""

    owner: Object | None = None


@dataclass(eq=False)
class Globals(Table):
    """`globals()`: what is put into it is a name of the module."""

    env: Env | None = None

    def put(self, key: object, value: Value, *, is_sure: bool) -> None:
        """Binds a name."""
        if self.env is not None:
            self.env.names[str(key)] = Thing()


def named(run: Machine, me: Globals, key: Value, default: Value) -> Value:
    """`globals().get(name)`: something of the module; which, may be told when it runs alone."""
    if me.env is None or not isinstance(key, Const) or not isinstance(key.value, str):
        return Thing(OWN_MEMBER)
    return run.lookup(me.env, key.value) if key.value in me.env.names else default


def members_of(owner: Object, *, is_whole: bool = True) -> Members:
    """What an object has, as a table."""
    return Members(owner.attributes, is_whole and SPREAD not in owner.attributes, owner=owner)  # type: ignore[arg-type]


#: How deep tables within tables are looked through.
_DEPTH = 4


def update(run: Machine, me: Table, given: Value) -> None:
    """`me.update(given)`: what is known of it is there from now on, what is not may be anything."""
    for one in options(given):
        if not isinstance(one, Table):
            if not _is_nothing(one):
                table(run, me, one)
            continue
        if not one.is_whole:
            table(run, me, one.other or Thing(marks=SETTING if isinstance(one, Configuration) else NOTHING))
        if isinstance(me, Globals):
            for key in one.entries:
                me.put(key, one.entries[key], is_sure=True)
            continue
        if one is given:
            me.entries.update(one.entries)
            continue
        for key, value in one.entries.items():
            me.put(key, joined([me.entries[key], value]) if key in me.entries else value, is_sure=False)


def together(run: Machine, values: list[Value]) -> Value:
    """`defaults | loaded`."""
    found = copied(values[0]) if isinstance(values[0], Table) else Table({}, is_whole=False)
    for one in values[1:]:
        update(run, found, one)
    return found


def table(run: Machine, me: Table, given: Value) -> None:
    """Lays something unknown over a table."""
    if isinstance(me, Members) and me.owner is not None:
        members(run, me.owner, given)
        return
    if isinstance(me, Globals) and me.env is not None:
        names(run, me.env, given)
        return
    me.entries.update({key: over(run, value, given) for key, value in me.entries.items()})
    me.is_whole = False
    under = Thing(marks=_marks(run, given))
    me.other = under if me.other is None else joined([me.other, under])


def put(run: Machine, me: Table, given: Value) -> None:
    """Puts something into a table under a key that cannot be read: what a program loads, while it starts."""
    if isinstance(me, (Members, Globals)):
        table(run, me, given)
    elif run.wires and not isinstance(given, (Class, Function, Object)):
        me.entries.update({key: over(run, value, given) for key, value in me.entries.items()})
    me.is_whole, me.other = False, given


def members(run: Machine, owner: Value, given: Value) -> None:
    """Gives something a value under a name that cannot be read: `setattr(owner, key, given)`."""
    if isinstance(owner, Object):
        for name, value in list(owner.attributes.items()):
            laid = over(run, value, given)
            if name != SPREAD and laid is not value:
                run.set(owner, name, laid)
        owner.attributes[SPREAD] = Thing(marks=_marks(run, given))
    elif isinstance(owner, Class) and not owner.scope.module.is_library:
        names(run, run.class_names(owner), given)
    elif isinstance(owner, ModuleValue) and not owner.scope.module.is_library:
        names(run, run.module(owner.scope), given)


def unless_given(run: Machine, owner: Object, value: Value) -> Value:
    """What an object is given where it is not sure that code runs, under a name that may have been given before.

    `if not hasattr(self, name): setattr(self, name, defaults[name])`
    """
    given = owner.attributes.get(SPREAD)
    if given is None or not any(one.test.anonymous is None for one in run.conditions):
        return value
    return over(run, value, given)


def names(run: Machine, env: Env, given: Value) -> None:
    """Gives a module or class a value under a name that cannot be read, while it is made: `globals()[key] = given`."""
    if run.wires or not run.path:
        for name, value in list(env.names.items()):
            if not name.startswith("__"):
                env.names[name] = over(run, value, given)


def of_table(me: Table, default: Value) -> Value:
    """What a table gives under a key that source does not put there, when something was laid over it."""
    # What was put there of one caller may be there for another one.
    tags = me.tags | UNREAD if CALLER <= me.tags else me.tags
    is_laid = me.other is not None and all(type(one) is Thing and one.tags == SETTING for one in options(me.other))
    return (
        Const(default.value, default.marks | SETTING, default.label)
        if (is_laid and isinstance(default, Const))
        else joined([default, Thing(marks=tags)])
    )


def over(run: Machine, value: Value, given: Value, depth: int = 0) -> Value:
    """What stands where something unknown may have been laid over it; code stays what it is."""
    if isinstance(value, Table) and type(value) is Table and depth < _DEPTH:
        laid = copied(value)
        laid.entries = {key: over(run, one, given, depth + 1) for key, one in value.entries.items()}
        return laid
    if not isinstance(value, (Const, Test)) or _is_path(value):
        return value
    marks = _marks(run, given)
    if marks == SETTING and isinstance(value, Const):
        return Const(value.value, value.marks | SETTING, value.label)
    return joined([value, Thing(marks=marks)])


def _marks(run: Machine, given: Value) -> frozenset[str]:
    """What something unknown is about; what is read while a program starts is its settings."""
    is_starting = run.wires or not run.path
    return given.tags or (SETTING if is_starting else given.tags)


def _is_path(value: Value) -> bool:
    """Whether it is a path: routes stand under the one that source has, whatever a text is asked on the way to them."""
    return isinstance(value, Const) and isinstance(value.value, str) and value.value.startswith("/")


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Const) and not value.value
