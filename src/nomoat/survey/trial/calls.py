"""Calls: functions of the project are entered, classes become objects, registries register, the rest becomes things."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import replace

from nomoat.survey.models import spot
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.trial import (
    asking_elsewhere,
    backends,
    by_method,
    connections,
    containers,
    context_variables,
    declared,
    files,
    in_threads,
    loading,
    own_members,
    queries,
    resolved,
    rows,
    texts,
    tuples,
    unheard,
    wrapping,
)
from nomoat.survey.trial.answering import ANSWER, ANSWERING
from nomoat.survey.trial.branches import Branches
from nomoat.survey.trial.configuration import Configuration, asked_of, by_default, of_configuration
from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.fields import handed
from nomoat.survey.trial.gaps import with_gaps
from nomoat.survey.trial.judging import negated
from nomoat.survey.trial.known import SPECIAL, WAITED, const_method, is_waited_for
from nomoat.survey.trial.machine import End, Limited, RaisedError
from nomoat.survey.trial.naming import guards_by_name, is_typed
from nomoat.survey.trial.refusals import SUPER, closes_for_who, status_sent, with_given_status
from nomoat.survey.trial.registrations import Registrations
from nomoat.survey.trial.registry import Bound, Registering, Registry, RoutesOf, argument
from nomoat.survey.trial.subclasses import of_class
from nomoat.survey.trial.traits import AS_APPLICATION, TAG
from nomoat.survey.trial.values import (
    CALLER,
    FILLED,
    INPUT,
    MADE,
    OWN_MEMBER,
    SPREAD,
    UNREAD,
    Choice,
    Class,
    Const,
    Env,
    FileOf,
    Function,
    Items,
    Lazy,
    Object,
    Outside,
    PathOf,
    Table,
    Test,
    Thing,
    Value,
    absent,
    options,
    union,
)

#: Methods of a cursor that ask, and those that give what was asked for.
_ASKS = frozenset(("execute",))
_GIVES = frozenset(("fetchone", "fetchall", "fetchmany", "fetchval"))
_SAME = frozenset(
    ("strip", "lower", "upper", "encode", "decode", "copy", "scalars", "mappings", "lstrip", "rstrip", "casefold")
)
#: The table of an application by which dependencies are replaced.
OVERRIDES = ".dependency_overrides"
#: What lets a coroutine run on its own.
_BY_ITSELF = frozenset(("create_task", "ensure_future", "run_coroutine_threadsafe"))
#: What adds routes to the application that it is given, by its name.
_ADDS = re.compile(
    r"_*(register|setup|set_up|init|install|mount|include|add|attach|load|bind|extend|routes|plug)", re.I
)
#: What middleware calls to go on, and to answer by itself.
NEXT, SEND = "next()", "send()"


def _keeps_failures(callee: Value, node: Node) -> bool:
    """Whether what is given runs by itself, or its exceptions are results."""
    name = callee.trail[-1] if isinstance(callee, Thing) and callee.trail else getattr(callee, "name", "")
    last = str(name).rpartition(".")[2]
    if last == "gather":
        return any(
            key == "return_exceptions" and given[0] == form.CONSTANT and given[3] is True for key, given in node[5]
        )
    return last in _BY_ITSELF


def _is_absent(value: Value) -> bool:
    """Whether it is the credential that an anonymous caller does not have, or what was found by it: nothing."""
    if isinstance(value, Const):
        return "caller" in value.marks and not value.value
    return "caller" in value.tags and not value.tags & (UNREAD | MADE) and not isinstance(value, (Items, Table, Object))


def _is_told_later(callee: Outside | Thing) -> bool:
    """Whether which function it is is told when it runs: `getattr(users, f"by_{method}")(request)`."""
    return isinstance(callee, Thing) and not callee.name and not callee.trail


def _is_nothing(callee: Value) -> bool:
    """Whether what is called is a part of something that is not there."""
    return isinstance(callee, Thing) and _is_absent(callee)


def _is_model(value: Value) -> bool:
    """Whether `get` is told what to read before it is told which: `session.get(User, user_id)`."""
    return any(isinstance(one, Class) for one in options(value))


def _holds_application(value: Value) -> bool:
    """Whether it is an application, or what a package gives to those who add something to one."""
    is_part = isinstance(value, Object) and value.cls.scope.module.is_library
    return isinstance(value, Registry) or (is_part and isinstance(value.attributes.get("root"), Registry))  # type: ignore[attr-defined]


class Calls(Registrations):
    """Evaluates calls."""

    #: What each way writes to objects.
    branches: Branches

    def _call_node(self, env: Env, node: Node) -> Value:
        if node[3][0] == form.NAME and node[3][3] == "super":
            return self.super_of(env, node)
        callee = self.evaluate(env, node[3])
        if _keeps_failures(callee, node):
            try:
                for value in self.all_of(env, node[4])[0]:
                    self.ran(value)
            except RaisedError:
                # It fails somewhere else, or its failure becomes a value: nobody is refused by it.
                return Thing(at=self.at(env, node), is_call=True)
        args, _ = self.all_of(env, node[4])
        named: dict[str, Value] = {}
        for key, given in node[5]:
            value = self.evaluate(env, given)
            if key is not None:
                named[key] = value
            elif isinstance(value, Table):
                named.update({str(name): item for name, item in value.entries.items()})
            if key is None and not (isinstance(value, Table) and value.is_whole):
                named[SPREAD] = (value.other or Thing()) if isinstance(value, Table) else value
        silence = unheard.given(self, callee, node)
        if silence is not None:
            return silence
        given = self._called_later(callee, tuple(args), named, self.at(env, node), env)
        return self._of_cursor(env, node, given)

    def _of_cursor(self, env: Env, node: Node, given: Value) -> Value:
        """What a cursor gives is what it was asked for last: `cur.execute(sql, [user.id])`, then `cur.fetchone()`."""
        last = node[3][4] if node[3][0] == form.ATTRIBUTE and not self.wires else ""
        cursor = form.dotted(node[3][3]) if last in _ASKS or last in _GIVES else None
        if cursor is None:
            return given
        if last in _ASKS:
            env.names[f"({cursor} asked)"] = Thing(marks=given.tags)
            return given
        asked = env.names.get(f"({cursor} asked)")
        if asked is None or not asked.tags or not isinstance(given, Thing):
            return given
        # What follows a look-up by what the caller has not is not there either.
        return replace(given, marks=given.marks | asked.tags)

    def _called_later(
        self, callee: Value, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env
    ) -> Value:
        """What a call gives: of a coroutine or generator function, something of which nothing has run yet."""
        if isinstance(callee, Choice) and not self.wires and any(self._is_later(one) for one in callee.options):
            return self.each(callee, lambda one: self._called_later(one, args, named, at, env))
        if self.wires or not self._is_later(callee):
            return self.call(callee, args, named, at, env)
        scope = callee.scope if isinstance(callee, Function) else None
        is_generator = scope is not None and self.around.is_generator(scope)
        return Lazy(
            lambda: self._awaited_call(callee, args, named, at, env),
            is_generator=is_generator,
            is_filled=is_generator and scope is not None and backends.gives_one(scope),
            answered=env.names.get(ANSWER),
        )

    def _awaited_call(
        self, callee: Value, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env
    ) -> Value:
        """A call that runs where somebody waits for it: what it answers is answered there."""
        waiting, self.waiting = self.waiting, None
        try:
            return self.call(callee, args, named, at, waiting or env)
        finally:
            self.waiting = waiting

    def _is_later(self, callee: Value) -> bool:
        if isinstance(callee, Object):
            callee = self.attribute(callee, "__call__")
        scope = callee.scope if isinstance(callee, Function) and not callee.outer else None
        if scope is None or scope.node is None:
            return False
        return bool(scope.node[form.F_ASYNC]) or self.around.is_generator(scope)

    def _arguments(self, callee: Value, values: Iterable[Value]) -> tuple[Value, ...]:
        """What something elsewhere is given: Python's own functions await or go through it, others may never do so."""
        package = getattr(callee, "name", "").partition(".")[0]
        is_own = not package or package in sys.stdlib_module_names
        return tuple(
            self.ran(one) if is_own or (isinstance(one, Lazy) and one.is_expression) else one for one in values
        )

    def call(self, callee: Value, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
        """What a call gives."""
        self.step()
        if not self.wires and (args or named) and self._note_narrowed(callee, args, named, at):
            found = self._narrowed(self._called(callee, args, named, at, env))
            is_held = any("caller" in given.tags and queries.names_holder(name) for name, given in named.items())
            return replace(found, marks=found.marks | queries.HELD) if is_held and isinstance(found, Thing) else found
        return self._called(callee, args, named, at, env)

    def _narrowed(self, value: Value) -> Value:
        return replace(value, marks=value.marks | queries.OWNED) if isinstance(value, Thing) else value

    def _called(self, callee: Value, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
        if isinstance(callee, Choice):
            return self._call_any(callee, args, named, at, env)
        if isinstance(callee, Function):
            return self._invoked_from(env, callee, args, named, at)
        if isinstance(callee, Class):
            return self.construct(callee, args, named, at)
        if isinstance(callee, Object):
            return self.call(self.attribute(callee, "__call__", at), args, named, at, env)
        if isinstance(callee, Bound):
            return self.register(callee, args, named, at)
        if isinstance(callee, Registering):
            return self._decorate(callee, args)
        if self.judges and wrapping.is_handed_on(self.models, callee, args):
            return self._went_on(NEXT, args, at, env)
        if len(args) == 1 and not named and self._is_transparent(callee, args[0]):
            return args[0]
        is_limiter = isinstance(callee, Thing) and callee.name in self.models.limiters
        if len(args) == 1 and not named and (is_limiter or self._is_put_around(callee, args[0], env)):
            if isinstance(args[0], Function) and callee not in args[0].outer:
                args[0].outer.append(callee)
            return args[0]
        if isinstance(callee, Outside):
            if f"{OVERRIDES}." in callee.name and callee.name.rpartition(".")[2] in ("update", "setdefault"):
                self.around.replaced.append(args[0] if args and isinstance(args[0], Function) else None)
            return self.call_outside(callee, args, named, at, env)
        if isinstance(callee, Thing):
            if callee.name in self.models.transparent and args and isinstance(args[0], Function):
                # `cross_origin(...)(view)`: whoever may call the one may call the other.
                return args[0]
            handed_on = in_threads.called(self, callee, args, at)
            if handed_on is not None:
                return self.call(handed_on[0], handed_on[1], named, at, env)
            connections.use(self, callee.name, args, named, at, env)
            return self._call_thing(callee, args, named, at)
        # Before it was a property, one called it: `user.is_authenticated()`.
        return callee if isinstance(callee, Test) else Thing(marks=union(args), at=at)

    def _is_transparent(self, callee: Value, given: Value) -> bool:
        """Whether a decorator that leaves alone who may call is put around a function: `never_cache(view)`.

        A class that answers nobody is what such a decorator is told: `arguments(OrderSchema)`.
        """
        name = callee.name if isinstance(callee, (Outside, Thing)) else ""
        return name in self.models.transparent and all(
            isinstance(one, Function)
            or (isinstance(one, Class) and not self.models.endpoint_classes.keys().isdisjoint(self.bases(one.scope)))
            for one in options(given)
        )

    def _is_put_around(self, callee: Value, given: Value, env: Env) -> bool:
        """Whether a framework puts a decorator of another package around a function that answers."""
        if not env.scope.module.is_library or not isinstance(given, Function):
            return False
        name = callee.name if isinstance(callee, (Outside, Thing)) else ""
        package = name.partition(".")[0]
        is_known = name in SPECIAL or name in self.models.depends
        return bool(package) and not is_known and package not in sys.stdlib_module_names

    def _note_narrowed(self, callee: Value, args: tuple[Value, ...], named: dict[str, Value], at: str) -> bool:
        """A query that asks only for what belongs to the caller."""
        last = callee.trail[-1] if isinstance(callee, Thing) and callee.trail else getattr(callee, "name", "")
        last = str(last).rpartition(".")[2]
        if last in queries.OF_DOCUMENTS:
            # What follows the filter says what is written.
            args, named = args[:1], {}
        looked_in = args[0] if last in queries.LOOKS_IN and args else callee
        if not queries.narrows(last, callee, args, named, lambda name: self._column(looked_in, name)):
            return False
        is_asked_for = "input" in callee.tags | union((*args, *named.values()))
        self.record.limited.append(Limited(at, is_asked_for, tuple(self.path)))
        return True

    def _condition(self, name: str, column: Value | None, args: tuple[Value, ...]) -> Test | None:
        """A condition of a query that is written as a call: `or_(...)`, `Order.owner_id.in_([user.id])`."""
        if name in ("or_", "and_", "not_") and queries.has_test(args):
            tests = [self.truth(arg) for arg in args]
            if name == "or_":
                return self._widened(queries.any_of(tests, lambda every: self.combined(every, is_or=True)), tests)
            return self.combined(tests, is_or=False) if name == "and_" else negated(tests[0])
        if name == "in_" and column is not None and len(args) == 1 and "caller" not in column.tags:
            return self.compared(column, "in", args[0])
        if name in ("any", "has") and isinstance(column, Thing) and args and all(isinstance(arg, Test) for arg in args):
            return self.combined([self.truth(arg) for arg in args], is_or=False)
        return None

    def _widened(self, found: Test, tests: list[Test]) -> Test:
        """One of several conditions, which may find something by another one than the caller's."""
        is_wide = self.anonymous and any("caller" not in test.marks for test in tests)
        return replace(found, marks=found.marks | queries.WIDE) if is_wide else found

    def _call_any(self, callee: Choice, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
        return self.each(callee, lambda option: self.call(option, args, named, at, env))

    # -- functions of the project ------------------------------------------------------------------------------------

    #: Answers that are given piece by piece, by their `id`, with where and under which conditions.
    finished: dict[int, tuple[Thing, tuple[object, ...]]]
    #: What was answered when a block was left.
    closed: dict[int, Value]
    #: What was answered before a function is entered, and when it is left.
    handed: Value | None = None
    #: Whether middleware has gone on to what comes after it before a function is entered.
    gone_on = False
    #: The names of the function that waits for what runs next.
    waiting: Env | None = None

    def _invoked_from(
        self, env: Env, function: Function, args: tuple[Value, ...], named: dict[str, Value], at: str
    ) -> Value:
        """Enters a function, which finds what was answered so far, and may add to it."""
        self.handed, self.gone_on = env.names.get(ANSWER), NEXT in env.names
        try:
            value = self.invoke(function, args, named, at)
        except RaisedError:
            self.handed = None
            raise
        if self.handed is not None:
            env.names[ANSWER], self.handed = self.handed, None
        return declared.given_back(self, function.scope, value)

    def construct(self, cls: Class, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        """An object of a class; a registry, where the class is an application or a router."""
        bases = self.bases(cls.scope)
        kind = next((self.models.kinds[base] for base in bases if base in self.models.kinds), None)
        if kind is not None:
            return self._registry_of(cls, kind, bases, args, named, at)
        marks = union(args) | union(named.values())
        trait = next((base for base in bases if base in self.models.traits), None)
        if trait is not None:
            # `class Prefix(Unicode)` declares what its base declares, in another form perhaps.
            return Thing(trait, args, dict(named), marks, at=at, is_call=True)
        thing = Object(cls, at=at, marks=marks & CALLER, is_fresh=self.judges)
        self.branches.make(thing)
        if self.wires:
            wrapping.note_made(self, thing, (*args, *named.values()))
        init = self._of_class(cls, "__init__", thing)
        if isinstance(init, Function):
            self.invoke(init, args, named, at)
        else:
            self._fields(thing, args, named)
        return thing

    def _fields(self, thing: Object, args: tuple[Value, ...], named: dict[str, Value]) -> None:
        outside = [base for base in self.program.bases(thing.cls.scope) if isinstance(base, str)]
        if outside:
            thing.attributes[SUPER] = Thing(outside[0], args, dict(named))
        names = [name for name, found in thing.cls.scope.bindings.items() if found[-1].how.value == "annotated"]
        thing.attributes.update(zip(names, args, strict=False))
        thing.attributes.update(named)

    # -- the rest ----------------------------------------------------------------------------------------------------

    def call_outside(
        self, callee: Outside, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env
    ) -> Value:
        """A call of something of another package."""
        name = callee.name
        models = self.models
        if name in WAITED and args and not self.wires:
            is_later = is_waited_for(self, name, args)
            if is_later is not None:
                return Const(is_later)
        args = self._arguments(callee, args)
        named = dict(zip(named, self._arguments(callee, named.values()), strict=True))
        if self.judges and self._may_serve(callee, (*args, *named.values())):
            self.record.served.append(at)
        condition = self._condition(name.rpartition(".")[2], callee.me, args)
        if condition is not None:
            return condition
        manager = queries.manager_of(callee, args)
        if manager is not None:
            return manager
        if callee.me is None and name.endswith(".__init__") and args and isinstance(args[0], (Object, Registry)):
            # `Response.__init__(self, status=403)` is `super().__init__(status=403)`; an exception's own says nothing.
            is_told = not name.startswith("builtins.")
            return self._method(Outside(name, args[0]), args[1:], named, at) or Const(None) if is_told else Const(None)
        if callee.me is not None:
            found = self._method(callee, args, named, at)
            if found is not None:
                return found
        if name in (NEXT, SEND):
            if name == NEXT:
                env.names[NEXT] = Const(True)
            return self._went_on(name, args, at, env)
        if name in models.kinds:
            registry = Registry(models.kinds[name], name, at, args, dict(named), module=env.module.scope.module.path)
            self._created(registry)
            return registry
        given = args[0] if args else named.get("scope")
        if name in models.requests and isinstance(given, Thing) and given.name == "request.scope":
            # What ASGI gives to middleware, as a request.
            return Thing(name, named=dict(given.named))
        self.costs.wired += name in models.listed
        special = SPECIAL.get(name) or ANSWERING.get(name)
        if special is not None:
            value = special(self, args, named, at, env)
            if value is not None:
                return value
        marks = union(args) | union(named.values()) | callee.tags
        if name in models.protects and self.wires and "app" in models.protects[name]:
            self._protect(models.protects[name], args, named)
        connections.use(self, name, args, named, at, env)
        if name in models.forging:
            for one in (*args, *named.values()):
                if isinstance(one, Thing) and one.name in ("request.scope", "request.header"):
                    # Its headers, to be changed: which of them are, is seen where they are.
                    return Thing("request.header", marks=CALLER)
        if name in models.asks:
            self._ask(name, args, named, at)
        if name in models.comparers:
            return self.compared_secretly([*args, *named.values()])
        if name in models.macs:
            return Thing(name, args, named, marks | frozenset(("signature",)) if "input" in marks else marks, at=at)
        if name in models.verifiers or name in models.signatures or name in models.raising_methods:
            return self._verified(name, args, named, marks, at)
        if name in models.parsers and self.anonymous and "caller" in marks:
            self._parsed(args, at)
        if self.wires:
            if not isinstance(callee.me, Registry):
                # What a part's own class does with it (`super().register(app, options)`) adds nothing else.
                self._note_handed(name, (), args, named, at)
        else:
            self._note_unknown(name, args, named, at)
            marks = self._given(callee, args, named, marks, at)
        marks -= frozenset(("csrf",))
        # One row of a class of the tree has the methods of its class.
        made = Thing(name, args, dict(named), marks, (), at, queries.row_of(callee, args), is_call=True)
        made = rows.given(self, callee, args, made)
        if self.wires:
            wrapping.note_made(self, made, (*args, *named.values()))
        return made

    def _note_handed(
        self, name: str, trail: tuple[str, ...], args: tuple[Value, ...], named: dict[str, Value], at: str
    ) -> None:
        """An application that is handed to code elsewhere which is called as if it added something to it."""
        last, given = trail[-1] if trail else name.rpartition(".")[2], (*args, *named.values())
        if self.joined_elsewhere(last, args, named, at):
            return
        if _ADDS.match(last) and any(_holds_application(one) for one in given):
            package = name.partition(".")[0] or "a package"
            if package not in self.models.routeless:
                self.around.handed.setdefault(at, f"{last}() of {package}")

    def _given(
        self, callee: Outside | Thing, args: tuple[Value, ...], named: dict[str, Value], marks: frozenset[str], at: str
    ) -> frozenset[str]:
        """The marks of what a function elsewhere gives: it may be anything, where it was given the request or nothing.

        A store that looks something up by a credential that is not there finds nothing. Python's own functions make
        something of it. Any other function may as well give a guest, whatever it is called.
        """
        package = callee.name.partition(".")[0]
        is_own = package in sys.stdlib_module_names
        values = (*args, *named.values())
        if not is_own and not self.is_store(callee):
            handed(values)
        if any(map(is_typed, values)):
            # Who signs in is somebody with a password, and anybody may try.
            return (marks - CALLER - UNREAD) | INPUT
        if (package or _is_told_later(callee)) and not is_own and any(self._is_request(one) for one in values):
            return marks | UNREAD
        if not is_own and any(self._holds_request(one) for one in values):
            # It is given the object that answers: `self.identities.get_user(self)`.
            return marks | UNREAD
        if not self.anonymous or "caller" not in marks or _is_nothing(callee) or callee.name in self.models.splitting:
            return marks
        if self.is_store(callee) or any(self.is_store(one) for one in values):
            return self._found_in_store(callee, named, marks)
        if self.raising and "input" not in marks:
            self.pending.append(End(None, at, tuple(self.conditions), needs_credential=True))
        return marks | (MADE if is_own else UNREAD)

    def _found_in_store(
        self, callee: Outside | Thing, named: dict[str, Value], marks: frozenset[str]
    ) -> frozenset[str]:
        """What a store gives by no credential: nothing, unless the query is wider; a query itself is there."""
        last = (callee.trail[-1] if isinstance(callee, Thing) and callee.trail else callee.name).rpartition(".")[2]
        is_null = last == "filter_by" and any(
            "caller" in one.tags and isinstance(one, Const) and one.value is None
            and not queries.is_filled(name, self._column(callee, name)) for name, one in named.items()
        )  # fmt: skip
        if "wide" in marks or is_null:
            return marks | UNREAD | queries.WIDE
        if last in queries.LOOKS_UP and any(
            queries.asks_for_nobody(name, one, self._column(callee, name)) for name, one in named.items()
        ):
            # Whatever else is asked for beside it: there is no row of nobody.
            marks -= INPUT
        return marks | MADE if last in queries.DESCRIBES else marks - MADE

    def _column(self, callee: Value, name: str) -> Value | None:
        """The column that a condition by name is about, of a row of a class of the tree."""
        cls = callee.me if isinstance(callee, Outside) else callee
        return self.attribute(cls, name) if isinstance(cls, Class) and "__" not in name else None

    def _is_request(self, value: Value) -> bool:
        return isinstance(value, Thing) and value.name in self.models.requests and not value.is_call

    def _holds_request(self, value: Value) -> bool:
        """Whether it is an object that was made for this request and keeps it: a class that answers."""
        return isinstance(value, Object) and value.is_fresh and any(map(self._is_request, value.attributes.values()))

    def is_store(self, value: Value) -> bool:
        """Whether it belongs to a package that looks things up: a session, a connection, a model, a query."""
        if isinstance(value, Choice):
            return all(self.is_store(option) for option in value.options)
        if isinstance(value, (Thing, Outside)) and value.name.partition(".")[0] in self.models.stores:
            return True
        if isinstance(value, (Thing, Outside)) and queries.is_of_model(value.name):
            return True
        if isinstance(value, Outside) and value.me is not None:
            return self.is_store(value.me)
        scope = value.cls.scope if isinstance(value, Object) else value.scope if isinstance(value, Class) else None
        scope = value.cls if isinstance(value, Thing) else scope
        return scope is not None and any(base.partition(".")[0] in self.models.stores for base in self.bases(scope))

    def _parsed(self, args: tuple[Value, ...], at: str) -> None:
        """What reads a text raises for none; whether it does for what was made of none is not known."""
        end = End(None, at, tuple(self.conditions), needs_credential=True)
        if args and all(_is_absent(one) for one in options(args[0])):
            raise RaisedError([end])
        self.pending.append(end)

    def _went_on(self, name: str, args: tuple[Value, ...], at: str, env: Env) -> Value:
        """Middleware calls what comes after it, or answers by itself."""
        if name == NEXT:
            self.record.reached.append(at)
            if self.anonymous:
                self.around.goes_on()
            resolved.show(self.proxies.get("request"), self.models.request)
            if args and not (isinstance(args[0], Thing) and self._is_of_request(args[0])):
                self.record.forged.add("header")
            return Thing("next.response", at=at)
        status = status_sent(args[0] if args else None, went_on=NEXT in env.names)
        if status is not None:
            self.answer(with_given_status(self.models.answers, status, at), at, is_own=NEXT not in env.names)
        return Const(None)

    def _is_of_request(self, value: Thing) -> bool:
        return value.name in self.models.requests or value.name.startswith("request.")

    def _protect(self, model: dict[str, str], args: tuple[Value, ...], named: dict[str, Value]) -> None:
        """nomoat's own guard is put around an application."""
        app = argument(spot(model["app"]), args, named)
        mode = argument(spot(model["mode"]), args, named)
        if isinstance(app, Registry):
            known = isinstance(mode, Const) and isinstance(mode.value, str)
            app.protection = str(mode.value) if known and isinstance(mode, Const) else model["default"]

    def is_about_caller(self) -> bool:
        """Whether it was told here that the caller has no credential."""
        marks = union(condition.test for condition in self.conditions)
        return bool(marks & {"caller", "signature"}) or self.decided[-1] or self.caught_credential

    def _may_serve(self, callee: Outside, given: Iterable[Value]) -> bool:
        """Whether a connection may be accepted or sent to here: by itself, or by what may have it from now on."""
        if callee.me is not None and self._is_request(callee.me):
            return callee.name not in self.models.closing
        return any(self._is_request(one) or isinstance(one, (Function, Lazy, Object, Items, Table)) for one in given)

    def close(self, args: tuple[Value, ...], named: dict[str, Value], at: str) -> None:
        """A connection that is closed because of who is calling ends there."""
        marks = union(condition.test for condition in self.conditions)
        refusal = next((name for name in self.models.raised if name.endswith("WebSocketException")), "")
        value = Thing(refusal, args or (Const(1008),), named, at=at)
        if marks & {"caller", "signature"} or self.caught_credential:
            raise RaisedError([End(value, at, tuple(self.conditions), True, is_caught=self.caught_credential)])
        if "unread" in marks and (why := closes_for_who(self, value)):
            self.record.unknown.append((why, at))

    @property
    def caught_credential(self) -> bool:
        """Whether this runs because something that was given a credential raised."""
        raise NotImplementedError

    def answer(self, value: Value, at: str, *, is_own: bool = True) -> None:
        """Takes note of an answer that is given here."""

    def _note_unknown(self, name: str, args: tuple[Value, ...], named: dict[str, Value], at: str) -> None:
        """A function elsewhere that is given the request and is called like a guard.

        What is given a password that somebody types in is the sign-in itself.
        """
        if any(map(is_typed, (*args, *named.values()))):
            return
        request = any(isinstance(arg, Thing) and arg.name in self.models.requests and not arg.is_call for arg in args)
        last = name.rpartition(".")[2]
        if request and guards_by_name(last) and not name.startswith(("builtins.", ".")):
            self.record.unknown.append((f"calls {last}() of a package that is not here ({name.partition('.')[0]})", at))

    def _ask(self, name: str, args: tuple[Value, ...], named: dict[str, Value], at: str) -> None:
        asked = argument(self.models.asks[name], args, named)
        known = isinstance(asked, Const) and isinstance(asked.value, str)
        self.record.asked.append((str(asked.value) if known and isinstance(asked, Const) else None, at))

    def _verified(
        self, name: str, args: tuple[Value, ...], named: dict[str, Value], marks: frozenset[str], at: str
    ) -> Value:
        # A token tells who it is from, wherever it is sent (`?authSig=`).
        is_signature = name in self.models.signatures or ("signature" in marks and name not in self.models.verifiers)
        needs = is_signature or "caller" in marks or name in self.models.raising_methods
        if self.anonymous and needs:
            kind = "signature" if is_signature else "authentication"
            end = End(None, at, tuple(self.conditions), needs_credential=True, kind=kind)
            brought = [one for value in (*args, *named.values()) for one in options(value) if "caller" in one.tags]
            if is_signature or all(_is_absent(one) or "made" in one.tags for one in brought):
                raise RaisedError([end])
            # A token that stands in for the one that is not there may be valid.
            self.pending.append(end)
            return Thing("", marks=marks | CALLER | UNREAD, at=at)
        is_caller = needs and not is_signature
        return Thing("", marks=marks - {"signature"} | CALLER if is_caller else marks, at=at)

    def _method(self, callee: Outside, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value | None:
        me, last = callee.me, callee.name.rpartition(".")[2]
        if isinstance(me, RoutesOf):
            return self._add_routes(me, last, args)
        if isinstance(me, Configuration):
            return of_configuration(self, me, last, args, named)
        if isinstance(me, Table) and last == "update":
            me.entries.update(named)
        if isinstance(me, (Items, Table)):
            return containers.method_of(self, me, last, args)
        if isinstance(me, (Const, PathOf)):
            if isinstance(me, Const) and last in texts.MADE and isinstance(me.value, str):
                made = texts.made(last, me.value, args, named, may_end=self.wires)
                if made is None and self.wires:
                    return with_gaps(last, me.value, args, named)
                if made is not None or last != "format":
                    return made
                start = Const(me.value.partition("{")[0], me.marks)
                return texts.beginning([start, Thing()], self.made(union(args) | union(named.values())))
            return const_method(self, me, last, args)
        if isinstance(me, (FileOf, Class)):
            return files.method(me, last, args) if isinstance(me, FileOf) else of_class(self, me, last)
        if isinstance(me, Thing) and me.name.startswith("request.") and last == "get":
            put = self.in_session(me, args[0]) if args else None
            if put is not None:
                return put
            found = self.item_of_request(me, args[0] if args else Const(None))
            default = args[1] if len(args) > 1 else named.get("default", Const(None))
            is_sent = callee.name != "request.scope.get" and "unread" not in found.tags
            if self.anonymous and "caller" in found.tags and is_sent:
                return absent(default, found)
            return found
        if isinstance(me, Thing) and me.name.startswith("request.") and args:
            self.forges(me, args[-1], args[0] if len(args) > 1 else None)
        if isinstance(me, Thing) and me.name in self.models.requests and last == "get" and args and not me.is_call:
            return self._got_of_request(me, args[0], args[1] if len(args) > 1 else named.get("default", Const(None)))
        owner = callee.name.rpartition(".")[0]
        if last == "__init__" and isinstance(me, Registry):
            me.args, me.named = args, {**me.named, **named}
            return Const(None)
        if last == "__init__" and isinstance(me, Object):
            me.attributes[SUPER] = Thing(owner, args, dict(named))
            return Const(None)
        is_nothing = not args or (isinstance(args[0], Const) and not args[0].value)
        asks = last == "__call__" or (last in self.models.scheme_methods and is_nothing)
        if asks and isinstance(me, Object) and owner in self.models.schemes:
            return self.scheme(me, at)
        if isinstance(me, Test):
            return me
        return None

    def _got_of_request(self, request: Thing, key: Value, default: Value) -> Value:
        found = self.entry_of_request(request, key)
        is_gone = isinstance(found, Const) and found.value is None and "caller" in found.marks
        return absent(default, found) if is_gone else found

    def taken_out(self, items: Items, given: Value | None = None) -> None:
        """Something is taken out of a list."""
        raise NotImplementedError

    def scheme(self, value: Value, at: str) -> Value:
        """What a scheme of a framework gives that looks for a credential."""
        raise NotImplementedError

    def _call_thing(self, callee: Thing, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        first = args[0] if args else None
        args = self._arguments(callee, args)
        named = dict(zip(named, self._arguments(callee, named.values()), strict=True))
        if callee.name in self.models.schemes and not callee.trail:
            return self.scheme(callee, at)
        if callee.name in (TAG, AS_APPLICATION):
            return callee.args[0]
        if callee.name == loading.LOADED and not callee.trail:
            return loading.called(self, callee, at)
        if callee.name.startswith(context_variables.NAME):
            kept = context_variables.called(self, callee, args)
            if kept is not None:
                return kept
        row = tuples.made(callee, args, named)
        if row is not None:
            return row
        setting = asked_of(callee, args, named) or (by_default(callee, args, named) if self.wires else None)
        if setting is not None:
            return setting
        if (
            callee.name == OWN_MEMBER
            and not callee.trail
            and not self.wires
            and own_members.may_turn_away(self, callee)
        ):
            self.record.unknown.append(("which of its own methods is called cannot be told", at))
        method = by_method.asked(self, callee, at)
        if isinstance(method, Function):
            return self.invoke(method, args, named, at)
        if self.path and callee.name.startswith("re.compile.") and callee.args and len(callee.trail) == 1:
            known = SPECIAL.get(f"re.{callee.trail[-1]}")
            pattern = Thing("re.compile", callee.args, callee.named)
            value = known(self, (pattern, *args), named, at, Env(self.path[-1])) if known else None
            if value is not None:
                return value
        if callee.name in self.models.answers and callee.is_call and not callee.trail:
            self.answer(callee, at)
            return Const(None)
        last = callee.trail[-1] if callee.trail else callee.name.rpartition(".")[2]
        marks = callee.marks | union(args) | union(named.values())
        inner = Thing(callee.name.rpartition(".")[0], marks=callee.marks, trail=callee.trail[:-1], cls=None)
        if last == "get" and args and not _is_model(args[0]):
            found = self.item(inner, args[0])
            # What is found by the caller is about the caller, whatever stands before it: `session.get(User, user_id)`.
            is_told = "caller" in union((*args[1:], *named.values())) and "caller" not in found.tags
            return Thing(marks=found.tags | CALLER) if is_told else found
        condition = self._condition(last, inner if callee.trail else None, args)
        if condition is not None:
            return condition
        if last in _SAME and not (args and last in queries.DESCRIBES):
            if inner.name == FILLED and last in ("decode", "encode"):
                return inner
            return inner if inner.trail or inner.marks else Thing(marks=marks)
        if callee.name in self.models.raising_methods or callee.name in self.models.verifiers:
            return self._verified(callee.name, args, named, marks, at)
        if callee.name in self.models.signatures:
            return self._verified(callee.name, args, named, marks, at)
        if last == "has_perms" and args and isinstance(args[0], Items) and args[0].is_whole and not args[0].values:
            return Const(True)  # Everybody has all of none.
        related = backends.of_related(self, callee, named, marks) if "caller" in callee.marks and not args else None
        if related is not None:
            return related
        if "caller" in callee.marks and args:
            demanded = backends.asked_of_caller(last, args[0])
            if demanded is not None:
                by_rule = backends.by_rules(self, last, inner, args, demanded) if self.anonymous else None
                is_told = self.anonymous and not backends.may_be_none(last, first)
                return by_rule or Test(False if is_told else None, demanded, OTHER, marks)
            unnamed = backends.of_unnamed(self, last, first or args[0], marks) if self.anonymous else None
            if unnamed is not None:
                return unnamed
        if self.wires:
            if last in containers.TAKES_OUT and set(callee.trail[:-1]) & self.models.dependencies_attributes:
                # Dependencies of a route that is already made: which, is not followed.
                self.around.replaced.append(None)
            self._note_handed(callee.name, callee.trail, args, named, at)
        if not self.wires:
            asking_elsewhere.note_handed(self, callee, (*args, *named.values()), at)
            if not callee.marks:
                self._note_unknown(callee.name, args, named, at)
            marks = self._given(callee, args, named, marks, at)
        made = Thing(callee.name, args, dict(named), marks, callee.trail, at, is_call=True, why=callee.why)
        return rows.given(self, callee, args, made)
