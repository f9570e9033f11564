"""Views of Pyramid that are found by what they are about: their own names stand behind the way there."""

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
from pyramid.authorization import ACLAuthorizationPolicy, Allow, Authenticated, Deny, Everyone
from pyramid.config import Configurator
from pyramid.csrf import BadCSRFToken
from pyramid.httpexceptions import HTTPUnauthorized
from pyramid.response import Response
from pyramid.view import view_config


class Page:
    __acl__ = [(Allow, Everyone, "view"), (Allow, Authenticated, "edit"), (Deny, Everyone, "drop")]

    def __init__(self, name, parent):
        self.__name__, self.__parent__ = name, parent


class Folder(dict):
    __name__ = __parent__ = None


class Alone:
    def __init__(self, request):
        self.request = request


def root(request):
    folder = Folder()
    folder["page"] = Page("page", folder)
    return folder


@view_config(context=Exception)
def failed(exception, request):
    return Response("failed", status=500)


@view_config(context=BadCSRFToken)
def forged(exception, request):
    return Response("forged", status=400)


@view_config(context="main.Page", permission="view")
def show(context, request):
    return Response("page")


@view_config(context=Page, name="edit", permission="edit")
def edit(context, request):
    return Response("edited")


@view_config(context=Page, name="drop", permission="drop", request_method="POST")
def drop(context, request):
    return Response("dropped")


@view_config(name="about")
def about(context, request):
    return Response("about")


@view_config(name="mine")
def mine(context, request):
    return Response("mine") if request.authenticated_userid else HTTPUnauthorized()


@view_config(route_name="admin", name="tools")
def tools(context, request):
    return Response("tools")


def make(root_factory=root):
    config = Configurator(root_factory=root_factory)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("s", hashalg="sha512"))
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.add_route("admin", "/admin/*traverse")
    config.scan("main")
    return config.make_wsgi_app()
"""


def drawn(folder: Path, source: str) -> dict[str, str]:
    """Method and path of each route with its verdict, without HEAD."""
    (folder / "main.py").write_text(source)
    found = draw(folder)
    return {f"{one.method} {one.path}": one.verdict for one in found.map.routes if one.method != "HEAD"}


def test_views_stand_below_what_they_are_about(tmp_path: Path) -> None:
    """Whether a page that says nothing of a permission is ruled by what stands above it, source does not tell."""
    assert {
        "GET /{page}": "unguarded",
        "GET /{page}/edit": "unknown",
        "POST /{page}/drop": "guarded",
        "GET /{traverse}/about": "unguarded",
        "GET /{traverse}/mine": "guarded",
        "GET /admin/{traverse}/tools": "unguarded",
    } == drawn(tmp_path, _SOURCE)

    asked = [("GET", "/page"), ("GET", "/page/edit"), ("POST", "/page/drop"), ("GET", "/page/about"), ("GET", "/mine"),
             ("GET", "/admin/page/tools")]  # fmt: skip
    with loaded(tmp_path, "main:make()") as app:
        assert [200, 403, 403, 200, 401, 200] == [status_by_wsgi(app, method, path) for method, path in asked]


def test_a_root_that_leads_nowhere_has_its_views_at_their_names(tmp_path: Path) -> None:
    source = _SOURCE.replace("root_factory=root)", "root_factory=Alone)")
    found = drawn(tmp_path, source)

    assert {"GET /about": "unguarded", "GET /mine": "guarded"} == {
        route: verdict for route, verdict in found.items() if "admin" not in route
    }
    with loaded(tmp_path, "main:make()") as app:
        assert [200, 401, 404] == [status_by_wsgi(app, "GET", path) for path in ("/about", "/mine", "/page/edit")]
    assert ["main.py"] == [one.at for one in draw(tmp_path).map.not_read if "traversal" in one.why]


def test_a_decorator_of_its_own_keeps_what_it_is_told_on_itself(tmp_path: Path) -> None:
    source = """
import venusian
from pyramid.config import Configurator
from pyramid.response import Response


class manages:
    def __init__(self, **settings):
        self.__dict__.update(settings)

    def __call__(self, wrapped):
        settings = self.__dict__.copy()

        def callback(context, name, found):
            context.config.add_view(view=found, route_name="manage", **settings)

        venusian.attach(wrapped, callback, category="pyramid")
        return wrapped


@manages(name="tools")
def tools(context, request):
    return Response("tools")


def make(prefix="/manage"):
    config = Configurator()
    config.add_route("manage", config.registry.settings.get("manage", prefix) + "/*traverse")
    config.scan("main")
    return config.make_wsgi_app()
"""

    assert {"GET /manage/{traverse}/tools": "unguarded"} == drawn(tmp_path, source)
    with loaded(tmp_path, "main:make()") as app:
        assert [200, 404] == [status_by_wsgi(app, "GET", path) for path in ("/manage/tools", "/manage")]
