"""Lists of paths that code of the project makes, goes through and changes, and the applications that have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SETTINGS = 'ROOT_URLCONF = "urls"\nINSTALLED_APPS = []\n'
_VIEWS = """
from django.http import HttpResponse


def home(request):
    return HttpResponse()


def public(request):
    return HttpResponse()
"""


def drawn(folder: Path, **files: str) -> dict[str, str]:
    """Method and path of each route (HEAD left out), with its verdict. A file in a folder: `shop__apps`."""
    for name, text in {"settings": _SETTINGS, "views": _VIEWS, **files}.items():
        path = folder / f"{name.replace('__', '/')}.py"
        for above in path.relative_to(folder).parents[:-1]:
            (folder / above).mkdir(exist_ok=True)
            (folder / above / "__init__.py").touch()
        path.write_text(text)
    return {f"{one.method} {one.path}": one.verdict for one in draw(folder).map.routes if one.method != "HEAD"}


_DECORATE = """
from functools import update_wrapper

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, include, path
import inner
from views import home, public


def decorate(patterns, decorator):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            decorate(pattern.url_patterns, decorator)
        if getattr(pattern, "callback", None):
            pattern.callback = update_wrapper(decorator(pattern.callback), pattern.callback)
    return patterns


def by_name(patterns, names):
    for pattern in patterns:
        if isinstance(pattern, URLPattern) and pattern.name in names:
            pattern.callback = login_required(pattern.callback)
    return patterns


deep = [path("x/", include("more"))]
urlpatterns = [path("", home), path("in/", include(inner)), path("deep/", include((deep, "d")))]
urlpatterns = decorate(urlpatterns, login_required)
urlpatterns += [path("login/", public)]
more = [path("a", public, name="open"), path("b", public, name="closed"), path("c", public)]
urlpatterns += by_name(more, ["closed"])
"""


def test_what_is_put_around_the_views_of_a_list_guards_them_and_no_others(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls=_DECORATE,
        inner='from django.urls import path\nfrom views import home\nurlpatterns = [path("one", home)]\n',
        more='from django.urls import path\nfrom views import home\nurlpatterns = [path("two", home)]\n',
    )

    assert found == {
        "GET /": "guarded", "GET /in/one": "guarded", "GET /deep/x/two": "guarded", "GET /login/": "unguarded",
        "GET /a": "unguarded", "GET /b": "guarded", "GET /c": "unguarded",
    }  # fmt: skip


def test_what_a_setting_may_put_around_a_view_is_no_guard_for_sure(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        urls="""
import os

from django.contrib.auth.decorators import login_required
from django.urls import path
from views import home

urlpatterns = [path("", home)]
if os.environ.get("CLOSED"):
    for pattern in urlpatterns:
        pattern.callback = login_required(pattern.callback)
""",
    )

    assert found["GET /"] != "guarded"


_APPS = """
from django.apps import AppConfig, apps
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, include, path


class Config(AppConfig):
    closed = ()

    def get_urls(self):
        return []

    def guarded(self, patterns):
        for pattern in patterns:
            if isinstance(pattern, URLPattern) and pattern.name in self.closed:
                pattern.callback = login_required(pattern.callback)
        return patterns

    @property
    def urls(self):
        return self.get_urls(), self.label, "shop"


class ShopConfig(Config):
    name = "shop"

    def ready(self):
        self.orders = apps.get_app_config("orders")

    def get_urls(self):
        from views import home

        return [path("", home), path("orders/", include(self.orders.urls[0]))]
"""
_ORDERS = """
from django.conf import settings
from django.urls import path
from django.utils.module_loading import import_string
from shop.apps import Config


class OrdersConfig(Config):
    name = "shop.orders"
    closed = ("mine",)

    def ready(self):
        self.mine = import_string(settings.SHOP_VIEW_OF_MINE)

    def get_urls(self):
        from views import public

        return self.guarded([path("mine", self.mine, name="mine"), path("public", public, name="public")])
"""
_DEFAULTS = 'SHOP_VIEW_OF_MINE = "views.home"\n'
_OF_SHOP = {"": "unguarded", "orders/mine": "guarded", "orders/public": "unguarded"}


def test_applications_of_a_project_give_the_lists_that_it_includes(tmp_path: Path) -> None:
    found = drawn(
        tmp_path,
        settings='ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["shop.apps.ShopConfig", "shop.orders"]\n',
        urls="from django.apps import apps\nfrom django.urls import include, path\n"
        'urlpatterns = [path("shop/", include(apps.get_app_config("shop").urls[0]))]\n',
        shop__apps=_APPS,
        shop__orders__apps=_ORDERS,
        shop__defaults=_DEFAULTS,
    )

    assert found == {f"GET /shop/{path}": verdict for path, verdict in _OF_SHOP.items()}


def test_applications_without_a_project_are_served_as_they_are(tmp_path: Path) -> None:
    found = drawn(tmp_path, settings="", shop__apps=_APPS, shop__orders__apps=_ORDERS, shop__defaults=_DEFAULTS)

    assert found == {f"GET /{path}": verdict for path, verdict in _OF_SHOP.items()}


@pytest.mark.parametrize("how", ["a generator", "a list"])
def test_what_applications_register_where_they_are_found_is_on_the_map(tmp_path: Path, how: str) -> None:
    gives = "yield import_module(name)" if how == "a generator" else "found.append(import_module(name))"
    found = drawn(
        tmp_path,
        settings='ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["shop", "news", "empty"]\n',
        hooks=f"""
from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

_known = []


def register(function):
    _known.append(function)
    return function


def modules():
    found = []
    for app in apps.get_app_configs():
        if module_has_submodule(app.module, "web"):
            name = f"{{app.name}}.web"
            {gives}
    {"" if how == "a generator" else "return found"}


def known():
    list(modules())
    return _known
""",
        urls="""
from django.contrib.auth.decorators import login_required
from django.urls import path
from hooks import known
from views import public

urlpatterns = [path("", public)]
for one in known():
    urlpatterns += one()
""",
        shop__web="from django.urls import path\nfrom hooks import register\nfrom views import home\n\n\n"
        '@register\ndef shop():\n    return [path("shop", home)]\n',
        news__web="from django.contrib.auth.decorators import login_required\nfrom django.urls import path\n"
        "from hooks import register\nfrom views import home\n\n\n"
        '@register\ndef news():\n    return [path("news", login_required(home))]\n',
        empty__views="",
    )

    assert found == {"GET /": "unguarded", "GET /shop": "unguarded", "GET /news": "guarded"}


_BY_SETTINGS = """
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.urls import path
from elsewhere.urls import patterns
from views import home, public

urlpatterns = [path("home/", login_required(home)), path("public/", public)]
if settings.WITH_FILES:
    urlpatterns = [path("files/", home)] + urlpatterns
if not settings.WITH_FILES:
    urlpatterns = urlpatterns + [path("kept/", login_required(home))]
urlpatterns += patterns + [path("last/", public)]
"""


def test_a_list_that_settings_make_longer_keeps_what_it_has(tmp_path: Path) -> None:
    expected = {"GET /home/": "guarded", "GET /public/": "unguarded", "GET /files/": "unguarded",
                "GET /kept/": "guarded", "GET /last/": "unguarded"}  # fmt: skip

    assert expected == drawn(tmp_path, urls=_BY_SETTINGS)


_FIRST = """
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.urls import re_path
from views import home, public


def service(*args, **kwargs):
    given = list(args)
    given[0] = "^service/" + given[0]
    return re_path(*given, **kwargs)


urlpatterns = [service("home/$", login_required(home)), service("public/$", public)]
"""


def test_a_list_of_arguments_is_given_another_first_one(tmp_path: Path) -> None:
    assert {"GET /service/home/": "guarded", "GET /service/public/": "unguarded"} == drawn(tmp_path, urls=_FIRST)


_OWN_CLASS = """
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import never_cache
from views import home, public


class Wrapped(URLPattern):
    def resolve(self, *args, **kwargs):
        result = {resolved}
        if result:
            for decorator in self._around:
                result.func = decorator(result.func)
        return result


def put_around(entry, decorator):
    entry.__class__ = Wrapped
    if not hasattr(entry, "_around"):
        setattr(entry, "_around", [])
    entry._around.append(decorator)


def around(decorators, *entries):
    for decorator in decorators:
        for entry in entries:
            if isinstance(entry, URLPattern):
                put_around(entry, decorator)
            elif isinstance(entry, URLResolver):
                for inner in entry.url_patterns:
                    put_around(inner, decorator)
    return entries


urlpatterns = [path("", public)]
urlpatterns += around([login_required], path("home/", home))
urlpatterns += around([never_cache], path("public/", public))
urlpatterns += around([never_cache, login_required], path("in/", include([path("home/", home)])))
"""


@pytest.mark.parametrize("resolved", ["super().resolve(*args, **kwargs)", "URLPattern.resolve(self, *args, **kwargs)"])
def test_entries_of_a_class_of_the_project_are_resolved_by_it(resolved: str, tmp_path: Path) -> None:
    expected = {"GET /": "unguarded", "GET /home/": "guarded", "GET /public/": "unguarded", "GET /in/home/": "guarded"}

    assert expected == drawn(tmp_path, urls=_OWN_CLASS.replace("{resolved}", resolved))


def test_what_an_entry_of_a_class_of_the_project_is_resolved_to_may_be_unknown(tmp_path: Path) -> None:
    urls = _OWN_CLASS.replace("{resolved}", "super().resolve(*args, **kwargs)").replace(
        "return result", "return _found"
    )

    assert "unknown" == drawn(tmp_path, urls=urls)["GET /home/"]


_TAKEN_APART = """
from django.contrib.auth.decorators import login_required
from django.urls import include, path
from views import home, public


def around(urls, decorator):
    entries, app_name, namespace = include(urls)

    def each(patterns):
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                each(pattern.url_patterns)
            else:
                pattern.callback = decorator(pattern.callback)

    each(entries)
    return entries, app_name, namespace


def short(name):
    return path("%s/<int:pk>/" % name[0], public)


urlpatterns = [
    path("in/", around([path("a/", home), path("b/", include([path("c/", home)]))], login_required)),
    short("thread"),
]
"""


def test_what_an_inclusion_gives_is_taken_apart(tmp_path: Path) -> None:
    expected = {"GET /in/a/": "guarded", "GET /in/b/c/": "guarded", "GET /t/{pk}/": "unguarded"}

    assert expected == drawn(tmp_path, urls=_TAKEN_APART)


def test_a_list_that_is_imported_is_that_of_another_module(tmp_path: Path) -> None:
    inner = "from django.urls import path\nfrom views import home\n\nurlpatterns = [path('home/', home)]\n"
    found = drawn(
        tmp_path,
        urls="from shop.paths import urlpatterns\n",
        shop__paths=inner,
        shop__hooks="from shop.paths import urlpatterns\n",
    )

    assert {"GET /home/": "unguarded"} == found
    assert not draw(tmp_path).map.not_read


def test_a_pattern_is_put_together_of_escaped_texts(tmp_path: Path) -> None:
    urls = """
import re

from django.conf import settings
from django.urls import re_path
from views import home

urlpatterns = [re_path(r"^%s(?P<path>.*)$" % re.escape(settings.MEDIA_URL.lstrip("/")), home)]
"""
    found = drawn(tmp_path, urls=urls, settings=_SETTINGS + 'MEDIA_URL = "/shop-media/v1.0/"\n')

    assert {"GET /shop-media/v1.0/{path}": "unguarded"} == found


_OPEN_LOOP = """
import importlib

from django.apps import apps
from django.urls import include, path
from views import home

of_plugins = []
for app in apps.get_app_configs():
    if hasattr(app, "PluginMeta"):
        module = importlib.import_module(app.name + ".urls")
        of_plugins.append(path("", include(module.urlpatterns)))

urlpatterns = [
    path("", include((of_plugins, "plugins"))),
    path("shop/", include("shop.paths")),
    path("home/", home),
]
"""


def test_what_stands_behind_a_loop_of_which_no_turn_is_known_is_there_for_sure(tmp_path: Path) -> None:
    inner = "from django.urls import path\nfrom views import public\n\nurlpatterns = [path('public/', public)]\n"

    found = drawn(tmp_path, urls=_OPEN_LOOP, shop__paths=inner)

    assert {"GET /shop/public/": "unguarded", "GET /home/": "unguarded"} == found


def test_one_or_another_list_of_paths_is_included(tmp_path: Path) -> None:
    urls = """
from django.conf import settings
from django.urls import include, path
from views import home, public

inner = include([path("home/", home)]) if settings.SMALL else include([path("public/", public)])
urlpatterns = [path("in/", inner)]
"""

    assert set(drawn(tmp_path, urls=urls)) == {"GET /in/home/", "GET /in/public/"}
