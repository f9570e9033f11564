"""Functions of the project in a trial: which are entered, with what names, and what they give."""

from __future__ import annotations

import sys

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.symbols import Scope, statements
from nomoat.survey.trial import secrets_kept
from nomoat.survey.trial.answering import ANSWER, NONE_YET
from nomoat.survey.trial.calls import NEXT
from nomoat.survey.trial.demands import either
from nomoat.survey.trial.exceptions import Exceptions
from nomoat.survey.trial.flow import Flow
from nomoat.survey.trial.machine import (
    End,
    RaisedError,
)
from nomoat.survey.trial.naming import guards_by_name
from nomoat.survey.trial.refusals import is_exception
from nomoat.survey.trial.stubs import is_stub
from nomoat.survey.trial.unpacking import marked
from nomoat.survey.trial.usually import Ways, default_given, given_back
from nomoat.survey.trial.values import (
    CALLER,
    SETTING,
    SPREAD,
    UNREAD,
    Choice,
    Class,
    Const,
    Env,
    Function,
    Items,
    NoneBy,
    Object,
    Outside,
    Table,
    Thing,
    Value,
    joined,
    perhaps_given,
    union,
)

#: Statements of which nobody can tell which of their ways is gone as source has every setting.
_LOOPS = frozenset((form.FOR, form.WHILE, form.TRY))
_MAX_INSIDE = 2
#: Lists of routes hold lists of routes, and what goes through them goes through those.
_MAX_INSIDE_WIRING = 5
#: What stands for a package leads back into the tree, which may call it again: `config.include` in what is included.
_MAX_INSIDE_LIBRARY = 8
#: How often one decorator may stand around a function: `@param("a")` above `@param("b")`.
_MAX_WRAPPED = 12
_SHORT_BYTES = 2_500
_MAX_ASKED = 6
#: Methods of the object that answers are followed so far for no other reason than that it has the request.
_MAX_OWN = 4

#: Parts of a request that may carry a credential: `verify(request.headers)`.
_PARTS = frozenset(("request.scope", "request.header", "request.cookie", "request.session", "request.meta"))


class Entering(Exceptions):
    """Functions of the project: entered, bound, left."""

    #: What the function at hand gives, while routes are registered.
    ways: Ways

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

    def invoke(self, function: Function, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        """Enters a function of the project; what a decorator of another package makes of it may be anything."""
        if not self.anonymous or not any(self._may_swallow(one) for one in function.outer):
            return self._invoked(function, args, named, at)
        for outer in function.outer if function.env.scope.module.is_library else ():
            # What a description of a package puts around a function, as `method_decorator(theirs)` does.
            self._note_outer(outer, at)
        try:
            value = self._invoked(function, args, named, at)
        except RaisedError as raised:
            self.pending.extend(raised.ends)
            return Thing(marks=CALLER | UNREAD, at=at)
        return joined([value, Thing(marks=value.tags | UNREAD, at=at)])

    def _note_outer(self, decorator: Value, at: str) -> None:
        last = str(getattr(decorator, "name", "")).rpartition(".")[2]
        if self._may_swallow(decorator) and guards_by_name(last):
            self.record.unknown.append((f"is decorated with {last} of a package that is not here", at))

    def _may_swallow(self, decorator: Value) -> bool:
        if isinstance(decorator, Choice):
            return any(map(self._may_swallow, decorator.options))
        name = decorator.name if isinstance(decorator, (Thing, Outside)) else ""
        known = self.models.transparent | self.models.limiters | self.models.refusing.keys()
        return name not in known and name.partition(".")[0] not in sys.stdlib_module_names

    def _invoked(self, function: Function, args: tuple[Value, ...], named: dict[str, Value], at: str) -> Value:
        args = (*function.given, *args)
        named = {**function.named, **named}
        if function.me is not None:
            args = (function.me, *args)
        if function.scope is None:
            return self._lambda_called(function, args, named)
        scope = function.scope
        self.met.add(scope)
        marks = union(args) | union(named.values())
        is_wrapper = _is_wrapper(function)
        most = _MAX_INSIDE_WIRING if self.wires else _MAX_INSIDE
        most = _MAX_INSIDE_LIBRARY if scope.module.is_library else _MAX_WRAPPED if is_wrapper else most
        if self._is_too_deep(scope) or self.path.count(scope) >= most or (is_stub(scope) and self.depth):
            self._passed_by(scope)
            return Thing(marks=self._unread(marks), at=at)
        if (
            not self.wires
            and self.depth
            and not is_wrapper
            and not self._is_worth(scope, marks, (*args, *named.values()), function.me)
            and not self._is_around_caller(function)
        ):
            self._passed_by(scope)
            return self._unentered(scope, marks, at)
        if self.wires and (self.costs.is_too_dear(scope) or not (self.enters is None or self.enters(scope))):
            return Thing(marks=self._unread(marks), at=at)
        self.executed.add(scope)
        # What a decorator of a package made is there because of where it stands, not of who calls it.
        place = function.env.used_at if scope.module.is_library else ""
        env = Env(scope, function.env, {}, place or at)
        if self.handed is not None:
            env.names[ANSWER], self.handed = self.handed, None
        if self.gone_on:
            env.names[NEXT], self.gone_on = Const(True), False
        self.bind(env, scope.parameters, args, named, function.env)
        is_for_nobody = isinstance(function.me, Object) and function.me.is_for_nobody
        return self._entered_body(
            scope, env, is_given_caller="caller" in marks, is_wrapper=is_wrapper, is_for_nobody=is_for_nobody
        )

    def _entered_body(
        self,
        scope: Scope,
        env: Env,
        *,
        is_given_caller: bool,
        is_wrapper: bool = False,
        is_for_nobody: bool = False,
    ) -> Value:
        # What stands for a package is short, and leads back into the tree; what stands around a function leads to it.
        inward = not scope.module.is_library and not is_wrapper
        self.depth += inward
        self.path.append(scope)
        self.entered.append(len(self.conditions))
        # What does nothing but raise (`abort(401)`) raises for the reasons of who calls it.
        was_decided = is_for_nobody or (self.decided[-1] and _ends_raising(scope))
        self.decided.append(was_decided)
        held, self.registered = self.registered, []
        leaving, self.leaving = self.leaving, []
        ways, self.ways = self.ways, []
        yielding, self.yielding = self.yielding, Items([]) if self._is_gone_through(scope) else None
        steps, wired = self.steps, self.costs.wired
        is_factory = scope in self.factories
        if is_factory:
            # Whoever calls it may have read a long configuration before.
            self.factories.discard(scope)
            self.steps = 0
        try:
            flow = self.run(scope.body, env)
            if flow.env is not None:
                self.leaving.append(flow.env.names.get(ANSWER))
            left = [one or NONE_YET for one in self.leaving] if any(self.leaving) else []
        finally:
            self.leaving = leaving
            own, self.ways = self.ways, ways
            self.depth -= inward
            if self.wires:
                self.costs.note(scope, self.steps - (0 if is_factory else steps), wired)
            self.steps = steps if is_factory else self.steps
            self.path.pop()
            self.entered.pop()
            about_caller = self.decided.pop()
            # What a description gives is None for want of something better, unless it asked who calls itself.
            about_caller = about_caller and not (was_decided and scope.module.is_library)
            self.registered = held
            yielded, self.yielding = self.yielding, yielding
        if yielded is not None:
            return yielded
        falls = self._fallen_through(flow)
        values = flow.returns + ([falls] if flow.env is not None or flow.loops or flow.breaks else [])
        if self.around.is_generator(scope):
            values = flow.returns or [Const(None)] if flow.returns or flow.env is not None else []
        if not values:
            raise RaisedError(flow.ends)
        self.handed = joined(left) if left else None
        self.pending.extend(flow.ends)
        if about_caller:
            # It is None or False because there is no credential.
            values = [marked(one) for one in values]
        if is_given_caller and not self.wires and not self.anonymous:
            # Whatever literal stands for it here, a credential found it; who has none gets the literal as it is.
            values = [
                Thing(marks=CALLER) if isinstance(one, (Table, Items)) and not one.tags else one for one in values
            ]
        usual = default_given(values, flow.rare) if self.wires else None
        found = joined(values) if usual is None else usual
        if (
            self.wires
            and isinstance(found, Choice)
            and not _LOOPS.intersection(node[0] for node in statements(scope.body))
        ):
            return given_back(found, own, falls=flow.env is not None)
        return found

    def _fallen_through(self, flow: Flow) -> Const:
        """What a function gives that ends without a word: `if user.is_staff: return user`, and nothing else."""
        about = [one for one in flow.falls_by if "caller" in one.test.marks]
        if not about or self.wires or self.anonymous:
            return Const(None)
        return NoneBy(None, CALLER, escape=either(one.escape for one in about))

    def _is_gone_through(self, scope: Scope) -> bool:
        """Whether it gives one value after another to who registers routes of them, and is no more than that."""
        return self.wires and self.around.is_generator(scope) and not scope.decorators

    def _is_worth(self, scope: Scope, marks: frozenset[str], given: tuple[Value, ...], me: Value | None = None) -> bool:
        if scope.module.is_library or scope is self.defaulting or (self.path and self.path[-1].module.is_library):
            return True
        for value in given:
            is_part = isinstance(value, Thing) and value.name in _PARTS and not value.is_call
            if self.depth <= _MAX_ASKED and (is_part or self._is_request(value)):
                return True
            is_near = self.depth <= _MAX_OWN or (self.depth <= _MAX_ASKED and self.around.reads_credentials(scope))
            if is_near and self._holds_request(value):
                return True
            if (
                self.depth <= _MAX_OWN
                and isinstance(value, Object)
                and any(map(is_exception, self.bases(value.cls.scope)))
            ):
                return True  # It says what is answered to a refusal: `status_of(error)`.
            if self.depth <= _MAX_ASKED and isinstance(value, Thing) and value.name == "request.credential":
                return True  # It is handed who calls: `may(user, "write")`.
            if self.depth <= _MAX_ASKED and isinstance(value, Function) and (_calls(scope) or self._may_ask(value)):
                return True  # It calls what it is given: `answered(self.show)`.
        if not self.wires and self.around.keeps_in_context(scope, is_near=True):
            return True  # With a credential and without: what only one of both goes into seems to tell them apart.
        if self.around.may_refuse(scope) or (self.verifies and secrets_kept.reads_secret(scope)):
            return True
        if isinstance(me, Object) and me.cls.scope is not scope.parent and self.around.class_may_refuse(me.cls.scope):
            # What a class above calls may be a method of this one: `def process(self): self.check()`.
            return True
        if (self.depth <= _MAX_ASKED or self._is_asked_to_refuse()) and self.around.asks_who(scope):
            return True
        if (
            scope.name == "__init__"
            and scope.parent is not None
            and any(base in self.models.raised or is_exception(base) for base in self.bases(scope.parent))
        ):
            return True  # It says which status an exception has, or what it carries to who catches it.
        assert scope.node is not None
        # What only answers a question about the caller is short, and near to the one who asks.
        is_short = scope.node[2] - scope.node[1] < _SHORT_BYTES and self.depth <= _MAX_ASKED
        if is_short and any(isinstance(one, Items) and one.is_whole and not one.values for one in given):
            return True  # What is made of nothing is soon known: `given_back(signal.send(...))`.
        if is_short and scope.name == "__getattr__":
            return True  # It says what else an object has: a setting, and its default.
        is_near = self.depth <= _MAX_OWN or (_is_one_statement(scope) and self.depth <= _MAX_ASKED)
        if is_short and is_near and self.around.is_plain(scope):
            return True
        return is_short and (bool(marks & (CALLER | {"signature"})) or self.around.makes(scope))

    def _may_ask(self, given: Function) -> bool:
        """Whether a function that is handed on may refuse or asks who calls; of a lambda, what it calls."""
        called = [given.scope] if given.scope is not None else []
        if given.scope is None and given.node is not None:
            calls = (node for node in form.walk(given.node[4]) if node[0] == form.CALL)
            made = (one for node in calls for one in self.program.resolve(given.env.scope, node[3]).all)
            called = [one.scope for one in made if one.kind == "function" and one.scope is not None]
        return any(self.around.may_refuse(one) or self.around.asks_who(one) for one in called)

    def _is_around_caller(self, function: Function) -> bool:
        """Whether a function within another uses what that one has of the caller: `def check(roles): user.roles`."""
        scope, env = function.scope, function.env
        if scope is None or scope.parent is None or not scope.parent.is_function or self.depth > _MAX_ASKED:
            return False
        used = {node[3] for node in scope.nodes if node[0] == form.NAME}
        held = (value for name, value in env.names.items() if name in used)
        return any("caller" in value.tags or self._is_request(value) for value in held)

    def _unread(self, marks: frozenset[str]) -> frozenset[str]:
        """The marks of what a function gives into which nobody looked."""
        return marks | UNREAD if self.anonymous and "caller" in marks else marks

    def _is_too_deep(self, scope: Scope) -> bool:
        """Whether a function is called from too far away to be followed.

        What may refuse may be twice as far, and who calls is asked as far as that.
        """
        if self.depth < self.limits.depth or self.wires:
            return self.depth >= self.limits.depth
        is_worth = self.around.may_refuse(scope) or (self._is_asked_to_refuse() and self.around.asks_who(scope))
        return self.depth > 2 * self.limits.depth or not is_worth

    def _is_asked_to_refuse(self) -> bool:
        """Whether the function at hand itself may refuse: what it asks of others may be why."""
        return bool(self.path) and self.around.refuses(self.path[-1])

    def _passed_by(self, scope: Scope) -> None:
        """Takes note of a function that is not gone into, where it may leave something for others in the request."""
        if not self.anonymous or self.wires:
            return
        if self.around.keeps_in_context(scope):
            self.around.forget_context()
        if self.around.keeps_in_request(scope):
            self.passed_by.add(scope)

    def _unentered(self, scope: Scope, marks: frozenset[str], at: str) -> Value:
        found = self.program.returned(scope)
        cls = found.scope if found.kind == "instance" else None
        if cls is not None and _is_given_there(scope, cls.name):
            cls = None  # What it is given there, its class does not tell.
        return Thing(
            found.name if found.kind == "instance" else "", marks=self._unread(marks), at=at, cls=cls, is_call=True
        )

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
        spread = rest.pop(SPREAD, None)
        for parameter in parameters:
            name, kind = parameter[form.P_NAME], parameter[form.P_KIND]
            if kind == form.VARARGS:
                env.names[name] = Items(left)
                left = []
            elif kind == form.KWARGS:
                entries: dict[object, Value] = {}
                entries.update(rest)
                # Of what nothing here calls, nobody knows what it is given.
                more = spread if env.scope not in self.uncalled else spread or Thing(marks=SETTING)
                env.names[name] = Table(entries, is_whole=more is None, other=more)
            elif kind != form.KEYWORD and left:
                env.names[name] = self.typed(env, parameter, left.pop(0))
                rest.pop(name, None)
            elif name in rest:
                env.names[name] = self.typed(env, parameter, rest.pop(name))
            elif parameter[form.P_DEFAULT] is not None:
                env.names[name] = perhaps_given(self.evaluate(outer, parameter[form.P_DEFAULT]), spread)
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
        is_told = found.name in self.models.requests or found.name.partition(".")[0] in self.models.stores
        name = found.name if is_told and not value.marks else value.name
        return Thing(name, value.args, value.named, value.marks, value.trail, value.at, found.scope, value.why)

    def scheme(self, value: Value, at: str) -> Value:
        """What a scheme gives: refuses without a credential, unless it is told not to."""
        given = value.attributes.get("__super__") if isinstance(value, Object) else value
        named = given.named if isinstance(given, Thing) else {}
        name = given.name if isinstance(given, Thing) else ""
        scheme = self.models.schemes.get(name)
        says = named.get(scheme.unless) if scheme is not None and scheme.unless else None
        if isinstance(value, Object) and scheme is not None and scheme.unless in value.attributes:
            says = value.attributes[scheme.unless]
        if says is None and isinstance(given, Thing) and len(given.args) > 1:
            says = given.args[-1]  # Which one of its arguments stands there is not known.
            says = says if isinstance(says, Const) and isinstance(says.value, bool) else Thing()
        optional = named.get(scheme.optional) if scheme is not None and scheme.optional else None
        lenient = _is(says, False) or _is(optional, True)
        open_end = any(one is not None and not _is(one, True) and not _is(one, False) for one in (says, optional))
        if not self.anonymous:
            return Thing("", marks=CALLER, trail=("credentials",))
        if lenient:
            return Thing(marks=CALLER | UNREAD) if self.around.forged else Const(None, CALLER)
        end = End(self._refusal(at), at, tuple(self.conditions), needs_credential=True, kind="authentication")
        if self.around.forged & {"header", "cookie", "query"}:
            self.pending.append(end)
            return Thing(marks=CALLER | UNREAD)
        if open_end:
            self.pending.append(end)
            return Thing(marks=CALLER)
        raise RaisedError([end])

    def _refusal(self, at: str) -> Value | None:
        """What a scheme raises is the framework's own refusal: a subclass may catch it and let everybody pass."""
        name = next((one for one in self.models.raised if one.endswith(".HTTPException")), "")
        return Thing(name, named={"status_code": Const(401)}, at=at) if name else None


def _is_one_statement(scope: Scope) -> bool:
    """Whether a body is a single statement, whatever is written above it about it."""
    first = scope.body[0] if scope.body else None
    is_told = first is not None and first[0] == form.EXPRESSION and first[3][0] == form.CONSTANT
    return len(scope.body) == 1 + is_told


def _calls(scope: Scope) -> bool:
    """Whether a short function calls one of its parameters."""
    assert scope.node is not None
    given = {one[form.P_NAME] for one in scope.parameters}
    return scope.node[2] - scope.node[1] < _SHORT_BYTES and any(
        node[0] == form.CALL and node[3][0] == form.NAME and node[3][3] in given for node in scope.nodes
    )


def _is_wrapper(function: Function) -> bool:
    """Whether it was made by a function that was given another one: which one, no table of calls knows."""
    if function.wraps is not None:
        return True
    made = function.env
    return made.parent is not None and any(
        isinstance(made.names.get(one[form.P_NAME]), Function) for one in made.scope.parameters
    )


def _ends_raising(scope: Scope) -> bool:
    return scope.module.is_library or (bool(scope.body) and scope.body[-1][0] == form.RAISE)


def _is(value: Value | None, what: bool) -> bool:
    return isinstance(value, Const) and bool(value.value) is what and "setting" not in value.marks


def _is_given_there(scope: Scope, name: str) -> bool:
    """Whether a function makes an object of this class with values of its own: `Settings(asks=False)`."""
    calls = (node for node in scope.nodes if node[0] == form.CALL)
    made = (node for node in calls if (form.dotted(node[3]) or "").rpartition(".")[2] == name)
    return any(node[4] or any(one[0] for one in node[5]) for node in made)
