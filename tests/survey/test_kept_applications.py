"""An application that a function is given and keeps under another name has what is registered there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_WAYS = {
    "a name of the module": """
_app = None

def serve(commands, flask_app):
    global _app
    _app = flask_app
    _app.add_url_rule("/pages", "pages", pages)
""",
    "an attribute": """
class Extension:
    def __init__(self, settings): self.settings = settings

    def init_app(self, app):
        self.app = app
        self.app.add_url_rule("/pages", "pages", pages)
""",
}


@pytest.mark.parametrize("way", _WAYS)
def test_a_function_that_nothing_calls_registers_on_what_it_keeps(tmp_path: Path, way: str) -> None:
    (tmp_path / "app.py").write_text("""
from flask import Flask, request, abort
app = Flask(__name__, static_folder=None)

@app.before_request
def asks():
    if not request.headers.get("Authorization"):
        abort(401)
""")
    (tmp_path / "pages.py").write_text('def pages(): return "x"\n' + _WAYS[way])

    routes = draw(tmp_path).map.routes

    assert [("/pages", "guarded")] == [(one.path, one.verdict) for one in routes if one.method == "GET"]


def test_what_is_no_application_registers_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("""
from flask import Flask
app = Flask(__name__, static_folder=None)

class Table:
    def fill(self, rows):
        self.rows = rows
        self.rows.add_url_rule("/pages", "pages", len)
""")

    assert [] == list(draw(tmp_path).map.routes)
