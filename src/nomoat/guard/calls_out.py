"""Decides and records which hosts a service calls; the same calls are one fact a minute, with their number."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nomoat.journal.facts import Outbound

if TYPE_CHECKING:
    from nomoat.guard.asked import Asked
    from nomoat.guard.audit import Audit
    from nomoat.guard.loading import Loaded

#: After a first call, those like it are told so often.
PACE_S = 60.0
_MAX_KINDS = 2_000


@dataclass(slots=True)
class _Told:
    at: float
    fact: Outbound
    held: int = 0


class CallsOut:
    """The outbound calls of one process on their way to the journal. Safe between threads."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._lock = threading.Lock()
        self._told: OrderedDict[tuple[str, str, int, str, bool], _Told] = OrderedDict()

    def decide(self, loaded: Loaded, asked: Asked | None, host: str, port: int, *, enforces: bool) -> bool:
        """True where the call may be made; recorded either way.

        Args:
            loaded: what is decided by.
            asked: the request in whose course it is made; None outside of one.
            host: in ASCII.
            port: of the address.
            enforces: whether a host that nobody declares is refused.
        """
        ground = loaded.hosts.ground(host, port) if loaded.hosts is not None else None
        fact = Outbound(
            service=loaded.service,
            host=host[:255],
            port=port,
            target=asked.known.target if asked is not None else "",
            subject=asked.known.subject if asked is not None else "",
            request=asked.request if asked is not None else "",
            outcome="allow" if ground is not None else "deny",
            enforced=enforces,
            reason=ground or "undeclared",
        )
        self._record(fact)
        return ground is not None or not enforces

    def tell(self, *, all_of_them: bool = False) -> None:
        """Writes what was held back for longer than a minute (or everything); called every second."""
        now = time.monotonic()
        with self._lock:
            for key, told in list(self._told.items()):
                if told.held and (all_of_them or now - told.at >= PACE_S):
                    self._write(told, now)
                elif not told.held and now - told.at >= PACE_S:
                    del self._told[key]

    def _record(self, fact: Outbound) -> None:
        key = (fact.target, fact.host, fact.port, fact.outcome, fact.enforced)
        with self._lock:
            told = self._told.get(key)
            if told is not None:
                told.held += 1
                told.fact = fact
                return
            while len(self._told) >= _MAX_KINDS:
                _, oldest = self._told.popitem(last=False)
                if oldest.held:
                    self._write(oldest, oldest.at)
            self._told[key] = _Told(time.monotonic(), fact)
        self._audit.record(fact)

    def _write(self, told: _Told, now: float) -> None:
        self._audit.record(replace(told.fact, count=told.held))
        told.held, told.at = 0, now
