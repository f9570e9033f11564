"""Follows request data through a handler and the functions it calls, for all flow rules at once.

A function is walked in the order in which it runs; branches are joined, loops walked twice. A value that is constant,
converted, matched in full or looked up in a constant table carries no taint; a check that ends the function counts.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import replace
from typing import TypeAlias

from nomoat.check.flow import proofs, sources, vocabulary
from nomoat.check.flow.arrivals import ANSWER, Arrival, FlowRules, Given
from nomoat.check.flow.calls import Calls
from nomoat.check.flow.expressions import OverBudgetError
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
from nomoat.survey.python.symbols import How, Scope

_MAX_HELPERS = 6
#: Calls in calls of the project through which a way is sure.
_MAX_SURE = 3
_ENDING = frozenset(name.rpartition(".")[2] for name in vocabulary.NEVER_RETURNS)
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


#: What a helper gives back, what its checks prove of its parameters, and what it keeps in its object's fields.
_Outcome: TypeAlias = tuple[Taint | None, dict[str, frozenset[str] | None], dict[str, Taint]]


class _Walker(Calls):
    """The part that knows statements, and goes into functions."""

    def __init__(self, program: Program, rules: FlowRules) -> None:
        super().__init__(program, rules)
        self._stack: list[Scope] = []
        self._returned: list[list[Taint | None]] = []
        self._ends: list[list[Environment]] = []
        self._known: dict[tuple[object, ...], _Outcome] = {}
        self._depended: dict[Scope, Taint | None] = {}
        #: The handler whose returned text is HTML.
        self._answering: Scope | None = None

    def handler(self, handler: Handler) -> Taint | None:
        """Walks a handler; its parameters are request data."""
        self.confidence = "sure" if handler.is_on_map else "likely"
        self._answering = handler.scope if handler.answers_html else self._answering
        return self._function(handler.scope, sources.environment(self.program, handler, self._dependency))

    def _dependency(self, scope: Scope) -> Taint | None:
        """What a dependency gives: its own parameters are request data too."""
        if scope in self._depended:
            return self._depended[scope]
        self._depended[scope] = None
        if scope.is_class:
            init = next((one for base in self.program.bases(scope) for one in _constructors(base)), None)
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
        if scope in self._stack or len(self._stack) >= _MAX_HELPERS:
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

    # -- functions that are called -----------------------------------------------------------------------------------

    def helper(self, scope: Scope, function: Scope, call: Node, given: Given, env: Environment) -> Taint | None:
        """What a function of the project gives back; what its checks prove is true of the arguments afterwards."""
        inner = self._closure(scope, function, env) | self._own_fields(function, call, given, env)
        taints = self._parameters(function, call, given)
        if not inner and not any(taint is not None for taint in taints.values()) and not self._reads(function):
            return None
        for name, taint in taints.items():
            if taint is not None:
                parameter = next(p for p in function.parameters if p[form.P_NAME] == name)
                words = f"goes to {function.name}({name})"
                if not taint.is_request:
                    # On a long way there is more that may have been tested, and cannot be told here.
                    sure = taint.less_sure("likely") if len(self._stack) > _MAX_SURE else taint
                    taint = sure.then(function, parameter, words)
                inner[name] = taint
            elif not any(path.startswith(f"{name}.") for path in inner):
                inner.pop(name, None)
        key = (function, tuple(sorted((name, _state(taint)) for name, taint in inner.items())))
        if key not in self._known:
            self._known[key] = (None, {}, {})
            ends: list[Environment] = []
            returned = self._function(function, inner, ends)
            kept = _fields_of_self(function, ends)
            self._known[key] = (returned, self._proved_by(function, ends, taints) if ends else {}, kept)
        returned, proved, kept = self._known[key]
        self._take_over(function, call, proved, env)
        if call[3][0] == form.ATTRIBUTE and call[3][3][0] == form.NAME:
            # `self.load(request)`, which keeps what it read in `self.words`.
            env.update({f"{call[3][3][3]}.{name}": taint for name, taint in kept.items()})
        if returned is None:
            return None
        # The way is that of this call, whoever asked first.
        own = next((t for t in taints.values() if t is not None and t.source == returned.source), None)
        trail = own.trail if own is not None else returned.trail
        return replace(returned, trail=trail).then(scope, call, f"comes back from {function.name}()")

    def made(self, scope: Scope, cls: Scope, call: Node, given: Given, env: Environment) -> Taint | None:
        """An object of a class of the project: its constructor says which of its fields hold data."""
        init = next((one for base in self.program.bases(cls) for one in _constructors(base)), None)
        if init is None or init in self._stack:
            return super().made(scope, cls, call, given, env)
        before = len(self._stack)
        if before >= _MAX_HELPERS:
            return super().made(scope, cls, call, given, env)
        inner: Environment = {}
        for name, taint in self._parameters(init, call, given).items():
            if taint is not None:
                inner[name] = taint
        if not inner:
            return None
        ends: list[Environment] = []
        self._function(init, inner, ends)
        kept = _fields_of_self(init, ends)
        if not kept or any(name is None for name, _ in call[5]):
            return super().made(scope, cls, call, given, env)
        taint = merged(kept.values())
        return replace(taint, fields=frozenset(kept)) if taint is not None else None

    def _reads(self, function: Scope) -> bool:
        """Whether a function, or one that it calls, takes something of the request by itself: `param("q")`."""
        reads = self.sinks.rules.reads(self.program)
        if reads.alone(function):
            return True
        for node in function.nodes if len(self._stack) <= _MAX_SURE else ():
            if node[0] == form.CALL and node[3][0] in (form.NAME, form.ATTRIBUTE):
                found = self.program.resolve(function, node[3])
                if found.kind == "function" and found.scope is not None and reads.alone(found.scope):
                    return True
        return False

    @staticmethod
    def _own_fields(function: Scope, call: Node, given: Given, env: Environment) -> Environment:
        """What a method finds in its object: `self.words` of the caller's own object, or of one that holds data."""
        if not function.is_method or not function.parameters or call[3][0] != form.ATTRIBUTE:
            return {}
        own = str(function.parameters[0][form.P_NAME])
        if given.receiver is not None and not given.receiver.is_request:
            return {own: given.receiver if given.receiver.fields is not None else given.receiver.less_sure("likely")}
        of = path_of(call[3][3])
        if of is None:
            return {}
        return {own + path[len(of) :]: taint for path, taint in env.items() if path.startswith((f"{of}.", f"{of}["))}

    @staticmethod
    def _proved_by(
        function: Scope, ends: list[Environment], taints: dict[str, Taint | None]
    ) -> dict[str, frozenset[str] | None]:
        """Parameters that are clean wherever the function ends without an error, unless it gave them new values."""
        found: dict[str, frozenset[str] | None] = {}
        for name, taint in taints.items():
            bindings = function.bindings.get(name, ())
            if taint is None or taint.is_request or any(one.how is not How.PARAMETER for one in bindings):
                continue
            after = merged([look_up(end, name) for end in ends])
            if after is None:
                found[name] = None
            elif after.removed - taint.removed:
                found[name] = after.removed
        return found

    def _take_over(
        self, function: Scope, call: Node, proved: dict[str, frozenset[str] | None], env: Environment
    ) -> None:  # fmt: skip
        if not proved:
            return
        for name, argument in proofs.passed(function, call):
            path = path_of(argument)
            if name in proved and path is not None:
                clean(env, path, proved[name])

    @staticmethod
    def _closure(scope: Scope, function: Scope, env: Environment) -> Environment:
        """What a function inside of this one sees of its names."""
        outer = function.parent
        while outer is not None and outer is not scope:
            outer = outer.parent
        if outer is None:
            return {}
        own = function.bindings
        return {path: taint for path, taint in env.items() if path.split(".")[0].split("[")[0] not in own}

    @staticmethod
    def _parameters(function: Scope, call: Node, given: Given) -> dict[str, Taint | None]:
        found: dict[str, Taint | None] = {}
        taints = {id(argument): taint for argument, taint in zip(call[4], given.positional, strict=True)}
        taints |= {id(value): taint for (_, value), (_, taint) in zip(call[5], given.named, strict=True)}
        names = {p[form.P_NAME]: p[form.P_KIND] for p in function.parameters}
        for name, argument in proofs.passed(function, call):
            if names.get(name) in (form.POSITIONAL, form.REGULAR, form.KEYWORD):
                found[name] = taints.get(id(argument))
        rest = next((name for name, kind in names.items() if kind == form.VARARGS), None)
        if rest is not None:
            taken = sum(kind in (form.POSITIONAL, form.REGULAR) for kind in names.values())
            found[rest] = merged(given.positional[taken:])
        rest = next((name for name, kind in names.items() if kind == form.KWARGS), None)
        if rest is not None:
            found[rest] = _keywords(given, names)
        return found

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
            first = taint.whole() if taint.fields is None and "keys" not in taint.removed else None
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
        return any(one.name.removeprefix("builtins.") in vocabulary.NEVER_RETURNS for one in found.all)

    def _ends_without_error(self, scope: Scope, call: Node, env: Environment) -> None:
        """What is true behind a call that raises otherwise: `int(page)`, `validate_host(url)`."""
        self.take(env, proofs.by_checks(self.program, scope, call, self.checks, answer=None))
        if len(call[4]) == 1 and (path := path_of(call[4][0])) is not None and look_up(env, path) is not None:
            found = self.program.resolve(scope, call[3])
            name = found.name.removeprefix("builtins.")
            if sources.is_converted(self.program, found.name, found.scope) or name.startswith("ipaddress."):
                clean(env, path)
        if call[3][0] == form.ATTRIBUTE and call[3][4] == "relative_to":
            proved = (proofs.Proof(path, proofs.PATH, by_source=True) for path in proofs.made_of(scope, call[3][3]))
            self.take(env, proved if proofs.was_resolved(scope, path_of(call[3][3]) or "") else ())
        if (form.dotted(call[3]) or "").rpartition(".")[2].lstrip("_").startswith(_VALIDATES):
            for argument in call[4]:
                self.take(env, (proofs.Proof(path, is_doubt=True) for path in proofs.made_of(scope, argument)))

    def _assert(self, scope: Scope, node: Node, env: Environment) -> bool:
        # Not a proof: `python -O` takes asserts away.
        self.value(scope, node[3], env)
        return False

    def _if(self, scope: Scope, node: Node, env: Environment) -> bool:
        outcomes: list[Environment] = []
        rest = env
        for test, body in node[3]:
            self.value(scope, test, rest)
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
        for case in node[4]:
            inside = dict(env)
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


def _state(taint: Taint | None) -> tuple[object, ...]:
    if taint is None:
        return ()
    fields = tuple(sorted(taint.fields)) if taint.fields is not None else ("*",)
    return (
        taint.source,
        tuple(sorted(taint.doubted)),
        tuple(sorted(taint.removed)),
        taint.confidence,
        taint.is_request,
        fields,
        taint.text,
    )


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


def _is_collection(node: Node) -> bool:
    if node[0] == form.TUPLE and node[3]:
        node = node[3][0]
    return node[0] in (form.DICT, form.LIST, form.SET, form.COMPREHENSION)


def _keywords(given: Given, names: Container[str]) -> Taint | None:
    """What `**options` of a function holds: source wrote the keys, unless they come by `**` themselves."""
    others = [(name, taint) for name, taint in given.named if taint is not None and name not in names]
    taint = merged(taint for _, taint in others)
    if taint is None or any(name is None for name, _ in others):
        return taint
    return replace(taint, fields=frozenset(str(name) for name, _ in others))


def _fields_of_self(function: Scope, ends: list[Environment]) -> dict[str, Taint]:
    """The fields of its object into which a method has put data."""
    if not function.is_method or not function.parameters:
        return {}
    own = f"{function.parameters[0][form.P_NAME]}."
    found: dict[str, Taint] = {}
    for end in ends:
        for path, taint in end.items():
            name = path[len(own) :]
            if taint is not None and path.startswith(own) and name.isidentifier() and not taint.is_request:
                found[name] = taint
    return found


def _constructors(base: Scope | str) -> list[Scope]:
    return [] if isinstance(base, str) else [one for one in base.children.values() if one.name == "__init__"]


def _is_place_by_place(target: Node, value: Node) -> bool:
    """True for `sort, words = "name", q`, where each name gets the value at its own place."""
    if target[0] not in (form.TUPLE, form.LIST) or value[0] not in (form.TUPLE, form.LIST):
        return False
    return len(target[3]) == len(value[3]) and not any(one[0] == form.STARRED for one in (*target[3], *value[3]))
