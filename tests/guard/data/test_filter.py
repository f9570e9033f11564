"""What `guard.filter` decides, records and refuses, on a real application with a real database and journal."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, with_loader_criteria

from nomoat import guard
from nomoat.errors import UsageError
from nomoat.guard import Identity
from nomoat.guard.asking import NoRequestError
from tests.guard.data.orders import Order, User, engine, final, listed
from tests.guard.guarded import ANA, POLICY, last

STRANGER = Identity("user:local/eve", ())


def _own() -> Any:
    return guard.filter("orders:read", owner=Order.owner)


def test_a_list_shows_what_a_read_would_and_one_fact_says_by_which_condition(tmp_path: Path) -> None:
    answer, facts = listed(tmp_path, _own)

    fact = final(facts)
    assert (200, [1, 6], 2) == (answer.status, answer.json(), len(facts))
    assert ("allow", "depends-on-resource", True, 1) == (fact.outcome, fact.reason, fact.enforced, fact.sequence)
    assert ("role:customer orders:read when resource.owner == subject.sub",) == fact.filtered
    assert ({"subject.sub": "ana"}, ("role:customer orders:read",)) == (dict(fact.read), fact.grants)


@pytest.mark.parametrize(
    "condition",
    [
        lambda: guard.filter("orders:read", Order),
        lambda: guard.filter("orders:read", Order.__table__),
        lambda: guard.filter("orders:read", Order, owner=Order.owner),
        lambda: guard.filter("orders:read", owner=sa.cast(Order.owner, sa.String)),
        lambda: sa.and_(guard.filter("orders:read", Order), Order.total > 0),
    ],
)
def test_a_model_stands_for_its_columns(condition: Callable[[], Any], tmp_path: Path) -> None:
    answer, _ = listed(tmp_path, condition)

    assert (200, [1, 6]) == (answer.status, answer.json())


def test_an_alias_is_asked_by_its_own_columns(tmp_path: Path) -> None:
    other = aliased(Order)

    answer, _ = listed(
        tmp_path,
        lambda: Order.total.in_(sa.select(other.total + 1).where(guard.filter("orders:read", other))),
    )

    assert [2] == answer.json()


def test_the_owner_may_stand_in_another_table(tmp_path: Path) -> None:
    owner = sa.select(User.name).where(User.id == Order.user_id).scalar_subquery()

    answer, _ = listed(tmp_path, lambda: guard.filter("orders:read", owner=owner))

    assert [1, 6] == answer.json()


def test_a_value_is_the_same_for_every_row(tmp_path: Path) -> None:
    policy = POLICY.replace("resource.owner == subject.sub", "resource.total < 3 && resource.shop == 'north'", 1)
    answer, _ = listed(tmp_path, lambda: guard.filter("orders:read", total=Order.total, shop="north"), policy=policy)
    (other := tmp_path / "south").mkdir()
    south, facts = listed(other, lambda: guard.filter("orders:read", total=Order.total, shop="south"), policy=policy)

    assert ([1, 2], []) == (answer.json(), south.json())
    assert (("deny", "condition-false"), ("false",)) == (last(facts), final(facts).filtered)


LIMITED = Identity("user:local/ana", ("customer",), only=frozenset(("export:read",)))


@pytest.mark.parametrize(
    ("who", "reason"), [(STRANGER, "no-grant"), (None, "unauthenticated"), (LIMITED, "out-of-scope")]
)
def test_who_may_not_at_all_gets_an_empty_list(who: Identity | None, reason: str, tmp_path: Path) -> None:
    policy = POLICY + 'routes: {"GET /orders": {public: true, because: a test}}\n'

    answer, facts = listed(tmp_path, _own, policy=policy, who=who)

    fact = final(facts)
    assert (200, []) == (answer.status, answer.json())
    assert ("deny", reason, ("false",)) == (fact.outcome, fact.reason, fact.filtered)


def test_who_may_read_all_gets_all(tmp_path: Path) -> None:
    policy = POLICY.replace("{permission: orders:read, when: resource.owner == subject.sub}", "orders:read")

    answer, facts = listed(tmp_path, _own, policy=policy)

    assert (200, [1, 2, 3, 4, 5, 6]) == (answer.status, answer.json())
    assert (("allow", "granted"), ("true",)) == (last(facts), final(facts).filtered)


def test_a_deny_rule_takes_rows_away_also_where_it_fails(tmp_path: Path) -> None:
    policy = POLICY + "deny: [{permission: orders:read, when: resource.owner == 'ben'}]\n"
    policy = policy.replace("{permission: orders:read, when: resource.owner == subject.sub}", "orders:read")

    answer, _ = listed(tmp_path, _own, policy=policy)

    assert [1, 3, 4, 6] == answer.json()


# -- in audit ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (_own, ("allow", "depends-on-resource")),
        (lambda: guard.filter("orders:read", owner=Order.total), ("deny", "condition-error")),
        (lambda: guard.filter("orders:write", owner=Order.owner, odd=object()), ("deny", "condition-error")),
    ],
)
def test_audit_shows_all_and_records_what_would_have_been(
    condition: Callable[[], Any], said: tuple[str, str], tmp_path: Path
) -> None:
    answer, facts = listed(tmp_path, condition, mode="audit")

    assert (200, [1, 2, 3, 4, 5, 6]) == (answer.status, answer.json())
    assert said in {(fact.outcome, fact.reason) for fact in facts if fact.sequence}


# -- mistakes ----------------------------------------------------------------------------------------------------------


def _said(condition: Callable[[], Any], root: Path, policy: str = POLICY, reason: str = "condition-error") -> str:
    """What the handler is told; nothing is shown to the caller, whatever it does with that."""
    told: list[str] = []

    def handler() -> Any:
        try:
            return condition()
        except Exception as error:
            told.append(f"{type(error).__name__}: {error}")
            return sa.true()

    answer, facts = listed(root, handler, policy=policy)

    assert (403, ("deny", reason)) == (answer.status, last(facts))
    return "".join(told)


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (lambda: guard.filter("orders:read", owner=Order.user_id), ("number column", "owner=cast(..., String)")),
        (lambda: guard.filter("orders:read", owner=Order.user), ("no single column", "Order.user_id")),
        (lambda: guard.filter("orders:read", Order, owner="user_id"), ("a column is called so", "the column itself")),
        (lambda: guard.filter("orders:read", total=Order.total, owner="owner"), ("a column is called so",)),
        (lambda: guard.filter("orders:read", User), ("resource.owner", "owner=...")),
        (lambda: guard.filter("orders:read", ownr=Order.owner), ("resource.owner", "owner=...")),
        (lambda: guard.filter("orders:read", Order, owner=None), ("NoneType", "text, a whole number or a boolean")),
        (lambda: guard.filter("orders:read", Order(), owner=Order.owner), ("no model",)),
        (lambda: guard.filter("orders:read", owner=sa.literal_column("owner")), ("NullType", "cast(..., String)")),
        (lambda: guard.filter("orders:read", owner=sa.cast(Order.owner, sa.CHAR(4))), ("CHAR",)),
    ],
)
def test_a_column_that_cannot_be_meant_is_told_and_nothing_is_shown(
    condition: Callable[[], Any], words: tuple[str, ...], tmp_path: Path
) -> None:
    told = _said(condition, tmp_path)

    assert told.startswith("AttributeTypeError: ")
    assert [word for word in words if word not in told] == []


@pytest.mark.parametrize(
    ("when", "construct"),
    [
        ("resource.owner.lowerAscii() == subject.sub", "lowerAscii"),
        ("has(resource.owner) && size(resource.owner) < 5", "size"),
        ("subject.roles.exists(r, r == resource.owner)", "exists with a column"),
        ("resource.owner < 'm'", "text in an order"),
        ("isIP(resource.owner)", "isIP"),
    ],
)
def test_what_no_database_is_asked_for_is_named_with_its_place(when: str, construct: str, tmp_path: Path) -> None:
    policy = POLICY.replace("when: resource.owner == subject.sub", f'when: "{when}"', 1)

    told = _said(_own, tmp_path, policy=policy)

    assert told.startswith("FilterError: ")
    assert construct in told
    assert "nomoat.yaml:4" in told and "character " in told and "guard.only" in told


def test_without_a_column_nobody_knows_what_to_ask() -> None:
    with pytest.raises(NoRequestError):
        guard.filter("orders:read", owner=Order.owner)


def test_no_column_at_all_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no model and no column"):
        listed(tmp_path, lambda: guard.filter("orders:read", owner="ana"), mode="audit", who=ANA)


def test_a_database_that_was_not_proven_is_refused() -> None:
    from sqlalchemy.dialects import mysql

    from nomoat.guard.data.sqlalchemy import _ATOMS
    from nomoat.policy.filters.mistakes import FilterError

    with pytest.raises(FilterError, match="mysql"):
        _ATOMS["given"](Order.owner).compile(dialect=mysql.dialect())


# -- what would be kept ------------------------------------------------------------------------------------------------


def _within_lambda() -> Any:
    return sa.lambda_stmt(lambda: sa.select(Order.id).where(guard.filter("orders:read", Order)))


def _within_criteria() -> Any:
    criteria = with_loader_criteria(Order, lambda one: guard.filter("orders:read", one))
    return sa.select(Order.id).options(criteria)


def _within_import() -> Any:
    """What a view that imports a module within a request does."""
    source = "import sqlalchemy as sa\nfrom nomoat import guard\nfrom tests.guard.data.orders import Order\n"
    source += 'mine = sa.select(Order.id).where(guard.filter("orders:read", Order))\n'
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "lists_of_mine.py").write_text(source)
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("lists_of_mine").mine
        finally:
            sys.path.remove(folder)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [(_within_lambda, "condition-error"), (_within_criteria, "decision-missing"), (_within_import, "condition-error")],
)
def test_an_expression_that_would_be_kept_for_other_callers_is_refused(
    statement: Callable[[], Any], reason: str, tmp_path: Path
) -> None:
    def condition() -> Any:
        with Session(engine()) as session:
            return sa.literal(bool(session.scalars(statement()).all()))

    told = _said(condition, tmp_path, reason=reason)

    assert told.startswith("FilterError: ") and "other callers" in told


def test_an_expression_that_a_lambda_closes_over_is_of_its_own_caller(tmp_path: Path) -> None:
    def condition() -> Any:
        mine = guard.filter("orders:read", Order)
        with Session(database) as session:
            return Order.id.in_(session.scalars(sa.lambda_stmt(lambda: sa.select(Order.id).where(mine))).all())

    shown: list[Any] = []
    database = engine()
    for name in ("ana", "ben", "ana"):
        (root := tmp_path / str(len(shown))).mkdir()
        shown.append(listed(root, condition, who=Identity(f"user:local/{name}", ("customer",)))[0].json())
    database.dispose()

    assert [[1, 6], [2], [1, 6]] == shown
