"""The verdict on one route: what stands before its handler and what the handler itself does, put together.

An anonymous caller is refused (`guarded`), is not (`unguarded`), or it cannot be told (`unknown`, with the reason).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache

from nomoat.appmap.model import SIGNED_IN, Guard, Parameter, Runs, Verdict
from nomoat.survey import doing, unfollowed
from nomoat.survey.before import Before, Requests
from nomoat.survey.either_way import tell_apart
from nomoat.survey.escaping import Refusal
from nomoat.survey.found import Found
from nomoat.survey.guards import Judge, Judgement, Tried, not_followed, unread
from nomoat.survey.hiding import is_about_caller, is_asked, is_hidden
from nomoat.survey.middleware import UNNAMED, MiddlewareJudge, tell_route
from nomoat.survey.python import form
from nomoat.survey.python.symbols import Scope
from nomoat.survey.routing import dependency_of
from nomoat.survey.trial import demands
from nomoat.survey.trial.demands import AUTHENTICATION
from nomoat.survey.trial.machine import End
from nomoat.survey.trial.naming import guards_by_name, placed
from nomoat.survey.trial.refusals import (
    asks_for_else,
    is_by_who_calls,
    is_redirect,
    lacks_else,
    names_of,
    status_of,
    status_of_raised,
)
from nomoat.survey.trial.usually import as_usual
from nomoat.survey.trial.values import Choice, Class, Const, Function, Object, Outside, Thing, Value, options
from nomoat.survey.trial.wrapping import called_as_application

#: What a handler answers to somebody who may not; 404, 405, 422 and their like are said of what was asked for.
_REFUSING = frozenset((400, 401, 403, 407, 498))
_FAULTS = 400
_NOT_FOUND = 404
_LIMITED, _NOT_ALLOWED = 429, 405
_ERROR = 500
#: By these a view says that it is none for this request.
_OTHER_VIEW = frozenset(("pyramid.exceptions.PredicateMismatch", "pyramid.httpexceptions.PredicateMismatch"))
#: What those get who are served nothing.
_SERVED_NOTHING = _REFUSING | {_NOT_ALLOWED, _NOT_FOUND}
#: What a class is called that is mixed into others, or that asks something before they answer.
_MIXED = re.compile(r"(Mixin|Required|Protected|Restricted|Permission|Guard)$")
#: What of a class is called first: it calls the method that answers, or is called before that.
_FIRST = ("dispatch", "prepare")
_SIGN_IN = re.compile(r"\.(LoginView\.\w+|login)$")
_ORDER: dict[Runs, int] = {"before": 0, "inside": 1, "never": 2}


@dataclass
class Answer:
    """What is known of a route's guards."""

    verdict: Verdict = "unguarded"
    because: str | None = None
    guards: tuple[Guard, ...] = ()
    binding: tuple[str, ...] | str | None = None
    asked: list[tuple[str | None, str]] = field(default_factory=list)
    functions: list[Scope] = field(default_factory=list)
    #: Those of them that stand around many routes: middleware, what runs before every request.
    around: set[Scope] = field(default_factory=set)
    handler: Scope | None = None
    parameters: tuple[Parameter, ...] = ()
    #: There is no such route: whoever asks for it is told that this method is not allowed.
    serves_nobody: bool = False


@dataclass(frozen=True)
class _Told:
    """What a handler does to who asks for it by one method, and whether it asks which one that is."""

    found: Found
    judgement: Judgement
    #: What of the request was asked for so far.
    saw: set[str]


class Verdicts:
    """Judges routes."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._models = judge.models
        self._before = Before(judge)
        self._middleware = MiddlewareJudge(judge)
        #: What middleware leaves in the state of requests; what dependencies of one route leave, no other finds.
        self._left: dict[str, Value] | None = None
        #: What was told of a handler at a path, in the state of the request that it gets: methods mostly differ in
        #: nothing else. Each is kept with the route that it was told of, since a key holds `id`s.
        self._told: dict[tuple[object, ...], list[_Told]] = {}

    def of(self, found: Found, before: list[Judgement], *, if_told: bool = False) -> Answer:
        """The verdict; `before` is what the middleware around the route does to it.

        `if_told`: where it is unknown, nobody wants to know more, such as what is asked of a caller with a credential.
        """
        with self._judge.around.answering(found.around.handlers):
            return self._of(found, before, if_told=if_told)

    def _of(self, found: Found, before: list[Judgement], *, if_told: bool) -> Answer:
        around = self._judge.around
        self._left = dict(around.left) if self._left is None else self._left
        around.left = dict(self._left)
        made = self._before.requests(found)
        if found.is_of_framework:
            return self._of_framework(found, [*before, *made.judged])
        around_it = [*before, *made.judged, *self._unfollowed(found), *self._middleware.dispatched_by(found)]
        judged = [*around_it, *self._dependencies(found)]
        handler = self._of_any_method(found, judged, made)
        never = [guard for late in found.late for guard in self._never(late)]
        answer = self._put_together(found, judged, handler, never, if_told=if_told)
        if answer.verdict == "unknown" and _asks_of_route(found, [*judged, handler]):
            around.left = dict(self._left)
            for at_hand in (made.anonymous, made.signed):
                tell_route(at_hand.request, found)
            with self._judge.at_request(None, made.anonymous.request, made.signed.request):
                judged = [*around_it, *self._dependencies(found)]
                handler = self._handler(found, judged, made, set())
                answer = self._put_together(found, judged, handler, never, if_told=if_told)
        outside = [inner for one in (*before, *made.judged) for inner in one.all()]
        answer.around = {one.function for one in outside if one.function is not None}
        if found.messages is not None and answer.verdict == "unguarded":
            asks = self.of(replace(found, handler=found.messages, original=None, messages=None), before)
            if asks.verdict != "unguarded":
                # Whoever connects may be sent something all the same.
                answer.verdict, answer.because = "unknown", "anybody may connect; who sends is asked of each message"
        return answer

    def _of_framework(self, found: Found, before: list[Judgement]) -> Answer:
        own = Judgement()
        if found.guard:
            own = Judgement(
                refuses=True, guards=[Guard("authentication", found.guard, found.at)], demand=AUTHENTICATION
            )
        return self._put_together(None, [*before, *self._before.requests(found).judged], own, [])

    def _unfollowed(self, found: Found) -> list[Judgement]:
        """What stands around the route, or in its place, and may ask who calls, but is not followed."""
        replaced = unfollowed.of_view(self._judge.around, found.endpoint)
        doubts = [*found.around.unfollowed, *([replaced] if replaced is not None else [])]
        return [Judgement(doubts=doubts)] if doubts else []

    def _dependencies(self, found: Found) -> list[Judgement]:
        if found.calls != "injected":
            return []
        judged = []
        for value in (*found.around.dependencies, *found.dependencies):
            judged.append(self._depended(value, found.path))
        return judged

    def _depended(self, value: Value, path: str) -> Judgement:
        value = as_usual(value, by_default=self._judge.around.by_default)
        if isinstance(value, Choice):
            parts = [self._depended(option, path) for option in value.options]
            return self._judge._one_of(parts)
        asked = dependency_of(value, self._models)
        if asked is not None:
            return self._judge.dependency(asked[0], asked[1], path)
        if isinstance(value, Thing) and value.why:
            return Judgement(doubts=[value.why])
        return Judgement()

    # -- the handler -------------------------------------------------------------------------------------------------

    def _of_any_method(self, found: Found, judged: list[Judgement], made: Requests) -> Judgement:
        """What the handler does; tried out once for all methods where it asks for none."""
        refused = any(one.refused for one in judged)
        about = (id(found.handler), id(found.original), id(found.around), found.path, found.endpoint, found.calls,
                 found.at, found.method == "WS", made.state, refused,
                 *map(id, (*found.dependencies, *found.told)))  # fmt: skip
        known = self._told.setdefault(about, [])
        for told in known:
            if told.found.method == found.method or "method" not in told.saw:
                return told.judgement
        saw: set[str] = set()
        judgement = self._handler(found, judged, made, saw)
        known.append(_Told(found, judgement, saw))
        return judgement

    def _handler(self, found: Found, judged: list[Judgement], made: Requests, saw: set[str]) -> Judgement:
        handler = found.handler
        result = Judgement()
        if isinstance(handler, Choice):
            return self._one_of(found, handler, judged, made, saw)
        if found.calls == "asgi" and called_as_application(self._judge._reader, handler) is not None:
            return self._application(found, handler)
        if isinstance(handler, Object):
            handler = self._judge._reader.attribute(handler, "__call__")
        if not isinstance(handler, Function):
            return self._unread(handler)
        result.function = handler.scope
        anonymous: dict[str, Value] = {}
        signed: dict[str, Value] = {}
        if handler.unread_signature:
            # Which dependencies it asks for is decided when it runs, so none of its own parameters guards.
            result.doubts.append(handler.unread_signature)
        elif found.calls == "injected":
            self._injected(found, handler, result, anonymous, signed)
        elif found.calls == "told":
            self._judge._children(result, list(found.told), (), found.path, anonymous, signed)
        elif found.calls == "injected by name":
            with self._judge.at_request(found.around.provided, made.anonymous.request, made.signed.request):
                self._injected(found, handler, result, anonymous, signed)
        else:
            self._requested(found, handler, made, anonymous, signed)
        function = handler
        while True:
            for outer in function.outer:
                self._judge._decorator(result, outer)
            if function.wraps is None or function.wraps is function:
                break
            function = function.wraps
        result.doubts += self._mixed_in(found, handler)
        refused = any(one.refused for one in (*judged, *result.children)) or result.refuses

        @cache
        def with_credential() -> Tried:
            return self._judge.tried(handler, signed, is_anonymous=False, at_hand=made.signed, is_handler=True)

        if not refused:
            tried = self._judge.tried(handler, anonymous, is_anonymous=True, at_hand=made.anonymous, is_handler=True)
            if found.takes_rest and not tried.passes:
                result.serves_nobody = self._is_not_allowed(tried) or self._is_not_allowed(with_credential())
            tell_apart(tried, with_credential)
            inner = _inner(found, handler)
            behind = frozenset((inner,)) if inner is not None else self._own_methods(found, handler)
            is_behind = bool(behind) and not tried.is_exhausted and behind.isdisjoint(tried.trial.met)
            answering = self._passed_by(found, handler) - tried.trial.met if not tried.is_exhausted else frozenset()
            hides = is_hidden(tried)
            # Where a test of who calls is what it is raised by, somebody else comes farther.
            asks = hides and all(is_asked(tried, end) for end in tried.ends)
            if ((is_behind or answering) and tried.passes) or (hides and not asks):
                other = with_credential()
                is_behind = is_behind and not behind.isdisjoint(other.trial.met) and not other.is_exhausted
                hides = hides and other.passes
                result.is_passed_by = not answering.isdisjoint(other.trial.met) and not other.is_exhausted
            barred = self._barred(tried)
            if barred:
                other = with_credential()
                farther = other.passes or not {end.at for end in other.ends} <= {end.at for end in tried.ends}
                barred = barred if farther and not other.is_exhausted else []
            self._try_anonymous(
                handler, tried, result, _named(found, handler), inner, barred, is_behind=is_behind, is_hidden=hides
            )
            saw |= tried.trial.record.saw
            result.saw |= tried.trial.record.saw

        def try_signed() -> None:
            tried = with_credential()
            self._try_signed(found, handler, tried, result)
            saw.update(tried.trial.record.saw)

        result.later.append(try_signed)
        if not refused and found.method == "WS":
            self._try_connection(found, handler, tried, signed, made, result)
        return result

    def _application(self, found: Found, handler: Value) -> Judgement:
        """What is mounted and takes scope, receive and send: it refuses, answers, or hands on to what is not here."""
        result = self._middleware.application(handler, found)
        if result.answers and (result.refuses or result.doubts):
            result.refuses, result.guards = False, []
            result.doubts.append(result.answers)
        elif result.goes_on and not result.refuses and not result.doubts:
            result.doubts.append("an application of another package answers here")
        result.answers = ""
        return result

    def _own_methods(self, found: Found, handler: Function) -> frozenset[Scope]:
        """The methods of the class that answers, where one above it decides whether they are called at all."""
        made = handler.set_on_it("view_class")
        cls = made if isinstance(made, Class) else None
        if cls is None or cls.scope.module.is_library:
            return frozenset()
        own = cls.scope.children.values()
        return frozenset(one for one in own if one.is_function and not one.name.startswith("__"))

    def _passed_by(self, found: Found, handler: Function) -> frozenset[Scope]:
        """What answers in the end, where a `dispatch` or `prepare` of the tree comes first and changes nothing."""
        made = handler.set_on_it("view_class")
        if not isinstance(made, Class):
            return frozenset()
        reader = self._judge._reader
        given = (reader.attribute(made, name) for name in _FIRST)
        first = [one for one in given if isinstance(one, Function) and one.scope and not one.scope.module.is_library]
        answering = reader.attribute(made, found.method.lower())
        scope = answering.innermost.scope if isinstance(answering, Function) and first else None
        return frozenset((scope,)) if scope is not None and not any(map(doing.changes, first)) else frozenset()

    def _mixed_in(self, found: Found, handler: Function) -> list[str]:
        """Doubts: the class that answers is made of one that is called like a guard and is not here."""
        made = handler.set_on_it("view_class") or handler.set_on_it("cls")
        cls = found.cls or (made if isinstance(made, Class) else None)
        bases = self._judge.around.program.bases(cls.scope) if cls is not None else ()
        known = self._models.endpoint_classes.keys() | self._models.kinds.keys()
        answers = {base if isinstance(base, str) else base.dotted for base in bases}
        is_elsewhere = made is not None and self._models.endpoint_classes.keys().isdisjoint(answers)
        names = [base for base in bases if isinstance(base, str) and "." in base.lstrip("?") and base not in known]
        return [
            f"its class is made of {name.rpartition('.')[2]} of a package that is not here ({name.partition('.')[0]})"
            for name in names
            if name.lstrip("?") == found.elsewhere
            or is_elsewhere
            or (_MIXED.search(name.rpartition(".")[2]) and guards_by_name(name.rpartition(".")[2]))
        ]

    def _try_connection(
        self, found: Found, handler: Function, tried: Tried, signed: dict[str, Value], made: Requests, result: Judgement
    ) -> None:
        """A connection that is never accepted without a credential, and is with one: its end is the refusal."""
        takes_it = handler.scope is not None and any(
            self._judge._is_request(value) and isinstance(value, Thing) and value.name in self._sockets
            for value in signed.values()
        )
        is_open = bool(tried.trial.record.served) or any(one.serves for one in result.all() if one is not result)
        if not takes_it or is_open or tried.is_exhausted or not tried.passes or result.refuses or result.doubts:
            return
        other = self._judge.tried(handler, signed, is_anonymous=False, at_hand=made.signed, is_handler=True)
        result.refuses = bool(other.trial.record.served) and not other.is_exhausted

    @property
    def _sockets(self) -> set[str]:
        """The classes of connections that an application accepts itself."""
        return self._models.requests & {name.rpartition(".")[0] for name in self._models.closing}

    def _one_of(
        self, found: Found, handler: Choice, judged: list[Judgement], made: Requests, saw: set[str]
    ) -> Judgement:
        """One wrapper or another answers: what all of them do is sure."""
        results = [self._handler(replace(found, handler=option), judged, made, saw) for option in handler.options]
        first = results[0]
        if any(one.refuses != first.refuses for one in results):
            first.refuses = False
            first.doubts.append("which function answers here depends on something that source does not fix")
        for other in results[1:]:
            first.doubts += [doubt for doubt in other.doubts if doubt not in first.doubts]
        return first

    def _unread(self, handler: Value) -> Judgement:
        if isinstance(handler, (Thing, Outside)) and handler.name:
            return Judgement(doubts=[f"{handler.name} of another package answers here"])
        if isinstance(handler, Class) or not isinstance(handler, Const):
            return Judgement(doubts=["the handler cannot be read"])
        return Judgement()

    def _injected(
        self, found: Found, handler: Function, result: Judgement, anonymous: dict[str, Value], signed: dict[str, Value]
    ) -> None:
        signature = self._judge.injection.signature(handler, path=found.path, in_handler=found.method != "WS")
        self._judge._children(result, signature.given, (), found.path, anonymous, signed)
        cls = self._view_of(handler)
        if cls is None:
            return
        fields = self._judge.injection.fields(cls).given
        init = self._judge._reader.attribute(Object(cls), "__init__")
        if isinstance(init, Function):
            fields = [*fields, *self._judge.injection.signature(init, path=found.path).given]
        by_name: dict[str, Value] = {}
        by_name_signed: dict[str, Value] = {}
        self._judge._children(result, fields, (), found.path, by_name, by_name_signed)
        first = handler.scope.parameters[0][3] if handler.scope is not None and handler.scope.parameters else "self"
        anonymous[first] = Object(cls, by_name)
        signed[first] = Object(cls, by_name_signed)

    def _view_of(self, handler: Function) -> Class | None:
        scope = handler.scope
        if scope is None or handler.me is not None or not scope.is_method or scope.parent is None:
            return None
        return self._judge.around.views.get(scope.parent)

    def _requested(
        self, found: Found, handler: Function, made: Requests, anonymous: dict[str, Value], signed: dict[str, Value]
    ) -> None:
        if "arguments" in found.calls:
            anonymous.update({str(name): value for name, value in made.anonymous.arguments.entries.items()})
            signed.update({str(name): value for name, value in made.signed.arguments.entries.items()})
        if found.calls == "arguments":
            return
        if found.calls == "request arguments":
            for at_hand, given in ((made.anonymous, anonymous), (made.signed, signed)):
                unnamed = [name for name in given if UNNAMED.fullmatch(name)]
                at_hand.positional = (at_hand.request, *(given.pop(name) for name in unnamed))
            return
        parameters = handler.scope.parameters if handler.scope is not None else ()
        taken = parameters[1:] if handler.me is not None else parameters
        sockets = sorted(self._sockets)
        plain = sorted(self._models.requests - set(sockets))
        name = next(iter(sockets if found.method == "WS" else plain), "")
        for parameter in taken[:1]:
            if parameter[form.P_KIND] == form.VARARGS:
                # `async def inner(*args): request = args[-1]`
                for at_hand in (made.anonymous, made.signed):
                    at_hand.positional = (at_hand.request if found.method != "WS" else Thing(name),)
                continue
            if "arguments" in found.calls or found.method != "WS":
                anonymous[parameter[3]], signed[parameter[3]] = made.anonymous.request, made.signed.request
            else:
                anonymous[parameter[3]] = signed[parameter[3]] = Thing(name)

    def _try_anonymous(
        self,
        handler: Function,
        tried: Tried,
        result: Judgement,
        name: str,
        inner: Scope | None,
        barred: list[tuple[Scope | None, str]],
        *,
        is_behind: bool,
        is_hidden: bool,
    ) -> None:
        """`inner` is what wrappers stand around; `is_behind`: it is never reached without a credential, and is with.

        `is_hidden`: who has none is told that there is nothing, and who has one is not; `barred`: by which of several
        refusals who has none never gets an answer, and who has one does or comes farther.
        """
        refusals, others = self._ends(tried, inner, handler, is_behind=is_behind, is_passed_by=result.is_passed_by)
        if others is None:
            others = False
            result.doubts.append(
                f"what {name} is put around is not reached, or refuses, and something else answers in its place"
            )
        if not refusals and not tried.passes and not tried.is_exhausted:
            refusals = [(end.function, end.at) for end in tried.ends] if is_hidden else self._always(tried) or barred
        result.refusing, result.refusing_at = next(iter(refusals), (None, ""))
        answers = (tried.passes and (others or not (tried.trial.answered or refusals))) or self._answers_by_raising(
            tried
        )
        passes = answers or (not is_hidden and self._fails_later(tried)) or self._lacks_else(tried)
        result.doubts.extend(placed(why, place) for why, place in tried.trial.record.unknown)
        result.doubts.extend(unread(tried, name, handler.innermost.scope))
        if tried.is_exhausted and (refusals or self._may_refuse(handler)):
            result.doubts.append(f"{name} does too much to be followed")
        elif refusals and not passes:
            result.refuses = True
            self._judge._answered_otherwise(result, tried, name)
            if handler.scope is not None and self._judge.around.is_generator(handler.scope):
                # What is yielded is a stream: its answer has begun before the first line of the body runs.
                result.refuses = False
                result.doubts.append(f"{name} begins to answer before it refuses")
        elif refusals and not tried.is_exhausted:
            result.doubts.append(self._judge._why(tried, name))

    def _always(self, tried: Tried) -> list[tuple[Scope | None, str]]:
        """Refusals that are the only end there is, whatever was asked on the way to them, but faults of the server."""
        ends = [(status_of_raised(tried.trial, end.value), end) for end in tried.ends]
        told = [(status, end) for status, end in ends if not status >= _ERROR]
        is_always = all(status in (401, 403) for status, _ in told)
        return [(end.function, end.at) for _, end in told] if is_always else []

    def _lacks_else(self, tried: Tried) -> bool:
        """Whether somebody ends for want of what is no credential: who sends that comes farther."""
        statuses = (status_of_raised(tried.trial, end.value) for end in tried.ends)
        return any(lacks_else(end.conditions, status) for end, status in zip(tried.ends, statuses, strict=True))

    def _barred(self, tried: Tried) -> list[tuple[Scope | None, str]]:
        """Refusals of who calls, among others of what is asked for, where all ways end in one or the other."""
        ends = [(status_of_raised(tried.trial, end.value), end) for end in tried.ends]
        is_all = all(_FAULTS <= status < _ERROR for status, _ in ends) and not self._lacks_else(tried)
        if tried.passes or tried.is_exhausted or not is_all:
            return []
        return [(end.function, end.at) for status, end in ends if status in (401, 403)]

    def _may_refuse(self, handler: Function) -> bool:
        """Whether it may refuse somebody; of a class that answers, whether any of its methods may."""
        own = [base for base in self._bases_of(handler) if not isinstance(base, str) and not base.module.is_library]
        methods = [child for base in own for child in base.children.values() if child.is_function]
        scopes = [*([handler.scope] if handler.scope is not None else []), *methods]
        return any(self._judge.around.may_refuse(scope) for scope in scopes)

    def _bases_of(self, handler: Function) -> tuple[Scope | str, ...]:
        """The class that answers, and all that it is made of; none for a plain function."""
        cls = handler.attributes.get("view_class")
        return tuple(self._judge.around.program.bases(cls.scope)) if isinstance(cls, Class) else ()

    def _ends(
        self, tried: Tried, inner: Scope | None, handler: Function, *, is_behind: bool, is_passed_by: bool
    ) -> tuple[list[tuple[Scope | None, str]], bool | None]:
        """Functions that refuse a caller without a credential, and whether the handler can also answer.

        None where it cannot, but a function around it may answer its refusal with a success.
        """
        refusals = [(end.function, end.at) for end in tried.ends if self._is_refusal(tried, end)]
        passes = is_kept_quiet = False
        wrappers, bases = _wrappers(handler), self._bases_of(handler)
        sent_away = self._sent_away(tried)
        values = tried.value.options if hasattr(tried.value, "options") else (tried.value,)
        for value in values if tried.passes else ():
            # One of several that a name may be (`return answer`) was put there before it is answered.
            refused = next((one for one in tried.trial.answered if any(it is value for it in options(one[0]))), None)
            status = status_of(tried.trial, value, self._models.answers) or 0
            about = refused is not None and (
                (is_about_caller(refused[2], refused[4], sent_away) and not asks_for_else(refused[2], status))
                or is_by_who_calls(tried.trial, value, self._models.answers)
            )
            # Whatever a wrapper itself answers in place of what it stands around (`{"ok": False}`) keeps callers out.
            is_kept_out = is_behind and refused is not None and refused[3] in wrappers
            if inner is None and is_behind and not is_kept_out:
                # A class gives an answer of its own where it does not call the methods of the one below it.
                own = next((one for one in tried.trial.given if one[0] is value), None)
                refused = refused or (None if own is None else (*own, False))
                is_kept_out = refused is not None and self._is_own_way(refused[3])
                is_kept_out = is_kept_out and refused is not None and is_about_caller(refused[2], refused[4])
            is_sent_to_sign_in = refused is not None and _signs_in(refused[3]) and refused[3].parent not in bases
            is_refused = about and (status >= 400 or is_sent_to_sign_in or is_redirect(tried.trial, value))
            if is_kept_out or is_refused:
                refusals.append((refused[3], refused[1]) if refused else (None, ""))
            elif about and is_behind and (inner is not None or (refused is not None and not refused[3].is_method)):
                is_kept_quiet = True  # Another function answers there, be it a page for everybody.
            elif refused is not None and refused[4] and inner is not None and refused[3] is not inner:
                is_kept_quiet = True
            elif is_passed_by and refused is not None and refused[3].name in _FIRST and is_redirect(tried.trial, value):
                continue  # Whoever is sent elsewhere first comes no nearer to what the class does.
            elif status < 400 or status == _LIMITED:
                passes = True
        return refusals, None if is_kept_quiet and not passes else passes

    def _sent_away(self, tried: Tried) -> set[tuple[str, bool]]:
        """The tests, by where they stand and the answer, behind which a caller is refused or sent elsewhere."""
        ways = [end.conditions for end in tried.ends if self._is_refusal(tried, end)]
        for value, _, conditions, _, _ in tried.trial.answered:
            if is_redirect(tried.trial, value) or (status_of(tried.trial, value, self._models.answers) or 0) >= _FAULTS:
                ways.append(conditions)
        return {(way[-1].at, way[-1].answer) for way in ways if way and not way[-1].is_implied}

    def _is_own_way(self, method: Scope) -> bool:
        """Whether a method of the tree answers by itself: what overrides one of a framework (`handle_no_permission`) is
        a way of the framework to answer.
        """
        cls = method.parent if method.is_method else None
        bases = self._judge.around.program.bases(cls) if cls is not None else ()
        known = (base for base in bases if not isinstance(base, str) and base.module.is_library)
        return cls is not None and not any(method.name in base.bindings for base in known)

    def _is_refusal(self, tried: Tried, end: End) -> bool:
        if not end.needs_credential:
            return False
        status = status_of_raised(tried.trial, end.value)
        if end.instead_of is not None and status_of_raised(tried.trial, end.instead_of) in _REFUSING:
            return True  # Who is refused is told of a fault.
        return status < 400 or status > 599 or status in _REFUSING

    def _is_not_allowed(self, tried: Tried) -> bool:
        """Whether a view for the rest tells everybody who is not refused before that there is nothing: 405, or that
        another view was meant.
        """
        if tried.passes or tried.is_exhausted or tried.trial.answered:
            return False
        statuses = {status_of_raised(tried.trial, end.value) for end in tried.ends}
        sure = (end for end in tried.ends if end.is_sure and not end.needs_credential)
        is_told = any(
            status_of_raised(tried.trial, end.value) == _NOT_ALLOWED
            or not _OTHER_VIEW.isdisjoint(names_of(tried.trial, end.value))
            for end in sure
        )
        return is_told and _SERVED_NOTHING.issuperset(statuses)

    def _answers_by_raising(self, tried: Tried) -> bool:
        """Whether what it raises is an answer (`raise HTTPOk()`, `raise HTTPFound(...)`) that asks nobody who they are.

        One whose status cannot be told may be any.
        """
        for end in tried.ends if not tried.is_exhausted else ():
            status = status_of_raised(tried.trial, end.value) if not end.needs_credential else _FAULTS
            is_open = not status and not self._models.answers.keys().isdisjoint(names_of(tried.trial, end.value))
            if is_open or 0 < status < _FAULTS:
                return True
        return False

    def _fails_later(self, tried: Tried) -> bool:
        """Whether it may also end in a fault of what was asked for: then the caller was let through to there."""
        return any(
            end.needs_credential
            and not self._is_refusal(tried, end)
            and status_of_raised(tried.trial, end.value) not in (_NOT_FOUND, _LIMITED)
            for end in tried.ends
        )

    def _try_signed(self, found: Found, handler: Function, tried: Tried, result: Judgement) -> None:
        result.asked.extend(tried.trial.record.asked)
        name, _, _ = _place(None, found, handler)
        refusals: list[Refusal] = []
        bases = self._bases_of(handler)
        for end in tried.ends:
            status = status_of_raised(tried.trial, end.value)
            where, _, runs = _place(end.function, found, handler, end.at)
            refusals.append(Refusal(end, status, where, end.at or found.at, runs))
        for value, place, conditions, function, caught in tried.trial.answered:
            status = status_of(tried.trial, value, self._models.answers) or 0
            if is_redirect(tried.trial, value) or (_signs_in(function) and function.parent not in bases):
                status = 302
            if status >= 300:
                end = End(None, place, conditions, is_caught=caught)
                where, _, runs = _place(function, found, handler)
                refusals.append(Refusal(end, status, where, place, runs))
        asked = self._judge._take(result, refusals)
        original = found.original.scope if found.original is not None else handler.scope
        for one in tried.trial.record.limited:
            if not one.is_asked_for and ("{" in found.path or original not in one.path):
                continue  # It asks for something else than the object in the path, or a decorator finds out who calls.
            guard = Guard("ownership", name, one.at, "inside")
            if not any(one.kind == "ownership" for one in result.guards):
                result.guards.append(guard)
        if result.refuses and not any(one.kind in ("authentication", "signature") for one in result.guards):
            where, at, runs = _place(result.refusing, found, handler, result.refusing_at)
            result.guards.insert(0, Guard("authentication", where, at, runs))
        result.demand = demands.both([result.demand, *asked, *not_followed(tried)])

    def _never(self, late: Value) -> list[Guard]:
        """A decorator above the one that registers: the framework calls what is below it."""
        if isinstance(late, Function):
            is_guard = late.scope is not None and self._judge.around.may_turn_away(late.scope)
            return [Guard("authentication", late.name, late.at, "never")] if is_guard else []
        name = late.name if isinstance(late, (Thing, Outside)) else ""
        if guards_by_name(name.rpartition(".")[2]):
            at = late.at if isinstance(late, Thing) else ""
            return [Guard("authentication", name.rpartition(".")[2], at, "never")]
        return []

    # -- all together ------------------------------------------------------------------------------------------------

    def _put_together(
        self,
        found: Found | None,
        before: list[Judgement],
        handler: Judgement,
        never: list[Guard],
        *,
        if_told: bool = False,
    ) -> Answer:
        every: list[Judgement] = []
        for one in (*before, handler):
            every.extend(inner for inner in one.all() if inner not in every)
        answer = Answer(serves_nobody=handler.serves_nobody)
        # A route that may be elsewhere is not guarded here: another one may answer at this path.
        is_astray = found is not None and bool(found.around.doubt)
        refused = not is_astray and any(one.refuses for one in every if one is handler or _counts(one))
        own = _answering(before) if refused else ""
        refused = refused and not own
        # What stands nearest to the route says most about it: its own checks before middleware around everything.
        doubts = [doubt for one in reversed(every) for doubt in one.doubts]
        if own:
            doubts.insert(0, own)
        if found is not None and found.around.doubt:
            doubts.insert(0, found.around.doubt)
        if refused:
            answer.verdict = "guarded"
        elif doubts:
            answer.verdict, answer.because = "unknown", doubts[0]
        if if_told and answer.verdict == "unknown":
            return answer
        for one in every:
            one.complete()
        guards: list[Guard] = []
        absorbed = [scheme for one in every for scheme in one.absorbs]
        for one in every:
            if one not in absorbed:
                guards.extend(guard for guard in one.guards if guard not in guards)
        answer.guards = tuple(_ordered([*guards, *never]))
        answer.asked = [asked for one in every for asked in one.asked]
        answer.functions = [one.function for one in every if one.function is not None]
        answer.handler = handler.function
        answer.parameters = _parameters(every)
        if refused:
            answer.binding = _binding(every, doubts)
        return answer


def _asks_of_route(found: Found, judged: list[Judgement]) -> bool:
    """Whether what a framework injects asks to which route the request is that it is given: `request.url.path`."""
    if found.calls != "injected" or found.method == "WS":
        return False
    return any(inner.saw & {"path", "method", "endpoint"} for one in judged for inner in one.all())


def _answering(before: list[Judgement]) -> str:
    """Why middleware may answer before anything refuses; the outermost is asked first."""
    for one in before:
        if one.refuses or one.answers:
            return "" if one.refuses else one.answers
    return ""


def _counts(one: Judgement) -> bool:
    return not one.guards or any(guard.kind not in ("csrf", "rate-limit") for guard in one.guards)


def _ordered(guards: list[Guard]) -> list[Guard]:
    authenticates = any(guard.kind == "authentication" and guard.runs == "before" for guard in guards)
    kept = [one for one in guards if not (one.kind == "authentication" and one.runs == "inside" and authenticates)]
    return sorted(dict.fromkeys(kept), key=lambda guard: (_ORDER[guard.runs], kept.index(guard)))


def _binding(every: list[Judgement], doubts: list[str]) -> tuple[str, ...] | str | None:
    demand = demands.both(one.demand for one in every)
    names = demands.permissions(demand)
    if names is None or doubts:
        return None
    if names:
        return tuple(sorted(names))
    kinds = {guard.kind for one in every for guard in one.guards if guard.runs != "never"}
    return SIGNED_IN if "authentication" in kinds else None


def _wrappers(handler: Function) -> set[Scope]:
    """What stands around a function, itself the innermost."""
    function: Function | None = handler
    seen: list[Function] = []
    while function is not None and function not in seen:
        seen.append(function)
        function = function.wraps
    return {one.scope for one in seen if one.scope is not None}


def _inner(found: Found, handler: Function) -> Scope | None:
    """The function that wrappers of the tree stand around; None where there are none.

    What a class of a framework answers by (`handle_no_permission`) is a way of the class itself to answer.
    """
    if handler.scope is not None and handler.scope.module.is_library:
        return None
    function, seen = handler, [handler]
    while function.wraps is not None and function.wraps not in seen:
        function = function.wraps
        seen.append(function)
    inner = found.original.scope if found.original is not None else function.scope
    is_own = inner is not None and not inner.module.is_library and not inner.is_method
    return inner if is_own and inner is not handler.scope else None


def _signs_in(function: Scope | None) -> bool:
    """Whether it is a package's own page to sign in, which stands for a refusal: `LoginView.as_view()(request)`."""
    return function is not None and function.module.is_library and bool(_SIGN_IN.search(function.dotted))


def _place(function: Scope | None, found: Found, handler: Function, at: str = "") -> tuple[str, str, Runs]:
    """Name and `def` of what refuses, and when it runs: the handler, a decorator around it, a function it calls.

    Of a package's decorator, `at` is where source uses it.
    """
    original = found.original if found.original is not None else handler
    if function is not None and function.module.is_library and found.cls is not None:
        return found.cls.scope.name, found.cls.scope.at, "before"
    if function is not None and function.module.is_library and found.guard:
        return found.guard, found.at, "before"
    if function is not None and function.module.is_library:
        return _outermost(function, None).name, at or found.at, "before"
    if function is None or function is original.scope:
        return original.name, original.at, "inside"
    outer = function.parent
    if outer is not None and outer.is_function and original.scope is not handler.scope:
        outer = _outermost(outer, original.scope)
        return outer.name, outer.at, "before"
    return function.name, function.at, "inside"


def _named(found: Found, handler: Function) -> str:
    """The name of what answers, as the tree has it."""
    is_library = handler.scope is not None and handler.scope.module.is_library
    return found.original.name if is_library and found.original is not None else handler.name


def _outermost(function: Scope, handler: Scope | None) -> Scope:
    """The function that all of it is written in, short of one that the handler is written in, too."""
    around: list[Scope] = []
    while handler is not None and handler.parent is not None:
        handler = handler.parent
        around.append(handler)
    while function.parent is not None and function.parent.is_function and function.parent not in around:
        function = function.parent
    return function


def _parameters(every: list[Judgement]) -> tuple[Parameter, ...]:
    found: dict[tuple[str, str], Parameter] = {}
    for one in every:
        for given in one.given:
            if given.place in ("path", "query", "header", "cookie", "body", "form"):
                parameter = Parameter(given.name, given.place, given.type)  # type: ignore[arg-type]  # One of the places.
                found.setdefault((given.name, given.place), parameter)
    return tuple(sorted(found.values()))
