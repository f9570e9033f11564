"""Where a setting decides whom a check lets pass, the answer is that of the setting as source has it, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_FLASK = """
import os

from flask import Blueprint, Flask, abort, current_app, request, session


class Base:
    ASKS = True
    PREFIX = "/forum"


class Default(Base):
    OPEN = False


app = Flask(__name__, static_folder=None)
app.config.from_object("main.Default")
app.config.from_envvar("SHOP_SETTINGS", silent=True)
app.config["LIMIT"] = 3
ASKED = os.environ.get("ASKED", "True").lower() == "true"
OPENED = not os.environ.get("OPENED", "")
KEY = os.environ.get("KEY")


@app.get("/d")
def d():
    if {test} and not session.get("user"):
        abort(401)
    return "ok"
"""


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ("ASKED", "guarded"),
        ("ASKED and OPENED", "guarded"),
        ("not ASKED", "unguarded"),
        ("KEY", "unknown"),
        ('app.config["ASKS"]', "guarded"),
        ('current_app.config["ASKS"]', "guarded"),
        ('not current_app.config.get("LOGIN_DISABLED")', "guarded"),
        ('current_app.config["OPEN"]', "unguarded"),
        ('current_app.config["LIMIT"] == 3', "guarded"),
        ('current_app.config["NOWHERE"]', "unknown"),
    ],
)
def test_a_setting_is_what_source_has_for_it(test: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_FLASK.format(test=test))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict
    assert route.because is not None and route.because.startswith("by default: ") == (verdict != "unknown")
    # What a setting may change binds nobody.
    assert route.binding is None


def test_a_prefix_is_what_the_configuration_has_by_default(tmp_path: Path) -> None:
    source = _FLASK.format(test="True") + (
        '\nforum = Blueprint("forum", __name__)\n'
        'forum.add_url_rule("/topics", view_func=lambda: "ok")\n'
        'app.register_blueprint(forum, url_prefix=app.config["PREFIX"])\n'
    )
    (tmp_path / "main.py").write_text(source)

    found = {(one.path, one.verdict) for one in draw(tmp_path).map.routes}

    assert found == {("/d", "guarded"), ("/forum/topics", "unguarded")}


_MIDDLEWARE = """
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from starlette.requests import Request

app = FastAPI(openapi_url=None)
BLOCKED = []


class Tokens:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            request = Request(scope)
            request.state.token = request.cookies.get("token")
        await self.app(scope, receive, send)


app.add_middleware(Tokens)


@app.middleware("http")
async def not_from_there(request: Request, call_next):
    if request.client.host in BLOCKED:
        return JSONResponse({}, status_code=403)
    return await call_next(request)


def user(request: Request):
    if hasattr(request.state, "token") and request.state.token:
        return request.state.token
    raise HTTPException(401)


@app.get("/open")
def open_to_all():
    return 1


@app.get("/closed")
def closed(one=Depends(user)):
    return 1
"""


def test_what_middleware_leaves_by_a_request_of_its_own_is_found_and_a_list_of_addresses_guards_nobody(
    tmp_path: Path,
) -> None:
    (tmp_path / "main.py").write_text(_MIDDLEWARE)

    found = {(one.path, one.verdict) for one in draw(tmp_path).map.routes}

    assert found == {("/open", "unguarded"), ("/closed", "guarded")}


_READ = """
import os

import decouple
import environ
import environs
from dynaconf import Dynaconf
from flask import Flask, abort, session
from starlette.config import Config

env = environ.Env()
own = environs.Env()
own.read_env()
files = Dynaconf(envvar_prefix="SHOP", settings_files=["settings.toml"])
config = Config(".env")
app = Flask(__name__, static_folder=None)


@app.get("/d")
def d():
    if {test} and not session.get("user"):
        abort(401)
    return "ok"
"""


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ('decouple.config("ASKS", default=True, cast=bool)', "guarded"),
        ('decouple.config("ASKS", default="off", cast=bool)', "unguarded"),
        ('decouple.config("ASKS", cast=bool)', "unknown"),
        ('env.bool("ASKS", default=True)', "guarded"),
        ('env("ASKS", default="false", cast=bool)', "unguarded"),
        ('env.bool("ASKS")', "unknown"),
        ('own.bool("ASKS", False)', "unguarded"),
        ('own.bool("ASKS", True)', "guarded"),
        ('files.get("ASKS", True, "@bool")', "guarded"),
        ('files.get("ASKS", False)', "unguarded"),
        ('files("ASKS")', "unknown"),
        ('config("ASKS", cast=bool, default=True)', "guarded"),
        ('config("ASKS", cast=bool)', "unknown"),
        ('"OPEN" not in os.environ', "guarded"),
        ('"ASKS" in os.environ', "unguarded"),
    ],
)
def test_what_reads_settings_gives_their_defaults(test: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_READ.format(test=test))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == verdict
    assert route.because is not None and route.because.startswith("by default: ") == (verdict != "unknown")


def test_a_configuration_that_is_made_apart_gives_its_defaults(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "defaults.py").write_text("ASKS = True\n")
    (tmp_path / "shop" / "app.py").write_text(
        """
import os

from flask import Config, Flask, abort, current_app, session


def read(key, default=None, **more):
    if key in os.environ:
        return os.environ[key]
    return more["config"].get(key, default)


def create_app():
    app = Flask(__name__, static_folder=None)
    config = Config("/")
    config.from_object("shop.defaults")
    config["ASKS"] = read("ASKS", config=config)
    app.config.update(config)

    @app.get("/d")
    def d():
        if current_app.config["ASKS"] and not session.get("user"):
            abort(401)
        return "ok"

    return app
"""
    )

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert route.verdict == "guarded"


def test_a_module_that_is_called_like_one_of_pythons_own_functions_is_that_module(tmp_path: Path) -> None:
    (tmp_path / "shop" / "views").mkdir(parents=True)
    (tmp_path / "shop" / "views" / "__init__.py").write_text("names = list(())\n")
    (tmp_path / "shop" / "views" / "list.py").write_text("def index(request):\n    return None\n")
    (tmp_path / "shop" / "urls.py").write_text(
        "from django.urls import path\n\nfrom shop.views import list as list_views\n\n"
        'urlpatterns = [path("orders/", list_views.index)]\n'
    )

    found = {(one.path, one.handler, one.verdict) for one in draw(tmp_path).map.routes}

    assert found == {("/orders/", "views.list:index", "unguarded")}


_TOLD = """
import os
import sys

from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)
ASKED = os.environ.get("ASKED", False)
if {test}:
    ASKED = not ASKED


@app.get("/d")
def d():
    if ASKED and not session.get("user"):
        abort(401)
    return "ok"
"""


@pytest.mark.parametrize(
    ("test", "verdict"),
    [
        ('"test" in sys.argv', "unguarded"),
        ('"pytest" in sys.modules', "unguarded"),
        ('"test" not in sys.argv', "guarded"),
        ('"pytest" in sys.argv[0]', "unguarded"),
        ('len(sys.argv) > 1 and sys.argv[1] == "test"', "unguarded"),
        ('"--private" in sys.argv', "unknown"),
        ('sys.argv[1] == "private"', "unknown"),
    ],
)
def test_a_server_is_not_started_by_the_command_of_tests(test: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_TOLD.format(test=test))

    assert [verdict] == [one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"]


_RESULT = """
from dataclasses import dataclass

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    key: str = "{key}"


@dataclass
class Result:
    valid: bool
    why: str = ""


settings = Settings()
app = FastAPI(openapi_url=None)


def found(token):
    if token is None:
        return {nobody}
    if token == settings.key:
        return {somebody}
    return {nobody}


def asks(token=Header(None)):
    result = found(token)
    if settings.key and not {valid}:
        raise HTTPException(401)
    return result


@app.get("/orders", dependencies=[Depends(asks)])
def orders():
    return []
"""


@pytest.mark.parametrize(("key", "verdict"), [("", "unguarded"), ("secret", "guarded")])
@pytest.mark.parametrize(
    ("nobody", "somebody", "valid"),
    [
        ("Result(valid=False)", "Result(valid=True)", "result.valid"),
        ("(False, None)", "(True, token)", "result[0]"),
    ],
)
def test_what_a_result_says_of_who_calls_is_about_who_calls(
    nobody: str, somebody: str, valid: str, key: str, verdict: str, tmp_path: Path
) -> None:
    source = _RESULT.format(key=key, nobody=nobody, somebody=somebody, valid=valid)
    (tmp_path / "main.py").write_text(source)
    (route,) = draw(tmp_path).map.routes

    assert (verdict, True) == (route.verdict, (route.because or "").startswith("by default"))
