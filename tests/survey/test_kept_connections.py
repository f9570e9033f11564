"""What opens a database is kept on the request by who asks first, be it for a credential: it tells of nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import os
import sqlite3

from flask import Flask, abort, current_app, g, request

app = Flask(__name__, static_folder=None)
app.config["DATABASE"] = os.getenv("DATABASE", "rows.db")


def connection():
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
    return g.db


def row(sql, *values):
    return connection().execute(sql, values).fetchone()


@app.before_request
def find():
    g.user = None
    header = request.headers.get("Authorization", "")
    if header.startswith("Token "):
        g.user = row("select * from users where token = ?", header[6:])
        g.level = 3


@app.post("/d")
def d():
    {body}
    return "x"
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('if row("select * from users where name = ?", request.form["name"]) is None: abort(401)', "unguarded"),
        ('found = row("select * from users where name = ?", request.form["name"])\n'
         '    if found is None or found["password"] != request.form["password"]: abort(401)', "unguarded"),
        ("if g.user is None: abort(401)", "guarded"),
        ('if not g.user or g.user["level"] < 3: abort(403)', "guarded"),
        ('if "level" not in g: abort(401)', "guarded"),
    ],
)  # fmt: skip
def test_who_opens_a_database_first_says_nothing_of_who_calls(body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE.format(body=body))
    (route,) = draw(tmp_path).map.routes

    assert verdict == route.verdict
