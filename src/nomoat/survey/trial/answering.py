"""Answers that a handler gives piece by piece, with methods of its own: `self.set_status(401); self.finish(); return`.

What a request was answered so far stands among the names of a function while it runs, so that each way through it has
its own; it is handed to what the function calls and taken back. Files in `survey/library/` write and read it with the
functions of `__framework__`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial import answering_later
from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.values import (
    Choice,
    Const,
    Env,
    Function,
    Items,
    Lazy,
    Object,
    Test,
    Thing,
    Value,
    joined,
    options,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.calls import Calls

Known = Callable[["Calls", "tuple[Value, ...]", "dict[str, Value]", str, Env], "Value | None"]
#: Where it stands among the names; nothing was answered where it is None.
ANSWER = "answer()"
NONE_YET = Const(None)
#: What makes an answer of what a view gives.
FLASK_ANSWER = "flask.make_response"
_ANSWER, _REDIRECT = "__framework__.answer", "__framework__.redirect"
#: Methods by which loggers are known.
_LOGS = frozenset(("debug", "info", "warning", "warn", "error", "exception", "critical", "log"))
#: What only makes the text of an answer: `body = json.dumps({"error": why})`.
_MAKES_TEXT = frozenset(
    ("dumps", "json_encode", "encode", "decode", "format", "join", "str", "dict", "list", "len", "replace", "strip",
     "lstrip", "rstrip", "lower", "upper", "escape", "xhtml_escape", "url_escape", "quote", "urlencode", "isoformat")
)  # fmt: skip
_BLOCKS = frozenset((form.IF, form.TRY, form.WITH, form.FOR, form.WHILE, form.MATCH))


def so_far(env: Env) -> Value:
    """What was answered where the function has come to."""
    return env.names.get(ANSWER, NONE_YET)


def _is_finished(answer: Value) -> bool:
    return isinstance(answer, Thing) and "finished" in answer.named


def _status(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """The status is set; more may be said of it."""
    return _set(run, Thing(_ANSWER, args[:1], at=at), at, env)


def _finish(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """It is answered, with this status or the one that was set."""
    done: dict[str, Value] = {"finished": Const(True)}
    if args and not (isinstance(args[0], Const) and args[0].value is None):
        return _set(run, Thing(_ANSWER, args[:1], done, at=at), at, env)
    found: list[Value] = []
    for one in options(so_far(env)):
        if not isinstance(one, Thing):
            one = Thing(_ANSWER, (Const(200),), at=at)
        finished = replace(one, named={**one.named, **done})
        run.finished[id(finished)] = (
            finished,
            (run.finished[id(one)][1] if id(one) in run.finished else _place(run, at)),
        )
        found.append(finished)
    env.names[ANSWER] = joined(found)
    return Const(None)


def _redirect(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    return _set(run, Thing(_REDIRECT, args[:1], {"finished": Const(True)}, at=at), at, env)


def _set(run: Calls, answer: Thing, at: str, env: Env) -> Value:
    run.finished[id(answer)] = answer, _place(run, at)
    env.names[ANSWER] = answer
    return Const(None)


def _place(run: Calls, at: str) -> tuple[object, ...]:
    scope = next((one for one in reversed(run.path) if not one.module.is_library), run.path[-1])
    return at, tuple(run.conditions), scope, run.caught_credential


def _answered(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """Whether it is answered."""
    are = {_is_finished(one) for one in options(so_far(env))}
    return Const(are.pop()) if len(are) == 1 else Test(None, OTHER, OTHER)


def _stay(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """Only where it was answered does it end here."""
    env.names[ANSWER] = joined([one for one in options(so_far(env)) if _is_finished(one)])
    return Const(None)


def _go_on(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """Only where nothing was answered does it go on."""
    left = [one for one in options(so_far(env)) if not _is_finished(one)]
    env.names[ANSWER] = joined(left) if left else NONE_YET
    return Const(None)


def _chooses(value: Value) -> bool:
    """Whether it is a lambda that answers in one of two ways: what each of them answers is not told apart."""
    node = value.node if isinstance(value, Function) and value.scope is None else None
    return node is not None and any(one[0] == form.CONDITIONAL for one in form.walk((node[4],)))


def _answers_by(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """What was put in the place of a method for this request, and cannot be followed, may ask who calls."""
    for one in options(args[1]):
        if not isinstance(one, (Function, Object, Lazy)) or _chooses(one):
            run.record.unknown.append(("what stands in the place of its method cannot be read", at))
            break
    return args[1]


def _left(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
    """What is answered in the end."""
    return so_far(env)


def waited_for(env: Env | None, value: Choice, does: Callable[[], Value]) -> Value:
    """Waits for what only some ways leave to be waited for: what the others answered stays as it is.

    `if not signed_in: self.redirect("/login"); return` and then `return method(self)`, which is a coroutine.
    """
    later = [one for one in value.options if isinstance(one, Lazy)]
    answers = options(so_far(env)) if env is not None and len(later) < len(value.options) else ()
    own = [one for lazy in later for one in options(lazy.answered or NONE_YET)]
    there = [one for one in answers if any(_is_same(one, other) for other in own)]
    others = [one for one in answers if one not in there]
    if env is None or not there or not others:
        return does()
    env.names[ANSWER] = joined(there)
    try:
        return does()
    finally:
        env.names[ANSWER] = joined([*others, so_far(env)])


def _is_same(one: Value, other: Value) -> bool:
    return one is other or all(isinstance(value, Const) and value.value is None for value in (one, other))


def goes_on_working(run: Calls, node: Node, before: Value, after: Value, *, is_block: bool = True) -> bool:
    """Whether a statement does something though it was refused before it: then it was not refused.

    `is_block`: what it holds, it holds for a reason of its own.
    """
    if node[0] in _BLOCKS and is_block and after is not before:
        # Whoever leaves the block without a `return` has said all that belongs to the refusal.
        run.closed[id(after)] = after
    if after is not before:
        return False
    name = _called(node)
    if name is None or name in _LOGS or name in _MAKES_TEXT:
        return False
    if any(scope.is_method and scope.name in run.models.answering for scope in run.path):
        return False  # What a class does to answer is a part of the answer: `def write(self, chunk)`.
    is_over = id(before) in run.closed or any(_is_finished(one) for one in options(before))
    call = _call_of(node)
    if not is_over and call is not None and answering_later.is_handed_on(run, call):
        return False
    return is_over or name not in run.models.answering


def _called(node: Node) -> str | None:
    """What a statement calls, by its last name; None where it calls nothing."""
    value = _call_of(node)
    if value is None:
        return None
    callee: Node = value[3]
    return str(callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else "")


def _call_of(node: Node) -> Node | None:
    """The call that a statement is, whoever waits for it; None where it calls nothing."""
    places = {form.EXPRESSION: 3, form.ASSIGN: 4, form.ANNOTATED: 5, form.AUGMENTED: 5}
    value = node[places[node[0]]] if node[0] in places else None
    while value is not None and value[0] in (form.AWAIT, form.YIELD):
        value = value[3]
    return value if value is not None and value[0] == form.CALL else None


def _made_answer(run: Calls, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value | None:
    """`make_response(view(*args))`: what is an answer already, `body, 401` as well, is that answer.

    So it is known where it was given, and why; of one of several, each is an answer of its own.
    """
    if len(args) != 1 or named or run.wires or not run.has_statuses:
        return None
    each = [one if _has_status(run, one) else Thing(FLASK_ANSWER, (one,), marks=one.tags, at=at, is_call=True)
            for one in options(args[0])]  # fmt: skip
    return joined(each)


def _has_status(run: Calls, value: Value) -> bool:
    if isinstance(value, Items):
        return value.is_tuple and len(value.values) > 1
    return isinstance(value, Thing) and value.is_call and not value.trail and value.name in run.models.answers


ANSWERING: dict[str, Known] = {
    FLASK_ANSWER: _made_answer,
    "quart.make_response": _made_answer,
    "__framework__.status": _status,
    "__framework__.finish": _finish,
    "__framework__.redirect": _redirect,
    "__framework__.answered": _answered,
    "__framework__.stay": _stay,
    "__framework__.go_on": _go_on,
    "__framework__.left": _left,
    "__framework__.answers_by": _answers_by,
}
