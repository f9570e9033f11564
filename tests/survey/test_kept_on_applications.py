"""What start-up keeps on an application, and functions that a decorator without `functools.wraps` was put around."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw

_STORES = """\
class Orders:
    def __init__(self, pool):
        self.pool = pool
    async def one(self, order):
        return await self.pool.fetchrow("SELECT * FROM orders WHERE id = $1", order)
    async def one_of(self, order, owner):
        return await self.pool.fetchrow("SELECT * FROM orders WHERE id = $1 AND owner_id = $2", order, owner)
"""
_GUARDS = """\
from aiohttp import web
USERS = {}
def signed_in(handler):
    async def wrapped(request):
        if request["user"] is None:
            raise web.HTTPUnauthorized()
        return await handler(request)
    return wrapped
@web.middleware
async def who(request, handler):
    request["user"] = USERS.get(request.headers.get("Authorization"))
    return await handler(request)
"""
_MAIN = """\
import asyncpg
from aiohttp import web
from guards import signed_in, who
from stores import Orders
{head}
async def start(app):
    app[{key}] = Orders(await asyncpg.create_pool())
@signed_in
async def read(request):
    return web.json_response(dict(await request.app[{key}].{call}))
async def ping(request):
    return web.Response(text="pong")
app = web.Application(middlewares=[who])
app.on_startup.append(start)
app.router.add_get("/orders/{{id}}", read)
app.router.add_get("/ping", ping)
"""


def _read(root: Path, main: str, *, head: str = "", key: str = '"orders"', call: str = "") -> Route:
    for name, text in {"main.py": main.format(head=head, key=key, call=call), "guards.py": _GUARDS}.items():
        (root / name).write_text(textwrap.dedent(text))
    (root / "stores.py").write_text(_STORES)
    return next(one for one in draw(root).map.routes if one.path == "/orders/{id}" and one.method == "GET")


@pytest.mark.parametrize(
    ("head", "key"),
    [("", '"orders"'), ("ORDERS = web.AppKey('orders', Orders)", "ORDERS"), ("ORDERS = 'orders'", "ORDERS")],
)
def test_what_start_up_keeps_is_found_by_its_key(head: str, key: str, tmp_path: Path) -> None:
    route = _read(tmp_path, _MAIN, head=head, key=key, call='one(request.match_info["id"])')

    assert ("store:main/orders",) == tuple(f"store:main/{one.partition('/')[2]}" for one in route.reads)


def test_a_query_of_the_caller_there_is_asking_for_the_owner(tmp_path: Path) -> None:
    route = _read(tmp_path, _MAIN, call='one_of(request.match_info["id"], request["user"]["id"])')

    assert ["authentication", "ownership"] == sorted(one.kind for one in route.guards)


def test_a_query_by_the_path_alone_is_not(tmp_path: Path) -> None:
    route = _read(tmp_path, _MAIN, call='one(request.match_info["id"])')

    assert ["authentication"] == [one.kind for one in route.guards]


def test_what_a_wrapper_hands_the_request_to_answers(tmp_path: Path) -> None:
    route = _read(tmp_path, _MAIN, call='one(request.match_info["id"])')

    assert ("main:read", "guarded") == (route.handler, route.verdict)
    assert [("signed_in", "before")] == [(one.name, one.runs) for one in route.guards]


def test_a_function_that_a_handler_only_asks_does_not(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from aiohttp import web\n"
        "def made(count):\n"
        "    async def handler(request):\n"
        "        return web.Response(text=str(count()))\n"
        "    return handler\n"
        "def how_many():\n"
        "    return 3\n"
        "app = web.Application()\n"
        "app.router.add_get('/count', made(how_many))\n"
    )

    assert {"main:made.<locals>.handler"} == {one.handler for one in draw(tmp_path).map.routes}


_BOARDS = """\
import sqlite3
import tornado.web
def rows(sql, *args):
    return sqlite3.connect("boards.db").execute(sql, args).fetchall()
class Board(tornado.web.RequestHandler):
    def get_current_user(self):
        name = self.get_secure_cookie("user")
        return rows("SELECT * FROM users WHERE name = ?", name.decode())[0] if name else None
    @tornado.web.authenticated
    def get(self, one):
        self.write(dict(rows({asked})[0]))
app = tornado.web.Application([(r"{pattern}", Board)])
"""


@pytest.mark.parametrize("pattern", [r"/boards/(\\d+)", r"/boards/(?P<one>\\d+)"])
@pytest.mark.parametrize(
    ("asked", "kinds"),
    [
        ('"SELECT * FROM boards WHERE id = ? AND owner = ?", int(one), self.current_user["id"]',
         ["authentication", "ownership"]),
        ('"SELECT * FROM boards WHERE id = ?", int(one)', ["authentication"]),
    ],
)  # fmt: skip
def test_groups_of_a_pattern_of_tornado_are_what_the_caller_asks_for(
    pattern: str, asked: str, kinds: list[str], tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_BOARDS.replace("{asked}", asked).replace("{pattern}", pattern))

    (route,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert kinds == sorted(guard.kind for guard in route.guards)
