"""Verifies JSON Web Tokens: our own strict checks first, then the signature by joserfc, then the claims.

A token that is not exactly what its issuer is configured to give is refused, and the reason never holds any of it.
Sources: RFC 7515, 7519, 8725 (best current practices).
"""

from __future__ import annotations

import binascii
import hashlib
import json
import math
import re
import time
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from nomoat import settings as settings_file
from nomoat.errors import SettingsError
from nomoat.guard.identity.model import Identity, TokenError
from nomoat.guard.settings import IssuerSettings

if TYPE_CHECKING:
    from joserfc.jwk import Key

MAX_BYTES = 16 * 1024
_MAX_DEPTH = 10
_MAX_SUBJECT = 256
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+\Z")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
#: Header members by which a token would bring its own key, or change what is signed (RFC 8725, 3.5 and 3.10).
_REFUSED = ("crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc")
_MIN_SECRET_BYTES = 32
_MIN_RSA_BITS = 2048
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


class Verifier:
    """The issuers with their keys. Build it with `load`."""

    def __init__(self, issuers: Iterable[tuple[IssuerSettings, list[tuple[str, Key]]]]) -> None:
        self._issuers = {settings.issuer: (settings, keys) for settings, keys in issuers}

    @classmethod
    def load(cls, issuers: Iterable[IssuerSettings], *, root: Path) -> Verifier:
        """Reads the keys. Raises SettingsError: absent, unreadable, too short, of another kind than the algorithms."""
        return cls((one, _keys(one, root)) for one in issuers)

    def verify(self, token: str, *, now: float | None = None) -> Identity:
        """Who the token names. Raises TokenError."""
        return self.verify_until(token, now=time.time() if now is None else now)[0]

    def verify_until(self, token: str, *, now: float) -> tuple[Identity, float]:
        """The same with the time (seconds since 1970) from which on the token is no longer good."""
        header, claims, signing_input = _taken_apart(token)
        issuer = claims.get("iss")
        if issuer is not None and not isinstance(issuer, str):
            _refuse("iss is no text")
        known = self._issuers.get(issuer)
        if known is None:
            _refuse("nobody that is known issued it")
        settings, keys = known
        _check_header(header, settings)
        _check_signature(token, header, settings, keys)
        expires_at = _check_times(claims, settings, now)
        _check_audience(claims, settings)
        fingerprint = "sha256:" + hashlib.sha256(signing_input).hexdigest()
        return _identity(claims, settings, fingerprint), expires_at


def _refuse(why: str) -> NoReturn:
    raise TokenError(f"a token is refused: {why}")


def _taken_apart(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    if len(token) > MAX_BYTES:
        _refuse("it is over 16 KB")
    parts = token.split(".")
    if len(parts) != 3:
        _refuse("it has not three parts")
    header, claims = _object(_decoded(parts[0])), _object(_decoded(parts[1]))
    _decoded(parts[2])
    return header, claims, f"{parts[0]}.{parts[1]}".encode("ascii")


def _decoded(segment: str) -> bytes:
    """Canonical base64url alone: no padding, no other alphabet, no bits behind the last byte (RFC 7515, section 2)."""
    if not _SEGMENT.match(segment):
        _refuse("a part is no base64url")
    try:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (binascii.Error, ValueError):
        _refuse("a part is no base64url")
    if urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != segment:
        _refuse("a part is not in its one spelling")
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(found)
        if len(members) != len(found):
            _refuse("a member stands twice")
        return members

    def constant(_name: str) -> NoReturn:
        _refuse("a number is not finite")

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError):
        _refuse("a part is no JSON")
    if not isinstance(value, dict):
        _refuse("a part is no JSON object")
    if _depth(value) > _MAX_DEPTH:
        _refuse("it is nested too deeply")
    return value


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= _MAX_DEPTH:
        depth += 1
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
    return depth


def _check_header(header: Mapping[str, Any], settings: IssuerSettings) -> None:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in settings.algorithms:
        _refuse("its algorithm is not the issuer's")
    for name in _REFUSED:
        if name in header:
            _refuse(f"its header has {name}")
    kind = header.get("typ")
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in ("jwt", "at+jwt", "application/at+jwt")):
        _refuse("its typ is no access token's")
    if "kid" in header and not isinstance(header["kid"], str):
        _refuse("its kid is no text")


def _check_signature(
    token: str, header: Mapping[str, Any], settings: IssuerSettings, keys: list[tuple[str, Key]]
) -> None:
    from joserfc import jws
    from joserfc.errors import JoseError

    key_id = header.get("kid")
    named = [key for name, key in keys if name]
    if key_id is not None and named:
        candidates = [key for name, key in keys if name == key_id]
        if not candidates:
            _refuse("its kid is not known")
    else:
        candidates = [key for _, key in keys]
    algorithm = str(header["alg"])
    for key in candidates:
        if not _fits(algorithm, key):
            continue
        try:
            jws.deserialize_compact(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            continue
        return
    _refuse("its signature is wrong")


def _fits(algorithm: str, key: Key) -> bool:
    if algorithm.startswith("HS"):
        return key.key_type == "oct"
    if algorithm[:2] in ("RS", "PS"):
        return key.key_type == "RSA"
    if algorithm in _CURVES:
        return key.key_type == "EC" and getattr(key, "curve_name", "") == _CURVES[algorithm]
    return key.key_type == "OKP"


def _check_times(claims: Mapping[str, Any], settings: IssuerSettings, now: float) -> float:
    expires, begins, issued = (_time(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None:
        loosened = settings.no_expiry
        if loosened is None or loosened.is_over(date.today()):
            _refuse("it never expires")
        expires = now + 60.0
    elif now >= expires + settings.leeway_s:
        _refuse("it has expired")
    if begins is not None and now < begins - settings.leeway_s:
        _refuse("it is not valid yet")
    if issued is not None and now < issued - settings.leeway_s:
        _refuse("it was issued in the future")
    return expires + settings.leeway_s


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(f"{name} is no time")
    if isinstance(value, float) and not math.isfinite(value):
        _refuse(f"{name} is no time")
    if not 0 <= value < 1e11:
        _refuse(f"{name} is no time")
    return float(value)


def _check_audience(claims: Mapping[str, Any], settings: IssuerSettings) -> None:
    """A configured audience must be among the token's; without one, the issuer alone is what the token is held to."""
    if not settings.audience:
        return
    audience = claims.get("aud")
    found = [audience] if isinstance(audience, str) else audience
    if not isinstance(found, list) or settings.audience not in found or not all(isinstance(one, str) for one in found):
        _refuse("it is for another audience")


def _identity(claims: dict[str, Any], settings: IssuerSettings, fingerprint: str) -> Identity:
    subject = _claim(claims, settings.subject)
    if not isinstance(subject, str) or not subject or len(subject) > _MAX_SUBJECT or _CONTROL.search(subject):
        _refuse("it names nobody")
    if settings.kind == "service":
        if not _SERVICE.match(subject):
            _refuse("its subject is no service's name")
        whole = f"service:{subject}"
    else:
        whole = f"user:{settings.alias}/{subject}"
    issued, jti = claims.get("iat"), claims.get("jti", "")
    if not isinstance(jti, str):
        # RFC 7519, section 4.1.7. Whatever else it is, nobody could revoke it by its name.
        _refuse("its jti is no text")
    return Identity(
        subject=whole,
        roles=_roles(_claim(claims, settings.roles)) if settings.roles else (),
        credential=fingerprint,
        claims=claims,
        jti=jti,
        issued_at=float(issued) if isinstance(issued, (int, float)) and not isinstance(issued, bool) else 0.0,
    )


def _claim(claims: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = claims
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _roles(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(dict.fromkeys(value))
    return ()


# -- keys --------------------------------------------------------------------------------------------------------------


def _keys(settings: IssuerSettings, root: Path) -> list[tuple[str, Key]]:
    where = f"identity.{settings.alias}"
    text = settings_file.secret(settings.key, root=root, where=where)
    if settings.is_symmetric:
        return [("", _secret(text, where))]
    if "EdDSA" in settings.algorithms:
        _accept_the_name_eddsa()
    found = _public(text, where)
    for algorithm in settings.algorithms:
        if not any(_fits(algorithm, key) for _, key in found):
            raise SettingsError(
                f"no key of {settings.alias} fits {algorithm}", where=where, fix="check keys and algorithms"
            )
    return found


def _accept_the_name_eddsa() -> None:
    """RFC 9864 prefers `Ed25519`; issuers go on writing EdDSA, and where warnings are errors a good token must pass."""
    from joserfc.errors import SecurityWarning

    warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


def _secret(text: str, where: str) -> Key:
    from joserfc.jwk import OctKey

    if len(text.encode()) < _MIN_SECRET_BYTES:
        raise SettingsError(
            f"the secret is shorter than {_MIN_SECRET_BYTES} bytes", where=where, fix="make one: openssl rand -hex 32"
        )
    return OctKey.import_key(text)


def _public(text: str, where: str) -> list[tuple[str, Key]]:
    from joserfc import jwk
    from joserfc.errors import JoseError

    try:
        if text.lstrip().startswith("{"):
            document = json.loads(text)
            members = document.get("keys", [document])
            if any(member.get("kty") == "oct" for member in members):
                raise SettingsError("a secret stands among public keys", where=where, fix="keep key sets of one kind")
            found = [(str(member.get("kid", "")), jwk.import_key(member)) for member in members]
        else:
            found = [("", _pem(text))]
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError("the keys cannot be read", where=where, fix="give a JWKS or a PEM public key") from error
    if not found:
        raise SettingsError("there are no keys", where=where, fix="give a JWKS or a PEM public key")
    for _, key in found:
        if key.key_type == "RSA" and getattr(key.public_key, "key_size", 0) < _MIN_RSA_BITS:
            raise SettingsError(f"an RSA key has fewer than {_MIN_RSA_BITS} bits", where=where, fix="make a longer key")
    return found


def _pem(text: str) -> Key:
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, OKPKey, RSAKey

    for kind in (RSAKey, ECKey, OKPKey):
        try:
            return kind.import_key(text)
        except (JoseError, ValueError, TypeError, AttributeError):
            continue
    raise ValueError("no PEM key of a known kind")
