"""The connections of one process to one SQLite file, and what can go wrong with them.

Two connections, one that writes and one that reads, each behind a lock. They are opened at first use and closed
before a fork: SQLite keeps its locks by process, so a connection (and even the file's lock table) must not be carried
into a child.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from nomoat.errors import StorageError
from nomoat.storage import sqlite_schema

#: How long a writer waits for its turn before it says that the store is locked.
BUSY_S = 10.0
#: Spreads processes that wait for one another: forked ones share no state, and the caller's own is left alone.
_SPREAD = random.SystemRandom()
_DAMAGED = "the file is damaged"
_FIX_READ_ONLY = (
    "mount it writable; or copy the folder and look at that: nomoat journal show --store sqlite:COPY/journal.db"
)
_FIX_VERIFY = "run `nomoat journal verify`; put a copy back, or move the file away to begin a new journal"


class Session:
    """Opens a store's file lazily in each process, and again after a fork."""

    def __init__(self, path: Path, *, busy_s: float = BUSY_S) -> None:
        self.path = path
        self.store_id = ""
        self._busy_s = busy_s
        self.forget()
        _sessions.add(self)

    def forget(self) -> None:
        """As if never opened, for this process: what was inherited is left alone."""
        self._pid = os.getpid()
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._is_durable = False

    @contextlib.contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its start; rolled back when its body raises."""
        self._check_process()
        with self._write_lock, self.translated("write to"):
            writer = self._writer
            if writer is None:
                writer = self._writer = self._connect(busy_ms=0)
            self._check_file()
            if durable != self._is_durable:
                # FULL syncs the log at each commit; NORMAL leaves that to the system, which a killed process survives.
                writer.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._is_durable = durable
            self._begin(writer)
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    writer.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The reading connection, for a moment: nothing stays open behind it."""
        self._check_process()
        with self._read_lock, self.translated("read"):
            reader = self._reader
            if reader is None:
                reader = self._reader = self._connect(busy_ms=int(self._busy_s * 1000))
            yield reader

    def _begin(self, writer: sqlite3.Connection) -> None:
        """BEGIN IMMEDIATE, waiting in short random steps: SQLite's own steps grow to 0.1 s."""
        deadline = time.monotonic() + self._busy_s
        wait_s = 0.0002
        while True:
            try:
                writer.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(wait_s * _SPREAD.uniform(0.5, 1.5))
            wait_s = min(wait_s * 1.5, 0.004)

    def _connect(self, *, busy_ms: int) -> sqlite3.Connection:
        check_place(self.path)
        if not self.path.is_file():
            raise missing(self.path)
        self._file = _identity(self.path)
        # Opening waits too: whoever closes the last connection holds the file for a moment, to fold its log in.
        connection = sqlite3.connect(
            self.path, timeout=self._busy_s, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            self._check_store(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute(f"PRAGMA journal_size_limit = {64 << 20}")
            connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        except BaseException:
            connection.close()
            raise
        self._is_durable = False if busy_ms == 0 else self._is_durable
        return connection

    def _check_store(self, connection: sqlite3.Connection) -> None:
        where = str(self.path)
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if mark != sqlite_schema.APPLICATION_ID:
            raise StorageError("this file is no store of nomoat", where=where, fix="name another file in journal.store")
        if version > sqlite_schema.FORMAT:
            raise StorageError(
                f"this store has format {version}, newer than this nomoat knows", where=where, fix="upgrade nomoat"
            )
        found, _, _, _ = store_row(connection)
        if self.store_id and found != self.store_id:
            raise StorageError(
                "another store was put in the place of this one", where=where, fix="restart every process that uses it"
            )
        self.store_id = found

    def _check_file(self) -> None:
        """The file must still be the one that was opened: facts written to a removed file would be gone in silence."""
        try:
            found: tuple[int, int] | None = _identity(self.path)
        except FileNotFoundError:
            found = None
        if found != self._file:
            raise StorageError(
                "the store's file was removed or replaced while it was in use",
                where=str(self.path),
                fix="put it back, and restart every process that uses it",
            )

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            self.forget()

    def close(self) -> None:
        """Closes the connections of this process; the next use opens them again."""
        if self._pid != os.getpid():
            self.forget()
            return
        with self._write_lock, self._read_lock:
            self._close_now()

    def _close_now(self) -> None:
        for connection in (self._reader, self._writer):
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()
        self._reader = self._writer = None

    def before_fork(self) -> None:
        """Ends what runs and closes; the locks stay taken until `after_fork`."""
        self._check_process()
        self._write_lock.acquire()
        self._read_lock.acquire()
        self._close_now()

    def after_fork(self) -> None:
        """In the parent: go on."""
        self._read_lock.release()
        self._write_lock.release()

    @contextlib.contextmanager
    def translated(self, verb: str) -> Iterator[None]:
        """Errors of SQLite and of the file system become StorageError: what, where, fix."""
        try:
            yield
        except sqlite3.Error as error:
            raise storage_error(error, verb, self.path) from error
        except UnicodeDecodeError as error:
            # What SQLite itself says of a damaged file can name a table whose name is no text any more.
            raise StorageError(f"cannot {verb} the store: {_DAMAGED}", where=str(self.path), fix=_FIX_VERIFY) from error
        except UnicodeEncodeError as error:
            raise StorageError(
                f"cannot {verb} the store: what was asked for is no text", where=str(self.path), fix=_FIX_VERIFY
            ) from error
        except OSError as error:
            raise StorageError(
                f"cannot {verb} the store: {error.strerror}", where=str(self.path), fix="check the path and its rights"
            ) from error


def store_row(connection: sqlite3.Connection) -> tuple[str, int, bytes, str]:
    """The store's id, and position, link and time of its newest fact."""
    rows = connection.execute("SELECT id, position, link, recorded_at FROM store WHERE kind = ''").fetchall()
    # A damaged page may hold any type, whatever the table demands: SQLite looks at it only when it writes.
    if len(rows) != 1 or tuple(map(type, rows[0])) != (str, int, bytes, str):
        raise StorageError("the store has lost its head", fix=_FIX_VERIFY)
    store_id, position, link, recorded_at = rows[0]
    return store_id, position, link, recorded_at


def missing(path: Path) -> StorageError:
    """There is no store yet."""
    return StorageError(
        "there is no journal here yet",
        where=str(path),
        fix="start the guarded service once: it makes the journal. Another one is named by --store sqlite:PATH",
    )


def storage_error(error: sqlite3.Error, verb: str, path: Path) -> StorageError:
    """What an error of SQLite means for a person."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    read_only = code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
    if read_only and path.parent.is_dir() and not os.access(path.parent, os.W_OK):
        # Also reading takes a lock file beside the store: a writer must not fold its log in under a reader.
        return StorageError(f"cannot {verb} the store: its folder is read-only", where=str(path), fix=_FIX_READ_ONLY)
    what, fix = _MEANINGS.get(code & 0xFF, (f"SQLite says: {error}", _FIX_VERIFY))
    return StorageError(f"cannot {verb} the store: {what}", where=str(path), fix=fix)


_MEANINGS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space; `nomoat journal prune` shortens the journal"),
    sqlite3.SQLITE_IOERR: ("the disk refuses", "look for a full disk, a quota or a failing drive"),
    sqlite3.SQLITE_BUSY: ("another process has kept it locked", "find who holds it: fuser PATH; a copy or a shell?"),
    sqlite3.SQLITE_LOCKED: ("another process has kept it locked", "find who holds it: fuser PATH; a copy or a shell?"),
    sqlite3.SQLITE_READONLY: ("it is read-only", "mount it writable, or name another place in journal.store"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "its folder must exist and be writable for this user"),
    sqlite3.SQLITE_PERM: ("this user may not", "run as the user that owns it"),
    sqlite3.SQLITE_NOTADB: ("this file is no store of nomoat", "name another file in journal.store"),
    sqlite3.SQLITE_CORRUPT: (_DAMAGED, _FIX_VERIFY),
}


def check_place(path: Path) -> None:
    """Raises StorageError where the store, or the folder in front of it, belongs to somebody else."""
    if sqlite3.sqlite_version_info < sqlite_schema.OLDEST_SQLITE:
        raise StorageError(f"SQLite {sqlite3.sqlite_version} is too old", fix="use a Python with SQLite 3.37 or newer")
    for place in (path, *path.parents):
        try:
            found = place.stat()
        except FileNotFoundError:
            continue
        except OSError:
            # Somebody's folder is closed to us: the nearest one that can be seen names its owner.
            continue
        is_store = place == path
        if found.st_uid == os.geteuid() or (not is_store and os.access(place, os.X_OK)):
            return
        raise StorageError(
            f"this store belongs to the user {owner(found.st_uid)}, and this process runs as {owner(os.geteuid())}",
            where=str(path),
            fix=f"run as {owner(found.st_uid)}: service, watch and respond of one host share one user",
        )


def owner(uid: int) -> str:
    """A user's name, or the number of one without a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


_sessions: weakref.WeakSet[Session] = weakref.WeakSet()
_forking: list[Session] = []
_fork_lock = threading.Lock()


def _before_fork() -> None:
    # Two threads may fork at once: the second waits until the first has opened what it closed.
    _fork_lock.acquire()
    _forking[:] = list(_sessions)
    for session in _forking:
        session.before_fork()


def _after_in_parent() -> None:
    for session in _forking:
        session.after_fork()
    _forking.clear()
    _fork_lock.release()


def _after_in_child() -> None:
    for session in _forking:
        session.forget()
    _forking.clear()
    _fork_lock.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
