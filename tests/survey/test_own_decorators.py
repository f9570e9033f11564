"""A decorator of the tree registers what stands under it, in files that import no framework."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HANDLERS = """
import tornado.web

ROUTES = []


def route(path):
    def register(cls):
        ROUTES.append((path, cls))
        return cls

    return register


def noted(path):
    def keep(cls):
        return cls

    return keep


class Base(tornado.web.RequestHandler):
    def get_current_user(self):
        return self.get_secure_cookie("user")


import web.orders
"""
_ORDERS = """
from web import Base, {name}


@{name}(r"/orders/?")
class Orders(Base):
    {asks}
        self.write("orders")
"""
_ASKS = "def get(self):\n        if not self.current_user:\n            self.send_error(401)\n            return"
_MAIN = """
import tornado.web
from web import ROUTES


def make():
    return tornado.web.Application(ROUTES, cookie_secret="seed", login_url="/login")
"""


@pytest.mark.parametrize(
    ("name", "asks", "expected"),
    [
        ("route", _ASKS, ["guarded"]),
        ("route", "def get(self):", ["unguarded"]),
        # What keeps nothing registers nothing.
        ("noted", "def get(self):", []),
    ],
)
def test_what_a_decorator_of_the_tree_registers_is_on_the_map(
    name: str, asks: str, expected: list[str], tmp_path: Path
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "__init__.py").write_text(_HANDLERS)
    (tmp_path / "web" / "orders.py").write_text(_ORDERS.replace("{name}", name).replace("{asks}", asks))
    (tmp_path / "main.py").write_text(_MAIN)

    found = [one.verdict for one in draw(tmp_path).map.routes if one.method == "GET" and one.path.startswith("/orders")]

    assert found == expected
