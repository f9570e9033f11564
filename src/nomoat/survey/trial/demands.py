"""What an answer demands of a caller: leaves such as "permission orders:read", put together with all and any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

#: `state` is about the account (active, verified), `other` not about the caller, `unknown` about it but unreadable.
Kind: TypeAlias = Literal[
    "authentication", "permission", "ownership", "csrf", "rate-limit", "signature", "state", "other", "unknown"
]


@dataclass(frozen=True, slots=True)
class Demand:
    """A leaf (`kind`, `name`), or several demands of which all or any must be met."""

    kind: Kind = "other"
    name: str = ""
    joins: Literal["", "all", "any"] = ""
    parts: tuple[Demand, ...] = ()
    #: How many leaves it has, one that stands in several places counted each time.
    weight: int = field(default=1, compare=False)

    def leaves(self) -> Iterator[Demand]:
        """The leaves, in order."""
        if not self.joins:
            yield self
        for part in self.parts:
            yield from part.leaves()

    @property
    def is_about_caller(self) -> bool:
        """Whether any leaf is about who is calling."""
        return any(leaf.kind != "other" for leaf in self.leaves())


_MOST_LEAVES = 200
OTHER = Demand()
UNKNOWN = Demand("unknown")
AUTHENTICATION = Demand("authentication")


def both(demands: Iterable[Demand]) -> Demand:
    """All of them must be met."""
    return _joined("all", demands)


def either(demands: Iterable[Demand]) -> Demand:
    """One of them is enough."""
    return _joined("any", demands)


def _joined(joins: Literal["all", "any"], demands: Iterable[Demand]) -> Demand:
    flat: list[Demand] = []
    for demand in demands:
        for part in demand.parts if demand.joins == joins else (demand,):
            if part not in flat:
                flat.append(part)
    if joins == "all" and len(flat) > 1:
        flat = [part for part in flat if part != OTHER] or [OTHER]
    if len(flat) < 2:
        return flat[0] if flat else OTHER
    weight = sum(part.weight for part in flat)
    if weight > _MOST_LEAVES:
        # Alternatives of alternatives grow without end, and nobody could say what they ask for.
        return UNKNOWN if any(part.is_about_caller for part in flat) else OTHER
    return Demand(joins=joins, parts=tuple(flat), weight=weight)


def _is_met(demand: Demand, sure: tuple[str, ...]) -> bool:
    if demand.joins != "any":
        return False
    return any(names and set(names) <= set(sure) for part in demand.parts if (names := permissions(part)) is not None)


def permissions(demand: Demand) -> tuple[str, ...] | None:
    """The permissions that are surely needed; None when an alternative or something unreadable is among them."""
    if not demand.joins:
        if demand.kind == "permission":
            return (demand.name,) if demand.name else None
        return None if demand.kind == "unknown" else ()
    parts = [permissions(part) for part in demand.parts]
    if demand.joins == "all":
        sure = tuple(dict.fromkeys(name for part in parts for name in part or ()))
        open_parts = [part for part, names in zip(demand.parts, parts, strict=True) if names is None]
        # Whoever surely needs it anyway meets an alternative that asks for no more.
        return sure if all(_is_met(part, sure) for part in open_parts) else None
    kinds = {leaf.kind for leaf in demand.leaves()}
    # Whoever owns it passes without the permission, so signing in is all that is surely needed.
    if "ownership" in kinds:
        return ()
    distinct = set(parts)
    return parts[0] if len(distinct) == 1 else None
