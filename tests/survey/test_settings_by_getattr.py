"""Settings of a package behind an object of its own, whose `__getattr__` gives what a project sets, or a default."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SHAPES = {
    "what is caught gives the default": """
class Known:
    is_private = DEFAULT
    is_other = DEFAULT


class Own:
    def __getattr__(self, name):
        try:
            return getattr(settings, f"SHOP_{name.upper()}")
        except AttributeError:
            return getattr(Known, name)
""",
    "a default in a table": """
KNOWN = {"is_private": DEFAULT}


class Own:
    def __getattr__(self, name):
        return getattr(settings, "SHOP_" + name.upper(), KNOWN[name])
""",
    "one table of the project over another": """
KNOWN = {"is_private": DEFAULT}


class Own:
    @property
    def given(self):
        return getattr(settings, "SHOP", {})

    def __getattr__(self, name):
        if name not in KNOWN:
            raise AttributeError(name)
        try:
            found = self.given[name]
        except KeyError:
            found = KNOWN[name]
        setattr(self, name, found)
        return found
""",
}
_URLS = """
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.urls import path
from shop.conf import own


def page(request):
    if own.is_private and not request.user.is_authenticated:
        return redirect_to_login("/")
    return HttpResponse("ok")


urlpatterns = [path("page/", page)]
"""


def told(folder: Path, shape: str, default: str) -> str:
    """The verdict on a page that a setting keeps guests out of."""
    (folder / "shop").mkdir()
    (folder / "settings.py").write_text("ROOT_URLCONF = 'shop.urls'\n")
    (folder / "shop" / "__init__.py").write_text("")
    text = f"from django.conf import settings\n{shape.replace('DEFAULT', default)}\n\nown = Own()\n"
    (folder / "shop" / "conf.py").write_text(text)
    (folder / "shop" / "urls.py").write_text(_URLS)
    return next(one.verdict for one in draw(folder).map.routes if one.method == "GET")


@pytest.mark.parametrize("how", _SHAPES)
@pytest.mark.parametrize(("default", "verdict"), [("False", "unguarded"), ("True", "guarded")])
def test_the_default_of_such_an_object_decides_by_default(how: str, default: str, verdict: str, tmp_path: Path) -> None:
    assert verdict == told(tmp_path, _SHAPES[how], default)


def test_what_nobody_can_read_of_such_an_object_decides_nothing(tmp_path: Path) -> None:
    assert "unknown" == told(tmp_path, "import os\n" + _SHAPES["a default in a table"], "bool(load(os.getcwd()))")
