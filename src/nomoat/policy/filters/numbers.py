"""Whole numbers of which a column is a part, compared without the database ever calculating.

`resource.total + 5 < 10` becomes `total < 5`, beside the bounds within which the sum has 64 bits: a database that
overflows raises, or goes on with a fraction, where a condition fails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from nomoat.policy.comparisons import LARGEST
from nomoat.policy.filters.form import Column, Compared, Comparison, Form, IsOf, all_of, constant

_LOWEST, _HIGHEST = -LARGEST, LARGEST - 1
_FLIPPED: dict[Comparison, Comparison] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Number:
    """`sign * column + offset`; it has 64 bits, at every step, while the column is from `lowest` to `highest`."""

    column: Column
    sign: int = 1
    offset: int = 0
    lowest: int = _LOWEST
    highest: int = _HIGHEST

    @property
    def is_bare(self) -> bool:
        """True for the column as it is."""
        return self == Number(self.column)

    @property
    def defined(self) -> Form:
        """Where it has a value."""
        return all_of(IsOf(self.column, "number"), self._beside(">=", self.lowest), self._beside("<=", self.highest))

    def plus(self, other: int) -> Number:
        """So much more."""
        return self._bounded(replace(self, offset=self.offset + other))

    def negative(self) -> Number:
        """The same with the other sign."""
        return self.taken_from(0)

    def taken_from(self, whole: int) -> Number:
        """What is left of another number without this one."""
        return self._bounded(replace(self, sign=-self.sign, offset=whole - self.offset))

    def compared(self, operator: Comparison, other: int) -> Form:
        """Beside a number, where it has a value."""
        wanted = (other - self.offset) * self.sign
        return self._beside(operator if self.sign > 0 else _FLIPPED[operator], wanted)

    def equal_to(self, values: list[int]) -> list[int]:
        """What the column holds where the number is one of these."""
        found = [(value - self.offset) * self.sign for value in values]
        return [value for value in found if _LOWEST <= value <= _HIGHEST]

    def _bounded(self, made: Number) -> Number:
        ends = sorted((bound - made.offset) * made.sign for bound in (_LOWEST, _HIGHEST))
        return replace(made, lowest=max(self.lowest, ends[0]), highest=min(self.highest, ends[1]))

    def _beside(self, operator: Comparison, bound: int) -> Form:
        """The column beside a number that may have more than 64 bits, which no database has to see."""
        match operator:
            case "==" | "!=":
                if not _LOWEST <= bound <= _HIGHEST:
                    return constant(operator == "!=")
            case "<" | ">=":
                if bound <= _LOWEST or bound > _HIGHEST:
                    return constant((operator == "<") == (bound > _HIGHEST))
            case "<=" | ">":
                if bound < _LOWEST or bound >= _HIGHEST:
                    return constant((operator == "<=") == (bound >= _HIGHEST))
            case _:
                assert_never(operator)
        return Compared(operator, "number", self.column, bound)
