"""A parameter called `key` may say which row is meant: a fault for want of it refuses nobody, a comparison does."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import os

from flask import Flask, abort, request

app = Flask(__name__, static_folder=None)
SECRET = os.environ["SECRET"]


@app.post("/orders")
def orders():
    {body}
    return "ok"
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('key = request.args["key"]\n    app.logger.info(key.upper())', "unguarded"),
        ('key, value = request.args["key"], request.args["value"]', "unguarded"),
        ('if request.args["key"] != SECRET:\n        abort(403)', "guarded"),
        ('if request.args.get("key") is None:\n        abort(401)', "guarded"),
        ('token = request.args["token"]', "guarded"),
    ],
)
def test_what_is_missing_from_a_query(body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP.replace("{body}", body))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict
