"""What one thread of a guarded process looks after, beside the requests: files that change, the journal, its disk.

Each look is small and goes on whatever another one met; what is wrong is said, and an alert where a person must act.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nomoat.errors import JournalError, NomoatError
from nomoat.guard import loading
from nomoat.journal.facts import Alert, timestamp
from nomoat.journal.retention import Keeper
from nomoat.journal.room import room_for

if TYPE_CHECKING:
    from nomoat.guard.runtime import Runtime

LOOK_S = 1.0
#: How often the disk is looked at.
ROOM_S = 60.0
#: How much of each second may go into shortening the journal: requests come first.
KEEP_S = 0.1


class Caretaker:
    """The thread of one runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nomoat-guard-care", daemon=True)
        self._told = 0
        self._room_at = 0.0
        self._keeps = runtime.loaded.limits
        self._keeper = self._new_keeper()

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends, after what is under way."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(2)

    def _run(self) -> None:
        looks: tuple[tuple[Callable[[], None], str], ...] = (
            (self._tell, "what was held back could not be told"),
            (self._files, "the last good policy stays in force"),
            (self._room, "the journal's disk could not be looked at"),
            (self._shorten, "the journal could not be shortened"),
        )
        while not self._stop.wait(LOOK_S):
            for look, otherwise in looks:
                try:
                    look()
                except Exception as error:
                    # This thread goes on whatever a file or the store holds.
                    self._runtime.say_once(f"{otherwise}: {_words(error)}")

    def _tell(self) -> None:
        runtime = self._runtime
        runtime.audit.tell_held()
        runtime.calls_out.tell()
        if runtime.unwritten > self._told:
            self._told = runtime.unwritten
            runtime.say_once("decisions could not be written, or blocks not read: nomoat doctor looks at the store")

    def _files(self) -> None:
        runtime = self._runtime
        if not loading.is_stale(runtime.loaded):
            return
        try:
            runtime.reload()
        except Exception as error:
            # One alert for each state of the files, whichever worker comes first.
            state = loading.stamps_key(runtime.loaded)
            self._alert("reload-failed", f"the last good policy stays in force: {_words(error)}", state)
            raise

    def _room(self) -> None:
        now = time.monotonic()
        if now < self._room_at:
            return
        self._room_at = now + ROOM_S
        room = room_for(self._runtime.store.url)
        if room is not None and room.is_nearly_gone:
            said = f"the journal's disk is {room.share:.0%} full: when it is full, decisions cannot be written"
            # Once a day, whichever worker comes first.
            self._alert("disk-full", said, f"{datetime.now(UTC):%Y-%m-%d}")

    def _shorten(self) -> None:
        """A few pieces of what `journal.retention` says; whoever holds the lease does it for all."""
        if self._runtime.loaded.limits != self._keeps:
            self._keeper = self._new_keeper()
        ends = time.monotonic() + KEEP_S
        while not self._stop.is_set() and self._keeper.tick() and time.monotonic() < ends:
            continue

    def _new_keeper(self) -> Keeper:
        runtime = self._runtime
        self._keeps = runtime.loaded.limits
        return Keeper(runtime.store, self._keeps, holder=f"guard:{runtime.writer.process}")

    def _alert(self, detection: str, summary: str, once: str) -> None:
        at = timestamp()
        service = self._runtime.loaded.service
        alert = Alert(
            detection=detection, severity="high", summary=summary[:1000],
            service=service, first_event_at=at, last_event_at=at, observed=1,
        )  # fmt: skip
        with contextlib.suppress(JournalError):
            self._runtime.writer.enqueue(alert, f"{detection}:{service}:{once}")


def _words(error: Exception) -> str:
    return loading.described(error) if isinstance(error, NomoatError) else f"{type(error).__name__}: {error}"
