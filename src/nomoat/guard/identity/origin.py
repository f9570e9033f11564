"""Where a client certificate stands in a request, and whether whoever put it there is to be believed.

A server of WSGI may take `X_Ssl_Client_Cert` for `X-SSL-Client-Cert`, which no proxy takes out: what is forwarded to
one counts only where the file says that such names are dropped.
Source: ASGI's TLS extension; RFC 9440, section 2; PEP 3333.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from nomoat.guard.clients import Network, is_trusted, parsed
from nomoat.guard.identity import xfcc
from nomoat.guard.identity.x509 import MAX_CHAIN, from_base64, from_pem, refuse

if TYPE_CHECKING:
    from nomoat.guard.certificates import CertificateSettings

#: In what decisions are made by: the environ of WSGI, and the scope of ASGI where a framework makes an environ of it.
ENVIRON, SCOPE = "nomoat.environ", "nomoat.scope"
_CHAIN = "client-cert-chain"
_BYTES = re.compile(r":([A-Za-z0-9+/]+={0,2}):\Z")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
#: Headers by which servers and middleware may replace the address of the connection, and what an address in them is.
_SAY_WHO = ("x-forwarded-for", "x-real-ip")
_FOR = re.compile(r'for="?([^";,]+)', re.IGNORECASE)
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]+")
_SHA256 = re.compile(r"[0-9A-Fa-f]{64}\Z")


class Claim(NamedTuple):
    """What a request says of its client's certificate. `der` is empty where only its hash and names are forwarded.

    `key` is all that was said, and by whom. `must_be_verified`: whoever took it from the connection does not say that
    it was.
    """

    key: tuple[str, ...]
    der: bytes = b""
    chain: tuple[bytes, ...] = ()
    sha256: str = ""
    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()
    must_be_verified: bool = False


def claimed(scope: Mapping[str, Any], settings: CertificateSettings, trusted: tuple[Network, ...]) -> Claim | None:
    """What is said of the client's certificate; None where nothing is. Raises CertificateError: forged or malformed."""
    environ = scope.get(ENVIRON)
    request = scope.get(SCOPE, scope)
    if not settings.is_forwarded:
        return _of_environ(environ) if environ is not None else _of_extension(request)
    found = headers(request, settings.header)
    if not any(found):
        return None
    if len(found) != 1:
        refuse("it is forwarded twice")
    if why := doubt(scope, trusted, are_underscores_dropped=settings.are_underscores_dropped):
        refuse(why)
    if settings.source == "xfcc":
        return _of_xfcc(found[0], settings.elements)
    return _of_bytes(found[0], request) if settings.source == "rfc9440" else _of_pem(found[0])


def is_untold(scope: Mapping[str, Any], settings: CertificateSettings) -> bool:
    """True where an ASGI server has TLS and tells nothing of it: then no client ever has a certificate."""
    request = scope.get(SCOPE, scope)
    if settings.is_forwarded or ENVIRON in scope or request.get("scheme") not in ("https", "wss"):
        return False
    return "tls" not in (request.get("extensions") or {})


def headers(request: Mapping[str, Any], name: str) -> list[str]:
    """The values of a header, its name in small letters."""
    wanted = name.encode("ascii")
    return [value.decode("latin-1").strip(" \t") for key, value in request["headers"] if key == wanted]


def doubt(scope: Mapping[str, Any], trusted: tuple[Network, ...], *, are_underscores_dropped: bool) -> str:
    """Why the headers of a request are not a trusted proxy's own; empty where they are.

    Whoever is at the other end of the connection must be one, and be no address that a header made of it.
    """
    environ, request = scope.get(ENVIRON), scope.get(SCOPE, scope)
    if environ is not None and not are_underscores_dropped:
        return "this server may take underscores in the names of headers for dashes: see underscores_dropped"
    if environ is not None:
        # Werkzeug's ProxyFix keeps what it replaced.
        peer = str(environ.get("werkzeug.proxy_fix.orig", environ).get("REMOTE_ADDR") or "")
    else:
        # Who believes X-Forwarded-For has no port to tell, or one that somebody wrote.
        host, port = tuple(request.get("client") or ("", 0))[:2]
        peer = str(host)
        if not peer or not port or _is_said(request, peer):
            return "the server does not tell who forwards it: uvicorn --no-proxy-headers does"
    return "" if is_trusted(peer, trusted) else "it comes from no trusted proxy"


def _is_said(request: Mapping[str, Any], peer: str) -> bool:
    """True where a header says that address: a server that believes it may have put it into the connection."""
    values = [value for name in _SAY_WHO for value in headers(request, name)]
    values += [one for value in headers(request, "forwarded") for one in _FOR.findall(value)]
    texts = [text for value in values for text in _ADDRESS.findall(value)]
    # With a port behind it, or without.
    said = {parsed(one) for text in texts for one in (text, text.rpartition(":")[0])}
    return parsed(peer) in said - {None}


def _of_environ(environ: Mapping[str, Any]) -> Claim | None:
    text, verified = str(environ.get("SSL_CLIENT_CERT") or ""), environ.get("SSL_CLIENT_VERIFY")
    if not text:
        return None
    if verified not in (None, "SUCCESS"):
        refuse("the server could not verify it")
    (der,) = _some(from_pem(text), at_most=1)
    return Claim((text, str(verified)), der, must_be_verified=verified is None)


def _of_extension(request: Mapping[str, Any]) -> Claim | None:
    tls = (request.get("extensions") or {}).get("tls")
    if tls is None:
        return None
    if tls.get("client_cert_error"):
        refuse("the server could not verify it")
    chain = tls.get("client_cert_chain") or ()
    if not chain:
        return None
    texts = [one for one in chain if isinstance(one, str)]
    if len(texts) != len(chain):
        refuse("the server gives it in another form")
    der, *between = _some([one for text in texts for one in from_pem(text)], at_most=MAX_CHAIN)
    return Claim(tuple(texts), der, tuple(between))


def _of_xfcc(text: str, elements: int | None) -> Claim:
    found = xfcc.parsed(text)
    if elements is not None and len(found) != elements:
        refuse("it passed by another number of proxies")
    last = found[-1]
    if last.hash and not _SHA256.match(last.hash):
        refuse("its hash is no SHA-256")
    if last.cert:
        (der,) = _some(from_pem(_unescaped(last.cert)), at_most=1)
        chain = from_pem(_unescaped(last.chain)) if last.chain else ()
        return Claim((text,), der, tuple(one for one in chain if one != der), last.hash.lower(), last.uris, last.dns)
    if not last.hash:
        refuse("neither it nor its hash is forwarded")
    return Claim((text,), sha256=last.hash.lower(), uris=last.uris, dns=last.dns)


def _of_bytes(text: str, request: Mapping[str, Any]) -> Claim:
    """RFC 9440: a byte sequence, and a list of them for what stands between it and an authority."""
    lines = headers(request, _CHAIN)
    between = [part.strip(" \t") for line in lines for part in line.split(",")] if any(lines) else []
    if len(between) > MAX_CHAIN:
        refuse("its chain is too long")
    return Claim((text, *lines), _sequence(text), tuple(map(_sequence, between)))


def _sequence(text: str) -> bytes:
    found = _BYTES.match(text)
    if found is None:
        refuse("it is no byte sequence")
    return from_base64(found[1])


def _of_pem(text: str) -> Claim:
    """nginx's `$ssl_client_escaped_cert`: PEM, escaped as in URLs."""
    (der,) = _some(from_pem(_unescaped(text)), at_most=1)
    return Claim((text,), der)


def _unescaped(text: str) -> str:
    """Percent-decoded, `+` left alone: it is a digit of base 64."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    if "%" in _ESCAPE.sub("", text) or not plain.isascii():
        refuse("its escapes are malformed")
    return plain


def _some(found: list[bytes] | tuple[bytes, ...], *, at_most: int) -> list[bytes]:
    if not 1 <= len(found) <= at_most:
        refuse("what is forwarded is no certificate, or several")
    return list(found)
