"""In audit mode guard changes no answer, whatever fails; a block or a revocation refuses all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from nomoat import guard
from nomoat.appmap import codec
from nomoat.guard import Identity
from nomoat.guard.loading import Mode
from nomoat.journal import blocks
from nomoat.journal.facts import Decision, Revocation, timestamp
from nomoat.journal.journal import open_store
from tests.guard.calling import Answer, scope_of, serve
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
roles:
  customer: [{permission: orders:read, when: resource.owner == subject.sub}]
journal: {store: "sqlite:journal.db"}
"""
ANA = Identity("user:local/ana", ("customer",))


def _inner() -> FastAPI:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/orders")
    def orders() -> list[str]:
        def owner(order: str) -> str:
            raise ZeroDivisionError(order)

        return guard.only("orders:read", ["one", "two"], owner=owner)

    @app.get("/plain")
    def plain() -> str:
        return "plain"

    return app


def _answer(
    root: Path,
    mode: Mode,
    path: str,
    *,
    identity: Callable[[Any], Identity | None] = lambda _: ANA,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    prepare: Callable[[Any], None] = lambda _: None,
) -> tuple[Answer, list[Decision]]:
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    drawn = map_of(
        route("GET /orders", binding=("orders:read",), requires=("orders:read",)),
        route("GET /plain", binding="signed-in"),
    )
    (root / ".nomoat" / "map.json").write_text(codec.file_text(drawn))
    store = open_store(f"sqlite:{root}/journal.db")
    prepare(store)
    app: Any = guard.Guard(inner := _inner(), mode, application=inner, config=root / "nomoat.yaml", identity=identity)
    scope = scope_of("GET", path, client="203.0.113.9")
    change(scope)
    answer = asyncio.run(serve(app, scope))
    app.close()
    facts = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
    store.close()
    return answer, facts


def test_a_fault_of_the_handlers_own_function_in_only_changes_no_answer_in_audit(tmp_path: Path) -> None:
    answer, facts = _answer(tmp_path, "audit", "/orders")

    assert (200, ["one", "two"]) == (answer.status, answer.json())
    assert "condition-error" in {fact.reason for fact in facts}


def test_the_same_fault_denies_in_enforce_and_is_recorded(tmp_path: Path) -> None:
    answer, facts = _answer(tmp_path, "enforce", "/orders")

    assert 403 == answer.status
    assert "condition-error" in {fact.reason for fact in facts}


def _blocked(store: Any) -> None:
    blocks.place(store, "203.0.113.9", for_s=3600, because="INC-1", by="ana")


def _without_trace(scope: dict[str, Any]) -> None:
    # A server that hands over what no header can be: guard cannot decide, and must not forget who is blocked.
    scope["headers"].append((b"traceparent", None))


@pytest.mark.parametrize("mode", ["audit", "enforce"])
def test_a_blocked_caller_is_refused_though_nothing_can_be_decided(mode: Mode, tmp_path: Path) -> None:
    answer, _ = _answer(tmp_path, mode, "/plain", change=_without_trace, prepare=_blocked)

    assert 403 == answer.status


@pytest.mark.parametrize(("mode", "status"), [("audit", 200), ("enforce", 503)])
def test_where_nothing_can_be_decided_audit_passes_and_enforce_denies(mode: Mode, status: int, tmp_path: Path) -> None:
    answer, _ = _answer(tmp_path, mode, "/plain", change=_without_trace)

    assert status == answer.status


@pytest.mark.parametrize("mode", ["audit", "enforce"])
@pytest.mark.parametrize(("signed_in_s", "status"), [(-60.0, 401), (None, 401), (60.0, 200)])
def test_a_revoked_subject_of_identity_is_refused_until_it_has_signed_in_again(
    mode: Mode, signed_in_s: float | None, status: int, tmp_path: Path
) -> None:
    at = 0.0 if signed_in_s is None else time.time() + signed_in_s
    caller = Identity("user:local/ana", ("customer",), issued_at=at)

    def revoke(store: Any) -> None:
        store.append(
            [(Revocation(what="subject", value=ANA.subject, because="x", by="ana", issued_before=timestamp()), None)]
        )

    answer, _ = _answer(tmp_path, mode, "/plain", identity=lambda _: caller, prepare=revoke)

    assert status == answer.status


def test_two_authorization_headers_are_refused_for_identity_too(tmp_path: Path) -> None:
    def twice(scope: dict[str, Any]) -> None:
        scope["headers"] += [(b"authorization", b"Basic YTpi"), (b"authorization", b"Basic Yjpj")]

    answer, facts = _answer(tmp_path, "enforce", "/plain", change=twice)

    assert (401, "bad-token") == (answer.status, facts[-1].reason)


@pytest.mark.parametrize(("mode", "status"), [("audit", 200), ("enforce", 503)])
def test_where_nobody_can_be_known_audit_records_what_is_asked_for_and_enforce_does_not_start(
    tmp_path: Path, mode: Mode, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nomoat.yaml").write_text(POLICY)
    (tmp_path / ".nomoat").mkdir()
    (tmp_path / ".nomoat" / "map.json").write_text(codec.file_text(map_of(route("GET /plain", binding="signed-in"))))
    app = guard.Guard(_inner(), mode, config=tmp_path / "nomoat.yaml")
    try:
        answer = asyncio.run(serve(app, scope_of("GET", "/plain")))
    finally:
        app.close()

    assert status == answer.status
    assert "nobody can be known" in capsys.readouterr().err
    store = open_store(f"sqlite:{tmp_path}/journal.db")
    facts = [entry.fact for entry in store.read(kinds=(Decision,))]
    store.close()
    found = [(one.subject, one.reason) for one in facts if isinstance(one, Decision)]
    assert found == ([("anonymous", "unauthenticated")] if mode == "audit" else [])
