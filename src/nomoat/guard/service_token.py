"""A token of the service's own, which `outbound` shows to the other services: OAuth 2.0 client credentials.

Sources: RFC 6749, sections 2.3.1, 4.4 and 5.1.
"""

from __future__ import annotations

import math
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, urlencode

from nomoat import settings as settings_file
from nomoat.errors import NomoatError, UsageError
from nomoat.guard import providers

if TYPE_CHECKING:
    import ssl

DEADLINE_S = 5.0
#: A token that says nothing of its end is used so long (RFC 6749 leaves it to the issuer's documentation).
UNTOLD_S = 60.0
#: From this part of its life on a new one is asked for; the old one goes on until that comes, or until it ends.
RENEWED_AT = 0.8
#: After a failure nobody is asked for so long: each request of the service would ask anew.
REST_S = 1.0
_LONGEST_S = 24 * 3600.0


class ServiceTokenError(NomoatError):
    """The issuer gave no token; nothing was sent. The message never holds the secret or an answer."""


class ServiceToken:
    """What a service shows of itself. Safe between threads; one request asks, others wait for it.

    Args:
        url: the issuer's token endpoint: https, or http to this machine.
        client: the name of this service at the issuer, or a reference to it (`env:NAME`).
        secret: a reference, `env:NAME` or `file:PATH`, never the secret itself.
        scope: what to ask for, names with spaces; empty: what the issuer gives by itself.
        audience: for issuers that want one.
        ca: `file:PATH` of the authority that signed the issuer's certificate, where that is none of the machine's.

    Raises:
        UsageError: an address that is not encrypted, or a secret that is no reference.
    """

    def __init__(
        self,
        url: str,
        *,
        client: str,
        secret: str,
        scope: str = "",
        audience: str = "",
        ca: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if secret.partition(":")[0] not in ("env", "file"):
            raise UsageError(
                "the secret of a ServiceToken must be a reference", where="guard.ServiceToken",
                fix='secret="env:NAME", or "file:PATH"',
            )  # fmt: skip
        try:
            providers.address(url)
        except ValueError as error:
            raise UsageError(f"the address cannot be used: {error}", where="guard.ServiceToken") from error
        self._url = url
        self._client, self._secret, self._ca = client, secret, ca
        self._form = {"grant_type": "client_credentials"} | {
            name: value for name, value in (("scope", scope), ("audience", audience)) if value
        }
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = self._ends_at = self._rests_until = -math.inf

    @property
    def known(self) -> str:
        """The token, where no new one has to be asked for; empty otherwise."""
        return self._token if self._clock() < self._renew_at else ""

    def get(self) -> str:
        """The token; asks the issuer where it must, 5 s at most. Raises ServiceTokenError."""
        known = self.known
        if known:
            return known
        with self._lock:
            now = self._clock()
            if now < self._renew_at:
                return self._token
            try:
                if now < self._rests_until:
                    raise ServiceTokenError("the issuer gave no token a moment ago", where=self._url)
                self._ask(now)
            except ServiceTokenError:
                # The old one is as good as before until it ends.
                if now >= self._ends_at:
                    raise
            return self._token

    def _ask(self, now: float) -> None:
        from nomoat.guard.identity import strict_json
        from nomoat.guard.identity.https import Line, ProviderError

        try:
            answer = Line(self._trusting()).ask(
                self._url, deadline_s=DEADLINE_S, body=urlencode(self._form).encode(), headers=self._authorization()
            )
            found = strict_json.parsed(answer.body)
        except (ProviderError, ValueError) as error:
            self._rests_until = now + REST_S
            said = error.what if isinstance(error, ProviderError) else "its answer is no JSON object"
            raise ServiceTokenError(
                f"the issuer gave no token: {said}", where=self._url, fix="look at its address, client and secret"
            ) from error
        token, kind, life = found.get("access_token"), found.get("token_type"), found.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(kind, str) or kind.lower() != "bearer":
            self._rests_until = now + REST_S
            raise ServiceTokenError("the issuer gave no bearer token", where=self._url)
        is_told = isinstance(life, int | float) and not isinstance(life, bool) and 0 < life < math.inf
        life_s = min(float(life), _LONGEST_S) if is_told and isinstance(life, int | float) else UNTOLD_S
        self._token, self._ends_at, self._renew_at = token, now + life_s, now + life_s * RENEWED_AT

    def _authorization(self) -> dict[str, str]:
        client = self._client
        if client.partition(":")[0] in ("env", "file"):
            client = settings_file.secret(client, root=Path(), where="guard.ServiceToken")
        secret = settings_file.secret(self._secret, root=Path(), where="guard.ServiceToken")
        # Both are form-encoded before they are put together (RFC 6749, section 2.3.1).
        shown = b64encode(f"{quote_plus(client)}:{quote_plus(secret)}".encode()).decode("ascii")
        return {"Authorization": f"Basic {shown}"}

    def _trusting(self) -> ssl.SSLContext | None:
        import ssl

        if not self._ca:
            return None
        certificates = settings_file.secret(self._ca, root=Path(), where="guard.ServiceToken")
        try:
            return ssl.create_default_context(cadata=certificates)
        except (OSError, ValueError) as error:
            raise ServiceTokenError(
                "the certificates of ca cannot be read", where=self._url, fix="give certificates in PEM"
            ) from error
