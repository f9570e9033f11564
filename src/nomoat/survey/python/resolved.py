"""What a name or an expression turned out to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from nomoat.survey.python.form import Node
    from nomoat.survey.python.symbols import Scope

#: `module`, `class`, `function`: `scope` is its definition in the project.
#: `instance`: a value of the class `name` (`scope`, when it is the project's), or what calling external `name` gave.
#: `constant`: a literal, in `value`. `variable`: a project variable whose value is none of these; see `value`.
#: `external`: something of another package or of Python, known by its dotted `name` alone (`builtins.open`).
#: `unresolved`: `reason` says why.
Kind: TypeAlias = Literal["module", "class", "function", "instance", "constant", "variable", "external", "unresolved"]


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """The meaning of an expression. `name` is dotted: `shop.orders.read`, `fastapi.APIRouter.get`."""

    kind: Kind
    name: str = ""
    scope: Scope | None = None
    #: The expression that gave the value (a constructor's CALL, a literal), to be read in `where`.
    value: Node | None = None
    where: Scope | None = None
    #: What a method or attribute was looked up on.
    receiver: Resolved | None = None
    #: The project variable or attribute through which it was reached: `shop.main.app`.
    variable: str = ""
    reason: str = ""
    #: Everything it may be when it may be several things (this one first); empty when it is sure.
    alternatives: tuple[Resolved, ...] = ()
    #: It may as well be something of which nothing is known.
    is_partial: bool = False

    @property
    def is_resolved(self) -> bool:
        """Whether anything is known of it."""
        return self.kind != "unresolved"

    @property
    def all(self) -> tuple[Resolved, ...]:
        """Each thing it may be, the likeliest first."""
        return self.alternatives or (self,)

    def named(self, variable: str) -> Resolved:
        """The same, reached through a variable."""
        return replace(self, variable=variable)


def unresolved(reason: str, *, name: str = "", receiver: Resolved | None = None) -> Resolved:
    """Nothing is known, because of `reason`."""
    return Resolved("unresolved", name, reason=reason, receiver=receiver)


def merged(found: list[Resolved]) -> Resolved:
    """One answer of several: alike ones count once, unknown ones and None only where there is nothing better."""
    flat = [one for each in found for one in each.all]
    best = [one for one in flat if one.is_resolved and not is_none(one)] or [one for one in flat if one.is_resolved]
    distinct: dict[tuple[object, ...], Resolved] = {}
    for one in best or flat[:1]:
        place = (one.value[1], one.where.module.path if one.where else "") if one.value is not None else ()
        distinct.setdefault((one.kind, one.name, id(one.scope), place), one)
    several = tuple(distinct.values())
    if not several:
        return unresolved("nothing gives it a value")
    is_partial = bool(best) and any(one.is_partial or not one.is_resolved for one in (*flat, *found))
    if len(several) == 1:
        only = several[0]
        is_same = not only.alternatives and only.is_partial == is_partial
        return only if is_same else replace(only, alternatives=(), is_partial=is_partial)
    return replace(several[0], alternatives=several, is_partial=is_partial)


def is_none(one: Resolved) -> bool:
    """Whether it is the literal None."""
    return one.kind == "constant" and one.value is not None and one.value[3] is None
