"""Middleware of Django that puts a guest in the place of nobody, asks by addresses, or shows a form instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_URLS = """
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import include, path


def shown(request):
    return HttpResponse("shown")


def asks(request):
    if request.user.is_anonymous:
        raise PermissionDenied
    return HttpResponse("asks")


office = [path("", shown, name="index"), path("<int:pk>/", shown, name="one")]
urlpatterns = [
    path("shown/", shown, name="shown"),
    path("asks/", asks, name="asks"),
    path("office/", include((office, "office"), namespace="office")),
]
"""


def told(folder: Path, middleware: str) -> dict[str, str]:
    """The verdict on each path."""
    (folder / "settings.py").write_text('ROOT_URLCONF = "urls"\nMIDDLEWARE = ["layer.Layer"]\n')
    (folder / "urls.py").write_text(_URLS)
    (folder / "layer.py").write_text(middleware)
    return {one.path.strip("/"): one.verdict for one in draw(folder).map.routes if one.method == "GET"}


_GUEST = """
from django.contrib.auth.models import AnonymousUser


class Guest(AnonymousUser):
    BODY


class Layer:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_anonymous:
            request.user = Guest()
        return self.get_response(request)
"""


def test_a_guest_of_the_class_of_nobody_is_nobody(tmp_path: Path) -> None:
    found = told(tmp_path, _GUEST.replace("BODY", "name = 'guest'"))

    assert ("guarded", "unguarded") == (found["asks"], found["shown"])


def test_a_guest_that_says_to_be_somebody_may_be_somebody(tmp_path: Path) -> None:
    assert "guarded" != told(tmp_path, _GUEST.replace("BODY", "is_anonymous = False"))["asks"]


_BY_ADDRESS = """
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse


class Layer:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.path.startswith(reverse(NAME)) and not request.user.is_authenticated:
            return redirect("shown")
"""


def test_paths_are_found_by_how_they_are_called(tmp_path: Path) -> None:
    found = told(tmp_path, _BY_ADDRESS.replace("NAME", '"%s:index" % "office"'))

    assert ("guarded", "guarded", "unguarded") == (found["office"], found["office/{pk}"], found["shown"])


@pytest.mark.parametrize("name", ['"office:one"', '"nowhere:index"', "str(request.user)"])
def test_a_path_that_cannot_be_told_by_its_name_leaves_it_open(name: str, tmp_path: Path) -> None:
    assert "guarded" != told(tmp_path, _BY_ADDRESS.replace("NAME", name))["shown"]


_INSTEAD = """
from django.shortcuts import render


class Layer:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_HOOK(self, request, *rest):
        if ASKS:
            return render(request, "sign_in.html")
"""


@pytest.mark.parametrize("hook", ["view", "request"])
def test_who_is_shown_something_else_instead_does_not_come_in(hook: str, tmp_path: Path) -> None:
    asked = _INSTEAD.replace("HOOK", hook).replace("ASKS", "not request.user.is_authenticated")

    assert {"guarded"} == set(told(tmp_path, asked).values())


_NOBODYS = ("True", "request.GET.get('x')", "request.user.is_authenticated", "not request.session.get('tour')")


@pytest.mark.parametrize("asks", _NOBODYS)
def test_what_everybody_or_anybody_is_shown_instead_keeps_nobody_out(asks: str, tmp_path: Path) -> None:
    asked = _INSTEAD.replace("HOOK", "view").replace("ASKS", asks)

    assert "guarded" != told(tmp_path, asked)["shown"]


def test_who_is_answered_around_the_view_instead_does_not_come_in(tmp_path: Path) -> None:
    asked = _INSTEAD.replace(
        "        return self.get_response(request)\n\n    def process_HOOK(self, request, *rest):\n", ""
    )

    found = told(
        tmp_path, asked.replace("ASKS", "request.user.is_anonymous") + "        return self.get_response(request)\n"
    )

    assert {"guarded"} == set(found.values())


_NOT_USED = """
import os

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed, PermissionDenied


class Layer:
    def __init__(self, get_response):
        if ASKS:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_anonymous:
            raise PermissionDenied
        return self.get_response(request)
"""


def test_middleware_that_is_not_used_keeps_nobody_out(tmp_path: Path) -> None:
    assert "unguarded" == told(tmp_path, _NOT_USED.replace("ASKS", "not getattr(settings, 'CLOSED', False)"))["shown"]


def test_whether_middleware_is_used_may_be_left_open(tmp_path: Path) -> None:
    assert "unknown" == told(tmp_path, _NOT_USED.replace("ASKS", "os.path.exists('/etc/closed')"))["shown"]


def test_middleware_that_is_used_keeps_guests_out(tmp_path: Path) -> None:
    assert "guarded" == told(tmp_path, _NOT_USED.replace("ASKS", "not getattr(settings, 'CLOSED', True)"))["shown"]


_KEPT_OUT = """
from django.http import HttpResponseRedirect
from django.utils.deprecation import MiddlewareMixin


class KeepOut(MiddlewareMixin):
    def process_request(self, request):
        if not request.user.is_authenticated:
            return HttpResponseRedirect("/login/")
"""


@pytest.mark.parametrize(
    "adding",
    [
        'MIDDLEWARE.append("keeping.KeepOut")',
        'MIDDLEWARE += ["keeping.KeepOut"]',
        'MIDDLEWARE = ["keeping.KeepOut"] + MIDDLEWARE',
        'MIDDLEWARE.insert(0, "keeping.KeepOut")',
    ],
)
@pytest.mark.parametrize(
    ("locked", "verdict", "is_default"),
    [
        ('os.getenv("LOCKED", "False") == "True"', "unguarded", True),
        ('os.getenv("LOCKED", "True") == "True"', "guarded", True),
        ('ast.literal_eval(os.getenv("LOCKED", "False"))', "unguarded", True),
        ('ast.literal_eval(os.getenv("LOCKED", "True"))', "guarded", True),
        ('strtobool(os.environ.get("LOCKED", "no"))', "unguarded", True),
        ('strtobool(os.environ.get("LOCKED", "yes"))', "guarded", True),
        ('os.getenv("LOCKED")', "unknown", False),
        ('ast.literal_eval(os.environ["LOCKED"])', "unknown", False),
    ],
)
def test_middleware_that_a_setting_adds_is_there_as_source_has_it(
    adding: str, locked: str, verdict: str, is_default: bool, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text(
        "import ast\nimport os\nfrom distutils.util import strtobool\n\nROOT_URLCONF = 'urls'\n"
        "MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware']\n"
        f"LOCKED = {locked}\nif LOCKED:\n    {adding}\n"
    )
    (tmp_path / "keeping.py").write_text(_KEPT_OUT)
    (tmp_path / "urls.py").write_text(
        "from django.http import HttpResponse\nfrom django.urls import path\n\n\n"
        "def home(request):\n    return HttpResponse()\n\n\nurlpatterns = [path('', home)]\n"
    )

    (route,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert (verdict, is_default) == (route.verdict, (route.because or "").startswith("by default"))


_BY_HOST = """
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect

from hosts import Host


class Layer:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        found = Host.objects.filter(name=request.headers["Host"]).first()
        if found is not None:
            request.shop = found.shop
        if hasattr(request, "shop"):
            SHOP
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        return self.get_response(request)
"""


@pytest.mark.parametrize(
    ("shop", "verdict"),
    [
        # Who comes by another address is sent to that of the service, where nobody gets in.
        ("return redirect(settings.SITE_URL)", "guarded"),
        ("return self.get_response(request)", "unknown"),
    ],
)
def test_what_was_perhaps_put_into_a_request_is_perhaps_there(shop: str, verdict: str, tmp_path: Path) -> None:
    assert verdict == told(tmp_path, _BY_HOST.replace("SHOP", shop))["shown"]
