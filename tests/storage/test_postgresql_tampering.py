"""Whoever edits the tables with SQL leaves a trace: the store alone finds it, or a checkpoint does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nomoat.journal.facts import Incident, Logging, Revocation
from nomoat.storage import postgresql_place
from nomoat.storage.postgresql_store import PostgreSQLStore
from tests.journal.made import block, decision
from tests.storage import server

FACTS = 12
positions = st.integers(1, FACTS)
#: Each column of a fact, with values that somebody might put there.
columns: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["decision", "block", "later", ""]),
    "format": st.integers(0, 3),
    "happened_at": st.sampled_from(["", "x", "2026-01-01T00:00:00.000000Z"]),
    "recorded_at": st.sampled_from(["", "x", "2026-01-01T00:00:00.000000Z"]),
    "key": st.none() | st.binary(max_size=5),
    "salt": st.none() | st.binary(max_size=16),
    "digest": st.binary(max_size=32),
    "link": st.binary(max_size=32),
    "body": st.none() | st.sampled_from(["{}", "", "é"]),
}
_often = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def store() -> Iterator[PostgreSQLStore]:
    with server.schema() as url, closing(PostgreSQLStore(postgresql_place.read(url))) as store:
        store.append([(decision(number), f"k{number}" if number % 2 else None) for number in range(FACTS - 4)])
        store.append([(block(), None), (Incident(number=1, change="declared"), "incident:1")])
        store.append([(Revocation(what="jti", value="x", because="y", by="z"), None)])
        store.append([(Logging(subject="s", until="2100-01-01T00:00:00Z", because="y", by="z"), None)])
        yield store


@contextlib.contextmanager
def edited(store: PostgreSQLStore, *queries: str, values: tuple[Any, ...] = ()) -> Iterator[bool]:
    """The store as somebody with rights of the owner left it, put back afterwards; False where nothing changed."""
    name = server.schema_of(store.url)
    kept = ("facts", "standing", "store")
    with psycopg.connect(server.ADDRESS, autocommit=True) as other:
        other.execute(f"SET search_path = {name}")
        for table in kept:
            other.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")
        changed = 0
        try:
            for query in queries:
                changed += max(other.execute(query, values or None).rowcount, 0)
            same = "SELECT count(*) FROM (SELECT * FROM {0} EXCEPT SELECT * FROM kept_{0}) AS n"
            left = "SELECT count(*) FROM (SELECT * FROM kept_{0} EXCEPT SELECT * FROM {0}) AS n"
            counts = [other.execute(q.format(t)).fetchone() for t in kept for q in (same, left)]
            yield any(count != (0,) for count in counts)
        finally:
            for table in kept:
                other.execute(f"TRUNCATE {table}")
                other.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")


def test_it_verifies_as_it_is(store: PostgreSQLStore) -> None:
    assert () == store.verify().problems


@_often
@given(position=positions, change=st.sampled_from(sorted(columns)).flatmap(lambda c: st.tuples(st.just(c), columns[c])))
def test_no_edit_of_a_fact_passes(store: PostgreSQLStore, position: int, change: tuple[str, Any]) -> None:
    column, value = change
    with edited(store, f"UPDATE facts SET {column} = %s WHERE position = %s", values=(value, position)) as is_other:
        assert is_other == bool(store.verify().problems)


@_often
@given(body=st.sampled_from(["{}", '{"count":2}', "x"]), position=positions)
def test_an_edit_with_its_digest_made_anew_does_not_pass(store: PostgreSQLStore, body: str, position: int) -> None:
    query = "UPDATE facts SET body = %s, salt = 'a', digest = sha256(('a' || %s)::bytea) WHERE position = %s"
    with edited(store, query, values=(body, body, position)):
        assert store.verify().problems


@_often
@given(gone=st.sets(positions, min_size=1))
def test_removed_facts_are_missed(store: PostgreSQLStore, gone: set[int]) -> None:
    with edited(store, "DELETE FROM facts WHERE position = ANY (%s)", values=(list(gone),)):
        assert store.verify().problems


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO facts SELECT 13, kind, format, happened_at, recorded_at, NULL, salt, digest, link, body "
        "FROM facts WHERE position = 12",
        "UPDATE facts SET position = -position WHERE position = 12",
        "UPDATE store SET position = 11",
        "UPDATE store SET link = ''",
        "UPDATE store SET id = 'other'",
        "DELETE FROM standing WHERE topic = 'block'",
        "UPDATE standing SET until = '2020' WHERE topic = 'block'",
        "UPDATE standing SET is_open = false",
        "INSERT INTO standing VALUES ('block', 'none', 1, '', true)",
    ],
)
def test_what_readers_trust_is_held_to_the_facts(store: PostgreSQLStore, query: str) -> None:
    with edited(store, query) as is_other:
        assert is_other
        assert store.verify().problems


def test_facts_that_were_cut_off_are_found_with_a_checkpoint(store: PostgreSQLStore) -> None:
    checkpoint = store.head()
    mended = "UPDATE store SET position = 11, link = (SELECT link FROM facts WHERE position = 11)"
    with edited(store, "DELETE FROM facts WHERE position = 12", mended, "DELETE FROM standing WHERE position = 12"):
        assert () == store.verify().problems
        assert store.verify(checkpoint).problems


@pytest.mark.parametrize(
    ("done", "undone"),
    [
        (
            "CREATE TRIGGER swallows BEFORE INSERT ON facts FOR EACH ROW EXECUTE FUNCTION "
            "suppress_redundant_updates_trigger()",
            "DROP TRIGGER swallows ON facts",
        ),
        ("CREATE RULE hides AS ON INSERT TO facts DO INSTEAD NOTHING", "DROP RULE hides ON facts"),
        ("CREATE POLICY hides ON facts USING (false)", "DROP POLICY hides ON facts"),
        ("ALTER TABLE facts ENABLE ROW LEVEL SECURITY", "ALTER TABLE facts DISABLE ROW LEVEL SECURITY"),
        ("ALTER TABLE standing SET UNLOGGED", "ALTER TABLE standing SET LOGGED"),
        ("CREATE TABLE more () INHERITS (facts)", "DROP TABLE more"),
        ("CREATE VIEW more AS SELECT 1", "DROP VIEW more"),
        ("CREATE FUNCTION lease(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'", "DROP FUNCTION lease(text)"),
        ("ALTER TABLE facts ADD COLUMN more text", "ALTER TABLE facts DROP COLUMN more"),
        ("ALTER TABLE facts RENAME COLUMN link TO more", "ALTER TABLE facts RENAME COLUMN more TO link"),
        ("ALTER INDEX facts_by_kind RENAME TO more", "ALTER INDEX more RENAME TO facts_by_kind"),
        ("ALTER TABLE facts ADD CHECK (kind <> 'evidence')", "ALTER TABLE facts DROP CONSTRAINT facts_kind_check"),
        ("ALTER FUNCTION append RESET search_path", "ALTER FUNCTION append SET search_path = {}, pg_temp"),
        ("ALTER FUNCTION append SECURITY INVOKER", "ALTER FUNCTION append SECURITY DEFINER"),
    ],
)
def test_a_schema_that_was_changed_is_found(store: PostgreSQLStore, done: str, undone: str) -> None:
    name = server.schema_of(store.url)
    with psycopg.connect(server.ADDRESS, autocommit=True) as other:
        other.execute(f"SET search_path = {name}")
        other.execute(done)
        try:
            assert store.verify().problems
        finally:
            other.execute(undone.format(name))

    assert () == store.verify().problems


def test_a_function_that_does_something_else_is_found(store: PostgreSQLStore) -> None:
    name = server.schema_of(store.url)
    ((old,),) = server.ask("SELECT pg_get_functiondef(%s::regproc)", f"{name}.change")
    server.ask(str(old).replace("'remove'", "'put'"))
    try:
        assert ("the function 'change' of the store is gone or was changed",) == store.verify().problems
    finally:
        server.ask(str(old))
    assert () == store.verify().problems


@pytest.mark.parametrize("name", ["user", "path", "facts", "search_path", "order"])
def test_a_schema_of_any_name_is_as_it_was_made(name: str) -> None:
    """Also one that is a word of SQL, or a name within the store."""
    place = postgresql_place.read(f"{server.ADDRESS}?schema=nomoat_{name}_tests")
    with closing(PostgreSQLStore(place)) as store:
        try:
            store.append([(decision(), None)])
            assert () == store.verify().problems
        finally:
            server.ask(f'DROP SCHEMA "{place.schema}" CASCADE')
