"""Entries of a list of paths as objects that code looks at and changes: `entry.callback = login(entry.callback)`.

What an entry is made of is data (`listed` and `includes` of a framework model), and so is what its parts are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.registry import argument
from nomoat.survey.trial.values import Const, Items, ModuleValue, Outside, Thing, Value, joined

if TYPE_CHECKING:
    from nomoat.survey.models import Models, UrlModules
    from nomoat.survey.trial.machine import Machine


def model_of(models: Models, value: Value) -> UrlModules | None:
    """How the framework calls the parts of this entry; None where it is no entry of a list of paths."""
    if not isinstance(value, Thing) or value.trail or not value.is_call or value.name not in models.listed:
        return None
    return next((one for one in models.url_modules if one.view), None)


def part(run: Machine, entry: Thing, name: str) -> Value | None:
    """A part of an entry by its name; None where the framework has none of this name."""
    model = model_of(run.models, entry)
    if model is None:
        return None
    verb = run.models.listed[entry.name]
    handler = argument(verb.handler, entry.args, entry.named)
    inner = _inner(run, handler)
    if name == model.view:
        return handler if inner is None else Thing(why=f"a list of paths has no {name}")
    if name == model.inner:
        return inner if inner is not None else Thing(why=f"one path has no {name}")
    if name == model.name:
        return argument(verb.endpoint, entry.args, entry.named) or Const(None)
    return None


def has(run: Machine, entry: Thing, name: str) -> bool | None:
    """Whether an entry has a part; None where that is not known."""
    found = part(run, entry, name)
    return None if found is None else not (isinstance(found, Thing) and found.why)


def is_a(run: Machine, entry: Thing, cls: Value) -> bool | None:
    """Whether an entry is of one of the framework's own classes; None where that is not known."""
    model = model_of(run.models, entry)
    if model is None or not isinstance(cls, Outside) or cls.name not in (*model.entries, *model.including):
        return None
    is_list = has(run, entry, model.inner)
    return is_list is (cls.name in model.including)


def put(run: Machine, entry: Thing, name: str, value: Value, *, is_sure: bool) -> bool:
    """Gives the part of an entry that answers another value; whether it is such a part."""
    model = model_of(run.models, entry)
    if model is None or name != model.view:
        return False
    spot = run.models.listed[entry.name].handler
    before = argument(spot, entry.args, entry.named)
    value = value if is_sure or before is None else joined([before, value])
    given = next((one for one in spot.names if one in entry.named), None)
    if given is not None:
        entry.named[given] = value
    elif spot.position is not None and spot.position < len(entry.args):
        entry.args = (*entry.args[: spot.position], value, *entry.args[spot.position + 1 :])
    return True


def _inner(run: Machine, handler: Value | None) -> Value | None:
    """The entries that are included at a path; None where a view stands there."""
    if isinstance(handler, Items) and handler.is_tuple and handler.values:
        handler = handler.values[0]
    if isinstance(handler, Items):
        return handler
    if not isinstance(handler, Thing) or handler.name not in run.models.includes or handler.trail:
        return None
    given = argument(run.models.includes[handler.name], handler.args, handler.named)
    if isinstance(given, Items) and given.is_tuple and given.values:
        given = given.values[0]
    if isinstance(given, Const) and isinstance(given.value, str):
        source = run.program.module_named(given.value, None)
        given = ModuleValue(source) if source is not None else given
    if isinstance(given, ModuleValue):
        variable = next((one.variable for one in run.models.url_modules), "")
        given = run.member_of_module(given.scope, variable)
    return given if isinstance(given, Items) else Items([], is_whole=False)
