"""The keys of one issuer that are in force, fetched again and again by a thread beside the requests.

A request reads what is here and never the network. One whose token names a key that is not here may ask for a fetch and
wait a moment for it; how often that is done is bounded, so that made-up names cannot make us hammer the provider.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from nomoat.guard.identity.https import ProviderError
from nomoat.guard.identity.keys import VerifyingKey
from nomoat.guard.identity.model import KeysUnavailableError
from nomoat.guard.identity.pending import Moment, moment
from nomoat.guard.identity.remote import Fetched
from nomoat.guard.issuers import IssuerSettings
from nomoat.guard.providers import MAX_REFRESH_S, MIN_REFRESH_S

#: Requests get no more than one fetch in so many seconds.
COOL_DOWN_S = 10.0
#: So many requests wait for one fetch at most; the rest are refused at once.
MAX_WAITING = 32
_FIRST_RETRY_S, _LAST_RETRY_S = 1.0, 60.0


class Fetches(Protocol):
    """Gets the keys of an issuer from wherever they are."""

    @property
    def place(self) -> object:
        """Names where that is, and what is taken of it."""

    def fetch(self) -> Fetched:
        """Those that it has now. Raises ProviderError."""

    def cut(self) -> None:
        """Ends a fetch that is under way, for good."""


class _State(NamedTuple):
    keys: tuple[VerifyingKey, ...]
    members: str
    fetched_at: float


class Keyring:
    """What `fetches` gave last, for as long as it may be used; safe between threads."""

    def __init__(
        self,
        settings: IssuerSettings,
        fetches: Fetches,
        *,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        assert settings.remote is not None
        self.settings = settings
        self._address = settings.remote
        self._fetches = fetches
        self._say = say
        self._clock = clock
        self._chance = chance
        #: Called, from the fetching thread, after other keys came into force.
        self.listeners: tuple[Callable[[], None], ...] = ()
        self._state: _State | None = None
        self._wake = threading.Condition()
        self._is_stopped = False
        self._asked: Moment | None = None
        self._waiting = 0
        self._ask_again_at = float("-inf")
        self._failures = 0
        #: Done when the first fetch has ended, whatever it gave.
        self.tried = moment()
        self._thread = threading.Thread(target=self._run, name=f"nomoat-keys-{settings.alias}", daemon=True)

    def start(self) -> None:
        """Begins to fetch, where that has not begun."""
        if self._thread.ident is None:
            self._thread.start()

    def stop(self) -> None:
        """Ends, cutting off what is under way."""
        with self._wake:
            self._is_stopped = True
            self._wake.notify()
        self._fetches.cut()
        if self._thread.ident is not None:
            self._thread.join(2)

    def is_like(self, other: Keyring) -> bool:
        """True where both have the keys of one issuer from one place."""
        return self.settings.alias == other.settings.alias and self._fetches.place == other._fetches.place

    # -- what requests ask -------------------------------------------------------------------------------------------

    @property
    def is_fetched(self) -> bool:
        """True."""
        return True

    def current(self) -> Sequence[VerifyingKey]:
        """The keys in force. Raises KeysUnavailableError: never fetched, or too long ago."""
        state = self._state
        if state is None or self._clock() - state.fetched_at > self._address.outage_s:
            alias = self.settings.alias
            raise KeysUnavailableError(f"there are no keys of {alias} to check a token by", where=f"identity.{alias}")
        return state.keys

    def ask(self) -> Moment | None:
        """The end of a fetch that is asked for; None where the last such one is too near, or too many wait.

        Whoever gets one says `left` when they wait no longer.
        """
        with self._wake:
            if self._is_stopped or self._waiting >= MAX_WAITING:
                return None
            if self._asked is None:
                now = self._clock()
                if now < self._ask_again_at:
                    return None
                self._ask_again_at = now + COOL_DOWN_S
                self._asked = moment()
                self._wake.notify()
            self._waiting += 1
            return self._asked

    def left(self) -> None:
        """One who was waiting waits no longer."""
        with self._wake:
            self._waiting -= 1

    # -- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._wake:
                asked = self._asked
                if self._is_stopped:
                    break
            next_s = self.refresh()
            with self._wake:
                # Who asked during a fetch that nobody had asked for gets another: it may have begun too early.
                if asked is not None:
                    self._asked = None
            self._came(asked)
            with self._wake:
                self._wake.wait_for(lambda: self._is_stopped or self._asked is not None, next_s)
        self._came(asked)

    def _came(self, asked: Moment | None) -> None:
        for one in (asked, self.tried):
            if one is not None and not one.done():
                one.set_result(None)

    def refresh(self) -> float:
        """Fetches once; gives the seconds until the next time."""
        began = self._clock()
        try:
            fetched = self._fetches.fetch()
        except Exception as error:
            # Whatever a provider serves, this thread goes on: without it every token would be refused in the end.
            return self._failed(error)
        self._take(fetched, began)
        return self._next_s(fetched)

    def _take(self, fetched: Fetched, began: float) -> None:
        before, found = self._state, fetched.found
        self._state = _State(found.keys, found.members, began)
        for name in found.exposed:
            # A key that everybody can sign with is no key; its provider has to learn of it.
            self._say(f"identity.{self.settings.alias}: the provider shows the private part of key {name}: not used")
        if self._failures:
            self._failures = 0
            self._say(f"identity.{self.settings.alias}: keys are fetched again")
        if before is None or before.members != found.members:
            for listener in self.listeners:
                listener()

    def _next_s(self, fetched: Fetched) -> float:
        """What the provider says, else what the settings say; always soon enough to try again within the outage."""
        wanted = self._address.refresh_s if fetched.max_age_s is None else fetched.max_age_s
        bounded = max(MIN_REFRESH_S, min(wanted, MAX_REFRESH_S, self._address.outage_s / 2))
        # Not all workers of all hosts at once.
        return bounded * (0.9 + 0.1 * self._chance())

    def _failed(self, error: Exception) -> float:
        self._failures += 1
        if not self._is_stopped:
            self._say(self._told(error))
        wait_s = min(_LAST_RETRY_S, _FIRST_RETRY_S * 2.0 ** min(self._failures - 1, 6))
        return max(_FIRST_RETRY_S, wait_s * (0.5 + 0.5 * self._chance()))

    def _told(self, error: Exception) -> str:
        problem = f"{error.what} ({error.where})" if isinstance(error, ProviderError) else type(error).__name__
        fix = f": {error.fix}" if isinstance(error, ProviderError) else ""
        try:
            self.current()
            then = "the last good ones are used"
        except KeysUnavailableError:
            then = "ITS TOKENS ARE REFUSED"
        return f"identity.{self.settings.alias}: keys cannot be fetched, {then}: {problem}{fix}"
