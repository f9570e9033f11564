"""Wrappers that keep a refusal to themselves, and answer in place of what they stand around."""

from __future__ import annotations

from pathlib import Path

from nomoat.survey.draw import draw
from tests.survey.running import loaded

_SOURCE = """
from functools import wraps
from flask import Flask, abort, jsonify, make_response, request, session
from werkzeug.exceptions import HTTPException
app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"

def ask():
    if "user" not in session:
        abort(401)

def told(f):
    @wraps(f)
    def inner(*args, **kwargs):
        try:
            ask()
        except HTTPException:
            return jsonify(ok=False)
        return f(*args, **kwargs)
    return inner
def told_dict(f):
    def inner(*args, **kwargs):
        try:
            ask()
        except HTTPException:
            return {"ok": False}
        return f(*args, **kwargs)
    return inner
def page(f):
    @wraps(f)
    def inner(*args, **kwargs):
        if not session.get("user"):
            return make_response("sign in")
        return f(*args, **kwargs)
    return inner
def page_open(f):
    @wraps(f)
    def inner(*args, **kwargs):
        if not session.get("user") and request.method == "POST":
            return make_response("sign in")
        return f(*args, **kwargs)
    return inner
def around(f):
    @wraps(f)
    def inner(*args, **kwargs):
        try:
            return f(*args, **kwargs)
        except HTTPException:
            return jsonify(ok=False)
    return inner

def instead(f, other):
    @wraps(f)
    def inner(*args, **kwargs):
        if not session.get("user"):
            return other()
        return f(*args, **kwargs)
    return inner
def news():
    return jsonify(news=[])
def own_news():
    return "ok"
app.add_url_rule("/another-instead", view_func=instead(own_news, news))

@app.get("/never-run")
@told
def never_run(): return "ok"
@app.get("/never-run-either")
@told_dict
def never_run_either(): return "ok"
@app.get("/behind-a-page")
@page
def behind_a_page(): return "ok"
@app.get("/run-for-reading")
@page_open
def run_for_reading(): return "ok"
@app.get("/asks-itself")
@around
def asks_itself():
    ask()
    return "ok"
@app.get("/asks-nothing")
@around
def asks_nothing():
    return "ok"
@app.get("/twice-wrapped")
@around
@told
def twice_wrapped():
    return "ok"
"""
_GUARDED = {"/never-run", "/never-run-either", "/behind-a-page", "/twice-wrapped"}
_UNKNOWN = {"/asks-itself", "/another-instead"}
_OPEN = {"/run-for-reading", "/asks-nothing"}


def _told(folder: Path) -> dict[str, set[str]]:
    (folder / "app.py").write_text(_SOURCE, encoding="utf-8")
    told: dict[str, set[str]] = {}
    for route in draw(folder).map.routes:
        told.setdefault(route.verdict, set()).add(route.path)
    return told


def test_what_never_runs_without_a_credential_is_guarded_whatever_is_answered_in_its_place(tmp_path: Path) -> None:
    assert _told(tmp_path) == {"guarded": _GUARDED, "unknown": _UNKNOWN, "unguarded": _OPEN}


def test_a_running_application_runs_the_same_functions(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE, encoding="utf-8")
    with loaded(tmp_path, "app:app") as app:
        client = app.test_client()
        bodies = {path: client.get(path).get_data(as_text=True) for path in _GUARDED | _UNKNOWN | _OPEN}

    assert {path for path, body in bodies.items() if body == "ok"} == _OPEN
