"""Tells of processes that ended without saying so: what they had not committed is not in the journal."""

from __future__ import annotations

import time

from nomoat.journal import workers
from nomoat.journal.facts import Fact, Gap
from nomoat.journal.ports import ProcessState, Store

#: How long after the last moment in which a killed process may still pass for a live one it is looked for again.
_LATER_S = 1.0


class GapTeller:
    """Tells the gaps of one start: at once, and once more when who only seemed to live then is known to be gone.

    Who was killed a second before cannot be told from who lives, where only time tells.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._again_at: float | None = None
        self._is_done = False

    def tell(self) -> None:
        """Call it after each beat. Raises StorageError: then it is told at the next call."""
        if self._is_done or (self._again_at is not None and time.monotonic() < self._again_at):
            return
        tell_gaps(self._store)
        self._is_done = self._again_at is not None
        self._again_at = time.monotonic() + workers.LIVE_S + _LATER_S


def tell_gaps(store: Store) -> None:
    """Appends a `Gap` for each process that ended without saying so; once for each, whoever starts first.

    It is told of however long ago that was; after that the process counts as ended, and is forgotten as others are.
    """
    gaps: list[tuple[Fact, str | None]] = []
    gone: list[ProcessState] = []
    for process in store.processes():
        if process.ended or (process.live and not workers.is_gone(process.host, process.pid)):
            continue
        because = f"the {process.role} process ended without closing its journal: what it had not committed is missing"
        gap = Gap(process=process.id, service=process.service, last_seen_at=process.seen_at, because=because)
        gaps.append((gap, f"gap:{process.id}"))
        gone.append(process)
    if gaps:
        store.append(gaps)
    for one in gone:
        store.beat(one.id, role=one.role, service=one.service, position=one.position, ended=True)
