"""Middleware of Django that asks what a request is resolved to: names, namespaces, arguments and the view."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SETTINGS = 'ROOT_URLCONF = "urls"\nMIDDLEWARE = ["gate.Gate"]\n'
_URLS = """
from django.http import HttpResponse
from django.urls import include, path


def page(request, **named):
    return HttpResponse()


def free(request):
    return HttpResponse()


free.is_free = True
_deep = [path("b/", page, name="b")]
_staff = [path("a/", page, name="a"), path("login/", page, name="login"), path("deep/", include((_deep, "deep")))]
urlpatterns = [
    path("", page, name="home"),
    path("login/", page, name="login"),
    path("free/", free, name="free"),
    path("staff/", include((_staff, "office"), namespace="staff")),
    path("members/", include("members")),
    path("shops/<str:shop>/", page),
    path("told/", page, {"shop": "all"}),
]
"""
_MEMBERS = """
from django.urls import path
from urls import page

app_name = "members"
urlpatterns = [path("list/", page, name="list")]
"""
_GATE = """
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import get_script_prefix, resolve


class Gate:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        {before}
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        match = request.resolver_match
        if {asks} and request.user.is_anonymous:
            return redirect("login")
        return None
"""
_NOTHING = "pass"


def verdicts(folder: Path, asks: str, before: str = _NOTHING) -> dict[str, str]:
    """The verdict on each path of the project, whose middleware asks who is calling where `asks` is so."""
    gate = _GATE.format(asks=asks, before=before)
    for name, text in {"settings": _SETTINGS, "urls": _URLS, "members": _MEMBERS, "gate": gate}.items():
        (folder / f"{name}.py").write_text(text)
    return {one.path: one.verdict for one in draw(folder).map.routes if one.method == "GET"}


_ALL = {"/", "/login/", "/free/", "/staff/a/", "/staff/login/", "/staff/deep/b/", "/members/list/",
        "/shops/{shop}/", "/told/"}  # fmt: skip


@pytest.mark.parametrize(
    ("asks", "guarded", "unknown"),
    [
        ('match.url_name not in ("login", "home")',
         _ALL - {"/", "/login/", "/staff/login/"}, set()),
        ('"staff" in match.namespaces', {"/staff/a/", "/staff/login/", "/staff/deep/b/"}, set()),
        ('match.namespace == "staff:deep"', {"/staff/deep/b/"}, set()),
        ('match.view_name == "members:list"', {"/members/list/"}, set()),
        ('match.kwargs.get("shop")', {"/shops/{shop}/"}, {"/told/"}),
        ('not getattr(match.func, "is_free", False)', _ALL - {"/free/"}, set()),
        ("match", _ALL, set()),
        ("match is None", set(), set()),
        ('request.path.startswith(get_script_prefix().rstrip("/") + "/staff")',
         {"/staff/a/", "/staff/login/", "/staff/deep/b/"}, set()),
    ],
)  # fmt: skip
def test_what_the_path_is_called_decides(asks: str, guarded: set[str], unknown: set[str], tmp_path: Path) -> None:
    found = verdicts(tmp_path, asks)

    assert unknown == {path for path, verdict in found.items() if verdict == "unknown"}
    assert guarded - unknown == {path for path, verdict in found.items() if verdict == "guarded"}
    assert _ALL == set(found)


_RESOLVED = """
        match = resolve(request.path_info)
        if "staff" in match.namespaces and match.url_name != "login" and request.user.is_anonymous:
            answer = self.refused(request)
            if answer:
                return answer
        return self.get_response(request)

    def refused(self, request):
        return redirect("login")

    def unused(self, request):"""


def test_middleware_may_resolve_the_path_itself(tmp_path: Path) -> None:
    found = verdicts(tmp_path, "False", _RESOLVED)

    assert {"/staff/a/", "/staff/deep/b/"} == {path for path, verdict in found.items() if verdict == "guarded"}
    assert _ALL - {"/staff/a/", "/staff/deep/b/"} == {path for path, verdict in found.items() if verdict == "unguarded"}


_TOO_EARLY = """if request.resolver_match and request.user.is_anonymous:
            return redirect("login")"""
_AFTERWARDS = """answer = self.get_response(request)
        if request.resolver_match.url_name == "home" and request.user.is_anonymous:
            return redirect("login")
        return answer"""


def test_before_the_view_is_looked_for_nothing_is_resolved(tmp_path: Path) -> None:
    assert {"unguarded"} == set(verdicts(tmp_path, "False", _TOO_EARLY).values())


def test_another_path_than_that_of_the_request_is_not_resolved(tmp_path: Path) -> None:
    other = _RESOLVED.replace("request.path_info", 'request.GET.get("next", "/")')

    assert {"unknown"} == set(verdicts(tmp_path, "False", other).values())
