"""The keys of an issuer as its identity provider serves them now: discovered where that is asked for, then fetched.

What a provider says is held to the address that was asked and to the algorithms that are pinned; it chooses neither.
Sources: OpenID Connect Discovery 1.0, sections 3 and 4; RFC 7517, section 5.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from nomoat.guard import providers
from nomoat.guard.identity import keysets, strict_json
from nomoat.guard.identity.https import Answer, Line, ProviderError
from nomoat.guard.identity.keysets import KeySet, KeySetError
from nomoat.guard.issuers import IssuerSettings

#: How long one fetch may take, with what it has to discover first.
DEADLINE_S = 5.0
_WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one fetch gave. `date_s` is the provider's clock (seconds since 1970), None where it does not say."""

    found: KeySet
    max_age_s: float | None
    date_s: float | None


class Remote:
    """Fetches the keys of one issuer, one fetch at a time. `ca`: certificates to trust instead of the system's."""

    def __init__(self, settings: IssuerSettings, ca: str = "", *, deadline_s: float = DEADLINE_S) -> None:
        assert settings.remote is not None
        self.settings = settings
        #: Whatever has the same of it gets the same keys.
        self.place = (settings.issuer, settings.algorithms, settings.remote, ca)
        self._address = settings.remote
        self._deadline_s = deadline_s
        self._line = Line(ssl.create_default_context(cadata=ca) if ca else None)

    def fetch(self) -> Fetched:
        """The keys that count. Raises ProviderError: none could be fetched, or nothing that was counts."""
        ends = time.monotonic() + self._deadline_s
        url = self._address.url or self._discovered(ends)
        answer = self._line.ask(url, deadline_s=max(0.0, ends - time.monotonic()))
        try:
            found = keysets.of_set(_object(answer, url), self.settings.algorithms)
        except KeySetError as error:
            raise ProviderError("malformed", str(error), where=url, fix=error.fix) from error
        return Fetched(found, answer.max_age_s, answer.date_s)

    def cut(self) -> None:
        """Ends what is under way, for good."""
        self._line.cut()

    def _discovered(self, ends: float) -> str:
        issuer = self.settings.issuer or ""
        url = issuer.removesuffix("/") + _WELL_KNOWN
        document = _object(self._line.ask(url, deadline_s=max(0.0, ends - time.monotonic())), url)
        if document.get("issuer") != issuer:
            # Section 4.3: it must be exactly the same, or one provider could speak for another.
            fix = "write issuer: exactly as the document names it, where that is your provider"
            raise ProviderError("malformed", "its document names another issuer", where=url, fix=fix)
        return _keys_address(document.get("jwks_uri"), issuer, url)


def _keys_address(found: Any, issuer: str, where: str) -> str:
    try:
        if not isinstance(found, str):
            raise ValueError("it is no text")
        parts = providers.address(found)
        if parts.scheme == "http" and urlsplit(issuer).scheme != "http":
            raise ValueError("it is not encrypted, and the issuer is")
    except ValueError as error:
        fix = "write keys: https://... with the address of its keys"
        raise ProviderError(
            "malformed", "its document has no jwks_uri that may be asked", where=where, fix=fix
        ) from error
    return found


def _object(answer: Answer, url: str) -> dict[str, Any]:
    try:
        return strict_json.parsed(answer.body)
    except ValueError as error:
        fix = "look whether the address is right: a page for people is no key set"
        raise ProviderError("malformed", f"its answer cannot be read: {error}", where=url, fix=fix) from error
