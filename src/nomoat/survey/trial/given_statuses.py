"""The status that code gives the answer at hand, of which the framework takes no more than that, and the headers.

`response.status_code = 403`, then `return {"error": "not yours"}`. It stands among the names of a function while that
runs, so that each way has its own. Whoever leaves the block in which it was given without a `return` goes on working:
then nobody was refused there, whatever number is sent in the end. So it is with a connection whose caller is sent why
nothing comes, and that is left then: `await socket.send_json({"error": "unauthorized"})`, then `return`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial.refusals import status_of, with_given_status
from nomoat.survey.trial.values import Const, Env, Outside, Table, Thing, Value, options

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


#: What tells a caller that nothing comes, and under which names a message has it.
_ERROR = re.compile(
    r"(?i)\b(error|unauthori[sz]ed|unauthenticated|forbidden|(permission|access)[ _]denied"
    r"|not (allowed|authori[sz]ed|logged in|signed in)|auth(entication|orization)?[ _](failed|required|error)"
    r"|(invalid|bad|missing|expired|wrong)[ _](api[ _]?)?(token|key|credentials?|session|password))\b"
)
_ERROR_NAMES = frozenset(("error", "errors", "error_code", "error_message"))
_NAMES_OF_KIND = frozenset(("type", "status", "event", "kind", "op", "action", "code", "reason", "detail", "message"))
#: Calls that put what is sent into a text.
_TEXTS = frozenset(("dumps", "encode", "model_dump", "model_dump_json", "dict", "json"))


def note_sent(env: Env, message: Value | None) -> None:
    """Takes note of a message by which a caller is told because of who it is that nothing comes."""
    if message is not None and any(_tells_error(one) for one in options(message)):
        env.names[_STATUS] = Const(401)


def _tells_error(message: Value) -> bool:
    if isinstance(message, Const):
        return isinstance(message.value, (str, bytes)) and bool(_ERROR.search(str(message.value)))
    if isinstance(message, Table):
        entries = {name: value for name, value in message.entries.items() if isinstance(name, str)}
        return any(
            (name in _ERROR_NAMES and not (isinstance(value, Const) and not value.value))
            or (name in _NAMES_OF_KIND and isinstance(value, Const) and _tells_error(value))
            for name, value in entries.items()
        )
    is_text = isinstance(message, Thing) and message.is_call and message.name.rpartition(".")[2] in _TEXTS
    return is_text and isinstance(message, Thing) and bool(message.args) and _tells_error(message.args[0])


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
