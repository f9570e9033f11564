"""Keys of tables made of several parts: `RULES[("GET", "/orders")]`, `(request.method, request.path) in OPEN`."""

from __future__ import annotations

from collections.abc import Iterable

from nomoat.survey.trial.values import Const, Items, PathOf, Value, union


def key_of(value: Value) -> Value:
    """A tuple of which every part is fixed as one constant; everything else as it is."""
    if isinstance(value, Items) and value.is_tuple and value.is_whole and value.values:
        parts = [one.value for one in value.values if isinstance(one, Const)]
        if len(parts) == len(value.values) and all(map(is_hashable, parts)):
            return Const(tuple(parts), union(value.values))
    return value


def is_hashable(value: object) -> bool:
    """Whether it may be a key of a table here."""
    if isinstance(value, tuple):
        return all(map(is_hashable, value))
    return isinstance(value, (str, int, bytes, float, bool, type(None)))


def is_among_none(key: Value, keys: Iterable[object]) -> bool:
    """Whether a tuple with the path of a route that has parameters is surely none of the keys."""
    if not (isinstance(key, Items) and key.is_tuple and key.is_whole):
        return False
    if not all(isinstance(one, (Const, PathOf)) for one in key.values):
        return False
    return not any(_may_be(key.values, one) for one in keys)


def _may_be(parts: list[Value], key: object) -> bool:
    if not isinstance(key, tuple) or len(key) != len(parts):
        return False
    return all(
        part.may_be(str(one)) if isinstance(part, PathOf) else isinstance(part, Const) and part.value == one
        for part, one in zip(parts, key, strict=True)
    )
