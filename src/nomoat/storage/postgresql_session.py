"""The connections of one process to one PostgreSQL server, and what can go wrong with them.

Two connections, one that writes and one that reads, each behind a lock, opened at first use. Every write is one
statement that can be made again when its answer was lost, so no transaction is ever open while nobody works on it. In
the child of a fork the inherited sockets are closed without a word: the parent goes on with them.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
import weakref
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.waiting import READY_NONE

from nomoat.errors import JournalError, SettingsError, StorageError
from nomoat.storage import postgresql_arrays
from nomoat.storage.postgresql_errors import (
    AnswerLostError,
    is_again,
    missing,
    not_ours,
    reached,
    replaced,
    storage_error,
    too_new,
)
from nomoat.storage.postgresql_place import Place

FORMAT = 1
OLDEST_SERVER = 130000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long anything may take, in seconds: waiting for a lock, a statement, its answer, a connection.

    A write whose answer was lost is tried again for `again_s` before it is given up.
    """

    lock_s: float = 2.0
    statement_s: float = 10.0
    answer_s: float = 12.0
    connect_s: int = 2
    again_s: float = 5.0


#: Empty ones keep the environment from leading elsewhere than the URL says.
_FIXED = {
    "client_encoding": "utf8",
    "gssencmode": "disable",
    "hostaddr": "",
    "options": "",
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
Row = tuple[Any, ...]


class Connection(psycopg.Connection[Row]):
    """A connection on which nobody waits for ever: a server that is frozen, or behind a line that was cut."""

    answer_s = Limits().answer_s
    #: In the child of a fork: it is the parent's to close.
    is_inherited = False

    def __del__(self, *arguments: Any) -> None:
        if not self.is_inherited:
            super().__del__(*arguments)

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """As psycopg waits, and OperationalError when no answer has come."""
        return super().wait(_ended(gen, self.answer_s), *arguments, **named)


def _ended(gen: Generator[Any, Any, Any], seconds: float) -> Generator[Any, Any, Any]:
    deadline = time.monotonic() + seconds
    try:
        ready = yield next(gen)
        while True:
            if ready == READY_NONE and time.monotonic() > deadline:
                raise psycopg.OperationalError(f"the server has not answered for {seconds:g} s")
            ready = yield gen.send(ready)
    except StopIteration as end:
        return end.value


class Session:
    """Opens a store's connections lazily in each process, and again after a fork."""

    def __init__(self, place: Place, *, limits: Limits = Limits()) -> None:
        self.place = place
        self._limits = limits
        self.store_id = ""
        self.sync = ("local", "on")
        self.forget()
        _sessions.add(self)

    def forget(self) -> None:
        """As if never opened, for this process."""
        #: Names this process in the server's table of batches.
        self.writer_id = uuid.uuid4().hex
        self.write_lock = threading.RLock()
        self._read_lock = threading.Lock()
        self._writer: Connection | None = None
        self._reader: Connection | None = None

    def leave(self) -> None:
        """In the child of a fork: the sockets are the parent's, and an end that is said on them would end it there."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                with contextlib.suppress(OSError, psycopg.Error):
                    os.close(connection.fileno())
                connection.is_inherited = True
                _inherited.append(connection)
        self.forget()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """What a question gives; asked again once where the connection was lost."""
        with self._read_lock, self.translated("read"):
            try:
                return self._read(query, values)
            except psycopg.OperationalError:
                if self._reader is not None:
                    raise
            return self._read(query, values)

    def _read(self, query: str, values: Sequence[Any]) -> list[Row]:
        if self._reader is None:
            self._reader = self.connect()
        try:
            return self._reader.execute(query, values).fetchall()
        finally:
            self._reader = _usable(self._reader)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One state of the store for several questions; for a moment only."""
        with self._read_lock, self.translated("read"):
            self._reader = _usable(self._reader) or self.connect()
            try:
                with self._reader.transaction():
                    self._reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    yield self._reader
            finally:
                self._reader = _usable(self._reader)

    def write(self, query: str, values: Sequence[Any]) -> Row:
        """One statement that writes, and that may be made twice: it is, where the connection was lost meanwhile.

        Raises AnswerLostError where nobody knows whether it was committed.
        """
        with self.write_lock, self.translated("write to"):
            ends: float | None = None
            tries = 0
            while True:
                lost: JournalError | None = None
                try:
                    if self._writer is None:
                        self._writer = self.connect()
                    found = self._writer.execute(query, values).fetchone()
                    assert found is not None, "each of our functions gives one row"
                    return found
                except StorageError as error:
                    if ends is None:
                        raise
                    lost = error
                except psycopg.Error as error:
                    self._writer = _usable(self._writer)
                    if self._writer is None:
                        ends = ends or time.monotonic() + self._limits.again_s
                        lost = storage_error(error, "write to", self.place)
                    elif not is_again(error) or tries > 5:
                        raise
                if lost is not None and ends is not None and time.monotonic() > ends:
                    raise AnswerLostError(lost)
                time.sleep(min(0.02 * tries, 0.2))
                tries += 1

    def connect(self) -> Connection:
        """A connection whose store is the one that was opened. Raises StorageError where there is none yet."""
        connection = open_connection(self.place, self._limits)
        try:
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: Connection) -> None:
        try:
            found = connection.execute("SELECT id, format, current_setting('synchronous_commit') FROM store").fetchone()
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            raise missing(self.place) from error
        except psycopg.errors.UndefinedColumn as error:
            raise not_ours(self.place) from error
        if found is None:
            raise not_ours(self.place)
        store_id, version, sync = found
        if version > FORMAT:
            raise too_new(self.place, version)
        if self.store_id and store_id != self.store_id:
            raise replaced(self.place)
        self.store_id = store_id
        # Facts on the server's own disk at least; durable ones also where its owner says that commits must be.
        self.sync = ("local", sync if sync in ("on", "remote_write", "remote_apply") else "on")

    @contextlib.contextmanager
    def translated(self, verb: str) -> Iterator[None]:
        """Errors of the driver become StorageError: what, where, fix."""
        try:
            yield
        except psycopg.Error as error:
            raise storage_error(error, verb, self.place) from error
        except UnicodeEncodeError as error:
            raise StorageError(
                f"cannot {verb} the store: what was asked for is no text", where=self.place.url
            ) from error

    def close(self) -> None:
        """Closes the connections of this process; the next use opens them again."""
        with self.write_lock, self._read_lock:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = None


def open_connection(place: Place, limits: Limits = Limits()) -> Connection:
    """A connection of our settings to the server, whatever it holds."""
    try:
        given: dict[str, Any] = {**place.parameters, **place.secret(), **_FIXED}
    except SettingsError as error:
        # It may be there again in a moment: facts wait for the store, and are not refused.
        raise StorageError(f"cannot open the store: {error.what}", where=error.where, fix=error.fix) from error
    given |= {"application_name": f"nomoat/{place.schema}"[:63]}
    given |= {"connect_timeout": limits.connect_s, "tcp_user_timeout": int(limits.answer_s * 1000)}
    try:
        connection = Connection.connect(autocommit=True, **given)
    except psycopg.Error as error:
        raise reached(error, place) from error
    try:
        connection.answer_s = limits.answer_s
        postgresql_arrays.register(connection.adapters)
        _prepare(connection, place, limits)
    except psycopg.Error as error:
        connection.close()
        raise storage_error(error, "open", place) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: Connection, place: Place, limits: Limits) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise StorageError("the server is older than PostgreSQL 13", where=place.url, fix="upgrade the server")
    if connection.info.parameter_status("server_encoding") != "UTF8":
        raise StorageError(
            "the database is not encoded in UTF8", where=place.url, fix="CREATE DATABASE ... ENCODING 'UTF8'"
        )
    wanted = {
        "search_path": f'"{place.schema}", pg_temp',
        "statement_timeout": f"{limits.statement_s * 1000:.0f}",
        "lock_timeout": f"{limits.lock_s * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{limits.statement_s * 1000:.0f}",
        "default_transaction_isolation": "read committed",
        "DateStyle": "ISO",
        # What is asked for is always a walk of an index; without statistics, a page would be sorted out of all facts.
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        # Each is short; to compile one takes longer than to run it.
        "jit": "off",
    }
    said = ", ".join(["set_config(%s, %s, false)"] * len(wanted))
    connection.execute(f"SELECT {said}", [text for pair in wanted.items() for text in pair])


def _usable(connection: Connection | None) -> Connection | None:
    """None for a connection that is lost, or that is in the middle of something."""
    if connection is None or connection.closed:
        return None
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.close()
        return None
    return connection


_sessions: weakref.WeakSet[Session] = weakref.WeakSet()
#: Never taken apart in this process: that could tell the parent's server something.
_inherited: list[Connection] = []


def _after_in_child() -> None:
    for session in list(_sessions):
        session.leave()


os.register_at_fork(after_in_child=_after_in_child)
