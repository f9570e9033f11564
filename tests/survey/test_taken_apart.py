"""What nobody sent is taken apart: it has not as many parts as there are names for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.survey.draw import draw

_MAIN = """
import os

import jwt
from flask import Flask, abort, request

app = Flask(__name__)


def caller():
    try:
        {taken} = request.headers.get("Authorization", {default}).split(" ", 1)
    except {caught}:
        return {nobody}
    return jwt.decode({token}, os.environ["SECRET"], algorithms=["HS256"])["sub"]


@app.get("/orders")
def orders():
    who = caller()
    if not who:
        abort(401)
    return "orders"
"""
_PLAIN = {"taken": "kind, token", "default": '""', "caught": "ValueError", "nobody": "None", "token": "token"}
_CASES: dict[str, tuple[dict[str, str], str]] = {
    "two names": ({}, "guarded"),
    "nobody is somebody": ({"nobody": '"guest"'}, "unguarded"),
    # A default of two parts has as many as are taken.
    "a default of two words": ({"default": '"Bearer guest"', "nobody": '"guest"'}, "not unguarded"),
    "any number": ({"taken": "kind, *rest", "token": "rest[0]", "caught": "IndexError", "nobody": "None"}, "any"),
}


@pytest.mark.parametrize("name", _CASES)
def test_what_nobody_sent_is_not_taken_apart(name: str, tmp_path: Path) -> None:
    told, expected = _CASES[name]
    source = _MAIN
    for key, code in {**_PLAIN, **told}.items():
        source = source.replace("{" + key + "}", code)
    (tmp_path / "main.py").write_text(source)

    (verdict,) = {one.verdict for one in draw(tmp_path).map.routes if one.path == "/orders"}

    if expected == "not unguarded":
        assert verdict != "unguarded"
    elif expected != "any":
        assert verdict == expected
