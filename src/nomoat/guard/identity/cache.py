"""Remembers verified tokens, keyed on the whole token: a changed signature is another token."""

from __future__ import annotations

from nomoat.guard.identity.model import Identity

MAX_TOKENS = 4096


class TokenCache:
    """Bounded; an entry holds until its token expires, never longer. Safe between threads."""

    def __init__(self, size: int = MAX_TOKENS) -> None:
        self._size = size
        self._known: dict[str, tuple[Identity, float]] = {}

    def get(self, token: str, *, now: float) -> Identity | None:
        """The identity of a token that was verified before and has not expired."""
        found = self._known.get(token)
        if found is None:
            return None
        identity, expires_at = found
        if now >= expires_at:
            self._known.pop(token, None)
            return None
        return identity

    def put(self, token: str, identity: Identity, *, expires_at: float) -> None:
        """Remembers a token that was just verified. When full, the one that came first goes."""
        while len(self._known) >= self._size:
            try:
                self._known.pop(next(iter(self._known)), None)
            except (StopIteration, RuntimeError):
                break
        self._known[token] = (identity, expires_at)
