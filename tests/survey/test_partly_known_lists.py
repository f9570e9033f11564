"""Lists of which a part cannot be read: the routes that are known stay, and there is a doubt of what is around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Map
from nomoat.survey.draw import draw

_URLS = """
import itertools
from itertools import chain
from django.http import HttpResponse
from django.urls import include, path
from elsewhere import more, provided

def a(request):
    return HttpResponse("a")

def b(request):
    return HttpResponse("b")

"""

#: Lists that hold `/a` and `/b`, and whether that is all.
_LISTS = {
    "urlpatterns = more()\nurlpatterns += [path('a', a), path('b', b)]\n": False,
    "urlpatterns = list(more())\nurlpatterns += [path('a', a), path('b', b)]\n": False,
    "urlpatterns = list(chain(more(), [path('a', a)], provided('x'), [path('b', b)]))\n": False,
    "urlpatterns = list(chain.from_iterable([[path('a', a)], more(), [path('b', b)]]))\n": False,
    "urlpatterns = sum([[path('a', a)], more(), [path('b', b)]], [])\n": False,
    "urlpatterns = sum([[path('a', a)], [path('b', b)]], [])\n": True,
    "urlpatterns = list(filter(None, [path('a', a), None, path('b', b)]))\n": True,
    "urlpatterns = list(map(lambda one: path(*one), [('a', a), ('b', b)]))\n": True,
    "urlpatterns = list(itertools.starmap(path, [('a', a), ('b', b)]))\n": True,
}


def _drawn(tmp_path: Path, **files: str) -> Map:
    for name, source in files.items():
        (tmp_path / f"{name}.py").write_text(source)
    return draw(tmp_path).map


@pytest.mark.parametrize("listed", _LISTS)
def test_what_is_known_of_a_list_is_on_the_map(tmp_path: Path, listed: str) -> None:
    """What is not is said."""
    drawn = _drawn(tmp_path, settings="ROOT_URLCONF = 'urls'\nMIDDLEWARE = []\n", urls=_URLS + listed)
    assert {one.path for one in drawn.routes if one.origin == "source"} == {"/a", "/b"}
    assert not drawn.not_read if _LISTS[listed] else drawn.not_read


_APPLICATIONS = {
    "starlette": """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def a(request):
    return PlainTextResponse("a")
app = Starlette(routes=[Route("/a", a)], middleware=LISTED)
""",
    "aiohttp": """
from aiohttp import web
async def a(request):
    return web.Response(text="a")
app = web.Application(middlewares=LISTED)
app.router.add_get("/a", a)
""",
    "fastapi, middleware": """
from fastapi import FastAPI
app = FastAPI(middleware=LISTED)
@app.get("/a")
def a():
    return 1
""",
    "fastapi, dependencies": """
from fastapi import FastAPI
app = FastAPI(dependencies=LISTED)
@app.get("/a")
def a():
    return 1
""",
    "fastapi, dependencies of a router": """
from fastapi import APIRouter, FastAPI
app = FastAPI()
router = APIRouter(dependencies=LISTED)
@router.get("/a")
def a():
    return 1
app.include_router(router)
""",
    "litestar, guards": """
from litestar import Litestar, get
@get("/a")
async def a() -> str:
    return "a"
app = Litestar([a], guards=LISTED)
""",
    "litestar, middleware": """
from litestar import Litestar, get
@get("/a")
async def a() -> str:
    return "a"
app = Litestar([a], middleware=LISTED)
""",
}


@pytest.mark.parametrize("listed", ["more()", "[*more()]", "more() + []", "[] + more()"])
@pytest.mark.parametrize("name", _APPLICATIONS)
def test_what_may_stand_around_a_route_is_a_doubt(tmp_path: Path, name: str, listed: str) -> None:
    """Something in a list that cannot be read may ask who calls."""
    drawn = _drawn(tmp_path, app="from elsewhere import more\n" + _APPLICATIONS[name].replace("LISTED", listed))
    assert {one.verdict for one in drawn.routes if one.path == "/a"} == {"unknown"}
    because = next(one.because for one in drawn.routes if one.path == "/a")
    assert because is not None and ("can be read" in because or "cannot be read" in because)


@pytest.mark.parametrize("name", _APPLICATIONS)
def test_an_empty_list_leaves_no_doubt(tmp_path: Path, name: str) -> None:
    """Nor does one that is empty only by its spelling."""
    source = "".join(_APPLICATIONS[name]).replace("LISTED", "[*()]")
    drawn = _drawn(tmp_path, app=source)
    assert {one.verdict for one in drawn.routes if one.path == "/a"} == {"unguarded"}


@pytest.mark.parametrize("listed", ["more()", "[*more()]", "more() + []", "[] + more()", "[*()]"])
def test_middleware_of_django_that_cannot_be_read_is_a_doubt(tmp_path: Path, listed: str) -> None:
    """Also where only some of the list cannot."""
    settings = f"from elsewhere import more\nROOT_URLCONF = 'urls'\nMIDDLEWARE = {listed}\n"
    drawn = _drawn(tmp_path, settings=settings, urls=_URLS + "urlpatterns = [path('a', a)]\n")
    verdict = "unguarded" if listed == "[*()]" else "unknown"
    assert {one.verdict for one in drawn.routes if one.path == "/a"} == {verdict}
