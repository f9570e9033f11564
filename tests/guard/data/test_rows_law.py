"""The law of filters in real databases: a row is shown exactly where `require` would allow it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nomoat.errors import PolicyError
from nomoat.guard.asked import AttributeTypeError
from nomoat.guard.data import sqlalchemy as with_sqlalchemy
from tests.guard.data import databases
from tests.policy.filters import cases

Opened = tuple[Any, Mapping[str, Any], databases.Shown, bool]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[None]:
    with databases.postgresql():
        yield


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    if request.param == "postgresql":
        request.getfixturevalue("postgresql")
    return str(request.param)


@pytest.fixture(scope="module", params=["sqlalchemy", "django"])
def opened(request: pytest.FixtureRequest, dialect: str) -> Iterator[Opened]:
    """A library, its columns, what shows rows, and whether texts hold NUL there."""
    if request.param == "sqlalchemy":
        with databases.through_sqlalchemy(dialect) as (columns, shown):
            yield with_sqlalchemy, columns, shown, dialect == "sqlite"
    else:
        with databases.through_django(dialect) as (columns, shown):
            from nomoat.guard.data import django as with_django

            yield with_django, columns, shown, dialect == "sqlite"


def _nothing() -> None:
    raise AssertionError("nothing is wrong with these columns")


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_a_list_shows_exactly_what_reads_would(opened: Opened, data: st.DataObject) -> None:
    library, columns, shown, holds_nul = opened
    try:
        asked = data.draw(cases.asked())
    except PolicyError:
        assume(False)
        raise
    texts = st.one_of(cases.texts, cases.texts, cases.with_nul) if holds_nul else cases.texts
    rows = data.draw(st.lists(cases.rows(texts), min_size=1, max_size=6))

    left = asked.left()
    if left.rows(cases.COLUMNS).missing:
        # Told instead of an empty list; nothing would be in it.
        with pytest.raises(AttributeTypeError, match="no row could be allowed"):
            shown(rows, library.filtered(left, columns, None, lambda: None).expression)
        assert not any(map(asked.allows, rows))
        return
    condition = library.filtered(left, columns, None, _nothing).expression

    assert [number for number, row in enumerate(rows) if asked.allows(row)] == shown(rows, condition)


_OF_TEXT = (
    "resource.owner == subject.team", "resource.owner != subject.team", "!(resource.path == subject.team)",
    "resource.path in subject.groups", "!(resource.owner in subject.groups)", "resource.owner.startsWith(subject.team)",
    "resource.path.endsWith(subject.team)", "!resource.path.contains(subject.team)",
)  # fmt: skip
_OF_NUMBERS = tuple(
    f"{left} {operator} subject.limit"
    for left in ("resource.total", "resource.total + 1", "-resource.total", "5 - resource.total")
    for operator in ("==", "!=", "<", "<=", ">", ">=")
)


def _row(**values: Any) -> dict[str, Any]:
    return {name: values.get(name) for name in cases.COLUMNS}


def _checked(opened: Opened, asked: cases.Asked, rows: list[dict[str, Any]]) -> None:
    """Every row is shown, or not, as `require` says."""
    library, columns, shown, _ = opened
    condition = library.filtered(asked.left(), columns, None, _nothing).expression

    assert [number for number, row in enumerate(rows) if asked.allows(row)] == shown(rows, condition)


@pytest.mark.parametrize("when", _OF_TEXT)
def test_every_text_beside_every_other(opened: Opened, when: str) -> None:
    texts = (*cases.TEXTS, *cases.WITH_NUL) if opened[3] else cases.TEXTS
    rows = [_row(owner=text, path=text) for text in (None, *texts)]

    for text in (*cases.TEXTS, *cases.WITH_NUL, "\ud800"):
        _checked(opened, cases.asked_of(when, team=text, groups=(text, "ben")), rows)


@pytest.mark.parametrize("operator", ["==", "!="])
def test_two_columns_of_every_text(opened: Opened, operator: str) -> None:
    texts = (None, *cases.TEXTS, *cases.WITH_NUL) if opened[3] else (None, *cases.TEXTS)
    rows = [_row(owner=one, path=other) for one in texts for other in texts]

    _checked(opened, cases.asked_of(f"resource.owner {operator} resource.path"), rows)
    _checked(opened, cases.asked_of(f"resource.path {operator} resource.owner"), rows)


@pytest.mark.parametrize("when", _OF_NUMBERS)
def test_every_number_beside_every_other(opened: Opened, when: str) -> None:
    rows = [_row(total=number) for number in (None, *cases.NUMBERS)]

    for number in cases.NUMBERS:
        _checked(opened, cases.asked_of(when, limit=number), rows)


@pytest.mark.parametrize(
    "when",
    ["resource.hidden", "!resource.hidden", "resource.hidden == false", "resource.hidden != resource.shared",
     "resource.hidden in [true]", "has(resource.hidden)", "!has(resource.hidden) || resource.hidden",
     "has(resource.hidden) && !resource.hidden"],
)  # fmt: skip
def test_every_boolean(opened: Opened, when: str) -> None:
    kinds = (True, False, None)

    _checked(opened, cases.asked_of(when), [_row(hidden=one, shared=other) for one in kinds for other in kinds])
