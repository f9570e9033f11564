"""Rows of which some are not known, marks that decorators set by name, and answers that stand where others do."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw


def _verdicts(tmp_path: Path, source: str) -> dict[tuple[str, str], str]:
    (tmp_path / "main.py").write_text(source)
    return {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}


_MARKED = """
from aiohttp import web

SECRET = "x"


@web.middleware
async def token_auth(request, handler):
    if not getattr(handler, "is_public", False):
        if request.headers.get("X-Auth-Token") != SECRET:
            raise web.HTTPForbidden()
    return await handler(request)


def public(handler):
    setattr(handler, "is_public", True)
    return handler


def private(handler):
    setattr(handler, "is_public", False)
    return handler


@public
async def status(request):
    return web.json_response({})


@private
async def orders(request):
    return web.json_response({})


async def volumes(request):
    return web.json_response({})


def init():
    app = web.Application(middlewares=[token_auth])
    app.router.add_route("GET", "/status", status)
    app.router.add_route("GET", "/orders", orders)
    app.router.add_route("GET", "/volumes", volumes)
    return app
"""


def test_what_a_decorator_sets_by_name_is_set(tmp_path: Path) -> None:
    found = _verdicts(tmp_path, _MARKED)

    assert found == {("GET", "/status"): "unguarded", ("GET", "/orders"): "guarded", ("GET", "/volumes"): "guarded"}


_RULED = """
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ALL_PERMISSIONS, DENY_ALL, Allow, Everyone
from pyramid.config import Configurator
from pyramid.view import view_config
from shopdb import load_rows

ADMIN = (Allow, "role:admin", ALL_PERMISSIONS)


class Root:
    def __init__(self, request):
        self.request = request

    def __acl__(self):
        {rows}


@view_config(route_name="orders", permission="edit")
def orders(request):
    return {{}}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("x"))
    config.add_route("orders", "/orders", factory=Root)
    config.scan()
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ('return [(Allow, "role:" + one.who, one.what) for one in load_rows(self.request)] + [DENY_ALL]', "guarded"),
        ("return [(Allow, one.who, one.what) for one in load_rows(self.request)] + [DENY_ALL]", "unknown"),
        ("return [ADMIN] + load_rows(self.request)", "unknown"),
        ("return load_rows(self.request) + [ADMIN]", "unknown"),
        ("return [ADMIN, *load_rows(self.request)]", "unknown"),
        ("return [ADMIN] + [(Allow, one.who, one.what) for one in load_rows(self.request)]", "unknown"),
        ('return [ADMIN] + [(Allow, "role:" + one, "edit") for one in load_rows(self.request)]', "guarded"),
        ('return [(Allow, "role:" + one, "edit") for one in load_rows(1)] + [(Allow, Everyone, "edit")]', "unknown"),
        ("return [ADMIN]", "guarded"),
        ('return [ADMIN, (Allow, Everyone, "edit")]', "unguarded"),
    ],
)
def test_rows_that_are_not_known_may_allow_anything_and_those_of_a_kind_only_that(
    rows: str, verdict: str, tmp_path: Path
) -> None:
    assert _verdicts(tmp_path, _RULED.format(rows=rows)) == {("GET", "/orders"): verdict}


_SERVICES = """
from authlib.oauth2 import ResourceProtector
from cornice import Service
from cornice.validators import colander_body_validator
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from shop.models import Order

orders = Service(name="orders", path="/orders")
notes = Service(name="notes", path="/notes")
found = Service(name="found", path="/found")
tokens = Service(name="tokens", path="/tokens")


def must_be_there(request, **kwargs):
    order = Order.get(request.validated.get("order"))
    if order:
        request.validated["order"] = order
    else:
        request.errors.add("url", "order", "there is none")
        request.errors.status = HTTPNotFound.code


@orders.post(validators=(colander_body_validator, must_be_there))
def place(request):
    order = request.validated.pop("order")
    if not request.authenticated_userid:
        request.errors.add("body", "who", "sign in")
        request.errors.status = HTTPForbidden.code
        return
    return {"order": order}


@notes.post(validators=(must_be_there,))
def note(request):
    if not request.params.get("text"):
        request.errors.add("body", "text", "say something")
        return
    return {}


@found.get()
def find(request):
    if not request.authenticated_userid:
        request.errors.status = HTTPForbidden.code
    return {}


@tokens.get()
def token(request):
    protector = ResourceProtector()
    protector.validate_request(["openid"], request)
    return {}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.include("cornice")
    config.set_authentication_policy(AuthTktAuthenticationPolicy("x"))
    config.scan()
    return config.make_wsgi_app()
"""


def test_faults_that_a_view_of_cornice_finds_are_answered_in_its_place(tmp_path: Path) -> None:
    found = _verdicts(tmp_path, _SERVICES)

    assert found == {
        ("POST", "/orders"): "guarded",
        ("POST", "/notes"): "unguarded",
        ("GET", "/found"): "unguarded",  # A status without a fault is not sent.
        ("GET", "/tokens"): "guarded",
    }


_TAKEN_APART = """
from aiohttp import web

SECRET = "x"


def error(status):
    return web.json_response({}, status=status)


def authorized(request):
    if request.headers.get("Authorization") != f"Bearer {SECRET}":
        return error(401)
    return None


async def person(request):
    err = authorized(request)
    if err is not None:
        return err
    return {}, None


async def named(request):
    if "name" not in request.query:
        return error(400)
    return {}, None


async def orders(request):
    data, err = await person(request)
    if err is not None:
        return err
    return web.json_response(data)


async def notes(request):
    data, err = await named(request)
    if err is not None:
        return err
    return web.json_response(data)


async def caught(request):
    try:
        data, err = await person(request)
    except Exception:
        data, err = {}, None
    if err is not None:
        return err
    return web.json_response(data)


def init():
    app = web.Application()
    app.router.add_route("GET", "/orders", orders)
    app.router.add_route("GET", "/notes", notes)
    app.router.add_route("GET", "/caught", caught)
    return app
"""


def test_an_answer_is_not_taken_apart(tmp_path: Path) -> None:
    found = _verdicts(tmp_path, _TAKEN_APART)

    assert found[("GET", "/orders")] == "guarded"
    assert found[("GET", "/notes")] == "unguarded"
    assert found[("GET", "/caught")] != "guarded"


_LAST = """
from flask import Flask, abort, request, session
from shop import Order

app = Flask(__name__, static_folder=None)


class Faults:
    def __init__(self):
        self.found = []
        self.status = 400


def checked(faults):
    if faults.found:
        abort(faults.status)


@app.get("/closed")
def closed():
    faults = Faults()
    if not Order.get(request.args.get("order")):
        faults.found.append("order")
    checked(faults)
    if not session.get("user"):
        faults.found.append("user")
        faults.status = 403
    checked(faults)
    return ""


@app.get("/open")
def opened():
    faults = Faults()
    if not session.get("user"):
        faults.status = 403
    if not Order.get(request.args.get("order")):
        faults.found.append("order")
    checked(faults)
    return ""
"""


def test_who_is_told_of_faults_first_is_refused_in_the_end(tmp_path: Path) -> None:
    found = _verdicts(tmp_path, _LAST)

    assert found[("GET", "/closed")] == "guarded"
    assert found[("GET", "/open")] != "guarded"
