"""What stands on a side of a comparison: a value that is known, or what a column makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from nomoat.policy.comparisons import FailedError, plain, type_of
from nomoat.policy.filters.form import Column, Kind
from nomoat.policy.filters.numbers import Number


@dataclass(frozen=True, slots=True)
class Known:
    """A value, bare; `kind` as conditions name it."""

    value: object
    kind: str


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a column."""

    column: Column
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Digits:
    """The text of a number, as `string` writes it."""

    number: Number
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Truth:
    """A column that is true or false."""

    column: Column
    kind: Kind = "boolean"


@dataclass(frozen=True, slots=True)
class Sum:
    """A number that a column is a part of."""

    number: Number
    kind: Kind = "number"


Open: TypeAlias = Text | Digits | Truth | Sum
#: None: it has no value.
Value: TypeAlias = Known | Open | None


def of_column(column: Column, kind: Kind) -> Open:
    """A column as it is."""
    match kind:
        case "text":
            return Text(column)
        case "number":
            return Sum(Number(column))
        case "boolean":
            return Truth(column)
        case _:
            assert_never(kind)


def bare(value: object, text: str) -> Known | None:
    """A value as conditions see it; None where it is none of theirs."""
    try:
        found = plain(value, text)
    except FailedError:
        return None
    return Known(found, type_of(found))


def digits(text: object) -> int | None:
    """The number that `string` writes as this text; None where it writes none so."""
    if type(text) is not str or not 0 < len(text) <= 20 or not text.isascii() or not text.lstrip("-").isdigit():
        return None
    found = int(text) if text.count("-") <= 1 else 0
    return found if str(found) == text else None


def is_broken(text: str) -> bool:
    """True for half a character (a lone surrogate): no database holds one, so no column equals or contains it."""
    return any("\ud800" <= character <= "\udfff" for character in text)
