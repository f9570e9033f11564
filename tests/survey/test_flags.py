"""A flag that is set on some ways is what was tested on the way: what refuses by it asks the same of the caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.appmap.model import Route
from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, abort
from flask_jwt_extended import current_user, jwt_required

app = Flask(__name__)


def is_admin():
    return current_user.role == "admin"
"""
_ROUTE = """

@app.put("/projects/<project>")
@jwt_required()
def change(project):
    check(project)
    return {}
"""
_ASKED = {
    "set where the test holds": ("""
def check(project):
    allowed = False
    if is_admin():
        allowed = True
    if not allowed:
        abort(403)
""", {"role:admin"}),
    "taken back where it does not": ("""
def check(project):
    allowed = True
    if not is_admin():
        allowed = False
    if not allowed:
        abort(403)
""", {"role:admin"}),
    "on one of several ways": ("""
def check(project):
    allowed = False
    if len(project) > 100:
        allowed = False
    elif current_user.role == "manager":
        if project in current_user.projects:
            allowed = True
    else:
        allowed = is_admin()
    if not allowed:
        abort(403)
""", {"role:admin", "role:manager"}),
    "given back": ("""
def may(project):
    allowed = False
    if is_admin():
        allowed = True
    return allowed


def check(project):
    if not may(project):
        abort(403)
""", {"role:admin"}),
}  # fmt: skip
_NOT_ASKED = {
    "set by what the caller sends": """
def check(project):
    allowed = False
    if project.startswith("p"):
        allowed = True
    if not allowed:
        abort(403)
""",
    "set on every way": """
def check(project):
    if is_admin():
        allowed = True
    else:
        allowed = True
    if not allowed:
        abort(403)
""",
    "refuses nobody": """
def check(project):
    allowed = False
    if is_admin():
        allowed = True
    if not allowed:
        print("somebody")
""",
}


def drawn(tmp_path: Path, body: str) -> Route:
    (tmp_path / "app.py").write_text(_HEAD + "\n" + body + _ROUTE)
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "PUT")
    return route


@pytest.mark.parametrize("shape", _ASKED)
def test_what_a_flag_was_set_by_is_asked(tmp_path: Path, shape: str) -> None:
    body, names = _ASKED[shape]
    route = drawn(tmp_path, body)

    assert {guard.name for guard in route.guards if guard.kind == "permission"} == names


@pytest.mark.parametrize("shape", _NOT_ASKED)
def test_a_flag_that_does_not_tell_callers_apart_asks_nothing(tmp_path: Path, shape: str) -> None:
    route = drawn(tmp_path, _NOT_ASKED[shape])

    assert route.verdict == "guarded"
    assert {guard.kind for guard in route.guards} == {"authentication"}


@pytest.mark.parametrize(
    "refuses, verdict",
    [pytest.param("not allowed", "guarded", id="right"), pytest.param("allowed", "unguarded", id="wrong")],
)
def test_a_flag_that_is_asked_the_wrong_way_guards_nothing(tmp_path: Path, refuses: str, verdict: str) -> None:
    body = f"""

@app.put("/projects/<project>")
def change(project):
    allowed = True
    if not current_user:
        allowed = False
    if {refuses}:
        abort(401)
    return {{}}
"""
    (tmp_path / "app.py").write_text(_HEAD + body)
    (route,) = (one for one in draw(tmp_path).map.routes if one.method == "PUT")

    assert route.verdict == verdict


_AFTERWARDS = """
from flask import Flask, abort, redirect, request
from flask_login import current_user
from elsewhere import exceptions

app = Flask(__name__)


@app.before_request
def ask():
    allowed = True
    if not current_user.is_authenticated:
        allowed = False
    if not allowed:
        {lets}
    if not allowed:
        return redirect("/login")


@app.get("/things")
def things():
    return "things"
"""


@pytest.mark.parametrize(
    "lets, verdict",
    [
        pytest.param("pass", "guarded", id="nothing"),
        pytest.param("""for one in exceptions():
            if one(request):
                allowed = True
                break""", "unknown", id="what others say"),
        pytest.param("allowed = True", "unguarded", id="all"),
    ],
)  # fmt: skip
def test_a_flag_that_something_else_may_set_again_is_still_about_the_caller(
    tmp_path: Path, lets: str, verdict: str
) -> None:
    (tmp_path / "app.py").write_text(_AFTERWARDS.format(lets=lets))
    (route,) = (one for one in draw(tmp_path).map.routes if one.path == "/things" and one.method == "GET")

    assert route.verdict == verdict
