from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard.loading import Mode
from nomoat.guard.testing import as_user
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from tests.guard.calling import scope_of, serve
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
identity: {main: {issuer: shop, algorithms: [HS256], key: "env:SHOP_KEY"}}
roles:
  customer: [{permission: orders:read, when: resource.owner == subject.sub}]
journal: {store: "sqlite:journal.db"}
"""


def _app() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/orders/{number}")
    def order(number: str) -> str:
        try:
            guard.require("orders:read", owner=number)
        except guard.Denied:
            guard.require("orders:read", owner="ana")
        guard.require("orders:read", owner="ana")
        return number

    @app.get("/careless")
    def careless() -> str:
        with contextlib.suppress(Exception):
            guard.require(None, owner="ana")  # type: ignore[arg-type]  # what a careless handler does
        return "all"

    @app.get("/export")
    def export() -> str:
        guard.require("orders:read", owner="ana")
        return "all"

    return app


def _decisions(tmp_path: Path, mode: Mode, path: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Decision]:
    monkeypatch.setenv("SHOP_KEY", "0" * 64)
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    (tmp_path / ".nomoat").mkdir()
    drawn = map_of(
        route("GET /orders/{number}", binding=("orders:read",), requires=("orders:read",)),
        route("GET /export", binding=("export:read",)),
        route("GET /careless", binding=("orders:read",), requires=("orders:read",)),
    )
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    app: Any = guard.Guard(inner := _app(), mode, application=inner, config=tmp_path / "nomoat.yaml")
    with as_user("ana", roles=["customer"]):
        answer = asyncio.run(serve(app, scope_of("GET", path)))
    app.close()
    store = open_store(f"sqlite:{tmp_path}/journal.db")
    facts = [entry.fact for entry in store.read(kinds=(Decision,))]
    store.close()
    return answer.status, max((fact for fact in facts if isinstance(fact, Decision)), key=lambda fact: fact.sequence)


@pytest.mark.parametrize(("mode", "status"), [("audit", 200), ("enforce", 403)])
def test_the_last_fact_of_a_denied_request_is_a_denial_whatever_was_asked_after_it(
    mode: Mode, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, last = _decisions(tmp_path, mode, "/orders/ben", monkeypatch)

    assert (status, "deny", "condition-false", status) == (answered, last.outcome, last.reason, last.status)


def test_what_would_not_have_reached_its_handler_stays_denied_in_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered, last = _decisions(tmp_path, "audit", "/export", monkeypatch)

    assert (200, "deny", "no-grant") == (answered, last.outcome, last.reason)


def test_a_request_that_is_allowed_ends_with_an_allow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered, last = _decisions(tmp_path, "enforce", "/orders/ana", monkeypatch)

    assert (200, "allow", "granted") == (answered, last.outcome, last.reason)


@pytest.mark.parametrize(("mode", "status"), [("audit", 200), ("enforce", 403)])
def test_what_no_fact_can_hold_is_denied_in_a_plainer_one(
    mode: Mode, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, last = _decisions(tmp_path, mode, "/careless", monkeypatch)

    assert (status, "deny") == (found, last.outcome)
    assert last.sequence > 0
