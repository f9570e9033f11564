"""An identity: who calls, by which credential, with which roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nomoat.errors import NomoatError


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller. `subject` is a whole id: `user:main/ana`, `service:billing`, or of `identity=` `user:local/<id>`.

    `credential` is the fingerprint of what was shown; by it, by `jti` or by `issued_at` (seconds since 1970) it can be
    revoked. Where an `identity=` gives no `issued_at` (when did they sign in?), a revoked subject stays refused: nobody
    can tell a session from before the revocation from one after it. `only` are the permissions that this credential may
    use at most (None: it has no limit of its own): it narrows what the policy grants the subject, and grants nothing.
    """

    subject: str
    roles: tuple[str, ...] = ()
    credential: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)
    jti: str = ""
    issued_at: float = 0
    only: frozenset[str] | None = None


class TokenError(NomoatError):
    """A credential that names nobody. The message never holds any of it."""


class UnknownKeyError(TokenError):
    """No key in force is the one that signed a token. A newer set of its provider may hold it."""


class KeysUnavailableError(NomoatError):
    """A credential could not be checked at all: what its issuer would check it by cannot be had now."""


class CertificateError(TokenError):
    """A client certificate that is forged, cannot be verified, or names nobody."""
