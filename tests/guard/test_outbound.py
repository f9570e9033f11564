"""`outbound`: real clients of httpx and requests reach what the map declares or a person listed, and nothing else."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from fastapi import FastAPI

from nomoat import guard, settings
from nomoat.appmap.model import Call, Edge, Entry, Map
from nomoat.errors import SettingsError, UsageError
from nomoat.guard import starting
from nomoat.guard.settings import read
from nomoat.journal.facts import Outbound
from nomoat.journal.journal import open_store
from nomoat.policy.outbound import Hosts, Listed
from nomoat.survey.draw import draw
from tests.guard.guarded import POLICY, Guarded
from tests.policy.maps import route

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Server:
    """A real HTTP server on loopback, which notes what it was asked."""

    def __init__(self) -> None:
        seen = self.seen = []  # type: ignore[var-annotated]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self)
                if self.path.startswith("/to/"):
                    self.send_response(302)
                    self.send_header("Location", self.path.removeprefix("/to/"))
                else:
                    self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


def by_httpx(url: str) -> int:
    with guard.outbound(httpx.Client(follow_redirects=True, trust_env=False)) as client:
        return client.get(url).status_code


def by_async(url: str) -> int:
    async def asked() -> int:
        async with guard.outbound(httpx.AsyncClient(follow_redirects=True, trust_env=False)) as client:
            return (await client.get(url)).status_code

    return asyncio.run(asked())


def by_requests(url: str) -> int:
    with guard.outbound(requests.Session()) as session:
        session.trust_env = False
        return session.get(url, timeout=5).status_code


WAYS = pytest.mark.parametrize("way", [by_httpx, by_async, by_requests])


def _guarded(root: Path, call: Callable[[], Any], *hosts: str, mode: Any = "enforce", policy: str = POLICY) -> Guarded:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/pictures")
    def pictures() -> Any:
        try:
            return call()
        except guard.OutboundError as error:
            return str(error)

    calls = tuple(Call(host, "main.py:1") for host in hosts)
    routes = (replace(route("GET /pictures", binding="public"), calls=calls),)
    return Guarded(root, app, routes, mode=mode, policy=policy)


def _outbound(root: Path) -> list[Outbound]:
    store = open_store(f"sqlite:{root}/journal.db")
    found = [entry.fact for entry in store.read(kinds=(Outbound,)) if isinstance(entry.fact, Outbound)]
    store.close()
    return found


@WAYS
def test_what_source_declares_is_called_and_recorded(tmp_path: Path, server: Server, way: Callable[[str], int]) -> None:
    url = f"http://127.0.0.1:{server.port}/a"
    guarded = _guarded(tmp_path, lambda: way(url), f"127.0.0.1:{server.port}")

    answer, _ = guarded.ask("GET", "/pictures", headers=[("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01")])

    assert (200, b"200", 1) == (answer.status, answer.body, len(server.seen))
    (fact,) = _outbound(tmp_path)
    assert (fact.host, fact.port, fact.outcome, fact.reason) == ("127.0.0.1", server.port, "allow", "declared")
    assert (fact.service, fact.target, fact.subject) == ("shop", "route:shop/GET /pictures", "user:local/ana")
    if way is not by_async:  # Its own event loop is in another context of the same thread, which carries it along.
        assert server.seen[0].headers["traceparent"].startswith(f"00-{TRACE}-")


@WAYS
def test_nothing_is_sent_to_any_other_host(tmp_path: Path, server: Server, way: Callable[[str], int]) -> None:
    guarded = _guarded(tmp_path, lambda: way(f"http://127.0.0.1:{server.port}/a"), "api.example.org")

    answer, _ = guarded.ask("GET", "/pictures")

    assert b"may not call" in answer.body
    assert server.seen == []
    (fact,) = _outbound(tmp_path)
    assert (fact.outcome, fact.reason, fact.enforced) == ("deny", "undeclared", True)


@WAYS
def test_a_redirect_is_looked_at_too(tmp_path: Path, server: Server, way: Callable[[str], int]) -> None:
    other = Server()
    url = f"http://127.0.0.1:{server.port}/to/http://127.0.0.1:{other.port}/secret"
    try:
        answer, _ = _guarded(tmp_path, lambda: way(url), f"127.0.0.1:{server.port}").ask("GET", "/pictures")
    finally:
        other.close()

    assert b"may not call" in answer.body
    assert (1, []) == (len(server.seen), other.seen)


@WAYS
def test_audit_sends_it_and_says_so(tmp_path: Path, server: Server, way: Callable[[str], int]) -> None:
    guarded = _guarded(tmp_path, lambda: way(f"http://127.0.0.1:{server.port}/a"), mode="audit")

    answer, _ = guarded.ask("GET", "/pictures")

    assert (b"200", 1) == (answer.body, len(server.seen))
    (fact,) = _outbound(tmp_path)
    assert (fact.outcome, fact.enforced) == ("deny", False)


def test_what_a_person_listed_is_called(tmp_path: Path, server: Server) -> None:
    policy = f'{POLICY}outbound: [{{host: "127.0.0.1:{server.port}", because: "a test"}}]\n'
    guarded = _guarded(tmp_path, lambda: by_httpx(f"http://127.0.0.1:{server.port}/a"), policy=policy)

    answer, _ = guarded.ask("GET", "/pictures")

    assert b"200" == answer.body
    assert ["listed"] == [fact.reason for fact in _outbound(tmp_path)]


def test_the_same_calls_are_told_together(tmp_path: Path, server: Server) -> None:
    url = f"http://127.0.0.1:{server.port}/a"
    guarded = _guarded(tmp_path, lambda: [by_httpx(url) for _ in range(20)], f"127.0.0.1:{server.port}")

    guarded.ask("GET", "/pictures")

    assert [1, 19] == [fact.count for fact in _outbound(tmp_path)]


def test_outside_of_a_request_and_without_a_guard_nothing_is_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Applications of other tests in this process may not be gone yet.
    monkeypatch.setattr(starting, "_all", weakref.WeakSet())

    with pytest.raises(guard.OutboundError, match="no guard runs"):
        by_httpx(f"http://127.0.0.1:{server.port}/a")

    assert server.seen == []


@pytest.mark.parametrize("what", [None, "https://api.example.org", object()])
def test_what_is_no_client_is_a_mistake(what: Any) -> None:
    with pytest.raises(UsageError, match="outbound\\(\\) was given"):
        guard.outbound(what)


# -- which hosts -------------------------------------------------------------------------------------------------------


def _hosts(*calls: Call, edges: tuple[Edge, ...] = (), listed: tuple[str, ...] = (), **environment: str) -> Hosts:
    drawn = Map(routes=(replace(route("GET /a"), calls=calls),), edges=edges)
    return Hosts(drawn, "shop", tuple(Listed(host, "why") for host in listed), environment=environment)


@pytest.mark.parametrize(
    ("host", "port", "ground"),
    [
        ("api.example.org", 443, "declared"),
        ("API.example.org.", 80, "declared"),
        ("api.example.org", 8443, None),
        ("api.example.org.evil.example", 443, None),
        ("evil-api.example.org", 443, None),
        ("billing", 8000, "declared"),
        ("billing", 80, None),
        ("pay.example.org", 443, "declared"),
        ("ledger", 9000, "declared"),
        ("a.internal.example", 443, "listed"),
        ("a.b.internal.example", 443, "listed"),
        ("internal.example", 443, None),
        ("xinternal.example", 443, None),
        ("a.internal.example", 22, None),
        ("[::1]", 8000, "declared"),
        ("169.254.169.254", 80, None),
        ("", 443, None),
    ],
)
def test_a_host_is_who_it_says(host: str, port: int, ground: str | None) -> None:
    hosts = _hosts(
        Call("api.example.org", "a.py:1"),
        Call("billing:8000", "a.py:2"),
        Call("", "a.py:3", "PAYMENT_URL"),
        Call("[::1]:8000", "a.py:4"),
        edges=(Edge("shop", "ledger", "", "LEDGER", "a.py:5"), Edge("other", "x", "evil.example", "", "")),
        listed=("*.internal.example",),
        PAYMENT_URL="https://pay.example.org/v1?x=@evil.example",
        LEDGER="ledger:9000",
    )

    assert ground == hosts.ground(host, port)


def test_tasks_of_the_service_count_and_other_services_do_not() -> None:
    task = Entry("task:shop/a", "shop", "task", "a", "a:a", "a.py:1", calls=(Call("queue.example", "a.py:1"),))
    other = replace(route("GET /a"), service="billing", calls=(Call("bank.example", "a.py:1"),))
    hosts = Hosts(Map(routes=(other,), entries=(task,)), "shop", environment={})

    assert ("declared", None) == (hosts.ground("queue.example", 443), hosts.ground("bank.example", 443))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[{host: api.example.org}]", "does not say why"),
        ('[{host: "*", because: a}]', "is no host"),
        ('[{host: "*.com", because: a}]', "top-level domain"),
        ('[{host: "https://api.example.org", because: a}]', "is no host"),
        ('[{host: "a b", because: a}]', "is no host"),
        ("[api.example.org]", "a host"),
    ],
)
def test_each_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "nomoat.yaml").write_text(f"{POLICY}outbound: {text}\n")

    with pytest.raises(SettingsError, match=said):
        read(settings.load(tmp_path / "nomoat.yaml"))


def test_the_map_looks_through_it(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import httpx, requests\nfrom fastapi import FastAPI\nfrom nomoat import guard\n"
        "app = FastAPI(openapi_url=None)\n"
        'client = guard.outbound(httpx.AsyncClient(base_url="https://api.example.org"))\n'
        "session = guard.outbound(requests.Session())\n"
        '@app.get("/a")\nasync def a():\n    return await client.get("/x")\n'
        '@app.get("/b")\ndef b():\n    return session.get("https://pay.example.org/y")\n'
    )

    drawn = draw(tmp_path).map

    assert {"api.example.org", "pay.example.org"} == {call.host for one in drawn.routes for call in one.calls}
