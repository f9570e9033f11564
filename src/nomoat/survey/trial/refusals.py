"""Exceptions and answers: which status they give, through the project's own classes and handlers."""

from __future__ import annotations

import builtins
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace

from nomoat.survey.models import Refusal
from nomoat.survey.python import form
from nomoat.survey.trial.answering import FLASK_ANSWER
from nomoat.survey.trial.machine import Condition, Machine
from nomoat.survey.trial.registry import argument
from nomoat.survey.trial.statuses import number_of
from nomoat.survey.trial.values import (
    CALLER,
    VAGUE,
    Choice,
    Class,
    Const,
    Function,
    Items,
    Object,
    Outside,
    Table,
    Thing,
    Value,
    options,
)

_REDIRECTS, _LEAST_FAULT, _ERROR = 300, 400, 500
#: What is answered because of who one is, and of nothing else that is missing.
_OF_WHO = frozenset((401, 403, 407, 498))
#: What is answered because of what a request is, whoever sends it.
_OF_REQUESTS = frozenset((408, 411, 413, 414, 415, 416, 417, 431))
#: The name under which an object keeps what its class gave to a base of another package.
SUPER = "__super__"


#: What an answer that was made has its status under, and the name under which a trial keeps the one that it was given.
SETS_STATUS = frozenset(("status_code", "status"))
_SET = "(status)"


def with_status(answer: Value, status: Value, answers: Container[str]) -> Value:
    """An answer that is given another status: `response.status_code = 401`, on the way at hand alone."""
    if isinstance(answer, Choice):
        return Choice(tuple(with_status(one, status, answers) for one in answer.options))
    if isinstance(answer, Thing) and answer.is_call and not answer.trail and answer.name in answers:
        return replace(answer, named={**answer.named, _SET: status})
    if isinstance(answer, Items) and answer.is_tuple and FLASK_ANSWER in answers:
        return Thing(FLASK_ANSWER, (answer,), named={_SET: status}, is_call=True)
    return answer


def with_given_status(answers: Mapping[str, Refusal], status: Value, at: str) -> Thing:
    """An answer as ASGI has it, with its status as one that is known gives it."""
    name, known = next((one for one in answers.items() if one[1].status.names), ("", None))
    return Thing(name, named={known.status.names[0]: status} if known is not None else {}, at=at)


#: What closes a connection because of who is calling, as a status.
_CLOSED = {1008: 401, 3000: 401, 4001: 401, 4401: 401, 1000: 403, 4003: 403, 4403: 403}


def closes_for_who(run: Machine, closed: Value) -> str:
    """Why it cannot be told whom a connection is closed to; empty where it is closed for other reasons."""
    if status_of(run, closed, run.models.raised) not in _CLOSED.keys() - {1000}:
        return ""
    return "closes the connection by what a function of a package that is not here makes of the request"


def status_sent(message: Value | None, *, went_on: bool) -> Value | None:
    """The status of a message that ASGI is sent; one that closes a connection that nothing was asked of refuses it."""
    if not isinstance(message, Table):
        return None
    kind, code = message.entries.get("type"), message.entries.get("code", Const(1000))
    if not isinstance(kind, Const) or kind.value != "websocket.close" or went_on:
        return message.entries.get("status")
    known = _CLOSED.get(code.value) if isinstance(code, Const) and isinstance(code.value, int) else None
    return Const(known) if known is not None else None


#: How packages name exceptions, or the modules that hold nothing else.
_RAISED = re.compile(r"\.(exceptions\.[A-Z]\w+|\w*(Error|Exception|ExceptionResponse|Invalid))$")


def names_of(run: Machine, value: Value | None) -> tuple[str, ...]:
    """Dotted names of the class of an exception or answer (or of the class itself), and of its bases."""
    if isinstance(value, (Object, Class)):
        scope = value.cls.scope if isinstance(value, Object) else value.scope
        return run.bases(scope)
    if isinstance(value, (Thing, Outside)):
        return (value.name,)
    return ()


#: What frameworks call the classes above their exceptions, and which status those have.
_ABOVE = {
    "HTTPException": range(100, 600), "HTTPError": range(400, 600), "HTTPClientError": range(400, 500),
    "HTTPServerError": range(500, 600), "HTTPRedirection": range(300, 400), "HTTPSuccessful": range(200, 300),
}  # fmt: skip


def is_above(run: Machine, name: str, names: Iterable[str]) -> bool:
    """Whether a class is the one above exceptions of its framework that have a status: `aiohttp.web.HTTPException`."""
    package, last = name.partition(".")[0], name.rpartition(".")[2]
    for one in names if last in _ABOVE else ():
        refusal = run.models.raised.get(one)
        if refusal is None or one.partition(".")[0] != package or one.endswith(".WebSocketException"):
            continue
        if refusal.fixed in _ABOVE[last] or (refusal.fixed is None and last == "HTTPException"):
            return True
    return False


def is_raised_as(run: Machine, value: Value, cls: Value) -> bool:
    """Whether an exception of a framework is surely one of a class: that of its name, or one above."""
    name = cls.name if isinstance(cls, Outside) else ""
    names = names_of(run, value) if name else ()
    is_one = any(one in run.models.raised for one in names)
    is_made = isinstance(value, Object) or (isinstance(value, Thing) and value.is_call and not value.trail)
    return is_made and is_one and (name in (*names, "builtins.Exception") or is_above(run, name, names))


def is_exception(name: str) -> bool:
    """Whether it is the dotted name of an exception: one of Python's own, or what a package names like one."""
    own = getattr(builtins, name.removeprefix("builtins."), None) if name.startswith("builtins.") else None
    return (isinstance(own, type) and issubclass(own, BaseException)) or bool(_RAISED.search(name))


def status_of(run: Machine, value: Value | None, table: dict[str, Refusal]) -> int | None:
    """The status of an exception or answer by `table`; None when its class is not there, 0 when it cannot be told."""
    if value is None:
        return None
    for option in options(value):
        if run.has_statuses and isinstance(option, Items) and option.is_tuple:
            found = _status_beside(run, option, table)
            if found is not None:
                return found
        for name in names_of(run, option):
            refusal = table.get(name)
            if refusal is not None:
                return _status(run, option, refusal, is_answer=table is run.models.answers)
    return None


def _status_beside(run: Machine, answer: Items, table: dict[str, Refusal]) -> int | None:
    """The status of `return body, 401` (`body, 401, headers`)."""
    beside = number_of(answer.values[1]) if len(answer.values) > 1 else 0
    return beside or (status_of(run, answer.values[0], table) if answer.values else None)


def is_redirect(run: Machine, value: Value | None) -> bool:
    """Whether it is an answer that sends the caller elsewhere."""
    for option in options(value) if value is not None else ():
        if run.has_statuses and isinstance(option, Items) and option.is_tuple and option.values:
            option = option.values[0]
        for name in names_of(run, option):
            refusal = run.models.answers.get(name)
            if refusal is not None and (refusal.redirects or _is_sent_by_header(option)):
                return True
    return False


#: Headers by which a page that fetches its parts is told to go elsewhere, whatever the status.
_GOES = frozenset(("hx-redirect", "hx-location"))


def _is_sent_by_header(answer: Value) -> bool:
    headers = answer.named.get("headers") if isinstance(answer, Thing) else None
    return isinstance(headers, Table) and any(str(name).lower() in _GOES for name in headers.entries)


def _status(run: Machine, value: Value, refusal: Refusal, *, is_answer: bool) -> int:
    if isinstance(value, Thing) and _SET in value.named:
        return number_of(value.named[_SET])
    if refusal.of_class and isinstance(value, (Object, Class)) and (own := _of_class(run, value, refusal)):
        return own
    if refusal.fixed is not None:
        return refusal.fixed
    if isinstance(value, Thing):
        given = argument(refusal.status, value.args, value.named)
        number = number_of(given)
        if number or not run.has_statuses:
            return number
        # `make_response((body, 401))`, `abort(make_response(..., 401))`
        inner = given if given is not None and not isinstance(given, Const) else next(iter(value.args), None)
        return (status_of(run, inner, run.models.answers) or 0) if inner is not None else 0
    if isinstance(value, Object):
        for name in refusal.status.names:
            # What an answer is made with puts a status on it, whatever its class has (but see `of_class`).
            is_put = is_answer and SUPER in value.attributes
            found = number_of(value.attributes.get(name) or (None if is_put else run.attribute(value, name)))
            if found:
                return found
        given = value.attributes.get(SUPER)
        if isinstance(given, Thing):
            return number_of(argument(refusal.status, given.args, given.named))
        # An exception that was made of an answer: `abort(make_response(..., 401))`.
        return status_of(run, value.attributes.get("response"), run.models.answers) or 0
    if isinstance(value, Class):
        for name in refusal.status.names:
            return number_of(run.attribute(value, name))
    return 0


def _of_class(run: Machine, value: Object | Class, refusal: Refusal) -> int:
    """The status of an answer of a class of the tree: what it is given, else what the class says; 0 if neither."""
    own = number_of(run.attribute(value, refusal.of_class))
    if isinstance(value, Class) or refusal.of_class in value.attributes:
        return own
    given = value.attributes.get(SUPER)
    told = argument(refusal.status, given.args, given.named) if isinstance(given, Thing) else None
    return own if told is None or (isinstance(told, Const) and told.value is None) else number_of(told)


def is_by_who_calls(run: Machine, value: Value, table: dict[str, Refusal]) -> bool:
    """Whether an answer has its status because of who calls: `Response(status=200 if user else 401)`."""
    for option in options(value):
        if run.has_statuses and isinstance(option, Items) and option.is_tuple and len(option.values) > 1:
            if "caller" in option.values[1].tags:
                return True
            option = option.values[0]
        refusal = next((table[name] for name in names_of(run, option) if name in table), None)
        if refusal is not None and isinstance(option, Thing):
            given = option.named.get(_SET) or argument(refusal.status, option.args, option.named)
            if given is not None and "caller" in given.tags:
                return True
    return False


def status_number(value: Value) -> Value:
    """For descriptions of packages: the number of a status, however it is written; itself where that is not told."""
    number = number_of(value)
    return Const(number) if number else value


#: Under which names classes of exceptions say their status.
_SAYS_STATUS = ("code", "status_code", "status", "http_status", "http_code")


def said_of_raised(run: Machine, value: Value | None) -> int:
    """The status that an exception of the tree says of itself, be it that nothing which was read turns it into one."""
    if not isinstance(value, (Object, Class)):
        return 0
    cls = value.cls if isinstance(value, Object) else value
    bases = [base for base in run.program.bases(cls.scope) if not isinstance(base, str)]
    told = (name for name in _SAYS_STATUS if any(name in base.bindings for base in bases))
    return next((number for name in told if (number := number_of(run.attribute(value, name)))), 0)


def asks_for_else(conditions: Iterable[Condition], status: int) -> bool:
    """Whether somebody is refused for what need not be a credential.

    Or that the request itself is none that is taken from anybody: too large, too late, of another kind.
    """
    return status in _OF_REQUESTS or lacks_else(conditions, status)


def lacks_else(conditions: Iterable[Condition], status: int) -> bool:
    """Whether somebody is told that a header is missing which need not be a credential: 400 without `X-Tenant`."""
    about = [one.test.marks for one in conditions if one.test.marks & (CALLER | {"signature"})]
    return _LEAST_FAULT <= status < _ERROR and status not in _OF_WHO and bool(about) and VAGUE <= about[-1]


def status_of_raised(run: Machine, value: Value | None) -> int:
    """The status that a caller sees of an exception; 0 when nothing turns it into one (then it is an error: 500).

    What a handler of the application answers is tried out once for each exception of a trial.
    """
    known = run.statuses.get(id(value))
    if known is None:
        known = run.statuses[id(value)] = value, _seen_of_raised(run, value)
    return known[1]


def _seen_of_raised(run: Machine, value: Value | None) -> int:
    own = status_of(run, value, run.models.raised)
    if own:
        return own
    names = set(names_of(run, value))
    for raised, handler in run.around.handlers:
        caught = names_of(run, raised)[:1]
        if caught and caught[0] in names:
            found = _handled(run, handler, value)
            if found:
                return found
    return own or 0


def unrefused(run: Machine, value: Value | None) -> str:
    """Why what is raised ends in an answer that refuses nobody, or cannot be read; empty where it is a refusal.

    Like the framework: a handler of the status first, then that of the nearest class; without any, its own answer.
    """
    names = names_of(run, value)
    status = status_of(run, value, run.models.raised)
    by_status = [handler for raised, handler in run.around.handlers if status and number_of(raised) == status]
    by_class = ([handler for raised, handler in run.around.handlers if name in _caught(run, raised)] for name in names)
    handlers = by_status or next((found for found in by_class if found), [])
    if not handlers and status is None:
        # An error that nobody expects: 500, or what the application answers then.
        handlers = [
            handler for raised, handler in run.around.handlers
            if number_of(raised) == _ERROR or names_of(run, raised)[:1] == ("builtins.Exception",)
        ]  # fmt: skip
    if not handlers:
        return "" if status is None or status == 0 or status >= _REDIRECTS else "it is raised as no refusal"
    return next((why for handler in handlers[-1:] if (why := _unrefused_by(run, handler, value))), "")


def _caught(run: Machine, raised: Value) -> tuple[str, ...]:
    """The names of a class that a handler is for, with those that the models know for the same exception."""
    names = names_of(run, raised)[:1]
    known = run.around.caught.get(names)
    if known is None:
        last = names[0].rpartition(".")[2] if names and names[0] in run.models.raised else ""
        same = (name for name in run.models.raised if last and name.rpartition(".")[2] == last)
        known = run.around.caught[names] = (*names, *same)
    return known


def _unrefused_by(run: Machine, handler: Value, raised: Value | None) -> str:
    from nomoat.survey.trial.machine import ExhaustedError, RaisedError

    if isinstance(handler, Outside) and handler.name in run.models.own_handlers:
        return ""
    if not isinstance(handler, Function):
        return "what the application answers to it cannot be read"
    held = run.conditions, run.pending
    run.conditions, run.pending = [], []
    try:
        answer = run.call(handler, _given(run, handler, raised), {}, handler.at, handler.env)
    except RaisedError:
        return ""
    except (ExhaustedError, RecursionError):
        return f"what the application answers to it cannot be read ({handler.at})"
    finally:
        run.conditions, run.pending = held
    if all(_refuses(run, option, raised) for option in options(answer)):
        return ""
    return f"what the application answers to it is no refusal ({handler.at})"


def _refuses(run: Machine, answer: Value, raised: Value | None) -> bool:
    if isinstance(answer, Thing) and answer.name in run.models.own_handlers:
        return True
    if answer is raised and run.has_statuses:
        # An exception of HTTP is an answer, too; one of the tree may say itself which.
        status = status_of(run, raised, run.models.raised) or 0
        own = _own_answer(run, raised) if not status else None
        return status >= _REDIRECTS or (
            own is not None and (status_of(run, own, run.models.answers) or 0) >= _REDIRECTS
        )
    return is_redirect(run, answer) or (status_of(run, answer, run.models.answers) or 0) >= _REDIRECTS


def _own_answer(run: Machine, raised: Value | None) -> Value | None:
    """What an exception of the tree is answered by, where its class says so: `def get_response(self, ...)`."""
    from nomoat.survey.trial.machine import ExhaustedError, RaisedError

    if not isinstance(raised, Object) or "get_response" not in raised.cls.scope.bindings:
        return None
    method = run.attribute(raised, "get_response")
    if not isinstance(method, Function):
        return None
    try:
        return run.call(method, (), {}, raised.at, method.env)
    except (RaisedError, ExhaustedError, RecursionError):
        return None


def _handled(run: Machine, handler: Value, raised: Value | None) -> int:
    if not isinstance(handler, Function):
        return 0
    from nomoat.survey.trial.machine import ExhaustedError, RaisedError

    try:
        answer = run.call(handler, _given(run, handler, raised), {}, handler.at, handler.env)
    except RaisedError as ended:
        return max((status_of(run, end.value, run.models.raised) or 0 for end in ended.ends), default=0)
    except ExhaustedError:
        return 0
    return status_of(run, answer, run.models.answers) or (303 if is_redirect(run, answer) else 0)


#: Kinds of parameters that are given by their place.
_BY_PLACE = (form.POSITIONAL, form.REGULAR)


def _given(run: Machine, handler: Function, raised: Value | None) -> tuple[Value, ...]:
    """Request and exception, or the exception alone, as many as the handler takes.

    `def answer(error, message=None)` takes the exception alone: what has a default is for who calls it besides.
    """
    given = (run.unknown(""), raised or run.unknown(""))
    of_lambda = handler.node[3] if handler.node is not None and handler.node[0] == form.LAMBDA else None
    parameters = of_lambda if handler.scope is None else handler.scope.parameters
    taken = (parameters or ())[handler.me is not None :]
    needed = [one for one in taken if one[form.P_DEFAULT] is None and one[form.P_KIND] in _BY_PLACE]
    count = len(needed) if needed else len(taken)
    return given if parameters is None or count > 1 else given[1:] if count else ()
