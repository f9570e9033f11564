"""Whose turn it is: one process at a time does steps of an incident, and its turn ends with the process.

A lock that the kernel releases when its holder dies tells a step that was interrupted from one that somebody else is
doing right now, at once and without a timeout.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nomoat.errors import NomoatError, StorageError

_POLL_S = 0.05


class BusyError(NomoatError):
    """Another process is doing a step of this incident."""


@contextmanager
def turn(state: Path, number: int, *, wait_s: float = 0.0) -> Iterator[None]:
    """Holds the turn of an incident. Raises BusyError where it is somebody else's for longer than `wait_s`."""
    path = state / "turns" / f"INC-{number}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"cannot take turns: {error.strerror}", where=str(path), fix="make it writable") from error
    try:
        _take(descriptor, number, time.monotonic() + wait_s)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, number: int, ends: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends:
                raise BusyError(
                    f"another process is doing a step of INC-{number}",
                    where="nomoat respond",
                    fix="try again in a moment",
                ) from None
            time.sleep(_POLL_S)
        else:
            return
