"""What commands and whoever makes an application say: source has their defaults, and the map says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_COMMAND = """
import os

import tornado.web


class Settings:
    def __init__(self):
        self.closed = {before}
        self.behind_gateway: bool = False

    def parse_args(self, {name}):
        self.behind_gateway: bool = {name}.gateway
        password = {name}.password or os.getenv("PASSWORD") or ""
        if not self.behind_gateway:
            self.closed = {given}

    @property
    def asks(self):
        return self.closed or self.behind_gateway


settings = Settings()


def is_known(handler):
    if settings.asks:
        return handler.get_secure_cookie("auth") == b"yes"
    return True


class Orders(tornado.web.RequestHandler):
    def get(self):
        if not is_known(self):
            self.redirect("/login")
            return
        self.write("orders")


def make():
    return tornado.web.Application([("/orders", Orders)])


def start(args):
    settings.parse_args(args)
    return make()
"""


@pytest.mark.parametrize(
    ("before", "name", "given", "verdict"),
    [
        ("False", "args", "bool(password)", "unguarded"),
        ("True", "args", "bool(password)", "guarded"),
        ("False", "options", "options.closed", "unguarded"),
        # Of what somebody else hands over, and of what code itself decides, nothing is the default.
        ("False", "row", "bool(password)", "unknown"),
        ("False", "args", "True", "unknown"),
    ],
)
def test_what_a_command_says_is_by_default_what_the_constructor_gave(
    before: str, name: str, given: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_COMMAND.format(before=before, name=name, given=given))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict
    assert route.because is not None and route.because.startswith("by default: ") == (verdict != "unknown")
    assert route.binding is None


_HANDED = """
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Litestar, get
from litestar.middleware import ASGIMiddleware
from pydantic import BaseModel


class Tokens(ASGIMiddleware):
    def __init__(self, provider=None):
        self.provider = provider

    async def handle(self, scope, receive, send, next_app):
        headers = dict(scope["headers"])
        if {test}:
            await refuse(send)
            return
        await next_app(scope, receive, send)


async def refuse(send):
    await send({{"type": "http.response.start", "status": 401, "headers": []}})
    await send({{"type": "http.response.body", "body": b""}})


{head}
    provider: Any = None
    closed: bool = True


@get("/orders", sync_to_thread=False)
def orders() -> dict:
    return {{}}


def create_app(config: {name}):
    stack = []
    {asks}
        stack.append(Tokens(config.provider))
    return Litestar(route_handlers=[orders], middleware=stack, openapi_config=None)
"""

_OWN = 'b"authorization" not in headers'
_THEIRS = "await self.provider.authenticate(headers) is None"


@pytest.mark.parametrize(
    ("head", "asks", "test", "verdict"),
    [
        ("@dataclass\nclass ShopConfig:", "if config.provider is not None:", _THEIRS, "unguarded"),
        ("class ShopConfig(msgspec.Struct, kw_only=True):", "if config.provider is not None:", _OWN, "unguarded"),
        ("class ShopSettings(BaseModel):", "if config.closed:", _OWN, "guarded"),
        ("class ShopSettings(BaseModel):", "if not config.closed:", _OWN, "unguarded"),
        # One that is called like anything else has no defaults to go by.
        ("@dataclass\nclass Shop:", "if config.closed:", _OWN, "unknown"),
        # It is there for sure; what it makes of a request, the one that was handed over says.
        ("@dataclass\nclass ShopConfig:", "if True:", _THEIRS, "unknown"),
        ("@dataclass\nclass ShopConfig:", "if True:", _OWN, "guarded"),
    ],
)
def test_what_is_configured_is_by_default_what_its_class_says(
    head: str, asks: str, test: str, verdict: str, tmp_path: Path
) -> None:
    name = head.replace("@dataclass\n", "").removeprefix("class ").partition("(")[0].rstrip(":")
    (tmp_path / "main.py").write_text(_HANDED.format(head=head, asks=asks, test=test, name=name))

    (route,) = (one for one in draw(tmp_path).map.routes if one.path == "/orders")

    assert route.verdict == verdict
    if asks != "if True:":
        assert route.because is not None and route.because.startswith("by default: ") == (verdict != "unknown")


_KEPT = """
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.view import view_config
from shop import Account, Guest, session


def account(request):
    if not hasattr(request, "account_"):
        request.account_ = None
        who = request.unauthenticated_userid
        if who is not None:
            request.account_ = session.query(Account).filter_by(name=who).first()
    return request.account_


class Views:
    def __init__(self, request):
        self.request = request

    @view_config(route_name="login", request_method="POST")
    def login(self):
        self._signed_in(session.query(Account).first())
        return {{}}

    def _signed_in(self, one):
        self.request.account_ = one


{more}


@view_config(route_name="orders")
def orders(request):
    if request.account is None:
        raise HTTPForbidden()
    return {{}}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("x"))
    config.add_request_method(account, name="account", property=True)
    config.add_route("login", "/login")
    config.add_route("orders", "/orders")
    config.scan()
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    ("more", "is_guarded"),
    [
        ("", True),
        ("class Policy:\n    def authenticated_userid(self, request):\n        request.account_ = None\n", True),
        # Whoever calls this before a view has a guest stand there.
        ("def welcome(request):\n    request.account_ = Guest()\n", False),
    ],
)
def test_what_only_views_keep_of_a_request_beside_it_is_not_there_before_it_is_asked_for(
    more: str, is_guarded: bool, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_KEPT.format(more=more))

    (route,) = (one for one in draw(tmp_path).map.routes if one.path == "/orders" and one.method == "GET")

    assert (route.verdict == "guarded") == is_guarded


_CALLBACK = """
from flask import Flask, abort, request

app = Flask(__name__, static_folder=None)


@app.get("/callback")
def callback():
    if "{cookie}" not in request.cookies:
        abort(401)
    return "ok"
"""


@pytest.mark.parametrize(
    ("cookie", "is_guarded"),
    [("code_verifier", False), ("oauth_state", False), ("pkce_challenge", False), ("session", True), ("code", True)],
)
def test_a_cookie_of_what_was_asked_of_another_service_says_nothing_of_who_calls(
    cookie: str, is_guarded: bool, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_CALLBACK.format(cookie=cookie))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert (route.verdict == "guarded") == is_guarded
