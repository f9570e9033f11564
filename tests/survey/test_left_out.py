"""What a comprehension leaves out of what it goes through, beside what the application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import refused_by_wsgi
from tests.survey.running import loaded

pytest.importorskip("flask")

_HEAD = """
import os

from flask import Flask, abort, g, request, session
from werkzeug.local import LocalProxy

app = Flask(__name__, static_folder=None)
app.secret_key = "x"
USERS = {"ana": {"role": "a"}, "bo": {"role": "b"}}
somebody = LocalProxy(lambda: session.get("user"))


@app.get("/d")
def d():
"""
_KEYS = '    if keys and request.headers.get("X-Api-Key") not in keys: abort(403)\n'
_SPLIT = 'os.environ.get("A_LIST_THAT_NOBODY_SETS", "{}").split(",")'
_BODIES = {
    "what nobody is": '    if not [one for name, one in USERS.items() if name == session.get("user")]: abort(401)\n',
    "the first of what nobody is": (
        '    found = next((one for name, one in USERS.items() if name == session.get("user")), None)\n'
        "    if found is None: abort(401)\n"
    ),
    "the first of all": (
        "    found = next((one for name, one in USERS.items()), None)\n    if found is None: abort(401)\n"
    ),
    "the first of some": (
        '    found = next((one for name, one in USERS.items() if name != session.get("user")), None)\n'
        "    if found is None: abort(401)\n"
    ),
    "keys of which there are none": f"    keys = [one for one in {_SPLIT.format('')} if one]\n{_KEYS}",
    "a set of which there are none": (
        f"    keys = {{one.strip() for one in {_SPLIT.format('')} if one.strip()}}\n{_KEYS}"
    ),
    "keys of which there are some": f"    keys = [one for one in {_SPLIT.format('a,b')} if one]\n{_KEYS}",
    "whether a proxy is there": "    if somebody is None: abort(401)\n",
    "whether a proxy is something": "    if somebody is not None:\n        return 'x'\n    abort(401)\n",
    "what stands behind a proxy": "    if not somebody: abort(401)\n",
    "what a proxy equals": "    if somebody == None: abort(401)\n",
}


@pytest.mark.parametrize("how", _BODIES)
def test_who_is_refused_by_what_is_left(how: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(f"{_HEAD}{_BODIES[how]}    return 'x'\n")
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    with loaded(tmp_path) as app:
        is_refused = refused_by_wsgi(app, "GET", "/d")
    assert route.verdict == ("guarded" if is_refused else "unguarded") or (how, route.verdict) in {
        ("the first of all", "unknown"), ("the first of some", "unknown"),
    }  # fmt: skip
