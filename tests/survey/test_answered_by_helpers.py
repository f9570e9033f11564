"""Refusals of classes of its own that helpers give a status, and guards that are attributes of declared services."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import status_by_asgi
from tests.survey.running import loaded

pytest.importorskip("fastapi")

_SOURCE = """
from typing import Annotated, Protocol

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse


class Fault(Exception):
    def __init__(self, message=""):
        self.message = message


class Missing(Fault):
    pass


class NotSignedIn(Fault):
    pass


class NoPage(Exception):
    pass


STATUSES = [(Missing, 404), (NotSignedIn, 401)]


def status_of(fault: Fault) -> int:
    for cls, status in STATUSES:
        if isinstance(fault, cls):
            return status
    return 500


class Tokens:
    def check(self, presented: str | None) -> str:
        if not presented:
            raise NotSignedIn("who are you?")
        return presented


class Store:
    def find(self, key: str) -> str:
        if not key:
            raise Missing("nothing")
        return key


class Services(Protocol):
    tokens: Tokens
    store: Store


class Made:
    def __init__(self):
        self.tokens = Tokens()
        self.store = Store()


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def tokens_of(request: Request) -> Tokens:
    return services_of(request).tokens


def store_of(request: Request) -> Store:
    return services_of(request).store


def signed_in(request: Request, tokens: Annotated[Tokens, Depends(tokens_of)]) -> str:
    return tokens.check(request.headers.get("Authorization"))


def for_pages(request: Request) -> str:
    found = request.cookies.get("session")
    if found is None:
        raise NoPage
    return found


app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.state.services = Made()


@app.exception_handler(Fault)
async def answer_fault(request: Request, fault: Fault) -> Response:
    return JSONResponse({"detail": fault.message}, status_code=status_of(fault))


@app.exception_handler(NoPage)
async def answer_page(request: Request, fault: NoPage) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status_code=204, headers={"HX-Redirect": "/login"})
    return RedirectResponse("/login", status_code=303)


@app.get("/things")
def things(caller: Annotated[str, Depends(signed_in)]) -> dict:
    return {"caller": caller}


@app.get("/pages")
def pages(caller: Annotated[str, Depends(for_pages)]) -> dict:
    return {"caller": caller}


@app.get("/found/{key}")
def found(key: str, store: Annotated[Store, Depends(store_of)]) -> dict:
    return {"found": store.find(key)}
"""
_ROWS = {"GET /things": "guarded", "GET /pages": "guarded", "GET /found/{key}": "unguarded"}


def test_what_a_helper_says_of_a_refusal_is_its_status(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE)

    assert {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes} == _ROWS
    with loaded(tmp_path, "main:app") as app:
        refused = {row: status_by_asgi(app, *row.split()) == 401 for row in _ROWS}
        assert refused == {row: verdict == "guarded" for row, verdict in _ROWS.items()}


def test_what_a_helper_says_is_no_refusal_refuses_nobody(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.replace("(NotSignedIn, 401)", "(NotSignedIn, 200)"))

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {**_ROWS, "GET /things": "unknown"}


def test_who_is_sent_nowhere_by_a_header_is_not_refused(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.replace('"HX-Redirect"', '"HX-Trigger"'))

    rows = {f"{one.method} {one.path}": one.verdict for one in draw(tmp_path).map.routes}

    assert rows == {**_ROWS, "GET /pages": "unknown"}
