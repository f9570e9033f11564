"""What packages of Django do to a caller, as their descriptions have it, with paths and settings of a small project.

The expected answers of one project each are what it gave an anonymous caller when it ran with the package; those of
other settings were read in the package's source.
"""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_ACCOUNTS = """
from django.urls import include, path, re_path

urlpatterns = [
    path("auth/", include("djoser.urls")),
    re_path("^auth/", include("djoser.urls.authtoken")),
    path("auth/", include("djoser.urls.jwt")),
]
"""


def told(folder: Path, urls: str, settings: str) -> dict[str, str]:
    """The verdict on each route of a project of two files."""
    (folder / "settings.py").write_text(f"ROOT_URLCONF = 'urls'\n{settings}\n")
    (folder / "urls.py").write_text(urls)
    routes = draw(folder).map.routes
    return {f"{one.method} {one.path}": one.verdict for one in routes if one.method not in ("HEAD", "OPTIONS")}


def test_each_action_on_accounts_of_djoser_asks_for_what_it_asks_for(tmp_path: Path) -> None:
    verdicts = told(tmp_path, _ACCOUNTS, "INSTALLED_APPS = ['rest_framework', 'djoser']")

    anybody = {"GET /auth/", "POST /auth/users/", "POST /auth/jwt/create", "POST /auth/jwt/refresh"}
    anybody |= {"POST /auth/jwt/verify", "POST /auth/token/login"}
    anybody |= {f"POST /auth/users/{one}/" for one in ("activation", "resend_activation", "reset_password")}
    anybody |= {f"POST /auth/users/{one}/" for one in ("reset_password_confirm", "reset_username")}
    anybody |= {"POST /auth/users/reset_username_confirm/"}
    owner = {f"{method} /auth/users/{one}/" for method in ("GET", "PUT", "PATCH", "DELETE") for one in ("me", "{id}")}
    owner |= {"GET /auth/users/", "POST /auth/users/set_password/", "POST /auth/users/set_username/"}
    owner |= {"POST /auth/token/logout"}
    assert {**dict.fromkeys(anybody, "unguarded"), **dict.fromkeys(owner, "guarded")} == verdicts


def test_settings_of_djoser_open_and_close_what_they_name(tmp_path: Path) -> None:
    settings = """INSTALLED_APPS = ['rest_framework', 'djoser']
DJOSER = {
    "PERMISSIONS": {
        "user_list": ["rest_framework.permissions.AllowAny"],
        "user_create": ["rest_framework.permissions.IsAdminUser"],
    }
}"""

    verdicts = told(tmp_path, _ACCOUNTS, settings)

    assert ("unguarded", "guarded") == (verdicts["GET /auth/users/"], verdicts["POST /auth/users/"])


def test_permissions_of_djoser_that_a_project_brings_are_followed(tmp_path: Path) -> None:
    (tmp_path / "asking.py").write_text(
        """
from rest_framework.permissions import BasePermission, IsAuthenticated

class Reading(BasePermission):
    def has_permission(self, request, view):
        return request.method == "GET"

class Owning(IsAuthenticated): pass
"""
    )
    settings = """INSTALLED_APPS = ['rest_framework', 'djoser']
DJOSER = {"PERMISSIONS": {"user_list": ["asking.Reading"], "user_create": ["asking.Owning"]}}"""

    verdicts = told(tmp_path, _ACCOUNTS, settings)

    assert ("unguarded", "guarded") == (verdicts["GET /auth/users/"], verdicts["POST /auth/users/"])


def test_accounts_of_djoser_are_named_as_their_model_names_them(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people/__init__.py").write_text("")
    (tmp_path / "people/models.py").write_text(
        """
from django.contrib.auth.models import AbstractUser

class Person(AbstractUser):
    USERNAME_FIELD = "email"
"""
    )
    settings = "INSTALLED_APPS = ['rest_framework', 'djoser', 'people']\nAUTH_USER_MODEL = 'people.Person'"

    verdicts = told(tmp_path, _ACCOUNTS, settings)

    assert {"POST /auth/users/set_email/", "POST /auth/users/reset_email_confirm/"} <= set(verdicts)
    assert "POST /auth/users/set_username/" not in verdicts


def test_what_belongs_to_an_account_of_allauth_is_for_who_is_signed_in(tmp_path: Path) -> None:
    urls = "from django.urls import include, path\nurlpatterns = [path('accounts/', include('allauth.urls'))]"
    settings = """INSTALLED_APPS = [
    "allauth", "allauth.account", "allauth.socialaccount", "allauth.socialaccount.providers.github",
    "allauth.usersessions",
]"""

    verdicts = told(tmp_path, urls, settings)

    owner = ("email", "password/change", "password/set", "reauthenticate", "3rdparty", "sessions")
    anybody = (
        "login", "logout", "signup", "inactive", "confirm-email", "password/reset", "3rdparty/signup",
        "confirm-email/{key}", "password/reset/key/{uidb36}-{key}", "github/login", "github/login/callback",
    )  # fmt: skip
    assert {"guarded"} == {verdicts[f"GET /accounts/{one}/"] for one in owner}
    assert {"unguarded"} == {verdicts[f"GET /accounts/{one}/"] for one in anybody}


def test_parts_of_allauth_that_are_not_installed_have_no_paths(tmp_path: Path) -> None:
    urls = "from django.urls import include, path\nurlpatterns = [path('accounts/', include('allauth.urls'))]"

    verdicts = told(tmp_path, urls, "INSTALLED_APPS = ['allauth', 'allauth.account']")

    assert "GET /accounts/login/" in verdicts
    assert not [one for one in verdicts if "3rdparty" in one or "sessions" in one]


def test_decorators_of_allauth_ask_who_is_signed_in_where_they_always_ask(tmp_path: Path) -> None:
    urls = """
from allauth.account.decorators import reauthentication_required, secure_admin_login, verified_email_required
from django.http import HttpResponse
from django.urls import path

@verified_email_required
def verified(request): return HttpResponse("")

@secure_admin_login
def staff(request): return HttpResponse("")

@reauthentication_required
def lately(request): return HttpResponse("")

@reauthentication_required(enabled=lambda request: request.GET.get("sure") == "yes")
def perhaps(request): return HttpResponse("")

urlpatterns = [path("a/", verified), path("b/", staff), path("c/", lately), path("d/", perhaps)]
"""

    verdicts = told(tmp_path, urls, "INSTALLED_APPS = ['allauth', 'allauth.account']")

    assert {"/a/": "guarded", "/b/": "guarded", "/c/": "guarded", "/d/": "unknown"} == {
        one.partition(" ")[2]: verdict for one, verdict in verdicts.items()
    }


_SITES = """
from django.contrib import admin
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.cache import cache_page
from django.views.decorators.http import last_modified
from django.views.i18n import JavaScriptCatalog


def page(request):
    return HttpResponse()


class Own(admin.AdminSite):
    def get_urls(self):
        return [path("more/", self.admin_view(page)), path("open/", page), *super().get_urls()]


class Everybody(admin.sites.AdminSite):
    def has_permission(self, request):
        return True


catalog = JavaScriptCatalog.as_view(packages=["shop"])
urlpatterns = [
    path("admin/", admin.site.urls),
    path("own/", Own(name="own").urls),
    path("all/", Everybody().urls),
    path("list/", admin.site.admin_view(page)),
    path("js/", cache_page(60)(last_modified(lambda request, **named: None)(catalog))),
]
"""


def test_sites_of_the_admin_ask_as_their_classes_say(tmp_path: Path) -> None:
    closed = {"ANY /admin", "GET /own/", "GET /own/more/", "GET /own/{page}", "POST /own/{page}", "GET /list/"}
    open_to_all = {"GET /own/open/", "GET /own/login/", "POST /own/login/", "GET /all/", "GET /all/login/",
                   "POST /all/login/", "GET /all/{page}", "POST /all/{page}", "GET /js/"}  # fmt: skip

    verdicts = told(tmp_path, _SITES, "INSTALLED_APPS = []")

    assert {**dict.fromkeys(closed, "guarded"), **dict.fromkeys(open_to_all, "unguarded")} == verdicts


_LISTS = """
from django.contrib.auth.mixins import LoginRequiredMixin
from django.urls import include, path
from django.views.generic import ListView
from django_filters.views import FilterView
from django_tables2 import SingleTableMixin, SingleTableView
from drf_rw_serializers import generics, viewsets
from formtools.wizard.views import SessionWizardView
from guardian.mixins import LoginRequiredMixin as SignedIn, PermissionListMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.routers import SimpleRouter


class Rows(PermissionListMixin, ListView):
    pass


class Own(SignedIn, PermissionListMixin, ListView):
    pass


class Filtered(SingleTableMixin, FilterView):
    pass


class Kept(LoginRequiredMixin, FilterView):
    pass


class Table(LoginRequiredMixin, SingleTableView):
    pass


class Steps(LoginRequiredMixin, SessionWizardView):
    pass


class Notes(viewsets.ReadOnlyModelViewSet):
    permission_classes = [IsAuthenticated]


class Note(generics.RetrieveAPIView):
    permission_classes = []


router = SimpleRouter()
router.register("notes", Notes)
urlpatterns = [
    path("rows/", Rows.as_view()),
    path("own/", Own.as_view()),
    path("filtered/", Filtered.as_view()),
    path("kept/", Kept.as_view()),
    path("table/", Table.as_view()),
    path("steps/", Steps.as_view([object])),
    path("anonymous/", SessionWizardView.as_view([object])),
    path("note/<int:pk>/", Note.as_view()),
    path("", include(router.urls)),
    path("accounts/", include("django_registration.backends.one_step.urls")),
]
"""


def test_views_of_packages_ask_what_their_mixins_ask(tmp_path: Path) -> None:
    closed = {
        "GET /own/",
        "GET /kept/",
        "GET /table/",
        "GET /steps/",
        "POST /steps/",
        "GET /notes/",
        "GET /notes/{pk}/",
    }
    open_to_all = {"GET /rows/", "GET /filtered/", "GET /anonymous/", "POST /anonymous/", "GET /note/{pk}/"}
    open_to_all |= {f"{method} /accounts/register/" for method in ("GET", "POST", "PUT")}
    open_to_all |= {"GET /accounts/register/closed/", "GET /accounts/register/complete/"}

    verdicts = told(tmp_path, _LISTS, 'INSTALLED_APPS = ["rest_framework"]')

    assert {**dict.fromkeys(closed, "guarded"), **dict.fromkeys(open_to_all, "unguarded")} == verdicts


def test_routes_of_drf_extensions_stand_below_an_object_of_those_they_are_registered_on(tmp_path: Path) -> None:
    urls = """
from django.db import models
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import ReadOnlyModelViewSet
from rest_framework_extensions.mixins import NestedViewSetMixin
from rest_framework_extensions.routers import ExtendedDefaultRouter


class Order(models.Model):
    pass


class Orders(NestedViewSetMixin, ReadOnlyModelViewSet):
    queryset = Order.objects.all()


class Lines(Orders):
    permission_classes = [IsAuthenticated]


router = ExtendedDefaultRouter()
orders = router.register("orders", Orders)
lines = orders.register("lines", Lines, basename="order-lines", parents_query_lookups=["order"])
lines.register("parts", Lines, basename="line-parts", parents_query_lookups=["line__order", "line"])
urlpatterns = [path("", include(router.urls))]
"""

    verdicts = told(tmp_path, urls, "INSTALLED_APPS = ['rest_framework']")

    below = "/orders/{parent_lookup_order}/lines/"
    further = "/orders/{parent_lookup_order}/lines/{parent_lookup_line}/parts/"
    opened = {"GET /", "GET /orders/", "GET /orders/{pk}/"}
    kept = {f"GET {below}", f"GET {below}{{pk}}/", f"GET {further}", f"GET {further}{{pk}}/"}
    assert {**dict.fromkeys(opened, "unguarded"), **dict.fromkeys(kept, "guarded")} == verdicts


def test_anybody_may_post_to_where_procedures_are_called(tmp_path: Path) -> None:
    urls = """
from django.contrib.auth.decorators import login_required
from django.urls import path
from modernrpc.views import RPCEntryPoint

urlpatterns = [path("rpc/", RPCEntryPoint.as_view()), path("own/", login_required(RPCEntryPoint.as_view()))]
"""

    assert {"POST /rpc/": "unguarded", "POST /own/": "guarded"} == told(tmp_path, urls, "")


_TOKENS = """
from django.urls import include, path
from oauth2_provider.contrib.rest_framework import IsAuthenticatedOrTokenHasScope, TokenHasScope
from oauth2_provider.decorators import protected_resource
from oauth2_provider.urls import base_urlpatterns
from oauth2_provider.views import ApplicationList
from oauth2_provider.views.generic import ProtectedResourceView
from rest_framework.views import APIView


class Own(ApplicationList):
    template_name = "own.html"


class Shelf(ProtectedResourceView):
    def get(self, request):
        return None


class Scoped(APIView):
    permission_classes = [TokenHasScope]
    required_scopes = ["read"]

    def get(self, request):
        return None


class Either(APIView):
    permission_classes = [IsAuthenticatedOrTokenHasScope]
    required_scopes = ["read"]

    def get(self, request):
        return None


class Perhaps(APIView):
    permission_classes = [IsAuthenticatedOrTokenHasScope | Nobody]
    required_scopes = ["read"]

    def get(self, request):
        return None


@protected_resource(scopes=["read"])
def listed(request):
    return None


urlpatterns = [
    path("o/", include((base_urlpatterns, "oauth2_provider"))),
    path("own/", Own.as_view()),
    path("shelf/", Shelf.as_view()),
    path("scoped/", Scoped.as_view()),
    path("either/", Either.as_view()),
    path("perhaps/", Perhaps.as_view()),
    path("listed/", listed),
]
"""


def test_tokens_of_oauth_are_asked_for_where_views_of_the_package_do(tmp_path: Path) -> None:
    source = _TOKENS.replace("class Perhaps", "class Nobody(BasePermission):\n    pass\n\n\nclass Perhaps").replace(
        "from rest_framework.views", "from rest_framework.permissions import BasePermission\nfrom rest_framework.views"
    )
    verdicts = told(tmp_path, source, "INSTALLED_APPS = ['rest_framework', 'oauth2_provider']")

    guarded = {"GET /o/authorize/", "POST /o/authorize/", "PUT /o/authorize/", "GET /o/introspect/"}
    guarded |= {"POST /o/introspect/"}
    guarded |= {f"GET /{one}/" for one in ("own", "shelf", "scoped", "either", "listed")}
    anybody = {"POST /o/token/", "POST /o/revoke_token/", "GET /perhaps/"}
    assert {**dict.fromkeys(guarded, "guarded"), **dict.fromkeys(anybody, "unguarded")} == verdicts


_DYNAMIC = """
from django.urls import include, path
from dynamic_rest.routers import DynamicRouter
from dynamic_rest.viewsets import DynamicModelViewSet, WithDynamicViewSetMixin
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import IsAuthenticated
from rest_framework.viewsets import GenericViewSet


class Orders(DynamicModelViewSet):
    http_method_names = ["get", "patch"]
    permission_classes = [IsAuthenticated]


class Regions(WithDynamicViewSetMixin, ListModelMixin, GenericViewSet):
    permission_classes = []


router = DynamicRouter()
router.register("orders", Orders)
router.register("regions", Regions)

urlpatterns = [path("api/", include(router.urls))]
"""


def test_routers_of_dynamic_rest_change_many_at_once(tmp_path: Path) -> None:
    verdicts = told(tmp_path, _DYNAMIC, "INSTALLED_APPS = ['rest_framework', 'dynamic_rest']")

    orders = {"GET /api/orders/", "PATCH /api/orders/", "GET /api/orders/{pk}/", "PATCH /api/orders/{pk}/"}
    assert {**dict.fromkeys(orders, "guarded"), "GET /api/regions/": "unguarded", "GET /api/": "unguarded"} == verdicts


_CLOSED = """
from django.http import HttpResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.generic import View
from PACKAGE import MIXIN
from DECORATORS import DECORATOR


def home(request):
    return HttpResponse("home")


@DECORATOR
def about(request):
    return HttpResponse("about")


class Orders(View):
    def get(self, request):
        return HttpResponse("orders")


class Prices(MIXIN, View):
    def get(self, request):
        return HttpResponse("prices")


urlpatterns = [
    path("home", home, name="home"), path("about", about), path("orders", Orders.as_view()),
    path("prices", Prices.as_view()), path("open/news", home, name="news"), path("feed", home, name="feed"),
]
"""


def _closed(folder: Path, package: str, mixin: str, decorators: str, decorator: str, settings: str) -> set[str]:
    urls = _CLOSED.replace("PACKAGE", package).replace("MIXIN", mixin)
    verdicts = told(folder, urls.replace("DECORATORS", decorators).replace("DECORATOR", decorator), settings)
    assert set(verdicts.values()) <= {"guarded", "unguarded"}
    return {path for path, verdict in verdicts.items() if verdict == "unguarded"}


def test_stronghold_closes_every_view_that_is_not_public(tmp_path: Path) -> None:
    settings = """INSTALLED_APPS = ["django.contrib.auth", "stronghold"]
MIDDLEWARE = [
    "django.contrib.auth.middleware.AuthenticationMiddleware", "stronghold.middleware.LoginRequiredMiddleware"
]
STRONGHOLD_PUBLIC_URLS = (r"^/open/.+$",)"""

    found = _closed(
        tmp_path, "stronghold.views", "StrongholdPublicMixin", "stronghold.decorators", "public", settings
    )  # fmt: skip

    assert found == {"GET /about", "GET /prices", "GET /open/news"}


def test_views_for_which_no_login_is_required_are_open_behind_a_middleware_that_requires_one(tmp_path: Path) -> None:
    settings = """INSTALLED_APPS = ["django.contrib.auth", "login_required"]
MIDDLEWARE = [
    "django.contrib.auth.middleware.AuthenticationMiddleware", "login_required.middleware.LoginRequiredMiddleware"
]
LOGIN_REQUIRED_IGNORE_PATHS = [r"/open/"]
LOGIN_REQUIRED_IGNORE_VIEW_NAMES = ["feed"]"""

    found = _closed(
        tmp_path, "login_required", "LoginNotRequiredMixin", "login_required", "login_not_required", settings
    )  # fmt: skip

    assert found == {"GET /about", "GET /prices", "GET /open/news", "GET /feed"}
