"""Settings that are loaded: `Config.model_validate(read())`, and those that a factory is given by whoever calls it.

Source has the default of each of their fields, and no more than that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.values import SETTING, SPREAD, Class, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls
    from nomoat.survey.trial.machine import Machine
    from nomoat.survey.trial.statements import Trial

#: What stands for a method of a class that makes an object of what was loaded.
LOADED = "loaded()"
_LOADS = frozenset(("model_validate", "model_validate_json", "parse_obj", "parse_raw", "parse_file", "model_construct"))
_MODELS = frozenset(("BaseModel", "BaseSettings"))
_SETTINGS = re.compile(r"(config|configuration|settings|options)$", re.I)


def method(run: Machine, cls: Class, name: str, outside: Iterable[str]) -> Thing | None:
    """A method of a class that makes an object of it, where routes are registered; None of any other."""
    if not run.wires or name not in _LOADS or not any(one.rpartition(".")[2] in _MODELS for one in outside):
        return None
    return Thing(LOADED, (cls,))


def called(run: Calls, callee: Thing, at: str) -> Value:
    """The object, of which each field may be anything else: no request is there yet that it could be of."""
    cls = callee.args[0]
    assert isinstance(cls, Class), "only a class has such a method"
    return run.construct(cls, (), {SPREAD: Thing(marks=SETTING)}, at)


def arguments(run: Trial, function: Scope) -> tuple[Value, ...]:
    """What a factory is given that source never calls: settings of a declared class, and anything else otherwise."""
    found: list[Value] = []
    for parameter in function.parameters:
        if parameter[form.P_DEFAULT] is None and parameter[form.P_KIND] in (form.POSITIONAL, form.REGULAR):
            found.append(_settings(run, function, parameter[form.P_ANNOTATION]) or Thing())
    return tuple(found)


def _settings(run: Trial, function: Scope, annotation: form.Node | None) -> Value | None:
    declared = run.program.annotation(function.parent or function, annotation) if annotation is not None else None
    scope = declared.scope if declared is not None and declared.kind == "instance" else None
    if scope is None or not _SETTINGS.search(scope.name):
        return None
    bases = run.program.bases_elsewhere(scope)
    made_by = (form.dotted(one[3] if one[0] == form.CALL else one) or "" for one in scope.decorators)
    is_data = any(one.endswith("dataclass") for one in made_by)
    if not is_data and not any(one.rpartition(".")[2] in _MODELS for one in bases):
        return None
    return run.construct(run.class_of(scope), (), {SPREAD: Thing(marks=SETTING)}, function.at)


__all__ = ["LOADED", "arguments", "called", "method"]
