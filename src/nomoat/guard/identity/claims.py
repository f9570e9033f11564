"""What verified claims say: until when they hold, for whom they are, and whom they name.

The same for a token that carries its claims and for one whose issuer is asked about it. A claim of a wrong type refuses
the token, and the reason never holds any of it.
Source: RFC 7519, section 4.1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn

from nomoat.guard.identity import kubernetes
from nomoat.guard.identity.model import Identity, TokenError
from nomoat.guard.issuers import IssuerSettings

_MAX_SUBJECT = 256
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def refuse(why: str) -> NoReturn:
    """Raises TokenError; `why` says what is wrong and quotes nothing of the token."""
    raise TokenError(f"a token is refused: {why}")


def end_of(claims: Mapping[str, Any], settings: IssuerSettings, now: float) -> float:
    """When they end, leeway included (seconds since 1970). Raises TokenError: over, not begun, or without an end."""
    expires, begins, issued = _time(claims, "exp"), _time(claims, "nbf"), _time(claims, "iat")
    if expires is None:
        loosened = settings.no_expiry
        if loosened is None or loosened.is_over(date.today()):
            refuse("it never expires")
        expires = now + 60.0
    elif now >= expires + settings.leeway_s:
        refuse("it has expired")
    if begins is not None and now < begins - settings.leeway_s:
        refuse("it is not valid yet")
    if issued is not None and now < issued - settings.leeway_s:
        refuse("it was issued in the future")
    return expires + settings.leeway_s


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(f"{name} is no time")
    if isinstance(value, float) and not math.isfinite(value):
        refuse(f"{name} is no time")
    if not 0 <= value < 1e11:
        refuse(f"{name} is no time")
    return float(value)


def check_audience(claims: Mapping[str, Any], settings: IssuerSettings) -> None:
    """A configured audience must be among the token's; without one, the issuer alone is what the token is held to."""
    if not settings.audience:
        return
    audience = claims.get("aud")
    found = [audience] if isinstance(audience, str) else audience
    if not isinstance(found, list) or settings.audience not in found or not all(isinstance(one, str) for one in found):
        refuse("it is for another audience")


def identity_of(claims: Mapping[str, Any], settings: IssuerSettings, fingerprint: str) -> Identity:
    """The caller whom they name. Raises TokenError."""
    subject = _claim(claims, settings.subject)
    if not isinstance(subject, str) or not subject or len(subject) > _MAX_SUBJECT or _CONTROL.search(subject):
        refuse("it names nobody")
    if settings.kind == "kubernetes":
        claims = _of_cluster(claims, subject)
    whole = f"user:{settings.alias}/{subject}" if settings.kind == "user" else _service(subject, settings)
    issued, jti = claims.get("iat"), claims.get("jti", "")
    if not isinstance(jti, str):
        # RFC 7519, section 4.1.7. Whatever else it is, nobody could revoke it by its name.
        refuse("its jti is no text")
    return Identity(
        subject=whole,
        roles=_names(_claim(claims, settings.roles)) if settings.roles else (),
        credential=fingerprint,
        claims=claims,
        jti=jti,
        issued_at=float(issued) if isinstance(issued, (int, float)) and not isinstance(issued, bool) else 0.0,
        only=frozenset(_names(_claim(claims, settings.scopes))) if settings.scopes else None,
    )


def _service(subject: str, settings: IssuerSettings) -> str:
    if settings.service_names:
        name = dict(settings.service_names).get(subject)
        if name is None:
            refuse("it is of no service that nomoat.yaml names")
        return f"service:{name}"
    account = kubernetes.account_of(subject) if settings.kind == "kubernetes" else None
    name = ".".join(account) if account is not None else subject
    if not _SERVICE.match(name):
        refuse("its subject is no service's name")
    return f"service:{name}"


def _of_cluster(claims: Mapping[str, Any], subject: str) -> Mapping[str, Any]:
    account = kubernetes.account_of(subject)
    if account is None:
        refuse("its subject is no service account")
    if not kubernetes.is_bound(claims, account):
        refuse("it is bound to no service account, or to another one")
    return kubernetes.flat(claims)


def _claim(claims: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = claims
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _names(value: Any) -> tuple[str, ...]:
    """Roles or scopes: a list, or text with spaces between them (RFC 6749, section 3.3); none where it is neither."""
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(dict.fromkeys(value))
    return ()
