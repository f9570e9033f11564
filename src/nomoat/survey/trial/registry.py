"""Applications and routers as a trial finds them: what was registered on which, where, and under which conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nomoat.survey.models import Kind, Spot, Verb
from nomoat.survey.trial.values import (
    Choice,
    Class,
    Const,
    Function,
    Items,
    Object,
    Table,
    Thing,
    Value,
    joined,
    one_list,
    options,
)

#: What constructors are given as lists and keep under the same name.
_LISTS = ("before", "routes", "middleware", "startup", "configure", "guards", "provided", "opt")
_TABLES = ("provided", "opt")
#: Of several of these it counts what each of them holds.
_JOINED = ("dependencies", "before", "middleware", "startup", "guards")


#: Where a route that a decorator makes has the function that answers.
DECORATED = "decorated()"
#: Where a request has what answers it.
VIEW = "(view)"


@dataclass(eq=False)
class Entry(Value):
    """One registration: a route, an included router, a mount. `at` is the call that registers."""

    does: str
    verb: Verb
    name: str
    args: tuple[Value, ...]
    named: dict[str, Value]
    at: str
    handler: Value | None = None
    #: Decorators above the one that registers: they never see a request.
    late: list[Value] = field(default_factory=list)
    #: Something on the way here was not decided: `if settings.debug: app.include_router(...)`.
    is_conditional: bool = False
    #: Whether it happens with every setting as source has it; None where that is not told.
    usual: bool | None = None
    #: The function as it is defined, before any decorator.
    original: Function | None = None
    #: How often the paths of a router had been changed when it was included, which copies it.
    rewritten: int = 0

    def __post_init__(self) -> None:
        self.rewritten = len(self.handler.rewritten) if isinstance(self.handler, Registry) else 0

    def argument(self, spot: Spot) -> Value | None:
        """An argument of the registering call."""
        return argument(spot, self.args, self.named)


@dataclass(eq=False)
class Registry(Value):
    """An application or a router."""

    kind: Kind
    name: str
    at: str
    args: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    middleware: list[Entry] = field(default_factory=list)
    #: Functions that run before each of its handlers.
    before: list[Entry] = field(default_factory=list)
    #: What runs when a server starts it.
    starting: list[Value] = field(default_factory=list)
    cls: Class | None = None
    attributes: dict[str, Value] = field(default_factory=dict)
    dependencies: Items | None = None
    variable: str = ""
    module: str = ""
    is_used: bool = False
    #: Settings name it as the first one: it is served, whatever else includes it.
    is_root: bool = False
    #: How nomoat's own guard stands around it; empty where it does not.
    protection: str = ""
    #: Lists that the constructor was given, by what they are, once code has asked for them to add to them.
    lists: dict[str, Items | Table] = field(default_factory=dict)
    #: Objects that stand around the whole application, from the inside out.
    wrappers: list[Object | Thing | Function] = field(default_factory=list)
    #: What loops make of the path of each route that was there then: how many entries, what, and where.
    rewritten: list[tuple[int, Callable[[str], str | None], str]] = field(default_factory=list)
    #: The conditions on the way to where it was made: whoever changes it has come that way, too.
    under: tuple[object, ...] = ()
    _before: dict[int, tuple[Value, Entry]] = field(default_factory=dict)
    _joint: dict[str, tuple[Value, Value]] = field(default_factory=dict)

    def taken(self, what: str) -> Value | None:
        """What the constructor was given for prefix, dependencies, routes, middleware."""
        held = self.lists.get(what)
        spot = self.kind.takes.get(what)
        given = held if held is not None or spot is None else argument(spot, self.args, self.named)
        if not isinstance(given, Choice) or what not in _JOINED:
            return given
        known = self._joint.get(what)
        if known is None or known[0] is not given:
            known = self._joint[what] = given, one_list(given)
        return known[1]

    def held(self, attribute: str) -> Items | Table | None:
        """The list under this name that the constructor was given, or made, and that code may still add to."""
        what = next((one for one in _LISTS if attribute in self.kind.takes.get(one, Spot()).names), None)
        if what is None:
            return None
        given = self.taken(what)
        if what not in self.lists and what in _TABLES and (not _is_set(given) or isinstance(given, Table)):
            self.lists[what] = Table(dict(given.entries) if isinstance(given, Table) else {})
        elif what not in self.lists and (not _is_set(given) or isinstance(given, Items)):
            known = given if isinstance(given, Items) else Items([])
            self.lists[what] = Items(list(known.values), known.is_whole)
        return self.lists.get(what)

    def configured(self, attribute: str, value: Value, *, is_sure: bool) -> None:
        """Takes what who configures it sets in the place of what the constructor was given: `config.path = "/api"`."""
        what = next((one for one, spot in self.kind.takes.items() if attribute in spot.names), None)
        if what is None:
            return
        before = self.taken(what) or (Items([]) if what in _LISTS else Const(None))
        self.lists.pop(what, None)
        self.named[attribute] = value if is_sure else joined([before, value])

    def told(self, attribute: str) -> Value | None:
        """Its prefix or name, under the name by which the constructor takes them: `namespace.path`, `router.prefix`."""
        what = next((one for one in ("prefix", "name") if attribute in self.kind.takes.get(one, Spot()).names), None)
        given = self.taken(what) if what is not None else None
        name = self.taken("name") or (self.args[0] if self.args else None)
        if what == "name":
            return name
        if what is None or not self.kind.prefix_is_name:
            return given
        if isinstance(given, Const) and isinstance(given.value, str) and given.value:
            return Const(given.value.rstrip("/"), given.marks)
        return Const(f"/{name.value}") if isinstance(name, Const) else given

    def keep(self, key: Value, value: Value, *, is_sure: bool) -> None:
        """What code keeps on it under a name: `app["prefix"] = "orders"`."""
        before, name = self.kept(key), _key(key)
        if name is not None:
            self.attributes[name] = value if is_sure or before is None else joined([before, value])

    def kept(self, key: Value) -> Value | None:
        """What is kept on it under a name; None where nothing is."""
        name = _key(key)
        return self.attributes.get(name) if name is not None else None

    def listed_before(self) -> list[Entry]:
        """Entries for the functions in its list of what runs before handlers; the same ones each time."""
        given = self.taken("before")
        if isinstance(given, Function):
            given = Items([given])
        for value in given.values if isinstance(given, Items) else ():
            if id(value) not in self._before:
                verb = Verb((), "before", calls=self.kind.before)
                entry = Entry("before", verb, "", (), {}, self.at, value)
                entry.is_conditional = any(not _is_set(option) for option in options(value))
                usual = value.usual if isinstance(value, Choice) else None
                entry.usual = _is_set(usual) if usual is not None else None
                self._before[id(value)] = value, entry
        return [self._before[id(value)][1] for value in given.values] if isinstance(given, Items) else []

    def shared_dependencies(self) -> Items:
        """The list of dependencies that code may still add to."""
        if self.dependencies is None:
            given = self.taken("dependencies")
            is_none = given is None or not _is_set(given)
            # A copy, as the framework makes one: what is added to the list later is none of it.
            self.dependencies = (
                Items(list(given.values), given.is_whole) if isinstance(given, Items) else Items([], is_none)
            )
        return self.dependencies


@dataclass(eq=False)
class Bound(Value):
    """A method that registers, of one registry."""

    registry: Registry
    verb: Verb
    name: str
    #: What a partial was given already.
    args: tuple[Value, ...] = ()
    named: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False)
class Registering(Value):
    """A decorator that registers what it decorates."""

    bound: Bound
    args: tuple[Value, ...]
    named: dict[str, Value]
    at: str


@dataclass(eq=False)
class RoutesOf(Value):
    """The list of routes of a registry."""

    registry: Registry


def _key(key: Value) -> str | None:
    """What stands for a key under which something is kept: a constant, or `web.AppKey("users", Users)` by its name."""
    if isinstance(key, Thing) and key.is_call and key.name.rpartition(".")[2] == "AppKey" and key.args:
        told = key.args[0]
        return f"[AppKey {told.value}]" if isinstance(told, Const) else None
    return f"[{key.value}]" if isinstance(key, Const) else None


def _is_set(value: Value | None) -> bool:
    return value is not None and not (isinstance(value, Const) and value.value is None)


def argument(spot: Spot, args: tuple[Value, ...], named: dict[str, Value]) -> Value | None:
    """The argument at a spot; None when it was not given."""
    for name in spot.names:
        if name in named:
            return named[name]
    if spot.has_rest and spot.position is not None:
        return Items(list(args[spot.position :]))
    if spot.position is not None and spot.position < len(args):
        return args[spot.position]
    return None
