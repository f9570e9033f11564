"""The credentials of programs, of one state of nomoat.yaml: API keys, and client certificates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nomoat import settings as settings_file
from nomoat.guard.identity.api_keys import ApiKeys
from nomoat.guard.settings import GuardSettings

if TYPE_CHECKING:
    from nomoat.guard.identity.certificates import Certificates


class Machines:
    """What is configured, ready to verify; None where it is not."""

    def __init__(self, settings: GuardSettings, *, root: Path) -> None:
        """Reads the authorities of certificates. Raises SettingsError where they cannot be read."""
        self.keys = ApiKeys(settings.api_keys) if settings.api_keys else None
        self.certificates = _certificates(settings, root)


def _certificates(settings: GuardSettings, root: Path) -> Certificates | None:
    shown = settings.certificates
    if shown is None:
        return None
    from nomoat.guard.identity.certificates import Certificates

    text = settings_file.secret(shown.ca, root=root, where="certificates.ca") if shown.ca else ""
    return Certificates(shown, settings.trusted_proxies, text)
