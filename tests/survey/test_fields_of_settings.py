"""Fields of settings and of what is loaded from somewhere: source has their default, and no more than that."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import yaml
from dataclasses import dataclass, field
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field
from pydantic_settings import BaseSettings


class Server(BaseModel):
    prefix: str = "/api"
    closed: bool = True
    opened: bool = Field(default=False)


class Settings(BaseSettings):
    named: bool = Field(default=True, description="asks")
    placed: bool = Field(True)
    needed: bool = Field(...)
    made: Server = Field(default_factory=Server)
    nested: Server = Server()


class Plain:
    def __init__(self, closed=True, opened=False):
        self.closed = closed
        self.opened = opened


@dataclass
class Data:
    closed: bool = field(default=True)


def load():
    with open("shop.yaml") as file:
        return yaml.safe_load(file)


settings = Settings()
loaded = Server(**load())
plain = Plain(**load())
fixed = Server()
data = Data()
known = Plain(**{"opened": False})
app = FastAPI(openapi_url=None)
"""
_ASKS = """

def asks(token=Header(None)):
    if {} and token is None:
        raise HTTPException(401)


@app.get("/orders", dependencies=[Depends(asks)])
def orders():
    return []
"""


def told(folder: Path, source: str) -> tuple[str, bool]:
    """The verdict of the only route, and whether it is that of a default."""
    (folder / "main.py").write_text(source)
    (route,) = draw(folder).map.routes
    return route.verdict, (route.because or "").startswith("by default")


@pytest.mark.parametrize(
    ("test", "verdict", "by_default"),
    [
        ("settings.named", "guarded", True),
        ("settings.placed", "guarded", True),
        ("settings.needed", "unknown", False),
        ("settings.made.closed", "guarded", True),
        ("settings.nested.closed", "guarded", True),
        ("settings.nested.opened", "unguarded", True),
        ("loaded.closed", "guarded", True),
        ("loaded.opened", "unguarded", True),
        ("plain.closed", "guarded", True),
        ("plain.opened", "unguarded", True),
        ("fixed.closed", "guarded", False),
        ("fixed.opened", "unguarded", False),
        ("data.closed", "guarded", False),
        ("known.closed", "guarded", False),
    ],
)
def test_a_field_is_its_default_where_nothing_may_set_it(
    test: str, verdict: str, by_default: bool, tmp_path: Path
) -> None:
    assert (verdict, by_default) == told(tmp_path, _HEAD + _ASKS.format(test))


@pytest.mark.parametrize("prefix", ["settings.made.prefix", "settings.nested.prefix", "loaded.prefix"])
def test_a_prefix_of_settings_within_settings_is_its_default(prefix: str, tmp_path: Path) -> None:
    source = f"{_HEAD}\nrouter = APIRouter(prefix={prefix})\n\n@router.get('/a')\ndef a():\n    return 1\n"
    (tmp_path / "main.py").write_text(f"{source}\napp.include_router(router)\n")

    assert ["/api/a"] == [one.path for one in draw(tmp_path).map.routes]


_LOADED = """
import json
from dataclasses import dataclass, field

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field


class Auth(BaseModel):
    enabled: bool = Field(default={default}, description="whether anybody is asked")


class ShopConfig(BaseModel):
    auth: Auth = Field(default_factory=Auth)


@dataclass
class ShopSettings:
    auth: Auth = field(default_factory=Auth)


def create_app(config{annotation}) -> FastAPI:
    def asks(token=Header(None)):
        if config.auth.enabled and token is None:
            raise HTTPException(401)

    app = FastAPI(openapi_url=None)

    @app.get("/orders", dependencies=[Depends(asks)])
    def orders():
        return []

    return app
{calls}
"""
_READ = '\n\ndef main():\n    with open("shop.json") as file:\n        return create_app({})\n'


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize(
    ("annotation", "calls"),
    [
        pytest.param(": ShopConfig", "", id="a factory is given them"),
        pytest.param(": ShopSettings", "", id="a factory is given data"),
        pytest.param("", _READ.format("ShopConfig.model_validate(json.load(file))"), id="they are validated"),
        pytest.param("", _READ.format("ShopConfig.parse_obj(json.load(file))"), id="they are parsed"),
    ],
)
def test_what_is_loaded_has_its_defaults_as_any_settings(
    annotation: str, calls: str, default: bool, tmp_path: Path
) -> None:
    source = _LOADED.format(annotation=annotation, calls=calls, default=default)

    assert told(tmp_path, source) == ("guarded" if default else "unguarded", True)


def test_what_a_factory_is_given_that_is_called_like_no_settings_is_anything(tmp_path: Path) -> None:
    source = _LOADED.format(annotation=": Shop", calls="", default=True).replace("ShopConfig", "Shop")

    assert told(tmp_path, source)[1] is False
