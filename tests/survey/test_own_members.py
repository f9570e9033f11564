"""A method that is called by a name which nobody can read leaves doubt only where one of them may refuse somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from flask import Flask, abort, render_template, request
from flask.views import View

app = Flask(__name__, static_folder=None)

class Page(View):
    def dispatch_request(self, action):
        self.action = action
        return getattr(self, self.action)()

    def show(self): return render_template("show.html")

    def change(self): {change}

app.add_url_rule("/orders/<action>", view_func=Page.as_view("orders"))
"""


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ("return render_template('change.html')", "unguarded"),
        ("abort(401)", "unknown"),
        ("return 'no', 403", "unknown"),
        ("return render_template('change.html') if request.authorization else abort(401)", "unknown"),
    ],
)
def test_which_method_is_called_matters_where_one_refuses(tmp_path: Path, change: str, verdict: str) -> None:
    (tmp_path / "app.py").write_text(_APP.replace("{change}", change))

    assert verdict == next(one for one in draw(tmp_path).map.routes if one.method == "GET").verdict
