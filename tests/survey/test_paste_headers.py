"""Headers that Paste finds: who sends none is nobody to what asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
from base64 import b64decode

from paste.httpheaders import {header}
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.authorization import Allow, Authenticated, Everyone
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.view import view_config


class Root:
    __acl__ = [(Allow, Authenticated, "see")]

    def __init__(self, request):
        self.request = request


def credentials_of(request):
    given = {header}(request.environ)
    try:
        kind, rest = given.split(" ", 1)
    except ValueError:
        return None
    return b64decode(rest).decode().partition(":")[0]


class Policy:
    def __init__(self):
        self.acl = ACLAuthorizationPolicy()

    def identity(self, request):
        return credentials_of(request)

    def authenticated_userid(self, request):
        return self.identity(request)

    def permits(self, request, context, permission):
        userid = self.identity(request)
        principals = [Everyone] if userid is None else [Everyone, Authenticated, userid]
        return self.acl.permits(context, principals, permission)


@view_config(route_name="orders", permission="see")
def orders(request):
    return Response("orders")


def main(global_config, **settings):
    config = Configurator(settings=settings, root_factory=Root)
    config.set_security_policy(Policy())
    config.add_route("orders", "/orders")
    config.scan()
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(("header", "is_guarded"), [("AUTHORIZATION", True), ("USER_AGENT", False)])
def test_who_sends_no_such_header_is_nobody(header: str, is_guarded: bool, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_MAIN.replace("{header}", header))

    verdicts = {one.verdict for one in draw(tmp_path).map.routes if one.path == "/orders"}

    assert (verdicts == {"guarded"}) is is_guarded
