"""What is made with an application stands around it where it is served in its place; an extension is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_WAYS = {
    "an extension, by who is handed the application": (
        """
def init(app):
    keeper = Authorizer(app)
    return keeper

def create_app():
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/orders", "orders", orders)
    init(app)
    return app
""",
        "unguarded",
    ),
    "what a factory gives back": (
        """
def create_app():
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/orders", "orders", orders)
    return Authorizer(app)
""",
        "unknown",
    ),
    "what a factory gives back that another one has made": (
        """
def around(app):
    return Authorizer(app)

def create_app():
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/orders", "orders", orders)
    return around(app)
""",
        "unknown",
    ),
}


@pytest.mark.parametrize("way", _WAYS)
def test_only_what_is_served_stands_around(tmp_path: Path, way: str) -> None:
    source, verdict = _WAYS[way]
    (tmp_path / "app.py").write_text(
        "from flask import Flask\nfrom somewhere import Authorizer\n\ndef orders(): return 'x'\n" + source
    )

    route = next(one for one in draw(tmp_path).map.routes if one.method == "GET")

    assert verdict == route.verdict, route.because
