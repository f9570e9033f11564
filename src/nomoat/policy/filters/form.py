"""What is left of a decision when only columns of a row are open: true or false of each row, and nothing else.

A form has no negation: what is denied is written out as what must hold instead. So whatever a database makes of a NULL,
or of a value that its column should not hold, it can take rows away and never add one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

#: The types of a resource's attributes.
Kind: TypeAlias = Literal["text", "number", "boolean"]
Comparison: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
Part: TypeAlias = Literal["startsWith", "endsWith", "contains"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row, by the attribute that it is: `resource.owner`."""

    name: str


@dataclass(frozen=True, slots=True)
class Given:
    """The column holds something; with `negated`, it holds nothing (NULL)."""

    column: Column
    negated: bool = False


@dataclass(frozen=True, slots=True)
class IsOf:
    """The column holds a value of its kind, which conditions can compare: whatever else is asked stands beside it."""

    column: Column
    kind: Kind


@dataclass(frozen=True, slots=True)
class Compared:
    """The column beside a value or another column of the same kind; text and booleans are `==` or `!=` only."""

    operator: Comparison
    kind: Kind
    left: Column
    right: Column | str | int | bool


@dataclass(frozen=True, slots=True)
class Among:
    """The column holds one of these values, of which there are two or more; with `negated`, none of them."""

    kind: Kind
    column: Column
    values: tuple[str | int | bool, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """The column's text starts with, ends with or contains a text, which is not empty; with `negated`, it does not."""

    part: Part
    column: Column
    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds. Without parts: always."""

    parts: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds. Without parts: never."""

    parts: tuple[Form, ...]


Form: TypeAlias = Given | IsOf | Compared | Among | Matched | AllOf | AnyOf

ALWAYS: Final = AllOf(())
NEVER: Final = AnyOf(())

_OPPOSITES: Mapping[Comparison, Comparison] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def all_of(*parts: Form) -> Form:
    """Every part holds, each said once; NEVER where one never does."""
    found = dict.fromkeys(one for part in parts for one in (part.parts if isinstance(part, AllOf) else (part,)))
    if NEVER in found:
        return NEVER
    # "This, and this or that" is this.
    kept = tuple(one for one in found if not (isinstance(one, AnyOf) and any(part in found for part in one.parts)))
    return kept[0] if len(kept) == 1 else AllOf(kept)


def any_of(*parts: Form) -> Form:
    """Some part holds, each said once; ALWAYS where one always does."""
    found = dict.fromkeys(one for part in parts for one in (part.parts if isinstance(part, AnyOf) else (part,)))
    if ALWAYS in found:
        return ALWAYS
    kept = tuple(one for one in found if not (isinstance(one, AllOf) and any(part in found for part in one.parts)))
    return kept[0] if len(kept) == 1 else AnyOf(kept)


def constant(holds: bool) -> Form:
    """ALWAYS or NEVER."""
    return ALWAYS if holds else NEVER


def opposite(operator: Comparison) -> Comparison:
    """The comparison that holds where this one does not, both sides being there."""
    return _OPPOSITES[operator]


def among(kind: Kind, column: Column, values: Iterable[str | int | bool], *, negated: bool = False) -> Form:
    """The column holds one of the values (none of them, with `negated`), however many there are."""
    found = tuple(dict.fromkeys(values))
    if not found:
        return constant(negated)
    if len(found) == 1:
        return Compared("!=" if negated else "==", kind, column, found[0])
    return Among(kind, column, found, negated)
