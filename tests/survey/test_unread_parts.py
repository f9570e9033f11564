"""A part of a path that source does not tell stands in it as a name in braces, and the rest of the path is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Map
from nomoat.survey.draw import draw

_FLASK = """
from flask import Flask, abort, session
from flask_restful import Api, Resource
from elsewhere import ROOT, conf, name_of

app = Flask(__name__, static_folder=None)
api = Api(app)
module_name = name_of(__name__)
BASE = "/api"


class Order(Resource):
    def get(self, **kwargs):
        return 1

    def post(self, **kwargs):
        if "user" not in session:
            abort(401)
        return 2


path = {path}
api.add_resource(Order, path{rest})
"""


def _mapped(folder: Path, source: str) -> Map:
    (folder / "main.py").write_text(source)
    return draw(folder).map


@pytest.mark.parametrize(
    ("path", "rest", "shown"),
    [
        ('"/".join([BASE, module_name])', "", "/api/{name_of}"),
        ('"/".join([BASE, module_name])', ' + "/<int:order_id>"', "/api/{name_of}/{order_id}"),
        ('f"{BASE}/{module_name}/<order_id>/parts"', "", "/api/{name_of}/{order_id}/parts"),
        ('"/api/{}/<order_id>".format(module_name)', "", "/api/{name_of}/{order_id}"),
        ('"/api/{name}/parts".format(name=module_name)', "", "/api/{name_of}/parts"),
        ('"/api/%s/parts" % module_name', "", "/api/{name_of}/parts"),
        ('"/api/%s/%s" % (module_name, "parts")', "", "/api/{name_of}/parts"),
        ('BASE + "/" + conf.NAME + "/parts"', "", "/api/{NAME}/parts"),
        # What a path begins with is not shown: there may be any number of parts, or none.
        ('"/".join([ROOT, module_name, "parts"])', "", "/{name_of}/parts"),
        ('ROOT + "/parts"', "", "/parts"),
    ],
)
def test_what_is_known_of_a_path_is_on_the_map(path: str, rest: str, shown: str, tmp_path: Path) -> None:
    drawn = _mapped(tmp_path, _FLASK.format(path=path, rest=rest))

    told = {one.method: (one.path, one.verdict, one.binding) for one in drawn.routes if one.method != "HEAD"}
    assert {"GET": (shown, "unguarded", None), "POST": (shown, "guarded", None)} == told
    assert all("cannot be read" in (one.because or "") for one in drawn.routes)
    assert drawn.not_read


def test_a_part_that_is_known_is_no_gap(tmp_path: Path) -> None:
    source = _FLASK.replace("name_of(__name__)", '"orders"').format(path='"/".join([BASE, module_name])', rest="")

    drawn = _mapped(tmp_path, source)

    assert {"/api/orders"} == {one.path for one in drawn.routes}
    assert not drawn.not_read


_PYRAMID = """
from pyramid.authorization import ACLHelper, Allow, Authenticated, Everyone
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.view import view_config


class Policy:
    def identity(self, request):
        return request.cookies.get("who")

    def permits(self, request, context, permission):
        return self.identity(request) is not None


@view_config(route_name="form_index", request_method="GET", permission="read")
def index(request):
    return {}


@view_config(route_name="form_item", request_method="GET")
def item(request):
    return {}


@view_config(route_name="form_item", request_method="POST")
def save(request):
    if request.cookies.get("who") is None:
        raise HTTPForbidden()
    return {}


@view_config(route_name="here", request_method="GET")
def here(request):
    return {}


def main(settings):
    config = Configurator(settings=settings)
    config.set_security_policy(Policy())
    config.include("some_forms")
    config.add_route("here", "/here")
    config.scan()
    return config.make_wsgi_app()
"""


def _told(drawn: Map) -> dict[str, str]:
    return {f"{one.method} {one.path}": one.verdict for one in drawn.routes if one.method != "HEAD"}


def test_a_view_at_a_path_that_a_package_adds_is_there_by_the_name_of_the_path(tmp_path: Path) -> None:
    drawn = _mapped(tmp_path, _PYRAMID)

    assert {
        "GET /here": "unguarded",
        "GET /{form_index}": "guarded",
        "GET /{form_item}": "unguarded",
        "POST /{form_item}": "guarded",
    } == _told(drawn)
    lost = [one for one in drawn.routes if "{" in one.path]
    assert all(one.binding is None and "was not read" in (one.because or "") for one in lost)


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ('settings["login_path"]', "/{here}"),
        ('"/auth/" + settings["login_path"]', "/auth/{login_path}"),
        ('"/auth/here"', "/auth/here"),
    ],
)
def test_a_pattern_of_the_settings_stands_by_the_name_of_its_path(pattern: str, shown: str, tmp_path: Path) -> None:
    source = _PYRAMID.replace('"/here"', pattern)

    told = _told(_mapped(tmp_path, source))

    assert "unguarded" == told[f"GET {shown}"]


_ABOUT = """
from things import Starred
from pyramid.config import Configurator
from pyramid.view import view_config


@view_config(context={about}, request_method="GET")
def fault(context, request):
    return {{}}


@view_config(route_name="here", request_method="GET")
def here(request):
    return {{}}


def main(settings):
    config = Configurator(settings=settings)
    config.add_route("here", "/here")
    config.scan()
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize("about", ["Starred", "KeyError"])
def test_what_the_root_is_not_is_not_found_there(about: str, tmp_path: Path) -> None:
    (tmp_path / "things.py").write_text("from elsewhere import *\nfrom other import *\n")

    drawn = _mapped(tmp_path, _ABOUT.format(about=about))

    assert {"GET /here": "unguarded"} == _told(drawn)
    assert about == "KeyError" or any("traversal" in one.why for one in drawn.not_read)


def test_what_is_about_anything_is_found_at_the_root(tmp_path: Path) -> None:
    drawn = _mapped(tmp_path, _ABOUT.format(about="None"))

    assert {"GET /here": "unguarded", "GET /": "unguarded"} == _told(drawn)
