"""What functions put into tables that they made changes no other table; what they put into others may."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import json
from flask import Flask, abort, request, session

app = Flask(__name__, static_folder=None)
PARTS = [{"id": "order", "is_open": False}]


@app.route("/")
def index():
    for part in PARTS:
        if not part["is_open"] and "uid" not in session:
            abort(401)
    return "done"

"""
_OWN = {
    "made here": "def f():\n    row = {}\n    row['is_open'] = True\n    return row\n",
    "read from text": "def f(text):\n    row = json.loads(text)\n    row['is_open'] = True\n    return row\n",
    "sent": """
def f():
    data = request.form if request.form else json.loads(request.data)
    data["is_open"] = True
""",
    "sent and gone through": "def f():\n    for part in request.json['parts']:\n        part['is_open'] = True\n",
    "kept in what was made here": """
def f(rows):
    calls = {}
    for index in rows:
        if index not in calls:
            calls[index] = {"is_open": 0}
        call = calls[index]
        call["is_open"] = 1
    return calls
""",
    "a copy": "def f(given):\n    row = dict(given)\n    row['is_open'] = True\n    return row\n",
}
_OTHERS = {
    "of the module": "def f():\n    PARTS[0]['is_open'] = True\n",
    "gone through": "def f():\n    for part in PARTS:\n        part['is_open'] = True\n",
    "given": "def f(part):\n    part['is_open'] = True\n",
    "found": "def f():\n    part = find()\n    part['is_open'] = True\n",
    "kept among what was made here": """
def f():
    parts = {}
    parts[0] = PARTS[0]
    part = parts[0]
    part["is_open"] = True
""",
    "appended to what was made here": """
def f():
    parts = []
    parts.extend(PARTS)
    for part in parts:
        part["is_open"] = True
""",
    "of the request's application": "def f():\n    request.registry.settings['is_open'] = True\n",
    "one of both": "def f(given=None):\n    part = given or {}\n    part['is_open'] = True\n",
}


def _verdict(tmp_path: Path, more: str) -> str:
    (tmp_path / "app.py").write_text(_APP + more)
    return str(draw(tmp_path).map.routes[0].verdict)


@pytest.mark.parametrize("more", _OWN.values(), ids=_OWN)
def test_what_a_function_has_made_is_its_own(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) == "guarded"


@pytest.mark.parametrize("more", _OTHERS.values(), ids=_OTHERS)
def test_what_others_hold_may_be_changed(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) == "unknown"
