"""Runs bodies: statement after statement, and binds what they assign; holds what a trial remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import given_statuses, memories, overlaid, patterns, published, view_functions
from nomoat.survey.trial.blocks import Block
from nomoat.survey.trial.branches import Branch, Branches, deciding
from nomoat.survey.trial.calls import OVERRIDES, Calls
from nomoat.survey.trial.costs import Costs
from nomoat.survey.trial.flow import Flow
from nomoat.survey.trial.machine import Condition, End, Limits, RaisedError
from nomoat.survey.trial.refusals import SETS_STATUS, with_status
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.requests import entry_name
from nomoat.survey.trial.surroundings import Surroundings
from nomoat.survey.trial.tuples import as_tuple
from nomoat.survey.trial.unpacking import marked, missed, parts, without_answers
from nomoat.survey.trial.usually import Ways, happens, is_one_of_ways, told_later
from nomoat.survey.trial.values import (
    CALLER,
    LITERALS,
    MADE,
    PERHAPS,
    UNREAD,
    Choice,
    Class,
    Const,
    Env,
    Function,
    Items,
    ModuleValue,
    Object,
    Outside,
    Table,
    Thing,
    Value,
    joined,
    options,
)

#: Statuses that refuse somebody.
_REFUSES, _FAULTS = 400, 500
#: By these a class says of itself whether somebody is signed in.
_SAYS_WHO = frozenset(("is_authenticated", "is_anonymous", "is_active", "is_staff", "is_superuser"))
#: Attributes of an answer that change its status.
_STATUSES = frozenset(("status_code", "status", "code"))


def answers_of(given: Value | None) -> list[tuple[Value, Value]]:
    """Statuses or classes of exceptions, each with what answers it, of a table of them."""
    if not isinstance(given, Table):
        return []
    return [*((Const(raised), handler) for raised, handler in given.entries.items()), *given.pairs]


class Bodies(Calls):
    """State of a trial, bodies and assignments."""

    def __init__(
        self, surroundings: Surroundings, *, anonymous: bool = False, wires: bool = False, limits: Limits | None = None
    ) -> None:
        super().__init__(surroundings, limits)
        self.anonymous = anonymous
        self.wires = wires
        self.pending = []
        self.registered = []
        self.answered: list[tuple[Value, str, tuple[Condition, ...], Scope, bool]] = []
        #: What methods give under conditions, of which it is not known whether it is an answer.
        self.given: list[tuple[Value, str, tuple[Condition, ...], Scope]] = []
        self.raised_at: list[tuple[End, Scope]] = []
        self.catching: list[End | None] = []
        self.executed: set[Scope] = set()
        #: Functions that were not gone into, and may have put something into the request.
        self.passed_by: set[Scope] = set()
        #: What was called, be it worth to enter or not.
        self.met: set[Scope] = set()
        self.registries: list[Registry] = []
        self.costs = Costs()
        self.yielding: Items | None = None
        self.finished = {}
        self.closed = {}
        self.leaving: list[Value | None] = []
        self.ways: Ways = []
        self.blocks: list[Block] = []
        self.branches = Branches()

    def answer(self, value: Value, at: str, *, is_own: bool = True) -> None:
        """Takes note of an answer that is given here; `is_own`: middleware has not gone on to what comes after it."""
        scope = self.path[-1] if self.path else None
        if scope is not None:
            if is_own:
                self.record.own.append((value, at))
            self.answered.append((value, at, tuple(self.conditions), scope, self.caught_credential))

    def created(self, registry: Registry) -> None:
        """Takes note of a registry, and of the answers that it is given for exceptions."""
        self.registries.append(registry)
        self.costs.wired += 1
        if self.wires and registry.kind.is_application and not TEST_FILE.search(registry.at.rpartition(":")[0]):
            self.around.applications.append(registry)
        registry.shared_dependencies()
        if self.wires and registry.kind.is_application:
            self.around.handlers += answers_of(registry.taken("exception_handlers"))

    def statement(self, node: Node, env: Env) -> Flow:
        """Runs one statement."""
        raise NotImplementedError

    def run(self, body: Body, env: Env) -> Flow:
        """Runs a body; where a branch passed and ended, the rest stands under the other answer."""
        flow = Flow(env)
        implied = 0
        try:
            for place, node in enumerate(body):
                if flow.env is None:
                    break
                self.step()
                current = flow.env
                known = len(self.record.undecided)
                try:
                    found = self.statement(node, current)
                except RaisedError as raised:
                    flow.ends += raised.ends
                    flow.env = None
                    break
                flow.take(found)
                flow.env = found.env
                if found.returns_nobody and self.anonymous:
                    # Who has a credential would have come to what follows.
                    self.not_assigned(current, body[place + 1 :])
                if found.implies is not None:
                    self.conditions.append(found.implies)
                    implied += 1
                    # Whatever else there is, the end of the body stands under it, too.
                    flow.falls_by = (*flow.falls_by, found.implies)
                if found.returns and found.env is not None and not self.wires and place + 1 < len(body):
                    self._run_rest(flow, body[place + 1 :], deciding(one.test for one in self.record.undecided[known:]))
                    break
        finally:
            del self.conditions[len(self.conditions) - implied :]
        return flow

    def _run_rest(self, flow: Flow, rest: Body, told: frozenset[str]) -> None:
        """Runs what comes after a statement that may have returned: what it sets is set on this way alone."""
        written = [Branch()]
        assert flow.env is not None, "a way falls through"
        with self.branches.apart(written, is_apart=True):
            left = self.run(rest, flow.env)
        flow.take(left)
        flow.env = left.env
        flow.falls_by = (*flow.falls_by, *left.falls_by)
        if left.env or left.returns or left.loops or left.breaks:
            self.branches.together(written, self.unset, told)

    def not_assigned(self, env: Env, body: Body) -> None:
        """That `token = None` or `g.user = None` still holds is because the caller has no credential."""
        for node in form.walk_scope(body):
            for target in node[3] if node[0] == form.ASSIGN else ():
                held, name = self._held(env, target)
                if isinstance(before := held.get(name), Const):
                    held[name] = replace(before, marks=before.marks | CALLER)

    def _held(self, env: Env, target: Node) -> tuple[dict[str, Value], str]:
        """Where a name, an attribute of a name or an entry of a request is kept, and by which name."""
        if target[0] == form.NAME:
            return env.names, target[3]
        if target[0] in (form.ATTRIBUTE, form.SUBSCRIPT) and form.dotted(target[3]):
            owner = self.evaluate(env, target[3])
            if target[0] == form.ATTRIBUTE and isinstance(owner, (Thing, Object)):
                return owner.named if isinstance(owner, Thing) else owner.attributes, target[4]
            if target[0] == form.SUBSCRIPT and isinstance(owner, Thing) and owner.name in self.models.requests:
                return owner.named, f"[{entry_name(self.evaluate(env, target[4]))}]"
        return {}, ""

    def unset(self, owner: Object | Registry, name: str) -> Value | None:
        """What an object has under a name that was not set on it: what its class has."""
        if owner.cls is None:
            return None
        bases = [base for base in self.program.bases(owner.cls.scope) if not isinstance(base, str)]
        return self.attribute(owner, name) if any(name in base.bindings for base in bases) else None

    def assign(self, env: Env, target: Node, value: Value) -> None:
        """Binds a target."""
        kind = target[0]
        if kind == form.NAME:
            self._name_value(env, target[3], self._as_refusal(value))
        elif kind == form.ATTRIBUTE:
            owner = self.evaluate(env, target[3])
            if isinstance(owner, Function) and target[4] == "__signature__":
                owner.sign(value, env.scope.module.at(target))
            if target[4] in SETS_STATUS and target[3][0] == form.NAME and target[3][3] in env.names:
                env.names[target[3][3]] = with_status(owner, value, self.models.answers)
            given_statuses.note(self, env, owner, target[4], value)
            memories.made(env, target, value)
            self.set(owner, target[4], value)
        elif kind in (form.TUPLE, form.LIST):
            missed(self, value, target[3])
            taken = self._parts(without_answers(self, value, self.at(env, target)), target[3])
            for item, part in zip(target[3], taken, strict=True):
                self.assign(env, item, part)
        elif kind == form.STARRED:
            self.assign(env, target[3], value)
        elif kind == form.SUBSCRIPT:
            owner, key = self.evaluate(env, target[3]), self.evaluate(env, target[4])
            memories.keep(env, target, value)
            view_functions.put(self, owner, key, self.at(env, target))
            if isinstance(owner, Thing) and owner.name.startswith("request."):
                self.forges(owner, value, key)
                self._looked_behind.clear()
                if owner.name == "request.session":
                    self.put_in_session(key, value)
                elif owner.name == "request.scope":
                    self.put_in_scope(key, value)
            if isinstance(owner, Thing) and owner.name in self.models.requests and entry_name(key):
                name = f"[{entry_name(key)}]"
                owner.named[name] = self.carried(value, lambda: owner.named.get(name) or Thing(marks=value.tags))
            if isinstance(owner, Table) and isinstance(key, Const) and isinstance(key.value, (str, int)):
                undecided = any(one.test.anonymous is None for one in self.conditions)
                before = owner.entries.get(key.value)
                if self.wires and undecided and isinstance(before, Const) and not isinstance(value, (Function, Class)):
                    # `if key in os.environ: config[key] = os.environ[key]`
                    value = is_one_of_ways(self.conditions, before, value)
                owner.put(key.value, value, is_sure=not (self.unsure and undecided))
            elif isinstance(owner, Table):
                if not self.is_told_apart(key):
                    overlaid.put(self, owner, value)
                owner.kept.append((key, value))
            elif isinstance(owner, Items):
                self._put_in_place(owner, key, value)
            elif isinstance(owner, Registry) and self.wires:
                owner.keep(key, value, is_sure=not self.unsure)
            elif isinstance(owner, Outside) and owner.name.endswith(OVERRIDES):
                # `if settings.env == "dev":` replaces it for whoever says so.
                is_unusual = any(one.test.usual is (not one.answer) for one in self.conditions)
                (self.around.replaced_elsewhere if is_unusual else self.around.replaced).append(key)

    def _as_refusal(self, value: Value) -> Value:
        """The status that is chosen for who has no credential: `if user is None: code = 401`, which is given later."""
        is_status = self.anonymous and isinstance(value, Const) and type(value) in LITERALS and type(value.value) is int
        if not is_status or not isinstance(value, Const) or not _REFUSES <= int(str(value.value)) < _FAULTS:
            return value
        inside = self.conditions[self._own_first :]
        is_told = any(one.test.anonymous is one.answer and "caller" in one.test.marks for one in inside)
        return Const(value.value, value.marks | CALLER) if is_told else value

    def _name_value(self, env: Env, name: str, value: Value) -> None:
        if isinstance(value, Registry) and not value.variable:
            value.variable, value.module = name, env.scope.module.path
        target = env
        while target.parent is not None and name in target.scope.outer_names:
            target = target.parent
            if name in target.names:
                break
        target.names[name] = value

    def _put_in_place(self, items: Items, key: Value, value: Value) -> None:
        """Gives one item of a list another value; which one it is, where that is known."""
        place = key.value if isinstance(key, Const) and type(key.value) is int else None
        is_counted = items.is_whole or "place" in key.tags
        if place is None or not is_counted or not -len(items.values) <= place < len(items.values):
            self.taken_out(items, value)
        else:
            is_sure = self.is_sure_to_put(items, key)
            items.values[place] = value if is_sure else joined([items.values[place], value])

    def taken_out(self, items: Items, given: Value | None = None) -> None:
        """What is taken out of a list, or put in the place of something, may have been any of it."""
        other = given if given is not None and not isinstance(given, Items) else Const(None)
        items.values[:] = [Choice((*options(value), other)) for value in items.values]
        items.is_whole = False

    def set(self, owner: Value, name: str, value: Value) -> None:
        """Gives an attribute its value."""
        if self.wires and view_functions.note(self, owner, name, value):
            return
        if isinstance(owner, Object) and name == "__dict__":
            overlaid.update(self, overlaid.members_of(owner), value)
        elif isinstance(owner, Object):
            before = owner.attributes.get(name)
            # Where it has not come to this place, `if not settings.private: return`, it is what it was.
            is_skipped = self.wires and before is not None and any(map(_is_left, self.conditions[self._own_first :]))
            value = overlaid.unless_given(self, owner, value)
            value = told_later(self, owner, name, value) if self.wires else self._told_by_caller(value)
            self.branches.write(owner, name, joined([before, value]) if is_skipped and before else value)
        elif isinstance(owner, ModuleValue):
            if self.wires:
                self.module(owner.scope).names[name] = value
        elif isinstance(owner, Function) and name in ("__code__", "__defaults__", "__kwdefaults__"):
            if not _is_of_same(owner, value):
                self.around.replaced.append(owner)
        elif isinstance(owner, Function):
            owner.attributes[name] = value
        elif isinstance(owner, Class) and (self.wires or self._is_defining):
            self.class_names(owner).names[name] = value
        elif isinstance(owner, Registry):
            before = owner.attributes.get(name)
            if before is not None and self._is_configuring(owner):
                is_usual = bool(happens(self.conditions))
                value = is_one_of_ways(self.conditions, before, value) if is_usual else joined([before, value])
            self.branches.write(owner, name, value)
            if self.wires and "configure" in owner.kind.takes:
                further = (one for one in self.conditions if one not in owner.under)
                is_open = any(one.test.anonymous is None and not one.is_implied for one in further)
                owner.configured(name, value, is_sure=not self.unsure and not is_open)
            if name in self.models.dependencies_attributes:
                owner.dependencies = value if isinstance(value, Items) else Items([Choice((value, Const(None)))])
            if OVERRIDES == f".{name}":
                self.around.replaced.append(None)
            if isinstance(value, Registry) and not value.variable:
                value.variable = name
        elif isinstance(owner, Thing) and owner.name in self.models.listed and self.wires:
            patterns.put(self, owner, name, value, is_sure=not self.unsure)
        elif isinstance(owner, Thing) and owner.name in self.models.schemes and self.wires:
            owner.named[name] = Thing() if self.conditions or self.unsure else value
        elif isinstance(owner, Thing) and self.wires and name in self.models.dependencies_attributes:
            self.around.replaced.append(None)
        elif isinstance(owner, Thing) and (owner.name.startswith("request.") or owner.name in self.models.requests):
            value = self._stands_for(value) if self.models.request.get(name) == "credential" else value
            is_there = name in owner.named and PERHAPS + name not in owner.named
            owner.named[name] = self.carried(value, lambda: self._carried_before(owner, name))
            if self.unsure and not is_there:
                owner.named[PERHAPS + name] = Const(None)
            else:
                owner.named.pop(PERHAPS + name, None)
            # Who is signed in may be another one now.
            self._looked_behind.clear()
            if owner.name == "request.state" and self.anonymous and self.leaves:
                self.around.leave(name, value)
        elif isinstance(owner, Thing) and owner.name in self.models.answers and name in _STATUSES:
            for known in self.models.answers[owner.name].status.names:
                owner.named[known] = value
        elif isinstance(owner, Thing) and not owner.name and self.wires:
            published.keep(self, name, value)

    def _carried_before(self, owner: Thing, name: str) -> Value:
        """What a request has under a name so far; asking for it does not end where nobody has put it there."""
        try:
            return self.attribute(owner, name)
        except RaisedError:
            return Thing(trail=(name,))

    def _stands_for(self, value: Value) -> Value:
        """An account that is put in the place of who sent no credential: it may be one that counts as nobody."""
        if self.anonymous and all(self._is_nobody(one) for one in options(value)):
            # `request.user = Guest()`, of a class that is made of what stands for nobody and says nothing else of it.
            return Thing("request.credential", marks=CALLER | MADE)
        if not self.anonymous or not self.around.has_own_accounts:
            return value
        # Of what is made here, source says what it is: `request.user = Visitor()`.
        is_told = all(isinstance(one, (Const, Object)) or one.tags & {"caller", "input"} for one in options(value))
        return value if is_told else Thing(marks=CALLER | UNREAD)

    def _is_nobody(self, value: Value) -> bool:
        if isinstance(value, Thing):
            return value.name in self.models.nobody and value.is_call and not value.trail
        bases = self.program.bases(value.cls.scope) if isinstance(value, Object) else ()
        own = [base for base in bases if not isinstance(base, str)]
        return bool(self.models.nobody.intersection(base for base in bases if isinstance(base, str))) and not any(
            _SAYS_WHO & base.bindings.keys() for base in own
        )

    def _is_configuring(self, registry: Registry) -> bool:
        """Whether a method of what stands for a package changes it where source does not fix that code runs."""
        is_own = registry.cls is not None and registry.cls.scope.module.is_library and bool(self.path)
        further = (one for one in self.conditions if one not in registry.under)
        return is_own and any(one.test.anonymous is None and not one.is_implied for one in further)

    @property
    def _own_first(self) -> int:
        """How many conditions stand before the function at hand."""
        return self.entered[-1] if self.entered else 0

    @property
    def _is_defining(self) -> bool:
        """Whether a body of a module or class runs, and not a request."""
        return not self.path

    def _told_by_caller(self, value: Value) -> Value:
        """None that an object has because there is no credential: `else: self.user = None` where nobody was found."""
        if not self.anonymous or not isinstance(value, Const) or value.value is not None:
            return value
        within = (one for one in self.conditions[self._own_first :] if not one.is_implied)
        return Const(None, value.marks | CALLER) if any("caller" in one.test.marks for one in within) else value

    def carried(self, value: Value, before: Callable[[], Value]) -> Value:
        """What a request carries from here on: what was set where code may not run is only one of both."""
        is_told = self.anonymous and (
            self.decided[-1] or any("caller" in condition.test.marks for condition in self.conditions)
        )
        if is_told and isinstance(value, Const) and not value.value:
            # It is None or False because there is no credential.
            value = Const(value.value, value.marks | CALLER)
        elif is_told and isinstance(value, Object):
            value = marked(value)
        if self.unsure and isinstance(value, Const) and value.value is True:
            # `if row is not None: request["is_known"] = True`: it is so because of who calls.
            asked = [one.test.marks & _OF_CALLERS for one in self.conditions if one.test.anonymous is None]
            value = Const(True, value.marks.union(*asked), value.label)
        return joined([before(), value]) if self.unsure else value

    def _parts(self, value: Value, targets: tuple[Node, ...]) -> list[Value]:
        is_even = isinstance(value, Choice) and not any(item[0] == form.STARRED for item in targets)
        together = parts(value, len(targets)) if is_even and isinstance(value, Choice) else None
        return together or [self._part(value, place, len(targets)) for place in range(len(targets))]

    def _part(self, value: Value, place: int, count: int) -> Value:
        value = as_tuple(self, value)
        if isinstance(value, Items) and place < len(value.values):
            return value.values[place]
        if isinstance(value, Thing) and self.wires and (given := patterns.given_by_include(self, value)):
            return given[place] if place < len(given) else Const(None)
        if isinstance(value, Thing) and value.name == "module-info":
            return (self.unknown(""), value.named["name"], value.named["ispkg"])[place] if place < 3 else Const(None)
        if isinstance(value, Choice):
            # Of what may not be there at all, there are no parts: code that takes it apart has it.
            there = [one for one in value.options if not (isinstance(one, Const) and one.value is None)]
            return joined([self._part(option, place, count) for option in there or value.options])
        return self.element(value)


#: What a test tells that is about who calls, or that may be.
_OF_CALLERS = frozenset(("caller", "signature", "unread"))


def _is_left(condition: Condition) -> bool:
    """Whether the function may have ended before, in a way that source does not fix."""
    return condition.is_implied and condition.test.anonymous is None


def _is_of_same(function: Function, part: Value) -> bool:
    """Whether it is a part of the function that this one is a copy of: `copied.__defaults__ = read.__defaults__`."""
    of = part.me if isinstance(part, Outside) else None
    return isinstance(of, Function) and of.scope is not None and of.scope is function.scope
