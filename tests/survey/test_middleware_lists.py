"""Which middleware stands before all views of a project of Django, where settings do not just list it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_URLS = """
from django.http import HttpResponse
from django.urls import path


def page(request):
    return HttpResponse()


urlpatterns = [path("", page)]
"""
_GATE = """
from django.shortcuts import redirect


class Gate:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_anonymous:
            return redirect("login")
        return self.get_response(request)


class Clock:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)
"""
_APPLIED = """
from django.utils.module_loading import import_string


def applied(middleware, text):
    for name in filter(None, (one.strip() for one in text.split(","))):
        middleware = import_string(name)(middleware)
    return middleware
"""


@pytest.mark.parametrize(
    ("settings", "verdict", "because"),
    [
        ('MIDDLEWARE = ["gate.Gate"]', "guarded", None),
        ('MIDDLEWARE = applied(["gate.Gate"], os.environ.get("MORE", ""))', "guarded", "by default"),
        ('MIDDLEWARE = applied(["gate.Clock"], os.environ.get("MORE", ""))', "unguarded", None),
        ('MIDDLEWARE = []\nif os.environ.get("A"):\n    MIDDLEWARE.append("gate.Gate")', "unknown", "whether"),
        ('MIDDLEWARE = ["gate.Gate"] if os.environ.get("MORE") else ["gate.Clock"]', "unknown", "whether"),
        ('MIDDLEWARE = json.load(open("/etc/shop.json"))', "unknown", "the list of middleware"),
    ],
)  # fmt: skip
def test_what_stands_before_all(settings: str, verdict: str, because: str | None, tmp_path: Path) -> None:
    head = 'import json\nimport os\n\nfrom applied import applied\n\nROOT_URLCONF = "urls"\n'
    for name, text in {"settings": head + settings, "urls": _URLS, "gate": _GATE, "applied": _APPLIED}.items():
        (tmp_path / f"{name}.py").write_text(f"{text}\n")

    (found,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert (verdict, True) == (found.verdict, (found.because or "").startswith(because or ""))
