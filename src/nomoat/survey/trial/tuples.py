"""Tuples whose places have names: `Row = namedtuple("Row", "path handler")`, then `Row("/a", a).path`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.survey.python.symbols import How
from nomoat.survey.trial.values import Const, Items, Object, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.machine import Machine

#: What makes a class of such tuples.
_MAKES = "collections.namedtuple"
#: What a class of such tuples is made of that says their names itself: `class Row(NamedTuple): path: str`.
_MADE_OF = frozenset(("typing.NamedTuple", "typing_extensions.NamedTuple"))


@dataclass(eq=False)
class Named(Items):
    """A tuple with the names of its places."""

    fields: tuple[str, ...] = ()

    def called(self, name: str) -> Value | None:
        """What stands in the place of this name; None where none is called so."""
        return self.values[self.fields.index(name)] if name in self.fields else None


def made(callee: Thing, args: tuple[Value, ...], named: dict[str, Value]) -> Named | None:
    """The tuple that a call of such a class gives; None where it is another call, or the names cannot be read."""
    fields = _fields(callee) if callee.name == _MAKES and callee.is_call and not callee.trail else ()
    if not fields or len(args) > len(fields) or not named.keys() <= set(fields):
        return None
    given = dict(zip(fields, args, strict=False)) | named
    defaults = callee.named.get("defaults")
    if isinstance(defaults, Items) and defaults.is_whole and defaults.values:
        given = dict(zip(fields[-len(defaults.values) :], defaults.values, strict=True)) | given
    return Named([given.get(field, Thing()) for field in fields], is_tuple=True, fields=fields)


def as_tuple(run: Machine, value: Value) -> Value:
    """An object of a class of such tuples as the tuple that it is; anything else as it is."""
    if not isinstance(value, Object) or _MADE_OF.isdisjoint(run.bases(value.cls.scope)):
        return value
    names = [name for name, found in value.cls.scope.bindings.items() if found[-1].how is How.ANNOTATED]
    values = [value.attributes[name] if name in value.attributes else run.attribute(value, name) for name in names]
    return Named(values, is_tuple=True, fields=tuple(names))


def _fields(callee: Thing) -> tuple[str, ...]:
    given = callee.args[1] if len(callee.args) > 1 else callee.named.get("field_names")
    if isinstance(given, Const) and isinstance(given.value, str):
        return tuple(given.value.replace(",", " ").split())
    names = [getattr(one, "value", None) for one in given.values] if isinstance(given, Items) and given.is_whole else []
    return tuple(name for name in names if isinstance(name, str)) if all(isinstance(one, str) for one in names) else ()
