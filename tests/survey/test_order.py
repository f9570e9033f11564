"""What is said of a route is the same whichever route is judged before it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey import draw as drawing
from nomoat.survey.draw import draw
from nomoat.survey.services import Part

_FASTAPI = """
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBearer

bearer = HTTPBearer(auto_error=False)


def optional(request: Request, token=Depends(bearer)):
    request.state.user = find(token) if token else None


def required(request: Request):
    if request.state.user is None:
        raise HTTPException(401)


shop, other = APIRouter(dependencies=[Depends(optional)]), APIRouter()


@shop.get("/own")
def own(request: Request):
    if request.state.user is None:
        raise HTTPException(401)


@shop.get("/depends", dependencies=[Depends(required)])
def depends():
    return 1


@other.get("/without")
def without(request: Request):
    if request.state.user is None:
        raise HTTPException(401)


app = FastAPI(openapi_url=None)
app.include_router(shop)
app.include_router(other)
"""
_FLASK = """
from flask import Blueprint, Flask, abort, g, session

shop, other = Blueprint("shop", __name__), Blueprint("other", __name__)


@shop.before_request
def load():
    g.user = session.get("user")


@shop.get("/own")
def own():
    if g.user is None:
        abort(401)
    return "1"


@other.get("/without")
def without():
    if getattr(g, "user", "anybody") is None:
        abort(401)
    return "1"


app = Flask(__name__, static_folder=None)
app.register_blueprint(shop)
app.register_blueprint(other)
"""
_EXAMPLES = sorted(Path(drawing.__file__).parent.joinpath("frameworks").glob("*.py"))


def _drawn(folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int | None) -> dict[str, Route]:
    """The routes of a tree, judged in an order by chance; None: in reverse."""
    first = drawing._keep_first

    def other_order(parts: list[Part]) -> None:
        first(parts)
        for part in parts:
            if seed is None:
                part.routes.reverse()
            else:
                random.Random(seed).shuffle(part.routes)

    with monkeypatch.context() as patched:
        patched.setattr(drawing, "_keep_first", other_order)
        return {f"{route.id} {route.at}": route for route in draw(folder).map.routes}


@pytest.mark.parametrize("text", [_FASTAPI, _FLASK], ids=["FastAPI", "Flask"])
def test_what_one_route_leaves_no_other_finds(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").write_text(text)
    verdicts = {route.path: route.verdict for route in draw(tmp_path).map.routes if route.method == "GET"}

    assert "guarded" == verdicts["/own"]
    assert "guarded" != verdicts["/without"]
    for seed in (None, 1, 2):
        again = _drawn(tmp_path, monkeypatch, seed)
        assert verdicts == {route.path: route.verdict for route in again.values() if route.method == "GET"}


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda one: one.stem)
def test_the_order_of_routes_changes_nothing(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.py").write_bytes(example.read_bytes())
    usual = {f"{route.id} {route.at}": route for route in draw(tmp_path).map.routes}

    assert usual == _drawn(tmp_path, monkeypatch, None)
    assert usual == _drawn(tmp_path, monkeypatch, 1)
