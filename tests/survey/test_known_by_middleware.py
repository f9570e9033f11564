"""What middleware says of a caller in the request, and handlers that ask for it behind checks of the server itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import functools

from aiohttp import web
from shop import config, keys


class ShopError(web.HTTPError):
    pass


class Closed(ShopError, web.HTTPServiceUnavailable):
    pass


class Unknown(ShopError, web.HTTPUnauthorized):
    pass


@web.middleware
async def known(request, handler):
    {middleware}
    return await handler(request)


def must_be_known(handler):
    @functools.wraps(handler)
    async def wrapped(request):
        if request.get("is_known", False):
            return await handler(request)
        raise Unknown()

    return wrapped


def must_run(handler):
    @functools.wraps(handler)
    async def wrapped(request):
        if await config.status() != "running":
            {closed}
        return await handler(request)

    return wrapped


@must_run
@must_be_known
async def orders(request):
    return web.json_response({{}})


def init():
    app = web.Application(middlewares=[known])
    app.router.add_route("GET", "/orders", orders)
    return app
"""
_NOBODY = 'request["is_known"] = False'
_FOUND = """request["is_known"] = False
    row = await keys.find(request.headers.get("Authorization"))
    if row is not None:
        request["is_known"] = True"""
_OPEN = 'request["is_known"] = True'


@pytest.mark.parametrize(
    ("middleware", "closed", "verdict"),
    [
        (_NOBODY, "raise Closed()", "guarded"),
        (_NOBODY, 'return web.json_response({"closed": True})', "unguarded"),
        # Whether nobody's key is found is not told here.
        (_FOUND, "raise Closed()", "unknown"),
        (_OPEN, "raise Closed()", "unguarded"),
    ],
)
def test_who_is_not_known_is_refused_whether_the_server_runs_or_not(
    middleware: str, closed: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(middleware=middleware, closed=closed))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict


_PAGES = """
from pyramid.config import Configurator
from pyramid.events import ContextFound
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.view import view_config


def checked(event):
    request = event.request
    if request.method == "POST":
        if {test}:
            raise HTTPUnauthorized


@view_config(route_name="orders", request_method="POST")
def orders(request):
    return {{}}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    if settings.get("security.check", "true") != "false":
        config.add_subscriber(checked, ContextFound)
    config.add_route("orders", "/orders")
    config.scan()
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ('request.params.get("csrf_token") != str(request.session.get_csrf_token())', "unguarded"),
        ('request.params.get("csrf_token") != unicode(request.session.get_csrf_token())', "unguarded"),
        ("request.remote_addr not in ADDRESSES", "unguarded"),
        ("may_not(request)", "unknown"),
    ],
)
def test_a_page_that_lacks_its_token_is_no_caller_who_is_not_signed_in(test: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("from shop import ADDRESSES, may_not\n" + _PAGES.format(test=test))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict


_SUBSCRIBED = """
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.config import Configurator
from pyramid.events import BeforeRender, ContextFound, NewRequest, subscriber
from pyramid.httpexceptions import HTTPForbidden
from pyramid.view import view_config


{decorator}
def checked(event):
    request = event.request
    if {test}:
        raise HTTPForbidden()


@view_config(route_name="orders", request_method="POST")
def orders(request):
    return {{}}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("x"))
    {added}
    config.add_route("orders", "/orders")
    config.scan()
    return config.make_wsgi_app()
"""
_NOBODY_CALLS = "request.authenticated_userid is None"


@pytest.mark.parametrize(
    ("decorator", "added", "test", "verdict"),
    [
        ("", "config.add_subscriber(checked, NewRequest)", _NOBODY_CALLS, "guarded"),
        ("", "config.add_subscriber(checked, ContextFound)", _NOBODY_CALLS, "guarded"),
        ("@subscriber(NewRequest)", "pass", _NOBODY_CALLS, "guarded"),
        ("@subscriber(ContextFound, NewRequest)", "pass", _NOBODY_CALLS, "guarded"),
        ("@subscriber(NewRequest)", "pass", 'request.params.get("page") is None', "unguarded"),
        # What happens once there is an answer refuses nobody, and what nobody is told of does not happen.
        ("@subscriber(BeforeRender)", "pass", _NOBODY_CALLS, "unguarded"),
        ("", "pass", _NOBODY_CALLS, "unguarded"),
    ],
)
def test_a_subscriber_to_new_requests_stands_before_views(
    decorator: str, added: str, test: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_SUBSCRIBED.format(decorator=decorator, added=added, test=test))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict
