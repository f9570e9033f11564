"""Packages that add to applications of Litestar which somebody else makes: plugins, with what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_PLUGIN = """
from dataclasses import dataclass

from litestar import Controller, Router, get
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.plugins import {base}


@dataclass
class Config:
    backend: object | None = None
    path: str = "/shelf"


def signed_in(connection, route_handler) -> None:
    if not connection.headers.get("Authorization"):
        raise NotAuthorizedException()


class Shelf(Controller):
    path = "/books"

    @get("/")
    async def books(self) -> str:
        return ""

    @get("/mine", guards=[signed_in])
    async def mine(self) -> str:
        return ""

    @get("/me")
    async def me(self, config: Config, request: ASGIConnection) -> str:
        if config.backend is None:
            raise NotAuthorizedException()
        user = await config.backend.get_current_user(request)
        if user is None:
            raise NotAuthorizedException()
        return user.name


class Plugin({base}):
    def __init__(self, config: Config | None = None) -> None:
        self._config = config if config is not None else Config()

    def on_app_init(self, app_config):
        app_config.dependencies = {{**dict(app_config.dependencies or {{}}), "config": Provide(lambda: self._config)}}
        guards = [signed_in] if self._config.backend is not None else []
        app_config.route_handlers = [
            *list(app_config.route_handlers or []),
            Router("/shelf", route_handlers=[Shelf]),
            Router("/back", route_handlers=[back], guards=guards),
        ]
        return app_config


@get("/")
async def back() -> str:
    return ""
"""


def _verdicts(tmp_path: Path, source: str) -> dict[str, str]:
    (tmp_path / "plugin.py").write_text(source)
    return {
        route.path: str(route.verdict) for route in draw(tmp_path).map.routes if not route.path.startswith("/schema")
    }


@pytest.mark.parametrize("base", ["InitPlugin", "InitPluginProtocol"])
def test_what_a_plugin_adds_is_on_the_map_of_its_package(tmp_path: Path, base: str) -> None:
    found = _verdicts(tmp_path, _PLUGIN.format(base=base))

    assert found["/shelf/books"] == "unguarded"
    assert found["/shelf/books/mine"] == "guarded"
    assert {"/shelf/books", "/shelf/books/mine", "/shelf/books/me", "/back"} == found.keys()


def test_what_whoever_makes_a_plugin_decides_is_not_sure(tmp_path: Path) -> None:
    (tmp_path / "plugin.py").write_text(_PLUGIN.format(base="InitPlugin"))

    found = {route.path: route for route in draw(tmp_path).map.routes}

    assert "unguarded" != found["/shelf/books/me"].verdict
    assert "guarded" != found["/back"].verdict
    assert found["/back"].because


def test_nothing_is_added_by_itself_where_an_application_is_there(tmp_path: Path) -> None:
    source = _PLUGIN.format(base="InitPlugin") + "\n\nfrom litestar import Litestar\n\napp = Litestar([back])\n"

    assert {"/": "unguarded"} == _verdicts(tmp_path, source)


_LAMBDA = """
from fastapi import Depends, FastAPI, HTTPException
from elsewhere import accounts


def deny():
    raise HTTPException(401)


app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


@app.get("/one")
def one(found=Depends(lambda: {body})):
    return found
"""


@pytest.mark.parametrize(("body", "verdict"), [("deny()", "guarded"), ("3", "unguarded"), ("[]", "unguarded")])
def test_a_dependency_may_be_a_lambda(tmp_path: Path, body: str, verdict: str) -> None:
    assert {"/one": verdict} == _verdicts(tmp_path, _LAMBDA.format(body=body))
