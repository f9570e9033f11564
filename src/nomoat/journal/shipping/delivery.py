"""Brings batches to a receiver, again until it has them, and moves the cursor only then.

At least once: a shipper that is killed begins again at its cursor, so at most its last batch arrives twice. Time,
chance and talk are passed in.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nomoat.errors import CursorMovedError
from nomoat.journal.ports import START, CursorMove, Store
from nomoat.journal.shipping.ports import Receiver, UndeliveredError
from nomoat.journal.shipping.records import Record

#: Records a batch; what is lost of work when a receiver fails, and what may arrive twice.
BATCH = 256
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
#: The same trouble is told so often.
SAID_S = 60.0
#: Readers of the journal that bring it elsewhere have names of their own.
READER = "ship:{name}"


@dataclass(slots=True)
class Patience:
    """How long a batch is tried: `whole_s` seconds in all, None for ever. The waits double, each a little different."""

    whole_s: float | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    # How far apart shippers try again is no secret.
    chance: Callable[[], float] = field(default=random.random)

    def wait_s(self, attempt: int, asked_s: float | None) -> float:
        """Seconds before try number `attempt` + 1: what the receiver asked for, or doubled from half a second."""
        if asked_s is not None:
            # "At once", again and again, would be a loop without a pause.
            return max(asked_s, FIRST_WAIT_S / 2)
        return min(FIRST_WAIT_S * 2.0 ** min(attempt - 1, 10), LONGEST_WAIT_S) * (0.5 + self.chance() / 2)


class Delivery:
    """Brings batches to one receiver; `refused` counts what it said of records that it did not take."""

    def __init__(self, receiver: Receiver, say: Callable[[str], None], patience: Patience) -> None:
        self._receiver = receiver
        self._say = say
        self._patience = patience
        self._said_at: float | None = None
        self.refused: list[str] = []

    def bring(self, batch: Sequence[Record]) -> None:
        """Returns when the receiver has the batch. Raises UndeliveredError when patience ends, and RefusedError."""
        if not batch:
            return
        began, attempt = self._patience.clock(), 0
        while True:
            attempt += 1
            try:
                complaint = self._receiver.take(batch)
            except UndeliveredError as error:
                wait_s = self._patience.wait_s(attempt, error.retry_after_s)
                whole_s = self._patience.whole_s
                if whole_s is not None and self._patience.clock() + wait_s - began > whole_s:
                    raise
                self._say_trouble(error, batch)
                self._patience.sleep(wait_s)
                continue
            if self._said_at is not None:
                self._say(f"{self._receiver.name} takes facts again, from position {batch[0].position} on")
                self._said_at = None
            if complaint:
                self.refused.append(complaint)
                self._say(f"of the facts {batch[0].position} to {batch[-1].position}: {complaint}")
            return

    def _say_trouble(self, error: UndeliveredError, batch: Sequence[Record]) -> None:
        now = self._patience.clock()
        if self._said_at is None or now - self._said_at >= SAID_S:
            self._said_at = now
            self._say(f"{error.what}: {error.where}; the facts from position {batch[0].position} on wait")


class Bookmark:
    """Where a shipper stands: in the store under its name, or nowhere but here."""

    def __init__(self, store: Store, name: str, *, begin: str | None = None) -> None:
        self._store = store
        self._reader = READER.format(name=name) if name else ""
        stored = store.cursor(self._reader) if self._reader else START
        self._is_new = stored == START
        self.stored = stored
        self.position = begin if begin is not None and self._is_new else stored

    def check(self) -> None:
        """Raises CursorMovedError where somebody else of this name went on: what they brought is not brought again."""
        if self._reader and self._store.cursor(self._reader) != self.stored:
            raise _moved(self._reader)

    def move(self, position: str) -> None:
        """Stands at a position from now on."""
        if self._reader:
            try:
                self._store.append([], cursor=CursorMove(self._reader, self.stored, position))
            except CursorMovedError as error:
                raise _moved(self._reader) from error
            self.stored = position
        self.position = position


def _moved(reader: str) -> CursorMovedError:
    name = reader.partition(":")[2]
    return CursorMovedError(
        f"another follower is called {name} and has gone on", where=f"--as {name}", fix="stop one of both, or rename it"
    )
