"""Real databases with one table whose text columns compare in every way that would show too much."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tests.guard import django_project
from tests.policy.filters.cases import COLUMNS

ADMIN = "postgresql://postgres@127.0.0.1:5432/test"
TABLE = "filter_rows"
#: An extension belongs to a whole database, so each run has one of its own.
DATABASE = f"nomoat_filters_{os.getpid()}"
OWN = ADMIN.replace("/test", f"/{DATABASE}")
#: What shows rows by an expression over `columns`: the numbers of those that it holds of, of the rows given.
Shown = Callable[[list[dict[str, Any]], Any], list[int]]
#: Text that differs in case compares as one, in `owner`; in `path`, text that differs in trailing spaces.
SQLITE = f"CREATE TABLE {TABLE} (id INTEGER PRIMARY KEY, owner TEXT COLLATE NOCASE, path TEXT COLLATE RTRIM, \
total BIGINT, paid BIGINT, hidden BOOL, shared BOOL)"
POSTGRESQL = (
    "CREATE EXTENSION citext",
    "CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level1', deterministic = false)",
    f"CREATE TABLE {TABLE} (id int PRIMARY KEY, owner citext, path text COLLATE blind,"
    " total bigint, paid bigint, hidden boolean, shared boolean)",
)


@contextmanager
def postgresql() -> Iterator[None]:
    """A database with the table, an extension and a collation."""
    with psycopg.connect(ADMIN, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {DATABASE}".encode())
        try:
            with psycopg.connect(OWN, autocommit=True) as connection:
                for statement in POSTGRESQL:
                    connection.execute(statement.encode())
            yield
        finally:
            admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)".encode())


def table() -> sa.Table:
    """The table as SQLAlchemy declares it: nothing says how its texts compare."""
    types: Mapping[str, Any] = {"text": sa.Text(), "number": sa.BigInteger(), "boolean": sa.Boolean()}
    columns = [sa.Column(name, types[kind]) for name, kind in COLUMNS.items()]
    return sa.Table(TABLE, sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)


@contextmanager
def through_sqlalchemy(dialect: str) -> Iterator[tuple[Mapping[str, Any], Shown]]:
    """The columns of a table, and what shows its rows."""
    if dialect == "sqlite":
        engine = sa.create_engine("sqlite://", poolclass=StaticPool, future=True)
    else:
        engine = sa.create_engine(OWN.replace(":", "+psycopg:", 1))
    made = table()

    def shown(rows: list[dict[str, Any]], condition: Any) -> list[int]:
        with engine.connect() as connection:
            connection.execute(made.insert(), [{"id": number, **row} for number, row in enumerate(rows)])
            found = connection.scalars(sa.select(made.c.id).where(condition).order_by(made.c.id)).all()
            connection.rollback()
        return list(found)

    try:
        if dialect == "sqlite":
            with engine.begin() as connection:
                connection.exec_driver_sql(SQLITE)
        yield {name: made.c[name] for name in COLUMNS}, shown
    finally:
        engine.dispose()


def model() -> Any:
    """The table as Django declares it."""
    django_project.configure()
    from django.apps import apps
    from django.db import models

    if TABLE in apps.all_models["filters"]:
        return apps.all_models["filters"][TABLE]
    kinds: Mapping[str, Any] = {
        "text": models.TextField,
        "number": models.BigIntegerField,
        "boolean": models.BooleanField,
    }
    meta = type("Meta", (), {"app_label": "filters", "db_table": TABLE, "managed": False})
    fields = {name: kinds[kind](null=True) for name, kind in COLUMNS.items()}
    number = models.IntegerField(primary_key=True)
    return type(TABLE, (models.Model,), {"Meta": meta, "__module__": __name__, "id": number, **fields})


@contextmanager
def through_django(dialect: str) -> Iterator[tuple[Mapping[str, Any], Shown]]:
    """The same through a connection of Django."""
    made = model()
    from django.db import connections, transaction
    from django.db.models import F

    alias = f"filters-{dialect}"
    given: dict[str, Any] = {"ENGINE": f"django.db.backends.{dialect}", "NAME": ":memory:"}
    if dialect == "postgresql":
        given |= {"NAME": DATABASE, "USER": "postgres", "HOST": "127.0.0.1", "PORT": 5432}
    connections.settings[alias] = connections.configure_settings({"default": given, alias: given})[alias]
    if dialect == "sqlite":
        given["ENGINE"] = "django.db.backends.sqlite3"
        connections.settings[alias] = connections.configure_settings({"default": given, alias: given})[alias]

    def shown(rows: Iterable[dict[str, Any]], condition: Any) -> list[int]:
        with transaction.atomic(using=alias):
            made.objects.using(alias).bulk_create([made(id=number, **row) for number, row in enumerate(rows)])
            found = list(made.objects.using(alias).filter(condition).order_by("id").values_list("id", flat=True))
            transaction.set_rollback(True, using=alias)
        return found

    try:
        if dialect == "sqlite":
            with connections[alias].cursor() as cursor:
                cursor.execute(SQLITE)
        yield {name: F(name) for name in COLUMNS}, shown
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.settings[alias]
