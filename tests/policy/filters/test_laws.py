"""The law of filters: a row is shown exactly where `require` would allow it, whatever the policy and the row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from nomoat.errors import PolicyError
from nomoat.policy.filters.form import AllOf, Among, AnyOf, Column, Compared, Form, Given, IsOf, Matched
from tests.policy.filters import cases

_RELATIONS: Mapping[str, Any] = {
    "==": lambda x, y: x == y, "!=": lambda x, y: x != y, "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
}  # fmt: skip
_PARTS: Mapping[str, Any] = {"startsWith": str.startswith, "endsWith": str.endswith, "contains": str.__contains__}


def shows(form: Form, row: Mapping[str, Any]) -> bool:
    """A form by its words; whatever is asked of a NULL is false, and so would be its opposite."""

    def value(operand: object) -> Any:
        return row[operand.name.removeprefix("resource.")] if isinstance(operand, Column) else operand

    match form:
        case AllOf(parts):
            return all(shows(part, row) for part in parts)
        case AnyOf(parts):
            return any(shows(part, row) for part in parts)
        case Given(column, negated):
            return (value(column) is None) is negated
        case IsOf(column):
            return value(column) is not None
        case Compared(operator, _, left, right):
            sides = value(left), value(right)
            return None not in sides and bool(_RELATIONS[operator](*sides))
        case Among(_, column, values, negated):
            return value(column) is not None and (value(column) in values) is not negated
        case Matched(part, column, text, negated):
            return value(column) is not None and _PARTS[part](value(column), text) is not negated


def drawn(data: st.DataObject) -> cases.Asked:
    """A policy that compiles: what can never have a value is a mistake of the file."""
    try:
        return data.draw(cases.asked())
    except PolicyError:
        event("refused")
        assume(False)
        raise


@settings(max_examples=500)
@given(data=st.data(), rows=st.lists(cases.rows(st.one_of(cases.texts, cases.with_nul)), min_size=1))
def test_a_form_holds_of_the_rows_that_require_would_allow(data: st.DataObject, rows: list[dict[str, Any]]) -> None:
    asked = drawn(data)

    form = asked.left().rows(cases.COLUMNS).form

    event(type(form).__name__ + (" constant" if form in (AllOf(()), AnyOf(())) else ""))
    assert [asked.allows(row) for row in rows] == [shows(form, row) for row in rows], form
