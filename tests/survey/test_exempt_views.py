"""Views that a decorator puts into a set of those that everybody may call, and a middleware that asks for the set."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_URLS = """
import functools
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST
from django.views.generic import View
from middleware import exempt

def logged(view):
    @functools.wraps(view)
    def inner(request, *args, **kwargs):
        print(request.path)
        return view(request, *args, **kwargs)
    return inner

def orders(request): return HttpResponse("orders")

@logged
def bills(request): return HttpResponse("bills")

@exempt
def about(request): return HttpResponse("about")

@exempt
@require_POST
def language(request): return HttpResponse("language")

@require_POST
def language_of(request): return HttpResponse("language")

@exempt
@logged
def imprint(request): return HttpResponse("imprint")

@logged
@exempt
def terms(request): return HttpResponse("terms")

@exempt
class Legal(View):
    def get(self, request): return HttpResponse("legal")

class Own(View):
    def get(self, request): return HttpResponse("own")

class BelowLegal(Legal): pass

urlpatterns = [
    path("orders", orders), path("bills", bills), path("about", about), path("language", language),
    path("terms", terms), path("legal", Legal.as_view()), path("own", Own.as_view()),
    path("below", BelowLegal.as_view()), path("language-of", language_of), path("imprint", imprint),
]
"""
_MIDDLEWARE = """
from weakref import WeakSet
from django.contrib.auth.views import redirect_to_login
from elsewhere.views import Callback

EXEMPT = {made}
EXEMPT.add(Callback)

class RequireLogin:
    def __init__(self, get_response): self.get_response = get_response
    def __call__(self, request): return self.get_response(request)

    @staticmethod
    def is_exempt(view):
        if view in EXEMPT:
            return True
        {wrapped}
        return False

    @classmethod
    def process_view(cls, request, view_func, args, kwargs):
        if request.user.is_authenticated or cls.is_exempt(getattr(view_func, "view_class", view_func)):
            return None
        return redirect_to_login(request.get_full_path())

def exempt(view):
    EXEMPT.add(view)
    return view
"""
_SETTINGS = """
ROOT_URLCONF = "urls"
INSTALLED_APPS = []
MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware", "middleware.RequireLogin"]
"""
_WRAPPED = 'if hasattr(view, "__wrapped__"):\n            return RequireLogin.is_exempt(view.__wrapped__)'
_OPEN = {"about", "language", "legal", "imprint"}


def _verdicts(tmp_path: Path, made: str, wrapped: str, more: str = "") -> dict[str, str]:
    middleware = _MIDDLEWARE.replace("{made}", made).replace("{wrapped}", wrapped)
    (tmp_path / "urls.py").write_text(_URLS)
    (tmp_path / "middleware.py").write_text(middleware + more)
    (tmp_path / "settings.py").write_text(_SETTINGS)
    routes = draw(tmp_path).map.routes
    return {one.path.strip("/"): one.verdict for one in routes if one.method in ("GET", "POST")}


@pytest.mark.parametrize("made", ["set()", "WeakSet()"])
@pytest.mark.parametrize(("wrapped", "is_followed"), [("pass", False), (_WRAPPED, True)])
def test_only_what_is_in_the_set_is_open(made: str, wrapped: str, is_followed: bool, tmp_path: Path) -> None:
    told = _verdicts(tmp_path, made, wrapped)

    assert told == {
        path: "unguarded" if path in _OPEN or (path == "terms" and is_followed) else "guarded" for path in told
    }
    assert len(told) == 10


@pytest.mark.parametrize(
    "more",
    [
        "\ndef ready():\n    from urls import orders\n    EXEMPT.add(orders)\n",
        "\nclass Config:\n    def ready(self):\n        import urls\n        EXEMPT.update([urls.orders, urls.Own])\n",
    ],
)
def test_a_set_to_which_functions_add_may_have_more(more: str, tmp_path: Path) -> None:
    told = _verdicts(tmp_path, "set()", "pass", more)

    assert {told["orders"], told["own"], told["bills"]} == {"unknown"}
    assert {told[path] for path in _OPEN} == {"unguarded"}
