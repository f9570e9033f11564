"""What is called for nothing but that it may refuse, and answers that wrappers tell apart by their class."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_FLASK = """
from flask import Flask
from flask.views import View
{imports}

app = Flask(__name__, static_folder=None)


class Base(View):
    def check(self):
        {asks}

    def dispatch_request(self, *args, **kwargs):
        self.check()
        return self.answer()


class One(Base):
    def answer(self):
        return "one"


app.add_url_rule("/one", view_func=One.as_view("one"))


@app.get("/two")
def two():
    {asks}
    return "two"
"""
_SHAPES = {
    "of a package that is described": ("from flask_jwt import _jwt_required", "_jwt_required('here')", "guarded"),
    "of another": ("from theirs import _jwt_required", "_jwt_required('here')", "unknown"),
    "of a module": ("import theirs.access", "theirs.access.ensure_logged_in()", "unknown"),
    "signs in": ("from theirs import login_user", "login_user('somebody')", "unguarded"),
    "looks something up": ("from theirs import check_stock", "check_stock('apples')", "unguarded"),
    "its answer is taken": ("from theirs import require_token", "found = require_token", "unguarded"),
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_what_is_asked_elsewhere_may_refuse(tmp_path: Path, shape: str) -> None:
    imports, asks, verdict = _SHAPES[shape]
    (tmp_path / "app.py").write_text(_FLASK.format(imports=imports, asks=asks))

    rows = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert rows == {"/one": verdict, "/two": verdict}


_WRAPPED = """
import json

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseRedirect, JsonResponse


def as_json(view):
    def inner(*args, **kwargs):
        found = view(*args, **kwargs)
        if isinstance(found, (str, dict)):
            return HttpResponse(json.dumps(found))
        if isinstance(found, {kept}):
            return found
        {else_}

    return inner


@as_json
@login_required
def private(request):
    return {{"a": 1}}


@as_json
def free(request):
    return {{"a": 1}}
"""


@pytest.mark.parametrize(
    "kept, else_, verdict",
    [
        pytest.param("HttpResponseRedirect", "raise ValueError('what is this?')", "guarded", id="its class"),
        pytest.param("HttpResponse", "raise ValueError('what is this?')", "guarded", id="a class above"),
        pytest.param("HttpResponseForbidden", "return HttpResponse('all is well')", "unguarded", id="another class"),
    ],
)
def test_an_answer_is_of_the_class_of_its_kind(tmp_path: Path, kept: str, else_: str, verdict: str) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\nINSTALLED_APPS = []\n')
    (tmp_path / "views.py").write_text(_WRAPPED.format(kept=kept, else_=else_))
    (tmp_path / "urls.py").write_text(
        "from django.urls import path\nfrom views import free, private\n\n"
        'urlpatterns = [path("private/", private), path("free/", free)]\n'
    )

    rows = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert rows == {"/private/": verdict, "/free/": "unguarded"}


_HANDED = """
from functools import wraps

from aiohttp import web

routes = web.RouteTableDef()


def wrapped(handler):
    @wraps(handler)
    async def inner(request):
        return await request.app["somebody"].{method}(request, handler)

    return inner


@routes.get("/orders")
@wrapped
async def orders(request):
    return web.json_response({{}})


app = web.Application()
app.add_routes(routes)
"""


@pytest.mark.parametrize(
    ("method", "verdict"),
    [("authenticate_and_handle", "unknown"), ("require_login", "unknown"), ("timed", "unguarded")],
)
def test_what_is_handed_to_something_that_is_called_like_a_guard_may_be_kept(
    tmp_path: Path, method: str, verdict: str
) -> None:
    (tmp_path / "app.py").write_text(_HANDED.format(method=method))

    (route,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert verdict == route.verdict
