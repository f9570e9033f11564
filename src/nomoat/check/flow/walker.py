"""Follows request data through a handler and the functions it calls, for all flow rules at once.

A function is walked in the order in which it runs; branches are joined, loops walked twice. A value that is constant,
converted, matched in full or looked up in a constant table carries no taint; a check that ends the function counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nomoat.check.flow import answers, decided, origins, parts, proof, sources
from nomoat.check.flow.arrivals import ANSWER, Arrival, FlowRules
from nomoat.check.flow.expressions import OverBudgetError
from nomoat.check.flow.helpers import MAX_HELPERS, Helpers, constructors
from nomoat.check.flow.sources import Handler
from nomoat.check.flow.taint import (
    OF_STRUCTURES,
    Environment,
    Taint,
    assign,
    at_place,
    clean,
    join,
    look_up,
    merged,
    path_of,
)
from nomoat.survey.python import form
from nomoat.survey.python.form import Body, Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import Scope

_ENDING = frozenset(name.rpartition(".")[2] for name in parts.NEVER_RETURNS)
_VALIDATES = ("validate", "check", "verify", "ensure", "assert", "require", "reject")

__all__ = ["Arrival", "Handler", "OverBudgetError", "arrivals"]


def arrivals(program: Program, handler: Handler, rules: FlowRules) -> list[Arrival]:
    """Every arrival of request data in a handler, its dependencies and helpers.

    Raises:
        OverBudgetError: the handler is too large to be followed to its end.
    """
    walker = _Walker(program, rules)
    walker.handler(handler)
    return walker.sinks.arrivals


class _Walker(Helpers):
    """The part that knows statements, and goes into functions."""

    def __init__(self, program: Program, rules: FlowRules) -> None:
        super().__init__(program, rules)
        self._returned: list[list[Taint | None]] = []
        self._ends: list[list[Environment]] = []
        self._depended: dict[Scope, Taint | None] = {}
        #: The handler whose returned text is HTML.
        self._answering: Scope | None = None

    def handler(self, handler: Handler) -> Taint | None:
        """Walks a handler; its parameters are request data."""
        self.confidence = "sure" if handler.is_on_map else "likely"
        if handler.answers_html:
            self._answering = None if _is_made_anew(self.program, handler.scope) else handler.scope
        return self._function(handler.scope, sources.environment(self.program, handler, self._dependency))

    def _dependency(self, scope: Scope) -> Taint | None:
        """What a dependency gives: its own parameters are request data too."""
        if scope in self._depended:
            return self._depended[scope]
        self._depended[scope] = None
        if scope.is_class:
            init = next((one for base in self.program.bases(scope) for one in constructors(base)), None)
            given = (
                sources.environment(self.program, Handler(init), self._dependency)
                if init is not None
                else sources.fields(self.program, scope)
            )
            taint = merged(given.values())
            if taint is not None and init is None:
                taint = replace(taint, fields=frozenset(given))
            taint = None if taint is not None and taint.is_request else taint
        else:
            taint = self.handler(Handler(scope))
        self._depended[scope] = taint
        return taint

    def _function(self, scope: Scope, env: Environment, ends: list[Environment] | None = None) -> Taint | None:
        """Walks a function to its ends (returned in `ends`); gives the taint of what it returns."""
        if scope in self._stack or len(self._stack) >= MAX_HELPERS:
            return None
        self._stack.append(scope)
        self._returned.append([])
        self._ends.append(ends if ends is not None else [])
        try:
            if not self._block(scope, scope.body, env):
                self._ends[-1].append(env)
            return merged(self._returned[-1])
        finally:
            self._stack.pop()
            self._returned.pop()
            self._ends.pop()

    # -- statements --------------------------------------------------------------------------------------------------

    def _block(self, scope: Scope, body: Body, env: Environment) -> bool:
        """Walks statements; True when control surely leaves the block (return, raise, continue, break)."""
        for node in body:
            step = _STEPS.get(node[0])
            if step is not None and step(self, scope, node, env):
                return True
        return False

    def _return(self, scope: Scope, node: Node, env: Environment) -> bool:
        if node[3] is not None:
            taint = self.value(scope, node[3], env)
            self._returned[-1].append(taint)
            if scope is self._answering and taint is not None:
                self._answer(scope, node[3], taint)
        self._ends[-1].append(dict(env))
        return True

    def _answer(self, scope: Scope, node: Node, taint: Taint) -> None:
        """What a view returns: a text, or a tuple that begins with one; a dict or list goes out as JSON."""
        if node[0] == form.TUPLE:
            # With headers of its own it may be sent as something else.
            first = at_place(taint, "0") if len(node[3]) < len(("text", "status", "headers")) else None
        else:
            is_text = taint.fields is None and not taint.removed & {"keys", "object"}
            first = taint.whole() if is_text else None
        # What some unknown function made of data is most often a page, and who made that has escaped it.
        if first is not None and first.confidence != "low" and not _is_collection(node):
            # What may be a dict as well is less sure to be a text.
            sure = first if first.removed >= OF_STRUCTURES else first.less_sure("likely")
            self.sinks.note_value(scope, node, sure, ANSWER)

    def _raise(self, scope: Scope, node: Node, env: Environment) -> bool:
        for inner in (node[3], node[4]):
            if inner is not None:
                self.value(scope, inner, env)
        return True

    def _leave(self, _scope: Scope, _node: Node, _env: Environment) -> bool:
        return True

    def _assign(self, scope: Scope, node: Node, env: Environment) -> bool:
        value = node[4]
        for target in node[3]:
            if _is_place_by_place(target, value):
                taints = [self.value(scope, one, env) for one in value[3]]
                for one, taint in zip(target[3], taints, strict=True):
                    self.bind(scope, one, taint, env)
            else:
                self.bind(scope, target, self.value(scope, value, env), env)
        return False

    def _annotated(self, scope: Scope, node: Node, env: Environment) -> bool:
        if node[5] is not None:
            self.bind(scope, node[3], self.value(scope, node[5], env), env)
        return False

    def _augmented(self, scope: Scope, node: Node, env: Environment) -> bool:
        before = self.value(scope, node[3], env)
        added = self.value(scope, (form.BINARY, node[1], node[2], node[4], (node[3], node[5])), env)
        path = path_of(node[3])
        if added is not None and path is not None and before is None:
            self.bind(scope, node[3], added, env)
        elif path is not None:
            assign(env, path, added)
        return False

    def _expression(self, scope: Scope, node: Node, env: Environment) -> bool:
        taint = self.value(scope, node[3], env)
        called = node[3][3] if node[3][0] == form.AWAIT else node[3]
        if called[0] == form.CALL:
            self._ends_without_error(scope, called, env)
            if self._never_returns(scope, called):
                return True
        if node[3][0] in (form.YIELD, form.YIELD_FROM):
            self._returned[-1].append(taint)
        return False

    def _never_returns(self, scope: Scope, call: Node) -> bool:
        word = call[3][4] if call[3][0] == form.ATTRIBUTE else call[3][3] if call[3][0] == form.NAME else ""
        if word not in _ENDING:
            return False
        found = self.program.resolve(scope, call[3])
        return any(one.name.removeprefix("builtins.") in parts.NEVER_RETURNS for one in found.all)

    def _ends_without_error(self, scope: Scope, call: Node, env: Environment) -> None:
        """What is true behind a call that raises otherwise: `int(page)`, `validate_host(url)`."""
        self.take(env, answers.by_checks(self.program, scope, call, self.checks, answer=None))
        if len(call[4]) == 1 and (path := path_of(call[4][0])) is not None and look_up(env, path) is not None:
            found = self.program.resolve(scope, call[3])
            name = found.name.removeprefix("builtins.")
            if sources.is_converted(self.program, found.name, found.scope) or name.startswith("ipaddress."):
                clean(env, path)
        if call[3][0] == form.ATTRIBUTE and call[3][4] == "relative_to":
            proved = (proof.Proof(path, proof.PATH, by_source=True) for path in origins.made_of(scope, call[3][3]))
            self.take(env, proved if origins.was_resolved(scope, path_of(call[3][3]) or "") else ())
        if (form.dotted(call[3]) or "").rpartition(".")[2].lstrip("_").startswith(_VALIDATES):
            for argument in call[4]:
                self.take(env, (proof.Proof(path, is_doubt=True) for path in origins.made_of(scope, argument)))

    def _assert(self, scope: Scope, node: Node, env: Environment) -> bool:
        # Not a proof: `python -O` takes asserts away.
        self.value(scope, node[3], env)
        return False

    def _if(self, scope: Scope, node: Node, env: Environment) -> bool:
        outcomes: list[Environment] = []
        rest = env
        for test, body in node[3]:
            self.value(scope, test, rest)
            holds = decided.outcome(self.program, scope, test)
            if holds is False:
                continue
            if holds:
                if not self._block(scope, body, rest):
                    outcomes.append(rest)
                if outcomes:
                    join(env, outcomes)
                return not outcomes
            inside, outside = dict(rest), dict(rest)
            self.prove(scope, test, inside, holds=True)
            self.prove(scope, test, outside, holds=False)
            if not self._block(scope, body, inside):
                outcomes.append(inside)
            rest = outside
        if node[4] is None or not self._block(scope, node[4], rest):
            outcomes.append(rest)
        if not outcomes:
            return True
        join(env, outcomes)
        return False

    def _for(self, scope: Scope, node: Node, env: Environment) -> bool:
        taint = self.value(scope, node[4], env)
        for _ in range(2):
            inside = dict(env)
            self.bind_each(scope, node[3], node[4], taint, inside)
            self._block(scope, node[5], inside)
            join(env, [dict(env), inside])
        return bool(node[6]) and self._block(scope, node[6], env)

    def _while(self, scope: Scope, node: Node, env: Environment) -> bool:
        for _ in range(2):
            self.value(scope, node[3], env)
            inside = dict(env)
            self.prove(scope, node[3], inside, holds=True)
            self._block(scope, node[4], inside)
            join(env, [dict(env), inside])
        return False

    def _try(self, scope: Scope, node: Node, env: Environment) -> bool:
        before = dict(env)
        left = self._block(scope, node[3], env)
        if not left and node[5]:
            left = self._block(scope, node[5], env)
        outcomes = [] if left else [dict(env)]
        for handler in node[4]:
            # An error may have come anywhere in the block: what held before and what held after it.
            inside: Environment = {}
            join(inside, [before, dict(env)])
            if not self._block(scope, handler[5], inside):
                outcomes.append(inside)
        if outcomes:
            join(env, outcomes)
        if node[6]:
            return self._block(scope, node[6], env) or not outcomes
        return not outcomes

    def _with(self, scope: Scope, node: Node, env: Environment) -> bool:
        for expression, target in node[3]:
            taint = self.value(scope, expression, env)
            if target is not None:
                self.bind(scope, target, taint, env)
        return self._block(scope, node[4], env)

    def _match(self, scope: Scope, node: Node, env: Environment) -> bool:
        taint = self.value(scope, node[3], env)
        path = path_of(node[3])
        outcomes: list[Environment] = [dict(env)]
        known = decided.value(self.program, scope, node[3])
        for case in node[4]:
            inside = dict(env)
            if known is not None and (taken := _takes(case, known[0])) is not None:
                if not taken:
                    continue
                if self._block(scope, case[5], inside):
                    return True
                join(env, [inside])
                return False
            pattern = case[3]
            captures = pattern[4] if pattern is not None and pattern[0] == form.PATTERN else ()
            values = pattern[3] if pattern is not None and pattern[0] == form.PATTERN else ()
            for capture in captures:
                self.bind(scope, capture, taint.whole() if taint is not None else None, inside)
            if values and not captures and path is not None:
                clean(inside, path)
            if case[4] is not None:
                self.value(scope, case[4], inside)
                self.prove(scope, case[4], inside, holds=True)
            if not self._block(scope, case[5], inside):
                outcomes.append(inside)
        join(env, outcomes)
        return False

    def _delete(self, _scope: Scope, node: Node, env: Environment) -> bool:
        for target in node[3]:
            path = path_of(target)
            if path is not None:
                assign(env, path, None)
        return False


_STEPS: dict[int, Callable[[_Walker, Scope, Node, Environment], bool]] = {
    form.ASSIGN: _Walker._assign,
    form.ANNOTATED: _Walker._annotated,
    form.AUGMENTED: _Walker._augmented,
    form.EXPRESSION: _Walker._expression,
    form.ASSERT: _Walker._assert,
    form.DELETE: _Walker._delete,
    form.RETURN: _Walker._return,
    form.RAISE: _Walker._raise,
    form.BREAK: _Walker._leave,
    form.CONTINUE: _Walker._leave,
    form.IF: _Walker._if,
    form.FOR: _Walker._for,
    form.WHILE: _Walker._while,
    form.TRY: _Walker._try,
    form.WITH: _Walker._with,
    form.MATCH: _Walker._match,
}


def _is_made_anew(program: Program, scope: Scope) -> bool:
    """Whether a decorator of the tree makes something else of what the function returns: `return json_of(func())`."""
    for decorator in scope.decorators:
        named = decorator[3] if decorator[0] == form.CALL else decorator
        found = program.resolve(scope.parent or scope, named).scope
        if found is None or not found.is_function or found.module.is_library:
            continue
        inside = [found]
        for one in inside:
            inside.extend(child for child in one.children.values() if child.is_function)
        names = {one[form.P_NAME] for each in inside for one in each.parameters}
        for wrapper in inside[1:]:
            calls = [node for node in form.walk_scope(wrapper.body) if _calls_one_of(node, names)]
            if calls and not any(_gives(wrapper, node[3]) in calls for node in wrapper.nodes if node[0] == form.RETURN):
                return True
    return False


def _calls_one_of(node: Node, names: set[str]) -> bool:
    return bool(node[0] == form.CALL and node[3][0] == form.NAME and node[3][3] in names)


def _gives(scope: Scope, value: Node | None) -> Node | None:
    """What is returned, through a name and an `await`."""
    if value is not None and value[0] == form.NAME:
        value = origins.bound_once(scope, value[3]) or value
    return value[3] if value is not None and value[0] == form.AWAIT else value


def _takes(case: Node, value: object) -> bool | None:
    """Whether a case of constants is that of a value; None for every other."""
    pattern = case[3]
    if case[4] is not None or pattern is None or pattern[0] != form.PATTERN or pattern[4]:
        return None
    if not all(one[0] == form.CONSTANT for one in pattern[3]):
        return None
    return not pattern[3] or any(one[3] == value for one in pattern[3])


def _is_collection(node: Node) -> bool:
    if node[0] == form.TUPLE and node[3]:
        node = node[3][0]
    if node[0] == form.CALL:
        return node[3][0] == form.NAME and node[3][3] in ("dict", "list", "set")
    return node[0] in (form.DICT, form.LIST, form.SET, form.COMPREHENSION)


def _is_place_by_place(target: Node, value: Node) -> bool:
    """True for `sort, words = "name", q`, where each name gets the value at its own place."""
    if target[0] not in (form.TUPLE, form.LIST) or value[0] not in (form.TUPLE, form.LIST):
        return False
    return len(target[3]) == len(value[3]) and not any(one[0] == form.STARRED for one in (*target[3], *value[3]))
