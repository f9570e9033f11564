"""What a route demands of who calls where several refusals stand one behind another."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_VIEWS = """
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.http import HttpResponse, HttpResponseForbidden
from django.views.generic import View


class Base(LoginRequiredMixin, PermissionRequiredMixin, View):
    permission_required = "shop.sell"


class Sell(Base):
    def get(self, request):
        return HttpResponse("ok")


@login_required
@permission_required("shop.sell", raise_exception=True)
def decorated(request):
    return HttpResponse("ok")


def by_hand(request):
    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    if not request.user.has_perm("shop.sell"):
        return HttpResponseForbidden()
    return HttpResponse("ok")


def or_shared(request):
    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    if not request.user.has_perm("shop.sell") and not request.GET.get("shared"):
        return HttpResponseForbidden()
    return HttpResponse("ok")


def or_another(request):
    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    if not request.user.has_perm("shop.sell"):
        if not request.user.has_perm("shop.give"):
            return HttpResponseForbidden()
    return HttpResponse("ok")


def for_some(request):
    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    if request.user.is_staff:
        return HttpResponse("ok")
    if not request.user.has_perm("shop.sell"):
        return HttpResponseForbidden()
    return HttpResponse("ok")
"""
_URLS = """
from django.urls import path
import views
urlpatterns = [path("x/", {view})]
"""


@pytest.mark.parametrize(
    ("view", "binding"),
    [
        ("views.Sell.as_view()", ("shop.sell",)),
        ("views.decorated", ("shop.sell",)),
        ("views.by_hand", ("shop.sell",)),
        ("views.or_shared", None),
        ("views.or_another", None),
        ("views.for_some", None),
    ],
)
def test_what_is_asked_of_who_is_signed_in_is_asked_of_all(
    view: str, binding: tuple[str, ...] | None, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "views.py").write_text(_VIEWS)
    (tmp_path / "urls.py").write_text(_URLS.format(view=view))
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert ("guarded", binding) == (route.verdict, route.binding)


_ROLES = """
from functools import wraps

import jwt
from flask import Flask, jsonify, request

app = Flask(__name__, static_folder=None)


class Denied(Exception):
    def __init__(self, error, status):
        self.error = error
        self.status = status


app.register_error_handler(Denied, lambda error: (jsonify(error.error), error.status))


class Account:
    roles = ""

    def has_role(self, name):
        return name in (self.roles or "").split(",")


def account():
    return db.session.get(Account, jwt.decode(request.headers["Authorization"], "k")["sub"])


def needs(role=None, other=None):
    def decorate(view):
        @wraps(view)
        def call(*args, **kwargs):
            who = account()
            if {test}:
                raise Denied("no", {status})
            return view(*args, **kwargs)
        return call
    return decorate


@app.get("/d")
@needs({role})
def d():
    return "ok"
"""


@pytest.mark.parametrize(
    ("test", "role", "status", "binding"),
    [
        ("role is not None and not who.has_role(role)", '"seller"', "403", ("role:seller",)),
        ("role is None or not who.has_role(role)", '"seller"', "403", ("role:seller",)),
        ("role is not None and not who.has_role(role)", "", "403", "signed-in"),
        ("not who.has_role(role) and not who.has_role(other)", '"seller", "giver"', "403", None),
        ("not (other and who.has_role(other)) and not who.has_role(role)", '"seller"', "403", ("role:seller",)),
        ("not who.has_role(role)", '"seller"', "422", "signed-in"),
    ],
)
def test_what_source_fixes_is_no_way_out_of_a_refusal(
    test: str, role: str, status: str, binding: tuple[str, ...] | str | None, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_ROLES.format(test=test, role=role, status=status))
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert ("guarded", binding) == (route.verdict, route.binding)


_BEFORE = """
from flask import Flask, abort
from flask_login import LoginManager, current_user, login_required

app = Flask(__name__, static_folder=None)
login = LoginManager(app)
login.login_view = "sign_in"


@app.before_request
@login_required
def only_some():
    if {test}:
        abort(403)


@app.get("/d")
def d():
    return "ok"
"""


@pytest.mark.parametrize(
    ("test", "binding"),
    [
        ("not current_user.is_admin", ("role:is_admin",)),
        ('current_user.role != "seller"', ("role:seller",)),
        ('current_user.role != "seller" and not current_user.is_admin', None),
        ("False", "signed-in"),
    ],
)
def test_what_runs_before_may_be_decorated_by_a_package(
    test: str, binding: tuple[str, ...] | str | None, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_BEFORE.format(test=test))
    (route,) = (one for one in draw(tmp_path).map.routes if one.path == "/d" and one.method == "GET")

    assert ("guarded", binding) == (route.verdict, route.binding)
    assert ("authentication", "only_some") in {(one.kind, one.name) for one in route.guards}
