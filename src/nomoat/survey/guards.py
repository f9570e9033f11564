"""Says what refuses a caller of a route: every dependency, decorator, middleware and handler goes on trial.

Each is tried twice: with a caller who has no credential (does any path let them pass?), and with one who has
(what else is asked of them?). What cannot be read is *unknown*, never guarded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from nomoat.appmap.model import Guard, Runs
from nomoat.survey.escaping import Refusal, demanded
from nomoat.survey.given import Given
from nomoat.survey.injection import Injection
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import demands
from nomoat.survey.trial.demands import AUTHENTICATION, OTHER, Demand
from nomoat.survey.trial.machine import Condition, End, ExhaustedError, Limits, RaisedError
from nomoat.survey.trial.naming import guards_by_name, placed
from nomoat.survey.trial.refusals import is_redirect, names_of, said_of_raised, status_of, status_of_raised, unrefused
from nomoat.survey.trial.secrets_kept import may_verify
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.surroundings import Surroundings
from nomoat.survey.trial.usually import as_usual
from nomoat.survey.trial.values import (
    CALLER,
    INPUT,
    UNREAD,
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
)

_LIMITED = 429
#: What is called like a question whether somebody may come in: `_has_access`.
_ASKS_ACCESS = re.compile(r"(^|_)(can|check|ensure|has|needs?|require[sd]?|verify)_access(_|$)", re.IGNORECASE)
_UNAUTHENTICATED = 401
#: Statuses that refuse for who calls.
_WHO = (401, 403)
_OF_SETTINGS = frozenset(("setting", "changed", "unset"))
#: Where so many trials of a wrapper with a credential came to no end, the others are not followed so far.
_MAX_ENDLESS, _AFTERWARDS = 12, 3_000
#: After so many steps of all trials together, each that comes after them gets so many: with a credential, and without.
#: What is asked of a caller is asked early, and a map that takes minutes is no map. The more there were, the fewer.
_LEAST = 1_000
#: Whether trials are those of who has no credential, and whether settings are as source has them: those come sooner to
#: an end, and what came to none otherwise does not keep them from it.
_Kind: TypeAlias = tuple[bool, bool]
#: What stands before handlers goes so many steps by itself, whatever others went before it.
_MAX_BEFORE = 100_000
_MAX_TOGETHER = {False: (1_500_000, 4_000), True: (3_000_000, 8_000)}


@dataclass
class Judgement:
    """What one callable does to a caller."""

    refuses: bool = False
    #: Reasons why it may refuse, or may not: nothing sure can be said.
    doubts: list[str] = field(default_factory=list)
    guards: list[Guard] = field(default_factory=list)
    demand: Demand = OTHER
    anonymous: Value = field(default_factory=lambda: Const(None))
    signed: Value = field(default_factory=lambda: Const(None))
    asked: list[tuple[str | None, str]] = field(default_factory=list)
    children: list[Judgement] = field(default_factory=list)
    function: Scope | None = None
    #: The function in which a handler refuses.
    refusing: Scope | None = None
    refusing_at: str = ""
    #: It only looks for a credential; who uses it says what that is worth.
    is_scheme: bool = False
    #: Schemes whose credential this one verifies: it is named instead of them.
    absorbs: list[Judgement] = field(default_factory=list)
    #: What answers in the end is not reached without a credential, and is with one.
    is_passed_by: bool = False
    #: Why middleware answers by itself, so that nothing behind it is asked; empty where it does not.
    answers: str = ""
    #: Whether it hands a request on to what comes after it.
    goes_on: bool = False
    #: Whether a connection may be accepted in it, or sent to.
    serves: bool = False
    #: Parameters that the framework reads from the request for it.
    given: list[Given] = field(default_factory=list)
    #: What it, or what it depends on, leaves in the state of a request without a credential.
    left: dict[str, Value] = field(default_factory=dict)
    #: Finds out what it asks of a caller with a credential, where nobody has wanted to know yet.
    later: list[Callable[[], None]] = field(default_factory=list)
    #: What of the request at hand was asked for.
    saw: set[str] = field(default_factory=set)
    #: Whether all that whoever is not refused gets is that this method is not allowed.
    serves_nobody: bool = False

    def complete(self) -> None:
        """Finds out what was left for later."""
        while self.later:
            self.later.pop()()

    def all(self) -> list[Judgement]:
        """This one and all below it, the inner first, each once."""
        found: list[Judgement] = []
        for child in self.children:
            found.extend(one for one in child.all() if one not in found)
        if self not in found:
            found.append(self)
        return found

    @property
    def refused(self) -> bool:
        """Whether this or anything it depends on refuses."""
        return self.refuses or any(child.refused for child in self.children)


@dataclass
class Tried:
    """What a trial of a body gave."""

    passes: bool
    value: Value
    ends: list[End]
    trial: Trial
    is_exhausted: bool = False


@dataclass
class AtHand:
    """The request that a function is tried with, wherever it takes it from."""

    proxies: dict[str, Value] = field(default_factory=dict)
    has_statuses: bool = False
    request: Thing = field(default_factory=Thing)
    #: What stands in the path, as the handler gets it.
    arguments: Table = field(default_factory=lambda: Table({}))
    #: What the handler is given without a name: the request, and what stands in the path without one.
    positional: tuple[Value, ...] = ()
    #: The application that answers, where the program makes several.
    application: Value | None = None


class Reader(Trial):
    """Looks things up for all others: each look has the limit for itself."""

    def step(self) -> None:
        """Counts one step of the function that it is in."""
        if not self.path:
            self.steps = 0
        super().step()

    def invoke(self, function: Function, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        """Enters a function, with the whole limit for the one that is entered first."""
        if not self.path:
            self.steps = 0
        return super().invoke(function, args, named, at)


class Judge:
    """Judges dependencies and handlers, remembering what it found."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.models = around.models
        self._reader = Reader(around, limits=Limits(steps=20_000))
        self.injection = Injection(self._reader)
        #: Each with the value that it judges: a key holds its `id`, which is another value's once it is gone.
        self._known: dict[tuple[object, ...], tuple[Value, Judgement]] = {}
        self._open: set[tuple[object, ...]] = set()
        self._endless: Counter[tuple[Scope | None, _Kind]] = Counter()
        #: Steps of all trials of a kind so far, of handlers and of what stands before them; and by what is tried.
        self._spent: Counter[tuple[bool, _Kind]] = Counter()
        self._spent_by: Counter[tuple[Scope | None, _Kind]] = Counter()
        #: The request at hand, of who has no credential and of who has one.
        self._request: tuple[Thing, Thing] | None = None

    @contextmanager
    def at_request(self, provided: Mapping[str, Value] | None, anonymous: Thing, signed: Thing) -> Iterator[None]:
        """Inside, who asks for the request gets the one at hand, and with `provided` parameters ask by their names."""
        held = self._known
        self._known, self._request, self.injection.provided = {}, (anonymous, signed), provided
        try:
            yield
        finally:
            self._known, self._request, self.injection.provided = held, None, None

    def _is_request(self, value: Value | None) -> bool:
        return isinstance(value, Thing) and value.name in self.models.requests and not value.is_call

    # -- dependencies ------------------------------------------------------------------------------------------------

    def dependency(self, value: Value | None, scopes: tuple[str, ...] = (), path: str = "") -> Judgement:
        """What a dependency does."""
        if value is None:
            return Judgement()
        value = as_usual(value, by_default=self.around.by_default)
        if isinstance(value, Choice):
            return self._one_of([self.dependency(option, scopes, path) for option in value.options])
        key = _key(value, scopes)
        known = self._known.get(key)
        if known is not None:
            for name, left in known[1].left.items():
                self.around.leave(name, left)
            return known[1]
        if key in self._open:
            return Judgement()
        self._open.add(key)
        before = dict(self.around.left)
        try:
            found = self._judged(value, scopes, path)
            if found.refused and self._is_replaced(value):
                found = Judgement(doubts=["the application may replace this dependency (dependency_overrides)"])
        finally:
            self._open.discard(key)
        found.left = {name: left for name, left in self.around.left.items() if before.get(name) is not left}
        self._known[key] = value, found
        return found

    def _is_replaced(self, value: Value) -> bool:
        replaced = [*self.around.replaced, *(() if self.around.by_default else self.around.replaced_elsewhere)]
        return any(one is None or _key(one, ()) == _key(value, ()) for one in replaced)

    def _judged(self, value: Value, scopes: tuple[str, ...], path: str) -> Judgement:
        if isinstance(value, Function):
            return self.function(value, scopes, path)
        if isinstance(value, Class):
            return self._class(value, scopes, path)
        if isinstance(value, Object):
            call = self._reader.attribute(value, "__call__")
            if isinstance(call, Function):
                return self.function(
                    call, scopes, path, name=value.cls.scope.name, at=value.cls.scope.at, made=value.at
                )
            if any(name in self.models.schemes for name in names_of(self._reader, value)):
                return self._scheme(value, value.cls.scope.name, value.at)
        if isinstance(value, Thing):
            return self._thing(value)
        if isinstance(value, Outside):
            return self._outside(value.name, "")
        return Judgement()

    def _one_of(self, options_: list[Judgement]) -> Judgement:
        """Which of several runs is not known."""
        found = Judgement(children=[])
        if all(option.refused for option in options_):
            found.children = options_
            return found
        for option in options_:
            if option.refused or option.doubts:
                found.doubts.append("which dependency runs here depends on something that source does not fix")
            found.asked.extend(option.asked)
        found.signed = Choice(tuple(option.signed for option in options_))
        found.anonymous = Choice(tuple(option.anonymous for option in options_))
        return found

    def _thing(self, value: Thing) -> Judgement:
        if value.name in self.models.schemes:
            return self._scheme(value, value.name.rpartition(".")[2], value.at)
        if value.name in self.models.limiters:
            return Judgement(guards=[Guard("rate-limit", value.name.rpartition(".")[2], value.at)])
        if value.why:
            return Judgement(doubts=[f"a dependency cannot be read: {value.why}"])
        if value.is_call and any(isinstance(one, (Function, Class)) for one in (*value.args, *value.named.values())):
            return Judgement(doubts=[placed(f"what {value.name} makes of a dependency cannot be read", value.at)])
        return self._outside(value.name, value.at)

    def _outside(self, name: str, at: str) -> Judgement:
        package, _, _ = name.partition(".")
        last = name.rpartition(".")[2]
        if name in self.models.forms or not package:
            return Judgement(signed=Thing(marks=INPUT), anonymous=Thing(marks=INPUT))
        if guards_by_name(last) and package not in ("builtins", "typing"):
            return Judgement(
                doubts=[f"depends on {last} of a package that is not here ({package})"],
                signed=Thing(marks=CALLER),
                anonymous=Thing(marks=CALLER | UNREAD),
            )
        return Judgement(signed=Thing(name), anonymous=Thing(name))

    def _scheme(self, value: Value, name: str, at: str) -> Judgement:
        found = Judgement(signed=Thing(marks=CALLER, trail=("credentials",)), is_scheme=True)
        trial = Trial(self.around, anonymous=True)
        try:
            found.anonymous = trial.scheme(value, at)
        except RaisedError:
            found.refuses = True
            found.guards.append(Guard("authentication", name, at))
        if trial.pending:
            found.doubts.append("whether it refuses without a credential depends on something that source does not fix")
        scheme = self.models.schemes.get(value.name) if isinstance(value, Thing) else None
        given = value.named if isinstance(value, Thing) else {}
        for flag in scheme.flags if scheme is not None else ():
            asked = given.get(flag)
            if isinstance(asked, Const) and asked.value is True:
                found.guards.append(Guard("permission", f"role:is_{flag}", at))
                found.demand = Demand("permission", f"role:is_{flag}")
        return found

    def _class(self, cls: Class, scopes: tuple[str, ...], path: str) -> Judgement:
        made = Object(cls)
        init = self._reader.attribute(made, "__init__")
        if isinstance(init, Function) and init.scope is not None:
            found = self.function(init, scopes, path, name=cls.scope.name, at=cls.scope.at)
            found.signed = Thing(marks=_tags(found), cls=cls.scope)
            found.anonymous = self._object_of(cls, found)
            return found
        if any(name in self.models.forms for name in names_of(self._reader, cls)):
            return Judgement(signed=Thing(marks=INPUT), anonymous=Thing(marks=INPUT))
        found = Judgement(function=cls.scope)
        self._children(found, self.injection.fields(cls).given, scopes, path, {}, {})
        found.signed = Thing(marks=INPUT | _tags(found), cls=cls.scope)
        found.anonymous = Thing(marks=found.signed.tags | UNREAD, cls=cls.scope)
        return found

    def _object_of(self, cls: Class, found: Judgement) -> Value:
        """The object of a class for a caller without a credential: it is there, whatever was looked for."""
        children = iter(found.children)
        named: dict[str, Value] = {}
        for one in found.given:
            value = next(children).anonymous if one.is_dependency else one.absent or one.value
            named[one.parameter or one.name] = value or Thing()
        trial = Trial(self.around, anonymous=True)
        try:
            return trial.construct(cls, (), named, cls.scope.at)
        except (RaisedError, ExhaustedError, RecursionError):
            return Thing(marks=_tags(found) | UNREAD, cls=cls.scope)

    def function(
        self, function: Function, scopes: tuple[str, ...], path: str, *, name: str = "", at: str = "", made: str = ""
    ) -> Judgement:
        """What a function of the project does as a dependency."""
        found = Judgement(function=function.scope)
        anonymous: dict[str, Value] = {}
        signed: dict[str, Value] = {}
        if function.unread_signature:
            found.doubts.append(function.unread_signature)
        else:
            signature = self.injection.signature(function, path=path, scopes=scopes)
            self._children(found, signature.given, scopes, path, anonymous, signed)
        for outer in function.outer:
            self._decorator(found, outer)
        if not any(child.refused for child in found.children):
            nobody = self.tried(function, anonymous, is_anonymous=True)
            found.saw |= nobody.trial.record.saw
            self._anonymous(found, nobody, name or function.name, at or function.at)
        tried = self.tried(function, signed, is_anonymous=False)
        found.signed = tried.value
        found.serves = bool(tried.trial.record.served)
        found.asked.extend(tried.trial.record.asked)
        self._demands(found, tried, name or function.name, at or function.at, made or function.made_at, "before")
        place = next((one.at for one in tried.trial.record.limited if one.is_asked_for), "")
        if place and not any(guard.kind == "ownership" for guard in found.guards):
            found.guards.append(Guard("ownership", name or function.name, place, "before"))
        return found

    def _decorator(self, found: Judgement, outer: Value) -> None:
        name = outer.name if isinstance(outer, (Thing, Outside)) else ""
        if name in self.models.limiters:
            found.guards.append(
                Guard("rate-limit", name.rpartition(".")[2], outer.at if isinstance(outer, Thing) else "")
            )
        elif name in self.models.refusing and isinstance(outer, Thing):
            self._requires(found, outer)
        elif name in self.models.transparent:
            return
        elif guards_by_name(name.rpartition(".")[2]) and not name.startswith(("builtins.", "functools.")):
            found.doubts.append(f"is decorated with {name.rpartition('.')[2]} of a package that is not here")

    def _requires(self, found: Judgement, outer: Thing) -> None:
        from nomoat.survey.trial.registry import argument

        asked = argument(self.models.refusing[outer.name], outer.args, outer.named)
        values = asked.values if isinstance(asked, Items) else [asked]
        if isinstance(asked, Items) and asked.is_whole and not values:
            return  # All of nothing has everybody.
        found.refuses = "credential" not in self.around.forged
        if not found.refuses:
            found.doubts.append("who is signed in is up to middleware, which may sign a guest in")
        needed: list[Demand] = []
        for value in values:
            text = str(value.value) if isinstance(value, Const) else ""
            if text == "authenticated":
                found.guards.append(Guard("authentication", outer.name.rpartition(".")[2], outer.at))
                needed.append(AUTHENTICATION)
            else:
                found.guards.append(Guard("permission", text or outer.name.rpartition(".")[2], outer.at))
                needed.append(Demand("permission", text) if text else demands.UNKNOWN)
        found.demand = demands.both([found.demand, *needed])

    def _children(
        self, found: Judgement, given: list[Given], scopes: tuple[str, ...], path: str,
        anonymous: dict[str, Value], signed: dict[str, Value],
    ) -> None:  # fmt: skip
        for one in given:
            found.given.append(one)
            if one.is_dependency:
                child = self.dependency(one.dependency, (*scopes, *one.scopes), path)
                found.children.append(child)
                anonymous[one.name], signed[one.name] = child.anonymous, child.signed
            elif self._request is not None and self._is_request(one.value):
                anonymous[one.name], signed[one.name] = self._request
            elif one.value is not None:
                name = one.parameter or one.name
                anonymous[name], signed[name] = self._absent(one), one.value

    def _absent(self, one: Given) -> Value:
        """What a parameter is for a caller who sends no credential; anything, where middleware writes into requests."""
        value = one.absent or one.value or Thing()
        if "caller" in value.tags and one.place in self.around.forged:
            return Thing(marks=value.tags | UNREAD)
        return value

    # -- trials ------------------------------------------------------------------------------------------------------

    def tried(
        self,
        function: Function,
        named: dict[str, Value],
        *,
        is_anonymous: bool,
        at_hand: AtHand | None = None,
        is_handler: bool = False,
        is_before_all: bool = False,
    ) -> Tried:
        """A function on trial; what it sets on the request at hand stays there.

        What a handler sets, nothing else finds: its request is over then. `is_before_all`: it stands before handlers.
        """
        kind = (is_anonymous, self.around.by_default)
        trial = Trial(self.around, anonymous=is_anonymous, limits=self._limits(function, kind, is_handler=is_handler))
        # What stands before one route and its handler find what they leave on the request at hand.
        trial.judges, trial.leaves = True, not is_handler and at_hand is None
        trial.verifies = is_before_all and may_verify(function.scope)
        if at_hand is not None:
            trial.proxies, trial.has_statuses = at_hand.proxies, at_hand.has_statuses
            trial.application = at_hand.application
        parameters = function.scope.parameters if function.scope is not None else ()
        own = (at_hand.request,) if at_hand is not None else self._request or ()
        named = {name: value if value in own else _copied(value) for name, value in named.items()}
        takes_rest = any(one[4] in (2, 4) for one in parameters)
        if not takes_rest and function.scope is not None:
            names = {one[3] for one in parameters}
            named = {name: value for name, value in named.items() if name in names}
        try:
            value = trial.invoke(function, at_hand.positional if at_hand is not None else (), named, function.at)
            if function.wraps is not None:
                # A wrapper that is no coroutine function itself gives the coroutine of what it wraps.
                value = trial.ran(value)
        except RaisedError as raised:
            return Tried(False, Const(None), [*raised.ends, *trial.pending], trial)
        except (ExhaustedError, RecursionError):
            self._endless[function.scope, kind] += 1
            return Tried(True, Thing(), list(trial.pending), trial, is_exhausted=True)
        finally:
            self._spent[is_handler, kind] += trial.steps
            self._spent_by[function.scope, kind] += trial.steps
        return Tried(True, value, list(trial.pending), trial)

    def _limits(self, function: Function, kind: _Kind, *, is_handler: bool) -> Limits:
        endless = self._endless[function.scope, kind] if function.scope is not None else 0
        if endless > _MAX_ENDLESS:
            # The more often it came to no end, the less is lost with one more.
            return Limits(steps=max(_AFTERWARDS * _MAX_ENDLESS // endless, _LEAST // 2))
        together, each = _MAX_TOGETHER[kind[0]]
        # Handlers are many, what stands before them is told of all: neither is cut short for the other.
        spent = self._spent[is_handler, kind] / together
        is_fresh = not is_handler and self._spent_by[function.scope, kind] < _MAX_BEFORE
        return Limits() if spent <= 1 or is_fresh else Limits(steps=max(int(each / spent), min(each, _LEAST)))

    def _anonymous(self, found: Judgement, tried: Tried, name: str, at: str) -> None:
        about = [end for end in tried.ends if end.needs_credential]
        found.anonymous = tried.value
        if not tried.passes:
            found.refuses = bool(about) or any(
                status_of_raised(tried.trial, end.value) in (401, 403) for end in tried.ends
            )
            self._answered_otherwise(found, tried, name)
        elif tried.is_exhausted:
            found.doubts.append(f"{name} does too much to be followed ({at})")
        elif any(end.needs_credential for end in about):
            found.doubts.append(self._why(tried, name))
        found.doubts.extend(placed(why, place) for why, place in tried.trial.record.unknown)
        if not found.refuses:
            found.doubts.extend(unread(tried, name))

    def _answered_otherwise(self, found: Judgement, tried: Tried, name: str) -> None:
        """A refusal that the application answers as if it were none refuses nobody."""
        whys = [why for end in tried.ends if (why := unrefused(tried.trial, end.value))]
        sent = tried.trial.record.sent
        if found.refuses and (whys or sent):
            found.refuses = False
            found.doubts.append(
                f"{name} refuses, but {whys[0]}" if whys else f"{name} sends before it asks ({sent[0]})"
            )

    def _why(self, tried: Tried, name: str) -> str:
        """Which test lets a caller pass who is refused otherwise: the last one on the way to a refusal says it best."""
        ways = self._ways_to_refusals(tried)
        on_the_way = [one for way in ways for one in reversed(way) if one.test.anonymous is None]
        every = [*on_the_way, *tried.trial.record.undecided]
        for condition in every:
            if "setting" in condition.test.marks:
                return placed(f"{name} lets everybody pass when a setting says so", condition.at)
        about_who = [one for one in on_the_way if {"caller", "unread"} & one.test.marks]
        for condition in (*about_who, *(one for one in on_the_way if one.is_implied), *every):
            return placed(f"{name} lets a caller without a credential pass in some cases", condition.at)
        return f"{name} lets a caller without a credential pass on some paths"

    def _ways_to_refusals(self, tried: Tried) -> Iterator[tuple[Condition, ...]]:
        for end in tried.ends:
            if end.needs_credential:
                yield end.conditions
        answered = [(one[0], one[2]) for one in tried.trial.answered]
        refusals = [way for value, way in answered if status_of(tried.trial, value, self.models.answers) in (401, 403)]
        # One is sent elsewhere for many reasons that are not about who one is.
        yield from refusals
        yield from (way for value, way in answered if way not in refusals and is_redirect(tried.trial, value))

    # -- what is asked of somebody with a credential -----------------------------------------------------------------

    def _demands(
        self, found: Judgement, tried: Tried, name: str, at: str, made: str, runs: Runs, *, answers: bool = False
    ) -> None:
        """`answers`: what it gives stands in the place of what the handler would give."""
        statuses = [status_of_raised(tried.trial, end.value) for end in tried.ends]
        refusals = [
            Refusal(end, status, name, made or end.at, runs) for end, status in zip(tried.ends, statuses, strict=True)
        ]
        asked = self._take(found, [*refusals, *(self._answered(tried, name) if answers else ())])
        if found.refuses and not any(guard.kind == "authentication" for guard in found.guards):
            leaves = {leaf.kind for demand in asked for leaf in demand.leaves()}
            if not leaves & {"permission", "ownership", "signature"} or "authentication" in leaves:
                found.guards.insert(0, Guard("authentication", name, at, "before"))
        elif not found.refuses and any(leaf.kind == "authentication" for demand in asked for leaf in demand.leaves()):
            self._absorb(found, name, at)
        found.demand = demands.both([found.demand, *asked, *not_followed(tried)])

    def _absorb(self, found: Judgement, name: str, at: str) -> None:
        """What verifies the credential of a scheme is named instead of the scheme."""
        below = [one for child in found.children for one in child.all()]
        refusing = [one for one in below if one.refuses]
        if refusing and all(one.is_scheme for one in refusing):
            found.absorbs = refusing
            found.guards.insert(0, Guard("authentication", name, at, "before"))

    def _answered(self, tried: Tried, name: str) -> list[Refusal]:
        """What answers instead of the handler."""
        found: list[Refusal] = []
        for value, place, conditions, _, caught in tried.trial.answered:
            status = status_of(tried.trial, value, self.models.answers) or 0
            if status in (401, 403) or is_redirect(tried.trial, value):
                end = End(None, place, conditions, is_caught=caught)
                found.append(Refusal(end, status or 302, name, place, "before"))
        return found

    def authentication(self, name: str, at: str) -> Guard:
        """What stands for a check of who is calling."""
        return Guard("authentication", name, at, "before")

    def _take(self, found: Judgement, refusals: list[Refusal]) -> list[Demand]:
        """Takes note of what refuses, and gives what each of them demands."""
        for one in refusals:
            if one.status == _LIMITED:
                found.guards.append(Guard("rate-limit", one.name, one.at, one.runs))
        asked: list[Demand] = []
        for one, demand in demanded(refusals):
            asked.append(demand)
            for leaf in demand.leaves():
                guard = _guard_of(leaf, one.name, one.at, one.runs)
                if guard is not None and guard not in found.guards:
                    found.guards.append(guard)
        return asked


def not_followed(tried: Tried) -> list[Demand]:
    """What more may be asked where a trial came to no end."""
    return [demands.UNKNOWN] if tried.is_exhausted else []


def _guard_of(leaf: Demand, name: str, at: str, runs: Runs) -> Guard | None:
    if leaf.kind == "permission":
        return Guard("permission", leaf.name, at, runs)
    if leaf.kind == "unknown":
        return Guard("permission", name, at, runs)
    if leaf.kind in ("ownership", "csrf", "signature", "rate-limit"):
        return Guard(leaf.kind, name, at, runs)
    return None


def _tags(found: Judgement) -> frozenset[str]:
    tags: frozenset[str] = frozenset()
    for one in found.given:
        tags |= one.value.tags if one.value is not None else frozenset()
    for child in found.children:
        tags |= child.signed.tags & CALLER
    return tags


def unread(tried: Tried, name: str, within: Scope | None = None) -> Iterator[str]:
    """Doubts: a refusal that depends on what a function of another package makes of the request, or on a setting.

    `within`: the handler itself. What is switched off there by a setting is a part of the application.
    """
    for end in tried.ends:
        whys = tuple(_unread_ways(end, name, within, is_asked=any(one.needs_credential for one in tried.ends)))
        # What a handler makes of an exception takes a trial of its own.
        status = _status_told(tried, end) if whys else 0
        for least, why in whys:
            if status in least:
                yield why
    for at in _answers_untold(tried, name if within is not None else ""):
        yield f"{name} refuses who is not signed in by something that source does not tell ({at})"
    for at in _answers_by_what_is_unread(tried):
        yield f"{name} refuses by what a function of a package that is not here makes of the request ({at})"


def _unread_ways(end: End, name: str, within: Scope | None, *, is_asked: bool) -> Iterator[tuple[tuple[int, ...], str]]:
    """Of which statuses it would be a doubt that a caller ends here, and the doubt."""
    # A handler may forbid for many reasons, what is called like a guard and stands before it for one.
    is_sign_in = within is not None and end.function is not None and end.function.name == name.rpartition(".")[2]
    if _is_untold(end) and not (is_sign_in and _SIGN_IN.search(name.rpartition(".")[2])):
        statuses = _WHO if end.function is not within else (_UNAUTHENTICATED,)
        yield statuses, f"{name} refuses who is not signed in by something that source does not tell ({end.at})"
    if not is_asked and _is_by_setting(end, within):
        yield _WHO, placed(f"{name} lets everybody pass when a setting says so", end.at)
    if any(one.test.anonymous is None and "unread" in one.test.marks for one in end.conditions):
        yield _WHO, f"{name} refuses by what a function of a package that is not here makes of the request ({end.at})"


def _status_told(tried: Tried, end: End) -> int:
    """The status by which somebody is refused who may have a credential."""
    # Of its own exceptions a tree may say the status itself, and hand them to what is not followed.
    status = 0
    if not end.needs_credential:
        status = status_of_raised(tried.trial, end.value) or said_of_raised(tried.trial, end.value)
        if status not in _WHO and end.instead_of is not None:
            # Who is refused is told of a fault: `except Exception: raise ServerError()`.
            status = status_of_raised(tried.trial, end.instead_of)
    return status


def _answers_by_what_is_unread(tried: Tried) -> Iterator[str]:
    """Where a caller is answered 401 or 403 by what a function of another package made."""
    for value, at, conditions, _, _ in tried.trial.answered:
        is_by_that = any(one.test.anonymous is None and "unread" in one.test.marks for one in conditions)
        if is_by_that and status_of(tried.trial, value, tried.trial.models.answers) in _WHO:
            yield at


def _is_untold(end: End) -> bool:
    """Whether a guard by its name refuses for reasons that nothing which was read tells, but for settings."""
    told = [one for one in end.conditions if not one.test.marks or not one.test.marks <= _OF_SETTINGS]
    return _is_open(told) and end.function is not None and guards_by_name(end.function.name)


def _is_by_setting(end: End, handler: Scope | None) -> bool:
    """Whether a guard by its name refuses everybody who has no credential, unless a setting says otherwise."""
    undecided = [one.test for one in end.conditions if one.test.anonymous is None]
    is_by_setting = bool(undecided) and all(test.marks and test.marks <= _OF_SETTINGS for test in undecided)
    own = end.function if end.function is not handler else None
    return is_by_setting and own is not None and guards_by_name(own.name)


def _is_open(conditions: Iterable[Condition]) -> bool:
    """Whether nothing that was read tells whom these conditions are about."""
    tests = [condition.test for condition in conditions]
    return any(test.anonymous is None for test in tests) and not any(test.marks for test in tests)


def _answers_untold(tried: Tried, handler: str) -> Iterator[str]:
    """Where a guard by its name answers 401 or 403 for reasons that nothing which was read tells.

    A handler that is called `login` asks for a password by then, and anybody may try.
    """
    for value, at, conditions, scope, _ in tried.trial.answered:
        if scope.name == handler.rpartition(".")[2] and _SIGN_IN.search(scope.name):
            continue
        is_refusal = status_of(tried.trial, value, tried.trial.models.answers) in (401, 403)
        is_guard = guards_by_name(scope.name) or bool(_ASKS_ACCESS.search(scope.name))
        if is_refusal and is_guard and _is_open(conditions):
            yield at


#: How handlers are called by which people sign in.
_SIGN_IN = re.compile(
    r"^((user|api|do|post|handle|customer|account)_)?(log_?in|sign_?in)(_(user|post|submit|api))?$", re.I
)


def _copied(value: Value) -> Value:
    if isinstance(value, Thing) and value.named and not value.is_call:
        return Thing(
            value.name, value.args, dict(value.named), value.marks, value.trail, value.at, value.cls, value.why
        )
    if isinstance(value, Table):
        return Table(dict(value.entries), value.is_whole, value.other)
    return value


def _key(value: Value, scopes: tuple[str, ...]) -> tuple[object, ...]:
    if isinstance(value, Function):
        return (
            value.scope or id(value),
            id(value.env),
            id(value.me),
            id(value) if value.given or value.named else 0,
            scopes,
        )
    if isinstance(value, Class):
        return (value.scope, id(value.env), scopes)
    return (id(value), scopes)
