"""What made-up Django projects are put together from: guards, permissions, settings, middleware, bodies."""

from __future__ import annotations

GUARDS = """
from functools import wraps

from django.contrib.auth.mixins import AccessMixin, LoginRequiredMixin, UserPassesTestMixin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.contrib.auth.decorators import login_required, user_passes_test


def plain(view):
    @wraps(view)
    def inner(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return HttpResponseForbidden()
        return view(request, *args, **kwargs)

    return inner


def bare(view):
    def inner(request, *args, **kwargs):
        if request.user.is_anonymous:
            return JsonResponse({}, status=401)
        return view(request, *args, **kwargs)

    return inner


def role(name, strict=True):
    def decorate(view):
        @wraps(view)
        def inner(request, *args, **kwargs):
            if not getattr(request.user, name, False):
                raise PermissionDenied(name)
            return view(request, *args, **kwargs)

        return inner

    return decorate


def only_unsafe(view):
    @wraps(view)
    def inner(request, *args, **kwargs):
        if request.method not in ("GET", "HEAD", "OPTIONS") and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return inner


def traced(view):
    @wraps(view)
    def inner(request, *args, **kwargs):
        request.who = request.user.pk if request.user.is_authenticated else None
        return view(request, *args, **kwargs)

    return inner


def either(function=None, *, needed=True):
    def decorate(view):
        @wraps(view)
        def inner(request, *args, **kwargs):
            if needed and not request.user.is_authenticated:
                return redirect("/login/")
            return view(request, *args, **kwargs)

        return inner

    return decorate(function) if function is not None else decorate


class Checked:
    def __init__(self, view):
        self.view = view

    def __call__(self, request, *args, **kwargs):
        if not request.user.is_active:
            return HttpResponse(status=401)
        return self.view(request, *args, **kwargs)


staff_only = user_passes_test(lambda user: user.is_active and user.is_staff)


def is_manager(user):
    return user.groups.filter(name="managers").exists()


def anybody(user):
    return True


class StaffMixin(UserPassesTestMixin):
    def test_func(self):
        return self.request.user.is_staff


class ReadsMixin(UserPassesTestMixin):
    raise_exception = True

    def test_func(self):
        return self.request.method in ("GET", "HEAD") or self.request.user.is_superuser


class MildMixin(LoginRequiredMixin):
    def handle_no_permission(self):
        return HttpResponse("as you like")


class HardMixin(AccessMixin):
    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        return super().dispatch(request, *args, **kwargs)


class LastWordMixin:
    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        response["X-Last"] = "1"
        return response


class SetupMixin:
    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.mine = request.user.is_authenticated


@method_decorator(login_required, name="dispatch")
class DecoratedMixin:
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)


class AsViewMixin:
    @classmethod
    def as_view(cls, **initkwargs):
        return login_required(super().as_view(**initkwargs))


class AbstractView(LoginRequiredMixin):
    pass
"""

PERMISSION_CLASSES = """
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAdminUser, IsAuthenticated


class Active(BasePermission):
    def has_permission(self, request, view):
        return request.user.is_authenticated and request.user.is_active


class Reads(BasePermission):
    def has_permission(self, request, view):
        if request.method in SAFE_METHODS:
            return True
        return request.user.is_staff


class Owner(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.pk == request.user.pk


class ByAction(BasePermission):
    def has_permission(self, request, view):
        if getattr(view, "action", None) in ("list", "create"):
            return True
        return bool(request.user and request.user.is_authenticated)


class Further(IsAuthenticated):
    def has_permission(self, request, view):
        return super().has_permission(request, view) and request.user.is_superuser


class Listed(BasePermission):
    allowed = ()

    def has_permission(self, request, view):
        return "everybody" in self.allowed or request.user.is_authenticated


class ListedAll(Listed):
    allowed = ("everybody",)


def need(flag):
    class Needs(BasePermission):
        def has_permission(self, request, view):
            return bool(getattr(request.user, flag, False))

    return Needs


StaffOrReads = IsAdminUser | Reads
"""

SETTINGS = """
SECRET_KEY = "made"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "proj.urls"
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.messages", "django.contrib.auth",
                  "django.contrib.contenttypes", "django.contrib.sessions", "rest_framework", "core"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "/login/"
USE_TZ = True
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
{middleware}
]
TEMPLATES = [{{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "OPTIONS": {{
        "loaders": [("django.template.loaders.locmem.Loader", {{"t.html": "", "registration/login.html": ""}})],
        "context_processors": [
            "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
        ],
    }},
}}]
REST_FRAMEWORK = {{{rest}}}
"""

MIDDLEWARES = {
    "ByPath": """
class ByPath:
    OPEN = ("/a1/", "/login", "/a0/x0")

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated and not request.path_info.startswith(self.OPEN):
            return redirect("/login/?next=" + request.path)
        return self.get_response(request)
""",
    "ByPattern": """
EXEMPT = [re.compile(r"^/a0/"), re.compile(r"^/login")]


class ByPattern:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not any(one.match(request.path_info) for one in EXEMPT):
            if not request.user.is_authenticated:
                return HttpResponseForbidden()
        return self.get_response(request)
""",
    "ByMark": """
class ByMark(MiddlewareMixin):
    def process_view(self, request, view_func, view_args, view_kwargs):
        if getattr(view_func, "is_open", False):
            return None
        if request.user.is_authenticated:
            return None
        return HttpResponseForbidden()
""",
    "by_method": """
def by_method(get_response):
    def middleware(request):
        if request.method == "DELETE" and not request.user.is_staff:
            return HttpResponse(status=403)
        return get_response(request)

    return middleware
""",
    "Adds": """
class Adds:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.tenant = request.headers.get("x-tenant")
        response = self.get_response(request)
        response["x-made"] = "1"
        return response
""",
}

HEAD = """
from django.conf import settings
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import login_not_required, login_required, permission_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin, UserPassesTestMixin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseForbidden, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_page, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe
from django.views.generic import DeleteView, DetailView, FormView, ListView, RedirectView, TemplateView, UpdateView
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.decorators import action, api_view, authentication_classes, permission_classes
from rest_framework.permissions import (
    AllowAny, DjangoModelPermissions, DjangoModelPermissionsOrAnonReadOnly, DjangoObjectPermissions, IsAdminUser,
    IsAuthenticated, IsAuthenticatedOrReadOnly,
)
from rest_framework.response import Response
from rest_framework.views import APIView

from core import guards, permissions


class Users(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id"]


def marked(view):
    view.is_open = True
    return view

"""

FUNCTION_GUARDS = (
    "login_required", "login_required()", 'login_required(login_url="/login/")', 'permission_required("auth.add_user")',
    'permission_required("auth.add_user", raise_exception=True)', 'permission_required(("auth.a", "auth.b"))',
    "user_passes_test(lambda user: user.is_staff)", "user_passes_test(guards.is_manager)",
    "user_passes_test(guards.anybody)", "staff_member_required", "guards.plain", "guards.bare",
    'guards.role("is_staff")', "guards.only_unsafe", "guards.traced", "guards.either", "guards.either(needed=False)",
    "guards.either()", "guards.Checked", "guards.staff_only", 'user_passes_test(lambda u: u.has_perm("auth.x"))',
)  # fmt: skip
HARMLESS = (
    "csrf_exempt", "never_cache", "cache_page(1)", "transaction.atomic", "marked", "login_not_required",
    "guards.traced",
)  # fmt: skip
METHOD_GUARDS = ("require_POST", "require_GET", 'require_http_methods(["GET", "POST"])', "require_safe",
                 'require_http_methods(["DELETE"])')  # fmt: skip
BODIES = (
    "return HttpResponse()",
    "return HttpResponse()",
    'return render(request, "t.html")',
    "if not request.user.is_authenticated:\n        return HttpResponseForbidden()\n    return HttpResponse()",
    'if request.user.is_anonymous:\n        return redirect("/login/")\n    return HttpResponse()',
    "if not request.user.is_staff:\n        raise PermissionDenied\n    return HttpResponse()",
    'if request.method == "POST":\n        if not request.user.is_authenticated:\n            raise PermissionDenied\n'
    "        return HttpResponse()\n    return HttpResponse()",
    'if not request.user.has_perm("auth.add_user"):\n        return JsonResponse({}, status=403)\n'
    "    return HttpResponse()",
    "if request.user.is_authenticated:\n        return HttpResponse()\n    return HttpResponse(status=401)",
    "if request.user.is_authenticated and not request.user.is_staff:\n        raise PermissionDenied\n"
    "    return HttpResponse()",
    'name = request.user.username or "nobody"\n    return HttpResponse(name)',
    "if not (request.user.is_superuser or request.user.is_staff):\n        raise PermissionDenied()\n"
    "    return HttpResponse()",
    'return HttpResponse("in" if request.user.is_authenticated else "out")',
)
#: Those further down stand before those further up, of which they may be made.
MIXINS = (
    "LoginRequiredMixin", "PermissionRequiredMixin", "guards.StaffMixin", "guards.ReadsMixin", "guards.MildMixin",
    "guards.HardMixin", "guards.LastWordMixin", "guards.SetupMixin", "guards.AsViewMixin", "guards.DecoratedMixin",
    "guards.AbstractView",
)  # fmt: skip
PERMISSIONS = (
    "AllowAny", "IsAuthenticated", "IsAdminUser", "IsAuthenticatedOrReadOnly", "DjangoModelPermissions",
    "DjangoModelPermissionsOrAnonReadOnly", "DjangoObjectPermissions", "permissions.Active", "permissions.Reads",
    "permissions.Owner", "permissions.ByAction", "permissions.Further", "permissions.Listed", "permissions.ListedAll",
    'permissions.need("is_staff")', "permissions.StaffOrReads", "IsAuthenticated & permissions.Owner",
    "IsAdminUser | permissions.Owner", "~IsAuthenticated", "IsAuthenticated & ~permissions.Reads",
    "permissions.Reads | IsAuthenticated", "(permissions.Active | IsAdminUser) & permissions.Owner",
)  # fmt: skip
