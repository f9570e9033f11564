"""Conditions that never hold are found, and none that may hold is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given

from nomoat.policy import conditions
from nomoat.policy.cel.contradiction import why_never
from tests.policy import strategies
from tests.policy.oracle import Tree, written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("resource.a == 1 && resource.a == 2", "resource.a == 1 and resource.a == 2 never hold together"),
        ("resource.a == 1 && 'x' == resource.a", "resource.a == 1 and 'x' == resource.a never hold together"),
        ("resource.x < 3 && resource.x > 5", "resource.x < 3 and resource.x > 5 never hold together"),
        ("resource.x < 3 && resource.x > 2", "resource.x < 3 and resource.x > 2 never hold together"),
        ("resource.x < 3 && (resource.y == 1 && 5 < resource.x)",
         "resource.x < 3 and 5 < resource.x never hold together"),
        ("has(resource.a) && !has(resource.a)", "has(resource.a) and !has(resource.a) never hold together"),
        ("!has(resource.a) && resource.a == 1", "!has(resource.a) and resource.a == 1 never hold together"),
        ("resource.a in [1, 2] && resource.a in [3]", "resource.a in [1, 2] and resource.a in [3] never hold together"),
        ("resource.a in [1, 2] && resource.a > 2", "resource.a in [1, 2] and resource.a > 2 never hold together"),
        ("resource.a == 1 && resource.a != 1", "resource.a == 1 and resource.a != 1 never hold together"),
        ("resource.flag && !resource.flag", "resource.flag and !resource.flag never hold together"),
        ("context.hour > 23", "context.hour > 23 never holds"),
        ("context.hour == 24", "context.hour == 24 never holds"),
        ("size(resource.a) < 0", "size(resource.a) < 0 never holds"),
        ("false", "false is never true"),
        ("resource.a == 1 && 1 == 2", "1 == 2 is never true"),
        (
            "(context.hour > 23) || (resource.x < 3 && resource.x > 5)",
            "(context.hour > 23) never holds, and resource.x < 3 and resource.x > 5 never hold together",
        ),
        (
            'context.now < timestamp("2026-01-01T00:00:00Z") && context.now >= timestamp("2027-01-01T00:00:00Z")',
            'context.now < timestamp("2026-01-01T00:00:00Z") and context.now >= timestamp("2027-01-01T00:00:00Z") '
            "never hold together",
        ),
    ],
)  # fmt: skip
def test_what_never_holds_is_said_with_its_parts(text: str, why: str) -> None:
    assert why == why_never(text)


@pytest.mark.parametrize(
    "text",
    [
        "resource.a == 1 || resource.a == 2",
        "resource.a == 1 && resource.b == 2",
        "resource.x < 5 && resource.x > 3",
        "resource.x <= 3 && resource.x >= 3",
        "resource.a > 'a' && resource.a < 'b'",
        "resource.a in [1, 2] && resource.a in [2, 3]",
        "has(resource.a) && !has(resource.b)",
        "!has(resource.a) || resource.a == 1",
        "resource.a != 1 && resource.a != 2",
        "context.hour >= 22 && context.hour < 24",
        "size(resource.a) == 0",
        "true",
        "(context.hour > 23) || resource.x == 1",
        "resource.a == resource.b && resource.a != resource.c",
    ],
)
def test_what_may_hold_is_left_alone(text: str) -> None:
    assert "" == why_never(text)


@given(tree=strategies.trees, given=strategies.attributes, resource=strategies.resources)
def test_no_condition_that_holds_of_anything_is_said_never_to_hold(
    tree: Tree, given: dict[str, object], resource: dict[str, str | int | bool] | None
) -> None:
    text = written(tree)
    values = {"subject.sub": "ana", "subject.roles": ("ana",), "context.hour": 5, **given}
    values |= {f"resource.{name}": value for name, value in (resource or {}).items()}

    if conditions.compile(text).evaluate(values) is True:
        assert "" == why_never(text)
