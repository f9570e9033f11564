"""Helpers that give None to who may not: what they ask is demanded of whoever calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, abort, jsonify, session
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__, static_folder=None)
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    role = db.Column(db.String)


def me():
    return db.session.get(User, session["uid"]) if "uid" in session else None

"""
_HELPERS = {
    "none unless": """
def admin():
    user = me()
    if user is None or user.role != "admin":
        return None
    return user
""",
    "nothing behind": """
def admin():
    user = me()
    if user is not None and user.role == "admin":
        return user
""",
    "one of two": """
def admin():
    user = me()
    return user if user and user.role == "admin" else None
""",
    "one after the other": """
def admin():
    user = me()
    if not user:
        return None
    if user.role != "admin":
        return
    return user
""",
}
_ASKS = {
    "is None": "    if admin() is None: abort(403)\n    return 'x'",
    "not": "    if not admin(): abort(403)\n    return 'x'",
    "named": "    user = admin()\n    if user is None: return jsonify(error='no'), 403\n    return 'x'",
    "or": "    user = admin() or abort(403)\n    return str(user.id)",
}


@pytest.mark.parametrize("asks", sorted(_ASKS))
@pytest.mark.parametrize("helper", sorted(_HELPERS))
def test_what_a_helper_asks_is_demanded(tmp_path: Path, helper: str, asks: str) -> None:
    (tmp_path / "main.py").write_text(f"{_HEAD}{_HELPERS[helper]}\n\n@app.get('/a')\ndef a():\n{_ASKS[asks]}\n")

    (found,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert found.verdict == "guarded"
    assert "role:admin" in {guard.name for guard in found.guards if guard.kind == "permission"}


def test_who_is_signed_in_alone_is_no_more(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        _HEAD + "\n@app.get('/a')\ndef a():\n    if me() is None: abort(401)\n    return 'x'\n"
    )

    (found,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert found.verdict == "guarded" and found.binding == "signed-in"
    assert not {guard for guard in found.guards if guard.kind == "permission"}
