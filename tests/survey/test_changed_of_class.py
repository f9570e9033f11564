"""Attributes that functions assign may be changed on objects of the same classes, and of no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from collections import UserDict
from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)


class Base:
    pass


class Settings(Base):
    asks = True

    def __init__(self):
        self.strict = True


class Finer(Settings):
    pass


class Other:
    asks = True
    strict = True


settings = Settings()
every = [settings]


@app.route("/")
def index():
    if settings.asks and settings.strict and "uid" not in session:
        abort(401)
    return "done"

"""
_METHOD = """
    def off(self):
        self.{name} = False
"""
_ELSEWHERE = {
    "a method of another class": "class More(Other):" + _METHOD.format(name="asks"),
    "given one of another class": "def off(other: Other):\n    other.strict = False\n",
    "one of another class that was made there": "def off():\n    other = Other()\n    other.asks = False\n",
    "one of a class of a package": "def off():\n    other = UserDict()\n    other.strict = False\n    return other\n",
    "a class of another kind": "class More:\n    @classmethod\n    def off(cls):\n        cls.asks = False\n",
}
_THERE = {
    "a method of a class below": "class Finest(Finer):" + _METHOD.format(name="strict"),
    "given one of the class": "def off(given: Settings):\n    given.strict = False\n",
    "given one of a class below": "def off(given: Finer):\n    given.asks = False\n",
    "given anything": "def off(given):\n    given.asks = False\n",
    "the one there is": "def off():\n    settings.strict = False\n",
    "one that was made of the class": "def off():\n    given = Settings()\n    given.asks = False\n",
    "one that was found": "def off():\n    given = find()\n    given.asks = False\n",
    "another name for it": "def off():\n    given = settings\n    given.asks = False\n",
    "by its name": "def off(given: Settings):\n    setattr(given, 'asks', False)\n",
    "what is no object of its class": """
class More:
    @staticmethod
    def off(given):
        given.asks = False
""",
    "an inner function": """
class More:
    def off(self, given):
        def inner(self):
            self.asks = False
        inner(given)
""",
}


def _verdict(tmp_path: Path, more: str) -> str:
    (tmp_path / "app.py").write_text(_APP + more)
    return str(draw(tmp_path).map.routes[0].verdict)


@pytest.mark.parametrize("more", _ELSEWHERE.values(), ids=_ELSEWHERE)
def test_what_is_set_on_other_objects_changes_nothing(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) == "guarded"


@pytest.mark.parametrize("more", _THERE.values(), ids=_THERE)
def test_what_may_be_set_on_the_object_may_change_it(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) == "unknown"


def test_what_a_class_above_sets_changes_objects_of_those_below(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(_APP.replace("    pass\n", _METHOD.format(name="asks"), 1))
    assert draw(tmp_path).map.routes[0].verdict == "unknown"
