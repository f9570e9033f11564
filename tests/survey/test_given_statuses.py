"""The status that code gives the answer at hand, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import told_and_done

_HEAD = """
from http import HTTPStatus

from fastapi import FastAPI, Header, Response
from fastapi.responses import JSONResponse

app = FastAPI(openapi_url=None)


def deny(response: Response):
    response.status_code = 403
    return {"error": "no"}


@app.get("/d")
async def d(response: Response, authorization: str | None = Header(None), q: str = ""):
"""
_ASKS = "    if authorization is None:\n"
_REFUSES = "        response.status_code = {}\n        return {{'error': 'no'}}\n"
_GUARDED = {
    "in the block that asks": _ASKS + _REFUSES.format(401),
    "by its name": _ASKS + _REFUSES.format("HTTPStatus.FORBIDDEN"),
    "by a function": _ASKS + "        return deny(response)\n",
    "at the end": "    if authorization:\n        return 'fine'\n    response.status_code = 401\n    return 'no'\n",
    "where something is caught": (
        "    try:\n        if authorization is None:\n            raise ValueError\n        return 'fine'\n"
        "    except ValueError:\n        response.status_code = 401\n        return 'no'\n"
    ),
}
_OPEN = {
    "of an answer that has one itself": _ASKS + "        response.status_code = 401\n        return JSONResponse({})\n",
    "of a success": _ASKS + _REFUSES.format(202),
    "for what is asked": "    if q == '':\n" + _REFUSES.format(401),
}


@pytest.mark.parametrize("how", _GUARDED)
def test_a_status_that_refuses_is_one(how: str, tmp_path: Path) -> None:
    source = f"{_HEAD}{_GUARDED[how]}" + ("" if how == "at the end" else "    return 'fine'\n")

    assert ("guarded", True) == told_and_done(tmp_path, source)


@pytest.mark.parametrize("how", _OPEN)
def test_any_other_refuses_nobody(how: str, tmp_path: Path) -> None:
    verdict, is_refused = told_and_done(tmp_path, f"{_HEAD}{_OPEN[how]}    return 'fine'\n")

    assert ("unguarded", how == "for what is asked") == (verdict, is_refused)


def test_who_goes_on_working_is_not_refused(tmp_path: Path) -> None:
    source = f"{_HEAD}{_ASKS}        response.status_code = 401\n    return 'what nobody may see'\n"
    verdict, _ = told_and_done(tmp_path, source)

    assert verdict == "unguarded"


_PYRAMID = """
from pyramid.config import Configurator
from pyramid.view import view_config

@view_config(route_name="d", renderer="json")
def d(request):
    if request.authenticated_userid is None:
        request.response.{name} = 403
        {then}
    return {{"a": 1}}

def main(settings):
    config = Configurator(settings=settings)
    config.add_route("d", "/d", request_method="GET")
    config.scan()
    return config.make_wsgi_app()
"""


@pytest.mark.parametrize(
    ("name", "then", "verdict"),
    [
        ("status", "return {}", "guarded"),
        ("status_int", "return {}", "guarded"),
        ("content_length", "return {}", "unguarded"),
        ("status", "pass", "unguarded"),
    ],
)
def test_the_answer_of_a_request_is_at_hand(name: str, then: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_PYRAMID.format(name=name, then=then))

    assert {verdict} == {one.verdict for one in draw(tmp_path).map.routes if one.path == "/d"}
