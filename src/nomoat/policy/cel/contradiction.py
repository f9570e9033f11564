"""Conditions that can never be true: parts joined by `&&` that rule one another out.

Looks at one conjunction at a time and at what its parts say of one value: equal to two things, below and above, given
and not given. What it does not understand it takes for possible: it names no condition that may hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nomoat.policy import conditions
from nomoat.policy.cel.canonical import as_any, parts, tree_of, written
from nomoat.policy.cel.tree import AnyNode, Constant, Given, Joined, Member, Negation, Node, Read, Related

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
#: The least and the largest of values that cannot be beyond.
_DOMAINS: dict[str, tuple[int, int]] = {"context.hour": (0, 23)}
_SIZES = (0, 1 << 62)


def why_never(text: str) -> str:
    """Why a condition never holds, in words; empty where it may."""
    return _never(tree_of(text))


def _never(node: AnyNode) -> str:
    if isinstance(node, Joined) and node.operator == "||":
        whys = [_never(as_any(side)) for side in node.sides]
        return ", and ".join(whys) if all(whys) else ""
    joined = parts(node)
    if len(joined) == 1:
        return _alone(joined[0])
    return next(filter(None, map(_never, joined)), "") or _together(joined)


def _alone(node: AnyNode) -> str:
    """One part by itself: it reads nothing and is false, or asks for what is beyond its value's bounds."""
    if not _reads(node) and conditions.compile(node.text).evaluate({}) is not True:
        return f"{node.text} is never true"
    return _together((node,))


def _reads(node: Node) -> bool:
    """Whether a part depends on anything: only whole sides of a condition come here, so its text is one by itself."""
    match as_any(node):
        case Constant():
            return False
        case Negation(inner=inner):
            return _reads(inner)
        case Joined(sides=sides):
            return any(map(_reads, sides))
        case Related(left=left, right=right) | Member(left=left, right=right):
            return _reads(left) or _reads(right)
        case _:
            return True


@dataclass(slots=True)
class _Said:
    """What is said of one value; `among` are the only values that it may have, by their canonical text."""

    among: set[str] | None = None
    apart: set[str] = field(default_factory=set)
    values: dict[str, Any] = field(default_factory=dict)
    bounds: list[tuple[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


def _together(joined: Iterable[AnyNode]) -> str:
    said: dict[str, _Said] = {}
    true: dict[str, str] = {}
    false: dict[str, str] = {}
    absent: dict[str, str] = {}
    read: dict[str, str] = {}
    for part in joined:
        if isinstance(part, Negation):
            false[written(as_any(part.inner))] = part.text
            if isinstance(part.inner, Given):
                absent[part.inner.name] = part.text
        else:
            true[written(part)] = part.text
            read.update(dict.fromkeys(_surely_read(part), part.text))
        _note(part, said)
    for text in true.keys() & false.keys():
        return f"{true[text]} and {false[text]} never hold together"
    for name in sorted(absent.keys() & read.keys()):
        return f"{absent[name]} and {read[name]} never hold together"
    return next(filter(None, (_impossible(name, one) for name, one in said.items())), "")


def _surely_read(part: AnyNode) -> Iterable[str]:
    """Attributes that a comparison needs: without them it fails."""
    if isinstance(part, Read):
        yield part.name
    elif isinstance(part, (Related, Member)):
        yield from (side.name for side in (part.left, part.right) if isinstance(side, Read))


def _note(part: AnyNode, said: dict[str, _Said]) -> None:
    if isinstance(part, Member) and isinstance(part.right, Constant) and isinstance(part.right.value, tuple):
        one = said.setdefault(written(as_any(part.left)), _Said())
        _limit(one, part.right.value, part.text)
        return
    if not isinstance(part, Related):
        return
    for value, other, operator in (
        (part.left, part.right, part.operator),
        (part.right, part.left, _MIRRORED[part.operator]),
    ):
        if isinstance(other, Constant) and not isinstance(value, Constant):
            _compared(said.setdefault(written(as_any(value)), _Said()), operator, other, part.text)


def _compared(one: _Said, operator: str, other: Constant, text: str) -> None:
    if operator == "==":
        _limit(one, (other.value,), text)
        return
    one.texts.append(text)
    if operator == "!=":
        one.apart.add(_key(other.value))
    else:
        one.bounds.append((operator, other.value))


def _limit(one: _Said, values: tuple[Any, ...], text: str) -> None:
    one.texts.append(text)
    one.values.update((_key(value), value) for value in values)
    keys = set(map(_key, values))
    one.among = keys if one.among is None else one.among & keys


def _key(value: object) -> str:
    # Values of two types are never equal: comparing them fails.
    return f"{type(value).__name__} {value!r}"


def _impossible(name: str, one: _Said) -> str:
    low, high = _SIZES if name.startswith("size(") else _DOMAINS.get(name, (None, None))
    bounds = [*one.bounds, *([(">=", low)] if low is not None else []), *([("<=", high)] if high is not None else [])]
    if one.among is not None:
        left = [one.values[key] for key in one.among - one.apart]
        possible = any(all(_holds(value, bound) for bound in bounds) for value in left)
    else:
        possible = _is_open(bounds)
    if possible:
        return ""
    together = " and ".join(dict.fromkeys(one.texts))
    return f"{together} never {'hold together' if len(set(one.texts)) > 1 else 'holds'}"


def _holds(value: Any, bound: tuple[str, Any]) -> bool:
    operator, limit = bound
    if type(value) is not type(limit):
        return False
    return bool(
        (operator == "<" and value < limit)
        or (operator == "<=" and value <= limit)
        or (operator == ">" and value > limit)
        or (operator == ">=" and value >= limit)
    )


def _is_open(bounds: list[tuple[str, Any]]) -> bool:
    """Whether some value may lie within all bounds; between two texts there may always be one more."""
    if not bounds:
        return True
    if len({type(limit) for _, limit in bounds}) > 1:
        return False
    step = 1 if isinstance(bounds[0][1], int) else 0
    lows = [limit + step if operator == ">" and step else limit for operator, limit in bounds if operator[0] == ">"]
    highs = [limit - step if operator == "<" and step else limit for operator, limit in bounds if operator[0] == "<"]
    if not lows or not highs:
        return True
    return bool(max(lows) <= min(highs))
