"""What a function does beyond itself: stores it reads and writes, hosts it calls, what it asks of guard, whom it calls.

Direct effects are found once for each way in which a function is entered (see `standing.Frame`); what a route reaches
is the union over everything that its handler calls.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from nomoat.survey.keyed import KeyedStores
from nomoat.survey.models import Models
from nomoat.survey.outbound import Outbound
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import CallSite, Program
from nomoat.survey.python.symbols import Scope
from nomoat.survey.remembered import Remembered
from nomoat.survey.sqltext import SQL_METHODS, accesses_of, text_of
from nomoat.survey.standing import Atoms, Foreign, Frame, Made, Method, Rows, Standing
from nomoat.survey.storefile import Stores, stores

_MAX_REACHED = 5_000
_PROPERTY = re.compile(rb"@\s*(?:[\w.]*property|reify)\b[^\n]*\n\s*(?:async\s+)?def\s+(\w+)")
#: Methods by which code asks whether a caller may: what they look up is no data that a route is about.
_DECIDING = re.compile(r"_*(has|check)(_\w+)?_(perms?|permissions?)")
#: What says above a function what it demands, whoever runs it.
_REQUIRES = "nomoat.guard.requires"
#: Attributes of a class by which libraries find the rows it is about.
_ABOUT = frozenset(("queryset", "object_list"))


@dataclass
class Effects:
    """Of one function, or of everything that is reached."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    hosts: set[tuple[str, str, str]] = field(default_factory=set)
    asks: list[str | None] = field(default_factory=list)
    uses: set[str] = field(default_factory=set)
    callees: list[Frame] = field(default_factory=list)
    #: Callees that only decide whether the caller may.
    deciding: list[Frame] = field(default_factory=list)
    resolved: int = 0
    unresolved: Counter[str] = field(default_factory=Counter)


class Reach:
    """Answers for one program."""

    def __init__(self, program: Program, models: Models, known: Stores | None = None) -> None:
        self._program = program
        self._models = models
        self._stores = known or stores()
        self.standing = Standing(program, self._stores, frozenset(models.depends))
        self._keyed = KeyedStores(program, self._stores, self.standing)
        self._outbound = Outbound(program)
        self._remembered = Remembered(program)
        self._direct: dict[Frame, Effects] = {}
        self._taken: dict[Scope, tuple[int, ...]] = {}
        self._noted = models.passwords | models.issuers | models.comparers
        self._taking = {name for library in self._stores.libraries for name in library.taking_reads}
        self._storing = {name for library in self._stores.libraries for name in library.taking_writes}

    def reached(self, starts: list[Frame], *, deciding: bool = False) -> tuple[Effects, set[Scope]]:
        """Everything that these functions do, with what they call; with `deciding`, also to find out who may."""
        total = Effects()
        visited: set[Frame] = set()
        stack = list(reversed(starts))
        while stack and len(visited) < _MAX_REACHED:
            frame = stack.pop()
            if frame in visited:
                continue
            visited.add(frame)
            effects = self.direct(frame)
            total.reads |= effects.reads
            total.writes |= effects.writes
            total.hosts |= effects.hosts
            total.asks += effects.asks
            total.uses |= effects.uses
            stack.extend(reversed(effects.callees))
            if deciding:
                stack.extend(effects.deciding)
        return total, {frame.scope for frame in visited}

    @property
    def known(self) -> dict[Scope, Effects]:
        """The functions that were looked at, each as it was entered first."""
        found: dict[Scope, Effects] = {}
        for frame, effects in self._direct.items():
            if not frame.scope.module.is_library:
                found.setdefault(frame.scope, effects)
        return found

    @cached_property
    def is_guard_here(self) -> bool:
        """Whether anything in the program may ask nomoat's guard."""
        packages = {name.partition(".")[0].encode() for name in self._models.asks}
        return any(self._program.words.containing(name) for name in packages)

    def demanded(self, function: Scope) -> list[str | None]:
        """What `guard.requires` above a function demands of whoever lets it run; None: something that is not known."""
        found: list[str | None] = []
        for node in function.decorators if function.parent is not None and self.is_guard_here else ():
            assert function.parent is not None
            if node[0] != form.CALL or self._program.resolve(function.parent, node[3]).name != _REQUIRES:
                continue
            for given in node[4]:
                known = self._program.constant(function.parent, given)
                found.append(known.value if known is not None and isinstance(known.value, str) else None)
        return found

    def direct(self, frame: Frame) -> Effects:
        """What a function does by itself."""
        known = self._direct.get(frame)
        if known is None:
            known = self._direct[frame] = Effects()
            self._find(frame, known)
        return known

    def _find(self, frame: Frame, found: Effects) -> None:
        scope = frame.scope
        if scope.is_class:
            self._enter_class(frame, found)
            return
        for site in self._program.calls(scope):
            self._call(frame, site, found)
        for node in scope.nodes if self._remembered.words else ():
            reads, writes = self._remembered.touched(scope, node)
            found.reads |= {reads} if reads else set()
            found.writes |= {writes} if writes else set()
        for node in scope.nodes:
            if node[0] in (form.ASSIGN, form.AUGMENTED):
                for target in node[3] if node[0] == form.ASSIGN else (node[3],):
                    if target[0] == form.ATTRIBUTE:
                        self._assigned(frame, target, found)
            elif node[0] == form.ATTRIBUTE and node[4] in self._attributes:
                self._read(frame, node, found)
            elif node[0] == form.FOR and node[4][0] == form.ATTRIBUTE:
                self._gone_through(frame, node[4], found)
            elif node[0] == form.COMPREHENSION:
                for _, iterable, _, _ in node[6]:
                    if iterable[0] == form.ATTRIBUTE:
                        self._gone_through(frame, iterable, found)
        for child in scope.children.values():
            if child.is_function:
                found.callees.append(self.standing.frame(child, None, None, frame))

    def _enter_class(self, frame: Frame, found: Effects) -> None:
        made = frame.me or Made(frame.scope)
        for name in ("__init__", "__call__"):
            for one in self.standing.member(made, name):
                if isinstance(one, Method):
                    found.callees.append(self.standing.frame(one.scope, one.me))

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, frame: Frame, site: CallSite, found: Effects) -> None:
        node, callee = site.node, site.callee
        name = _name_of(node)
        atoms = self.standing.of(frame, node[3])
        if callee.is_resolved or atoms:
            found.resolved += 1
        else:
            found.unresolved[form.dotted(node[3]) or callee.reason] += 1
        self._enter(frame, site, atoms, found)
        for one in callee.all:
            if one.name in self._noted:
                found.uses.add(one.name)
            if one.name in self._models.asks:
                self._asked(frame.scope, node, one.name, found)
            function = self._stores.functions.get(one.name)
            if function is not None and not function[1].setting:
                found.reads |= _names(self.standing.touched(frame, node, function[1], function[1].reads))
                found.writes |= _names(self.standing.touched(frame, node, function[1], function[1].writes))
        for given in (*node[4], *(value for _, value in node[5])):
            self._passed(frame, given, found)
        for atom in atoms:
            self._foreign(frame, atom, node, found)
        if node[3][0] == form.ATTRIBUTE and not any(isinstance(one, (Foreign, Method)) for one in atoms):
            self._by_session(frame, node, name, found)
        for given in self._statements(site, name):
            reads, writes, _ = accesses_of(text_of(self._program, frame.scope, given))
            found.reads |= reads
            found.writes |= writes
        reads, writes = self._keyed.of(frame, site, name)
        found.reads |= reads
        found.writes |= writes
        host = self._outbound.of(site, frame)
        if host is not None:
            found.hosts.add(host)

    def _enter(self, frame: Frame, site: CallSite, atoms: Atoms, found: Effects) -> None:
        """The functions that a call enters: those of the object at hand, else those that the name alone means."""
        entered = False
        callees = found.deciding if _DECIDING.fullmatch(_name_of(site.node)) else found.callees
        for one in atoms:
            if isinstance(one, Method):
                callees.append(self._entered(frame, one, site.node))
                entered = True
            elif isinstance(one, Made):
                made = self.standing.of(frame, site.node) if one.is_class else (one,)
                callees += [self.standing.frame(it.scope, it) for it in made if isinstance(it, Made)]
                entered = True
            elif isinstance(one, Rows):
                if one.shape == "class" and one.entity.library.making_writes:
                    found.writes.add(one.entity.name)
                entered = True
        for resolved in site.callee.all if not entered else ():
            scope = resolved.scope
            if scope is None or resolved.kind not in ("function", "class", "instance"):
                continue
            if resolved.kind == "function":
                callees.append(self._entered(frame, Method(scope), site.node))
            elif not self.standing.tables.of_class(scope):
                callees.append(self.standing.frame(scope, Made(scope)))
        task = site.callee.receiver.scope if site.callee.receiver is not None else None
        if not entered and not site.callee.is_resolved and task is not None and task.is_function and task.decorators:
            # `send_mail.delay(order)`: a task runs its own function, in another process.
            callees.append(self.standing.entered(frame, Method(task), site.node))

    def _entered(self, frame: Frame, method: Method, call: Node) -> Frame:
        """As `standing.entered`, with the addresses that a helper is to send to."""
        is_bound = method.scope.is_method and call[3][0] == form.ATTRIBUTE
        return self.standing.entered(
            frame, method, call, self._outbound.sent(frame, method.scope, call, is_bound=is_bound)
        )

    def _passed(self, frame: Frame, given: Node, found: Effects) -> None:
        """A function that is handed over is called by whoever gets it: background tasks, thread pools."""
        if given[0] in (form.NAME, form.ATTRIBUTE):
            passed = self._program.resolve(frame.scope, given)
            if passed.kind == "function" and passed.scope is not None:
                methods = [one for one in self.standing.of(frame, given) if isinstance(one, Method)]
                # Whoever runs it is asked for what stands above it: `guard.carry(send)`.
                found.asks += self.demanded(passed.scope)
                for method in methods or [Method(passed.scope)]:
                    found.callees.append(self.standing.entered(frame, method, None))

    def _asked(self, scope: Scope, node: Node, name: str, found: Effects) -> None:
        spot = self._models.asks[name]
        given = form.argument(node, spot.names[0], spot.position)
        known = self._program.constant(scope, given) if given is not None else None
        found.asks.append(known.value if known is not None and isinstance(known.value, str) else None)

    # -- stores ------------------------------------------------------------------------------------------------------

    def _foreign(self, frame: Frame, one: object, node: Node, found: Effects) -> None:
        """A method of a library on rows, or on something that acts on rows."""
        if not isinstance(one, Foreign):
            return
        if isinstance(one.of, Rows):
            library, store = one.of.entity.library, one.of.entity.name
            if one.of.shape == "change":
                return
            if one.name in library.writes:
                found.writes.add(store)
            if one.name in library.reads or (
                one.of.shape == "query" and one.name not in library.writes and one.name not in library.neither
            ):
                found.reads.add(store)
            for given in node[4]:
                # `Order.select().join(Item)`, `orders.filter(item__in=Item.objects...)`
                found.reads |= {it.entity.name for it in self.standing.of(frame, given)
                                if isinstance(it, Rows) and it.shape == "class"}  # fmt: skip
        elif one.agent is not None:
            if one.name in one.agent.writes:
                found.writes |= _names(self.standing.acts_on(one.of, one.agent))
            if one.name in one.agent.reads:
                found.reads |= _names(self.standing.acts_on(one.of, one.agent))
            for pattern in one.agent.calls.get(one.name, ()):
                self._own(one.of, pattern, found)

    def _own(self, made: Made, pattern: str, found: Effects) -> None:
        """Methods of its own class that a library's method of an object calls."""
        names: tuple[str, ...] = (pattern,)
        if "*" in pattern:
            names = tuple(
                name for base in self._program.bases(made.scope) if not isinstance(base, str)
                for name in base.bindings if fnmatchcase(name, pattern)
            )  # fmt: skip
        for name in names:
            for one in self.standing.member(made, name):
                if isinstance(one, Method):
                    found.callees.append(self.standing.frame(one.scope, one.me))

    def _by_session(self, frame: Frame, node: Node, name: str, found: Effects) -> None:
        if name in self._taking:
            for given in node[4]:
                found.reads |= {
                    one.entity.name for one in self.standing.mentioned(frame, given)
                    if name in one.entity.library.taking_reads and one.shape != "change"
                }  # fmt: skip
        if name in self._storing:
            for given in node[4][:1]:
                found.writes |= {
                    one.entity.name for one in self.standing.of(frame, given)
                    if isinstance(one, Rows) and name in one.entity.library.taking_writes
                }  # fmt: skip

    def _assigned(self, frame: Frame, target: Node, found: Effects) -> None:
        for one in self.standing.of(frame, target[3]):
            if isinstance(one, Rows) and one.entity.library.assigning_writes and one.shape in ("row", "query"):
                found.writes.add(one.entity.name)

    def _read(self, frame: Frame, node: Node, found: Effects) -> None:
        """An attribute that is a property of the program, or the rows that a class is about."""
        name = node[4]
        for base in self.standing.of(frame, node[3]):
            if isinstance(base, (Rows, Made)):
                self._property(base, name, found)
            led = (
                self.standing.tables.led(base.entity, name) if isinstance(base, Rows) and base.shape == "row" else None
            )
            if led is not None and not led.is_many:
                found.reads.add(led.entity.name)
        if name in _ABOUT:
            self._gone_through(frame, node, found)

    def _property(self, base: Rows | Made, name: str, found: Effects) -> None:
        scope = base.scope if isinstance(base, Made) else base.entity.scope
        if scope is None or (isinstance(base, Rows) and base.shape != "row"):
            return
        members, _ = self._program.resolver.classes.members(scope, name)
        for member in members:
            if not member.is_instance and member.binding.node[0] == form.FUNCTION:
                method = member.scope.child(member.binding.node)
                if method.is_function:
                    found.callees.append(self.standing.frame(method, base))

    def _gone_through(self, frame: Frame, node: Node, found: Effects) -> None:
        found.reads |= {
            one.entity.name for one in self.standing.of(frame, node) if isinstance(one, Rows) and one.shape == "query"
        }

    @cached_property
    def _attributes(self) -> frozenset[str]:
        """Names of properties anywhere in the program: other attributes call nothing."""
        names: set[str] = {*_ABOUT, *self.standing.tables.single}
        index = self._program.words
        for found in index.finding(_PROPERTY, parts=(b"property", b"reify")).values():
            names.update(map(bytes.decode, found))
        return frozenset(names)

    def _statements(self, site: CallSite, name: str) -> list[Node]:
        """What a call is given as the text of a statement, by itself or by a helper: `rows("SELECT ...", order_id)`."""
        node = site.node
        if name in SQL_METHODS:
            given = node[4][0] if node[4] else next((value for key, value in node[5] if key in ("sql", "query")), None)
            return [given] if given is not None else []
        found = []
        for one in site.callee.all:
            if one.scope is not None and one.kind == "function" and (node[4] or node[5]):
                is_bound = one.scope.is_method and node[3][0] == form.ATTRIBUTE
                for place in self._taking_statements(one.scope):
                    key = one.scope.parameters[place][form.P_NAME]
                    given = form.argument(node, key, place - is_bound if place >= is_bound else None)
                    if given is not None:
                        found.append(given)
        return found

    def _taking_statements(self, scope: Scope) -> tuple[int, ...]:
        """The places of parameters that a function executes as the text of a statement."""
        known = self._taken.get(scope)
        if known is None:
            self._taken[scope] = ()  # Who calls itself says nothing more.
            names = [one[form.P_NAME] for one in scope.parameters]
            given = (
                node[3] for site in (self._program.calls(scope) if names else ())
                for node in self._statements(site, _name_of(site.node)) if node[0] == form.NAME
            )  # fmt: skip
            known = self._taken[scope] = tuple(sorted({names.index(name) for name in given if name in names}))
        return known


def _name_of(call: Node) -> str:
    """The bare name by which something is called."""
    callee = call[3]
    return str(callee[4] if callee[0] == form.ATTRIBUTE else callee[3] if callee[0] == form.NAME else "")


def _names(rows: frozenset[Rows]) -> set[str]:
    return {one.entity.name for one in rows}
