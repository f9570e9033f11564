"""What may be a constant or something that nobody can tell is not taken for the constant."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
import mimetypes
import os

from flask import Flask, abort
from flask_login import current_user

app = Flask(__name__, static_folder=None)
app.config["ACCESS"] = "ANYBODY"


def guessed(path):
    {guess}
    return kind


class Picture:
    def __init__(self, name):
        self.name = os.path.join("/pictures", name)
        if os.path.commonpath(["/pictures", os.path.realpath(self.name)]) != "/pictures":
            raise ValueError(name)
        self.kind = guessed(self.name)

    def small(self):
        if app.config["ACCESS"] != "ANYBODY" and not current_user.is_authenticated:
            abort(403)
        if not self.kind.startswith("image"):
            abort(404)
        return self.name


@app.get("/pictures/<name>")
def picture(name):
    return Picture(name).small()
"""


@pytest.mark.parametrize(
    "guess",
    [
        'kind, _ = mimetypes.guess_type(path)\n    if kind is None:\n        kind = "application/octet-stream"',
        'kind = "application/octet-stream"\n    if os.path.exists(path):\n        kind = open(path).readline()',
    ],
)
def test_a_constant_among_what_cannot_be_told_decides_nothing(guess: str, tmp_path: Path) -> None:
    """Else everybody would be told that there is nothing, and the route would be called guarded."""
    (tmp_path / "main.py").write_text(_APP.format(guess=guess))

    routes = [one for one in draw(tmp_path).map.routes if one.method == "GET"]

    assert [(one.verdict, (one.because or "")[:10]) for one in routes] == [("unguarded", "by default")]
