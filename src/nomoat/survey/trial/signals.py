"""Who in the tree is connected to a signal: `@receiver(asked)` above a function, `asked.connect(function)` anywhere.

They are connected when their modules are imported, which an application does when it is ready: all of them count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.trial.machine import RaisedError
from nomoat.survey.trial.values import Env, Function, Items, Object, Value, options

if TYPE_CHECKING:
    from nomoat.survey.python.symbols import Scope
    from nomoat.survey.trial.calls import Calls

_DECORATORS = frozenset(("django.dispatch.receiver", "django.dispatch.dispatcher.receiver"))
_CONNECT = "connect"


class Site(NamedTuple):
    """Where something is connected: to which signal, or signals, and what (a name of the module, or an expression)."""

    scope: Scope
    signal: Node
    receiver: Node | str


def receivers(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """The functions that are connected to a signal; None where one of them cannot be read."""
    signal = args[0] if args else None
    if not isinstance(signal, Object):
        return None
    found: list[Value] = []
    for one in _sites(run):
        asked = _read(run, one.scope, one.signal)
        listed = asked.values if isinstance(asked, Items) else [asked]
        if not any(_is_same(value, signal) for value in listed):
            continue
        receiver = one.receiver
        function = (
            run.member_of_module(one.scope, receiver) if isinstance(receiver, str) else _read(run, one.scope, receiver)
        )
        if not isinstance(function, Function):
            return None
        found.append(function)
    return Items(found)


def _sites(run: Calls) -> list[Site]:
    """Every place of the tree where something is connected, looked for once."""
    known = run.around.receiving
    if known is None:
        modules = run.program.holding(("receiver", _CONNECT))
        scopes = [run.program.scope(one) for one in modules if not TEST_FILE.search(one.path) and not one.is_library]
        known = run.around.receiving = [
            one for scope in scopes for one in (*_decorated(run, scope), *_connected(scope))
        ]
    return known


def _decorated(run: Calls, scope: Scope) -> Iterator[Site]:
    for child in scope.children.values():
        for node in child.decorators if child.is_function else ():
            if node[0] == form.CALL and node[4] and run.program.resolve(scope, node[3]).name in _DECORATORS:
                yield Site(scope, node[4][0], child.name)


def _connected(scope: Scope) -> Iterator[Site]:
    for node in form.walk(scope.body):
        is_call = node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] == _CONNECT and node[4]
        if is_call and form.dotted(node[3][3]):
            yield Site(scope, node[3][3], node[4][0])


def _read(run: Calls, scope: Scope, node: Node) -> Value | None:
    try:
        return run.evaluate(run.module(scope), node)
    except RaisedError:
        return None


def _is_same(value: Value | None, signal: Object) -> bool:
    return value is not None and any(
        isinstance(one, Object) and (one is signal or (bool(one.at) and one.at == signal.at)) for one in options(value)
    )


SPECIAL = {"nomoat.survey.receivers": receivers}
