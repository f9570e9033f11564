"""The keys of an issuer, from a file or a variable of the settings, and which of them may verify what.

A key that could not verify anything is a mistake when it is read, never a silent refusal later.
Sources: RFC 7517, section 4; RFC 7518, section 3.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nomoat import settings as settings_file
from nomoat.errors import SettingsError
from nomoat.guard.issuers import IssuerSettings

if TYPE_CHECKING:
    from joserfc.jwk import Key

MIN_SECRET_BYTES = 32
MIN_RSA_BITS = 2048
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_EDWARDS = {"EdDSA": ("Ed25519", "Ed448"), "Ed25519": ("Ed25519",)}


class VerifyingKey(NamedTuple):
    """A key with its id (`kid`) and the one algorithm that it is for; both may be empty."""

    id: str
    key: Key
    algorithm: str = ""


class KeySource(Protocol):
    """Where a verifier finds an issuer's keys at each token."""

    @property
    def is_fetched(self) -> bool:
        """True where another set may come by itself."""

    def current(self) -> Sequence[VerifyingKey]:
        """Those in force now. Raises KeysUnavailableError: there are none."""


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys of the settings: those of now are those of always."""

    keys: Sequence[VerifyingKey]

    @property
    def is_fetched(self) -> bool:
        """False."""
        return False

    def current(self) -> Sequence[VerifyingKey]:
        """All of them."""
        return self.keys


def load(settings: IssuerSettings, *, root: Path) -> FixedKeys:
    """The keys behind an issuer's reference. Raises SettingsError: absent, unreadable, unfit."""
    where = f"identity.{settings.alias}"
    text = settings_file.secret(settings.key, root=root, where=where)
    if settings.is_symmetric:
        return FixedKeys([VerifyingKey("", _secret(text, where))])
    accept_the_name_eddsa(settings.algorithms)
    found = _public(text, where)
    for algorithm in settings.algorithms:
        if not any(fits(algorithm, one.key) for one in found):
            raise SettingsError(
                f"no key of {settings.alias} fits {algorithm}", where=where, fix="check keys and algorithms"
            )
    return FixedKeys(found)


def candidates(keys: Iterable[VerifyingKey], key_id: str | None, algorithm: str) -> list[Key] | None:
    """The keys that a token may be verified with: those that fit, of its `kid` where it has one.

    None where the token names a key that is not there: a set without any names is meant whole.
    """
    known = list(keys)
    if key_id is not None and any(one.id for one in known):
        known = [one for one in known if one.id == key_id]
        if not known:
            return None
    return [one.key for one in known if one.algorithm in ("", algorithm) and fits(algorithm, one.key)]


def fits(algorithm: str, key: Key) -> bool:
    """True where a key is of the kind (and curve) that an algorithm needs."""
    if algorithm.startswith("HS"):
        return key.key_type == "oct"
    if algorithm[:2] in ("RS", "PS"):
        return key.key_type == "RSA"
    if algorithm in _CURVES:
        return key.key_type == "EC" and getattr(key, "curve_name", "") == _CURVES[algorithm]
    # X25519 is a key of the same type, and signs nothing (RFC 8037, section 3).
    return key.key_type == "OKP" and getattr(key, "curve_name", "") in _EDWARDS[algorithm]


def accept_the_name_eddsa(algorithms: Iterable[str]) -> None:
    """RFC 9864 prefers `Ed25519`; issuers go on writing EdDSA, and where warnings are errors a good token must pass."""
    if "EdDSA" in algorithms:
        from joserfc.errors import SecurityWarning

        warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


def _secret(text: str, where: str) -> Key:
    from joserfc.jwk import OctKey

    if len(text.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"the secret is shorter than {MIN_SECRET_BYTES} bytes", where=where, fix="make one: openssl rand -hex 32"
        )
    return OctKey.import_key(text)


def _public(text: str, where: str) -> list[VerifyingKey]:
    from joserfc import jwk
    from joserfc.errors import JoseError

    try:
        if text.lstrip().startswith("{"):
            document = json.loads(text)
            members = document.get("keys", [document])
            if any(member.get("kty") == "oct" for member in members):
                raise SettingsError("a secret stands among public keys", where=where, fix="keep key sets of one kind")
            found = [VerifyingKey(str(member.get("kid", "")), jwk.import_key(member)) for member in members]
        else:
            found = [VerifyingKey("", _pem(text))]
    except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError("the keys cannot be read", where=where, fix="give a JWKS or a PEM public key") from error
    if not found:
        raise SettingsError("there are no keys", where=where, fix="give a JWKS or a PEM public key")
    for one in found:
        if one.key.key_type == "RSA" and bits(one.key) < MIN_RSA_BITS:
            raise SettingsError(f"an RSA key has fewer than {MIN_RSA_BITS} bits", where=where, fix="make a longer key")
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


def bits(key: Key) -> int:
    """The length of an RSA key; of another kind whatever says how large it is, or 0. Raises where it is no key."""
    return int(getattr(key.public_key, "key_size", 0))
