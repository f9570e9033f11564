"""Servers that are made of Jupyter Server's classes: who is calling is what their identity provider finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HANDLERS = """
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado import web


class Orders(APIHandler):
    @web.authenticated
    def get(self):
        self.finish("orders")

    @web.authenticated
    @authorized
    async def post(self):
        self.finish("placed")


class Free(JupyterHandler):
    def get(self):
        self.finish(f"hello {self.current_user}")


class Known(JupyterHandler):
    def get_current_user(self):
        return self.get_secure_cookie("who")

    @web.authenticated
    def get(self):
        self.finish("known")


handlers = [("/orders", Orders), ("/free", Free), ("/known", Known)]
"""
_SERVER = """
import elsewhere
from jupyter_server.auth.identity import IdentityProvider
from orders import handlers
from tornado import web


class Everybody(IdentityProvider):
    @property
    def auth_enabled(self):
        return False


class Nobody(IdentityProvider):
    async def get_user(self, handler):
        if handler.get_secure_cookie("who"):
            return self.generate_anonymous_user(handler)
        return None


app = web.Application(handlers, cookie_secret="x", login_url="/login", SETTINGS)
"""


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ("identity_provider=IdentityProvider()", "guarded"),
        ('identity_provider=IdentityProvider(token="")', "unguarded"),
        ("identity_provider=Everybody()", "unguarded"),
        ("identity_provider=Nobody()", "guarded"),
        ("identity_provider=elsewhere.provider()", "unknown"),
        # Before providers, everybody was somebody where no class of the settings said otherwise.
        ("debug=False", "unknown"),
    ],
)
def test_the_provider_of_a_server_says_who_is_somebody(settings: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "orders.py").write_text(_HANDLERS)
    (tmp_path / "server.py").write_text(_SERVER.replace("SETTINGS", settings))

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows["GET /orders"] == verdict
    # What the authorizer says of somebody who may be anybody is not told.
    assert rows["POST /orders"] == ("guarded" if verdict == "guarded" else "unknown")
    assert rows["GET /free"] == "unguarded"


def test_an_extension_has_the_provider_of_the_server_that_loads_it(tmp_path: Path) -> None:
    load = "\n\ndef _load_jupyter_server_extension(server_app):\n    server_app.web_app.add_handlers('.*$', handlers)\n"
    (tmp_path / "orders.py").write_text(_HANDLERS + load)

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {
        "GET /orders": "guarded",
        "POST /orders": "guarded",
        "GET /free": "unguarded",
        "GET /known": "guarded",
    }


_GATEWAY = """
from jupyter_server.services.kernels import handlers as kernels
from tornado import web


class TokenMixin:
    def prepare(self):
        if self.request.headers.get("Authorization") != "token of the gateway":
            raise web.HTTPError(401)
        return super().prepare()


class MainKernelHandler(TokenMixin, kernels.MainKernelHandler):
    async def get(self):
        await super().get()


class Listed(kernels.MainKernelHandler):
    async def get(self):
        self.finish("[]")


default_handlers = [("/listed", Listed)]
for path, cls in kernels.default_handlers:
    if cls.__name__ == "MainKernelHandler":
        default_handlers.append((path, MainKernelHandler))

app = web.Application(default_handlers)
"""


def test_classes_of_the_server_are_taken_up_by_others(tmp_path: Path) -> None:
    (tmp_path / "gateway.py").write_text(_GATEWAY)

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "ANY"}

    assert rows["GET /api/kernels"] == rows["POST /api/kernels"] == "guarded"
    assert rows["GET /listed"] == "unguarded"
    assert rows["POST /listed"] == "unknown"


_ENCODES = """
import tornado.web
from tornado.options import define, options

define("encoding", default="")
define("width", default=100000000000)


class Home(tornado.web.RequestHandler):
    def get(self):
        self.write("home".encode(options.encoding))

    def post(self):
        self.write("home".ljust(options.width))


app = tornado.web.Application([("/", Home)])
"""


def test_a_text_that_cannot_be_made_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_ENCODES)

    assert {one.method: one.verdict for one in draw(tmp_path).map.routes} == {"GET": "unguarded", "POST": "unguarded"}
