"""What a channel is: one module in this folder with `send`, found by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from nomoat.errors import NomoatError


@dataclass(frozen=True, slots=True)
class Note:
    """What people get: a title, the text, and the idempotency key that lets a receiver drop a second copy."""

    title: str
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach people. `target` is where to (a web address, say): it may hold a secret and is never printed."""

    name: str
    kind: str
    target: str = ""
    style: str = "plain"

    def __repr__(self) -> str:
        return f"Channel({self.name!r}, {self.kind!r})"


class DeliveryError(NomoatError):
    """A message was surely not delivered: it may be sent again."""


class UnsureError(NomoatError):
    """Nobody can tell whether a message was delivered: a person decides."""


class Sender(Protocol):
    """The function of each channel's module."""

    def send(self, note: Note, *, channel: Channel, timeout_s: float) -> str:
        """Delivers once and gives a receipt. Raises DeliveryError or UnsureError; never tries again by itself."""
