"""What code puts into a session and finds there again, by Flask and by Django: that tells nothing of who calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import refused_by_flask

_FLASK = """
from flask import Flask, abort, redirect, session

app = Flask(__name__, static_folder=None)
app.secret_key = "for tests"

@app.get("/d/<key>")
def d(key):
BODY
    return "ok"
"""
_DJANGO = """
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path

def d(request, key):
BODY
    return HttpResponse()

urlpatterns = [path("d/<key>", d)]
"""
_OPEN = {
    "put there and taken": """
    session["answers"] = {}
    found = session["answers"]
""",
    "put there unless it is there": """
    if "answers" not in session:
        session["answers"] = {}
    found = session["answers"]
    if key not in found:
        found[key] = {"data": {}}
    data = found[key]["data"]
""",
    "put there unless it is there and something": """
    if "answers" not in session or not session["answers"]:
        session["answers"] = {"first": 1}
    found = session["answers"]["first"]
""",
    "put there in place of nothing": """
    if not session.get("answers"):
        session["answers"] = {"first": 1}
    if "answers" not in session:
        refuse()
    found = session["answers"]["first"]
""",
}
_GUARDED = {
    "another entry is asked for": """
    session["answers"] = {}
    found = session["user_id"]
""",
    "it is put there where another one is": """
    if "user_id" in session:
        session["answers"] = {}
    found = session["answers"]
""",
    "nothing is put there": """
    if "answers" not in session:
        refuse()
    session["answers"] = {}
""",
}


def _source(body: str, *, is_flask: bool) -> str:
    if is_flask:
        return _FLASK.replace("BODY", body.replace("refuse()", "abort(403)"))
    own = body.replace("session", "request.session").replace("refuse()", "raise PermissionDenied")
    return _DJANGO.replace("BODY", own)


def _verdict(folder: Path, body: str, *, is_flask: bool) -> str:
    name = "app.py" if is_flask else "urls.py"
    (folder / name).write_text(_source(body, is_flask=is_flask), encoding="utf-8")
    return next(one.verdict for one in draw(folder).map.routes if one.path == "/d/{key}" and one.method != "HEAD")


@pytest.mark.parametrize("is_flask", [True, False], ids=["flask", "django"])
@pytest.mark.parametrize("shape", list(_OPEN))
def test_what_code_puts_into_a_session_is_there_for_everybody(tmp_path: Path, shape: str, is_flask: bool) -> None:
    assert _verdict(tmp_path, _OPEN[shape], is_flask=is_flask) == "unguarded"


@pytest.mark.parametrize("is_flask", [True, False], ids=["flask", "django"])
@pytest.mark.parametrize("shape", list(_GUARDED))
def test_what_nobody_puts_there_is_not_there(tmp_path: Path, shape: str, is_flask: bool) -> None:
    assert _verdict(tmp_path, _GUARDED[shape], is_flask=is_flask) == "guarded"


@pytest.mark.parametrize("shape", [*_OPEN, *_GUARDED])
def test_a_running_application_says_the_same(tmp_path: Path, shape: str) -> None:
    (tmp_path / "app.py").write_text(_source((_OPEN | _GUARDED)[shape], is_flask=True), encoding="utf-8")
    with loaded(tmp_path, "app:app") as app:
        assert refused_by_flask(app)["GET", "/d/{key}"] == (shape in _GUARDED)
