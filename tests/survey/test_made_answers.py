"""`make_response` of what a view gives is that answer: a wrapper that sets headers on it changes nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import functools
import os

from flask import Flask, abort, jsonify, make_response, session

app = Flask(__name__, static_folder=None)
ASKS = os.environ.get("ASKS", "1") == "1"


def with_headers(view):
    @functools.wraps(view)
    def inner(*args, **kwargs):
        given = view(*args, **kwargs)
        answer = make_response(given)
        answer.headers["X-Frame-Options"] = "DENY"
        return answer

    return inner


def may(number):
    return not ASKS or session.get("user") == number


@app.post("/orders/<number>")
@with_headers
def order(number):
    {body}
    return "ok"
"""


@pytest.mark.parametrize(
    ("body", "verdict", "is_by_default"),
    [
        ('if session.get("user") is None:\n        return jsonify({}), 401', "guarded", False),
        ('if session.get("user") is None:\n        return make_response(jsonify({}), 401)', "guarded", False),
        ('if session.get("user") is None:\n        return make_response((jsonify({}), 401))', "guarded", False),
        ("if not may(number):\n        return jsonify({}), 403", "guarded", True),
        ('if number == "3":\n        return jsonify({}), 403', "unguarded", False),
        ('if session.get("user") is None:\n        return jsonify({}), 200', "unguarded", False),
    ],
)
def test_what_a_wrapper_makes_an_answer_of(body: str, verdict: str, is_by_default: bool, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP.replace("{body}", body))

    (route,) = draw(tmp_path).map.routes

    assert (route.verdict, (route.because or "").startswith("by default")) == (verdict, is_by_default)


@pytest.mark.parametrize(("status", "verdict"), [(401, "guarded"), (200, "unguarded")])
def test_what_is_set_on_it_counts(status: int, verdict: str, tmp_path: Path) -> None:
    body = (
        'if session.get("user") is None:\n        answer = make_response((jsonify({}), 302))\n'
        f"        answer.status_code = {status}\n        return answer"
    )
    (tmp_path / "main.py").write_text(_APP.replace("{body}", body).replace("@with_headers\ndef order", "def order"))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict
