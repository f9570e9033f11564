"""What a request carries only once somebody has put it there (`g.user`), asked for in every way; and what is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask

_HEAD = """
from flask import Flask, abort, g, jsonify, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
ROWS = {1: {"name": "ana"}}


def find(key):
    return ROWS.get(key)

"""
_GUARDED = {
    "asked of g itself": """
def member():
    if "member" not in g:
        key = session.get("member_id")
        g.member = find(key) if key else None
    return g.member
""",
    "asked by hasattr": """
def member():
    if not hasattr(g, "member"):
        g.member = None
        if session.get("member_id"):
            g.member = find(session["member_id"])
    return g.member
""",
    "asked with a default": """
def member():
    found = getattr(g, "member", None)
    if found is None:
        key = session.get("member_id")
        found = g.member = find(key) if key else None
    return found
""",
    "kept where it was missed": """
def member():
    try:
        return g.member
    except AttributeError:
        g.member = find(session["member_id"]) if session.get("member_id") else None
        return g.member
""",
    "put there before every request": """
@app.before_request
def load():
    key = session.get("member_id")
    if key:
        g.entry = find(key)


def member():
    return getattr(g, "entry", None)
""",
    "put there before every request, asked of g": """
@app.before_request
def load():
    if "member_id" in session:
        g.entry = find(session["member_id"])


def member():
    return "entry" in g and g.entry
""",
    "put there before every request, asked by hasattr": """
@app.before_request
def load():
    if "member_id" in session:
        g.entry = find(session["member_id"])


def member():
    return hasattr(g, "entry")
""",
    "put there before every request, taken with get": """
@app.before_request
def load():
    if "member_id" in session:
        g.entry = find(session["member_id"])


def member():
    return g.get("entry")
""",
}
_OPEN = {
    "put there for everybody": """
@app.before_request
def load():
    g.entry = find(session.get("member_id")) or "guest"


def member():
    return getattr(g, "entry", None)
""",
    "put there by what the caller asks for": """
@app.before_request
def load():
    if request.args.get("page") is None:
        g.entry = "first"


def member():
    return "entry" in g
""",
    "a default that lets through": """
def member():
    found = getattr(g, "member", "guest")
    if found == "nobody":
        g.member = find(session.get("member_id"))
    return found
""",
    "kept for who is not there": """
def member():
    try:
        return g.member
    except AttributeError:
        g.member = "guest"
        return g.member
""",
}
_TAIL = """

@app.get("/d")
def d():
    if not member():
        abort(401)
    return jsonify(found=1)
"""


@pytest.mark.parametrize("way", sorted({**_GUARDED, **_OPEN}))
def test_what_nobody_has_put_into_a_request_is_not_there(tmp_path: Path, way: str) -> None:
    (tmp_path / "main.py").write_text(_HEAD + {**_GUARDED, **_OPEN}[way] + _TAIL)

    (found,) = [one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"]

    with loaded(tmp_path) as app:
        assert refused_by_flask(app)["GET", "/d"] == (way in _GUARDED)
    # What a caller's other data decides may be left open, but is never called guarded.
    assert found == "guarded" if way in _GUARDED else found in ("unguarded", "unknown")


def test_what_another_function_puts_there_too_is_not_told(tmp_path: Path) -> None:
    other = "\n@app.before_request\ndef more():\n    if ROWS:\n        g.member = 'guest'\n"
    (tmp_path / "main.py").write_text(_HEAD + _GUARDED["asked of g itself"] + other + _TAIL)

    (found,) = [one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert found != "guarded"
