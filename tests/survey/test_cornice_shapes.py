"""Services and resources of Cornice: where they are, and who comes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
from cornice import Service
from cornice.resource import add_resource, resource, view
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.config import Configurator
from pyramid.security import Allow, Authenticated, Everyone, NO_PERMISSION_REQUIRED


class Root:
    __acl__ = [(Allow, Authenticated, "read"), (Allow, Everyone, "see")]

    def __init__(self, request):
        self.request = request


def needs_key(request, **kwargs):
    if "X-Api-Key" not in request.headers:
        request.errors.add("header", "X-Api-Key", "a key is needed")
        request.errors.status = 401


def needs_name(request, **kwargs):
    if "name" not in request.params:
        request.errors.add("querystring", "name", "a name is needed")


orders = Service(name="orders", path="/orders", permission="read")
home = Service("home", "/home")
ruled = Service("ruled", "/ruled", acl=lambda request: [(Allow, Everyone, "read")], factory=None)


@orders.get()
def get_orders(request):
    return []


@orders.post(permission="see")
def post_orders(request):
    return {}


@orders.delete(permission=NO_PERMISSION_REQUIRED)
def delete_orders(request):
    return {}


@home.get(validators=(needs_key,))
def get_home(request):
    return {}


@home.put(validators=needs_name)
def put_home(request):
    return {}


@ruled.get(permission="read")
def get_ruled(request):
    return {}


@resource(path="/parts/{id}", collection_path="/parts", permission="read", collection_permission="see")
class Part:
    def __init__(self, request, context=None):
        self.request = request

    def get(self):
        return {}

    def collection_get(self):
        return []

    @view(permission="read")
    def collection_post(self):
        return {}

    def help(self):
        return ""


@resource(path="/listed/{id}", collection_path="/listed", permission="see")
class Listed:
    # Its own list of who may what counts, not that of the root: the class makes what permissions are asked about.
    def __init__(self, request, context=None):
        self.request = request

    def __acl__(self):
        return [(Allow, Everyone, "see"), (Allow, Authenticated, "keep")]

    def collection_get(self):
        return []

    @view(permission="keep")
    def put(self):
        return {}


class Late:
    def __init__(self, request, context=None):
        self.request = request

    def delete(self):
        return {}


late = add_resource(Late, path="/late")


def main(global_config, **settings):
    config = Configurator(settings=settings, root_factory=Root)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("secret"))
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.include("cornice")
    with config.route_prefix_context("v1"):
        config.scan()
    return config.make_wsgi_app()
"""


def test_services_and_resources_are_where_they_say_and_as_guarded_as_they_say(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_MAIN)

    found = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert found == {
        "GET /v1/orders": "guarded",
        "POST /v1/orders": "unguarded",
        "DELETE /v1/orders": "unguarded",
        "GET /v1/home": "guarded",
        "PUT /v1/home": "unguarded",
        "GET /v1/ruled": "unguarded",
        "GET /v1/parts/{id}": "guarded",
        # No list says who may see it, so that nobody does.
        "GET /v1/parts": "guarded",
        "POST /v1/parts": "guarded",
        "GET /v1/listed": "unguarded",
        "PUT /v1/listed/{id}": "guarded",
        "DELETE /v1/late": "unguarded",
    }


def test_what_stands_around_a_view_has_no_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_MAIN)

    handlers = {f"{one.method} {one.path}": one.handler for one in draw(tmp_path).map.routes}

    assert handlers["POST /v1/orders"] == "main:post_orders"
    assert handlers["POST /v1/parts"] == "main:Part.collection_post"


_FAULTS = """
from cornice import Service
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.config import Configurator


def known(number):
    return len(str(number)) > 3


def needs_parts(request, **kwargs):
    wrong = []
    for part in request.validated.get("parts"):
        number = part.pop("number")
        if not known(number):
            wrong.append(number)
    if wrong:
        request.errors.add("body", "parts", "not known")


notes = Service("notes", "/notes")


@notes.post(validators=(needs_parts,))
def post_notes(request):
    {body}
    return {}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("seed"))
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.include("cornice")
    config.scan()
    return config.make_wsgi_app()
"""
_ASKED = """author = request.authenticated_userid
    if not author:
        request.errors.add("body", "author", "who are you?")
        request.errors.status = 403
        return"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (_ASKED, "guarded"),
        # What everybody is told of is no refusal, whatever is wrong with what was sent.
        (_ASKED.replace("not author", "request.validated.get('late')"), "unguarded"),
        (_ASKED.replace("403", "422").replace("not author", "request.validated.get('late')"), "unguarded"),
    ],
)
def test_faults_of_what_was_sent_are_not_always_found(body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_FAULTS.replace("{body}", body))

    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
