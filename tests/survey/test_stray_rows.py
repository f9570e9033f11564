"""Rows of handlers that nothing which was read registers: on the map, under a prefix that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from nomoat.survey.found import UNREAD_PREFIX
from nomoat.survey.stray import NOT_REGISTERED

_BASE = """
from tornado.web import RequestHandler, authenticated, url


class BaseHandler(RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("who")
"""
_ORDERS = """
from base import BaseHandler, authenticated, url


class OrdersHandler(BaseHandler):
    @authenticated
    def get(self):
        self.write("orders")


class OrderHandler(BaseHandler):
    @authenticated
    def get(self, number):
        self.write(number)

    def post(self, number):
        self.write("paid")


class OrdersFileHandler:
    def emit(self):
        pass


FILES = [("orders.log", OrdersFileHandler), ("INFO", OrdersFileHandler)]


def get_handlers(context):
    if not context.config.USES_ORDERS:
        return []
    return [
        (r"/orders/?", OrdersHandler, {}),
        url(r"/orders/([0-9]+)", OrderHandler, name="order"),
    ]
"""
_SERVER = """
import tornado.web

from base import BaseHandler


class HomeHandler(BaseHandler):
    def get(self):
        self.write("home")


class Server(tornado.web.Application):
    def __init__(self, context):
        handlers = [("/", HomeHandler)]
        MORE
        super().__init__(handlers)
"""
_LOADS = """
        for module in context.modules:
            handlers.extend(module.get_handlers(context))
"""


def _drawn(folder: Path, server: str, *, where: str = "orders.py") -> tuple[dict[str, tuple[str, bool]], list[str]]:
    (folder / "base.py").write_text(_BASE)
    (folder / where).parent.mkdir(exist_ok=True)
    (folder / where).write_text(_ORDERS)
    if server:
        (folder / "server.py").write_text(server)
    drawn = draw(folder).map
    rows: dict[str, tuple[str, bool]] = {
        f"{one.method} {one.path}": (one.verdict, UNREAD_PREFIX in (one.because or "")) for one in drawn.routes
    }
    assert all(one.binding is None for one in drawn.routes if one.because and UNREAD_PREFIX in one.because)
    return rows, [gap.why for gap in drawn.not_read if not gap.analysed]


_LISTED = {
    "GET /orders": ("guarded", True),
    "GET /orders/{arg0}": ("guarded", True),
    "POST /orders/{arg0}": ("unguarded", True),
}


def test_a_list_that_a_configuration_names_is_on_the_map(tmp_path: Path) -> None:
    rows, gaps = _drawn(tmp_path, _SERVER.replace("        MORE", _LOADS))

    assert rows == {"GET /": ("unguarded", False), **_LISTED}
    assert NOT_REGISTERED in gaps


def test_so_is_one_for_a_server_that_is_not_here(tmp_path: Path) -> None:
    rows, gaps = _drawn(tmp_path, "")

    assert rows == _LISTED
    assert NOT_REGISTERED in gaps


@pytest.mark.parametrize("more", ["", "        handlers.append(('/more', HomeHandler))"])
def test_a_list_that_nobody_asks_for_is_not(more: str, tmp_path: Path) -> None:
    rows, gaps = _drawn(tmp_path, _SERVER.replace("        MORE", more))

    assert not rows.keys() & _LISTED.keys()
    assert NOT_REGISTERED not in gaps


def test_a_list_of_tests_is_not(tmp_path: Path) -> None:
    rows, _ = _drawn(tmp_path, _SERVER.replace("        MORE", _LOADS), where="tests/test_orders.py")

    assert rows.keys() == {"GET /"}


def test_what_is_registered_is_no_stray(tmp_path: Path) -> None:
    listed = "        from orders import OrdersHandler\n        handlers.append(('/shop/orders', OrdersHandler))\n"

    rows, _ = _drawn(tmp_path, _SERVER.replace("        MORE", listed + _LOADS))

    assert rows["GET /shop/orders"] == ("guarded", False)
    assert "GET /orders" not in rows
    assert rows["POST /orders/{arg0}"] == ("unguarded", True)
