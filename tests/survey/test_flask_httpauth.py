"""Flask-HTTPAuth asks its function about who sends nothing, too: with empty texts. What that says of them counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import os

from flask import Flask, g
from flask_httpauth import HTTPBasicAuth, HTTPTokenAuth, MultiAuth
from werkzeug.security import check_password_hash
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__, static_folder=None)
db = SQLAlchemy(app)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)
    password = db.Column(db.String(80), nullable=False)

basic = HTTPBasicAuth()
token = HTTPTokenAuth(header="X-API-Key")
either = MultiAuth(basic, token)
USERS = {"ann": "pbkdf2:sha256:of-the-tests"}
PASSWORD = os.environ.get("SHOP_PASSWORD")

VERIFYING

@app.get("/d")
@WITH.login_required
def d(): return "ok"
"""
_OF_ROWS = """
@basic.verify_password
def verify(name, password):
    user = User.query.filter_by(name=name).first()
    if user is not None and check_password_hash(user.password, password):
        return user
"""
_OF_TABLE = """
@basic.verify_password
def verify(name, password):
    if name in USERS and check_password_hash(USERS[name], password):
        return name
"""
_GUEST = """
@basic.verify_password
def verify(name, password):
    if not name:
        return "guest"
    return name in USERS and check_password_hash(USERS[name], password)
"""
_UNLESS_SET = """
@basic.verify_password
def verify(name, password):
    if not PASSWORD:
        return True
    return password == PASSWORD and name in USERS
"""
_ALL = """
@basic.verify_password
def verify(name, password):
    g.name = name
    return True
"""
_TOKEN = """
@token.verify_token
def verify_token(value):
    if value in USERS:
        return USERS[value]
"""
_OPEN_TOKEN = """
@token.verify_token
def verify_token(value):
    return value == "" or value in USERS
"""


@pytest.mark.parametrize(
    ("verifying", "with_", "verdict"),
    [
        (_OF_ROWS, "basic", "guarded"),
        (_OF_TABLE, "basic", "guarded"),
        ("", "basic", "guarded"),
        (_TOKEN, "token", "guarded"),
        (_OF_TABLE + _OPEN_TOKEN, "either", "guarded"),
        (_GUEST, "basic", "unguarded"),
        (_ALL, "basic", "unguarded"),
        (_OPEN_TOKEN, "token", "unguarded"),
        (_GUEST + _TOKEN, "either", "unguarded"),
        (_UNLESS_SET, "basic", "unknown"),
    ],
)
def test_what_is_said_of_who_sends_nothing_counts(tmp_path: Path, verifying: str, with_: str, verdict: str) -> None:
    source = _SOURCE.replace("VERIFYING", verifying).replace("WITH", with_)
    (tmp_path / "app.py").write_text(source, encoding="utf-8")

    assert {verdict} == {one.verdict for one in draw(tmp_path).map.routes}
