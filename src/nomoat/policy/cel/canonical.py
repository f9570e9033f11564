"""One text for conditions that are the same whatever their spelling, and the parts that must all hold.

Quotes, blanks, parentheses, the order of what `&&`, `||` and `==` join and of a list of literals, and `a > b` for
`b < a` make no difference. Beside a `has(...)` the order stays: it decides whether what stands to its right is asked.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import assert_never

from nomoat.policy.cel.making import is_guard
from nomoat.policy.cel.parser import Parser
from nomoat.policy.cel.tree import (
    AnyNode,
    Called,
    Constant,
    Each,
    Given,
    Joined,
    Member,
    Negation,
    Node,
    Read,
    Related,
    Variable,
)

_TURNED = {">": "<", ">=": "<="}


@lru_cache(maxsize=4096)
def tree_of(text: str) -> AnyNode:
    """The typed tree of a condition. Raises PolicyError."""
    return as_any(Parser(text, None).condition())


@lru_cache(maxsize=4096)
def canonical(text: str) -> str:
    """The one text of a condition; empty for none."""
    return written(tree_of(text)) if text else ""


@lru_cache(maxsize=4096)
def conjuncts(text: str) -> frozenset[str]:
    """Canonical texts that are true together exactly where the condition is true; none for no condition.

    So a condition that has every conjunct of another one, and more, is never true where that one is not.
    """
    return frozenset(written(one) for one in parts(tree_of(text))) if text else frozenset()


def parts(node: AnyNode) -> tuple[AnyNode, ...]:
    """What `&&` joins, at any depth of parentheses."""
    if isinstance(node, Joined) and node.operator == "&&":
        return tuple(part for side in node.sides for part in parts(as_any(side)))
    return (node,)


def as_any(node: Node) -> AnyNode:
    """A node as the union of all its kinds."""
    assert isinstance(node, AnyNode)
    return node


def written(node: AnyNode) -> str:
    """The canonical text of a part of a condition."""
    match node:
        case Constant():
            return _value(node.value)
        case Read():
            return node.name
        case Variable():
            return "it"
        case Given():
            return f"has({node.name})"
        case Negation():
            return f"!({_of(node.inner)})"
        case Joined():
            return _joined(node)
        case Related():
            return _related(node)
        case Member():
            return f"({_of(node.left)} in {_listed(node.right)})"
        case Called():
            return f"{node.name}({', '.join(map(_of, node.arguments))})"
        case Each():
            return f"{_of(node.items)}.{node.macro}({_of(node.body)})"
        case _:
            assert_never(node)


def _of(node: Node) -> str:
    return written(as_any(node))


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if type(value) in (str, int, bool):
        return json.dumps(value)
    # Moments, durations, addresses and networks: each has its type in its text, so that none equals a number.
    return f"{type(value).__name__.lower()}({value!r})"


def _listed(items: Node) -> str:
    """A list that `in` looks through: the order of its literals says nothing."""
    if isinstance(items, Constant) and isinstance(items.value, tuple):
        return f"[{', '.join(sorted(map(_value, items.value)))}]"
    return _of(items)


def _joined(node: Joined) -> str:
    sides = list(_sides(node))
    if not any(map(is_guard, sides)):
        texts = sorted({written(side) for side in sides})
    else:
        texts = [written(side) for side in sides]
    return texts[0] if len(texts) == 1 else f"({f' {node.operator} '.join(texts)})"


def _sides(node: Joined) -> tuple[AnyNode, ...]:
    """The sides, those of the same operator in parentheses among them, where none of either asks `has`."""
    found: list[AnyNode] = []
    for side in map(as_any, node.sides):
        inner = _sides(side) if isinstance(side, Joined) and side.operator == node.operator else ()
        found += inner if inner and not any(map(is_guard, inner)) else [side]
    return tuple(found)


def _related(node: Related) -> str:
    left, right, operator = _of(node.left), _of(node.right), node.operator
    if operator in _TURNED:
        left, right, operator = right, left, _TURNED[operator]
    elif operator in ("==", "!="):
        left, right = sorted((left, right))
    return f"({left} {operator} {right})"
