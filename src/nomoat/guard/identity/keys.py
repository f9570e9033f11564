"""The keys of an issuer, read from where its settings say, and which of them fit which algorithm.

A key that could not verify anything is a mistake when it is read, never a silent refusal later.
Sources: RFC 7517, 7518.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat import settings as settings_file
from nomoat.errors import SettingsError
from nomoat.guard.issuers import IssuerSettings

if TYPE_CHECKING:
    from joserfc.jwk import Key

MIN_SECRET_BYTES = 32
MIN_RSA_BITS = 2048
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def fits(algorithm: str, key: Key) -> bool:
    """True where a key is of the kind (and curve) that an algorithm needs."""
    if algorithm.startswith("HS"):
        return key.key_type == "oct"
    if algorithm[:2] in ("RS", "PS"):
        return key.key_type == "RSA"
    if algorithm in _CURVES:
        return key.key_type == "EC" and getattr(key, "curve_name", "") == _CURVES[algorithm]
    return key.key_type == "OKP"


def load(settings: IssuerSettings, *, root: Path) -> list[tuple[str, Key]]:
    """The keys of an issuer with their ids (`kid`, may be empty). Raises SettingsError: absent, unreadable, unfit."""
    where = f"identity.{settings.alias}"
    text = settings_file.secret(settings.key, root=root, where=where)
    if settings.is_symmetric:
        return [("", _secret(text, where))]
    if "EdDSA" in settings.algorithms:
        _accept_the_name_eddsa()
    found = _public(text, where)
    for algorithm in settings.algorithms:
        if not any(fits(algorithm, key) for _, key in found):
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

    if len(text.encode()) < MIN_SECRET_BYTES:
        raise SettingsError(
            f"the secret is shorter than {MIN_SECRET_BYTES} bytes", where=where, fix="make one: openssl rand -hex 32"
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
        if key.key_type == "RSA" and getattr(key.public_key, "key_size", 0) < MIN_RSA_BITS:
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
