"""An identity provider on loopback: real HTTP and TLS, keys that can be changed while it runs, and every bad manner."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

JWKS, DISCOVERY, INTROSPECTION = "/jwks", "/.well-known/openid-configuration", "/introspect"
#: How a page is answered: whatever writes it.
Page = Callable[[BaseHTTPRequestHandler], None]


class Provider:
    """One that serves its document, its keys and what it says of tokens, until `close`."""

    def __init__(self, certificate: tuple[Path, Path] | None = None, *, port: int = 0) -> None:
        self.asked: Counter[str] = Counter()
        self.keys: dict[str, Key] = {}
        #: What is said of a token, by the token; without an entry it is not active.
        self.tokens: dict[str, dict[str, Any]] = {}
        self.credentials: list[str] = []
        self.headers: dict[str, str] = {}
        self.pages: dict[str, Page] = {}
        self.delay_s = 0.0
        #: While it is cleared, nobody gets an answer.
        self.answers = threading.Event()
        self.answers.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._serve(self)

            def do_POST(self) -> None:
                outer._serve(self)

            def log_message(self, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_: Any) -> None:
                return

        self._server = Server(("127.0.0.1", port), Handler)
        self._scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
            self._scheme = "https"
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def issuer(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def url(self, path: str) -> str:
        return self.issuer + path

    def document(self) -> dict[str, Any]:
        return {"issuer": self.issuer, "jwks_uri": self.url(JWKS), "introspection_endpoint": self.url(INTROSPECTION)}

    def set_of_keys(self) -> dict[str, Any]:
        return {"keys": [member(key, kid) for kid, key in self.keys.items()]}

    def rotate(self, kid: str, *, keep: bool = True) -> str:
        """A new key; the old ones stay in the set or go."""
        if not keep:
            self.keys = {}
        self.keys = {**self.keys, kid: ECKey.generate_key("P-256")}
        return kid

    def token(self, kid: str | None = None, **claims: Any) -> str:
        """A token that the key of `kid` signed; the last one where none is named, and then the header has no kid."""
        key = list(self.keys.values())[-1] if kid is None else self.keys[kid]
        return signed(key, kid, iss=self.issuer, **claims)

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        self.asked[path] += 1
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length).decode()
        if self.delay_s:
            time.sleep(self.delay_s)
        self.answers.wait(10)
        if path in self.pages:
            self.pages[path](request)
        elif path == DISCOVERY:
            answer(request, self.document(), headers=self.headers)
        elif path == JWKS:
            answer(request, self.set_of_keys(), headers=self.headers)
        elif path == INTROSPECTION:
            self.credentials.append(request.headers.get("Authorization", ""))
            answer(
                request, self.tokens.get(parse_qs(body).get("token", [""])[0], {"active": False}), headers=self.headers
            )
        else:
            request.send_error(404)


@contextmanager
def running(certificate: tuple[Path, Path] | None = None) -> Iterator[Provider]:
    """A provider with one key, `k1`."""
    provider = Provider(certificate)
    provider.rotate("k1")
    try:
        yield provider
    finally:
        provider.close()


def member(key: Key, kid: str | None = None, **also: Any) -> dict[str, Any]:
    """A public key as a set holds it."""
    found = {name: value for name, value in key.as_dict(private=False).items() if name != "kid"}
    return {**found, **({} if kid is None else {"kid": kid}), **also}


def signed(key: Key, kid: str | None, **claims: Any) -> str:
    """A token for the shop, good for an hour unless it says otherwise."""
    now = int(time.time())
    header = {"alg": "RS256" if isinstance(key, RSAKey) else "ES256", **({} if kid is None else {"kid": kid})}
    whole = {"aud": "shop", "sub": "ana", "roles": ["customer"], "iat": now, "exp": now + 3600, **claims}
    return str(jwt.encode(header, whole, key, algorithms=[header["alg"]]))


# -- pages -------------------------------------------------------------------------------------------------------------


def answer(
    request: BaseHTTPRequestHandler, value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    request.send_response(status)
    for name, text in {"Content-Type": "application/json", "Content-Length": str(len(raw)), **(headers or {})}.items():
        request.send_header(name, text)
    request.end_headers()
    request.wfile.write(raw)


def says(value: Any, status: int = 200, **headers: str) -> Page:
    """This, and nothing else."""
    return lambda request: answer(request, value, status, headers)


def drips(request: BaseHTTPRequestHandler) -> None:
    """A byte from time to time, for ever: each comes before any timeout of a socket."""
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    with suppress(OSError):
        for _ in range(600):
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.1)


def drips_headers(request: BaseHTTPRequestHandler) -> None:
    """The same before anything is said."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    with suppress(OSError):
        for number in range(600):
            request.wfile.write(f"X-{number}: y\r\n".encode() if number % 50 == 49 else b"X")
            request.wfile.flush()
            time.sleep(0.1)


def breaks_off(request: BaseHTTPRequestHandler) -> None:
    """Says how long it is, and ends before."""
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    request.wfile.write(b'{"keys": []}')
    request.close_connection = True


# -- certificates ------------------------------------------------------------------------------------------------------


def authority(folder: Path, *, host: str = "127.0.0.1", days: int = 1) -> tuple[Path, tuple[Path, Path]]:
    """A certificate authority of our own: its certificate, and certificate and key of a server at `host`."""
    now = datetime.now(UTC)
    root, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority for a test")])
    begun, ends = now - timedelta(days=2), now + timedelta(days=days)
    signs = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(root.public_key())
        .serial_number(1).not_valid_before(begun).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root.public_key()), critical=False)
        .sign(root, hashes.SHA256())
    )  # fmt: skip
    leaf = (
        x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(name).public_key(server.public_key())
        .serial_number(2).not_valid_before(begun).not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    files = folder / "ca.pem", folder / "server.pem", folder / "server.key"
    files[0].write_bytes(ca.public_bytes(pem))
    files[1].write_bytes(leaf.public_bytes(pem))
    plain = serialization.NoEncryption()
    files[2].write_bytes(server.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return files[0], (files[1], files[2])
