"""Checks that are registered where a setting says so: with the setting as source has it they are there, or are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
import os
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    closed: bool = True
    key: str | None = None


settings = Settings()


def asks(token=Header(None)):
    if token is None:
        raise HTTPException(401)


class Asks(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if request.headers.get("authorization") is None:
            return JSONResponse({}, status_code=401)
        return await call_next(request)


def orders():
    return []

"""
_SHAPES = {
    "added": """
given = []
if {test}:
    given.append(Depends(asks))
app = FastAPI(openapi_url=None, dependencies=given)
""",
    "in-a-function": """
def given():
    found = []
    if {test}:
        found.append(Depends(asks))
    return found

app = FastAPI(openapi_url=None)
router = APIRouter(dependencies=given())
router.add_api_route("/orders", orders)
app.include_router(router)
""",
    "one-or-the-other": "app = FastAPI(openapi_url=None, dependencies=[Depends(asks)] if {test} else [])\n",
    "named": """
if {test}:
    given = [Depends(asks)]
else:
    given = []
app = FastAPI(openapi_url=None, dependencies=given)
""",
    "replaced": """
given = []
if {test}:
    given = [Depends(asks)]
app = FastAPI(openapi_url=None, dependencies=given)
""",
    "middleware": "app = FastAPI(openapi_url=None)\nif {test}:\n    app.add_middleware(Asks)\n",
    "decorated": """
app = FastAPI(openapi_url=None)
if {test}:
    @app.middleware("http")
    async def check(request, call_next):
        if request.headers.get("authorization") is None:
            return JSONResponse({{}}, status_code=401)
        return await call_next(request)
""",
    "listed": "app = FastAPI(openapi_url=None, middleware=[Middleware(Asks)] if {test} else None)\n",
    "added-to-a-list": """
given = [Middleware(Asks)] if {test} else []
app = FastAPI(openapi_url=None, middleware=given)
""",
}


def told(folder: Path, source: str) -> tuple[str, bool]:
    """The verdict of the only route, and whether it is that of a default."""
    (folder / "main.py").write_text(source)
    (route,) = [one for one in draw(folder).map.routes if one.path == "/orders" and one.method == "GET"]
    return route.verdict, (route.because or "").startswith("by default")


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("settings.closed", ("guarded", True)),
        ("not settings.closed", ("unguarded", True)),
        ("settings.key", ("unguarded", True)),
        ("settings.closed and settings.key is None", ("guarded", True)),
        ('os.environ["SHOP_CLOSED"]', ("unknown", False)),
        ("True", ("guarded", False)),
    ],
)
def test_a_check_is_there_as_source_has_the_setting(
    test: str, expected: tuple[str, bool], shape: str, tmp_path: Path
) -> None:
    added = "" if "add_api_route" in _SHAPES[shape] else 'app.add_api_route("/orders", orders)\n'

    assert expected == told(tmp_path, f"{_HEAD}{_SHAPES[shape].format(test=test)}{added}")


_FLASK = """
import os
from flask import Flask, abort, request

app = Flask(__name__, static_folder=None)
CLOSED = os.environ.get("CLOSED", "yes") == "yes"


def check():
    if not request.headers.get("Authorization"):
        abort(401)


if {test}:
    app.before_request(check)


@app.get("/orders")
def orders():
    return "ok"
"""


@pytest.mark.parametrize(("test", "verdict"), [("CLOSED", "guarded"), ("not CLOSED", "unguarded")])
def test_what_runs_before_handlers_is_there_as_source_has_the_setting(test: str, verdict: str, tmp_path: Path) -> None:
    assert (verdict, True) == told(tmp_path, _FLASK.format(test=test))
