"""An OPA server that is asked: what it is asked, what its answers mean, and that whatever else happens is a denial.

No OPA is here to be asked: `opa_server` speaks its REST API, and `test_rego` has another engine of its language.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Response
from flask import Flask

from nomoat import guard, settings
from nomoat.errors import SettingsError
from nomoat.guard import Identity
from nomoat.guard.backends.opa import MOST_WAITING, Opa
from nomoat.guard.backends.settings import OpaSettings
from nomoat.guard.settings import read
from nomoat.journal import blocks
from nomoat.journal.journal import open_store
from nomoat.policy.decide import Answer
from tests.guard.backends.opa_server import OpaServer
from tests.guard.calling import scope_of, serve
from tests.guard.guarded import Guarded, last
from tests.guard.wsgi_calling import Served
from tests.policy.maps import route

ANA = Identity("user:local/ana", ("customer",), claims={"team": "north", "mail": "ana@example.test"})
ROUTES = (
    route("GET /export", binding=("export:read",)),
    route("GET /orders/{order_id}", binding=("orders:read",), requires=("orders:read",)),
    route("GET /open", binding="public"),
)
POLICY = """\
services: {{shop: {{app: "main:app"}}}}
roles: {{customer: [orders:read, export:read]}}
journal: {{store: "sqlite:journal.db"}}
backend: {{opa: {{url: "{url}", timeout: {timeout}, claims: [team]}}}}
"""


def _app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/export")
    async def export() -> str:
        return "all"

    @app.get("/open")
    async def public() -> str:
        return "open"

    @app.get("/orders/{order_id}")
    def read_order(order_id: int) -> Response:
        guard.require("orders:read", owner="ana" if order_id == 1 else "ben")
        return Response("of ana" if order_id == 1 else "of ben")

    return app


def guarded(root: Path, server: OpaServer, *, timeout: str = "2s", **given: Any) -> Guarded:
    return Guarded(root, _app(), ROUTES, policy=POLICY.format(url=server.url, timeout=timeout), who=ANA, **given)


@pytest.fixture
def server() -> Iterator[OpaServer]:
    with OpaServer(lambda _: {"result": True, "decision_id": "d-1"}) as running:
        yield running


def test_what_it_is_asked_is_what_the_decision_records(tmp_path: Path, server: OpaServer) -> None:
    answer, facts = guarded(tmp_path, server).ask("GET", "/export")

    (fact,), (document,) = facts, server.inputs
    assert (200, ("allow", "granted"), ("opa",)) == (answer.status, last(facts), fact.grants)
    hour = document["context"].pop("hour")
    assert {
        "service": "shop", "subject": "user:local/ana", "sub": "ana", "roles": ["customer"],
        "permissions": ["export:read"], "params": {}, "context": {"client": fact.client, "method": "GET"},
        "claims": {"team": "north"}, "device": {}, "resource": None,
    } == document  # fmt: skip
    assert (document["subject"], tuple(document["roles"]), tuple(document["permissions"]), document["service"]) == (
        fact.subject, fact.roles, fact.permissions, fact.service
    )  # fmt: skip
    assert {
        "backend": "opa", "opa.decision_id": "d-1", "subject.team": "north", "context.hour": hour,
        "context.client": fact.client, "context.method": "GET",
    } == fact.read  # fmt: skip


def test_it_is_told_of_the_device_and_the_decision_records_it(tmp_path: Path, server: OpaServer) -> None:
    service = guarded(tmp_path, server)
    service.policy += "trusted_proxies: [192.0.2.1]\ndevice: {headers: {compliant: X-Device-Compliant}}\n"
    _, (fact,) = service.ask("GET", "/export", headers=[("X-Device-Compliant", "true")])

    (document,) = server.inputs
    assert ({"compliant": "true"}, "true") == (document["device"], fact.read["device.compliant"])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"result": True}, (200, "granted")),
        ({"result": False}, (403, "no-grant")),
        ({}, (403, "no-grant")),
        ({"result": "true"}, (503, "backend-unavailable")),
        ({"result": 1}, (503, "backend-unavailable")),
        ({"result": None}, (503, "backend-unavailable")),
        ({"result": {"allow": True}}, (503, "backend-unavailable")),
        ({"result": [True]}, (503, "backend-unavailable")),
        (b'{"result": false, "result": true}', (503, "backend-unavailable")),
        (b"true", (503, "backend-unavailable")),
        (b"", (503, "backend-unavailable")),
        (b"\xff", (503, "backend-unavailable")),
        (b'{"result": true}' + b" " * 100_000, (503, "backend-unavailable")),
        (b"[" * 30_000, (503, "backend-unavailable")),
    ],
    ids=lambda value: str(value)[:30],
)
def test_only_true_allows(tmp_path: Path, server: OpaServer, body: Any, expected: tuple[int, str]) -> None:
    server.answer = lambda _: body

    answer, facts = guarded(tmp_path, server).ask("GET", "/export")
    assert expected == (answer.status, last(facts)[1])


@pytest.mark.parametrize("status", [201, 204, 301, 400, 401, 404, 500, 503])
def test_another_status_denies_whatever_it_says(tmp_path: Path, server: OpaServer, status: int) -> None:
    server.status = status

    answer, facts = guarded(tmp_path, server).ask("GET", "/export")
    assert (503, ("deny", "backend-unavailable")) == (answer.status, last(facts))


@pytest.mark.parametrize("trouble", ["late", "drips", "gone"])
def test_no_answer_in_time_denies_in_time(
    tmp_path: Path, server: OpaServer, trouble: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.after_s, server.drips_s = (5.0 if trouble == "late" else 0.0), (0.05 if trouble == "drips" else 0.0)
    if trouble == "gone":
        server.close()

    answer, facts = guarded(tmp_path, server, timeout="100ms").ask("GET", "/export")
    assert (503, ("deny", "backend-unavailable")) == (answer.status, last(facts))
    assert "OPA gave no answer that can be used" in capsys.readouterr().err


def test_in_audit_mode_it_changes_nothing_and_is_recorded(tmp_path: Path, server: OpaServer) -> None:
    server.close()

    answer, facts = guarded(tmp_path, server, mode="audit").ask("GET", "/export")
    assert (200, ("deny", "backend-unavailable"), False) == (answer.status, last(facts), facts[0].enforced)


def test_what_guard_knows_by_itself_is_asked_of_nobody(tmp_path: Path, server: OpaServer) -> None:
    shop = guarded(tmp_path, server)
    assert (200, 404) == (shop.ask("GET", "/open")[0].status, shop.ask("GET", "/none")[0].status)
    shop.who = None
    assert 401 == shop.ask("GET", "/export")[0].status
    shop.who = Identity("user:local/ana", ("customer",), only=frozenset({"orders:read"}))
    assert ("deny", "out-of-scope") == last(shop.ask("GET", "/export")[1][-1:])
    shop.who = ANA
    with contextlib.closing(open_store(f"sqlite:{tmp_path}/journal.db")) as store:
        blocks.place(store, "user:local/ana", for_s=60, because="tests", by="ana")
    assert ("deny", "blocked") == last(shop.ask("GET", "/export")[1][-1:])
    assert [] == server.inputs


def test_a_deferred_answer_is_decided_with_the_object(tmp_path: Path, server: OpaServer) -> None:
    def policy(document: dict[str, Any]) -> dict[str, Any]:
        resource = document["resource"]
        return {"result": "deferred" if resource is None else resource["owner"] == document["sub"]}

    server.answer = policy
    shop = guarded(tmp_path, server)
    answer, facts = shop.ask("GET", "/orders/1")
    first, then = sorted(facts, key=lambda one: one.sequence)
    assert (200, b"of ana", "deferred", "allow") == (answer.status, answer.body, first.outcome, then.outcome)
    assert ({"order_id": "1"}, "ana") == (server.inputs[0]["params"], then.read["resource.owner"])

    answer, facts = shop.ask("GET", "/orders/2")
    assert (403, ("deny", "no-grant")) == (answer.status, last(facts[2:]))
    server.answer = lambda _: {"result": "deferred"}
    answer, facts = shop.ask("GET", "/orders/1")
    # Once the object is known there is nobody left to defer to.
    assert (503, ("deny", "backend-unavailable")) == (answer.status, last(facts[4:]))


def test_the_event_loop_goes_on_and_what_is_slow_is_bounded(tmp_path: Path, server: OpaServer) -> None:
    server.after_s = 0.05
    gaps: list[float] = []

    async def beat() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.001)
            gaps.append(time.monotonic() - began)

    async def many(app: Any) -> list[int]:
        beating = asyncio.create_task(beat())
        answers = await asyncio.gather(*(serve(app, scope_of("GET", "/export"), b"") for _ in range(40)))
        beating.cancel()
        return [one.status for one in answers]

    statuses = guarded(tmp_path, server)._run(many)
    assert {200} == set(statuses)
    assert (40, True) == (len(server.inputs), server.connections <= 16)
    # Asked one after the other they would take two seconds, with the loop standing still.
    assert len(gaps) > 20


def test_connections_stay_open_and_one_that_was_closed_is_made_anew(tmp_path: Path, server: OpaServer) -> None:
    opa = Opa(OpaSettings(server.url, 5.0), service="shop", root=tmp_path)

    def ask() -> Answer:
        return opa.decide(subject="user:a/b", roles=(), permissions=("p",), attributes={})

    assert ["allow"] * 5 == [ask().outcome for _ in range(5)]
    assert 1 == server.connections
    server.ends_each = True
    assert ["allow"] * 3 == [ask().outcome for _ in range(3)]
    opa.close()
    assert "allow" == ask().outcome


def test_of_too_many_that_wait_one_more_is_denied_at_once(tmp_path: Path, server: OpaServer) -> None:
    opa = Opa(OpaSettings(server.url, 2.0), service="shop", root=tmp_path)
    opa._waiting.get().count = MOST_WAITING

    answer = opa.decide(subject="user:a/b", roles=(), permissions=("p",), attributes={})
    assert ("deny", "backend-unavailable") == answer[:2]
    assert [] == server.inputs
    assert MOST_WAITING == opa._waiting.get().count


def test_of_too_many_that_an_event_loop_has_waiting_one_more_is_denied_at_once(
    tmp_path: Path, server: OpaServer
) -> None:
    """Each waits in a queue, not in a thread: nobody counted them, and an outage filled the memory."""
    server.after_s = 1.0
    opa = Opa(OpaSettings(server.url, 2.0), service="shop", root=tmp_path)

    def ask() -> tuple[str, bool]:
        is_at_once = threading.current_thread() is threading.main_thread()
        return opa.decide(subject="u", roles=(), permissions=("p",), attributes={}).reason, is_at_once

    async def many() -> list[tuple[str, bool]]:
        return await asyncio.gather(*(opa.asked(ask) for _ in range(MOST_WAITING + 40)))

    answers = asyncio.run(many())
    opa.close()
    assert ["backend-unavailable"] * 40 == [reason for reason, is_at_once in answers if is_at_once]
    assert 0 == opa._waiting.get().count


def test_who_went_away_before_its_turn_takes_no_place(tmp_path: Path, server: OpaServer) -> None:
    server.after_s = 0.2
    opa = Opa(OpaSettings(server.url, 2.0), service="shop", root=tmp_path)

    async def leave() -> None:
        asking = [asyncio.create_task(opa.asked(time.sleep, 0.05)) for _ in range(100)]
        await asyncio.sleep(0.01)
        for one in asking:
            one.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await asyncio.sleep(0.3)

    asyncio.run(leave())
    opa.close()
    assert 0 == opa._waiting.get().count


@pytest.mark.parametrize("value", [float("nan"), object(), {1: {2}}, "\ud800"])
def test_a_claim_that_is_no_json_denies_and_never_raises(tmp_path: Path, server: OpaServer, value: object) -> None:
    opa = Opa(OpaSettings(server.url, 2.0, claims=("team",)), service="shop", root=tmp_path)
    answer = opa.decide(subject="user:a/b", roles=(), permissions=("p",), attributes={"subject.team": value})
    opa.close()

    assert ("deny", "backend-unavailable") == answer[:2]
    assert ("deny", "no-grant") == opa.decide(subject="u", roles=(), permissions=(), attributes={})[:2]


def test_a_token_goes_along_and_is_no_part_of_anything_said(
    tmp_path: Path, server: OpaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPA_TOKEN", "hunter2hunter2")
    opa = Opa(OpaSettings(server.url, 2.0, token="env:OPA_TOKEN"), service="shop", root=tmp_path)
    opa.decide(subject="user:a/b", roles=(), permissions=("p",), attributes={})
    opa.close()

    assert "Bearer hunter2hunter2" == server.headers[0]["Authorization"]
    monkeypatch.setenv("OPA_TOKEN", "hunter2 hunter2\n")
    with pytest.raises(SettingsError) as raised:
        Opa(OpaSettings(server.url, 2.0, token="env:OPA_TOKEN"), service="shop", root=tmp_path)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "backend: opa",
        "backend: {}",
        "backend: {opa: {}}",
        "backend: {opa: null}",
        "backend: {opa: {url: null}}",
        "backend: []",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a?pretty'}}",
        "backend: {opa: {url: 'http://192.0.2.7:8181/v1/data/a'}}",
        "backend: {opa: {url: 'https://u:p@opa.example.test/v1/data/a'}}",
        "backend: {opa: {url: 'https://opa.example.test/v1/policies/a'}}",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a', timeout: 1m}}",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a', timeout: 1ms}}",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a', token: hunter2}}",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a', claims: ['a b']}}",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a'}, cedar: {}}",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a'}}\ndeny: [{permission: a, because: b}]",
        "backend: {opa: {url: 'https://opa.example.test/v1/data/a'}}\nstep_up: [{permission: a, max_age: 5m}]",
    ],
)
def test_what_cannot_be_meant_is_a_mistake(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        read(settings.parse(text, root=tmp_path))


@pytest.mark.parametrize("text", ["{}", "backend: native", "backend: null"])
def test_without_one_the_policy_itself_decides(tmp_path: Path, text: str) -> None:
    assert read(settings.parse(text, root=tmp_path)).backend is None


def test_a_backtest_does_not_judge_what_it_decided(tmp_path: Path, server: OpaServer) -> None:
    from nomoat.cli.main import main

    shop = guarded(tmp_path, server)
    assert 200 == shop.ask("GET", "/export")[0].status
    (tmp_path / "new.yaml").write_text("services: {shop: {}}\nroles: {}\n")
    with contextlib.chdir(tmp_path):
        assert 3 == main(["policy", "backtest", "--policy", "new.yaml"])


def test_flask_asks_it_too(tmp_path: Path, server: OpaServer) -> None:
    app = Flask(__name__)
    app.add_url_rule("/export", "export", lambda: "all")
    served = Served(tmp_path, app, ROUTES[:1], policy=POLICY.format(url=server.url, timeout="2s"), who=ANA)
    try:
        allowed = served.ask("GET", "/export")
        server.answer = lambda _: {"result": False}
        denied = served.ask("GET", "/export")
    finally:
        served.close()

    assert (200, 403, 2) == (allowed.status, denied.status, len(server.inputs))
