"""A function of which it is told when it runs which one it is may ask who calls, or not: nothing is sure of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import settings
import users
from flask import Flask, abort, request, session

app = Flask(__name__, static_folder=None)


def by_token(request):
    if request.headers.get("authorization") is None:
        abort(401)
    return request.headers["authorization"]


@app.post("/orders")
def orders():
    {body}
    return "ok"
"""


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('globals().get(f"by_{settings.METHOD}")(request)', "unknown"),
        ('globals()["by_" + settings.METHOD](request)', "unknown"),
        ('globals()["by_token"](request)', "guarded"),
        ('globals().get("by_token")(request)', "guarded"),
        (
            'user = getattr(users, "by_" + settings.METHOD)(request)\n    if user is None:\n        abort(401)',
            "unknown",
        ),
        ('getattr(users, "by_" + settings.METHOD)(3)', "unguarded"),
    ],
)
def test_a_function_that_is_looked_up_by_name(body: str, verdict: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APP.replace("{body}", body))

    (route,) = draw(tmp_path).map.routes

    assert route.verdict == verdict
