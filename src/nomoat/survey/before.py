"""Functions that run before handlers (`before_request`), tried for each route with its own path, method and endpoint.

What one of them sets on the request (`g.user = ...`), the next and the handler find there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nomoat.appmap import ids
from nomoat.survey.guards import AtHand, Judge, Judgement, Tried
from nomoat.survey.middleware import request_to
from nomoat.survey.python import form
from nomoat.survey.routing import Found
from nomoat.survey.trial.refusals import is_redirect, status_of
from nomoat.survey.trial.registry import Entry
from nomoat.survey.trial.values import FILLED, INPUT, Choice, Const, Function, Table, Thing, Value, options


@dataclass
class Requests:
    """The request to one route: of a caller without a credential, and of one with."""

    anonymous: AtHand
    signed: AtHand
    judged: list[Judgement] = field(default_factory=list)


def path_argument(kind: str) -> Value:
    """What stands in a path for a parameter: any text, but never an empty one."""
    return Thing("" if kind in ("int", "float") else FILLED, marks=INPUT)


def requests(judge: Judge, found: Found) -> Requests:
    """The request as the handler of the route gets it, and what stood before it."""

    def at_hand() -> AtHand:
        arguments: dict[object, Value] = {name: path_argument(kind) for name, kind in ids.parameters(found.path)}
        request = request_to(judge.models, found)
        return AtHand({"request": request}, found.has_statuses, request, Table(arguments))

    made = Requests(at_hand(), at_hand())
    for entry in found.around.before:
        made.judged.append(_judged(judge, entry, made))
    return made


def _judged(judge: Judge, entry: Entry, made: Requests) -> Judgement:
    function = entry.handler
    if isinstance(function, Choice):
        function = next((one for one in function.options if isinstance(one, Function)), function)
    if not isinstance(function, Function):
        return Judgement()
    judged = Judgement(function=function.scope)
    tried = judge.tried(function, _given(entry, function, made.anonymous), is_anonymous=True, at_hand=made.anonymous)
    refuses = _refuses(judge, tried)
    passes = tried.is_exhausted or (tried.passes and any(_is_none(one) for one in options(tried.value)))
    if refuses and passes:
        judged.doubts.append(judge._why(tried, function.name))
    elif refuses and entry.is_conditional:
        judged.doubts.append(f"whether {function.name} runs before it depends on something ({entry.at})")
    elif refuses:
        judged.refuses = True
    given = _given(entry, function, made.signed)
    signed = judge.tried(function, given, is_anonymous=False, at_hand=made.signed)
    if judged.refuses:
        judge._demands(judged, signed, function.name, function.at, "", "before")
        judge.take_answers(judged, signed, function.name)
        if not any(guard.kind in ("authentication", "permission", "signature") for guard in judged.guards):
            judged.guards.insert(0, judge.authentication(function.name, function.at))
    return judged


def _given(entry: Entry, function: Function, at_hand: AtHand) -> dict[str, Value]:
    """`url_value_preprocessor` is given the endpoint and what stands in the path, and may take from it."""
    if entry.verb.calls != "endpoint and arguments" or function.scope is None:
        return {}
    names = [parameter[form.P_NAME] for parameter in function.scope.parameters]
    endpoint = at_hand.request.named["endpoint"]
    return dict(zip(names, (endpoint, at_hand.arguments), strict=False))


def _refuses(judge: Judge, tried: Tried) -> bool:
    if any(end.needs_credential for end in tried.ends):
        return True
    for value, _, conditions, _, caught in tried.trial.answered:
        marks: frozenset[str] = frozenset()
        for condition in conditions:
            marks |= condition.test.marks
        status = status_of(tried.trial, value, judge.models.answers) or 0
        about = caught or bool(marks & {"caller", "signature"})
        if about and (status >= 400 or is_redirect(tried.trial, value)):
            return True
    return False


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None
