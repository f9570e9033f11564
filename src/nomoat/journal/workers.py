"""Processes that use a store: who lives, and how far each has read.

A beat is written every second; a process is live when it was seen within 3 s and has not ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType

from nomoat.journal.facts import moment, timestamp
from nomoat.journal.ports import START, ProcessState

#: A process that was not seen for so long is not live (docs/reference/journal.md).
LIVE_S = 3.0
#: A process that ended, and was not seen for so long, is no longer listed.
LISTED_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Beat:
    """One row of the table of processes."""

    id: str
    host: str
    pid: int
    role: str
    service: str
    started_at: str
    seen_at: str
    position: int
    ended: bool

    @classmethod
    def now(
        cls, process: str, role: str, service: str, position: int, ended: bool, known: Beat | None, *, at: str
    ) -> Beat:
        """This process, seen now."""
        started_at = at if known is None else known.started_at
        return cls(process, host(), os.getpid(), role, service, started_at, at, position, ended)


def host() -> str:
    """The name of this machine."""
    return os.uname().nodename


def is_gone(host: str, pid: int) -> bool:
    """True for a process of this machine that no longer runs; of other machines only time tells."""
    if host != os.uname().nodename:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """True for a process that has ended and that its parent has not waited for yet; told where the system has /proc."""
    try:
        # The name in brackets may hold anything, brackets too: the state follows the last one (proc(5)).
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] in (b"Z", b"X")
    except (OSError, IndexError):
        return False


@contextlib.contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """A service manager stops by SIGTERM: that is a clean end too, and no gap."""
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may say what a signal does.
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def seconds_from(now: str, seconds: float) -> str:
    """A time so many seconds after (or before) another."""
    return timestamp(moment(now) + timedelta(seconds=seconds))


def is_held(until: str, *, now: str, seconds: float) -> bool:
    """True while a lease of so many seconds is in force; one that ends later was taken by a clock that was ahead."""
    return now < until <= seconds_from(now, seconds)


def process_states(beats: Iterable[Beat], *, now: str) -> list[ProcessState]:
    """Processes seen within a day or that never said that they end, oldest first, with whether each is live."""
    live_from, listed_from = seconds_from(now, -LIVE_S), seconds_from(now, -LISTED_S)
    # Who lives is seen again a second after the clock was set back; who is dead would live on until it caught up.
    live_upto = seconds_from(now, LIVE_S)
    return [
        ProcessState(
            id=beat.id,
            host=beat.host,
            pid=beat.pid,
            role=beat.role,
            service=beat.service,
            started_at=beat.started_at,
            seen_at=beat.seen_at,
            position=str(beat.position) if beat.position else START,
            ended=bool(beat.ended),
            live=not beat.ended and live_from <= beat.seen_at <= live_upto,
        )
        for beat in sorted(beats, key=lambda beat: beat.started_at)
        if beat.seen_at >= listed_from or not beat.ended
    ]
