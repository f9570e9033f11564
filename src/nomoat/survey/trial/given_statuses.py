"""The status that code gives the answer at hand, of which the framework takes no more than that, and the headers.

`response.status_code = 403`, then `return {"error": "not yours"}`. It stands among the names of a function while that
runs, so that each way has its own. Whoever leaves the block in which it was given without a `return` goes on working:
then nobody was refused there, whatever number is sent in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.refusals import status_of, with_given_status
from nomoat.survey.trial.values import Const, Env, Outside, Thing, Value

if TYPE_CHECKING:
    from nomoat.survey.trial.bodies import Bodies

#: Where it stands among the names.
_STATUS = "status()"
_NAMES = frozenset(("status_code", "status", "status_int"))
_BLOCKS = frozenset((form.IF, form.TRY, form.WITH, form.FOR, form.WHILE, form.MATCH))


def note(run: Bodies, env: Env, owner: Value, name: str, value: Value) -> None:
    """Takes note of the status of the answer at hand."""
    if name in _NAMES and not run.wires and _is_at_hand(run, owner):
        env.names[_STATUS] = value


def _is_at_hand(run: Bodies, owner: Value) -> bool:
    """Whether it is what a framework hands out to say something of its answer: a parameter, `request.response`."""
    if isinstance(owner, Thing):
        return owner.name in run.models.answers and not (owner.is_call or owner.trail)
    of = owner.me if isinstance(owner, Outside) and owner.name.endswith(".response") else None
    return isinstance(of, Thing) and of.name in run.models.requests and not of.is_call


def answered(run: Bodies, env: Env, value: Value, at: str) -> Value:
    """What a function gives, with the status that it gave the answer at hand; what is an answer has its own."""
    status = env.names.get(_STATUS)
    if not isinstance(status, (Const, Outside)) or status_of(run, value, run.models.answers) is not None:
        return value
    return with_given_status(run.models.answers, status, at)


def leave(node: Node, before: Value | None, env: Env | None) -> None:
    """Whoever comes out of a block goes on with the status that there was before it."""
    if node[0] not in _BLOCKS or env is None or env.names.get(_STATUS) is before:
        return
    if before is None:
        env.names.pop(_STATUS, None)
    else:
        env.names[_STATUS] = before


def given(env: Env) -> Value | None:
    """The status that was given so far."""
    return env.names.get(_STATUS)
