"""Predicates of Pyramid that ask who calls: who is not told so finds no such view."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import status_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("pyramid")
# What Pyramid imports of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

_SOURCE = """
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.config import Configurator, not_
from pyramid.response import Response
from pyramid.view import view_config


class Predicate:
    def __init__(self, value, config):
        self.value = value

    def text(self):
        return f"{type(self).__name__} = {self.value}"

    phash = text


class Key(Predicate):
    def __call__(self, context, request):
        return request.headers.get("X-Api-Key") == request.registry.settings[self.value]


class Signed(Predicate):
    def __call__(self, context, request):
        return (request.authenticated_userid is not None) == bool(self.value)


class Mode(Predicate):
    def __call__(self, context, request):
        return request.params.get("mode", "fast") == self.value


@view_config(route_name="principals", effective_principals=["system.Authenticated"])
@view_config(route_name="everyone", effective_principals="system.Everyone")
@view_config(route_name="authenticated", is_authenticated=True)
@view_config(route_name="visitors", is_authenticated=False)
@view_config(route_name="key", key="api.key")
@view_config(route_name="signed", signed=True)
@view_config(route_name="not_signed", signed=not_(True))
@view_config(route_name="unsigned", signed=0)
@view_config(route_name="mode", mode="fast")
@view_config(route_name="unheard")
@view_config(route_name="of_route")
def show(request):
    return Response("shown")


NAMES = ("principals", "everyone", "authenticated", "visitors", "key", "signed", "not_signed", "unsigned", "mode")


def make():
    config = Configurator(settings={"api.key": "secret"})
    {policy}
    config.add_view_predicate("key", Key)
    config.add_view_predicate("signed", "main.Signed")
    config.add_view_predicate("mode", Mode)
    config.add_route_predicate("signed", Signed)
    for name in NAMES:
        config.add_route(name, "/" + name)
    config.add_route("unheard", "/unheard", signed=False)
    config.add_route("of_route", "/of_route", signed=True)
    config.scan("main")
    return config.make_wsgi_app()
"""
_POLICIES = """config.set_authentication_policy(AuthTktAuthenticationPolicy("s", hashalg="sha512"))
    config.set_authorization_policy(ACLAuthorizationPolicy())"""
_REFUSED = frozenset(("principals", "authenticated", "key", "signed", "of_route"))


@pytest.mark.parametrize("policy", [_POLICIES, "pass"])
def test_who_is_not_told_so_finds_no_such_view(policy: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.replace("{policy}", policy))
    found = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    with loaded(tmp_path, "main:make()") as app:
        really = {path: status_by_wsgi(app, "GET", path) for path in found}
    assert {"guarded" if status == 404 else "unguarded" for status in really.values()} == {"guarded", "unguarded"}
    assert {path: "guarded" if status == 404 else "unguarded" for path, status in really.items()} == found
    assert {f"/{name}" for name in _REFUSED} == {path for path, verdict in found.items() if verdict == "guarded"}
