"""What is called like a guard, of an object that a function elsewhere gave, where only the tree has such a method."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MODELS = """
from django.core.exceptions import PermissionDenied
from django.db import models

class Profile(models.Model):
    key = models.CharField(max_length=9)

    def ensure_login_key(self):
        {does}
"""
_VIEWS = """
from django.contrib.auth import authenticate
from django.http import HttpResponse
import theirs

def enter(request, key):
    profile = {given}
    profile.ensure_login_key()
    return HttpResponse("sent")
"""
_SETS, _RAISES = "self.key = 'new'", "if not self.key: raise PermissionDenied"
_SHAPES = {
    "a row of ours": (_SETS, "authenticate(request, key=key)", "unguarded"),
    "a row of ours that refuses": (_RAISES, "authenticate(request, key=key)", "unknown"),
    "an object of theirs": (_SETS, "theirs.Checker(request)", "unknown"),
    "a module of theirs": (_SETS, "theirs", "unknown"),
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_a_method_of_the_tree_is_asked_of_what_a_function_gives(shape: str, tmp_path: Path) -> None:
    does, given, verdict = _SHAPES[shape]
    (tmp_path / "settings.py").write_text('ROOT_URLCONF = "urls"\nINSTALLED_APPS = []\n')
    (tmp_path / "models.py").write_text(_MODELS.format(does=does))
    views = _VIEWS.format(given=given)
    if given == "theirs":
        views = views.replace("profile.ensure", "theirs.ensure")
    (tmp_path / "views.py").write_text(views)
    (tmp_path / "urls.py").write_text(
        'from django.urls import path\nfrom views import enter\n\nurlpatterns = [path("enter/<key>/", enter)]\n'
    )

    rows = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert rows == {"/enter/{key}/": verdict}
