"""Runs functions that register routes and that nothing which was read so far has run.

A command, a server or a manager of plugins calls them: `def init_routes(app)`, `def create(config): @app.route(...)` on
an application of the module. Takes the trial that wired a program; what they register stands with the rest afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope
from nomoat.survey.trial import published
from nomoat.survey.trial.demands import OTHER
from nomoat.survey.trial.machine import TOO_MUCH, Condition, ExhaustedError, RaisedError
from nomoat.survey.trial.registry import Registry
from nomoat.survey.trial.statements import Trial
from nomoat.survey.trial.values import Class, Function, Items, Object, Test, Thing, Value

_REGISTERS = ("route", "include", "mount", "before", "middleware", "handle", "join")
#: Words of other things, too: they register only where they decorate (`@app.get`), or not by that word at all.
_COMMON = frozenset(
    ("get", "post", "put", "delete", "patch", "head", "options", "trace", "middleware", "add", "register")
)
#: What an application is called where it is a parameter; a router, blueprint or api may be a part of anything.
_APPLICATION = re.compile(r"(^|_)(app|application|server|flask)($|_)", re.I)


class Late:
    """Finds and runs them, the outermost first: what one calls is run by it, with the arguments that it gives."""

    def __init__(self, trial: Trial, program: Program, models: Models) -> None:
        self._trial = trial
        self._program = program
        self._verbs: dict[str, str] = {
            name: verb.does for kind in models.kinds.values() for name, verb in kind.verbs.items()
            if verb.does in _REGISTERS
        }  # fmt: skip
        self._objects: dict[Scope, Value] = {}

    def run(self) -> None:
        """Runs each of them once."""
        found: dict[Scope, set[str]] = {}
        verbs = re.compile(rf"\.({'|'.join(sorted(map(re.escape, self._verbs)))})\b".encode())
        for path in self._program.words.matching(verbs, map(str.encode, self._verbs)):
            if path not in self._trial.around.started or TEST_FILE.search(path):
                continue
            module = self._program.modules[path]
            for function in self._program.functions(within=module):
                may = function not in self._trial.executed and function.may_hold(verbs)
                owners = self._owners(function) if may else {}
                if self._has_registry(function, owners):
                    found[function] = {name for name, verbs in owners.items() if verbs}
        called = {
            one.scope for function in found for site in self._program.calls(function)
            for one in site.callee.all if one.scope is not function
        }  # fmt: skip
        # What is given a part of an application is best run by who makes that part.
        for function in sorted(found, key=lambda one: (bool(found[one] & _parameters(one)), one in called)):
            if function not in self._trial.executed:
                self._run(function, found[function])
        self._run_published()

    def _run_published(self) -> None:
        """Runs what calls an object that holds an application and that others find on something unknown."""
        trial, names = self._trial, published.names(self._trial)
        uses = re.compile(rf"\.({'|'.join(map(re.escape, names))})(\.\w+\s*\(|\s*$)".encode(), re.M)
        holding = self._program.words.matching(uses, map(str.encode, names)) if names else ()

        def enters(scope: Scope) -> bool:
            # Of what sets a part of a program up only little registers: not the devices that it looks for.
            is_near = scope.module.is_library or scope.module.path in trial.around.started or scope.name == "__init__"
            return is_near or scope.may_hold(uses) or trial.around.is_plain(scope)

        trial.enters = enters
        for path in holding:
            for function in self._program.functions(within=self._program.modules[path]):
                is_tried = function not in trial.executed and not TEST_FILE.search(path)
                if is_tried and function.may_hold(uses) and _is_outer(function):
                    self._run(function, set(), is_called=True)
        trial.enters = None

    def _owners(self, function: Scope) -> dict[str, set[str]]:
        """Names on which the body calls something that registers, with the verbs."""
        if not _is_outer(function):
            return {}
        found: dict[str, set[str]] = {}
        kept = _kept(function)
        for node in form.walk(function.body):
            for owner, verb in self._registering(node):
                found.setdefault(kept.get(owner, owner.partition(".")[0]), set()).add(verb)
        return found

    def _registering(self, node: Node) -> Iterator[tuple[str, str]]:
        if node[0] == form.ATTRIBUTE:
            owner, _, verb = (form.dotted(node) or "").rpartition(".")
            if owner and verb in self._verbs and verb not in _COMMON:
                yield owner, verb
        elif node[0] == form.FUNCTION:
            for mark in node[form.F_DECORATORS]:
                called = mark[3] if mark[0] == form.CALL else mark
                owner, _, verb = (form.dotted(called) or "").rpartition(".")
                if owner and verb in self._verbs:
                    yield owner, verb

    def _has_registry(self, function: Scope, owners: dict[str, set[str]]) -> bool:
        parameters = _parameters(function)
        for name in owners:
            if name in parameters and _APPLICATION.search(name):
                return True
            if name not in parameters and name not in function.bindings and self._is_registry(function, name):
                return True
            # `def main(): app = create_app()`, and what it includes there.
            if name not in parameters and name in function.bindings and _APPLICATION.search(name):
                return True
        return False

    def _is_registry(self, function: Scope, name: str) -> bool:
        top = _top(function)
        if name not in top.bindings:
            return False
        try:
            return isinstance(self._trial.member_of_module(top, name), Registry)
        except (RaisedError, ExhaustedError, RecursionError):
            return False

    # -- running -----------------------------------------------------------------------------------------------------

    def _run(self, function: Scope, owners: set[str], *, is_called: bool = False) -> None:
        trial = self._trial
        trial.steps = 0
        # Whether anything calls it is not known: what it puts before handlers may not be there.
        is_free = not is_called and not function.decorators and not self._is_named(function)
        doubt = [Condition(Test(None, OTHER, OTHER), True, function.at)] if is_free else []
        held, trial.conditions = trial.conditions, doubt
        try:
            value = self._value(function)
            if value is not None:
                trial.uncalled.add(function)
                trial.invoke(value, (), self._given(function, owners), function.at)
        except RaisedError:
            return
        except (ExhaustedError, RecursionError):
            trial.around.lost.setdefault(function.at, TOO_MUCH)
        finally:
            trial.conditions = held

    def _is_named(self, function: Scope) -> bool:
        """Whether source names it anywhere but where it is defined."""
        name = function.name.encode()
        return bool(self._program.words.matching(re.compile(rb"(?<!\bdef )\b" + re.escape(name) + rb"\b"), (name,)))

    def _value(self, function: Scope) -> Function | None:
        env = self._trial.module(_top(function))
        parent = function.parent
        if parent is None or not parent.is_class:
            return Function(function, env)
        made = self._objects.get(parent)
        if made is None:
            # Of what its constructor is given, nothing is known.
            made = self._objects[parent] = Object(Class(parent, env), at=parent.at)
        bound = self._trial.attribute(made, function.name)
        return bound if isinstance(bound, Function) else None

    def _given(self, function: Scope, owners: set[str]) -> dict[str, Value]:
        given: dict[str, Value] = {}
        for parameter in function.parameters[1 if function.is_method else 0 :]:
            name, kind = parameter[form.P_NAME], parameter[form.P_KIND]
            if name in owners:
                verbs = self._owners(function)[name]
                given[name] = self._application(function, verbs) or Thing()
            elif parameter[form.P_DEFAULT] is None and kind not in (form.VARARGS, form.KWARGS):
                given[name] = Thing()
        return given

    def _application(self, function: Scope, verbs: set[str]) -> Value | None:
        """The application that it is given: the one that is nearest to it in the tree."""
        fitting = [
            one for one in self._trial.registries
            if one.kind.is_application and verbs <= one.kind.verbs.keys() and not TEST_FILE.search(one.module)
        ]  # fmt: skip
        path = function.module.path.split("/")
        # Of those that are as near, the one that has the most of it stands for the rest.
        return max(
            fitting,
            key=lambda one: (_shared(path, one.module.split("/")), _around(one), len(one.entries)),
            default=None,
        )


def _around(registry: Registry) -> int:
    """How much stands around the routes of an application."""
    given = registry.taken("before")
    return len(registry.middleware) + len(registry.before) + (len(given.values) if isinstance(given, Items) else 0)


def _is_outer(function: Scope) -> bool:
    """Whether it stands in a module or in a class of a module: what stands in a function runs with it."""
    top = function.parent
    return function.node is not None and top is not None and (top.node is None or top.is_class)


def _kept(function: Scope) -> dict[str, str]:
    """Parameters by the names under which a body keeps them: `self.app = app`, `_app = app` of a module."""
    parameters = _parameters(function)
    return {
        name: node[4][3]
        for node in form.walk(function.body)
        if node[0] == form.ASSIGN and node[4][0] == form.NAME and node[4][3] in parameters
        for name in map(form.dotted, node[3])
        if name
    }


def _parameters(function: Scope) -> set[str]:
    return {one[form.P_NAME] for one in function.parameters}


def _top(scope: Scope) -> Scope:
    while scope.parent is not None:
        scope = scope.parent
    return scope


def _shared(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
