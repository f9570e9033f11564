"""Commits facts for a process that must not wait: one thread, which commits what has piled up.

`enqueue` never blocks, and its facts are committed within some milliseconds; `commit` returns once its own are, which
is begun at once (many callers share a transaction). The thread also says every second that the process lives. Nothing
is dropped in silence: what could not be kept becomes a `Gap`.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from nomoat.errors import JournalError, StorageError
from nomoat.journal.bell import Bell
from nomoat.journal.facts import Fact, Gap
from nomoat.journal.gaps import GapTeller
from nomoat.journal.ports import START, Store

#: A fact that waits longer than this means that decisions cannot be written (docs/reference/journal.md).
OLDEST_S = 1.0
#: From this age of the oldest waiting fact on requests wait for the writer; how long at most, and between two looks.
BEHIND_S = 0.25
_MOST_PACE_S = 0.5
_PACE_S = 0.005
#: Facts of one transaction: it must not hold the write lock for long.
BATCH = 1000
#: A fact that nobody waits for gives others so long to share its transaction, which costs as much as ten facts.
LINGER_S = 0.01
BEAT_S = 1.0
_RETRY_S = 0.05

_Pair = tuple[Fact, str | None]


class _Ticket:
    """Somebody waits for these facts."""

    __slots__ = ("done", "durable", "error", "positions", "withdrawn")

    def __init__(self, done: Callable[[_Ticket], None], *, durable: bool) -> None:
        self.done = done
        self.durable = durable
        self.error: Exception | None = None
        self.positions: list[str | None] = []
        self.withdrawn = False

    def settle(self, positions: list[str | None], error: Exception | None = None) -> None:
        self.positions, self.error = positions, error
        self.done(self)

    def result(self) -> list[str | None]:
        if self.error is not None:
            raise self.error
        return self.positions


class _Waiting(NamedTuple):
    facts: Sequence[_Pair]
    since: float
    ticket: _Ticket | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How the writer fares. `failure` says why facts cannot be written, empty while they can."""

    waiting: int
    oldest_s: float
    failure: str
    lost: int


class Writer:
    """The committing writer of one process. Safe from several threads and from asyncio; begins anew after a fork."""

    def __init__(
        self,
        store: Store,
        *,
        role: str,
        service: str = "",
        capacity: int = 10_000,
        position: Callable[[], str] = lambda: START,
    ) -> None:
        """Nothing is written before `start`. `position` tells how far this process has read blocks."""
        self._store = store
        self._role = role
        self._service = service
        self._capacity = capacity
        self._position = position
        self._forget()
        _writers.add(self)

    def _forget(self) -> None:
        """As if never started: also in the child of a fork, where the parent commits what was waiting."""
        self._process = uuid.uuid4().hex
        self._waiting: deque[_Waiting] = deque()
        self._again: list[_Waiting] = []
        self._wake = Bell()
        self._start_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_idle = True
        self._is_urgent = False
        self._is_closing = False
        self._busy_since: float | None = None
        self._failed = ""
        self._lost = self._lost_untold = 0
        self._gaps = GapTeller(self._store)
        self._beat_at = 0.0

    @property
    def process(self) -> str:
        """The random id of this process in the table of processes."""
        return self._process

    def start(self) -> None:
        """Registers the process, tells gaps of those that ended uncleanly, starts the thread; again does nothing.

        Raises StorageError where the store cannot be written.
        """
        with self._start_lock:
            if self._thread is not None:
                return
            self._gaps = GapTeller(self._store)
            self._gaps.tell()
            self._beat(ended=False)
            self._is_closing = False
            self._thread = threading.Thread(target=self._run, name="nomoat-journal", daemon=True)
            self._thread.start()
        atexit.register(self.close)

    def enqueue(self, fact: Fact, key: str | None = None) -> bool:
        """Hands a fact over without waiting. False, and counted as lost, where too many wait already."""
        if self._thread is None:
            self.start()
        if len(self._waiting) >= self._capacity:
            self._lost += 1
            self._lost_untold += 1
            return False
        self._waiting.append(_Waiting(((fact, key),), time.monotonic()))
        if self._is_idle:
            self._wake.ring()
        return True

    def commit(self, facts: Sequence[_Pair], *, durable: bool = False, timeout_s: float = 10.0) -> list[str | None]:
        """Blocks until the facts are committed; gives their positions, None for a key that was there.

        Raises StorageError (or JournalError for a fact that cannot be written): then they are not in the journal.
        """
        settled = threading.Event()
        ticket = _Ticket(lambda _: settled.set(), durable=durable)
        self._hand_over(facts, ticket)
        if not settled.wait(timeout_s):
            ticket.withdrawn = True
            raise self._late(timeout_s)
        return ticket.result()

    async def commit_async(
        self, facts: Sequence[_Pair], *, durable: bool = False, timeout_s: float = 10.0
    ) -> list[str | None]:
        """The same for a coroutine: the event loop goes on."""
        import asyncio

        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not future.done():
                future.set_result(None)

        def done(_: _Ticket) -> None:
            # A loop that was closed meanwhile has nobody left who waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle)

        ticket = _Ticket(done, durable=durable)
        self._hand_over(facts, ticket)
        try:
            async with asyncio.timeout(timeout_s):
                await future
        except TimeoutError:
            ticket.withdrawn = True
            raise self._late(timeout_s) from None
        return ticket.result()

    def _hand_over(self, facts: Sequence[_Pair], ticket: _Ticket) -> None:
        if self._thread is None:
            self.start()
        self._waiting.append(_Waiting(tuple(facts), time.monotonic(), ticket))
        self._is_urgent = True
        self._wake.ring()

    def _late(self, timeout_s: float) -> StorageError:
        return StorageError(
            f"facts were not committed within {timeout_s:g} s: {self.failure or 'the store is slow'}",
            where=self._store.url,
            fix="nomoat doctor looks at the store",
        )

    @property
    def failure(self) -> str:
        """Why decisions cannot be written: the last commit failed, or one waits for over 1 s. Empty while they can."""
        if self._failed:
            return self._failed
        oldest_s = self._oldest_s()
        return f"the oldest waiting fact is {oldest_s:.1f} s old" if oldest_s > OLDEST_S else ""

    def keeps_up(self, now: float) -> bool:
        """True while nothing failed and no fact waits for longer than it should, at a time of the monotonic clock."""
        if self._failed:
            return False
        since = self._busy_since
        if since is None:
            try:
                since = self._waiting[0].since
            except IndexError:
                return True
        return now - since <= BEHIND_S

    @property
    def is_behind(self) -> bool:
        """True while facts wait longer than they should, and the writer may still catch up."""
        if self._busy_since is None and not self._waiting:
            return False
        return not self._failed and BEHIND_S < self._oldest_s() <= OLDEST_S

    async def keep_pace(self) -> None:
        """Waits while the writer is behind, half a second at most: under full load a service slows down.

        Otherwise it would go on until the oldest fact is too old, and then be denied what it asks for.
        """
        import asyncio

        ends = time.monotonic() + _MOST_PACE_S
        while self.is_behind and time.monotonic() < ends:
            await asyncio.sleep(_PACE_S)

    def keep_pace_now(self) -> None:
        """The same in a thread that serves one request at a time."""
        ends = time.monotonic() + _MOST_PACE_S
        while self.is_behind and time.monotonic() < ends:
            time.sleep(_PACE_S)

    def health(self) -> Health:
        """How many wait, how long, what failed last, and how many were lost."""
        waiting = sum(len(one.facts) for one in [*self._again, *self._waiting.copy()])
        return Health(waiting, self._oldest_s(), self.failure, self._lost)

    def _oldest_s(self) -> float:
        since = self._busy_since
        if since is None:
            try:
                since = self._waiting[0].since
            except IndexError:
                return 0.0
        return time.monotonic() - since

    def beat_soon(self) -> None:
        """Tells the store at once how far this process has read, not only at the next second."""
        self._beat_at = 0.0
        self._wake.ring()

    def flush(self, *, timeout_s: float = 10.0) -> None:
        """Blocks until everything handed over before is committed. Raises StorageError where it cannot be."""
        self.commit((), timeout_s=timeout_s)

    def close(self, *, timeout_s: float = 5.0) -> None:
        """Commits what waits, says that the process ends, and stops; a second call does nothing.

        Raises StorageError where facts are left that could not be committed; the next start then tells a gap.
        """
        thread, self._is_closing = self._thread, True
        if thread is None:
            return
        atexit.unregister(self.close)
        self._wake.ring()
        thread.join(timeout_s)
        self._thread = None
        left = self.health()
        if thread.is_alive() or left.waiting:
            raise StorageError(
                f"{left.waiting} facts could not be committed: {left.failure or 'the store is slow'}",
                where=self._store.url,
                fix="the next start tells a gap",
            )

    def _run(self) -> None:
        """The thread: commit, beat, wait."""
        while True:
            if self._waiting and not self._is_urgent and not self._is_closing:
                self._wake.wait(LINGER_S)
            self._take_batch()
            if time.monotonic() >= self._beat_at:
                self._try_beat()
            if self._is_closing and (not self._waiting or self._failed):
                break
            self._is_idle = True
            if not self._waiting or self._failed:
                pause = _RETRY_S if self._again else max(0.0, self._beat_at - time.monotonic())
                self._wake.wait(min(pause, BEAT_S))
            self._is_idle = False
            self._wake.hush()
        if not self._again:
            with contextlib.suppress(JournalError):
                self._beat(ended=True)

    def _take_batch(self) -> None:
        # Before the look: whoever comes after it is urgent again, at worst once too often.
        self._is_urgent = False
        batch, self._again = self._again, []
        size = sum(len(one.facts) for one in batch)
        while self._waiting and size < BATCH:
            one = self._waiting.popleft()
            size += len(one.facts)
            batch.append(one)
        if size >= BATCH:
            # What is left has waited already, and may have somebody who waits for it.
            self._is_urgent = True
        batch = [one for one in batch if one.ticket is None or not one.ticket.withdrawn]
        if not batch:
            self._busy_since = None
            return
        self._busy_since = batch[0].since
        self._commit_batch(batch)
        self._busy_since = self._again[0].since if self._again else None

    def _commit_batch(self, batch: list[_Waiting]) -> None:
        durable = any(one.ticket is not None and one.ticket.durable for one in batch)
        facts = [pair for one in batch for pair in one.facts]
        try:
            if self._lost_untold:
                self._tell_lost()
            positions = self._store.append(facts, durable=durable) if facts else []
        except StorageError as error:
            self._fail(batch, error)
        except Exception as error:
            # One fact that cannot be written must not take the others with it.
            if len(batch) > 1:
                for one in batch:
                    self._commit_batch([one])
            else:
                self._refuse(batch[0], error)
        else:
            self._failed = "" if facts else self._failed
            at = 0
            for one in batch:
                if one.ticket is not None:
                    one.ticket.settle(positions[at : at + len(one.facts)])
                at += len(one.facts)

    def _fail(self, batch: list[_Waiting], error: StorageError) -> None:
        """The store does not take them: whoever waits is told, the rest is tried again."""
        self._failed = error.what
        for one in batch:
            if one.ticket is None:
                self._again.append(one)
            else:
                one.ticket.settle([], error)

    def _refuse(self, one: _Waiting, error: Exception) -> None:
        if one.ticket is not None:
            one.ticket.settle([], error)
        else:
            self._lost += len(one.facts)
            self._lost_untold += len(one.facts)

    def _tell_lost(self) -> None:
        """What was refused since the last time, as a fact."""
        lost = self._lost_untold
        because = "more facts waited than the writer holds, or one could not be written"
        gap = Gap(process=self._process, service=self._service, lost=lost, because=because)
        self._store.append([(gap, None)])
        self._lost_untold -= lost

    def _try_beat(self) -> None:
        self._beat_at = time.monotonic() + BEAT_S
        try:
            self._beat(ended=False)
            self._gaps.tell()
            if self._lost_untold:
                self._tell_lost()
        except Exception as error:
            self._failed = str(error.args[0]) if error.args else type(error).__name__
        else:
            if not self._again:
                self._failed = ""

    def _beat(self, *, ended: bool) -> None:
        self._store.beat(self._process, role=self._role, service=self._service, position=self._position(), ended=ended)


_writers: weakref.WeakSet[Writer] = weakref.WeakSet()


def _after_in_child() -> None:
    for writer in list(_writers):
        writer._forget()


os.register_at_fork(after_in_child=_after_in_child)
