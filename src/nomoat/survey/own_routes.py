"""Routes of a class of the tree that is made of one of the framework: `class Timed(Route)`, in a list of routes.

Gives what the framework's own class would have been called with, and why nothing sure is said of such a route where the
class itself may refuse.
"""

from __future__ import annotations

import re

from nomoat.survey.models import Models, Spot, Verb
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.machine import Machine
from nomoat.survey.trial.refusals import SUPER
from nomoat.survey.trial.values import Function, Object, Thing, Value, options

#: Methods of a route that run for each request.
_ANSWERING = ("handle", "__call__")
_REFUSES = re.compile(rb"\b(40[13]|raise|[Ff]orbidden|[Uu]nauthori[sz]ed|[Pp]ermission_?[Dd]enied)\b")


def made_of(run: Machine, models: Models, value: Object) -> Thing | None:
    """The call of the framework's class, or what it would be: a constructor that does not make it keeps the same."""
    made = value.attributes.get(SUPER)
    if isinstance(made, Thing):
        return made
    bases = run.program.bases(value.cls.scope)
    name = next((one for one in bases if isinstance(one, str) and one in models.listed), None)
    verb = models.listed[name] if name is not None else None
    if name is None or verb is None or verb.does != "route":
        return None
    given = {one: value.attributes[one] for spot in _spots(verb) for one in spot.names if one in value.attributes}
    return Thing(name, (), given, at=value.at) if verb.path.names and verb.path.names[0] in given else None


def doubt(run: Machine, value: Object) -> str:
    """Why nothing sure is said of it; empty where its class leaves alone who may call."""
    own = [one for one in run.program.bases(value.cls.scope) if isinstance(one, Scope) and not one.module.is_library]
    asking = [one for base in own for one in base.children.values() if one.is_function and one.name in _ANSWERING]
    app = value.attributes.get("app")
    for option in options(app) if app is not None else ():
        asking += _functions(option)
    found = next((one for one in asking if one.may_hold(_REFUSES)), None)
    return f"{value.cls.scope.name}, which makes this route, may refuse by itself ({found.at})" if found else ""


def _functions(app: Value) -> list[Scope]:
    if isinstance(app, Function) and app.scope is not None and not app.scope.module.is_library:
        return [app.scope]
    if isinstance(app, Object):
        return [one for one in app.cls.scope.children.values() if one.is_function and one.name == "__call__"]
    return []


def _spots(verb: Verb) -> tuple[Spot, ...]:
    return verb.path, verb.handler, verb.methods, verb.middleware


__all__ = ["doubt", "made_of"]
