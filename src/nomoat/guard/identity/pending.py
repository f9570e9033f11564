"""What a request may have to wait for before it is known who calls: a moment that somebody else ends.

A waiter never does the work itself: the event loop goes on, and what takes too long is waited for no longer.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from nomoat.guard.identity.model import Identity

Moment: TypeAlias = "concurrent.futures.Future[None]"


def moment() -> Moment:
    """One that has not come. Nobody who waits can call it off for the others."""
    made: Moment = concurrent.futures.Future()
    made.set_running_or_notify_cancel()
    return made


def wait(moments: Iterable[Moment], timeout_s: float) -> None:
    """Returns when all have come, or when the time is over."""
    concurrent.futures.wait(list(moments), timeout_s)


@dataclass(frozen=True, slots=True)
class Pending:
    """A caller who is not known yet: `settle` gives them once `come` has come, or raises; `left` ends waiting."""

    come: Moment
    timeout_s: float
    settle: Callable[[], Identity]
    left: Callable[[], None]

    def wait(self) -> Identity:
        """The caller, where nothing can be awaited. Raises TokenError, KeysUnavailableError."""
        try:
            wait((self.come,), self.timeout_s)
        finally:
            self.left()
        return self.settle()

    async def wait_async(self) -> Identity:
        """The same while the event loop goes on."""
        import asyncio

        try:
            await asyncio.wait((asyncio.wrap_future(self.come),), timeout=self.timeout_s)
        finally:
            self.left()
        return self.settle()
