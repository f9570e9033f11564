"""What is wrong with a request is told whoever calls, also behind a test of who that is: it refuses nobody for that."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from functools import wraps
from flask import Flask, g, jsonify, request
from rows import find, save

app = Flask(__name__)


class Wrong(Exception):
    def __init__(self, message, code=500):
        super().__init__(message)
        self.code = code


@app.errorhandler(Wrong)
def told(error):
    return jsonify(error=str(error)), error.code


def knows(view):
    @wraps(view)
    def asks(*args, **kwargs):
        if request.headers.get("Authorization", "") == TOKEN:
            g.user = "admin"
            return view(*args, **kwargs)
        g.user = None
        return view(*args, **kwargs)
    return asks
"""

_OPEN = {
    "no body": """
@app.put("/rows/<row>")
@knows
def put(row):
    if not request.json:
        raise Wrong("nothing to change", 400)
    return jsonify(save(row, request.json))
""",
    "no body, answered": """
@app.put("/rows/<row>")
@knows
def put(row):
    if not request.json:
        return jsonify(error="nothing to change"), 400
    return jsonify(save(row, request.json))
""",
    "a row in a state": """
@app.put("/rows/<row>")
@knows
def put(row):
    held = find(row)
    if held.is_closed:
        raise Wrong("closed", 400)
    return jsonify(save(row, request.json))
""",
}

_NOT_OPEN = {
    "for who has none, the body's own secret": """
@app.put("/rows/<row>")
def put(row):
    if request.headers.get("Authorization", "") == TOKEN:
        return jsonify(save(row, request.json))
    if not is_signed(request.json):
        raise Wrong("who are you?", 400)
    return jsonify(save(row, request.json))
""",
    "who calls is asked last": """
@app.put("/rows/<row>")
@knows
def put(row):
    if not request.json and g.user is None:
        raise Wrong("no", 400)
    if g.user is None:
        raise Wrong("no", 400)
    return jsonify(save(row, request.json))
""",
    "one refusal for both": """
@app.put("/rows/<row>")
def put(row):
    known = request.headers.get("Authorization", "") == TOKEN
    if not request.json or not known:
        raise Wrong("no", 400)
    return jsonify(save(row, request.json))
""",
    "the other refusal is for who has none": """
@app.put("/rows/<row>")
@knows
def put(row):
    if not request.json:
        raise Wrong("nothing to change", 400)
    if g.user is None:
        raise Wrong("who are you?", 401)
    return jsonify(save(row, request.json))
""",
}


def _verdict(tmp_path: Path, source: str) -> str:
    (tmp_path / "app.py").write_text(_HEAD + source)
    [route] = [one for one in draw(tmp_path).map.routes if one.path == "/rows/{row}" and one.method == "PUT"]
    return route.verdict


@pytest.mark.parametrize("name", _OPEN)
def test_what_everybody_is_told_refuses_nobody(tmp_path: Path, name: str) -> None:
    """Who has a credential is told the same by the same line."""
    assert _verdict(tmp_path, _OPEN[name]) == "unguarded"


@pytest.mark.parametrize("name", _NOT_OPEN)
def test_what_only_some_are_told_may_refuse(tmp_path: Path, name: str) -> None:
    """Who has a credential never comes there, or comes there by the same test of who calls."""
    assert _verdict(tmp_path, _NOT_OPEN[name]) in ("guarded", "unknown")
