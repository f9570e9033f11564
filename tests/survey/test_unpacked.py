"""What a function gives together stays together where it is taken apart: a flag, and the refusal that goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_HEAD = """
from flask import Flask, abort, request

app = Flask(__name__, static_folder=None)


def flagged():
    if not request.headers.get("X-Api-Key"):
        return False, ("who are you", 403)
    return True, None


def found():
    if request.args.get("page") == "0":
        return None, ("there is none", 400)
    if not request.headers.get("X-Api-Key"):
        return None, ("who are you", 403)
    return 3, None


def lenient():
    if request.args.get("page") == "0":
        return 3, None
    if not request.headers.get("X-Api-Key"):
        return None, ("who are you", 403)
    return 3, None


def by_key():
    key = request.headers.get("X-Api-Key")
    if key is not None and not known(key):
        return None, ("who are you", 403)
    return key, None


@app.get("/d")
def d():
"""
_GUARDED = {
    "by the flag": "    ok, error = flagged()\n    if not ok:\n        return error\n",
    "by the refusal": "    ok, error = flagged()\n    if error:\n        return error\n",
    "by one of several": "    row, error = found()\n    if not row:\n        return error\n",
    "unless it is none": "    row, error = found()\n    if error is not None:\n        return error\n",
    "by another refusal": "    row, error = found()\n    if error is not None:\n        abort(401)\n",
}
_OPEN = {
    "the key that is wrong": "    key, error = by_key()\n    if error:\n        return error\n",
    "the flag is not asked for": "    ok, error = flagged()\n",
    "the page lets everybody in": "    row, error = lenient()\n    if error:\n        return error\n",
    "another flag by then": "    ok, error = found()\n    ok = load()\n    if not ok:\n        return error\n",
    "only on some pages": "    ok, error = found()\n    if error and request.args.get('q'):\n        return error\n",
}


def _verdict(body: str, tree: Path) -> str:
    (tree / "main.py").write_text(f'{_HEAD}{body}    return "fine"\n')
    return next(route.verdict for route in draw(tree).map.routes if route.path == "/d")


@pytest.mark.parametrize("body", _GUARDED.values(), ids=list(_GUARDED))
def test_a_refusal_that_is_handed_on_refuses(body: str, tmp_path: Path) -> None:
    assert _verdict(body, tmp_path) == "guarded"


@pytest.mark.parametrize("body", _OPEN.values(), ids=list(_OPEN))
def test_a_refusal_that_need_not_be_handed_on_guards_nothing(body: str, tmp_path: Path) -> None:
    assert _verdict(body, tmp_path) != "guarded"
