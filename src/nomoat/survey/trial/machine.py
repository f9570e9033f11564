"""The state of a trial: names and modules, what was recorded on the way, and how far it may go.

`Machine` is the base that tests, expressions, calls and statements build on; `Trial` (statements.py) is the whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Binding, How, Scope, statements
from nomoat.survey.trial.changes import Changes, changeable
from nomoat.survey.trial.costs import Costs
from nomoat.survey.trial.demands import Demand
from nomoat.survey.trial.values import (
    MADE,
    NOTHING,
    Class,
    Const,
    Env,
    FileOf,
    Function,
    ModuleValue,
    Outside,
    Test,
    Thing,
    Value,
    joined,
)

_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
_MAX_ASKING = 3
#: Of how many statements a plain function is, of what kinds, and how many calls stand in it.
_MAX_PLAIN, _MAX_PLAIN_CALLS = 5, 2
_PLAIN = frozenset((form.RETURN, form.IF, form.ASSIGN, form.EXPRESSION))
_SETTINGS_MODULE = re.compile(rb"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")
_SETTINGS = frozenset(("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "REST_FRAMEWORK"))
_SAYS_WHO = re.compile(rb"^[ \t]+(def[ \t]+is_authenticated\b|is_authenticated[ \t]*(:[^=\n]*)?=)", re.M)
_DEFAULTS = re.compile(r"(^|\.)(default_settings|settings_defaults|defaults)$")
_LIKE_SETTINGS = re.compile(r"(^|\.)(\w+_)?settings(_\w+)?$")
_TO_COPY = re.compile(r"(^|[_.])(example|sample|template|default|defaults|base|common)([_.]|$)")
_FOR_DEVELOPMENT = re.compile(r"(^|[_.])(dev|develop|development|local|debug|ci)([_.]|$)")
#: Gives, whenever it is used, what its function gives then.
LOCAL_PROXY = "werkzeug.local.LocalProxy"


class RaisedError(Exception):
    """Every path of something ends in an exception, for the caller that is on trial."""

    def __init__(self, ends: list[End]) -> None:
        super().__init__()
        self.ends = ends


def _for_whom(name: str) -> int:
    """Which of several modules of settings counts: the one that others are made of before those of one place."""
    return 0 if _TO_COPY.search(name) else 2 if _FOR_DEVELOPMENT.search(name) else 1


class ExhaustedError(Exception):
    """The trial went on for too long; nothing can be told."""


#: Why something is not on the map that took the trial too long, or too deep.
TOO_MUCH = "this does too much to be followed: routes that it registers may not be on the map"


@dataclass(eq=False)
class Condition:
    """A test on the way to a place, and the answer that leads there."""

    test: Test
    answer: bool
    at: str
    #: True when it stands only because the other way ended in a pass.
    is_implied: bool = False

    @property
    def escape(self) -> Demand:
        """What a caller must meet not to come here."""
        return self.test.if_false if self.answer else self.test.if_true


@dataclass(eq=False)
class End:
    """An exception: its value, where it is raised, and the conditions under which it is."""

    value: Value | None
    at: str
    conditions: tuple[Condition, ...] = ()
    #: It ends the trial because something that needs a credential has none.
    needs_credential: bool = False
    kind: str = ""
    #: It is raised because something that was given a credential raised.
    is_caught: bool = False
    #: The function that raises it.
    function: Scope | None = None


def marks_of(conditions: Iterable[Condition]) -> frozenset[str]:
    """What the tests on the way to a place are about."""
    found: frozenset[str] = frozenset()
    for condition in conditions:
        found |= condition.test.marks
    return found


@dataclass
class Limits:
    """How far one trial may go."""

    steps: int = 20_000
    depth: int = 8


class Limited(NamedTuple):
    """A query narrowed to what belongs to the caller: whether it is of what the request asks for, and who made it."""

    at: str
    is_asked_for: bool
    #: The functions that were running, the outermost first.
    path: tuple[Scope, ...]


@dataclass
class Record:
    """What a trial left behind."""

    ends: list[End] = field(default_factory=list)
    #: Things of which it could not be told whether they refuse, with the reason.
    unknown: list[tuple[str, str]] = field(default_factory=list)
    #: Tests that were not decided for a caller without a credential.
    undecided: list[Condition] = field(default_factory=list)
    asked: list[tuple[str | None, str]] = field(default_factory=list)
    #: Where a query is narrowed to what belongs to the caller.
    limited: list[Limited] = field(default_factory=list)
    #: What of the request at hand was asked for (`method`, `path`, `endpoint`): the outcome is of this route alone.
    saw: set[str] = field(default_factory=set)
    reached: list[str] = field(default_factory=list)
    #: Where something was sent to a caller of whom nothing had been asked.
    sent: list[str] = field(default_factory=list)
    #: Where a connection is accepted, sent to, or handed to something that may do so.
    served: list[str] = field(default_factory=list)
    #: Answers that middleware gives where it has not gone on to what comes after it.
    own: list[tuple[Value, str]] = field(default_factory=list)
    #: Parts of the request that were changed.
    forged: set[str] = field(default_factory=set)


@dataclass(frozen=True, eq=False)
class Attached:
    """A callback that waits until somebody scans the module of what it was attached to (`venusian.attach`)."""

    wrapped: Value
    callback: Value


class Surroundings:
    """The modules of a program as they are after their import, shared by all trials."""

    def __init__(self, program: Program, models: Models) -> None:
        self.program = program
        self.models = models
        self.modules: dict[str, Env] = {}
        self.started: set[str] = set()
        #: Exceptions to the function that turns them into an answer.
        self.handlers: list[tuple[Value, Value]] = []
        #: Dependencies that the application replaces by others; None: which ones is not known.
        self.replaced: list[Value | None] = []
        self.replaced_elsewhere: list[Value | None] = []  # Where a setting has another value than source has for it.
        #: Whether a setting that source has a value for is taken to have it.
        self.by_default = False
        self._plain: dict[Scope, bool] = {}
        #: Applications that the program makes, those of its tests left out.
        self.applications: list[Value] = []
        #: Where an application was handed to code that is not here and may add routes to it, and to what.
        self.handed: dict[str, str] = {}
        #: What may register routes and was not gone through to its end, by its place, and why.
        self.lost: dict[str, str] = {}
        #: What middleware leaves in the state of a request of a caller without a credential.
        self.left: dict[str, Value] = {}
        #: Parts of a request that middleware changes: they say no more what the caller sent.
        self.forged: set[str] = set()
        self.classes: dict[tuple[Scope, int], Env] = {}
        #: What code adds to every request, by its name: called with the request that it is asked of.
        self.request_attributes: dict[str, Value] = {}
        self.rules: object = None  # Rules about who has a permission, once somebody asked (`backends.Rules`).
        self.said_of_views: dict[str, dict[str, Value]] = {}  # What code sets on functions that answer, by endpoint.
        #: What waits for a scan, by the file of what it was attached to.
        self.attached: dict[str, list[Attached]] = {}
        #: Classes whose methods are routes, by a decorator of the class.
        self.views: dict[Scope, Class] = {}
        self._changes: Changes | None = None
        self._refusing: dict[Scope, bool] = {}
        self._refusing_classes: dict[Scope, bool] = {}
        self._generators: dict[Scope, bool] = {}
        self._makers: dict[Scope, bool] = {}
        self._asking: dict[Scope, bool] = {}
        #: Lists of paths, by the module that they stand in.
        self.url_modules: dict[str, Value] = {}
        self._settings: list[Scope] | None = None
        self._proxies = {name for name, kind in models.proxies.items() if kind != "application"}
        self._proxy_names = {name.rpartition(".")[2] for name in self._proxies}
        self._turning: dict[Scope, bool] = {}
        self._waiting = {name.rpartition(".")[2] for name in models.waiting}
        self._answers = {name.rpartition(".")[2] for name in models.answers}

    def as_by_default(self) -> Surroundings:
        """The same program, of which every setting is taken to be what source has for it."""
        other = copy(self)
        other.by_default, other.left, other.forged = True, {}, set()
        return other

    def leave(self, name: str, value: Value) -> None:
        """Takes note of what middleware leaves in the state of a request of a caller without a credential."""
        known = self.left.get(name)
        self.left[name] = value if known is None else joined([known, value])

    @property
    def application(self) -> Value | None:
        """The one that a request is at, where there is only one; of those that one line makes, the last."""
        places = {getattr(one, "at", "") for one in self.applications}
        return self.applications[-1] if len(places) == 1 else None

    def settings_modules(self) -> list[Scope]:
        """Modules of settings: those that the project names, then whatever looks like one."""
        if self._settings is None:
            self._settings = list(dict.fromkeys(self._find_settings())) if self.models.settings else []
        return self._settings

    def _find_settings(self) -> Iterator[Scope]:
        program = self.program
        for path in program.words.files(b"DJANGO_SETTINGS_MODULE"):
            module = program.modules[path]
            for name in _SETTINGS_MODULE.findall(module.source) if not TEST_FILE.search(path) else ():
                found = program.module_named(name.decode(), module)
                if found is not None and not TEST_FILE.search(found.module.path):
                    yield found
        names = {path: program.dotted(path) for path in program.modules if not TEST_FILE.search(path)}
        named = [path for path, name in names.items() if "settings" in name.split(".")[-2:]]
        # `settings_example.py`, `base_settings.py`: what a project is to copy, or one of several that it has.
        alike = [path for path, name in names.items() if _LIKE_SETTINGS.search(name) and path not in named]
        for path in (*named, *sorted(alike, key=lambda one: _for_whom(names[one]))):
            scope = program.scope(path)
            if any(_SETTINGS & one.bindings.keys() for one in (scope, *scope.children.values())):
                yield scope

    @cached_property
    def has_own_accounts(self) -> bool:
        """Whether the tree says itself which of its accounts are signed in."""
        telling = self.program.words.matching(_SAYS_WHO, (b"is_authenticated",))
        return not all(TEST_FILE.search(path) for path in telling)

    @property
    def changes(self) -> Changes:
        """What functions change of what the modules hold that were imported."""
        if self._changes is None:
            self._changes = Changes(self.program, self.started)
        return self._changes

    def makes(self, scope: Scope) -> bool:
        """Whether the function defines functions: what it gives may guard."""
        known = self._makers.get(scope)
        if known is None:
            known = bool(scope.children) or any(node[0] == form.LAMBDA for node in form.walk_scope(scope.body))
            self._makers[scope] = known
        return known

    def is_generator(self, scope: Scope) -> bool:
        """Whether the function yields."""
        known = self._generators.get(scope)
        if known is None:
            kinds = (form.YIELD, form.YIELD_FROM)
            has = any(node[0] in kinds for node in form.walk_scope(scope.body))
            known = self._generators[scope] = has and not any(map(self._awaits, scope.decorators))
        return known

    def _awaits(self, decorator: Node) -> bool:
        """Whether what is decorated waits where it yields: `@gen.coroutine`."""
        return (form.dotted(decorator) or "").rpartition(".")[2] in self._waiting

    def asks_who(self, scope: Scope) -> bool:
        """Whether the function, or one called near to it, looks at the request at hand without being given it."""
        return self._reaches(self._asking, scope, self._looks, _MAX_ASKING)

    def is_plain(self, scope: Scope) -> bool:
        """Whether a function only gives something back, by a setting perhaps: `def is_open(): return not ASKS`."""
        known = self._plain.get(scope)
        if known is None:
            kinds = [node[0] for node in statements(scope.body)]
            calls = sum(node[0] == form.CALL for node in scope.nodes) if len(kinds) <= _MAX_PLAIN else 0
            known = len(kinds) <= _MAX_PLAIN and calls <= _MAX_PLAIN_CALLS and set(kinds) <= _PLAIN
            self._plain[scope] = known
        return known

    def _looks(self, scope: Scope) -> bool:
        return any(self._is_proxy(scope, node) for node in form.walk(scope.body))

    def _reaches(
        self, known: dict[Scope, bool], scope: Scope, has: Callable[[Scope], bool], most: int | None = None
    ) -> bool:
        """Whether something holds of the function or of what it calls, `most` calls away at the farthest.

        Nobody's answer depends on who was asked before: what a limit or a circle cuts short is not remembered.
        """
        found = known.get(scope)
        if found is not None:
            return found
        level, seen, depth, found = [scope], {scope}, 0, False
        while level and not found:
            found = any(has(one) or (most is None and known.get(one, False)) for one in level)
            callees = (site.callee for one in level for site in self.program.calls(one))
            called = (callee.scope for callee in callees if callee.kind == "function" and callee.scope is not None)
            around = (wrapper for one in level for wrapper in self._wrappers(one))
            level = list(dict.fromkeys(one for one in (*called, *around) if one not in seen))
            seen.update(level)
            depth += 1
            if most is not None and depth > most:
                break
        known[scope] = found
        if not found and most is None:
            # All that was gone through goes no further than this.
            known.update(dict.fromkeys(seen, False))
        return found

    def _wrappers(self, scope: Scope) -> Iterator[Scope]:
        """The decorators of a function with the functions in them, which a call of it runs through."""
        outer = scope.parent
        for node in scope.decorators if scope.is_function and outer is not None else ():
            assert outer is not None
            found = self.program.resolve(outer, node[3] if node[0] == form.CALL else node)
            inside = [found.scope] if found.kind == "function" and found.scope is not None else []
            for one in inside:
                yield one
                inside.extend(child for child in one.children.values() if child.is_function)

    def _is_proxy(self, scope: Scope, node: Node) -> bool:
        if node[0] != form.NAME or node[3] not in self._proxy_names:
            return False
        return self.program.resolve(scope, node).name in self._proxies

    def may_refuse(self, scope: Scope) -> bool:
        """Whether the function, or one that it calls, may answer a caller with a refusal."""
        return self._reaches(self._refusing, scope, self._refuses_here)

    def may_turn_away(self, scope: Scope) -> bool:
        """Whether the function, or one that it calls, may refuse, abort or send somewhere else."""
        return self.may_refuse(scope) or self._reaches(self._turning, scope, self._turns_here)

    def _turns_here(self, scope: Scope) -> bool:
        away = {name for name, answer in self.models.answers.items() if answer.redirects}
        inside = [scope]
        for one in inside:
            inside.extend(child for child in one.children.values() if child.is_function)
        names = {site.callee.name for one in inside for site in self.program.calls(one)}
        return bool(names & away) or any(name.rpartition(".")[2] == "abort" for name in names)

    def class_may_refuse(self, cls: Scope) -> bool:
        """Whether a method of the class, or of one above it, may answer a caller with a refusal."""
        known = self._refusing_classes.get(cls)
        if known is None:
            bases = [base for base in self.program.bases(cls) if not isinstance(base, str)]
            methods = [one for base in bases for one in base.children.values() if one.is_function]
            known = self._refusing_classes[cls] = any(self.may_refuse(one) for one in methods)
        return known

    def _refuses_here(self, scope: Scope) -> bool:
        if any(self._is_refusal(scope, node) for node in form.walk(scope.body)):
            return True
        named = self.models.verifiers | self.models.asks.keys()
        return any(site.callee.name in named for site in self.program.calls(scope))

    def _is_refusal(self, scope: Scope, node: Node) -> bool:
        if node[0] == form.RAISE and node[3] is not None:
            raised = self.program.resolve(scope, node[3])
            if raised.name in self.models.raised:
                return True
            if raised.scope is None or not raised.scope.is_class:
                return False
            names = {base if isinstance(base, str) else base.dotted for base in self.program.bases(raised.scope)}
            return bool(names & self.models.raised.keys()) or any(
                isinstance(caught, Class) and caught.scope.dotted in names for caught, _ in self.handlers
            )
        if node[0] == form.CALL:
            callee = form.dotted(node[3])
            last = callee.rpartition(".")[2] if callee is not None else ""
            is_told = len(node[5]) > 0 or len(node[4]) > 1
            return (last in self.models.settling and "." in (callee or "")) or (
                is_told and (last in self._answers or (last[:1].isupper() and self._is_own_answer(scope, node[3])))
            )
        return bool(node[0] == form.CONSTANT and node[3] == "http.response.start")

    def _is_own_answer(self, scope: Scope, callee: Node) -> bool:
        """Whether it is a class of the project that answers as one of a framework does."""
        found = self.program.resolve(scope, callee)
        if found.kind != "class" or found.scope is None:
            return False
        return any(base in self.models.answers for base in self.program.bases(found.scope) if isinstance(base, str))


class Machine:
    """What all parts of a trial share."""

    #: Whether the caller on trial has no credential: then tests of it are decided.
    anonymous = False
    #: Whether this trial registers routes; else it judges.
    wires = False
    #: Whether it follows one request.
    judges = False
    #: What the functions cost that it entered.
    costs: Costs

    def __init__(self, surroundings: Surroundings, limits: Limits | None = None) -> None:
        self.around = surroundings
        self.program = surroundings.program
        self.models = surroundings.models
        self.limits = limits or Limits()
        self.record = Record()
        self.steps = 0
        self.depth = 0
        self.conditions: list[Condition] = []
        #: How many loops and branches around this place may not run at all.
        self.unsure = 0
        #: Calls with a credential raise while a handler waits that refuses.
        self.raising = 0
        self.path: list[Scope] = []
        #: For each function that is entered: how many conditions stood before it.
        self.entered: list[int] = []
        #: For each function that is entered: whether a test of a credential was decided in it.
        self.decided: list[bool] = [False]
        #: Each with the proxy that it stands behind: a key holds its `id`.
        self._looked_behind: dict[int, tuple[Value, Value]] = {}
        #: The status of each exception that was asked for, with it: a key holds its `id`.
        self.statuses: dict[int, tuple[Value | None, int]] = {}
        #: What stands for the request at hand, wherever it is imported: `flask.request`, `flask.g`.
        self.proxies: dict[str, Value] = {}
        #: Functions that are run though nothing which was read calls them: a server does, or a test.
        self.uncalled: set[Scope] = set()
        #: Whether `return body, 401` has a status.
        self.has_statuses = False

    # -- what the parts give one another -----------------------------------------------------------------------------

    def evaluate(self, env: Env, node: Node) -> Value:
        """The value of an expression."""
        raise NotImplementedError

    def test(self, env: Env, node: Node) -> Test:
        """The truth of an expression."""
        raise NotImplementedError

    def truth(self, value: Value) -> Test:
        """The truth of a value."""
        raise NotImplementedError

    def call(self, callee: Value, args: tuple[Value, ...], named: dict[str, Value], at: str, env: Env) -> Value:
        """What a call gives."""
        raise NotImplementedError

    def item_of_request(self, value: Thing, key: Value) -> Value:
        """What a part of a request has under a name."""
        raise NotImplementedError

    def attribute(self, value: Value, name: str, at: str = "") -> Value:
        """What an attribute gives."""
        raise NotImplementedError

    def run_module(self, scope: Scope, env: Env) -> None:
        """Runs the statements of a module."""
        raise NotImplementedError

    def class_names(self, cls: Class) -> Env:
        """The names in the body of a class."""
        raise NotImplementedError

    # -- steps -------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Counts one step; raises ExhaustedError when there were too many."""
        self.steps += 1
        if self.steps > self.limits.steps:
            raise ExhaustedError

    @contextmanager
    def under(self, condition: Condition) -> Iterator[None]:
        """Inside, everything happens under this condition."""
        self.conditions.append(condition)
        try:
            yield
        finally:
            self.conditions.pop()

    @contextmanager
    def perhaps(self, is_unsure: bool = True) -> Iterator[None]:
        """Inside, nothing is sure to run."""
        self.unsure += is_unsure
        try:
            yield
        finally:
            self.unsure -= is_unsure

    def made(self, marks: frozenset[str]) -> frozenset[str]:
        """The marks of what is made of something: of a credential that is not there, it is something all the same."""
        return marks | MADE if self.anonymous and "caller" in marks else marks

    @contextmanager
    def deciding(self, test: Test | None) -> Iterator[None]:
        """Inside, what happens does because of a test that was decided: for the caller, where it is about them."""
        held = self.decided[-1]
        if test is not None and test.anonymous is not None and "caller" in test.marks:
            self.decided[-1] = True
        try:
            yield
        finally:
            self.decided[-1] = held

    def fails(self, value: Value, kind: str, at: str = "") -> None:
        """Ends here where Python does: what is asked of a credential that is not there has nothing of it."""
        if self.anonymous and isinstance(value, Const) and value.value is None and "caller" in value.marks:
            raise RaisedError([End(Thing(f"builtins.{kind}"), at, tuple(self.conditions), needs_credential=True)])

    def each(self, values: Iterable[Value], does: Callable[[Value], Value]) -> Value:
        """What something gives for each of several values; those for which it raises are left for who catches them."""
        found: list[Value] = []
        ends: list[End] = []
        for value in values:
            try:
                found.append(does(value))
            except RaisedError as raised:
                ends.extend(raised.ends)
        if not found:
            raise RaisedError(ends)
        self.pending.extend(ends)
        return joined(found)

    #: Exceptions of ways that end while others go on.
    pending: list[End]

    def unknown(self, why: str, tags: frozenset[str] = NOTHING) -> Thing:
        """Something of which nothing else is known."""
        return Thing(why=why, marks=tags)

    # -- names -------------------------------------------------------------------------------------------------------

    def module(self, scope: Scope) -> Env:
        """The names of a module, after it ran (or while it runs, in a circle of imports)."""
        path = scope.module.path
        env = self.around.modules.get(path)
        if env is None:
            env = self.around.modules[path] = Env(scope)
        if path not in self.around.started:
            self.around.started.add(path)
            self.run_module(scope, env)
        return env

    def lookup(self, env: Env, name: str) -> Value:
        """What a name means here."""
        current: Env | None = env
        first = True
        while current is not None:
            if first or not current.scope.is_class:
                value = current.names.get(name)
                if value is not None:
                    found = self.forced(current, name, value)
                    return found if current.parent is not None else self.as_held(current.scope, name, found)
                if current.parent is None:
                    return self.member_of_module(current.scope, name, is_within=True)
            first = False
            current = current.parent
        return self.unknown(f"'{name}' is bound nowhere")

    def as_held(self, scope: Scope, name: str, value: Value) -> Value:
        """The value of a name of a module, when functions may have given it another one."""
        if self.wires or (scope.module.path, name) not in self.around.changes.names:
            return self.as_changed(name, value) if isinstance(value, Const) and not self.wires else value
        return changeable(value)

    def as_changed(self, name: str, value: Value) -> Value:
        """The value of an attribute, when functions may have given it another one."""
        if self.wires or not isinstance(value, (Const, Function)) or name not in self.around.changes.attributes:
            return value
        return changeable(value)

    def forced(self, env: Env, name: str, value: Value) -> Value:
        """The value behind an import or a delayed value."""
        if isinstance(value, Delayed):
            value = value.get()
            env.names[name] = value
        return value

    def member_of_module(self, scope: Scope, name: str, *, is_within: bool = False) -> Value:
        """A name of a module: what it has after it ran, else a submodule, a star import, one of Python's own.

        `is_within`: the module's own code asks.
        """
        env = self.module(scope)
        value = env.names.get(name)
        if value is not None:
            return self.as_held(scope, name, self.forced(env, name, value))
        for binding in reversed(scope.bindings.get(name, ())):
            early = self._early(env, binding)
            if early is not None:
                return early
        for imported in reversed(scope.star_imports):
            source = self.program.imported_module(scope.module, imported)
            if source is not None and source is not scope and name in self.program.public_names(source):
                return self.member_of_module(source, name)
        if name == "__name__":
            return Const(scope.module.name, frozenset(("setting",)))
        if name == "__path__":
            return ModuleValue(scope)
        if name == "__file__" and not scope.module.is_library:
            return FileOf(scope.module.path)
        # `list` may be a module beside others; within the package's own file it is more likely Python's.
        inner = self.program.submodule(scope, name)
        if inner is not None and not (is_within and name in _BUILTINS):
            return ModuleValue(inner)
        if name in _BUILTINS:
            return Outside(f"builtins.{name}")
        if scope.module.is_library:
            return Outside(f"{scope.dotted}.{name}")
        outside = [imported.module for imported in scope.star_imports if self._is_outside(scope, imported.module)]
        if len(outside) == 1:
            return Outside(f"{outside[0]}.{name}")
        return self.unknown(f"{scope.dotted} has no '{name}'")

    def _is_outside(self, scope: Scope, module: str) -> bool:
        return bool(module) and not self.program.named(module)

    def _early(self, env: Env, binding: Binding) -> Value | None:
        """A definition or import of a module that is still running."""
        if binding.how is How.FUNCTION:
            return Function(env.scope.child(binding.node), env)
        if binding.how is How.CLASS:
            return Class(env.scope.child(binding.node), env)
        if binding.how is How.IMPORT and binding.imported is not None:
            return self.imported(env, binding)
        return None

    def imported(self, env: Env, binding: Binding) -> Value:
        """What an import binds."""
        imported = binding.imported
        assert imported is not None
        if imported.name is None and not imported.is_whole:
            imported = imported._replace(module=imported.module.partition(".")[0])
        source = self.program.imported_module(env.scope.module, imported)
        if source is None:
            if imported.level:
                return self.unknown(f"no file for {'.' * imported.level}{imported.module}")
            return Outside(imported.module if imported.name is None else f"{imported.module}.{imported.name}")
        if imported.name is None:
            return ModuleValue(source)
        if source is env.scope:
            # `from . import orders` in a package's own `__init__` means the submodule.
            inner = self.program.submodule(source, imported.name)
            if inner is not None:
                return ModuleValue(inner)
        found = self.member_of_module(source, imported.name)
        if isinstance(found, Thing) and found.why and source.module.is_folder:
            return Outside(f"{source.dotted}.{imported.name}")
        return found

    def proxied(self, value: Value) -> Value:
        """What a name stands for that means the request at hand."""
        if isinstance(value, Outside) and value.me is None:
            if value.name in self.models.proxies:
                kind = self.models.proxies[value.name]
                return self.proxy(kind) if kind != "application" else self.around.application or value
            owner, _, name = value.name.rpartition(".")
            if owner in self.models.settings and name.isupper():
                return self.setting(name) or value
        if isinstance(value, Thing) and value.name == LOCAL_PROXY and value.args and not value.trail:
            return self._behind(value) if self.path else value
        return value

    def _behind(self, proxy: Thing) -> Value:
        """What stands behind a proxy, looked up again only when the request has changed: handlers name it all over."""
        known = self._looked_behind.get(id(proxy))
        if known is None or self.wires:
            found = self.call(proxy.args[0], (), {}, proxy.at, Env(self.path[-1]))
            known = self._looked_behind[id(proxy)] = proxy, found
        return known[1]

    def setting(self, name: str) -> Value | None:
        """The value of a setting, where a module of settings gives it one."""
        for scope in self.around.settings_modules():
            env = self.module(scope)
            has = name in env.names or any(
                (source := self.program.imported_module(scope.module, imported)) is not None
                and name in self.program.public_names(source)
                for imported in scope.star_imports
            )
            if has:
                found = self.member_of_module(scope, name)
                return Const(found.value, found.marks | {"setting"}) if isinstance(found, Const) else found
            found_in_class = self._setting_of_class(env, name)
            if found_in_class is not None:
                return found_in_class
        return self._setting_of_defaults(name)

    def _setting_of_defaults(self, name: str) -> Value | None:
        """The value that a package has for a setting which a project may give: in a module that is called so."""
        for path in self.program.words.files(name.encode()) if name.isupper() else ():
            module = self.program.modules.get(path)
            if module is None or not _DEFAULTS.search(module.name) or TEST_FILE.search(path):
                continue
            if name in self.program.scope(module).bindings:
                found = self.member_of_module(self.program.scope(module), name)
                return Const(found.value, found.marks | {"setting"}) if isinstance(found, Const) else found
        return None

    def _setting_of_class(self, env: Env, name: str) -> Value | None:
        """The value of a setting, where classes hold them: the one for production first."""
        classes = [one for one in env.names.values() if isinstance(one, Class)]
        for cls in sorted(classes, key=lambda one: not one.scope.name.lower().startswith("prod")):
            if not self.models.settings_classes.intersection(self.bases(cls.scope)):
                continue
            found = self.attribute(cls, name)
            if isinstance(found, Const):
                return Const(found.value, found.marks | {"setting"})
            if not isinstance(found, (Thing, Outside)):
                return found
        return None

    def by_name(self, dotted: str) -> Value:
        """What a dotted name in a text means: `"shop.permissions.IsOwner"`."""
        module, _, name = dotted.rpartition(".")
        importer = next((one.module for one in self.around.settings_modules()), None)
        source = self.program.module_named(module, importer) if module else None
        if source is None:
            return Outside(dotted)
        found = self.member_of_module(source, name)
        return Outside(dotted) if isinstance(found, Thing) and found.why else found

    def proxy(self, kind: str) -> Value:
        """The request at hand, or a part of it; what code sets on it stays for the rest of the trial."""
        known = self.proxies.get(kind)
        if known is None:
            request = next(iter(sorted(self.models.requests)))
            known = self.proxies[kind] = Thing(request) if kind == "request" else proxy_of(kind)
        return known

    def known_constant(self, scope: Scope, node: Node) -> Const | None:
        """The value that the program knows of an expression; with the tag `setting` when settings may change it."""
        known = self.program.constant(scope, node)
        if known is None or (known.value is None and not known.is_set):
            return None
        return Const(known.value, frozenset(("setting",)) if known.settings else NOTHING)

    def bases(self, cls: Scope) -> tuple[str, ...]:
        """Dotted names of a class and all its bases."""
        return tuple(base if isinstance(base, str) else base.dotted for base in self.program.bases(cls))

    def at(self, env: Env, node: Node) -> str:
        """`file:line` of a node; where the tree calls it, when the node is of a package that is not part of it."""
        return env.used_at if env.scope.module.is_library else env.scope.module.at(node)


def proxy_of(part: str) -> Thing:
    """A part of the request at hand: `session`, `state`, `credential`."""
    return Thing(f"request.{part}", marks=frozenset(("caller",)) if part in ("session", "credential") else NOTHING)


class Delayed(Value):
    """A value that is found when somebody asks for it."""

    __slots__ = ("_get", "_is_open")

    def __init__(self, get: object) -> None:
        self._get = get
        self._is_open = False

    def get(self) -> Value:
        """The value."""
        if self._is_open:
            return Thing(why="is defined by itself")
        self._is_open = True
        try:
            found: Value = self._get()  # type: ignore[operator]  # Always a function without parameters.
            return found
        finally:
            self._is_open = False
