"""Conditions of grants and deny rules: a closed, type-checked subset of CEL (docs/reference/policy.md).

Text goes in, a `Condition` comes out, or a `PolicyError` with line and column; its value is True, False or a failure.
Nothing is coerced, and no failure is absorbed: an absent attribute or two types compared fail the whole condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from nomoat.policy.cel import making
from nomoat.policy.cel.names import CONTEXT, NAMESPACES, OWN
from nomoat.policy.cel.parser import Parser
from nomoat.policy.comparisons import Attributes, ConditionFailure

if TYPE_CHECKING:
    from nomoat.datafile import Place
    from nomoat.policy.cel.tree import Node

__all__ = ["CONTEXT", "NAMESPACES", "Condition", "compile"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `reads` has each attribute it names, in the order of the text.

    `given` has those of them that it asks `has` of. `evaluate` says True, False, or why neither, of flat attributes:
    `{"subject.sub": "ana", "resource.owner": "ben"}`; it never raises.
    """

    text: str
    reads: tuple[str, ...]
    reads_resource: bool
    given: tuple[str, ...]
    #: Where `reads` come from: of the resource, bare name to name; what the decider says of a subject by itself,
    #: whatever a caller hands in, bare names; and all others.
    of_resource: Mapping[str, str] = field(repr=False, compare=False)
    of_decider: tuple[str, ...] = field(repr=False, compare=False)
    of_request: tuple[str, ...] = field(repr=False, compare=False)
    evaluate: Callable[[Attributes], bool | ConditionFailure] = field(repr=False, compare=False)
    #: What `evaluate` was made of.
    tree: Node = field(repr=False, compare=False)


def compile(text: str, *, place: Place | None = None) -> Condition:
    """The condition in `text`; `place` is where its first character stands in a file. Raises PolicyError."""
    if place is not None:
        # Read for its mistakes, which are told with their place.
        Parser(text, place).condition()
    return _compiled(text)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> Condition:
    parser = Parser(text, None)
    tree = parser.condition()
    reads = tuple(parser.reads)
    of_resource = {name.removeprefix("resource."): name for name in reads if name.startswith("resource.")}
    return Condition(
        text=text.strip(),
        reads=reads,
        reads_resource=bool(of_resource),
        given=tuple(parser.given),
        of_resource=of_resource,
        of_decider=tuple(name.removeprefix("subject.") for name in reads if name in OWN),
        of_request=tuple(name for name in reads if name not in OWN and not name.startswith("resource.")),
        evaluate=making.made(tree),
        tree=tree,
    )
