"""Functions that are called like guards and forbid for reasons that source does not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
from flask import Flask, abort, current_app
from shop.elsewhere import opened

app = Flask(__name__, static_folder=None)


def require_scope(function):
    def inner(*args, **kwargs):
        if "read" not in opened():
            abort(403)
        return function(*args, **kwargs)
    return inner


def require_scope_if_set(function):
    def inner(*args, **kwargs):
        check_authentication()
        return function(*args, **kwargs)
    return inner


def check_authentication():
    if not current_app.config.get("ASKS", True):
        return
    if "read" not in opened():
        abort(403)


def while_open(function):
    def inner(*args, **kwargs):
        if "read" not in opened():
            abort(403)
        return function(*args, **kwargs)
    return inner


@app.get("/guarded")
@require_scope
def guarded():
    return "guarded"


@app.get("/asked")
@require_scope_if_set
def asked():
    return "asked"


@app.get("/season")
@while_open
def season():
    return "season"


@app.get("/authorize")
def authorize():
    # A handler that is called so forbids for reasons of its own.
    if "read" not in opened():
        abort(403)
    return "authorize"
"""


@pytest.mark.parametrize(
    ("path", "verdict"),
    [("/asked", "unknown"), ("/season", "unguarded"), ("/authorize", "unguarded")],
)
def test_what_is_called_like_a_guard_and_forbids_leaves_it_open_who_comes_through(
    path: str, verdict: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(_MAIN)

    assert {verdict} == {one.verdict for one in draw(tmp_path).map.routes if one.path == path and one.method == "GET"}
