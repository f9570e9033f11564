"""Exceptions of the tree that say themselves how they are answered: `def get_response(self, ...)`."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from flask import Flask, Response
from flask_login import LoginManager, current_user
from werkzeug.exceptions import HTTPException

app = Flask(__name__, static_folder=None)
LoginManager(app)


def told(text, status):
    return Response(response=text, status=status)


class Gone(HTTPException):
    def __init__(self, text):
        self.text = text
        HTTPException.__init__(self)

    def get_response(self, environ=None, scope=None):
        return {answer}


@app.errorhandler(Exception)
def fault(error):
    return Response(response=str(error), status=500)


@app.errorhandler(HTTPException)
def as_it_is(error):
    return error


@app.route("/d")
def show():
    if not current_user.is_authenticated:
        raise Gone("there is no such thing")
    return "found"
"""


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("told(self.text, 410)", "guarded"),
        ("Response(status=403)", "guarded"),
        ("told(self.text, 200)", "unknown"),
        ("elsewhere(self.text)", "unknown"),
    ],
)
def test_an_exception_that_says_its_answer(tmp_path: Path, answer: str, verdict: str) -> None:
    (tmp_path / "app.py").write_text(_APP.format(answer=answer))
    assert draw(tmp_path).map.routes[0].verdict == verdict
