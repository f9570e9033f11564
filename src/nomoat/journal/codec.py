"""Turns facts into canonical JSON bodies and back.

A body holds every field but `happened_at` (a column of its own), keys sorted, fields at their default left out (so a
default never changes). A kind or format that this version does not know becomes `Unknown`; a field it does not know
is ignored; a word it does not know (a newer reason) is kept.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, ClassVar, Literal, get_args, get_origin

from nomoat.errors import JournalError, StorageError
from nomoat.journal.facts import KINDS, Decision, Fact, Unknown

_Reader = Callable[[Any], Any]
#: Canonical JSON of a value, and of a text.
dump = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode
quote = json.encoder.encode_basestring_ascii
_ABSENT = object()


class _MismatchError(Exception):
    """A stored value is not of its field's type."""


#: A fact is frozen; this is how a frozen dataclass fills its own fields.
_set = object.__setattr__


class EncodedDecision(Fact):
    """A decision whose body is made: it can be appended, and is read back as a `Decision`. `forms` builds it."""

    __slots__ = ("body",)
    kind: ClassVar[str] = Decision.kind
    format: ClassVar[int] = Decision.format
    body: str

    def __init__(self, body: str, happened_at: str) -> None:
        _set(self, "body", body)
        _set(self, "happened_at", happened_at)


def encode(fact: Fact) -> str:
    """The canonical body of a fact: ASCII JSON, the same for equal facts.

    Raises JournalError where a value cannot be written (a number that is not finite, a value of a wrong type).
    """
    kind = type(fact)
    try:
        if type(fact) is EncodedDecision:
            return fact.body
        if type(fact) is Decision:
            return _decision(fact)
        plan = _PLANS.get(kind)
        if plan is None:
            plan = _PLANS[kind] = _plan(kind)
        body = {}
        for name, default, convert in plan:
            value = getattr(fact, name)
            if value != default:
                body[name] = value if convert is None else convert(value)
        return dump(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise JournalError(
            f"a {kind.kind} cannot be written: {error}", fix="facts hold text, whole numbers, booleans and their lists"
        ) from error


def _decision(fact: Decision) -> str:
    """The body of a decision, field by field: guard writes one a request, and this takes half the time."""
    parts = []
    if fact.allowed:
        parts.append(f'"allowed":{fact.allowed:d}')
    if fact.also:
        parts.append(f'"also":{dump(dict(fact.also))}')
    if fact.by_map:
        parts.append('"by_map":true')
    if fact.client:
        parts.append(f'"client":{quote(fact.client)}')
    if fact.count != 1:
        parts.append(f'"count":{fact.count:d}')
    if fact.credential:
        parts.append(f'"credential":{quote(fact.credential)}')
    parts.append('"enforced":true' if fact.enforced else '"enforced":false')
    if fact.filtered:
        parts.append(f'"filtered":[{",".join(map(quote, fact.filtered))}]')
    if fact.grants:
        parts.append(f'"grants":[{",".join(map(quote, fact.grants))}]')
    if fact.login:
        parts.append('"login":true')
    if fact.map:
        parts.append(f'"map":{quote(fact.map)}')
    if fact.method:
        parts.append(f'"method":{quote(fact.method)}')
    if fact.only is not None:
        parts.append(f'"only":[{",".join(map(quote, fact.only))}]')
    parts.append(f'"outcome":{quote(fact.outcome)}')
    if fact.params:
        parts.append(f'"params":{{{",".join([f"{quote(n)}:{quote(v)}" for n, v in sorted(fact.params.items())])}}}')
    if fact.permissions:
        parts.append(f'"permissions":[{",".join(map(quote, fact.permissions))}]')
    if fact.policy:
        parts.append(f'"policy":{quote(fact.policy)}')
    if fact.read:
        parts.append(f'"read":{dump(dict(fact.read))}')
    parts.append(f'"reason":{quote(fact.reason)},"request":{quote(fact.request)}')
    if fact.roles:
        parts.append(f'"roles":[{",".join(map(quote, fact.roles))}]')
    if fact.sequence:
        parts.append(f'"sequence":{fact.sequence:d}')
    parts.append(f'"service":{quote(fact.service)}')
    if fact.status:
        parts.append(f'"status":{fact.status:d}')
    parts.append(f'"subject":{quote(fact.subject)},"target":{quote(fact.target)}')
    if fact.trace:
        parts.append(f'"trace":{quote(fact.trace)}')
    if fact.withheld:
        parts.append(f'"withheld":{fact.withheld:d}')
    return f"{{{','.join(parts)}}}"


def decode(kind: str, format_: int, happened_at: str, body: str) -> Fact:
    """The fact behind a stored body. Raises StorageError where the body is no fact of its kind."""
    try:
        stored = json.loads(body)
        if type(stored) is not dict:
            raise _MismatchError("the body is no object")
        known = KINDS.get(kind)
        if known is None or format_ > known.format:
            return Unknown(stored_kind=kind, stored_format=format_, body=stored, happened_at=happened_at)
        return typing.cast(Fact, _build(known, stored, {"happened_at": happened_at}))
    except (ValueError, TypeError, RecursionError, _MismatchError) as error:
        raise StorageError(
            f"a stored {kind} cannot be read: {error}", fix="nomoat journal verify tells what was changed"
        ) from error


def plain(fact: Fact) -> dict[str, Any]:
    """Every field of a fact as JSON types, defaults and `happened_at` too: what leaves the journal as JSON."""
    if isinstance(fact, Unknown):
        return {"happened_at": fact.happened_at, **fact.body}
    return {field.name: _plain(getattr(fact, field.name)) for field in fields(fact)}


def _build(known: type[Any], stored: Mapping[str, Any], given: dict[str, Any]) -> Any:
    readers = _READERS.get(known)
    if readers is None:
        readers = _READERS[known] = _readers(known)
    for name, value in stored.items():
        reader = readers.get(name)
        if reader is not None:
            try:
                given[name] = reader(value)
            except _MismatchError as error:
                raise _MismatchError(f"{name}: {error}") from None
    return known(**given)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return _ABSENT if field.default is MISSING else field.default


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        inner = ((field.name, getattr(value, field.name), _default(field)) for field in fields(value))
        return {name: _plain(given) for name, given, default in inner if given != default}
    return [_plain(inner) for inner in value]


def _plan(kind: type[Fact]) -> list[tuple[str, Any, Callable[[Any], Any] | None]]:
    if issubclass(kind, Unknown) or not kind.kind:
        raise JournalError(f"a fact of kind '{kind.kind}' cannot be written")
    hints = typing.get_type_hints(kind)
    names = sorted((field for field in fields(kind) if field.name != "happened_at"), key=lambda field: field.name)
    return [(field.name, _default(field), _converter(hints[field.name])) for field in names]


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    origin = get_origin(hint)
    if origin is Mapping or origin is dict:
        return dict
    if origin is tuple and is_dataclass(get_args(hint)[0]):
        return _plain
    return None


def _readers(kind: type[Any]) -> dict[str, _Reader]:
    hints = typing.get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind) if field.name != "happened_at"}


def _reader(hint: Any) -> _Reader:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _of(str)
    if origin is UnionType or origin is typing.Union:
        if get_origin(arguments[0]) is tuple:
            many = _reader(arguments[0])
            return lambda value: None if value is None else many(value)
        return _of(*(_scalar for argument in arguments for _scalar in _scalars(argument)))
    if origin is tuple:
        item = _reader(arguments[0])
        return lambda value: tuple(item(inner) for inner in _of(list)(value))
    if origin is Mapping:
        inner_reader = _reader(arguments[1])
        return lambda value: {name: inner_reader(inner) for name, inner in _of(dict)(value).items()}
    if is_dataclass(hint):
        return lambda value: _build(typing.cast(type[Any], hint), _of(dict)(value), {})
    return _of(*_scalars(hint))


def _scalars(hint: Any) -> tuple[type, ...]:
    if hint is object:
        return (str, int, bool, float, list, dict, type(None))
    return (int, float) if hint is float else (hint,)


def _of(*types: type) -> _Reader:
    """Exactly one of the types: `True` is no number here."""
    allowed = frozenset(types)

    def read(value: Any) -> Any:
        if type(value) not in allowed:
            raise _MismatchError(
                f"a {type(value).__name__} where {' or '.join(sorted(t.__name__ for t in allowed))} belongs"
            )
        return value

    return read


_PLANS: dict[type[Fact], list[tuple[str, Any, Callable[[Any], Any] | None]]] = {}
_READERS: dict[type[Any], dict[str, _Reader]] = {}
