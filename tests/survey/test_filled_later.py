"""Lists and tables that are empty in source and filled while a service runs: nobody is refused by that."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, abort, jsonify, request, session

app = Flask(__name__, static_folder=None)
USERS = {}
NAMES = []
OPEN = set()


def join(name, password):
    USERS[len(USERS)] = {"name": name, "password": password}
    NAMES.append(name)


class Store:
    def __init__(self):
        self.rows = {}

    def add(self, name):
        self.rows[name] = name


store = Store()

"""
_BODIES = {
    "a sign-in that goes through a table": """
    for user in USERS.values():
        if user["name"] == request.form["name"] and user["password"] == request.form["password"]:
            session["user"] = user["name"]
            return "x"
    abort(401)
""",
    "a sign-in that goes through a list": """
    for name in NAMES:
        if name == request.form["name"]: return "x"
    abort(401)
""",
    "a sign-in that asks for any": """
    if not any(user["name"] == request.form["name"] for user in USERS.values()): abort(401)
    return "x"
""",
    "what an object keeps": """
    for name in store.rows.values():
        if name == request.form["name"]: return "x"
    abort(401)
""",
}


@pytest.mark.parametrize("way", sorted(_BODIES))
def test_who_is_found_in_what_is_filled_later_comes_in(tmp_path: Path, way: str) -> None:
    (tmp_path / "main.py").write_text(f"{_HEAD}\n@app.post('/a')\ndef a():\n{_BODIES[way]}")

    (found,) = draw(tmp_path).map.routes

    assert found.verdict == "unguarded"


def test_what_nobody_fills_stays_empty(tmp_path: Path) -> None:
    body = "    if request.path not in OPEN and not session.get('user'): abort(401)\n    return 'x'\n"
    (tmp_path / "main.py").write_text(f"{_HEAD}\n@app.post('/a')\ndef a():\n{body}")

    (found,) = draw(tmp_path).map.routes

    assert found.verdict == "guarded"


def test_a_password_that_is_typed_into_a_form_is_no_credential_of_the_caller(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        """
from pyramid.config import Configurator
from pyramid.view import view_config

USERS = {}


@view_config(route_name="join", request_method="POST", renderer="json")
def join(request):
    USERS[request.params["name"]] = request.params["password"]
    return {}


def main(global_config, **settings):
    config = Configurator(settings=settings)
    config.add_route("join", "/join")
    config.scan("main")
    return config.make_wsgi_app()
"""
    )

    assert {one.verdict for one in draw(tmp_path).map.routes} == {"unguarded"}
