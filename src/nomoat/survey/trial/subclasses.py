"""What classes tell of themselves, and what is told to a class when another is made of it.

`Endpoint.__subclasses__()`, `def __init_subclass__(cls): registry[cls.__name__] = cls`, `__init__` of a metaclass:
applications register what answers them in this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import kinds
from nomoat.survey.trial.machine import ExhaustedError, RaisedError
from nomoat.survey.trial.values import Class, Const, Env, Function, Items, Table, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.attributes import Attributes
    from nomoat.survey.trial.expressions import Expressions

#: What a function or class says of where it is defined.
NAMES = frozenset(("__name__", "__qualname__", "__module__"))
#: Words of which one is there where anybody is told of a class, or asks.
_TELLING = (b"__init_subclass__", b"metaclass", b"__subclasses__")


def told_of(run: Attributes, scope: Scope | None, name: str) -> Const:
    """`function.__name__`, `cls.__module__`."""
    if scope is None:
        return Const("<lambda>")
    if name == "__module__":
        return Const(scope.module.name if scope.module.is_library else run.program.dotted(scope.module.path))
    return Const(scope.name)


def made(run: Expressions, cls: Class, node: Node, env: Env) -> None:
    """Tells the classes above one that it was made, where source has something that wants to know."""
    is_derived = bool(node[form.C_BASES] or node[form.C_KEYWORDS])
    if not is_derived or cls.scope.module.is_library or not any(map(run.program.words.files, _TELLING)):
        return
    above = [base for base in run.program.bases(cls.scope)[1:] if isinstance(base, Scope)]
    for base in above:
        run.around.subclasses.setdefault(base, []).append(cls)
    given = {name: run.evaluate(env, value) for name, value in node[form.C_KEYWORDS] if name and name != "metaclass"}
    told = next((one for base in above if (one := _method(run, base, "__init_subclass__", cls)) is not None), None)
    if told is not None:
        _call(run, told, (), given)
    for scope in (cls.scope, *above):
        meta = _metaclass(run, scope)
        begun = _method(run, meta.scope, "__init__", cls) if meta is not None else None
        if begun is not None:
            bases = Items([run.evaluate(env, base) for base in node[form.C_BASES]], is_tuple=True)
            _call(run, begun, (Const(cls.scope.name), bases, Table({}, is_whole=False)), given)
            return


def of_class(run: Expressions, cls: Class, name: str) -> Value | None:
    """`Endpoint.__subclasses__()`: what was made of it so far; `Endpoint.mro()`: what it is made of."""
    if name == "mro":
        return kinds.order(run, cls)
    if name != "__subclasses__":
        return None
    made_of = run.around.subclasses.get(cls.scope, [])
    between = {one.scope for one in made_of}
    direct: list[Value] = [one for one in made_of if between.isdisjoint(run.program.bases(one.scope)[1:])]
    return Items(direct, is_whole=run.wires)


def was_given(run: Expressions, scope: Scope, name: str) -> bool:
    """Whether code has set an attribute of this name on a class: `cls.registry = {}`."""
    known = run.around.classes.get((scope, id(run.class_of(scope).env)))
    return known is not None and name in known.names


def _method(run: Expressions, scope: Scope, name: str, me: Class) -> Function | None:
    if name not in scope.bindings:
        return None
    names = run.class_names(run.class_of(scope))
    found = run.forced(names, name, names.names[name]) if name in names.names else None
    return Function(found.scope, found.env, me) if isinstance(found, Function) else None


def _metaclass(run: Expressions, scope: Scope) -> Class | None:
    node = scope.node
    given = next((value for name, value in node[form.C_KEYWORDS] if name == "metaclass"), None) if node else None
    top = scope
    while top.parent is not None:
        top = top.parent
    found = run.evaluate(run.module(top), given) if given is not None else None
    return found if isinstance(found, Class) else None


def _call(run: Expressions, told: Function, args: tuple[Value, ...], named: dict[str, Value]) -> None:
    try:
        run.call(told, args, named, told.at, told.env)
    except (RaisedError, ExhaustedError):
        return
