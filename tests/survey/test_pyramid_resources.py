"""Resources of Pyramid that their own class hangs below a root, and views that are about the root itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import status_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("pyramid")
# What Pyramid imports of its own is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")

_MAIN = """
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy
from pyramid.config import Configurator

from shop.resources import root


def make():
    config = Configurator(root_factory=root)
    config.set_authentication_policy(AuthTktAuthenticationPolicy("s", hashalg="sha512"))
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.scan("shop.views")
    return config.make_wsgi_app()
"""
_RESOURCES = """
from pyramid.authorization import Allow, Authenticated, Deny, Everyone


class Ruled:
    @property
    def __acl__(self):
        return [(Allow, {who}, "view"), (Deny, Authenticated, "drop")]


class Root(Ruled):
    __name__ = __parent__ = None

    def __init__(self, request):
        self.request = request

    def __getitem__(self, key):
        if key != "countries":
            raise KeyError(key)
        child = Countries(self.request)
        {hung}
        return child


class Countries:
    __name__ = "countries"

    def __init__(self, request):
        self.__parent__ = Root(request)
        self.request = request


def root(request):
    return Root(request)
"""
_VIEWS = """
from pyramid.response import Response
from pyramid.view import view_config, view_defaults


@view_defaults(context="..resources.Countries")
class CountriesView:
    def __init__(self, context, request):
        self.context = context

    @view_config(permission="view")
    def index(self):
        return Response("all")

    @view_config(name="drop", permission="drop")
    def drop(self):
        return Response("dropped")


@view_config(context="..resources.Root", name="about")
def about(request):
    return Response("about")


@view_config(context="..resources.Root", name="inside", permission="view")
def inside(request):
    return Response("inside")
"""


def _drawn(folder: Path, who: str, hung: str = "pass") -> dict[str, str]:
    (folder / "shop" / "views").mkdir(parents=True)
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "shop" / "views" / "__init__.py").write_text("")
    (folder / "shop" / "views" / "countries.py").write_text(_VIEWS)
    resources = _RESOURCES.replace("{who}", who).replace("{hung}", hung)
    (folder / "shop" / "resources.py").write_text(resources)
    (folder / "main.py").write_text(_MAIN)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes if one.method == "GET"}


def test_its_own_class_says_what_stands_above_a_resource(tmp_path: Path) -> None:
    found = _drawn(tmp_path, "Authenticated")

    asked = ["/countries", "/countries/drop", "/inside"]
    with loaded(tmp_path, "main:make()") as app:
        assert [403, 403, 403] == [status_by_wsgi(app, "GET", path) for path in asked]
    assert ["guarded"] * 3 == [found[one] for one in ("GET /{countries}", "GET /{countries}/drop", "GET /inside")]


def test_what_stands_above_may_let_everybody_in(tmp_path: Path) -> None:
    found = _drawn(tmp_path, "Everyone")

    with loaded(tmp_path, "main:make()") as app:
        assert [200, 403] == [status_by_wsgi(app, "GET", path) for path in ("/countries", "/countries/drop")]
    assert ["unguarded", "guarded"] == [found["GET /{countries}"], found["GET /{countries}/drop"]]


def test_what_hangs_a_resource_elsewhere_is_not_guessed(tmp_path: Path) -> None:
    found = _drawn(tmp_path, "Authenticated", "child.__parent__ = self")

    assert ["unknown"] * 2 == [found["GET /{countries}"], found["GET /{countries}/drop"]]


def test_a_view_about_the_root_stands_at_its_own_name(tmp_path: Path) -> None:
    found = _drawn(tmp_path, "Authenticated")

    with loaded(tmp_path, "main:make()") as app:
        assert [200, 404] == [status_by_wsgi(app, "GET", path) for path in ("/about", "/countries/about")]
    assert "unguarded" == found["GET /about"]
    assert not [path for path in found if path.endswith("}/about")]
