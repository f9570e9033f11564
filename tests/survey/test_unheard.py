"""Signals that nobody listens to give nothing; of those that somebody may listen to, nothing is assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_APP = """
from blinker import Namespace
from flask import Flask, abort, session

app = Flask(__name__, static_folder=None)
signals = Namespace()
before_check = signals.signal("before-check")
after_check = signals.signal("after-check")


class Handler:
    def check(self):
        if "uid" not in session:
            abort(403)

    def process(self):
        answers = [given for _, given in before_check.send(type(self), handler=self)]
        if not answers:
            self.check()
        after_check.send(self)
        return "done"


@app.route("/")
def index():
    return Handler().process()
"""
_UNHEARD = {
    "nobody": "",
    "listeners of another": "\n@after_check.connect\ndef note(sender): pass\n",
    "asked first": "\nif before_check.has_receivers_for(None): before_check.send(None)\n",
}
_HEARD = {
    "decorated": "\n@before_check.connect\ndef allow(sender, **given): return True\n",
    "of one sender": "\n@before_check.connect_via(Handler)\ndef allow(sender, **given): return True\n",
    "called": "\nbefore_check.connect(lambda sender, **given: True)\n",
    "by another name": "\nheard = before_check\nheard.connect(lambda sender, **given: True)\n",
    "handed on": "\nimport elsewhere\nelsewhere.listen(before_check)\n",
}


def _verdict(tmp_path: Path, more: str) -> str:
    (tmp_path / "app.py").write_text(_APP + more)
    return str(draw(tmp_path).map.routes[0].verdict)


@pytest.mark.parametrize("more", _UNHEARD.values(), ids=_UNHEARD)
def test_what_nobody_listens_to_gives_nothing(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) == "guarded"


@pytest.mark.parametrize("more", _HEARD.values(), ids=_HEARD)
def test_what_somebody_may_listen_to_may_give_anything(tmp_path: Path, more: str) -> None:
    assert _verdict(tmp_path, more) != "guarded"


_HELPER = """
from itertools import zip_longest
from types import GeneratorType


def given_back(answers, single=False, skip_none=True, as_list=False, many=GeneratorType):
    values = []
    for function, value in answers:
        plugin = getattr(function, "plugin", None)
        if not single and isinstance(value, many):
            listed = list(value)
            if listed:
                values.extend(zip_longest([plugin], listed, fillvalue=plugin))
        else:
            values.append((plugin, value))
    if skip_none:
        values = [(p, v) for p, v in values if v is not None]
    values = [v for p, v in values]
    return values if as_list else set(values)

"""


@pytest.mark.parametrize("asked", ["given_back(SENT)", "given_back(SENT, single=True, as_list=True)"])
def test_a_helper_makes_nothing_of_nothing(tmp_path: Path, asked: str) -> None:
    sent = "before_check.send(type(self), handler=self)"
    app = _APP.replace(f"[given for _, given in {sent}]", asked.replace("SENT", sent))
    for folder, more, verdict in (("unheard", "", "guarded"), ("heard", _HEARD["called"], "unknown")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_text(_HELPER + app + more)
        assert draw(tmp_path / folder).map.routes[0].verdict == verdict


def test_tests_that_listen_are_no_part_of_the_application(tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(
        "from app import before_check\n\n\nbefore_check.connect(lambda sender: True)\n"
    )
    assert _verdict(tmp_path, "") == "guarded"
