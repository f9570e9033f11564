"""What guard says at the start about the map and the application that runs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Match, Mount, Route

from nomoat import guard
from nomoat.appmap import codec, model
from tests.guard.guarded import POLICY, running
from tests.policy.maps import map_of, route


async def orders(_: Request) -> PlainTextResponse:
    return PlainTextResponse("orders")


class Odd(BaseRoute):
    """Matches as nobody knows."""

    path = "/odd"

    def matches(self, scope: Any) -> Any:
        return Match.NONE, {}


def _said(root: Path, app: Starlette, capsys: pytest.CaptureFixture[str], *drawn: model.Route) -> list[str]:
    (root / "nomoat.yaml").write_text(POLICY)
    (root / ".nomoat").mkdir()
    (root / ".nomoat" / "map.json").write_text(codec.file_text(map_of(*drawn)))
    guard.protect(app, "enforce", config=root / "nomoat.yaml", identity=lambda _: None)

    async def start() -> None:
        async with running(app):
            pass

    asyncio.run(start())
    return capsys.readouterr().err.splitlines()


def _mapped(name: str, handler: str) -> model.Route:
    return replace(route(name, binding="signed-in"), handler=handler)


HERE = f"{__name__}:orders"


def test_every_difference_is_said_in_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    routes: list[BaseRoute] = [Route("/orders", orders), Route("/new/{number:int}", orders), Odd()]
    middleware = [Middleware(CORSMiddleware), Middleware(GZipMiddleware)]
    drawn = (_mapped("GET /orders", "shop.main:other"), _mapped("GET /gone", HERE), _mapped("HEAD /orders", HERE))

    said = _said(tmp_path, Starlette(routes=routes, middleware=middleware), capsys, *drawn)

    assert [
        "nomoat guards shop:",
        "  denied   ANY /odd: the map lacks it (nomoat map --write)",
        "  denied   GET /new/{:int}: the map lacks it (nomoat map --write)",
        "  denied   HEAD /new/{:int}: the map lacks it (nomoat map --write)",
        f"  warning  GET /orders: served by {HERE}, on the map by shop.main:other",
        "  warning  GET /gone: on the map, not served",
        "  note     runs before guard and may answer without it: CORSMiddleware, GZipMiddleware",
    ] == said


def test_a_hundred_differences_are_a_hundred_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = Starlette(routes=[Route(f"/new/{number}", orders, methods=["POST"]) for number in range(100)])

    assert 101 == len(_said(tmp_path, app, capsys))


@pytest.mark.parametrize("mapped", [HERE, HERE.partition(".")[2], f"{HERE.removeprefix('tests.guard.')}"])
def test_what_is_alike_is_not_mentioned(mapped: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = Starlette(routes=[Mount("/sub", routes=[Route("/orders/{who}", orders, methods=["POST"])])])

    # A parameter's name is no part of what is compared, nor how much of the module's name a service's root cuts off.
    assert [] == _said(tmp_path, app, capsys, _mapped("POST /sub/orders/{number}", mapped))
