"""Whether an application has an attribute is told by what the tree puts on it; what it never puts is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, current_app, request
from werkzeug.exceptions import Unauthorized

def refused(error=None):
    if hasattr(current_app, "refused_page"):
        return current_app.refused_page()
    return "no", 401

def create_app():
    app = Flask(__name__, static_folder=None)
    app.register_error_handler(Unauthorized, refused)
    put(app)

    @app.get("/orders")
    def orders():
        if not request.headers.get("Authorization"):
            raise Unauthorized()
        return []

    return app

"""
_PUTS = {
    "nothing": ("def put(app): pass", "guarded", "by default"),
    "a refusal": ("def put(app): app.refused_page = lambda: ('no', 403)", "guarded", ""),
    "a page": ("def put(app): app.refused_page = lambda: ('welcome', 200)", "unknown", "no refusal"),
    "something unknown": ("from pages import page\ndef put(app): app.refused_page = page", "unknown", "no refusal"),
    "by another": (
        "def put(app): pass\ndef extend(app, page): app.refused_page = page", "unknown", "no refusal"
    ),
    "under a name": (
        "def put(app): pass\ndef extend(app, page): setattr(app, 'refused_page', page)", "unknown", "no refusal"
    ),
}  # fmt: skip


@pytest.mark.parametrize("put", _PUTS)
def test_a_handler_that_the_application_may_have(tmp_path: Path, put: str) -> None:
    source, verdict, because = _PUTS[put]
    (tmp_path / "app.py").write_text(_HEAD + source)

    route = next(one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert verdict == route.verdict
    assert because in (route.because or "")
    assert bool(because) == bool(route.because)


@pytest.mark.parametrize("name", ["login_manager", "extensions", "jinja_env"])
def test_what_packages_put_there_may_be_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").write_text(_HEAD.replace("refused_page", name) + "def put(app): pass")

    route = next(one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert "unknown" == route.verdict
