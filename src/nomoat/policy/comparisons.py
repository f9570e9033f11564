"""What conditions are made of when they run: closures that get, compare and join values.

The parser builds them once; each takes the flat attributes of a decision and gives a value, or raises `FailedError`.
Values of two types never compare, and both sides of `&&` and `||` always run: a failure is never absorbed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Attributes: TypeAlias = Mapping[str, object]
Run: TypeAlias = Callable[[Attributes], object]


@dataclass(frozen=True, slots=True)
class ConditionFailure:
    """A condition that could not be evaluated: `what` happened; `missing` names the attribute that was absent."""

    what: str
    missing: str = ""

    def __bool__(self) -> bool:
        raise TypeError("a failed condition is neither true nor false: compare with `is True`")


class FailedError(Exception):
    """A condition that cannot be evaluated; never leaves `Condition.evaluate`."""

    def __init__(self, what: str, missing: str = "") -> None:
        super().__init__(what)
        self.failure = ConditionFailure(what, missing)


class Operand(NamedTuple):
    """A part of a condition: how to get its value, its type where that is known (else empty), how it was written."""

    run: Run
    type: str
    text: str
    at: int
    negated: bool = False


def type_of(value: object) -> str:
    """The type of a value as conditions name it; empty for one that they do not know."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (tuple, list, set, frozenset)):
        return "list"
    return ""


def constant(value: str | int | bool) -> Run:
    """A literal."""
    return lambda _: value


def attribute(name: str) -> Run:
    """The value of an attribute; it fails where the attribute is absent."""

    def run(attributes: Attributes) -> object:
        try:
            return attributes[name]
        except KeyError:
            raise FailedError(f"{name} is absent", name) from None

    return run


def checked_boolean(operand: Operand) -> Run:
    """The value of an operand whose type is not known before, where only true or false will do."""
    run = operand.run

    def checked(attributes: Attributes) -> object:
        value = run(attributes)
        if value is True or value is False:
            return value
        raise FailedError(f"{operand.text} is not true or false")

    return checked


_EXACT = frozenset((str, int, bool))


def _alike(left: Operand, right: Operand, x: object, y: object) -> tuple[object, object]:
    """Both values as bare str, int or bool; fails where they are of different types or of none of these."""
    kind = type_of(x)
    if kind in ("", "list") or kind != type_of(y):
        named = (
            f"{left.text} ({kind or 'neither text, number nor boolean'}) and {right.text} ({type_of(y) or 'neither'})"
        )
        raise FailedError(f"{named} are not of one type")
    # An enumeration's member is a text or number with methods of its own: compare what is inside.
    if isinstance(x, str) and isinstance(y, str):
        return str.__str__(x), str.__str__(y)
    if isinstance(x, bool) or not isinstance(x, int) or not isinstance(y, int):
        return x, y
    return int.__int__(x), int.__int__(y)


def equal(left: Operand, right: Operand) -> Run:
    """Whether two values of one type are equal."""
    first, second = left.run, right.run

    def run(attributes: Attributes) -> bool:
        x, y = first(attributes), second(attributes)
        if type(x) is not type(y) or type(x) not in _EXACT:
            x, y = _alike(left, right, x, y)
        return x == y

    return run


def unequal(left: Operand, right: Operand) -> Run:
    """Whether two values of one type differ."""
    same = equal(left, right)
    return lambda attributes: not same(attributes)


def ordered(operator: str, left: Operand, right: Operand) -> Run:
    """`<`, `<=`, `>` and `>=` of two numbers or two texts."""
    first, second = left.run, right.run
    swapped = operator in (">", ">=")
    or_equal = operator in ("<=", ">=")

    def run(attributes: Attributes) -> bool:
        x, y = _alike(left, right, first(attributes), second(attributes))
        if isinstance(x, bool):
            raise FailedError(f"{left.text} and {right.text} are true or false and have no order")
        if swapped:
            x, y = y, x
        if isinstance(x, str) and isinstance(y, str):
            return x < y or (or_equal and x == y)
        assert isinstance(x, int) and isinstance(y, int)
        return x < y or (or_equal and x == y)

    return run


def contains(left: Operand, right: Operand) -> Run:
    """Whether the right side, a list, holds the left; every item must be of its type."""
    first, second = left.run, right.run

    def run(attributes: Attributes) -> bool:
        x, values = first(attributes), second(attributes)
        if not isinstance(values, (tuple, list, set, frozenset)):
            raise FailedError(f"{right.text} is no list")
        kind = type_of(x)
        if kind in ("", "list"):
            raise FailedError(f"{left.text} is neither text, number nor boolean")
        found = False
        for value in values:
            y_x = _alike(left, right, x, value)
            found = found or y_x[0] == y_x[1]
        return found

    return run


def every(runs: tuple[Run, ...]) -> Run:
    """`&&`: every side runs, so that a failure of any is a failure of all."""

    def run(attributes: Attributes) -> bool:
        result = True
        for one in runs:
            if not one(attributes):
                result = False
        return result

    return run


def any_of(runs: tuple[Run, ...]) -> Run:
    """`||`: every side runs, so that a failure of any is a failure of all."""

    def run(attributes: Attributes) -> bool:
        result = False
        for one in runs:
            if one(attributes):
                result = True
        return result

    return run
