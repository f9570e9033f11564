"""Servers of Tornado whose handlers are listed by modules, under a base path of their settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_ORDERS = """
from tornado import web


class Orders(web.RequestHandler):
    @web.authenticated
    def get(self):
        self.write("orders")


class Home(web.RequestHandler):
    def get(self):
        self.write("home")


default_handlers = [(r"/orders", Orders), (r"/home", Home)]
"""
_SERVER = """
from tornado import web
from traitlets import Bool, List, Unicode
from traitlets.config import Application


def join(*pieces):
    initial = pieces[0].startswith("/")
    stripped = [piece.strip("/") for piece in pieces]
    result = "/".join(piece for piece in stripped if piece)
    return "/" + result if initial else result


def load(name):
    return __import__(name, fromlist=["default_handlers"]).default_handlers


class Web(web.Application):
    def __init__(self, services, base_url, extra):
        settings = {"base_url": base_url, "extra": extra, "static_path": "x", "static_url_prefix": join(base_url, "s/")}
        super().__init__(self.handlers(services, settings), **settings)

    def handlers(self, services, settings):
        found = []
        for name in settings["extra"]:
            found.extend(load(name))
        for name in services:
            found.extend(load(name))
        return [(join(settings["base_url"], one[0]), *one[1:]) for one in found]


class Server(Application):
    base_url = Unicode(BASE, config=True)
    extra = EXTRA
    services = ("orders",)

    def start(self):
        self.web = Web(self.services, self.base_url, self.extra)
"""


def drawn(folder: Path, **files: str) -> dict[str, str]:
    """Method and path of each route, with its verdict."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes}


@pytest.mark.parametrize("extra", ["List(Unicode(), config=True)", "List([], config=True)", "List(default_value=[])"])
def test_defaults_of_traits_say_where_handlers_are(tmp_path: Path, extra: str) -> None:
    server = _SERVER.replace("BASE", '"/base/"').replace("EXTRA", extra)

    assert drawn(tmp_path, orders=_ORDERS, server=server) == {
        "GET /base/orders": "guarded", "GET /base/home": "unguarded", "GET /base/s/{arg0}": "unguarded",
        "HEAD /base/s/{arg0}": "unguarded",
    }  # fmt: skip


def test_what_a_list_surely_holds_is_on_the_map_beside_what_it_may_hold(tmp_path: Path) -> None:
    server = _SERVER.replace("BASE", '"/"').replace("EXTRA", "unknown()")
    (tmp_path / "server.py").write_text(server)
    (tmp_path / "orders.py").write_text(_ORDERS)

    found = draw(tmp_path).map

    verdicts = {f"{one.method} {one.path}": one.verdict for one in found.routes}
    assert verdicts.items() >= {("GET /orders", "guarded"), ("GET /home", "unguarded")}
    assert found.not_read


@pytest.mark.parametrize("who", ["self.settings['identities'].user_of(self)", "provider.user_of(self)"])
def test_who_is_found_by_something_that_is_given_the_handler_may_be_a_guest(tmp_path: Path, who: str) -> None:
    found = drawn(
        tmp_path,
        app=f"""
from plugins import provider
from tornado import web


class Base(web.RequestHandler):
    async def prepare(self):
        self.current_user = {who}


class Orders(Base):
    @web.authenticated
    def get(self):
        self.write("orders")


app = web.Application([("/orders", Orders)])
""",
    )

    assert found == {"GET /orders": "unknown"}
