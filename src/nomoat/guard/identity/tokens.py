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
from nomoat.guard.identity.signatures import Algorithm, algorithm_of, is_signed
from nomoat.guard.issuers import IssuerSettings

MAX_BYTES = 16 * 1024
#: So many keys of a set that is fetched are tried at most for one token.
MAX_TRIED = 10
#: So many characters of a header at most, and of a signature (one by 8,192 bits of RSA has 1,366).
_MAX_HEADER, _MAX_SIGNATURE = 512, 1_400
#: So many headers are remembered.
_MAX_HEADERS = 64
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
        #: By issuer and header as it stands in a token: those that were found to be as the issuer makes them.
        self._headers: dict[tuple[str | None, str], Algorithm] = {}

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
        algorithm = self._algorithm(parts, settings)
        expires_at = end_of(parts.claims, settings, now)
        check_audience(parts.claims, settings)
        identity = identity_of(parts.claims, settings, parts.fingerprint)
        _check_signature(parts, algorithm, source)
        return Verified(identity, expires_at, source)

    def _algorithm(self, parts: Parts, settings: IssuerSettings) -> Algorithm:
        """The algorithm of a token whose header is as its issuer makes them. Raises TokenError: it is not."""
        known = self._headers.get((settings.issuer, parts.spelled))
        if known is None:
            _check_header(parts.header, settings)
            known = algorithm_of(parts.header, str(parts.header["alg"]))
            if known is None:
                refuse("its header has a member that is not known, or one of a wrong type")
            if len(self._headers) >= _MAX_HEADERS:
                self._headers = {}
            self._headers[settings.issuer, parts.spelled] = known
        return known

    def source_of(self, token: str) -> KeySource | None:
        """Where the keys of its issuer are, whoever made the token; None: nobody that is known issued it."""
        known = self._issuers.get(issuer_of(taken_apart(token)))
        return known[1] if known is not None else None


class Parts(NamedTuple):
    """A token taken apart, nothing of it believed: `signed` is what `signature` must be of, by `fingerprint` for short.

    `spelled` is the header as it stands in the token.
    """

    header: Mapping[str, Any]
    claims: dict[str, Any]
    fingerprint: str
    spelled: str
    signed: bytes
    signature: bytes


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
    if len(parts[0]) > _MAX_HEADER or len(parts[2]) > _MAX_SIGNATURE:
        refuse("its header or its signature is too long")
    header, claims, signature = _header(parts[0]), _object(_decoded(parts[1])), _decoded(parts[2])
    signed = f"{parts[0]}.{parts[1]}".encode("ascii")
    return Parts(header, claims, "sha256:" + hashlib.sha256(signed).hexdigest(), parts[0], signed, signature)


@functools.lru_cache(maxsize=_MAX_HEADERS)
def _header(segment: str) -> Mapping[str, Any]:
    """The header of a token, remembered: those of one issuer are mostly alike. Nobody may change it."""
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


def _check_signature(parts: Parts, algorithm: Algorithm, source: KeySource) -> None:
    key_id = parts.header.get("kid")
    found = candidates(source.current(), key_id, parts.header["alg"])
    for key in (found or ())[: MAX_TRIED if source.is_fetched else None]:
        if is_signed(parts.signed, parts.signature, algorithm, key):
            return
    if source.is_fetched and (found is None or key_id is None):
        raise UnknownKeyError("a token is refused: no key in force signed it")
    refuse("its kid is not known" if found is None else "its signature is wrong")
