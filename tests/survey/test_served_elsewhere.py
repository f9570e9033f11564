"""Applications and routes that only a package serves which is not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_PART = """
from aiohttp import web
from bridge import Bridge


class Api:
    def __init__(self, secret):
        self.secret = secret
        self.app = web.Application()
        self.app.router.add_get("/whoami", self.whoami)
        self.app.router.add_get("/status", self.status)

    async def whoami(self, request):
        if request.headers.get("Authorization") is None:
            raise web.HTTPUnauthorized()
        return web.json_response([])

    async def status(self, request):
        return web.json_response([])


class Own(Bridge):
    def prepare(self):
        self.api = Api(self.config["secret"])
        {joins}
"""


def _map(folder: Path, text: str) -> dict[str, str]:
    (folder / "app.py").write_text(text)
    return {one.path: one.verdict for one in draw(folder).map.routes if one.method != "HEAD"}


def test_a_part_is_at_the_path_that_it_is_given_there(tmp_path: Path) -> None:
    joins = 'self.web.app.add_subapp("/login", self.api.app)'

    assert _map(tmp_path, _PART.format(joins=joins)) == {"/login/whoami": "guarded", "/login/status": "unguarded"}


@pytest.mark.parametrize("joins", ['self.web.show("/login", self.api.app)', "self.web.app.add_subapp(self.api.app)"])
def test_what_says_no_path_leaves_it_as_it_is(tmp_path: Path, joins: str) -> None:
    assert set(_map(tmp_path, _PART.format(joins=joins))) == {"/whoami", "/status"}


def test_routes_on_a_router_that_is_not_here_are_named_as_not_read(tmp_path: Path) -> None:
    text = """
from aiohttp import web
from server import Server

routes = Server.instance.routes


@routes.get("/orders")
async def orders(request):
    return web.json_response([])
"""
    (tmp_path / "app.py").write_text(text)
    drawn = draw(tmp_path).map

    assert drawn.routes == ()
    assert [(one.at, one.analysed) for one in drawn.not_read] == [("app.py:8", False)]
