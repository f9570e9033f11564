"""Remembers verified tokens, keyed on the whole token: a changed signature is another token."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from nomoat.guard.identity.model import Identity, KeysUnavailableError, TokenError, UnknownKeyError
from nomoat.guard.identity.pending import Pending, wait
from nomoat.guard.identity.tokens import Verified, Verifier, issuer_of, taken_apart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nomoat.guard.identity.introspection import Introspector
    from nomoat.guard.identity.keyring import Keyring

MAX_TOKENS = 8192
#: How long a start waits for the keys that are fetched first, and a request for those that it asked for.
FIRST_S, WAIT_S = 6.0, 1.0


class Bearers:
    """Who bearer tokens name, by one set of issuers and keys; another set begins with nothing remembered.

    Bounded; what is remembered holds until the token expires or other keys come into force, never longer. Safe between
    threads.

    Args:
        verifier: verifies what is signed.
        keyrings: where keys are fetched.
        introspector: who is asked about tokens that say nothing by themselves.
        size: so many are remembered.
    """

    def __init__(
        self,
        verifier: Verifier,
        *,
        keyrings: Iterable[Keyring] = (),
        introspector: Introspector | None = None,
        size: int = MAX_TOKENS,
    ) -> None:
        self._verifier = verifier
        self.keyrings = {keyring.settings.issuer: keyring for keyring in keyrings}
        self._introspector = introspector
        self._size = size
        #: By token, and by the whole header that one came in.
        self._known: dict[str | bytes, Verified] = {}

    def start(self) -> None:
        """Begins to fetch what is not fetched yet, and waits a moment for what comes first."""
        for keyring in self.keyrings.values():
            keyring.listeners += (self.forget,)
            keyring.start()
        wait([keyring.tried for keyring in self.keyrings.values()], FIRST_S)

    def stop(self, *, then: Bearers | None = None) -> None:
        """Ends fetching, but for what `then` goes on with; and asking, where nothing comes after."""
        kept = list(then.keyrings.values()) if then is not None else []
        for keyring in self.keyrings.values():
            keyring.listeners = tuple(one for one in keyring.listeners if one != self.forget)
            if keyring not in kept:
                keyring.stop()
        if self._introspector is not None and then is None:
            self._introspector.stop()

    def known(self, header: bytes, *, now: float) -> Identity | None:
        """The identity behind a whole `Authorization` header whose token was found before; None: `identify` tells."""
        found = self._known.get(header)
        if found is None or now >= found.expires_at:
            return None
        try:
            found.source.current()
        except KeysUnavailableError:
            return None
        return found.identity

    def identify(self, token: str, *, now: float, header: bytes = b"") -> Identity | Pending:
        """The identity behind a token, or whom to wait for. Raises TokenError, KeysUnavailableError.

        `header` is the whole header that it came in: the next one alike need not be taken apart.
        """
        # What is found goes where the look began: if keys change meanwhile, nobody looks there again.
        known = self._known
        found = known.get(token)
        if found is not None and now >= found.expires_at:
            known.pop(token, None)
            found = None
        if found is None and self._introspector is not None and self._is_asked_about(token):
            return self._introspector.identify(token, now=now)
        try:
            if found is None:
                return self._verified(known, token, now)
            # Keys that could not be fetched for too long are none any more, whatever was verified by them.
            found.source.current()
            if header:
                self._remember(known, header, found)
            return found.identity
        except (UnknownKeyError, KeysUnavailableError):
            pending = self._pending(token, now)
            if pending is None:
                raise
            return pending

    def forget(self) -> None:
        """Forgets all tokens."""
        self._known = {}

    def _verified(self, known: dict[str | bytes, Verified], token: str, now: float) -> Identity:
        found = self._verifier.verified(token, now=now)
        self._remember(known, token, found)
        return found.identity

    def _pending(self, token: str, now: float) -> Pending | None:
        """Whoever has a newer set of the keys fetched; None where that was done just now."""
        keyring = self.keyrings.get(issuer_of(taken_apart(token)))
        come = keyring.ask() if keyring is not None else None
        if keyring is None or come is None:
            return None

        def settle() -> Identity:
            return self._verified(self._known, token, now)

        return Pending(come, WAIT_S, settle, keyring.left)

    def _is_asked_about(self, token: str) -> bool:
        """True for what no issuer here has signed: an opaque token, or one of the issuer that is asked."""
        assert self._introspector is not None
        try:
            issuer = issuer_of(taken_apart(token))
        except TokenError:
            return True
        return issuer == self._introspector.settings.issuer

    def _remember(self, known: dict[str | bytes, Verified], token: str | bytes, found: Verified) -> None:
        """When full, the one that came first goes."""
        while len(known) >= self._size:
            with contextlib.suppress(StopIteration, RuntimeError):
                known.pop(next(iter(known)), None)
                continue
            break
        known[token] = found
