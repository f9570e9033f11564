"""Tells events that count from late ones and from those of a clock that is ahead, by source.

A source is late against its own newest event, never against another's. One event of the future must not make all that
follow late: where a source has shown the right time, what it says of the future is only counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from nomoat.watch.events import Event

#: How far an event may be behind the newest one of its source, or ahead of our clock, and still count.
LATE_S = 60.0


@dataclass(slots=True)
class Arrivals:
    """The newest event of each source, and what was only counted."""

    late: Counter[str] = field(default_factory=Counter)
    ahead: Counter[str] = field(default_factory=Counter)
    _newest: dict[str, float] = field(default_factory=dict)
    _right: set[str] = field(default_factory=set)

    def is_jump(self, event: Event, *, now_s: float) -> bool:
        """True where this event shows that the source's clock was ahead before; what it said then is forgotten."""
        if event.at_s > now_s + LATE_S:
            return False
        self._right.add(event.source)
        if self._newest.get(event.source, 0.0) <= now_s + LATE_S:
            return False
        del self._newest[event.source]
        return True

    def counts(self, event: Event, *, now_s: float) -> bool:
        """True for an event that counts; the others are counted as late or ahead."""
        source = event.source
        if event.at_s > now_s + LATE_S and source in self._right:
            self.ahead[source] += 1
            return False
        newest = self._newest.get(source, event.at_s)
        if event.at_s < newest - LATE_S:
            self.late[source] += 1
            return False
        self._newest[source] = max(newest, event.at_s)
        return True
