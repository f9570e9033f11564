"""Columns that hold something else than they are declared to: nothing more is shown, and nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from nomoat.guard.data import sqlalchemy as library
from tests.guard.data.databases import ADMIN
from tests.policy.filters.cases import asked_of

#: SQLite keeps the type of each value, whatever a column is declared as.
HELD: tuple[Any, ...] = ("ana", "5", 5, 5.0, 5.5, b"ana", b"5", 1, 0, 2, -1, "", None, True, "true", "abc")
_WHENS = (
    *(f"resource.text {operator} '{text}'" for operator in ("==", "!=") for text in ("ana", "5", "", "true")),
    "resource.text.startsWith('a')", "!resource.text.contains('a')", "resource.text in ['ana', '5']",
    *(f"resource.number {operator} 5" for operator in ("==", "!=", "<", "<=", ">", ">=")),
    "!(resource.number in [1, 5])", "resource.flag", "!resource.flag", "resource.flag != true",
    "!has(resource.text) || resource.text != 'ana'",
)  # fmt: skip


@pytest.mark.parametrize("when", _WHENS)
def test_sqlite_is_asked_for_the_type_of_each_value(when: str) -> None:
    engine = sa.create_engine("sqlite://", future=True)
    columns: dict[str, Any] = {"text": sa.String(), "number": sa.Integer(), "flag": sa.Boolean()}
    table = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer), *(sa.Column(n, t) for n, t in columns.items()))
    asked = asked_of(when)
    condition = library.filtered(asked.left(columns), dict(table.c), None, lambda: None).expression
    with engine.connect() as connection:
        # No affinity: each value stays what it is.
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER, text, number, flag)")
        for number, value in enumerate(HELD):
            connection.exec_driver_sql("INSERT INTO t VALUES (?, ?, ?, ?)", (number, value, value, value))
        stored = connection.exec_driver_sql("SELECT id, text FROM t").all()
        shown = connection.scalars(sa.select(table.c.id).where(condition).order_by(table.c.id)).all()
    engine.dispose()

    assert [number for number, value in stored if asked.allows(_read(value))] == list(shown)


def _read(value: Any) -> dict[str, Any]:
    """The row as the service would read it; what is no value of its column's type is nothing that conditions know."""
    flag = bool(value) if type(value) is int and value in (0, 1) else value
    return {"text": value, "number": value, "flag": flag if type(flag) is bool else 1.5 if flag is not None else None}


def test_what_postgresql_pads_is_no_text_that_compares() -> None:
    """CHAR(4) holds 'ana ', and says that it equals 'ana'."""
    engine = sa.create_engine(ADMIN.replace(":", "+psycopg:", 1))
    table = sa.Table("padded", sa.MetaData(), sa.Column("owner", sa.String()))
    condition = {
        when: library.filtered(asked_of(when).left(["owner"]), dict(table.c), None, lambda: None).expression
        for when in ("resource.owner == 'ana'", "resource.owner != 'ben'", "resource.owner.endsWith('a')")
    }
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE padded (owner char(4))")
        connection.exec_driver_sql("INSERT INTO padded VALUES ('ana'), ('anna')")
        shown = {when: list(connection.scalars(sa.select(table).where(one))) for when, one in condition.items()}
        connection.rollback()
    engine.dispose()

    assert {
        "resource.owner == 'ana'": [], "resource.owner != 'ben'": ["anna"], "resource.owner.endsWith('a')": ["anna"],
    } == shown  # fmt: skip


@pytest.mark.parametrize("held", ["integer", "uuid", "bytea", "json"])
def test_postgresql_says_loudly_that_a_column_is_no_text(held: str) -> None:
    engine = sa.create_engine(ADMIN.replace(":", "+psycopg:", 1))
    table = sa.Table("other", sa.MetaData(), sa.Column("owner", sa.String()))
    left = asked_of("resource.owner == '5'").left(["owner"])
    condition = library.filtered(left, dict(table.c), None, lambda: None).expression
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE other (owner {held})")
        with pytest.raises(sa.exc.ProgrammingError):
            connection.scalars(sa.select(table).where(condition)).all()
        connection.rollback()
    engine.dispose()
