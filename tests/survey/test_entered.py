"""Which functions a trial follows: those that may refuse, deep as they are, and those that are handed who calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_NESTED = """
from flask import Flask, abort, current_app
from flask_login import current_user

app = Flask(__name__, static_folder=None)


class Rights:
    def may(self, what):
        return what in current_user.rights


rights = Rights()


class Log:
    def __init__(self):
        self.found = []

    def undo(self, number, message):
        {first}
        note = "undone {{}}".format(number)
        if not message:
            message = note
        for one in self.found:
            one.undo(number)
        return message


@app.post("/log/<number>")
def undo(number):
    log = Log()
    return log.undo(number, "x")
"""


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        ("if not rights.may('write'):\n            abort(403)", "guarded"),
        ("if not current_user.is_authenticated:\n            abort(401)", "guarded"),
        ("if not number:\n            abort(404)", "unguarded"),
    ],
)
def test_a_method_that_only_aborts_is_followed(first: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_NESTED.format(first=first))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict


_HANDED = """
from flask import Flask, abort
from flask_login import current_user

app = Flask(__name__, static_folder=None)


def may(user, what):
    if user.is_authenticated and user.is_admin:
        return True
    names = {{"read": "may_read", "write": "may_write"}}
{long}
    if what == "all":
        return {otherwise}
    if user.is_authenticated:
        return getattr(user, names.get(what, "may_read"))
    return False


@app.get("/orders")
def orders():
    if not may(current_user, "all"):
        abort(403)
    return "ok"
"""


@pytest.mark.parametrize(("otherwise", "verdict"), [("not user.is_anonymous", "guarded"), ("True", "unguarded")])
def test_a_long_function_that_is_handed_who_calls_is_followed(otherwise: str, verdict: str, tmp_path: Path) -> None:
    long = "\n".join(f'    names["{number}"] = "may_{number}_of_what_there_is_to_be_read"' for number in range(60))
    (tmp_path / "main.py").write_text(_HANDED.format(long=long, otherwise=otherwise))

    verdicts = {one.method: one.verdict for one in draw(tmp_path).map.routes}

    assert verdicts == {"GET": verdict, "HEAD": verdict}


@pytest.mark.parametrize("refusal", ["{'error': 'no'}, 403", "'no', HTTPStatus.UNAUTHORIZED", "abort(403)"])
def test_what_gives_a_refusal_is_followed_however_deep_it_is(tmp_path: Path, refusal: str) -> None:
    deep = "".join(f"def check_{one}():\n    return check_{one - 1}()\n\n\n" for one in range(1, 12))
    (tmp_path / "app.py").write_text(f"""
from http import HTTPStatus
from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)


def who():
    return session.get("uid")


def check_0():
    if not who():
        return {refusal}
    return None


{deep}
@app.get("/")
def index():
    refused = check_11()
    return refused if refused else "done"
""")

    assert draw(tmp_path).map.routes[0].verdict == "guarded"
