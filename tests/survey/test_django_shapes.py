"""Shapes of Django projects: what they put together, who authenticates, where their routes are."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SETTINGS = 'ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["rest_framework"]\n'


def drawn(folder: Path, **files: str) -> dict[str, str]:
    """Method and path of each route (HEAD left out), with its verdict."""
    for name, text in {"settings": _SETTINGS, **files}.items():
        (folder / f"{name}.py").write_text(text)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes if one.method != "HEAD"}


_AUTHENTICATION = """
from rest_framework.authentication import BaseAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed


class Asks(BaseAuthentication):
    def authenticate(self, request):
        if not request.headers.get("X-Api-Key"):
            return None
        return (object(), None)


class Insists(BaseAuthentication):
    def authenticate(self, request):
        key = request.META.get("HTTP_X_API_KEY")
        if not key:
            raise AuthenticationFailed("no key")
        return (object(), key)


class Bearer(TokenAuthentication):
    keyword = "Bearer"
"""


def test_an_authenticator_that_insists_refuses_whoever_brings_nothing(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        settings=_SETTINGS
        + 'REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["keys.Asks", "knox.auth.TokenAuthentication"]}\n',
        keys=_AUTHENTICATION,
        urls="from django.urls import path\nfrom rest_framework.decorators import api_view, authentication_classes\n"
        "from rest_framework.permissions import IsAuthenticated\nfrom rest_framework.response import Response\n"
        "from rest_framework.views import APIView\nfrom keys import Bearer, Insists\n"
        "class Asked(APIView):\n    def get(self, request):\n        return Response()\n"
        "class Held(Asked):\n    authentication_classes = [Bearer, Insists]\n"
        "class Only(Asked):\n    authentication_classes = [Bearer]\n    permission_classes = [IsAuthenticated]\n"
        "class Emptied(Held):\n    authentication_classes = []\n"
        "@api_view()\n@authentication_classes([Insists])\ndef called(request):\n    return Response()\n"
        'urlpatterns = [path("asked", Asked.as_view()), path("held", Held.as_view()), path("only", Only.as_view()),\n'
        '               path("emptied", Emptied.as_view()), path("called", called)]\n',
    )

    assert found == {
        "GET /asked": "unguarded",
        "GET /held": "guarded",
        "GET /only": "guarded",
        "GET /emptied": "unguarded",
        "GET /called": "guarded",
    }


def test_signing_in_is_open_and_a_token_against_forgery_asks_nobody(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="from django.contrib.auth import authenticate, login\nfrom django.http import HttpResponse\n"
        "from django.middleware.csrf import get_token\nfrom django.urls import path\n"
        "from django.views.decorators.http import require_POST\n"
        "@require_POST\ndef enter(request):\n"
        '    user = authenticate(request, username=request.POST["name"], password=request.POST["word"])\n'
        "    if user is None:\n        return HttpResponse(status=401)\n"
        "    login(request, user)\n    return HttpResponse()\n"
        "def form(request):\n    return HttpResponse(get_token(request))\n"
        'urlpatterns = [path("enter", enter), path("form", form)]\n',
    )

    assert found == {"POST /enter": "unguarded", "GET /form": "unguarded"}


def test_paths_are_put_together_as_python_does(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="from django.http import HttpResponse\nfrom django.urls import include, path, re_path\n"
        "def v(request, *args, **kwargs):\n    return HttpResponse()\n"
        'SLUG = "[a-z-]+"\n'
        "inner = [re_path(r'^%s$' % 'x', v), re_path(r'^%(a)s/%(b)s$' % {'a': 'k', 'b': 'l'}, v)]\n"
        "urlpatterns = [re_path(r'^(%s)/(%s)/$' % (SLUG, SLUG), v), path('{}/{n}/'.format('f', n='g'), v),\n"
        "               re_path('^' + 'in' + '/', include(inner)), path('big/%99999999s' % 'x', v)]\n",
    )

    assert {"GET /{arg0}/{arg1}/", "GET /f/g/", "GET /in/x", "GET /in/k/l"} <= found.keys()
    assert all(len(path) < 100 for path in found)


def test_routers_in_routers_name_the_object_above(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="from django.urls import include, path\nfrom rest_framework import viewsets\n"
        "from rest_framework.routers import SimpleRouter\n"
        "from rest_framework_nested.routers import NestedSimpleRouter\n"
        "class Many(viewsets.ViewSet):\n    permission_classes = []\n"
        "    def list(self, request, **kwargs):\n        return None\n"
        "class Keyed(Many):\n    lookup_field = 'slug'\n"
        "top = SimpleRouter()\ntop.register('domains', Keyed)\n"
        "middle = NestedSimpleRouter(top, 'domains', lookup='domain')\nmiddle.register('names', Many)\n"
        "low = NestedSimpleRouter(middle, 'names', lookup='name')\nlow.register('addresses', Many)\n"
        "urlpatterns = [path('', include(top.urls)), path('', include(middle.urls)), path('', include(low.urls))]\n",
    )

    assert found == {
        "GET /domains/": "unguarded",
        "GET /domains/{domain_slug}/names/": "unguarded",
        "GET /domains/{domain_slug}/names/{name_pk}/addresses/": "unguarded",
    }


_ORDERS = (
    "from django.urls import path\nfrom rest_framework.response import Response\n"
    "from rest_framework.views import APIView\n"
    "class Orders(APIView):\n    def get(self, request):\n        return Response()\n"
    'urlpatterns = [path("orders", Orders.as_view())]\n'
)
_STRICT = '{"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"]}'


def test_without_a_word_in_settings_the_framework_lets_everybody_pass(tmp_path: Path) -> None:
    assert drawn(tmp_path, urls=_ORDERS) == {"GET /orders": "unguarded"}


def test_without_any_settings_nobody_knows_whom_the_framework_lets_pass(tmp_path: Path) -> None:
    assert drawn(tmp_path, settings="", urls=_ORDERS) == {"GET /orders": "unknown"}


def test_settings_may_stand_in_a_class(tmp_path: Path) -> None:
    settings = (
        "from configurations import Configuration\n"
        f'class Base(Configuration):\n    ROOT_URLCONF = "urls"\n    REST_FRAMEWORK = {_STRICT}\n'
        "class Production(Base):\n    DEBUG = False\n"
    )

    assert drawn(tmp_path, settings=settings, urls=_ORDERS) == {"GET /orders": "guarded"}


def test_one_of_two_permissions_by_a_setting_is_taken_both_ways(tmp_path: Path) -> None:
    settings = (
        _SETTINGS + "import os\n"
        'NAME = "IsAuthenticated" if os.environ.get("CLOSED") else "IsAuthenticatedOrReadOnly"\n'
        'REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": [f"rest_framework.permissions.{NAME}"]}\n'
    )
    urls = _ORDERS.replace("urlpatterns", "    def post(self, request):\n        return Response()\nurlpatterns", 1)

    assert drawn(tmp_path, settings=settings, urls=urls) == {"GET /orders": "unknown", "POST /orders": "guarded"}


def test_a_registration_that_a_setting_switches_keeps_its_paths(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        settings=_SETTINGS + 'import os\nAPI = os.environ.get("API", True)\n',
        urls="from django.conf import settings\nfrom django.urls import include, path\n"
        "from rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n"
        "from rest_framework.routers import SimpleRouter\n"
        "class Many(viewsets.ViewSet):\n    permission_classes = [IsAuthenticated]\n"
        "    def list(self, request, **kwargs):\n        return None\n"
        "urlpatterns = []\n"
        "if settings.API:\n    router = SimpleRouter()\n    router.register('many', Many)\n"
        "    urlpatterns += [path('api/', include(router.urls))]\n",
    )

    assert found == {"GET /api/many/": "guarded"}
