"""Litestar: controllers that code finds in packages, and what a plugin sets as the application is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_CONTROLLER = """
from litestar import Controller, get

__all__ = ("Orders",)


class Orders(Controller):
    path = "/orders"

    @get()
    async def every(self) -> list:
        return []

    @get("/public")
    async def public(self) -> list:
        return []
"""
_CORE = """
import importlib
from pathlib import Path

from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
from litestar.plugins import InitPluginProtocol


def signed_in(connection, handler):
    if connection.scope["path"].endswith("/public"):
        return
    if "X-Key" not in connection.headers:
        raise NotAuthorizedException()


def found():
    for folder in sorted(Path(importlib.import_module("shop.domain").__path__[0]).iterdir()):
        yield from importlib.import_module(f"shop.domain.{folder.name}").handlers


class Core(InitPluginProtocol):
    def on_app_init(self, app_config):
        app_config.path = "/api"
        app_config.guards = [signed_in]
        app_config.route_handlers.extend(found())
        return app_config


def create_app():
    return Litestar(plugins=[Core()], openapi_config=None)
"""


def _map(folder: Path, core: str = _CORE, **files: str) -> dict[str, str]:
    for name, text in {"shop/core": core, "shop/domain/orders/controller": _CONTROLLER, **files}.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in path.relative_to(folder).parents[:-1]:
            (folder / package / "__init__.py").touch()
        path.write_text(text)
    return {one.path: one.verdict for one in draw(folder).map.routes}


def test_controllers_that_nothing_names_are_those_of_the_application(tmp_path: Path) -> None:
    assert _map(tmp_path) == {"/api/orders": "guarded", "/api/orders/public": "unguarded"}


def test_where_nothing_looks_for_modules_they_are_not_served(tmp_path: Path) -> None:
    core = _CORE.replace("importlib.import_module", "load").replace("import importlib", "from loading import load")

    assert _map(tmp_path, core) == {}


def test_a_controller_that_somebody_names_is_where_it_is_put(tmp_path: Path) -> None:
    core = _CORE.replace(
        "def create_app():\n    return Litestar(",
        "def create_app():\n    from shop.domain.orders.controller import Orders\n\n    return Litestar([Orders], ",
    )
    assert _map(tmp_path, core) == {"/api/orders": "guarded", "/api/orders/public": "unguarded"}


def test_of_several_applications_it_is_not_told_which_has_them(tmp_path: Path) -> None:
    assert _map(tmp_path, _CORE + "\n\nother = Litestar([], openapi_config=None)\n") == {}


_CONFIGURED = """
from litestar import Litestar, get
from litestar.exceptions import NotAuthorizedException
from litestar.plugins import InitPluginProtocol


def signed_in(connection, handler):
    if "X-Key" not in connection.headers:
        raise NotAuthorizedException()


@get("/orders")
async def orders() -> list:
    return []


@get("/late")
async def late() -> list:
    return []


class Core(InitPluginProtocol):
    def on_app_init(self, app_config):
        {sets}
        return app_config


app = Litestar(route_handlers=[orders], guards=[{guards}], plugins=[Core()], openapi_config=None)
"""


@pytest.mark.parametrize(
    ("guards", "sets", "expected"),
    [
        ("", "app_config.guards = [signed_in]", {"/orders": "guarded"}),
        ("", 'app_config.path = "/api"', {"/api/orders": "unguarded"}),
        ("signed_in", "app_config.guards = []", {"/orders": "unguarded"}),
        ("signed_in", "app_config.title = []", {"/orders": "guarded"}),
        (
            "signed_in",
            "app_config.route_handlers = [*app_config.route_handlers, late]",
            {"/orders": "guarded", "/late": "guarded"},
        ),
    ],
)
def test_what_a_plugin_sets_stands_for_what_was_given(
    tmp_path: Path, guards: str, sets: str, expected: dict[str, str]
) -> None:
    (tmp_path / "app.py").write_text(_CONFIGURED.format(guards=guards, sets=sets))

    assert {one.path: one.verdict for one in draw(tmp_path).map.routes} == expected
