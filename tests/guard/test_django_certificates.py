"""Client certificates in front of Django: its META has one name for two headers, and guard does not believe it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("django")

from tests.guard import django_project

django_project.configure()

from django.core.handlers.asgi import ASGIHandler  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402

from tests.guard.calling import scope_of, serve  # noqa: E402
from tests.guard.guarded import POLICY  # noqa: E402
from tests.guard.test_client_certificates import BILLING, CA, SECTION, STRANGER  # noqa: E402
from tests.policy.maps import route  # noqa: E402

PROXY = ("192.0.2.1", 40000)


async def later(request: Any) -> HttpResponse:
    return HttpResponse("all")


def export(request: Any) -> HttpResponse:
    return HttpResponse("all")


PATTERNS = (path("export", export), path("later", later))
ROUTES = (route("GET /export", binding=("export:read",)), route("GET /later", binding=("export:read",)))
DROPPED = SECTION.replace("  ca:", "  underscores_dropped: {because: gunicorn drops them}\n  ca:")


def _status(root: Path, section: str, **asked: Any) -> int:
    (root / "ca.pem").write_text(CA.pem)
    with django_project.guarded(root, PATTERNS, ROUTES, POLICY + section):
        return int(Client().get("/export", **asked).status_code)


@pytest.mark.parametrize(
    ("section", "address", "status"),
    [(SECTION, PROXY[0], 401), (DROPPED, PROXY[0], 200), (DROPPED, "198.51.100.7", 401)],
)
def test_a_server_of_wsgi_is_believed_where_the_file_says_so(
    section: str, address: str, status: int, tmp_path: Path
) -> None:
    given = {"HTTP_X_SSL_CLIENT_CERT": BILLING.escaped, "REMOTE_ADDR": address}

    assert status == _status(tmp_path, section, **given)


@pytest.mark.parametrize(
    ("name", "client", "status"),
    [
        ("X-SSL-Client-Cert", PROXY, 200), ("X-SSL-Client-Cert", ("198.51.100.7", 40000), 401),
        ("X-SSL-Client-Cert", (PROXY[0], 0), 401), ("X_SSL_Client_Cert", PROXY, 401),
    ],
)  # fmt: skip
def test_a_server_of_asgi_is_asked_what_came(name: str, client: Any, status: int, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(CA.pem)

    scope = scope_of("GET", "/later", [(name, BILLING.escaped)]) | {"client": client}

    with django_project.guarded(tmp_path, PATTERNS, ROUTES, POLICY + SECTION):
        assert status == asyncio.run(serve(ASGIHandler(), scope)).status


def test_a_server_of_asgi_that_ends_tls_says_what_it_was_shown(tmp_path: Path) -> None:
    section = SECTION.replace("header:X-SSL-Client-Cert", "tls")
    (tmp_path / "ca.pem").write_text(CA.pem)

    def asked(pem: str) -> int:
        scope = scope_of("GET", "/later") | {"extensions": {"tls": {"client_cert_chain": [pem]}}}
        return asyncio.run(serve(ASGIHandler(), scope)).status

    with django_project.guarded(tmp_path, PATTERNS, ROUTES, POLICY + section):
        assert [200, 401] == [asked(issued.pem) for issued in (BILLING, STRANGER)]
