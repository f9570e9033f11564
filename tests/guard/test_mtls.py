"""Certificates over real TLS: a server that ends it itself, and nginx in front of one that does not."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from nomoat.appmap import codec
from tests.guard.authority import Authority, Issued
from tests.guard.guarded import POLICY
from tests.guard.test_flask import application
from tests.guard.wsgi_calling import Served
from tests.policy.maps import map_of, route

BILLING = "spiffe://example.org/ns/shop/sa/billing"
NAMES = """\
  trust_domain: example.org
  names: {"spiffe://example.org/ns/shop/sa/{sa}": "service:{sa}"}
assign: {customer: ["service:billing"]}
"""


@dataclass
class Pki:
    """An authority, a server of it, and clients."""

    root: Path

    def __post_init__(self) -> None:
        self.authority = Authority()
        (self.root / "ca.pem").write_text(self.authority.pem)
        server = self.authority.issue(dns=("localhost",), for_client=False)
        self.server = server.write(self.root, "server")

    def client(self, issued: Issued | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.root / "ca.pem"))
        if issued is not None:
            context.load_cert_chain(*issued.write(self.root, "client"))
        return context

    def ask(self, port: int, issued: Issued | None, **headers: str) -> int:
        """The status of one request; 0 where the handshake or the connection fails."""
        connection = http.client.HTTPSConnection("localhost", port, context=self.client(issued), timeout=20)
        try:
            connection.request(
                "GET", "/export", headers={name.replace("_", "-"): text for name, text in headers.items()}
            )
            return connection.getresponse().status
        except (ssl.SSLError, ConnectionError):
            return 0
        finally:
            connection.close()


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


@contextmanager
def _serving(root: Path, pki: Pki, certificates: str) -> Iterator[int]:
    """Flask behind guard on Werkzeug's server, which asks for certificates and verifies those that it gets."""
    policy = f"{POLICY}certificates:\n{certificates}{NAMES}"
    served = Served(root, application(), (route("GET /export", binding=("export:read",)),), policy, who=None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pki.server)
    context.load_verify_locations(pki.root / "ca.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
    server = make_server("127.0.0.1", 0, served.start(), threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
        served.close()


def test_a_server_that_ends_tls_itself_identifies_services(pki: Pki, tmp_path: Path) -> None:
    make = pki.authority.issue
    good, other = make(uris=(BILLING,)), make(uris=("spiffe://other.org/ns/shop/sa/billing",))
    stranger = Authority().issue(uris=(BILLING,))

    with _serving(tmp_path, pki, "  from: tls\n  ca: file:ca.pem\n") as port:
        # Whom the authority has not signed, TLS itself refuses.
        assert [200, 401, 401, 0] == [pki.ask(port, who) for who in (good, None, other, stranger)]
        assert 401 == pki.ask(port, None, SSL_Client_Cert=good.escaped, SSL_Client_Verify="SUCCESS")


def test_a_server_that_does_not_say_that_it_verified_is_not_believed(pki: Pki, tmp_path: Path) -> None:
    with _serving(tmp_path, pki, "  from: tls\n") as port:
        assert 401 == pki.ask(port, pki.authority.issue(uris=(BILLING,)))


# -- nginx -------------------------------------------------------------------------------------------------------------

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
_CONF = """\
daemon off;
pid {root}/nginx.pid;
error_log stderr crit;
events {{}}
http {{
  access_log off;
  {temporary}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {server}; ssl_certificate_key {key};
    ssl_client_certificate {root}/ca.pem; ssl_verify_client optional;
    location / {{
      proxy_pass http://127.0.0.1:{to};
      proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
    }}
  }}
}}
"""
_APP = """\
from fastapi import FastAPI
from nomoat.guard import protect

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/export")
def export() -> str:
    return "all"


protect(app, "enforce")
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def _running(words: list[str], port: int, root: Path) -> Iterator[None]:
    process = subprocess.Popen(words, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.1)
        else:
            raise AssertionError(f"{words[0]} does not listen")
        yield
    finally:
        process.terminate()
        process.wait(20)
        if process.stderr is not None:
            process.stderr.close()


def _nginx(root: Path, pki: Pki, port: int, to: int) -> list[str]:
    assert NGINX is not None
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {root}/{kind};" for kind in kinds)
    server, key = pki.server
    # Its workers give up root for somebody who may not read the test's folder; what they need is read before.
    text = _CONF.format(root=root, port=port, to=to, server=server, key=key, temporary=temporary)
    (root / "nginx.conf").write_text(text)
    return [NGINX, "-e", "stderr", "-p", str(root), "-c", str(root / "nginx.conf")]


@pytest.mark.skipif(NGINX is None, reason="optional: nginx is not here")
def test_nginx_forwards_what_it_was_shown_and_nothing_that_a_client_claims(pki: Pki, tmp_path: Path) -> None:
    make = pki.authority.issue
    good, ended = make(uris=(BILLING,)), make(uris=(BILLING,), begins=timedelta(days=-2), ends=timedelta(days=-1))
    front, back = _free_port(), _free_port()
    (tmp_path / "main.py").write_text(_APP)
    section = "trusted_proxies: [127.0.0.1]\ncertificates:\n  from: header:X-SSL-Client-Cert\n  ca: file:ca.pem\n"
    (tmp_path / "nomoat.yaml").write_text(f"{POLICY}{section}{NAMES}")
    (tmp_path / ".nomoat").mkdir()
    drawn = map_of(route("GET /export", binding=("export:read",)))
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    words = [sys.executable, "-m", "uvicorn", "main:app", "--port", str(back), "--no-proxy-headers"]

    with _running(words, back, tmp_path), _running(_nginx(tmp_path, pki, front, back), front, tmp_path):
        assert [200, 401] == [pki.ask(front, who) for who in (good, None)]
        assert 400 == pki.ask(front, ended)
        # What the client says of itself is overwritten, or dropped by its underscores.
        assert 401 == pki.ask(front, None, X_SSL_Client_Cert=good.escaped)
        assert 200 == pki.ask(front, good, X_SSL_Client_Cert="x")
        claim = http.client.HTTPSConnection("localhost", front, context=pki.client(None), timeout=20)
        claim.request("GET", "/export", headers={"X_SSL_Client_Cert": good.escaped})
        assert 401 == claim.getresponse().status
        claim.close()
