"""Keeps facts in one SQLite file: write-ahead log, many processes of one operating-system user on one host.

Every append is one BEGIN IMMEDIATE transaction that extends the chain and changes what stands; reads take pages and
hold nothing open between them.
"""

from __future__ import annotations

import itertools
import sqlite3
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path
from typing import Any

from nomoat.errors import CursorMovedError, NomoatError, SettingsError, StorageError
from nomoat.journal import chain
from nomoat.journal.codec import decode
from nomoat.journal.facts import (
    KINDS,
    Block,
    Checked,
    Elevation,
    Fact,
    Incident,
    Logging,
    OpenFinding,
    Revocation,
    Unknown,
    timestamp,
)
from nomoat.journal.ports import (
    START,
    Body,
    Checkpoint,
    CursorMove,
    Entry,
    ProcessState,
    State,
    Store,
    Usage,
    Verification,
)
from nomoat.journal.standing import STANDING_NAMES, Change, change
from nomoat.journal.workers import LISTED_S, Beat, is_held, process_states, seconds_from
from nomoat.storage import sqlite_retention, sqlite_schema, sqlite_verify
from nomoat.storage.sqlite_session import BUSY_S, Session, check_place, missing, store_row

PAGE = 500
_INSERT = "INSERT INTO facts VALUES "
_VALUES = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#: Rows a statement: ten values each stay below the 999 parameters of the oldest SQLite, and each text is cached.
_ROWS = 64
_ENTRY = "position, recorded_at, kind, key, format, happened_at, body"
#: What those columns hold. A damaged page may hold any type, whatever the table demands.
_TYPES = {(int, str, str, key, int, str, body) for key in (str, type(None)) for body in (str, type(None))}


def open_store(url: str, *, create: bool = True) -> Store:
    """The store in a file, `sqlite:PATH`; made when it is not there and `create` says so."""
    return SQLiteStore(url, create=create)


class SQLiteStore:
    """Facts in a file."""

    def __init__(
        self, url: str, *, create: bool = True, busy_s: float = BUSY_S, clock: Callable[[], str] = timestamp
    ) -> None:
        self._url = url
        self._clock = clock
        path = Path(url.partition(":")[2])
        if not path.name:
            raise SettingsError(f"'{url}' names no file", where="journal.store", fix="write sqlite:PATH")
        path = path.absolute()
        self._session = Session(path, busy_s=busy_s)
        with self._session.translated("open"):
            check_place(path)
            if not path.exists():
                if not create:
                    raise missing(path)
                _make(path)
            _close_to_others(path)
        with self._session.read():
            """Opens the file, so that a wrong one is said now."""

    @property
    def id(self) -> str:
        """The store's random id."""
        return self._session.store_id

    @property
    def url(self) -> str:
        """The URL it was opened by."""
        return self._url

    def append(
        self,
        facts: Sequence[tuple[Fact, str | None]],
        *,
        cursor: CursorMove | None = None,
        durable: bool = False,
    ) -> list[str | None]:
        """Commits facts in one transaction; `durable` waits for the disk."""
        prepared = chain.prepare(facts)
        with self._session.write(durable=durable) as writer:
            self._expect(writer, cursor)
            positions = extend(writer, prepared, now=self._clock())
            if cursor is not None:
                moved = (cursor.reader, chain.number(cursor.new))
                writer.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", moved)
        return positions

    def _expect(self, writer: sqlite3.Connection, cursor: CursorMove | None) -> None:
        if cursor is None:
            return
        found = writer.execute("SELECT position FROM cursors WHERE reader = ?", (cursor.reader,)).fetchone()
        stands = chain.cursor(found[0]) if found else START
        if stands != cursor.expected:
            raise CursorMovedError(
                f"reader '{cursor.reader}' is at '{stands}', not at '{cursor.expected}'",
                where=self._url,
                fix="stop the second reader of this name",
            )

    def read(
        self,
        after: str = START,
        *,
        kinds: Iterable[type[Fact]] | None = None,
        upto: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Facts after a cursor, in order, a page at a time."""
        names = None if kinds is None else self._names(kinds)
        position = chain.number(after)
        last = (1 << 62) if upto is None else chain.number(upto)
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = self._page(position, last, names, size)
            yield from map(_entry, page)
            if len(page) < size:
                return
            position = page[-1][0]
            left = None if left is None else left - len(page)

    def _names(self, kinds: Iterable[type[Fact]]) -> tuple[str, ...]:
        names = {kind.kind for kind in kinds}
        if Unknown.kind in names:
            names |= set(self.usage().kinds) - set(KINDS)
        return tuple(sorted(names))

    def _page(self, after: int, last: int, names: tuple[str, ...] | None, size: int) -> list[tuple[Any, ...]]:
        if names is None:
            where = "position > ? AND position <= ?"
            values: list[str | int] = [after, last]
        else:
            # One ordered walk of the kind index for each kind, merged: IN alone would sort every match for each page.
            one = "SELECT * FROM (SELECT position FROM facts WHERE kind = ? AND position > ? AND position <= ? "
            one += "ORDER BY position LIMIT ?)"
            where = f"position IN (SELECT position FROM ({' UNION ALL '.join([one] * len(names))}) ORDER BY 1 LIMIT ?)"  # noqa: S608
            values = [value for name in names for value in (name, after, last, size)] + [size]
            if not names:
                return []
        with self._session.read() as reader:
            query = f"SELECT {_ENTRY} FROM facts WHERE {where} ORDER BY position LIMIT ?"  # noqa: S608
            return reader.execute(query, [*values, size]).fetchall()

    def _one(self, where: str, value: str | int) -> Entry | None:
        with self._session.read() as reader:
            row = reader.execute(f"SELECT {_ENTRY} FROM facts WHERE {where} = ?", (value,)).fetchone()  # noqa: S608
        return None if row is None else _entry(row)

    def get(self, position: str) -> Entry | None:
        """One fact."""
        return self._one("position", chain.number(position))

    def find(self, key: str) -> Entry | None:
        """The fact that has this key."""
        return self._one("key", key)

    def head(self) -> Checkpoint:
        """The newest point of the chain."""
        with self._session.read() as reader:
            store_id, position, link, _ = store_row(reader)
        return Checkpoint(store_id, chain.cursor(position), link.hex(), position)

    def cursor(self, reader: str) -> str:
        """Where a reader stands."""
        with self._session.read() as connection:
            found = connection.execute("SELECT position FROM cursors WHERE reader = ?", (reader,)).fetchone()
        return chain.cursor(found[0]) if found else START

    def before(self, recorded_at: str) -> str:
        """The cursor in front of a time: `recorded_at` never decreases, so the position is found by halving."""
        low, high = 0, self.head().count
        while low < high:
            middle = (low + high + 1) // 2
            with self._session.read() as reader:
                query = "SELECT recorded_at FROM facts WHERE position >= ? ORDER BY position LIMIT 1"
                found = reader.execute(query, (middle,)).fetchone()
            if found is not None and found[0] < recorded_at:
                low = middle
            else:
                high = middle - 1
        return chain.cursor(low)

    def state(self, *, now: str) -> State:
        """What is in force at a time."""
        topics = "('block', 'revocation', 'logging', 'elevation')"
        facts = self._standing(f"topic IN {topics} AND (until = '' OR until > ?)", now)
        return State(
            tuple(fact for fact in facts if isinstance(fact, Block)),
            tuple(fact for fact in facts if isinstance(fact, Revocation)),
            tuple(fact for fact in facts if isinstance(fact, Logging)),
            tuple(fact for fact in facts if isinstance(fact, Elevation)),
        )

    def incidents(self, *, is_open: bool | None = None) -> list[Incident]:
        """The declared fact of each incident, by number."""
        which = "" if is_open is None else f"AND is_open = {int(is_open)}"
        facts = self._standing(f"topic = ? {which}", "incident")
        return sorted((fact for fact in facts if isinstance(fact, Incident)), key=lambda fact: fact.number)

    def findings(self) -> list[OpenFinding]:
        """What the last run of check over each root left open."""
        facts = self._standing("topic = ?", "checked")
        return [finding for fact in facts if isinstance(fact, Checked) for finding in fact.open]

    def _standing(self, where: str, value: str) -> list[Fact | None]:
        query = f"SELECT {_ENTRY} FROM facts WHERE position IN (SELECT position FROM standing WHERE {where})"  # noqa: S608
        with self._session.read() as reader:
            rows = reader.execute(f"{query} ORDER BY position", (value,)).fetchall()
        return [_entry(row).fact for row in rows]

    def beat(self, process: str, *, role: str, service: str, position: str, ended: bool = False) -> None:
        """A process lives, and has read so far."""
        beat = Beat.now(process, role, service, chain.number(position), ended, None, at=self._clock())
        with self._session.write() as writer:
            writer.execute(
                "INSERT INTO processes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "seen_at = excluded.seen_at, position = excluded.position, ended = excluded.ended",
                (
                    beat.id, beat.host, beat.pid, beat.role, beat.service,
                    beat.started_at, beat.seen_at, beat.position, int(beat.ended),
                ),
            )  # fmt: skip
            if ended:
                forgotten = seconds_from(beat.seen_at, -LISTED_S)
                writer.execute("DELETE FROM processes WHERE ended = 1 AND seen_at < ?", (forgotten,))

    def processes(self) -> list[ProcessState]:
        """Processes seen within the last day, or that did not end."""
        now = self._clock()
        with self._session.read() as reader:
            rows = reader.execute("SELECT * FROM processes").fetchall()
        return process_states((Beat(*row) for row in rows), now=now)

    def usage(self) -> Usage:
        """How much is kept, by kind, and what the file and its log take on disk."""
        query = "SELECT kind, facts, bytes FROM store WHERE kind <> '' AND facts > 0"
        with self._session.read() as reader:
            kinds = {kind: (facts, size) for kind, facts, size in reader.execute(query)}
        path = self._session.path
        files = [path, path.with_name(f"{path.name}-wal")]
        return Usage(kinds, sum(file.stat().st_size for file in files if file.exists()))

    def lease(self, name: str, holder: str, *, seconds: float) -> bool:
        """Takes or renews a lease; False while somebody else holds it."""
        now = self._clock()
        with self._session.write() as writer:
            held = writer.execute("SELECT holder, until FROM leases WHERE name = ?", (name,)).fetchone()
            if held is not None and held[0] != holder and is_held(held[1], now=now, seconds=seconds):
                return False
            taken = (name, holder, seconds_from(now, seconds))
            writer.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?)", taken)
        return True

    def bodies(self, kind: str, *, after: str = START, limit: int) -> list[Body]:
        """Facts of a kind whose body is still there."""
        with self._session.read() as reader:
            return sqlite_retention.bodies(reader, kind, chain.number(after), limit)

    def blank(self, positions: Sequence[str]) -> None:
        """Takes bodies away."""
        with self._session.write() as writer:
            sqlite_retention.blank(writer, [chain.number(position) for position in positions])

    def skeleton(self, *, after: str = START, limit: int) -> list[tuple[str, bool]]:
        """Positions, and whether the body is gone."""
        with self._session.read() as reader:
            return sqlite_retention.skeleton(reader, chain.number(after), limit)

    def seal(self, first: str, last: str) -> str:
        """Replaces a run of blanked facts by one fact."""
        with self._session.write() as writer:
            fact = sqlite_retention.remove(writer, range(chain.number(first), chain.number(last) + 1))
            return str(extend(writer, chain.prepare([(fact, None)]), now=self._clock())[0])

    def reclaim(self) -> bool:
        """Gives some free pages back to the disk."""
        with self._session.write() as writer:
            return sqlite_retention.reclaim(writer)

    def verify(self, against: Checkpoint | None = None) -> Verification:
        """Walks the whole chain and compares what stands with it."""
        return sqlite_verify.verify(self._session, against)

    def close(self) -> None:
        """Closes the connections of this process."""
        self._session.close()


def extend(writer: sqlite3.Connection, prepared: list[chain.Prepared], *, now: str) -> list[str | None]:
    """Adds facts to the chain, inside a transaction; gives their positions, None for a key that is there already."""

    def is_known(key: str) -> bool:
        return writer.execute("SELECT 1 FROM facts WHERE key = ?", (key,)).fetchone() is not None

    fresh, places = chain.without_known(prepared, is_known)
    if not fresh:
        return [None for _ in places]
    _, position, before, recorded_at = store_row(writer)
    rows = chain.rows(fresh, position=position, before=before, recorded_at=max(now, recorded_at))
    _insert(writer, rows)
    newest = rows[-1]
    writer.execute(
        "UPDATE store SET position = ?, link = ?, recorded_at = ? WHERE kind = ''",
        (newest.position, newest.link, newest.recorded_at),
    )
    kinds = _count(writer, fresh)
    if not kinds.isdisjoint(STANDING_NAMES):
        for row, fact in zip(rows, fresh, strict=True):
            if fact.kind in STANDING_NAMES and (made := change(row.position, fact.fact)) is not None:
                _apply(writer, made)
    return [None if place is None else str(rows[place].position) for place in places]


def _insert(writer: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows a statement: sqlite3 gives up the interpreter's lock at each step of `executemany`.

    Beside a thread that is busy in Python each step then waits for the lock again, up to 5 ms a row
    (sys.getswitchinterval), and a writer at its side falls behind a service under full load.
    """
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        writer.execute(_INSERT + ", ".join([_VALUES] * len(part)), list(itertools.chain.from_iterable(part)))


def _count(writer: sqlite3.Connection, fresh: list[chain.Prepared]) -> Set[str]:
    """Adds to what the store says it has of each kind; gives the kinds."""
    facts = Counter([fact.kind for fact in fresh])
    size: dict[str, int] = {}
    for fact in fresh:
        size[fact.kind] = size.get(fact.kind, 0) + len(fact.body)
    writer.executemany(
        "INSERT INTO store (kind, facts, bytes) VALUES (?, ?, ?) ON CONFLICT (kind) DO UPDATE SET "
        "facts = facts + excluded.facts, bytes = bytes + excluded.bytes",
        [(kind, count, size[kind]) for kind, count in facts.items()],
    )
    return facts.keys()


def _apply(writer: sqlite3.Connection, made: Change) -> None:
    standing = made.standing
    row = (standing.topic, standing.name, standing.position, standing.until, int(standing.is_open))
    if made.how == "put":
        writer.execute("INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?)", row)
    elif made.how == "first":
        writer.execute("INSERT OR IGNORE INTO standing VALUES (?, ?, ?, ?, ?)", row)
    elif made.how == "remove":
        writer.execute("DELETE FROM standing WHERE topic = ? AND name = ?", row[:2])
    else:
        writer.execute("UPDATE standing SET is_open = 0 WHERE topic = ? AND name = ?", row[:2])


def _entry(row: tuple[Any, ...]) -> Entry:
    if tuple(map(type, row)) not in _TYPES:
        raise StorageError(
            "a stored fact is damaged", where=f"position {row[0]}", fix="nomoat journal verify tells what was changed"
        )
    position, recorded_at, kind, key, format_, happened_at, body = row
    try:
        fact = None if body is None else decode(kind, format_, happened_at, body)
    except NomoatError as error:
        raise StorageError(error.what, where=f"position {position}", fix=error.fix) from error
    return Entry(str(position), recorded_at, kind, key, fact)


def _make(path: Path) -> None:
    folder = path.parent
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    sqlite_schema.make(path)


def _close_to_others(path: Path) -> None:
    """Facts are for their owner alone. A folder is closed only where it is nomoat's own: others may share the rest."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    folder = path.parent
    if folder.parts[-2:] == (".nomoat", "state") and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(0o700)
