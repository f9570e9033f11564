"""Entries of a list of paths as objects that code looks at and changes: `entry.callback = login(entry.callback)`.

What an entry is made of is data (`listed` and `includes` of a framework model), and so is what its parts are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.machine import ExhaustedError, RaisedError
from nomoat.survey.trial.registry import argument
from nomoat.survey.trial.resolved import MATCH
from nomoat.survey.trial.values import (
    Class,
    Const,
    Function,
    Items,
    ModuleValue,
    Object,
    Outside,
    Thing,
    Value,
    joined,
)

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
    if f".{name}" in entry.named:
        return entry.named[f".{name}"]
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
    if found is None and name.startswith("_") and not name.startswith("__"):
        return False  # Nobody has put it there.
    return None if found is None else not (isinstance(found, Thing) and found.why)


def is_a(run: Machine, entry: Thing, cls: Value) -> bool | None:
    """Whether an entry is of one of the framework's own classes; None where that is not known."""
    model = model_of(run.models, entry)
    name = cls.name if isinstance(cls, Outside) else cls.scope.dotted if isinstance(cls, Class) else ""
    if model is None:
        return None
    if name not in (*model.entries, *model.including):
        # One that is made of nothing of the framework's has no entries.
        bases = run.program.bases(cls.scope) if isinstance(cls, Class) else ("",)
        return None if any(isinstance(one, str) or one.module.is_library for one in bases) else False
    is_list = has(run, entry, model.inner)
    return is_list is (name in model.including)


def put(run: Machine, entry: Thing, name: str, value: Value, *, is_sure: bool) -> bool:
    """Gives a part of an entry another value, or puts something on it; whether it is an entry."""
    model = model_of(run.models, entry)
    if model is None:
        return False
    if name != model.view:
        held = entry.named.get(f".{name}")
        entry.named[f".{name}"] = value if is_sure else joined([held or Const(None), value])
        return True
    spot = run.models.listed[entry.name].handler
    before = argument(spot, entry.args, entry.named)
    value = value if is_sure or before is None else joined([before, value])
    given = next((one for one in spot.names if one in entry.named), None)
    if given is not None:
        entry.named[given] = value
    elif spot.position is not None and spot.position < len(entry.args):
        entry.args = (*entry.args[: spot.position], value, *entry.args[spot.position + 1 :])
    return True


def given_by_include(run: Machine, value: Thing) -> tuple[Value, Value, Value] | None:
    """What an inclusion gives to who takes it apart: the entries, and what they are called; None where it is none."""
    inner = _inner(run, value) if value.name in run.models.includes and not value.trail else None
    if inner is None:
        return None
    given = argument(run.models.includes[value.name], value.args, value.named)
    told = argument(run.models.namespaces[value.name], value.args, value.named)
    own: Value = Const(None)
    if isinstance(given, Items) and given.is_tuple and len(given.values) > 1:
        own = given.values[1]
    elif (module := _module(run, given)) is not None:
        own = run.module(module.scope).names.get("app_name") or own
    return inner, own, own if told is None or (isinstance(told, Const) and not told.value) else told


def answering(run: Machine, entry: Thing, view: Value | None) -> Value | None:
    """What answers at an entry that code has made one of a class of its own, which resolves it to something else."""
    cls = entry.named.get(".__class__")
    own = {name[1:]: value for name, value in entry.named.items() if name.startswith(".")}
    matched = Thing(MATCH, named={"func": view or Const(None)})
    entity = Object(cls, {**own, "match": matched}, entry.at) if isinstance(cls, Class) else None
    method = run.attribute(entity, "resolve") if entity is not None else None
    if not isinstance(method, Function) or method.scope is None or method.scope.module.is_library:
        return view
    try:
        found = run.call(method, (Thing(),), {}, entry.at, method.env)
    except (RaisedError, ExhaustedError, RecursionError):
        found = Const(None)
    told = found.named.get("func") if isinstance(found, Thing) and found.name == MATCH else None
    return told or Thing(why=f"what {method.name} of {method.at} makes of it cannot be read")


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
    module = _module(run, given)
    if module is not None:
        variable = next((one.variable for one in run.models.url_modules), "")
        given = run.member_of_module(module.scope, variable)
    return given if isinstance(given, Items) else Items([], is_whole=False)


def _module(run: Machine, given: Value | None) -> ModuleValue | None:
    """The module that is included, by itself or by its name."""
    if isinstance(given, Const) and isinstance(given.value, str):
        source = run.program.module_named(given.value, None)
        return ModuleValue(source) if source is not None else None
    return given if isinstance(given, ModuleValue) else None
