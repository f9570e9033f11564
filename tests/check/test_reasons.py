"""What a finding says of other routes is true of each of them."""

from __future__ import annotations

from pathlib import Path

from tests.check.projects import findings_of

_APP = """\
import sqlite3
from fastapi import Depends, FastAPI, HTTPException, Request

app = FastAPI()
notes = sqlite3.connect("notes.db")


def current_user(request: Request) -> dict:
    user = request.session.get("user")
    if user is None:
        raise HTTPException(401)
    return user


def admin(user: dict = Depends(current_user)) -> dict:
    if user["role"] != "admin":
        raise HTTPException(403)
    return user


@app.get("/notes/all", dependencies=[Depends(admin)])
def every_note():
    return notes.execute("SELECT text FROM notes").fetchall()


@app.get("/notes/mine", dependencies=[Depends({second})])
def mine():
    return notes.execute("SELECT text FROM notes").fetchall()


@app.get("/notes/last", dependencies=[Depends({second})])
def last():
    return notes.execute("SELECT text FROM notes").fetchall()


@app.get("/notes/dump")
def dump():
    return notes.execute("SELECT text FROM notes").fetchall()
"""


def test_what_one_sibling_demands_is_not_said_of_all(tmp_path: Path) -> None:
    (found,) = findings_of(tmp_path, "missing-guard", _APP.replace("{second}", "current_user"))

    assert "refuse an anonymous caller" in found.why
    assert "role:admin" not in found.why
    assert "Depends(current_user)" in found.fix


def test_what_all_siblings_demand_is_said(tmp_path: Path) -> None:
    (found,) = findings_of(tmp_path, "missing-guard", _APP.replace("{second}", "admin"))

    assert "depend on role:admin" in found.why
    assert "Depends(admin)" in found.fix
