"""Verifies JSON Web Tokens: our own strict checks first, then the signature by joserfc, then the claims.

A token that is not exactly what its issuer is configured to give is refused, and the reason never holds any of it.
Sources: RFC 7515, 7519, 8725 (best current practices).
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from nomoat.guard.identity import keys as key_files
from nomoat.guard.identity.claims import check_audience, end_of, identity_of, refuse
from nomoat.guard.identity.keys import fits
from nomoat.guard.identity.model import Identity
from nomoat.guard.issuers import IssuerSettings

if TYPE_CHECKING:
    from joserfc.jwk import Key

MAX_BYTES = 16 * 1024
_MAX_DEPTH = 10
_SEGMENT = re.compile(r"[A-Za-z0-9_-]+\Z")
#: Header members by which a token would bring its own key, or change what is signed (RFC 8725, 3.5 and 3.10).
_REFUSED = ("crit", "b64", "jku", "jwk", "x5u", "x5c", "zip", "enc")


class Verifier:
    """The issuers with their keys. Build it with `load`."""

    def __init__(self, issuers: Iterable[tuple[IssuerSettings, list[tuple[str, Key]]]]) -> None:
        self._issuers = {settings.issuer: (settings, keys) for settings, keys in issuers}

    @classmethod
    def load(cls, issuers: Iterable[IssuerSettings], *, root: Path) -> Verifier:
        """Reads the keys. Raises SettingsError: absent, unreadable, too short, of another kind than the algorithms."""
        return cls((one, key_files.load(one, root=root)) for one in issuers)

    def verify(self, token: str, *, now: float | None = None) -> Identity:
        """Who the token names. Raises TokenError."""
        return self.verify_until(token, now=time.time() if now is None else now)[0]

    def verify_until(self, token: str, *, now: float) -> tuple[Identity, float]:
        """The same with the time (seconds since 1970) from which on the token is no longer good."""
        header, claims, signing_input = _taken_apart(token)
        issuer = claims.get("iss")
        if issuer is not None and not isinstance(issuer, str):
            refuse("iss is no text")
        known = self._issuers.get(issuer)
        if known is None:
            refuse("nobody that is known issued it")
        settings, keys = known
        _check_header(header, settings)
        _check_signature(token, header, settings, keys)
        expires_at = end_of(claims, settings, now)
        check_audience(claims, settings)
        fingerprint = "sha256:" + hashlib.sha256(signing_input).hexdigest()
        return identity_of(claims, settings, fingerprint), expires_at


def _taken_apart(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    if len(token) > MAX_BYTES:
        refuse("it is over 16 KB")
    parts = token.split(".")
    if len(parts) != 3:
        refuse("it has not three parts")
    header, claims = _object(_decoded(parts[0])), _object(_decoded(parts[1]))
    _decoded(parts[2])
    return header, claims, f"{parts[0]}.{parts[1]}".encode("ascii")


def _decoded(segment: str) -> bytes:
    """Canonical base64url alone: no padding, no other alphabet, no bits behind the last byte (RFC 7515, section 2)."""
    if not _SEGMENT.match(segment):
        refuse("a part is no base64url")
    try:
        raw = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except (binascii.Error, ValueError):
        refuse("a part is no base64url")
    if urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != segment:
        refuse("a part is not in its one spelling")
    return raw


def _object(raw: bytes) -> dict[str, Any]:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(found)
        if len(members) != len(found):
            refuse("a member stands twice")
        return members

    def constant(_name: str) -> NoReturn:
        refuse("a number is not finite")

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError):
        refuse("a part is no JSON")
    if not isinstance(value, dict):
        refuse("a part is no JSON object")
    if _depth(value) > _MAX_DEPTH:
        refuse("it is nested too deeply")
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
        refuse("its algorithm is not the issuer's")
    for name in _REFUSED:
        if name in header:
            refuse(f"its header has {name}")
    kind = header.get("typ")
    if kind is not None and (not isinstance(kind, str) or kind.lower() not in ("jwt", "at+jwt", "application/at+jwt")):
        refuse("its typ is no access token's")
    if "kid" in header and not isinstance(header["kid"], str):
        refuse("its kid is no text")


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
            refuse("its kid is not known")
    else:
        candidates = [key for _, key in keys]
    algorithm = str(header["alg"])
    for key in candidates:
        if not fits(algorithm, key):
            continue
        try:
            jws.deserialize_compact(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            continue
        return
    refuse("its signature is wrong")
