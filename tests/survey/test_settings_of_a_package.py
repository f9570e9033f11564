"""Settings in a package whose modules take one another from it, and which takes all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_DEFAULTS = """
MIDDLEWARE = ["django.contrib.auth.middleware.AuthenticationMiddleware"]
ROOT_URLCONF = "shop.urls"
"""
_SELECTED = "from shop.settings import defaults\nMIDDLEWARE = defaults.MIDDLEWARE.copy()\n"
_PACKAGE = """
import sys
from shop.settings.defaults import *

if sys.argv[1:2] == ["test"]:
    from shop.settings.quick import *
else:
    try:
        from shop.settings.local import *
    except ModuleNotFoundError as missing:
        if missing.name != "shop.settings.local":
            raise
        from shop.settings.selected import *
"""
_URLS = """
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path

def home(request):
    return HttpResponse("home")

urlpatterns = [path("home", home), path("orders", login_required(home))]
"""


@pytest.mark.parametrize(
    ("selected", "middleware", "home"),
    [
        (_SELECTED, "", "unguarded"),
        # The middleware that one of them puts into the list of the other stands before all.
        (_SELECTED + 'MIDDLEWARE.append("shop.closed.Closed")\n', "closed", "guarded"),
    ],
)
def test_a_module_that_a_package_takes_all_of_is_still_its_part(
    tmp_path: Path, selected: str, middleware: str, home: str
) -> None:
    """`from shop.settings import defaults` is the module, though another one has a name like that to take."""
    closed = """
from django.http import HttpResponse

class Closed:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.user.is_authenticated:
            return HttpResponse(status=401)
        return self.get_response(request)
"""
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
        "shop/__init__.py": "", "shop/urls.py": _URLS, "shop/settings/__init__.py": _PACKAGE,
        "shop/settings/defaults.py": _DEFAULTS, "shop/settings/selected.py": selected,
        "shop/settings/quick.py": _SELECTED, "shop/closed.py": closed if middleware else "",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    said = {one.path: one.verdict for one in draw(tmp_path).map.routes}
    assert said == {"/home": home, "/orders": "guarded"}
