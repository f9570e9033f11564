"""Functions that run before handlers (`before_request`), tried for each route with its own path, method and endpoint.

What one of them sets on the request (`g.user = ...`), the next and the handler find there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace

from nomoat.appmap import ids
from nomoat.survey.found import Found
from nomoat.survey.guards import AtHand, Judge, Judgement, Tried
from nomoat.survey.middleware import (
    answering_of,
    answers_itself,
    is_open,
    made_of_elsewhere,
    noted_on,
    path_argument,
    request_to,
)
from nomoat.survey.python import form
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import resolved
from nomoat.survey.trial.asked import Log, is_asked, is_kept_in, plain
from nomoat.survey.trial.calls import NEXT
from nomoat.survey.trial.machine import Condition, End, ExhaustedError, RaisedError, marks_of, proxy_of
from nomoat.survey.trial.naming import stands_guard_by_name
from nomoat.survey.trial.refusals import asks_for_else, is_redirect, status_of, status_of_raised
from nomoat.survey.trial.registry import VIEW, Entry
from nomoat.survey.trial.usually import happens
from nomoat.survey.trial.values import (
    ABSENT,
    CALLER,
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


@dataclass
class Requests:
    """The request to one route: of a caller without a credential, and of one with."""

    anonymous: AtHand
    signed: AtHand
    judged: list[Judgement] = field(default_factory=list)
    #: Numbers what was left on it by what ran before: the same number is the same request, but for its own parts.
    state: int = 0


@dataclass(frozen=True)
class _Known:
    """What a step did: its judgement, and what it left on the request of either caller; `state` numbers that."""

    judged: Judgement
    anonymous: dict[str, dict[str, Value]]
    signed: dict[str, dict[str, Value]]
    state: int
    #: What it left beside the request, in variables of the context: the next finds it there.
    beside: dict[str, Value]


class Before:
    """Tries what stands before handlers, once for all routes that it cannot tell apart."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._steps: dict[int, tuple[Entry, list[Step | Judgement]]] = {}
        self._known: dict[tuple[object, ...], _Known] = {}
        #: Steps that asked for nothing of a request but its path and method, in a state, and what about the path.
        self._alike: dict[tuple[int, int], list[tuple[tuple[str, bool], Log, _Known]]] = {}
        #: What of a request a step asked for, when it was tried in a state.
        self._saw: dict[tuple[int, int], set[str]] = {}
        self._states: dict[tuple[object, ...], int] = {}
        self._compared: list[Value] = []

    def requests(self, found: Found) -> Requests:
        """The request as the handler of the route gets it, and what stood before it."""
        log = Log()
        made = Requests(self._at_hand(found, log), self._at_hand(found, log))
        # A request to another application is another request.
        application = made.anonymous.application
        state = self._numbered("application", id(application)) if application is not None else 0
        # Middleware of every layer stands before the guards of all.
        for entry in sorted(found.around.before, key=lambda one: one.verb.calls == "guard"):
            known = self._steps.get(id(entry))
            if known is None:
                known = self._steps[id(entry)] = entry, list(_steps(self._judge, entry))
            for step in known[1]:
                if isinstance(step, Step):
                    state = self._step(step, found, made, state, log)
                else:
                    made.judged.append(step)
        made.state = state
        for at_hand in (made.anonymous, made.signed):
            resolved.show(at_hand.request, self._judge.models.request)
            for part in (at_hand.request, *at_hand.request.named.values()):
                if isinstance(part, Thing):
                    part.named.update({name: plain(one) for name, one in part.named.items() if is_asked(one)})
        return made

    def _at_hand(self, found: Found, log: Log) -> AtHand:
        arguments: dict[object, Value] = {name: path_argument(kind) for name, kind in ids.parameters(found.path)}
        request = request_to(self._judge.models, found, log=log)
        # Where the program makes only one, that is the one, whatever a route was found by.
        application = found.around.application if self._judge.around.application is None else None
        return AtHand({"request": request}, found.has_statuses, request, Table(arguments), application=application)

    def _step(self, step: Step, found: Found, made: Requests, state: int, log: Log) -> int:
        place, around = (id(step), state), self._judge.around
        known = self._known.get((*place, *_asked(self._saw.get(place, set()), found))) or self._like(place, found)
        if known is None:
            before = (_left(made.anonymous), _left(made.signed))
            saw: set[str] = set() if step.gives in ("", "request", *_GOES_ON) else {"path", "endpoint", "opt"}
            log.questions, log.is_untold = [], False
            beside = dict(around.left)
            with around.in_their_order():
                judged = _judged(self._judge, step, found, made, saw)
            asked = Log(log.questions, log.is_untold)
            self._saw.setdefault(place, set()).update(saw)
            left = (_left(made.anonymous), _left(made.signed))
            # What leaves nothing behind leads to no other state, what leaves the same behind to the same one.
            laid = {name: one for name, one in around.left.items() if beside.get(name) is not one}
            is_left = left != before or bool(laid)
            known = _Known(judged, *left, self._state(place, (*left, {"": laid})) if is_left else state, laid)
            self._known[(*place, *_asked(self._saw[place], found))] = known
            kept = (one for caller in left for named in caller.values() for one in named.values())
            if "path" in saw and saw <= {"path", "method"} and not asked.is_untold and not is_kept_in(kept):
                self._alike.setdefault(place, []).append((_kind(found), asked, known))
        else:
            _restore(made.anonymous, known.anonymous, is_anonymous=True)
            _restore(made.signed, known.signed, is_anonymous=False)
            around.left.update(known.beside)
        made.judged.append(known.judged)
        return known.state

    def _like(self, place: tuple[int, int], found: Found) -> _Known | None:
        """What a step did where another path gave the same answers to all that it asked about it."""
        kind = _kind(found)
        alike = self._alike.get(place, ())
        return next((known for one, log, known in alike if one == kind and log.fits(found.path, is_open=kind[1])), None)

    def _state(self, place: tuple[int, int], left: tuple[dict[str, dict[str, Value]], ...]) -> int:
        """The number of what a step left on the requests of either caller."""
        requests = self._judge.models.requests
        told = tuple(
            (kind, name, _shape(value, requests, self._compared))
            for caller in left
            for kind, named in sorted(caller.items())
            for name, value in sorted(named.items())
        )
        return self._numbered(place, told)

    def _numbered(self, *told: object) -> int:
        return self._states.setdefault(told, len(self._states) + 1)


def _shape(value: Value, requests: Set[str], compared: list[Value], depth: int = 0) -> object:
    """What makes a value another one than those that later steps could tell from it; else the value itself."""
    if isinstance(value, Const) and isinstance(value.value, (str, bytes, int, float, bool, type(None))):
        return "const", type(value.value), value.value, value.marks, value.label
    if depth < _MAX_SHAPE:
        if isinstance(value, Choice):
            return "choice", tuple(_shape(one, requests, compared, depth + 1) for one in value.options)
        if isinstance(value, Outside):
            me = _shape(value.me, requests, compared, depth + 1) if value.me is not None else None
            return "outside", value.name, me
        if isinstance(value, Thing) and value.name in requests and not value.is_call:
            return "request", value.name, value.marks
        if isinstance(value, Thing):
            args = tuple(_shape(one, requests, compared, depth + 1) for one in value.args)
            named = tuple(
                (name, _shape(one, requests, compared, depth + 1)) for name, one in sorted(value.named.items())
            )
            about = (value.name, value.marks, value.trail, value.at, value.why, value.is_call, id(value.cls))
            return "thing", about, args, named
    # It is kept, so that no other value is taken for it when it is gone.
    compared.append(value)
    return id(value)


def _kind(found: Found) -> tuple[str, bool]:
    """What paths have in common that may be asked the same: the method, and whether they have parameters."""
    return found.method, is_open(found)


def _asked(saw: set[str], found: Found) -> Iterator[str]:
    values = {"method": found.method, "path": found.path, "endpoint": found.endpoint, "opt": _noted(found)}
    for kind in sorted(saw):
        yield values[kind]


def _noted(found: Found) -> str:
    """What is noted on the route, for as far as it is fixed: routes that say the same are guarded alike."""
    opt = found.around.opt
    return repr([(name, one.value if isinstance(one, Const) else id(one)) for name, one in sorted(opt.items())])


#: How deep values are compared.
_MAX_SHAPE = 4
#: What a request to a route has by itself.
_OWN = frozenset(("route_handler", "method", "url", "scope", "path", "endpoint", "blueprint", VIEW))


def _left(at_hand: AtHand) -> dict[str, dict[str, Value]]:
    """What code has set on the request and its parts."""
    return {
        kind: {
            name: value for name, value in part.named.items() if name not in _OWN and not resolved.is_match(name, value)
        }
        for kind, part in at_hand.proxies.items()
        if isinstance(part, Thing)
    }


def _restore(at_hand: AtHand, left: dict[str, dict[str, Value]], *, is_anonymous: bool) -> None:
    for kind, named in left.items():
        part = at_hand.proxies.get(kind)
        if not isinstance(part, Thing):
            part = at_hand.proxies[kind] = proxy_of(kind, is_anonymous=is_anonymous)
        part.named.update(named)


@dataclass(frozen=True)
class Step:
    """One function that runs before the handler. `gives` says what it is given: see `_given`."""

    function: Function
    gives: str
    name: str
    at: str
    is_conditional: bool = False
    #: Whether it runs with every setting as source has it.
    usual: bool | None = None


def _steps(judge: Judge, entry: Entry) -> Iterator[Step | Judgement]:
    """The functions behind a registration; a judgement where they cannot be read."""
    value = entry.handler
    if isinstance(value, Choice):
        there = [one for one in value.options if not (isinstance(one, Const) and one.value is None)]
        value = next((one for one in there if isinstance(one, Function)), there[0] if len(there) == 1 else value)
    if entry.verb.calls == "get_response":
        for step in _of_middleware(judge, value):
            if isinstance(step, Step) and entry.is_conditional:
                both = (entry.usual, step.usual) if step.is_conditional else (entry.usual,)
                usual = False if False in both else None if None in both else True
                step = replace(step, is_conditional=True, usual=usual)
            yield step
    elif entry.verb.calls == "request and next":
        yield from _of_going_on(judge, value, entry)
    elif entry.verb.calls == "guard":
        yield from _of_guard(judge, value, entry)
    elif isinstance(value, Function):
        # A decorator of a package is not what the tree calls it.
        is_library = value.scope is not None and value.scope.module.is_library
        own = value.innermost if is_library else value
        yield Step(value, entry.verb.calls, own.name, own.at, entry.is_conditional, entry.usual)


def _of_guard(judge: Judge, value: Value | None, entry: Entry) -> Iterator[Step | Judgement]:
    """What raises where somebody may not pass."""
    function = judge._reader.attribute(value, "__call__") if isinstance(value, Object) else value
    if isinstance(function, Function):
        name = value.cls.scope.name if isinstance(value, Object) else function.name
        yield Step(function, "guard", name, function.at, entry.is_conditional, entry.usual)
    elif value is not None and not isinstance(value, Const):
        name = value.name if isinstance(value, (Thing, Outside)) else ""
        why = value.why if isinstance(value, Thing) else ""
        told = f"the guard {name} is of a package that is not here" if name else "a guard cannot be read"
        yield Judgement(doubts=[why or told])


def _made_of(judge: Judge, value: Value | None) -> tuple[Value | None, Scope | None]:
    """The function by which a middleware is given requests, of a class or of what defines how one is made."""
    args: tuple[Value, ...] = ()
    named: dict[str, Value] = {}
    if isinstance(value, Thing) and value.name in judge.models.listed:
        args, named, value = value.args[1:], value.named, value.args[0] if value.args else None
    scope = value.scope if isinstance(value, Class) else None
    if isinstance(value, Class):
        try:
            value = judge._reader.construct(value, (Outside(NEXT), *args), named, value.scope.at)
        except (RaisedError, ExhaustedError, RecursionError):
            return Thing(why="cannot be made out"), scope
    if isinstance(value, Object):
        own = judge._reader.attribute(value, "guarding")
        return own if isinstance(own, Function) else judge._reader.attribute(value, "__call__"), value.cls.scope
    return value, scope


def _of_going_on(judge: Judge, value: Value | None, entry: Entry) -> Iterator[Step | Judgement]:
    """What is given each request and what comes after it; or, an older way, makes the function that is given it."""
    value, cls = _made_of(judge, value)
    if isinstance(value, Function):
        name = cls.name if cls is not None else value.name
        at = entry.at if cls is not None and cls.module.is_library else cls.at if cls is not None else value.at
        made = _made_with_next(judge, value)
        gives = "get_response" if made is not None else "request and next"
        yield Step(made or value, gives, name, at, entry.is_conditional, entry.usual)
    elif cls is not None:
        yield made_of_elsewhere(judge, cls)
    elif isinstance(value, (Thing, Outside)):
        last = value.name.rpartition(".")[2]
        if value.name not in judge.models.harmless and stands_guard_by_name(last):
            package = value.name.partition(".")[0]
            yield Judgement(doubts=[f"{last} of a package that is not here ({package}) stands before it"])
        elif isinstance(value, Thing) and value.why:
            yield Judgement(doubts=["a middleware cannot be read"])


def _made_with_next(judge: Judge, function: Function) -> Function | None:
    """The function that a factory of middleware makes; None where the function is the middleware itself."""
    if function.outer or function.scope is None or not function.scope.children:
        return None
    try:
        reader = judge._reader
        made = reader.ran(reader.call(function, (Thing(), Outside(NEXT)), {}, function.at, function.env))
    except (RaisedError, ExhaustedError, RecursionError):
        return None
    return made if isinstance(made, Function) else None


def _of_middleware(judge: Judge, value: Value | None) -> Iterator[Step | Judgement]:
    """What stands around all views: made once with what comes after it, then called for each request."""
    if isinstance(value, Outside):
        last = value.name.rpartition(".")[2]
        if value.name not in judge.models.harmless and stands_guard_by_name(last):
            package = value.name.partition(".")[0]
            yield Judgement(doubts=[f"{last} of a package that is not here ({package}) stands before it"])
        return
    if isinstance(value, Thing) and value.why:
        yield Judgement(doubts=[value.why])
        return
    reader = judge._reader
    made: Value | None = None
    mark = len(reader.pending)
    try:
        if isinstance(value, Function):
            made = reader.call(value, (Outside(NEXT),), {}, value.at, value.env)
            if isinstance(made, Function):
                yield Step(made, "get_response", value.name, value.at)
            return
        made = reader.construct(value, (Outside(NEXT),), {}, value.scope.at) if isinstance(value, Class) else None
    except RaisedError as raised:
        if not raised.ends or not all(map(_is_not_used, raised.ends)):
            yield Judgement(doubts=["a middleware cannot be read"])
        return
    except (ExhaustedError, RecursionError):
        yield Judgement(doubts=["a middleware cannot be read"])
        return
    if not isinstance(value, Class) or not isinstance(made, Object):
        return
    unused = [end for end in reader.pending[mark:] if _is_not_used(end)]
    stays_out = [happens(end.conditions) for end in unused]
    usual = None if None in stays_out or not unused else True not in stays_out
    for name, gives in (("process_request", "request"), ("__call__", "get_response"), ("process_view", "view")):
        method = reader.attribute(made, name)
        if isinstance(method, Function):
            yield Step(method, gives, value.scope.name, value.scope.at, bool(unused), usual)


def _is_not_used(end: End) -> bool:
    """Whether what stands around all views says when it is made that it will not: `raise MiddlewareNotUsed`."""
    value = end.value
    return isinstance(value, (Thing, Outside)) and value.name.rpartition(".")[2] == _NOT_USED


def _judged(judge: Judge, step: Step, found: Found, made: Requests, saw: set[str]) -> Judgement:
    function = step.function
    judged = Judgement(function=function.scope)
    usual = step.usual if judge.around.by_default and step.is_conditional else None
    if usual is False:
        return judged  # As source has every setting it is not there.
    tell = resolved.show if step.gives == "view" else resolved.hide
    for at_hand in (made.anonymous, made.signed):
        tell(at_hand.request, judge.models.request)
    given = _given(step, found, made.anonymous)
    tried = judge.tried(function, given, is_anonymous=True, at_hand=made.anonymous, is_before_all=True)
    judge.around.ran_before(function.scope, None if tried.is_exhausted else tried.trial.executed, tried.trial.passed_by)
    refuses = _refuses(judge, tried)
    if step.gives in _GOES_ON:
        passes = tried.is_exhausted or bool(tried.trial.record.reached)
        judged.answers = answers_itself(judge.models, tried, step.name)
    elif step.gives == "guard":
        passes = tried.is_exhausted or tried.passes
    else:
        passes = tried.is_exhausted or (tried.passes and any(_is_none(one) for one in options(tried.value)))
    if refuses and passes:
        judged.doubts.append(judge._why(tried, step.name))
    elif refuses and step.is_conditional and usual is None:
        judged.doubts.append(f"whether {step.name} runs before it depends on something ({step.at})")
    elif refuses:
        judged.refuses = True
    elif (untold := _unauthenticated(judge, tried)) is not None:
        judged.doubts.append(
            f"{step.name} refuses who is not signed in by something that source does not tell ({untold})"
        )
    elif step.gives == "" and (untold := _answered_untold(judge, tried)) is not None:
        judged.doubts.append(f"{step.name} answers in its place with a status that source does not tell ({untold})")
    signed = judge.tried(
        function, _given(step, found, made.signed), is_anonymous=False, at_hand=made.signed, is_before_all=True
    )
    goes_on = bool(signed.trial.record.reached) if step.gives in _GOES_ON else any(map(_is_none, options(signed.value)))
    comes_first = step.gives == "" or (step.gives in _ANSWERS_FIRST and _asks_who(tried))
    if comes_first and not (refuses or passes) and tried.passes and goes_on:
        judged.answers = ""
        # Who has no credential gets something else than what comes after it, or what nobody can tell.
        if not step.is_conditional and all(_is_answer(tried, one) for one in options(tried.value)):
            judged.refuses = True
        else:
            judged.doubts.append(f"{step.name} may answer in its place who has no credential ({step.at})")
    _leave_out(made, judge.models.stores)
    saw |= tried.trial.record.saw | signed.trial.record.saw
    if judged.refuses:
        judge._demands(judged, signed, step.name, step.at, "", "before", answers=True)
        if not any(guard.kind in ("authentication", "permission", "signature") for guard in judged.guards):
            judged.guards.insert(0, judge.authentication(step.name, step.at))
    return judged


_UNAUTHENTICATED = 401
_OF_PAGES = frozenset(("csrf", "address"))
#: What middleware of Django raises where it is not to be used.
_NOT_USED = "MiddlewareNotUsed"
#: What is given each request together with what comes after it, or was made with that.
_GOES_ON = ("get_response", "request and next")
#: Whatever these give stands in the place of what comes after them.
_ANSWERS_FIRST = ("request", "view", *_GOES_ON)
#: By these a function asks of an account whether it is somebody's, and so are entries of a session called.
_OF_ACCOUNTS = frozenset(("is_authenticated", "is_anonymous", "is_staff", "is_superuser", "is_active", "has_perm"))
_ENTRY = re.compile(r"(user|account|auth|login|logged|member|admin)", re.I)


def _asks_who(tried: Tried) -> bool:
    """Whether what ran asks for an account, and not for a note that some visit left: a tour, a language."""
    nodes = (node for scope in tried.trial.met if not scope.module.is_library for node in form.walk(scope.body))
    return any(
        (node[0] == form.ATTRIBUTE and node[4] in _OF_ACCOUNTS)
        or (node[0] == form.CONSTANT and isinstance(node[3], str) and bool(_ENTRY.search(node[3])))
        for node in nodes
    )


def _opens_data(value: Value, stores: Set[str]) -> bool:
    """Whether it is what opens a database: it is kept by whoever asks for something first, and tells of nobody."""
    is_any = any(isinstance(one, Thing) and one.name.partition(".")[0] in stores for one in options(value))
    return is_any and "caller" not in value.tags


def _leave_out(made: Requests, stores: Set[str]) -> None:
    """What code has put into a request for who has a credential alone is not there for who has none."""
    mine = made.anonymous.request.named
    for name in made.signed.request.named:
        if name.startswith("["):
            mine.setdefault(name, Const(None, CALLER))
    kept = made.signed.proxies.get("state")
    for name, value in kept.named.items() if isinstance(kept, Thing) else ():
        if _opens_data(value, stores):
            continue
        other = made.anonymous.proxies.setdefault("state", proxy_of("state"))
        if isinstance(other, Thing) and name not in other.named and not name.startswith(("[", ABSENT)):
            other.named.setdefault(ABSENT + name, Const(None, CALLER))


def _given(step: Step, found: Found, at_hand: AtHand) -> dict[str, Value]:
    """Arguments by name: the request, and the view with what it will be given, or the endpoint with the same."""
    parameters = step.function.scope.parameters if step.function.scope is not None else ()
    names = [one[form.P_NAME] for one in (parameters[1:] if step.function.me is not None else parameters)]
    values: tuple[Value, ...] = ()
    if step.gives == "endpoint and arguments":
        values = (at_hand.request.named["endpoint"], at_hand.arguments)
    elif step.gives in ("request", "get_response"):
        values = (at_hand.request,)
    elif step.gives == "request and next":
        values = (at_hand.request, resolved.ComesNext(NEXT, handler=answering_of(found)))
    elif step.gives == "guard":
        values = (at_hand.request, noted_on(found))
    elif step.gives == "view":
        values = (at_hand.request, found.handler, Items([]), at_hand.arguments)
    return dict(zip(names, values, strict=False))


def _refuses(judge: Judge, tried: Tried) -> bool:
    if any(end.needs_credential and _is_refusal(status_of_raised(tried.trial, end.value)) for end in tried.ends):
        return True
    for value, _, conditions, _, caught in tried.trial.answered:
        status = status_of(tried.trial, value, judge.models.answers) or 0
        about = caught or bool(marks_of(conditions) & {"caller", "signature"})
        about = about and not asks_for_else(conditions, status)
        if about and (status >= 400 or is_redirect(tried.trial, value)):
            return True
    return False


def _unauthenticated(judge: Judge, tried: Tried) -> str | None:
    """Where it answers 401, which is said of nothing but who calls; None where it does not.

    Whoever lacks what a page was given, or calls from elsewhere, may be told the same: that asks nobody who it is.
    """
    ended = [(status_of_raised(tried.trial, end.value), end.at, end.conditions) for end in tried.ends]
    answers = judge.models.answers
    ended += [(status_of(tried.trial, one[0], answers) or 0, one[1], one[2]) for one in tried.trial.answered]
    return next((at for status, at, way in ended if status == _UNAUTHENTICATED and not _is_of_pages(way)), None)


def _answered_untold(judge: Judge, tried: Tried) -> str | None:
    """Where it answers who has no credential with a status that cannot be told; None where it does not."""
    for value, at, conditions, _, _ in tried.trial.answered:
        about = {mark for one in conditions if one.test.anonymous is None for mark in one.test.marks}
        if about & {"caller", "signature", "unread"} and status_of(tried.trial, value, judge.models.answers) == 0:
            return at
    return None


def _is_of_pages(conditions: Iterable[Condition]) -> bool:
    """Whether a page is asked for the token that it was given, or somebody for the address, and for nothing else."""
    marks = [one.test.marks for one in conditions if one.test.anonymous is None and one.test.marks]
    return any(one & _OF_PAGES for one in marks) and not any("caller" in one for one in marks)


def _is_answer(tried: Tried, value: Value) -> bool:
    """Whether something is an answer for sure, which None is not."""
    is_written = isinstance(value, (Items, Table)) or (isinstance(value, Const) and value.value is not None)
    known = status_of(tried.trial, value, tried.trial.models.answers)
    return is_written or known is not None or is_redirect(tried.trial, value)


def _is_refusal(status: int) -> bool:
    return status in (400, 401, 403, 407, 498) or 300 <= status < 400


def _is_none(value: Value) -> bool:
    return isinstance(value, Const) and value.value is None
