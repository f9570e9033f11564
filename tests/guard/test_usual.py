"""What a caller may at a route is worked out once, and never counts where anything else has a say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard import Identity, deciding, usual
from nomoat.guard.runtime import Runtime
from nomoat.guard.testing import journal_in_memory
from nomoat.journal.facts import Block, Decision, Elevation, Logging, Revocation, timestamp
from nomoat.journal.workers import seconds_from
from tests.guard.calling import scope_of, serve
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
roles:
  customer: [{permission: orders:read}, {permission: night:read, when: context.hour < 25}]
  keeper: [{permission: stock:write}]
break_glass: {oncall: {may: [stock:write], roles: [customer], for: 1h}}
routes:
  shop/GET /open: {public: true, because: "everybody may"}
journal: {store: "sqlite:journal.db"}
"""
ROUTES = (
    route("GET /orders/{id}", binding=("orders:read",)),
    route("HEAD /orders/{id}", binding=("orders:read",)),
    route("GET /night", binding=("night:read",)),
    route("POST /stock", binding=("stock:write",)),
    route("GET /me", binding="signed-in"),
    route("GET /open"),
)
ANA = Identity("user:local/ana", ("customer",), credential="sha256:1", issued_at=1.0)


BY: dict[str, Any] = {"because": "so", "by": "user:local/ben"}


def _block(what: Any, value: str) -> Block:
    return Block(block=what, what=what, value=value, until=seconds_from(timestamp(), 600), **BY)


class Shop:
    """A guarded application that goes on between questions."""

    def __init__(self, root: Path) -> None:
        self.who: Identity | None = ANA
        self.config = root / "nomoat.yaml"
        self.config.write_text(POLICY)
        (root / ".nomoat").mkdir()
        (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*ROUTES)))
        paths = [(one.path, one.method) for one in ROUTES if one.method != "HEAD"]
        inner = Starlette(routes=[Route(path, _answer, methods=[method]) for path, method in paths])
        self.app = guard.Guard(inner, "enforce", application=inner, config=self.config, identity=lambda _: self.who)

    @property
    def runtime(self) -> Runtime:
        """What decides."""
        assert self.app._starting.runtime is not None
        return self.app._starting.runtime

    def ask(self, target: str = "/orders/1", method: str = "GET", **also: Any) -> int:
        """The status of one request."""
        return asyncio.run(serve(self.app, scope_of(method, target, **also))).status

    def decisions(self) -> list[Decision]:
        """All of them, oldest first."""
        self.runtime.writer.flush()
        return [e.fact for e in self.runtime.store.read(kinds=(Decision,)) if isinstance(e.fact, Decision)]

    def say(self, *facts: Any) -> None:
        """Facts of somebody else, as this process reads them."""
        self.runtime.store.append([(fact, None) for fact in facts])
        self.runtime.standing.look()


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    with journal_in_memory():
        made = Shop(tmp_path)
        yield made
        made.app.close()


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The targets of requests whose decision was worked out."""
    found: list[str] = []
    real: Callable[..., Any] = deciding._anew

    def noted(*given: Any) -> Any:
        asked = real(*given)
        found.append(asked.known.target)
        return asked

    monkeypatch.setattr(deciding, "_anew", noted)
    return found


def _answer(_: Request) -> PlainTextResponse:
    return PlainTextResponse("what was asked for")


def test_the_second_fact_says_what_the_first_said(shop: Shop, anew: list[str]) -> None:
    for number in ("1", "2"):
        assert shop.ask(f"/orders/{number}", headers=[("traceparent", f"00-{number * 32}-00f067aa0ba902b7-01")]) == 200
    assert len(anew) == 1
    first, second = shop.decisions()
    assert (second.params, second.trace) == ({"id": "2"}, "2" * 32)
    assert first.request != second.request
    same: dict[str, Any] = {"request": "", "params": {}, "trace": "", "happened_at": ""}
    assert replace(first, **same) == replace(second, **same)


@pytest.mark.parametrize("target", ["/me", "/open"])
def test_it_holds_for_whoever_is_known_and_for_everybody(shop: Shop, anew: list[str], target: str) -> None:
    shop.who = None if target == "/open" else ANA
    assert [shop.ask(target) for _ in range(3)] == [200] * 3
    assert len(anew) == 1


def test_a_condition_is_asked_each_time(shop: Shop, anew: list[str]) -> None:
    assert [shop.ask("/night") for _ in range(2)] == [200] * 2
    assert len(anew) == 2


def test_a_denial_is_worked_out_each_time(shop: Shop, anew: list[str]) -> None:
    assert [shop.ask("/stock", "POST") for _ in range(2)] == [403] * 2
    assert len(anew) == 2


@pytest.mark.parametrize(
    "other",
    [
        None,
        replace(ANA, roles=()),
        replace(ANA, subject="user:local/ben", roles=()),
        replace(ANA, only=frozenset({"stock:write"})),
    ],
)
def test_nobody_else_is_let_in_by_it(shop: Shop, other: Identity | None) -> None:
    assert shop.ask() == 200
    shop.who = other
    assert shop.ask() in (401, 403)


def test_another_credential_of_the_same_caller_is_told_as_such(shop: Shop) -> None:
    shop.ask()
    shop.who = replace(ANA, credential="sha256:2")
    shop.ask()
    assert [one.credential for one in shop.decisions()] == ["sha256:1", "sha256:2"]


def test_each_method_is_told_as_itself(shop: Shop) -> None:
    assert shop.ask("/orders/1", "HEAD") == 200
    assert shop.ask("/orders/1", "GET") == 200
    assert [one.method for one in shop.decisions()] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    "said",
    [
        # Made when they are said: a block ends.
        lambda: _block("subject", "user:local/ana"),
        lambda: _block("credential", "sha256:1"),
        lambda: _block("client", "192.0.2.0/24"),
        lambda: Revocation(what="credential", value="sha256:1", **BY),
        lambda: Revocation(what="subject", value="user:local/ana", issued_before=timestamp(), **BY),
    ],
    ids=["subject", "credential", "client", "revoked", "revoked subject"],
)
def test_who_is_blocked_or_revoked_meanwhile_is_refused(shop: Shop, said: Callable[[], Any]) -> None:
    assert [shop.ask() for _ in range(2)] == [200] * 2
    shop.say(said())
    assert shop.ask() in (401, 403)


def test_what_more_is_to_be_recorded_is_recorded(shop: Shop) -> None:
    assert [shop.ask() for _ in range(2)] == [200] * 2
    shop.say(Logging(subject="user:local/ana", until=seconds_from(timestamp(), 600), adds=("path",), **BY))
    assert shop.ask() == 200
    assert [one.also for one in shop.decisions()] == [{}, {}, {"path": "/orders/1"}]


def test_a_role_for_an_emergency_counts_while_it_is_open(shop: Shop) -> None:
    assert [shop.ask("/me"), shop.ask("/me"), shop.ask("/stock", "POST")] == [200, 200, 403]
    until = seconds_from(timestamp(), 600)
    shop.say(Elevation(elevation="1", subject="user:local/ana", role="oncall", until=until, **BY))
    assert [shop.ask("/me"), shop.ask("/stock", "POST"), shop.ask("/stock", "POST")] == [200] * 3
    shop.say(Elevation(elevation="1", subject="user:local/ana", role="oncall", until=until, lifted=True, **BY))
    assert [shop.ask("/me"), shop.ask("/stock", "POST")] == [200, 403]


def test_another_policy_begins_anew(shop: Shop) -> None:
    assert [shop.ask() for _ in range(2)] == [200] * 2
    shop.config.write_text(POLICY.replace("{permission: orders:read}, ", ""))
    shop.runtime.reload()
    assert shop.ask() == 403


def test_blocks_that_are_too_old_deny(shop: Shop) -> None:
    assert [shop.ask() for _ in range(2)] == [200] * 2
    shop.runtime.standing._stop.set()
    assert shop.runtime.standing._thread is not None
    shop.runtime.standing._thread.join()
    shop.runtime.standing._read_at -= 11
    assert shop.ask() == 503


def test_no_more_are_kept_than_may_be(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usual, "MOST", 3)
    for number in range(10):
        shop.who = replace(ANA, credential=f"sha256:{number}")
        assert shop.ask() == 200
    assert len(shop.runtime.loaded.usual) <= 3


def test_roles_in_a_list_are_worked_out_each_time(shop: Shop, anew: list[str]) -> None:
    shop.who = replace(ANA, roles=["customer"])  # type: ignore[arg-type]  # What somebody's own function gives.
    assert [shop.ask() for _ in range(2)] == [200] * 2
    assert len(anew) == 2
