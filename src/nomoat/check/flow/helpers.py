"""Functions of the project that are called: what they are given, what they give back, what their checks prove."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace
from typing import TypeAlias

from nomoat.check.flow import origins
from nomoat.check.flow.arrivals import FlowRules, Given
from nomoat.check.flow.calls import Calls
from nomoat.check.flow.taint import Environment, Taint, clean, look_up, merged, path_of
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.symbols import How, Scope

MAX_HELPERS = 6
#: Calls in calls of the project through which a way is sure.
_MAX_SURE = 3
#: What a function is called that gives back only what may pass.
_VALIDATING = re.compile(
    r"_*(get_|to_|make_|as_)?(validated?|saniti[sz]ed?|clean(ed)?|safe|secure|verified|checked)(_|\Z)", re.I
)
#: What a helper gives back, what its checks prove of its parameters, and what it keeps in its object's fields.
_Outcome: TypeAlias = tuple[Taint | None, dict[str, frozenset[str] | None], dict[str, Taint]]


#: Decorators by which a method is read like a field.
_PROPERTIES = frozenset(("property", "cached_property", "reify", "hybrid_property"))


class Helpers(Calls):
    """The part of the walker that goes into functions."""

    def __init__(self, program: Program, rules: FlowRules) -> None:
        super().__init__(program, rules)
        self._stack: list[Scope] = []
        self._known: dict[tuple[object, ...], _Outcome] = {}

    def _function(self, scope: Scope, env: Environment, ends: list[Environment] | None = None) -> Taint | None:
        """Walks a function to its ends (returned in `ends`); gives the taint of what it returns."""
        raise NotImplementedError

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
        if own is not None and _tests_by_name(function):
            returned = returned.less_sure("likely")
        trail = own.trail if own is not None else returned.trail
        return replace(returned, trail=trail).then(scope, call, f"comes back from {function.name}()")

    def of_property(self, scope: Scope, node: Node, env: Environment) -> Taint | None:
        """`self.body["url"]`, where `body` is a property that reads the request."""
        cls = scope.enclosing_class if node[3][0] == form.NAME and node[3][3] == "self" else None
        members = self.program.resolver.classes.members(cls, node[4])[0] if cls is not None else ()
        for member in members:
            found = member.binding.node
            method = member.scope.child(found) if found[0] == form.FUNCTION and not member.is_instance else None
            if method is None or method in self._stack or method.module.is_library:
                continue
            if any((form.dotted(one) or "").rpartition(".")[2] in _PROPERTIES for one in method.decorators):
                call = (form.CALL, node[1], node[2], node, (), ())
                return self.helper(scope, method, call, Given(None, (), ()), env)
        return None

    def made(self, scope: Scope, cls: Scope, call: Node, given: Given, env: Environment) -> Taint | None:
        """An object of a class of the project: its constructor says which of its fields hold data."""
        init = next((one for base in self.program.bases(cls) for one in constructors(base)), None)
        if init is None or init in self._stack:
            return super().made(scope, cls, call, given, env)
        before = len(self._stack)
        if before >= MAX_HELPERS:
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
        for name, argument in origins.passed(function, call):
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
        for name, argument in origins.passed(function, call):
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


def _tests_by_name(function: Scope) -> bool:
    """Whether a function is called after what it makes of a value, and tests something: `_validate_next_url(url)`."""
    return _VALIDATING.match(function.name) is not None and any(
        node[0] in (form.IF, form.CONDITIONAL, form.TRY) for node in form.walk_scope(function.body)
    )


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


def constructors(base: Scope | str) -> list[Scope]:
    """The constructor that a class itself has, if any."""
    return [] if isinstance(base, str) else [one for one in base.children.values() if one.name == "__init__"]
