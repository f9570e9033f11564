"""What an object has of a setting that its class declares as a trait: the default, until somebody configures it.

A default is written at the declaration, or a method gives it: `@default("token")`, `def _token_default(self)`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.registry import argument
from nomoat.survey.trial.values import SETTING, Choice, Class, Const, Items, Object, Outside, Test, Thing, Value, joined

if TYPE_CHECKING:
    from nomoat.survey.trial.attributes import Attributes

#: What a declaration gives when it is tagged: `Unicode("").tag(config=True)` declares the same.
TAG = "tag()"
#: A method of an answer of Litestar that gives the same answer, to be called as ASGI has it.
AS_APPLICATION = "to_asgi_response"
_DEFAULTS = ("default", "traitlets.default")
#: Traits that hold a class.
_CLASSES = ("traitlets.Type",)


def of_trait(run: Attributes, me: Object, name: str, told: Thing, declared_in: Scope) -> Value:
    """The default. It tells what there is, too."""
    method = _method(run, me, name, declared_in)
    if method is not None:
        function = run.attribute(me, method.name)
        was, run.defaulting = run.defaulting, method
        try:
            found = run.call(function, (), {}, me.at, me.cls.env)
        finally:
            run.defaulting = was
        declared = argument(run.models.traits[told.name], told.args, told.named)
        if run.wires and isinstance(found, (Thing, Outside)) and isinstance(declared, Const):
            # What it comes to is not known: what is written at the declaration mostly is the same.
            return declared
        return found if run.wires else _as_setting(found, name)
    default = argument(run.models.traits[told.name], told.args, told.named)
    if isinstance(default, Thing) and default.name in run.models.traits:
        # `List(Unicode())`: what stands first says what is in it.
        default = told.named.get("default_value") or Items([])
    if told.name in _CLASSES and isinstance(default, Const) and isinstance(default.value, str):
        # A class by its dotted name. Whoever configures it may name another: here is the usual one.
        usual = run.by_name(default.value)
        return Choice((usual, _elsewhere(name)), usual=usual) if isinstance(usual, Class) else usual
    if isinstance(default, Const):
        return default if run.wires else _as_setting(default, name)
    return default if default is not None else Thing(marks=SETTING, trail=(name,))


def _elsewhere(name: str) -> Thing:
    return Thing(marks=SETTING, trail=(name,))


def _method(run: Attributes, me: Object, name: str, declared_in: Scope) -> Scope | None:
    """The method that gives the default, of the class that declares the trait or of one below it."""
    for base in run.program.bases(me.cls.scope):
        if isinstance(base, str):
            continue
        for inner in base.children.values():
            if inner.is_function and (inner.name == f"_{name}_default" or _gives(inner, name)):
                return inner
        if base is declared_in:
            break
    return None


def _gives(method: Scope, name: str) -> bool:
    return any(
        node[0] == form.CALL
        and form.dotted(node[3]) in _DEFAULTS
        and bool(node[4])
        and node[4][0][0] == form.CONSTANT
        and node[4][0][3] == name
        for node in method.decorators
    )


def _as_setting(value: Value, name: str) -> Value:
    if isinstance(value, Choice):
        return joined([_as_setting(one, name) for one in value.options])
    if isinstance(value, Const):
        return Const(value.value, value.marks | SETTING, value.label)
    if isinstance(value, Test):
        answer = value.anonymous if value.anonymous is not None else value.usual
        return replace(value, anonymous=None, marks=value.marks | SETTING, usual=answer)
    return replace(value, marks=value.marks | SETTING) if isinstance(value, Thing) else value
