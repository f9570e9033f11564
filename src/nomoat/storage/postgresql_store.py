"""Keeps facts in a schema of a PostgreSQL database: any number of processes of any number of hosts.

Reads take pages and hold nothing open between them; every write is one call of a function of the schema
(`postgresql.sql`), which makes the chain behind a lock of its head. The clock is the server's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from nomoat.errors import NomoatError, StorageError
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
)
from nomoat.journal.ports import (
    START,
    Body,
    Checkpoint,
    CursorMove,
    Entry,
    ProcessState,
    State,
    Usage,
    Verification,
)
from nomoat.journal.retention import LEASE
from nomoat.journal.workers import Beat, host, process_states
from nomoat.storage import postgresql_schema, postgresql_verify
from nomoat.storage.postgresql_append import Appender
from nomoat.storage.postgresql_errors import MissingError
from nomoat.storage.postgresql_place import Place
from nomoat.storage.postgresql_session import Limits, Session

PAGE = 500
_LAST = 1 << 62
_ENTRY = "position, recorded_at, kind, key, format, happened_at, body"


class PostgreSQLStore:
    """Facts in a schema."""

    def __init__(
        self,
        place: Place,
        *,
        create: bool = True,
        clock: Callable[[], str] | None = None,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
    ) -> None:
        """`clock` stands in for the server's."""
        self._place = place
        self._clock = clock or _no_clock
        self._session = Session(place, limits=limits)
        self._appender = Appender(self._session)
        try:
            self._session.rows("SELECT 1")
        except MissingError:
            if not create:
                raise
            postgresql_schema.make(place)
            self._session.rows("SELECT 1")

    @property
    def id(self) -> str:
        """The store's random id."""
        return self._session.store_id

    @property
    def url(self) -> str:
        """The URL it was opened by; no password is ever in it."""
        return self._place.url

    def append(
        self,
        facts: Sequence[tuple[Fact, str | None]],
        *,
        cursor: CursorMove | None = None,
        durable: bool = False,
    ) -> list[str | None]:
        """Commits facts in one transaction; `durable` waits for what the database's owner says of commits."""
        return self._appender.append(facts, cursor=cursor, durable=durable, now=self._clock())

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
        last = _LAST if upto is None else chain.number(upto)
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            page = self._page(position, last, names, size)
            yield from map(_entry, page)
            if len(page) < size:
                return
            position = page[-1][0]
            left = None if left is None else left - len(page)

    def _names(self, kinds: Iterable[type[Fact]]) -> list[str]:
        names = {kind.kind for kind in kinds}
        if Unknown.kind in names:
            names |= set(self.usage().kinds) - set(KINDS)
        return sorted(names)

    def _page(self, after: int, last: int, names: list[str] | None, size: int) -> list[tuple[Any, ...]]:
        bounds = [after, last, size]
        one = "position > %s AND position <= %s ORDER BY position LIMIT %s"
        if names is None:
            return self._session.rows(f"SELECT {_ENTRY} FROM facts WHERE {one}", bounds)  # noqa: S608
        return self._session.rows(postgresql_schema.by_kind(_ENTRY), [names, *bounds, size])

    def get(self, position: str) -> Entry | None:
        """One fact."""
        return self._one("position = %s", chain.number(position))

    def find(self, key: str) -> Entry | None:
        """The fact that has this key."""
        with self._session.translated("read"):
            return self._one("key = %s", key.encode())

    def _one(self, where: str, value: object) -> Entry | None:
        rows = self._session.rows(f"SELECT {_ENTRY} FROM facts WHERE {where}", [value])  # noqa: S608
        return _entry(rows[0]) if rows else None

    def head(self) -> Checkpoint:
        """The newest point of the chain."""
        ((store_id, position, link),) = self._session.rows("SELECT id, position, link FROM store")
        return Checkpoint(store_id, chain.cursor(position), link.hex(), position)

    def cursor(self, reader: str) -> str:
        """Where a reader stands."""
        found = self._session.rows("SELECT position FROM cursors WHERE reader = %s", [reader])
        return chain.cursor(found[0][0]) if found else START

    def before(self, recorded_at: str) -> str:
        """The cursor in front of a time: `recorded_at` never decreases, so the position is found by halving."""
        low, high = 0, self.head().count
        query = "SELECT recorded_at FROM facts WHERE position >= %s ORDER BY position LIMIT 1"
        while low < high:
            middle = (low + high + 1) // 2
            found = self._session.rows(query, [middle])
            if found and found[0][0] < recorded_at:
                low = middle
            else:
                high = middle - 1
        return chain.cursor(low)

    def state(self, *, now: str) -> State:
        """What is in force at a time."""
        facts = self._standing(
            "topic IN ('block', 'revocation', 'logging', 'elevation') AND (until = '' OR until > %s)", now
        )
        return State(
            tuple(fact for fact in facts if isinstance(fact, Block)),
            tuple(fact for fact in facts if isinstance(fact, Revocation)),
            tuple(fact for fact in facts if isinstance(fact, Logging)),
            tuple(fact for fact in facts if isinstance(fact, Elevation)),
        )

    def incidents(self, *, is_open: bool | None = None) -> list[Incident]:
        """The declared fact of each incident, by number."""
        facts = self._standing("topic = 'incident' AND (is_open = %s OR %s)", is_open, is_open is None)
        return sorted((fact for fact in facts if isinstance(fact, Incident)), key=lambda fact: fact.number)

    def findings(self) -> list[OpenFinding]:
        """What the last run of check over each root left open."""
        facts = self._standing("topic = %s", "checked")
        return [finding for fact in facts if isinstance(fact, Checked) for finding in fact.open]

    def _standing(self, where: str, *values: object) -> list[Fact | None]:
        query = f"SELECT {_ENTRY} FROM facts WHERE position IN (SELECT position FROM standing WHERE {where})"  # noqa: S608
        return [_entry(row).fact for row in self._session.rows(f"{query} ORDER BY position", values)]

    def beat(self, process: str, *, role: str, service: str, position: str, ended: bool = False) -> None:
        """A process lives, and has read so far."""
        values = [process, host(), os.getpid(), role, service, chain.number(position), ended, self._clock()]
        self._session.write("SELECT beat(%s, %s, %s, %s, %s, %s, %s, %s)", values)

    def processes(self) -> list[ProcessState]:
        """Processes seen within the last day, or that did not end."""
        rows = self._session.rows("SELECT clock(%s), processes.* FROM processes", [self._clock()])
        return process_states((Beat(*row[1:]) for row in rows), now=rows[0][0]) if rows else []

    def usage(self) -> Usage:
        """How much is kept, by kind, and what the tables and their indexes take on the server's disk."""
        found = self._session.rows("SELECT kind, facts, bytes FROM counts WHERE facts > 0")
        tables = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c JOIN pg_namespace AS n "
        tables += "ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname = %s"
        ((size,),) = self._session.rows(tables, [self._place.schema])
        return Usage({kind: (int(facts), int(of)) for kind, facts, of in found}, int(size))

    def lease(self, name: str, holder: str, *, seconds: float) -> bool:
        """Takes or renews a lease; False while somebody else holds it.

        Raises StorageError for the lease of maintenance where this role may not shorten the journal.
        """
        if name == LEASE:
            ((may,),) = self._session.rows("SELECT has_function_privilege('blank(bigint[])', 'EXECUTE')")
            if not may:
                raise StorageError(
                    "this role may not shorten the journal",
                    where=self.url,
                    fix="run nomoat journal prune as the role that may (docs/how-to/journal-on-postgresql.md)",
                )
        (is_held,) = self._session.write("SELECT lease(%s, %s, %s, %s)", [name, holder, seconds, self._clock()])
        return bool(is_held)

    def bodies(self, kind: str, *, after: str = START, limit: int) -> list[Body]:
        """Facts of a kind whose body is still there."""
        query = postgresql_schema.by_kind("position, recorded_at, length(body)", "body IS NOT NULL")
        rows = self._session.rows(query, [[kind], chain.number(after), _LAST, limit, limit])
        return [Body(str(position), at, size) for position, at, size in rows]

    def blank(self, positions: Sequence[str]) -> None:
        """Takes bodies away."""
        self._session.write("SELECT blank(%s::bigint[])", [[chain.number(position) for position in positions]])

    def skeleton(self, *, after: str = START, limit: int) -> list[tuple[str, bool]]:
        """Positions, and whether the body is gone."""
        query = "SELECT position, body IS NULL FROM facts WHERE position > %s ORDER BY position LIMIT %s"
        return [(str(position), gone) for position, gone in self._session.rows(query, [chain.number(after), limit])]

    def seal(self, first: str, last: str) -> str:
        """Replaces a run of blanked facts by one fact."""
        span = range(chain.number(first), chain.number(last) + 1)
        query = (
            f"SELECT {postgresql_verify.COLUMNS} FROM facts WHERE position >= %s AND position < %s ORDER BY position"  # noqa: S608
        )
        rows = [postgresql_verify.row(found) for found in self._session.rows(query, [span.start, span.stop])]
        (prepared,) = chain.prepare([(chain.sealed(rows, span), None)])
        return self._appender.seal(span, len(rows), prepared, now=self._clock())

    def reclaim(self) -> bool:
        """Nothing to do: the server's autovacuum gives the room of what is gone to what comes."""
        return False

    def verify(self, against: Checkpoint | None = None) -> Verification:
        """Walks the whole chain and compares what stands with it."""
        return postgresql_verify.verify(self._session, against)

    def close(self) -> None:
        """Closes the connections of this process."""
        self._session.close()


def _no_clock() -> None:
    """The server's own clock counts."""


def _entry(row: tuple[Any, ...]) -> Entry:
    position, recorded_at, kind, key, format_, happened_at, body = row
    try:
        fact = None if body is None else decode(kind, format_, happened_at, body)
        return Entry(str(position), recorded_at, kind, None if key is None else key.decode(), fact)
    except UnicodeDecodeError as error:
        raise StorageError(
            "a stored fact is damaged", where=f"position {position}", fix="nomoat journal verify tells what was changed"
        ) from error
    except NomoatError as error:
        raise StorageError(error.what, where=f"position {position}", fix=error.fix) from error
