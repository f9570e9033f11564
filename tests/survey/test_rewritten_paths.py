"""Loops that change the paths of what a router has, beside what the running application serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded, served

_HEAD = """
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

router = APIRouter(prefix="/own")

@router.get("/a")
def a(): return 1

@router.post("/done/")
def done(): return 1

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
"""
_SLASH = """
for route in {router}.routes:
    if not route.path.endswith("/"):
        route.path = f"{{route.path}}/"
"""
_INCLUDED = """
app.include_router(router, prefix="/x")
"""
_LATE = """
@router.get("/late")
def late(): return 1
"""
_OF_KIND = """
for route in router.routes:
    if isinstance(route, APIRoute):
        route.path = route.path + "/more"
"""
_TWICE = """
for route in router.routes:
    route.path = "/v1" + route.path
"""
_NAMES = """
for route in router.routes:
    route.name = route.name + "/"
"""
_SHAPES = {
    "at its end": _SLASH.format(router="router") + _INCLUDED,
    "not what comes later": _SLASH.format(router="router") + _LATE + _INCLUDED,
    "of its kind": _OF_KIND + _INCLUDED,
    "twice": _TWICE + _SLASH.format(router="router") + _INCLUDED,
    "something else": _NAMES + _INCLUDED,
}


@pytest.mark.parametrize("shape", _SHAPES)
def test_paths_that_a_loop_changes(shape: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + _SHAPES[shape])

    found = draw(tmp_path).map

    assert not found.not_read
    with loaded(tmp_path) as app:
        assert {(one.method, one.path) for one in found.routes if one.method != "HEAD"} == served(app)


_WITHIN = """
inner = APIRouter(prefix="/inner")

@inner.get("/b")
def b(): return 1
"""


@pytest.mark.parametrize("of", ["inner", "router"])
def test_paths_of_a_router_within_change_with_it(of: str, tmp_path: Path) -> None:
    loop, include = _SLASH.format(router=of), 'router.include_router(inner, prefix="/in")\n'
    steps = (loop, include) if of == "inner" else (include, loop)
    (tmp_path / "main.py").write_text("".join((_HEAD, _WITHIN, *steps, _INCLUDED)))

    found = draw(tmp_path).map

    own = "/x/own/a/" if of == "router" else "/x/own/a"
    assert {one.path for one in found.routes} == {own, "/x/own/done/", "/x/own/in/inner/b/"}
    assert not found.not_read


_UNTOLD = {
    "after it is included": _INCLUDED + _SLASH.format(router="router"),
    "made by a setting": "import os\nfor route in router.routes:\n    route.path = os.environ['BASE'] + route.path\n"
    + _INCLUDED,
    "of some kinds": _SLASH.format(router="router").replace("if not", "if isinstance(route, APIRoute) and not")
    + _INCLUDED,
}  # fmt: skip


@pytest.mark.parametrize("shape", _UNTOLD)
def test_a_loop_that_cannot_be_told_is_said(shape: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_HEAD + _UNTOLD[shape])

    found = draw(tmp_path).map

    assert any("path or prefix that cannot be read" in one.why for one in found.not_read)
    assert {one.path for one in found.routes} == {"/x/own/a", "/x/own/done/"}
