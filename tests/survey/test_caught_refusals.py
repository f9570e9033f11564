"""A refusal that is caught keeps nobody out by itself; what is done afterwards because of it may."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.asking import refused_by_wsgi
from tests.survey.running import loaded

_APP = """
import logging
from contextlib import suppress

from flask import Flask, abort, jsonify, request, session

app = Flask(__name__, static_folder=None)
app.secret_key = "of the tests"
log = logging.getLogger(__name__)


class Denied(Exception):
    pass


def asks():
    if "user" not in session:
        abort(401)


def asks_too():
    if "user" not in session:
        raise Denied("sign in")


@app.get("/d")
def d():
    why = None
    is_let_in = False
{body}
    return "data"
"""
_CAUGHT = "    try:\n        {what}\n        is_let_in = True\n    except {kind}:\n        {then}\n"


def _body(what: str, kind: str, then: str, after: str = "pass") -> str:
    return _CAUGHT.format(what=what, kind=kind, then=then) + f"    {after}"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (_body("asks()", "Exception as error", "why = error", "if why is not None: return 'no', 401"), "guarded"),
        (_body("asks()", "Exception as error", "why = error", "if why: abort(403)"), "guarded"),
        (_body("asks()", "Exception", "pass", "if not is_let_in: return 'no', 403"), "guarded"),
        (_body("asks_too()", "Denied as error", "why = error", "if why: return str(why), 401"), "guarded"),
        (_body("asks_too()", "Denied", "why = 'no'", "if why: return jsonify(why=why), 403"), "guarded"),
        (_body("asks()", "Exception", "return 'no', 403"), "guarded"),
        (_body("asks()", "Exception", "raise"), "guarded"),
        (_body("asks()", "ValueError", "pass"), "guarded"),
        (_body("asks()", "Exception", "pass"), "unguarded"),
        (_body("asks()", "Exception as error", "log.error(error)"), "unguarded"),
        (_body("asks_too()", "Denied as error", "why = error", "if why is None: return 'no', 401"), "unguarded"),
        (_body("asks()", "Exception", "pass", "if is_let_in: return 'no', 403"), "unguarded"),
        (_body("asks()", "Exception", "why = 'guest'", "if request.args.get('x') == '1': return '', 403"), "unguarded"),
        (_body("int('1')", "ValueError as error", "why = error", "if why: return 'no', 401"), "unguarded"),
        ("    with suppress(Exception):\n        asks()", "unguarded"),
    ],
)
def test_what_is_done_because_of_a_refusal_that_is_caught(body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP.format(body=body))

    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "GET")

    with loaded(tmp_path) as app:
        assert refused_by_wsgi(app, "GET", "/d") == (verdict == "guarded")
    assert verdict == route.verdict
