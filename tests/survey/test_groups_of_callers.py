"""Groups and roles of who calls, looked up by their names: what is asked for is the role of that name."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_VIEWS = """
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse


def in_group(user, name):
    return user.is_authenticated and user.groups.filter(name=name).exists()


def view(request):
    user = request.user
    if {refused}:
        raise PermissionDenied
    return HttpResponse("x")
"""
_URLS = """
from django.urls import path
import views
urlpatterns = [path("x/", views.view)]
"""


@pytest.mark.parametrize(
    ("refused", "verdict", "binding"),
    [
        ('not user.groups.filter(name="editors").exists()', "guarded", ("role:editors",)),
        ('not user.groups.filter(name__iexact="editors")', "guarded", ("role:editors",)),
        ('user.groups.filter(name="editors").count() == 0', "guarded", ("role:editors",)),
        ('user.groups.filter(name="editors").count() < 1', "guarded", ("role:editors",)),
        ('not user.groups.filter(name="editors").count() > 0', "guarded", ("role:editors",)),
        ('user.groups.filter(name="editors").first() is None', "guarded", ("role:editors",)),
        ('not in_group(user, "editors")', "guarded", ("role:editors",)),
        ('not user.user_permissions.filter(codename="edit").exists()', "guarded", ("edit",)),
        ('not user.groups.filter(name__in=["editors", "owners"]).exists()', "guarded", None),
        ("not user.groups.filter(pk=3).exists()", "guarded", None),
        ('not user.groups.filter(name=request.GET["name"]).exists()', "guarded", None),
        ('user.groups.filter(name="banned").exists()', "unguarded", None),
        ('user.groups.filter(name="banned").count() > 0', "unguarded", None),
        ('not user.is_authenticated or user.groups.filter(name="banned").exists()', "guarded", "signed-in"),
    ],
)
def test_whoever_must_be_of_a_group_is_asked_for_that_role(
    refused: str, verdict: str, binding: tuple[str, ...] | str | None, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\n')
    (tmp_path / "urls.py").write_text(_URLS)
    (tmp_path / "views.py").write_text(_VIEWS.format(refused=refused))
    route = next(one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert (verdict, binding) == (route.verdict, route.binding)
