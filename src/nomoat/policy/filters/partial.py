"""Works out a condition as far as it is known: subject, parameters and context are, columns of a row are not.

In goes the condition's tree; out come, as forms over the columns, where it has a value, and where it is true and false.
What reads no column is run by the function that `evaluate` is made of, so there is one meaning of every construct.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias, assert_never, cast

from nomoat.policy.cel.making import is_guard, made_value
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
from nomoat.policy.comparisons import Attributes, ConditionFailure
from nomoat.policy.filters import form
from nomoat.policy.filters.form import ALWAYS, NEVER, Column, Compared, Comparison, Form, Kind, Matched, Part
from nomoat.policy.filters.mistakes import ColumnTypeError, FilterError
from nomoat.policy.filters.numbers import Number
from nomoat.policy.filters.values import (
    Digits,
    Known,
    Open,
    Sum,
    Text,
    Truth,
    Value,
    bare,
    digits,
    is_broken,
    of_column,
)

__all__ = ["Judged", "Partial"]

#: Attributes by their flat names, with the types of their columns.
Kinds: TypeAlias = Mapping[str, Kind]
_PARTS = ("startsWith", "endsWith", "contains")
_INSTEAD = {"exists": "ask with `in`: resource.team in subject.groups", "all": "compare the attribute itself"}


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition over rows. `true` and `false` say something of rows where it has a value (`defined`), no others."""

    defined: Form
    true: Form
    false: Form

    @property
    def negated(self) -> Judged:
        """Its negation: where it fails, that fails too."""
        return Judged(self.defined, self.false, self.true)


_FAILS = Judged(NEVER, NEVER, NEVER)


class Partial:
    """Judges the conditions of one request; `missing` collects attributes of the resource that are not there."""

    def __init__(self, attributes: Attributes, kinds: Kinds, *, where: str) -> None:
        self._attributes = attributes
        self._kinds = kinds
        self._where = where
        self.missing: dict[str, None] = {}

    def judged(self, node: Node) -> Judged:
        """A condition, or a side of one."""
        assert isinstance(node, AnyNode)
        if self._is_closed(node):
            found = self._run(node)
            return Judged(ALWAYS, form.constant(found), form.constant(not found)) if type(found) is bool else _FAILS
        match node:
            case Read():
                return self._flag(node)
            case Given():
                column = Column(node.name)
                return Judged(ALWAYS, form.Given(column), form.Given(column, negated=True))
            case Negation():
                return self.judged(node.inner).negated
            case Joined():
                return self._joined(node.operator, node.sides)
            case Related():
                return self._related(node)
            case Member():
                return self._member(node)
            case Called():
                return self._called(node)
            case Each():
                if not self._is_closed(node.items) and isinstance(node.items, Read):
                    # No attribute of a resource is a list.
                    return _FAILS
                raise self._refusal(node, f"{node.macro} with a column", _INSTEAD[node.macro])
            case Constant() | Variable():
                raise AssertionError("a constant reads no column, and an item stands inside of exists or all")
            case _:
                assert_never(node)

    # -- what is known -----------------------------------------------------------------------------------------------

    def _is_closed(self, node: Node) -> bool:
        return self._kinds.keys().isdisjoint(_names(node))

    def _run(self, node: Node) -> object:
        found = made_value(node)(self._attributes)
        if isinstance(found, ConditionFailure) and found.missing.startswith("resource."):
            self.missing[found.missing] = None
        return found

    # -- what is joined ----------------------------------------------------------------------------------------------

    def _joined(self, operator: str, sides: tuple[Node, ...]) -> Judged:
        """All sides have to have a value, but for those to the right of a `has(...)` that decides."""
        strict: list[Judged] = []
        for index, side in enumerate(sides, 1):
            judged = self.judged(side)
            if is_guard(side):
                return self._strictly(operator, [*strict, self._guarded(operator, judged, sides[index:])])
            strict.append(judged)
        return self._strictly(operator, strict)

    def _guarded(self, operator: str, guard: Judged, right: tuple[Node, ...]) -> Judged:
        decides = guard.false if operator == "&&" else guard.true
        if not right or decides == ALWAYS:
            return guard
        rest = self._joined(operator, right)
        return replace(self._strictly(operator, [guard, rest]), defined=form.any_of(decides, rest.defined))

    def _strictly(self, operator: str, sides: list[Judged]) -> Judged:
        for_true, for_false = (form.all_of, form.any_of) if operator == "&&" else (form.any_of, form.all_of)
        return Judged(
            form.all_of(*(side.defined for side in sides)),
            for_true(*(side.true for side in sides)),
            for_false(*(side.false for side in sides)),
        )

    # -- what is compared --------------------------------------------------------------------------------------------

    def _flag(self, node: Read) -> Judged:
        value = self._value(node)
        if not isinstance(value, Truth):
            raise self._mistyped(node, value, "true or false")
        return self._equal(value, True)

    def _related(self, node: Related) -> Judged:
        self._check_types(node, node.left, node.right)
        left, right = self._value(node.left), self._value(node.right)
        if left is None or right is None or left.kind != right.kind:
            return _FAILS
        operator = cast("Comparison", node.operator)
        if isinstance(left, Known):
            left, right, operator = right, left, _mirrored(operator)
        assert left is not None and not isinstance(left, Known)
        if operator in ("==", "!="):
            judged = self._equal(left, right.value) if isinstance(right, Known) else self._same(node, left, right)
            return judged if operator == "==" else judged.negated
        if isinstance(left, Truth):
            raise self._mistyped(node, left, "text or a number, which have an order")
        if not isinstance(left, Sum):
            raise self._refusal(node, "text in an order", "compare text with ==, or with startsWith")
        return self._ordered(node, operator, left.number, right)

    def _check_types(self, node: Node, *sides: Node) -> None:
        """Refuses a column beside what its type never compares with, whatever it holds."""
        for side, other in (sides, sides[::-1]):
            kind, wanted = self._open_kind(side), other.type or self._open_kind(other)
            if kind and wanted and kind != wanted:
                raise self._mistyped(node, None, wanted, side=side, kind=kind)

    def _open_kind(self, node: Node) -> str:
        """The type that a part with a column surely has; empty where nothing is open in it."""
        if self._is_closed(node):
            return ""
        return self._kinds.get(node.name, "") if isinstance(node, Read) else node.type

    def _equal(self, left: Open, value: object) -> Judged:
        """A column beside a value of its kind."""
        match left:
            case Sum(number):
                assert type(value) is int
                return Judged(number.defined, number.compared("==", value), number.compared("!=", value))
            case Digits() | Text() | Truth():
                return self._among(left, [value])
            case _:
                assert_never(left)

    def _among(self, left: Open, values: list[object]) -> Judged:
        """A column beside values of its kind: whether it is one of them."""
        match left:
            case Sum(number):
                fitting: list[str | int | bool] = list(number.equal_to([v for v in values if type(v) is int]))
                column, kind, defined = number.column, left.kind, number.defined
            case Digits(number):
                return self._among(Sum(number), [found for text in values if (found := digits(text)) is not None])
            case Text(column, kind):
                fitting = [value for value in values if type(value) is str and not is_broken(value)]
                defined = form.IsOf(column, kind)
            case Truth(column, kind):
                fitting = [value for value in values if type(value) is bool]
                return self._truth(column, set(fitting))
            case _:
                assert_never(left)
        return Judged(defined, form.among(kind, column, fitting), form.among(kind, column, fitting, negated=True))

    def _truth(self, column: Column, values: set[str | int | bool]) -> Judged:
        """Without a negation: what is neither true nor false is not the other one."""
        sides = [Compared("==", "boolean", column, side) for side in (True, False)]
        return Judged(
            form.IsOf(column, "boolean"),
            form.any_of(*(side for side in sides if side.right in values)),
            form.any_of(*(side for side in sides if side.right not in values)),
        )

    def _same(self, node: Node, left: Open, right: Open) -> Judged:
        """Two columns of one kind."""
        one, other = self._column(node, left), self._column(node, right)
        return Judged(
            form.all_of(form.IsOf(one, left.kind), form.IsOf(other, left.kind)),
            Compared("==", left.kind, one, other),
            Compared("!=", left.kind, one, other),
        )

    def _column(self, node: Node, value: Open) -> Column:
        """A column as it is."""
        if isinstance(value, Sum) and value.number.is_bare:
            return value.number.column
        if isinstance(value, Text | Truth):
            return value.column
        raise self._refusal(node, "two columns, one of them changed,", "compare the columns as they are")

    def _ordered(self, node: Node, operator: Comparison, number: Number, right: Known | Open) -> Judged:
        if isinstance(right, Known):
            assert type(right.value) is int
            other = form.opposite(operator)
            return Judged(number.defined, number.compared(operator, right.value), number.compared(other, right.value))
        one, two = self._column(node, Sum(number)), self._column(node, right)
        return Judged(
            form.all_of(form.IsOf(one, "number"), form.IsOf(two, "number")),
            Compared(operator, "number", one, two),
            Compared(form.opposite(operator), "number", one, two),
        )

    def _member(self, node: Member) -> Judged:
        if not self._is_closed(node.right):
            # No attribute of a resource is a list.
            return _FAILS
        wanted = node.right.type.partition(" of ")[2]
        kind = self._open_kind(node.left)
        if kind and wanted and kind != wanted:
            raise self._mistyped(node, None, wanted, side=node.left, kind=kind)
        left, items = self._value(node.left), self._value(node.right)
        if left is None or not isinstance(items, Known) or items.kind != "list":
            return _FAILS
        assert not isinstance(left, Known)
        values = []
        for item in cast("tuple[object, ...]", items.value):
            found = bare(item, node.right.text)
            if found is None or found.kind != left.kind:
                return _FAILS
            values.append(found.value)
        return self._among(left, values)

    # -- what is called ----------------------------------------------------------------------------------------------

    def _called(self, node: Called) -> Judged:
        """A function that is true or false."""
        if node.name not in _PARTS:
            raise self._refusal(node, node.name)
        text, part = node.arguments
        if not self._is_closed(part):
            raise self._refusal(node, f"{node.name} of a column", "ask it of the column, with a text that is known")
        kind = self._open_kind(text)
        if kind and kind != "text":
            raise self._mistyped(node, None, "text", side=text, kind=kind)
        value, known = self._value(text), self._value(part)
        if value is None or not isinstance(known, Known) or known.kind != "text":
            return _FAILS
        if not isinstance(value, Text):
            raise self._refusal(node, f"{node.name} of what is no column", "ask it of the column itself")
        return self._matched(cast("Part", node.name), value.column, cast("str", known.value))

    def _matched(self, part: Part, column: Column, text: str) -> Judged:
        defined = form.IsOf(column, "text")
        if not text or is_broken(text):
            return Judged(defined, form.constant(not text), form.constant(bool(text)))
        return Judged(defined, Matched(part, column, text), Matched(part, column, text, negated=True))

    # -- values ------------------------------------------------------------------------------------------------------

    def _value(self, node: Node) -> Value:
        """What a part of a comparison is; None where it has no value."""
        if self._is_closed(node):
            found = self._run(node)
            return None if isinstance(found, ConditionFailure) else bare(found, node.text)
        if isinstance(node, Read):
            return of_column(Column(node.name), self._kinds[node.name])
        if isinstance(node, Called):
            return self._computed(node)
        # A comparison beside a value: `has(resource.a) == has(resource.b)`.
        raise self._refusal(node, "a comparison of comparisons", "write it with && and ||")

    def _computed(self, node: Called) -> Value:
        for argument in node.arguments:
            kind = self._open_kind(argument)
            takes = {one for overload in node.overloads for one in overload.parameters}
            if kind and kind not in takes:
                raise self._mistyped(node, None, " or ".join(sorted(takes)), side=argument, kind=kind)
        values = [self._value(argument) for argument in node.arguments]
        if any(value is None for value in values):
            return None
        match node.name, values:
            case ("string", [Text() as value]) | ("int", [Sum() as value]):
                return value
            case "string", [Sum(number)]:
                return Digits(number)
            case "-", [Sum(number)]:
                return Sum(number.negative())
            case "+", [Sum(number), Known(int() as by, "number")] | [Known(int() as by, "number"), Sum(number)]:
                return Sum(number.plus(by))
            case "-", [Sum(number), Known(int() as by, "number")]:
                return Sum(number.plus(-by))
            case "-", [Known(int() as whole, "number"), Sum(number)]:
                return Sum(number.taken_from(whole))
            case "+" | "-", [one, other] if _never_meet(one, other):
                return None
        raise self._refusal(node, "arithmetic" if node.name in "+-" else node.name)

    # -- mistakes ----------------------------------------------------------------------------------------------------

    def _refusal(self, node: Node, construct: str, instead: str = "") -> FilterError:
        fix = f"{instead}, or decide row by row: guard.only" if instead else "decide row by row: guard.only"
        return FilterError(
            f"no database is asked for {construct}: {node.text[:80]} (character {node.at + 1} of the condition)",
            where=self._where, fix=fix,
        )  # fmt: skip

    def _mistyped(
        self, node: Node, value: Value, wanted: str, *, side: Node | None = None, kind: str = ""
    ) -> ColumnTypeError:
        found = side or node
        name = next((name for name in _names(found) if name in self._kinds), found.text)
        kind = kind or (value.kind if value is not None else "")
        return ColumnTypeError(name.removeprefix("resource."), kind, wanted, where=f"{self._where}: {node.text[:80]}")


def _mirrored(operator: Comparison) -> Comparison:
    return cast("Comparison", operator.translate(str.maketrans("<>", "><")))


def _never_meet(one: Value, other: Value) -> bool:
    """True for a sum of two types, of which one became known only now."""
    return one is not None and other is not None and one.kind != other.kind


@lru_cache(maxsize=4096)
def _names(node: Node) -> frozenset[str]:
    """Every attribute that a part of a condition reads or asks for."""
    if isinstance(node, Read | Given):
        return frozenset((node.name,))
    return frozenset(name for part in _within(node) for name in _names(part))


def _within(node: Node) -> tuple[Node, ...]:
    match node:
        case Negation(inner=inner):
            return (inner,)
        case Joined(sides=sides):
            return sides
        case Related(left=left, right=right) | Member(left=left, right=right):
            return (left, right)
        case Called(arguments=arguments):
            return arguments
        case Each(items=items, body=body):
            return (items, body)
    return ()
