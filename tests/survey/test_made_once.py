"""What nothing else sets is made once it is asked for: then it is there, and no setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, request

app = Flask(__name__, static_folder=None)

class Store:
    def knows(self, token):
        return bool(token)

"""
_TAIL = """

@app.get("/orders")
def orders():
    if not store().knows(request.headers.get("Authorization")):
        return "no", 401
    return []
"""
_MADE = {
    "of a class": """
class Lazy:
    _one = None

    def knows(self, token):
        if Lazy._one is None:
            Lazy._one = Store()
        return Lazy._one.knows(token)

class Other:
    def keep(self, one): self._one = one

def store(): return Lazy()
""",
    "of an attribute that is asked for": """
class Lazy:
    _one = None

    def __getattr__(self, name):
        if not Lazy._one:
            Lazy._one = Store()
        return getattr(Lazy._one, name)

def store(): return Lazy()
""",
}
_CHANGED = {
    "of a class, which another function sets, too": _MADE["of a class"] + "\ndef forget(one): Lazy._one = one\n",
}


def _verdict(root: Path, source: str) -> str:
    (root / "app.py").write_text(_HEAD + source + _TAIL)
    return next(one for one in draw(root).map.routes if one.method == "GET").verdict


@pytest.mark.parametrize("way", _MADE)
def test_what_is_made_once_is_asked(tmp_path: Path, way: str) -> None:
    assert "guarded" == _verdict(tmp_path, _MADE[way])


@pytest.mark.parametrize("way", _CHANGED)
def test_what_others_set_may_be_anything(tmp_path: Path, way: str) -> None:
    assert "unknown" == _verdict(tmp_path, _CHANGED[way])
