"""Who in the tree is connected to a signal: `@receiver(asked)` above a function, `asked.connect(function)` anywhere.

They are connected when their modules are imported, which an application does when it is ready: all of them count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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


def receivers(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """The functions that are connected to a signal; None where one of them cannot be read."""
    signal = args[0] if args else None
    if not isinstance(signal, Object):
        return None
    found: list[Value] = []
    for module in run.program.holding(("receiver", _CONNECT)):
        if TEST_FILE.search(module.path) or module.is_library:
            continue
        scope = run.program.scope(module)
        for one in (*_decorated(run, scope, signal), *_connected(run, scope, signal)):
            if not isinstance(one, Function):
                return None
            found.append(one)
    return Items(found)


def _decorated(run: Calls, scope: Scope, signal: Object) -> Iterator[Value]:
    for child in scope.children.values():
        for node in child.decorators if child.is_function else ():
            if node[0] == form.CALL and node[4] and run.program.resolve(scope, node[3]).name in _DECORATORS:
                asked = _read(run, scope, node[4][0])
                listed = asked.values if isinstance(asked, Items) else [asked]
                if any(_is_same(one, signal) for one in listed):
                    yield run.member_of_module(scope, child.name)


def _connected(run: Calls, scope: Scope, signal: Object) -> Iterator[Value | None]:
    for node in form.walk(scope.body):
        is_call = node[0] == form.CALL and node[3][0] == form.ATTRIBUTE and node[3][4] == _CONNECT and node[4]
        if is_call and form.dotted(node[3][3]) and _is_same(_read(run, scope, node[3][3]), signal):
            yield _read(run, scope, node[4][0])


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
