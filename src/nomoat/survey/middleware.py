"""What the middleware around a route does to a caller, tried for each route with its own path and method.

Exceptions by path are thereby decided: `if request.url.path in OPEN: return await call_next(request)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nomoat.appmap import ids
from nomoat.appmap.model import Guard
from nomoat.survey.found import Found
from nomoat.survey.guards import Judge, Judgement, Tried
from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import resolved, wrapping
from nomoat.survey.trial.asked import AskedPath, AskedText, Log
from nomoat.survey.trial.calls import NEXT, SEND
from nomoat.survey.trial.machine import ExhaustedError, RaisedError, marks_of
from nomoat.survey.trial.naming import placed, stands_guard_by_name
from nomoat.survey.trial.refusals import asks_for_else, is_redirect, names_of, status_of, status_of_raised
from nomoat.survey.trial.registry import VIEW, Entry, argument
from nomoat.survey.trial.usually import as_usual
from nomoat.survey.trial.values import (
    FILLED,
    INPUT,
    SETTING,
    Choice,
    Class,
    Const,
    Function,
    Items,
    Object,
    Outside,
    PathOf,
    Table,
    Thing,
    Value,
    options,
)

#: Groups of a pattern without a name, as paths show them.
UNNAMED = re.compile(r"arg\d+")


def path_argument(kind: str) -> Value:
    """What stands in a path for a parameter: any text, but never an empty one."""
    return Thing("" if kind in ("int", "float") else FILLED, marks=INPUT)


def path_to(found: Found, log: Log | None = None) -> Value:
    """The path of a request to the route; `log` takes notes of what is asked about it."""
    if is_open(found):
        return PathOf(found.path) if log is None else AskedPath(found.path, log)
    return Const(found.path, INPUT) if log is None else AskedText(found.path, log=log)


def is_open(found: Found) -> bool:
    """Whether more than one path leads to a route."""
    return "{" in found.path or found.method == "ANY"


def request_to(models: Models, found: Found, root: str = "", log: Log | None = None) -> Thing:
    """A request to the route."""
    sockets = models.requests & {one.rpartition(".")[0] for one in models.closing}
    name = min(sockets if found.method == "WS" and sockets else models.requests)
    path = path_to(found, log)
    url = Thing("request.url", named={"path": path})
    scope = Thing("request.scope", named=_scope(found, root, path))
    blueprint = Const(found.endpoint.rpartition(".")[0] or None)
    request = Thing(name, named={"method": Const(found.method), "url": url, "scope": scope, "path": path,
                                 "endpoint": Const(found.endpoint), "blueprint": blueprint,
                                 "route_handler": noted_on(found), VIEW: found.handler})  # fmt: skip
    for attribute, kind in models.request.items():
        if kind == "match":
            resolved.put(request, attribute, _match(found))
        elif kind == "matched":
            request.named[attribute] = _found_for(found, attribute)
    return request


def tell_route(request: Thing, found: Found) -> None:
    """Has a request tell what was found for its path, as ASGI does to what is not called before that was."""
    scope = request.named.get("scope")
    if isinstance(scope, Thing):
        path = Const(found.path) if "{" in found.path else scope.named.get("path", Thing(marks=INPUT))
        scope.named["endpoint"] = found.handler
        scope.named["route"] = Thing("route-handler", named={"endpoint": found.handler, "path": path})


def answering_of(found: Found) -> Value:
    """What a route was registered with: the class itself, where one answers."""
    handler = found.handler
    cls = handler.set_on_it("view_class") if isinstance(handler, Function) else None
    return cls if isinstance(cls, Class) else handler


def _found_for(found: Found, attribute: str) -> Thing:
    """What is found for the path of a request, with its parameters as entries: `request.match_info` of aiohttp."""
    answering = answering_of(found)
    name = Const(found.endpoint) if found.is_named else Const(None) if found.is_named is None else Thing(marks=INPUT)
    # `canonical` is the path as it is written, without what a parameter has to match.
    resource = Thing("route-handler", named={"name": name, "canonical": Const(found.path)})
    of_route = {"name": name, "handler": answering, "method": Const(found.method), "resource": resource}
    route = Thing("route-handler", named=of_route)
    told = {"handler": answering, "route": route, resolved.NOT_FOUND: Const(None)}
    return Thing("request.input", named=told, marks=INPUT, trail=(attribute,))


def _match(found: Found) -> Thing:
    """What a request to the route is resolved to."""
    *spaces, name = found.endpoint.split(":")
    is_read = resolved.UNREAD_NAME not in found.endpoint and not found.is_of_framework
    named = [(one, kind) for one, kind in ids.parameters(found.path) if not UNNAMED.fullmatch(one)]
    arguments = Table({one: path_argument(kind) for one, kind in named}, is_whole=not found.is_given_more)
    own = name if found.is_named else None
    names, is_unnamed = (spaces if is_read else None), found.is_named is None
    return resolved.match(names, own, found.path, arguments, found.handler, is_unnamed=is_unnamed)


def noted_on(found: Found) -> Thing:
    """What a route says of itself to whoever guards it."""
    noted: dict[object, Value] = dict(found.around.opt.items())
    return Thing("route-handler", named={"opt": Table(noted)})


def _scope(found: Found, root: str, path: Value) -> dict[str, Value]:
    """What ASGI tells of a request to a route; `root` is where the application is mounted that looks at it."""
    kind = "websocket" if found.method == "WS" else "http"
    told: dict[str, Value] = {"path": path, "method": Const(found.method), "type": Const(kind),
                              "route_handler": noted_on(found)}  # fmt: skip
    if "{" not in root:
        # A server may add a path that a proxy takes away again: what is left behind it is the same.
        told |= {"root_path": Const(root), "app_root_path": Const("")}
    return told


#: A class that answers, and may say itself how its methods are called.
_ENDPOINT = "starlette.endpoints.HTTPEndpoint"
#: How many an application is called with, as ASGI has it.
_HANDED = 3
#: What a backend gives together with who it found.
_CREDENTIALS = "AuthCredentials"


@dataclass
class _Tried:
    """What middleware did to requests of one kind: of a method, where an application is mounted, with parameters."""

    kind: tuple[str, str, bool]
    log: Log
    judgement: Judgement


def made_of_elsewhere(judge: Judge, cls: Scope) -> Judgement:
    """What only a class of a package that is not here would call for each request: it may ask who calls."""
    names = [one.lstrip("?") for one in judge.around.program.bases_elsewhere(cls)]
    unread = next((one for one in names if "." in one and one not in judge.models.harmless), None)
    asks = any(map(stands_guard_by_name, (cls.name, *(one.rpartition(".")[2] for one in names))))
    if unread is None or not (asks or judge.around.class_may_refuse(cls)):
        return Judgement()
    package, last = unread.partition(".")[0], unread.rpartition(".")[2]
    return Judgement(
        doubts=[f"{cls.name} is made of {last} of a package that is not here ({package}) and stands before it"]
    )


class MiddlewareJudge:
    """Judges middleware."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._models = judge.models
        #: Each with the value that it judges: a key holds its `id`, which is another value's once it is gone.
        self._known: dict[tuple[int, str, str], tuple[Entry | Value, Judgement]] = {}
        #: What middleware does that never looks at path or method.
        self._always: dict[int, tuple[Entry | Value, Judgement]] = {}
        self._saw_path = False
        #: Trials that asked for nothing of a request but its path and method, each with its route and questions.
        self._alike: dict[int, list[_Tried]] = {}
        self._log = Log()
        self._saw: set[str] = set()
        #: Where the application is mounted that the middleware at hand belongs to.
        self._root = ""

    def around(self, found: Found) -> list[Judgement]:
        """One judgement for each middleware around the route, the outermost first."""
        return [self._one(value, root, found) for value, root in reversed(found.around.middleware)]

    def _one(self, value: Entry | Value, root: str, found: Found) -> Judgement:
        always = self._always.get(id(value))
        if always is not None and found.method != "WS":
            return always[1]
        key = (id(value), found.method, found.path)
        known = self._known.get(key)
        if known is None:
            self._saw_path, self._root = False, root
            known = self._known[key] = value, self._judged_alike(value, found)
            if not self._saw_path and found.method != "WS":
                self._always[id(value)] = known
        return known[1]

    def _judged_alike(self, value: Entry | Value, found: Found) -> Judgement:
        """What middleware does, or what it did where another path gave the same answers to all that it asked."""
        tried = self._alike.setdefault(id(value), [])
        kind = (found.method, self._root, is_open(found))
        for one in tried:
            if one.kind == kind and one.log.fits(found.path, is_open=kind[2]):
                self._saw_path = True
                return one.judgement
        self._log, self._saw = Log(), set()
        judged = self._judged(value, found)
        if self._saw_path and not self._log.is_untold and self._saw <= {"path", "method"}:
            tried.append(_Tried(kind, self._log, judged))
        return judged

    def _judged(self, value: Entry | Value, found: Found) -> Judgement:
        by_default = self._judge.around.by_default
        value = as_usual(value, by_default=by_default)
        if isinstance(value, Entry):
            usual = value.usual if by_default else None
            if usual is False and value.is_conditional:
                return Judgement()
            judged = self._kind(value.handler, value.args[1:], value.named, found, is_function=value.verb.decorates)
            if value.is_conditional and judged.refuses and not usual:
                judged.refuses = False
                judged.doubts.append(f"whether this middleware is there depends on something ({value.at})")
            return judged
        if isinstance(value, Thing) and value.name in self._models.listed:
            return self._kind(value.args[0] if value.args else None, value.args[1:], value.named, found, False)
        if isinstance(value, Thing) and value.is_call:
            # `app.mount("/api", AuthenticationMiddleware(api, backend=Backend()))`
            return self._outside(value.name, value.named, found)
        called = wrapping.called_as_application(self._judge._reader, value) if isinstance(value, Function) else None
        made = self._made_with_next(value, found) if isinstance(value, (Object, Function)) else None
        if made is not None:
            return made
        if isinstance(value, Object) or (isinstance(value, Function) and called is not None):
            return self.application(wrapping.opened(value, Outside(NEXT)), found)
        if isinstance(value, Choice):
            return self._judge._one_of([self._judged(option, found) for option in value.options])
        if isinstance(value, Outside):
            return self._outside(value.name, {}, found)
        return self._class(value, (), {}, found) if isinstance(value, Class) else Judgement()

    def _made_with_next(self, value: Object | Function, found: Found) -> Judgement | None:
        """What is called once with what comes after it, and gives what is called for each request."""
        reader = self._judge._reader
        call = reader.attribute(value, "__call__") if isinstance(value, Object) else value
        if not isinstance(call, Function) or not _takes(call, 1):
            return None
        try:
            made = reader.ran(reader.call(call, (Outside(NEXT),), {}, call.at, call.env))
        except (RaisedError, ExhaustedError, RecursionError):
            return Judgement(doubts=[f"{call.name} cannot be made out"])
        made = reader.attribute(made, "__call__") if isinstance(made, Object) else made
        if not isinstance(made, Function) or not _takes(made, _HANDED):
            return None
        name, at = (value.cls.scope.name, value.cls.scope.at) if isinstance(value, Object) else (value.name, value.at)
        return self._asked(made, found, name, at)

    def _kind(
        self, cls: Value | None, args: tuple[Value, ...], named: dict[str, Value], found: Found, is_function: bool
    ) -> Judgement:
        if is_function and isinstance(cls, Function):
            return Judgement() if found.method == "WS" else self._dispatched(cls, found)
        if isinstance(cls, Class):
            return self._class(cls, args, named, found)
        if isinstance(cls, Outside):
            return self._outside(cls.name, named, found)
        return Judgement(doubts=["a middleware cannot be read"]) if isinstance(cls, Thing) and cls.why else Judgement()

    def _outside(self, name: str, named: dict[str, Value], found: Found) -> Judgement:
        if name in self._models.middleware_classes:
            dispatch = named.get(self._models.middleware_classes[name])
            if isinstance(dispatch, Object):
                # `dispatch=TokenScoping()`: an object that is called.
                dispatch = self._judge._reader.attribute(dispatch, "__call__")
            if isinstance(dispatch, Function) and found.method != "WS":
                return self._dispatched(dispatch, found)
            return Judgement()
        if name in self._models.backends:
            return self._backend(name, named, found)
        last = name.rpartition(".")[2]
        if name in self._models.harmless or not stands_guard_by_name(last):
            return Judgement()
        return Judgement(doubts=[f"{last} of a package that is not here ({name.partition('.')[0]}) stands before it"])

    def _backend(self, name: str, named: dict[str, Value], found: Found) -> Judgement:
        argument, method = self._models.backends[name]
        backend = named.get(argument)
        if isinstance(backend, (Thing, Outside)) and (package := backend.name.partition(".")[0]):
            last = backend.name.rpartition(".")[2]
            return Judgement(doubts=[f"{last} of a package that is not here ({package}) tells who is calling"])
        called = self._judge._reader.attribute(backend, method) if isinstance(backend, Object) else None
        if not isinstance(called, Function) or called.scope is None:
            return Judgement()
        parameters = called.scope.parameters[1:]
        tried = self._judge.tried(
            called,
            {parameters[0][3]: request_to(self._models, found, self._root, self._log)} if parameters else {},
            is_anonymous=True,
        )
        if not tried.passes and any(end.needs_credential for end in tried.ends):
            return Judgement(refuses=True, guards=[Guard("authentication", called.name, called.at)])
        if any(not self._is_nobody(one) for one in options(tried.value)):
            # It may sign somebody in who has no credential.
            self._judge.around.forged.add("credential")
        return Judgement()

    def _is_nobody(self, value: Value) -> bool:
        """Whether a backend found nobody: None, or credentials without scopes."""
        if isinstance(value, Const):
            return value.value is None
        made = value.values[0] if isinstance(value, Items) and value.values else None
        if not isinstance(made, Thing) or made.name.rpartition(".")[2] != _CREDENTIALS or not made.is_call:
            return False
        scopes = made.args[0] if made.args else made.named.get("scopes", Items([]))
        return isinstance(scopes, Items) and scopes.is_whole and not scopes.values

    def _class(self, cls: Class, args: tuple[Value, ...], named: dict[str, Value], found: Found) -> Judgement:
        names = self._judge._reader.bases(cls.scope)
        if any(name in self._models.harmless for name in names):
            return Judgement()
        try:
            made = self._judge._reader.construct(cls, (Outside(NEXT), *args), named, cls.scope.at)
        except (RaisedError, ExhaustedError, RecursionError):
            return Judgement(doubts=[f"{cls.scope.name} cannot be made out"])
        if not isinstance(made, Object):
            return Judgement()
        method = next(
            (self._models.middleware_classes[name] for name in names if name in self._models.middleware_classes), ""
        )
        if method:
            dispatch = self._judge._reader.attribute(made, method)
            if not isinstance(dispatch, Function) or found.method == "WS":
                return Judgement()
            return self._dispatched(dispatch, found, name=cls.scope.name, at=cls.scope.at)
        # What a package has called for each request, which may leave out some of them.
        standing = self._judge._reader.attribute(made, "standing_around")
        is_standing = isinstance(standing, Function) and standing.scope is not None and standing.scope.module.is_library
        call = standing if is_standing else self._judge._reader.attribute(made, "__call__")
        if isinstance(call, Function):
            return self._called(call, found, cls)
        return made_of_elsewhere(self._judge, cls.scope)

    # -- trials ------------------------------------------------------------------------------------------------------

    def _dispatched(self, function: Function, found: Found, *, name: str = "", at: str = "") -> Judgement:
        parameters = function.scope.parameters if function.scope is not None else ()
        parameters = parameters[1:] if function.me is not None else parameters
        if len(parameters) < 2:
            return Judgement()
        named = {
            parameters[0][3]: request_to(self._models, found, self._root, self._log),
            parameters[1][3]: Outside(NEXT),
        }
        return self._result(function, named, name or function.name, at or function.at)

    def _called(self, function: Function, found: Found, cls: Class) -> Judgement:
        return self._asked(function, found, cls.scope.name, cls.scope.at)

    def application(self, value: Value, found: Found) -> Judgement:
        """What code of the tree does to a caller that is called as an application is: with scope, receive and send."""
        call = wrapping.called_as_application(self._judge._reader, value)
        if call is None:
            return Judgement(doubts=["what stands around the application cannot be read"])
        scope = value.cls.scope if isinstance(value, Object) else call.scope
        return self._asked(call, found, scope.name if scope is not None else call.name, call.at)

    def dispatched_by(self, found: Found) -> list[Judgement]:
        """What a class of the tree does before its methods answer, where it says itself how they are called."""
        if found.cls is None or found.method == "WS" or _ENDPOINT not in self._judge._reader.bases(found.cls.scope):
            return []
        path = path_to(found)
        scope = Thing("request.scope", named=_scope(found, "", path))
        given: dict[str, Value] = {"scope": scope, "receive": Thing("receive()"), "send": Outside(SEND)}
        made = Object(found.cls, {**given, "following": Outside(NEXT)}, is_fresh=True)
        dispatch = self._judge._reader.attribute(made, "dispatch")
        is_own = isinstance(dispatch, Function) and dispatch.scope is not None and not dispatch.scope.module.is_library
        if not is_own or not isinstance(dispatch, Function):
            return []
        return [self._result(dispatch, {}, found.cls.scope.name, found.cls.scope.at)]

    def _asked(self, function: Function, found: Found, name: str, at: str) -> Judgement:
        parameters = function.scope.parameters if function.scope is not None else ()
        own = parameters[1:] if function.me is not None else parameters
        if len(own) < 3:
            return Judgement()
        scope = Thing("request.scope", named=_scope(found, self._root, path_to(found, self._log)))
        handed: list[Value] = [scope, Thing("receive()"), Outside(SEND)]
        return self._result(function, {one[3]: value for one, value in zip(own, handed, strict=False)}, name, at)

    def _result(self, function: Function, named: dict[str, Value], name: str, at: str) -> Judgement:
        judged = Judgement()
        tried = self._judge.tried(function, named, is_anonymous=True)
        # What can refuse nobody does so on no path.
        scope = function.scope
        can_refuse = scope is None or scope.module.is_library or self._judge.around.may_refuse(scope)
        self._saw |= tried.trial.record.saw
        judged.answers = answers_itself(self._models, tried, name)
        self._saw_path = self._saw_path or (bool(tried.trial.record.saw) and (can_refuse or bool(judged.answers)))
        self._judge.around.forged |= tried.trial.record.forged
        self._judge.around.ran_before(
            scope, None if tried.is_exhausted else tried.trial.executed, tried.trial.passed_by
        )
        judged.goes_on = passes = bool(tried.trial.record.reached)
        refusals = self._refusals(tried)
        if tried.is_exhausted and not passes and can_refuse:
            judged.doubts.append(placed(f"{name} does too much to be followed", at))
        elif refusals and not passes:
            judged.refuses = True
        elif passes and any(is_about_caller for _, is_about_caller in refusals):
            # A list of addresses that may not call is no question of who calls.
            judged.doubts.append(self._judge._why(tried, name))
        elif passes and (untold := self._untold(tried)):
            judged.doubts.append(
                f"{name} refuses who is not signed in by something that source does not tell ({untold})"
            )
        judged.doubts.extend(placed(why, place) for why, place in tried.trial.record.unknown)
        if judged.refuses:
            judged.guards.append(Guard("authentication", name, at))
        if judged.refuses:
            signed = self._judge.tried(function, named, is_anonymous=False)
            self._saw |= signed.trial.record.saw
            self._judge._demands(judged, signed, name, at, "", "before", answers=True)
        return judged

    def _untold(self, tried: Tried) -> str:
        """Where it answers 401 for reasons of which nothing is known; empty where it does not."""
        ended = [(end.at, end.conditions, status_of_raised(tried.trial, end.value)) for end in tried.ends]
        for value, place, conditions, _, _ in tried.trial.answered:
            ended.append((place, conditions, status_of(tried.trial, value, self._models.answers) or 0))
        for at, conditions, status in ended:
            undecided = [one.test for one in conditions if one.test.anonymous is None]
            if status == _UNAUTHENTICATED and undecided and not any(_is_told(test.marks) for test in undecided):
                return at
        return ""

    def _refusals(self, tried: Tried) -> list[tuple[str, bool]]:
        """Where it refuses, and whether because of who calls, be it beside other reasons, and not only from where."""
        found = [(end.at, True) for end in tried.ends if end.needs_credential]
        for value, place, conditions, _, caught in tried.trial.answered:
            status = status_of(tried.trial, value, self._models.answers) or 0
            marks = marks_of(conditions)
            is_about_caller = caught or bool(marks & {"caller", "signature"})
            is_about_caller = is_about_caller and not asks_for_else(conditions, status)
            if (is_about_caller or "address" in marks) and (status >= 400 or is_redirect(tried.trial, value)):
                found.append((place, is_about_caller))
        return found


def _takes(function: Function, count: int) -> bool:
    """Whether a function needs just so many arguments."""
    parameters = function.scope.parameters if function.scope is not None else ()
    own = parameters[1:] if function.me is not None else parameters
    needed = [one for one in own if one[form.P_KIND] in (form.POSITIONAL, form.REGULAR) and one[form.P_DEFAULT] is None]
    return len(needed) == count


def answers_itself(models: Models, tried: Tried, name: str) -> str:
    """Why middleware may answer in place of the route, without refusing; empty where it does not."""
    for value, place in tried.trial.record.own:
        refusal = next((models.answers[one] for one in names_of(tried.trial, value) if one in models.answers), None)
        if refusal is None or refusal.redirects or not isinstance(value, Thing) or _is_of_next(value):
            continue
        status = status_of(tried.trial, value, models.answers) or 0
        if 0 < status < _REDIRECTS or (not status and argument(refusal.status, value.args, value.named) is None):
            return f"{name} may answer by itself ({place})"
    return ""


def _is_of_next(value: Value) -> bool:
    """Whether it is made of what comes after the middleware. Values may hold one another in a circle."""
    seen: set[int] = set()
    stack = [value]
    while stack:
        one = stack.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Table):
            stack += [*one.entries.values(), *([one.other] if one.other else [])]
        elif isinstance(one, Choice):
            stack += one.options
        elif isinstance(one, Outside):
            stack += [one.me] if one.me is not None else []
        elif isinstance(one, Thing):
            if one.name.startswith("next."):
                return True
            stack += [*one.args, *one.named.values()]
    return False


def _is_told(marks: frozenset[str]) -> bool:
    """Whether what a test is about is told: who calls, or nothing but a setting; not what one makes of a request."""
    return bool(marks & _TOLD) or (bool(marks) and marks <= SETTING)


_REDIRECTS = 300
_UNAUTHENTICATED = 401
#: Reasons to refuse of which more is known than that there are some.
_TOLD = frozenset(("caller", "signature", "csrf", "address"))
__all__ = ["MiddlewareJudge", "Table", "names_of"]
