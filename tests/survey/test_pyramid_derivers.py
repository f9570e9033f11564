"""Pyramid: functions that an application puts around each view, told by what the view says; beside what it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import refused_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("pyramid")
# What Pyramid imports of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

_SOURCE = """
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPUnauthorized
from pyramid.response import Response
from pyramid.view import view_config
from pyramid.viewderivers import INGRESS


def claims(request):
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Key":
        return {}
    return {"sub": token, "roles": [token]}


def signed_in(view, info):
    if not info.options.get("signed_in", True):
        return view

    def asks(context, request):
        if not request.claims.get("sub"):
            return HTTPUnauthorized()
        return view(context, request)

    return asks


signed_in.options = ("signed_in",)


def by_role(view, info):
    role = info.options.get("role")
    if role is None:
        return view

    def asks(context, request):
        if role not in request.claims.get("roles", []):
            raise HTTPForbidden(role)
        return view(context, request)

    return asks


by_role.options = ("role",)


def answer(request):
    return Response("x")


@view_config(route_name="body", signed_in=False)
def body(request):
    if not request.claims:
        return Response(status=401)
    return Response("x")


@view_config(route_name="noted", signed_in=False)
def noted(request):
    if request.claims:
        return Response(status=403)
    return Response("x")


def make():
    config = Configurator()
    config.add_request_method(claims, "claims", reify=True)
    for name in ("plain", "open", "role", "both", "head", "body", "noted"):
        config.add_route(name, "/" + name)
    config.add_view(answer, route_name="plain")
    config.add_view(answer, route_name="open", signed_in=False)
    config.add_view(answer, route_name="role", signed_in=False, role="a")
    config.add_view(answer, route_name="both", role="a", request_method="POST")
    config.add_view(answer, route_name="both", signed_in=False, request_method="GET")
    config.add_view(answer, route_name="head", role="a", signed_in=False)
    config.add_view(answer, route_name="head", request_method="HEAD", signed_in=False)
    config.scan("main")
    config.add_view_deriver(signed_in, under=INGRESS)
    config.add_view_deriver(by_role)
    return config.make_wsgi_app()
"""


def test_what_stands_around_each_view_guards_those_that_say_so(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE)

    routes = draw(tmp_path).map.routes
    drawn = {(one.method, one.path): one.verdict for one in routes}

    assert len(drawn) == len(routes)
    with loaded(tmp_path, "main:make()") as app:
        told = {key: "guarded" if refused_by_wsgi(app, *key) else "unguarded" for key in drawn}
    assert told == drawn
    assert {path for _, path in drawn} == {"/plain", "/open", "/role", "/both", "/head", "/body", "/noted"}
    assert drawn["GET", "/head"] == "guarded" and drawn["HEAD", "/head"] == "unguarded"


def test_claims_of_a_token_are_none_of_who_brings_none(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "from pyramid.config import Configurator\nfrom pyramid.httpexceptions import HTTPForbidden\n\n\n"
        'def mine(request):\n    if not request.jwt_claims.get("sub"):\n        return HTTPForbidden()\n'
        "    return {}\n\n\n"
        'def others(request):\n    return {"who": request.jwt_claims.get("sub")}\n\n\n'
        "def make():\n    config = Configurator()\n"
        '    config.include("pyramid_jwt")\n    config.set_jwt_authentication_policy("secret")\n'
        '    config.add_route("mine", "/mine")\n    config.add_view(mine, route_name="mine", renderer="json")\n'
        '    config.add_route("others", "/others")\n    config.add_view(others, route_name="others", renderer="json")\n'
        "    return config.make_wsgi_app()\n"
    )

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert found == {"/mine": "guarded", "/others": "unguarded"}


_SERVED = """
from wsgiref.simple_server import make_server

from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated, Everyone
from pyramid.config import Configurator
from pyramid.response import Response


class Root:
    __acl__ = [(Allow, Everyone, "view"), (Allow, Authenticated, "comment")]

    def __init__(self, request):
        self.request = request


def answer(request):
    return Response("x")


def make(**settings):
    config = Configurator(settings=settings, root_factory=Root)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("s", hashalg="sha512"))
    config.set_authorization_policy(ACLAuthorizationPolicy())
    for permission in ("view", "comment", "edit"):
        config.add_route(permission, "/" + permission)
        config.add_view(answer, route_name=permission, permission=permission)
    return config.make_wsgi_app()


if __name__ == "__main__":
    make_server("127.0.0.1", 6543, make()).serve_forever()
"""


def test_a_program_that_serves_itself_asks_whom_it_configured(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SERVED)

    drawn = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes}

    with loaded(tmp_path, "main:make()") as app:
        told = {key: "guarded" if refused_by_wsgi(app, *key) else "unguarded" for key in drawn}
    assert told == drawn
    assert {path: verdict for (_, path), verdict in drawn.items()} == {
        "/view": "unguarded", "/comment": "guarded", "/edit": "guarded",
    }  # fmt: skip
