"""Settings that an application carries in its state: whether somebody is asked is up to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_FASTAPI = """
from dataclasses import dataclass

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    asks: bool = {default}


@dataclass
class Config:
    asks: bool = {default}


def signed_in(request: Request):
    if not request.app.state.settings.asks:
        return
    if not request.headers.get("Authorization"):
        raise HTTPException(401)


def create_app({given}):
    {made}
    app = FastAPI(openapi_url=None)
    app.state.settings = settings

    @app.get("/d", dependencies=[Depends(signed_in)])
    def d():
        return "x"

    return app
"""
_MADE = [
    ("", "settings = Settings()"),
    ("settings: Settings", "pass"),
    ("settings: Settings | None = None", "settings = settings or Settings()"),
    ("settings: Settings | None = None", "if settings is None:\n        settings = Settings()"),
]


@pytest.mark.parametrize(("default", "verdict"), [("True", "guarded"), ("False", "unguarded")])
@pytest.mark.parametrize(("given", "made"), _MADE)
def test_settings_decide_as_source_has_them(given: str, made: str, default: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_FASTAPI.format(given=given, made=made, default=default))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict
    assert (route.because or "").startswith("by default: ")


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        ("settings = Config()", "guarded"),
        ("settings = Config(asks=True)", "guarded"),
        ("settings = Config(asks=False)", "unguarded"),
        ("settings = Config(asks=load())", "unknown"),
        ("settings = Config(**load())", "unknown"),
        ("settings = load()", "unknown"),
    ],
)
def test_what_is_given_counts_and_not_what_is_given_otherwise(made: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_FASTAPI.format(given="", made=made, default="True"))

    assert [verdict] == [one.verdict for one in draw(tmp_path).map.routes]


_LITESTAR = """
from litestar import Litestar, get
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    asks: bool = {default}


def signed_in(connection, _):
    if not connection.app.state.settings.asks:
        return
    if not connection.headers.get("Authorization"):
        raise NotAuthorizedException()


@get("/d", guards=[signed_in])
async def d() -> str:
    return "x"


def create_app(settings: Settings | None = None) -> Litestar:
    settings = settings or Settings()
    return Litestar([d], openapi_config=None, state=State({{"settings": settings}}))
"""


@pytest.mark.parametrize(("default", "verdict"), [("True", "guarded"), ("False", "unguarded")])
def test_a_state_that_is_given_is_one(default: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_LITESTAR.format(default=default))

    (route,) = draw(tmp_path).map.routes

    assert (route.verdict, (route.because or "")[:11]) == (verdict, "by default:")


_PAGES = """
from fastapi import FastAPI

app = FastAPI(docs_url=None, redoc_url=None{given})


@app.get("/docs")
def docs():
    return app.openapi_url


@app.get(app.swagger_ui_oauth2_redirect_url)
def back():
    return "x"


@app.get(app.openapi_url + "/again")
def again():
    return "x"
"""


@pytest.mark.parametrize(("given", "path"), [("", "/openapi.json"), (', openapi_url="/api.json"', "/api.json")])
def test_pages_of_its_own_are_where_an_application_says(given: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_PAGES.format(given=given))

    paths = {one.path for one in draw(tmp_path).map.routes}

    assert paths == {"/docs", "/docs/oauth2-redirect", path, f"{path}/again"}
