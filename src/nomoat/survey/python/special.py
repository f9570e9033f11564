"""What Python itself gives: builtin names, types of literals, their parts, and calls that are more than calls.

`super()`, `partial`, `cast` and `type` change what their result means; the resolver asks for them here by dotted name.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.survey.python import form
from nomoat.survey.python.form import Node
from nomoat.survey.python.resolved import Resolved, is_none
from nomoat.survey.python.symbols import How, Scope

if TYPE_CHECKING:
    from nomoat.survey.python.resolve import Resolver

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_")) | {
    "unicode", "raw_input", "execfile", "basestring", "xrange", "long", "unichr", "reduce", "reload", "file", "cmp",
    "__import__", "__file__", "__name__", "__doc__",
}  # fmt: skip
LITERALS = {
    form.LIST: "builtins.list", form.TUPLE: "builtins.tuple", form.SET: "builtins.set", form.DICT: "builtins.dict",
    form.FSTRING: "builtins.str", form.COMPARE: "builtins.bool", form.COMPREHENSION: "builtins.list",
}  # fmt: skip


def is_empty(given: Resolved) -> bool:
    """Whether the value is None, or a literal without elements: its annotation says more."""
    value = given.value
    return is_none(given) or (value is not None and value[0] in (form.LIST, form.DICT, form.SET) and not value[3])


def why_unknown(kind: int) -> str:
    """What to say of an expression of this kind whose meaning is not followed."""
    return f"the value of {form.KIND_NAMES.get(kind, 'something').lower().replace('_', ' ')}"


def item_of(value: Node, index: Node) -> Node | None:
    """The item of a literal: `{"a": f}["a"]`, `[a, b][0]`; None where it cannot be told."""
    if index[0] != form.CONSTANT:
        return None
    if value[0] == form.DICT:
        return next(
            (item for key, item in value[3] if key is not None and key[3:4] == index[3:4] and key[0] == index[0]), None
        )
    if value[0] in (form.LIST, form.TUPLE) and type(index[3]) is int and -len(value[3]) <= index[3] < len(value[3]):
        if any(item[0] == form.STARRED for item in value[3]):
            return None
        item: Node = value[3][index[3]]
        return item
    return None


def unpacked(value: Node, path: tuple[int, ...]) -> Node | None:
    """The part of a literal tuple or list that a place in an unpacking gets; None where it cannot be told."""
    for place in path:
        if value[0] not in (form.TUPLE, form.LIST) or place >= len(value[3]):
            return None
        value = value[3][place]
        if value[0] == form.STARRED:
            return None
    return value


def _super(resolver: Resolver, scope: Scope, node: Node) -> Resolved | None:
    owner = scope.enclosing_class
    if owner is None:
        return None
    return Resolved("instance", owner.dotted, owner, variable="super()", value=node, where=scope)


def _partial(resolver: Resolver, scope: Scope, node: Node) -> Resolved | None:
    return resolver.resolve(scope, node[4][0]) if node[4] else None


def _cast(resolver: Resolver, scope: Scope, node: Node) -> Resolved | None:
    return resolver.annotations.instance(scope, node[4][0]) if node[4] else None


def _type(resolver: Resolver, scope: Scope, node: Node) -> Resolved | None:
    found = resolver.resolve(scope, node[4][0]) if len(node[4]) == 1 else None
    if found is None or found.kind != "instance":
        return None
    return Resolved("class" if found.scope is not None else "external", found.name, found.scope)


#: The reason of a client that `guard.outbound` holds to the hosts of the map.
HELD = "nomoat's guard holds it to the hosts of the map"


def _held(resolver: Resolver, scope: Scope, node: Node) -> Resolved | None:
    if len(node[4]) != 1:
        return None
    found = resolver.resolve(scope, node[4][0])
    return replace(found, reason=HELD) if found.kind == "instance" else found


SPECIAL_CALLS: dict[str, Callable[[Resolver, Scope, Node], Resolved | None]] = {
    "builtins.super": _super, "functools.partial": _partial, "functools.partialmethod": _partial,
    "typing.cast": _cast, "builtins.type": _type, "nomoat.guard.outbound": _held,
}  # fmt: skip

HOWS = {
    How.UNPACKED: "unpacking", How.LOOP: "a loop", How.OPAQUE: "a pattern, a lambda or `+=`", How.CAUGHT: "`except`",
}  # fmt: skip
