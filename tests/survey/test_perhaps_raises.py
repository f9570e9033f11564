"""A part of an expression that raises only where it is come to: `find(key) or abort(404)`, `a if b else abort(401)`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask

_HEAD = """
from flask import Flask, abort, jsonify, session

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"
ROWS = {"1": {"holder": "ana"}}


def find(key):
    return ROWS.get(key)

"""
_GUARDED = {
    "asked behind what may not be there": """
@app.get("/d")
def d():
    row = find("1") or abort(404)
    if not session.get("user"): abort(401)
    return jsonify(row)
""",
    "nobody or": """
@app.get("/d")
def d():
    user = session.get("user") or abort(401)
    return jsonify(user)
""",
    "nobody and": """
@app.get("/d")
def d():
    not session.get("user") and abort(401)
    return jsonify(found=1)
""",
    "one of two": """
@app.get("/d")
def d():
    user = session["user"] if "user" in session else abort(401)
    return jsonify(user)
""",
}
_OPEN = {
    "what may not be there": """
@app.get("/d")
def d():
    row = find("1") or abort(404)
    return jsonify(row)
""",
    "what may be banned": """
@app.get("/d")
def d():
    row = find("1")
    row.get("banned") and abort(403)
    return jsonify(row)
""",
    "one of two that may not be there": """
@app.get("/d")
def d():
    row = find("1")
    return jsonify(row) if row else abort(404)
""",
    "a guest or": """
@app.get("/d")
def d():
    user = session.get("user") or "guest" or abort(401)
    return jsonify(user)
""",
}


@pytest.mark.parametrize("way", sorted({**_GUARDED, **_OPEN}))
def test_a_part_that_raises_ends_there_only_where_it_is_come_to(tmp_path: Path, way: str) -> None:
    (tmp_path / "main.py").write_text(_HEAD + {**_GUARDED, **_OPEN}[way])

    (found,) = [one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"]

    with loaded(tmp_path) as app:
        assert refused_by_flask(app)["GET", "/d"] == (way in _GUARDED)
    assert found == ("guarded" if way in _GUARDED else "unguarded")


def test_who_owns_a_row_is_compared_behind_what_may_not_be_there(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        _HEAD
        + """
@app.get("/d/<key>")
def d(key):
    if not session.get("user"): abort(401)
    row = find(key) or abort(404)
    if row["holder"] != session["user"]: abort(403)
    return jsonify(row)
"""
    )

    (route,) = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert "ownership" in {guard.kind for guard in route.guards}
