"""Verifies JSON Web Tokens: our own strict checks first, then the claims, then the signature by joserfc.

A token that is not exactly what its issuer is configured to give is refused, and the reason never holds any of it.
Sources: RFC 7515, 7519, 8725 (best current practices).
"""

from __future__ import annotations

import binascii
import functools
import hashlib
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nomoat.guard.identity import keys as key_files
from nomoat.guard.identity import strict_json
from nomoat.guard.identity.claims import check_audience, end_of, identity_of, refuse
from nomoat.guard.identity.keys import KeySource, candidates
from nomoat.guard.identity.model import Identity, UnknownKeyError
from nomoat.guard.issuers import IssuerSettings

MAX_BYTES = 16 * 1024
#: So many keys of a set that is fetched are tried at most for one token.
MAX_TRIED = 10
#: Headers of so many characters are remembered.
_SHORT = 512
#: The alphabet of base64url in that of base64 (RFC 4648, section 5).
_PLAIN = bytes.maketrans(b"-_", b"+/")
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+\Z")
#: Header members by which a token would bring its own key, or change what is signed (RFC 8725, 3.5 and 3.10).
_REFUSED = ("crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc")


class Verified(NamedTuple):
    """Whom a token names, until when (seconds since 1970), and the keys by which that was found."""

    identity: Identity
    expires_at: float
    source: KeySource


class Verifier:
    """The issuers with their keys. Build it with `load` where all keys are in the settings."""

    def __init__(self, issuers: Iterable[tuple[IssuerSettings, KeySource]]) -> None:
        self._issuers = {settings.issuer: (settings, keys) for settings, keys in issuers}

    @classmethod
    def load(cls, issuers: Iterable[IssuerSettings], *, root: Path) -> Verifier:
        """Reads the keys. Raises SettingsError: absent, unreadable, too short, of another kind than the algorithms."""
        return cls((one, key_files.load(one, root=root)) for one in issuers)

    def verify(self, token: str, *, now: float | None = None) -> Identity:
        """Who the token names. Raises TokenError, KeysUnavailableError."""
        return self.verified(token, now=time.time() if now is None else now).identity

    def verified(self, token: str, *, now: float) -> Verified:
        """The same with until when, and by which keys.

        Raises UnknownKeyError only for a token that is as its issuer makes them: whoever has another set of its keys
        fetched must at least know that.
        """
        parts = taken_apart(token)
        issuer = issuer_of(parts)
        known = self._issuers.get(issuer)
        if known is None:
            refuse("nobody that is known issued it")
        settings, source = known
        _check_header(parts.header, settings)
        expires_at = end_of(parts.claims, settings, now)
        check_audience(parts.claims, settings)
        identity = identity_of(parts.claims, settings, parts.fingerprint)
        _check_signature(token, parts.header, source)
        return Verified(identity, expires_at, source)

    def source_of(self, token: str) -> KeySource | None:
        """Where the keys of its issuer are, whoever made the token; None: nobody that is known issued it."""
        known = self._issuers.get(issuer_of(taken_apart(token)))
        return known[1] if known is not None else None


class Parts(NamedTuple):
    """A token taken apart, nothing of it believed; `fingerprint` is of what is signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    fingerprint: str


def issuer_of(parts: Parts) -> str | None:
    """The issuer that a token names; None: none. Raises TokenError."""
    issuer = parts.claims.get("iss")
    if issuer is not None and not isinstance(issuer, str):
        refuse("iss is no text")
    return issuer


def taken_apart(token: str) -> Parts:
    """A token in the compact form (RFC 7515, section 7.1). Raises TokenError: it is none."""
    if len(token) > MAX_BYTES:
        refuse("it is over 16 KB")
    parts = token.split(".")
    if len(parts) != 3:
        refuse("it has not three parts")
    short = len(parts[0]) <= _SHORT
    header = dict(_header(parts[0])) if short else _object(_decoded(parts[0]))
    claims = _object(_decoded(parts[1]))
    _decoded(parts[2])
    signing_input = f"{parts[0]}.{parts[1]}".encode("ascii")
    return Parts(header, claims, "sha256:" + hashlib.sha256(signing_input).hexdigest())


@functools.lru_cache(maxsize=64)
def _header(segment: str) -> Mapping[str, Any]:
    """The header of a token: those of one issuer are mostly alike."""
    return _object(_decoded(segment))


def _decoded(segment: str) -> bytes:
    """Canonical base64url alone: no padding, no other alphabet, no bits behind the last byte (RFC 7515, section 2)."""
    if not _SEGMENT.match(segment):
        refuse("a part is no base64url")
    padded = segment.encode("ascii").translate(_PLAIN) + b"=" * (-len(segment) % 4)
    try:
        raw = binascii.a2b_base64(padded)
    except ValueError:
        refuse("a part is no base64url")
    # Bits behind the last byte are lost on the way: what comes out must lead back to what came in.
    if binascii.b2a_base64(raw, newline=False) != padded:
        refuse("a part is not in its one spelling")
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    try:
        return strict_json.parsed(raw)
    except ValueError as error:
        refuse(f"a part is {error}" if str(error).startswith("no ") else str(error))


def _check_header(header: Mapping[str, Any], settings: IssuerSettings) -> None:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in settings.algorithms:
        refuse("its algorithm is not the issuer's")
    for name in _REFUSED:
        if name in header:
            refuse(f"its header has {name}")
    kind = header.get("typ")
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in ("jwt", "at+jwt", "application/at+jwt")):
        refuse("its typ is no access token's")
    if "kid" in header and not isinstance(header["kid"], str):
        refuse("its kid is no text")


def _check_signature(token: str, header: Mapping[str, Any], source: KeySource) -> None:
    from joserfc import jws
    from joserfc.errors import JoseError

    algorithm, key_id = str(header["alg"]), header.get("kid")
    found = candidates(source.current(), key_id, algorithm)
    for key in (found or ())[: MAX_TRIED if source.is_fetched else None]:
        try:
            jws.deserialize_compact(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            continue
        return
    if source.is_fetched and (found is None or key_id is None):
        raise UnknownKeyError("a token is refused: no key in force signed it")
    refuse("its kid is not known" if found is None else "its signature is wrong")
