"""Exceptions of HTTP as Flask's own classes: which of them is caught, what they carry, and what is answered to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask

_HEAD = """
from functools import wraps
from http import HTTPStatus

from flask import Flask, Response, abort, jsonify, make_response, redirect, session
from flask.views import MethodView
from werkzeug.exceptions import Forbidden, HTTPException, NotFound, Unauthorized

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"

class Denied(Forbidden):
    pass

def asked():
    if "user" not in session:
        abort(401)

def asked_by_number():
    if "user" not in session:
        abort(HTTPStatus.UNAUTHORIZED)

def asked_by_answer():
    if "user" not in session:
        abort(make_response(jsonify(error="who are you"), 401))

def asked_by_class():
    if "user" not in session:
        raise Denied("no")

"""
_ROUTE = """
@app.get("/d")
def d():
    asked()
    return "ok"
"""
_OPEN = {
    "the class of the status is caught": """
@app.get("/d")
def d():
    try:
        asked()
    except Unauthorized:
        pass
    return "ok"
""",
    "the class above it is caught": """
@app.get("/d")
def d():
    try:
        asked_by_number()
    except HTTPException:
        pass
    return "ok"
""",
}
_UNTOLD = {
    "what is answered to all of them is a success": """
@app.errorhandler(HTTPException)
def told(error): return jsonify(message=error.description)
"""
    + _ROUTE,
    "the handler of the nearest class is asked": """
@app.errorhandler(Exception)
def failed(error): return "failed", 500
@app.errorhandler(HTTPException)
def told(error): return jsonify(message=error.description)
"""
    + _ROUTE,
}
_GUARDED = {
    "another class is caught": """
@app.get("/d")
def d():
    try:
        asked()
    except (NotFound, Forbidden):
        pass
    return "ok"
""",
    "the answer has the status of the exception": """
@app.errorhandler(HTTPException)
def told(error):
    if error.response is not None:
        return error.response
    return jsonify(error=True, message=error.description), error.code
""" + _ROUTE,
    "the exception's own answer, with another body": """
@app.errorhandler(HTTPException)
def told(error):
    response = error.get_response()
    response.data = "{}"
    response.content_type = "application/json"
    return response
""" + _ROUTE.replace("asked", "asked_by_class"),
    "the exception that is handed on": """
@app.errorhandler(Exception)
def failed(error):
    if isinstance(error, HTTPException):
        return error
    return "failed", 500
""" + _ROUTE.replace("asked", "asked_by_class"),
    "the handler of the nearest class": """
@app.errorhandler(Exception)
def failed(error): return jsonify(message="fine")
@app.errorhandler(HTTPException)
def told(error): return error
""" + _ROUTE,
    "the number of a status by its name": _ROUTE.replace("asked", "asked_by_number"),
    "an answer that is raised": _ROUTE.replace("asked", "asked_by_answer"),
    "its own answer that is handed over": """
@app.errorhandler(HTTPException)
def told(error):
    if error.response is not None:
        return error.response
    return jsonify(error=True), error.code
""" + _ROUTE.replace("asked", "asked_by_answer"),
}  # fmt: skip


def _verdicts(tmp_path: Path, source: str) -> dict[str, str]:
    (tmp_path / "app.py").write_text(_HEAD + source, encoding="utf-8")
    return {route.path: route.verdict for route in draw(tmp_path).map.routes}


def _is_refused(tmp_path: Path) -> bool:
    with loaded(tmp_path, "app:app") as app:
        return refused_by_flask(app)["GET", "/d"]


@pytest.mark.parametrize("shape", list(_OPEN))
def test_a_refusal_that_is_caught_by_its_class_refuses_nobody(tmp_path: Path, shape: str) -> None:
    assert _verdicts(tmp_path, _OPEN[shape]) == {"/d": "unguarded"}
    assert not _is_refused(tmp_path)


@pytest.mark.parametrize("shape", list(_UNTOLD))
def test_a_refusal_that_is_answered_as_a_success_is_unknown(tmp_path: Path, shape: str) -> None:
    assert _verdicts(tmp_path, _UNTOLD[shape]) == {"/d": "unknown"}
    assert not _is_refused(tmp_path)


@pytest.mark.parametrize("shape", list(_GUARDED))
def test_a_refusal_that_is_answered_as_one_guards(tmp_path: Path, shape: str) -> None:
    assert _verdicts(tmp_path, _GUARDED[shape]) == {"/d": "guarded"}
    assert _is_refused(tmp_path)


_NESTED = """
def members(f):
    @wraps(f)
    def inner(*args, **kwargs):
        if session.get("user"):
            if session.get("member"):
                return f(*args, **kwargs)
        return redirect("/sign-in")

    return inner

def counted(f):
    @wraps(f)
    def inner(*args, **kwargs):
        if session.get("user"):
            if session.get("member"):
                session["seen"] = True
        return f(*args, **kwargs)

    return inner

@app.get("/d")
@members
def d(): return "ok"

@app.get("/open")
@counted
def everybody(): return "ok"
"""


def test_who_is_asked_for_more_inside_of_what_asks_for_a_sign_in_is_signed_in(tmp_path: Path) -> None:
    assert _verdicts(tmp_path, _NESTED) == {"/d": "guarded", "/open": "unguarded"}


_KEPT = """
from flask import Blueprint

blueprint = Blueprint("api", __name__)

def signed_in(f):
    @wraps(f)
    def inner(*args, **kwargs):
        asked()
        return f(*args, **kwargs)

    return inner

class Orders(MethodView):
    @signed_in
    def get(self): return "orders"

class Prices(MethodView):
    def get(self): return "prices"

def add(blueprint, rows):
    made = {}
    for path, view in rows:
        answering = made.get(view)
        if answering is None:
            answering = view.as_view(view.__name__)
            made[view] = answering
        blueprint.add_url_rule(path, view_func=answering)

add(blueprint, [("/orders", Orders), ("/prices", Prices), ("/old/orders", Orders)])
app.register_blueprint(blueprint)
"""


def test_views_that_are_kept_by_their_class_while_they_are_registered_are_told_apart(tmp_path: Path) -> None:
    told = _verdicts(tmp_path, _KEPT)

    assert told == {"/orders": "guarded", "/prices": "unguarded", "/old/orders": "guarded"}
