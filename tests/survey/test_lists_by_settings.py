"""Lists of paths to which a function adds one list or another, as a setting has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_VIEWS = """
from django.http import HttpResponse

def home(request): return HttpResponse()

def shop(request): return HttpResponse()

def orders(request): return HttpResponse()
"""
_URLS = """
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.urls import path
import views


def of_the_index():
    if settings.INDEX is None:
        return [path("", views.home)]
    else:
        return [path("", views.home), path("shop/", {shop})]


urlpatterns = [path("orders/", login_required(views.orders))]
{added}
"""
_SETTINGS = """
import os

ROOT_URLCONF = "urls"
INSTALLED_APPS = []
INDEX = os.environ.get("INDEX")
"""


@pytest.mark.parametrize(
    ("added", "shop", "verdict"),
    [
        ("urlpatterns += of_the_index()", "views.shop", "unguarded"),
        ("urlpatterns += of_the_index()", "login_required(views.shop)", "guarded"),
        ("urlpatterns.extend(of_the_index())", "views.shop", "unguarded"),
    ],
)
def test_what_either_list_has_is_on_the_map(added: str, shop: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "views.py").write_text(_VIEWS)
    (tmp_path / "urls.py").write_text(_URLS.replace("{added}", added).replace("{shop}", shop))
    (tmp_path / "settings.py").write_text(_SETTINGS)

    drawn = draw(tmp_path)
    told = {one.path: one.verdict for one in drawn.map.routes if one.method == "GET"}

    assert told["/orders/"] == "guarded"
    assert told["/"] == "unguarded"
    assert told["/shop/"] == verdict
    assert not drawn.map.not_read
