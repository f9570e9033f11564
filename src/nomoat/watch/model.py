"""A detection, compiled: what it matches, over which window, and what it says. The intermediate form of `watch`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nomoat.journal.facts import Severity
from nomoat.watch.events import Event

Matcher: TypeAlias = Callable[[Event], bool]


@dataclass(frozen=True, slots=True)
class Window:
    """A correlation over a sliding window: at least `threshold` events, or different values of `field`, by `by`."""

    type: Literal["event_count", "value_count"]
    by: tuple[str, ...]
    span_s: float
    threshold: int
    field: str = ""


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The first time that a value of one of `of` is seen by one `by`, `learn_s` after the first fact of the store."""

    of: tuple[str, ...]
    by: str
    learn_s: float
    forget_s: float | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """One detection. Exactly one of `window` and `first_seen`, or neither: then each match is an alert."""

    id: str
    title: str
    severity: Severity
    description: str
    matches: Matcher
    window: Window | None = None
    first_seen: FirstSeen | None = None
    playbook: str = ""
    actions: tuple[str, ...] = ()
    false_positives: tuple[str, ...] = ()
    at: str = ""

    @property
    def by(self) -> tuple[str, ...]:
        """The fields whose values tell one group of events from another."""
        if self.window is not None:
            return self.window.by
        return (self.first_seen.by,) if self.first_seen is not None else ("subject", "credential", "client")
