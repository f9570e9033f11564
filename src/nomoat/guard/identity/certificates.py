"""Client certificates: the one that a request comes with, and the service that it is of.

What a proxy forwards counts from the addresses of `trusted_proxies` alone, by the peer of the connection; from anywhere
else it is forged, and refused. Nothing is guessed: a certificate is of a service where the file says so, exactly.
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nomoat.guard.identity import origin, spiffe, x509
from nomoat.guard.identity.model import Identity, TokenError
from nomoat.guard.identity.x509 import Authorities, Certificate, refuse

if TYPE_CHECKING:
    from nomoat.guard.certificates import CertificateSettings
    from nomoat.guard.clients import Network

#: What was found in headers is remembered for so many of them, and an authority's word for so long.
_MAX_KNOWN = 1024
_VERIFIED_S = 60.0


class _Known(NamedTuple):
    certificate: Certificate
    until: float
    since: float


class Certificates:
    """The certificates of one state of nomoat.yaml. Safe between threads."""

    def __init__(self, settings: CertificateSettings, trusted: tuple[Network, ...], authorities: str) -> None:
        """`authorities` is the text behind `ca:`. Raises SettingsError where it cannot be read."""
        self.settings = settings
        self._trusted = trusted
        self._names = dict(settings.names)
        self._authorities = Authorities(authorities, where=f"certificates.ca ({settings.at})") if settings.ca else None
        self._known: dict[tuple[str, ...], _Known] = {}

    def shown(self, scope: Mapping[str, Any], *, now: float | None = None) -> Certificate | None:
        """The certificate of a request's client; None without one. Raises CertificateError."""
        at = time.time() if now is None else now
        claim = origin.claimed(scope, self.settings, self._trusted)
        if claim is None:
            return None
        known = self._known.get(claim.key)
        if known is None or not known.since <= at < known.until:
            known = _Known(self._verified(claim, at), at + _VERIFIED_S, at)
            while len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[claim.key] = known
        _check_times(known.certificate, at)
        return known.certificate

    def _verified(self, claim: origin.Claim, now: float) -> Certificate:
        if not claim.der:
            if self._authorities is not None:
                refuse("nothing of it is there to be verified: the proxy must forward the certificate (Cert)")
            return Certificate(claim.sha256, claim.uris, claim.dns)
        found = x509.read(claim.der)
        if claim.sha256 and claim.sha256 != found.sha256:
            refuse("its hash is another one's")
        if claim.uris and set(claim.uris) != set(found.uris):
            refuse("its names are another one's")
        _check_times(found, now)
        if self._authorities is not None:
            self._authorities.verify(claim.der, claim.chain, now=now)
        elif claim.must_be_verified:
            refuse("nobody says that it was verified: ca: lets guard do it")
        return found

    def named(self, certificate: Certificate) -> Identity:
        """The service that a certificate is of. Raises CertificateError: of none, or of several."""
        if certificate.signs_others:
            refuse("it is an authority's")
        found = {self._names[name] for name in _names_of(certificate) if name in self._names}
        found |= self._by_spiffe(certificate)
        if len(found) != 1:
            refuse("it is of no service that nomoat.yaml names" if not found else "it is of several services")
        return Identity(
            subject=f"service:{found.pop()}",
            credential=f"sha256:{certificate.sha256}",
            issued_at=certificate.begins_at or 0,
        )

    def _by_spiffe(self, certificate: Certificate) -> set[str]:
        uris = certificate.uris
        if not self.settings.trust_domain or not any(map(spiffe.is_claimed, uris)):
            return set()
        if len(uris) != 1:
            refuse("it has a SPIFFE ID and another URI beside it")
        found = spiffe.parsed(uris[0])
        if found is None:
            refuse("its SPIFFE ID is malformed")
        if found.trust_domain != self.settings.trust_domain:
            refuse("it is of another trust domain")
        services = (one.service_of(found) for one in self.settings.templates)
        return {service for service in services if service is not None}


def check_binding(identity: Identity, certificate: Certificate | None) -> bool:
    """True where a token is bound to the certificate beside it, False where it is bound to nothing.

    Raises TokenError: it is bound to another certificate, or to something that is not checked here (RFC 9449's keys).
    Source: RFC 8705, sections 3.1 and 3.2; RFC 7800, section 3.1.
    """
    if "cnf" not in identity.claims:
        return False
    bound = identity.claims["cnf"]
    if not isinstance(bound, dict) or set(bound) != {"x5t#S256"}:
        raise TokenError("a token is refused: it is bound to what is not checked here")
    if certificate is None or bound["x5t#S256"] != _thumbprint(certificate):
        raise TokenError("a token is refused: it is bound to another certificate")
    return True


def _thumbprint(certificate: Certificate) -> str:
    return urlsafe_b64encode(bytes.fromhex(certificate.sha256)).rstrip(b"=").decode("ascii")


def _names_of(certificate: Certificate) -> list[str]:
    subject = [f"subject:{certificate.subject}"] if certificate.subject else []
    return [f"sha256:{certificate.sha256}", *subject, *(f"dns:{name}" for name in certificate.dns)]


def _check_times(certificate: Certificate, now: float) -> None:
    if certificate.begins_at is not None and now < certificate.begins_at:
        refuse("it is not valid yet")
    if certificate.ends_at is not None and now > certificate.ends_at:
        refuse("it has ended")
