"""Projects of Django as they are shipped: settings to copy, paths put together by code, views that may be async."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SETTINGS = 'ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["rest_framework"]\n'


def drawn(folder: Path, settings: str = "settings", **files: str) -> dict[str, str]:
    """Method and path of each route (HEAD left out), with its verdict."""
    for name, text in {settings: _SETTINGS, **files}.items():
        (folder / f"{name}.py").write_text(text)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes if one.method != "HEAD"}


def test_the_place_of_an_object_may_be_put_together_of_several(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="""
from django.urls import include, path
from rest_framework import routers, viewsets


class Router(routers.SimpleRouter):
    def get_lookup_regex(self, viewset, lookup_prefix=""):
        place = "(?P<{lookup_prefix}{name}>{value})"
        names = getattr(viewset, "lookup_fields", None)
        if names is None:
            names = [getattr(viewset, "lookup_field", "pk")]
        value = getattr(viewset, "lookup_value_regex", "[^/]+")
        return "/".join(place.format(lookup_prefix=lookup_prefix, name=name, value=value) for name in names)


class Order(viewsets.ReadOnlyModelViewSet):
    lookup_fields = ("shop__slug", "slug")


class Item(viewsets.ReadOnlyModelViewSet):
    lookup_field = "slug"


router = Router()
router.register("orders", Order)
router.register("items", Item)
urlpatterns = [
    path("api/", include(router.urls)),
    path("{a}/{b}/".format_map({"a": "x", "b": "y"}), Item.as_view({"get": "list"})),
    path("/".join(["some", "where"]), Item.as_view({"get": "list"})),
]
""",
    )

    assert found.keys() == {
        "GET /api/orders/", "GET /api/orders/{shop__slug}/{slug}/", "GET /api/items/", "GET /api/items/{slug}/",
        "GET /x/y/", "GET /some/where",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["settings_example", "base_settings", "settings_docker"])
def test_settings_that_a_project_is_to_copy_count(tmp_path: Path, name: str) -> None:
    (tmp_path / "settings_test.py").write_text('INSTALLED_APPS = []\nMIDDLEWARE = ["nowhere.Authentication"]\n')
    (tmp_path / "settings_local.py").write_text('INSTALLED_APPS = []\nMIDDLEWARE = ["nowhere.Authentication"]\n')
    found = drawn(
        tmp_path,
        name,
        middleware="from django.http import HttpResponseForbidden\n\n\n"
        "class Closed:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n"
        "    def __call__(self, request):\n        if not request.user.is_authenticated:\n"
        "            return HttpResponseForbidden()\n        return self.get_response(request)\n",
        urls="from django.urls import path\nfrom django.views.generic import TemplateView\n"
        'urlpatterns = [path("", TemplateView.as_view())]\n',
    )
    assert found == {"GET /": "unguarded"}

    (tmp_path / f"{name}.py").write_text(_SETTINGS + 'MIDDLEWARE = ["middleware.Closed"]\n')

    assert {one.verdict for one in draw(tmp_path).map.routes} == {"guarded"}


def test_a_list_that_a_setting_may_put_elsewhere_is_served_where_no_prefix_is(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="""
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from django.views.generic import TemplateView

PREFIX = settings.PREFIX
if PREFIX:
    PREFIX = f"{PREFIX.strip('/')}/"
real = [path("", TemplateView.as_view()), path("me/", login_required(TemplateView.as_view()))]
if not PREFIX:
    urlpatterns = real
else:
    urlpatterns = [path(PREFIX, include(real))]
""",
    )

    assert found == {"GET /": "unguarded", "GET /me/": "guarded"}


_GUESTS = """
from django.contrib import auth
from shop.models import User


class Guests:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        user = auth.get_user(request)
        if not user.is_authenticated:
            user = User.objects.get(username="guest")
        request.user = user
        return self.get_response(request)
"""
_ME = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path


@login_required
def me(request):
    return HttpResponse("me")


urlpatterns = [path("me/", me)]
"""


def test_a_guest_who_is_signed_in_opens_what_asks_for_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text("")
    settings = _SETTINGS + 'MIDDLEWARE = ["middleware.Guests"]\n'

    assert drawn(tmp_path, middleware=_GUESTS, urls=_ME) == {"GET /me/": "guarded"}
    (tmp_path / "settings.py").write_text(settings)
    assert {one.verdict for one in draw(tmp_path).map.routes} == {"unguarded"}


def test_whether_an_account_counts_as_signed_in_may_be_up_to_its_class(tmp_path: Path) -> None:
    drawn(tmp_path, middleware=_GUESTS, urls=_ME)
    (tmp_path / "settings.py").write_text(_SETTINGS + 'MIDDLEWARE = ["middleware.Guests"]\n')
    (tmp_path / "accounts.py").write_text(
        "class User:\n    @property\n    def is_authenticated(self):\n        return self.username != 'guest'\n"
    )

    assert {one.verdict for one in draw(tmp_path).map.routes} == {"unknown"}


@pytest.mark.parametrize("asks", ["asyncio", "inspect", "asgiref.sync"])
def test_a_decorator_for_both_kinds_of_functions_guards_both(tmp_path: Path, asks: str) -> None:
    found = drawn(
        tmp_path,
        urls=f"""
from functools import wraps
from {asks} import iscoroutinefunction

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path


def staff(view):
    if iscoroutinefunction(view):

        @wraps(view)
        async def waiting(request, *args, **kwargs):
            if not request.user.is_staff:
                raise PermissionDenied
            return await view(request, *args, **kwargs)

        return waiting

    @wraps(view)
    def plain(request, *args, **kwargs):
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return plain


def sometimes(view):
    return view if iscoroutinefunction(view) else staff(view)


def one(request):
    return HttpResponse()


async def two(request):
    return HttpResponse()


urlpatterns = [
    path("a", staff(one)), path("b", staff(two)), path("c", sometimes(one)), path("d", sometimes(two)),
]
""",
    )

    assert found == {"GET /a": "guarded", "GET /b": "guarded", "GET /c": "guarded", "GET /d": "unguarded"}


def test_a_function_within_another_asks_whom_that_one_was_given(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="""
from django.contrib.auth.decorators import user_passes_test
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path


def may(user, permissions):
    def has_all(names):
        rights = [name for name in names if "." in name]
        conditions = [name for name in names if "." not in name]
        attributes = [getattr(user, name) for name in conditions]
        return all([bool(one) for one in attributes]) and user.has_perms(rights)

    return has_all(permissions) if permissions else True


def required(permissions):
    def check(user):
        outcome = may(user, permissions)
        if not outcome and user.is_authenticated:
            raise PermissionDenied
        return outcome

    return user_passes_test(check)


class Rights:
    known = {"order": ["is_staff", "order.add", "order.change"], "none": []}

    @classmethod
    def of(cls, *names):
        found = set()
        for name in names:
            found.update(cls.known[name])
        return list(found)


def one(request):
    return HttpResponse()


urlpatterns = [
    path("a", required(["is_staff"])(one)),
    path("b", required(["order.add"])(one)),
    path("c", required(Rights.of("order"))(one)),
    path("d", required(Rights.of("none"))(one)),
    path("e", required(["is_anonymous"])(one)),
]
""",
    )

    assert found == {
        "GET /a": "guarded", "GET /b": "guarded", "GET /c": "guarded", "GET /d": "unguarded", "GET /e": "unguarded",
    }  # fmt: skip
