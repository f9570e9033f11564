"""Modules that register with `current_app` when a factory imports them, in the context of the application it makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import loaded
from tests.survey.running_flask import served_by_flask

_PAGES = """
from flask import Blueprint
from flask import current_app as app

part = Blueprint("part", __name__)

@part.get("/orders")
def orders(): return "orders"

app.register_blueprint(part, url_prefix=app.config["BEFORE"])

@app.route("/about")
def about(): return "about"
"""
_FACTORIES = {
    "one": """
from flask import Flask

def create_app():
    app = Flask("main", static_folder=None)
    app.config["BEFORE"] = "/shop"
    with app.app_context():
        import apages
    return app

app = create_app()
""",
    "by a function, beside another": """
from flask import Flask

other = Flask("other", static_folder=None)
other.config["BEFORE"] = "/other"

def create_app():
    app = Flask("main", static_folder=None)
    app.config["BEFORE"] = "/shop"
    registered(app)
    return app

def registered(app):
    with app.app_context():
        from apages import part

app = create_app()
""",
}


@pytest.mark.parametrize("factory", _FACTORIES)
def test_what_is_imported_in_a_context_is_registered_there(factory: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_FACTORIES[factory])
    (tmp_path / "apages.py").write_text(_PAGES)

    found = {(one.method, one.path) for one in draw(tmp_path).map.routes}

    with loaded(tmp_path) as app:
        assert served_by_flask(app) == found
    assert ("GET", "/shop/orders") in found


def test_what_only_answers_with_the_current_application_waits_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("""
from flask import Flask, current_app

app = Flask("main", static_folder=None)

@app.get("/name")
def name(): return current_app.name
""")

    assert {(one.method, one.path) for one in draw(tmp_path).map.routes} == {("GET", "/name"), ("HEAD", "/name")}
