"""A service's own token: asked for once, renewed in time, shown to the services of the map and to nobody else."""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import requests
from fastapi import FastAPI

from nomoat import guard
from nomoat.appmap import codec
from nomoat.appmap.model import Call, Edge
from nomoat.errors import UsageError
from nomoat.guard.service_token import RENEWED_AT, REST_S, ServiceToken, ServiceTokenError
from tests.guard.calling import scope_of, serve
from tests.guard.guarded import ANA, POLICY
from tests.policy.maps import map_of, route


class Server:
    """A loopback server that answers with what `answer` gives for a request, and notes it."""

    def __init__(self, answer: Callable[[Any], tuple[int, dict[str, str], bytes]]) -> None:
        self.seen: list[Any] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen.append(self)
                status, headers, body = answer(self)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815  the server's own name

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Issuer(Server):
    """A token endpoint; what it says can be changed."""

    def __init__(self) -> None:
        self.life: Any = 100
        self.said: dict[str, Any] | bytes | None = None
        super().__init__(self._answer)

    def _answer(self, request: Any) -> tuple[int, dict[str, str], bytes]:
        if self.said is None:
            said: Any = {"access_token": f"t{len(self.seen)}", "token_type": "Bearer", "expires_in": self.life}
        else:
            said = self.said
        status = 200 if self.said != b"down" else 500
        return status, {"Content-Type": "application/json"}, said if type(said) is bytes else json.dumps(said).encode()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Issuer]:
    monkeypatch.setenv("SHOP_SECRET", "s3:cret /ü")
    one = Issuer()
    yield one
    one.close()


def token_of(issuer: Issuer, **options: Any) -> ServiceToken:
    return ServiceToken(f"{issuer.url}/token", client="sh:op", secret="env:SHOP_SECRET", **options)


def test_it_asks_as_the_standard_says_and_once(issuer: Issuer) -> None:
    token = token_of(issuer, scope="orders:read", audience="shop")

    assert {"t1"} == {token.get() for _ in range(20)}

    (request,) = issuer.seen
    assert (request.command, request.path) == ("POST", "/token")
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["client_credentials"], "scope": ["orders:read"], "audience": ["shop"],
    }  # fmt: skip
    assert b64decode(request.headers["Authorization"].split()[1]) == b"sh%3Aop:s3%3Acret+%2F%C3%BC"


def test_a_hundred_requests_at_once_ask_once(issuer: Issuer) -> None:
    token = token_of(issuer)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(token.get())) for _ in range(100)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert (["t1"] * 100, 1) == (found, len(issuer.seen))


def test_it_is_renewed_before_it_ends_and_the_old_one_goes_on_while_the_issuer_is_down(issuer: Issuer) -> None:
    clock = Clock()
    token = token_of(issuer, clock=clock)
    assert token.get() == "t1"

    clock.now += 100 * RENEWED_AT + 1
    issuer.said = b"down"
    assert ("t1", "t1", 2) == (token.get(), token.get(), len(issuer.seen))
    issuer.said = None
    clock.now += REST_S
    assert token.get() == "t3"

    issuer.said = b"down"
    clock.now += 101
    with pytest.raises(ServiceTokenError, match="gave no token"):
        token.get()


@pytest.mark.parametrize("life", [None, 0, -5, True, "3600", 1e400])
def test_a_life_that_is_none_is_a_minute(issuer: Issuer, life: Any) -> None:
    clock = Clock()
    issuer.said = b'{"access_token": "t", "token_type": "bearer", "expires_in": %s}' % json.dumps(life).encode()
    if life == 1e400:
        issuer.said = b'{"access_token": "t", "token_type": "bearer", "expires_in": 1e400}'
    token = token_of(issuer, clock=clock)
    assert token.get() == "t"

    clock.now += 61
    issuer.said = b"down"

    with pytest.raises(ServiceTokenError):
        token.get()


@pytest.mark.parametrize(
    "said",
    [
        b"", b"<html>", b"[]", b"null", {"access_token": "t"}, {"access_token": "", "token_type": "Bearer"},
        {"access_token": 7, "token_type": "Bearer"}, {"access_token": "t", "token_type": "mac"}, {"error": "invalid"},
        b'{"access_token": "a", "access_token": "b", "token_type": "Bearer"}',
    ],
)  # fmt: skip
def test_what_is_no_token_is_none_and_the_secret_is_not_told(issuer: Issuer, said: Any) -> None:
    issuer.said = said

    with pytest.raises(ServiceTokenError) as raised:
        token_of(issuer).get()

    assert "s3:cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://login.example.test/token", "env:A"),
        ("ftp://x/token", "env:A"),
        ("https://login.example.test/t", "s3cret"),
    ],
)
def test_what_would_give_the_secret_away_is_refused(url: str, secret: str) -> None:
    with pytest.raises(UsageError):
        ServiceToken(url, client="shop", secret=secret)


# -- shown by outbound -------------------------------------------------------------------------------------------------


def by_httpx(url: str, token: ServiceToken, **options: Any) -> None:
    with guard.outbound(httpx.Client(follow_redirects=True, trust_env=False), token=token) as client:
        client.get(url, **options)


def by_async(url: str, token: ServiceToken, **options: Any) -> None:
    async def asked() -> None:
        async with guard.outbound(httpx.AsyncClient(follow_redirects=True, trust_env=False), token=token) as client:
            await client.get(url, **options)

    asyncio.run(asked())


def by_requests(url: str, token: ServiceToken, **options: Any) -> None:
    with guard.outbound(requests.Session(), token=token) as session:
        session.trust_env = False
        session.get(url, timeout=5, **options)


WAYS = pytest.mark.parametrize("way", [by_httpx, by_async, by_requests])


def _served(root: Path, call: Callable[[], None], service: Server, other: Server) -> int:
    """A guarded shop whose map has an edge to one server, and declares the other as a host."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/a")
    def handler() -> str:
        call()
        return "ok"

    calls = (Call(f"127.0.0.1:{service.port}", "a.py:1"), Call(f"127.0.0.1:{other.port}", "a.py:2"))
    drawn = map_of(replace(route("GET /a", binding="public"), calls=calls))
    drawn = replace(drawn, edges=(Edge("shop", "billing", f"127.0.0.1:{service.port}", "", "a.py:1"),))
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    one = guard.Guard(app, "enforce", config=root / "nomoat.yaml", identity=lambda _: ANA)
    try:
        return asyncio.run(serve(one, scope_of("GET", "/a"))).status
    finally:
        one.close()


@pytest.fixture
def servers() -> Iterator[tuple[Server, Server]]:
    other = Server(lambda _: (200, {}, b""))
    service = Server(
        lambda request: (302, {"Location": f"{other.url}/b"}, b"") if request.path == "/to" else (200, {}, b"")
    )
    yield service, other
    service.close()
    other.close()


@WAYS
def test_the_services_of_the_map_see_it_and_nobody_else(
    tmp_path: Path, issuer: Issuer, servers: tuple[Server, Server], way: Any
) -> None:
    service, other = servers
    token = token_of(issuer)

    def call() -> None:
        way(f"{service.url}/a", token)
        way(f"{other.url}/a", token)
        way(f"{service.url}/to", token)

    assert 200 == _served(tmp_path, call, service, other)
    assert ["Bearer t1", "Bearer t1"] == [one.headers["Authorization"] for one in service.seen]
    assert [None, None] == [one.headers["Authorization"] for one in other.seen]


@WAYS
def test_a_credential_that_a_request_has_stays(
    tmp_path: Path, issuer: Issuer, servers: tuple[Server, Server], way: Any
) -> None:
    service, other = servers
    call = lambda: way(f"{service.url}/a", token_of(issuer), headers={"Authorization": "Bearer own"})  # noqa: E731

    assert 200 == _served(tmp_path, call, service, other)
    assert ["Bearer own"] == [one.headers["Authorization"] for one in service.seen]
    assert issuer.seen == []


@WAYS
def test_without_a_token_nothing_is_sent(
    tmp_path: Path, issuer: Issuer, servers: tuple[Server, Server], way: Any
) -> None:
    service, other = servers
    issuer.said = b"down"
    raised: list[Exception] = []

    def call() -> None:
        try:
            way(f"{service.url}/a", token_of(issuer))
        except ServiceTokenError as error:
            raised.append(error)

    assert 200 == _served(tmp_path, call, service, other)
    assert (1, []) == (len(raised), service.seen)
