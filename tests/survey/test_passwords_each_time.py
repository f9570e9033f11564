"""Functions before all handlers that ask for a name and a password with each request, by names of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import hashlib

from flask import Flask, abort, request, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__, static_folder=None)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    shop = db.Column(db.String)
    salt = db.Column(db.String)
    password = db.Column(db.String)


def hashed(given, salt):
    return hashlib.sha256((salt + given).encode()).hexdigest()


def found(name, given):
    user = User.query.filter_by(name=name).first()
    if user is None:
        return None
    elif hashed(given, user.salt) != user.{column}:
        return None
    return user


@app.before_request
def authorize():
    {body}


@app.get("/orders")
def orders():
    return []


@app.post("/sign-in")
def sign_in():
    user = found(request.form["u"], request.form["p"])
    if user is None:
        abort(401)
    return {}
"""
_ASKS = 'user = found(request.values["u"], request.values["p"])\n    if user is None:\n        abort(401)\n    '
_BODIES = {
    "asked": ("password", _ASKS + "request.user = user", "guarded", "guarded"),
    "asked of another column": ("shop", _ASKS + "request.user = user", "unguarded", "unguarded"),
    "asked of some": (
        "password", f'if "draft" in request.args:\n        return\n    {_ASKS}', "unknown", "unknown"
    ),
    "asked elsewhere": (
        "password",
        f'if request.path == "/orders":\n        return\n    {_ASKS}',
        "unguarded", "guarded",
    ),
    # It signs in: who has no session yet sends a name and a password, as anybody may.
    "signs in": ("password", _ASKS + 'session["user"] = user.id', "unknown", "unknown"),
    "nothing asked": ("password", "request.started = True", "unguarded", "unguarded"),
    "turned round": (
        "password",
        'user = User.query.filter_by(name=request.values["u"]).first()\n'
        '    if user is not None and hashed(request.values["p"], user.salt) == user.password:\n        abort(401)',
        "unguarded", "unguarded",
    ),
    "compared with what is sent": (
        "password", 'if request.values["password"] != request.values["again"]:\n        abort(401)', "unguarded",
        "unguarded",
    ),
}  # fmt: skip


@pytest.mark.parametrize("body", _BODIES)
def test_who_sends_no_password_of_a_row_is_refused(body: str, tmp_path: Path) -> None:
    column, told, orders, sign_in = _BODIES[body]
    (tmp_path / "app.py").write_text(_SOURCE.replace("{body}", told).replace("{column}", column))

    drawn = {(route.method, route.path): route.verdict for route in draw(tmp_path).map.routes}

    assert _as_told(orders, drawn["GET", "/orders"])
    assert _as_told(sign_in, drawn["POST", "/sign-in"])


def _as_told(expected: str, verdict: str) -> bool:
    """What is not refused may be unknown, and what is unknown here may not be called guarded."""
    return verdict == "guarded" if expected == "guarded" else verdict != "guarded"


def test_a_handler_that_compares_a_password_is_open(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE.replace("{body}", "pass").replace("{column}", "password"))

    drawn = {(route.method, route.path): route.verdict for route in draw(tmp_path).map.routes}

    assert drawn["GET", "/orders"] == "unguarded"
    assert drawn["POST", "/sign-in"] != "guarded"
