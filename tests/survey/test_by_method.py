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


BASE


class Manager(ABOVE):
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
_META = """
from elsewhere import keep


class Registry(type):
    def __init__(cls, name, bases, parts):
        keep(cls)

"""
_TABLE = """
DRIVERS = {}


def register(kind, driver):
    DRIVERS[kind] = driver


def driver(kind):
    return DRIVERS[kind]
"""
_OTHER = """

class Other:
    def open_connection(self, server):
        return server
"""


def _verdict(tmp_path: Path, called: str, more: str = "", *, above: str, base: str = _TABLE) -> str:
    source = _APP.replace("BASE", base).replace("ABOVE", above).replace("CALLED", called)
    (tmp_path / "app.py").write_text(source + more)
    return str(draw(tmp_path).map.routes[0].verdict)


def test_one_class_that_registers_itself_has_a_method_of_the_name(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "open_connection(server)", above="metaclass=Registry", base=_META + _TABLE) == "guarded"


def test_a_class_that_does_not_register_itself(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "open_connection(server)", above="object") == "unknown"


def test_a_class_that_is_made_of_something_elsewhere(tmp_path: Path) -> None:
    base = "from elsewhere import Driver\n" + _META + _TABLE
    assert _verdict(tmp_path, "open_connection(server)", above="Driver, metaclass=Registry", base=base) == "unknown"


def test_several_classes_have_one(tmp_path: Path) -> None:
    base = _META + _TABLE
    assert _verdict(tmp_path, "open_connection(server)", _OTHER, above="metaclass=Registry", base=base) == "unknown"


def test_a_method_that_asks_nobody(tmp_path: Path) -> None:
    assert _verdict(tmp_path, "count_all()", above="metaclass=Registry", base=_META + _TABLE) == "unguarded"


@pytest.mark.parametrize("called", ["close(server)", "connect(server)"])
def test_a_name_that_anything_may_have(tmp_path: Path, called: str) -> None:
    assert _verdict(tmp_path, called, above="metaclass=Registry", base=_META + _TABLE) != "guarded"
