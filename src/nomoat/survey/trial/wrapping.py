"""Objects that stand around an application as ASGI has it: `app = SignedIn(app)`, `app.mount("/mcp", SignedIn(inner))`.

A wrapper is called with scope, receive and send, and hands them on to what it was made with, or answers by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import Function, Object, Outside, Thing, Value, options

if TYPE_CHECKING:
    from nomoat.survey.models import Models
    from nomoat.survey.trial.machine import Machine
    from nomoat.survey.trial.surroundings import Surroundings

#: How many an application is called with: scope, receive, send.
_HANDED = 3
_MAX_DEEP = 10


def is_handed_on(models: Models, callee: Value, args: tuple[Value, ...]) -> bool:
    """Whether a request is handed on, as ASGI has it, to an application that is no code of the tree."""
    if len(args) != _HANDED or not isinstance(callee, (Registry, Thing, Outside)):
        return False
    is_answer = isinstance(callee, Thing) and callee.name in models.answers and callee.is_call
    return isinstance(args[0], Thing) and args[0].name == "request.scope" and not is_answer


def called_as_application(run: Machine, value: Value) -> Function | None:
    """What is called of something of the tree that takes scope, receive and send; None where it does not."""
    call = run.attribute(value, "__call__") if isinstance(value, Object) else value
    if not isinstance(call, Function) or call.scope is None or call.scope.module.is_library:
        return None
    own = call.scope.parameters[1:] if call.me is not None else call.scope.parameters
    needed = [one for one in own if one[form.P_KIND] in (form.POSITIONAL, form.REGULAR)]
    return call if len(needed) == _HANDED else None


def behind(run: Machine, value: Value) -> tuple[Registry | None, list[Object | Thing]]:
    """The application behind wrappers, and these from the inside out; none where something else is behind them."""
    wrappers: list[Object | Thing] = []
    while isinstance(value, (Object, Thing)) and len(wrappers) < _MAX_DEEP and _may_wrap(run, value):
        wrappers.insert(0, value)
        value = next((one for one in _held(value) if behind_is_known(one)), Thing())
    return (value if isinstance(value, Registry) else None), wrappers


def _may_wrap(run: Machine, value: Object | Thing) -> bool:
    """Whether it may be called as an application is: an object of the tree, or one of a class that is not here."""
    if isinstance(value, Object):
        return called_as_application(run, value) is not None
    return value.is_call and not value.trail and value.name.rpartition(".")[2][:1].isupper()


def _held(value: Value) -> list[Value]:
    """What an object was made with, and keeps."""
    if isinstance(value, Object):
        return [option for one in value.attributes.values() for option in options(one)]
    is_made = isinstance(value, Thing) and value.is_call and not value.trail
    given = (*value.args, *value.named.values()) if is_made and isinstance(value, Thing) else ()
    return [option for one in given for option in options(one)]


def behind_is_known(value: Value, deep: int = 0) -> bool:
    """Whether an application is this, or stands behind it."""
    if isinstance(value, Registry):
        return value.kind.is_application
    is_object = isinstance(value, (Object, Thing)) and deep < _MAX_DEEP
    return is_object and any(behind_is_known(one, deep + 1) for one in _held(value))


def opened(wrapper: Object, gone_on: Outside) -> Object:
    """A wrapper that hands on to whatever comes after it, in place of the application that it was made with."""
    named = {
        name: gone_on if any(behind_is_known(option) for option in options(value)) else value
        for name, value in wrapper.attributes.items()
    }
    return replace(wrapper, attributes=named)


def note_made(run: Machine, thing: Object | Thing, given: tuple[Value, ...]) -> None:
    """Takes note of an object that is made with an application."""
    if any(behind_is_known(option) for one in given for option in options(one)):
        run.around.wrappers.append(thing)


def put_around(around: Surroundings, run: Machine) -> None:
    """Tells applications what stands around them, where nothing but that is served.

    A module has the wrapper under a name and the application under none, or a function gives it back.
    """
    for wrapper in around.wrappers:
        registry, outward = behind(run, wrapper)
        if registry is None:
            continue
        env = around.modules.get(wrapper.at.rpartition(":")[0])
        named = [option for value in (env.names.values() if env is not None else ()) for option in options(value)]
        is_served = any(one is wrapper for one in named) or wrapper in around.given_back
        is_served_bare = any(one is registry for one in named)
        if is_served and not is_served_bare and len(outward) > len(registry.wrappers):
            registry.wrappers = outward
