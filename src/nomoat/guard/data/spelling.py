"""How each database is asked exactly what a condition says: the one place that knows SQL.

A form becomes atoms (`Atom`); `SPELLINGS` has the SQL of each, by dialect. An atom is asked beside its `is text`,
`is number` or `is boolean`, which is false for NULL. A dialect that is not here was not proven, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from nomoat.policy.filters.form import (
    AllOf,
    Among,
    AnyOf,
    Column,
    Compared,
    Form,
    Given,
    IsOf,
    Kind,
    Matched,
    all_of,
    among,
    any_of,
)
from nomoat.policy.filters.mistakes import FilterError

_NUL = "\0"
_SYMBOLS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class Value:
    """A value, or the values of a list: always a parameter, never text of a statement."""

    kind: Kind
    value: str | int | bool | tuple[str | int | bool, ...]


Operand: TypeAlias = Column | Value


@dataclass(frozen=True, slots=True)
class Atom:
    """One question to the database: the name of its spelling, and what stands in it."""

    name: str
    operands: tuple[Operand, ...]


def spelled(template: str, written: Callable[[int], str]) -> str:
    """The SQL of a template; `written` gives that of an operand, anew for each place that it stands at."""
    return re.sub(r"\{(\d)\}", lambda found: written(int(found.group(1))), template)


def refusal(dialect: str) -> FilterError:
    """Why a database is not asked at all."""
    return FilterError(
        f"{dialect} is no database that guard.filter can ask exactly", where="nomoat.guard.filter",
        fix="decide row by row: guard.only; filters are for SQLite and PostgreSQL",
    )  # fmt: skip


def atom(form: Given | IsOf | Compared | Among | Matched) -> Atom | AllOf | AnyOf:
    """The question behind a part of a form, or several of them."""
    match form:
        case Given(column, negated):
            return Atom("absent" if negated else "given", (column,))
        case IsOf(column, kind):
            return Atom(f"is {kind}", (column,))
        case Compared(operator, kind, left, right):
            if isinstance(right, Column):
                return Atom(f"{kind} {operator} column", (left, right))
            nul = f" {_HOLDS_NUL}" if _has_nul(right) else ""
            return Atom(f"{kind} {operator}{nul}", (left, Value(kind, right)))
        case Among(kind, column, values, negated):
            odd = [value for value in values if _has_nul(value)]
            if odd:
                join = all_of if negated else any_of
                usual = [value for value in values if not _has_nul(value)]
                parts = [among(kind, column, some, negated=negated) for some in (usual, *([one] for one in odd))]
                return _parts(join(*parts))
            return Atom(f"{kind} {'not in' if negated else 'in'}", (column, Value(kind, values)))
        case Matched(part, column, text, negated):
            nul = f" {_HOLDS_NUL}" if _has_nul(text) else ""
            return Atom(f"{'not ' if negated else ''}{part}{nul}", (column, Value("text", text)))
        case _:
            assert_never(form)


#: Marks a text with the character NUL, which some databases cannot hold, and so no column of theirs equals or contains.
_HOLDS_NUL = "with NUL"


def _has_nul(value: object) -> bool:
    return isinstance(value, str) and _NUL in value


def _parts(form: Form) -> Atom | AllOf | AnyOf:
    return form if isinstance(form, AllOf | AnyOf) else atom(form)


def _sqlite() -> dict[str, str]:
    """SQLite: its columns hold values of any type, and its comparisons turn text into numbers; so types are asked for.

    `BINARY` compares bytes, whatever collation a column has. `length` and `substr` end at the first NUL of a text;
    `instr` and blobs do not. Sources: sqlite.org/datatype3.html, lang_corefunc.html.
    """
    exact, blob = "({0}) COLLATE BINARY", "CAST({%d} AS BLOB)"
    tail = f"substr({blob % 0}, -length({blob % 1}))"
    found = {
        "is text": "typeof({0}) = 'text'",
        "is number": "typeof({0}) = 'integer'",
        "is boolean": "typeof({0}) = 'integer' AND ({0}) IN (0, 1)",
        "startsWith": "instr({0}, {1}) = 1",
        "not startsWith": "instr({0}, {1}) <> 1",
        "contains": "instr({0}, {1}) > 0",
        "not contains": "instr({0}, {1}) = 0",
        "endsWith": f"{tail} = {blob % 1}",
        "not endsWith": f"{tail} <> {blob % 1}",
        "text in": f"{exact} IN {{1}}",
        "text not in": f"{exact} NOT IN {{1}}",
        "number in": "({0}) IN {1}",
        "number not in": "({0}) NOT IN {1}",
    }
    for operator, symbol in _SYMBOLS.items():
        found[f"number {operator}"] = found[f"number {operator} column"] = f"({{0}}) {symbol} ({{1}})"
    for operator in ("==", "!="):
        symbol = _SYMBOLS[operator]
        found[f"text {operator}"] = found[f"text {operator} column"] = f"{exact} {symbol} ({{1}})"
        found[f"boolean {operator}"] = found[f"boolean {operator} column"] = f"({{0}}) {symbol} ({{1}})"
    return found | {
        f"{name} {_HOLDS_NUL}": sql
        for name, sql in found.items()
        if name.partition(" ")[0] in ("text", "not", "startsWith", "contains", "endsWith") and "column" not in name
    }


def _postgresql() -> dict[str, str]:
    """PostgreSQL: text compares by a collation, which may take two texts for one; so it is compared by "C", as text.

    Asking for a collation fails for what is no text. `concat` shows what CHAR pads, which a comparison leaves out: such
    a value is no text here. An equality is asked twice: as it stands it can use an index, and by "C" it is exact.
    Sources: postgresql.org/docs, "Collation Support", "Character Types", citext.
    """
    exact = '(CAST(({%d}) COLLATE "C" AS TEXT) COLLATE "C")'
    own, text = exact % 0, "CAST({1} AS TEXT)"
    tail = f"right({own}, length({text}))"
    found = {
        "is text": f"({{0}}) IS NOT NULL AND concat({{0}}) = {own}",
        "is number": "({0}) IS NOT NULL",
        "is boolean": "({0}) IS NOT NULL",
        "text ==": f"({{0}}) = {text} AND {own} = {text}",
        "text !=": f"{own} <> {text}",
        "text == column": f"{own} = {exact % 1}",
        "text != column": f"{own} <> {exact % 1}",
        "startsWith": f"starts_with({own}, {text})",
        "not startsWith": f"NOT starts_with({own}, {text})",
        "contains": f"strpos({own}, {text}) > 0",
        "not contains": f"strpos({own}, {text}) = 0",
        "endsWith": f"{tail} = {text}",
        "not endsWith": f"{tail} <> {text}",
        "text in": f"({{0}}) IN {{1}} AND {own} IN {{1}}",
        "text not in": f"{own} NOT IN {{1}}",
        "number in": "({0}) IN {1}",
        "number not in": "({0}) NOT IN {1}",
    }
    for operator, symbol in _SYMBOLS.items():
        found[f"number {operator}"] = f"({{0}}) {symbol} CAST({{1}} AS BIGINT)"
        found[f"number {operator} column"] = f"({{0}}) {symbol} ({{1}})"
    for operator in ("==", "!="):
        symbol = _SYMBOLS[operator]
        found[f"boolean {operator} column"] = f"({{0}}) {symbol} ({{1}})"
        found[f"boolean {operator}"] = f"({{0}}) {symbol} CAST({{1}} AS BOOLEAN)"
    never = ("text ==", "startsWith", "contains", "endsWith")
    always = ("text !=", "not startsWith", "not contains", "not endsWith")
    return (
        found
        | {f"{name} {_HOLDS_NUL}": "false" for name in never}
        | {f"{name} {_HOLDS_NUL}": "true" for name in always}
    )


_COMMON = {"given": "({0}) IS NOT NULL", "absent": "({0}) IS NULL"}
#: By the name that SQLAlchemy and Django both give a database.
SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "sqlite": _COMMON | _sqlite(),
    "postgresql": _COMMON | _postgresql(),
}
