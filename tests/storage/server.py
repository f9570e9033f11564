"""The PostgreSQL server of the tests: on this machine, database `test`, a schema of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

ADDRESS = "postgresql://postgres@127.0.0.1:5432/test"


def ask(query: str, *values: object) -> list[tuple[object, ...]]:
    """What the server's administrator does, beside nomoat."""
    with psycopg.connect(ADDRESS, autocommit=True, connect_timeout=5) as connection:
        done = connection.execute(query, values or None)
        return done.fetchall() if done.description else []


@contextmanager
def schema() -> Iterator[str]:
    """The URL of a store that is not made yet; whatever is in its schema afterwards is dropped."""
    name = f"nomoat_{uuid.uuid4().hex[:12]}"
    try:
        ask("SELECT 1")
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL at {ADDRESS}: {error}")
    try:
        yield f"{ADDRESS}?schema={name}"
    finally:
        ask(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')


def schema_of(url: str) -> str:
    """The name of the schema that a URL of `schema()` names."""
    return url.partition("?schema=")[2].partition("&")[0]


def end_sessions(url: str) -> None:
    """Ends every session of a store, as an administrator or a restart does."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
    ask(query, f"nomoat/{schema_of(url)}")
