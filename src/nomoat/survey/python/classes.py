"""Classes of the project: the order of their bases, their members, what their methods set on `self`.

Bases in other packages stand in the order as dotted names, so that a member found in none of ours is theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from nomoat.survey.python import alike, form
from nomoat.survey.python.symbols import Binding, Bindings, How, Scope, statements

if TYPE_CHECKING:
    from nomoat.survey.python.resolve import Resolver

#: A class of the project, or the dotted name of one elsewhere.
Base: TypeAlias = "Scope | str"

_MAX_BASES = 200
_TOP = "builtins.object"
#: A hierarchy higher than this is no program's; what is above is left out.
_MAX_DEPTH = 40


class Member(NamedTuple):
    """One way in which an attribute gets its value: a binding, and the scope to read it in."""

    owner: Scope
    scope: Scope
    binding: Binding
    is_instance: bool


class Classes:
    """Answers about classes, remembered for the life of a program."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._orders: dict[Scope, tuple[Base, ...]] = {}
        self._open: set[Scope] = set()
        self._on_self: dict[Scope, dict[str, list[tuple[Scope, Binding]]]] = {}

    def bases(self, scope: Scope) -> tuple[Base, ...]:
        """The direct bases, in order; what cannot be resolved is left out as the text of its source."""
        assert scope.node is not None and scope.parent is not None
        found: list[Base] = []
        for node in scope.node[form.C_BASES]:
            resolved = self._resolver.resolve(scope.parent, node)
            if resolved.kind == "class" and resolved.scope is not None:
                found.append(resolved.scope)
            elif resolved.name == _TOP:
                continue  # What every class is made of comes after all others, said or not.
            elif resolved.kind in ("external", "instance") and resolved.name:
                found += [resolved.name, *self._named_alike(resolved.name)]
            else:
                found.append(f"?{scope.module.text(node)}")
        return tuple(found)

    def _named_alike(self, base: str) -> list[Scope]:
        """The described class that a base which is not here is named after; it comes behind the base itself."""
        module, name = alike.described_for(base) or ("", "")
        program = self._resolver.program
        there = program.module_named(module) if name and program.words.files(b"rest_framework") else None
        return [one for one in there.children.values() if one.is_class and one.name == name] if there else []

    def order(self, scope: Scope) -> tuple[Base, ...]:
        """The class and all its bases as Python searches them (C3), a best guess where Python would refuse."""
        known = self._orders.get(scope)
        if known is not None:
            return known
        if scope in self._open or len(self._open) >= _MAX_DEPTH:
            return (scope,)
        cuts = self._resolver.cuts
        self._open.add(scope)
        try:
            bases = self.bases(scope)
            orders: list[list[Base]] = [
                list(self.order(base)) if isinstance(base, Scope) else [base] for base in bases
            ]  # fmt: skip
            order = (scope, *_linearized([*orders, list(bases)]))[:_MAX_BASES]
        finally:
            self._open.discard(scope)
        if not self._open and (self._resolver.cuts == cuts or self._resolver.is_idle):
            self._orders[scope] = order
        return order

    def members(self, scope: Scope, name: str, *, after: Scope | None = None) -> tuple[list[Member], list[str]]:
        """What `name` may be on an instance, from the first class that has it; and the bases outside the project.

        `after` starts the search behind that class, as `super()` does.
        """
        elsewhere: list[str] = []
        order = self.order(scope)
        if after is not None and after in order:
            order = order[order.index(after) + 1 :]
        for base in order:
            if isinstance(base, str):
                elsewhere.append(base)
                continue
            found = [Member(base, base, binding, False) for binding in base.bindings.get(name, ())]
            on_self = self.on_self(base).get(name, ())
            found += [Member(base, method, binding, True) for method, binding in on_self]
            if found:
                return found, elsewhere
            if base.module.is_library:
                # What stands for a package has only what matters to callers of it.
                elsewhere.append(base.dotted)
        return [], elsewhere

    def on_self(self, scope: Scope) -> dict[str, list[tuple[Scope, Binding]]]:
        """Attribute to each place where a method of this class sets it on its first parameter."""
        known = self._on_self.get(scope)
        if known is None:
            known = self._on_self[scope] = {}
            for method in scope.children.values():
                if method.is_function and method.parameters and _may_set(method):
                    _set_on_self(method, known)
        return known

    def is_a(self, scope: Scope, names: frozenset[str]) -> bool:
        """Whether any base has one of these dotted names."""
        return any((base if isinstance(base, str) else base.dotted) in names for base in self.order(scope))


#: `self.name = ...`, `self.name: Type`, and several targets at once.
_SETS = re.compile(rb"\bself\s*\.\s*\w+\s*(?::|=(?!=)|[,)\]\\#][^=]*=)")


def _may_set(method: Scope) -> bool:
    return method.parameters[0][form.P_NAME] != "self" or method.may_hold(_SETS)


def _set_on_self(method: Scope, found: dict[str, list[tuple[Scope, Binding]]]) -> None:
    me = method.parameters[0][form.P_NAME]
    for node in statements(method.body):
        if node[0] == form.ASSIGN:
            pairs: Bindings = {}
            for target in node[3]:
                if _is_of(target, me):
                    pairs.setdefault(target[4], []).append(Binding(How.VALUE, target[4], node, value=node[4]))
                elif target[0] == form.TUPLE:
                    for place, item in enumerate(target[3]):
                        if _is_of(item, me):
                            binding = Binding(How.UNPACKED, item[4], node, value=node[4], path=(place,))
                            pairs.setdefault(item[4], []).append(binding)
            for name, bindings in pairs.items():
                found.setdefault(name, []).extend((method, binding) for binding in bindings)
        elif node[0] == form.ANNOTATED and _is_of(node[3], me):
            name = node[3][4]
            binding = Binding(How.ANNOTATED, name, node, value=node[5], annotation=node[4])
            found.setdefault(name, []).append((method, binding))


def _is_of(target: form.Node, me: str) -> bool:
    return target[0] == form.ATTRIBUTE and target[3][0] == form.NAME and bool(target[3][3] == me)


def _linearized(orders: list[list[Base]]) -> list[Base]:
    # C3 (the Python reference's method resolution order); where no order fits, the first that is left goes next.
    result: list[Base] = []
    orders = [order for order in orders if order]
    while orders and len(result) < _MAX_BASES:
        heads = (order[0] for order in orders)
        chosen = next((head for head in heads if not any(head in order[1:] for order in orders)), orders[0][0])
        result.append(chosen)
        orders = [rest for order in orders if (rest := [base for base in order if base != chosen])]
    return result
