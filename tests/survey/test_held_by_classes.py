"""Routes that a class holds and that code goes through by `__dict__`; lists of paths that tests include."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_PYRAMID = """
from contextlib import contextmanager

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.view import view_config

class At:
    def __init__(self, name, path="", is_hidden=False):
        self.name = name
        self.path = path or "/" + name
        self.is_hidden = is_hidden

class Routes:
    HOME = At("home", "/")
    AUDIT = At("audit")
    TOOLS = At("tools", is_hidden=True)

    @classmethod
    def every(cls):
        return [one for name, one in MEMBERS
                if not (name.startswith("_") or name == "every" or one.is_hidden)]

@contextmanager
def configured(*, settings):
    with Configurator(settings=settings) as config:
        for one in Routes.every():
            config.add_route(one.name, one.path)
        config.scan()
        yield config

def make_application():
    with configured(settings={}) as config:
        return config.make_wsgi_app()

@view_config(route_name="home")
def home(request): return {}

@view_config(route_name="audit")
def audit(request):
    if request.authenticated_userid is None:
        raise HTTPForbidden()
    return {}
"""


@pytest.mark.parametrize("members", ["cls.__dict__.items()", "vars(cls).items()"])
def test_what_a_class_holds_is_gone_through_by_its_names(tmp_path: Path, members: str) -> None:
    (tmp_path / "app.py").write_text(_PYRAMID.replace("MEMBERS", members), encoding="utf-8")

    assert {one.path: one.verdict for one in draw(tmp_path).map.routes} == {"/": "unguarded", "/audit": "guarded"}


_VIEWS = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

def index(request): return HttpResponse()

@login_required
def mine(request): return HttpResponse()
"""
_URLS = """
from django.urls import path
from shop import views

urlpatterns = [path("", views.index), path("mine/", views.mine)]
"""
_OF_TESTS = """
from django.urls import include, path

urlpatterns = [path("tried/", include("shop.urls")), path("accounts/", include("django.contrib.auth.urls"))]
"""


def test_paths_of_an_application_that_tests_alone_include_are_its_own(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/views.py": _VIEWS,
        "shop/urls.py": _URLS,
        "shop/tests/__init__.py": "",
        "shop/tests/urls_test.py": _OF_TESTS,
        "shop/tests/settings_test.py": "ROOT_URLCONF = 'shop.tests.urls_test'",
    }
    for name, text in files.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    told = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert told == {"/": "unguarded", "/mine/": "guarded"}
