"""Objects that stand around an application as ASGI has it: `app = SignedIn(app)`, `app.mount("/mcp", SignedIn(inner))`.

A wrapper is called with scope, receive and send, and hands them on to what it was made with, or answers by itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import Env, Function, Object, Outside, Thing, Value, options

if TYPE_CHECKING:
    from nomoat.survey.models import Models
    from nomoat.survey.trial.machine import Machine
    from nomoat.survey.trial.surroundings import Surroundings

#: What may stand around an application.
Wrapper = Object | Thing | Function
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


def behind(run: Machine, value: Value, *, is_mounted: bool = False) -> tuple[Registry | None, list[Wrapper]]:
    """The application behind wrappers, and these from the inside out; none where something else is behind them.

    What is mounted may be a router as well.
    """
    wrappers: list[Wrapper] = []
    while isinstance(value, (Object, Thing, Function)) and len(wrappers) < _MAX_DEEP and _may_wrap(run, value):
        wrappers.insert(0, value)
        value = next((one for one in _held(value) if behind_is_known(one, is_mounted=is_mounted)), Thing())
    return (value if isinstance(value, Registry) else None), wrappers


def _may_wrap(run: Machine, value: Wrapper) -> bool:
    """Whether it may be called as an application is: code of the tree, or an object of a class that is not here."""
    if isinstance(value, (Object, Function)):
        return called_as_application(run, value) is not None
    return value.is_call and not value.trail and value.name.rpartition(".")[2][:1].isupper()


def _held(value: Value) -> list[Value]:
    """What an object was made with, and keeps."""
    if isinstance(value, Object):
        return [option for one in value.attributes.values() for option in options(one)]
    if isinstance(value, Function):
        # What was around it when it was made: `def signed_in(app): async def asks(scope, receive, send): ...`.
        return [option for one in _around(value).values() for option in options(one)]
    is_made = isinstance(value, Thing) and value.is_call and not value.trail
    given = (*value.args, *value.named.values()) if is_made and isinstance(value, Thing) else ()
    return [option for one in given for option in options(one)]


def _around(function: Function) -> dict[str, Value]:
    """The names of the function that one was made in."""
    made_in = function.env
    return made_in.names if made_in.parent is not None and made_in.scope.is_function and function.me is None else {}


def behind_is_known(value: Value, *, is_mounted: bool = False) -> bool:
    """Whether an application is this, or stands behind it."""
    kinds = (Object, Thing, Function) if is_mounted else (Object, Thing)
    # Objects that hold one another, as the parts of an application do, are looked into once each, the nearest first.
    seen = {id(value)}
    near: list[Value] = [value]
    for _ in range(_MAX_DEEP + 1):
        if any(isinstance(one, Registry) and (one.kind.is_application or is_mounted) for one in near):
            return True
        held = {id(inner): inner for one in near if isinstance(one, kinds) for inner in _held(one)}
        near = [inner for key, inner in held.items() if key not in seen]
        seen.update(held)
    return False


def opened(wrapper: Object | Function, gone_on: Outside) -> Object | Function:
    """A wrapper that hands on to whatever comes after it, in place of the application that it was made with."""
    held = wrapper.attributes if isinstance(wrapper, Object) else _around(wrapper)
    named = {
        name: gone_on if any(behind_is_known(option, is_mounted=True) for option in options(value)) else value
        for name, value in held.items()
    }
    if isinstance(wrapper, Object):
        return replace(wrapper, attributes=named)
    made_in = wrapper.env
    return replace(wrapper, env=Env(made_in.scope, made_in.parent, named, made_in.called_at))


def note_made(run: Machine, thing: Object | Thing, given: tuple[Value, ...]) -> None:
    """Takes note of an object that is made with an application."""
    if any(behind_is_known(option) for one in given for option in options(one)):
        run.around.wrappers.append(thing)


def put_around(around: Surroundings, run: Machine) -> None:
    """Tells applications what stands around them, where nothing but that is served.

    A module has the wrapper under a name and the application under none, or a function gives it back.
    """
    for wrapper in around.wrappers:
        registry, wrappers = behind(run, wrapper)
        if registry is None:
            continue
        env = around.modules.get(wrapper.at.rpartition(":")[0])
        named = [option for value in (env.names.values() if env is not None else ()) for option in options(value)]
        is_served = any(one is wrapper for one in named) or wrapper in around.given_back
        is_served_bare = any(one is registry for one in named)
        if is_served and not is_served_bare and len(wrappers) > len(registry.wrappers):
            registry.wrappers = wrappers
