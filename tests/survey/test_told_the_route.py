"""Dependencies that ask to which route the request is, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import filled
from tests.survey.running import is_refused, loaded

_SOURCE = """
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

OPEN = {{"/login", "/health"}}


def is_open(request):
    return {test}


def anyone(handler):
    handler.is_open = True
    return handler


async def asks(request: Request):
    if not is_open(request) and not request.headers.get("x-user"):
        raise HTTPException(401)


def user(request: Request, asked=Depends(asks)):
    return request.headers.get("x-user")


app = FastAPI(openapi_url=None{of_app})
router = APIRouter({of_router})


@router.get("/login")
@anyone
def login(): return "x"

@router.post("/login")
def log_in(): return "x"

@router.get("/items/{{item}}")
def item(item: int): return "x"

@router.delete("/items/{{item}}")
def remove(item: int): return "x"

@router.get("/health")
def health(who=Depends(user)): return "x"

app.include_router(router)
"""
_TESTS = {
    "the path is listed": "request.url.path in OPEN",
    "the path begins so": 'request.url.path.startswith("/log")',
    "the path in the scope": 'request.scope["path"] == "/login"',
    "the method": 'request.method == "GET"',
    "path and method": 'request.method == "POST" and request.url.path == "/login"',
    "what answers": 'getattr(request.scope["endpoint"], "is_open", False)',
    "the template": 'request.scope["route"].path == "/items/{item}"',
    "none": "False",
}


@pytest.mark.parametrize(
    ("of_app", "of_router"), [(", dependencies=[Depends(asks)]", ""), ("", "dependencies=[Depends(user)]")]
)
@pytest.mark.parametrize("test", _TESTS)
def test_what_is_injected_asks_for_the_route(test: str, of_app: str, of_router: str, tmp_path: Path) -> None:
    source = _SOURCE.format(test=_TESTS[test], of_app=of_app, of_router=of_router)
    (tmp_path / "main.py").write_text(source)
    routes = draw(tmp_path).map.routes
    told = {(one.method, one.path): one.verdict for one in routes}

    with loaded(tmp_path) as app:
        done = {key: "guarded" if is_refused(app, key[0], filled(key[1])) else "unguarded" for key in told}
    assert done == told


_HANDLER = """
from fastapi import FastAPI, HTTPException, Request

app = FastAPI(openapi_url=None)


@app.api_route("/d", methods=["GET", "POST"])
def d(request: Request, {parameter}: str | None = None):
    if request.method == "POST" and {parameter} != "fixed":
        raise HTTPException(401)
    return "x"
"""


@pytest.mark.parametrize(("parameter", "verdict"), [("api_key", "guarded"), ("token", "unguarded")])
def test_a_handler_asks_for_the_method_and_a_key(parameter: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HANDLER.format(parameter=parameter))

    told = {one.method: one.verdict for one in draw(tmp_path).map.routes}

    assert {"GET": "unguarded", "POST": verdict} == told
