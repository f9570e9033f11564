"""Whom a signal asks: whoever in the tree is connected to it may let callers pass. And views that only dispatch."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_FILES = {
    "settings": 'ROOT_URLCONF = "urls"\nMIDDLEWARE = ["around.Asking"]\nINSTALLED_APPS = []\n',
    "signals": "import django.dispatch\n\nopen_to_all = django.dispatch.Signal()\nother = django.dispatch.Signal()\n",
    "around": """
from django.shortcuts import redirect
from django.urls import resolve

from signals import open_to_all


class Asking:
    OPEN = ("login",)

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        found = resolve(request.path_info)
        allowed = True
        if request.user.is_anonymous and found.url_name not in self.OPEN:
            allowed = False
        if not allowed:
            ways = []
            for receiver, answer in open_to_all.send(self):
                ways.extend(answer)
            for way in ways:
                if callable(way):
                    if way(request, found):
                        allowed = True
                        break
                elif found.url_name == way:
                    allowed = True
                    break
        if not allowed:
            return redirect("/login/")
        return self.get_response(request)
""",
    "urls": """
from django.urls import path
from views import Copy, Listed, home

urlpatterns = [
    path("login/", home, name="login"),
    path("", home, name="home"),
    path("page/", home, name="page"),
    path("pages/all/", home, name="pages-all"),
    path("copy/", Copy.as_view(), name="copy"),
    path("list/", Listed.as_view(), name="list"),
]
""",
    "views": """
from django.http import HttpResponse
from django.views import View


def home(request):
    return HttpResponse()


class Copy(View):
    def dispatch(self, request, *args, **kwargs):
        return HttpResponse(self.kwargs)


class Listed(View):
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        return HttpResponse()
""",
}
_ROWS = {"GET /login/", "GET /", "GET /page/", "GET /pages/all/", "GET /copy/", "POST /list/"}
_CONNECTED = {
    "nobody": ("", set()),
    "by its name": ("@receiver(open_to_all)\ndef pages(sender, **kwargs):\n    return ['page']\n", {"GET /page/"}),
    "by what is asked": (
        "@receiver([other, open_to_all])\ndef pages(sender, **kwargs):\n"
        "    return (lambda request, found: found.url_name.startswith('page'),)\n",
        {"GET /page/", "GET /pages/all/"},
    ),
    "by a call": (
        "def pages(sender, **kwargs):\n    return ['page']\n\n\nopen_to_all.connect(pages, dispatch_uid='pages')\n",
        {"GET /page/"},
    ),
    "another one": ("@receiver(other)\ndef pages(sender, **kwargs):\n    return ['page']\n", set()),
}


@pytest.mark.parametrize("shape", _CONNECTED)
def test_whom_a_signal_asks_is_whoever_is_connected_to_it(tmp_path: Path, shape: str) -> None:
    connected, opened = _CONNECTED[shape]
    imports = "from django.dispatch import receiver\n\nfrom signals import open_to_all, other\n\n\n"
    for name, text in {**_FILES, "apart": imports + connected}.items():
        (tmp_path / f"{name}.py").write_text(text)

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert rows == {row: "unguarded" if row in opened | {"GET /login/"} else "guarded" for row in _ROWS}


def test_who_is_connected_and_cannot_be_read_may_let_anybody_pass(tmp_path: Path) -> None:
    connected = "from elsewhere import pages\n\nfrom signals import open_to_all\n\nopen_to_all.connect(pages)\n"
    for name, text in {**_FILES, "apart": connected}.items():
        (tmp_path / f"{name}.py").write_text(text)

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes if one.method != "HEAD"}

    assert rows == {row: "unguarded" if row == "GET /login/" else "unknown" for row in _ROWS}
