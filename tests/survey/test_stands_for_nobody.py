"""What a setting gives to who has nothing of their own: whether it lets them pass is up to who sets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_SOURCE = """
import os

from flask import Flask, current_app, g, session
from werkzeug.exceptions import Forbidden

class Config:
    EVERYBODY_MAY = "GIVEN"

def allowed():
    found = session.get("allowed")
    if found is None:
        found = current_app.config["EVERYBODY_MAY"]
    return found

def create_app():
    app = Flask(__name__, static_folder=None)
    app.config.from_object(Config)
    if "SHOP_CONFIG" in os.environ:
        app.config.from_envvar("SHOP_CONFIG")

    @app.before_request
    def before():
        g.allowed = set(allowed().split(","))

    @app.get("/plain")
    def plain():
        if "read" not in allowed():
            raise Forbidden()
        return "ok"

    @app.get("/kept")
    def kept():
        if "read" not in g.allowed:
            raise Forbidden()
        return "ok"

    @app.get("/own")
    def own():
        if "read" not in (session.get("allowed") or ""):
            raise Forbidden()
        return "ok"

    return app
"""
_ANOTHER = """

def create_tool():
    app = Flask("tool", static_folder=None)
    app.config["EVERYBODY_MAY"] = "write"
    return app
"""


@pytest.mark.parametrize(("given", "verdict"), [("", "guarded"), ("read", "unguarded")])
def test_a_setting_that_stands_for_what_a_caller_has_decides_by_default(
    tmp_path: Path, given: str, verdict: str
) -> None:
    (tmp_path / "app.py").write_text(_SOURCE.replace("GIVEN", given), encoding="utf-8")

    routes = {one.path: one for one in draw(tmp_path).map.routes}

    assert {path: one.verdict for path, one in routes.items()} == {
        "/plain": verdict, "/kept": verdict, "/own": "guarded"}  # fmt: skip
    assert all((routes[path].because or "").startswith("by default: ") for path in ("/plain", "/kept"))
    assert routes["/own"].because is None


def test_of_two_applications_the_one_that_answers_says_what_is_set(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_SOURCE.replace("GIVEN", "") + _ANOTHER, encoding="utf-8")

    told = {one.path: one.verdict for one in draw(tmp_path).map.routes if one.method == "GET"}

    assert told == {"/plain": "guarded", "/kept": "guarded", "/own": "guarded"}
