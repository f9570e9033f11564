"""Small projects of Django: who is calling, by classes of their own; compared with what an anonymous caller gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running_django import asked

pytest.importorskip("rest_framework")
_CONVERTER = re.compile(r"\{(\w+):[^}]*\}")
#: Those of a project of one file.
SETTINGS = """
SECRET_KEY = "k"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "rest_framework"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"
]
ROOT_URLCONF = "urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""


def compared(folder: Path, settings: str = "", **files: str) -> dict[str, str]:
    """What the map says of each route (HEAD left out), none of which the running project contradicts."""
    for name, text in {"settings": SETTINGS + settings, **files}.items():
        (folder / f"{name}.py").parent.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(text)
    routes = [one for one in draw(folder).map.routes if one.method != "HEAD"]
    said: dict[str, str] = {f"{one.method} " + _CONVERTER.sub(r"{\1}", one.path): one.verdict for one in routes}
    ran = asked(folder, "settings").items()
    refused = {f"{method} {path}": is_one for path, (by_method, _) in ran for method, is_one in by_method.items()}
    for route, verdict in said.items():
        # Another method than those that it is meant for answers with 405.
        is_refused = refused.get(route)
        assert is_refused is None or verdict in ("unknown", "guarded" if is_refused else "unguarded"), route
    return said


_DEVICES = """
from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView


class Device:
    is_authenticated = True

    def __init__(self, name):
        self.name = name


class ByHeader(BaseAuthentication):
    def authenticate(self, request):
        if "X-Device" not in request.headers:
            return None
        return Device(request.headers["X-Device"]), None


class Guest(ByHeader):
    def authenticate(self, request):
        return super().authenticate(request) or (Device("guest"), None)


class Base(APIView):
    authentication_classes = [ByHeader]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response("shown")


class ForGuests(Base):
    authentication_classes = [Guest]


class Quiet(Base):
    def handle_exception(self, exc):
        if isinstance(exc, (NotAuthenticated, PermissionDenied)):
            return Response("nobody")
        return super().handle_exception(exc)


class Noted(Base):
    def handle_exception(self, exc):
        response = super().handle_exception(exc)
        response["X-Noted"] = "1"
        return response


class Initial(Base):
    permission_classes = []

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.user is None:
            raise NotAuthenticated()


class Checked(Base):
    permission_classes = []

    def check_permissions(self, request):
        if request.user is None:
            self.permission_denied(request)
        super().check_permissions(request)


urlpatterns = [
    path("header/", Base.as_view()),
    path("guests/", ForGuests.as_view()),
    path("quiet/", Quiet.as_view()),
    path("noted/", Noted.as_view()),
    path("initial/", Initial.as_view()),
    path("checked/", Checked.as_view()),
]
"""


def test_who_is_calling_is_whom_the_own_class_of_a_view_names(tmp_path: Path) -> None:
    found = compared(tmp_path, 'REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}\n', urls=_DEVICES)

    assert found["GET /guests/"] != "guarded" and found["GET /quiet/"] != "guarded"
    kept = {"GET /header/", "GET /noted/", "GET /initial/", "GET /checked/"}
    assert {found[route] for route in kept} == {"guarded"}


def test_somebody_stands_for_nobody_unless_settings_say_otherwise(tmp_path: Path) -> None:
    found = compared(tmp_path, urls=_DEVICES)

    assert found["GET /header/"] == "guarded"
    assert found["GET /initial/"] != "guarded"


def test_a_class_that_answers_is_of_its_own_module(tmp_path: Path) -> None:
    middleware = """
from django.contrib.auth.views import redirect_to_login


class Gate:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.user.is_authenticated or view.__module__ in ("feeds",):
            return None
        return redirect_to_login("/")
"""
    views = """
from django.http import HttpResponse
from django.views import View


def read(request):
    return HttpResponse("read")


class Feed(View):
    def get(self, request):
        return HttpResponse("feed")
"""
    urls = """
from django.urls import path

import desk
import feeds

urlpatterns = [
    path("feeds/", feeds.read), path("feeds/all/", feeds.Feed.as_view()),
    path("desk/", desk.read), path("desk/all/", desk.Feed.as_view()),
]
"""
    found = compared(
        tmp_path, 'MIDDLEWARE += ["middleware.Gate"]\n', middleware=middleware, feeds=views, desk=views, urls=urls
    )

    assert found == {
        "GET /feeds/": "unguarded", "GET /feeds/all/": "unguarded",
        "GET /desk/": "guarded", "GET /desk/all/": "guarded",
    }  # fmt: skip


_DONE = """
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Group
from django.http import HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

NAMES = ["a"]
COUNTS = {}


def api(*methods):
    def outer(view):
        @wraps(view)
        def inner(request, *args, **kwargs):
            if request.method not in methods:
                return HttpResponse(status=405)
            return view(request, *args, **kwargs)

        return inner

    return outer


def page(request):
    rows = [name.upper() for name in NAMES]
    rows.append("b")
    return HttpResponse(str(rows))


@login_required
def add_row(request):
    Group.objects.create(name="a")
    return HttpResponse()


def rename_row(request):
    Group.objects.filter(name="b").update(name="c")
    return HttpResponse()


def forget(request):
    NAMES.clear()
    return HttpResponse()


def count(request):
    COUNTS["all"] = COUNTS.get("all", 0) + 1
    return HttpResponse()


@csrf_exempt
def hook(request):
    return HttpResponse("ok")


@api("POST")
def posted(request):
    return HttpResponse("ok")


def only_posted(request):
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return HttpResponse("ok")


urlpatterns = [
    path("page/", page), path("add/", add_row), path("rename/", rename_row), path("forget/", forget),
    path("count/", count), path("hook/", hook), path("posted/", posted), path("only/", only_posted),
]
"""


def test_what_changes_something_is_done_by_post_too(tmp_path: Path) -> None:
    found = compared(tmp_path, urls=_DONE)

    posted = {route.partition(" ")[2]: verdict for route, verdict in found.items() if route.startswith("POST ")}
    assert posted == {
        "/add/": "guarded", "/rename/": "unguarded", "/forget/": "unguarded", "/count/": "unguarded",
        "/hook/": "unguarded", "/posted/": "unguarded", "/only/": "unguarded",
    }  # fmt: skip


_ADMIN = """
INSTALLED_APPS += ["django.contrib.admin", "django.contrib.messages", "shop"]
MIDDLEWARE += ["django.contrib.messages.middleware.MessageMiddleware"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {
    "context_processors": ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                           "django.contrib.messages.context_processors.messages"]}}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
_SHOP = {
    "shop/__init__": "",
    "shop/models": """
from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=50)


class Voucher(models.Model):
    code = models.CharField(max_length=20)

    class Meta:
        app_label = "shop"


class Plain(models.Model):
    code = models.CharField(max_length=20)
""",
    "shop/admin": """
from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from .models import Plain, Product, Voucher


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    def get_urls(self):
        return [path("sync/", self.sync), path("safe/", self.admin_site.admin_view(self.sync))] + super().get_urls()

    def sync(self, request):
        return HttpResponse("synced")


class VoucherAdmin(admin.ModelAdmin):
    def get_urls(self):
        return [path("<int:pk>/print/", self.admin_site.admin_view(self.printed)), *super().get_urls()]

    def printed(self, request, pk):
        return HttpResponse("printed")


admin.site.register(Voucher, VoucherAdmin)
admin.site.register(Plain)
""",
    "shop/panel": """
from django.http import HttpResponse
from django.urls import path
from django.views import View


class Rows(View):
    model = None
    is_public = False

    def dispatch(self, request, *args, **kwargs):
        if not self.is_public and not request.user.is_staff:
            return HttpResponse(status=403)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return HttpResponse("rows")


class Panel:
    def __init__(self):
        self.models = []

    def register(self, model, is_public=False):
        self.models.append((model, is_public))

    @property
    def urls(self):
        return [
            path(f"{model._meta.app_label}/{model._meta.model_name}/", Rows.as_view(model=model, is_public=is_public))
            for model, is_public in self.models
        ]
""",
}


def test_pages_that_models_add_to_the_admin_are_guarded_where_they_say_so(tmp_path: Path) -> None:
    urls = """
from django.contrib import admin
from django.urls import include, path

from shop.models import Product, Voucher
from shop.panel import Panel

panel = Panel()
panel.register(Product, is_public=True)
panel.register(Voucher)
urlpatterns = [path("admin/", admin.site.urls), path("panel/", include(panel.urls))]
"""
    found = compared(tmp_path, _ADMIN, urls=urls, **_SHOP)

    assert found == {
        "ANY /admin": "guarded", "GET /admin/shop/product/sync/": "unguarded",
        "GET /admin/shop/product/safe/": "guarded", "GET /admin/shop/voucher/{pk}/print/": "guarded",
        "GET /panel/shop/product/": "unguarded", "GET /panel/shop/voucher/": "guarded",
    }  # fmt: skip


def test_a_site_of_its_own_has_the_pages_of_the_models_that_are_registered_there(tmp_path: Path) -> None:
    urls = """
from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpResponse
from django.urls import path

from shop.models import Product


class Site(AdminSite):
    def get_urls(self):
        return [path("sales/", self.admin_view(self.sales)), path("sales.csv", self.sales), *super().get_urls()]

    def sales(self, request):
        return HttpResponse("sales")


class Own(ModelAdmin):
    def get_urls(self):
        return [path("sync/", self.sync)] + super().get_urls()

    def sync(self, request):
        return HttpResponse("synced")


site = Site(name="own")
site.register(Product, Own)
urlpatterns = [path("manage/", site.urls)]
"""
    found = compared(tmp_path, _ADMIN, urls=urls, **_SHOP)

    pages = {route: verdict for route, verdict in found.items() if "sales" in route or "sync" in route}
    assert pages == {
        "GET /manage/sales/": "guarded", "GET /manage/sales.csv": "unguarded",
        "GET /manage/shop/product/sync/": "unguarded",
    }  # fmt: skip


_WALL = """
import re

from django.conf import settings
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

EXEMPT = [re.compile(one) for one in settings.LOGIN_EXEMPT_URLS]


class Wall:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            path = request.path_info.lstrip("/")
            if not any(one.match(path) for one in EXEMPT) and not self.is_named(request):
                return redirect("/login/")
        return self.get_response(request)

    def is_named(self, request):
        try:
            found = resolve(request.path_info)
        except Resolver404:
            return False
        return found.view_name in settings.LOGIN_EXEMPT_NAMES
"""


def test_a_wall_before_all_views_lets_pass_what_settings_name(tmp_path: Path) -> None:
    settings = (
        'MIDDLEWARE += ["wall.Wall"]\nLOGIN_EXEMPT_URLS = (r"^$", r"login/", r"api/pub", r"orders/[^/]+/status/$")\n'
        'LOGIN_EXEMPT_NAMES = {"terms", "hooks:one", "views.told", "views.Shown"}\n'
    )
    views = """
from django.http import HttpResponse
from django.views import View


def answer(request, **kwargs):
    return HttpResponse("x")


def told(request):
    return HttpResponse("x")


class Shown(View):
    def get(self, request):
        return HttpResponse("x")


class Hidden(Shown):
    pass
"""
    urls = """
from django.urls import include, path, re_path

import views

hooks = ([path("one/", views.answer, name="one"), path("two/", views.answer, name="two")], "hooks")
urlpatterns = [
    path("", views.answer), path("login/", views.answer), path("account/", views.answer),
    path("terms/", views.answer, name="terms"), path("told/", views.told), path("hooks/", include(hooks)),
    path("shown/", views.Shown.as_view()), path("hidden/", views.Hidden.as_view()),
    path("api/public/", views.answer), path("api/private/<slug:key>/", views.answer),
    re_path(r"^orders/(?P<number>[0-9]+)/$", views.answer),
    re_path(r"^orders/(?P<number>[0-9]+)/status/$", views.answer),
]
"""
    found = compared(tmp_path, settings, wall=_WALL, views=views, urls=urls)

    assert {route.partition(" ")[2] for route, verdict in found.items() if verdict == "unguarded"} == {
        "/", "/login/", "/terms/", "/told/", "/hooks/one/", "/shown/", "/api/public/", "/orders/{number}/status/",
    }  # fmt: skip
    assert {route.partition(" ")[2] for route, verdict in found.items() if verdict == "guarded"} == {
        "/account/", "/hooks/two/", "/hidden/", "/api/private/{key}/", "/orders/{number}/",
    }  # fmt: skip


_MARKED = """
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.urls import path
from django.views import View


def is_open(view):
    view.is_open = True
    return view


def open_for(*methods):
    def mark(view):
        view.open_methods = methods
        return view

    return mark


class Gate:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        cls = getattr(view, "view_class", None)
        is_open = getattr(view, "is_open", False) or getattr(cls, "is_open", False)
        if request.user.is_authenticated or is_open or request.method in getattr(view, "open_methods", ()):
            return None
        return redirect_to_login("/")


@is_open
def marked(request):
    return HttpResponse("x")


@open_for("GET")
def read(request):
    return HttpResponse("x" if request.method != "POST" else "written")


def plain(request):
    return HttpResponse("x")


class Open(View):
    is_open = True

    def get(self, request):
        return HttpResponse("x")


class Below(Open):
    pass


class Closed(Open):
    is_open = False


urlpatterns = [
    path("marked/", marked), path("read/", read), path("plain/", plain), path("open/", Open.as_view()),
    path("below/", Below.as_view()), path("closed/", Closed.as_view()),
]
"""
_SWITCHED = """

def switch(view):
    view.is_open = True


def switching(request):
    switch(Closed)
    return HttpResponse()
"""


def test_what_decorators_mark_and_classes_say_of_themselves_decides(tmp_path: Path) -> None:
    found = compared(tmp_path, 'MIDDLEWARE += ["urls.Gate"]\n', urls=_MARKED)

    assert found == {
        "GET /marked/": "unguarded", "GET /read/": "unguarded", "POST /read/": "guarded", "GET /plain/": "guarded",
        "GET /open/": "unguarded", "GET /below/": "unguarded", "GET /closed/": "guarded",
    }  # fmt: skip


def test_what_a_function_switches_later_leaves_it_open(tmp_path: Path) -> None:
    found = compared(tmp_path, 'MIDDLEWARE += ["urls.Gate"]\n', urls=_MARKED + _SWITCHED)

    assert found["GET /closed/"] == "unknown"


_SOMEBODY = """
from django.http import HttpResponse
from django.urls import path


def asked(refuses):
    def view(request):
        return HttpResponse(status=401) if refuses(request) else HttpResponse("shown")

    return view


urlpatterns = [
    path("is_none", asked(lambda request: request.user is None)),
    path("is_false", asked(lambda request: not request.user)),
    path("by_default", asked(lambda request: getattr(request, "user", None) is None)),
    path("either", asked(lambda request: request.user is None or not request.user.is_authenticated)),
    path("both", asked(lambda request: request.user and not request.user.is_authenticated)),
]
"""


def test_a_user_is_in_every_request_of_django_also_when_nobody_is_signed_in(tmp_path: Path) -> None:
    """`if request.user is None` refuses nobody, and `if not request.user` does not, either."""
    said = compared(tmp_path, urls=_SOMEBODY)
    assert {path.partition("/")[2]: verdict for path, verdict in said.items() if path.startswith("GET ")} == {
        "is_none": "unguarded", "is_false": "unguarded", "by_default": "unguarded",
        "either": "guarded", "both": "guarded",
    }  # fmt: skip
