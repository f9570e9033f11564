"""Exceptions in a trial: which are raised, by whom caught, and which a context manager swallows."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable

from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial.answering import ANSWER, so_far
from nomoat.survey.trial.blocks import managed
from nomoat.survey.trial.bodies import Bodies
from nomoat.survey.trial.flow import Flow, merged
from nomoat.survey.trial.lacking_modules import first_lacking
from nomoat.survey.trial.machine import (
    UNBOUND,
    End,
    ExhaustedError,
    RaisedError,
)
from nomoat.survey.trial.refusals import asks_for_else, is_above, names_of, status_of
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.values import (
    CALLER,
    Choice,
    Class,
    Const,
    Env,
    Function,
    Items,
    Object,
    Outside,
    Thing,
    Value,
    options,
)

#: What is raised where a table has no such key.
_MISSED = End(Thing("builtins.KeyError"), "")
_LACKED = End(Thing("builtins.AttributeError"), "")
_FAILED_IMPORT = End(Thing("builtins.ModuleNotFoundError"), "")
#: What makes an application the current one for as long as a block runs.
_ENTERS = "app_context"


class Exceptions(Bodies):
    """Exceptions: raised, caught, swallowed."""

    def _raise(self, node: Node, env: Env) -> Flow:
        value = self.evaluate(env, node[3]) if node[3] is not None else None
        if isinstance(value, (Class, Outside)):
            value = self.call(value, (), {}, self.at(env, node), env)
        if isinstance(value, Thing) and value.name in self.models.returning:
            self.leaving.append(env.names.get(ANSWER))
            return Flow(None, [value.args[0] if value.args else Const(None)])
        if isinstance(value, Thing) and value.name in self.models.ending:
            # It ends with whatever was answered so far.
            value = next((one for one in options(so_far(env)) if isinstance(one, Thing)), value)
        if value is None and self.catching and self.catching[-1] is not None:
            value = self.catching[-1].value
        conditions = tuple(self.conditions)
        needs = (
            any(condition.test.marks & (CALLER | {"signature"}) for condition in conditions) or self.caught_credential
        )
        needs = needs or (self.anonymous and self.decided[-1])
        if needs and not self.caught_credential:
            needs = not asks_for_else(conditions, status_of(self, value, self.models.raised) or 0)
        kind = next((end.kind for end in self.catching if end is not None and end.kind), "")
        by = self.responsible(env.scope)
        caught = self.catching[-1].value if self.catching and self.catching[-1] is not None else None
        end = End(
            value, self.at(env, node), conditions, needs, kind, self.caught_credential, by, caught, self._own_first
        )
        if not self.wires:
            self.raised_at.append((end, env.scope))
        return Flow(None, ends=[end])

    def responsible(self, scope: Scope) -> Scope:
        """The function of the tree that something happens in; of a package, the one that the tree uses."""
        if not scope.module.is_library:
            return scope
        # A bare helper such as `abort` acts for who calls it; what a decorator of a package made acts by itself.
        for inner in reversed(self.path):
            if not inner.module.is_library or (inner.parent is not None and inner.parent.is_function):
                return inner
        return scope

    @property
    def caught_credential(self) -> bool:
        """Whether this runs because something that was given a credential raised."""
        return any(end is not None and end.needs_credential for end in self.catching)

    def _with(self, node: Node, env: Env) -> Flow:
        found = managed(self, node, env) if self.wires else None
        if found is not None:
            return found
        before, mark = env.copy(), len(self.pending)
        may_be_quiet = False
        quiet: list[Callable[[End], bool]] = []
        for value_node, target in node[3]:
            value = self.ran(self.evaluate(env, value_node))
            quiet.append(self._quiet(env, value_node, value))
            may_be_quiet = may_be_quiet or self._may_be_quiet(value)
            if isinstance(value, Object):
                enter = self.attribute(value, "__enter__")
                if isinstance(enter, Function):
                    value = self.invoke(enter, (), {}, self.at(env, value_node))
            if target is not None:
                self.assign(env, target, value)
        before_it, self.application = self.application, self._entered_application(env, node) or self.application
        try:
            flow = self.run(node[4], env)
        finally:
            self.application = before_it
        swallowed = [end for end in (*flow.ends, *self.pending[mark:]) if any(is_quiet(end) for is_quiet in quiet)]
        if swallowed:
            flow.ends = [end for end in flow.ends if end not in swallowed]
            self.pending[mark:] = [end for end in self.pending[mark:] if end not in swallowed]
            flow.env = merged([before] if flow.env is None else [flow.env, before])
        elif may_be_quiet and flow.ends:
            if flow.env is None:
                # Whatever the block was to bind is not there behind it: who asks for that fails.
                before.names.update({name: Thing(UNBOUND) for name in _bound_in(node[4]) if name not in before.names})
            flow.env = merged([before] if flow.env is None else [flow.env, before])
        return flow

    def _entered_application(self, env: Env, node: Node) -> Value | None:
        """The application that is the current one inside, where routes are registered: `with app.app_context():`."""
        for given, _ in node[3] if self.wires else ():
            if given[0] == form.CALL and given[3][0] == form.ATTRIBUTE and given[3][4] == _ENTERS:
                owner = self.evaluate(env, given[3][3])
                if isinstance(owner, Registry) and owner.kind.is_application:
                    return owner
        return None

    def _may_be_quiet(self, value: Value) -> bool:
        """Whether it is a context manager of a package of which it is not known that it lets exceptions through."""
        if not self.anonymous or self.is_store(value):
            return False
        if not isinstance(value, (Thing, Outside, Choice)):
            return False
        if isinstance(value, Choice):
            return any(self._may_be_quiet(option) for option in value.options)
        package = value.name.partition(".")[0]
        if value.name in ("contextlib.ExitStack", "contextlib.AsyncExitStack"):
            return True
        return bool(package) and package not in self.models.managing and package not in sys.stdlib_module_names

    def _quiet(self, env: Env, node: Node, value: Value) -> Callable[[End], bool]:
        """Whether a context manager may keep an exception to itself."""
        if isinstance(value, Object):
            leaves = [self.attribute(value, name) for name in ("__exit__", "__aexit__")]
            scopes = [leave.scope for leave in leaves if isinstance(leave, Function) and leave.scope is not None]
            return lambda end: any(_may_return_true(scope.body) for scope in scopes)
        if isinstance(value, Thing) and value.name == "contextlib.suppress":
            return lambda end: self._catches_any(list(value.args), end)
        callee = self.evaluate(env, node[3]) if node[0] == form.CALL else None
        made = callee.scope if isinstance(callee, Function) else None
        return lambda end: made is not None and _catches(made.body)

    def _try(self, node: Node, env: Env) -> Flow:
        body, handlers, orelse, final = node[3], node[4], node[5], node[6]
        before = env.copy()
        refusing = any(self._refuses(before, handler[5]) for handler in handlers)
        misses = any(self._matches(before, handler[3], _MISSED) for handler in handlers) and not self.wires
        mark, undecided = len(self.pending), len(self.conditions)
        lacks = not self.wires and any(self._matches(before, handler[3], _LACKED) for handler in handlers)
        misses_module = self.wires and any(self._matches(before, one[3], _FAILED_IMPORT) for one in handlers)
        self.raising += refusing
        self.missing += misses
        self.lacking += lacks
        try:
            lacking = first_lacking(self, body, env) if misses_module else None
            flow = self.run(body if lacking is None else body[:lacking], env)
            if lacking is not None and flow.env is not None:
                # What is bound there is bound by what catches it.
                flow.env = None
                flow.ends.append(End(_FAILED_IMPORT.value, self.at(env, body[lacking]), tuple(self.conditions)))
        finally:
            self.raising -= refusing
            self.missing -= misses
            self.lacking -= lacks
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
        # The one thing that the block can do is raise this.
        goes_on = flow.env is not None or flow.returns or flow.loops or flow.breaks
        is_sure = not goes_on and len(raised) == 1 and raised[0].is_sure
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
                with self.perhaps(not is_sure):
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
        given = self.evaluate(env, type_node)
        return self._catches_any(given.values if isinstance(given, Items) else list(options(given)), end)

    def _catches_any(self, kinds: list[Value], end: End) -> bool:
        own = _with_bases(names_of(self, end.value))
        for caught in kinds:
            names = names_of(self, caught)[:1] or ("",)
            if names[0] in ("builtins.Exception", "builtins.BaseException"):
                return True
            if end.value is None:
                if names[0] not in self.models.raised and not isinstance(caught, Class):
                    return True
            elif names[0] in own or _same_refusal(self, names[0], own) or is_above(self, names[0], own):
                return True
        return False

    def _assert(self, node: Node, env: Env) -> Flow:
        test = self.test(env, node[3])
        if test.anonymous is False and test.marks:
            return Flow(None, ends=[End(None, self.at(env, node), tuple(self.conditions), needs_credential=True)])
        return Flow(env)


def _same_refusal(run: Exceptions, name: str, own: tuple[str, ...]) -> bool:
    # `fastapi.HTTPException` is caught by the name of the framework below, too.
    last = name.rpartition(".")[2]
    return name in run.models.raised and any(one in run.models.raised and one.endswith(f".{last}") for one in own)


def _with_bases(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a class with those of Python's own classes above it: a KeyError is a LookupError."""
    found = list(names)
    for name in names:
        own = getattr(builtins, name.removeprefix("builtins."), None) if name.startswith("builtins.") else None
        found += [f"builtins.{one.__name__}" for one in own.__mro__] if isinstance(own, type) else []
    return tuple(found)


def _bound_in(body: Body) -> set[str]:
    """Names that statements of a body give a value."""
    targets = (one for node in form.walk_scope(body) if node[0] == form.ASSIGN for one in node[3])
    return {one[3] for one in targets if one[0] == form.NAME}


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
