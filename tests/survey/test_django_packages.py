"""Packages beside Django: what is not here leaves a doubt, what is described is followed; guests are let in."""

from __future__ import annotations

from pathlib import Path

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw

_SETTINGS = """
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["rest_framework"]
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware", "shop.entering.Entering"]
GUESTS = {"ALLOW": True}
REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ("rest_framework.permissions.IsAuthenticated",),
    "DEFAULT_AUTHENTICATION_CLASSES": ("rest_framework.authentication.SessionAuthentication",),
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
}
"""
_ENTERING = """
from django.conf import settings
from django.contrib import auth
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject


def wants_guest(request):
    if "api" in request.path:
        return False
    return "cart" in request.path


def user_of(request):
    if not hasattr(request, "_kept_user"):
        is_wanted = wants_guest(request)
        user = auth.get_user(request)
        if settings.GUESTS["ALLOW"] and request.method == "GET" and is_wanted and not user.is_authenticated:
            user = User.objects.create_user("guest", "")
            login(request, user)
        request._kept_user = user
    return request._kept_user


class Entering(MiddlewareMixin):
    def process_request(self, request):
        request.user = SimpleLazyObject(lambda: user_of(request))
"""
_GUESTS = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path
from rest_framework.views import APIView


@login_required
def orders(request):
    return HttpResponse("")


@login_required
def cart(request):
    return HttpResponse("")


class Orders(APIView):
    def post(self, request):
        return None


urlpatterns = [path("orders/", orders), path("cart/", cart), path("api/orders/", Orders.as_view())]
"""
_DECORATED = """
from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.generic.detail import DetailView
from guardian.decorators import permission_required
from guardian.mixins import PermissionRequiredMixin
from unheard.decorators import counted, permission_required as theirs

from shop.models import Order


@method_decorator(theirs("shop.view_order", accept=True), name="dispatch")
class Doubtful(DetailView):
    model = Order


@method_decorator(counted("views"), name="dispatch")
class Counted(DetailView):
    model = Order


@method_decorator(permission_required("shop.view_order", (Order, "pk", "pk")), name="dispatch")
class Guarded(DetailView):
    model = Order


class Mixed(PermissionRequiredMixin, DetailView):
    model = Order
    permission_required = "shop.view_order"


urlpatterns = [
    path("doubtful/<pk>/", Doubtful.as_view()),
    path("counted/<pk>/", Counted.as_view()),
    path("guarded/<pk>/", Guarded.as_view()),
    path("mixed/<pk>/", Mixed.as_view()),
]
"""


def routes_of(folder: Path, urls: str, **files: str) -> dict[str, Route]:
    """The routes of a small project by method and path."""
    (folder / "shop").mkdir()
    models = "from django.db import models\n\n\nclass Order(models.Model):\n    pass\n"
    for name, text in {"__init__": "", "urls": urls, "models": models, **files}.items():
        (folder / "shop" / f"{name}.py").write_text(text)
    (folder / "manage.py").write_text('import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n')
    return {f"{one.method} {one.path}": one for one in draw(folder).map.routes if one.method in ("GET", "POST")}


def test_a_guest_that_middleware_makes_is_let_in_where_it_makes_one(tmp_path: Path) -> None:
    found = routes_of(tmp_path, _GUESTS, settings=_SETTINGS, entering=_ENTERING)

    verdicts = {name: route.verdict for name, route in found.items()}
    assert verdicts == {"GET /cart/": "unguarded", "GET /orders/": "guarded", "POST /api/orders/": "guarded"}


def test_decorators_of_packages_on_the_methods_of_a_view(tmp_path: Path) -> None:
    found = routes_of(tmp_path, _DECORATED)

    assert {name: route.verdict for name, route in found.items()} == {
        "GET /doubtful/{pk}/": "unknown", "GET /counted/{pk}/": "unguarded", "GET /guarded/{pk}/": "guarded",
        "GET /mixed/{pk}/": "guarded",
    }  # fmt: skip
    assert "permission_required of a package that is not here" in (found["GET /doubtful/{pk}/"].because or "")
    permissions = [guard.name for guard in found["GET /guarded/{pk}/"].guards if guard.kind == "permission"]
    assert permissions == ["shop.view_order"]
