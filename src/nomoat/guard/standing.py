"""What stands about callers now: blocks, revocations, extra logging, roles for an emergency.

Read from the journal by one thread a process: every 200 ms it looks for new ones by the index of kinds. `age_s` tells
how old that is; over 10 s guard denies.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from nomoat.guard.identity.model import Identity
from nomoat.journal.facts import Block, Elevation, Logging, Revocation, moment, timestamp
from nomoat.journal.ports import START, State, Store

POLL_S = 0.2
#: Everything is read again so often although nothing says that it must be.
REFRESH_S = 60.0
#: Blocks that are older than this are not known well enough to let anybody in.
MAX_AGE_S = 10.0

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Standing:
    """The current blocks and revocations, and how far this process has read."""

    def __init__(
        self,
        store: Store,
        *,
        on_change: Callable[[], None] = lambda: None,
        clock: Callable[[], str] = timestamp,
    ) -> None:
        self._store = store
        self._clock = clock
        self._on_change = on_change
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._read_at = self._refreshed_at = 0.0
        self._looked_at = self._ends_at = self._latest = ""
        #: When each elevation ends, on a clock that nobody sets.
        self._deadlines: dict[str, float] = {}
        self.position = START
        self._take(State())

    def start(self) -> None:
        """Reads once, then goes on in a thread. Raises StorageError when the first reading fails."""
        self._refresh()
        self._thread = threading.Thread(target=self._run, name="nomoat-guard", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2)

    def is_current(self, now: float) -> bool:
        """True where the blocks are known well enough, at a time of the monotonic clock."""
        return now - self._read_at <= MAX_AGE_S

    @property
    def age_s(self) -> float:
        """Seconds since the blocks were last known to be current."""
        return time.monotonic() - self._read_at

    def against(self, identity: Identity | None, client: str) -> Literal["blocked", "revoked"] | None:
        """What refuses a caller whatever the policy says."""
        if self.is_empty:
            return None
        if identity is not None:
            if identity.subject in self._subjects or identity.credential in self._credentials:
                return "blocked"
            if identity.credential in self._revoked or (identity.jti and identity.jti in self._jtis):
                return "revoked"
            before = self._issued_before.get(identity.subject)
            # Who does not say when somebody signed in cannot say that it was after the revocation: refused.
            if before is not None and identity.issued_at < before:
                return "revoked"
        elif "anonymous" in self._subjects:
            return "blocked"
        return "blocked" if self._networks and self._is_blocked(client) else None

    def adds(self, subject: str) -> tuple[str, ...]:
        """What more is to be recorded about a subject now."""
        return self._adds.get(subject, ())

    def elevated(self, subject: str) -> tuple[Elevation, ...]:
        """The roles for an emergency that are open for a subject; none where that is not known to be current."""
        found = self._elevated.get(subject, ())
        if not found or self.age_s > MAX_AGE_S:
            return ()
        now = time.monotonic()
        return tuple(one for one in found if now < self._deadlines[one.elevation])

    def _is_blocked(self, client: str) -> bool:
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            # A test client or a Unix socket has a name or nothing, which no network holds.
            return False
        return any(address in network for network in self._networks)

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            try:
                # A store that cannot be read leaves `age_s` growing: that is what the requests look at.
                self.look()
            except Exception:  # noqa: S112
                # Whatever one reading meets, the next may not: a thread that ended would deny everybody for good.
                continue

    def _raised(self, elevations: tuple[Elevation, ...]) -> dict[str, tuple[Elevation, ...]]:
        """Elevations by subject. Their end moves with no clock: what was worked out first may only come sooner."""
        found: dict[str, tuple[Elevation, ...]] = {}
        for one in elevations:
            ends = time.monotonic() + _seconds(one.until, self._latest)
            self._deadlines[one.elevation] = min(ends, self._deadlines.get(one.elevation, ends))
            found[one.subject] = (*found.get(one.subject, ()), one)
        return found

    def look(self) -> None:
        """Reads what is new, and all again where something has ended. Raises StorageError.

        Revocations never end, so that reading all of them each second would cost more with every year.
        """
        began, now = time.monotonic(), self._clock()
        position = self._store.head().position
        # What had ended is in force again when the clock was set back.
        is_other_time = now < self._looked_at or bool(self._ends_at and now >= self._ends_at)
        if is_other_time or began - self._refreshed_at >= REFRESH_S or self._has_news():
            self._refresh()
        else:
            # Nothing of ours stands before this position.
            self.position = position
            self._read_at = began
        self._looked_at = now

    def _has_news(self) -> bool:
        entry = next(
            iter(self._store.read(self.position, kinds=(Block, Revocation, Logging, Elevation), limit=1)), None
        )
        return entry is not None

    def _refresh(self) -> None:
        """Position first: what is committed after it is read at the next turn, never missed."""
        position = self._store.head().position
        began, now = time.monotonic(), self._clock()
        newest = self._store.get(position) if position != START else None
        # What the store recorded last is a time that has been: a clock that is behind it prolongs nothing.
        self._latest = max(self._latest, now, newest.recorded_at if newest is not None else "")
        state = self._store.state(now=now)
        news = state != self._state
        self._take(state)
        self.position = position
        self._read_at = self._refreshed_at = began
        if news:
            self._on_change()

    def _take(self, state: State) -> None:
        self._state = state
        ends = [one.until for one in state.blocks] + [one.until for one in state.logging]
        ends += [one.until for one in state.elevations]
        self._ends_at = min((_time(until) for until in ends if until), default="")
        self._subjects = frozenset(b.value for b in state.blocks if b.what == "subject")
        self._credentials = frozenset(b.value for b in state.blocks if b.what == "credential")
        self._networks = _networks(b.value for b in state.blocks if b.what == "client")
        self._revoked = frozenset(r.value for r in state.revocations if r.what == "credential")
        self._jtis = frozenset(r.value for r in state.revocations if r.what == "jti")
        self._issued_before = _issued_before(state.revocations)
        self._elevated = self._raised(state.elevations)
        #: True while somebody is raised to a role for an emergency.
        self.elevates = bool(self._elevated)
        self._adds = {one.subject: one.adds for one in state.logging}
        #: True while more is to be recorded about anybody.
        self.logs = bool(state.logging)
        #: True while nothing stands against anybody.
        self.is_empty = not (state.blocks or state.revocations)
        #: True while nothing at all stands about anybody.
        self.is_quiet = self.is_empty and not self.elevates and not self.logs


def _seconds(until: str, since: str) -> float:
    """From one time to another; nothing where either is none."""
    try:
        return (moment(until) - moment(since)).total_seconds() if since else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _time(until: str) -> str:
    try:
        return timestamp(moment(until))
    except (ValueError, OverflowError):
        # The store takes no such fact; if it did, all is read again at each look.
        return START


def _networks(values: Iterable[str]) -> tuple[_Network, ...]:
    found: list[_Network] = []
    for value in values:
        try:
            found.append(ipaddress.ip_network(value, strict=False))
        except ValueError:
            continue
    return tuple(found)


def _issued_before(revocations: tuple[Revocation, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in revocations:
        if one.what == "subject":
            before = moment(one.issued_before).timestamp() if one.issued_before else time.time()
            found[one.value] = max(before, found.get(one.value, 0.0))
    return found
