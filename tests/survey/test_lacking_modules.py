"""Modules that a package asks for and does not have: what catches the failed import is what happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
from pyramid.config import Configurator


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_route("home", "/")
    config.scan("shop.views")
    return config.make_wsgi_app()
"""
_VIEWS = """
try:
    {asked}
except {caught}:
    from shop.helpers import signed, view_config


@view_config(route_name="home")
def home(request):
    signed(request)
    return {}
"""
_HELPERS = """
from pyramid.httpexceptions import HTTPForbidden
from pyramid.view import view_config


def signed(request):
    {body}
"""
_REFUSES = 'if "Authorization" not in request.headers:\n        raise HTTPForbidden()'


def _verdict(folder: Path, asked: str, caught: str, helpers: str, core: str | None = None) -> str | None:
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "shop" / "main.py").write_text(_MAIN)
    (folder / "shop" / "views.py").write_text(_VIEWS.replace("{asked}", asked).replace("{caught}", caught))
    (folder / "shop" / "helpers.py").write_text(_HELPERS.replace("{body}", helpers))
    if core is not None:
        (folder / "shop" / "core.py").write_text(_HELPERS.replace("{body}", core))
    found = [route.verdict for route in draw(folder).map.routes if route.method == "GET"]
    return found[0] if found else None


@pytest.mark.parametrize(
    "asked", ["from shop.core import signed, view_config", "from .core import signed, view_config"]
)
@pytest.mark.parametrize("caught", ["ImportError", "ModuleNotFoundError", "(ImportError, AttributeError)", "Exception"])
def test_what_catches_the_failed_import_counts(asked: str, caught: str, tmp_path: Path) -> None:
    assert "guarded" == _verdict(tmp_path, asked, caught, _REFUSES)


def test_what_catches_it_may_ask_nothing(tmp_path: Path) -> None:
    assert "unguarded" == _verdict(tmp_path, "from shop.core import signed, view_config", "ImportError", "pass")


def test_a_module_that_is_there_is_imported(tmp_path: Path) -> None:
    asked = "from shop.core import signed, view_config"

    assert "unguarded" == _verdict(tmp_path, asked, "ImportError", _REFUSES, core="pass")


def test_of_another_package_nobody_knows_whether_it_is_there(tmp_path: Path) -> None:
    asked = "from elsewhere.core import signed, view_config"

    assert "guarded" != _verdict(tmp_path, asked, "ImportError", _REFUSES)
