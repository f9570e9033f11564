"""Writes Django projects: lists of paths in lists, guards of many shapes, classes over classes, REST framework.

Takes a source of chance, gives the files; what they do to a caller is found by running them.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field

from tests.survey.made_django_parts import (
    BODIES,
    FUNCTION_GUARDS,
    GUARDS,
    HARMLESS,
    HEAD,
    METHOD_GUARDS,
    MIDDLEWARES,
    MIXINS,
    PERMISSION_CLASSES,
    PERMISSIONS,
    SETTINGS,
)


@dataclass
class Project:
    """Files that grow."""

    chance: random.Random
    files: dict[str, str] = field(default_factory=dict)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def name(self, letter: str) -> str:
        return f"{letter}{next(self.numbers)}"

    def some(self, of: tuple[str, ...], most: int) -> list[str]:
        return self.chance.sample(of, self.chance.randint(0, most))

    def is_so(self, share: float) -> bool:
        return self.chance.random() < share


def project(seed: int) -> dict[str, str]:
    """The files of one project, by path."""
    made = Project(random.Random(seed))
    chance = made.chance
    made.files["core/__init__.py"] = made.files["proj/__init__.py"] = ""
    made.files["core/guards.py"] = GUARDS
    made.files["core/permissions.py"] = PERMISSION_CLASSES
    made.files["core/middleware.py"] = (
        "import re\n\nfrom django.http import HttpResponse, HttpResponseForbidden\n"
        "from django.shortcuts import redirect\n"
        "from django.utils.deprecation import MiddlewareMixin\n" + "".join(MIDDLEWARES.values())
    )
    used = [f"core.middleware.{name}" for name in made.some(tuple(MIDDLEWARES), 1 if made.is_so(0.5) else 0)]
    if made.is_so(0.2):
        used.append("django.contrib.auth.middleware.LoginRequiredMiddleware")
    middleware = "".join(f'    "{name}",\n' for name in used)
    rest = ""
    if made.is_so(0.6):
        default = chance.choice(("rest_framework.permissions.IsAuthenticated", "core.permissions.Reads",
                                 "rest_framework.permissions.AllowAny", "core.permissions.Active"))  # fmt: skip
        rest = f'"DEFAULT_PERMISSION_CLASSES": ["{default}"]'
    made.files["proj/settings.py"] = SETTINGS.format(middleware=middleware, rest=rest)
    lists = [_app(made, f"a{number}") for number in range(chance.randint(2, 4))]
    made.files["proj/urls.py"] = _root(made, lists)
    return made.files


def _root(made: Project, apps: list[str]) -> str:
    lines = ["from django.contrib.auth.views import LoginView", "from django.urls import include, path, re_path"]
    entries = ['path("login/", LoginView.as_view())']
    for app in apps:
        lines.append(f"import {app}.urls")
        how = made.chance.choice((
            'path("{app}/", include("{app}.urls"))', 'path("{app}/", include({app}.urls))',
            're_path(r"^{app}/", include("{app}.urls"))', 'path("{app}/<slug:tenant>/", include("{app}.urls"))',
            'path("{app}/", include(({app}.urls.urlpatterns, "{app}"), namespace="n{app}"))',
        ))  # fmt: skip
        entries.append(how.format(app=app))
    return "\n".join(lines) + "\n\nurlpatterns = [\n    " + ",\n    ".join(entries) + ",\n]\n"


def _app(made: Project, app: str) -> str:
    views: list[str] = [HEAD]
    entries: list[str] = []
    routers: list[str] = []
    for _ in range(made.chance.randint(8, 14)):
        kind = made.chance.choice(_SHARES)
        _KINDS[kind](made, views, entries, routers)
    made.files[f"{app}/__init__.py"] = ""
    made.files[f"{app}/views.py"] = "\n".join(views)
    made.files[f"{app}/urls.py"] = _urls(made, entries, routers)
    return app


def _urls(made: Project, entries: list[str], routers: list[str]) -> str:
    kind = made.chance.choice(("DefaultRouter", "SimpleRouter", "SimpleRouter"))
    slash = made.chance.choice(("", "", "trailing_slash=False"))
    lines = [
        "from django.contrib.auth.decorators import login_required",
        "from django.urls import include, path, re_path",
        "from django.views.decorators.csrf import csrf_exempt",
        "from django.views.generic import RedirectView, TemplateView",
        f"from rest_framework.routers import {kind}",
        "from core import guards",
        "from . import views",
        "from .views import *",
        f"router = {kind}({slash})",
        *(f"router.register({one})" for one in routers),
    ]
    made.chance.shuffle(entries)
    cut = made.chance.randint(0, len(entries))
    inner, outer = entries[:cut], entries[cut:]
    lines.append("inner = [" + ", ".join(inner) + "]")
    outer.append(made.chance.choice(('path("in/", include(inner))', 'path("<int:key>/in/", include((inner, "in")))',
                                     "*inner", 're_path(r"^in/(?P<key>[0-9]+)/", include(inner))')))  # fmt: skip
    lines.append("urlpatterns = [" + ", ".join(outer) + "]")
    if routers:
        lines.append(
            made.chance.choice(
                (
                    "urlpatterns += router.urls",
                    'urlpatterns += [path("api/", include(router.urls))]',
                    'urlpatterns.append(path("v1/", include((router.urls, "v1"))))',
                )
            )
        )
    if made.is_so(0.4):
        lines.append(
            'for word in ("one", "two"):\n    urlpatterns.append(path(f"loop/{word}/", '
            'login_required(TemplateView.as_view(template_name="t.html"))))'
        )
    return "\n".join(lines) + "\n"


def _path(made: Project, view: str) -> str:
    number = made.name("x")
    outer = made.chance.choice(FUNCTION_GUARDS) if made.is_so(0.12) else ""
    outer = "" if outer == "staff_member_required" or not outer.startswith(("login_required", "guards.")) else outer
    view = f"{outer}({view})" if outer else view
    shape = made.chance.choice((
        'path("{n}/", {v})', 'path("{n}", {v}, name="{n}")', 'path("<int:key>/{n}/", view={v})',
        're_path(r"^{n}/$", {v})', 're_path(r"^{n}/(?P<key>\\d+)/$", {v})', 'path("{n}/", {v}, {{"extra": 1}})',
        're_path(r"^{n}/(?P<year>[0-9]{{4}})/$", {v}, name="y")',
    ))  # fmt: skip
    return shape.format(n=number, v=view)


def _decorators(made: Project, most: int = 2) -> list[str]:
    found = made.some(FUNCTION_GUARDS, most if made.is_so(0.6) else 0) + made.some(HARMLESS, 2)
    found += made.some(METHOD_GUARDS, 1 if made.is_so(0.4) else 0)
    made.chance.shuffle(found)
    return found


def _function(made: Project, views: list[str], entries: list[str], routers: list[str]) -> None:
    name = made.name("view")
    decorators = _decorators(made)
    # An object that is called has nothing that other decorators would copy.
    above = "".join(f"@{one}\n" for one in decorators)
    views.append(f"{above}def {name}(request, **kwargs):\n    {made.chance.choice(BODIES)}\n")
    entries.append(_path(made, f"views.{name}"))


def _on_class(made: Project) -> str:
    found = ""
    if made.is_so(0.25):
        guard = made.chance.choice([one for one in FUNCTION_GUARDS if one != "guards.Checked"])
        where = made.chance.choice(("dispatch", "dispatch", "get"))
        found = f'@method_decorator({guard}, name="{where}")\n'
    elif made.is_so(0.1):
        found = '@method_decorator([never_cache, login_required], name="dispatch")\n'
    return found


def _class(made: Project, views: list[str], entries: list[str], routers: list[str]) -> None:
    name = made.name("View")
    bases = sorted(made.some(MIXINS, 2), key=MIXINS.index, reverse=True)
    place = len(bases) if made.is_so(0.9) else 0
    bases.insert(place, "View")
    if made.is_so(0.3):
        # A class of its own between.
        views.append(f"class Base{name}({', '.join(bases)}):\n    permission_required = 'auth.base'\n")
        further = made.chance.choice(MIXINS)
        bases = [further, f"Base{name}"] if place and further not in bases and made.is_so(0.3) else [f"Base{name}"]
    lines = [
        f"{_on_class(made)}class {name}({', '.join(dict.fromkeys(bases))}):",
        '    permission_required = "auth.view_user"',
    ]
    for method in ("get", *made.some(("post", "put", "delete", "patch"), 2)):
        if made.is_so(0.2):
            lines.append(
                f"    @method_decorator({made.chance.choice(('login_required', 'guards.plain', 'never_cache'))})"
            )
        body = made.chance.choice(BODIES).replace("\n", "\n    ")
        lines.append(f"    def {method}(self, request, *args, **kwargs):\n        {body}\n")
    if made.is_so(0.2):
        check = "if not request.user.is_authenticated:\n            raise PermissionDenied\n        "
        final = made.chance.choice(("super().dispatch", "super().dispatch", "View.dispatch"))
        given = "self, request" if final == "View.dispatch" else "request"
        head = check if made.is_so(0.6) else ""
        lines.append(
            f"    def dispatch(self, request, *args, **kwargs):\n"
            f"        {head}return {final}({given}, *args, **kwargs)\n"
        )
    views.append("\n".join(lines))
    given = made.chance.choice(("", "", "", 'http_method_names=["get"]'))
    entries.append(_path(made, f"{name}.as_view({given})"))


def _generic(made: Project, views: list[str], entries: list[str], routers: list[str]) -> None:
    name = made.name("Page")
    base = made.chance.choice(("TemplateView", "ListView", "RedirectView"))
    bases = ", ".join([*sorted(made.some(MIXINS, 2), key=MIXINS.index, reverse=True), base])
    body = {
        "TemplateView": '    template_name = "t.html"\n',
        "ListView": '    template_name = "t.html"\n    queryset = Group.objects.all()\n',
        "RedirectView": '    url = "/elsewhere/"\n',
    }[base]
    if base == "ListView" and made.is_so(0.3):
        body += "    def get_queryset(self):\n        return super().get_queryset().filter(user=self.request.user.pk)\n"
    views.append(f"{_on_class(made)}class {name}({bases}):\n    permission_required = ('auth.a', 'auth.b')\n{body}")
    entries.append(_path(made, f"views.{name}.as_view()"))


def _permission_classes(made: Project, indent: str = "    ") -> str:
    if made.is_so(0.25):
        return f"{indent}pass\n"
    listed = ", ".join(made.some(PERMISSIONS, 2))
    return f"{indent}permission_classes = [{listed}]\n"


def _api(made: Project, views: list[str], entries: list[str], routers: list[str]) -> None:
    name = made.name("Api")
    base = made.chance.choice((
        "APIView", "generics.ListAPIView", "generics.ListCreateAPIView", "generics.RetrieveUpdateDestroyAPIView",
        "mixins.ListModelMixin, generics.GenericAPIView",
    ))  # fmt: skip
    mixin = made.chance.choice(("", "", "", "LoginRequiredMixin, ", "guards.StaffMixin, "))
    lines = [f"class {name}({mixin}{base}):", _permission_classes(made)]
    lines.append('    queryset = User.objects.all()\n    serializer_class = Users\n    lookup_url_kwarg = "key"\n')
    if base == "APIView" or "Mixin" in base:
        for method in ("get", *made.some(("post", "put", "delete"), 2)):
            body = made.chance.choice(("return Response({})", "return self.answer()"))
            lines.append(f"    def {method}(self, request, *args, **kwargs):\n        {body}\n")
        lines.append("    def answer(self):\n        return Response([])\n")
    if made.is_so(0.2):
        lines.append(
            '    def get_permissions(self):\n        if self.request.method == "GET":\n'
            "            return [AllowAny()]\n"
            "        return super().get_permissions()\n"
        )
    if made.is_so(0.1):
        lines.append("    authentication_classes = []\n")
    views.append("\n".join(lines))
    entry = _path(made, f"views.{name}.as_view()")
    if "Retrieve" in base and "key" not in entry:
        entry = f'path("{made.name("x")}/<int:key>/", {name}.as_view())'
    entries.append(entry)


def _api_function(made: Project, views: list[str], entries: list[str], routers: list[str]) -> None:
    name = made.name("call")
    methods = made.chance.choice(("", "()", '(["GET", "POST"])', '(["POST"])', '(["DELETE", "GET"])'))
    inner = f"@permission_classes([{', '.join(made.some(PERMISSIONS, 2))}])\n" if made.is_so(0.7) else ""
    outer = made.chance.choice(("", "", "", "@login_required\n", "@csrf_exempt\n"))
    body = made.chance.choice(("return Response({})", "if not request.user.is_staff:\n        raise PermissionDenied\n"
                               "    return Response({})"))  # fmt: skip
    views.append(f"{outer}@api_view{methods or '()'}\n{inner}def {name}(request, **kwargs):\n    {body}\n")
    entries.append(_path(made, f"views.{name}"))


def _set(made: Project, views: list[str], entries: list[str], routers: list[str]) -> None:
    name = made.name("Set")
    base = made.chance.choice((
        "viewsets.ModelViewSet", "viewsets.ReadOnlyModelViewSet", "mixins.CreateModelMixin, viewsets.GenericViewSet",
        "mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet", "viewsets.ViewSet",
    ))  # fmt: skip
    lines = [f"class {name}({base}):", _permission_classes(made)]
    lines.append("    queryset = User.objects.order_by('pk')\n    serializer_class = Users\n")
    if base == "viewsets.ViewSet":
        lines.append("    def list(self, request, **kwargs):\n        return Response([])\n")
        lines.append("    def destroy(self, request, pk=None, **kwargs):\n        return Response({})\n")
    elif made.is_so(0.3):
        lines.append(made.chance.choice(('    lookup_field = "username"\n', '    lookup_url_kwarg = "who"\n',
                                         '    lookup_value_regex = "[0-9]+"\n',
                                         '    http_method_names = ["get", "post"]\n')))  # fmt: skip
    if made.is_so(0.5):
        given = made.chance.choice(("", ", permission_classes=[AllowAny]", ", permission_classes=[IsAdminUser]",
                                    ', url_path="other"', ', methods=["post", "delete"]'))  # fmt: skip
        lines.append(f"    @action(detail={made.is_so(0.5)}{given})")
        lines.append("    def further(self, request, **kwargs):\n        return Response({})\n")
        if "delete" not in given and made.is_so(0.4):
            lines.append("    @further.mapping.put")
            lines.append("    def further_put(self, request, **kwargs):\n        return Response({})\n")
    if made.is_so(0.3):
        lines.append(
            '    def get_permissions(self):\n        if self.action in ("list", "create"):\n'
            "            return [AllowAny()]\n"
            "        return [IsAuthenticated()]\n"
            if made.is_so(0.5)
            else "    def get_permissions(self):\n        classes = {'list': [AllowAny], 'further': [IsAdminUser]}\n"
            "        return [one() for one in classes.get(self.action, self.permission_classes)]\n"
        )
    views.append("\n".join(lines))
    routers.append(f'"{name.lower()}", {name}, basename="{name.lower()}"')
    if made.is_so(0.2):
        entries.append(_path(made, f'views.{name}.as_view({{"get": "list"}})').replace("key", "pk"))
        if "list" not in "\n".join(lines) and not any(word in base for word in ("List", "ModelViewSet")):
            entries.pop()


_KINDS = {
    "function": _function,
    "class": _class,
    "generic": _generic,
    "api": _api,
    "api_function": _api_function,
    "set": _set,
}
_SHARES = ("function", "function", "class", "class", "generic", "api", "api", "api_function", "set", "set")
