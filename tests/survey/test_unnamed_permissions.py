"""Permissions of Django whose names cannot be told: who has no credential has none of them, and all of none."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_VIEWS = """
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpResponse
from django.views.generic import View
from django.views.generic.detail import SingleObjectMixin


class Change(PermissionRequiredMixin, SingleObjectMixin, View):
    def get_permission_required(self):
        self.object = self.get_object()
        of = self.object._meta
        {gives}

    def post(self, request, pk):
        return HttpResponse("ok")
"""


@pytest.mark.parametrize(
    ("gives", "verdict"),
    [
        ('return [f"{of.app_label}.change_{of.model_name}"]', "guarded"),
        ('yield f"{of.app_label}.change_{of.model_name}"\n        yield "shop.sell"', "guarded"),
        ('yield "shop.sell"', "guarded"),
        ('if self.request.POST.get("all"):\n            yield "shop.sell"', "unknown"),
        ('if self.request.POST.get("all"):\n            yield f"{of.app_label}.sell"', "unknown"),
        ("return []", "unguarded"),
    ],
)
def test_permissions_that_are_made_when_they_are_asked_for(gives: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\nINSTALLED_APPS = ["django.contrib.auth"]\n')
    (tmp_path / "urls.py").write_text(
        'from django.urls import path\nimport views\nurlpatterns = [path("change/<int:pk>/", views.Change.as_view())]\n'
    )
    (tmp_path / "views.py").write_text(_VIEWS.replace("{gives}", gives))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict
