"""What conditions do with values when they run: check, compare and ask them; a failure is never absorbed.

Called by the functions that `cel/making.py` makes. Values of two types never compare; what is not of the type that a
place needs raises `FailedError`, and so does everything that has no value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from nomoat.policy.cel.networks import CIDR, IP
from nomoat.policy.cel.times import Duration, Timestamp, timestamp_of

if TYPE_CHECKING:
    from nomoat.policy.cel.tree import Overload

Attributes: TypeAlias = Mapping[str, object]

#: Within `exists` and `all`, where each item is compared with it, an attribute's text is at most so long.
MAX_WITHIN = 1024
LARGEST = 1 << 63


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


@dataclass(frozen=True, slots=True)
class NotRecorded:
    """Stands for an attribute of a recorded decision: whether it was given may be known, its value is not."""

    name: str
    was_given: bool = False


_TYPES: Mapping[type, str] = {
    str: "text", int: "number", bool: "boolean", tuple: "list", list: "list", set: "list", frozenset: "list",
    Timestamp: "timestamp", Duration: "duration", IP: "ip", CIDR: "cidr",
}  # fmt: skip
_LISTS = (tuple, list, set, frozenset)
_ABSENT = object()


def type_of(value: object) -> str:
    """The type of a value as conditions name it; empty for one that they do not know."""
    known = _TYPES.get(type(value))
    if known is not None:
        return known
    # An enumeration's member is a text or number with methods of its own.
    bases = ((str, "text"), (int, "number"), *((kind, "list") for kind in _LISTS))
    return next((name for kind, name in bases if isinstance(value, kind)), "")


def plain(value: Any, text: str) -> Any:
    """A value as a bare text, number, boolean or list; fails where it is none, or has more than 64 bits."""
    kind = type_of(value)
    if kind == "number":
        value = int.__int__(value)
        if not -LARGEST <= value < LARGEST:
            raise FailedError(f"{text} is a number of more than 64 bits")
        return value
    if kind == "text":
        return str.__str__(value)
    if kind == "list":
        return listed(value, text)
    if kind:
        return value
    if isinstance(value, NotRecorded):
        raise FailedError(f"{value.name} was not recorded", value.name)
    raise FailedError(f"{text} is neither text, number, boolean nor list")


def as_text(value: object, text: str) -> str:
    """The value, where it is text."""
    value = plain(value, text)
    if type(value) is not str:
        _differ(value, text, "text")
    return value


def as_short_text(value: object, text: str) -> str:
    """The value, where it is text that may be compared with each item of a list."""
    found = as_text(value, text)
    if len(found) > MAX_WITHIN:
        raise FailedError(f"{text} is longer than {MAX_WITHIN:,} characters, within exists or all")
    return found


def as_short(value: object, text: str) -> object:
    """The value, where it is no long text."""
    value = plain(value, text)
    return as_short_text(value, text) if type(value) is str else value


def as_number(value: object, text: str) -> int:
    """The value, where it is a number of 64 bits."""
    value = plain(value, text)
    if type(value) is not int:
        _differ(value, text, "number")
    return value


def as_boolean(value: object, text: str) -> bool:
    """The value, where it is true or false."""
    value = plain(value, text)
    if type(value) is not bool:
        raise FailedError(f"{text} is not true or false")
    return value


def as_timestamp(value: object, text: str) -> Timestamp:
    """The moment that an attribute's text says: `context.now` is handed in, and recorded, as RFC 3339."""
    try:
        return timestamp_of(as_text(value, text))
    except ValueError as error:
        raise FailedError(f"{text}: {error}") from None


def beside(kind: str, left: str, right: str, *, side: int) -> Callable[[object, str], object]:
    """A check of one side (0 or 1) of a comparison whose other side is of a known type; its failure names both."""

    def check(value: object, text: str) -> object:
        value = plain(value, text)
        found = type_of(value)
        if found != kind:
            types = (found, kind) if side == 0 else (kind, found)
            raise FailedError(f"{left} ({types[0]}) and {right} ({types[1]}) are not of one type")
        return value

    return check


def listed(value: Any, text: str) -> Collection[object]:
    """The value, where it is a list."""
    if type(value) in _LISTS:
        return value  # type: ignore[no-any-return]  # one of the four, by the line above
    for kind in _LISTS:
        if isinstance(value, kind):
            # The caller's own kind of list: its items, by the way that is built in.
            return tuple(kind.__iter__(value))  # type: ignore[arg-type]  # it is an instance, by the line above
    if isinstance(value, NotRecorded):
        raise FailedError(f"{value.name} was not recorded", value.name)
    raise FailedError(f"{text} is no list")


def _differ(value: object, text: str, wanted: str) -> NoReturn:
    raise FailedError(f"{text} is {_named(value)}, not {wanted}")


def _named(value: object) -> str:
    kind = type_of(value)
    return f"a {kind}" if kind else "of no type that conditions know"


def _alike(x: Any, y: Any, left: str, right: str) -> tuple[Any, Any]:
    """Both values, bare; fails where they are of different types, or lists."""
    x, y = plain(x, left), plain(y, right)
    if type(x) is not type(y) or isinstance(x, _LISTS):
        raise FailedError(f"{left} ({type_of(x)}) and {right} ({type_of(y)}) are not of one type that compares")
    return x, y


def equal(x: Any, y: Any, left: str, right: str) -> bool:
    """`==` of two values of which neither's type is known before."""
    if type(x) is str and type(y) is str:
        return x == y
    x, y = _alike(x, y, left, right)
    return bool(x == y)


def unequal(x: Any, y: Any, left: str, right: str) -> bool:
    """`!=` of two such values."""
    return not equal(x, y, left, right)


def _ordered(x: Any, y: Any, left: str, right: str) -> tuple[Any, Any]:
    x, y = _alike(x, y, left, right)
    if type(x) is bool:
        raise FailedError(f"{left} and {right} are true or false and have no order")
    return x, y


def below(x: Any, y: Any, left: str, right: str) -> bool:
    """`<` of two such values."""
    x, y = _ordered(x, y, left, right)
    return bool(x < y)


def at_most(x: Any, y: Any, left: str, right: str) -> bool:
    """`<=` of two such values."""
    x, y = _ordered(x, y, left, right)
    return bool(x <= y)


def above(x: Any, y: Any, left: str, right: str) -> bool:
    """`>` of two such values."""
    x, y = _ordered(x, y, left, right)
    return bool(x > y)


def at_least(x: Any, y: Any, left: str, right: str) -> bool:
    """`>=` of two such values."""
    x, y = _ordered(x, y, left, right)
    return bool(x >= y)


def within(x: object, values: object, left: str, right: str) -> bool:
    """Whether a list has a value; every item must be of its type."""
    if type(x) is not str:
        x = plain(x, left)
    kind = type(x)
    if kind in _LISTS:
        raise FailedError(f"{left} is a list")
    found = False
    for item in listed(values, right):
        if type(item) is not kind or kind is int:
            item = plain(item, right)
            if type(item) is not kind:
                raise FailedError(f"{left} ({type_of(x)}) and an item of {right} ({type_of(item)}) are not of one type")
        if item == x:
            found = True
    return found


def present(attributes: Attributes, name: str) -> bool:
    """`has`: whether an attribute was given."""
    value = attributes.get(name, _ABSENT)
    if type(value) is NotRecorded and not value.was_given:
        raise FailedError(f"whether {name} was given was not recorded", name)
    return value is not _ABSENT


def exists(values: object, body: Callable[[object], bool], text: str) -> bool:
    """Whether the body holds for some item; it runs for every one, so that a failure of any is a failure of all."""
    found = False
    for item in listed(values, text):
        if body(item):
            found = True
    return found


def holds_for_all(values: object, body: Callable[[object], bool], text: str) -> bool:
    """Whether the body holds for each item; it runs for every one, so that a failure of any is a failure of all."""
    found = True
    for item in listed(values, text):
        if not body(item):
            found = False
    return found


def called(run: Callable[..., Any], text: str) -> Callable[..., Any]:
    """A function of conditions whose ValueError says where it stood."""

    def checked(*values: object) -> Any:
        try:
            return run(*values)
        except ValueError as error:
            raise FailedError(f"{text}: {error}") from None

    return checked


def chosen(overloads: tuple[Overload, ...], text: str, texts: tuple[str, ...]) -> Callable[..., Any]:
    """A function of conditions of which only the values tell which of its meanings is asked for."""
    table = {overload.parameters: called(overload.run, text) for overload in overloads}

    def run(*values: object) -> Any:
        bare = [plain(value, written) for value, written in zip(values, texts, strict=True)]
        found = table.get(tuple(map(type_of, bare)))
        if found is None:
            raise FailedError(f"{text}: it does not take {' and '.join(map(_named, bare))}")
        return found(*bare)

    return run


def absent(error: KeyError) -> ConditionFailure:
    """The failure of an attribute that was not given."""
    name = error.args[0]
    return ConditionFailure(f"{name} is absent", name)


def raised(error: Exception) -> ConditionFailure:
    """The failure of what somebody's own kind of text, number or list did when it was asked."""
    return ConditionFailure(f"a value raised {type(error).__name__}")
