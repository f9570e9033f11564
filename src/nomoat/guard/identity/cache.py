"""Remembers verified tokens, keyed on the whole token: a changed signature is another token."""

from __future__ import annotations

from nomoat.guard.identity.model import Identity
from nomoat.guard.identity.tokens import Verifier

MAX_TOKENS = 4096


class Bearers:
    """Who bearer tokens name, by one set of issuers and keys; another set begins with nothing remembered.

    Bounded; what is remembered holds until the token expires, never longer. Safe between threads.
    """

    def __init__(self, verifier: Verifier, size: int = MAX_TOKENS) -> None:
        self._verifier = verifier
        self._size = size
        self._known: dict[str, tuple[Identity, float]] = {}

    def identify(self, token: str, *, now: float) -> Identity:
        """The identity behind a token. Raises TokenError."""
        found = self._known.get(token)
        if found is not None:
            identity, expires_at = found
            if now < expires_at:
                return identity
            self._known.pop(token, None)
        identity, expires_at = self._verifier.verify_until(token, now=now)
        self._remember(token, identity, expires_at)
        return identity

    def _remember(self, token: str, identity: Identity, expires_at: float) -> None:
        """When full, the one that came first goes."""
        while len(self._known) >= self._size:
            try:
                self._known.pop(next(iter(self._known)), None)
            except (StopIteration, RuntimeError):
                break
        self._known[token] = (identity, expires_at)
