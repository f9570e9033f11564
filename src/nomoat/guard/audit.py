"""Hands decisions to the journal, and collapses floods of alike denials.

After 20 alike in 10 s, one fact with `count` a second stands for the rest; nothing is dropped without being counted.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

from nomoat.errors import JournalError
from nomoat.journal.codec import EncodedDecision
from nomoat.journal.facts import Decision, Outbound, Response
from nomoat.journal.writer import Writer

#: CONTRACTS: alike denials that are written one by one, the seconds they are counted over, and the pace after that.
ALIKE = 20
ALIKE_S = 10.0
PACE_S = 1.0
_MAX_KINDS = 10_000

_Key = tuple[str, str, str, str, str, int, tuple[str, ...] | None, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class _Flood:
    since: float
    seen: int = 0
    held: int = 0
    told_at: float = 0.0
    last: Decision | None = None


class Audit:
    """The decisions of one process on their way to the journal."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._floods: OrderedDict[_Key, _Flood] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def failure(self) -> str:
        """Why decisions cannot be written; empty while they can."""
        return self._writer.failure

    def record(self, fact: Decision | EncodedDecision | Outbound | Response) -> None:
        """Hands a fact over without waiting; what the writer cannot take it counts, and tells as a gap."""
        try:  # noqa: SIM105  once a request: a context manager costs more than all of this
            self._writer.enqueue(fact)
        except JournalError:
            pass

    def record_denial(self, fact: Decision) -> None:
        """The same for the denial of a safe method, which may stand for many alike."""
        params = () if fact.reason == "unknown-route" else tuple(sorted(fact.params.items()))
        # The status too: in audit mode one answered 200 must not be told as one that the application refused.
        # And what the credential is limited to: one fact stands for all when they are judged again.
        key = (fact.subject, fact.client, fact.target, fact.outcome, fact.reason, fact.status, fact.only, params)
        now = time.monotonic()
        with self._lock:
            flood = self._floods.get(key)
            if flood is None or (now - flood.since > ALIKE_S and not flood.held):
                flood = self._floods[key] = _Flood(now)
                self._bound()
            flood.seen += 1
            if flood.seen <= ALIKE:
                self.record(fact)
                return
            flood.held += 1
            flood.last = fact
            if now - flood.told_at >= PACE_S:
                self._tell(flood, now)

    def tell_held(self) -> None:
        """Writes what was held back for longer than a second; called every second."""
        now = time.monotonic()
        with self._lock:
            for key, flood in list(self._floods.items()):
                if flood.held and now - flood.told_at >= PACE_S:
                    self._tell(flood, now)
                elif not flood.held and now - flood.since > ALIKE_S:
                    del self._floods[key]

    def close(self) -> None:
        """Writes everything that was held back."""
        with self._lock:
            for flood in self._floods.values():
                if flood.held:
                    self._tell(flood, time.monotonic())

    def _tell(self, flood: _Flood, now: float) -> None:
        assert flood.last is not None
        self.record(replace(flood.last, count=flood.held))
        flood.held = 0
        flood.told_at = now
        if now - flood.since > ALIKE_S:
            flood.since, flood.seen = now, ALIKE

    def _bound(self) -> None:
        while len(self._floods) > _MAX_KINDS:
            _, oldest = self._floods.popitem(last=False)
            if oldest.held:
                self._tell(oldest, time.monotonic())
