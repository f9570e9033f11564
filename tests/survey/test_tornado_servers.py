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


_COMMAND = """
from tornado import web


class Keeper:
    def user_of(self, handler):
        return handler.get_secure_cookie("shop")


class Base(web.RequestHandler):
    def get_current_user(self):
        return self.settings["keeper"].user_of(self)


class Orders(Base):
    @web.authenticated
    def get(self):
        self.write("orders")


class Server:
    def prepare(self):
        self.keeper = Keeper()

    def make(self):
        rows = []
        rows.append(("/orders", Orders))
        found = []
        for row in rows:
            found.append(("/base" + row[0], *row[1:]))
        self.web = web.Application(found, keeper=self.keeper)

    def start(self, argv=None):
        if self.is_done:
            return
        self.prepare()
        self.make()


class Plugin:
    def launch(self):
        server = Server()
        server.start([])


class Starter:
    def run(self):
        find_server().start()
"""


def test_what_an_application_is_made_of_is_prepared_by_who_calls_its_factory(tmp_path: Path) -> None:
    assert drawn(tmp_path, command=_COMMAND) == {"GET /base/orders": "guarded"}


@pytest.mark.parametrize(
    "was, now, verdict",
    [
        (
            'return handler.get_secure_cookie("shop")',
            'return handler.get_secure_cookie("shop") or "guest"',
            "unguarded",
        ),
        ("keeper=self.keeper", "keeper=find_keeper()", "unknown"),
        ("keeper=self.keeper", "**find_settings()", "unknown"),
        ("self.keeper = Keeper()", "self.keeper = find_keeper()", "unknown"),
        ("class Plugin:", "other = web.Application([], keeper=None)\n\n\nclass Plugin:", "guarded"),
    ],
)
def test_who_is_found_by_what_an_application_was_given_may_be_a_guest(
    tmp_path: Path, was: str, now: str, verdict: str
) -> None:
    assert drawn(tmp_path, command=_COMMAND.replace(was, now)) == {"GET /base/orders": verdict}


def test_a_factory_is_run_once_though_callers_that_make_no_server_call_it(tmp_path: Path) -> None:
    command = _COMMAND.replace("server = Server()", "server = found_by_name()")

    assert drawn(tmp_path, command=command) == {"GET /base/orders": "guarded"}


def test_what_a_list_is_given_only_sometimes_after_it_was_made_may_not_be_there(tmp_path: Path) -> None:
    server = """
from fastapi import Depends, FastAPI, Header, HTTPException


def guard(key: str = Header()):
    if key != "secret-of-the-shop":
        raise HTTPException(401)


guards = []


def fill(settings):
    if settings.is_open:
        return
    guards.append(Depends(guard))


def make(settings):
    fill(settings)
    app = FastAPI(dependencies=guards)

    @app.get("/orders")
    def orders():
        return []

    return app
"""

    assert drawn(tmp_path, server=server)["GET /orders"] == "unknown"


_WRAPPED = """
import functools
import os

from tornado import web

IS_PRIVATE = os.getenv("PRIVATE", "")


def signed_in(method):
    @functools.wraps(method)
    def around(self, *args, **kwargs):
        if {test}:
            self.redirect("./login")
            return None
        return method(self, *args, **kwargs)

    return around


class Orders(web.RequestHandler):
    @signed_in
    async def get(self):
        self.write("orders")

    @signed_in
    def post(self):
        self.write("orders")


app = web.Application([("/orders", Orders)])
"""


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ('not self.get_secure_cookie("user")', "guarded"),
        ('IS_PRIVATE and not self.get_secure_cookie("user")', "unguarded"),
        ("not settings.told and not self.get_secure_cookie('user')", "unknown"),
        ('self.get_argument("page", "") == "last"', "unguarded"),
    ],
)
def test_a_coroutine_behind_a_plain_wrapper_leaves_what_was_answered_before(
    tmp_path: Path, test: str, verdict: str
) -> None:
    source = _WRAPPED.format(test=test).replace("IS_PRIVATE =", "import settings\n\nIS_PRIVATE =")
    settings = 'import os\n\ntold = os.environ["TOLD"]\n'

    assert {"GET /orders": verdict, "POST /orders": verdict} == drawn(tmp_path, app=source, settings=settings)


_ROOTED = """
import os

import options
from tornado import web


class Settings:
    @property
    def root(self):
        return os.getenv("ROOT") or "/shop/"


class Home(web.RequestHandler):
    def get(self):
        self.write("home")


class Orders(web.RequestHandler):
    @web.authenticated
    def get(self):
        self.write("orders")

    def get_current_user(self):
        return self.get_secure_cookie("user")


root = {root}
app = web.Application([(f"{{root}}", Home), (f"{{root}}orders", Orders), (root + "home", Home)])
"""


def test_a_root_that_has_a_default_stands_there(tmp_path: Path) -> None:
    found = drawn(tmp_path, app=_ROOTED.format(root="Settings().root"))

    assert {"GET /shop/": "unguarded", "GET /shop/orders": "guarded", "GET /shop/home": "unguarded"} == found


def test_behind_a_root_that_cannot_be_read_the_rest_of_a_path_is_on_the_map(tmp_path: Path) -> None:
    found = drawn(tmp_path, app=_ROOTED.format(root="options.root"))

    assert {"GET ": "unknown", "GET orders": "guarded", "GET home": "unguarded"} == found


_SWITCHED = """
import sys

from tornado import web

NAMES = ("login_enabled",)


def copied(handler, app, names):
    for name in names:
        setattr(handler, name, getattr(app, name))


def asks(function):
    def inner(handler, *args):
        if not handler.is_authorized(): return
        function(handler, *args)
    return inner


class Base(web.RequestHandler):
    def initialize(self, app):
        copied(self, app, NAMES)

    def is_authorized(self):
        if self.login_enabled and not self.get_secure_cookie("user"):
            self.set_status(401)
            return False
        return True


class Orders(Base):
    @asks
    def get(self):
        self.write("orders")


class Server(web.Application):
    def __init__(self, root, password):
        self.root = root
        self.login_enabled = {before}
        {test}
            self.login_enabled = True
        super().__init__([(r"%s/orders" % self.root, Orders, {{"app": self}})], cookie_secret="for tests")


app = Server({root}, sys.argv[1] if len(sys.argv) > 1 else None)
"""


@pytest.mark.parametrize(
    ("before", "test", "verdict"),
    [("False", "if password:", "unknown"), ("True", "if password:", "guarded"), ("False", "if True:", "guarded")],
)
def test_what_an_application_is_told_in_one_branch_may_be_otherwise(
    tmp_path: Path, before: str, test: str, verdict: str
) -> None:
    (tmp_path / "main.py").write_text(_SWITCHED.format(before=before, test=test, root='""'))

    assert {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"} == {"/orders": verdict}


def test_a_path_behind_a_beginning_that_is_not_known_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SWITCHED.format(before="True", test="if password:", root="sys.argv[2]"))

    assert [one.path for one in draw(tmp_path).map.routes if one.method == "GET"] == ["/orders"]


def test_an_application_that_calls_the_constructor_of_its_class_by_name_has_its_routes(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        _ORDERS
        + """

class Shop(web.Application):
    def __init__(self, **settings):
        web.Application.__init__(self, self.listed(), login_url="/login", **settings)

    def listed(self):
        return default_handlers


def main():
    Shop(debug=False).listen(8080)
"""
    )

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert found == {"/orders": "guarded", "/home": "unguarded"}


def test_a_prefix_that_nobody_has_set_yet_is_not_the_word_none(tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text(
        "LOADED = None\n\n\ndef load(path):\n    global LOADED\n    LOADED = open(path).read()\n\n\n"
        "def get(name):\n    if LOADED is None:\n        return None\n    return LOADED[name]\n"
    )
    (tmp_path / "main.py").write_text(
        _ORDERS
        + """
import config

prefix = config.get("prefix")
app = web.Application([(rf"{prefix}api/orders/?", Orders), (rf"{prefix}api/home/?", Home)])
"""
    )
    drawn = draw(tmp_path).map

    assert not [one.path for one in drawn.routes if "None" in one.path]
    assert {one.handler: one.verdict for one in drawn.routes} == {
        "main:Orders.get": "guarded",
        "main:Home.get": "unguarded",
    }
    assert any("prefix that cannot be read" in one.why for one in drawn.not_read)
