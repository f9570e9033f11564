"""What a function does beyond itself: tables it reads and writes, hosts it calls, what it asks of guard, whom it calls.

Direct effects are found once a function; what a route reaches is the union over everything that its handler calls.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nomoat.survey.models import Models
from nomoat.survey.outbound import Outbound
from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.program import CallSite, Program
from nomoat.survey.python.resolved import Resolved
from nomoat.survey.python.symbols import Scope
from nomoat.survey.tables import SQL_METHODS, Tables, accesses_of

_READING = frozenset(
    ("select", "query", "get", "join", "outerjoin", "select_from", "exists", "get_one", "select_entity_from", "aliased",
     "scalars", "with_entities", "subquery", "load_only", "selectinload", "joinedload", "contains_eager", "refresh")
)  # fmt: skip
_WRITING = frozenset(("insert", "update", "delete", "bulk_insert_mappings", "bulk_update_mappings", "truncate"))
_STORING = frozenset(("add", "add_all", "merge", "delete", "bulk_save_objects", "persist"))
_MAX_REACHED = 5_000


@dataclass
class Effects:
    """Of one function, or of everything that is reached."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    hosts: set[tuple[str, str, str]] = field(default_factory=set)
    asks: list[str | None] = field(default_factory=list)
    uses: set[str] = field(default_factory=set)
    callees: list[Scope] = field(default_factory=list)
    resolved: int = 0
    unresolved: Counter[str] = field(default_factory=Counter)


class Reach:
    """Answers for one program."""

    def __init__(self, program: Program, models: Models) -> None:
        self._program = program
        self._models = models
        self.tables = Tables(program)
        self._outbound = Outbound(program)
        self._direct: dict[Scope, Effects] = {}
        self._noted = models.passwords | models.issuers | models.comparers

    def reached(self, starts: list[Scope]) -> tuple[Effects, set[Scope]]:
        """Everything that these functions do, with what they call."""
        total = Effects()
        visited: set[Scope] = set()
        stack = list(reversed(starts))
        while stack and len(visited) < _MAX_REACHED:
            scope = stack.pop()
            if scope in visited:
                continue
            visited.add(scope)
            effects = self.direct(scope)
            total.reads |= effects.reads
            total.writes |= effects.writes
            total.hosts |= effects.hosts
            total.asks += effects.asks
            total.uses |= effects.uses
            stack.extend(reversed(effects.callees))
        return total, visited

    @property
    def known(self) -> dict[Scope, Effects]:
        """The functions that were looked at."""
        return self._direct

    def direct(self, scope: Scope) -> Effects:
        """What a function does by itself."""
        known = self._direct.get(scope)
        if known is None:
            known = self._direct[scope] = Effects()
            self._find(scope, known)
        return known

    def _find(self, scope: Scope, found: Effects) -> None:
        if scope.is_class:
            found.callees += [child for child in scope.children.values() if child.name in ("__init__", "__call__")]
            return
        variables = self._variables(scope)
        for site in self._program.calls(scope):
            if site.callee.is_resolved:
                found.resolved += 1
            else:
                found.unresolved[form.dotted(site.node[3]) or site.callee.reason] += 1
            self._call(site, variables, found)
        for node in form.walk_scope(scope.body):
            if node[0] in (form.ASSIGN, form.AUGMENTED):
                for target in node[3] if node[0] == form.ASSIGN else (node[3],):
                    if target[0] == form.ATTRIBUTE:
                        found.writes |= self._of_object(scope, target[3], variables)
        found.callees += [child for child in scope.children.values() if child.is_function]

    def _call(self, site: CallSite, variables: dict[str, set[str]], found: Effects) -> None:
        scope, node, callee = site
        name = node[3][4] if node[3][0] == form.ATTRIBUTE else node[3][3] if node[3][0] == form.NAME else ""
        for one in callee.all:
            self._callee(one, found)
            if one.name in self._noted:
                found.uses.add(one.name)
            if one.name in self._models.asks:
                self._asked(scope, node, one.name, found)
        for given in (*node[4], *(value for _, value in node[5])):
            self._passed(scope, given, found)
        if name in _READING:
            found.reads |= {table for given in node[4] for table in self._mentioned(scope, given)}
        if name in _WRITING:
            found.writes |= {table for given in node[4][:1] for table in self._mentioned(scope, given)}
            if node[3][0] == form.ATTRIBUTE and not node[4]:
                # `users.insert()` of a table, `query.delete()` of what was asked for.
                found.writes |= self._mentioned(scope, node[3][3]) | self._of_object(scope, node[3][3], variables)
        if name in ("select", "filter", "where", "count", "all", "first") and node[3][0] == form.ATTRIBUTE:
            found.reads |= self._table(scope, node[3][3])
        if name in _STORING and node[3][0] == form.ATTRIBUTE:
            for given in node[4]:
                found.writes |= self._of_object(scope, given, variables)
        if name in SQL_METHODS:
            self._sql(scope, node, found)
        host = self._outbound.of(site)
        if host is not None:
            found.hosts.add(host)

    def _callee(self, callee: Resolved, found: Effects) -> None:
        if callee.scope is None or callee.kind not in ("function", "class", "instance"):
            return
        if callee.kind == "instance":
            found.callees += [child for child in callee.scope.children.values() if child.name == "__call__"]
        elif callee.kind == "class" and self.tables.of_class(callee.scope):
            return
        elif callee.scope.is_class or callee.scope.is_function:
            found.callees.append(callee.scope)

    def _passed(self, scope: Scope, given: Node, found: Effects) -> None:
        """A function that is handed over is called by whoever gets it: background tasks, thread pools."""
        if given[0] in (form.NAME, form.ATTRIBUTE):
            passed = self._program.resolve(scope, given)
            if passed.kind == "function" and passed.scope is not None:
                found.callees.append(passed.scope)

    def _asked(self, scope: Scope, node: Node, name: str, found: Effects) -> None:
        spot = self._models.asks[name]
        given = form.argument(node, spot.names[0], spot.position)
        known = self._program.constant(scope, given) if given is not None else None
        found.asks.append(known.value if known is not None and isinstance(known.value, str) else None)

    # -- tables ------------------------------------------------------------------------------------------------------

    def _sql(self, scope: Scope, node: Node, found: Effects) -> None:
        given = node[4][0] if node[4] else next((value for key, value in node[5] if key in ("sql", "query")), None)
        if given is None:
            return
        text = self.tables.text(scope, given)
        if text:
            reads, writes, _ = accesses_of(text)
            found.reads |= reads
            found.writes |= writes

    def _table(self, scope: Scope, node: Node) -> set[str]:
        if node[0] not in (form.NAME, form.ATTRIBUTE):
            return set()
        return {name for one in self._program.resolve(scope, node).all if (name := self.tables.of(one))}

    def _mentioned(self, scope: Scope, node: Node) -> set[str]:
        """Tables of the models that an expression names: `Order`, `Order.id`, `func.count(Order.id)`."""
        found: set[str] = set()
        for inner in form.walk(node):
            if inner[0] in (form.NAME, form.ATTRIBUTE):
                found |= self._table(scope, inner)
                if inner[0] == form.ATTRIBUTE:
                    found |= self._table(scope, inner[3])
        return found

    def _variables(self, scope: Scope) -> dict[str, set[str]]:
        """Names that hold rows, with their tables: `order = session.get(Order, 1)`."""
        found: dict[str, set[str]] = {}
        for name, bindings in scope.bindings.items():
            tables = {
                table
                for binding in bindings
                if binding.value is not None and binding.how.value in ("value", "loop", "unpacked")
                for table in self._mentioned(scope, binding.value)
            }
            if tables:
                found[name] = tables
        for name, bindings in scope.bindings.items():
            for binding in bindings:
                value = binding.value
                if name not in found and value is not None and binding.how.value in ("value", "loop"):
                    inner = {one[3] for one in form.walk(value) if one[0] == form.NAME} & found.keys()
                    if inner:
                        found[name] = set().union(*(found[one] for one in inner))
        return found

    def _of_object(self, scope: Scope, node: Node, variables: dict[str, set[str]]) -> set[str]:
        """Tables of a row: by its class, else by the query that it came from."""
        if node[0] == form.LIST:
            return {table for item in node[3] for table in self._of_object(scope, item, variables)}
        found = {name for one in self._program.resolve(scope, node).all if (name := self.tables.of_instance(one))}
        root = node
        while root[0] in (form.ATTRIBUTE, form.CALL, form.SUBSCRIPT):
            root = root[3]
        if not found and root[0] == form.NAME and node[0] in (form.NAME, form.CALL):
            found = variables.get(root[3], set())
        return found
