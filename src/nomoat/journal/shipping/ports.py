"""What a receiver is, and in which two ways it can fail to take a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nomoat.errors import IncompleteError
from nomoat.journal.shipping.records import Record


class UndeliveredError(IncompleteError):
    """A batch may not have arrived: it is sent again. `retry_after_s` is what the receiver asked for, or None."""

    def __init__(self, what: str, *, where: str = "", fix: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(what, where=where, fix=fix)
        self.retry_after_s = retry_after_s


class RefusedError(IncompleteError):
    """A receiver will never take this batch as it is: sending it again would change nothing."""


class Receiver(Protocol):
    """Somebody who takes records."""

    @property
    def name(self) -> str:
        """Where it is, safe to print."""

    def take(self, batch: Sequence[Record]) -> str:
        """Returns when the receiver has the whole batch, with what it says of records that it refused (or nothing).

        Raises:
            UndeliveredError: some of it may not have arrived.
            RefusedError: it will never be taken.
        """

    def close(self) -> None:
        """Ends the connection."""
