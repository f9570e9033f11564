"""Who is calling is found by a provider whose settings are traits: what a method gives as their default decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SERVER = """
import binascii
import os
import re
import typing as t

from tornado import web
from traitlets import Bool, Type, Unicode, default
from traitlets.config import Application, LoggingConfigurable


class Provider(LoggingConfigurable):
    token = Unicode("<generated>").tag(config=True)
    need_token = Bool(True)
    word = re.compile(r"(token|bearer)\\\\s+(.+)", re.IGNORECASE)

    @default("token")
    def _first_token(self):
        if os.getenv("SHOP_TOKEN"):
            return os.environ["SHOP_TOKEN"]
        if self.need_token:
            return binascii.hexlify(os.urandom(24)).decode("ascii")
        return ""

    def get_user(self, handler):
        return self._get_user(handler)

    async def _get_user(self, handler):
        found = self.get_user_token(handler)
        if isinstance(found, t.Awaitable):
            found = await found
        if found is None and not self.is_asked:
            return "guest"
        return found

    async def get_user_token(self, handler):
        if not self.token:
            return None
        sent = handler.get_argument("token", "")
        if not sent:
            match = self.word.match(handler.request.headers.get("Authorization", ""))
            if match:
                sent = match.group(2)
        return "somebody" if sent == self.token else None

    @property
    def is_asked(self):
        return bool(self.token)


class PasswordProvider(Provider):
    password = Unicode("", config=True)

    def _need_token_default(self):
        return not bool(self.password)


class Base(web.RequestHandler):
    @property
    def provider(self):
        if "provider" not in self.settings:
            return None
        return self.settings["provider"]

    async def prepare(self):
        if type(self.provider) is Provider:
            self.current_user = "nobody"
        else:
            found = self.provider.get_user(self)
            if isinstance(found, t.Awaitable):
                found = await found
            self.current_user = found


class Orders(Base):
    @web.authenticated
    def get(self):
        self.write("orders")

    @web.authenticated
    def post(self):
        self.write("ordered")


class Server(Application):
    provider_class = Type(default_value=PasswordProvider, klass=Provider, config=True)

    def start(self):
        self.web = web.Application([("/orders", Orders)], provider=self.provider_class(parent=self))
"""


def drawn(folder: Path, server: str) -> dict[str, str]:
    """Method and path of each route, with its verdict."""
    (folder / "server.py").write_text(server)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes}


def test_a_default_that_a_method_makes_at_random_is_there_and_no_empty_text_equals_it(tmp_path: Path) -> None:
    assert drawn(tmp_path, _SERVER) == {"GET /orders": "guarded", "POST /orders": "guarded"}


@pytest.mark.parametrize(
    "was, now",
    [
        # No token is made, and without one everybody is a guest.
        ('return binascii.hexlify(os.urandom(24)).decode("ascii")', 'return ""'),
        ('password = Unicode("", config=True)', 'password = Unicode("secret", config=True)'),
        ('return "somebody" if sent == self.token else None', 'return "somebody" if sent != self.token else None'),
        ("default_value=PasswordProvider", "default_value=Provider"),
        ('@default("token")', '@default("tokens")\n    def _others(self):\n        return ""\n\n    @default("token")'),
        ("provider=self.provider_class(parent=self)", "provider=find_provider()"),
    ],
)
def test_other_defaults_let_in_whoever_comes(tmp_path: Path, was: str, now: str) -> None:
    server = _SERVER.replace(was, now)
    assert server != _SERVER

    is_only_another = "tokens" in now
    found = drawn(tmp_path, server)

    assert all((verdict == "guarded") is is_only_another for verdict in found.values())


def test_the_nearest_class_says_what_the_default_is(tmp_path: Path) -> None:
    declared = '    password = Unicode("", config=True)\n'
    method = '\n    @default("token")\n    def _no_token(self):\n        return ""\n'
    server = _SERVER.replace(declared, declared + method)

    assert "guarded" not in drawn(tmp_path, server).values()


_KEEPER = """
from tornado import web
from traitlets import Type
from traitlets.config import Application, LoggingConfigurable


class Keeper(LoggingConfigurable):
    def may(self, request):
        return {may}


class Shop(Application):
    keeper_class = Type("shop.Keeper", klass="shop.Keeper", config=True)

    def start(self):
        self.keeper = self.keeper_class(parent=self)
        web.Application([("/orders", Orders)], keeper=self.keeper).listen(80)


class Orders(web.RequestHandler):
    def get(self):
        if not self.settings["keeper"].may(self.request):
            raise web.HTTPError(401)
        self.finish("orders")


def main():
    Shop().start()
"""


@pytest.mark.parametrize(
    ("may", "verdict", "is_default"),
    [("'Authorization' in request.headers", "guarded", True), ("True", "unguarded", False)],
)
def test_a_class_that_a_trait_names_is_the_usual_one(tmp_path: Path, may: str, verdict: str, is_default: bool) -> None:
    (tmp_path / "shop.py").write_text(_KEEPER.format(may=may))

    (route,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert (verdict, is_default) == (route.verdict, (route.because or "").startswith("by default"))
