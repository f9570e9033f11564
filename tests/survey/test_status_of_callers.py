"""Functions that say by a constant who calls: what they give to who has no credential is so for want of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from collections import namedtuple
from enum import Enum
from flask import Flask, jsonify, request
import people

app = Flask(__name__, static_folder=None)
Told = namedtuple("Told", "code text")

class Person:
    pass

class Plain(Enum):
    OK = 1
    UNKNOWN = 2

class Status(Enum):
    OK = Told(200, "ok")
    UNKNOWN = Told(401, "who are you")
    NOBODY_YET = Told(412, "sign up first")

    @property
    def code(self):
        return self.value.code

    def answer(self):
        return jsonify({}), self.value.code

def person():
    token = request.headers.get("Authorization")
    return people.find(token) if token else None

"""
_GUARDED = {
    "a number": """
def status():
    if person():
        return 1
    return 2

def orders(): return ("no", 401) if status() != 1 else []
""",
    "a text": """
def status():
    if person():
        return "known"
    return "unknown"

def orders(): return ("no", 401) if status() == "unknown" else []
""",
    "a member": """
def status():
    if person():
        return Plain.OK
    return Plain.UNKNOWN

def orders(): return ("no", 401) if status() is not Plain.OK else []
""",
    "a member of what is no literal": """
def status():
    if person():
        return Status.OK
    return Status.UNKNOWN

def orders():
    found = status()
    if found == Status.OK:
        return []
    return found.answer()
""",
    "a member or somebody": """
def found():
    one = person()
    if one:
        return one
    return Status.UNKNOWN

def orders():
    ret = found()
    status = Status.OK if isinstance(ret, Person) else ret
    return [] if status == Status.OK else status.answer()
""",
    "one of two by a count": """
def found(ways=None):
    count = people.count()
    ways = ways or []
    if "key" not in ways:
        one = person()
        if one:
            return one
    if count > 0 and "visit" not in ways:
        return Status.UNKNOWN
    if count == 0 and "visit" not in ways:
        return Status.NOBODY_YET
    return Status.OK

def orders():
    ret = found()
    status = Status.OK if isinstance(ret, Person) else ret
    return [] if status == Status.OK else status.answer()
""",
}
_OPEN = {
    "the same for all": """
def status():
    if person():
        people.note()
    return 2

def orders(): return ("no", 404) if status() != int(request.args["n"]) else []
""",
    "a greeting": """
def status():
    if person():
        return "hello"
    return "welcome"

def orders(): return status()
""",
    "who is let pass": """
def status():
    if person():
        return Plain.OK
    return Plain.OK

def orders(): return ("no", 401) if status() != Plain.OK else []
""",
    "no other way is left": """
def found():
    count = people.count()
    if count > 0:
        return Status.OK
    if count == 0:
        return Status.OK
    return Status.UNKNOWN

def orders(): return [] if found() == Status.OK else found().answer()
""",
}


def _verdict(root: Path, source: str) -> str:
    (root / "app.py").write_text(_HEAD + source + '\napp.add_url_rule("/orders", "orders", orders)\n')
    return next(one for one in draw(root).map.routes if one.method == "GET").verdict


@pytest.mark.parametrize("way", _GUARDED)
def test_who_has_no_credential_is_told_apart(tmp_path: Path, way: str) -> None:
    assert "guarded" == _verdict(tmp_path, _GUARDED[way])


@pytest.mark.parametrize("way", _OPEN)
def test_what_is_the_same_for_all_guards_nothing(tmp_path: Path, way: str) -> None:
    assert "unguarded" == _verdict(tmp_path, _OPEN[way])


def test_a_member_is_of_its_own_class(tmp_path: Path) -> None:
    source = """
def orders():
    found = Status.OK if request.args.get("n") else Status.UNKNOWN
    return [] if isinstance(found, Status) else ("no", 401)
"""

    assert "unguarded" == _verdict(tmp_path, source)
