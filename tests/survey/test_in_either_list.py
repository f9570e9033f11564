"""What is registered for each of one list or another: which one it is, a setting says."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_PARTS = """
from pyramid.config import Configurator

OTHERS = ("/tea", "/cake")


def view(request):
    return {}


def parts(config):
    settings = config.registry.settings
    {chosen}
    for one in chosen:
        config.add_route(one, one)
        config.add_view(view, route_name=one)


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.include(parts)
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    "chosen",
    [
        'chosen = settings.get("parts") or OTHERS',
        'if "parts" not in settings:\n        chosen = OTHERS\n    else:\n        chosen = settings["parts"].split()',
        'chosen = OTHERS if settings.get("more") else ("/tea",)',
    ],
)
def test_all_of_a_list_that_may_be_another_is_on_the_map(chosen: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_PARTS.replace("{chosen}", chosen))

    found = [route.path for route in draw(tmp_path).map.routes if route.method == "GET"]

    assert ["/cake", "/tea"] == sorted(found)


_MIDDLEWARE = """
import os

from fastapi import FastAPI, Response
from starlette.middleware.base import BaseHTTPMiddleware


class Asks(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        if "authorization" not in request.headers:
            return Response(status_code=401)
        return await call_next(request)


class Counts(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)


app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
if os.environ.get("STRICT"):
    listed = [{strict}]
else:
    listed = [Counts]
for one in listed:
    app.add_middleware(one)


@app.get("/orders")
def orders():
    return []
"""


@pytest.mark.parametrize(("strict", "verdict"), [("Asks", "unguarded"), ("Counts, Asks", "unguarded")])
def test_what_only_one_of_the_lists_has_guards_nothing_for_sure(strict: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_MIDDLEWARE.replace("{strict}", strict))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict != "guarded"
    assert route.verdict in (verdict, "unknown")
