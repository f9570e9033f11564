"""Counts requests against limits: the generic cell rate algorithm (GCRA), one number for each caller and rule.

A caller may come `at_most` times at once, and then as often as the rate allows; a refused request costs nothing more.
Counted in this process, or with all workers together in Redis; while that does not answer, each counts for itself.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from nomoat.policy.limits import LimitRule

#: So many callers are counted in a process. Beyond, those go that may come again anyway, then the oldest.
MOST_CALLERS = 100_000


class Over(NamedTuple):
    """A caller has come too often: by which rule, and after how many seconds it may come again."""

    rule: LimitRule
    retry_after_s: int


class Counts(Protocol):
    """Where is counted."""

    def take(self, key: str, *, every_s: float, at_most: int) -> float:
        """Counts one request; 0 where it may pass, else the seconds until the next one may.

        Raises OSError where nobody can be asked.
        """
        ...

    def close(self) -> None:
        """Closes its connections."""
        ...


class OwnCounts:
    """Counts of one process. Safe between threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = MOST_CALLERS) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        #: When each caller's allowance is whole again: GCRA's theoretical arrival time.
        self._whole_at: dict[str, float] = {}

    def take(self, key: str, *, every_s: float, at_most: int) -> float:
        """Counts one request."""
        now = self._clock()
        with self._lock:
            whole_at = max(self._whole_at.get(key, now), now)
            waits_s = whole_at - now - every_s * (at_most - 1)
            # Seconds add up with an error of some millionths: a caller who waited as told must pass.
            if waits_s > 1e-6:
                return waits_s
            if key not in self._whole_at and len(self._whole_at) >= self._most:
                self._make_room(now)
            self._whole_at[key] = whole_at + every_s
            return 0.0

    def close(self) -> None:
        """Has no connections."""

    def _make_room(self, now: float) -> None:
        self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}
        if len(self._whole_at) >= self._most:
            # Who came first is forgotten: a flood of addresses must not make guard grow without end.
            for key in list(self._whole_at)[: self._most // 2]:
                del self._whole_at[key]


class Limiter:
    """Holds callers to the rules of a route."""

    def __init__(self, *, own: Counts, shared: Counts | None, say: Callable[[str], None]) -> None:
        self._own = own
        self._shared = shared
        self._say = say

    @property
    def waits(self) -> bool:
        """True where counting asks somebody over the network, so that an event loop must not do it."""
        return self._shared is not None

    def close(self) -> None:
        """Closes connections."""
        if self._shared is not None:
            self._shared.close()

    def over(self, rules: Sequence[LimitRule], *, target: str, client: str, subject: str) -> Over | None:
        """Counts a request against each rule until one is over; None where it may pass.

        Args:
            rules: those of its route.
            target: the map id of its route.
            client: the caller's address; empty where there is none.
            subject: the whole id of who calls, or `anonymous`.
        """
        for rule in rules:
            waits_s = self._take(rule, f"{rule.name}\n{_who(rule, target, client, subject)}")
            if waits_s > 0:
                return Over(rule, max(1, math.ceil(waits_s)))
        return None

    def _take(self, rule: LimitRule, key: str) -> float:
        every_s = rule.within_s / rule.at_most
        if self._shared is not None:
            try:
                return self._shared.take(key, every_s=every_s, at_most=rule.at_most)
            except OSError as error:
                self._say(f"limits: requests cannot be counted together, each worker counts its own: {error}")
        return self._own.take(key, every_s=every_s, at_most=rule.at_most)


def _who(rule: LimitRule, target: str, client: str, subject: str) -> str:
    if rule.by == "route":
        return target
    if rule.by == "subject" and subject != "anonymous":
        return subject
    # Nobody in particular is counted by address: one anonymous caller must not use up what all others have.
    return _network(client)


def _network(client: str) -> str:
    """An address, of IPv6 the /64 that a single subscriber has for itself (RFC 6177, section 2)."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return client
    return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
