"""A flood of alike denials becomes few facts whose counts sum up to what was asked; nothing else collapses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from nomoat.appmap import codec
from nomoat.guard import Guard
from nomoat.guard.audit import ALIKE
from nomoat.guard.loading import Mode
from nomoat.journal.facts import Decision
from nomoat.journal.journal import open_store
from tests.guard.calling import scope_of, serve
from tests.policy.maps import map_of, route

POLICY = """\
services: {shop: {app: "main:app"}}
roles: {customer: [orders:read]}
journal: {store: "sqlite:journal.db"}
"""
ASKED = 500
#: 20 one by one, then one a second: what even a very slow machine stays under.
FEW = ALIKE + 60


async def _ok(_: Any) -> PlainTextResponse:
    return PlainTextResponse("served")


def _flood(root: Path, method: str, *paths: str, mode: Mode = "enforce", asked: int = ASKED) -> list[Decision]:
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    routes = [route(f"{verb} /orders/{{id}}", binding=("orders:read",)) for verb in ("GET", "POST")]
    (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*routes)))
    only = Route("/only-post", _ok, methods=["POST"])
    inner = Starlette(routes=[Route("/orders/{id}", _ok, methods=["GET", "POST"]), only])
    app = Guard(inner, mode, config=root / "nomoat.yaml", identity=lambda _: None)

    async def story() -> None:
        for number in range(asked):
            await serve(app, scope_of(method, paths[number % len(paths)].format(number)))
        app.close()

    asyncio.run(story())
    store = open_store(f"sqlite:{root}/journal.db")
    facts = [entry.fact for entry in store.read(kinds=(Decision,)) if isinstance(entry.fact, Decision)]
    store.close()
    return facts


@pytest.mark.parametrize("mode", ["enforce", "audit"])
@pytest.mark.parametrize(
    ("path", "reason"), [("/wp-admin/{}.php", "unknown-route"), ("/orders/4711", "unauthenticated")]
)
def test_many_alike_become_few_facts_that_sum_up(path: str, reason: str, mode: Mode, tmp_path: Path) -> None:
    facts = _flood(tmp_path, "GET", path, mode=mode)

    assert {reason} == {fact.reason for fact in facts}
    assert ASKED == sum(fact.count for fact in facts)
    assert [1] * ALIKE == [fact.count for fact in facts[:ALIKE]]
    assert ALIKE < len(facts) <= FEW


def test_denied_reads_of_different_things_do_not_collapse(tmp_path: Path) -> None:
    facts = _flood(tmp_path, "GET", "/orders/{}", asked=60)

    assert [1] * 60 == [fact.count for fact in facts]
    assert {str(number) for number in range(60)} == {fact.params["id"] for fact in facts}


def test_denied_writes_never_collapse(tmp_path: Path) -> None:
    facts = _flood(tmp_path, "POST", "/orders/4711", asked=60)

    assert [1] * 60 == [fact.count for fact in facts]


@pytest.mark.parametrize("mode", ["enforce", "audit"])
def test_what_ends_with_another_status_is_counted_apart(mode: Mode, tmp_path: Path) -> None:
    """Nobody serves either: the one is answered with 404, the other, whose path has other methods, with 405."""
    facts = _flood(tmp_path, "GET", "/nothing", "/only-post", mode=mode, asked=200)

    by_status = {status: [fact.count for fact in facts if fact.status == status] for status in (404, 405)}
    assert {"route:shop/GET *"} == {fact.target for fact in facts}
    assert {404: 100, 405: 100} == {status: sum(counts) for status, counts in by_status.items()}
    assert all(len(counts) < 100 for counts in by_status.values())
