"""Whoever edits the file with SQL leaves a trace: the store alone finds it, or a checkpoint does."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.errors import NomoatError
from nomoat.journal.facts import Incident, Logging, Pruned, Revocation
from nomoat.journal.ports import Store
from nomoat.storage.sqlite import SQLiteStore, open_store
from tests.journal.made import block, decision

FACTS = 12


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("original") / "journal.db"
    store = open_store(f"sqlite:{path}", create=True)
    store.append([(decision(number), f"k{number}" if number % 2 else None) for number in range(FACTS - 4)])
    store.append([(block(), None), (Incident(number=1, change="declared"), "incident:1")])
    store.append([(Revocation(what="jti", value="x", because="y", by="z"), None)])
    store.append([(Logging(subject="s", until="2100-01-01T00:00:00Z", because="y", by="z"), None)])
    store.close()
    yield path


@contextlib.contextmanager
def copy_of(original: Path) -> Iterator[tuple[sqlite3.Connection, Callable[[], tuple[str, ...]]]]:
    """A copy to edit, and what verification says of it."""
    path = original.with_name("copy.db")
    for name in ("copy.db", "copy.db-wal", "copy.db-shm"):
        original.with_name(name).unlink(missing_ok=True)
    shutil.copy(original, path)
    connection = sqlite3.connect(path, isolation_level=None)

    def problems() -> tuple[str, ...]:
        connection.close()
        store = SQLiteStore(f"sqlite:{path}", create=False)
        try:
            return store.verify().problems
        finally:
            store.close()

    try:
        yield connection, problems
    finally:
        connection.close()


def test_the_copy_verifies_as_it_is(original: Path) -> None:
    with copy_of(original) as (_, problems):
        assert () == problems()


positions = st.integers(1, FACTS)
#: Each column of a fact, with values that somebody might put there.
columns: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["decision", "block", "later", ""]),
    "format": st.integers(0, 3),
    "happened_at": st.text(max_size=5) | st.just("2026-01-01T00:00:00.000000Z"),
    "recorded_at": st.text(max_size=5) | st.just("2026-01-01T00:00:00.000000Z"),
    "key": st.none() | st.text(max_size=5),
    "salt": st.none() | st.binary(max_size=16),
    "digest": st.binary(max_size=32),
    "link": st.binary(max_size=32),
    "body": st.none() | st.just("{}") | st.text(max_size=20),
}


@settings(max_examples=150, deadline=None)
@given(position=positions, change=st.sampled_from(sorted(columns)).flatmap(lambda c: st.tuples(st.just(c), columns[c])))
def test_no_edit_of_a_fact_passes(original: Path, position: int, change: tuple[str, Any]) -> None:
    column, value = change
    with copy_of(original) as (edit, problems):
        before = edit.execute("SELECT * FROM facts WHERE position = ?", (position,)).fetchone()
        try:
            edit.execute(f"UPDATE facts SET {column} = ? WHERE position = ?", (value, position))
        except sqlite3.IntegrityError:
            return  # The table itself refuses it: a second fact of one key.
        if before == edit.execute("SELECT * FROM facts WHERE position = ?", (position,)).fetchone():
            return  # It put there what was there.

        assert problems()


@settings(max_examples=60, deadline=None)
@given(body=st.text(max_size=30), position=positions)
def test_an_edit_with_its_digest_made_anew_does_not_pass(original: Path, body: str, position: int) -> None:
    from hashlib import sha256

    with copy_of(original) as (edit, problems):
        edit.execute(
            "UPDATE facts SET body = ?, salt = x'00', digest = ? WHERE position = ?",
            (body, sha256(b"\x00" + body.encode()).digest(), position),
        )

        assert problems()


@settings(max_examples=40, deadline=None)
@given(gone=st.sets(positions, min_size=1))
def test_removed_facts_are_missed(original: Path, gone: set[int]) -> None:
    with copy_of(original) as (edit, problems):
        edit.executemany("DELETE FROM facts WHERE position = ?", [(position,) for position in gone])

        assert problems()


@settings(max_examples=40, deadline=None)
@given(pair=st.lists(positions, min_size=2, max_size=2, unique=True))
def test_facts_that_changed_places_are_found(original: Path, pair: list[int]) -> None:
    one, other = pair
    with copy_of(original) as (edit, problems):
        for old, new in ((one, -1), (other, one), (-1, other)):
            edit.execute("UPDATE facts SET position = ? WHERE position = ?", (new, old))

        assert problems()


@settings(max_examples=40, deadline=None)
@given(source=positions, at=st.integers(-3, FACTS * 2), moved=st.booleans())
def test_an_inserted_fact_is_found(original: Path, source: int, at: int, moved: bool) -> None:
    with copy_of(original) as (edit, problems):
        if moved:
            edit.execute("UPDATE facts SET position = -position - 100 WHERE position >= ?", (at,))
            edit.execute("UPDATE facts SET position = -position - 99 WHERE position < -100")
        copied = "kind, format, happened_at, recorded_at, NULL, salt, digest, link, body"
        try:
            edit.execute(f"INSERT INTO facts SELECT ?, {copied} FROM facts WHERE position = ?", (at, source))
        except sqlite3.IntegrityError:
            return
        if edit.execute("SELECT changes()").fetchone() == (0,):
            return

        assert problems()


@pytest.mark.parametrize(
    "edit",
    [
        "DELETE FROM standing WHERE topic = 'block'",
        "DELETE FROM standing WHERE topic = 'revocation'",
        "UPDATE standing SET until = '2000-01-01T00:00:00.000000Z' WHERE topic = 'block'",
        "UPDATE standing SET is_open = 0 WHERE topic = 'incident'",
        "UPDATE standing SET position = 1 WHERE topic = 'logging'",
        "INSERT INTO standing VALUES ('block', 'forged', 1, '', 1)",
        "DROP INDEX facts_by_key",
        "DROP INDEX facts_by_kind",
        "CREATE TRIGGER swallow BEFORE INSERT ON facts BEGIN SELECT RAISE(IGNORE); END",
        "CREATE VIEW more AS SELECT 1",
        "UPDATE store SET position = position + 1",
        "UPDATE store SET position = position - 1",
        "UPDATE store SET link = x'00'",
        "UPDATE store SET id = 'other'",
        "UPDATE facts SET body = CAST(x'ff' AS TEXT) WHERE position = 3",
        "UPDATE facts SET key = CAST(x'ff' AS TEXT) WHERE position = 3",
        "UPDATE facts SET happened_at = CAST(x'ff' AS TEXT) WHERE position = 3",
    ],
)
def test_what_readers_trust_beside_the_facts_is_checked_too(original: Path, edit: str) -> None:
    with copy_of(original) as (connection, problems):
        connection.execute(edit)

        assert problems()


@pytest.mark.parametrize("edit", ["DELETE FROM store", "DROP TABLE facts", "DROP TABLE standing", "DROP TABLE store"])
def test_a_store_without_its_tables_is_an_error(original: Path, edit: str) -> None:
    with copy_of(original) as (connection, problems):
        connection.execute(edit)

        with pytest.raises(NomoatError):
            problems()


@pytest.mark.parametrize(
    ("index", "columns_", "gone"),
    [("facts_by_kind", "kind, position", "kind = 'block'"), ("facts_by_key", "key, position", "key = 'incident:1'")],
)
def test_a_fact_that_its_index_hides_is_found(original: Path, index: str, columns_: str, gone: str) -> None:
    with copy_of(original) as (edit, problems):
        edit.execute(f"CREATE TABLE shadow ({columns_}, PRIMARY KEY ({columns_})) WITHOUT ROWID")
        edit.execute("PRAGMA writable_schema = ON")
        root = f"(SELECT rootpage FROM sqlite_master WHERE name = '{index}')"
        (own,) = edit.execute("SELECT rootpage FROM sqlite_master WHERE name = 'shadow'").fetchone()
        edit.execute(f"UPDATE sqlite_master SET rootpage = {root} WHERE name = 'shadow'")
        edit.execute("PRAGMA writable_schema = RESET")
        assert 1 == edit.execute(f"DELETE FROM shadow WHERE {gone}").rowcount
        edit.execute("PRAGMA writable_schema = ON")
        edit.execute("UPDATE sqlite_master SET rootpage = ? WHERE name = 'shadow'", (own,))
        edit.execute("PRAGMA writable_schema = RESET")
        edit.execute("DROP TABLE shadow")

        assert any("index" in problem for problem in problems())


def test_a_pruned_fact_that_nomoat_did_not_write_explains_nothing(original: Path) -> None:
    with copy_of(original) as (connection, problems):
        connection.execute("UPDATE facts SET body = NULL, salt = NULL WHERE position = 2")
        row = (FACTS + 1, "pruned", '{"of":"decision","upto":"nine"}')
        copied = "SELECT ?, ?, 1, happened_at, recorded_at, NULL, salt, digest, link, ? FROM facts WHERE position = 1"
        connection.execute(f"INSERT INTO facts {copied}", row)

        assert any(problem.startswith("position 2:") for problem in problems())


class TestWholeHistories:
    """What only a checkpoint that was kept elsewhere can tell."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = open_store(f"sqlite:{tmp_path / 'journal.db'}", create=True)
        store.append([(decision(number), None) for number in range(4)])
        yield store
        store.close()

    def rewritten(self, store: Store, *, first: int, count: int) -> None:
        """As somebody would who knows how the chain is made: facts from `first` on are written anew."""
        path = store.url.partition(":")[2]
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as edit:
            edit.execute("DELETE FROM facts WHERE position >= ?", (first,))
            query = "SELECT position, link, recorded_at FROM facts ORDER BY position DESC LIMIT 1"
            edit.execute("UPDATE store SET position = ?, link = ?, recorded_at = ?", edit.execute(query).fetchone())
        store.append([(decision(number, subject="user:main/forged"), None) for number in range(count)])

    def test_facts_cut_off_at_the_end_are_seen_against_a_checkpoint(self, store: Store) -> None:
        checkpoint = store.head()

        self.rewritten(store, first=3, count=0)

        assert (() , False) == (store.verify().problems, store.verify().compared)  # fmt: skip
        found = store.verify(checkpoint)
        assert (1, True) == (len(found.problems), found.compared)

    def test_a_rewritten_history_is_seen_against_a_checkpoint(self, store: Store) -> None:
        checkpoint = store.head()

        self.rewritten(store, first=3, count=5)

        assert () == store.verify().problems
        assert "history was rewritten" in store.verify(checkpoint).problems[0]

    def test_a_rewrite_behind_the_checkpoint_is_not_seen(self, store: Store) -> None:
        checkpoint = store.head()
        store.append([(decision(number), None) for number in range(3)])

        self.rewritten(store, first=6, count=5)

        found = store.verify(checkpoint)
        assert ((), True) == (found.problems, found.compared)

    def test_a_sealed_range_that_was_never_blanked_is_still_a_gap_in_the_wrong_place(self, store: Store) -> None:
        store.append([(Pruned(of="decision", upto="4", count=4), None)])
        store.blank(["1", "2", "3", "4"])
        store.seal("1", "3")
        path = store.url.partition(":")[2]
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as edit:
            edit.execute("DELETE FROM facts WHERE position = 4")

        assert "positions 4 to 4 are missing" in store.verify().problems
