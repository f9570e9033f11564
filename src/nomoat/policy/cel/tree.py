"""A condition as a typed tree, between its text and the function that is made of it.

`type` is boolean, number, text, timestamp, duration, ip, cidr, `list of ...`, or empty: known only at run time, and
then one of text, number, boolean and list. `text` is how it was written; `depth` counts the levels below, itself too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias


class Overload(NamedTuple):
    """One meaning of a function: the types it takes (a receiver first), the type it gives, and what does it.

    `run` gets values of exactly these types, and raises ValueError where there is no value.
    """

    parameters: tuple[str, ...]
    result: str
    run: Callable[..., Any]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """What every part of a condition has."""

    type: str
    text: str
    at: int
    depth: int


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A value that stands in the text, or that follows from such; of a list, a tuple."""

    value: Any


@dataclass(frozen=True, slots=True)
class Read(Node):
    """An attribute: `resource.owner`."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """The item that `exists` or `all` is at."""

    name: str


@dataclass(frozen=True, slots=True)
class Given(Node):
    """`has(resource.owner)`: whether the attribute was given."""

    name: str


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """`!inner`."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Joined(Node):
    """Sides joined by `&&` or `||`, two or more."""

    operator: str
    sides: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Related(Node):
    """`==`, `!=`, `<`, `<=`, `>` or `>=`."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`left in right`."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Called(Node):
    """A function, a method or an operator, by its name, with values: those of its meanings that may fit."""

    name: str
    overloads: tuple[Overload, ...]
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Each(Node):
    """`items.exists(variable, body)`, or `all`."""

    macro: str
    items: Node
    body: Node


AnyNode: TypeAlias = Constant | Read | Variable | Given | Negation | Joined | Related | Member | Called | Each
