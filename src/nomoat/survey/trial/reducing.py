"""What is made of a list one after another: `functools.reduce(lambda view, wrap: wrap(view), decorators, view)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.values import Env, Items, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

#: Who puts together more than this decorates no view.
_MOST = 100


def _reduced(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    source = run.ran(args[1]) if len(args) > 1 else None
    if not isinstance(source, Items) or not source.is_whole or source.may_be_empty or len(source.values) > _MOST:
        return None
    left = list(source.values)
    initial = args[2] if len(args) > 2 else named.get("initial")
    if initial is None and not left:
        return None
    found: Value = initial if initial is not None else left.pop(0)
    for one in left:
        found = run.call(args[0], (found, one), {}, at, env)
    return found


SPECIAL = dict.fromkeys(("functools.reduce", "builtins.reduce"), _reduced)
