"""Reads and verifies X.509 certificates with `cryptography`, which is loaded where one is shown and not before.

Source: RFC 5280, sections 4.1, 4.2 and 6; RFC 7468, section 5.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from nomoat.errors import SettingsError
from nomoat.guard.identity.model import CertificateError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate as Parsed
    from cryptography.x509 import SubjectAlternativeName
    from cryptography.x509.verification import Store

MAX_BYTES = 64 * 1024
MAX_CHAIN = 8
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client's certificate as far as it is known: `sha256` of its DER, 64 hexadecimal digits.

    `subject` is its distinguished name (RFC 4514), empty where nobody has read the certificate itself; then `begins_at`
    and `ends_at` (seconds since 1970) are None, too.
    """

    sha256: str
    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    subject: str = ""
    begins_at: float | None = None
    ends_at: float | None = None
    signs_others: bool = False


def from_pem(text: str) -> tuple[bytes, ...]:
    """The DER of each certificate in a text that has nothing else. Raises CertificateError."""
    found: list[bytes] = []
    at = 0
    while at < len(text):
        one = _PEM.match(text, at)
        if one is None or len(found) == MAX_CHAIN:
            refuse("what is forwarded is no certificate")
        found.append(from_base64("".join(one[1].split())))
        at = one.end()
    return tuple(found)


def from_base64(text: str) -> bytes:
    """Bytes of base 64, in its one alphabet. Raises CertificateError."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        refuse("it is no base 64")


def read(der: bytes) -> Certificate:
    """What a certificate says of itself; nothing is verified. Raises CertificateError: it is none."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    if len(der) > MAX_BYTES:
        refuse("it is huge")
    try:
        parsed = x509.load_der_x509_certificate(der)
        names = _names(parsed)
        return Certificate(
            sha256=hashlib.sha256(der).hexdigest(),
            uris=tuple(names.get_values_for_type(x509.UniformResourceIdentifier)) if names else (),
            dns=tuple(names.get_values_for_type(x509.DNSName)) if names else (),
            subject=parsed.subject.rfc4514_string(),
            begins_at=parsed.not_valid_before_utc.timestamp(),
            ends_at=parsed.not_valid_after_utc.timestamp(),
            signs_others=_signs_others(parsed),
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        refuse("it cannot be read")


def _names(parsed: Parsed) -> SubjectAlternativeName | None:
    from cryptography import x509

    try:
        return parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _signs_others(parsed: Parsed) -> bool:
    """True for a certificate of an authority, which identifies nobody (X.509-SVID, section 5.2)."""
    from cryptography import x509

    try:
        if parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return True
    except x509.ExtensionNotFound:
        pass
    try:
        usage = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.key_cert_sign or usage.crl_sign


class Authorities:
    """The authorities whose certificates are believed."""

    def __init__(self, text: str, *, where: str) -> None:
        """Reads their PEM. Raises SettingsError."""
        from cryptography import x509

        try:
            from cryptography.x509.verification import PolicyBuilder, Store

            if not hasattr(PolicyBuilder, "build_client_verifier"):
                raise ImportError("it cannot verify clients")
        except ImportError as error:
            fix = "pip install 'cryptography>=43'"
            raise SettingsError("this cryptography cannot verify client certificates", where=where, fix=fix) from error
        try:
            found = x509.load_pem_x509_certificates(text.encode())
            self._store: Store = Store(found)
            #: When the first of them ends.
            self.ends_at = min(one.not_valid_after_utc for one in found)
        except ValueError as error:
            raise SettingsError("the authorities cannot be read", where=where, fix="give them as PEM") from error

    def verify(self, der: bytes, chain: Iterable[bytes], *, now: float) -> None:
        """Passes where one of them signed the certificate for a client, through `chain`. Raises CertificateError."""
        from cryptography import x509
        from cryptography.x509.verification import PolicyBuilder, VerificationError

        try:
            leaf = x509.load_der_x509_certificate(der)
            between = [x509.load_der_x509_certificate(one) for one in chain]
            builder = PolicyBuilder().store(self._store).time(datetime.fromtimestamp(now, UTC))
            builder.build_client_verifier().verify(leaf, between)
        except (VerificationError, ValueError, TypeError):
            refuse("none of the authorities of ca: has signed it for a client, or it has ended")


def refuse(why: str) -> NoReturn:
    """Raises CertificateError; `why` quotes nothing of what was shown."""
    raise CertificateError(f"a client certificate is refused: {why}")
