"""Methods of objects whose class is not told: of the one class that has one of that name, or of nobody knows which."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from flask import Flask, session
from flask_login import LoginManager, current_user
from werkzeug.exceptions import HTTPException, Gone

app = Flask(__name__, static_folder=None)
LoginManager(app)


DRIVERS = {}


def register(kind, driver):
    DRIVERS[kind] = driver


def driver(kind):
    return DRIVERS[kind]


class Manager:
    def open_connection(self, server):
        if not current_user.is_authenticated:
            raise Gone("there is no such server")
        return server

    def close(self, server):
        if not current_user.is_authenticated:
            raise Gone("there is no such server")

    def count_all(self):
        return 1


@app.route("/servers/<int:server>")
def show(server):
    return str(driver("Manager").CALLED)
"""
_OTHER = """

class Other:
    def open_connection(self, server):
        return server
"""


def _verdict(tmp_path: Path, called: str, more: str = "") -> str:
    (tmp_path / "app.py").write_text(_APP.replace("CALLED", called) + more)
    return str(draw(tmp_path).map.routes[0].verdict)


def test_one_class_has_a_method_of_the_name(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "open_connection(server)") == "guarded"


def test_several_classes_have_one(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "open_connection(server)", _OTHER) == "unknown"


def test_a_method_that_asks_nobody(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "count_all()") == "unguarded"


@pytest.mark.parametrize("called", ["close(server)", "connect(server)"])
def test_a_name_that_anything_may_have(tmp_path: Path, called: str) -> None:
    assert _verdict(tmp_path, called) != "guarded"
