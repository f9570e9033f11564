"""A file whose pages somebody damaged holds any type in any column: never another exception than ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from nomoat.errors import NomoatError, StorageError
from nomoat.journal.ports import Store
from nomoat.storage.sqlite import open_store
from tests.journal.made import block, decision

_ODD = ("NULL", "7", "1.5", "x'ff00'", "'text'")
_COLUMNS = ("kind", "format", "happened_at", "recorded_at", "key", "salt", "digest", "link", "body")


def _store(path: Path) -> Path:
    with closing(open_store(f"sqlite:{path}")) as store:
        store.append([(decision(number), f"k{number}") for number in range(3)])
        store.append([(block(), None)])
        store.beat("p", role="guard", service="shop", position="2")
    return path


#: The same tables, where any column takes any type.
_LOOSE = {
    "facts": "CREATE TABLE facts (position INTEGER PRIMARY KEY, kind, format, happened_at, recorded_at, key, salt, "
    "digest, link, body)",
    "store": "CREATE TABLE store (kind PRIMARY KEY, facts, bytes, id, position, link, recorded_at) WITHOUT ROWID",
}


def _write_schema(path: Path, texts: dict[str, str]) -> dict[str, str]:
    """Puts other texts into the schema, and gives those that were there."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        before = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
        connection.execute("PRAGMA writable_schema = ON")
        for name, text in texts.items():
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (text, name))
    return {name: before[name] for name in texts}


def _damage(path: Path, statement: str) -> None:
    """As a damaged page is: it holds what its table would never have taken."""
    before = _write_schema(path, _LOOSE)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
    _write_schema(path, before)


_READERS: tuple[Callable[[Store], object], ...] = (
    lambda store: list(store.read()),
    lambda store: store.get("2"),
    lambda store: store.find("k1"),
    lambda store: store.head(),
    lambda store: store.append([(decision(9), None)]),
    lambda store: store.state(now="2026-11-25T00:00:00.000000Z"),
)


@pytest.mark.parametrize("column", _COLUMNS)
@pytest.mark.parametrize("odd", _ODD)
def test_a_damaged_column_does_not_verify_and_is_an_error_of_ours(column: str, odd: str, tmp_path: Path) -> None:
    path = _store(tmp_path / "journal.db")
    _damage(path, f"UPDATE facts SET {column} = {odd} WHERE position = 2")

    with closing(open_store(f"sqlite:{path}")) as store:
        assert store.verify().problems
        for reader in _READERS:
            try:
                reader(store)
            except NomoatError as error:
                assert error.problems


@pytest.mark.parametrize("column", ["id", "position", "link", "recorded_at"])
@pytest.mark.parametrize("odd", ["NULL", "1.5"])
def test_a_damaged_head_is_an_error_of_ours(column: str, odd: str, tmp_path: Path) -> None:
    path = _store(tmp_path / "journal.db")
    _damage(path, f"UPDATE store SET {column} = {odd} WHERE kind = ''")

    with pytest.raises(StorageError, match="lost its head"):
        open_store(f"sqlite:{path}")


def test_a_schema_that_is_no_text_is_an_error_of_ours(tmp_path: Path) -> None:
    path = _store(tmp_path / "journal.db")
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE store", b"CREATE TABL\xff store"))

    with pytest.raises(StorageError):
        open_store(f"sqlite:{path}")


def test_what_is_no_text_cannot_be_asked_for(tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:{_store(tmp_path / 'journal.db')}")) as store:
        with pytest.raises(StorageError, match="no text"):
            store.find("alert:\ud800")
        with pytest.raises(StorageError, match="no text"):
            store.cursor("\ud800")
