"""Who is calling is asked of a policy that the registry keeps, or of one that is not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from elsewhere import IOther, OtherPolicy, make
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated, Everyone
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.response import Response
from pyramid.view import view_config
from zope.interface import Interface, implementer


class IPolicy(Interface):
    pass


@implementer(IPolicy)
class Own:
    def authenticated_userid(self, request):
        return request.session.get("user")

    unauthenticated_userid = authenticated_userid

    def effective_principals(self, request):
        found = [Everyone]
        if self.authenticated_userid(request):
            found.append(Authenticated)
        return found


class Root:
    __acl__ = [(Allow, Everyone, "view"), (Allow, Authenticated, "publish")]

    def __init__(self, request):
        self.request = request


@view_config(route_name="asks", request_method="GET")
def asks(request):
    if not request.authenticated_userid:
        raise HTTPUnauthorized()
    return Response("")


@view_config(route_name="publish", request_method="GET", permission="publish")
def publish(request):
    return Response("")


@view_config(route_name="view", request_method="GET", permission="view")
def view(request):
    return Response("")


@view_config(route_name="free", request_method="GET")
def free(request):
    return Response(str(request.authenticated_userid))


def policies(config):
    config.registry.registerUtility(Own(), IPolicy)


def main(settings):
    config = Configurator(settings=settings, root_factory=Root)
    config.include(policies)
    {policy}
    config.add_route("asks", "/asks")
    config.add_route("publish", "/publish")
    config.add_route("view", "/view")
    config.add_route("free", "/free")
    config.scan()
    return config.make_wsgi_app()
"""


def _told(folder: Path, policy: str) -> dict[str, str]:
    lines = (f"config.set_authentication_policy({policy})", "config.set_authorization_policy(ACLAuthorizationPolicy())")
    (folder / "main.py").write_text(_APP.format(policy="\n    ".join(lines)))
    return {one.path: one.verdict for one in draw(folder).map.routes if one.method == "GET"}


@pytest.mark.parametrize(
    "policy",
    ["config.registry.getUtility(IPolicy)", "config.registry.queryUtility(IPolicy)", "Own()"],
)
def test_a_policy_that_the_registry_keeps_is_asked(policy: str, tmp_path: Path) -> None:
    told = _told(tmp_path, policy)

    assert {"/asks": "guarded", "/publish": "guarded", "/view": "unguarded", "/free": "unguarded"} == told


@pytest.mark.parametrize("policy", ["config.registry.getUtility(IOther)", "OtherPolicy()", "make(settings)"])
def test_of_a_policy_that_is_not_here_nothing_is_sure(policy: str, tmp_path: Path) -> None:
    told = _told(tmp_path, policy)

    assert {"/asks": "unknown", "/publish": "unknown"} == {path: told[path] for path in ("/asks", "/publish")}
    assert "unguarded" == told["/free"]
    assert "guarded" != told["/view"]


def test_nor_of_a_security_policy_that_is_not_here(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP.format(policy="config.set_security_policy(make(settings))"))

    told = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert {"/asks": "unknown", "/publish": "unknown", "/view": "unknown", "/free": "unguarded"} == told
