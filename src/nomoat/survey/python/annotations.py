"""Reads annotations as types: `Annotated`, `Optional`, unions, `type[...]`, text, aliases.

Gives the value that something so annotated holds, as a `Resolved` of kind instance (or class, for `type[X]`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.resolved import Resolved, merged, unresolved
from nomoat.survey.python.symbols import Scope

if TYPE_CHECKING:
    from nomoat.survey.python.resolve import Resolver

_MODULES = ("typing", "typing_extensions", "collections.abc", "builtins", "contextlib", "collections", "t")
#: The first argument is the type itself.
_TRANSPARENT = frozenset(
    ("Annotated", "Optional", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar", "Awaitable")
)
#: What a generator function, used as a dependency or context manager, hands out.
_YIELDING = frozenset(
    (
        "Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator",
        "AbstractContextManager", "AbstractAsyncContextManager", "ContextManager", "AsyncContextManager",
    )
)  # fmt: skip
_COLLECTIONS = frozenset(
    ("list", "List", "Sequence", "set", "Set", "frozenset", "FrozenSet", "Iterable", "Iterator", "Collection", "tuple")
)
_MAX_STEPS = 20


class Annotations:
    """Types of one program's annotations."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._steps = 0

    def instance(self, scope: Scope, node: Node) -> Resolved:
        """A value of the annotated type."""
        if self._steps >= _MAX_STEPS:
            return unresolved("the annotation goes through too many steps")
        self._steps += 1
        try:
            return self._instance(scope, node)
        finally:
            self._steps -= 1

    def returned(self, function: Scope, node: Node) -> Resolved:
        """What a call of a function with this return annotation gives; of a generator, what it yields."""
        assert function.parent is not None
        if node[0] == form.SUBSCRIPT and self._special(function.parent, node[3]) in _YIELDING:
            yields = any(inner[0] in (form.YIELD, form.YIELD_FROM) for inner in form.walk_scope(function.body))
            if yields:
                return self.instance(function.parent, _first(node[4]))
        return self.instance(function.parent, node)

    def element(self, scope: Scope, node: Node) -> Resolved:
        """An element of the annotated collection."""
        if node[0] == form.SUBSCRIPT and self._special(scope, node[3]) in _COLLECTIONS:
            return self.instance(scope, _first(node[4]))
        return unresolved("an element of something unknown")

    def _instance(self, scope: Scope, node: Node) -> Resolved:
        kind = node[0]
        if kind == form.CONSTANT:
            return self._constant(scope, node)
        if kind == form.BINARY and node[3] == "|":
            return merged([self.instance(scope, operand) for operand in node[4]])
        if kind == form.SUBSCRIPT:
            return self._subscript(scope, node)
        found = self._resolver.resolve(scope, node)
        return merged([self._of(one, node, scope) for one in found.all])

    def _of(self, found: Resolved, node: Node, scope: Scope) -> Resolved:
        if found.kind == "class" or (found.kind == "external" and found.value is None):
            return Resolved("instance", found.name, found.scope, value=node, where=scope)
        if found.value is not None and found.where is not None:
            return self._alias(found, found.value, found.where)
        return unresolved(found.reason or "the annotation is no type", name=found.name)

    def _alias(self, found: Resolved, value: Node, where: Scope) -> Resolved:
        # `CurrentUser = Annotated[User, Depends(current_user)]`, `T = TypeVar("T", bound=User)`, NewType
        if value[0] in (form.SUBSCRIPT, form.BINARY, form.NAME, form.ATTRIBUTE) and found.kind != "constant":
            return self.instance(where, value)
        if value[0] == form.CALL and found.name in ("typing.TypeVar", "typing_extensions.TypeVar"):
            bound = form.keyword(value, "bound")
            return self.instance(where, bound) if bound is not None else unresolved("a free type variable")
        if value[0] == form.CALL and found.name == "typing.NewType" and len(value[4]) == 2:
            return self.instance(where, value[4][1])
        return unresolved("the annotation is no type", name=found.name)

    def _constant(self, scope: Scope, node: Node) -> Resolved:
        value = node[3]
        if value is None:
            return Resolved("constant", "builtins.NoneType", value=node, where=scope)
        if isinstance(value, str):
            parsed = self._resolver.program.parsed_annotation(value)
            if parsed is not None and parsed[0] != form.CONSTANT:
                return self.instance(scope, parsed)
        return unresolved("the annotation is no type")

    def _special(self, scope: Scope, node: Node) -> str:
        """The bare name of one of typing's forms; empty for everything else."""
        found = self._resolver.resolve(scope, node)
        module, _, name = found.name.rpartition(".")
        return name if found.kind == "external" and module in _MODULES else ""

    def _subscript(self, scope: Scope, node: Node) -> Resolved:
        name = self._special(scope, node[3])
        if name in _TRANSPARENT:
            return self.instance(scope, _first(node[4]))
        if name == "Coroutine" and node[4][0] == form.TUPLE and node[4][3]:
            return self.instance(scope, node[4][3][-1])
        if name == "Union":
            members = node[4][3] if node[4][0] == form.TUPLE else (node[4],)
            return merged([self.instance(scope, member) for member in members])
        if name in ("Type", "type"):
            found = self.instance(scope, _first(node[4]))
            if found.kind != "instance":
                return found
            return Resolved("class" if found.scope is not None else "external", found.name, found.scope)
        base = self._resolver.resolve(scope, node[3])
        if base.kind in ("class", "external"):
            return Resolved("instance", base.name, base.scope, value=node, where=scope)
        return merged([self._of(one, node[3], scope) for one in base.all])


def _first(index: Node) -> Node:
    return index[3][0] if index[0] == form.TUPLE and index[3] else index
