"""Views of Pyramid for what others of their path do not take: those that serve nothing are no routes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from pyramid.config import Configurator
from pyramid.exceptions import PredicateMismatch
from pyramid.httpexceptions import HTTPForbidden, HTTPMethodNotAllowed, HTTPNotFound
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED


class Policy:
    def identity(self, request):
        return request.headers.get("authorization")

    def permits(self, request, context, permission):
        return self.identity(request) is not None


def hello(request):
    return Response("hello")


def rest_of(methods):
    def rest(request):
        {body}
    return rest


def main(settings, **more):
    config = Configurator(settings=settings)
    config.set_security_policy(Policy())
    config.add_route("hello", "/hello")
    config.add_view(hello, route_name="hello", request_method="GET", permission=NO_PERMISSION_REQUIRED)
    config.add_view(rest_of(["GET"]), route_name="hello"{permission})
    return config.make_wsgi_app()
"""
_MORE, _NOT_ALLOWED = "Response('more')", "raise HTTPMethodNotAllowed()"
_PUBLIC = ", permission=NO_PERMISSION_REQUIRED"


@pytest.mark.parametrize("permission", [_PUBLIC, ', permission="read"'])
@pytest.mark.parametrize(
    ("body", "has_more"),
    [
        (_NOT_ALLOWED, False),
        (f"if request.method not in methods:\n            {_NOT_ALLOWED}\n        raise PredicateMismatch()", False),
        (f"if request.method not in methods:\n            {_NOT_ALLOWED}\n        return {_MORE}", False),
        (f"if request.params.get('x'):\n            {_NOT_ALLOWED}\n        return {_MORE}", True),
        (f"if request.method == 'PUT':\n            return {_MORE}\n        {_NOT_ALLOWED}", True),
        (f"if not request.authenticated_userid:\n            {_NOT_ALLOWED}\n        return {_MORE}", True),
        ("raise HTTPNotFound()", True),
        ("raise HTTPForbidden()", True),
    ],
)
def test_a_view_for_the_rest_is_a_route_where_it_serves_somebody(
    body: str, has_more: bool, permission: str, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(_APP.replace("{body}", body).replace("{permission}", permission))

    routes = draw(tmp_path).map.routes

    assert {"GET": "unguarded", "HEAD": "unguarded"} == {
        one.method: one.verdict for one in routes if one.handler.endswith("hello")
    }
    assert has_more == any(one.handler.endswith("rest") for one in routes)
