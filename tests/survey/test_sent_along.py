"""A token that a page sends along in a form: a dependency asks for it, or the handler that somebody signs in at."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw

_SOURCE = """
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException

SECRET = sha256(b"it").hexdigest()


def asks(token: Annotated[str, Form()]) -> None:
    if token != SECRET:
        raise HTTPException(401)


def counts(page: Annotated[int, Form()] = 1) -> int:
    return page


def types(password: Annotated[str, Form()] = "") -> str:
    if password == "":
        raise HTTPException(401)
    return password


files = APIRouter(prefix="/files", dependencies=[Depends(asks)])


@files.post("/export")
def export(name: Annotated[str, Form()] = "x"):
    return name


app = FastAPI(openapi_url=None)
app.include_router(files)


@app.post("/join")
def join(token: Annotated[str, Form()] = ""):
    if token != SECRET:
        raise HTTPException(401)
    return "x"


@app.post("/enter")
def enter(password: Annotated[str, Depends(types)]):
    return "x"


@app.post("/count")
def count(page: Annotated[int, Depends(counts)]):
    return page
"""


def test_what_a_dependency_asks_for_in_a_form_is_a_credential(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE)

    found = {one.path: one.verdict for one in draw(tmp_path).map.routes}

    assert found["/files/export"] == "guarded"
    assert found["/count"] == "unguarded"
    assert {found["/join"], found["/enter"]} <= {"unguarded", "unknown"}
