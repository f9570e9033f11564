"""The tables of a SQLite store, its format number, and how an empty one is made.

A store is made under a temporary name and linked into its place, so no process ever sees a half-made one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import uuid
from pathlib import Path

from nomoat.journal.chain import genesis

FORMAT = 1
#: "nomo" in ASCII: marks the file as a store of nomoat.
APPLICATION_ID = 0x6E6F6D6F
#: STRICT tables came with this version.
OLDEST_SQLITE = (3, 37, 0)

# `store` has the head of the chain in the row of no kind, and a row of counts for each kind: together on one page,
# because every commit changes both and pays by the page.
_TABLES = """
CREATE TABLE store (
  kind TEXT PRIMARY KEY, facts INTEGER, bytes INTEGER, id TEXT, position INTEGER, link BLOB, recorded_at TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE facts (
  position INTEGER PRIMARY KEY, kind TEXT NOT NULL, format INTEGER NOT NULL, happened_at TEXT NOT NULL,
  recorded_at TEXT NOT NULL, key TEXT, salt BLOB, digest BLOB NOT NULL, link BLOB NOT NULL, body TEXT
) STRICT;
CREATE UNIQUE INDEX facts_by_key ON facts(key) WHERE key IS NOT NULL;
CREATE INDEX facts_by_kind ON facts(kind);
CREATE TABLE standing (
  topic TEXT NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, until TEXT NOT NULL, is_open INTEGER NOT NULL,
  PRIMARY KEY (topic, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE cursors (reader TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE processes (
  id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, role TEXT NOT NULL, service TEXT NOT NULL,
  started_at TEXT NOT NULL, seen_at TEXT NOT NULL, position INTEGER NOT NULL, ended INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""


def make(path: Path) -> None:
    """An empty store at a path, readable by its owner alone; one that another process made meanwhile is kept."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _fill(draft)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        for name in (draft, draft.with_name(f"{draft.name}-wal"), draft.with_name(f"{draft.name}-shm")):
            name.unlink(missing_ok=True)


def _fill(path: Path) -> None:
    store_id = uuid.uuid4().hex
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Both must stand before the first table: neither can be changed in a store that has grown.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(f"BEGIN; {_TABLES} COMMIT;")
        connection.execute("INSERT INTO store VALUES ('', NULL, NULL, ?, 0, ?, '')", (store_id, genesis(store_id)))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
    finally:
        connection.close()


def objects(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Every table, index, trigger and view of a database, with its text."""
    return set(connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master"))


def expected_objects() -> set[tuple[str, str, str]]:
    """What a store has, and nothing else: a trigger could swallow facts."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_TABLES)
        return objects(connection)
