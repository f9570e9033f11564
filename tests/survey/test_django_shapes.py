"""Shapes of Django projects: what they put together, who authenticates, where their routes are."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_a_wrapper_may_find_the_request_among_its_arguments(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="from django.core.exceptions import PermissionDenied\nfrom django.http import HttpResponse\n"
        "from django.urls import path, re_path\n"
        "def held(view, deep=False):\n"
        "    def inner(*args, **kwargs):\n        request = args[0]\n"
        "        if len(args) > 1 or not deep:\n"
        "            if not request.user.is_authenticated:\n                raise PermissionDenied()\n"
        "        return view(*args, **kwargs)\n    return inner\n"
        "@held\ndef plain(request, **kwargs):\n    return HttpResponse()\n"
        "def deep(request, *names):\n    return HttpResponse()\n"
        "urlpatterns = [path('plain', plain), path('flat', held(deep, True)),\n"
        "               re_path(r'^(\\w+)/deep$', held(deep, True)), re_path(r'^(?P<a>\\w+)/named$', plain)]\n",
    )

    assert found == {
        "GET /plain": "guarded",
        "GET /flat": "unguarded",
        "GET /{arg0}/deep": "guarded",
        "GET /{a}/named": "guarded",
    }


_ROWS = """
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path


class Group(models.Model):
    boss = models.ForeignKey("auth.User", null=True, on_delete=models.SET_NULL)

    def flagged(self, user):
        return user.is_superuser or user.is_staff

    def among(self, user):
        return Member.objects.filter(group=self, user=user.id, level__in=["a"]).exists()

    def led(self, user):
        return Group.objects.filter(pk=self.pk, boss=user.id).exists()

    def asked(self, user):
        return self.members.filter(user=user).exists()


class Member(models.Model):
    group = models.ForeignKey(Group, related_name="members", on_delete=models.CASCADE)
    user = models.ForeignKey("auth.User", on_delete=models.CASCADE)


def flagged(request, pk):
    if not get_object_or_404(Group, pk=pk).flagged(request.user):
        raise PermissionDenied
    return HttpResponse()


def got(request, pk):
    if not Group.objects.get(pk=pk).flagged(request.user):
        raise PermissionDenied
    return HttpResponse()


def among(request, pk):
    if not get_object_or_404(Group, pk=pk).among(request.user):
        raise PermissionDenied
    return HttpResponse()


def led(request, pk):
    if not get_object_or_404(Group, pk=pk).led(request.user):
        raise PermissionDenied
    return HttpResponse()


def asked(request, pk):
    if not get_object_or_404(Group, pk=pk).asked(request.user):
        raise PermissionDenied
    return HttpResponse()


urlpatterns = [path(f"{view.__name__}/<int:pk>", view) for view in (flagged, got, among, led, asked)]
"""


def test_what_a_row_says_of_the_caller_is_asked_of_its_class(tmp_path: Path) -> None:
    """A group without a boss is found by `boss=None`; a member without a user cannot be."""
    assert drawn(tmp_path, urls=_ROWS) == {
        "GET /flagged/{pk}": "guarded",
        "GET /got/{pk}": "guarded",
        "GET /among/{pk}": "guarded",
        "GET /led/{pk}": "unknown",
        "GET /asked/{pk}": "guarded",
    }


_OWNED = """
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin, UserPassesTestMixin
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.views.generic import DetailView
from rest_framework import permissions, viewsets
from rest_framework.routers import SimpleRouter


class Order(models.Model):
    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)


@login_required
def looked_up(request, pk):
    return HttpResponse(get_object_or_404(Order, pk=pk, owner=request.user))


@login_required
def related(request, pk):
    return HttpResponse(get_object_or_404(request.user.order_set, pk=pk))


@login_required
def beside(request, pk):
    mine = Order.objects.filter(owner=request.user)
    return HttpResponse(get_object_or_404(Order, pk=pk), mine)


class Tested(LoginRequiredMixin, UserPassesTestMixin, DetailView):
    model = Order

    def test_func(self):
        if self.get_object().owner == self.request.user:
            return True
        return False


class Narrowed(viewsets.ReadOnlyModelViewSet):
    permission_classes = [permissions.IsAuthenticated]

    def get_queryset(self):
        return Order.objects.filter(owner=self.request.user)


class All(viewsets.ReadOnlyModelViewSet):
    permission_classes = [permissions.IsAuthenticated]
    queryset = Order.objects.all()


router = SimpleRouter()
router.register("narrowed", Narrowed, basename="narrowed")
router.register("all", All)
urlpatterns = [
    path("looked-up/<int:pk>", looked_up),
    path("related/<int:pk>", related),
    path("beside/<int:pk>", beside),
    path("tested/<int:pk>", Tested.as_view()),
    path("", include(router.urls)),
]
"""


def test_ownership_is_found_where_django_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(_SETTINGS)
    (tmp_path / "urls.py").write_text(_OWNED)

    routes = [one for one in draw(tmp_path).map.routes if one.method == "GET" and "{" in one.path]

    assert {one.path for one in routes if any(guard.kind == "ownership" for guard in one.guards)} == {
        "/looked-up/{pk}",
        "/related/{pk}",
        "/tested/{pk}",
        "/narrowed/{pk}/",
    }
    assert {one.path for one in routes if not any(guard.kind == "ownership" for guard in one.guards)} == {
        "/beside/{pk}",
        "/all/{pk}/",
    }


def test_paths_of_packages_and_of_languages_are_known(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        settings=_SETTINGS + 'LANGUAGE_CODE = "de"\n',
        urls="from django.conf.urls.i18n import i18n_patterns\n"
        "from django.contrib.auth.decorators import login_required\nfrom django.http import HttpResponse\n"
        "from django.urls import include, path\n"
        "from django.views.decorators.csrf import csrf_exempt\nfrom graphene_django.views import GraphQLView\n"
        "def home(request):\n    return HttpResponse()\n"
        "urlpatterns = [path('i18n/', include('django.conf.urls.i18n')), path('auth/', include('dj_rest_auth.urls')),\n"
        "               path('open', csrf_exempt(GraphQLView.as_view(graphiql=True))),\n"
        "               path('held', login_required(GraphQLView.as_view()))]\n"
        "urlpatterns += i18n_patterns(path('home', home), path('in', home))\n"
        "urlpatterns += i18n_patterns(path('bare', home), prefix_default_language=False)\n",
    )

    assert found == {
        "GET /i18n/setlang/": "unguarded",
        "POST /i18n/setlang/": "unguarded",
        "POST /auth/password/reset/": "unguarded",
        "POST /auth/password/reset/confirm/": "unguarded",
        "POST /auth/login/": "unguarded",
        "GET /auth/logout/": "unguarded",
        "POST /auth/logout/": "unguarded",
        "GET /auth/user/": "guarded",
        "PUT /auth/user/": "guarded",
        "PATCH /auth/user/": "guarded",
        "POST /auth/password/change/": "guarded",
        "GET /open": "unguarded",
        "POST /open": "unguarded",
        "GET /held": "guarded",
        "POST /held": "guarded",
        "GET /de/home": "unguarded",
        "GET /de/in": "unguarded",
        "GET /bare": "unguarded",
    }


def test_what_a_form_makes_of_nobody_is_no_refusal(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="from django.http import HttpResponseRedirect\nfrom django.shortcuts import redirect\n"
        "from django.urls import path\nfrom django.views.generic import FormView\n"
        "class Base(FormView):\n"
        "    def dispatch(self, *args, **kwargs):\n"
        "        if self.request.user.is_authenticated and self.request.user.is_staff:\n"
        "            return redirect('elsewhere')\n"
        "        return super().dispatch(*args, **kwargs)\n"
        "    def form_valid(self, form):\n"
        "        user = self.request.user if self.request.user.is_authenticated else None\n"
        "        return HttpResponseRedirect('/seen/?key={}'.format(form.save(user=user).key))\n"
        "class Framed(Base):\n"
        "    def form_valid(self, form):\n"
        "        if super().form_valid(form).status_code == 302:\n"
        "            return HttpResponseRedirect('/framed/')\n"
        "def either(request):\n    return Framed.as_view()(request)\n"
        "urlpatterns = [path('framed', Framed.as_view()), path('either', either)]\n",
    )

    assert found == {
        f"{method} /{path}": "unguarded" for method in ("GET", "POST", "PUT") for path in ("framed", "either")
    }


def test_classes_without_templates_answer_too(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.urls import path\n"
        "from django.views.generic.detail import BaseDetailView\n"
        "from django.views.generic.edit import BaseDeleteView, BaseFormView\n"
        "from django.views.generic.list import BaseListView\n"
        "class Listed(BaseListView):\n    queryset = []\n"
        "class Shown(LoginRequiredMixin, BaseDetailView):\n    queryset = []\n"
        "class Filled(BaseFormView):\n    pass\n"
        "class Gone(LoginRequiredMixin, BaseDeleteView):\n    queryset = []\n"
        "urlpatterns = [path('listed', Listed.as_view()), path('shown', Shown.as_view()),\n"
        "               path('filled', Filled.as_view()), path('gone', Gone.as_view())]\n",
    )

    assert found == {
        "GET /listed": "unguarded",
        "GET /shown": "guarded",
        **{f"{method} /filled": "unguarded" for method in ("GET", "POST", "PUT")},
        **{f"{method} /gone": "guarded" for method in ("GET", "POST", "DELETE")},
    }


_ONE_OF_LISTS = """
from functools import partial

from django.urls import path
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.response import Response


class Knows(BasePermission):
    def __init__(self, rows=None):
        self.rows = rows

    def has_permission(self, request, view):
        return self.rows.filter(user=request.user).exists()


class Page(RetrieveAPIView):
    def get_permissions(self):
        if self.kwargs["shop"].is_shared:
            self.permission_classes = {shared}
        else:
            self.permission_classes = {other}
        return super().get_permissions()

    def get(self, request, shop):
        return Response({{}})


urlpatterns = [path("<str:shop>/", Page.as_view())]
"""


@pytest.mark.parametrize(
    ("shared", "other", "verdict"),
    [
        ("[IsAuthenticated]", "[IsAuthenticated & partial(Knows, None)]", "guarded"),
        ("[IsAuthenticated]", "[AllowAny, IsAuthenticated]", "guarded"),
        ("[IsAuthenticated]", "[]", "unknown"),
        ("[IsAuthenticated]", "[AllowAny]", "unknown"),
        ("[AllowAny]", "[]", "unguarded"),
    ],
)
def test_each_of_two_lists_is_gone_through_as_a_whole(shared: str, other: str, verdict: str, tmp_path: Path) -> None:
    found = drawn(tmp_path, urls=_ONE_OF_LISTS.format(shared=shared, other=other))

    assert {"GET /{shop}/": verdict} == found


_ANY_OF_LISTS = """
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path


def page(request, shop):
    checks = [request.user.is_authenticated] if shop.is_shared else [request.user.is_staff, {second}]
    if not any(check for check in checks):
        raise PermissionDenied
    return HttpResponse()


urlpatterns = [path("<str:shop>/", page)]
"""


@pytest.mark.parametrize(("second", "verdict"), [("request.user.is_superuser", "guarded"), ("True", "unknown")])
def test_any_of_one_list_or_another(second: str, verdict: str, tmp_path: Path) -> None:
    assert {"GET /{shop}/": verdict} == drawn(tmp_path, urls=_ANY_OF_LISTS.format(second=second))


def test_methods_of_a_viewset_that_are_called_like_those_of_http_answer_them(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["rest_framework"]\n')
    (tmp_path / "urls.py").write_text(
        "from rest_framework.permissions import IsAuthenticatedOrReadOnly\n"
        "from rest_framework.response import Response\nfrom rest_framework.routers import SimpleRouter\n"
        "from rest_framework.viewsets import ViewSet\n\n\n"
        "class Orders(ViewSet):\n    permission_classes = [IsAuthenticatedOrReadOnly]\n\n"
        "    def list(self, request):\n        return Response()\n\n"
        "    def delete(self, request, pk=None):\n        return Response()\n\n\n"
        "class Nothing(ViewSet):\n    def delete(self, request):\n        return Response()\n\n\n"
        "router = SimpleRouter()\nrouter.register('orders', Orders)\nrouter.register('nothing', Nothing)\n"
        "urlpatterns = router.urls\n"
    )

    found = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert found == {"GET /orders/": "unguarded", "DELETE /orders/": "guarded"}


def test_a_class_with_a_dispatch_of_its_own_is_posted_to_where_a_method_beside_it_speaks_of_that(
    tmp_path: Path,
) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "urls.py").write_text(
        "from django.http import HttpResponse\nfrom django.urls import path\n"
        "from django.views.generic import View\n\n\n"
        "class Page(View):\n    def dispatch(self, request, *args, **kwargs):\n"
        "        return self.answer(request)\n\n\n"
        "class Form(Page):\n    def answer(self, request):\n"
        "        return HttpResponse(self.save() if request.method == 'POST' else 'form')\n\n\n"
        "class Shown(Page):\n    def answer(self, request):\n        return HttpResponse('shown')\n\n\n"
        "urlpatterns = [path('form/', Form.as_view()), path('shown/', Shown.as_view())]\n"
    )

    found = {f"{one.method} {one.path}" for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert found == {"GET /form/", "POST /form/", "GET /shown/"}


def test_a_dispatch_of_the_tree_answers_behind_one_of_a_package_too(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "urls.py").write_text(
        "from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.http import HttpResponse\n"
        "from django.urls import path\nfrom django.views.generic import View\nfrom elsewhere.views import Sign\n\n\n"
        "class Base(View):\n    def dispatch(self, request, *args, **kwargs):\n"
        "        return Sign.as_view()(request, *args, **kwargs)\n\n\n"
        "class Kept(LoginRequiredMixin, Base):\n    pass\n\n\n"
        "class Nothing(LoginRequiredMixin, View):\n    pass\n\n\n"
        "class Asks(View):\n    def dispatch(self, request, *args, **kwargs):\n"
        "        if not request.user.is_authenticated:\n            return HttpResponse(status=403)\n"
        "        return super().dispatch(request, *args, **kwargs)\n\n\n"
        "class Shown(Asks):\n    def get(self, request):\n        return HttpResponse('shown')\n\n\n"
        "urlpatterns = [path('kept/', Kept.as_view()), path('base/', Base.as_view()),\n"
        "               path('nothing/', Nothing.as_view()), path('shown/', Shown.as_view())]\n"
    )

    found = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    kept = dict.fromkeys(("GET /kept/", "POST /kept/", "GET /shown/"), "guarded")
    assert {one: verdict for one, verdict in found.items() if "/base/" not in one} == kept
    assert "guarded" not in (found["GET /base/"], found["POST /base/"])
