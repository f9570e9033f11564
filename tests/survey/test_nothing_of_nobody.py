"""An empty table or list that a function gives to who has no credential, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import refused_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("flask")

_SOURCE = """
from flask import Flask, request

app = Flask(__name__, static_folder=None)


def claims():
    token = request.headers.get("Authorization", "")
    if not token.startswith("Key "):
        return {}
    return {"sub": token, "roles": ["a"]}


def roles():
    if not request.headers.get("Authorization"):
        return []
    return ["a"]


@app.get("/a")
def a():
    if not claims():
        return "who?", 401
    return "x"


@app.get("/b")
def b():
    if not claims().get("sub"):
        return "who?", 401
    return "x"


@app.get("/c")
def c():
    if "a" not in claims().get("roles", []):
        return "may not", 403
    return "x"


@app.get("/d")
def d():
    if "a" not in roles():
        return "may not", 403
    return "x"


@app.get("/e")
def e():
    if claims():
        return "only for guests", 403
    return "x"


@app.get("/f")
def f():
    if claims().get("sub", "guest") != "guest":
        return "only for guests", 403
    return "x"


@app.get("/g")
def g():
    for role in roles():
        if role == "blocked":
            return "may not", 403
    return "x"


@app.get("/i")
def i():
    key = request.headers.get("X-Key")
    have = {"a", key} if key else set()
    if not have & {"a", "b"}:
        return "may not", 403
    return "x"


@app.get("/j")
def j():
    key = request.headers.get("X-Key")
    found = claims() if key else {}
    if not found:
        return "who?", 401
    return "x"


@app.get("/k")
def k():
    rows = [] if request.headers.get("X-Key") else ["for", "everybody"]
    if not rows:
        return "only for guests", 403
    return "x"


@app.get("/h")
def h():
    return {"roles": roles(), "who": claims().get("sub")}
"""


def test_what_is_empty_for_want_of_a_credential_refuses_where_code_asks_for_it(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_SOURCE)

    drawn = {(one.method, one.path): one.verdict for one in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        told = {key: "guarded" if refused_by_wsgi(app, *key) else "unguarded" for key in drawn}
    assert told == drawn
    assert {path for (method, path), verdict in drawn.items() if method == "GET" and verdict == "guarded"} == {
        "/a", "/b", "/c", "/d", "/i", "/j",
    }  # fmt: skip
