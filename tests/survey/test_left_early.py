"""What a hook leaves on its object when it returns early, beside what the running application answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw
from tests.survey.running import told_and_done

_APPLICATION = """
import os
from tornado.web import Application, HTTPError, RequestHandler

PRIVATE = os.environ.get("PRIVATE")

class Denied(Exception):
    def __init__(self, status):
        self.status = status

class Base(RequestHandler):
    def __init__(self, *args, **kwargs):
        self.level = 0
        super().__init__(*args, **kwargs)

    def prepare(self):
        {prepare}

class Things(Base):
    def get(self):
        {get}

app = Application([(r"/d", Things)])
"""
_RAISES = """if self.level < 3:
            raise HTTPError(401)
        self.write("things")"""
_ANSWERS = """if self.level < 3:
            self.set_status(401)
            self.finish("who are you?")
            return
        self.write("things")"""
_CATCHES = """try:
            if self.level < 3:
                raise Denied(401)
            self.write("things")
        except Denied as error:
            self.set_status(error.status)
            self.write("who are you?")"""
_AUTH = 'self.request.headers.get("Authorization")'
_GUARDED = {
    "leaves without": f"if not {_AUTH}: return\n        self.level = 30",
    "leaves in the other branch": f"""if {_AUTH}:
            level = 30
        else:
            return
        self.level = level""",
    "is asked inside": f"""auth = {_AUTH}
        if auth:
            self.level = 30""",
}
_OPEN = {
    "is let in before it leaves": f"self.level = 30\n        if not {_AUTH}: return\n        self.level = 50",
    "leaves for another reason": 'if self.request.headers.get("X-Trace"): return\n        self.level = 30',
    "is let in either way": f"""if {_AUTH}:
            level = 30
        else:
            level = 10
        self.level = level""",
}


@pytest.mark.parametrize("get", [_RAISES, _ANSWERS, _CATCHES], ids=["raises", "answers", "catches"])
@pytest.mark.parametrize("how", _GUARDED)
def test_what_was_not_set_because_a_hook_left_refuses(how: str, get: str, tmp_path: Path) -> None:
    assert ("guarded", True) == told_and_done(tmp_path, _APPLICATION.format(prepare=_GUARDED[how], get=get))


@pytest.mark.parametrize("get", [_RAISES, _ANSWERS, _CATCHES], ids=["raises", "answers", "catches"])
@pytest.mark.parametrize("how", _OPEN)
def test_what_was_set_before_a_hook_left_does_not(how: str, get: str, tmp_path: Path) -> None:
    verdict, is_refused = told_and_done(tmp_path, _APPLICATION.format(prepare=_OPEN[how], get=get))

    assert not is_refused
    assert verdict != "guarded"


_BY_SETTING = {
    "leaves": f"""if {_AUTH}:
            name = "someone"
        elif PRIVATE:
            return
        else:
            name = "everybody"
        self.level = {{"someone": 30, "everybody": 20}}[name]""",
    "leaves further inside": f"""if {_AUTH}:
            level = 30
        else:
            if not PRIVATE:
                level = 30
            else:
                return
        self.level = level""",
    "sets a name": f"""if {_AUTH}:
            level = 30
        elif not PRIVATE:
            level = 30
        else:
            level = 0
        self.level = level""",
    "sets it": f"""if {_AUTH}:
            self.level = 30
        elif not PRIVATE:
            self.level = 30
        else:
            self.level = 0""",
}


@pytest.mark.parametrize("get", [_RAISES, _ANSWERS, _CATCHES], ids=["raises", "answers", "catches"])
@pytest.mark.parametrize("how", _BY_SETTING)
def test_a_setting_that_lets_everybody_in_is_said(how: str, get: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(_APPLICATION.format(prepare=_BY_SETTING[how], get=get))

    (route,) = (one for one in draw(tmp_path).map.routes if one.path == "/d" and one.method == "GET")

    assert route.verdict == "unknown"
    assert "when a setting says so" in (route.because or "")


_STATE = """
import sys
admin = None
other = "kept"

def load(which, given):
    {load}
"""
_ASKS = f"""import state
        if {_AUTH} or state.admin == "nobody":
            self.level = 30"""
_OF_STATE = {
    "its module": ("import state; setattr(state, f'{which}', given)", "unknown"),
    "itself": ("me = sys.modules[__name__]; setattr(me, which, given)", "unknown"),
    "itself at once": ("setattr(sys.modules[__name__], which, given)", "unknown"),
    "an object": ("setattr(given, which, 1)", "guarded"),
    "another module": ("import json; setattr(json, which, 1)", "guarded"),
    "nothing": ("return getattr(sys.modules[__name__], which)", "guarded"),
}


@pytest.mark.parametrize("what", _OF_STATE)
def test_names_of_a_module_that_are_set_by_a_made_name_may_change(what: str, tmp_path: Path) -> None:
    load, verdict = _OF_STATE[what]
    (tmp_path / "state.py").write_text(_STATE.format(load=load))
    (tmp_path / "main.py").write_text(_APPLICATION.format(prepare=_ASKS, get=_RAISES))

    (route,) = (one for one in draw(tmp_path).map.routes if one.path == "/d" and one.method == "GET")

    assert route.verdict == verdict


def test_a_file_of_settings_gives_a_module_its_names_by_default(tmp_path: Path) -> None:
    load = (
        "import yaml, state\n    for key, value in yaml.safe_load(given).items():\n        setattr(state, key, value)"
    )
    (tmp_path / "state.py").write_text(_STATE.format(load=load).replace("admin = None", 'admin = "somebody"'))
    (tmp_path / "main.py").write_text(_APPLICATION.format(prepare=_ASKS, get=_RAISES))

    (route,) = (one for one in draw(tmp_path).map.routes if one.path == "/d" and one.method == "GET")

    assert route.verdict == "guarded"
    assert (route.because or "").startswith("by default")
