"""The state of a trial: names and modules, what was recorded on the way, and how far it may go.

`Machine` is the base that tests, expressions, calls and statements build on; `Trial` (statements.py) is the whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from nomoat.survey.python.form import Node
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Binding, How, Scope
from nomoat.survey.trial import alike
from nomoat.survey.trial.changes import changeable, filled_later
from nomoat.survey.trial.costs import Costs
from nomoat.survey.trial.demands import Demand
from nomoat.survey.trial.surroundings import Surroundings
from nomoat.survey.trial.usually import as_usual
from nomoat.survey.trial.values import (
    CALLER,
    MADE,
    NOTHING,
    Choice,
    Class,
    Const,
    Env,
    FileOf,
    Function,
    Items,
    ModuleValue,
    Outside,
    Test,
    Thing,
    Value,
    joined,
)

_BUILTINS = frozenset(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
_DEFAULTS = re.compile(r"(^|\.)(default_settings|settings_defaults|defaults)$")
#: Gives, whenever it is used, what its function gives then.
LOCAL_PROXY = "werkzeug.local.LocalProxy"


class RaisedError(Exception):
    """Every path of something ends in an exception, for the caller that is on trial."""

    def __init__(self, ends: list[End]) -> None:
        super().__init__()
        self.ends = ends


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
    #: The exception that was caught where it is raised in its place.
    instead_of: Value | None = None
    #: How many of the conditions stand before the function that raises it.
    before: int = 0

    @property
    def is_sure(self) -> bool:
        """Whether everything that was asked on the way to it is decided."""
        return all(one.test.anonymous is not None for one in self.conditions)


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


@dataclass(frozen=True, eq=False)
class Turn:
    """One way through a loop or a branch that may not run at all."""

    is_counted: bool = False


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


#: What a name stands for that a block was to bind which ended before.
UNBOUND = "(unbound)"


class Machine:
    """What all parts of a trial share."""

    #: Whether the caller on trial has no credential: then tests of it are decided.
    anonymous = False
    #: Whether this trial registers routes; else it judges.
    wires = False
    #: Whether it follows one request, and whether what it sets on that is found by what comes after.
    judges, leaves = False, True
    #: Whether what it is sent is compared with what a row keeps to let somebody pass, and not to sign somebody in.
    verifies = False
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
        #: Each of them, the innermost last.
        self.turns: list[Turn] = []
        #: Calls with a credential raise while a handler waits that refuses.
        self.raising = 0
        #: How many handlers wait for a key that a table does not have.
        self.missing = 0
        #: How many blocks around catch that something has no such attribute.
        self.lacking = 0
        self.path: list[Scope] = []
        #: Which functions are entered while routes are registered; None: all of them.
        self.enters: Callable[[Scope], bool] | None = None
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
        #: The application that the request is at, where the program makes several and it is known which.
        self.application: Value | None = None
        #: Functions that are run though nothing which was read calls them: a server does, or a test.
        self.uncalled: set[Scope] = set()
        #: Functions that make applications and were not entered yet: each may take as many steps as a trial.
        self.factories: set[Scope] = set()
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

    def set(self, owner: Value, name: str, value: Value) -> None:
        """Gives an attribute its value."""
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
    def perhaps(self, is_unsure: bool = True, *, is_counted: bool = False) -> Iterator[None]:
        """Inside, nothing is sure to run. `is_counted`: it is a turn for one place of a list, if that is there."""
        self.unsure += is_unsure
        if is_unsure:
            self.turns.append(Turn(is_counted))
        try:
            yield
        finally:
            self.unsure -= is_unsure
            if is_unsure:
                self.turns.pop()

    def is_sure_to_put(self, items: Items, key: Value) -> bool:
        """Whether what is put into a list comes there for sure, once the list and the place are there."""
        turn = self.turns[-1] if self.turns else None
        return turn is None or (self.wires and (items.made_in is turn or (turn.is_counted and "place" in key.tags)))

    def made(self, marks: frozenset[str]) -> frozenset[str]:
        """The marks of what is made of something: of a credential that is not there, it is something all the same."""
        return marks | MADE if self.anonymous and "caller" in marks else marks

    @contextmanager
    def deciding(self, test: Test | None) -> Iterator[None]:
        """Inside, what happens does because of a test that was decided: for the caller, where it is about them."""
        held = self.decided[-1]
        if test is not None and test.anonymous is not None and bool(test.marks & {"caller", "signature"}):
            self.decided[-1] = True
        try:
            yield
        finally:
            self.decided[-1] = held

    def fails(self, value: Value, kind: str, at: str = "") -> None:
        """Ends here where Python does: what is asked of a credential that is not there has nothing of it."""
        if self.anonymous and isinstance(value, Const) and "caller" in value.marks and value.value is None:
            raise RaisedError([End(Thing(f"builtins.{kind}"), at, tuple(self.conditions), needs_credential=True)])

    def each(self, values: Iterable[Value] | Choice, does: Callable[[Value], Value]) -> Value:
        """What something gives for each of several values; those for which it raises are left for who catches them.

        Where it is told which one it is as source has every setting, that is told of what it gives.
        """
        usual = values.usual if isinstance(values, Choice) else None
        if usual is not None and self.around.by_default and not self.wires:
            return does(as_usual(usual, by_default=True))
        found: list[Value] = []
        ends: list[End] = []
        given: Value | None = None
        for value in values.options if isinstance(values, Choice) else values:
            try:
                found.append(does(value))
            except RaisedError as raised:
                ends.extend(raised.ends)
                continue
            if value is usual and self.wires:
                given = found[-1]
        if not found:
            raise RaisedError(ends)
        self.pending.extend(ends)
        every = joined(found)
        return replace(every, usual=given) if given is not None and isinstance(every, Choice) else every

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
                if isinstance(value, Thing) and value.name == UNBOUND:
                    raise RaisedError([End(Thing("builtins.UnboundLocalError"), "", tuple(self.conditions))])
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
        if not self.wires and name in self.around.changes.filled:
            value = filled_later(value)
        spread = self.around.changes.modules.get(scope.module.path)
        if spread is not None and not self.wires and isinstance(value, Const):
            value = changeable(value, is_setting=spread)
        if self.wires or (scope.module.path, name) not in self.around.changes.names:
            return self.as_changed(name, value, None) if isinstance(value, Const) and not self.wires else value
        return changeable(value)

    def as_changed(self, name: str, value: Value, cls: Scope | None, at: str = "") -> Value:
        """The value of an attribute of an object of a class (None: of a module), when functions may have changed it.

        `at`: where the object was made, if it is one.
        """
        if not self.wires and name in self.around.changes.filled:
            value = filled_later(value)
        if self.wires or not isinstance(value, (Const, Function)):
            return value
        if not self.around.changes.may_change(name, cls, at):
            return value
        return changeable(value, is_setting=self.around.changes.is_setting(name, cls))

    def forced(self, env: Env, name: str, value: Value) -> Value:
        """The value behind an import or a delayed value; by default, the one that is there as source has settings."""
        if isinstance(value, Delayed):
            value = value.get()
            env.names[name] = value
        return as_usual(value, by_default=self.around.by_default and not self.wires)

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
                part = self._part_taken(scope, source, name)
                return ModuleValue(part) if part is not None else self.member_of_module(source, name)
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

    def _part_taken(self, package: Scope, source: Scope, name: str) -> Scope | None:
        """The part of a package that one of its modules takes from it, for the package to take all of that module."""
        part = self.program.submodule(package, name)
        taken = [one.imported for one in source.bindings.get(name, ())]
        is_only_taken = part is not None and all(
            one is not None and one.name == name and self.program.imported_module(source.module, one) is package
            for one in taken
        )
        return part if is_only_taken and taken else None

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
            like = alike.described_like(self, env, binding, imported.module, imported.name or "")
            if like is not None:
                return like
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
                if kind == "application":
                    return self.application or self.around.application or value
                return self.proxy(kind)
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
            made = Thing(request) if kind == "request" else proxy_of(kind, is_anonymous=self.anonymous)
            known = self.proxies[kind] = made
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


def proxy_of(part: str, *, is_anonymous: bool = False) -> Thing:
    """A part of the request at hand: `session`, `state`, `credential`; an `account` stands for nobody as well."""
    if part == "account":
        # Whoever is not signed in has one, too, which says that nobody is.
        return Thing("request.credential", marks=CALLER | (MADE if is_anonymous else NOTHING))
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
