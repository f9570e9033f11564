"""The modules of a program as they are after their import, and what holds for every trial in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nomoat.survey.kept import is_called_alone
from nomoat.survey.models import Models
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.sources import TEST_FILE
from nomoat.survey.python.symbols import Scope, statements
from nomoat.survey.tables import Tables
from nomoat.survey.trial.changes import Changes
from nomoat.survey.trial.context_variables import IN_CONTEXT
from nomoat.survey.trial.statuses import number_in
from nomoat.survey.trial.values import (
    CALLER,
    UNREAD,
    Class,
    Env,
    Object,
    Thing,
    Value,
    joined,
)

if TYPE_CHECKING:
    from nomoat.survey.trial.signals import Site

_REFUSED = (401, 403)
_MAX_ASKING = 3
#: Parts of a request that may carry a credential: `handler.request.headers`.
_CARRIES = frozenset(("header", "cookie", "session", "credential", "token", "somebody", "meta"))
#: Of how many statements a plain function is, of what kinds, and how many calls stand in it.
_MAX_PLAIN, _MAX_PLAIN_CALLS = 5, 2
_PLAIN = frozenset((form.RETURN, form.IF, form.ASSIGN, form.EXPRESSION, form.PASS))
#: One that calls nothing may have more of them, and look through what it is given.
_MAX_ALONE = 12
_ALONE = _PLAIN | {form.FOR, form.BREAK, form.CONTINUE}
_ENVIRONMENT = frozenset(("os.environ", "os.getenv", "environ", "getenv"))
_SETTINGS_MODULE = re.compile(rb"""DJANGO_SETTINGS_MODULE["']\s*(?:,|\]\s*=)\s*["']([\w.]+)["']""")
_SETTINGS = frozenset(("INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "REST_FRAMEWORK"))
_SETS = re.compile(rb"\.set\(")
#: What stays open is a socket, whatever else is closed.
_SOCKET = re.compile(rb"(?i)socket|\bws\b|_ws\b|\bws_")
#: Words of frameworks whose handlers answer by methods of their own: `self.set_status(403)`.
_SETTLING_HANDLERS = (b"tornado", b"RequestHandler")
_IN_CONTEXT = re.compile(
    rb"\b(\w+)[ \t]*(?::[ \t]*(?:\w+\.)?ContextVar\b|(?::[^=\n]+)?=[ \t(\n]*(?:\w+\.)?ContextVar\b)"
)
#: How something is put into the request; `setattr` may do it under any name.
_IN_REQUEST = re.compile(rb"\b(?:g|request|req|state)\.\w+\s*(?::[^=\n]+)?=(?!=)|\bsetattr\(")
_PUTS_USERS = re.compile(rb"django\.contrib\.auth\.middleware\.AuthenticationMiddleware\b")
_SAYS_WHO = re.compile(rb"^[ \t]+(def[ \t]+is_authenticated\b|is_authenticated[ \t]*(:[^=\n]*)?=)", re.M)
_LIKE_SETTINGS = re.compile(r"(^|\.)(\w+_)?settings(_\w+)?$")
_TO_COPY = re.compile(r"(^|[_.])(example|sample|template|default|defaults|base|common)([_.]|$)")
_FOR_DEVELOPMENT = re.compile(r"(^|[_.])(dev|develop|development|local|debug|ci)([_.]|$)")


def _says_refused(status: Node) -> bool:
    """Whether an expression is a status that refuses for who calls: `401`, `HTTPStatus.FORBIDDEN`."""
    if status[0] == form.CONSTANT:
        return status[3] in _REFUSED
    return number_in(form.dotted(status) or "") in _REFUSED


def _for_whom(name: str) -> int:
    """Which of several modules of settings counts: the one that others are made of before those of one place."""
    return 0 if _TO_COPY.search(name) else 2 if _FOR_DEVELOPMENT.search(name) else 1


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
        self.caught: dict[tuple[str, ...], tuple[str, ...]] = {}  # By a class, all that its handler is for.
        #: Dependencies that the application replaces by others; None: which ones is not known.
        self.replaced: list[Value | None] = []
        self.replaced_elsewhere: list[Value | None] = []  # Where a setting has another value than source has for it.
        #: Whether a setting that source has a value for is taken to have it.
        self.by_default = False
        self._plain: dict[Scope, bool] = {}
        #: Applications that the program makes, those of its tests left out.
        self.applications: list[Value] = []
        #: Objects that are made with an application, and those that functions give back.
        self.wrappers: list[Object | Thing] = []
        self.given_back: list[Object | Thing] = []
        #: Where an application was handed to code that is not here and may add routes to it, and to what.
        self.handed: dict[str, str] = {}
        #: What code sets on something of which nothing is known, by the name: `core.http = Server()`.
        self.published: dict[str, list[Value]] = {}
        #: What may register routes and was not gone through to its end, by its place, and why.
        self.lost: dict[str, str] = {}
        #: What middleware leaves in the state of a request of a caller without a credential.
        self.left: dict[str, Value] = {}
        #: Functions that middleware has run for a caller without a credential, to the end.
        self.run_before: set[Scope] = set()
        #: What was called there and not gone into, though it may put something into the request.
        self.passed_by: set[Scope] = set()
        #: Where what leaves something there runs in the order in which requests go through it: what was left when
        #: it went on. What it sets later, nobody finds.
        self.in_order: dict[str, Value] | None = None
        self._called_alone: dict[Scope, bool] = {}
        #: Parts of a request that middleware changes: they say no more what the caller sent.
        self.forged: set[str] = set()
        self.classes: dict[tuple[Scope, int], Env] = {}
        #: What code adds to every request, by its name: called with the request that it is asked of.
        self.request_attributes: dict[str, Value] = {}
        self.rules: object = None  # Rules about who has a permission, once somebody asked (`backends.Rules`).
        self.said_of_views: dict[str, dict[str, Value]] = {}  # What code sets on functions that answer, by endpoint.
        #: Views that code puts in the place of others, by endpoint (None: any) and where.
        self.replaced_views: list[tuple[str | None, str]] = []
        #: What waits for a scan, by the file of what it was attached to.
        self.attached: dict[str, list[Attached]] = {}
        self.asking_methods: dict[str, list[Scope]] = {}  # Methods by name, where one of them asks who is calling.
        self.tables: Tables | None = None  # Models and what leads from one to another, once somebody asked.
        self.addresses: dict[str, str] = {}  # Paths by how they are called (`shop:index`), once routes are laid out.
        self.receiving: list[Site] | None = None  # Where something is connected to a signal, once somebody asked.
        self.unheard: dict[str, bool] = {}  # Whether nobody listens to the signals of a name.
        #: Classes whose methods are routes, by a decorator of the class.
        self.views: dict[Scope, Class] = {}
        #: Modules that may register something when they are imported.
        self.registering: frozenset[str] = frozenset()
        #: Classes that were made of another one so far, where source asks which.
        self.subclasses: dict[Scope, list[Class]] = {}
        self.heirs: dict[Scope, list[Scope] | None] = {}  # What is made of a class, near and far, once somebody asked.
        #: Whether attributes of these names are set on anything but the own object of a method.
        self.set_elsewhere: dict[str, bool] = {}
        #: The defaults of what a command line says, by the method that defines it and its name.
        self.told_by_commands: dict[tuple[str, str], list[Value]] = {}
        #: What the tree declares as plugins, by their group; None until somebody asks.
        self.plugins: dict[str, dict[str, str]] | None = None
        self._changes: Changes | None = None
        self._changes_of = 0
        self._refusing: dict[Scope, bool] = {}
        self._refusing_itself: dict[Scope, bool] = {}
        self._refusing_classes: dict[Scope, bool] = {}
        self._generators: dict[Scope, bool] = {}
        self._makers: dict[Scope, bool] = {}
        self._asking: dict[Scope, bool] = {}
        self._reading_credentials: dict[Scope, bool] = {}
        #: Lists of paths, by the module that they stand in.
        self.url_modules: dict[str, Value] = {}
        self._settings: list[Scope] | None = None
        self._proxies = {name for name, kind in models.proxies.items() if kind != "application"}
        self._proxy_names = {name.rpartition(".")[2] for name in self._proxies}
        self._turning: dict[Scope, bool] = {}
        self._in_context: dict[Scope, bool] = {}
        self._near_context: dict[Scope, bool] = {}
        self._in_request: dict[Scope, bool] = {}
        self._reached: dict[Scope, dict[Scope, bool]] = {}
        self._waiting = {name.rpartition(".")[2] for name in models.waiting}
        self._answers = {name.rpartition(".")[2] for name in models.answers}

    def as_by_default(self) -> Surroundings:
        """The same program, of which every setting is taken to be what source has for it."""
        other = copy(self)
        other.by_default, other.left, other.forged = True, {}, set()
        return other

    @contextmanager
    def answering(self, handlers: Sequence[tuple[Value, Value]]) -> Iterator[None]:
        """Inside, these answer exceptions before those of the application do."""
        held = self.handlers
        self.handlers = [*held, *handlers]
        try:
            yield
        finally:
            self.handlers = held

    def ran_before(self, scope: Scope | None, executed: set[Scope] | None, passed_by: set[Scope]) -> None:
        """Takes note of what ran before handlers; `executed`: None where it came to no end."""
        self.run_before |= executed or set()
        self.passed_by |= passed_by
        if executed is None and scope is not None:
            self.passed_by.add(scope)

    def is_left_to_nobody(self, name: str, passed_by: set[Scope]) -> bool:
        """Whether a request of somebody without a credential has nothing under a name of its state when it arrives.

        All that puts something there was run before for such a caller, and has left nothing, or is run by handlers.
        `passed_by`: functions that were called and not gone into since.
        """
        places = self.changes.of_state(name) if name not in self.left and not self.handed else []
        passed = self.passed_by | passed_by
        return bool(places) and all(
            one in self.run_before or (self._is_called_alone(one) and not self._is_reached(one, passed))
            for one in places
        )

    def _is_reached(self, scope: Scope, of: set[Scope]) -> bool:
        """Whether one of these functions is the function, or calls it."""
        known = self._reached.setdefault(scope, {})
        return any(self._reaches(known, one, lambda other: other is scope) for one in of)

    def _is_called_alone(self, scope: Scope) -> bool:
        known = self._called_alone.get(scope)
        if known is None:
            verbs = (verb for kind in self.models.kinds.values() for verb in kind.verbs.items())
            routing = {word for word, verb in verbs if verb.does == "route"}
            known = self._called_alone[scope] = is_called_alone(self.program, scope, routing)
        return known

    def leave(self, name: str, value: Value) -> None:
        """Takes note of what middleware leaves in the state of a request of a caller without a credential."""
        known = self.left.get(name)
        self.left[name] = value if known is None or known is value else joined([known, value])

    @contextmanager
    def in_their_order(self) -> Iterator[None]:
        """Inside runs what stands before a handler: what it leaves takes the place of what others left before it."""
        self.in_order = {}
        try:
            yield
            self.left.update(self.in_order)
        finally:
            self.in_order = None

    def goes_on(self) -> None:
        """Takes note of what is left when what comes next is called, on one of the ways there."""
        kept = self.in_order
        if kept is None:
            return
        for name, value in self.left.items():
            known = kept.get(name)
            kept[name] = value if known is None or known is value else joined([known, value])

    def forget_context(self) -> None:
        """Takes note that variables of the context may have been set to anything, where it was not followed."""
        for name in self.left:
            if name.startswith(IN_CONTEXT):
                self.left[name] = Thing(marks=CALLER | UNREAD)

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

    @cached_property
    def has_users_for_nobody(self) -> bool:
        """Whether Django puts a user into every request, and nothing says that it shall be None."""
        words = self.program.words
        found = words.matching(_PUTS_USERS, (b"AuthenticationMiddleware",))
        return any(not TEST_FILE.search(path) for path in found) and not words.files(b"UNAUTHENTICATED_USER")

    @property
    def changes(self) -> Changes:
        """What functions change of what the modules hold that were imported."""
        if self._changes is None:
            self._changes = Changes(self.program, self.started)
            self._changes_of = len(self.started)
        elif self._changes_of != len(self.started):
            # A module is imported where somebody asks for something in it.
            self._changes.add(self.started)
            self._changes_of = len(self.started)
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

    def reads_credentials(self, scope: Scope) -> bool:
        """Whether the function, or one called near to it, reads a part of a request that may carry a credential."""
        return self._reaches(self._reading_credentials, scope, self._reads_here, _MAX_ASKING)

    def _reads_here(self, scope: Scope) -> bool:
        return any(
            node[0] == form.ATTRIBUTE and (self.models.request.get(node[4]) in _CARRIES or "cookie" in node[4])
            for node in form.walk(scope.body)
        )

    def is_plain(self, scope: Scope) -> bool:
        """Whether a function only gives something back, by a setting perhaps: `def is_open(): return not ASKS`."""
        known = self._plain.get(scope)
        if known is None:
            kinds = [node[0] for node in statements(scope.body)]
            calls = sum(node[0] == form.CALL for node in scope.nodes) if len(kinds) <= _MAX_ALONE else 0
            known = len(kinds) <= _MAX_PLAIN and calls <= _MAX_PLAIN_CALLS and set(kinds) <= _PLAIN
            known = known or (len(kinds) <= _MAX_ALONE and not calls and set(kinds) <= _ALONE)
            known = known or (len(kinds) <= _MAX_ALONE and self._reads_environment(scope))
            self._plain[scope] = known
        return known

    def _reads_environment(self, scope: Scope) -> bool:
        """Whether a function, or another one of its object that it asks, reads the environment: `setting.get()`."""
        beside = scope.parent.children.values() if scope.is_method and scope.parent is not None else ()
        asked = {node[4] for node in scope.nodes if node[0] == form.ATTRIBUTE and node[3][0] == form.NAME}
        near = [scope, *(one for one in beside if one.name in asked)]
        return any(form.dotted(node) in _ENVIRONMENT for one in near for node in one.nodes)

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
        # `request` by its import, or `flask.request`.
        name = node[3] if node[0] == form.NAME else node[4] if node[0] == form.ATTRIBUTE else None
        if name not in self._proxy_names:
            return False
        return self.program.resolve(scope, node).name in self._proxies

    def may_refuse(self, scope: Scope) -> bool:
        """Whether the function, or one that it calls, may answer a caller with a refusal."""
        return self._reaches(self._refusing, scope, self.refuses)

    def refuses(self, scope: Scope) -> bool:
        """Whether the function itself may answer a caller with a refusal, by what a package has for that, too."""
        known = self._refusing_itself.get(scope)
        if known is None:
            called = (site.callee.scope for site in self.program.calls(scope) if site.callee.kind == "function")
            theirs = [one for one in called if one is not None and one.module.is_library]
            known = self._refusing_itself[scope] = any(map(self._refuses_here, (scope, *theirs)))
        return known

    def keeps_in_context(self, scope: Scope, *, is_near: bool = False) -> bool:
        """Whether the function, or one that it calls, may set a variable of the context: others find what it sets.

        `is_near`: only what it calls itself, or what that calls.
        """
        if not self._in_context_names:
            return False
        known, most = (self._near_context, 2) if is_near else (self._in_context, None)
        return self._reaches(known, scope, self._sets_in_context, most)

    def _sets_in_context(self, scope: Scope) -> bool:
        names = self._in_context_names
        called = (node[3] for node in scope.nodes if node[0] == form.CALL) if scope.may_hold(_SETS) else ()
        return any(
            callee[0] == form.ATTRIBUTE
            and callee[4] == "set"
            and (form.dotted(callee[3]) or "").rpartition(".")[2] in names
            for callee in called
        )

    def keeps_in_request(self, scope: Scope) -> bool:
        """Whether the function, or one that it calls, may put something into the request: `g.user = user`."""
        return self._reaches(self._in_request, scope, lambda one: one.may_hold(_IN_REQUEST))

    @cached_property
    def _in_context_names(self) -> frozenset[str]:
        """What variables of the context are called in the tree."""
        files = self.program.words.files(b"ContextVar")
        return frozenset(
            name.decode() for path in files for name in _IN_CONTEXT.findall(self.program.modules[path].source)
        )

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
            # `raise _BY_CODE[code]() if code in _BY_CODE else Aborted(code)`
            return any(map(self._refuses_when_raised, self.program.resolve(scope, node[3]).all))
        if node[0] == form.CALL:
            callee = form.dotted(node[3])
            last = callee.rpartition(".")[2] if callee is not None else ""
            is_told = len(node[5]) > 0 or len(node[4]) > 1
            return ("." in (callee or "") and self._settles(scope, last)) or (
                is_told and (last in self._answers or (last[:1].isupper() and self._is_own_answer(scope, node[3])))
            )
        if node[0] == form.RETURN and node[3] is not None and node[3][0] == form.TUPLE and len(node[3][3]) > 1:
            return _says_refused(node[3][3][1])  # `return {"error": "no"}, 403`
        return bool(node[0] == form.CONSTANT and node[3] == "http.response.start")

    def _settles(self, scope: Scope, method: str) -> bool:
        """Whether a handler may answer by this method; files and sessions are closed by the same word as sockets."""
        if method not in self.models.settling:
            return False
        return scope.module.path in self._with_sockets if method == "close" else self._has_settling_handlers

    @cached_property
    def _with_sockets(self) -> frozenset[str]:
        """The files that have to do with sockets that stay open."""
        return frozenset(self.program.words.matching(_SOCKET))

    @cached_property
    def _has_settling_handlers(self) -> bool:
        return bool(self.program.words.holding(_SETTLING_HANDLERS))

    def _refuses_when_raised(self, raised: Resolved) -> bool:
        """Whether an exception is one with a status, or one that the application answers."""
        if raised.name in self.models.raised:
            return True
        if raised.scope is None or not raised.scope.is_class:
            return False
        names = {base if isinstance(base, str) else base.dotted for base in self.program.bases(raised.scope)}
        return bool(names & self.models.raised.keys()) or any(
            isinstance(caught, Class) and caught.scope.dotted in names for caught, _ in self.handlers
        )

    def _is_own_answer(self, scope: Scope, callee: Node) -> bool:
        """Whether it is a class of the project that answers as one of a framework does."""
        found = self.program.resolve(scope, callee)
        if found.kind != "class" or found.scope is None:
            return False
        return any(base in self.models.answers for base in self.program.bases(found.scope) if isinstance(base, str))
