"""Variables of the context that a request is answered in: `current_user: ContextVar[User | None] = ContextVar("user")`.

What middleware or a dependency sets for who has no credential is what anything after it finds. Of what nobody was seen
to set for them, nothing is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.trial.values import CALLER, Const, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

NAME = "contextvars.ContextVar"
#: What their names begin with in what is left in a request.
IN_CONTEXT = "(context) "


def called(run: Calls, callee: Thing, args: tuple[Value, ...]) -> Value | None:
    """What `get`, `set` and `reset` of a variable give; None for anything else."""
    owner, _, method = callee.name.rpartition(".")
    first = callee.args[0] if callee.args else None
    if owner != NAME or run.wires or not isinstance(first, Const) or not isinstance(first.value, str):
        return None
    key = f"{IN_CONTEXT}{first.value}"
    if method == "set" and args:
        if run.anonymous:
            _set(run, key, args[0])
        return Thing()
    left = run.around.left.get(key)
    if method != "get" or left is None:
        return None
    if run.anonymous:
        return left
    return Thing(marks=CALLER, trail=(first.value,)) if "caller" in left.tags else Thing()


def _set(run: Calls, key: str, value: Value) -> None:
    around = run.around
    if around.in_order is not None:
        around.left[key] = run.carried(value, lambda: around.left.get(key) or Thing())
        return
    # Whatever else sets it comes later, or before: it may be either.
    around.leave(key, run.carried(value, Thing))
