"""Runs statements: every path that is not decided is gone, and what each leaves behind is joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import Binding, How, Imported, Scope
from nomoat.survey.trial import queries
from nomoat.survey.trial.calls import OVERRIDES, Calls
from nomoat.survey.trial.demands import OTHER, Demand
from nomoat.survey.trial.machine import (
    Condition,
    Delayed,
    End,
    ExhaustedError,
    Limits,
    RaisedError,
    Surroundings,
)
from nomoat.survey.trial.refusals import names_of, status_of
from nomoat.survey.trial.registry import Entry, Registering, Registry
from nomoat.survey.trial.values import (
    CALLER,
    NOTHING,
    Choice,
    Class,
    Const,
    Env,
    Function,
    Items,
    Object,
    Outside,
    Table,
    Test,
    Thing,
    Value,
    joined,
    union,
)

_MAX_LOOP = 200
_MAX_INSIDE = 2
_SHORT_BYTES = 2_500
_MAX_ASKED = 4


@dataclass
class Flow:
    """How a body ended: it falls through with `env`, returns, raises, or leaves a loop."""

    env: Env | None = None
    returns: list[Value] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    loops: list[Env] = field(default_factory=list)
    #: What the rest of the body stands under, because the other way passed and ended.
    implies: Condition | None = None

    def take(self, other: Flow) -> None:
        """Adds what the other left, but not where it falls through."""
        self.returns += other.returns
        self.ends += other.ends
        self.loops += other.loops


def merged(envs: list[Env]) -> Env | None:
    """One set of names of several."""
    if len(envs) < 2:
        return envs[0] if envs else None
    names: dict[str, Value] = {}
    for env in envs:
        for name in env.names:
            if name not in names:
                values = [one.names[name] for one in envs if name in one.names]
                names[name] = values[0] if all(value is values[0] for value in values) else _joined(values)
    first = envs[0]
    first.names = names
    return first


def _joined(values: list[Value]) -> Value:
    return joined([value.get() if isinstance(value, Delayed) else value for value in values])


class Trial(Calls):
    """The whole."""

    def __init__(
        self, surroundings: Surroundings, *, anonymous: bool = False, wires: bool = False, limits: Limits | None = None
    ) -> None:
        super().__init__(surroundings, limits)
        self.anonymous = anonymous
        self.wires = wires
        self.pending = []
        self.registered = []
        self.answered: list[tuple[Value, str, tuple[Condition, ...], Scope, bool]] = []
        self.raised_at: list[tuple[End, Scope]] = []
        self.catching: list[End | None] = []
        self.executed: set[Scope] = set()
        self.registries: list[Registry] = []

    def answer(self, value: Value, at: str) -> None:
        """Takes note of an answer that is given here."""
        scope = self.path[-1] if self.path else None
        if scope is not None:
            self.answered.append((value, at, tuple(self.conditions), scope, self.caught_credential))

    def created(self, registry: Registry) -> None:
        """Takes note of a registry."""
        self.registries.append(registry)

    # -- modules and classes -----------------------------------------------------------------------------------------

    def run_module(self, scope: Scope, env: Env) -> None:
        """Runs the statements of a module, each with a limit of its own."""
        trial = self if self.wires else Trial(self.around, limits=self.limits)
        held = (trial.conditions, trial.pending, trial.depth, trial.raising, trial.steps)
        trial.conditions, trial.pending, trial.depth, trial.raising = [], [], 0, 0
        for node in scope.body:
            trial.steps = 0
            try:
                flow = trial.run((node,), env)
                if flow.env is not None and flow.env is not env:
                    env.names = flow.env.names
            except (RaisedError, ExhaustedError, RecursionError):
                continue
        trial.conditions, trial.pending, trial.depth, trial.raising, trial.steps = held

    def class_names(self, cls: Class) -> Env:
        """The names in the body of a class, run once for each place where the class is defined."""
        key = (cls.scope, id(cls.env))
        env = self._classes.get(key)
        if env is None:
            env = self._classes[key] = Env(cls.scope, cls.env)
            try:
                flow = self.run(cls.scope.body, env)
                if flow.env is not None:
                    env.names = flow.env.names
            except (RaisedError, RecursionError):
                pass
        return env

    @property
    def _classes(self) -> dict[tuple[Scope, int], Env]:
        return self.around.classes

    # -- calls -------------------------------------------------------------------------------------------------------

    def invoke(self, function: Function, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        """Enters a function of the project."""
        args = (*function.given, *args)
        named = {**function.named, **named}
        if function.me is not None:
            args = (function.me, *args)
        if function.scope is None:
            return self._lambda_called(function, args, named)
        scope = function.scope
        marks = union(args) | union(named.values())
        if self.depth >= self.limits.depth or self.path.count(scope) >= _MAX_INSIDE:
            return Thing(marks=marks, at=at)
        if _is_stub(scope) and self.depth:
            return Thing(marks=marks, at=at)
        if not self.wires and self.depth and not self._is_worth(scope, marks, (*args, *named.values())):
            return self._unentered(scope, marks, at)
        self.executed.add(scope)
        env = Env(scope, function.env, {}, at)
        self.bind(env, scope.parameters, args, named, function.env)
        return self._entered_body(scope, env, is_given_caller="caller" in marks)

    def _entered_body(self, scope: Scope, env: Env, *, is_given_caller: bool) -> Value:
        self.depth += 1
        self.path.append(scope)
        self.decided.append(False)
        held, self.registered = self.registered, []
        try:
            flow = self.run(scope.body, env)
        finally:
            self.depth -= 1
            self.path.pop()
            about_caller = self.decided.pop()
            self.registered = held
        values = flow.returns + ([Const(None)] if flow.env is not None or flow.loops else [])
        if self.around.is_generator(scope):
            values = flow.returns or [Const(None)] if flow.returns or flow.env is not None else []
        if not values:
            raise RaisedError(flow.ends)
        self.pending.extend(flow.ends)
        if about_caller:
            # It is None or False because there is no credential.
            values = [Const(one.value, CALLER) if isinstance(one, Const) and not one.value else one for one in values]
        if is_given_caller and not self.wires and not self.anonymous:
            # Whatever literal stands for it here, a credential found it; who has none gets the literal as it is.
            values = [
                Thing(marks=CALLER) if isinstance(one, (Table, Items)) and not one.tags else one for one in values
            ]
        return joined(values)

    def _is_worth(self, scope: Scope, marks: frozenset[str], given: tuple[Value, ...]) -> bool:
        for value in given:
            is_request = isinstance(value, Thing) and (value.name in self.models.requests and not value.is_call)
            if is_request and self.depth <= _MAX_ASKED:
                return True
        if self.around.may_refuse(scope):
            return True
        assert scope.node is not None
        # What only answers a question about the caller is short, and near to the one who asks.
        is_short = scope.node[2] - scope.node[1] < _SHORT_BYTES and self.depth <= _MAX_ASKED
        return is_short and (bool(marks & (CALLER | {"signature"})) or self.around.makes(scope))

    def _unentered(self, scope: Scope, marks: frozenset[str], at: str) -> Value:
        found = self.program.returned(scope)
        cls = found.scope if found.kind == "instance" else None
        return Thing(found.name if found.kind == "instance" else "", marks=marks, at=at, cls=cls, is_call=True)

    def _lambda_called(self, function: Function, args: tuple[Value, ...], named: dict[str, Value]) -> Value:
        assert function.node is not None
        env = Env(function.env.scope, function.env, {})
        self.bind(env, function.node[3], args, named, function.env)
        return self.evaluate(env, function.node[4])

    def bind(
        self, env: Env, parameters: tuple[Node, ...], args: tuple[Value, ...], named: dict[str, Value], outer: Env
    ) -> None:
        """Gives parameters their values."""
        left = list(args)
        rest = dict(named)
        for parameter in parameters:
            name, kind = parameter[form.P_NAME], parameter[form.P_KIND]
            if kind == form.VARARGS:
                env.names[name] = Items(left)
                left = []
            elif kind == form.KWARGS:
                entries: dict[object, Value] = {}
                entries.update(rest)
                env.names[name] = Table(entries)
            elif kind != form.KEYWORD and left:
                env.names[name] = self.typed(env, parameter, left.pop(0))
                rest.pop(name, None)
            elif name in rest:
                env.names[name] = self.typed(env, parameter, rest.pop(name))
            elif parameter[form.P_DEFAULT] is not None:
                env.names[name] = self.evaluate(outer, parameter[form.P_DEFAULT])
            else:
                env.names[name] = self.typed(env, parameter, Thing(trail=(name,)))

    def typed(self, env: Env, parameter: Node, value: Value) -> Value:
        """The value with the class that its parameter declares, where nothing better is known."""
        annotation = parameter[form.P_ANNOTATION]
        if annotation is None or not isinstance(value, Thing) or value.cls is not None or value.name:
            return value
        found = self.program.annotation(env.scope.parent or env.scope, annotation)
        if found.kind != "instance":
            return value
        name = found.name if found.name in self.models.requests and not value.marks else value.name
        return Thing(name, value.args, value.named, value.marks, value.trail, value.at, found.scope, value.why)

    def scheme(self, value: Value, at: str) -> Value:
        """What a scheme gives: refuses without a credential, unless it is told not to."""
        given = value.attributes.get("__super__") if isinstance(value, Object) else value
        named = given.named if isinstance(given, Thing) else {}
        name = given.name if isinstance(given, Thing) else ""
        scheme = self.models.schemes.get(name)
        says = named.get(scheme.unless) if scheme is not None and scheme.unless else None
        optional = named.get(scheme.optional) if scheme is not None and scheme.optional else None
        lenient = _is(says, False) or _is(optional, True)
        open_end = (says is not None and not isinstance(says, Const)) or (
            optional is not None and not isinstance(optional, Const)
        )
        if not self.anonymous:
            return Thing("", marks=CALLER, trail=("credentials",))
        if lenient:
            return Const(None, CALLER)
        end = End(None, at, tuple(self.conditions), needs_credential=True, kind="authentication")
        if open_end:
            self.pending.append(end)
            return Thing(marks=CALLER)
        raise RaisedError([end])

    # -- bodies ------------------------------------------------------------------------------------------------------

    def run(self, body: Body, env: Env) -> Flow:
        """Runs a body; where a branch passed and ended, the rest stands under the other answer."""
        flow = Flow(env)
        implied = 0
        try:
            for node in body:
                if flow.env is None:
                    break
                self.step()
                current = flow.env
                try:
                    found = _STATEMENTS.get(node[0], _ignored)(self, node, current)
                except RaisedError as raised:
                    flow.ends += raised.ends
                    flow.env = None
                    break
                flow.take(found)
                flow.env = found.env
                if found.implies is not None:
                    self.conditions.append(found.implies)
                    implied += 1
        finally:
            del self.conditions[len(self.conditions) - implied :]
        return flow

    def assign(self, env: Env, target: Node, value: Value) -> None:
        """Binds a target."""
        kind = target[0]
        if kind == form.NAME:
            self._name_value(env, target[3], value)
        elif kind == form.ATTRIBUTE:
            owner = self.evaluate(env, target[3])
            self._set(owner, target[4], value)
        elif kind in (form.TUPLE, form.LIST):
            for place, item in enumerate(target[3]):
                self.assign(env, item, self._part(value, place, len(target[3])))
        elif kind == form.STARRED:
            self.assign(env, target[3], value)
        elif kind == form.SUBSCRIPT:
            owner, key = self.evaluate(env, target[3]), self.evaluate(env, target[4])
            if isinstance(owner, Table) and isinstance(key, Const) and isinstance(key.value, (str, int)):
                owner.entries[key.value] = value
            elif isinstance(owner, Table):
                owner.is_whole, owner.other = False, value
            elif isinstance(owner, Outside) and owner.name.endswith(OVERRIDES):
                self.around.replaced.append(key)

    def _name_value(self, env: Env, name: str, value: Value) -> None:
        if isinstance(value, Registry) and not value.variable:
            value.variable, value.module = name, env.scope.module.path
        target = env
        while target.parent is not None and name in target.scope.outer_names:
            target = target.parent
            if name in target.names:
                break
        target.names[name] = value

    def _set(self, owner: Value, name: str, value: Value) -> None:
        if isinstance(owner, Object):
            owner.attributes[name] = value
        elif isinstance(owner, Class) and self.wires:
            self.class_names(owner).names[name] = value
        elif isinstance(owner, Registry):
            owner.attributes[name] = value
            if OVERRIDES == f".{name}":
                self.around.replaced.append(None)
            if isinstance(value, Registry) and not value.variable:
                value.variable = name
        elif isinstance(owner, Thing) and owner.name in self.models.schemes and self.wires:
            owner.named[name] = Thing() if self.conditions or self.unsure else value
        elif isinstance(owner, Thing) and owner.name.startswith("request."):
            owner.named[name] = value

    def _part(self, value: Value, place: int, count: int) -> Value:
        if isinstance(value, Items) and place < len(value.values):
            return value.values[place]
        if isinstance(value, Thing) and value.name == "module-info":
            return (self.unknown(""), value.named["name"], value.named["ispkg"])[place] if place < 3 else Const(None)
        if isinstance(value, Choice):
            return joined([self._part(option, place, count) for option in value.options])
        return self.element(value)

    # -- statements --------------------------------------------------------------------------------------------------

    def _expression(self, node: Node, env: Env) -> Flow:
        value = node[3]
        if value[0] == form.YIELD:
            given = self.evaluate(env, value[3]) if value[3] is not None else Const(None)
            # What runs after a `yield` runs after the handler; for who passes, it is the end.
            return Flow(None, [given])
        if value[0] == form.CALL and self._never_runs(env, value):
            self.all_of(env, value[4])
            return Flow(env)
        before = len(self.record.limited)
        self.evaluate(env, value)
        if queries.is_dropped(value):
            del self.record.limited[before:]
        return Flow(env)

    def _never_runs(self, env: Env, call: Node) -> bool:
        """Whether a call whose result is dropped only makes a coroutine or a generator, of which nothing runs."""
        if call[3][0] not in (form.NAME, form.ATTRIBUTE):
            return False
        callee = self.evaluate(env, call[3])
        scope = callee.scope if isinstance(callee, Function) and not callee.outer else None
        if scope is None or scope.node is None:
            return False
        return bool(scope.node[form.F_ASYNC]) or self.around.is_generator(scope)

    def _assign(self, node: Node, env: Env) -> Flow:
        targets = node[3] if node[0] == form.ASSIGN else (node[3],)
        value_node = node[4] if node[0] == form.ASSIGN else node[5]
        if value_node is None:
            return Flow(env)
        if value_node[0] == form.YIELD:
            return self._expression((form.EXPRESSION, node[1], node[2], value_node), env)
        value = self.evaluate(env, value_node)
        if node[0] == form.ANNOTATED and isinstance(value, Thing) and value.cls is None:
            found = self.program.annotation(env.scope, node[4])
            if found.kind == "instance" and found.scope is not None:
                value = Thing(value.name, value.args, value.named, value.marks, value.trail, value.at, found.scope)
        for target in targets:
            self.assign(env, target, value)
        return Flow(env)

    def _augmented(self, node: Node, env: Env) -> Flow:
        before, given = self.evaluate(env, node[3]), self.evaluate(env, node[5])
        if isinstance(before, Items) and isinstance(given, Items) and node[4] == "+":
            self._add(before, "extend", given)
        elif isinstance(before, Const) and isinstance(given, Const) and node[4] == "+":
            both = isinstance(before.value, str) and isinstance(given.value, str)
            value: Value = Const(f"{before.value}{given.value}", before.marks | given.marks) if both else Thing()
            self.assign(env, node[3], value)
        elif isinstance(before, Table) and isinstance(given, Table):
            before.entries.update(given.entries)
        else:
            self.assign(env, node[3], Thing(marks=before.tags | given.tags))
        return Flow(env)

    def _return(self, node: Node, env: Env) -> Flow:
        value = self.evaluate(env, node[3]) if node[3] is not None else Const(None)
        refused = status_of(self, value, self.models.answers)
        if refused is not None and not self.wires:
            self.answered.append((value, self.at(env, node), tuple(self.conditions), env.scope, self.caught_credential))
        return Flow(None, [value])

    def _raise(self, node: Node, env: Env) -> Flow:
        value = self.evaluate(env, node[3]) if node[3] is not None else None
        if isinstance(value, (Class, Outside)):
            value = self.call(value, (), {}, self.at(env, node), env)
        if value is None and self.catching and self.catching[-1] is not None:
            value = self.catching[-1].value
        conditions = tuple(self.conditions)
        needs = (
            any(condition.test.marks & (CALLER | {"signature"}) for condition in conditions) or self.caught_credential
        )
        needs = needs or (self.anonymous and self.decided[-1])
        kind = next((end.kind for end in self.catching if end is not None and end.kind), "")
        end = End(value, self.at(env, node), conditions, needs, kind, self.caught_credential, env.scope)
        if not self.wires:
            self.raised_at.append((end, env.scope))
        return Flow(None, ends=[end])

    @property
    def caught_credential(self) -> bool:
        """Whether this runs because something that was given a credential raised."""
        return any(end is not None and end.needs_credential for end in self.catching)

    def _if(self, node: Node, env: Env) -> Flow:
        flow = Flow()
        falls: list[Env] = []
        entered = 0
        current: Env | None = env
        implied: Condition | None = None
        for test_node, body in node[3]:
            test = self.test(current or env, test_node)
            condition = Condition(test, True, self.at(env, test_node))
            if test.anonymous is not None and "caller" in test.marks:
                self.decided[-1] = True
            if test.anonymous is False:
                continue
            decided = test.anonymous is True
            self.conditions.append(condition)
            entered += 1
            with self.perhaps(not decided):
                branch = self.run(body, env if decided else env.copy())
            self.conditions[-1] = Condition(test, False, condition.at)
            flow.take(branch)
            if branch.env is not None:
                falls.append(branch.env)
            elif branch.returns and not decided:
                implied = Condition(test, False, condition.at, is_implied=True)
            if test.anonymous is None and test.marks:
                self.record.undecided.append(condition)
            if decided:
                current = None
                break
        if current is not None:
            with self.perhaps(entered > 0):
                rest = self.run(node[4], env)
            flow.take(rest)
            if rest.env is not None:
                falls.append(rest.env)
        del self.conditions[len(self.conditions) - entered :]
        flow.env = merged(falls)
        if implied is not None and len(node[3]) == 1:
            flow.implies = implied
        return flow

    def _for(self, node: Node, env: Env) -> Flow:
        source = self.evaluate(env, node[4])
        known = isinstance(source, Items) and source.is_whole and len(source.values) <= _MAX_LOOP
        elements = source.values if known and isinstance(source, Items) else [self.element(source)]
        flow = Flow()
        current: Env | None = env
        before = None if known and elements else env.copy()
        for element in list(elements):
            if current is None:
                break
            self.assign(current, node[3], element)
            with self.perhaps(before is not None):
                inner = self.run(node[5], current)
            flow.returns += inner.returns
            flow.ends += inner.ends
            current = merged([one for one in (inner.env, *inner.loops) if one is not None])
        falls = [one for one in (current, before) if one is not None]
        flow.env = merged(falls)
        if flow.env is not None and node[6]:
            rest = self.run(node[6], flow.env)
            flow.take(rest)
            flow.env = rest.env
        return flow

    def _while(self, node: Node, env: Env) -> Flow:
        test = self.test(env, node[3])
        before = None if test.anonymous is True and not test.marks else env.copy()
        with self.perhaps(before is not None):
            flow = self.run(node[4], env)
        falls = [one for one in (flow.env, before, *flow.loops) if one is not None]
        flow.loops = []
        flow.env = merged(falls)
        return flow

    def _leave_loop(self, node: Node, env: Env) -> Flow:
        return Flow(None, loops=[env])

    def _with(self, node: Node, env: Env) -> Flow:
        before, mark = env.copy(), len(self.pending)
        quiet: list[Callable[[End], bool]] = []
        for value_node, target in node[3]:
            value = self.evaluate(env, value_node)
            quiet.append(self._quiet(env, value_node, value))
            if isinstance(value, Object):
                enter = self.attribute(value, "__enter__")
                if isinstance(enter, Function):
                    value = self.invoke(enter, (), {}, self.at(env, value_node))
            if target is not None:
                self.assign(env, target, value)
        flow = self.run(node[4], env)
        swallowed = [end for end in (*flow.ends, *self.pending[mark:]) if any(is_quiet(end) for is_quiet in quiet)]
        if swallowed:
            flow.ends = [end for end in flow.ends if end not in swallowed]
            self.pending[mark:] = [end for end in self.pending[mark:] if end not in swallowed]
            flow.env = merged([before] if flow.env is None else [flow.env, before])
        return flow

    def _quiet(self, env: Env, node: Node, value: Value) -> Callable[[End], bool]:
        """Whether a context manager may keep an exception to itself."""
        if isinstance(value, Object):
            leaves = [self.attribute(value, name) for name in ("__exit__", "__aexit__")]
            scopes = [leave.scope for leave in leaves if isinstance(leave, Function) and leave.scope is not None]
            return lambda end: any(_may_return_true(scope.body) for scope in scopes)
        callee = self.evaluate(env, node[3]) if node[0] == form.CALL else None
        if isinstance(callee, Outside) and callee.name == "contextlib.suppress":
            return lambda end: any(self._matches(env, kind, end) for kind in node[4])
        made = callee.scope if isinstance(callee, Function) else None
        return lambda end: made is not None and _catches(made.body)

    def _try(self, node: Node, env: Env) -> Flow:
        body, handlers, orelse, final = node[3], node[4], node[5], node[6]
        before = env.copy()
        refusing = any(self._refuses(before, handler[5]) for handler in handlers)
        mark, undecided = len(self.pending), len(self.conditions)
        self.raising += refusing
        try:
            flow = self.run(body, env)
        finally:
            self.raising -= refusing
            del self.conditions[undecided:]
        raised = flow.ends + self.pending[mark:]
        del self.pending[mark:]
        flow.ends = []
        falls = [flow.env] if flow.env is not None else []
        if flow.env is not None and orelse:
            rest = self.run(orelse, flow.env)
            flow.take(rest)
            falls = [rest.env] if rest.env is not None else []
        self._handle(handlers, before, raised, flow, falls)
        flow.env = merged(falls)
        if final:
            last = self.run(final, flow.env or before)
            flow.take(last)
            flow.env = last.env if flow.env is not None else None
        return flow

    def _handle(self, handlers: Body, before: Env, raised: list[End], flow: Flow, falls: list[Env]) -> None:
        uncaught = list(raised)
        for handler in handlers:
            caught = [end for end in uncaught if self._matches(before, handler[3], end)]
            uncaught = [end for end in uncaught if end not in caught]
            if not caught and (self.anonymous or self.wires):
                continue
            end = next((one for one in caught if one.needs_credential), caught[0] if caught else None)
            inner = before.copy()
            if handler[4]:
                inner.names[handler[4]] = end.value if end is not None and end.value is not None else Thing()
            self.catching.append(end if end is not None else self._supposed(before))
            self.decided[-1] = self.decided[-1] or bool(end is not None and end.needs_credential)
            held = self.conditions
            self.conditions = list(end.conditions) if end is not None and len(end.conditions) > len(held) else held
            try:
                with self.perhaps():
                    found = self.run(handler[5], inner)
            finally:
                self.catching.pop()
                self.conditions = held
            flow.take(found)
            if found.env is not None:
                falls.append(found.env)
        flow.ends += uncaught

    def _supposed(self, env: Env) -> End:
        """Any call may raise; whether one with a credential does is what a handler is for."""
        return End(None, "", needs_credential=any("caller" in value.tags for value in env.names.values()))

    def _refuses(self, env: Env, body: Body) -> bool:
        """Whether a handler turns what it catches into a refusal."""
        for node in form.walk_scope(body):
            if node[0] == form.RAISE:
                status = self._status_in(env, node[3])
                if status is None or status in (0, 401, 403, 498) or status > 999:
                    return True
            if node[0] == form.RETURN and node[3] is not None and node[3][0] == form.CALL:
                status = self._status_in(env, node[3])
                if status in (401, 403):
                    return True
        return False

    def _status_in(self, env: Env, node: Node | None) -> int | None:
        if node is None:
            return None
        held = self.pending, self.raising, self.record
        try:
            value = self.evaluate(env.copy(), node)
        except (RaisedError, ExhaustedError):
            return None
        finally:
            self.pending, self.raising, self.record = held
        return status_of(self, value, self.models.raised) or status_of(self, value, self.models.answers)

    def _matches(self, env: Env, type_node: Node | None, end: End) -> bool:
        if type_node is None:
            return True
        parts = type_node[3] if type_node[0] == form.TUPLE else (type_node,)
        own = names_of(self, end.value)
        for part in parts:
            caught = self.evaluate(env, part)
            names = names_of(self, caught)[:1] or ("",)
            if names[0] in ("builtins.Exception", "builtins.BaseException"):
                return True
            if end.value is None:
                if names[0] not in self.models.raised and not isinstance(caught, Class):
                    return True
            elif names[0] in own or _same_refusal(self, names[0], own):
                return True
        return False

    def _function(self, node: Node, env: Env) -> Flow:
        scope = env.scope.child(node)
        function = Function(scope, env)
        value: Value = function
        held, self.registered = self.registered, []
        try:
            for decorator_node in reversed(node[form.F_DECORATORS]):
                value = self._decorated(env, decorator_node, value, function)
            for entry in self.registered:
                entry.original = function
        finally:
            self.registered = held
        env.names[node[form.F_NAME]] = value
        return Flow(env)

    def _decorated(self, env: Env, node: Node, value: Value, function: Function) -> Value:
        try:
            decorator = self.evaluate(env, node)
            if isinstance(decorator, Registering):
                return self.call(decorator, (value,), {}, self.at(env, node), env)
            for entry in self.registered:
                entry.late.append(decorator)
            if isinstance(decorator, Thing) and decorator.name == "functools.wraps":
                if decorator.args and isinstance(decorator.args[0], Function):
                    function.wraps = decorator.args[0]
                return value
            found = self.call(decorator, (value,), {}, self.at(env, node), env)
        except (RaisedError, ExhaustedError):
            return value
        if isinstance(found, (Function, Object, Class, Registry, Choice)):
            return found
        target = value if isinstance(value, Function) else function
        target.outer.append(decorator)
        return value

    def _class(self, node: Node, env: Env) -> Flow:
        scope = env.scope.child(node)
        cls = Class(scope, env)
        env.names[node[form.C_NAME]] = cls
        if self.wires and any(
            inner[0] == form.FUNCTION and any(mark[0] != form.NAME for mark in inner[form.F_DECORATORS])
            for inner in node[form.C_BODY]
        ):
            self.class_names(cls)
        for decorator_node in reversed(node[form.C_DECORATORS]):
            decorator = self.evaluate(env, decorator_node)
            self._decorated_class(decorator, cls)
            if isinstance(decorator, Registering):
                self.call(decorator, (cls,), {}, self.at(env, decorator_node), env)
        return Flow(env)

    def _decorated_class(self, decorator: Value, cls: Class) -> None:
        if isinstance(decorator, Thing) and decorator.name in self.models.class_views:
            self.around.views[cls.scope] = cls

    def _import(self, node: Node, env: Env) -> Flow:
        if node[0] == form.IMPORT:
            for dotted, alias in node[3]:
                name = alias or dotted.partition(".")[0]
                self._delay(env, name, node, Imported(dotted, 0, None, alias is not None))
            return Flow(env)
        for taken, alias in node[5]:
            if taken != "*":
                self._delay(env, alias or taken, node, Imported(node[3], node[4], taken))
        return Flow(env)

    def _delay(self, env: Env, name: str, node: Node, imported: Imported) -> None:
        binding = Binding(How.IMPORT, name, node, imported=imported)
        env.names[name] = Delayed(lambda: self.imported(env, binding))

    def _match(self, node: Node, env: Env) -> Flow:
        subject = self.evaluate(env, node[3])
        flow = Flow()
        falls = [env.copy()]
        test = Test(None, *_about(self, subject), subject.tags)
        for case in node[4]:
            with self.under(Condition(test, True, self.at(env, case))), self.perhaps():
                branch = self.run(case[5], env.copy())
            flow.take(branch)
            if branch.env is not None:
                falls.append(branch.env)
        flow.env = merged(falls)
        return flow

    def _assert(self, node: Node, env: Env) -> Flow:
        test = self.test(env, node[3])
        if test.anonymous is False and test.marks:
            return Flow(None, ends=[End(None, self.at(env, node), tuple(self.conditions), needs_credential=True)])
        return Flow(env)


def _may_return_true(body: object) -> bool:
    if not isinstance(body, tuple):
        return False
    if body and body[0] == form.RETURN:
        given = body[3]
        return given is not None and not (given[0] == form.CONSTANT and not given[3])
    return any(_may_return_true(part) for part in body)


def _catches(body: object) -> bool:
    if not isinstance(body, tuple):
        return False
    return bool(body and body[0] == form.TRY and body[4]) or any(_catches(part) for part in body)


def _is_stub(scope: Scope) -> bool:
    """Whether the body only says that somebody else writes it."""
    for node in scope.body:
        is_text = node[0] == form.EXPRESSION and node[3][0] == form.CONSTANT
        if not is_text and node[0] != form.PASS and not _is_not_implemented(node):
            return False
    return True


def _is_not_implemented(node: Node) -> bool:
    if node[0] != form.RAISE or node[3] is None:
        return False
    raised = node[3][3] if node[3][0] == form.CALL else node[3]
    return form.dotted(raised) == "NotImplementedError"


def _about(run: Trial, subject: Value) -> tuple[Demand, Demand]:
    test = run.truth(subject) if subject.tags else Test(None, OTHER, OTHER)
    return test.if_true, test.if_false


def _same_refusal(run: Trial, name: str, own: tuple[str, ...]) -> bool:
    # `fastapi.HTTPException` is caught by the name of the framework below, too.
    last = name.rpartition(".")[2]
    return name in run.models.raised and any(one in run.models.raised and one.endswith(f".{last}") for one in own)


def _is(value: Value | None, what: bool) -> bool:
    return isinstance(value, Const) and value.value is what and "setting" not in value.marks


def _ignored(run: Trial, node: Node, env: Env) -> Flow:
    return Flow(env)


_STATEMENTS: dict[int, Callable[[Trial, Node, Env], Flow]] = {
    form.EXPRESSION: Trial._expression,
    form.ASSIGN: Trial._assign,
    form.ANNOTATED: Trial._assign,
    form.AUGMENTED: Trial._augmented,
    form.RETURN: Trial._return,
    form.RAISE: Trial._raise,
    form.IF: Trial._if,
    form.FOR: Trial._for,
    form.WHILE: Trial._while,
    form.BREAK: Trial._leave_loop,
    form.CONTINUE: Trial._leave_loop,
    form.WITH: Trial._with,
    form.TRY: Trial._try,
    form.FUNCTION: Trial._function,
    form.CLASS: Trial._class,
    form.IMPORT: Trial._import,
    form.FROM_IMPORT: Trial._import,
    form.MATCH: Trial._match,
    form.ASSERT: Trial._assert,
}
__all__ = ["NOTHING", "Entry", "Flow", "Trial"]
