"""Conditions that are the same have one text, and only those: what a spelling changes is tried on values."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given

from nomoat.policy import conditions
from nomoat.policy.cel.canonical import canonical, conjuncts
from tests.policy import strategies
from tests.policy.oracle import Tree, written

SAME = [
    ("resource.owner == subject.sub", "(subject.sub)==resource.owner"),
    ("context.hour > 5", "5 < context.hour"),
    ("context.hour >= 5 && resource.a == 'x'", '(resource.a == "x") && 5 <= context.hour'),
    (
        "(resource.a == 1 && resource.b == 2) && resource.c == 3",
        "resource.c == 3 && resource.b == 2 && resource.a == 1",
    ),
    ("resource.a == 1 || resource.a == 1", "resource.a == 1"),
    ('resource.a in ["y", "x"]', "resource.a in ['x', 'y']"),
    ("subject.roles.exists(r, r == 'a')", "subject.roles.exists(role, 'a' == role)"),
    ('context.now < timestamp("2027-01-01T00:00:00Z")', 'context.now < timestamp("2027-01-01T01:00:00+01:00")'),
]
DIFFERENT = [
    ("resource.a == 1", "resource.a == true"),
    ("resource.a == 1", 'resource.a == "1"'),
    ("context.hour < 5", "context.hour <= 5"),
    ("context.hour < 5", "context.hour > 5"),
    ("has(resource.a) && resource.b == 1", "resource.b == 1 && has(resource.a)"),
    ("resource.a == 1 && resource.b == 1", "resource.a == 1 || resource.b == 1"),
    ("resource.a == 1", "!(resource.a == 1)"),
    ("resource.a.startsWith('x')", "resource.a.endsWith('x')"),
    ("subject.roles.exists(r, r == 'a')", "subject.roles.all(r, r == 'a')"),
    ('duration("1s") == duration(resource.a)', 'timestamp("1970-01-01T00:00:01Z") == timestamp(resource.a)'),
    ('"x" in resource.a', '"x" in resource.b'),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_and_order_change_nothing(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_means_something_else_has_another_text(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


def test_no_condition_has_no_text_and_no_conjuncts() -> None:
    assert ("", frozenset()) == (canonical(""), conjuncts(""))


@given(tree=strategies.trees, given=strategies.attributes, resource=strategies.resources)
def test_a_condition_holds_exactly_where_all_its_conjuncts_do(
    tree: Tree, given: dict[str, object], resource: dict[str, str | int | bool] | None
) -> None:
    text = written(tree)
    values = {"subject.sub": "ana", "subject.roles": ("ana",), "context.hour": 5, **given}
    values |= {f"resource.{name}": value for name, value in (resource or {}).items()}

    parts = [conditions.compile(part).evaluate(values) for part in _sides(tree)]

    assert (conditions.compile(text).evaluate(values) is True) == all(part is True for part in parts)
    assert len(conjuncts(text)) <= len(parts)


def _sides(tree: Tree) -> list[str]:
    if tree[0] == "&&":
        return [part for side in tree[1:] for part in _sides(cast("Tree", side))]
    return [written(tree)]
