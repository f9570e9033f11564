"""Keeps facts in memory: for tests, and for a service that wants no history.

`memory:` is a store of its own each time, `memory:NAME` one that a process shares by name. Same chain, same state,
same rules as on disk; nothing survives the process.
"""

from __future__ import annotations

import threading
import uuid
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence

from nomoat.errors import CursorMovedError, StorageError
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
    Pruned,
    Revocation,
    Sealed,
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
from nomoat.journal.standing import Change, Standing, apply, change
from nomoat.journal.workers import LISTED_S, Beat, is_held, process_states, seconds_from

_shared: dict[str, MemoryStore] = {}
_shared_lock = threading.Lock()


def open_store(url: str, *, create: bool = True) -> Store:
    """A store in memory; shared within the process where the URL has a name."""
    name = url.partition(":")[2]
    if not name and create:
        return MemoryStore(url)
    with _shared_lock:
        if name not in _shared:
            if not create:
                raise StorageError(f"there is no store '{url}' in this process", where=url, fix="create it first")
            _shared[name] = MemoryStore(url)
        return _shared[name]


class MemoryStore:
    """Facts in memory."""

    def __init__(self, url: str = "memory:", *, clock: Callable[[], str] = timestamp) -> None:
        self._url = url
        self._clock = clock
        self._id = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._rows: dict[int, chain.Row] = {}
        self._positions: list[int] = []
        self._keys: dict[str, int] = {}
        self._standing: dict[tuple[str, str], Standing] = {}
        self._cursors: dict[str, int] = {}
        self._beats: dict[str, Beat] = {}
        self._leases: dict[str, tuple[str, str]] = {}
        self._head = (0, chain.genesis(self._id), "")

    @property
    def id(self) -> str:
        """The store's random id."""
        return self._id

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
        """Commits facts at once; `durable` changes nothing here."""
        prepared = chain.prepare(facts)
        with self._lock:
            self._expect(cursor)
            fresh, places = chain.without_known(prepared, self._keys.__contains__)
            position, before, recorded_at = self._head
            recorded_at = max(self._clock(), recorded_at)
            rows = chain.rows(fresh, position=position, before=before, recorded_at=recorded_at)
            changes = [change(row.position, fact.fact) for row, fact in zip(rows, fresh, strict=True)]
            self._commit(rows, [made for made in changes if made])
            if cursor is not None:
                self._cursors[cursor.reader] = chain.number(cursor.new)
        return [None if place is None else str(rows[place].position) for place in places]

    def _expect(self, cursor: CursorMove | None) -> None:
        if cursor is None:
            return
        stands = self.cursor(cursor.reader)
        if stands != cursor.expected:
            raise CursorMovedError(
                f"reader '{cursor.reader}' is at '{stands}', not at '{cursor.expected}'",
                where=self._url,
                fix="stop the second reader of this name",
            )

    def _commit(self, rows: list[chain.Row], changes: list[Change]) -> None:
        for row in rows:
            self._rows[row.position] = row
            self._positions.append(row.position)
            if row.key is not None:
                self._keys[row.key] = row.position
        for made in changes:
            apply(self._standing, made)
        if rows:
            self._head = (rows[-1].position, rows[-1].link, rows[-1].recorded_at)

    def read(
        self,
        after: str = START,
        *,
        kinds: Iterable[type[Fact]] | None = None,
        upto: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Facts after a cursor, in order."""
        wanted = None if kinds is None else {kind.kind for kind in kinds}
        position, given = chain.number(after), 0
        last = None if upto is None else chain.number(upto)
        while limit is None or given < limit:
            with self._lock:
                index = bisect_right(self._positions, position)
                row = self._rows[self._positions[index]] if index < len(self._positions) else None
            if row is None or (last is not None and row.position > last):
                return
            position = row.position
            if wanted is None or (row.kind if row.kind in KINDS else Unknown.kind) in wanted:
                given += 1
                yield _entry(row)

    def get(self, position: str) -> Entry | None:
        """One fact."""
        with self._lock:
            row = self._rows.get(chain.number(position))
        return None if row is None else _entry(row)

    def find(self, key: str) -> Entry | None:
        """The fact that has this key."""
        with self._lock:
            position = self._keys.get(key)
            return None if position is None else _entry(self._rows[position])

    def head(self) -> Checkpoint:
        """The newest point of the chain."""
        position, link, _ = self._head
        return Checkpoint(self._id, chain.cursor(position), link.hex(), position)

    def cursor(self, reader: str) -> str:
        """Where a reader stands."""
        return chain.cursor(self._cursors.get(reader, 0))

    def before(self, recorded_at: str) -> str:
        """The cursor in front of everything recorded at or after a time."""
        with self._lock:
            earlier = [p for p in self._positions if self._rows[p].recorded_at < recorded_at]
        return str(earlier[-1]) if earlier else START

    def state(self, *, now: str) -> State:
        """What is in force at a time."""
        with self._lock:
            standing = sorted(self._standing.values(), key=lambda one: one.position)
            facts = [self._fact(one.position) for one in standing if not one.until or one.until > now]
        return State(
            tuple(fact for fact in facts if isinstance(fact, Block)),
            tuple(fact for fact in facts if isinstance(fact, Revocation)),
            tuple(fact for fact in facts if isinstance(fact, Logging)),
            tuple(fact for fact in facts if isinstance(fact, Elevation)),
        )

    def incidents(self, *, is_open: bool | None = None) -> list[Incident]:
        """The declared fact of each incident, by number."""
        with self._lock:
            standing = [one for one in self._standing.values() if one.topic == "incident"]
            facts = [self._fact(one.position) for one in standing if is_open is None or one.is_open == is_open]
        return sorted((fact for fact in facts if isinstance(fact, Incident)), key=lambda fact: fact.number)

    def findings(self) -> list[OpenFinding]:
        """What the last run of check over each root left open."""
        with self._lock:
            facts = [self._fact(one.position) for one in self._standing.values() if one.topic == "checked"]
        return [finding for fact in facts if isinstance(fact, Checked) for finding in fact.open]

    def _fact(self, position: int) -> Fact | None:
        row = self._rows.get(position)
        return None if row is None else _entry(row).fact

    def beat(self, process: str, *, role: str, service: str, position: str, ended: bool = False) -> None:
        """A process lives, and has read so far."""
        with self._lock:
            known = self._beats.get(process)
            beat = Beat.now(process, role, service, chain.number(position), ended, known, at=self._clock())
            self._beats[process] = beat
            if ended:
                forgotten = seconds_from(beat.seen_at, -LISTED_S)
                old = [one.id for one in self._beats.values() if one.ended and one.seen_at < forgotten]
                for name in old:
                    del self._beats[name]

    def processes(self) -> list[ProcessState]:
        """Processes seen within the last day, or that did not end."""
        with self._lock:
            return process_states(self._beats.values(), now=self._clock())

    def usage(self) -> Usage:
        """How much is kept, by kind."""
        with self._lock:
            kinds: dict[str, tuple[int, int]] = {}
            for row in self._rows.values():
                facts, size = kinds.get(row.kind, (0, 0))
                kinds[row.kind] = facts + 1, size + len(row.body or "")
        return Usage(kinds, sum(size for _, size in kinds.values()))

    def lease(self, name: str, holder: str, *, seconds: float) -> bool:
        """Takes or renews a lease; False while somebody else holds it."""
        now = self._clock()
        until = seconds_from(now, seconds)
        with self._lock:
            held = self._leases.get(name)
            if held is not None and held[0] != holder and is_held(held[1], now=now, seconds=seconds):
                return False
            self._leases[name] = (holder, until)
            return True

    def bodies(self, kind: str, *, after: str = START, limit: int) -> list[Body]:
        """Facts of a kind whose body is there."""
        with self._lock:
            rows = [self._rows[position] for position in self._positions if position > chain.number(after)]
            kept = [row for row in rows if row.kind == kind and row.body is not None]
            return [Body(str(row.position), row.recorded_at, len(row.body or "")) for row in kept[:limit]]

    def blank(self, positions: Sequence[str]) -> None:
        """Takes bodies away."""
        with self._lock:
            for position in map(chain.number, positions):
                self._rows[position] = self._rows[position]._replace(salt=None, body=None)

    def skeleton(self, *, after: str = START, limit: int) -> list[tuple[str, bool]]:
        """Positions, and whether the body is gone."""
        with self._lock:
            index = bisect_right(self._positions, chain.number(after))
            return [(str(p), self._rows[p].body is None) for p in self._positions[index : index + limit]]

    def seal(self, first: str, last: str) -> str:
        """Replaces a run of blanked facts by one fact."""
        with self._lock:
            span = range(chain.number(first), chain.number(last) + 1)
            rows = [self._rows[position] for position in span if position in self._rows]
            sealed = self.append([(chain.sealed(rows, span), None)])
            for row in rows:
                del self._rows[row.position]
                if row.key is not None:
                    del self._keys[row.key]
            self._positions = [position for position in self._positions if position not in span]
        return str(sealed[0])

    def reclaim(self) -> bool:
        """Nothing to give back."""
        return False

    def verify(self, against: Checkpoint | None = None) -> Verification:
        """Walks the whole chain and compares what stands with it."""
        with self._lock:
            rows = [self._rows[position] for position in self._positions]
            entries = [(row.position, _entry(row).fact) for row in rows if row.kind in ("sealed", "pruned")]
            segments = chain.segments_of((at, fact) for at, fact in entries if isinstance(fact, Sealed))
            covers = chain.covers_of(fact for _, fact in entries if isinstance(fact, Pruned))
            walk = chain.Walk(self._id, against, lambda: segments, lambda: covers)
            walk.take(rows)
            return walk.end(self.head())

    def close(self) -> None:
        """Nothing to end."""


def _entry(row: chain.Row) -> Entry:
    fact = None if row.body is None else decode(row.kind, row.format, row.happened_at, row.body)
    return Entry(str(row.position), row.recorded_at, row.kind, row.key, fact)
