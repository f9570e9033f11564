"""What an expression stands for where data is concerned: rows of a table, objects of a class, a database, a function.

Takes the parsed program and the store models; evaluates in a `Frame`: a function with the object it is a method of and
with what its parameters are given, so that `self.get_queryset()` of a base class means that of the class at hand.
Nothing loops: a name within its own value, and whatever nests deeper than `_MAX_DEPTH`, stands for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from nomoat.survey.kept import Kept, is_kept
from nomoat.survey.models import Spot
from nomoat.survey.python import form
from nomoat.survey.python.classes import Member
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Binding, How, Scope
from nomoat.survey.storefile import Agent, Function, Library, Stores
from nomoat.survey.tables import Entity, Tables

_MAX_DEPTH = 40
_MAX_NESTED = 3
_MAX_FRAMES = 12
_MAX_VALUES = 8
_MAX_TRIES = 1
_PROPERTIES = frozenset(
    ("property", "cached_property", "functools.cached_property", "hybrid_property", "cached_as", "reify")
)
#: What gives back what it is given, or its elements.
_PASSING = frozenset(
    ("builtins.list", "builtins.set", "builtins.tuple", "builtins.sorted", "builtins.reversed", "builtins.iter",
     "builtins.enumerate", "builtins.next", "builtins.filter", "copy.copy", "copy.deepcopy", "typing.cast")
)  # fmt: skip

#: A class with a table, what asks for rows, what changes them, one row, or a column.
Shape: TypeAlias = Literal["class", "query", "change", "row", "column"]


@dataclass(frozen=True)
class Rows:
    """Rows of a table; `via` is the manager or query class of the program through which they are asked for."""

    entity: Entity
    shape: Shape
    via: Scope | None = None


@dataclass(frozen=True)
class Made:
    """An object of a class of the program, or the class; `call` made it, in `frame`."""

    scope: Scope
    is_class: bool = False
    call: int = -1
    frame: Frame | None = None
    node: Node | None = field(default=None, compare=False)
    depth: int = 0


@dataclass(frozen=True)
class Above:
    """`super()`: the object, and the class behind which is looked."""

    of: Rows | Made
    after: Scope


@dataclass(frozen=True)
class Method:
    """A function of the program, with the object that it is a method of."""

    scope: Scope
    me: Rows | Made | None = None
    outer: Frame | None = None


@dataclass(frozen=True)
class Foreign:
    """A method of a library on rows, or on an object that acts on rows."""

    of: Rows | Made
    name: str
    agent: Agent | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Handle:
    """What leads to named stores: a client, a database."""

    library: Library
    step: str
    #: The name that a method of it is about to be given (`get_collection`).
    is_method: bool = False


#: Texts that a caller gives to parameters: the parts of each, with the setting behind a part.
Pieces: TypeAlias = "tuple[tuple[str, tuple[tuple[str, str], ...]], ...]"
Atom: TypeAlias = "Rows | Made | Above | Method | Foreign | Handle"
Atoms: TypeAlias = frozenset[Atom]
NOTHING: Atoms = frozenset()


@dataclass(eq=False)
class Frame:
    """A function (class, module) as it is entered: by which object, with what in its parameters."""

    scope: Scope
    me: Rows | Made | None = None
    given: dict[str, Atoms] = field(default_factory=dict)
    outer: Frame | None = None
    sent: Pieces = ()
    names: dict[str, Atoms] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    #: How often a name was looked at without coming to its end, because of a circle.
    tried: dict[str, int] = field(default_factory=dict)

    def is_final(self, name: str, *, whole: bool) -> bool:
        """Whether what was found for a name is kept: going round a circle again and again tells nothing more."""
        if not whole:
            self.tried[name] = self.tried.get(name, 0) + 1
        return whole or self.tried[name] > _MAX_TRIES


class Standing:
    """Answers for one program."""

    def __init__(self, program: Program, stores: Stores, depends: frozenset[str] = frozenset()) -> None:
        self._program = program
        self._stores = stores
        #: What gives what the function gives that it is handed: `Depends(get_order)`.
        self._depends = depends
        self._kept = Kept(program)
        self._loaded = {name: decorator for library in stores.libraries for name, decorator in library.loaded.items()}
        self.tables = Tables(program, stores)
        self._frames: dict[tuple[object, ...], Frame] = {}
        self._counts: dict[Scope, int] = {}
        self._returned: dict[Frame, Atoms] = {}
        self._of_requests: dict[str, Atoms] = {}
        self._members_of: dict[tuple[Scope, str, Scope | None], list[Member]] = {}
        self._attributes: dict[tuple[Made, str, Scope | None], Atoms] = {}
        self._open: set[tuple[Made, str, Scope | None]] = set()
        self._tried: dict[tuple[Made, str, Scope | None], int] = {}
        self._depth = 0
        #: Grows whenever an answer was cut short by a circle; what was found meanwhile is not remembered.
        self._cuts = 0
        self._agents: dict[Scope, tuple[Agent, ...]] = {}
        self._managers = frozenset(name for library in stores.libraries for name in library.manager_classes)
        self._callers = frozenset(name for library in stores.libraries for name in library.callers)
        self._handlers: dict[int, Callable[[Frame, Node], Atoms]] = {
            form.NAME: lambda frame, node: self._name(frame, node[3]),
            form.ATTRIBUTE: self._attribute,
            form.CALL: self._call,
            form.SUBSCRIPT: self._subscript,
            form.AWAIT: lambda frame, node: self.of(frame, node[3]),
            form.STARRED: lambda frame, node: self.of(frame, node[3]),
            form.WALRUS: lambda frame, node: self.of(frame, node[4]),
            form.CONDITIONAL: lambda frame, node: self._any(frame, node[4:6]),
            form.BOOLEAN: lambda frame, node: self._any(frame, node[4]),
            form.BINARY: lambda frame, node: self._any(frame, node[4]) if node[3] in "|&" else NOTHING,
            form.LIST: lambda frame, node: self._any(frame, node[3]),
            form.TUPLE: lambda frame, node: self._any(frame, node[3]),
            form.COMPREHENSION: lambda frame, node: self.of(frame, node[4]),
        }

    # -- frames ------------------------------------------------------------------------------------------------------

    def frame(
        self,
        scope: Scope,
        me: Rows | Made | None = None,
        given: dict[str, Atoms] | None = None,
        outer: Frame | None = None,
        sent: Pieces = (),
    ) -> Frame:
        """The one frame of these."""
        key = (scope, me, tuple(sorted(given.items(), key=_first)) if given else (), outer, sent)
        known = self._frames.get(key)
        if known is None:
            if given and self._counts.get(scope, 0) >= _MAX_FRAMES:
                # Enough is known of it; whoever comes after is answered without what it gives.
                return self.frame(scope, me, None, outer, sent)
            self._counts[scope] = self._counts.get(scope, 0) + 1
            known = self._frames[key] = Frame(scope, me, given or {}, outer, sent)
        return known

    def entered(self, frame: Frame, method: Method, call: Node | None, sent: Pieces = ()) -> Frame:
        """The frame in which a call of a function runs."""
        given = self._arguments(frame, method, call) if call is not None else {}
        return self.frame(method.scope, method.me, given, method.outer, sent)

    def handed_on(self, frame: Frame, inner: Scope) -> dict[str, Atoms]:
        """What a wrapper adds to what it hands to the function that it wraps: `return f(*args, order=order)`."""
        outer = frame.scope.parent
        given: dict[str, Atoms] = {}
        for node in frame.scope.nodes if outer is not None and outer.is_function else ():
            if node[0] != form.CALL or node[3][0] != form.NAME or outer is None or node[3][3] in frame.scope.bindings:
                continue
            if any(one.how is How.PARAMETER for one in outer.bindings.get(node[3][3], ())):
                found = self._arguments(frame, Method(inner), (*node[:4], (), node[5]))
                given.update({name: given.get(name, NOTHING) | atoms for name, atoms in found.items()})
        return given

    def _arguments(self, frame: Frame, method: Method, call: Node) -> dict[str, Atoms]:
        names = [one[form.P_NAME] for one in method.scope.parameters if one[form.P_KIND] in _PLAIN]
        if method.me is not None and method.scope.is_method and not _is_static(method.scope):
            names = names[1:]
        given: dict[str, Atoms] = {}
        for name, value in (*zip(names, call[4], strict=False), *call[5]):
            if name is None or value[0] not in self._handlers:
                continue
            found = frozenset(one for one in self.of(frame, value) if isinstance(one, (Rows, Made, Handle)))
            if found:
                given[name] = found
        return given

    # -- expressions -------------------------------------------------------------------------------------------------

    def of(self, frame: Frame, node: Node | None) -> Atoms:
        """What an expression in a frame stands for."""
        handler = self._handlers.get(node[0]) if node is not None else None
        if handler is None or node is None:
            return NOTHING
        if self._depth >= _MAX_DEPTH:
            self._cuts += 1
            return NOTHING
        self._depth += 1
        try:
            return handler(frame, node)
        finally:
            self._depth -= 1

    def mentioned(self, frame: Frame, node: Node) -> Iterator[Rows]:
        """Rows that an expression stands for, else those of everything that it names: `func.count(Order.id)`."""
        whole = [one for one in self.of(frame, node) if isinstance(one, Rows)]
        yield from whole
        if whole:
            return
        for inner in form.walk(node):
            if inner[0] in (form.NAME, form.ATTRIBUTE):
                yield from (one for one in self.of(frame, inner) if isinstance(one, Rows))

    def _any(self, frame: Frame, nodes: Iterable[Node]) -> Atoms:
        found: set[Atom] = set()
        for node in tuple(nodes)[:_MAX_VALUES]:
            found |= self.of(frame, node)
        return frozenset(found)

    def _name(self, frame: Frame, name: str) -> Atoms:
        scope: Scope | None = frame.scope
        at: Frame | None = frame
        while scope is not None:
            if name in scope.bindings and (scope is frame.scope or not scope.is_class):
                return self._local(self.frame(scope) if at is None or scope.node is None else at, name)
            scope = scope.parent
            at = at.outer if at is not None else None
            if at is not None and at.scope is not scope:
                at = None
        return self.resolved(self._program.resolver.name(frame.scope, name))

    def _local(self, frame: Frame, name: str) -> Atoms:
        known = frame.names.get(name)
        if known is not None:
            return known
        if name in frame.open:
            self._cuts += 1
            return NOTHING
        cuts = self._cuts
        frame.open.add(name)
        try:
            found = self._found(frame, name)
        finally:
            frame.open.discard(name)
        if frame.is_final(name, whole=self._cuts == cuts or not self._depth):
            frame.names[name] = found
        return found

    def _found(self, frame: Frame, name: str) -> Atoms:
        if frame.scope.node is None:
            return self.resolved(self._program.resolver.name(frame.scope, name))
        return frozenset(
            one for binding in frame.scope.bindings[name][-_MAX_VALUES:] for one in self._bound(frame, binding)
        )

    def _bound(self, frame: Frame, binding: Binding) -> Atoms:
        how, value = binding.how, binding.value
        if how is How.PARAMETER:
            return self._parameter(frame, binding)
        if how is How.FUNCTION:
            return frozenset((Method(frame.scope.child(binding.node), None, frame),))
        if how in (How.VALUE, How.ENTERED):
            return self.of(frame, value)
        if how is How.LOOP:
            return _rows(self.of(frame, value))
        if how is How.UNPACKED and value is not None:
            if value[0] in (form.TUPLE, form.LIST):
                items = value[3]
                place = binding.path[0] if binding.path else 0
                return self.of(frame, items[place]) if place < len(items) else NOTHING
            # `order, is_new = Order.objects.get_or_create(...)`
            return self.of(frame, value) if binding.path == (0,) else NOTHING
        if how is How.ANNOTATED:
            found = self.of(frame, value)
            return found or self.resolved(self._program.resolver.bound(frame.scope, binding))
        if how in (How.IMPORT, How.CLASS):
            return self.resolved(self._program.resolver.bound(frame.scope, binding))
        return NOTHING

    def _parameter(self, frame: Frame, binding: Binding) -> Atoms:
        scope = frame.scope
        if scope.is_method and binding.node is scope.parameters[0] and not _is_static(scope):
            return frozenset((self._me(frame),))
        given = frame.given.get(binding.name)
        if given is not None:
            return given
        found: Atoms = NOTHING
        if binding.annotation is not None:
            found = self.resolved(self._program.resolver.bound(scope, binding))
        return found or self.of(frame, binding.value)

    def _me(self, frame: Frame) -> Atom:
        owner = frame.scope.parent
        assert owner is not None
        if frame.me is not None:
            return frame.me
        entity = self.tables.of_class(owner)
        is_class = _is_of_class(frame.scope)
        return Rows(entity, "class" if is_class else "row") if entity is not None else Made(owner, is_class)

    # -- what is resolved elsewhere ----------------------------------------------------------------------------------

    def resolved(self, found: Resolved) -> Atoms:
        """The same of what the program resolved."""
        atoms: set[Atom] = set()
        for one in found.all[:_MAX_VALUES]:
            atoms |= self._resolved(one)
        return frozenset(atoms)

    def _resolved(self, one: Resolved) -> Atoms:
        scope = one.scope
        if one.kind == "class" and scope is not None:
            entity = self.tables.of_class(scope)
            return frozenset((Rows(entity, "class") if entity is not None else Made(scope, is_class=True),))
        if one.kind == "function" and scope is not None:
            return frozenset((Method(scope),))
        if one.kind == "instance" and scope is not None:
            return self._instance(one, scope)
        if one.name in self._loaded:
            return self._caller(one.name)
        if one.kind in ("external", "instance"):
            known = self.tables.known(one.name)
            if known is not None:
                return frozenset((Rows(known, "class" if one.kind == "external" else "row"),))
            made = self.tables.made(one) if one.kind == "instance" else None
            if made is not None:
                return frozenset((Rows(made, "class"),))
            handle = self._stores.handles.get(one.name) if one.kind == "instance" else None
            if handle is not None:
                return frozenset((Handle(*handle),))
        if one.kind in ("variable", "instance") and one.value is not None and one.where is not None:
            return self._elsewhere(one.where, one.value)
        return NOTHING

    def _instance(self, one: Resolved, scope: Scope) -> Atoms:
        entity = self.tables.of_class(scope)
        if entity is not None:
            return frozenset((Rows(entity, "row"),))
        if one.value is not None and one.value[0] == form.CALL and one.where is not None:
            return frozenset((self._constructed(Made(scope, True), self.frame(one.where), one.value),))
        return frozenset((Made(scope),))

    def _elsewhere(self, where: Scope, value: Node) -> Atoms:
        """A value in a scope that nobody entered: of a module, or of a function as far as that alone tells."""
        return self.of(self.frame(where), value) if value[0] in self._handlers else NOTHING

    # -- attributes --------------------------------------------------------------------------------------------------

    def _attribute(self, frame: Frame, node: Node) -> Atoms:
        name = node[4]
        if name in self._callers and _is_request(node[3]):
            entity = self.tables.of_setting("AUTH_USER_MODEL", "")
            return frozenset((Rows(entity, "row"),)) if entity is not None else NOTHING
        bases = self.of(frame, node[3])
        found: set[Atom] = set()
        for base in bases:
            found |= self.member(base, name)
        if not found and is_kept(node[3]):
            return self._of_request(name)
        if not bases and form.dotted(node) is not None:
            return self.resolved(self._program.resolve(frame.scope, node))
        return frozenset(found)

    def _of_request(self, name: str) -> Atoms:
        """What some function of the program leaves in the request for others: `g.order = Order.query.get(key)`."""
        known = self._of_requests.get(name)
        if known is None:
            known = self._of_requests[name] = NOTHING
            found: set[Atom] = set()
            for scope, value in self._kept.values(name)[:_MAX_VALUES]:
                found |= {one for one in self.of(self.frame(scope), value) if isinstance(one, (Rows, Made))}
            known = self._of_requests[name] = frozenset(found)
        return known

    def _caller(self, name: str) -> Atoms:
        """What the function gives that looks up who is calling."""
        known = self._of_requests.get(name)
        if known is None:
            known = self._of_requests[name] = NOTHING
            found: set[Atom] = set()
            for scope in self._kept.decorated(self._loaded[name]):
                found |= {one for one in self.returned(self.frame(scope)) if isinstance(one, Rows)}
            known = self._of_requests[name] = _rows(frozenset(found))
        return known

    def member(self, base: Atom, name: str) -> Atoms:
        """What an attribute of something stands for."""
        if isinstance(base, Rows):
            return self._of_rows(base, name, base)
        if isinstance(base, Made):
            return self._of_made(base, name, None)
        if isinstance(base, Above):
            if isinstance(base.of, Made):
                return self._of_made(base.of, name, base.after)
            found = self._members(self._behind(base), name, base.of, after=base.after)
            return found or frozenset((Foreign(base.of, name),))
        if isinstance(base, Handle) and not base.is_method:
            return self._of_handle(base, name, is_item=False)
        return NOTHING

    def _behind(self, above: Above) -> Scope | None:
        """The class whose bases `super()` goes through: that of the manager, or that of the rows."""
        assert isinstance(above.of, Rows)
        via = above.of.via
        return via if via is not None and above.after in self._program.bases(via) else above.of.entity.scope

    def _of_rows(self, rows: Rows, name: str, me: Rows) -> Atoms:
        library = rows.entity.library
        led = self.tables.led(rows.entity, name) if rows.shape != "query" or rows.via is None else None
        if led is not None and rows.shape != "class":
            return frozenset((Rows(led.entity, "query" if led.is_many else "row"),))
        found = self._members(rows.via, name, me)
        is_of_query = rows.shape == "query" and library.manager_classes and name in library.reads | library.writes
        if not found and not is_of_query:
            found = self._members(rows.entity.scope, name, me)
        if found:
            return found
        if name in library.managers:
            return frozenset((Rows(rows.entity, "query", rows.via),))
        return frozenset((Foreign(rows, name),))

    def _members(self, scope: Scope | None, name: str, me: Rows, after: Scope | None = None) -> Atoms:
        if scope is None:
            return NOTHING
        found: set[Atom] = set()
        for member in self._looked_up(scope, name, after)[-_MAX_VALUES:]:
            found |= self._member_of_rows(member, me)
        return frozenset(found)

    def _looked_up(self, scope: Scope, name: str, after: Scope | None) -> list[Member]:
        key = (scope, name, after)
        known = self._members_of.get(key)
        if known is None:
            known = self._members_of[key] = self._program.resolver.classes.members(scope, name, after=after)[0]
        return known

    def _member_of_rows(self, member: Member, me: Rows) -> Atoms:
        binding = member.binding
        if binding.how is How.FUNCTION:
            method = member.scope.child(binding.node)
            if is_property(method) and me.shape != "class":
                return self.returned(self.frame(method, me))
            if _is_of_class(method) and me.shape == "row":
                me = Rows(me.entity, "class", me.via)
            return frozenset((Method(method, me),))
        if member.is_instance or me.shape != "class":
            return NOTHING
        for one in self._managing(member, me):
            return frozenset((one,))
        return frozenset((Rows(me.entity, "column"),))

    def _managing(self, member: Member, me: Rows) -> Iterator[Rows]:
        """The manager that an attribute of a class is: its own class, if the program has one."""
        value = member.binding.value
        if value is None or value[0] != form.CALL:
            return
        found = self._program.resolve(member.scope, value)
        for one in found.all:
            if one.kind == "instance" and one.scope is not None and self._is_manager(one.scope):
                yield Rows(me.entity, "query", one.scope)
            elif one.name.rpartition(".")[2] == "as_manager" and one.receiver is not None:
                yield Rows(me.entity, "query", one.receiver.scope)
            elif one.name in self._managers or any(one.name.startswith(f"{name}.") for name in self._managers):
                yield Rows(me.entity, "query", self._query_class(member.scope, value))

    def _is_manager(self, scope: Scope) -> bool:
        return any(
            isinstance(base, str) and (base in self._managers or base.startswith("?"))
            for base in self._program.bases(scope)
        )

    def _query_class(self, scope: Scope, value: Node) -> Scope | None:
        """The class in `Manager.from_queryset(OrderQuerySet)()`."""
        for inner in form.walk(value):
            if inner[0] == form.NAME:
                found = self._program.resolve(scope, inner)
                if found.kind == "class" and found.scope is not None and self._is_manager(found.scope):
                    return found.scope
        return None

    def _of_made(self, made: Made, name: str, after: Scope | None) -> Atoms:
        # An attribute may be told by others of its own object, many times over: each is looked at once.
        key = (made, name, after)
        known = self._attributes.get(key)
        if known is not None:
            return known
        if key in self._open:
            self._cuts += 1
            return NOTHING
        cuts = self._cuts
        self._open.add(key)
        try:
            found = self._found_in_made(made, name, after)
        finally:
            self._open.discard(key)
        if self._cuts != cuts and self._depth:
            self._tried[key] = self._tried.get(key, 0) + 1
        if self._cuts == cuts or not self._depth or self._tried[key] > _MAX_TRIES:
            self._attributes[key] = found
        return found

    def _found_in_made(self, made: Made, name: str, after: Scope | None) -> Atoms:
        members = self._looked_up(made.scope, name, after)
        found: set[Atom] = set()
        for member in members[-_MAX_VALUES:]:
            found |= self._member_of_made(member, made)
        if found or members:
            return frozenset(found)
        return frozenset(Foreign(made, name, agent) for agent in self.agents(made.scope))

    def _member_of_made(self, member: Member, made: Made) -> Atoms:
        binding = member.binding
        if binding.how is How.FUNCTION:
            method = member.scope.child(binding.node)
            if is_property(method):
                return self.returned(self.frame(method, made))
            return frozenset((Method(method, made),))
        if not member.is_instance:
            return self._elsewhere_bound(member.scope, binding)
        return self._bound(self._method_of(member.scope, made), binding)

    def _elsewhere_bound(self, scope: Scope, binding: Binding) -> Atoms:
        return self._bound(self.frame(scope), binding)

    def _method_of(self, method: Scope, made: Made) -> Frame:
        """The frame of a method that sets attributes; the constructor is given what the object was made with."""
        given: dict[str, Atoms] = {}
        if method.name == "__init__" and made.node is not None and made.frame is not None:
            given = self._arguments(made.frame, Method(method, made), made.node)
        return self.frame(method, made, given)

    def agents(self, scope: Scope) -> tuple[Agent, ...]:
        """What the library's bases of a class make its objects do."""
        known = self._agents.get(scope)
        if known is None:
            names = {one if isinstance(one, str) else one.dotted for one in self._program.bases(scope)}
            known = self._agents[scope] = tuple(
                agent for library in self._stores.libraries for agent in library.agents if agent.bases & names
            )
        return known

    def acts_on(self, made: Made, agent: Agent) -> frozenset[Rows]:
        """Rows that such an object acts on."""
        found: set[Rows] = set()
        for place in agent.models:
            atoms: Atoms = frozenset((made,))
            for part in place.split("."):
                atoms = frozenset(inner for one in atoms for inner in self._part(one, part))
            found |= {one for one in atoms if isinstance(one, Rows)}
            if found:
                break
        return frozenset(Rows(one.entity, "row", one.via) for one in found)

    def _part(self, one: Atom, part: str) -> Atoms:
        return self.member(one, part)

    # -- items and handles -------------------------------------------------------------------------------------------

    def _subscript(self, frame: Frame, node: Node) -> Atoms:
        found: set[Atom] = set()
        for base in self.of(frame, node[3]):
            if isinstance(base, Handle):
                found |= self._named_by(base, frame, node[4])
            elif isinstance(base, Rows) and base.shape in ("query", "class"):
                found.add(replace(base, shape="query" if node[4][0] == form.SLICE else "row"))
            elif isinstance(base, (Rows, Made)):
                found.add(base)
        return frozenset(found)

    def _of_handle(self, handle: Handle, name: str, *, is_item: bool) -> Atoms:
        known = handle.library.handles[handle.step]
        if name in known.attributes and not is_item:
            return frozenset((Handle(handle.library, known.attributes[name]),))
        if name in known.methods and not is_item:
            return frozenset((Handle(handle.library, handle.step, is_method=True),))
        if not known.by_name or not known.gives:
            return NOTHING
        return self._step(handle, name)

    def _step(self, handle: Handle, name: str) -> Atoms:
        gives = handle.library.handles[handle.step].gives
        if gives != "store":
            return frozenset((Handle(handle.library, gives),))
        return frozenset((Rows(self.tables.named(name, handle.library), "query"),)) if name else NOTHING

    def _named_by(self, handle: Handle, frame: Frame, node: Node | None) -> Atoms:
        known = self._program.constant(frame.scope, node) if node is not None else None
        name = known.value if known is not None and isinstance(known.value, str) else ""
        if not name and known is not None and known.settings:
            name = f"${known.settings[0]}"
        return self._step(handle, name)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, frame: Frame, node: Node) -> Atoms:
        callee = node[3]
        if callee[0] == form.NAME and callee[3] == "super" and not node[5]:
            return self._super(frame, node)
        found: set[Atom] = set()
        callees = self.of(frame, callee)
        for one in callees:
            found |= self._called(one, frame, node)
        if not callees or (not found and callee[0] == form.NAME):
            found |= self._of_library(frame, node)
        return frozenset(found)

    def _called(self, one: Atom, frame: Frame, node: Node) -> Atoms:
        if isinstance(one, Method):
            return self.returned(self.entered(frame, one, node))
        if isinstance(one, Rows):
            return frozenset((replace(one, shape="row" if one.shape == "class" else "query"),))
        if isinstance(one, Made):
            if one.is_class:
                return frozenset((self._constructed(one, frame, node),))
            return frozenset(
                inner for method in self.member(one, "__call__") for inner in self._called(method, frame, node)
            )
        if isinstance(one, Foreign):
            return self._of_foreign(one)
        if isinstance(one, Handle) and one.is_method:
            return self._named_by(one, frame, node[4][0] if node[4] else None)
        return NOTHING

    def _constructed(self, made: Made, frame: Frame, node: Node) -> Made:
        depth = 1 + max((one.depth for one in (made, frame.me) if isinstance(one, Made)), default=0)
        if depth > _MAX_NESTED:
            return Made(made.scope)
        return Made(made.scope, False, node[1], frame, node, depth)

    def _of_foreign(self, one: Foreign) -> Atoms:
        if isinstance(one.of, Made):
            return self.acts_on(one.of, one.agent) if one.agent is not None else NOTHING
        library = one.of.entity.library
        if one.of.shape == "row":
            return frozenset((one.of,)) if one.name in library.writes | library.reads else NOTHING
        if one.name in library.one:
            return frozenset((replace(one.of, shape="row"),))
        if one.of.shape == "change" or (one.name in library.writes and one.name not in library.reads):
            return frozenset((replace(one.of, shape="change"),))
        return frozenset((replace(one.of, shape="query"),))

    def _super(self, frame: Frame, node: Node) -> Atoms:
        scope: Scope | None = frame.scope
        at: Frame | None = frame
        while scope is not None and not scope.is_method:
            scope, at = scope.parent, at.outer if at is not None else None
        if scope is None or scope.parent is None or at is None:
            return NOTHING
        me = self._me(at)
        after = self._program.resolve(frame.scope, node[4][0]).scope if node[4] else None
        return frozenset((Above(me, after or scope.parent),)) if isinstance(me, (Rows, Made)) else NOTHING

    def _of_library(self, frame: Frame, node: Node) -> Atoms:
        """What a function of another package gives."""
        callee = self._program.resolve(frame.scope, node[3])
        found: set[Atom] = set()
        for one in callee.all:
            function = self._stores.functions.get(one.name)
            if function is not None and function[1].gives:
                found |= self.touched(frame, node, function[1], function[1].reads)
                written = self.touched(frame, node, function[1], function[1].writes)
                found |= {replace(rows, shape="change") for rows in written}
            elif one.name in self._depends and node[4]:
                methods = [it for it in self.of(frame, node[4][0]) if isinstance(it, Method)]
                found |= {it for method in methods for it in self.returned(self.entered(frame, method, None))}
            elif one.name in _PASSING:
                found |= self._any(frame, node[4][:2])
            elif one.kind == "external" and one.name in self._stores.handles:
                found.add(Handle(*self._stores.handles[one.name]))
            elif one.kind == "external" and one.name in self._stores.made:
                made = self.tables.made(self._program.resolve(frame.scope, node))
                found |= {Rows(made, "class")} if made is not None else set()
        if not found:
            found |= self._by_session(frame, node)
        return frozenset(found)

    def _by_session(self, frame: Frame, node: Node) -> Atoms:
        """`session.get(Order, 1)`: rows of what a session is asked for."""
        if node[3][0] != form.ATTRIBUTE or not node[4]:
            return NOTHING
        name = node[3][4]
        libraries = [one for one in self._stores.libraries if name in one.taking_reads]
        if not libraries:
            return NOTHING
        return frozenset(
            Rows(one.entity, "query") for one in self.mentioned(frame, node[4][0]) if one.entity.library in libraries
        )

    def touched(self, frame: Frame, node: Node, function: Function, place: Spot) -> frozenset[Rows]:
        """Rows that a function of a library is given at a place, or knows by itself."""
        if function.setting:
            entity = self.tables.of_setting(function.setting, function.default)
            return frozenset((Rows(entity, "class"),)) if entity is not None else frozenset()
        if not place.names:
            return frozenset()
        given = form.argument(node, place.names[0], place.position)
        nodes = node[4][place.position :] if place.has_rest and place.position is not None else (given,)
        return frozenset(
            Rows(rows.entity, "row" if function.one else "query", rows.via)
            for one in nodes if one is not None
            for rows in self.mentioned(frame, one)
        )  # fmt: skip

    def returned(self, frame: Frame) -> Atoms:
        """What a function gives back, as it was entered."""
        known = self._returned.get(frame)
        if known is not None:
            return known
        if "()" in frame.open:
            self._cuts += 1
            return NOTHING
        cuts = self._cuts
        frame.open.add("()")
        try:
            found = self._of_returns(frame)
        finally:
            frame.open.discard("()")
        if frame.is_final("()", whole=self._cuts == cuts or not self._depth):
            self._returned[frame] = found
        return found

    def _of_returns(self, frame: Frame) -> Atoms:
        values = [node[3] for node in frame.scope.nodes if node[0] in (form.RETURN, form.YIELD) and node[3] is not None]
        found = {one for one in self._any(frame, values) if not isinstance(one, (Foreign, Above))}
        if not found and frame.scope.node is not None and frame.scope.node[form.F_RETURNS] is not None:
            return self.resolved(self._program.returned(frame.scope))
        return frozenset(found)


_PLAIN = (form.POSITIONAL, form.REGULAR)


def is_property(method: Scope) -> bool:
    """Whether reading the attribute calls the method."""
    return any((form.dotted(node) or "").rpartition(".")[2] in _PROPERTIES for node in method.decorators)


def _is_static(method: Scope) -> bool:
    return any(form.dotted(node) == "staticmethod" for node in method.decorators)


def _is_of_class(method: Scope) -> bool:
    return any(form.dotted(node) == "classmethod" for node in method.decorators)


def _is_request(node: Node) -> bool:
    """`request`, `self.request`, `info.context`: what has the caller as an attribute."""
    name = node[3] if node[0] == form.NAME else node[4] if node[0] == form.ATTRIBUTE else ""
    return name in ("request", "req")


def _rows(atoms: Atoms) -> Atoms:
    return frozenset(
        replace(one, shape="row") if isinstance(one, Rows) and one.shape in ("query", "class") else one for one in atoms
    )


def _first(item: tuple[str, Atoms]) -> str:
    return item[0]
