"""The credentials of programs, of one state of nomoat.yaml: API keys, and client certificates."""

from __future__ import annotations

from nomoat.guard.identity.api_keys import ApiKeys
from nomoat.guard.settings import GuardSettings


class Machines:
    """What is configured, ready to verify; None where it is not."""

    def __init__(self, settings: GuardSettings) -> None:
        self.keys = ApiKeys(settings.api_keys) if settings.api_keys else None

    def __bool__(self) -> bool:
        """True where some program can be known."""
        return self.keys is not None
